//! The routes of a map together: which one answers, and which one is most likely a mistake.

use digue_gateway::portal::{Route, RouteKind};
use digue_inspect::condition::{excludes, implies};

use super::reader::ConfigSection;

/// Warns of likely mistakes. `sections` are those of `routes`, in the same order.
pub(crate) fn warn(sections: &[ConfigSection<'_>], routes: &[Route]) {
    for (place, (section, route)) in sections.iter().zip(routes).enumerate() {
        warn_of_one(section, route);
        let mut earlier = routes[..place].iter();
        if let Some(twin) = earlier.position(|earlier| is_shadowed_by(route, earlier)) {
            let earlier = format!("{} ({})", routes[twin].name, sections[twin].line());
            section.warn("path", "warning-route-twice", earlier);
        }
        let mut earlier = routes[..place].iter();
        if let Some(equal) = earlier.position(|earlier| are_equally_specific(route, earlier)) {
            let earlier = format!("{} ({})", routes[equal].name, sections[equal].line());
            section.warn("when", "warning-when-equal", earlier);
        }
    }
}

fn warn_of_one(section: &ConfigSection<'_>, route: &Route) {
    if let Some(piece) = route.pattern.odd_literal() {
        section.warn("path", "warning-path-literal", piece);
    }
    if route.kind != RouteKind::Held {
        return;
    }
    if route.methods.is_empty() {
        section.warn("methods", "warning-no-methods", "");
    }
    if route.response.blocks.is_empty() {
        section.warn("response", "warning-no-response", "");
    }
}

/// True when `earlier` answers every request for `route`: same paths, and no method of its own.
fn is_shadowed_by(route: &Route, earlier: &Route) -> bool {
    let covers_methods = earlier.methods.is_empty()
        || (!route.methods.is_empty()
            && route
                .methods
                .iter()
                .all(|method| earlier.methods.contains(method)));
    covers_methods
        && earlier.pattern.is_same_as(&route.pattern)
        && implies(&route.when, &earlier.when)
        && implies(&earlier.when, &route.when)
}

/// True when a request may meet the conditions of both, and neither is for fewer requests.
fn are_equally_specific(route: &Route, earlier: &Route) -> bool {
    let has_method = |method| route.methods.is_empty() || route.methods.contains(method);
    let share_methods = earlier.methods.is_empty()
        || route.methods.is_empty()
        || earlier.methods.iter().any(has_method);
    let (one, other) = (&route.when, &earlier.when);
    share_methods
        && earlier.pattern.is_same_as(&route.pattern)
        && !excludes(one, other)
        && !implies(one, other)
        && !implies(other, one)
}
