//! The comparisons of stored records with the journal, of the areas up to this one. What the app is
//! built with is `digue_selfservice::comparisons`, which adds those of the last area.

use digue_administration::{accounts, approvals, rules};
use digue_casework::{containment, incidents};
use digue_evidence::stored_records::StoredComparison;

use crate::isms;

/// Those of each area.
pub const AREAS: &[&[StoredComparison]] = &[
    accounts::stored::COMPARISONS,
    approvals::stored::COMPARISONS,
    rules::COMPARISONS,
    containment::stored::COMPARISONS,
    incidents::stored::COMPARISONS,
    digue_notices::stored::COMPARISONS,
    isms::stored::COMPARISONS,
    isms::stored_files::COMPARISONS,
];
