//! A map of the configuration as learning tries it.

use digue_gateway::Portal;
use digue_gateway::portal::{QueryRule, Route, RouteKind};
use digue_learn::{TriedMap, TriedRoute};

pub(super) fn of(portal: &Portal) -> TriedMap {
    // Sorted already: in the order in which the gateway tries them.
    let routes = portal.routes.iter().map(route).collect();
    TriedMap {
        kinds: portal.kinds.clone(),
        primary: portal.primary,
        routes,
    }
}

fn route(route: &Route) -> TriedRoute {
    let query = match &route.query {
        QueryRule::Any => None,
        QueryRule::Named(known) => Some(
            known
                .iter()
                .map(|known| (known.name.clone(), known.values.clone()))
                .collect(),
        ),
    };
    TriedRoute {
        name: route.name.to_string(),
        methods: route.methods.iter().map(ToString::to_string).collect(),
        pattern: route.pattern.clone(),
        when: route.when.clone(),
        is_held: route.kind == RouteKind::Held,
        request: route.request.clone(),
        response: route.response.clone(),
        limits: route.inspect_limits,
        query,
    }
}
