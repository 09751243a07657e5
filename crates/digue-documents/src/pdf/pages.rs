//! Lays out blocks on A4 pages in one column. Each mark carries the structure element it belongs
//! to; nothing here draws.

use krilla::geom::Rect;

use super::letters::{BODY, HEADING, LEADING, PLAIN, SMALL, TITLE, TextLine, TextStyle, broken};
use super::structure::{MarkedContent, Structure, StructureElement};
use crate::{DocumentBlock, PageShape};

/// Distance of the foot from the edge of the page, and of the head's baseline.
pub(super) const FOOT: f32 = 36.0;
/// The tallest header that is repeated on each page, in lines.
const HEADER_LINES_MAX: usize = 12;
/// Padding of a table cell.
const AIR: f32 = 4.0;
/// Indent of a list item's text.
const INDENT: f32 = 18.0;
/// Side of one square of a bitmap: 0.6 mm, which telephones read from paper.
const SIDE: f32 = 1.7;
/// Distance between the baselines of a letter, as a multiple of the font size.
const LETTER_LEADING: f32 = 1.28;
/// Between a bitmap and the text beside it: more than the four squares that a QR code keeps free.
const BESIDE: f32 = 14.0;
/// Left edge of the date and of the signature of a letter: 100 mm.
pub(super) const RIGHT_HALF: f32 = 100.0 * 72.0 / 25.4;
/// The right and the lower edge of a letter's sender: 86 and 90 mm, left of the window.
const SENDER_RIGHT: f32 = 86.0 * 72.0 / 25.4;
const SENDER_BOTTOM: f32 = 90.0 * 72.0 / 25.4;

/// A4 and its margins, in points.
#[derive(Clone, Copy)]
pub(super) struct PageSize {
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) margin: f32,
}

impl PageSize {
    pub(super) const PORTRAIT: Self = Self {
        width: 595.0,
        height: 842.0,
        margin: 56.0,
    };
    const LANDSCAPE: Self = Self {
        width: 842.0,
        height: 595.0,
        margin: 48.0,
    };

    pub(super) const fn of(shape: PageShape) -> Self {
        match shape {
            PageShape::Portrait => Self::PORTRAIT,
            PageShape::Landscape => Self::LANDSCAPE,
        }
    }

    pub(super) const fn inner(self) -> f32 {
        self.width - 2.0 * self.margin
    }
}

/// One thing on a page; `y` is the baseline of a text, the top of anything else. What has no leaf
/// is decoration, or repeats what stands elsewhere.
pub(super) enum ContentMark {
    Text {
        x: f32,
        y: f32,
        look: TextStyle,
        line: TextLine,
        leaf: Option<MarkedContent>,
    },
    Rule {
        at: (f32, f32),
        width: f32,
        height: f32,
    },
    Squares {
        places: Vec<(f32, f32)>,
        side: f32,
        leaf: Option<MarkedContent>,
    },
}

/// A page, and the section whose pages are counted with it.
pub(super) struct PdfPage {
    pub(super) marks: Vec<ContentMark>,
    pub(super) section: usize,
    /// The empty back of a letter's last sheet.
    pub(super) is_back: bool,
}

/// A cell of a row: where it begins, and its lines.
#[derive(Clone)]
struct RowColumn {
    x: f32,
    look: TextStyle,
    leaf: Option<MarkedContent>,
    lines: Vec<TextLine>,
}

/// Pages while they fill.
pub(super) struct PdfPages {
    pub(super) size: PageSize,
    pub(super) structure: Structure,
    all: Vec<PdfPage>,
    now: Vec<ContentMark>,
    /// What stands at the head of each section's pages from the second on.
    sections: Vec<String>,
    /// The header of the table that is being laid out, for the next page.
    repeated: Vec<RowColumn>,
    is_letter: bool,
    /// Where the signature of a letter begins: the page's number, and the points from its top.
    signed_at: Option<(usize, f32)>,
    /// The free part of a letter's first page below its sender: the page's number, and the points
    /// from its top.
    below_sender: Option<(usize, f32)>,
    /// Where the next mark starts, in points from the top of the page.
    y: f32,
}

pub(super) const fn bold(size: f32) -> TextStyle {
    TextStyle {
        size,
        is_bold: true,
        is_quiet: false,
    }
}

impl PdfPages {
    pub(super) fn new(size: PageSize, title: &str) -> Self {
        Self {
            size,
            structure: Structure::default(),
            all: Vec::new(),
            now: Vec::new(),
            sections: vec![title.to_owned()],
            repeated: Vec::new(),
            is_letter: false,
            signed_at: None,
            below_sender: None,
            y: size.margin,
        }
    }

    /// The pages, the head of each section, and the structure.
    pub(super) fn finished(mut self) -> (Vec<PdfPage>, Vec<String>, Structure) {
        // The last page has no page break after it; a document without blocks has one page.
        if !self.now.is_empty() || self.all.is_empty() {
            self.turn();
        }
        (self.all, self.sections, self.structure)
    }

    /// Begins a letter: a sheet whose pages are counted on their own.
    pub(super) fn begin_letter(&mut self, head: String) {
        if !self.now.is_empty() {
            self.turn();
        }
        if self.all.is_empty() {
            self.sections.clear();
        }
        self.fill_sheet();
        self.sections.push(head);
        self.is_letter = true;
    }

    /// Printed on both sides, the next letter would stand on the back of this one, and one of two
    /// persons would get the other's.
    fn fill_sheet(&mut self) {
        let Some(section) = self.sections.len().checked_sub(1) else {
            return;
        };
        let own = self.all.iter().filter(|page| page.section == section);
        if own.count() % 2 == 1 {
            self.all.push(PdfPage {
                marks: Vec::new(),
                section,
                is_back: true,
            });
        }
    }

    pub(super) fn mark(&mut self, mark: ContentMark) {
        self.now.push(mark);
    }

    /// Sets where the next mark starts.
    pub(super) fn go_to(&mut self, y: f32) {
        self.y = y;
    }

    /// The distance between two baselines. A letter is set closer: it should fit on one page.
    fn step(&self, look: TextStyle) -> f32 {
        look.size
            * if self.is_letter {
                LETTER_LEADING
            } else {
                LEADING
            }
    }

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
                let (size, before, after) = if self.is_letter {
                    (BODY, 4.0, 1.0)
                } else {
                    (HEADING, 12.0, 4.0)
                };
                self.skip(before);
                // Keep a heading with at least three lines of the text below it.
                self.need(size * LEADING + 3.0 * BODY * LEADING);
                self.heading(2, text, bold(size));
                self.skip(after);
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
            DocumentBlock::Letter(head) => self.letter(head),
            DocumentBlock::Signature(lines) => self.signature(lines),
            DocumentBlock::Squares { says, beside, rows } => self.squares(says, beside, rows),
            DocumentBlock::Break if self.now.is_empty() => {}
            DocumentBlock::Break => self.turn(),
        }
    }

    pub(super) fn heading(&mut self, level: u16, text: &str, look: TextStyle) {
        let leaf = self.structure.leaf();
        // Turn the page before taking the position: the outline entry has to point at the page on
        // which the heading is drawn.
        self.need(self.step(look));
        let (page, y) = (self.all.len(), self.y);
        self.text(text, self.size.margin, self.size.inner(), look, leaf);
        self.structure.heading(level, text.trim(), page, y, leaf);
    }

    pub(super) fn paragraph(&mut self, text: &str, look: TextStyle) {
        let leaf = self.structure.leaf();
        self.text(text, self.size.margin, self.size.inner(), look, leaf);
        self.skip(5.0);
        self.structure.push(StructureElement::paragraph(leaf));
    }

    fn point(&mut self, block: &DocumentBlock) -> Option<StructureElement> {
        let DocumentBlock::Point(number, text) = block else {
            return None;
        };
        let sign = number.map_or_else(|| "•".to_owned(), |number| format!("{number}."));
        // Taken before the number is placed: number and text must not be on different pages.
        self.need(self.step(PLAIN));
        let (mark, leaf) = (self.structure.leaf(), self.structure.leaf());
        let line = TextLine {
            text: sign,
            ends_a_word: true,
        };
        self.now.push(ContentMark::Text {
            x: self.size.margin,
            y: self.y + BODY,
            look: PLAIN,
            line,
            leaf: Some(mark),
        });
        let (x, width) = (self.size.margin + INDENT, self.size.inner() - INDENT);
        self.text(text, x, width, PLAIN, leaf);
        self.skip(3.0);
        Some(StructureElement::point(mark, leaf))
    }

    fn pair(&mut self, block: &DocumentBlock) -> Option<StructureElement> {
        let DocumentBlock::Pair(asked, answer) = block else {
            return None;
        };
        let (header, cell) = (self.structure.leaf(), self.structure.leaf());
        self.row(
            &[
                (asked, bold(BODY), Some(header)),
                (answer, PLAIN, Some(cell)),
            ],
            &[0.34, 0.66],
        );
        Some(StructureElement::row(vec![
            StructureElement::header_of_row(header),
            StructureElement::cell(cell),
        ]))
    }

    fn turn(&mut self) {
        let marks = std::mem::take(&mut self.now);
        let section = self.sections.len() - 1;
        self.all.push(PdfPage {
            marks,
            section,
            is_back: false,
        });
        self.y = self.size.margin;
        if !self.repeated.is_empty() {
            let header = self.repeated.clone();
            self.y += AIR;
            for place in 0..height_of(&header) {
                self.row_line(&header, place);
            }
            self.row_end();
        }
    }

    pub(super) fn skip(&mut self, points: f32) {
        // No space above the first block of a page.
        if self.y > self.size.margin {
            self.y += points;
        }
    }

    /// Turns the page when less than `points` is left.
    pub(super) fn need(&mut self, points: f32) {
        if self.y + points > self.size.height - self.size.margin && !self.now.is_empty() {
            self.turn();
        }
    }

    /// The signature begins here.
    pub(super) fn note_signature(&mut self) {
        self.signed_at = Some((self.all.len(), self.y));
    }

    /// The sender ends here.
    pub(super) fn note_sender(&mut self) {
        self.below_sender = Some((self.all.len(), self.y + 10.0));
    }

    pub(super) fn text(
        &mut self,
        text: &str,
        x: f32,
        width: f32,
        look: TextStyle,
        leaf: MarkedContent,
    ) {
        for line in broken(text, width, look) {
            self.need(self.step(look));
            self.now.push(ContentMark::Text {
                x,
                y: self.y + look.size,
                look,
                line,
                leaf: Some(leaf),
            });
            self.y += self.step(look);
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
        let shares = shares(columns, header, rows, self.size.inner());
        let head = (!header.is_empty()).then(|| {
            let leaves = self.cells(header, columns, bold(SMALL), &shares);
            let texts = header.iter().map(|text| (text, bold(SMALL), None));
            let repeated = self.columns(&texts.collect::<Vec<_>>(), &shares);
            // A header that fills the page would leave no room for the rows.
            if height_of(&repeated) <= HEADER_LINES_MAX {
                self.repeated = repeated;
            }
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
        self.repeated.clear();
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
        let cells = leaves.iter().enumerate().map(|(place, leaf)| {
            let text = texts.get(place).map_or("", String::as_str);
            (text, look, Some(*leaf))
        });
        self.row(&cells.collect::<Vec<_>>(), shares);
        leaves
    }

    fn columns<T: AsRef<str>>(
        &self,
        cells: &[(T, TextStyle, Option<MarkedContent>)],
        shares: &[f32],
    ) -> Vec<RowColumn> {
        let mut x = self.size.margin;
        let mut columns = Vec::new();
        for ((text, look, leaf), share) in cells.iter().zip(shares) {
            let width = share * self.size.inner();
            let lines = broken(text.as_ref(), width - AIR, *look);
            let (look, leaf) = (*look, *leaf);
            columns.push(RowColumn {
                x,
                look,
                leaf,
                lines,
            });
            x += width;
        }
        columns
    }

    /// Lays out cells side by side, each wrapped to its column; a row longer than the page
    /// continues on the next.
    fn row<T: AsRef<str>>(
        &mut self,
        cells: &[(T, TextStyle, Option<MarkedContent>)],
        shares: &[f32],
    ) {
        let columns = self.columns(cells, shares);
        let (lines, step) = (height_of(&columns), step_of(&columns));
        // A row of up to twelve lines is not split across pages; a longer one may be, or a page
        // would be left half empty.
        self.need(step * lines.min(12) as f32 + 2.0 * AIR);
        self.y += AIR;
        for place in 0..lines {
            self.need(step);
            self.row_line(&columns, place);
        }
        self.row_end();
    }

    /// One line of each cell of a row.
    fn row_line(&mut self, columns: &[RowColumn], place: usize) {
        for column in columns {
            if let Some(line) = column.lines.get(place) {
                self.now.push(ContentMark::Text {
                    x: column.x,
                    y: self.y + column.look.size,
                    look: column.look,
                    line: line.clone(),
                    leaf: column.leaf,
                });
            }
        }
        self.y += step_of(columns);
    }

    fn row_end(&mut self) {
        self.y += AIR;
        self.now.push(ContentMark::Rule {
            at: (self.size.margin, self.y),
            width: self.size.inner(),
            height: 0.6,
        });
    }

    /// Where a bitmap stands, and how far to the right the text beside it may go: on a letter below
    /// the sender, or beside the hand that signed, where there is room. A letter keeps to one page.
    fn place_of_squares(&mut self, beside: &str, (width, height): (f32, f32)) -> (f32, f32) {
        let (page, end) = (self.all.len(), self.size.height - self.size.margin);
        let (sender, signed) = (self.below_sender.take(), self.signed_at.take());
        let room = SENDER_RIGHT - self.size.margin - width - BESIDE;
        let sender = sender.filter(|(first, y)| {
            *first == page
                && room > 0.0
                && y + self.height_beside(beside, room).max(height) <= SENDER_BOTTOM
        });
        if let Some((_, y)) = sender {
            return (y, SENDER_RIGHT);
        }
        if let Some((_, y)) = signed.filter(|(at, y)| *at == page && y + height <= end) {
            return (y, RIGHT_HALF - BESIDE);
        }
        self.need(height + 14.0);
        self.skip(8.0);
        (self.y, self.size.margin + self.size.inner())
    }

    /// The height of the text beside a bitmap.
    fn height_beside(&self, text: &str, width: f32) -> f32 {
        let look = TextStyle {
            size: SMALL,
            ..PLAIN
        };
        broken(text, width, look).len() as f32 * self.step(look)
    }

    fn squares(&mut self, says: &str, beside: &str, rows: &[Vec<bool>]) {
        let height = rows.len() as f32 * SIDE;
        let width = rows.iter().map(Vec::len).max().unwrap_or(0) as f32 * SIDE;
        let (top, right) = self.place_of_squares(beside, (width, height));
        let below = self.y;
        self.go_to(top);
        let left = self.size.margin;
        let mut places = Vec::new();
        for (line, row) in rows.iter().enumerate() {
            let black = row.iter().enumerate().filter(|(_, is)| **is);
            places.extend(
                black.map(|(place, _)| (left + place as f32 * SIDE, top + line as f32 * SIDE)),
            );
        }
        let leaf = (!says.is_empty() && !places.is_empty()).then(|| self.structure.leaf());
        if let Some(leaf) = leaf {
            let place = Rect::from_xywh(left, top, width, height);
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
        if !beside.is_empty() {
            let (leaf, taken) = (self.structure.leaf(), width + BESIDE);
            let look = TextStyle {
                size: SMALL,
                ..PLAIN
            };
            self.text(beside, left + taken, right - left - taken, look, leaf);
            self.structure.push(StructureElement::paragraph(leaf));
        }
        self.y = below.max(self.y).max(top + height) + 6.0;
    }
}

/// The lines of the longest cell.
fn height_of(columns: &[RowColumn]) -> usize {
    let lines = columns.iter().map(|column| column.lines.len());
    lines.max().unwrap_or(0).max(1)
}

fn step_of(columns: &[RowColumn]) -> f32 {
    let steps = columns.iter().map(|column| column.look.size * LEADING);
    steps.fold(SMALL, f32::max)
}

/// The share of the page's width for each column: the widest word fits, and the rest is divided by
/// the length of the longest text.
fn shares(columns: usize, header: &[String], rows: &[Vec<String>], inner: f32) -> Vec<f32> {
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
        (widest + AIR + 1.0).min(inner / 3.0)
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
    if all >= inner {
        return needed.into_iter().map(|width| width / all).collect();
    }
    let spread = |(width, weight): (f32, f32)| (width + (inner - all) * weight / total) / inner;
    needed.into_iter().zip(weights).map(spread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_longer_than_a_page_goes_on_on_the_next() {
        let mut pages = PdfPages::new(PageSize::PORTRAIT, "");
        pages.blocks(&[
            DocumentBlock::Pair("Question".to_owned(), "mot ".repeat(3000)),
            DocumentBlock::Break,
            DocumentBlock::Paragraph("fin".to_owned()),
        ]);
        let (all, ..) = pages.finished();
        assert!(all.len() >= 3);
        let lowest = |mark: &ContentMark| match mark {
            ContentMark::Text { y, .. } | ContentMark::Rule { at: (_, y), .. } => *y,
            ContentMark::Squares { places, .. } => {
                places.iter().map(|(_, y)| *y).fold(0.0, f32::max)
            }
        };
        let PageSize { height, margin, .. } = PageSize::PORTRAIT;
        let is_within = |page: &PdfPage| {
            let mut marks = page.marks.iter();
            marks.all(|mark| lowest(mark) <= height - margin + AIR)
        };
        assert!(all.iter().all(is_within));
    }
}
