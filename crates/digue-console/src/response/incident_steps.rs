//! The steps of an incident as pages: the sheet of each, saved as a whole. A sheet that cannot be
//! saved is shown again as it was typed, with what is wrong beside each field.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect};
use digue_app::{Actor, OperationError};
use digue_casework::breach::{self, Severity};
use digue_casework::incidents::{self, IncidentView};
use digue_casework::step_forms::{self, SheetOutcome, StepForm};
use digue_casework::typed_form::TypedForm;
use digue_casework::{measured, papers, register_paper};
use digue_response::clock::Awareness;
use digue_response::incident::IncidentRole;
use digue_response::progress::ProgressStep;
use digue_response::severity::{
    Availability, Confidentiality, DataContext, Ease, Integrity, Score,
};
use digue_response::sheet::Sheet;
use digue_response::vocabulary::Gravity;

use crate::error::{PageAnswer, PageResponse};
use crate::response::breach as breach_pages;
use crate::response::incident_head::{
    IncidentHead, SavedNotice, ShownClock, address, next_address, shown_clocks,
};
use crate::response::step_page::{StepPage, StepRequest};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

async fn page_of(request: &StepRequest<'_>) -> PageAnswer {
    match request.step {
        ProgressStep::Qualify => qualification(request).await,
        ProgressStep::Persons => breach_pages::affected_page(request).await,
        ProgressStep::Decide => decisions_page(request).await,
        ProgressStep::Authority => breach_pages::notification_page(request).await,
        ProgressStep::Close => closing_page(request).await,
        // Notices have a form of their own, with a file.
        ProgressStep::Notices => Err(OperationError::NotFound("step").into()),
    }
}

macro_rules! step_page {
    ($name:ident, $step:ident) => {
        pub(crate) async fn $name(
            State(console): State<Console>,
            visitor: Visitor,
            SignedIn(actor): SignedIn,
            Path(id): Path<String>,
            Query(saved): Query<SavedNotice>,
        ) -> PageAnswer {
            let step = ProgressStep::$step;
            let (console, visitor, actor, id) = (&console, &visitor, &actor, id.as_str());
            page_of(&StepRequest {
                console,
                visitor,
                actor,
                id,
                step,
                saved,
                refused: None,
            })
            .await
        }
    };
}

step_page!(sheets, Qualify);
step_page!(affected, Persons);
step_page!(decisions, Decide);
step_page!(notification, Authority);
step_page!(closing, Close);

/// Saves the sheet of a step, and leads to the next thing to do.
pub(crate) async fn save(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path((id, step)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResponse {
    let step = ProgressStep::parse(&step).ok_or(OperationError::NotFound("step"))?;
    let typed = TypedForm::new(pairs);
    let reader = console.words(&visitor).reader();
    match step_forms::save(&console.app, &actor, &id, step, &typed, &reader).await? {
        SheetOutcome::Added(_) => {
            let target = next_place(&console, &visitor, &actor, &id).await?;
            Ok(Redirect::to(&format!("{target}?saved={}", step.code())).into_response())
        }
        SheetOutcome::Unchanged => {
            let target = address(&id, step);
            Ok(Redirect::to(&format!("{target}?saved=unchanged")).into_response())
        }
        SheetOutcome::Refused(faults) => {
            let (saved, refused) = (SavedNotice::default(), Some((typed, faults)));
            let (console, visitor, actor, id) = (&console, &visitor, &actor, id.as_str());
            let request = StepRequest {
                console,
                visitor,
                actor,
                id,
                step,
                saved,
                refused,
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page_of(&request).await?).into_response())
        }
    }
}

/// Where the next thing of an incident is done.
pub(crate) async fn next_place(
    console: &Console,
    visitor: &Visitor,
    actor: &Actor,
    id: &str,
) -> Result<String, OperationError> {
    let view = incidents::view(&console.app, actor, id).await?;
    let progress = measured::progress(&console.app, actor, &view, visitor.language).await?;
    Ok(next_address(id, progress.next))
}

#[derive(Template)]
#[template(path = "incident_sheets.html")]
struct SheetsPage {
    w: Localizer,
    head: IncidentHead,
    form: StepForm,
    faults: Vec<(String, String, String)>,
    /// Checklists that are not in use.
    others: Vec<(&'static str, String)>,
}

async fn qualification(request: &StepRequest<'_>) -> PageAnswer {
    let StepPage {
        w,
        view,
        head,
        form,
        faults,
    } = request.read().await?;
    let others = Sheet::ALL
        .iter()
        .filter(|sheet| !view.incident.sheets.contains(sheet));
    let others = others
        .map(|sheet| (sheet.code(), w.say(sheet.key())))
        .collect();
    Ok(page(&SheetsPage {
        w,
        head,
        form,
        faults,
        others,
    }))
}

/// The terms of the severity, with their choices.
struct ShownTerm {
    name: &'static str,
    /// As (code, name, is chosen).
    choices: Vec<(&'static str, String, bool)>,
}

#[derive(Template)]
#[template(path = "incident_decisions.html")]
struct DecisionsPage {
    w: Localizer,
    head: IncidentHead,
    view: IncidentView,
    form: StepForm,
    faults: Vec<(String, String, String)>,
    clocks: Vec<ShownClock>,
    aware_of: Vec<&'static str>,
    severity: Severity,
    score: String,
    terms: Vec<ShownTerm>,
    parts: [(String, String); 6],
    gravities: Vec<(&'static str, String, bool)>,
    gravity: String,
    roles: Vec<(&'static str, String, bool)>,
    /// Which data it was is not known: nothing is graver than what is not known yet.
    is_at_least: bool,
    now: String,
}

async fn decisions_page(request: &StepRequest<'_>) -> PageAnswer {
    let StepPage {
        w,
        view,
        head,
        form,
        faults,
    } = request.read().await?;
    let severity = breach::severity(&view.incident);
    let score = severity.score;
    let chosen = view
        .incident
        .gravity
        .as_ref()
        .map_or(score.gravity(), |decided| decided.what);
    let is_at_least = severity.is_at_least && view.incident.gravity.is_none();
    let gravities = Gravity::ALL.iter().map(|gravity| {
        let is_chosen = !is_at_least && *gravity == chosen;
        (gravity.code(), w.say(gravity.key()), is_chosen)
    });
    let roles = IncidentRole::ALL
        .iter()
        .map(|role| (role.code(), w.say(role.key()), *role == view.incident.role));
    let quarters = |quarters: u8| w.number_text(&Score::text(quarters));
    let parts = [
        (w.say("severity-context"), format!("{}", score.context)),
        (w.say("severity-ease"), quarters(score.ease_quarters)),
        (
            w.say("severity-confidentiality"),
            quarters(score.confidentiality_quarters),
        ),
        (
            w.say("severity-integrity"),
            quarters(score.integrity_quarters),
        ),
        (
            w.say("severity-availability"),
            quarters(score.availability_quarters),
        ),
        (w.say("severity-malice"), quarters(score.malice_quarters)),
    ];
    Ok(page(&DecisionsPage {
        clocks: shown_clocks(&w, &view),
        aware_of: Awareness::ALL.iter().map(|of| of.code()).collect(),
        score: quarters(score.quarters),
        terms: terms(&w, &severity),
        parts,
        gravities: gravities.collect(),
        gravity: if is_at_least {
            w.with1("severity-at-least", "level", w.say(chosen.key()))
        } else {
            w.say(chosen.key())
        },
        is_at_least,
        roles: roles.collect(),
        now: w.form_time(view.now),
        severity,
        head,
        form,
        faults,
        view,
        w,
    }))
}

fn terms(w: &Localizer, severity: &Severity) -> Vec<ShownTerm> {
    let terms = severity.terms;
    macro_rules! term {
        ($name:literal, $list:ident, $chosen:expr) => {
            ShownTerm {
                name: $name,
                choices: $list::ALL
                    .iter()
                    .map(|one| (one.code(), w.say(one.key()), *one == $chosen))
                    .collect(),
            }
        };
    }
    vec![
        term!("context", DataContext, terms.context),
        term!("ease", Ease, terms.ease),
        term!("confidentiality", Confidentiality, terms.confidentiality),
        term!("integrity", Integrity, terms.integrity),
        term!("availability", Availability, terms.availability),
    ]
}

#[derive(Template)]
#[template(path = "incident_closing.html")]
struct ClosingPage {
    w: Localizer,
    head: IncidentHead,
    form: StepForm,
    faults: Vec<(String, String, String)>,
    view: IncidentView,
    claims: Vec<String>,
    /// The draft differs from the last notification, which left nothing unknown.
    has_complement: bool,
    /// The row of the register, as (column, value).
    row: Vec<(String, String)>,
    papers: [&'static str; 5],
}

async fn closing_page(request: &StepRequest<'_>) -> PageAnswer {
    let StepPage {
        w,
        view,
        head,
        form,
        faults,
    } = request.read().await?;
    let reader = w.reader();
    let row = register_paper::register_row(&request.console.app, &view, &reader);
    Ok(page(&ClosingPage {
        claims: reader.claims_with_sources(&view),
        has_complement: breach_pages::has_complement(request, &view),
        view,
        row,
        papers: papers::PAPERS,
        head,
        form,
        faults,
        w,
    }))
}
