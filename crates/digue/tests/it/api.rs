//! The API: its description of itself is true, and keys open what their account may.

use std::cell::RefCell;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use digue_testkit::holder::now_secs;
use digue_testkit::{Answer, Client, Holder};
use serde_json::{Value, json};

use crate::instance::{CONSOLE_HOST, Instance, PORTAL_HOST, Plan, obliging, reasons};
use crate::python::python;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// Thousands of requests, right and wrong, generated from the description.
#[test]
fn the_interface_is_as_it_is_described() {
    let plan = Plan::usual()
        .settings("[sessions]\nproof = \"1h\"\n")
        .caseload("a1", &["P1"]);
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    // The session is bound to the name of the program that opened it.
    let agent = ("user-agent", "schemathesis");
    let token = instance.link("rssi", CONSOLE_HOST);
    let client = Client::new(instance.address, CONSOLE_HOST);
    let entered = client.send(
        "POST",
        "/.digue/enter",
        &[FORM, agent],
        format!("link={token}").as_bytes(),
    );
    let cookie = entered
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let described = client.get("/api/v1/openapi.json");
    let file = instance.folder.path().join("openapi.json");
    std::fs::write(&file, &described.body).unwrap();
    let done = Command::new(python("schemathesis"))
        .args([
            "run",
            file.to_str().unwrap(),
            "--url",
            &format!("http://{}", instance.address),
        ])
        .args([
            "-H",
            &format!("Host: {CONSOLE_HOST}"),
            "-H",
            &format!("Cookie: {cookie}"),
        ])
        .args([
            "-H",
            "User-Agent: schemathesis",
            "--no-color",
            "--seed",
            "1",
            "--max-examples",
            "25",
        ])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--warnings",
            "off",
            "--suppress-health-check",
            "all",
        ])
        .args(["--checks", CHECKS, "--request-timeout", "60"])
        .current_dir(instance.folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,negative_data_rejection,\
                      unsupported_method,allow_header_conformance";

/// A program of an account, with its key.
struct Program {
    client: Client,
    key: Holder,
    secret: String,
    /// The nonce that Digue asked for last.
    nonce: RefCell<Option<String>>,
}

impl Program {
    fn claims(&self, method: &str, target: &str) -> Value {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let path = target.split('?').next().unwrap();
        json!({
            "htm": method,
            "htu": format!("https://{}{path}", self.client.host),
            "iat": now_secs(),
            "jti": format!("proof-{}", COUNT.fetch_add(1, Ordering::SeqCst)),
            "ath": digest(&self.secret),
            "nonce": *self.nonce.borrow(),
        })
    }

    /// Signs once more when the nonce was not the one that Digue asks for (RFC 9449, 9).
    fn ask(&self, target: &str) -> Answer {
        let before = self.nonce.borrow().clone();
        let ask = || {
            self.send(
                "GET",
                target,
                &self.key.sign("dpop+jwt", &self.claims("GET", target), true),
                b"",
            )
        };
        let answer = ask();
        if answer.status == 401 && *self.nonce.borrow() != before {
            ask()
        } else {
            answer
        }
    }

    fn send(&self, method: &str, target: &str, proof: &str, body: &[u8]) -> Answer {
        let said = format!("DPoP {}", self.secret);
        let headers = [("authorization", said.as_str()), ("dpop", proof), JSON[0]];
        let answer = self.client.send(method, target, &headers, body);
        if let Some(nonce) = answer.header("dpop-nonce") {
            self.nonce.replace(Some(nonce.to_owned()));
        }
        answer
    }
}

fn digest(text: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
}

/// Two officers, one of whom requests keys that the other grants.
pub(crate) struct Officers {
    asks: Client,
    grants: Client,
}

impl Officers {
    pub(crate) fn of(instance: &mut Instance) -> Self {
        assert!(instance.stop());
        for (account, role) in [("dpo", "dpo"), ("rssi2", "rssi")] {
            let arguments = [
                "account",
                account,
                "--organisation",
                "operateur",
                "--role",
                role,
            ];
            assert!(
                crate::instance::digue(instance.folder.path(), &arguments)
                    .status
                    .success()
            );
        }
        instance.start();
        Self {
            asks: instance.officer(),
            grants: instance.console_session("dpo"),
        }
    }

    /// A key for this account: its id, and the program that holds it. Its holder collects the
    /// secret.
    fn issue(&self, instance: &mut Instance, account: &str, host: &str) -> (String, Program) {
        let key = Holder::new();
        let secret = self.secret(instance, account, &key.jwk().to_string());
        let keys: Value = serde_json::from_slice(&self.asks.get("/api/v1/keys").body).unwrap();
        let own = keys["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|known| known["account"] == account);
        let name = own.unwrap()["key"].as_str().unwrap().to_owned();
        let program = Program {
            client: Client::new(self.asks.address, host),
            key,
            secret,
            nonce: RefCell::default(),
        };
        (name, program)
    }

    /// The secret of a key for this account, which its holder collects.
    pub(crate) fn secret(
        &self,
        instance: &mut Instance,
        account: &str,
        public_key: &str,
    ) -> String {
        let request = json!({
            "kind": "issue-key", "account": account, "public_key": public_key,
            "name": "logiciel de suivi", "reason": "échanges de nuit",
        });
        let asked = self.asks.send(
            "POST",
            "/api/v1/approvals",
            &JSON,
            request.to_string().as_bytes(),
        );
        assert_eq!(asked.status, 201, "{}", asked.text());
        let id: Value = serde_json::from_slice(&asked.body).unwrap();
        let target = format!("/api/v1/approvals/{}/decision", id["id"].as_str().unwrap());
        let granted = br#"{"granted": true}"#;
        assert_eq!(self.asks.send("POST", &target, &JSON, granted).status, 403);
        let done = self.grants.send("POST", &target, &JSON, granted);
        assert_eq!(done.status, 200, "{}", done.text());
        assert!(
            !done.text().contains("secret"),
            "whoever grants it holds no secret: {}",
            done.text()
        );
        let fetched = format!("id={}", id["id"].as_str().unwrap());
        for other in [&self.asks, &self.grants] {
            assert_eq!(
                other
                    .send("POST", "/self/keys", &[FORM], fetched.as_bytes())
                    .status,
                404
            );
        }
        let holder = instance.console_session(account);
        let page = holder.send("POST", "/self/keys", &[FORM], fetched.as_bytes());
        assert_eq!(page.status, 200, "{}", page.text());
        let text = page.text();
        let secret = text
            .split("<code>")
            .nth(1)
            .unwrap()
            .split("</code>")
            .next()
            .unwrap()
            .to_owned();
        // Once.
        assert_eq!(
            holder
                .send("POST", "/self/keys", &[FORM], fetched.as_bytes())
                .status,
            404
        );
        secret
    }
}

#[test]
fn a_program_is_an_account_like_others_and_signs_each_request() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let officers = Officers::of(&mut instance);
    let (name, program) = officers.issue(&mut instance, "a1", PORTAL_HOST);
    // Caseload, journal: as with the account's sessions.
    let shown = program.ask("/fiche/P1?x=1");
    assert_eq!(
        (shown.status, shown.text().contains("Nom de P1")),
        (200, true),
        "{}",
        shown.text()
    );
    let outside = program.ask("/fiche/P9");
    assert_eq!(
        (outside.status, reasons(&outside)),
        (403, vec!["outside-caseload".to_owned()])
    );

    // The secret alone, another address, method or time, no name of its own, another secret.
    for (claim, value) in [
        ("htu", json!("https://portail.test/fiche/P2")),
        ("htu", json!("https://evil.example/fiche/P1")),
        ("htm", json!("POST")),
        ("iat", json!(now_secs() - 120)),
        ("iat", json!(now_secs() + 120)),
        ("iat", json!(i64::MAX)),
        ("iat", json!(i64::MIN)),
        ("jti", json!("")),
        ("ath", json!(digest("another"))),
    ] {
        let mut claims = program.claims("GET", "/fiche/P1");
        claims[claim] = value.clone();
        let proof = program.key.sign("dpop+jwt", &claims, true);
        assert_eq!(
            program.send("GET", "/fiche/P1", &proof, b"").status,
            401,
            "{claim} {value}"
        );
    }
    assert_eq!(program.send("GET", "/fiche/P1", "", b"").status, 401);
    let stolen = Program {
        client: program.client.clone(),
        key: Holder::new(),
        secret: program.secret.clone(),
        nonce: RefCell::default(),
    };
    assert_eq!(stolen.ask("/fiche/P1").status, 401);
    // A proof that was overheard is valid once.
    let proof = program
        .key
        .sign("dpop+jwt", &program.claims("GET", "/fiche/P1"), true);
    assert_eq!(program.send("GET", "/fiche/P1", &proof, b"").status, 200);
    assert_eq!(program.send("GET", "/fiche/P1", &proof, b"").status, 401);
    // The portal sees neither the secret nor the proof.
    let heard = instance.portal.heard();
    assert!(
        heard
            .iter()
            .all(|one| one.header("authorization").is_none() && one.header("dpop").is_none())
    );

    // The portal's own credentials travel beside the key.
    let proof = program
        .key
        .sign("dpop+jwt", &program.claims("GET", "/fiche/P1"), true);
    let said = format!("DPoP {}", program.secret);
    let both = [
        ("digue-authorization", said.as_str()),
        ("digue-dpop", proof.as_str()),
        ("authorization", "Bearer jeton-du-portail"),
        ("dpop", "preuve-du-portail"),
    ];
    assert_eq!(
        program.client.send("GET", "/fiche/P1", &both, b"").status,
        200
    );
    let heard = instance.portal.heard().pop().unwrap();
    assert_eq!(
        heard.header("authorization"),
        Some("Bearer jeton-du-portail")
    );
    assert_eq!(heard.header("dpop"), Some("preuve-du-portail"));
    assert!(heard.header("digue-authorization").is_none() && heard.header("digue-dpop").is_none());
    // A key of ours that cannot be read is refused, not skipped.
    let wrong = [
        ("digue-authorization", "Bearer x"),
        ("authorization", "Bearer jeton-du-portail"),
    ];
    assert_eq!(
        program.client.send("GET", "/fiche/P1", &wrong, b"").status,
        401
    );

    // Revoked by one person, at once; and it survived a restart until then.
    instance.kill();
    instance.start();
    assert_eq!(program.ask("/fiche/P1").status, 200);
    let target = format!("/api/v1/keys/{name}/revocation");
    let reason = r#"{"reason": "fin du contrat"}"#;
    assert_eq!(
        officers
            .asks
            .send("POST", &target, &JSON, reason.as_bytes())
            .status,
        204
    );
    assert_eq!(program.ask("/fiche/P1").status, 401);
    let history = instance.history();
    let of_key: Vec<&Value> = history
        .iter()
        .filter(|entry| entry["session"] == name.as_str())
        .collect();
    assert!(of_key.iter().all(|entry| entry["account"] == "a1"));
    assert_eq!(of_key.len(), 5);
}

/// On the console a program reads what its account's role may, and does nothing that requires a
/// proof.
#[test]
fn a_program_of_an_officer_reads_and_cannot_widen() {
    let mut instance = Instance::open(&Plan::usual(), obliging);
    let officers = Officers::of(&mut instance);
    let (_, agents) = officers.issue(&mut instance, "a1", CONSOLE_HOST);
    assert_eq!(agents.ask("/api/v1/overview").status, 403);
    let (_, officers_own) = officers.issue(&mut instance, "rssi2", CONSOLE_HOST);
    assert_eq!(officers_own.ask("/api/v1/overview").status, 200);
    assert_eq!(officers_own.ask("/self").status, 303);
    // Evidence requires a fresh proof, which a program never has.
    for evidence in [
        "/api/v1/journal?first=0&count=10",
        "/api/v1/scope?account=a1",
        "/api/v1/persons?person=P1",
        "/api/v1/accounts/a1",
        "/journal.ndjson",
        "/journal",
        "/scope.csv?account=a1",
    ] {
        let answer = officers_own.ask(evidence);
        assert!(
            matches!(answer.status, 303 | 403),
            "{evidence}: {}",
            answer.status
        );
    }
    let request = json!({"kind": "export-journal", "reason": "contrôle annuel"}).to_string();
    let target = "/api/v1/approvals";
    let proof = officers_own
        .key
        .sign("dpop+jwt", &officers_own.claims("POST", target), true);
    let asked = officers_own.send("POST", target, &proof, request.as_bytes());
    assert_eq!(asked.status, 403, "{}", asked.text());
    assert!(
        asked.text().contains("preuve d'identité"),
        "{}",
        asked.text()
    );
    // No one requests a key for their own account.
    let own = json!({
        "kind": "issue-key", "account": "rssi", "public_key": Holder::new().jwk().to_string(),
        "name": "x", "reason": "pour moi-même",
    });
    assert_eq!(
        officers
            .asks
            .send("POST", target, &JSON, own.to_string().as_bytes())
            .status,
        403
    );
}
