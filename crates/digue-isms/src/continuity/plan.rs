//! The plan: what is restarted when, by whom, from which copy.

use std::time::Duration;

use digue_types::Timestamp;

use super::facts::{KeySplit, SourceFacts};
use super::gap::ContinuityGap;
use crate::kinds::{BusinessActivity, EmergencyContact, KeyHolder};
use crate::register::{RegisterEntry, UnreadableRecord};
use crate::tolerated_time::ToleratedTime;

/// The plan at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct ContinuityPlan {
    pub at: Timestamp,
    /// In the order of the restart.
    pub steps: Vec<RestartStep>,
    pub keys: Vec<PlannedKey>,
    pub contacts: Vec<RegisterEntry<EmergencyContact>>,
    pub gaps: Vec<ContinuityGap>,
    /// Records of the analysis that cannot be read: the plan lacks what they say.
    pub unreadable: Vec<UnreadableRecord>,
}

/// What is restarted together: one activity, or all members of a cycle, whose order people decide.
#[derive(Clone, PartialEq, Debug)]
pub struct RestartStep {
    pub activities: Vec<PlannedActivity>,
    pub is_cycle: bool,
    /// The shortest tolerance of these activities and of all that wait for them.
    pub needed_within: ToleratedTime,
    /// From the beginning of the restart, by measured restores alone.
    pub ready: ReadyAfter,
}

/// How long it takes until a step is over: what was measured is a lower bound as soon as the restore
/// of one asset was not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadyAfter {
    pub at_least: Duration,
    pub is_measured: bool,
}

/// One activity with what it needs.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedActivity {
    pub entry: RegisterEntry<BusinessActivity>,
    pub assets: Vec<PlannedAsset>,
    /// Identifiers of the contacts to call: its own, and those of its suppliers.
    pub contacts: Vec<String>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct PlannedAsset {
    pub id: String,
    pub title: String,
    pub owner: String,
    pub backup: AssetBackup,
}

/// What is known of the backup of an asset.
#[derive(Clone, PartialEq, Debug)]
pub enum AssetBackup {
    /// The register says that it holds nothing to restore.
    NotNeeded,
    /// The register names no backup.
    NotNamed,
    /// Digue makes and reads no backup of this name.
    UnknownName(String),
    /// Backups are not configured: nothing was measured.
    NotMeasured(String),
    Measured {
        name: String,
        facts: SourceFacts,
    },
}

/// The recovery key of a repository, and who holds its sheets.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedKey {
    pub repository: String,
    pub split: KeySplit,
    pub holders: Vec<RegisterEntry<KeyHolder>>,
}

impl PlannedKey {
    /// Sheets of the key in force with a named holder. One without the fingerprint of this key may
    /// be of an earlier one, and opens nothing.
    pub fn sheets_held(&self) -> usize {
        let KeySplit::Split(key) = &self.split else {
            return 0;
        };
        let fits = |holder: &&RegisterEntry<KeyHolder>| {
            let record = &holder.record;
            is_same_key(&record.fingerprint.0, &key.fingerprint)
                && record
                    .sheet
                    .is_some_and(|sheet| (1..=u32::from(key.sheets)).contains(&sheet))
        };
        let mut sheets: Vec<Option<u32>> = self
            .holders
            .iter()
            .filter(fits)
            .map(|holder| holder.record.sheet)
            .collect();
        sheets.sort_unstable();
        sheets.dedup();
        sheets.len()
    }
}

/// Fingerprints are typed from paper: signs between the digits do not count.
fn is_same_key(typed: &str, fingerprint: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|sign| sign.to_ascii_lowercase())
            .collect()
    };
    !plain(typed).is_empty() && plain(typed) == plain(fingerprint)
}

impl ContinuityPlan {
    /// True when no activity was declared: there is nothing to restart in an order.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub fn contact(&self, id: &str) -> Option<&RegisterEntry<EmergencyContact>> {
        self.contacts.iter().find(|contact| contact.id == id)
    }

    pub fn activities(&self) -> impl Iterator<Item = &PlannedActivity> {
        self.steps.iter().flat_map(|step| &step.activities)
    }
}

/// How long the restore of an asset takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestoreTime {
    /// There is nothing to restore.
    Nothing,
    /// The shortest time of a drill that passed.
    Measured(Duration),
    Unknown,
}

impl PlannedAsset {
    /// The source whose backups are measured.
    pub(super) fn measured_name(&self) -> Option<&str> {
        match &self.backup {
            AssetBackup::Measured { name, .. } => Some(name),
            AssetBackup::NotNeeded
            | AssetBackup::NotNamed
            | AssetBackup::UnknownName(_)
            | AssetBackup::NotMeasured(_) => None,
        }
    }

    pub fn restore(&self) -> RestoreTime {
        match &self.backup {
            AssetBackup::NotNeeded => RestoreTime::Nothing,
            AssetBackup::Measured { facts, .. } => facts
                .restore_time()
                .map_or(RestoreTime::Unknown, RestoreTime::Measured),
            AssetBackup::NotNamed | AssetBackup::UnknownName(_) | AssetBackup::NotMeasured(_) => {
                RestoreTime::Unknown
            }
        }
    }
}
