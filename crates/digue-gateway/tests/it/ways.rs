//! The same account, making the same visits by each way in: the same decisions, entries and
//! monitoring.

use std::collections::BTreeSet;
use std::time::Duration;

use digue_types::{Basis, Exposure, Inspection, Means, Outcome, RefusalReason};

use crate::memory_monitor::{DECOY, MonitorCall};
use crate::world::{Reaction, Visit, WayIn, World};

/// The way against which all others are compared.
const REFERENCE: WayIn = WayIn::Session;

/// Ways that may refuse.
const ENFORCED: [WayIn; 8] = [
    WayIn::Key,
    WayIn::Header,
    WayIn::Token,
    WayIn::AuthRequest,
    WayIn::ForwardAuth,
    WayIn::ExtAuthz,
    WayIn::AuthRequestKey,
    WayIn::AuthRequestHeader,
];

const fn get(account: &'static str, target: &'static str) -> Visit {
    Visit {
        account,
        method: "GET",
        target,
    }
}

/// Visits whose request names the persons that the response shows: what differs between the ways
/// can only be the fault of the ways.
fn visits() -> Vec<Visit> {
    vec![
        get("caseload", "/fiche/P1"),
        get("caseload", "/fiche/P1"),
        get("caseload", "/fiche/P2"),
        // Outside the caseload: on a route that needs one, and on one that does not.
        get("other", "/fiche/P99"),
        get("other", "/avis/P99"),
        // The map.
        get("other", "/autre"),
        get("other", "/fiche/P1?tri=nom"),
        get("other", "/fiche/N1"),
        get("other", "/fiche/P1;x"),
        Visit {
            account: "other",
            method: "TRACE",
            target: "/fiche/P1",
        },
        Visit {
            account: "other",
            method: "DELETE",
            target: "/fiche/P1",
        },
        Visit {
            account: "other",
            method: "POST",
            target: "/fiche/P3",
        },
        // Exceptions, gates, accounts.
        get("glass", "/fiche/P99"),
        get("closed", "/fiche/P1"),
        get("step-up", "/fiche/P1"),
        get("suspended", "/fiche/P1"),
        get("moved", "/fiche/P1"),
        // Budgets: four persons in a minute, half as many after a recovery.
        get("caseload", "/fiche/P3"),
        get("caseload", "/fiche/P4"),
        get("caseload", "/fiche/P5"),
        get("caseload", "/fiche/P4"),
        get("reduced", "/fiche/P1"),
        get("reduced", "/fiche/P2"),
        get("reduced", "/fiche/P3"),
        // The monitor has the last word, and what it withheld is not counted.
        get("moved", "/fiche/P6"),
        get("moved", "/fiche/P2"),
        get("moved", "/fiche/P3"),
        get("moved", "/fiche/P4"),
        get("moved", "/fiche/P5"),
        // Resources that show no one.
        get("caseload", "/style/a.css"),
        get("caseload", "/image/a.png"),
        get("closed", "/image/a.png"),
    ]
}

/// An exposure without what may differ from way to way: where it was, how the caller was known, by
/// which means persons were found, and what is known of the response.
fn without_way(exposure: &Exposure) -> Exposure {
    let mut same = exposure.clone();
    same.exchange = digue_types::ExchangeId::parse("x").unwrap();
    same.portal = WayIn::Session.portal();
    same.session = digue_types::SessionId::parse("s").unwrap();
    same.inspection = Inspection::Inspected;
    (same.status, same.body_bytes) = (0, 0);
    // A refusal after the portal has answered a request that changes something says so.
    same.reasons
        .retain(|reason| !matches!(reason, RefusalReason::DoneNotShown));
    for group in &mut same.shown {
        group.means = Means::Described;
    }
    same
}

async fn made_by(way: WayIn) -> (World, Vec<Reaction>) {
    let mut world = World::new();
    let mut reactions = Vec::new();
    for visit in visits() {
        reactions.push(world.visit(way, visit).await);
        world.clock.pass(Duration::from_millis(10));
    }
    (world, reactions)
}

fn entries_of(world: &World) -> Vec<Exposure> {
    world.entries().iter().map(without_way).collect()
}

fn monitored_by(world: &World) -> Vec<Exposure> {
    world
        .monitor_calls()
        .iter()
        .map(|MonitorCall { exposure, .. }| without_way(exposure))
        .collect()
}

/// nginx knows only three statuses; the reasons are the decision.
fn decisions(reactions: &[Reaction]) -> Vec<(bool, Vec<String>)> {
    reactions
        .iter()
        .map(|reaction| (reaction.is_let_through(), reaction.reasons.clone()))
        .collect()
}

#[tokio::test]
async fn the_same_visits_are_the_same_decisions_entries_and_monitoring_whichever_way_they_come() {
    let (reference, decided) = made_by(REFERENCE).await;
    let refused = decided
        .iter()
        .filter(|reaction| !reaction.is_let_through())
        .count();
    assert!(
        refused > 10 && refused < decided.len() - 10,
        "some of both: {decided:?}"
    );
    for way in ENFORCED {
        let (world, reactions) = made_by(way).await;
        for ((visit, ours), theirs) in visits()
            .iter()
            .zip(decisions(&reactions))
            .zip(decisions(&decided))
        {
            assert_eq!(ours, theirs, "{way:?} {visit:?}");
        }
        assert_eq!(entries_of(&world), entries_of(&reference), "{way:?}");
        assert_eq!(monitored_by(&world), monitored_by(&reference), "{way:?}");
        for account in ["caseload", "reduced", "moved", "glass"] {
            let (ours, theirs) = (way.portal(), REFERENCE.portal());
            assert_eq!(
                world.counts(&ours, account),
                reference.counts(&theirs, account),
                "{way:?} {account}"
            );
        }
    }
}

#[tokio::test]
async fn observe_only_says_of_each_visit_what_enforced_mode_decides_and_lets_it_through() {
    for way in [WayIn::Observed, WayIn::ObservedForwardAuth] {
        for visit in visits() {
            let (mut enforced, mut observed) = (World::new(), World::new());
            let decided = enforced.visit(REFERENCE, visit).await;
            let let_through = observed.visit(way, visit).await;
            assert!(let_through.reasons.is_empty(), "{way:?} {visit:?}");
            let first = |world: &World| world.entries().first().map(|entry| entry.reasons.clone());
            let expected = match visit.person() {
                // Observing acts on nobody: the monitor is told, and has no word.
                Some(DECOY) => Some(Vec::new()),
                // A stranger has no entry where visits are enforced: there is no account to write
                // it to.
                _ if decided.reasons == ["unknown-account"] => {
                    Some(vec![RefusalReason::UnknownAccount])
                }
                _ => first(&enforced),
            };
            let ours = first(&observed);
            let head = ours.clone().map(|reasons| {
                let known = expected.as_ref().map_or(0, Vec::len);
                reasons.into_iter().take(known).collect::<Vec<_>>()
            });
            assert_eq!(head, expected, "{way:?} {visit:?}: {ours:?}");
            let is_objected = ours.is_some_and(|reasons| !reasons.is_empty());
            let outcome = observed.entries().first().map(|entry| entry.outcome);
            assert_eq!(
                outcome == Some(Outcome::WouldRefuse),
                is_objected,
                "{way:?} {visit:?}"
            );
            assert!(
                observed
                    .monitor_calls()
                    .iter()
                    .all(|call| !call.wants_verdict),
                "{way:?} {visit:?}"
            );
        }
    }
}

/// What a portal reports it has shown already: it is decided and counted as if it had come through
/// Digue, and can be refused no more.
#[tokio::test]
async fn what_a_portal_reports_counts_as_if_it_had_come_through() {
    let (mut through, mut reported) = (World::new(), World::new());
    for visit in visits() {
        let Some(person) = visit.person().filter(|person| *person != DECOY) else {
            continue;
        };
        // Only what was shown can be reported.
        if !through.visit(REFERENCE, visit).await.is_let_through() {
            continue;
        }
        let answer = reported.visit(WayIn::Report, visit).await;
        assert!(answer.is_let_through(), "{person} {}", answer.body);
        assert!(
            answer.body.contains("\"over_budget\":{}"),
            "{visit:?} {}",
            answer.body
        );
    }
    let declared = |mut entry: Exposure| {
        for group in &mut entry.shown {
            group.basis = Basis::Declared;
        }
        entry.justification = None;
        entry.client = digue_types::RequestClient::default();
        entry
    };
    let through_entries: Vec<_> = entries_of(&through)
        .into_iter()
        .filter(|e| e.is_released())
        .collect();
    let expected: Vec<_> = through_entries.into_iter().map(declared).collect();
    assert_eq!(entries_of(&reported), expected);
    assert_eq!(
        monitored_by(&reported),
        expected,
        "the monitor is told of each"
    );
    for account in ["caseload", "reduced", "moved", "glass"] {
        let portal = REFERENCE.portal();
        assert_eq!(
            reported.counts(&portal, account),
            through.counts(&portal, account),
            "{account}"
        );
    }
}

#[tokio::test]
async fn a_report_names_the_limits_that_it_exceeds_reduced_ones_too() {
    let mut world = World::new();
    let exceeded = |answer: Reaction| answer.body.contains("\"budget:account:1min\"");
    let persons = ["/fiche/P1", "/fiche/P2", "/fiche/P3"];
    for (place, target) in persons.into_iter().enumerate() {
        assert!(
            !exceeded(world.visit(WayIn::Report, get("caseload", target)).await),
            "{target}"
        );
        // Two persons in a minute after a recovery.
        let is_over = exceeded(world.visit(WayIn::Report, get("reduced", target)).await);
        assert_eq!(is_over, place == 2, "{target}");
    }
    let shown: BTreeSet<String> = world
        .entries()
        .iter()
        .flat_map(|entry| entry.persons().map(ToString::to_string))
        .collect();
    assert_eq!(
        shown.len(),
        3,
        "what is over the limits was shown, and is journalled"
    );
}
