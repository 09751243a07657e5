//! The reference of every key of a map, and the commented map: both are compared with the reader.

mod rows;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use digue_evidence::retention::Retention;
use digue_gateway::portal::{NamesChoice, OnUninspected, Timeouts, UninspectedChoice};
use digue_gateway::remembered::{REMEMBERED_MAX, REMEMBERED_USUAL};
use digue_identifiers::ResponseReading;
use digue_inspect::events::PIECE_BYTES_USUAL;
use digue_inspect::pdf::{PdfRules, PicturesChoice};
use digue_inspect::zip::{ENTRIES_USUAL, RATIO_USUAL};
use digue_inspect::{Message, inspect};

use rows::ROWS;

use crate::portal_map::{self, PortalMap};
use crate::reader::asked;

/// A key: its table, name, value, default, limit.
struct MapKey {
    table: &'static str,
    key: &'static str,
    value: &'static str,
    usual: String,
    limit: String,
}

fn read(text: &str) -> (Option<PortalMap>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [("jwks.json", r#"{"keys":[]}"#), ("token", &"x".repeat(40))] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let file = folder.path().join("p.toml");
    std::fs::write(&file, text).unwrap();
    let (mut faults, mut warnings) = (Vec::new(), Vec::new());
    let map = portal_map::read(Path::new(&file), &mut faults, &mut warnings);
    let all = faults.iter().chain(&warnings);
    let said = all.map(|fault| format!("{} {} {}", fault.line, fault.key, fault.name));
    (map, said.collect())
}

fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => "0s".to_owned(),
        // A day is `24h`, as maps write it.
        _ if seconds.is_multiple_of(86_400) && seconds > 86_400 => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{}min", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

fn bytes(count: u64) -> String {
    match count {
        _ if count.is_multiple_of(1 << 20) => format!("{}MiB", count >> 20),
        _ if count.is_multiple_of(1 << 10) => format!("{}KiB", count >> 10),
        _ => count.to_string(),
    }
}

const APPLICATION: &str = include_str!("../../../docs/guide/application.toml");

/// A map with nothing but what it must have: its values are the defaults.
const LEAST: &str = r#"
[portal]
name = "p"
url = "https://p.exemple.fr"
upstream = "http://127.0.0.1:9"
[identifiers.id]
[[routes]]
name = "r"
path = "/r"
action = "list"
[errors]
statuses = ["404"]
"#;

/// What the commented map leaves out.
const OTHERS: [&str; 6] = [
    r#"
[identity]
from = "jwt"
jwks = "jwks.json"
issuer = "i"
audience = "a"
[identity.mapping.account]
[identity.headers]
[timeouts]
[report]
token_file = "token"
[names]
[journal]
[break_glass]
[import]
[[routes]]
name = "r"
path = "/r"
action = "list"
[routes.uninspected]
[[routes.response]]
format = "ndjson"
records = ["$"]
persons = [{ at = "$.id" }]
compare = [{ at = "$.nom" }]
[[routes.response]]
format = "html"
records = ["tr"]
persons = [{ at = "td" }]
"#,
    r#"
[identity]
from = "header"
account = "x-user"
trusted = ["127.0.0.1/32"]
[[routes]]
name = "r"
path = "/r"
action = "list"
"#,
    r#"
[budgets.portal]
"#,
    r#"
[identity]
from = "portal"
cookies = ["s"]
response_header = "x-user"
[identity.person]
pattern = "u-(.+)"
[classes.archive]
rule = "mark"
"#,
    r#"
[identity]
from = "portal"
cookies = ["s"]
whoami = "/moi"
account = "$.id"
"#,
    r#"
[identity]
from = "portal"
cookies = ["s"]
[identity.sessions]
url = "sqlite:s.db"
query = "SELECT 1 AS account"
"#,
];

/// A path without positions and without the names that a map chooses.
fn table_of(path: &str) -> String {
    let parts: Vec<&str> = path
        .split('.')
        .map(|part| part.split('[').next().unwrap_or_default())
        .collect();
    match parts.as_slice() {
        ["identifiers", _] => "identifiers.NAME".to_owned(),
        ["budgets", _] => "budgets.WHAT".to_owned(),
        ["classes", _] => "classes.NAME".to_owned(),
        ["identity", "mapping", _] => "identity.mapping.account".to_owned(),
        // A shared block has the keys of a response, and so has each part of one.
        ["blocks", _, rest @ ..] | ["routes", "response", rest @ ..] => match rest {
            [.., "persons" | "compare"] => "persons".to_owned(),
            [.., "sweep"] => "sweep".to_owned(),
            [.., "entries" | "events"] => "entries, events".to_owned(),
            _ => "response".to_owned(),
        },
        ["errors", "sweep"] => "sweep".to_owned(),
        parts => parts.join("."),
    }
}

/// Every key that reading asks for.
fn keys_of_the_reader() -> BTreeSet<(String, String)> {
    let _ = asked::take();
    let head = "[portal]\nname = \"p\"\nurl = \"https://p.exemple.fr\"\n\
                upstream = \"http://127.0.0.1:9\"\nquery = \"named\"\n[identifiers.id]\n";
    read(APPLICATION);
    for text in OTHERS {
        read(&format!("{head}{text}"));
    }
    let keys = asked::take().into_iter();
    let keys = keys.map(|(path, key)| (table_of(&path), key));
    // The parts of an archive or a stream have a name, besides the keys of a response.
    let is_part = |(table, key): &(String, String)| table != "entries, events" || key == "name";
    // The tables of the file itself are the headings; the label of a sweep is no key of its own.
    let is_listed = |(table, key): &(String, String)| {
        !table.is_empty() && (table.as_str(), key.as_str()) != ("sweep", "at")
    };
    keys.filter(is_part).filter(is_listed).collect()
}

fn keys() -> Vec<MapKey> {
    let (map, said) = read(LEAST);
    let map = map.unwrap_or_else(|| panic!("{said:?}"));
    let route = &map.portal.routes[0];
    let errors = route.response.errors.as_ref().unwrap();
    let Timeouts {
        connect,
        response,
        idle,
    } = map.portal.timeouts;
    let choice = |choice| match choice {
        UninspectedChoice::Refuse => "refuse",
        UninspectedChoice::Release => "release",
    };
    let OnUninspected {
        too_large,
        unknown_type,
        broken,
        undescribed,
        names,
    } = route.uninspected;
    let names = match names {
        NamesChoice::Observe => "observe",
        NamesChoice::Release => "release",
        NamesChoice::Refuse => "refuse",
    };
    let pictures = match PdfRules::default().pictures {
        PicturesChoice::Refuse => "refuse",
        PicturesChoice::ShowNobody => "ignore",
    };
    let caseload = if route.access.needs_caseload {
        "required"
    } else {
        "not-required"
    };
    let limits = &route.inspect_limits;
    let rows: Vec<(&str, &str, &str, String, String)> = ROWS
        .iter()
        .map(|(table, key, value, usual, limit)| {
            let usual = match (*table, *key) {
                ("errors", "bytes") => bytes(errors.bytes_max as u64),
                ("timeouts", "connect") => duration(connect),
                ("timeouts", "response") => duration(response),
                ("timeouts", "idle") => duration(idle),
                ("break_glass", "lasts") => duration(map.portal.break_glass.lasts),
                ("journal", "retention") => duration(Retention::default().keep),
                ("names", "found") | ("routes.uninspected", "names") => names.to_owned(),
                ("routes.uninspected", "too-large") => choice(too_large).to_owned(),
                ("routes.uninspected", "unknown-type") => choice(unknown_type).to_owned(),
                ("routes.uninspected", "broken") => choice(broken).to_owned(),
                ("routes.uninspected", "undescribed") => choice(undescribed).to_owned(),
                ("routes", "caseload") => caseload.to_owned(),
                ("routes", "break_glass") => route.access.allows_break_glass.to_string(),
                ("routes", "keeps_found") => duration(route.access.keeps_found),
                ("routes", "held_bytes") => bytes(route.held_bytes_max as u64),
                ("routes", "decoded_bytes") => bytes(limits.decoded_bytes_max as u64),
                ("routes", "request_bytes") => bytes(route.request_bytes_max),
                ("routes", "persons_max") => limits.identifiers_max.to_string(),
                ("routes", "remembered_for") => duration(REMEMBERED_USUAL),
                ("response", "entries_max") => ENTRIES_USUAL.to_string(),
                ("response", "ratio_max") => RATIO_USUAL.to_string(),
                ("response", "event_bytes") => bytes(PIECE_BYTES_USUAL as u64),
                ("response", "pictures") => pictures.to_owned(),
                _ => (*usual).to_owned(),
            };
            let limit = match (*table, *key) {
                ("routes", "remembered_for") => duration(REMEMBERED_MAX),
                _ => (*limit).to_owned(),
            };
            (*table, *key, *value, usual, limit)
        })
        .collect();
    rows.into_iter()
        .map(|(table, key, value, usual, limit)| MapKey {
            table,
            key,
            value,
            usual,
            limit,
        })
        .collect()
}

fn page() -> String {
    let mut page = String::from(
        "# Every key of a portal map\n\nWhat each means: [the portal map](portal-map.md); a map with all of it: \
         [application.toml](../guide/application.toml). A test\ncompares this page with what the reader asks for, and the \
         defaults with its types. `*` marks what must be there.\n",
    );
    let mut last = "";
    for MapKey {
        table,
        key,
        value,
        usual,
        limit,
    } in &keys()
    {
        if *table != last {
            let _ = write!(
                page,
                "\n## `{table}`\n\n| key | value | default | limit |\n|---|---|---|---|\n"
            );
            last = table;
        }
        let _ = writeln!(page, "| `{key}` | {value} | {usual} | {limit} |");
    }
    page
}

#[test]
fn the_reference_has_every_key_that_the_reader_asks_for_and_no_other() {
    let listed: BTreeSet<(String, String)> = ROWS
        .iter()
        .map(|(table, key, ..)| ((*table).to_owned(), (*key).to_owned()))
        .collect();
    let asked = keys_of_the_reader();
    let missing: Vec<_> = asked.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(&asked).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing: {missing:?}\nunknown: {unknown:?}"
    );
}

#[test]
fn the_page_of_keys_is_as_the_types_say() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/portal-map-keys.md");
    let known = std::fs::read_to_string(&file).unwrap();
    let page = page();
    assert!(known == page, "write this to {}:\n{page}", file.display());
}

#[test]
fn the_commented_map_has_no_fault_and_reads_what_it_describes() {
    let (map, said) = read(APPLICATION);
    let map = map.unwrap_or_else(|| panic!("{said:?}"));
    assert_eq!(said, Vec::<String>::new());
    let portal = &map.portal;
    let look = |route: &str, status: u16, content_type: &str, body: &str| {
        let known = portal
            .routes
            .iter()
            .find(|known| known.name.as_str() == route);
        let message = Message {
            status,
            content_type: Some(content_type),
            content_encoding: "",
            body: body.as_bytes(),
        };
        let route = known.unwrap();
        let limits = &route.inspect_limits;
        match inspect(&route.response, &portal.kinds, &message, limits) {
            ResponseReading::Persons(shown) => Ok(shown.found.len()),
            ResponseReading::ShowsNobody(_) => Ok(0),
            ResponseReading::Unreadable(why) => Err(why.detail.cause.code()),
        }
    };
    let json = "application/json";
    let two = r#"{"items":[{"numero":"1234567A"},{"numero":"7654321B"}],"total":2}"#;
    assert_eq!(
        look(
            "connexion",
            200,
            "text/html",
            "<form><input name=login></form>"
        ),
        Ok(0)
    );
    assert_eq!(look("liste", 200, json, two), Ok(2));
    assert_eq!(look("liste", 422, json, r#"{"tri":["inconnu"]}"#), Ok(0));
    assert_eq!(
        look("liste", 200, json, r#"{"items":[{"nom":"Durand"}]}"#),
        Err("nameless-record")
    );
    assert_eq!(
        look(
            "fiche",
            200,
            json,
            r#"{"numero":"1234567A","tuteur":{"numero":"7654321B"}}"#
        ),
        Ok(2)
    );
    assert_eq!(look("fiche", 200, json, two), Ok(2));
    assert_eq!(
        look("fiche", 404, json, r#"{"detail":"Introuvable."}"#),
        Ok(0)
    );
    assert_eq!(
        look("export", 200, "text/csv", "N°;nom\n1234567A;x\nTotal;1\n"),
        Ok(1)
    );
    assert_eq!(
        look(
            "export-commande",
            202,
            json,
            r#"{"travail":"t-1","etat":"en cours"}"#
        ),
        Ok(0)
    );
    let event = "data: {\"numero\":\"1234567A\"}\n\nevent: ping\ndata: 1\n\n";
    assert_eq!(look("evenements", 200, "text/event-stream", event), Ok(1));
    assert_eq!(
        look("attestation", 200, "application/pdf", "%PDF-1.4"),
        Err("syntax")
    );
}
