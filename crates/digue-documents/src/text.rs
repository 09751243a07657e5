//! Removes characters that a file format cannot hold. Users paste characters that XML forbids, such
//! as Word's soft line break (U+000B), and a single one makes the whole file unreadable: every text
//! of a document or workbook passes through here, and `PrintableDocument` is the proof.

use crate::letter::LetterHead;
use crate::{Document, DocumentBlock, WrittenCell, WrittenSheet};

/// The text without characters that XML 1.0 forbids (§2.2, `Char`); soft line breaks and page
/// breaks become line breaks.
///
/// U+0085, U+2028 and U+2029 are allowed and kept: an exported register has to import unchanged.
pub(crate) fn allowed(text: &str) -> String {
    let kept = text.chars().filter_map(|sign| match sign {
        '\u{b}' | '\u{c}' => Some('\n'),
        '\t' | '\n' | '\r' => Some(sign),
        '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => None,
        _ => Some(sign),
    });
    kept.collect()
}

/// The same for printed pages: one kind of line break, and no control characters.
pub(crate) fn printable(text: &str) -> String {
    let text = allowed(text).replace("\r\n", "\n");
    let kept = text.chars().filter_map(|sign| match sign {
        '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\t' | '\n' => Some(sign),
        _ if sign.is_control() => None,
        _ => Some(sign),
    });
    kept.collect()
}

/// The same on one line, for titles.
pub(crate) fn in_one_line(text: &str) -> String {
    printable(text)
        .split(['\n', '\t'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Escapes a text for XML content or a double-quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A document whose texts can all be written to a file.
pub(crate) struct PrintableDocument(Document);

impl PrintableDocument {
    pub(crate) fn of(document: &Document) -> Self {
        Self(Document {
            title: in_one_line(&document.title),
            has_own_titles: document.has_own_titles,
            language: document.language,
            foot: in_one_line(&document.foot),
            blocks: document.blocks.iter().map(block).collect(),
            shape: document.shape,
            made_at: document.made_at.clone(),
        })
    }
}

impl std::ops::Deref for PrintableDocument {
    type Target = Document;

    fn deref(&self) -> &Document {
        &self.0
    }
}

fn block(block: &DocumentBlock) -> DocumentBlock {
    let row = |row: &Vec<String>| {
        row.iter()
            .map(|text| printable(text))
            .collect::<Vec<String>>()
    };
    match block {
        DocumentBlock::Title(text) => DocumentBlock::Title(in_one_line(text)),
        DocumentBlock::Heading(text) => DocumentBlock::Heading(in_one_line(text)),
        DocumentBlock::Paragraph(text) => DocumentBlock::Paragraph(printable(text)),
        DocumentBlock::Quiet(text) => DocumentBlock::Quiet(printable(text)),
        DocumentBlock::Point(number, text) => DocumentBlock::Point(*number, printable(text)),
        DocumentBlock::Pair(asked, answer) => {
            DocumentBlock::Pair(printable(asked), printable(answer))
        }
        DocumentBlock::Table { header, rows } => DocumentBlock::Table {
            header: row(header),
            rows: rows.iter().map(row).collect(),
        },
        DocumentBlock::Letter(head) => DocumentBlock::Letter(Box::new(letter(head))),
        DocumentBlock::Signature(lines) => DocumentBlock::Signature(row(lines)),
        DocumentBlock::Squares { says, beside, rows } => DocumentBlock::Squares {
            says: in_one_line(says),
            beside: printable(beside),
            rows: rows.clone(),
        },
        DocumentBlock::Break => DocumentBlock::Break,
    }
}

fn letter(head: &LetterHead) -> LetterHead {
    let LetterHead {
        sender,
        recipient,
        handling,
        place_and_date,
        reference,
        subject,
        salutation,
    } = head;
    LetterHead {
        sender: sender.iter().map(|line| in_one_line(line)).collect(),
        recipient: recipient.map(in_one_line),
        handling: in_one_line(handling),
        place_and_date: in_one_line(place_and_date),
        reference: in_one_line(reference),
        subject: in_one_line(subject),
        salutation: in_one_line(salutation),
    }
}

/// A sheet whose texts can all be written to a file.
pub(crate) fn sheet(sheet: &WrittenSheet) -> WrittenSheet {
    let cell = |cell: &WrittenCell| match cell {
        WrittenCell::Text(text) => WrittenCell::Text(allowed(text)),
        WrittenCell::Whole(_)
        | WrittenCell::Cents(_)
        | WrittenCell::Day(_)
        | WrittenCell::Moment(..) => cell.clone(),
    };
    WrittenSheet {
        name: in_one_line(&sheet.name),
        language: sheet.language,
        above: sheet.above.iter().map(|text| allowed(text)).collect(),
        header: sheet.header.iter().map(|text| allowed(text)).collect(),
        rows: sheet
            .rows
            .iter()
            .map(|row| row.iter().map(cell).collect())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// XML 1.0, §2.2.
    fn is_char(sign: char) -> bool {
        matches!(sign, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    #[test]
    fn breaks_stay_breaks_and_what_xml_forbids_is_left_out() {
        assert_eq!(
            printable("a\u{b}b\u{85}c\u{2028}d\re\r\nf"),
            "a\nb\nc\nd\ne\nf"
        );
        assert_eq!(printable("\u{0}\u{1b}é\u{7f}\u{fffe}\u{ffff}\u{9f}!"), "é!");
        assert_eq!(allowed("a\u{b}b\u{2028}\u{1b}\u{ffff}"), "a\nb\u{2028}");
        assert_eq!(in_one_line(" a\u{b}b\n\n c "), "a b c");
        assert_eq!(escaped("<a b=\"&\">"), "&lt;a b=&quot;&amp;&quot;&gt;");
    }

    proptest! {
        #[test]
        fn every_sign_that_passes_is_one_that_xml_allows(text in any::<String>()) {
            prop_assert!(allowed(&text).chars().all(is_char));
            prop_assert!(printable(&text).chars().all(is_char));
        }
    }
}
