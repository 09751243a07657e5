//! How fast whole responses are searched for persons. `cargo bench -p digue-inspect`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use digue_inspect::csv_table::{Column, ColumnRule};
use digue_inspect::html::{HtmlRule, Take, parse_selector};
use digue_inspect::json::{JsonRule, JsonRules};
use digue_inspect::jsonpath::Path;
use digue_inspect::{Block, IdentifierKind, Limits, Pick, ResponseRules, Rules, inspect};

const PERSONS: usize = 100;

fn pick() -> Pick {
    Pick { kind: 0, pattern: None }
}

fn block(kind: &str, rules: Rules) -> ResponseRules {
    ResponseRules { blocks: vec![Block { types: vec![kind.to_owned()], rules, sweep: vec![] }] }
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
    let rule = JsonRule { path: Path::parse("$.personnes[*].id").unwrap(), pick: pick() };
    let text = format!(r#"{{"page":1,"personnes":[{}]}}"#, persons.join(","));
    (block("application/json", Rules::Json(JsonRules::new(vec![rule], vec![]).unwrap())), text)
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
    let take = Take::Attribute("data-id".into());
    let rule = HtmlRule { selector: parse_selector("tr[data-id]").unwrap(), take, pick: pick() };
    (block("text/html", Rules::Html(vec![rule])), format!("<!doctype html><table>{rows}</table>"))
}

fn csv() -> (ResponseRules, String) {
    let row = |n: usize| format!("{}A;Nom{n};{}\r\n", 1_000_000 + n, "x".repeat(300));
    let rows: String = (0..PERSONS).map(row).collect();
    let rule = ColumnRule { column: Column::Named("id".into()), pick: pick() };
    let rules = Rules::Csv { delimiter: Some(b';'), columns: vec![rule] };
    (block("text/csv", rules), format!("id;nom;note\r\n{rows}"))
}

fn throughput(criterion: &mut Criterion) {
    let kinds = [IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: Some(regex::Regex::new("^[0-9]{7}[A-Z]$").unwrap()),
    }];
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("inspect");
    for (name, kind, (rules, text)) in
        [("json", "application/json", json()), ("html", "text/html", html()), ("csv", "text/csv", csv())]
    {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let found = inspect(&rules, &kinds, Some(kind), "", black_box(text.as_bytes()), &limits);
                assert_eq!(found.unwrap().len(), PERSONS);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, throughput);
criterion_main!(benches);
