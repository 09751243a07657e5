//! Pages of 100 persons in each format, with the maps that read them; and pages made to be slow.

#![allow(
    clippy::mod_module_files,
    reason = "cargo would take `benches/pages.rs` for a bench of its own"
)]

use std::hint::black_box;
use std::io::{Cursor, Write as _};

use digue_html::selector::parse_selector;
use digue_identifiers::pattern::SearchPattern;
use digue_identifiers::{IdentifierKind, IdentifierShape, Pick, ResponseReading};
use digue_inspect::html::{HtmlRecords, HtmlRule, HtmlRules, IdentifierPart};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath::RecordPath;
use digue_inspect::{BlockRules, InspectionLimits, Message, ResponseRules, RuleBlock, inspect};
use digue_tables::table::{ColumnRule, MapColumn, TableRules};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub(crate) const PERSONS: usize = 100;

/// A page, and how it is read.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) rules: ResponseRules,
    pub(crate) body: Vec<u8>,
    /// What rates are given for: the body itself, or what it unpacks to.
    pub(crate) read_bytes: usize,
}

impl Page {
    pub(crate) fn inspect(&self, kinds: &[IdentifierKind]) -> ResponseReading {
        let message = Message {
            status: 200,
            content_type: Some(self.media_type),
            content_encoding: "",
            body: black_box(&self.body),
        };
        inspect(&self.rules, kinds, &message, &InspectionLimits::default())
    }
}

pub(crate) fn kinds() -> [IdentifierKind; 1] {
    [IdentifierKind {
        name: "id".into(),
        steps: vec![],
        shape: Some(IdentifierShape::new("^[0-9]{7}[A-Z]$").unwrap()),
    }]
}

pub(crate) fn ordinary() -> Vec<Page> {
    vec![
        json("json", &json_page(","), false),
        json("json, indented", &json_page(",\n      "), false),
        json("json, swept", &json_page(","), true),
        json("json of ASCII, swept", &ascii(&json_page(",")), true),
        text("sweep", json_page(",")),
        csv(),
        html(),
        xlsx(),
    ]
}

/// As many bytes as an ordinary page, chosen to cost as much as possible.
pub(crate) fn hostile() -> Vec<Page> {
    let list = |of: &str| format!(r#"{{"personnes":[{{"id":"1000000A","x":[{of}]}}]}}"#);
    let object = |of: String| format!(r#"{{"personnes":[{{"id":"1000000A",{of}}}]}}"#);
    let repeated =
        |text: &str, join: &str| vec![text; HOSTILE_BYTES / (text.len() + join.len())].join(join);
    let numbered = |form: &dyn Fn(usize) -> String| -> String {
        let mut parts = Vec::new();
        let mut bytes = 0;
        while bytes < HOSTILE_BYTES {
            parts.push(form(parts.len()));
            bytes += parts.last().map_or(0, String::len) + 1;
        }
        parts.join(",")
    };
    let persons =
        |form: &dyn Fn(usize) -> String| format!(r#"{{"personnes":[{}]}}"#, numbered(form));
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let outside = |of: String| format!(r#"{{"personnes":[{{"id":"1000000A"}}],"meta":{{{of}}}}}"#);
    let page = |name, text: String| json(name, &text, false);
    vec![
        page("numbers of one digit", list(&repeated("1", ","))),
        page(
            "distinct persons",
            persons(&|n| format!(r#"{{"id":"{}A"}}"#, 1_000_000 + n)),
        ),
        page(
            "one record repeated",
            persons(&|_| r#"{"id":"1000000A"}"#.to_owned()),
        ),
        page("lists a hundred deep", list(&repeated(&deep, ","))),
        page("names with escapes", object(repeated(r#""\u0041":1"#, ","))),
        page(
            "names undescribed",
            outside(numbered(&|n| format!(r#""n{n}":1"#))),
        ),
        page(
            "escapes in one string",
            object(format!(r#""x":"{}""#, repeated(r"\u0041", ""))),
        ),
        page("empty names and texts", object(repeated(r#""":"""#, ","))),
        page(
            "white space",
            format!(
                r#"{{"personnes":[{{"id":"1000000A"}}]{}}}"#,
                " ".repeat(HOSTILE_BYTES)
            ),
        ),
        text("digits, swept", repeated("1234567", " ")),
        text("shape but for its end, swept", repeated("1234567a", " ")),
        text("accents and digits, swept", repeated("é1234567", "")),
    ]
}

const HOSTILE_BYTES: usize = 40_000;

fn pick() -> Pick {
    Pick::whole(0, "id")
}

fn page(name: &'static str, media_type: &'static str, rules: BlockRules, body: String) -> Page {
    Page {
        name,
        media_type,
        rules: ResponseRules {
            blocks: vec![RuleBlock::new(vec![media_type.to_owned()], rules)],
            errors: None,
        },
        read_bytes: body.len(),
        body: body.into_bytes(),
    }
}

fn swept(mut page: Page) -> Page {
    let pattern = SearchPattern::new(r"\b[0-9]{7}[A-Z]\b").unwrap();
    page.rules.blocks[0].sweep = vec![Pick::by_pattern(0, pattern, "sweep")];
    page
}

fn json(name: &'static str, text: &str, is_swept: bool) -> Page {
    let path = |text| RecordPath::parse(text).unwrap();
    let map = JsonMap {
        rules: vec![JsonRule::new(path("$.personnes[*].id"), pick())],
        records: vec![path("$.personnes[*]")],
        ..JsonMap::default()
    };
    let mut rules = page(
        name,
        "application/json",
        BlockRules::Json(JsonRules::new(map).unwrap()),
        text.to_owned(),
    );
    rules.rules.blocks[0].undescribed_max = None;
    match is_swept {
        true => swept(rules),
        false => rules,
    }
}

/// The page of `benchmarks/instructions`.
fn json_page(join: &str) -> String {
    let person = |n: usize| {
        let id = 1_000_000 + n;
        let members = [
            format!(r#""id": "{id}A""#),
            format!(r#""nom": "Nom{n}""#),
            r#""prenom": "Prénom""#.to_owned(),
            r#""naissance": "1985-05-12""#.to_owned(),
            r#""adresse": "12 rue de l'Exemple, 80000 Amiens""#.to_owned(),
            format!(r#""courriel": "personne{n}@exemple.fr""#),
            r#""telephone": "06 99 00 00 00""#.to_owned(),
            r#""formation": "Développement web""#.to_owned(),
            format!(r#""note": "{}""#, "x".repeat(170)),
        ];
        let join = if join == "," { ", " } else { join };
        format!("{{{}}}", members.join(join))
    };
    let persons: Vec<String> = (0..PERSONS).map(person).collect();
    format!(r#"{{"page": 1, "personnes": [{}]}}"#, persons.join(", "))
}

/// As programs write it that escape what is not ASCII.
fn ascii(json: &str) -> String {
    let escaped = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => format!(r"\u{:04x}", u32::from(c)),
    };
    json.chars().map(escaped).collect()
}

fn text(name: &'static str, body: String) -> Page {
    let rules = BlockRules::Text {
        is_record_per_line: false,
    };
    let mut page = swept(page(name, "text/plain", rules, body));
    page.rules.blocks[0].without_records = Some("a bench".to_owned());
    page
}

fn html() -> Page {
    let row = |n: usize| {
        format!(
            "<tr data-id=\"{}A\"><td><a href=\"/p/{n}\">Nom{n}</a></td><td>{}</td></tr>",
            1_000_000 + n,
            "x".repeat(300)
        )
    };
    let rows: String = (0..PERSONS).map(row).collect();
    let take = IdentifierPart::Attribute("data-id".into());
    let selector = || parse_selector("tr[data-id]").unwrap();
    let rules = vec![HtmlRule {
        selector: selector(),
        take,
        pick: pick(),
        is_own: true,
    }];
    let rules = HtmlRules {
        rules,
        records: HtmlRecords::At(vec![selector()]),
        ..HtmlRules::default()
    };
    page(
        "html",
        "text/html",
        BlockRules::Html(rules),
        format!("<!doctype html><table>{rows}</table>"),
    )
}

fn csv() -> Page {
    let row = |n: usize| format!("{}A;Nom{n};{}\r\n", 1_000_000 + n, "x".repeat(300));
    let rows: String = (0..PERSONS).map(row).collect();
    let rules = BlockRules::Csv(TableRules {
        delimiter: Some(b';'),
        ..table_rules()
    });
    page("csv", "text/csv", rules, format!("id;nom;note\r\n{rows}"))
}

fn table_rules() -> TableRules {
    TableRules {
        columns: vec![ColumnRule::new(MapColumn::Named("id".into()), pick())],
        ..TableRules::default()
    }
}

/// A workbook with ten columns of texts within the cells, as libraries write them.
fn xlsx() -> Page {
    let cell = |place: String, text: String| {
        format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    };
    let row = |number: usize, texts: Vec<String>| {
        let cells = texts
            .into_iter()
            .zip('A'..)
            .map(|(text, column)| cell(format!("{column}{number}"), text));
        format!(r#"<row r="{number}">{}</row>"#, cells.collect::<String>())
    };
    let heads = [
        "id",
        "nom",
        "prenom",
        "naissance",
        "adresse",
        "courriel",
        "telephone",
        "formation",
        "statut",
        "note",
    ];
    let mut rows = row(1, heads.map(str::to_owned).to_vec());
    for n in 0..PERSONS {
        rows += &row(
            n + 2,
            vec![
                format!("{}A", 1_000_000 + n),
                format!("Nom{n}"),
                "Prénom".to_owned(),
                "1985-05-12".to_owned(),
                "12 rue de l'Exemple, 80000 Amiens".to_owned(),
                format!("personne{n}@exemple.fr"),
                "06 99 00 00 00".to_owned(),
                "Développement web".to_owned(),
                "actif".to_owned(),
                "x".repeat(40),
            ],
        );
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let of_office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let of_package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let office_type = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let types = format!(
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{office_type}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{office_type}.worksheet+xml"/></Types>"#
    );
    let parts = [
        ("[Content_Types].xml", types),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{of_package}"><Relationship Id="rId1" Type="{of_office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{main}" xmlns:r="{of_office}"><sheets><sheet name="Personnes" sheetId="1" r:id="rId1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{of_package}"><Relationship Id="rId1" Type="{of_office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(r#"<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>"#),
        ),
    ];
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    let mut read_bytes = 0;
    for (name, part) in parts {
        file.start_file(name, SimpleFileOptions::default()).unwrap();
        file.write_all(part.as_bytes()).unwrap();
        read_bytes += part.len();
    }
    let body = file.finish().unwrap().into_inner();
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Page {
        body,
        read_bytes,
        ..page(
            "xlsx",
            media_type,
            BlockRules::Xlsx(table_rules()),
            String::new(),
        )
    }
}
