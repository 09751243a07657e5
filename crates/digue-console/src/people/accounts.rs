//! The accounts that a visitor oversees.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Html, Redirect, Response};
use digue_administration::accounts::{self, OverseenAccount};
use digue_app::{Actor, OperationError};
use digue_evidence::stored_records::StoredKind;
use digue_identity::providers;
use digue_types::Gate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::differences::words_beside;
use crate::error::PageError;
use crate::form::account_named;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

/// Rows on one page.
const PAGE_ROWS: usize = 100;

#[derive(Deserialize, Default)]
pub(crate) struct AccountFilter {
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: usize,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    w: Localizer,
    rows: Vec<OverseenAccount>,
    total: usize,
    suspended: usize,
    without_passkey: usize,
    q: String,
    /// `q` for a URL.
    query: String,
    page: usize,
    pages: usize,
    /// 24 hours ago, for the form of a recovery.
    yesterday: String,
    /// The journal's pages about an account are for officers.
    watches: bool,
    /// Identities of external providers may be linked.
    has_providers: bool,
}

impl AccountsPage {
    fn state(one: &OverseenAccount) -> &'static str {
        state_of(one)
    }
}

async fn chosen(
    console: &Console,
    actor: &Actor,
    filter: &AccountFilter,
) -> Result<Vec<OverseenAccount>, OperationError> {
    let wanted = filter.q.trim().to_lowercase();
    let mut known = accounts::list(&console.app, actor).await?;
    known.retain(|one| {
        one.account.as_str().to_lowercase().contains(&wanted)
            || one.record.organisation.as_str().to_lowercase().contains(&wanted)
    });
    Ok(known)
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    Query(filter): Query<AccountFilter>,
) -> Result<Html<String>, PageError> {
    let me = visitor.actor(&console.app)?;
    let known = chosen(&console, &me, &filter).await?;
    let pages = known.len().div_ceil(PAGE_ROWS).max(1);
    let number = filter.page.clamp(1, pages);
    Ok(page(&AccountsPage {
        w: words_beside(&console, &visitor, &[StoredKind::Account, StoredKind::Gate], None).await?,
        yesterday: Localizer::in_zone(&visitor, &console.zone)
            .form_time(console.app.clock().now().minus(std::time::Duration::from_hours(24))),
        total: known.len(),
        suspended: known.iter().filter(|one| one.record.is_suspended).count(),
        without_passkey: known.iter().filter(|one| one.passkeys == 0).count(),
        rows: known.into_iter().skip((number - 1) * PAGE_ROWS).take(PAGE_ROWS).collect(),
        query: utf8_percent_encode(&filter.q, NON_ALPHANUMERIC).to_string(),
        q: filter.q,
        page: number,
        pages,
        watches: me.role.can_watch(),
        has_providers: !providers::for_accounts(&console.app).is_empty(),
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(filter): Query<AccountFilter>,
) -> Result<Response, PageError> {
    let known = chosen(&console, &actor, &filter).await?;
    let w = Localizer::new(&visitor);
    let header = ["account", "organisation", "role", "state", "passkeys", "identities", "sessions"]
        .map(|key| w.coded("column", key));
    let rows = known.iter().map(|one| {
        vec![
            one.account.to_string(),
            one.record.organisation.to_string(),
            w.coded("role", one.record.role.code()),
            w.say(state_of(one)),
            one.passkeys.to_string(),
            one.identities.to_string(),
            one.sessions.to_string(),
        ]
    });
    Ok(csv(visitor.language, "accounts", &header, rows))
}

/// The state of the account, as a locale key.
fn state_of(one: &OverseenAccount) -> &'static str {
    match (one.record.is_suspended, one.gate) {
        (true, _) => "account-suspended",
        (false, Gate::Open) => "account-active",
        (false, Gate::Closed) => "access-closed",
        (false, Gate::StepUp) => "access-step-up",
        (false, Gate::CaseloadOnly) => "access-caseload-only",
    }
}

#[derive(Deserialize)]
pub(crate) struct SuspendForm {
    account: String,
    suspended: u8,
    reason: String,
}

pub(crate) async fn suspend(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<SuspendForm>,
) -> Result<Redirect, PageError> {
    let account = account_named(&form.account)?;
    let (app, is_suspended) = (&console.app, form.suspended == 1);
    accounts::set_suspended(app, &actor, &account, is_suspended, &form.reason).await?;
    Ok(Redirect::to("/accounts"))
}
