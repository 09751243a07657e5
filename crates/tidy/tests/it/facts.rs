//! Facts are values, not texts: the text of a subject, an act or a gate's reason is written and
//! read in one file.

use std::collections::BTreeSet;
use std::fs;

use proc_macro2::{TokenStream, TokenTree};

use crate::repository::root;
use crate::tokens::{SourceFile, source_files};

/// The codecs: what they write and read, nobody else does.
const CODECS: [&str; 3] = [
    "digue-types/src/subject.rs",
    "digue-types/src/event.rs",
    "digue-types/src/gate_reason.rs",
];

/// Texts elsewhere that begin like one of a codec, by file. Counts and other forms with the same
/// first word; a key of the locales; the kind of a mail. This list only shrinks.
const SIMILAR: [(&str, &str); 12] = [
    ("digue-administration/src/aliases.rs", "aliases:{}"),
    ("digue-notices/src/lib.rs", "incident:{} version:{}"),
    ("digue-notices/src/lib.rs", "incident:{} version:{} text:{}"),
    ("digue-notices/src/lib.rs", "persons:{}"),
    (
        "digue-compliance/src/isms/act_contents.rs",
        "accounts:{} due:{}",
    ),
    (
        "digue-compliance/src/isms/checks.rs",
        "population:{} failing:{}",
    ),
    ("digue-compliance/src/isms/statement.rs", "statement:"),
    ("digue-people-pages/src/accounts.rs", "account-suspended"),
    ("digue-continuity/src/restored.rs", "accounts: 0"),
    ("digue-journal/src/keyring.rs", "portal:"),
    ("digue-journal/src/keyring.rs", "portal:{portal}"),
    ("digue-mail/src/lib.rs", "sign-in-blocked"),
];

/// Files of the areas that split a text at its first colon: columns of files, digests, the error
/// cells of spreadsheets, the codec of what acts hold. This list only shrinks.
const SPLIT_AT_COLON: [&str; 6] = [
    "digue-administration/src/rules.rs",
    "digue-administration/src/watch_lists.rs",
    "digue-app/src/act_contents.rs",
    "digue-app/src/alias_tables.rs",
    "digue-app/src/csv_file.rs",
    "digue-evidence/src/stored_records.rs",
];

/// Crates that work with subjects.
const AREAS: [&str; 13] = [
    "digue-app",
    "digue-mail",
    "digue-evidence",
    "digue-identity",
    "digue-administration",
    "digue-casework",
    "digue-compliance",
    "digue-selfservice",
    "digue-pages",
    "digue-api",
    "digue-console",
    "digue-isms-pages",
    "digue-people-pages",
];

#[test]
fn a_text_of_the_journal_is_written_and_read_in_one_place() {
    let (kinds, acts, reasons) = (
        subject_kinds(),
        act_codes(),
        ["quarantine", "watch ", "finding "],
    );
    let mut found = BTreeSet::new();
    for file in source_files()
        .iter()
        .filter(|file| !CODECS.contains(&file.place.as_str()))
    {
        for text in texts(&file.tokens) {
            let is_subject = text
                .split_once(':')
                .is_some_and(|(kind, _)| kinds.contains(kind));
            // A code of one word is a word of other lists, too.
            let is_act = text.contains('-') && acts.contains(&text);
            let is_reason = reasons.contains(&text.as_str());
            // `finding::` is a path in a message, not a subject.
            if is_subject && !text.contains("::") || is_act || is_reason {
                found.insert((file.place.clone(), text));
            }
        }
    }
    let known: BTreeSet<(String, String)> = SIMILAR
        .iter()
        .map(|(place, text)| ((*place).to_owned(), (*text).to_owned()))
        .collect();
    assert_eq!(
        found, known,
        "use the types of `digue-types`, or shorten the list"
    );
}

#[test]
fn areas_do_not_take_subjects_apart() {
    let is_of_area = |file: &SourceFile| AREAS.contains(&file.crate_name.as_str());
    let files = source_files().into_iter().filter(is_of_area);
    let found: Vec<String> = files
        .filter(|file| splits_at_colon(&file.tokens))
        .map(|file| file.place)
        .collect();
    assert_eq!(
        found, SPLIT_AT_COLON,
        "match on `Subject`, or shorten the list"
    );
}

/// True for `split_once(':')` and `strip_prefix("x:")`.
fn splits_at_colon(tokens: &TokenStream) -> bool {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    trees.iter().enumerate().any(|(place, tree)| {
        let TokenTree::Group(group) = tree else {
            return false;
        };
        let called = place
            .checked_sub(1)
            .map(|before| trees[before].to_string())
            .unwrap_or_default();
        let argument = group.stream().to_string();
        let is_split = match called.as_str() {
            "split_once" => argument == "':'",
            "strip_prefix" | "starts_with" => {
                argument.starts_with('"') && argument.ends_with(":\"")
            }
            _ => false,
        };
        is_split || splits_at_colon(&group.stream())
    })
}

/// The texts in a file.
fn texts(tokens: &TokenStream) -> Vec<String> {
    let mut all = Vec::new();
    for tree in tokens.clone() {
        match tree {
            TokenTree::Group(group) => all.extend(texts(&group.stream())),
            TokenTree::Literal(literal) => {
                let literal = literal.to_string();
                let text = literal
                    .strip_prefix('"')
                    .and_then(|rest| rest.strip_suffix('"'));
                all.extend(text.map(ToOwned::to_owned));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
    all
}

/// The words before the colon of a subject, as its codec writes them.
fn subject_kinds() -> BTreeSet<String> {
    let codec = source_files()
        .into_iter()
        .find(|file| file.place == CODECS[0])
        .expect("the codec is there");
    let kinds = texts(&codec.tokens).into_iter();
    let kinds: BTreeSet<String> = kinds
        .filter_map(|text| text.split_once(':').map(|(kind, _)| kind.to_owned()))
        .collect();
    assert!(kinds.contains("account") && kinds.len() > 20, "{kinds:?}");
    kinds
}

/// The codes of `Act`.
fn act_codes() -> BTreeSet<String> {
    let text =
        fs::read_to_string(root().join("crates").join(CODECS[1])).expect("the acts are there");
    let list = text
        .split_once("\n    Act {\n")
        .expect("the list of acts")
        .1;
    let list = list.split_once("\n    }\n").expect("the end of the list").0;
    let codes: BTreeSet<String> = list
        .lines()
        .filter_map(|line| Some(line.split('"').nth(1)?.to_owned()))
        .collect();
    assert!(codes.contains("gate-set") && codes.len() > 60, "{codes:?}");
    codes
}

const LOG_LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// A sentence that is put together could hold a name: the support bundle hands sentences on, and
/// leaves fields out.
#[test]
fn sentences_of_the_log_are_literals_and_what_varies_is_a_field() {
    let mut count = 0;
    let mut found = Vec::new();
    for file in source_files() {
        for line in log_lines(&file.tokens) {
            count += 1;
            let trees: Vec<TokenTree> = line.into_iter().collect();
            let last = trees.iter().rev().find_map(|tree| match tree {
                TokenTree::Literal(literal) => Some(literal.to_string()),
                TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => None,
            });
            let sentence = last.filter(|text| text.starts_with('"'));
            if sentence.is_none_or(|text| text.contains('{')) {
                found.push(file.place.clone());
            }
        }
    }
    assert!(count > 100, "{count}");
    assert!(found.is_empty(), "{found:?}");
}

/// What stands between the parentheses of `tracing::warn!(...)` and its like.
fn log_lines(tokens: &TokenStream) -> Vec<TokenStream> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut found = Vec::new();
    for (place, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else {
            continue;
        };
        let before: Vec<String> = trees[place.saturating_sub(5)..place]
            .iter()
            .map(ToString::to_string)
            .collect();
        let is_line = before.len() == 5
            && before[..3] == ["tracing", ":", ":"]
            && LOG_LEVELS.contains(&before[3].as_str())
            && before[4] == "!";
        if is_line {
            found.push(group.stream());
        }
        found.extend(log_lines(&group.stream()));
    }
    found
}
