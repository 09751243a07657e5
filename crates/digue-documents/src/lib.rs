//! One document, printed three ways: PDF, Word, spreadsheet.
//!
//! Whoever writes a document says what it holds - titles, paragraphs, questions with their answers,
//! tables - and nothing about looks. Pure: the same blocks give the same bytes.

mod csv_line;
mod pdf;
mod sheet;
mod template;
mod word;

pub use csv_line::{csv_line, csv_line_by};
pub use pdf::pdf;
pub use sheet::{Sheet, sheet_name, xlsx};
pub use template::docx_in;
pub use word::docx;

/// A document, in the order in which it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub title: String,
    /// BCP 47.
    pub language: &'static str,
    /// At the foot of every page.
    pub foot: String,
    pub blocks: Vec<Block>,
    /// RFC 3339; `None` where the file is not to say when it was made.
    pub made_at: Option<String>,
}

/// One piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
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
    Squares(Vec<Vec<bool>>),
    /// What follows begins on a page of its own.
    Break,
}

/// A document could not be printed.
#[derive(Debug, thiserror::Error)]
#[error("the document cannot be printed: {0}")]
pub struct Unprintable(String);
