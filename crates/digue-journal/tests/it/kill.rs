//! kill -9 at every durable step: this test runs itself again as the victim.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use digue_journal::disk::{DurableStep, FaultEffect, Faults};
use digue_testkit::events::shown;

use crate::{audit, events, open, open_with};

/// Kills this process at the nth occurrence of a step.
struct KillAt {
    step: DurableStep,
    nth: usize,
    seen: AtomicUsize,
}

impl Faults for KillAt {
    fn strike(&self, step: DurableStep) -> FaultEffect {
        if step == self.step && self.seen.fetch_add(1, Ordering::SeqCst) == self.nth {
            let own = std::process::id().to_string();
            let _ = Command::new("kill").args(["-9", &own]).status();
            // The signal may take a moment; this thread must not go on.
            loop {
                std::thread::park();
            }
        }
        FaultEffect::Proceed
    }
}

const FOLDER: &str = "DIGUE_TEST_VICTIM_FOLDER";
const STEP: &str = "DIGUE_TEST_VICTIM_STEP";
const NTH: &str = "DIGUE_TEST_VICTIM_NTH";

/// The victim process: prints each index that was acknowledged, until it is killed.
#[test]
fn victim() {
    #[expect(
        clippy::disallowed_methods,
        reason = "the parent test speaks through the environment"
    )]
    let said = |name: &str| std::env::var(name).ok();
    let (Some(folder), Some(step), Some(nth)) = (said(FOLDER), said(STEP), said(NTH)) else {
        return;
    };
    let step = DurableStep::ALL[step.parse::<usize>().unwrap()];
    let faults = KillAt {
        step,
        nth: nth.parse().unwrap(),
        seen: AtomicUsize::new(0),
    };
    let journal = open_with(Path::new(&folder), Arc::new(faults)).unwrap();
    for number in 0..30 {
        let receipt = journal
            .append_and_wait(vec![shown(number, "a1", &format!("P{number}"))])
            .unwrap();
        println!("promised {}", receipt.first);
    }
    journal.close();
}

/// Runs the victim; returns the indexes that were acknowledged before it was killed.
fn run_victim(folder: &Path, step: usize, nth: usize) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::victim", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(STEP, step.to_string())
        .env(NTH, nth.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let promised = lines
        .map_while(Result::ok)
        .filter_map(|line| {
            line.split("promised ")
                .nth(1)
                .and_then(|n| n.trim().parse().ok())
        })
        .collect();
    let _ = child.wait();
    promised
}

#[test]
fn no_promise_is_lost_by_kill_9_at_every_durable_step() {
    for step in 0..DurableStep::ALL.len() {
        for nth in [0, 1, 3] {
            let folder = tempfile::tempdir().unwrap();
            let promised = run_victim(folder.path(), step, nth);
            let journal = open(folder.path())
                .unwrap_or_else(|error| panic!("{:?} {nth}: {error}", DurableStep::ALL[step]));
            let size = journal.status().size;
            journal.close();
            let report = audit(folder.path());
            assert!(
                report.is_intact(),
                "{:?} {nth}: {:?}",
                DurableStep::ALL[step],
                report.findings
            );
            let entries = events(folder.path(), size);
            for index in promised {
                assert_eq!(
                    entries[index as usize],
                    shown(index, "a1", &format!("P{index}"))
                );
            }
        }
    }
}
