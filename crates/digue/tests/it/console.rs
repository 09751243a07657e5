//! The page: who may open it, what it says, and that nothing on it can run.

use crate::instance::{Instance, Plan, obliging};

#[test]
fn the_officer_sees_what_happens_and_who_saw_whom() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1", "P2"]), obliging);
    let a1 = instance.sign_in("a1");
    let officer = instance.officer();
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert_eq!(a1.get("/fiche/P9").status, 403);
    let now = officer.get("/activity");
    assert_eq!(now.status, 200);
    assert!(now.text().contains("Activité") && now.text().contains("<svg"));
    let csp = now.header("content-security-policy").unwrap();
    assert!(
        csp.contains("default-src 'none'")
            && !csp.contains("unsafe")
            && !csp.contains("script-src")
    );
    assert!(!now.text().contains("<script"));
    let english = officer.send("GET", "/activity", &[("accept-language", "en")], b"");
    assert!(english.text().contains("Persons shown per minute"));
    let list = |list: &str| officer.get(&format!("/accounts/a1?list={list}")).text();
    assert!(list("persons").contains("/persons?person=P1"));
    assert!(list("exposures").contains("pas dans votre portefeuille"));
    let person = officer.get("/persons?person=P1");
    assert!(person.text().contains("/accounts/a1"));
    assert!(
        officer
            .get("/persons/sights.csv?person=P1")
            .text()
            .contains(";a1;of-1;portail;personnes;fiche;caseload")
    );
    assert_eq!(
        officer.get("/search?q=a1").header("location"),
        Some("/accounts/a1")
    );
    assert_eq!(
        officer.get("/search?q=P1").header("location"),
        Some("/persons?person=P1")
    );
    for page in [
        "/accounts/a1/exposures.csv",
        "/accounts/a1/persons.csv",
        "/minutes.csv",
        "/break-glass/list.csv",
    ] {
        let export = officer.get(page);
        assert_eq!(
            (export.status, export.header("content-type")),
            (200, Some("text/csv; charset=utf-8")),
            "{page}"
        );
    }
    assert_eq!(officer.get("/accounts/unknown").status, 404);
    assert_eq!(officer.get("/nowhere").status, 404);
}

/// A delegate answers for the agents of their own organisation, and for no others.
#[test]
fn a_delegate_suspends_the_agents_of_the_own_organisation_only() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    assert!(instance.stop());
    let folder = instance.folder.path().to_owned();
    for (account, role) in [("delegue", "delegate"), ("second", "delegate")] {
        let arguments = ["account", account, "--organisation", "of-1", "--role", role];
        assert!(crate::instance::digue(&folder, &arguments).status.success());
    }
    instance.start();
    let delegate = instance.console_session("delegue");
    let a1 = instance.sign_in("a1");
    let list = delegate.get("/accounts").text();
    assert!(
        list.contains("a1")
            && list.contains("second")
            && !list.contains("b1")
            && !list.contains("rssi")
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let suspend = |account: &str, suspended: u8| {
        let body = format!("account={account}&suspended={suspended}&reason=ordinateur+perdu");
        delegate
            .send("POST", "/accounts/suspend", &form, body.as_bytes())
            .status
    };
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert_eq!(suspend("a1", 1), 303);
    assert_eq!(a1.get("/fiche/P1").status, 401);
    // A delegate may not widen access; accounts of other organisations do not exist for them.
    assert_eq!(suspend("a1", 0), 403);
    assert_eq!(suspend("b1", 1), 404);
    assert_eq!(suspend("second", 1), 403);
    assert_eq!(suspend("delegue", 1), 422);
    let officer = instance.officer();
    let body = b"account=a1&suspended=0&reason=retrouve";
    assert_eq!(
        officer
            .send("POST", "/accounts/suspend", &form, body)
            .status,
        303
    );
    assert_eq!(instance.sign_in("a1").get("/fiche/P1").status, 200);
}

/// A form that arrives without a fresh proof is kept on the page that requests one.
#[test]
fn what_was_filled_in_is_kept_until_the_proof() {
    let plan = Plan::usual()
        .settings("[sessions]\nproof = \"0s\"\n")
        .caseload("a1", &["P1"]);
    let mut instance = Instance::open(&plan, obliging);
    let officer = instance.officer();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let sent = b"account=neuf&organisation=of-2&role=agent&reason=d%C3%A9part+%22%3Cb%3E";
    let asked = officer.send("POST", "/approvals", &form, sent);
    let page = asked.text();
    assert_eq!(asked.status, 403);
    assert!(
        page.contains("id=\"again\" method=\"post\" action=\"/approvals\""),
        "{page}"
    );
    assert!(
        page.contains("name=\"account\" value=\"neuf\"") && page.contains("data-then=\"again\""),
        "{page}"
    );
    // As it was typed, and nothing in it runs.
    assert!(
        page.contains("départ &#34;&#60;b&#62;") && !page.contains("<b>"),
        "{page}"
    );
    assert!(
        officer
            .get("/approvals")
            .text()
            .contains("Prouvez d&#39;abord")
    );
    // An export is requested again in the same way, with its parameters.
    let export = officer.get("/persons/sights.csv?person=P1").text();
    assert!(
        export.contains("method=\"get\" action=\"/persons/sights.csv\""),
        "{export}"
    );
    assert!(export.contains("name=\"person\" value=\"P1\""), "{export}");
    // Programs receive the same as a problem document.
    let request = br#"{"kind":"export-journal","reason":"audit annuel"}"#;
    let problem = officer.send(
        "POST",
        "/api/v1/approvals",
        &[("content-type", "application/json")],
        request,
    );
    assert_eq!(
        (problem.status, problem.header("content-type")),
        (403, Some("application/problem+json"))
    );
    assert!(officer.get("/approvals.csv").text().lines().count() == 1);
    // No one loses a reason written for break glass: the proof comes first.
    let a1 = instance.sign_in("a1");
    let first = a1.get("/.digue/break-glass");
    assert_eq!(
        first.header("location"),
        Some("/.digue/sign-in?fresh=1&next=/.digue/break-glass")
    );
}
