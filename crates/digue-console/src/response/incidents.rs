//! Incidents: the list, and one incident with its clocks, its log and its checklists.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect, Response};
use digue_access::Role;
use digue_app::{OperationError, gates};
use digue_casework::incidents::{self, IncidentView};
use digue_evidence::stored_records::StoredKind;
use digue_response::clock::LegalClock;
use digue_response::incident::{EntryKind, IncidentTask, Source};
use digue_response::sheet::{Answer, Sheet, StepEffect};
use digue_response::{IncidentEntry, IncidentNote, IncidentState};
use digue_types::{AccountId, Gate, OrganisationId, Subject, Timestamp};
use serde::Deserialize;

use crate::differences::words_beside;
use crate::error::PageError;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, csv, page};
use crate::visitor::Visitor;

/// A legal clock as the page shows it.
pub(crate) struct ShownClock {
    pub(crate) code: &'static str,
    pub(crate) clock: LegalClock,
    /// The time left, or the time since the start where there is no deadline, in words.
    pub(crate) left: String,
    pub(crate) is_late: bool,
    pub(crate) is_met: bool,
}

/// The clocks of an incident, the nearest first.
pub(crate) fn shown_clocks(w: &Localizer, view: &IncidentView) -> Vec<ShownClock> {
    let mut clocks: Vec<ShownClock> = view
        .clocks
        .iter()
        .map(|clock| {
            let late = clock.overdue(view.now);
            let is_met = clock.met_at.is_some();
            let left = match (late, clock.remaining(view.now)) {
                (Some(late), _) => w.with1("clock-late", "time", w.duration(late)),
                (None, Some(left)) => w.with1("clock-left", "time", w.duration(left)),
                (None, None) => w.with1("clock-elapsed", "time", w.duration(clock.elapsed(view.now))),
            };
            ShownClock { code: clock.rule.kind.code(), clock: *clock, left, is_late: late.is_some(), is_met }
        })
        .collect();
    clocks.sort_by_key(|shown| (shown.is_met, shown.clock.due_at.is_none(), shown.clock.due_at));
    clocks
}

/// One incident in the list.
struct IncidentLine {
    id: String,
    reference: String,
    title: String,
    state: &'static str,
    opened_at: Timestamp,
    persons: Option<u64>,
    /// The nearest duty that is not met.
    next: Option<ShownClock>,
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct IncidentsPage {
    w: Localizer,
    lines: Vec<IncidentLine>,
    open: usize,
    late: usize,
    may_write: bool,
    sources: Vec<&'static str>,
}

fn lines(w: &Localizer, views: &[IncidentView]) -> Vec<IncidentLine> {
    let line = |view: &IncidentView| IncidentLine {
        id: view.record.id.clone(),
        reference: view.reference(),
        title: view.incident.title.clone(),
        state: view.incident.state().code(),
        opened_at: view.record.opened_at,
        persons: view.incident.affected().map(|version| version.persons),
        next: shown_clocks(w, view).into_iter().find(|shown| !shown.is_met && !view.incident.is_closed()),
    };
    views.iter().map(line).collect()
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Html<String>, PageError> {
    let views = incidents::list(&console.app, &actor).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Incident], None).await?;
    let lines = lines(&w, &views);
    Ok(page(&IncidentsPage {
        open: views.iter().filter(|view| !view.incident.is_closed()).count(),
        late: lines.iter().filter(|line| line.next.as_ref().is_some_and(|next| next.is_late)).count(),
        lines,
        may_write: visitor.role.is_some_and(Role::can_respond),
        sources: vec![Source::Person.code(), Source::Partner.code()],
        w,
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> Result<Response, PageError> {
    let views = incidents::list(&console.app, &actor).await?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let keys = ["reference", "title", "state", "opened", "persons", "next", "due"];
    let header = keys.map(|key| w.coded("column", key));
    let rows = lines(&w, &views).into_iter().map(|line| {
        let due = line.next.as_ref().and_then(|next| next.clock.due_at);
        vec![
            line.reference,
            line.title,
            w.coded("incident-state", line.state),
            line.opened_at.to_string(),
            line.persons.map(|persons| persons.to_string()).unwrap_or_default(),
            line.next.map(|next| w.coded("clock", next.code)).unwrap_or_default(),
            due.map(|due| due.to_string()).unwrap_or_default(),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    Ok(csv(visitor.language, "incidents", &header, rows.into_iter()))
}

#[derive(Deserialize)]
pub(crate) struct OpenIncidentForm {
    title: String,
    source: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    organisation: String,
}

pub(crate) async fn open(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<OpenIncidentForm>,
) -> Result<Redirect, PageError> {
    let source = Source::parse(&form.source).unwrap_or(Source::Person);
    let about = match (form.account.trim(), form.organisation.trim()) {
        ("", "") => Subject::Nothing,
        ("", organisation) => {
            let organisation = OrganisationId::parse(organisation);
            organisation.map_err(|_| OperationError::Invalid("invalid-account-name"))?.into()
        }
        (account, _) => {
            AccountId::parse(account).map_err(|_| OperationError::Invalid("invalid-account-name"))?.into()
        }
    };
    let opened = incidents::open(&console.app, &actor, source, &form.title, about).await;
    let id = opened?;
    Ok(Redirect::to(&format!("/incidents/{id}")))
}

/// One line of the log.
struct ShownEntry {
    entry: IncidentEntry,
    kind: String,
    text: String,
    /// The entries that correct it.
    corrected: Vec<u32>,
    /// The entry that withdraws it.
    withdrawn_by: Option<u32>,
    may_withdraw: bool,
    /// It was entered later than it happened.
    is_late: bool,
    journal: Option<u64>,
}

#[derive(Template)]
#[template(path = "incident.html")]
struct IncidentPage {
    w: Localizer,
    id: String,
    reference: String,
    view: IncidentView,
    next_states: Vec<&'static str>,
    clocks: Vec<ShownClock>,
    /// The claims: done, due and not done, each with its act.
    claims: Vec<String>,
    log: Vec<ShownEntry>,
    kinds: Vec<&'static str>,
    tasks: Vec<IncidentTask>,
    open_steps: usize,
    /// What can be reopened in steps: the subject, and its closed gate.
    shut: Vec<Subject>,
    gates: Vec<&'static str>,
    /// The times, and the delay since the previous one.
    moments: Vec<(&'static str, Option<Timestamp>, String)>,
    may_write: bool,
    tab: &'static str,
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, PageError> {
    let view = incidents::view(&console.app, &actor, &id).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Incident], Some(&id)).await?;
    let log = view.entries.iter().rev().map(|entry| logged(&w, &view, entry)).collect();
    let tasks = view.incident.tasks.clone();
    let shut = gates::shut_gates(&console.app, &actor).await?;
    let shut = shut.iter().map(|gate| gate.reach.subject());
    let about = Some(view.incident.about.clone()).filter(|about| !about.is_nothing());
    let mut shut: Vec<Subject> = about.into_iter().chain(shut).collect();
    shut.sort();
    shut.dedup();
    Ok(page(&IncidentPage {
        shut,
        gates: [Gate::CaseloadOnly, Gate::StepUp, Gate::Open].map(Gate::code).to_vec(),
        reference: view.reference(),
        next_states: next_states(view.incident.state()),
        clocks: shown_clocks(&w, &view),
        claims: w.reader().claims_with_sources(&view),
        log,
        kinds: EntryKind::ALL.iter().map(|kind| kind.code()).collect(),
        tasks,
        open_steps: view.incident.open_steps().len(),
        moments: moments(&w, &view),
        may_write: visitor.role.is_some_and(Role::can_respond),
        tab: "log",
        id,
        view,
        w,
    }))
}

fn next_states(state: IncidentState) -> Vec<&'static str> {
    let next: &[IncidentState] = match state {
        IncidentState::Suspected => {
            &[IncidentState::Confirmed, IncidentState::Contained, IncidentState::Dismissed]
        }
        IncidentState::Confirmed => &[IncidentState::Contained, IncidentState::Dismissed],
        IncidentState::Contained => {
            &[IncidentState::Resolved, IncidentState::Confirmed, IncidentState::Dismissed]
        }
        IncidentState::Resolved => &[IncidentState::Contained],
        IncidentState::Dismissed => &[IncidentState::Suspected],
    };
    next.iter().map(|state| state.code()).collect()
}

/// The delays that the law asks about: each time, and the delay since the last known one.
fn moments(w: &Localizer, view: &IncidentView) -> Vec<(&'static str, Option<Timestamp>, String)> {
    let mut last: Option<Timestamp> = None;
    let moments = view.incident.moments().into_iter().map(|(name, at)| {
        let since = match (last, at) {
            (Some(last), Some(at)) => w.with1("moment-after", "time", w.duration(at.since(last))),
            _ => String::new(),
        };
        last = at.or(last);
        (name, at, since)
    });
    moments.collect()
}

fn logged(w: &Localizer, view: &IncidentView, entry: &IncidentEntry) -> ShownEntry {
    let (kind, text) = note_text(w, &entry.note);
    ShownEntry {
        kind,
        text,
        corrected: view.incident.corrections.get(&entry.number).cloned().unwrap_or_default(),
        withdrawn_by: view.incident.withdrawn.get(&entry.number).copied(),
        may_withdraw: view.incident.stated.contains(&entry.number) && !view.incident.is_closed(),
        is_late: entry.recorded_at.since(entry.at).as_secs() >= 60,
        journal: match &entry.note {
            IncidentNote::Seen { journal, .. } if *journal > 0 => Some(*journal),
            IncidentNote::Said { journal, .. } => *journal,
            _ => None,
        },
        entry: entry.clone(),
    }
}

fn moment_of(w: &Localizer, micros: i64) -> String {
    w.moment(Timestamp::from_micros(micros))
}

/// An entry in words: its kind and its content.
fn note_text(w: &Localizer, note: &IncidentNote) -> (String, String) {
    let kind = |code: &str| w.coded("entry-kind", code);
    if let Some(fact) = fact_text(w, note) {
        return (kind("fact"), fact);
    }
    if let Some(decision) = decision_text(w, note) {
        return (kind("decision"), decision);
    }
    match note {
        IncidentNote::Said { kind, text, .. } => (w.say(kind.key()), text.clone()),
        IncidentNote::Corrected { entry, text } => (w.with1("log-corrects", "entry", entry), text.clone()),
        IncidentNote::Withdrawn { entry, reason } => {
            (w.with1("log-withdraws", "entry", entry), reason.clone())
        }
        IncidentNote::TaskDone { text, task } => {
            (kind("action"), pair(w, &w.with1("log-task-done", "task", task), text))
        }
        IncidentNote::Submitted(submission) => {
            let values = [
                ("stage", w.say(submission.stage.key()).into()),
                ("at", w.moment(submission.submitted_at()).into()),
                ("receipt", submission.receipt.as_str().into()),
            ];
            (kind("action"), w.with("log-submitted", values))
        }
        IncidentNote::Met { clock, at, to, receipt, .. } => {
            let done = format!("{} – {to} {receipt}", moment_of(w, *at));
            (kind("action"), pair(w, &w.say(clock.key()), &done))
        }
        IncidentNote::NoticesEnded(ended) => {
            let counts = [
                ("sent", w.number(ended.sent).into()),
                ("listed", w.number(ended.listed).into()),
                ("unsent", w.number(ended.unsent).into()),
                ("unreached", w.number(ended.unreached).into()),
            ];
            (kind("fact"), w.with("log-notices-ended", counts))
        }
        IncidentNote::Kept { name, hash, .. } => {
            (kind("action"), pair(w, &w.say("log-kept"), &format!("{name} ({hash})")))
        }
        IncidentNote::Lesson { text, measure, .. } => (w.say("log-lesson"), pair(w, text, measure)),
        IncidentNote::Reopening { what, budget_percent, text } => {
            let budget = budget_percent.map(|percent| w.with1("restart-percent", "percent", percent));
            let done = format!("{} {} {text}", w.reader().reopened(what), budget.unwrap_or_default());
            (kind("action"), pair(w, &w.say("log-reopening"), &done))
        }
        _ => (kind("fact"), String::new()),
    }
}

fn pair(w: &Localizer, what: &str, text: &str) -> String {
    w.with("log-pair", [("what", what.into()), ("text", text.into())])
}

/// What happened, and what is known.
fn fact_text(w: &Localizer, note: &IncidentNote) -> Option<String> {
    Some(match note {
        IncidentNote::Opened { source, title, about } => {
            let opened = w.with1("log-opened", "source", w.say(source.key()));
            format!("{opened} {title} ({})", w.reader().subject(about))
        }
        IncidentNote::Seen { act, subject, after, reason, by, .. } => {
            w.reader().act(*act, subject, after, (by.as_str(), reason.as_str()))
        }
        IncidentNote::Occurred { from, to } => {
            let end = to.map(|to| moment_of(w, to)).unwrap_or_default();
            w.with("log-occurred", [("from", moment_of(w, *from).into()), ("to", end.into())])
        }
        IncidentNote::Step { sheet, step, answer, text } => {
            let question = w.say(&format!("{}-{step}", sheet.key()));
            format!("{question} {}. {text}", w.say(answer.key()))
        }
        IncidentNote::Affected(version) => {
            let values = [
                ("version", version.number.into()),
                ("quality", w.say(version.quality.key()).into()),
                ("persons", w.number(version.persons).into()),
            ];
            w.with("log-affected", values)
        }
        IncidentNote::FieldSet { field, value } => {
            let shown =
                value.iter().map(|code| field.choice_key(code).map_or(code.clone(), |key| w.say(&key)));
            pair(w, &w.say(field.key()), &shown.collect::<Vec<_>>().join(", "))
        }
        _ => return None,
    })
}

/// A decision with its reason.
fn decision_text(w: &Localizer, note: &IncidentNote) -> Option<String> {
    let (what, why) = match note {
        IncidentNote::StateSet { state, reason } => (w.say(state.key()), reason.clone()),
        IncidentNote::RoleSet { role, .. } => return Some(w.say(role.key())),
        IncidentNote::Aware { at, reason, of } => {
            let values = [("at", moment_of(w, *at).into()), ("of", w.say(of.key()).into())];
            (w.with("log-aware", values), reason.clone())
        }
        IncidentNote::SheetAdded { sheet } => return Some(w.with1("log-sheet", "sheet", w.say(sheet.key()))),
        IncidentNote::TaskAdded { title, owner, .. } => (w.say("log-task"), format!("{title} ({owner})")),
        IncidentNote::SeveritySet { terms, reason } => {
            (w.with1("log-severity", "level", w.say(terms.score().level.key())), reason.clone())
        }
        IncidentNote::GravitySet { gravity, reason } => {
            (w.with1("log-gravity", "gravity", w.say(gravity.key())), reason.clone())
        }
        IncidentNote::AuthorityDecided { notify, reason } => {
            let what = if *notify { w.say("decided-notify") } else { w.say("decided-not-notify") };
            (what, reason.clone())
        }
        IncidentNote::PersonsDecided { inform, exemption, reason } => {
            let what = if *inform { w.say("decided-inform") } else { w.say("decided-not-inform") };
            let why = exemption.map(|exemption| w.say(exemption.key())).unwrap_or_default();
            (what, format!("{why} {reason}"))
        }
        IncidentNote::DelayExplained { clock, reason } => {
            (w.with1("log-delay", "clock", w.say(clock.key())), reason.clone())
        }
        _ => return None,
    };
    Some(pair(w, &what, &why))
}

/// One step of a checklist as the page shows it.
struct ShownStep {
    code: &'static str,
    question: String,
    is_mandatory: bool,
    /// The fact that Digue can state about it.
    fact: Option<String>,
    /// The page on which its action is done.
    action: Option<(String, String)>,
    answer: Option<(String, String, String, Timestamp)>,
    /// The given answer, for the list of answers.
    chosen: &'static str,
}

struct ShownSheet {
    code: &'static str,
    name: String,
    steps: Vec<ShownStep>,
    open: usize,
}

#[derive(Template)]
#[template(path = "incident_sheets.html")]
struct SheetsPage {
    w: Localizer,
    id: String,
    reference: String,
    view: IncidentView,
    sheets: Vec<ShownSheet>,
    others: Vec<(&'static str, String)>,
    answers: Vec<&'static str>,
    may_write: bool,
    tab: &'static str,
}

pub(crate) async fn sheets(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, PageError> {
    let view = incidents::view(&console.app, &actor, &id).await?;
    let facts = incidents::facts(&console.app, &actor, &view).await?;
    let w = Localizer::in_zone(&visitor, &console.zone);
    let shown = |sheet: &Sheet| shown_sheet(&w, &view, *sheet, &facts);
    let sheets = view.incident.sheets.iter().map(shown).collect();
    let others = Sheet::ALL.iter().filter(|sheet| !view.incident.sheets.contains(sheet));
    let others = others.map(|sheet| (sheet.code(), w.say(sheet.key()))).collect();
    Ok(page(&SheetsPage {
        reference: view.reference(),
        sheets,
        others,
        answers: Answer::ALL.iter().map(|answer| answer.code()).collect(),
        may_write: visitor.role.is_some_and(Role::can_respond),
        tab: "sheets",
        id,
        view,
        w,
    }))
}

/// The value of a fact for readers: categories in the authority's terms; an unknown value is said to be
/// unknown.
fn fact_value(w: &Localizer, name: &str, text: &str) -> String {
    match name {
        _ if text.is_empty() => w.say("paper-unknown"),
        "categories" => {
            let codes: Vec<String> = text.split(", ").map(ToOwned::to_owned).collect();
            w.reader().kinds(codes).join(", ")
        }
        _ => text.to_owned(),
    }
}

fn shown_sheet(
    w: &Localizer,
    view: &IncidentView,
    sheet: Sheet,
    facts: &BTreeMap<&'static str, Vec<(&'static str, String)>>,
) -> ShownSheet {
    let steps = sheet.steps().iter().map(|step| {
        let answered = view.incident.steps.get(&(sheet, step.code.to_owned()));
        let fact = match step.does {
            StepEffect::Reads(fact) => facts.get(fact.code()).map(|values| {
                let values: Vec<_> =
                    values.iter().map(|(name, text)| (*name, fact_value(w, name, text).into())).collect();
                w.with(&format!("fact-{}", fact.code()), values)
            }),
            _ => None,
        };
        let action = match step.does {
            StepEffect::Runs(action) => action_of(w, view, action),
            _ => None,
        };
        ShownStep {
            code: step.code,
            question: w.say(&format!("{}-{}", sheet.key(), step.code)),
            is_mandatory: step.is_mandatory,
            fact,
            action,
            chosen: answered.map_or(Answer::Unknown, |given| given.answer).code(),
            answer: answered
                .map(|given| (w.say(given.answer.key()), given.text.clone(), given.by.clone(), given.at)),
        }
    });
    let steps: Vec<ShownStep> = steps.collect();
    let open = steps.iter().filter(|step| step.is_mandatory && step.answer.is_none()).count();
    ShownSheet { code: sheet.code(), name: w.say(sheet.key()), steps, open }
}

/// The page on which an action is done, and can be undone.
fn action_of(
    w: &Localizer,
    view: &IncidentView,
    action: digue_response::sheet::SheetAction,
) -> Option<(String, String)> {
    use digue_response::sheet::SheetAction;
    let id = &view.record.id;
    let target = match (action, view.incident.about.clone().canonical()) {
        (SheetAction::CloseAccount | SheetAction::Reopen, Subject::Account(account)) => {
            format!("/accounts/{account}")
        }
        (SheetAction::CloseAccount, _) => "/accounts".to_owned(),
        (SheetAction::CloseOrganisation | SheetAction::Reopen, Subject::Organisation(organisation)) => {
            format!("/organisations/{organisation}")
        }
        (SheetAction::CloseOrganisation | SheetAction::Reopen, _) => "/organisations".to_owned(),
        (SheetAction::ComputeAffected | SheetAction::Preserve, _) => format!("/incidents/{id}/affected"),
    };
    let code = match action {
        SheetAction::CloseAccount => "close-account",
        SheetAction::CloseOrganisation => "close-organisation",
        SheetAction::ComputeAffected => "compute-affected",
        SheetAction::Preserve => "preserve",
        SheetAction::Reopen => "reopen",
    };
    Some((target, w.coded("sheet-action", code)))
}
