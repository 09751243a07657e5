//! JSON and NDJSON: records, and the identifiers in them, found while the text is parsed.
//!
//! A record is an object or a list that the map names, and it has an identifier *of its own*: a
//! value that a rule reaches at its distance below the record, not one of a nested object. Text
//! outside every record is counted, unless the map says that it shows nobody. A name that occurs
//! twice in one object is followed twice: clients differ in which of the two they keep.

use std::fmt;

use digue_types::visible::is_blank;
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};
use memchr::{memchr, memchr2};
use serde::de::{Deserialize, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::jsonpath::{JsonPathSegment, RecordPath, Select};
use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::Pick;
use digue_identifiers::reading::{ReadingTally, Unreadable, WhyNobody};

mod children;
mod escapes;
mod mask;
pub mod outline;
mod places;
mod plain;
mod scan;
mod tokens;
mod walk;

pub(crate) use mask::Masking;
pub(crate) use places::{PlacedRecord, PlacedRecords};
pub(crate) use tokens::{JsonToken, tokens};
pub(crate) use walk::is_plain_name;
use walk::{JsonWalk, WalkStart};

/// A place in a document where identifiers are.
#[derive(Clone, Debug)]
pub struct JsonRule {
    pub path: RecordPath,
    pub pick: Pick,
    /// Whether the identifier is the record's own. By default it is when no other rule of the same
    /// record reaches less deep: a longer path leads to another person, named inside the record.
    pub is_own: Option<bool>,
}

impl JsonRule {
    pub fn new(path: RecordPath, pick: Pick) -> Self {
        Self {
            path,
            pick,
            is_own: None,
        }
    }
}

/// The map's rules for one kind of document.
#[derive(Clone, Debug, Default)]
pub struct JsonMap {
    pub rules: Vec<JsonRule>,
    /// Each leads to one person's record.
    pub records: Vec<RecordPath>,
    /// Lists, objects or values that are empty when the answer is: `$.rows[*]` means an empty list
    /// `$.rows`.
    pub empty: Vec<RecordPath>,
    /// Parts that show nobody.
    pub no_person: Vec<RecordPath>,
    /// Values with which an exact search is compared.
    pub compare: Vec<JsonRule>,
    /// Names of a record's members; others count as undescribed. Empty allows any.
    pub fields: Vec<String>,
}

/// A compiled `JsonMap`, so that one pass over the document serves all of its rules.
#[derive(Clone, Debug)]
pub struct JsonRules {
    /// Steps of all streamable paths, one bit each.
    steps: Vec<JsonPathSegment>,
    /// For each step, the next one, or the target that it reaches.
    after: Vec<RemainingPath>,
    start: Bits,
    /// Targets reached by the document itself (`$`).
    at_root: Bits,
    targets: Vec<NodeTarget>,
    masks: Masks,
    /// Records that may be lists: a rule takes their identifier at an index of the list.
    list_records: Bits,
    /// Rules that need a parsed tree: filters, slices, negative indices.
    treed: Vec<JsonRule>,
    fields: Vec<String>,
    /// True when the map describes records, or parts that show nobody, so that text outside them
    /// counts.
    counts_texts: bool,
}

type Bits = u128;

/// The most steps of one document's rules together, and the most targets: one bit each in `Bits`.
const STEPS_MAX: usize = 127;

#[derive(Clone, Copy, Debug)]
enum RemainingPath {
    Step(usize),
    Target(usize),
}

/// The meaning of a node that a path reaches.
#[derive(Clone, Debug)]
enum NodeTarget {
    /// An identifier, which is a record's own when it is at the given distance below it: pairs of
    /// record and distance.
    Pick {
        pick: Pick,
        own_below: Vec<(usize, usize)>,
    },
    Record,
    Empty,
    NoPerson,
    Compare(Pick),
}

/// The targets of each sort.
#[derive(Clone, Copy, Debug, Default)]
struct Masks {
    picks: Bits,
    records: Bits,
    empty: Bits,
    no_person: Bits,
    compare: Bits,
    /// Of the picks, those of names of members.
    names: Bits,
}

/// The rules do not fit into one automaton, or contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonRulesError {
    #[error("the JSON rules of one response have more than {STEPS_MAX} steps together")]
    TooManySteps,
    #[error(
        "records, empty, no_person and compare take paths of names, indices and wildcards only"
    )]
    RecordPath,
    #[error("no rule reaches an identifier of its own for this record: {0}")]
    NoOwnRule(String),
}

impl JsonRules {
    /// True when the whole document is the only record that the map describes.
    pub(crate) fn is_one_record(&self) -> bool {
        self.masks.records.count_ones() == 1 && self.at_root & self.masks.records != 0
    }

    /// True when records can be told apart by their places: the map names some, and every rule takes
    /// a path of names, indices and wildcards.
    pub fn has_placed_records(&self) -> bool {
        self.masks.records != 0 && self.treed.is_empty() && self.masks.names == 0
    }

    /// What its rules for persons take.
    pub fn picks(&self) -> impl Iterator<Item = &Pick> {
        let streamed = self.targets.iter().filter_map(|target| match target {
            NodeTarget::Pick { pick, .. } => Some(pick),
            NodeTarget::Record
            | NodeTarget::Empty
            | NodeTarget::NoPerson
            | NodeTarget::Compare(_) => None,
        });
        streamed.chain(self.treed.iter().map(|rule| &rule.pick))
    }

    pub fn new(map: JsonMap) -> Result<Self, JsonRulesError> {
        let mut compiled = Self {
            steps: vec![],
            after: vec![],
            start: 0,
            at_root: 0,
            targets: vec![],
            masks: Masks::default(),
            list_records: 0,
            treed: vec![],
            fields: map.fields,
            counts_texts: !map.records.is_empty() || !map.no_person.is_empty(),
        };
        // Fails when a record has no rule for its identifier: such a map could never tell its
        // records apart, and every response would be unreadable.
        let own = own_distances(&map.rules, &map.records)?;
        for (record, path) in map.records.iter().enumerate() {
            // First of all targets, so that the number of a record is the bit of its target.
            compiled.add(path, NodeTarget::Record)?;
            let mut own_rules = map
                .rules
                .iter()
                .zip(&own)
                .filter(|(_, own)| own.iter().any(|(of, _)| *of == record));
            if own_rules.any(|(rule, _)| rule.path.is_in_list_below(path)) {
                compiled.list_records |= 1 << record;
            }
        }
        for path in &map.empty {
            compiled.add(&path.without_last_wildcard(), NodeTarget::Empty)?;
        }
        for path in &map.no_person {
            compiled.add(path, NodeTarget::NoPerson)?;
        }
        for rule in map.compare {
            compiled.add(&rule.path, NodeTarget::Compare(rule.pick))?;
        }
        for (rule, own_below) in map.rules.into_iter().zip(own) {
            if rule.path.is_streamable() {
                compiled.add(
                    &rule.path,
                    NodeTarget::Pick {
                        pick: rule.pick,
                        own_below,
                    },
                )?;
            } else {
                compiled.treed.push(rule);
            }
        }
        Ok(compiled)
    }

    fn add(&mut self, path: &RecordPath, target: NodeTarget) -> Result<(), JsonRulesError> {
        let steps = path.steps.clone().ok_or(JsonRulesError::RecordPath)?;
        if path.is_of_names && !matches!(target, NodeTarget::Pick { .. }) {
            return Err(JsonRulesError::RecordPath);
        }
        if self.steps.len() + steps.len() > STEPS_MAX || self.targets.len() == STEPS_MAX {
            return Err(JsonRulesError::TooManySteps);
        }
        let bit = 1 << self.targets.len();
        match &target {
            NodeTarget::Pick { .. } if path.is_of_names => self.masks.names |= bit,
            NodeTarget::Pick { .. } => self.masks.picks |= bit,
            NodeTarget::Record => self.masks.records |= bit,
            NodeTarget::Empty => self.masks.empty |= bit,
            NodeTarget::NoPerson => self.masks.no_person |= bit,
            NodeTarget::Compare(_) => self.masks.compare |= bit,
        }
        let end = RemainingPath::Target(self.targets.len());
        self.targets.push(target);
        if steps.is_empty() {
            self.at_root |= bit;
            return Ok(());
        }
        self.start |= 1 << self.steps.len();
        let count = steps.len();
        for (place, step) in steps.into_iter().enumerate() {
            let next = self.steps.len() + 1;
            self.steps.push(step);
            self.after.push(if place + 1 < count {
                RemainingPath::Step(next)
            } else {
                end
            });
        }
        Ok(())
    }

    /// Inspects one document.
    pub fn read(&self, text: &str, found: &mut Collector<'_>) -> Result<ReadingTally, Unreadable> {
        self.read_with(None, text, found)
    }

    /// Inspects one document. With `masking`, a record that it has masked counts as read.
    pub(crate) fn read_with(
        &self,
        masking: Option<&Masking>,
        text: &str,
        found: &mut Collector<'_>,
    ) -> Result<ReadingTally, Unreadable> {
        let tally = JsonWalk::read(self, text, self.whole(), masking, found)?;
        if !self.treed.is_empty() {
            self.query_tree(text, found)?;
        }
        if found.has_sweep() {
            // JSON's own escapes are removed first, so that the sweep sees what the strings hold.
            match memchr(b'\\', text.as_bytes()) {
                Some(_) => found.sweep(&unescaped(text), UnreadPlace::default)?,
                None => found.sweep(text, UnreadPlace::default)?,
            }
        }
        Ok(tally)
    }

    /// A walk of a whole document begins here.
    const fn whole(&self) -> WalkStart {
        WalkStart {
            active: self.start,
            reached: self.at_root,
        }
    }

    /// Inspects one document a line; blank lines are allowed.
    pub fn read_lines(
        &self,
        text: &str,
        found: &mut Collector<'_>,
    ) -> Result<ReadingTally, Unreadable> {
        self.read_lines_with(None, text, found)
    }

    /// `read_with` for one document a line.
    pub(crate) fn read_lines_with(
        &self,
        masking: Option<&Masking>,
        text: &str,
        found: &mut Collector<'_>,
    ) -> Result<ReadingTally, Unreadable> {
        let mut tally = ReadingTally::default();
        for (number, line) in (1..).zip(text.split('\n')) {
            if !is_blank(line) {
                let read = self
                    .read_with(masking, line, found)
                    .map_err(|unreadable| in_line(unreadable, number))?;
                // Each line must account for itself: an empty answer in one says nothing about the
                // next.
                if self.counts_texts && read.records == 0 && read.nobody.is_none() {
                    return Err(in_line(
                        ReadFailure::new(UnreadCause::NoRecord).into(),
                        number,
                    ));
                }
                tally.add(read);
            }
        }
        Ok(tally)
    }

    fn query_tree(&self, text: &str, found: &mut Collector<'_>) -> Result<(), Unreadable> {
        let JsonTree(value) =
            serde_json::from_str(text).map_err(|error| syntax(error.line(), error.column()))?;
        for rule in &self.treed {
            for node in rule.path.whole.query(&value).all() {
                let place = || UnreadPlace::default().and_map_word(&rule.pick.rule);
                match node {
                    Value::String(text) => {
                        let _ = found.take(&rule.pick, text, place)?;
                    }
                    Value::Number(number) => {
                        let whole = whole_number(&number.to_string())
                            .ok_or_else(|| inexact(&rule.pick, place()))?;
                        let _ = found.take(&rule.pick, &whole, place)?;
                    }
                    // No identifier, as in the streaming walk, and not one of the wrong shape.
                    Value::Null => {}
                    Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                        return Err(not_identifier(&rule.pick, place()));
                    }
                }
            }
        }
        Ok(())
    }

    /// True for a name of a member that the map writes, in a path or among the fields.
    fn names(&self, name: &str) -> bool {
        let is_written = |step: &JsonPathSegment| matches!(&step.select, Select::Name(written) if *written == *name);
        self.steps.iter().any(is_written) || self.fields.iter().any(|field| *field == *name)
    }
}

/// Removes a prefix that keeps a page from running JSON as a script (`)]}',`, endless loops), and a
/// byte-order mark.
pub(crate) fn without_guard(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let guards = [
        ")]}',",
        ")]}'",
        ")]}",
        "while(1);",
        "while (1);",
        "for(;;);",
        "for (;;);",
        "{}&&",
        "throw 1;",
    ];
    guards
        .iter()
        .find_map(|guard| text.strip_prefix(guard))
        .unwrap_or(text)
}

/// For each rule, the records whose own identifier it takes, with its distance below each.
fn own_distances(
    rules: &[JsonRule],
    records: &[RecordPath],
) -> Result<Vec<Vec<(usize, usize)>>, JsonRulesError> {
    let mut own: Vec<Vec<(usize, usize)>> = vec![vec![]; rules.len()];
    for (record, path) in records.iter().enumerate() {
        let distances: Vec<Option<usize>> = rules
            .iter()
            .map(|rule| {
                rule.path
                    .distance_below(path)
                    .filter(|_| rule.is_own != Some(false))
            })
            .collect();
        if distances.iter().all(Option::is_none) {
            return Err(JsonRulesError::NoOwnRule(path.text().to_owned()));
        }
        // At distance 0 the record itself is the identifier: some answers have a reference where
        // others have an object.
        let nearest = distances
            .iter()
            .flatten()
            .filter(|distance| **distance > 0)
            .min()
            .copied();
        for ((rule, distance), own) in rules.iter().zip(distances).zip(&mut own) {
            if let Some(distance) = distance
                && (distance == 0 || Some(distance) == nearest || rule.is_own == Some(true))
            {
                own.push((record, distance));
            }
        }
    }
    Ok(own)
}

fn in_line(mut unreadable: Unreadable, number: u64) -> Unreadable {
    let place = UnreadPlace::numbered("line ", number)
        .and(" ")
        .and_place(&unreadable.detail.place);
    unreadable.detail = unreadable.detail.at(place);
    unreadable
}

fn syntax(line: usize, column: usize) -> Unreadable {
    let place = UnreadPlace::numbered("line ", line as u64)
        .and(" column ")
        .and_number(column as u64);
    ReadFailure::new(UnreadCause::Syntax).at(place).into()
}

fn inexact(pick: &Pick, place: UnreadPlace) -> Unreadable {
    ReadFailure::new(UnreadCause::InexactNumber)
        .by_rule(&pick.rule)
        .at(place)
        .into()
}

fn not_identifier(pick: &Pick, place: UnreadPlace) -> Unreadable {
    ReadFailure::new(UnreadCause::NotIdentifier)
        .by_rule(&pick.rule)
        .at(place)
        .into()
}

/// A number as an identifier: whole, also when written with a fraction of zeros, as pandas writes
/// columns with gaps. `None` when it may have lost digits or can be read differently.
fn whole_number(written: &str) -> Option<String> {
    let whole = match written.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => {
            whole
        }
        Some(_) => return None,
        None => written,
    };
    // Most parsers read `-0` as a floating-point number.
    let is_exact =
        whole.parse::<u64>().is_ok() || whole.parse::<i64>().is_ok_and(|number| number != 0);
    is_exact.then(|| whole.to_owned())
}

/// The document with the escapes in its strings decoded, for the sweep. Quotes stay, so that two
/// values never touch.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = memchr(b'"', rest.as_bytes()) {
        plain.push_str(&rest[..=start]);
        let inside = &rest[start + 1..];
        let end = string_end(inside);
        // Most strings have no escapes, in a document that has some.
        let decoded = memchr(b'\\', &inside.as_bytes()[..end])
            .and_then(|_| escapes::decoded(&rest[start..start + end + 2]));
        plain.push_str(decoded.as_deref().unwrap_or(&inside[..end]));
        plain.push('"');
        rest = &inside[end + 1..];
    }
    plain.push_str(rest);
    plain
}

/// Length of a string up to its closing quote. The document was parsed before, so the quote is
/// there.
fn string_end(inside: &str) -> usize {
    let bytes = inside.as_bytes();
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', &bytes[at..]).expect("the string was read to its end before");
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
}

/// A parsed tree in which no object has the same name twice: a tree keeps one of the two, and the
/// client may keep the other.
struct JsonTree(Value);

impl<'de> Deserialize<'de> for JsonTree {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        TreeVisitor.deserialize(input).map(JsonTree)
    }
}

struct TreeVisitor;

impl<'de> DeserializeSeed<'de> for TreeVisitor {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if object.insert(key, map.next_value_seed(Self)?).is_some() {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(Self)? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use digue_identifiers::identifier::IdentifierKind;

    fn kinds() -> [IdentifierKind; 1] {
        [IdentifierKind {
            name: "id".into(),
            steps: vec![],
            shape: None,
        }]
    }

    fn rule(path: &str) -> JsonRule {
        JsonRule::new(RecordPath::parse(path).unwrap(), Pick::whole(0, path))
    }

    fn paths(texts: &[&str]) -> Vec<RecordPath> {
        texts
            .iter()
            .map(|text| RecordPath::parse(text).unwrap())
            .collect()
    }

    fn rules(texts: &[&str]) -> JsonRules {
        let rules = texts.iter().map(|text| rule(text)).collect();
        JsonRules::new(JsonMap {
            rules,
            ..JsonMap::default()
        })
        .unwrap()
    }

    fn read(paths: &[&str], text: &str) -> Result<Vec<String>, Unreadable> {
        let kinds = kinds();
        let mut found = Collector::new(&kinds, &[], 1000);
        let _ = rules(paths).read(text, &mut found)?;
        Ok(found
            .into_identifiers()
            .into_iter()
            .map(|id| id.text.to_string())
            .collect())
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(read(&[path], text).unwrap(), expected);
    }

    #[test]
    fn finds_identifiers_wherever_the_path_leads() {
        check(
            "$.items[*].id",
            r#"{"items":[{"id":"A"},{"id":"B","n":{"id":"no"}}]}"#,
            &["A", "B"],
        );
        check(
            "$..id",
            r#"{"id":1,"x":[{"id":2,"y":{"id":3}}]}"#,
            &["1", "2", "3"],
        );
        check("$.a[1].b", r#"{"a":[{"b":"no"},{"b":"yes"}]}"#, &["yes"]);
        check("$[*]['b c']", r#"[{"b c":"yes"}]"#, &["yes"]);
        check(
            "$[?@.kind=='p'].id",
            r#"[{"kind":"p","id":"yes"},{"kind":"q","id":"no"}]"#,
            &["yes"],
        );
        check("$", r#""A""#, &["A"]);
        check("$.x", r#"{"x":null}"#, &[]);
    }

    #[test]
    fn an_escaped_key_is_the_same_key() {
        check("$.id", r#"{"\u0069d":"A"}"#, &["A"]);
    }

    #[test]
    fn a_name_that_occurs_twice_is_followed_twice() {
        check("$.id", r#"{"id":"A","id":"B"}"#, &["A", "B"]);
        assert!(read(&["$[?@.id].id"], r#"[{"id":"A","id":"B"}]"#).is_err());
    }

    #[track_caller]
    fn check_cause<T: fmt::Debug>(read: Result<T, Unreadable>, cause: UnreadCause) {
        let unreadable = read.unwrap_err();
        assert_eq!(unreadable.detail.cause, cause, "{unreadable}");
    }

    #[test]
    fn what_strict_parsing_refuses_is_broken() {
        for text in [
            "",
            "{",
            "[1,]",
            "{'id':1}",
            r#"{"id":1} x"#,
            "\u{feff}{}",
            r#"{"x":NaNa}"#,
            "-Inf",
        ] {
            check_cause(read(&["$.id"], text), UnreadCause::Syntax);
        }
        check_cause(read(&["$..id"], &"[".repeat(100_000)), UnreadCause::TooDeep);
        check_cause(
            read(&["$.id"], &format!("{{\"x\":{}", "[".repeat(100_000))),
            UnreadCause::Syntax,
        );
    }

    #[test]
    fn words_that_python_writes_are_values() {
        check(
            "$.id",
            r#"{"n":NaN,"i":[Infinity,-Infinity],"id":"A"}"#,
            &["A"],
        );
        check_cause(read(&["$.id"], r#"{"id":NaN}"#), UnreadCause::NotIdentifier);
    }

    #[test]
    fn a_number_that_loses_digits_is_no_identifier() {
        for number in [
            "1.5",
            "123456789012345678901234567890",
            "-0",
            "1e6",
            "1.",
            "-0.0",
        ] {
            assert!(
                read(&["$.id"], &format!(r#"{{"id":{number}}}"#)).is_err(),
                "{number}"
            );
        }
        assert!(read(&["$.id"], r#"{"id":1,"price":1.5}"#).is_ok());
        check("$.id", r#"{"id":-7}"#, &["-7"]);
        check("$.id", r#"{"id":1000040.0}"#, &["1000040"]);
        check("$[?@.k].id", r#"[{"k":1,"id":40.0}]"#, &["40"]);
    }

    #[test]
    fn lists_objects_and_truth_values_are_no_identifiers() {
        for value in [
            "[1]",
            r#"["A"]"#,
            r#"{"v":"A"}"#,
            "true",
            "false",
            "[]",
            "{}",
        ] {
            let text = format!(r#"{{"id":{value}}}"#);
            for path in ["$.id", "$..id", "$[?@.x].id"] {
                let text = if path.contains('?') {
                    format!(r#"[{{"x":1,"id":{value}}}]"#)
                } else {
                    text.clone()
                };
                check_cause(read(&[path], &text), UnreadCause::NotIdentifier);
            }
        }
        check("$.id", r#"{"id":null}"#, &[]);
        // Where another rule goes deeper, an object is expected.
        assert_eq!(
            read(&["$.p", "$.p.id"], r#"{"p":{"id":"A"}}"#).unwrap(),
            ["A"]
        );
    }

    #[test]
    fn several_rules_share_one_pass() {
        let text = r#"{"a":{"id":"1"},"b":[{"key":"2"}]}"#;
        assert_eq!(
            read(&["$.a.id", "$.b[*].key", "$..key"], text).unwrap(),
            ["1", "2"]
        );
    }

    fn map(rules: &[&str], records: &[&str]) -> JsonMap {
        JsonMap {
            rules: rules.iter().map(|text| rule(text)).collect(),
            records: paths(records),
            ..JsonMap::default()
        }
    }

    fn tally(map: JsonMap, text: &str) -> Result<ReadingTally, Unreadable> {
        let kinds = kinds();
        JsonRules::new(map)
            .unwrap()
            .read(text, &mut Collector::new(&kinds, &[], 100))
    }

    #[test]
    fn a_record_without_identifier_of_its_own_is_unreadable() {
        let list = || map(&["$..id"], &["$.data[*]", "$.data[*][*]"]);
        assert_eq!(
            tally(list(), r#"{"data":[{"id":1},{"id":2}]}"#)
                .unwrap()
                .records,
            2
        );
        let by_name = r#"{"data":{"any":[{"id":1}],"one":{"id":2},"none":null,"count":3}}"#;
        assert_eq!(tally(list(), by_name).unwrap().records, 2);
        for text in [
            r#"{"data":[{"id":1},{"nom":"x"}]}"#,
            r#"{"data":{"any":[{"other_name":1,"nom":"x"}]}}"#,
            r#"{"data":[{"id":null}]}"#,
            r#"{"data":[{"id":"","nom":"x"}]}"#,
            r#"{"data":[{}]}"#,
            r#"{"data":["DUPONT"]}"#,
            r#"{"data":[1850578006084]}"#,
            // Of another person, named inside the record.
            r#"{"data":[{"nom":"DUPONT","tuteur":{"id":7}}]}"#,
            r#"{"data":[{"nom":"DUPONT","liens":[{"id":7}]}]}"#,
        ] {
            check_cause(tally(list(), text), UnreadCause::NamelessRecord);
        }
        let filter = JsonRules::new(map(&["$.a.id"], &["$[?@.a].b"]));
        assert!(matches!(filter, Err(JsonRulesError::NoOwnRule(_))));
    }

    #[test]
    fn the_nearest_rule_finds_the_own_identifier_unless_the_map_says_so() {
        let rules = ["$.data[*].id", "$.data[*].tuteur.id"];
        let nested = r#"{"data":[{"nom":"DUPONT","tuteur":{"id":7}}]}"#;
        check_cause(
            tally(map(&rules, &["$.data[*]"]), nested),
            UnreadCause::NamelessRecord,
        );
        let mut said = map(&rules, &["$.data[*]"]);
        said.rules[1].is_own = Some(true);
        assert_eq!(tally(said, nested).unwrap().records, 1);
        let mut other = map(&["$.data[*].id"], &["$.data[*]"]);
        other.rules[0].is_own = Some(false);
        assert!(matches!(
            JsonRules::new(other),
            Err(JsonRulesError::NoOwnRule(_))
        ));
    }

    #[test]
    fn a_record_may_be_a_list_the_document_or_the_identifier_itself() {
        let rows = || map(&["$.rows[*][0]"], &["$.rows[*]"]);
        assert_eq!(
            tally(rows(), r#"{"rows":[["A","x"],["B","y"]]}"#)
                .unwrap()
                .records,
            2
        );
        check_cause(
            tally(rows(), r#"{"rows":[["A","x"],["","Durand"]]}"#),
            UnreadCause::NamelessRecord,
        );
        check_cause(
            tally(rows(), r#"{"rows":[[]]}"#),
            UnreadCause::NamelessRecord,
        );
        assert_eq!(
            tally(map(&["$.id"], &["$"]), r#"{"id":"A","nom":"x"}"#)
                .unwrap()
                .records,
            1
        );
        check_cause(
            tally(map(&["$.id"], &["$"]), r#"{"nom":"x"}"#),
            UnreadCause::NamelessRecord,
        );
        // One answer is a list, another an object that contains the list.
        let either = || map(&["$[:].id", "$.rows[:].id"], &["$[:]", "$.rows[:]"]);
        assert_eq!(tally(either(), r#"[{"id":1}]"#).unwrap().records, 1);
        assert_eq!(
            tally(either(), r#"{"ok":true,"rows":[{"id":1},{"id":2}]}"#)
                .unwrap()
                .records,
            2
        );
        // A query answers with one object or with a list of them, under a name of its own.
        let named = || {
            map(
                &["$.data[*].id", "$.data[*][:].id"],
                &["$.data[*]", "$.data[*][:]"],
            )
        };
        assert_eq!(
            tally(
                named(),
                r#"{"data":{"p":[{"id":1},{"id":2}],"one":{"id":3}}}"#
            )
            .unwrap()
            .records,
            3
        );
        check_cause(
            tally(named(), r#"{"data":{"one":{"nom":"x"}}}"#),
            UnreadCause::NamelessRecord,
        );
        check_cause(
            tally(named(), r#"{"data":{"p":[{"nom":"x"}]}}"#),
            UnreadCause::NamelessRecord,
        );
        let refs = map(&["$.d[*].p", "$.d[*].p.id"], &["$.d[*].p"]);
        assert_eq!(
            tally(
                refs.clone(),
                r#"{"d":[{"p":"A"},{"p":{"id":"B"}},{"p":null}]}"#
            )
            .unwrap()
            .records,
            2
        );
        check_cause(
            tally(refs, r#"{"d":[{"p":{"nom":"x"}}]}"#),
            UnreadCause::NamelessRecord,
        );
    }

    #[test]
    fn what_lies_outside_of_records_is_counted() {
        let map = || JsonMap {
            empty: paths(&["$.rows[*]"]),
            no_person: paths(&["$.page"]),
            ..map(&["$.rows[*].id"], &["$.rows[*]"])
        };
        let outside = |text: &str| tally(map(), text).unwrap().undescribed;
        assert_eq!(
            outside(r#"{"rows":[{"id":"A","x":"y"}],"ok":true,"count":12,"page":{"a":["b"]}}"#),
            0
        );
        assert_eq!(
            outside(r#"{"rows":[],"message":"x","more":[{"a":["b",""]}]}"#),
            2
        );
        assert_eq!(
            outside(r#"{"rows":[],"par_nom":{"DUPONT":1,"de la Tour":2}}"#),
            2
        );
        assert_eq!(outside(r#"{"rows":[],"tel":33612345678}"#), 1);
        assert_eq!(outside(r#"{"rows":[],"query_ms":12.340307999693323}"#), 0);
        assert_eq!(
            outside(r#"{"rows":[],"par_nom":{"durand":1,"martin":2,"total":3}}"#),
            2
        );
        assert_eq!(
            outside(r#"{"rows":[],"choisis":{"durand":true,"martin":null}}"#),
            2
        );
        assert_eq!(
            outside(r#"{"rows":[],"par_nom":{"durand":[],"martin":{"rdv":[1,2]},"x":""}}"#),
            4
        );
        assert_eq!(outside(r#"{"rows":[],"tel":6.12345678e8}"#), 1);
        let usual = r#""_shards":{"total":5,"successful":5},"page":{"totalPages":2,"page_size":20,"number":0},
                       "droits":{"canEdit":true,"is_open":false},"meta":{"count":3,"has_more":true}"#;
        assert_eq!(outside(&format!(r#"{{"rows":[],{usual}}}"#)), 0);
        assert_eq!(
            tally(map(), r#"{"rows":[]}"#).unwrap().nobody,
            Some(WhyNobody::DescribedAsEmpty)
        );
        assert_eq!(tally(map(), r#"{"rows":[null]}"#).unwrap().nobody, None);
        let mut fields = map();
        fields.fields = vec!["id".into(), "nom".into()];
        assert_eq!(
            tally(
                fields,
                r#"{"rows":[{"id":"A","nom":"x","tuteur":{"nom":"y"}}]}"#
            )
            .unwrap()
            .undescribed,
            1
        );
    }

    #[test]
    fn names_of_members_identify_what_they_hold() {
        let keyed = || map(&["$.p.*~"], &["$.p.*"]);
        let read = |text: &str| tally(keyed(), text);
        assert_eq!(
            read(r#"{"p":{"A":{"nom":"x"},"B":[],"C":"y","D":2}}"#)
                .unwrap()
                .records,
            3
        );
        assert_eq!(read(r#"{"p":{}}"#).unwrap().records, 0);
        assert_eq!(
            read(r#"{"p":{"A":{"nom":"x"}},"q":"z"}"#)
                .unwrap()
                .undescribed,
            1
        );
        // A record that is also a list of things below it has its name all the same.
        check_cause(
            tally(map(&["$.p.*.id"], &["$.p.*"]), r#"{"p":{"A":{"nom":"x"}}}"#),
            UnreadCause::NamelessRecord,
        );
    }

    #[test]
    fn without_records_texts_are_counted_where_the_map_names_parts_that_show_nobody() {
        let with = |parts: &[&str]| JsonMap {
            no_person: paths(parts),
            ..JsonMap::default()
        };
        let text = r#"{"titre":"x","liste":[{"nom":"y"}]}"#;
        assert_eq!(tally(with(&[]), text).unwrap().undescribed, 0);
        assert_eq!(tally(with(&["$.titre"]), text).unwrap().undescribed, 1);
        assert_eq!(
            tally(with(&["$.titre", "$.liste[:].nom"]), text)
                .unwrap()
                .undescribed,
            0
        );
    }

    #[test]
    fn a_place_names_only_the_members_that_the_map_names() {
        let place = |text: &str| {
            let read = tally(map(&["$.rows[*].id"], &["$.rows[*]"]), text).unwrap();
            read.first_undescribed.unwrap().as_str().to_owned()
        };
        assert_eq!(place(r#"{"rows":[],"x":{"DUPONT":["a"]}}"#), "$.#2.#1");
        assert_eq!(
            place(r#"{"durand":1,"rows":[],"p1850578006048":{"rows":[[],"a"]}}"#),
            "$.#3.rows[1]"
        );
        let kinds = kinds();
        let rules = JsonRules::new(map(&["$.rows[*].id"], &["$.rows[*]"])).unwrap();
        let nameless = rules.read(
            r#"{"rows":[{"marie":1}]}"#,
            &mut Collector::new(&kinds, &[], 10),
        );
        assert_eq!(nameless.unwrap_err().detail.place.as_str(), "$.rows[0]");
    }

    #[test]
    fn a_line_that_is_empty_as_described_speaks_for_no_other() {
        let map = JsonMap {
            empty: paths(&["$.rows[*]"]),
            ..map(&["$.rows[*].id"], &["$.rows[*]"])
        };
        let rules = JsonRules::new(map).unwrap();
        let kinds = kinds();
        let read = |text: &str| rules.read_lines(text, &mut Collector::new(&kinds, &[], 10));
        assert_eq!(
            read("{\"rows\":[]}\n{\"rows\":[{\"id\":1}]}\n")
                .unwrap()
                .records,
            1
        );
        check_cause(
            read("{\"rows\":[]}\n{\"autre\":{\"dupont\":1}}\n"),
            UnreadCause::NoRecord,
        );
    }

    #[test]
    fn reads_one_document_a_line() {
        let kinds = kinds();
        let mut found = Collector::new(&kinds, &[], 10);
        let text = "{\"id\":1}\r\n\n{\"id\":2}\n";
        let _ = rules(&["$.id"]).read_lines(text, &mut found).unwrap();
        assert_eq!(found.count(), 2);
        let broken = rules(&["$.id"])
            .read_lines("{}\n{", &mut found)
            .unwrap_err();
        assert_eq!(broken.detail.place.as_str(), "line 2 line 1 column 2");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-c]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// The automaton and the reference implementation of RFC 9535 find the same values.
        #[test]
        fn both_gears_find_the_same(
            value in any_json(),
            path in proptest::sample::select(vec![
                "$.a", "$..a", "$.a.b", "$.a[*]", "$..a..b", "$.*.*", "$..*", "$[0].a", "$.a[1]",
                "$..[0]", "$..a.b", "$.a..c", "$.a[:]", "$[:].a", "$..[:].a", "$['a']['b']", "$..a[*].b",
            ]),
        ) {
            let streamed = read(&[path], &value.to_string());
            match JsonPathText(path).all(&value) {
                Some(mut expected) => {
                    expected.sort();
                    expected.dedup();
                    let mut streamed = streamed.unwrap();
                    streamed.sort();
                    prop_assert_eq!(streamed, expected);
                }
                None => prop_assert_eq!(streamed.unwrap_err().detail.cause, UnreadCause::NotIdentifier),
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\":,0-9a-eINn\\\\ é.-]{0,300}") {
            let kinds = kinds();
            let _ = rules(&["$..id", "$.a[*]"]).read(&text, &mut Collector::new(&kinds, &[], 10));
        }
    }

    struct JsonPathText<'t>(&'t str);

    impl JsonPathText<'_> {
        /// The texts that the path reaches; `None` when it reaches something that is not an
        /// identifier.
        fn all(&self, value: &Value) -> Option<Vec<String>> {
            let path = serde_json_path::JsonPath::parse(self.0).unwrap();
            let texts = path
                .query(value)
                .all()
                .into_iter()
                .filter_map(|node| match node {
                    Value::String(text) => Some(Some(text.clone())),
                    Value::Number(number) => Some(Some(number.to_string())),
                    Value::Null => None,
                    Value::Bool(_) | Value::Array(_) | Value::Object(_) => Some(None),
                });
            texts
                .filter(|text| text.as_ref().is_none_or(|text| !text.trim().is_empty()))
                .collect()
        }
    }
}
