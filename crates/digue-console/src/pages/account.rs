//! One account: budgets, persons, exposures.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Response};
use digue_operations::OperationError;
use digue_operations::recovery::{self, LookBack};
use digue_operations::watch::{self, AccountView};
use digue_types::Gate;

use crate::error::{PageError, told};
use crate::pages::account_named;
use crate::router::Console;
use crate::view::{Words, csv, page};
use crate::visitor::Visitor;

/// Lines of each table on the page; the exports have all.
const LINES: usize = 200;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    w: Words,
    view: AccountView,
    persons_total: u64,
    can_act: bool,
    gate: Gate,
    positions: Vec<Gate>,
    look_back: Option<LookBack>,
}

fn look(console: &Console, visitor: &Visitor, account: &str) -> Result<AccountView, PageError> {
    let actor = told(visitor, visitor.actor(&console.house))?;
    let account = told(visitor, account_named(account))?;
    told(visitor, watch::account(&console.house, &actor, &account))
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> Result<Html<String>, PageError> {
    let mut view = look(&console, &visitor, &account)?;
    let actor = told(&visitor, visitor.actor(&console.house))?;
    let persons_total = view.persons.len() as u64;
    view.persons.truncate(LINES);
    view.exposures.truncate(LINES);
    let reach = digue_access::Reach::Account(view.account.clone());
    Ok(page(&AccountPage {
        w: Words::in_zone(&visitor, &console.zone),
        gate: console.house.gateway().rules().gates.of(&reach),
        positions: Gate::ALL.to_vec(),
        can_act: actor.role.can_act(),
        look_back: told(&visitor, recovery::look_back(&console.house, &actor, &view.account).await)?,
        persons_total,
        view,
    }))
}

pub(crate) async fn exposures_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> Result<Response, PageError> {
    let view = look(&console, &visitor, &account)?;
    let actor = told(&visitor, visitor.actor(&console.house))?;
    told(&visitor, watch::export(&console.house, &actor, &format!("exposures:{account}")).await)?;
    let w = Words::in_zone(&visitor, &console.zone);
    let header =
        ["entry", "at", "portal", "route", "outcome", "persons", "reasons"].map(|key| w.coded("column", key));
    let rows = view.exposures.iter().map(|seen| {
        let reasons: Vec<String> = seen.reasons.iter().map(ToString::to_string).collect();
        vec![
            seen.entry.to_string(),
            seen.at.to_string(),
            seen.portal.to_string(),
            seen.route.to_string(),
            seen.outcome.code().to_owned(),
            seen.shown.to_string(),
            reasons.join(" "),
        ]
    });
    Ok(csv("exposures", &header, rows))
}

pub(crate) async fn persons_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> Result<Response, PageError> {
    let view = look(&console, &visitor, &account)?;
    let actor = told(&visitor, visitor.actor(&console.house))?;
    told(&visitor, watch::export(&console.house, &actor, &format!("persons:{account}")).await)?;
    let w = Words::in_zone(&visitor, &console.zone);
    let header = ["person", "times", "last"].map(|key| w.coded("column", key));
    let rows = view
        .persons
        .iter()
        .map(|(person, times, at)| vec![person.to_string(), times.to_string(), at.to_string()]);
    Ok(csv("persons", &header, rows))
}

/// Persons that the account was shown between the presumed date and its recovery.
pub(crate) async fn look_back_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Path(account): Path<String>,
) -> Result<Response, PageError> {
    let actor = told(&visitor, visitor.actor(&console.house))?;
    let named = told(&visitor, account_named(&account))?;
    let found = told(&visitor, recovery::look_back(&console.house, &actor, &named).await)?;
    let found = told(&visitor, found.ok_or(OperationError::NotFound("recovery")))?;
    told(&visitor, watch::export(&console.house, &actor, &format!("look-back:{account}")).await)?;
    let w = Words::in_zone(&visitor, &console.zone);
    let header = ["person", "last"].map(|key| w.coded("column", key));
    let rows = found.persons.iter().map(|(person, at)| vec![person.to_string(), at.to_string()]);
    Ok(csv("look-back", &header, rows))
}
