//! Tables in files: rows of CSV and XLSX; and the ZIP archives that hold files.
//!
//! A table of a portal's response is read by the map's rules, every row below the header as one
//! person's record; a table that a user uploads, cell by cell. Bytes in, rows or identifiers out;
//! no I/O. Memory is bounded by the limits that the caller gives, time is linear in the size, and
//! what is uncertain is unreadable, with its place.

pub mod archive;
pub mod csv_table;
pub mod table;
pub mod xlsx;
