//! The state of a measure: what is declared, what is measured, and how late it is. Computed for a
//! given time and never stored.

use std::collections::BTreeMap;

use digue_types::Timestamp;
use jiff::civil::Date;

use crate::check::{Check, CheckOutcome, CheckResult, DisabledCheck};
use crate::kinds::{Acceptance, Declared, Measure, Risk};
use crate::register::days_between;

/// The last results of the checks, and the checks that an officer switched off.
#[derive(Clone, Debug, Default)]
pub struct MeasuredState {
    pub results: BTreeMap<Check, CheckResult>,
    pub disabled: BTreeMap<Check, DisabledCheck>,
}

/// The time for which states are computed, as an instant and as a civil day in the operator's time
/// zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measurements {
    pub at: Timestamp,
    pub today: Date,
}

/// What one check states at a given time. Ordered from worst to best: `together` takes the minimum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CheckStatement {
    Fail,
    /// It did not run, ended in an error, or its result is too old.
    Unknown,
    /// An officer switched it off.
    Disabled,
    Pass,
}

impl CheckStatement {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Disabled => "disabled",
            Self::Pass => "pass",
        }
    }
}

impl MeasuredState {
    pub fn says(&self, check: Check, now: Measurements) -> CheckStatement {
        if self
            .disabled
            .get(&check)
            .is_some_and(|disabled| now.at < disabled.until)
        {
            return CheckStatement::Disabled;
        }
        match self.results.get(&check) {
            Some(result) if result.is_fresh(now.at) => match result.outcome {
                CheckOutcome::Pass => CheckStatement::Pass,
                CheckOutcome::Fail => CheckStatement::Fail,
                CheckOutcome::Error | CheckOutcome::NotRun => CheckStatement::Unknown,
            },
            _ => CheckStatement::Unknown,
        }
    }

    /// The worst statement of several checks; `None` without a check.
    pub fn together(&self, checks: &[Check], now: Measurements) -> Option<CheckStatement> {
        checks.iter().map(|check| self.says(*check, now)).min()
    }
}

/// The state of a measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeasureState {
    /// Declared in place, and every check that it names passes.
    Proven,
    /// Declared in place, and it names no check.
    Declared,
    /// Declared in place, and a check fails.
    Contradicted,
    /// Declared in place; a check did not run, is too old or is off, or the evidence expired.
    Unproven,
    /// Not in place, and its due date has passed.
    Late,
    /// Not in place yet.
    Coming,
    Dropped,
}

impl MeasureState {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Declared => "declared",
            Self::Contradicted => "contradicted",
            Self::Unproven => "unproven",
            Self::Late => "late",
            Self::Coming => "coming",
            Self::Dropped => "dropped",
        }
    }

    /// True for the only state that a page shows in green.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Proven)
    }
}

impl Measure {
    pub fn standing(&self, measured: &MeasuredState, now: Measurements) -> MeasureState {
        match self.declared.0 {
            Some(Declared::Dropped) => MeasureState::Dropped,
            Some(Declared::InPlace) => {
                let is_expired = self.evidence_until.is_some_and(|until| until < now.today);
                // A failing check comes before expired evidence: it is the stronger statement.
                match measured.together(&self.checks.0, now) {
                    Some(CheckStatement::Fail) => MeasureState::Contradicted,
                    Some(CheckStatement::Unknown | CheckStatement::Disabled) => {
                        MeasureState::Unproven
                    }
                    _ if is_expired => MeasureState::Unproven,
                    Some(CheckStatement::Pass) => MeasureState::Proven,
                    None => MeasureState::Declared,
                }
            }
            _ if self.overdue_days(now) > 0 => MeasureState::Late,
            _ => MeasureState::Coming,
        }
    }

    /// Days since its due date; zero when it is in place, dropped or not due yet.
    pub fn overdue_days(&self, now: Measurements) -> u32 {
        let is_done = matches!(self.declared.0, Some(Declared::InPlace | Declared::Dropped));
        let days = self
            .due
            .filter(|_| !is_done)
            .map_or(0, |due| days_between(due, now.today));
        u32::try_from(days.max(0)).unwrap_or(u32::MAX)
    }

    /// The penalty for the delay, in euros. Done late, it stops growing on the day it was done and
    /// stays owed: declaring a measure in place must not erase it. Without that day, and when the
    /// measure is dropped, it keeps growing, as no record says that it stopped.
    pub fn penalty_due(&self, now: Measurements) -> u64 {
        let end = match self.declared.0 {
            Some(Declared::InPlace) => self
                .declared_on
                .map_or(now.today, |done| done.min(now.today)),
            _ => now.today,
        };
        let days = self.due.map_or(0, |due| days_between(due, end));
        u64::try_from(days.max(0)).unwrap_or(0) * u64::from(self.penalty.unwrap_or(0))
    }
}

/// Why an acceptance no longer holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StaleReason {
    Expired,
    /// The residual level of the risk is not the one that was accepted.
    Changed,
    /// The risk is no longer in the register.
    Gone,
}

impl Acceptance {
    /// Why the acceptance no longer holds, given the risk in force; `None` while it holds.
    pub fn staleness(&self, risk: Option<&Risk>, now: Measurements) -> Option<StaleReason> {
        let Some(risk) = risk else {
            return Some(StaleReason::Gone);
        };
        if self.expires_on.is_none_or(|until| until < now.today) {
            return Some(StaleReason::Expired);
        }
        let is_same = risk.residual_likelihood == self.residual_likelihood
            && risk.residual_gravity == self.residual_gravity;
        (!is_same).then_some(StaleReason::Changed)
    }
}
