//! The legal side of a breach: the affected set, the decisions, the notification field by field,
//! and the data-breach register.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use digue_access::Role;
use digue_administration::holders::HolderBook;
use digue_app::OperationError;
use digue_casework::breach::{self, ListError, ListQuestion};
use digue_casework::bundle;
use digue_casework::incidents::{self, IncidentView};
use digue_casework::notification;
use digue_casework::papers::{self, PaperFormat};
use digue_casework::register_paper::register_file;
use digue_casework::step_forms::StepForm;
use digue_casework::typed_form::{TypedForm, maybe_local_end, maybe_local_time};
use digue_evidence::paper_warning::PaperSources;
use digue_evidence::stored_records::{self, StoredKind};
use digue_exposure::ScopeQuestion;
use digue_response::affected::AffectedVersion;
use digue_response::claim::ClaimKind;
use digue_response::clock::ClockKind;
use digue_response::notification::{Change, Field, changes};
use digue_response::progress::ProgressStep;
use digue_response::register::ViolationRow;
use digue_response::vocabulary::PersonKind;
use digue_types::Timestamp;

use crate::choices::NameChoices;
use crate::differences::words_beside;
use crate::error::{PageAnswer, PageError, PageResponse};
use crate::form::names;
use crate::response::incident_head::{IncidentHead, SavedNotice};
use crate::response::step_page::{StepPage, StepRequest, unknown_fields};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, Media, csv_beside, file_name, kept, page};
use crate::visitor::Visitor;

async fn viewed(console: &Console, visitor: &Visitor, id: &str) -> Result<IncidentView, PageError> {
    let actor = visitor.actor(&console.app)?;
    incidents::view(&console.app, &actor, id)
        .await
        .map_err(PageError::from)
}

#[derive(Template)]
#[template(path = "incident_affected.html")]
struct AffectedPage {
    w: Localizer,
    head: IncidentHead,
    view: IncidentView,
    form: StepForm,
    faults: Vec<(String, String, String)>,
    versions: Vec<AffectedVersion>,
    /// Account, organisation, from, to and session, as typed or as suggested by the facts.
    question: [String; 5],
    /// The typed reason for leaving persons out, and how many an unexplained list leaves out.
    why_fewer: String,
    leaves_out: Option<u64>,
    /// Accounts and organisations for the form.
    names: NameChoices,
    kinds: Vec<&'static str>,
}

/// A list that was not computed: what was typed, and how many persons it leaves out.
type RefusedList<'a> = (&'a TypedForm, u64);

pub(crate) async fn affected_page(step: &StepRequest<'_>) -> PageAnswer {
    affected_page_of(step, None).await
}

async fn affected_page_of(step: &StepRequest<'_>, refused: Option<RefusedList<'_>>) -> PageAnswer {
    let StepPage {
        w,
        view,
        head,
        form,
        faults,
    } = step.read().await?;
    let question = match refused {
        Some((typed, _)) => typed_question(typed),
        None => suggested_question(&w, breach::suggested(&step.console.app, &view).await?),
    };
    let mut versions = view.incident.affected.clone();
    versions.reverse();
    let kinds = PersonKind::ALL.iter().map(|kind| kind.code()).collect();
    let names = NameChoices::of(&w, &HolderBook::read(&step.console.app, step.actor).await?);
    Ok(page(&AffectedPage {
        w,
        head,
        view,
        form,
        faults,
        versions,
        question,
        why_fewer: refused.map_or_else(String::new, |(typed, _)| typed.text("why").to_owned()),
        leaves_out: refused.map(|(_, persons)| persons),
        names,
        kinds,
    }))
}

fn typed_question(typed: &TypedForm) -> [String; 5] {
    ["account", "organisation", "from", "to", "session"].map(|name| typed.text(name).to_owned())
}

fn suggested_question(w: &Localizer, question: ScopeQuestion) -> [String; 5] {
    fn joined<T: ToString>(all: &[T]) -> String {
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        all.join(" ")
    }
    let form_time = |at: Timestamp| w.form_time(at);
    let form_end = |at: Timestamp| w.reader().form_end(at);
    [
        joined(&question.accounts),
        joined(&question.organisations),
        question.from.map(form_time).unwrap_or_default(),
        question.to.map(form_end).unwrap_or_default(),
        joined(&question.sessions),
    ]
}

pub(crate) async fn compute(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResponse {
    let form = TypedForm::new(pairs);
    let book = HolderBook::read(&console.app, &actor).await?;
    let question = ListQuestion {
        scope: question_of(&form, &console, &book)?,
        why_fewer: form.text("why").to_owned(),
    };
    match breach::compute_affected(&console.app, &actor, &id, question).await {
        Ok(_) => Ok(Redirect::to(&format!("/incidents/{id}/affected?saved=list")).into_response()),
        Err(ListError::LeavesOut(persons)) => {
            let request = StepRequest {
                console: &console,
                visitor: &visitor,
                actor: &actor,
                id: &id,
                step: ProgressStep::Persons,
                saved: SavedNotice::default(),
                refused: None,
            };
            let page = affected_page_of(&request, Some((&form, persons))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(ListError::Operation(error)) => Err(error.into()),
    }
}

fn question_of(
    form: &TypedForm,
    console: &Console,
    book: &HolderBook,
) -> Result<ScopeQuestion, OperationError> {
    let question = ScopeQuestion {
        accounts: book.accounts_named(form.text("account"))?,
        organisations: book.organisations_named(form.text("organisation"))?,
        portals: names(form.text("portal"))?,
        sessions: names(form.text("session"))?,
        from: maybe_local_time(form.text("from"), &console.zone)?,
        to: maybe_local_end(form.text("to"), &console.zone)?,
        ..ScopeQuestion::default()
    };
    // A period alone would ask for everybody who was shown within it.
    let is_bounded = !(question.accounts.is_empty()
        && question.organisations.is_empty()
        && question.portals.is_empty()
        && question.sessions.is_empty());
    if is_bounded {
        Ok(question)
    } else {
        Err(OperationError::Invalid("invalid-affected-question"))
    }
}

/// The signed list of a version. Needs a fresh proof, and is journalled.
pub(crate) async fn signed_list(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path((id, version)): Path<(String, u32)>,
) -> PageResponse {
    let bytes = breach::signed_list(&console.app, &actor, &id, version).await?;
    Ok(kept(
        &format!("affected-{id}-{version}.ndjson"),
        Media("application/x-ndjson"),
        bytes,
    ))
}

/// A value in words.
pub(crate) fn in_words(w: &Localizer, field: Field, value: &[String]) -> String {
    w.reader().value(field, value)
}

#[derive(Template)]
#[template(path = "incident_notification.html")]
struct NotificationPage {
    w: Localizer,
    head: IncidentHead,
    view: IncidentView,
    form: StepForm,
    faults: Vec<(String, String, String)>,
    /// Fields without a value.
    unknown: usize,
    /// What changed or came up after a notification without gaps, by the names of the fields; `None`
    /// while the notification is not complete.
    complement: Option<Vec<String>>,
    /// Fields in which the draft differs from the last submission.
    changed: Vec<(String, String, String)>,
    sent_language: &'static str,
    stages: Vec<&'static str>,
    next_stage: &'static str,
    papers: [&'static str; 5],
    /// The clocks of duties other than the authority, which a person states as met.
    duties: Vec<&'static str>,
    delays: Vec<&'static str>,
    now: String,
}

pub(crate) async fn notification_page(step: &StepRequest<'_>) -> PageAnswer {
    let StepPage {
        w,
        view,
        head,
        form,
        faults,
    } = step.read().await?;
    // Compared in the language in which it was sent.
    let draft = notification::draft(&step.console.app, &view, notification::AUTHORITY_LANGUAGE);
    let last = view.incident.submissions.last();
    let changed = last
        .map(|(_, last)| changes(&last.snapshot, &draft.snapshot()))
        .unwrap_or_default();
    let shown = |change: &Change| {
        let text_of = |value: &[String]| in_words(&w, change.field, value);
        (
            w.say(change.field.key()),
            text_of(&change.before),
            text_of(&change.after),
        )
    };
    let complement = view.incident.is_wholly_notified().then(|| {
        let unknown = draft.unknown().into_iter().map(|(field, _)| field);
        let changed = changed.iter().map(|change| change.field);
        let fields: BTreeSet<Field> = unknown.chain(changed).collect();
        fields.iter().map(|field| w.say(field.key())).collect()
    });
    Ok(page(&NotificationPage {
        complement,
        unknown: unknown_fields(&form),
        changed: changed.iter().map(shown).collect(),
        sent_language: notification::AUTHORITY_LANGUAGE.code(),
        stages: digue_response::notification::Stage::ALL
            .iter()
            .map(|stage| stage.code())
            .collect(),
        next_stage: view.incident.next_stage().code(),
        papers: papers::PAPERS,
        duties: duties(&view, |kind| {
            !matches!(kind, ClockKind::Authority | ClockKind::Complement)
        }),
        delays: duties(&view, |_| true),
        now: w.form_time(view.now),
        head,
        form,
        faults,
        view,
        w,
    }))
}

/// Whether the draft says more than the last notification, where that left nothing unknown.
pub(crate) fn has_complement(step: &StepRequest<'_>, view: &IncidentView) -> bool {
    let draft = notification::draft(&step.console.app, view, notification::AUTHORITY_LANGUAGE);
    let last = view.incident.submissions.last();
    view.incident.is_wholly_notified()
        && last.is_some_and(|(_, last)| {
            !draft.unknown().is_empty() || !changes(&last.snapshot, &draft.snapshot()).is_empty()
        })
}

/// The clocks that run, as far as they are of these kinds.
pub(crate) fn duties(
    view: &IncidentView,
    is_shown: impl Fn(ClockKind) -> bool,
) -> Vec<&'static str> {
    let kinds = view
        .clocks
        .iter()
        .map(|clock| clock.rule.kind)
        .filter(|kind| is_shown(*kind));
    kinds.map(ClockKind::code).collect()
}

/// The notification as structured values.
pub(crate) async fn notification_json(
    State(console): State<Console>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Json<serde_json::Value>, PageError> {
    let view = viewed(&console, &visitor, &id).await?;
    Ok(Json(notification::to_json(
        &console.app,
        &view,
        visitor.language,
    )))
}

/// One row of the register, in words.
struct RegisterLine {
    id: String,
    reference: String,
    row: ViolationRow,
    persons: String,
    gravity: String,
    /// About the authority and about the persons.
    claims: [String; 2],
}

#[derive(Template)]
#[template(path = "register.html")]
struct BreachRegisterPage {
    w: Localizer,
    lines: Vec<RegisterLine>,
    notified: usize,
    late: usize,
    may_write: bool,
}

async fn rows(
    console: &Console,
    visitor: &Visitor,
) -> Result<Vec<(IncidentView, ViolationRow)>, PageError> {
    let actor = visitor.actor(&console.app)?;
    let views = incidents::list(&console.app, &actor).await?;
    let rows = views.into_iter().map(|view| {
        let draft = notification::draft(&console.app, &view, visitor.language);
        let row = ViolationRow::new(&view.incident, &draft);
        (view, row)
    });
    Ok(rows.collect())
}

pub(crate) async fn register(State(console): State<Console>, visitor: Visitor) -> PageAnswer {
    let rows = rows(&console, &visitor).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Incident], None).await?;
    let text_of = |view: &IncidentView, row: &ViolationRow, field: Field| {
        row.values
            .get(&field)
            .map(|value| w.reader().value_of(&view.incident, field, value))
            .unwrap_or_default()
    };
    let notified = rows
        .iter()
        .filter(|(_, row)| row.notified_at.is_some())
        .count();
    let late = rows
        .iter()
        .filter(|(view, _)| view.incident.has_exceeded(&view.clocks, view.now))
        .count();
    let lines = rows.into_iter().map(|(view, row)| RegisterLine {
        id: view.record.id.clone(),
        reference: view.reference(),
        persons: text_of(&view, &row, Field::PersonCount),
        claims: [ClaimKind::Authority, ClaimKind::Persons].map(|kind| {
            w.reader()
                .claim(view.incident.claim(kind, &view.clocks, view.now))
        }),
        gravity: text_of(&view, &row, Field::GravityOf),
        row,
    });
    let lines = lines.collect();
    let may_write = visitor.role.is_some_and(Role::can_respond);
    Ok(page(&BreachRegisterPage {
        lines,
        notified,
        late,
        may_write,
        w,
    }))
}

pub(crate) async fn register_csv(State(console): State<Console>, visitor: Visitor) -> PageResponse {
    let rows = rows(&console, &visitor).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Incident], None).await?;
    let (header, cells) = register_table(&w, &rows);
    Ok(csv_beside(&w, "register", &header, cells.into_iter()))
}

/// Every column of the register, for exports.
pub(crate) fn register_table(
    w: &Localizer,
    rows: &[(IncidentView, ViolationRow)],
) -> (Vec<String>, Vec<Vec<String>>) {
    let mut header: Vec<String> = ["reference", "state", "aware"]
        .map(|key| w.coded("column", key))
        .into();
    header.extend(Field::ALL.iter().map(|field| w.say(field.key())));
    header.extend(
        ["authority", "notified", "delay", "persons-decision", "told"]
            .map(|key| w.coded("column", key)),
    );
    let line = |(view, row): &(IncidentView, ViolationRow)| {
        let moment = |at: Option<Timestamp>| at.map(|at| w.moment(at)).unwrap_or_default();
        let mut cells = vec![
            view.reference(),
            w.say(row.state.key()),
            moment(row.aware_at),
        ];
        let shown = |field: &Field| {
            row.values
                .get(field)
                .map(|value| in_words(w, *field, value))
        };
        cells.extend(
            Field::ALL
                .iter()
                .map(|field| shown(field).unwrap_or_default()),
        );
        let yes = |is: bool| w.coded("known", if is { "yes" } else { "no" });
        let authority = row
            .authority
            .as_ref()
            .map(|(is, by, why)| format!("{} – {by} – {why}", yes(*is)));
        let persons = row.persons.as_ref().map(|(is, exemption, by, why)| {
            let exemption = exemption.map(|one| w.say(one.key())).unwrap_or_default();
            format!("{} {exemption} – {by} – {why}", yes(*is))
        });
        cells.extend([
            authority.unwrap_or_default(),
            moment(row.notified_at),
            row.delay_reason.clone().unwrap_or_default(),
            persons.unwrap_or_default(),
            moment(row.informed_at),
        ]);
        cells
    };
    (header, rows.iter().map(line).collect())
}

pub(crate) async fn register_json(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Json<serde_json::Value>, PageError> {
    let rows = rows(&console, &visitor).await?;
    let actor = visitor.actor(&console.app)?;
    let compared = stored_records::compare(&console.app, &actor, &[StoredKind::Incident]).await?;
    let all = rows.iter().map(|(view, _)| {
        let mut shown = notification::to_json(&console.app, view, visitor.language);
        let own = compared.differences.iter();
        let own = own.filter(|one| one.is_about(&view.record.id));
        let own: Vec<String> = own.map(|one| one.in_words(visitor.language)).collect();
        shown["differs_from_journal"] = own.into();
        shown
    });
    Ok(Json(serde_json::Value::Array(all.collect())))
}

/// A document to save: PDF, Word, or a spreadsheet.
fn file(name: &str, form: PaperFormat, bytes: Vec<u8>) -> Response {
    let ending = match form {
        PaperFormat::Pdf => "pdf",
        PaperFormat::Docx => "docx",
        PaperFormat::Xlsx => "xlsx",
    };
    kept(&format!("{name}.{ending}"), Media(form.media()), bytes)
}

/// The requested document and its format: `notification.pdf`.
fn requested_paper(name: &str) -> Result<(&str, PaperFormat), OperationError> {
    let (paper, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    PaperFormat::parse(ending)
        .map(|form| (paper, form))
        .ok_or(OperationError::NotFound("paper"))
}

pub(crate) async fn paper(
    State(console): State<Console>,
    visitor: Visitor,
    Path((id, name)): Path<(String, String)>,
) -> PageResponse {
    let view = viewed(&console, &visitor, &id).await?;
    let reader = console.words(&visitor).reader();
    if name == "complaint.zip" {
        let actor = visitor.actor(&console.app)?;
        let bytes = bundle::complaint(&console.app, &actor, &view, &reader).await?;
        return Ok(kept(
            &format!(
                "{}-{}.zip",
                file_name(visitor.language, "complaint"),
                view.reference()
            ),
            Media("application/zip"),
            bytes,
        ));
    }
    let (paper, form) = requested_paper(&name)?;
    let shown = file_name(visitor.language, paper);
    let shown = format!("{shown}-{}", view.reference());
    if paper == "complaint" {
        let actor = visitor.actor(&console.app)?;
        let bytes = bundle::complaint_paper(&console.app, &actor, &view, &reader, form).await?;
        return Ok(file(&shown, form, bytes));
    }
    let document = papers::paper(&console.app, &view, &reader, paper).await?;
    let document = document.ok_or(OperationError::NotFound("paper"));
    let document = document?;
    let sources = PaperSources::incident(&view.record.id);
    let bytes = papers::printed_from(&console.app, &document, form, sources).await?;
    Ok(file(&shown, form, bytes))
}

pub(crate) async fn register_paper(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(name): Path<String>,
) -> PageResponse {
    let views = incidents::list(&console.app, &actor).await?;
    let (_, form) = requested_paper(&name)?;
    let reader = console.words(&visitor).reader();
    let bytes = register_file(&console.app, &views, &reader, form).await?;
    Ok(file(&file_name(visitor.language, "register"), form, bytes))
}
