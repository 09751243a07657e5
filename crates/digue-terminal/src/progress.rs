//! A progress bar on standard error, after two seconds, when that is a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

const WIDTH: u64 = 30;
const FIRST: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_millis(200);

pub struct Progress {
    started: Instant,
    shown: Option<Instant>,
    is_wanted: bool,
}

impl Default for Progress {
    fn default() -> Self {
        // Only at a terminal: in a log the bar would be thousands of lines.
        Self {
            started: Instant::now(),
            shown: None,
            is_wanted: std::io::stderr().is_terminal(),
        }
    }
}

impl Progress {
    /// Shows `done` of `total`, with the remaining seconds estimated from the elapsed ones.
    pub fn show(&mut self, done: u64, total: u64) {
        let elapsed = self.started.elapsed();
        if !self.is_wanted
            || elapsed < FIRST
            || self.shown.is_some_and(|shown| shown.elapsed() < EVERY)
        {
            return;
        }
        self.shown = Some(Instant::now());
        // The journal may grow while it is read; the share must not exceed one.
        let total = total.max(done).max(1);
        let filled = usize::try_from(done * WIDTH / total).unwrap_or(0);
        let bar = format!(
            "{}{}",
            "█".repeat(filled),
            "░".repeat(WIDTH as usize - filled)
        );
        let left = elapsed.as_secs_f64() / (done.max(1) as f64) * (total - done) as f64;
        // A closed terminal is no reason to stop the work.
        let _ = write!(
            std::io::stderr(),
            "\r{bar} {:3} %  {left:.0} s ",
            done * 100 / total
        );
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r{}\r", " ".repeat(WIDTH as usize + 20));
        }
    }
}
