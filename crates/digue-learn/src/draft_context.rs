//! What every block of a draft is made with.

use std::collections::BTreeSet;

use digue_survey::judge::Accepted;
use digue_survey::known::{KnownKind, KnownPersons};
use digue_survey::route_judge::RouteJudge;
use digue_survey::value::ValueContext;

use crate::finding::LearntFinding;
use crate::model::{BlockFormat, LearntBlock, LearntRecords, LearntRule, LineReason};

/// The pattern of a whole value, where other texts stand at the same place.
pub(crate) fn pattern_among_others(kind: &KnownKind, accepted: Accepted) -> Option<String> {
    accepted
        .has_others
        .then(|| format!(r"^\s*({})\s*$", kind.written()))
}

/// Other kinds name a person only where the primary one does not.
pub(crate) fn prefer_primary(rules: &mut Vec<LearntRule>) {
    let has_primary = rules.iter().any(|rule| rule.kind == 0);
    rules.retain(|rule| rule.kind == 0 || !has_primary || shows_others(rule));
}

/// True for a rule that finds persons whom no kind before its own shows in the same answer: the
/// options of a list beside a table.
pub(crate) fn shows_others(rule: &LearntRule) -> bool {
    match rule.reason {
        LineReason::Hits(evidence) => evidence.alone > 0,
        LineReason::KindGiven { .. }
        | LineReason::KindBeside { .. }
        | LineReason::KindInferred { .. }
        | LineReason::Asked { .. }
        | LineReason::SomeTables { .. }
        | LineReason::AlwaysEmpty { .. }
        | LineReason::Read { .. }
        | LineReason::NobodyKnown { .. }
        | LineReason::RecordsUnclear { .. }
        | LineReason::Resources { .. }
        | LineReason::Failures { .. }
        | LineReason::Writes { .. }
        | LineReason::Reads { .. } => false,
    }
}

/// A block of which nothing is said yet.
pub(crate) fn empty_block(
    format: BlockFormat,
    types: Vec<String>,
    responses: usize,
) -> LearntBlock {
    LearntBlock {
        format,
        types,
        records: LearntRecords::Rows,
        persons: Vec::new(),
        empty: Vec::new(),
        no_person: Vec::new(),
        fields: Vec::new(),
        captions: None,
        ignores_pictures: false,
        parts: Vec::new(),
        allows_undescribed: false,
        counts_undescribed: false,
        sweep: Vec::new(),
        reason: LineReason::Read { responses },
    }
}

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

    /// Notes that more places were seen than are kept.
    pub(crate) fn note_cut(&mut self) {
        let path = self.path.to_owned();
        self.findings.push(LearntFinding::TooManyPlaces { path });
    }

    /// The rule of a path that was taken for one of identifiers.
    pub(crate) fn rule(&self, path: &str, value: &ValueContext, accepted: Accepted) -> LearntRule {
        let kind = self.known.kind(accepted.kind);
        let pattern = value
            .pattern(&kind.written())
            .or_else(|| pattern_among_others(kind, accepted));
        LearntRule::accepted(path.to_owned(), pattern, accepted)
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
