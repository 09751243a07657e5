//! Elements by their keywords or numbers, as the map writes them, and where one stands in a file.

use std::fmt;

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;
use digue_types::UnreadPlace;

/// `PatientID`, `0010,0020`, or within sequences `OtherPatientIDsSequence.PatientID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DicomPath(Vec<Tag>);

impl DicomPath {
    /// Reads a path: keywords of the standard (PS3.6) or numbers in hexadecimal, joined by dots.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let tags: Option<Vec<Tag>> = text.split('.').map(tag_named).collect();
        tags.map(Self)
            .ok_or("PatientID | 0010,0020 | OtherPatientIDsSequence.PatientID")
    }

    /// True for the element at `place`, of which the outermost `skipped` sequences do not count.
    pub fn fits(&self, place: &ElementPlace, skipped: usize) -> bool {
        let around = place.sequences.get(skipped..).unwrap_or_default();
        self.0.split_last().is_some_and(|(last, sequences)| {
            *last == place.tag
                && sequences.len() == around.len()
                && sequences
                    .iter()
                    .zip(around)
                    .all(|(tag, step)| *tag == step.tag)
        })
    }

    /// True for an element of the data set itself, not of an item in it.
    pub fn is_outermost(&self) -> bool {
        self.0.len() == 1
    }
}

fn tag_named(word: &str) -> Option<Tag> {
    let number = word.trim_start_matches('(').trim_end_matches(')');
    if let Some((group, element)) = number.split_once(',') {
        return Some(Tag(four_digits(group)?, four_digits(element)?));
    }
    let entry = StandardDataDictionary.by_name(word)?;
    Some(entry.tag())
}

fn four_digits(text: &str) -> Option<u16> {
    let is_hexadecimal = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal
        .then(|| u16::from_str_radix(text, 16).ok())
        .flatten()
}

/// The keyword of a tag, where the standard has one.
fn keyword(tag: Tag) -> Option<&'static str> {
    let entry = StandardDataDictionary.by_tag(tag)?;
    Some(entry.alias)
}

/// Where an element stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementPlace {
    /// The sequences around it, from outside in.
    pub(crate) sequences: Vec<SequenceStep>,
    pub(crate) tag: Tag,
}

/// An item of a sequence, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SequenceStep {
    pub(crate) tag: Tag,
    pub(crate) item: usize,
}

/// (0004,1220): the records of a directory.
const DIRECTORY_RECORDS: Tag = Tag(0x0004, 0x1220);
/// (0004,1430): what a record of a directory is of.
const DIRECTORY_RECORD_TYPE: Tag = Tag(0x0004, 0x1430);
/// Places name this many sequences at most.
const NAMED_MAX: usize = 4;

impl ElementPlace {
    pub(crate) const fn outermost(tag: Tag) -> Self {
        Self {
            sequences: Vec::new(),
            tag,
        }
    }

    /// Of elements in the records of a directory, the number of the record.
    pub fn directory_record(&self) -> Option<usize> {
        let first = self.sequences.first()?;
        (first.tag == DIRECTORY_RECORDS).then_some(first.item)
    }

    /// True for the element that says what a record of a directory is of.
    pub fn is_directory_record_type(&self) -> bool {
        self.tag == DIRECTORY_RECORD_TYPE
            && self.sequences.len() == 1
            && self.directory_record().is_some()
    }

    /// For a journal: keywords of the standard, nothing that a portal could choose.
    pub fn unread_place(&self) -> UnreadPlace {
        let mut place = UnreadPlace::default();
        for step in self.sequences.iter().take(NAMED_MAX) {
            place = place
                .and(keyword(step.tag).unwrap_or("sequence"))
                .and("[")
                .and_number(step.item as u64)
                .and("].");
        }
        place.and(keyword(self.tag).unwrap_or("private element"))
    }
}

impl fmt::Display for ElementPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.unread_place().as_str())
    }
}
