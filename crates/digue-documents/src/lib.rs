//! Writes one document as PDF, Word, HTML or spreadsheet.
//!
//! A document holds titles, paragraphs, questions with their answers, and tables; it knows nothing
//! of layout, and this crate knows nothing of incidents or registers. No clock and no file system:
//! the same blocks give the same bytes.

mod csv_line;
mod html;
mod letter;
mod package;
mod pdf;
mod properties;
mod sheet;
mod template;
mod text;
mod word;

use text::PrintableDocument;

pub use letter::{LetterHead, PostalAddress};

pub use csv_line::{csv_line, csv_line_by};
pub use sheet::{SheetDay, WrittenCell, WrittenSheet, sheet_name, xlsx};

/// A document, in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub title: String,
    /// The title is a property of the file and is not printed: in a file of many letters, each
    /// letter prints its own.
    pub has_own_titles: bool,
    /// BCP 47.
    pub language: &'static str,
    /// At the foot of every page.
    pub foot: String,
    pub blocks: Vec<DocumentBlock>,
    pub shape: PageShape,
    /// RFC 3339; `None` leaves the date out of the file's properties.
    pub made_at: Option<String>,
}

/// How the pages lie; always A4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageShape {
    #[default]
    Portrait,
    /// For tables of many columns.
    Landscape,
}

/// One piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentBlock {
    Title(String),
    Heading(String),
    Paragraph(String),
    /// Small and grey: secondary information.
    Quiet(String),
    /// A list item, numbered when a number is given.
    Point(Option<u32>, String),
    /// A question and its answer.
    Pair(String, String),
    Table {
        header: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    /// The head of a letter, on a sheet of its own: pages are counted from here.
    Letter(Box<LetterHead>),
    /// Who signs, line by line, with room for the signature.
    Signature(Vec<String>),
    /// A bitmap such as a QR code, row by row, black where true.
    Squares {
        /// Alternative text for screen readers.
        says: String,
        /// What it is for, printed beside it.
        beside: String,
        rows: Vec<Vec<bool>>,
    },
    /// Page break.
    Break,
}

/// Why a document could not be written; the cause is for the log, not for the user.
#[derive(Debug, thiserror::Error)]
#[error("the document cannot be printed: {0}")]
pub struct Unprintable(String);

/// Writes a document as a tagged PDF (PDF/UA-1, ISO 14289-1).
pub fn pdf(document: &Document) -> Result<Vec<u8>, Unprintable> {
    pdf::printed(&PrintableDocument::of(document))
}

/// Writes a document as a Word file (ISO/IEC 29500-1).
pub fn docx(document: &Document) -> Result<Vec<u8>, Unprintable> {
    word::printed(&PrintableDocument::of(document))
}

/// Writes a document as one HTML file without script, which loads nothing.
pub fn html(document: &Document) -> String {
    html::printed(&PrintableDocument::of(document))
}

/// Writes a document into the operator's Word template: `{{content}}` marks where the document
/// goes, `{{title}}` where its title goes.
///
/// # Errors
/// The template is not a Word file, unpacks to more than 64 MiB, or has no `{{content}}` paragraph.
pub fn docx_in(template: &[u8], document: &Document) -> Result<Vec<u8>, Unprintable> {
    template::printed(template, &PrintableDocument::of(document))
}
