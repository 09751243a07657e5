//! Objectives with the values that their checks measured and that people declared.

use std::collections::BTreeMap;

use digue_app::{Actor, App, OperationError};
use digue_governance::objectives::{Curve, ObjectiveProgress, curve, progress};
use digue_isms::check::{Check, Measurement as CheckFound};
use digue_isms::kinds::{Measurement, Objective};
use digue_isms::register::RegisterEntry;
use jiff::civil::Date;

use super::checks::result_of;
use super::{day_of, in_force, must_read};

/// An objective as its page shows it.
#[derive(Clone, PartialEq, Debug)]
pub struct ShownObjective {
    pub objective: RegisterEntry<Objective>,
    pub progress: ObjectiveProgress,
    /// `None` with fewer than two values.
    pub curve: Option<Curve>,
    /// Results of its check that cannot be read: they are on no curve.
    pub unread_results: usize,
}

/// The results of a check that a curve shows, at most: a year and a half, twice a day.
const RESULTS_MAX: u32 = 1_100;

/// Every objective, in the order of the register.
pub async fn objectives(app: &App, actor: &Actor) -> Result<Vec<ShownObjective>, OperationError> {
    must_read(actor)?;
    let registers = in_force(app).await?;
    let declared = registers.read::<Measurement>().entries;
    let mut known: BTreeMap<Check, CheckHistory> = BTreeMap::new();
    let mut shown = Vec::new();
    for objective in registers.read::<Objective>().entries {
        let mut history = CheckHistory::default();
        if let Some(check) = objective.record.check.0.first() {
            if !known.contains_key(check) {
                known.insert(*check, CheckHistory::read(app, *check).await?);
            }
            history = known[check].clone();
        }
        let own = declared
            .iter()
            .filter(|one| one.record.objective.0.as_ref() == Some(&objective.id));
        let own: Vec<(Date, RegisterEntry<Measurement>)> =
            own.map(|one| (day_of(app, one.at), one.clone())).collect();
        let progress = progress(
            &objective.record,
            &history.found,
            &own,
            super::now(app).today,
        );
        shown.push(ShownObjective {
            curve: curve(&progress),
            unread_results: history.unread,
            objective,
            progress,
        });
    }
    Ok(shown)
}

/// What a check found on each day.
#[derive(Clone, Default)]
struct CheckHistory {
    found: Vec<(Date, CheckFound)>,
    unread: usize,
}

impl CheckHistory {
    async fn read(app: &App, check: Check) -> Result<Self, OperationError> {
        let records = app.store().check_results(check.code(), RESULTS_MAX).await?;
        let mut history = Self::default();
        let mut of_days: BTreeMap<Date, CheckFound> = BTreeMap::new();
        // The newest first: of a day the last result counts.
        for record in &records {
            match result_of(record) {
                Some(result) => {
                    of_days
                        .entry(day_of(app, record.at))
                        .or_insert(result.found);
                }
                None => history.unread += 1,
            }
        }
        history.found = of_days.into_iter().collect();
        Ok(history)
    }
}
