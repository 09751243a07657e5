//! XML: identifiers in elements and attributes reached by a path.
//!
//! Paths are the abbreviated steps of XPath: `/data/item/id`, `//item/id`, `//item/@ref`, `*` for
//! any name. Names are compared without their prefix. The document streams; an element's text is
//! all the text within it. A document type with declarations of its own is not followed: entities
//! could then stand for anything.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::identifier::{Found, Pick};
use crate::json::nameless;
use crate::response::Uninspected;

/// Elements within elements; deeper documents are hostile.
const DEPTH_MAX: usize = 256;

/// A place that carries identifiers.
#[derive(Clone, Debug)]
pub struct XmlRule {
    pub path: XmlPath,
    pub pick: Pick,
}

/// The rules of one document.
#[derive(Clone, Debug, Default)]
pub struct XmlRules {
    pub rules: Vec<XmlRule>,
    /// Elements that are one person's record each: one without an identifier is unreadable.
    pub records: Vec<XmlPath>,
}

/// A chain of element names, from the root or from anywhere, to a text or an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlPath {
    is_from_root: bool,
    /// `None` is any name.
    names: Vec<Option<String>>,
    attribute: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("/data/item/id | //item/id | //item/@ref | //*/id")]
pub struct XmlPathError;

impl XmlPath {
    pub fn parse(text: &str) -> Result<Self, XmlPathError> {
        let (is_from_root, steps) = match text.strip_prefix("//") {
            Some(steps) => (false, steps),
            None => (true, text.strip_prefix('/').ok_or(XmlPathError)?),
        };
        let (steps, attribute) = match steps.split_once("/@") {
            Some((steps, attribute)) => (steps, Some(attribute)),
            None => (steps, None),
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains(|c: char| "/@*[]():'\" ".contains(c));
        if attribute.is_some_and(|name| !is_name(name)) {
            return Err(XmlPathError);
        }
        let name_of = |step: &str| match step {
            "*" => Ok(None),
            name if is_name(name) => Ok(Some(name.to_owned())),
            _ => Err(XmlPathError),
        };
        let names = steps.split('/').map(name_of).collect::<Result<_, _>>()?;
        Ok(Self { is_from_root, names, attribute: attribute.map(str::to_owned) })
    }

    fn fits(&self, open: &[String]) -> bool {
        let Some(above) = open.len().checked_sub(self.names.len()) else { return false };
        (above == 0 || !self.is_from_root)
            && self
                .names
                .iter()
                .zip(&open[above..])
                .all(|(name, open)| name.as_ref().is_none_or(|n| n == open))
    }
}

/// Reads a document, already decoded to text.
pub fn read(rules: &XmlRules, text: &str, found: &mut Found<'_>) -> Result<(), Uninspected> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().check_end_names = true;
    let mut walk = Walk { rules, open: Vec::new(), texts: Vec::new(), records: Vec::new(), roots: 0 };
    loop {
        match reader.read_event().map_err(|error| broken(&error.to_string()))? {
            Event::Start(start) => walk.enter(&start, found)?,
            Event::Empty(start) => {
                walk.enter(&start, found)?;
                walk.leave(found)?;
            }
            Event::End(_) => walk.leave(found)?,
            Event::Text(part) => walk.add(&part),
            Event::CData(part) => walk.add(&part),
            Event::GeneralRef(name) => {
                let character = name.resolve_char_ref().map_err(|error| broken(&error.to_string()))?;
                let predefined = || quick_xml::escape::resolve_predefined_entity(&name).map(str::to_owned);
                let text = character.map(String::from).or_else(predefined);
                walk.add(&text.ok_or_else(|| broken("an entity that XML does not define"))?);
            }
            Event::DocType(declared) if declared.contains('[') => {
                return Err(broken("the document type declares entities"));
            }
            Event::DocType(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    if walk.roots == 1 && walk.open.is_empty() { Ok(()) } else { Err(broken("not one whole document")) }
}

/// Where the reader is.
struct Walk<'r> {
    rules: &'r XmlRules,
    open: Vec<String>,
    /// Texts being collected: depth of the element, rule, text.
    texts: Vec<(usize, usize, String)>,
    /// Records being read: depth of the element, identifiers taken before it.
    records: Vec<(usize, usize)>,
    roots: usize,
}

impl Walk<'_> {
    fn enter(&mut self, start: &BytesStart<'_>, found: &mut Found<'_>) -> Result<(), Uninspected> {
        self.roots += usize::from(self.open.is_empty());
        if self.open.len() == DEPTH_MAX {
            return Err(broken("nested too deep"));
        }
        self.open.push(start.local_name().into_inner().to_owned());
        if self.rules.records.iter().any(|path| path.fits(&self.open)) {
            self.records.push((self.open.len(), found.taken()));
        }
        let mut reached = Vec::new();
        for (index, rule) in self.rules.rules.iter().enumerate() {
            if !rule.path.fits(&self.open) {
                continue;
            }
            match &rule.path.attribute {
                Some(attribute) => reached.push((attribute, &rule.pick)),
                None => self.texts.push((self.open.len(), index, String::new())),
            }
        }
        // Attributes are read even where no rule asks: a tag that does not parse hides something.
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| broken(&error.to_string()))?;
            let name = attribute.key.local_name();
            for (_, pick) in reached.iter().filter(|(wanted, _)| *wanted == name.as_ref()) {
                let value = attribute.normalized_value(XmlVersion::Implicit1_0);
                found.take(pick, &value.map_err(|error| broken(&error.to_string()))?)?;
            }
        }
        Ok(())
    }

    fn leave(&mut self, found: &mut Found<'_>) -> Result<(), Uninspected> {
        while self.texts.last().is_some_and(|(depth, ..)| *depth == self.open.len()) {
            let (_, index, text) = self.texts.pop().expect("looked at above");
            found.take(&self.rules.rules[index].pick, &text)?;
        }
        if let Some((_, before)) = self.records.pop_if(|(depth, _)| *depth == self.open.len())
            && found.taken() == before
        {
            return Err(nameless());
        }
        self.open.pop();
        Ok(())
    }

    fn add(&mut self, part: &str) {
        for (_, _, text) in &mut self.texts {
            text.push_str(part);
        }
    }
}

fn broken(what: &str) -> Uninspected {
    Uninspected::Broken(format!("XML: {what}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identifier::IdentifierKind;

    fn look(path: &str, text: &str) -> Option<Vec<String>> {
        let kinds = [IdentifierKind { name: "id".into(), steps: vec![], shape: None }];
        let mut found = Found::new(&kinds, 100);
        let rule = XmlRule { path: XmlPath::parse(path).unwrap(), pick: Pick { kind: 0, pattern: None } };
        let records = vec![XmlPath::parse("//record").unwrap()];
        read(&XmlRules { rules: vec![rule], records }, text, &mut found).ok()?;
        Some(found.into_identifiers().into_iter().map(|identifier| identifier.text.to_string()).collect())
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: Option<&[&str]>) {
        let expected = expected.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(look(path, text), expected, "{path} in {text}");
    }

    const LIST: &str = r#"<?xml version="1.0"?><!-- <id>0</id> --><data n="1"><item ref="A"><id>1</id></item>
        <d:item xmlns:d="u" ref='B&amp;C'><d:id><![CDATA[2]]></d:id><with><id>3</id></with></d:item></data>"#;

    #[test]
    fn follows_paths_from_the_root_and_from_anywhere() {
        check("/data/item/id", LIST, Some(&["1", "2"]));
        check("//id", LIST, Some(&["1", "2", "3"]));
        check("//with/id", LIST, Some(&["3"]));
        check("//item/@ref", LIST, Some(&["A", "B&C"]));
        check("/data/*/id", LIST, Some(&["1", "2"]));
        check("/item/id", LIST, Some(&[]));
    }

    #[test]
    fn a_text_is_all_text_within_however_it_is_written() {
        check("/a", "<a>1<b>2</b><!-- no -->&#51;&#x34;&lt;<c/><![CDATA[5]]></a>", Some(&["1234<5"]));
        check("//a", "<a>1<a>2</a></a>", Some(&["2", "12"]));
    }

    #[test]
    fn what_is_no_whole_document_is_broken() {
        for text in ["<a>", "<a></b>", "<a/><a/>", "", "text", "<a x=1/>", "<a>&x;</a>", "<a x='1' x='2'/>"] {
            check("//a", text, None);
        }
        check("//a", r#"<!DOCTYPE a [<!ENTITY x "7">]><a>&x;</a>"#, None);
        check("//a", &"<a>".repeat(300), None);
    }

    #[test]
    fn a_record_without_identifier_is_unreadable() {
        check("//id", "<a><record><id>1</id></record><record><in><id>1</id></in></record></a>", Some(&["1"]));
        check("//id", "<a><record><id>1</id></record><record><nom>x</nom></record></a>", None);
        check("//record/@id", "<a><record id='1'/><record id=''/></a>", None);
        check("//record/@id", "<a><record id='1'/></a>", Some(&["1"]));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "id", "/", "//", "/a//b", "/a/@", "/a[1]", "//a/text()", "/a/@b/c"] {
            assert!(XmlPath::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "[<>/a-c=\"'&;#x! \\[\\]0-9-]{0,80}") {
            let _ = look("//a/@b", &text);
            let _ = look("//a", &text);
        }
    }
}
