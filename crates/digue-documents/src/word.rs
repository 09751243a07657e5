//! A document as a Word file, with styles that a screen reader and an outline understand.

mod mend;

use std::io::Cursor;

use docx_rs::{
    BreakType, Docx, LineSpacing, Paragraph, Run, RunFonts, Style, StyleType, Table, TableBorder,
    TableBorderPosition, TableBorders, TableCell, TableCellMargins, TableRow, WidthType,
};

use crate::{Block, Document, Unprintable};

/// Half points.
const BODY: usize = 21;
/// Twentieths of a point: an A4 page less its margins.
const PAGE_WIDTH: usize = 9_000;

/// Prints a document.
pub fn docx(document: &Document) -> Result<Vec<u8>, Unprintable> {
    let mut docx = Docx::new()
        .default_fonts(RunFonts::new().ascii("Calibri").hi_ansi("Calibri"))
        .default_size(BODY)
        .add_style(heading("Heading1", "heading 1", 34))
        .add_style(heading("Heading2", "heading 2", 26));
    docx = docx.add_paragraph(styled("Heading1", &document.title));
    let mut answered: Vec<(&String, &String)> = Vec::new();
    for (place, block) in document.blocks.iter().enumerate() {
        // Questions that follow each other stand in one table.
        if let Block::Pair(asked, answer) = block {
            answered.push((asked, answer));
            if !matches!(document.blocks.get(place + 1), Some(Block::Pair(..))) {
                docx = docx.add_table(pairs(&answered));
                answered.clear();
            }
            continue;
        }
        docx = match block {
            Block::Title(text) => docx.add_paragraph(styled("Heading1", text)),
            Block::Heading(text) => docx.add_paragraph(styled("Heading2", text)),
            Block::Paragraph(text) => docx.add_paragraph(lines(Paragraph::new(), text, false)),
            Block::Quiet(text) => docx.add_paragraph(lines(Paragraph::new(), text, true)),
            Block::Point(number, text) => {
                let mark = number.map_or_else(|| "• ".to_owned(), |number| format!("{number}. "));
                docx.add_paragraph(lines(
                    Paragraph::new().indent(Some(360), None, None, None),
                    &(mark + text),
                    false,
                ))
            }
            Block::Pair(..) => docx,
            Block::Table { header, rows } => {
                docx.add_table(table(header, rows)).add_paragraph(Paragraph::new())
            }
            Block::Squares(rows) => squares(docx, rows),
            Block::Break => {
                docx.add_paragraph(Paragraph::new().add_run(Run::new().add_break(BreakType::Page)))
            }
        };
    }
    if !document.foot.is_empty() {
        docx = docx.add_paragraph(lines(Paragraph::new(), &document.foot, true));
    }
    let mut bytes = Cursor::new(Vec::new());
    docx.build().pack(&mut bytes).map_err(|error| Unprintable(error.to_string()))?;
    mend::mended(&bytes.into_inner(), document)
}

fn heading(id: &str, name: &str, size: usize) -> Style {
    let air = LineSpacing::new().before(280).after(100);
    Style::new(id, StyleType::Paragraph).name(name).bold().size(size).line_spacing(air)
}

fn styled(style: &str, text: &str) -> Paragraph {
    Paragraph::new().style(style).add_run(Run::new().add_text(text))
}

/// A text with its own line breaks.
fn lines(paragraph: Paragraph, text: &str, is_quiet: bool) -> Paragraph {
    let mut run = Run::new();
    if is_quiet {
        run = run.color("5A666C");
    }
    for (place, line) in text.lines().enumerate() {
        if place > 0 {
            run = run.add_break(BreakType::TextWrapping);
        }
        run = run.add_text(line);
    }
    paragraph.add_run(run)
}

fn cell(text: &str, width: usize, is_bold: bool) -> TableCell {
    let run = if is_bold { Run::new().bold().add_text(text) } else { Run::new() };
    let paragraph =
        if is_bold { Paragraph::new().add_run(run) } else { lines(Paragraph::new(), text, false) };
    TableCell::new().width(width, WidthType::Dxa).add_paragraph(paragraph)
}

fn pairs(pairs: &[(&String, &String)]) -> Table {
    let rows = pairs.iter().map(|(asked, answer)| {
        TableRow::new(vec![cell(asked, PAGE_WIDTH / 3, true), cell(answer, PAGE_WIDTH * 2 / 3, false)])
    });
    calm(Table::new(rows.collect()))
}

/// Hair lines between rows, none between columns, and air in the cells.
fn calm(table: Table) -> Table {
    use TableBorderPosition::{Bottom, InsideH, InsideV, Left, Right, Top};
    let line = |position| TableBorder::new(position).color("DCD9D3").size(4);
    let borders = [Top, Bottom, InsideH].into_iter().fold(TableBorders::new(), |all, one| all.set(line(one)));
    let borders = [Left, Right, InsideV].into_iter().fold(borders, TableBorders::clear);
    let margins = TableCellMargins::new().margin(60, 100, 60, 60);
    table.set_borders(borders).margins(margins).width(PAGE_WIDTH, WidthType::Dxa)
}

fn table(header: &[String], rows: &[Vec<String>]) -> Table {
    let width = PAGE_WIDTH / header.len().max(1);
    let head = TableRow::new(header.iter().map(|text| cell(text, width, true)).collect());
    let rows =
        rows.iter().map(|row| TableRow::new(row.iter().map(|text| cell(text, width, false)).collect()));
    calm(Table::new(std::iter::once(head).chain(rows).collect()))
}

/// Squares as signs: a code is read from the PDF; here it only stands for it.
fn squares(docx: Docx, rows: &[Vec<bool>]) -> Docx {
    let text = |row: &Vec<bool>| row.iter().map(|is| if *is { "██" } else { "  " }).collect::<String>();
    rows.iter().fold(docx, |docx, row| {
        docx.add_paragraph(Paragraph::new().add_run(Run::new().size(4).add_text(text(row))))
    })
}
