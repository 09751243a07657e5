//! The map's rules for tables: columns of CSV files and of worksheets.
//!
//! Every row below the header is one person's record. A row with text but without an identifier of
//! its own makes the table unreadable; a blank row is ignored.

mod captions;
mod header;
mod rows;

use regex::Regex;

use digue_identifiers::identifier::Pick;

pub(crate) use rows::{CellValue, TableRow, TableRows};

/// A column that holds identifiers.
#[derive(Clone, Debug)]
pub struct ColumnRule {
    /// Possible names of the column; a table has one of them.
    pub columns: Vec<MapColumn>,
    pub pick: Pick,
    /// A table without this column is read by the other rules.
    pub is_optional: bool,
    /// Whether the identifier is the row's own; a tutor's is not.
    pub is_own: bool,
}

impl ColumnRule {
    /// A required column whose identifier is the row's own.
    pub fn new(column: MapColumn, pick: Pick) -> Self {
        Self {
            columns: vec![column],
            pick,
            is_optional: false,
            is_own: true,
        }
    }
}

/// How a map names a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapColumn {
    /// By the text of its header; white space and case are ignored.
    Named(String),
    /// By its number, from 1. A first row without the kind's shape, before rows that have it, is a
    /// header.
    Number(usize),
}

/// The rules of one table.
#[derive(Clone, Debug, Default)]
pub struct TableRules {
    pub columns: Vec<ColumnRule>,
    /// Values with which an exact search is compared.
    pub compare: Vec<ColumnRule>,
    /// `None` tries all delimiters.
    pub delimiter: Option<u8>,
    /// Matches rows that are not records (titles, totals, legends) by their texts joined with
    /// spaces. Obvious totals are recognised without it.
    pub captions: Option<Regex>,
    /// Further headers that the table may have; others count as undescribed. Empty allows any.
    pub fields: Vec<String>,
    /// Whether the stored result of a formula is accepted in a column of identifiers.
    pub believes_formulas: bool,
}

impl TableRules {
    /// True for tables of other things: their columns are named, and none identifies a person.
    pub(crate) fn shows_nobody(&self) -> bool {
        self.columns.is_empty() && !self.fields.is_empty()
    }

    /// True when every column is given by its number, so that a table needs no header.
    pub(crate) fn is_numbered(&self) -> bool {
        let columns = || self.columns.iter().flat_map(|rule| &rule.columns);
        !self.columns.is_empty() && columns().all(|column| matches!(column, MapColumn::Number(_)))
    }
}
