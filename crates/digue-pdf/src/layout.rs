//! From placed glyphs to texts. Which glyphs are one word, a file does not say; where it depends on
//! the eye, both ways are read.

use std::cmp::Ordering;

/// A glyph on a page.
#[derive(Debug)]
pub(crate) struct PlacedGlyph {
    pub(crate) text: String,
    /// Where it begins and ends, in the direction of its line.
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// Where its line is, across that direction.
    pub(crate) across: f64,
    pub(crate) size: f64,
    /// Its direction in sixteenths of a turn.
    pub(crate) direction: i32,
}

/// The gap between two glyphs that are two words, in sizes of the font: for fonts whose widths are
/// known, and for those where they are guessed or letters are spaced.
const GAPS: [f64; 2] = [0.15, 0.7];
/// How far glyphs of one line may lie apart, in sizes of the font.
const LINE: f64 = 0.35;

/// The text of a page: in the order of the file and in that of the eye, with narrow and with wide
/// gaps taken for white space.
pub(crate) fn readings(mut glyphs: Vec<PlacedGlyph>) -> Vec<String> {
    let mut texts: Vec<String> = GAPS.iter().map(|gap| joined(&glyphs, *gap)).collect();
    by_eye(&mut glyphs);
    texts.extend(GAPS.iter().map(|gap| joined(&glyphs, *gap)));
    texts.dedup();
    texts
}

fn compared(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or(Ordering::Equal)
}

/// Sorts into lines from the top, each from its beginning.
fn by_eye(glyphs: &mut [PlacedGlyph]) {
    // Positions that are no numbers would make the order inconsistent.
    debug_assert!(glyphs.iter().all(|glyph| glyph.start.is_finite()));
    glyphs.sort_by(|one, other| {
        let by_direction = one.direction.cmp(&other.direction);
        by_direction.then_with(|| compared(other.across, one.across))
    });
    let mut from = 0;
    while let Some(first) = glyphs.get(from) {
        let is_beside = |glyph: &&PlacedGlyph| {
            glyph.direction == first.direction
                && (first.across - glyph.across).abs() <= LINE * first.size.min(glyph.size)
        };
        let count = glyphs[from..].iter().take_while(is_beside).count().max(1);
        glyphs[from..from + count].sort_by(|one, other| compared(one.start, other.start));
        from += count;
    }
}

fn joined(glyphs: &[PlacedGlyph], gap: f64) -> String {
    let mut text = String::new();
    let mut last: Option<&PlacedGlyph> = None;
    for glyph in glyphs {
        if let Some(last) = last {
            let size = last.size.min(glyph.size);
            let is_line = last.direction == glyph.direction
                && (last.across - glyph.across).abs() <= LINE * size;
            let between = glyph.start - last.end;
            if !is_line || glyph.start < last.start - size {
                text.push('\n');
            } else if between > gap * size {
                text.push(' ');
            }
        }
        text.push_str(&glyph.text);
        last = Some(glyph);
    }
    text
}
