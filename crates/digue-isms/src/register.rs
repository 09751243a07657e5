//! Registers: records, their revisions, and those in force.
//!
//! A record is never overwritten and never deleted: a change is a further revision, and so is its
//! end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use digue_types::Timestamp;
use jiff::civil::Date;

use crate::field::{FieldFault, Values};
pub use crate::record::RegisterRecord;
pub use crate::register_kind::RegisterKind;

/// One revision of one record, with its author and time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Revision {
    pub kind: RegisterKind,
    /// `ME-12`. Stable: spreadsheets and other records refer to it.
    pub id: String,
    /// From 1.
    pub number: u32,
    pub at: Timestamp,
    pub by: String,
    /// The record ended with this revision.
    pub is_over: bool,
    /// SHA-256 of the stored text of the values, hexadecimal: what a signature is about.
    pub hash: String,
    pub values: Values,
}

/// What a comparison of the registers with the journal found, by the ids of records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RegisterIntegrity {
    /// Those of which a revision differs from the journal, is missing or cannot be read.
    pub differing: BTreeSet<String>,
    /// Those of which the current revision is older than the first readable act.
    pub older: BTreeSet<String>,
}

/// A record in force, parsed.
#[derive(Clone, PartialEq, Debug)]
pub struct RegisterEntry<R> {
    pub id: String,
    pub number: u32,
    pub at: Timestamp,
    pub by: String,
    pub record: R,
}

/// A record in force that cannot be read: a later version wrote it, or its stored text is damaged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnreadableRecord {
    pub kind: RegisterKind,
    pub id: String,
    /// Its title as it is stored; empty when it has none that can be read.
    pub title: String,
    /// The fields that do not fit; empty when the stored text as a whole does not.
    pub faults: Vec<FieldFault>,
}

/// The records of a kind in force. One that cannot be read exists all the same: no answer about all
/// records of its kind is complete without it.
#[derive(Clone, PartialEq, Debug)]
#[must_use]
pub struct RegisterReading<R> {
    pub entries: Vec<RegisterEntry<R>>,
    pub unreadable: Vec<UnreadableRecord>,
}

impl<R> RegisterReading<R> {
    /// The number of records in force, readable or not.
    pub fn count(&self) -> u64 {
        (self.entries.len() + self.unreadable.len()) as u64
    }
}

/// The records in force: the last revision of each record that has not ended.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    // Shared: each page compares the same records anew.
    in_force: Arc<BTreeMap<RegisterKind, Vec<Revision>>>,
    /// By kind and identifier: the place in `in_force`. Pages look up each record of a list.
    places: Arc<BTreeMap<RegisterKind, HashMap<String, usize>>>,
    unreadable: Vec<UnreadableRecord>,
    /// Every revision of each delegation of a signature: what was signed under one is judged by what
    /// it said then.
    delegations: Arc<Vec<Revision>>,
    /// `None` until they are compared with the journal: nothing of them is then signed.
    integrity: Option<Arc<RegisterIntegrity>>,
}

impl Registers {
    /// Takes revisions in any order and keeps the last one of each record; of delegations, all.
    pub fn new(revisions: impl IntoIterator<Item = Revision>) -> Self {
        let mut last: BTreeMap<(RegisterKind, String), Revision> = BTreeMap::new();
        let mut delegations = Vec::new();
        for revision in revisions {
            if revision.kind == RegisterKind::SigningDelegation {
                delegations.push(revision.clone());
            }
            let key = (revision.kind, revision.id.clone());
            if last
                .get(&key)
                .is_none_or(|known| known.number < revision.number)
            {
                last.insert(key, revision);
            }
        }
        let mut in_force: BTreeMap<RegisterKind, Vec<Revision>> = BTreeMap::new();
        // Ended records are dropped only after the last revision is known: an earlier revision must
        // not come back.
        for revision in last.into_values().filter(|revision| !revision.is_over) {
            in_force.entry(revision.kind).or_default().push(revision);
        }
        for records in in_force.values_mut() {
            records.sort_by_cached_key(|revision| place(&revision.id));
        }
        let unreadable = in_force.values().flatten().filter_map(unreadable).collect();
        let places = in_force.iter().map(|(kind, records)| {
            let ids = records.iter().map(|revision| revision.id.clone());
            (*kind, ids.zip(0..).collect())
        });
        Self {
            places: Arc::new(places.collect()),
            in_force: Arc::new(in_force),
            delegations: Arc::new(delegations),
            unreadable,
            integrity: None,
        }
    }

    /// The same records, with what a comparison with the journal found.
    #[must_use]
    pub fn compared(&self, integrity: RegisterIntegrity) -> Self {
        Self {
            integrity: Some(Arc::new(integrity)),
            ..self.clone()
        }
    }

    /// What the comparison with the journal found; `None` without one.
    pub fn integrity(&self) -> Option<&RegisterIntegrity> {
        self.integrity.as_deref()
    }

    /// The same with records in force whose stored text cannot be read at all.
    #[must_use]
    pub fn with_unreadable(mut self, records: impl IntoIterator<Item = UnreadableRecord>) -> Self {
        self.unreadable.extend(records);
        self
    }

    /// Records of a kind in the order of their identifiers, with their values as they are stored.
    pub fn of(&self, kind: RegisterKind) -> &[Revision] {
        self.in_force.get(&kind).map_or(&[], Vec::as_slice)
    }

    pub fn find(&self, kind: RegisterKind, id: &str) -> Option<&Revision> {
        let place = self.places.get(&kind)?.get(id)?;
        self.of(kind).get(*place)
    }

    /// A delegation as it stood at a time: its last revision then, unless that one ended it.
    pub fn delegation_at(&self, id: &str, at: Timestamp) -> Option<&Revision> {
        let known = self.delegations.iter();
        let then = known.filter(|revision| revision.id == id && revision.at <= at);
        then.max_by_key(|revision| revision.number)
            .filter(|revision| !revision.is_over)
    }

    /// Records of a kind, parsed.
    pub fn read<R: RegisterRecord>(&self) -> RegisterReading<R> {
        self.read_those(|_| true)
    }

    /// The same for records whose values are `wanted`; the others are not parsed, which matters
    /// with thousands of them. Whether an unreadable record is wanted cannot be known: all of the
    /// kind are named.
    pub fn read_those<R: RegisterRecord>(
        &self,
        wanted: impl Fn(&Values) -> bool,
    ) -> RegisterReading<R> {
        let read = |revision: &Revision| {
            // Those that do not parse are in `unreadable`.
            let record = R::read(&revision.values).ok()?;
            let Revision {
                id, number, at, by, ..
            } = revision.clone();
            Some(RegisterEntry {
                id,
                number,
                at,
                by,
                record,
            })
        };
        let revisions = self
            .of(R::KIND)
            .iter()
            .filter(|revision| wanted(&revision.values));
        let unreadable = self
            .unreadable
            .iter()
            .filter(|record| record.kind == R::KIND);
        RegisterReading {
            entries: revisions.filter_map(read).collect(),
            unreadable: unreadable.cloned().collect(),
        }
    }

    /// The records of all kinds that cannot be read.
    pub fn unreadable(&self) -> &[UnreadableRecord] {
        &self.unreadable
    }

    /// True when there is no record, readable or not.
    pub fn is_empty(&self) -> bool {
        self.in_force.is_empty() && self.unreadable.is_empty()
    }
}

/// The record of a revision that does not parse.
fn unreadable(revision: &Revision) -> Option<UnreadableRecord> {
    let faults = revision.kind.parse_faults(&revision.values);
    let title = revision
        .values
        .get("title")
        .and_then(|texts| texts.first())
        .cloned()
        .unwrap_or_default();
    let Revision { kind, id, .. } = revision;
    (!faults.is_empty()).then(|| UnreadableRecord {
        kind: *kind,
        id: id.clone(),
        title,
        faults,
    })
}

/// Sort key of an identifier: `ME-2` comes before `ME-10`.
fn place(id: &str) -> (String, u64, String) {
    let digits = id
        .rfind(|sign: char| !sign.is_ascii_digit())
        .map_or(0, |at| at + 1);
    let number = id[digits..].parse().unwrap_or(u64::MAX);
    (id[..digits].to_owned(), number, id.to_owned())
}

/// Number of days from one day to another; negative when `to` is the earlier one.
pub fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}
