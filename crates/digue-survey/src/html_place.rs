//! The elements of pages by selectors that last: a tag, one class or id that a person wrote, the
//! nearest ancestor that has one.
//!
//! Places among siblings count only for cells; classes that look like hashes or states never do.

use digue_inspect::document_element::DocumentElement;
use smol_str::{SmolStr, format_smolstr};

use crate::entity::{entity_words, person_word};

/// How far up an anchor is searched for.
const ANCHOR_LEVELS_MAX: usize = 8;

/// Attributes that hold addresses.
pub(crate) const ADDRESSES: [&str; 6] =
    ["href", "src", "action", "formaction", "hx-get", "data-href"];

/// An element and the part of it that a rule takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HtmlPlace {
    pub selector: SmolStr,
    /// The selector that names the tag alone, or the attribute.
    pub loose: SmolStr,
    /// The attribute; `None` for the text.
    pub attribute: Option<SmolStr>,
    /// The word by which the names around it call a person.
    pub(crate) person_word: Option<&'static str>,
}

/// A class or id that a person wrote: no hash, no number, no state.
fn is_stable(name: &str) -> bool {
    const STATES: [&str; 30] = [
        "active",
        "odd",
        "even",
        "selected",
        "first",
        "last",
        "open",
        "closed",
        "hidden",
        "disabled",
        "show",
        "current",
        "row",
        "col",
        "container",
        "clearfix",
        "pair",
        "impair",
        "new",
        "hover",
        "focus",
        "error",
        "success",
        "warning",
        "info",
        "visible",
        "collapsed",
        "collapse",
        "fade",
        "in",
    ];
    let letters = name.bytes().filter(u8::is_ascii_alphabetic).count();
    let has_digit = name.bytes().any(|byte| byte.is_ascii_digit());
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let mixes = name
        .as_bytes()
        .windows(2)
        .filter(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase())
        .count();
    letters >= 2
        && name.len() <= 40
        && !has_digit
        && is_plain
        && mixes <= 2
        && !STATES.contains(&name)
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn stable_class(element: &DocumentElement) -> Option<&str> {
    element
        .attribute("class")?
        .split_ascii_whitespace()
        .find(|class| is_stable(class))
}

fn stable_id(element: &DocumentElement) -> Option<&str> {
    element.attribute("id").filter(|id| is_stable(id))
}

/// `td.id`, or `td`.
pub(crate) fn compound(element: &DocumentElement) -> SmolStr {
    let name = if is_plain_tag(&element.name) {
        element.name.as_str()
    } else {
        "*"
    };
    match stable_class(element) {
        Some(class) => format_smolstr!("{name}.{class}"),
        None => SmolStr::new(name),
    }
}

fn is_plain_tag(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `#liste` or `table.results`, when the element has an id or class that a person wrote.
pub(crate) fn own_anchor(element: &DocumentElement) -> Option<SmolStr> {
    if let Some(id) = stable_id(element) {
        return Some(format_smolstr!("#{id}"));
    }
    stable_class(element).map(|_| compound(element))
}

/// The nearest ancestor that has one, with a space after it.
fn anchor(elements: &[DocumentElement], id: usize) -> SmolStr {
    let mut at = elements[id].parent;
    for _ in 0..ANCHOR_LEVELS_MAX {
        let Some(element) = at else { break };
        if matches!(elements[element].name.as_str(), "body" | "html") {
            break;
        }
        if let Some(own) = own_anchor(&elements[element]) {
            return format_smolstr!("{own} ");
        }
        at = elements[element].parent;
    }
    SmolStr::default()
}

/// The selector of an element that holds one person, or of a table; `None` when it would select
/// others, too.
pub(crate) fn record_selector(elements: &[DocumentElement], id: usize) -> Option<SmolStr> {
    let element = &elements[id];
    if let Some(own) = stable_id(element) {
        return Some(format_smolstr!("#{own}"));
    }
    let has_class = stable_class(element).is_some();
    if element.name == "table" && has_class {
        return Some(compound(element));
    }
    let anchor = anchor(elements, id);
    let parent = element.parent.map(|parent| &elements[parent]);
    let own = match element.name.as_str() {
        // A list begins with "choose..."; it has no value.
        "option" => SmolStr::new("option[value]:not([value=\"\"])"),
        // Rows of the head are no records.
        "tr" if parent.is_some_and(|parent| parent.name == "tbody") => {
            format_smolstr!("tbody {}", compound(element))
        }
        "tr" | "li" | "dd" | "article" | "table" => compound(element),
        _ if has_class => compound(element),
        // Any division is one: it is told by its place below one that has a name.
        _ => {
            return parent
                .and_then(own_anchor)
                .map(|around| format_smolstr!("{around} > {}", compound(element)));
        }
    };
    Some(format_smolstr!("{anchor}{own}"))
}

/// The words around an element's text: its label is beyond reach, its own names are not.
fn word_of(names: &[Option<&str>]) -> Option<&'static str> {
    person_word(&entity_words(names.iter().flatten().copied()))
}

pub(crate) fn attribute_place(elements: &[DocumentElement], id: usize, name: &str) -> HtmlPlace {
    let element = &elements[id];
    let tag = if is_plain_tag(&element.name) {
        element.name.as_str()
    } else {
        "*"
    };
    let field = element
        .attribute("name")
        .filter(|field| !field.contains(['"', '\\', ']']) && field.len() <= 60);
    let attribute = Some(SmolStr::new(name));
    if ADDRESSES.contains(&name) {
        let selector = SmolStr::new(tag);
        return HtmlPlace {
            loose: selector.clone(),
            selector,
            attribute,
            person_word: None,
        };
    }
    if name == "value" {
        let list = element
            .parent
            .filter(|_| element.name == "option")
            .map(|parent| select_of(elements, parent));
        let select = list.and_then(|list| elements[list].attribute("name"));
        let select = select.filter(|field| !field.contains(['"', '\\', ']']) && field.len() <= 60);
        let selector = match (element.name.as_str(), select, field) {
            ("option", Some(field), _) => format_smolstr!("select[name=\"{field}\"] option"),
            (_, _, Some(field)) => format_smolstr!("{tag}[name=\"{field}\"]"),
            _ => format_smolstr!("{}{}", anchor(elements, id), compound(element)),
        };
        let person_word = word_of(&[select, field.filter(|_| element.name != "option")]);
        return HtmlPlace {
            selector,
            loose: SmolStr::new(tag),
            attribute,
            person_word,
        };
    }
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if name.starts_with("data-") && is_plain {
        let own = format_smolstr!("[{name}]");
        let person_word = word_of(&[
            stable_class(element),
            Some(name.trim_start_matches("data-")),
        ]);
        let selector = format_smolstr!("{}{own}", compound(element));
        return HtmlPlace {
            selector,
            loose: own,
            attribute,
            person_word,
        };
    }
    let selector = format_smolstr!("{}{}", anchor(elements, id), compound(element));
    HtmlPlace {
        selector,
        loose: SmolStr::new(tag),
        attribute,
        person_word: None,
    }
}

fn select_of(elements: &[DocumentElement], parent: usize) -> usize {
    match elements[parent].name.as_str() {
        "optgroup" => elements[parent].parent.unwrap_or(parent),
        _ => parent,
    }
}

pub(crate) fn text_place(
    elements: &[DocumentElement],
    order: &[(usize, usize)],
    id: usize,
) -> HtmlPlace {
    let element = &elements[id];
    let tag = if is_plain_tag(&element.name) {
        element.name.as_str()
    } else {
        "*"
    };
    let own = match (stable_class(element), element.name.as_str()) {
        (None, "td" | "th" | "dd") => format_smolstr!("{tag}:nth-child({})", order[id].0),
        _ => compound(element),
    };
    let anchor = anchor(elements, id);
    let person_word = word_of(&[Some(anchor.trim_start_matches('#')), stable_class(element)]);
    let selector = format_smolstr!("{anchor}{own}");
    HtmlPlace {
        selector,
        loose: SmolStr::new(tag),
        attribute: None,
        person_word,
    }
}

/// True for an address with a host: whether it is the portal's own is not known here.
pub(crate) fn is_elsewhere(address: &str) -> bool {
    address.contains("://") || address.trim_start().starts_with("//")
}

/// The path and the query of an address as pages write it.
pub(crate) fn address_parts(address: &str) -> (&str, &str) {
    let address = address.split('#').next().unwrap_or(address);
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = path.split_once("://").map_or(path, |(_, rest)| {
        rest.find('/').map_or("/", |slash| &rest[slash..])
    });
    (path, query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_a_program_made_are_no_anchors() {
        for name in ["table", "liste-eleves", "numero", "resultList"] {
            assert!(is_stable(name), "{name}");
        }
        for name in [
            "css-1q2w3e",
            "odd",
            "active",
            "x",
            "jsx1234",
            "a:b",
            "sc_AxByCzDw",
        ] {
            assert!(!is_stable(name), "{name}");
        }
    }
}
