//! Throughput of inspecting whole responses for persons. `cargo bench -p digue-inspect`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark ends at its first fault, and prints its figures"
)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use digue_html::selector::parse_selector;
use digue_identifiers::{IdentifierKind, IdentifierShape, Pick, ResponseReading};
use digue_inspect::html::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath::RecordPath;
use digue_inspect::{BlockRules, InspectionLimits, Message, ResponseRules, RuleBlock, inspect};
use digue_tables::table::{ColumnRule, MapColumn, TableRules};

const PERSONS: usize = 100;

fn pick() -> Pick {
    Pick::whole(0, "id")
}

fn block(kind: &str, rules: BlockRules) -> ResponseRules {
    ResponseRules {
        blocks: vec![RuleBlock::new(vec![kind.to_owned()], rules)],
        errors: None,
    }
}

fn json() -> (ResponseRules, String) {
    let person = |n: usize| {
        format!(
            r#"{{"id":"{}A","nom":"Nom{n}","adresse":"12 rue de l'Exemple, 80000 Amiens","courriel":"personne{n}@exemple.fr","formation":"Développement web","actif":true,"score":{n},"note":"{}"}}"#,
            1_000_000 + n,
            "x".repeat(220)
        )
    };
    let persons: Vec<String> = (0..PERSONS).map(person).collect();
    let path = |text| RecordPath::parse(text).unwrap();
    let map = JsonMap {
        rules: vec![JsonRule::new(path("$.personnes[*].id"), pick())],
        records: vec![path("$.personnes[*]")],
        ..JsonMap::default()
    };
    let text = format!(r#"{{"page":1,"personnes":[{}]}}"#, persons.join(","));
    (
        block(
            "application/json",
            BlockRules::Json(JsonRules::new(map).unwrap()),
        ),
        text,
    )
}

fn html() -> (ResponseRules, String) {
    let row = |n: usize| {
        format!(
            "<tr data-id=\"{}A\"><td><a href=\"/p/{n}\">Nom{n}</a></td><td>{}</td></tr>",
            1_000_000 + n,
            "x".repeat(300)
        )
    };
    let rows: String = (0..PERSONS).map(row).collect();
    let take = IdentifierPart::Attribute("data-id".into());
    let selector = || parse_selector("tr[data-id]").unwrap();
    let rules = vec![HtmlRule {
        selector: selector(),
        take,
        pick: pick(),
        is_own: true,
    }];
    let rules = HtmlRules {
        rules,
        records: HtmlRecords::At(vec![selector()]),
        ..HtmlRules::default()
    };
    (
        block("text/html", BlockRules::Html(rules)),
        format!("<!doctype html><table>{rows}</table>"),
    )
}

fn csv() -> (ResponseRules, String) {
    let row = |n: usize| format!("{}A;Nom{n};{}\r\n", 1_000_000 + n, "x".repeat(300));
    let rows: String = (0..PERSONS).map(row).collect();
    let columns = vec![ColumnRule::new(MapColumn::Named("id".into()), pick())];
    let rules = BlockRules::Csv(TableRules {
        columns,
        delimiter: Some(b';'),
        ..TableRules::default()
    });
    (block("text/csv", rules), format!("id;nom;note\r\n{rows}"))
}

fn throughput(criterion: &mut Criterion) {
    let kinds = [IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: Some(IdentifierShape::new("^[0-9]{7}[A-Z]$").unwrap()),
    }];
    let limits = InspectionLimits::default();
    let mut group = criterion.benchmark_group("inspect");
    for (name, kind, (rules, text)) in [
        ("json", "application/json", json()),
        ("html", "text/html", html()),
        ("csv", "text/csv", csv()),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let message = Message {
                    status: 200,
                    content_type: Some(kind),
                    content_encoding: "",
                    body: black_box(text.as_bytes()),
                };
                let ResponseReading::Persons(shown) = inspect(&rules, &kinds, &message, &limits)
                else {
                    unreachable!("persons are shown")
                };
                assert_eq!(shown.found.len(), PERSONS);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, throughput);
criterion_main!(benches);
