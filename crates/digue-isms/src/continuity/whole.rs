//! Gaps of the plan as a whole: what nobody began says nothing of itself.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::kinds::{Asset, ContinuityExercise, EmergencyContact, RegisterKind, YesNo};
use crate::record::RegisterRecord;
use crate::register::{RegisterEntry, Registers};

use super::facts::BackupKnowledge;
use super::gap::{ContinuityGap, ContinuityGapKind, GapPlace};
use super::plan::ContinuityPlan;

/// An exercise of last year, and a month for finding a date.
const EXERCISED_WITHIN_DAYS: i64 = 396;

pub(super) fn of(
    plan: &ContinuityPlan,
    registers: &Registers,
    known: &BackupKnowledge,
) -> Vec<ContinuityGap> {
    let mut found = Vec::new();
    let mut say = |kind| {
        found.push(ContinuityGap {
            place: GapPlace::Plan,
            kind,
        });
    };
    // A record that cannot be read is told by itself: something was begun.
    let is_unread = |kind| plan.unreadable.iter().any(|record| record.kind == kind);
    if plan.is_empty() && !is_unread(RegisterKind::BusinessActivity) {
        say(ContinuityGapKind::NotBegun);
    }
    if plan.contacts.is_empty() && !is_unread(RegisterKind::EmergencyContact) {
        say(ContinuityGapKind::NoContact);
    }
    match known {
        BackupKnowledge::NotConfigured => say(ContinuityGapKind::NothingMeasured),
        BackupKnowledge::Measured(measured) => {
            let unproved = measured
                .sources
                .iter()
                .filter(|(name, facts)| facts.restore_time().is_none() && !is_told(plan, name));
            for (name, _) in unproved {
                let name = name.clone();
                say(ContinuityGapKind::SourceNotRestored { name });
            }
        }
    }
    if !is_exercised(plan, registers) {
        say(ContinuityGapKind::NotExercised);
    }
    for asset in registers.read::<Asset>().entries {
        if holds_data(&asset) && !is_needed(plan, &asset.id) {
            found.push(gap_of(Asset::KIND, &asset.id, &asset.record.title.0));
        }
    }
    for contact in &plan.contacts {
        let record = &contact.record;
        let ways = [&record.phone.0, &record.other_phone.0, &record.email.0];
        if ways.iter().all(|way| way.trim().is_empty()) {
            found.push(ContinuityGap {
                place: GapPlace::Record {
                    kind: EmergencyContact::KIND,
                    id: contact.id.clone(),
                    title: record.title.0.clone(),
                },
                kind: ContinuityGapKind::ContactWithoutNumber,
            });
        }
    }
    found
}

/// True when the gap of an asset says already that its backup was never restored.
fn is_told(plan: &ContinuityPlan, source: &str) -> bool {
    let assets = plan.activities().flat_map(|activity| &activity.assets);
    let mut names = assets.filter_map(super::plan::PlannedAsset::measured_name);
    names.any(|name| name == source)
}

fn holds_data(asset: &RegisterEntry<Asset>) -> bool {
    asset.record.holds_data.0 == Some(YesNo::Yes)
}

fn is_needed(plan: &ContinuityPlan, id: &str) -> bool {
    let mut activities = plan.activities();
    activities.any(|activity| activity.entry.record.assets.0.iter().any(|own| own == id))
}

fn gap_of(kind: RegisterKind, id: &str, title: &str) -> ContinuityGap {
    ContinuityGap {
        place: GapPlace::Record {
            kind,
            id: id.to_owned(),
            title: title.to_owned(),
        },
        kind: ContinuityGapKind::AssetWithoutActivity,
    }
}

/// True when an exercise was held lately. One that cannot be read may have been.
fn is_exercised(plan: &ContinuityPlan, registers: &Registers) -> bool {
    let exercises = registers.read::<ContinuityExercise>();
    if !exercises.unreadable.is_empty() {
        return true;
    }
    let (year, month, day) = plan.at.utc_date();
    let parts = i8::try_from(month).ok().zip(i8::try_from(day).ok());
    let today = parts.and_then(|(month, day)| Date::new(year, month, day).ok());
    let today = today.expect("a date of the calendar is one of the calendar");
    let earliest = today.saturating_sub(EXERCISED_WITHIN_DAYS.days());
    let mut held = exercises
        .entries
        .iter()
        .filter_map(|one| one.record.held_on);
    held.any(|day| earliest <= day && day <= today)
}
