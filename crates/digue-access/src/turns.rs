//! Fair scheduling: where many holders wait for few workers, the one that has used the least is
//! next.
//!
//! Only the order is decided here. The caller runs the jobs, and measures what each one used, in a
//! unit of its choice.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// The waiting jobs `J` of each holder `H`, the jobs in progress, and what each holder has used.
#[derive(Debug)]
pub struct TurnOrder<H, J> {
    workers: usize,
    per_holder: usize,
    waiting_per_holder: usize,
    working: usize,
    lines: HashMap<H, WaitingLine<J>>,
}

#[derive(Debug)]
struct WaitingLine<J> {
    working: usize,
    waiting: VecDeque<J>,
    used: u64,
}

impl<J> WaitingLine<J> {
    fn is_idle(&self) -> bool {
        self.working == 0 && self.waiting.is_empty()
    }
}

/// This holder has as many jobs waiting as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many jobs are waiting")]
pub struct LineFull;

impl<H: Clone + Eq + Hash, J> TurnOrder<H, J> {
    /// At most `workers` jobs at a time (at least two), half of them of one holder, and at most
    /// `waiting_per_holder` waiting for each.
    pub fn new(workers: usize, waiting_per_holder: usize) -> Self {
        // With one worker, half of them would be none.
        let workers = workers.max(2);
        Self {
            workers,
            per_holder: workers / 2,
            waiting_per_holder,
            working: 0,
            lines: HashMap::new(),
        }
    }

    /// Adds a job to the holder's line.
    pub fn wait(&mut self, holder: &H, job: J) -> Result<(), LineFull> {
        // A holder that was idle starts level with the least served: otherwise its credit from the
        // idle time would let it take every turn until it had caught up.
        let least = self
            .lines
            .values()
            .filter(|line| !line.is_idle())
            .map(|line| line.used)
            .min();
        let limit = self.waiting_per_holder;
        let line = self.lines.entry(holder.clone());
        let line = line.or_insert_with(|| WaitingLine {
            working: 0,
            waiting: VecDeque::new(),
            used: 0,
        });
        if line.waiting.len() >= limit {
            return Err(LineFull);
        }
        if line.is_idle() {
            line.used = line.used.max(least.unwrap_or_default());
        }
        line.waiting.push_back(job);
        Ok(())
    }

    /// Takes the next job that may begin and counts it as in progress; `None` while none may.
    pub fn begin(&mut self) -> Option<(H, J)> {
        if self.working >= self.workers {
            return None;
        }
        let per_holder = self.per_holder;
        let may = |line: &WaitingLine<J>| line.working < per_holder && !line.waiting.is_empty();
        let (holder, line) = self
            .lines
            .iter_mut()
            .filter(|(_, line)| may(line))
            .min_by_key(|(_, l)| l.used)?;
        let job = line.waiting.pop_front()?;
        line.working += 1;
        self.working += 1;
        Some((holder.clone(), job))
    }

    /// Ends a job of `holder` that used `used`.
    pub fn end(&mut self, holder: &H, used: u64) {
        let Some(line) = self.lines.get_mut(holder) else {
            return;
        };
        // Saturating: a job that is given up twice must not stop the queue for good.
        line.working = line.working.saturating_sub(1);
        line.used = line.used.saturating_add(used);
        self.working = self.working.saturating_sub(1);
        // What idle holders have used matters only against others: with all of them idle it is
        // forgotten.
        if self.lines.values().all(WaitingLine::is_idle) {
            self.lines.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_never_has_all_workers() {
        let mut order = TurnOrder::new(4, 100);
        (0..50).for_each(|job| order.wait(&"a", job).unwrap());
        assert_eq!(std::iter::from_fn(|| order.begin()).count(), 2);
        order.wait(&"b", 99).unwrap();
        assert_eq!(order.begin(), Some(("b", 99)));
    }

    #[test]
    fn whoever_used_the_least_is_next() {
        let mut order = TurnOrder::new(2, 100);
        for job in 0..3 {
            order.wait(&"slow", job).unwrap();
            order.wait(&"quick", job).unwrap();
        }
        let mut done = Vec::new();
        // Both work; each quick job uses 1, each slow one 100.
        let mut working: Vec<_> = std::iter::from_fn(|| order.begin()).collect();
        while !working.is_empty() {
            working.sort_by_key(|(holder, _)| *holder == "quick");
            let (holder, _) = working.pop().unwrap();
            order.end(&holder, if holder == "slow" { 100 } else { 1 });
            done.push(holder);
            working.extend(order.begin());
        }
        assert_eq!(done, ["quick", "quick", "quick", "slow", "slow", "slow"]);
    }

    #[test]
    fn a_line_is_bounded_and_ends_with_its_work() {
        let mut order = TurnOrder::new(2, 3);
        (0..3).for_each(|job| order.wait(&"a", job).unwrap());
        assert_eq!(order.wait(&"a", 3), Err(LineFull));
        while let Some((holder, _)) = order.begin() {
            order.end(&holder, 1);
        }
        assert!(order.lines.is_empty());
    }

    #[test]
    fn who_was_away_does_not_catch_up() {
        let mut order = TurnOrder::new(2, 100);
        order.wait(&"a", 0).unwrap();
        order.wait(&"a", 1).unwrap();
        let (holder, _) = order.begin().unwrap();
        order.end(&holder, 1000);
        order.wait(&"b", 0).unwrap();
        assert_eq!(order.lines["b"].used, 1000);
    }
}
