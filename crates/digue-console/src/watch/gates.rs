//! Closing and reopening gates, cutting sessions.

use std::collections::BTreeSet;

use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use digue_access::Reach;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_app::{OperationError, gates};
use digue_types::Gate;
use serde::Deserialize;

use crate::error::PageError;
use crate::form::account_named;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::table::ChosenRows;

#[derive(Deserialize)]
pub(crate) struct GateForm {
    scope: String,
    #[serde(default)]
    name: String,
    gate: String,
    reason: String,
}

impl GateForm {
    fn parse(&self) -> Result<(Reach, Gate), OperationError> {
        let reach = Reach::parse(&self.scope, self.name.trim())
            .ok_or(OperationError::Invalid("invalid-gate-name"))?;
        let gate = Gate::parse(&self.gate).ok_or(OperationError::Invalid("invalid-gate"))?;
        Ok((reach, gate))
    }
}

pub(crate) async fn set(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<GateForm>,
) -> Result<Redirect, PageError> {
    let (reach, gate) = form.parse()?;
    let app = &console.app;
    match gates::set_gate(app, &actor, reach.clone(), gate, &form.reason).await {
        // Opening a closed gate needs two persons: this was the request.
        Err(OperationError::SecondNeeded) => {
            let request = ApprovalRequest::OpenGate { reach, gate };
            approvals::ask(app, &actor, &request, &form.reason).await?;
            Ok(Redirect::to("/approvals"))
        }
        done => done
            .map_err(PageError::from)
            .map(|()| Redirect::to("/activity#gates")),
    }
}

/// Ends the sessions of one account (`account`), or of all chosen ones (`row`, one each).
pub(crate) async fn cut(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, PageError> {
    let form = ChosenRows::of(pairs);
    // Every name is read before the first session ends.
    let named = form.targets("account")?.into_iter().map(account_named);
    let accounts = named.collect::<Result<BTreeSet<_>, _>>()?;
    for account in &accounts {
        gates::cut_sessions(&console.app, &actor, account, form.reason()).await?;
    }
    let only = accounts.first().filter(|_| accounts.len() == 1);
    Ok(Redirect::to(&only.map_or_else(
        || "/sessions".to_owned(),
        |account| format!("/accounts/{account}"),
    )))
}
