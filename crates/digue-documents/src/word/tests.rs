//! Checks every part of a Word file against ISO/IEC 29500-1 and -2.

use std::collections::BTreeSet;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::letter::PostalAddress;
use crate::package::OfficePackage;
use crate::{Document, docx};

/// Children that an element may have.
enum Children {
    /// In this order (`xsd:sequence`).
    InOrder(&'static [&'static str]),
    /// In any (`xsd:choice`, `xsd:all`).
    Any(&'static [&'static str]),
}
use Children::{Any, InOrder};

const RUN: &[&str] = &["rFonts", "b", "bCs", "color", "sz", "szCs", "lang"];

/// Types of ISO/IEC 29500-1, annex A (transitional), with the children that we write and their
/// neighbours. An element is named with its parent where its type depends on it.
const ELEMENTS: &[(&str, Children)] = &[
    ("document", InOrder(&["background", "body"])),
    ("body", InOrder(&["p", "sectPr"])),
    ("p", InOrder(&["pPr", "r"])),
    // CT_PPr.
    (
        "pPr",
        InOrder(&[
            "pStyle",
            "keepNext",
            "numPr",
            "spacing",
            "ind",
            "jc",
            "outlineLvl",
            "rPr",
            "sectPr",
        ]),
    ),
    // CT_PPrGeneral: without rPr.
    (
        "style/pPr",
        InOrder(&[
            "keepNext",
            "keepLines",
            "spacing",
            "ind",
            "jc",
            "outlineLvl",
        ]),
    ),
    ("r", InOrder(&["rPr", "t"])),
    ("rPr", Any(RUN)),
    ("tbl", InOrder(&["tblPr", "tblGrid", "tr"])),
    (
        "tblPr",
        InOrder(&[
            "tblStyle",
            "tblW",
            "jc",
            "tblInd",
            "tblBorders",
            "shd",
            "tblLayout",
            "tblCellMar",
            "tblLook",
        ]),
    ),
    (
        "tblBorders",
        InOrder(&["top", "left", "bottom", "right", "insideH", "insideV"]),
    ),
    ("tblCellMar", InOrder(&["top", "left", "bottom", "right"])),
    ("tblGrid", InOrder(&["gridCol"])),
    ("tr", InOrder(&["tblPrEx", "trPr", "tc"])),
    ("trPr", Any(&["cantSplit", "tblHeader"])),
    ("tc", InOrder(&["tcPr", "p"])),
    (
        "tcPr",
        InOrder(&["tcW", "gridSpan", "vMerge", "tcBorders", "shd"]),
    ),
    (
        "sectPr",
        InOrder(&[
            "headerReference",
            "footerReference",
            "type",
            "pgSz",
            "pgMar",
            "cols",
            "titlePg",
            "docGrid",
        ]),
    ),
    ("hdr", InOrder(&["p"])),
    ("ftr", InOrder(&["p"])),
    ("fldSimple", InOrder(&["r"])),
    ("styles", InOrder(&["docDefaults", "latentStyles", "style"])),
    ("docDefaults", InOrder(&["rPrDefault", "pPrDefault"])),
    ("rPrDefault", InOrder(&["rPr"])),
    ("pPrDefault", InOrder(&["pPr"])),
    (
        "style",
        InOrder(&[
            "name",
            "basedOn",
            "next",
            "link",
            "uiPriority",
            "qFormat",
            "pPr",
            "rPr",
            "tblPr",
        ]),
    ),
    (
        "settings",
        InOrder(&["zoom", "defaultTabStop", "compat", "themeFontLang"]),
    ),
    ("compat", InOrder(&["useFELayout", "compatSetting"])),
    ("Types", Any(&["Default", "Override"])),
    ("Relationships", Any(&["Relationship"])),
    (
        "coreProperties",
        Any(&[
            "title",
            "creator",
            "language",
            "lastModifiedBy",
            "created",
            "modified",
        ]),
    ),
];

fn is_char(sign: char) -> bool {
    matches!(sign, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// Checks that one part is well formed and that each element has only children it may have, in
/// order.
fn check(part: &str, text: &str) -> Result<(), String> {
    if let Some(sign) = text.chars().find(|sign| !is_char(*sign)) {
        return Err(format!("{part}: {sign:?} is no sign of XML"));
    }
    let mut reader = Reader::from_str(text);
    // Open elements, with the position of the last child of each.
    let mut open: Vec<(String, usize)> = vec![(String::new(), 0)];
    loop {
        let event = reader
            .read_event()
            .map_err(|error| format!("{part}: {error}"))?;
        let (name, is_empty) = match &event {
            Event::Start(element) => (local(element.name().as_ref()), false),
            Event::Empty(element) => (local(element.name().as_ref()), true),
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Eof if open.len() == 1 => return Ok(()),
            Event::Eof => return Err(format!("{part}: {open:?} is not closed")),
            _ => continue,
        };
        let grand = open
            .iter()
            .rev()
            .nth(1)
            .map(|(name, _)| name.clone())
            .unwrap_or_default();
        let (parent, last) = open.last_mut().expect("the document itself");
        allows(&grand, parent, &name, last).map_err(|why| format!("{part}: {why}"))?;
        if !is_empty {
            open.push((name, 0));
        }
    }
}

fn allows(grand: &str, parent: &str, child: &str, last: &mut usize) -> Result<(), String> {
    // `body` and `tc` may mix tables and paragraphs, a run texts and breaks.
    let child = match (parent, child) {
        ("body" | "tc", "tbl") => "p",
        ("r", "br" | "tab") => "t",
        ("p", "fldSimple") => "r",
        (_, child) => child,
    };
    let known = |name: &str| {
        ELEMENTS
            .iter()
            .find(|(element, _)| *element == name)
            .map(|(_, children)| children)
    };
    let place = match known(&format!("{grand}/{parent}")).or_else(|| known(parent)) {
        None => return Ok(()),
        Some(Any(children)) => {
            return match children.contains(&child) {
                true => Ok(()),
                false => Err(format!("{child} in {parent}")),
            };
        }
        Some(InOrder(children)) => children.iter().position(|known| *known == child),
    };
    match place {
        Some(place) if place >= *last => {
            *last = place;
            Ok(())
        }
        _ => Err(format!("{child} in {grand}/{parent}, out of order")),
    }
}

/// Checks every part, and that a relationship leads to each.
fn check_file(bytes: &[u8]) -> Result<(), String> {
    let package = OfficePackage::open(bytes).map_err(|error| error.to_string())?;
    let (mut all, mut reached): (BTreeSet<&str>, BTreeSet<String>) =
        (BTreeSet::new(), BTreeSet::new());
    for name in package.names() {
        let text = package
            .text(name)
            .map_err(|error| error.to_string())?
            .unwrap();
        check(name, &text)?;
        match name.strip_suffix(".rels") {
            None => drop(all.insert(name)),
            Some(owner) => {
                let folder = owner.split_once("_rels/").map_or("", |(folder, _)| folder);
                let targets = text
                    .split("Target=\"")
                    .skip(1)
                    .filter_map(|target| target.split('"').next());
                reached.extend(targets.map(|target| format!("{folder}{target}")));
            }
        }
    }
    all.remove("[Content_Types].xml");
    let types = package.text("[Content_Types].xml").unwrap().unwrap();
    for name in &all {
        if !reached.contains(*name) {
            return Err(format!("no relationship leads to {name}"));
        }
        if !types.contains(&format!("PartName=\"/{name}\"")) {
            return Err(format!("{name} has no type of its own"));
        }
    }
    match reached.iter().find(|name| !all.contains(name.as_str())) {
        Some(name) => Err(format!("{name} is not there")),
        None => Ok(()),
    }
}

/// A document of every kind of block, each with this text.
fn full_of(text: &str, made_at: Option<&str>) -> Document {
    let said = || text.to_owned();
    let blocks = vec![
        DocumentBlock::Title(said()),
        DocumentBlock::Heading(said()),
        DocumentBlock::Paragraph(said()),
        DocumentBlock::Quiet(said()),
        DocumentBlock::Point(Some(1), said()),
        DocumentBlock::Point(None, said()),
        DocumentBlock::Pair(said(), said()),
        DocumentBlock::Table {
            header: vec![said(), said()],
            rows: vec![vec![said()], vec![], vec![said(), said()]],
        },
        DocumentBlock::Table {
            header: vec![],
            rows: vec![vec![]],
        },
        DocumentBlock::Squares {
            says: said(),
            beside: said(),
            rows: vec![vec![true, false]],
        },
        DocumentBlock::Letter(Box::new(LetterHead {
            sender: vec![said(), said()],
            recipient: PostalAddress::of(text),
            subject: said(),
            ..LetterHead::default()
        })),
        DocumentBlock::Signature(vec![said(), said()]),
        DocumentBlock::Break,
    ];
    let made_at = made_at.map(ToOwned::to_owned);
    Document {
        title: said(),
        language: "fr",
        foot: said(),
        blocks,
        made_at,
        ..Document::default()
    }
}

#[test]
fn pages_have_their_number_of_all_and_from_the_second_on_the_title() {
    for shape in [PageShape::Portrait, PageShape::Landscape] {
        let document = Document {
            shape,
            ..full_of("Registre & risques", None)
        };
        let package = OfficePackage::open(&docx(&document).unwrap()).unwrap();
        let part = |name: &str| package.text(name).unwrap().unwrap();
        assert!(part("word/header1.xml").contains("Registre &amp; risques"));
        let foot = part("word/footer1.xml");
        assert!(
            foot.contains(" PAGE ") && foot.contains(" NUMPAGES "),
            "{foot}"
        );
        let text = part(DOCUMENT);
        assert_eq!(text.matches("<w:sectPr").count(), 1);
        let is_wide = text.contains("w:orient=\"landscape\"");
        assert!(text.contains("<w:titlePg/>") && is_wide == (shape == PageShape::Landscape));
    }
}

#[test]
fn every_part_is_as_the_schema_has_it_and_reached() {
    let document = full_of(
        "Registre & \"risques\"\nsuite",
        Some("2026-11-28T10:00:00Z"),
    );
    let bytes = docx(&document).unwrap();
    assert_eq!(check_file(&bytes), Ok(()));
    let package = OfficePackage::open(&bytes).unwrap();
    let part = |name: &str| package.text(name).unwrap().unwrap();
    assert!(part(STYLES).contains("w:lang w:val=\"fr-FR\""));
    let core = part("docProps/core.xml");
    assert!(
        core.contains("Registre &amp; &quot;risques&quot; suite") && core.contains("2026-11-28"),
        "{core}"
    );
    let text = part(DOCUMENT);
    assert_eq!(text.matches("<w:tblHeader/>").count(), 1, "{text}");
    assert_eq!(
        text.matches("<w:gridCol ").count(),
        4,
        "two of the pairs, two of the table: {text}"
    );
    assert!(!text.contains("<w:tblGrid />"), "{text}");
    let columns = text
        .split("<w:gridCol ")
        .skip(1)
        .filter_map(|column| column.split('>').next());
    columns.for_each(|column| assert!(!column.contains("w:type"), "{column}"));
}

/// A block that ends in a table, or none, by its number.
fn block_of(kind: usize) -> DocumentBlock {
    let said = || "texte".to_owned();
    match kind {
        0 => DocumentBlock::Pair(said(), said()),
        1 => DocumentBlock::Table {
            header: vec![said()],
            rows: vec![vec![said()]],
        },
        // Printed as nothing: it keeps no two tables apart.
        2 => DocumentBlock::Table {
            header: vec![],
            rows: vec![],
        },
        3 => DocumentBlock::Squares {
            says: said(),
            beside: String::new(),
            rows: vec![],
        },
        _ => DocumentBlock::Paragraph(said()),
    }
}

proptest! {
    /// Word would join them to one table.
    #[test]
    fn no_table_follows_another_directly(kinds in proptest::collection::vec(0_usize..5, 0..12)) {
        let blocks: Vec<DocumentBlock> = kinds.iter().map(|kind| block_of(*kind)).collect();
        let tables = kinds.chunk_by(|one, next| (*one == 0) == (*next == 0));
        let tables: usize =
            tables.map(|run| if run[0] == 0 { 1 } else { run.iter().filter(|kind| **kind == 1).count() }).sum();
        let bytes = docx(&Document { blocks, ..Document::default() }).unwrap();
        let text = OfficePackage::open(&bytes).unwrap().text(DOCUMENT).unwrap().unwrap();
        prop_assert_eq!(text.matches("<w:tbl>").count(), tables, "{}", text);
        prop_assert!(!text.contains("</w:tbl><w:tbl>"), "{}", text);
    }
}

#[test]
fn the_order_of_the_schema_is_checked() {
    let style = "<w:styles><w:style><w:name/><w:rPr/><w:pPr/></w:style></w:styles>";
    assert!(check("", style).is_err());
    assert!(
        check(
            "",
            "<w:styles><w:style><w:pPr><w:rPr/></w:pPr></w:style></w:styles>"
        )
        .is_err()
    );
    assert!(check("", "<w:settings><w:defaultTabStop/><w:zoom/></w:settings>").is_err());
    assert!(check("", "<w:p>\u{b}</w:p>").is_err());
    assert!(check("", "<w:p>").is_err());
}

#[test]
fn a_title_that_each_letter_has_itself_is_not_printed() {
    let document = Document {
        title: "Courrier".into(),
        has_own_titles: true,
        ..Document::default()
    };
    let package = OfficePackage::open(&docx(&document).unwrap()).unwrap();
    assert!(
        !package
            .text(DOCUMENT)
            .unwrap()
            .unwrap()
            .contains("Courrier")
    );
    assert!(
        package
            .text("docProps/core.xml")
            .unwrap()
            .unwrap()
            .contains("Courrier")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_in_any_place_gives_a_word_file_that_opens(
        text in any::<String>(),
        hostile in "[\u{0}-\u{20}\u{7f}-\u{a0}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}<>&\"']{0,12}",
        made_at in proptest::option::of("[0-9TZ:.<&\u{b}-]{0,30}"),
    ) {
        let document = full_of(&format!("{text}{hostile}"), made_at.as_deref());
        prop_assert_eq!(check_file(&docx(&document).unwrap()), Ok(()));
    }
}
