//! Accounts and organisations to choose from in a form, so that nobody has to know an identifier by
//! heart.

use askama::Template;
use digue_administration::holders::HolderBook;

use crate::view::Localizer;

/// The most accounts that a field suggests: with more, a part of a name or an identifier is typed,
/// and finds the only one.
const ACCOUNTS_MAX: usize = 300;
/// The same for organisations, of which there are fewer.
const ORGANISATIONS_MAX: usize = 1_000;

/// Lists of suggestions for `list="accounts"` and `list="organisations"`; pages put them in with
/// `{{ names|safe }}`.
#[derive(Template)]
#[template(path = "choices.html")]
pub struct NameChoices {
    /// As (identifier, name).
    accounts: Vec<(String, String)>,
    organisations: Vec<(String, String)>,
    /// What to do where not everything is suggested.
    more: Option<String>,
}

impl NameChoices {
    pub fn of(w: &Localizer, book: &HolderBook) -> Self {
        let (everyone, organisations) = (book.everyone(), book.organisations());
        let is_cut = everyone.len() > ACCOUNTS_MAX || organisations.len() > ORGANISATIONS_MAX;
        let accounts = everyone.into_iter().take(ACCOUNTS_MAX).map(|one| {
            let name = if one.written.is_some() {
                one.name().to_owned()
            } else {
                one.organisation_name.clone()
            };
            (one.account.to_string(), name)
        });
        Self {
            accounts: accounts.collect(),
            organisations: organisations.into_iter().take(ORGANISATIONS_MAX).collect(),
            more: is_cut.then(|| w.say("choices-more")),
        }
    }
}
