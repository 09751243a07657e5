//! Reviews of access: each account with its facts, decided and applied at once.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use digue_access::Role;
use digue_app::files::sha256;
use digue_app::{Actor, App, OperationError};
use digue_casework::typed_form::local_time;
use digue_compliance::isms::reviews::{self, AccessDecision, ReviewView, ReviewedAccount};
use digue_evidence::stored_records::StoredKind;
use digue_types::AccountId;
use serde::Deserialize;

use digue_pages::differences::words_beside;
use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::form::account_named;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ChosenRows, ListAct, ListCell, ListColumn, ListRow, ListTable, RowButton, RowField,
    ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "reviews.html")]
struct ReviewsPage {
    w: Localizer,
    reviews: Vec<ReviewView>,
    may_open: bool,
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let reviews = reviews::list(&console.app, &actor).await?;
    let is_open = reviews.iter().any(|review| !review.is_closed);
    Ok(page(&ReviewsPage {
        may_open: visitor.role.is_some_and(Role::can_govern) && !is_open,
        reviews,
        w: words_beside(&console, &visitor, &[StoredKind::Review], None).await?,
    }))
}

#[derive(Deserialize)]
pub struct OpenReviewForm {
    title: String,
    due: String,
}

pub async fn open(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<OpenReviewForm>,
) -> PageRedirect {
    let due = local_time(&form.due, &console.zone)?;
    let id = reviews::open(&console.app, &actor, &form.title, due).await?;
    Ok(Redirect::to(&format!("/reviews/{id}")))
}

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    w: Localizer,
    review: ReviewView,
    list: ShownTable,
    usual: UsualAccounts,
}

/// The accounts of a review that are as usual and that the reader may decide about, of all its
/// pages.
struct UsualAccounts {
    accounts: Vec<AccountId>,
    /// Of these accounts: what was not shown is not kept.
    digest: String,
    /// Those that the reader has to look at.
    others: usize,
    /// Of these: accounts that something speaks against today.
    doubted: usize,
}

impl UsualAccounts {
    fn of(app: &App, actor: &Actor, review: &ReviewView) -> Self {
        let passkeys = most_have_passkeys(review);
        let open = review.lines.iter().filter(|line| {
            !review.is_closed
                && line.decided.is_none()
                && reviews::may_keep(app, actor, &line.account)
        });
        let (usual, others): (Vec<_>, Vec<_>) = open.partition(|line| is_usual(line, passkeys));
        let mut accounts: Vec<AccountId> = usual.iter().map(|line| line.account.clone()).collect();
        accounts.sort();
        let names: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
        Self {
            digest: sha256(names.join("\n")),
            others: others.len(),
            doubted: others.iter().filter(|line| !line.doubts.is_empty()).count(),
            accounts,
        }
    }
}

async fn found(
    console: &Console,
    visitor: &Visitor,
    id: &str,
) -> Result<ReviewView, OperationError> {
    let all = reviews::list(&console.app, &visitor.actor(&console.app)?).await?;
    all.into_iter()
        .find(|one| one.id == id)
        .ok_or(OperationError::NotFound("review"))
}

/// An account that is like the others, and that nothing speaks against today. Without a passkey it is unlike them once most have one;
/// before, that is the work of the year and not of this review.
fn is_usual(line: &ReviewedAccount, most_have_passkeys: bool) -> bool {
    line.doubts.is_empty()
        && line.facts.as_ref().is_some_and(|facts| {
            !facts.is_beyond_peers
                && !facts.is_suspended
                && facts.last_use.is_some()
                && (facts.passkeys > 0 || !most_have_passkeys)
        })
}

fn most_have_passkeys(review: &ReviewView) -> bool {
    let facts = review.lines.iter().filter_map(|line| line.facts.as_ref());
    let (with, all) = facts.fold((0, 0), |(with, all), facts| {
        (with + usize::from(facts.passkeys > 0), all + 1)
    });
    with * 2 > all
}

fn table(w: &Localizer, actor: &Actor, review: &ReviewView) -> ListTable {
    let may_decide = reviews::may_decide(actor) && !review.is_closed;
    let passkeys = most_have_passkeys(review);
    let mut lines: Vec<&ReviewedAccount> = review.lines.iter().collect();
    // First what speaks against an account today, then what a reviewer has to think about. Of these `None` comes first: the accounts that were
    // never used.
    lines.sort_by_key(|line| {
        let last_use = line.facts.as_ref().and_then(|facts| facts.last_use);
        let is_doubted = !line.doubts.is_empty();
        let is_usual = is_usual(line, passkeys);
        (line.decided.is_some(), !is_doubted, is_usual, last_use)
    });
    ListTable {
        caption: w.say("reviews-title"),
        place: format!("/reviews/{}", review.id),
        file: format!("/reviews/{}/lines.csv", review.id),
        empty: w.say("reviews-none"),
        columns: vec![
            ListColumn::text("account", w.say("column-account")),
            ListColumn::choice("organisation", w.say("column-organisation")),
            ListColumn::text("used", w.say("reviews-last-use")),
            ListColumn::number("persons", w.say("reviews-persons")),
            ListColumn::choice("facts", w.say("reviews-facts")),
            ListColumn::choice("state", w.say("column-state")),
            ListColumn::file("by", w.say("column-by")),
            ListColumn::file("reason", w.say("column-reason")),
        ],
        rows: lines
            .into_iter()
            .map(|line| {
                let is_open = may_decide && line.decided.is_none() && line.account != actor.account;
                row(w, line).chosen_by(is_open, is_open && is_usual(line, passkeys))
            })
            .collect(),
        act: may_decide.then(|| decide_chosen(w, review)),
    }
}

/// The decision on all chosen accounts.
fn decide_chosen(w: &Localizer, review: &ReviewView) -> ListAct {
    let button = |code: &'static str, key: &str, style: &'static str| {
        RowButton::sending("decision", code, w.say(key), style)
    };
    ListAct {
        target: format!("/reviews/{}", review.id),
        hidden: Vec::new(),
        fields: vec![RowField::text("reason", w.say("column-reason"), 0, 500)],
        buttons: vec![
            button("keep", "reviews-keep-chosen", "main"),
            button("suspend", "reviews-suspend-chosen", "danger"),
        ],
        usual: Some(w.say("reviews-choose-usual")),
        warning: w.say("reviews-chosen-explain"),
    }
}

fn row(w: &Localizer, line: &ReviewedAccount) -> ListRow {
    let (by, reason) = match &line.decided {
        Some(decided) => (decided.by.as_str(), decided.reason.as_str()),
        None => ("", ""),
    };
    let [account, used, persons] = account_cells(w, line);
    let cells = [
        account,
        ListCell::organisation(w, &line.organisation),
        used,
        persons,
        facts(w, line),
        decision_cell(w, line),
        ListCell::account(w, by),
        ListCell::text(reason),
    ];
    ListRow::new(&line.account, cells)
}

fn unreadable(w: &Localizer) -> ListCell {
    ListCell::chip(w.say("stored-unreadable"), ChipTone::Bad)
}

/// The account with its role, its last use, and the persons that it showed.
fn account_cells(w: &Localizer, line: &ReviewedAccount) -> [ListCell; 3] {
    let account = ListCell::account(w, &line.account);
    let Some(facts) = &line.facts else {
        return [account, unreadable(w), unreadable(w)];
    };
    let used = match facts.used_at() {
        Some(at) => ListCell::date(w, at),
        None => never_used(w),
    };
    let account = account.and_quiet(w.coded("role", &facts.role));
    [account, used, ListCell::number(w, facts.persons)]
}

fn never_used(w: &Localizer) -> ListCell {
    ListCell::chip(w.say("reviews-never"), ChipTone::Bad)
        .sorted(0)
        .filed_as("")
}

fn decision_cell(w: &Localizer, line: &ReviewedAccount) -> ListCell {
    let Some(decided) = &line.decided else {
        return ListCell::chip(w.say("reviews-undecided"), ChipTone::Watch).filed_as("");
    };
    let code = decided.what.map(AccessDecision::code);
    let filed = code.map_or_else(|| w.say("stored-unreadable"), str::to_owned);
    let tone = if decided.what == Some(AccessDecision::Keep) {
        ChipTone::Good
    } else {
        ChipTone::Bad
    };
    let why = [w.person(&decided.by).as_str(), decided.reason.as_str()].join(" ");
    ListCell::chip(w.maybe_coded("reviews-decision", code), tone)
        .and_quiet(why.trim())
        .filed_as(filed)
}

/// What about an account is unlike the others.
fn facts(w: &Localizer, line: &ReviewedAccount) -> ListCell {
    let Some(facts) = &line.facts else {
        return unreadable(w);
    };
    let unlike = [
        (facts.is_beyond_peers, w.say("reviews-beyond")),
        (facts.passkeys == 0, w.say("reviews-without-passkey")),
        (
            facts.is_suspended,
            w.coded("reviews-decision", AccessDecision::Suspend.code()),
        ),
    ];
    let doubts = line.doubts.iter();
    let doubts = doubts.map(|doubt| (w.say(doubt.key()), ChipTone::Bad));
    let unlike = unlike.into_iter().filter(|(is, _)| *is);
    let mut chips = doubts.chain(unlike.map(|(_, chip)| (chip, ChipTone::Watch)));
    let first = chips.next().map_or_else(
        || ListCell::chip(w.say("reviews-usual"), ChipTone::Plain),
        |(first, tone)| ListCell::chip(first, tone),
    );
    chips.fold(first, |cell, (chip, tone)| cell.and_chip(chip, tone))
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    query: TableQuery,
) -> PageAnswer {
    let review = found(&console, &visitor, &id).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Review], Some(&id)).await?;
    let list = table(&w, &actor, &review).shown(&w, &query);
    let usual = UsualAccounts::of(&console.app, &actor, &review);
    let page = page(&ReviewPage {
        list,
        review,
        usual,
        w,
    });
    Ok(page)
}

pub async fn show_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    query: TableQuery,
) -> PageResponse {
    let review = found(&console, &visitor, &id).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Review], Some(&id)).await?;
    Ok(table(&w, &actor, &review).csv_beside(&query, &w, "review"))
}

/// Decides about one account (`account`), about all chosen ones (`row`, one each), or about all that
/// are as usual (`usual`, the digest of those that were shown), in the same way.
pub async fn decide(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageRedirect {
    let form = ChosenRows::of(pairs);
    let decision = form.value("decision").and_then(AccessDecision::parse);
    let decision = decision.ok_or(OperationError::Invalid("incident-refused-value"))?;
    let accounts = match form.value("usual") {
        Some(digest) => {
            let usual =
                UsualAccounts::of(&console.app, &actor, &found(&console, &visitor, &id).await?);
            // One of them was decided by another since, or a finding came.
            if usual.digest != digest || decision != AccessDecision::Keep {
                return Err(OperationError::Conflict.into());
            }
            usual.accounts
        }
        // Every name is read before the first decision.
        None => {
            let named = form.targets("account")?.into_iter().map(account_named);
            named.collect::<Result<Vec<_>, _>>()?
        }
    };
    let what = (decision, form.reason());
    reviews::decide(&console.app, &actor, &id, &accounts, what).await?;
    Ok(Redirect::to(&format!("/reviews/{id}")))
}
