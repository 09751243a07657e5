//! A font, as far as its codes say characters and widths. A code whose characters are not known is
//! an error of the text that shows it, not of the font.

use std::collections::HashMap;

use digue_identifiers::reading::Unreadable;
use digue_types::UnreadCause;
use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::cmap::{CharacterMap, is_readable};
use crate::streams::{StreamUnpacker, dictionary, name, number, number_of, resolve, value};
use crate::{object, unreadable};

/// Widths are in thousandths of the size.
const EM: f64 = 1_000.0;
/// The width where a font states none: that of most letters and digits of the standard fonts.
const WIDTH_USUAL: f64 = 500.0;
const WIDTHS_MAX: usize = 70_000;

/// One shown code.
#[derive(Debug)]
pub(crate) struct ShownCode<'f> {
    /// `None` when its characters are not known.
    pub(crate) text: Option<&'f str>,
    /// In thousandths of the size.
    pub(crate) width: f64,
    /// Word spacing applies (ISO 32000-1, 9.3.3).
    pub(crate) is_space: bool,
}

/// A font of the file.
#[derive(Debug)]
pub(crate) struct PdfFont {
    pub(crate) id: ObjectId,
    /// Codes have two bytes.
    is_composite: bool,
    characters: CharacterMap,
    /// The characters of the font's encoding, for fonts of one byte.
    encoding: Vec<Option<String>>,
    widths: HashMap<u32, f64>,
    width_usual: f64,
    /// The factor from its widths to thousandths.
    scale: f64,
}

impl PdfFont {
    pub(crate) fn load(
        document: &Document,
        font: &Dictionary,
        id: ObjectId,
        unpacker: &mut StreamUnpacker,
    ) -> Result<Self, Unreadable> {
        let characters = match value(document, font, b"ToUnicode") {
            Object::Stream(stream) => CharacterMap::parse(&unpacker.unpack(stream, id)?)?,
            _ => CharacterMap::default(),
        };
        let is_composite = name(document, font, b"Subtype") == Some(b"Type0");
        let empty = Self {
            id,
            is_composite,
            characters,
            encoding: Vec::new(),
            widths: HashMap::new(),
            width_usual: WIDTH_USUAL,
            scale: 1.0,
        };
        if is_composite {
            empty.composite(document, font)
        } else {
            Ok(empty.simple(document, font))
        }
    }

    fn composite(mut self, document: &Document, font: &Dictionary) -> Result<Self, Unreadable> {
        // Other tables cut texts into codes of one to four bytes; vertical ones place them otherwise.
        if name(document, font, b"Encoding") != Some(b"Identity-H") {
            return Err(unreadable(UnreadCause::CharacterSet, object(self.id.0)));
        }
        let Object::Array(descendants) = value(document, font, b"DescendantFonts") else {
            return Err(unreadable(UnreadCause::Syntax, object(self.id.0)));
        };
        let descendant = descendants.first().map(|first| resolve(document, first));
        if let Some(Object::Dictionary(descendant)) = descendant {
            self.width_usual = number(document, descendant, b"DW", EM);
            if let Object::Array(widths) = value(document, descendant, b"W") {
                self.add_widths(document, widths);
            }
        }
        Ok(self)
    }

    /// `[first [w w ...] first last w ...]`.
    fn add_widths(&mut self, document: &Document, widths: &[Object]) {
        let mut items = widths.iter().map(|item| resolve(document, item));
        while let (Some(first), Some(next)) = (items.next(), items.next()) {
            let Some(first) = number_of(first).filter(|first| (0.0..65_536.0).contains(first))
            else {
                return;
            };
            let first = first as u32;
            match next {
                Object::Array(each) => {
                    for (code, width) in (first..).zip(each) {
                        self.add_width(code, resolve(document, width));
                    }
                }
                last => {
                    let (Some(last), Some(width)) = (number_of(last), items.next()) else {
                        return;
                    };
                    for code in first..=(last.clamp(0.0, 65_535.0) as u32) {
                        self.add_width(code, width);
                    }
                }
            }
        }
    }

    fn add_width(&mut self, code: u32, width: &Object) {
        if let Some(width) = number_of(width)
            && self.widths.len() < WIDTHS_MAX
        {
            self.widths.insert(code, width);
        }
    }

    fn simple(mut self, document: &Document, font: &Dictionary) -> Self {
        self.encoding = encoding_of(document, font);
        let first = number(document, font, b"FirstChar", 0.0).clamp(0.0, 255.0) as u32;
        if let Object::Array(widths) = value(document, font, b"Widths") {
            for (code, width) in (first..256).zip(widths) {
                self.add_width(code, resolve(document, width));
            }
        }
        if let Some(descriptor) = dictionary(document, font, b"FontDescriptor")
            && !self.widths.is_empty()
        {
            self.width_usual = number(document, descriptor, b"MissingWidth", 0.0);
        }
        // Glyphs that are drawn have a space of their own.
        if name(document, font, b"Subtype") == Some(b"Type3")
            && let Object::Array(matrix) = value(document, font, b"FontMatrix")
            && let Some(scale) = matrix
                .first()
                .and_then(|first| number_of(resolve(document, first)))
        {
            self.scale = scale * EM;
        }
        self
    }

    /// The codes of a text.
    pub(crate) fn codes<'f>(&'f self, text: &'f [u8]) -> impl Iterator<Item = ShownCode<'f>> {
        let step = if self.is_composite { 2 } else { 1 };
        text.chunks(step).map(move |bytes| {
            let code = bytes
                .iter()
                .fold(0, |code, byte| code << 8 | u32::from(*byte));
            // Half a code at the end is none.
            let is_whole = bytes.len() == step;
            ShownCode {
                text: is_whole.then(|| self.text_of(code)).flatten(),
                width: self.widths.get(&code).unwrap_or(&self.width_usual) * self.scale,
                is_space: bytes == [b' '],
            }
        })
    }

    fn text_of(&self, code: u32) -> Option<&str> {
        let by_encoding = || {
            let known = self.encoding.get(code as usize)?;
            known.as_deref().filter(|text| is_readable(text))
        };
        self.characters.get(code).or_else(by_encoding)
    }
}

/// The encodings of the standard that tell characters by themselves.
const ENCODINGS: [&[u8]; 3] = [b"WinAnsiEncoding", b"MacRomanEncoding", b"StandardEncoding"];

/// The fonts that every program has, in the standard encoding.
const STANDARD: [&[u8]; 3] = [b"Helvetica", b"Times", b"Courier"];

fn encoding_of(document: &Document, font: &Dictionary) -> Vec<Option<String>> {
    let usual = || match is_standard(document, font) {
        true => named_encoding(b"StandardEncoding"),
        // The encoding is inside the font: which character a code is, only its glyphs tell.
        false => vec![None; 256],
    };
    match value(document, font, b"Encoding") {
        Object::Name(name) if ENCODINGS.contains(&name.as_slice()) => named_encoding(name),
        Object::Dictionary(encoding) => {
            let mut table = match name(document, encoding, b"BaseEncoding") {
                Some(base) if ENCODINGS.contains(&base) => named_encoding(base),
                _ => usual(),
            };
            if let Object::Array(differences) = value(document, encoding, b"Differences") {
                apply(document, differences, &mut table);
            }
            table
        }
        _ => usual(),
    }
}

fn is_standard(document: &Document, font: &Dictionary) -> bool {
    let is_embedded = dictionary(document, font, b"FontDescriptor").is_some_and(|descriptor| {
        let files: [&[u8]; 3] = [b"FontFile", b"FontFile2", b"FontFile3"];
        files.iter().any(|key| descriptor.has(key))
    });
    let base = name(document, font, b"BaseFont").unwrap_or_default();
    let is_known = STANDARD.iter().any(|known| base.starts_with(known));
    is_known && !is_embedded && name(document, font, b"Subtype") != Some(b"Type3")
}

/// The characters of a standard encoding, by the library's own tables.
fn named_encoding(encoding: &[u8]) -> Vec<Option<String>> {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Name(encoding.to_vec()));
    characters_of(&font)
}

fn characters_of(font: &Dictionary) -> Vec<Option<String>> {
    let none = Document::new();
    let Ok(encoding) = font.get_font_encoding_with_limit(&none, 0) else {
        return vec![None; 256];
    };
    let text = |code: u8| encoding.bytes_to_string(&[code]).ok();
    let known = (0..=u8::MAX).map(|code| text(code).filter(|text| !text.is_empty()));
    known.collect()
}

/// `[code /name /name code /name ...]`.
fn apply(document: &Document, differences: &[Object], table: &mut [Option<String>]) {
    let mut code = 0_usize;
    for item in differences.iter().map(|item| resolve(document, item)) {
        match item {
            Object::Name(name) => {
                if let Some(place) = table.get_mut(code) {
                    *place = characters_of_glyph(name);
                }
                code = code.saturating_add(1);
            }
            other => match number_of(other) {
                Some(number) if (0.0..256.0).contains(&number) => code = number as usize,
                _ => return,
            },
        }
    }
}

/// The characters of a glyph's name, by the rules of Adobe's list: `eacute`, `f_i`, `uni00E9`,
/// `u1F600`, `a.alt`. `None` for a name that tells nothing, such as `g12`.
fn characters_of_glyph(name: &[u8]) -> Option<String> {
    let name = name.split(|byte| *byte == b'.').next()?;
    let parts = name.split(|byte| *byte == b'_').map(|part| {
        let text = std::str::from_utf8(part).ok()?;
        if let Some(digits) = text.strip_prefix("uni") {
            let (fours, rest) = digits.as_bytes().as_chunks::<4>();
            if !fours.is_empty() && rest.is_empty() {
                return fours.iter().map(|four| scalar(four)).collect();
            }
        }
        if let Some(digits) = text.strip_prefix('u')
            && (4..=6).contains(&digits.len())
            && let Some(character) = scalar(digits.as_bytes())
        {
            return Some(character.to_string());
        }
        known_glyph(part)
    });
    parts.collect()
}

fn scalar(digits: &[u8]) -> Option<char> {
    let digits = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(digits, 16)
        .ok()
        .and_then(char::from_u32)
}

/// The character of a name of Adobe's list, by the library's own table.
fn known_glyph(glyph: &[u8]) -> Option<String> {
    let mut encoding = Dictionary::new();
    encoding.set("Type", Object::Name(b"Encoding".to_vec()));
    // Code 0 has no character in the encoding beneath, so that a name that is not known gives none.
    let differences = vec![Object::Integer(0), Object::Name(glyph.to_vec())];
    encoding.set("Differences", Object::Array(differences));
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Dictionary(encoding));
    let none = Document::new();
    let encoding = font.get_font_encoding_with_limit(&none, 0).ok()?;
    let text = encoding.bytes_to_string(&[0]).ok()?;
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_have_the_characters_of_their_names() {
        let of = |name: &str| characters_of_glyph(name.as_bytes());
        for (name, text) in [
            ("P", "P"),
            ("zero", "0"),
            ("eacute", "é"),
            ("uni0050", "P"),
            ("uni00500051", "PQ"),
            ("u0050", "P"),
            ("f_i", "fi"),
            ("nine.oldstyle", "9"),
        ] {
            assert_eq!(of(name).as_deref(), Some(text), "{name}");
        }
        for name in ["g12", "cid_7", "", "uniXYZW"] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn standard_encodings_are_known() {
        let win = named_encoding(b"WinAnsiEncoding");
        assert_eq!(win[usize::from(b'P')].as_deref(), Some("P"));
        assert_eq!(win[0xe9].as_deref(), Some("é"));
        let mac = named_encoding(b"MacRomanEncoding");
        assert_eq!(mac[0x8e].as_deref(), Some("é"));
        let standard = named_encoding(b"StandardEncoding");
        assert_eq!(standard[usize::from(b'7')].as_deref(), Some("7"));
        assert_eq!(standard[0], None);
    }
}
