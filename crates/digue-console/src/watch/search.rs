//! The search field: accounts and their holders, organisations, incidents, records of the ISMS, and
//! persons.
//!
//! One exact answer opens its page. What is not found is said to be unknown, and a list that could
//! not be read is named: nothing found there means nothing.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use digue_administration::holders::{HolderBook, HolderContact};
use digue_administration::organisations;
use digue_app::{Actor, OperationError};
use digue_casework::incidents;
use digue_compliance::isms;
use digue_evidence::watch::{self, NamedAccount};
use digue_types::PersonRef;
use digue_types::written::folded;
use serde::Deserialize;

use crate::error::PageResponse;
use crate::signed_in::SignedIn;
use crate::state::Console;
use crate::view::{Localizer, page, query_part};
use crate::visitor::Visitor;

/// The most results of each kind.
const SHOWN: usize = 12;
/// Shorter texts are found everywhere.
const CHARS_MIN: usize = 2;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    w: Localizer,
    text: String,
    groups: Vec<FoundGroup>,
    /// The person of this identifier is in the journal.
    person: Option<(String, PersonRef)>,
    is_short: bool,
}

impl SearchPage {
    fn finds_nothing(&self) -> bool {
        let is_empty = self
            .groups
            .iter()
            .all(|group| group.lines.is_empty() && !group.is_unread);
        !self.is_short && self.person.is_none() && is_empty
    }
}

/// What was found of one kind.
struct FoundGroup {
    name: String,
    lines: Vec<FoundLine>,
    /// How many are not shown.
    more: usize,
    /// The list could not be read, so that nothing is known of it.
    is_unread: bool,
}

struct FoundLine {
    place: String,
    words: String,
    details: String,
}

#[derive(Deserialize)]
pub(crate) struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// Opens what the text names exactly, and otherwise lists what it may mean.
pub(crate) async fn search(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(search): Query<SearchQuery>,
) -> PageResponse {
    actor.must_watch()?;
    let text = search.q.trim();
    if let Some(place) = exact(&console, &actor, text).await? {
        return Ok(Redirect::to(&place).into_response());
    }
    let w = console.words(&visitor);
    let is_short = text.chars().count() < CHARS_MIN;
    let groups = if is_short {
        Vec::new()
    } else {
        groups(&console, &actor, &w, &SoughtWords::of(text)).await
    };
    let person = PersonRef::parse(text).ok();
    let is_known = match &person {
        Some(person) => watch::knows_person(&console.app, &actor, person).await?,
        None => false,
    };
    let person = person
        .filter(|_| is_known)
        .map(|person| (person_page(&person), person));
    // A person is opened at once only where the text means nothing else.
    if let (Some((place, _)), false) = (&person, groups.iter().any(|group| !group.lines.is_empty()))
    {
        return Ok(Redirect::to(place).into_response());
    }
    Ok(page(&SearchPage {
        w,
        text: text.to_owned(),
        groups,
        person,
        is_short,
    })
    .into_response())
}

fn person_page(person: &PersonRef) -> String {
    format!("/persons?person={}", query_part(person.as_str()))
}

/// The page of the account, organisation or incident of exactly this name.
async fn exact(
    console: &Console,
    actor: &Actor,
    text: &str,
) -> Result<Option<String>, OperationError> {
    match watch::find(&console.app, actor, text) {
        Ok(NamedAccount::Account(account)) => {
            return Ok(Some(format!("/accounts/{}", query_part(account.as_str()))));
        }
        Ok(NamedAccount::Organisation(id)) => {
            return Ok(Some(format!("/organisations/{}", query_part(id.as_str()))));
        }
        Ok(NamedAccount::Person(_)) | Err(OperationError::NotFound(_)) => {}
        Err(error) => return Err(error),
    }
    // A list that cannot be read opens nothing, and is named among the results.
    let Ok(incidents) = incidents::list(&console.app, actor).await else {
        return Ok(None);
    };
    let same = incidents
        .iter()
        .find(|view| view.reference().eq_ignore_ascii_case(text));
    Ok(same.map(|view| format!("/incidents/{}", view.record.id)))
}

/// The words of a search, without case and accents: nobody who types `Valerie` is told that Valérie
/// is unknown.
struct SoughtWords {
    words: Vec<String>,
    /// The digits of a text that is a telephone number, or a part of one.
    telephone: Option<String>,
}

/// Fewer digits are a number of anything.
const TELEPHONE_DIGITS_MIN: usize = 4;

/// The digits of a number without the ways in which it is written: `+33 6 12` and `06.12` are one.
fn digits_of(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_foreign = text.trim_start().starts_with('+') || digits.starts_with("00");
    let rest = digits.trim_start_matches('0');
    let own = rest.strip_prefix("33").filter(|_| is_foreign);
    own.unwrap_or(rest).trim_start_matches('0').to_owned()
}

impl SoughtWords {
    fn of(text: &str) -> Self {
        let words = folded(text);
        let is_number = |sign: char| sign.is_ascii_digit() || " +.-()/\u{a0}".contains(sign);
        let digits = digits_of(text);
        let is_telephone = text.chars().all(is_number) && digits.len() >= TELEPHONE_DIGITS_MIN;
        Self {
            words: words.split_whitespace().map(ToOwned::to_owned).collect(),
            telephone: is_telephone.then_some(digits),
        }
    }

    /// True for a telephone that has these digits.
    fn are_of(&self, telephone: &str) -> bool {
        let sought = self.telephone.as_deref();
        sought.is_some_and(|sought| digits_of(telephone).contains(sought))
    }

    /// Each word is a part of one of the texts.
    fn are_in(&self, texts: &[&str]) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| folded(text)).collect();
        self.words
            .iter()
            .all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

async fn groups(
    console: &Console,
    actor: &Actor,
    w: &Localizer,
    words: &SoughtWords,
) -> Vec<FoundGroup> {
    let group = |key: &str, found: Result<Vec<FoundLine>, OperationError>| {
        let is_unread = found.is_err();
        if let Err(error) = &found {
            tracing::warn!(%error, list = key, "Search could not read a list; the page says so");
        }
        let mut lines = found.unwrap_or_default();
        let more = lines.len().saturating_sub(SHOWN);
        lines.truncate(SHOWN);
        FoundGroup {
            name: w.say(key),
            lines,
            more,
            is_unread,
        }
    };
    vec![
        // First: the accounts of an organisation are found by its name, too.
        group(
            "find-kind-organisations",
            found_organisations(console, actor, words).await,
        ),
        group(
            "find-kind-accounts",
            found_accounts(console, actor, w, words).await,
        ),
        group(
            "find-kind-incidents",
            found_incidents(console, actor, w, words).await,
        ),
        group(
            "find-kind-records",
            found_records(console, actor, w, words).await,
        ),
    ]
}

type FoundLines = Result<Vec<FoundLine>, OperationError>;

async fn found_accounts(
    console: &Console,
    actor: &Actor,
    w: &Localizer,
    words: &SoughtWords,
) -> FoundLines {
    let book = HolderBook::read(&console.app, actor).await?;
    let fits = |one: &HolderContact| {
        let texts = [
            one.name(),
            one.account.as_str(),
            one.telephone(),
            &one.email,
            &one.organisation_name,
        ];
        words.are_in(&texts) || words.are_of(one.telephone())
    };
    let line = |one: HolderContact| FoundLine {
        place: format!("/accounts/{}", query_part(one.account.as_str())),
        words: one.name().to_owned(),
        details: joined([
            one.account.as_str(),
            &w.coded("role", one.role.code()),
            &one.organisation_name,
            one.telephone(),
        ]),
    };
    Ok(book.everyone().into_iter().filter(fits).map(line).collect())
}

async fn found_organisations(console: &Console, actor: &Actor, words: &SoughtWords) -> FoundLines {
    let known = organisations::list(&console.app, actor).await?;
    let fits = known
        .into_iter()
        .filter(|one| words.are_in(&[one.record.id.as_str(), &one.record.name, &one.record.email]));
    let line = |one: organisations::OverseenOrganisation| FoundLine {
        place: format!("/organisations/{}", query_part(one.record.id.as_str())),
        details: joined([one.record.id.as_str(), &one.record.email]),
        words: one.record.name,
    };
    Ok(fits.map(line).collect())
}

async fn found_incidents(
    console: &Console,
    actor: &Actor,
    w: &Localizer,
    words: &SoughtWords,
) -> FoundLines {
    let known = incidents::list(&console.app, actor).await?;
    let fits = known
        .iter()
        .filter(|view| words.are_in(&[&view.reference(), &view.incident.title]));
    let line = |view: &incidents::IncidentView| FoundLine {
        place: format!("/incidents/{}", view.record.id),
        words: view.incident.title.clone(),
        details: joined([
            &view.reference(),
            &w.coded("incident-state", view.incident.told_state().code()),
        ]),
    };
    Ok(fits.map(line).collect())
}

async fn found_records(
    console: &Console,
    actor: &Actor,
    w: &Localizer,
    words: &SoughtWords,
) -> FoundLines {
    let records = isms::named_records(&console.app, actor, w.reader().language).await?;
    let fits = records
        .into_iter()
        .filter(|record| words.are_in(&[&record.id, &record.title]));
    let line = |record: isms::NamedRecord| FoundLine {
        place: format!("/smsi/registers/{}/{}", record.kind.code(), record.id),
        details: joined([&record.id, &w.coded("kind", record.kind.code())]),
        words: w.person(record.title),
    };
    Ok(fits.map(line).collect())
}

fn joined<const N: usize>(texts: [&str; N]) -> String {
    texts
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

#[cfg(test)]
mod tests {
    use super::SoughtWords;

    #[test]
    fn each_word_is_a_part_of_some_text() {
        let are_in = |text: &str, texts: &[&str]| SoughtWords::of(text).are_in(texts);
        assert!(are_in("agent2", &["of-212.agent2", "Léa Martin"]));
        assert!(are_in("MARTIN 212", &["of-212.agent2", "Léa Martin"]));
        assert!(!are_in("martin durand", &["of-212.agent2", "Léa Martin"]));
    }

    #[test]
    fn a_telephone_is_found_however_it_is_written() {
        for typed in [
            "06 12 34 56 78",
            "0612345678",
            "+33 6 12 34 56 78",
            "06.12.34",
            "3456",
        ] {
            for known in ["06 12 34 56 78", "+33612345678", "0033 6 12 34 56 78"] {
                assert!(SoughtWords::of(typed).are_of(known), "{typed} {known}");
            }
        }
        assert!(!SoughtWords::of("0612345679").are_of("06 12 34 56 78"));
        assert!(
            !SoughtWords::of("12").are_of("06 12 34 56 78"),
            "of anything"
        );
        assert!(!SoughtWords::of("agent3456").are_of("06 12 34 56 78"));
    }
}
