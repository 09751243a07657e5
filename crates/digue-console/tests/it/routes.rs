//! Every route for every role: the table of `docs/reference/routes.md` is what the program does.

use digue_locales::Language;

use crate::world::{AGENT, Answer, CISO, READERS, Reader, STRANGER, Sent, World};

const PAGE: &str = include_str!("../../../../docs/reference/routes.md");
const OPENAPI: &str = include_str!("../../../digue-api/assets/openapi.json");
const ROUTER: &str = include_str!("../../src/router.rs");

/// How a route is tried: `{agent}` and `{organisation}` are the reader's own and then another's.
struct Try {
    route: &'static str,
    target: &'static str,
    body: &'static str,
}

const fn read(route: &'static str) -> Try {
    Try {
        route,
        target: "",
        body: "",
    }
}

const fn at(route: &'static str, target: &'static str) -> Try {
    Try {
        route,
        target,
        body: "",
    }
}

const fn send(route: &'static str, body: &'static str) -> Try {
    Try {
        route,
        target: "",
        body,
    }
}

const TRIES: &[Try] = &[
    read("GET /"),
    read("GET /activity"),
    read("GET /minutes.csv"),
    at("GET /search", "/search?q={agent}"),
    read("GET /portals"),
    read("GET /portals.csv"),
    at(
        "GET /portals/{portal}/routes.toml",
        "/portals/portail/routes.toml",
    ),
    at(
        "GET /portals/{portal}/routes/new",
        "/portals/portail/routes/new",
    ),
    Try {
        route: "POST /portals/{portal}/routes/new",
        target: "/portals/portail/routes/new",
        body: "lines=x&reason=une+raison+assez+longue",
    },
    at(
        "POST /portals/{portal}/routes/{route}/withdraw",
        "/portals/portail/routes/none/withdraw",
    ),
    read("GET /settings"),
    read("GET /watch"),
    read("GET /watch.csv"),
    at("GET /watch/{finding}", "/watch/fi-none"),
    read("GET /incidents"),
    send("POST /incidents", "title=exercice&source=person"),
    read("GET /incidents.csv"),
    at("GET /incidents/{incident}", "/incidents/in-none"),
    at(
        "GET /incidents/{incident}/sheets",
        "/incidents/in-none/sheets",
    ),
    at(
        "GET /incidents/{incident}/affected",
        "/incidents/in-none/affected",
    ),
    Try {
        route: "POST /incidents/{incident}/affected",
        target: "/incidents/in-none/affected",
        body: "account={agent}",
    },
    at(
        "GET /incidents/{incident}/affected/{version}",
        "/incidents/in-none/affected/1",
    ),
    at(
        "GET /incidents/{incident}/decisions",
        "/incidents/in-none/decisions",
    ),
    at(
        "GET /incidents/{incident}/notification",
        "/incidents/in-none/notification",
    ),
    at(
        "GET /incidents/{incident}/notification.json",
        "/incidents/in-none/notification.json",
    ),
    Try {
        route: "POST /incidents/{incident}/entries",
        target: "/incidents/in-none/entries",
        body: "note=said&kind=fact&text=exercice",
    },
    at(
        "GET /incidents/{incident}/closing",
        "/incidents/in-none/closing",
    ),
    Try {
        route: "POST /incidents/{incident}/steps/{step}",
        target: "/incidents/in-none/steps/qualify",
        body: "state=contained&state-reason=exercice",
    },
    at(
        "POST /incidents/{incident}/notices/begin",
        "/incidents/in-none/notices/begin",
    ),
    at(
        "GET /incidents/{incident}/notices",
        "/incidents/in-none/notices",
    ),
    Try {
        route: "POST /incidents/{incident}/notices",
        target: "/incidents/in-none/notices",
        body: "--x\r\nContent-Disposition: form-data; name=\"style\"\r\n\r\nfr\r\n--x--\r\n",
    },
    at(
        "GET /incidents/{incident}/notices/{campaign}",
        "/incidents/in-none/notices/ca-none",
    ),
    Try {
        route: "POST /incidents/{incident}/notices/{campaign}",
        target: "/incidents/in-none/notices/ca-none",
        body: "state=sending",
    },
    at(
        "GET /incidents/{incident}/notices/{campaign}/{file}",
        "/incidents/in-none/notices/ca-none/letters.pdf",
    ),
    read("GET /check"),
    send("POST /check", "code=ZZZZ"),
    read("GET /check/messages.txt"),
    at(
        "GET /incidents/{incident}/papers/{paper}",
        "/incidents/in-none/papers/notification.pdf",
    ),
    Try {
        route: "POST /incidents/{incident}/files",
        target: "/incidents/in-none/files",
        body: "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n",
    },
    at(
        "GET /incidents/{incident}/files/{hash}",
        "/incidents/in-none/files/ab",
    ),
    at(
        "POST /incidents/{incident}/check",
        "/incidents/in-none/check",
    ),
    Try {
        route: "POST /incidents/{incident}/reopening",
        target: "/incidents/in-none/reopening",
        body: "who=organisation:of-1&gate=open&percent=25&reason=remise+en+route",
    },
    // The management system
    read("GET /smsi"),
    read("GET /smsi/start"),
    send("POST /smsi/start", ""),
    read("GET /smsi/calendar"),
    read("GET /smsi/calendar.csv"),
    read("GET /smsi/calendar.ics"),
    send("POST /smsi/calendar/address", ""),
    send("POST /smsi/calendar/address/revoke", ""),
    at("GET /calendar/{secret}", "/calendar/none"),
    read("GET /smsi/contradictions"),
    read("GET /smsi/contradictions.csv"),
    read("GET /smsi/continuity"),
    send("POST /smsi/continuity", "incident=in-none"),
    at("GET /smsi/continuity/{file}", "/smsi/continuity/plan.html"),
    read("GET /smsi/software"),
    send(
        "POST /smsi/software",
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n",
    ),
    read("GET /smsi/software.csv"),
    read("GET /smsi/privacy"),
    read("GET /smsi/privacy.csv"),
    at("GET /smsi/privacy/{file}", "/smsi/privacy/controller.pdf"),
    read("GET /smsi/ebios"),
    read("GET /smsi/exchange"),
    send(
        "POST /smsi/exchange/pia",
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n",
    ),
    send(
        "POST /smsi/exchange/template",
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n",
    ),
    at("GET /smsi/exchange/{file}", "/smsi/exchange/mss.xlsx"),
    read("GET /smsi/registers"),
    at("GET /smsi/registers/{kind}", "/smsi/registers/measure"),
    Try {
        route: "POST /smsi/registers/{kind}",
        target: "/smsi/registers/measure",
        body: "title=",
    },
    at(
        "GET /smsi/registers/{kind}/new",
        "/smsi/registers/measure/new",
    ),
    Try {
        route: "POST /smsi/registers/{kind}/import",
        target: "/smsi/registers/measure/import",
        body: "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n",
    },
    at(
        "GET /smsi/registers/{kind}/{record}",
        "/smsi/registers/measure/ME-none",
    ),
    Try {
        route: "POST /smsi/registers/{kind}/{record}",
        target: "/smsi/registers/measure/ME-none",
        body: "title=t&priority=p1&declared=to-do",
    },
    Try {
        route: "POST /smsi/registers/{kind}/{record}/sign",
        target: "/smsi/registers/acceptance/AC-none/sign",
        body: "revision=1",
    },
    at(
        "POST /smsi/registers/{kind}/{record}/end",
        "/smsi/registers/measure/ME-none/end",
    ),
    at(
        "POST /smsi/registers/{kind}/{record}/fill",
        "/smsi/registers/audit/AU-none/fill",
    ),
    Try {
        route: "POST /smsi/registers/{kind}/{record}/ask",
        target: "/smsi/registers/acceptance/AC-none/ask",
        body: "due=2099-01-01",
    },
    at(
        "GET /smsi/registers/{kind}/{record}/revisions",
        "/smsi/registers/measure/ME-none/revisions",
    ),
    read("GET /smsi/clauses"),
    read("GET /smsi/policies"),
    at("POST /smsi/policies/{topic}", "/smsi/policies/none"),
    read("GET /smsi/objectives"),
    at("GET /smsi/programmes/{record}", "/smsi/programmes/PA-none"),
    Try {
        route: "POST /smsi/evidence/{record}",
        target: "/smsi/evidence/PV-none",
        body: "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n",
    },
    at(
        "GET /smsi/evidence/{record}/file",
        "/smsi/evidence/PV-none/file",
    ),
    at(
        "GET /smsi/evidence/{record}/preview",
        "/smsi/evidence/PV-none/preview",
    ),
    read("GET /smsi/samples"),
    at(
        "GET /smsi/samples.csv",
        "/smsi/samples.csv?population=accounts&seed=1&size=3",
    ),
    at("GET /smsi/files/{file}", "/smsi/files/measure.xlsx"),
    Try {
        route: "POST /smsi/documents/{record}",
        target: "/smsi/documents/DO-none",
        body: "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n",
    },
    read("GET /smsi/checks"),
    send("POST /smsi/checks", ""),
    read("GET /smsi/checks.csv"),
    at("GET /smsi/checks/{check}", "/smsi/checks/passkeys"),
    Try {
        route: "POST /smsi/checks/{check}",
        target: "/smsi/checks/decoys",
        body: "until=2020-01-01T10:00&reason=remise+en+marche",
    },
    read("GET /smsi/statement"),
    send("POST /smsi/statement", ""),
    at(
        "GET /smsi/statement/{file}",
        "/smsi/statement/statement.xlsx",
    ),
    at("GET /smsi/frameworks/{framework}", "/smsi/frameworks/anssi"),
    read("GET /reviews"),
    send("POST /reviews", "title=&due=2020-01-01T10:00"),
    at("GET /reviews/{review}", "/reviews/rv-none"),
    Try {
        route: "POST /reviews/{review}",
        target: "/reviews/rv-none",
        body: "account={agent}&decision=keep",
    },
    at(
        "GET /reviews/{review}/lines.csv",
        "/reviews/rv-none/lines.csv",
    ),
    read("GET /awareness"),
    read("GET /awareness/state"),
    read("GET /awareness/state.csv"),
    at("GET /awareness/{module}", "/awareness/calls"),
    Try {
        route: "POST /awareness/{module}",
        target: "/awareness/calls",
        body: "q1=b",
    },
    at(
        "GET /awareness/documents/{record}",
        "/awareness/documents/DO-none",
    ),
    at(
        "POST /awareness/documents/{record}",
        "/awareness/documents/DO-none",
    ),
    at("GET /awareness/texts/{record}", "/awareness/texts/DO-none"),
    read("GET /own-incidents"),
    send("POST /own-incidents", "title=poste+infecte&text=hier"),
    at(
        "GET /own-incidents/{incident}/partner.pdf",
        "/own-incidents/in-none/partner.pdf",
    ),
    // The spaces of a partner organisation and of a person
    read("GET /space"),
    send(
        "POST /space/persons",
        "population=personnes&person=P9&account=&until=&reason=entretien+prevu",
    ),
    send("POST /space/break-glass", "id=bg-none&why=inconnu"),
    send(
        "POST /space/hand-over",
        "account=inconnu&reason=depart+prevu",
    ),
    read("GET /space/assessment"),
    send("POST /space/assessment", "theme=tools&updates=yes"),
    send("POST /space/assessment/sign", ""),
    read("GET /space/assessment.xlsx"),
    send(
        "POST /space/assessment/import",
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n",
    ),
    read("GET /space/attestation.pdf"),
    read("GET /assessments"),
    read("GET /assessments.csv"),
    read("GET /messages"),
    send(
        "POST /messages",
        "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nbonjour\r\n--x--\r\n",
    ),
    read("GET /messages/reports"),
    read("GET /messages/reports.csv"),
    send("POST /messages/publish", "id=mr-none"),
    read("GET /person"),
    read("GET /person/door"),
    send("POST /person/door", "code=ZZZZ"),
    send("POST /person/letter", "population=personnes&person=P1"),
    send("POST /person/leave", ""),
    read("GET /person/consultations.csv"),
    at("GET /person/ask", "/person/ask?kind=name&entry=1"),
    send("POST /person/ask", "kind=access&text=tout"),
    send("POST /person/withdraw", "id=rq-none"),
    read("GET /person/information"),
    send("POST /person/news", "email="),
    at("GET /person/embed", "/person/embed?token=A"),
    read("GET /accessibility"),
    read("GET /requests"),
    read("GET /requests.csv"),
    send(
        "POST /requests",
        "kind=access&channel=post&received_on=2025-11-01&population=personnes&requester=Marie&text=Mes+donnees",
    ),
    at(
        "GET /requests/{request}/{file}",
        "/requests/rq-none/letter.pdf",
    ),
    send("POST /requests/letters", "population=personnes&persons=P1"),
    send("POST /requests/hidden", "lift=hd-none"),
    at("GET /requests/{request}", "/requests/rq-none"),
    Try {
        route: "POST /requests/{request}",
        target: "/requests/rq-none",
        body: "outcome=done&text=une+reponse",
    },
    send("POST /api/v1/person-links", "{\"person\":\"P1\"}"),
    at("GET /v2/findUsage", "/v2/findUsage?userCode=P1"),
    read("GET /v2/usagePeriod"),
    read("GET /v2/heartbeat"),
    read("GET /register"),
    send(
        "POST /register/import",
        "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nrien\r\n--x--\r\n",
    ),
    at(
        "GET /register/papers/{paper}",
        "/register/papers/register.xlsx",
    ),
    read("GET /register.csv"),
    read("GET /register.json"),
    read("GET /accounts"),
    read("GET /accounts.csv"),
    at("GET /accounts/{account}", "/accounts/{agent}"),
    at(
        "GET /accounts/{account}/exposures.csv",
        "/accounts/{agent}/exposures.csv",
    ),
    at(
        "GET /accounts/{account}/persons.csv",
        "/accounts/{agent}/persons.csv",
    ),
    at(
        "GET /accounts/{account}/look-back.csv",
        "/accounts/{agent}/look-back.csv",
    ),
    at("GET /accounts/{account}/holder", "/accounts/{agent}/holder"),
    Try {
        route: "POST /accounts/{account}/holder",
        target: "/accounts/{agent}/holder",
        body: "name=Nom+Essai&job=&telephone=01+99+00+12+34&email=",
    },
    read("GET /organisations"),
    read("GET /organisations.csv"),
    at(
        "GET /organisations/{organisation}",
        "/organisations/{organisation}",
    ),
    at(
        "GET /organisations/{organisation}/accounts.csv",
        "/organisations/{organisation}/accounts.csv",
    ),
    send(
        "POST /organisations",
        "organisation={organisation}&name=Nom&email=",
    ),
    read("GET /sessions"),
    read("GET /sessions.csv"),
    read("GET /journal"),
    read("GET /journal.ndjson"),
    at("GET /journal/{entry}/receipt", "/journal/0/receipt"),
    at("GET /scope", "/scope?account={agent}"),
    at("GET /scope.csv", "/scope.csv?account={agent}"),
    at("GET /scope.ndjson", "/scope.ndjson?account={agent}"),
    at("GET /persons", "/persons?person=P1"),
    at("GET /persons/sights.csv", "/persons/sights.csv?person=P1"),
    send("POST /accounts/identity", "account={agent}"),
    send(
        "POST /accounts/suspend",
        "account={agent}&suspended=1&reason=exercice",
    ),
    send(
        "POST /accounts/confirm",
        "account={agent}&how=appel+au+centre",
    ),
    send("POST /accounts/invite", "account={agent}"),
    read("GET /approvals"),
    send(
        "POST /approvals",
        "account={role}.{organisation}&organisation={organisation}&role=agent&reason=recrue",
    ),
    read("GET /approvals.csv"),
    send("POST /approvals/decide", "id=ap-none&granted=1"),
    send(
        "POST /approvals/onboard",
        "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\ncompte;organisation\n{role}.{organisation}.b;{organisation}\n\r\n--x\r\nContent-Disposition: form-data; name=\"reason\"\r\n\r\nrecrues\r\n--x--\r\n",
    ),
    send(
        "POST /approvals/recover",
        "account={agent}&since=2026-01-01T08:00&reason=ordinateur+perdu",
    ),
    send("POST /approvals/export", "reason=controle"),
    send(
        "POST /approvals/delete-backups",
        "repository=disque&reason=place+pleine",
    ),
    send(
        "POST /approvals/accept-snapshots",
        "repository=disque&reason=fausse+alerte",
    ),
    send(
        "POST /approvals/keep-backups",
        "repository=disque&reason=a+garder",
    ),
    send(
        "POST /gates",
        "scope=account&name={agent}&gate=caseload-only&reason=exercice",
    ),
    send("POST /sessions/cut", "account={agent}&reason=exercice"),
    read("GET /break-glass"),
    read("GET /break-glass/list.csv"),
    send("POST /break-glass/review", "id=bg-none"),
    read("GET /classes"),
    read("GET /classes.csv"),
    send(
        "POST /watch/decide",
        "id=fi-none&verdict=work&reason=exercice",
    ),
    send("POST /demo/attack", ""),
    read("GET /self"),
    send("POST /self/passkeys/begin", ""),
    send(
        "POST /self/passkeys/finish",
        "{\"ceremony\":\"\",\"name\":\"x\",\"answer\":{}}",
    ),
    send("POST /self/passkeys/remove", "id=none"),
    read("GET /self/identities"),
    send("POST /self/identities/remove", "id=none"),
    send("POST /self/keys", "id=key-none"),
    read("GET /self/password"),
    send("POST /self/password", "password=x&sealed=x&code=x"),
    send("POST /self/password/remove", ""),
    send("POST /self/sessions/cut", "id=s-none"),
    send(
        "PUT /api/v1/caseloads/{population}",
        "account,person\na1,P1\n",
    ),
    send(
        "POST /api/v1/caseloads/{population}",
        "account,person\na1,P2\n",
    ),
    send(
        "PUT /api/v1/aliases/{portal}",
        "kind,identifier,person\nid,P3,P3\n",
    ),
    read("GET /keys"),
    send(
        "POST /keys",
        "account={agent}&name=logiciel&public_key=NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs&reason=recrue",
    ),
    send("POST /keys/revoke", "key=key-none&reason=exercice"),
    read("GET /sources"),
    read("GET /sources.csv"),
    at("POST /sources/{source}/read", "/sources/none/read"),
    Try {
        route: "POST /sources/{source}/release",
        target: "/sources/none/release",
        body: "digest=00",
    },
    send("POST /directory/release", "digest=00"),
    read("GET /signals"),
    read("GET /signals.csv"),
    send("POST /signals/decide", "digest=00&decision=agree"),
    read("GET /api/v1/openapi.json"),
    read("GET /api/v1/overview"),
    read("GET /api/v1/portals"),
    read("GET /api/v1/sources"),
    Try {
        route: "POST /api/v1/sources/{source}/read",
        target: "/api/v1/sources/none/read",
        body: "",
    },
    read("GET /api/v1/settings"),
    read("GET /api/v1/registers"),
    at(
        "GET /api/v1/registers/{kind}",
        "/api/v1/registers/measure?first=0&count=1",
    ),
    Try {
        route: "POST /api/v1/registers/{kind}",
        target: "/api/v1/registers/measure",
        body: "{\"values\":{}}",
    },
    at(
        "GET /api/v1/registers/{kind}/{record}",
        "/api/v1/registers/measure/ME-none",
    ),
    Try {
        route: "PUT /api/v1/registers/{kind}/{record}",
        target: "/api/v1/registers/measure/ME-none",
        body: "{\"values\":{}}",
    },
    Try {
        route: "PUT /api/v1/evidence/{record}/file",
        target: "/api/v1/evidence/PV-none/file?name=a.txt",
        body: "a",
    },
    read("GET /api/v1/accounts"),
    at("GET /api/v1/accounts/{account}", "/api/v1/accounts/{agent}"),
    at(
        "GET /api/v1/accounts/{account}/look-back",
        "/api/v1/accounts/{agent}/look-back",
    ),
    Try {
        route: "PUT /api/v1/accounts/{account}/suspension",
        target: "/api/v1/accounts/{agent}/suspension",
        body: "{\"suspended\":true,\"reason\":\"exercice\"}",
    },
    Try {
        route: "POST /api/v1/accounts/{account}/confirmation",
        target: "/api/v1/accounts/{agent}/confirmation",
        body: "{\"code\":\"AAAA-AAAA\",\"how\":\"appel au centre\"}",
    },
    Try {
        route: "POST /api/v1/accounts/{account}/invitation",
        target: "/api/v1/accounts/{agent}/invitation",
        body: "",
    },
    Try {
        route: "POST /api/v1/accounts/{account}/cut",
        target: "/api/v1/accounts/{agent}/cut",
        body: "{\"reason\":\"exercice\"}",
    },
    at("GET /api/v1/persons", "/api/v1/persons?person=P1"),
    at("GET /api/v1/scope", "/api/v1/scope?account={agent}"),
    read("GET /api/v1/organisations"),
    at(
        "GET /api/v1/organisations/{organisation}",
        "/api/v1/organisations/{organisation}",
    ),
    Try {
        route: "PUT /api/v1/organisations/{organisation}",
        target: "/api/v1/organisations/{organisation}",
        body: "{\"name\":\"Nom\"}",
    },
    read("GET /api/v1/sessions"),
    read("GET /api/v1/approvals"),
    send(
        "POST /api/v1/approvals",
        "{\"kind\":\"recover-account\",\"account\":\"{agent}\",\"since\":0,\"reason\":\"ordinateur perdu\"}",
    ),
    Try {
        route: "POST /api/v1/approvals/{approval}/decision",
        target: "/api/v1/approvals/ap-none/decision",
        body: "{\"granted\":true}",
    },
    read("GET /api/v1/gates"),
    send(
        "PUT /api/v1/gates",
        "{\"scope\":\"account\",\"name\":\"{agent}\",\"gate\":\"step-up\",\"reason\":\"exercice\"}",
    ),
    read("GET /api/v1/break-glass"),
    Try {
        route: "POST /api/v1/break-glass/{id}/review",
        target: "/api/v1/break-glass/bg-none/review",
        body: "",
    },
    read("GET /api/v1/incidents"),
    at(
        "GET /api/v1/incidents/{incident}",
        "/api/v1/incidents/in-none",
    ),
    read("GET /api/v1/findings"),
    Try {
        route: "POST /api/v1/findings/{finding}/verdict",
        target: "/api/v1/findings/fi-none/verdict",
        body: "{\"theft\":false,\"reason\":\"exercice\"}",
    },
    read("GET /api/v1/journal"),
    read("GET /api/v1/keys"),
    Try {
        route: "POST /api/v1/keys/{key}/revocation",
        target: "/api/v1/keys/key-none/revocation",
        body: "{\"reason\":\"exercice\"}",
    },
    // The operator's directory: only its own key counts, and no role of a person.
    read("GET /scim/v2/ServiceProviderConfig"),
    read("GET /scim/v2/ResourceTypes"),
    at(
        "GET /scim/v2/ResourceTypes/{kind}",
        "/scim/v2/ResourceTypes/User",
    ),
    read("GET /scim/v2/Schemas"),
    at(
        "GET /scim/v2/Schemas/{schema}",
        "/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
    ),
    read("GET /scim/v2/Users"),
    send("POST /scim/v2/Users", "{\"userName\":\"{role}.scim\"}"),
    send("POST /scim/v2/.search", "{\"count\":1}"),
    send("POST /scim/v2/Users/.search", "{\"count\":1}"),
    send("POST /scim/v2/Groups/.search", "{\"count\":1}"),
    at("GET /scim/v2/Users/{user}", "/scim/v2/Users/{agent}"),
    Try {
        route: "PUT /scim/v2/Users/{user}",
        target: "/scim/v2/Users/{agent}",
        body: "{\"userName\":\"{agent}\",\"active\":false}",
    },
    Try {
        route: "PATCH /scim/v2/Users/{user}",
        target: "/scim/v2/Users/{agent}",
        body: "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{\"op\":\"replace\",\"path\":\"active\",\"value\":false}]}",
    },
    at("DELETE /scim/v2/Users/{user}", "/scim/v2/Users/{agent}"),
    read("GET /scim/v2/Groups"),
    send("POST /scim/v2/Groups", "{\"displayName\":\"agents\"}"),
    at("GET /scim/v2/Groups/{group}", "/scim/v2/Groups/none"),
    Try {
        route: "PUT /scim/v2/Groups/{group}",
        target: "/scim/v2/Groups/none",
        body: "{\"displayName\":\"agents\"}",
    },
    Try {
        route: "PATCH /scim/v2/Groups/{group}",
        target: "/scim/v2/Groups/none",
        body: "{\"schemas\":[]}",
    },
    at("DELETE /scim/v2/Groups/{group}", "/scim/v2/Groups/none"),
    // Digue's own corner, the same on every host; who may depends on no role.
    read("GET /.digue/sign-in"),
    read("GET /.digue/enter"),
    send("POST /.digue/enter", "link=none"),
    read("GET /.digue/printed-key"),
    send("POST /.digue/printed-key", "key=x"),
    send("POST /.digue/passkey/begin", "{}"),
    send(
        "POST /.digue/passkey/finish",
        "{\"ceremony\":\"\",\"answer\":{}}",
    ),
    send("POST /.digue/password", "account=x&password=x&code=x"),
    at(
        "GET /.digue/provider/{provider}",
        "/.digue/provider/inconnu",
    ),
    at(
        "GET /.digue/provider/{provider}/back",
        "/.digue/provider/proconnect/back",
    ),
    Try {
        route: "POST /.digue/provider/{provider}/logout",
        target: "/.digue/provider/inconnu/logout",
        body: "logout_token=x",
    },
    Try {
        route: "POST /.digue/signals/{stream}",
        target: "/.digue/signals/inconnu",
        body: "a.b.c",
    },
    send("POST /.digue/identity/link", "ticket=x"),
    send("POST /.digue/identity/code", "ticket=x&code=x"),
    read("GET /.digue/identity/end"),
    read("GET /.digue/left"),
    send("POST /.digue/prove", "password=x&code=x"),
    read("GET /.digue/welcome"),
    send("POST /.digue/hand-over", "for=portail.test&state=x&next=/"),
    send("POST /.digue/device/register", ""),
    send("POST /.digue/device/refresh", ""),
    send("POST /.digue/language", "language=fr"),
    send("POST /.digue/theme", "theme=dark"),
    read("GET /.digue/break-glass"),
    send(
        "POST /.digue/break-glass",
        "justification=un+motif+assez+long+pour+valoir",
    ),
    read("GET /.digue/record"),
    send(
        "POST /.digue/record",
        "person=P1&justification=un+motif+assez+long+pour+valoir",
    ),
    read("GET /.digue/jwks.json"),
    at("GET /.digue/tlog/{*path}", "/.digue/tlog/checkpoint"),
    read("GET /.well-known/security.txt"),
    read("GET /.digue/assets/mark.svg"),
    read("GET /.digue/assets/inter-latin.woff2"),
    read("GET /.digue/assets/digue.css"),
    read("GET /.digue/assets/passkey.js"),
    read("GET /.digue/assets/live.js"),
];

/// Tried last or not at all: it ends the session, or never ends by itself.
const APART: [&str; 3] = ["POST /.digue/leave", "POST /space/leave", "GET /events"];

/// `yes`, `no`, or `none` where nothing is there for this reader.
fn outcome(answer: &Answer) -> &'static str {
    let leads_to = |place: &str| answer.location.as_deref() == Some(place);
    let leads_in = |place: &str| {
        answer
            .location
            .as_ref()
            .is_some_and(|to| to.starts_with(place))
    };
    match answer.status {
        303 if leads_to("/.digue/sign-in") || leads_in("/.digue/sign-in?next") => "no",
        // Nobody of these is a person who proved to hold a record.
        303 if leads_to("/person/door") => "no",
        401 | 403 => "no",
        404 => "none",
        200 | 201 | 202 | 204 | 303 | 409 | 422 | 429 => "yes",
        status => panic!("{status}: {}", answer.text),
    }
}

fn kind_of(route: &str, body: &str) -> &'static str {
    match route {
        _ if body.starts_with("--x") => "multipart/form-data; boundary=x",
        _ if body.starts_with('{') || route.ends_with("/begin") => "application/json",
        _ if route.contains("/caseloads/") || route.contains("/aliases/") => "text/csv",
        _ => "application/x-www-form-urlencoded",
    }
}

async fn attempt(
    world: &World,
    tried: &Try,
    reader: Reader,
    agent: &str,
    organisation: &str,
) -> &'static str {
    let (method, path) = tried.route.split_once(' ').unwrap();
    let fill = |text: &str| {
        text.replace("{agent}", agent)
            .replace("{organisation}", organisation)
            .replace("{role}", reader.role)
            .replace("{population}", "personnes")
            .replace("{portal}", "portail")
    };
    let target = fill(if tried.target.is_empty() {
        path
    } else {
        tried.target
    });
    let kind = kind_of(tried.route, tried.body);
    let sent = Sent {
        method,
        target: &target,
        kind,
        body: fill(tried.body).into_bytes(),
    };
    outcome(&world.answer(reader, Language::French, sent).await)
}

/// Methods and paths of the router's source.
pub(crate) fn routes() -> Vec<String> {
    let mut routes = Vec::new();
    for part in ROUTER.split(".route(").skip(1) {
        let path = part.split('"').nth(1).unwrap();
        let handlers = part.split('"').nth(2).unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            if handlers.contains(&format!(" {method}("))
                || handlers.contains(&format!(".{method}("))
            {
                routes.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    routes
}

#[test]
fn the_interface_for_programs_is_described_route_by_route() {
    let described: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
    for route in routes().iter().filter(|route| route.contains(" /api/v1/")) {
        let (method, path) = route.split_once(' ').unwrap();
        let operation = &described["paths"][path][method.to_lowercase()];
        assert!(operation.is_object(), "{route} is not in openapi.json");
    }
    let count: usize = described["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|p| p.as_object().unwrap().len())
        .sum();
    assert_eq!(
        count,
        routes()
            .iter()
            .filter(|route| route.contains(" /api/v1/"))
            .count()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_for_every_role_is_as_the_table_says() {
    let known: Vec<&str> = TRIES.iter().map(|tried| tried.route).chain(APART).collect();
    for route in routes() {
        assert!(
            known.contains(&route.as_str()),
            "{route} is tried by nobody"
        );
    }
    let world = World::new().await;
    for reader in READERS {
        // One agent for each to act upon, of the own organisation and of another.
        let organisation = if reader == STRANGER {
            "of-1"
        } else {
            reader.organisation
        };
        world
            .account(&format!("{}-own", reader.role), organisation, "agent")
            .await;
        world
            .account(&format!("{}-other", reader.role), "of-2", "agent")
            .await;
    }
    let mut table = format!(
        "| route | {} |\n",
        READERS.map(|reader| reader.role).join(" | ")
    );
    table.push_str(&format!("|{}\n", "---|".repeat(READERS.len() + 1)));
    for tried in TRIES {
        table.push_str(&format!("| `{}` |", tried.route));
        let names_somebody = format!("{}{}", tried.target, tried.body);
        let names_somebody =
            names_somebody.contains("{agent}") || names_somebody.contains("{organisation}");
        for reader in READERS {
            let organisation = if reader == STRANGER {
                "of-1"
            } else {
                reader.organisation
            };
            let own = attempt(
                &world,
                tried,
                reader,
                &format!("{}-own", reader.role),
                organisation,
            )
            .await;
            let other = if names_somebody {
                attempt(
                    &world,
                    tried,
                    reader,
                    &format!("{}-other", reader.role),
                    "of-2",
                )
                .await
            } else {
                own
            };
            let cell = if own == other {
                own.to_owned()
            } else {
                format!("{own}/{other}")
            };
            table.push_str(&format!(" {cell} |"));
        }
        table.push('\n');
    }
    assert!(
        PAGE.contains(&table),
        "docs/reference/routes.md should hold:\n\n{table}"
    );
    for reader in &READERS[1..] {
        let left = world.post(*reader, "/.digue/leave", &[]).await;
        assert_eq!(left, "/.digue/sign-in", "{}", reader.role);
        let account = digue_types::AccountId::parse(reader.account).unwrap();
        let hosts = world
            .app
            .gateway()
            .sessions_of(&account)
            .into_iter()
            .map(|session| session.host);
        assert!(
            !hosts
                .into_iter()
                .any(|host| host == crate::world::CONSOLE_HOST),
            "{}",
            reader.role
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_followed_live_is_for_watchers() {
    let world = World::new().await;
    assert_eq!(
        world
            .answer(AGENT, Language::French, Sent::get("/events"))
            .await
            .status,
        403
    );
    // The head only: the body lasts as long as the session does.
    let followed = world
        .answer(CISO, Language::French, Sent::get("/events"))
        .await;
    assert_eq!(
        (followed.status, followed.kind.as_str()),
        (200, "text/event-stream")
    );
}
