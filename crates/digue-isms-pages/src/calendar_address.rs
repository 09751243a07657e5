//! The secret address at which a calendar program reads what an account answers for.
//!
//! It shows days, kinds of work and titles; everything else is behind the sign-in to which each event
//! links. The account's rights are those of the moment: a suspended one, or one of another role, has
//! no calendar any more.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use digue_app::{Actor, App, OperationError, console_role};
use digue_compliance::isms;
use digue_governance::calendar_file::calendar_file;
use digue_isms::calendar::{self, DueItem};
use digue_isms::signatures::is_same;
use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::page;
use digue_pages::visitor::Visitor;
use digue_secret_addresses as secret_addresses;
use digue_types::{Subject, Timestamp};

use crate::home::{CALENDAR, ShownAddress, calendar_page, event_of};

/// Issues an address in the place of an earlier one.
pub async fn issue(State(console): State<Console>, visitor: Visitor) -> PageAnswer {
    let app = &console.app;
    let actor = visitor.actor(app)?;
    // An account that may not read the registers has no use for it.
    isms::registers(app, &actor).await?;
    let subject = Subject::Account(actor.account.clone());
    let secret = secret_addresses::issue(app, &actor, CALENDAR, subject).await?;
    let root = app.console_url().trim_end_matches('/');
    let address = ShownAddress {
        counting: None,
        issued: Some(format!("{root}/calendar/{}", secret.reveal())),
    };
    let query = digue_pages::table::TableQuery::default();
    let shown = calendar_page(&console, &visitor, &query, Some(address)).await?;
    Ok(page(&shown))
}

/// Ends the reader's own address.
pub async fn revoke(State(console): State<Console>, SignedIn(actor): SignedIn) -> PageRedirect {
    let subject = Subject::Account(actor.account.clone());
    secret_addresses::revoke(&console.app, &actor, CALENDAR, subject).await?;
    Ok(Redirect::to("/smsi/calendar"))
}

/// The calendar behind an address.
pub async fn feed(
    State(console): State<Console>,
    visitor: Visitor,
    Path(secret): Path<String>,
) -> PageResponse {
    let app = &console.app;
    let known = secret_addresses::of_secret(app, CALENDAR, &secret)?;
    let actor = holder(app, &known.subject)?;
    let registers = isms::registers(app, &actor).await;
    // As if there were no such address: what an account lost is nothing to its calendar program.
    let registers = registers.map_err(|error| match error {
        OperationError::Denied => OperationError::NotFound("page"),
        error => error,
    })?;
    let w = console.words(&visitor);
    let now = isms::now(app);
    let due = calendar::due(&registers, now).into_iter();
    let is_own = |due: &DueItem| is_same(&due.owner, actor.account.as_str());
    let root = app.console_url().trim_end_matches('/').to_owned();
    let events: Vec<_> = due
        .filter(is_own)
        .map(|due| event_of(&w, &root, due))
        .collect();
    let name = w.say("smsi-calendar");
    let file = calendar_file(&events, app.console_host(), &name, now.at);
    Ok(uncached(file))
}

/// Read again and again by a program, and kept by nothing in between.
fn uncached(file: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, file).into_response()
}

/// The account of an address, with its rights of now and no proof of identity.
fn holder(app: &App, subject: &Subject) -> Result<Actor, OperationError> {
    let absent = OperationError::NotFound("page");
    let Subject::Account(account) = subject else {
        return Err(absent);
    };
    let rules = app.gateway().rules();
    let known = rules
        .directory
        .find(account)
        .filter(|known| !known.is_suspended);
    let role = known.map(|known| known.role).ok_or(absent)?;
    Ok(Actor {
        account: account.clone(),
        role: console_role(app, account, role),
        proved_at: Timestamp::ZERO,
    })
}
