//! What programs may read.

use axum::Json;
use axum::extract::{Path, State};
use digue_access::{KeyProof, Session};
use digue_administration::approvals::{self, ApprovalRequest, NewAccount, WaitingApproval};
use digue_administration::{accounts, break_glass, organisations, settings};
use digue_app::OperationError;
use digue_app::gates::{self, ShutGate};
use digue_casework::findings::{self, ListedFinding};
use digue_casework::incidents::{self, IncidentView};
use digue_casework::notification;
use digue_detection::{Action, Weight};
use digue_evidence::reading::EvidenceForm;
use digue_evidence::watch::{self, AccountView, PortalView};
use digue_evidence::{affected, entry, scope};
use digue_exposure::{CountedExposure, Lookup, ScopeQuestion, Sight};
use digue_identity::{keys, recovery};
use digue_locales::{Language, text};
use digue_notices::CampaignView;
use digue_sources::overview::{self, SourceView};
use digue_types::{OrganisationId, PersonRef, SlidingWindow, Subject, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{ApiQuery, JsonAnswer, QuotaPermit};
use digue_pages::form::account_named;
use digue_pages::state::Console;
use digue_pages::visitor::Visitor;

/// Items on one page of a list: the maximum and the default.
const PAGE_ITEMS_MAX: usize = 1000;
const PAGE_ITEMS: usize = 100;

#[derive(Deserialize)]
pub struct PageQuery {
    #[serde(default)]
    q: String,
    /// Counted from 0.
    #[serde(default)]
    first: usize,
    count: Option<usize>,
}

/// What no list needs.
const Q_CHARS_MAX: usize = 128;
const FIRST_MAX: usize = 1_000_000;
/// Larger numbers are not exact in JSON readers that use floating point.
const ENTRY_MAX: u64 = (1 << 53) - 1;

impl QuotaPermit for PageQuery {
    fn is_within(&self) -> bool {
        self.q.chars().count() <= Q_CHARS_MAX
            && self.first <= FIRST_MAX
            && self.count.is_none_or(|count| count <= PAGE_ITEMS_MAX)
    }
}

impl PageQuery {
    /// The requested part of a list, and the length of the list.
    fn of(&self, items: impl Iterator<Item = Value>) -> Json<Value> {
        let items: Vec<Value> = items.collect();
        let total = items.len();
        let count = self.count.unwrap_or(PAGE_ITEMS);
        let items: Vec<Value> = items.into_iter().skip(self.first).take(count).collect();
        Json(json!({"total": total, "items": items}))
    }

    fn wanted(&self) -> WantedText {
        WantedText(self.q.to_lowercase())
    }
}

/// What names of a list must contain, in any case of letters.
struct WantedText(String);

impl WantedText {
    fn is_in(&self, name: &str) -> bool {
        name.to_lowercase().contains(&self.0)
    }
}

/// A list that is never cut, and its length.
fn all_of(items: impl Iterator<Item = Value>) -> Json<Value> {
    let items: Vec<Value> = items.collect();
    Json(json!({"total": items.len(), "items": items}))
}

pub async fn overview(State(console): State<Console>, visitor: Visitor) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let view = watch::overview(&console.app, &actor).await?;
    let coverage: Vec<Value> = view.coverage.iter().map(coverage).collect();
    Ok(Json(json!({
        "now": view.now,
        "persons_day": view.persons_day,
        "sessions": view.sessions,
        "coverage": coverage,
        "journal": {
            "size": view.journal.size,
            "checkpoint_size": view.journal.checkpoint_size,
            "checkpoint_at": view.journal.checkpoint_at,
            "failure": view.journal.failure,
        },
    })))
}

fn coverage(portal: &watch::PortalCoverage) -> Value {
    json!({
        "portal": portal.portal,
        "mode": portal.mode.code(),
        "observes_only": portal.observes_only(),
        "inspected": portal.counts.inspected,
        "uninspected": portal.counts.uninspected,
        "uninspected_bytes": portal.counts.uninspected_bytes,
        "outside_map": portal.counts.outside_map,
        "refused": portal.counts.refused,
        "would_refuse": portal.counts.would_refuse,
        "unseen": portal.counts.unseen,
    })
}

/// An address that the map does not describe.
fn outside(row: &digue_exposure::OutsideRow) -> Value {
    json!({
        "method": row.address.method,
        "template": row.address.template,
        "media_type": row.address.media_type,
        "status": row.status,
        "requests": row.requests,
        "bytes": row.bytes,
    })
}

pub async fn portals(State(console): State<Console>, visitor: Visitor) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let portals = watch::portals(&console.app, &actor)?;
    Ok(all_of(portals.iter().map(portal_json)))
}

fn portal_json(portal: &PortalView) -> Value {
    json!({
        "portal": portal.coverage.portal,
        "hosts": portal.hosts,
        "population": portal.population,
        "routes": portal.routes,
        "relations": portal.relations,
        "gate": portal.gate,
        "limits": portal.limits.iter().map(limit_json).collect::<Vec<Value>>(),
        "coverage": coverage(&portal.coverage),
        "outside": portal.outside.iter().map(outside).collect::<Vec<Value>>(),
        "outside_others": portal.outside_others,
    })
}

fn limit_json((of, window, persons): &(&'static str, SlidingWindow, u32)) -> Value {
    json!({"of": of, "window": window.code(), "persons": persons})
}

pub async fn accounts(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let known = accounts::list(&console.app, &actor).await?;
    let wanted = page.wanted();
    let is_wanted = |one: &&accounts::OverseenAccount| {
        wanted.is_in(one.account.as_str()) || wanted.is_in(one.record.organisation.as_str())
    };
    Ok(page.of(known.iter().filter(is_wanted).map(account_json)))
}

fn account_json(one: &accounts::OverseenAccount) -> Value {
    json!({
        "account": one.account,
        "organisation": one.record.organisation,
        "role": one.record.role.code(),
        "suspended": one.record.is_suspended,
        "quarantined": one.is_quarantined,
        "passkeys": one.passkeys,
        "identities": one.identities,
        "password": one.has_password,
        "sessions": one.sessions,
        "limits_percent": one.reduction.map_or(100, |reduction| reduction.percent),
    })
}

/// The most lines of an account's history; exports have all.
const LINES: usize = 200;

pub async fn account(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let account = account_named(&account)?;
    let part: (_, fn(_) -> _) = (EvidenceForm::Shown, Subject::History);
    let view = watch::account(&console.app, &actor, &account, part).await?;
    Ok(Json(account_view_json(&view)))
}

fn account_view_json(view: &AccountView) -> Value {
    let persons = view.persons.iter().take(LINES);
    let persons = persons
        .map(|(person, times, last)| json!({"person": person, "times": times, "last": last}));
    json!({
        "account": view.account,
        "organisation": view.organisation,
        "sessions": view.sessions,
        "persons_total": view.persons.len(),
        "budgets": budgets_json(view),
        "persons": persons.collect::<Vec<_>>(),
        "exposures": view.exposures.iter().take(LINES).map(seen).collect::<Vec<_>>(),
    })
}

fn budgets_json(view: &AccountView) -> Vec<Value> {
    let budgets = view.budgets.iter().flat_map(|(portal, windows)| {
        windows.iter().map(move |(window, shown, limit)| {
            json!({"portal": portal, "window": window.code(), "persons": shown, "limit": limit})
        })
    });
    budgets.collect()
}

/// What an account was shown between the presumed date and its recovery. Data leaves, so that it
/// needs a fresh proof and is journalled.
pub async fn look_back(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let account = account_named(&account)?;
    let found = recovery::look_back(&console.app, &actor, &account, EvidenceForm::File).await?;
    let persons = found
        .persons
        .iter()
        .map(|(person, last)| json!({"person": person, "last": last}));
    Ok(Json(json!({
        "account": account,
        "since": found.record.since,
        "until": found.record.granted_at,
        "persons_total": found.persons.len(),
        "responses": found.exposures.len(),
        "persons": persons.collect::<Vec<_>>(),
    })))
}

fn seen(seen: &CountedExposure) -> Value {
    json!({
        "entry": seen.entry,
        "at": seen.at,
        "portal": seen.portal,
        "route": seen.route,
        "outcome": seen.outcome,
        "persons": seen.shown,
        "found": seen.found,
        "reasons": seen.reasons,
    })
}

#[derive(Deserialize)]
pub struct PersonQuery {
    person: String,
}

impl QuotaPermit for PersonQuery {
    fn is_within(&self) -> bool {
        !self.person.is_empty() && self.person.chars().count() <= Q_CHARS_MAX
    }
}

/// Who was shown a person.
pub async fn person(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(query): ApiQuery<PersonQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let person = PersonRef::parse(query.person.trim())
        .map_err(|_| OperationError::Invalid("invalid-query"))?;
    let sights = watch::person(&console.app, &actor, &person, EvidenceForm::Shown).await?;
    Ok(Json(sights_json(&sights)))
}

fn sights_json(sights: &Lookup<Vec<Sight>>) -> Value {
    match sights {
        Lookup::Known(sights) => {
            let items: Vec<Value> = sights.iter().take(LINES).map(entry::sight_json).collect();
            json!({"known": true, "total": sights.len(), "items": items})
        }
        // No entry has such an identifier: that does not prove that nobody looked.
        Lookup::UnknownSubject(_) => json!({"known": false, "total": 0, "items": []}),
    }
}

fn organisation_json(known: &organisations::OverseenOrganisation) -> Value {
    json!({
        "organisation": known.record.id,
        "name": known.record.name,
        "email": known.record.email,
        "accounts": known.accounts,
        "suspended": known.suspended,
        "leaders": known.leaders,
        "sessions": known.sessions,
        "persons_day": known.persons_day,
        "gate": known.gate,
    })
}

pub async fn organisations(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let known = organisations::list(&console.app, &actor).await?;
    let wanted = page.wanted();
    let is_wanted = |one: &&organisations::OverseenOrganisation| {
        wanted.is_in(one.record.id.as_str()) || wanted.is_in(&one.record.name)
    };
    Ok(page.of(known.iter().filter(is_wanted).map(organisation_json)))
}

pub async fn organisation(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let id = OrganisationId::parse(&id).map_err(|_| OperationError::NotFound("organisation"))?;
    let view = organisations::view(&console.app, &actor, &id).await?;
    let budgets = view.budgets.iter().map(|(portal, window, persons, limit)| {
        json!({"portal": portal, "window": window.code(), "persons": persons, "limit": limit})
    });
    let mut value = organisation_json(&view.known);
    value["budgets"] = budgets.collect();
    Ok(Json(value))
}

pub async fn sessions(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let sessions = watch::sessions(&console.app, &actor)?;
    let wanted = sessions
        .iter()
        .filter(|one| one.account.as_str().contains(&page.q));
    Ok(page.of(wanted.map(session_json)))
}

fn session_json(one: &Session) -> Value {
    json!({
        "session": one.id,
        "account": one.account,
        "organisation": one.organisation,
        "host": one.host,
        "opened_at": one.opened_at,
        "seen_at": one.seen_at,
        "ip": one.origin.ip.to_string(),
        "agent": one.origin.agent,
        "bound": one.device.is_some(),
    })
}

/// The accounts that a request would add.
fn requested_accounts(waiting: &WaitingApproval) -> Vec<Value> {
    let account = |one: &NewAccount| {
        json!({
            "account": one.account,
            "organisation": one.organisation,
            "role": one.role.code(),
        })
    };
    match ApprovalRequest::of(&waiting.record) {
        Ok(ApprovalRequest::AddAccounts(accounts)) => accounts.iter().map(account).collect(),
        _ => Vec::new(),
    }
}

fn approval(waiting: &WaitingApproval) -> Value {
    let record = &waiting.record;
    json!({
        "id": record.id,
        "kind": record.kind,
        "subject": record.subject,
        "is_readable": ApprovalRequest::of(record).is_ok(),
        "accounts": requested_accounts(waiting),
        "reason": record.reason,
        "asked_by": record.asked_by,
        "asked_at": record.asked_at,
        "expires_at": record.expires_at,
        "decided_by": record.decided.as_ref().map(|decided| &decided.by),
        "granted": record.decided.as_ref().map(|decided| decided.is_granted),
        "may_decide": waiting.may_decide,
    })
}

pub async fn approvals(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let waiting = approvals::list(&console.app, &actor).await?;
    Ok(page.of(waiting.iter().map(approval)))
}

/// The sources of caseloads and aliases, with their age.
pub async fn sources(State(console): State<Console>, visitor: Visitor) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let sources = overview::list(&console.app, &actor).await?;
    Ok(all_of(sources.iter().map(source_json)))
}

fn source_json(source: &SourceView) -> Value {
    let held = source.held.as_ref().map(|held| {
        json!({
            "digest": held.digest, "at": held.at, "rows": held.rows,
            "removed": held.removed, "added": held.added,
        })
    });
    json!({
        "name": source.name,
        "target": source.target.name(),
        "account": source.account,
        "every_seconds": source.every.as_secs(),
        "state": source.standing.code(),
        "good_at": source.good_at,
        "rows": source.rows,
        "fault": source.fault.as_ref().map(|(key, line)| json!({"code": key, "line": line})),
        "held": held,
    })
}

pub async fn gates(State(console): State<Console>, visitor: Visitor) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let gates = gates::shut_gates(&console.app, &actor).await?;
    Ok(all_of(gates.iter().map(gate_json)))
}

fn gate_json(gate: &ShutGate) -> Value {
    json!({
        "scope": gate.reach.scope(),
        "name": gate.reach.name(),
        "gate": gate.gate,
        "reason": gate.reason.to_string(),
        "set_by": gate.set_by,
        "set_at": gate.set_at,
    })
}

pub async fn break_glass(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let records = break_glass::list(&console.app, &actor).await?;
    Ok(page.of(records.iter().map(break_glass_json)))
}

fn break_glass_json(record: &break_glass::BreakGlassUse) -> Value {
    json!({
        "id": record.id,
        "portal": record.portal,
        "account": record.account,
        "justification": record.justification,
        "opened_at": record.opened_at,
        "until": record.until,
        "reviewed_by": record.reviewed.as_ref().map(|(by, _)| by),
    })
}

pub async fn findings(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let view = findings::view(&console.app, &actor).await?;
    Ok(page.of(view.findings.iter().map(finding_json)))
}

fn finding_json(finding: &ListedFinding) -> Value {
    json!({
        "id": finding.id,
        "at": finding.at,
        "account": finding.account,
        "organisation": finding.organisation,
        "portal": finding.portal,
        "kind": finding.weight.map(Weight::code),
        "evidence": finding.evidence,
        "signals": finding.signals.known(),
        "around": finding.around.known(),
        "persons": finding.persons,
        "action": finding.action.map(Action::code),
        "verdict": finding.decided.as_ref().map(|decided| decided.outcome.code()),
    })
}

/// All incidents with their clocks and the fields of their notification.
pub async fn incidents(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let views = incidents::list(&console.app, &actor).await?;
    let items = views
        .iter()
        .map(|view| incident_json(&console, view, visitor.language));
    Ok(page.of(items))
}

pub async fn incident(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let view = incidents::view(&console.app, &actor, &id).await?;
    let campaigns = digue_notices::campaigns(&console.app, &actor, &id).await?;
    let mut json = incident_json(&console, &view, visitor.language);
    json["campaigns"] = campaigns
        .iter()
        .map(|campaign| campaign_json(campaign, visitor.language))
        .collect();
    Ok(Json(json))
}

fn campaign_json(campaign: &CampaignView, language: Language) -> Value {
    let problem = campaign.lacks_mail_server().then(
        || json!({"type": "no-mail-server", "detail": text(language, "notices-no-mail-server")}),
    );
    json!({
        "id": campaign.record.id,
        "subject": campaign.record.subject,
        "state": campaign.record.state,
        "mails": campaign.mails(),
        "sent": campaign.sent(),
        "unreached": campaign.unreached(),
        "problem": problem,
    })
}

fn incident_json(console: &Console, view: &IncidentView, language: Language) -> Value {
    let mut json = notification::to_json(&console.app, view, language);
    json["id"] = view.record.id.clone().into();
    json["title"] = view.incident.title.clone().into();
    json["about"] = view.incident.about.to_string().into();
    json["affected"] = json!(view.incident.affected);
    json
}

/// The question of `scope`; names in a list are separated by spaces.
#[derive(Deserialize)]
pub struct ScopeQuery {
    #[serde(default)]
    account: String,
    #[serde(default)]
    organisation: String,
    #[serde(default)]
    route: String,
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    first: usize,
    count: Option<usize>,
}

impl QuotaPermit for ScopeQuery {
    fn is_within(&self) -> bool {
        let texts = [&self.account, &self.organisation, &self.route];
        texts
            .into_iter()
            .all(|text| text.chars().count() <= Q_CHARS_MAX)
            && self.first <= FIRST_MAX
            && self.count.is_none_or(|count| count <= PAGE_ITEMS_MAX)
    }
}

/// Names between spaces.
fn names<T: std::str::FromStr>(text: &str) -> Result<Vec<T>, OperationError> {
    let names = text.split_whitespace().map(str::parse);
    names
        .collect::<Result<_, _>>()
        .map_err(|_| OperationError::Invalid("invalid-query"))
}

pub(crate) fn moment(text: Option<&String>) -> Result<Option<Timestamp>, OperationError> {
    let parse = |text: &String| {
        Timestamp::parse_rfc3339(text).ok_or(OperationError::Invalid("invalid-query"))
    };
    text.map(parse).transpose()
}

impl ScopeQuery {
    fn question(&self) -> Result<ScopeQuestion, OperationError> {
        Ok(ScopeQuestion {
            accounts: names(&self.account)?,
            organisations: names(&self.organisation)?,
            routes: names(&self.route)?,
            from: moment(self.from.as_ref())?,
            to: moment(self.to.as_ref())?,
            ..ScopeQuestion::default()
        })
    }
}

/// The persons shown by the requested exposures, with the entries that prove it.
pub async fn scope(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(query): ApiQuery<ScopeQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let question = query.question()?;
    let scoped = scope::scope(&console.app, &actor, question, EvidenceForm::Shown).await?;
    let (total, sureness) = scoped.counted();
    let persons = scoped
        .people
        .persons
        .iter()
        .skip(query.first)
        .take(query.count.unwrap_or(PAGE_ITEMS));
    let items: Vec<Value> = persons.map(affected::person_json).collect();
    Ok(Json(json!({
        "total": total,
        "exposures": scoped.people.exposures,
        // In the form of the API description.
        "quality": sureness.code().replace('-', "_"),
        "checkpoint": scoped.note,
        "items": items,
    })))
}

#[derive(Deserialize)]
pub struct EntryRangeQuery {
    #[serde(default)]
    first: u64,
    count: Option<u64>,
}

impl QuotaPermit for EntryRangeQuery {
    fn is_within(&self) -> bool {
        self.first <= ENTRY_MAX
            && self
                .count
                .is_none_or(|count| count <= PAGE_ITEMS_MAX as u64)
    }
}

pub async fn journal(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(range): ApiQuery<EntryRangeQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let count = range.count.unwrap_or(PAGE_ITEMS as u64);
    let form = EvidenceForm::Shown;
    let entries = watch::entries(&console.app, &actor, range.first, count, form).await?;
    let items: Vec<Value> = entries
        .iter()
        .map(|(index, event)| entry::as_json(*index, event))
        .collect();
    Ok(Json(
        json!({"total": console.app.journal_status().checkpoint_size, "items": items}),
    ))
}

pub async fn settings(State(console): State<Console>, visitor: Visitor) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let view = settings::read(&console.app, &actor).await?;
    Ok(Json(json!({
        "idle_minutes": view.idle_mins,
        "absolute_minutes": view.absolute_mins,
        "proof_minutes": view.proof_mins,
        "held_to": {"network": view.held_to.network, "agent": view.held_to.agent, "tls": view.held_to.tls},
        "passwords": view.allows_passwords,
        "providers": view.providers.iter().map(|(name, issuer)| json!({"name": name, "issuer": issuer})).collect::<Vec<_>>(),
        "mail": view.sends_mail,
        "mails_waiting": view.mails.len(),
        "rules_version": view.rules_version,
    })))
}

/// The public key behind a key; none for a directory's.
fn thumbprint(proof: &KeyProof) -> Option<&str> {
    match proof {
        KeyProof::Signed(thumbprint) => Some(thumbprint),
        KeyProof::Directory => None,
    }
}

pub async fn keys(
    State(console): State<Console>,
    visitor: Visitor,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let keys = keys::list(&console.app, &actor).await?;
    Ok(page.of(keys.iter().map(key_json)))
}

fn key_json(record: &keys::ListedKey) -> Value {
    json!({
        "key": record.key.id,
        "account": record.key.account,
        "name": record.name,
        "scope": if record.key.proof.is_of_directory() { "scim" } else { "account" },
        "thumbprint": thumbprint(&record.key.proof),
        "added_at": record.added_at,
        "expires_at": record.key.expires_at,
    })
}
