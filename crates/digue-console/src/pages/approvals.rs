//! What waits for a second person; new accounts are asked for here.

use std::time::Duration;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use digue_access::Role;
use digue_operations::approvals::{self, Waiting, Wish};
use digue_operations::{OperationError, sign_in};
use digue_types::{AccountId, OrganisationId};
use serde::Deserialize;

use crate::error::{PageError, told};
use crate::pages::account_named;
use crate::router::Console;
use crate::view::{Words, csv, page};
use crate::visitor::Visitor;

/// How long the invitation of a new account is good for.
const INVITATION_LASTS: Duration = Duration::from_hours(72);

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage {
    w: Words,
    waiting: Vec<Waiting>,
    open: usize,
    organisation: String,
    roles: Vec<Role>,
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Html<String>, PageError> {
    let actor = told(&visitor, visitor.actor(&console.house))?;
    let waiting = told(&visitor, approvals::list(&console.house, &actor).await)?;
    let own = visitor.session.as_ref().map(|session| session.organisation.to_string());
    let roles = match actor.role {
        Role::Rssi => Role::ALL.to_vec(),
        Role::Delegate => vec![Role::Agent],
        _ => Vec::new(),
    };
    Ok(page(&ApprovalsPage {
        w: Words::in_zone(&visitor, &console.zone),
        open: waiting.iter().filter(|one| !one.is_over).count(),
        waiting,
        organisation: own.unwrap_or_default(),
        roles,
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    let actor = told(&visitor, visitor.actor(&console.house))?;
    let waiting = told(&visitor, approvals::list(&console.house, &actor).await)?;
    let w = Words::new(&visitor);
    let header =
        ["at", "until", "account", "wish", "subject", "reason", "decided"].map(|key| w.coded("column", key));
    let rows = waiting.into_iter().map(|Waiting { record, .. }| {
        let decided =
            record.decided.map(|decided| format!("{} {} {}", decided.by, decided.at, decided.is_granted));
        vec![
            record.asked_at.to_string(),
            record.expires_at.to_string(),
            record.asked_by.to_string(),
            format!("{} {}", record.kind, record.detail),
            record.subject,
            record.reason,
            decided.unwrap_or_default(),
        ]
    });
    Ok(csv("approvals", &header, rows))
}

#[derive(Deserialize)]
pub(crate) struct AccountForm {
    account: String,
    organisation: String,
    role: String,
    reason: String,
}

impl AccountForm {
    fn parse(&self) -> Result<Wish, OperationError> {
        let account = AccountId::parse(self.account.trim())
            .map_err(|_| OperationError::Invalid("invalid-account-name"))?;
        let organisation = OrganisationId::parse(self.organisation.trim())
            .map_err(|_| OperationError::Invalid("invalid-account-name"))?;
        let role = Role::parse(&self.role).ok_or(OperationError::Invalid("invalid-account-name"))?;
        Ok(Wish::AddAccount { account, organisation, role })
    }
}

/// Asks for a new account.
pub(crate) async fn add_account(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<AccountForm>,
) -> Result<Redirect, PageError> {
    let actor = told(&visitor, visitor.actor(&console.house))?;
    let wish = told(&visitor, form.parse())?;
    told(&visitor, approvals::ask(&console.house, &actor, &wish, &form.reason).await)?;
    Ok(Redirect::to("/approvals"))
}

#[derive(Deserialize)]
pub(crate) struct DecideForm {
    id: String,
    granted: u8,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    w: Words,
    account: String,
    link: String,
    hours: u64,
}

/// Grants or refuses. A new account comes with its invitation, shown once, to be printed or sent.
pub(crate) async fn decide(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<DecideForm>,
) -> Result<Response, PageError> {
    let house = &console.house;
    let actor = told(&visitor, visitor.actor(house))?;
    let is_granted = form.granted == 1;
    let wish = told(&visitor, approvals::decide(house, &actor, &form.id, is_granted).await)?;
    let Wish::AddAccount { account, .. } = wish else {
        return Ok(Redirect::to("/approvals").into_response());
    };
    if !is_granted {
        return Ok(Redirect::to("/approvals").into_response());
    }
    let issued = sign_in::invite(house, &actor, &account, INVITATION_LASTS).await;
    let link = told(&visitor, issued)?;
    let hours = INVITATION_LASTS.as_secs() / 3600;
    Ok(page(&InvitationPage { w: Words::new(&visitor), account: account.to_string(), link, hours })
        .into_response())
}

#[derive(Deserialize)]
pub(crate) struct ConfirmForm {
    account: String,
    how: String,
}

/// Lets a new account out of quarantine.
pub(crate) async fn confirm(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<ConfirmForm>,
) -> Result<Redirect, PageError> {
    let actor = told(&visitor, visitor.actor(&console.house))?;
    let account = told(&visitor, account_named(&form.account))?;
    told(&visitor, approvals::confirm(&console.house, &actor, &account, &form.how).await)?;
    Ok(Redirect::to("/accounts"))
}
