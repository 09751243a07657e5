//! Fills the operator's Word template: a file with headers, footers and styles, in which a
//! paragraph `{{content}}` is replaced by the document, and `{{title}}` by its title, in the body,
//! headers and footers.
//!
//! It searches XML as text instead of parsing it: everything that it does not look for stays byte
//! for byte.

mod marks;

use crate::package::{CORE, OfficePackage};
use crate::text::{PrintableDocument, escaped};
use crate::word::{DOCUMENT, HEADINGS, NAMESPACE, STYLES, heading_style};
use crate::{Unprintable, properties, word};

/// The most that a template may unpack to.
const BYTES_MAX: u64 = 64 << 20;

fn failed(error: impl ToString) -> Unprintable {
    Unprintable(error.to_string())
}

pub(crate) fn printed(
    template: &[u8],
    document: &PrintableDocument,
) -> Result<Vec<u8>, Unprintable> {
    let mut package = OfficePackage::open_within(template, BYTES_MAX)?;
    let text = package
        .text(DOCUMENT)?
        .ok_or_else(|| failed("the template is no Word file"))?;
    let mut content = content(document)?;
    if let Some(styles) = package.text(STYLES)? {
        let (names, completed) = headings_of(&styles);
        // Our headings take the template's own styles, so that its fonts, numbering and outline
        // apply.
        for ((own, ..), theirs) in HEADINGS.iter().zip(names) {
            content = content.replace(&style_mark(own), &style_mark(&escaped(&theirs)));
        }
        package.replace(STYLES, completed);
    }
    let title = escaped(&document.title);
    let (filled, is_filled) = marks::filled(&text, Some(&content), &title);
    if !is_filled {
        return Err(failed("the template has no {{content}}"));
    }
    package.replace(DOCUMENT, filled);
    let is_edge = |name: &&str| {
        let name = name
            .strip_prefix("word/")
            .filter(|name| name.ends_with(".xml"));
        name.is_some_and(|name| name.starts_with("header") || name.starts_with("footer"))
    };
    let edges: Vec<String> = package
        .names()
        .filter(is_edge)
        .map(ToOwned::to_owned)
        .collect();
    for name in edges {
        if let Some(text) = package.text(&name)? {
            package.replace(&name, marks::filled(&text, None, &title).0);
        }
    }
    package.replace(
        CORE,
        properties::core(
            &document.title,
            document.language,
            document.made_at.as_deref(),
        ),
    );
    package.written()
}

/// The body of the document, without its section properties: page size and margins are the
/// template's.
fn content(document: &PrintableDocument) -> Result<String, Unprintable> {
    let own = OfficePackage::open(&word::with_foot_in_text(document)?)?
        .text(DOCUMENT)?
        .unwrap_or_default();
    const OPEN: &str = "<w:body>";
    let to = own.rfind("<w:sectPr").or_else(|| own.rfind("</w:body>"));
    match (own.find(OPEN), to) {
        (Some(from), Some(to)) if from + OPEN.len() <= to => Ok(plain(&own[from + OPEN.len()..to])),
        _ => Err(failed("the document has no body")),
    }
}

/// Removes paragraph ids (`w14:paraId`): a template that does not declare that namespace would
/// become invalid XML. A search is safe, as `<` inside a text is always escaped.
fn plain(content: &str) -> String {
    const NAMED: &str = "<w:p w14:paraId=\"";
    let mut plain = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(start) = rest.find(NAMED) {
        plain.push_str(&rest[..start]);
        plain.push_str("<w:p");
        let value = &rest[start + NAMED.len()..];
        rest = value.find('"').map_or("", |end| &value[end + 1..]);
    }
    plain.push_str(rest);
    plain
}

/// The element by which a paragraph names its style.
fn style_mark(id: &str) -> String {
    format!("<w:pStyle w:val=\"{id}\" />")
}

/// The template's ids for the heading styles (`Titre1` in French Word), and its styles completed
/// with those that it lacks.
fn headings_of(styles: &str) -> (Vec<String>, String) {
    let mut completed = styles.to_owned();
    // A style of ours can only be added where `w` means what it means in our markup.
    let may_add = styles.contains(&format!("xmlns:w=\"{NAMESPACE}\""));
    let names = HEADINGS.into_iter().map(|heading| {
        let (own, name, ..) = heading;
        if let Some(id) = style_named(styles, name) {
            return id;
        }
        let is_taken = styles.contains(&format!("w:styleId=\"{own}\""));
        if let Some(end) = completed
            .rfind("</w:styles>")
            .filter(|_| may_add && !is_taken)
        {
            completed.insert_str(end, &heading_style(heading));
        }
        own.to_owned()
    });
    (names.collect(), completed)
}

/// The id of the paragraph style with this name. Word writes the names of its built-in styles in
/// English, whatever the language of their ids.
fn style_named(styles: &str, name: &str) -> Option<String> {
    styles.split("<w:style ").skip(1).find_map(|style| {
        let style = style.split("</w:style>").next().unwrap_or(style);
        let (head, inside) = style.split_once('>')?;
        let named = attribute(inside.split_once("<w:name ")?.1, "w:val")?;
        let is_it =
            attribute(head, "w:type") == Some("paragraph") && named.eq_ignore_ascii_case(name);
        attribute(head, "w:styleId")
            .filter(|_| is_it)
            .map(ToOwned::to_owned)
    })
}

/// The raw value of an attribute, without unescaping.
fn attribute<'t>(mark: &'t str, name: &str) -> Option<&'t str> {
    let mark = mark.split('>').next().unwrap_or(mark);
    let value = mark.split_once(&format!("{name}="))?.1;
    let quote = value
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split_once(quote).map(|(value, _)| value)
}

#[cfg(test)]
mod tests;
