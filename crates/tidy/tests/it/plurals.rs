//! A noun that stands behind a count agrees with it: never "1 comptes".

use std::fs;

use crate::repository::{files, root};

/// What ends like a plural and is none, or is the same in both numbers.
const INVARIANT: [(&str, &[&str]); 2] = [
    (
        "fr",
        &[
            "accès",
            "après",
            "au-dessus",
            "aux",
            "avis",
            "corps",
            "d'après",
            "dans",
            "depuis",
            "dès",
            "des",
            "fois",
            "hors",
            "jamais",
            "les",
            "mais",
            "moins",
            "n'as",
            "pas",
            "plus",
            "puis",
            "s",
            "sans",
            "sous",
            "sur",
            "temps",
            "toujours",
            "très",
            "vers",
            "vous",
            "ses",
            "est",
        ],
    ),
    (
        "en",
        &[
            "access",
            "accepts",
            "as",
            "asks",
            "declares",
            "does",
            "ends",
            "fails",
            "gains",
            "gives",
            "has",
            "his",
            "holds",
            "is",
            "issues",
            "its",
            "less",
            "loses",
            "means",
            "needs",
            "passes",
            "reads",
            "refuses",
            "remembers",
            "s",
            "says",
            "serves",
            "shows",
            "stops",
            "tells",
            "this",
            "us",
            "was",
            "changes",
            "answers",
            "pass",
        ],
    ),
];

/// Values that are no counts, though words follow them: an hour, a name, a place, the number of a
/// line.
const NO_COUNTS: [&str; 27] = [
    "about",
    "account",
    "address",
    "at",
    "body",
    "cause",
    "claim",
    "done",
    "from",
    "happened",
    "host",
    "kind",
    "line",
    "minimum",
    "name",
    "organisation",
    "path",
    "place",
    "portal",
    "reason",
    "relay",
    "source",
    "subject",
    "then",
    "to",
    "total",
    "who",
];

/// The plural that stands bare behind a count, as `key: count plural`.
fn bare_plurals(language: &str, invariant: &[&str]) -> Vec<String> {
    let mut bare = Vec::new();
    let folder = root().join("crates/digue-locales/locales").join(language);
    for path in files(&folder, "ftl") {
        let mut key = String::new();
        for line in fs::read_to_string(path).unwrap().lines() {
            if let Some((name, _)) = line
                .split_once(" =")
                .filter(|_| !line.starts_with([' ', '#', '}']))
            {
                name.clone_into(&mut key);
            }
            // The variant of a selector agrees already.
            if line.trim_start().starts_with(['[', '*']) {
                continue;
            }
            let counts = line.split("{ $").skip(1);
            let found = counts.filter_map(|rest| {
                let (count, rest) = rest.split_once(" } ")?;
                let word: String = rest
                    .chars()
                    .take_while(|sign| sign.is_alphabetic() || matches!(sign, '\'' | '-'))
                    .collect();
                let is_plural = word.ends_with(['s', 'x']) && !invariant.contains(&word.as_str());
                let is_count = count
                    .chars()
                    .all(|sign| sign.is_ascii_lowercase() || sign == '_')
                    && !NO_COUNTS.contains(&count);
                (is_count && is_plural).then(|| format!("{key}: {count} {word}"))
            });
            bare.extend(found);
        }
    }
    bare
}

#[test]
fn a_noun_behind_a_count_agrees_with_it() {
    let bare = INVARIANT.iter().flat_map(|(language, invariant)| {
        let found = bare_plurals(language, invariant);
        found
            .into_iter()
            .map(move |one| format!("{language} {one}"))
    });
    let bare: Vec<String> = bare.collect();
    assert!(
        bare.is_empty(),
        "write PLURAL($count, one: \"...\", other: \"...\"): {bare:#?}"
    );
}
