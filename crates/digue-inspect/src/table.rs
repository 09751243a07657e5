//! What the map says of tables: columns of CSV files and of sheets of workbooks.
//!
//! Every row below the header is one person's record. A row without an identifier of its own, while another of its
//! cells holds a text, cannot be read; a row of blanks is no row.

mod captions;
mod header;
mod rows;

use regex::Regex;

use crate::identifier::Pick;

pub(crate) use rows::{CellValue, TableRow, TableRows};

/// A column that holds identifiers.
#[derive(Clone, Debug)]
pub struct ColumnRule {
    /// Names that the column may have; a table has one of them.
    pub columns: Vec<MapColumn>,
    pub pick: Pick,
    /// A table without the column is read by the other rules.
    pub is_optional: bool,
    /// Whether the identifier is the row's own; a tutor's is not.
    pub is_own: bool,
}

impl ColumnRule {
    /// One column, that must be there, and whose identifier is the row's own.
    pub fn new(column: MapColumn, pick: Pick) -> Self {
        Self { columns: vec![column], pick, is_optional: false, is_own: true }
    }
}

/// How a map names a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapColumn {
    /// By the text of its header; white space and letter case around it do not matter.
    Named(String),
    /// By its place, from 1. A first row that does not fit the kind's shape, while the next does, is a header.
    Number(usize),
}

/// The rules of one table.
#[derive(Clone, Debug, Default)]
pub struct TableRules {
    pub columns: Vec<ColumnRule>,
    /// Values that an exact search is compared with.
    pub compare: Vec<ColumnRule>,
    /// `None`: found out from the file.
    pub delimiter: Option<u8>,
    /// Rows that are no record: titles, totals, legends. Besides them, what is obviously a total is known. It is
    /// compared with the texts of the row, with a space between them.
    pub captions: Option<Regex>,
    /// Headers that the table may have besides; others are counted as undescribed. Empty: any.
    pub fields: Vec<String>,
    /// Whether the result of a formula, as the file keeps it, is believed in a column of identifiers.
    pub believes_formulas: bool,
}

impl TableRules {
    /// True when every column is known by its place, so that a table needs no header.
    pub(crate) fn is_numbered(&self) -> bool {
        let columns = || self.columns.iter().flat_map(|rule| &rule.columns);
        !self.columns.is_empty() && columns().all(|column| matches!(column, MapColumn::Number(_)))
    }
}
