//! Where a measure stands: what somebody says beside what is measured, and how late it is.

use std::collections::BTreeMap;

use digue_types::Timestamp;
use jiff::civil::Date;

use crate::check::{Check, CheckOutcome, CheckResult, DisabledCheck};
use crate::kinds::{Acceptance, Declared, Measure, Risk};
use crate::register::days_between;

/// What the running system last said, and what somebody switched off.
#[derive(Clone, Debug, Default)]
pub struct MeasuredState {
    pub results: BTreeMap<Check, CheckResult>,
    pub disabled: BTreeMap<Check, DisabledCheck>,
}

/// Now, as an instant and as a day of the house.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measurements {
    pub at: Timestamp,
    pub today: Date,
}

/// What one check says at this moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CheckStatement {
    Fail,
    /// It did not run, ended in an error, or is older than it may be.
    Unknown,
    /// Somebody switched it off.
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
        if self.disabled.get(&check).is_some_and(|disabled| now.at < disabled.until) {
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

    /// What several checks say together: the worst of them; `None` without a check.
    pub fn together(&self, checks: &[Check], now: Measurements) -> Option<CheckStatement> {
        checks.iter().map(|check| self.says(*check, now)).min()
    }
}

/// Where a measure stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeasureState {
    /// Said to be in place, and measured so.
    Proven,
    /// Said to be in place, with nothing that measures it.
    Declared,
    /// Said to be in place, and what measures it says otherwise.
    Contradicted,
    /// Said to be in place; what measures it did not run, is too old, or the evidence is.
    Unproven,
    /// Not in place, and its day is past.
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

    /// The only ones that a page shows in green.
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
                match measured.together(&self.checks.0, now) {
                    Some(CheckStatement::Fail) => MeasureState::Contradicted,
                    Some(CheckStatement::Unknown | CheckStatement::Disabled) => MeasureState::Unproven,
                    _ if is_expired => MeasureState::Unproven,
                    Some(CheckStatement::Pass) => MeasureState::Proven,
                    None => MeasureState::Declared,
                }
            }
            _ if self.overdue_days(now) > 0 => MeasureState::Late,
            _ => MeasureState::Coming,
        }
    }

    /// Days since it should have been in place; zero when it is, or is not due yet.
    pub fn overdue_days(&self, now: Measurements) -> u32 {
        let is_done = matches!(self.declared.0, Some(Declared::InPlace | Declared::Dropped));
        let days = self.due.filter(|_| !is_done).map_or(0, |due| days_between(due, now.today));
        u32::try_from(days.max(0)).unwrap_or(u32::MAX)
    }

    /// What its lateness costs, in euros: done late, it stops growing on the day it was done and stays
    /// owed. Without that day, and when the measure is given up, nothing says that it stopped.
    pub fn penalty_due(&self, now: Measurements) -> u64 {
        let end = match self.declared.0 {
            Some(Declared::InPlace) => self.declared_on.map_or(now.today, |done| done.min(now.today)),
            _ => now.today,
        };
        let days = self.due.map_or(0, |due| days_between(due, end));
        u64::try_from(days.max(0)).unwrap_or(0) * u64::from(self.penalty.unwrap_or(0))
    }
}

/// Why an acceptance does not hold any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StaleReason {
    Expired,
    /// The residual level of the risk is not the one that was accepted.
    Changed,
    /// The risk is not there any more.
    Gone,
}

impl Acceptance {
    /// Computed from what was frozen and what is in force.
    pub fn staleness(&self, risk: Option<&Risk>, now: Measurements) -> Option<StaleReason> {
        let Some(risk) = risk else { return Some(StaleReason::Gone) };
        if self.expires_on.is_none_or(|until| until < now.today) {
            return Some(StaleReason::Expired);
        }
        let is_same = risk.residual_likelihood == self.residual_likelihood
            && risk.residual_gravity == self.residual_gravity;
        (!is_same).then_some(StaleReason::Changed)
    }
}
