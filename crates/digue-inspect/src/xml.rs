//! XML: identifiers in elements and attributes reached by a path.
//!
//! Paths are abbreviated XPath: `/data/item/id`, `//item/id`, `//item/@ref`, `*` for any name.
//! Names are compared without prefix. The document is streamed; the text of an element is all the
//! text inside it. A document type with internal declarations is an error: entities could then
//! stand for anything.

use digue_types::visible::is_blank;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::Pick;
use digue_identifiers::reading::{ReadingTally, Unreadable, WhyNobody};

pub mod outline;

/// The deepest nesting of elements; deeper documents are hostile.
const DEPTH_MAX: usize = 256;

/// A place in a document where identifiers are.
#[derive(Clone, Debug)]
pub struct XmlRule {
    pub path: XmlPath,
    pub pick: Pick,
    /// Whether the identifier is the record's own. By default it is when no other rule of the same
    /// record reaches less deep.
    pub is_own: Option<bool>,
}

/// The map's rules for one kind of document.
#[derive(Clone, Debug, Default)]
pub struct XmlRules {
    pub rules: Vec<XmlRule>,
    /// Elements that are one person's record each; one without an identifier of its own makes the
    /// document unreadable.
    pub records: Vec<XmlPath>,
    /// Elements that are empty when the answer is.
    pub empty: Vec<XmlPath>,
    /// Parts that show nobody.
    pub no_person: Vec<XmlPath>,
    /// Values with which an exact search is compared.
    pub compare: Vec<XmlRule>,
}

impl XmlRules {
    /// The distance below a record at which a rule's identifier is the record's own; `None` when it
    /// never is.
    fn own_distance(&self, rule: &XmlRule, record: &XmlPath) -> Option<usize> {
        let own = rule
            .path
            .distance_below(record)
            .filter(|_| rule.is_own != Some(false))?;
        let distances = self.rules.iter().filter(|rule| rule.is_own != Some(false));
        let nearest = distances
            .filter_map(|rule| rule.path.distance_below(record))
            .min()?;
        (own == nearest || rule.is_own == Some(true)).then_some(own)
    }

    /// The first record for which no rule takes an identifier of its own.
    pub fn record_without_rule(&self) -> Option<&XmlPath> {
        self.records.iter().find(|record| {
            !self
                .rules
                .iter()
                .any(|rule| self.own_distance(rule, record).is_some())
        })
    }
}

/// A chain of element names, from the root or anywhere, to a text or an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlPath {
    is_from_root: bool,
    /// `None` matches any name.
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
        let is_name =
            |name: &str| !name.is_empty() && !name.contains(|c: char| "/@*[]():'\" ".contains(c));
        if attribute.is_some_and(|name| !is_name(name)) {
            return Err(XmlPathError);
        }
        let name_of = |step: &str| match step {
            "*" => Ok(None),
            name if is_name(name) => Ok(Some(name.to_owned())),
            _ => Err(XmlPathError),
        };
        let names = steps.split('/').map(name_of).collect::<Result<_, _>>()?;
        Ok(Self {
            is_from_root,
            names,
            attribute: attribute.map(str::to_owned),
        })
    }

    /// The path as written in the map.
    pub fn text(&self) -> String {
        let names = self.names.iter().map(|name| name.as_deref().unwrap_or("*"));
        let mut text = String::from(if self.is_from_root { "/" } else { "//" });
        text.push_str(&names.collect::<Vec<_>>().join("/"));
        if let Some(attribute) = &self.attribute {
            text.push_str("/@");
            text.push_str(attribute);
        }
        text
    }

    /// The distance from a record down to the end of this path, when it leads through the record;
    /// its own length when it starts anywhere.
    fn distance_below(&self, record: &Self) -> Option<usize> {
        let covers =
            |(own, record): (&Option<String>, &Option<String>)| own.is_none() || own == record;
        let is_through = self.names.len() >= record.names.len()
            && self.is_from_root == record.is_from_root
            && self.names.iter().zip(&record.names).all(covers);
        if is_through {
            return Some(self.names.len() - record.names.len());
        }
        (!self.is_from_root).then_some(self.names.len())
    }

    fn fits(&self, open: &[XmlElement]) -> bool {
        let Some(above) = open.len().checked_sub(self.names.len()) else {
            return false;
        };
        (above == 0 || !self.is_from_root)
            && self
                .names
                .iter()
                .zip(&open[above..])
                .all(|(name, open)| name.as_ref().is_none_or(|n| *n == open.name))
    }
}

/// Inspects a document from decoded text.
pub fn read(
    rules: &XmlRules,
    text: &str,
    found: &mut Collector<'_>,
) -> Result<ReadingTally, Unreadable> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    // A lenient program would read `<a></b>` in some other way than this one.
    reader.config_mut().check_end_names = true;
    let mut walk = XmlWalk::new(rules);
    loop {
        let event = reader
            .read_event()
            .map_err(|_| broken(reader.error_position()))?;
        let position = reader.buffer_position();
        match event {
            Event::Start(start) => walk.enter(&start, found, position)?,
            Event::Empty(start) => {
                walk.enter(&start, found, position)?;
                walk.leave(found)?;
            }
            Event::End(_) => walk.leave(found)?,
            Event::Text(part) => walk.add(&part),
            Event::CData(part) => walk.add(&part),
            Event::GeneralRef(name) => walk.add(&referred(&name).ok_or_else(|| broken(position))?),
            Event::DocType(declared) if declared.contains('[') => return Err(broken(position)),
            // Not part of the data, but visible to anyone who opens the file.
            Event::Comment(part) => walk.overhear(&part),
            Event::PI(part) => walk.overhear(&part),
            Event::DocType(_) | Event::Decl(_) => {}
            Event::Eof => break,
        }
    }
    // The parser checks neither; what a client makes of two roots or a cut document is unknown.
    if walk.roots != 1 || !walk.open.is_empty() {
        return Err(broken(reader.buffer_position()));
    }
    // After the walk, so that what a rule has found is not reported as found by the sweep.
    found.sweep(&walk.heard, UnreadPlace::default)?;
    found.sweep(&walk.aside, UnreadPlace::default)?;
    Ok(walk.tally)
}

/// The text of `&name;`: a character reference, one of XML's five entities, or one of HTML's, which
/// old programs write.
fn referred(name: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    match name.resolve_char_ref() {
        Ok(Some(character)) => return Some(character.into()),
        Ok(None) => {}
        Err(_) => return None,
    }
    if let Some(predefined) = quick_xml::escape::resolve_predefined_entity(name) {
        return Some(predefined.to_owned());
    }
    let written = format!("&{};", &**name);
    let decoded = html_escape::decode_html_entities(&written);
    (decoded != written).then(|| decoded.into_owned())
}

/// Limit on the text of mixed content that is kept once more, as a multiple of all text.
const MIXED_TIMES_MAX: usize = 4;
/// Bytes of mixed content that are always allowed.
const MIXED_BYTES_FREE: usize = 64 << 10;

/// An open element.
struct XmlElement {
    name: String,
    /// From 1, among the children of its parent.
    number: u64,
    /// Elements inside it so far.
    children: u64,
    /// It has text of its own, outside its children.
    has_text: bool,
    is_no_person: bool,
    /// A rule waits for its text.
    is_awaited: bool,
    /// Start of its text in `XmlWalk::joined`.
    joined_from: usize,
}

/// An open record.
struct OpenXmlRecord {
    record: usize,
    depth: usize,
    has_own: bool,
}

/// The state of the reader.
struct XmlWalk<'r> {
    rules: &'r XmlRules,
    open: Vec<XmlElement>,
    /// Texts being collected: depth of the element, rule, whether it is only compared, text.
    texts: Vec<(usize, &'r XmlRule, bool, String)>,
    records: Vec<OpenXmlRecord>,
    roots: usize,
    /// Everything that a person may read, for the sweep.
    heard: String,
    /// Comments and instructions, apart: they may stand in the middle of a text without splitting
    /// it.
    aside: String,
    /// All texts joined, as a browser shows inline elements.
    joined: String,
    /// Bytes of mixed content that were kept once more.
    mixed_bytes: usize,
    keeps_heard: bool,
    tally: ReadingTally,
}

impl<'r> XmlWalk<'r> {
    fn new(rules: &'r XmlRules) -> Self {
        Self {
            rules,
            open: Vec::new(),
            texts: Vec::new(),
            records: Vec::new(),
            roots: 0,
            heard: String::new(),
            aside: String::new(),
            joined: String::new(),
            mixed_bytes: 0,
            keeps_heard: true,
            tally: ReadingTally::default(),
        }
    }

    fn enter(
        &mut self,
        start: &BytesStart<'_>,
        found: &mut Collector<'_>,
        position: u64,
    ) -> Result<(), Unreadable> {
        self.keeps_heard = found.has_sweep();
        self.roots += usize::from(self.open.is_empty());
        if self.open.len() == DEPTH_MAX {
            return Err(ReadFailure::new(UnreadCause::TooDeep).into());
        }
        let number = match self.open.last_mut() {
            Some(parent) => {
                parent.children += 1;
                parent.children
            }
            None => 1,
        };
        self.open.push(XmlElement {
            name: start.local_name().into_inner().to_owned(),
            number,
            children: 0,
            has_text: false,
            is_no_person: false,
            is_awaited: false,
            joined_from: self.joined.len(),
        });
        self.note_element();
        self.read_attributes(start, found, position)
    }

    fn note_element(&mut self) {
        let depth = self.open.len();
        for (record, path) in self.rules.records.iter().enumerate() {
            if path.fits(&self.open) {
                self.records.push(OpenXmlRecord {
                    record,
                    depth,
                    has_own: false,
                });
            }
        }
        let is_no_person = self
            .rules
            .no_person
            .iter()
            .any(|path| path.fits(&self.open));
        let mut is_awaited = false;
        let texts = self.rules.rules.iter().map(|rule| (rule, false));
        for (rule, is_compare) in texts.chain(self.rules.compare.iter().map(|rule| (rule, true))) {
            if rule.path.attribute.is_none() && rule.path.fits(&self.open) {
                self.texts.push((depth, rule, is_compare, String::new()));
                is_awaited = true;
            }
        }
        let element = self.open.last_mut().expect("the caller pushed the element");
        (element.is_no_person, element.is_awaited) = (is_no_person, is_awaited);
    }

    /// Reads the attributes, even where no rule needs them: a tag that does not parse may hide
    /// something.
    fn read_attributes(
        &mut self,
        start: &BytesStart<'_>,
        found: &mut Collector<'_>,
        position: u64,
    ) -> Result<(), Unreadable> {
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| broken(position))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|_| broken(position))?;
            // The author of a document chooses its prefixes freely (Namespaces in XML): none is
            // compared.
            let name = attribute.key.local_name();
            let name: &str = name.as_ref();
            let is_namespace = attribute.key.as_namespace_binding().is_some();
            self.hear(&value);
            let mut is_described = is_namespace;
            for rule in &self.rules.rules {
                if rule.path.attribute.as_deref() == Some(name) && rule.path.fits(&self.open) {
                    is_described = true;
                    self.take(rule, &value, found)?;
                }
            }
            for rule in &self.rules.compare {
                if rule.path.attribute.as_deref() == Some(name) && rule.path.fits(&self.open) {
                    found.compare(&rule.pick, &value);
                }
            }
            if !is_described && self.counts_here() && is_telling(&value) {
                self.add_undescribed();
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        rule: &XmlRule,
        text: &str,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        let open = &self.open;
        if !found.take(&rule.pick, text, || place_of(open))?.is_some() {
            return Ok(());
        }
        self.tally.texts += 1;
        for record in &mut self.records {
            let distance = self
                .rules
                .own_distance(rule, &self.rules.records[record.record]);
            record.has_own |= distance == Some(self.open.len() - record.depth);
        }
        Ok(())
    }

    fn leave(&mut self, found: &mut Collector<'_>) -> Result<(), Unreadable> {
        let depth = self.open.len();
        while self.texts.last().is_some_and(|(at, ..)| *at == depth) {
            let (_, rule, is_compare, text) = self
                .texts
                .pop()
                .expect("the loop condition found an element");
            if is_compare {
                found.compare(&rule.pick, &text);
            } else {
                self.take(rule, &text, found)?;
            }
        }
        // Even without text: the last word of one element and the first of the next are two texts.
        self.hear("");
        let element = self.open.last().expect("the reader checks that tags match");
        if element.has_text && element.children > 0 {
            self.hear_mixed(element.joined_from)?;
        }
        let element = self.open.last().expect("as above");
        if element.has_text && !element.is_awaited && self.counts_here() {
            self.add_undescribed();
        }
        let element = self.open.last().expect("as above");
        let is_empty = element.children == 0 && !element.has_text;
        if is_empty && self.rules.empty.iter().any(|path| path.fits(&self.open)) {
            self.tally.nobody = Some(WhyNobody::DescribedAsEmpty);
        }
        while let Some(record) = self.records.pop_if(|record| record.depth == depth) {
            if !record.has_own {
                return Err(ReadFailure::new(UnreadCause::NamelessRecord)
                    .at(place_of(&self.open))
                    .into());
            }
            self.tally.records += 1;
        }
        self.open.pop();
        Ok(())
    }

    fn add(&mut self, part: &str) {
        for (.., text) in &mut self.texts {
            text.push_str(part);
        }
        if self.keeps_heard {
            self.heard.push_str(part);
            self.joined.push_str(part);
        }
        if let Some(element) = self.open.last_mut() {
            element.has_text |= !is_blank(part);
        }
    }

    /// Keeps mixed content once more as a whole: a person reads `P9<b>00</b>1` as one word.
    fn hear_mixed(&mut self, from: usize) -> Result<(), Unreadable> {
        if !self.keeps_heard {
            return Ok(());
        }
        let text = self.joined[from..].to_owned();
        self.mixed_bytes += text.len();
        // Deeply nested mixed content would cost quadratic memory.
        if self.mixed_bytes > MIXED_TIMES_MAX * self.joined.len() + MIXED_BYTES_FREE {
            return Err(ReadFailure::new(UnreadCause::TooDeep).into());
        }
        self.hear(&text);
        Ok(())
    }

    /// Keeps a comment or an instruction for the sweep.
    fn overhear(&mut self, text: &str) {
        if self.keeps_heard {
            self.aside.push('\u{1f}');
            self.aside.push_str(text);
        }
    }

    /// Keeps a text for the sweep, separated from its neighbours.
    fn hear(&mut self, text: &str) {
        if self.keeps_heard {
            self.heard.push('\u{1f}');
            self.heard.push_str(text);
            self.heard.push('\u{1f}');
        }
    }

    fn counts_here(&self) -> bool {
        !(self.rules.records.is_empty() && self.rules.no_person.is_empty())
            && self.records.is_empty()
            && !self.open.iter().any(|element| element.is_no_person)
    }

    fn add_undescribed(&mut self) {
        self.tally.texts += 1;
        let open = &self.open;
        self.tally.add_undescribed(1, || place_of(open));
    }
}

/// False for versions, counts and flags, which name no one.
fn is_telling(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let has_letters = value.chars().any(char::is_alphabetic);
    digits >= 7 || (has_letters && !matches!(value.trim(), "true" | "false" | "yes" | "no"))
}

/// The path to an element by positions, as XPath writes it: a name could be that of a person.
fn place_of(open: &[XmlElement]) -> UnreadPlace {
    let step = |place: UnreadPlace, element: &XmlElement| {
        place.and("/*[").and_number(element.number).and("]")
    };
    open.iter().fold(UnreadPlace::default(), step)
}

fn broken(position: u64) -> Unreadable {
    ReadFailure::new(UnreadCause::Syntax)
        .at(UnreadPlace::numbered("byte ", position))
        .into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use digue_identifiers::identifier::IdentifierKind;

    fn look(path: &str, text: &str) -> Option<Vec<String>> {
        let kinds = [IdentifierKind {
            name: "id".into(),
            steps: vec![],
            shape: None,
        }];
        let mut found = Collector::new(&kinds, &[], 100);
        let rule = XmlRule {
            path: XmlPath::parse(path).unwrap(),
            pick: Pick::whole(0, path),
            is_own: None,
        };
        let records = vec![XmlPath::parse("//record").unwrap()];
        let rules = XmlRules {
            rules: vec![rule],
            records,
            ..XmlRules::default()
        };
        let _ = read(&rules, text, &mut found).ok()?;
        Some(
            found
                .into_identifiers()
                .into_iter()
                .map(|identifier| identifier.text.to_string())
                .collect(),
        )
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
        check(
            "/a",
            "<a>1<b>2</b><!-- no -->&#51;&#x34;&lt;<c/><![CDATA[5]]></a>",
            Some(&["1234<5"]),
        );
        check("//a", "<a>1<a>2</a></a>", Some(&["2", "12"]));
    }

    #[test]
    fn what_is_no_whole_document_is_broken() {
        for text in [
            "<a>",
            "<a></b>",
            "<a/><a/>",
            "",
            "text",
            "<a x=1/>",
            "<a>&x;</a>",
            "<a x='1' x='2'/>",
        ] {
            check("//a", text, None);
        }
        check("//a", r#"<!DOCTYPE a [<!ENTITY x "7">]><a>&x;</a>"#, None);
        check("//a", &"<a>".repeat(300), None);
    }

    #[test]
    fn a_record_without_identifier_is_unreadable() {
        check(
            "//id",
            "<a><record><id>1</id></record><record><id>2</id></record></a>",
            Some(&["1", "2"]),
        );
        // The identifier of a person named inside the record is not the record's own.
        check(
            "//id",
            "<a><record><id>1</id></record><record><in><id>1</id></in></record></a>",
            None,
        );
        check(
            "//id",
            "<a><record><id>1</id></record><record><nom>x</nom></record></a>",
            None,
        );
        check(
            "//record/@id",
            "<a><record id='1'/><record id=''/></a>",
            None,
        );
        check("//record/@id", "<a><record id='1'/></a>", Some(&["1"]));
    }

    #[test]
    fn entities_of_html_are_letters_and_unknown_ones_are_not() {
        check(
            "//id",
            "<a><id>1</id><nom>L&eacute;a</nom></a>",
            Some(&["1"]),
        );
        check("//id", "<a><id>1&nope;</id></a>", None);
    }

    #[test]
    fn what_lies_outside_of_records_is_counted() {
        let path = |text| XmlPath::parse(text).unwrap();
        let rules = XmlRules {
            rules: vec![XmlRule {
                path: path("//record/id"),
                pick: Pick::whole(0, "id"),
                is_own: None,
            }],
            records: vec![path("//record")],
            empty: vec![path("/a")],
            no_person: vec![path("/a/meta")],
            compare: vec![],
        };
        let tally = |text: &str| {
            let kinds = [IdentifierKind {
                name: "id".into(),
                steps: vec![],
                shape: None,
            }];
            read(&rules, text, &mut Collector::new(&kinds, &[], 10)).unwrap()
        };
        assert_eq!(tally("<a/>").nobody, Some(WhyNobody::DescribedAsEmpty));
        assert_eq!(tally("<a><record><id>1</id></record></a>").nobody, None);
        let beside = tally(
            "<a v='2'><meta x='y'>m</meta><record><id>1</id>Durand</record><p n='X'>Roux</p></a>",
        );
        assert_eq!((beside.records, beside.undescribed), (1, 2));
        assert_eq!(beside.first_undescribed.unwrap().as_str(), "/*[1]/*[3]");
    }

    #[test]
    fn an_attribute_that_does_not_parse_is_given_by_its_byte() {
        let kinds = [IdentifierKind {
            name: "id".into(),
            steps: vec![],
            shape: None,
        }];
        let text = "<a><b/><c x=1/></a>";
        let broken = read(
            &XmlRules::default(),
            text,
            &mut Collector::new(&kinds, &[], 10),
        )
        .unwrap_err();
        assert_eq!(broken.detail.place.as_str(), "byte 15");
    }

    #[test]
    fn a_place_is_made_of_positions_and_holds_no_name() {
        let look = |text: &str| {
            let kinds = [IdentifierKind {
                name: "id".into(),
                steps: vec![],
                shape: None,
            }];
            let path = |text| XmlPath::parse(text).unwrap();
            let rules = XmlRules {
                rules: vec![XmlRule {
                    path: path("//record/id"),
                    pick: Pick::whole(0, "id"),
                    is_own: None,
                }],
                records: vec![path("//record")],
                ..XmlRules::default()
            };
            read(&rules, text, &mut Collector::new(&kinds, &[], 10))
        };
        let nameless = look(
            "<a><Durand/><record><id>1</id></record><Durand><record><Marie/></record></Durand></a>",
        );
        assert_eq!(
            nameless.unwrap_err().detail.place.as_str(),
            "/*[1]/*[3]/*[1]"
        );
        let beside =
            look("<a><record><id>1</id></record><DURAND-Marie>née en 1985</DURAND-Marie></a>")
                .unwrap();
        assert_eq!(beside.first_undescribed.unwrap().as_str(), "/*[1]/*[2]");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            "id",
            "/",
            "//",
            "/a//b",
            "/a/@",
            "/a[1]",
            "//a/text()",
            "/a/@b/c",
        ] {
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
