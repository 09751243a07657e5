//! Identifiers of persons: their kinds and shapes, searching a text for them and for known names,
//! and what one message shows.
//!
//! No formats and no rules: `digue-inspect` reads messages, and collects here what it finds.

mod byte_search;
pub mod collector;
mod hidden_texts;
pub mod identifier;
pub mod name_table;
pub mod name_words;
pub mod pattern;
mod printed;
pub mod reading;
mod runs;
pub mod shape;
pub mod shape_search;
pub mod sweep;
pub mod swept_texts;

pub use collector::Collector;
pub use identifier::{GlobalType, Identifier, IdentifierKind, Normalise, Pick, relay_id};
pub use name_table::{NameKey, NameReader, PersonNameTable, PersonNameTableBuilder, SeenNames};
pub use pattern::SearchPattern;
pub use reading::{ResponseReading, ShownIdentifiers, Unreadable, WhyNobody};
pub use shape::IdentifierShape;
pub use shape_search::ShapeSearch;
