//! The answer of an inspection: persons, nobody and why that is known, or the reason why it is
//! unreadable.
//!
//! *Nobody found* is not an answer by itself: it becomes `ShowsNobody` only through a reason given
//! by the map or the message, and `Unreadable` otherwise. Version 0.1.0 took the one for the other,
//! and 77 of 153 hostile responses left with a person missing in their entry (docs/decisions/0016).

use digue_types::{Inspection, Means, ReadFailure, UninspectedCause, UnreadCause, UnreadPlace};

use smol_str::SmolStr;

use crate::identifier::Identifier;

/// Whom a message shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseReading {
    Persons(ShownIdentifiers),
    ShowsNobody(WhyNobody),
    Unreadable(Unreadable),
}

/// Why a message is known to show nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNobody {
    /// It has no body.
    EmptyBody,
    /// The map states that responses of this type, or of this route, show nobody.
    Stated,
    /// It matches the map's description of an empty answer.
    DescribedAsEmpty,
    /// The table has the columns that the map names, and no rows.
    EmptyTable,
    /// The map says that answers of this status may hold no record.
    Status,
}

/// The distinct identifiers of a message, in order of appearance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownIdentifiers {
    pub found: Vec<(Identifier, Means)>,
    /// Values with which an exact search is compared; they are not counted as persons.
    pub compared: Vec<Identifier>,
    /// The rules that found an identifier, as the map writes them, each once.
    pub rules: Vec<SmolStr>,
}

impl ShownIdentifiers {
    pub fn identifiers(&self) -> impl Iterator<Item = &Identifier> {
        self.found.iter().map(|(identifier, _)| identifier)
    }

    /// True when the message shows this value of the person found.
    pub fn shows(&self, asked: &Identifier) -> bool {
        self.identifiers().any(|found| found == asked) || self.compared.contains(asked)
    }
}

/// Why a response could not be read completely. Never contains a value of the portal: it is
/// journalled and logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unreadable {
    pub cause: UninspectedCause,
    pub detail: ReadFailure,
}

impl Unreadable {
    /// The response is larger than the limit.
    pub fn too_large() -> Self {
        ReadFailure::new(UnreadCause::TooLarge).into()
    }

    pub fn inspection(&self) -> Inspection {
        self.cause.into()
    }
}

impl From<ReadFailure> for Unreadable {
    fn from(detail: ReadFailure) -> Self {
        let cause = match detail.cause {
            UnreadCause::TooLarge => UninspectedCause::TooLarge,
            UnreadCause::MediaType | UnreadCause::Coding => UninspectedCause::UnknownType,
            UnreadCause::Undescribed => UninspectedCause::Undescribed,
            UnreadCause::NameAlone => UninspectedCause::NameAlone,
            UnreadCause::ValueShape
            | UnreadCause::NotIdentifier
            | UnreadCause::NamelessRecord
            | UnreadCause::NoRecord
            | UnreadCause::Syntax
            | UnreadCause::CharacterSet
            | UnreadCause::Column
            | UnreadCause::ShortRow
            | UnreadCause::Formula
            | UnreadCause::CellType
            | UnreadCause::Ambiguous
            | UnreadCause::TooDeep
            | UnreadCause::UnreadPart
            | UnreadCause::InexactNumber
            | UnreadCause::Header
            | UnreadCause::Failed => UninspectedCause::Broken,
        };
        Self { cause, detail }
    }
}

/// What a reader counted besides identifiers; `RuleBlock::conclude` decides what it means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadingTally {
    /// Records, each with an identifier of its own.
    pub records: usize,
    /// Why the message is known to show nobody.
    pub nobody: Option<WhyNobody>,
    /// Texts of the message: values, cells, or bytes of text, depending on the format.
    pub texts: u64,
    /// Those of them outside everything that the map describes.
    pub undescribed: u64,
    /// Place of the first of those.
    pub first_undescribed: Option<UnreadPlace>,
    /// Bytes that the reader unpacked from a format that packs its parts.
    pub unpacked: usize,
}

impl ReadingTally {
    /// Counts `count` texts outside the map's description.
    pub fn add_undescribed(&mut self, count: u64, place: impl FnOnce() -> UnreadPlace) {
        self.undescribed += count;
        if self.first_undescribed.is_none() {
            self.first_undescribed = Some(place());
        }
    }

    /// Adds the counts of another part of the same message.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.nobody = self.nobody.or(other.nobody);
        self.texts += other.texts;
        self.undescribed += other.undescribed;
        self.unpacked += other.unpacked;
        self.first_undescribed = self.first_undescribed.take().or(other.first_undescribed);
    }
}
