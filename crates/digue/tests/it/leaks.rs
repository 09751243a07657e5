//! The leak suite: a portal whose every byte the test controls, and the persons really in each of
//! its answers.
//!
//! A response that leaves must be journalled with everyone in it; one that shows a person without
//! an identifier must not leave. Ordinary responses must leave, with exactly their persons:
//! refusing everything is no protection.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use digue_testkit::Reply;

use crate::instance::{Instance, Plan};

mod headers;
mod html;
mod json;
mod tables;
mod xml;

/// The persons whom a response really shows.
pub(crate) enum Shows {
    /// These, each by an identifier that a person can read.
    Persons(&'static [&'static str]),
    /// A person whose identifier is not in the response: it may not leave.
    Unnamed,
}

/// One answer of the portal.
pub(crate) struct LeakCase {
    pub(crate) name: String,
    /// The route of the map.
    pub(crate) path: &'static str,
    pub(crate) reply: Reply,
    pub(crate) shows: Shows,
    /// Written by ordinary programs: it must leave.
    pub(crate) is_ordinary: bool,
    /// A header, and the persons whom it shows when it arrives.
    pub(crate) header: Option<(&'static str, &'static str)>,
}

/// Ways in which the same text travels.
const TRANSPORTS: [&str; 6] = ["plain", "gzip", "deflate", "mark", "utf-16", "no-coding"];

/// Each of `bodies` over every transport: name, text, whom it shows, whether it is ordinary.
pub(crate) fn over_transports(
    path: &'static str,
    content_type: &str,
    bodies: &[(&'static str, &str, Shows, bool)],
) -> Vec<LeakCase> {
    let mut cases = Vec::new();
    for (name, text, shows, is_ordinary) in bodies {
        for transport in TRANSPORTS {
            let shows = match shows {
                Shows::Persons(persons) => Shows::Persons(persons),
                Shows::Unnamed => Shows::Unnamed,
            };
            let reply = transported(transport, content_type, text);
            cases.push(LeakCase {
                name: format!("{path} {name} {transport}"),
                path,
                reply,
                shows,
                is_ordinary: *is_ordinary,
                header: None,
            });
        }
    }
    cases
}

fn transported(transport: &str, content_type: &str, text: &str) -> Reply {
    let level = flate2::Compression::fast();
    match transport {
        "gzip" => {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), level);
            out.write_all(text.as_bytes()).unwrap();
            Reply::new(content_type, out.finish().unwrap()).header("content-encoding", "gzip")
        }
        "deflate" => {
            let mut out = flate2::write::DeflateEncoder::new(Vec::new(), level);
            out.write_all(text.as_bytes()).unwrap();
            Reply::new(content_type, out.finish().unwrap()).header("content-encoding", "deflate")
        }
        "mark" => Reply::new(content_type, format!("\u{feff}{text}")),
        "utf-16" => {
            let units = std::iter::once(0xfeffu16).chain(text.encode_utf16());
            Reply::new(
                content_type,
                units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
            )
        }
        "no-coding" => {
            Reply::new(&format!("{content_type};charset="), text).header("content-encoding", "none")
        }
        _ => Reply::new(content_type, text),
    }
}

const MAP: &str = r#"
[portal]
name = "portail"
population = "personnes"
url = "{url}"
upstream = "{upstream}"
query = "any"
[identifiers.id]
shape = "P[0-9]{4}"
[budgets.account]
"24h" = 100000
[[routes]]
name = "json"
path = "/json"
methods = ["GET", "HEAD", "POST"]
action = "list"
caseload = "not-required"
categories = ["identite"]
[[routes.response]]
format = "json"
records = ["$.items[*]"]
empty = ["$.items[*]"]
persons = [{ at = "$.items[*].id" }]
sweep = [{ pattern = '\bP[0-9]{4}\b' }]
[[routes]]
name = "strict"
path = "/strict"
methods = ["GET"]
action = "list"
caseload = "not-required"
categories = ["identite"]
[[routes.response]]
format = "json"
records = ["$.items[*]"]
empty = ["$.items[*]"]
persons = [{ at = "$.items[*].id" }]
[[routes]]
name = "html"
path = "/html"
methods = ["GET"]
action = "list"
caseload = "not-required"
categories = ["identite"]
[[routes.response]]
format = "html"
records = ["tr"]
empty = ["p.vide"]
persons = [{ at = "td.id" }]
sweep = [{ pattern = '\bP[0-9]{4}\b' }]
[[routes]]
name = "csv"
path = "/csv"
methods = ["GET"]
action = "export"
caseload = "not-required"
categories = ["identite"]
[[routes.response]]
format = "csv"
persons = [{ at = ["id", "Identifiant"] }]
[[routes]]
name = "xml"
path = "/xml"
methods = ["GET"]
action = "list"
caseload = "not-required"
categories = ["identite"]
[[routes.response]]
format = "xml"
records = ["//item"]
empty = ["/list"]
persons = [{ at = "//item/id" }]
sweep = [{ pattern = '\bP[0-9]{4}\b' }]
"#;

fn all_cases() -> Vec<LeakCase> {
    let mut cases = json::cases();
    cases.extend(html::cases());
    cases.extend(tables::cases());
    cases.extend(xml::cases());
    cases.extend(headers::cases());
    cases
}

#[test]
fn nobody_leaves_without_being_written_down() {
    let cases = all_cases();
    assert!(cases.len() >= 300, "{} answers", cases.len());
    let replies: Vec<Reply> = cases.iter().map(|case| case.reply.clone()).collect();
    let mut plan = Plan::usual();
    plan.map = MAP.to_owned();
    let mut instance = Instance::open(&plan, move |heard| {
        let number = heard
            .target
            .split_once("?case=")
            .and_then(|(_, number)| number.parse::<usize>().ok());
        number.map_or_else(
            || Reply::new("text/plain", "no such case").status(404),
            |n| replies[n].clone(),
        )
    });
    let a1 = instance.sign_in("a1");
    let answers: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(n, case)| a1.get(&format!("{}?case={n}", case.path)))
        .collect();
    let history = instance.history();
    let mut faults = String::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let is_refused = answer.status == 502 || answer.status == 403;
        let written: BTreeSet<String> = answer
            .entry()
            .and_then(|entry| history.iter().find(|known| known["entry"] == entry))
            .and_then(|entry| entry["persons"].as_array().cloned())
            .unwrap_or_default()
            .iter()
            .map(|person| person["person"].as_str().unwrap().to_owned())
            .collect();
        let fault = match &case.shows {
            Shows::Unnamed if !is_refused => Some("shows somebody unnamed, and left".to_owned()),
            Shows::Persons(persons) if !is_refused => {
                let by_header = case
                    .header
                    .filter(|(name, _)| answer.header(name).is_some());
                let really = persons
                    .iter()
                    .copied()
                    .chain(by_header.map(|(_, person)| person));
                let really: BTreeSet<String> = really.map(ToOwned::to_owned).collect();
                let is_right = if case.is_ordinary {
                    written == really
                } else {
                    really.is_subset(&written)
                };
                (!is_right).then(|| format!("shows {really:?}, written down {written:?}"))
            }
            _ if is_refused && case.is_ordinary => {
                Some(format!("is ordinary, and was refused ({})", answer.status))
            }
            _ => None,
        };
        if let Some(fault) = fault {
            writeln!(faults, "{}: {fault}", case.name).unwrap();
        }
    }
    assert!(faults.is_empty(), "of {} answers:\n{faults}", cases.len());
}
