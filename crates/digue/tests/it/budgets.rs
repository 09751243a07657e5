//! Promise 2: a stolen account cannot show more than its budget, also across restarts.

use std::time::Instant;

use crate::instance::{Instance, Plan, obliging, reasons, shown_to};

fn plan() -> Plan {
    Plan::usual()
        .replace("\"24h\" = 100000", "\"24h\" = 5")
        .replace(
            "path = \"/fiche/{id}\"",
            "path = \"/fiche/{id}\"\ncaseload = \"not-required\"",
        )
        .replace(
            "path = \"/liste\"",
            "path = \"/liste\"\ncaseload = \"not-required\"",
        )
}

#[test]
fn a_stolen_account_cannot_show_more_than_its_budget() {
    let mut instance = Instance::open(&plan(), obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/liste?ids=P1,P2,P3").status, 200);
    // The response that would break the budget does not leave, nor does a part of it.
    let broken = a1.get("/liste?ids=P1,P4,P5,P6");
    assert_eq!(
        (broken.status, reasons(&broken)),
        (429, vec!["budget:account:24h".to_owned()])
    );
    assert_eq!(a1.get("/fiche/P4").status, 200);
    // After kill -9 the journal still knows.
    instance.kill();
    instance.start();
    assert_eq!(a1.get("/fiche/P5").status, 200);
    for id in 6..40 {
        assert_eq!(a1.get(&format!("/fiche/P{id}")).status, 429);
    }
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert_eq!(
        shown_to(&instance.history(), "a1"),
        ["P1", "P2", "P3", "P4", "P5"]
    );
}

#[test]
fn many_at_once_do_not_slip_through() {
    let mut instance = Instance::open(&plan(), obliging);
    let a1 = instance.sign_in("a1");
    let threads: Vec<_> = (0..40)
        .map(|id| {
            let a1 = a1.clone();
            std::thread::spawn(move || a1.get(&format!("/fiche/P{id}")).status)
        })
        .collect();
    let shown = threads
        .into_iter()
        .map(|t| t.join().unwrap())
        .filter(|status| *status == 200)
        .count();
    assert_eq!(shown, 5);
    assert_eq!(shown_to(&instance.history(), "a1").len(), 5);
}

#[test]
fn organisations_and_portals_have_budgets_of_their_own() {
    let plan = plan()
        .replace("\"24h\" = 5", "\"24h\" = 100")
        .add("[budgets.organisation]\n\"24h\" = 3\n[budgets.portal]\n\"24h\" = 4\n");
    let mut instance = Instance::open(&plan, obliging);
    let (a1, a2) = (instance.sign_in("a1"), instance.sign_in("a2"));
    let b1 = instance.sign_in("b1");
    assert_eq!(a1.get("/liste?ids=P1,P2").status, 200);
    assert_eq!(a2.get("/fiche/P3").status, 200);
    assert_eq!(reasons(&a2.get("/fiche/P4")), ["budget:organisation:24h"]);
    assert_eq!(b1.get("/fiche/P4").status, 200);
    assert_eq!(reasons(&b1.get("/fiche/P5")), ["budget:portal:24h"]);
}

/// A single person writes the maps: wider limits wait for an officer, narrower ones do not.
#[test]
fn a_wider_map_waits_for_a_second_person() {
    let mut instance = Instance::open(&plan(), obliging);
    assert!(instance.stop());
    let arguments = [
        "account",
        "dpo",
        "--organisation",
        "operateur",
        "--role",
        "dpo",
    ];
    assert!(
        crate::instance::digue(instance.folder.path(), &arguments)
            .status
            .success()
    );
    instance.start();
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/liste?ids=P1,P2,P3,P4,P5").status, 200);
    let path = instance.folder.path().join("portals/portail.toml");
    let map = std::fs::read_to_string(&path).unwrap();
    let wider = map
        .replace("\"24h\" = 5", "\"24h\" = 6")
        .replace("[portal]", "[portal]\nmode = \"observe-only\"");
    std::fs::write(&path, wider).unwrap();
    // Not by a restart either.
    assert!(instance.stop());
    instance.start();
    assert_eq!(a1.get("/fiche/P6").status, 429);
    let dpo = instance.console_session("dpo");
    let waiting = dpo.get("/approvals").text();
    for line in [
        "portal.mode: - -&#62; &#34;observe-only&#34;",
        "budgets.account.24h: 5 -&#62; 6",
    ] {
        assert!(waiting.contains(line), "{waiting}");
    }
    let id = waiting
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let granted = dpo.send(
        "POST",
        "/approvals/decide",
        &form,
        format!("id={id}&granted=1").as_bytes(),
    );
    assert_eq!(granted.status, 303);
    let deadline = Instant::now() + digue_testkit::PATIENCE;
    while a1.get("/fiche/P6").status != 200 {
        assert!(Instant::now() < deadline, "the granted map was not taken");
    }
    // Back to the first one, at once and alone.
    std::fs::write(&path, map).unwrap();
    instance.reload();
    // A new person each time: those shown while the portal only observed stay shown.
    let mut others = (7..).map(|number| a1.get(&format!("/fiche/P{number}")).status);
    while others.next() != Some(429) {
        assert!(Instant::now() < deadline, "the narrower map was not taken");
    }
}
