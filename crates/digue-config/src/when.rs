//! `when` of a route: what the content of a request must say for the route to answer it.

use std::collections::BTreeSet;

use digue_gateway::portal::{RouteKind, SessionDemand};
use digue_inspect::{ConditionPath, ConditionSource, RequestCondition};

use super::reader::ConfigSection;

/// `when = [{ in = "json", at = "$.method", is = ["person.read"] }]`; `None` is a fault.
pub(crate) fn read_when(
    section: &ConfigSection<'_>,
    kind: RouteKind,
    session: SessionDemand,
) -> Option<Vec<RequestCondition>> {
    let sections = section.sections("when");
    // No method is all methods.
    let methods = section.texts("methods");
    let is_without_body = !methods.is_empty()
        && methods
            .iter()
            .all(|method| matches!(method.as_str(), "GET" | "HEAD"));
    let read = sections.iter().map(|own| {
        let condition = read_condition(own)?;
        Some(match is_without_body {
            true => condition.without_body(),
            false => condition,
        })
    });
    let conditions: Vec<RequestCondition> = read.collect::<Option<_>>()?;
    for (place, (own, condition)) in sections.iter().zip(&conditions).enumerate() {
        let mut earlier = conditions[..place].iter();
        if earlier.any(|earlier| earlier.is_at_same_place(condition)) {
            own.fault("at", "fault-when-twice", "");
        }
    }
    // Until its body has been read, a request stands under the strictest of the routes in question:
    // one that is held, for those who are signed in.
    let is_strict = kind == RouteKind::Held && session == SessionDemand::Required;
    if !is_strict && conditions.iter().any(RequestCondition::needs_body) {
        section.fault("when", "fault-when-body", "");
    }
    Some(conditions)
}

fn read_condition(section: &ConfigSection<'_>) -> Option<RequestCondition> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum ConditionPlace {
        Query,
        Form,
        Json,
        TextJson,
        GraphQl,
    }
    let words = [
        ("query", ConditionPlace::Query),
        ("form", ConditionPlace::Form),
        ("json", ConditionPlace::Json),
        ("text-json", ConditionPlace::TextJson),
        ("graphql", ConditionPlace::GraphQl),
    ];
    if !section.has("in") {
        section.fault("in", "fault-missing", "");
    }
    let place = section.choice("in", &words);
    let values: BTreeSet<String> = section.texts("is").into_iter().collect();
    if values.is_empty() {
        section.fault("is", "fault-missing", "");
        return None;
    }
    let source = match place? {
        ConditionPlace::Query => ConditionSource::Query(section.need_text("at")?),
        ConditionPlace::Form => ConditionSource::Form(section.need_text("at")?),
        ConditionPlace::Json => {
            let path = ConditionPath::parse(&section.need_text("at")?);
            ConditionSource::Json(section.accept("at", path)?)
        }
        ConditionPlace::TextJson => {
            let path = ConditionPath::parse(&section.need_text("at")?);
            ConditionSource::TextJson(section.accept("at", path)?)
        }
        ConditionPlace::GraphQl => ConditionSource::GraphQl,
    };
    Some(RequestCondition::new(source, values))
}
