//! A portal map: where a portal listens, where it shows persons, and what is allowed.

use std::path::Path;
use std::time::Duration;

use digue_access::{BudgetLimits, EnforcementMode, LimitsTable, RouteAccess};
use digue_evidence::retention::Retention;
use digue_gateway::path::Pattern;
use digue_gateway::portal::{
    BreakGlassRule, NamesChoice, OnUninspected, Portal, QueryParameter, QueryRule, Route,
    RouteKind, SessionDemand, Timeouts, UninspectedChoice, Upstream, most_specific_first,
};
use digue_gateway::remembered::{GivenToken, LaterAnswers, REMEMBERED_MAX, REMEMBERED_USUAL};
use digue_headers::request_headers::parse_request_header;
use digue_headers::response_headers::{HeaderRules, is_never_passed};
use digue_identifiers::{IdentifierKind, IdentifierShape, Normalise};
use digue_inspect::graphql::GraphQl;
use digue_inspect::jsonpath;
use digue_inspect::{
    ErrorRules, RequestRule, RequestSource, ResponseRules, RuleBlock, StatusPattern,
};
use digue_logs::access_log::{LogForm, LogMembers};
use digue_portal_login::name_mapping::IdentityMapping;
use digue_types::{ActionName, Category, PopulationId, PortalId, RouteName, SlidingWindow};
use http::{HeaderName, Method};
use regex::Regex;

use super::addresses::parse_public_url;
use super::class_rules::read_classes;
use super::creates::read_creates;
use super::login::{read_identity, read_mapping, read_own_record};
use super::pick::read_pick;
use super::reader::{ConfigFault, ConfigSection, ConfigSource, WholeText};
use super::response_rules::{SharedBlocks, check_alternatives, read_sweep};
use super::secrets::secrets_of;
use super::server::read_retention;
use super::when::read_when;

/// A map, and the public URL of its portal.
pub struct PortalMap {
    pub portal: Portal,
    pub url: String,
    /// The retention of its exposures.
    pub retention: Retention,
    /// The format of this portal's access logs.
    pub logs: LogForm,
    /// The text of the map, and of the files that it names.
    pub source: WholeText,
    /// The text of a map that waits for a second person, and whose lower limits apply already.
    pub narrowed_by: Option<WholeText>,
}

/// Reads one map; faults go to `faults`, likely mistakes to `warnings`.
pub fn read(
    file: &Path,
    faults: &mut Vec<ConfigFault>,
    warnings: &mut Vec<ConfigFault>,
) -> Option<PortalMap> {
    ConfigSource::open(file, faults)?.read_and_warn(faults, warnings, read_map)
}

/// Reads a map as it was stored.
pub fn read_kept(
    file: &Path,
    source: &WholeText,
    faults: &mut Vec<ConfigFault>,
) -> Option<PortalMap> {
    read_kept_and_warn(file, source, faults, &mut Vec::new())
}

/// `read_kept`, with likely mistakes going to `warnings`.
pub(crate) fn read_kept_and_warn(
    file: &Path,
    source: &WholeText,
    faults: &mut Vec<ConfigFault>,
    warnings: &mut Vec<ConfigFault>,
) -> Option<PortalMap> {
    ConfigSource::of_kept(file, source).read_and_warn(faults, warnings, read_map)
}

fn read_map(root: &ConfigSection<'_>) -> Option<PortalMap> {
    let section = root.need_section("portal");
    let identity_section = root.section("identity");
    let mapping = identity_section
        .as_ref()
        .and_then(|section| section.section("mapping"));
    let mapping = mapping.map_or_else(
        || Some(IdentityMapping::default()),
        |section| read_mapping(&section),
    );
    let person_section = identity_section
        .as_ref()
        .and_then(|section| section.section("person"));
    let identity = read_identity(identity_section);
    let kinds = root
        .need_section("identifiers")
        .map(|section| read_kinds(&section));
    let (kinds, primary) = kinds.flatten().unwrap_or_default();
    let own_record = person_section.map(|section| read_own_record(&section, &kinds));
    let limits = read_budgets(root.section("budgets"));
    let lasts = root
        .section("break_glass")
        .and_then(|section| section.duration("lasts"));
    let classes = read_classes(root.section("classes"));
    let timeouts = read_timeouts(root.section("timeouts"));
    let report_tokens = root
        .section("report")
        .and_then(|section| read_report_tokens(&section));
    let errors = root
        .section("errors")
        .map(|section| read_errors(&section, &kinds));
    let query = section
        .as_ref()
        .and_then(read_usual_query)
        .unwrap_or(QueryRule::NAMED);
    let names = root
        .section("names")
        .map(|section| read_names(&section, "found", NamesChoice::default()));
    let blocks = SharedBlocks::read(root.section("blocks"), &kinds);
    let usual = RouteDefaults {
        kinds: &kinds,
        primary,
        blocks: &blocks,
        errors,
        query,
        names: names.unwrap_or_default(),
    };
    let sections = root.sections("routes");
    let routes: Vec<Option<Route>> = sections
        .iter()
        .map(|section| read_route(section, &usual))
        .collect();
    if routes.is_empty() {
        root.fault("routes", "fault-missing", "");
    }
    let routes = routes.into_iter().collect::<Option<Vec<_>>>();
    if let Some(routes) = &routes {
        super::routes::warn(&sections, routes);
    }
    drop(sections);
    if let Some(section) = root.section("blocks") {
        blocks.warn_of_unused(&section);
    }
    let retention = root
        .section("journal")
        .map_or(Some(Retention::default()), |section| {
            read_retention(&section)
        });
    let logs = root
        .section("import")
        .map_or(LogForm::Combined, |section| read_logs(&section));
    let section = section?;
    let id = section.need("name", PortalId::parse);
    let population = section.parse("population", PopulationId::parse);
    let url = section.need("url", parse_public_url);
    let mut hosts = section.parse_all("hosts", parse_host);
    let upstream = section.need("upstream", parse_upstream);
    let upstream_host = section.text("upstream_host");
    let request_headers = section.parse_all("request_headers", parse_request_header);
    let mode = section
        .choice(
            "mode",
            &[
                EnforcementMode::Enforced,
                EnforcementMode::ObserveOnly,
                EnforcementMode::Pilot,
            ]
            .map(|mode| (mode.code(), mode)),
        )
        .unwrap_or_default();
    // Only now: every section is read before the first missing value ends the reading.
    let routes = routes?;
    let (identity, named_headers) = identity?;
    if own_record.is_none()
        && let Some(route) = routes.iter().find(|route| route.access.shows_own)
    {
        section.fault("name", "fault-self-without-person", &route.name);
    }
    let (id, (url, host)) = (id?, url?);
    hosts.insert(0, host);
    // Without the key each portal has a population of its own: identifiers of two portals must not
    // meet by accident.
    let usual_population = PopulationId::parse(id.as_str()).ok();
    let response_headers = HeaderRules::new(named_response_headers(&section), &kinds);
    warn_of_lost_headers(&section, &response_headers, &routes);
    let portal = Portal {
        population: population.or(usual_population)?,
        id,
        hosts,
        upstream: Upstream {
            host: upstream_host,
            ..upstream?
        },
        identity,
        mapping: mapping?,
        own_record: own_record.flatten(),
        request_headers,
        named_headers,
        mode,
        kinds,
        primary,
        limits,
        break_glass: BreakGlassRule {
            lasts: lasts.unwrap_or(Duration::from_mins(15)),
        },
        classes: classes?,
        routes: most_specific_first(routes),
        timeouts,
        report_tokens: report_tokens.unwrap_or_default(),
        response_headers,
    };
    Some(PortalMap {
        portal,
        url,
        retention: retention?,
        logs,
        source: root.whole(),
        narrowed_by: None,
    })
}

fn has_sweep(route: &Route) -> bool {
    let mut blocks = route.response.blocks.iter();
    blocks.any(|block| !block.sweep.is_empty())
}

/// Warns when no rule recognises an identifier in a header, so that headers that portals need are
/// removed.
fn warn_of_lost_headers(section: &ConfigSection<'_>, headers: &HeaderRules, routes: &[Route]) {
    let is_blind = |route: &&Route| {
        route.kind == RouteKind::Held && !headers.has_shapes() && !has_sweep(route)
    };
    let is_named = |name: &HeaderName| headers.named.contains(name);
    let needed = [http::header::LOCATION, http::header::SET_COOKIE];
    if let Some(route) = routes.iter().find(is_blind)
        && !needed.iter().all(is_named)
    {
        section.warn("response_headers", "warning-headers-lost", &route.name);
    }
}

/// Response headers that pass besides the usual ones; never those that caches or other servers
/// obey.
fn named_response_headers(section: &ConfigSection<'_>) -> Vec<HeaderName> {
    section.parse_all("response_headers", |text| {
        match text.parse::<HeaderName>() {
            Ok(name) if !is_never_passed(&name) => Ok(name),
            _ => Err("x-total-count | location | set-cookie"),
        }
    })
}

/// `[import]`: the format of the access logs, and the names of its members.
fn read_logs(section: &ConfigSection<'_>) -> LogForm {
    #[derive(Clone, Copy)]
    enum MapWord {
        Combined,
        Json,
        Csv,
        Exposures,
    }
    let words = [
        ("combined", MapWord::Combined),
        ("json", MapWord::Json),
        ("csv", MapWord::Csv),
        ("exposures", MapWord::Exposures),
    ];
    let word = section
        .choice("format", &words)
        .unwrap_or(MapWord::Combined);
    let mut members = LogMembers::default();
    for (name, member) in [
        ("at", &mut members.at),
        ("account", &mut members.account),
        ("organisation", &mut members.organisation),
        ("session", &mut members.session),
        ("ip", &mut members.ip),
        ("user_agent", &mut members.user_agent),
        ("method", &mut members.method),
        ("target", &mut members.target),
        ("status", &mut members.status),
        ("bytes", &mut members.bytes),
    ] {
        if let Some(text) = section.text(name) {
            *member = text;
        }
    }
    match word {
        MapWord::Combined => LogForm::Combined,
        MapWord::Json => LogForm::Json(members),
        MapWord::Csv => LogForm::Csv(members),
        MapWord::Exposures => LogForm::Exposures,
    }
}

fn parse_host(text: &str) -> Result<String, String> {
    let authority: http::uri::Authority =
        text.parse().map_err(|_| "portail.exemple.fr".to_owned())?;
    if authority.port().is_some() {
        return Err("portail.exemple.fr".to_owned());
    }
    Ok(authority.host().to_ascii_lowercase())
}

fn parse_upstream(text: &str) -> Result<Upstream, String> {
    let example = || "http://127.0.0.1:9000".to_owned();
    let (url, _) = parse_public_url(text).map_err(|_| example())?;
    let uri: http::Uri = url.parse().map_err(|_| example())?;
    let authority = uri.authority().ok_or_else(example)?;
    Ok(Upstream {
        is_https: uri.scheme_str() == Some("https"),
        authority: authority.as_str().to_owned(),
        host: None,
    })
}

fn read_kinds(section: &ConfigSection<'_>) -> Option<(Vec<IdentifierKind>, usize)> {
    let mut kinds = Vec::new();
    let mut primary = None;
    for (place, (name, kind)) in section.named_sections().into_iter().enumerate() {
        let steps = kind.parse_all("normalise", parse_step);
        if kind.boolean("primary").unwrap_or(false) {
            if primary.is_some() {
                kind.fault("primary", "fault-primary-twice", "");
            }
            primary = Some(place);
        }
        kinds.push(IdentifierKind {
            name,
            steps,
            shape: kind.parse("shape", |text| IdentifierShape::new(&anchored(text))),
        });
    }
    if kinds.len() == 1 {
        primary = Some(0);
    }
    if primary.is_none() {
        section.fault("primary", "fault-no-primary", "");
    }
    Some((kinds, primary?))
}

fn parse_step(word: &str) -> Result<Normalise, String> {
    Normalise::parse(word).ok_or_else(|| {
        let names = Normalise::ALL.map(|(name, _)| name).join(" | ");
        format!("{names} | relay:TYPE")
    })
}

/// A shape describes the whole identifier: anchors are added.
fn anchored(text: &str) -> String {
    format!("^(?:{text})$")
}

fn whole_regex(text: &str) -> Result<Regex, regex::Error> {
    Regex::new(&anchored(text))
}

fn read_budgets(section: Option<ConfigSection<'_>>) -> LimitsTable {
    let Some(section) = section else {
        return LimitsTable::default();
    };
    let limits = |key: &str| read_limits(section.section(key));
    LimitsTable {
        account: limits("account"),
        organisation: limits("organisation"),
        portal: limits("portal"),
        exact_search: limits("exact-search"),
        break_glass: limits("break-glass"),
        uninspected: limits("uninspected"),
    }
}

fn read_limits(windows: Option<ConfigSection<'_>>) -> BudgetLimits {
    windows.map_or_else(BudgetLimits::default, |windows| {
        BudgetLimits(SlidingWindow::ALL.map(|window| windows.number(window.code())))
    })
}

fn read_timeouts(section: Option<ConfigSection<'_>>) -> Timeouts {
    let usual = Timeouts::default();
    let Some(section) = section else { return usual };
    Timeouts {
        connect: section.duration("connect").unwrap_or(usual.connect),
        response: section.duration("response").unwrap_or(usual.response),
        idle: section.duration("idle").unwrap_or(usual.idle),
    }
}

fn read_report_tokens(section: &ConfigSection<'_>) -> Option<Vec<[u8; 32]>> {
    let name = section.need_text("token_file")?;
    // Only the hashes of tokens are kept: the text of a map is stored.
    let hashes = |text: String| {
        // Nothing is kept of a file that cannot serve, and nothing is no token.
        let hashes = secrets_of(&text).into_iter().flatten();
        hashes.map(|hash| hex(&hash)).collect::<Vec<_>>().join("\n")
    };
    let kept = section.accept("token_file", section.read_named(&name, hashes))?;
    match kept.lines().map(unhex).collect::<Option<Vec<_>>>() {
        Some(hashes) if !hashes.is_empty() => Some(hashes),
        Some(_) | None => section.refuse("token_file", "fault-token-short", ""),
    }
}

/// What all routes of a map share.
struct RouteDefaults<'d> {
    primary: usize,
    kinds: &'d [IdentifierKind],
    blocks: &'d SharedBlocks,
    errors: Option<ErrorRules>,
    query: QueryRule,
    names: NamesChoice,
}

/// `[errors]`: short responses with these statuses and types may contain no record.
fn read_errors(section: &ConfigSection<'_>, kinds: &[IdentifierKind]) -> ErrorRules {
    let statuses = section.parse_all("statuses", StatusPattern::parse);
    if statuses.is_empty() {
        section.fault("statuses", "fault-missing", "");
    }
    let types = section
        .texts("types")
        .iter()
        .map(|text| text.to_ascii_lowercase())
        .collect();
    let bytes_max = section.bytes("bytes").unwrap_or(2 << 10);
    let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    // A pattern that is refused is a fault of the section, so that no map without it comes into
    // force.
    let sweep = section
        .sections("sweep")
        .iter()
        .filter_map(|rule| read_sweep(rule, kinds))
        .collect();
    ErrorRules {
        statuses,
        types,
        bytes_max,
        sweep,
    }
}

fn read_usual_query(section: &ConfigSection<'_>) -> Option<QueryRule> {
    section.has("query").then(|| {
        match section.choice("query", &[("named", false), ("any", true)]) {
            Some(true) => QueryRule::Any,
            _ => QueryRule::NAMED,
        }
    })
}

/// The parameters that a route accepts: `"any"`, or a list of names and of `{ name, values }`.
fn read_query(
    section: &ConfigSection<'_>,
    request: &[RequestRule],
    usual: &QueryRule,
) -> QueryRule {
    if section.is_text("query") {
        return match section.choice("query", &[("any", true), ("named", false)]) {
            Some(true) => QueryRule::Any,
            _ => QueryRule::NAMED,
        };
    }
    if !section.has("query") && matches!(usual, QueryRule::Any) {
        return QueryRule::Any;
    }
    let mut parameters = Vec::new();
    for item in section.texts_or_sections("query") {
        match item {
            Ok(name) => parameters.push(QueryParameter { name, values: None }),
            Err(item) => {
                let values = item.parse("values", whole_regex);
                if let Some(name) = item.need_text("name") {
                    parameters.push(QueryParameter { name, values });
                }
            }
        }
    }
    // Parameters that rules read are accepted without being listed twice.
    for rule in request {
        if let RequestSource::Query(name) = &rule.source
            && !parameters.iter().any(|known| known.name == *name)
        {
            parameters.push(QueryParameter {
                name: name.clone(),
                values: None,
            });
        }
    }
    QueryRule::Named(parameters)
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    bytes
        .collect::<Option<Vec<u8>>>()
        .filter(|_| rest.is_empty())?
        .try_into()
        .ok()
}

fn read_route(section: &ConfigSection<'_>, usual: &RouteDefaults<'_>) -> Option<Route> {
    let kinds = usual.kinds;
    let name = section.need("name", RouteName::parse);
    let except = section.parse_all("except", Pattern::parse);
    let pattern = section
        .need("path", Pattern::parse)
        .map(|pattern| pattern.except(except));
    let kind = read_route_kind(section);
    let is_held = kind == RouteKind::Held;
    let session = read_session(section, is_held);
    let when = read_when(section, kind, session);
    let action = if is_held {
        section.need("action", ActionName::parse)
    } else {
        section
            .parse("action", ActionName::parse)
            .or_else(|| ActionName::parse("pass").ok())
    };
    let exact_sets = section.text_sets("exact_search");
    let request: Vec<Option<RequestRule>> = section
        .sections("request")
        .iter()
        .map(|rule| read_request_rule(rule, kinds, pattern.as_ref(), &exact_sets))
        .collect();
    let request = request.into_iter().collect::<Option<Vec<_>>>();
    if let Some(request) = &request {
        let known = |name: &String| request.iter().any(|rule| rule.name == *name);
        if let Some(unknown) = exact_sets.iter().flatten().find(|name| !known(name)) {
            section.fault("exact_search", "fault-unknown-field", unknown);
        }
    }
    let creates = read_creates(section, usual.primary);
    let blocks: Vec<Option<RuleBlock>> = section
        .sections("response")
        .iter()
        .map(|block| usual.blocks.read_block(block, kinds))
        .collect();
    let blocks = blocks.into_iter().collect::<Option<Vec<_>>>();
    if let Some(blocks) = &blocks {
        check_alternatives(section, blocks);
    }
    let access = RouteAccess {
        needs_caseload: section
            .choice("caseload", &[("required", true), ("not-required", false)])
            // Required unless the map says otherwise: a forgotten line must not open a route.
            .unwrap_or(true),
        allows_exact_search: !exact_sets.is_empty(),
        keeps_found: section.duration("keeps_found").unwrap_or(Duration::ZERO),
        allows_break_glass: section.boolean("break_glass").unwrap_or(false),
        proof_age_max: section.duration("proof_within"),
        shows_own: section.boolean("self").unwrap_or(false),
    };
    let categories = section.parse_all("categories", Category::parse);
    let query = read_query(
        section,
        request.as_deref().unwrap_or_default(),
        &usual.query,
    );
    let graphql = section
        .choice("graphql", &[("no-aliases", GraphQl::NoAliases)])
        .unwrap_or(GraphQl::Unread);
    let methods = section.parse_all("methods", |text| {
        text.parse::<Method>().map_err(|_| "GET | POST | ...")
    });
    let held = section.bytes("held_bytes").unwrap_or(16 << 20);
    let decoded = section.bytes("decoded_bytes").unwrap_or(64 << 20);
    let uninspected = read_uninspected(section.section("uninspected"), usual.names);
    let identifiers_max = section.number("persons_max").unwrap_or(100_000);
    let request_bytes_max = section.bytes("request_bytes").unwrap_or(64 << 20);
    Some(Route {
        name: name?,
        methods,
        pattern: pattern?,
        when: when?,
        kind,
        session,
        action: action?,
        categories,
        access,
        request: request?,
        creates: creates?,
        exact_sets,
        query,
        graphql,
        response: ResponseRules {
            blocks: blocks?,
            errors: usual.errors.clone(),
        },
        uninspected,
        later: read_later(section),
        held_bytes_max: usize::try_from(held).unwrap_or(usize::MAX),
        inspect_limits: digue_inspect::InspectionLimits {
            decoded_bytes_max: usize::try_from(decoded).unwrap_or(usize::MAX),
            identifiers_max: identifiers_max as usize,
        },
        request_bytes_max,
    })
}

/// Whether a route is for those who are signed in. Resources and tunnels have no such choice: the
/// former have `public`, the latter cannot be inspected.
fn read_session(section: &ConfigSection<'_>, is_held: bool) -> SessionDemand {
    let words = [
        ("required", SessionDemand::Required),
        ("not-required", SessionDemand::NotRequired),
    ];
    let demand = section.choice("session", &words).unwrap_or_default();
    if section.has("session") && !is_held {
        section.fault("session", "fault-session-held", "");
    }
    demand
}

/// Answers that are fetched later by a token.
fn read_later(section: &ConfigSection<'_>) -> LaterAnswers {
    let lasts = section
        .duration("remembered_for")
        .unwrap_or(REMEMBERED_USUAL);
    if lasts > REMEMBERED_MAX {
        section.fault("remembered_for", "fault-value", "24h");
    }
    LaterAnswers {
        gives: section.parse("gives_token", |text| GivenToken::parse(text, lasts)),
        remembers: section.text("remembers"),
    }
}

fn read_route_kind(section: &ConfigSection<'_>) -> RouteKind {
    let is_public = section.boolean("public").unwrap_or(false);
    let words = [
        ("held", RouteKind::Held),
        ("assets", RouteKind::Assets { is_public }),
        ("websocket", RouteKind::WebSocket),
    ];
    let kind = section.choice("kind", &words).unwrap_or(RouteKind::Held);
    if is_public && !matches!(kind, RouteKind::Assets { .. }) {
        section.fault("public", "fault-public-held", "");
    }
    kind
}

/// What is done about a name without identifier.
fn read_names(section: &ConfigSection<'_>, key: &str, usual: NamesChoice) -> NamesChoice {
    let words = [
        ("observe", NamesChoice::Observe),
        ("release", NamesChoice::Release),
        ("refuse", NamesChoice::Refuse),
    ];
    section.choice(key, &words).unwrap_or(usual)
}

fn read_uninspected(section: Option<ConfigSection<'_>>, names: NamesChoice) -> OnUninspected {
    let Some(section) = section else {
        return OnUninspected {
            names,
            ..OnUninspected::default()
        };
    };
    let words = [
        ("refuse", UninspectedChoice::Refuse),
        ("release", UninspectedChoice::Release),
    ];
    let choice = |key: &str| section.choice(key, &words).unwrap_or_default();
    OnUninspected {
        too_large: choice("too-large"),
        unknown_type: choice("unknown-type"),
        broken: choice("broken"),
        undescribed: choice("undescribed"),
        names: read_names(&section, "names", names),
    }
}

fn read_request_rule(
    section: &ConfigSection<'_>,
    kinds: &[IdentifierKind],
    path: Option<&Pattern>,
    exact_sets: &[Vec<String>],
) -> Option<RequestRule> {
    let pick = read_pick(section, kinds);
    #[derive(Clone, Copy)]
    enum ValuePlace {
        Path,
        Query,
        Form,
        Json,
    }
    let words = [
        ("path", ValuePlace::Path),
        ("query", ValuePlace::Query),
        ("form", ValuePlace::Form),
        ("json", ValuePlace::Json),
    ];
    if !section.has("in") {
        section.fault("in", "fault-missing", "");
    }
    let place = section.choice("in", &words);
    let at = section.need_text("at");
    let name = section.text("name").or_else(|| at.clone());
    // A named person is a subject of the request, unless the value is used for a search.
    let is_searched = name
        .as_ref()
        .is_some_and(|name| exact_sets.iter().flatten().any(|known| known == name));
    let is_subject = section
        .boolean("subject")
        .unwrap_or(matches!(place, Some(ValuePlace::Path)) || !is_searched);
    let (pick, at) = (pick?, at?);
    let source = match place? {
        ValuePlace::Path => {
            if path.is_some_and(|path| !path.names().any(|name| name == at)) {
                section.fault("at", "fault-unknown-segment", &at);
            }
            RequestSource::Path(at)
        }
        ValuePlace::Query => RequestSource::Query(at),
        ValuePlace::Form => RequestSource::Form(at),
        ValuePlace::Json => {
            let path = jsonpath::RecordPath::parse(&at)
                .map_err(|error| section.fault("at", "fault-value", error));
            let source = RequestSource::json(path.ok()?, pick.clone());
            source
                .map_err(|error| section.fault("at", "fault-value", error))
                .ok()?
        }
    };
    Some(RequestRule {
        name: name?,
        source,
        pick,
        is_subject,
    })
}
