//! Events of a third-party provider on the real binary: tokens that another JOSE library signs, at the
//! address of the stream, and the next request of the account.

use digue_testkit::{Answer, Client};
use serde_json::{Value, json};

use crate::instance::{CONSOLE_HOST, PORTAL_HOST};
use crate::provider::{SECRET, Scene};
use crate::webdriver::Browser;

const STREAM: &str = "\
[signals]
closes_at_most = 1
[[signals.receive]]
name = \"annuaire\"
issuer = \"ISSUER\"
audience = \"digue-signaux\"
keys = \"ISSUER/jwks\"
secret_file = \"provider.secret\"
identified_by = [\"account\"]
";
const PLACE: &str = "/.digue/signals/annuaire";
const KIND: &str = "application/secevent+jwt";
const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const DISABLED: &str = "https://schemas.openid.net/secevent/risc/event-type/account-disabled";

fn claims(scene: &Scene, id: &str, event: &str, subject: Value) -> Value {
    json!({"iss": scene.provider.issuer, "aud": "digue-signaux", "jti": id,
           "iat": digue_testkit::holder::now_secs(), "sub_id": subject, "events": {event: {}}})
}

fn sign(scene: &Scene, claims: &Value, key: &str, typ: &str) -> String {
    let asked = json!({"claims": claims, "key": key, "typ": typ});
    let token = scene.provider.ask("/sign", &asked)["token"].clone();
    token.as_str().unwrap().to_owned()
}

fn send(scene: &Scene, host: &str, secret: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {secret}");
    let headers = [("authorization", bearer.as_str()), ("content-type", KIND)];
    Client::new(scene.instance.address, host).send("POST", PLACE, &headers, token.as_bytes())
}

fn push(scene: &Scene, claims: &Value, key: &str) -> u16 {
    let token = sign(scene, claims, key, "secevent+jwt");
    send(scene, CONSOLE_HOST, SECRET, &token).status
}

#[test]
fn what_the_provider_revokes_is_refused_at_the_next_request() {
    let mut scene = Scene::open(STREAM);
    let browser = Browser::open("fr");
    let linked = scene.instance.sign_in("a1");
    let other = scene.instance.sign_in("a2");
    scene.link(&browser, "a1", "marie");
    assert_eq!(linked.get("/fiche/P1").status, 200);
    let marie = json!({"format": "iss_sub", "iss": scene.provider.issuer, "sub": "marie"});
    let good = claims(&scene, "un", REVOKED, marie.clone());

    // Nothing ends anything but a token of this stream.
    let token = |key: &str, typ: &str| sign(&scene, &good, key, typ);
    let known = token("rsa", "secevent+jwt");
    assert_eq!(send(&scene, CONSOLE_HOST, "autre", &known).status, 401);
    assert_eq!(send(&scene, PORTAL_HOST, SECRET, &known).status, 404);
    for (key, typ) in [
        ("foreign", "secevent+jwt"),
        ("none", "secevent+jwt"),
        ("secret", "secevent+jwt"),
        ("rsa", "JWT"),
        ("rsa", "logout+jwt"),
    ] {
        let answer = send(&scene, CONSOLE_HOST, SECRET, &token(key, typ));
        assert_eq!(answer.status, 400, "{key} {typ}");
        let error: Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(error["err"].is_string(), "{error}");
    }
    let mut elsewhere = good.clone();
    elsewhere["aud"] = json!("digue");
    assert_eq!(
        push(&scene, &elsewhere, "rsa"),
        400,
        "an audience of the sign-in"
    );
    assert_eq!(linked.get("/fiche/P1").status, 200);

    let taken = send(&scene, CONSOLE_HOST, SECRET, &known);
    assert_eq!((taken.status, taken.body.len()), (202, 0));
    assert_ne!(linked.get("/fiche/P1").status, 200, "the portal's session");
    browser.go(&format!("{}/self", scene.console));
    browser.sees("h1", "Se connecter");
    assert_ne!(
        other.get("/fiche/P1").status,
        401,
        "another account goes on"
    );

    // Closed within the brake, and then not: its sessions end all the same.
    let named = |name: &str| json!({"format": "opaque", "id": name});
    let again = scene.instance.sign_in("a1");
    assert_eq!(again.get("/fiche/P1").status, 200);
    assert_eq!(
        push(&scene, &claims(&scene, "deux", DISABLED, named("a1")), "ec"),
        202
    );
    assert_ne!(again.get("/fiche/P1").status, 200);
    assert_eq!(
        push(
            &scene,
            &claims(&scene, "trois", DISABLED, named("a2")),
            "ec"
        ),
        202
    );
    let stranger = claims(&scene, "quatre", DISABLED, named("personne"));
    assert_eq!(push(&scene, &stranger, "ec"), 202);

    // A restart forgets no token.
    scene.instance.kill();
    scene.instance.start();
    assert_eq!(push(&scene, &good, "rsa"), 202);
    let officer = scene.instance.officer();
    let page = officer.get("/signals").text();
    for shown in [
        "annuaire",
        "a2",
        "personne",
        "sujet inconnu",
        "attend votre d",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let history = scene.instance.acts();
    let acts = |act: &str, account: &str| {
        let is_meant = |entry: &&Value| {
            entry["act"] == act
                && entry["subject"].to_string().contains(account)
                && entry["reason"]
                    .as_str()
                    .is_some_and(|reason| reason.starts_with("signal annuaire "))
        };
        history.iter().filter(is_meant).count()
    };
    assert_eq!(acts("session-cut", "a1"), 1, "{history:?}");
    assert_eq!(acts("account-suspended", "a1"), 1);
    assert_eq!(
        (acts("session-cut", "a2"), acts("account-suspended", "a2")),
        (1, 0)
    );
    assert!(!format!("{history:?}").contains("marie"));
}
