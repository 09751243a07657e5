//! Registers: records, their revisions, and those in force.
//!
//! A record is never overwritten and never deleted: a change is a further revision, and so is its end.

use std::collections::BTreeMap;

use digue_types::Timestamp;
use jiff::civil::Date;

use crate::field::{FieldDef, FieldFault, Values};

pub use crate::kinds::RegisterKind;

/// A kind of record with typed fields.
pub trait RegisterRecord: Sized + Default + Clone {
    const KIND: RegisterKind;

    fn fields() -> &'static [FieldDef];

    /// Parses the text form of every field.
    ///
    /// # Errors
    /// Every field that does not fit, with the reason.
    fn read(values: &Values) -> Result<Self, Vec<FieldFault>>;

    fn write(&self) -> Values;
}

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
    pub values: Values,
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

/// The records in force: the last revision of each record that has not ended.
#[derive(Clone, Debug, Default)]
pub struct Registers(BTreeMap<RegisterKind, Vec<Revision>>);

impl Registers {
    /// Takes revisions in any order and keeps the last one of each record.
    pub fn new(revisions: impl IntoIterator<Item = Revision>) -> Self {
        let mut last: BTreeMap<(RegisterKind, String), Revision> = BTreeMap::new();
        for revision in revisions {
            let key = (revision.kind, revision.id.clone());
            if last.get(&key).is_none_or(|known| known.number < revision.number) {
                last.insert(key, revision);
            }
        }
        let mut registers: BTreeMap<RegisterKind, Vec<Revision>> = BTreeMap::new();
        // Ended records are dropped only after the last revision is known: an earlier revision must not come
        // back.
        for revision in last.into_values().filter(|revision| !revision.is_over) {
            registers.entry(revision.kind).or_default().push(revision);
        }
        for records in registers.values_mut() {
            records.sort_by_cached_key(|revision| place(&revision.id));
        }
        Self(registers)
    }

    /// Records of a kind in the order of their identifiers.
    pub fn of(&self, kind: RegisterKind) -> &[Revision] {
        self.0.get(&kind).map_or(&[], Vec::as_slice)
    }

    pub fn find(&self, kind: RegisterKind, id: &str) -> Option<&Revision> {
        self.of(kind).iter().find(|revision| revision.id == id)
    }

    /// Records of a kind, parsed. A record that a later version wrote and this one cannot parse is left out.
    pub fn read<R: RegisterRecord>(&self) -> Vec<RegisterEntry<R>> {
        self.read_those(|_| true)
    }

    /// The same for records whose values are `wanted`; the others are not parsed, which matters with
    /// thousands of them.
    pub fn read_those<R: RegisterRecord>(&self, wanted: impl Fn(&Values) -> bool) -> Vec<RegisterEntry<R>> {
        let read = |revision: &Revision| {
            let record = R::read(&revision.values).ok()?;
            let Revision { id, number, at, by, .. } = revision.clone();
            Some(RegisterEntry { id, number, at, by, record })
        };
        self.of(R::KIND).iter().filter(|revision| wanted(&revision.values)).filter_map(read).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Sort key of an identifier: `ME-2` comes before `ME-10`.
fn place(id: &str) -> (String, u64, String) {
    let digits = id.rfind(|sign: char| !sign.is_ascii_digit()).map_or(0, |at| at + 1);
    let number = id[digits..].parse().unwrap_or(u64::MAX);
    (id[..digits].to_owned(), number, id.to_owned())
}

/// Number of days from one day to another; negative when `to` is the earlier one.
pub fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}
