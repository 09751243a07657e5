//! API keys: the list, requesting one, revoking one.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use digue_administration::accounts;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_app::OperationError;
use digue_identity::keys::{self, ListedKey};
use digue_types::{SessionId, Timestamp};
use serde::Deserialize;

use crate::api::acts::key_name;
use crate::error::PageError;
use crate::form::account_named;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, ceremony_policy, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    w: Localizer,
    keys: Vec<ListedKey>,
    now: Timestamp,
    /// The reader answers for some account.
    may_ask: bool,
    is_fresh: bool,
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Response, PageError> {
    let keys = keys::list(&console.app, &actor).await?;
    let known = accounts::list(&console.app, &actor).await?;
    let now = console.app.clock().now();
    let page = page(&KeysPage {
        w: Localizer::in_zone(&visitor, &console.zone),
        keys,
        now,
        may_ask: known.iter().any(|one| one.answers),
        is_fresh: now.since(actor.proved_at) <= console.app.proof_lasts(),
    });
    Ok(([(header::CONTENT_SECURITY_POLICY, ceremony_policy(""))], page).into_response())
}

#[derive(Deserialize)]
pub(crate) struct KeyForm {
    account: String,
    name: String,
    public_key: String,
    reason: String,
}

pub(crate) async fn ask(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<KeyForm>,
) -> Result<Redirect, PageError> {
    let request = ApprovalRequest::IssueKey {
        account: account_named(form.account.trim())?,
        thumbprint: keys::parse_public_key(&form.public_key)?,
        name: key_name(&form.name)?,
    };
    approvals::ask(&console.app, &actor, &request, &form.reason).await?;
    Ok(Redirect::to("/approvals"))
}

#[derive(Deserialize)]
pub(crate) struct RevokeForm {
    key: String,
    reason: String,
}

pub(crate) async fn revoke(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<RevokeForm>,
) -> Result<Redirect, PageError> {
    let id = SessionId::parse(&form.key).map_err(|_| OperationError::NotFound("key"))?;
    keys::revoke(&console.app, &actor, &id, &form.reason).await?;
    Ok(Redirect::to("/keys"))
}
