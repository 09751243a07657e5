//! Past requests: an access log, interpreted with the same map as live traffic.

use digue_inspect::condition::RequestContent;
use digue_inspect::read_request;
use digue_inspect::request::RequestParts;
use digue_types::{
    AccountId, Basis, ExchangeId, Exposure, Inspection, Means, OrganisationId, Outcome,
    RequestClient, SessionId, ShownPersons, Timestamp,
};
use http::{Method, Uri};

use crate::path::Segments;
use crate::portal::{Portal, RouteKind};
use crate::ports::Aliases;
use crate::shown::persons_of;

/// A request as a log records it.
#[derive(Clone, Debug)]
pub struct PastRequest {
    pub at: Timestamp,
    /// The same for the same line, however often it is imported.
    pub exchange: ExchangeId,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub session: SessionId,
    pub client: RequestClient,
    pub method: Method,
    pub target: Uri,
    pub status: u16,
    pub body_bytes: u64,
    /// File and line.
    pub source: String,
}

/// Why a past request says nothing about persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastRequestError {
    /// No server would have understood the path.
    Path,
    /// No rule of the map matches.
    UnknownRoute,
    /// A value does not have the shape of its identifier.
    Values,
    /// The map states that this route shows no one.
    Assets,
    /// The portal refused or failed: nothing was shown.
    NotShown,
}

/// The exposure that this request was, as far as the request shows: the response was not seen.
pub fn exposure_of(
    portal: &Portal,
    aliases: &dyn Aliases,
    past: PastRequest,
) -> Result<Exposure, PastRequestError> {
    let segments = Segments::parse(past.target.path()).map_err(|_| PastRequestError::Path)?;
    // A log has no bodies: a request of which only the body says which rule it falls under has none.
    let query = past.target.query().unwrap_or_default();
    let (route, values) = portal
        .route(&past.method, &segments, &RequestContent::of_head(query))
        .ok_or(PastRequestError::UnknownRoute)?;
    if matches!(route.kind, RouteKind::Assets { .. }) {
        return Err(PastRequestError::Assets);
    }
    if !(200..300).contains(&past.status) {
        return Err(PastRequestError::NotShown);
    }
    let parts = RequestParts {
        path: &values,
        query,
        content_type: "",
        body: &[],
    };
    let fields = read_request(&route.request, &portal.kinds, &parts)
        .map_err(|_| PastRequestError::Values)?;
    let named = route.request.iter().filter(|rule| rule.is_subject);
    let identifiers = named.flat_map(|rule| fields.0.get(&rule.name).into_iter().flatten());
    let persons = persons_of(portal, aliases, identifiers).map_err(|_| PastRequestError::Values)?;
    let found = u32::try_from(persons.len()).unwrap_or(u32::MAX);
    let shown = if persons.is_empty() {
        vec![]
    } else {
        vec![ShownPersons {
            basis: Basis::Declared,
            means: Means::Described,
            persons,
        }]
    };
    Ok(Exposure {
        at: past.at,
        exchange: past.exchange,
        portal: portal.id.clone(),
        route: route.name.clone(),
        action: route.action.clone(),
        account: past.account,
        organisation: past.organisation,
        session: past.session,
        client: past.client,
        outcome: Outcome::Released,
        reasons: Vec::new(),
        inspection: Inspection::Imported,
        population: portal.population.clone(),
        shown,
        persons_found: found,
        categories: route.categories.clone(),
        body_bytes: past.body_bytes,
        status: past.status,
        // No version of the rules decided about a past request.
        policy_version: 0,
        caseload_version: 0,
        justification: None,
        part: 1,
        parts: 1,
        source: Some(past.source),
        repeated: None,
        unmapped: None,
        names_alone: 0,
        outside: None,
        classes: digue_types::ShownClasses::default(),
        unread: None,
    })
}
