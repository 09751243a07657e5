//! A gateway in memory before portals of one map, with a journal that a restart reads again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::classes::{ClassRule, ClassRules, ClassesBuilder, RecordAgreement};
use digue_access::decide::{BreakGlass, Reduction};
use digue_access::session::{ClientIp, Session};
use digue_access::{
    AccountDirectory, AccountRecord, ApiKey, ApiKeys, BudgetLimits, EnforcementMode, GateTable,
    KeyProof, LimitsTable, OpenSession, Reach, RequestOrigin, Role, RouteAccess, SessionLimits,
    Sessions, Snapshot, caseload,
};
use digue_connections::client_address::TrustedProxies;
use digue_connections::facts::PeerAddress;
use digue_gateway::identity::{
    AssertedFacts, Asserter, TokenVerifier, VerifierOptions, token_hash,
};
use digue_gateway::path::Pattern;
use digue_gateway::portal::{
    BreakGlassRule, Identity, NamedHeaders, NamesChoice, OnUninspected, OwnRecordRule, Portal,
    QueryParameter, QueryRule, Route, RouteKind, SessionDemand, Timeouts, UninspectedChoice,
    Upstream,
};
use digue_gateway::ports::{Aliases, BoxFuture, Clock, JournalWriteError, LocalPages, Recorder};
use digue_gateway::remembered::{GivenToken, LaterAnswers, REMEMBERED_USUAL};
use digue_gateway::{Gateway, GatewayLimits, GatewayParts, Hosts};
use digue_headers::response_headers::HeaderRules;
use digue_http::body;
use digue_http::client::HttpClient;
use digue_identifiers::{IdentifierKind, Pick, SearchPattern};
use digue_inspect::events::{EventRule, EventRules, PieceEnd, StreamRules};
use digue_inspect::graphql::GraphQl;
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::{
    BlockRules, ConditionPath, ConditionSource, InspectionLimits, OutsideChoice, RequestCondition,
    RequestRule, RequestSource, ResponseRules, RuleBlock, jsonpath,
};
use digue_portal_login::credentials::CredentialPlaces;
use digue_portal_login::name_mapping::{IdentityMapping, NameMapping};
use digue_portal_login::value_path::ValuePath;
use digue_portal_login::{LoginSource, PortalLogin, SessionTable, WhoAmI};
use digue_testkit::{Heard, Holder, Reply};
use digue_types::glob::NameGlob;
use digue_types::{
    AccountId, ActionName, Exposure, Gate, OrganisationId, PersonRef, PopulationId, PortalId,
    RouteName, SessionId, Timestamp,
};
use digue_types::{ClassName, PersonKey};
use http::{HeaderName, Method, Request, Response};
use http_body_util::BodyExt as _;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::json;

use crate::memory_monitor::{MonitorCall, MonitorMemory, RecordingMonitor};

pub(crate) const NOON: Timestamp = Timestamp::from_secs(1_763_812_800);
const CONSOLE: &str = "digue.test";
/// The address of all clients, behind a proxy on this machine.
const CLIENT: &str = "198.51.100.7";
const ISSUER: &str = "connexion.test";
const REPORT_TOKEN: &str = "jeton-de-rapport";

/// Accounts, each with what the rules say about it.
pub(crate) const ACCOUNTS: [&str; 8] = [
    "caseload",
    "other",
    "closed",
    "step-up",
    "suspended",
    "reduced",
    "glass",
    "moved",
];

#[derive(Debug)]
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(crate) fn pass(&self, time: Duration) {
        self.0
            .fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn local(&self, _: Timestamp) -> (i64, i64) {
        (12, 1)
    }
}

/// A journal in memory, which can be made to refuse.
#[derive(Default)]
pub(crate) struct MemoryJournal {
    pub(crate) entries: Mutex<Vec<Exposure>>,
    pub(crate) is_full: Mutex<bool>,
}

impl Recorder for MemoryJournal {
    fn record(&self, exposures: Vec<Exposure>) -> BoxFuture<Result<u64, JournalWriteError>> {
        let recorded = if *self.is_full.lock().unwrap() {
            Err(JournalWriteError("full".to_owned()))
        } else {
            let mut entries = self.entries.lock().unwrap();
            let index = entries.len() as u64;
            entries.extend(exposures);
            Ok(index)
        };
        Box::pin(async move { recorded })
    }
}

struct Nothing;

impl Aliases for Nothing {
    fn resolve(&self, _: &PortalId, _: &str, _: &str) -> Option<PersonRef> {
        None
    }
}

impl LocalPages for Nothing {
    fn respond(&self, _: Request<body::Body>) -> BoxFuture<Response<body::Body>> {
        Box::pin(async { Response::new(body::empty()) })
    }
}

/// How a visit comes, and how its caller is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WayIn {
    Session,
    Key,
    Header,
    Token,
    /// Forward authentication as nginx, Traefik and Envoy ask, with a session.
    AuthRequest,
    ForwardAuth,
    ExtAuthz,
    AuthRequestKey,
    AuthRequestHeader,
    Observed,
    ObservedForwardAuth,
    Pilot,
    PilotForwardAuth,
    Report,
    ObservedReport,
}

impl WayIn {
    fn host(self) -> &'static str {
        match self {
            Self::Header | Self::AuthRequestHeader => "entete.test",
            Self::Token => "jeton.test",
            Self::Observed | Self::ObservedForwardAuth | Self::ObservedReport => "essai.test",
            Self::Pilot | Self::PilotForwardAuth => "pilote.test",
            _ => "portail.test",
        }
    }

    pub(crate) fn portal(self) -> PortalId {
        PortalId::parse(self.host().split('.').next().unwrap()).unwrap()
    }
}

/// One visit, whichever way it comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) account: &'static str,
    pub(crate) method: &'static str,
    pub(crate) target: &'static str,
}

impl Visit {
    /// The person that its target names.
    pub(crate) fn person(&self) -> Option<&'static str> {
        self.target
            .rsplit('/')
            .next()
            .filter(|name| name.starts_with('P'))
    }

    fn route(&self) -> &'static str {
        self.target.split('/').nth(1).unwrap_or_default()
    }
}

/// The answer to a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reaction {
    pub(crate) status: u16,
    pub(crate) reasons: Vec<String>,
    pub(crate) body: String,
}

impl Reaction {
    pub(crate) fn is_let_through(&self) -> bool {
        self.status == 200
    }
}

pub(crate) struct World {
    pub(crate) gateway: Gateway,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) monitor: Arc<RecordingMonitor>,
    pub(crate) clock: Arc<ManualClock>,
    holder: Arc<Holder>,
    asserter: Arc<Vec<u8>>,
    /// Where the portals listen.
    upstream: String,
    proofs: u64,
    /// How far the clock of programs is ahead.
    pub(crate) programs_ahead: Duration,
    /// The nonce that the gateway asked programs for.
    nonce: Option<String>,
}

fn id<T>(parsed: Result<T, digue_types::IdError>) -> T {
    parsed.expect("a name of the tests")
}

fn account(name: &str) -> AccountId {
    id(AccountId::parse(name))
}

fn organisation(name: &str) -> OrganisationId {
    id(OrganisationId::parse(name))
}

/// Shows whom the target names; a list shows the persons in its query.
fn portal_answer(heard: &Heard) -> Reply {
    let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
    if let Some(text) = path.strip_prefix("/opaque/") {
        return Reply::new("application/octet-stream", text);
    }
    if path.starts_with("/large/") {
        return Reply::new("application/json", " ".repeat(2 * HELD_BYTES_MAX)).chunked();
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    // Whom it registers gets a number of their own.
    let name = match path.starts_with("/inscription/Durand-") {
        true => &format!("P{}", &name["Durand-".len()..]),
        false => name,
    };
    match query
        .strip_prefix("ids=")
        .or_else(|| query.strip_prefix("search="))
    {
        Some(ids) => {
            let items: Vec<_> = ids.split(',').map(|id| json!({ "id": id })).collect();
            Reply::new("application/json", json!({ "items": items }).to_string())
        }
        None => Reply::new(
            "application/json",
            json!({ "items": [{ "id": name }] }).to_string(),
        ),
    }
}

/// One portal for all tests of the process; its threads end with it.
fn upstream() -> String {
    static PORTAL: OnceLock<digue_testkit::Portal> = OnceLock::new();
    PORTAL
        .get_or_init(|| digue_testkit::Portal::start(portal_answer))
        .address
        .to_string()
}

/// The most bytes of a response that are held.
const HELD_BYTES_MAX: usize = 1 << 10;

fn access() -> RouteAccess {
    RouteAccess {
        needs_caseload: true,
        allows_exact_search: false,
        keeps_found: Duration::from_mins(10),
        allows_break_glass: true,
        proof_age_max: None,
        shows_own: false,
    }
}

fn route(name: &str, pattern: &str, kind: RouteKind) -> Route {
    let path = |text| jsonpath::RecordPath::parse(text).unwrap();
    let map = JsonMap {
        rules: vec![JsonRule::new(path("$.items[*].id"), Pick::whole(0, "id"))],
        records: vec![path("$.items[*]")],
        empty: vec![path("$.items[*]")],
        ..JsonMap::default()
    };
    let rules = JsonRules::new(map).unwrap();
    let names_person = pattern.ends_with("{id}");
    Route {
        name: id(RouteName::parse(name)),
        methods: vec![Method::GET, Method::HEAD, Method::POST],
        pattern: Pattern::parse(pattern).unwrap(),
        when: Vec::new(),
        kind,
        session: SessionDemand::Required,
        action: id(ActionName::parse("open")),
        categories: vec![],
        access: access(),
        request: Vec::from_iter(names_person.then(|| RequestRule {
            name: "id".to_owned(),
            source: RequestSource::Path("id".to_owned()),
            pick: Pick::whole(0, "id"),
            is_subject: true,
        })),
        query: QueryRule::Named(vec![QueryParameter {
            name: "ids".to_owned(),
            values: None,
        }]),
        graphql: GraphQl::Unread,
        exact_sets: vec![],
        creates: None,
        response: ResponseRules {
            blocks: vec![RuleBlock::new(
                vec!["application/json".into()],
                BlockRules::Json(rules),
            )],
            errors: None,
        },
        uninspected: OnUninspected {
            too_large: UninspectedChoice::Release,
            unknown_type: UninspectedChoice::Release,
            ..OnUninspected::default()
        },
        later: LaterAnswers::default(),
        held_bytes_max: HELD_BYTES_MAX,
        inspect_limits: InspectionLimits::default(),
        request_bytes_max: 1 << 10,
    }
}

/// A list, of which the map says what becomes of records outside the caseload.
fn list_with(name: &str, format: &str, outside: OutsideChoice) -> Route {
    let path = |text| jsonpath::RecordPath::parse(text).unwrap();
    let mut list = route(name, &format!("/{name}"), RouteKind::Held);
    list.query = QueryRule::Any;
    list.held_bytes_max = 1 << 20;
    let (at, record) = match format {
        "ndjson" => ("$.id", "$"),
        _ => ("$.items[*].id", "$.items[*]"),
    };
    let map = JsonMap {
        rules: vec![JsonRule::new(path(at), Pick::whole(0, "id"))],
        records: vec![path(record)],
        no_person: vec![path("$.count"), path("$.summary")],
        ..JsonMap::default()
    };
    let rules = JsonRules::new(map).unwrap();
    let (kind, rules) = match format {
        "ndjson" => ("application/x-ndjson", BlockRules::NdJson(rules)),
        _ => ("application/json", BlockRules::Json(rules)),
    };
    let mut block = RuleBlock::new(vec![kind.into()], rules);
    block.outside = outside;
    list.response.blocks = vec![block];
    list
}

/// Writes that name a person: in the path, a parameter, a form or a JSON body.
fn writes() -> Vec<Route> {
    let of = |name: &str, pattern: &str, source: RequestSource| {
        let mut write = route(name, pattern, RouteKind::Held);
        write.methods = vec![Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        write.query = QueryRule::Any;
        write.request = vec![RequestRule {
            name: "id".to_owned(),
            source,
            pick: Pick::whole(0, "id"),
            is_subject: true,
        }];
        write
    };
    let json = jsonpath::RecordPath::parse("$.dossiers[*].id").unwrap();
    // Its answer names whom it created.
    let mut creation = route("inscription", "/inscription/{nom}", RouteKind::Held);
    creation.query = QueryRule::Any;
    let at = jsonpath::RecordPath::parse("$.items[*].id").unwrap();
    creation.creates = Some(RequestRule {
        name: "creates".to_owned(),
        source: RequestSource::json(at, Pick::whole(0, "creates")).unwrap(),
        pick: Pick::whole(0, "creates"),
        is_subject: false,
    });
    vec![
        creation,
        of(
            "chemin",
            "/chemin/{id}",
            RequestSource::Path("id".to_owned()),
        ),
        of(
            "parametre",
            "/parametre",
            RequestSource::Query("id".to_owned()),
        ),
        of(
            "formulaire",
            "/formulaire",
            RequestSource::Form("id".to_owned()),
        ),
        of(
            "corps",
            "/corps",
            RequestSource::json(json, Pick::whole(0, "id")).unwrap(),
        ),
    ]
}

/// One address that answers several methods, of which the map describes two.
fn calls() -> Vec<Route> {
    let called = |name: &str, methods: &[&str]| {
        let mut call = route(name, "/appel", RouteKind::Held);
        let path = ConditionPath::parse("$.method").unwrap();
        let values = methods.iter().map(|method| (*method).to_owned()).collect();
        call.when = vec![RequestCondition::new(ConditionSource::Json(path), values)];
        call.request_bytes_max = 1 << 10;
        call
    };
    let mut read = called("appel-lire", &["person.read"]);
    let at = jsonpath::RecordPath::parse("$.ids[*]").unwrap();
    read.request = vec![RequestRule {
        name: "id".to_owned(),
        source: RequestSource::json(at, Pick::whole(0, "id")).unwrap(),
        pick: Pick::whole(0, "id"),
        is_subject: true,
    }];
    // It would answer whatever no condition fits, were it not for the address of its own.
    let rest = route("reste", "/app*", RouteKind::Held);
    vec![read, called("appel-lister", &["person.list"]), rest]
}

/// An export that is begun, and fetched later by its token.
fn exports() -> Vec<Route> {
    let json = jsonpath::RecordPath::parse("$.dossiers[*].id").unwrap();
    let begin = |name: &str, token: &str| {
        let mut begin = route(name, &format!("/{name}"), RouteKind::Held);
        begin.request = vec![RequestRule {
            name: "id".to_owned(),
            source: RequestSource::json(json.clone(), Pick::whole(0, "id")).unwrap(),
            pick: Pick::whole(0, "id"),
            is_subject: true,
        }];
        begin.response.blocks[0].without_records = Some("a job".to_owned());
        begin.response.blocks[0].undescribed_max = None;
        begin.later.gives = Some(GivenToken::parse(token, REMEMBERED_USUAL).unwrap());
        begin
    };
    let mut fetch = route("fichier", "/fichier/{token}", RouteKind::Held);
    fetch.uninspected = OnUninspected::default();
    fetch.later.remembers = Some("token".to_owned());
    vec![
        begin("export-code", "$.job"),
        begin("export", "$.job"),
        begin("envoi", "location"),
        fetch,
    ]
}

/// Events and lines that leave one by one.
fn streams() -> Vec<Route> {
    let path = |text| jsonpath::RecordPath::parse(text).unwrap();
    let record = || {
        let map = JsonMap {
            rules: vec![JsonRule::new(path("$.id"), Pick::whole(0, "id"))],
            records: vec![path("$")],
            ..JsonMap::default()
        };
        JsonRules::new(map).unwrap()
    };
    let event = |name: &str, rules: BlockRules| EventRule {
        names: vec![NameGlob::new(name)],
        block: RuleBlock::new(vec![], rules),
    };
    let events = EventRules {
        events: vec![
            event("message", BlockRules::Json(record())),
            event("etat", BlockRules::Nobody),
        ],
    };
    let of = |name: &str, kind: &str, rules: BlockRules, end: PieceEnd| {
        let mut stream = route(name, &format!("/{name}"), RouteKind::Held);
        let mut block = RuleBlock::new(vec![kind.to_owned()], rules);
        block.stream = Some(StreamRules {
            end,
            piece_bytes_max: 4 << 10,
        });
        stream.response.blocks = vec![block];
        stream
    };
    vec![
        of(
            "courant",
            "text/event-stream",
            BlockRules::Events(events),
            PieceEnd::BlankLine,
        ),
        of(
            "suite",
            "application/x-ndjson",
            BlockRules::NdJson(record()),
            PieceEnd::Line,
        ),
    ]
}

fn routes() -> Vec<Route> {
    let mut routes = usual_routes();
    routes.extend([
        list_with("entier", "json", OutsideChoice::Refuse),
        list_with("coupe", "json", OutsideChoice::Drop),
        list_with("masque", "json", OutsideChoice::Mask),
        list_with("lignes", "ndjson", OutsideChoice::Drop),
    ]);
    let mut open = route("accueil", "/accueil/{name}", RouteKind::Held);
    open.session = SessionDemand::NotRequired;
    open.uninspected = OnUninspected::default();
    let mut shared = route("vitrine", "/vitrine/{name}", RouteKind::Held);
    shared.session = SessionDemand::NotRequired;
    shared.access.needs_caseload = false;
    let mut own = route("moi", "/moi/{name}", RouteKind::Held);
    own.access.shows_own = true;
    own.query = QueryRule::Any;
    routes.extend([open, shared, own]);
    routes.extend(writes());
    routes.extend(streams());
    routes.extend(exports());
    routes.extend(calls());
    routes
}

fn usual_routes() -> Vec<Route> {
    let mut free = route("avis", "/avis/{id}", RouteKind::Held);
    free.access.needs_caseload = false;
    free.uninspected.names = NamesChoice::Refuse;
    let mut list = route("liste", "/liste", RouteKind::Held);
    list.uninspected.names = NamesChoice::Release;
    let mut search = route("recherche", "/recherche", RouteKind::Held);
    search.access.allows_exact_search = true;
    search.request = vec![RequestRule {
        name: "search".to_owned(),
        source: RequestSource::Query("search".to_owned()),
        pick: Pick::whole(0, "search"),
        is_subject: false,
    }];
    search.exact_sets = vec![vec!["search".to_owned()]];
    search.query = QueryRule::Named(vec![QueryParameter {
        name: "search".to_owned(),
        values: None,
    }]);
    let mut opaque = route("opaque", "/opaque/{id}", RouteKind::Held);
    opaque.access.needs_caseload = false;
    // A pattern of the map, which its resources are searched for, too.
    let pattern = SearchPattern::new(r"\bP9[0-9]{3}\b").unwrap();
    free.response.blocks[0].sweep = vec![Pick::by_pattern(0, pattern, "sweep")];
    vec![
        route("fiche", "/fiche/{id}", RouteKind::Held),
        list,
        free,
        search,
        opaque,
        route("grand", "/large/{id}", RouteKind::Held),
        route("canal", "/canal/{id}", RouteKind::WebSocket),
        route(
            "image",
            "/image/{name}",
            RouteKind::Assets { is_public: false },
        ),
        route(
            "style",
            "/style/{name}",
            RouteKind::Assets { is_public: true },
        ),
    ]
}

/// Archived records need an agreement, and protected ones are watched.
fn class_rules() -> ClassRules {
    let lasts = Duration::from_hours(8);
    let rules = [
        ("archived", ClassRule::Agreement { lasts }),
        ("protected", ClassRule::Watch),
    ];
    let rules = rules.map(|(name, rule)| (id(ClassName::parse(name)), rule));
    ClassRules(rules.into_iter().collect())
}

/// The limits of all portals: persons in a minute and in a day.
fn limits() -> LimitsTable {
    let of = |minute, day| BudgetLimits([Some(minute), None, Some(day), None]);
    LimitsTable {
        account: of(4, 8),
        organisation: of(20, 40),
        portal: of(100, 200),
        exact_search: of(2, 3),
        uninspected: BudgetLimits([Some(2), None, Some(3), Some(15)]),
        ..LimitsTable::default()
    }
}

fn portal(name: &str, identity: Identity, mode: EnforcementMode, upstream: &str) -> Portal {
    let shape = digue_identifiers::IdentifierShape::new("^P[0-9]+$").unwrap();
    Portal {
        id: id(PortalId::parse(name)),
        population: id(PopulationId::parse("personnes")),
        hosts: vec![format!("{name}.test")],
        upstream: Upstream {
            is_https: false,
            authority: upstream.to_owned(),
            host: None,
        },
        identity,
        mapping: IdentityMapping::default(),
        own_record: None,
        request_headers: vec![],
        named_headers: NamedHeaders::default(),
        mode,
        kinds: vec![IdentifierKind {
            name: "id".to_owned(),
            steps: vec![],
            shape: Some(shape),
        }],
        primary: 0,
        limits: limits(),
        classes: class_rules(),
        break_glass: BreakGlassRule {
            lasts: Duration::from_mins(10),
        },
        routes: routes(),
        timeouts: Timeouts::default(),
        report_tokens: vec![token_hash(&format!("{REPORT_TOKEN}-{name}"))],
        response_headers: HeaderRules::default(),
    }
}

fn header_identity() -> Identity {
    Identity::Header {
        account: HeaderName::from_static("x-user"),
        organisation: Some(HeaderName::from_static("x-org")),
        from: vec!["127.0.0.1/32".parse().unwrap()],
    }
}

/// How portals that sign their users in themselves say who they are: their names here, without the
/// modes.
pub(crate) const OWN_LOGINS: [&str; 3] = ["entete", "question", "table"];

fn own_login(source: LoginSource) -> Identity {
    Identity::Portal(Arc::new(PortalLogin {
        credentials: CredentialPlaces {
            cookies: vec!["sid".to_owned()],
            headers: vec![http::header::AUTHORIZATION],
        },
        source,
        keeps: Duration::from_secs(30),
        asks_passkey: true,
        sign_in: Some("/connexion?suite=1".parse().unwrap()),
    }))
}

/// Portals that sign their users in themselves, with their table of sessions.
fn own_logins(upstream: &str, sessions: &Arc<dyn SessionTable>) -> Vec<Portal> {
    let mut portals = Vec::new();
    for (prefix, mode) in [
        ("maison", EnforcementMode::Enforced),
        ("maison-pilote", EnforcementMode::Pilot),
        ("maison-essai", EnforcementMode::ObserveOnly),
    ] {
        for name in OWN_LOGINS {
            let source = match name {
                "entete" => LoginSource::ResponseHeader {
                    account: HeaderName::from_static("x-portal-user"),
                    organisation: None,
                },
                "question" => LoginSource::WhoAmI(WhoAmI {
                    target: "/api/moi?champs=nom".parse().unwrap(),
                    account: ValuePath::parse("$.user.name").unwrap(),
                    organisation: None,
                }),
                _ => LoginSource::Sessions(sessions.clone()),
            };
            let host = format!("{prefix}-{name}");
            let mut own = portal(&host, own_login(source), mode, upstream);
            own.own_record = Some(OwnRecordRule {
                names: NameMapping::new(Vec::new(), Some("usager-(.+)")).unwrap(),
                kind: 0,
            });
            own.response_headers = HeaderRules::new(Vec::new(), &own.kinds);
            portals.push(own);
        }
    }
    portals
}

fn portals(asserter: &Asserter, upstream: &str) -> Vec<Portal> {
    let token = TokenVerifier::new(VerifierOptions {
        jwks: asserter.jwks().to_owned(),
        issuer: ISSUER.to_owned(),
        audience: "jeton".to_owned(),
        header: HeaderName::from_static("x-token"),
        account_claim: "sub".to_owned(),
        organisation_claim: Some("org".to_owned()),
        clients: Vec::new(),
    })
    .unwrap();
    vec![
        portal(
            "portail",
            Identity::Session,
            EnforcementMode::Enforced,
            upstream,
        ),
        portal(
            "entete",
            header_identity(),
            EnforcementMode::Enforced,
            upstream,
        ),
        portal(
            "jeton",
            Identity::Jwt(Box::new(token)),
            EnforcementMode::Enforced,
            upstream,
        ),
        portal(
            "essai",
            Identity::Session,
            EnforcementMode::ObserveOnly,
            upstream,
        ),
        portal(
            "pilote",
            Identity::Session,
            EnforcementMode::Pilot,
            upstream,
        ),
        portal(
            "pilote-entete",
            header_identity(),
            EnforcementMode::Pilot,
            upstream,
        ),
    ]
}

/// The rules: the same after a restart, because the store keeps them.
fn rules(holder: &Holder) -> Snapshot {
    let population = id(PopulationId::parse("personnes"));
    let mut text = "account,person\n".to_owned();
    for name in ACCOUNTS {
        for number in 1..=20 {
            text.push_str(&format!("{name},P{number}\n"));
        }
    }
    let caseloads =
        caseload::read_csv(text.as_bytes(), &population, &|t| Ok(t.to_owned())).unwrap();
    let record = |name: &str| AccountRecord {
        organisation: organisation(if name == "moved" { "of-2" } else { "of-1" }),
        role: Role::Agent,
        is_suspended: name == "suspended",
    };
    let directory = ACCOUNTS.iter().map(|name| (account(name), record(name)));
    let mut gates = GateTable::default();
    gates.set(Reach::Account(account("closed")), Gate::Closed);
    gates.set(Reach::Account(account("step-up")), Gate::StepUp);
    let thumbprint = digue_http::possession::thumbprint_of(&holder.jwk().to_string())
        .expect("the holder's own key");
    let mut keys = ApiKeys::default();
    for name in ACCOUNTS {
        let key = ApiKey {
            id: id(SessionId::parse(&format!("key-{name}"))),
            account: account(name),
            proof: KeyProof::Signed(thumbprint.clone()),
            expires_at: NOON.plus(Duration::from_hours(24)),
        };
        keys.insert(token_hash(&key_secret(name)), key);
    }
    let glass = ["portail", "entete", "jeton", "essai", "pilote"].map(|name| {
        let opened = BreakGlass {
            justification: "urgence".to_owned(),
            until: NOON.plus(Duration::from_hours(1)),
        };
        ((id(PortalId::parse(name)), account("glass")), opened)
    });
    let reduction = Reduction {
        percent: 50,
        until: NOON.plus(Duration::from_hours(24)),
    };
    Snapshot {
        classes: HashMap::from([(population.clone(), Arc::default())]),
        caseloads: HashMap::from([(population, Arc::new(caseloads))]),
        caseload_version: 3,
        directory: Arc::new(directory.collect::<AccountDirectory>()),
        gates: Arc::new(gates),
        policy_version: 7,
        break_glass: Arc::new(HashMap::from(glass)),
        keys: Arc::new(keys),
        reductions: Arc::new(HashMap::from([(account("reduced"), reduction)])),
        ..Snapshot::default()
    }
}

fn key_secret(name: &str) -> String {
    format!("secret-of-{name}")
}

/// A session of each account at both portals that use sessions, proved an hour ago.
fn sessions() -> Sessions {
    let hours = |hours| Duration::from_hours(hours);
    let mut sessions = Sessions::new(SessionLimits {
        idle: hours(1000),
        absolute: hours(1000),
        ..SessionLimits::default()
    });
    let own = OWN_LOGINS.map(|name| format!("maison-{name}.test"));
    let hosts = ["portail.test", "essai.test", "pilote.test"];
    for host in hosts.into_iter().chain(own.iter().map(String::as_str)) {
        for name in ACCOUNTS {
            let origin = RequestOrigin {
                ip: ClientIp::read(CLIENT),
                agent: String::new(),
                tls: String::new(),
            };
            let session = Session {
                id: id(SessionId::parse(&format!("s-{name}"))),
                account: account(name),
                // As of the sign-in: `moved` has another one since.
                organisation: organisation("of-1"),
                host: host.to_owned(),
                opened_at: NOON,
                seen_at: NOON,
                proved_at: NOON.minus(Duration::from_hours(1)),
                origin,
                other_ip: ClientIp::default(),
                device: None,
            };
            sessions.open(OpenSession {
                token: token_hash(&cookie(name, host)),
                session,
            });
        }
    }
    sessions
}

fn cookie(name: &str, host: &str) -> String {
    format!("{name}-at-{host}")
}

impl World {
    pub(crate) fn new() -> Self {
        Self::before(upstream())
    }

    /// In front of portals that listen at `upstream`.
    pub(crate) fn before(upstream: String) -> Self {
        static PROVIDER: OnceLock<()> = OnceLock::new();
        PROVIDER.get_or_init(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let key =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .unwrap();
        let (journal, monitor) = (
            Arc::new(MemoryJournal::default()),
            Arc::new(RecordingMonitor::default()),
        );
        let clock = Arc::new(ManualClock(AtomicI64::new(NOON.micros())));
        let (holder, asserter) = (Arc::new(Holder::new()), Arc::new(key.as_ref().to_vec()));
        let gateway = start(&journal, &monitor, &clock, &holder, (&asserter, &upstream));
        Self {
            gateway,
            journal,
            monitor,
            clock,
            holder,
            asserter,
            upstream,
            proofs: 0,
            programs_ahead: Duration::ZERO,
            nonce: None,
        }
    }

    /// In front of portals that sign their users in themselves.
    pub(crate) fn before_own_logins(upstream: String, sessions: &Arc<dyn SessionTable>) -> Self {
        let world = Self::before(upstream.clone());
        let hosts = Hosts::new(
            own_logins(&upstream, sessions),
            vec![CONSOLE.to_owned()],
            [],
        );
        world.gateway.set_hosts(hosts, &|_| ());
        world
    }

    /// Stops the gateway as the program does, and starts another from the journal and the store.
    pub(crate) async fn restart(&mut self) {
        self.settle().await;
        self.gateway.record_counted_refusals(true).await;
        let entries = self.journal.entries.lock().unwrap().clone();
        *self.monitor.memory.lock().unwrap() = MonitorMemory::read(&entries);
        self.gateway = start(
            &self.journal,
            &self.monitor,
            &self.clock,
            &self.holder,
            (&self.asserter, &self.upstream),
        );
        for entry in &entries {
            self.gateway.restore(entry);
        }
    }

    /// Waits for the entries of responses that have left.
    pub(crate) async fn settle(&self) {
        assert!(
            self.gateway.finish_entries(digue_testkit::PATIENCE).await,
            "all entries are written"
        );
    }

    pub(crate) fn entries(&self) -> Vec<Exposure> {
        self.journal.entries.lock().unwrap().clone()
    }

    pub(crate) fn monitor_calls(&self) -> Vec<MonitorCall> {
        self.monitor.monitor_calls.lock().unwrap().clone()
    }

    /// Distinct persons counted for an account, and for its organisation.
    pub(crate) fn counts(&self, portal: &PortalId, name: &str) -> ([u32; 4], [u32; 4]) {
        let now = self.clock.now();
        let of = if name == "moved" { "of-2" } else { "of-1" };
        let counted = self.gateway.with_budgets(portal, |budgets| {
            (
                budgets.shown_to(&account(name), now),
                budgets.shown_to_organisation(&organisation(of), now),
            )
        });
        counted.expect("a portal of the tests")
    }

    /// Whether the account may be sent one more response that cannot be inspected.
    pub(crate) fn uninspected_limits(&self, portal: &PortalId, name: &str) -> Vec<String> {
        let now = self.clock.now();
        let reached = |budgets: &mut digue_access::Budgets| {
            budgets.check_uninspected(now, &account(name), 100)
        };
        let reached = self
            .gateway
            .with_budgets(portal, reached)
            .expect("a portal of the tests");
        reached.iter().map(ToString::to_string).collect()
    }

    /// Makes a visit.
    pub(crate) async fn visit(&mut self, way: WayIn, visit: Visit) -> Reaction {
        let request = self.request(way, visit);
        let (mut reaction, nonce) = self.answered(request).await;
        // As clients of RFC 9449 do: once more, with the nonce that is asked for.
        if reaction.status == 401 && nonce.is_some() && nonce != self.nonce {
            self.nonce = nonce;
            let request = self.request(way, visit);
            reaction = self.send(request).await;
        }
        self.settle().await;
        reaction
    }

    /// Makes the next decisions with a gate set.
    pub(crate) fn set_gate(&self, reach: Reach, gate: Gate) {
        let mut rules = (*self.gateway.rules()).clone();
        Arc::make_mut(&mut rules.gates).set(reach, gate);
        self.gateway.set_rules(rules);
    }

    /// Asks for a WebSocket through the proxy.
    pub(crate) async fn upgrade(&mut self, visit: Visit) -> Reaction {
        let mut request = self.request(WayIn::Session, visit);
        request
            .headers_mut()
            .insert("connection", "upgrade".parse().unwrap());
        request
            .headers_mut()
            .insert("upgrade", "websocket".parse().unwrap());
        self.send(request).await
    }

    /// Sends so many bytes through the proxy.
    pub(crate) async fn post(
        &mut self,
        account: &'static str,
        target: &'static str,
        bytes: usize,
    ) -> Reaction {
        let visit = Visit {
            account,
            method: "POST",
            target,
        };
        let mut request = self.request(WayIn::Session, visit);
        request.headers_mut().insert("content-length", bytes.into());
        *request.body_mut() = body::full(vec![b'x'; bytes]);
        self.send(request).await
    }

    /// The same request of a program twice, with the same proof.
    pub(crate) fn proved_twice(
        &mut self,
        visit: Visit,
    ) -> (Request<body::Body>, Request<body::Body>) {
        let first = self.request(WayIn::Key, visit);
        let mut second = Request::get(visit.target).body(body::empty()).unwrap();
        second.headers_mut().clone_from(first.headers());
        (first, second)
    }

    pub(crate) async fn send(&self, request: Request<body::Body>) -> Reaction {
        self.answered(request).await.0
    }

    /// The response as its head has come.
    pub(crate) async fn open(&self, request: Request<body::Body>) -> Response<body::Body> {
        let peer = PeerAddress {
            address: "127.0.0.1".parse().unwrap(),
            local_port: 80,
            is_secure: false,
            tls: None,
        };
        self.gateway.respond(peer, request).await
    }

    /// The response with its headers.
    pub(crate) async fn response(&self, request: Request<body::Body>) -> Response<bytes::Bytes> {
        let peer = PeerAddress {
            address: "127.0.0.1".parse().unwrap(),
            local_port: 80,
            is_secure: false,
            tls: None,
        };
        let (head, body) = self.gateway.respond(peer, request).await.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        self.settle().await;
        Response::from_parts(head, body)
    }

    /// Lets an account have a passkey.
    pub(crate) fn give_passkey(&self, name: &str) {
        let mut rules = (*self.gateway.rules()).clone();
        Arc::make_mut(&mut rules.passkey_holders).insert(account(name));
        self.gateway.set_rules(rules);
    }

    /// The cookie of a session of Digue.
    pub(crate) fn session_cookie(&self, name: &str, host: &str) -> String {
        format!("__Host-digue={}", cookie(name, host))
    }

    /// Replaces the classes of persons; without rows they are not known.
    pub(crate) fn set_classes(&self, rows: &[(&str, &str)]) {
        let population = id(PopulationId::parse("personnes"));
        let mut rules = (*self.gateway.rules()).clone();
        let mut table = ClassesBuilder::new(&population);
        for (class, person) in rows {
            table.add(&id(ClassName::parse(class)), person);
        }
        if rows.is_empty() {
            rules.classes.clear();
        } else {
            rules.classes.insert(population, Arc::new(table.finish()));
        }
        self.gateway.set_rules(rules);
    }

    /// Two persons agreed that the account opens the record.
    pub(crate) fn agree(&self, name: &str, person: &str) {
        let population = id(PopulationId::parse("personnes"));
        let mut rules = (*self.gateway.rules()).clone();
        let agreement = RecordAgreement {
            person: PersonKey::new(&population, person),
            reason: "une pension de 1998".to_owned(),
            until: NOON.plus(Duration::from_hours(8)),
        };
        let agreements = Arc::make_mut(&mut rules.agreements);
        agreements.insert((population, account(name)), vec![agreement]);
        self.gateway.set_rules(rules);
    }

    /// Gives an account the role of an officer who reads the journal.
    pub(crate) fn make_officer(&self, name: &str) {
        let mut rules = (*self.gateway.rules()).clone();
        let membership = digue_access::directory::Membership {
            organisation: organisation("of-1"),
            role: Role::Dpo,
        };
        Arc::make_mut(&mut rules.directory).save(account(name), membership);
        self.gateway.set_rules(rules);
    }

    /// The reaction, and the nonce that a program is asked for.
    async fn answered(&self, request: Request<body::Body>) -> (Reaction, Option<String>) {
        let address = "127.0.0.1".parse().unwrap();
        let peer = PeerAddress {
            address,
            local_port: 80,
            is_secure: false,
            tls: None,
        };
        let response = self.gateway.respond(peer, request).await;
        let nonce = response
            .headers()
            .get("dpop-nonce")
            .map(|nonce| nonce.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let bytes = response
            .into_body()
            .collect()
            .await
            .map(|whole| whole.to_bytes())
            .unwrap_or_default();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let reasons = problem["reasons"].as_array().cloned().unwrap_or_default();
        let reasons = reasons
            .iter()
            .map(|reason| reason.as_str().unwrap().to_owned())
            .collect();
        (
            Reaction {
                status,
                reasons,
                body,
            },
            nonce,
        )
    }

    pub(crate) fn request(&mut self, way: WayIn, visit: Visit) -> Request<body::Body> {
        let (host, Visit { method, target, .. }) = (way.host(), visit);
        let forwarded = |builder: http::request::Builder| match way {
            WayIn::ForwardAuth => builder
                .header("x-forwarded-method", method)
                .header("x-forwarded-host", host)
                .header("x-forwarded-uri", target),
            _ => builder
                .header("x-original-method", method)
                .header("x-original-url", format!("http://{host}{target}")),
        };
        let builder = match way {
            WayIn::Report | WayIn::ObservedReport => return self.report(way, visit),
            WayIn::Session
            | WayIn::Key
            | WayIn::Header
            | WayIn::Token
            | WayIn::Observed
            | WayIn::Pilot => Request::builder()
                .method(method)
                .uri(target)
                .header("host", host),
            WayIn::ExtAuthz => Request::builder()
                .method(method)
                .uri(format!("/.digue/authz/ext-authz{target}"))
                .header("host", CONSOLE)
                .header("x-forwarded-host", host),
            WayIn::ForwardAuth => forwarded(asking("forward-auth")),
            WayIn::AuthRequest
            | WayIn::AuthRequestKey
            | WayIn::AuthRequestHeader
            | WayIn::ObservedForwardAuth
            | WayIn::PilotForwardAuth => forwarded(asking("auth-request")),
        };
        self.identified(way, visit, builder)
            .header("x-forwarded-for", CLIENT)
            .body(body::empty())
            .unwrap()
    }

    /// The headers by which the caller is known.
    fn identified(
        &mut self,
        way: WayIn,
        visit: Visit,
        builder: http::request::Builder,
    ) -> http::request::Builder {
        let name = visit.account;
        match way {
            WayIn::Key | WayIn::AuthRequestKey => {
                let secret = key_secret(name);
                let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
                self.proofs += 1;
                let claims = json!({
                    "htm": visit.method,
                    "htu": format!("http://{}{}", way.host(), visit.target.split('?').next().unwrap()),
                    "iat": self.clock.now().plus(self.programs_ahead).secs(),
                    "jti": self.proofs.to_string(),
                    "ath": URL_SAFE_NO_PAD.encode(digest),
                    "nonce": self.nonce,
                });
                builder
                    .header("authorization", format!("DPoP {secret}"))
                    .header("dpop", self.holder.sign("dpop+jwt", &claims, true))
            }
            WayIn::Header | WayIn::AuthRequestHeader => {
                builder.header("x-user", name).header("x-org", "of-1")
            }
            WayIn::Token => {
                let facts = AssertedFacts {
                    portal: id(PortalId::parse("jeton")),
                    account: account(name),
                    organisation: organisation("of-1"),
                    session: id(SessionId::parse("connexion")),
                };
                let asserter = Asserter::new(&self.asserter, ISSUER).unwrap();
                builder.header("x-token", asserter.assert(facts, self.clock.now()).unwrap())
            }
            _ => builder.header(
                "cookie",
                format!("__Host-digue={}", cookie(name, way.host())),
            ),
        }
    }

    fn report(&self, way: WayIn, visit: Visit) -> Request<body::Body> {
        let line = json!({
            "at": self.clock.now().to_string(),
            "account": visit.account,
            "organisation": "of-1",
            "portal": way.portal().as_str(),
            "route": visit.route(),
            "action": "open",
            "persons": visit.person().into_iter().collect::<Vec<_>>(),
        });
        Request::post("/v1/exposures")
            .header("host", CONSOLE)
            .header(
                "authorization",
                format!("Bearer {REPORT_TOKEN}-{}", way.portal()),
            )
            .body(body::full(line.to_string()))
            .unwrap()
    }
}

fn asking(dialect: &str) -> http::request::Builder {
    Request::get(format!("/.digue/authz/{dialect}")).header("host", CONSOLE)
}

fn start(
    journal: &Arc<MemoryJournal>,
    monitor: &Arc<RecordingMonitor>,
    clock: &Arc<ManualClock>,
    holder: &Holder,
    (asserter, upstream): (&[u8], &str),
) -> Gateway {
    let issuer = Asserter::new(asserter, ISSUER).unwrap();
    Gateway::new(GatewayParts {
        hosts: Hosts::new(portals(&issuer, upstream), vec![CONSOLE.to_owned()], []),
        rules: rules(holder),
        sessions: sessions(),
        recorder: journal.clone(),
        monitor: monitor.clone(),
        clock: clock.clone(),
        aliases: Arc::new(Nothing),
        pages: Arc::new(Nothing),
        asserter: Asserter::new(asserter, CONSOLE).unwrap(),
        upstream: HttpClient::new(rustls::RootCertStore::empty(), Duration::from_secs(5)),
        proxies: TrustedProxies::of(vec!["127.0.0.1/32".parse().unwrap()]),
        limits: GatewayLimits::default(),
    })
}
