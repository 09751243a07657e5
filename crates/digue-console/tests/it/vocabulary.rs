//! One vocabulary: no internal code, no time of programs and no figure of the journal on a page or
//! a paper that a person reads.

use std::collections::BTreeSet;

use digue_casework::paper_reader::PaperReader;
use digue_casework::{incidents, papers, register_paper};
use digue_documents::DocumentBlock;
use digue_locales::Language;
use digue_testkit::vocabulary::Vocabulary;
use jiff::tz::TimeZone;

use crate::html::{Element, Node};
use crate::snapshots::SHOWN;
use crate::world::{DPO, World};

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
    let words = Vocabulary::read();
    let mut found = BTreeSet::new();
    for shown in SHOWN.iter() {
        for (reader, _, root) in shown.pages() {
            let mut texts = Vec::new();
            read_texts(root.first("main").unwrap_or(&root), &mut texts);
            for text in texts {
                if let Some(code) = words.code_in(text, shown.language == Language::French) {
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
    let words = Vocabulary::read();
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
                    if let Some(code) = words.code_in(&text, language == Language::French) {
                        found.insert(format!("{name} ({}): {code} in {text:?}", language.code()));
                    }
                }
            }
        }
    }
    let few: Vec<&String> = found.iter().take(40).collect();
    assert!(few.is_empty(), "{} findings, such as {few:#?}", found.len());
}
