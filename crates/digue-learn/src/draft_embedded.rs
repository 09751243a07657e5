//! Rules for JSON in scripts and attributes of pages: the element with a pattern for each member that
//! holds identifiers.

use digue_survey::embedded_json::{EmbeddedJson, EmbeddedPlace, EmbeddedSurvey};
use digue_survey::judge::PlaceVerdict;
use digue_survey::route_judge::JudgedPlace;
use digue_survey::value::ValueContext;

use crate::draft_context::DraftContext;
use crate::draft_json::only_needed;
use crate::finding::LearntFinding;
use crate::model::LearntRule;

/// The rules of all places.
pub(crate) fn embedded_rules(
    context: &mut DraftContext<'_>,
    embedded: &EmbeddedSurvey,
    pages: usize,
) -> Vec<LearntRule> {
    let mut rules = Vec::new();
    let mut is_beyond = false;
    for (place, embedded) in &embedded.places {
        is_beyond |= !place_rules(context, place, embedded, &mut rules);
    }
    if is_beyond {
        let path = context.path.to_owned();
        context
            .findings
            .push(LearntFinding::IdentifiersInScripts { path, pages });
    }
    rules
}

/// Adds the rules of one place; false where some identifier has no pattern.
fn place_rules(
    context: &mut DraftContext<'_>,
    place: &EmbeddedPlace,
    embedded: &EmbeddedJson,
    rules: &mut Vec<LearntRule>,
) -> bool {
    let mut own = Vec::new();
    let mut doubts = Vec::new();
    for JudgedPlace {
        place: path,
        context: value,
        verdict,
    } in context.judge.json(&embedded.json)
    {
        match verdict {
            PlaceVerdict::Accepted(accepted) => {
                let rule = LearntRule::accepted(path.to_string(), None, accepted);
                own.push((value.clone(), rule));
            }
            PlaceVerdict::Doubtful { kind, hits } => doubts.push((path.clone(), kind, hits)),
            PlaceVerdict::Nobody => {}
        }
    }
    for (path, kind, hits) in doubts {
        context.doubt(&path, kind, hits);
    }
    let needed = only_needed(own.iter().map(|(_, rule)| rule.clone()).collect());
    let mut is_told = true;
    for (value, rule) in own.into_iter().filter(|(_, rule)| needed.contains(rule)) {
        let kind = &context.known.kinds()[rule.kind];
        let pattern = match &value {
            ValueContext::Whole => embedded.pattern(rule.first_place(), &kind.written()),
            ValueContext::Path(_) | ValueContext::Query(_) | ValueContext::After(_) => {
                value.pattern(&kind.written())
            }
        };
        let Some(pattern) = pattern else {
            is_told = false;
            continue;
        };
        let take = place.attribute.as_ref().map(|name| format!("@{name}"));
        rules.push(LearntRule {
            at: vec![place.selector.to_string()],
            take,
            pattern: Some(pattern),
            own: Some(false),
            ..rule
        });
    }
    is_told
}
