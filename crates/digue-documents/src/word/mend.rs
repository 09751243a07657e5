//! What the library writes otherwise than the format asks: the order of a paragraph's properties, the language of the
//! text, and the day on which the file was made.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::{Document, Unprintable};

fn failed(error: impl ToString) -> Unprintable {
    Unprintable(error.to_string())
}

/// The file with every part as the format asks.
pub(super) fn mended(bytes: &[u8], document: &Document) -> Result<Vec<u8>, Unprintable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    for place in 0..archive.len() {
        let mut entry = archive.by_index(place).map_err(failed)?;
        let name = entry.name().map_err(failed)?.into_owned();
        let is_text = name.starts_with("word/") && name.ends_with(".xml");
        if !is_text && name != "docProps/core.xml" {
            written.raw_copy_file(entry).map_err(failed)?;
            continue;
        }
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(failed)?;
        let text = match name.as_str() {
            "docProps/core.xml" => dated(&text, document),
            "word/styles.xml" => in_language(&ordered(&text), document.language),
            _ => ordered(&text),
        };
        written.start_file(name, SimpleFileOptions::default()).map_err(failed)?;
        written.write_all(text.as_bytes()).map_err(failed)?;
    }
    Ok(written.finish().map_err(failed)?.into_inner())
}

/// `w:rPr` comes behind the other properties of a paragraph (ISO/IEC 29500-1, CT_PPr); the library writes it first.
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

/// Bytes of the `w:rPr` that a text begins with.
fn run_properties(text: &str) -> usize {
    for empty in ["<w:rPr />", "<w:rPr/>"] {
        if text.starts_with(empty) {
            return empty.len();
        }
    }
    const CLOSE: &str = "</w:rPr>";
    if text.starts_with("<w:rPr>") { text.find(CLOSE).map_or(0, |end| end + CLOSE.len()) } else { 0 }
}

/// The language of all text that says no other.
fn in_language(styles: &str, language: &str) -> String {
    let language = match language {
        "fr" => "fr-FR",
        "en" => "en-GB",
        other => other,
    };
    let mark = format!("<w:lang w:val=\"{language}\" w:eastAsia=\"{language}\"/></w:rPr></w:rPrDefault>");
    styles.replacen("</w:rPr></w:rPrDefault>", &mark, 1)
}

/// Title, language and day; a day that nobody said is left out instead of being 1970.
fn dated(core: &str, document: &Document) -> String {
    const UNKNOWN: &str = "1970-01-01T00:00:00Z";
    let core = match &document.made_at {
        Some(made_at) => core.replace(UNKNOWN, made_at),
        None => ["created", "modified"].iter().fold(core.to_owned(), |core, name| {
            core.replace(
                &format!("<dcterms:{name} xsi:type=\"dcterms:W3CDTF\">{UNKNOWN}</dcterms:{name}>"),
                "",
            )
        }),
    };
    let title = document.title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let more = format!(
        "<dc:title>{title}</dc:title><dc:language>{}</dc:language></cp:coreProperties>",
        document.language
    );
    core.replace("unknown", "Digue").replace("</cp:coreProperties>", &more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, docx};

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn paper(made_at: Option<&str>) -> Vec<u8> {
        let table = Block::Table { header: vec!["a".into()], rows: vec![vec!["b".into()]] };
        let blocks = vec![
            Block::Title("Titre".into()),
            Block::Heading("Partie".into()),
            Block::Paragraph("Un texte".into()),
            Block::Quiet("en passant".into()),
            Block::Point(Some(1), "un point".into()),
            Block::Pair("Qui ?".into(), "Digue".into()),
            table,
        ];
        docx(&Document {
            title: "Registre & risques".into(),
            language: "fr",
            foot: "pied".into(),
            blocks,
            made_at: made_at.map(str::to_owned),
        })
        .unwrap()
    }

    #[test]
    fn the_properties_of_a_paragraph_are_in_the_order_of_the_schema() {
        // CT_PPr, those that are written here.
        const ORDER: [&str; 8] = ["pStyle", "keepNext", "numPr", "spacing", "ind", "jc", "outlineLvl", "rPr"];
        let mut seen = 0;
        for name in ["word/document.xml", "word/styles.xml"] {
            let text = part(&paper(None), name);
            for properties in text.split("<w:pPr>").skip(1) {
                let inside = properties.split("</w:pPr>").next().unwrap();
                let places: Vec<usize> = ORDER
                    .iter()
                    .enumerate()
                    .filter_map(|(order, name)| inside.find(&format!("<w:{name}")).map(|at| (at, order)))
                    .collect::<std::collections::BTreeMap<usize, usize>>()
                    .into_values()
                    .collect();
                assert!(places.is_sorted(), "{name}: {inside}");
                seen += 1;
            }
        }
        assert!(seen > 8, "{seen}");
    }

    #[test]
    fn a_file_says_its_language_its_title_and_its_day() {
        let bytes = paper(Some("2026-11-28T10:00:00Z"));
        assert!(part(&bytes, "word/styles.xml").contains("w:lang w:val=\"fr-FR\""));
        let core = part(&bytes, "docProps/core.xml");
        assert!(core.contains("2026-11-28T10:00:00Z") && !core.contains("1970"), "{core}");
        assert!(core.contains("<dc:title>Registre &amp; risques</dc:title><dc:language>fr"), "{core}");
        let core = part(&paper(None), "docProps/core.xml");
        assert!(!core.contains("1970") && !core.contains("dcterms:created"), "{core}");
    }
}
