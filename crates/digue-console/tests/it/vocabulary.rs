//! One vocabulary: no internal code, no time of programs and no figure of the journal on a page or
//! a paper that a person reads.

use std::collections::BTreeSet;
use std::path::Path;

use digue_casework::paper_reader::PaperReader;
use digue_casework::{incidents, papers, register_paper};
use digue_documents::DocumentBlock;
use digue_locales::Language;
use jiff::tz::TimeZone;

use crate::html::{Element, Node};
use crate::snapshots::SHOWN;
use crate::world::{DPO, World};

/// Codes of closed lists: what stands behind these prefixes in the locales. Their words are natural
/// ones where they have no hyphen.
const LISTS: [&str; 24] = [
    "act-",
    "gate-",
    "action-",
    "weight-",
    "role-",
    "reason-",
    "basis-",
    "outcome-",
    "verdict-",
    "clock-",
    "sheet-",
    "answer-",
    "field-",
    "data-",
    "origin-",
    "cause-",
    "harm-",
    "consequence-",
    "exemption-",
    "gravity-",
    "quality-",
    "stage-",
    "incident-state-",
    "campaign-",
];

/// The codes with a hyphen of the closed lists.
fn codes() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../digue-locales/locales/fr");
    let mut codes = BTreeSet::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(item.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| !line.starts_with([' ', '#'])) {
            let Some((key, _)) = line.split_once(" =") else {
                continue;
            };
            let tails = LISTS.iter().filter_map(|list| key.strip_prefix(list));
            codes.extend(
                tails
                    .filter(|code| code.contains('-'))
                    .map(ToOwned::to_owned),
            );
        }
    }
    assert!(codes.len() > 100, "{}", codes.len());
    codes
}

/// Kinds of subjects of the journal (`account:a1`).
const SUBJECTS: [&str; 8] = [
    "account:",
    "organisation:",
    "portal:",
    "incident:",
    "finding:",
    "campaign:",
    "person:",
    "key:",
];

/// Prefixes of random names.
const NAMES: [&str; 8] = ["fi-", "in-", "ca-", "ap-", "bg-", "rq-", "rv-", "mr-"];

/// What of a text is for programs, if anything.
fn code_in(text: &str, language: Language, codes: &BTreeSet<String>) -> Option<String> {
    let words = text.split(|sign: char| {
        sign.is_whitespace() || matches!(sign, '(' | ')' | '«' | '»' | ',' | ';')
    });
    for word in words {
        let word =
            word.trim_matches(|sign: char| matches!(sign, '.' | ':' | '"' | '!' | '?' | '–'));
        let is_name = |prefix: &str| {
            word.strip_prefix(prefix)
                .is_some_and(|rest| rest == "RANDOM" || (rest.len() == 12 && rest.is_ascii()))
        };
        let is_subject = SUBJECTS.iter().any(|kind| {
            word.strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with(char::is_alphanumeric))
        });
        let is_snake = word.split('_').count() > 1
            && word
                .chars()
                .all(|sign| sign.is_ascii_lowercase() || sign == '_')
            && word.split('_').all(|part| part.len() > 1);
        let is_code = codes.contains(word);
        let is_time =
            is_time_of_programs(word) || language == Language::French && is_iso_date(word);
        if is_subject
            || is_snake
            || is_code
            || is_time
            || NAMES.iter().any(|prefix| is_name(prefix))
        {
            return Some(word.to_owned());
        }
    }
    figures_in(text)
}

/// `2025-11-22T02:47:00Z`.
fn is_time_of_programs(word: &str) -> bool {
    word.get(..10).is_some_and(is_iso_date) && word.get(10..11) == Some("T")
}

fn is_iso_date(word: &str) -> bool {
    let parts: Vec<&str> = word.get(..10).unwrap_or_default().split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [4, 2, 2]
        && parts
            .iter()
            .all(|part| part.chars().all(|sign| sign.is_ascii_digit()))
}

/// Signals as the journal keeps them: `refusals 51/15`.
fn figures_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_count = |word: &str| {
        let word = word.trim_end_matches([';', '.', ',']);
        word.split_once('/').is_some_and(|(seen, usual)| {
            let is_number =
                |part: &str| !part.is_empty() && part.chars().all(|sign| sign.is_ascii_digit());
            is_number(seen) && is_number(usual)
        })
    };
    let is_kind = |word: &str| {
        word.chars()
            .all(|sign| sign.is_ascii_lowercase() || sign == '-')
    };
    let found = words
        .windows(2)
        .find(|pair| is_kind(pair[0]) && is_count(pair[1]));
    found.map(|pair| pair.join(" "))
}

/// The texts that a person reads: not of elements that show a code on purpose, such as a hash or a
/// public key.
fn read_texts<'e>(element: &'e Element, texts: &mut Vec<&'e str>) {
    if matches!(element.name.as_str(), "code" | "pre" | "textarea" | "title") {
        return;
    }
    for node in &element.children {
        match node {
            Node::Text(text) => texts.push(text),
            Node::Element(inner) => read_texts(inner, texts),
        }
    }
}

#[test]
fn no_page_shows_what_is_for_programs() {
    let codes = codes();
    let mut found = BTreeSet::new();
    for shown in SHOWN.iter() {
        for (reader, _, root) in shown.pages() {
            let mut texts = Vec::new();
            read_texts(root.first("main").unwrap_or(&root), &mut texts);
            for text in texts {
                if let Some(code) = code_in(text, shown.language, &codes) {
                    let short: String = text.trim().chars().take(120).collect();
                    found.insert(format!(
                        "{}: {code} in {short:?} ({})",
                        shown.page.target,
                        shown.place(reader)
                    ));
                }
            }
        }
    }
    let few: Vec<&String> = found.iter().collect();
    assert!(few.is_empty(), "{} findings\n{few:#?}", few.len());
}

/// Every text of a document.
fn document_texts(blocks: &[DocumentBlock]) -> Vec<String> {
    let texts = blocks.iter().flat_map(|block| match block {
        DocumentBlock::Title(text)
        | DocumentBlock::Heading(text)
        | DocumentBlock::Paragraph(text)
        | DocumentBlock::Quiet(text)
        | DocumentBlock::Point(_, text) => vec![text.clone()],
        DocumentBlock::Pair(asked, said) => vec![asked.clone(), said.clone()],
        DocumentBlock::Table { header, rows } => header
            .iter()
            .chain(rows.iter().flatten())
            .cloned()
            .collect(),
        _ => Vec::new(),
    });
    texts.collect()
}

#[tokio::test]
async fn no_paper_of_a_played_incident_shows_what_is_for_programs() {
    let codes = codes();
    let mut found = BTreeSet::new();
    for world in [World::lived_in().await, World::robbed_and_confirmed().await] {
        let dpo = world.actor(DPO);
        let views = incidents::list(&world.app, &dpo).await.unwrap();
        assert!(!views.is_empty());
        for language in Language::ALL {
            let reader = PaperReader {
                language,
                zone: TimeZone::get("Europe/Paris").unwrap(),
            };
            let mut documents = vec![(
                "register",
                register_paper::register(&world.app, &views, &reader),
            )];
            for view in &views {
                for name in papers::PAPERS {
                    let paper = papers::paper(&world.app, view, &reader, name)
                        .await
                        .unwrap();
                    documents.push((name, paper.expect("a paper by its name")));
                }
            }
            for (name, document) in documents {
                let texts = document_texts(&document.blocks)
                    .into_iter()
                    .chain([document.title, document.foot]);
                // A hash of a list, and the command that verifies it, are what the complaint is
                // for.
                let is_evidence = |text: &str| text.contains("digue ");
                for text in texts.filter(|text| !is_evidence(text)) {
                    if let Some(code) = code_in(&text, language, &codes) {
                        found.insert(format!("{name} ({}): {code} in {text:?}", language.code()));
                    }
                }
            }
        }
    }
    let few: Vec<&String> = found.iter().take(40).collect();
    assert!(few.is_empty(), "{} findings, such as {few:#?}", found.len());
}

#[test]
fn what_is_for_programs_is_told_from_words() {
    let codes = codes();
    let is_found = |text: &str| code_in(text, Language::French, &codes).is_some();
    for code in [
        "compte account:a1 fermé",
        "voir fi-AbCdEfGhIjKl",
        "close-account",
        "refusals 51/15; rhythm 1/0",
        "le 2025-11-22",
        "2025-11-22T02:47:00Z",
        "person_id",
    ] {
        assert!(is_found(code), "{code}");
    }
    for words in [
        "le 22/11/2025 à 03:47",
        "INC-2025-001",
        "rendez-vous, est-ce là-bas ?",
        "art. 34, 3, c",
        "règlement 1182/71",
        "17cyber.gouv.fr",
        "of-1",
    ] {
        assert!(!is_found(words), "{words}");
    }
}
