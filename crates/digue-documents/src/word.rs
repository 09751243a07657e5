//! Writes a document as a Word file, with heading styles that screen readers and the outline use.

mod parts;

use std::io::Cursor;

use docx_rs::{
    BreakType, Docx, Paragraph, Run, Table, TableBorder, TableBorderPosition, TableBorders,
    TableCell, TableCellMargins, TableRow, WidthType,
};

use crate::letter::LetterHead;
use crate::text::PrintableDocument;
use crate::{DocumentBlock, PageShape, Unprintable};

pub(crate) use parts::{DOCUMENT, HEADINGS, NAMESPACE, STYLES, heading_style};

/// Body text, in half-points.
const BODY_SIZE: usize = 21;
/// The width of an A4 page less its margins, in twentieths of a point.
const fn page_width(shape: PageShape) -> usize {
    match shape {
        PageShape::Portrait => 8_504,
        PageShape::Landscape => 13_436,
    }
}

/// Writes a document.
pub(crate) fn printed(document: &PrintableDocument) -> Result<Vec<u8>, Unprintable> {
    written(document, false)
}

/// Writes a document whose foot stands at the end of its text: for a template, which has feet of
/// its own.
pub(crate) fn with_foot_in_text(document: &PrintableDocument) -> Result<Vec<u8>, Unprintable> {
    written(document, true)
}

fn written(document: &PrintableDocument, has_foot: bool) -> Result<Vec<u8>, Unprintable> {
    let mut body = WordBody::default();
    if !document.title.is_empty() && !document.has_own_titles {
        body.add(styled("Heading1", &document.title));
    }
    let wide = page_width(document.shape);
    let mut answered: Vec<(&String, &String)> = Vec::new();
    for (place, block) in document.blocks.iter().enumerate() {
        // Consecutive questions share one table.
        if let DocumentBlock::Pair(asked, answer) = block {
            answered.push((asked, answer));
            if !matches!(
                document.blocks.get(place + 1),
                Some(DocumentBlock::Pair(..))
            ) {
                body.add_table(pairs(&answered, wide));
                answered.clear();
            }
            continue;
        }
        match block {
            DocumentBlock::Title(text) => body.add(styled("Heading1", text)),
            DocumentBlock::Heading(text) => body.add(styled("Heading2", text)),
            DocumentBlock::Paragraph(text) => body.add(lines(Paragraph::new(), text, false)),
            DocumentBlock::Quiet(text) => body.add(lines(Paragraph::new(), text, true)),
            DocumentBlock::Point(number, text) => {
                let mark = number.map_or_else(|| "• ".to_owned(), |number| format!("{number}. "));
                let point = Paragraph::new().indent(Some(360), None, None, None);
                body.add(lines(point, &(mark + text), false));
            }
            DocumentBlock::Pair(..) => {}
            DocumentBlock::Table { header, rows } => {
                if let Some(table) = table(header, rows, wide) {
                    body.add_table(table);
                    body.add(Paragraph::new());
                }
            }
            DocumentBlock::Letter(head) => letter(head, place > 0, &mut body),
            DocumentBlock::Signature(names) => {
                body.add(lines(Paragraph::new(), &names.join("\n"), false));
            }
            DocumentBlock::Squares { beside, rows, .. } => {
                rows.iter().for_each(|row| body.add(squares(row)));
                body.add(lines(Paragraph::new(), beside, false));
            }
            DocumentBlock::Break => {
                body.add(Paragraph::new().add_run(Run::new().add_break(BreakType::Page)))
            }
        }
    }
    if has_foot && !document.foot.is_empty() {
        body.add(lines(Paragraph::new(), &document.foot, true));
    }
    let mut bytes = Cursor::new(Vec::new());
    body.into_docx()
        .build()
        .pack(&mut bytes)
        .map_err(|error| Unprintable(error.to_string()))?;
    parts::completed(&bytes.into_inner(), document)
}

/// The paragraphs and tables of a document, in order.
#[derive(Default)]
struct WordBody(Vec<WordBlock>);

enum WordBlock {
    Paragraph(Box<Paragraph>),
    Table(Box<Table>),
}

impl WordBody {
    fn add(&mut self, paragraph: Paragraph) {
        self.0.push(WordBlock::Paragraph(Box::new(paragraph)));
    }

    fn add_table(&mut self, table: Table) {
        // Word joins adjacent tables: the second would lose its header and its columns.
        if matches!(self.0.last(), Some(WordBlock::Table(_))) {
            self.add(Paragraph::new());
        }
        self.0.push(WordBlock::Table(Box::new(table)));
    }

    fn into_docx(self) -> Docx {
        self.0
            .into_iter()
            .fold(Docx::new(), |docx, block| match block {
                WordBlock::Paragraph(paragraph) => docx.add_paragraph(*paragraph),
                WordBlock::Table(table) => docx.add_table(*table),
            })
    }
}

fn styled(style: &str, text: &str) -> Paragraph {
    Paragraph::new()
        .style(style)
        .add_run(Run::new().add_text(text))
}

/// A text with its own line breaks.
fn lines(paragraph: Paragraph, text: &str, is_quiet: bool) -> Paragraph {
    let run = if is_quiet {
        Run::new().color("5A666C")
    } else {
        Run::new()
    };
    paragraph.add_run(with_lines(run, text))
}

fn with_lines(mut run: Run, text: &str) -> Run {
    for (place, line) in text.lines().enumerate() {
        if place > 0 {
            run = run.add_break(BreakType::TextWrapping);
        }
        run = run.add_text(line);
    }
    run
}

fn cell(text: &str, width: usize, is_bold: bool) -> TableCell {
    let run = if is_bold {
        Run::new().bold()
    } else {
        Run::new()
    };
    let paragraph = Paragraph::new().add_run(with_lines(run, text));
    TableCell::new()
        .width(width, WidthType::Dxa)
        .add_paragraph(paragraph)
}

fn pairs(pairs: &[(&String, &String)], wide: usize) -> Table {
    let widths = [wide / 3, wide - wide / 3];
    let rows = pairs.iter().map(|(asked, answer)| {
        TableRow::new(vec![
            cell(asked, widths[0], true),
            cell(answer, widths[1], false),
        ])
    });
    calm(Table::new(rows.collect()), wide).set_grid(widths.to_vec())
}

/// The head of a letter, without the places of its envelope: those are the PDF's.
fn letter(head: &LetterHead, is_next: bool, body: &mut WordBody) {
    if is_next {
        body.add(Paragraph::new().add_run(Run::new().add_break(BreakType::Page)));
    }
    let parts = [
        head.sender.join("\n"),
        head.recipient.lines().join("\n"),
        head.handling.clone(),
        head.place_and_date.clone(),
        head.reference.clone(),
    ];
    for part in parts.iter().filter(|part| !part.is_empty()) {
        body.add(lines(Paragraph::new(), part, false));
    }
    body.add(styled("Heading1", &head.subject));
    body.add(lines(Paragraph::new(), &head.salutation, false));
}

/// Thin lines between rows, none between columns, and padding in the cells.
fn calm(table: Table, wide: usize) -> Table {
    use TableBorderPosition::{Bottom, InsideH, InsideV, Left, Right, Top};
    let line = |position| TableBorder::new(position).color("DCD9D3").size(4);
    let borders = [Top, Bottom, InsideH]
        .into_iter()
        .fold(TableBorders::new(), |all, one| all.set(line(one)));
    let borders = [Left, Right, InsideV]
        .into_iter()
        .fold(borders, TableBorders::clear);
    let margins = TableCellMargins::new().margin(60, 100, 60, 60);
    table
        .set_borders(borders)
        .margins(margins)
        .width(wide, WidthType::Dxa)
}

/// A table with its header; `None` when it has no column. Word reports a file as damaged when a row
/// has no cells, so every row is filled up to the longest.
fn table(header: &[String], rows: &[Vec<String>], wide: usize) -> Option<Table> {
    let columns = rows
        .iter()
        .map(Vec::len)
        .chain([header.len()])
        .max()
        .filter(|columns| *columns > 0)?;
    let width = wide / columns;
    let row = |texts: &[String], is_bold: bool| {
        let text = |place: usize| texts.get(place).map_or("", String::as_str);
        TableRow::new(
            (0..columns)
                .map(|place| cell(text(place), width, is_bold))
                .collect(),
        )
    };
    // `docx_rs` cannot mark a header row. `cantSplit` is used for nothing else, and
    // `parts::with_header_rows` turns it into a header that repeats on each page.
    let head = (!header.is_empty()).then(|| row(header, true).cant_split());
    let rows = head
        .into_iter()
        .chain(rows.iter().map(|texts| row(texts, false)));
    Some(calm(Table::new(rows.collect()), wide).set_grid(vec![width; columns]))
}

/// A row of a bitmap as block characters. It shows where the code is; the code to scan is the one
/// in the PDF.
fn squares(row: &[bool]) -> Paragraph {
    let text: String = row.iter().map(|is| if *is { "██" } else { "  " }).collect();
    Paragraph::new().add_run(Run::new().size(4).add_text(text))
}

#[cfg(test)]
mod tests;
