//! Both languages have the same keys, and every key that is asked for exists.

use std::collections::BTreeSet;
use std::fs;

use crate::repository::{files, root, shipped};

fn keys(language: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for path in files(&root().join("crates/digue-locales/locales").join(language), "ftl") {
        for line in fs::read_to_string(path).unwrap().lines() {
            // A text of several lines begins on the next one.
            let line = if line.ends_with(" =") { format!("{line} ") } else { line.to_owned() };
            if let Some((key, _)) = line.split_once(" = ")
                && !line.starts_with([' ', '#'])
            {
                assert!(keys.insert(key.to_owned()), "{language}: {key} twice");
            }
        }
    }
    keys
}

#[test]
fn french_and_english_say_the_same_things() {
    let (french, english) = (keys("fr"), keys("en"));
    assert!(french.len() > 200);
    let missing: Vec<_> = french.symmetric_difference(&english).collect();
    assert!(missing.is_empty(), "in one language only: {missing:?}");
}

/// Keys between quotes after one of the words that ask for them.
fn asked(text: &str, word: &str) -> Vec<String> {
    text.split(word)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|key| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn every_key_that_is_asked_for_exists() {
    let known = keys("fr");
    let mut count = 0;
    let mut sources: Vec<(std::path::PathBuf, String)> = shipped();
    for path in files(&root().join("crates/digue-console/templates"), "html") {
        sources.push((path.clone(), fs::read_to_string(path).unwrap()));
    }
    for (path, text) in sources {
        for word in [
            "say(\"",
            "complain(\"",
            "with1(\"",
            "counted(\"",
            "Invalid(\"",
            "text(language, \"",
            "of_file(folder, \"",
        ] {
            for key in asked(&text, word) {
                count += 1;
                assert!(known.contains(&key), "{}: {key}", path.display());
            }
        }
        for key in text.split('"').filter(|word| word.starts_with("fault-") && word.len() > 6) {
            assert!(known.contains(key), "{}: {key}", path.display());
        }
    }
    assert!(count > 150, "{count}");
}

/// `["at", "until"].map(|key| w.coded("column", key))`: each of the list is a key.
#[test]
fn every_key_of_a_list_of_columns_exists() {
    let known = keys("fr");
    let mut count = 0;
    for (path, text) in shipped() {
        for (place, asked) in text.match_indices(", key)") {
            let Some((before, prefix)) = text[..place].rsplit_once("coded(\"") else { continue };
            let prefix = prefix.trim_end_matches('"');
            // The last list before it.
            let Some((_, list)) = before.rsplit_once('[').filter(|_| !prefix.contains('"')) else { continue };
            let list = list.split(']').next().unwrap_or_default();
            for key in list.split('"').skip(1).step_by(2) {
                count += 1;
                assert!(
                    known.contains(&format!("{prefix}-{key}")),
                    "{}: {prefix}-{key}{asked}",
                    path.display()
                );
            }
        }
    }
    assert!(count > 40, "{count}");
}

/// Templates hold markup; words are in the locales.
#[test]
fn templates_hold_no_words() {
    for path in files(&root().join("crates/digue-console/templates"), "html") {
        let text = fs::read_to_string(&path).unwrap();
        let rest = without(&without(&without(&text, "{%", "%}"), "{{", "}}"), "<", ">");
        let words: Vec<&str> =
            rest.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).collect();
        assert!(words.is_empty(), "{}: {words:?}", path.display());
    }
}

/// `text` without whatever stands between `open` and `close`.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        kept.push(' ');
        rest = after.split_once(close).map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}
