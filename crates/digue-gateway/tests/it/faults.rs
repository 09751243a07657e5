//! Where one way in used to differ from another.

use std::time::Duration;

use digue_types::{Inspection, Outcome, RefusalReason};

use crate::world::{Visit, WayIn, World};

const fn get(account: &'static str, target: &'static str) -> Visit {
    Visit {
        account,
        method: "GET",
        target,
    }
}

#[tokio::test]
async fn a_tunnel_is_asked_for_by_the_persons_that_its_request_names() {
    let mut world = World::new();
    // No upgrade: refused, and evidence about the account like any other malformed request.
    let plain = world
        .visit(WayIn::Session, get("caseload", "/canal/P1"))
        .await;
    assert_eq!(
        (plain.status, plain.reasons),
        (400, vec!["malformed-request".to_owned()])
    );
    // Another proxy carries the upgrade; the person is outside the caseload by either way.
    let forward_auth = world
        .visit(WayIn::AuthRequest, get("caseload", "/canal/P99"))
        .await;
    let through = world.upgrade(get("caseload", "/canal/P99")).await;
    for reaction in [forward_auth, through] {
        assert_eq!(
            (reaction.status, reaction.reasons),
            (403, vec!["outside-caseload".to_owned()])
        );
    }
    let entries = world.entries();
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| (entry.inspection, entry.outcome, entry.status))
        .collect();
    let refused = |inspection| (inspection, Outcome::Refused, 0);
    assert_eq!(
        seen,
        [
            refused(Inspection::NotReached),
            refused(Inspection::RequestOnly),
            refused(Inspection::NotReached),
        ]
    );
}

#[tokio::test]
async fn a_request_that_is_too_large_is_an_entry() {
    let mut world = World::new();
    let refused = world.post("caseload", "/fiche/P1", 2000).await;
    assert_eq!(
        (refused.status, refused.reasons),
        (413, vec!["request-too-large".to_owned()])
    );
    assert_eq!(world.entries()[0].reasons, [RefusalReason::RequestTooLarge]);
}

#[tokio::test]
async fn a_path_that_cannot_be_read_is_evidence_about_the_account_that_sent_it() {
    let mut world = World::new();
    assert_eq!(
        world
            .visit(WayIn::Session, get("caseload", "/fiche/%2e%2e/P1"))
            .await
            .status,
        400
    );
    let entries = world.entries();
    assert_eq!(entries[0].reasons, [RefusalReason::MalformedRequest]);
    assert_eq!(
        (entries[0].account.as_str(), entries[0].route.as_str()),
        ("caseload", "-")
    );
    // Of a stranger, nothing is known that could be written down.
    let stranger = world
        .visit(WayIn::Session, get("nobody", "/fiche/%2e%2e/P1"))
        .await;
    assert_eq!((stranger.status, world.entries().len()), (400, 1));
}

#[tokio::test]
async fn what_the_monitor_withholds_is_counted_by_no_budget() {
    let mut world = World::new();
    let withheld = world
        .visit(WayIn::Session, get("caseload", "/fiche/P6"))
        .await;
    assert_eq!(withheld.reasons, ["withheld"]);
    let portal = WayIn::Session.portal();
    assert_eq!(world.counts(&portal, "caseload"), ([0; 4], [0; 4]));
    world.restart().await;
    assert_eq!(world.counts(&portal, "caseload"), ([0; 4], [0; 4]));
}

#[tokio::test]
async fn a_response_refused_for_its_persons_uses_nothing_of_what_may_stay_uninspected() {
    let mut world = World::new();
    for person in ["/fiche/P1", "/fiche/P2", "/fiche/P3", "/fiche/P4"] {
        assert_eq!(
            world
                .visit(WayIn::Session, get("caseload", person))
                .await
                .status,
            200
        );
    }
    let over = world
        .visit(WayIn::Session, get("caseload", "/opaque/P5"))
        .await;
    assert_eq!(over.reasons, ["budget:account:1min"]);
    // Two may leave in a minute and three in a day: the refused one is none of them.
    for (wait, expected) in [(120, 200), (0, 200), (0, 429), (120, 200), (120, 429)] {
        world.clock.pass(Duration::from_secs(wait));
        let reaction = world
            .visit(WayIn::Session, get("caseload", "/opaque/P1"))
            .await;
        assert_eq!(reaction.status, expected, "{reaction:?}");
    }
}

/// A portal under observation is acted upon by nobody, whichever way it tells.
#[tokio::test]
async fn a_report_of_an_observed_portal_asks_the_monitor_for_no_verdict() {
    let mut world = World::new();
    world
        .visit(WayIn::ObservedReport, get("caseload", "/fiche/P6"))
        .await;
    world
        .visit(WayIn::Report, get("caseload", "/fiche/P6"))
        .await;
    let verdicts: Vec<bool> = world
        .monitor_calls()
        .iter()
        .map(|call| call.wants_verdict)
        .collect();
    assert_eq!(verdicts, [false, true]);
}

#[tokio::test]
async fn the_directory_says_whose_account_a_report_is_about() {
    let mut world = World::new();
    world.visit(WayIn::Report, get("moved", "/fiche/P1")).await;
    assert_eq!(world.entries()[0].organisation.as_str(), "of-2");
    let (_, of_its_organisation) = world.counts(&WayIn::Report.portal(), "moved");
    assert_eq!(of_its_organisation[..3], [1; 3]);
}

#[tokio::test]
async fn a_trial_counts_what_it_lets_through_unmapped() {
    let mut world = World::new();
    let portal = WayIn::Observed.portal();
    for _ in 0..2 {
        assert_eq!(
            world
                .visit(WayIn::Observed, get("caseload", "/autre"))
                .await
                .status,
            200
        );
    }
    let live = world.uninspected_limits(&portal, "caseload");
    assert_eq!(live, ["uninspected-budget:1min"]);
    world.restart().await;
    assert_eq!(world.uninspected_limits(&portal, "caseload"), live);
}

/// Many of a kind have one entry, which says how many: none of them is forgotten over a restart.
#[tokio::test]
async fn a_trial_remembers_how_many_it_let_through_unread() {
    let mut world = World::new();
    let portal = WayIn::Observed.portal();
    for _ in 0..16 {
        world
            .visit(WayIn::Observed, get("caseload", "/autre"))
            .await;
    }
    let live = world.uninspected_limits(&portal, "caseload");
    assert_eq!(
        live,
        ["1min", "24h", "30d"].map(|window| format!("uninspected-budget:{window}"))
    );
    world.restart().await;
    assert!(
        world.entries().len() < 16,
        "some of them have one entry together"
    );
    assert_eq!(world.uninspected_limits(&portal, "caseload"), live);
}

#[tokio::test]
async fn a_trial_says_that_a_gate_closes_resources_and_that_a_method_is_refused() {
    let mut world = World::new();
    world
        .visit(WayIn::Observed, get("closed", "/image/a.png"))
        .await;
    world
        .visit(
            WayIn::Observed,
            Visit {
                account: "caseload",
                method: "TRACE",
                target: "/fiche/P1",
            },
        )
        .await;
    let reasons: Vec<String> = world
        .entries()
        .iter()
        .map(|entry| entry.reasons[0].to_string())
        .collect();
    assert_eq!(reasons, ["gate-closed:account", "malformed-request"]);
}

#[tokio::test]
async fn a_proof_that_was_used_is_refused_after_a_restart_too() {
    // With the right time, and from clocks that are ahead by what is tolerated.
    for ahead in [0, 20, 30] {
        let mut world = World::new();
        world.programs_ahead = Duration::from_secs(ahead);
        world.clock.pass(Duration::from_secs(60));
        let (first, second) = world.proved_twice(get("caseload", "/fiche/P1"));
        assert_eq!(world.send(first).await.status, 200);
        world.clock.pass(Duration::from_secs(2));
        world.restart().await;
        assert_eq!(world.send(second).await.status, 401, "{ahead}");
        // A new one is taken, with the nonce that the answer to its first attempt gave.
        assert_eq!(
            world
                .visit(WayIn::Key, get("caseload", "/fiche/P1"))
                .await
                .status,
            200,
            "{ahead}"
        );
        let (first, second) = world.proved_twice(get("caseload", "/fiche/P1"));
        assert_eq!(world.send(first).await.status, 200, "{ahead}");
        assert_eq!(
            world.send(second).await.status,
            401,
            "{ahead}: the nonce makes it valid once, like others"
        );
    }
}

/// The portal and the rules read the same fields: those that `Connection` names were never sent.
#[tokio::test]
async fn what_a_client_has_removed_on_the_way_is_not_read_by_the_rules_either() {
    for (way, field) in [
        (WayIn::Session, "cookie"),
        (WayIn::Header, "X-User"),
        (WayIn::Key, "dpop"),
    ] {
        let mut world = World::new();
        world.clock.pass(Duration::from_secs(60));
        let mut request = world.request(way, get("caseload", "/fiche/P1"));
        request
            .headers_mut()
            .insert("connection", format!("close, {field}").parse().unwrap());
        assert_eq!(world.send(request).await.status, 401, "{field}");
    }
}
