//! API keys: the list, requesting one, revoking one.

use askama::Template;
use axum::Form;
use axum::extract::State;
use digue_administration::accounts;
use digue_administration::approvals::{self, ApprovalRequest};
use digue_administration::holders::HolderBook;
use digue_api::acts::key_name;
use digue_app::OperationError;
use digue_identity::keys::{self, ListedKey};
use digue_types::{SessionId, Timestamp};
use serde::Deserialize;

use digue_pages::choices::NameChoices;
use digue_pages::done::{DoneAct, done};
use digue_pages::error::PageResponse;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable, RowButton, RowField, RowForm,
    ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page, with_ceremony};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    w: Localizer,
    list: ShownTable,
    names: NameChoices,
    /// The reader answers for some account.
    may_ask: bool,
    is_fresh: bool,
}

fn table(w: &Localizer, keys: &[ListedKey], now: Timestamp, may_revoke: bool) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    let mut columns = vec![
        ListColumn::text("key", name("key")),
        ListColumn::choice("account", name("account")),
        ListColumn::text("added", name("added")),
        ListColumn::text("until", name("until")),
    ];
    columns.extend(may_revoke.then(|| ListColumn::acts(w.say("keys-revoke"))));
    ListTable {
        caption: w.say("keys-title"),
        place: "/keys".to_owned(),
        file: String::new(),
        empty: w.say("keys-none"),
        rows: keys
            .iter()
            .map(|one| row(w, one, now, may_revoke))
            .collect(),
        columns,
        act: None,
    }
}

fn row(w: &Localizer, one: &ListedKey, now: Timestamp, may_revoke: bool) -> ListRow {
    let mut cells = vec![
        ListCell::text(&one.name).and_quiet(&one.key.id),
        ListCell::account(w, &one.key.account),
        ListCell::moment(w, one.added_at),
        until_cell(w, one.key.expires_at, now),
    ];
    cells.extend(may_revoke.then(|| ListCell::form(revoke_form(w, &one.key.id))));
    ListRow::new(&one.key.id, cells)
}

fn until_cell(w: &Localizer, expires_at: Timestamp, now: Timestamp) -> ListCell {
    ListCell::moment(w, expires_at).and_if(now >= expires_at, || CellPart::Chip {
        text: w.say("approval-expired"),
        tone: ChipTone::Plain,
    })
}

fn revoke_form(w: &Localizer, key: &SessionId) -> RowForm {
    RowForm::to("/keys/revoke")
        .folded(w.say("keys-revoke"))
        .hidden("key", key)
        .field(RowField::reason(w))
        .button(RowButton::new(w.say("account-confirm"), "danger"))
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let keys = keys::list(&console.app, &actor).await?;
    let known = accounts::list(&console.app, &actor).await?;
    let now = console.app.clock().now();
    let may_ask = known.iter().any(|one| one.answers);
    let w = console.words(&visitor);
    let page = page(&KeysPage {
        list: table(&w, &keys, now, may_ask).shown(&w, &query),
        names: NameChoices::of(&w, &HolderBook::read(&console.app, &actor).await?),
        w,
        may_ask,
        is_fresh: now.since(actor.proved_at) <= console.app.proof_lasts(),
    });
    Ok(with_ceremony(page))
}

#[derive(Deserialize)]
pub struct KeyForm {
    account: String,
    name: String,
    public_key: String,
    reason: String,
}

pub async fn ask(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<KeyForm>,
) -> PageResponse {
    let book = HolderBook::read(&console.app, &actor).await?;
    let request = ApprovalRequest::IssueKey {
        account: book.named(&form.account)?,
        proof: keys::parse_public_key(&form.public_key)?,
        name: key_name(&form.name)?,
    };
    approvals::ask(&console.app, &actor, &request, &form.reason).await?;
    Ok(done("/approvals", DoneAct::Requested, form.name.trim()))
}

#[derive(Deserialize)]
pub struct RevokeForm {
    key: String,
    reason: String,
}

pub async fn revoke(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<RevokeForm>,
) -> PageResponse {
    let id = SessionId::parse(&form.key).map_err(|_| OperationError::NotFound("key"))?;
    keys::revoke(&console.app, &actor, &id, &form.reason).await?;
    Ok(done("/keys", DoneAct::KeyRevoked, ""))
}
