//! Events for tests to journal.

use digue_types::{
    AccountId, ActionName, Basis, Event, ExchangeId, Exposure, Inspection, Means, OrganisationId,
    Outcome, PersonRef, PopulationId, PortalId, RequestClient, RouteName, SessionId, ShownPersons,
    Timestamp,
};

/// An exposure of `person` to `account`, at a time derived from `number`.
pub fn shown(number: u64, account: &str, person: &str) -> Event {
    let person = PersonRef::parse(person).expect("a reference");
    Event::Exposure(Box::new(Exposure {
        at: Timestamp::from_secs(1_763_000_000 + i64::try_from(number).unwrap_or(0)),
        exchange: ExchangeId::parse(&format!("test-{number}")).expect("a name"),
        portal: PortalId::parse("portail").expect("a name"),
        route: RouteName::parse("fiche").expect("a name"),
        action: ActionName::parse("open").expect("a name"),
        account: AccountId::parse(account).expect("a name"),
        organisation: OrganisationId::parse("of-1").expect("a name"),
        session: SessionId::parse("s1").expect("a name"),
        client: RequestClient::default(),
        outcome: Outcome::Released,
        reasons: Vec::new(),
        inspection: Inspection::Inspected,
        population: PopulationId::parse("personnes").expect("a name"),
        shown: vec![ShownPersons {
            basis: Basis::Caseload,
            means: Means::Described,
            persons: vec![person],
        }],
        persons_found: 1,
        categories: Vec::new(),
        body_bytes: 100,
        status: 200,
        policy_version: 1,
        caseload_version: 1,
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
    }))
}
