//! What every block of a draft is made with, and the verdicts that all formats share.

use std::collections::BTreeSet;

use crate::entity::is_of_person;
use crate::finding::LearntFinding;
use crate::judge::{AddressVerdicts, PlaceSigns, PlaceVerdict, judge};
use crate::known::KnownPersons;
use crate::model::{LearntBlock, LearntRecords, LineReason};
use crate::survey::RouteKey;
use crate::tally::PlaceTally;
use crate::value::ValueContext;

/// What blocks are made with.
pub(crate) struct DraftContext<'d> {
    pub(crate) known: &'d KnownPersons,
    pub(crate) addresses: &'d AddressVerdicts,
    pub(crate) key: &'d RouteKey,
    /// As the map writes it.
    pub(crate) path: &'d str,
    /// Kinds that are searched for in every text.
    pub(crate) sweep: &'d [usize],
    /// The member that holds the primary identifier on most other routes.
    pub(crate) usual_member: Option<&'d str>,
    pub(crate) findings: &'d mut Vec<LearntFinding>,
}

impl DraftContext<'_> {
    /// The block that only searches, with the reason why no record is named.
    pub(crate) fn unnamed(&self, empty: &LearntBlock, shows_persons: bool, responses: usize) -> LearntBlock {
        let reason = match shows_persons {
            true => LineReason::RecordsUnclear { responses },
            false => LineReason::NobodyKnown { responses },
        };
        LearntBlock { records: LearntRecords::Unnamed(reason), ..empty.clone() }
    }

    /// The verdict on a place: addresses are judged together, all else by itself.
    pub(crate) fn verdict(
        &self,
        context: &ValueContext,
        tally: &PlaceTally,
        signs: PlaceSigns,
    ) -> PlaceVerdict {
        match context {
            ValueContext::Path(_) | ValueContext::Query(_) => match self.addresses.verdict(context) {
                PlaceVerdict::Accepted(accepted) if tally.kinds.contains_key(&accepted.kind) => {
                    PlaceVerdict::Accepted(accepted)
                }
                PlaceVerdict::Accepted(_) | PlaceVerdict::Doubtful { .. } | PlaceVerdict::Nobody => {
                    PlaceVerdict::Nobody
                }
            },
            ValueContext::Whole | ValueContext::After(_) => judge(self.known, tally, signs),
        }
    }

    /// Notes a place in doubt.
    pub(crate) fn doubt(&mut self, place: &str, kind: u16, hits: usize) {
        let (path, kind) = (self.path.to_owned(), self.known.kind(kind).name.clone());
        let places = BTreeSet::from([place.to_owned()]);
        LearntFinding::DoubtfulPlaces { path, places, kind, hits }.add_to(self.findings);
    }
}

/// How many of `names` are members that persons have.
pub(crate) fn members_of_persons<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.filter(|name| is_of_person(name)).count()
}
