//! A third-party portal: Datasette, put behind the gateway by writing a map and nothing else.
//! Response by response, the persons in the bytes are the persons in the journal.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use regex::Regex;

use crate::instance::{Instance, Plan};
use crate::python::python;

pub(crate) struct Datasette {
    child: Child,
    pub(crate) address: String,
    _folder: tempfile::TempDir,
}

impl Datasette {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("data.db");
        fill(&database);
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(python("datasette"))
            .arg("serve")
            .arg(&database)
            .args([
                "--host",
                "127.0.0.1",
                "--port",
                &port.to_string(),
                "--setting",
                "max_returned_rows",
                "1000",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        let deadline = Instant::now() + digue_testkit::PATIENCE;
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(Instant::now() < deadline, "Datasette did not start");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Self {
            child,
            address,
            _folder: folder,
        }
    }
}

impl Drop for Datasette {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fill(database: &Path) {
    let script = "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute('create table persons (id text primary key, name text, town text, note text)')
for n in range(1, 601):
    note = f'voir P{n+1:04d}' if n % 50 == 0 else ''
    db.execute('insert into persons values (?,?,?,?)', (f'P{n:04d}', f'Nom \"{n}\" <b>&', 'Évreux', note))
db.commit()
";
    let done = Command::new(python("python"))
        .arg("-c")
        .arg(script)
        .arg(database)
        .status();
    assert!(done.unwrap().success());
}

#[test]
fn a_portal_nobody_here_wrote_is_mirrored_response_by_response() {
    let datasette = Datasette::start();
    let mut plan = Plan::usual();
    let map = include_str!("../../../../docs/guide/datasette.toml");
    plan.map = map
        .replace("{upstream}", &format!("http://{}", datasette.address))
        .replace("methods", "caseload = \"not-required\"\nmethods");
    plan.map = plan
        .map
        .replace("kind = \"assets\"\ncaseload", "kind = \"assets\"");
    let mut instance = Instance::open(&plan, crate::instance::obliging);
    let a1 = instance.sign_in("a1");
    let targets = [
        "/data/persons",
        "/data/persons?_size=300",
        "/data/persons?town=nowhere",
        "/data/persons?_next=P0100&_size=50",
        "/data/persons.json",
        "/data/persons.json?_shape=objects&_size=200",
        "/data/persons.json?_shape=array&_size=7",
        "/data/persons.csv?_size=40",
        "/data/persons/P0042",
        "/data/persons/P0050",
        "/data/persons/P0042.json",
        "/data/persons/P0042.json?_shape=objects",
        "/data/persons/P0999",
    ];
    let pattern = Regex::new(r"\bP[0-9]{4}\b").unwrap();
    let mut expected: Vec<(Option<u64>, BTreeSet<String>)> = Vec::new();
    for target in targets {
        let answer = a1.get(target);
        let in_bytes: BTreeSet<String> = pattern
            .find_iter(&answer.text())
            .map(|found| found.as_str().to_owned())
            .collect();
        assert!(
            matches!(answer.status, 200 | 404),
            "{target}: {} {}",
            answer.status,
            answer.text()
        );
        assert_eq!(answer.entry().is_some(), !in_bytes.is_empty(), "{target}");
        expected.push((answer.entry(), in_bytes));
    }
    assert!(
        expected
            .iter()
            .map(|(_, persons)| persons.len())
            .sum::<usize>()
            > 700
    );
    // A page that the map does not have is not shown, nor is the raw database.
    for target in [
        "/",
        "/data",
        "/data.db",
        "/data?sql=select+*+from+persons",
        "/-/versions",
    ] {
        assert_eq!(a1.get(target).status, 403, "{target}");
    }
    // Parameters by which a client could shape the response around the map: none reaches the
    // portal.
    for target in [
        "/data/persons.json?_size=0&_facet=town&_facet_size=max",
        "/data/persons.json?_size=0&_where=name+like+'Nom%25'&_facet=name",
        "/data/persons.json?_facet=name&_size=1",
        "/data/persons.json?_size=0",
        "/data/persons.json?_size=00",
        "/data/persons.json?_shape=object",
        "/data/persons.json?_col=name",
        "/data/persons.json?_nocol=id",
        "/data/persons.json?_size=5&_size=0",
        "/data/persons.json?%5Ffacet=name",
        "/data/persons.json?_json=note",
        "/data/persons.json?_extra=columns",
        "/data/persons.csv?_col=name",
        "/data/persons.csv?_nocol=id",
        "/data/persons.csv?_stream=on&_nocol=id",
        "/data/persons?_facet=name",
        "/data/persons?_nocol=id",
        "/data/persons/P0042.json?_shape=arrayfirst",
        "/data/persons/P0042.json?_nocol=id",
        "/data/persons/P0042?_col=name",
    ] {
        let answer = a1.get(target);
        assert_eq!(answer.status, 400, "{target}");
        assert!(!answer.text().contains("Nom"), "{target}");
    }
    assert_eq!(a1.get("/-/static/app.css").status, 200);
    let history = instance.history();
    for (entry, in_bytes) in expected
        .into_iter()
        .filter_map(|(entry, p)| entry.map(|e| (e, p)))
    {
        let told = history
            .iter()
            .find(|known| known["entry"] == entry)
            .unwrap();
        let persons: BTreeSet<String> = told["persons"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| person["person"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(persons, in_bytes, "entry {entry}");
    }
}
