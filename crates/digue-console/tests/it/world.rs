//! A small operator in memory, in which something of everything happened, at a time that stands
//! still; and the console's router over it.
//!
//! Forms are sent through the router wherever there is one. Only what comes from outside the
//! console is made by the operations: exposures, findings, sessions, passkeys.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, header};
use digue_access::session::ClientIp;
use digue_access::{Membership, Policies, RequestOrigin, Role, Session, SessionLimits};
use digue_administration::approvals;
use digue_administration::approvals::RulesGuard;
use digue_administration::rules;
use digue_app::alias_tables::AliasTables;
use digue_app::clock::ManualClock;
use digue_app::found::MonitoredFinding;
use digue_app::monitor::unattended;
use digue_app::recorder::{JournalIndexer, JournalRecorder, JournalState};
use digue_app::{Actor, App, AppParts};
use digue_casework::{containment, findings};
use digue_config::reader::WholeText;
use digue_connections::client_address::TrustedProxies;
use digue_console::{PageFrame, Visitor};
use digue_detection::playbook::PlaybookStep;
use digue_detection::{Action, Figures, Finding, Signal, SignalKind, Surroundings, Weight};
use digue_evidence::reading::EvidenceForm;
use digue_gateway::identity::Asserter;
use digue_gateway::ports::{Clock as _, NoMonitor};
use digue_gateway::{Gateway, GatewayLimits, GatewayParts, Hosts};
use digue_http::client::HttpClient;
use digue_identity::{invitations, keys, passkey, person_sessions, sign_in};
use digue_journal::disk::Disk;
use digue_journal::note::Signer;
use digue_journal::{Journal, JournalOptions};
use digue_locales::Language;
use digue_selfservice::persons;
use digue_store::{EntryRecord, Store};
use digue_testkit::Authenticator;
use digue_types::{AccountId, Event, OrganisationId, Outcome, PortalId, RefusalReason, Timestamp};
use jiff::tz::TimeZone;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use tower::ServiceExt as _;

use crate::operator::{CONSOLE, KEY, NoPages, PORTAL_HOST, areas, portal};

pub(crate) const CONSOLE_HOST: &str = "digue.test";
/// A Thursday morning, when most of it happens.
const BEGINNING: Timestamp = Timestamp::from_secs(1_763_625_600);
/// Saturday, 22 November 2025, 13:00 in Paris: when the pages are read.
const NOW: Timestamp = Timestamp::from_secs(1_763_812_800);
/// The account that is stolen in `World::robbed`.
pub(crate) const ROBBED: &str = "titulaire";
/// The night before, at 03:45 in Paris.
const NIGHT: Timestamp = Timestamp::from_secs(1_763_779_500);

/// A reader of pages: the column of `docs/reference/routes.md`, with its account and organisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reader {
    pub(crate) role: &'static str,
    pub(crate) account: &'static str,
    pub(crate) organisation: &'static str,
}

const fn reader(role: &'static str, account: &'static str, organisation: &'static str) -> Reader {
    Reader {
        role,
        account,
        organisation,
    }
}

pub(crate) const STRANGER: Reader = reader("stranger", "", "");
pub(crate) const AGENT: Reader = reader("agent", "agent", "of-1");
pub(crate) const DEPUTY: Reader = reader("deputy", "adjointe", "of-1");
pub(crate) const DELEGATE: Reader = reader("delegate", "cheffe", "of-1");
pub(crate) const PORTAL_TEAM: Reader = reader("portal-team", "equipe", "operateur");
pub(crate) const CISO: Reader = reader("rssi", "rssi", "operateur");
pub(crate) const DPO: Reader = reader("dpo", "dpo", "operateur");
pub(crate) const AUDITOR: Reader = reader("auditor", "auditrice", "operateur");
pub(crate) const MANAGEMENT: Reader = reader("direction", "directrice", "operateur");
/// In the order of the table of routes.
pub(crate) const READERS: [Reader; 9] = [
    STRANGER,
    AGENT,
    DEPUTY,
    DELEGATE,
    PORTAL_TEAM,
    CISO,
    DPO,
    AUDITOR,
    MANAGEMENT,
];

/// One answer of the router.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Where it redirects to.
    pub(crate) location: Option<String>,
    pub(crate) kind: String,
    pub(crate) policy: String,
    /// `Strict-Transport-Security`; empty without.
    pub(crate) transport: String,
    pub(crate) cookie: Option<String>,
    /// The entity tag.
    pub(crate) tag: Option<String>,
    pub(crate) text: String,
    /// The body as it came, for files.
    pub(crate) bytes: Vec<u8>,
}

/// A request as a test describes it.
pub(crate) struct Sent<'s> {
    pub(crate) method: &'s str,
    pub(crate) target: &'s str,
    pub(crate) kind: &'s str,
    pub(crate) body: Vec<u8>,
}

impl<'s> Sent<'s> {
    pub(crate) fn get(target: &'s str) -> Self {
        Self {
            method: "GET",
            target,
            kind: "",
            body: Vec::new(),
        }
    }
}

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    router: Router,
    clock: Arc<ManualClock>,
    journal: Arc<Journal>,
    sessions: BTreeMap<&'static str, Session>,
    /// A session of the agent on the portal's host.
    portal_session: Option<Session>,
    /// The cookie of the person P1.
    person: String,
    /// Random names with what stands for them in snapshots, and in the addresses of pages.
    pub(crate) names: BTreeMap<&'static str, String>,
    _folder: tempfile::TempDir,
}

/// The map of the portal, as the store keeps it.
fn map() -> String {
    let text = r#"
[portal]
name = "portail"
population = "personnes"
url = "https://portail.test"
upstream = "http://127.0.0.1:1"

[identifiers.id]
shape = "P[0-9]+"

[[routes]]
name = "fiche"
path = "/fiche/{id}"
methods = ["GET"]
action = "open"
[[routes.response]]
format = "html"
records = ["page"]
persons = [{ at = "h1" }]
sweep = [{ pattern = 'P[0-9]+' }]
"#;
    let whole = WholeText {
        text: text.to_owned(),
        ..WholeText::default()
    };
    whole.to_json()
}

impl World {
    /// Accounts and their sessions, and nothing that happened.
    pub(crate) async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let clock = Arc::new(ManualClock::new(BEGINNING, paris.clone()));
        let journal_state: Arc<RwLock<JournalState>> = Arc::default();
        let disk = Disk::new(folder.path());
        let journal = Journal::open(JournalOptions {
            keyring: digue_testkit::keys::keyring(&disk),
            disk,
            signer: Signer::from_seed("digue.test", &[1; 32]).unwrap(),
            queue_max: 64,
            checkpoint_every: Duration::from_millis(10),
            observer: Box::new(JournalIndexer {
                journal_state: journal_state.clone(),
                monitor: unattended(),
                clock: clock.clone(),
            }),
        });
        let journal = Arc::new(journal.unwrap());
        let aliases = Arc::new(AliasTables::default());
        let store = Store::open("sqlite::memory:").await.unwrap();
        let areas = areas(&store, aliases.clone(), paris.clone(), BEGINNING).await;
        let app = App::new(AppParts {
            monitor: unattended(),
            store,
            client: None,
            index_folder: None,
            is_published: false,
            danger_asynchronous: false,
            journal: journal.clone(),
            journal_state,
            clock: clock.clone(),
            policies: Policies::default(),
            policy_version: 1,
            session_limits: SessionLimits::default(),
            proof_lasts: Duration::from_mins(5),
            key: KEY,
            data_folder: folder.path().to_owned(),
            console_url: CONSOLE.to_owned(),
            portal_urls: vec![(PORTAL_HOST.to_owned(), format!("https://{PORTAL_HOST}"))],
            areas,
        });
        let app = Arc::new(app.await.unwrap());
        let (rules, sessions) = app.first_state().await.unwrap();
        let random = ring::rand::SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        app.attach(Gateway::new(GatewayParts {
            monitor: Arc::new(NoMonitor),
            hosts: Hosts::new(vec![portal()], vec![CONSOLE_HOST.to_owned()], []),
            rules,
            sessions,
            recorder: Arc::new(JournalRecorder(journal.clone())),
            clock: clock.clone(),
            aliases,
            pages: Arc::new(NoPages),
            asserter: Asserter::new(key.as_ref(), "digue.test").unwrap(),
            upstream: HttpClient::new(rustls::RootCertStore::empty(), Duration::from_secs(1)),
            proxies: TrustedProxies::default(),
            limits: GatewayLimits::default(),
        }));
        let of = RulesGuard::Portal(portal().id);
        rules::take_over(&app, &of, &map()).await.unwrap();
        let router = digue_console::router(app.clone(), paris, None);
        let mut world = Self {
            app,
            router,
            clock,
            journal,
            sessions: BTreeMap::new(),
            portal_session: None,
            person: String::new(),
            names: BTreeMap::from([("VERSION", env!("CARGO_PKG_VERSION").to_owned())]),
            _folder: folder,
        };
        for known in &READERS[1..] {
            world
                .account(known.account, known.organisation, known.role)
                .await;
        }
        world.everybody_signs_in().await;
        world
    }

    /// A world in which something of everything happened.
    pub(crate) async fn lived_in() -> Self {
        let mut world = Self::new().await;
        world.people().await;
        world.exposures().await;
        world.findings().await;
        world.keys().await;
        world.management().await;
        world.incident().await;
        world.partner().await;
        world.messages().await;
        world.read_at(NOW).await;
        // Last: the session of a person lasts twenty minutes.
        world.person_asks().await;
        world
    }

    /// A world in which an account read 29 persons in a night and was closed; nobody has looked
    /// yet.
    pub(crate) async fn robbed() -> Self {
        let mut world = Self::new().await;
        world.account(ROBBED, "of-1", "agent").await;
        world.clock.set(NIGHT);
        let persons: Vec<String> = (1..=29).map(|n| format!("V{n}")).collect();
        let events = (1..).zip(&persons).map(|(n, person)| {
            let Event::Exposure(mut exposure) = digue_testkit::events::shown(0, ROBBED, person)
            else {
                unreachable!("it is an exposure")
            };
            exposure.at = NIGHT.plus(Duration::from_secs(n));
            exposure.categories = vec![digue_types::Category::parse("identite").unwrap()];
            Event::Exposure(exposure)
        });
        world.write(events.collect()).await;
        world.clock.set(NIGHT.plus(Duration::from_mins(2)));
        for (weight, taken) in [
            (Weight::Alert, Action::Observe),
            (Weight::Containment, Action::CloseAccount),
        ] {
            world.tick();
            let mut found = found(world.clock.as_ref(), ROBBED, weight, taken);
            let figures = Figures {
                seen: 51,
                usual: 15,
                minutes: 1440,
            };
            found.finding.signals.push(Signal {
                kind: SignalKind::Refusals,
                evidence: 1.2,
                figures,
            });
            containment::respond(&world.app, found).await.unwrap();
        }
        let view = findings::view(&world.app, &world.actor(CISO))
            .await
            .unwrap();
        let last = view
            .findings
            .iter()
            .max_by_key(|finding| finding.at)
            .unwrap()
            .id
            .to_string();
        world.name("FINDING-THEFT", &last);
        world.read_at(NOW).await;
        world
    }

    /// The same, when the DPO has confirmed the theft.
    pub(crate) async fn robbed_and_confirmed() -> Self {
        let world = Self::robbed().await;
        let finding = world.names["FINDING-THEFT"].clone();
        let fields = [
            ("id", finding.as_str()),
            ("verdict", "theft"),
            ("reason", "la titulaire dormait"),
        ];
        world.post(DPO, "/watch/decide", &fields).await;
        world
    }

    /// Adds entries to the journal.
    async fn write(&self, events: Vec<Event>) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.journal.append(events, move |result| {
            let _ = sender.send(result.is_ok());
        });
        assert!(receiver.await.unwrap());
        self.settled().await;
    }

    /// The time after this many minutes of work at the console.
    pub(crate) fn pass(&self, minutes: f64) {
        let at = NOW.plus(Duration::from_secs_f64(minutes * 60.0));
        if at > self.clock.now() {
            self.clock.set(at);
        }
    }

    /// Everybody proves their identity again.
    pub(crate) async fn prove(&mut self) {
        self.everybody_signs_in().await;
    }

    /// Sends a form, whatever becomes of it.
    pub(crate) async fn send_form(
        &self,
        reader: Reader,
        target: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        let body = url_encoded(fields).into_bytes();
        self.answer(
            reader,
            Language::French,
            Sent {
                method: "POST",
                target,
                kind,
                body,
            },
        )
        .await
    }

    /// The time at which pages are read: everybody has just signed in.
    async fn read_at(&mut self, at: Timestamp) {
        self.clock.set(at);
        self.everybody_signs_in().await;
    }

    /// Proofs of identity grow too old for sensitive acts.
    pub(crate) fn wait_an_hour(&self) {
        self.clock.set(NOW.plus(Duration::from_hours(1)));
    }

    pub(crate) async fn account(&self, name: &str, organisation: &str, role: &str) {
        let membership = Membership {
            organisation: OrganisationId::parse(organisation).unwrap(),
            role: Role::parse(role).unwrap(),
        };
        let id = AccountId::parse(name).unwrap();
        digue_app::directory::save(&self.app, &Actor::digue(), vec![(id, membership)])
            .await
            .unwrap();
    }

    async fn everybody_signs_in(&mut self) {
        for known in &READERS[1..] {
            let session = self.sign_in(known.account, CONSOLE_HOST).await;
            self.sessions.insert(known.account, session);
        }
        self.portal_session = Some(self.sign_in(AGENT.account, PORTAL_HOST).await);
    }

    async fn sign_in(&self, account: &str, host: &str) -> Session {
        let id = AccountId::parse(account).unwrap();
        let hour = Duration::from_hours(1);
        let link = sign_in::issue_link(&self.app, &Actor::digue(), &id, host, hour)
            .await
            .unwrap();
        let token = link.split_once("link=").unwrap().1;
        sign_in::enter(&self.app, token, host, &origin())
            .await
            .unwrap()
            .1
    }

    pub(crate) fn actor(&self, reader: Reader) -> Actor {
        Actor::of_session(&self.app, &self.sessions[reader.account]).unwrap()
    }

    /// Waits for a checkpoint over all entries.
    async fn settled(&self) {
        while self.journal.status().checkpoint_size < self.journal.status().size {
            tokio::task::yield_now().await;
        }
    }

    /// Entries of the journal.
    pub(crate) fn entries(&self) -> u64 {
        self.journal.status().size
    }

    /// Leaves an entry in an incident that no version can read.
    pub(crate) async fn break_incidents(&self) {
        let entry = EntryRecord {
            incident: self.names["INCIDENT"].clone(),
            number: 9_999,
            at: NOW,
            recorded_at: NOW,
            author: "dpo".to_owned(),
            note: "{".to_owned(),
        };
        self.app.store().add_incident_entry(&entry).await.unwrap();
        // The counts beside the menu are as old as the last act, or half a minute.
        self.clock.set(NOW.plus(Duration::from_mins(1)));
    }

    fn visitor(&self, reader: Reader, language: Language) -> Visitor {
        let session = self.sessions.get(reader.account).cloned();
        let rules = self.app.gateway().rules();
        let record = session
            .as_ref()
            .and_then(|session| rules.directory.find(&session.account));
        Visitor {
            host: CONSOLE_HOST.to_owned(),
            is_secure: true,
            portal: None,
            role: record.map(|record| record.role),
            session,
            doubted: None,
            program: None,
            origin: origin(),
            language,
            frame: PageFrame::default(),
        }
    }

    /// The reader on the portal's host, where only the agent has a session.
    fn visitor_of_portal(&self, reader: Reader, language: Language) -> Visitor {
        Visitor {
            host: PORTAL_HOST.to_owned(),
            portal: Some(PortalId::parse("portail").unwrap()),
            session: self.portal_session.clone().filter(|_| reader == AGENT),
            ..self.visitor(reader, language)
        }
    }

    pub(crate) async fn answer(
        &self,
        reader: Reader,
        language: Language,
        sent: Sent<'_>,
    ) -> Answer {
        self.respond(self.visitor(reader, language), sent).await
    }

    pub(crate) async fn answer_on_portal(
        &self,
        reader: Reader,
        language: Language,
        sent: Sent<'_>,
    ) -> Answer {
        self.respond(self.visitor_of_portal(reader, language), sent)
            .await
    }

    /// The answer to a browser that sends this cookie.
    pub(crate) async fn answer_with_cookie(
        &self,
        reader: Reader,
        cookie: &str,
        sent: Sent<'_>,
    ) -> Answer {
        let request = Request::builder()
            .method(sent.method)
            .uri(sent.target)
            .header(header::COOKIE, cookie);
        let request = request.extension(self.visitor(reader, Language::French));
        let request = request.body(Body::from(sent.body)).unwrap();
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// The answer to a program that names the revision which it read.
    pub(crate) async fn answer_if_match(
        &self,
        reader: Reader,
        tag: &str,
        sent: Sent<'_>,
    ) -> Answer {
        let request = Request::builder()
            .method(sent.method)
            .uri(sent.target)
            .header(header::CONTENT_TYPE, sent.kind)
            .header(header::IF_MATCH, tag)
            .extension(self.visitor(reader, Language::French));
        let request = request.body(Body::from(sent.body)).unwrap();
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn respond(&self, visitor: Visitor, sent: Sent<'_>) -> Answer {
        // Pages and acts say up to which entry the index has read: all of them, and not as far as
        // it got.
        self.settled().await;
        let is_person = visitor.session.is_none() && !self.person.is_empty();
        let mut request = Request::builder().method(sent.method).uri(sent.target);
        if !sent.kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, sent.kind);
        }
        if is_person {
            request = request.header(header::COOKIE, &self.person);
        }
        let request = request
            .extension(visitor)
            .body(Body::from(sent.body))
            .unwrap();
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Sends a form as a browser does from one of its pages.
    pub(crate) async fn send_from(
        &self,
        reader: Reader,
        page: &str,
        target: &str,
        fields: &[(String, String)],
    ) -> Answer {
        self.settled().await;
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = Request::builder()
            .method("POST")
            .uri(target)
            .header(header::HOST, CONSOLE_HOST)
            .header(header::REFERER, format!("https://{CONSOLE_HOST}{page}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(self.visitor(reader, Language::French))
            .body(Body::from(url_encoded(&fields)))
            .unwrap();
        Answer::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// A reason for each control, without which no statement is signed.
    pub(crate) async fn give_reasons(&self) {
        let controls = digue_isms::framework::controls().map(|control| control.id);
        let controls = controls.collect::<Vec<_>>().join(",");
        let decided = [
            ("requirement", controls.as_str()),
            ("applies", "yes"),
            ("inclusion", "good-practice"),
        ];
        self.post(CISO, "/smsi/registers/applicability", &decided)
            .await;
    }

    /// Sends a form that is accepted, a second after what was before; returns where it leads.
    pub(crate) async fn post(
        &self,
        reader: Reader,
        target: &str,
        fields: &[(&str, &str)],
    ) -> String {
        self.tick();
        let kind = "application/x-www-form-urlencoded";
        let body = url_encoded(fields).into_bytes();
        let sent = Sent {
            method: "POST",
            target,
            kind,
            body,
        };
        let answer = self.answer(reader, Language::French, sent).await;
        assert!(
            matches!(answer.status, 200 | 303),
            "{target} {fields:?}: {answer:?}"
        );
        answer.location.unwrap_or(answer.text)
    }

    /// Sends a form with files: fields of this name carry one.
    pub(crate) async fn upload(
        &self,
        reader: Reader,
        target: &str,
        fields: &[(&str, &str)],
    ) -> String {
        self.tick();
        let sent = Sent {
            method: "POST",
            target,
            kind: "multipart/form-data; boundary=x",
            body: multipart(fields).into_bytes(),
        };
        let answer = self.answer(reader, Language::French, sent).await;
        assert!(matches!(answer.status, 200 | 303), "{target}: {answer:?}");
        answer.location.unwrap_or(answer.text)
    }

    /// Remembers a random name under one that stays.
    fn name(&mut self, name: &'static str, id: &str) {
        assert!(!id.is_empty());
        self.names.insert(name, id.to_owned());
    }

    /// Organisations, caseloads, gates, and requests that wait for a second person.
    async fn people(&mut self) {
        for (id, name) in [
            ("of-1", "Centre de formation d'Arras"),
            ("of-2", "Mission locale de Lens"),
        ] {
            let fields = [
                ("organisation", id),
                ("name", name),
                ("email", "contact@exemple.fr"),
            ];
            self.post(CISO, "/organisations", &fields).await;
        }
        for (reader, name, job, telephone) in [
            (
                CISO,
                "Sacha Lemaire",
                "responsable de la sécurité",
                "01 99 00 12 34",
            ),
            (
                DPO,
                "Claire Martin",
                "déléguée à la protection des données",
                "01 99 00 56 78",
            ),
            (DELEGATE, "Anne Petit", "directrice", "03 99 00 10 20"),
        ] {
            let target = format!("/accounts/{}/holder", reader.account);
            let email = format!("{}@exemple.fr", reader.account);
            let fields = [
                ("name", name),
                ("job", job),
                ("telephone", telephone),
                ("email", email.as_str()),
            ];
            self.post(reader, &target, &fields).await;
        }
        for (name, organisation) in [("voisin", "of-2"), ("parti", "of-1"), ("perdu", "of-1")] {
            self.account(name, organisation, "agent").await;
        }
        let sent = Sent {
            method: "PUT",
            target: "/api/v1/caseloads/personnes",
            kind: "text/csv",
            body: b"account,person,until\nagent,P1,\nagent,P2,2025-12-01\ncheffe,P3,\n".to_vec(),
        };
        let loaded = self.answer(PORTAL_TEAM, Language::French, sent).await;
        assert!(matches!(loaded.status, 200 | 202), "{loaded:?}");
        let suspended = [
            ("account", "parti"),
            ("suspended", "1"),
            ("reason", "a quitté le centre"),
        ];
        self.post(DELEGATE, "/accounts/suspend", &suspended).await;
        let gate = [
            ("scope", "organisation"),
            ("name", "of-2"),
            ("gate", "step-up"),
            ("reason", "prudence"),
        ];
        self.post(CISO, "/gates", &gate).await;
        // One request is granted, one waits, and one is about several accounts.
        let recover = [
            ("account", "perdu"),
            ("since", "2025-11-19T08:00"),
            ("reason", "ordinateur volé"),
        ];
        self.post(DELEGATE, "/approvals/recover", &recover).await;
        self.decide_newest(CISO, "1").await;
        let add = [
            ("account", "nouvelle"),
            ("organisation", "of-1"),
            ("role", "agent"),
            ("email", "nouvelle@exemple.fr"),
            ("reason", "recrutement"),
        ];
        self.post(DELEGATE, "/approvals", &add).await;
        self.decide_newest(CISO, "1").await;
        let add = [
            ("account", "stagiaire"),
            ("organisation", "of-1"),
            ("role", "agent"),
            ("reason", "stage"),
        ];
        self.post(DELEGATE, "/approvals", &add).await;
        let export = [("reason", "audit annuel")];
        self.post(DPO, "/approvals/export", &export).await;
        let person = [
            ("population", "personnes"),
            ("person", "P9"),
            ("reason", "entretien prévu"),
        ];
        self.post(DELEGATE, "/space/persons", &person).await;
    }

    /// No two things happen at the same time: lists have one order.
    fn tick(&self) {
        self.clock
            .set(self.clock.now().plus(Duration::from_secs(1)));
    }

    /// Decides the request that was made last.
    async fn decide_newest(&mut self, reader: Reader, granted: &str) {
        let waiting = approvals::list(&self.app, &self.actor(reader))
            .await
            .unwrap();
        let undecided = waiting
            .into_iter()
            .filter(|one| one.may_decide && !one.is_over);
        let newest = undecided.max_by_key(|one| one.record.asked_at).unwrap();
        self.post(
            reader,
            "/approvals/decide",
            &[("id", &newest.record.id), ("granted", granted)],
        )
        .await;
    }

    /// What accounts were shown.
    async fn exposures(&self) {
        let mut number = 0;
        let mut events = Vec::new();
        for (account, persons) in [
            ("agent", ["P1", "P2", "P4"]),
            ("cheffe", ["P3", "P1", "P5"]),
        ] {
            for person in persons {
                events.push(digue_testkit::events::shown(number, account, person));
                number += 3_600;
            }
        }
        // Seen twice by one account: one consultation is contested, the other still can be.
        events.push(digue_testkit::events::shown(number, "agent", "P1"));
        number += 3_600;
        let refused = digue_testkit::events::shown(number, "agent", "P9");
        events.push(match refused {
            Event::Exposure(mut exposure) => {
                exposure.outcome = Outcome::Refused;
                exposure.reasons = vec![RefusalReason::Policy];
                exposure.shown = Vec::new();
                Event::Exposure(exposure)
            }
            other => other,
        });
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.journal.append(events, move |result| {
            let _ = sender.send(result.is_ok());
        });
        assert!(receiver.await.unwrap());
        self.settled().await;
    }

    /// One finding that waits, one that an officer judged, and one that closed an account.
    async fn findings(&mut self) {
        for (account, weight, taken) in [
            ("cheffe", Weight::Alert, Action::Observe),
            ("perdu", Weight::Containment, Action::CloseAccount),
            ("agent", Weight::Alert, Action::LowerBudget),
        ] {
            self.tick();
            let found = found(self.clock.as_ref(), account, weight, taken);
            containment::respond(&self.app, found).await.unwrap();
        }
        let view = findings::view(&self.app, &self.actor(CISO)).await.unwrap();
        let of = |account: &str| {
            let is_its = |known: &AccountId| known.as_str() == account;
            view.findings
                .iter()
                .find(|one| one.account.as_ref().is_some_and(is_its))
                .unwrap()
                .id
                .clone()
        };
        let (waiting, closed, judged) = (of("agent"), of("perdu"), of("cheffe"));
        self.post(
            CISO,
            "/watch/decide",
            &[
                ("id", judged.as_str()),
                ("verdict", "work"),
                ("reason", "inventaire"),
            ],
        )
        .await;
        self.name("FINDING-WAITING", waiting.as_str());
        self.name("FINDING-CLOSED", closed.as_str());
        self.name("FINDING-JUDGED", judged.as_str());
        let glass = [(
            "justification",
            "une personne est à l'accueil et son dossier est ailleurs",
        )];
        let sent = Sent {
            method: "POST",
            target: "/.digue/break-glass",
            kind: "application/x-www-form-urlencoded",
            body: url_encoded(&glass).into_bytes(),
        };
        let opened = self.answer_on_portal(AGENT, Language::French, sent).await;
        assert_eq!(opened.status, 200, "{opened:?}");
    }

    /// API keys: one in use, one that waits for its holder; and a passkey.
    async fn keys(&mut self) {
        let thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        for (account, name) in [("agent", "logiciel métier"), ("agent", "export de nuit")] {
            let fields = [
                ("account", account),
                ("name", name),
                ("public_key", thumbprint),
                ("reason", "interface"),
            ];
            self.post(DELEGATE, "/keys", &fields).await;
            self.decide_newest(CISO, "1").await;
        }
        let session = self.sessions[AGENT.account].clone();
        let waiting = keys::waiting(&self.app, &session).await.unwrap();
        let page = self
            .post(AGENT, "/self/keys", &[("id", &waiting[0].id)])
            .await;
        assert!(page.contains("<code>"));
        for reader in [AGENT, DEPUTY] {
            let mut device = Authenticator::new(CONSOLE_HOST, CONSOLE);
            let session = &self.sessions[reader.account];
            let begun = passkey::begin_adding(&self.app, session).await.unwrap();
            let made = device.create(&begun.options);
            let added =
                passkey::finish_adding(&self.app, session, &begun.ceremony, "téléphone", made)
                    .await;
            added.unwrap();
        }
        // The invitation of the new account is handed over, and its holder waits to be confirmed.
        let nouvelle = AccountId::parse("nouvelle").unwrap();
        let invitation = invitations::hand_over(&self.app, &self.actor(DPO), &nouvelle)
            .await
            .unwrap();
        let link = invitation.link.unwrap();
        self.name("INVITATION", link.split_once("link=").unwrap().1);
    }

    /// A breach: its log, the persons concerned, the decisions, the notices.
    async fn incident(&mut self) {
        let opened = [
            ("title", "Consultations de nuit"),
            ("source", "person"),
            ("account", "agent"),
        ];
        let place = self.post(DPO, "/incidents", &opened).await;
        let place = place.split('?').next().unwrap().to_owned();
        let id = place.rsplit('/').next().unwrap().to_owned();
        self.name("INCIDENT", &id);
        let entries = format!("{place}/entries");
        let because = "parce que les faits le montrent";
        for fields in [
            &[
                ("note", "said"),
                ("kind", "fact"),
                ("text", "La personne a rappelé."),
            ][..],
            &[
                ("note", "aware"),
                ("of", "data"),
                ("at", "2025-11-20T09:00"),
                ("reason", because),
            ],
            &[
                ("note", "occurred"),
                ("from", "2025-11-13T02:00"),
                ("to", "2025-11-13T09:00"),
            ],
            &[
                ("note", "task"),
                ("title", "Prévenir le centre"),
                ("owner", "dpo"),
                ("due", "2025-11-21T12:00"),
            ],
            &[
                ("note", "state"),
                ("state", "confirmed"),
                ("reason", because),
            ],
            &[
                ("note", "authority"),
                ("notify", "yes"),
                ("reason", because),
            ],
            &[
                ("note", "persons"),
                ("inform", "yes"),
                ("exemption", ""),
                ("reason", because),
            ],
            &[
                ("note", "lesson"),
                ("text", "le poste n'était pas à jour"),
                ("measure", "Mises à jour"),
                ("owner", "rssi"),
            ],
        ] {
            self.post(DPO, &entries, fields).await;
        }
        self.post(DPO, &format!("{place}/affected"), &[("account", "agent")])
            .await;
        let submitted = [
            ("note", "submitted"),
            ("stage", "initial"),
            ("at", "2025-11-20T09:00"),
            ("receipt", "CNIL-42"),
        ];
        self.post(DPO, &entries, &submitted).await;
        let text = "Un compte a été utilisé par une autre personne.";
        let notices = [
            ("style", "fr"),
            ("subject", "Vos données"),
            ("happened", text),
            ("risks", text),
            ("steps", text),
            ("contact", text),
            ("address", "1 rue de la Paix, Arras"),
            ("version", "1"),
            ("after", ""),
            ("rate", "60"),
            (
                "contacts",
                "personne;courriel;adresse\nP1;p1@exemple.fr;\nP2;;1 rue de la Paix\n",
            ),
        ];
        let campaign = self
            .upload(DPO, &format!("{place}/notices"), &notices)
            .await;
        self.name("CAMPAIGN", campaign.rsplit('/').next().unwrap());
        let file = [("file", "accusé de réception")];
        self.upload(DPO, &format!("{place}/files"), &file).await;
        // A second one, dismissed, and one that the partner reported.
        let place = self
            .post(
                CISO,
                "/incidents",
                &[("title", "Fausse alerte"), ("source", "person")],
            )
            .await;
        let place = place.split('?').next().unwrap();
        let fields = [
            ("note", "state"),
            ("state", "dismissed"),
            ("reason", because),
        ];
        self.post(CISO, &format!("{place}/entries"), &fields).await;
        self.name("INCIDENT-DISMISSED", place.rsplit('/').next().unwrap());
        let report = [
            ("title", "Poste infecté"),
            ("text", "Le poste de l'accueil affiche une rançon."),
        ];
        self.post(DELEGATE, "/own-incidents", &report).await;
    }

    /// The management system, a review of accesses, awareness.
    async fn management(&mut self) {
        let start = [
            ("name", "France Formation"),
            ("who", "operator"),
            ("portal", "yes"),
            ("partners", "yes"),
            ("people", "50-249"),
            ("data", "identity"),
            ("data", "nir"),
            ("head", "Camille Martin"),
            ("ciso", "Alex Durand"),
            ("dpo", "Dominique Petit"),
            ("hosting", "own"),
        ];
        self.post(CISO, "/smsi/start", &start).await;
        let measure = [
            ("title", "Chiffrer les exports"),
            ("priority", "p1"),
            ("declared", "to-do"),
            ("origin", "dpia"),
            ("owner", "Alex Durand"),
            ("penalty", "5000"),
            ("due", "2025-11-01"),
        ];
        let place = self.post(CISO, "/smsi/registers/measure", &measure).await;
        self.name("MEASURE", place.rsplit('/').next().unwrap());
        let risk = [
            ("title", "Vol d'un compte"),
            ("likelihood", "3"),
            ("gravity", "4"),
            ("owner", "rssi"),
        ];
        let place = self.post(CISO, "/smsi/registers/risk", &risk).await;
        self.name("RISK", place.rsplit('/').next().unwrap());
        self.post(CISO, "/smsi/checks", &[]).await;
        self.give_reasons().await;
        self.post(CISO, "/smsi/statement", &[]).await;
        let switched = [
            ("until", "2025-12-01T10:00"),
            ("reason", "travaux en cours"),
        ];
        self.post(CISO, "/smsi/checks/decoys", &switched).await;
        let review = [("title", "Revue de l'année"), ("due", "2025-12-20T10:00")];
        let place = self.post(CISO, "/reviews", &review).await;
        self.name("REVIEW", place.rsplit('/').next().unwrap());
        let kept = [
            ("account", "agent"),
            ("decision", "keep"),
            ("reason", "vu avec la cheffe"),
        ];
        self.post(DELEGATE, &place, &kept).await;
    }

    /// The partner's assessment.
    async fn partner(&mut self) {
        let tools = [
            ("theme", "tools"),
            ("updates", "yes"),
            ("antivirus", "partly"),
            ("rights", "no"),
            ("lost", "yes"),
        ];
        self.post(DELEGATE, "/space/assessment", &tools).await;
        self.post(
            DELEGATE,
            "/space/assessment",
            &[("theme", "accounts"), ("passkeys", "yes")],
        )
        .await;
    }

    /// Messages at the desk.
    async fn messages(&mut self) {
        let fraud = "De : aide@digue-test.fr\nVotre compte sera fermé aujourd'hui.\n\
                     Donnez votre mot de passe sur https://digue.test.connexion.example/";
        self.upload(STRANGER, "/messages", &[("text", fraud)]).await;
        self.upload(AGENT, "/messages", &[("text", "Bonjour, à demain.")])
            .await;
    }

    /// The person P1 signs in with a letter, contests a consultation and asks for a copy.
    async fn person_asks(&mut self) {
        let letters = persons::codes::make(&self.app, &self.actor(DPO), "personnes", "P1")
            .await
            .unwrap();
        let code = letters[0].code.to_string();
        let sent = Sent {
            method: "POST",
            target: "/person/door",
            kind: "application/x-www-form-urlencoded",
            body: url_encoded(&[("code", &code)]).into_bytes(),
        };
        let entered = self.answer(STRANGER, Language::French, sent).await;
        assert_eq!(entered.location.as_deref(), Some("/person"), "{entered:?}");
        let cookie = entered.cookie.unwrap();
        self.person = cookie.split(';').next().unwrap().to_owned();
        let person =
            person_sessions::here(&self.app, self.person.split_once('=').unwrap().1).unwrap();
        let shown = persons::sights::page(&self.app, &person, 0).await.unwrap();
        let entry = shown.rows.last().unwrap().entry.to_string();
        self.post(
            STRANGER,
            "/person/ask",
            &[
                ("kind", "contest"),
                ("entry", &entry),
                ("what", "unknown-body"),
            ],
        )
        .await;
        self.post(
            STRANGER,
            "/person/ask",
            &[("kind", "access"), ("text", "Une copie, s'il vous plaît.")],
        )
        .await;
        self.post(
            STRANGER,
            "/person/letter",
            &[("population", "personnes"), ("person", "P2")],
        )
        .await;
        let dpo = self.actor(DPO);
        let requests = persons::requests::list(&self.app, &dpo, EvidenceForm::Shown)
            .await
            .unwrap();
        for one in requests {
            match one.record.kind.as_str() {
                "contest" => self.name("REQUEST", &one.record.id),
                "access" => self.name("REQUEST-ANSWERED", &one.record.id),
                _ => {}
            }
        }
        let answered = format!("/requests/{}", self.names["REQUEST-ANSWERED"]);
        let text = "Voici la copie que vous avez demandée.";
        self.post(DPO, &answered, &[("outcome", "done"), ("text", text)])
            .await;
        let hidden = [
            ("scope", "account"),
            ("name", "cheffe"),
            ("from", "2025-11-01T00:00"),
            ("to", "2025-11-30T00:00"),
            ("until", "2025-12-15T00:00"),
            ("reason", "enquête en cours, à la demande du parquet"),
        ];
        self.post(DPO, "/requests/hidden", &hidden).await;
        let shown = persons::sights::page(&self.app, &person, 0).await.unwrap();
        let mut rows = shown.rows.iter();
        let open = rows.find(|row| !row.is_asked("contest")).unwrap().entry;
        // Padded, so that no other number of a page is taken for it.
        self.name("CONSULTATION", &format!("{open:012}"));
        let token = persons::embed(&self.app, &self.actor(DPO), "personnes", "P1")
            .await
            .unwrap();
        self.name("TOKEN", &token.to_string());
    }
}

impl Answer {
    async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let header = |name| {
            parts
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let is_endless = header(header::CONTENT_TYPE).as_deref() == Some("text/event-stream");
        let body = if is_endless {
            Vec::new()
        } else {
            to_bytes(body, usize::MAX).await.unwrap().to_vec()
        };
        Self {
            status: parts.status.as_u16(),
            location: header(header::LOCATION),
            kind: header(header::CONTENT_TYPE).unwrap_or_default(),
            policy: header(header::CONTENT_SECURITY_POLICY).unwrap_or_default(),
            transport: header(header::STRICT_TRANSPORT_SECURITY).unwrap_or_default(),
            cookie: header(header::SET_COOKIE),
            tag: header(header::ETAG),
            text: String::from_utf8_lossy(&body).into_owned(),
            bytes: body,
        }
    }

    pub(crate) fn is_page(&self) -> bool {
        self.kind.starts_with("text/html")
    }
}

/// `name=value&name=value`.
pub(crate) fn url_encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// A form with files; `file` and `contacts` are.
pub(crate) fn multipart(fields: &[(&str, &str)]) -> String {
    let parts = fields.iter().map(|(name, value)| {
        let file = if matches!(*name, "file" | "contacts") {
            "; filename=\"liste.csv\""
        } else {
            ""
        };
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    });
    format!("{}--x--\r\n", parts.collect::<String>())
}

fn origin() -> RequestOrigin {
    RequestOrigin {
        ip: ClientIp::read("192.0.2.7"),
        agent: "Navigateur d'essai".to_owned(),
        tls: String::new(),
    }
}

fn found(clock: &ManualClock, account: &str, weight: Weight, taken: Action) -> MonitoredFinding {
    use digue_gateway::ports::Clock as _;
    let figures = Figures {
        seen: 31,
        usual: 7,
        minutes: 1,
    };
    let finding = Finding {
        at: clock.now(),
        account: Some(account.to_owned()),
        organisation: "of-1".to_owned(),
        portal: "portail".to_owned(),
        weight,
        evidence: 4.6,
        signals: vec![Signal {
            kind: SignalKind::Pace,
            evidence: 4.4,
            figures,
        }],
        persons: 31,
        is_repeated: false,
        around: Surroundings {
            sheets: 31,
            usual: 7,
            portal_factor: 3.2,
            ..Surroundings::default()
        },
    };
    let step = PlaybookStep {
        taken,
        intended: taken,
        is_fused: false,
    };
    MonitoredFinding {
        finding,
        step,
        is_trial: false,
    }
}
