//! The XML of workbook parts, as a stream of start tags, end tags and texts.
//!
//! Names are compared without prefix, so that strict and transitional files, and those with other
//! prefixes, read alike. Only the predefined entities of XML exist; a document type is an error, as
//! it could define others.

use std::borrow::Cow;

use digue_types::UnreadPlace;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::archive::broken;
use digue_identifiers::reading::Unreadable;

const DEPTH_MAX: usize = 256;

pub(super) enum MarkupEvent<'m> {
    Open(&'m str, &'m MarkupAttributes<'m>),
    Close(&'m str),
    Text(&'m str),
    /// A comment or a processing instruction, which is not part of any value.
    Comment(&'m str),
}

/// The attributes of one element, decoded.
pub(super) struct MarkupAttributes<'m>(Vec<(&'m str, Cow<'m, str>)>);

impl MarkupAttributes<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_ref()))
    }
}

/// Passes every event of the part at `place` to `take`.
pub(super) fn walk(
    place: &UnreadPlace,
    bytes: &[u8],
    take: &mut dyn FnMut(MarkupEvent<'_>) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let text = digue_decode::xml_text(None, bytes)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().check_end_names = true;
    // Callers count openings and closings: an empty element must give them both.
    reader.config_mut().expand_empty_elements = true;
    let fault = || broken(place.clone());
    let (mut depth, mut roots) = (0, 0);
    loop {
        match reader.read_event().map_err(|_| fault())? {
            Event::Start(start) => {
                roots += usize::from(depth == 0);
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(fault());
                }
                open(&start, take).ok_or_else(fault)??;
            }
            Event::Empty(_) | Event::Decl(_) => {}
            Event::End(end) => {
                depth -= 1;
                take(MarkupEvent::Close(end.local_name().into_inner()))?;
            }
            Event::Text(text) => take(MarkupEvent::Text(&text))?,
            Event::CData(text) => take(MarkupEvent::Text(&text))?,
            Event::Comment(text) => take(MarkupEvent::Comment(&text))?,
            Event::PI(text) => take(MarkupEvent::Comment(&text))?,
            Event::GeneralRef(name) => {
                let character = name
                    .resolve_char_ref()
                    .map_err(|_| fault())?
                    .map(String::from);
                let known =
                    || quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                take(MarkupEvent::Text(
                    &character.or_else(known).ok_or_else(fault)?,
                ))?;
            }
            Event::DocType(_) => return Err(fault()),
            Event::Eof => break,
        }
    }
    if depth == 0 && roots == 1 {
        Ok(())
    } else {
        Err(fault())
    }
}

fn open(
    start: &BytesStart<'_>,
    take: &mut dyn FnMut(MarkupEvent<'_>) -> Result<(), Unreadable>,
) -> Option<Result<(), Unreadable>> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        if attribute.key.as_namespace_binding().is_none() {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            attributes.push((attribute.key.local_name().into_inner(), value));
        }
    }
    Some(take(MarkupEvent::Open(
        start.local_name().into_inner(),
        &MarkupAttributes(attributes),
    )))
}

/// Decodes `_x0041_`, which stands for a character that XML cannot hold (ECMA-376, part 1,
/// 22.9.2.19).
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        plain.push_str(&rest[..at]);
        match character_at(rest, at) {
            Some(character) => {
                plain.push(character);
                rest = &rest[at + 7..];
            }
            None => {
                plain.push_str("_x");
                rest = &rest[at + 2..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The character that `_xHHHH_` stands for.
fn character_at(text: &str, at: usize) -> Option<char> {
    let hex = text.get(at + 2..at + 6)?;
    let ends = text.as_bytes().get(at + 6) == Some(&b'_');
    let code = u32::from_str_radix(hex, 16).ok().filter(|_| ends)?;
    char::from_u32(code)
}
