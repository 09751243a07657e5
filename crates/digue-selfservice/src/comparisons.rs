//! The comparisons of stored records with the journal, of every area: what the app is built with.

use digue_compliance::comparisons::AREAS;
use digue_evidence::stored_records::Comparisons;

use crate::persons::stored;

/// Those of every kind of record.
pub fn all() -> Comparisons {
    let mut areas = AREAS.to_vec();
    areas.push(stored::COMPARISONS);
    Comparisons::new(&areas)
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
