//! What holds on every page, for every reader, in both languages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use digue_locales::Language;

use crate::html::Element;
use crate::pages::{NO_PAGES, PAGES, WorldState};
use crate::routes::routes;
use crate::snapshots::{SHOWN, Shown};
use crate::world::{Answer, CISO, Reader, Sent, World, url_encoded};

/// Calls `check` with every page, its reader and its answer.
fn on_every_page(check: impl Fn(&Shown, Reader, &Answer, &Element)) {
    let mut count = 0;
    for shown in SHOWN.iter() {
        for (reader, answer, root) in shown.pages() {
            check(shown, reader, answer, &root);
            count += 1;
        }
    }
    assert!(count > 500, "{count}");
}

#[test]
fn every_route_that_shows_a_page_is_among_the_pages() {
    for route in routes() {
        let Some(path) = route.strip_prefix("GET ") else {
            continue;
        };
        let is_file = path.starts_with("/api/")
            || path.starts_with("/v2/")
            || path.starts_with("/scim/")
            || path.starts_with("/.digue/assets/")
            || path
                .rsplit('/')
                .next()
                .is_some_and(|last| last.contains('.') && !last.starts_with('{'));
        let is_page = PAGES.iter().any(|page| page.route == path);
        let is_none = is_file || NO_PAGES.contains(&path);
        assert!(
            is_page != is_none,
            "{path} is a page without snapshot, or listed twice"
        );
    }
    for page in PAGES.iter().filter(|page| !page.route.is_empty()) {
        assert!(
            routes().contains(&format!("GET {}", page.route)),
            "{}",
            page.route
        );
        let is_read = |shown: &&Shown| std::ptr::eq(shown.page, page);
        let mut answers = SHOWN
            .iter()
            .filter(is_read)
            .flat_map(|shown| &shown.answers);
        let is_unknown = page.name.ends_with("-unknown");
        assert!(
            is_unknown || answers.any(|(_, answer)| answer.status == 200),
            "{}: nobody reads it",
            page.name
        );
    }
}

#[test]
fn every_page_of_the_table_of_routes_has_its_help() {
    on_every_page(|shown, reader, answer, root| {
        if answer.status != 200 || shown.page.route.is_empty() {
            return;
        }
        // It stands within a page of the portal, without menu and frame.
        if shown.page.route.starts_with("/person/embed") {
            return;
        }
        let all = root.all();
        let mut helps = all
            .iter()
            .filter(|element| element.attribute("class") == Some("page-help"));
        let help = helps.next();
        assert!(help.is_some(), "{}: no help", shown.place(reader));
        let terms = help.map_or(0, |help| {
            help.all().iter().filter(|one| one.is("dd")).count()
        });
        assert_eq!(terms, 3, "{}", shown.place(reader));
        assert!(helps.next().is_none(), "{}", shown.place(reader));
    });
}

#[test]
fn no_page_is_empty_and_none_fails() {
    for shown in SHOWN.iter() {
        for (reader, answer) in &shown.answers {
            assert!(answer.status < 500, "{}: {answer:?}", shown.place(*reader));
            assert!(
                answer.status != 200 || answer.text.len() > 400,
                "{}",
                shown.place(*reader)
            );
        }
    }
}

#[test]
fn a_page_has_one_title_and_one_heading_of_the_first_level() {
    on_every_page(|shown, reader, _, root| {
        let place = shown.place(reader);
        assert_eq!(
            root.attribute("lang"),
            Some(shown.language.code()),
            "{place}"
        );
        let headings: Vec<_> = root
            .all()
            .into_iter()
            .filter(|element| element.is("h1"))
            .collect();
        assert_eq!(headings.len(), 1, "{place}");
        assert!(!headings[0].text().is_empty(), "{place}");
        let title = root.first("title").map(Element::text).unwrap_or_default();
        assert!(
            title.chars().count() > 3 && !title.starts_with('–'),
            "{place}: {title}"
        );
        let levels = root
            .all()
            .into_iter()
            .filter_map(|element| element.name.strip_prefix('h')?.parse().ok());
        let levels: Vec<u32> = levels.collect();
        let is_step = |pair: &[u32]| pair[1] <= pair[0] + 1;
        assert!(
            levels.windows(2).all(is_step),
            "{place}: a level of heading is left out: {levels:?}"
        );
    });
}

#[test]
fn an_id_is_there_once_and_what_names_one_finds_it() {
    on_every_page(|shown, reader, _, root| {
        let mut known = BTreeSet::new();
        let all = root.all();
        for id in all.iter().filter_map(|element| element.attribute("id")) {
            assert!(
                known.insert(id.to_owned()),
                "{}: #{id} twice",
                shown.place(reader)
            );
        }
        for element in &all {
            for name in [
                "for",
                "aria-describedby",
                "aria-labelledby",
                "list",
                "data-then",
            ] {
                for id in element
                    .attribute(name)
                    .unwrap_or_default()
                    .split_whitespace()
                {
                    assert!(
                        known.contains(id),
                        "{}: {name} names #{id}",
                        shown.place(reader)
                    );
                }
            }
        }
    });
}

/// What a person declares or decides is theirs: a form that was only looked at declares nothing.
#[test]
fn no_answer_and_no_decision_is_chosen_beforehand() {
    let decides = [
        "gate", "outcome", "state", "who", "people", "partners", "hosting",
    ];
    on_every_page(|shown, reader, _, root| {
        for field in root.all() {
            let name = field.attribute("name").unwrap_or_default();
            if !field.is("select") || !decides.contains(&name) {
                continue;
            }
            let place = shown.place(reader);
            let all = field.all();
            let options: Vec<&&Element> = all.iter().filter(|inner| inner.is("option")).collect();
            let first = options.first().expect("a list has a choice");
            let is_open = first.attribute("value") == Some("")
                && options
                    .iter()
                    .all(|option| option.attribute("selected").is_none());
            assert!(is_open, "{place}: {name}");
        }
    });
}

#[test]
fn every_field_has_a_label() {
    on_every_page(|shown, reader, _, root| {
        let place = shown.place(reader);
        let all = root.all();
        let labels: Vec<&&Element> = all.iter().filter(|element| element.is("label")).collect();
        let names = |field: &Element| {
            let by_id = field.attribute("id").is_some_and(|id| {
                labels
                    .iter()
                    .any(|label| label.attribute("for") == Some(id) && !label.text().is_empty())
            });
            let around = labels.iter().any(|label| {
                !label.text().is_empty()
                    && label.all().iter().any(|inner| std::ptr::eq(*inner, field))
            });
            by_id || around
        };
        for field in &all {
            let is_field = matches!(field.name.as_str(), "input" | "select" | "textarea")
                && field.attribute("type") != Some("hidden");
            assert!(!is_field || names(field), "{place}: {field:?}");
            let is_named = field.attribute("aria-label").is_some() || !field.text().is_empty();
            assert!(
                !matches!(field.name.as_str(), "button" | "a" | "summary") || is_named,
                "{place}: {field:?}"
            );
            if field.is("fieldset") {
                let first = field.elements().next().expect("a fieldset has a legend");
                assert!(
                    first.is("legend") && !first.text().is_empty(),
                    "{place}: {first:?}"
                );
            }
        }
    });
}

#[test]
fn every_table_has_a_caption_and_a_header_for_each_column() {
    on_every_page(|shown, reader, _, root| {
        let mut captions = BTreeSet::new();
        for table in root.all().into_iter().filter(|element| element.is("table")) {
            let place = shown.place(reader);
            let caption = table.elements().next().filter(|first| first.is("caption"));
            let caption = caption
                .unwrap_or_else(|| panic!("{place}: a table without caption"))
                .text();
            assert!(
                !caption.is_empty() && captions.insert(caption.clone()),
                "{place}: {caption:?}"
            );
            let head = table.first("thead").and_then(|head| head.first("tr"));
            let head: Vec<&Element> = head
                .unwrap_or_else(|| panic!("{place}: {caption}"))
                .elements()
                .collect();
            for cell in &head {
                let has_scope = cell.is("th") && cell.attribute("scope") == Some("col");
                assert!(has_scope, "{place}: {caption}: {cell:?}");
                assert!(
                    !cell.text().is_empty(),
                    "{place}: {caption}: a column without name"
                );
            }
            let rows = table.first("tbody").into_iter().flat_map(Element::elements);
            for row in rows {
                assert_eq!(
                    row.elements().count(),
                    head.len(),
                    "{place}: {caption}: {}",
                    row.text()
                );
            }
        }
    });
}

/// The policy of our pages runs no script on the page itself and takes no style from it.
#[test]
fn nothing_on_a_page_breaks_its_own_policy() {
    on_every_page(|shown, reader, answer, root| {
        let place = shown.place(reader);
        assert!(
            answer.policy.starts_with("default-src 'none'"),
            "{place}: {}",
            answer.policy
        );
        assert!(
            !answer.policy.contains("unsafe"),
            "{place}: {}",
            answer.policy
        );
        for element in root.all() {
            assert!(
                !element.is("style") && !element.is("base") && !element.is("iframe"),
                "{place}"
            );
            for (name, value) in &element.attributes {
                assert!(
                    name != "style" && !name.starts_with("on"),
                    "{place}: {name}={value}"
                );
            }
            if element.is("script") {
                let source = element.attribute("src").unwrap_or_default();
                assert!(
                    source.starts_with("/.digue/assets/") && element.children.is_empty(),
                    "{place}"
                );
                assert!(
                    answer.policy.contains("script-src 'self'"),
                    "{place}: {source} does not run"
                );
            }
            if element.attribute("data-passkey").is_some() {
                assert!(
                    answer.policy.contains("script-src 'self'"),
                    "{place}: no ceremony without script"
                );
            }
        }
    });
}

/// A portal's host is the portal's to bind.
#[test]
fn the_consoles_own_host_is_bound_to_tls_and_a_portals_is_not() {
    on_every_page(|shown, reader, answer, _| {
        let is_portals = shown.page.state == WorldState::OnPortal;
        let expected = if is_portals { "" } else { "max-age=31536000" };
        assert_eq!(answer.transport, expected, "{}", shown.place(reader));
    });
}

/// Links and forms lead to routes that are there.
#[test]
fn what_a_page_links_to_exists() {
    let routes = routes();
    let is_there = |method: &str, place: &str| {
        let path = place.split(['?', '#']).next().unwrap_or_default();
        let fits = |route: &String| {
            let Some((known, pattern)) = route.split_once(' ') else {
                return false;
            };
            let (parts, wanted): (Vec<&str>, Vec<&str>) =
                (pattern.split('/').collect(), path.split('/').collect());
            let same = |(part, wanted): (&&str, &&str)| {
                part == wanted || (part.starts_with('{') && !wanted.is_empty())
            };
            known == method && parts.len() == wanted.len() && parts.iter().zip(&wanted).all(same)
        };
        path.is_empty() || routes.iter().any(fits)
    };
    on_every_page(|shown, reader, _, root| {
        for element in root.all() {
            let method = match element.attribute("method") {
                Some("post") => "POST",
                _ => "GET",
            };
            let ceremony = ["data-begin", "data-finish"].map(|name| element.attribute(name));
            for place in ceremony.into_iter().flatten() {
                assert!(is_there("POST", place), "{}: {place}", shown.place(reader));
            }
            let place = ["href", "action", "src"]
                .into_iter()
                .find_map(|name| element.attribute(name));
            let Some(place) = place else { continue };
            let is_call = place.starts_with("tel:+")
                || place.starts_with("tel:0")
                || place.starts_with("mailto:");
            if is_call && element.is("a") {
                continue;
            }
            let is_own = place.starts_with('/') || place.starts_with('#') || place.starts_with('?');
            assert!(is_own, "{}: {place} leads elsewhere", shown.place(reader));
            assert!(
                is_there(method, place),
                "{}: {method} {place}",
                shown.place(reader)
            );
        }
    });
}

/// A missing message is shown as its key in brackets (`digue_locales::text_with`).
#[test]
fn no_page_shows_a_key_or_a_code() {
    on_every_page(|shown, reader, _, root| {
        for element in root
            .all()
            .into_iter()
            .filter(|element| !matches!(element.name.as_str(), "code" | "pre"))
        {
            for text in own_texts(element) {
                let inner = text
                    .trim()
                    .strip_prefix('[')
                    .and_then(|rest| rest.strip_suffix(']'));
                assert!(
                    !inner.is_some_and(is_code),
                    "{}: {text}",
                    shown.place(reader)
                );
                assert!(
                    !text.contains("{ $") && !text.contains("{$"),
                    "{}: {text}",
                    shown.place(reader)
                );
                let is_of_world = WORLD_WORDS.iter().any(|word| text.trim() == *word);
                let is_shown = !is_of_world && is_code(text.trim()) && text.contains('-');
                assert!(!is_shown, "{}: the code {text}", shown.place(reader));
            }
        }
    });
}

/// Names of the small world, and words of both languages, that look like codes.
const WORLD_WORDS: [&str; 7] = [
    "of-1",
    "of-2",
    "portail",
    "mss-2",
    "sous-traitant",
    "self-assessment",
    "e-mail",
];

fn is_code(text: &str) -> bool {
    let is_sign = |sign: char| {
        sign.is_ascii_lowercase() || sign.is_ascii_digit() || matches!(sign, '-' | '_')
    };
    !text.is_empty()
        && text.chars().all(is_sign)
        && text.starts_with(|sign: char| sign.is_ascii_lowercase())
}

/// The texts that stand in this element itself.
fn own_texts(element: &Element) -> Vec<&str> {
    let texts = element.children.iter().filter_map(|node| match node {
        crate::html::Node::Text(text) => Some(text.as_str()),
        crate::html::Node::Element(_) => None,
    });
    texts.collect()
}

/// Words by which a piece of a message is found; shorter pieces are not looked for.
const BEGINNING: usize = 3;

/// The messages of a language, by key, cut where values are put in.
fn messages(language: Language) -> BTreeMap<String, Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../digue-locales/locales")
        .join(language.code());
    let mut messages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(item.unwrap().path()).unwrap();
        let mut key = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let said = match line.split_once('=') {
                Some((name, said)) if !line.starts_with(' ') => {
                    name.trim().clone_into(&mut key);
                    said
                }
                _ => line,
            };
            // `{ $count }`, and the branches of a plural.
            let pieces = said.split(['{', '}', '[', ']']).map(str::trim);
            let pieces = pieces
                .filter(|piece| !piece.starts_with('$') && piece.split(' ').count() >= BEGINNING);
            messages
                .entry(key.clone())
                .or_default()
                .extend(pieces.map(ToOwned::to_owned));
        }
    }
    messages
}

/// The text of a page without what is marked as being in another language: a letter, what was sent
/// in French.
fn in_its_language(root: &Element) -> String {
    let mut own = root.clone();
    without_foreign(&mut own, root.attribute("lang").unwrap_or_default());
    own.text()
}

fn without_foreign(element: &mut Element, language: &str) {
    element.children.retain_mut(|node| match node {
        crate::html::Node::Text(_) => true,
        crate::html::Node::Element(inner) => {
            let is_own = inner.attribute("lang").is_none_or(|lang| lang == language);
            without_foreign(inner, language);
            is_own
        }
    });
}

/// Compared key by key: what only the other language says is nowhere on the page.
#[test]
fn no_page_speaks_the_other_language() {
    let [french, english] = [Language::French, Language::English].map(messages);
    let only = |own: &BTreeMap<String, Vec<String>>, other: &BTreeMap<String, Vec<String>>| {
        let own: BTreeSet<&String> = own.values().flatten().collect();
        // What the ISMS begins with is stored in the language of whoever began it.
        let seeds = other
            .iter()
            .filter(|(key, _)| {
                let begun_with = [
                    "seed-",
                    "policy-topic-",
                    "policy-text-",
                    "policy-organisation",
                ];
                begun_with.iter().any(|prefix| key.starts_with(prefix))
            })
            .flat_map(|(_, pieces)| pieces);
        let seeds: Vec<&String> = seeds.collect();
        let is_seed = |piece: &String| seeds.iter().any(|seed| seed.contains(piece.as_str()));
        let mut foreign: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for piece in other
            .values()
            .flatten()
            .filter(|piece| !own.contains(piece) && !is_seed(piece))
        {
            let beginning = piece
                .split(' ')
                .take(BEGINNING)
                .collect::<Vec<_>>()
                .join(" ");
            foreign.entry(beginning).or_default().push(piece.clone());
        }
        foreign
    };
    let (only_english, only_french) = (only(&french, &english), only(&english, &french));
    assert!(only_english.len() > 1000 && only_french.len() > 1000);
    let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
    for shown in SHOWN.iter() {
        let foreign = match shown.language {
            Language::French => &only_english,
            Language::English => &only_french,
        };
        for (reader, _, root) in shown.pages() {
            let text = in_its_language(&root);
            if !seen.insert((shown.language.code(), text.clone())) {
                continue;
            }
            let words: Vec<&str> = text.split(' ').collect();
            for place in words.windows(BEGINNING) {
                for piece in foreign.get(&place.join(" ")).into_iter().flatten() {
                    assert!(
                        !text.contains(piece.as_str()),
                        "{}: {piece}",
                        shown.place(reader)
                    );
                }
            }
        }
    }
}

/// What is longer than a form that is shown again is no longer than a route takes: a sheet of an
/// incident, a record with a long description.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_form_is_taken_like_any_other() {
    let world = World::new().await;
    for length in [60_000, 70_000, 1_000_000] {
        let description = "x".repeat(length);
        let fields = [("title", "Chiffrer"), ("description", description.as_str())];
        let sent = Sent {
            method: "POST",
            target: "/smsi/registers/measure",
            kind: "application/x-www-form-urlencoded",
            body: url_encoded(&fields).into_bytes(),
        };
        let answer = world.answer(CISO, Language::French, sent).await;
        // Too long for the field is said on its page, with what was typed.
        assert!(
            answer.status != 413 && answer.is_page(),
            "{length}: {}",
            answer.status
        );
    }
}
