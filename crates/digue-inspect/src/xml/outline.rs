//! The elements of a document, for those who write its rules: no rule is applied, nobody is found.

use digue_types::{ReadFailure, UnreadCause};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use smol_str::SmolStr;

use super::{DEPTH_MAX, broken, referred};
use crate::document_element::DocumentElement;
use digue_identifiers::reading::Unreadable;

/// The elements of a decoded document.
///
/// # Errors
/// As for the inspection of a document.
pub fn xml_elements(text: &str) -> Result<Vec<DocumentElement>, Unreadable> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().check_end_names = true;
    let mut outline = XmlOutline::default();
    loop {
        let event = reader
            .read_event()
            .map_err(|_| broken(reader.error_position()))?;
        let position = reader.buffer_position();
        match event {
            Event::Start(start) => outline.enter(&start, position)?,
            Event::Empty(start) => {
                outline.enter(&start, position)?;
                outline.open.pop();
            }
            Event::End(_) => {
                outline.open.pop();
            }
            Event::Text(part) => outline.add(&part),
            Event::CData(part) => outline.add(&part),
            Event::GeneralRef(name) => {
                outline.add(&referred(&name).ok_or_else(|| broken(position))?)
            }
            Event::DocType(declared) if declared.contains('[') => return Err(broken(position)),
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) | Event::Decl(_) => {}
            Event::Eof => break,
        }
    }
    let roots = outline
        .elements
        .iter()
        .filter(|element| element.parent.is_none())
        .count();
    if roots != 1 || !outline.open.is_empty() {
        return Err(broken(reader.buffer_position()));
    }
    Ok(outline.elements)
}

#[derive(Default)]
struct XmlOutline {
    elements: Vec<DocumentElement>,
    /// Places of the open elements.
    open: Vec<usize>,
}

impl XmlOutline {
    fn enter(&mut self, start: &BytesStart<'_>, position: u64) -> Result<(), Unreadable> {
        if self.open.len() == DEPTH_MAX {
            return Err(ReadFailure::new(UnreadCause::TooDeep).into());
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| broken(position))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| broken(position))?;
            if attribute.key.as_namespace_binding().is_none() {
                let name: &str = attribute.key.local_name().into_inner();
                attributes.push((SmolStr::new(name), value.into_owned()));
            }
        }
        let name: &str = start.local_name().into_inner();
        let parent = self.open.last().copied();
        self.open.push(self.elements.len());
        let text = String::new();
        self.elements.push(DocumentElement {
            name: SmolStr::new(name),
            parent,
            attributes,
            text,
        });
        Ok(())
    }

    fn add(&mut self, part: &str) {
        if let Some(place) = self.open.last() {
            self.elements[*place].text.push_str(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_in_order_with_their_own_texts_and_attributes() {
        let text = "<?xml version='1.0'?><a:list xmlns:a='x' n='1&amp;2'><p id='7'>one <b>two</b>&#33;</p><p/></a:list>";
        let elements = xml_elements(text).unwrap();
        let names: Vec<&str> = elements
            .iter()
            .map(|element| element.name.as_str())
            .collect();
        assert_eq!(names, ["list", "p", "b", "p"]);
        assert_eq!(
            elements[0].attributes,
            [(SmolStr::new("n"), "1&2".to_owned())]
        );
        assert_eq!(
            (elements[1].text.as_str(), elements[1].attribute("id")),
            ("one !", Some("7"))
        );
        assert_eq!((elements[2].parent, elements[3].parent), (Some(1), Some(0)));
    }

    #[test]
    fn what_the_inspection_does_not_read_has_no_elements() {
        for text in [
            "",
            "<a>",
            "<a/><b/>",
            "<a></b>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a/>",
            "<a b=c/>",
        ] {
            assert!(xml_elements(text).is_err(), "{text}");
        }
    }
}
