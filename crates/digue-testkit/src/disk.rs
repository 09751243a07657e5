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
        Self { step, nth, times, strike, seen: AtomicUsize::new(0) }
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
        if seen >= self.nth && seen < self.nth + self.times { self.strike } else { FaultEffect::Proceed }
    }
}
