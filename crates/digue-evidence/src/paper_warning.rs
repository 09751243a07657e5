//! The warning at the head of a document whose source records differ from the journal.

use std::collections::BTreeSet;

use digue_app::{App, OperationError};
use digue_documents::{DocumentBlock, WrittenSheet};
use digue_locales::{Language, text};
use digue_types::AccountId;

use crate::stored_records::{RecordDifference, StoredKind, compare_now};

/// The records that a document is made from.
#[derive(Clone, Copy, Debug)]
pub struct PaperSources<'n> {
    kinds: &'static [StoredKind],
    about: PaperSubject<'n>,
}

/// Which of them the warning may name: never a record that the reader of the document may not see.
#[derive(Clone, Copy, Debug)]
enum PaperSubject<'n> {
    All,
    /// Those of one incident, or of one record.
    Name(&'n str),
    Accounts(&'n BTreeSet<AccountId>),
}

impl PaperSources<'static> {
    /// Registers, measures, audits, and the results of checks.
    pub const ISMS: Self = Self {
        kinds: &[StoredKind::Record, StoredKind::Check, StoredKind::Switch],
        about: PaperSubject::All,
    };
    /// Every incident.
    pub const INCIDENTS: Self = Self { kinds: &[StoredKind::Incident], about: PaperSubject::All };
}

impl<'n> PaperSources<'n> {
    /// One incident.
    pub const fn incident(id: &'n str) -> Self {
        Self { kinds: &[StoredKind::Incident], about: PaperSubject::Name(id) }
    }

    /// Accounts of one organisation, with the reviews of their rights.
    pub const fn accounts(accounts: &'n BTreeSet<AccountId>) -> Self {
        let kinds = &[StoredKind::Account, StoredKind::Gate, StoredKind::Review];
        Self { kinds, about: PaperSubject::Accounts(accounts) }
    }

    /// The differing records, as sentences.
    async fn differing(&self, app: &App, language: Language) -> Result<Vec<String>, OperationError> {
        let found = compare_now(app, self.kinds).await?.differences;
        let is_its = |one: &&RecordDifference| match self.about {
            PaperSubject::All => true,
            PaperSubject::Name(name) => one.is_about(name),
            PaperSubject::Accounts(accounts) => accounts.iter().any(|account| one.is_about(account.as_str())),
        };
        Ok(found.iter().filter(is_its).map(|one| one.in_words(language)).collect())
    }

    /// The head of a document; empty while every record agrees with the journal.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn warning(&self, app: &App, language: Language) -> Result<Vec<DocumentBlock>, OperationError> {
        let differing = self.differing(app, language).await?;
        if differing.is_empty() {
            return Ok(Vec::new());
        }
        let mut blocks = vec![DocumentBlock::Paragraph(text(language, "stored-differs"))];
        blocks.extend(differing.into_iter().map(|one| DocumentBlock::Point(None, one)));
        Ok(blocks)
    }

    /// The same as the last sheet of a spreadsheet.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn sheet(&self, app: &App, language: Language) -> Result<Option<WrittenSheet>, OperationError> {
        let differing = self.differing(app, language).await?;
        if differing.is_empty() {
            return Ok(None);
        }
        let rows = differing.into_iter().map(|one| vec![one.into()]).collect();
        let name = text(language, "stored-sheet");
        let (language, header) = (language.code(), vec![text(language, "stored-differs")]);
        Ok(Some(WrittenSheet { name, language, header, rows, ..WrittenSheet::default() }))
    }
}
