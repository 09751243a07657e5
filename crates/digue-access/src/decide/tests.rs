//! Each rule by itself, then promises 2 and 3 as properties.

use std::time::Duration;

use digue_types::{
    ActionName, ClassName, ExchangeId, Exposure, Inspection, Means, PersonRef, RequestClient,
    RouteName, Scope, SessionId, ShownPersons, SlidingWindow,
};
use proptest::prelude::*;

use super::*;
use crate::budget::{BudgetLimits, LimitsTable};
use crate::caseload;
use crate::classes::ClassesBuilder;
use crate::gate::Reach;

const NOW: Timestamp = Timestamp::from_secs(1_763_812_800);

struct World {
    snapshot: Snapshot,
    budgets: Budgets,
    portal: PortalId,
    population: PopulationId,
    account: AccountId,
    organisation: OrganisationId,
    access: RouteAccess,
    classes: ClassRules,
    mode: EnforcementMode,
}

fn limits(minute: u32, day: u32) -> BudgetLimits {
    BudgetLimits([Some(minute), None, Some(day), None])
}

fn world() -> World {
    let population = PopulationId::parse("demandeurs").unwrap();
    let text = "account,person\na1,in1\na1,in2\na1,in3\na1,in4\na1,in5\na1,in6\n";
    let caseloads =
        caseload::read_csv(text.as_bytes(), &population, &|t| Ok(t.to_owned())).unwrap();
    let table = LimitsTable {
        account: limits(4, 5),
        exact_search: limits(2, 3),
        break_glass: limits(1, 2),
        uninspected: limits(1, 2),
        ..LimitsTable::default()
    };
    World {
        snapshot: Snapshot {
            caseloads: HashMap::from([(population.clone(), Arc::new(caseloads))]),
            ..Snapshot::default()
        },
        budgets: Budgets::new(table),
        portal: PortalId::parse("kairos").unwrap(),
        population,
        account: AccountId::parse("a1").unwrap(),
        organisation: OrganisationId::parse("o1").unwrap(),
        access: RouteAccess {
            needs_caseload: true,
            allows_exact_search: true,
            keeps_found: Duration::from_mins(10),
            allows_break_glass: true,
            proof_age_max: None,
            shows_own: false,
        },
        classes: ClassRules::default(),
        mode: EnforcementMode::Enforced,
    }
}

impl World {
    fn show(&mut self, at: Timestamp, exact: bool, persons: &[&str]) -> Decision {
        let keys: Vec<PersonKey> = persons
            .iter()
            .map(|p| PersonKey::new(&self.population, p))
            .collect();
        let facts = RequestFacts {
            now: at,
            portal: &self.portal,
            population: &self.population,
            route: "fiche",
            action: "open",
            access: &self.access,
            classes: &self.classes,
            mode: self.mode,
            account: &self.account,
            organisation: &self.organisation,
            ip: "192.0.2.1",
            proved_at: NOW,
            local: (10, 1),
            categories: &[],
            is_exact_search: exact,
            is_found_as_asked: exact,
            own: None,
        };
        release(&self.snapshot, &mut self.budgets, &facts, &keys)
    }

    /// A response that the map releases uninspected.
    fn show_uninspected(&mut self, at: Timestamp, persons: &[&str]) -> Decision {
        let keys: Vec<PersonKey> = persons
            .iter()
            .map(|p| PersonKey::new(&self.population, p))
            .collect();
        let facts = RequestFacts {
            now: at,
            portal: &self.portal,
            population: &self.population,
            route: "export",
            action: "export",
            access: &self.access,
            classes: &self.classes,
            mode: self.mode,
            account: &self.account,
            organisation: &self.organisation,
            ip: "192.0.2.1",
            proved_at: NOW,
            local: (10, 1),
            categories: &[],
            is_exact_search: false,
            is_found_as_asked: false,
            own: None,
        };
        let (decision, charge) = weigh(&self.snapshot, &mut self.budgets, &facts, &keys, true);
        charge.apply();
        decision
    }

    #[track_caller]
    fn check(
        &mut self,
        exact: bool,
        persons: &[&str],
        expected: Result<&[Basis], &[RefusalReason]>,
    ) {
        let decision = self.show(NOW, exact, persons);
        match expected {
            Ok(bases) => assert_eq!(
                (decision.outcome, &decision.bases[..]),
                (Outcome::Released, bases)
            ),
            Err(reasons) => {
                assert_eq!(
                    (decision.outcome, &decision.reasons[..]),
                    (Outcome::Refused, reasons)
                );
            }
        }
    }

    fn set_gate(&mut self, gate: Gate) {
        Arc::make_mut(&mut self.snapshot.gates).set(Reach::Account(self.account.clone()), gate);
    }
}

#[test]
fn shows_the_caseload_and_nobody_else() {
    world().check(
        false,
        &["in1", "in2"],
        Ok(&[Basis::Caseload, Basis::Caseload]),
    );
    world().check(
        false,
        &["in1", "out1"],
        Err(&[RefusalReason::OutsideCaseload]),
    );
    world().check(false, &[], Ok(&[]));
}

#[test]
fn an_exact_search_shows_one_stranger_not_two() {
    world().check(true, &["out1"], Ok(&[Basis::ExactSearch]));
    // A further person, even one of the caseload: the search was not for one person.
    world().check(true, &["in1", "out1"], Err(&[RefusalReason::NotExact]));
    world().check(true, &["out1", "out2"], Err(&[RefusalReason::NotExact]));
}

#[test]
fn a_person_found_exactly_can_be_opened_for_a_while() {
    let mut world = world();
    world.check(true, &["out1"], Ok(&[Basis::ExactSearch]));
    world.check(false, &["out1"], Ok(&[Basis::FoundEarlier]));
    let later = world.show(NOW.plus(Duration::from_mins(11)), false, &["out1"]);
    assert_eq!(later.reasons, [RefusalReason::OutsideCaseload]);
}

#[test]
fn exact_searches_have_their_own_budget() {
    let mut world = world();
    world.check(true, &["out1"], Ok(&[Basis::ExactSearch]));
    world.check(true, &["out2"], Ok(&[Basis::ExactSearch]));
    world.check(
        true,
        &["out3"],
        Err(&[RefusalReason::ExactSearchBudget(SlidingWindow::Minute)]),
    );
}

#[test]
fn break_glass_opens_for_its_time_and_its_budget() {
    let mut world = world();
    world.access.allows_exact_search = false;
    world.access.keeps_found = Duration::ZERO;
    let glass = BreakGlass {
        justification: "urgence".into(),
        until: NOW.plus(Duration::from_secs(60)),
    };
    let key = (world.portal.clone(), world.account.clone());
    world.snapshot.break_glass = Arc::new(HashMap::from([(key, glass)]));
    let first = world.show(NOW, false, &["out1"]);
    assert_eq!(
        (first.bases, first.justification),
        (vec![Basis::BreakGlass], Some("urgence".into()))
    );
    world.check(
        false,
        &["out2"],
        Err(&[RefusalReason::BreakGlassBudget(SlidingWindow::Minute)]),
    );
    let late = world.show(NOW.plus(Duration::from_secs(60)), false, &["out1"]);
    assert_eq!(late.reasons, [RefusalReason::OutsideCaseload]);
}

#[test]
fn refuses_the_response_that_would_break_the_budget() {
    let mut world = world();
    world.check(false, &["in1", "in2", "in3"], Ok(&[Basis::Caseload; 3]));
    let over = [RefusalReason::Budget(Scope::Account, SlidingWindow::Minute)];
    world.check(false, &["in4", "in5"], Err(&over));
    // The refused response was not counted, and persons already counted cost nothing.
    world.check(
        false,
        &["in1", "in2", "in3", "in4"],
        Ok(&[Basis::Caseload; 4]),
    );
}

#[test]
fn gates_bite_at_once() {
    let mut world = world();
    world.set_gate(Gate::Closed);
    world.check(
        false,
        &["in1"],
        Err(&[RefusalReason::GateClosed(Scope::Account)]),
    );
    world.set_gate(Gate::StepUp);
    let stale = world.show(NOW.plus(Duration::from_mins(6)), false, &["in1"]);
    assert_eq!(stale.reasons, [RefusalReason::StepUp(Scope::Account)]);
    world.set_gate(Gate::Open);
    world.check(false, &["in1"], Ok(&[Basis::Caseload]));
}

#[test]
fn observe_only_refuses_nothing_whatever_speaks_against_it() {
    let mut world = world();
    world.mode = EnforcementMode::ObserveOnly;
    for gate in [Gate::Open, Gate::CaseloadOnly, Gate::StepUp, Gate::Closed] {
        world.set_gate(gate);
        for persons in [
            &["in1"][..],
            &["out1", "out2"],
            &["a", "b", "c", "d", "e", "f", "g"],
        ] {
            let decision = world.show(NOW.plus(Duration::from_mins(6)), false, persons);
            assert_ne!(decision.outcome, Outcome::Refused, "{gate:?} {persons:?}");
            assert_eq!(
                decision.bases.len(),
                persons.len(),
                "each is written down, with its right or none"
            );
        }
    }
    let closed = world.show(NOW, false, &["in1"]);
    assert_eq!(closed.outcome, Outcome::WouldRefuse);
    assert_eq!(closed.reasons[0], RefusalReason::GateClosed(Scope::Account));
    assert_eq!(EnforcementMode::ObserveOnly.enforcement(), None);
    assert_eq!(EnforcementMode::Pilot.enforcement(), None);
}

#[test]
fn of_an_unknown_caller_nothing_is_said_but_what_holds_for_everybody() {
    let mut world = world();
    (world.mode, world.account) = (EnforcementMode::Pilot, AccountId::unknown());
    world.organisation = OrganisationId::unknown();
    let limits = LimitsTable {
        portal: limits(4, 10),
        ..world.budgets.limits().clone()
    };
    world.budgets = Budgets::new(limits);
    let decision = world.show(NOW, false, &["in1", "out1", "out2", "out3"]);
    assert_eq!(
        (decision.outcome, decision.reasons),
        (Outcome::Released, Vec::new())
    );
    // Not "no right": the caller may have had one.
    assert_eq!(decision.bases, [Basis::CallerUnknown; 4]);
    let over = world.show(NOW, false, &["out4"]);
    assert_eq!(
        over.reasons,
        [RefusalReason::Budget(Scope::Portal, SlidingWindow::Minute)]
    );
    assert_eq!(
        world.budgets.shown_to(&AccountId::unknown(), NOW),
        [0; 4],
        "no account was shown them"
    );
    assert_eq!(world.budgets.nearest(NOW, 10), []);
    for _ in 0..5 {
        assert_eq!(
            world
                .budgets
                .charge_uninspected(NOW, &AccountId::unknown(), 100, true),
            []
        );
    }
}

#[test]
fn the_name_of_unknown_callers_opens_nothing_where_rules_are_enforced() {
    let mut world = world();
    world.account = AccountId::unknown();
    world.check(false, &["out1"], Err(&[RefusalReason::OutsideCaseload]));
}

#[test]
fn a_gate_at_caseload_only_shuts_every_exception() {
    let mut world = world();
    world.set_gate(Gate::CaseloadOnly);
    world.check(true, &["out1"], Err(&[RefusalReason::NotExact]));
    world.check(
        false,
        &["out1"],
        Err(&[RefusalReason::CaseloadOnly(Scope::Account)]),
    );
    world.check(false, &["in1"], Ok(&[Basis::Caseload]));
}

#[test]
fn observe_only_releases_and_says_what_it_would_have_refused() {
    let mut world = world();
    world.mode = EnforcementMode::ObserveOnly;
    let decision = world.show(NOW, false, &["in1", "out1"]);
    assert_eq!(decision.outcome, Outcome::WouldRefuse);
    assert_eq!(decision.reasons, [RefusalReason::OutsideCaseload]);
    assert_eq!(decision.bases, [Basis::Caseload, Basis::None]);
}

#[test]
fn what_was_not_inspected_has_its_own_budget() {
    let mut world = world();
    let account = world.account.clone();
    assert_eq!(
        world.budgets.charge_uninspected(NOW, &account, 100, false),
        []
    );
    assert_eq!(
        world.budgets.charge_uninspected(NOW, &account, 100, false),
        [RefusalReason::UninspectedBudget(SlidingWindow::Minute)]
    );
}

#[test]
fn what_is_weighed_and_stays_is_counted_by_no_budget() {
    let mut world = world();
    let persons = [PersonKey::new(&world.population, "in1")];
    let (portal, population, account) = (
        world.portal.clone(),
        world.population.clone(),
        world.account.clone(),
    );
    let (organisation, access) = (world.organisation.clone(), world.access.clone());
    let facts = RequestFacts {
        now: NOW,
        portal: &portal,
        population: &population,
        route: "fiche",
        action: "open",
        access: &access,
        classes: &ClassRules::default(),
        mode: EnforcementMode::Enforced,
        account: &account,
        organisation: &organisation,
        ip: "192.0.2.1",
        proved_at: NOW,
        local: (10, 1),
        categories: &[],
        is_exact_search: false,
        is_found_as_asked: false,
        own: None,
    };
    let (decision, stays) = weigh(&world.snapshot, &mut world.budgets, &facts, &persons, true);
    assert_eq!(
        (decision.outcome, decision.bases),
        (Outcome::Released, vec![Basis::Caseload])
    );
    drop(stays);
    assert_eq!(world.budgets.shown_to(&account, NOW), [0; 4]);
    // Refused for a person, it costs nothing of what may stay uninspected either: the limit is one
    // a minute.
    let outside = [PersonKey::new(&population, "out1")];
    let (decision, refused) = weigh(&world.snapshot, &mut world.budgets, &facts, &outside, true);
    assert_eq!(decision.reasons, [RefusalReason::OutsideCaseload]);
    refused.apply();
    let (decision, leaves) = weigh(&world.snapshot, &mut world.budgets, &facts, &persons, true);
    assert_eq!(decision.outcome, Outcome::Released);
    leaves.apply();
    assert_eq!(world.budgets.shown_to(&account, NOW)[0], 1);
    let over = world.budgets.check_uninspected(NOW, &account, 100);
    assert_eq!(
        over,
        [RefusalReason::UninspectedBudget(SlidingWindow::Minute)]
    );
}

#[test]
fn what_a_portal_has_shown_names_every_limit_and_is_counted_above_them() {
    let mut world = world();
    let names = ["p1", "p2", "p3", "p4", "p5"];
    let persons: Vec<PersonKey> = names
        .iter()
        .map(|name| PersonKey::new(&world.population, name))
        .collect();
    let of = CountedResponse {
        now: NOW,
        account: &world.account,
        organisation: &world.organisation,
    };
    let (over, charge) = weigh_shown(&world.snapshot, &mut world.budgets, of, &persons);
    assert_eq!(
        over,
        [RefusalReason::Budget(Scope::Account, SlidingWindow::Minute)]
    );
    charge.apply();
    assert_eq!(world.budgets.shown_to(&world.account, NOW)[0], 5);
}

proptest! {
    /// Promise 2. For any sequence of requests, the distinct persons released within any window
    /// never exceed its budget; a restart in the middle, rebuilding from what was released, changes
    /// nothing.
    #[test]
    fn a_stolen_account_cannot_show_more_than_its_budget(
        requests in proptest::collection::vec(
            (0u64..40, any::<bool>(), proptest::collection::btree_set(0u32..40, 0..6)), 1..60),
        restart_at in 0usize..60,
    ) {
        let mut world = world();
        world.access.needs_caseload = false;
        let mut now = NOW;
        let mut released: Vec<(Timestamp, String)> = Vec::new();
        for (place, (wait, exact, persons)) in requests.into_iter().enumerate() {
            if place == restart_at {
                let limits = world.budgets.limits().clone();
                world.budgets = Budgets::new(limits);
                for (at, person) in &released {
                    let key = PersonKey::new(&world.population, person);
                    let charge = Charge {
                        account: &world.account, organisation: &world.organisation,
                        persons: &[key], by_exact_search: &[], by_break_glass: &[], percent: 100, shares_with_strangers: false,
                    };
                    world.budgets.charge(*at, &charge);
                }
            }
            now = now.plus(Duration::from_secs(wait));
            let names: Vec<String> = persons.iter().map(|p| format!("p{p}")).collect();
            let texts: Vec<&str> = names.iter().map(String::as_str).collect();
            if world.show(now, exact, &texts).outcome == Outcome::Released {
                released.extend(names.into_iter().map(|name| (now, name)));
            }
            for (window, limit) in [(SlidingWindow::Minute, 4), (SlidingWindow::Day, 5)] {
                let distinct: std::collections::BTreeSet<&String> = released
                    .iter()
                    .filter(|(at, _)| now.since(*at) < window.length())
                    .map(|(_, person)| person)
                    .collect();
                prop_assert!(distinct.len() <= limit, "{} in {}", distinct.len(), window.code());
            }
        }
    }

    /// Promise 3. Whatever the route allows, nobody outside the caseload is released without a
    /// rule that says how.
    #[test]
    fn outside_the_caseload_nothing_without_a_rule(
        persons in proptest::collection::btree_set(0u32..12, 0..5),
        exact in any::<bool>(),
        allows_exact in any::<bool>(),
    ) {
        let mut world = world();
        world.access.allows_exact_search = allows_exact;
        world.access.allows_break_glass = false;
        let names: Vec<String> = persons.iter().map(|p| format!("in{p}")).collect();
        let texts: Vec<&str> = names.iter().map(String::as_str).collect();
        let strangers = persons.iter().filter(|p| !(1..=6).contains(*p)).count();
        let decision = world.show(NOW, exact, &texts);
        if decision.outcome == Outcome::Released {
            prop_assert!(strangers == 0 || (strangers == 1 && exact && allows_exact));
            prop_assert!(!decision.bases.contains(&Basis::None));
        }
    }
}

/// After a recovery: a part of the limits, for a while, and never less than one person.
#[test]
fn a_reduced_account_has_a_part_of_its_limits_until_a_date() {
    let mut world = world();
    let until = NOW.plus(Duration::from_mins(1));
    let reduction = Reduction { percent: 25, until };
    world.snapshot.reductions = Arc::new(HashMap::from([(world.account.clone(), reduction)]));
    assert_eq!(world.budgets.limits().account.reduced(25), limits(1, 1));
    assert_eq!(world.show(NOW, false, &["in1"]).outcome, Outcome::Released);
    assert_eq!(world.show(NOW, false, &["in2"]).outcome, Outcome::Refused);
    assert_eq!(world.snapshot.percent_of(&world.account, until), 100);
}

/// What one visit asks for.
#[derive(Clone, Debug)]
struct Step {
    wait: Duration,
    account: usize,
    kind: VisitKind,
    /// 1 to 6, of which 1 to 3 are in the caseload.
    persons: Vec<u32>,
    mode: EnforcementMode,
    before: Interruption,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum VisitKind {
    Open,
    ExactSearch,
    BreakGlass,
    Uninspected,
}

/// What happens before a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interruption {
    None,
    Restart,
    /// Other limits and back again; the last entry has not reached the journal yet when it is read.
    Reload {
        is_one_in_flight: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let wait =
        prop_oneof![4 => 0u64..40_000, 2 => 500_000u64..700_000, 1 => 80_000_000u64..90_000_000];
    let kind = prop_oneof![
        3 => Just(VisitKind::Open),
        3 => Just(VisitKind::ExactSearch),
        1 => Just(VisitKind::BreakGlass),
        1 => Just(VisitKind::Uninspected),
    ];
    let before = prop_oneof![
        3 => Just(Interruption::None),
        1 => Just(Interruption::Restart),
        1 => any::<bool>().prop_map(|is_one_in_flight| Interruption::Reload { is_one_in_flight }),
    ];
    let mode = prop_oneof![4 => Just(EnforcementMode::Enforced), 1 => Just(EnforcementMode::ObserveOnly), 1 => Just(EnforcementMode::Pilot)];
    let persons = proptest::collection::btree_set(1u32..7, 0..3).prop_map(Vec::from_iter);
    (wait, 0usize..2, kind, persons, mode, before).prop_map(
        |(wait, account, kind, persons, mode, before)| Step {
            wait: Duration::from_millis(wait),
            account,
            kind,
            persons,
            mode,
            before,
        },
    )
}

/// Visits one after the other, and the journal of those that were released.
struct Visits {
    world: World,
    now: Timestamp,
    journal: Vec<Exposure>,
}

impl Visits {
    fn begin() -> Self {
        let mut world = world();
        // Longer than the limits of exact searches reach.
        world.access.keeps_found = Duration::from_hours(36);
        let until = NOW.plus(Duration::from_hours(24 * 365));
        let glass = BreakGlass {
            justification: "urgence".into(),
            until,
        };
        let accounts = ["a1", "a2"].map(|name| AccountId::parse(name).unwrap());
        let glasses = accounts
            .into_iter()
            .map(|account| ((world.portal.clone(), account), glass.clone()));
        world.snapshot.break_glass = Arc::new(glasses.collect());
        let limits = LimitsTable {
            organisation: limits(7, 12),
            portal: limits(8, 15),
            ..world.budgets.limits().clone()
        };
        world.budgets = Budgets::new(limits);
        Self {
            world,
            now: NOW,
            journal: Vec::new(),
        }
    }

    fn interrupt(&mut self, how: Interruption) {
        let limits = self.world.budgets.limits().clone();
        match how {
            Interruption::None => {}
            Interruption::Restart => {
                self.world.budgets = Budgets::new(limits);
                self.journal
                    .iter()
                    .for_each(|entry| self.world.budgets.restore(entry));
            }
            Interruption::Reload { is_one_in_flight } => {
                let written = self
                    .journal
                    .len()
                    .saturating_sub(usize::from(is_one_in_flight));
                let mut account = limits.account;
                account.0[SlidingWindow::Month.index()] = Some(u32::MAX);
                for limits in [
                    LimitsTable {
                        account,
                        ..limits.clone()
                    },
                    limits,
                ] {
                    let history = |take: &mut dyn FnMut(&Exposure)| {
                        self.journal[..written].iter().for_each(take)
                    };
                    self.world.budgets.adopt(limits, history);
                }
            }
        }
    }

    fn visit(&mut self, step: &Step) -> Decision {
        self.now = self.now.plus(step.wait);
        self.world.account = AccountId::parse(["a1", "a2"][step.account]).unwrap();
        self.world.mode = step.mode;
        self.world.access.allows_break_glass = step.kind == VisitKind::BreakGlass;
        let names: Vec<String> = step
            .persons
            .iter()
            .map(|person| format!("in{}", person + 3))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (decision, inspection) = match step.kind {
            VisitKind::Uninspected => (
                self.world.show_uninspected(self.now, &names),
                Inspection::TooLarge,
            ),
            VisitKind::Open | VisitKind::BreakGlass => (
                self.world.show(self.now, false, &names),
                Inspection::Inspected,
            ),
            VisitKind::ExactSearch => (
                self.world.show(self.now, true, &names),
                Inspection::Inspected,
            ),
        };
        if decision.outcome != Outcome::Refused {
            self.write_down(&decision, inspection, &names);
        }
        decision
    }

    /// The entries of one response; one that could not be read has two, the second for its size.
    fn write_down(&mut self, decision: &Decision, inspection: Inspection, names: &[&str]) {
        let group = |(name, basis): (&&str, &Basis)| ShownPersons {
            basis: *basis,
            means: Means::Described,
            persons: vec![PersonRef::parse(name).unwrap()],
        };
        let shown = names.iter().zip(&decision.bases).map(group).collect();
        let entry = Exposure {
            at: self.now,
            exchange: ExchangeId::parse("e1").unwrap(),
            portal: self.world.portal.clone(),
            route: RouteName::parse("fiche").unwrap(),
            action: ActionName::parse("open").unwrap(),
            account: self.world.account.clone(),
            organisation: self.world.organisation.clone(),
            session: SessionId::parse("s").unwrap(),
            client: RequestClient::default(),
            outcome: decision.outcome,
            reasons: decision.reasons.clone(),
            inspection,
            population: self.world.population.clone(),
            shown,
            persons_found: 0,
            categories: Vec::new(),
            body_bytes: 0,
            status: 200,
            policy_version: 0,
            caseload_version: 0,
            justification: None,
            part: 1,
            parts: 2,
            source: None,
            unread: None,
            repeated: None,
            unmapped: None,
            names_alone: 0,
            outside: None,
            classes: digue_types::ShownClasses::default(),
        };
        let size = Exposure {
            part: 2,
            shown: Vec::new(),
            ..entry.clone()
        };
        self.journal.push(entry);
        if inspection.is_uninspected() {
            self.journal.push(size);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    /// Restarts and reloads, wherever they fall, change no decision.
    #[test]
    fn live_equals_restarted(steps in proptest::collection::vec(step(), 1..40)) {
        let (mut live, mut interrupted) = (Visits::begin(), Visits::begin());
        for step in &steps {
            interrupted.interrupt(step.before);
            prop_assert_eq!(live.visit(step), interrupted.visit(step), "{:?}", step);
        }
    }
}

/// A line of an access log tells of another time: no budget counted it, and no restart may.
#[test]
fn an_imported_access_log_uses_up_no_budget() {
    let mut visits = Visits::begin();
    let step = Step {
        wait: Duration::ZERO,
        account: 0,
        kind: VisitKind::ExactSearch,
        persons: vec![1],
        mode: EnforcementMode::Enforced,
        before: Interruption::None,
    };
    assert_eq!(visits.visit(&step).outcome, Outcome::Released);
    let entry = visits.journal.pop().unwrap();
    let line = Exposure {
        inspection: Inspection::Imported,
        source: Some("access.log:1".into()),
        ..entry
    };
    visits.journal = vec![line];
    visits.interrupt(Interruption::Restart);
    assert_eq!(
        visits
            .world
            .budgets
            .shown_to(&visits.world.account.clone(), NOW),
        [0; 4]
    );
}

/// Archived persons, inside the caseload and outside, behind an agreement of eight hours.
fn archive() -> World {
    let mut world = world();
    let class = |name: &str| ClassName::parse(name).unwrap();
    let lasts = Duration::from_hours(8);
    world
        .classes
        .0
        .insert(class("archived"), ClassRule::Agreement { lasts });
    world.classes.0.insert(class("protected"), ClassRule::Watch);
    let mut table = ClassesBuilder::new(&world.population);
    for (name, person) in [
        ("archived", "in1"),
        ("archived", "old1"),
        ("protected", "in2"),
        ("local", "in3"),
    ] {
        table.add(&class(name), person);
    }
    let table = Arc::new(table.finish());
    world
        .snapshot
        .classes
        .insert(world.population.clone(), table);
    world
}

fn agree(world: &mut World, person: &str, until: Timestamp) {
    let key = (world.population.clone(), world.account.clone());
    let agreement = RecordAgreement {
        person: PersonKey::new(&world.population, person),
        reason: "a pension of 1998 is computed again".to_owned(),
        until,
    };
    let agreements = Arc::make_mut(&mut world.snapshot.agreements);
    agreements.entry(key).or_default().push(agreement);
}

fn archived() -> RefusalReason {
    RefusalReason::PersonClass(ClassName::parse("archived").unwrap())
}

#[test]
fn an_archived_record_is_shown_once_another_person_agreed_and_no_longer() {
    let mut world = archive();
    world.check(false, &["in1"], Err(&[archived()]));
    world.check(
        false,
        &["in2", "in3"],
        Ok(&[Basis::Caseload, Basis::Caseload]),
    );
    world.check(
        false,
        &["old1"],
        Err(&[RefusalReason::OutsideCaseload, archived()]),
    );
    agree(&mut world, "in1", NOW.plus(Duration::from_secs(60)));
    agree(&mut world, "old1", NOW);
    let decision = world.show(NOW, false, &["in1"]);
    assert_eq!(decision.bases, [Basis::Agreed]);
    assert!(decision.justification.unwrap().contains("1998"));
    // That of the other record is over, and the first one ends.
    world.check(
        false,
        &["old1"],
        Err(&[RefusalReason::OutsideCaseload, archived()]),
    );
    let later = world.show(NOW.plus(Duration::from_secs(60)), false, &["in1"]);
    assert_eq!(later.reasons, [archived()]);
}

#[test]
fn an_agreement_opens_one_record_for_one_account() {
    let mut world = archive();
    agree(&mut world, "old1", NOW.plus(Duration::from_hours(8)));
    world.check(false, &["old1"], Ok(&[Basis::Agreed]));
    world.check(false, &["old1", "in1"], Err(&[archived()]));
    world.account = AccountId::parse("a2").unwrap();
    world.check(
        false,
        &["old1"],
        Err(&[RefusalReason::OutsideCaseload, archived()]),
    );
}

#[test]
fn an_agreement_passes_no_gate_that_lets_the_caseload_alone_through() {
    let mut world = archive();
    agree(&mut world, "old1", NOW.plus(Duration::from_hours(8)));
    world.set_gate(Gate::CaseloadOnly);
    let decision = world.show(NOW, false, &["old1"]);
    assert_eq!(
        decision.reasons,
        [RefusalReason::CaseloadOnly(Scope::Account)]
    );
}

#[test]
fn break_glass_opens_no_archived_record() {
    let mut world = archive();
    let glass = BreakGlass {
        justification: "urgence".into(),
        until: NOW.plus(Duration::from_secs(60)),
    };
    let key = (world.portal.clone(), world.account.clone());
    world.snapshot.break_glass = Arc::new(HashMap::from([(key, glass)]));
    world.check(false, &["old1"], Err(&[archived()]));
    world.check(false, &["out1"], Ok(&[Basis::BreakGlass]));
}

#[test]
fn without_a_table_every_record_is_of_the_strictest_class() {
    let mut world = archive();
    world.snapshot.classes.clear();
    world.check(false, &["in3"], Err(&[RefusalReason::ClassUnknown]));
    agree(&mut world, "in3", NOW.plus(Duration::from_hours(8)));
    world.check(false, &["in3"], Ok(&[Basis::Agreed]));
    // Nothing is restricted where the map restricts no class.
    world
        .classes
        .0
        .remove(&ClassName::parse("archived").unwrap());
    world.check(false, &["in4"], Ok(&[Basis::Caseload]));
}

#[test]
fn observe_only_says_what_a_class_would_refuse() {
    let mut world = archive();
    world.mode = EnforcementMode::ObserveOnly;
    let decision = world.show(NOW, false, &["in1"]);
    assert_eq!(decision.outcome, Outcome::WouldRefuse);
    assert_eq!(decision.reasons, [archived()]);
    world.mode = EnforcementMode::Pilot;
    world.account = AccountId::unknown();
    assert_eq!(world.show(NOW, false, &["in1"]).outcome, Outcome::Released);
}

#[test]
fn a_list_loses_its_archived_records() {
    let world = archive();
    let persons = ["in1", "in2"].map(|one| PersonKey::new(&world.population, one));
    let facts = RequestFacts {
        now: NOW,
        portal: &world.portal,
        population: &world.population,
        route: "liste",
        action: "list",
        access: &world.access,
        classes: &world.classes,
        mode: world.mode,
        account: &world.account,
        organisation: &world.organisation,
        ip: "192.0.2.1",
        proved_at: NOW,
        local: (10, 1),
        categories: &[],
        is_exact_search: false,
        is_found_as_asked: false,
        own: None,
    };
    let found = outside(&world.snapshot, &world.budgets, &facts, &persons).unwrap();
    assert_eq!(
        (found.is_outside, found.reason),
        (vec![true, false], archived())
    );
}

/// A budget of the portal alone, and callers of whom nothing is known.
#[test]
fn strangers_use_half_of_the_portals_budget() {
    let table = LimitsTable {
        portal: limits(10, 20),
        ..LimitsTable::default()
    };
    let mut budgets = Budgets::new(table);
    let unknown = AccountId::unknown();
    let nowhere = OrganisationId::unknown();
    let (known, at_home) = (
        AccountId::parse("a1").unwrap(),
        OrganisationId::parse("o1").unwrap(),
    );
    let population = PopulationId::parse("demandeurs").unwrap();
    let mut show = |who: (&AccountId, &OrganisationId), shares: bool, person: u32| {
        let key = PersonKey::new(&population, &format!("p{person}"));
        let charge = Charge {
            account: who.0,
            organisation: who.1,
            persons: &[key],
            by_exact_search: &[],
            by_break_glass: &[],
            percent: 100,
            shares_with_strangers: shares,
        };
        let broken = budgets.check(NOW, &charge);
        if broken.is_empty() {
            budgets.charge(NOW, &charge);
        }
        while budgets.settle(3) {}
        broken
    };
    let over = vec![RefusalReason::Budget(Scope::Portal, SlidingWindow::Minute)];
    for person in 0..5 {
        assert_eq!(show((&unknown, &nowhere), true, person), vec![]);
    }
    assert_eq!(show((&unknown, &nowhere), true, 5), over);
    // Whom they have seen, they may see again.
    assert_eq!(show((&unknown, &nowhere), true, 4), vec![]);
    for person in 5..10 {
        assert_eq!(show((&known, &at_home), true, person), vec![]);
    }
    assert_eq!(show((&known, &at_home), true, 10), over);
    // Where rules are only tried everybody may be unknown: no share then, but the whole.
    let mut budgets_tried = Budgets::new(LimitsTable {
        portal: limits(10, 20),
        ..LimitsTable::default()
    });
    for person in 0..10 {
        let key = PersonKey::new(&population, &format!("p{person}"));
        let charge = Charge {
            account: &unknown,
            organisation: &nowhere,
            persons: &[key],
            by_exact_search: &[],
            by_break_glass: &[],
            percent: 100,
            shares_with_strangers: false,
        };
        assert_eq!(budgets_tried.check(NOW, &charge), vec![]);
        budgets_tried.charge(NOW, &charge);
    }
}
