//! Reviews of access: each account with its facts, decided and applied at once.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect, Response};
use digue_access::Role;
use digue_app::OperationError;
use digue_compliance::isms::reviews::{self, AccessDecision, ReviewView, ReviewedAccount};
use digue_evidence::stored_records::StoredKind;
use serde::Deserialize;

use crate::differences::words_beside;
use crate::error::PageError;
use crate::form::account_named;
use crate::form::local_time;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "reviews.html")]
struct ReviewsPage {
    w: Localizer,
    reviews: Vec<ReviewView>,
    may_open: bool,
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Html<String>, PageError> {
    let reviews = reviews::list(&console.app, &actor).await?;
    let is_open = reviews.iter().any(|review| !review.is_closed);
    Ok(page(&ReviewsPage {
        may_open: visitor.role.is_some_and(Role::can_govern) && !is_open,
        reviews,
        w: words_beside(&console, &visitor, &[StoredKind::Review], None).await?,
    }))
}

#[derive(Deserialize)]
pub(crate) struct OpenReviewForm {
    title: String,
    due: String,
}

pub(crate) async fn open(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<OpenReviewForm>,
) -> Result<Redirect, PageError> {
    let due = local_time(&form.due, &console.zone)?;
    let id = reviews::open(&console.app, &actor, &form.title, due).await?;
    Ok(Redirect::to(&format!("/reviews/{id}")))
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    w: Localizer,
    review: ReviewView,
    /// The lines on this page, undecided ones first.
    lines: Vec<ReviewedAccount>,
    may_decide: bool,
}

/// The most lines on one page; the file has all.
const LINES_SHOWN: usize = 300;

async fn found(console: &Console, visitor: &Visitor, id: &str) -> Result<ReviewView, PageError> {
    let actor = visitor.actor(&console.app)?;
    let all = reviews::list(&console.app, &actor).await?;
    all.into_iter()
        .find(|one| one.id == id)
        .ok_or(OperationError::NotFound("review"))
        .map_err(PageError::from)
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, PageError> {
    let review = found(&console, &visitor, &id).await?;
    let mut lines = review.lines.clone();
    lines.sort_by_key(|line| {
        let facts = line.facts.as_ref();
        let is_usual = facts.is_some_and(|facts| !facts.is_beyond_peers);
        (line.decided.is_some(), is_usual, facts.and_then(|facts| facts.last_use))
    });
    lines.truncate(LINES_SHOWN);
    Ok(page(&ReviewPage {
        may_decide: reviews::may_decide(&actor) && !review.is_closed,
        lines,
        review,
        w: words_beside(&console, &visitor, &[StoredKind::Review], Some(&id)).await?,
    }))
}

pub(crate) async fn show_csv(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let review = found(&console, &visitor, &id).await?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let keys = [
        "column-account",
        "column-organisation",
        "reviews-last-use",
        "reviews-persons",
        "column-state",
        "column-by",
        "column-reason",
    ];
    let header = keys.map(|key| w.say(key));
    let rows = review.lines.into_iter().map(|line| {
        let (last_use, persons) = match &line.facts {
            Some(facts) => (facts.used_at().map(|at| at.to_string()), facts.persons.to_string()),
            None => (Some(w.say("stored-unreadable")), w.say("stored-unreadable")),
        };
        let (decision, by, reason) = match line.decided {
            Some(decided) => (
                decided.what.map_or_else(|| w.say("stored-unreadable"), |what| what.code().to_owned()),
                decided.by,
                decided.reason,
            ),
            None => Default::default(),
        };
        vec![
            line.account.to_string(),
            line.organisation.to_string(),
            last_use.unwrap_or_default(),
            persons,
            decision,
            by,
            reason,
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    Ok(csv(visitor.language, "review", &header, rows.into_iter()))
}

#[derive(Deserialize)]
pub(crate) struct ReviewDecisionForm {
    account: String,
    decision: String,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn decide(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Form(form): Form<ReviewDecisionForm>,
) -> Result<Redirect, PageError> {
    let account = account_named(&form.account)?;
    let decision =
        AccessDecision::parse(&form.decision).ok_or(OperationError::Invalid("incident-refused-value"))?;
    reviews::decide(&console.app, &actor, &id, &account, decision, &form.reason).await?;
    Ok(Redirect::to(&format!("/reviews/{id}")))
}
