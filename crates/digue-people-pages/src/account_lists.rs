//! The lists of one account's page: persons, consultations, acts. One of them is shown at a time.

use digue_evidence::watch::AccountView;
use digue_types::{AccountId, Administration, Outcome, PersonRef, RefusalReason, Timestamp, lists};

use digue_pages::table::{CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable};
use digue_pages::view::Localizer;

lists! {
    /// What the page of an account lists.
    #[derive(Default)]
    AccountHistory "account-list" {
        #[default]
        Persons "persons",
        Exposures "exposures",
        Acts "acts",
    }
}

/// Persons that the account was shown.
pub(crate) fn persons(
    w: &Localizer,
    account: &AccountId,
    persons: &[(PersonRef, u32, Timestamp)],
) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("account-persons-title"),
        place: format!("/accounts/{account}"),
        file: format!("/accounts/{account}/persons.csv"),
        empty: w.say("account-persons-none"),
        columns: vec![
            ListColumn::text("person", name("person")),
            ListColumn::number("times", name("times")),
            ListColumn::text("last", name("last")),
        ],
        rows: persons.iter().map(|one| person_row(w, one)).collect(),
        act: None,
    }
}

fn person_row(w: &Localizer, (person, times, at): &(PersonRef, u32, Timestamp)) -> ListRow {
    let cells = [
        ListCell::link(format!("/persons?person={}", w.query(person)), person),
        ListCell::number(w, *times),
        ListCell::moment(w, *at),
    ];
    ListRow::new(person, cells)
}

/// Its requests, released and refused.
pub(crate) fn exposures(w: &Localizer, view: &AccountView) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    let account = &view.account;
    ListTable {
        caption: w.say("account-exposures-title"),
        place: format!("/accounts/{account}"),
        file: format!("/accounts/{account}/exposures.csv"),
        empty: w.say("account-exposures-none"),
        columns: vec![
            ListColumn::number("entry", name("entry")),
            ListColumn::text("at", name("at")),
            ListColumn::choice("portal", name("portal")),
            ListColumn::text("route", name("route")),
            ListColumn::choice("outcome", name("outcome")),
            ListColumn::number("persons", name("persons")),
            ListColumn::text("reasons", name("reasons")),
        ],
        rows: exposure_rows(w, view),
        act: None,
    }
}

fn exposure_rows(w: &Localizer, view: &AccountView) -> Vec<ListRow> {
    let rows = view.exposures.iter().map(|seen| {
        let cells = [
            entry_cell(seen.entry),
            ListCell::moment(w, seen.at),
            ListCell::text(&seen.portal),
            ListCell::text(&seen.route),
            outcome_cell(w, seen.outcome),
            ListCell::number(w, seen.shown),
            reasons_cell(w, &seen.reasons),
        ];
        ListRow::new(seen.entry, cells).marked(seen.outcome == Outcome::Refused)
    });
    rows.collect()
}

/// Links to the entry in the journal.
fn entry_cell(entry: u64) -> ListCell {
    let place = format!("/journal?first={entry}#e{entry}");
    ListCell::link(place, entry).sorted(i64::try_from(entry).unwrap_or(i64::MAX))
}

fn outcome_cell(w: &Localizer, outcome: Outcome) -> ListCell {
    let words = w.coded("outcome", outcome.code());
    ListCell::chip(words, tone_of(outcome)).filed_as(outcome.code())
}

fn reasons_cell(w: &Localizer, reasons: &[RefusalReason]) -> ListCell {
    let codes: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    let words = reasons
        .iter()
        .map(|reason| CellPart::Text(w.reason(reason)));
    words.collect::<ListCell>().filed_as(codes.join(" "))
}

const fn tone_of(outcome: Outcome) -> ChipTone {
    match outcome {
        Outcome::Released => ChipTone::Plain,
        Outcome::Refused => ChipTone::Bad,
        Outcome::WouldRefuse => ChipTone::Watch,
    }
}

/// Acts by the account and upon it.
pub(crate) fn acts(
    w: &Localizer,
    account: &AccountId,
    acts: &[(u64, Administration)],
) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("account-acts-title"),
        place: format!("/accounts/{account}"),
        file: String::new(),
        empty: w.say("account-acts-none"),
        columns: vec![
            ListColumn::number("entry", name("entry")),
            ListColumn::text("at", name("at")),
            ListColumn::choice("by", name("by")),
            ListColumn::choice("act", name("act")),
            ListColumn::text("subject", name("subject")),
            ListColumn::text("reason", name("reason")),
        ],
        rows: acts.iter().map(|one| act_row(w, one)).collect(),
        act: None,
    }
}

fn act_row(w: &Localizer, (entry, act): &(u64, Administration)) -> ListRow {
    let cells = [
        ListCell::number(w, *entry),
        ListCell::moment(w, act.at),
        ListCell::text(w.person(&act.actor)).filed_as(&act.actor),
        ListCell::text(w.coded("act", act.act.code())),
        ListCell::text(w.act_about(act)),
        why_cell(w, act),
    ];
    ListRow::new(entry, cells)
}

/// The reason of an act; it links to the finding behind it.
fn why_cell(w: &Localizer, act: &Administration) -> ListCell {
    let why = w.act_why(act);
    match why.finding.as_str() {
        "" => ListCell::text(why.text),
        finding => ListCell::link(format!("/watch/{finding}"), why.text),
    }
}
