//! The notification of a breach to the authority: its draft, whose fields facts or answers fill,
//! and what was sent.

use std::collections::BTreeMap;

use digue_app::names::VisibleNames;
use digue_app::{Actor, App, OperationError};
use digue_identity::password;
use digue_locales::{Language, Value, text, text_with};
use digue_response::claim::{ClaimKind, Happening};
use digue_response::clock::ClockKind;
use digue_response::incident::{IncidentRole, IncidentState, Source};
use digue_response::notification::{
    Field, FilledField, FormFieldSource, NotificationDraft, SentNotification, Stage,
};
use digue_response::sheet::Sheet;
use digue_response::vocabulary::{Cause, Origin};
use digue_response::{Incident, IncidentEntry, IncidentNote};
use digue_types::Timestamp;
use digue_types::visible::is_blank;
use serde_json::{Value as Json, json};

use crate::breach::{gravity, has_shown_persons, natures};
use crate::incidents::{self, IncidentView};
use crate::operator;
use crate::paper_reader::PaperReader;
use crate::subject_names::SubjectNames;

/// The controller's details for documents; a placeholder where the configuration has none.
#[derive(Clone, Debug, Default)]
pub struct Controller {
    pub name: String,
    pub contact: String,
    pub mail: String,
    pub phone: String,
}

pub fn controller(app: &App, language: Language) -> Controller {
    let missing = || text(language, "paper-missing");
    let answer = |field: Field| {
        operator::rules(app)
            .controller
            .get(&field)
            .cloned()
            .unwrap_or_else(missing)
    };
    Controller {
        name: answer(Field::ControllerName),
        contact: answer(Field::ContactName),
        mail: answer(Field::ContactMail),
        phone: answer(Field::ContactPhone),
    }
}

/// The draft of the notification: every field filled from facts or answers, or marked unknown.
pub fn draft(app: &App, view: &IncidentView, language: Language) -> NotificationDraft {
    let answers = view
        .incident
        .fields
        .iter()
        .map(|(field, answer)| (*field, answer.what.clone()))
        .collect();
    NotificationDraft::new(&facts(app, view, language), &answers)
}

/// The fields that Digue fills from its own facts.
fn facts(app: &App, view: &IncidentView, language: Language) -> BTreeMap<Field, Vec<String>> {
    let IncidentView {
        incident, entries, ..
    } = view;
    let rules = operator::rules(app);
    let reader = PaperReader {
        language,
        zone: rules.zone.clone(),
        names: VisibleNames::default(),
    };
    let mut facts: BTreeMap<Field, Vec<String>> = rules
        .controller
        .iter()
        .map(|(field, value)| (*field, vec![value.clone()]))
        .collect();
    let mut one = |field: Field, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(field, vec![value]);
        }
    };
    let stamp = |at: Timestamp| at.to_string();
    one(Field::DiscoveredAt, incident.discovered_at().map(stamp));
    one(Field::AwareAt, incident.aware_at().map(stamp));
    one(
        Field::StartedAt,
        incident.occurred.map(|(from, _)| stamp(from)),
    );
    one(
        Field::EndedAt,
        incident.occurred.and_then(|(_, to)| to).map(stamp),
    );
    // "Contained" is a judgement; an end date or a closed gate is a fact.
    let is_over = incident.occurred.is_some_and(|(_, to)| to.is_some())
        || incident.acts.fact(ClaimKind::Access).is_some();
    // Never "yes" from facts alone: without an end the field stays unknown, and a person answers.
    one(Field::StillGoingOn, is_over.then(|| "no".to_owned()));
    one(Field::Established, is_established(incident));
    one(
        Field::ProcessorToldAt,
        partner_reported_at(incident).map(stamp),
    );
    one(Field::Circumstances, Some(circumstances(view, &reader)));
    let delay = incident
        .delays
        .get(&ClockKind::Authority)
        .map(|decided| decided.reason.clone());
    one(Field::DelayReasons, delay);
    one(Field::What, Some(reader.what_happened(incident)));
    if let Some(version) = incident.affected() {
        one(Field::PersonCount, Some(version.everybody().to_string()));
        one(
            Field::PersonCountQuality,
            Some(version.quality.code().to_owned()),
        );
        one(
            Field::RecordCount,
            (version.records > 0).then(|| version.records.to_string()),
        );
        one(
            Field::Identifiable,
            (version.persons > 0).then(|| "yes".to_owned()),
        );
    }
    one(
        Field::Support,
        (!incident.about.is_nothing()).then(|| text(language, "breach-support-portal")),
    );
    one(Field::MeasuresBefore, Some(measures_before(app, language)));
    one(
        Field::MeasuresTaken,
        measures_taken(entries, &view.names, &reader),
    );
    one(Field::MeasuresPlanned, measures_planned(incident));
    one(
        Field::GravityOf,
        gravity(incident).map(|gravity| gravity.code().to_owned()),
    );
    informing(incident, &mut one);
    let filed = incident
        .acts
        .fact(ClaimKind::Complaint)
        .map(|_| "yes".to_owned());
    one(Field::ComplaintFiled, filed);
    let codes = |codes: Vec<&str>| {
        codes
            .into_iter()
            .map(ToOwned::to_owned)
            .collect::<Vec<String>>()
    };
    facts.insert(
        Field::Natures,
        codes(
            natures(incident)
                .iter()
                .map(|nature| nature.code())
                .collect(),
        ),
    );
    facts.insert(
        Field::DataKinds,
        codes(
            incident
                .measured_kinds()
                .iter()
                .map(|kind| kind.code())
                .collect(),
        ),
    );
    let others = incident
        .affected()
        .into_iter()
        .flat_map(|version| &version.others);
    let mut persons: Vec<&str> = others.map(|other| other.kind.code()).collect();
    if incident
        .affected()
        .is_some_and(|version| version.persons > 0)
    {
        persons.insert(0, "users");
    }
    persons.dedup();
    facts.insert(Field::PersonKinds, codes(persons));
    if incident.happening() == Happening::StolenAccount {
        facts.insert(Field::Origins, codes(vec![Origin::Hacking.code()]));
        // An officer confirmed that another person used the account.
        facts.insert(Field::CauseOf, codes(vec![Cause::ExternalMalicious.code()]));
    }
    facts
}

/// When a partner reported the incident through Digue (`incidents::report`): the notification of
/// GDPR art. 33(2). `None` where an officer entered what a partner had said, whose hour is not
/// known, and where the operator is itself the processor.
fn partner_reported_at(incident: &Incident) -> Option<Timestamp> {
    let is_own_report =
        incident.source == Source::Partner && incident.opened_by == Actor::digue().account.as_str();
    (is_own_report && incident.role != IncidentRole::Processor).then_some(incident.opened_at)
}

/// "Established" once the incident is confirmed, or once an officer confirmed a theft and a signed
/// list names persons whose data were shown; before that a person must state it.
fn is_established(incident: &Incident) -> Option<String> {
    let is_confirmed = incident
        .states
        .iter()
        .any(|state| state.what == IncidentState::Confirmed);
    let is_theft = incident.happening() == Happening::StolenAccount && has_shown_persons(incident);
    (is_confirmed || is_theft).then(|| "yes".to_owned())
}

fn informing(incident: &Incident, one: &mut impl FnMut(Field, Option<String>)) {
    let Some(decided) = &incident.persons else {
        return;
    };
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
        one(
            Field::InformedCount,
            incident.informed_count().map(|persons| persons.to_string()),
        );
    }
}

/// How the breach was discovered: when, when the incident was opened, and by whom.
fn circumstances(view: &IncidentView, reader: &PaperReader) -> String {
    let incident = &view.incident;
    let discovered = incident.discovered_at();
    let values = [
        (
            "discovered",
            Value::from(discovered.map(|at| reader.spelled(at)).unwrap_or_default()),
        ),
        ("at", Value::from(reader.spelled(incident.opened_at))),
        ("source", Value::from(reader.say(incident.source.key()))),
    ];
    let key = if discovered.is_some() {
        "breach-discovered"
    } else {
        "breach-circumstances"
    };
    let opened = text_with(reader.language, key, &values);
    // What the officer wrote when they qualified it: the authority reads it, not the log alone.
    let what = (Sheet::Qualification, "what".to_owned());
    let stated = incident.steps.get(&what).map(|step| step.text.trim());
    match stated.filter(|text| !is_blank(text)) {
        Some(text) => format!("{text}\n{opened}"),
        None => opened,
    }
}

/// The measures that were in place, as far as the running system shows.
fn measures_before(app: &App, language: Language) -> String {
    let rules = app.gateway().rules();
    let accounts = rules.directory.iter().count();
    let hosts = app.gateway().hosts();
    let portals = hosts.portals().count();
    let caseloads: usize = rules
        .caseloads
        .values()
        .map(|caseloads| caseloads.relations())
        .sum();
    let values = [
        ("accounts", Value::from(accounts)),
        ("portals", Value::from(portals)),
        ("relations", Value::from(caseloads)),
        (
            "passwords",
            Value::from(usize::from(password::is_allowed(app))),
        ),
    ];
    text_with(language, "breach-measures-before", &values)
}

/// The measures taken, from the log: gates, and actions that people entered.
fn measures_taken(
    entries: &[IncidentEntry],
    names: &SubjectNames,
    reader: &PaperReader,
) -> Option<String> {
    let lines: Vec<String> = entries
        .iter()
        .filter_map(|entry| reader.taken(entry, names))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn measures_planned(incident: &Incident) -> Option<String> {
    let open = incident
        .tasks
        .iter()
        .filter(|task| task.done_at.is_none())
        .map(|task| task.title.clone());
    let lessons = incident.lessons.iter().map(|lesson| lesson.measure.clone());
    let lines: Vec<String> = open.chain(lessons).filter(|line| !is_blank(line)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The language of what is sent to the authority, not of the person who enters that it was sent: two drafts in
/// two languages would differ in every sentence.
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
        // The content as sent: later corrections of the incident must not change what the authority
        // received.
        snapshot: draft.snapshot(),
        unknown: draft
            .unknown()
            .into_iter()
            .map(|(field, _)| field)
            .collect(),
    };
    incidents::add(app, actor, id, None, IncidentNote::Submitted(submission))
        .await
        .map(drop)
}

/// The notification as structured values: code, value, source, and who can answer.
pub fn to_json(app: &App, view: &IncidentView, language: Language) -> Json {
    let draft = draft(app, view, language);
    let fields = draft.0.iter().map(|(field, filled)| {
        let answer = match filled {
            FilledField::Value {
                value,
                from,
                computed,
            } => json!({
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
            "is_presumed": clock.is_presumed,
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
