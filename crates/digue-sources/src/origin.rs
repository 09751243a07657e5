//! Where a source's rows come from, and how they are read: whole, within bounds, or not at all.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use digue_administration::loads::LoadTarget;
use digue_http::body;
use digue_http::client::HttpClient;
use digue_store::{ContactSource, StoreError};
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, Uri};

use crate::{SourceTarget, accounts, retention};

/// The largest file and answer: a national caseload of 10 million rows has some 600 MB.
pub const BYTES_MAX: usize = 1 << 30;

/// A reading that takes longer has failed.
pub const READING_LASTS: Duration = Duration::from_mins(10);

/// Where the rows come from.
#[derive(Clone, Debug)]
pub enum SourceOrigin {
    /// A query whose columns have the names of the file's.
    Query(ContactSource),
    /// A CSV that another system writes.
    File(PathBuf),
    /// A CSV at an address; the file has the token of its `Authorization: Bearer`.
    Address { uri: Uri, token: Option<PathBuf> },
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OriginFault {
    /// The database, the file or the server does not answer.
    Unreachable,
    /// It answers that it will not.
    Refused,
    TooLarge,
    TooSlow,
}

impl OriginFault {
    /// The locale key of its sentence.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Unreachable => "source-fault-unreachable",
            Self::Refused => "source-fault-refused",
            Self::TooLarge => "source-fault-large",
            Self::TooSlow => "source-fault-slow",
        }
    }
}

impl SourceOrigin {
    /// The rows as CSV.
    ///
    /// # Errors
    /// `OriginFault`; what was read until then is thrown away.
    pub(crate) async fn read(
        &self,
        client: Option<&HttpClient>,
        target: &SourceTarget,
    ) -> Result<Vec<u8>, OriginFault> {
        let read = async {
            match self {
                Self::Query(source) => read_query(source, columns(target), needed(target)).await,
                Self::File(path) => read_file(path).await,
                Self::Address { uri, token } => {
                    let client = client.ok_or(OriginFault::Unreachable)?;
                    read_address(client, uri, token.as_deref()).await
                }
            }
        };
        let read = tokio::time::timeout(READING_LASTS, read).await;
        read.map_err(|_| OriginFault::TooSlow)?
    }
}

/// The columns that a query may have.
const fn columns(target: &SourceTarget) -> &'static [&'static str] {
    match target {
        SourceTarget::Accounts => &accounts::COLUMNS,
        SourceTarget::Retention => &retention::COLUMNS,
        SourceTarget::Table(LoadTarget::Caseload(_)) => &[
            "account",
            "organisation",
            "person",
            "reason",
            "from",
            "until",
        ],
        SourceTarget::Table(LoadTarget::Aliases(_)) => &["kind", "identifier", "person"],
        SourceTarget::Table(LoadTarget::Classes(_)) => &["class", "person"],
    }
}

/// The column without which a query would read as a file full of blank cells.
const fn needed(target: &SourceTarget) -> &'static str {
    match target {
        SourceTarget::Accounts => "account",
        SourceTarget::Retention => "rule",
        SourceTarget::Table(_) => "person",
    }
}

async fn read_query(
    source: &ContactSource,
    columns: &[&'static str],
    needed: &'static str,
) -> Result<Vec<u8>, OriginFault> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let refused = |error: csv::Error| failed(&error, OriginFault::Refused);
    rows.write_record(columns).map_err(refused)?;
    let mut bytes = 0;
    let mut take = |values: Vec<String>| {
        bytes += values.iter().map(|value| value.len() + 3).sum::<usize>();
        // A vector takes every write.
        bytes <= BYTES_MAX && rows.write_record(&values).is_ok()
    };
    let known = source.read_columns(columns, &mut take).await;
    let known = known.map_err(|error| {
        let is_of_a_column = matches!(error, StoreError::Corrupt(_));
        let fault = if is_of_a_column {
            OriginFault::Refused
        } else {
            OriginFault::Unreachable
        };
        failed(&error, fault)
    })?;
    if bytes > BYTES_MAX {
        return Err(OriginFault::TooLarge);
    }
    let place = columns.iter().position(|column| *column == needed);
    let is_there = known.is_none_or(|known| place.is_some_and(|place| known[place]));
    if !is_there {
        tracing::error!(column = needed, "A query of a source lacks a column");
        return Err(OriginFault::Refused);
    }
    rows.into_inner()
        .map_err(|error| failed(&error, OriginFault::Refused))
}

async fn read_file(path: &Path) -> Result<Vec<u8>, OriginFault> {
    let path = path.to_owned();
    let read = move || {
        let unreachable = |error: std::io::Error| failed(&error, OriginFault::Unreachable);
        let before = std::fs::metadata(&path).map_err(unreachable)?;
        // A pipe would hold a thread for ever.
        if !before.is_file() {
            return Err(failed(&"not a regular file", OriginFault::Unreachable));
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&path).map_err(unreachable)?;
        let most = BYTES_MAX as u64 + 1;
        file.take(most)
            .read_to_end(&mut bytes)
            .map_err(unreachable)?;
        if bytes.len() > BYTES_MAX {
            return Err(OriginFault::TooLarge);
        }
        let after = std::fs::metadata(&path).map_err(unreachable)?;
        let state = |of: &std::fs::Metadata| (of.len(), of.modified().ok());
        // Half of a file that is being written would pass for a smaller one.
        if state(&before) != state(&after) || after.len() != bytes.len() as u64 {
            return Err(failed(&"written meanwhile", OriginFault::Unreachable));
        }
        Ok(bytes)
    };
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|error| failed(&error, OriginFault::Unreachable))?
}

async fn read_address(
    client: &HttpClient,
    uri: &Uri,
    token: Option<&Path>,
) -> Result<Vec<u8>, OriginFault> {
    let mut request = Request::get(uri.clone()).header(ACCEPT, "text/csv");
    if let Some(path) = token {
        // Read each time: a token that was rotated needs no restart.
        let token = read_file(path).await?;
        let token = String::from_utf8_lossy(&token);
        let value = HeaderValue::try_from(format!("Bearer {}", token.trim()));
        let mut value = value.map_err(|error| failed(&error, OriginFault::Refused))?;
        // Hidden from `Debug`, and never put into the table of HPACK (RFC 7541, 7.1.3).
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let request = request.body(body::empty());
    let request = request.map_err(|error| failed(&error, OriginFault::Refused))?;
    let answer = client.send(request, READING_LASTS).await;
    let answer = answer.map_err(|error| failed(&error, OriginFault::Unreachable))?;
    // A page of an error, or of a login, must not pass for rows.
    if answer.status() != http::StatusCode::OK {
        tracing::error!(
            status = answer.status().as_u16(),
            "The address of a source refuses"
        );
        return Err(OriginFault::Refused);
    }
    let read = body::collect(answer.into_body(), BYTES_MAX).await;
    read.map(|bytes| bytes.to_vec()).map_err(|error| {
        let fault = if body::is_too_long(&error) {
            OriginFault::TooLarge
        } else {
            OriginFault::Unreachable
        };
        failed(&error, fault)
    })
}

/// Logs what failed: the page says what to do, and the log what it was.
fn failed(error: &dyn std::fmt::Display, fault: OriginFault) -> OriginFault {
    tracing::error!(%error, "Reading a source failed");
    fault
}
