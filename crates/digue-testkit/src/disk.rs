//! Disks that fail at a chosen step.

use std::sync::atomic::{AtomicUsize, Ordering};

use digue_journal::disk::{DurableStep, FaultEffect, Faults};

/// ENOSPC and EIO, as Linux numbers them.
pub const DISK_FULL: i32 = 28;
pub const IO_ERROR: i32 = 5;

/// Fails the `nth` occurrence (from 0) of `step`, then `times - 1` more; lets all others pass.
pub struct FailAt {
    step: DurableStep,
    nth: usize,
    times: usize,
    strike: FaultEffect,
    seen: AtomicUsize,
}

impl FailAt {
    pub fn new(step: DurableStep, nth: usize, times: usize, strike: FaultEffect) -> Self {
        Self {
            step,
            nth,
            times,
            strike,
            seen: AtomicUsize::new(0),
        }
    }

    /// True once the step has failed.
    pub fn has_struck(&self) -> bool {
        self.seen.load(Ordering::SeqCst) > self.nth
    }
}

impl Faults for FailAt {
    fn strike(&self, step: DurableStep) -> FaultEffect {
        if step != self.step {
            return FaultEffect::Proceed;
        }
        let seen = self.seen.fetch_add(1, Ordering::SeqCst);
        if seen >= self.nth && seen < self.nth + self.times {
            self.strike
        } else {
            FaultEffect::Proceed
        }
    }
}

/// Fails a step as often as it is told to, from then on; lets all others pass.
pub struct FailNext {
    step: DurableStep,
    strike: FaultEffect,
    left: AtomicUsize,
}

impl FailNext {
    pub fn new(step: DurableStep, strike: FaultEffect) -> Self {
        Self {
            step,
            strike,
            left: AtomicUsize::new(0),
        }
    }

    /// The next `times` occurrences fail.
    pub fn arm(&self, times: usize) {
        self.left.store(times, Ordering::SeqCst);
    }
}

impl Faults for FailNext {
    fn strike(&self, step: DurableStep) -> FaultEffect {
        let take = |left: usize| left.checked_sub(1);
        let is_struck = step == self.step
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok();
        if is_struck {
            self.strike
        } else {
            FaultEffect::Proceed
        }
    }
}
