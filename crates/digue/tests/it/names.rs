//! One name, one account: whatever its spelling, whichever system vouches for it.

use digue_testkit::holder::now_secs;
use digue_testkit::{Answer, Client, Holder};
use serde_json::{Value, json};

use crate::instance::{Instance, Plan, digue, obliging, reasons};

const SUSPEND: &[u8] = br#"{"suspended": true, "reason": "perdu de vue"}"#;
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// The usual plan, whose portal believes a proxy's header.
fn by_header() -> Plan {
    Plan::usual().replace(
        "[identity.headers]",
        "[identity]\nfrom = \"header\"\naccount = \"x-user\"\norganisation = \"x-org\"\n\
         trusted = [\"127.0.0.1/32\"]\n\n[identity.headers]",
    )
}

fn ask(instance: &Instance, user: &str, target: &str) -> Answer {
    instance
        .stranger()
        .send("GET", target, &[("x-user", user), ("x-org", "of-1")], b"")
}

#[test]
fn a_suspended_account_is_suspended_in_every_spelling() {
    let mut instance = Instance::open(&by_header().caseload("A1", &["P1"]), obliging);
    let officer = instance.officer();
    for spelling in ["a1", "A1", "ａ1", " a1", "\u{24d0}1"] {
        let answer = ask(&instance, spelling, "/fiche/P1");
        assert_eq!(answer.status, 200, "{spelling:?}: {}", answer.text());
    }
    let suspended = officer.send("PUT", "/api/v1/accounts/A1/suspension", &JSON, SUSPEND);
    assert!(
        (200..300).contains(&suspended.status),
        "{}",
        suspended.text()
    );
    for spelling in ["a1", "A1", "ａ1", "Ａ１"] {
        let answer = ask(&instance, spelling, "/fiche/P1");
        assert_eq!(
            (answer.status, reasons(&answer)),
            (403, vec!["unknown-account".to_owned()]),
            "{spelling:?}"
        );
    }
}

#[test]
fn all_spellings_of_a_name_have_one_budget_and_one_history() {
    let plan = by_header().replace("\"24h\" = 100000", "\"24h\" = 3");
    let plan = ["marie", "élise"].iter().fold(plan, |plan, name| {
        plan.caseload(name, &["P1", "P2", "P3", "P4", "P5"])
    });
    let mut instance = Instance::open(&plan, obliging);
    let spelled = ["marie", "Marie", "MARIE", "mArie", "ｍarie"];
    let seen: Vec<u16> = spelled
        .iter()
        .zip(1..)
        .map(|(name, number)| ask(&instance, name, &format!("/fiche/P{number}")).status)
        .collect();
    assert_eq!(seen, [200, 200, 200, 429, 429]);
    assert_eq!(ask(&instance, "E\u{301}lise", "/fiche/P1").status, 200);
    assert_eq!(
        instance
            .portal
            .heard()
            .last()
            .unwrap()
            .header("x-remote-account"),
        Some("élise")
    );
    let history = instance.history();
    assert!(
        history
            .iter()
            .all(|entry| entry["account"] == "marie" || entry["account"] == "élise")
    );
}

#[test]
fn a_cut_reaches_whom_a_proxy_vouches_for_and_outlives_a_restart() {
    let mut instance = Instance::open(
        &by_header().caseload("a1", &["P1"]).caseload("a2", &["P1"]),
        obliging,
    );
    let officer = instance.officer();
    assert_eq!(ask(&instance, "a1", "/fiche/P1").status, 200);
    let reason = br#"{"reason": "poste perdu"}"#;
    let cut = officer.send("POST", "/api/v1/accounts/a1/cut", &JSON, reason);
    let said: Value = serde_json::from_slice(&cut.body).unwrap();
    assert_eq!(
        (cut.status, &said["cut"]),
        (200, &json!(0)),
        "{}",
        cut.text()
    );
    assert!(said["headers_refused_until"].is_string(), "{said}");
    for spelling in ["a1", "A1"] {
        assert_eq!(
            ask(&instance, spelling, "/fiche/P1").status,
            401,
            "{spelling}"
        );
    }
    assert_eq!(ask(&instance, "a2", "/fiche/P1").status, 200);
    instance.kill();
    instance.start();
    assert_eq!(ask(&instance, "a1", "/fiche/P1").status, 401);
    // Suspended, and reinstated by an officer: the proxy's header counts again.
    let place = "/api/v1/accounts/a1/suspension";
    assert_eq!(officer.send("PUT", place, &JSON, SUSPEND).status, 204);
    assert_eq!(
        officer
            .send(
                "PUT",
                place,
                &JSON,
                br#"{"suspended": false, "reason": "poste retrouv\u00e9"}"#
            )
            .status,
        204
    );
    assert_eq!(ask(&instance, "a1", "/fiche/P1").status, 200);
}

/// A portal's own sign-in, with its key.
struct Login {
    key: Holder,
    keys: tempfile::NamedTempFile,
}

impl Login {
    fn new() -> Self {
        let key = Holder::new();
        let keys = tempfile::NamedTempFile::new().unwrap();
        let mut jwk = key.jwk();
        jwk["alg"] = json!("ES256");
        std::fs::write(keys.path(), json!({"keys": [jwk]}).to_string()).unwrap();
        Self { key, keys }
    }

    fn plan(&self, more: &str) -> Plan {
        let identity = format!(
            "[identity]\nfrom = \"jwt\"\njwks = \"{}\"\nissuer = \"https://login.test\"\naudience = \"portail\"\n\
             organisation = \"org\"\n{more}\n[identity.headers]",
            self.keys.path().display()
        );
        Plan::usual().replace("[identity.headers]", &identity)
    }

    fn token(&self, more: &Value) -> String {
        let mut claims = json!({
            "iss": "https://login.test", "aud": "portail", "sub": "a1", "org": "of-1",
            "iat": now_secs() - 60, "exp": now_secs() + 600,
        });
        for (name, value) in more.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        self.key.sign("JWT", &claims, false)
    }

    fn ask(&self, client: &Client, more: &Value, target: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token(more));
        client.send("GET", target, &[("authorization", &bearer)], b"")
    }
}

#[test]
fn names_of_a_portals_own_login_are_read_as_the_map_says() {
    let login = Login::new();
    let mapping = "[identity.mapping.account]\nstrip = [\"DOMAINE\\\\\", \"auth0|\"]\n\
                   [identity.mapping.organisation]\npattern = \"/?(?:groupes/)?([^/]+)\"\n";
    let accounts = ["5f7c", "marie", "d'aubigne@x.fr", "o'neil", "4711"];
    let plan = accounts.iter().fold(login.plan(mapping), |plan, name| {
        plan.caseload(name, &["P1"])
    });
    let mut instance = Instance::open(&plan, obliging);
    let client = instance.stranger();
    for (claims, account) in [
        (json!({"sub": "auth0|5F7C"}), "5f7c"),
        (json!({"sub": "DOMAINE\\Marie"}), "marie"),
        (json!({"sub": "d'aubigne@x.fr"}), "d'aubigne@x.fr"),
        (json!({"sub": "O\u{2019}Neil"}), "o'neil"),
        (json!({"sub": 4711}), "4711"),
        (json!({"sub": "marie", "org": ["of-1"]}), "marie"),
        (json!({"sub": "marie", "org": "/of-1"}), "marie"),
        (json!({"sub": "marie", "org": ["/groupes/OF-1"]}), "marie"),
        (
            json!({"sub": "marie", "aud": ["autre", "portail"]}),
            "marie",
        ),
        (
            json!({"sub": "marie", "exp": (now_secs() + 600) as f64 + 0.5}),
            "marie",
        ),
        (
            json!({"sub": "marie", "updated_at": "2025-12-23T10:59:07.841Z", "email_verified": "true"}),
            "marie",
        ),
        (
            json!({"sub": "marie", "address": "1, rue", "amr": "pwd", "auth_time": "hier"}),
            "marie",
        ),
        (
            json!({"sub": "marie", "jti": 12, "sid": ["a"], "name": null, "roles": {"a": []}}),
            "marie",
        ),
    ] {
        let answer = login.ask(&client, &claims, "/fiche/P1");
        assert_eq!(answer.status, 200, "{claims}: {}", answer.text());
        let heard = instance.portal.heard();
        assert_eq!(
            heard.last().unwrap().header("x-remote-account"),
            Some(account),
            "{claims}"
        );
    }
    for claims in [
        json!({"sub": "AUTRE\\marie"}),
        json!({"sub": ["marie"]}),
        json!({"sub": {"name": "marie"}}),
        json!({"sub": true}),
        json!({"sub": "marie", "org": ["of-1", "of-2"]}),
    ] {
        let answer = login.ask(&client, &claims, "/fiche/P1");
        assert_eq!(
            (answer.status, reasons(&answer)),
            (403, vec!["unknown-account".to_owned()]),
            "{claims}"
        );
    }
    for claims in [
        json!({"exp": now_secs() - 1}),
        json!({"exp": null}),
        json!({"exp": "bientôt"}),
        json!({"aud": "autre"}),
        json!({"aud": ["portail", 7]}),
        json!({"aud": null}),
        json!({"nbf": now_secs() + 600}),
        json!({"nbf": []}),
        json!({"iat": now_secs() + 600}),
        json!({"iss": "https://autre.test"}),
    ] {
        assert_eq!(
            login.ask(&client, &claims, "/fiche/P1").status,
            401,
            "{claims}"
        );
    }
    let history = instance.history();
    assert!(
        history.iter().all(|entry| entry["organisation"] == "of-1"),
        "{history:?}"
    );
}

#[test]
fn only_the_moment_of_the_proof_proves_and_never_one_to_come() {
    let login = Login::new();
    let plan = login.plan("").replace(
        "break_glass = true\n",
        "break_glass = true\nproof_within = \"10min\"\n",
    );
    let instance = Instance::open(&plan.caseload("a1", &["P1"]), obliging);
    let client = instance.stranger();
    assert_eq!(
        login
            .ask(&client, &json!({"auth_time": now_secs() - 60}), "/fiche/P1")
            .status,
        200
    );
    for claims in [
        json!({"iat": now_secs()}),
        json!({"auth_time": now_secs() - 3600}),
        json!({"auth_time": now_secs() + 3600}),
        json!({"auth_time": "2026-11-28T00:00:00Z"}),
        json!({"auth_time": true}),
    ] {
        let answer = login.ask(&client, &claims, "/fiche/P1");
        assert_eq!(answer.status, 401, "{claims}");
        assert!(
            reasons(&answer)[0].starts_with("step-up"),
            "{}",
            answer.text()
        );
    }
}

#[test]
fn a_cut_reaches_tokens_of_before_and_those_that_may_be_of_before() {
    let login = Login::new();
    let mut instance = Instance::open(&login.plan("").caseload("a1", &["P1"]), obliging);
    let officer = instance.officer();
    let client = instance.stranger();
    let before = json!({"auth_time": now_secs() - 60});
    assert_eq!(login.ask(&client, &before, "/fiche/P1").status, 200);
    let cut = officer.send(
        "POST",
        "/api/v1/accounts/a1/cut",
        &JSON,
        br#"{"reason": "poste perdu"}"#,
    );
    assert_eq!(cut.status, 200);
    assert_eq!(login.ask(&client, &before, "/fiche/P1").status, 401);
    // Issued again from the same sign-in, to the holder of its refresh token.
    let again = json!({"auth_time": now_secs() - 60, "iat": now_secs() + 20});
    assert_eq!(login.ask(&client, &again, "/fiche/P1").status, 401);
    assert_eq!(
        login
            .ask(&client, &json!({"iat": null}), "/fiche/P1")
            .status,
        401
    );
    // Its issuer's clock may be ahead by half a minute: what it dates just after the cut may be
    // from before it.
    assert_eq!(
        login
            .ask(&client, &json!({"auth_time": now_secs() + 20}), "/fiche/P1")
            .status,
        401
    );
}

#[test]
fn an_account_that_exists_is_not_moved_by_the_way() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    assert!(instance.stop());
    let folder = instance.folder.path();
    let save = |arguments: &[&str]| {
        digue(
            folder,
            &[&["account", "A1", "--organisation", "of-2"], arguments].concat(),
        )
    };
    let refused = save(&[]);
    assert!(!refused.status.success());
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("--move"),
        "{refused:?}"
    );
    let moved = save(&["--move"]);
    assert!(moved.status.success(), "{moved:?}");
    instance.start();
    // The session of before belongs to the account as it is now.
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let history = instance.history();
    assert_eq!(history.last().unwrap()["organisation"], "of-2");
}

#[test]
fn a_policy_that_names_another_spelling_is_a_fault() {
    let instance = Instance::open(&Plan::usual(), obliging);
    let policies = instance.folder.path().join("policies");
    std::fs::create_dir_all(&policies).unwrap();
    let text = "permit(principal, action, resource);\nforbid(principal == Account::\"A1\", action, resource);\n";
    std::fs::write(policies.join("a.cedar"), text).unwrap();
    let file = instance.folder.path().join("digue.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        settings.replace("[console]", "policies = \"policies\"\n[console]"),
    )
    .unwrap();
    let checked = digue(instance.folder.path(), &["check"]);
    assert!(!checked.status.success());
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(
        said.contains("a.cedar:2") && said.contains("Account::\"a1\""),
        "{said}"
    );
}
