//! Fuzz targets: one function for each reader that meets hostile bytes.
//!
//! `fuzz/` runs them under a fuzzer; the inputs worth keeping run here, as tests. A target panics
//! when its reader does, or when the result contradicts a second implementation.

use digue_gateway::path::{Pattern, Segments};
use digue_har::{HarFault, HarLimits, read_har};
use digue_html::selector::parse_selector;
use digue_identifiers::{IdentifierKind, Normalise, Pick, ResponseReading};
use digue_inspect::dicom::{DicomPath, DicomRule, DicomRules};
use digue_inspect::html::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath;
use digue_inspect::pdf::{PdfRecords, PdfRules, PicturesChoice};
use digue_inspect::request::RequestParts;
use digue_inspect::xml::{XmlPath, XmlRule, XmlRules};
use digue_inspect::zip::{EntryName, EntryRules, ZipRules};
use digue_inspect::{
    BlockRules, InspectionLimits, Message, RequestRule, RequestSource, ResponseRules, RuleBlock,
    inspect, read_request,
};
use digue_journal::cosign::{Cosigner, CosignerKey, witnessed_by};
use digue_journal::keyring::{self, Period};
use digue_journal::note::Verifier;
use digue_journal::receipt::Receipt;
use digue_journal::seal::{ClearHeader, PeriodKey};
use digue_journal::witness::AddCheckpoint;
use digue_journal::{checkpoint, codec, tile};
use digue_learn::compile::compile;
use digue_learn::learn;
use digue_logs::access_log::{self, CsvHeader, LogForm, LogMembers};
use digue_scim::filter::Filter;
use digue_scim::patch;
use digue_scim::path::PatchPath;
use digue_scim::schema::{GROUP, USER};
use digue_survey::known::{ColumnChoice, PersonsTable};
use digue_survey::{Exchange, ExchangeSource, KnownPersons};
use digue_tables::table::{ColumnRule, MapColumn, TableRules};
use digue_types::AccountId;

pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("json", json),
    ("html", html),
    ("table", table),
    ("workbook", workbook),
    ("xml", xml),
    ("coded", coded),
    ("truth", crate::truth::compare),
    ("request", request),
    ("path", path),
    ("journal", journal),
    ("evidence", evidence),
    ("line", line),
    ("har", har),
    ("pdf", pdf),
    ("archive", archive),
    ("dicom", dicom),
    ("scim", scim),
    ("index", digue_exposure::read_any_bytes),
];

/// Runs one target.
///
/// # Panics
/// When no target has this name, or when it has found a bug.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, target) = TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a known target");
    target(bytes);
}

const LIMITS: InspectionLimits = InspectionLimits {
    decoded_bytes_max: 1 << 20,
    identifiers_max: 1000,
};

fn kinds() -> Vec<IdentifierKind> {
    let steps = vec![Normalise::Trim, Normalise::Compact, Normalise::Nir];
    vec![IdentifierKind {
        name: "id".into(),
        steps,
        shape: None,
    }]
}

fn pick() -> Pick {
    Pick::whole(0, "id")
}

fn look(rules: BlockRules, coding: &str, body: &[u8]) -> ResponseReading {
    let block = RuleBlock::new(vec!["x/y".to_owned()], rules);
    let rules = ResponseRules {
        blocks: vec![block],
        errors: None,
    };
    let message = Message {
        status: 200,
        content_type: Some("x/y"),
        content_encoding: coding,
        body,
    };
    let reading = inspect(&rules, &kinds(), &message, &LIMITS);
    if let ResponseReading::Persons(shown) = &reading {
        assert!(!shown.found.is_empty() && shown.found.len() <= LIMITS.identifiers_max);
    }
    reading
}

fn json_rules() -> JsonRules {
    let path = |text| jsonpath::RecordPath::parse(text).expect("written here");
    let map = JsonMap {
        rules: vec![
            JsonRule::new(path("$..id"), pick()),
            JsonRule::new(path("$.a[*].b"), pick()),
        ],
        records: vec![path("$.data[*]")],
        empty: vec![path("$.data[*]")],
        ..JsonMap::default()
    };
    JsonRules::new(map).expect("few steps")
}

fn json(bytes: &[u8]) {
    if bytes.is_empty() {
        // No body shows no one, whatever its type.
        return;
    }
    let reading = look(BlockRules::Json(json_rules()), "", bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let reference = serde_json::from_str::<serde::de::IgnoredAny>(text);
    // Our reader also accepts guards (`)]}'`) and literals that some programs write (`NaN`,
    // `Infinity`).
    let is_plain = text.trim_start().starts_with(['{', '[']) && !text.contains(['N', 'I']);
    if let (false, true, Err(error)) = (
        matches!(reading, ResponseReading::Unreadable(_)),
        is_plain,
        &reference,
    ) {
        panic!("accepted what the reference refuses: {error}");
    }
}

fn html(bytes: &[u8]) {
    let rule = |selector, take| HtmlRule {
        selector: parse_selector(selector).expect("written here"),
        take,
        pick: pick(),
        is_own: true,
    };
    let rules = vec![
        rule("a", IdentifierPart::Attribute("href".into())),
        rule("td.id, option", IdentifierPart::Text),
    ];
    let records = HtmlRecords::At(vec![parse_selector("tr").expect("written here")]);
    let _ = look(
        BlockRules::Html(HtmlRules {
            rules,
            records,
            ..HtmlRules::default()
        }),
        "",
        bytes,
    );
}

fn table(bytes: &[u8]) {
    for column in [MapColumn::Named("id".into()), MapColumn::Number(2)] {
        let columns = vec![ColumnRule::new(column, pick())];
        let _ = look(
            BlockRules::Csv(TableRules {
                columns,
                ..TableRules::default()
            }),
            "",
            bytes,
        );
    }
}

fn workbook(bytes: &[u8]) {
    let columns = vec![ColumnRule::new(MapColumn::Named("id".into()), pick())];
    let _ = look(
        BlockRules::Xlsx(TableRules {
            columns,
            ..TableRules::default()
        }),
        "",
        bytes,
    );
}

fn pdf(bytes: &[u8]) {
    for records in [PdfRecords::Pages, PdfRecords::Document] {
        let pictures = PicturesChoice::ShowNobody;
        let _ = look(BlockRules::Pdf(PdfRules { records, pictures }), "", bytes);
    }
}

/// As a file, and as a response of several parts that stand between `--b`.
fn dicom(bytes: &[u8]) {
    let rule = |at| DicomRule {
        path: DicomPath::parse(at).expect("written here"),
        pick: pick(),
        is_own: None,
    };
    let rules = DicomRules {
        rules: vec![rule("PatientID"), rule("OtherPatientIDsSequence.PatientID")],
        pictures: PicturesChoice::ShowNobody,
    };
    let _ = look(BlockRules::Dicom(rules.clone()), "", bytes);
    let block = RuleBlock::new(
        vec!["application/dicom".to_owned()],
        BlockRules::Dicom(rules),
    );
    let rules = ResponseRules {
        blocks: vec![block],
        errors: None,
    };
    let message = Message {
        status: 200,
        content_type: Some("multipart/related; boundary=b"),
        content_encoding: "",
        body: bytes,
    };
    let _ = inspect(&rules, &kinds(), &message, &LIMITS);
}

fn archive(bytes: &[u8]) {
    let columns = vec![ColumnRule::new(MapColumn::Named("id".into()), pick())];
    let table = TableRules {
        columns,
        ..TableRules::default()
    };
    let entry = |name: &str, rules: BlockRules| EntryRules {
        names: vec![EntryName::parse(name).expect("written here")],
        block: RuleBlock::new(vec![], rules),
    };
    let rules = ZipRules {
        entries: vec![
            entry("*.csv", BlockRules::Csv(table)),
            entry("*.json", BlockRules::Json(json_rules())),
            entry("*", BlockRules::Pdf(PdfRules::default())),
        ],
        entries_max: 100,
        ratio_max: 200,
    };
    let _ = look(BlockRules::Zip(rules), "", bytes);
}

fn xml(bytes: &[u8]) {
    let path = |text| XmlPath::parse(text).expect("written here");
    let rule = |text| XmlRule {
        path: path(text),
        pick: pick(),
        is_own: None,
    };
    let rules = vec![rule("//id"), rule("/a/*/@id")];
    let rules = XmlRules {
        rules,
        records: vec![path("//item")],
        ..XmlRules::default()
    };
    let _ = look(BlockRules::Xml(rules), "", bytes);
}

/// The first byte selects the coding.
fn coded(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first() else {
        return;
    };
    let coding = ["gzip", "br", "zstd", "gzip, gzip"][usize::from(first % 4)];
    let _ = look(
        BlockRules::Text {
            is_record_per_line: false,
        },
        coding,
        body,
    );
}

/// The first line is the query, the rest is the body.
fn request(bytes: &[u8]) {
    let split = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let query = String::from_utf8_lossy(&bytes[..split]);
    let body = bytes.get(split + 1..).unwrap_or_default();
    let json = RequestSource::json(
        jsonpath::RecordPath::parse("$..id").expect("written here"),
        pick(),
    );
    for (source, content_type) in [
        (RequestSource::Query("id".into()), ""),
        (
            RequestSource::Form("id".into()),
            "application/x-www-form-urlencoded",
        ),
        (json.expect("few steps"), "application/json"),
    ] {
        let rules = [RequestRule {
            name: "id".into(),
            source,
            pick: pick(),
            is_subject: true,
        }];
        let parts = RequestParts {
            path: &[],
            query: &query,
            content_type,
            body,
        };
        let _ = read_request(&rules, &kinds(), &parts);
    }
}

fn path(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pattern = Pattern::parse("/a/{id}/**").expect("written here");
    if let Ok(segments) = Segments::parse(&text) {
        assert!(
            !text.contains("/../") && !text.contains('\\') && !text.contains("//"),
            "{text}"
        );
        let _ = (segments.is_reserved(), pattern.matches(&segments));
    }
    let _ = Pattern::parse(&text);
}

fn journal(bytes: &[u8]) {
    if let Ok(event) = codec::decode(bytes) {
        let again = codec::encode(&event);
        assert_eq!(
            codec::decode(&again).as_ref(),
            Ok(&event),
            "an entry survives being written again"
        );
    }
    let _ = tile::entries_of(bytes);
    let text = String::from_utf8_lossy(bytes);
    let verifier = Verifier::new("digue.test", [7; 32]);
    if let Ok(verifier) = verifier {
        assert!(verifier.open(&text).is_err(), "nobody holds this key");
        assert!(checkpoint::Checkpoint::open(&text, &verifier).is_err());
    }
    let _ = Verifier::parse(&text);
}

/// Input from outside: receipts, requests to a witness, keys, notes, key files.
fn evidence(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let verifier = Verifier::new("digue.test", [7; 32]).expect("a key");
    if let Ok(receipt) = Receipt::parse(&text) {
        assert_eq!(
            Receipt::parse(&receipt.to_text()).map(|again| again.to_text()),
            Ok(receipt.to_text())
        );
        assert!(
            receipt.verify(&verifier, &[], 0).is_err(),
            "nobody holds this key"
        );
    }
    if let Some(asked) = AddCheckpoint::parse(&text) {
        assert_eq!(
            AddCheckpoint::parse(&asked.to_body()).as_ref(),
            Some(&asked)
        );
    }
    let key = Cosigner::from_seed("w", &[7; 32])
        .expect("a key")
        .key()
        .clone();
    assert!(
        witnessed_by(&text, &[key]).is_empty(),
        "nobody cosigned with this key"
    );
    let _ = CosignerKey::parse(&text);
    let _ = keyring::parse(bytes);
    let _ = Period::parse(&text);
    if let Ok(clear) = ClearHeader::of(bytes) {
        let period = PeriodKey::new(clear.key, &[7; 32]);
        assert!(period.open(bytes).is_err(), "nobody sealed with this key");
    }
}

/// A line of an access log.
fn line(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let members = LogMembers::default;
    let header = CsvHeader::read("time_iso8601;remote_user;status;request_uri", &members()).ok();
    let _ = CsvHeader::read(&text, &members());
    for form in [
        LogForm::Combined,
        LogForm::Json(members()),
        LogForm::Csv(members()),
    ] {
        if let Some(fields) = form.read(&text, header.as_ref()) {
            let _ = access_log::parse_moment(&fields.at);
        }
    }
    let _ = (
        access_log::parse_moment(&text),
        access_log::lacks_zone(&text),
    );
}

/// An archive of recorded traffic, and a map learnt from it.
fn har(bytes: &[u8]) {
    let limits = HarLimits {
        bytes_max: 1 << 20,
        entries_max: 200,
        entry_bytes_max: 1 << 18,
    };
    let mut held = 0;
    let tally = read_har(bytes, &limits, &mut |exchange| {
        held += 1;
        assert!((100..=599).contains(&exchange.status));
    });
    let Ok(tally) = tally else { return };
    assert_eq!(
        tally.entries,
        held + tally.without_answer,
        "each entry is handed over or counted"
    );
    let rows = (0..20).map(|n| vec![format!("P{n:04}")]).collect();
    let table = PersonsTable {
        header: vec!["id".to_owned()],
        rows,
    };
    let (known, _) =
        KnownPersons::from_table(&table, &ColumnChoice::default()).expect("a list of identifiers");
    let mut archive = HarBytes { bytes, limits };
    if let Ok(learnt) = learn(&mut archive, known) {
        compile(&learnt.map).expect("what is proposed compiles");
    }
}

struct HarBytes<'b> {
    bytes: &'b [u8],
    limits: HarLimits,
}

impl ExchangeSource for HarBytes<'_> {
    type Fault = HarFault;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), HarFault> {
        read_har(self.bytes, &self.limits, take).map(|_| ())
    }
}

/// A filter or a path in the first line, and a change of a user or a group in the others: whatever is
/// sent, what comes out is a resource that could have been sent whole.
fn scim(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (line, body) = text.split_once('\n').unwrap_or((text, ""));
    let user = serde_json::json!({
        "userName": "a1", "active": true, "name": {"givenName": "L"},
        "emails": [{"value": "l@exemple.fr", "type": "work", "primary": true}],
    });
    let user = digue_scim::value::writable(&USER, &user).expect("a user");
    for schema in [&USER, &GROUP] {
        if let Ok(filter) = Filter::parse(schema, line) {
            let _ = filter.matches(&user);
        }
        let _ = PatchPath::parse(schema, line);
    }
    let Ok(body) = serde_json::from_str(body) else {
        return;
    };
    let Ok(operations) = patch::operations(&body) else {
        return;
    };
    if let Ok(changed) = patch::apply(&USER, &user, &operations) {
        let changed = serde_json::Value::Object(changed);
        let again = digue_scim::value::writable(&USER, &changed).expect("a resource");
        assert_eq!(serde_json::Value::Object(again), changed);
        for name in ["id", "meta", "groups", "roles", "entitlements"] {
            assert!(changed.get(name).is_none(), "{name} was written");
        }
    }
    let members = ["a1", "a2"].map(|name| AccountId::parse(name).expect("a name"));
    let before = members.into_iter().collect();
    if let Ok(group) = patch::members::apply(&operations, &before) {
        let count = group.members.map_or(0, |members| members.len());
        assert!(count <= patch::members::MEMBERS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_the_fuzzer_kept_still_passes() {
        #[expect(
            clippy::disallowed_methods,
            reason = "cargo says where the crate is, at run time"
        )]
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        for (name, target) in TARGETS {
            let folder = Path::new(&here).join("../../fuzz/corpus").join(name);
            let inputs: Vec<_> = std::fs::read_dir(&folder)
                .unwrap()
                .map(|file| file.unwrap().path())
                .collect();
            assert!(inputs.len() >= 5, "{name}: {} inputs", inputs.len());
            for input in inputs {
                // Printed before it runs: a panic then shows which input it was.
                println!("{}", input.display());
                target(&std::fs::read(&input).unwrap());
            }
        }
    }
}
