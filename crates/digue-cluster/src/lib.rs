//! A journal that several gateways share, as an operator meets it: the commands that move a journal
//! into a database and back, what the database says of itself, and how a gateway comes to serve.
//!
//! Keys and files of the installation come from the caller; no request, no page, no SQL.

pub mod commands;
pub mod files;
pub mod serving;
pub mod turn;

use digue_config::server::JournalSettings;
use digue_shared_journal::postgres::PostgresSettings;

/// Where the journal's database is; `None` when the configuration names none.
pub fn database_of(journal: &JournalSettings) -> Option<PostgresSettings> {
    if journal.databases.is_empty() {
        return None;
    }
    let mut settings = PostgresSettings::new(journal.databases.clone());
    settings.danger_asynchronous = journal.danger_asynchronous;
    Some(settings)
}
