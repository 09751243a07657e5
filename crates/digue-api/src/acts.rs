//! What programs may do, and people through them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use digue_access::{Reach, Role};
use digue_administration::approvals::{self, ApprovalRequest, NewAccount};
use digue_administration::decisions;
use digue_administration::loads::LoadTarget;
use digue_administration::{accounts, break_glass, onboarding, organisations};
use digue_app::{OperationError, gates};
use digue_casework::findings::{self, FindingOutcome};
use digue_identity::invitations::{self, Invitation};
use digue_identity::keys;
use digue_selfservice::persons;
use digue_types::{AccountId, Gate, OrganisationId, SessionId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{JsonAnswer, JsonBody};
use digue_pages::error::ApiError;
use digue_pages::form::account_named;
use digue_pages::state::Console;
use digue_pages::visitor::Visitor;

#[derive(Deserialize)]
pub struct GateSetting {
    scope: String,
    #[serde(default)]
    name: String,
    gate: String,
    reason: String,
}

/// The answer to an act that returns nothing.
fn no_content<T>(done: Result<T, OperationError>) -> Result<StatusCode, ApiError> {
    done.map_err(ApiError::from).map(|_| StatusCode::NO_CONTENT)
}

fn reach(scope: &str, name: &str) -> Result<Reach, OperationError> {
    Reach::parse(scope, name.trim()).ok_or(OperationError::Invalid("invalid-gate-name"))
}

fn position(code: &str) -> Result<Gate, OperationError> {
    Gate::parse(code).ok_or(OperationError::Invalid("invalid-gate"))
}

pub async fn set_gate(
    State(console): State<Console>,
    visitor: Visitor,
    JsonBody(sent): JsonBody<GateSetting>,
) -> Result<StatusCode, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let reach = reach(&sent.scope, &sent.name)?;
    let gate = position(&sent.gate)?;
    no_content(gates::set_gate(&console.app, &actor, reach, gate, &sent.reason).await)
}

#[derive(Deserialize)]
pub struct OrganisationSheet {
    name: String,
    #[serde(default)]
    email: String,
}

pub async fn save_organisation(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
    JsonBody(sent): JsonBody<OrganisationSheet>,
) -> Result<StatusCode, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let id = OrganisationId::parse(&id).map_err(|_| OperationError::NotFound("organisation"));
    let id = id?;
    no_content(organisations::save(&console.app, &actor, &id, &sent.name, &sent.email).await)
}

#[derive(Deserialize)]
pub struct AccountBody {
    account: String,
    organisation: String,
    role: String,
    email: Option<String>,
}

/// A request, by its kind.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ApprovalRequestBody {
    OpenGate {
        scope: String,
        #[serde(default)]
        name: String,
        gate: String,
        reason: String,
    },
    AddAccounts {
        accounts: Vec<AccountBody>,
        reason: String,
    },
    RecoverAccount {
        account: String,
        since: i64,
        reason: String,
    },
    IssueKey {
        account: String,
        public_key: String,
        name: String,
        reason: String,
    },
    ExportJournal {
        reason: String,
    },
    AllowFeed {
        account: String,
        target: String,
        per_day: u32,
        reason: String,
    },
}

fn new_account(sent: AccountBody) -> Result<NewAccount, OperationError> {
    let wrong = || OperationError::Invalid("invalid-account-name");
    let email = email(sent.email.as_deref())?;
    Ok(NewAccount {
        account: AccountId::parse(&sent.account).map_err(|_| wrong())?,
        organisation: OrganisationId::parse(&sent.organisation).map_err(|_| wrong())?,
        role: Role::parse(&sent.role).ok_or_else(wrong)?,
        email,
    })
}

/// `None` for none and for an empty one.
fn email(sent: Option<&str>) -> Result<Option<String>, OperationError> {
    match sent.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => onboarding::parse_email(text)
            .map(Some)
            .ok_or(OperationError::Invalid("invalid-email")),
    }
}

fn open_gate(scope: &str, name: &str, gate: &str) -> Result<ApprovalRequest, OperationError> {
    Ok(ApprovalRequest::OpenGate {
        reach: reach(scope, name)?,
        gate: position(gate)?,
    })
}

fn add_accounts(sent: Vec<AccountBody>) -> Result<ApprovalRequest, OperationError> {
    let accounts = sent.into_iter().map(new_account);
    Ok(ApprovalRequest::AddAccounts(
        accounts.collect::<Result<_, _>>()?,
    ))
}

fn recover_account(account: &str, since: i64) -> Result<ApprovalRequest, OperationError> {
    // Times far outside would overflow when they are turned into microseconds; 10^11 seconds is
    // the year 5138.
    let since = Timestamp::from_secs(since.clamp(0, 100_000_000_000));
    Ok(ApprovalRequest::RecoverAccount {
        account: account_named(account)?,
        since,
    })
}

fn issue_key(
    account: &str,
    public_key: &str,
    name: &str,
) -> Result<ApprovalRequest, OperationError> {
    let proof = keys::parse_public_key(public_key)?;
    let account = account_named(account)?;
    Ok(ApprovalRequest::IssueKey {
        account,
        proof,
        name: key_name(name)?,
    })
}

fn allow_feed(
    account: &str,
    target: &str,
    per_day: u32,
) -> Result<ApprovalRequest, OperationError> {
    let target = LoadTarget::parse(target).ok_or(OperationError::Invalid("invalid-feed-target"))?;
    Ok(ApprovalRequest::AllowFeed {
        account: account_named(account)?,
        target,
        per_day,
    })
}

/// The name of a key: printable text on one line.
pub fn key_name(text: &str) -> Result<String, OperationError> {
    let text = text.trim();
    let fits = (1..=60).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(OperationError::Invalid("invalid-passkey-name"))
    }
}

impl ApprovalRequestBody {
    /// The approval request and its reason.
    fn parse(self) -> Result<(ApprovalRequest, String), OperationError> {
        Ok(match self {
            Self::OpenGate {
                scope,
                name,
                gate,
                reason,
            } => (open_gate(&scope, &name, &gate)?, reason),
            Self::AddAccounts { accounts, reason } => (add_accounts(accounts)?, reason),
            Self::RecoverAccount {
                account,
                since,
                reason,
            } => (recover_account(&account, since)?, reason),
            Self::IssueKey {
                account,
                public_key,
                name,
                reason,
            } => (issue_key(&account, &public_key, &name)?, reason),
            Self::ExportJournal { reason } => (ApprovalRequest::ExportJournal, reason),
            Self::AllowFeed {
                account,
                target,
                per_day,
                reason,
            } => (allow_feed(&account, &target, per_day)?, reason),
        })
    }
}

pub async fn ask(
    State(console): State<Console>,
    visitor: Visitor,
    JsonBody(sent): JsonBody<ApprovalRequestBody>,
) -> Result<Response, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let (request, reason) = sent.parse()?;
    let id = approvals::ask(&console.app, &actor, &request, &reason).await?;
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

#[derive(Deserialize)]
pub struct DecisionBody {
    granted: bool,
}

fn invitation(one: &Invitation) -> Value {
    json!({"account": one.account, "link": one.link, "email": one.email})
}

pub async fn decide(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
    JsonBody(sent): JsonBody<DecisionBody>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let done = decisions::decide(&console.app, &actor, &id, sent.granted).await?;
    Ok(Json(
        json!({"invitations": done.invitations.iter().map(invitation).collect::<Vec<_>>()}),
    ))
}

#[derive(Deserialize)]
pub struct SuspensionBody {
    suspended: bool,
    reason: String,
}

pub async fn suspend(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
    JsonBody(sent): JsonBody<SuspensionBody>,
) -> Result<StatusCode, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let account = account_named(&account)?;
    let app = &console.app;
    no_content(accounts::set_suspended(app, &actor, &account, sent.suspended, &sent.reason).await)
}

#[derive(Deserialize)]
pub struct ConfirmationBody {
    /// As the holder said it.
    code: String,
    how: String,
}

pub async fn confirm(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
    JsonBody(sent): JsonBody<ConfirmationBody>,
) -> Result<StatusCode, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let account = account_named(&account)?;
    no_content(invitations::confirm(&console.app, &actor, &account, &sent.code, &sent.how).await)
}

/// Reads a source at once.
pub async fn read_source(
    State(console): State<Console>,
    visitor: Visitor,
    Path(source): Path<String>,
) -> Result<StatusCode, ApiError> {
    let actor = visitor.actor(&console.app)?;
    no_content(digue_sources::reading::read_now(&console.app, &actor, &source).await)
}

pub async fn invite(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let account = account_named(&account)?;
    let made = invitations::hand_over(&console.app, &actor, &account).await?;
    Ok(Json(invitation(&made)))
}

#[derive(Deserialize)]
pub struct ReasonBody {
    reason: String,
}

pub async fn cut(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
    JsonBody(sent): JsonBody<ReasonBody>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let account = account_named(&account)?;
    let cut = gates::cut_sessions(&console.app, &actor, &account, &sent.reason).await;
    cut.map_err(ApiError::from).map(|cut| {
        Json(json!({
            "cut": cut.sessions.len(),
            "headers_refused_until": cut.headers_refused_until,
        }))
    })
}

pub async fn review(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let actor = visitor.actor(&console.app)?;
    no_content(break_glass::review(&console.app, &actor, &id).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictBody {
    theft: bool,
    reason: String,
}

pub async fn verdict(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
    JsonBody(sent): JsonBody<VerdictBody>,
) -> Result<StatusCode, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let outcome = if sent.theft {
        FindingOutcome::Theft
    } else {
        FindingOutcome::Work
    };
    no_content(findings::decide(&console.app, &actor, &id, outcome, &sent.reason).await)
}

pub async fn revoke(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
    JsonBody(sent): JsonBody<ReasonBody>,
) -> Result<StatusCode, ApiError> {
    let actor = visitor.actor(&console.app)?;
    let id = SessionId::parse(&id).map_err(|_| OperationError::NotFound("key"))?;
    no_content(keys::revoke(&console.app, &actor, &id, &sent.reason).await)
}

#[derive(Deserialize)]
pub struct PersonBody {
    #[serde(default)]
    population: String,
    person: String,
}

/// A token with which a portal frames one person's rows, for some minutes.
pub async fn person_link(
    State(console): State<Console>,
    visitor: Visitor,
    JsonBody(sent): JsonBody<PersonBody>,
) -> JsonAnswer {
    let actor = visitor.actor(&console.app)?;
    let token = persons::embed(&console.app, &actor, &sent.population, &sent.person).await;
    let token = token?;
    Ok(Json(
        json!({"url": format!("{}/person/embed?token={token}", console.app.console_url())}),
    ))
}
