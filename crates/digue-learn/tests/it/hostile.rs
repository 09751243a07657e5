//! A hostile portal: whatever it answers while it is learnt, the map finds everybody whom the sweep
//! of the primary shape finds, or refuses the answer.

use std::collections::BTreeSet;

use digue_identifiers::ResponseReading;
use digue_inspect::RequestContent;
use digue_inspect::{Message, inspect};
use digue_learn::compile::compile;
use digue_learn::{TriedMap, TriedRoute, learn};
use digue_survey::known::{ColumnChoice, PersonsTable};
use digue_survey::{Exchange, ExchangeSource, HeldExchange, KnownPersons};
use digue_types::path::Segments;
use proptest::prelude::*;
use regex::Regex;

use crate::made::packed;

fn known() -> KnownPersons {
    let rows = (0..50).map(|n| vec![format!("P{:04}", n * 3)]).collect();
    let table = PersonsTable {
        header: vec!["id".into()],
        rows,
    };
    KnownPersons::from_table(&table, &ColumnChoice::default())
        .unwrap()
        .0
}

/// A text that may name persons, known ones or not.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        (0u32..400).prop_map(|n| format!("P{n:04}")),
        (0u32..400).prop_map(|n| format!("/fiche/P{n:04}?x=1")),
        (0u32..400).prop_map(|n| format!("voir P{n:04}, fin")),
        Just("Dupont".to_owned()),
        Just("12,50".to_owned()),
        Just(String::new()),
        "[a-z ]{0,8}",
    ]
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        piece().prop_map(|text| format!("{text:?}")),
        Just("null".to_owned()),
        Just("true".to_owned()),
        (0u32..100_000).prop_map(|n| n.to_string()),
    ];
    let name = || {
        prop_oneof![
            Just("id".to_owned()),
            Just("items".to_owned()),
            piece(),
            "[a-z]{1,5}"
        ]
    };
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5)
                .prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec((name(), inner), 0..5).prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{name:?}:{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn html() -> impl Strategy<Value = String> {
    let tag = prop_oneof![
        Just("tr"),
        Just("td"),
        Just("table"),
        Just("div"),
        Just("li"),
        Just("p"),
        Just("script"),
        Just("select"),
        Just("option"),
        Just("template"),
        Just("noscript"),
        Just("style"),
        Just("title"),
        Just("iframe"),
    ];
    let part = prop_oneof![
        4 => piece(),
        4 => (tag.clone(), piece()).prop_map(|(tag, text)| format!("<{tag} class=\"{text}\">")),
        2 => tag.prop_map(|tag| format!("</{tag}>")),
        1 => piece().prop_map(|text| format!("<!-- {text} -->")),
        2 => piece().prop_map(|text| format!("<a href=\"{text}\">x</a>")),
        1 => piece().prop_map(|text| format!("<input value='{text}' data-id={text}>")),
        1 => piece().prop_map(|text| format!("<tr><td>{text}</td><td>a</td></tr>")),
    ];
    proptest::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

fn csv() -> impl Strategy<Value = String> {
    let row = proptest::collection::vec(piece(), 1..4).prop_map(|cells| {
        cells
            .iter()
            .map(|cell| cell.replace(',', " "))
            .collect::<Vec<_>>()
            .join(",")
    });
    (proptest::collection::vec(row, 0..6), any::<bool>()).prop_map(|(rows, has_header)| {
        format!(
            "{}{}",
            if has_header { "id,nom\n" } else { "" },
            rows.join("\n")
        )
    })
}

/// Archives whose entries are stored as they are, so that their bytes show whom they hold.
fn archive() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("liste.csv".to_owned()),
        Just("page.html".to_owned()),
        Just("logo.png".to_owned()),
        Just("lisez-moi".to_owned()),
        (0u32..30).prop_map(|n| format!("fiche-{n}.json")),
        (0u32..300).prop_map(|n| format!("P{n:04}.json")),
    ];
    let body = prop_oneof![json(), html(), csv(), piece()];
    proptest::collection::btree_map(name, body, 0..5).prop_map(|entries| {
        let entries: Vec<(String, Vec<u8>)> = entries
            .into_iter()
            .map(|(name, body)| (name, body.into_bytes()))
            .collect();
        packed(&entries, zip::CompressionMethod::Stored)
    })
}

fn events() -> impl Strategy<Value = String> {
    let event = prop_oneof![
        (json(), "[a-c]?").prop_map(|(json, name)| format!("event: {name}\ndata: {json}\n\n")),
        piece().prop_map(|text| format!("data: {text}\n\n")),
        piece().prop_map(|text| format!(": {text}\n\n")),
    ];
    proptest::collection::vec(event, 0..6).prop_map(|events| events.concat())
}

/// A request by POST: remote calls, GraphQL, forms, with identifiers within other values; and
/// whether it says that something changes.
fn posted() -> impl Strategy<Value = (&'static str, String, String, bool)> {
    let method = prop_oneof![
        Just(("person.read", false)),
        Just(("person.search", false)),
        Just(("person.delete", true)),
        Just(("person.get_or_create", true)),
        Just(("wizard.execute", true)),
    ];
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    prop_oneof![
        (method, piece(), any::<bool>()).prop_map(move |((method, changes), text, is_batch)| {
            let call = format!("{{\"id\":1,\"method\":{method:?},\"params\":[{text:?}]}}");
            let body = if is_batch {
                format!("[{call},{call}]")
            } else {
                call
            };
            (json, "/rpc".to_owned(), body, changes)
        }),
        (any::<bool>(), "[a-c]").prop_map(move |(changes, field)| {
            let operation = if changes { "mutation" } else { "query" };
            let body = format!("{{\"query\":\"{operation} {{ {field} {{ id }} }}\"}}");
            (json, "/graphql".to_owned(), body, changes)
        }),
        (piece(), any::<bool>()).prop_map(move |(text, changes)| {
            let button = if changes { "&delete=" } else { "" };
            let body = format!("dn=uid={},ou=x{button}", text.replace(['&', '='], "."));
            (form, "/liste?action=search".to_owned(), body, changes)
        }),
        piece().prop_map(move |text| (form, "/export.csv".to_owned(), text, false)),
        piece().prop_map(move |text| (form, "/supprimer".to_owned(), text, true)),
    ]
}

fn any_exchange() -> impl Strategy<Value = HeldExchange> {
    let post =
        (exchange(), posted()).prop_map(|(answer, (request_type, target, body, _))| HeldExchange {
            method: "POST".to_owned(),
            url: format!("https://p.fr{target}"),
            request_type: request_type.to_owned(),
            request_body: body.into_bytes(),
            ..answer
        });
    prop_oneof![2 => exchange(), 1 => post]
}

fn exchange() -> impl Strategy<Value = HeldExchange> {
    let path = prop_oneof![
        Just("/liste".to_owned()),
        Just("/api/x".to_owned()),
        (0u32..30).prop_map(|n| format!("/fiche/P{n:04}")),
        (0u32..30).prop_map(|n| format!("/fiche/{n}")),
        (0u32..9).prop_map(|n| format!("/static/f{n}.js")),
        "[a-z]{1,3}".prop_map(|name| format!("/static/{name}")),
    ];
    let body = prop_oneof![
        2 => archive().prop_map(|body| ("application/zip", body)),
        1 => archive().prop_map(|body| ("application/octet-stream", body)),
        2 => events().prop_map(|body| ("text/event-stream", body.into_bytes())),
        8 => text_body().prop_map(|(media, body)| (media, body.into_bytes())),
    ];
    (
        path,
        body,
        prop_oneof![8 => Just(200u16), 1 => Just(404u16), 1 => Just(302u16)],
    )
        .prop_map(|(path, (media, body), status)| {
            let mut made = HeldExchange::get(&format!("https://p.fr{path}"), media, body);
            made.status = status;
            made
        })
}

fn text_body() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        3 => json().prop_map(|body| ("application/json", body)),
        3 => html().prop_map(|body| ("text/html", body)),
        2 => csv().prop_map(|body| ("text/csv", body)),
        1 => piece().prop_map(|body| ("text/plain", body)),
        1 => piece().prop_map(|body| ("text/javascript", format!("var a='{body}'"))),
        1 => piece().prop_map(|body| ("image/svg+xml", format!("<svg>{body}</svg>"))),
        1 => piece().prop_map(|body| ("image/png", body)),
        1 => piece().prop_map(|body| ("application/pdf", body)),
        1 => piece().prop_map(|body| ("", body)),
        1 => json().prop_map(|body| ("text/html", body)),
        1 => html().prop_map(|body| ("application/json", body)),
    ]
}

fn route_of<'m>(map: &'m TriedMap, exchange: &HeldExchange) -> Option<&'m TriedRoute> {
    let target = exchange.url.strip_prefix("https://p.fr").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let segments = Segments::parse(path).ok()?;
    let content = RequestContent::of(query, &exchange.request_type, &exchange.request_body);
    let (route, _) = map.route(&exchange.method, &segments, &content)?;
    Some(route)
}

/// The persons that leave with an answer; `None` when it does not leave.
fn shown(map: &TriedMap, exchange: &HeldExchange) -> Option<BTreeSet<String>> {
    let route = route_of(map, exchange)?;
    if !route.is_held {
        return Some(BTreeSet::new());
    }
    let message = Message {
        status: exchange.status,
        content_type: exchange.content_type.as_deref(),
        content_encoding: "",
        body: exchange.body.as_ref().unwrap(),
    };
    match inspect(&route.response, &map.kinds, &message, &route.limits) {
        ResponseReading::Persons(persons) => Some(
            persons
                .identifiers()
                .map(|identifier| identifier.text.to_string())
                .collect(),
        ),
        ResponseReading::ShowsNobody(_) => Some(BTreeSet::new()),
        ResponseReading::Unreadable(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_learnt_map_never_finds_fewer_persons_than_the_sweep(
        exchanges in proptest::collection::vec(any_exchange(), 1..24),
    ) {
        let learnt = learn(&mut exchanges.as_slice(), known()).unwrap();
        let map = compile(&learnt.map).unwrap();
        let sweep = Regex::new(r"\bP[0-9]{4}\b").unwrap();
        for exchange in &exchanges {
            let Some(shown) = shown(&map, exchange) else { continue };
            let body = String::from_utf8_lossy(exchange.body.as_ref().unwrap()).into_owned();
            for found in sweep.find_iter(&body) {
                prop_assert!(shown.contains(found.as_str()), "{} of {exchange:?}, {:#?}", found.as_str(), learnt.map.routes);
            }
        }
    }

    /// What a portal shows after it was learnt, also where it had shown nobody, is found as far as the
    /// search finds it, or refused.
    #[test]
    fn what_is_shown_later_is_found_or_refused(
        exchanges in proptest::collection::vec(any_exchange(), 1..16),
        later in proptest::collection::vec((exchange(), text_body()), 1..8),
    ) {
        let learnt = learn(&mut exchanges.as_slice(), known()).unwrap();
        let map = compile(&learnt.map).unwrap();
        let sweep = Regex::new(r"\bP[0-9]{4}\b").unwrap();
        for (exchange, (media, body)) in later {
            // Types that pass unread are resources: what they show later, the report says.
            if !matches!(media, "application/json" | "text/html" | "text/csv") {
                continue;
            }
            let exchange = HeldExchange {
                content_type: Some(media.to_owned()),
                body: Ok(body.clone().into_bytes()),
                ..exchange
            };
            if route_of(&map, &exchange).is_none_or(|route| !route.is_held) {
                continue;
            }
            let Some(shown) = shown(&map, &exchange) else { continue };
            for found in sweep.find_iter(&body) {
                prop_assert!(shown.contains(found.as_str()), "{} of {exchange:?}, {:#?}", found.as_str(), learnt.map.routes);
            }
        }
    }

    /// Whatever a portal answers, a request that says that something changes has no route.
    #[test]
    fn what_says_that_it_changes_something_is_never_proposed(
        exchanges in proptest::collection::vec((exchange(), posted()), 1..24),
    ) {
        let posted = |(answer, (request_type, target, body, changes)): &(HeldExchange, (&str, String, String, bool))| {
            let held = HeldExchange {
                method: "POST".to_owned(),
                url: format!("https://p.fr{target}"),
                request_type: (*request_type).to_owned(),
                request_body: body.clone().into_bytes(),
                ..answer.clone()
            };
            (held, *changes)
        };
        let made: Vec<(HeldExchange, bool)> = exchanges.iter().map(posted).collect();
        let held: Vec<HeldExchange> = made.iter().map(|(held, _)| held.clone()).collect();
        let learnt = learn(&mut held.as_slice(), known()).unwrap();
        let map = compile(&learnt.map).unwrap();
        for (exchange, _) in made.iter().filter(|(_, changes)| *changes) {
            prop_assert!(route_of(&map, exchange).is_none(), "{exchange:?}, {:#?}", learnt.map.routes);
        }
    }

    /// Learning the same again gives the same.
    #[test]
    fn learning_depends_on_nothing_but_the_traffic(exchanges in proptest::collection::vec(any_exchange(), 1..12)) {
        let once = learn(&mut exchanges.as_slice(), known()).unwrap();
        let again = learn(&mut exchanges.as_slice(), known()).unwrap();
        prop_assert_eq!(once.map, again.map);
        prop_assert_eq!(once.findings, again.findings);
    }

    /// A running portal answers otherwise at each reading, and hides from each what it showed to
    /// another.
    #[test]
    fn a_portal_that_changes_while_it_is_learnt_hides_nobody(
        readings in proptest::collection::vec(proptest::collection::vec(exchange(), 1..10), 3..5),
    ) {
        let mut live = LiveSource { readings: readings.clone(), next: 0 };
        let learnt = learn(&mut live, known()).unwrap();
        let map = compile(&learnt.map).unwrap();
        let sweep = Regex::new(r"\bP[0-9]{4}\b").unwrap();
        for exchange in readings.iter().take(live.next).flatten() {
            let Some(shown) = shown(&map, exchange) else { continue };
            let body = String::from_utf8_lossy(exchange.body.as_ref().unwrap()).into_owned();
            for found in sweep.find_iter(&body) {
                prop_assert!(shown.contains(found.as_str()), "{} of {exchange:?}, {:#?}", found.as_str(), learnt.map.routes);
            }
        }
    }
}

/// Hands over other exchanges at each reading, and the last ones again.
struct LiveSource {
    readings: Vec<Vec<HeldExchange>>,
    next: usize,
}

impl ExchangeSource for LiveSource {
    type Fault = std::convert::Infallible;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), Self::Fault> {
        let reading = self
            .readings
            .get(self.next)
            .or(self.readings.last())
            .unwrap();
        reading.iter().for_each(|held| take(&held.as_exchange()));
        self.next += 1;
        Ok(())
    }
}
