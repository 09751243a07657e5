use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::*;
use crate::table::{ColumnRule, MapColumn};
use digue_identifiers::identifier::{IdentifierKind, Pick};
use digue_identifiers::reading::WhyNobody;
use digue_identifiers::shape::IdentifierShape;

const SHAPE: &str = "[0-9]{7}[A-Z]";

fn kinds(shape: Option<&str>) -> Vec<IdentifierKind> {
    let shape = shape.map(|shape| IdentifierShape::new(&format!("^(?:{shape})$")).unwrap());
    vec![IdentifierKind {
        name: "numero".into(),
        steps: vec![],
        shape,
    }]
}

fn rules() -> TableRules {
    let numero = ColumnRule::new(MapColumn::Named("numero".into()), Pick::whole(0, "numero"));
    TableRules {
        columns: vec![numero],
        ..TableRules::default()
    }
}

fn look_with(
    rules: &TableRules,
    shape: Option<&str>,
    bytes: &[u8],
    limit: usize,
) -> Result<(Vec<String>, ReadingTally), ReadFailure> {
    let kinds = kinds(shape);
    let mut found = Collector::new(&kinds, &[], 10_000);
    let tally = read(rules, bytes, limit, &mut found).map_err(|unreadable| unreadable.detail)?;
    let texts = found
        .into_identifiers()
        .into_iter()
        .map(|identifier| identifier.text.to_string());
    Ok((texts.collect(), tally))
}

fn look(bytes: &[u8]) -> Result<Vec<String>, ReadFailure> {
    look_with(&rules(), Some(SHAPE), bytes, 4 << 20).map(|(found, _)| found)
}

#[track_caller]
fn check_cause(bytes: &[u8], cause: UnreadCause, place: &str) {
    let read = look(bytes);
    assert!(
        matches!(&read, Err(why) if why.cause == cause && why.place.as_str() == place),
        "{read:?}"
    );
}

/// A workbook written part by part.
#[derive(Default)]
struct Book {
    sheets: Vec<(String, String)>,
    strings: Option<String>,
    styles: Option<String>,
    /// Name, type and text.
    others: Vec<(&'static str, &'static str, String)>,
    /// Relations of the first sheet.
    links: String,
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const DOCUMENT: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const VND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

impl Book {
    fn sheet(rows: &str) -> Self {
        Self::default().and_sheet("Feuille", rows)
    }

    fn and_sheet(mut self, name: &str, rows: &str) -> Self {
        let data = format!("<sheetData>{rows}</sheetData>");
        self.sheets.push((name.to_owned(), data));
        self
    }

    fn after_data(mut self, more: &str) -> Self {
        self.sheets[0].1.push_str(more);
        self
    }

    fn and_part(mut self, name: &'static str, kind: &'static str, text: impl Into<String>) -> Self {
        self.others.push((name, kind, text.into()));
        self
    }

    fn formats(mut self, codes: &[&str]) -> Self {
        let mut formats = String::new();
        let mut cells = String::from("<xf numFmtId='0'/>");
        for (number, code) in codes.iter().enumerate() {
            let id = 164 + number;
            let code = code
                .replace('&', "&amp;")
                .replace('"', "&quot;")
                .replace('<', "&lt;");
            write!(formats, "<numFmt numFmtId='{id}' formatCode=\"{code}\"/>").unwrap();
            write!(cells, "<xf numFmtId='{id}'/>").unwrap();
        }
        self.styles = Some(format!(
            "<styleSheet xmlns='{MAIN}'><numFmts>{formats}</numFmts><cellXfs>{cells}</cellXfs></styleSheet>"
        ));
        self
    }

    fn parts(&self) -> Vec<(String, String)> {
        let mut types = String::from(
            "<Default Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/>\
             <Default Extension='png' ContentType='image/png'/>",
        );
        let mut relations = String::new();
        let mut sheets = String::new();
        let mut parts = Vec::new();
        let mut kinds = vec![(
            "xl/workbook.xml".to_owned(),
            format!("{VND}.sheet.main+xml"),
        )];
        for (number, (name, text)) in self.sheets.iter().enumerate() {
            let path = format!("worksheets/sheet{number}.xml");
            write!(
                sheets,
                "<sheet name=\"{name}\" sheetId='{number}' r:id='s{number}'/>"
            )
            .unwrap();
            write!(
                relations,
                "<Relationship Id='s{number}' Type='{DOCUMENT}/worksheet' Target='{path}'/>"
            )
            .unwrap();
            kinds.push((format!("xl/{path}"), format!("{VND}.worksheet+xml")));
            let text = format!("<worksheet xmlns='{MAIN}' xmlns:r='{DOCUMENT}'>{text}</worksheet>");
            parts.push((format!("xl/{path}"), text));
        }
        for (name, text) in [("sharedStrings", &self.strings), ("styles", &self.styles)] {
            if let Some(text) = text {
                write!(
                    relations,
                    "<Relationship Id='{name}' Type='{DOCUMENT}/{name}' Target='/xl/{name}.xml'/>"
                )
                .unwrap();
                kinds.push((format!("xl/{name}.xml"), format!("{VND}.{name}+xml")));
                parts.push((format!("xl/{name}.xml"), text.clone()));
            }
        }
        for (name, kind, text) in &self.others {
            kinds.push(((*name).to_owned(), (*kind).to_owned()));
            parts.push(((*name).to_owned(), text.clone()));
        }
        for (name, kind) in kinds {
            write!(types, "<Override PartName='/{name}' ContentType='{kind}'/>").unwrap();
        }
        if !self.links.is_empty() {
            parts.push((
                "xl/worksheets/_rels/sheet0.xml.rels".into(),
                wrapped("Relationships", &self.links),
            ));
        }
        let book = format!(
            "<workbook xmlns='{MAIN}' xmlns:r='{DOCUMENT}'><sheets>{sheets}</sheets></workbook>"
        );
        let root = format!(
            "<Relationship Id='b' Type='{DOCUMENT}/officeDocument' Target='xl/workbook.xml'/>"
        );
        parts.push(("[Content_Types].xml".into(), wrapped("Types", &types)));
        parts.push(("_rels/.rels".into(), wrapped("Relationships", &root)));
        parts.push(("xl/workbook.xml".into(), book));
        parts.push((
            "xl/_rels/workbook.xml.rels".into(),
            wrapped("Relationships", &relations),
        ));
        parts
    }

    fn pack(&self) -> Vec<u8> {
        pack(&self.parts())
    }
}

fn wrapped(element: &str, inner: &str) -> String {
    format!("<{element}>{inner}</{element}>")
}

fn pack(parts: &[(String, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive
            .start_file(name.as_str(), zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn inline(text: &str) -> String {
    format!("<c t='inlineStr'><is><t>{text}</t></is></c>")
}

fn row(cells: &[&str]) -> String {
    let cells: String = cells
        .iter()
        .map(|cell| {
            if cell.starts_with('<') {
                (*cell).to_owned()
            } else {
                inline(cell)
            }
        })
        .collect();
    format!("<row>{cells}</row>")
}

/// A sheet with a header and one person, and these rows.
fn person_and(rows: &str) -> Book {
    Book::sheet(&(row(&["numero", "nom"]) + &row(&["1000001A", "Martin"]) + rows))
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/tests/fixtures/{name}.xlsx",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

#[test]
fn ordinary_workbooks_of_other_programs() {
    check_cause(
        &fixture("10-xlsx-formula-id"),
        UnreadCause::Formula,
        "sheet 1 A3",
    );
    let digits = look_with(
        &rules(),
        Some("[0-9]{7}"),
        &fixture("12-xlsx-zero-format"),
        1 << 20,
    )
    .unwrap();
    assert_eq!(
        (digits.0.as_slice(), digits.1.records),
        (&["0001234".to_owned()][..], 2)
    );
    assert_eq!(look(&fixture("13-xlsx-title-row")).unwrap(), ["1000001A"]);
    assert_eq!(
        look(&fixture("14-xlsx-legend-sheet")).unwrap(),
        ["1000001A"]
    );
    check_cause(
        &fixture("15-xlsx-empty-id"),
        UnreadCause::NamelessRecord,
        "sheet 1 B3",
    );
    check_cause(
        &fixture("16-xlsx-formula-zero"),
        UnreadCause::Formula,
        "sheet 1 A2",
    );
}

#[test]
fn reads_texts_and_whole_numbers_on_every_sheet() {
    let mut book = Workbook::new();
    for offset in [0, 10] {
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "nom").unwrap();
        sheet.write(0, 1, " Numero\n").unwrap();
        sheet.write(1, 1, format!("A{offset}")).unwrap();
        sheet.write(3, 1, 1_234_567 + offset).unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    let (found, tally) = look_with(&rules(), None, &bytes, 1 << 20).unwrap();
    assert_eq!(
        (found.join(" ").as_str(), tally.records),
        ("A0 1234567 A10 1234577", 4)
    );
}

#[test]
fn a_far_corner_costs_nothing_and_a_bomb_stops_at_the_limit() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "numero").unwrap();
    sheet.write(1, 0, "1000001A").unwrap();
    sheet.write(1_048_575, 16_383, "x").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    check_cause(&bytes, UnreadCause::NamelessRecord, "sheet 1 XFD1048576");
    let rows: String = (0..20_000)
        .map(|_| row(&["", "the same text again and again"]))
        .collect();
    let bytes = Book::sheet(&rows).pack();
    let read = look_with(&rules(), Some(SHAPE), &bytes, 100_000);
    assert_eq!(read.unwrap_err().cause, UnreadCause::TooLarge);
}

#[test]
fn a_text_that_many_cells_share_is_never_copied() {
    let long = "x".repeat(1 << 20);
    let mut book = person_and(&row(&["1000002B", "<c t='s'><v>0</v></c>"]).repeat(50_000));
    book.strings = Some(format!("<sst><si><t>{long}</t></si></sst>"));
    let bytes = book.pack();
    assert!(bytes.len() < 64 << 10);
    let (found, tally) = look_with(&rules(), Some(SHAPE), &bytes, 8 << 20).unwrap();
    assert_eq!(
        (found.join(" ").as_str(), tally.records),
        ("1000001A 1000002B", 50_001)
    );
    assert_eq!(
        uploaded_sheets(&bytes, 8 << 20, 100_000),
        Err(Unreadable::too_large())
    );
    // A row of many references is not a header, however often the text occurs.
    let wide = "<c t='s'><v>0</v></c>".repeat(16_000);
    let wide = Book {
        strings: book.strings.clone(),
        ..Book::sheet(&format!("<row>{wide}</row>").repeat(8))
    };
    assert!(look_with(&rules(), Some(SHAPE), &wide.pack(), 8 << 20).is_err());
    // In a sheet without the column it is examined once.
    let twice = Book {
        strings: book.strings.clone(),
        ..Book::sheet(&row(&["<c t='s'><v>0</v></c>", "x"]).repeat(50_000))
    };
    assert!(look_with(&rules(), Some(SHAPE), &twice.pack(), 8 << 20).is_err());
}

#[test]
fn what_is_no_workbook_is_unreadable() {
    for bytes in [&b"PK\x03\x04 not really"[..], b"", b"numero;nom"] {
        assert!(look(bytes).is_err());
    }
}

#[test]
fn a_formula_is_read_when_its_text_fits_and_never_from_a_number() {
    let cell = |cell: &str| look(&person_and(&row(&[cell, "Durand"])).pack());
    assert_eq!(
        cell("<c t='str'><f>A1</f><v>1000002B</v></c>").unwrap(),
        ["1000001A", "1000002B"]
    );
    for unread in [
        "<c><f>A1</f></c>",
        "<c><f>A1</f><v/></c>",
        "<c><f>A1</f><v>0</v></c>",
        "<c t='str'><f>A1</f><v></v></c>",
        "<c t='str'><f>A1</f><v>Durand</v></c>",
        "<c t='e'><f>A1</f><v>#N/A</v></c>",
        "<c t='b'><f t='shared' si='0'/><v>1</v></c>",
    ] {
        assert_eq!(
            cell(unread)
                .unwrap_err()
                .to_string()
                .split(", shape")
                .next(),
            Some("formula, rule numero, at sheet 1 A3"),
            "{unread}"
        );
    }
    // The text in the formula is not the stored result.
    let lie = cell("<c t='str'><f>HYPERLINK(\"/fiche/1000009Z\",\"x\")</f><v>1000002B</v></c>");
    check_not_passed_over(&lie, "formula");
    let believes = TableRules {
        believes_formulas: true,
        ..rules()
    };
    let bytes = person_and(&row(&["<c t='str'><f>A1</f><v>x</v></c>", "Durand"])).pack();
    assert_eq!(
        look_with(&believes, None, &bytes, 1 << 20).unwrap().0,
        ["1000001A", "x"]
    );
    assert!(look_with(&rules(), None, &bytes, 1 << 20).is_err());
}

#[test]
fn dates_truth_values_and_errors_are_no_identifiers() {
    for cell in [
        "<c t='b'><v>1</v></c>",
        "<c t='e'><v>#REF!</v></c>",
        "<c t='d'><v>2026-11-28</v></c>",
        "<c s='1'><v>46354</v></c>",
        "<c t='x'><v>1</v></c>",
        "<c s='9'><v>1</v></c>",
    ] {
        let book = person_and(&row(&[cell, "Durand"])).formats(&["dd/mm/yyyy"]);
        check_cause(&book.pack(), UnreadCause::CellType, "sheet 1 A3");
    }
    let book = person_and(&row(&["1000002B", "<c t='e'><v>#REF!</v></c>"])).formats(&[]);
    assert_eq!(look(&book.pack()).unwrap(), ["1000001A", "1000002B"]);
}

#[test]
fn the_identifier_is_what_the_format_shows() {
    let book = person_and(&row(&["<c s='1'><v>1000002</v></c>", "x"])).formats(&["0\"B\""]);
    assert_eq!(look(&book.pack()).unwrap(), ["1000001A", "1000002B"]);
    let book = person_and(&row(&[
        "<c s='1' t='inlineStr'><is><t>1000002</t></is></c>",
        "x",
    ]))
    .formats(&["@\"B\""]);
    assert_eq!(look(&book.pack()).unwrap(), ["1000001A", "1000002B"]);
    let book = person_and(&row(&["<c><v>1.5</v></c>", "x"]));
    check_cause(&book.pack(), UnreadCause::InexactNumber, "sheet 1 A3");
}

/// An identifier outside the cells counts as shown, or makes the file unreadable.
#[track_caller]
fn check_not_passed_over(read: &Result<Vec<String>, ReadFailure>, what: &str) {
    match read {
        Ok(found) => assert!(found.iter().any(|id| id == "1000009Z"), "{what}: {found:?}"),
        Err(why) => assert_eq!(why.cause, UnreadCause::UnreadPart, "{what}"),
    }
}

#[test]
fn letters_may_be_written_in_every_way_that_the_format_knows() {
    let mut book = person_and(
        &(row(&["<c t='s'><v>0</v></c>", "x"])
            + &row(&["1000003_x0043_", "x"])
            + &row(&["1000004&#68;", "x"])),
    );
    book.strings = Some(
        "<x:sst xmlns:x='u'><x:si><x:r><x:t>10000</x:t></x:r><x:r><x:t>02B</x:t></x:r><x:rPh><x:t>lu</x:t></x:rPh></x:si></x:sst>".into(),
    );
    let mut found = look(&book.pack()).unwrap();
    // Shared texts are searched before the sheets.
    found.sort();
    assert_eq!(found, ["1000001A", "1000002B", "1000003C", "1000004D"]);
    let commented = person_and(
        "<row><!-- 1000001A --><c t='inlineStr'><is><t>10000<!-- x -->02B</t></is></c></row>",
    );
    assert_eq!(look(&commented.pack()).unwrap(), ["1000001A", "1000002B"]);
    let stray = person_and("<row>1000009Z<c t='inlineStr'><is><t>1000002B</t></is></c></row>");
    check_not_passed_over(&look(&stray.pack()), "between cells");
}

#[test]
fn a_place_names_no_sheet_and_no_part() {
    let book = person_and("").and_sheet(
        "DURAND Marie",
        &(row(&["numero", "nom"]) + &row(&["", "Durand"])),
    );
    check_cause(&book.pack(), UnreadCause::NamelessRecord, "sheet 2 B2");
    let book = person_and("").and_part("xl/marie-durand.bin", "application/octet-stream", "x");
    let unread = look(&book.pack()).unwrap_err();
    assert_eq!(unread.cause, UnreadCause::UnreadPart);
    assert!(unread.place.as_str().starts_with("part "), "{unread}");
}

#[test]
fn a_sheet_without_the_column_is_looked_through() {
    let with = |rows: &str| look(&person_and("").and_sheet("Légende", rows).pack());
    assert_eq!(
        with(&(row(&["Code", "Sens"]) + &row(&["A", "actif"]))).unwrap(),
        ["1000001A"]
    );
    assert_eq!(with("").unwrap(), ["1000001A"]);
    let held = with(&(row(&["ref", "nom"]) + &row(&["1000002B", "Durand"]))).unwrap_err();
    assert_eq!(
        (held.cause, held.place.as_str()),
        (UnreadCause::Column, "sheet 2")
    );
    let bytes = Book::sheet(&(row(&["nom"]) + &row(&["Martin"]))).pack();
    assert_eq!(look(&bytes).unwrap_err().cause, UnreadCause::Column);
    let bytes = Book::sheet(&row(&["numero"]))
        .and_sheet("x", &row(&["a", "b"]))
        .pack();
    assert!(look_with(&rules(), None, &bytes, 1 << 20).is_err());
    let bytes = Book::sheet(&row(&["numero"]))
        .and_sheet("x", &row(&["Confidentiel"]))
        .pack();
    assert_eq!(
        look_with(&rules(), None, &bytes, 1 << 20).unwrap().1.nobody,
        Some(WhyNobody::EmptyTable)
    );
}

#[test]
fn rows_and_cells_that_programs_read_differently_are_not_read() {
    for rows in [
        "<row r='1'><c r='A1' t='inlineStr'><is><t>numero</t></is></c></row><row r='1'><c r='A1' t='inlineStr'><is><t>1000001A</t></is></c></row>",
        "<row r='1'><c r='A1' t='inlineStr'><is><t>numero</t></is></c></row><row r='2'><c r='A2' t='inlineStr'><is><t>1000001A</t></is></c><c r='A2' t='inlineStr'><is><t>1000002B</t></is></c></row>",
        "<row r='1'><c r='A1' t='inlineStr'><is><t>numero</t></is></c></row><row r='2'><c r='A3' t='inlineStr'><is><t>1000001A</t></is></c></row>",
    ] {
        assert_eq!(
            look(&Book::sheet(rows).pack()).unwrap_err().cause,
            UnreadCause::Ambiguous,
            "{rows}"
        );
    }
}

#[test]
fn identifiers_besides_the_cells_are_not_passed_over() {
    let comments = format!("{VND}.comments+xml").leak();
    let pivot = format!("{VND}.pivotCacheRecords+xml").leak();
    let drawing = "application/vnd.openxmlformats-officedocument.drawing+xml";
    let held = |text: &str| {
        [
            person_and("").and_part(
                "xl/comments1.xml",
                comments,
                format!("<comments><text><r><t>voir {text}</t></r></text></comments>"),
            ),
            person_and("").and_part(
                "xl/drawings/drawing1.xml",
                drawing,
                format!("<wsDr><cNvPr name='x' descr='fiche {text}'/></wsDr>"),
            ),
            person_and("").and_part(
                "xl/pivotCache/pivotCacheRecords1.xml",
                pivot,
                format!("<p><r><s v='{text}'/></r></p>"),
            ),
            person_and("").and_part(
                "customXml/item1.xml",
                "application/xml",
                format!("<a b='{text}'/>"),
            ),
            person_and("").and_part(
                "docProps/core.xml",
                "application/vnd.openxmlformats-package.core-properties+xml",
                format!("<p><title>{text}</title></p>"),
            ),
            person_and("").after_data(&format!(
                "<headerFooter><oddHeader>&amp;C{text}</oddHeader></headerFooter>"
            )),
            person_and("").after_data(&format!(
                "<autoFilter><filters><filter val='{text}'/></filters></autoFilter>"
            )),
            person_and("").after_data(&format!("<dataValidation prompt='{text}'/>")),
            person_and("").after_data(&format!("<formula1>\"x,{text}\"</formula1>")),
            Book {
                links: format!(
                    "<Relationship Id='l' Type='h/hyperlink' TargetMode='External' Target='https://portail.test/fiche/{text}?x=1'/>"
                ),
                ..person_and("")
            },
            Book {
                strings: Some(format!("<sst><si><t>{text}</t></si></sst>")),
                ..person_and("")
            },
            person_and(&row(&[
                "",
                "<c t='inlineStr'><is><t/><rPh><t>x</t></rPh></is></c>",
            ]))
            .and_sheet(&format!("Fiche {text}"), ""),
        ]
    };
    for (number, book) in held("1000009Z").iter().enumerate() {
        check_not_passed_over(&look(&book.pack()), &number.to_string());
    }
    // An identifier that a cell also shows is not another person.
    for (number, book) in held("1000001A").iter().enumerate() {
        assert_eq!(
            look(&book.pack()).as_deref(),
            Ok(&["1000001A".to_owned()][..]),
            "{number}"
        );
    }
}

#[test]
fn parts_that_nobody_looks_into_make_the_file_unreadable() {
    let part = |name, kind| look(&person_and("").and_part(name, kind, "x").pack());
    for (name, kind) in [
        ("xl/vbaProject.bin", "application/vnd.ms-office.vbaProject"),
        (
            "xl/embeddings/book.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("xl/other.bin", ""),
    ] {
        assert_eq!(
            part(name, kind).unwrap_err().cause,
            UnreadCause::UnreadPart,
            "{name}"
        );
    }
    assert!(part("xl/media/logo.png", "image/png").is_ok());
    let records = (0..30)
        .map(|n| format!("<s v='nom {n}'/>"))
        .collect::<String>();
    let cache = person_and("").and_part(
        "xl/pivotCache/pivotCacheRecords1.xml",
        "application/x+xml",
        format!("<p>{records}</p>"),
    );
    assert_eq!(
        look(&cache.pack()).unwrap_err().cause,
        UnreadCause::UnreadPart
    );
    let twice = person_and("").and_sheet("FEUILLE", "");
    assert_eq!(
        look(&twice.pack()).unwrap_err().cause,
        UnreadCause::UnreadPart
    );
    let unlisted = person_and("").and_part(
        "xl/worksheets/hidden.xml",
        format!("{VND}.worksheet+xml").leak(),
        "<worksheet/>",
    );
    assert_eq!(
        look(&unlisted.pack()).unwrap_err().cause,
        UnreadCause::UnreadPart
    );
}

#[test]
fn no_byte_of_the_archive_lies_outside_of_its_parts() {
    let bytes = person_and("").pack();
    assert!(look(&bytes).is_ok());
    let before = [b"1000009Z", bytes.as_slice()].concat();
    let behind = [bytes.as_slice(), b"1000009Z"].concat();
    for bytes in [before, behind] {
        assert!(look(&bytes).is_err());
    }
    let parts = person_and("").parts();
    let mut upper = parts.clone();
    upper.push(("XL/WORKSHEETS/SHEET0.XML".into(), "<worksheet/>".into()));
    assert_eq!(
        look(&pack(&upper)).unwrap_err().cause,
        UnreadCause::UnreadPart
    );
    // Another name in the local header than in the central directory.
    let mut renamed = bytes.clone();
    let at = renamed
        .windows(13)
        .position(|window| window == b"sheet0.xmlPK\x03" || window.starts_with(b"xl/worksheets"))
        .unwrap();
    renamed[at] = b'y';
    assert!(look(&renamed).is_err());
}

#[test]
fn an_upload_has_no_cell_that_is_silently_blank() {
    let upload = |cell: &str| {
        let book = Book::sheet(&row(&["x", cell])).formats(&["yyyy-mm-dd", "0.00"]);
        let sheets = uploaded_sheets(&book.pack(), 1 << 20, 10).unwrap();
        match sheets[0].rows[0].cells.get(&1) {
            None => Ok(None),
            Some(UploadedCell::Unreadable(why, text)) => Err(format!("{why:?}: {text}")),
            Some(UploadedCell::Number(number)) => {
                Ok(Some(format!("{} {:?}", number.value, number.quantity)))
            }
            Some(UploadedCell::Truth(is_true)) => Ok(Some(is_true.to_string())),
            Some(UploadedCell::Text(text)) => Ok(Some(text.clone())),
        }
    };
    assert_eq!(
        upload("<c s='1'><v>46354</v></c>"),
        Ok(Some("2026-11-28".into()))
    );
    assert_eq!(
        upload("<c s='2'><v>1.5</v></c>"),
        Ok(Some("1.5 Plain".into()))
    );
    assert_eq!(upload("<c t='b'><v>1</v></c>"), Ok(Some("true".into())));
    assert_eq!(
        upload("<c><f>1+1</f><v>2</v></c>"),
        Ok(Some("2 Plain".into()))
    );
    assert_eq!(
        upload("<c s='2'><v>19.989999999999998</v></c>"),
        Ok(Some("19.99 Plain".into()))
    );
    assert_eq!(upload("<c t='str'><f>T(A1)</f><v></v></c>"), Ok(None));
    assert_eq!(upload("<c s='1'/>"), Ok(None));
    assert_eq!(
        upload("<c t='e'><v>#N/A</v></c>"),
        Err("Error: #N/A".into())
    );
    assert_eq!(
        upload("<c t='e'><f>NA()</f><v>#N/A</v></c>"),
        Err("Error: #N/A".into())
    );
    assert_eq!(upload("<c><f>1+1</f></c>"), Err("Formula: =1+1".into()));
    assert_eq!(
        upload("<c><f>1+1</f><v>0</v></c>"),
        Err("Formula: =1+1".into())
    );
    // A time, and a reference to an empty cell, are not dates.
    assert_eq!(upload("<c s='1'><v>0</v></c>"), Ok(Some("0 Other".into())));
    assert_eq!(
        upload("<c s='1'><v>0.5</v></c>"),
        Ok(Some("0.5 Other".into()))
    );
}

#[test]
fn an_upload_keeps_what_is_hidden_and_says_which_cells_are_shown_as_one() {
    let rows = row(&[
        "x",
        "<c t='inlineStr' s='1'><is><t>caché</t></is></c>",
        "<c s='1'><v>77</v></c>",
    ]);
    let merges = "<mergeCells><mergeCell ref='B2:C2'/><mergeCell ref='A1:A3'/></mergeCells>";
    let book = Book::sheet(&rows).formats(&[";;;"]).after_data(merges);
    let sheets = uploaded_sheets(&book.pack(), 1 << 20, 10).unwrap();
    let texts: Vec<&str> = sheets[0].rows[0]
        .cells
        .values()
        .map(UploadedCell::seen)
        .collect();
    assert_eq!(texts, ["x", "caché", "77"]);
    let covered: Vec<String> = sheets[0].covered.iter().map(CoveredCells::name).collect();
    assert_eq!(covered, ["B2:C2", "A1:A3"]);
    // A document of another program in the same kind of archive has no sheet.
    let none = Book::default().pack();
    assert!(uploaded_sheets(&none, 1 << 20, 10).is_err());
}

/// One way to write a person's number into a cell.
#[derive(Clone, Debug)]
enum Writing {
    Inline,
    Shared,
    Computed,
    ByFormat,
    Escaped,
    // Those that cannot be read.
    Uncomputed,
    Zero,
    Day,
    Truth,
    Blank,
}

fn writing() -> impl Strategy<Value = Writing> {
    prop_oneof![
        8 => Just(Writing::Inline), 8 => Just(Writing::Shared), 4 => Just(Writing::Computed),
        4 => Just(Writing::ByFormat), 4 => Just(Writing::Escaped), 1 => Just(Writing::Uncomputed),
        1 => Just(Writing::Zero), 1 => Just(Writing::Day), 1 => Just(Writing::Truth), 1 => Just(Writing::Blank),
    ]
}

fn written(number: u32, writing: &Writing, strings: &mut Vec<String>) -> String {
    let letters = ["A", "B", "C", "D"];
    let letter = letters[number as usize % 4];
    let id = format!("{number:07}{letter}");
    match writing {
        Writing::Inline => inline(&id),
        Writing::Shared => {
            strings.push(id);
            format!("<c t='s'><v>{}</v></c>", strings.len() - 1)
        }
        Writing::Computed => format!(
            "<c t='str'><f>\"{}\"&amp;\"x\"</f><v>{id}</v></c>",
            &id[..3]
        ),
        Writing::ByFormat => format!("<c s='{}'><v>{number}.0</v></c>", number % 4 + 1),
        Writing::Escaped => inline(&format!("{}_x{:04X}_", &id[..7], letter.as_bytes()[0])),
        Writing::Uncomputed => format!("<c><f>\"{id}\"</f></c>"),
        Writing::Zero => format!("<c><f>\"{id}\"</f><v>0</v></c>"),
        Writing::Day => format!("<c s='5'><v>{number}</v></c>"),
        Writing::Truth => "<c t='b'><v>1</v></c>".into(),
        Writing::Blank => inline(" "),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Either every person is found and nobody else, or the workbook is unreadable.
    #[test]
    fn a_workbook_shows_exactly_its_persons_or_is_unreadable(
        sheets in proptest::collection::vec(
            proptest::collection::vec((0u32..9_999_999, writing(), any::<bool>()), 0..6), 1..3),
        has_title in any::<bool>(), has_total in any::<bool>(), is_blank_between in any::<bool>(),
    ) {
        let mut book = Book::default();
        let mut strings = Vec::new();
        let mut truth = std::collections::BTreeSet::new();
        let mut is_unreadable = false;
        for (at, persons) in sheets.iter().enumerate() {
            let mut rows = if has_title { row(&["Liste au 28/11/2026"]) } else { String::new() };
            rows += &row(&["nom", "Numero "]);
            for (number, how, is_followed) in persons {
                rows += &row(&["Durand", &written(*number, how, &mut strings)]);
                is_unreadable |= matches!(how, Writing::Uncomputed | Writing::Zero | Writing::Day | Writing::Truth | Writing::Blank);
                truth.insert(format!("{number:07}{}", ["A", "B", "C", "D"][*number as usize % 4]));
                if *is_followed && is_blank_between {
                    rows += "<row/>";
                }
            }
            if has_total {
                rows += &row(&["Total", &format!("<c><f>SUM(A1:A2)</f><v>{}</v></c>", persons.len())]);
            }
            book = book.and_sheet(&format!("Feuille {at}"), &rows);
        }
        let items: String = strings.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
        book.strings = Some(format!("<sst>{items}</sst>"));
        let book = book.formats(&["0000000\"A\"", "0000000\"B\"", "0000000\\C", "0000000\"D\"", "dd/mm/yy"]);
        match look(&book.pack()) {
            Ok(found) => {
                prop_assert!(!is_unreadable, "{sheets:?}");
                prop_assert_eq!(found.into_iter().collect::<std::collections::BTreeSet<_>>(), truth);
            }
            Err(why) => prop_assert!(is_unreadable, "{why} in {sheets:?}"),
        }
    }

    /// Whichever byte is changed, no person is lost silently.
    #[test]
    fn a_changed_byte_hides_nobody(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = person_and(&row(&["1000002B", "Durand"])).pack();
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(found) = look(&bytes) {
            prop_assert_eq!(found, ["1000001A", "1000002B"]);
        }
    }
}
