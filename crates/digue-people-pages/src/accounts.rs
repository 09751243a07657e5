//! The accounts that a visitor oversees.

use askama::Template;
use axum::Form;
use axum::extract::State;
use digue_administration::accounts::{self, OverseenAccount};
use digue_administration::holders::HolderBook;
use digue_app::Actor;
use digue_evidence::stored_records::StoredKind;
use digue_identity::providers;
use digue_types::Gate;
use serde::Deserialize;

use digue_pages::differences::words_beside;
use digue_pages::done::{DoneAct, done};
use digue_pages::error::{PageAnswer, PageError, PageResponse};
use digue_pages::form::account_named;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable, RowButton, RowField, RowForm,
    ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    w: Localizer,
    list: ShownTable,
    total: usize,
    suspended: usize,
    without_passkey: usize,
}

/// What the reader may do with accounts, beside what each account says itself.
struct AccountActs {
    /// The journal's pages about an account are for officers.
    watches: bool,
    /// Identities of external providers may be linked.
    has_providers: bool,
    /// 24 hours ago, for the form of a recovery.
    yesterday: String,
    /// Who holds them.
    book: HolderBook,
}

fn table(w: &Localizer, known: &[OverseenAccount], acts: &AccountActs) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("accounts-title"),
        place: "/accounts".to_owned(),
        file: "/accounts.csv".to_owned(),
        empty: w.say("accounts-none"),
        columns: vec![
            ListColumn::text("account", name("account")),
            ListColumn::text("holder", name("holder")),
            ListColumn::text("organisation", name("organisation")),
            ListColumn::choice("role", name("role")),
            ListColumn::choice("state", name("state")),
            ListColumn::number("passkeys", name("passkeys")),
            ListColumn::file("identities", name("identities")),
            ListColumn::number("sessions", name("sessions")),
            ListColumn::acts(w.say("account-act")),
        ],
        rows: known.iter().map(|one| row(w, one, acts)).collect(),
        act: None,
    }
}

fn row(w: &Localizer, one: &OverseenAccount, acts: &AccountActs) -> ListRow {
    let account = &one.account;
    let forms = acts_of(w, one, acts)
        .into_iter()
        .fold(ListCell::empty(), ListCell::and_form);
    let cells = [
        ListCell::link_if(acts.watches, format!("/accounts/{account}"), account),
        holder_cell(w, one, acts),
        ListCell::text(acts.book.organisation(&one.record.organisation))
            .filed_as(&one.record.organisation),
        ListCell::text(w.coded("role", one.record.role.code())),
        state_cell(w, one).and_quiet(reduced(w, one)),
        passkeys_cell(w, one),
        ListCell::text(one.identities),
        ListCell::number(w, one.sessions),
        forms,
    ];
    ListRow::new(account, cells)
}

/// For how long its limits are reduced, in words; empty where they are not.
fn reduced(w: &Localizer, one: &OverseenAccount) -> String {
    one.reduction
        .as_ref()
        .map_or_else(String::new, |reduction| {
            let values = [
                ("percent", reduction.percent.into()),
                ("at", w.moment(reduction.until).into()),
            ];
            w.with("account-reduced", values)
        })
}

/// The passkeys, and what else opens the account.
fn passkeys_cell(w: &Localizer, one: &OverseenAccount) -> ListCell {
    ListCell::number(w, one.passkeys)
        .and_if(one.has_password, || {
            CellPart::Quiet(w.say("account-password"))
        })
        .and_if(one.identities > 0, || {
            CellPart::Quiet(w.say("account-identity"))
        })
}

/// Name and telephone, or that they are not known, with the form to write them.
fn holder_cell(w: &Localizer, one: &OverseenAccount, acts: &AccountActs) -> ListCell {
    let holder = acts
        .book
        .of(&one.account)
        .filter(|holder| holder.written.is_some());
    let place = format!("/accounts/{}/holder", one.account);
    match &holder {
        Some(holder) => {
            ListCell::link_if(one.answers, place, holder.name()).and_telephone(holder.telephone())
        }
        None if one.answers => ListCell::empty().and(CellPart::Link {
            place,
            text: w.say("holder-write"),
        }),
        None => ListCell::empty().and_quiet(w.say("holder-unknown")),
    }
}

fn acts_of(w: &Localizer, one: &OverseenAccount, acts: &AccountActs) -> Vec<RowForm> {
    let mut forms = Vec::new();
    if one.is_quarantined && one.may_hand_over {
        forms.push(invite_form(w, one));
    }
    if one.is_quarantined && one.may_confirm {
        forms.push(confirm_form(w, one));
    }
    if one.may_change {
        forms.push(suspend_form(w, one));
    }
    if acts.has_providers && one.answers && !one.is_quarantined && !one.record.is_suspended {
        forms.push(identity_form(w, one));
    }
    if one.answers {
        forms.push(recover_form(w, one, &acts.yesterday));
    }
    forms
}

/// A form about the account, without fields and buttons; `fold` is the key of the word that unfolds
/// it, or empty.
fn form_about(w: &Localizer, one: &OverseenAccount, target: &str, fold: &str) -> RowForm {
    let form = RowForm::to(target).hidden("account", &one.account);
    match fold {
        "" => form,
        key => form.folded(w.say(key)),
    }
}

/// What a button says to a screen reader: the act, and upon which account.
fn aloud(w: &Localizer, one: &OverseenAccount, key: &str) -> String {
    w.with1(key, "account", &one.account)
}

fn confirm_button(w: &Localizer, style: &'static str) -> RowButton {
    RowButton::new(w.say("account-confirm"), style)
}

fn reason_field(w: &Localizer) -> RowField {
    RowField::text("reason", w.say("account-reason"), 5, 500)
}

fn invite_form(w: &Localizer, one: &OverseenAccount) -> RowForm {
    let invite = RowButton::new(w.say("account-invite"), "plain");
    let form = form_about(w, one, "/accounts/invite", "").button(invite.aloud(aloud(
        w,
        one,
        "account-invite-named",
    )));
    if !one.may_mail {
        return form;
    }
    let mail = RowButton::sending("mail", "1", w.say("account-mail"), "plain");
    form.button(mail.aloud(aloud(w, one, "account-mail-named")))
}

fn confirm_form(w: &Localizer, one: &OverseenAccount) -> RowForm {
    form_about(w, one, "/accounts/confirm", "account-confirm-identity")
        .field(RowField::text("code", w.say("account-confirm-code"), 8, 12))
        .field(RowField::text("how", w.say("account-confirm-how"), 5, 500))
        .button(confirm_button(w, "main"))
}

/// Suspends the account, or resumes a suspended one.
fn suspend_form(w: &Localizer, one: &OverseenAccount) -> RowForm {
    let form = |fold, suspended: &str, style| {
        form_about(w, one, "/accounts/suspend", fold)
            .hidden("suspended", suspended)
            .field(reason_field(w))
            .button(confirm_button(w, style))
    };
    if one.record.is_suspended {
        form("account-resume", "0", "main")
    } else {
        form("account-suspend", "1", "danger").explained(w.say("account-suspend-explain"))
    }
}

fn identity_form(w: &Localizer, one: &OverseenAccount) -> RowForm {
    let invite = RowButton::new(w.say("identity-invite"), "plain");
    form_about(w, one, "/accounts/identity", "").button(invite.aloud(aloud(
        w,
        one,
        "identity-invite-named",
    )))
}

fn recover_form(w: &Localizer, one: &OverseenAccount, yesterday: &str) -> RowForm {
    let (since, yesterday) = (w.say("account-since"), yesterday.to_owned());
    form_about(w, one, "/approvals/recover", "account-recover")
        .explained(w.say("account-recover-explain"))
        .field(RowField::moment("since", since, yesterday))
        .field(reason_field(w))
        .button(RowButton::new(w.say("account-recover-ask"), "danger"))
}

async fn acts_for(
    console: &Console,
    actor: &Actor,
    w: &Localizer,
) -> Result<AccountActs, PageError> {
    let yesterday = console
        .app
        .clock()
        .now()
        .minus(std::time::Duration::from_hours(24));
    Ok(AccountActs {
        book: HolderBook::read(&console.app, actor).await?,
        watches: actor.role.can_watch(),
        has_providers: !providers::for_accounts(&console.app).is_empty(),
        yesterday: w.form_time(yesterday),
    })
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageAnswer {
    let me = visitor.actor(&console.app)?;
    let known = accounts::list(&console.app, &me).await?;
    let w = words_beside(
        &console,
        &visitor,
        &[StoredKind::Account, StoredKind::Holder, StoredKind::Gate],
        None,
    )
    .await?;
    let acts = acts_for(&console, &me, &w).await?;
    Ok(page(&AccountsPage {
        total: known.len(),
        suspended: known.iter().filter(|one| one.record.is_suspended).count(),
        without_passkey: known.iter().filter(|one| one.passkeys == 0).count(),
        list: table(&w, &known, &acts).shown(&w, &query),
        w,
    }))
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let known = accounts::list(&console.app, &actor).await?;
    let w = Localizer::new(&visitor);
    let acts = acts_for(&console, &actor, &w).await?;
    Ok(table(&w, &known, &acts).csv(&query, visitor.language, "accounts"))
}

/// The state of an account, in words and colour.
pub(crate) fn state_cell(w: &Localizer, one: &OverseenAccount) -> ListCell {
    ListCell::chip(w.say(state_of(one)), tone_of(one)).and_if(one.is_quarantined, || {
        CellPart::Chip {
            text: w.say("account-quarantined"),
            tone: ChipTone::Watch,
        }
    })
}

const fn tone_of(one: &OverseenAccount) -> ChipTone {
    match (one.record.is_suspended, one.gate) {
        (true, _) | (false, Gate::Closed) => ChipTone::Bad,
        (false, Gate::Open) => ChipTone::Good,
        (false, Gate::StepUp | Gate::CaseloadOnly) => ChipTone::Watch,
    }
}

/// The state of the account, as a locale key.
fn state_of(one: &OverseenAccount) -> &'static str {
    match (one.record.is_suspended, one.gate) {
        (true, _) => "account-suspended",
        (false, Gate::Open) => "account-active",
        (false, Gate::Closed) => "access-closed",
        (false, Gate::StepUp) => "access-step-up",
        (false, Gate::CaseloadOnly) => "access-caseload-only",
    }
}

#[derive(Deserialize)]
pub struct SuspendForm {
    account: String,
    suspended: u8,
    reason: String,
}

pub async fn suspend(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<SuspendForm>,
) -> PageResponse {
    let account = account_named(&form.account)?;
    let (app, is_suspended) = (&console.app, form.suspended == 1);
    accounts::set_suspended(app, &actor, &account, is_suspended, &form.reason).await?;
    let act = if is_suspended {
        DoneAct::Suspended
    } else {
        DoneAct::Resumed
    };
    Ok(done("/accounts", act, &account))
}
