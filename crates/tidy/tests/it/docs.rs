//! The map is true: what it names exists, and what exists is named.

use std::fs;

use crate::repository::{crates, files, root};

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_architecture_page_knows_every_crate_and_no_other() {
    let page = read("ARCHITECTURE.md");
    for name in crates() {
        assert!(page.contains(&format!("`{name}`")), "{name} is not on the map");
    }
    for word in
        page.split('`').filter(|word| word.starts_with("digue-") && !word.contains(['/', ' ', ':', '.']))
    {
        let is_crate = crates().contains(&word.to_owned());
        let is_planned = page.contains(&format!("`{word}` (to come)"));
        assert!(is_crate || is_planned, "{word} does not exist");
    }
}

/// Each promise names its tests as `path::function`; both must exist.
#[test]
fn every_promise_names_a_test_that_exists() {
    let page = read("ARCHITECTURE.md");
    let named: Vec<&str> =
        page.split('`').filter(|word| word.starts_with("crates/") && word.contains("::")).collect();
    assert!(named.len() >= 12, "{named:?}");
    for name in named {
        let (path, function) = name.split_once("::").unwrap();
        let text = read(path);
        assert!(text.contains(&format!("fn {function}(")), "{name}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut pages = files(&root().join("docs"), "md");
    pages.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root().join(name)));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            let place = page.parent().unwrap().join(path);
            assert!(place.exists(), "{}: {target}", page.display());
        }
    }
}

#[test]
fn the_test_command_of_the_readme_is_what_ci_runs() {
    assert!(read("README.md").contains("./test"));
    let ci = read(".ci/run");
    let lines: Vec<&str> = ci.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(lines, ["set -eu", "cd \"$(dirname \"$0\")/..\"", "./test"]);
}
