//! The registers of the management system in words: records, signatures, the continuity plan, the
//! library of measures as another tool reads it, and the cells of a register that people fill in. It decides nothing and reads no store.

pub mod library;
pub mod plan_words;
pub mod record_words;
pub mod sheet_cells;
pub mod signature_words;
