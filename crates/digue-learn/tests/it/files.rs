//! Files and streams in which persons are: what is learnt of them, and what is asked of a person.

use digue_identifiers::ResponseReading;
use digue_inspect::{Message, inspect};
use digue_learn::compile::compile;
use digue_learn::finding::LearntFinding;
use digue_learn::model::{BlockFormat, LearntRecords};
use digue_learn::{Learnt, learn};
use digue_survey::HeldExchange;
use digue_survey::known::{ColumnChoice, KnownPersons, PersonsTable};

use crate::made::packed;

fn known() -> KnownPersons {
    let rows = (0..60)
        .map(|n| vec![format!("P{n:04}"), format!("Nom{n}")])
        .collect();
    let table = PersonsTable {
        header: vec!["id".into(), "nom".into()],
        rows,
    };
    KnownPersons::from_table(&table, &ColumnChoice::default())
        .unwrap()
        .0
}

/// A PDF file of one page for each text, in a font that every program has.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len())
        .map(|page| format!("{} 0 R", 4 + 2 * page))
        .collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Count {} /Kids [{}] >>",
            pages.len(),
            kids.join(" ")
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    for (page, text) in pages.iter().enumerate() {
        let content = format!("BT /F1 12 Tf 72 700 Td ({text}) Tj ET");
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + 2 * page
        ));
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
    }
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(file.len());
        file.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let start = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    file.extend(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    file
}

fn learnt(exchanges: &[HeldExchange]) -> Learnt {
    learn(&mut { exchanges }, known()).unwrap()
}

/// The identifiers that the learnt map finds in an answer of another day.
fn found(learnt: &Learnt, exchange: &HeldExchange) -> Result<Vec<String>, String> {
    let map = compile(&learnt.map).unwrap();
    let message = Message {
        status: 200,
        content_type: exchange.content_type.as_deref(),
        content_encoding: "",
        body: exchange.body.as_ref().unwrap(),
    };
    let route = &map.routes[0];
    match inspect(&route.response, &map.kinds, &message, &route.limits) {
        ResponseReading::Persons(persons) => {
            let mut found: Vec<String> = persons
                .identifiers()
                .map(|one| one.text.to_string())
                .collect();
            found.sort();
            Ok(found)
        }
        ResponseReading::ShowsNobody(_) => Ok(Vec::new()),
        ResponseReading::Unreadable(why) => Err(why.to_string()),
    }
}

fn letter(number: u32, pages: &[&str]) -> HeldExchange {
    HeldExchange::get(
        &format!("https://p.fr/lettres/{number}"),
        "application/pdf",
        pdf(pages),
    )
}

#[test]
fn letters_are_searched_and_each_names_a_person() {
    let letters: Vec<HeldExchange> = (1..6)
        .map(|n| letter(n, &[&format!("Dossier P{n:04}, Nom{n}"), "Conditions"]))
        .collect();
    let learnt = learnt(&letters);
    let block = &learnt.map.routes[0].blocks[0];
    assert_eq!(
        (block.format, &block.records),
        (BlockFormat::Pdf, &LearntRecords::Document)
    );
    assert!(!block.ignores_pictures);
    assert_eq!(
        found(&learnt, &letter(9, &["Dossiers P0031 et P0999"])).unwrap(),
        ["P0031", "P0999"]
    );
    // A letter of nobody is not what was learnt.
    assert!(found(&learnt, &letter(9, &["Conditions"])).is_err());
}

#[test]
fn letters_of_one_person_a_page_say_so() {
    let letters: Vec<HeldExchange> = (1..6)
        .map(|n| letter(n, &[&format!("P{n:04}"), &format!("P{:04}", n + 10)]))
        .collect();
    let learnt = learnt(&letters);
    assert_eq!(learnt.map.routes[0].blocks[0].records, LearntRecords::Pages);
}

fn archive(entries: &[(&str, String)]) -> HeldExchange {
    let entries: Vec<(String, Vec<u8>)> = entries
        .iter()
        .map(|(name, body)| ((*name).to_owned(), body.clone().into_bytes()))
        .collect();
    let body = packed(&entries, zip::CompressionMethod::Deflated);
    HeldExchange::get("https://p.fr/export", "application/zip", body)
}

fn export(day: usize) -> HeldExchange {
    let rows: Vec<String> = (0..4)
        .map(|n| format!("P{:04};Nom{}", day * 4 + n, day * 4 + n))
        .collect();
    let sheet = format!("fiche-P{:04}.json", day * 4);
    archive(&[
        ("personnes.csv", format!("id;nom\n{}\n", rows.join("\n"))),
        (
            &sheet,
            format!("{{\"id\":\"P{:04}\",\"nom\":\"Nom\"}}", day * 4),
        ),
        ("LISEZMOI.txt", "Voir le fichier.".to_owned()),
        ("organismes.csv", "code;ville\nA;Lyon\nB;Pau\n".to_owned()),
    ])
}

#[test]
fn each_entry_of_an_archive_is_read_by_its_name() {
    let exports: Vec<HeldExchange> = (0..5).map(export).collect();
    let learnt = learnt(&exports);
    let block = &learnt.map.routes[0].blocks[0];
    assert_eq!(block.format, BlockFormat::Zip);
    let names: Vec<&str> = block
        .parts
        .iter()
        .flat_map(|part| &part.names)
        .map(String::as_str)
        .collect();
    for name in [
        "personnes.csv",
        "fiche-*.json",
        "lisezmoi.txt",
        "organismes.csv",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let persons = found(&learnt, &export(8)).unwrap();
    assert_eq!(persons, ["P0032", "P0033", "P0034", "P0035"]);
    // What was never seen is read by nobody.
    let other = archive(&[("notes.txt", "P0007".to_owned())]);
    assert!(found(&learnt, &other).is_err());
}

#[test]
fn files_of_many_names_share_one_rule() {
    let names = [
        "durand", "petit", "leroy", "moreau", "simon", "roux", "blanc", "morel", "girard", "andre",
    ];
    let exports: Vec<HeldExchange> = (0..5)
        .map(|day| {
            let entries: Vec<(String, String)> = names[day..day + 6]
                .iter()
                .enumerate()
                .map(|(n, name)| {
                    (
                        format!("{name}.json"),
                        format!("{{\"id\":\"P{:04}\"}}", day * 6 + n),
                    )
                })
                .collect();
            let entries: Vec<(&str, String)> = entries
                .iter()
                .map(|(name, body)| (name.as_str(), body.clone()))
                .collect();
            archive(&entries)
        })
        .collect();
    let learnt = learnt(&exports);
    let parts = &learnt.map.routes[0].blocks[0].parts;
    assert_eq!(parts.len(), 1, "{parts:?}");
    assert_eq!(parts[0].names, ["*.json"]);
}

#[test]
fn an_entry_that_nothing_reads_is_said() {
    let exports: Vec<HeldExchange> = (0..5)
        .map(|day| {
            let entries = vec![
                (
                    "personnes.csv".to_owned(),
                    format!("id\nP{day:04}\nP{:04}\n", day + 10).into_bytes(),
                ),
                (
                    "dedans.zip".to_owned(),
                    packed(
                        &[("a.txt".to_owned(), b"P0001".to_vec())],
                        zip::CompressionMethod::Stored,
                    ),
                ),
            ];
            let body = packed(&entries, zip::CompressionMethod::Deflated);
            HeldExchange::get("https://p.fr/export", "application/zip", body)
        })
        .collect();
    let learnt = learnt(&exports);
    let is_said = |finding: &LearntFinding| matches!(finding, LearntFinding::UnreadPart { name, parts: 5, .. } if name == "dedans.zip");
    assert!(learnt.findings.iter().any(is_said), "{:?}", learnt.findings);
    assert!(
        found(&learnt, &exports[0]).is_err(),
        "an archive within is never nobody"
    );
}

fn stream(persons: std::ops::Range<usize>) -> HeldExchange {
    let events: String = persons
        .map(|n| format!("event: dossier\ndata: {{\"id\":\"P{n:04}\",\"etat\":\"vu\"}}\n\n: vivant\n\nevent: ping\ndata: ok\n\n"))
        .collect();
    HeldExchange::get("https://p.fr/flux", "text/event-stream", events)
}

#[test]
fn each_event_of_a_stream_is_read_by_its_name() {
    let streams: Vec<HeldExchange> = (0..5).map(|day| stream(day * 3..day * 3 + 3)).collect();
    let learnt = learnt(&streams);
    let block = &learnt.map.routes[0].blocks[0];
    assert_eq!(block.format, BlockFormat::Events);
    let names: Vec<&str> = block
        .parts
        .iter()
        .flat_map(|part| &part.names)
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["dossier", "ping"]);
    assert_eq!(found(&learnt, &stream(30..32)).unwrap(), ["P0030", "P0031"]);
}
