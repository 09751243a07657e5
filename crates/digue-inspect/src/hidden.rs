//! Documents with identifiers in every place where a format can hide one, and the truth beside: each
//! is found, or the document is unreadable; and what only looks like one is nobody.

use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use digue_html::selector::parse_selector;
use digue_identifiers::identifier::{IdentifierKind, Normalise, Pick};
use digue_identifiers::reading::{ResponseReading, Unreadable};
use digue_identifiers::shape::IdentifierShape;
use digue_tables::table::{ColumnRule, MapColumn, TableRules};

use crate::html::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart};
use crate::json::{JsonMap, JsonRule, JsonRules};
use crate::jsonpath::RecordPath;
use crate::limits::InspectionLimits;
use crate::response::zip::{ENTRIES_USUAL, EntryName, EntryRules, RATIO_USUAL, ZipRules};
use crate::response::{BlockRules, Message, ResponseRules, RuleBlock, inspect};
use crate::xml::{XmlPath, XmlRule, XmlRules};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HiddenFormat {
    Json,
    Lines,
    Html,
    Xml,
    Csv,
    Text,
    Zip,
}

const FORMATS: [HiddenFormat; 7] = [
    HiddenFormat::Json,
    HiddenFormat::Lines,
    HiddenFormat::Html,
    HiddenFormat::Xml,
    HiddenFormat::Csv,
    HiddenFormat::Text,
    HiddenFormat::Zip,
];

/// The person whom the rules find.
const OWN: &str = "9000009Z";

/// A document in which `{}` stands where the hidden text does; each is escaped for its place by
/// [`HidingPlace::write`].
#[derive(Clone, Copy, Debug)]
struct HidingPlace {
    format: HiddenFormat,
    escape: PlaceEscape,
    document: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlaceEscape {
    None,
    /// A string of JSON.
    Json,
    /// A text or a value of HTML or XML.
    Markup,
    /// A query of an address.
    Percent,
    /// A string of a style sheet.
    Css,
}

const fn place(format: HiddenFormat, escape: PlaceEscape, document: &'static str) -> HidingPlace {
    HidingPlace {
        format,
        escape,
        document,
    }
}

const PLACES: [HidingPlace; 54] = [
    place(
        HiddenFormat::Json,
        PlaceEscape::Json,
        r#"{"items":[{"id":"9000009Z","note":"{}"}],"facets":{}}"#,
    ),
    place(
        HiddenFormat::Json,
        PlaceEscape::Json,
        r#"{"items":[{"id":"9000009Z","par":{"{}":3}}],"facets":{}}"#,
    ),
    place(
        HiddenFormat::Json,
        PlaceEscape::Json,
        r#"{"items":[{"id":"9000009Z"}],"facets":{"a":["{}"]}}"#,
    ),
    place(
        HiddenFormat::Json,
        PlaceEscape::Json,
        r#"{"items":[{"id":"9000009Z"}],"facets":{"{}":1}}"#,
    ),
    place(
        HiddenFormat::Json,
        PlaceEscape::Json,
        r#"{"items":[{"id":"9000009Z"}],"facets":{"html":"<p>{}</p>"}}"#,
    ),
    place(
        HiddenFormat::Json,
        PlaceEscape::Json,
        r#"{"items":[{"id":"9000009Z"}],"facets":{"json":"{\"x\":\"{}\"}"}}"#,
    ),
    place(
        HiddenFormat::Json,
        PlaceEscape::Percent,
        r#"{"items":[{"id":"9000009Z"}],"facets":{"lien":"/fiche?n={}&p=2"}}"#,
    ),
    place(
        HiddenFormat::Json,
        PlaceEscape::Json,
        r#"{"{}":null,"items":[{"id":"9000009Z"}],"facets":{}}"#,
    ),
    place(
        HiddenFormat::Lines,
        PlaceEscape::Json,
        "{\"items\":[{\"id\":\"9000009Z\",\"n\":\"{}\"}]}\n",
    ),
    place(
        HiddenFormat::Lines,
        PlaceEscape::Json,
        "{\"items\":[{\"id\":\"9000009Z\"}]}\n\n{\"items\":[{\"id\":\"9000009Z\",\"{}\":1}]}",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<ul><li class=p>9000009Z</ul><p>{}",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<title>{}</title><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::None,
        "<ul><li class=p>9000009Z</ul><!-- {} -->",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::None,
        "<!--[if IE]><p>{}</p><![endif]--><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::None,
        "<ul><li class=p>9000009Z</ul><?php {} ?>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::None,
        "<ul><li class=p>9000009Z</ul><![CDATA[{}]]>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::None,
        "<!doctype html \"{}\"><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::None,
        "<ul><li class=p>9000009Z</ul><script>var x = \"{}\";</script>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::None,
        "<script type=application/json>{\"a\":\"{}\"}</script><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Css,
        "<style>.a::before { content: \"{}\" }</style><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Css,
        "<ul style='--x: \"{}\"'><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<ul data-x=\"{}\"><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<ul><li class=p title='{}'>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<ul a=1 a=\"{}\"><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<ul><li class=p>9000009Z</ul x=\"{}\">",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Percent,
        "<a href=\"/fiche?n={}\">x</a><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<meta name=d content=\"{}\"><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<template><b>{}</b></template><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<textarea>{}</textarea><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<noscript>{}</noscript><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<svg><desc>{}</desc></svg><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<iframe srcdoc='<p>{}'></iframe><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<html><body><ul><li class=p>9000009Z</ul></body></html>{}",
    ),
    place(
        HiddenFormat::Html,
        PlaceEscape::Markup,
        "<div class=none>{}</div><ul><li class=p>9000009Z</ul>",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::Markup,
        "<l><p><id>9000009Z</id></p><n>{}</n></l>",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::Markup,
        "<l x='{}'><p><id>9000009Z</id></p></l>",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::None,
        "<l><p><id>9000009Z</id></p><!-- {} --></l>",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::None,
        "<?xml version='1.0'?><?mso {}?><l><p><id>9000009Z</id></p></l>",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::None,
        "<l><p><id>9000009Z</id></p><n><![CDATA[{}]]></n></l>",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::None,
        "<!DOCTYPE l SYSTEM '{}'><l><p><id>9000009Z</id></p></l>",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::None,
        "<!DOCTYPE l [<!ENTITY a '{}'>]><l><p><id>9000009Z</id></p></l>",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::None,
        "<l><p><id>9000009Z</id></p></l><!-- {} -->",
    ),
    place(
        HiddenFormat::Xml,
        PlaceEscape::Markup,
        "<l><p><id>9000009Z</id><x><y>{}</y></x></p></l>",
    ),
    place(
        HiddenFormat::Csv,
        PlaceEscape::None,
        "{}\nid,nom\n9000009Z,x\n",
    ),
    place(
        HiddenFormat::Csv,
        PlaceEscape::None,
        "id,nom\n9000009Z,{}\n",
    ),
    place(
        HiddenFormat::Csv,
        PlaceEscape::None,
        "id,nom\n9000009Z,\"a\n{}\"\n",
    ),
    place(
        HiddenFormat::Csv,
        PlaceEscape::None,
        "id,nom,{}\n9000009Z,x,y\n",
    ),
    place(HiddenFormat::Text, PlaceEscape::None, "9000009Z, {}."),
    place(
        HiddenFormat::Text,
        PlaceEscape::Percent,
        "9000009Z\n/fiche?n={}\n",
    ),
    place(HiddenFormat::Zip, PlaceEscape::None, "9000009Z {}"),
    place(HiddenFormat::Zip, PlaceEscape::None, "NAME{}"),
    place(HiddenFormat::Zip, PlaceEscape::None, "COMMENT{}"),
    place(HiddenFormat::Zip, PlaceEscape::None, "EXTRA{}"),
    place(HiddenFormat::Zip, PlaceEscape::None, "EXTRA CENTRAL{}"),
];

/// Places that no program reads alike, and that make their document unreadable.
const NEVER_READ: [&str; 3] = ["<!DOCTYPE l [<!ENTITY", "COMMENT", "EXTRA"];

impl HidingPlace {
    fn is_never_read(&self) -> bool {
        NEVER_READ
            .iter()
            .any(|start| self.document.starts_with(start))
    }

    fn write(&self, text: &str) -> String {
        let escaped = match self.escape {
            PlaceEscape::None => text.to_owned(),
            PlaceEscape::Json => {
                let quoted = serde_json::to_string(text).expect("a text can be written");
                let inner = quoted[1..quoted.len() - 1].to_owned();
                match self.document.contains("\\\"x\\\"") {
                    // A document within a text.
                    true => inner.replace('\\', "\\\\"),
                    false => inner,
                }
            }
            PlaceEscape::Markup => text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace(['"', '\''], "&#39;"),
            PlaceEscape::Percent => text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            PlaceEscape::Css => text
                .chars()
                .map(|c| format!("\\{:x} ", u32::from(c)))
                .collect(),
        };
        self.document.replacen("{}", &escaped, 1)
    }

    fn bytes(&self, text: &str, charset: WrittenCharset) -> (Vec<u8>, String) {
        let written = self.write(text);
        let content_type = |essence: &str| match charset {
            WrittenCharset::Latin if written.chars().all(|c| c < '\u{100}') => {
                format!("{essence}; charset=ISO-8859-1")
            }
            WrittenCharset::Declared => format!("{essence}; charset=utf-8"),
            WrittenCharset::Utf8
            | WrittenCharset::Marked
            | WrittenCharset::WideLittle
            | WrittenCharset::WideBig
            | WrittenCharset::Latin => essence.to_owned(),
        };
        let essence = match self.format {
            HiddenFormat::Json => "application/json",
            HiddenFormat::Lines => "application/x-ndjson",
            HiddenFormat::Html => "text/html",
            HiddenFormat::Xml => "application/xml",
            HiddenFormat::Csv => "text/csv",
            HiddenFormat::Text => "text/plain",
            HiddenFormat::Zip => return (self.archive(text), "application/zip".to_owned()),
        };
        let marked = format!("\u{feff}{written}");
        let bytes = match charset {
            WrittenCharset::Utf8 | WrittenCharset::Declared => written.clone().into_bytes(),
            WrittenCharset::Latin if written.chars().all(|c| c < '\u{100}') => {
                written.chars().map(|c| c as u8).collect()
            }
            WrittenCharset::Latin => written.clone().into_bytes(),
            WrittenCharset::Marked => marked.into_bytes(),
            WrittenCharset::WideLittle => {
                marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            WrittenCharset::WideBig => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        };
        (bytes, content_type(essence))
    }

    fn archive(&self, text: &str) -> Vec<u8> {
        let mut options = zip::write::FullFileOptions::default();
        if self.document.starts_with("EXTRA") {
            let is_central = self.document == "EXTRA CENTRAL{}";
            // A tag of nobody.
            let added = options.add_extra_field(0x4242, text, is_central);
            added.expect("a field is added");
        }
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let (name, content) = match self.document {
            "NAME{}" => (
                format!("fiche {}.txt", text.replace('/', " ")),
                OWN.to_owned(),
            ),
            "COMMENT{}" | "EXTRA{}" | "EXTRA CENTRAL{}" => ("fiche.txt".to_owned(), OWN.to_owned()),
            _ => ("fiche.txt".to_owned(), self.write(text)),
        };
        archive
            .start_file(name, options)
            .expect("a name is written");
        archive
            .write_all(content.as_bytes())
            .expect("memory takes it");
        if self.document == "COMMENT{}" {
            let set = archive.set_comment(text.to_owned());
            set.expect("a comment is short");
        }
        archive.finish().expect("memory takes it").into_inner()
    }
}

#[derive(Clone, Copy, Debug)]
enum WrittenCharset {
    Utf8,
    Declared,
    Marked,
    Latin,
    WideLittle,
    WideBig,
}

const CHARSETS: [WrittenCharset; 6] = [
    WrittenCharset::Utf8,
    WrittenCharset::Declared,
    WrittenCharset::Marked,
    WrittenCharset::Latin,
    WrittenCharset::WideLittle,
    WrittenCharset::WideBig,
];

/// How an identifier is printed, and what a program makes of the print.
#[derive(Clone, Copy, Debug)]
enum Printing {
    Plain,
    Lower,
    Spaces,
    NoBreakSpaces,
    Marks,
    ZeroWidth,
    FullWidth,
    Entities,
    Escapes,
    Base64,
    Base64Address,
    InAText,
}

const PRINTINGS: [Printing; 12] = [
    Printing::Plain,
    Printing::Lower,
    Printing::Spaces,
    Printing::NoBreakSpaces,
    Printing::Marks,
    Printing::ZeroWidth,
    Printing::FullWidth,
    Printing::Entities,
    Printing::Escapes,
    Printing::Base64,
    Printing::Base64Address,
    Printing::InAText,
];

fn printed(printing: Printing, identifier: &str) -> String {
    let (first, rest) = identifier.split_at(1);
    let groups = |gap: &str| {
        format!(
            "{first}{gap}{}{gap}{}{gap}{}",
            &rest[..3],
            &rest[3..6],
            &rest[6..]
        )
    };
    let each = |write: fn(char) -> String| identifier.chars().map(write).collect::<String>();
    match printing {
        Printing::Plain => identifier.to_owned(),
        Printing::Lower => identifier.to_lowercase(),
        Printing::Spaces => groups(" "),
        Printing::NoBreakSpaces => groups("\u{a0}"),
        Printing::Marks => groups("."),
        Printing::ZeroWidth => groups("\u{200b}"),
        Printing::FullWidth => each(|c| {
            char::from_u32(u32::from(c) - 0x21 + 0xff01)
                .unwrap_or(c)
                .to_string()
        }),
        Printing::Entities => each(|c| format!("&#{};", u32::from(c))),
        Printing::Escapes => each(|c| format!("\\u{:04x}", u32::from(c))),
        Printing::Base64 => STANDARD.encode(identifier),
        Printing::Base64Address => URL_SAFE_NO_PAD.encode(format!("{{\"sub\":\"{identifier}\"}}")),
        Printing::InAText => format!("dossier n\u{b0}{identifier} (suite)"),
    }
}

/// What only looks like an identifier of the kind.
const LOOKALIKES: [&str; 12] = [
    "550e8400-e29b-41d4-a716-446655440000",
    "1000001a-e29b-41d4-a716-446655440000",
    "9f1000001ae2fd4e1c67a2d28fced849ee1bb76e",
    "1000001AB",
    "21000001A",
    "ref1000001A",
    "1 234 567,00",
    "2026-07-10T09:30:00Z",
    "01 23 45 67 89",
    "FR7630006000011234567890189",
    "constitutionnellement",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
];

fn kinds() -> [IdentifierKind; 1] {
    [IdentifierKind {
        name: "id".into(),
        steps: vec![Normalise::Trim, Normalise::Compact, Normalise::Upper],
        shape: Some(IdentifierShape::new("^(?:[0-9]{7}[A-Z])$").unwrap()),
    }]
}

fn path(text: &str) -> RecordPath {
    RecordPath::parse(text).unwrap()
}

/// One block for each format; no part of the map searches for anything.
fn rules() -> ResponseRules {
    let json = || {
        let rule = JsonRule::new(path("$.items[*].id"), Pick::whole(0, "$.items[*].id"));
        JsonRules::new(JsonMap {
            rules: vec![rule],
            records: vec![path("$.items[*]")],
            no_person: vec![path("$.facets")],
            ..JsonMap::default()
        })
        .unwrap()
    };
    let html = HtmlRules {
        rules: vec![HtmlRule {
            selector: parse_selector("li.p").unwrap(),
            take: IdentifierPart::Text,
            pick: Pick::whole(0, "li.p"),
            is_own: true,
        }],
        records: HtmlRecords::At(vec![parse_selector("li.p").unwrap()]),
        ..HtmlRules::default()
    };
    let xml = XmlRules {
        rules: vec![XmlRule {
            path: XmlPath::parse("//p/id").unwrap(),
            pick: Pick::whole(0, "//p/id"),
            is_own: None,
        }],
        no_person: vec![XmlPath::parse("//n").unwrap()],
        records: vec![XmlPath::parse("//p").unwrap()],
        ..XmlRules::default()
    };
    let table = TableRules {
        columns: vec![ColumnRule::new(
            MapColumn::Named("id".into()),
            Pick::whole(0, "id"),
        )],
        ..TableRules::default()
    };
    let text = || BlockRules::Text {
        is_record_per_line: false,
    };
    let block = |types: &str, rules| {
        let mut block = RuleBlock::new(vec![types.into()], rules);
        block.undescribed_max = None;
        block.without_records = Some("tous les textes".into());
        block
    };
    let zip = ZipRules {
        entries: vec![EntryRules {
            names: vec![EntryName::parse("*.txt").unwrap()],
            block: block("", text()),
        }],
        entries_max: ENTRIES_USUAL,
        ratio_max: RATIO_USUAL,
    };
    ResponseRules {
        blocks: vec![
            block("application/json", BlockRules::Json(json())),
            block("application/x-ndjson", BlockRules::NdJson(json())),
            block("text/html", BlockRules::Html(html)),
            block("application/xml", BlockRules::Xml(xml)),
            block("text/csv", BlockRules::Csv(table)),
            block("text/plain", text()),
            block("application/zip", BlockRules::Zip(zip)),
        ],
        errors: None,
    }
}

/// The identifiers found, in order; the reason where the document is unreadable.
fn found(
    place: &HidingPlace,
    text: &str,
    charset: WrittenCharset,
) -> Result<Vec<String>, Unreadable> {
    let (body, content_type) = place.bytes(text, charset);
    let message = Message {
        status: 200,
        content_type: Some(&content_type),
        content_encoding: "",
        body: &body,
    };
    match inspect(&rules(), &kinds(), &message, &InspectionLimits::default()) {
        ResponseReading::Persons(shown) => {
            let mut found: Vec<String> =
                shown.identifiers().map(|id| id.text.to_string()).collect();
            found.sort();
            Ok(found)
        }
        ResponseReading::ShowsNobody(_) => Ok(Vec::new()),
        ResponseReading::Unreadable(why) => Err(why),
    }
}

/// True where a program would make another text of a print that is written there.
fn is_foreign(place: &HidingPlace, printing: Printing) -> bool {
    let is_coded = matches!(printing, Printing::Entities | Printing::Escapes);
    is_coded && (place.escape == PlaceEscape::Css || place.format == HiddenFormat::Zip)
}

/// Documents that may be unreadable, of a hundred: what stands beside a table is no title when it
/// looks like an identifier, and a quoted line break can be read in two ways.
const UNREAD_PERCENT_MAX: usize = 12;

/// Checks that the identifier is found in each document that is read, and that most are.
fn check_all(cases: impl Iterator<Item = (HidingPlace, Printing)>) {
    let (mut all, mut unread) = (0, Vec::new());
    for (place, printing) in cases {
        let text = printed(printing, "1000001A");
        all += 1;
        match found(&place, &text, WrittenCharset::Utf8) {
            Ok(read) => assert_eq!(read, ["1000001A", OWN], "{place:?} {printing:?}"),
            Err(why) => unread.push(format!("{place:?} {printing:?}: {why}")),
        }
    }
    let is_rare = 100 * unread.len() <= UNREAD_PERCENT_MAX * all;
    assert!(is_rare, "{all}: {}", unread.join("\n"));
}

#[test]
fn an_identifier_is_found_in_every_place_of_every_format() {
    let read = PLACES.iter().filter(|place| !place.is_never_read());
    check_all(read.map(|place| (*place, Printing::Plain)));
    for place in PLACES.iter().filter(|place| place.is_never_read()) {
        assert!(
            found(place, "1000001A", WrittenCharset::Utf8).is_err(),
            "{place:?}"
        );
    }
    for format in FORMATS {
        let mut formats = PLACES.iter().map(|place| place.format);
        assert!(formats.any(|known| known == format), "{format:?}");
    }
}

#[test]
fn an_identifier_is_found_however_it_is_printed() {
    let read = PLACES.iter().filter(|place| !place.is_never_read());
    let cases = read.flat_map(|place| PRINTINGS.map(|printing| (*place, printing)));
    check_all(cases.filter(|(place, printing)| !is_foreign(place, *printing)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn everyone_hidden_is_found_or_the_document_is_unreadable(
        place in prop::sample::select(PLACES.as_slice()),
        hidden in prop::collection::vec(
            (1_000_000u32..8_999_999, "[A-Y]", prop::sample::select(PRINTINGS.as_slice())), 0..4),
        lookalikes in prop::collection::vec(prop::sample::select(LOOKALIKES.as_slice()), 0..3),
        charset in prop::sample::select(CHARSETS.as_slice()),
        gap in prop::sample::select(vec![" | ", " ; ", " \u{2014} ", " et "]),
    ) {
        let hidden: Vec<(String, Printing)> = hidden
            .into_iter()
            .filter(|(.., printing)| !is_foreign(&place, *printing))
            .map(|(number, letter, printing)| (format!("{number}{letter}"), printing))
            .collect();
        let written = hidden.iter().map(|(identifier, printing)| printed(*printing, identifier));
        // In the name of a file, each word by itself may be an identifier.
        let is_name = place.document.starts_with("NAME");
        let others = lookalikes.iter().filter(|text| !(is_name && text.starts_with("1000001a-")));
        let text: Vec<String> = written.chain(others.map(|text| (*text).to_owned())).collect();
        let mut expected: Vec<String> = hidden.into_iter().map(|(identifier, _)| identifier).collect();
        expected.push(OWN.to_owned());
        expected.sort();
        expected.dedup();
        if let Ok(read) = found(&place, &text.join(gap), charset) {
            prop_assert_eq!(read, expected, "{:?} {:?}", place, text);
        }
    }
}
