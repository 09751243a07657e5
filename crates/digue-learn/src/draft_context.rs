//! What every block of a draft is made with.

use std::collections::BTreeSet;

use digue_survey::known::KnownPersons;
use digue_survey::route_judge::RouteJudge;

use crate::finding::LearntFinding;
use crate::model::{LearntBlock, LearntRecords, LineReason};

/// What blocks are made with.
pub(crate) struct DraftContext<'d> {
    pub(crate) known: &'d KnownPersons,
    pub(crate) judge: RouteJudge<'d>,
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
    pub(crate) fn unnamed(
        &self,
        empty: &LearntBlock,
        shows_persons: bool,
        responses: usize,
    ) -> LearntBlock {
        let reason = match shows_persons {
            true => LineReason::RecordsUnclear { responses },
            false => LineReason::NobodyKnown { responses },
        };
        LearntBlock {
            records: LearntRecords::Unnamed(reason),
            ..empty.clone()
        }
    }

    /// Notes a place in doubt.
    pub(crate) fn doubt(&mut self, place: &str, kind: u16, hits: usize) {
        let (path, kind) = (self.path.to_owned(), self.known.kind(kind).name.clone());
        let places = BTreeSet::from([place.to_owned()]);
        LearntFinding::DoubtfulPlaces {
            path,
            places,
            kind,
            hits,
        }
        .add_to(self.findings);
    }
}
