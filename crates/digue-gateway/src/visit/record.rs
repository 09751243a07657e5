//! 5. The entry, durable before anything leaves; 6. the answer, handed out.

use std::collections::BTreeMap;

use digue_types::{Exposure, Inspection, Outcome, RefusalReason};
use serde::Serialize;

use super::decide::DecidedVisit;
use super::mode::{Reporting, VisitMode};
use super::state::Visit;
use crate::guard::CutGuard;
use digue_refusals::Refusal;

/// A visit whose entry is durable, with the answer that waits for it.
pub(super) struct RecordedVisit<M, A> {
    visit: Box<Visit>,
    mode: M,
    entry: Option<u64>,
    open_entry: Option<Exposure>,
    is_personal: bool,
    answer: A,
}

/// An answer that may leave.
pub(super) struct ReleasedVisit<A> {
    pub(super) visit: Box<Visit>,
    pub(super) answer: A,
    /// The index of its journal entry, where one was needed.
    pub(super) entry: Option<u64>,
    /// The entry, where another must say how many bytes left.
    pub(super) open_entry: Option<Exposure>,
    /// It shows persons, or could not be read.
    pub(super) is_personal: bool,
    /// Stops the answer when the account is cut.
    pub(super) guard: CutGuard,
}

impl<M: VisitMode, A> DecidedVisit<M, A> {
    /// Writes the entry, and waits until it is durable.
    pub(super) async fn record(self) -> Result<RecordedVisit<M, A>, M::Stop> {
        let (visit, mode, exposure, answer) = self.into_parts();
        let is_personal = exposure.persons_found > 0 || exposure.inspection.is_uninspected();
        let open_entry = (exposure.parts > 1).then(|| exposure.clone());
        let entry = match must_record(&exposure) {
            true => mode.write(&visit, vec![exposure]).await?,
            false => None,
        };
        Ok(RecordedVisit {
            visit,
            mode,
            entry,
            open_entry,
            is_personal,
            answer,
        })
    }
}

impl<M: VisitMode, A> RecordedVisit<M, A> {
    /// Hands out the answer. What was decided before the disk answered may have been undone since:
    /// the entry then stands, which says more than was shown, and never less.
    pub(super) fn release(self) -> Result<ReleasedVisit<A>, M::Stop> {
        let Self {
            visit,
            mode,
            entry,
            open_entry,
            is_personal,
            answer,
        } = self;
        let guard = visit.guard();
        mode.let_go(&visit, &guard, entry)?;
        Ok(ReleasedVisit {
            visit,
            answer,
            entry,
            open_entry,
            is_personal,
            guard,
        })
    }
}

/// The entries of a report, as the portal is told.
#[derive(Debug, Default, Serialize)]
pub(crate) struct RecordedReport {
    /// The index of the first one.
    pub(crate) first_entry: u64,
    pub(crate) entries: usize,
    /// The limits that the visits exceeded, by account.
    pub(crate) over_budget: BTreeMap<String, Vec<RefusalReason>>,
}

/// Writes the entries of all visits of a report, or none.
pub(super) async fn record_report(
    visits: Vec<DecidedVisit<Reporting, ()>>,
) -> Result<RecordedReport, Refusal> {
    let mut report = RecordedReport {
        entries: visits.len(),
        ..RecordedReport::default()
    };
    let mut exposures = Vec::with_capacity(visits.len());
    let mut writer = None;
    for visit in visits {
        let (visit, mode, exposure, ()) = visit.into_parts();
        if !mode.over_budget.is_empty() {
            let known = report
                .over_budget
                .entry(exposure.account.to_string())
                .or_default();
            known.extend(mode.over_budget.iter().cloned());
            known.sort();
            known.dedup();
        }
        exposures.push(exposure);
        writer = Some((visit, mode));
    }
    if let Some((visit, mode)) = writer {
        report.first_entry = mode.write(&visit, exposures).await?.unwrap_or_default();
    }
    Ok(report)
}

/// A response without persons is journalled only when something about it must be remembered.
pub(super) fn must_record(exposure: &Exposure) -> bool {
    exposure.persons_found > 0
        || exposure.outcome != Outcome::Released
        || exposure.unread.is_some()
        || exposure.inspection != Inspection::Inspected
}
