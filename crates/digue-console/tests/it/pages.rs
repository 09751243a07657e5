//! Every page of the console that a browser opens, at an address of the small world.

/// A page of the console, and who may read it.
pub(crate) struct Page {
    /// Its name, and that of its snapshot.
    pub(crate) name: &'static str,
    /// Its route in `router.rs`.
    pub(crate) route: &'static str,
    /// Its address; names in capitals are those of `World::names`.
    pub(crate) target: &'static str,
    pub(crate) state: WorldState,
}

/// The world in which a page is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WorldState {
    LivedIn,
    /// The same, when the last proof of identity is too old for sensitive acts.
    Stale,
    /// The same, on the portal's host, for its agent.
    OnPortal,
    /// Accounts, and nothing that happened.
    New,
}

const fn page(name: &'static str, target: &'static str) -> Page {
    Page {
        name,
        route: target,
        target,
        state: WorldState::LivedIn,
    }
}

const fn at(name: &'static str, route: &'static str, target: &'static str) -> Page {
    Page {
        name,
        route,
        target,
        state: WorldState::LivedIn,
    }
}

const fn stale(name: &'static str, target: &'static str) -> Page {
    Page {
        name,
        route: target,
        target,
        state: WorldState::Stale,
    }
}

const fn new(name: &'static str, target: &'static str) -> Page {
    Page {
        name,
        route: target,
        target,
        state: WorldState::New,
    }
}

const fn on_portal(name: &'static str, target: &'static str) -> Page {
    Page {
        name,
        route: target,
        target,
        state: WorldState::OnPortal,
    }
}

pub(crate) static PAGES: &[Page] = &[
    // Overview
    page("home", "/"),
    new("home-new", "/"),
    at("home-live", "/", "/?live=1"),
    page("activity", "/activity"),
    new("activity-new", "/activity"),
    at("activity-live", "/activity", "/activity?live=1"),
    page("portals", "/portals"),
    at(
        "portal-route",
        "/portals/{portal}/routes/new",
        "/portals/portail/routes/new?method=GET&path=/pieces/%7Bx%7D&media=application/json",
    ),
    page("settings", "/settings"),
    page("findings", "/watch"),
    new("findings-new", "/watch"),
    at(
        "finding-waiting",
        "/watch/{finding}",
        "/watch/FINDING-WAITING",
    ),
    at(
        "finding-judged",
        "/watch/{finding}",
        "/watch/FINDING-JUDGED",
    ),
    at(
        "finding-closed",
        "/watch/{finding}",
        "/watch/FINDING-CLOSED",
    ),
    // Who saw whom
    page("accounts", "/accounts"),
    at(
        "accounts-filtered",
        "/accounts",
        "/accounts?q=of-2&sort=-persons",
    ),
    at("accounts-nothing", "/accounts", "/accounts?q=introuvable"),
    at("account", "/accounts/{account}", "/accounts/agent"),
    at(
        "account-recovered",
        "/accounts/{account}",
        "/accounts/perdu",
    ),
    at(
        "account-unknown",
        "/accounts/{account}",
        "/accounts/inconnu",
    ),
    at(
        "holder",
        "/accounts/{account}/holder",
        "/accounts/agent/holder",
    ),
    at(
        "account-requests",
        "/accounts/{account}",
        "/accounts/agent?list=exposures&days=91",
    ),
    page("organisations", "/organisations"),
    at(
        "organisation",
        "/organisations/{organisation}",
        "/organisations/of-1",
    ),
    page("sessions", "/sessions"),
    page("journal", "/journal"),
    at("search", "/search", "/search?q=arras"),
    at("search-nothing", "/search", "/search?q=introuvable"),
    page("scope", "/scope"),
    at("scope-asked", "/scope", "/scope?account=agent"),
    at("person-known", "/persons", "/persons?person=P1"),
    at("person-unknown", "/persons", "/persons?person=P999"),
    // Acts
    page("approvals", "/approvals"),
    stale("approvals-stale", "/approvals"),
    page("break-glass", "/break-glass"),
    page("classes", "/classes"),
    page("keys", "/keys"),
    page("sources", "/sources"),
    page("signals", "/signals"),
    stale("keys-stale", "/keys"),
    page("own", "/self"),
    stale("own-stale", "/self"),
    page("own-password", "/self/password"),
    page("own-identity-unknown", "/self/identities"),
    // Incidents
    page("incidents", "/incidents"),
    new("incidents-new", "/incidents"),
    at("incident", "/incidents/{incident}", "/incidents/INCIDENT"),
    at(
        "incident-dismissed",
        "/incidents/{incident}",
        "/incidents/INCIDENT-DISMISSED",
    ),
    at(
        "incident-sheets",
        "/incidents/{incident}/sheets",
        "/incidents/INCIDENT/sheets",
    ),
    at(
        "incident-affected",
        "/incidents/{incident}/affected",
        "/incidents/INCIDENT/affected",
    ),
    at(
        "incident-decisions",
        "/incidents/{incident}/decisions",
        "/incidents/INCIDENT/decisions",
    ),
    at(
        "incident-notification",
        "/incidents/{incident}/notification",
        "/incidents/INCIDENT/notification",
    ),
    at(
        "incident-closing",
        "/incidents/{incident}/closing",
        "/incidents/INCIDENT/closing",
    ),
    at(
        "incident-notices",
        "/incidents/{incident}/notices",
        "/incidents/INCIDENT/notices",
    ),
    at(
        "campaign",
        "/incidents/{incident}/notices/{campaign}",
        "/incidents/INCIDENT/notices/CAMPAIGN",
    ),
    page("check", "/check"),
    page("own-incidents", "/own-incidents"),
    page("register", "/register"),
    // The management system
    page("isms", "/smsi"),
    at("isms-dpo", "/smsi", "/smsi?view=dpo"),
    at("isms-management", "/smsi", "/smsi?view=top-management"),
    at("isms-auditor", "/smsi", "/smsi?view=auditor"),
    new("isms-new", "/smsi"),
    new("isms-start", "/smsi/start"),
    page("isms-calendar", "/smsi/calendar"),
    page("isms-contradictions", "/smsi/contradictions"),
    page("isms-continuity", "/smsi/continuity"),
    page("isms-privacy", "/smsi/privacy"),
    page("isms-software", "/smsi/software"),
    page("isms-ebios", "/smsi/ebios"),
    page("isms-exchange", "/smsi/exchange"),
    page("isms-registers", "/smsi/registers"),
    at(
        "isms-register-measure",
        "/smsi/registers/{kind}",
        "/smsi/registers/measure",
    ),
    at(
        "isms-register-risk",
        "/smsi/registers/{kind}",
        "/smsi/registers/risk",
    ),
    at(
        "isms-register-unknown",
        "/smsi/registers/{kind}",
        "/smsi/registers/exercise",
    ),
    at(
        "isms-record-new",
        "/smsi/registers/{kind}/new",
        "/smsi/registers/risk/new",
    ),
    at(
        "isms-record-measure",
        "/smsi/registers/{kind}/{record}",
        "/smsi/registers/measure/MEASURE",
    ),
    at(
        "isms-record-risk",
        "/smsi/registers/{kind}/{record}",
        "/smsi/registers/risk/RISK",
    ),
    page("isms-clauses", "/smsi/clauses"),
    page("isms-policies", "/smsi/policies"),
    page("isms-objectives", "/smsi/objectives"),
    at(
        "policy-text-unknown",
        "/awareness/texts/{record}",
        "/awareness/texts/DO-none",
    ),
    at(
        "isms-programme",
        "/smsi/programmes/{record}",
        "/smsi/programmes/PA-1",
    ),
    at(
        "isms-revisions",
        "/smsi/registers/{kind}/{record}/revisions",
        "/smsi/registers/document/DO-1/revisions",
    ),
    page("isms-samples", "/smsi/samples"),
    at(
        "isms-sample-drawn",
        "/smsi/samples",
        "/smsi/samples?population=accounts&seed=1&size=3",
    ),
    page("isms-checks", "/smsi/checks"),
    at(
        "isms-check-failing",
        "/smsi/checks/{check}",
        "/smsi/checks/passkeys",
    ),
    at(
        "isms-check-disabled",
        "/smsi/checks/{check}",
        "/smsi/checks/decoys",
    ),
    page("isms-statement", "/smsi/statement"),
    at(
        "isms-framework",
        "/smsi/frameworks/{framework}",
        "/smsi/frameworks/demand",
    ),
    at(
        "isms-framework-indirect",
        "/smsi/frameworks/{framework}",
        "/smsi/frameworks/qualiopi",
    ),
    page("reviews", "/reviews"),
    at("review", "/reviews/{review}", "/reviews/REVIEW"),
    at(
        "review-chosen",
        "/reviews/{review}",
        "/reviews/REVIEW?choose=usual",
    ),
    page("awareness", "/awareness"),
    page("awareness-state", "/awareness/state"),
    at(
        "awareness-module",
        "/awareness/{module}",
        "/awareness/calls",
    ),
    // The spaces of a partner organisation and of a person
    page("space", "/space"),
    page("assessment", "/space/assessment"),
    at(
        "assessment-theme",
        "/space/assessment",
        "/space/assessment?theme=tools",
    ),
    page("assessments", "/assessments"),
    page("messages", "/messages"),
    page("message-reports", "/messages/reports"),
    page("person-sign-in", "/person/door"),
    page("person-space", "/person"),
    at(
        "person-contest",
        "/person/ask",
        "/person/ask?kind=contest&entry=CONSULTATION",
    ),
    at(
        "person-who",
        "/person/ask",
        "/person/ask?kind=name&entry=CONSULTATION",
    ),
    page("person-information", "/person/information"),
    at("person-embed", "/person/embed", "/person/embed?token=TOKEN"),
    page("accessibility", "/accessibility"),
    page("requests", "/requests"),
    at("request", "/requests/{request}", "/requests/REQUEST"),
    at(
        "request-answered",
        "/requests/{request}",
        "/requests/REQUEST-ANSWERED",
    ),
    // Signing in
    page("sign-in", "/.digue/sign-in"),
    at(
        "sign-in-for-portal",
        "/.digue/sign-in",
        "/.digue/sign-in?for=portail.test&state=x&next=/fiche/P1",
    ),
    at("enter", "/.digue/enter", "/.digue/enter?link=INVITATION"),
    at("welcome", "/.digue/welcome", "/.digue/welcome"),
    at("printed-key", "/.digue/printed-key", "/.digue/printed-key"),
    at("signed-out", "/.digue/left", "/.digue/left"),
    on_portal("break-glass-ask", "/.digue/break-glass"),
    on_portal("record-ask", "/.digue/record"),
    at("not-found", "", "/nulle/part"),
];

/// Routes whose answer is no page: files, redirects, streams, and what programs read.
pub(crate) static NO_PAGES: &[&str] = &[
    "/events",
    "/portals/{portal}/routes.toml",
    "/journal/{entry}/receipt",
    "/incidents/{incident}/affected/{version}",
    "/incidents/{incident}/notices/{campaign}/{file}",
    "/incidents/{incident}/papers/{paper}",
    "/incidents/{incident}/files/{hash}",
    "/register/papers/{paper}",
    "/smsi/continuity/{file}",
    "/smsi/privacy/{file}",
    "/requests/{request}/{file}",
    "/smsi/exchange/{file}",
    "/smsi/files/{file}",
    "/smsi/statement/{file}",
    "/smsi/calendar.ics",
    "/calendar/{secret}",
    "/smsi/evidence/{record}/file",
    "/smsi/evidence/{record}/preview",
    "/awareness/documents/{record}",
    "/.digue/provider/{provider}",
    "/.digue/provider/{provider}/back",
    "/.digue/identity/end",
    "/.digue/jwks.json",
    "/.digue/tlog/{*path}",
    "/.well-known/security.txt",
];
