//! A personal data breach: the affected set from the index, its severity, and the fields of the notification
//! that facts can fill.

use digue_app::files::{hex, keep};
use digue_app::{Actor, App, Area, OperationError};
use digue_evidence::affected;
use digue_evidence::reading::{self, EvidenceForm};
use digue_evidence::scope::{self, ScopeResult};
use digue_evidence::watch::read_entries;
use digue_identity::password;
use digue_types::visible::is_blank;
use std::collections::BTreeMap;
use std::path::PathBuf;

use digue_exposure::{ScopeAnswer, ScopeQuestion};
use digue_locales::{Language, Value, text, text_with};
use digue_response::affected::{
    AffectedPerson, AffectedQuality, AffectedVersion, CountDoubt, OtherQuestion, QualityReason,
};
use digue_response::claim::{ClaimKind, Happening};
use digue_response::clock::ClockKind;
use digue_response::incident::{IncidentRole, IncidentState, Source};
use digue_response::notification::{
    Field, FilledField, FormFieldSource, NotificationDraft, SentNotification, Stage,
};
use digue_response::severity::{Score, Terms};
use digue_response::vocabulary::{Cause, DataKind, Nature, Origin};
use digue_response::{Incident, IncidentEntry, IncidentNote};
use digue_types::{Event, Subject, Timestamp};
use ring::digest::{Context, SHA256};
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

use crate::incidents::{self, IncidentView};
use crate::operator;
use crate::paper_reader::PaperReader;

/// Serialises adding versions of affected sets: giving the next number, writing the list under it and adding the
/// entry are one step.
// Held while the act is journalled; no other async lock is taken under it.
#[derive(Default)]
pub(crate) struct VersionLock(Mutex<()>);

impl Area for VersionLock {}

/// Computes a new version of the affected set, and stores its signed list in a file.
///
/// # Errors
/// `Busy` when the list is larger than the console computes.
pub async fn compute_affected(
    app: &App,
    actor: &Actor,
    id: &str,
    question: ScopeQuestion,
) -> Result<AffectedVersion, OperationError> {
    actor.must_respond()?;
    incidents::fold(app, id).await?;
    // Before the turn is taken: it may last for seconds.
    let scoped = scope::computed(app, question).await?;
    let digest = move || {
        let (hash, counts) = (hash_of(&scoped.answer), counted(&scoped));
        (scoped, hash, counts)
    };
    let (scoped, hash, counts) = app.blocking(digest).await?;
    let _one_at_a_time = app.area::<VersionLock>().0.lock().await;
    let (_, incident) = incidents::fold(app, id).await?;
    let number = incident.next_version();
    let others = incident.affected().map(|version| version.others.clone()).unwrap_or_default();
    let version = AffectedVersion {
        number,
        question: affected::question_json(&scoped.question).to_string(),
        checkpoint: scoped.size.to_string(),
        hash,
        others,
        ..counts
    };
    let head = affected::head(&scoped.question, &scoped.answer, &scoped.note, app.clock().now());
    let (journal, path) = (app.journal().clone(), list_path(app, id, number));
    let write = move || {
        let mut bytes = Vec::new();
        affected::write(&mut bytes, &head, &scoped.answer, &journal.origin(), &|text| journal.sign(text))?;
        keep(&path, &bytes)
    };
    // The file before the entry: a version in the log always has its list.
    app.blocking(write).await?.map_err(unavailable)?;
    incidents::add(app, actor, id, None, IncidentNote::Affected(version.clone())).await?;
    Ok(version)
}

/// Adds stated groups of persons who are in no list (relatives, trusted third persons), as a new version.
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
    let number = incident.next_version();
    let version = match incident.affected() {
        Some(last) => {
            // The list is the same; each version has its own file.
            if last.has_list() {
                let list = list_bytes(app, id, last.number).await?;
                let path = list_path(app, id, number);
                app.blocking(move || keep(&path, &list)).await?.map_err(unavailable)?;
            }
            AffectedVersion { number, others, ..last.clone() }
        }
        // No list of persons, as after an outage: only what people state, which is a lower bound.
        None => AffectedVersion {
            number,
            question: String::new(),
            checkpoint: String::new(),
            hash: String::new(),
            quality: AffectedQuality::LowerBound,
            reason: String::new(),
            reasons: vec![QualityReason { doubt: CountDoubt::Stated, count: 1 }],
            persons: 0,
            records: 0,
            by_category: BTreeMap::new(),
            by_population: BTreeMap::new(),
            others,
        },
    };
    incidents::add(app, actor, id, None, IncidentNote::Affected(version.clone())).await?;
    Ok(version)
}

/// Recomputes a version at its checkpoint; true when it gives the same hash.
pub async fn recompute(app: &App, actor: &Actor, id: &str, number: u32) -> Result<bool, OperationError> {
    actor.must_watch()?;
    let (_, incident) = incidents::fold(app, id).await?;
    let version = incident.affected.iter().find(|version| version.number == number);
    let version = version.ok_or(OperationError::NotFound("version"))?;
    if !version.has_list() {
        return Err(OperationError::NotFound("version"));
    }
    let view = app.view();
    let json = serde_json::from_str(&version.question).map_err(unavailable)?;
    let question = affected::question_of(&json)
        .ok_or_else(|| unavailable("the question of an affected set cannot be read"))?;
    // Without its checkpoint the question would be asked of the whole journal, and the answer would differ.
    let checkpoint: u64 = version
        .checkpoint
        .parse()
        .map_err(|_| unavailable("the checkpoint of an affected set cannot be read"))?;
    let question = ScopeQuestion { before_entry: Some(checkpoint), ..question };
    let recomputed = move || view.answer(&question, &mut |_| {}).map(|answer| hash_of(&answer));
    let hash = app.answered(app.blocking(recomputed).await?)?;
    Ok(hash == version.hash)
}

/// The stored signed list of a version.
pub async fn signed_list(app: &App, actor: &Actor, id: &str, number: u32) -> Result<Vec<u8>, OperationError> {
    let fetch = list_bytes(app, id, number);
    let subject = |_: &_| Subject::Affected { incident: id.to_owned(), version: number };
    reading::read(app, actor, EvidenceForm::File, fetch, subject).await
}

/// `signed_list`, for callers whose own act journals the reading.
pub(crate) async fn list_bytes(app: &App, id: &str, number: u32) -> Result<Vec<u8>, OperationError> {
    let path = list_path(app, id, number);
    app.blocking(move || std::fs::read(path)).await?.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => OperationError::NotFound("version"),
        _ => OperationError::Unavailable(error.to_string()),
    })
}

fn list_path(app: &App, id: &str, number: u32) -> PathBuf {
    // Ids are made by Digue, but this one may come from a request: it must not leave the folder.
    let name: String =
        id.chars().filter(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign)).collect();
    app.data_folder().join("incidents").join(name).join(format!("affected-{number}.ndjson"))
}

fn unavailable(error: impl ToString) -> OperationError {
    OperationError::Unavailable(error.to_string())
}

/// SHA-256 over the lines of persons, without head and date: the same list always has the same hash.
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
        *by_population.entry(person.population.to_string()).or_default() += 1;
        for category in &person.categories {
            *by_category.entry(category.to_string()).or_default() += 1;
        }
    }
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
    }
}

/// The suggested scope question of an incident: what was shown in the session of the finding, and not
/// everything that the account's holder ever read.
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
        (question.from, question.to) = (Some(from), to);
    }
    if let (Some(account), Some(seen)) = (question.accounts.first(), incident.acts.seen()) {
        let (view, whose, until) = (app.view(), account.clone(), seen.at());
        let last = app.blocking(move || view.exposures_between(&whose, Timestamp::ZERO, until, 1)).await?;
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

/// The first and the last exposure of the last signed list; `None` without a list, or with one too long to be read
/// for a proposal.
pub(crate) async fn list_period(
    app: &App,
    view: &IncidentView,
) -> Result<Option<(Timestamp, Timestamp)>, OperationError> {
    let Some(version) = view.incident.affected.iter().rfind(|version| version.has_list()) else {
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

/// The controller's details for documents; a placeholder where the configuration has none.
#[derive(Clone, Debug, Default)]
pub struct Controller {
    pub name: String,
    pub contact: String,
    pub mail: String,
    pub phone: String,
}

pub(crate) fn controller(app: &App, language: Language) -> Controller {
    let missing = || text(language, "paper-missing");
    let answer = |field: Field| operator::rules(app).controller.get(&field).cloned().unwrap_or_else(missing);
    Controller {
        name: answer(Field::ControllerName),
        contact: answer(Field::ContactName),
        mail: answer(Field::ContactMail),
        phone: answer(Field::ContactPhone),
    }
}

/// The severity: as the facts suggest it, and as people state it.
#[derive(Clone, Debug)]
pub struct Severity {
    pub suggested: Terms,
    pub terms: Terms,
    pub score: Score,
    pub is_overridden: bool,
}

/// Assesses a breach by ENISA's method for the severity of personal data breaches.
pub fn severity(incident: &Incident) -> Severity {
    let data = data_kinds(incident);
    let natures = natures(incident);
    let is_malicious = !incident
        .fields
        .get(&Field::CauseOf)
        .is_some_and(|cause| cause.what.first().is_some_and(|code| code.ends_with("accidental")));
    let has = |nature: Nature| natures.contains(&nature);
    let is_confidentiality = has(Nature::Confidentiality);
    let suggested = Terms::suggested(&data, is_malicious, is_confidentiality, has(Nature::Availability));
    let terms = incident.severity.as_ref().map_or(suggested, |decided| decided.what);
    Severity { suggested, terms, score: terms.score(), is_overridden: incident.severity.is_some() }
}

/// The kinds of data: as stated, otherwise as derived from the categories that were shown.
fn data_kinds(incident: &Incident) -> Vec<DataKind> {
    if let Some(answer) = incident.fields.get(&Field::DataKinds).filter(|answer| !answer.what.is_empty()) {
        return answer.what.iter().filter_map(|code| DataKind::parse(code)).collect();
    }
    computed_kinds(incident)
}

fn computed_kinds(incident: &Incident) -> Vec<DataKind> {
    let categories = incident.affected().into_iter().flat_map(|version| version.by_category.keys());
    let mut kinds: Vec<DataKind> =
        categories.map(|category| DataKind::of_category(category).unwrap_or(DataKind::Other)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn natures(incident: &Incident) -> Vec<Nature> {
    match incident.fields.get(&Field::Natures).filter(|answer| !answer.what.is_empty()) {
        Some(answer) => answer.what.iter().filter_map(|code| Nature::parse(code)).collect(),
        // Persons were shown to someone without the right to see them.
        None if incident.affected().is_some_and(|version| version.persons > 0) => {
            vec![Nature::Confidentiality]
        }
        None => Vec::new(),
    }
}

/// The draft of the notification: every field filled from facts or answers, or marked unknown.
pub fn draft(app: &App, view: &IncidentView, language: Language) -> NotificationDraft {
    let answers = view.incident.fields.iter().map(|(field, answer)| (*field, answer.what.clone())).collect();
    NotificationDraft::new(&facts(app, view, language), &answers)
}

/// The fields that Digue fills from its own facts.
fn facts(app: &App, view: &IncidentView, language: Language) -> BTreeMap<Field, Vec<String>> {
    let IncidentView { incident, entries, .. } = view;
    let rules = operator::rules(app);
    let reader = PaperReader { language, zone: rules.zone.clone() };
    let mut facts: BTreeMap<Field, Vec<String>> =
        rules.controller.iter().map(|(field, value)| (*field, vec![value.clone()])).collect();
    let mut one = |field: Field, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(field, vec![value]);
        }
    };
    let stamp = |at: Timestamp| at.to_string();
    one(Field::DiscoveredAt, incident.discovered_at().map(stamp));
    one(Field::AwareAt, incident.aware_at().map(stamp));
    one(Field::StartedAt, incident.occurred.map(|(from, _)| stamp(from)));
    one(Field::EndedAt, incident.occurred.and_then(|(_, to)| to).map(stamp));
    // "Contained" is a judgement; an end date or a closed gate is a fact.
    let is_over = incident.occurred.is_some_and(|(_, to)| to.is_some())
        || incident.acts.fact(ClaimKind::Access).is_some();
    // Never "yes" from facts alone: without an end the field stays unknown, and a person answers.
    one(Field::StillGoingOn, is_over.then(|| "no".to_owned()));
    one(Field::Established, is_established(incident));
    one(Field::ProcessorToldAt, partner_reported_at(incident).map(stamp));
    one(Field::Circumstances, Some(circumstances(view, &reader)));
    let delay = incident.delays.get(&ClockKind::Authority).map(|decided| decided.reason.clone());
    one(Field::DelayReasons, delay);
    one(Field::What, Some(reader.what_happened(incident)));
    if let Some(version) = incident.affected() {
        one(Field::PersonCount, Some(version.everybody().to_string()));
        one(Field::PersonCountQuality, Some(version.quality.code().to_owned()));
        one(Field::RecordCount, (version.records > 0).then(|| version.records.to_string()));
        one(Field::Identifiable, (version.persons > 0).then(|| "yes".to_owned()));
    }
    one(Field::Support, (!incident.about.is_nothing()).then(|| text(language, "breach-support-portal")));
    one(Field::MeasuresBefore, Some(measures_before(app, language)));
    one(Field::MeasuresTaken, measures_taken(entries, &reader));
    one(Field::MeasuresPlanned, measures_planned(incident));
    let score = severity(incident).score;
    let gravity = incident.gravity.as_ref().map_or(score.gravity(), |decided| decided.what);
    one(Field::GravityOf, Some(gravity.code().to_owned()));
    informing(incident, &mut one);
    let filed = incident.acts.fact(ClaimKind::Complaint).map(|_| "yes".to_owned());
    one(Field::ComplaintFiled, filed);
    let codes = |codes: Vec<&str>| codes.into_iter().map(ToOwned::to_owned).collect::<Vec<String>>();
    facts.insert(Field::Natures, codes(natures(incident).iter().map(|nature| nature.code()).collect()));
    facts.insert(Field::DataKinds, codes(computed_kinds(incident).iter().map(|kind| kind.code()).collect()));
    let others = incident.affected().into_iter().flat_map(|version| &version.others);
    let mut persons: Vec<&str> = others.map(|other| other.kind.code()).collect();
    if incident.affected().is_some_and(|version| version.persons > 0) {
        persons.insert(0, "users");
    }
    persons.dedup();
    facts.insert(Field::PersonKinds, codes(persons));
    if incident.happening() == Happening::StolenAccount {
        facts.insert(Field::Origins, codes(vec![Origin::Hacking.code()]));
        // A person confirmed that somebody else used the account.
        facts.insert(Field::CauseOf, codes(vec![Cause::ExternalMalicious.code()]));
    }
    facts
}

/// When a partner reported the incident through Digue (`incidents::report`): the notification of GDPR art. 33(2).
/// `None` where an officer entered what a partner had said, whose hour is not known, and where the operator is
/// itself the processor.
fn partner_reported_at(incident: &Incident) -> Option<Timestamp> {
    let is_own_report =
        incident.source == Source::Partner && incident.opened_by == Actor::digue().account.as_str();
    (is_own_report && incident.role != IncidentRole::Processor).then_some(incident.opened_at)
}

/// "Established" once the incident is confirmed, or once an officer confirmed a theft and a signed list names persons
/// whose data were shown; before that a person must state it.
fn is_established(incident: &Incident) -> Option<String> {
    let is_confirmed = incident.states.iter().any(|state| state.what == IncidentState::Confirmed);
    let is_theft = incident.happening() == Happening::StolenAccount
        && incident.affected().is_some_and(|version| version.persons > 0);
    (is_confirmed || is_theft).then(|| "yes".to_owned())
}

fn informing(incident: &Incident, one: &mut impl FnMut(Field, Option<String>)) {
    let Some(decided) = &incident.persons else { return };
    let informed = incident.met.get(&ClockKind::Persons);
    let state = match (decided.what.inform, informed) {
        (false, _) => "no",
        (true, None) => "later",
        (true, Some(_)) => "yes",
    };
    one(Field::InformedState, Some(state.to_owned()));
    if !decided.what.inform {
        one(Field::NotInformedWhy, Some(decided.reason.clone()));
    }
    if let Some(informed) = informed {
        one(Field::InformedAt, Some(informed.at.to_string()));
        one(Field::InformedBy, Some(informed.to.clone()));
        one(Field::InformedCount, informed.persons.map(|persons| persons.to_string()));
    }
}

/// How the breach was discovered: when, when the incident was opened, and by whom.
fn circumstances(view: &IncidentView, reader: &PaperReader) -> String {
    let incident = &view.incident;
    let discovered = incident.discovered_at();
    let values = [
        ("discovered", Value::from(discovered.map(|at| reader.moment(at)).unwrap_or_default())),
        ("at", Value::from(reader.moment(incident.opened_at))),
        ("source", Value::from(reader.say(incident.source.key()))),
        ("title", Value::from(incident.title.clone())),
    ];
    let key = if discovered.is_some() { "breach-discovered" } else { "breach-circumstances" };
    text_with(reader.language, key, &values)
}

/// The measures that were in place, as far as the running system shows.
fn measures_before(app: &App, language: Language) -> String {
    let rules = app.gateway().rules();
    let accounts = rules.directory.iter().count();
    let hosts = app.gateway().hosts();
    let portals = hosts.portals().count();
    let caseloads: usize = rules.caseloads.values().map(|caseloads| caseloads.relations()).sum();
    let values = [
        ("accounts", Value::from(accounts)),
        ("portals", Value::from(portals)),
        ("relations", Value::from(caseloads)),
        ("passwords", Value::from(usize::from(password::is_allowed(app)))),
    ];
    text_with(language, "breach-measures-before", &values)
}

/// The measures taken, from the log: gates, and actions that people entered.
fn measures_taken(entries: &[IncidentEntry], reader: &PaperReader) -> Option<String> {
    let lines: Vec<String> = entries.iter().filter_map(|entry| reader.taken(entry)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn measures_planned(incident: &Incident) -> Option<String> {
    let open = incident.tasks.iter().filter(|task| task.done_at.is_none()).map(|task| task.title.clone());
    let lessons = incident.lessons.iter().map(|lesson| lesson.measure.clone());
    let lines: Vec<String> = open.chain(lessons).filter(|line| !is_blank(line)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The language of what is sent to the authority, whoever enters that it was sent: two drafts in two languages would
/// differ in every sentence.
pub const AUTHORITY_LANGUAGE: Language = Language::French;

/// Records that a notification was sent, with its content.
///
/// # Errors
/// `Invalid` after the deadline while no reasons for the delay are given (GDPR art. 33(1)).
pub async fn submit(
    app: &App,
    actor: &Actor,
    id: &str,
    stage: Stage,
    at: Timestamp,
    receipt: &str,
) -> Result<(), OperationError> {
    let view = incidents::view(app, actor, id).await?;
    let draft = draft(app, &view, AUTHORITY_LANGUAGE);
    let submission = SentNotification {
        stage,
        submitted_at: at.micros(),
        receipt: receipt.trim().to_owned(),
        // The content as sent: later corrections of the incident must not change what the authority received.
        snapshot: draft.snapshot(),
        unknown: draft.unknown().into_iter().map(|(field, _)| field).collect(),
    };
    incidents::add(app, actor, id, None, IncidentNote::Submitted(submission)).await.map(drop)
}

/// The notification as structured values: code, value, source, and who can answer.
pub fn notification_json(app: &App, view: &IncidentView, language: Language) -> Json {
    let draft = draft(app, view, language);
    let fields = draft.0.iter().map(|(field, filled)| {
        let answer = match filled {
            FilledField::Value { value, from, computed } => json!({
                "value": value,
                "from": if *from == FormFieldSource::Facts { "facts" } else { "answer" },
                "computed": computed,
            }),
            FilledField::Unknown(who) => json!({ "unknown": true, "who": who }),
            FilledField::NotAsked => json!({ "not_asked": true }),
        };
        (field.code().to_owned(), answer)
    });
    let fields: serde_json::Map<String, Json> = fields.collect();
    let incident = &view.incident;
    let clocks = view.clocks.iter().map(|clock| {
        json!({
            "clock": clock.rule.kind,
            "basis": clock.rule.basis,
            "started_at": clock.started_at,
            "due_at": clock.due_at,
            "met_at": clock.met_at,
        })
    });
    json!({
        "reference": view.reference(),
        "state": incident.state(),
        "stage": incident.next_stage(),
        "fields": fields,
        "clocks": clocks.collect::<Vec<_>>(),
        "authority_decision": incident.authority.as_ref().map(|decided| json!({
            "notify": decided.what, "by": decided.by, "at": decided.at, "reason": decided.reason,
        })),
        "persons_decision": incident.persons.as_ref().map(|decided| json!({
            "inform": decided.what.inform, "exemption": decided.what.exemption, "by": decided.by,
            "at": decided.at, "reason": decided.reason,
        })),
        "submissions": incident.submissions.iter().map(|(_, submission)| submission).collect::<Vec<_>>(),
    })
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
    let (earlier, later) = (list_bytes(app, id, earlier).await?, list_bytes(app, id, later).await?);
    let difference = move || {
        let (earlier, later) = (persons(&earlier)?, persons(&later)?);
        Ok(digue_response::affected::complement(&earlier, &later))
    };
    app.blocking(difference).await?
}

/// The persons of a signed list, sorted.
fn persons(list: &[u8]) -> Result<Vec<AffectedPerson>, OperationError> {
    let text = std::str::from_utf8(list).map_err(unavailable)?;
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).map_err(unavailable));
    let mut persons = Vec::new();
    for line in lines {
        let line = line?;
        // The head and the seal contain no person.
        if let (Some(population), Some(person)) = (line["population"].as_str(), line["person"].as_str()) {
            persons.push(AffectedPerson { population: population.to_owned(), person: person.to_owned() });
        }
    }
    persons.sort_unstable();
    Ok(persons)
}
