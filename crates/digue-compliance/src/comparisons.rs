//! The comparisons of stored records with the journal, of every area: what the app is built with.

use digue_administration::{accounts, approvals};
use digue_casework::{containment, incidents};
use digue_evidence::stored_records::Comparisons;

use crate::isms;

/// Those of every kind of record.
pub fn all() -> Comparisons {
    Comparisons::new(&[
        accounts::stored::COMPARISONS,
        approvals::stored::COMPARISONS,
        containment::stored::COMPARISONS,
        incidents::stored::COMPARISONS,
        digue_notices::stored::COMPARISONS,
        isms::stored::COMPARISONS,
    ])
}

#[cfg(test)]
mod tests {
    use digue_evidence::stored_records::StoredKind;

    #[test]
    fn each_kind_of_stored_records_is_compared_by_exactly_one_area() {
        for &kind in StoredKind::ALL {
            assert_eq!(
                super::all()
                    .kinds()
                    .filter(|compared| *compared == kind)
                    .count(),
                1,
                "{kind:?}"
            );
        }
    }
}
