//! Compares the records of the database with the journal.
//!
//! An attacker who writes to the database directly changes what people read, decide and sign. Each
//! record whose creation or change is an act of the journal is compared with it: by its hash where
//! the act holds one, otherwise by the content of the act. Records whose acts are gone with their
//! period key are counted as older, not as confirmed. A difference is named; which of the two is
//! right is for people to find out.
//!
//! It knows the acts of the journal and no area: each area compares its own records
//! (`StoredComparison`), and the app is built with the comparisons of all of them.

mod journalled;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_app::{Actor, App, Area, OperationError};
use digue_locales::{Language, Value, text, text_with};
use digue_types::{Timestamp, lists};
use futures_util::future::BoxFuture;

pub use self::journalled::{
    JournalledAct, JournalledActs, JournalledGrant, JournalledResult, SAME_MOMENT, is_same_moment,
};

lists! {
    /// The kinds of records that are compared.
    StoredKind "stored" {
        Account "account",
        Holder "holder",
        Gate "gate",
        Approval "approval",
        Finding "finding",
        Incident "incident",
        Campaign "campaign",
        Record "record",
        Review "review",
        /// The last result of each check.
        Check "check",
        /// The earlier ones.
        CheckHistory "check-history",
        Switch "switch",
        /// A frozen version of the statement of applicability.
        Statement "statement",
        /// Files of records and incidents, and the operator's template.
        File "file",
        /// Requests of persons, with their answers.
        Request "request",
        /// Routes that were added to maps, maps, policies and trusted proxies, as they were granted.
        Rules "rules",
    }
}

/// A record that differs from the journal, or cannot be read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RecordDifference {
    pub kind: StoredKind,
    /// The name that people know: `a1`, `account:a1`, `RI-3`, `in-7 4`.
    pub name: String,
    pub fault: StoredFault,
}

/// What is wrong with a stored record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StoredFault {
    /// It is not what the journal says.
    Differs,
    /// It is in the journal and no longer in the database.
    Missing,
    /// It is there, and this version cannot read it: lists and totals are without it.
    Unreadable,
    /// Its acts may be among those that are no longer readable: neither confirmed nor contradicted.
    Older,
}

impl StoredFault {
    /// Before the code of a difference; empty for the most frequent one.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Differs => "",
            Self::Missing => "missing:",
            Self::Unreadable => "unreadable:",
            Self::Older => "older:",
        }
    }

    /// The locale key for a frozen version of the statement.
    pub const fn version_key(self) -> &'static str {
        match self {
            Self::Differs => "statement-version-differs",
            Self::Missing => "statement-version-missing",
            Self::Unreadable => "statement-version-unreadable",
            Self::Older => "statement-version-older",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Differs => "stored-named",
            Self::Missing => "stored-missing",
            Self::Unreadable => "stored-unreadable-record",
            Self::Older => "stored-older",
        }
    }
}

impl RecordDifference {
    /// True when it concerns `name`: `account:a1` is about `a1`, `in-7 4` about `in-7`.
    pub fn is_about(&self, name: &str) -> bool {
        self.name.split([':', ' ']).any(|part| part == name)
    }

    /// Its text in the result of a check: `gate:account:a1`, or `missing:record:RI-3`.
    pub fn to_code(&self) -> String {
        format!("{}{}:{}", self.fault.prefix(), self.kind.code(), self.name)
    }

    /// Reads the text of `to_code`.
    pub fn parse(code: &str) -> Option<Self> {
        let faults = [
            StoredFault::Missing,
            StoredFault::Unreadable,
            StoredFault::Older,
        ]
        .into_iter();
        let found = faults
            .filter_map(|fault| Some((fault, code.strip_prefix(fault.prefix())?)))
            .next();
        let (fault, rest) = found.unwrap_or((StoredFault::Differs, code));
        // Only the first colon separates: names contain colons themselves (`gate:account:a1`).
        let (kind, name) = rest.split_once(':')?;
        Some(Self {
            kind: StoredKind::parse(kind)?,
            name: name.to_owned(),
            fault,
        })
    }

    /// `Barrière de a1`, `Registre RI-3 : présent au journal, absent de la base`.
    pub fn in_words(&self, language: Language) -> String {
        let name = self
            .name
            .rsplit_once(':')
            .map_or(self.name.as_str(), |(_, name)| name);
        let kind = text(language, &format!("stored-{}", self.kind.code()));
        let values = [("kind", Value::from(kind)), ("name", Value::from(name))];
        text_with(language, self.fault.key(), &values)
    }
}

/// The result of a comparison.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RecordComparison {
    /// Records that could be compared.
    pub compared: u64,
    /// Records older than the first readable act: neither confirmed nor contradicted.
    pub older: BTreeSet<RecordDifference>,
    pub differences: BTreeSet<RecordDifference>,
}

/// The journal's answer about one record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordConfirmation {
    Same,
    Differs,
    /// Its acts may be among those whose period keys were destroyed.
    Older,
}

impl RecordConfirmation {
    /// True unless the journal contradicts the record.
    pub const fn is_uncontradicted(self) -> bool {
        match self {
            Self::Same | Self::Older => true,
            Self::Differs => false,
        }
    }

    pub const fn of(is_same: bool) -> Self {
        match is_same {
            true => Self::Same,
            false => Self::Differs,
        }
    }
}

impl RecordComparison {
    pub fn note(
        &mut self,
        kind: StoredKind,
        name: impl Into<String>,
        confirmation: RecordConfirmation,
    ) {
        let one = |fault| RecordDifference {
            kind,
            name: name.into(),
            fault,
        };
        match confirmation {
            RecordConfirmation::Older => drop(self.older.insert(one(StoredFault::Older))),
            RecordConfirmation::Same => self.compared += 1,
            RecordConfirmation::Differs => {
                self.compared += 1;
                self.differences.insert(one(StoredFault::Differs));
            }
        }
    }

    /// Notes a record that the journal has and the database no longer.
    pub fn miss(&mut self, kind: StoredKind, name: impl Into<String>) {
        self.compared += 1;
        let fault = StoredFault::Missing;
        self.differences.insert(RecordDifference {
            kind,
            name: name.into(),
            fault,
        });
    }

    /// Notes a stored record, which is also compared, that this version cannot read.
    pub fn cannot_read(&mut self, kind: StoredKind, name: impl Into<String>) {
        let fault = StoredFault::Unreadable;
        self.differences.insert(RecordDifference {
            kind,
            name: name.into(),
            fault,
        });
    }
}

/// The comparison of one kind of records, by the area that writes them.
#[derive(Clone, Copy)]
pub struct StoredComparison {
    pub kind: StoredKind,
    pub compare: CompareRecords,
}

/// Notes the journal's answer about every stored record of a kind, and the records that are
/// missing. Fails with `Unavailable` when the store cannot be read.
pub type CompareRecords =
    for<'c> fn(&'c App, &'c mut RecordComparison) -> BoxFuture<'c, Result<(), OperationError>>;

/// The comparisons of all areas.
#[derive(Default)]
pub struct Comparisons(Vec<StoredComparison>);

impl Area for Comparisons {}

impl Comparisons {
    /// Those of each area.
    ///
    /// # Panics
    /// When a kind is there twice.
    pub fn new(areas: &[&[StoredComparison]]) -> Self {
        let all = areas.concat();
        let kinds: BTreeSet<StoredKind> = all.iter().map(|comparison| comparison.kind).collect();
        // A second comparison of a kind would never be asked, and its differences never found.
        assert!(kinds.len() == all.len(), "one area compares each kind");
        Self(all)
    }

    /// The kinds that are compared.
    pub fn kinds(&self) -> impl Iterator<Item = StoredKind> {
        self.0.iter().map(|comparison| comparison.kind)
    }

    /// The comparison of a kind.
    ///
    /// # Errors
    /// `Unavailable` without one: records that nothing was compared with must not pass as
    /// confirmed.
    fn of(&self, kind: StoredKind) -> Result<StoredComparison, OperationError> {
        let found = self.0.iter().find(|comparison| comparison.kind == kind);
        let absent =
            || OperationError::Unavailable(format!("no comparison for kind {}", kind.code()));
        found.copied().ok_or_else(absent)
    }
}

/// Compares the records of these kinds. A record and its act are written one after the other:
/// differences are therefore checked twice, and only those found both times are reported.
///
/// # Errors
/// `Unavailable` when the store cannot be read, or no area compares one of the kinds.
pub async fn compare(
    app: &App,
    actor: &Actor,
    kinds: &[StoredKind],
) -> Result<RecordComparison, OperationError> {
    actor.must_watch()?;
    compare_now(app, kinds).await
}

pub async fn compare_now(
    app: &App,
    kinds: &[StoredKind],
) -> Result<RecordComparison, OperationError> {
    let first = compare_once(app, kinds).await?;
    if first.differences.is_empty() {
        return Ok(first);
    }
    // A difference may be a change under way. Waiting costs half a second, and only where something
    // was found.
    tokio::time::sleep(SETTLES_WITHIN).await;
    let mut second = compare_once(app, kinds).await?;
    // Found both times: a record that was changed in between would otherwise be reported by either
    // comparison.
    second
        .differences
        .retain(|difference| first.differences.contains(difference));
    Ok(second)
}

/// The time after which a record, its act and the index's knowledge of the act are all there.
pub const SETTLES_WITHIN: Duration = Duration::from_millis(500);

async fn compare_once(app: &App, kinds: &[StoredKind]) -> Result<RecordComparison, OperationError> {
    let mut comparison = RecordComparison::default();
    for kind in kinds {
        let area = app.area::<Comparisons>().of(*kind)?;
        (area.compare)(app, &mut comparison).await?;
    }
    Ok(comparison)
}

/// What the journal says of stored records, read on as the journal grows.
// Lock order: before `journal_state`.
#[derive(Default)]
pub(crate) struct JournalledActCache(Mutex<JournalledActs>);

impl Area for JournalledActCache {}

/// The acts of the journal, and the time from which they are readable.
pub struct JournalStatement<'j> {
    pub journalled: &'j JournalledActs,
    /// The first readable act; zero while the journal is complete.
    since: Timestamp,
}

impl JournalStatement<'_> {
    /// The confirmation of a record made at `at`: without an act it differs, unless the act may be
    /// among those that are no longer readable.
    pub fn unless_older(&self, at: Timestamp, is_same: bool) -> RecordConfirmation {
        match is_same {
            true => RecordConfirmation::Same,
            false if at < self.since => RecordConfirmation::Older,
            false => RecordConfirmation::Differs,
        }
    }

    /// The confirmation of a record that has neither a date nor an act: in an incomplete journal
    /// its act may be unreadable.
    pub fn without_act(&self) -> RecordConfirmation {
        if self.since > Timestamp::ZERO {
            RecordConfirmation::Older
        } else {
            RecordConfirmation::Differs
        }
    }
}

/// Calls `ask` with the acts of the journal, as far as the index has read them.
pub fn with_journal_statement<T>(app: &App, ask: impl FnOnce(&JournalStatement<'_>) -> T) -> T {
    let mut journalled = app
        .area::<JournalledActCache>()
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    // `journal_state` is held only to copy the new acts: the journal's commits wait for it. The
    // index yields the newest first; they are added in the order of the journal below.
    let new: Vec<_> = {
        let state = app.journal_state();
        let newer = state
            .index
            .acts(usize::MAX)
            .take_while(|(entry, _)| *entry >= journalled.end());
        newer.cloned().collect()
    };
    for (entry, act) in new.iter().rev() {
        journalled.add(*entry, act);
    }
    let is_whole = app.journal_minimum() == 0;
    let since = journalled
        .first_at()
        .filter(|_| !is_whole)
        .unwrap_or(Timestamp::ZERO);
    ask(&JournalStatement {
        journalled: &journalled,
        since,
    })
}

/// The answer of the journal, asked again where it contradicts: a record and its act are written one
/// after the other, and what was just saved is not altered.
pub async fn settled<T>(
    app: &App,
    ask: impl Fn(&JournalStatement<'_>) -> T,
    contradicts: impl Fn(&T) -> bool,
) -> T {
    let first = with_journal_statement(app, &ask);
    if !contradicts(&first) {
        return first;
    }
    tokio::time::sleep(SETTLES_WITHIN).await;
    with_journal_statement(app, &ask)
}

#[cfg(test)]
mod tests {
    use super::{Comparisons, OperationError, RecordDifference, StoredFault, StoredKind};

    #[test]
    fn a_kind_that_no_area_compares_is_not_confirmed() {
        for &kind in StoredKind::ALL {
            let found = Comparisons::default()
                .of(kind)
                .map(|comparison| comparison.kind);
            assert!(
                matches!(found, Err(OperationError::Unavailable(_))),
                "{kind:?}: {found:?}"
            );
        }
    }

    #[test]
    fn a_difference_is_about_the_record_that_it_names() {
        for (found, name, expected) in [
            ("account:a1", "a1", true),
            ("account:a12", "a1", false),
            ("in-7 4", "in-7", true),
            ("in-71 4", "in-7", false),
            ("RI-3", "RI-3", true),
        ] {
            for fault in [
                StoredFault::Differs,
                StoredFault::Missing,
                StoredFault::Unreadable,
                StoredFault::Older,
            ] {
                let one = RecordDifference {
                    kind: StoredKind::Record,
                    name: found.to_owned(),
                    fault,
                };
                assert_eq!(one.is_about(name), expected, "{found} {name}");
                assert_eq!(RecordDifference::parse(&one.to_code()), Some(one));
            }
        }
    }
}
