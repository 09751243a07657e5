//! One vocabulary: no internal code, no time of programs and no figure of the journal on a page or
//! a paper that a person reads.

use std::collections::BTreeSet;

use digue_app::names::VisibleNames;
use digue_casework::paper_reader::PaperReader;
use digue_casework::{incidents, papers, register_paper};
use digue_documents::DocumentBlock;
use digue_locales::Language;
use digue_testkit::vocabulary::Vocabulary;
use jiff::tz::TimeZone;

use crate::html::{Element, Node};
use crate::pages::{Page, WorldState};
use crate::snapshots::SHOWN;
use crate::world::{CISO, DELEGATE, DPO, Reader, World};

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
                names: VisibleNames::default(),
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

/// Whether a place of a page may show the identifier itself: the accounts' own list, where it is
/// written, and the small print beside a name.
fn may_identify(target: &str, element: &Element) -> bool {
    let class = element.attribute("class").unwrap_or_default();
    let is_small_print = class.split(' ').any(|one| one == "quiet");
    let is_typed = matches!(element.name.as_str(), "code" | "option" | "textarea");
    is_small_print
        || is_typed
        || target.starts_with("/accounts")
        || element.is("a") && {
            let place = element.attribute("href").unwrap_or_default();
            target.starts_with("/organisations/") && place.starts_with("/accounts")
        }
}

fn bare_accounts<'e>(target: &str, element: &'e Element, found: &mut Vec<&'e str>) {
    if may_identify(target, element) {
        return;
    }
    for node in &element.children {
        match node {
            Node::Text(text) => {
                let accounts = NAMED.iter().map(|holder| holder.account);
                found.extend(accounts.filter(|account| text.trim() == *account));
            }
            Node::Element(inner) => bare_accounts(target, inner, found),
        }
    }
}

/// Accounts whose holders have a name in the world of the tests.
const NAMED: [Reader; 3] = [CISO, DPO, DELEGATE];

#[test]
fn who_has_a_name_is_called_by_it() {
    let mut found = BTreeSet::new();
    let mut count = 0;
    // In a new world no name is written yet. A sign-in names the account that it opens. The owner
    // in a register is what a person typed.
    let is_exempt = |page: &Page| {
        page.state == WorldState::New
            || page.target.starts_with("/.digue/")
            || page.target.starts_with("/smsi/registers/")
    };
    for shown in SHOWN.iter().filter(|shown| !is_exempt(shown.page)) {
        for (reader, _, root) in shown.pages() {
            let mut bare = Vec::new();
            bare_accounts(shown.page.target, root.first("body").unwrap(), &mut bare);
            count += 1;
            for account in bare {
                found.insert(format!(
                    "{}: {account} ({})",
                    shown.page.target,
                    shown.place(reader)
                ));
            }
        }
    }
    assert!(count > 300, "{count}");
    assert!(found.is_empty(), "{} findings\n{found:#?}", found.len());
}
