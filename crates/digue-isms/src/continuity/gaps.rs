//! Looks for gaps: where the analysis contradicts itself, or what was measured.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_types::Timestamp;

use crate::kinds::{Asset, BusinessActivity, RegisterKind, Stakeholder};
use crate::record::RegisterRecord;
use crate::register::Registers;

use super::facts::{KeySplit, MeasuredRestore, SourceFacts};
use super::gap::{ContinuityGap, ContinuityGapKind, GapPlace};
use super::plan::{
    AssetBackup, ContinuityPlan, PlannedActivity, PlannedAsset, PlannedKey, RestartStep,
    RestoreTime,
};

/// All gaps of a plan: what is unknown first, then in the order of the restart.
pub(super) fn of(plan: &ContinuityPlan, registers: &Registers) -> Vec<ContinuityGap> {
    let mut found = Vec::new();
    for record in &plan.unreadable {
        found.push(ContinuityGap {
            place: GapPlace::Record {
                kind: record.kind,
                id: record.id.clone(),
                title: record.title.clone(),
            },
            kind: ContinuityGapKind::Unreadable,
        });
    }
    let outages: BTreeMap<&str, (&str, Option<u32>)> = plan
        .activities()
        .map(|one| {
            let record = &one.entry.record;
            (
                one.entry.id.as_str(),
                (record.title.0.as_str(), record.outage.0),
            )
        })
        .collect();
    for step in &plan.steps {
        if step.is_cycle {
            cycle(step, &mut found);
        }
        for activity in &step.activities {
            let mut gaps = ActivityGaps {
                now: plan.at,
                activity,
                found: &mut found,
            };
            gaps.links(registers);
            gaps.people(plan);
            gaps.order(step, &outages);
            gaps.data();
        }
    }
    for key in &plan.keys {
        key_gap(key, &mut found);
    }
    found
}

fn cycle(step: &RestartStep, found: &mut Vec<ContinuityGap>) {
    let Some(first) = step.activities.first() else {
        return;
    };
    let ids = step.activities.iter().map(|one| one.entry.id.clone());
    let kind = ContinuityGapKind::Cycle {
        members: ids.collect(),
    };
    found.push(gap(first, kind));
}

fn key_gap(key: &PlannedKey, found: &mut Vec<ContinuityGap>) {
    let kind = match &key.split {
        KeySplit::Never => ContinuityGapKind::KeyNeverSplit,
        KeySplit::Split(facts) => {
            let held = key.sheets_held();
            if held >= usize::from(facts.needed) {
                return;
            }
            ContinuityGapKind::KeyWithoutHolders {
                held,
                needed: facts.needed,
            }
        }
    };
    let place = GapPlace::Repository(key.repository.clone());
    found.push(ContinuityGap { place, kind });
}

fn gap(activity: &PlannedActivity, kind: ContinuityGapKind) -> ContinuityGap {
    let entry = &activity.entry;
    let place = GapPlace::Record {
        kind: BusinessActivity::KIND,
        id: entry.id.clone(),
        title: entry.record.title.0.clone(),
    };
    ContinuityGap { place, kind }
}

struct ActivityGaps<'p> {
    now: Timestamp,
    activity: &'p PlannedActivity,
    found: &'p mut Vec<ContinuityGap>,
}

impl ActivityGaps<'_> {
    fn say(&mut self, kind: ContinuityGapKind) {
        self.found.push(gap(self.activity, kind));
    }

    /// Records that ended since: the plan would be silently shorter.
    fn links(&mut self, registers: &Registers) {
        let record = &self.activity.entry.record;
        let named = [
            (BusinessActivity::KIND, &record.activities.0),
            (Asset::KIND, &record.assets.0),
            (Stakeholder::KIND, &record.suppliers.0),
            (RegisterKind::EmergencyContact, &record.people.0),
        ];
        let mut missing = Vec::new();
        for (kind, ids) in named {
            let is_gone = |id: &&String| registers.find(kind, id).is_none();
            missing.extend(ids.iter().filter(is_gone).cloned());
        }
        for id in missing {
            self.say(ContinuityGapKind::MissingRecord { id });
        }
    }

    fn people(&mut self, plan: &ContinuityPlan) {
        if self.activity.entry.record.lead.0.is_empty() {
            self.say(ContinuityGapKind::NobodyLeads);
        }
        let contacts = &self.activity.contacts;
        if !contacts.iter().any(|id| plan.contact(id).is_some()) {
            self.say(ContinuityGapKind::NobodyToCall);
        }
    }

    fn order(&mut self, step: &RestartStep, outages: &BTreeMap<&str, (&str, Option<u32>)>) {
        let record = &self.activity.entry.record;
        let Some(own) = record.outage.0 else {
            self.say(ContinuityGapKind::OutageNotSet);
            return;
        };
        for id in &record.activities.0 {
            if let Some((title, Some(its))) = outages.get(id.as_str())
                && *its > own
            {
                self.say(ContinuityGapKind::NeedsSlower {
                    needed: format!("{id} – {title}"),
                    its: *its,
                    own,
                });
            }
        }
        // Its own restore alone is told with the asset.
        let alone = self.longest_restore();
        if alone <= minutes(own) && step.ready.at_least > minutes(own) {
            self.say(ContinuityGapKind::WaitsTooLong {
                own,
                at_least: step.ready.at_least,
            });
        }
    }

    fn longest_restore(&self) -> Duration {
        let times = self.activity.assets.iter().map(|asset| {
            match asset.restore() {
                RestoreTime::Measured(took) => took,
                // An unknown time only makes the sum a lower bound.
                RestoreTime::Nothing | RestoreTime::Unknown => Duration::ZERO,
            }
        });
        times.max().unwrap_or(Duration::ZERO)
    }

    fn data(&mut self) {
        let activity = self.activity;
        for asset in &activity.assets {
            self.asset(asset);
        }
        let has_data = |asset: &PlannedAsset| asset.backup != AssetBackup::NotNeeded;
        if activity.entry.record.data_age.0.is_none() && activity.assets.iter().any(has_data) {
            self.say(ContinuityGapKind::DataAgeNotSet);
        }
    }

    fn asset(&mut self, asset: &PlannedAsset) {
        let name = format!("{} – {}", asset.id, asset.title);
        match &asset.backup {
            // Without `[backup]` the page says so once, and not of each asset.
            AssetBackup::NotNeeded | AssetBackup::NotMeasured(_) => {}
            AssetBackup::NotNamed => {
                self.say(ContinuityGapKind::AssetWithoutBackup { asset: name });
            }
            AssetBackup::UnknownName(backup) => self.say(ContinuityGapKind::UnknownBackup {
                asset: name,
                name: backup.clone(),
            }),
            AssetBackup::Measured {
                name: backup,
                facts,
            } => self.measured(&name, backup, facts),
        }
    }

    fn measured(&mut self, asset: &str, backup: &str, facts: &SourceFacts) {
        let record = &self.activity.entry.record;
        let asset = || asset.to_owned();
        let (outage, data_age) = (record.outage.0, record.data_age.0);
        if let Some((own, every)) = data_age.zip(facts.every())
            && every > minutes(own)
        {
            self.say(ContinuityGapKind::BackupTooSeldom {
                asset: asset(),
                own,
                every,
            });
        }
        // One dated ahead was made while the clock stood wrong, and says nothing of today.
        let newest = facts.newest().filter(|at| *at <= self.now);
        match (newest, data_age) {
            (None, _) => self.say(ContinuityGapKind::NeverBackedUp {
                asset: asset(),
                name: backup.to_owned(),
            }),
            (Some(_), None) => {}
            (Some(at), Some(own)) => {
                let age = self.now.since(at);
                if age > minutes(own) {
                    self.say(ContinuityGapKind::BackupTooOld {
                        asset: asset(),
                        own,
                        age,
                    });
                }
            }
        }
        match (facts.restore_time(), outage) {
            (Some(took), Some(own)) if took > minutes(own) => {
                self.say(ContinuityGapKind::RestoreTooSlow {
                    asset: asset(),
                    own,
                    took,
                });
            }
            (Some(_), _) => {}
            (None, _) if has_failed(facts) => {
                self.say(ContinuityGapKind::RestoreFailed { asset: asset() });
            }
            (None, _) => self.say(ContinuityGapKind::RestoreNotMeasured { asset: asset() }),
        }
    }
}

fn has_failed(facts: &SourceFacts) -> bool {
    facts.copies.iter().any(|copy| {
        matches!(
            copy.restore,
            MeasuredRestore::Tried {
                has_passed: false,
                ..
            }
        )
    })
}

const fn minutes(minutes: u32) -> Duration {
    Duration::from_secs(minutes as u64 * 60)
}
