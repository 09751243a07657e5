//! Lays out blocks on A4 pages in one column. Each mark carries the structure element it belongs
//! to; nothing here draws.

use krilla::geom::Rect;

use super::letters::{BODY, HEADING, LEADING, PLAIN, SMALL, TITLE, TextLine, TextStyle, broken};
use super::structure::{MarkedContent, Structure, StructureElement};
use crate::DocumentBlock;

/// A4 and its margins, in points.
pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;
pub(super) const MARGIN: f32 = 56.0;
pub(super) const FOOT: f32 = 36.0;
pub(super) const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// Padding of a table cell.
const AIR: f32 = 4.0;
/// Indent of a list item's text.
const INDENT: f32 = 18.0;
/// Side of one square of a bitmap: 0.9 mm.
const SIDE: f32 = 2.6;

/// One thing on a page; `y` is the baseline of a text, the top of anything else.
pub(super) enum ContentMark {
    Text {
        x: f32,
        y: f32,
        look: TextStyle,
        line: TextLine,
        leaf: MarkedContent,
    },
    Rule {
        y: f32,
    },
    /// Positions of squares; without a leaf they are decoration.
    Squares {
        places: Vec<(f32, f32)>,
        side: f32,
        leaf: Option<MarkedContent>,
    },
}

/// Pages while they fill.
pub(super) struct PdfPages {
    pub(super) all: Vec<Vec<ContentMark>>,
    pub(super) now: Vec<ContentMark>,
    pub(super) structure: Structure,
    /// Where the next mark starts, in points from the top of the page.
    y: f32,
}

impl Default for PdfPages {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            now: Vec::new(),
            structure: Structure::default(),
            y: MARGIN,
        }
    }
}

const fn bold(size: f32) -> TextStyle {
    TextStyle {
        size,
        is_bold: true,
        is_quiet: false,
    }
}

impl PdfPages {
    pub(super) fn title(&mut self, text: &str) {
        self.heading(1, text, bold(TITLE));
        self.skip(8.0);
    }

    pub(super) fn blocks(&mut self, blocks: &[DocumentBlock]) {
        let mut rest = blocks;
        while let Some(block) = rest.first() {
            // Consecutive items form one list, consecutive questions one table: a screen reader
            // announces how many there are. Numbered and plain items do not mix, as a list has one
            // kind of label.
            let alike = |other: &&DocumentBlock| match (block, other) {
                (DocumentBlock::Point(number, _), DocumentBlock::Point(other, _)) => {
                    number.is_some() == other.is_some()
                }
                (DocumentBlock::Pair(..), DocumentBlock::Pair(..)) => true,
                _ => false,
            };
            let count = rest.iter().take_while(alike).count().max(1);
            let (these, others) = rest.split_at(count);
            self.alike(block, these);
            rest = others;
        }
    }

    fn alike(&mut self, first: &DocumentBlock, these: &[DocumentBlock]) {
        match first {
            DocumentBlock::Title(text) => {
                self.skip(10.0);
                self.heading(1, text, bold(TITLE));
                self.skip(6.0);
            }
            DocumentBlock::Heading(text) => {
                self.skip(12.0);
                // Keep a heading with at least three lines of the text below it.
                self.need(HEADING * LEADING + 3.0 * BODY * LEADING);
                self.heading(2, text, bold(HEADING));
                self.skip(4.0);
            }
            DocumentBlock::Paragraph(text) => self.paragraph(text, PLAIN),
            DocumentBlock::Quiet(text) => {
                self.paragraph(
                    text,
                    TextStyle {
                        size: SMALL,
                        is_quiet: true,
                        is_bold: false,
                    },
                );
            }
            DocumentBlock::Point(number, _) => {
                let points = these.iter().filter_map(|block| self.point(block)).collect();
                self.structure
                    .push(StructureElement::list(number.is_some(), points));
            }
            DocumentBlock::Pair(..) => {
                let rows = these.iter().filter_map(|block| self.pair(block)).collect();
                self.structure.push(StructureElement::table(None, rows));
            }
            DocumentBlock::Table { header, rows } => self.table(header, rows),
            DocumentBlock::Squares { says, rows } => self.squares(says, rows),
            DocumentBlock::Break => self.turn(),
        }
    }

    fn heading(&mut self, level: u16, text: &str, look: TextStyle) {
        let leaf = self.structure.leaf();
        // Turn the page before taking the position: the outline entry has to point at the page on
        // which the heading is drawn.
        self.need(look.step());
        let (page, y) = (self.all.len(), self.y);
        self.text(text, MARGIN, INNER, look, leaf);
        self.structure.heading(level, text.trim(), page, y, leaf);
    }

    fn paragraph(&mut self, text: &str, look: TextStyle) {
        let leaf = self.structure.leaf();
        self.text(text, MARGIN, INNER, look, leaf);
        self.skip(5.0);
        self.structure.push(StructureElement::paragraph(leaf));
    }

    fn point(&mut self, block: &DocumentBlock) -> Option<StructureElement> {
        let DocumentBlock::Point(number, text) = block else {
            return None;
        };
        let sign = number.map_or_else(|| "•".to_owned(), |number| format!("{number}."));
        // Taken before the number is placed: number and text must not be on different pages.
        self.need(PLAIN.step());
        let (mark, leaf) = (self.structure.leaf(), self.structure.leaf());
        let line = TextLine {
            text: sign,
            ends_a_word: true,
        };
        self.now.push(ContentMark::Text {
            x: MARGIN,
            y: self.y + BODY,
            look: PLAIN,
            line,
            leaf: mark,
        });
        self.text(text, MARGIN + INDENT, INNER - INDENT, PLAIN, leaf);
        self.skip(3.0);
        Some(StructureElement::point(mark, leaf))
    }

    fn pair(&mut self, block: &DocumentBlock) -> Option<StructureElement> {
        let DocumentBlock::Pair(asked, answer) = block else {
            return None;
        };
        let (header, cell) = (self.structure.leaf(), self.structure.leaf());
        self.row(
            &[(asked, bold(BODY), header), (answer, PLAIN, cell)],
            &[0.34, 0.66],
        );
        Some(StructureElement::row(vec![
            StructureElement::header_of_row(header),
            StructureElement::cell(cell),
        ]))
    }

    fn turn(&mut self) {
        if !self.now.is_empty() {
            self.all.push(std::mem::take(&mut self.now));
        }
        self.y = MARGIN;
    }

    fn skip(&mut self, points: f32) {
        // No space above the first block of a page.
        if self.y > MARGIN {
            self.y += points;
        }
    }

    /// Turns the page when less than `points` is left.
    fn need(&mut self, points: f32) {
        if self.y + points > HEIGHT - MARGIN {
            self.turn();
        }
    }

    fn text(&mut self, text: &str, x: f32, width: f32, look: TextStyle, leaf: MarkedContent) {
        for line in broken(text, width, look) {
            self.need(look.step());
            self.now.push(ContentMark::Text {
                x,
                y: self.y + look.size,
                look,
                line,
                leaf,
            });
            self.y += look.step();
        }
    }

    fn table(&mut self, header: &[String], rows: &[Vec<String>]) {
        let columns = rows
            .iter()
            .map(Vec::len)
            .chain([header.len()])
            .max()
            .unwrap_or(0);
        if columns == 0 {
            return;
        }
        let shares = shares(columns, header, rows);
        let head = (!header.is_empty()).then(|| {
            let leaves = self.cells(header, columns, bold(SMALL), &shares);
            StructureElement::row(
                leaves
                    .into_iter()
                    .map(StructureElement::header_of_column)
                    .collect(),
            )
        });
        let small = TextStyle {
            size: SMALL,
            ..PLAIN
        };
        let rows = rows.iter().map(|row| {
            let leaves = self.cells(row, columns, small, &shares);
            StructureElement::row(leaves.into_iter().map(StructureElement::cell).collect())
        });
        let rows = rows.collect();
        self.structure.push(StructureElement::table(head, rows));
        self.skip(8.0);
    }

    /// A row of as many cells as the table has columns.
    fn cells(
        &mut self,
        texts: &[String],
        columns: usize,
        look: TextStyle,
        shares: &[f32],
    ) -> Vec<MarkedContent> {
        let leaves: Vec<MarkedContent> = (0..columns).map(|_| self.structure.leaf()).collect();
        let cells = leaves
            .iter()
            .enumerate()
            .map(|(place, leaf)| (texts.get(place).map_or("", String::as_str), look, *leaf));
        let cells: Vec<(&str, TextStyle, MarkedContent)> = cells.collect();
        self.row(&cells, shares);
        leaves
    }

    /// Lays out cells side by side, each wrapped to its column; a row longer than the page
    /// continues on the next.
    fn row<T: AsRef<str>>(&mut self, cells: &[(T, TextStyle, MarkedContent)], shares: &[f32]) {
        let mut x = MARGIN;
        let mut columns: Vec<(f32, TextStyle, MarkedContent, Vec<TextLine>)> = Vec::new();
        for ((text, look, leaf), share) in cells.iter().zip(shares) {
            let width = share * INNER;
            columns.push((x, *look, *leaf, broken(text.as_ref(), width - AIR, *look)));
            x += width;
        }
        let lines = columns
            .iter()
            .map(|(.., lines)| lines.len())
            .max()
            .unwrap_or(0)
            .max(1);
        let step = columns
            .iter()
            .map(|(_, look, ..)| look.step())
            .fold(SMALL, f32::max);
        // A row of up to twelve lines is not split across pages; a longer one may be, or a page
        // would be left half empty.
        self.need(step * lines.min(12) as f32 + 2.0 * AIR);
        self.y += AIR;
        for place in 0..lines {
            self.need(step);
            for (x, look, leaf, lines) in &columns {
                if let Some(line) = lines.get(place) {
                    let (y, line) = (self.y + look.size, line.clone());
                    self.now.push(ContentMark::Text {
                        x: *x,
                        y,
                        look: *look,
                        line,
                        leaf: *leaf,
                    });
                }
            }
            self.y += step;
        }
        self.y += AIR;
        self.now.push(ContentMark::Rule { y: self.y });
    }

    fn squares(&mut self, says: &str, rows: &[Vec<bool>]) {
        let height = rows.len() as f32 * SIDE;
        let width = rows.iter().map(Vec::len).max().unwrap_or(0) as f32 * SIDE;
        self.need(height + 10.0);
        self.skip(6.0);
        let mut places = Vec::new();
        for (line, row) in rows.iter().enumerate() {
            let black = row.iter().enumerate().filter(|(_, is)| **is);
            places.extend(
                black.map(|(place, _)| (MARGIN + place as f32 * SIDE, self.y + line as f32 * SIDE)),
            );
        }
        let leaf = (!says.is_empty() && !places.is_empty()).then(|| self.structure.leaf());
        if let Some(leaf) = leaf {
            let place = Rect::from_xywh(MARGIN, self.y, width, height);
            self.structure
                .push(StructureElement::figure(says, self.all.len(), place, leaf));
        }
        // Squares overlap by 0.02 pt: viewers that smooth edges would show white lines between
        // them.
        self.now.push(ContentMark::Squares {
            places,
            side: SIDE + 0.02,
            leaf,
        });
        self.y += height + 6.0;
    }
}

/// The share of the page's width for each column: the widest word fits, and the rest is divided by
/// the length of the longest text.
fn shares(columns: usize, header: &[String], rows: &[Vec<String>]) -> Vec<f32> {
    let texts = |place: usize| {
        rows.iter()
            .filter_map(move |row| row.get(place))
            .chain(header.get(place))
    };
    // Measure in bold: header cells are bold, and bold is the wider weight.
    let letters = bold(SMALL).letters();
    let word = |place: usize| {
        let words = texts(place).flat_map(|text| text.split_whitespace());
        let widest = words
            .map(|word| letters.width(word, SMALL))
            .fold(0.0, f32::max);
        // One hash or URL must not take the page from the other columns; it is cut instead.
        (widest + AIR + 1.0).min(INNER / 3.0)
    };
    let weight = |place: usize| {
        let longest = texts(place)
            .map(|text| text.chars().count())
            .max()
            .unwrap_or(1);
        (longest as f32).clamp(1.0, 48.0)
    };
    let needed: Vec<f32> = (0..columns).map(word).collect();
    let weights: Vec<f32> = (0..columns).map(weight).collect();
    let (all, total) = (needed.iter().sum::<f32>(), weights.iter().sum::<f32>());
    if all >= INNER {
        return needed.into_iter().map(|width| width / all).collect();
    }
    let spread = |(width, weight): (f32, f32)| (width + (INNER - all) * weight / total) / INNER;
    needed.into_iter().zip(weights).map(spread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_longer_than_a_page_goes_on_on_the_next() {
        let mut pages = PdfPages::default();
        pages.blocks(&[
            DocumentBlock::Pair("Question".to_owned(), "mot ".repeat(3000)),
            DocumentBlock::Break,
            DocumentBlock::Paragraph("fin".to_owned()),
        ]);
        assert!(pages.all.len() >= 2);
        let lowest = |mark: &ContentMark| match mark {
            ContentMark::Text { y, .. } | ContentMark::Rule { y } => *y,
            ContentMark::Squares { places, .. } => {
                places.iter().map(|(_, y)| *y).fold(0.0, f32::max)
            }
        };
        let is_within = |marks: &Vec<ContentMark>| {
            marks
                .iter()
                .all(|mark| lowest(mark) <= HEIGHT - MARGIN + AIR)
        };
        assert!(pages.all.iter().all(is_within));
    }
}
