//! Evidence: every route that returns some, for every role, with a fresh proof and with a stale
//! one. One rule by what is read, and an entry for each reading.

use std::collections::BTreeSet;

use digue_testkit::{Answer, Client};

use crate::instance::{CONSOLE_HOST, Instance, Plan, digue, obliging};

const ROUTER: &str = include_str!("../../../digue-console/src/router.rs");

/// Routes that put persons beside the accounts that were shown them, how each is tried, and the
/// answer for an auditor with a fresh proof.
const EVIDENCE: [(&str, &str, u16); 23] = [
    ("/accounts/{account}", "/accounts/a1", 200),
    (
        "/accounts/{account}/exposures.csv",
        "/accounts/a1/exposures.csv",
        200,
    ),
    (
        "/accounts/{account}/persons.csv",
        "/accounts/a1/persons.csv",
        200,
    ),
    (
        "/accounts/{account}/look-back.csv",
        "/accounts/a1/look-back.csv",
        404,
    ),
    ("/classes", "/classes", 200),
    ("/classes.csv", "/classes.csv", 200),
    ("/persons", "/persons?person=P1", 200),
    ("/persons/sights.csv", "/persons/sights.csv?person=P1", 200),
    ("/scope", "/scope?account=a1", 200),
    ("/scope.csv", "/scope.csv?account=a1", 200),
    ("/scope.ndjson", "/scope.ndjson?account=a1", 200),
    ("/journal", "/journal", 200),
    // Nobody has granted it.
    ("/journal.ndjson", "/journal.ndjson", 409),
    ("/journal/{entry}/receipt", "/journal/0/receipt", 200),
    ("/requests", "/requests", 200),
    ("/requests/{request}", "/requests/rq-none", 404),
    ("/requests.csv", "/requests.csv", 200),
    ("/api/v1/accounts/{account}", "/api/v1/accounts/a1", 200),
    (
        "/api/v1/accounts/{account}/look-back",
        "/api/v1/accounts/a1/look-back",
        404,
    ),
    ("/api/v1/persons", "/api/v1/persons?person=P1", 200),
    ("/api/v1/scope", "/api/v1/scope?account=a1", 200),
    ("/api/v1/journal", "/api/v1/journal?first=0&count=10", 200),
    ("/api/v1/journal", "/api/v1/journal?first=0&count=1000", 409),
];

/// Routes of incidents that return evidence; there is no incident here, and a reader with a stale
/// proof is refused before that is known.
const OF_INCIDENTS: [(&str, &str); 3] = [
    (
        "/incidents/{incident}/affected/{version}",
        "/incidents/in-none/affected/1",
    ),
    (
        "/incidents/{incident}/files/{hash}",
        "/incidents/in-none/files/ab",
    ),
    // Its papers: the archive of a complaint is one of them, and is looked for by name first.
    ("/incidents/{incident}/papers/{paper}", ""),
];

/// Routes of the rest of the console: figures, accounts, cases, records of the ISMS, one's own
/// data, and public pages. What a campaign prints requires a fresh proof by itself.
const NO_EVIDENCE: &[&str] = &[
    "/.well-known/security.txt",
    "/",
    "/activity",
    "/minutes.csv",
    "/events",
    "/search",
    "/portals",
    "/portals.csv",
    "/portals/{portal}/routes.toml",
    "/portals/{portal}/routes/new",
    "/settings",
    "/watch",
    "/watch.csv",
    "/watch/{finding}",
    "/accounts",
    "/accounts.csv",
    "/accounts/{account}/holder",
    "/organisations",
    "/organisations.csv",
    "/organisations/{organisation}",
    "/organisations/{organisation}/accounts.csv",
    "/sources",
    "/sources.csv",
    "/api/v1/sources",
    "/sessions",
    "/sessions.csv",
    "/approvals",
    "/approvals.csv",
    "/break-glass",
    "/break-glass/list.csv",
    "/keys",
    "/self",
    "/self/password",
    "/self/identities",
    "/incidents",
    "/incidents.csv",
    "/incidents/{incident}",
    "/incidents/{incident}/sheets",
    "/incidents/{incident}/affected",
    "/incidents/{incident}/decisions",
    "/incidents/{incident}/notification",
    "/incidents/{incident}/notification.json",
    "/incidents/{incident}/closing",
    "/incidents/{incident}/notices",
    "/incidents/{incident}/notices/{campaign}",
    "/incidents/{incident}/notices/{campaign}/{file}",
    "/check",
    "/check/messages.txt",
    "/own-incidents",
    "/own-incidents/{incident}/partner.pdf",
    "/register",
    "/register/papers/{paper}",
    "/register.csv",
    "/register.json",
    "/reviews",
    "/reviews/{review}",
    "/reviews/{review}/lines.csv",
    "/awareness",
    "/awareness/state",
    "/awareness/state.csv",
    "/awareness/{module}",
    "/awareness/documents/{record}",
    "/signals",
    "/signals.csv",
    "/awareness/texts/{record}",
    "/requests/{request}/{file}",
    "/space",
    "/space/assessment",
    "/space/assessment.xlsx",
    "/space/attestation.pdf",
    "/messages",
    "/person",
    "/person/ask",
    "/person/door",
    "/person/information",
    "/person/consultations.csv",
    "/person/embed",
    "/accessibility",
    "/messages/reports",
    "/messages/reports.csv",
    "/assessments",
    "/assessments.csv",
    "/api/v1/openapi.json",
    "/api/v1/overview",
    "/api/v1/portals",
    "/api/v1/settings",
    "/api/v1/accounts",
    // One person's own rows, without a name of any reader; each call leaves its entry.
    "/v2/findUsage",
    "/v2/usagePeriod",
    "/v2/heartbeat",
    "/api/v1/organisations",
    "/api/v1/organisations/{organisation}",
    "/api/v1/sessions",
    "/api/v1/approvals",
    "/api/v1/gates",
    "/api/v1/break-glass",
    "/api/v1/incidents",
    "/api/v1/incidents/{incident}",
    "/api/v1/findings",
    "/api/v1/keys",
    "/calendar/{secret}",
    "/api/v1/registers",
    "/api/v1/registers/{kind}",
    "/api/v1/registers/{kind}/{record}",
];

const ROLES: [(&str, &str); 7] = [
    ("agent", "of-1"),
    ("deputy", "of-1"),
    ("delegate", "of-1"),
    ("portal-team", "operateur"),
    ("rssi", "operateur"),
    ("dpo", "operateur"),
    ("auditor", "operateur"),
];

fn instance(proof: &str) -> Instance {
    let plan = Plan::usual()
        .settings(&format!("[sessions]\nproof = \"{proof}\"\n"))
        .caseload("a1", &["P1"]);
    let mut instance = Instance::open(&plan, obliging);
    assert!(instance.stop());
    for (role, organisation) in ROLES {
        let account = format!("le-{role}");
        let arguments = [
            "account",
            &account,
            "--organisation",
            organisation,
            "--role",
            role,
        ];
        assert!(digue(instance.folder.path(), &arguments).status.success());
    }
    instance.start();
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    instance
}

fn is_refused(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403) || answer.header("location") == Some("/.digue/sign-in")
}

/// Entries of readings: their subjects.
fn readings(instance: &mut Instance) -> Vec<String> {
    let acts = instance.acts();
    let of = |act: &&serde_json::Value| act["act"] == "evidence-read" || act["act"] == "exported";
    acts.iter()
        .filter(of)
        .map(|act| act["subject"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_route_that_is_read_is_evidence_or_is_not() {
    let evidence = EVIDENCE
        .iter()
        .map(|(route, ..)| *route)
        .chain(OF_INCIDENTS.map(|(route, _)| route));
    let known: BTreeSet<&str> = evidence.chain(NO_EVIDENCE.iter().copied()).collect();
    for part in ROUTER.split(".route(").skip(1) {
        let path = part.split('"').nth(1).unwrap();
        let is_read = part.split('"').nth(2).unwrap().contains(" get(");
        // A directory reads accounts, and no person of a portal.
        let is_elsewhere = ["/.digue/", "/smsi", "/scim/v2/"]
            .iter()
            .any(|place| path.starts_with(place));
        if is_read && !is_elsewhere {
            assert!(known.contains(path), "{path}: is it evidence?");
        }
    }
}

#[test]
fn evidence_is_read_with_a_fresh_proof_by_who_watches_and_leaves_an_entry() {
    let mut instance = instance("1h");
    let stranger = Client::new(instance.address, CONSOLE_HOST);
    let readers: Vec<(&str, Client)> = ROLES
        .iter()
        .map(|(role, _)| (*role, instance.console_session(&format!("le-{role}"))))
        .collect();
    let mut expected = 0;
    for (route, target, wanted) in EVIDENCE {
        assert!(is_refused(&stranger.get(target)), "{route} to a stranger");
        for (role, client) in &readers {
            let answer = client.get(target);
            if matches!(*role, "rssi" | "dpo" | "auditor") {
                assert_eq!(
                    answer.status,
                    wanted,
                    "{route} to {role}: {}",
                    answer.text()
                );
                // To say that there is no such request, the list was read.
                expected += usize::from(wanted == 200 || target == "/requests/rq-none");
            } else {
                assert!(is_refused(&answer), "{route} to {role}: {}", answer.status);
            }
        }
    }
    let readings = readings(&mut instance);
    assert_eq!(readings.len(), expected, "{readings:?}");
    for subject in [
        "journal:0+10",
        "history:a1",
        "sights:P1",
        "scope:1 persons",
        "receipt:0",
        "requests:0",
    ] {
        assert!(
            readings.iter().any(|known| known == subject),
            "{subject} in {readings:?}"
        );
    }
}

#[test]
fn evidence_is_read_by_nobody_whose_proof_is_old() {
    // No proof is fresh here.
    let mut instance = instance("0s");
    for (role, _) in ROLES {
        let client = instance.console_session(&format!("le-{role}"));
        let all = EVIDENCE
            .iter()
            .map(|(route, target, _)| (*route, *target))
            .chain(OF_INCIDENTS);
        for (route, target) in all.filter(|(_, target)| !target.is_empty()) {
            let answer = client.get(target);
            assert!(is_refused(&answer), "{route} to {role}: {}", answer.status);
        }
    }
    assert_eq!(readings(&mut instance), Vec::<String>::new());
}

#[test]
fn a_day_of_the_journal_is_a_days_reading_however_it_is_asked_for() {
    let mut instance = instance("1h");
    let auditor = instance.console_session("le-auditor");
    let page = |client: &Client| client.get("/api/v1/journal?first=0&count=100").status;
    let read: Vec<u16> = (0..7).map(|_| page(&auditor)).collect();
    assert_eq!(read, [200, 200, 200, 200, 200, 409, 409]);
    assert_eq!(auditor.get("/journal").status, 409, "nor by another way");
    // Another person grants the export: then it is complete.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(
        auditor
            .send("POST", "/approvals/export", &form, b"reason=audit+annuel")
            .status,
        303
    );
    let dpo = instance.console_session("le-dpo");
    let waiting = dpo.get("/approvals").text();
    let id = waiting
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let granted = format!("id={id}&granted=1");
    assert_eq!(
        dpo.send("POST", "/approvals/decide", &form, granted.as_bytes())
            .status,
        303
    );
    assert_eq!(
        (page(&auditor), auditor.get("/journal.ndjson").status),
        (200, 200)
    );
}
