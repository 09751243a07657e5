//! `digue replay --record FILE`: thefts inserted into recorded work, as a table or JSON.

use std::path::Path;

use digue_detection::Tuning;
use digue_locales::{Value, number, text, text_with};
use digue_logs::lines::{InputError, InputFault};
use digue_replay::record::play::{HonestTally, PlaySettings, RecordHalf};
use digue_replay::record::results::{self, GoalResult, RecordResults, RecordRow, Variation};
use digue_replay::record::theft::{CLASSES, RecordClass};
use digue_replay::record::{Conditions, Course, RecordError, RecordedWork};
use serde_json::json;

use crate::arguments::ReplayArguments;
use digue_terminal::{BAD, GOOD, NOT_RUN, Output, input};

pub(super) fn run(out: &Output, arguments: &ReplayArguments) -> u8 {
    let classes = CLASSES.to_vec();
    let mut is_reached = true;
    for path in &arguments.record.files {
        let record = match read(path) {
            Ok(record) => conditions(arguments).apply(record),
            Err(error) => return unread(out, path, &error),
        };
        match play(out, arguments, path, &record, &classes) {
            Ok(reached) => is_reached &= reached,
            Err(error) => return unread(out, path, &error),
        }
    }
    if is_reached { GOOD } else { BAD }
}

fn conditions(arguments: &ReplayArguments) -> Conditions {
    let course = match arguments.record.course.as_str() {
        "surge" => Course::Surge,
        "growth" => Course::Growth,
        _ => Course::AsRecorded,
    };
    Conditions {
        course,
        has_one_office: arguments.record.has_one_office,
        has_no_organisations: arguments.record.has_no_organisations,
    }
}

fn settings(arguments: &ReplayArguments) -> PlaySettings {
    PlaySettings {
        half: if arguments.record.is_tuning_half {
            RecordHalf::Tuning
        } else {
            RecordHalf::Judging
        },
        victims: usize::try_from(arguments.record.victims)
            .unwrap_or(usize::MAX)
            .min(1000),
        off: Vec::new(),
        has_one_office: arguments.record.has_one_office,
        has_verdicts: arguments.record.has_verdicts,
        tuning: Tuning::default(),
    }
}

fn read(path: &Path) -> Result<RecordedWork, RecordError> {
    let error = |error: std::io::Error| InputFault {
        after: 0,
        error: InputError::from(error),
    };
    RecordedWork::read(input::open(path).map_err(error)?.reader)
}

fn unread(out: &Output, path: &Path, error: &RecordError) -> u8 {
    let file = ("file", Value::from(path.display().to_string()));
    match error {
        RecordError::Input(fault) => input::complain(out, path, fault),
        RecordError::Header => out.complain("replay-record-header-fault", &[file]),
        RecordError::Line(line) => {
            out.complain("replay-record-line", &[file, ("line", Value::from(*line))])
        }
        RecordError::TooShort { found } => {
            let days = digue_replay::record::play::HABIT_DAYS + 1;
            let values = [
                file,
                ("accounts", Value::from(*found)),
                ("days", Value::from(days)),
            ];
            out.complain("replay-record-short", &values);
        }
    }
    NOT_RUN
}

/// Plays one record; true when every goal is reached.
fn play(
    out: &Output,
    arguments: &ReplayArguments,
    path: &Path,
    record: &RecordedWork,
    classes: &[RecordClass],
) -> Result<bool, RecordError> {
    let settings = settings(arguments);
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if arguments.ablation || arguments.record.sensitivity {
        let rows = variations(arguments, record, &settings)?;
        tell_variations(out, arguments, &name, &rows);
        return Ok(true);
    }
    let results = results::measure(record, &settings, classes)?;
    if arguments.json {
        tell_json(out, arguments, &name, &results);
    } else {
        tell(out, &name, &results);
    }
    Ok(results
        .rows
        .iter()
        .all(|row| matches!(row.goal, GoalResult::Reached | GoalResult::NotHeld)))
}

fn variations(
    arguments: &ReplayArguments,
    record: &RecordedWork,
    settings: &PlaySettings,
) -> Result<Vec<Variation>, RecordError> {
    let mut rows = Vec::new();
    if arguments.ablation {
        rows.extend(results::ablation(record, settings)?);
    }
    if arguments.record.sensitivity {
        rows.extend(results::sensitivity(record, settings)?);
    }
    Ok(rows)
}

fn tell(out: &Output, name: &str, results: &RecordResults) {
    out.say(
        "replay-record-title",
        &[("file", Value::from(name.to_owned()))],
    );
    out.say("replay-record-header", &[]);
    for row in &results.rows {
        let reached = match row.goal {
            GoalResult::Reached => text(out.language, "replay-reached"),
            GoalResult::Missed => {
                let values = [
                    ("met", Value::from(row.met)),
                    ("runs", Value::from(row.thefts)),
                ];
                text_with(out.language, "replay-missed", &values)
            }
            GoalResult::NotHeld => text(out.language, "replay-record-no-goal"),
            GoalResult::NotRun => text(out.language, "replay-record-not-run"),
        };
        let rivals: Vec<String> = row
            .rivals
            .iter()
            .map(|rival| format!("{}/{}", rival.stopped, rival.persons))
            .collect();
        let [median, most] = row.persons;
        let [one, three, fourteen] = row.within;
        out.line(&format!(
            "{} | {} / {} | {median} {most} | {one} {three} {fourteen} | {} | {reached}",
            row.class,
            row.stopped,
            row.thefts,
            rivals.join(" | "),
        ));
    }
    let honest = &results.honest;
    let values = [
        (
            "days",
            Value::from(number(out.language, honest.days_worked as u64)),
        ),
        ("containments", Value::from(honest.containments)),
        (
            "containmentRate",
            Value::from(rate(honest.containments, honest, 10_000.0)),
        ),
        ("alerts", Value::from(honest.alerts)),
        (
            "alertRate",
            Value::from(rate(honest.alerts, honest, 1000.0)),
        ),
        ("most", Value::from(honest.most_in_a_day)),
        ("accounts", Value::from(honest.accounts)),
    ];
    out.say("replay-record-honest", &values);
}

fn rate(count: usize, honest: &HonestTally, of: f64) -> String {
    format!(
        "{:.1}",
        count as f64 * of / honest.days_worked.max(1) as f64
    )
}

fn tell_json(out: &Output, arguments: &ReplayArguments, name: &str, results: &RecordResults) {
    let honest = &results.honest;
    for row in &results.rows {
        out.line(&with_record(row, arguments, name).to_string());
    }
    let line = json!({
        "record": name,
        "course": arguments.record.course,
        "one_office": arguments.record.has_one_office,
        "verdicts": arguments.record.has_verdicts,
        "class": "honest-work",
        "account_days_worked": honest.days_worked,
        "false_containments": honest.containments,
        "false_alerts": honest.alerts,
        "accounts_contained": honest.accounts,
        "most_in_a_day": honest.most_in_a_day,
        "leads": honest.leads,
    });
    out.line(&line.to_string());
}

fn with_record(row: &RecordRow, arguments: &ReplayArguments, name: &str) -> serde_json::Value {
    json!({
        "record": name,
        "course": arguments.record.course,
        "one_office": arguments.record.has_one_office,
        "result": row,
    })
}

fn tell_variations(out: &Output, arguments: &ReplayArguments, name: &str, rows: &[Variation]) {
    if !arguments.json {
        out.say(
            "replay-record-title",
            &[("file", Value::from(name.to_owned()))],
        );
        out.say("replay-record-variations", &[]);
    }
    for row in rows {
        if arguments.json {
            out.line(&json!({"record": name, "variation": row}).to_string());
            continue;
        }
        out.line(&format!(
            "{} | {} | {} | {} | {} | {} | {}",
            row.name, row.containments, row.alerts, row.stopped, row.met, row.thefts, row.persons
        ));
    }
}
