//! A document as PDF: A4, one family of letters, lines broken where they end.

use std::sync::{Arc, LazyLock};

use krilla::Document as File;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use ttf_parser::Face;

use crate::{Block, Document, Unprintable};

const REGULAR: &[u8] = include_bytes!("../assets/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../assets/DejaVuSans-Bold.ttf");

/// Points: A4, and its margins.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 56.0;
const FOOT: f32 = 36.0;
const INNER: f32 = WIDTH - 2.0 * MARGIN;

const BODY: f32 = 10.0;
const TITLE: f32 = 18.0;
const HEADING: f32 = 13.0;
const SMALL: f32 = 8.5;
/// Baseline to baseline, of the size.
const LEADING: f32 = 1.4;
/// A table cell's air.
const AIR: f32 = 4.0;

/// Letters of one weight: to draw, and to measure.
struct Letters {
    font: Font,
    face: Face<'static>,
}

impl Letters {
    fn new(bytes: &'static [u8]) -> Self {
        let data: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
        Self {
            font: Font::new(data.into(), 0).expect("a font of ours"),
            face: Face::parse(bytes, 0).expect("a font of ours"),
        }
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        let unit = size / f32::from(self.face.units_per_em());
        let widths = text.chars().map(|sign| {
            let glyph = self.face.glyph_index(sign).unwrap_or_default();
            f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0))
        });
        widths.sum::<f32>() * unit
    }
}

static LETTERS: LazyLock<[Letters; 2]> = LazyLock::new(|| [Letters::new(REGULAR), Letters::new(BOLD)]);

/// How a text looks.
#[derive(Clone, Copy)]
struct Look {
    size: f32,
    is_bold: bool,
    is_quiet: bool,
}

const PLAIN: Look = Look { size: BODY, is_bold: false, is_quiet: false };

impl Look {
    fn letters(self) -> &'static Letters {
        &LETTERS[usize::from(self.is_bold)]
    }

    fn step(self) -> f32 {
        self.size * LEADING
    }
}

/// One thing on a page; `y` is the baseline of a text, the top of anything else.
enum Mark {
    Text { x: f32, y: f32, look: Look, text: String },
    Rule { y: f32 },
    Square { x: f32, y: f32, side: f32 },
}

/// Prints a document.
pub fn pdf(document: &Document) -> Result<Vec<u8>, Unprintable> {
    let mut pages = Pages::default();
    if !document.title.is_empty() {
        pages.text(&document.title, MARGIN, INNER, Look { size: TITLE, is_bold: true, is_quiet: false });
        pages.skip(8.0);
    }
    for block in &document.blocks {
        pages.block(block);
    }
    let mut file = File::new();
    let language = document.language.to_owned();
    file.set_metadata(Metadata::new().title(document.title.clone()).language(language));
    let count = pages.all.len() + 1;
    let all = pages.all.into_iter().chain([pages.now]);
    for (place, marks) in all.enumerate() {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).expect("a page has a size");
        let mut page = file.start_page_with(settings);
        let mut surface = page.surface();
        for mark in &marks {
            draw(&mut surface, mark);
        }
        let foot = if document.foot.is_empty() { String::new() } else { format!("{} – ", document.foot) };
        let foot = format!("{foot}{} / {count}", place + 1);
        let look = Look { size: SMALL, is_quiet: true, is_bold: false };
        draw(&mut surface, &Mark::Text { x: MARGIN, y: HEIGHT - FOOT, look, text: foot });
        surface.finish();
        page.finish();
    }
    file.finish().map_err(|error| Unprintable(format!("{error:?}")))
}

fn draw(surface: &mut Surface<'_>, mark: &Mark) {
    let ink = |red, green, blue| Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: krilla::paint::FillRule::default(),
    };
    match mark {
        Mark::Text { x, y, look, text } => {
            let fill = if look.is_quiet { ink(0x5a, 0x66, 0x6c) } else { ink(0x1d, 0x23, 0x26) };
            surface.set_fill(Some(fill));
            let at = Point::from_xy(*x, *y);
            surface.draw_text(at, look.letters().font.clone(), look.size, text, false, TextDirection::Auto);
        }
        Mark::Rule { y } => {
            surface.set_fill(Some(ink(0xdc, 0xd9, 0xd3)));
            fill(surface, MARGIN, *y, INNER, 0.6);
        }
        Mark::Square { x, y, side } => {
            surface.set_fill(Some(ink(0, 0, 0)));
            fill(surface, *x, *y, *side, *side);
        }
    }
}

fn fill(surface: &mut Surface<'_>, x: f32, y: f32, width: f32, height: f32) {
    let mut path = PathBuilder::new();
    if let Some(rect) = Rect::from_xywh(x, y, width, height) {
        path.push_rect(rect);
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// Pages as they fill.
struct Pages {
    all: Vec<Vec<Mark>>,
    now: Vec<Mark>,
    /// Top of what comes next.
    y: f32,
}

impl Default for Pages {
    fn default() -> Self {
        Self { all: Vec::new(), now: Vec::new(), y: MARGIN }
    }
}

impl Pages {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Title(text) => {
                self.skip(10.0);
                self.text(text, MARGIN, INNER, Look { size: TITLE, is_bold: true, is_quiet: false });
                self.skip(6.0);
            }
            Block::Heading(text) => {
                self.skip(12.0);
                // A heading is not left alone at the foot of a page.
                self.need(HEADING * LEADING + 3.0 * BODY * LEADING);
                self.text(text, MARGIN, INNER, Look { size: HEADING, is_bold: true, is_quiet: false });
                self.skip(4.0);
            }
            Block::Paragraph(text) => {
                self.text(text, MARGIN, INNER, PLAIN);
                self.skip(5.0);
            }
            Block::Quiet(text) => {
                self.text(text, MARGIN, INNER, Look { size: SMALL, is_quiet: true, is_bold: false });
                self.skip(5.0);
            }
            Block::Point(number, text) => {
                let mark = number.map_or_else(|| "•".to_owned(), |number| format!("{number}."));
                self.need(PLAIN.step());
                let y = self.y + BODY;
                self.now.push(Mark::Text { x: MARGIN, y, look: PLAIN, text: mark });
                self.text(text, MARGIN + 18.0, INNER - 18.0, PLAIN);
                self.skip(3.0);
            }
            Block::Pair(asked, answer) => {
                let bold = Look { is_bold: true, ..PLAIN };
                self.row(&[(asked, bold), (answer, PLAIN)], &[0.34, 0.66]);
            }
            Block::Table { header, rows } => self.table(header, rows),
            Block::Squares(rows) => self.squares(rows),
            Block::Break => self.turn(),
        }
    }

    fn turn(&mut self) {
        if !self.now.is_empty() {
            self.all.push(std::mem::take(&mut self.now));
        }
        self.y = MARGIN;
    }

    fn skip(&mut self, points: f32) {
        if self.y > MARGIN {
            self.y += points;
        }
    }

    /// Turns the page when less than this is left.
    fn need(&mut self, points: f32) {
        if self.y + points > HEIGHT - MARGIN {
            self.turn();
        }
    }

    fn text(&mut self, text: &str, x: f32, width: f32, look: Look) {
        for line in broken(text, width, look) {
            self.need(look.step());
            self.now.push(Mark::Text { x, y: self.y + look.size, look, text: line });
            self.y += look.step();
        }
    }

    fn table(&mut self, header: &[String], rows: &[Vec<String>]) {
        let shares = shares(header, rows);
        let bold = Look { is_bold: true, size: SMALL, is_quiet: false };
        let head: Vec<(&String, Look)> = header.iter().map(|text| (text, bold)).collect();
        self.row(&head, &shares);
        for row in rows {
            let small = Look { size: SMALL, ..PLAIN };
            let cells: Vec<(&String, Look)> = row.iter().map(|text| (text, small)).collect();
            self.row(&cells, &shares);
        }
        self.skip(8.0);
    }

    /// Cells side by side, each broken to its column; a row longer than the page goes on on the next.
    fn row(&mut self, cells: &[(&String, Look)], shares: &[f32]) {
        let mut x = MARGIN;
        let mut columns: Vec<(f32, Look, Vec<String>)> = Vec::new();
        for ((text, look), share) in cells.iter().zip(shares) {
            let width = share * INNER;
            columns.push((x, *look, broken(text, width - AIR, *look)));
            x += width;
        }
        let lines = columns.iter().map(|(.., lines)| lines.len()).max().unwrap_or(0).max(1);
        let step = columns.iter().map(|(_, look, _)| look.step()).fold(SMALL, f32::max);
        // A short row stays whole.
        self.need(step * lines.min(12) as f32 + 2.0 * AIR);
        self.y += AIR;
        for line in 0..lines {
            self.need(step);
            for (x, look, texts) in &columns {
                if let Some(text) = texts.get(line).filter(|text| !text.is_empty()) {
                    self.now.push(Mark::Text {
                        x: *x,
                        y: self.y + look.size,
                        look: *look,
                        text: text.clone(),
                    });
                }
            }
            self.y += step;
        }
        self.y += AIR;
        self.now.push(Mark::Rule { y: self.y });
    }

    fn squares(&mut self, rows: &[Vec<bool>]) {
        const SIDE: f32 = 2.6;
        self.need(rows.len() as f32 * SIDE + 10.0);
        self.skip(6.0);
        for (line, row) in rows.iter().enumerate() {
            for (place, _) in row.iter().enumerate().filter(|(_, is)| **is) {
                let (x, y) = (MARGIN + place as f32 * SIDE, self.y + line as f32 * SIDE);
                // Neighbours overlap by a hair, so that no line of light is between them.
                self.now.push(Mark::Square { x, y, side: SIDE + 0.02 });
            }
        }
        self.y += rows.len() as f32 * SIDE + 6.0;
    }
}

/// Shares of the columns: the widest word of each fits, and the rest goes to those that hold most.
fn shares(header: &[String], rows: &[Vec<String>]) -> Vec<f32> {
    let texts = |place: usize| rows.iter().filter_map(move |row| row.get(place)).chain(header.get(place));
    // Headings are bold, and a bold word is the wider one.
    let bold = Look { is_bold: true, size: SMALL, is_quiet: false };
    let word = |place: usize| {
        let words = texts(place).flat_map(|text| text.split_whitespace());
        let widest = words.map(|word| bold.letters().width(word, SMALL)).fold(0.0, f32::max);
        (widest + AIR + 1.0).min(INNER / 3.0)
    };
    let weight = |place: usize| {
        let longest = texts(place).map(|text| text.chars().count()).max().unwrap_or(1);
        (longest as f32).clamp(1.0, 48.0)
    };
    let needed: Vec<f32> = (0..header.len()).map(word).collect();
    let weights: Vec<f32> = (0..header.len()).map(weight).collect();
    let (all, total) = (needed.iter().sum::<f32>(), weights.iter().sum::<f32>());
    if all >= INNER {
        return needed.into_iter().map(|width| width / all).collect();
    }
    let spread = |(width, weight): (f32, f32)| (width + (INNER - all) * weight / total) / INNER;
    needed.into_iter().zip(weights).map(spread).collect()
}

/// A text in lines no wider than `width`.
fn broken(text: &str, width: f32, look: Look) -> Vec<String> {
    let letters = look.letters();
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split([' ', '\t']).filter(|word| !word.is_empty()) {
            let wider = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if letters.width(&wider, look.size) <= width {
                line = wider;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for sign in word.chars() {
                // A word wider than its column is cut: addresses, hashes.
                if !line.is_empty() && letters.width(&format!("{line}{sign}"), look.size) > width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(sign);
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_within_their_width_and_nothing_is_lost() {
        let text =
            "Une longue phrase qui ne tient pas sur une ligne, et un-mot-démesurément-long-sans-espace";
        let lines = broken(text, 80.0, PLAIN);
        assert!(lines.len() > 4);
        for line in &lines {
            assert!(PLAIN.letters().width(line, BODY) <= 80.0, "{line}");
        }
        let plain = |text: &str| text.replace(' ', "");
        assert_eq!(plain(&lines.concat()), plain(text));
        assert_eq!(broken("a\n\nb", 80.0, PLAIN), ["a", "", "b"]);
    }

    #[test]
    fn a_row_longer_than_a_page_goes_on_on_the_next() {
        let mut pages = Pages::default();
        pages.block(&Block::Pair("Question".to_owned(), "mot ".repeat(3000)));
        pages.block(&Block::Break);
        pages.block(&Block::Paragraph("fin".to_owned()));
        assert!(pages.all.len() >= 2);
        let lowest = |marks: &[Mark]| {
            marks
                .iter()
                .map(|mark| match mark {
                    Mark::Text { y, .. } | Mark::Rule { y } | Mark::Square { y, .. } => *y,
                })
                .fold(0.0, f32::max)
        };
        assert!(pages.all.iter().all(|page| lowest(page) <= HEIGHT - MARGIN + AIR));
    }
}
