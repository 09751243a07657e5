//! Categories of data as declared in a sheet, beside those that the gateway recorded.

use std::collections::{BTreeMap, BTreeSet};

use digue_response::vocabulary::DataKind;

/// What is declared beside what was seen. Two columns that are never merged.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CategoryComparison {
    /// Seen and not declared: the contradiction.
    pub undeclared: Vec<DataKind>,
    pub agreeing: Vec<DataKind>,
    /// Declared and never seen: shown by another portal, or not at all.
    pub unseen: Vec<DataKind>,
    /// Categories of the map that stand for no kind of data: nobody can say whether they are
    /// declared.
    pub unattributed: Vec<String>,
}

impl CategoryComparison {
    /// `seen` are names of categories, as entries of the journal have them.
    pub fn of(declared: &[DataKind], seen: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut compared = Self::default();
        let mut kinds: BTreeMap<&'static str, DataKind> = BTreeMap::new();
        let mut unattributed = BTreeSet::new();
        for category in seen {
            match DataKind::of_category(category.as_ref()) {
                Some(kind) => drop(kinds.insert(kind.code(), kind)),
                None => drop(unattributed.insert(category.as_ref().to_owned())),
            }
        }
        for kind in kinds.values() {
            if declared.contains(kind) {
                compared.agreeing.push(*kind);
            } else {
                compared.undeclared.push(*kind);
            }
        }
        let is_unseen = |kind: &&DataKind| !kinds.contains_key(kind.code());
        compared.unseen = declared.iter().filter(is_unseen).copied().collect();
        compared.unattributed = unattributed.into_iter().collect();
        compared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_and_not_declared_is_the_contradiction() {
        let declared = [DataKind::CivilStatus, DataKind::Financial];
        let seen = ["identite", "sante", "parcours", "contact", "telephone"];
        let compared = CategoryComparison::of(&declared, seen);
        assert_eq!(compared.undeclared, [DataKind::Contact, DataKind::Health]);
        assert_eq!(compared.agreeing, [DataKind::CivilStatus]);
        assert_eq!(compared.unseen, [DataKind::Financial]);
        // Which kind of data it is cannot be told: it is neither declared nor undeclared.
        assert_eq!(compared.unattributed, ["parcours"]);
        let nothing = CategoryComparison::of(&declared, [""; 0]);
        assert_eq!(nothing.unseen, declared);
        assert!(nothing.undeclared.is_empty());
    }
}
