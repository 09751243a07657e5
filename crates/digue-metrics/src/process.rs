//! Figures of the process itself, by the conventional names. Linux only: elsewhere there are none.

use std::fs;

/// What the system says about this process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ProcessFigures {
    /// Bytes.
    pub(crate) resident: u64,
    pub(crate) open_files: u64,
    /// Of user and kernel together.
    pub(crate) cpu_seconds: f64,
}

/// Linux reports times of processes in this unit on every architecture (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

impl ProcessFigures {
    /// `None` where the system does not say.
    pub(crate) fn now() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let open_files = fs::read_dir("/proc/self/fd").ok()?.count() as u64;
        Some(Self {
            resident: resident(&status)?,
            open_files,
            cpu_seconds: cpu_seconds(&stat)?,
        })
    }
}

fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Fields 14 and 15 of `stat`. The second is the program's name in parentheses, and may contain
/// anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(ticks as f64 / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_whatever_the_program_is_called() {
        let stat = "42 (a) b (c) R 1 1 1 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0 5 1 1";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(
            resident("Name:\tdigue\nVmRSS:\t  2048 kB\n"),
            Some(2_097_152)
        );
        assert_eq!(
            (resident("VmRSS: much"), cpu_seconds("42 digue")),
            (None, None)
        );
    }
}
