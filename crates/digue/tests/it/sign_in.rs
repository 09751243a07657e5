//! A portal in Django, with the worked examples of `contrib/sign-in/django`: it names its users to
//! Digue, or takes Digue's word for who they are.
//!
//! Symfony and Rails are run by `tests/sign-in/run`.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use digue_testkit::{Answer, Client};
use regex::Regex;

use crate::instance::{Instance, PORTAL_HOST, Plan, free_address, obliging, reasons, shown_to};
use crate::python::{python, script};

const NAMES_ITS_USERS: &str =
    include_str!("../../../../contrib/sign-in/django/names-its-users.toml");
const DIGUE_SIGNS_IN: &str = include_str!("../../../../contrib/sign-in/django/digue-signs-in.toml");
/// A page that shows a person to anybody.
const OPEN_ROUTE: &str = include_str!("../../../../tests/sign-in/open-person.toml");
const NO_HEADERS: &[(&str, &str)] = &[];

struct DjangoPortal {
    child: Child,
    _folder: tempfile::TempDir,
}

impl DjangoPortal {
    /// `way` and `more`: as `tests/sign-in/django_portal.py` takes them.
    fn start(address: SocketAddr, way: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new(python("python"))
            .arg(script("sign-in/django_portal.py"))
            .args([way, &address.port().to_string()])
            .arg(folder.path())
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "Django did not start");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Self {
            child,
            _folder: folder,
        }
    }
}

impl Drop for DjangoPortal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser that keeps the portal's cookies and follows nothing.
struct PortalVisitor {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl PortalVisitor {
    fn new(client: Client) -> Self {
        Self {
            client,
            cookies: BTreeMap::new(),
        }
    }

    fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let cookies = self.cookies.iter();
        let pairs: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let client = self.client.clone().with_named_cookie(&pairs.join("; "));
        let answer = client.send(method, target, headers, body.as_bytes());
        let set = answer
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie");
        for (_, cookie) in set {
            let pair = cookie.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    fn get(&mut self, target: &str) -> Answer {
        self.send("GET", target, &[], "")
    }

    /// The form of the portal's own page, as the page has it.
    fn submit(&mut self, page: &str, target: &str, fields: &str) -> Answer {
        let page = self.get(page);
        assert_eq!(page.status, 200, "{}", page.text());
        let hidden = Regex::new(r#"name="csrfmiddlewaretoken" value="([^"]+)""#).unwrap();
        let text = page.text();
        let found = hidden.captures(&text).expect("Django's token");
        let token = &found[1];
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("csrfmiddlewaretoken={token}{fields}");
        self.send("POST", target, &form, &body)
    }

    fn sign_in(&mut self, account: &str, password: &str) -> Answer {
        let fields = format!("&username={account}&password={password}&next=");
        self.submit("/accounts/login/", "/accounts/login/", &fields)
    }
}

fn plan(map: &str, upstream: SocketAddr) -> Plan {
    let mut plan = Plan::usual();
    plan.map = map.replace("https://portail.exemple.fr", "{url}");
    plan.replace("http://127.0.0.1:8000", &format!("http://{upstream}"))
        .add(OPEN_ROUTE)
        .caseload("a1", &["P0001"])
        .caseload("b1", &["P0002"])
}

/// The map with `whoami`, which it has in comments, instead of the header.
fn with_whoami(map: &str) -> String {
    let lines = map
        .lines()
        .filter(|line| !line.starts_with("response_header"));
    let text: Vec<&str> = lines
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with("whoami = ") || rest.starts_with("account = ") => rest,
            Some(_) | None => line,
        })
        .collect();
    let text = text.join("\n");
    assert!(text.contains("\nwhoami = "), "the map has no `whoami`");
    text
}

/// Each was shown their own person, and an entry says whom they were refused.
fn assert_journalled(instance: &mut Instance) {
    let history = instance.history();
    for (account, person) in [("a1", "P0001"), ("b1", "P0002")] {
        assert_eq!(shown_to(&history, account), [person]);
        let is_refusal = |entry: &serde_json::Value| {
            entry["account"] == account
                && entry["outcome"] == "refused"
                && entry["reasons"]
                    .as_array()
                    .unwrap()
                    .contains(&"outside-caseload".into())
        };
        assert!(history.iter().any(is_refusal), "{account}");
    }
    assert_eq!(shown_to(&history, "unknown"), [""; 0]);
}

#[test]
fn a_django_portal_names_its_users() {
    let header = NAMES_ITS_USERS.to_owned();
    for map in [header, with_whoami(NAMES_ITS_USERS)] {
        let upstream = free_address();
        let _portal = DjangoPortal::start(upstream, "names", &[]);
        let mut instance = Instance::open(&plan(&map, upstream), obliging);
        let mut nobody = PortalVisitor::new(instance.stranger());
        let past = Client::new(upstream, PORTAL_HOST).get("/open/P0001");
        assert!(past.text().contains("Nom de P0001"), "the portal shows it");
        let forged = [("x-portal-user", "a1"), ("digue-identity", "a.b.c")];
        for headers in [NO_HEADERS, &forged] {
            let refused = nobody.send("GET", "/open/P0001", headers, "");
            assert_eq!(reasons(&refused), ["no-session"]);
            assert!(!refused.text().contains("Nom de"));
        }
        // The portal's redirect, and its answer to a wrong password.
        assert_eq!(nobody.get("/").status, 302);
        assert_eq!(nobody.sign_in("a1", "faux").status, 200);
        assert_eq!(reasons(&nobody.get("/open/P0001")), ["no-session"]);

        let mut a1 = PortalVisitor::new(instance.stranger());
        let mut b1 = PortalVisitor::new(instance.stranger());
        assert_eq!(a1.sign_in("a1", "mot-de-passe-a1").status, 302);
        assert_eq!(b1.sign_in("b1", "mot-de-passe-b1").status, 302);
        for (visitor, own, other) in [(&mut a1, "P0001", "P0002"), (&mut b1, "P0002", "P0001")] {
            for headers in [NO_HEADERS, &[("x-portal-user", "rssi")]] {
                let shown = visitor.send("GET", &format!("/persons/{own}"), headers, "");
                assert_eq!(shown.status, 200, "{}", shown.text());
                assert!(shown.text().contains(&format!("Nom de {own}")));
                assert_eq!(shown.header("x-portal-user"), None);
                let refused = visitor.send("GET", &format!("/persons/{other}"), headers, "");
                assert_eq!(reasons(&refused), ["outside-caseload"]);
            }
        }
        assert_eq!(a1.submit("/", "/accounts/logout/", "").status, 302);
        assert_eq!(reasons(&a1.get("/open/P0001")), ["no-session"]);
        assert_journalled(&mut instance);
    }
}

#[test]
fn a_django_portal_takes_digues_word_and_nobody_elses() {
    let upstream = free_address();
    let mut instance = Instance::open(&plan(DIGUE_SIGNS_IN, upstream), obliging);
    let keys = tempfile::NamedTempFile::new().unwrap();
    let published = instance.stranger().get("/.digue/jwks.json");
    std::fs::write(keys.path(), published.body).unwrap();
    let more = ["portail", "digue.test", keys.path().to_str().unwrap()];
    let _portal = DjangoPortal::start(upstream, "digue", &more);

    let forged = [
        ("x-remote-account", "rssi"),
        ("remote-user", "rssi"),
        ("digue-identity", "a.b.c"),
    ];
    let refused = instance
        .stranger()
        .send("GET", "/persons/P0001", &forged, b"");
    assert_eq!(reasons(&refused), ["no-session"]);
    let mut begun = String::new();
    for (account, own, other) in [("b1", "P0002", "P0001"), ("a1", "P0001", "P0002")] {
        let client = instance.sign_in(account);
        for headers in [NO_HEADERS, &forged] {
            let shown = client.send("GET", &format!("/persons/{own}"), headers, b"");
            assert_eq!(shown.status, 200, "{}", shown.text());
            assert!(shown.text().contains(&format!("Compte : {account}<")));
            let refused = client.send("GET", &format!("/persons/{other}"), headers, b"");
            assert_eq!(reasons(&refused), ["outside-caseload"]);
            let set = shown
                .headers
                .iter()
                .filter(|(name, value)| name == "set-cookie" && value.starts_with("sessionid="));
            for (_, cookie) in set {
                begun = cookie.split(';').next().unwrap().to_owned();
            }
        }
    }
    assert!(!begun.is_empty(), "Django begins a session");
    // Past Digue, the session that Django began is worth nothing, and names are not believed.
    let past = Client::new(upstream, PORTAL_HOST);
    for client in [past.clone(), past.with_named_cookie(&begun)] {
        for claims in [NO_HEADERS, &forged[..2], &forged] {
            let answer = client.send("GET", "/persons/P0001", claims, b"");
            assert!(matches!(answer.status, 302 | 403), "{}", answer.status);
            assert!(!answer.text().contains("Nom de"));
        }
    }
    assert_journalled(&mut instance);
}
