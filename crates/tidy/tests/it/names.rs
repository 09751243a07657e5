//! Names say what a thing is for; these say nothing.

use std::collections::BTreeMap;
use std::fs::read_to_string;

use crate::repository::{files, root, shipped};
use crate::tokens::{declared_types, identifiers, source_files};

const FORBIDDEN_FILES: [&str; 6] = ["utils", "helpers", "common", "misc", "manager", "mod"];
const FORBIDDEN_CALLS: [(&str, &str); 5] = [
    ("todo!(", "a page that looks done must be"),
    ("unimplemented!(", "a page that looks done must be"),
    ("dbg!(", "left over"),
    (
        ".unwrap()",
        "say the fact that makes it true with `expect`, or handle it",
    ),
    ("println!(", "commands write through `Output`"),
];

#[test]
fn no_file_has_a_name_that_says_nothing() {
    for (path, _) in shipped() {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !FORBIDDEN_FILES.contains(&stem.as_str()),
            "{}",
            path.display()
        );
    }
}

#[test]
fn no_shipped_line_makes_a_forbidden_call() {
    for (path, text) in shipped() {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (call, why) in FORBIDDEN_CALLS {
                assert!(
                    !code.contains(call),
                    "{}:{}: {call} ({why})",
                    path.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn every_shipped_file_opens_with_what_it_is_for() {
    for (path, text) in shipped() {
        assert!(text.starts_with("//!"), "{} has no header", path.display());
    }
}

/// Names that several crates use for their own type. This list only shrinks.
const SHARED_TYPE_NAMES: [&str; 0] = [];

#[test]
fn a_type_has_its_name_for_itself() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in source_files() {
        let mut names = Vec::new();
        declared_types(&file.tokens, &mut names);
        for name in names {
            places.entry(name).or_default().push(file.place.clone());
        }
    }
    assert!(places.len() > 1000, "{}", places.len());
    let shared: Vec<String> = places
        .iter()
        .filter(|(name, places)| places.len() > 1 && !SHARED_TYPE_NAMES.contains(&name.as_str()))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    assert!(shared.is_empty(), "{}", shared.join("\n"));
}

/// Private metaphors of earlier versions, and words that say nobody. The field has its own: see
/// `docs/glossary.md`.
const BANNED_WORDS: [&str; 13] = [
    "herald",
    "turnstile",
    "sentry",
    "sentinel",
    "watchtower",
    "loot",
    "heist",
    "wish",
    "wishes",
    "whoever",
    "somebody",
    "house",
    "houses",
];

#[test]
fn names_are_words_of_the_field() {
    let mut found = Vec::new();
    for file in source_files() {
        let mut names = Vec::new();
        identifiers(&file.tokens, &mut names);
        for name in names {
            let is_banned = words_of(&name)
                .iter()
                .any(|word| BANNED_WORDS.contains(&word.as_str()));
            if is_banned {
                found.push(format!("{}: {name}", file.place));
            }
        }
    }
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Names are checked apart: these are the words that slip into prose.
const WORDS_OUT_OF_PROSE: [&str; 4] = ["whoever", "somebody", "wish", "herald"];

#[test]
fn comments_and_english_texts_are_in_words_of_the_field() {
    let mut english = files(&root().join("crates/digue-locales/locales/en"), "ftl");
    english.extend(files(&root().join("docs"), "md"));
    let more = [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "SECURITY.md",
    ];
    english.extend(more.map(|name| root().join(name)));
    let english = english
        .into_iter()
        .map(|path| (path.clone(), read_to_string(path).unwrap()));
    let mut found = Vec::new();
    for (path, text) in shipped().into_iter().chain(english) {
        let is_code = path.extension().is_some_and(|extension| extension == "rs");
        for line in text.lines().map(|line| line.trim().to_lowercase()) {
            let is_prose = !is_code || line.starts_with("//");
            let mut words = line.split(|sign: char| !sign.is_alphanumeric());
            if is_prose && words.any(|word| WORDS_OUT_OF_PROSE.contains(&word)) {
                found.push(format!("{}: {line}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// `PersonWish`, `save_wish`, `WISHES_MAX`: its words, in lower case.
fn words_of(name: &str) -> Vec<String> {
    let is_constant = name.chars().all(|sign| !sign.is_lowercase());
    let mut words = vec![String::new()];
    for sign in name.chars() {
        let begins = sign == '_' || sign.is_uppercase() && !is_constant;
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if sign != '_' {
            words
                .last_mut()
                .expect("never empty")
                .extend(sign.to_lowercase());
        }
    }
    words
}
