//! Templates as Word and LibreOffice write them.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::{Document, DocumentBlock, docx_in};

/// A Word file of these parts.
fn template(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        file.start_file(*name, SimpleFileOptions::default())
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }
    file.finish().unwrap().into_inner()
}

fn part(bytes: &[u8], name: &str) -> String {
    OfficePackage::open(bytes)
        .unwrap()
        .text(name)
        .unwrap()
        .unwrap()
}

fn document() -> Document {
    Document {
        title: "Risques & mesures".to_owned(),
        language: "fr",
        blocks: vec![
            DocumentBlock::Heading("Partie".to_owned()),
            DocumentBlock::Paragraph("douze risques, w14:a \"b\"".to_owned()),
        ],
        made_at: Some("2026-11-28T10:00:00Z".to_owned()),
        ..Document::default()
    }
}

const CONTENT_ONLY: &str =
    "<w:document><w:body><w:p><w:r><w:t>{{content}}</w:t></w:r></w:p></w:body></w:document>";

#[test]
fn a_document_goes_into_the_operators_paper_where_its_mark_is() {
    // Word cuts a mark into runs.
    let body = "<w:document><w:body><w:p w:rsid=\"0\" /><w:p><w:pPr><w:jc/></w:pPr><w:r><w:rPr><w:b/></w:rPr>\
                <w:t>{{ti</w:t></w:r><w:r><w:t>tle}} !</w:t></w:r></w:p>\
                <w:p w:id=\"1\"><w:r><w:t>{{content}}</w:t></w:r></w:p><w:sectPr/></w:body></w:document>";
    let filled = docx_in(&template(&[(DOCUMENT, body)]), &document()).unwrap();
    let text = part(&filled, DOCUMENT);
    assert!(
        text.contains("douze risques, w14:a &quot;b&quot;") && !text.contains("{{"),
        "{text}"
    );
    assert!(!text.contains("w14:paraId"), "{text}");
    let title = "<w:jc/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>Risques &amp; mesures</w:t></w:r><w:r><w:t> !</w:t>";
    assert!(text.contains(title), "{text}");
}

#[test]
fn a_title_stands_in_heads_and_feet_and_in_pictures_of_text() {
    let head = "<w:hdr><w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>{{title}}</w:t></w:r></w:p>\
                </w:txbxContent></w:pict></w:r><w:r><w:t>Maison</w:t></w:r></w:p></w:hdr>";
    let foot = "<w:ftr><w:p><w:r><w:t>{{title}}</w:t><w:tab/><w:t xml:space=\"preserve\"> page</w:t></w:r></w:p></w:ftr>";
    let parts = [
        (DOCUMENT, CONTENT_ONLY),
        ("word/header2.xml", head),
        ("word/footer1.xml", foot),
    ];
    let filled = docx_in(&template(&parts), &document()).unwrap();
    assert_eq!(
        part(&filled, "word/header2.xml"),
        head.replace("{{title}}", "Risques &amp; mesures")
    );
    assert_eq!(
        part(&filled, "word/footer1.xml"),
        foot.replace("{{title}}", "Risques &amp; mesures")
    );
}

#[test]
fn headings_have_the_templates_own_styles_in_any_language() {
    let styles = format!(
        "<w:styles xmlns:w=\"{NAMESPACE}\"><w:style w:type=\"character\" w:styleId=\"Titre1Car\">\
         <w:name w:val=\"heading 1\"/></w:style><w:style w:type=\"paragraph\" w:styleId=\"Titre1\">\
         <w:name w:val=\"heading 1\"/></w:style></w:styles>"
    );
    let filled = docx_in(
        &template(&[(DOCUMENT, CONTENT_ONLY), (STYLES, &styles)]),
        &document(),
    )
    .unwrap();
    let text = part(&filled, DOCUMENT);
    assert!(
        text.contains("w:val=\"Titre1\"") && !text.contains("w:val=\"Heading1\""),
        "{text}"
    );
    // The style that the template lacks is added.
    let styles = part(&filled, STYLES);
    assert!(
        text.contains("w:val=\"Heading2\"") && styles.contains("w:styleId=\"Heading2\""),
        "{styles}"
    );
    assert!(!styles.contains("w:styleId=\"Heading1\""), "{styles}");
}

#[test]
fn what_the_file_says_of_itself_is_the_documents() {
    let core = "<cp:coreProperties><dc:title>Modèle</dc:title><dc:creator>python-docx</dc:creator></cp:coreProperties>";
    let filled = docx_in(
        &template(&[(DOCUMENT, CONTENT_ONLY), (CORE, core)]),
        &document(),
    )
    .unwrap();
    let core = part(&filled, CORE);
    assert!(
        core.contains("<dc:title>Risques &amp; mesures</dc:title>") && !core.contains("python"),
        "{core}"
    );
    assert!(
        core.contains(">2026-11-28T10:00:00Z</dcterms:modified>"),
        "{core}"
    );
}

#[test]
fn what_is_no_template_is_refused() {
    let hostile = [
        b"not a file".to_vec(),
        template(&[(DOCUMENT, "<w:body><w:p></w:body>")]),
        template(&[(DOCUMENT, "<w:p>{{content}}")]),
        template(&[("word/other.xml", CONTENT_ONLY)]),
    ];
    for file in hostile {
        assert!(docx_in(&file, &document()).is_err());
    }
}
