//! The texts of DICOM files (PS3.10), or why they cannot be read.
//!
//! Bytes in, one call for each value out; no I/O. Every value is handed over: texts decoded, other
//! values as bytes, in sequences, private elements, preamble and file meta information too. Pixels
//! are no text: what the file says of them (annotations burnt in, overlays) is handed over instead,
//! and the caller decides. Memory is bounded by the caller's limit, time is linear in the size.
//!
//! The reader is stricter than programs that repair: an element of unknown form, out of order,
//! twice, or longer than what holds it makes the file unreadable, because programs differ in what
//! they show of it.

mod character_set;
mod dataset;
mod file;
mod path;
mod picture;
mod value;

use digue_identifiers::reading::Unreadable;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

pub use path::{DicomPath, ElementPlace};
pub use picture::PictureDoubt;
pub use value::ElementText;

/// Limits on the cost of one file.
#[derive(Clone, Copy, Debug)]
pub struct DicomLimits {
    /// Bytes of a data set that is deflated, once unpacked.
    pub unpacked_bytes_max: usize,
}

/// What is known of a file before its first element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DicomContent {
    /// One data set.
    Object,
    /// A DICOMDIR: records of patients, studies, series and files.
    Directory,
}

/// A document within a data set: an encapsulated PDF or CDA.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedDocument<'b> {
    /// As the data set says, in lower case.
    pub media_type: &'b str,
    pub bytes: &'b [u8],
}

/// Receives what a file has, in the order of the file.
pub trait DicomVisitor {
    /// Before everything else.
    fn begin(&mut self, content: DicomContent);

    /// A value of text. One that does not say its character set has several readings.
    fn text(&mut self, at: &ElementPlace, text: &ElementText<'_>) -> Result<(), Unreadable>;

    /// A value that is no text, or of which nobody knows what it is; not pixels.
    fn bytes(&mut self, at: &ElementPlace, bytes: &[u8]) -> Result<(), Unreadable>;

    fn document(
        &mut self,
        at: &ElementPlace,
        document: EmbeddedDocument<'_>,
    ) -> Result<(), Unreadable>;

    /// Something that is seen, and may show a text besides that of the elements.
    fn picture(&mut self, at: &ElementPlace, doubt: PictureDoubt) -> Result<(), Unreadable>;
}

/// Reads a file, and returns how many bytes were unpacked.
///
/// # Errors
/// It is no DICOM file, has a form that is not read, is damaged or too large, or the visitor ends
/// it.
pub fn read(
    bytes: &[u8],
    limits: &DicomLimits,
    visitor: &mut dyn DicomVisitor,
) -> Result<usize, Unreadable> {
    file::read(bytes, limits, visitor)
}

fn unreadable(cause: UnreadCause, place: impl Into<UnreadPlace>) -> Unreadable {
    ReadFailure::new(cause).at(place).into()
}
