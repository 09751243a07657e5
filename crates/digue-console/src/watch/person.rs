//! One person: every account that was shown them.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{Html, Response};
use digue_app::OperationError;
use digue_evidence::reading::EvidenceForm;
use digue_evidence::{scope, watch};
use digue_exposure::{Lookup, Sight};
use digue_types::{AccountId, PersonRef, Timestamp};
use serde::Deserialize;

use crate::chart::{MARK_WIDTH, mark};
use crate::error::PageError;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    w: Localizer,
    person: PersonRef,
    is_known: bool,
    sights: Vec<Sight>,
    accounts: u64,
    total: u64,
    /// The accounts of the chart, with a mark for each consultation.
    rows: Vec<(AccountId, Vec<f64>)>,
    mark_width: f64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// Rows of the chart: the accounts with the latest consultations.
const ROWS: usize = 12;
const WIDTH: f64 = 720.0;

/// The chart of accounts by time; `sights` has the newest first.
fn picture(sights: &[Sight]) -> Vec<(AccountId, Vec<f64>)> {
    let (last, first) = (
        sights.first().map(|one| one.at.secs()),
        sights.last().map(|one| one.at.secs()),
    );
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
    let mut rows: Vec<(AccountId, Vec<f64>)> = Vec::new();
    for sight in sights {
        let x = mark(sight.at.secs(), first, last, WIDTH);
        let known = rows
            .iter()
            .position(|(account, _)| *account == sight.account);
        match known {
            Some(place) => rows[place].1.push(x),
            None if rows.len() < ROWS => rows.push((sight.account.clone(), vec![x])),
            None => {}
        }
    }
    rows
}

#[derive(Deserialize)]
pub(crate) struct PersonSearch {
    person: String,
}

/// The most lines on the page; the export has all.
const SIGHTS_PAGE: usize = 200;

async fn look(
    console: &Console,
    visitor: &Visitor,
    search: &PersonSearch,
    form: EvidenceForm,
) -> Result<(PersonRef, Lookup<Vec<Sight>>), PageError> {
    let actor = visitor.actor(&console.app)?;
    scope::may_ask(&actor)?;
    let person =
        PersonRef::parse(search.person.trim()).map_err(|_| OperationError::NotFound("person"));
    let person = person?;
    let sights = watch::person(&console.app, &actor, &person, form).await?;
    Ok((person, sights))
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Query(search): Query<PersonSearch>,
) -> Result<Html<String>, PageError> {
    let (person, reply) = look(&console, &visitor, &search, EvidenceForm::Shown).await?;
    let (mut sights, is_known) = match reply {
        Lookup::Known(sights) => (sights, true),
        Lookup::UnknownSubject(_) => (Vec::new(), false),
    };
    let accounts: std::collections::BTreeSet<_> =
        sights.iter().map(|sight| sight.account.clone()).collect();
    let (accounts, total) = (accounts.len() as u64, sights.len() as u64);
    let rows = picture(&sights);
    let (last, first) = (
        sights.first().map(|sight| sight.at),
        sights.last().map(|sight| sight.at),
    );
    sights.truncate(SIGHTS_PAGE);
    let w = Localizer::in_zone(&visitor, &console.zone);
    let mark_width = MARK_WIDTH;
    Ok(page(&PersonPage {
        w,
        is_known,
        person,
        sights,
        accounts,
        total,
        rows,
        mark_width,
        first,
        last,
    }))
}

pub(crate) async fn sights_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Query(search): Query<PersonSearch>,
) -> Result<Response, PageError> {
    let (_, reply) = look(&console, &visitor, &search, EvidenceForm::File).await?;
    let sights = match reply {
        Lookup::Known(sights) => sights,
        Lookup::UnknownSubject(_) => {
            return Err(PageError::from(OperationError::Invalid("unknown-subject")));
        }
    };
    let w = Localizer::in_zone(&visitor, &console.zone);
    let header = [
        "entry",
        "at",
        "account",
        "organisation",
        "portal",
        "population",
        "route",
        "basis",
    ]
    .map(|key| w.coded("column", key));
    let rows = sights.iter().map(|sight| {
        vec![
            sight.entry.to_string(),
            sight.at.to_string(),
            sight.account.to_string(),
            sight.organisation.to_string(),
            sight.portal.to_string(),
            sight.population.to_string(),
            sight.route.to_string(),
            sight.basis.code().to_owned(),
        ]
    });
    Ok(csv(visitor.language, "sights", &header, rows))
}
