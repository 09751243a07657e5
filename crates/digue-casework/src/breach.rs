//! A personal data breach: the affected set from the index, and its severity.

use digue_app::files::{hex, keep};
use digue_app::gates::{REASON_CHARS_MIN, parse_reason};
use digue_app::{Actor, App, Area, OperationError};
use digue_evidence::affected;
use digue_evidence::reading::{self, EvidenceForm};
use digue_evidence::scope::{self, ScopeResult};
use digue_evidence::watch::read_entries;
use digue_types::visible::is_blank;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use digue_exposure::{ScopeAnswer, ScopeQuestion};
use digue_response::affected::{
    AffectedPerson, AffectedQuality, AffectedVersion, CountDoubt, LeftOut, OtherQuestion,
    QualityReason, ShownPeriod, to_be_contained,
};
use digue_response::declared::FigureDifference;
use digue_response::incident::EntryRefusal;
use digue_response::notification::Field;
use digue_response::severity::{Score, Terms};
use digue_response::vocabulary::{DataKind, Gravity, Nature};
use digue_response::{Incident, IncidentNote};
use digue_types::{Event, Subject, Timestamp};
use ring::digest::{Context, SHA256};
use serde_json::Value as Json;
use tokio::sync::Mutex;

use crate::entry_refusals::refused;
use crate::incidents::{self, IncidentView};

/// Serialises adding versions of affected sets: giving the next number, writing the list under it
/// and adding the entry are one step.
// Held while the act is journalled; no other async lock is taken under it.
#[derive(Default)]
pub(crate) struct VersionLock(Mutex<()>);

impl Area for VersionLock {}

/// What a list is computed from.
#[derive(Clone, Debug, Default)]
pub struct ListQuestion {
    pub scope: ScopeQuestion,
    /// Why persons of an earlier list may be left out; blank where nobody said so.
    pub why_fewer: String,
}

impl From<ScopeQuestion> for ListQuestion {
    fn from(scope: ScopeQuestion) -> Self {
        Self {
            scope,
            why_fewer: String::new(),
        }
    }
}

/// Why a list was not computed.
#[derive(Debug)]
pub enum ListError {
    /// It leaves out this many persons whom an earlier list of the incident has, and nobody wrote
    /// why: they would be informed of nothing, and the authority be told fewer.
    LeavesOut(u64),
    Operation(OperationError),
}

impl From<OperationError> for ListError {
    fn from(error: OperationError) -> Self {
        Self::Operation(error)
    }
}

impl From<ListError> for OperationError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::LeavesOut(_) => Self::Invalid("invalid-affected-fewer"),
            ListError::Operation(error) => error,
        }
    }
}

/// Computes a new version of the affected set, and stores its signed list in a file.
///
/// # Errors
/// `LeavesOut` when persons of an earlier list are not in it and no reason is given; `Busy` when the
/// list is larger than the console computes.
pub async fn compute_affected(
    app: &App,
    actor: &Actor,
    id: &str,
    question: impl Into<ListQuestion>,
) -> Result<AffectedVersion, ListError> {
    actor.must_respond()?;
    let ListQuestion { scope, why_fewer } = question.into();
    // Asked twice: here so that an unknown incident fails before an answer that takes seconds.
    must_be_open(&incidents::fold(app, id).await?.1)?;
    // Before the turn is taken: it may last for seconds.
    let scoped = scope::computed(app, scope).await?;
    let digest = move || {
        let (hash, counts) = (hash_of(&scoped.answer), counted(&scoped));
        (scoped, hash, counts)
    };
    let (scoped, hash, counts) = app.blocking(digest).await?;
    let _one_at_a_time = app.area::<VersionLock>().0.lock().await;
    let (_, incident) = incidents::fold(app, id).await?;
    must_be_open(&incident)?;
    let left_out = left_out(app, (id, &incident), &scoped.answer, &why_fewer).await?;
    // A new list does not take back the groups that people have stated.
    let others = incident
        .affected()
        .map(|version| version.others.clone())
        .unwrap_or_default();
    let version = AffectedVersion {
        number: incident.next_version(),
        question: affected::question_json(&scoped.question).to_string(),
        checkpoint: scoped.size.to_string(),
        hash,
        others,
        left_out,
        ..counts
    };
    // The file before the entry: a version in the log always has its list.
    write_list(app, list_path(app, id, version.number), scoped).await?;
    let note = IncidentNote::Affected(version.clone());
    incidents::add(app, actor, id, None, note).await?;
    Ok(version)
}

/// The persons of earlier lists whom an answer leaves out, with the written reason.
///
/// # Errors
/// `LeavesOut` without a reason; when an earlier list cannot be read, since nobody knows then whom
/// it had.
async fn left_out(
    app: &App,
    (id, incident): (&str, &Incident),
    answer: &ScopeAnswer,
    why: &str,
) -> Result<Option<LeftOut>, ListError> {
    let mut earlier = Vec::new();
    for version in to_be_contained(&incident.affected) {
        let list = list_bytes(app, id, version.number).await?;
        let persons = app.blocking(move || persons(&list)).await??;
        earlier = digue_response::affected::union(&earlier, &persons);
    }
    let now: BTreeSet<(&str, &str)> = answer
        .persons
        .iter()
        .map(|one| (one.population.as_str(), one.person.as_str()))
        .collect();
    let is_missing =
        |one: &&AffectedPerson| !now.contains(&(one.population.as_str(), one.person.as_str()));
    let persons = earlier.iter().filter(is_missing).count() as u64;
    match (persons, is_blank(why)) {
        (0, _) => Ok(None),
        (_, true) => Err(ListError::LeavesOut(persons)),
        (_, false) => Ok(Some(LeftOut {
            persons,
            reason: parse_reason(why, REASON_CHARS_MIN)?,
        })),
    }
}

async fn write_list(app: &App, path: PathBuf, scoped: ScopeResult) -> Result<(), OperationError> {
    let ScopeResult {
        question,
        answer,
        note,
        ..
    } = scoped;
    let head = affected::head(&question, &answer, &note, app.clock().now());
    let journal = app.journal().clone();
    let write = move || {
        let mut bytes = Vec::new();
        let sign = |text: &str| journal.sign(text);
        affected::write(&mut bytes, &head, &answer, &journal.origin(), &sign)?;
        keep(&path, &bytes)
    };
    app.blocking(write).await?.map_err(unavailable)
}

/// A version decides who is informed and what the authority is told: it is not added beside the
/// closing, which rests on the last one. Asked before the list is written, so that no file of a
/// refused version is left.
fn must_be_open(incident: &Incident) -> Result<(), OperationError> {
    if incident.is_closed() {
        Err(refused(EntryRefusal::Closed))
    } else {
        Ok(())
    }
}

/// Adds stated groups of persons who are in no list (relatives, trusted third persons), as a new
/// version.
pub async fn state_others(
    app: &App,
    actor: &Actor,
    id: &str,
    others: Vec<OtherQuestion>,
) -> Result<AffectedVersion, OperationError> {
    actor.must_respond()?;
    if others.iter().any(|other| is_blank(&other.basis)) {
        return Err(OperationError::Invalid("incident-refused-no-reason"));
    }
    let _one_at_a_time = app.area::<VersionLock>().0.lock().await;
    let (_, incident) = incidents::fold(app, id).await?;
    must_be_open(&incident)?;
    let number = incident.next_version();
    let version = match incident.affected() {
        Some(last) => {
            // The list is the same; each version has its own file.
            if last.has_list() {
                let list = list_bytes(app, id, last.number).await?;
                let path = list_path(app, id, number);
                app.blocking(move || keep(&path, &list))
                    .await?
                    .map_err(unavailable)?;
            }
            AffectedVersion {
                number,
                others,
                // The list is the same: nobody more is left out.
                left_out: None,
                ..last.clone()
            }
        }
        // No list of persons, as after an outage: only what people state, which is a lower bound.
        None => AffectedVersion {
            number,
            question: String::new(),
            checkpoint: String::new(),
            hash: String::new(),
            quality: AffectedQuality::LowerBound,
            reason: String::new(),
            reasons: vec![QualityReason {
                doubt: CountDoubt::Stated,
                count: 1,
            }],
            persons: 0,
            records: 0,
            by_category: BTreeMap::new(),
            by_population: BTreeMap::new(),
            others,
            period: None,
            left_out: None,
        },
    };
    incidents::add(
        app,
        actor,
        id,
        None,
        IncidentNote::Affected(version.clone()),
    )
    .await?;
    Ok(version)
}

/// Recomputes a version at its checkpoint; true when it gives the same hash.
pub async fn recompute(
    app: &App,
    actor: &Actor,
    id: &str,
    number: u32,
) -> Result<bool, OperationError> {
    actor.must_watch()?;
    let (_, incident) = incidents::fold(app, id).await?;
    let version = incident
        .affected
        .iter()
        .find(|version| version.number == number);
    let version = version.ok_or(OperationError::NotFound("version"))?;
    if !version.has_list() {
        return Err(OperationError::NotFound("version"));
    }
    let view = app.view();
    let json = serde_json::from_str(&version.question).map_err(unavailable)?;
    let question = affected::question_of(&json)
        .ok_or_else(|| unavailable("the question of an affected set cannot be read"))?;
    // Without its checkpoint the question would be asked of the whole journal, and the answer would
    // differ.
    let checkpoint: u64 = version
        .checkpoint
        .parse()
        .map_err(|_| unavailable("the checkpoint of an affected set cannot be read"))?;
    let question = ScopeQuestion {
        before_entry: Some(checkpoint),
        ..question
    };
    let recomputed = move || {
        view.answer(&question, &mut |_| {})
            .map(|answer| hash_of(&answer))
    };
    let hash = app.answered(app.blocking(recomputed).await?)?;
    Ok(hash == version.hash)
}

/// The stored signed list of a version.
pub async fn signed_list(
    app: &App,
    actor: &Actor,
    id: &str,
    number: u32,
) -> Result<Vec<u8>, OperationError> {
    let fetch = list_bytes(app, id, number);
    reading::read(app, actor, EvidenceForm::File, fetch, |_| {
        Subject::Affected {
            incident: id.to_owned(),
            version: number,
        }
    })
    .await
}

/// `signed_list`, for callers whose own act journals the reading.
pub async fn list_bytes(app: &App, id: &str, number: u32) -> Result<Vec<u8>, OperationError> {
    let path = list_path(app, id, number);
    let read = app.blocking(move || std::fs::read(path)).await?;
    read.map_err(|error| unread_version(&error))
}

fn unread_version(error: &std::io::Error) -> OperationError {
    match error.kind() {
        std::io::ErrorKind::NotFound => OperationError::NotFound("version"),
        _ => OperationError::Unavailable(error.to_string()),
    }
}

fn list_path(app: &App, id: &str, number: u32) -> PathBuf {
    // Ids are made by Digue, but this one may come from a request: it must not leave the folder.
    let name: String = id
        .chars()
        .filter(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign))
        .collect();
    app.data_folder()
        .join("incidents")
        .join(name)
        .join(format!("affected-{number}.ndjson"))
}

fn unavailable(error: impl ToString) -> OperationError {
    OperationError::Unavailable(error.to_string())
}

/// SHA-256 over the lines of persons, without head and date: the same list always has the same
/// hash.
fn hash_of(answer: &ScopeAnswer) -> String {
    let mut hash = Context::new(&SHA256);
    for person in &answer.persons {
        hash.update(affected::person_line(person).as_bytes());
        hash.update(b"\n");
    }
    hex(hash.finish().as_ref())
}

/// The counts of an answer, each person once.
fn counted(scoped: &ScopeResult) -> AffectedVersion {
    let people = &scoped.people;
    let mut by_category: BTreeMap<String, u64> = BTreeMap::new();
    let mut by_population: BTreeMap<String, u64> = BTreeMap::new();
    for person in &people.persons {
        *by_population
            .entry(person.population.to_string())
            .or_default() += 1;
        for category in &person.categories {
            *by_category.entry(category.to_string()).or_default() += 1;
        }
    }
    let first = people.persons.iter().map(|person| person.first).min();
    let last = people.persons.iter().map(|person| person.last).max();
    let period = first.zip(last).map(|(first, last)| ShownPeriod {
        from: first.micros(),
        to: last.micros(),
    });
    let (persons, quality) = scoped.counted();
    AffectedVersion {
        number: 0,
        question: String::new(),
        checkpoint: String::new(),
        hash: String::new(),
        quality,
        reason: String::new(),
        reasons: scoped.doubts(),
        persons,
        records: people.exposures,
        by_category,
        by_population,
        others: Vec::new(),
        period,
        left_out: None,
    }
}

/// The suggested scope question of an incident: what was shown in the session of the finding, and
/// not everything that the account's holder ever read.
pub async fn suggested(app: &App, view: &IncidentView) -> Result<ScopeQuestion, OperationError> {
    let incident = &view.incident;
    let mut question = ScopeQuestion::default();
    match incident.about.clone().canonical() {
        Subject::Account(account) => question.accounts.push(account),
        Subject::Organisation(organisation) => question.organisations.push(organisation),
        Subject::Portal(portal) => question.portals.push(portal),
        Subject::Nothing => {}
        // An error: an empty question would include every person.
        other => {
            let unread = format!("the subject {other} of the incident cannot be read");
            return Err(OperationError::Unavailable(unread));
        }
    }
    if let Some((from, to)) = incident.occurred {
        // The period of an incident includes its last second; that of a question ends before `to`.
        (question.from, question.to) = (Some(from), to.map(|to| to.plus(Duration::from_secs(1))));
    }
    if let (Some(account), Some(seen)) = (question.accounts.first(), incident.acts.seen()) {
        let (view, whose, until) = (app.view(), account.clone(), seen.at());
        let last = app
            .blocking(move || view.exposures_between(&whose, Timestamp::ZERO, until, 1))
            .await?;
        if let Some(last) = app.answered(last)?.first() {
            let entry = read_entries(app, last.entry, 1).await?.into_iter().next();
            if let Some((_, Event::Exposure(exposure))) = entry {
                question.sessions.push(exposure.session.clone());
            }
        }
    }
    Ok(question)
}

/// Lists with more persons are not read to propose a period: a page must not wait for it.
const PERIOD_PERSONS_MAX: u64 = 20_000;

/// The first and the last exposure of the last signed list; `None` without a list, or with one too
/// long to be read for a proposal.
pub(crate) async fn list_period(
    app: &App,
    view: &IncidentView,
) -> Result<Option<(Timestamp, Timestamp)>, OperationError> {
    let Some(version) = view
        .incident
        .affected
        .iter()
        .rfind(|version| version.has_list())
    else {
        return Ok(None);
    };
    if version.persons > PERIOD_PERSONS_MAX {
        return Ok(None);
    }
    let list = list_bytes(app, &view.record.id, version.number).await?;
    app.blocking(move || period_of(&list)).await?
}

fn period_of(list: &[u8]) -> Result<Option<(Timestamp, Timestamp)>, OperationError> {
    let text = std::str::from_utf8(list).map_err(unavailable)?;
    let mut period: Option<(Timestamp, Timestamp)> = None;
    // The head and the seal contain no person.
    for line in text.lines().filter(|line| line.starts_with('{')) {
        let line: Json = serde_json::from_str(line).map_err(unavailable)?;
        if line["person"].is_null() {
            continue;
        }
        let at = |name: &str| {
            let at = line[name].as_str().and_then(Timestamp::parse_rfc3339);
            at.ok_or_else(|| unavailable("a time in an affected set cannot be read"))
        };
        let (first, last) = (at("first")?, at("last")?);
        period = Some(period.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
    }
    Ok(period)
}

/// The severity: as the facts suggest it, and as people state it.
#[derive(Clone, Debug)]
pub struct Severity {
    pub suggested: Terms,
    pub terms: Terms,
    pub score: Score,
    pub is_overridden: bool,
    /// The score is a lower bound: which data it was is not known, or not of all of it.
    pub is_at_least: bool,
}

/// Assesses a breach by ENISA's method for the severity of personal data breaches.
pub fn severity(incident: &Incident) -> Severity {
    let data = data_kinds(incident);
    let natures = natures(incident);
    // An unknown cause counts as malicious: of the two scores it gives the higher.
    let is_malicious = !incident.fields.get(&Field::CauseOf).is_some_and(|cause| {
        cause
            .what
            .first()
            .is_some_and(|code| code.ends_with("accidental"))
    });
    let has = |nature: Nature| natures.contains(&nature);
    let is_confidentiality = has(Nature::Confidentiality);
    let suggested = Terms::suggested(
        &data,
        is_malicious,
        is_confidentiality,
        has(Nature::Availability),
    );
    let terms = incident
        .severity
        .as_ref()
        .map_or(suggested, |decided| decided.what);
    Severity {
        suggested,
        terms,
        score: terms.score(),
        is_overridden: incident.severity.is_some(),
        // Data of an unknown kind may be of the gravest.
        is_at_least: incident.severity.is_none()
            && (data.is_empty() || data.contains(&DataKind::Unknown)),
    }
}

/// The level on the CNIL's scale: as decided, otherwise as computed; `None` while the data are not
/// known, since a level would then be a lower bound that reads like the answer.
pub(crate) fn gravity(incident: &Incident) -> Option<Gravity> {
    if let Some(decided) = &incident.gravity {
        return Some(decided.what);
    }
    let severity = severity(incident);
    (!severity.is_at_least).then(|| severity.score.gravity())
}

/// The kinds of data: as stated, otherwise as derived from the categories that were shown. Kinds that
/// were measured and neither declared nor explained away count: the graver figure stands until then.
fn data_kinds(incident: &Incident) -> Vec<DataKind> {
    let measured = incident.measured_kinds();
    let answer = incident.fields.get(&Field::DataKinds);
    let Some(answer) = answer.filter(|answer| !answer.what.is_empty()) else {
        return measured.into_iter().collect();
    };
    let declared = answer.what.iter().filter_map(|code| DataKind::parse(code));
    let mut kinds: BTreeSet<DataKind> = declared.collect();
    let is_open = |one: FigureDifference| one.is_open();
    if incident
        .difference_in(Field::DataKinds)
        .is_some_and(is_open)
    {
        kinds.extend(measured);
    }
    kinds.into_iter().collect()
}

/// The last version of the affected set has persons.
pub(crate) fn has_shown_persons(incident: &Incident) -> bool {
    incident
        .affected()
        .is_some_and(|version| version.persons > 0)
}

pub(crate) fn natures(incident: &Incident) -> Vec<Nature> {
    match incident
        .fields
        .get(&Field::Natures)
        .filter(|answer| !answer.what.is_empty())
    {
        Some(answer) => answer
            .what
            .iter()
            .filter_map(|code| Nature::parse(code))
            .collect(),
        // Persons were shown to someone without the right to see them.
        None if has_shown_persons(incident) => vec![Nature::Confidentiality],
        None => Vec::new(),
    }
}

/// The persons of version `later` that `earlier` does not contain: those to inform in a complement.
pub async fn complement(
    app: &App,
    actor: &Actor,
    id: &str,
    earlier: u32,
    later: u32,
) -> Result<Vec<AffectedPerson>, OperationError> {
    actor.must_watch()?;
    let (earlier, later) = (
        list_bytes(app, id, earlier).await?,
        list_bytes(app, id, later).await?,
    );
    let difference = move || {
        let (earlier, later) = (persons(&earlier)?, persons(&later)?);
        Ok(digue_response::affected::complement(&earlier, &later))
    };
    app.blocking(difference).await?
}

/// The persons of a signed list, sorted.
fn persons(list: &[u8]) -> Result<Vec<AffectedPerson>, OperationError> {
    let text = std::str::from_utf8(list).map_err(unavailable)?;
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).map_err(unavailable));
    let mut persons = Vec::new();
    for line in lines {
        let line = line?;
        // The head and the seal contain no person.
        if let (Some(population), Some(person)) =
            (line["population"].as_str(), line["person"].as_str())
        {
            persons.push(AffectedPerson {
                population: population.to_owned(),
                person: person.to_owned(),
            });
        }
    }
    persons.sort_unstable();
    Ok(persons)
}
