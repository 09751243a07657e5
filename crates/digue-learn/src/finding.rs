//! What a person has to look at: each with its place and its figures, none with a value of the
//! portal.

use std::collections::BTreeSet;

use digue_survey::alias::AliasPlace;
use digue_survey::exchange::BodyGap;
use digue_survey::reading::ReadingSign;
use digue_survey::shape::Telling;
use digue_types::{ReadFailure, UnreadCause};

use crate::model::BlockFormat;

/// Something that learning could not settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LearntFinding {
    /// A request that changes something is proposed as a comment only.
    WriteNotProposed {
        method: String,
        path: String,
        exchanges: usize,
    },
    /// A request that is proposed as one that only reads, although its method says otherwise.
    TakenForReading {
        method: String,
        path: String,
        sign: ReadingSign,
    },
    /// A request that a sign calls a reading, and nothing confirms it: proposed as a comment.
    MayOnlyRead {
        method: String,
        path: String,
        exchanges: usize,
        sign: ReadingSign,
    },
    /// Answers that show a known name and no known identifier; the route has no rule for them.
    NameWithoutIdentifier {
        path: String,
        responses: usize,
        of: usize,
    },
    /// Nobody was seen in these answers, so that nothing says whom they may show. `is_counted`: a text
    /// where none stood is refused.
    NoPersonSeen {
        path: String,
        format: BlockFormat,
        responses: usize,
        is_counted: bool,
    },
    /// No reader for this type.
    UnreadType {
        path: String,
        media_type: String,
        responses: usize,
        bytes: u64,
    },
    /// Answers that are broken, or beyond a bound.
    UnreadableAnswers {
        path: String,
        cause: UnreadCause,
        responses: usize,
    },
    /// Answers without their body in the recording: nothing is known of them.
    BodiesNotRecorded {
        path: String,
        gap: BodyGap,
        responses: usize,
    },
    /// An answer without a type: a map has no rule for it.
    NoType { path: String, responses: usize },
    /// A list that was empty in every answer: whom it shows is not known.
    AlwaysEmpty { path: String, place: String },
    /// A column of identifiers that some tables lack.
    ColumnNotEverywhere {
        path: String,
        column: String,
        tables: usize,
        of: usize,
    },
    /// Tables in which no column has known identifiers.
    TableWithoutIdentifiers {
        path: String,
        format: BlockFormat,
        tables: usize,
    },
    /// Persons are found, and no part of the answer holds one each: an unnamed one would not be
    /// noticed. `first`: why the next stricter rules failed.
    RecordsUnclear {
        path: String,
        format: BlockFormat,
        responses: usize,
        first: Option<ReadFailure>,
    },
    /// Texts stand outside of records, in parts that change: the map lets any text stand there.
    TextsOutsideRecords {
        path: String,
        format: BlockFormat,
        first: Option<ReadFailure>,
    },
    /// No rule reads all answers of this format.
    NotReadWhole {
        path: String,
        format: BlockFormat,
        cause: UnreadCause,
        responses: usize,
    },
    /// Values that known persons also have, with nothing that says that they are persons'; the
    /// places of one route, or of addresses.
    DoubtfulPlaces {
        path: String,
        places: BTreeSet<String>,
        kind: String,
        hits: usize,
    },
    /// Members named by identifiers: rules reach values, only the sweep sees names.
    KeyedByIdentifier { path: String, objects: usize },
    /// Members whose names are no names as programs write them: perhaps persons.
    OddMemberNames {
        path: String,
        place: String,
        objects: usize,
    },
    /// Identifiers in scripts of pages: a script may show them.
    IdentifiersInScripts { path: String, pages: usize },
    /// Scripts, drawings or style sheets with known identifiers.
    PersonsInResources { path: String, responses: usize },
    /// Pictures whose address changes: perhaps of persons.
    PicturesNotRead { path: String, responses: usize },
    /// Pictures in PDF files: the map takes them for logos until a person says otherwise.
    PicturesIgnored { path: String, files: usize },
    /// Entries of an archive, or events, that nothing reads: with them, none of it is read.
    UnreadPart {
        path: String,
        name: String,
        parts: usize,
    },
    /// What one route issues, another is asked with: a job, a file, a token.
    FetchedLater { issued_by: String, asked_of: String },
    /// Another identifier of the same persons: the alias table must be loaded.
    AliasTableNeeded {
        kind: String,
        place: AliasPlace,
        persons: usize,
    },
    /// Rules name persons by two kinds of the operator's list: the alias table must be loaded.
    KindsOfOnePerson { kind: String, primary: String },
    /// Another host was recorded.
    OtherOrigin {
        origin: String,
        exchanges: usize,
        with_known: usize,
    },
    /// A shape that does not tell by itself is searched for nowhere.
    NoSweep { kind: String, telling: Telling },
    /// Other things have identifiers of this shape, and no known person was found by the search alone:
    /// the block does not search for it.
    SearchNarrowed {
        path: String,
        format: BlockFormat,
        values: usize,
    },
    /// A parameter of words: a search that tells who exists.
    FreeSearch { path: String, parameter: String },
    /// A path that the gateway refuses.
    RefusedPath { path: String, exchanges: usize },
    /// Two types of content under one media type.
    MixedContent { path: String, media_type: String },
    /// Routes beyond the bound.
    TooManyRoutes { exchanges: usize },
    /// More places than are counted.
    TooManyPlaces { path: String },
    /// Identifiers were inferred from the traffic: nothing says that they are persons'.
    IdentifiersInferred { kind: String, values: usize },
}

impl LearntFinding {
    /// For messages.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WriteNotProposed { .. } => "write",
            Self::TakenForReading { .. } => "reads",
            Self::MayOnlyRead { .. } => "may-read",
            Self::NameWithoutIdentifier { .. } => "name-only",
            Self::NoPersonSeen {
                is_counted: true, ..
            } => "nobody",
            Self::NoPersonSeen {
                is_counted: false, ..
            } => "nobody-free",
            Self::UnreadType { .. } => "unread-type",
            Self::UnreadableAnswers { .. } => "unreadable",
            Self::BodiesNotRecorded { .. } => "no-body",
            Self::NoType { .. } => "no-type",
            Self::AlwaysEmpty { .. } => "always-empty",
            Self::ColumnNotEverywhere { .. } => "column",
            Self::TableWithoutIdentifiers { .. } => "table",
            Self::RecordsUnclear { .. } => "records",
            Self::TextsOutsideRecords { .. } => "outside",
            Self::NotReadWhole { .. } => "not-whole",
            Self::DoubtfulPlaces { .. } => "doubtful",
            Self::KeyedByIdentifier { .. } => "keyed",
            Self::OddMemberNames { .. } => "member-names",
            Self::IdentifiersInScripts { .. } => "scripts",
            Self::PersonsInResources { .. } => "resources",
            Self::PicturesNotRead { .. } => "pictures",
            Self::PicturesIgnored { .. } => "pictures-ignored",
            Self::UnreadPart { .. } => "unread-part",
            Self::FetchedLater { .. } => "fetched-later",
            Self::AliasTableNeeded { .. } => "alias",
            Self::KindsOfOnePerson { .. } => "kinds",
            Self::OtherOrigin { .. } => "origin",
            Self::NoSweep { .. } => "no-sweep",
            Self::SearchNarrowed { .. } => "narrowed",
            Self::FreeSearch { .. } => "search",
            Self::RefusedPath { .. } => "path",
            Self::MixedContent { .. } => "mixed",
            Self::TooManyRoutes { .. } => "routes",
            Self::TooManyPlaces { .. } => "places",
            Self::IdentifiersInferred { .. } => "inferred",
        }
    }

    /// Adds to findings: places in doubt join those of the same route.
    pub(crate) fn add_to(self, findings: &mut Vec<Self>) {
        if !findings.iter_mut().any(|known| known.absorbs(&self)) {
            findings.push(self);
        }
    }

    /// Adds the doubtful places of `other`, where both are of one path and kind.
    fn absorbs(&mut self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::DoubtfulPlaces {
                    path,
                    places,
                    kind,
                    hits,
                },
                Self::DoubtfulPlaces {
                    path: other_path,
                    places: more_places,
                    kind: other_kind,
                    hits: more_hits,
                },
            ) if path == other_path && kind == other_kind => {
                places.extend(more_places.iter().cloned());
                *hits += more_hits;
                true
            }
            _ => false,
        }
    }
}
