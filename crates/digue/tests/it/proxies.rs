//! The facts of a connection: through proxies, around them, and what the portal learns of it.

use std::io::{Read as _, Write as _};

use digue_testkit::{Client, Heard, Reply};

use crate::instance::{Instance, PORTAL_HOST, Plan, obliging, reasons};

const PROXY: &str = "[proxies]\ntrusted = [\"127.0.0.1/32\"]\n";

#[test]
fn the_portal_is_told_the_scheme_and_the_address_that_the_trusted_proxy_says() {
    let mut instance = Instance::open(
        &Plan::usual().settings(PROXY).caseload("a1", &["P1"]),
        obliging,
    );
    for (said, expected) in [
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:51234", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("\"[2001:db8::1]\"", "2001:db8::1"),
    ] {
        let headers = [("x-forwarded-proto", "https"), ("x-forwarded-for", said)];
        assert_eq!(
            instance
                .stranger()
                .send("GET", "/static/x.css", &headers, b"")
                .status,
            200
        );
        let heard = instance.portal.heard().pop().unwrap();
        assert_eq!(heard.header("x-forwarded-for"), Some(expected), "{said}");
        assert_eq!(heard.header("x-forwarded-proto"), Some("https"), "{said}");
    }
    // An unreadable address is not made up.
    instance.stranger().send(
        "GET",
        "/static/x.css",
        &[("x-forwarded-for", "198.51.100.7, unknown")],
        b"",
    );
    assert_eq!(
        instance
            .portal
            .heard()
            .pop()
            .unwrap()
            .header("x-forwarded-for"),
        None
    );
    // Without the proxy's header no one claims anything.
    instance.stop();
    let instance = Instance::open(&Plan::usual(), obliging);
    instance.stranger().send(
        "GET",
        "/static/x.css",
        &[
            ("x-forwarded-proto", "https"),
            ("x-forwarded-for", "6.6.6.6"),
        ],
        b"",
    );
    let heard = instance.portal.heard().pop().unwrap();
    assert_eq!(
        (
            heard.header("x-forwarded-proto"),
            heard.header("x-forwarded-for")
        ),
        (Some("http"), Some("127.0.0.1"))
    );
}

fn from(address: &str) -> [(&'static str, &str); 1] {
    [("x-forwarded-for", address)]
}

/// A session opened from this address, through a proxy.
fn opened_from(instance: &mut Instance, account: &str, address: &str) -> Client {
    let token = instance.link(account, PORTAL_HOST);
    let client = instance.stranger();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-forwarded-for", address),
    ];
    let answer = client.send(
        "POST",
        "/.digue/enter",
        &headers,
        format!("link={token}").as_bytes(),
    );
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookie = answer.header("set-cookie").unwrap();
    client.with_cookie(
        cookie
            .strip_prefix("__Host-digue=")
            .unwrap()
            .split(';')
            .next()
            .unwrap(),
    )
}

#[test]
fn a_copied_cookie_is_refused_however_the_proxy_writes_addresses() {
    let plan = Plan::usual()
        .settings(PROXY)
        .caseload("a1", &["P1"])
        .caseload("a2", &["P1"])
        .caseload("b1", &["P1"]);
    let mut instance = Instance::open(&plan, obliging);
    for (account, opened, good, foreign) in [
        (
            "a1",
            "::ffff:198.51.100.7",
            "198.51.100.99:4000",
            "::ffff:203.0.113.9",
        ),
        (
            "a2",
            "198.51.100.7:51234",
            "::ffff:198.51.100.8",
            "203.0.113.9:4000",
        ),
        (
            "b1",
            "[2001:db8:1:2::3]:443",
            "2001:db8:1:9::7",
            "[2001:db8:2::3]:443",
        ),
    ] {
        let client = opened_from(&mut instance, account, opened);
        let ask = |address: &str| client.send("GET", "/fiche/P1", &from(address), b"");
        assert_eq!(ask(good).status, 200, "{good}");
        // Elsewhere, from the other family, and from an unknown address.
        let other_family = if account == "b1" {
            "198.51.100.7"
        } else {
            "2001:db8:1::7"
        };
        for address in [
            foreign,
            other_family,
            "unknown",
            "198.51.100.7, nonsense",
            "",
        ] {
            let refused = ask(address);
            assert_eq!(
                (refused.status, reasons(&refused)),
                (401, vec!["session-moved".to_owned()]),
                "{address:?}"
            );
        }
        assert_eq!(ask(good).status, 200, "its holder goes on");
    }
}

#[test]
fn headers_of_a_client_reach_the_portal_only_when_they_are_listed() {
    let plan = Plan::usual().caseload("a1", &["P1"]).replace(
        "[identity.headers]",
        "[identity.headers]\nrole = \"x-role\"",
    );
    let plan = plan.replace(
        "population = \"personnes\"",
        "population = \"personnes\"\nrequest_headers = [\"X-Dossier-Lock\"]",
    );
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let claims = [
        "remote-groups",
        "x-auth-request-user",
        "x-webauth-user",
        "x-client-cert",
        "x-envoy-original-path",
        "x-forwarded-user",
        "x-original-url",
        "x-role",
        "x_remote_account",
        "x-custom",
        "digue-receipt",
    ];
    let usual = [
        "x-requested-with",
        "x-csrftoken",
        "hx-request",
        "if-none-match",
        "sec-fetch-site",
        "x-dossier-lock",
    ];
    let headers: Vec<(&str, &str)> = claims
        .iter()
        .chain(&usual)
        .map(|name| (*name, "x"))
        .collect();
    // A route whose response is not held keeps conditions.
    for target in ["/fiche/P1", "/static/x.css"] {
        assert_eq!(a1.send("GET", target, &headers, b"").status, 200);
        let heard = instance.portal.heard().pop().unwrap();
        for name in claims.iter().filter(|name| **name != "x-role") {
            assert_eq!(heard.header(name), None, "{target} {name}");
        }
        assert_ne!(heard.header("x-role"), Some("x"), "{target}");
        for name in usual.iter().filter(|name| **name != "if-none-match") {
            assert_eq!(heard.header(name), Some("x"), "{target} {name}");
        }
    }
    assert_eq!(
        instance
            .portal
            .heard()
            .pop()
            .unwrap()
            .header("if-none-match"),
        Some("x")
    );
}

#[test]
fn a_proxys_word_about_its_user_reaches_no_public_route() {
    let identity = "[identity]\nfrom = \"header\"\naccount = \"x-user\"\ntrusted = [\"127.0.0.1/32\"]\n\n[identity.headers]";
    let plan = Plan::usual()
        .replace("[identity.headers]", identity)
        .replace("account = \"x-remote-account\"", "");
    let instance = Instance::open(&plan.caseload("a1", &["P1"]), obliging);
    let who = [("x-user", "A1")];
    assert_eq!(
        instance
            .stranger()
            .send("GET", "/static/x.css", &who, b"")
            .status,
        200
    );
    assert_eq!(
        instance.portal.heard().pop().unwrap().header("x-user"),
        None
    );
    assert_eq!(
        instance
            .stranger()
            .send("GET", "/fiche/P1", &who, b"")
            .status,
        200
    );
    assert_eq!(
        instance.portal.heard().pop().unwrap().header("x-user"),
        Some("A1")
    );
}

#[test]
fn a_cookie_that_is_no_text_hides_no_session() {
    let mut instance = Instance::open(&Plan::usual().caseload("a1", &["P1"]), obliging);
    let a1 = instance.sign_in("a1");
    let ask = |cookies: &[u8]| {
        let mut request =
            b"GET /fiche/P1 HTTP/1.1\r\nHost: portail.test\r\nConnection: close\r\nCookie: "
                .to_vec();
        request.extend_from_slice(cookies);
        request.extend_from_slice(b"\r\n\r\n");
        let mut stream = a1.connect().unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let own = a1.cookie.as_bytes();
    for other in [&b"nom=Andr\xc3\xa9"[..], b"nom=Andr\xe9"] {
        let answer = ask(&[other, b"; ", own].concat());
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let heard = instance.portal.heard().pop().unwrap();
        assert!(!format!("{heard:?}").contains("__Host-digue"), "{heard:?}");
    }
    // A cookie without name whose value looks like ours is neither ours nor the portal's.
    let answer = ask(&[b"=", own].concat());
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[test]
fn a_portal_sets_and_clears_no_cookie_of_digues() {
    let portal = |_: &Heard| {
        Reply::new("text/css", "a{}")
            .header("set-cookie", "=__Host-digue=forged")
            .header("set-cookie", "portail=1")
            .header("clear-site-data", "\"cookies\", \"cache\"")
    };
    let instance = Instance::open(&Plan::usual(), portal);
    let answer = instance.stranger().get("/static/x.css");
    let set: Vec<&str> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(set, ["portail=1"]);
    assert_eq!(answer.header("clear-site-data"), None);
}

#[test]
fn tunnels_echoes_and_foreign_ports_end_at_the_gateway() {
    let instance = Instance::open(&Plan::usual(), obliging);
    let stranger = instance.stranger();
    for method in ["TRACE", "TRACK", "CONNECT"] {
        let mut stream = stranger.connect().unwrap();
        let request = format!(
            "{method} /static/x.css HTTP/1.1\r\nHost: portail.test\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{method}: {answer}");
    }
    let at = |host: &str| {
        Client::new(instance.address, host)
            .get("/static/x.css")
            .status
    };
    let own = format!("{PORTAL_HOST}:{}", instance.address.port());
    assert_eq!(
        (at(PORTAL_HOST), at(&own), at("portail.test:443")),
        (200, 200, 200)
    );
    assert_eq!(
        (at("portail.test:4443"), at("portail.test:8080")),
        (421, 421)
    );
    assert_eq!((at("portail.test:"), at("portail.test:99999")), (400, 400));
    assert!(
        instance
            .portal
            .heard()
            .iter()
            .all(|heard| !heard.header("host").unwrap().contains(":4443"))
    );
}

const NGINX: &str = "/.digue/authz/auth-request";

fn ask_nginx(client: &Client, url: &str, more: &[(&str, &str)]) -> digue_testkit::Answer {
    let headers = [
        &[("x-original-url", url), ("x-original-method", "GET")],
        more,
    ]
    .concat();
    client.send("GET", NGINX, &headers, b"")
}

#[test]
fn nginx_gets_answers_that_it_understands_and_operators_the_cause() {
    let plan = Plan::usual()
        .settings(PROXY)
        .replace("\"24h\" = 100000", "\"24h\" = 1")
        .caseload("a1", &["P1", "P2"]);
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let ask = |url: &str| {
        let answer = ask_nginx(&a1, &format!("http://portail.test{url}"), &[]);
        (
            answer.status,
            answer
                .header("digue-refusal")
                .unwrap_or_default()
                .to_owned(),
        )
    };
    assert_eq!(ask("/fiche/P1"), (200, String::new()));
    assert_eq!(ask("/fiche/P2"), (403, "429 budget:account:24h".to_owned()));
    assert_eq!(ask("/nulle-part"), (403, "403 unknown-route".to_owned()));
    for odd in [
        "//fiche/P1",
        "/fiche/P1;jsessionid=1",
        "/fiche/P 1",
        "/fiche/P1#x",
        "/fiche/%zz",
        "/fiche/é",
        "/fiche/..",
    ] {
        assert_eq!(ask(odd), (403, "400 malformed-request".to_owned()), "{odd}");
    }
    assert_eq!(
        ask_nginx(&instance.stranger(), "http://portail.test/fiche/P1", &[]).status,
        401
    );
    assert_eq!(
        ask_nginx(&a1, "http://autre.test/fiche/P1", &[]).status,
        403
    );
    assert_eq!(
        ask_nginx(&a1, "http://portail.test:4443/fiche/P1", &[]).status,
        403
    );
    assert_eq!(ask_nginx(&a1, "nonsense", &[]).status, 403);
    // Others hand the answer on as it is.
    let traefik = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-host", "portail.test"),
        ("x-forwarded-uri", "/fiche/P2"),
    ];
    assert_eq!(
        a1.send("GET", "/.digue/authz/forward-auth", &traefik, b"")
            .status,
        429
    );
    assert_eq!(instance.portal.heard().len(), 0);
    let history = instance.history();
    let unmapped = history
        .iter()
        .find(|entry| entry["reasons"][0] == "unknown-route");
    assert!(
        unmapped.is_some(),
        "what is refused this way is in the journal, too"
    );
}

#[test]
fn the_identity_is_handed_to_the_proxy_that_shows_its_secret_and_to_no_client_behind_it() {
    let secret = "un secret de mandataire assez long";
    let file = tempfile::NamedTempFile::new().unwrap();
    // While it is being replaced both count.
    let new = "le prochain secret du mandataire, plus long";
    std::fs::write(file.path(), format!("{new}\n{secret}\n")).unwrap();
    let settings = format!("{PROXY}secret_file = \"{}\"\n", file.path().display());
    let url = "http://portail.test/fiche/P1";
    let mut instance = Instance::open(
        &Plan::usual().settings(&settings).caseload("a1", &["P1"]),
        obliging,
    );
    let a1 = instance.sign_in("a1");
    for secret in [secret, new] {
        let own = ask_nginx(&a1, url, &[("digue-proxy-secret", secret)]);
        assert_eq!(own.status, 200, "{}", own.text());
        assert!(own.header("digue-identity").is_some());
    }
    for more in [
        &[][..],
        &[("digue-proxy-secret", "un autre secret, tout aussi long")],
    ] {
        let passed_on = ask_nginx(&a1, url, more);
        assert_eq!(
            (passed_on.status, passed_on.header("digue-identity")),
            (403, None)
        );
    }
    // Without a secret in the configuration no proxy gets it.
    let mut instance = Instance::open(
        &Plan::usual().settings(PROXY).caseload("a1", &["P1"]),
        obliging,
    );
    let a1 = instance.sign_in("a1");
    let answer = ask_nginx(&a1, url, &[]);
    assert_eq!(
        (answer.status, answer.header("digue-identity")),
        (200, None)
    );
}

#[test]
fn what_another_proxy_asks_is_asked_in_full_or_refused() {
    let answer = "[[routes.response]]\nformat = \"json\"\nrecords = [\"$.items[:]\"]\nempty = [\"$.items[:]\"]\n\
                  persons = [{ at = \"$.items[:].id\" }]\n";
    let route = |name: &str, more: &str| {
        format!(
            "[[routes]]\nname = \"{name}\"\npath = \"/{name}\"\naction = \"open\"\n{more}\n{answer}"
        )
    };
    let plan = Plan::usual()
        .settings(PROXY)
        .add(&route(
            "graphe",
            "query = [\"query\"]\ngraphql = \"no-aliases\"",
        ))
        .add(&route(
            "cherche",
            "request = [{ in = \"query\", at = \"id\", subject = false }]",
        ))
        .add(&route(
            "modifie",
            "request = [{ in = \"form\", at = \"id\" }]",
        ))
        .caseload("a1", &["P1"]);
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    let ask = |method: &str, target: &str| {
        let asked = [
            ("x-forwarded-method", method),
            ("x-forwarded-host", "portail.test"),
            ("x-forwarded-uri", target),
        ];
        let answer = a1.send("GET", "/.digue/authz/forward-auth", &asked, b"");
        let reasons = if answer.status == 200 {
            Vec::new()
        } else {
            reasons(&answer)
        };
        (answer.status, reasons)
    };
    let refused = |status: u16, reason: &str| (status, vec![reason.to_owned()]);
    assert_eq!(ask("GET", "/graphe?query=%7Bpersonnes%7Bid%7D%7D").0, 200);
    assert_eq!(
        ask("GET", "/graphe?query=%7Bpersonnes%7Bid%3Atuteur%7D%7D"),
        refused(400, "renamed-fields")
    );
    assert_eq!(ask("POST", "/graphe"), refused(403, "body-unseen"));
    assert_eq!(ask("POST", "/modifie"), refused(403, "body-unseen"));
    // The response is not seen: everyone whom the request names is a subject.
    assert_eq!(ask("GET", "/cherche?id=P1").0, 200);
    assert_eq!(
        ask("GET", "/cherche?id=P9"),
        refused(403, "outside-caseload")
    );
    assert!(instance.portal.heard().is_empty());
}
