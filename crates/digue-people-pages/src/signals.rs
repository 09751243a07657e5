//! Events from identity providers: how each stream stands, what came, and what waits for a person.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use digue_app::OperationError;
use digue_shared_signals::overview::{
    self, SignalView, SignalsOverview, StreamStanding, StreamView, WaitingSignal,
};
use digue_shared_signals::{SignalEvent, SignalOutcome, WaitingDecision};
use serde::Deserialize;

use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "signals.html")]
struct SignalsPage {
    w: Localizer,
    streams: ShownTable,
    events: ShownTable,
    /// Absent where every subject was known.
    unknown: Option<ShownTable>,
    waiting: Option<WaitingPart>,
    is_configured: bool,
}

/// What waits for a person.
struct WaitingPart {
    list: ShownTable,
    count: usize,
    shown: usize,
    digest: String,
    may_decide: bool,
    is_fresh: bool,
}

fn stream_table(w: &Localizer, streams: &[StreamView]) -> ListTable {
    ListTable {
        caption: w.say("signals-streams"),
        place: "/signals".to_owned(),
        file: String::new(),
        empty: w.say("signals-none"),
        columns: vec![
            ListColumn::text("name", w.say("column-name")),
            ListColumn::choice("state", w.say("column-state")),
            ListColumn::text("heard", w.say("signals-heard")),
            ListColumn::number("taken", w.say("signals-taken")),
            ListColumn::number("unknown", w.say("signals-unknown-count")),
            ListColumn::number("refused", w.say("signals-refused")),
        ],
        rows: streams.iter().map(|stream| stream_row(w, stream)).collect(),
        act: None,
    }
}

const fn tone(standing: StreamStanding) -> ChipTone {
    match standing {
        StreamStanding::Failing | StreamStanding::Stopped => ChipTone::Bad,
        StreamStanding::Unheard => ChipTone::Watch,
        StreamStanding::Heard => ChipTone::Good,
    }
}

fn stream_row(w: &Localizer, stream: &StreamView) -> ListRow {
    let way = match stream.is_push {
        true => "signals-push",
        false => "signals-poll",
    };
    let standing = ListCell::chip(w.say(stream.standing.key()), tone(stream.standing))
        .and_quiet(match (stream.failing_since, stream.verified_at) {
            (Some(since), _) => w.with1("signals-failing-since", "at", w.moment(since)),
            (None, Some(at)) => w.with1("signals-verified", "at", w.moment(at)),
            (None, None) => String::new(),
        })
        .filed_as(stream.standing.code());
    let refused = ListCell::number(w, stream.refused);
    let refused = match &stream.refusal {
        Some((at, why)) => refused.and_quiet(format!("{} {}", w.say(why.key()), w.moment(*at))),
        None => refused,
    };
    let cells = [
        ListCell::text(&stream.name).and_quiet(format!("{} {}", stream.issuer, w.say(way))),
        standing,
        stream.heard_at.map_or_else(
            || ListCell::text(w.say("signals-never")),
            |at| ListCell::moment(w, at),
        ),
        ListCell::number(w, stream.taken),
        ListCell::number(w, stream.unknown_subjects),
        refused,
    ];
    let needs_a_person = match stream.standing {
        StreamStanding::Failing | StreamStanding::Stopped => true,
        StreamStanding::Unheard | StreamStanding::Heard => false,
    };
    ListRow::new(&stream.name, cells).marked(needs_a_person)
}

fn event_table(w: &Localizer, caption: &str, events: &[SignalView]) -> ListTable {
    ListTable {
        caption: w.say(caption),
        place: "/signals".to_owned(),
        file: "/signals.csv".to_owned(),
        empty: w.say("signals-nothing"),
        columns: vec![
            ListColumn::text("at", w.say("column-at")),
            ListColumn::choice("stream", w.say("signals-stream")),
            ListColumn::choice("event", w.say("signals-event")),
            ListColumn::text("account", w.say("column-account")),
            ListColumn::choice("outcome", w.say("signals-outcome")),
        ],
        rows: events.iter().map(|event| event_row(w, event)).collect(),
        act: None,
    }
}

fn event_row(w: &Localizer, event: &SignalView) -> ListRow {
    let cells = [
        ListCell::moment(w, event.taken_at),
        ListCell::text(&event.stream),
        ListCell::text(event_words(w, &event.event)).filed_as(&event.event),
        subject_cell(w, event),
        ListCell::chip(w.say(event.outcome.key()), outcome_tone(event.outcome))
            .filed_as(event.outcome.code()),
    ];
    let id = format!("{} {} {}", event.taken_at, event.stream, event.event);
    ListRow::new(id, cells)
}

/// An event in words; one that Digue does not know by the name that its provider gives it.
fn event_words(w: &Localizer, name: &str) -> String {
    match SignalEvent::parse(name) {
        Some(event) => w.say(event.key()),
        None => w.with1("signals-other-event", "name", name),
    }
}

fn subject_cell(w: &Localizer, event: &SignalView) -> ListCell {
    match (&event.account, event.outcome) {
        (Some(account), _) => ListCell::account(w, account),
        (None, SignalOutcome::UnknownSubject) => ListCell::text(&event.subject),
        (None, _) if event.accounts > 0 => {
            ListCell::text(w.counted("signals-accounts", event.accounts))
        }
        (None, _) => ListCell::empty(),
    }
}

const fn outcome_tone(outcome: SignalOutcome) -> ChipTone {
    match outcome {
        SignalOutcome::Closed | SignalOutcome::Cut => ChipTone::Bad,
        SignalOutcome::Held | SignalOutcome::Requested | SignalOutcome::UnknownSubject => {
            ChipTone::Watch
        }
        SignalOutcome::Stream
        | SignalOutcome::NotHandled
        | SignalOutcome::Unchanged
        | SignalOutcome::Withdrawn => ChipTone::Plain,
    }
}

fn waiting_table(w: &Localizer, waiting: &[WaitingSignal]) -> ListTable {
    let row = |one: &WaitingSignal| {
        let cells = [
            ListCell::account(w, &one.account),
            ListCell::text(w.say(one.change.key())).filed_as(one.change.code()),
            ListCell::text(event_words(w, &one.event)).and_quiet(&one.stream),
            ListCell::moment(w, one.since),
        ];
        ListRow::new(&one.account, cells)
    };
    ListTable {
        caption: w.say("signals-waiting"),
        place: "/signals".to_owned(),
        file: String::new(),
        empty: w.say("signals-nothing"),
        columns: vec![
            ListColumn::text("account", w.say("column-account")),
            ListColumn::choice("change", w.say("directory-change")),
            ListColumn::text("event", w.say("signals-event")),
            ListColumn::text("since", w.say("directory-since")),
        ],
        rows: waiting.iter().map(row).collect(),
        act: None,
    }
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let found = overview::overview(&console.app, &actor).await?;
    let w = console.words(&visitor);
    let age = console.app.clock().now().since(actor.proved_at);
    let is_fresh = age <= console.app.proof_lasts();
    let all = TableQuery::default();
    Ok(page(&SignalsPage {
        streams: stream_table(&w, &found.streams).shown(&w, &all),
        events: event_table(&w, "signals-events", &found.events).shown(&w, &query),
        unknown: (!found.unknown.is_empty())
            .then(|| event_table(&w, "signals-unknown", &found.unknown).shown(&w, &all)),
        waiting: waiting_part(&w, &found, actor.role.can_act(), is_fresh),
        is_configured: !found.streams.is_empty(),
        w,
    }))
}

fn waiting_part(
    w: &Localizer,
    found: &SignalsOverview,
    may_decide: bool,
    is_fresh: bool,
) -> Option<WaitingPart> {
    (!found.waiting.is_empty()).then(|| WaitingPart {
        list: waiting_table(w, &found.waiting).shown(w, &TableQuery::default()),
        count: found.waiting_count,
        shown: found.waiting.len(),
        digest: found.digest.clone(),
        may_decide,
        is_fresh,
    })
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let found = overview::overview(&console.app, &actor).await?;
    let w = console.words(&visitor);
    let table = event_table(&w, "signals-events", &found.events);
    Ok(table.csv(&query, visitor.language, "signals"))
}

#[derive(Deserialize)]
pub struct DecisionForm {
    digest: String,
    decision: String,
}

/// Does what the providers asked for, or leaves the accounts as they are.
pub async fn decide(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<DecisionForm>,
) -> PageRedirect {
    let decision = match form.decision.as_str() {
        "agree" => WaitingDecision::Agree,
        "refuse" => WaitingDecision::Refuse,
        _ => return Err(OperationError::NotFound("decision").into()),
    };
    digue_shared_signals::decide(&console.app, &actor, &form.digest, decision).await?;
    Ok(Redirect::to("/signals"))
}
