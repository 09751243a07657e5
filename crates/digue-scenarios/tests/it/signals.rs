//! Events from identity providers: what a provider ends, ends here; beyond the brake a person decides;
//! nothing opens by itself; and no token of another issuer, audience, kind or age is an event.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::Role;
use digue_app::{Actor, OperationError};
use digue_gateway::identity::token_hash;
use digue_shared_signals::overview::{self, SignalChange, SignalsOverview, StreamStanding};
use digue_shared_signals::{
    ClosingBrake, KeySource, PushAnswer, ReceiveRules, ReceiveWay, SignalOutcome, SignalRefusal,
    SignalRules, SubjectName, WaitingDecision, authenticate, decide, forget_due, poll_due, push,
};
use digue_store::ScimUserRecord;
use digue_tasks::{AwaitedAct, TaskSource};
use digue_types::{AccountId, Act, Timestamp};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::app::{Home, Plan};
use crate::approvals::{again, somebody};
use crate::passkey::by_link;

const AUDIENCE: &str = "https://digue.test";
const SECRET: &str = "le-secret-du-flux-de-l-annuaire-00";
const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";
const SSF: &str = "https://schemas.openid.net/secevent/ssf/event-type/";

/// A P-256 key that signs tokens.
struct Key {
    pair: EcdsaKeyPair,
    id: String,
}

impl Key {
    fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let pkcs8 = pkcs8.unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random);
        Self {
            pair: pair.unwrap(),
            id: id.to_owned(),
        }
    }

    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        json!({"kty": "EC", "crv": "P-256", "x": part(1..33), "y": part(33..65), "kid": self.id,
               "alg": "ES256", "use": "sig"})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap()))
    }
}

/// What the transmitter's server gives and was asked.
#[derive(Default)]
struct Served {
    documents: BTreeMap<String, Value>,
    polls: VecDeque<Value>,
    asked: Vec<(String, Value)>,
}

/// An identity provider with its server on this machine.
struct Transmitter {
    issuer: String,
    key: Key,
    served: Arc<Mutex<Served>>,
}

impl Transmitter {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/agents", listener.local_addr().unwrap());
        let served = Arc::new(Mutex::new(Served::default()));
        tokio::spawn(serve(listener, served.clone()));
        let transmitter = Self {
            issuer,
            key: Key::new("k1"),
            served,
        };
        transmitter.publish(&[&transmitter.key]);
        transmitter.serves(
            "/.well-known/ssf-configuration/agents",
            json!({"issuer": transmitter.issuer, "jwks_uri": format!("{}/keys", transmitter.issuer)}),
        );
        transmitter
    }

    fn serves(&self, path: &str, document: Value) {
        let mut served = self.served.lock().unwrap();
        served.documents.insert(path.to_owned(), document);
    }

    fn publish(&self, keys: &[&Key]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        self.serves("/agents/keys", json!({"keys": keys}));
    }

    fn asked(&self, path: &str) -> Vec<Value> {
        let served = self.served.lock().unwrap();
        let of = served.asked.iter().filter(|(asked, _)| asked == path);
        of.map(|(_, body)| body.clone()).collect()
    }
}

async fn serve(listener: TcpListener, served: Arc<Mutex<Served>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(answer_one(stream, served.clone()));
    }
}

/// Answers one request, and closes the connection.
async fn answer_one(mut stream: TcpStream, served: Arc<Mutex<Served>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1);
    let length = length.map_or(0, |rest| rest.split('\r').next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let is_known = head.contains("authorization: bearer un-jeton") || !path.ends_with("/poll");
    let answer = {
        let mut served = served.lock().unwrap();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        served.asked.push((path.clone(), body));
        match path.ends_with("/poll") {
            true => served.polls.pop_front(),
            false => served.documents.get(&path).cloned(),
        }
    };
    let (status, body) = match answer.filter(|_| is_known) {
        Some(answer) => ("200 OK", answer.to_string()),
        None => ("404 Not Found", String::new()),
    };
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// An operator with a provider whose events arrive.
struct Scene {
    home: Home,
    ciso: Actor,
    transmitter: Transmitter,
    number: std::cell::Cell<u32>,
}

impl Scene {
    async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// One stream `annuaire` by push, with accounts named by themselves, and a brake of two an hour.
    async fn with(change: impl FnOnce(&mut SignalRules)) -> Self {
        let transmitter = Transmitter::open().await;
        let mut signals = SignalRules {
            receive: vec![ReceiveRules {
                name: "annuaire".to_owned(),
                issuer: transmitter.issuer.clone(),
                audience: AUDIENCE.to_owned(),
                other_audiences: vec!["digue-mobile".to_owned()],
                keys: KeySource::Discovered,
                subject_issuers: vec![transmitter.issuer.clone()],
                identified_by: SubjectName::ALL.to_vec(),
                way: ReceiveWay::Push {
                    secrets: vec![token_hash(SECRET)],
                },
            }],
            brake: ClosingBrake {
                closes_at_most: 2,
                within: Duration::from_hours(1),
            },
        };
        change(&mut signals);
        let home = Home::with(Plan {
            signals,
            ..Plan::default()
        })
        .await;
        let ciso = somebody(&home, "rssi", "op", Role::Ciso).await;
        Self {
            home,
            ciso,
            transmitter,
            number: std::cell::Cell::new(0),
        }
    }

    /// The claims of an event about an account, with a name of their own.
    fn claims(&self, uri: &str, subject: Value, members: Value) -> Value {
        self.number.set(self.number.get() + 1);
        json!({
            "iss": self.transmitter.issuer, "aud": AUDIENCE, "iat": self.home.now().secs(),
            "jti": format!("jeton-{}", self.number.get()), "sub_id": subject, "events": {uri: members},
        })
    }

    fn about(&self, uri: &str, account: &str) -> Value {
        self.claims(uri, json!({"format": "opaque", "id": account}), json!({}))
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "typ": "secevent+jwt", "kid": "k1"});
        self.transmitter.key.sign(&header, claims)
    }

    async fn push(&self, claims: &Value) -> PushAnswer {
        self.push_token(&self.sign(claims)).await
    }

    async fn push_token(&self, token: &str) -> PushAnswer {
        // No two tokens of one moment: the last one is looked at.
        self.home.clock.pass(Duration::from_millis(1));
        let headers = headers(SECRET);
        match authenticate(&self.home.app, "annuaire", &headers) {
            Ok(caller) => push(&self.home.app, &caller, &headers, token.as_bytes()).await,
            Err(answer) => answer,
        }
    }

    /// Pushes an event that is taken.
    async fn says(&self, event: &str, account: &str) {
        let answer = self.push(&self.about(event, account)).await;
        assert_eq!(answer.status, 202, "{event} {account}: {answer:?}");
        assert_eq!(answer.body, None);
    }

    async fn overview(&self) -> SignalsOverview {
        overview::overview(&self.home.app, &self.ciso)
            .await
            .unwrap()
    }

    async fn outcomes(&self) -> Vec<SignalOutcome> {
        let mut events = self.overview().await.events;
        events.sort_by_key(|event| event.taken_at);
        events.into_iter().map(|event| event.outcome).collect()
    }

    async fn last(&self) -> SignalOutcome {
        *self.outcomes().await.last().unwrap()
    }

    async fn waiting(&self) -> Vec<(String, SignalChange)> {
        let waiting = self.overview().await.waiting.into_iter();
        waiting
            .map(|one| (one.account.to_string(), one.change))
            .collect()
    }

    async fn decide(
        &self,
        actor: &Actor,
        decision: WaitingDecision,
    ) -> Result<usize, OperationError> {
        let digest = self.overview().await.digest;
        decide(&self.home.app, &again(&self.home, actor), &digest, decision).await
    }

    async fn agent(&self, name: &str) {
        somebody(&self.home, name, "of-1", Role::Agent).await;
    }

    fn is_closed(&self, name: &str) -> bool {
        let rules = self.home.app.gateway().rules();
        rules.directory.find(&account(name)).unwrap().is_suspended
    }

    fn sessions(&self, name: &str) -> usize {
        self.home.app.gateway().sessions_of(&account(name)).len()
    }
}

fn headers(secret: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let value = HeaderValue::try_from(format!("Bearer {secret}")).unwrap();
    headers.insert(AUTHORIZATION, value);
    let kind = HeaderValue::from_static("application/secevent+jwt");
    headers.insert(CONTENT_TYPE, kind);
    headers
}

fn account(name: &str) -> AccountId {
    AccountId::parse(name).unwrap()
}

fn revoked() -> String {
    format!("{CAEP}session-revoked")
}

fn disabled() -> String {
    format!("{RISC}account-disabled")
}

fn enabled() -> String {
    format!("{RISC}account-enabled")
}

#[tokio::test]
async fn a_session_that_the_provider_revokes_ends_here_once_and_the_journal_says_why() {
    let scene = Scene::open().await;
    by_link(&scene.home, "a1").await;
    by_link(&scene.home, "a2").await;
    let claims = scene.about(&revoked(), "a1");
    assert_eq!(scene.push(&claims).await.status, 202);
    assert_eq!((scene.sessions("a1"), scene.sessions("a2")), (0, 1));
    assert!(!scene.is_closed("a1"));
    assert_eq!(scene.last().await, SignalOutcome::Cut);
    // What a proxy vouches for is refused, too, also after a restart.
    assert_eq!(scene.home.store.identity_cuts().await.unwrap().len(), 1);
    // The transmitter missed the answer: a new session lives on.
    by_link(&scene.home, "a1").await;
    assert_eq!(scene.push(&claims).await.status, 202);
    assert_eq!(scene.sessions("a1"), 1);
    assert_eq!(scene.outcomes().await.len(), 1);
    let acts = scene.home.acts();
    let cuts = acts.iter().filter(|(act, _)| *act == Act::SessionCut);
    assert_eq!(
        cuts.map(|(_, subject)| subject.as_str())
            .collect::<Vec<_>>(),
        ["account:a1"]
    );
}

#[tokio::test]
async fn a_holder_who_signs_out_at_the_provider_may_come_back_at_once() {
    let scene = Scene::open().await;
    by_link(&scene.home, "a1").await;
    let subject = json!({"format": "opaque", "id": "a1"});
    let claims = scene.claims(&revoked(), subject, json!({"initiating_entity": "user"}));
    assert_eq!(scene.push(&claims).await.status, 202);
    assert_eq!(scene.sessions("a1"), 0);
    assert!(scene.home.store.identity_cuts().await.unwrap().is_empty());
}

#[tokio::test]
async fn every_event_that_weakens_a_proof_ends_the_sessions_and_what_strengthens_one_does_not() {
    let scene = Scene::open().await;
    let caep = |name: &str| format!("{CAEP}{name}");
    let credential = |change: &str| json!({"credential_type": "password", "change_type": change});
    let level = |direction: &str| json!({"namespace": "NIST-AAL", "current_level": "nist-aal1", "change_direction": direction});
    let device = |now: &str| json!({"previous_status": "compliant", "current_status": now});
    for (event, members, ends) in [
        (caep("credential-change"), credential("revoke"), true),
        (caep("credential-change"), credential("update"), true),
        (caep("credential-change"), credential("create"), false),
        (caep("assurance-level-change"), level("decrease"), true),
        (caep("assurance-level-change"), level("increase"), false),
        (
            caep("device-compliance-change"),
            device("not-compliant"),
            true,
        ),
        (caep("device-compliance-change"), device("compliant"), false),
        (
            caep("token-claims-change"),
            json!({"claims": {"role": "x"}}),
            false,
        ),
    ] {
        by_link(&scene.home, "a1").await;
        let subject = json!({"format": "opaque", "id": "a1"});
        let answer = scene.push(&scene.claims(&event, subject, members)).await;
        assert_eq!(answer.status, 202, "{event}");
        let expected = match ends {
            true => SignalOutcome::Cut,
            false => SignalOutcome::Unchanged,
        };
        assert_eq!(scene.last().await, expected, "{event}");
        assert_eq!(scene.sessions("a1") == 0, ends, "{event}");
    }
}

#[tokio::test]
async fn accounts_close_within_the_brake_and_beyond_it_their_sessions_end_and_a_person_decides() {
    let scene = Scene::open().await;
    for name in ["a1", "a2", "a3", "a4"] {
        by_link(&scene.home, name).await;
    }
    scene.says(&disabled(), "a1").await;
    scene.says(&format!("{RISC}account-purged"), "a2").await;
    assert!(scene.is_closed("a1") && scene.is_closed("a2"));
    let compromise = format!("{RISC}credential-compromise");
    let subject = json!({"format": "opaque", "id": "a3"});
    let members = json!({"credential_type": "password"});
    let answer = scene
        .push(&scene.claims(&compromise, subject, members))
        .await;
    assert_eq!(answer.status, 202);
    scene.says(&disabled(), "a4").await;
    for name in ["a3", "a4"] {
        assert!(!scene.is_closed(name), "{name}");
        assert_eq!(scene.sessions(name), 0, "{name}");
    }
    let waits = |name: &str| (name.to_owned(), SignalChange::Close);
    assert_eq!(scene.waiting().await, [waits("a3"), waits("a4")]);
    // It is a task of the CISO, and of no other.
    for (role, is_mine) in [(Role::Ciso, true), (Role::Dpo, false)] {
        let who = somebody(&scene.home, "qui", "op", role).await;
        let board = digue_tasks::board(&scene.home.app, &who).await;
        let of_signals = |tasks: &[digue_tasks::Task]| {
            let tasks = tasks
                .iter()
                .filter(|task| task.source() == TaskSource::Signals);
            tasks.map(|task| task.act.clone()).collect::<Vec<_>>()
        };
        let expected = [AwaitedAct::DecideSignals { changes: 2 }];
        let (mine, others) = (of_signals(&board.mine), of_signals(&board.others));
        assert_eq!(
            (mine == expected, others == expected),
            (is_mine, !is_mine),
            "{role:?}"
        );
    }
    // The provider takes one back.
    scene.says(&enabled(), "a3").await;
    assert_eq!(scene.last().await, SignalOutcome::Withdrawn);
    assert_eq!(
        scene
            .decide(&scene.ciso, WaitingDecision::Agree)
            .await
            .unwrap(),
        1
    );
    assert!(scene.is_closed("a4") && !scene.is_closed("a3"));
    assert!(scene.waiting().await.is_empty());
    // An hour later the brake is free again.
    scene
        .home
        .clock
        .pass(Duration::from_hours(1) + Duration::from_secs(1));
    scene.says(&disabled(), "a3").await;
    assert!(scene.is_closed("a3"));
}

#[tokio::test]
async fn what_a_person_leaves_stays_and_the_journal_has_their_decision() {
    let scene = Scene::with(|rules| rules.brake.closes_at_most = 0).await;
    scene.agent("a1").await;
    scene.says(&disabled(), "a1").await;
    assert_eq!(scene.last().await, SignalOutcome::Held);
    assert_eq!(
        scene
            .decide(&scene.ciso, WaitingDecision::Refuse)
            .await
            .unwrap(),
        1
    );
    assert!(!scene.is_closed("a1") && scene.waiting().await.is_empty());
    let acts = scene.home.acts();
    assert!(
        acts.contains(&(Act::ApprovalRefused, "account:a1".to_owned())),
        "{acts:?}"
    );
}

#[tokio::test]
async fn nothing_opens_by_itself_and_only_those_who_resume_accounts_decide() {
    let scene = Scene::open().await;
    scene.agent("a1").await;
    scene.says(&enabled(), "a1").await;
    assert_eq!(scene.last().await, SignalOutcome::Unchanged, "it is open");
    scene.says(&disabled(), "a1").await;
    scene.says(&enabled(), "a1").await;
    assert_eq!(scene.last().await, SignalOutcome::Requested);
    assert!(scene.is_closed("a1"), "a request reopens nothing");
    let expected = [("a1".to_owned(), SignalChange::Reopen)];
    assert_eq!(scene.waiting().await, expected);
    for (name, role) in [
        ("dpo", Role::Dpo),
        ("audit", Role::Auditor),
        ("flux", Role::PortalTeam),
    ] {
        let actor = somebody(&scene.home, name, "op", role).await;
        let refused = scene.decide(&actor, WaitingDecision::Agree).await;
        assert!(matches!(refused, Err(OperationError::Denied)), "{role:?}");
    }
    let app = &scene.home.app;
    let digest = scene.overview().await.digest;
    let program = Actor {
        proved_at: Timestamp::ZERO,
        ..scene.ciso.clone()
    };
    let refused = decide(app, &program, &digest, WaitingDecision::Agree).await;
    assert!(matches!(refused, Err(OperationError::Denied)));
    scene.home.clock.pass(Duration::from_mins(10));
    let refused = decide(app, &scene.ciso, &digest, WaitingDecision::Agree).await;
    assert!(matches!(refused, Err(OperationError::ProofNeeded)));
    let fresh = again(&scene.home, &scene.ciso);
    let refused = decide(app, &fresh, "00", WaitingDecision::Agree).await;
    assert!(matches!(refused, Err(OperationError::Conflict)));
    assert!(scene.is_closed("a1"));
    // The provider changes its mind once more: nothing waits.
    scene.says(&disabled(), "a1").await;
    assert!(scene.waiting().await.is_empty());
    scene.says(&enabled(), "a1").await;
    assert_eq!(
        scene
            .decide(&scene.ciso, WaitingDecision::Agree)
            .await
            .unwrap(),
        1
    );
    assert!(!scene.is_closed("a1"));
}

#[tokio::test]
async fn no_provider_puts_the_operators_own_people_out_of_work() {
    let scene = Scene::open().await;
    for (name, role) in [
        ("dpo", Role::Dpo),
        ("audit", Role::Auditor),
        ("flux", Role::PortalTeam),
    ] {
        somebody(&scene.home, name, "op", role).await;
        scene.says(&disabled(), name).await;
        assert_eq!(scene.last().await, SignalOutcome::Held, "{role:?}");
        assert!(!scene.is_closed(name));
    }
    assert_eq!(
        scene
            .decide(&scene.ciso, WaitingDecision::Agree)
            .await
            .unwrap(),
        3
    );
    assert!(scene.is_closed("dpo") && scene.is_closed("flux"));
}

#[tokio::test]
async fn a_subject_that_nobody_here_is_is_counted_and_shown_and_nothing_is_done() {
    let scene = Scene::open().await;
    scene.agent("a1").await;
    let stranger = |subject| scene.claims(&disabled(), subject, json!({}));
    let issuer = scene.transmitter.issuer.clone();
    for (subject, shown) in [
        (json!({"format": "opaque", "id": "inconnu"}), "inconnu"),
        (
            json!({"format": "email", "email": "x@exemple.fr"}),
            "x@exemple.fr",
        ),
        (
            json!({"format": "iss_sub", "iss": issuer, "sub": "99beb27c"}),
            "99beb27c",
        ),
        // Another issuer's subject is not this transmitter's to end.
        (
            json!({"format": "iss_sub", "iss": "https://autre.fr", "sub": "a1"}),
            "a1",
        ),
        (
            json!({"format": "phone_number", "phone_number": "+33 3 21 00 00 00"}),
            "+33 3 21 00 00 00",
        ),
        // A tenant alone means everybody of it: nobody is closed by a wildcard.
        (
            json!({"format": "complex", "tenant": {"format": "opaque", "id": "a1"}}),
            "a1",
        ),
        (
            json!({"format": "catalog_item", "catalog_id": "a1"}),
            "catalog_item",
        ),
    ] {
        assert_eq!(scene.push(&stranger(subject)).await.status, 202);
        assert_eq!(scene.last().await, SignalOutcome::UnknownSubject);
        assert_eq!(scene.overview().await.unknown[0].subject, shown);
    }
    let found = scene.overview().await;
    assert_eq!(
        (found.streams[0].taken, found.streams[0].unknown_subjects),
        (7, 7)
    );
    assert!(!scene.is_closed("a1"));
    let acts = scene.home.acts();
    assert!(
        !acts.iter().any(|(act, _)| *act == Act::AccountSuspended),
        "{acts:?}"
    );
}

#[tokio::test]
async fn an_account_is_found_by_each_name_that_the_operator_allows() {
    let scene = Scene::open().await;
    let scim = |external: &str| ScimUserRecord {
        account: account("a2"),
        external_id: Some(external.to_owned()),
        document: "{}".to_owned(),
        is_active: true,
        is_deleted: false,
        is_closed_by: false,
        waits: None,
        groups: Default::default(),
        asked_by: account("flux"),
        created_at: Timestamp::ZERO,
        changed_at: Timestamp::ZERO,
    };
    scene
        .home
        .store
        .save_scim_users(&[scim("7f-3c")])
        .await
        .unwrap();
    scene.agent("a1").await;
    scene.home.with_address("a1", "Lea.Martin@exemple.fr").await;
    scene.agent("a2").await;
    scene.agent("a3").await;
    let user = |subject: Value| {
        json!({"format": "complex", "user": subject,
        "device": {"format": "opaque", "id": "a3"}})
    };
    for (subject, name) in [
        (
            json!({"format": "email", "email": "lea.martin@EXEMPLE.fr"}),
            "a1",
        ),
        (json!({"format": "opaque", "id": "7f-3c"}), "a2"),
        (json!({"format": "account", "uri": "acct:a2"}), "a2"),
        (user(json!({"format": "opaque", "id": "a1"})), "a1"),
        (
            json!({"format": "aliases", "identifiers": [
                {"format": "phone_number", "phone_number": "+33"}, {"format": "opaque", "id": "a1"}]}),
            "a1",
        ),
    ] {
        let claims = scene.claims(&revoked(), subject.clone(), json!({}));
        assert_eq!(scene.push(&claims).await.status, 202);
        assert_eq!(scene.last().await, SignalOutcome::Cut, "{subject}");
        let event = &scene.overview().await.events[0];
        assert_eq!(event.account, Some(account(name)), "{subject}");
    }
    let narrow = Scene::with(|rules| rules.receive[0].identified_by.clear()).await;
    narrow.agent("a1").await;
    narrow.says(&revoked(), "a1").await;
    assert_eq!(narrow.last().await, SignalOutcome::UnknownSubject);
}

#[tokio::test]
async fn no_token_of_another_issuer_audience_kind_or_age_is_an_event() {
    let scene = Scene::open().await;
    by_link(&scene.home, "a1").await;
    let good = scene.about(&disabled(), "a1");
    let now = scene.home.now().secs();
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let mut tries = Vec::new();
    for (name, value, why, code) in [
        (
            "iss",
            json!("https://malice.fr"),
            SignalRefusal::Issuer,
            "invalid_issuer",
        ),
        ("iss", Value::Null, SignalRefusal::Issuer, "invalid_issuer"),
        (
            "aud",
            json!("https://autre.fr"),
            SignalRefusal::Audience,
            "invalid_audience",
        ),
        (
            "aud",
            json!([AUDIENCE, "https://autre.fr"]),
            SignalRefusal::Audience,
            "invalid_audience",
        ),
        (
            "aud",
            json!([]),
            SignalRefusal::Audience,
            "invalid_audience",
        ),
        (
            "iat",
            json!(now + 61),
            SignalRefusal::Early,
            "invalid_request",
        ),
        (
            "iat",
            json!(now - 7 * 86_400 - 1),
            SignalRefusal::Old,
            "invalid_request",
        ),
        ("iat", Value::Null, SignalRefusal::Claim, "invalid_request"),
        (
            "exp",
            json!(now + 600),
            SignalRefusal::Claim,
            "invalid_request",
        ),
        ("sub", json!("a1"), SignalRefusal::Claim, "invalid_request"),
        ("nonce", json!("n"), SignalRefusal::Claim, "invalid_request"),
        ("jti", Value::Null, SignalRefusal::Claim, "invalid_request"),
        (
            "sub_id",
            json!("a1"),
            SignalRefusal::Claim,
            "invalid_request",
        ),
        ("events", json!({}), SignalRefusal::Claim, "invalid_request"),
        (
            "events",
            json!({"http://schemas.openid.net/event/backchannel-logout": {}, disabled(): {}}),
            SignalRefusal::Claim,
            "invalid_request",
        ),
        (
            "events",
            json!({format!("{SSF}verification"): {"state": "x"}}),
            SignalRefusal::State,
            "invalid_state",
        ),
    ] {
        tries.push((scene.sign(&with(name, value)), why, code));
    }
    let key = &scene.transmitter.key;
    let header = |typ: Value, alg: &str, kid: &str| json!({"alg": alg, "typ": typ, "kid": kid});
    let typ = json!("secevent+jwt");
    for typ in [
        json!("JWT"),
        json!("logout+jwt"),
        json!("at+jwt"),
        Value::Null,
    ] {
        let token = key.sign(&header(typ, "ES256", "k1"), &good);
        tries.push((token, SignalRefusal::Kind, "invalid_request"));
    }
    let foreign = Key::new("k1").sign(&header(typ.clone(), "ES256", "k1"), &good);
    tries.push((foreign, SignalRefusal::Key, "invalid_key"));
    let unknown = key.sign(&header(typ.clone(), "ES256", "k9"), &good);
    tries.push((unknown, SignalRefusal::Key, "invalid_key"));
    // Another algorithm than the key's, a symmetric one, and none: refused by type or by key.
    for alg in ["RS256", "HS256"] {
        let token = key.sign(&header(typ.clone(), alg, "k1"), &good);
        tries.push((token, SignalRefusal::Key, "invalid_key"));
    }
    let none = key.sign(&header(typ.clone(), "none", "k1"), &good);
    tries.push((none, SignalRefusal::Kind, "invalid_request"));
    let mut critical = header(typ, "ES256", "k1");
    critical["crit"] = json!(["b64"]);
    tries.push((
        key.sign(&critical, &good),
        SignalRefusal::Unreadable,
        "invalid_request",
    ));
    tries.push(("a.b.c".to_owned(), SignalRefusal::Kind, "invalid_request"));
    tries.push((
        "é".repeat(40_000),
        SignalRefusal::Unreadable,
        "invalid_request",
    ));
    let count = tries.len() as u64;
    for (token, why, code) in tries {
        let answer = scene.push_token(&token).await;
        let shown = &token[..token.len().min(60)];
        assert_eq!(answer.status, 400, "{shown} {why:?}");
        assert_eq!(answer.body.unwrap()["err"], code, "{shown} {why:?}");
        let stream = scene.overview().await.streams.pop().unwrap();
        assert_eq!(stream.refusal.map(|(_, why)| why), Some(why), "{shown}");
    }
    let stream = scene.overview().await.streams.pop().unwrap();
    assert_eq!((stream.refused, stream.taken), (count, 0));
    assert_eq!(stream.standing, StreamStanding::Unheard);
    assert!(!scene.is_closed("a1"));
    assert_eq!(scene.sessions("a1"), 1);
    // The same token, as it should be.
    assert_eq!(scene.push(&good).await.status, 202);
    assert!(scene.is_closed("a1"));
    let both = scene.about(&revoked(), "a1");
    let mut both = both.clone();
    both["aud"] = json!([AUDIENCE, "digue-mobile"]);
    assert_eq!(scene.push(&both).await.status, 202);
}

#[tokio::test]
async fn a_stranger_is_refused_before_anything_is_read() {
    let scene = Scene::open().await;
    let app = &scene.home.app;
    let status = |name: &str, headers: &HeaderMap| {
        authenticate(app, name, headers)
            .map(drop)
            .map_err(|answer| answer.status.as_u16())
    };
    assert_eq!(status("annuaire", &headers(SECRET)), Ok(()));
    assert_eq!(status("inconnu", &headers(SECRET)), Err(404));
    for wrong in [HeaderMap::new(), headers("autre"), headers("")] {
        assert_eq!(status("annuaire", &wrong), Err(401));
    }
    let stream = scene.overview().await.streams.pop().unwrap();
    assert_eq!(stream.refused, 0, "strangers count for nothing");
    // A form, as a browser would send it.
    let caller = authenticate(app, "annuaire", &headers(SECRET)).unwrap();
    let token = scene.sign(&scene.about(&revoked(), "a1"));
    let mut form = headers(SECRET);
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    form.insert(CONTENT_TYPE, kind);
    assert_eq!(
        push(app, &caller, &form, token.as_bytes()).await.status,
        400
    );
}

#[tokio::test]
async fn a_failure_of_digue_uses_no_token_up() {
    let scene = Scene::open().await;
    by_link(&scene.home, "a1").await;
    scene.home.close_journal();
    let claims = scene.about(&revoked(), "a1");
    assert_eq!(scene.push(&claims).await.status, 503);
    assert_eq!(scene.sessions("a1"), 0, "containment waits for no disk");
    assert!(
        scene.outcomes().await.is_empty(),
        "the next try is carried out"
    );
}

#[tokio::test]
async fn keys_are_fetched_again_when_they_change_and_used_while_the_provider_is_silent() {
    let mut scene = Scene::open().await;
    scene.agent("a1").await;
    scene.says(&revoked(), "a1").await;
    assert_eq!(scene.transmitter.asked("/agents/keys").len(), 1);
    // Rotated: both are published, the new one signs.
    let next = Key::new("k2");
    scene.transmitter.publish(&[&next]);
    let old = std::mem::replace(&mut scene.transmitter.key, next);
    let header = json!({"alg": "ES256", "typ": "secevent+jwt", "kid": "k2"});
    let new_token = |scene: &Scene| {
        let claims = scene.about(&revoked(), "a1");
        scene.transmitter.key.sign(&header, &claims)
    };
    assert_eq!(
        scene.push_token(&new_token(&scene)).await.status,
        400,
        "asked a moment ago"
    );
    scene.home.clock.pass(Duration::from_mins(1));
    assert_eq!(scene.push_token(&new_token(&scene)).await.status, 202);
    scene.home.clock.pass(Duration::from_mins(1));
    let claims = scene.about(&revoked(), "a1");
    let gone = old.sign(
        &json!({"alg": "ES256", "typ": "secevent+jwt", "kid": "k1"}),
        &claims,
    );
    assert_eq!(
        scene.push_token(&gone).await.status,
        400,
        "its key is withdrawn"
    );
    // Silent for a day: what is known stays in use, and then nothing does.
    scene.transmitter.served.lock().unwrap().documents.clear();
    scene.home.clock.pass(Duration::from_hours(23));
    assert_eq!(scene.push_token(&new_token(&scene)).await.status, 202);
    scene.home.clock.pass(Duration::from_hours(2));
    assert_eq!(scene.push_token(&new_token(&scene)).await.status, 503);
    // A configuration of another issuer gives no keys.
    scene.transmitter.publish(&[&scene.transmitter.key]);
    let keys = format!("{}/keys", scene.transmitter.issuer);
    let foreign = json!({"issuer": "https://malice.fr", "jwks_uri": keys});
    scene
        .transmitter
        .serves("/.well-known/ssf-configuration/agents", foreign);
    scene.home.clock.pass(Duration::from_secs(11));
    assert_eq!(scene.push_token(&new_token(&scene)).await.status, 503);
}

#[tokio::test]
async fn a_stream_says_how_it_stands() {
    let scene = Scene::open().await;
    let standing = async |scene: &Scene| scene.overview().await.streams[0].standing;
    assert_eq!(standing(&scene).await, StreamStanding::Unheard);
    let stream = json!({"format": "opaque", "id": "f67e39a0"});
    let verification = format!("{SSF}verification");
    let claims = scene.claims(&verification, stream.clone(), json!({}));
    assert_eq!(scene.push(&claims).await.status, 202);
    assert_eq!(standing(&scene).await, StreamStanding::Heard);
    assert_eq!(
        scene.overview().await.streams[0].verified_at,
        Some(scene.home.now())
    );
    let updated = format!("{SSF}stream-updated");
    for (status, expected) in [
        ("paused", StreamStanding::Stopped),
        ("disabled", StreamStanding::Stopped),
        ("enabled", StreamStanding::Heard),
    ] {
        let claims = scene.claims(&updated, stream.clone(), json!({"status": status}));
        assert_eq!(scene.push(&claims).await.status, 202);
        assert_eq!(standing(&scene).await, expected, "{status}");
    }
    // About a person it is no verification.
    let person = json!({"format": "email", "email": "a@b.fr"});
    let claims = scene.claims(&verification, person, json!({}));
    assert_eq!(scene.push(&claims).await.status, 400);
    // An event that Digue does not know is kept by its name.
    scene.says(&format!("{RISC}opt-in"), "a1").await;
    assert_eq!(scene.last().await, SignalOutcome::NotHandled);
}

#[tokio::test]
async fn tokens_are_forgotten_after_their_age_and_never_before() {
    let scene = Scene::open().await;
    scene.agent("a1").await;
    let claims = scene.about(&revoked(), "a1");
    assert_eq!(scene.push(&claims).await.status, 202);
    // Its age is just within the limit at the next try.
    scene
        .home
        .clock
        .pass(Duration::from_secs(7 * 24 * 3600 - 1));
    forget_due(&scene.home.app).await.unwrap();
    assert_eq!(scene.push(&claims).await.status, 202, "still known");
    assert_eq!(scene.outcomes().await.len(), 1);
    scene.home.clock.pass(Duration::from_hours(24 * 24));
    forget_due(&scene.home.app).await.unwrap();
    assert!(scene.outcomes().await.is_empty());
    assert_eq!(
        scene.push(&claims).await.status,
        400,
        "a replay is too old by then"
    );
}

#[tokio::test]
async fn a_poll_takes_what_there_is_and_says_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("jeton");
    std::fs::write(&token, "un-jeton\n").unwrap();
    let scene = Scene::with(|rules| {
        let address = format!("{}/poll", rules.receive[0].issuer);
        rules.receive[0].way = ReceiveWay::Poll {
            address: address.parse().unwrap(),
            token: token.clone(),
            every: Duration::from_secs(5),
        };
    })
    .await;
    let app = &scene.home.app;
    for name in ["a1", "a2"] {
        by_link(&scene.home, name).await;
    }
    assert_eq!(
        authenticate(app, "annuaire", &headers(SECRET))
            .unwrap_err()
            .status,
        404
    );
    let first = scene.sign(&scene.about(&revoked(), "a1"));
    let mut foreign = scene.about(&revoked(), "a2");
    foreign["aud"] = json!("https://autre.fr");
    let foreign = scene.sign(&foreign);
    let renamed = scene.sign(&scene.about(&revoked(), "a2"));
    let last = scene.sign(&scene.about(&revoked(), "a2"));
    let answers = [
        json!({"sets": {"jeton-1": first, "jeton-2": foreign, "autre": renamed}, "moreAvailable": true}),
        json!({"sets": {"jeton-4": last}}),
        json!({"sets": {}}),
    ];
    scene
        .transmitter
        .served
        .lock()
        .unwrap()
        .polls
        .extend(answers);
    poll_due(app).await.unwrap();
    assert_eq!((scene.sessions("a1"), scene.sessions("a2")), (0, 0));
    let asked = scene.transmitter.asked("/agents/poll");
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert_eq!(
        asked[0],
        json!({"maxEvents": 64, "returnImmediately": true})
    );
    assert_eq!(asked[1]["ack"], json!(["jeton-1"]));
    assert_eq!(asked[1]["setErrs"]["jeton-2"]["err"], "invalid_audience");
    assert_eq!(asked[1]["setErrs"]["autre"]["err"], "invalid_request");
    assert_eq!(asked[1]["maxEvents"], 64);
    assert_eq!(
        (&asked[2]["ack"], &asked[2]["maxEvents"]),
        (&json!(["jeton-4"]), &json!(0))
    );
    let stream = |found: SignalsOverview| found.streams.into_iter().next().unwrap();
    let found = stream(scene.overview().await);
    assert_eq!((found.standing, found.refused), (StreamStanding::Heard, 2));
    // Not before its time.
    poll_due(app).await.unwrap();
    assert_eq!(scene.transmitter.asked("/agents/poll").len(), 3);
    // Its transmitter falls silent, and answers again.
    scene.home.clock.pass(Duration::from_secs(5));
    poll_due(app).await.unwrap();
    let failing = stream(scene.overview().await);
    assert_eq!(failing.standing, StreamStanding::Failing);
    assert_eq!(failing.failing_since, Some(scene.home.now()));
    scene.home.clock.pass(Duration::from_secs(5));
    scene
        .transmitter
        .served
        .lock()
        .unwrap()
        .polls
        .push_back(json!({"sets": {}}));
    poll_due(app).await.unwrap();
    assert_eq!(
        stream(scene.overview().await).standing,
        StreamStanding::Heard
    );
    // A token that Digue cannot carry out now is neither acknowledged nor refused.
    scene.home.close_journal();
    scene.home.clock.pass(Duration::from_secs(5));
    let late = scene.sign(&scene.about(&revoked(), "a1"));
    let answer = json!({"sets": {"jeton-5": late}});
    scene
        .transmitter
        .served
        .lock()
        .unwrap()
        .polls
        .push_back(answer);
    assert!(poll_due(app).await.is_err());
    let asked = scene.transmitter.asked("/agents/poll");
    assert_eq!(
        asked.last().unwrap(),
        &json!({"maxEvents": 64, "returnImmediately": true})
    );
}

#[tokio::test]
async fn the_page_is_for_those_who_watch() {
    let scene = Scene::open().await;
    for (role, may) in [
        (Role::Agent, false),
        (Role::Deputy, false),
        (Role::Delegate, false),
        (Role::PortalTeam, false),
        (Role::Ciso, true),
        (Role::Dpo, true),
        (Role::Auditor, true),
    ] {
        let actor = somebody(&scene.home, "qui", "of-1", role).await;
        let found = overview::overview(&scene.home.app, &actor).await;
        assert_eq!(found.is_ok(), may, "{role:?}");
    }
}
