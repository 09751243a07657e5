use std::fmt::Write as _;

use digue_identifiers::identifier::Pick;
use digue_identifiers::pattern::SearchPattern;
use digue_identifiers::shape::IdentifierShape;
use digue_tables::table::{ColumnRule, MapColumn, TableRules};
use proptest::prelude::*;

use super::*;
use crate::json::{JsonMap, JsonRule};
use crate::jsonpath::RecordPath;
use crate::response::usual_types;

fn kinds(shape: Option<&str>) -> Vec<IdentifierKind> {
    vec![IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: shape.map(|shape| IdentifierShape::new(shape).unwrap()),
    }]
}

fn path(text: &str) -> RecordPath {
    RecordPath::parse(text).unwrap()
}

/// A map of one JSON block.
struct TestMap {
    records: &'static [&'static str],
    persons: &'static [&'static str],
    no_person: &'static [&'static str],
    sweep: Option<&'static str>,
    shape: Option<&'static str>,
    format: &'static str,
    outside: OutsideChoice,
}

const LIST: TestMap = TestMap {
    records: &["$.items[*]"],
    persons: &["$.items[*].id"],
    no_person: &["$.facets", "$.total", "$.index", "$.summary"],
    sweep: None,
    shape: Some("^P[0-9]+$"),
    format: "json",
    outside: OutsideChoice::Drop,
};

impl TestMap {
    fn block(&self) -> RuleBlock {
        let rules = self
            .persons
            .iter()
            .map(|at| JsonRule::new(path(at), Pick::whole(0, at)));
        let rules = JsonRules::new(JsonMap {
            rules: rules.collect(),
            records: self.records.iter().map(|at| path(at)).collect(),
            empty: self.records.iter().map(|at| path(at)).collect(),
            no_person: self.no_person.iter().map(|at| path(at)).collect(),
            ..JsonMap::default()
        })
        .unwrap();
        let rules = match self.format {
            "ndjson" => BlockRules::NdJson(rules),
            _ => BlockRules::Json(rules),
        };
        let types = usual_types(self.format);
        let mut block = RuleBlock::new(types.iter().map(|t| (*t).to_owned()).collect(), rules);
        block.sweep = self
            .sweep
            .map(|p| Pick::by_pattern(0, SearchPattern::new(p).unwrap(), "sweep"))
            .into_iter()
            .collect();
        block.outside = self.outside;
        block
    }

    fn content_type(&self) -> &'static str {
        usual_types(self.format)[0]
    }

    fn rewritten(&self, body: &[u8], permitted: &[&str]) -> Result<String, RewriteRefusal> {
        self.with(self.content_type(), "", body, permitted)
            .map(|body| String::from_utf8(body.bytes).unwrap())
    }

    fn with(
        &self,
        content_type: &str,
        coding: &str,
        body: &[u8],
        permitted: &[&str],
    ) -> Result<RewrittenBody, RewriteRefusal> {
        let rules = ResponseRules {
            blocks: vec![self.block()],
            errors: None,
        };
        rewritten_by(&rules, self.shape, (content_type, coding, body), permitted)
    }
}

fn rewritten_by(
    rules: &ResponseRules,
    shape: Option<&str>,
    (content_type, content_encoding, body): (&str, &str, &[u8]),
    permitted: &[&str],
) -> Result<RewrittenBody, RewriteRefusal> {
    let message = Message {
        status: 200,
        content_type: Some(content_type),
        content_encoding,
        body,
    };
    let permitted = permitted
        .iter()
        .map(|text| Identifier {
            kind: 0,
            text: (*text).into(),
        })
        .collect();
    let limits = InspectionLimits::default();
    rewrite(rules, &kinds(shape), &message, &limits, &permitted)
}

#[track_caller]
fn drops(map: &TestMap, body: &str, left: &str) {
    assert_eq!(
        map.rewritten(body.as_bytes(), &["P1", "P2"]).as_deref(),
        Ok(left)
    );
}

#[track_caller]
fn refuses(map: &TestMap, body: &str, why: &RewriteRefusal) {
    assert_eq!(
        map.rewritten(body.as_bytes(), &["P1", "P2"]).as_ref(),
        Err(why)
    );
}

#[test]
fn what_stays_stays_byte_for_byte() {
    drops(
        &LIST,
        r#"{ "total": 3, "items" : [ {"id":"P9"} , {"id": "P1", "n": 12345678901234567890.10e5, "t":"\u00e9\/"} ,{"id":"P8","id":"P8"}, {"id":"P2"}] }"#,
        r#"{ "total": 3, "items" : [ {"id": "P1", "n": 12345678901234567890.10e5, "t":"\u00e9\/"}, {"id":"P2"}] }"#,
    );
    drops(
        &LIST,
        r#"{"items":[{"id":"P1"},{"id":"P9"}]}"#,
        r#"{"items":[{"id":"P1"}]}"#,
    );
    drops(
        &LIST,
        r#"{"items":[{"id":"P9"},{"id":"P1"}]}"#,
        r#"{"items":[{"id":"P1"}]}"#,
    );
    // A guard against scripts, and a list named twice.
    drops(
        &LIST,
        ")]}',\n{\"items\":[{\"id\":\"P9\"}],\"items\":[{\"id\":\"P1\"}]}",
        ")]}',\n{\"items\":[],\"items\":[{\"id\":\"P1\"}]}",
    );
}

#[test]
fn a_record_leaves_with_everybody_whom_it_names() {
    let map = TestMap {
        persons: &[
            "$.items[*].id",
            "$.items[*].tuteur",
            "$.items[*].enfants[*].id",
        ],
        ..LIST
    };
    let kept = r#"{"id":"P1","tuteur":"P2","enfants":[{"id":"P2"}]}"#;
    let others = [
        r#"{"id":"P9"}"#,
        r#"{"id":"P1","tuteur":"P9"}"#,
        r#"{"id":"P1","enfants":[{"id":"P2"},{"id":"P9"}]}"#,
        r#"{"id":"P1","id":"P9"}"#,
        r#"{"id":"P9","id":"P1"}"#,
        r#"{"id":"\u00509"}"#,
    ];
    for other in others {
        let body = format!("{{\"items\":[{other},{kept}]}}");
        drops(&map, &body, &format!("{{\"items\":[{kept}]}}"));
    }
}

#[test]
fn a_record_whose_sweep_finds_another_leaves_too() {
    let map = TestMap {
        sweep: Some(r"\b(P[0-9]+)\b"),
        ..LIST
    };
    drops(
        &map,
        r#"{"items":[{"id":"P1","note":"voir \u00509"},{"id":"P2"}]}"#,
        r#"{"items":[{"id":"P2"}]}"#,
    );
    refuses(
        &map,
        r#"{"items":[{"id":"P9"},{"id":"P2"}],"summary":"voir P8"}"#,
        &RewriteRefusal::Residue,
    );
}

#[test]
fn nobody_left_and_nobody_removed_are_no_rewriting() {
    refuses(
        &LIST,
        r#"{"items":[{"id":"P9"},{"id":"P8"}]}"#,
        &RewriteRefusal::EveryRecord,
    );
    refuses(
        &LIST,
        r#"{"items":[{"id":"P1"}]}"#,
        &RewriteRefusal::OutsideRecords,
    );
    let one = TestMap {
        records: &["$"],
        persons: &["$.id", "$.amis[*]"],
        ..LIST
    };
    refuses(
        &one,
        r#"{"id":"P1","amis":["P9"]}"#,
        &RewriteRefusal::EveryRecord,
    );
    let refused = TestMap {
        outside: OutsideChoice::Refuse,
        ..LIST
    };
    refuses(
        &refused,
        r#"{"items":[{"id":"P1"},{"id":"P9"}]}"#,
        &RewriteRefusal::NotDescribed,
    );
}

#[test]
fn what_the_rest_tells_of_a_removed_person_refuses_all_of_it() {
    let list = r#""items":[{"id":"P1","nom":"MARTIN"},{"id":"P10009","nom":"DUPONT","prenom":"Zoé","avocat":"Me Durand","ville":"Lyon"},{"id":"P2","ville":"Brest"}]"#;
    let told = [
        r#""index":{"P10009":1}"#,
        r#""index":{"p10009":1}"#,
        r#""index":["P1","P10009"]"#,
        r#""summary":"dernier dossier : P10009."#,
        r#""summary":"P 10009"#,
        r#""summary":"\u0050\u200b10009"#,
        r#""facets":{"dupont zoé":1}"#,
        r#""facets":{"Mme DUPONT":1}"#,
        r#""facets":{"Durand":1}"#,
        r#""summary":"dernier dossier : P3"#,
        r#""facets":[{"nom":"Dupont","n":1}]"#,
        r#""facets":{"Lyon":1,"Brest":1}"#,
    ];
    for told in told {
        let told = if told.ends_with(['}', ']']) {
            told.to_owned()
        } else {
            format!("{told}\"")
        };
        refuses(
            &LIST,
            &format!("{{{list},{told}}}"),
            &RewriteRefusal::Residue,
        );
        refuses(
            &LIST,
            &format!("{{{told},{list}}}"),
            &RewriteRefusal::Residue,
        );
    }
    // What a record that stays says, and counts, are the map's to describe.
    drops(
        &LIST,
        &format!("{{{list},\"facets\":{{\"Brest\":2}},\"total\":10009}}"),
        r#"{"items":[{"id":"P1","nom":"MARTIN"},{"id":"P2","ville":"Brest"}],"facets":{"Brest":2},"total":10009}"#,
    );
}

#[test]
fn a_record_that_stays_and_names_a_removed_person_where_no_rule_looks_refuses_all_of_it() {
    refuses(
        &BY_ID,
        r#"{"by_id":{"x":{"id":"P9"},"P9":{"id":"P1"}}}"#,
        &RewriteRefusal::Residue,
    );
    refuses(
        &LIST,
        r#"{"items":[{"id":"P9"},{"id":"P1","note":"voir P9, svp"}]}"#,
        &RewriteRefusal::Residue,
    );
    for note in [
        r#""note":"sœur de P10009""#,
        r#""liens":{"P10009":"soeur"}"#,
        r#""lien":"P10009""#,
    ] {
        let body = format!(r#"{{"items":[{{"id":"P10009"}},{{"id":"P1",{note}}}]}}"#);
        refuses(&LIST, &body, &RewriteRefusal::Residue);
    }
    // An age is no identifier, whatever the identifiers look like.
    let short = TestMap {
        shape: None,
        ..LIST
    };
    let left = short.rewritten(
        br#"{"items":[{"id":45},{"id":7,"age":45,"bureau":"45"}]}"#,
        &["7"],
    );
    assert_eq!(
        left.as_deref(),
        Ok(r#"{"items":[{"id":7,"age":45,"bureau":"45"}]}"#)
    );
    let named = short.rewritten(
        br#"{"items":[{"id":45},{"id":7,"liens":{"45":1}}]}"#,
        &["7"],
    );
    assert_eq!(named, Err(RewriteRefusal::Residue));
}

const BY_ID: TestMap = TestMap {
    records: &["$.by_id.*"],
    persons: &["$.by_id.*.id"],
    ..LIST
};

#[test]
fn the_name_of_a_removed_member_leaves_with_it() {
    drops(
        &BY_ID,
        r#"{"by_id":{"x9":{"id":"P9"}, "x1":{"id":"P1"}, "y9":{"id":"P8"}}}"#,
        r#"{"by_id":{"x1":{"id":"P1"}}}"#,
    );
    let masked = TestMap {
        outside: OutsideChoice::Mask,
        ..BY_ID
    };
    drops(
        &masked,
        r#"{"by_id":{"x9":{"id":"P9"}, "x1":{"id":"P1"}}}"#,
        r#"{"by_id":{"\u2026":{"id":"\u2026"}, "x1":{"id":"P1"}}}"#,
    );
    // A name further above would stay.
    let deep = TestMap {
        records: &["$.by_id.*.fiche"],
        persons: &["$.by_id.*.fiche.id"],
        ..LIST
    };
    refuses(
        &deep,
        r#"{"by_id":{"dupont":{"fiche":{"id":"P9"}},"x1":{"fiche":{"id":"P1"}}}}"#,
        &RewriteRefusal::Residue,
    );
}

#[test]
fn a_masked_record_says_nothing_and_the_others_stay() {
    let map = TestMap {
        outside: OutsideChoice::Mask,
        ..LIST
    };
    drops(
        &map,
        r#"{"items":[{"id":"P9","nom":"DUPONT","age":41,"actif":true,"mort":null,"visites":[1,2],"adresse":{"ville":"Lyon"},"liens":{"MARTIN Zoé":1,"durand":2}}, {"id":"P1","nom":"B","adresse":null}]}"#,
        r#"{"items":[{"id":"\u2026","nom":"\u2026","\u2026":null,"\u2026":null,"\u2026":null,"\u2026":[],"adresse":{"\u2026":"\u2026"},"\u2026":{"\u2026":null,"\u2026":null}}, {"id":"P1","nom":"B","adresse":null}]}"#,
    );
    let rows = TestMap {
        records: &["$.rows[*]"],
        persons: &["$.rows[*][0]"],
        outside: OutsideChoice::Mask,
        ..LIST
    };
    drops(
        &rows,
        r#"{"rows":[["P1","A",[1]],["P9","B",[2]]]}"#,
        r#"{"rows":[["P1","A",[1]],["\u2026","\u2026",[]]]}"#,
    );
}

#[test]
fn a_masked_record_is_read_as_such_only_in_the_second_inspection() {
    let map = TestMap {
        outside: OutsideChoice::Mask,
        ..LIST
    };
    let rules = ResponseRules {
        blocks: vec![map.block()],
        errors: None,
    };
    let message = Message {
        status: 200,
        content_type: Some("application/json"),
        content_encoding: "",
        body: br#"{"items":[{"id":"\u2026"},{"id":"P1"}]}"#,
    };
    let limits = InspectionLimits::default();
    let of_portal = crate::inspect(&rules, &kinds(map.shape), &message, &limits);
    assert!(matches!(of_portal, ResponseReading::Unreadable(_)));
    let masking = Masking::default();
    let second = |body: &[u8]| {
        let message = Message { body, ..message };
        inspect_rewritten(&rules, &kinds(map.shape), &message, &limits, Some(&masking))
    };
    assert!(matches!(second(message.body), ResponseReading::Persons(_)));
    for hidden in [
        r#"{"items":[{"id":"\u2026","nom":"DUPONT"},{"id":"P1"}]}"#,
        r#"{"items":[{"id":"\u2026","x":7},{"id":"P1"}]}"#,
        r#"{"items":[{"id":"\u2026","id":"\u2026","Dupont":null},{"id":"P1"}]}"#,
        r#"{"items":[{"id":"\u2026","v":[1]},{"id":"P1"}]}"#,
    ] {
        assert!(
            matches!(second(hidden.as_bytes()), ResponseReading::Unreadable(_)),
            "{hidden}"
        );
    }
}

#[test]
fn lines_are_dropped_and_masked_one_by_one() {
    let lines = TestMap {
        records: &["$"],
        persons: &["$.id"],
        format: "ndjson",
        ..LIST
    };
    drops(
        &lines,
        "{\"id\":\"P9\"}\n{\"id\":\"P1\"}\n\n{\"id\":\"P8\"}",
        "{\"id\":\"P1\"}\n\n",
    );
    let masked = TestMap {
        outside: OutsideChoice::Mask,
        ..lines
    };
    drops(
        &masked,
        "{\"id\":\"P9\"}\n{\"id\":\"P1\"}",
        "{\"id\":\"\\u2026\"}\n{\"id\":\"P1\"}",
    );
    let inner = TestMap {
        format: "ndjson",
        ..LIST
    };
    drops(
        &inner,
        "{\"items\":[{\"id\":\"P9\"},{\"id\":\"P2\"}]}\n{\"items\":[{\"id\":\"P1\"}]}\n",
        "{\"items\":[{\"id\":\"P2\"}]}\n{\"items\":[{\"id\":\"P1\"}]}\n",
    );
}

#[test]
fn codings_are_removed_and_other_character_sets_refused() {
    let body = br#"{"items":[{"id":"P9"},{"id":"P1"}]}"#;
    let mut coded = flate2_of(body);
    let left = LIST
        .with("application/json", "gzip", &coded, &["P1"])
        .unwrap();
    assert_eq!((left.records(), left.shown().found.len()), (1, 1));
    assert_eq!(left.bytes, br#"{"items":[{"id":"P1"}]}"#);
    coded.truncate(12);
    let cut = LIST.with("application/json", "gzip", &coded, &["P1"]);
    assert!(matches!(cut, Err(RewriteRefusal::Unreadable(_))));
    let latin = b"{\"items\":[{\"id\":\"P9\"},{\"id\":\"P1\",\"n\":\"\xe9\"}]}";
    let refused = LIST.with("application/json; charset=iso-8859-1", "", latin, &["P1"]);
    assert!(matches!(refused, Err(RewriteRefusal::Unreadable(_))));
}

/// A gzip member whose one block is stored (RFC 1952, RFC 1951 3.2.4).
fn flate2_of(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    let mut coded = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    coded.extend(length.to_le_bytes());
    coded.extend((!length).to_le_bytes());
    coded.extend(body);
    let mut crc = !0_u32;
    for byte in body {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    coded.extend((!crc).to_le_bytes());
    coded.extend(u32::from(length).to_le_bytes());
    coded
}

fn table(text: &str, permitted: &[&str]) -> Result<String, RewriteRefusal> {
    table_of(text, LIST.shape, permitted)
}

fn table_of(text: &str, shape: Option<&str>, permitted: &[&str]) -> Result<String, RewriteRefusal> {
    let mut rules = TableRules::default();
    let column = |name: &str| ColumnRule::new(MapColumn::Named(name.into()), Pick::whole(0, "id"));
    let tutor = ColumnRule {
        is_optional: true,
        is_own: false,
        ..column("tuteur")
    };
    rules.columns = vec![column("id"), tutor];
    let mut block = RuleBlock::new(vec!["text/csv".into()], BlockRules::Csv(rules));
    block.outside = OutsideChoice::Drop;
    let rules = ResponseRules {
        blocks: vec![block],
        errors: None,
    };
    let body = ("text/csv", "", text.as_bytes());
    rewritten_by(&rules, shape, body, permitted).map(|body| String::from_utf8(body.bytes).unwrap())
}

#[test]
fn rows_of_a_table_leave_and_the_others_stay_byte_for_byte() {
    let permitted = ["P1", "P2"];
    assert_eq!(
        table("\u{feff}Liste\r\nid;nom;tuteur\r\nP9;A;\r\nP1;\"B;\"\"b\"\"\";P2\r\nP2;C;P9\r\nTotal : 3\r\n", &permitted).as_deref(),
        Ok("\u{feff}Liste\r\nid;nom;tuteur\r\nP1;\"B;\"\"b\"\"\";P2\r\nTotal : 3\r\n")
    );
    assert_eq!(
        table("id,nom\nP1,x\nP9,y", &permitted).as_deref(),
        Ok("id,nom\nP1,x\n")
    );
    assert_eq!(
        table("sep=;\nid;nom\nP9;x\nP1;y", &permitted).as_deref(),
        Ok("sep=;\nid;nom\nP1;y")
    );
}

#[test]
fn a_table_that_two_programs_read_otherwise_is_refused() {
    let permitted = ["P1", "P2"];
    for text in [
        "id;nom\nP1;\"a\nP9;b\"\nP9;c\n",
        "id;nom\nP1;\"a\\\";\"b\"\nP9;c\n",
        "id;nom\nP1;a\"b\nP9;\"x\ny\"\n",
        "id;nom\nP9;x\nP8;y\n",
        "Dossier de Zoé DUPONT\nid;nom\nP9;Zoé DUPONT\nP1;b\n",
    ] {
        assert!(
            table(text, &permitted).is_err(),
            "{text}: {:?}",
            table(text, &permitted)
        );
    }
}

/// A record of a person, with marks that no other person has, wherever a record may have any.
fn any_record() -> impl Strategy<Value = (u8, String)> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("12345678901234567890123e-4".to_owned()),
        Just("[]".to_owned()),
        Just("\"\"".to_owned()),
        Just("\"MARK\"".to_owned()),
        Just("\"\\u004dARK\\n\\\"é\"".to_owned()),
        Just("\"mot MARK, autre\"".to_owned()),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        let name = prop_oneof![
            Just("a"),
            Just("id"),
            Just("MARK"),
            Just("\\u004dARK"),
            Just("items")
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|all| format!("[{}]", all.join(" , "))),
            proptest::collection::vec((name, inner), 0..4).prop_map(|all| {
                let members: Vec<String> = all
                    .iter()
                    .map(|(name, value)| format!("\"{name}\" : {value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    let id = prop_oneof![Just("\"PNUM\""), Just("\"\\u0050NUM\""), Just("\" PNUM \"")];
    let member = (prop_oneof![Just("b"), Just("MARK"), Just("c")], value);
    let members = proptest::collection::vec(member, 0..4);
    (0_u8..6, id, members, any::<bool>()).prop_map(|(number, id, members, is_first)| {
        let mut all: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        let id = format!("\"id\":{id}");
        if is_first {
            all.insert(0, id);
        } else {
            all.push(id);
        }
        let record = format!("{{{}}}", all.join(", "));
        let record = record.replace("NUM", &format!("7000{number}"));
        (
            number,
            record
                .replace("MARK", &format!("MARK{number}q"))
                .replace("ARK\\n", &format!("ARK{number}q\\n")),
        )
    })
}

/// Where a mark or an identifier of a person may stand besides the records.
fn any_beside() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("7".to_owned()),
        1 => (0_u8..6).prop_map(|number| format!("{{\"P7000{number}\":1}}")),
        1 => (0_u8..6).prop_map(|number| format!("\"dossier P7000{number}.\"")),
    ]
}

/// Everything that a client could read in a text: as it is, and with its escapes decoded.
fn readings(text: &str) -> String {
    let mut all = text.to_owned();
    for token in tokens(text) {
        let _ = match token {
            JsonToken::Text(text) | JsonToken::Name(text) => write!(all, "\u{1f}{text}"),
            JsonToken::Number(number) => write!(all, "\u{1f}{number}"),
        };
    }
    all
}

fn check_left(body: &str, records: &[(u8, String)], left: &str) {
    let said = readings(left);
    for outside in 3..6 {
        assert!(!said.contains(&format!("7000{outside}")), "{body}\n{left}");
        assert!(!said.contains(&format!("ARK{outside}q")), "{body}\n{left}");
    }
    let mut rest = left;
    for (_, record) in records.iter().filter(|(number, _)| *number < 3) {
        let place = rest.find(record.as_str());
        let place = place.unwrap_or_else(|| panic!("{record}\n{body}\n{left}"));
        rest = &rest[place + record.len()..];
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 1_000 }))]

    #[test]
    fn nothing_of_a_person_outside_leaves_whatever_the_document(
        records in proptest::collection::vec(any_record(), 1..7),
        beside in any_beside(),
        (is_masked, form, has_sweep) in (any::<bool>(), 0..4, any::<bool>()),
    ) {
        let texts: Vec<&str> = records.iter().map(|(_, record)| record.as_str()).collect();
        let members: Vec<String> = records
            .iter()
            .enumerate()
            .map(|(place, (number, record))| format!("\"P7000{number}-{place}\": {record}"))
            .collect();
        let (records_at, persons, format, body): (&'static [_], &'static [_], _, _) = match form {
            0 => (&["$.items[*]"], &["$.items[*].id"], "json",
                format!("{{\"items\":[{}] ,\"index\": {beside}}}", texts.join(" , "))),
            1 => (&["$.by_id.*"], &["$.by_id.*.id"], "json",
                format!("{{\"index\":{beside}, \"by_id\":{{{}}}}}", members.join(","))),
            2 => (&["$[:]"], &["$[:].id"], "json", format!("[{}]", texts.join("\n,"))),
            _ => (&["$"], &["$.id"], "ndjson", format!("{}\n", texts.join("\r\n"))),
        };
        let map = TestMap {
            records: records_at,
            persons,
            format,
            sweep: has_sweep.then_some("P[0-9]{5}"),
            outside: if is_masked { OutsideChoice::Mask } else { OutsideChoice::Drop },
            ..LIST
        };
        let permitted = ["P70000", "P70001", "P70002"];
        let outside = records.iter().filter(|(number, _)| *number >= 3).count();
        match map.with(map.content_type(), "", body.as_bytes(), &permitted) {
            Ok(left) => {
                prop_assert!(left.shown().found.iter().all(|(person, _)| permitted.contains(&person.text.as_str())));
                prop_assert_eq!(left.records(), outside);
                check_left(&body, &records, std::str::from_utf8(&left.bytes).unwrap());
            }
            Err(RewriteRefusal::EveryRecord) => prop_assert_eq!(outside, records.len()),
            // Nobody was to be removed, or a person is named where no record is.
            Err(RewriteRefusal::OutsideRecords) => prop_assert!(outside == 0 || has_sweep && beside.contains('P'), "{body}"),
            Err(RewriteRefusal::Residue) => prop_assert!(beside.len() > 1),
            Err(refusal) => prop_assert!(false, "{refusal}: {body}"),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}|[\\[\\]{}\",:0-9a-zP ]{0,60}", permitted in any::<bool>()) {
        let permitted: &[&str] = if permitted { &["P1"] } else { &[] };
        for map in [LIST, BY_ID] {
            let _ = map.rewritten(text.as_bytes(), permitted);
        }
        let _ = table(&format!("id;nom\n{text}"), permitted);
    }

    #[test]
    fn nothing_of_a_person_outside_leaves_a_table(
        rows in proptest::collection::vec(
            (0_u8..6, 0_usize..6, any::<bool>()),
            1..8,
        ),
        delimiter in proptest::sample::select(vec![',', ';', '\t']),
        end in proptest::sample::select(vec!["\n", "\r\n", "\r"]),
    ) {
        let cells = [
            "MARK", "\"MARK\"", "\"a \"\"MARK\"\" b\"", "\"x;y,z MARK\"", "\"MARK\nP70005\"", "mot MARK\\",
        ];
        let mut text = format!("id{delimiter}nom{delimiter}note{end}");
        let mut lines = Vec::new();
        for (number, cell, is_quoted) in &rows {
            let id = match is_quoted {
                true => format!("\"P7000{number}\""),
                false => format!("P7000{number}"),
            };
            let cell = cells[*cell].replace("MARK", &format!("MARK{number}q"));
            let line = format!("{id}{delimiter}{cell}{delimiter}n{end}");
            text.push_str(&line);
            lines.push((*number, line));
        }
        let permitted = ["P70000", "P70001", "P70002"];
        if let Ok(left) = table_of(&text, Some("^P[0-9]{5}$"), &permitted) {
            for outside in 3..6 {
                prop_assert!(!left.contains(&format!("7000{outside}")), "{text}\n{left}");
                prop_assert!(!left.contains(&format!("MARK{outside}q")), "{text}\n{left}");
            }
            let kept = lines.iter().filter(|(number, _)| *number < 3);
            let kept: String = kept.map(|(_, line)| line.as_str()).collect();
            prop_assert!(left.ends_with(&kept), "{text}\n{left}");
        }
    }
}
