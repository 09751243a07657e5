//! Accounts and organisations to choose from in a form, so that nobody has to know an identifier by
//! heart.

use askama::Template;
use digue_administration::holders::HolderBook;

/// The most suggestions of a field: with more, a part of a name or an identifier is typed, and
/// finds the only one.
const OPTIONS_MAX: usize = 300;

/// Lists of suggestions for `list="accounts"` and `list="organisations"`; pages put them in with
/// `{{ names|safe }}`.
#[derive(Template)]
#[template(path = "choices.html")]
pub struct NameChoices {
    /// As (identifier, name).
    accounts: Vec<(String, String)>,
    organisations: Vec<(String, String)>,
}

impl NameChoices {
    pub fn of(book: &HolderBook) -> Self {
        let accounts = book.everyone().into_iter().take(OPTIONS_MAX).map(|one| {
            let name = if one.written.is_some() {
                one.name().to_owned()
            } else {
                one.organisation_name.clone()
            };
            (one.account.to_string(), name)
        });
        let organisations = book.organisations().into_iter().take(OPTIONS_MAX);
        Self {
            accounts: accounts.collect(),
            organisations: organisations.collect(),
        }
    }
}
