//! The registers of the management system in words: records, signatures, the continuity plan, and the
//! library of measures as another tool reads it. It decides nothing and reads no store.

pub mod library;
pub mod plan_words;
pub mod record_words;
pub mod signature_words;
