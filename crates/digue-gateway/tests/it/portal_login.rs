//! Portals that sign their users in themselves: a visit is written to whom the portal has signed in,
//! whichever way it says so, and who is not signed in is shown nobody.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use digue_access::Reach;
use digue_http::body;
use digue_portal_login::{LoginAnswer, LoginFault, PortalUser, SessionTable};
use digue_testkit::{Heard, Portal, Reply};
use digue_types::{AccountId, Exposure, Gate, Outcome};
use http::Request;
use proptest::prelude::*;
use serde_json::json;

use crate::world::{OWN_LOGINS, Reaction, World};

/// Who is signed in at the portal, by the value of the cookie.
#[derive(Default, Debug)]
struct SignedIn {
    users: Mutex<HashMap<String, String>>,
    /// The portal's own login does not answer.
    is_broken: Mutex<bool>,
}

impl SignedIn {
    fn user(&self, credential: &str) -> Option<String> {
        self.users.lock().unwrap().get(credential).cloned()
    }

    fn sign_in(&self, credential: &str, user: &str) {
        let mut users = self.users.lock().unwrap();
        users.insert(credential.to_owned(), user.to_owned());
    }
}

#[derive(Debug)]
struct Table(Arc<SignedIn>);

impl SessionTable for Table {
    fn user_of(
        &self,
        value: String,
    ) -> Pin<Box<dyn Future<Output = Result<LoginAnswer, LoginFault>> + Send>> {
        let answer = match *self.0.is_broken.lock().unwrap() {
            true => Err(LoginFault::Query("broken".to_owned())),
            false => Ok(self.0.user(&value).map_or(LoginAnswer::Nobody, |account| {
                LoginAnswer::User(PortalUser {
                    account,
                    organisation: None,
                })
            })),
        };
        Box::pin(async move { answer })
    }
}

fn credential(heard: &Heard) -> String {
    let cookie = heard.header("cookie").and_then(|pairs| {
        let mut pairs = pairs.split("; ");
        pairs.find_map(|pair| pair.strip_prefix("sid="))
    });
    let token = heard.header("authorization");
    cookie.or(token).unwrap_or_default().to_owned()
}

/// A portal that shows a person to anybody: what it should refuse, Digue refuses.
fn answer(signed_in: &SignedIn, heard: &Heard) -> Reply {
    let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
    let credential = credential(heard);
    if path == "/api/moi" {
        let user = signed_in
            .user(&credential)
            .map(|name| json!({ "name": name }));
        let is_broken = *signed_in.is_broken.lock().unwrap();
        let reply = Reply::new("application/json", json!({ "user": user }).to_string());
        // A session that lasts as long as its user comes back.
        let reply = match credential.strip_prefix("rolling") {
            Some(more) => reply
                .header("set-cookie", "sid=rolling; Max-Age=60")
                .header("set-cookie", &format!("suivi={more}")),
            None => reply,
        };
        return if is_broken { reply.status(500) } else { reply };
    }
    if let Some(user) = query.strip_prefix("ids=signin-") {
        signed_in.sign_in(&credential, user);
    }
    if query == "ids=signout" {
        signed_in.users.lock().unwrap().remove(&credential);
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    let items = match (name, query) {
        ("rien", _) | (_, "ids=") => json!([]),
        (_, list) if list.starts_with("ids=P") => {
            list[4..].split(',').map(|id| json!({ "id": id })).collect()
        }
        _ => json!([{ "id": name }]),
    };
    let reply = match query {
        way if way.starts_with("ids=vers-") => Reply::new("text/plain", "")
            .status(302)
            .header("location", &format!("/connexion?suite=P{}", &way[9..])),
        way if way.starts_with("ids=signin-") => Reply::new("text/plain", "")
            .status(302)
            .header("location", "/"),
        "ids=connexion" => Reply::new("text/plain", "")
            .status(302)
            .header("location", "/"),
        _ => Reply::new("application/json", json!({ "items": items }).to_string()),
    };
    match signed_in.user(&credential) {
        Some(user) => reply.header("x-portal-user", &user),
        None => reply,
    }
}

struct Home {
    world: World,
    portal: Portal,
    signed_in: Arc<SignedIn>,
}

impl Home {
    fn new() -> Self {
        let signed_in = Arc::new(SignedIn::default());
        for user in ["caseload", "other", "suspended", "closed", "nobody-knows"] {
            signed_in.sign_in(&format!("of-{user}"), user);
        }
        let at_portal = signed_in.clone();
        let portal = Portal::start(move |heard| answer(&at_portal, heard));
        let table: Arc<dyn SessionTable> = Arc::new(Table(signed_in.clone()));
        Self {
            world: World::before_own_logins(portal.address.to_string(), &table),
            portal,
            signed_in,
        }
    }

    fn request(host: &str, method: &str, target: &str, sid: &str) -> Request<body::Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", format!("{host}.test"))
            .header("x-forwarded-for", "198.51.100.7");
        if !sid.is_empty() {
            request = request.header("cookie", format!("lang=fr; sid={sid}"));
        }
        request.body(body::empty()).unwrap()
    }

    async fn ask(&self, host: &str, method: &str, target: &str, sid: &str) -> Reaction {
        let request = Self::request(host, method, target, sid);
        let reaction = self.world.send(request).await;
        self.world.settle().await;
        reaction
    }

    fn last(&self) -> Exposure {
        self.world.entries().last().expect("an entry").clone()
    }

    /// What reached the portal, without the questions who is signed in.
    fn reached(&self) -> Vec<String> {
        let all = self.portal.heard();
        let own = all
            .iter()
            .filter(|heard| !heard.target.starts_with("/api/moi"));
        own.map(|heard| heard.target.clone()).collect()
    }

    fn questions(&self) -> usize {
        self.portal.heard().len() - self.reached().len()
    }
}

fn enforced() -> impl Iterator<Item = (&'static str, String)> {
    OWN_LOGINS
        .into_iter()
        .map(|way| (way, format!("maison-{way}")))
}

fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_written_to_whom_the_portal_has_signed_in() {
    for (way, host) in enforced() {
        let home = Home::new();
        for _ in 0..2 {
            let shown = home.ask(&host, "GET", "/fiche/P1", "of-caseload").await;
            assert_eq!(shown.status, 200, "{way} {shown:?}");
            let entry = home.last();
            assert_eq!(
                (entry.account.as_str(), entry.organisation.as_str()),
                ("caseload", "of-1")
            );
            assert_eq!(
                (entry.outcome, entry.persons_found),
                (Outcome::Released, 1),
                "{way}"
            );
            assert!(entry.session.as_str().ends_with("-portal"), "{way}");
            let outside = home.ask(&host, "GET", "/fiche/P99", "of-caseload").await;
            assert_eq!(outside.reasons, ["outside-caseload"], "{way}");
            assert!(!outside.body.contains("P99"), "{way}");
            assert_eq!(home.last().account, account("caseload"), "{way}");
        }
        // By a token in a header, as programs do.
        let mut request = Home::request(&host, "GET", "/fiche/P2", "");
        let token = "of-other".parse().unwrap();
        request.headers_mut().insert("authorization", token);
        assert_eq!(home.world.send(request).await.status, 200, "{way}");
        home.world.settle().await;
        assert_eq!(home.last().account, account("other"), "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portals_own_header_stays_with_digue() {
    let home = Home::new();
    let request = Home::request("maison-entete", "GET", "/fiche/P1", "of-caseload");
    let response = home.world.response(request).await;
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key("x-portal-user"));
    // And nobody else can set it for the portal.
    let mut request = Home::request("maison-entete", "GET", "/fiche/P1", "of-caseload");
    let name = "other".parse().unwrap();
    request.headers_mut().insert("x-portal-user", name);
    home.world.send(request).await;
    let heard = home.portal.heard();
    assert_eq!(heard.last().unwrap().header("x-portal-user"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_may_go_to_the_sign_in_and_is_shown_nobody() {
    for (way, host) in enforced() {
        let home = Home::new();
        for sid in ["", "unknown"] {
            let before = home.world.entries().len();
            for target in ["/liste?ids=", "/liste?ids=connexion"] {
                let passes = home.ask(&host, "GET", target, sid).await;
                assert!(
                    matches!(passes.status, 200 | 302),
                    "{way} {target} {passes:?}"
                );
            }
            // The way back names whom they asked for themselves, and nobody else.
            for (person, status) in [("1", 302), ("2", 401)] {
                let target = format!("/fiche/P1?ids=vers-{person}");
                let led = home.ask(&host, "GET", &target, sid).await;
                assert_eq!(led.status, status, "{way} {led:?}");
            }
            let before = before + 1;
            // Nothing to remember: anyone could fill the disk.
            assert_eq!(home.world.entries().len(), before, "{way}");
            let shown = home.ask(&host, "GET", "/fiche/P1", sid).await;
            assert_eq!(
                (shown.status, &shown.reasons[..]),
                (401, &["no-session".to_owned()][..])
            );
            assert!(!shown.body.contains("P1"), "{way}");
            let list = home.ask(&host, "GET", "/liste?ids=P1,P2", sid).await;
            assert_eq!(list.status, 401, "{way} {list:?}");
            // What cannot be read may be a person, whatever the map releases to accounts.
            let opaque = home.ask(&host, "GET", "/large/P1", sid).await;
            assert_eq!(opaque.status, 401, "{way}");
            let unmapped = home.ask(&host, "GET", "/ailleurs", sid).await;
            assert_eq!(unmapped.reasons, ["unknown-route"], "{way}");
            // A change to a person would be done by the time the portal says who it was.
            let reached = home.reached();
            let write = home.ask(&host, "POST", "/chemin/P1", sid).await;
            assert_eq!(write.reasons, ["no-session"], "{way}");
            let tunnel = home.ask(&host, "GET", "/canal/P1", sid).await;
            assert!(tunnel.status >= 400, "{way}");
            assert_eq!(home.reached(), reached, "{way}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_digue_shuts_out_reaches_nothing_once_they_are_known() {
    for (way, host) in enforced() {
        let home = Home::new();
        home.world
            .set_gate(Reach::Account(account("closed")), Gate::Closed);
        for (user, reason) in [
            ("suspended", "unknown-account"),
            ("closed", "gate-closed:account"),
        ] {
            let sid = format!("of-{user}");
            // The header's word comes with the answer, which is not shown; from then on it counts
            // before.
            for visit in 0..2 {
                let reached = home.reached().len();
                let refused = home.ask(&host, "GET", "/fiche/P1", &sid).await;
                assert_eq!(refused.reasons, [reason], "{way} {visit}");
                let is_asked = visit == 0 && way == "entete";
                assert_eq!(
                    home.reached().len(),
                    reached + usize::from(is_asked),
                    "{way}"
                );
            }
        }
        // An account that no directory places.
        let unplaced = home.ask(&host, "GET", "/fiche/P1", "of-nobody-knows").await;
        assert_eq!(unplaced.reasons, ["unknown-account"], "{way}");

        assert_eq!(
            home.ask(&host, "GET", "/fiche/P1", "of-caseload")
                .await
                .status,
            200
        );
        home.world.gateway.cut_account(&account("caseload"));
        let reached = home.reached().len();
        let cut = home.ask(&host, "GET", "/fiche/P1", "of-caseload").await;
        assert_eq!(
            (cut.status, &cut.reasons[..]),
            (401, &["no-session".to_owned()][..]),
            "{way}"
        );
        assert_eq!(home.reached().len(), reached, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_be_anybody_is_nobody_who_is_signed_out() {
    for way in ["question", "table"] {
        let home = Home::new();
        let host = format!("maison-{way}");
        *home.signed_in.is_broken.lock().unwrap() = true;
        let unclear = home.ask(&host, "GET", "/liste?ids=", "of-caseload").await;
        assert_eq!(
            (unclear.status, &unclear.reasons[..]),
            (502, &["login-unclear".to_owned()][..])
        );
        assert_eq!(home.reached(), [""; 0], "{way}");
        // Nobody asks about a visitor who presents nothing.
        assert_eq!(
            home.ask(&host, "GET", "/liste?ids=", "").await.status,
            200,
            "{way}"
        );
    }
    let home = Home::new();
    home.signed_in.sign_in("odd", "\u{e9}");
    let mut request = Home::request("maison-question", "GET", "/fiche/P1", "of-caseload");
    let twice = "sid=of-other".parse().unwrap();
    request.headers_mut().append("cookie", twice);
    let answered = home.world.send(request).await;
    // Two sessions at once: a portal that reads the first is asked with both.
    assert_eq!(answered.status, 200);
    home.world.settle().await;
    assert_eq!(home.last().account, account("caseload"));
    let mut request = Home::request("maison-table", "GET", "/fiche/P1", "of-caseload");
    let twice = "sid=of-other".parse().unwrap();
    request.headers_mut().append("cookie", twice);
    assert_eq!(home.world.send(request).await.reasons, ["login-unclear"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_and_its_parts_ask_once_and_an_answer_counts_for_its_time() {
    let home = Home::new();
    let visits = (0..12).map(|_| home.ask("maison-question", "GET", "/fiche/P1", "of-caseload"));
    for visit in futures_of(visits).await {
        assert_eq!(visit.status, 200);
    }
    assert_eq!(home.questions(), 1);
    home.world.clock.pass(Duration::from_secs(29));
    home.ask("maison-question", "GET", "/fiche/P1", "of-caseload")
        .await;
    assert_eq!(home.questions(), 1);
    home.world.clock.pass(Duration::from_secs(1));
    home.ask("maison-question", "GET", "/fiche/P1", "of-caseload")
        .await;
    assert_eq!(home.questions(), 2);
    let heard = home.portal.heard();
    let question = heard
        .iter()
        .find(|heard| heard.target.starts_with("/api/moi"))
        .unwrap();
    assert_eq!(question.target, "/api/moi?champs=nom");
    assert_eq!(question.header("cookie"), Some("lang=fr; sid=of-caseload"));
}

async fn futures_of<F: Future<Output = Reaction>>(
    visits: impl Iterator<Item = F>,
) -> Vec<Reaction> {
    let mut visits: Vec<_> = visits.map(Box::pin).collect();
    let mut answers = Vec::new();
    std::future::poll_fn(|context| {
        visits.retain_mut(|visit| match visit.as_mut().poll(context) {
            std::task::Poll::Ready(answer) => {
                answers.push(answer);
                false
            }
            std::task::Poll::Pending => true,
        });
        if visits.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pilot_asks_afterwards_and_changes_nothing() {
    for way in OWN_LOGINS {
        let home = Home::new();
        let host = format!("maison-pilote-{way}");
        for (target, sid, user, outcome) in [
            ("/fiche/P1", "of-caseload", "caseload", Outcome::Released),
            (
                "/fiche/P99",
                "of-caseload",
                "caseload",
                Outcome::WouldRefuse,
            ),
            ("/fiche/P1", "", "unknown", Outcome::WouldRefuse),
            (
                "/fiche/P1",
                "of-suspended",
                "suspended",
                Outcome::WouldRefuse,
            ),
        ] {
            let questions = home.questions();
            let shown = home.ask(&host, "GET", target, sid).await;
            assert_eq!(shown.status, 200, "{way} {target} {sid}");
            let entry = home.last();
            assert_eq!(
                (entry.account.as_str(), entry.outcome),
                (user, outcome),
                "{way} {entry:?}"
            );
            if home.questions() > questions {
                let heard = home.portal.heard();
                assert!(
                    heard.last().unwrap().target.starts_with("/api/moi"),
                    "{way}"
                );
            }
        }
        // A login that does not answer leaves its user unknown, and says so.
        *home.signed_in.is_broken.lock().unwrap() = true;
        if way != "entete" {
            let shown = home.ask(&host, "GET", "/fiche/P2", "of-other").await;
            assert_eq!(shown.status, 200, "{way}");
            let reasons: Vec<String> = home
                .last()
                .reasons
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(reasons, ["login-unclear", "no-session"], "{way}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_in_the_address_is_not_taken_for_that_of_the_cookie() {
    for (way, host) in enforced() {
        let home = Home::new();
        // The map lets any parameter through; it names `ids` only.
        for name in [
            "PHPSESSID",
            "sid",
            "JSESSIONID",
            "access_token",
            "SID%5B%5D",
        ] {
            let reached = home.reached().len();
            let target = format!("/inscription/Durand?{name}=of-other");
            let answer = home.ask(&host, "GET", &target, "of-caseload").await;
            match way {
                // The answer itself says whose it is.
                "entete" => assert_ne!(answer.reasons, ["login-unclear"], "{name}"),
                _ => {
                    assert_eq!(answer.reasons, ["login-unclear"], "{way} {name}");
                    assert_eq!(home.reached().len(), reached, "{way} {name}");
                }
            }
        }
        let usual = home.ask(&host, "GET", "/liste?ids=P1", "of-caseload").await;
        assert_eq!(usual.status, 200, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_proxy_is_told_who_may_continue() {
    for (way, host) in enforced() {
        let home = Home::new();
        let asks = |sid: &str| {
            let mut request = Request::builder()
                .uri("/.digue/authz/auth-request")
                .header("host", "digue.test")
                .header("x-original-method", "GET")
                .header("x-original-url", format!("http://{host}.test/fiche/P1"))
                .header("x-forwarded-for", "198.51.100.7");
            if !sid.is_empty() {
                request = request.header("cookie", format!("sid={sid}"));
            }
            request.body(body::empty()).unwrap()
        };
        let signed_in = home.world.send(asks("of-caseload")).await;
        // The header comes with a response that is never seen here.
        assert_eq!(
            signed_in.status,
            if way == "entete" { 401 } else { 200 },
            "{way}"
        );
        assert_eq!(home.world.send(asks("")).await.status, 401, "{way}");
        // A list names nobody, and its answer is not seen.
        let before = home.world.entries().len();
        let mut list = asks("");
        let target = format!("http://{host}.test/liste").parse().unwrap();
        list.headers_mut().insert("x-original-url", target);
        assert_eq!(home.world.send(list).await.status, 401, "{way}");
        home.world.settle().await;
        assert!(home.world.entries().len() <= before + 1, "{way}");
        assert_eq!(home.world.send(asks("unknown")).await.status, 401, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_route_is_for_visitors_without_a_session_too() {
    use crate::world::{Visit, WayIn};
    let signed_in = Arc::new(SignedIn::default());
    let portal = Portal::start(move |heard| answer(&signed_in, heard));
    let mut world = World::before(portal.address.to_string());
    let get = |target| Visit {
        account: "stranger",
        method: "GET",
        target,
    };
    // By a session of Digue, of which these have none.
    for way in [WayIn::Session, WayIn::Observed, WayIn::Pilot] {
        let is_tried = way != WayIn::Session;
        let nobody = world.visit(way, get("/accueil/rien")).await;
        assert_eq!(nobody.status, 200, "{way:?}");
        let person = world.visit(way, get("/accueil/P1")).await;
        let entries = world.entries();
        let entry = entries.last().unwrap();
        if is_tried {
            assert_eq!(person.status, 200, "{way:?}");
        } else {
            assert_eq!(person.reasons, ["outside-caseload"], "{way:?}");
        }
        assert!(entry.account.is_unknown(), "{way:?}");
        // Where the map shows persons to everybody, they are shown, and the entry says to nobody
        // known.
        let shown = world.visit(way, get("/vitrine/P1")).await;
        assert_eq!(shown.status, 200, "{way:?}");
        let entries = world.entries();
        let entry = entries.last().unwrap();
        assert_eq!(
            (entry.persons_found, entry.outcome),
            (1, Outcome::Released),
            "{way:?}"
        );
        assert!(entry.account.is_unknown(), "{way:?}");
        if !is_tried {
            assert_eq!(
                world.visit(way, get("/liste?ids=")).await.reasons,
                ["no-session"]
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_passkey_shows_it_before_the_portals_word_counts() {
    for (way, host) in enforced() {
        let home = Home::new();
        home.world.give_passkey("caseload");
        let person = |headers: &[(&'static str, String)]| {
            let mut request = Home::request(&host, "GET", "/fiche/P1", "of-caseload");
            for (name, value) in headers {
                request.headers_mut().append(*name, value.parse().unwrap());
            }
            request
        };
        let refused = home.world.send(person(&[])).await;
        assert_eq!(
            (refused.status, &refused.reasons[..]),
            (401, &["step-up:account".to_owned()][..])
        );
        home.world.settle().await;
        assert_eq!(home.last().account, account("caseload"), "{way}");
        // Another account's session proves nothing about this one.
        let with = |name: &str| {
            (
                "cookie",
                home.world.session_cookie(name, &format!("{host}.test")),
            )
        };
        let others = home.world.send(person(&[with("other")])).await;
        assert_eq!(others.reasons, ["step-up:account"], "{way}");
        let own = home.world.send(person(&[with("caseload")])).await;
        assert_eq!(own.status, 200, "{way} {own:?}");
        home.world.settle().await;
        assert_eq!(home.last().session.as_str(), "s-caseload", "{way}");
        // Where none is asked for, the session and its proof of identity count all the same.
        let mut request = Home::request(&host, "GET", "/fiche/P1", "of-other");
        let (name, value) = with("other");
        request.headers_mut().append(name, value.parse().unwrap());
        assert_eq!(home.world.send(request).await.status, 200, "{way}");
        home.world.settle().await;
        assert_eq!(home.last().session.as_str(), "s-other", "{way}");
        // Who has none works as before.
        let without = home.ask(&host, "GET", "/fiche/P1", "of-other").await;
        assert_eq!(without.status, 200, "{way}");
        // The portal's answer to its own sign-in reaches them, and shows nobody.
        let target = "/liste?ids=signin-caseload";
        let signed = home.ask(&host, "POST", target, "fresh").await;
        assert_eq!(signed.status, 302, "{way} {signed:?}");
        let after = home.ask(&host, "GET", "/fiche/P1", "fresh").await;
        assert_eq!(after.reasons, ["step-up:account"], "{way}");
        // And the session of Digue alone is no sign-in at the portal.
        let mut request = Home::request(&host, "GET", "/fiche/P1", "");
        let (name, value) = with("caseload");
        request.headers_mut().append(name, value.parse().unwrap());
        assert_eq!(
            home.world.send(request).await.reasons,
            ["no-session"],
            "{way}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_their_own_record_and_nobody_elses() {
    for (way, host) in enforced() {
        let home = Home::new();
        home.signed_in.sign_in("person", "usager-p7");
        home.signed_in.sign_in("odd", "usager-7");
        let own = home.ask(&host, "GET", "/moi/P7", "person").await;
        assert_eq!(own.status, 200, "{way} {own:?}");
        let entry = home.last();
        assert_eq!(entry.account, account("usager-p7"), "{way}");
        assert_eq!(entry.shown[0].basis, digue_types::Basis::OwnRecord, "{way}");
        let portal = digue_types::PortalId::parse(&host).unwrap();
        assert_eq!(home.world.counts(&portal, "usager-p7").0, [0; 4], "{way}");
        for target in [
            "/moi/P8",
            "/moi/liste?ids=P7,P8",
            "/fiche/P7",
            "/avis/P7",
            "/liste?ids=P7",
            // Unreadable, and released to accounts.
            "/large/P7",
        ] {
            let refused = home.ask(&host, "GET", target, "person").await;
            assert_eq!(refused.reasons, ["not-own-record"], "{way} {target}");
            assert!(
                !refused.body.contains("P8") || target.contains("P8"),
                "{way}"
            );
        }
        // A name that is nobody's identifier is no person's, nor an account's.
        let odd = home.ask(&host, "GET", "/moi/P7", "odd").await;
        assert_eq!(odd.reasons, ["unknown-account"], "{way}");
        // An agent is not one of them: the caseload decides.
        assert_eq!(
            home.ask(&host, "GET", "/moi/P1", "of-caseload")
                .await
                .status,
            200,
            "{way}"
        );
        let outside = home.ask(&host, "GET", "/moi/P99", "of-caseload").await;
        assert_eq!(outside.reasons, ["outside-caseload"], "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_leads_to_the_portals_own_sign_in() {
    let home = Home::new();
    let mut request = Home::request("maison-question", "GET", "/fiche/P1", "");
    let accept = "text/html".parse().unwrap();
    request.headers_mut().insert("accept", accept);
    let page = home.world.response(request).await;
    let text = String::from_utf8_lossy(page.body()).into_owned();
    assert_eq!(page.status(), 401);
    assert!(text.contains("href=\"/connexion?suite=1\""), "{text}");
    assert!(!text.contains("/.digue/sign-in"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_for_all_that_was_presented() {
    let home = Home::new();
    let with = |others: &str| {
        let mut request = Home::request("maison-question", "GET", "/fiche/P1", "of-caseload");
        if !others.is_empty() {
            let value = others.parse().unwrap();
            request.headers_mut().append("cookie", value);
        }
        request
    };
    for (others, asked) in [("", 1), ("", 1), ("sidC1=b", 2), ("sidC1=c", 3), ("", 4)] {
        assert_eq!(home.world.send(with(others)).await.status, 200, "{others}");
        assert_eq!(home.questions(), asked, "{others}");
    }
    // A portal may read credentials that the map does not name.
    let mut request = Home::request("maison-table", "GET", "/fiche/P1", "of-caseload");
    let value = "SID=of-other".parse().unwrap();
    request.headers_mut().append("cookie", value);
    assert_eq!(home.world.send(request).await.reasons, ["login-unclear"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_in_the_portals_word_reaches_its_visitor_as_any_cookie_does() {
    let home = Home::new();
    let cookies = async |sid: &str, target: &str| {
        home.signed_in.sign_in(sid, "caseload");
        let request = Home::request("maison-question", "GET", target, sid);
        let response = home.world.response(request).await;
        let all = response.headers().get_all("set-cookie").iter();
        let all: Vec<String> = all
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        (response.status().as_u16(), all)
    };
    let renewed = ["sid=rolling; Max-Age=60".to_owned(), "suivi=".to_owned()];
    assert_eq!(
        cookies("rolling", "/fiche/P1").await,
        (200, renewed.to_vec())
    );
    // The answer counts for a while, and its cookie was for the response that it was asked for.
    assert_eq!(cookies("rolling", "/fiche/P1").await, (200, vec![]));
    assert_eq!(home.questions(), 1);
    home.world.clock.pass(Duration::from_secs(31));
    assert_eq!(cookies("rolling", "/image/x").await.1, renewed);
    // Whom it names is shown, and decided upon.
    assert_eq!(cookies("rollingP2", "/fiche/P1").await.0, 200);
    home.world.settle().await;
    assert_eq!(home.last().persons_found, 2);
    assert_eq!(cookies("rollingP99", "/fiche/P1").await, (403, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn observing_behind_another_proxy_keeps_nobody_waiting() {
    let answers = Arc::new((Mutex::new(false), std::sync::Condvar::new()));
    let signed_in = Arc::new(SignedIn::default());
    signed_in.sign_in("of-caseload", "caseload");
    let table: Arc<dyn SessionTable> = Arc::new(Table(signed_in.clone()));
    let waits = answers.clone();
    let portal = Portal::start(move |heard| {
        let (may_answer, changed) = &*waits;
        let may_answer = may_answer.lock().unwrap();
        drop(changed.wait_while(may_answer, |may| !*may).unwrap());
        answer(&signed_in, heard)
    });
    let world = World::before_own_logins(portal.address.to_string(), &table);
    let asks = Request::builder()
        .uri("/.digue/authz/auth-request")
        .header("host", "digue.test")
        .header("x-original-method", "GET")
        .header(
            "x-original-url",
            "http://maison-essai-question.test/fiche/P1",
        )
        .header("x-forwarded-for", "198.51.100.7")
        .header("cookie", "sid=of-caseload")
        .body(body::empty())
        .unwrap();
    // The portal has not said who it is, and will not before the proxy has its answer.
    assert_eq!(world.send(asks).await.status, 200);
    *answers.0.lock().unwrap() = true;
    answers.1.notify_all();
    world.settle().await;
    let entry = world.entries().pop().expect("an entry");
    assert_eq!(entry.account, account("caseload"));
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_follow_the_portals_word_too() {
    for (way, host) in enforced() {
        let home = Home::new();
        let of = |user: &str| Home::request(&host, "GET", "/image/x", &format!("of-{user}"));
        let response = home.world.response(of("caseload")).await;
        assert_eq!(response.status(), 200, "{way}");
        // Where it names the user to Digue, it does so to nobody else.
        if way == "entete" {
            assert!(!response.headers().contains_key("x-portal-user"));
        }
        let suspended = home.world.send(of("suspended")).await;
        assert_eq!(suspended.reasons, ["unknown-account"], "{way}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    SignIn(usize, usize),
    SignOut(usize),
    /// A request past Digue changes who is signed in.
    Elsewhere(usize, Option<usize>),
    Visit(usize, usize),
    Pass(u64),
}

const SIDS: [&str; 3] = ["s1", "s2", "s3"];
const USERS: [&str; 2] = ["caseload", "other"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..3_usize, 0..2_usize).prop_map(|(sid, user)| Step::SignIn(sid, user)),
        2 => (0..3_usize).prop_map(Step::SignOut),
        1 => (0..3_usize, proptest::option::of(0..2_usize))
            .prop_map(|(sid, user)| Step::Elsewhere(sid, user)),
        6 => (0..3_usize, 1..4_usize).prop_map(|(sid, person)| Step::Visit(sid, person)),
        1 => (1..40_u64).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever happens at the portal, a person is shown to whom it has signed in, or, within the
    /// time that an answer counts, had; and what Digue itself has seen change counts at once.
    #[test]
    fn no_visit_is_written_to_another(steps in proptest::collection::vec(step(), 1..24), way in 0..3_usize) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(follow(&steps, OWN_LOGINS[way]));
    }
}

async fn follow(steps: &[Step], way: &str) {
    let home = Home::new();
    let host = format!("maison-{way}");
    // The user of each session that Digue may still take it for, and until when.
    let mut stale: HashMap<&str, Vec<(Option<String>, u64)>> = HashMap::new();
    let mut now = 0;
    for step in steps {
        match *step {
            Step::SignIn(sid, user) => {
                let target = format!("/liste?ids=signin-{}", USERS[user]);
                home.ask(&host, "POST", &target, SIDS[sid]).await;
                stale.remove(SIDS[sid]);
            }
            Step::SignOut(sid) => {
                home.ask(&host, "POST", "/liste?ids=signout", SIDS[sid])
                    .await;
                stale.remove(SIDS[sid]);
            }
            Step::Elsewhere(sid, user) => {
                let sid = SIDS[sid];
                let before = home.signed_in.user(sid);
                stale.entry(sid).or_default().push((before, now + 30));
                let mut users = home.signed_in.users.lock().unwrap();
                match user {
                    Some(user) => users.insert(sid.to_owned(), USERS[user].to_owned()),
                    None => users.remove(sid),
                };
            }
            Step::Visit(sid, person) => {
                let sid = SIDS[sid];
                let target = format!("/fiche/P{person}");
                let shown = home.ask(&host, "GET", &target, sid).await;
                let mut may_be = vec![home.signed_in.user(sid)];
                // A response that names its user leaves no room for an older answer.
                if way != "entete" {
                    let older = stale.get(sid).into_iter().flatten();
                    may_be.extend(
                        older
                            .filter(|(_, until)| now < *until)
                            .map(|(user, _)| user.clone()),
                    );
                }
                let written = (shown.status == 200).then(|| home.last().account.to_string());
                assert!(
                    may_be.contains(&written)
                        || shown.reasons.iter().any(|r| r.starts_with("budget")),
                    "{way} {step:?}: {written:?} of {may_be:?}"
                );
            }
            Step::Pass(secs) => {
                now += secs;
                home.world.clock.pass(Duration::from_secs(secs));
            }
        }
    }
}
