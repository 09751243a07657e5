//! The results of a record: one row for each class of theft, beside the rivals, and the cost of
//! detection for honest work.

use serde::Serialize;

use super::play::{HonestTally, PlaySettings, RecordBenchmark, TheftCost};
use super::rivals::RIVALS;
use super::theft::{CLASSES, RecordClass, RecordGoal};
use super::{RecordError, RecordedWork};
use digue_detection::{SignalKind, Tuning};

/// One class of theft: how many were stopped, and their cost.
#[derive(Clone, Debug, Serialize)]
pub struct RecordRow {
    pub class: &'static str,
    pub thefts: usize,
    pub stopped: usize,
    /// Distinct persons shown to the thief before every account was cut off: median and maximum.
    pub persons: [usize; 2],
    /// Thefts stopped within one, three and fourteen days.
    pub within: [usize; 3],
    /// Thefts that reach the goal of the class; `goal` says whether they are enough.
    pub met: usize,
    pub goal: GoalResult,
    /// The same for each rival: how many it stopped, and the median of persons.
    pub rivals: Vec<RivalRow>,
}

/// Whether the goal of a class was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoalResult {
    Reached,
    Missed,
    /// The class has no goal.
    NotHeld,
    /// No theft of the class fits into the record: nothing was measured.
    NotRun,
}

#[derive(Clone, Debug, Serialize)]
pub struct RivalRow {
    pub rival: &'static str,
    pub stopped: usize,
    pub persons: usize,
}

/// The results of a record under one setting.
#[derive(Clone, Debug)]
pub struct RecordResults {
    pub honest: HonestTally,
    pub rows: Vec<RecordRow>,
}

/// Plays `record` once for honest work and once for the thefts of `classes`.
pub fn measure(
    record: &RecordedWork,
    settings: &PlaySettings,
    classes: &[RecordClass],
) -> Result<RecordResults, RecordError> {
    let benchmark = RecordBenchmark::new(record, settings.clone())?;
    let honest = benchmark.honest();
    let costs = benchmark.thefts(classes);
    let rows = classes
        .iter()
        .zip(&costs)
        .map(|(class, costs)| row(class, costs))
        .collect();
    Ok(RecordResults { honest, rows })
}

fn row(class: &RecordClass, costs: &[TheftCost]) -> RecordRow {
    let stopped = costs.iter().filter(|cost| cost.days.is_some()).count();
    let within = [1.0, 3.0, 14.0].map(|days| {
        costs
            .iter()
            .filter(|cost| cost.days.is_some_and(|end| end <= days))
            .count()
    });
    let rivals: Vec<RivalRow> = RIVALS
        .iter()
        .enumerate()
        .map(|(place, rival)| RivalRow {
            rival: rival.code(),
            stopped: costs.iter().filter(|cost| cost.rivals[place].1).count(),
            persons: median(costs.iter().map(|cost| cost.rivals[place].0)),
        })
        .collect();
    let volume_only = rivals.last().map_or(0, |rival| rival.stopped);
    let met = costs.iter().filter(|cost| is_met(class.goal, cost)).count();
    let is_reached = match class.goal {
        RecordGoal::Persons(_) => Some(met == costs.len()),
        RecordGoal::Within { percent, .. } => Some(met * 100 >= percent * costs.len()),
        RecordGoal::Rival => Some(stopped >= volume_only),
        RecordGoal::Inherent => None,
    };
    let goal = match is_reached {
        // First of all: with no thefts, every percentage would count as reached.
        Some(_) | None if costs.is_empty() => GoalResult::NotRun,
        Some(true) => GoalResult::Reached,
        Some(false) => GoalResult::Missed,
        None => GoalResult::NotHeld,
    };
    RecordRow {
        class: class.name,
        thefts: costs.len(),
        stopped,
        persons: [
            median(costs.iter().map(|cost| cost.persons)),
            costs.iter().map(|cost| cost.persons).max().unwrap_or(0),
        ],
        within,
        met,
        goal,
        rivals,
    }
}

fn is_met(goal: RecordGoal, cost: &TheftCost) -> bool {
    match goal {
        RecordGoal::Persons(most) => cost.days.is_some() && cost.persons <= most,
        RecordGoal::Within { days, .. } => cost.days.is_some_and(|end| end <= days as f64),
        RecordGoal::Rival | RecordGoal::Inherent => cost.days.is_some(),
    }
}

fn median(values: impl Iterator<Item = usize>) -> usize {
    let mut values: Vec<usize> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// The effect of one change of detection on a record: its name, false containments and alerts,
/// thefts that reach their goals, and persons lost in all thefts.
#[derive(Clone, Debug, Serialize)]
pub struct Variation {
    pub name: String,
    pub containments: usize,
    pub alerts: usize,
    pub met: usize,
    pub stopped: usize,
    pub thefts: usize,
    /// Sum over the classes of the median of persons lost.
    pub persons: usize,
}

/// Without each signal in turn, after a row with all of them.
pub fn ablation(
    record: &RecordedWork,
    settings: &PlaySettings,
) -> Result<Vec<Variation>, RecordError> {
    let mut rows = vec![vary(record, settings, "-".to_owned())?];
    for &signal in SignalKind::ALL {
        let settings = PlaySettings {
            off: vec![signal],
            ..settings.clone()
        };
        rows.push(vary(record, &settings, signal.code().to_owned())?);
    }
    Ok(rows)
}

/// With each constant of detection halved and doubled, after a row without changes.
pub fn sensitivity(
    record: &RecordedWork,
    settings: &PlaySettings,
) -> Result<Vec<Variation>, RecordError> {
    let mut rows = vec![vary(record, settings, "-".to_owned())?];
    for &name in Tuning::NAMES {
        for (factor, sign) in [(0.5, "1/2"), (2.0, "x2")] {
            let mut settings = settings.clone();
            if let Some(constant) = settings.tuning.named(name) {
                *constant *= factor;
            }
            rows.push(vary(record, &settings, format!("{name} {sign}"))?);
        }
    }
    Ok(rows)
}

fn vary(
    record: &RecordedWork,
    settings: &PlaySettings,
    name: String,
) -> Result<Variation, RecordError> {
    let results = measure(record, settings, &CLASSES)?;
    let sum = |of: fn(&RecordRow) -> usize| results.rows.iter().map(of).sum();
    Ok(Variation {
        name,
        containments: results.honest.containments,
        alerts: results.honest.alerts,
        met: sum(|row| row.met),
        stopped: sum(|row| row.stopped),
        thefts: sum(|row| row.thefts),
        persons: sum(|row| row.persons[0]),
    })
}

#[cfg(test)]
mod tests {
    use digue_types::Timestamp;

    use super::*;
    use crate::record::play::RecordHalf;

    #[test]
    fn a_small_record_is_played_through_every_class() {
        let mut table = "at,account,person\n".to_owned();
        for day in 0..120_i64 {
            for account in 0..12 {
                for step in 0..3 + (day + account) % 3 {
                    let at =
                        Timestamp::from_secs(day * 86_400 + 30_000 + step * 4000 + account * 17);
                    table += &format!("{at},a{account},P{}\n", day * 50 + account * 4 + step);
                }
            }
        }
        let record = RecordedWork::read(table.as_bytes()).unwrap();
        let settings = PlaySettings {
            half: RecordHalf::Judging,
            victims: 1,
            off: Vec::new(),
            has_one_office: false,
            has_verdicts: true,
            tuning: Tuning::default(),
        };
        let results = measure(&record, &settings, &CLASSES).unwrap();
        assert_eq!(
            (results.rows.len(), results.honest.containments),
            (CLASSES.len(), 0)
        );
        let fast = results
            .rows
            .iter()
            .find(|row| row.class == "sheets-1-holder")
            .unwrap();
        assert_eq!(
            (fast.stopped, fast.goal),
            (1, GoalResult::Reached),
            "{fast:?}"
        );
    }
}
