//! A pilot acts on nobody, needs no account of Digue, and learns which addresses the map lacks.

use digue_access::Reach;
use digue_types::{
    AccountId, AddressMethod, Basis, Gate, Inspection, Outcome, RefusalReason, Scope,
    UnmappedAddress,
};
use http_body_util::BodyExt as _;

use crate::memory_monitor::DECOY;
use crate::world::{Visit, WayIn, World};

const fn get(account: &'static str, target: &'static str) -> Visit {
    Visit {
        account,
        method: "GET",
        target,
    }
}

#[tokio::test]
async fn no_act_follows_and_the_entry_says_what_enforced_mode_would_have_refused() {
    let mut world = World::new();
    let mut visits = vec![
        (get("closed", "/fiche/P1"), "gate-closed:account"),
        (get("suspended", "/fiche/P1"), "unknown-account"),
        (get("caseload", "/fiche/P99"), "outside-caseload"),
        (get("caseload", "/autre"), "unknown-route"),
        (get("caseload", "/fiche/P1;x"), "malformed-request"),
        (get("caseload", "/fiche/P1?tri=nom"), "unknown-parameter"),
    ];
    for target in [
        "/fiche/P1",
        "/fiche/P2",
        "/fiche/P3",
        "/fiche/P4",
        "/fiche/P5",
    ] {
        visits.push((get("other", target), ""));
    }
    for (visit, reason) in visits {
        let before = world.entries().len();
        let reaction = world.visit(WayIn::Pilot, visit).await;
        assert!(
            reaction.is_let_through() && reaction.reasons.is_empty(),
            "{visit:?} {reaction:?}"
        );
        let entry = world.entries()[before].clone();
        assert_eq!(entry.account.as_str(), visit.account, "{visit:?}");
        if !reason.is_empty() {
            let first = entry.reasons.first().map(ToString::to_string);
            assert_eq!(
                (entry.outcome, first.as_deref()),
                (Outcome::WouldRefuse, Some(reason)),
                "{visit:?}"
            );
        }
    }
    // Four persons in a minute: the fifth is over the limit.
    let over = world.entries().pop().unwrap();
    assert_eq!(over.reasons[0].to_string(), "budget:account:1min");
    assert_eq!(over.persons().count(), 1, "and was shown");
}

#[tokio::test]
async fn what_the_monitor_finds_is_observed_and_never_asked_for_a_verdict() {
    let mut world = World::new();
    for way in [WayIn::Pilot, WayIn::PilotForwardAuth] {
        for account in ["caseload", "nobody"] {
            let visit = Visit {
                account,
                method: "GET",
                target: "/fiche/P6",
            };
            assert_eq!(visit.person(), Some(DECOY));
            assert!(world.visit(way, visit).await.is_let_through());
        }
    }
    let calls = world.monitor_calls();
    assert!(
        calls.len() >= 4 && calls.iter().all(|call| !call.wants_verdict),
        "{calls:?}"
    );
}

#[tokio::test]
async fn a_caller_of_whom_digue_knows_nothing_is_unknown_and_that_speaks_against_no_request() {
    let mut world = World::new();
    for _ in 0..30 {
        assert!(
            world
                .visit(WayIn::Pilot, get("nobody", "/fiche/P1"))
                .await
                .is_let_through()
        );
    }
    for entry in world.entries() {
        assert_eq!(
            (&entry.account, entry.outcome),
            (&AccountId::unknown(), Outcome::Released)
        );
        assert_eq!(entry.shown[0].basis, Basis::CallerUnknown, "not: no right");
        assert_eq!(entry.persons().count(), 1);
    }
    world.set_gate(Reach::Portal(WayIn::Pilot.portal()), Gate::Closed);
    let before = world.entries().len();
    assert!(
        world
            .visit(WayIn::Pilot, get("nobody", "/fiche/P1"))
            .await
            .is_let_through()
    );
    let entry = &world.entries()[before];
    assert_eq!(entry.reasons, [RefusalReason::GateClosed(Scope::Portal)]);
    assert_eq!(entry.outcome, Outcome::WouldRefuse);
}

#[tokio::test]
async fn an_account_that_the_portals_proxy_names_is_known_without_one_of_digue() {
    let world = World::new();
    let request = http::Request::get("/fiche/P99")
        .header("host", "pilote-entete.test")
        .header("x-user", "marie@portail.fr")
        .body(digue_http::body::empty());
    assert!(world.send(request.unwrap()).await.is_let_through());
    world.settle().await;
    let entry = &world.entries()[0];
    assert_eq!(
        (entry.account.as_str(), entry.organisation.as_str()),
        ("marie@portail.fr", "unknown")
    );
    assert_eq!(
        entry.reasons,
        [RefusalReason::OutsideCaseload],
        "of a known account this can be said"
    );
}

#[tokio::test]
async fn an_address_outside_the_map_is_kept_by_its_template_and_without_a_value() {
    let mut world = World::new();
    let target = "/dossier/1000040B/notes/jean.dupont/2026-01-31?nom=Martin&id=P77";
    assert!(
        world
            .visit(WayIn::Pilot, get("nobody", target))
            .await
            .is_let_through()
    );
    let entry = world.entries()[0].clone();
    let expected = UnmappedAddress {
        method: AddressMethod::Get,
        template: "/dossier/{x}/notes/{y}/{z}".to_owned(),
        media_type: "application/json".to_owned(),
    };
    assert_eq!(entry.unmapped, Some(expected));
    assert_eq!(
        (entry.status, entry.inspection),
        (200, Inspection::NotLooked)
    );
    assert!(entry.body_bytes > 0);
    let text = format!("{entry:?}");
    for value in ["1000040B", "dupont", "2026-01", "Martin", "P77"] {
        assert!(!text.contains(value), "{value}: {text}");
    }
    // A path that cannot be read has no template; a request that a rule describes needs none.
    for target in ["/dossier/1000040B/%2e%2e/x", "/fiche/P1"] {
        let before = world.entries().len();
        world.visit(WayIn::Pilot, get("nobody", target)).await;
        assert_eq!(world.entries()[before].unmapped, None, "{target}");
    }
}

#[tokio::test]
async fn many_words_at_one_place_are_taken_for_names() {
    let mut world = World::new();
    let names = [
        "ab", "ac", "ad", "ae", "af", "ag", "ah", "ai", "aj", "ak", "al", "am", "an", "ao", "ap",
    ];
    let more = [
        "aq", "ar", "at", "au", "av", "aw", "ax", "ay", "az", "ba", "bb", "bc",
    ];
    for name in names.into_iter().chain(more) {
        let target: &'static str = format!("/annuaire/{name}/fiche").leak();
        world.visit(WayIn::Pilot, get("nobody", target)).await;
    }
    world.gateway.record_counted_refusals(true).await;
    let entries = world.entries();
    let of = |template: &str| -> u64 {
        let is_of = |address: &UnmappedAddress| address.template == template;
        entries
            .iter()
            .filter(|e| e.unmapped.as_ref().is_some_and(is_of))
            .map(|e| e.requests())
            .sum()
    };
    assert_eq!(
        (
            of("/annuaire/ab/fiche"),
            of("/annuaire/bc/fiche"),
            of("/annuaire/{x}/fiche")
        ),
        (1, 0, 7)
    );
}

#[tokio::test]
async fn another_proxy_is_told_nothing_and_kept_waiting_for_nothing() {
    let mut world = World::new();
    *world.journal.is_full.lock().unwrap() = true;
    let request = world.request(WayIn::PilotForwardAuth, get("caseload", "/fiche/P99"));
    let address = "127.0.0.1".parse().unwrap();
    let peer = digue_connections::facts::PeerAddress {
        address,
        local_port: 80,
        is_secure: false,
        tls: None,
    };
    let response = world.gateway.respond(peer, request).await;
    assert_eq!(response.status(), 200);
    for name in ["digue-identity", "digue-receipt"] {
        assert!(!response.headers().contains_key(name), "{name}");
    }
    assert!(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .is_empty()
    );
    world.settle().await;
    assert_eq!(world.gateway.unrecorded(), 1);
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_keeps_nothing_back_and_its_gap_is_counted() {
    let mut world = World::new();
    *world.journal.is_full.lock().unwrap() = true;
    for _ in 0..3 {
        assert!(
            world
                .visit(WayIn::Pilot, get("caseload", "/fiche/P1"))
                .await
                .is_let_through()
        );
    }
    let gaps = world.gateway.take_unrecorded();
    assert_eq!(
        gaps.iter()
            .map(|gap| (gap.portal.as_str(), gap.count))
            .collect::<Vec<_>>(),
        [("pilote", 3)]
    );
    assert_eq!(
        (world.gateway.unrecorded(), world.gateway.take_unrecorded()),
        (3, vec![])
    );
}

#[test]
fn an_address_that_the_map_describes_by_now_is_none_that_it_lacks() {
    let world = World::new();
    let hosts = world.gateway.hosts();
    let portal = hosts.portal(&WayIn::Pilot.portal()).unwrap();
    let describes =
        |method, template| portal.describes(&UnmappedAddress::new(method, template, None));
    assert!(describes("GET", "/fiche/{x}") && describes("GET", "/liste"));
    assert!(
        !describes("PATCH", "/fiche/{x}"),
        "a rule for other methods"
    );
    assert!(!describes("BREW", "/fiche/{x}"));
    assert!(!describes("GET", "/fiche/{x}/notes") && !describes("GET", "/**"));
}
