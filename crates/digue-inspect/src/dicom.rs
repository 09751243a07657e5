//! DICOM files: rules take identifiers from elements, and every text is swept. A picture is its
//! header's person; one that may show a text besides is not taken for read.

pub use digue_dicom::DicomPath;
use digue_dicom::{
    DicomContent, DicomLimits, DicomVisitor, ElementPlace, ElementText, EmbeddedDocument,
    PictureDoubt,
};
use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::Pick;
use digue_identifiers::name_table::NameReader;
use digue_identifiers::reading::{ReadingTally, Unreadable};
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use crate::limits::InspectionLimits;
use crate::pdf::{PicturesChoice, check_visible, text_of};
use crate::xml::outline::xml_elements;

/// How a DICOM file is read. A data set is one record; in a directory each patient's is.
#[derive(Clone, Debug, Default)]
pub struct DicomRules {
    pub rules: Vec<DicomRule>,
    /// Pictures with texts burnt in, and overlays.
    pub pictures: PicturesChoice,
}

/// Takes identifiers from one element.
#[derive(Clone, Debug)]
pub struct DicomRule {
    pub path: DicomPath,
    pub pick: Pick,
    /// Whether it is the record's own; `None` for elements outside of sequences.
    pub is_own: Option<bool>,
}

impl DicomRule {
    pub fn is_own(&self) -> bool {
        self.is_own.unwrap_or_else(|| self.path.is_outermost())
    }
}

pub(crate) fn read(
    rules: &DicomRules,
    bytes: &[u8],
    limits: &InspectionLimits,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let mut inspection = DicomInspection {
        rules,
        found,
        content: DicomContent::Object,
        has_own: false,
        directory: Vec::new(),
        texts: 0,
        bytes_left: limits.decoded_bytes_max,
    };
    let unpacked_bytes_max = limits.decoded_bytes_max;
    let unpacked = digue_dicom::read(bytes, &DicomLimits { unpacked_bytes_max }, &mut inspection)?;
    let in_documents = limits.decoded_bytes_max - inspection.bytes_left;
    Ok(ReadingTally {
        records: inspection.records()?,
        texts: inspection.texts,
        unpacked: unpacked.saturating_add(in_documents),
        ..ReadingTally::default()
    })
}

/// A record of a directory.
#[derive(Clone, Copy, Debug, Default)]
struct DirectoryRecord {
    is_patient: bool,
    has_own: bool,
}

struct DicomInspection<'r, 'f, 'k> {
    rules: &'r DicomRules,
    found: &'f mut Collector<'k>,
    content: DicomContent,
    /// Of an object: whether a rule has found its person.
    has_own: bool,
    directory: Vec<DirectoryRecord>,
    texts: u64,
    /// What documents in it may still unpack to.
    bytes_left: usize,
}

impl DicomInspection<'_, '_, '_> {
    fn records(&self) -> Result<usize, Unreadable> {
        if self.content == DicomContent::Object {
            return Ok(usize::from(self.has_own));
        }
        let patients = self
            .directory
            .iter()
            .enumerate()
            .filter(|(_, r)| r.is_patient);
        let mut records = 0;
        for (number, patient) in patients {
            if !patient.has_own {
                let place = UnreadPlace::numbered("DirectoryRecordSequence[", number as u64);
                return Err(unread(UnreadCause::NamelessRecord, place.and("]")));
            }
            records += 1;
        }
        Ok(records)
    }

    /// The record of a directory in which an element stands.
    fn directory_record(&mut self, at: &ElementPlace) -> Option<&mut DirectoryRecord> {
        if self.content == DicomContent::Object {
            return None;
        }
        let number = at.directory_record()?;
        if self.directory.len() <= number {
            self.directory
                .resize(number + 1, DirectoryRecord::default());
        }
        self.directory.get_mut(number)
    }

    /// The rules for an element. In a directory they are for its records.
    fn rules_of(&mut self, at: &ElementPlace) -> Vec<usize> {
        let skipped = usize::from(self.directory_record(at).is_some());
        let rules = self.rules.rules.iter().enumerate();
        rules
            .filter(|(_, rule)| rule.path.fits(at, skipped))
            .map(|(number, _)| number)
            .collect()
    }

    fn note_own(&mut self, at: &ElementPlace) {
        match self.directory_record(at) {
            Some(record) => record.has_own = true,
            None => self.has_own = true,
        }
    }
}

impl DicomVisitor for DicomInspection<'_, '_, '_> {
    fn begin(&mut self, content: DicomContent) {
        self.content = content;
    }

    fn text(&mut self, at: &ElementPlace, text: &ElementText<'_>) -> Result<(), Unreadable> {
        self.texts += 1;
        if at.is_directory_record_type()
            && text.values().any(|value| value == "PATIENT")
            && let Some(record) = self.directory_record(at)
        {
            record.is_patient = true;
        }
        for number in self.rules_of(at) {
            let rule = &self.rules.rules[number];
            for value in text.values() {
                let outcome = self.found.take(&rule.pick, value, || at.unread_place())?;
                if outcome.is_some() && rule.is_own() {
                    self.note_own(at);
                }
            }
        }
        if self.found.has_sweep() {
            for reading in text.readings() {
                self.found.sweep(reading, || at.unread_place())?;
            }
            if let Some(names) = text.person_names() {
                self.found.sweep(&names, || at.unread_place())?;
            }
        }
        Ok(())
    }

    fn bytes(&mut self, at: &ElementPlace, bytes: &[u8]) -> Result<(), Unreadable> {
        let is_blank = bytes.iter().all(|byte| matches!(byte, 0 | b' '));
        if !is_blank && !self.rules_of(at).is_empty() {
            return Err(unread(UnreadCause::CellType, at.unread_place()));
        }
        if self.found.has_sweep() && !is_blank {
            self.found.sweep(&ascii_runs(bytes), || at.unread_place())?;
            if !bytes.is_ascii() {
                self.found.sweep(&latin_runs(bytes), || at.unread_place())?;
            }
        }
        Ok(())
    }

    fn document(
        &mut self,
        at: &ElementPlace,
        document: EmbeddedDocument<'_>,
    ) -> Result<(), Unreadable> {
        self.texts += 1;
        for text in document_texts(document, &mut self.bytes_left, |page| {
            check_visible(self.rules.pictures, page)
        })
        .map_err(|unreadable| within(at, unreadable))?
        {
            self.found.sweep(&text, || at.unread_place())?;
        }
        Ok(())
    }

    fn picture(&mut self, at: &ElementPlace, doubt: PictureDoubt) -> Result<(), Unreadable> {
        match self.rules.pictures {
            PicturesChoice::ShowNobody => Ok(()),
            PicturesChoice::Refuse => {
                let place = at.unread_place().and(", ").and(doubt.name());
                Err(unread(UnreadCause::UnreadPart, place))
            }
        }
    }
}

/// The texts of a document in a data set: PDF, or XML such as CDA.
fn document_texts(
    document: EmbeddedDocument<'_>,
    bytes_left: &mut usize,
    mut check_page: impl FnMut(&digue_pdf::PageText) -> Result<(), Unreadable>,
) -> Result<Vec<String>, Unreadable> {
    if document.bytes.is_empty() {
        return Ok(Vec::new());
    }
    match document.media_type {
        "application/pdf" => {
            let pdf = text_of(document.bytes, *bytes_left)?;
            *bytes_left = bytes_left.saturating_sub(pdf.unpacked);
            let mut texts = pdf.asides;
            for page in pdf.pages {
                check_page(&page)?;
                texts.extend(page.readings);
            }
            Ok(texts)
        }
        "text/xml" | "application/xml" | "application/hl7-sda+xml" => {
            let text = digue_decode::xml_text(None, document.bytes)?;
            let mut texts = Vec::new();
            for element in xml_elements(&text)? {
                let is_packed = |(name, value): &(_, _)| {
                    AsRef::<str>::as_ref(name) == "representation"
                        && AsRef::<str>::as_ref(value) == "B64"
                };
                if element.attributes.iter().any(is_packed) {
                    return Err(unread(UnreadCause::UnreadPart, "B64"));
                }
                texts.extend(element.attributes.into_iter().map(|(_, value)| value));
                texts.push(element.text);
            }
            // Comments, and what stands between elements, too.
            texts.push(text.into_owned());
            Ok(texts)
        }
        _ => Err(unread(UnreadCause::UnreadPart, "document")),
    }
}

/// A failure within a document, with the element that holds it before its own place.
fn within(at: &ElementPlace, unreadable: Unreadable) -> Unreadable {
    let Unreadable { cause, detail } = unreadable;
    let place = at.unread_place().and(": ").and_place(&detail.place);
    let detail = ReadFailure { ..detail }.at(place);
    Unreadable { cause, detail }
}

/// The runs of ASCII in a value that is no text, one a line.
fn ascii_runs(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        0x20..=0x7e => char::from(*byte),
        _ => '\n',
    };
    bytes.iter().map(shown).collect()
}

/// The same with the letters of ISO 8859-1.
fn latin_runs(bytes: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        0x20..=0x7e | 0xa0..=0xff => char::from(*byte),
        _ => '\n',
    };
    bytes.iter().map(shown).collect()
}

/// Reads the names in a file: each text by itself, since most elements are of other people than the
/// patient.
pub(crate) fn read_names(
    bytes: &[u8],
    bytes_max: usize,
    reader: &mut NameReader<'_>,
) -> Result<usize, Unreadable> {
    let mut names = NamesInside {
        reader,
        bytes_left: bytes_max,
    };
    let limits = DicomLimits {
        unpacked_bytes_max: bytes_max,
    };
    digue_dicom::read(bytes, &limits, &mut names)
}

struct NamesInside<'r, 't> {
    reader: &'r mut NameReader<'t>,
    bytes_left: usize,
}

impl DicomVisitor for NamesInside<'_, '_> {
    fn begin(&mut self, _: DicomContent) {}

    fn text(&mut self, _: &ElementPlace, text: &ElementText<'_>) -> Result<(), Unreadable> {
        match text.person_names() {
            Some(names) => names.lines().for_each(|name| self.reader.read_apart(name)),
            None => text
                .values()
                .for_each(|value| self.reader.read_apart(value)),
        }
        Ok(())
    }

    fn bytes(&mut self, _: &ElementPlace, bytes: &[u8]) -> Result<(), Unreadable> {
        latin_runs(bytes)
            .lines()
            .filter(|line| line.len() > 3)
            .for_each(|line| self.reader.read_apart(line));
        Ok(())
    }

    fn document(
        &mut self,
        _: &ElementPlace,
        document: EmbeddedDocument<'_>,
    ) -> Result<(), Unreadable> {
        let texts = document_texts(document, &mut self.bytes_left, |_| Ok(()))?;
        texts
            .iter()
            .flat_map(|text| text.lines())
            .for_each(|line| self.reader.read_apart(line));
        Ok(())
    }

    fn picture(&mut self, _: &ElementPlace, _: PictureDoubt) -> Result<(), Unreadable> {
        Ok(())
    }
}

fn unread(cause: UnreadCause, place: impl Into<UnreadPlace>) -> Unreadable {
    ReadFailure::new(cause).at(place).into()
}

#[cfg(test)]
mod tests;
