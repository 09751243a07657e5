//! A strict reader of our own pages: what a browser would repair is a fault here.

use std::fmt::Write as _;

/// An element, or a text between elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Element(Element),
    /// With character references resolved and white space collapsed.
    Text(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
}

/// Elements without an end tag.
const VOID: [&str; 5] = ["br", "input", "link", "meta", "hr"];
/// Elements within a line.
const INLINE: [&str; 10] = [
    "a", "abbr", "br", "code", "em", "meter", "progress", "small", "span", "strong",
];

/// The root of a page.
///
/// # Panics
/// For anything that is not well-formed: a tag that closes another one, an unquoted attribute, an
/// `&` or a `<` on its own.
pub(crate) fn parse(page: &str) -> Element {
    let page = page.trim_start();
    let rest = page
        .strip_prefix("<!doctype html>")
        .unwrap_or(page)
        .trim_start();
    let mut reader = PageReader { rest };
    let Some(Node::Element(root)) = reader.node() else {
        panic!("no element: {:.80}", reader.rest)
    };
    assert!(
        reader.rest.trim().is_empty(),
        "after the end: {:.80}",
        reader.rest
    );
    root
}

struct PageReader<'p> {
    rest: &'p str,
}

impl PageReader<'_> {
    /// The next element or text; `None` before an end tag and at the end.
    fn node(&mut self) -> Option<Node> {
        if self.rest.is_empty() || self.rest.starts_with("</") {
            return None;
        }
        if let Some(rest) = self.rest.strip_prefix('<') {
            self.rest = rest;
            return Some(Node::Element(self.element()));
        }
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Node::Text(collapsed(&resolved(text))))
    }

    fn element(&mut self) -> Element {
        let name = self.word();
        let mut attributes = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            let is_closed = self.rest.starts_with("/>");
            if let Some(rest) = self
                .rest
                .strip_prefix("/>")
                .or_else(|| self.rest.strip_prefix('>'))
            {
                self.rest = rest;
                if is_closed || VOID.contains(&name.as_str()) {
                    return Element {
                        name,
                        attributes,
                        children: Vec::new(),
                    };
                }
                break;
            }
            let attribute = self.word();
            assert!(
                !attribute.is_empty(),
                "an attribute of <{name}>: {:.80}",
                self.rest
            );
            let value = match self.rest.strip_prefix("=\"") {
                Some(rest) => {
                    let (value, rest) = rest.split_once('"').expect("a closing quote");
                    self.rest = rest;
                    resolved(value)
                }
                None => String::new(),
            };
            assert!(
                attributes.iter().all(|(known, _)| *known != attribute),
                "{attribute} twice in <{name}>"
            );
            attributes.push((attribute, value));
        }
        let mut children = Vec::new();
        while let Some(node) = self.node() {
            children.push(node);
        }
        let end = format!("</{name}>");
        self.rest = self
            .rest
            .strip_prefix(&end)
            .unwrap_or_else(|| panic!("no {end}: {:.120}", self.rest));
        Element {
            name,
            attributes,
            children,
        }
    }

    fn word(&mut self) -> String {
        let is_part = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | ':');
        let end = self
            .rest
            .find(|sign| !is_part(sign))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }
}

/// `text` with the references that our templates write.
fn resolved(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after
            .split_once(';')
            .unwrap_or_else(|| panic!("a bare &: {rest:.80}"));
        let sign = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => {
                let number = number
                    .strip_prefix('#')
                    .unwrap_or_else(|| panic!("&{number};"));
                char::from_u32(number.parse().expect("a decimal number")).expect("a character")
            }
        };
        out.push(sign);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// One space for each run of white space; no-break spaces stay.
fn collapsed(text: &str) -> String {
    let mut out = String::new();
    for sign in text.chars() {
        let is_space = matches!(sign, ' ' | '\n' | '\r' | '\t');
        match (is_space, out.ends_with(' ')) {
            (true, true) => {}
            (true, false) => out.push(' '),
            (false, _) => out.push(sign),
        }
    }
    out
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// This element and all below it, in document order.
    pub(crate) fn all(&self) -> Vec<&Element> {
        let below = self.elements().flat_map(Element::all);
        std::iter::once(self).chain(below).collect()
    }

    pub(crate) fn first(&self, name: &str) -> Option<&Element> {
        self.all().into_iter().find(|element| element.is(name))
    }

    /// The texts below, one for each text node.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let texts = self.children.iter().flat_map(|node| match node {
            Node::Element(element) => element.texts(),
            Node::Text(text) => vec![text.as_str()],
        });
        texts.collect()
    }

    pub(crate) fn text(&self) -> String {
        collapsed(&self.texts().concat()).trim().to_owned()
    }

    /// The element as indented lines, to be read by people: `tag#id.class attribute=value text`.
    pub(crate) fn outline(&self) -> String {
        let mut out = String::new();
        self.outline_into(&mut out, 0);
        out
    }

    fn outline_into(&self, out: &mut String, depth: usize) {
        let _ = write!(out, "{:depth$}{}", "", self.head());
        if self.is("svg") {
            // Drawn from the table beside it.
            let _ = writeln!(out, " ({} shapes)", self.elements().count());
            return;
        }
        let is_in_line = |node: &Node| match node {
            Node::Element(element) => element.is_inline(),
            Node::Text(_) => true,
        };
        if self.children.iter().all(is_in_line) {
            let text = self.children.iter().map(in_line).collect::<String>();
            let text = collapsed(&text);
            let _ = writeln!(
                out,
                "{}{}",
                if text.trim().is_empty() { "" } else { " " },
                text.trim()
            );
            return;
        }
        out.push('\n');
        let rows = self.elements().filter(|element| element.is("tr")).count();
        let mut row = 0;
        let mut line = String::new();
        for node in &self.children {
            match node {
                Node::Element(element) if !element.is_inline() => {
                    flush(out, &mut line, depth + 1);
                    row += usize::from(element.is("tr"));
                    if rows > ROWS_MAX && row > ROWS_SHOWN {
                        continue;
                    }
                    element.outline_into(out, depth + 1);
                }
                other => line.push_str(&in_line(other)),
            }
        }
        flush(out, &mut line, depth + 1);
        if rows > ROWS_MAX {
            let _ = writeln!(
                out,
                "{:1$}… {2} more rows",
                "",
                depth + 1,
                rows - ROWS_SHOWN
            );
        }
    }

    /// An element of a line all of whose content is, too.
    fn is_inline(&self) -> bool {
        INLINE.contains(&self.name.as_str()) && self.elements().all(Element::is_inline)
    }

    fn head(&self) -> String {
        let mut head = self.name.clone();
        for (name, value) in &self.attributes {
            let _ = match name.as_str() {
                "id" => write!(head, "#{value}"),
                "class" => write!(head, ".{}", value.replace(' ', ".")),
                _ if value.is_empty() => write!(head, " {name}"),
                _ if value.contains(' ') => write!(head, " {name}={value:?}"),
                _ => write!(head, " {name}={value}"),
            };
        }
        head
    }
}

/// Longer tables are cut in an outline.
const ROWS_MAX: usize = 12;
const ROWS_SHOWN: usize = 6;

fn flush(out: &mut String, line: &mut String, depth: usize) {
    let text = collapsed(line);
    if !text.trim().is_empty() {
        let _ = writeln!(out, "{:depth$}{}", "", text.trim());
    }
    line.clear();
}

fn in_line(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Element(element) => {
            let inner: String = element.children.iter().map(in_line).collect();
            if VOID.contains(&element.name.as_str()) {
                format!("<{}>", element.head())
            } else {
                format!("<{}>{inner}</{}>", element.head(), element.name)
            }
        }
    }
}

#[test]
fn a_page_is_read_as_it_stands() {
    let page = parse(
        "<!doctype html>\n<html lang=\"fr\"><body><p class=\"a b\" hidden>L&#39;un &amp;\n l&#39;autre<br><em>x</em></p></body></html>",
    );
    let p = page.first("p").unwrap();
    assert_eq!(
        (p.attribute("class"), p.attribute("hidden")),
        (Some("a b"), Some(""))
    );
    assert_eq!(p.text(), "L'un & l'autrex");
    assert_eq!(p.outline(), "p.a.b hidden L'un & l'autre<br><em>x</em>\n");
}

#[test]
#[should_panic(expected = "no </em>")]
fn a_tag_that_closes_another_one_is_a_fault() {
    parse("<html><p><em>x</p></em></html>");
}
