//! The ISMS: its registers, written by people, beside the results of checks on the running system.
//!
//! A revision is journalled by its hash, then stored, and never changed. The current records are
//! kept in memory and read again from the store after each write (docs/decisions/0013). Kinds,
//! fields and whatever is computed from them belong to `digue-isms`.

mod act_contents;
pub mod advisories;
pub mod ask;
pub mod audits;
pub mod awareness;
pub mod checks;
pub mod clauses;
pub mod compared;
pub mod continuity;
pub mod contradicted;
pub mod differences;
pub mod digest;
pub(crate) mod document_files;
pub mod evidence;
pub mod exchange;
pub mod exercises;
pub mod import;
mod incident_checks;
pub mod objectives;
pub mod observed;
pub mod policies;
pub mod privacy_settings;
pub mod restart;
pub mod reviews;
pub mod sheets;
pub mod signatures;
pub mod start;
pub mod statement;
pub mod status_page;
pub(crate) mod stored;
pub(crate) mod stored_files;
pub(crate) mod uses;
pub mod work_mails;

use std::sync::{Arc, PoisonError, RwLock};

use act_contents::RevisionHash;
use digue_access::Role;
use digue_app::files::sha256;
use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_casework::incidents::{self, LessonSubscriber, NamedMeasure};
use digue_casework::operator;
use digue_evidence::stored_records::{RecordConfirmation, with_journal_statement};
use digue_isms::field::{FieldError, FieldFault, FieldShape, Values};
use digue_isms::kinds::RegisterKind;
use digue_isms::register::{RegisterEntry, RegisterRecord, Registers, Revision, UnreadableRecord};
use digue_isms::standing::{MeasuredState, Measurements};
use digue_locales::Language;
use digue_store::RevisionRecord;
use digue_types::{Act, Subject, Timestamp};
use futures_util::future::BoxFuture;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use digue_isms_words::{plan_words, record_words};
use signatures::WhoSigns;

/// The current records, cached.
#[derive(Default)]
pub(crate) struct IsmsState {
    // A leaf lock.
    cached: RwLock<CachedRegisters>,
    // Serialises writes: giving the next id, checking links and adding the revision are one step.
    // Held while the act is journalled; no other async lock is taken under it.
    pub(crate) writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct CachedRegisters {
    /// `None` after a write, until the next read fills it from the store.
    known: Option<Arc<Registers>>,
    /// The number of writes so far.
    writes: u64,
}

/// A read of the store that fills the cache, unless something is written meanwhile.
struct CacheFill(u64);

impl Area for IsmsState {}

impl IsmsState {
    fn look(&self) -> Result<Arc<Registers>, CacheFill> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        cached.known.clone().ok_or(CacheFill(cached.writes))
    }

    /// Caches what a read found. One that began before the last write does not replace what that
    /// write made void: later readers would miss the write until the next one.
    fn fill(&self, read: &CacheFill, registers: &Arc<Registers>) {
        let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
        if cached.writes == read.0 {
            cached.known = Some(registers.clone());
        }
    }

    /// Makes the cache void once the write is over, however it ends: it may have reached the store
    /// also when it failed or was cancelled.
    const fn write(&self) -> CacheWrite<'_> {
        CacheWrite(self)
    }
}

struct CacheWrite<'s>(&'s IsmsState);

impl Drop for CacheWrite<'_> {
    fn drop(&mut self) {
        let mut cached = self
            .0
            .cached
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *cached = CachedRegisters {
            known: None,
            writes: cached.writes + 1,
        };
    }
}

/// Checks that the actor may read the ISMS: officers, the auditor and the management.
pub(crate) fn must_read(actor: &Actor) -> Result<(), OperationError> {
    actor.must_read_isms()
}

/// The current records of all registers.
pub async fn registers(app: &App, actor: &Actor) -> Result<Arc<Registers>, OperationError> {
    must_read(actor)?;
    in_force(app).await
}

pub(crate) async fn in_force(app: &App) -> Result<Arc<Registers>, OperationError> {
    let state = app.area::<IsmsState>();
    let fill = match state.look() {
        Ok(known) => return Ok(known),
        Err(fill) => fill,
    };
    let mut revisions = app.store().last_revisions().await?;
    // What was signed under a delegation is judged by the revision of then.
    let delegations = RegisterKind::SigningDelegation.code();
    revisions.extend(app.store().revisions_of(delegations).await?);
    let registers = Arc::new(registers_of(revisions));
    state.fill(&fill, &registers);
    Ok(registers)
}

/// The registers of the last revision of each record, and of every one of a delegation.
fn registers_of(revisions: Vec<RevisionRecord>) -> Registers {
    let (mut read, mut unreadable) = (Vec::new(), Vec::new());
    for record in revisions {
        match revision_of(record) {
            Ok(revision) => read.push(revision),
            // It has ended and counts in no register, so that nobody needs to read it.
            Err(record) if record.is_over => {}
            Err(RevisionRecord { kind, id, .. }) => match RegisterKind::parse(&kind) {
                Some(kind) => {
                    unreadable.push(UnreadableRecord {
                        kind,
                        id,
                        title: String::new(),
                        faults: Vec::new(),
                    });
                }
                None => tracing::error!(
                    record.kind = kind,
                    record.id = id,
                    "A stored record is of an unknown kind; it is in no register until this version is replaced"
                ),
            },
        }
    }
    Registers::new(read).with_unreadable(unreadable)
}

/// A stored revision; the record itself when it is of a later version, or damaged, and cannot be
/// read.
fn revision_of(record: RevisionRecord) -> Result<Revision, RevisionRecord> {
    let Some((kind, values)) = parsed(&record) else {
        return Err(record);
    };
    let RevisionRecord {
        id,
        number,
        at,
        author,
        is_over,
        content,
        ..
    } = record;
    Ok(Revision {
        kind,
        id,
        number,
        at,
        by: author,
        is_over,
        hash: sha256(content),
        values,
    })
}

fn parsed(record: &RevisionRecord) -> Option<(RegisterKind, Values)> {
    RegisterKind::parse(&record.kind).zip(serde_json::from_str(&record.content).ok())
}

/// The records of a kind, for what must not leave any of them out.
///
/// # Errors
/// One of them cannot be read.
pub(crate) fn complete<R: RegisterRecord>(
    registers: &Registers,
) -> Result<Vec<RegisterEntry<R>>, OperationError> {
    let read = registers.read::<R>();
    if read.unreadable.is_empty() {
        Ok(read.entries)
    } else {
        Err(OperationError::Invalid("invalid-isms-unreadable"))
    }
}

/// The current time, as an instant and as a day in the operator's zone.
pub fn now(app: &App) -> Measurements {
    let at = app.clock().now();
    Measurements {
        at,
        today: day_of(app, at),
    }
}

/// The day of an instant in the operator's zone.
pub(crate) fn day_of(app: &App, at: Timestamp) -> Date {
    day_in(at, &operator::rules(app).zone)
}

/// The end of a day in the operator's zone.
pub fn end_of_day(app: &App, day: Date) -> Timestamp {
    let next = day.saturating_add(jiff::Span::new().days(1));
    let midnight = next.to_zoned(operator::rules(app).zone.clone());
    // The last day of the calendar has no midnight after it.
    midnight.map_or(Timestamp::from_micros(i64::MAX), |midnight| {
        Timestamp::from_micros(midnight.timestamp().as_microsecond())
    })
}

/// The day of an instant in a zone.
pub(crate) fn day_in(at: Timestamp, zone: &TimeZone) -> Date {
    // A time beyond the calendar can only come from a damaged row.
    let instant =
        jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(zone.clone()).date()
}

/// The last results of the checks, for readers of the ISMS.
pub async fn measured(app: &App, actor: &Actor) -> Result<MeasuredState, OperationError> {
    must_read(actor)?;
    checks::measured(app).await
}

/// Every revision of a record.
#[derive(Clone, Debug, Default)]
pub struct RecordHistory {
    /// The first one first.
    pub revisions: Vec<Revision>,
    /// The numbers of those that cannot be read.
    pub unreadable: Vec<u32>,
}

/// The history of a record.
pub async fn history(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    id: &str,
) -> Result<RecordHistory, OperationError> {
    must_read(actor)?;
    let mut history = RecordHistory::default();
    for record in app.store().revisions(kind.code(), id).await? {
        match revision_of(record) {
            Ok(revision) => history.revisions.push(revision),
            Err(record) => history.unreadable.push(record.number),
        }
    }
    let is_known = !history.revisions.is_empty() || !history.unreadable.is_empty();
    if is_known {
        Ok(history)
    } else {
        Err(OperationError::NotFound("record"))
    }
}

/// Why a record was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error("some fields are invalid")]
    Faults(Vec<FieldFault>),
    /// Another person saved the record since it was read.
    #[error("the record was changed meanwhile")]
    Overtaken,
    #[error(transparent)]
    Operation(#[from] OperationError),
}

impl From<SaveError> for OperationError {
    fn from(unsaved: SaveError) -> Self {
        match unsaved {
            SaveError::Operation(error) => error,
            SaveError::Faults(_) => Self::Invalid("invalid-record"),
            SaveError::Overtaken => Self::Conflict,
        }
    }
}

impl From<digue_store::StoreError> for SaveError {
    fn from(error: digue_store::StoreError) -> Self {
        Self::Operation(error.into())
    }
}

/// Saves a record and returns its id: a new one when `id` is `None`, otherwise a further revision.
///
/// # Errors
/// `Faults` with every invalid field; `Conflict` for a kind that is written once.
pub async fn save(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    id: Option<&str>,
    values: &Values,
) -> Result<String, SaveError> {
    may_save(actor, kind)?;
    write(app, actor, kind, id, values).await
}

/// Saves several records of a kind in one write: a further revision where an id is given. Returns
/// how many differ from what was there.
///
/// # Errors
/// `Faults` of the first record that does not fit: nothing is written then.
pub async fn save_all(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    records: &[(Option<String>, Values)],
) -> Result<usize, SaveError> {
    may_save(actor, kind)?;
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    let registers = in_force(app).await?;
    let mut free = free_number(app, &registers, kind).await?;
    let mut drafts = Vec::new();
    for (id, values) in records {
        let values = kind.checked(values).map_err(SaveError::Faults)?;
        unknown_links(&registers, kind, &values).map_err(SaveError::Faults)?;
        let (id, number) = match id {
            Some(id) => {
                let known = found(&registers, kind, id)?;
                if known.values == values {
                    continue;
                }
                if kind.is_closed(&known.values) {
                    return Err(OperationError::Conflict.into());
                }
                (id.clone(), known.number + 1)
            }
            None => {
                free += 1;
                (format!("{}-{}", kind.prefix(), free - 1), 1)
            }
        };
        let is_over = false;
        drafts.push(RevisionDraft {
            kind,
            id,
            number,
            is_over,
            values,
        });
    }
    let count = drafts.len();
    add_all(app, actor, drafts).await?;
    Ok(count)
}

fn may_save(actor: &Actor, kind: RegisterKind) -> Result<(), OperationError> {
    digue_app::require(may_write(actor.role, kind))
}

/// Saves counts of retention that a source of the portal gave, under its account: one that loads
/// data, and writes nothing else of the registers.
pub async fn save_counts(
    app: &App,
    actor: &Actor,
    readings: &[Values],
) -> Result<(), OperationError> {
    actor.must_load()?;
    for values in readings {
        write(app, actor, RegisterKind::RetentionReading, None, values).await?;
    }
    Ok(())
}

/// True for the roles that write records of a kind: the officers all of them, the management what it
/// decides itself (ISO/IEC 27001, 5.1 and 9.3).
pub const fn may_write(role: Role, kind: RegisterKind) -> bool {
    let is_own = matches!(
        kind,
        RegisterKind::Review | RegisterKind::SigningDelegation | RegisterKind::ResourceNeed
    );
    let is_writer = role.can_govern() || (is_own && matches!(role, Role::Management));
    is_writer && !kind.is_written_by_digue()
}

/// `save`, for callers that have authorised the actor.
pub(crate) async fn write(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    id: Option<&str>,
    values: &Values,
) -> Result<String, SaveError> {
    let from = id.map(|id| (id, None));
    write_from(app, actor, (kind, from), values, WhoSigns::Nobody).await
}

/// `write`, of a record from the revision that was read.
async fn write_from(
    app: &App,
    actor: &Actor,
    (kind, from): (RegisterKind, Option<(&str, Option<u32>)>),
    values: &Values,
    who_signs: WhoSigns,
) -> Result<String, SaveError> {
    let values = kind.checked(values).map_err(SaveError::Faults)?;
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    let registers = in_force(app).await?;
    unknown_links(&registers, kind, &values).map_err(SaveError::Faults)?;
    let (id, number) = match from {
        Some((id, read)) => {
            let known = found(&registers, kind, id)?;
            // No revision without a change: each one is an act of the journal. Unless its act is no
            // longer readable: saved again, the journal confirms it again.
            if known.values == values && !is_older(app, known) {
                return Ok(id.to_owned());
            }
            // Of two who edit one record, the second must see what the first wrote.
            if read.is_some_and(|read| read != known.number) {
                return Err(SaveError::Overtaken);
            }
            if kind.is_closed(&known.values) {
                return Err(OperationError::Conflict.into());
            }
            (id.to_owned(), known.number + 1)
        }
        None => (
            format!(
                "{}-{}",
                kind.prefix(),
                free_number(app, &registers, kind).await?
            ),
            1,
        ),
    };
    let record = RevisionDraft {
        kind,
        id: id.clone(),
        number,
        is_over: false,
        values,
    };
    let is_signed = who_signs == WhoSigns::AuthorWithProof
        && signatures::signs(app, actor, &registers, &record);
    let mut drafts = vec![record];
    if is_signed {
        let hash = sha256(record_of(app, actor, &drafts[0]).content);
        let signed = signatures::SignedContent {
            id: &id,
            number,
            hash: &hash,
            values: &drafts[0].values,
            delegation: None,
        };
        drafts.push(signatures::draft(app, actor, &registers, signed).await?);
    }
    add_all(app, actor, drafts).await?;
    Ok(id)
}

/// True when the act of a record may be among those that are no longer readable.
fn is_older(app: &App, known: &Revision) -> bool {
    with_journal_statement(app, |statement| {
        compared::confirmation_of(statement, known) == RecordConfirmation::Older
    })
}

/// Ends a record: it is no longer current and stays in the history.
pub async fn end(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    id: &str,
) -> Result<(), OperationError> {
    may_save(actor, kind)?;
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    let registers = in_force(app).await?;
    let known = found(&registers, kind, id)?;
    // What was signed under a delegation rests on it: its last day ends it.
    if kind.is_closed(&known.values) || kind == RegisterKind::SigningDelegation {
        return Err(OperationError::Conflict);
    }
    let (number, values) = (known.number + 1, known.values.clone());
    add(
        app,
        actor,
        RevisionDraft {
            kind,
            id: id.to_owned(),
            number,
            is_over: true,
            values,
        },
    )
    .await
}

/// A record in force.
///
/// # Errors
/// `Unavailable` for one that cannot be read, which does exist.
fn found<'r>(
    registers: &'r Registers,
    kind: RegisterKind,
    id: &str,
) -> Result<&'r Revision, OperationError> {
    let is_unreadable = || {
        registers
            .unreadable()
            .iter()
            .any(|record| record.kind == kind && record.id == id)
    };
    registers
        .find(kind, id)
        .ok_or_else(|| match is_unreadable() {
            true => OperationError::Unavailable(format!("record {id} cannot be read")),
            false => OperationError::NotFound("record"),
        })
}

/// A revision that is about to be written.
pub(crate) struct RevisionDraft {
    pub(crate) kind: RegisterKind,
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) is_over: bool,
    pub(crate) values: Values,
}

async fn add(app: &App, actor: &Actor, draft: RevisionDraft) -> Result<(), OperationError> {
    add_all(app, actor, vec![draft]).await
}

/// Adds revisions together, each with its own entry in the journal. The caller holds
/// `IsmsState::writing`.
pub(crate) async fn add_all(
    app: &App,
    actor: &Actor,
    drafts: Vec<RevisionDraft>,
) -> Result<(), OperationError> {
    if drafts.is_empty() {
        return Ok(());
    }
    let records: Vec<RevisionRecord> = drafts
        .iter()
        .map(|draft| record_of(app, actor, draft))
        .collect();
    app.write_all(
        actor,
        Act::RecordSaved,
        records.iter().map(details_of).collect(),
    )
    .await?;
    let write = app.area::<IsmsState>().write();
    let added = app.store().add_revisions(&records).await?;
    drop(write);
    if added {
        Ok(())
    } else {
        Err(OperationError::Conflict)
    }
}

fn record_of(app: &App, actor: &Actor, draft: &RevisionDraft) -> RevisionRecord {
    RevisionRecord {
        kind: draft.kind.code().to_owned(),
        id: draft.id.clone(),
        number: draft.number,
        at: app.clock().now(),
        author: actor.account.to_string(),
        is_over: draft.is_over,
        content: serde_json::to_string(&draft.values).expect("strings always serialise"),
    }
}

fn details_of(record: &RevisionRecord) -> ActDetails {
    ActDetails {
        subject: Subject::Record(record.id.to_string()),
        before: signatures::signed_text(record),
        after: RevisionHash::of(record).to_string(),
        ..ActDetails::default()
    }
}

/// The next free number of a kind: 13 for `ME-13`. Also asks the store, because an ended record
/// keeps its number and is not among the current ones.
pub(crate) async fn free_number(
    app: &App,
    registers: &Registers,
    kind: RegisterKind,
) -> Result<u32, OperationError> {
    let place = |id: &str| {
        id.strip_prefix(kind.prefix())?
            .strip_prefix('-')?
            .parse::<u32>()
            .ok()
    };
    let mut next = registers
        .of(kind)
        .iter()
        .filter_map(|known| place(&known.id))
        .max()
        .unwrap_or(0)
        + 1;
    while !app
        .store()
        .revisions(kind.code(), &format!("{}-{next}", kind.prefix()))
        .await?
        .is_empty()
    {
        next += 1;
    }
    Ok(next)
}

/// Checks that every link leads to a current record.
pub(crate) fn unknown_links(
    registers: &Registers,
    kind: RegisterKind,
    values: &Values,
) -> Result<(), Vec<FieldFault>> {
    let mut faults = Vec::new();
    for field in kind.fields() {
        let (FieldShape::Link(to) | FieldShape::Links(to)) = field.shape else {
            continue;
        };
        let names = values.get(field.code).map_or(&[][..], Vec::as_slice);
        if names.iter().any(|name| registers.find(to, name).is_none()) {
            faults.push(FieldFault {
                field: field.code,
                unfit: FieldError::Unknown,
            });
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// A record by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRecord {
    pub kind: RegisterKind,
    pub id: String,
    pub title: String,
}

/// The records of all registers by name.
pub async fn named_records(
    app: &App,
    actor: &Actor,
    language: Language,
) -> Result<Vec<NamedRecord>, OperationError> {
    let registers = registers(app, actor).await?;
    let words = record_words::RecordWords {
        language,
        registers: &registers,
    };
    let of = |kind: &RegisterKind| {
        let named = |revision: &Revision| NamedRecord {
            kind: revision.kind,
            id: revision.id.clone(),
            title: words.title(revision.kind, &revision.values),
        };
        registers.of(*kind).iter().map(named).collect::<Vec<_>>()
    };
    Ok(RegisterKind::ALL.iter().flat_map(of).collect())
}

/// Creates the measure that follows from a lesson of an incident.
pub struct LessonMeasures;

impl LessonSubscriber for LessonMeasures {
    fn learnt<'a>(
        &'a self,
        app: &'a App,
        actor: &'a Actor,
        measure: NamedMeasure<'a>,
    ) -> BoxFuture<'a, Result<(), OperationError>> {
        Box::pin(async move {
            let due = measure
                .due
                .map(|due| day_of(app, due).to_string())
                .unwrap_or_default();
            let incident = incidents::view(app, actor, measure.incident).await?;
            let fields = [
                ("title", measure.title.chars().take(300).collect()),
                ("description", measure.lesson.chars().take(8_000).collect()),
                ("priority", "p2".to_owned()),
                ("declared", "to-do".to_owned()),
                ("origin", "incident".to_owned()),
                ("origin-reference", incident.reference()),
                ("owner", measure.owner.to_owned()),
                ("due", due),
            ];
            write(app, actor, RegisterKind::Measure, None, &values_of(fields)).await?;
            Ok(())
        })
    }
}

/// Field values from pairs with one value each.
fn values_of<const N: usize>(fields: [(&str, String); N]) -> Values {
    fields
        .into_iter()
        .map(|(field, value)| (field.to_owned(), vec![value]))
        .collect()
}

/// The same without those that are blank: an empty field is absent.
fn values_of_filled<const N: usize>(fields: [(&str, String); N]) -> Values {
    let mut values = values_of(fields);
    values.retain(|_, texts| texts.iter().any(|text| !text.is_empty()));
    values
}

/// The subject under which the files of a record are kept.
fn attachment_of(id: &str) -> String {
    Subject::Record(id.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use digue_isms::register::RegisterIntegrity;

    use super::*;

    fn registers(id: &str) -> Arc<Registers> {
        let unreadable = UnreadableRecord {
            kind: RegisterKind::Measure,
            id: id.to_owned(),
            title: String::new(),
            faults: Vec::new(),
        };
        Arc::new(Registers::default().with_unreadable([unreadable]))
    }

    /// A record of a kind, signed by the account that it names, as the store holds the two.
    fn signed_records(kind: RegisterKind) -> [RevisionRecord; 2] {
        let field = kind.signatory().unwrap();
        let record = |kind: RegisterKind, content: String| RevisionRecord {
            kind: kind.code().to_owned(),
            id: format!("{}-1", kind.prefix()),
            number: 1,
            at: Timestamp::from_secs(1_800_000_000),
            author: "directrice".to_owned(),
            is_over: false,
            content,
        };
        let content = format!(r#"{{"title":["vrai"],"{field}":["directrice"]}}"#);
        let signed = record(kind, content);
        let signature = format!(
            r#"{{"record":["{}"],"revision":["1"],"signed-on":["2027-01-15"],"content":["{}"]}}"#,
            signed.id,
            sha256(&signed.content)
        );
        [signed, record(RegisterKind::Signature, signature)]
    }

    fn is_signed(kind: RegisterKind, records: [RevisionRecord; 2]) -> bool {
        let registers = registers_of(records.into()).compared(RegisterIntegrity::default());
        let revision = registers.of(kind).first();
        let state = revision.and_then(|one| digue_isms::signatures::signed(&registers, one));
        state.is_some_and(|state| state.stands())
    }

    /// Even where the comparison with the journal sees nothing: the signature holds the hash.
    #[test]
    fn no_record_of_which_one_byte_changed_is_signed() {
        let kinds = RegisterKind::ALL
            .iter()
            .filter(|kind| kind.signatory().is_some());
        for &kind in kinds {
            assert!(is_signed(kind, signed_records(kind)), "{kind:?}");
            let length = signed_records(kind)[0].content.len();
            for place in 0..length {
                for bit in 0..7 {
                    let [mut record, signature] = signed_records(kind);
                    let mut bytes = record.content.into_bytes();
                    bytes[place] ^= 1 << bit;
                    // ASCII stays ASCII without its highest bit.
                    record.content = String::from_utf8(bytes).unwrap();
                    let content = record.content.clone();
                    assert!(!is_signed(kind, [record, signature]), "{kind:?}: {content}");
                }
            }
        }
    }

    #[test]
    fn a_read_that_began_before_a_write_does_not_fill_the_cache_after_it() {
        let state = IsmsState::default();
        let Err(older) = state.look() else {
            panic!("nothing is cached yet")
        };
        drop(state.write());
        state.fill(&older, &registers("before the write"));
        let Err(newer) = state.look() else {
            panic!("the older read overwrote what the write made void")
        };
        state.fill(&newer, &registers("after the write"));
        assert_eq!(
            state.look().ok().unwrap().unreadable()[0].id,
            "after the write"
        );
        // Two reads of the same state may both fill it; a write that failed makes it void as well.
        state.fill(&newer, &registers("again"));
        drop(state.write());
        assert!(state.look().is_err());
    }
}
