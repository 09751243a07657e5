use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};

use digue_identifiers::identifier::IdentifierKind;
use digue_identifiers::pattern::SearchPattern;
use digue_identifiers::reading::ResponseReading;
use digue_identifiers::shape::IdentifierShape;
use digue_tables::table::{ColumnRule, MapColumn, TableRules};
use digue_types::UnreadCause;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::json::{JsonMap, JsonRule, JsonRules};
use crate::jsonpath::RecordPath;
use crate::response::{BlockRules, Message, ResponseRules, inspect};

fn kinds() -> Vec<IdentifierKind> {
    vec![IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: Some(IdentifierShape::new("^P[0-9]{4}$").unwrap()),
    }]
}

fn json_block() -> RuleBlock {
    let path = |text: &str| RecordPath::parse(text).unwrap();
    let map = JsonMap {
        rules: vec![JsonRule::new(path("$[*].id"), Pick::whole(0, "$[*].id"))],
        records: vec![path("$[*]")],
        empty: vec![path("$[*]")],
        ..JsonMap::default()
    };
    RuleBlock::new(vec![], BlockRules::Json(JsonRules::new(map).unwrap()))
}

fn csv_block() -> RuleBlock {
    let columns = vec![ColumnRule::new(
        MapColumn::Named("id".into()),
        Pick::whole(0, "id"),
    )];
    let table = TableRules {
        columns,
        ..TableRules::default()
    };
    RuleBlock::new(vec![], BlockRules::Csv(table))
}

fn lines_block() -> RuleBlock {
    let is_record_per_line = true;
    RuleBlock::new(vec![], BlockRules::Text { is_record_per_line })
}

fn entry(name: &str, block: RuleBlock) -> EntryRules {
    EntryRules {
        names: vec![EntryName::parse(name).unwrap()],
        block,
    }
}

fn rules() -> ZipRules {
    ZipRules {
        entries: vec![
            entry("*.csv", csv_block()),
            entry("donnees/*.json", json_block()),
            entry("*.txt", lines_block()),
            entry("*.png", RuleBlock::new(vec![], BlockRules::Nobody)),
        ],
        entries_max: 20,
        ratio_max: RATIO_USUAL,
    }
}

fn look_by(rules: ZipRules, bytes: &[u8]) -> ResponseReading {
    let mut block = RuleBlock::new(vec!["application/zip".into()], BlockRules::Zip(rules));
    block.sweep = vec![Pick::by_pattern(
        0,
        SearchPattern::new(r"P[0-9]{4}").unwrap(),
        "sweep",
    )];
    let rules = ResponseRules {
        blocks: vec![block],
        errors: None,
    };
    let message = Message {
        status: 200,
        content_type: Some("application/zip"),
        content_encoding: "",
        body: bytes,
    };
    let limits = InspectionLimits {
        decoded_bytes_max: 8 << 20,
        identifiers_max: 1000,
    };
    inspect(&rules, &kinds(), &message, &limits)
}

fn look(bytes: &[u8]) -> ResponseReading {
    look_by(rules(), bytes)
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        file.start_file(*name, SimpleFileOptions::default())
            .unwrap();
        file.write_all(bytes).unwrap();
    }
    file.finish().unwrap().into_inner()
}

#[track_caller]
fn check_found(bytes: &[u8], expected: &[&str]) {
    let reading = look(bytes);
    let ResponseReading::Persons(shown) = &reading else {
        panic!("{reading:?}")
    };
    let found: BTreeSet<&str> = shown.identifiers().map(|one| &*one.text).collect();
    assert_eq!(found, expected.iter().copied().collect());
}

#[track_caller]
fn check_unread(bytes: &[u8], cause: UnreadCause, place: &str) {
    let reading = look(bytes);
    assert!(
        matches!(&reading, ResponseReading::Unreadable(why)
            if why.detail.cause == cause && why.detail.place.as_str() == place),
        "{reading:?}"
    );
}

#[test]
fn every_entry_is_read_by_the_rules_of_its_name() {
    let entries: [(&str, &[u8]); 4] = [
        ("LISTE.CSV", b"id;nom\nP0001;x\nP0002;y\n"),
        ("donnees/a.json", br#"[{"id":"P0003"}]"#),
        ("notes/n.txt", b"P0004 vu\n"),
        ("logo.png", b"P9999"),
    ];
    check_found(&archive(&entries), &["P0001", "P0002", "P0003", "P0004"]);
}

#[test]
fn a_name_shows_a_person_as_its_content_does() {
    let nothing: &[u8] = b"\x89PNG";
    check_found(&archive(&[("fiche-P0007.png", nothing)]), &["P0007"]);
    check_found(&archive(&[("P0008/x.png", nothing)]), &["P0008"]);
}

#[test]
fn an_entry_that_no_rule_reads_makes_the_archive_unreadable() {
    let list: &[u8] = b"id\nP0001\n";
    let inner = archive(&[("a.csv", list)]);
    for (name, bytes) in [
        ("a.pdf", list),
        ("a.json", br#"[{"id":"P0003"}]"#),
        ("donnees/x/a.json", br#"[]"#),
        ("in.zip", &inner),
    ] {
        let both = archive(&[("l.csv", list), (name, bytes)]);
        check_unread(&both, UnreadCause::UnreadPart, "part 2");
    }
    let nameless = archive(&[("a.csv", list), ("b.csv", b"id;nom\n;Durand\n")]);
    check_unread(
        &nameless,
        UnreadCause::NamelessRecord,
        "part 2: line 2, column 2",
    );
}

#[test]
fn an_archive_without_persons_is_known_to_show_nobody_only_by_its_entries() {
    let empty = ResponseReading::ShowsNobody(WhyNobody::EmptyTable);
    assert_eq!(look(&archive(&[("l.csv", b"id;nom\n")])), empty);
    check_unread(&archive(&[]), UnreadCause::NoRecord, "0 outside of records");
    let picture = archive(&[("l.png", b"x")]);
    let stated = ResponseReading::ShowsNobody(WhyNobody::Stated);
    assert_eq!(look(&picture), stated);
}

#[test]
fn bombs_are_refused_by_entries_by_bytes_and_by_ratio() {
    let row = b"P0001\n";
    let many: Vec<(String, &[u8])> = (0..21).map(|n| (format!("{n}.txt"), &row[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), *b)).collect();
    check_unread(&archive(&many), UnreadCause::TooLarge, "");
    check_found(&archive(&many[..20]), &["P0001"]);
    // 4 MiB of one byte packs to 4 KiB: 1,000 times.
    let tight = vec![b'\n'; 4 << 20];
    check_unread(&archive(&[("a.txt", &tight)]), UnreadCause::TooLarge, "");
    let loose: Vec<u8> = (0..700_000u32)
        .flat_map(|n| format!("P{:04} {:x}\n", n % 10, n.wrapping_mul(2_654_435_761)).into_bytes())
        .collect();
    check_unread(
        &archive(&[("a.txt", &loose), ("b.txt", &loose)]),
        UnreadCause::TooLarge,
        "",
    );
}

#[test]
fn names_fit_in_any_folder_or_from_the_root() {
    let fits = |known: &str, name: &str| EntryName::parse(known).unwrap().fits(name);
    assert!(fits("*.csv", "a.csv") && fits("*.csv", "x/y/A.CSV"));
    assert!(fits("x/*.csv", "x/a.csv") && !fits("x/*.csv", "y/x/a.csv"));
    assert!(!fits("*.csv", "a.csv/b") && !fits("a", "ab"));
    assert!(EntryName::parse("").is_err() && EntryName::parse("a//b").is_err());
}

/// One entry, and whom it shows.
#[derive(Clone, Debug)]
struct GeneratedEntry {
    form: u8,
    persons: Vec<u16>,
    is_deflated: bool,
    in_folder: bool,
    /// 0: as described. Others: what a careless or hostile portal does.
    twist: u8,
}

fn generated() -> impl Strategy<Value = Vec<GeneratedEntry>> {
    let one = (
        0u8..4,
        proptest::collection::vec(0u16..9_999, 0..4),
        any::<bool>(),
        any::<bool>(),
        prop_oneof![6 => Just(0u8), 1 => 1u8..7],
    )
        .prop_map(
            |(form, persons, is_deflated, in_folder, twist)| GeneratedEntry {
                form,
                persons,
                is_deflated,
                in_folder,
                twist,
            },
        );
    proptest::collection::vec(one, 0..6)
}

fn content(entry: &GeneratedEntry) -> String {
    let ids = entry.persons.iter().map(|n| format!("P{n:04}"));
    match entry.form {
        0 => ids.fold("id;nom\n".to_owned(), |text, id| {
            text + &format!("{id};x\n")
        }),
        1 => {
            let items: Vec<String> = ids.map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
            format!("[{}]", items.join(","))
        }
        2 => ids.fold(String::new(), |text, id| text + &format!("{id} vu\n")),
        _ => ids.collect::<Vec<_>>().join(","),
    }
}

fn written(entries: &[GeneratedEntry]) -> (Vec<u8>, BTreeSet<String>) {
    let mut truth = BTreeSet::new();
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (place, entry) in entries.iter().enumerate() {
        let ending = ["csv", "json", "txt", "csv"][usize::from(entry.form)];
        let folder = if entry.in_folder { "donnees/" } else { "" };
        let mut name = format!("{folder}{place}.{ending}");
        let mut bytes = content(entry).into_bytes();
        match entry.twist {
            1 => name += ".bak",
            2 => bytes = archive(&[("a.csv", &bytes)]),
            3 => bytes.extend_from_slice(b"\xff\xfe"),
            4 => name = format!("{place}-P9876.{ending}"),
            5 => bytes.insert(0, b'{'),
            6 => bytes.extend(std::iter::repeat_n(b' ', 3 << 20)),
            _ => {}
        }
        if entry.twist == 4 {
            truth.insert("P9876".to_owned());
        }
        truth.extend(entry.persons.iter().map(|n| format!("P{n:04}")));
        let method = match entry.is_deflated {
            true => CompressionMethod::Deflated,
            false => CompressionMethod::Stored,
        };
        let options = SimpleFileOptions::default().compression_method(method);
        file.start_file(name, options).unwrap();
        file.write_all(&bytes).unwrap();
    }
    (file.finish().unwrap().into_inner(), truth)
}

proptest! {
    #[test]
    fn an_archive_shows_exactly_its_persons_or_is_unreadable(entries in generated()) {
        let (bytes, truth) = written(&entries);
        match look(&bytes) {
            ResponseReading::Persons(shown) => {
                let found: BTreeSet<String> =
                    shown.identifiers().map(|one| one.text.to_string()).collect();
                prop_assert_eq!(found, truth);
            }
            ResponseReading::ShowsNobody(_) => prop_assert!(truth.is_empty(), "{:?}", truth),
            ResponseReading::Unreadable(_) => {
                let is_sound = |entry: &GeneratedEntry| {
                    entry.twist == 0 && (entry.form == 0 || entry.form == 2 || entry.form == 1 && entry.in_folder)
                };
                prop_assert!(entries.is_empty() || !entries.iter().all(is_sound), "{:?}", entries);
            }
        }
    }

    #[test]
    fn no_change_of_a_byte_hides_a_person(
        entries in generated(),
        place in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let (mut bytes, truth) = written(&entries);
        let place = place.index(bytes.len());
        let before = bytes[place];
        bytes[place] = value;
        // A changed name may select other rules, and a changed digit is another person: what is
        // said to be read must still be all that the entries hold.
        if let ResponseReading::ShowsNobody(why) = look(&bytes) {
            prop_assert!(truth.is_empty() || why == WhyNobody::Stated || before == value, "{why:?}");
        }
    }
}

#[test]
fn names_of_folders_and_entries_are_read_word_by_word() {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    file.add_directory("etudes/P0007 DUPONT JEAN/", options)
        .unwrap();
    file.start_file("P0008_IRM/P0009 MARTIN/a.csv", options)
        .unwrap();
    file.write_all(b"id\nP0001\n").unwrap();
    let bytes = file.finish().unwrap().into_inner();
    check_found(&bytes, &["P0001", "P0007", "P0008", "P0009"]);
    // A pattern for whole words, and a kind without a shape.
    let pattern = SearchPattern::new(r"\bP[0-9]{4}\b").unwrap();
    let sweep = [Pick::by_pattern(0, pattern, "sweep")];
    let shapeless = [IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: None,
    }];
    let mut found = Collector::new(&shapeless, &sweep, 10);
    let limits = InspectionLimits::default();
    read(&rules(), &bytes, 200, &limits, &mut found).unwrap();
    assert_eq!(found.count(), 4);
}
