//! How often histories that nobody encrypted are called suspect: the last commit of each day of git
//! repositories, replayed as if it were a daily backup; then the newest state of each, encrypted in
//! several ways, to see what is found.
//!
//!     cargo run -p digue-backup --example replay_git -- REPOSITORY.git ...

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement ends at its first fault, and prints what it found"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use digue_backup::sample::{ContentKind, SAMPLE_BYTES};
use digue_backup::signs::{
    EncryptionScore, FileListing, ListedFile, SampledTypes, SourceChange, SuspicionLevel,
    UsualChange, score,
};
use ring::digest::{SHA256, digest};

/// As in `digue-continuity/src/habit.rs`.
const SAMPLED_MAX: usize = 400;
const REMEMBERED: usize = 60;

/// A repository, with one process that reads its files.
struct History {
    folder: PathBuf,
    reader: Child,
    /// By path, the object of each file of the last two states.
    objects: [BTreeMap<String, String>; 2],
}

impl History {
    fn open(folder: &Path) -> Self {
        let reader = Command::new("git")
            .args(["cat-file", "--batch"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            folder: folder.to_owned(),
            reader,
            objects: Default::default(),
        }
    }

    fn git(&self, arguments: &[&str]) -> Vec<u8> {
        let run = Command::new("git")
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(run.status.success(), "git {arguments:?}");
        run.stdout
    }

    /// Day and last commit of each day with commits on the main line, oldest first.
    fn days(&self) -> Vec<(String, String)> {
        let log = self.git(&["log", "--first-parent", "--reverse", "--format=%cs %H"]);
        let mut days: BTreeMap<String, String> = BTreeMap::new();
        for line in String::from_utf8(log).unwrap().lines() {
            let (day, commit) = line.split_once(' ').unwrap();
            days.insert(day.to_owned(), commit.to_owned());
        }
        days.into_iter().collect()
    }

    fn listing(&mut self, commit: &str) -> FileListing {
        let tree = self.git(&["ls-tree", "-r", "-l", "-z", commit]);
        let (mut listing, mut objects) = (FileListing::new(), BTreeMap::new());
        for entry in tree
            .split(|byte| *byte == 0)
            .filter(|entry| !entry.is_empty())
        {
            let entry = String::from_utf8_lossy(entry).into_owned();
            let (head, path) = entry.split_once('\t').unwrap();
            let words: Vec<&str> = head.split_whitespace().collect();
            // A submodule has no size.
            let Ok(bytes) = words[3].parse() else {
                continue;
            };
            let content = digest(&SHA256, words[2].as_bytes());
            let content = content.as_ref().try_into().unwrap();
            listing.insert(path.to_owned(), ListedFile { bytes, content });
            objects.insert(path.to_owned(), words[2].to_owned());
        }
        self.objects.swap(0, 1);
        self.objects[1] = objects;
        listing
    }

    fn content(&mut self, object: &str) -> Vec<u8> {
        let asked = self.reader.stdin.as_mut().unwrap();
        writeln!(asked, "{object}").unwrap();
        asked.flush().unwrap();
        let mut answer = BufReader::with_capacity(1, self.reader.stdout.as_mut().unwrap());
        let mut head = String::new();
        answer.read_line(&mut head).unwrap();
        let bytes = head
            .split_whitespace()
            .nth(2)
            .unwrap()
            .parse::<usize>()
            .unwrap();
        let mut content = vec![0; bytes + 1];
        answer.read_exact(&mut content).unwrap();
        content.truncate(bytes);
        content
    }

    fn head(&mut self, state: usize, path: &str) -> Option<Vec<u8>> {
        let object = self.objects[state].get(path)?.clone();
        let mut content = self.content(&object);
        content.truncate(SAMPLE_BYTES);
        Some(content)
    }
}

/// The backups of one history: what is usual for it.
#[derive(Default)]
struct Habit(Vec<f64>);

impl Habit {
    fn judge(&mut self, change: &SourceChange, types: &SampledTypes) -> EncryptionScore {
        let from = self.0.len().saturating_sub(REMEMBERED);
        let judged = score(change, types, &UsualChange::new(&self.0[from..]));
        if judged.level == SuspicionLevel::Clean {
            self.0.push(change.touched_share());
        }
        judged
    }
}

#[derive(Default)]
struct Counted {
    days: usize,
    suspect: usize,
    alarms: usize,
}

fn replay(folder: &Path) -> Counted {
    let mut history = History::open(folder);
    let (mut counted, mut habit) = (Counted::default(), Habit::default());
    let mut before: Option<FileListing> = None;
    for (day, commit) in history.days() {
        let after = history.listing(&commit);
        if let Some(before) = &before {
            let change = SourceChange::between(before, &after, &[]);
            let mut types = SampledTypes::default();
            for path in change.modified.iter().take(SAMPLED_MAX) {
                if let (Some(old), Some(new)) = (history.head(0, path), history.head(1, path)) {
                    types.add(path, ContentKind::of_head(&old), ContentKind::of_head(&new));
                }
            }
            let judged = habit.judge(&change, &types);
            counted.days += 1;
            if judged.level != SuspicionLevel::Clean {
                println!("  {day} {:?} {:?}", judged.level, judged.signs);
            }
            counted.suspect += usize::from(judged.level == SuspicionLevel::Suspect);
            counted.alarms += usize::from(judged.level == SuspicionLevel::Alarm);
        }
        before = Some(after);
    }
    if let Some(newest) = before {
        attack(&mut history, &newest, &mut habit);
    }
    history.reader.kill().unwrap();
    counted
}

/// Ways in which families encrypt.
#[derive(Clone, Copy, Debug)]
enum EncryptionWay {
    Whole,
    /// The first 4 KiB.
    Head,
    /// 16 KiB of each 32.
    Half,
}

fn encrypt(content: &[u8], way: EncryptionWay, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut noise = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    };
    let encrypts = |at: usize| match way {
        EncryptionWay::Whole => true,
        EncryptionWay::Head => at < 4 << 10,
        EncryptionWay::Half => at % (32 << 10) < 16 << 10,
    };
    let encrypted = content.iter().enumerate();
    encrypted
        .map(|(at, byte)| if encrypts(at) { noise() } else { *byte })
        .collect()
}

/// Encrypts so many files of each hundred, by name, with and without renaming; says what is found.
fn attack(history: &mut History, newest: &FileListing, habit: &mut Habit) {
    for way in [
        EncryptionWay::Whole,
        EncryptionWay::Head,
        EncryptionWay::Half,
    ] {
        for percent in [1, 5, 20, 100] {
            for renames in [false, true] {
                let (mut after, mut types) = (newest.clone(), SampledTypes::default());
                let every = 100 / percent;
                for (number, path) in newest.keys().enumerate() {
                    if number % every != 0 {
                        continue;
                    }
                    let mut file = after.remove(path).unwrap();
                    file.content = [7; 32];
                    if renames {
                        after.insert(format!("{path}.verrou"), file);
                        continue;
                    }
                    after.insert(path.clone(), file);
                    if types.sampled < SAMPLED_MAX {
                        let old = history.head(1, path).unwrap();
                        let new = encrypt(&old, way, number as u64);
                        types.add(path, ContentKind::of_head(&old), ContentKind::of_head(&new));
                    }
                }
                let change = SourceChange::between(newest, &after, &[]);
                let from = habit.0.len().saturating_sub(REMEMBERED);
                let judged = score(&change, &types, &UsualChange::new(&habit.0[from..]));
                println!(
                    "  attack {way:?} {percent} % renames={renames} of {}: {:?} ({} points)",
                    newest.len(),
                    judged.level,
                    judged.points
                );
            }
        }
    }
}

/// The bounds of a share with 95 % confidence, after Wilson.
fn wilson(found: usize, of: usize) -> (f64, f64) {
    let (n, z) = (of as f64, 1.96_f64);
    let share = found as f64 / n;
    let middle = share + z * z / (2.0 * n);
    let wide = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let by = 1.0 + z * z / n;
    ((middle - wide) / by, (middle + wide) / by)
}

fn main() {
    let mut all = Counted::default();
    for folder in std::env::args_os().skip(1).map(PathBuf::from) {
        println!("{}", folder.display());
        let counted = replay(&folder);
        println!(
            "  {} days: {} suspect, {} alarms",
            counted.days, counted.suspect, counted.alarms
        );
        all.days += counted.days;
        all.suspect += counted.suspect;
        all.alarms += counted.alarms;
    }
    for (name, found) in [
        ("suspect or alarm", all.suspect + all.alarms),
        ("alarm", all.alarms),
    ] {
        let (low, high) = wilson(found, all.days);
        let (low, high) = (low * 100.0, high * 100.0);
        println!(
            "{name}: {found} of {} days, {low:.2} to {high:.2} %",
            all.days
        );
    }
}
