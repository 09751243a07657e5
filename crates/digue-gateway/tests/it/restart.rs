//! Promise 2 over all ways in: a restart, wherever it falls, decides and counts as if there had
//! been none.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_types::{Exposure, Outcome};
use proptest::prelude::*;

use crate::world::{Reaction, Visit, WayIn, World};

const WAYS: [WayIn; 13] = [
    WayIn::Session,
    WayIn::Key,
    WayIn::Header,
    WayIn::Token,
    WayIn::AuthRequest,
    WayIn::ForwardAuth,
    WayIn::ExtAuthz,
    WayIn::AuthRequestKey,
    WayIn::AuthRequestHeader,
    WayIn::Observed,
    WayIn::ObservedForwardAuth,
    WayIn::Report,
    WayIn::ObservedReport,
];

/// The persons within and outside the caseload, one whom the monitor withholds, lists, persons
/// found by search and opened later, and what nobody can read.
const TARGETS: [&str; 18] = [
    "/fiche/P1",
    "/fiche/P2",
    "/fiche/P3",
    "/fiche/P4",
    "/fiche/P5",
    "/fiche/P6",
    "/fiche/P99",
    "/avis/P98",
    "/liste?ids=P7,P8",
    "/liste?ids=P1,P9,P10",
    "/recherche?search=P99",
    "/recherche?search=P97",
    "/fiche/P97",
    "/large/P1",
    "/opaque/P1",
    "/opaque/P11",
    "/autre",
    "/image/a.png",
];

const ACCOUNTS: [&str; 5] = ["caseload", "other", "reduced", "glass", "moved"];

#[derive(Clone, Debug)]
enum Step {
    Visit(WayIn, &'static str, &'static str),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let visit =
        (0..WAYS.len(), 0..ACCOUNTS.len(), 0..TARGETS.len()).prop_map(|(way, account, target)| {
            Step::Visit(WAYS[way], ACCOUNTS[account], TARGETS[target])
        });
    let wait = prop_oneof![Just(1u64), Just(20), Just(61), Just(3700)].prop_map(Step::Wait);
    prop_oneof![6 => visit, 1 => wait]
}

/// What remains of a run: the answers, and what is counted.
#[derive(Debug, PartialEq)]
struct Course {
    reactions: Vec<Reaction>,
    /// What left, in order.
    released: Vec<Exposure>,
    /// Refused requests, and those that a trial would have refused and that show no one, by kind:
    /// many of a kind have one entry.
    counted: BTreeMap<String, u64>,
    budgets: Vec<(String, [u32; 4], [u32; 4], Vec<String>)>,
    memory: crate::memory_monitor::MonitorMemory,
}

async fn course(steps: &[Step], restarts: &[usize]) -> Course {
    let mut world = World::new();
    let mut reactions = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        if restarts.contains(&place) {
            world.restart().await;
        }
        match *step {
            Step::Visit(way, account, target) => {
                let visit = Visit {
                    account,
                    method: "GET",
                    target,
                };
                let mut reaction = world.visit(way, visit).await;
                // It names entries and time.
                reaction.body.clear();
                reactions.push(reaction);
            }
            Step::Wait(seconds) => world.clock.pass(Duration::from_secs(seconds)),
        }
    }
    // Both stop here, so that what is counted has been written.
    world.settle().await;
    world.gateway.record_counted_refusals(true).await;
    let is_counted =
        |entry: &Exposure| entry.outcome != Outcome::Released && entry.shown.is_empty();
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let mut released = Vec::new();
    for mut entry in world.entries() {
        if is_counted(&entry) {
            let kind = format!(
                "{} {} {:?} {:?}",
                entry.account, entry.portal, entry.reasons, entry.inspection
            );
            *counted.entry(kind).or_default() += entry.requests();
        } else {
            entry.exchange = digue_types::ExchangeId::parse("x").unwrap();
            released.push(entry);
        }
    }
    let portals = [WayIn::Session, WayIn::Header, WayIn::Token, WayIn::Observed].map(WayIn::portal);
    let mut budgets = Vec::new();
    for portal in &portals {
        for account in ACCOUNTS {
            let (own, of_organisation) = world.counts(portal, account);
            let uninspected = world.uninspected_limits(portal, account);
            budgets.push((
                format!("{portal} {account}"),
                own,
                of_organisation,
                uninspected,
            ));
        }
    }
    let memory = world.monitor.memory.lock().unwrap().clone();
    Course {
        reactions,
        released,
        counted,
        budgets,
        memory,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_restart_at_any_place_decides_and_counts_as_none(
        steps in proptest::collection::vec(step(), 1..60),
        places in proptest::collection::btree_set(0usize..60, 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let places: Vec<usize> = places.into_iter().collect();
        let (without, with) = runtime.block_on(async { (course(&steps, &[]).await, course(&steps, &places).await) });
        prop_assert_eq!(&without.reactions, &with.reactions);
        prop_assert_eq!(&without.released, &with.released);
        prop_assert_eq!(&without.counted, &with.counted);
        prop_assert_eq!(&without.budgets, &with.budgets);
        prop_assert_eq!(&without.memory, &with.memory);
    }
}
