//! What is known of a breach: the affected set from the index, and the fields of the notification
//! that facts fill.

use std::collections::BTreeMap;
use std::path::PathBuf;

use digue_exposure::{Answer, Bound, Question};
use digue_locales::{Language, Value, text, text_with};
use digue_response::affected::{Others, Person, Quality, Version};
use digue_response::clock::ClockKind;
use digue_response::incident::{Kind, State};
use digue_response::notification::{Draft, Field, Filled, From, Stage, Submission};
use digue_response::severity::{Score, Terms};
use digue_response::vocabulary::{DataKind, Nature};
use digue_response::{Entry, Incident, Note};
use digue_types::Timestamp;
use jiff::tz::TimeZone;
use ring::digest::{Context, SHA256};
use serde_json::{Value as Json, json};

use crate::actor::Actor;
use crate::affected;
use crate::error::OperationError;
use crate::evidence::{self, Form};
use crate::files::{hex, keep};
use crate::house::House;
use crate::incidents::{self, IncidentView};
use crate::scope;

/// Computes the affected set anew: a further version, its signed list kept beside the journal.
///
/// # Errors
/// `Busy` when the list is larger than the console computes.
pub async fn compute_affected(
    house: &House,
    actor: &Actor,
    id: &str,
    question: Question,
) -> Result<Version, OperationError> {
    actor.must_respond()?;
    let (_, incident) = incidents::fold(house, id).await?;
    let scoped = scope::computed(house, question).await?;
    let number = u32::try_from(incident.affected.len()).unwrap_or(u32::MAX).saturating_add(1);
    let others = incident.affected().map(|version| version.others.clone()).unwrap_or_default();
    let version = Version {
        number,
        question: affected::question_json(&scoped.question).to_string(),
        checkpoint: scoped.size.to_string(),
        hash: hash_of(&scoped.answer),
        others,
        ..counted(&scoped.answer)
    };
    let head = affected::head(&scoped.question, &scoped.answer, &scoped.note, house.clock().now());
    let mut bytes = Vec::new();
    let sign = |text: &str| house.journal.sign(text);
    let written = affected::write(&mut bytes, &head, &scoped.answer, &house.journal.origin(), &sign);
    written.and_then(|()| keep(&list_path(house, id, number), &bytes)).map_err(unavailable)?;
    incidents::add(house, actor, id, None, Note::Affected(version.clone())).await?;
    Ok(version)
}

/// States persons who are not users themselves: relatives, trusted third persons. A further version.
pub async fn state_others(
    house: &House,
    actor: &Actor,
    id: &str,
    others: Vec<Others>,
) -> Result<Version, OperationError> {
    actor.must_respond()?;
    if others.iter().any(|other| other.basis.trim().is_empty()) {
        return Err(OperationError::Invalid("incident-refused-no-reason"));
    }
    let (_, incident) = incidents::fold(house, id).await?;
    let number = u32::try_from(incident.affected.len()).unwrap_or(u32::MAX).saturating_add(1);
    let version = match incident.affected() {
        Some(last) => Version { number, others, ..last.clone() },
        // Without a list of persons, as after an outage: what somebody states.
        None => Version {
            number,
            question: String::new(),
            checkpoint: String::new(),
            hash: String::new(),
            quality: Quality::LowerBound,
            reason: "stated".to_owned(),
            persons: 0,
            records: 0,
            by_category: BTreeMap::new(),
            by_population: BTreeMap::new(),
            others,
        },
    };
    incidents::add(house, actor, id, None, Note::Affected(version.clone())).await?;
    Ok(version)
}

/// Computes a version again at its checkpoint; true when it gives the same hash.
pub async fn recompute(house: &House, actor: &Actor, id: &str, number: u32) -> Result<bool, OperationError> {
    actor.must_watch()?;
    let (_, incident) = incidents::fold(house, id).await?;
    let version = incident.affected.iter().find(|version| version.number == number);
    let version = version.ok_or(OperationError::NotFound("version"))?;
    let view = house.view();
    let json = serde_json::from_str(&version.question).map_err(unavailable)?;
    let question = affected::question_of(&json).ok_or(OperationError::NotFound("version"))?;
    let before_entry = version.checkpoint.parse().ok();
    let question = Question { before_entry, ..question };
    let work = move || view.answer(&question, &mut |_| {});
    let answer = tokio::task::spawn_blocking(work).await.map_err(unavailable)?;
    Ok(hash_of(&house.answered(answer)?) == version.hash)
}

/// The signed list of a version, as it was kept.
pub async fn signed_list(
    house: &House,
    actor: &Actor,
    id: &str,
    number: u32,
) -> Result<Vec<u8>, OperationError> {
    let fetch = async { list_bytes(house, id, number) };
    evidence::read(house, actor, Form::File, fetch, |_| format!("incident:{id} affected:{number}")).await
}

/// `signed_list`, for whoever reads it on behalf of an act of its own.
pub(crate) fn list_bytes(house: &House, id: &str, number: u32) -> Result<Vec<u8>, OperationError> {
    std::fs::read(list_path(house, id, number)).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => OperationError::NotFound("version"),
        _ => OperationError::Unavailable(error.to_string()),
    })
}

fn list_path(house: &House, id: &str, number: u32) -> PathBuf {
    // Names of incidents are drawn here; a name from a request must not leave the folder.
    let name: String =
        id.chars().filter(|sign| sign.is_ascii_alphanumeric() || "-_".contains(*sign)).collect();
    house.data_folder.join("incidents").join(name).join(format!("affected-{number}.ndjson"))
}

fn unavailable(error: impl ToString) -> OperationError {
    OperationError::Unavailable(error.to_string())
}

/// SHA-256 over the persons' lines: the same list has the same hash whenever it is computed.
fn hash_of(answer: &Answer) -> String {
    let mut hash = Context::new(&SHA256);
    for person in &answer.persons {
        hash.update(affected::person_line(person).as_bytes());
        hash.update(b"\n");
    }
    hex(hash.finish().as_ref())
}

/// The figures of an answer.
fn counted(answer: &Answer) -> Version {
    let mut by_category: BTreeMap<String, u64> = BTreeMap::new();
    let mut by_population: BTreeMap<String, u64> = BTreeMap::new();
    for person in &answer.persons {
        *by_population.entry(person.population.to_string()).or_default() += 1;
        for category in &person.categories {
            *by_category.entry(category.to_string()).or_default() += 1;
        }
    }
    let quality = answer.quality;
    let causes =
        [("uninspected", quality.uninspected), ("unseen", quality.unseen), ("presumed", quality.presumed)];
    let reasons =
        causes.iter().filter(|(_, count)| *count > 0).map(|(cause, count)| format!("{cause}:{count}"));
    Version {
        number: 0,
        question: String::new(),
        checkpoint: String::new(),
        hash: String::new(),
        quality: match quality.bound() {
            Bound::Exact => Quality::Exact,
            Bound::Lower => Quality::LowerBound,
            Bound::Upper => Quality::UpperBound,
        },
        reason: reasons.collect::<Vec<_>>().join(" "),
        persons: answer.persons.len() as u64,
        records: answer.exposures,
        by_category,
        by_population,
        others: Vec::new(),
    }
}

/// Who answers for the data, as papers name them; a mark to be filled in where nobody said.
#[derive(Clone, Debug, Default)]
pub struct Controller {
    pub name: String,
    pub contact: String,
    pub mail: String,
    pub phone: String,
}

pub fn controller(house: &House, language: Language) -> Controller {
    let missing = || text(language, "paper-missing");
    let said = |field: Field| house.response().controller.get(&field).cloned().unwrap_or_else(missing);
    Controller {
        name: said(Field::ControllerName),
        contact: said(Field::ContactName),
        mail: said(Field::ContactMail),
        phone: said(Field::ContactPhone),
    }
}

/// How severe it is: what the facts suggest, and what somebody says.
#[derive(Clone, Debug)]
pub struct Severity {
    pub suggested: Terms,
    pub terms: Terms,
    pub score: Score,
    pub is_overridden: bool,
}

/// Assesses a breach by ENISA's method.
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

/// The kinds of data: what somebody says, else what the categories shown stand for.
fn data_kinds(incident: &Incident) -> Vec<DataKind> {
    if let Some(said) = incident.fields.get(&Field::DataKinds).filter(|said| !said.what.is_empty()) {
        return said.what.iter().filter_map(|code| DataKind::parse(code)).collect();
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
    match incident.fields.get(&Field::Natures).filter(|said| !said.what.is_empty()) {
        Some(said) => said.what.iter().filter_map(|code| Nature::parse(code)).collect(),
        // Somebody was shown who should not have been.
        None if incident.affected().is_some_and(|version| version.persons > 0) => {
            vec![Nature::Confidentiality]
        }
        None => Vec::new(),
    }
}

/// The draft of the notification: every field filled from facts or answers, or unknown.
pub fn draft(house: &House, view: &IncidentView, language: Language) -> Draft {
    let answers = view.incident.fields.iter().map(|(field, said)| (*field, said.what.clone())).collect();
    Draft::new(&facts(house, view, language), &answers)
}

/// What Digue knows by itself, as values of fields.
fn facts(house: &House, view: &IncidentView, language: Language) -> BTreeMap<Field, Vec<String>> {
    let IncidentView { incident, entries, .. } = view;
    let rules = house.response();
    let mut facts: BTreeMap<Field, Vec<String>> =
        rules.controller.iter().map(|(field, value)| (*field, vec![value.clone()])).collect();
    let mut one = |field: Field, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(field, vec![value]);
        }
    };
    let stamp = |at: Timestamp| at.to_string();
    one(Field::DiscoveredAt, Some(stamp(incident.opened_at)));
    one(Field::AwareAt, incident.aware_at().map(stamp));
    one(Field::StartedAt, incident.occurred.map(|(from, _)| stamp(from)));
    one(Field::EndedAt, incident.occurred.and_then(|(_, to)| to).map(stamp));
    let is_over = incident.occurred.is_some_and(|(_, to)| to.is_some())
        || matches!(incident.state(), State::Contained | State::Resolved);
    one(Field::StillGoingOn, is_over.then(|| "no".to_owned()));
    one(Field::Established, is_established(incident));
    one(Field::ProcessorToldAt, None);
    one(Field::Circumstances, circumstances(view, language, &rules.zone));
    let delay = incident.delays.get(&ClockKind::Authority).map(|decided| decided.reason.clone());
    one(Field::DelayReasons, delay);
    one(Field::What, Some(incident.title.clone()));
    if let Some(version) = incident.affected() {
        let others: u64 = version.others.iter().map(|other| other.persons).sum();
        one(Field::PersonCount, Some((version.persons + others).to_string()));
        one(Field::PersonCountQuality, Some(version.quality.code().to_owned()));
        one(Field::RecordCount, (version.records > 0).then(|| version.records.to_string()));
        one(Field::Identifiable, (version.persons > 0).then(|| "yes".to_owned()));
    }
    one(Field::Support, (!incident.about.is_empty()).then(|| text(language, "breach-support-portal")));
    one(Field::MeasuresBefore, Some(measures_before(house, language)));
    one(Field::MeasuresTaken, measures_taken(entries, language, &rules.zone));
    one(Field::MeasuresPlanned, measures_planned(incident));
    let score = severity(incident).score;
    let gravity = incident.gravity.as_ref().map_or(score.gravity(), |decided| decided.what);
    one(Field::GravityOf, Some(gravity.code().to_owned()));
    informing(incident, &mut one);
    let filed = incident.met_at(ClockKind::Complaint).map(|_| "yes".to_owned());
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
    if incident.source == digue_response::incident::Source::Containment {
        facts.insert(Field::Origins, codes(vec!["hacking"]));
    }
    facts
}

/// Established once it is confirmed; before, somebody has to say.
fn is_established(incident: &Incident) -> Option<String> {
    let is = incident.states.iter().any(|state| matches!(state.what, State::Confirmed | State::Contained));
    is.then(|| "yes".to_owned())
}

fn informing(incident: &Incident, one: &mut impl FnMut(Field, Option<String>)) {
    let Some(decided) = &incident.persons else { return };
    let told = incident.met.get(&ClockKind::Persons);
    let state = match (decided.what.inform, told) {
        (false, _) => "no",
        (true, None) => "later",
        (true, Some(_)) => "yes",
    };
    one(Field::InformedState, Some(state.to_owned()));
    if !decided.what.inform {
        one(Field::NotInformedWhy, Some(decided.reason.clone()));
    }
    if let Some((at, means, _)) = told {
        one(Field::InformedAt, Some(at.to_string()));
        one(Field::InformedBy, Some(means.clone()));
        let count = incident.affected().map(|version| version.persons.to_string());
        one(Field::InformedCount, count);
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    let instant = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// How it was seen: by whom, when, and by which finding.
fn circumstances(view: &IncidentView, language: Language, zone: &TimeZone) -> Option<String> {
    let incident = &view.incident;
    let values = [
        ("at", Value::from(local(incident.opened_at, zone))),
        ("source", Value::from(text(language, incident.source.key()))),
        ("title", Value::from(incident.title.clone())),
    ];
    Some(text_with(language, "breach-circumstances", &values))
}

/// What was in place, as far as the running system knows.
fn measures_before(house: &House, language: Language) -> String {
    let rules = house.gateway().rules();
    let accounts = rules.directory.iter().count();
    let hosts = house.gateway().hosts();
    let portals = hosts.portals().count();
    let caseloads: usize = rules.caseloads.values().map(|caseloads| caseloads.relations()).sum();
    let values = [
        ("accounts", Value::from(accounts)),
        ("portals", Value::from(portals)),
        ("relations", Value::from(caseloads)),
        ("passwords", Value::from(usize::from(house.allows_passwords()))),
    ];
    text_with(language, "breach-measures-before", &values)
}

/// What was done, from the log: gates and what people wrote down as done.
fn measures_taken(entries: &[Entry], language: Language, zone: &TimeZone) -> Option<String> {
    let lines = entries.iter().filter_map(|entry| {
        let said = match &entry.note {
            Note::Said { kind: Kind::Action, text, .. } => text.clone(),
            Note::Seen { act, subject, after, .. } if act == "gate-set" || act == "session-cut" => {
                let act = text(language, &format!("act-{act}"));
                format!("{act} ({subject} {after})")
            }
            Note::Reopening { what, text, .. } => format!("{what} {text}"),
            _ => return None,
        };
        Some(format!("{} {said}", local(entry.at, zone)))
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn measures_planned(incident: &Incident) -> Option<String> {
    let open = incident.tasks.iter().filter(|task| task.done_at.is_none()).map(|task| task.title.clone());
    let lessons = incident.lessons.iter().map(|lesson| lesson.measure.clone());
    let lines: Vec<String> = open.chain(lessons).filter(|line| !line.trim().is_empty()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Writes down that a notification was sent, with what it said.
///
/// # Errors
/// After the hour, as long as nobody gave reasons for the delay (art. 33(1)).
pub async fn submit(
    house: &House,
    actor: &Actor,
    id: &str,
    stage: Stage,
    at: Timestamp,
    receipt: &str,
    language: Language,
) -> Result<(), OperationError> {
    let view = incidents::view(house, actor, id).await?;
    let draft = draft(house, &view, language);
    let submission = Submission {
        stage,
        submitted_at: at.micros(),
        receipt: receipt.trim().to_owned(),
        snapshot: draft.snapshot(),
        unknown: draft.unknown().into_iter().map(|(field, _)| field).collect(),
    };
    incidents::add(house, actor, id, None, Note::Submitted(submission)).await.map(drop)
}

/// The notification as structured values: code, value, where it comes from, who can answer.
pub fn notification_json(house: &House, view: &IncidentView, language: Language) -> Json {
    let draft = draft(house, view, language);
    let fields = draft.0.iter().map(|(field, filled)| {
        let said = match filled {
            Filled::Value { value, from, computed } => json!({
                "value": value,
                "from": if *from == From::Facts { "facts" } else { "answer" },
                "computed": computed,
            }),
            Filled::Unknown(who) => json!({ "unknown": true, "who": who }),
            Filled::NotAsked => json!({ "not_asked": true }),
        };
        (field.code().to_owned(), said)
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

/// Persons of version `later` that `earlier` does not hold: to be told in a complement, and nobody else.
pub fn complement(
    house: &House,
    actor: &Actor,
    id: &str,
    earlier: u32,
    later: u32,
) -> Result<Vec<Person>, OperationError> {
    actor.must_watch()?;
    let (earlier, later) = (persons(house, id, earlier)?, persons(house, id, later)?);
    Ok(digue_response::affected::complement(&earlier, &later))
}

/// The persons of a version, sorted.
pub(crate) fn persons(house: &House, id: &str, number: u32) -> Result<Vec<Person>, OperationError> {
    let bytes = list_bytes(house, id, number)?;
    let text = std::str::from_utf8(&bytes).map_err(unavailable)?;
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).map_err(unavailable));
    let mut persons = Vec::new();
    for line in lines {
        let line = line?;
        // Head and seal name nobody.
        if let (Some(population), Some(person)) = (line["population"].as_str(), line["person"].as_str()) {
            persons.push(Person { population: population.to_owned(), person: person.to_owned() });
        }
    }
    persons.sort_unstable();
    Ok(persons)
}
