//! Writes a document as a Word file, with heading styles that screen readers and the outline use.

mod parts;

use std::io::Cursor;

use docx_rs::{
    BreakType, Docx, Paragraph, Run, Table, TableBorder, TableBorderPosition, TableBorders, TableCell,
    TableCellMargins, TableRow, WidthType,
};

use crate::text::PrintableDocument;
use crate::{DocumentBlock, Unprintable};

pub(crate) use parts::{DOCUMENT, HEADINGS, NAMESPACE, STYLES, heading_style};

/// Body text, in half-points.
const BODY_SIZE: usize = 21;
/// An A4 page less its margins, in twentieths of a point.
const PAGE_WIDTH: usize = 8_504;

/// Writes a document.
pub(crate) fn printed(document: &PrintableDocument) -> Result<Vec<u8>, Unprintable> {
    let mut docx = Docx::new();
    if !document.title.is_empty() && !document.has_own_titles {
        docx = docx.add_paragraph(styled("Heading1", &document.title));
    }
    let mut answered: Vec<(&String, &String)> = Vec::new();
    for (place, block) in document.blocks.iter().enumerate() {
        // Consecutive questions share one table.
        if let DocumentBlock::Pair(asked, answer) = block {
            answered.push((asked, answer));
            if !matches!(document.blocks.get(place + 1), Some(DocumentBlock::Pair(..))) {
                docx = docx.add_table(pairs(&answered));
                answered.clear();
            }
            continue;
        }
        docx = match block {
            DocumentBlock::Title(text) => docx.add_paragraph(styled("Heading1", text)),
            DocumentBlock::Heading(text) => docx.add_paragraph(styled("Heading2", text)),
            DocumentBlock::Paragraph(text) => docx.add_paragraph(lines(Paragraph::new(), text, false)),
            DocumentBlock::Quiet(text) => docx.add_paragraph(lines(Paragraph::new(), text, true)),
            DocumentBlock::Point(number, text) => {
                let mark = number.map_or_else(|| "• ".to_owned(), |number| format!("{number}. "));
                docx.add_paragraph(lines(
                    Paragraph::new().indent(Some(360), None, None, None),
                    &(mark + text),
                    false,
                ))
            }
            DocumentBlock::Pair(..) => docx,
            DocumentBlock::Table { header, rows } => with_table(docx, header, rows),
            DocumentBlock::Squares { rows, .. } => squares(docx, rows),
            DocumentBlock::Break => {
                docx.add_paragraph(Paragraph::new().add_run(Run::new().add_break(BreakType::Page)))
            }
        };
    }
    if !document.foot.is_empty() {
        docx = docx.add_paragraph(lines(Paragraph::new(), &document.foot, true));
    }
    let mut bytes = Cursor::new(Vec::new());
    docx.build().pack(&mut bytes).map_err(|error| Unprintable(error.to_string()))?;
    parts::completed(&bytes.into_inner(), document)
}

fn styled(style: &str, text: &str) -> Paragraph {
    Paragraph::new().style(style).add_run(Run::new().add_text(text))
}

/// A text with its own line breaks.
fn lines(paragraph: Paragraph, text: &str, is_quiet: bool) -> Paragraph {
    let run = if is_quiet { Run::new().color("5A666C") } else { Run::new() };
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
    let run = if is_bold { Run::new().bold() } else { Run::new() };
    let paragraph = Paragraph::new().add_run(with_lines(run, text));
    TableCell::new().width(width, WidthType::Dxa).add_paragraph(paragraph)
}

fn pairs(pairs: &[(&String, &String)]) -> Table {
    const WIDTHS: [usize; 2] = [PAGE_WIDTH / 3, PAGE_WIDTH - PAGE_WIDTH / 3];
    let rows = pairs.iter().map(|(asked, answer)| {
        TableRow::new(vec![cell(asked, WIDTHS[0], true), cell(answer, WIDTHS[1], false)])
    });
    calm(Table::new(rows.collect())).set_grid(WIDTHS.to_vec())
}

/// Thin lines between rows, none between columns, and padding in the cells.
fn calm(table: Table) -> Table {
    use TableBorderPosition::{Bottom, InsideH, InsideV, Left, Right, Top};
    let line = |position| TableBorder::new(position).color("DCD9D3").size(4);
    let borders = [Top, Bottom, InsideH].into_iter().fold(TableBorders::new(), |all, one| all.set(line(one)));
    let borders = [Left, Right, InsideV].into_iter().fold(borders, TableBorders::clear);
    let margins = TableCellMargins::new().margin(60, 100, 60, 60);
    table.set_borders(borders).margins(margins).width(PAGE_WIDTH, WidthType::Dxa)
}

/// A table with its header. Word reports a file as damaged when a row has no cells, so every row is filled
/// up to the longest.
fn with_table(docx: Docx, header: &[String], rows: &[Vec<String>]) -> Docx {
    let columns = rows.iter().map(Vec::len).chain([header.len()]).max().unwrap_or(0);
    if columns == 0 {
        return docx;
    }
    let width = PAGE_WIDTH / columns;
    let row = |texts: &[String], is_bold: bool| {
        let text = |place: usize| texts.get(place).map_or("", String::as_str);
        TableRow::new((0..columns).map(|place| cell(text(place), width, is_bold)).collect())
    };
    // `docx_rs` cannot mark a header row. `cantSplit` is used for nothing else, and
    // `parts::with_header_rows` turns it into a header that repeats on each page.
    let head = (!header.is_empty()).then(|| row(header, true).cant_split());
    let rows = head.into_iter().chain(rows.iter().map(|texts| row(texts, false)));
    let table = calm(Table::new(rows.collect())).set_grid(vec![width; columns]);
    // The paragraph keeps a following table apart: Word joins adjacent tables.
    docx.add_table(table).add_paragraph(Paragraph::new())
}

/// A bitmap as block characters. It shows where the code is; the code to scan is the one in the PDF.
fn squares(docx: Docx, rows: &[Vec<bool>]) -> Docx {
    let text = |row: &Vec<bool>| row.iter().map(|is| if *is { "██" } else { "  " }).collect::<String>();
    rows.iter().fold(docx, |docx, row| {
        docx.add_paragraph(Paragraph::new().add_run(Run::new().size(4).add_text(text(row))))
    })
}

#[cfg(test)]
mod tests;
