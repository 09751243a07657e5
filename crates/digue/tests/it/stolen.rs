//! AC-17: what a copied cookie is worth on another machine.

use digue_testkit::{Answer, Client, Holder};
use serde_json::json;

use crate::instance::{Instance, PORTAL_HOST, Plan, obliging, reasons};

const PROXY: &str = "[proxies]\ntrusted = [\"127.0.0.1/32\"]\n";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[test]
fn a_copied_cookie_is_refused_elsewhere_and_its_holder_goes_on() {
    let mut instance = Instance::open(
        &Plan::usual().settings(PROXY).caseload("a1", &["P1"]),
        obliging,
    );
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    // Another browser, another network; and both.
    let elsewhere: [&[(&str, &str)]; 3] = [
        &[("user-agent", "python-requests/2.32")],
        &[("x-forwarded-for", "203.0.113.66")],
        &[
            ("user-agent", "curl/8.5"),
            ("x-forwarded-for", "203.0.113.66"),
        ],
    ];
    for origin in elsewhere {
        let refused = a1.send("GET", "/fiche/P1", origin, b"");
        assert_eq!(
            (refused.status, reasons(&refused)),
            (401, vec!["session-moved".to_owned()]),
            "{origin:?}"
        );
        assert!(!refused.text().contains("Nom de P1"));
        let page = [origin, &[("accept", "text/html")]].concat();
        let page = a1.send("GET", "/fiche/P1", &page, b"");
        assert!(
            page.text().contains("Prouver mon identité"),
            "{}",
            page.text()
        );
    }
    assert_eq!(a1.get("/fiche/P1").status, 200);
    // Nor is it worth anything on Digue's own pages.
    let officer = instance.officer();
    let moved = [("user-agent", "curl/8.5")];
    assert_eq!(officer.get("/accounts").status, 200);
    assert_eq!(officer.send("GET", "/accounts", &moved, b"").status, 303);
    let history = instance.history();
    let refused = history
        .iter()
        .filter(|entry| entry["reasons"][0] == "session-moved");
    assert_eq!(refused.filter(|entry| entry["account"] == "a1").count(), 6);
}

/// A browser with device-bound sessions behind a proxy that ends TLS.
struct Device {
    client: Client,
    key: Holder,
    session: String,
    short: String,
}

const SECURE: (&str, &str) = ("x-forwarded-proto", "https");

fn cookie_of(answer: &Answer, name: &str) -> String {
    let mut set = answer
        .headers
        .iter()
        .filter(|(known, _)| known == "set-cookie")
        .map(|(_, value)| value);
    let found = set.find_map(|value| value.strip_prefix(&format!("{name}=")));
    found
        .unwrap_or_else(|| panic!("{name} in {:?}", answer.headers))
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

impl Device {
    fn with(&self, target: &str, short: Option<&str>) -> Answer {
        let mut client = self.client.clone();
        if let Some(short) = short {
            client
                .cookie
                .push_str(&format!("; __Host-digue-device={short}"));
        }
        client.get(target)
    }

    fn refresh(&mut self) {
        let named = [("sec-secure-session-id", self.session.as_str()), SECURE];
        let asked = self
            .client
            .send("POST", "/.digue/device/refresh", &named, b"");
        assert_eq!(asked.status, 403);
        let challenge = asked.header("secure-session-challenge").unwrap();
        assert!(
            challenge.ends_with(&format!(";id=\"{}\"", self.session)),
            "{challenge}"
        );
        let challenge = challenge.split('"').nth(1).unwrap();
        let token = self.key.sign("dbsc+jwt", &json!({"jti": challenge}), false);
        let signed = [
            named[0],
            named[1],
            ("secure-session-response", token.as_str()),
        ];
        let refreshed = self
            .client
            .send("POST", "/.digue/device/refresh", &signed, b"");
        assert_eq!(refreshed.status, 200, "{}", refreshed.text());
        self.short = cookie_of(&refreshed, "__Host-digue-device");
    }
}

#[test]
fn a_copied_cookie_of_a_bound_session_is_worth_nothing_after_a_refresh() {
    let mut instance = Instance::open(
        &Plan::usual().settings(PROXY).caseload("a1", &["P1"]),
        obliging,
    );
    let token = instance.link("a1", PORTAL_HOST);
    let client = Client::new(instance.address, PORTAL_HOST);
    let entered = client.send(
        "POST",
        "/.digue/enter",
        &[FORM, SECURE],
        format!("link={token}").as_bytes(),
    );
    let invitation = entered
        .header("secure-session-registration")
        .unwrap()
        .to_owned();
    let client = client.with_cookie(&cookie_of(&entered, "__Host-digue"));
    // In the clear no browser is invited: its cookies would not come back.
    let key = Holder::new();
    let challenge = invitation.split('"').nth(3).unwrap();
    let token = key.sign("dbsc+jwt", &json!({"jti": challenge}), true);
    let signed = [("secure-session-response", token.as_str()), SECURE];
    let bound = client.send("POST", "/.digue/device/register", &signed, b"");
    assert_eq!(bound.status, 200, "{}", bound.text());
    let instructions: serde_json::Value = serde_json::from_slice(&bound.body).unwrap();
    let session = instructions["session_identifier"]
        .as_str()
        .unwrap()
        .to_owned();
    let short = cookie_of(&bound, "__Host-digue-device");
    let mut device = Device {
        client,
        key,
        session,
        short,
    };

    // The long cookie alone is worth nothing from the first moment.
    let alone = device.with("/fiche/P1", None);
    assert_eq!(
        (alone.status, reasons(&alone)),
        (401, vec!["session-moved".to_owned()])
    );
    assert_eq!(device.with("/fiche/P1", Some("made up")).status, 401);
    let stolen = device.short.clone();
    assert_eq!(device.with("/fiche/P1", Some(&stolen)).status, 200);
    // Both cookies copied: good until the device has its next ones.
    device.refresh();
    device.refresh();
    assert_eq!(device.with("/fiche/P1", Some(&stolen)).status, 401);
    assert_eq!(device.with("/fiche/P1", Some(&device.short)).status, 200);
    // Without the key there is no refresh, for anyone.
    let thief = Holder::new();
    let named = [("sec-secure-session-id", device.session.as_str()), SECURE];
    let asked = device
        .client
        .send("POST", "/.digue/device/refresh", &named, b"");
    let challenge = asked
        .header("secure-session-challenge")
        .unwrap()
        .split('"')
        .nth(1)
        .unwrap();
    let token = thief.sign("dbsc+jwt", &json!({"jti": challenge}), true);
    let signed = [
        named[0],
        named[1],
        ("secure-session-response", token.as_str()),
    ];
    assert_eq!(
        device
            .client
            .send("POST", "/.digue/device/refresh", &signed, b"")
            .status,
        422
    );
    // And the portal never sees Digue's own cookies.
    let heard = instance.portal.heard();
    assert!(heard.iter().all(|heard| {
        !heard
            .headers
            .iter()
            .any(|(_, value)| value.contains("__Host-digue"))
    }));
    // A restart does not unbind it.
    instance.kill();
    instance.start();
    assert_eq!(device.with("/fiche/P1", None).status, 401);
    assert_eq!(device.with("/fiche/P1", Some(&device.short)).status, 200);
}
