//! Break glass: requested on the portal's host, reviewed in the console.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use digue_administration::break_glass::{self, BreakGlassLimits, BreakGlassUse};
use digue_administration::holders::HolderBook;
use digue_app::{Actor, OperationError};
use digue_types::{AccountId, OperatorContact};
use serde::Deserialize;

use digue_pages::error::{PageAnswer, PageError, PageRedirect, PageResponse};
use digue_pages::form::is_local;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ChosenRows, ListAct, ListCell, ListColumn, ListRow, ListTable, RowButton, ShownTable,
    TableQuery,
};
use digue_pages::view::{Localizer, page, query_part};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "break_glass.html")]
struct BreakGlassListPage {
    w: Localizer,
    list: ShownTable,
    waiting: u64,
}

fn table((w, book): (&Localizer, &HolderBook), actor: &Actor, uses: &[BreakGlassUse]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    let act = actor.role.can_review().then(|| ListAct {
        target: "/break-glass/review".to_owned(),
        hidden: Vec::new(),
        fields: Vec::new(),
        buttons: vec![RowButton::new(w.say("break-glass-review"), "main")],
        usual: None,
        warning: String::new(),
    });
    ListTable {
        caption: w.say("break-glass-title"),
        place: "/break-glass".to_owned(),
        file: "/break-glass/list.csv".to_owned(),
        empty: w.say("break-glass-none"),
        columns: vec![
            ListColumn::text("at", name("at")),
            ListColumn::text("until", name("until")),
            ListColumn::text("account", name("account")),
            ListColumn::choice("portal", name("portal")),
            ListColumn::text("justification", name("justification")),
            ListColumn::text("reviewed", name("reviewed")),
        ],
        rows: uses.iter().map(|one| row((w, book), actor, one)).collect(),
        act,
    }
}

fn row((w, book): (&Localizer, &HolderBook), actor: &Actor, one: &BreakGlassUse) -> ListRow {
    let reviewed = match &one.reviewed {
        Some((by, at)) => ListCell::chip(w.coded("break-glass", "reviewed"), ChipTone::Good)
            .and_quiet(format!("{}, {}", w.person(by), w.moment(*at)))
            .filed_as(format!("{by} {at}")),
        None => ListCell::chip(w.say("break-glass-unreviewed"), ChipTone::Watch).filed_as(""),
    };
    let cells = [
        ListCell::moment(w, one.opened_at),
        ListCell::moment(w, one.until),
        ListCell::account_link(w, &one.account).and_quiet(telephone(book, &one.account)),
        ListCell::text(&one.portal),
        ListCell::text(&one.justification),
        reviewed,
    ];
    // Nobody reviews their own use.
    ListRow::new(&one.id, cells).chosen_by(
        one.reviewed.is_none() && one.account != actor.account,
        false,
    )
}

/// Whom to ask about a use; empty where the telephone is not known.
fn telephone(book: &HolderBook, account: &AccountId) -> String {
    let holder = book.of(account);
    holder.map_or_else(String::new, |holder| holder.telephone().to_owned())
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let uses = break_glass::list(&console.app, &actor).await?;
    let w = console.words(&visitor);
    let waiting = uses.iter().filter(|one| one.reviewed.is_none()).count() as u64;
    let book = HolderBook::read(&console.app, &actor).await?;
    let list = table((&w, &book), &actor, &uses).shown(&w, &query);
    Ok(page(&BreakGlassListPage { w, list, waiting }))
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let uses = break_glass::list(&console.app, &actor).await?;
    let w = console.words(&visitor);
    let book = HolderBook::read(&console.app, &actor).await?;
    Ok(table((&w, &book), &actor, &uses).csv(&query, visitor.language, "break-glass"))
}

/// Marks one use as reviewed (`id`), or all chosen ones (`row`, one each).
pub async fn review(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageRedirect {
    let form = ChosenRows::of(pairs);
    for id in form.targets("id")? {
        break_glass::review(&console.app, &actor, id).await?;
    }
    Ok(Redirect::to("/break-glass"))
}

#[derive(Template)]
#[template(path = "break_glass_ask.html")]
struct BreakGlassPage {
    w: Localizer,
    /// For how long and for how many persons, before it is opened.
    limits: String,
    opened: Option<BreakGlassUse>,
    /// Where the reader was refused.
    back: String,
    /// Whom to call when it is not enough, or nobody asked for it.
    contact: Option<OperatorContact>,
}

fn limits_in_words(w: &Localizer, portal: &str, limits: &BreakGlassLimits) -> String {
    let persons = limits.persons.iter().map(|(window, persons)| {
        let values = [
            ("count", (*persons).into()),
            ("shown", w.number(*persons).into()),
            ("window", w.coded("window", window.code()).into()),
        ];
        w.with("break-glass-limit", values)
    });
    let persons: Vec<String> = persons.collect();
    let lasts = w.duration(limits.lasts);
    let values = [
        ("portal", portal.into()),
        ("lasts", lasts.into()),
        ("persons", persons.join(", ").into()),
    ];
    let key = if limits.persons.is_empty() {
        "break-glass-explain-uncounted"
    } else {
        "break-glass-explain"
    };
    w.with(key, values)
}

/// The proof of identity comes before the form, so that no written reason is lost to it.
pub async fn ask(
    State(console): State<Console>,
    visitor: Visitor,
    Query(back): Query<RefusedPage>,
) -> PageResponse {
    let (Some(portal), Some(session)) = (&visitor.portal, &visitor.session) else {
        return Err(PageError::from(OperationError::Denied));
    };
    if console.app.clock().now().since(session.proved_at) > console.app.proof_lasts() {
        return Ok(Redirect::to(&back.sign_in()).into_response());
    }
    let w = Localizer::new(&visitor);
    let limits = break_glass::limits(&console.app, &session.account, portal)?;
    let page = page(&BreakGlassPage {
        limits: limits_in_words(&w, portal.as_str(), &limits),
        opened: None,
        back: back.place().to_owned(),
        contact: console.app.gateway().contact().cloned(),
        w,
    });
    Ok(page.into_response())
}

/// The page that was refused.
#[derive(Deserialize)]
pub struct RefusedPage {
    #[serde(default)]
    next: String,
}

impl RefusedPage {
    /// An address of the same portal; its first page where none is named.
    fn place(&self) -> &str {
        if is_local(&self.next) {
            &self.next
        } else {
            "/"
        }
    }

    /// The sign-in that leads back to the form, which leads back to the page.
    fn sign_in(&self) -> String {
        let form = match self.place() {
            "/" => "/.digue/break-glass".to_owned(),
            place => query_part(&format!("/.digue/break-glass?next={}", query_part(place))),
        };
        format!("/.digue/sign-in?fresh=1&next={form}")
    }
}

#[derive(Deserialize)]
pub struct OpenBreakGlassForm {
    justification: String,
    #[serde(flatten)]
    back: RefusedPage,
}

pub async fn open(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<OpenBreakGlassForm>,
) -> PageAnswer {
    let (Some(portal), Some(session)) = (&visitor.portal, &visitor.session) else {
        return Err(PageError::from(OperationError::Denied));
    };
    let opened = break_glass::open(&console.app, session, portal, &form.justification).await;
    let opened = Some(opened?);
    let w = console.words(&visitor);
    Ok(page(&BreakGlassPage {
        w,
        limits: String::new(),
        opened,
        back: form.back.place().to_owned(),
        contact: console.app.gateway().contact().cloned(),
    }))
}
