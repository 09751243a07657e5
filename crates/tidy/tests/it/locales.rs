//! Both languages have the same keys, and every key that is asked for exists.

use std::collections::BTreeSet;
use std::fs;

use crate::repository::{files, root, shipped, templates};

pub(crate) fn keys(language: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for path in files(
        &root().join("crates/digue-locales/locales").join(language),
        "ftl",
    ) {
        for line in fs::read_to_string(path).unwrap().lines() {
            // A text of several lines begins on the next one.
            let line = if line.ends_with(" =") {
                format!("{line} ")
            } else {
                line.to_owned()
            };
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
    for path in templates() {
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
        for key in text
            .split('"')
            .filter(|word| word.starts_with("fault-") && word.len() > 6)
        {
            assert!(known.contains(key), "{}: {key}", path.display());
        }
    }
    assert!(count > 150, "{count}");
}

/// A key that nobody asks for is a sentence that nobody reads, and that is translated all the same.
///
/// Asked for is a key that stands between quotes, or whose beginning or end does beside a
/// placeholder: `"role-{code}"`, `coded("role", code)`, `"{prefix}-fault-header"`, the prefix of a
/// closed list.
#[test]
fn every_key_is_asked_for() {
    let sources = asking_sources();
    let mut literals = BTreeSet::new();
    let (mut beginnings, mut ends) = (BTreeSet::new(), BTreeSet::new());
    for text in &sources {
        let texts: Vec<&str> = text.split('"').collect();
        for (place, said) in texts.iter().enumerate() {
            literals.insert((*said).to_owned());
            // Of `{prefix}when-{key}` too: each piece that stands before a placeholder.
            let pieces = said.split('}').filter_map(|piece| piece.split_once('{'));
            beginnings.extend(
                pieces
                    .map(|(piece, _)| piece.to_owned())
                    .filter(|piece| is_beginning(piece)),
            );
            if let Some((_, end)) = said.rsplit_once('}').filter(|(_, end)| !end.is_empty()) {
                ends.insert(end.to_owned());
            }
            let before = place
                .checked_sub(1)
                .map_or("", |before| texts[before])
                .trim_end();
            let after = texts.get(place + 1).map_or("", |after| after.trim_start());
            let is_list =
                after.starts_with('{') && before.ends_with(|sign: char| sign.is_alphanumeric());
            if before.ends_with("coded(") || is_list {
                beginnings.insert(format!("{said}-"));
            }
        }
    }
    let is_asked = |key: &&String| {
        literals.contains(*key)
            || beginnings
                .iter()
                .any(|beginning| key.starts_with(beginning.as_str()))
            || ends
                .iter()
                .any(|end| end.starts_with('-') && key.ends_with(end.as_str()))
    };
    let known = keys("fr");
    let idle: Vec<&String> = known.iter().filter(|key| !is_asked(key)).collect();
    assert!(idle.is_empty(), "asked for nowhere: {idle:?}");
}

fn is_beginning(piece: &str) -> bool {
    piece.len() > 2
        && piece.ends_with('-')
        && piece
            .chars()
            .all(|sign| sign.is_ascii_lowercase() || sign == '-')
}

/// Sources, templates, and the messages that name others.
fn asking_sources() -> Vec<String> {
    let mut sources: Vec<String> = shipped().into_iter().map(|(_, text)| text).collect();
    for path in templates() {
        sources.push(fs::read_to_string(path).unwrap());
    }
    for path in files(&root().join("crates/digue-isms/assets"), "toml") {
        sources.push(fs::read_to_string(path).unwrap());
    }
    // `{ other-key }` within a message.
    for path in files(&root().join("crates/digue-locales/locales/fr"), "ftl") {
        let text = fs::read_to_string(path).unwrap();
        sources.push(text.replace("{ ", "\"").replace(" }", "\""));
    }
    sources
}

/// `["at", "until"].map(|key| w.coded("column", key))`: each of the list is a key.
#[test]
fn every_key_of_a_list_of_columns_exists() {
    let known = keys("fr");
    let mut count = 0;
    for (path, text) in shipped() {
        for (place, asked) in text.match_indices(", key)") {
            let Some((before, prefix)) = text[..place].rsplit_once("coded(\"") else {
                continue;
            };
            let prefix = prefix.trim_end_matches('"');
            // The last list before it.
            let Some((_, list)) = before.rsplit_once('[').filter(|_| !prefix.contains('"')) else {
                continue;
            };
            let list = list.split(']').next().unwrap_or_default();
            // Another list of the file may stand above a closure that names columns one by one.
            let mut gaps = list.split('"').step_by(2);
            if !gaps.all(|gap| gap.trim().trim_matches(',').trim().is_empty()) {
                continue;
            }
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
    for path in templates() {
        let text = fs::read_to_string(&path).unwrap();
        let rest = without(&without(&without(&text, "{%", "%}"), "{{", "}}"), "<", ">");
        let words: Vec<&str> = rest
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphabetic))
            .collect();
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
