//! Live sessions, with device and network.

use askama::Template;
use axum::extract::State;
use digue_access::Session;
use digue_app::Actor;
use digue_evidence::watch;

use crate::device::device_in_words;
use crate::error::{PageAnswer, PageResponse};
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::table::{
    CellPart, ChipTone, ListAct, ListCell, ListColumn, ListRow, ListTable, RowButton, RowField,
    ShownTable, TableQuery,
};
use crate::view::{Localizer, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    w: Localizer,
    total: usize,
    bound: usize,
    list: ShownTable,
}

fn table(w: &Localizer, actor: &Actor, sessions: &[Session]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    let act = actor.role.can_act().then(|| ListAct {
        target: "/sessions/cut".to_owned(),
        hidden: Vec::new(),
        fields: vec![RowField::reason(w)],
        buttons: vec![RowButton::new(w.say("sessions-cut-chosen"), "danger")],
        usual: None,
        warning: w.say("sessions-cut-warning"),
    });
    ListTable {
        caption: w.say("sessions-title"),
        place: "/sessions".to_owned(),
        file: "/sessions.csv".to_owned(),
        empty: w.say("sessions-none"),
        columns: vec![
            ListColumn::text("account", name("account")),
            ListColumn::choice("organisation", name("organisation")),
            ListColumn::choice("place", name("place")),
            ListColumn::text("opened", name("opened")),
            ListColumn::text("seen", name("seen")),
            ListColumn::text("ip", name("ip")),
            ListColumn::text("device", name("device")),
        ],
        rows: sessions.iter().map(|one| row(w, actor, one)).collect(),
        act,
    }
}

fn row(w: &Localizer, actor: &Actor, one: &Session) -> ListRow {
    let bound = || CellPart::Chip {
        text: w.coded("session", "bound"),
        tone: ChipTone::Good,
    };
    let cells = [
        if actor.role.can_watch() {
            ListCell::account_link(w, &one.account)
        } else {
            ListCell::account(w, &one.account)
        },
        ListCell::organisation(w, &one.organisation),
        ListCell::text(&one.host),
        ListCell::moment(w, one.opened_at),
        ListCell::moment(w, one.seen_at),
        ListCell::text(one.origin.ip),
        ListCell::text(device_in_words(w, &one.origin.agent))
            .filed_as(&one.origin.agent)
            .and_if(one.device.is_some(), bound),
    ];
    // Sessions are cut by account: all of them, so that no other one of a thief stays.
    ListRow::new(&one.account, cells).chosen_by(one.account != actor.account, false)
}

pub(crate) async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let sessions = watch::sessions(&console.app, &actor)?;
    let w = console.words(&visitor);
    Ok(page(&SessionsPage {
        total: sessions.len(),
        bound: sessions.iter().filter(|one| one.device.is_some()).count(),
        list: table(&w, &actor, &sessions).shown(&w, &query),
        w,
    }))
}

pub(crate) async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let sessions = watch::sessions(&console.app, &actor)?;
    let w = Localizer::new(&visitor);
    Ok(table(&w, &actor, &sessions).csv(&query, visitor.language, "sessions"))
}
