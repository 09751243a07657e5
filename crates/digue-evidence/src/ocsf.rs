//! Entries as events of the Open Cybersecurity Schema Framework (OCSF), for security monitoring.
//!
//! An exposure is a Datastore Activity (6005), a session is Authentication (3002), other acts are
//! Entity Management (3004). OCSF has no attribute for *the persons shown*: they are under
//! `unmapped`.

use digue_app::signals::signals_of;
use digue_locales::Language;
use digue_store::FindingRecord;
use digue_types::{AccountId, Act, Administration, Event, Exposure, Outcome};
use serde_json::{Value as Json, json};

/// The version of the schema that all events follow.
pub const VERSION: &str = "1.8.0";

/// An activity, by the numbers and the caption of the schema.
#[derive(Clone, Copy)]
struct OcsfActivity {
    class: u32,
    id: u32,
    caption: &'static str,
}

const fn activity(class: u32, id: u32, caption: &'static str) -> OcsfActivity {
    OcsfActivity { class, id, caption }
}

const AUTHENTICATION: u32 = 3002;
const ENTITY: u32 = 3004;
const READ: OcsfActivity = activity(6005, 1, "Read");
const QUERY: OcsfActivity = activity(6005, 4, "Query");
const LOGON: OcsfActivity = activity(AUTHENTICATION, 1, "Logon");
const LOGOFF: OcsfActivity = activity(AUTHENTICATION, 2, "Logoff");
const SUSPEND: OcsfActivity = activity(ENTITY, 12, "Suspend");
const RESUME: OcsfActivity = activity(ENTITY, 13, "Resume");
/// Detection Finding.
const FINDING: OcsfActivity = activity(2004, 1, "Create");

/// An entry of the journal called `origin`.
pub fn as_ocsf(origin: &str, index: u64, event: &Event) -> Json {
    match event {
        Event::Exposure(exposure) => exposure_event(origin, index, exposure),
        Event::Administration(act) => act_event(origin, index, act),
    }
}

fn base(origin: &str, index: u64, event: &Event, activity: OcsfActivity) -> Json {
    json!({
        "class_uid": activity.class,
        "category_uid": activity.class / 1000,
        "activity_id": activity.id,
        "activity_name": activity.caption,
        "type_uid": activity.class * 100 + activity.id,
        // Milliseconds, as the schema requires; rounded down also before 1970, so that the order is
        // kept.
        "time": event.at().micros().div_euclid(1000),
        "metadata": {
            "version": VERSION,
            "uid": format!("{origin}#{index}"),
            "sequence": index,
            "product": product(env!("CARGO_PKG_VERSION")),
        },
    })
}

/// The product that reports the event.
pub fn product(version: &str) -> Json {
    json!({"name": "Digue", "vendor_name": "Digue", "version": version})
}

fn with(mut event: Json, more: Json) -> Json {
    if let (Some(event), Json::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
    event
}

fn exposure_event(origin: &str, index: u64, e: &Exposure) -> Json {
    let activity = if e.persons_found <= 1 { READ } else { QUERY };
    let (status, severity) = match e.outcome {
        Outcome::Released => (1, 1),
        // It was released: the status says what happened, the severity what an enforcing portal
        // would have done.
        Outcome::WouldRefuse => (1, 3),
        Outcome::Refused => (2, 3),
    };
    let persons: Vec<Json> = e
        .shown
        .iter()
        .flat_map(|group| {
            group
                .persons
                .iter()
                .map(|person| json!({"uid": person, "basis": group.basis}))
        })
        .collect();
    let event = Event::Exposure(Box::new(e.clone()));
    let mut more = json!({
        "status_id": status,
        "severity_id": severity,
        "status_detail": e.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        "actor": {
            "user": {"uid": e.account, "name": e.account, "org": {"uid": e.organisation, "name": e.organisation}},
            "session": {"uid": e.session},
        },
        "table": {"name": e.population, "uid": format!("{}/{}", e.portal, e.route)},
        "http_request": {"uid": e.exchange, "user_agent": e.client.user_agent},
        "http_response": {"code": e.status, "body_length": e.body_bytes},
        "unmapped": {
            "persons": persons,
            "persons_found": e.persons_found,
            "categories": e.categories,
            "inspection": e.inspection,
            "outcome": e.outcome,
            "justification": e.justification,
            "part": e.part,
            "parts": e.parts,
        },
    });
    if let Some(repeated) = e.repeated {
        more["count"] = json!(repeated.count);
        more["start_time"] = json!(e.at.micros().div_euclid(1000));
        more["end_time"] = json!(repeated.until.micros().div_euclid(1000));
    }
    // The class requires an endpoint, also where its address is unknown.
    more["src_endpoint"] = match e.client.ip.is_empty() {
        true => json!({"name": "unknown"}),
        false => json!({"ip": e.client.ip}),
    };
    with(base(origin, index, &event, activity), more)
}

fn act_event(origin: &str, index: u64, a: &Administration) -> Json {
    let event = Event::Administration(a.clone());
    let activity = match a.act {
        Act::SessionOpened => LOGON,
        Act::SessionCut => LOGOFF,
        Act::AccountSuspended => SUSPEND,
        Act::AccountResumed => RESUME,
        // The schema has no value for it: the name is ours.
        act => activity(ENTITY, 99, act.code()),
    };
    let is_alarm = matches!(
        a.act,
        Act::SignInBlocked
            | Act::WitnessesMissing
            | Act::IndexRebuilt
            | Act::ResponsesUnrecorded
            | Act::WatchAlerted
            | Act::WatchContained
            | Act::FindingConfirmed
            | Act::IncidentOpened
    );
    let mut more = json!({
        "status_id": 1,
        "severity_id": if is_alarm { 4 } else { 1 },
        "message": a.reason,
        "actor": {"user": {"uid": a.actor, "name": a.actor}},
        "entity": {"name": a.subject, "data": {"value": a.before}},
        "entity_result": {"name": a.subject, "data": {"value": a.after}},
    });
    if activity.class == AUTHENTICATION {
        // The other class has no such members, and this one no entities.
        let user = whose_session(a);
        more["user"] = json!({"uid": user, "name": user});
        more["service"] = json!({"name": "Digue"});
        if let Some(more) = more.as_object_mut() {
            more.retain(|member, _| !member.starts_with("entity"));
            more.insert(
                "unmapped".to_owned(),
                json!({"subject": a.subject, "before": a.before, "after": a.after}),
            );
        }
    }
    let mut event = with(base(origin, index, &event, activity), more);
    event["metadata"]["event_code"] = json!(a.act);
    event
}

/// The user whose session began or ended: the account acted upon, or the actor for its own session.
fn whose_session(act: &Administration) -> AccountId {
    act.subject.account().unwrap_or_else(|| act.actor.clone())
}

/// A detection finding, with its sentences in both languages. Signals that cannot be read are null,
/// and the sentence says so.
pub fn finding_event(console: &str, record: &FindingRecord) -> Json {
    let signals = signals_of(record);
    let message = |language| signals.in_words(language).join(" ");
    let lead = signals.readable().first().map(|signal| signal.kind.code());
    let is_containment = record.weight == "containment";
    json!({
        "class_uid": FINDING.class,
        "category_uid": FINDING.class / 1000,
        "activity_id": FINDING.id,
        "activity_name": FINDING.caption,
        "type_uid": FINDING.class * 100 + FINDING.id,
        "time": record.at.micros().div_euclid(1000),
        "severity_id": if is_containment { 5 } else { 3 },
        "status_id": 1,
        "message": message(Language::English),
        "metadata": {
            "version": VERSION,
            "uid": record.id,
            "product": product(env!("CARGO_PKG_VERSION")),
        },
        "finding_info": {
            "uid": record.id,
            "title": format!("watch-{}", record.weight),
            "desc": message(Language::French),
            "src_url": format!("{console}/watch/{}", record.id),
            "analytic": {"type_id": 2, "name": lead},
        },
        "evidences": [{
            "actor": {"user": {"uid": record.account, "org": {"uid": record.organisation}}},
            "data": {"portal": record.portal, "persons": record.persons, "signals": signals.known()},
        }],
        "remediation": {"desc": record.action},
        "unmapped": {
            "evidence": record.evidence as f64 / 1000.0,
            "intended": record.intended,
            "signals_complete": signals.known().is_some(),
        },
    })
}

#[cfg(test)]
mod tests;
