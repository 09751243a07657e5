//! The elements of a page, for those who write its rules: no rule is applied, nobody is found.
//!
//! The page is read in the first of the ways in which `html` reads it: without scripts, as a whole
//! page.

use std::borrow::Cow;

use smol_str::SmolStr;

use super::charset;
use crate::document_element::DocumentElement;
use digue_html::build::{self, ParseManner};
use digue_html::references::{ReferenceContext, decoded};
use digue_html::tag::Tag;
use digue_html::tree::NONE;
use digue_identifiers::reading::Unreadable;

/// The elements of a page of at most `bytes_max` bytes; `charset` is the one that its header
/// declares.
///
/// # Errors
/// As for the inspection of a page.
pub fn page_elements(
    charset: Option<&str>,
    bytes: &[u8],
    bytes_max: usize,
) -> Result<Vec<DocumentElement>, Unreadable> {
    if bytes.len() > bytes_max {
        return Err(Unreadable::too_large());
    }
    let text = charset::text(charset, bytes)?;
    let tree = build::build(&text, ParseManner::default(), false)
        .map_err(super::untreed)?
        .tree;
    let mut elements: Vec<DocumentElement> = Vec::new();
    // The next node to visit, and the place of its parent in `elements`.
    let mut waiting: Vec<(u32, Option<usize>)> = vec![(tree.node(0).first, None)];
    while let Some((id, parent)) = waiting.pop() {
        if id == NONE {
            continue;
        }
        let node = tree.node(id);
        waiting.push((node.next, parent));
        match (node.tag, parent) {
            (Tag::TEXT, Some(parent)) => tree.write_text(id, &mut elements[parent].text),
            (Tag::TEXT, None) => {}
            (tag, _) => {
                let decode = |(name, value): (&str, &str)| {
                    let value = decoded(value, ReferenceContext::Attribute);
                    (
                        SmolStr::new(name.to_ascii_lowercase()),
                        Cow::into_owned(value),
                    )
                };
                let attributes = tree.attributes(id).map(decode).collect();
                let name = SmolStr::new(tree.names.name(tag));
                waiting.push((node.first, Some(elements.len())));
                elements.push(DocumentElement {
                    name,
                    parent,
                    attributes,
                    text: String::new(),
                });
            }
        }
    }
    Ok(elements)
}

/// One part of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePart<'p> {
    /// An element begins; its name in lower case.
    Element(&'p str),
    /// An attribute of the element that began last, its name as written.
    Attribute(&'p str, &'p str),
    /// A text, decoded. Two that follow each other are apart, as around `<br>`.
    Text(&'p str),
    /// What no element has: a comment, an instruction, what stands in an end tag.
    Aside(&'p str),
}

/// Passes the parts of a page to `take`, in the order of the document.
///
/// # Errors
/// As for the inspection of a page.
pub fn page_parts(
    charset: Option<&str>,
    bytes: &[u8],
    bytes_max: usize,
    take: &mut dyn FnMut(PagePart<'_>),
) -> Result<(), Unreadable> {
    if bytes.len() > bytes_max {
        return Err(Unreadable::too_large());
    }
    let text = charset::text(charset, bytes)?;
    let built = build::build(&text, ParseManner::default(), true).map_err(super::untreed)?;
    let tree = built.tree;
    let mut waiting: Vec<u32> = vec![tree.node(0).first];
    let mut own = String::new();
    while let Some(id) = waiting.pop() {
        if id == NONE {
            continue;
        }
        let node = tree.node(id);
        waiting.push(node.next);
        if node.tag == Tag::TEXT {
            own.clear();
            tree.write_text(id, &mut own);
            take(PagePart::Text(&own));
            continue;
        }
        take(PagePart::Element(&tree.names.name(node.tag)));
        for (name, value) in tree.attributes(id) {
            take(PagePart::Attribute(
                name,
                &decoded(value, ReferenceContext::Attribute),
            ));
        }
        waiting.push(node.first);
    }
    for aside in built
        .asides
        .split('\u{1f}')
        .filter(|aside| !aside.is_empty())
    {
        take(PagePart::Aside(aside));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_order_and_texts_apart() {
        let page = b"<p title='x&amp;y'>one<br>two&eacute;<script>var a;</script><!-- b --></p>";
        let mut parts = Vec::new();
        page_parts(None, page, 1 << 20, &mut |part| {
            parts.push(format!("{part:?}"))
        })
        .unwrap();
        let parts: Vec<&str> = parts.iter().map(String::as_str).skip(3).collect();
        assert_eq!(
            parts,
            [
                "Element(\"p\")",
                "Attribute(\"title\", \"x&y\")",
                "Text(\"one\")",
                "Element(\"br\")",
                "Text(\"twoé\")",
                "Element(\"script\")",
                "Text(\"var a;\")",
                "Aside(\" b \")",
            ]
        );
    }

    #[test]
    fn elements_come_in_order_with_their_own_texts() {
        let page =
            b"<!doctype html><body class=a><p ID='x&amp;y'>one <b>two</b> three<table><tr><td>4</table>";
        let elements = page_elements(None, page, 1 << 20).unwrap();
        let names: Vec<&str> = elements
            .iter()
            .map(|element| element.name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "html", "head", "body", "p", "b", "table", "tbody", "tr", "td"
            ]
        );
        let paragraph = &elements[3];
        assert_eq!(
            (paragraph.attribute("id"), paragraph.text.as_str()),
            (Some("x&y"), "one  three")
        );
        assert_eq!(elements[4].parent, Some(3));
        assert_eq!(elements[8].text, "4");
        assert!(
            elements
                .iter()
                .enumerate()
                .all(|(at, e)| e.parent.is_none_or(|parent| parent < at))
        );
    }
}
