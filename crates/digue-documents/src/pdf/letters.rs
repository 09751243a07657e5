//! Measures text with the embedded font, breaks it into lines, and replaces characters that the
//! font lacks.

use std::sync::{Arc, LazyLock};

use krilla::text::Font;
use ttf_parser::Face;

/// The typeface of the pages (`digue-pages`), in Latin, Greek and Cyrillic.
const REGULAR: &[u8] = include_bytes!("../../assets/Inter-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/Inter-SemiBold.ttf");
/// For the characters that it lacks: names are written in many scripts.
const OTHER_REGULAR: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");
const OTHER_BOLD: &[u8] = include_bytes!("../../assets/DejaVuSans-Bold.ttf");

/// Font sizes in points.
pub(super) const BODY: f32 = 10.0;
pub(super) const TITLE: f32 = 18.0;
pub(super) const HEADING: f32 = 13.0;
pub(super) const SMALL: f32 = 8.5;
/// Distance between baselines, as a multiple of the font size.
pub(super) const LEADING: f32 = 1.4;

/// Drawn in place of a character that the font lacks.
const UNKNOWN: char = '\u{fffd}';

/// One font, for drawing (`krilla`) and for measuring (`ttf_parser`).
pub(super) struct EmbeddedFont {
    pub(super) font: Font,
    face: Face<'static>,
}

impl EmbeddedFont {
    fn new(bytes: &'static [u8]) -> Self {
        let data: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
        Self {
            font: Font::new(data.into(), 0).expect("the embedded font is valid"),
            // Part of the program and parsed in its tests: only a broken build fails here.
            face: Face::parse(bytes, 0).expect("the embedded font is valid"),
        }
    }

    fn has(&self, sign: char) -> bool {
        self.face.glyph_index(sign).is_some()
    }

    fn width_of(&self, sign: char, size: f32) -> f32 {
        let glyph = self.face.glyph_index(sign).unwrap_or_default();
        let advance = f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0));
        advance * size / f32::from(self.face.units_per_em())
    }
}

/// One weight: the typeface, and the font for what it lacks.
pub(super) struct Typesetter([EmbeddedFont; 2]);

impl Typesetter {
    fn new(bytes: [&'static [u8]; 2]) -> Self {
        Self(bytes.map(EmbeddedFont::new))
    }

    /// The font of a character: the first that has it. A space goes with the word before it.
    fn font_of(&self, sign: char, before: Option<usize>) -> usize {
        let stays = before.filter(|place| sign.is_whitespace() && self.0[*place].has(sign));
        let first = || self.0.iter().position(|font| font.has(sign));
        stays.or_else(first).unwrap_or(0)
    }

    /// The text in pieces of one font each.
    pub(super) fn runs<'t>(&self, text: &'t str) -> Vec<(&EmbeddedFont, &'t str)> {
        let mut runs = Vec::new();
        let (mut start, mut last) = (0, None);
        for (place, sign) in text.char_indices() {
            let font = self.font_of(sign, last);
            if let Some(before) = last.filter(|before| *before != font) {
                runs.push((&self.0[before], &text[start..place]));
                start = place;
            }
            last = Some(font);
        }
        runs.extend(last.map(|font| (&self.0[font], &text[start..])));
        runs
    }

    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let mut last = None;
        let widths = text.chars().map(|sign| {
            let font = self.font_of(sign, last);
            last = Some(font);
            self.0[font].width_of(sign, size)
        });
        widths.sum()
    }

    /// The text in characters that the font has: PDF/UA-1 forbids references to `.notdef`
    /// (ISO 14289-1, 7.21.8).
    pub(super) fn shown(&self, text: &str) -> String {
        let shown = text.chars().filter_map(|sign| match sign {
            // Invisible characters: joiners, direction marks, variation selectors, tags.
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' => None,
            '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}' => None,
            _ if self.0.iter().any(|font| font.has(sign)) => Some(sign),
            _ => Some(UNKNOWN),
        });
        shown.collect()
    }
}

static LETTERS: LazyLock<[Typesetter; 2]> =
    LazyLock::new(|| [[REGULAR, OTHER_REGULAR], [BOLD, OTHER_BOLD]].map(Typesetter::new));

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) struct TextStyle {
    pub(super) size: f32,
    pub(super) is_bold: bool,
    pub(super) is_quiet: bool,
}

pub(super) const PLAIN: TextStyle = TextStyle {
    size: BODY,
    is_bold: false,
    is_quiet: false,
};

impl TextStyle {
    pub(super) fn letters(self) -> &'static Typesetter {
        &LETTERS[usize::from(self.is_bold)]
    }
}

/// One line of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextLine {
    pub(super) text: String,
    /// The line ends between two words, so a space belongs between it and the next when read aloud.
    /// False where a long word is cut, and on the last line.
    pub(super) ends_a_word: bool,
}

/// Breaks a text into lines no wider than `width` points.
pub(super) fn broken(text: &str, width: f32, look: TextStyle) -> Vec<TextLine> {
    let letters = look.letters();
    let mut lines = Vec::new();
    let mut push = |text: String, ends_a_word| lines.push(TextLine { text, ends_a_word });
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split([' ', '\t']).filter(|word| !word.is_empty()) {
            let wider = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if letters.width(&wider, look.size) <= width {
                line = wider;
                continue;
            }
            if !line.is_empty() {
                push(std::mem::take(&mut line), true);
            }
            for sign in word.chars() {
                // A word wider than its column (a URL, a hash) is cut anywhere rather than
                // overflow.
                if !line.is_empty() && letters.width(&format!("{line}{sign}"), look.size) > width {
                    push(std::mem::take(&mut line), false);
                }
                line.push(sign);
            }
        }
        // Also an empty one: a blank line between two paragraphs is kept.
        push(line, true);
    }
    if let Some(last) = lines.last_mut() {
        last.ends_a_word = false;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_within_their_width_and_nothing_is_lost() {
        let text = "Une longue phrase qui ne tient pas sur une ligne, et un-mot-démesurément-long-sans-espace";
        let lines = broken(text, 80.0, PLAIN);
        assert!(lines.len() > 4);
        for line in &lines {
            assert!(PLAIN.letters().width(&line.text, BODY) <= 80.0, "{line:?}");
        }
        let spaced = |line: &TextLine| line.text.clone() + if line.ends_a_word { " " } else { "" };
        assert_eq!(lines.iter().map(spaced).collect::<String>(), text);
        let texts: Vec<String> = broken("a\n\nb", 80.0, PLAIN)
            .into_iter()
            .map(|line| line.text)
            .collect();
        assert_eq!(texts, ["a", "", "b"]);
    }

    #[test]
    fn what_the_typeface_lacks_is_drawn_in_the_other_font() {
        let letters = PLAIN.letters();
        let runs = letters.runs("Élise مرحبا ok");
        let texts: Vec<&str> = runs.iter().map(|(_, text)| *text).collect();
        assert_eq!(texts, ["Élise ", "مرحبا ", "ok"]);
        let width: f32 = runs
            .iter()
            .map(|(font, text)| {
                text.chars()
                    .map(|sign| font.width_of(sign, BODY))
                    .sum::<f32>()
            })
            .sum();
        assert!((width - letters.width("Élise مرحبا ok", BODY)).abs() < 0.01);
        assert!(letters.runs("").is_empty());
    }

    #[test]
    fn a_sign_that_the_letters_lack_is_shown_as_one_that_they_lack() {
        assert_eq!(
            PLAIN.letters().shown("été 漢\u{200d}\u{feff}"),
            "été \u{fffd}"
        );
    }
}
