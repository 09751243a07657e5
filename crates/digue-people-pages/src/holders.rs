//! The form on which people write who holds an account.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use digue_administration::holders::{self, HolderBook, HolderContact, HolderForm};
use digue_app::{Actor, OperationError, require};
use digue_types::AccountId;
use serde::Deserialize;

use digue_pages::done::{DoneAct, done};
use digue_pages::error::{PageError, PageResponse};
use digue_pages::form::account_named;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Localizer, page, with_ceremony};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "holder_form.html")]
struct HolderFormPage {
    w: Localizer,
    account: AccountId,
    fields: HolderForm,
    /// The locale key of what is wrong with the last try.
    fault: Option<&'static str>,
    back: String,
    /// The form's own address.
    place: String,
    /// Saving would first require a proof.
    is_fresh: bool,
}

/// Where the reader comes from, and goes back to.
fn back_of(actor: &Actor, account: &AccountId) -> String {
    if actor.account == *account {
        "/self".to_owned()
    } else if actor.role.can_watch() {
        format!("/accounts/{account}")
    } else {
        format!("/accounts?q={account}")
    }
}

fn form_page(
    console: &Console,
    visitor: &Visitor,
    actor: &Actor,
    (account, fields, fault): (AccountId, HolderForm, Option<&'static str>),
) -> Response {
    let age = console.app.clock().now().since(actor.proved_at);
    let page = page(&HolderFormPage {
        w: console.words(visitor),
        back: back_of(actor, &account),
        place: format!("/accounts/{account}/holder"),
        account,
        fields,
        fault,
        is_fresh: age <= console.app.proof_lasts(),
    });
    with_ceremony(page)
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(account): Path<String>,
) -> PageResponse {
    let account = account_named(&account)?;
    require(holders::may_write(&console.app, &actor, &account))?;
    let book = HolderBook::read(&console.app, &actor).await?;
    let known = book
        .of(&account)
        .ok_or(OperationError::NotFound("account"))?;
    let shown = (account, fields_of(known), None);
    Ok(form_page(&console, &visitor, &actor, shown))
}

/// The form as it is filled before the first try.
fn fields_of(known: HolderContact) -> HolderForm {
    let mut fields = HolderForm {
        email: known.email,
        ..HolderForm::default()
    };
    if let Some(written) = known.written {
        (fields.name, fields.job, fields.telephone) =
            (written.name, written.job, written.telephone);
    }
    fields
}

#[derive(Deserialize)]
pub struct HolderFields {
    name: String,
    #[serde(default)]
    job: String,
    #[serde(default)]
    telephone: String,
    #[serde(default)]
    email: String,
}

/// Saves the form; what is wrong is said beside what was typed.
pub async fn save(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(account): Path<String>,
    Form(HolderFields {
        name,
        job,
        telephone,
        email,
    }): Form<HolderFields>,
) -> PageResponse {
    let account = account_named(&account)?;
    let fields = HolderForm {
        name,
        job,
        telephone,
        email,
    };
    match holders::save(&console.app, &actor, &account, &fields).await {
        Ok(()) => Ok(done(
            &back_of(&actor, &account),
            DoneAct::HolderSaved,
            &account,
        )),
        Err(OperationError::Invalid(fault)) => {
            let mut again = form_page(&console, &visitor, &actor, (account, fields, Some(fault)));
            *again.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(again)
        }
        Err(error) => Err(PageError::from(error)),
    }
}
