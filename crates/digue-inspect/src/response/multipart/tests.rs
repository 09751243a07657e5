use digue_identifiers::pattern::SearchPattern;

use super::super::{BlockRules, RuleBlock, inspect, usual_types};
use super::*;
use crate::dicom::{DicomPath, DicomRule, DicomRules};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0";

fn rules() -> ResponseRules {
    let rule = DicomRule {
        path: DicomPath::parse("PatientID").unwrap(),
        pick: Pick::whole(0, "PatientID"),
        is_own: None,
    };
    let dicom = DicomRules {
        rules: vec![rule],
        ..DicomRules::default()
    };
    let types = usual_types("dicom").iter().map(|t| (*t).to_owned());
    let mut block = RuleBlock::new(types.collect(), BlockRules::Dicom(dicom));
    let pattern = SearchPattern::new(r"\bP[0-9]{4}\b").unwrap();
    block.sweep = vec![Pick::by_pattern(0, pattern, "sweep")];
    let picture = RuleBlock::new(vec!["image/jpeg".into()], BlockRules::Nobody);
    ResponseRules {
        blocks: vec![block, picture],
        errors: None,
    }
}

const TYPE: &str =
    "multipart/related; type=\"application/dicom; transfer-syntax=*\"; boundary=\"--limite\"";

#[track_caller]
fn check(body: &[u8], expected: Result<usize, &str>) {
    let kinds = [IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: None,
    }];
    let message = Message {
        status: 200,
        content_type: Some(TYPE),
        content_encoding: "",
        body,
    };
    let seen = match inspect(&rules(), &kinds, &message, &InspectionLimits::default()) {
        ResponseReading::Persons(shown) => Ok(shown.found.len()),
        ResponseReading::ShowsNobody(_) => Ok(0),
        ResponseReading::Unreadable(why) => Err(why.to_string()),
    };
    assert_eq!(seen, expected.map_err(str::to_owned));
}

fn body(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut all = Vec::new();
    for (head, part) in parts {
        all.extend(format!("\r\n----limite\r\n{head}\r\n\r\n").into_bytes());
        all.extend(*part);
    }
    all.extend(b"\r\n----limite--\r\n");
    all
}

const DICOM: &str = "Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1";
const ONE: &[u8] = include_bytes!("../../../../digue-dicom/tests/files/utf-8.dcm");
const MANY: &[u8] = include_bytes!("../../../../digue-dicom/tests/files/deflated.dcm");

#[test]
fn each_part_is_read_by_the_rules_for_its_type() {
    check(&body(&[(DICOM, ONE)]), Ok(1));
    check(&body(&[(DICOM, ONE), (DICOM, MANY)]), Ok(4));
    check(
        &body(&[(DICOM, ONE), ("Content-Type: image/jpeg", JPEG)]),
        Ok(1),
    );
    check(&body(&[("Content-Type: image/jpeg", JPEG)]), Ok(0));
    let table = body(&[("Content-Type: image/jpeg", b"id;nom")]);
    check(&table, Err("media-type, at part 1: image/jpeg"));
    let of = format!("{DICOM}\r\nContent-Location: /patients/P0009");
    check(&body(&[(&of, ONE)]), Ok(2));
    let as_sent = &body(&[(DICOM, ONE)])[2..];
    check(&as_sent[..as_sent.len() - 2], Ok(1));
}

#[test]
fn a_part_that_nobody_reads_makes_the_whole_unreadable() {
    check(
        &body(&[(DICOM, ONE), ("Content-Type: text/plain", b"P0009")]),
        Err("media-type, at part 2: text/plain"),
    );
    check(
        &body(&[("X-Y: z", b"a")]),
        Err("media-type, at part 1: content-type"),
    );
    check(
        &body(&[(DICOM, &ONE[..ONE.len() - 3])]),
        Err("syntax, at part 1: SeriesInstanceUID"),
    );
    let packed = format!("{DICOM}\r\nContent-Transfer-Encoding: base64");
    check(&body(&[(&packed, ONE)]), Err("header, at part 1"));
    check(&body(&[(TYPE_HEADER, b"x")]), Err("unread-part, at part 1"));
    check(b"----limite--\r\n", Err("no-record"));
}

const TYPE_HEADER: &str = "Content-Type: multipart/related; boundary=autre";

#[test]
fn what_one_program_takes_for_a_boundary_is_none_for_nobody() {
    let mut bare = b"\n----limite\nContent-Type: image/jpeg\n\nP0009".to_vec();
    bare.splice(0..0, *b"x");
    check(
        &body(&[("Content-Type: image/jpeg", &bare)]),
        Err("ambiguous, at part 1"),
    );
    let mut before = b"P0009".to_vec();
    before.extend(body(&[(DICOM, ONE)]));
    check(&before, Err("unread-part, at before the first part"));
    let mut behind = body(&[(DICOM, ONE)]);
    behind.extend(b"P0009");
    check(&behind, Err("unread-part, at behind the last part"));
    let whole = body(&[(DICOM, ONE)]);
    check(&whole[..whole.len() - 14], Err("ambiguous, at part 1"));
    let folded = format!("{DICOM}\r\n ; name=P0009");
    check(&body(&[(&folded, ONE)]), Err("header, at part 1"));
}
