//! Forward authentication: for operators who keep their own proxy in front of the portal.
//!
//! Digue sees the request and *never the response*: it can refuse by session, gate, route and the
//! persons that the request names, and each answer says that the rest is not covered. The decision,
//! its entry and detection are those of a visit (`visit`). The conventions are those of nginx
//! `auth_request`, Traefik and Caddy `forward_auth`, and Envoy's ext_authz over HTTP. Only trusted
//! proxies may ask.

use std::sync::Arc;

use digue_types::RefusalReason;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use crate::caller::token_hash;
use crate::gateway::SharedGateway;
use crate::key::PresentedKey;
use crate::path::Segments;
use crate::ports::BoxFuture;
use crate::visit::{Permission, PortalRequest, Way, permitted, permitted_observed};
use digue_connections::facts::ConnectionFacts;
use digue_headers::authority::Authority;
use digue_http::body::{Body, empty};
use digue_refusals::{Refusal, wants_page};

const PREFIX: &str = "/.digue/authz/";

/// States in each answer how little this mode covers.
const COVERAGE: HeaderName = HeaderName::from_static("digue-coverage");
/// The cause of a refusal, for the operator of a proxy that knows only two statuses.
const CAUSE: HeaderName = HeaderName::from_static("digue-refusal");
/// Proves that a question is the proxy's own and not a client's request that it forwarded.
const PROXY_SECRET: HeaderName = HeaderName::from_static("digue-proxy-secret");

/// True for a request to this endpoint.
pub fn is_asked<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(PREFIX)
}

/// How a proxy asks, and what it understands of the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// nginx accepts 2xx, 401 and 403; it turns anything else into an error of its own.
    AuthRequest,
    /// Traefik and Caddy forward the answer.
    ForwardAuth,
    /// Envoy forwards it, too.
    ExtAuthz,
}

impl Dialect {
    fn of(path: &str) -> Option<(Self, &str)> {
        let rest = path.strip_prefix(PREFIX)?;
        let (name, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        match name {
            "auth-request" => Some((Self::AuthRequest, target)),
            "forward-auth" => Some((Self::ForwardAuth, target)),
            "ext-authz" => Some((Self::ExtAuthz, target)),
            _ => None,
        }
    }

    fn understands(self, status: StatusCode) -> bool {
        let is_known = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        self != Self::AuthRequest || is_known || status.is_success()
    }
}

/// The request that the proxy asks about.
struct Original {
    method: Method,
    host: Authority,
    target: Uri,
}

/// 200, with the identity when the proxy sent its secret; otherwise the refusal for the proxy to
/// forward.
pub fn answer(
    shared: Arc<SharedGateway>,
    connection: ConnectionFacts,
    request: Request<()>,
) -> BoxFuture<Response<Body>> {
    Box::pin(async move {
        let dialect = Dialect::of(request.uri().path());
        let mut response = match check(&shared, &connection, &request, dialect).await {
            Ok(response) => response,
            Err(mut refusal) => {
                refusal.ways_on.contact = shared.contact.get().cloned();
                let mut response = refused(
                    &refusal,
                    request.headers(),
                    dialect.map(|(dialect, _)| dialect),
                );
                if refusal.reasons.contains(&RefusalReason::NoSession)
                    && let Some(key) = PresentedKey::of(request.headers())
                {
                    key.challenge(&shared.used_proofs, response.headers_mut());
                }
                response
            }
        };
        let coverage = HeaderValue::from_static("request-only; responses are not seen");
        response.headers_mut().insert(COVERAGE, coverage);
        response
    })
}

fn refused(refusal: &Refusal, headers: &HeaderMap, dialect: Option<Dialect>) -> Response<Body> {
    let mut response = refusal.respond(headers);
    let causes: Vec<String> = refusal.reasons.iter().map(ToString::to_string).collect();
    let causes = if causes.is_empty() {
        refusal.details.join(",")
    } else {
        causes.join(",")
    };
    let cause = HeaderValue::from_str(&format!("{} {causes}", refusal.status.as_u16()));
    response.headers_mut().insert(
        CAUSE,
        cause.expect("codes of reasons and details are ASCII"),
    );
    if refusal.status == StatusCode::UNAUTHORIZED && wants_page(headers) {
        // Traefik and Caddy forward a redirect; nginx turns a 401 into one through `error_page`.
        if dialect != Some(Dialect::AuthRequest) {
            *response.status_mut() = StatusCode::SEE_OTHER;
        }
        let place = refusal.sign_in_page();
        let place = HeaderValue::from_str(place).expect("targets of addresses are ASCII");
        response.headers_mut().insert(header::LOCATION, place);
    }
    if dialect.is_some_and(|dialect| !dialect.understands(response.status())) {
        // nginx would make a 500 of it, and of a 401 a page that asks the client to sign in.
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

fn malformed() -> Refusal {
    Refusal::of(vec![RefusalReason::MalformedRequest], None)
}

async fn check(
    shared: &Arc<SharedGateway>,
    connection: &ConnectionFacts,
    request: &Request<()>,
    dialect: Option<(Dialect, &str)>,
) -> Result<Response<Body>, Refusal> {
    let is_own = is_proxys_own(shared, request.headers());
    // Also when the secret is wrong: a client behind the proxy can send this request through it.
    if !connection.is_from_proxy || is_own == Some(false) {
        return Err(malformed());
    }
    let (dialect, target) = dialect.ok_or_else(malformed)?;
    let original = original_of(dialect, target, request).ok_or_else(malformed)?;
    let hosts = shared.hosts.load_full();
    let portal = hosts.portal_at(&original.host.host);
    // Where rules are only tried nothing is refused, whatever the port.
    let is_observed = portal.is_some_and(|portal| portal.mode.enforcement().is_none());
    let is_own_port = is_observed || original.host.port.is_none_or(|port| hosts.has_port(port));
    let portal = portal.filter(|_| is_own_port).ok_or_else(|| {
        Refusal::unavailable(StatusCode::FORBIDDEN, "unknown-host-title", "unknown-host")
    })?;
    // No error here: the visit refuses an unreadable path and journals it for its account.
    let path = Segments::parse(original.target.path()).ok();
    let portal_request = PortalRequest {
        portal,
        host: &original.host.host,
        method: &original.method,
        uri: &original.target,
        headers: request.headers(),
        connection,
        way: Way::ForwardAuth,
        path: path.as_ref(),
    };
    let Permission { caller, entry } = match portal.mode.enforcement() {
        Some(enforcement) => permitted(shared, enforcement, &portal_request)
            .await
            .map_err(|mut refusal| {
                refusal.ways_on.portal_sign_in = portal.sign_in().map(Into::into);
                refusal
            })?,
        None => permitted_observed(shared, &portal_request).await,
    };
    let mut response = Response::new(empty());
    let headers = response.headers_mut();
    // A client behind the proxy can ask here, too; the identity is for the portal, not for the
    // client.
    if is_own == Some(true)
        && let Some(caller) = caller
        && let Some(assertion) = shared
            .asserter
            .assert(caller.facts_for(&portal.id), shared.clock.now())
    {
        headers.insert(crate::headers::IDENTITY, assertion);
    }
    if let Some(entry) = entry {
        headers.insert(digue_refusals::RECEIPT, HeaderValue::from(entry));
    }
    Ok(response)
}

/// Whether the proxy sent its secret; `None` when none is configured.
fn is_proxys_own(shared: &SharedGateway, headers: &HeaderMap) -> Option<bool> {
    let secrets = &shared.proxies.secrets;
    if secrets.is_empty() && !shared.proxies.asks_secret {
        return None;
    }
    let shown = headers
        .get(PROXY_SECRET)
        .and_then(|value| value.to_str().ok());
    // Hashes are compared, never secrets, so the time that the comparison takes reveals nothing
    // useful.
    Some(shown.is_some_and(|shown| secrets.contains(&token_hash(shown.trim()))))
}

/// The original request, from the fields of each kind of proxy; `None` when one is missing or sent
/// twice.
fn original_of(dialect: Dialect, target: &str, request: &Request<()>) -> Option<Original> {
    let field = |name: &str| {
        let mut values = request.headers().get_all(name).iter();
        let value = values.next()?.as_bytes();
        // Sent twice, one of the two may be a client's own, and nothing tells which.
        values.next().is_none().then_some(value)
    };
    let (method, host, target) = match dialect {
        Dialect::AuthRequest => {
            let (host, target) = split_url(field("x-original-url")?)?;
            (field("x-original-method")?, host, parse_target(target)?)
        }
        Dialect::ForwardAuth => {
            let target = parse_target(field("x-forwarded-uri")?)?;
            (
                field("x-forwarded-method")?,
                field("x-forwarded-host")?,
                target,
            )
        }
        Dialect::ExtAuthz => {
            let query = request
                .uri()
                .query()
                .map(|query| format!("?{query}"))
                .unwrap_or_default();
            let target = parse_target(format!("{target}{query}").as_bytes())?;
            // Only where it is missing: one that was sent twice must not be passed over.
            let names = if request.headers().contains_key("x-forwarded-host") {
                "x-forwarded-host"
            } else {
                "host"
            };
            let host = field(names)?;
            (request.method().as_str().as_bytes(), host, target)
        }
    };
    Some(Original {
        method: Method::from_bytes(method).ok()?,
        host: Authority::parse(std::str::from_utf8(host).ok()?)?,
        target,
    })
}

/// Host and target of `https://host/target`.
fn split_url(url: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = url
        .strip_prefix(b"https://")
        .or_else(|| url.strip_prefix(b"http://"))?;
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
        .unwrap_or(rest.len());
    Some(rest.split_at(end))
}

/// nginx forwards the target as the client wrote it, including bytes that should have been encoded.
const UNENCODED: &AsciiSet = CONTROLS;

/// The target as this gateway would have received it; `None` for one that two programs could read
/// differently.
fn parse_target(raw: &[u8]) -> Option<Uri> {
    // After a fragment or a space, the portal may see the end of the target.
    let is_odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b' ' | b'#' | b'\\');
    if raw.iter().any(is_odd) {
        return None;
    }
    // Only bytes above 127 are encoded: with a `%` or `/` encoded again, the path would be another
    // one.
    let text = percent_encode(raw, UNENCODED).to_string();
    let text = if text.is_empty() {
        "/".to_owned()
    } else {
        text
    };
    // `?a=b` without a path is the root; anything else without a leading slash is not a target.
    let text = if text.starts_with('?') {
        format!("/{text}")
    } else {
        text
    };
    if !text.starts_with('/') {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use digue_access::{EnforcementMode, LimitsTable, RouteAccess, Sessions, Snapshot};
    use digue_identifiers::{IdentifierKind, Pick};
    use digue_inspect::{RequestRule, RequestSource, ResponseRules};
    use digue_types::{
        ActionName, Exposure, PersonRef, PopulationId, PortalId, RouteName, Timestamp,
    };
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

    use super::*;
    use crate::gateway::{Gateway, GatewayLimits, GatewayParts, Hosts};
    use crate::identity::Asserter;
    use crate::path::Pattern;
    use crate::portal::{
        BreakGlassRule, Identity, NamedHeaders, OnUninspected, Portal, QueryRule, Route, RouteKind,
        Timeouts, Upstream,
    };
    use crate::ports::{
        Aliases, Clock, JournalWriteError, LocalPages, Recorder, ResourceFetch, ResponseMonitor,
        Verdict,
    };
    use digue_connections::client_address::TrustedProxies;
    use digue_connections::facts::PeerAddress;
    use digue_headers::response_headers::HeaderRules;
    use digue_http::client::HttpClient;
    use digue_inspect::graphql::GraphQl;
    use digue_portal_login::name_mapping::IdentityMapping;

    #[test]
    fn targets_are_read_as_the_gateway_reads_them_or_not_at_all() {
        let read = |url: &str| {
            let (host, target) = split_url(url.as_bytes())?;
            Some((
                std::str::from_utf8(host).ok()?.to_owned(),
                parse_target(target)?.to_string(),
            ))
        };
        let some = |host: &str, target: &str| Some((host.to_owned(), target.to_owned()));
        assert_eq!(
            read("https://p.fr/fiche/P1?a=b"),
            some("p.fr", "/fiche/P1?a=b")
        );
        assert_eq!(read("http://p.fr:8080"), some("p.fr:8080", "/"));
        assert_eq!(read("http://p.fr?a=b"), some("p.fr", "/?a=b"));
        assert_eq!(read("http://p.fr/é"), some("p.fr", "/%C3%A9"));
        // Not an authority: the path of the second URL is a path.
        assert_eq!(
            parse_target(b"//evil.fr/x")
                .map(|uri| uri.path().to_owned())
                .as_deref(),
            Some("//evil.fr/x")
        );
        for odd in [
            "http://p.fr/a b",
            "http://p.fr/a#b",
            "http://p.fr/a\\b",
            "ftp://p.fr/",
            "p.fr/a",
            "/a",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn each_proxy_gets_what_it_understands() {
        let refusal = Refusal::of(
            vec![RefusalReason::Budget(
                digue_types::Scope::Account,
                digue_types::SlidingWindow::Day,
            )],
            Some(7),
        );
        let nginx = refused(&refusal, &HeaderMap::new(), Some(Dialect::AuthRequest));
        assert_eq!(nginx.status(), StatusCode::FORBIDDEN);
        assert_eq!(nginx.headers()[CAUSE], "429 budget:account:24h");
        let traefik = refused(&refusal, &HeaderMap::new(), Some(Dialect::ForwardAuth));
        assert_eq!(traefik.status(), StatusCode::TOO_MANY_REQUESTS);
        let stranger = refused(
            &Refusal::of(vec![RefusalReason::NoSession], None),
            &HeaderMap::new(),
            Some(Dialect::AuthRequest),
        );
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    }

    /// Records what it is shown, and withholds responses that show this person.
    #[derive(Default)]
    struct Watching(Mutex<Vec<Exposure>>);

    impl ResponseMonitor for Watching {
        fn look(&self, exposure: &Exposure) -> Verdict {
            self.0.lock().unwrap().push(exposure.clone());
            let is_theft = exposure.persons().any(|person| person.as_str() == "P9");
            if is_theft {
                Verdict::Withhold
            } else {
                Verdict::Pass
            }
        }

        fn observe(&self, exposure: &Exposure) {
            self.0.lock().unwrap().push(exposure.clone());
        }

        fn fetched(&self, _: &ResourceFetch<'_>) {}
    }

    /// A journal in memory.
    #[derive(Default)]
    struct Entries(Arc<Mutex<Vec<Exposure>>>);

    impl Recorder for Entries {
        fn record(&self, exposures: Vec<Exposure>) -> BoxFuture<Result<u64, JournalWriteError>> {
            let mut entries = self.0.lock().unwrap();
            let index = entries.len() as u64;
            entries.extend(exposures);
            Box::pin(async move { Ok(index) })
        }
    }

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_secs(1_763_812_800)
        }

        fn local(&self, _: Timestamp) -> (i64, i64) {
            (12, 1)
        }
    }

    struct Nothing;

    impl Aliases for Nothing {
        fn resolve(&self, _: &PortalId, _: &str, _: &str) -> Option<PersonRef> {
            None
        }
    }

    impl LocalPages for Nothing {
        fn respond(&self, _: Request<Body>) -> BoxFuture<Response<Body>> {
            Box::pin(async { Response::new(empty()) })
        }
    }

    fn portal() -> Portal {
        let kinds = vec![IdentifierKind {
            name: "id".to_owned(),
            steps: vec![],
            shape: None,
        }];
        let rule = RequestRule {
            name: "id".to_owned(),
            source: RequestSource::Path("id".to_owned()),
            pick: Pick::whole(0, "id"),
            is_subject: true,
        };
        let route = Route {
            name: RouteName::parse("fiche").unwrap(),
            methods: vec![],
            pattern: Pattern::parse("/fiche/{id}").unwrap(),
            when: Vec::new(),
            kind: RouteKind::Held,
            session: crate::portal::SessionDemand::Required,
            action: ActionName::parse("open").unwrap(),
            categories: vec![],
            access: RouteAccess {
                needs_caseload: false,
                allows_exact_search: false,
                keeps_found: Duration::ZERO,
                allows_break_glass: false,
                proof_age_max: None,
                shows_own: false,
            },
            request: vec![rule],
            query: QueryRule::Any,
            graphql: GraphQl::Unread,
            exact_sets: vec![],
            creates: None,
            response: ResponseRules {
                blocks: vec![],
                errors: None,
            },
            uninspected: OnUninspected::default(),
            later: crate::remembered::LaterAnswers::default(),
            held_bytes_max: 1,
            inspect_limits: digue_inspect::InspectionLimits::default(),
            request_bytes_max: 1,
        };
        Portal {
            id: PortalId::parse("portail").unwrap(),
            population: PopulationId::parse("personnes").unwrap(),
            hosts: vec!["portail.test".to_owned()],
            upstream: Upstream {
                is_https: false,
                authority: "127.0.0.1:1".to_owned(),
                host: None,
            },
            identity: Identity::Header {
                account: HeaderName::from_static("x-user"),
                organisation: Some(HeaderName::from_static("x-org")),
                from: vec!["127.0.0.1/32".parse().unwrap()],
            },
            mapping: IdentityMapping::default(),
            own_record: None,
            request_headers: vec![],
            named_headers: NamedHeaders::default(),
            mode: EnforcementMode::Enforced,
            kinds,
            primary: 0,
            limits: LimitsTable::default(),
            classes: digue_access::ClassRules::default(),
            break_glass: BreakGlassRule {
                lasts: Duration::ZERO,
            },
            routes: vec![route],
            timeouts: Timeouts::default(),
            report_tokens: Vec::new(),
            response_headers: HeaderRules::default(),
        }
    }

    /// Asks as nginx does, about these URLs; returns the answers, what the monitor was shown, and
    /// what was journalled.
    async fn answers_to(urls: &[&str]) -> (Vec<StatusCode>, Vec<Exposure>, Vec<Exposure>) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (watching, entries) = (Arc::new(Watching::default()), Arc::new(Entries::default()));
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let loopback = "127.0.0.1/32".parse().unwrap();
        let gateway = Gateway::new(GatewayParts {
            hosts: Hosts::new(vec![portal()], vec![], []),
            rules: Snapshot::default(),
            sessions: Sessions::default(),
            recorder: entries.clone(),
            monitor: watching.clone(),
            clock: Arc::new(Noon),
            aliases: Arc::new(Nothing),
            pages: Arc::new(Nothing),
            asserter: Asserter::new(key.as_ref(), "digue.test").unwrap(),
            upstream: HttpClient::new(rustls::RootCertStore::empty(), Duration::ZERO),
            proxies: TrustedProxies::of(vec![loopback]),
            limits: GatewayLimits::default(),
        });
        let peer = PeerAddress {
            address: "127.0.0.1".parse().unwrap(),
            local_port: 80,
            is_secure: false,
            tls: None,
        };
        let mut answers = Vec::new();
        for url in urls {
            let request = Request::get("/.digue/authz/auth-request")
                .header("host", "digue.test")
                .header("x-original-url", *url)
                .header("x-original-method", "GET")
                .header("x-user", "a1")
                .header("x-org", "of-1");
            let request = request.body(empty()).unwrap();
            let connection = ConnectionFacts::of(peer, request.headers(), &gateway.0.proxies);
            let answer = crate::arrival::respond(gateway.0.clone(), connection, request).await;
            answers.push(answer.status());
        }
        let monitored = watching.0.lock().unwrap().clone();
        let written = entries.0.lock().unwrap().clone();
        (answers, monitored, written)
    }

    #[tokio::test]
    async fn the_watch_is_told_what_the_journal_is_and_has_the_last_word() {
        let urls = [
            "http://portail.test/fiche/P1",
            "http://portail.test/fiche/P9",
        ];
        let (answers, monitored, written) = answers_to(&urls).await;
        assert_eq!(answers, [StatusCode::OK, StatusCode::FORBIDDEN]);
        let names = |exposures: &[Exposure]| -> Vec<_> {
            let mut names: Vec<_> = exposures
                .iter()
                .map(|exposure| exposure.exchange.clone())
                .collect();
            // The monitor sees a withheld exposure again when it is journalled.
            names.dedup();
            names
        };
        // A restart reads the journal: it must know neither more nor less than the live monitor.
        assert_eq!(names(&monitored), names(&written));
        assert!(
            written
                .iter()
                .all(|exposure| exposure.inspection == digue_types::Inspection::RequestOnly)
        );
        assert_eq!(written[1].reasons, [RefusalReason::Withheld]);
        assert_eq!(written[1].persons().count(), 0);
    }

    #[test]
    fn a_host_that_was_sent_twice_names_none_in_any_dialect() {
        let host_of = |hosts: &[&str]| {
            let mut request = Request::get("https://digue.example/").header("host", "b.example");
            for host in hosts {
                request = request.header("x-forwarded-host", *host);
            }
            let request = request.body(()).unwrap();
            original_of(Dialect::ExtAuthz, "/a", &request).map(|original| original.host.host)
        };
        assert_eq!(host_of(&["a.example"]).as_deref(), Some("a.example"));
        assert_eq!(host_of(&["a.example", "c.example"]), None);
        assert_eq!(host_of(&[]).as_deref(), Some("b.example"));
    }
}
