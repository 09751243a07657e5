//! What the entries of a portal say about its map: refusals by what has to be done about them,
//! names without identifier, addresses outside the map.
//!
//! A refusal has one of three causes that different people settle: data that are older than the
//! work (caseloads, accounts), a map that does not describe the portal, or a rule that does what it
//! is for. Where an entry does not tell them apart it says so.

use std::collections::{BTreeMap, HashSet};

use digue_types::{
    AccountId, Basis, Exposure, Inspection, OrganisationId, Outcome, PersonRef, RefusalReason,
    RouteName,
};

/// Distinct accounts and persons of one line that are told apart.
const DISTINCT_MAX: usize = 100_000;

/// What has to be done about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalGroup {
    /// The caseload, the accounts or the aliases are older than the work.
    StaleData(StaleCause),
    /// The map does not describe what the portal did.
    MapGap,
    /// A rule refuses what it is meant to refuse.
    Real,
    /// Outside the caseload; the entry does not say who, since a refused response shows nobody.
    Unknown,
}

/// Why data are taken for stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StaleCause {
    /// The caseload in force has the person by now.
    AddedSince,
    /// No caseload has the person: a new one, or an identifier that the alias table lacks.
    NobodysPerson,
    /// Neither the account nor its organisation has a caseload.
    NoCaseload,
    UnknownAccount,
}

/// What different people settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalHeading {
    StaleData,
    MapGap,
    Real,
    Unknown,
}

impl RefusalGroup {
    pub const fn heading(self) -> RefusalHeading {
        match self {
            Self::StaleData(_) => RefusalHeading::StaleData,
            Self::MapGap => RefusalHeading::MapGap,
            Self::Real => RefusalHeading::Real,
            Self::Unknown => RefusalHeading::Unknown,
        }
    }
}

/// Where a person stands in the caseloads in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseloadStanding {
    /// In the caseload of the account or of its organisation.
    Own,
    /// In that of others.
    Others,
    /// In none.
    Nobodys,
}

/// The caseloads in force.
pub trait CaseloadsInForce {
    fn has_caseload(&self, account: &AccountId, organisation: &OrganisationId) -> bool;

    fn standing(
        &self,
        account: &AccountId,
        organisation: &OrganisationId,
        person: &PersonRef,
    ) -> CaseloadStanding;
}

/// Refusals of one kind on one route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusalKey {
    pub group: RefusalGroup,
    /// The first reason that decides the group, as entries write it.
    pub reason: String,
    pub route: RouteName,
    /// What could not be read, where that is the reason.
    pub unread: Option<String>,
}

/// How many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusalLine {
    /// Requests that were refused.
    pub refused: u64,
    /// Requests that enforced mode would have refused.
    pub would_refuse: u64,
    pub accounts: HashSet<AccountId>,
    /// Persons outside the caseload.
    pub persons: HashSet<PersonRef>,
}

/// Names without identifier on one route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamesLine {
    pub responses: u64,
    pub names: u64,
    /// Responses that could not be searched for names.
    pub unread: u64,
}

/// The entries of one portal.
#[derive(Clone, Debug, Default)]
pub struct JournalTally {
    pub requests: u64,
    pub refusals: BTreeMap<RefusalKey, RefusalLine>,
    pub names: BTreeMap<RouteName, NamesLine>,
    /// By method and template: requests, and the bytes of their answers.
    pub outside: BTreeMap<(String, String), (u64, u64)>,
}

impl JournalTally {
    /// Adds an entry of the portal.
    pub fn add(&mut self, exposure: &Exposure, caseloads: &dyn CaseloadsInForce) {
        // Its further parts repeat everything but persons.
        if exposure.part > 1 {
            return;
        }
        let requests = exposure.requests();
        self.requests += requests;
        let is_unsearched = exposure
            .unread
            .as_ref()
            .is_some_and(|unread| unread.rule == "names")
            // Only what could be read is searched; without a body there is nothing to search.
            || exposure.body_bytes > 0
                && exposure.inspection != Inspection::NameAlone
                && exposure.inspection.is_uninspected();
        if exposure.names_alone > 0 || is_unsearched {
            let line = self.names.entry(exposure.route.clone()).or_default();
            line.responses += u64::from(exposure.names_alone > 0);
            line.names += u64::from(exposure.names_alone);
            line.unread += u64::from(is_unsearched);
        }
        if let Some(address) = &exposure.unmapped {
            let key = (address.method.code().to_owned(), address.template.clone());
            let (count, bytes) = self.outside.entry(key).or_default();
            *count += requests;
            *bytes += exposure.body_bytes;
        }
        if exposure.outcome == Outcome::Released {
            return;
        }
        let Some((group, reason)) = group_of(exposure, caseloads) else {
            return;
        };
        let unread = exposure
            .unread
            .as_ref()
            .filter(|_| matches!(reason, RefusalReason::Uninspectable(_)));
        let unread = unread.map(|unread| match unread.rule.as_str() {
            "" => unread.cause.code().to_owned(),
            rule => format!("{}: {rule}", unread.cause.code()),
        });
        let key = RefusalKey {
            group,
            reason: reason.to_string(),
            route: exposure.route.clone(),
            unread,
        };
        let line = self.refusals.entry(key).or_default();
        match exposure.outcome {
            Outcome::Refused => line.refused += requests,
            Outcome::WouldRefuse => line.would_refuse += requests,
            Outcome::Released => {}
        }
        if line.accounts.len() < DISTINCT_MAX {
            line.accounts.insert(exposure.account.clone());
        }
        if line.persons.len() < DISTINCT_MAX {
            line.persons.extend(outside_persons(exposure).cloned());
        }
    }
}

/// Persons that were shown without a right.
fn outside_persons(exposure: &Exposure) -> impl Iterator<Item = &PersonRef> {
    let without = exposure
        .shown
        .iter()
        .filter(|group| group.basis == Basis::None);
    without.flat_map(|group| &group.persons)
}

/// What a single reason is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReasonSubject {
    Map,
    Rule,
    Caseload,
    Account,
    /// It says what became of the request, and not why.
    Consequence,
}

const fn subject_of(reason: &RefusalReason) -> ReasonSubject {
    match reason {
        RefusalReason::UnknownRoute
        | RefusalReason::UnknownParameter
        | RefusalReason::RequestTooLarge
        | RefusalReason::BodyUnseen
        | RefusalReason::UninspectedBudget(_)
        | RefusalReason::Uninspectable(_) => ReasonSubject::Map,
        RefusalReason::NoSession
        | RefusalReason::SessionMoved
        | RefusalReason::LoginUnclear
        | RefusalReason::TooManyRequests
        | RefusalReason::MalformedRequest
        | RefusalReason::RenamedFields
        | RefusalReason::GateClosed(_)
        | RefusalReason::CaseloadOnly(_)
        | RefusalReason::StepUp(_)
        | RefusalReason::NotOwnRecord
        | RefusalReason::NotExact
        | RefusalReason::Budget(..)
        | RefusalReason::ExactSearchBudget(_)
        | RefusalReason::BreakGlassBudget(_)
        | RefusalReason::Withheld
        | RefusalReason::PersonClass(_)
        | RefusalReason::ClassUnknown
        | RefusalReason::Policy
        | RefusalReason::PolicyError => ReasonSubject::Rule,
        RefusalReason::OutsideCaseload => ReasonSubject::Caseload,
        RefusalReason::UnknownAccount => ReasonSubject::Account,
        RefusalReason::DoneNotShown | RefusalReason::OutcomeUnknown => ReasonSubject::Consequence,
    }
}

/// The group of an entry, and the reason that decides it: a rule that would refuse anyway comes
/// before the map, and the map before data, so that nothing is called stale that fresh data would
/// not let through.
fn group_of<'e>(
    exposure: &'e Exposure,
    caseloads: &dyn CaseloadsInForce,
) -> Option<(RefusalGroup, &'e RefusalReason)> {
    let of = |subject| {
        exposure
            .reasons
            .iter()
            .find(|reason| subject_of(reason) == subject)
    };
    if let Some(reason) = of(ReasonSubject::Rule) {
        return Some((RefusalGroup::Real, reason));
    }
    if let Some(reason) = of(ReasonSubject::Map) {
        return Some((RefusalGroup::MapGap, reason));
    }
    if let Some(reason) = of(ReasonSubject::Account) {
        return Some((RefusalGroup::StaleData(StaleCause::UnknownAccount), reason));
    }
    of(ReasonSubject::Caseload).map(|reason| (caseload_group(exposure, caseloads), reason))
}

fn caseload_group(exposure: &Exposure, caseloads: &dyn CaseloadsInForce) -> RefusalGroup {
    let (account, organisation) = (&exposure.account, &exposure.organisation);
    if !caseloads.has_caseload(account, organisation) {
        return RefusalGroup::StaleData(StaleCause::NoCaseload);
    }
    let standings: Vec<CaseloadStanding> = outside_persons(exposure)
        .map(|person| caseloads.standing(account, organisation, person))
        .collect();
    if standings.is_empty() {
        return RefusalGroup::Unknown;
    }
    // One person of another's caseload is enough: fresh data would not have let it through.
    if standings.contains(&CaseloadStanding::Others) {
        RefusalGroup::Real
    } else if standings.contains(&CaseloadStanding::Nobodys) {
        RefusalGroup::StaleData(StaleCause::NobodysPerson)
    } else {
        RefusalGroup::StaleData(StaleCause::AddedSince)
    }
}

#[cfg(test)]
mod tests {
    use digue_types::{
        ActionName, ExchangeId, Means, PopulationId, PortalId, ReadFailure, RequestClient, Scope,
        SessionId, ShownPersons, Timestamp, UninspectedCause, UnmappedAddress, UnreadCause,
    };

    use super::*;

    /// `a1` has P1; `a2` has P2; `a3` has nothing.
    struct TwoCaseloads;

    impl CaseloadsInForce for TwoCaseloads {
        fn has_caseload(&self, account: &AccountId, _: &OrganisationId) -> bool {
            account.as_str() != "a3"
        }

        fn standing(
            &self,
            account: &AccountId,
            _: &OrganisationId,
            person: &PersonRef,
        ) -> CaseloadStanding {
            match (account.as_str(), person.as_str()) {
                ("a1", "P1") | ("a2", "P2") => CaseloadStanding::Own,
                (_, "P1" | "P2") => CaseloadStanding::Others,
                _ => CaseloadStanding::Nobodys,
            }
        }
    }

    fn entry(account: &str, persons: &[&str], reasons: Vec<RefusalReason>) -> Exposure {
        let persons: Vec<PersonRef> = persons
            .iter()
            .map(|person| PersonRef::parse(person).unwrap())
            .collect();
        Exposure {
            at: Timestamp::from_secs(1_763_000_000),
            exchange: ExchangeId::parse("x").unwrap(),
            portal: PortalId::parse("portail").unwrap(),
            route: RouteName::parse("fiche").unwrap(),
            action: ActionName::parse("open").unwrap(),
            account: AccountId::parse(account).unwrap(),
            organisation: OrganisationId::parse("of-1").unwrap(),
            session: SessionId::parse("s1").unwrap(),
            client: RequestClient::default(),
            outcome: if reasons.is_empty() {
                Outcome::Released
            } else {
                Outcome::WouldRefuse
            },
            reasons,
            inspection: Inspection::Inspected,
            population: PopulationId::parse("personnes").unwrap(),
            persons_found: persons.len() as u32,
            shown: vec![ShownPersons {
                basis: Basis::None,
                means: Means::Described,
                persons,
            }],
            categories: Vec::new(),
            body_bytes: 100,
            status: 200,
            policy_version: 1,
            caseload_version: 1,
            justification: None,
            part: 1,
            parts: 1,
            source: None,
            unread: None,
            repeated: None,
            unmapped: None,
            names_alone: 0,
            outside: None,
            classes: digue_types::ShownClasses::default(),
        }
    }

    #[track_caller]
    fn check(entry: &Exposure, expected: RefusalGroup) {
        let mut tally = JournalTally::default();
        tally.add(entry, &TwoCaseloads);
        let groups: Vec<RefusalGroup> = tally.refusals.keys().map(|key| key.group).collect();
        assert_eq!(groups, [expected], "{:?}", entry.reasons);
    }

    #[test]
    fn a_refusal_is_stale_only_when_fresh_data_would_let_it_through() {
        use RefusalGroup::{MapGap, Real, StaleData, Unknown};
        use RefusalReason::{GateClosed, OutsideCaseload, UnknownAccount, UnknownRoute};
        check(
            &entry("a1", &["P1"], vec![OutsideCaseload]),
            StaleData(StaleCause::AddedSince),
        );
        check(
            &entry("a1", &["P9", "P1"], vec![OutsideCaseload]),
            StaleData(StaleCause::NobodysPerson),
        );
        check(&entry("a1", &["P9", "P2"], vec![OutsideCaseload]), Real);
        check(
            &entry("a3", &["P2"], vec![OutsideCaseload]),
            StaleData(StaleCause::NoCaseload),
        );
        check(
            &entry("a1", &[], vec![UnknownAccount, OutsideCaseload]),
            StaleData(StaleCause::UnknownAccount),
        );
        check(
            &entry("a1", &["P1"], vec![OutsideCaseload, UnknownRoute]),
            MapGap,
        );
        check(
            &entry(
                "a1",
                &["P1"],
                vec![OutsideCaseload, GateClosed(Scope::Account)],
            ),
            Real,
        );
        let refused = Exposure {
            outcome: Outcome::Refused,
            ..entry("a1", &[], vec![OutsideCaseload])
        };
        check(&refused, Unknown);
    }

    #[test]
    fn a_map_gap_says_what_could_not_be_read() {
        let reasons = vec![RefusalReason::Uninspectable(UninspectedCause::Broken)];
        let unread = ReadFailure::new(UnreadCause::NamelessRecord).by_rule("$.id");
        let one = Exposure {
            unread: Some(unread),
            ..entry("a1", &[], reasons)
        };
        let mut tally = JournalTally::default();
        tally.add(&one, &TwoCaseloads);
        tally.add(
            &Exposure {
                part: 2,
                ..one.clone()
            },
            &TwoCaseloads,
        );
        let (key, line) = tally.refusals.first_key_value().unwrap();
        assert_eq!(
            (key.unread.as_deref(), line.would_refuse),
            (Some("nameless-record: $.id"), 1)
        );
    }

    #[test]
    fn names_and_addresses_are_counted_by_route_and_template() {
        let mut tally = JournalTally::default();
        let named = Exposure {
            names_alone: 3,
            ..entry("a1", &["P1"], vec![])
        };
        tally.add(&named, &TwoCaseloads);
        tally.add(&named, &TwoCaseloads);
        let failure = ReadFailure::new(UnreadCause::Syntax).by_rule("names");
        tally.add(
            &Exposure {
                unread: Some(failure),
                ..entry("a1", &["P1"], vec![])
            },
            &TwoCaseloads,
        );
        let route = RouteName::parse("fiche").unwrap();
        assert_eq!(
            tally.names[&route],
            NamesLine {
                responses: 2,
                names: 6,
                unread: 1
            }
        );
        let address = UnmappedAddress::new("GET", "/export/{x}", Some("text/csv"));
        tally.add(
            &Exposure {
                unmapped: Some(address),
                ..entry("a1", &[], vec![])
            },
            &TwoCaseloads,
        );
        assert_eq!(
            tally.outside[&("GET".to_owned(), "/export/{x}".to_owned())],
            (1, 100)
        );
        assert_eq!((tally.requests, tally.refusals.len()), (4, 0));
    }
}
