//! How the deadlines of an incident stand: kept, running, exceeded, or left open with a written
//! reason. What is left open lawfully is not exceeded, and is not kept either: it is counted apart.

use digue_types::Timestamp;

use crate::clock::LegalClock;
use crate::incident::Incident;
use crate::incident::entry::{IncidentState, Source};

/// How one deadline stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeadlineStanding {
    /// The duty was met in time.
    Kept,
    /// The duty is not met, and its deadline has not passed.
    Running,
    /// The duty was met late, or is not met although its deadline has passed.
    Exceeded,
    /// The law leaves the duty to the operator, who wrote why it stays open.
    LeftOpen,
}

impl Incident {
    /// How the deadline of a clock stands at `now`; `None` for a duty without a deadline, for one of
    /// an incident that was dismissed, and for one of which an earlier register says nothing.
    pub fn deadline(&self, clock: &LegalClock, now: Timestamp) -> Option<DeadlineStanding> {
        let due = clock.due_at?;
        let kind = clock.rule.kind;
        if let Some(met) = clock.met_at {
            return Some(if met > due {
                DeadlineStanding::Exceeded
            } else {
                DeadlineStanding::Kept
            });
        }
        let is_taken_over = self.source == Source::Imported && self.is_closed() && kind.is_beside();
        // It was closed when nothing was presumed yet: nobody can answer for that hour any more.
        let is_past = clock.is_presumed && self.is_closed();
        if is_taken_over || is_past || self.state() == IncidentState::Dismissed {
            None
        } else if kind.may_be_left_open() && self.left_open.contains_key(&kind) {
            Some(DeadlineStanding::LeftOpen)
        } else if now > due {
            Some(DeadlineStanding::Exceeded)
        } else {
            Some(DeadlineStanding::Running)
        }
    }

    /// True when a deadline is exceeded.
    pub fn has_exceeded(&self, clocks: &[LegalClock], now: Timestamp) -> bool {
        let mut standings = clocks.iter().map(|clock| self.deadline(clock, now));
        standings.any(|standing| standing == Some(DeadlineStanding::Exceeded))
    }
}
