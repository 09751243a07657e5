//! Every change that lets one more response out, or counts fewer persons in one, is judged wider.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use digue_gateway::path::Segments;
use digue_gateway::portal::{Identity, RouteKind};
use digue_identifiers::ResponseReading;
use digue_inspect::response::{Message, inspect};
use http::Method;

use super::*;
use crate::portal_map::read_kept;
use crate::reader::WholeText;

const MAP: &str = r#"
[portal]
name = "portail"
population = "personnes"
url = "https://portail.test"
hosts = ["autre.test"]
upstream = "http://127.0.0.1:9000"

[identity]
from = "header"
account = "x-user"
trusted = ["10.0.0.0/8"]

[identifiers.id]
primary = true
normalise = ["trim"]
shape = "[A-Z0-9]{1,9}"

[identifiers.mail]
normalise = ["trim", "lower"]

[budgets.account]
"24h" = 3
"30d" = 40

[break_glass]
lasts = "15min"

[[routes]]
name = "public"
kind = "assets"
public = true
path = "/static/**"

[[routes]]
name = "liste"
path = "/liste"
methods = ["GET"]
action = "list"
categories = ["identite"]
persons_max = 100
[[routes.response]]
format = "json"
records = ["$.items[*]"]
empty = ["$.items[*]"]
undescribed = "any"
persons = [{ as = "id", at = "$.items[*].id" }]
sweep = [{ as = "mail", pattern = "[a-z0-9]+@[a-z]+" }]

[[routes]]
name = "fiche"
path = "/fiche/{id}"
action = "open"
categories = ["identite"]
break_glass = true
proof_within = "1h"
keeps_found = "10min"
request = [{ as = "id", in = "path", at = "id" }]
[[routes.response]]
format = "json"
records = ["$"]
undescribed = "any"
persons = [{ as = "id", at = "$.id" }]

[[routes]]
name = "export"
path = "/export"
action = "export"
caseload = "not-required"
uninspected = { unknown-type = "release" }
[[routes.response]]
format = "csv"
persons = [{ as = "id", at = "id" }]

[[routes]]
name = "reste"
path = "/fiche/{id}/piece/{piece}"
action = "open"
[[routes.response]]
format = "json"
records = ["$"]
undescribed = "any"
persons = [{ as = "id", at = "$.id" }]
"#;

fn parse(text: &str, files: &[(&str, &str)]) -> Option<PortalMap> {
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let whole = WholeText {
        text: text.to_owned(),
        files: files.collect::<BTreeMap<_, _>>(),
    };
    read_kept(Path::new("portail.toml"), &whole, &mut Vec::new())
}

fn map(text: &str) -> PortalMap {
    parse(text, &[]).unwrap_or_else(|| panic!("the map has faults: {text}"))
}

/// One request with the response that the portal would give.
struct Visit {
    host: &'static str,
    /// Where it comes from, and the header with its account.
    from: IpAddr,
    header: &'static str,
    method: Method,
    path: &'static str,
    kind: &'static str,
    body: String,
}

fn visits() -> Vec<Visit> {
    let mut visits = Vec::new();
    let places = [
        ("portail.test", "10.0.0.1"),
        ("autre.test", "10.0.0.1"),
        ("neuf.test", "10.0.0.1"),
        ("portail.test", "192.0.2.1"),
    ];
    let items = |count: usize| {
        let items: Vec<String> = (1..=count)
            .map(|number| format!(r#"{{"id":"P{number}"}}"#))
            .collect();
        format!(r#"{{"items":[{}]}}"#, items.join(","))
    };
    let bodies = [
        ("application/json", r#"{"id":"P1"}"#.to_owned()),
        ("application/json", r#"{"id":"P9"}"#.to_owned()),
        ("application/json", r#"{"id":"p1"}"#.to_owned()),
        (
            "application/json",
            r#"{"items":[{"id":"P1"}],"note":"p2@x"}"#.to_owned(),
        ),
        ("application/json", items(2)),
        ("application/json", items(4)),
        ("application/json", items(60)),
        ("text/csv", "id\nP1\nP9\n".to_owned()),
        ("image/png", "P1".to_owned()),
        ("application/json", "{".to_owned()),
    ];
    let paths = [
        "/static/x",
        "/liste",
        "/fiche/P1",
        "/export",
        "/fiche/P1/piece/3",
        "/autre",
        "/static2",
    ];
    for (place, (host, from)) in places.into_iter().enumerate() {
        for header in ["x-user", "x-other"] {
            // The origin of a request and the response do not depend on each other.
            let is_usual = place == 0 && header == "x-user";
            let methods: &[Method] = if is_usual {
                &[Method::GET, Method::POST]
            } else {
                &[Method::GET]
            };
            for method in methods {
                for path in paths {
                    for (kind, body) in bodies.iter().take(if is_usual { bodies.len() } else { 1 })
                    {
                        visits.push(Visit {
                            host,
                            from: from.parse().unwrap(),
                            header,
                            method: method.clone(),
                            path,
                            kind,
                            body: body.clone(),
                        });
                    }
                }
            }
        }
    }
    visits
}

/// The persons counted in what leaves; `None` when nothing does. The account has P1 to P99 but P9.
fn shown(map: &PortalMap, visit: &Visit) -> Option<BTreeSet<String>> {
    let portal = &map.portal;
    portal.hosts.iter().find(|host| **host == visit.host)?;
    let (route, _) = portal.route(
        &visit.method,
        &Segments::parse(visit.path).ok()?,
        &digue_inspect::RequestContent::of_head(""),
    )?;
    let has_account = match &portal.identity {
        Identity::Header { account, from, .. } => {
            account.as_str() == visit.header && from.iter().any(|net| net.contains(&visit.from))
        }
        _ => true,
    };
    let observes = portal.mode.enforcement().is_none();
    match route.kind {
        RouteKind::Assets { is_public: true } => return Some(BTreeSet::new()),
        _ if !has_account => return observes.then(BTreeSet::new),
        RouteKind::Assets { is_public: false } | RouteKind::WebSocket => {
            return Some(BTreeSet::new());
        }
        RouteKind::Held => {}
    }
    let message = Message {
        status: 200,
        content_type: Some(visit.kind),
        content_encoding: "",
        body: visit.body.as_bytes(),
    };
    let found = match inspect(
        &route.response,
        &portal.kinds,
        &message,
        &route.inspect_limits,
    ) {
        ResponseReading::Persons(shown) => shown.identifiers().cloned().collect(),
        ResponseReading::ShowsNobody(_) => Vec::new(),
        ResponseReading::Unreadable(unread) => {
            let leaves = route.uninspected.of(unread.cause) == UninspectedChoice::Release;
            return (leaves || observes).then(BTreeSet::new);
        }
    };
    let persons: BTreeSet<String> = found
        .iter()
        .map(|one| {
            let kind = if one.kind == portal.primary {
                ""
            } else {
                &portal.kinds[one.kind].name
            };
            format!("{}/{kind}:{}", portal.population, one.text)
        })
        .collect();
    let is_outside = |person: &String| !person.contains("/:P") || person.ends_with(":P9");
    let is_refused = (route.access.needs_caseload && persons.iter().any(is_outside))
        || portal
            .limits
            .account
            .0
            .iter()
            .flatten()
            .any(|limit| persons.len() > *limit as usize);
    (!is_refused || observes).then_some(persons)
}

/// True when `new` lets a response out that `old` kept, or counts fewer persons in one.
fn lets_more(old: &PortalMap, new: &PortalMap, visits: &[Visit]) -> bool {
    visits
        .iter()
        .any(|visit| match (shown(old, visit), shown(new, visit)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(before), Some(after)) => !before.is_subset(&after),
        })
}

/// Maps that differ from `text` in one thing: a missing line, a number, a word, an order.
fn mutants(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let with = |place: usize, line: Option<String>| {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        match line {
            Some(line) => changed[place] = line,
            None => drop(changed.remove(place)),
        }
        changed.join("\n")
    };
    let mut mutants = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        mutants.push(with(place, None));
        for (from, to) in WORDS {
            if line.contains(from) {
                mutants.push(with(place, Some(line.replacen(from, to, 1))));
                mutants.push(with(place, Some(line.replace(from, to))));
            }
        }
        for more in MORE {
            mutants.push(with(place, Some(format!("{line}\n{more}"))));
        }
    }
    // Blocks gone, and two of them the other way round.
    let blocks: Vec<&str> = text.split("\n\n").collect();
    for first in 0..blocks.len() {
        let rest = blocks
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != first)
            .map(|(_, block)| *block);
        mutants.push(rest.collect::<Vec<_>>().join("\n\n"));
        for second in first + 1..blocks.len() {
            let mut swapped = blocks.clone();
            swapped.swap(first, second);
            mutants.push(swapped.join("\n\n"));
        }
    }
    mutants
}

const WORDS: [(&str, &str); 34] = [
    ("= 3", "= 2"),
    ("= 3", "= 5"),
    ("= 40", "= 400"),
    ("= 100", "= 50"),
    ("= 100", "= 1000"),
    ("\"24h\"", "\"30d\""),
    ("budgets.account", "budgets.organisation"),
    ("true", "false"),
    ("assets", "held"),
    ("header", "session"),
    ("x-user", "x-other"),
    ("10.0.0.0/8", "0.0.0.0/0"),
    ("10.0.0.0/8", "10.0.0.0/9"),
    ("autre.test", "neuf.test"),
    ("[\"autre.test\"]", "[]"),
    ("personnes", "autres"),
    ("[A-Z0-9]", "[A-Za-z0-9]"),
    ("{1,9}", "{1,1}"),
    ("[\"trim\"]", "[\"trim\", \"digits\"]"),
    ("[\"trim\"]", "[\"trim\", \"upper\"]"),
    ("/static/**", "/**"),
    ("/static/**", "/static2"),
    ("\"/liste\"", "\"/{page}\""),
    ("[\"GET\"]", "[\"GET\", \"POST\"]"),
    ("[\"GET\"]", "[\"POST\"]"),
    ("\"json\"", "\"nobody\"\ntypes = [\"application/json\"]"),
    ("$.items[*].id", "$.items[0].id"),
    ("$.items[*].id", "$.id"),
    ("a-z0-9]+@", "a-z]+@"),
    ("15min", "10min"),
    ("not-required", "required"),
    ("unknown-type = \"release\"", "unknown-type = \"refuse\""),
    ("unknown-type", "broken"),
    ("1h", "2h"),
];

const MORE: [&str; 14] = [
    "mode = \"observe-only\"",
    "mode = \"enforced\"",
    "caseload = \"not-required\"",
    "caseload = \"required\"",
    "kind = \"assets\"",
    "kind = \"websocket\"",
    "methods = [\"GET\"]",
    "persons_max = 1",
    "persons_max = 1000",
    "decoded_bytes = \"64\"",
    "uninspected = { broken = \"release\", unknown-type = \"release\", too-large = \"release\" }",
    "[[routes]]\nname = \"neuf\"\npath = \"/autre\"\nkind = \"assets\"",
    "[[routes.response]]\nformat = \"nobody\"\ntypes = [\"image/png\"]",
    "[budgets.portal]\n\"24h\" = 1",
];

#[test]
fn whatever_lets_one_more_answer_through_is_judged_wider() {
    let visits = visits();
    let old = map(MAP);
    let (mut read, mut more, mut narrower) = (0, 0, 0);
    for mutant in mutants(MAP) {
        let Some(new) = parse(&mutant, &[]) else {
            continue;
        };
        read += 1;
        // In both directions: what is narrower one way is wider the other.
        for (a, b, text) in [(&old, &new, &mutant), (&new, &old, &mutant)] {
            let wider = widenings(a, b);
            let lets = lets_more(a, b, &visits);
            more += u32::from(lets);
            narrower += u32::from(wider.is_empty());
            assert!(
                !lets || !wider.is_empty(),
                "judged narrow: {:?}\n{text}",
                differences(a, b)
            );
        }
    }
    assert!(
        read > 150 && more > 80 && narrower > 20,
        "{read} maps, {more} wider, {narrower} narrow"
    );
}

#[test]
fn the_same_map_otherwise_written_lets_nothing_more_through() {
    let old = map(MAP);
    for (from, to) in [
        ("\n\n", "\n# Un commentaire.\n\n"),
        ("name = \"portail\"", "name   =   'portail'"),
        ("population = \"personnes\"\n", ""),
        ("hosts = [\"autre.test\"]", "hosts = [ 'autre.test', ]"),
    ] {
        assert!(MAP.contains(from));
        let new = map(&MAP.replace(from, to));
        let expected: &[&str] = if to.is_empty() {
            &["portal.population: \"personnes\" -> -"]
        } else {
            &[]
        };
        assert_eq!(widenings(&old, &new), expected, "{to}");
    }
}

#[test]
fn what_only_narrows_waits_for_nobody() {
    let old = map(MAP);
    for (from, to) in [
        ("\"24h\" = 3", "\"24h\" = 2"),
        (
            "[break_glass]",
            "[budgets.portal]\n\"24h\" = 9\n\n[break_glass]",
        ),
        ("break_glass = true\n", ""),
        ("caseload = \"not-required\"\n", ""),
        ("uninspected = { unknown-type = \"release\" }\n", ""),
        ("proof_within = \"1h\"", "proof_within = \"5min\""),
        ("keeps_found = \"10min\"\n", ""),
        ("\"15min\"", "\"5min\""),
        ("hosts = [\"autre.test\"]\n", ""),
        (
            "methods = [\"GET\"]",
            "methods = [\"GET\"]\nrequest_bytes = \"1KiB\"",
        ),
        ("persons_max = 100", "persons_max = 10"),
        (
            "persons_max = 100",
            "persons_max = 100\nuninspected = { names = \"release\" }",
        ),
        (
            "[break_glass]",
            "[names]\nfound = \"refuse\"\n\n[break_glass]",
        ),
        (
            "upstream = \"http://127.0.0.1:9000\"",
            "upstream = \"http://127.0.0.1:9000\"\nmode = \"enforced\"",
        ),
    ] {
        assert!(MAP.contains(from), "{from}");
        assert_eq!(
            widenings(&old, &map(&MAP.replacen(from, to, 1))),
            [] as [&str; 0],
            "{to}"
        );
    }
}

#[test]
fn the_rule_of_a_class_is_weakened_by_two_and_made_stricter_by_one() {
    let with = |classes: &str| {
        map(&MAP.replacen("[break_glass]", &format!("{classes}\n[break_glass]"), 1))
    };
    let of = |rule: &str| with(&format!("[classes.archived]\n{rule}"));
    let order = [
        with(""),
        of("rule = \"watch\""),
        of("rule = \"agreement\"\nlasts = \"3d\""),
        of("rule = \"agreement\""),
        of("rule = \"refuse\""),
    ];
    for (place, weaker) in order.iter().enumerate() {
        for stricter in &order[place..] {
            assert_eq!(widenings(weaker, stricter), [] as [&str; 0]);
        }
        for stricter in &order[place + 1..] {
            assert_ne!(widenings(stricter, weaker), [] as [&str; 0]);
        }
    }
    for wrong in [
        "rule = \"watch\"\nlasts = \"1h\"",
        "rule = \"agreement\"\nlasts = \"8d\"",
        "lasts = \"1h\"",
        "rule = \"none\"",
    ] {
        let text = format!("[classes.archived]\n{wrong}\n\n[break_glass]");
        assert!(
            parse(&MAP.replacen("[break_glass]", &text, 1), &[]).is_none(),
            "{wrong}"
        );
    }
}

/// Of a route that decides for itself, the choice of the whole map changes nothing.
#[test]
fn names_that_leave_again_are_a_widening() {
    let with = |found: &str, own: &str| {
        let own = format!("persons_max = 100\nuninspected = {{ names = \"{own}\" }}");
        let found = format!("[names]\nfound = \"{found}\"\n\n[break_glass]");
        map(&MAP
            .replacen("persons_max = 100", &own, 1)
            .replacen("[break_glass]", &found, 1))
    };
    let strict = with("refuse", "refuse");
    assert_eq!(widenings(&strict, &with("observe", "refuse")).len(), 1);
    assert_eq!(widenings(&strict, &with("refuse", "release")).len(), 1);
    assert_eq!(
        widenings(&with("release", "observe"), &strict),
        [] as [&str; 0]
    );
}

/// A key that maps may get later: unknown here, and so a widening.
#[test]
fn a_name_that_nobody_judged_is_a_widening() {
    let (mut old, mut new) = (map(MAP), map(MAP));
    let text = |map: &mut PortalMap, from: &str, to: &str| {
        map.source.text = map.source.text.replacen(from, to, 1);
    };
    text(
        &mut new,
        "name = \"liste\"",
        "name = \"liste\"\nnovelty = 1",
    );
    assert_eq!(widenings(&old, &new), ["routes.liste.novelty: - -> 1"]);
    text(&mut old, "[break_glass]", "[novelty]\nx = 2\n[break_glass]");
    assert_eq!(widenings(&old, &map(MAP)).len(), 1);
}

#[test]
fn who_may_come_without_a_session_or_see_their_own_record_is_a_widening() {
    let person = "[identity.person]\npattern = \"u-(.+)\"\nas = \"id\"\n\n[identifiers.id]";
    let text = MAP.replace("[identifiers.id]", person);
    let line = "name = \"liste\"";
    for (key, wide) in [("session", "\"not-required\""), ("self", "true")] {
        let open = map(&text.replacen(line, &format!("{line}\n{key} = {wide}"), 1));
        let shut = map(&text);
        let expected = format!("routes.liste.{key}: - -> {wide}");
        assert_eq!(widenings(&shut, &open), [expected]);
        assert_eq!(widenings(&open, &shut), [] as [&str; 0]);
    }
    // Who the persons are is another matter: any change may let another one in.
    let other = map(&text.replace("u-(.+)", "v-(.+)"));
    assert_eq!(widenings(&map(&text), &other).len(), 1);
}

#[test]
fn a_login_of_the_portals_own_is_read_or_its_fault_is_named() {
    let with = |lines: &str| {
        MAP.replace(
            "from = \"header\"\naccount = \"x-user\"\ntrusted = [\"10.0.0.0/8\"]",
            &format!("from = \"portal\"\n{lines}"),
        )
    };
    let faults = |lines: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portail.toml");
        std::fs::write(&file, with(lines)).unwrap();
        let mut faults = Vec::new();
        let read = crate::portal_map::read(&file, &mut faults, &mut Vec::new());
        let said: Vec<String> = faults
            .iter()
            .map(|fault| fault.say(digue_locales::Language::English))
            .collect();
        assert_eq!(read.is_some(), said.is_empty(), "{lines} {said:?}");
        said.join("; ")
    };
    for good in [
        "cookies = [\"sessionid\"]\nresponse_header = \"x-user\"",
        "credential_headers = [\"authorization\"]\nwhoami = \"/api/me?a=b\"\naccount = \"$.a\"",
        "cookies = [\"s\"]\nkeeps = \"0s\"\nsign_in = \"/login\"\nasks_passkey = true\n\
         [identity.sessions]\nurl = \"sqlite:x.db\"\nquery = \"SELECT 1 AS account\"",
    ] {
        assert_eq!(faults(good), "", "{good}");
    }
    for (bad, named) in [
        (
            "response_header = \"x-user\"",
            "\"identity.cookies\" is missing",
        ),
        (
            "cookies = [\"a b\"]\nresponse_header = \"x-user\"",
            "sessionid",
        ),
        ("cookies = [\"s\"]", "response_header, whoami or sessions"),
        (
            "cookies = [\"s\"]\nresponse_header = \"x\"\nwhoami = \"/me\"\naccount = \"$.a\"",
            "response_header, whoami or sessions",
        ),
        (
            "cookies = [\"s\"]\nwhoami = \"me\"\naccount = \"$.a\"",
            "/api/users/me",
        ),
        (
            "cookies = [\"s\"]\nwhoami = \"//evil/me\"\naccount = \"$.a\"",
            "/api/users/me",
        ),
        (
            "cookies = [\"s\"]\nwhoami = \"/me\"\naccount = \"a.b\"",
            "$.user.email",
        ),
        (
            "cookies = [\"s\"]\nresponse_header = \"x\"\nkeeps = \"1h\"",
            "0s - 5m",
        ),
        (
            "cookies = [\"s\"]\n[identity.sessions]\nurl = \"sqlite:x\"",
            "query",
        ),
    ] {
        let said = faults(bad);
        assert!(said.contains(named), "{bad}: {said}");
    }
}

#[test]
fn a_file_that_the_map_names_belongs_to_it() {
    let text = MAP.replace(
        "from = \"header\"\naccount = \"x-user\"\ntrusted = [\"10.0.0.0/8\"]",
        "from = \"session\"",
    ) + "\n[report]\ntoken_file = \"jeton\"\n";
    let [one, other] = ["11", "22"].map(|byte| byte.repeat(32));
    let old = parse(&text, &[("jeton", &one)]).unwrap();
    assert_eq!(
        widenings(&old, &parse(&text, &[("jeton", &one)]).unwrap()),
        [] as [&str; 0]
    );
    assert_eq!(
        widenings(&old, &parse(&text, &[("jeton", &other)]).unwrap()).len(),
        1
    );
    // Stored whole, it comes back as it was, and its secret is not in it.
    let kept = WholeText::of_json(&old.source.to_json()).unwrap();
    assert_eq!(kept, old.source);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("jeton"),
        "un-jeton-qui-est-bien-assez-long-pour-servir\nun-jeton-de-plus-pendant-le-remplacement\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("portail.toml"), &text).unwrap();
    let read = crate::portal_map::read(
        &folder.path().join("portail.toml"),
        &mut Vec::new(),
        &mut Vec::new(),
    )
    .unwrap();
    assert!(!read.source.to_json().contains("un-jeton"));
    let again = read_kept(Path::new("portail.toml"), &read.source, &mut Vec::new()).unwrap();
    assert_eq!(again.portal.report_tokens, read.portal.report_tokens);
    assert_eq!(again.portal.report_tokens.len(), 2);
}
