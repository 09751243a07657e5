//! One document, printed three ways: PDF, Word, spreadsheet.
//!
//! A document says what it holds - titles, paragraphs, questions with their answers, tables - and nothing about looks.
//! Pure: the same blocks give the same bytes.

mod csv_line;
mod package;
mod pdf;
mod properties;
mod sheet;
mod template;
mod text;
mod word;

use text::PrintableDocument;

pub use csv_line::{csv_line, csv_line_by};
pub use sheet::{SheetDay, WrittenCell, WrittenSheet, sheet_name, xlsx};

/// A document, in the order in which it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub title: String,
    /// The title is a property of the file and not printed: each letter of many has its own.
    pub has_own_titles: bool,
    /// BCP 47.
    pub language: &'static str,
    /// At the foot of every page.
    pub foot: String,
    pub blocks: Vec<DocumentBlock>,
    /// RFC 3339; `None` where the file is not to say when it was made.
    pub made_at: Option<String>,
}

/// One piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentBlock {
    Title(String),
    Heading(String),
    Paragraph(String),
    /// Said in passing.
    Quiet(String),
    /// One of several points, numbered when a number is given.
    Point(Option<u32>, String),
    /// What is asked, and the answer.
    Pair(String, String),
    Table {
        header: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    /// A picture of squares: a QR code, row by row, black where true.
    Squares {
        /// What it is, for those who do not see it.
        says: String,
        rows: Vec<Vec<bool>>,
    },
    /// What follows begins on a page of its own.
    Break,
}

/// A document could not be printed.
#[derive(Debug, thiserror::Error)]
#[error("the document cannot be printed: {0}")]
pub struct Unprintable(String);

/// Prints a document as a tagged PDF (PDF/UA-1).
pub fn pdf(document: &Document) -> Result<Vec<u8>, Unprintable> {
    pdf::printed(&PrintableDocument::of(document))
}

/// Prints a document as a Word file.
pub fn docx(document: &Document) -> Result<Vec<u8>, Unprintable> {
    word::printed(&PrintableDocument::of(document))
}

/// Prints a document into a Word file of the operator's own: `{{content}}` is where it goes, `{{title}}` its title.
///
/// # Errors
/// A file that is no Word file, is larger than a template is, or has no `{{content}}`.
pub fn docx_in(template: &[u8], document: &Document) -> Result<Vec<u8>, Unprintable> {
    template::printed(template, &PrintableDocument::of(document))
}
