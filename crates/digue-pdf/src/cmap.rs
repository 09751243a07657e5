//! `ToUnicode`: from the codes of a font to characters.

use std::collections::HashMap;

use digue_identifiers::reading::Unreadable;

use crate::content::{ContentReader, Operand};

/// The most codes of a font; two bytes give 65,536.
const CODES_MAX: usize = 70_000;

/// The characters of codes.
#[derive(Debug, Default)]
pub(crate) struct CharacterMap(HashMap<u32, String>);

impl CharacterMap {
    /// Reads a `ToUnicode` stream.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut map = Self::default();
        let mut reader = ContentReader::new(bytes);
        while let Some(operator) = reader.next()? {
            match operator.name {
                b"endbfchar" => map.add_chars(&operator.operands),
                b"endbfrange" => map.add_ranges(&operator.operands),
                _ => {}
            }
            if map.0.len() > CODES_MAX {
                return Err(Unreadable::too_large());
            }
        }
        Ok(map)
    }

    /// The characters of a code; `None` when none, or none that a person reads, are known.
    pub(crate) fn get(&self, code: u32) -> Option<&str> {
        self.0
            .get(&code)
            .map(String::as_str)
            .filter(|text| is_readable(text))
    }

    fn add_chars(&mut self, operands: &[Operand]) {
        let (pairs, _) = operands.as_chunks::<2>();
        for [code, target] in pairs {
            if let (Some(code), Some(text)) = (code_of(code), target_of(target)) {
                self.0.insert(code, text);
            }
        }
    }

    fn add_ranges(&mut self, operands: &[Operand]) {
        let (ranges, _) = operands.as_chunks::<3>();
        for [first, last, target] in ranges {
            let (Some(first), Some(last)) = (code_of(first), code_of(last)) else {
                continue;
            };
            let codes = first..=last.min(first.saturating_add(CODES_MAX as u32));
            match target {
                Operand::Array(targets) => {
                    for (code, target) in codes.zip(targets) {
                        if let Some(text) = target_of(target) {
                            self.0.insert(code, text);
                        }
                    }
                }
                Operand::Text(_) => {
                    let Some(text) = target_of(target) else {
                        continue;
                    };
                    for (step, code) in codes.enumerate() {
                        if let Some(text) = advanced(&text, step as u32) {
                            self.0.insert(code, text);
                        }
                    }
                }
                Operand::Number(_) | Operand::Name(_) | Operand::Dictionary(_) | Operand::Word => {}
            }
        }
    }
}

/// True for characters that a person reads: not the private use area, nor what stands for an
/// unknown one.
pub(crate) fn is_readable(text: &str) -> bool {
    let is_known = |c: char| {
        !matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
            && (!c.is_control() || matches!(c, '\t' | '\n' | '\r'))
    };
    !text.is_empty() && text.chars().all(is_known)
}

fn code_of(operand: &Operand) -> Option<u32> {
    match operand {
        Operand::Text(bytes) if bytes.len() <= 4 => {
            let add = |code: u32, byte: &u8| code << 8 | u32::from(*byte);
            Some(bytes.iter().fold(0, add))
        }
        _ => None,
    }
}

/// UTF-16, big-endian; some programs write one byte for a small code.
fn target_of(operand: &Operand) -> Option<String> {
    let Operand::Text(bytes) = operand else {
        return None;
    };
    if let [byte] = bytes.as_slice() {
        return Some(char::from(*byte).to_string());
    }
    let (units, rest) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    let text = char::decode_utf16(units).collect::<Result<String, _>>();
    text.ok().filter(|_| rest.is_empty())
}

/// The text with its last character moved by `step`.
fn advanced(text: &str, step: u32) -> Option<String> {
    let mut characters: Vec<char> = text.chars().collect();
    let last = characters.pop()?;
    characters.push(char::from_u32(u32::from(last).checked_add(step)?)?);
    Some(characters.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_and_ranges_are_read() {
        let text = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n\
            1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
            2 beginbfchar <0003> <0050> <0004> <00660069> endbfchar\n\
            2 beginbfrange <0010> <0019> <0030> <0020> <0021> [<0041> <D835DC00>] endbfrange\n\
            1 beginbfchar <0030> <FFFD> endbfchar endcmap end end";
        let map = CharacterMap::parse(text).unwrap();
        assert_eq!(map.get(3), Some("P"));
        assert_eq!(map.get(4), Some("fi"));
        assert_eq!(map.get(0x19), Some("9"));
        assert_eq!(map.get(0x1a), None);
        assert_eq!(map.get(0x20), Some("A"));
        assert_eq!(map.get(0x21), Some("\u{1d400}"));
        assert_eq!(map.get(0x30), None);
    }
}
