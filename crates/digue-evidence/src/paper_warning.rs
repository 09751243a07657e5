//! The warning at the head of a document whose source records differ from the journal, or cannot be
//! read.

use std::collections::BTreeSet;

use digue_app::{App, OperationError};
use digue_documents::{DocumentBlock, WrittenSheet};
use digue_locales::{Language, text};
use digue_types::AccountId;

use crate::stored_records::{RecordDifference, StoredFault, StoredKind, compare_now};

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
    pub const INCIDENTS: Self = Self {
        kinds: &[StoredKind::Incident],
        about: PaperSubject::All,
    };
}

impl<'n> PaperSources<'n> {
    /// One incident.
    pub const fn incident(id: &'n str) -> Self {
        Self {
            kinds: &[StoredKind::Incident],
            about: PaperSubject::Name(id),
        }
    }

    /// Accounts of one organisation, with the reviews of their rights.
    pub const fn accounts(accounts: &'n BTreeSet<AccountId>) -> Self {
        let kinds = &[StoredKind::Account, StoredKind::Gate, StoredKind::Review];
        Self {
            kinds,
            about: PaperSubject::Accounts(accounts),
        }
    }

    /// The records that differ or cannot be read, as sentences under their headings.
    async fn faulty(
        &self,
        app: &App,
        language: Language,
    ) -> Result<Vec<(String, Vec<String>)>, OperationError> {
        // Without the role that `compare` needs: all who may read the document must be warned as
        // well.
        let found = compare_now(app, self.kinds).await?.differences;
        let is_its = |one: &&RecordDifference| match self.about {
            PaperSubject::All => true,
            PaperSubject::Name(name) => one.is_about(name),
            PaperSubject::Accounts(accounts) => accounts
                .iter()
                .any(|account| one.is_about(account.as_str())),
        };
        Ok(under_headings(found.iter().filter(is_its), language))
    }

    /// The head of a document; empty while every record can be read and agrees with the journal.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn warning(
        &self,
        app: &App,
        language: Language,
    ) -> Result<Vec<DocumentBlock>, OperationError> {
        let mut blocks = Vec::new();
        for (heading, records) in self.faulty(app, language).await? {
            blocks.push(DocumentBlock::Paragraph(heading));
            blocks.extend(
                records
                    .into_iter()
                    .map(|one| DocumentBlock::Point(None, one)),
            );
        }
        Ok(blocks)
    }

    /// The same as one text, for files of other programs; `None` while all agrees.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn remark(
        &self,
        app: &App,
        language: Language,
    ) -> Result<Option<String>, OperationError> {
        let faulty = self.faulty(app, language).await?.into_iter();
        let said = faulty.map(|(heading, records)| format!("{heading} {}.", records.join(" ; ")));
        let said: Vec<String> = said.collect();
        Ok((!said.is_empty()).then(|| said.join(" ")))
    }

    /// The same as the last sheet of a spreadsheet.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn sheet(
        &self,
        app: &App,
        language: Language,
    ) -> Result<Option<WrittenSheet>, OperationError> {
        let mut faulty = self.faulty(app, language).await?.into_iter();
        let Some((heading, first)) = faulty.next() else {
            return Ok(None);
        };
        let more = faulty.flat_map(|(heading, records)| std::iter::once(heading).chain(records));
        let rows = first
            .into_iter()
            .chain(more)
            .map(|one| vec![one.into()])
            .collect();
        let name = text(language, "stored-sheet");
        let (language, header) = (language.code(), vec![heading]);
        Ok(Some(WrittenSheet {
            name,
            language,
            header,
            rows,
            ..WrittenSheet::default()
        }))
    }
}

/// Records in words, those that differ from the journal apart from those that cannot be read: what
/// is wrong with the two is not the same. Headings without records are left out.
pub fn under_headings<'d>(
    found: impl Iterator<Item = &'d RecordDifference>,
    language: Language,
) -> Vec<(String, Vec<String>)> {
    let (unreadable, differing): (Vec<_>, Vec<_>) =
        found.partition(|one| one.fault == StoredFault::Unreadable);
    let headed = [
        ("stored-differs", differing),
        ("stored-cannot-read", unreadable),
    ];
    let headed = headed
        .into_iter()
        .filter(|(_, records)| !records.is_empty());
    headed
        .map(|(key, records)| {
            (
                text(language, key),
                records
                    .into_iter()
                    .map(|one| one.in_words(language))
                    .collect(),
            )
        })
        .collect()
}
