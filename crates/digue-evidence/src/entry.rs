//! Entries of the journal as JSON: one form for the command line, the console and the API.

use digue_exposure::Sight;
use digue_journal::seal::ClearHeader;
use digue_types::{Event, Exposure, ShownClasses};
use serde_json::{Value as Json, json};

/// An entry with its index.
pub fn as_json(index: u64, event: &Event) -> Json {
    match event {
        Event::Exposure(exposure) => exposure_json(index, exposure),
        Event::Administration(act) => json!({
            "entry": index,
            "kind": "administration",
            "at": act.at,
            "actor": act.actor,
            "act": act.act,
            "subject": act.subject,
            "before": act.before,
            "after": act.after,
            "reason": act.reason,
        }),
    }
}

/// An entry whose key was destroyed: that it was there, and when.
pub fn forgotten_json(index: u64, clear: ClearHeader) -> Json {
    json!({"entry": index, "kind": "forgotten", "at": clear.at, "key": clear.key})
}

/// One person shown to one account.
pub fn sight_json(sight: &Sight) -> Json {
    json!({
        "entry": sight.entry,
        "at": sight.at,
        "account": sight.account,
        "organisation": sight.organisation,
        "portal": sight.portal,
        "population": sight.population,
        "route": sight.route,
        "basis": sight.basis,
    })
}

fn exposure_json(index: u64, exposure: &Exposure) -> Json {
    let persons: Vec<Json> = exposure
        .shown
        .iter()
        .flat_map(|group| {
            group
                .persons
                .iter()
                .map(|p| json!({"person": p, "basis": group.basis}))
        })
        .collect();
    json!({
        "entry": index,
        "kind": "exposure",
        "at": exposure.at,
        "exchange": exposure.exchange,
        "portal": exposure.portal,
        "route": exposure.route,
        "action": exposure.action,
        "account": exposure.account,
        "organisation": exposure.organisation,
        "session": exposure.session,
        "client": {"ip": exposure.client.ip, "user_agent": exposure.client.user_agent},
        "outcome": exposure.outcome,
        "reasons": exposure.reasons,
        "inspection": exposure.inspection,
        "population": exposure.population,
        "persons": persons,
        "persons_found": exposure.persons_found,
        "categories": exposure.categories,
        "body_bytes": exposure.body_bytes,
        "status": exposure.status,
        // As text: JSON numbers beyond 2^53 lose digits in many programs (RFC 8259, 6).
        "policy_version": format!("{:016x}", exposure.policy_version),
        "caseload_version": exposure.caseload_version,
        "justification": exposure.justification,
        "part": exposure.part,
        "parts": exposure.parts,
        "source": exposure.source,
        "repeated": exposure.repeated.map(|repeated| json!({"count": repeated.count, "until": repeated.until})),
        "unmapped": exposure.unmapped.as_ref().map(|address| json!({
            "method": address.method,
            "template": address.template,
            "media_type": address.media_type,
        })),
        "names_alone": exposure.names_alone,
        "classes": classes(&exposure.classes),
        "outside": exposure.outside.as_ref().map(|outside| json!({
            "handling": outside.handling,
            "count": outside.count,
            "cause": outside.cause,
        })),
    })
}

/// Persons by class; `null` where the classes were not known.
fn classes(classes: &ShownClasses) -> Json {
    match classes {
        ShownClasses::Known(classes) => {
            let of_class =
                |class: &digue_types::ShownClass| (class.class.to_string(), json!(class.persons));
            classes.iter().map(of_class).collect()
        }
        ShownClasses::Unknown => Json::Null,
    }
}
