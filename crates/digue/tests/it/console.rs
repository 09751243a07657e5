//! The page: who may open it, what it says, and that nothing on it can run.

use crate::house::{House, Plan, obliging};

#[test]
fn the_officer_sees_what_happens_and_who_saw_whom() {
    let mut house = House::open(&Plan::usual().caseload("a1", &["P1", "P2"]), obliging);
    let a1 = house.sign_in("a1");
    let officer = house.officer();
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert_eq!(a1.get("/fiche/P9").status, 403);
    let now = officer.get("/");
    assert_eq!(now.status, 200);
    assert!(now.text().contains("Maintenant") && now.text().contains("<svg"));
    let csp = now.header("content-security-policy").unwrap();
    assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe") && !csp.contains("script-src"));
    assert!(!now.text().contains("<script"));
    let english = officer.send("GET", "/", &[("accept-language", "en")], b"");
    assert!(english.text().contains("Persons shown per minute"));
    let account = officer.get("/accounts/a1");
    assert!(
        account.text().contains("/persons?person=P1")
            && account.text().contains("pas dans votre portefeuille")
    );
    let person = officer.get("/persons?person=P1");
    assert!(person.text().contains("/accounts/a1"));
    assert!(officer.get("/persons/sights.csv?person=P1").text().contains(",a1,of-1,portail,fiche,caseload"));
    assert_eq!(officer.get("/search?q=a1").header("location"), Some("/accounts/a1"));
    assert_eq!(officer.get("/search?q=P1").header("location"), Some("/persons?person=P1"));
    for page in
        ["/accounts/a1/exposures.csv", "/accounts/a1/persons.csv", "/minutes.csv", "/break-glass/list.csv"]
    {
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

/// Every route of the console, for everyone who is not an officer of the operator.
#[test]
fn pages_and_acts_are_for_those_who_may() {
    let mut house = House::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    assert!(house.stop());
    let folder = house.folder.path().to_owned();
    for (account, role) in [("dpo", "dpo"), ("audit", "auditor"), ("agent", "agent"), ("delegue", "delegate")]
    {
        let arguments = ["account", account, "--organisation", "of-1", "--role", role];
        assert!(crate::house::digue(&folder, &arguments).status.success());
    }
    house.start();
    let reads = [
        "/minutes.csv",
        "/search?q=a1",
        "/accounts/a1",
        "/accounts/a1/exposures.csv",
        "/accounts/a1/persons.csv",
        "/persons?person=P1",
        "/persons/sights.csv?person=P1",
        "/break-glass",
        "/break-glass/list.csv",
        "/api/v1/overview",
    ];
    let writes = [
        ("POST", "/gates", "scope=account&name=a2&gate=closed&reason=exercice"),
        ("POST", "/sessions/cut", "account=a2&reason=exercice"),
        ("POST", "/accounts/suspend", "account=b1&suspended=1&reason=exercice"),
        ("POST", "/approvals", "account=neuf&organisation=of-2&role=agent&reason=exercice"),
        ("PUT", "/api/v1/gates", "scope=account&name=b1&gate=closed&reason=exercice"),
        ("PUT", "/api/v1/caseloads/personnes", "account,person\n"),
        ("POST", "/api/v1/caseloads/personnes", "account,person\n"),
        ("PUT", "/api/v1/aliases/portail", "kind,identifier,person\n"),
    ];
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for (account, watches, acts) in [
        ("rssi", true, true),
        ("dpo", true, false),
        ("audit", true, false),
        ("agent", false, false),
        ("delegue", false, false),
    ] {
        let client = house.console_session(account);
        for page in reads {
            let status = client.get(page).status;
            let may = matches!(status, 200 | 303 | 404);
            assert_eq!(may, watches, "{account} reads {page}: {status}");
        }
        // Home is for everybody, each their own; so are one's passkeys and sessions.
        let home = client.get("/");
        assert_eq!(home.status, if watches { 200 } else { 303 }, "{account}");
        assert_eq!(client.get("/self").status, 200, "{account}");
        let oversees = watches || account == "delegue";
        for page in ["/accounts", "/accounts.csv", "/approvals", "/approvals.csv"] {
            assert_eq!(client.get(page).status == 200, oversees, "{account} reads {page}");
        }
        for (method, target, body) in writes {
            let status = client.send(method, target, &form, body.as_bytes()).status;
            let may = matches!(status, 200 | 204 | 303 | 409);
            assert_eq!(may, acts, "{account} does {target}: {status}");
        }
        // Without a demonstration there is no button to press.
        assert!(matches!(client.send("POST", "/demo/attack", &[], b"").status, 403 | 404), "{account}");
    }
    let stranger = digue_testkit::Client::new(house.address, crate::house::CONSOLE_HOST);
    for page in reads {
        assert!(matches!(stranger.get(page).status, 303 | 401), "{page}");
    }
    for (method, target, body) in writes {
        assert!(
            matches!(stranger.send(method, target, &form, body.as_bytes()).status, 303 | 401),
            "{target}"
        );
    }
}

/// A delegate answers for the agents of the own organisation, and for nobody else.
#[test]
fn a_delegate_suspends_the_agents_of_the_own_organisation_only() {
    let mut house = House::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    assert!(house.stop());
    let folder = house.folder.path().to_owned();
    for (account, role) in [("delegue", "delegate"), ("second", "delegate")] {
        let arguments = ["account", account, "--organisation", "of-1", "--role", role];
        assert!(crate::house::digue(&folder, &arguments).status.success());
    }
    house.start();
    let delegate = house.console_session("delegue");
    let a1 = house.sign_in("a1");
    let list = delegate.get("/accounts").text();
    assert!(list.contains("a1") && list.contains("second") && !list.contains("b1") && !list.contains("rssi"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let suspend = |account: &str, suspended: u8| {
        let body = format!("account={account}&suspended={suspended}&reason=ordinateur+perdu");
        delegate.send("POST", "/accounts/suspend", &form, body.as_bytes()).status
    };
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert_eq!(suspend("a1", 1), 303);
    assert_eq!(a1.get("/fiche/P1").status, 401);
    // Widening is not a delegate's; another organisation's account does not exist for them.
    assert_eq!(suspend("a1", 0), 403);
    assert_eq!(suspend("b1", 1), 404);
    assert_eq!(suspend("second", 1), 403);
    assert_eq!(suspend("delegue", 1), 422);
    let officer = house.officer();
    let body = b"account=a1&suspended=0&reason=retrouve";
    assert_eq!(officer.send("POST", "/accounts/suspend", &form, body).status, 303);
    assert_eq!(house.sign_in("a1").get("/fiche/P1").status, 200);
}
