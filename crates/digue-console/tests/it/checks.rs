//! What holds on every page, for every reader, in both languages.

use std::collections::BTreeSet;

use crate::html::Element;
use crate::pages::{NO_PAGES, PAGES};
use crate::routes::routes;
use crate::snapshots::{SHOWN, Shown};
use crate::world::{Answer, Reader};

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
#[ignore = "the small world does not yet reach the space of a person in each state"]
fn every_route_that_shows_a_page_is_among_the_pages() {
    for route in routes() {
        let Some(path) = route.strip_prefix("GET ") else { continue };
        let is_file = path.starts_with("/api/")
            || path.starts_with("/v2/")
            || path.starts_with("/.digue/assets/")
            || path.rsplit('/').next().is_some_and(|last| last.contains('.') && !last.starts_with('{'));
        let is_page = PAGES.iter().any(|page| page.route == path);
        let is_none = is_file || NO_PAGES.contains(&path);
        assert!(is_page != is_none, "{path} is a page without snapshot, or listed twice");
    }
    for page in PAGES.iter().filter(|page| !page.route.is_empty()) {
        assert!(routes().contains(&format!("GET {}", page.route)), "{}", page.route);
        let is_read = |shown: &&Shown| std::ptr::eq(shown.page, page);
        let mut answers = SHOWN.iter().filter(is_read).flat_map(|shown| &shown.answers);
        let is_unknown = page.name.ends_with("-unknown");
        assert!(
            is_unknown || answers.any(|(_, answer)| answer.status == 200),
            "{}: nobody reads it",
            page.name
        );
    }
}

#[test]
fn no_page_is_empty_and_none_fails() {
    for shown in SHOWN.iter() {
        for (reader, answer) in &shown.answers {
            assert!(answer.status < 500, "{}: {answer:?}", shown.place(*reader));
            assert!(answer.status != 200 || answer.text.len() > 400, "{}", shown.place(*reader));
        }
    }
}

#[test]
fn a_page_has_one_title_and_one_heading_of_the_first_level() {
    on_every_page(|shown, reader, _, root| {
        let place = shown.place(reader);
        assert_eq!(root.attribute("lang"), Some(shown.language.code()), "{place}");
        let headings: Vec<_> = root.all().into_iter().filter(|element| element.is("h1")).collect();
        assert_eq!(headings.len(), 1, "{place}");
        assert!(!headings[0].text().is_empty(), "{place}");
        let title = root.first("title").map(Element::text).unwrap_or_default();
        assert!(title.chars().count() > 3 && !title.starts_with('–'), "{place}: {title}");
        let levels =
            root.all().into_iter().filter_map(|element| element.name.strip_prefix('h')?.parse().ok());
        let levels: Vec<u32> = levels.collect();
        let is_step = |pair: &[u32]| pair[1] <= pair[0] + 1;
        assert!(levels.windows(2).all(is_step), "{place}: a level of heading is left out: {levels:?}");
    });
}

#[test]
fn an_id_is_there_once_and_what_names_one_finds_it() {
    on_every_page(|shown, reader, _, root| {
        let mut known = BTreeSet::new();
        let all = root.all();
        for id in all.iter().filter_map(|element| element.attribute("id")) {
            assert!(known.insert(id.to_owned()), "{}: #{id} twice", shown.place(reader));
        }
        for element in &all {
            for name in ["for", "aria-describedby", "aria-labelledby", "list", "data-then"] {
                for id in element.attribute(name).unwrap_or_default().split_whitespace() {
                    assert!(known.contains(id), "{}: {name} names #{id}", shown.place(reader));
                }
            }
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
                labels.iter().any(|label| label.attribute("for") == Some(id) && !label.text().is_empty())
            });
            let around = labels.iter().any(|label| {
                !label.text().is_empty() && label.all().iter().any(|inner| std::ptr::eq(*inner, field))
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
                assert!(first.is("legend") && !first.text().is_empty(), "{place}: {first:?}");
            }
        }
    });
}

/// The policy of our pages runs no script on the page itself and takes no style from it.
#[test]
fn nothing_on_a_page_breaks_its_own_policy() {
    on_every_page(|shown, reader, answer, root| {
        let place = shown.place(reader);
        assert!(answer.policy.starts_with("default-src 'none'"), "{place}: {}", answer.policy);
        assert!(!answer.policy.contains("unsafe"), "{place}: {}", answer.policy);
        for element in root.all() {
            assert!(!element.is("style") && !element.is("base") && !element.is("iframe"), "{place}");
            for (name, value) in &element.attributes {
                assert!(name != "style" && !name.starts_with("on"), "{place}: {name}={value}");
            }
            if element.is("script") {
                let source = element.attribute("src").unwrap_or_default();
                assert!(source.starts_with("/.digue/assets/") && element.children.is_empty(), "{place}");
                assert!(answer.policy.contains("script-src 'self'"), "{place}: {source} does not run");
            }
            if element.attribute("data-passkey").is_some() {
                assert!(answer.policy.contains("script-src 'self'"), "{place}: no ceremony without script");
            }
        }
    });
}

/// Links and forms lead to routes that are there.
#[test]
fn what_a_page_links_to_exists() {
    let routes = routes();
    let is_there = |method: &str, place: &str| {
        let path = place.split(['?', '#']).next().unwrap_or_default();
        let fits = |route: &String| {
            let Some((known, pattern)) = route.split_once(' ') else { return false };
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
            let place = ["href", "action", "src"].into_iter().find_map(|name| element.attribute(name));
            let Some(place) = place else { continue };
            let is_own = place.starts_with('/') || place.starts_with('#') || place.starts_with('?');
            assert!(is_own, "{}: {place} leads elsewhere", shown.place(reader));
            assert!(is_there(method, place), "{}: {method} {place}", shown.place(reader));
        }
    });
}
