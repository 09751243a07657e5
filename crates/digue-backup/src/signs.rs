//! Signs that a source is being encrypted: what changed between two snapshots, scored.
//!
//! Thresholds come from a replay of 7,200 active days of twelve repositories, and from products'
//! published rules. Volume alone is a poor sign (one false alarm in 650 backups); a file that lost
//! its type is a good one, and a canary that moved is proof. A score never stops a backup: it
//! freezes deletion, keeps the last clean snapshot and calls a person.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::sample::ContentKind;

/// One file of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedFile {
    pub bytes: u64,
    /// Equal for equal content.
    pub content: [u8; 32],
}

/// The files of a snapshot by their path, `/`-separated.
pub type FileListing = BTreeMap<String, ListedFile>;

/// What changed between a snapshot and the one before.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceChange {
    pub files_before: usize,
    pub bytes_before: u64,
    pub bytes_after: u64,
    pub modified: Vec<String>,
    pub added: Vec<String>,
    pub deleted: Vec<String>,
    /// Added files whose extension no file had before.
    pub new_extensions: usize,
    /// The extension that lost most: how many files of how many.
    pub worst_extension: Option<ExtensionLoss>,
    /// A name that appeared in this many folders at once.
    pub repeated_name: Option<RepeatedName>,
    pub ransom_notes: Vec<String>,
    /// Canary files that are gone or differ.
    pub canaries: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExtensionLoss {
    pub extension: String,
    pub deleted: usize,
    pub before: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RepeatedName {
    pub name: String,
    pub folders: usize,
}

/// The types of changed files before and after, as far as they were read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SampledTypes {
    pub sampled: usize,
    pub lost: Vec<String>,
}

/// What is usual for a source: the share of files touched by each of its backups of the last thirty
/// days.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct UsualChange {
    shares: Vec<f64>,
}

/// One sign, with the figures that make it true.
#[derive(Clone, PartialEq, Debug)]
pub enum EncryptionSign {
    CanaryTouched(Vec<String>),
    RansomNote(Vec<String>),
    ManyTouched {
        share: f64,
        files: usize,
        limit: f64,
    },
    NewExtensions(usize),
    ManyDeleted {
        files: usize,
        share: f64,
    },
    ExtensionGone(ExtensionLoss),
    TypesLost {
        lost: usize,
        sampled: usize,
    },
    RepeatedName(RepeatedName),
    Shrank {
        before: u64,
        after: u64,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuspicionLevel {
    Clean,
    /// Deletion is frozen, and a finding is raised.
    Suspect,
    /// An incident is opened, too.
    Alarm,
}

/// The judgement on one backup.
#[derive(Clone, PartialEq, Debug)]
pub struct EncryptionScore {
    pub points: u32,
    pub level: SuspicionLevel,
    pub signs: Vec<EncryptionSign>,
    /// Ten files to look at first.
    pub worst: Vec<String>,
    /// Fewer than thirty backups are known: nothing is usual yet.
    pub is_learning: bool,
}

const SUSPECT_FROM: u32 = 3;
const ALARM_FROM: u32 = 5;
/// Replay: 2.1 % of active days touch more than this.
const TOUCHED_SHARE: f64 = 0.20;
const TOUCHED_FILES: usize = 50;
const TIMES_USUAL: f64 = 3.0;
const NEW_EXTENSIONS: usize = 20;
const DELETED_FILES: usize = 100;
const DELETED_SHARE: f64 = 0.20;
const TYPES_LOST: usize = 10;
const TYPES_LOST_SHARE: f64 = 0.30;
const REPEATED_IN: usize = 5;
const LEARNED_FROM: usize = 30;
/// A source below this share of its size shrank.
const SHRANK_TO: f64 = 0.50;
const WORST: usize = 10;

/// Words in the names of the notes that families of ransomware leave.
const NOTES: [&str; 8] = [
    "how_to_decrypt",
    "how_to_recover",
    "readme_for_decrypt",
    "restore-my-files",
    "restore_files",
    "recover_files",
    "decrypt_instruction",
    "_readme_ransom",
];

impl UsualChange {
    /// Shares of touched files, 0 to 1, of earlier backups; the last thirty count.
    pub fn new(shares: &[f64]) -> Self {
        let from = shares.len().saturating_sub(LEARNED_FROM);
        let mut shares = shares[from..].to_vec();
        shares.sort_by(f64::total_cmp);
        Self { shares }
    }

    /// The share above which a backup touched unusually much.
    fn limit(&self) -> f64 {
        let at = (self.shares.len() * 95).div_ceil(100).saturating_sub(1);
        let usual = self.shares.get(at).copied().unwrap_or(0.0);
        TOUCHED_SHARE.max(TIMES_USUAL * usual)
    }

    fn is_learning(&self) -> bool {
        self.shares.len() < LEARNED_FROM
    }
}

impl SourceChange {
    /// Compares two snapshots. `canaries` are files that Digue laid out and no one has a reason to
    /// touch.
    pub fn between(before: &FileListing, after: &FileListing, canaries: &[String]) -> Self {
        let mut change = Self {
            files_before: before.len(),
            bytes_before: before.values().map(|file| file.bytes).sum(),
            bytes_after: after.values().map(|file| file.bytes).sum(),
            ..Self::default()
        };
        for (path, file) in before {
            match after.get(path) {
                None => change.deleted.push(path.clone()),
                Some(now) if now.content != file.content => change.modified.push(path.clone()),
                Some(_) => {}
            }
        }
        change.added = after
            .keys()
            .filter(|path| !before.contains_key(*path))
            .cloned()
            .collect();
        let touched: BTreeSet<&String> = change.modified.iter().chain(&change.deleted).collect();
        change.canaries = canaries
            .iter()
            .filter(|path| touched.contains(path))
            .cloned()
            .collect();
        change.new_extensions = new_extensions(before, &change.added);
        change.worst_extension = worst_extension(before, &change.deleted);
        change.repeated_name = repeated_name(&change.added);
        let is_note = |path: &&String| {
            let name = name_of(path).to_lowercase().replace([' ', '-'], "_");
            NOTES
                .iter()
                .any(|note| name.contains(&note.replace('-', "_")))
        };
        change.ransom_notes = change.added.iter().filter(is_note).cloned().collect();
        change
    }

    /// Modified and deleted files, of those that were there: 0 to 1.
    pub fn touched_share(&self) -> f64 {
        share(self.modified.len() + self.deleted.len(), self.files_before)
    }
}

impl SampledTypes {
    /// Notes the type of `path` before and after.
    pub fn add(&mut self, path: &str, before: ContentKind, after: ContentKind) {
        self.sampled += 1;
        if after.is_lost_from(before) {
            self.lost.push(path.to_owned());
        }
    }
}

/// Scores what changed.
pub fn score(change: &SourceChange, types: &SampledTypes, usual: &UsualChange) -> EncryptionScore {
    let mut found: Vec<(u32, EncryptionSign)> = Vec::new();
    if !change.canaries.is_empty() {
        found.push((
            ALARM_FROM,
            EncryptionSign::CanaryTouched(change.canaries.clone()),
        ));
    }
    if !change.ransom_notes.is_empty() {
        found.push((
            SUSPECT_FROM,
            EncryptionSign::RansomNote(change.ransom_notes.clone()),
        ));
    }
    found.extend(volume_signs(change, usual));
    let lost = types.lost.len();
    if lost >= TYPES_LOST && share(lost, types.sampled) >= TYPES_LOST_SHARE {
        found.push((
            3,
            EncryptionSign::TypesLost {
                lost,
                sampled: types.sampled,
            },
        ));
    }
    if let Some(repeated) = change
        .repeated_name
        .as_ref()
        .filter(|name| name.folders >= REPEATED_IN)
    {
        found.push((1, EncryptionSign::RepeatedName(repeated.clone())));
    }
    let points = found.iter().map(|(points, _)| points).sum();
    let level = match points {
        0..SUSPECT_FROM => SuspicionLevel::Clean,
        SUSPECT_FROM..ALARM_FROM => SuspicionLevel::Suspect,
        _ => SuspicionLevel::Alarm,
    };
    let candidates = change
        .canaries
        .iter()
        .chain(&types.lost)
        .chain(&change.ransom_notes);
    let worst = candidates
        .chain(&change.modified)
        .chain(&change.deleted)
        .take(WORST)
        .cloned()
        .collect();
    let signs = found.into_iter().map(|(_, sign)| sign).collect();
    EncryptionScore {
        points,
        level,
        signs,
        worst,
        is_learning: usual.is_learning(),
    }
}

/// Signs of how much changed, whatever it became.
fn volume_signs(change: &SourceChange, usual: &UsualChange) -> Vec<(u32, EncryptionSign)> {
    let mut found = Vec::new();
    let (touched, files, limit) = (
        change.touched_share(),
        change.modified.len() + change.deleted.len(),
        usual.limit(),
    );
    if touched > limit && files >= TOUCHED_FILES {
        found.push((
            2,
            EncryptionSign::ManyTouched {
                share: touched,
                files,
                limit,
            },
        ));
    }
    if change.new_extensions > NEW_EXTENSIONS {
        found.push((2, EncryptionSign::NewExtensions(change.new_extensions)));
    }
    let (deleted, deleted_share) = (
        change.deleted.len(),
        share(change.deleted.len(), change.files_before),
    );
    // A handful of files is a fifth of a small folder.
    if deleted >= TOUCHED_FILES && deleted_share >= DELETED_SHARE {
        found.push((
            2,
            EncryptionSign::ManyDeleted {
                files: deleted,
                share: deleted_share,
            },
        ));
    // Only where the sign above was not found: one deletion must not give the points of two.
    } else if let Some(loss) = &change.worst_extension
        && loss.deleted >= DELETED_FILES
        && loss.deleted * 2 > loss.before
    {
        found.push((2, EncryptionSign::ExtensionGone(loss.clone())));
    }
    if change.files_before >= TOUCHED_FILES
        && (change.bytes_after as f64) < change.bytes_before as f64 * SHRANK_TO
    {
        let (before, after) = (change.bytes_before, change.bytes_after);
        found.push((1, EncryptionSign::Shrank { before, after }));
    }
    found
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn extension_of(path: &str) -> Option<&str> {
    name_of(path)
        .rsplit_once('.')
        .map(|(_, extension)| extension)
}

fn new_extensions(before: &FileListing, added: &[String]) -> usize {
    let known: BTreeSet<&str> = before
        .keys()
        .filter_map(|path| extension_of(path))
        .collect();
    // A first backup has no usual extensions.
    if before.is_empty() {
        return 0;
    }
    added
        .iter()
        .filter(|path| extension_of(path).is_some_and(|new| !known.contains(new)))
        .count()
}

fn worst_extension(before: &FileListing, deleted: &[String]) -> Option<ExtensionLoss> {
    let all = count_extensions(before.keys());
    let gone = count_extensions(deleted.iter());
    let (extension, deleted) = gone.into_iter().max_by_key(|(_, deleted)| *deleted)?;
    Some(ExtensionLoss {
        extension: extension.to_owned(),
        deleted,
        before: all.get(extension).copied().unwrap_or(0),
    })
}

fn count_extensions<'p>(paths: impl Iterator<Item = &'p String>) -> BTreeMap<&'p str, usize> {
    let mut counts = BTreeMap::new();
    for extension in paths.filter_map(|path| extension_of(path)) {
        *counts.entry(extension).or_default() += 1;
    }
    counts
}

fn repeated_name(added: &[String]) -> Option<RepeatedName> {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for path in added {
        *folders.entry(name_of(path)).or_default() += 1;
    }
    let (name, folders) = folders.into_iter().max_by_key(|(_, folders)| *folders)?;
    Some(RepeatedName {
        name: name.to_owned(),
        folders,
    })
}

#[cfg(test)]
mod tests;
