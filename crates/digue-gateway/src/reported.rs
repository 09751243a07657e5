//! A visit as a portal reports it: one JSON object per line, in the format of
//! `docs/reference/exposures.md`.
//!
//! Reads lines and nothing else: what follows from them is a visit like any other (`visit`), or an
//! import.

use digue_types::{
    AccountId, ActionName, Basis, Category, ExchangeId, Exposure, Inspection, Means,
    OrganisationId, Outcome, PersonRef, RequestClient, RouteName, SessionId, ShownPersons,
    Timestamp,
};
use serde::Deserialize;

use crate::portal::Portal;
use digue_connections::client_address::reported_address;

/// One line as the portal writes it. Unknown members are a fault: the value of a misspelt one would
/// be lost. Optional members may be `null`, which many programs write for an absent value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportedLine<'l> {
    at: String,
    account: String,
    organisation: String,
    #[serde(default)]
    session: Option<String>,
    portal: String,
    route: String,
    action: String,
    #[serde(borrow)]
    persons: Vec<std::borrow::Cow<'l, str>>,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    client: Option<ReportedClient>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ReportedClient {
    ip: Option<String>,
    user_agent: Option<String>,
}

/// A fault of one line: the member at fault, empty for the line as a whole, and its code. The line
/// is never quoted: it names persons.
pub type LineFault = (&'static str, &'static str);

/// A visit that a portal reports.
#[derive(Clone, Debug)]
pub(crate) struct ReportedVisit {
    pub(crate) at: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) organisation: OrganisationId,
    pub(crate) session: SessionId,
    pub(crate) route: RouteName,
    pub(crate) action: ActionName,
    pub(crate) categories: Vec<Category>,
    pub(crate) client: RequestClient,
    /// Distinct.
    pub(crate) persons: Vec<PersonRef>,
}

/// The visit in one line of a report.
pub(crate) fn read_line(
    portal: &Portal,
    line: &[u8],
    now: Timestamp,
) -> Result<ReportedVisit, LineFault> {
    let line: ReportedLine<'_> =
        serde_json::from_slice(line).map_err(|error| ("", category(&error)))?;
    if line.portal != portal.id.as_str() {
        return Err(("portal", "other-portal"));
    }
    let name = |member: &'static str| move |_: digue_types::IdError| (member, "name");
    let at = Timestamp::parse_rfc3339(&line.at).ok_or(("at", "instant"))?;
    // Clocks differ: five minutes ahead is not yet the future.
    if at > now.plus(std::time::Duration::from_mins(5)) {
        return Err(("at", "future"));
    }
    let primary = &portal.kinds[portal.primary];
    let mut persons: Vec<PersonRef> = Vec::new();
    for text in &line.persons {
        let canonical = primary.canonical(text).ok_or(("persons", "shape"))?;
        let person = PersonRef::parse(&canonical).map_err(name("persons"))?;
        persons.push(person);
    }
    persons.sort();
    persons.dedup();
    let categories: Result<Vec<Category>, _> = line
        .categories
        .iter()
        .flatten()
        .map(|text| Category::parse(text))
        .collect();
    let client = line.client.unwrap_or_default();
    let text_or_empty = |text: Option<String>| text.unwrap_or_default();
    let session = line.session.as_deref().unwrap_or("reported");
    Ok(ReportedVisit {
        at,
        route: RouteName::parse(&line.route).map_err(name("route"))?,
        action: ActionName::parse(&line.action).map_err(name("action"))?,
        account: portal
            .mapping
            .account(&line.account)
            .map_err(|_| ("account", "name"))?,
        organisation: portal
            .mapping
            .organisation(&line.organisation)
            .map_err(|_| ("organisation", "name"))?,
        session: SessionId::parse(session).map_err(name("session"))?,
        client: RequestClient {
            ip: reported_address(&text_or_empty(client.ip)),
            // The same bound as for a proxied request: the text goes to the journal.
            user_agent: text_or_empty(client.user_agent).chars().take(200).collect(),
        },
        categories: categories.map_err(name("categories"))?,
        persons,
    })
}

/// The exposure in one line of a file of reports: of another time, and counted by no budget.
pub fn exposure_of(
    portal: &Portal,
    line: &[u8],
    now: Timestamp,
    exchange: ExchangeId,
) -> Result<Exposure, LineFault> {
    let visit = read_line(portal, line, now)?;
    let persons_found = u32::try_from(visit.persons.len()).unwrap_or(u32::MAX);
    let declared = |persons| {
        vec![ShownPersons {
            basis: Basis::Declared,
            means: Means::Described,
            persons,
        }]
    };
    Ok(Exposure {
        at: visit.at,
        exchange,
        portal: portal.id.clone(),
        route: visit.route,
        action: visit.action,
        account: visit.account,
        organisation: visit.organisation,
        session: visit.session,
        client: visit.client,
        outcome: Outcome::Released,
        reasons: Vec::new(),
        inspection: Inspection::Reported,
        population: portal.population.clone(),
        persons_found,
        shown: if persons_found == 0 {
            Vec::new()
        } else {
            declared(visit.persons)
        },
        categories: visit.categories,
        body_bytes: 0,
        status: 0,
        policy_version: 0,
        caseload_version: 0,
        justification: None,
        part: 1,
        parts: 1,
        source: None,
        repeated: None,
        unmapped: None,
        names_alone: 0,
        outside: None,
        classes: digue_types::ShownClasses::default(),
        unread: None,
    })
}

fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "members",
        _ => "json",
    }
}
