//! Readiness and figures, on their own listener.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use digue_testkit::Client;

use crate::instance::{Instance, Plan, free_address, obliging};

/// The samples of a text, as the client library of Prometheus reads them: name and labels, value.
fn samples(text: &str) -> BTreeMap<String, f64> {
    #[expect(clippy::disallowed_methods, reason = "./test says where its Python is")]
    let python = std::env::var("DIGUE_TEST_PYTHON").expect("./test prepares Python");
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let mut reader = Command::new(format!("{python}/bin/python"))
        .arg(Path::new(&here).join("../../tests/read_metrics.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reader
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let done = reader.wait_with_output().unwrap();
    assert!(done.status.success(), "{text}");
    let lines = String::from_utf8(done.stdout).unwrap();
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.trim_end().to_owned(), value.parse().unwrap())
    };
    lines.lines().map(sample).collect()
}

#[test]
fn programs_read_readiness_and_figures_and_no_name_of_anyone() {
    let address = free_address();
    let settings = format!("[monitoring]\naddress = \"{address}\"\n");
    let plan = Plan::usual()
        .caseload("a1", &["P1", "P2"])
        .settings(&settings);
    let mut instance = Instance::open(&plan, obliging);
    let a1 = instance.sign_in("a1");
    assert_eq!(a1.get("/fiche/P1").status, 200);
    assert_eq!(a1.get("/fiche/P9").status, 403);

    let monitor = Client::new(address, "localhost");
    assert_eq!(
        (
            monitor.get("/healthz").status,
            monitor.get("/healthz").text()
        ),
        (200, "ok\n".to_owned())
    );
    let ready = monitor.get("/readyz");
    assert_eq!(ready.status, 200, "{}", ready.text());
    let conditions: Vec<String> = ready
        .text()
        .lines()
        .map(|line| line[..2].to_owned())
        .collect();
    assert_eq!(conditions, ["ok"; 4], "{}", ready.text());

    let answer = monitor.get("/metrics");
    assert_eq!(
        answer.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let text = answer.text();
    let read = samples(&text);
    let value = |name: &str| {
        *read
            .get(name)
            .unwrap_or_else(|| panic!("no {name}:\n{text}"))
    };
    assert_eq!(
        value("digue_responses_total outcome=inspected,portal=portail"),
        1.0
    );
    assert_eq!(
        value("digue_responses_total outcome=refused,portal=portail"),
        1.0
    );
    assert_eq!(value("digue_journal_failing"), 0.0);
    assert!(value("digue_journal_entries_total") >= 2.0);
    assert!(value("digue_disk_free_bytes") > 0.0);
    assert!(value("process_resident_memory_bytes") > 1_000_000.0);
    assert!(!text.contains("digue_unreadable{"), "{text}");
    for name in ["a1", "P1", "P9", "of-1", "rssi"] {
        assert!(!text.contains(&format!("\"{name}\"")), "{name}: {text}");
    }

    // Nothing else is here: neither pages nor portals, and no way to write.
    for target in ["/", "/.digue/sign-in", "/fiche/P1", "/metrics/.."] {
        assert_eq!(monitor.get(target).status, 404, "{target}");
    }
    assert_eq!(monitor.send("POST", "/metrics", &[], b"").status, 405);

    // What cannot be read has no figure, and is named.
    damage(&instance.folder.path().join("data/state.db"));
    let ready = monitor.get("/readyz");
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert!(ready.text().contains("failed state: "), "{}", ready.text());
}

/// Takes away a table that readiness asks for, as a damaged or foreign database would.
fn damage(state: &Path) {
    #[expect(clippy::disallowed_methods, reason = "./test says where its Python is")]
    let python = std::env::var("DIGUE_TEST_PYTHON").expect("./test prepares Python");
    let script = "import sqlite3, sys; base = sqlite3.connect(sys.argv[1], timeout=30); \
                  base.execute('ALTER TABLE set_aside RENAME TO gone'); base.commit()";
    let done = Command::new(format!("{python}/bin/python"))
        .args(["-c", script])
        .arg(state)
        .status()
        .unwrap();
    assert!(done.success());
}

/// Names of figures in a text: `digue_...` and `process_...`.
fn figures_in(text: &str) -> BTreeSet<String> {
    let is_part = |sign: char| sign.is_ascii_lowercase() || sign == '_';
    let names = text
        .split(|sign| !is_part(sign))
        .map(|name| name.trim_end_matches('_'));
    names
        .filter(|name| name.starts_with("digue_") || name.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_guide_names_every_figure_and_the_alerts_only_those() {
    let address = free_address();
    let plan = Plan::usual().settings(&format!("[monitoring]\naddress = \"{address}\"\n"));
    let _instance = Instance::open(&plan, obliging);
    let text = Client::new(address, "localhost").get("/metrics").text();
    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let families: BTreeSet<String> = families
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo says where the crate is, at run time"
    )]
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../..");
    let guide =
        figures_in(&std::fs::read_to_string(root.join("docs/reference/monitoring.md")).unwrap());
    let plain = |name: &str| {
        name.trim_end_matches("_total")
            .trim_end_matches("_info")
            .to_owned()
    };
    let documented: BTreeSet<String> = guide.iter().map(|name| plain(name)).collect();
    let missing: Vec<&String> = families
        .iter()
        .filter(|name| !documented.contains(*name))
        .collect();
    assert!(missing.is_empty(), "not in the guide: {missing:?}");
    let alerts = std::fs::read_to_string(root.join("contrib/prometheus/digue.rules.yml")).unwrap();
    let unknown: Vec<String> = figures_in(&alerts).difference(&guide).cloned().collect();
    assert!(
        unknown.is_empty(),
        "alerts on figures that do not exist: {unknown:?}"
    );
}
