//! Who sends a request, and how the portal is told.

use digue_testkit::{Heard, Reply};

use crate::instance::{Instance, Plan, obliging, reasons};

#[test]
fn without_a_session_nothing_passes_but_what_the_map_calls_public() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let stranger = instance.stranger();
    assert_eq!(reasons(&stranger.get("/fiche/P1")), ["no-session"]);
    assert_eq!(stranger.get("/static/x.css").status, 200);
    let page = stranger.send("GET", "/fiche/P1", &[("accept", "text/html")], b"");
    assert_eq!(page.status, 401);
    assert!(page.text().contains("/.digue/sign-in"));
    assert_eq!(
        stranger
            .clone()
            .with_cookie("guess")
            .get("/fiche/P1")
            .status,
        401
    );
    let a1 = instance.sign_in("a1");
    // A session of one host is worth nothing on another.
    let elsewhere = digue_testkit::Client {
        host: crate::instance::CONSOLE_HOST.into(),
        ..a1.clone()
    };
    assert_eq!(elsewhere.get("/").status, 303);
}

#[test]
fn the_portal_is_told_who_is_there_in_a_way_that_nobody_can_claim() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let a1 = instance.sign_in("a1");
    let claims = [
        ("x-remote-account", "root"),
        ("digue-identity", "forged"),
        ("x-forwarded-for", "1.2.3.4"),
    ];
    assert_eq!(a1.send("GET", "/fiche/P1", &claims, b"").status, 200);
    let jwks = instance.stranger().get("/.digue/jwks.json");
    assert!(jwks.text().contains("\"ES256\""));
    let heard: Heard = instance.portal.heard().pop().unwrap();
    assert_eq!(heard.header("x-remote-account"), Some("a1"));
    assert_eq!(heard.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(heard.header("cookie"), None);
    let token = heard.header("digue-identity").unwrap();
    let claims = token.split('.').nth(1).unwrap();
    use base64::Engine as _;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(
        (&claims["sub"], &claims["aud"], &claims["org"]),
        (&"a1".into(), &"portail".into(), &"of-1".into())
    );
}

#[test]
fn a_one_time_link_works_once() {
    let mut instance = Instance::open(&Plan::usual(), obliging);
    instance.stop();
    let done = crate::instance::digue(
        instance.folder.path(),
        &["link", "a1", "--host", "portail.test"],
    );
    let link = String::from_utf8(done.stdout).unwrap();
    let token = link.trim().rsplit_once('=').unwrap().1.to_owned();
    instance.start();
    let stranger = instance.stranger();
    // Opening it, as a preview does, does not use it up.
    let target = format!("/.digue/enter?link={token}");
    assert_eq!(
        (stranger.get(&target).status, stranger.get(&target).status),
        (200, 200)
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("link={token}");
    assert_eq!(
        stranger
            .send("POST", "/.digue/enter", &form, body.as_bytes())
            .status,
        303
    );
    assert_eq!(
        stranger
            .send("POST", "/.digue/enter", &form, body.as_bytes())
            .status,
        422
    );
    // A form of another site is refused before anything is read.
    let foreign = [form[0], ("origin", "https://evil.test")];
    assert_eq!(
        stranger
            .send("POST", "/.digue/enter", &foreign, body.as_bytes())
            .status,
        403
    );
}

#[test]
fn a_header_is_believed_from_its_proxy_only() {
    let identity = "[identity]\nfrom = \"header\"\naccount = \"x-remote-user\"\ntrusted = [\"127.0.0.1/32\"]\n\n[identity.headers]";
    let plan = Plan::usual()
        .caseload("a1", &["P1"])
        .replace("[identity.headers]", identity);
    let instance = Instance::open(&plan, obliging);
    let stranger = instance.stranger();
    assert_eq!(
        stranger
            .send("GET", "/fiche/P1", &[("x-remote-user", "a1")], b"")
            .status,
        200
    );
    assert_eq!(stranger.get("/fiche/P1").status, 401);
    let plan = plan.replace("127.0.0.1/32", "192.0.2.0/24");
    let instance = Instance::open(&plan, obliging);
    let refused = instance
        .stranger()
        .send("GET", "/fiche/P1", &[("x-remote-user", "a1")], b"");
    assert_eq!(refused.status, 401);
}

#[test]
fn forward_auth_checks_the_request_and_says_that_it_sees_no_response() {
    let plan = Plan::usual()
        .caseload("a1", &["P1"])
        .settings("[proxies]\ntrusted = [\"127.0.0.0/8\"]\n");
    let mut instance = Instance::open(&plan, |_: &Heard| Reply::new("text/plain", "never asked"));
    let a1 = instance.sign_in("a1");
    let asks: [(&str, &str, Vec<(&str, &str)>); 3] = [
        (
            "GET",
            "/.digue/authz/auth-request",
            vec![
                ("x-original-url", "http://portail.test/fiche/{id}"),
                ("x-original-method", "GET"),
            ],
        ),
        (
            "GET",
            "/.digue/authz/forward-auth",
            vec![
                ("x-forwarded-method", "GET"),
                ("x-forwarded-host", "portail.test"),
                ("x-forwarded-uri", "/fiche/{id}"),
            ],
        ),
        ("GET", "/.digue/authz/ext-authz/fiche/{id}", vec![]),
    ];
    for (method, target, headers) in &asks {
        for (id, status) in [("P1", 200), ("P2", 403)] {
            let filled: Vec<(&str, String)> = headers
                .iter()
                .map(|(name, value)| (*name, value.replace("{id}", id)))
                .collect();
            let filled: Vec<(&str, &str)> = filled.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let answer = a1.send(method, &target.replace("{id}", id), &filled, b"");
            assert_eq!(answer.status, status, "{target} {id}: {}", answer.text());
            assert!(
                answer
                    .header("digue-coverage")
                    .unwrap()
                    .contains("not seen")
            );
        }
    }
    assert_eq!(instance.portal.heard().len(), 0);
    let history = instance.history();
    assert!(
        history
            .iter()
            .all(|entry| entry["inspection"] == "request-only")
    );
}

#[test]
fn a_portal_reports_by_itself_what_it_showed() {
    let token = "0123456789abcdef0123456789abcdef";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), token).unwrap();
    let plan = Plan::usual()
        .replace("\"24h\" = 100000", "\"24h\" = 2")
        .add(&format!(
            "[report]\ntoken_file = \"{}\"\n",
            file.path().display()
        ));
    let mut instance = Instance::open(&plan, obliging);
    let console = digue_testkit::Client::new(instance.address, crate::instance::CONSOLE_HOST);
    let line = |person: &str| {
        format!(
            "{{\"at\":\"2026-11-01T08:00:00Z\",\"account\":\"a1\",\"organisation\":\"of-1\",\"portal\":\"portail\",\
             \"route\":\"fiche\",\"action\":\"open\",\"persons\":[\"{person}\"]}}\n"
        )
    };
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/x-ndjson"),
    ];
    let good = format!("{}{}{}", line("P1"), line("P2"), line("P3"));
    let answer = console.send("POST", "/v1/exposures", &headers, good.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(
        answer.text().contains("\"budget:account:24h\""),
        "{}",
        answer.text()
    );
    let bad = format!(
        "{}{}not json\n",
        line("P4"),
        line("P5").replace("\"route\"", "\"rout\"")
    );
    let answer = console.send("POST", "/v1/exposures", &headers, bad.as_bytes());
    assert_eq!(answer.status, 422);
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let lines: Vec<u64> = problem["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2, 3]);
    assert_eq!(
        console
            .send(
                "POST",
                "/v1/exposures",
                &[("authorization", "Bearer guess")],
                good.as_bytes()
            )
            .status,
        401
    );
    let history = instance.history();
    assert_eq!(
        crate::instance::shown_to(&history, "a1"),
        ["P1", "P2", "P3"]
    );
}

/// One installation's assertion about its caller is another one's token: a real issuer for a real
/// verifier.
#[test]
fn a_portal_that_authenticates_by_itself_sends_tokens_that_are_verified() {
    let mut issuer = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let a1 = issuer.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let token = issuer
        .portal
        .heard()
        .pop()
        .unwrap()
        .header("digue-identity")
        .unwrap()
        .to_owned();
    let keys = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(keys.path(), issuer.stranger().get("/.digue/jwks.json").body).unwrap();
    let identity = |audience: &str| {
        format!(
            "[identity]\nfrom = \"jwt\"\njwks = \"{}\"\nissuer = \"digue.test\"\naudience = \"{audience}\"\n\
             organisation = \"org\"\n\n[identity.headers]",
            keys.path().display()
        )
    };
    let plan = |audience: &str| {
        Plan::usual()
            .caseload("a1", &["P1"])
            .replace("[identity.headers]", &identity(audience))
    };
    let instance = Instance::open(&plan("portail"), obliging);
    let ask = |instance: &Instance, token: &str| {
        let bearer = format!("Bearer {token}");
        instance
            .stranger()
            .send("GET", "/fiche/P1", &[("authorization", &bearer)], b"")
            .status
    };
    assert_eq!(ask(&instance, &token), 200);
    assert_eq!(instance.stranger().get("/fiche/P1").status, 401);
    // Another signature, another body, no signature at all.
    let parts: Vec<&str> = token.split('.').collect();
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = String::from_utf8(engine.decode(parts[1]).unwrap()).unwrap();
    let forged = engine.encode(claims.replace("\"a1\"", "\"b1\""));
    let none = engine.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let hmac = engine.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    for bad in [
        format!("{}.{forged}.{}", parts[0], parts[2]),
        format!("{none}.{}.", parts[1]),
        format!("{hmac}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], engine.encode([0u8; 64])),
        "nonsense".to_owned(),
    ] {
        assert_eq!(ask(&instance, &bad), 401, "{bad}");
    }
    assert_eq!(ask(&Instance::open(&plan("autre"), obliging), &token), 401);
}
