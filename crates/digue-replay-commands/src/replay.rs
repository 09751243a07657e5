//! `digue replay`: the public benchmark, as a table or JSON.

use digue_detection::SignalKind;
use digue_locales::{Value, number, text_with};
use digue_replay::benchmark::{
    self, BenchmarkResults, BenchmarkRow, BenchmarkSettings, HonestCost,
};
use digue_replay::theft::{CLASSES, Goal, TheftClass};
use serde_json::json;

use crate::arguments::ReplayArguments;
use crate::replay_record;
use digue_terminal::Progress;
use digue_terminal::{BAD, GOOD, Output};

pub fn run(out: &Output, arguments: &ReplayArguments) -> u8 {
    if !arguments.record.files.is_empty() {
        return replay_record::run(out, arguments);
    }
    if arguments.lists {
        for class in CLASSES {
            out.line(&format!("{} | {}", class.name, goal(out, class.goal)));
        }
        return GOOD;
    }
    let classes = match &arguments.class {
        None => CLASSES.to_vec(),
        Some(name) => match TheftClass::parse(name) {
            Some(class) => vec![class],
            None => {
                out.complain("replay-unknown", &[("name", Value::from(name.as_str()))]);
                return BAD;
            }
        },
    };
    let settings: Vec<bool> = match arguments.caseload {
        Some(with) => vec![with],
        None => vec![false, true],
    };
    let mut is_reached = true;
    for has_caseload in settings {
        let setting = BenchmarkSettings {
            has_caseload,
            off: Vec::new(),
        };
        let results = play(arguments, &setting, &classes);
        is_reached &= results.rows.iter().all(BenchmarkRow::is_reached);
        tell(out, arguments, &setting, &results);
        if !arguments.ablation {
            continue;
        }
        for &signal in SignalKind::ALL {
            let setting = BenchmarkSettings {
                has_caseload,
                off: vec![signal],
            };
            tell(
                out,
                arguments,
                &setting,
                &play(arguments, &setting, &classes),
            );
        }
    }
    if is_reached { GOOD } else { BAD }
}

fn play(
    arguments: &ReplayArguments,
    setting: &BenchmarkSettings,
    classes: &[TheftClass],
) -> BenchmarkResults {
    let progress = std::sync::Mutex::new(Progress::default());
    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.seeds);
    benchmark::run(seeds, setting, classes, &|done| {
        if let Ok(mut progress) = progress.lock() {
            progress.show(done, arguments.seeds);
        }
    })
}

fn tell(
    out: &Output,
    arguments: &ReplayArguments,
    setting: &BenchmarkSettings,
    results: &BenchmarkResults,
) {
    if arguments.json {
        for row in &results.rows {
            out.line(&as_json(row, setting).to_string());
        }
        out.line(&honest_json(results.honest, setting).to_string());
        return;
    }
    let title = if setting.has_caseload {
        "replay-title-with"
    } else {
        "replay-title-without"
    };
    match setting.off.first() {
        None => out.say(title, &[("seeds", Value::from(arguments.seeds))]),
        Some(signal) => out.say(
            "replay-title-off",
            &[("signal", Value::from(signal.code()))],
        ),
    }
    out.say("replay-header", &[]);
    for row in &results.rows {
        let summary = row.summary();
        let [median, p95, most] = summary.persons;
        let seconds = summary.seconds.map(|seconds| format!("{seconds:.0}"));
        let reached = if row.is_reached() {
            text_with(out.language, "replay-reached", &[])
        } else {
            let values = [
                ("met", Value::from(summary.met)),
                ("runs", Value::from(summary.runs)),
            ];
            text_with(out.language, "replay-missed", &values)
        };
        out.line(&format!(
            "{} | {median} {p95} {most} | {} | {}/{} | {}, {reached}",
            row.class.name,
            seconds.join(" "),
            summary.contained,
            summary.runs,
            goal(out, row.class.goal),
        ));
    }
    for row in &results.rows {
        if let Some(then) = row.class.then {
            let values = [
                ("name", Value::from(row.class.name)),
                ("then", Value::from(number(out.language, u64::from(then)))),
                ("now", Value::from(row.summary().persons[2])),
            ];
            out.say("replay-then", &values);
        }
    }
    let honest = results.honest;
    let rate = |count: u32| format!("{:.2}", per_ten_thousand(count, honest.worked_days));
    let values = [
        (
            "days",
            Value::from(number(out.language, honest.worked_days)),
        ),
        ("containments", Value::from(honest.containments)),
        ("containmentRate", Value::from(rate(honest.containments))),
        ("alerts", Value::from(honest.alerts)),
        ("alertRate", Value::from(rate(honest.alerts))),
        (
            "explained",
            Value::from(format!("{:.1}", explained(honest))),
        ),
    ];
    out.say("replay-honest", &values);
}

fn goal(out: &Output, goal: Goal) -> String {
    match goal {
        Goal::Persons(most) => text_with(
            out.language,
            "replay-goal-persons",
            &[("most", Value::from(most))],
        ),
        Goal::Within(days, percent) => text_with(
            out.language,
            "replay-goal-within",
            &[
                ("days", Value::from(days)),
                ("percent", Value::from(percent)),
            ],
        ),
    }
}

fn per_ten_thousand(count: u32, days: u64) -> f64 {
    f64::from(count) * 10_000.0 / days.max(1) as f64
}

fn explained(honest: HonestCost) -> f64 {
    honest.explained as f64 * 100.0 / honest.shown.max(1) as f64
}

fn as_json(row: &BenchmarkRow, setting: &BenchmarkSettings) -> serde_json::Value {
    let summary = row.summary();
    let [median, p95, most] = summary.persons;
    let [seconds_median, seconds_p95, seconds_most] = summary.seconds;
    json!({
        "scenario": row.class.name,
        "caseload": setting.has_caseload,
        "off": setting.off,
        "runs": summary.runs,
        "contained": summary.contained,
        "persons": {"median": median, "p95": p95, "max": most},
        "seconds": {"median": seconds_median, "p95": seconds_p95, "max": seconds_most},
        "outside_caseload": summary.outside,
        "goal_met": summary.met,
        "reached": row.is_reached(),
        "then": row.class.then,
    })
}

fn honest_json(honest: HonestCost, setting: &BenchmarkSettings) -> serde_json::Value {
    json!({
        "scenario": "honest-work",
        "caseload": setting.has_caseload,
        "off": setting.off,
        "account_days_worked": honest.worked_days,
        "account_days": honest.account_days,
        "false_containments": honest.containments,
        "false_alerts": honest.alerts,
        "false_containments_per_10000": per_ten_thousand(honest.containments, honest.worked_days),
        "false_alerts_per_10000": per_ten_thousand(honest.alerts, honest.worked_days),
        "explained_percent": explained(honest),
    })
}
