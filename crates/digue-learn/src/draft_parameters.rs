//! The parameters that the portal's own pages offer: links with a query, fields of forms.

use std::collections::{BTreeMap, BTreeSet};

use digue_survey::body_survey::FormatSurvey;
use digue_survey::survey::{RouteKey, RouteSurvey};
use digue_types::path_template::{PathTemplate, TemplatePart};
use smol_str::SmolStr;

/// Routes that are drafted together.
pub(crate) type Group<'r> = Vec<(&'r RouteKey, &'r RouteSurvey)>;

/// The parameters of links and forms of all pages, by the last segment of where they lead.
pub(crate) fn linked_parameters(routes: &Group<'_>) -> BTreeMap<SmolStr, BTreeSet<String>> {
    let mut linked: BTreeMap<SmolStr, BTreeSet<String>> = BTreeMap::new();
    for body in routes.iter().flat_map(|(_, survey)| survey.bodies.values()) {
        if let FormatSurvey::Html(html) = &body.format {
            for (target, names) in html.parameters.iter().filter(|(to, _)| !to.is_empty()) {
                let own = linked.entry(target.clone()).or_default();
                own.extend(names.iter().cloned());
            }
        }
    }
    linked
}

/// The parameters that the portal's own pages offer for an address, and those of all its choices:
/// a filter that nobody used while the traffic was recorded is no stranger.
pub(crate) fn offered_parameters(
    linked: &BTreeMap<SmolStr, BTreeSet<String>>,
    template: &PathTemplate,
    safe: &Group<'_>,
) -> BTreeSet<String> {
    let mut offered: BTreeSet<String> = BTreeSet::new();
    if let Some(TemplatePart::Literal(last)) = template.0.last()
        && let Some(names) = linked.get(last)
    {
        offered.extend(names.iter().cloned());
    }
    for (_, survey) in safe {
        offered.extend(survey.parameters().cloned());
        for body in survey.bodies.values() {
            if let FormatSurvey::Html(html) = &body.format
                && let Some(names) = html.parameters.get("")
            {
                offered.extend(names.iter().cloned());
            }
        }
    }
    offered
}
