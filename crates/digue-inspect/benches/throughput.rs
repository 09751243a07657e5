//! How fast whole responses are searched for persons. `cargo bench -p digue-inspect`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use digue_inspect::html::{HtmlRecords, HtmlRule, HtmlRules, Take, parse_selector};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath::Path;
use digue_inspect::table::{Column, ColumnRule, TableRules};
use digue_inspect::{Block, IdentifierKind, Limits, Message, Pick, Reading, ResponseRules, Rules, inspect};

const PERSONS: usize = 100;

fn pick() -> Pick {
    Pick::whole(0, "id")
}

fn block(kind: &str, rules: Rules) -> ResponseRules {
    ResponseRules { blocks: vec![Block::new(vec![kind.to_owned()], rules)], errors: None }
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
    let path = |text| Path::parse(text).unwrap();
    let map = JsonMap {
        rules: vec![JsonRule::new(path("$.personnes[*].id"), pick())],
        records: vec![path("$.personnes[*]")],
        ..JsonMap::default()
    };
    let text = format!(r#"{{"page":1,"personnes":[{}]}}"#, persons.join(","));
    (block("application/json", Rules::Json(JsonRules::new(map).unwrap())), text)
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
    let selector = || parse_selector("tr[data-id]").unwrap();
    let rules = vec![HtmlRule { selector: selector(), take, pick: pick(), is_own: true }];
    let rules = HtmlRules { rules, records: HtmlRecords::At(vec![selector()]), ..HtmlRules::default() };
    (block("text/html", Rules::Html(rules)), format!("<!doctype html><table>{rows}</table>"))
}

fn csv() -> (ResponseRules, String) {
    let row = |n: usize| format!("{}A;Nom{n};{}\r\n", 1_000_000 + n, "x".repeat(300));
    let rows: String = (0..PERSONS).map(row).collect();
    let columns = vec![ColumnRule::new(Column::Named("id".into()), pick())];
    let rules = Rules::Csv(TableRules { columns, delimiter: Some(b';'), ..TableRules::default() });
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
                let message = Message {
                    status: 200,
                    content_type: Some(kind),
                    content_encoding: "",
                    body: black_box(text.as_bytes()),
                };
                let Reading::Persons(shown) = inspect(&rules, &kinds, &message, &limits) else {
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
