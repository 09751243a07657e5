//! The text of PDF files, as a person reads it, or why it cannot be read.
//!
//! Bytes in, texts out; no I/O. Everything in the file that can show a text is read: pages, forms,
//! annotations, titles, fields. What is not (pictures, glyphs without a character, attachments,
//! earlier revisions, encryption, streams of an unknown kind) is reported, and never passed over:
//! the caller decides on pictures, everything else makes the file unreadable. Memory and time are
//! bounded by the limits that the caller gives.
//!
//! A text drawn as lines, and a font whose table of characters says another text than its glyphs
//! show, are not noticed: only rendering would.

mod cmap;
mod content;
mod file;
mod font;
mod interpreter;
mod layout;
mod streams;

use digue_identifiers::reading::Unreadable;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

/// Limits on the cost of one file.
#[derive(Clone, Copy, Debug)]
pub struct PdfLimits {
    /// Bytes of all streams together, once unpacked.
    pub unpacked_bytes_max: usize,
}

/// The texts of a file.
#[derive(Debug, Default)]
pub struct PdfText {
    pub pages: Vec<PageText>,
    /// Texts beside the pages: titles, bookmarks, fields, addresses, forms that no page shows.
    pub asides: Vec<String>,
    /// Bytes that were unpacked.
    pub unpacked: usize,
}

/// The text of one page.
#[derive(Debug, Default)]
pub struct PageText {
    pub place: UnreadPlace,
    /// The whole text several times, once for each way in which its glyphs can be joined to words
    /// and lines; a word that a person reads is whole in one of them.
    pub readings: Vec<String>,
    /// It shows a picture, in which a text may be.
    pub has_picture: bool,
    /// It shows something that is no text: lines, areas, shades.
    pub has_drawing: bool,
}

impl PageText {
    /// True when no glyph with a visible character is on the page.
    pub fn is_blank(&self) -> bool {
        self.readings.iter().all(|text| text.trim().is_empty())
    }
}

/// Reads a file.
///
/// # Errors
/// It is no PDF, is encrypted, too large, or something in it could show a text that cannot be read.
pub fn read(bytes: &[u8], limits: &PdfLimits) -> Result<PdfText, Unreadable> {
    file::read(bytes, limits)
}

fn unreadable(cause: UnreadCause, place: impl Into<UnreadPlace>) -> Unreadable {
    ReadFailure::new(cause).at(place).into()
}

fn object(number: u32) -> UnreadPlace {
    UnreadPlace::numbered("object ", number.into())
}

#[cfg(test)]
mod tests;
