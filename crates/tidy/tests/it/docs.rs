//! The map is true: what it names exists, and what exists is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::repository::{crates, dependencies, files, root};

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_architecture_page_knows_every_crate_and_no_other() {
    let page = read("ARCHITECTURE.md");
    for name in crates() {
        assert!(
            page.contains(&format!("`{name}`")),
            "{name} is not on the map"
        );
    }
    for word in page
        .split('`')
        .filter(|word| word.starts_with("digue-") && !word.contains(['/', ' ', ':', '.']))
    {
        let is_crate = crates().contains(&word.to_owned());
        let is_planned = page.contains(&format!("`{word}` (to come)"));
        assert!(is_crate || is_planned, "{word} does not exist");
    }
}

/// The arrows of the picture are the dependencies in the manifests, without those that follow from
/// others.
#[test]
fn the_picture_of_the_crates_is_that_of_the_manifests() {
    let ours = crates();
    let uses: BTreeMap<&str, BTreeSet<String>> = ours
        .iter()
        .map(|name| {
            let all = dependencies(name, "dependencies").into_iter();
            (
                name.as_str(),
                all.filter(|one| ours.contains(one)).collect(),
            )
        })
        .collect();
    let mut reached = BTreeMap::new();
    let mut expected = BTreeSet::new();
    for name in &ours {
        let direct = &uses[name.as_str()];
        let through: BTreeSet<String> = direct
            .iter()
            .flat_map(|one| reached_from(one, &uses, &mut reached))
            .collect();
        expected.extend(
            direct
                .difference(&through)
                .map(|one| format!("{name} --> {one}")),
        );
    }
    let page = read("ARCHITECTURE.md");
    let picture = page
        .split("```mermaid")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let drawn: BTreeSet<String> = picture
        .expect("ARCHITECTURE.md has a picture of the crates")
        .lines()
        .filter(|line| line.contains("-->"))
        .map(|line| line.trim().to_owned())
        .collect();
    assert_eq!(drawn, expected, "the picture in ARCHITECTURE.md");
}

/// Each crate is walked once: without `reached`, the paths through eighty crates are walked one by one.
fn reached_from(
    name: &str,
    uses: &BTreeMap<&str, BTreeSet<String>>,
    reached: &mut BTreeMap<String, BTreeSet<String>>,
) -> BTreeSet<String> {
    if let Some(known) = reached.get(name) {
        return known.clone();
    }
    let mut all = uses[name].clone();
    for one in &uses[name] {
        all.extend(reached_from(one, uses, reached));
    }
    reached.insert(name.to_owned(), all.clone());
    all
}

/// Each promise names its tests as `path::function`; both must exist.
#[test]
fn every_promise_names_a_test_that_exists() {
    assert!(tests_named_in(&read("ARCHITECTURE.md")) >= 12);
}

/// How many tests a page names; each of them exists.
fn tests_named_in(page: &str) -> usize {
    let named: BTreeSet<&str> = page
        .split('`')
        .filter(|word| word.starts_with("crates/") && word.contains("::"))
        .collect();
    for name in &named {
        let (path, function) = name.split_once("::").unwrap();
        let text = read(path);
        let before = text.split(&format!("fn {function}(")).next().unwrap();
        assert!(before.len() < text.len(), "{name}");
        // The attribute stands right above it, perhaps with `async` or others between.
        let above: Vec<&str> = before.lines().rev().take(4).collect();
        assert!(
            above.iter().any(|line| line.contains("test")),
            "{name} is no test"
        );
    }
    named.len()
}

/// A row without a test, or with a file that is gone, would be a claim that nobody can check.
#[test]
fn every_threat_names_tests_and_files_that_exist() {
    let page = read("docs/reference/threats.md");
    assert!(tests_named_in(&page) >= 50);
    for word in page.split('`') {
        let is_path = ["crates/", "contrib/", "fuzz/"]
            .iter()
            .any(|folder| word.starts_with(folder));
        if is_path && !word.contains("::") {
            assert!(root().join(word).exists(), "{word}");
        }
    }
    let threats = page.split("\n## T").skip(1);
    let tables = threats.map(|threat| threat.split("\n## ").next().unwrap());
    let rows = tables.flat_map(|table| table.lines().filter(|line| line.starts_with("| ")));
    let mut count = 0;
    for row in rows.filter(|row| !row.starts_with("| does |")) {
        count += 1;
        let cells: Vec<&str> = row.split(" | ").collect();
        assert_eq!(cells.len(), 5, "{row}");
        assert!(cells[3].contains("::"), "no test: {row}");
        assert!(
            cells[4].trim_end_matches('|').trim().len() > 5,
            "what remains? {row}"
        );
    }
    assert!(count >= 30, "{count}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut pages = files(&root().join("docs"), "md");
    let more = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "SECURITY.md",
    ];
    pages.extend(more.map(|name| root().join(name)));
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            let place = page.parent().unwrap().join(path);
            assert!(place.exists(), "{}: {target}", page.display());
        }
    }
}

/// A reader looks on the page for exactly the words that a guide sets in italics. The older guides
/// in English quote French pages, and are not compared.
#[test]
fn what_the_guides_quote_is_on_the_pages() {
    let french = files(&root().join("docs/guide/fr"), "md");
    let english = ["isms", "incident"].map(|name| root().join(format!("docs/guide/{name}.md")));
    assert!(french.len() >= 5, "{french:?}");
    let mut missing = Vec::new();
    for (language, pages) in [("fr", french), ("en", english.to_vec())] {
        let texts: String = files(
            &root().join("crates/digue-locales/locales").join(language),
            "ftl",
        )
        .iter()
        .map(|path| one_spaced(&fs::read_to_string(path).unwrap()))
        .collect();
        for page in pages {
            let text = one_spaced(&fs::read_to_string(&page).unwrap()).replace("**", "");
            let parts: Vec<&str> = text.split('*').collect();
            assert!(parts.len() % 2 == 1, "{}: odd italics", page.display());
            let quotes = parts.into_iter().skip(1).step_by(2);
            missing.extend(
                quotes
                    .filter(|quote| !texts.contains(quote))
                    .map(|quote| format!("{}: {quote}", page.display())),
            );
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// No-break spaces, and the line at which a quotation breaks, are the page's own.
fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn commands_of_the_french_guides_are_those_of_the_english_ones() {
    let commands = |name: &str| -> BTreeSet<String> {
        let text = read(name);
        let blocks = text.split("```sh\n").skip(1);
        blocks
            .filter_map(|rest| rest.split("```").next())
            .flat_map(|block| block.lines())
            .map(|line| {
                line.split(" #")
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            })
            .filter(|line| !line.is_empty())
            .collect()
    };
    let mut known = commands("README.md");
    for name in ["in-front-of-your-portal", "operation", "people", "sign-in"] {
        known.extend(commands(&format!("docs/guide/{name}.md")));
    }
    let mut named = BTreeSet::new();
    for page in files(&root().join("docs/guide/fr"), "md") {
        named.extend(commands(&page.display().to_string()));
    }
    assert!(named.len() >= 6, "{named:?}");
    let unknown: Vec<&String> = named.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_test_command_of_the_readme_is_what_ci_runs() {
    assert!(read("README.md").contains("./test"));
    let ci = read(".ci/run");
    let lines: Vec<&str> = ci
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    assert_eq!(lines, ["set -eu", "cd \"$(dirname \"$0\")/..\"", "./test"]);
}
