//! Writes the parts of a Word file other than its text, and corrects the markup of the library.
//!
//! ISO/IEC 29500-1 prescribes the order of most child elements, and -2 a relationship to every
//! part. `docx_rs` respects neither, so styles, settings and the list of parts are written here.

use crate::package::{CORE, OfficePackage};
use crate::properties::{self, with_country};
use crate::text::PrintableDocument;
use crate::{PageShape, Unprintable, text::escaped};

use super::BODY_SIZE;

pub(crate) const DOCUMENT: &str = "word/document.xml";
pub(crate) const STYLES: &str = "word/styles.xml";
const FONTS: &str = "word/fontTable.xml";
const HEADER: &str = "word/header1.xml";
const FOOTER: &str = "word/footer1.xml";

/// Parts that our documents do not use and that no relationship leads to.
const UNUSED: [&str; 5] = [
    "docProps/custom.xml",
    "word/comments.xml",
    "word/commentsExtended.xml",
    "word/footnotes.xml",
    "word/numbering.xml",
];

/// The heading styles: our id, the name that Word files use in every language, the outline level
/// from 0, the size in half-points.
pub(crate) const HEADINGS: [(&str, &str, u8, u8); 2] = [
    ("Heading1", "heading 1", 0, 34),
    ("Heading2", "heading 2", 1, 26),
];

/// The file with every part as the standard requires.
pub(super) fn completed(
    bytes: &[u8],
    document: &PrintableDocument,
) -> Result<Vec<u8>, Unprintable> {
    let mut package = OfficePackage::open(bytes)?;
    package.leave_out(&UNUSED);
    if let Some(text) = package.text(DOCUMENT)? {
        let text = with_plain_columns(&with_header_rows(&ordered(&text)));
        package.replace(DOCUMENT, with_section(&text, document.shape));
    }
    package.add(HEADER, header(&document.title));
    package.add(FOOTER, footer(&document.foot));
    package.replace(STYLES, styles(document.language));
    package.replace("word/settings.xml", settings());
    package.replace(FONTS, fonts());
    package.replace("[Content_Types].xml", content_types());
    package.replace(
        "_rels/.rels",
        relationships(&[
            ("http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", CORE),
            (&office("extended-properties"), "docProps/app.xml"),
            (&office("officeDocument"), DOCUMENT),
        ]),
    );
    package.replace(
        "word/_rels/document.xml.rels",
        relationships(&[
            (&office("styles"), "styles.xml"),
            (&office("settings"), "settings.xml"),
            (&office("header"), "header1.xml"),
            (&office("footer"), "footer1.xml"),
            (&office("fontTable"), "fontTable.xml"),
        ]),
    );
    package.replace(
        CORE,
        properties::core(
            &document.title,
            document.language,
            document.made_at.as_deref(),
        ),
    );
    package.written()
}

/// Moves `w:rPr` behind the other properties of a paragraph (ISO/IEC 29500-1, CT_PPr); the library
/// writes it first.
fn ordered(text: &str) -> String {
    const OPEN: &str = "<w:pPr>";
    let mut ordered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let inside = start + OPEN.len();
        ordered.push_str(&rest[..inside]);
        rest = &rest[inside..];
        let run = run_properties(rest);
        let (run, others) = rest.split_at(run);
        let end = others.find("</w:pPr>").unwrap_or(0);
        ordered.push_str(&others[..end]);
        ordered.push_str(run);
        rest = &others[end..];
    }
    ordered.push_str(rest);
    ordered
}

/// Length in bytes of the `w:rPr` at the start of a text; 0 when there is none.
fn run_properties(text: &str) -> usize {
    for empty in ["<w:rPr />", "<w:rPr/>"] {
        if text.starts_with(empty) {
            return empty.len();
        }
    }
    const CLOSE: &str = "</w:rPr>";
    if text.starts_with("<w:rPr>") {
        text.find(CLOSE).map_or(0, |end| end + CLOSE.len())
    } else {
        0
    }
}

/// Makes rows marked `cantSplit` repeat as headers on each page, which the library cannot express.
/// A replacement is safe: markup inside a text is escaped.
fn with_header_rows(text: &str) -> String {
    text.replace(
        "<w:trPr><w:cantSplit /></w:trPr>",
        "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>",
    )
}

/// Removes the unit from grid columns: they have a width only (CT_TblGridCol).
fn with_plain_columns(text: &str) -> String {
    const OPEN: &str = "<w:gridCol ";
    let mut parts = text.split(OPEN);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (mark, rest) = part.split_at(part.find('>').unwrap_or(part.len()));
        plain.push_str(OPEN);
        plain.push_str(&mark.replace(" w:type=\"dxa\"", ""));
        plain.push_str(rest);
    }
    plain
}

/// Replaces the section's properties: the library knows no first page. The title stands at the head
/// of every page but the first, which has it as its heading; the foot on all.
fn with_section(text: &str, shape: PageShape) -> String {
    const CLOSE: &str = "</w:body>";
    let end = text.rfind(CLOSE).unwrap_or(text.len());
    let start = text[..end].rfind("<w:sectPr").unwrap_or(end);
    let size = match shape {
        PageShape::Portrait => "w:w=\"11906\" w:h=\"16838\"",
        PageShape::Landscape => "w:w=\"16838\" w:h=\"11906\" w:orient=\"landscape\"",
    };
    format!(
        "{}<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId3\"/>\
         <w:footerReference w:type=\"default\" r:id=\"rId4\"/>\
         <w:footerReference w:type=\"first\" r:id=\"rId4\"/><w:pgSz {size}/>\
         <w:pgMar w:top=\"1134\" w:right=\"1701\" w:bottom=\"1134\" w:left=\"1701\" w:header=\"567\" \
         w:footer=\"567\" w:gutter=\"0\"/><w:cols w:space=\"425\"/><w:titlePg/></w:sectPr>{}",
        &text[..start],
        &text[end..]
    )
}

/// The typeface of the pages, and what Word takes on a machine that does not have it.
fn fonts() -> String {
    format!(
        "{DECLARATION}<w:fonts xmlns:w=\"{NAMESPACE}\"><w:font w:name=\"Inter\">\
         <w:altName w:val=\"Calibri\"/><w:family w:val=\"swiss\"/></w:font></w:fonts>"
    )
}

/// Grey text of the head and the foot.
fn quiet(text: &str) -> String {
    format!(
        "<w:r><w:rPr><w:color w:val=\"5A666C\"/><w:sz w:val=\"17\"/><w:szCs w:val=\"17\"/></w:rPr>\
         <w:t xml:space=\"preserve\">{}</w:t></w:r>",
        escaped(text)
    )
}

fn header(title: &str) -> String {
    let title = quiet(title);
    format!("{DECLARATION}<w:hdr xmlns:w=\"{NAMESPACE}\"><w:p>{title}</w:p></w:hdr>")
}

/// The foot with the number of the page and of all pages.
fn footer(foot: &str) -> String {
    let field = |name: &str| {
        let shown = quiet("1");
        format!("<w:fldSimple w:instr=\" {name} \">{shown}</w:fldSimple>")
    };
    let foot = match foot {
        "" => String::new(),
        foot => quiet(&format!("{foot} – ")),
    };
    let (page, slash, pages) = (field("PAGE"), quiet(" / "), field("NUMPAGES"));
    format!(
        "{DECLARATION}<w:ftr xmlns:w=\"{NAMESPACE}\"><w:p>{foot}{page}{slash}{pages}</w:p></w:ftr>"
    )
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
pub(crate) const NAMESPACE: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/// The style of a heading, its children in the order of CT_Style.
pub(crate) fn heading_style((id, name, level, size): (&str, &str, u8, u8)) -> String {
    format!(
        "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:basedOn w:val=\"Normal\"/>\
         <w:next w:val=\"Normal\"/><w:qFormat/><w:pPr><w:keepNext/><w:spacing w:before=\"280\" w:after=\"100\"/>\
         <w:outlineLvl w:val=\"{level}\"/></w:pPr><w:rPr><w:b/><w:bCs/><w:sz w:val=\"{size}\"/>\
         <w:szCs w:val=\"{size}\"/></w:rPr></w:style>"
    )
}

fn styles(language: &str) -> String {
    let language = match with_country(language) {
        "" => String::new(),
        language => {
            let language = escaped(language);
            format!("<w:lang w:val=\"{language}\" w:eastAsia=\"{language}\"/>")
        }
    };
    let headings: String = HEADINGS.into_iter().map(heading_style).collect();
    format!(
        "{DECLARATION}<w:styles xmlns:w=\"{NAMESPACE}\"><w:docDefaults><w:rPrDefault><w:rPr>\
         <w:rFonts w:ascii=\"Inter\" w:hAnsi=\"Inter\" w:cs=\"Inter\"/><w:sz w:val=\"{BODY_SIZE}\"/>\
         <w:szCs w:val=\"{BODY_SIZE}\"/>{language}</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/>\
         <w:qFormat/></w:style>{headings}</w:styles>"
    )
}

/// Zoom comes before the tab stops (CT_Settings). Below version 15, Word opens a file in
/// compatibility mode.
fn settings() -> String {
    format!(
        "{DECLARATION}<w:settings xmlns:w=\"{NAMESPACE}\"><w:zoom w:percent=\"100\"/>\
         <w:defaultTabStop w:val=\"840\"/><w:compat><w:compatSetting w:name=\"compatibilityMode\" \
         w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat></w:settings>"
    )
}

fn content_types() -> String {
    const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let parts = [
        (
            CORE,
            "application/vnd.openxmlformats-package.core-properties+xml".to_owned(),
        ),
        (
            "docProps/app.xml",
            "application/vnd.openxmlformats-officedocument.extended-properties+xml".to_owned(),
        ),
        (DOCUMENT, format!("{WORD}.document.main+xml")),
        (STYLES, format!("{WORD}.styles+xml")),
        ("word/settings.xml", format!("{WORD}.settings+xml")),
        (FONTS, format!("{WORD}.fontTable+xml")),
        (HEADER, format!("{WORD}.header+xml")),
        (FOOTER, format!("{WORD}.footer+xml")),
    ];
    let parts: String = parts
        .iter()
        .map(|(name, kind)| format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/>"))
        .collect();
    format!(
        "{DECLARATION}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{parts}</Types>"
    )
}

fn office(kind: &str) -> String {
    format!("http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}")
}

fn relationships(all: &[(&str, &str)]) -> String {
    let all: String = (1..)
        .zip(all)
        .map(|(n, (kind, target))| {
            format!("<Relationship Id=\"rId{n}\" Type=\"{kind}\" Target=\"{target}\"/>")
        })
        .collect();
    format!(
        "{DECLARATION}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         {all}</Relationships>"
    )
}
