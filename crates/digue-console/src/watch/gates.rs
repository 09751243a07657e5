//! Closing and reopening gates, cutting sessions.

use std::collections::BTreeSet;

use axum::Form;
use axum::extract::State;
use digue_access::Reach;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::holders::HolderBook;
use digue_app::{OperationError, gates};
use digue_types::{AccountId, Gate, Scope};
use serde::Deserialize;

use crate::done::{DoneAct, done};
use crate::error::{PageError, PageResponse};
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
    fn parse(&self, book: &HolderBook) -> Result<(Reach, Gate), OperationError> {
        let reach = match Scope::parse(&self.scope) {
            Some(Scope::Account) => Some(Reach::Account(book.named(&self.name)?)),
            Some(Scope::Organisation | Scope::Portal | Scope::Everything) | None => {
                Reach::parse(&self.scope, self.name.trim())
            }
        };
        let reach = reach.ok_or(OperationError::Invalid("invalid-gate-name"))?;
        let gate = Gate::parse(&self.gate).ok_or(OperationError::Invalid("invalid-gate"))?;
        Ok((reach, gate))
    }
}

pub(crate) async fn set(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<GateForm>,
) -> PageResponse {
    let app = &console.app;
    actor.must_act()?;
    let (reach, gate) = form.parse(&HolderBook::read(app, &actor).await?)?;
    let about = reach.name().to_owned();
    let act = if about.is_empty() {
        DoneAct::GeneralGateSet
    } else {
        DoneAct::GateSet
    };
    match gates::set_gate(app, &actor, reach.clone(), gate, &form.reason).await {
        // Opening a closed gate needs two persons: this was the request.
        Err(OperationError::SecondNeeded) => {
            let request = ApprovalRequest::OpenGate { reach, gate };
            approvals::ask(app, &actor, &request, &form.reason).await?;
            Ok(done("/approvals", DoneAct::Requested, about))
        }
        set => set
            .map_err(PageError::from)
            .map(|()| done("/activity#gates", act, about)),
    }
}

/// Ends the sessions of one account (`account`), or of all chosen ones (`row`, one each).
pub(crate) async fn cut(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResponse {
    let form = ChosenRows::of(pairs);
    // Every name is read before the first session ends.
    let named = form.targets("account")?.into_iter().map(account_named);
    let accounts = named.collect::<Result<BTreeSet<_>, _>>()?;
    for account in &accounts {
        gates::cut_sessions(&console.app, &actor, account, form.reason()).await?;
    }
    let names: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
    let place = match names.as_slice() {
        [only] => format!("/accounts/{only}"),
        _ => "/sessions".to_owned(),
    };
    Ok(done(&place, DoneAct::SessionsCut, names.join(", ")))
}
