//! Recall and precision of learnt maps on exchanges that they were not learnt from.

use std::collections::BTreeSet;

use digue_identifiers::ResponseReading;
use digue_inspect::RequestContent;
use digue_inspect::request::RequestParts;
use digue_inspect::{InspectionLimits, Message, inspect, read_request};
use digue_learn::compile::compile;
use digue_learn::{Learnt, TriedMap, learn};
use digue_survey::{HeldExchange, KnownPersons};
use digue_types::path::Segments;

use crate::made::{MadeExchange, MadePortal, portal};

#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    truth: usize,
    found: usize,
    right: usize,
    answers: usize,
    refused: usize,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.truth += other.truth;
        self.found += other.found;
        self.right += other.right;
        self.answers += other.answers;
        self.refused += other.refused;
    }

    fn recall(self) -> f64 {
        self.right as f64 / self.truth.max(1) as f64
    }

    fn precision(self) -> f64 {
        self.right as f64 / self.found.max(1) as f64
    }
}

/// The identifiers that a map finds in one exchange; the reason when it refuses the answer.
fn found(map: &TriedMap, exchange: &HeldExchange) -> Result<BTreeSet<String>, String> {
    let url = exchange
        .url
        .strip_prefix("https://portail.example")
        .unwrap();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let segments = Segments::parse(path).unwrap();
    let Some((route, values)) =
        map.route(&exchange.method, &segments, &RequestContent::of_head(""))
    else {
        return Err("no route".into());
    };
    if !route.is_held {
        return Ok(BTreeSet::new());
    }
    let accepted = route.query.as_ref().unwrap();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap();
        if !accepted.iter().any(|(known, _)| known == name) {
            return Err(format!("parameter {name}"));
        }
    }
    let parts = RequestParts {
        path: &values,
        query,
        content_type: "",
        body: b"",
    };
    let fields =
        read_request(&route.request, &map.kinds, &parts).map_err(|why| format!("request {why}"))?;
    let mut shown: BTreeSet<String> = fields
        .0
        .into_values()
        .flatten()
        .map(|identifier| identifier.text.to_string())
        .collect();
    let body = exchange.body.as_ref().unwrap();
    let message = Message {
        status: exchange.status,
        content_type: exchange.content_type.as_deref(),
        content_encoding: "",
        body,
    };
    match inspect(
        &route.response,
        &map.kinds,
        &message,
        &InspectionLimits::default(),
    ) {
        ResponseReading::Persons(persons) => {
            shown.extend(
                persons
                    .identifiers()
                    .map(|identifier| identifier.text.to_string()),
            );
        }
        ResponseReading::ShowsNobody(_) => {}
        ResponseReading::Unreadable(why) => return Err(why.to_string()),
    }
    Ok(shown)
}

fn measure(
    portal: &MadePortal,
    map: &TriedMap,
    exchanges: &[MadeExchange],
    faults: &mut Vec<String>,
) -> Figures {
    let mut figures = Figures::default();
    for made in exchanges
        .iter()
        .filter(|made| made.exchange.method == "GET")
    {
        // The person of a 404 is named by the request alone, and is nobody.
        if made.exchange.status != 200 {
            continue;
        }
        figures.answers += 1;
        figures.truth += made.truth.len();
        match found(map, &made.exchange) {
            Err(why) => {
                figures.refused += 1;
                faults.push(format!("{}: {why}", made.exchange.url));
            }
            Ok(shown) => {
                let persons: BTreeSet<Option<usize>> =
                    shown.iter().map(|text| portal.person_of(text)).collect();
                let right = made
                    .truth
                    .iter()
                    .filter(|place| persons.contains(&Some(**place)))
                    .count();
                let strangers = shown
                    .iter()
                    .filter(|text| portal.person_of(text).is_none())
                    .count();
                figures.right += right;
                figures.found += persons.iter().flatten().count() + strangers;
                if right < made.truth.len()
                    || persons.iter().flatten().count() > right
                    || strangers > 0
                {
                    faults.push(format!(
                        "{}: {right} of {}, {shown:?}",
                        made.exchange.url,
                        made.truth.len()
                    ));
                }
            }
        }
    }
    figures
}

fn learnt(portal: &MadePortal, known: KnownPersons) -> Learnt {
    let exchanges = portal.learnt_from();
    learn(&mut exchanges.as_slice(), known).unwrap()
}

fn run(
    name: &str,
    seeds: std::ops::Range<u64>,
    known: impl Fn(&MadePortal) -> KnownPersons,
) -> Figures {
    let mut all = Figures::default();
    for seed in seeds {
        let portal = portal(seed);
        let learnt = learnt(&portal, known(&portal));
        let map = compile(&learnt.map).unwrap();
        let mut faults = Vec::new();
        let own = measure(&portal, &map, &portal.learnt_from, &mut faults);
        assert_eq!(
            own.refused,
            0,
            "portal {seed} refuses what it was learnt from: {faults:#?} {:#?}",
            learnt
                .map
                .routes
                .iter()
                .filter(|r| faults
                    .iter()
                    .any(|f| f.contains(&r.path[..r.path.len().min(12)])))
                .collect::<Vec<_>>()
        );
        faults.clear();
        let figures = measure(&portal, &map, &portal.held_out, &mut faults);
        if figures.recall() < 0.995 || figures.precision() < 0.995 || figures.refused > 0 {
            faults.truncate(6);
            println!(
                "{name} {seed} {:?}: {figures:?} {faults:#?}",
                portal.numbering
            );
        }
        all.add(figures);
    }
    println!(
        "{name}: recall {:.4} precision {:.4}, {} of {} answers refused, {} persons",
        all.recall(),
        all.precision(),
        all.refused,
        all.answers,
        all.truth
    );
    all
}

#[test]
fn with_the_operators_list_unseen_persons_are_found() {
    let figures = run("list", 0..40, |portal| portal.known(1, false));
    assert!(figures.recall() >= 0.995, "{figures:?}");
    assert!(figures.precision() >= 0.995, "{figures:?}");
    assert!(figures.refused * 1000 <= figures.answers, "{figures:?}");
}
