//! The catalogue of vulnerabilities known to be exploited, as a file that the operator puts into the
//! data folder, and the programs of the inventory that it names. Digue fetches nothing.

use std::io::ErrorKind;
use std::path::PathBuf;

use digue_app::{Actor, App, OperationError};
use digue_isms::check::{Measurement, NotRun};
use digue_isms::kinds::RegisterKind;
use digue_isms::privacy_kinds::Software;
use digue_isms::register::{Registers, days_between};
use digue_privacy::kev::{KevCatalogue, KevError, matches};
use jiff::civil::Date;

use super::must_read;

/// Its name is that of the authority's file.
const FILE: &str = "feeds/known_exploited_vulnerabilities.json";
/// The file of 2026 has less than 2 MiB.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A catalogue older than this says nothing of today: entries come every week.
const DAYS_MAX: i64 = 31;

/// What is known of vulnerabilities.
#[derive(Clone, Debug)]
pub enum AdvisoryFeed {
    Absent,
    Unreadable(KevError),
    /// Released too long ago.
    Stale(KevCatalogue),
    Current(KevCatalogue),
}

/// Where the file goes.
pub fn feed_file(app: &App) -> PathBuf {
    app.data_folder().join(FILE)
}

/// The catalogue, for readers of the management system.
///
/// # Errors
/// For readers who may not watch; when the file is there and cannot be opened.
pub async fn feed(app: &App, actor: &Actor) -> Result<AdvisoryFeed, OperationError> {
    must_read(actor)?;
    read(app, super::now(app).today).await
}

async fn read(app: &App, today: Date) -> Result<AdvisoryFeed, OperationError> {
    let path = feed_file(app);
    let unavailable = |error: std::io::Error| OperationError::Unavailable(error.to_string());
    let bytes = app
        .blocking(move || match std::fs::metadata(&path) {
            // Before it is read: the file comes from outside.
            Ok(file) if file.len() > BYTES_MAX => Ok(Some(Vec::new())),
            Ok(_) => std::fs::read(&path).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await?
        .map_err(unavailable)?;
    let Some(bytes) = bytes else {
        return Ok(AdvisoryFeed::Absent);
    };
    Ok(match KevCatalogue::parse(&bytes) {
        Err(error) => AdvisoryFeed::Unreadable(error),
        // A day ahead is another time zone's.
        Ok(found) if days_between(today, found.released) > 1 => {
            AdvisoryFeed::Unreadable(KevError::ToCome(found.released))
        }
        Ok(found) if days_between(found.released, today) > DAYS_MAX => AdvisoryFeed::Stale(found),
        Ok(found) => AdvisoryFeed::Current(found),
    })
}

/// Programs of the inventory that the catalogue names, unless their version is known not to be
/// concerned.
pub(super) async fn measure(
    app: &App,
    registers: &Registers,
    today: Date,
) -> Result<Measurement, OperationError> {
    let catalogue = match read(app, today).await? {
        AdvisoryFeed::Current(catalogue) => catalogue,
        AdvisoryFeed::Absent | AdvisoryFeed::Stale(_) => {
            return Ok(Measurement::unknown(NotRun::NoSource));
        }
        AdvisoryFeed::Unreadable(_) => return Ok(Measurement::unknown(NotRun::Failed)),
    };
    let inventory = registers.read::<Software>();
    let found = matches(&inventory.entries, &catalogue).into_iter();
    let open = found.filter(|one| one.verdict.is_open());
    let mut failing: Vec<String> = open.map(|one| one.software.id.clone()).collect();
    // A program that cannot be read is not one without a vulnerability.
    let unread = inventory.unreadable.iter();
    failing.extend(unread.map(|one| one.id.clone()));
    failing.sort();
    failing.dedup();
    let population = registers.of(RegisterKind::Software).len() as u64;
    Ok(Measurement::of(population, failing))
}
