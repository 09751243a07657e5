//! What an inspection answers: persons, nobody and why that is known, or what could not be read.
//!
//! *Nobody found* is never an answer by itself: it becomes `ShowsNobody` only through a reason that the map
//! or the message gives, and `Unreadable` otherwise.

use digue_types::{Inspection, Means, ReadFailure, UninspectedCause, UnreadCause};

use crate::identifier::Identifier;

/// The answer to: whom does this message show?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseReading {
    Persons(ShownIdentifiers),
    ShowsNobody(WhyNobody),
    Unreadable(Unreadable),
}

/// How it is known that a message shows nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNobody {
    /// It has no body.
    EmptyBody,
    /// The map states that responses of this type, or of this route, show nobody.
    Stated,
    /// It looks as the map says that an empty answer looks.
    DescribedAsEmpty,
    /// The table has the columns that the map names, and no row.
    EmptyTable,
    /// The map says that answers of this status may hold no record.
    Status,
}

/// Identifiers of a message, each once, in order of appearance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownIdentifiers {
    pub found: Vec<(Identifier, Means)>,
    /// Values that an exact search is compared with; they count nobody.
    pub compared: Vec<Identifier>,
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

/// Why a response could not be read whole. Never holds a value of the portal.
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

/// What a reader saw besides identifiers, told to whoever concludes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadingTally {
    /// Records that were there, each with an identifier of its own.
    pub records: usize,
    /// How it is known that there is none.
    pub nobody: Option<WhyNobody>,
    /// Texts of the message: values, cells, or bytes of text, as the format counts.
    pub texts: u64,
    /// Of them, those outside of everything that the map describes.
    pub undescribed: u64,
    /// Where the first of those is.
    pub first_undescribed: Option<String>,
}

impl ReadingTally {
    /// Counts a text outside of what the map describes.
    pub fn add_undescribed(&mut self, count: u64, place: impl FnOnce() -> String) {
        self.undescribed += count;
        if self.first_undescribed.is_none() {
            self.first_undescribed = Some(place());
        }
    }

    /// Adds what another part of the same message holds.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.nobody = self.nobody.or(other.nobody);
        self.texts += other.texts;
        self.undescribed += other.undescribed;
        self.first_undescribed = self.first_undescribed.take().or(other.first_undescribed);
    }
}
