//! The continuity plan, computed from the business impact analysis and from what was measured of
//! backups and restores. Nothing of it is stored, and nothing that is unknown is assumed.
//!
//! Tolerances are what people declared (DMIA, PDMA); ages and times are what the journal shows. Where
//! the two do not agree, a gap says so.

mod facts;
mod gap;
mod gaps;
mod order;
mod plan;
mod whole;

use std::collections::BTreeMap;
use std::time::Duration;

use digue_types::Timestamp;

use crate::kinds::{Asset, BusinessActivity, EmergencyContact, KeyHolder, YesNo};
use crate::register::{RegisterEntry, Registers};

pub use facts::{
    BackupKnowledge, CopyFacts, KeyFacts, KeySplit, LastCopy, MeasuredBackups, MeasuredRestore,
    SourceFacts,
};
pub use gap::{ContinuityGap, ContinuityGapKind, GapPlace};
pub use plan::{
    AssetBackup, ContinuityPlan, PlannedActivity, PlannedAsset, PlannedKey, ReadyAfter,
    RestartStep, RestoreTime,
};

/// Computes the plan of what the registers say.
pub fn plan(registers: &Registers, known: &BackupKnowledge, at: Timestamp) -> ContinuityPlan {
    let activities = registers.read::<BusinessActivity>();
    let contacts = registers.read::<EmergencyContact>();
    let assets = registers.read::<Asset>();
    let holders = registers.read::<KeyHolder>();
    let mut unreadable = activities.unreadable;
    unreadable.extend(contacts.unreadable);
    unreadable.extend(assets.unreadable);
    unreadable.extend(holders.unreadable);
    let analysis = Analysis {
        assets: by_id(assets.entries),
        contacts: &contacts.entries,
        known,
    };
    let steps = analysis.steps(activities.entries);
    let keys = keys(known, &holders.entries);
    let mut plan = ContinuityPlan {
        at,
        steps,
        keys,
        contacts: contacts.entries,
        gaps: Vec::new(),
        unreadable,
    };
    plan.gaps = whole::of(&plan, registers, known);
    plan.gaps.extend(gaps::of(&plan, registers));
    plan
}

fn by_id<R>(entries: Vec<RegisterEntry<R>>) -> BTreeMap<String, RegisterEntry<R>> {
    entries
        .into_iter()
        .map(|entry| (entry.id.clone(), entry))
        .collect()
}

fn keys(known: &BackupKnowledge, holders: &[RegisterEntry<KeyHolder>]) -> Vec<PlannedKey> {
    let BackupKnowledge::Measured(measured) = known else {
        return Vec::new();
    };
    let of = |(repository, split): (&String, &KeySplit)| {
        let own = |holder: &&RegisterEntry<KeyHolder>| holder.record.repository.0 == *repository;
        PlannedKey {
            repository: repository.clone(),
            split: split.clone(),
            holders: holders.iter().filter(own).cloned().collect(),
        }
    };
    measured.keys.iter().map(of).collect()
}

/// What the steps are made from.
struct Analysis<'r> {
    assets: BTreeMap<String, RegisterEntry<Asset>>,
    contacts: &'r [RegisterEntry<EmergencyContact>],
    known: &'r BackupKnowledge,
}

impl Analysis<'_> {
    fn steps(&self, activities: Vec<RegisterEntry<BusinessActivity>>) -> Vec<RestartStep> {
        let nodes: Vec<order::ActivityNode<'_>> = activities.iter().map(node).collect();
        let groups = order::restart_order(&nodes);
        // By activity: when it is back.
        let mut ready: BTreeMap<String, ReadyAfter> = BTreeMap::new();
        let mut by_id = by_id(activities);
        let mut steps = Vec::new();
        for group in groups {
            let members = group.members.iter();
            let planned: Vec<PlannedActivity> = members
                .filter_map(|id| by_id.remove(id))
                .map(|entry| self.planned(entry))
                .collect();
            let after = ready_after(&planned, &ready);
            for activity in &planned {
                ready.insert(activity.entry.id.clone(), after);
            }
            steps.push(RestartStep {
                activities: planned,
                is_cycle: group.is_cycle,
                needed_within: group.needed_within,
                ready: after,
            });
        }
        steps
    }

    fn planned(&self, entry: RegisterEntry<BusinessActivity>) -> PlannedActivity {
        let record = &entry.record;
        let assets = record
            .assets
            .0
            .iter()
            .filter_map(|id| self.assets.get(id))
            .map(|asset| self.asset(asset))
            .collect();
        let of_suppliers = self.contacts.iter().filter(|contact| {
            let supplier = contact.record.supplier.0.as_ref();
            supplier.is_some_and(|id| record.suppliers.0.contains(id))
        });
        let mut contacts = record.people.0.clone();
        for contact in of_suppliers {
            if !contacts.contains(&contact.id) {
                contacts.push(contact.id.clone());
            }
        }
        PlannedActivity {
            assets,
            contacts,
            entry,
        }
    }

    fn asset(&self, asset: &RegisterEntry<Asset>) -> PlannedAsset {
        let record = &asset.record;
        PlannedAsset {
            id: asset.id.clone(),
            title: record.title.0.clone(),
            owner: record.owner.0.clone(),
            backup: self.backup(record),
        }
    }

    fn backup(&self, asset: &Asset) -> AssetBackup {
        let name = asset.backup.0.clone();
        if name.is_empty() {
            return match asset.holds_data.0 {
                Some(YesNo::No) => AssetBackup::NotNeeded,
                Some(YesNo::Yes) | None => AssetBackup::NotNamed,
            };
        }
        match self.known {
            BackupKnowledge::NotConfigured => AssetBackup::NotMeasured(name),
            BackupKnowledge::Measured(measured) => match measured.sources.get(&name) {
                Some(facts) => AssetBackup::Measured {
                    facts: facts.clone(),
                    name,
                },
                None => AssetBackup::UnknownName(name),
            },
        }
    }
}

fn node(entry: &RegisterEntry<BusinessActivity>) -> order::ActivityNode<'_> {
    order::ActivityNode {
        id: &entry.id,
        outage: entry.record.outage,
        needs: &entry.record.activities.0,
    }
}

/// Assets are restored side by side, steps one after the other where one needs the other.
fn ready_after(activities: &[PlannedActivity], ready: &BTreeMap<String, ReadyAfter>) -> ReadyAfter {
    let mut after = ReadyAfter {
        at_least: Duration::ZERO,
        is_measured: true,
    };
    let needs = activities
        .iter()
        .flat_map(|activity| &activity.entry.record.activities.0);
    for id in needs {
        match ready.get(id) {
            Some(needed) => {
                after.at_least = after.at_least.max(needed.at_least);
                after.is_measured &= needed.is_measured;
            }
            // Of the same cycle; else it has ended or cannot be read.
            None => after.is_measured &= activities.iter().any(|one| one.entry.id == *id),
        }
    }
    // Assets that were not named, have ended or cannot be read: nothing says that nothing is to be
    // restored.
    after.is_measured &= activities.iter().all(|one| {
        let named = one.entry.record.assets.0.len();
        named > 0 && one.assets.len() == named
    });
    let mut longest = Duration::ZERO;
    for asset in activities.iter().flat_map(|activity| &activity.assets) {
        match asset.restore() {
            RestoreTime::Nothing => {}
            RestoreTime::Measured(took) => longest = longest.max(took),
            RestoreTime::Unknown => after.is_measured = false,
        }
    }
    after.at_least += longest;
    after
}
