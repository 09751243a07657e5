use std::collections::BTreeSet;
use std::sync::LazyLock;

use digue_identifiers::identifier::IdentifierKind;
use digue_identifiers::pattern::SearchPattern;
use digue_identifiers::reading::ResponseReading;
use proptest::prelude::*;

use super::*;
use crate::response::{BlockRules, Message, ResponseRules, RuleBlock, inspect};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../digue-dicom/tests/files/", $name, ".dcm")).as_slice()
    };
}

/// One for each way of writing a data set whose bytes are not packed.
const WRITTEN: [&[u8]; 6] = [
    fixture!("implicit"),
    fixture!("explicit"),
    fixture!("big-endian"),
    fixture!("jpeg"),
    fixture!("rle"),
    fixture!("undefined-lengths"),
];

fn kinds() -> Vec<IdentifierKind> {
    vec![IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: None,
    }]
}

fn rule(at: &str) -> DicomRule {
    DicomRule {
        path: DicomPath::parse(at).unwrap(),
        pick: Pick::whole(0, at),
        is_own: None,
    }
}

fn rules_of(rules: &[&str], pictures: PicturesChoice) -> ResponseRules {
    let rules = DicomRules {
        rules: rules.iter().map(|at| rule(at)).collect(),
        pictures,
    };
    let mut block = RuleBlock::new(vec!["application/dicom".into()], BlockRules::Dicom(rules));
    let pattern = SearchPattern::new("P[0-9]{4}").unwrap();
    block.sweep = vec![Pick::by_pattern(0, pattern, "sweep")];
    ResponseRules {
        blocks: vec![block],
        errors: None,
    }
}

fn look(rules: &[&str], pictures: PicturesChoice, bytes: &[u8]) -> ResponseReading {
    look_by(&rules_of(rules, pictures), bytes)
}

fn look_by(rules: &ResponseRules, bytes: &[u8]) -> ResponseReading {
    let message = Message {
        status: 200,
        content_type: Some("application/dicom; transfer-syntax=1.2.840.10008.1.2.1"),
        content_encoding: "",
        body: bytes,
    };
    inspect(rules, &kinds(), &message, &InspectionLimits::default())
}

fn ids(reading: &ResponseReading) -> Result<BTreeSet<String>, String> {
    match reading {
        ResponseReading::Persons(shown) => Ok(shown
            .identifiers()
            .map(|identifier| identifier.text.to_string())
            .collect()),
        ResponseReading::ShowsNobody(_) => Ok(BTreeSet::new()),
        ResponseReading::Unreadable(why) => Err(why.to_string()),
    }
}

#[track_caller]
fn check(bytes: &[u8], expected: Result<&[&str], &str>) {
    let seen = ids(&look(&["PatientID"], PicturesChoice::Refuse, bytes));
    let expected = expected.map(|all| all.iter().map(|id| (*id).to_owned()).collect());
    assert_eq!(seen, expected.map_err(str::to_owned));
}

#[test]
fn the_patient_and_all_others_are_found_however_the_data_set_is_written() {
    let all = &["P0001", "P0002", "P0003", "P0004"][..];
    for bytes in WRITTEN {
        check(bytes, Ok(all));
    }
    check(fixture!("deflated"), Ok(all));
}

#[test]
fn texts_are_read_in_their_character_set() {
    for (bytes, name) in [
        (fixture!("explicit"), "DUPONT^Hélène"),
        (fixture!("utf-8"), "DUPONT^Hélène"),
        (fixture!("japanese"), "Yamada^Tarou=山田^太郎"),
    ] {
        let seen = ids(&look(&["PatientName"], PicturesChoice::Refuse, bytes)).unwrap();
        assert!(seen.contains(name), "{seen:?}");
    }
    // Its set is one that nobody knows, and the name is not ASCII.
    let odd = replaced(fixture!("explicit"), b"ISO_IR 100", b"ISO_IR 999");
    check(&odd, Err("character-set, at PatientName"));
}

#[test]
fn documents_and_reports_in_a_file_are_read() {
    check(fixture!("report"), Ok(&["P0001", "P0005"]));
    check(fixture!("document"), Ok(&["P0001", "P0006"]));
    check(fixture!("cda"), Ok(&["P0001", "P0006"]));
    let broken = replaced(fixture!("document"), b"startxref", b"startxxxx");
    let seen = ids(&look(&["PatientID"], PicturesChoice::Refuse, &broken)).unwrap_err();
    assert!(seen.contains("EncapsulatedDocument"), "{seen}");
    let model = replaced(fixture!("document"), b"application/pdf", b"model/stl......");
    check(
        &model,
        Err("unread-part, at EncapsulatedDocument: document"),
    );
}

#[test]
fn each_patient_of_a_directory_is_a_record() {
    check(fixture!("directory"), Ok(&["P0001", "P0002"]));
    let nameless = replaced(fixture!("directory"), b"P0002 ", b"      ");
    check(
        &nameless,
        Err("nameless-record, at DirectoryRecordSequence[2]"),
    );
}

#[test]
fn a_picture_that_may_show_a_text_is_not_read() {
    for (bytes, place) in [
        (fixture!("burnt-in"), "PixelData, burnt-in text"),
        (
            fixture!("capture"),
            "PixelData, picture that may have burnt-in text",
        ),
        (fixture!("overlay"), "OverlayRows, overlay"),
    ] {
        check(bytes, Err(&format!("unread-part, at {place}")));
        let seen = ids(&look(&["PatientID"], PicturesChoice::ShowNobody, bytes));
        assert_eq!(seen.unwrap().len(), 1);
    }
    check(fixture!("capture-clean"), Ok(&["P0001"]));
}

#[test]
fn a_file_without_a_patient_is_not_nobody() {
    let nameless = replaced(fixture!("utf-8"), b"P0001 ", b"      ");
    check(&nameless, Err("no-record, at 0 outside of records"));
    // Found by the sweep, and not as the file's own.
    let seen = ids(&look(
        &["IssuerOfPatientID"],
        PicturesChoice::Refuse,
        fixture!("utf-8"),
    ));
    assert_eq!(seen, Err("no-record, at 1 outside of records".to_owned()));
}

#[test]
fn rules_reach_into_sequences_and_private_blocks() {
    let within = "RequestAttributesSequence.ReferencedPatientSequence.0010,0020";
    for (at, expected) in [(within, "P0002"), ("0029,1010", "voir P0003")] {
        let mut other = rule(at);
        other.is_own = Some(true);
        let rules = DicomRules {
            rules: vec![other],
            pictures: PicturesChoice::Refuse,
        };
        let kinds = kinds();
        let mut found = Collector::new(&kinds, &[], 10);
        let limits = InspectionLimits::default();
        let tally = read(&rules, fixture!("explicit"), &limits, &mut found).unwrap();
        assert_eq!(tally.records, 1);
        let seen = found.into_identifiers();
        let seen: Vec<&str> = seen.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(seen, [expected]);
    }
}

#[test]
fn what_stands_beside_the_data_set_is_no_hiding_place() {
    let explicit = fixture!("explicit");
    let pixels = |bytes: &[u8]| {
        let mut all = explicit.to_vec();
        let end = all.len();
        // The length of the pixels, and what they are.
        all[end - 16..end - 12].copy_from_slice(&(12 + bytes.len() as u32).to_le_bytes());
        all.extend(bytes);
        all
    };
    check(&pixels(b"P0009 "), Err("unread-part, at PixelData"));
    let mut preamble = explicit.to_vec();
    preamble[..5].copy_from_slice(b"P0009");
    check(
        &preamble,
        Ok(&["P0001", "P0002", "P0003", "P0004", "P0009"]),
    );
    preamble[..4].copy_from_slice(b"II*\0");
    check(&preamble, Err("unread-part, at preamble"));
    let mut trailing = explicit.to_vec();
    trailing.extend(b"\xfc\xff\xfc\xffOB\0\0\x06\0\0\0P0009 ");
    check(
        &trailing,
        Ok(&["P0001", "P0002", "P0003", "P0004", "P0009"]),
    );
    trailing.push(0);
    check(&trailing, Err("syntax, at DataSetTrailingPadding"));
    // Written in one way, and said to be in another that programs repair.
    let uid = b"1.2.840.10008.1.2.1\0";
    let lie = replaced(explicit, uid, b"1.2.840.10008.1.2\0\0\0");
    check(&lie, Err("ambiguous, at transfer syntax"));
    let unknown = replaced(explicit, uid, b"1.2.840.113619.5.2\0\0");
    check(&unknown, Err("unread-part, at transfer syntax"));
    let mut twice = fixture!("utf-8").to_vec();
    twice.extend(b"\x10\0\x20\0LO\x06\0P0009 ");
    check(&twice, Err("ambiguous, at PatientID"));
}

#[test]
fn a_packed_data_set_is_bounded() {
    let limits = InspectionLimits {
        decoded_bytes_max: 700,
        ..InspectionLimits::default()
    };
    let kinds = kinds();
    let rules = DicomRules {
        rules: vec![rule("PatientID")],
        pictures: PicturesChoice::Refuse,
    };
    let look = |limits: &InspectionLimits| {
        let mut found = Collector::new(&kinds, &[], 10);
        read(&rules, fixture!("deflated"), limits, &mut found)
    };
    assert!(look(&limits).is_ok_and(|tally| tally.unpacked > 300));
    let small = InspectionLimits {
        decoded_bytes_max: 300,
        ..limits
    };
    assert_eq!(look(&small), Err(Unreadable::too_large()));
}

#[test]
fn sequences_within_sequences_end() {
    let mut bytes = fixture!("utf-8").to_vec();
    for _ in 0..100_000 {
        bytes.extend(b"\x40\0\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff");
    }
    let seen = ids(&look(&["PatientID"], PicturesChoice::Refuse, &bytes)).unwrap_err();
    assert!(seen.starts_with("too-deep, at "), "{seen}");
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes.windows(from.len()).position(|window| window == from);
    let at = at.expect("the file has it");
    let mut changed = bytes.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    changed
}

/// Everybody who still stands in the bytes of a damaged file is found, or the file is not read. The
/// first look at bytes is the oracle: it knows nothing of elements.
fn check_damaged(bytes: &[u8]) -> Result<(), TestCaseError> {
    static RULES: LazyLock<ResponseRules> =
        LazyLock::new(|| rules_of(&["PatientID"], PicturesChoice::Refuse));
    let Ok(seen) = ids(&look_by(&RULES, bytes)) else {
        return Ok(());
    };
    for planted in ["P0001", "P0002", "P0003", "P0004"] {
        let stands = memchr::memmem::find(bytes, planted.as_bytes()).is_some();
        prop_assert!(
            !stands || seen.iter().any(|id| id.contains(planted)),
            "{planted}: {seen:?}"
        );
    }
    Ok(())
}

#[test]
fn a_file_that_is_cut_or_changed_in_one_byte_hides_nobody() {
    for bytes in WRITTEN {
        for end in 0..bytes.len() {
            check_damaged(&bytes[..end]).unwrap();
        }
        for place in 0..bytes.len() {
            for other in [bytes[place] ^ 1, bytes[place] ^ 0x20, 0, 0xff, b'1', b'\\'] {
                let mut changed = bytes.to_vec();
                changed[place] = other;
                check_damaged(&changed).unwrap();
            }
        }
    }
}

/// Damage: bytes that are changed, added or taken away at a place.
#[derive(Clone, Debug)]
enum Damage {
    Change(usize, u8),
    Add(usize, Vec<u8>),
    Cut(usize, usize),
    /// A piece of the file stands there again.
    Again(usize, usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = 0_usize..1000;
    prop_oneof![
        (place.clone(), any::<u8>()).prop_map(|(at, to)| Damage::Change(at, to)),
        (place.clone(), proptest::collection::vec(any::<u8>(), 1..12))
            .prop_map(|(at, more)| Damage::Add(at, more)),
        (place.clone(), 1_usize..40).prop_map(|(at, count)| Damage::Cut(at, count)),
        (place.clone(), place, 1_usize..60)
            .prop_map(|(at, from, count)| Damage::Again(at, from, count)),
    ]
}

fn damaged(bytes: &[u8], all: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for damage in all {
        let within = |at: usize| at % bytes.len().max(1);
        match damage {
            Damage::Change(at, to) => {
                let at = within(*at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = *to;
                }
            }
            Damage::Add(at, more) => {
                let at = within(*at);
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Cut(at, count) => {
                let at = within(*at);
                let end = (at + count).min(bytes.len());
                bytes.drain(at..end);
            }
            Damage::Again(at, from, count) => {
                let (at, from) = (within(*at), within(*from));
                let end = (from + count).min(bytes.len());
                let piece = bytes[from..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_damaged_file_hides_nobody(
        which in 0_usize..WRITTEN.len(),
        all in proptest::collection::vec(damage(), 1..6),
    ) {
        check_damaged(&damaged(WRITTEN[which], &all))?;
    }
}
