//! Objectives against their numbers (ISO/IEC 27001, 6.2 and 9.1): the values that checks measured
//! and people declared, whether the last one reaches the target, and the curve of them.
//!
//! Values are in hundredths of the objective's unit.

use digue_isms::check::Measurement as CheckFound;
use digue_isms::kinds::{CheckFigure, Measurement, Objective, TargetSide};
use digue_isms::register::{RegisterEntry, days_between};
use digue_types::written;
use jiff::civil::Date;

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ObjectiveSource {
    /// A check measured it.
    Measured,
    /// A person wrote it down.
    Declared,
}

impl ObjectiveSource {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Declared => "declared",
        }
    }
}

/// One value of an objective.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ObjectiveValue {
    pub on: Date,
    pub hundredths: i64,
    pub source: ObjectiveSource,
}

/// Whether an objective is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reached {
    Yes,
    No,
    /// Its target is no number, or has no side: it was written before numbers were asked.
    NoTarget,
    /// Nothing was measured or declared.
    NoValue,
    /// The last value is older than a year and a month: a value of then says nothing of now.
    TooOld,
    /// The last run of the check measured nothing.
    NotRun,
}

impl Reached {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NoTarget => "no-target",
            Self::NoValue => "no-value",
            Self::TooOld => "too-old",
            Self::NotRun => "not-run",
        }
    }
}

/// An objective with its values, the earliest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectiveProgress {
    pub values: Vec<ObjectiveValue>,
    pub target: Option<i64>,
    pub reached: Reached,
    /// Declared values that are no number, or of a time to come: they are on no curve.
    pub unread: usize,
}

/// A number that a person wrote, in hundredths; `None` for a text that is no number.
pub fn hundredths(text: &str) -> Option<i64> {
    written::number(text).ok()?.hundredths()
}

/// The figure of a result, in hundredths; `None` when the check measured none.
pub fn figure(figure: CheckFigure, found: &CheckFound) -> Option<i64> {
    if found.not_run.is_some() {
        return None;
    }
    let failing = i64::try_from(found.failing_count()).ok()?;
    let population = i64::try_from(found.population).ok()?;
    // Of an empty population no share is known.
    let share = |part: i64| (population > 0).then(|| part * 10_000 / population);
    match figure {
        CheckFigure::ShareRight => share(population - failing),
        CheckFigure::ShareFailing => share(failing),
        CheckFigure::Failing => Some(failing * 100),
        CheckFigure::Value => Some(i64::try_from(found.value?).ok()?.checked_mul(100)?),
    }
}

/// What is measured once a year may be a month late.
const VALUE_DAYS_MAX: i64 = 366 + 31;

/// An objective with what its check found on each day and what people declared for it, on a day.
///
/// A value of a period that has not ended is on the curve once its day has come, and decides nothing
/// before.
pub fn progress(
    objective: &Objective,
    measured: &[(Date, CheckFound)],
    declared: &[(Date, RegisterEntry<Measurement>)],
    today: Date,
) -> ObjectiveProgress {
    let of_check = measured.iter().filter_map(|(on, found)| {
        let hundredths = figure(objective.figure.0?, found)?;
        Some(ObjectiveValue {
            on: *on,
            hundredths,
            source: ObjectiveSource::Measured,
        })
    });
    let mut values: Vec<ObjectiveValue> = of_check.collect();
    let mut unread = 0;
    for (written_on, one) in declared {
        let period = &one.record.period.0;
        match hundredths(&one.record.value.0) {
            Some(hundredths) => values.push(ObjectiveValue {
                // Of a month or a year that runs, the day on which it was written counts.
                on: match period_end(period) {
                    Some(end) if end <= today || begins_after(period, today) => end,
                    Some(_) | None => *written_on,
                },
                hundredths,
                source: ObjectiveSource::Declared,
            }),
            None => unread += 1,
        }
    }
    values.sort_unstable();
    let all = values.len();
    values.retain(|value| value.on <= today);
    unread += all - values.len();
    let target = hundredths(&objective.target.0);
    let last_run = measured.iter().max_by_key(|(on, _)| *on);
    let is_unmeasured = last_run.is_some_and(|(on, found)| {
        let is_last = values.last().is_none_or(|last| last.on <= *on);
        is_last && found.not_run.is_some()
    });
    let reached = match (target, objective.side.0, values.last()) {
        (None, ..) | (_, None, _) => Reached::NoTarget,
        (.., None) => Reached::NoValue,
        _ if is_unmeasured => Reached::NotRun,
        (.., Some(last)) if days_between(last.on, today) > VALUE_DAYS_MAX => Reached::TooOld,
        (Some(target), Some(TargetSide::AtLeast), Some(last)) if last.hundredths >= target => {
            Reached::Yes
        }
        (Some(target), Some(TargetSide::AtMost), Some(last)) if last.hundredths <= target => {
            Reached::Yes
        }
        (Some(_), Some(_), Some(_)) => Reached::No,
    };
    ObjectiveProgress {
        values,
        target,
        reached,
        unread,
    }
}

/// True for a month or a year that has not begun.
fn begins_after(period: &str, today: Date) -> bool {
    let mut parts = period.trim().splitn(3, '-');
    let mut number = || parts.next().and_then(|part| part.parse::<i16>().ok());
    let year = number();
    let month = number().unwrap_or(1);
    year.is_some_and(|year| (year, month) > (today.year(), i16::from(today.month())))
}

/// The last day of a period: `2026-11-30`, `2026-11`, `2026`; `None` for other texts.
fn period_end(period: &str) -> Option<Date> {
    let period = period.trim();
    if let Ok(day) = period.parse() {
        return Some(day);
    }
    let mut parts = period.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next().map_or(Ok(12), str::parse).ok()?;
    let is_whole = parts.next().is_none();
    let first = Date::new(year, month, 1).ok().filter(|_| is_whole)?;
    Some(first.last_of_month())
}

/// A curve to be drawn: places in a frame of `WIDTH` by `HEIGHT`, from its upper left corner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Curve {
    pub places: Vec<(i64, i64)>,
    pub target: Option<i64>,
}

impl Curve {
    pub const WIDTH: i64 = 600;
    pub const HEIGHT: i64 = 160;
    /// Room for the dots at the edges.
    const MARGIN: i64 = 8;
}

/// The curve of an objective; `None` with fewer than two values, which make no line.
pub fn curve(progress: &ObjectiveProgress) -> Option<Curve> {
    let (first, last) = (progress.values.first()?, progress.values.last()?);
    if progress.values.len() < 2 {
        return None;
    }
    let values = progress.values.iter().map(|value| value.hundredths);
    // Zero belongs to the frame: a curve that starts at 97 of 100 would look like a collapse.
    let shown = values.chain(progress.target).chain([0]);
    let (low, high) = shown.fold((0, 0), |(low, high), one| (one.min(low), one.max(high)));
    let (width, height) = (
        Curve::WIDTH - 2 * Curve::MARGIN,
        Curve::HEIGHT - 2 * Curve::MARGIN,
    );
    let days = days_between(first.on, last.on).max(1);
    let span = (high - low).max(1);
    let down = |value: i64| Curve::MARGIN + height - (value - low).saturating_mul(height) / span;
    let place = |value: &ObjectiveValue| {
        let day = days_between(first.on, value.on);
        (Curve::MARGIN + day * width / days, down(value.hundredths))
    };
    Some(Curve {
        places: progress.values.iter().map(place).collect(),
        target: progress.target.map(down),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use digue_isms::field::{One, ShortText};

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn objective(side: TargetSide, target: &str) -> Objective {
        Objective {
            side: One(Some(side)),
            target: ShortText(target.to_owned()),
            figure: One(Some(CheckFigure::ShareRight)),
            ..Objective::default()
        }
    }

    fn found(population: u64, failing: u64) -> CheckFound {
        CheckFound {
            population,
            failing_events: failing,
            ..CheckFound::default()
        }
    }

    fn declared(period: &str, value: &str) -> (Date, RegisterEntry<Measurement>) {
        let record = Measurement {
            period: ShortText(period.to_owned()),
            value: ShortText(value.to_owned()),
            ..Measurement::default()
        };
        let entry = RegisterEntry {
            id: "VA-1".to_owned(),
            number: 1,
            at: digue_types::Timestamp::ZERO,
            by: "rssi".to_owned(),
            record,
        };
        (day("2026-12-01"), entry)
    }

    fn today() -> Date {
        day("2026-12-02")
    }

    #[test]
    fn a_value_of_another_time_reaches_nothing_now() {
        let own = objective(TargetSide::AtMost, "10");
        let of = |written: &[(Date, RegisterEntry<Measurement>)]| {
            let seen = progress(&own, &[], written, today());
            (seen.reached, seen.values.len(), seen.unread)
        };
        assert_eq!(of(&[declared("2024", "4")]), (Reached::TooOld, 1, 0));
        let later = [declared("2026-11", "55"), declared("2099", "4")];
        assert_eq!(of(&later), (Reached::No, 1, 1), "2099 has not come");
        // Of a year that runs, the day on which it was written counts.
        assert_eq!(of(&[declared("2026", "4")]), (Reached::Yes, 1, 0));
        let mut stopped = found(100, 0);
        stopped.not_run = Some(digue_isms::check::NotRun::NoSource);
        let runs = [
            (day("2026-10-01"), found(100, 95)),
            (day("2026-11-01"), stopped),
        ];
        let seen = progress(&own, &runs, &[], today());
        assert_eq!(seen.reached, Reached::NotRun);
    }

    #[test]
    fn what_is_measured_and_what_is_declared_stand_on_one_curve() {
        let measured = [
            (day("2026-10-01"), found(200, 20)),
            (day("2026-11-15"), found(200, 2)),
        ];
        let written = [declared("2026-10", "95,5"), declared("2026-11", "beaucoup")];
        let seen = progress(
            &objective(TargetSide::AtLeast, "98"),
            &measured,
            &written,
            today(),
        );
        let values: Vec<_> = seen
            .values
            .iter()
            .map(|one| (one.on, one.hundredths))
            .collect();
        let expected = [
            (day("2026-10-01"), 9_000),
            (day("2026-10-31"), 9_550),
            (day("2026-11-15"), 9_900),
        ];
        assert_eq!(values, expected);
        assert_eq!((seen.reached, seen.unread), (Reached::Yes, 1));
        let curve = curve(&seen).unwrap();
        assert_eq!(curve.places.first().unwrap().0, 8);
        assert_eq!(curve.places.last().unwrap().0, Curve::WIDTH - 8);
        let down: Vec<i64> = curve.places.iter().map(|place| place.1).collect();
        assert!(
            down.is_sorted_by(|a, b| a > b),
            "a higher value stands higher"
        );
    }

    #[test]
    fn a_target_is_reached_from_its_own_side_and_never_by_nothing() {
        let reached = |side, target, failing| {
            let measured = [(day("2026-10-01"), found(100, failing))];
            progress(&objective(side, target), &measured, &[], today()).reached
        };
        assert_eq!(reached(TargetSide::AtLeast, "90", 10), Reached::Yes);
        assert_eq!(reached(TargetSide::AtLeast, "90", 11), Reached::No);
        assert_eq!(reached(TargetSide::AtMost, "90", 10), Reached::Yes);
        assert_eq!(reached(TargetSide::AtMost, "90", 9), Reached::No);
        assert_eq!(reached(TargetSide::AtMost, "peu", 9), Reached::NoTarget);
        let nothing = progress(&objective(TargetSide::AtMost, "5"), &[], &[], today());
        assert_eq!(nothing.reached, Reached::NoValue);
        let empty = [(day("2026-10-01"), found(0, 0))];
        let empty = progress(&objective(TargetSide::AtLeast, "0"), &empty, &[], today());
        assert_eq!(
            empty.reached,
            Reached::NoValue,
            "of nobody no share is known"
        );
        assert_eq!(curve(&empty), None);
    }

    #[test]
    fn a_check_that_did_not_run_gives_no_value() {
        let mut nothing = found(100, 0);
        nothing.not_run = Some(digue_isms::check::NotRun::NoSource);
        assert_eq!(figure(CheckFigure::ShareRight, &nothing), None);
        let value = CheckFound {
            value: Some(61),
            ..found(1, 0)
        };
        assert_eq!(figure(CheckFigure::Value, &value), Some(6_100));
        assert_eq!(figure(CheckFigure::Failing, &found(9, 4)), Some(400));
        assert_eq!(figure(CheckFigure::ShareFailing, &found(8, 4)), Some(5_000));
    }
}
