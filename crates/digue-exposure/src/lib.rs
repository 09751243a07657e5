//! Who saw whom: an index over the journal, made from its entries and discarded when in doubt.
//!
//! Exact, for a nation's population and a year of its work (docs/decisions/0010). Rows of *which
//! account was shown which person, when* are stored account by account in files that never change,
//! beside the row numbers of each person and the distinct persons of each hour; memory holds the
//! dictionary of persons and the directories of the files. The index decides nothing and is no
//! evidence: every answer names the journal entries that prove it.

mod bits;
mod block;
mod index;
mod names;
mod outside;
mod person_counter;
mod persons;
mod pulse;
mod quality_judge;
mod scope;
mod segment;
mod segment_store;
mod segment_writer;
mod sets;
mod view;

/// Feeds bytes to every reader of the index's files; for the fuzzer.
///
/// # Panics
/// When one of the readers does.
#[doc(hidden)]
pub fn read_any_bytes(bytes: &[u8]) {
    segment_store::read_any_bytes(bytes);
    segment::read_any_bytes(bytes);
    let mut set = sets::PersonSet::new(1 << 17);
    let _ = set.add_all(vec![bytes]);
    if let Some(block) = block::ExposureBlock::read(
        &bytes[..bytes.len() / 8 * 4],
        &bytes[bytes.len() / 8 * 4..],
        1,
        0,
    ) {
        let _ = block.origins();
        assert!((0..block.len()).all(|place| block.row(place).account == 1));
    }
}

pub use index::{Index, Opening};
pub use outside::OutsideRow;
pub use pulse::{CountedExposure, Coverage, Minute};
pub use scope::{Affected, CountBound, Lookup, Quality, QuestionName, ScopeAnswer, ScopeQuestion};
pub use segment::IndexError;
pub use segment_store::SegmentSizes;
pub use view::{IndexView, Sight};
