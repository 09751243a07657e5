//! Incidents: the list, and one incident with its clocks, its log and its checklists.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use digue_access::Role;
use digue_administration::holders::HolderBook;
use digue_app::{OperationError, gates};
use digue_casework::incidents::{self, IncidentView};
use digue_evidence::stored_records::StoredKind;
use digue_response::incident::{EntryKind, IncidentTask, Source, ToldState};
use digue_response::notification::Field;
use digue_response::{IncidentEntry, IncidentNote, IncidentState};
use digue_types::{Gate, OrganisationId, Subject, Timestamp};
use serde::Deserialize;

use crate::choices::NameChoices;
use crate::differences::words_beside;
use crate::error::{PageAnswer, PageRedirect, PageResponse};
use crate::response::incident_head::{IncidentHead, SavedNotice, ShownClock, shown_clocks};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::table::{ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery};
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

/// One incident in the list.
struct IncidentLine {
    id: String,
    reference: String,
    title: String,
    state: ToldState,
    opened_at: Timestamp,
    persons: Option<u64>,
    /// The nearest duty that is not met.
    next: Option<ShownClock>,
}

#[derive(Template)]
#[template(path = "incidents.html")]
struct IncidentsPage {
    w: Localizer,
    list: ShownTable,
    /// Accounts and organisations for the form.
    names: NameChoices,
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
        state: view.incident.told_state(),
        opened_at: view.record.opened_at,
        persons: persons_of(view),
        next: shown_clocks(w, view)
            .into_iter()
            .find(|shown| !shown.is_met && !view.incident.is_closed()),
    };
    views.iter().map(line).collect()
}

/// The persons of the register's row: what a person declared, else what was computed.
fn persons_of(view: &IncidentView) -> Option<u64> {
    let declared = view.incident.fields.get(&Field::PersonCount);
    let declared = declared.and_then(|field| field.what.first()?.parse().ok());
    declared.or_else(|| view.incident.affected().map(|version| version.persons))
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let views = incidents::list(&console.app, &actor).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Incident], None).await?;
    let lines = lines(&w, &views);
    Ok(page(&IncidentsPage {
        open: views
            .iter()
            .filter(|view| !view.incident.is_closed())
            .count(),
        late: lines
            .iter()
            .filter(|line| line.next.as_ref().is_some_and(|next| next.is_late))
            .count(),
        list: table(&w, &lines).shown(&w, &query),
        may_write: visitor.role.is_some_and(Role::can_respond),
        sources: vec![Source::Person.code(), Source::Partner.code()],
        names: NameChoices::of(&w, &HolderBook::read(&console.app, &actor).await?),
        w,
    }))
}

fn table(w: &Localizer, lines: &[IncidentLine]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("incidents-title"),
        place: "/incidents".to_owned(),
        file: "/incidents.csv".to_owned(),
        empty: w.say("incidents-none"),
        columns: vec![
            ListColumn::text("reference", name("reference")),
            ListColumn::text("title", name("title")),
            ListColumn::choice("state", name("state")),
            ListColumn::text("opened", name("opened")),
            ListColumn::number("persons", name("persons")),
            ListColumn::text("next", name("next")),
            ListColumn::file("due", name("due")),
        ],
        rows: lines.iter().map(|line| row(w, line)).collect(),
        act: None,
    }
}

const fn tone_of(state: ToldState) -> ChipTone {
    match state {
        ToldState::TheftConfirmed
        | ToldState::Entered(IncidentState::Suspected | IncidentState::Confirmed) => ChipTone::Bad,
        ToldState::Entered(IncidentState::Contained) => ChipTone::Watch,
        ToldState::Entered(IncidentState::Resolved) => ChipTone::Good,
        ToldState::Entered(IncidentState::Dismissed) => ChipTone::Plain,
    }
}

fn row(w: &Localizer, line: &IncidentLine) -> ListRow {
    let next = match &line.next {
        Some(next) => {
            let tone = if next.is_late {
                ChipTone::Bad
            } else {
                ChipTone::Plain
            };
            ListCell::text(w.coded("clock", next.code)).and_chip(next.left.clone(), tone)
        }
        None => ListCell::empty(),
    };
    let due = line.next.as_ref().and_then(|next| next.clock.due_at);
    let cells = [
        ListCell::link(format!("/incidents/{}", line.id), &line.reference),
        ListCell::text(&line.title),
        ListCell::chip(
            w.coded("incident-state", line.state.code()),
            tone_of(line.state),
        ),
        ListCell::moment(w, line.opened_at),
        line.persons
            .map_or_else(ListCell::empty, |persons| ListCell::number(w, persons)),
        next.sorted(due.map_or(i64::MAX, Timestamp::micros)),
        due.map_or_else(ListCell::empty, ListCell::text),
    ];
    ListRow::new(&line.id, cells).marked(line.next.as_ref().is_some_and(|next| next.is_late))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let views = incidents::list(&console.app, &actor).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Incident], None).await?;
    Ok(table(&w, &lines(&w, &views)).csv_beside(&query, &w, "incidents"))
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
) -> PageRedirect {
    let source = Source::parse(&form.source).unwrap_or(Source::Person);
    let about = match (form.account.trim(), form.organisation.trim()) {
        ("", "") => Subject::Nothing,
        ("", organisation) => {
            let book = HolderBook::read(&console.app, &actor).await?;
            let named = book.organisations_named(organisation)?;
            match <[OrganisationId; 1]>::try_from(named) {
                Ok([organisation]) => organisation.into(),
                Err(_) => {
                    return Err(OperationError::Invalid("invalid-organisation-several").into());
                }
            }
        }
        (account, _) => HolderBook::read(&console.app, &actor)
            .await?
            .named(account)?
            .into(),
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
    head: IncidentHead,
    view: IncidentView,
    next_states: Vec<&'static str>,
    /// The claims: done, due and not done, each with its act.
    claims: Vec<String>,
    log: Vec<ShownEntry>,
    kinds: Vec<&'static str>,
    tasks: Vec<IncidentTask>,
    /// What can be reopened in steps: the subject, and its closed gate.
    /// As (subject, words).
    shut: Vec<(Subject, String)>,
    gates: Vec<&'static str>,
    /// The times, and the delay since the previous one.
    moments: Vec<(&'static str, Option<Timestamp>, String)>,
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Query(saved): Query<SavedNotice>,
) -> PageAnswer {
    let view = incidents::view(&console.app, &actor, &id).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Incident], Some(&id)).await?;
    let head = IncidentHead::new(&console, &actor, &w, &view, (None, &saved)).await?;
    let log = view
        .entries
        .iter()
        .rev()
        .map(|entry| logged(&w, &view, entry))
        .collect();
    let tasks = view.incident.tasks.clone();
    let shut = gates::shut_gates(&console.app, &actor).await?;
    let shut = shut.iter().map(|gate| gate.reach.subject());
    let about = Some(view.incident.about.clone()).filter(|about| !about.is_nothing());
    let mut shut: Vec<Subject> = about.into_iter().chain(shut).collect();
    shut.sort();
    shut.dedup();
    let shut = shut
        .into_iter()
        .map(|subject| (subject.clone(), w.reader().named(&subject)));
    Ok(page(&IncidentPage {
        shut: shut.collect(),
        gates: [Gate::CaseloadOnly, Gate::StepUp, Gate::Open]
            .map(Gate::code)
            .to_vec(),
        next_states: next_states(view.incident.state()),
        claims: w.reader().claims_with_sources(&view),
        log,
        kinds: EntryKind::ALL.iter().map(|kind| kind.code()).collect(),
        tasks,
        moments: moments(&w, &view),
        head,
        view,
        w,
    }))
}

/// The states that the short form offers. An end is not among them: it has a page of its own, with
/// what is still open and the reasons for it.
fn next_states(state: IncidentState) -> Vec<&'static str> {
    let next: &[IncidentState] = match state {
        IncidentState::Suspected => &[
            IncidentState::Confirmed,
            IncidentState::Contained,
            IncidentState::Dismissed,
        ],
        IncidentState::Confirmed => &[IncidentState::Contained, IncidentState::Dismissed],
        IncidentState::Contained => &[IncidentState::Confirmed, IncidentState::Dismissed],
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
            // Access may have ended before anyone at the operator knew.
            (Some(last), Some(at)) if at >= last => {
                w.with1("moment-after", "time", w.duration(at.since(last)))
            }
            _ => String::new(),
        };
        last = at.max(last);
        (name, at, since)
    });
    moments.collect()
}

fn logged(w: &Localizer, view: &IncidentView, entry: &IncidentEntry) -> ShownEntry {
    let (kind, text) = w.reader().entry(&entry.note);
    ShownEntry {
        kind,
        text,
        corrected: view
            .incident
            .corrections
            .get(&entry.number)
            .cloned()
            .unwrap_or_default(),
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
