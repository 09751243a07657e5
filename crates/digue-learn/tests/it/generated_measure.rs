//! Recall, precision and wrong refusals of learnt maps, without editing, on portals that are drawn.

use std::collections::{BTreeMap, BTreeSet};

use digue_identifiers::ResponseReading;
use digue_inspect::request::RequestParts;
use digue_inspect::{Message, RequestContent, inspect, read_request};
use digue_learn::compile::compile;
use digue_learn::traffic_tally::{RouteTraffic, TalliedPersons, TalliedResponse, TrafficTally};
use digue_learn::{Learnt, MapReporter, TriedMap, learn};
use digue_survey::HeldExchange;
use digue_types::Timestamp;
use digue_types::path::Segments;

use crate::generated::{GeneratedExchange, GeneratedPortal, ORIGIN, WAYS, generated};

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) truth: usize,
    pub(crate) found: usize,
    pub(crate) right: usize,
    pub(crate) answers: usize,
    pub(crate) refused: usize,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.truth += other.truth;
        self.found += other.found;
        self.right += other.right;
        self.answers += other.answers;
        self.refused += other.refused;
    }

    /// What is refused is missed.
    fn recall(self) -> f64 {
        self.right as f64 / self.truth.max(1) as f64
    }

    fn precision(self) -> f64 {
        self.right as f64 / self.found.max(1) as f64
    }
}

/// The identifiers that a map finds in one exchange, with those that its request names; the reason
/// when it refuses.
fn found(map: &TriedMap, exchange: &HeldExchange) -> Result<BTreeSet<String>, String> {
    let target = exchange.url.strip_prefix(ORIGIN).unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let segments = Segments::parse(path).unwrap();
    let content = RequestContent::of(query, &exchange.request_type, &exchange.request_body);
    let Some((route, values)) = map.route(&exchange.method, &segments, &content) else {
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
        content_type: &exchange.request_type,
        body: &exchange.request_body,
    };
    let fields =
        read_request(&route.request, &map.kinds, &parts).map_err(|why| format!("request {why}"))?;
    let named = fields.0.into_values().flatten();
    let mut shown: BTreeSet<String> = named
        .map(|identifier| identifier.text.to_string())
        .collect();
    let message = Message {
        status: exchange.status,
        content_type: exchange.content_type.as_deref(),
        content_encoding: "",
        body: exchange.body.as_ref().unwrap(),
    };
    match inspect(&route.response, &map.kinds, &message, &route.limits) {
        ResponseReading::Persons(persons) => {
            let texts = persons.identifiers();
            shown.extend(texts.map(|identifier| identifier.text.to_string()));
        }
        ResponseReading::ShowsNobody(_) => {}
        ResponseReading::Unreadable(why) => return Err(why.to_string()),
    }
    Ok(shown)
}

fn judge(
    portal: &GeneratedPortal,
    map: &TriedMap,
    made: &GeneratedExchange,
    faults: &mut Vec<String>,
) -> Figures {
    let mut figures = Figures {
        answers: 1,
        truth: made.truth.len(),
        ..Figures::default()
    };
    let what = || format!("{} {}", made.sort, &made.exchange.url[ORIGIN.len()..]);
    match found(map, &made.exchange) {
        Err(why) => {
            figures.refused = 1;
            faults.push(format!("{}: {why}", what()));
        }
        // Whom the request for something that is not there names is nobody.
        Ok(_) if made.exchange.status >= 300 => {}
        Ok(shown) => {
            let persons: BTreeSet<usize> = shown
                .iter()
                .filter_map(|text| portal.person_of(text))
                .collect();
            let strangers: Vec<&String> = shown
                .iter()
                .filter(|text| portal.person_of(text).is_none())
                .collect();
            figures.right = made.truth.intersection(&persons).count();
            figures.found = persons.len() + strangers.len();
            if figures.right < made.truth.len() || figures.found > figures.right {
                let wrong: Vec<&usize> = persons.difference(&made.truth).take(3).collect();
                faults.push(format!(
                    "{}: {} of {}, invented {:?} {:?}",
                    what(),
                    figures.right,
                    made.truth.len(),
                    wrong,
                    &strangers[..strangers.len().min(3)]
                ));
            }
        }
    }
    figures
}

impl GeneratedPortal {
    fn learnt(&self) -> Learnt {
        let traffic = self.learnt_from.iter().map(|made| made.exchange.clone());
        let traffic: Vec<HeldExchange> = traffic.collect();
        learn(&mut traffic.as_slice(), self.known()).unwrap()
    }
}

/// What a portal's map finds, by sort of answer.
#[derive(Default)]
pub(crate) struct Measured {
    all: Figures,
    by_sort: BTreeMap<&'static str, Figures>,
    by_way: BTreeMap<String, Figures>,
    faults: Vec<String>,
}

impl Measured {
    fn portal(&mut self, seed: u64) {
        let portal = generated(seed);
        let learnt = portal.learnt();
        let map = compile(&learnt.map).unwrap();
        let mut faults = Vec::new();
        for made in &portal.held_out {
            if made.is_write {
                assert!(
                    found(&map, &made.exchange).is_err(),
                    "{}",
                    made.exchange.url
                );
                continue;
            }
            let own = judge(&portal, &map, made, &mut faults);
            self.all.add(own);
            self.by_sort.entry(made.sort).or_default().add(own);
            let way = format!("{:?}", portal.style.main);
            self.by_way.entry(way).or_default().add(own);
        }
        let style = &portal.style;
        let of = format!(
            "{seed} {:?} {:?} names {}",
            style.main, style.key, style.has_names
        );
        self.faults
            .extend(faults.into_iter().map(|fault| format!("{of}: {fault}")));
    }

    fn told(&self) -> String {
        let line = |name: &str, figures: &Figures| {
            format!(
                "{name:24} recall {:.4} precision {:.4} refused {:4} of {:5}, {} persons\n",
                figures.recall(),
                figures.precision(),
                figures.refused,
                figures.answers,
                figures.truth
            )
        };
        let sorts = self.by_sort.iter().map(|(name, own)| line(name, own));
        let ways = self.by_way.iter().map(|(name, own)| line(name, own));
        sorts.chain(ways).chain([line("all", &self.all)]).collect()
    }
}

#[test]
fn maps_of_drawn_portals_find_who_is_shown_and_refuse_nothing() {
    let mut measured = Measured::default();
    for seed in 0..WAYS.len() as u64 {
        measured.portal(seed);
    }
    let all = measured.all;
    let told = || format!("{}\n{:#?}", measured.told(), measured.faults);
    assert!(all.recall() >= 0.998, "{}", told());
    assert!(all.precision() >= 0.999, "{}", told());
    assert!(all.refused * 1000 <= all.answers, "{}", told());
}

/// `digue inspect --har` and `digue map report` count what the map does, on each answer.
#[test]
fn the_reports_agree_with_the_learnt_map() {
    for seed in [1, 5, 14, 16] {
        let portal = generated(seed);
        let learnt = portal.learnt();
        let map = compile(&learnt.map).unwrap();
        let mut reporter = MapReporter::new(&map, &learnt.known, ORIGIN);
        let mut tally = TrafficTally::default();
        let (mut refused, mut unreadable, mut without) = (0, 0, 0);
        for made in portal.learnt_from.iter().chain(&portal.held_out) {
            let tried = reporter.observe(&made.exchange.as_exchange());
            let own = found(&map, &made.exchange);
            assert_eq!(
                tried.is_refused,
                own.is_err(),
                "{} {own:?}",
                made.exchange.url
            );
            refused += usize::from(own.is_err());
            let persons = |texts: &BTreeSet<String>| -> BTreeSet<Option<usize>> {
                texts.iter().map(|text| portal.person_of(text)).collect()
            };
            if let Ok(shown) = &own {
                assert_eq!(
                    persons(&tried.persons),
                    persons(shown),
                    "{}",
                    made.exchange.url
                );
            }
            let Some(route) = tried.route else { continue };
            let shown = match &own {
                Err(_) => TalliedPersons::Unreadable,
                Ok(shown) if shown.is_empty() => TalliedPersons::None,
                Ok(_) => TalliedPersons::Some { rules: &[] },
            };
            unreadable += u64::from(own.is_err());
            without += u64::from(matches!(shown, TalliedPersons::None));
            tally.add(&TalliedResponse {
                at: Timestamp::from_secs(5),
                route: &route,
                template: None,
                status: made.exchange.status,
                content_type: made.exchange.content_type.as_deref(),
                content_encoding: "",
                body: made.exchange.body.as_ref().unwrap(),
                shown,
            });
        }
        let report = reporter.finish();
        assert_eq!(report.totals.refused, refused);
        assert_eq!(
            report.totals.exchanges,
            portal.learnt_from.len() + portal.held_out.len()
        );
        let routes = tally.routes_since(Timestamp::from_secs(0));
        let sum = |of: fn(&RouteTraffic) -> u64| routes.values().map(of).sum::<u64>();
        assert_eq!(sum(|route| route.unreadable), unreadable);
        assert_eq!(sum(|route| route.without_persons), without);
        // Honest traffic of the portal that was learnt has no part that the report would call new.
        assert_eq!(
            tally.new_parts(Timestamp::from_secs(0)),
            [],
            "portal {seed}"
        );
    }
}

/// `DIGUE_PORTALS` many portals, with a table of what was found; `DIGUE_PORTALS_FAULTS` lines say
/// what was not.
#[test]
#[ignore = "a measurement: DIGUE_PORTALS=300 cargo test -p digue-learn --test it -- --ignored drawn"]
#[expect(
    clippy::disallowed_methods,
    reason = "how much is measured, the caller of the measurement says"
)]
fn many_drawn_portals() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let count: u64 = number("DIGUE_PORTALS").unwrap_or(150);
    let from: u64 = number("DIGUE_PORTALS_FROM").unwrap_or(0);
    let faults: u64 = number("DIGUE_PORTALS_FAULTS").unwrap_or(20);
    let mut measured = Measured::default();
    for seed in from..from + count {
        measured.portal(seed);
    }
    // One of each portal and sort.
    let mut said: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for fault in &measured.faults {
        let key = fault.split('/').next().unwrap_or_default().to_owned();
        said.entry(key).or_insert((0, fault.clone())).0 += 1;
    }
    for (count, fault) in said.values().take(faults as usize) {
        println!("{count} x {fault}");
    }
    println!("{}", measured.told());
}
