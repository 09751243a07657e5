//! A document as one HTML file that stands alone: no script, nothing that is loaded from elsewhere.
//! It is opened from a disk, in any browser, when nothing else runs.

use crate::DocumentBlock;
use crate::letter::LetterHead;
use crate::text::{PrintableDocument, escaped};

/// Few rules: the file must also read well without them, and on paper.
const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem;\
color:#111;background:#fff}h1{font-size:1.8rem}h2{font-size:1.3rem;margin-top:2rem;border-top:1px solid #999;\
padding-top:.7rem}h3{font-size:1.05rem}table{border-collapse:collapse;width:100%;margin:.8rem 0}\
th,td{border:1px solid #777;padding:.3rem .5rem;text-align:left;vertical-align:top}th{background:#eee}\
.quiet{color:#555}dl{margin:.5rem 0}dt{font-weight:bold}dd{margin:0 0 .4rem 1rem}\
p,td,dd,li{white-space:pre-line}@media print{body{max-width:none;margin:0}h2{break-after:avoid}\
tr{break-inside:avoid}}";

pub(crate) fn printed(document: &PrintableDocument) -> String {
    let title = escaped(&document.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(document.language)
    );
    if !document.has_own_titles {
        out.push_str(&element("h1", &document.title));
    }
    let mut open = None;
    for block in &document.blocks {
        let wanted = list_of(block);
        if open != wanted {
            close(&mut out, open);
            if let Some(list) = wanted {
                out.push_str(&format!("<{list}>\n"));
            }
            open = wanted;
        }
        out.push_str(&written(block));
    }
    close(&mut out, open);
    out.push_str("</main>\n");
    if !document.foot.is_empty() {
        out.push_str(&format!(
            "<footer class=\"quiet\">{}</footer>\n",
            escaped(&document.foot)
        ));
    }
    out.push_str("</body>\n</html>\n");
    out
}

/// The list that a block is an item of.
const fn list_of(block: &DocumentBlock) -> Option<&'static str> {
    match block {
        DocumentBlock::Point(Some(_), _) => Some("ol"),
        DocumentBlock::Point(None, _) => Some("ul"),
        DocumentBlock::Pair(..) => Some("dl"),
        DocumentBlock::Title(_)
        | DocumentBlock::Heading(_)
        | DocumentBlock::Paragraph(_)
        | DocumentBlock::Quiet(_)
        | DocumentBlock::Table { .. }
        | DocumentBlock::Letter(_)
        | DocumentBlock::Signature(_)
        | DocumentBlock::Squares { .. }
        | DocumentBlock::Break => None,
    }
}

fn close(out: &mut String, open: Option<&'static str>) {
    if let Some(list) = open {
        out.push_str(&format!("</{list}>\n"));
    }
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>\n", escaped(text))
}

fn written(block: &DocumentBlock) -> String {
    match block {
        DocumentBlock::Title(text) => element("h2", text),
        DocumentBlock::Heading(text) => element("h3", text),
        DocumentBlock::Paragraph(text) => element("p", text),
        DocumentBlock::Quiet(text) => format!("<p class=\"quiet\">{}</p>\n", escaped(text)),
        DocumentBlock::Point(Some(number), text) => {
            format!("<li value=\"{number}\">{}</li>\n", escaped(text))
        }
        DocumentBlock::Point(None, text) => element("li", text),
        DocumentBlock::Pair(question, answer) => {
            format!("{}{}", element("dt", question), element("dd", answer))
        }
        DocumentBlock::Table { header, rows } => table(header, rows),
        DocumentBlock::Letter(head) => letter(head),
        DocumentBlock::Signature(lines) => element("p", &lines.join("\n")),
        // The squares are for a camera and paper; what they say is what a reader needs.
        DocumentBlock::Squares { says, beside, .. } => {
            format!("{}{}", element("p", says), element("p", beside))
        }
        DocumentBlock::Break => "<hr>\n".to_owned(),
    }
}

fn table(header: &[String], rows: &[Vec<String>]) -> String {
    let row = |cells: &[String], open: &str, close: &str| {
        let cells: String = cells
            .iter()
            .map(|cell| format!("<{open}>{}</{close}>", escaped(cell)))
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let body: String = rows.iter().map(|cells| row(cells, "td", "td")).collect();
    format!(
        "<table>\n<thead>\n{}</thead>\n<tbody>\n{body}</tbody>\n</table>\n",
        row(header, "th scope=\"col\"", "th")
    )
}

fn letter(head: &LetterHead) -> String {
    let recipient = head.recipient.lines();
    let lines = [
        &head.handling,
        &head.place_and_date,
        &head.reference,
        &head.subject,
        &head.salutation,
    ];
    let blocks = [head.sender.join("\n"), recipient.join("\n")];
    let texts = blocks.iter().chain(lines);
    texts
        .filter(|text| !text.is_empty())
        .map(|text| element("p", text))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::{Document, html};

    use super::*;

    #[test]
    fn a_file_stands_alone_and_no_text_becomes_markup() {
        let document = Document {
            title: "Plan <script>alert(1)</script>".to_owned(),
            language: "fr",
            foot: "Fin & suite".to_owned(),
            blocks: vec![
                DocumentBlock::Title("Contacts".to_owned()),
                DocumentBlock::Point(Some(1), "<img src=x onerror=alert(1)>".to_owned()),
                DocumentBlock::Point(Some(2), "Appeler".to_owned()),
                DocumentBlock::Pair("Qui".to_owned(), "A. \"B\"".to_owned()),
                DocumentBlock::Table {
                    header: vec!["Nom".to_owned()],
                    rows: vec![vec!["<b>x</b>".to_owned()]],
                },
            ],
            ..Document::default()
        };
        let text = html(&document);
        for banned in [
            "<script", "<img", "<b>", "http:", "https:", "src=\"", "url(",
        ] {
            assert!(!text.contains(banned), "{banned}: {text}");
        }
        for expected in [
            "<html lang=\"fr\">",
            "<h1>Plan &lt;script&gt;",
            "<ol>\n<li value=\"1\">",
            "</ol>\n<dl>\n<dt>Qui</dt>",
            "</dl>\n<table>",
            "Fin &amp; suite",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        for (opened, closed) in [
            ("<ol>", "</ol>"),
            ("<dl>", "</dl>"),
            ("<table>", "</table>"),
        ] {
            assert_eq!(text.matches(opened).count(), text.matches(closed).count());
        }
    }
}
