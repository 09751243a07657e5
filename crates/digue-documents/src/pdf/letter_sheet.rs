//! A letter on its sheet: the address stands in the window of a DL envelope, and nothing else can.
//!
//! A DL envelope is 220 x 110 mm, its window 100 x 35 or 45 mm, 20 mm from its right and bottom
//! edges; A4 folded at 99 and 198 mm slides 10 mm sideways and 11 mm up and down in it.

use super::letters::{BODY, PLAIN, SMALL, TextStyle, broken};
use super::pages::{ContentMark, PdfPages, RIGHT_HALF, bold};
use super::structure::StructureElement;
use crate::letter::{LetterHead, PostalAddress};

/// Points of a millimetre.
const MM: f32 = 72.0 / 25.4;

/// A part of the sheet: left, top, width and height, in points.
#[derive(Clone, Copy)]
struct SheetBox {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

const fn millimetres(x: f32, y: f32, width: f32, height: f32) -> SheetBox {
    SheetBox {
        x: x * MM,
        y: y * MM,
        width: width * MM,
        height: height * MM,
    }
}

/// Seen in the window however the sheet slides, of both heights.
const ADDRESS: SheetBox = millimetres(100.0, 55.0, 90.0, 24.0);
/// What the window may show of the sheet: nothing but the address stands here.
const KEPT_FREE: SheetBox = millimetres(90.0, 34.0, 110.0, 56.0);
const SENDER: SheetBox = millimetres(20.0, 15.0, 66.0, 75.0);
/// Where the text of the letter begins.
const TEXT_TOP: f32 = 94.0 * MM;
const FOLDS: [f32; 2] = [99.0 * MM, 198.0 * MM];
/// Room for a signature by hand.
const SIGNATURE: f32 = 9.0 * MM;
/// The sizes in which an address is tried, the first that fits is taken.
const ADDRESS_SIZES: [f32; 6] = [10.0, 9.0, 8.0, 7.0, 6.0, 5.0];
/// Lines of an address are 4 mm apart at 10 points: six of them fill the box.
const ADDRESS_LEADING: f32 = 0.4 * MM;

impl PdfPages {
    pub(super) fn letter(&mut self, head: &LetterHead) {
        let named = [head.reference.as_str(), head.subject.as_str()];
        let named = named.into_iter().filter(|part| !part.is_empty());
        self.begin_letter(named.collect::<Vec<_>>().join(" – "));
        self.marks_for_hands();
        self.sender(&head.sender);
        self.recipient(&head.recipient);
        self.go_to(TEXT_TOP);
        if !head.handling.is_empty() {
            let look = TextStyle {
                size: SMALL,
                is_quiet: true,
                is_bold: false,
            };
            self.paragraph(&head.handling, look);
        }
        self.line_at(RIGHT_HALF, &head.place_and_date);
        self.skip(4.0);
        if !head.reference.is_empty() {
            self.paragraph(&head.reference, PLAIN);
        }
        self.heading(1, &head.subject, bold(BODY + 1.0));
        self.skip(5.0);
        self.paragraph(&head.salutation, PLAIN);
    }

    /// Who signs: everything but the name, room for a hand, the name.
    pub(super) fn signature(&mut self, lines: &[String]) {
        let Some((name, above)) = lines.split_last() else {
            return;
        };
        self.need(SIGNATURE + (lines.len() + 1) as f32 * BODY * 1.4);
        self.skip(6.0);
        self.note_signature();
        above.iter().for_each(|line| self.line_at(RIGHT_HALF, line));
        self.skip(SIGNATURE);
        self.line_at(RIGHT_HALF, name);
        self.skip(4.0);
    }

    /// A paragraph that begins in the right half.
    fn line_at(&mut self, x: f32, text: &str) {
        let leaf = self.structure.leaf();
        let width = self.size.width - self.size.margin - x;
        self.text(text, x, width, PLAIN, leaf);
        self.structure.push(StructureElement::paragraph(leaf));
    }

    fn sender(&mut self, lines: &[String]) {
        self.go_to(SENDER.y);
        for (place, line) in lines.iter().enumerate() {
            let look = TextStyle {
                size: SMALL + 0.5,
                is_bold: place == 0,
                is_quiet: false,
            };
            let leaf = self.structure.leaf();
            self.text(line, SENDER.x, SENDER.width, look, leaf);
            self.structure.push(StructureElement::paragraph(leaf));
        }
        self.note_sender();
    }

    fn recipient(&mut self, address: &PostalAddress) {
        let text = address.lines().join("\n");
        let sized = |size: f32| TextStyle { size, ..PLAIN };
        let fits = |size: &f32| {
            let lines = broken(&text, ADDRESS.width, sized(*size)).len();
            lines as f32 * size * ADDRESS_LEADING <= ADDRESS.height + 0.1
        };
        // An address that fits in no size goes on below the window rather than lose a line.
        let size = ADDRESS_SIZES.into_iter().find(fits).unwrap_or(5.0);
        let leaf = self.structure.leaf();
        for (place, line) in broken(&text, ADDRESS.width, sized(size))
            .into_iter()
            .enumerate()
        {
            self.mark(ContentMark::Text {
                x: ADDRESS.x,
                y: ADDRESS.y + size + place as f32 * size * ADDRESS_LEADING,
                look: sized(size),
                line,
                leaf: Some(leaf),
            });
        }
        self.structure.push(StructureElement::paragraph(leaf));
    }

    /// Where to fold, and what the window may show: for the person who puts letters into envelopes.
    fn marks_for_hands(&mut self) {
        const THIN: f32 = 0.5;
        let mut rule = |at, width, height| self.mark(ContentMark::Rule { at, width, height });
        for y in FOLDS {
            rule((5.0 * MM, y), 4.0 * MM, THIN);
        }
        // Corners outside of what the window may show.
        let (gap, side) = (MM, 3.0 * MM);
        let (left, right) = (KEPT_FREE.x - gap, KEPT_FREE.x + KEPT_FREE.width + gap);
        let (top, bottom) = (KEPT_FREE.y - gap, KEPT_FREE.y + KEPT_FREE.height + gap);
        for (x, from) in [(left, left), (right, right - side)] {
            for (y, begin) in [(top, top), (bottom, bottom - side)] {
                rule((from, y), side, THIN);
                rule((x, begin), THIN, side);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::DocumentBlock;
    use crate::pdf::pages::{PageSize, PdfPage};

    fn first_page(recipient: &str, sender: &[&str]) -> Vec<ContentMark> {
        let mut pages = PdfPages::new(PageSize::PORTRAIT, "");
        let line = || "Violation de données, santé, 00 11 22".to_owned();
        pages.letter(&LetterHead {
            sender: sender.iter().map(ToString::to_string).collect(),
            recipient: PostalAddress::of(recipient),
            handling: line(),
            place_and_date: line(),
            reference: line(),
            subject: line(),
            salutation: line(),
        });
        let (all, ..) = pages.finished();
        all.into_iter()
            .map(|PdfPage { marks, .. }| marks)
            .next()
            .unwrap()
    }

    /// The corners of a mark: left, top, right, bottom.
    fn corners(mark: &ContentMark) -> [f32; 4] {
        match mark {
            ContentMark::Text {
                x, y, look, line, ..
            } => {
                let width = look.letters().width(&line.text, look.size);
                [*x, y - look.size, x + width, y + look.size * 0.25]
            }
            ContentMark::Rule {
                at: (x, y),
                width,
                height,
            } => [*x, *y, x + width, y + height],
            ContentMark::Squares { .. } => [0.0; 4],
        }
    }

    fn is_in(area: SheetBox, [left, top, right, bottom]: [f32; 4]) -> bool {
        left < area.x + area.width
            && right > area.x
            && top < area.y + area.height
            && bottom > area.y
    }

    #[test]
    fn six_lines_of_an_address_stand_in_the_window_and_nothing_else_does() {
        let line = "M".repeat(20);
        let recipient = [line.as_str(); 6].join("\n");
        let sender = ["France Formation, établissement public"; 9];
        let marks = first_page(&recipient, &sender);
        let seen: Vec<&ContentMark> = marks
            .iter()
            .filter(|mark| is_in(KEPT_FREE, corners(mark)))
            .collect();
        assert_eq!(seen.len(), 6);
        for mark in seen {
            let [left, top, right, bottom] = corners(mark);
            assert!(left >= ADDRESS.x && right <= ADDRESS.x + ADDRESS.width);
            assert!(top >= ADDRESS.y - 0.1 && bottom <= ADDRESS.y + ADDRESS.height + 2.6);
        }
    }

    /// The pages of a letter of `lines` lines that is followed by another one.
    fn sheets(lines: usize) -> Vec<PdfPage> {
        let mut pages = PdfPages::new(PageSize::PORTRAIT, "");
        let head = LetterHead {
            sender: vec!["France Formation".to_owned(); 5],
            ..LetterHead::default()
        };
        let letter = |lines: usize| {
            let text = |n: usize| DocumentBlock::Paragraph(format!("ligne {n}"));
            let squares = DocumentBlock::Squares {
                says: "code".to_owned(),
                beside: "Ce code montre que le courrier vient de nous. ".repeat(4),
                rows: vec![vec![true; 53]; 53],
            };
            let mut blocks = vec![DocumentBlock::Letter(Box::new(head.clone()))];
            blocks.extend((0..lines).map(text));
            blocks.push(squares);
            blocks
        };
        pages.blocks(&letter(lines));
        pages.blocks(&letter(1));
        pages.finished().0
    }

    #[test]
    fn nothing_of_a_letter_stands_on_the_back_of_another() {
        for lines in [1, 20, 40, 80, 120] {
            let all = sheets(lines);
            let first = all.iter().filter(|page| page.section == 0).count();
            assert_eq!(first % 2, 0, "{lines} lines");
            assert!(all.iter().all(|page| page.is_back == page.marks.is_empty()));
        }
    }

    #[test]
    fn the_code_of_a_letter_of_one_page_stands_below_its_sender_and_beside_the_window() {
        let all = sheets(20);
        assert!(all[1].is_back, "one page");
        let at = |mark: &ContentMark| match mark {
            ContentMark::Squares { places, .. } => places
                .iter()
                .copied()
                .reduce(|a, b| (a.0.max(b.0), a.1.max(b.1))),
            ContentMark::Text { .. } | ContentMark::Rule { .. } => None,
        };
        let (right, bottom) = all[0].marks.iter().find_map(at).unwrap();
        assert!(right < KEPT_FREE.x && bottom < KEPT_FREE.y + KEPT_FREE.height);
        let is_text = |mark: &&ContentMark| matches!(mark, ContentMark::Text { line, .. } if !line.text.is_empty());
        let mut seen = all[0].marks.iter().filter(is_text);
        assert!(
            !seen.any(|mark| is_in(KEPT_FREE, corners(mark))),
            "the letter has no address"
        );
    }

    proptest! {
        #[test]
        fn an_address_of_any_words_is_all_there(words in prop::collection::vec("[A-Za-zé]{1,30}", 1..40)) {
            let marks = first_page(&words.join(" "), &[]);
            let shown: String = marks
                .iter()
                .filter_map(|mark| match mark {
                    ContentMark::Text { x, line, .. } if (*x - ADDRESS.x).abs() < 0.1 => Some(line.text.as_str()),
                    _ => None,
                })
                .collect();
            for word in words {
                prop_assert!(shown.contains(&word), "{word} in {shown}");
            }
        }
    }
}
