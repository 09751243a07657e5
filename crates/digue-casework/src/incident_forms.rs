//! The small forms of an incident: each becomes one entry of its log. The forms of the six steps,
//! which become many, are in `step_forms`.

use digue_app::{Actor, App, OperationError};
use digue_response::IncidentNote;
use digue_response::affected::OtherQuestion;
use digue_response::clock::{Awareness, ClockKind};
use digue_response::declared::DeclaredFigure;
use digue_response::incident::{EntryKind, EntryRefusal, IncidentRole, IncidentState};
use digue_response::notification::{Field, FormFieldShape, Stage};
use digue_response::severity::{
    Availability, Confidentiality, DataContext, Ease, Integrity, Terms,
};
use digue_response::sheet::{Answer, Sheet};
use digue_response::vocabulary::{Exemption, Gravity, PersonKind};
use digue_types::Timestamp;
use jiff::tz::TimeZone;

use crate::paper_reader::PaperReader;
use crate::typed_form::{TypedForm, local_time};
use crate::{breach, incidents, notification};

/// Adds the entry that a form describes; its field `note` says which one.
pub async fn take(
    app: &App,
    actor: &Actor,
    id: &str,
    form: &TypedForm,
    reader: &PaperReader,
) -> Result<(), OperationError> {
    let zone = &reader.zone;
    match form.text("note") {
        "others" => {
            let kind = form.choice("kind", PersonKind::parse)?;
            let other = OtherQuestion {
                kind,
                persons: form.number("persons")?,
                basis: form.owned("basis"),
            };
            let view = incidents::view(app, actor, id).await?;
            let mut others = view
                .incident
                .affected()
                .map(|version| version.others.clone())
                .unwrap_or_default();
            others.retain(|known| known.kind != kind);
            others.push(other);
            breach::state_others(app, actor, id, others).await.map(drop)
        }
        "difference-explained" => {
            let figure = form.choice("figure", DeclaredFigure::parse)?;
            let view = incidents::view(app, actor, id).await?;
            let mut differences = view.incident.differences().into_iter();
            let difference = differences.find(|one| one.figure == figure);
            let difference = difference
                .ok_or_else(|| crate::entry_refusals::refused(EntryRefusal::NoSuchDifference))?;
            let note = IncidentNote::DifferenceExplained {
                figure,
                declared: difference.declared,
                measured: difference.measured,
                reason: form.owned("reason"),
            };
            incidents::add(app, actor, id, None, note).await.map(drop)
        }
        "submitted" => {
            let stage = form.choice("stage", Stage::parse)?;
            let at = form.needed_moment("at", zone)?;
            notification::submit(app, actor, id, stage, at, form.text("receipt")).await
        }
        _ => {
            let at = form.moment("at", zone)?;
            let note = note_of(form, zone)?;
            let happened = if matches!(note, IncidentNote::Said { .. }) {
                at
            } else {
                None
            };
            incidents::add(app, actor, id, happened, note)
                .await
                .map(drop)
        }
    }
}

fn minute(text: &str) -> Option<i64> {
    Timestamp::parse_rfc3339(text).map(|at| at.secs().div_euclid(60))
}

/// True when a form returns the value that it was given; it shows times to the minute.
pub(crate) fn is_unchanged(field: Field, computed: &[String], value: &[String]) -> bool {
    match (field.shape(), computed, value) {
        (FormFieldShape::Moment, [computed], [value]) => minute(computed) == minute(value),
        _ => computed == value,
    }
}

/// A value in the form of its field; times in forms are local.
pub(crate) fn field_value(
    field: Field,
    form: &TypedForm,
    zone: &TimeZone,
) -> Result<Vec<String>, OperationError> {
    let values = form.all(field.code());
    match field.shape() {
        FormFieldShape::Moment => values
            .iter()
            .map(|text| Ok(local_time(text, zone)?.to_string()))
            .collect(),
        FormFieldShape::Number => Ok(values
            .iter()
            .map(|text| text.chars().filter(|sign| !sign.is_whitespace()).collect())
            .collect()),
        FormFieldShape::Text => Ok(values
            .iter()
            // Browsers send line ends as CR LF (HTML, form submission), which a computed text has
            // not.
            .map(|text| text.replace("\r\n", "\n"))
            .collect()),
        _ => Ok(values),
    }
}

fn note_of(form: &TypedForm, zone: &TimeZone) -> Result<IncidentNote, OperationError> {
    let reason = || form.owned("reason");
    let micros = |name: &str| form.needed_moment(name, zone).map(Timestamp::micros);
    let maybe = |name: &str| form.moment(name, zone).map(|at| at.map(Timestamp::micros));
    Ok(match form.text("note") {
        "said" => IncidentNote::Said {
            kind: form.choice("kind", EntryKind::parse)?,
            text: form.owned("text"),
            journal: None,
        },
        "corrected" => IncidentNote::Corrected {
            entry: form.number("entry")?,
            text: form.owned("text"),
        },
        "withdrawn" => IncidentNote::Withdrawn {
            entry: form.number("entry")?,
            reason: reason(),
        },
        "state" => IncidentNote::StateSet {
            state: form.choice("state", IncidentState::parse)?,
            reason: reason(),
        },
        "role" => IncidentNote::RoleSet {
            role: form.choice("role", IncidentRole::parse)?,
            is_insured: form.has("insured"),
            is_nis2: form.has("nis2"),
        },
        "aware" => IncidentNote::Aware {
            at: micros("at")?,
            reason: reason(),
            of: form.choice("of", Awareness::parse)?,
        },
        "occurred" => IncidentNote::Occurred {
            from: micros("from")?,
            to: form.end("to", zone)?.map(Timestamp::micros),
        },
        "sheet" => IncidentNote::SheetAdded {
            sheet: form.choice("sheet", Sheet::parse)?,
        },
        "step" => IncidentNote::Step {
            sheet: form.choice("sheet", Sheet::parse)?,
            step: form.owned("step"),
            answer: form.choice("answer", Answer::parse)?,
            text: form.owned("text"),
        },
        "task" => IncidentNote::TaskAdded {
            title: form.owned("title"),
            owner: form.owned("owner"),
            due: maybe("due")?,
        },
        "done" => IncidentNote::TaskDone {
            task: form.number("task")?,
            text: form.owned("text"),
        },
        "severity" => IncidentNote::SeveritySet {
            terms: terms_of(form)?,
            reason: reason(),
        },
        "gravity" => IncidentNote::GravitySet {
            gravity: form.choice("gravity", Gravity::parse)?,
            reason: reason(),
        },
        "authority" => IncidentNote::AuthorityDecided {
            notify: form.yes_or_no("notify")?,
            reason: reason(),
        },
        "persons" => IncidentNote::PersonsDecided {
            inform: form.yes_or_no("inform")?,
            exemption: form.maybe_choice("exemption", Exemption::parse)?,
            reason: reason(),
        },
        "delay" => IncidentNote::DelayExplained {
            clock: form.choice("clock", ClockKind::parse)?,
            reason: reason(),
        },
        "left-open" => IncidentNote::LeftOpen {
            clock: form.choice("clock", ClockKind::parse)?,
            reason: reason(),
        },
        "met" => IncidentNote::Met {
            clock: form.choice("clock", ClockKind::parse)?,
            at: micros("at")?,
            to: form.owned("to"),
            receipt: form.owned("receipt"),
            persons: None,
        },
        "lesson" => IncidentNote::Lesson {
            text: form.owned("text"),
            measure: form.owned("measure"),
            owner: form.owned("owner"),
            due: maybe("due")?,
        },
        _ => return Err(OperationError::Invalid("incident-refused-value")),
    })
}

fn terms_of(form: &TypedForm) -> Result<Terms, OperationError> {
    let adjustment = form.number::<i8>("adjustment")?;
    if !(-3..=3).contains(&adjustment) {
        return Err(OperationError::Invalid("incident-refused-value"));
    }
    Ok(Terms {
        context: form.choice("context", DataContext::parse)?,
        adjustment,
        ease: form.choice("ease", Ease::parse)?,
        confidentiality: form.choice("confidentiality", Confidentiality::parse)?,
        integrity: form.choice("integrity", Integrity::parse)?,
        availability: form.choice("availability", Availability::parse)?,
        is_malicious: form.has("malicious"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> TypedForm {
        let pair = |pair: &str| {
            pair.split_once('=')
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        TypedForm::new(text.split('&').filter_map(pair).collect())
    }

    #[test]
    fn what_was_not_chosen_is_not_decided() {
        let note = |text: &str| note_of(&form(text), &TimeZone::UTC);
        for decided in [
            "note=authority&notify=yes&reason=parce que",
            "note=authority&notify=no&reason=parce que",
            "note=persons&inform=no&exemption=protected&reason=parce que",
            "note=persons&inform=yes&exemption=&reason=parce que",
        ] {
            assert!(note(decided).is_ok(), "{decided}");
        }
        for undecided in [
            "note=authority&notify=peut-être&reason=parce que",
            "note=authority&reason=parce que",
            "note=persons&inform=oui&reason=parce que",
            "note=persons&inform=no&exemption=autre&reason=parce que",
            "note=severity&adjustment=9&reason=parce que",
        ] {
            assert!(
                matches!(note(undecided), Err(OperationError::Invalid(_))),
                "{undecided}"
            );
        }
        assert!(
            form("data=identity&data=autre")
                .choices("data", |code| (code == "identity").then_some(()))
                .is_err()
        );
    }

    #[test]
    fn an_hour_that_a_form_cut_to_the_minute_is_no_answer() {
        let same = |computed: &str, value: &str| {
            is_unchanged(
                Field::DiscoveredAt,
                &[computed.to_owned()],
                &[value.to_owned()],
            )
        };
        assert!(same("2026-11-28T12:23:08.5Z", "2026-11-28T12:23:00Z"));
        assert!(!same("2026-11-28T12:23:08.5Z", "2026-11-28T12:24:00Z"));
        assert!(!is_unchanged(
            Field::DiscoveredAt,
            &[],
            &["2026-11-28T12:23:00Z".to_owned()]
        ));
        assert!(is_unchanged(
            Field::Circumstances,
            &["a".to_owned()],
            &["a".to_owned()]
        ));
        assert!(!is_unchanged(
            Field::Circumstances,
            &["a".to_owned()],
            &["b".to_owned()]
        ));
    }
}
