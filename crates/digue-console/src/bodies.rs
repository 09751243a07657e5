//! Request bodies: their sender is known before a byte is read.
//!
//! A handler gets a complete body, and only through this file: a route that is not in the table below accepts
//! bodies of signed-in users only. What visitors without a session may send is small and listed; large bodies
//! are written to disk as they arrive and processed one after the other. All memory for waiting bodies has
//! quotas, so that no sender starves the others.

use std::io;
use std::sync::Arc;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use digue_access::Role;
use digue_access::shares::{AmountShare, Eighths, SharedAmount, network_of};
use digue_operations::attachments::FILE_BYTES_MAX;
use digue_operations::{App, OperationError};
use digue_types::AccountId;
use futures_util::StreamExt as _;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use crate::api::ApiError;
use crate::error::{PageError, too_large};
use crate::router::Console;
use crate::visitor::Visitor;

/// A form, or the message of a program.
const USUAL_BYTES_MAX: usize = 2 << 20;
/// The most that a visitor without a session may send.
const SMALL_BYTES_MAX: usize = 64 << 10;
/// A submitted message with its attachments, and the form around it.
const MESSAGE_BYTES_MAX: usize = (2 << 20) + SMALL_BYTES_MAX;
/// Registers, assessments, templates.
const SHEET_BYTES_MAX: usize = 16 << 20;
/// Contacts of some million persons.
const CONTACTS_BYTES_MAX: usize = 1 << 29;
/// Caseload files: ten million lines of some fifty bytes.
const CASELOAD_BYTES_MAX: usize = 1 << 30;

/// The most bytes of bodies in memory, over all requests.
const HELD_BYTES_MAX: usize = 128 << 20;
/// The most bytes of uploads on disk, over all requests.
const SPOOLED_BYTES_MAX: usize = 3 << 30;
/// Uploads above this size are processed one after the other.
const ALONE_BYTES_MIN: usize = 32 << 20;

/// Who may send a body, and how large it may be.
#[derive(Clone, Copy)]
enum BodyRule {
    /// Anyone.
    Public(usize),
    /// A signed-in account, or its program.
    Member(usize),
    /// An account whose role satisfies this condition.
    Role(fn(Role) -> bool, usize),
}

/// Routes that are not listed accept bodies of members, of the usual size. All paths below `/.digue/` are for
/// signing in: public and small.
const RULES: &[(&str, BodyRule)] = &[
    ("/check", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/messages", BodyRule::Public(MESSAGE_BYTES_MAX)),
    // Persons authenticate by a code or a cookie of their own.
    ("/person/door", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/letter", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/leave", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/ask", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/wish", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/incidents/{incident}/notices", BodyRule::Role(Role::can_respond, CONTACTS_BYTES_MAX)),
    ("/incidents/{incident}/files", BodyRule::Member(FILE_BYTES_MAX + SMALL_BYTES_MAX)),
    ("/register/import", BodyRule::Member(SHEET_BYTES_MAX)),
    ("/smsi/exchange/pia", BodyRule::Member(SHEET_BYTES_MAX)),
    ("/smsi/exchange/template", BodyRule::Member(SHEET_BYTES_MAX)),
    ("/smsi/registers/{kind}/import", BodyRule::Member(SHEET_BYTES_MAX)),
    ("/smsi/documents/{record}", BodyRule::Member(SHEET_BYTES_MAX)),
    ("/api/v1/caseloads/{population}", BodyRule::Role(Role::can_load, CASELOAD_BYTES_MAX)),
    ("/api/v1/aliases/{portal}", BodyRule::Role(Role::can_load, CASELOAD_BYTES_MAX)),
];

fn rule_of(path: &str) -> BodyRule {
    if path.starts_with("/.digue/") {
        return BodyRule::Public(SMALL_BYTES_MAX);
    }
    let known = RULES.iter().find(|(known, _)| *known == path).map(|(_, rule)| *rule);
    known.unwrap_or(BodyRule::Member(USUAL_BYTES_MAX))
}

/// The owner of waiting bytes, for quotas.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum BodySender {
    Account(AccountId),
    /// An address, or an IPv6 network.
    Address(String),
    /// All senders without a session together.
    Strangers,
}

/// The waiting bodies of all requests.
pub(crate) struct Bodies {
    held: Arc<SharedAmount<BodySender>>,
    spooled: Arc<SharedAmount<BodySender>>,
    /// Only one body above `ALONE_BYTES_MIN` is in memory at a time.
    alone: tokio::sync::Semaphore,
}

impl Bodies {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            held: SharedAmount::new(HELD_BYTES_MAX),
            spooled: SharedAmount::new(SPOOLED_BYTES_MAX),
            alone: tokio::sync::Semaphore::new(1),
        })
    }
}

/// Why a body is refused.
enum BodyError {
    TooLarge,
    Busy,
    /// The sender stopped in the middle.
    Cut,
    Unwritable(io::Error),
}

/// Reads the body of a request whose sender may send one; every other request is answered without reading it.
pub(crate) async fn admit(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let body = std::mem::take(request.body_mut());
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let has_body = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let (Some(path), true) = (path, has_body) else { return next.run(request).await };
    let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_else(Visitor::nobody);
    let rule = rule_of(&path);
    let (limit, senders) = match permitted(&console.app, &visitor, rule) {
        Ok(permitted) => permitted,
        Err(error) => return refused(&path, error),
    };
    let taken = match limit > MESSAGE_BYTES_MAX {
        false => hold(&console.bodies, body, request.headers(), limit, senders).await,
        true => spool(&console, body, request.headers(), limit, senders).await,
    };
    match taken {
        Ok((body, _kept)) => {
            *request.body_mut() = body;
            next.run(request).await
        }
        Err(why) => not_taken(&visitor, &path, why),
    }
}

type Senders = Vec<(BodySender, Eighths)>;

/// How much this visitor may send here, and to whose quota it counts.
fn permitted(app: &App, visitor: &Visitor, rule: BodyRule) -> Result<(usize, Senders), OperationError> {
    let actor = match (rule, visitor.actor(app)) {
        (BodyRule::Public(limit), Err(_)) => return Ok((limit, strangers(visitor))),
        (_, actor) => actor?,
    };
    let limit = match rule {
        BodyRule::Public(limit) | BodyRule::Member(limit) => limit,
        BodyRule::Role(may, limit) if may(actor.role) => limit,
        BodyRule::Role(..) => return Err(OperationError::Denied),
    };
    Ok((limit, vec![(BodySender::Account(actor.account), Eighths(8))]))
}

/// All senders without a session share half of it, and each address has a sixteenth of what is free.
fn strangers(visitor: &Visitor) -> Senders {
    let said = visitor.origin.ip.to_string();
    let address = said.parse().map_or(said, |address| network_of(address).to_string());
    vec![(BodySender::Address(address), Eighths(1)), (BodySender::Strangers, Eighths(8))]
}

fn refused(path: &str, error: OperationError) -> Response {
    match path.starts_with("/api/") {
        true => ApiError::from(error).into_response(),
        false => PageError::from(error).into_response(),
    }
}

fn not_taken(visitor: &Visitor, path: &str, why: BodyError) -> Response {
    match why {
        BodyError::TooLarge => too_large(visitor, path.starts_with("/api/")),
        BodyError::Busy => refused(path, OperationError::Busy),
        BodyError::Cut => StatusCode::BAD_REQUEST.into_response(),
        BodyError::Unwritable(error) => refused(path, OperationError::Unavailable(error.to_string())),
    }
}

/// The chunks of a body, at most `limit` bytes.
struct BodyPieces {
    stream: BodyDataStream,
    left: usize,
}

impl BodyPieces {
    /// A body that announces a larger size is refused before it is read.
    fn begin(body: Body, headers: &HeaderMap, limit: usize) -> Result<Self, BodyError> {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if declared.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > limit) {
            return Err(BodyError::TooLarge);
        }
        Ok(Self { stream: body.into_data_stream(), left: limit })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let Some(piece) = self.stream.next().await else { return Ok(None) };
        let piece = piece.map_err(|_| BodyError::Cut)?;
        self.left = self.left.checked_sub(piece.len()).ok_or(BodyError::TooLarge)?;
        Ok(Some(piece))
    }
}

/// The quota that a body holds until its request is answered.
enum BodyStorage<'b> {
    Memory { _share: AmountShare<BodySender> },
    Disk { _share: AmountShare<BodySender>, _turn: Option<tokio::sync::SemaphorePermit<'b>> },
}

/// Reads a body into memory, counted to its sender's quota.
async fn hold<'b>(
    bodies: &'b Bodies,
    body: Body,
    headers: &HeaderMap,
    limit: usize,
    senders: Senders,
) -> Result<(Body, BodyStorage<'b>), BodyError> {
    let mut pieces = BodyPieces::begin(body, headers, limit)?;
    let mut share = bodies.held.begin(senders);
    let mut whole = Vec::new();
    while let Some(piece) = pieces.next().await? {
        share.grow(piece.len()).map_err(|_| BodyError::Busy)?;
        whole.extend_from_slice(&piece);
    }
    Ok((Body::from(whole), BodyStorage::Memory { _share: share }))
}

/// Writes a body to an unnamed file, and passes it on from there once it is complete.
async fn spool<'b>(
    console: &'b Console,
    body: Body,
    headers: &HeaderMap,
    limit: usize,
    senders: Senders,
) -> Result<(Body, BodyStorage<'b>), BodyError> {
    let mut pieces = BodyPieces::begin(body, headers, limit)?;
    let mut share = console.bodies.spooled.begin(senders);
    let file = tempfile::tempfile_in(console.app.data_folder()).map_err(BodyError::Unwritable)?;
    let mut file = tokio::fs::File::from_std(file);
    while let Some(piece) = pieces.next().await? {
        share.grow(piece.len()).map_err(|_| BodyError::Busy)?;
        file.write_all(&piece).await.map_err(BodyError::Unwritable)?;
    }
    file.flush().await.map_err(BodyError::Unwritable)?;
    file.rewind().await.map_err(BodyError::Unwritable)?;
    let turn = match share.amount() > ALONE_BYTES_MIN {
        true => Some(console.bodies.alone.acquire().await.map_err(|_| BodyError::Busy)?),
        false => None,
    };
    let chunks = chunks(file).await.map_err(BodyError::Unwritable)?;
    Ok((Body::from_stream(chunks), BodyStorage::Disk { _share: share, _turn: turn }))
}

const CHUNK_BYTES: usize = 256 << 10;

/// A file in chunks, of which the first is already read: multer 3.1 polls its stream twice for the first
/// boundary, and takes a complete body at the second poll for one that ended before it.
async fn chunks(
    mut file: tokio::fs::File,
) -> io::Result<impl futures_util::Stream<Item = io::Result<Bytes>>> {
    let first = next_chunk(&mut file).await?;
    let rest = futures_util::stream::try_unfold(file, |mut file| async move {
        let chunk = next_chunk(&mut file).await?;
        Ok((!chunk.is_empty()).then_some((chunk, file)))
    });
    Ok(futures_util::stream::once(std::future::ready(Ok(first))).chain(rest))
}

/// Empty at the end.
async fn next_chunk(file: &mut tokio::fs::File) -> io::Result<Bytes> {
    use tokio::io::AsyncReadExt as _;
    let mut chunk = vec![0; CHUNK_BYTES];
    let read = file.read(&mut chunk).await?;
    chunk.truncate(read);
    Ok(Bytes::from(chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_spooled_comes_whole_and_its_beginning_at_once() {
        use futures_util::FutureExt as _;
        for size in [0, 1, 5_000, CHUNK_BYTES, 3 * CHUNK_BYTES + 7] {
            let bytes: Vec<u8> = (0..size).map(|place| (place % 251) as u8).collect();
            let mut file = tokio::fs::File::from_std(tempfile::tempfile().unwrap());
            file.write_all(&bytes).await.unwrap();
            file.flush().await.unwrap();
            file.rewind().await.unwrap();
            let mut chunks = Box::pin(chunks(file).await.unwrap());
            let first = chunks.next().now_or_never().expect("multer must not wait for it");
            let mut whole = first.unwrap().unwrap().to_vec();
            while let Some(chunk) = chunks.next().await {
                whole.extend_from_slice(&chunk.unwrap());
            }
            assert_eq!(whole, bytes);
        }
    }

    const ROUTER: &str = include_str!("router.rs");

    #[test]
    fn the_table_names_routes_that_are_there() {
        for (path, _) in RULES {
            assert!(ROUTER.contains(&format!("\"{path}\"")), "{path}");
        }
    }

    #[test]
    fn what_is_not_in_the_table_is_for_members() {
        for path in ["/gates", "/api/v1/approvals", "/a/new/{route}", "/space/persons"] {
            assert!(matches!(rule_of(path), BodyRule::Member(USUAL_BYTES_MAX)), "{path}");
        }
        assert!(matches!(rule_of("/.digue/enter"), BodyRule::Public(SMALL_BYTES_MAX)));
    }

    #[test]
    fn strangers_send_little_and_large_bodies_need_a_role() {
        for (path, rule) in RULES {
            match rule {
                BodyRule::Public(limit) => assert!(*limit <= MESSAGE_BYTES_MAX, "{path}"),
                BodyRule::Member(limit) => assert!(*limit <= SHEET_BYTES_MAX, "{path}"),
                BodyRule::Role(may, _) => assert!(!may(Role::Agent) && !may(Role::Delegate), "{path}"),
            }
        }
    }
}
