//! A document in the house's own paper: a Word file with its head, foot and styles, in which a paragraph
//! `{{content}}` is where the document goes, and `{{title}}` is its title.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::{Document, Unprintable, docx};

/// The part of a Word file that holds its text.
const BODY: &str = "word/document.xml";
/// A template once unpacked.
const BYTES_MAX: u64 = 64 << 20;
const CONTENT: &str = "{{content}}";
const TITLE: &str = "{{title}}";

fn failed(error: impl ToString) -> Unprintable {
    Unprintable(error.to_string())
}

/// Prints a document into a template.
///
/// # Errors
/// A file that is no Word file, is larger than a template is, or has no `{{content}}`.
pub fn docx_in(template: &[u8], document: &Document) -> Result<Vec<u8>, Unprintable> {
    let own = part(&docx(document)?, BODY)?;
    let (from, to) = (own.find("<w:body>"), own.rfind("<w:sectPr"));
    let own = match (from, to.or_else(|| own.rfind("</w:body>"))) {
        (Some(from), Some(to)) if from + 8 <= to => &own[from + 8..to],
        _ => return Err(failed("the document has no body")),
    };
    let own = plain(own);
    let mut archive = ZipArchive::new(Cursor::new(template)).map_err(failed)?;
    let mut written = ZipWriter::new(Cursor::new(Vec::new()));
    let (mut has_content, mut unpacked) = (false, 0);
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(failed)?;
        unpacked += entry.size();
        if unpacked > BYTES_MAX {
            return Err(failed("the template is too large"));
        }
        if entry.name().map_err(failed)? != BODY {
            written.raw_copy_file(entry).map_err(failed)?;
            continue;
        }
        let mut text = String::new();
        entry.take(BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        let (filled, is_filled) = filled(&text, &own, &document.title);
        has_content = is_filled;
        written.start_file(BODY, SimpleFileOptions::default()).map_err(failed)?;
        written.write_all(filled.as_bytes()).map_err(failed)?;
    }
    if !has_content {
        return Err(failed("the template has no {{content}}"));
    }
    Ok(written.finish().map_err(failed)?.into_inner())
}

/// Without names of paragraphs, whose name space a template need not know.
fn plain(content: &str) -> String {
    let mut plain = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(start) = rest.find(" w14:") {
        plain.push_str(&rest[..start]);
        let value = rest[start..].find('"').map(|open| start + open + 1);
        let end = value.and_then(|open| rest[open..].find('"').map(|close| open + close + 1));
        rest = end.map_or("", |end| &rest[end..]);
    }
    plain.push_str(rest);
    plain
}

fn part(bytes: &[u8], name: &str) -> Result<String, Unprintable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
    let mut text = String::new();
    archive.by_name(name).map_err(failed)?.read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// The body of a template with its marks filled. A mark may be cut into runs, as Word likes to do.
fn filled(text: &str, content: &str, title: &str) -> (String, bool) {
    let mut written = String::with_capacity(text.len() + content.len());
    let (mut rest, mut is_filled) = (text, false);
    while let Some(start) = paragraph(rest) {
        let Some(end) = rest[start..].find("</w:p>").map(|end| start + end + "</w:p>".len()) else { break };
        written.push_str(&rest[..start]);
        let words = words(&rest[start..end]);
        if words.trim() == CONTENT && !is_filled {
            written.push_str(content);
            is_filled = true;
        } else if words.contains(TITLE) {
            let said = escaped(&words.replace(TITLE, title));
            let properties = between(&rest[start..end], "<w:pPr>", "</w:pPr>").unwrap_or_default();
            written.push_str(&format!(
                "<w:p>{properties}<w:r><w:t xml:space=\"preserve\">{said}</w:t></w:r></w:p>"
            ));
        } else {
            written.push_str(&rest[start..end]);
        }
        rest = &rest[end..];
    }
    written.push_str(rest);
    (written, is_filled)
}

/// Where the next paragraph begins; `<w:pPr>` is none.
fn paragraph(text: &str) -> Option<usize> {
    let plain = text.find("<w:p>");
    let with = text.find("<w:p ");
    plain.into_iter().chain(with).min()
}

/// The words of a paragraph, without its marks.
fn words(paragraph: &str) -> String {
    let mut words = String::new();
    let mut rest = paragraph;
    while let Some(start) = rest.find("<w:t>").or_else(|| rest.find("<w:t ")) {
        let Some(open) = rest[start..].find('>').map(|open| start + open + 1) else { break };
        let Some(close) = rest[open..].find("</w:t>").map(|close| open + close) else { break };
        words.push_str(&rest[open..close]);
        rest = &rest[close..];
    }
    words
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    let start = text.find(from)?;
    let end = text[start..].find(to)? + start + to.len();
    Some(&text[start..end])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Block;

    fn template(body: &str) -> Vec<u8> {
        let mut file = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in [("word/header1.xml", "<w:hdr>Maison</w:hdr>"), (BODY, body)] {
            file.start_file(name, SimpleFileOptions::default()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }
        file.finish().unwrap().into_inner()
    }

    #[test]
    fn a_document_goes_into_the_houses_paper_where_its_mark_is() {
        let document = Document {
            title: "Risques & mesures".to_owned(),
            language: "fr",
            blocks: vec![Block::Paragraph("douze risques".to_owned())],
            ..Document::default()
        };
        // Word cuts a mark into runs.
        let body = "<w:document><w:body><w:p><w:pPr><w:jc/></w:pPr><w:r><w:t>{{ti</w:t></w:r><w:r><w:t>tle}}</w:t></w:r></w:p>\
                    <w:p w:id=\"1\"><w:r><w:t>{{content}}</w:t></w:r></w:p><w:sectPr/></w:body></w:document>";
        let filled = docx_in(&template(body), &document).unwrap();
        let text = part(&filled, BODY).unwrap();
        assert!(text.contains("douze risques") && text.contains("<w:jc/>") && !text.contains("{{"), "{text}");
        assert!(text.contains("Risques &amp; mesures") && !text.contains("w14:"), "{text}");
        assert_eq!(part(&filled, "word/header1.xml").unwrap(), "<w:hdr>Maison</w:hdr>");
        for hostile in
            [&b"not a file"[..], &template("<w:body><w:p></w:body>"), &template("<w:p>{{content}}")]
        {
            assert!(docx_in(hostile, &document).is_err());
        }
    }
}
