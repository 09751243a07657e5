//! Closing and reopening gates, cutting sessions.

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
        done => done.map_err(PageError::from).map(|()| Redirect::to("/#gates")),
    }
}

#[derive(Deserialize)]
pub(crate) struct CutForm {
    account: String,
    reason: String,
}

pub(crate) async fn cut(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<CutForm>,
) -> Result<Redirect, PageError> {
    let account = account_named(&form.account)?;
    gates::cut_sessions(&console.app, &actor, &account, &form.reason).await?;
    Ok(Redirect::to(&format!("/accounts/{account}")))
}
