//! Persons who joined the caseload of one account between two readings of a source: few, and for a
//! day at most. Who may add them is not decided here.

use std::collections::HashMap;

use digue_types::{AccountId, OrganisationId, PersonKey, Timestamp};

/// The most of one population that hold at once.
pub const ADDITIONS_MAX: usize = 20_000;

/// The additions of one population.
#[derive(Clone, Debug, Default)]
pub struct CaseloadAdditions(HashMap<(AccountId, PersonKey), Addition>);

/// One relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// An account that moved to another organisation took none of them along.
    pub organisation: OrganisationId,
    pub added_at: Timestamp,
    /// Exclusive.
    pub until: Timestamp,
}

impl CaseloadAdditions {
    /// False when there are too many.
    pub fn add(&mut self, account: AccountId, person: PersonKey, addition: Addition) -> bool {
        self.0.retain(|_, known| addition.added_at < known.until);
        let has_room = self.0.len() < ADDITIONS_MAX;
        if has_room {
            self.0.insert((account, person), addition);
        }
        has_room
    }

    /// Ends those that were added before a moment.
    pub fn end(&mut self, before: Timestamp) {
        self.0.retain(|_, known| before <= known.added_at);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(
        &self,
        (account, organisation): (&AccountId, &OrganisationId),
        person: PersonKey,
        now: Timestamp,
    ) -> bool {
        // Almost always empty: no key is built for the look-up then.
        !self.0.is_empty()
            && self
                .0
                .get(&(account.clone(), person))
                .is_some_and(|known| known.organisation == *organisation && now < known.until)
    }
}
