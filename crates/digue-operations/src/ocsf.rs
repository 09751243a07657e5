//! Entries as events of the Open Cybersecurity Schema Framework (OCSF), for security monitoring.
//!
//! An exposure is a Datastore Activity (6005); a session is Authentication (3002); other acts are
//! Entity Management (3004). OCSF has no word for *the persons shown*: they are under `unmapped`.

use digue_locales::Language;
use digue_store::FindingRecord;
use digue_types::{Act, Administration, Event, Exposure, Outcome};
use serde_json::{Value as Json, json};

use crate::containment::signals_of;
use crate::signals::sentence;

/// The version of the schema that these events follow.
const VERSION: &str = "1.8.0";

const DATASTORE: u32 = 6005;
const AUTHENTICATION: u32 = 3002;
const ENTITY: u32 = 3004;
/// Detection Finding.
const FINDING: u32 = 2004;

/// An entry of the journal of this name.
pub fn as_ocsf(origin: &str, index: u64, event: &Event) -> Json {
    match event {
        Event::Exposure(exposure) => exposure_event(origin, index, exposure),
        Event::Administration(act) => act_event(origin, index, act),
    }
}

fn base(origin: &str, index: u64, event: &Event, class: u32, activity: u32) -> Json {
    json!({
        "class_uid": class,
        "category_uid": class / 1000,
        "activity_id": activity,
        "type_uid": class * 100 + activity,
        "time": event.at().micros().div_euclid(1000),
        "metadata": {
            "version": VERSION,
            "uid": format!("{origin}#{index}"),
            "sequence": index,
            "product": {"name": "Digue", "vendor_name": "Digue", "version": env!("CARGO_PKG_VERSION")},
        },
    })
}

fn with(mut event: Json, more: Json) -> Json {
    if let (Some(event), Json::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
    event
}

fn exposure_event(origin: &str, index: u64, e: &Exposure) -> Json {
    // Read one, or query many.
    let activity = if e.persons_found <= 1 { 1 } else { 5 };
    let (status, severity) = match e.outcome {
        Outcome::Released => (1, 1),
        Outcome::WouldRefuse => (1, 3),
        Outcome::Refused => (2, 3),
    };
    let persons: Vec<Json> = e
        .shown
        .iter()
        .flat_map(|group| group.persons.iter().map(|person| json!({"uid": person, "basis": group.basis})))
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
    if !e.client.ip.is_empty() {
        more["src_endpoint"] = json!({"ip": e.client.ip});
    }
    with(base(origin, index, &event, DATASTORE, activity), more)
}

fn act_event(origin: &str, index: u64, a: &Administration) -> Json {
    let event = Event::Administration(a.clone());
    let (class, activity) = match a.act {
        Act::SessionOpened => (AUTHENTICATION, 1),
        Act::SessionCut => (AUTHENTICATION, 2),
        Act::AccountSuspended => (ENTITY, 9),
        Act::AccountResumed => (ENTITY, 8),
        _ => (ENTITY, 99),
    };
    let is_alarm = matches!(
        a.act,
        Act::SignInBlocked
            | Act::WitnessesMissing
            | Act::IndexRebuilt
            | Act::WatchAlerted
            | Act::WatchContained
            | Act::FindingConfirmed
            | Act::IncidentOpened
    );
    let mut more = json!({
        "activity_name": a.act,
        "status_id": 1,
        "severity_id": if is_alarm { 4 } else { 1 },
        "message": a.reason,
        "actor": {"user": {"uid": a.actor, "name": a.actor}},
        "entity": {"name": a.subject, "data": {"value": a.before}},
        "entity_result": {"name": a.subject, "data": {"value": a.after}},
    });
    if class == AUTHENTICATION {
        // Whose session it is; the other class has no such member, and this one no entities.
        more["user"] = more["actor"]["user"].clone();
        if let Some(more) = more.as_object_mut() {
            more.retain(|member, _| !member.starts_with("entity"));
            more.insert(
                "unmapped".to_owned(),
                json!({"subject": a.subject, "before": a.before, "after": a.after}),
            );
        }
    }
    with(base(origin, index, &event, class, activity), more)
}

/// What the watch found, with its sentences in both languages.
pub fn finding_event(console: &str, record: &FindingRecord) -> Json {
    let signals = signals_of(record);
    let said = |language| {
        let sentences: Vec<String> = signals.iter().map(|signal| sentence(language, signal)).collect();
        sentences.join(" ")
    };
    let is_containment = record.weight == "containment";
    json!({
        "class_uid": FINDING,
        "category_uid": FINDING / 1000,
        "activity_id": 1,
        "type_uid": FINDING * 100 + 1,
        "time": record.at.micros().div_euclid(1000),
        "severity_id": if is_containment { 5 } else { 3 },
        "status_id": 1,
        "message": said(Language::English),
        "metadata": {
            "version": VERSION,
            "uid": record.id,
            "product": {"name": "Digue", "vendor_name": "Digue", "version": env!("CARGO_PKG_VERSION")},
        },
        "finding_info": {
            "uid": record.id,
            "title": format!("watch-{}", record.weight),
            "desc": said(Language::French),
            "src_url": format!("{console}/watch/{}", record.id),
            "analytic": {"type_id": 2, "name": signals.first().map(|signal| signal.kind.code())},
        },
        "evidences": [{
            "actor": {"user": {"uid": record.account, "org": {"uid": record.organisation}}},
            "data": {"portal": record.portal, "persons": record.persons, "signals": signals},
        }],
        "remediation": {"desc": record.action},
        "unmapped": {"evidence": record.evidence as f64 / 1000.0, "wished": record.wished},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exposure_says_who_read_whom() {
        let event = as_ocsf("digue.test", 9, &digue_testkit::events::shown(0, "a1", "P1"));
        assert_eq!((&event["class_uid"], &event["type_uid"]), (&json!(6005), &json!(600_501)));
        assert_eq!(event["metadata"]["uid"], "digue.test#9");
        assert_eq!(event["time"], 1_763_000_000_000_i64);
        assert_eq!(event["unmapped"]["persons"][0]["uid"], "P1");
        assert!(event.get("src_endpoint").is_none());
    }
}
