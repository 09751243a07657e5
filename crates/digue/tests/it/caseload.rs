//! Promise 3: outside the caseload, nothing, unless a rule of the map says how.

use crate::instance::{Instance, Plan, obliging, reasons, shown_to};

#[test]
fn outside_the_caseload_nothing_leaves_and_the_portal_is_not_even_asked() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1", "P2"]), obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert_eq!(a1.get("/liste?ids=P1,P2").status, 200);
    let asked = instance.portal.heard().len();
    let refused = a1.get("/fiche/P9");
    assert_eq!(
        (refused.status, reasons(&refused)),
        (403, vec!["outside-caseload".to_owned()])
    );
    assert_eq!(instance.portal.heard().len(), asked);
    let list = a1.get("/liste?ids=P1,P9");
    assert_eq!(
        (list.status, reasons(&list)),
        (403, vec!["outside-caseload".to_owned()])
    );
    assert!(!list.text().contains("P9"));
    let history = instance.history();
    assert_eq!(shown_to(&history, "a1"), ["P1", "P2"]);
    // Each answer names its own entry.
    let entry = history
        .iter()
        .find(|entry| entry["entry"] == list.entry().unwrap())
        .unwrap();
    assert_eq!(
        (&entry["outcome"], &entry["persons_found"]),
        (&"refused".into(), &2.into())
    );
}

#[test]
fn an_organisations_caseload_serves_its_accounts_and_no_other() {
    let mut plan = Plan::usual();
    plan.caseload = "organisation,person\nof-1,P1\n".into();
    let mut instance = Instance::open(&plan, obliging);
    let a2 = instance.sign_in("a2");
    let b1 = instance.sign_in("b1");
    assert_eq!(a2.get("/fiche/P1").status, 200);
    assert_eq!(b1.get("/fiche/P1").status, 403);
}

#[test]
fn break_glass_opens_with_a_written_reason_and_is_listed_for_review() {
    let plan = Plan::usual().add("[budgets.break-glass]\n\"24h\" = 1\n");
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let officer = instance.officer();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let short = a1.send(
        "POST",
        "/.digue/break-glass",
        &form,
        b"justification=urgent",
    );
    assert_eq!(short.status, 422);
    assert_eq!(a1.get("/fiche/P5").status, 403);
    let reason = "justification=Urgence+sociale+signalee+par+telephone";
    assert_eq!(
        a1.send("POST", "/.digue/break-glass", &form, reason.as_bytes())
            .status,
        200
    );
    assert_eq!(a1.get("/fiche/P5").status, 200);
    let second = a1.get("/fiche/P6");
    assert_eq!(reasons(&second), ["break-glass-budget:24h"]);
    // A list does not allow it: only the record sheet's rule does.
    assert_eq!(a1.get("/liste?ids=P5").status, 403);
    assert!(
        officer
            .get("/break-glass")
            .text()
            .contains("Urgence sociale signalee par telephone")
    );
    let history = instance.history();
    let opened = history
        .iter()
        .find(|entry| entry["persons"][0]["person"] == "P5")
        .unwrap();
    assert_eq!(opened["persons"][0]["basis"], "break-glass");
    assert_eq!(
        opened["justification"],
        "Urgence sociale signalee par telephone"
    );
}

#[test]
fn an_exact_search_shows_one_stranger_and_their_record_for_a_while() {
    let plan = Plan::usual().replace("break_glass = true\nrequest", "keeps_found = \"10min\"\nrequest").add(
        "[[routes]]\nname = \"recherche\"\npath = \"/recherche\"\naction = \"search\"\n\
             exact_search = [[\"id\"]]\nrequest = [{ in = \"query\", at = \"ids\", name = \"id\" }]\n\
             [[routes.response]]\nformat = \"json\"\nrecords = [\"$.items[*]\"]\npersons = [{ at = \"$.items[*].id\" }]\n",
    );
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P7").status, 403);
    assert_eq!(a1.get("/recherche?ids=P7").status, 200);
    assert_eq!(a1.get("/fiche/P7").status, 200);
    assert_eq!(
        reasons(&a1.get("/recherche?ids=P8&ids=P9")),
        ["outside-caseload"]
    );
    assert_eq!(shown_to(&instance.history(), "a1"), ["P7"]);
}

#[test]
fn a_caseload_file_with_faults_changes_nothing() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
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
    let (officer, dpo) = (instance.officer(), instance.console_session("dpo"));
    let csv = [("content-type", "text/csv")];
    let grant = |answer: &digue_testkit::Answer| {
        assert_eq!(answer.status, 202, "{}", answer.text());
        let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let target = format!(
            "/api/v1/approvals/{}/decision",
            told["waiting"]["id"].as_str().unwrap()
        );
        let json = [("content-type", "application/json")];
        // Never by the one who loaded it.
        assert_eq!(
            officer
                .send("POST", &target, &json, br#"{"granted": true}"#)
                .status,
            403
        );
        assert_eq!(
            dpo.send("POST", &target, &json, br#"{"granted": true}"#)
                .status,
            200
        );
    };
    let bad = b"account,person,from\na1,P2,\na1,,\na1,P3,demain\n";
    let answer = officer.send("PUT", "/api/v1/caseloads/personnes", &csv, bad);
    assert_eq!(answer.status, 422, "{}", answer.text());
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let told = |place: usize| {
        (
            problem["faults"][place]["line"].clone(),
            problem["faults"][place]["code"].clone(),
        )
    };
    assert_eq!(told(0), (3.into(), "caseload-fault-person".into()));
    assert_eq!(told(1), (4.into(), "caseload-fault-date".into()));
    assert_eq!(
        (a1.get("/fiche/P1").status, a1.get("/fiche/P2").status),
        (200, 403)
    );
    let good = officer.send(
        "PUT",
        "/api/v1/caseloads/personnes",
        &csv,
        b"account,person\na1,P2\n",
    );
    // No further person is shown before a second person approves; removed persons are not shown any
    // more.
    assert_eq!(
        (a1.get("/fiche/P1").status, a1.get("/fiche/P2").status),
        (403, 403)
    );
    grant(&good);
    assert_eq!(
        (a1.get("/fiche/P1").status, a1.get("/fiche/P2").status),
        (403, 200)
    );
    let more = officer.send(
        "POST",
        "/api/v1/caseloads/personnes",
        &csv,
        b"account,person\na1,P1\n",
    );
    assert_eq!(a1.get("/fiche/P1").status, 403);
    grant(&more);
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let less = |address: &str| officer.send("PUT", address, &csv, b"account,person\na1,P1\n");
    assert_eq!(
        less("/api/v1/caseloads/personnes").status,
        422,
        "half of the rows would go"
    );
    let less = less("/api/v1/caseloads/personnes?confirm=loss");
    assert_eq!(
        (
            less.status,
            a1.get("/fiche/P1").status,
            a1.get("/fiche/P2").status
        ),
        (200, 200, 403)
    );
    // An agent may not.
    assert_eq!(
        a1.send(
            "PUT",
            "/api/v1/caseloads/personnes",
            &csv,
            b"account,person\n"
        )
        .status,
        403
    );
}

#[test]
fn a_policy_file_says_what_relations_cannot() {
    let plan = Plan::usual()
        .caseload("a1", &["P1", "P2"])
        .policy("all.cedar", "permit(principal, action, resource);")
        .policy(
            "lists.cedar",
            "forbid(principal, action, resource) when { context.persons > 1 };",
        );
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/liste?ids=P1").status, 200);
    assert_eq!(reasons(&a1.get("/liste?ids=P1,P2")), ["policy"]);
}

#[test]
fn observe_only_releases_and_journals_what_it_would_have_refused() {
    let plan = Plan::usual().replace(
        "upstream = \"{upstream}\"",
        "upstream = \"{upstream}\"\nmode = \"observe-only\"",
    );
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P9").status, 200);
    let history = instance.history();
    let entry = history.last().unwrap();
    assert_eq!(
        (&entry["outcome"], &entry["reasons"][0]),
        (&"would-refuse".into(), &"outside-caseload".into())
    );
    assert_eq!(
        entry["persons"][0],
        serde_json::json!({"person": "P9", "basis": "none"})
    );
}
