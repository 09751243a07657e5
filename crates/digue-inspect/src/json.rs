//! JSON and NDJSON: identifiers at JSONPaths, found while the text is parsed.
//!
//! A document that strict parsing refuses is broken, whatever a browser would make of it. A name
//! that occurs twice in one object is followed twice: which of the two the client would keep is
//! not ours to guess.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::identifier::{Found, Pick};
use crate::jsonpath::{Path, Select, Step};
use crate::response::Uninspected;

mod scan;

use scan::{DEPTH_MAX, Fault, Kind, Scanner};

/// One place of a document where identifiers lie.
#[derive(Clone, Debug)]
pub struct JsonRule {
    pub path: Path,
    pub pick: Pick,
}

/// The rules of one response, compiled together so that one pass serves them all.
#[derive(Clone, Debug)]
pub struct JsonRules {
    /// Steps of all streamable rules, one bit each.
    steps: Vec<Step>,
    /// The bit that follows each step, or the rule that is fulfilled after it.
    after: Vec<After>,
    start: Bits,
    /// Rules whose path is `$`: the document itself.
    picks: Vec<Pick>,
    treed: Vec<JsonRule>,
}

type Bits = u128;

#[derive(Clone, Copy, Debug)]
enum After {
    Step(usize),
    Pick(usize),
    Record,
}

/// Set among the fulfilled rules at a node that is one record.
const RECORD: Bits = 1 << 127;

/// The rules do not fit one automaton.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonRulesError {
    #[error("the JSON rules of one response have more than 127 steps together")]
    TooManySteps,
    #[error("records are reached by names, indices and wildcards only")]
    RecordPath,
}

impl JsonRules {
    /// `records` lead to the objects that are one person's record each: one in which no rule finds
    /// an identifier makes the document unreadable. (A client that chooses the fields of an answer
    /// could otherwise leave the identifier out, or give it another name.)
    pub fn new(rules: Vec<JsonRule>, records: Vec<Path>) -> Result<Self, JsonRulesError> {
        let mut compiled = Self { steps: vec![], after: vec![], start: 0, picks: vec![], treed: vec![] };
        for path in records {
            let steps = path.steps.filter(|steps| !steps.is_empty()).ok_or(JsonRulesError::RecordPath)?;
            compiled.add(steps, After::Record)?;
        }
        for rule in rules {
            let Some(steps) = rule.path.steps.clone().filter(|steps| !steps.is_empty()) else {
                compiled.treed.push(rule);
                continue;
            };
            let pick = compiled.picks.len();
            compiled.picks.push(rule.pick);
            compiled.add(steps, After::Pick(pick))?;
        }
        Ok(compiled)
    }

    fn add(&mut self, steps: Vec<Step>, end: After) -> Result<(), JsonRulesError> {
        if self.steps.len() + steps.len() > 127 {
            return Err(JsonRulesError::TooManySteps);
        }
        self.start |= 1 << self.steps.len();
        let count = steps.len();
        for (place, step) in steps.into_iter().enumerate() {
            let bit = self.steps.len();
            self.steps.push(step);
            self.after.push(if place + 1 < count { After::Step(bit + 1) } else { end });
        }
        Ok(())
    }

    /// Reads one document.
    pub fn read(&self, bytes: &[u8], found: &mut Found<'_>) -> Result<(), Uninspected> {
        if self.start != 0 || self.treed.is_empty() {
            self.stream(bytes, found)?;
        }
        if !self.treed.is_empty() {
            self.query_tree(bytes, found)?;
        }
        Ok(())
    }

    /// Reads one document a line; blank lines are allowed.
    pub fn read_lines(&self, bytes: &[u8], found: &mut Found<'_>) -> Result<(), Uninspected> {
        for line in bytes.split(|&b| b == b'\n') {
            if !line.trim_ascii().is_empty() {
                self.read(line, found)?;
            }
        }
        Ok(())
    }

    fn stream(&self, bytes: &[u8], found: &mut Found<'_>) -> Result<(), Uninspected> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| Uninspected::Broken("JSON is not UTF-8".to_owned()))?;
        let mut walk = Walk { rules: self, found, input: Scanner::new(text) };
        walk.value(self.start, 0, 0).and_then(|()| Ok(walk.input.end()?)).map_err(|stop| match stop {
            Stop::Fault(Fault(at)) => broken_at(&bytes[..at.min(bytes.len())]),
            Stop::Refusal(refusal) => refusal,
        })
    }

    fn query_tree(&self, bytes: &[u8], found: &mut Found<'_>) -> Result<(), Uninspected> {
        let Tree(value) = serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
        for rule in &self.treed {
            for node in rule.path.whole.query(&value).all() {
                match node {
                    Value::String(text) => found.take(&rule.pick, text)?,
                    Value::Number(number) if number.is_f64() => return Err(inexact()),
                    Value::Number(number) => found.take(&rule.pick, &number.to_string())?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The steps and picks that are reached on a child of a node where `active` are awaited.
    #[inline]
    fn descend(&self, active: Bits, child: Child<'_>) -> (Bits, Bits) {
        let (mut next, mut fulfilled, mut rest) = (0, 0, active);
        while rest != 0 {
            let bit = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let step = &self.steps[bit];
            if step.is_descendant {
                next |= 1 << bit;
            }
            let matches = match (&step.select, child) {
                (Select::Any, _) => true,
                (Select::Name(name), Child::Name(key)) => name == key,
                (Select::Index(wanted), Child::Index(index)) => *wanted == index,
                _ => false,
            };
            if matches {
                match self.after[bit] {
                    After::Step(after) => next |= 1 << after,
                    After::Pick(pick) => fulfilled |= 1 << pick,
                    After::Record => fulfilled |= RECORD,
                }
            }
        }
        (next, fulfilled)
    }
}

fn broken(error: &serde_json::Error) -> Uninspected {
    // The position helps the map's author; the text of the error may quote the document.
    Uninspected::Broken(format!("JSON does not parse at line {} column {}", error.line(), error.column()))
}

/// `broken`, with the position after the bytes before it.
fn broken_at(before: &[u8]) -> Uninspected {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Uninspected::Broken(format!("JSON does not parse at line {line} column {column}"))
}

pub(crate) fn nameless() -> Uninspected {
    Uninspected::Broken("a record has no identifier".to_owned())
}

fn inexact() -> Uninspected {
    Uninspected::Broken("an identifier is a number with a fraction or too many digits".to_owned())
}

#[derive(Clone, Copy)]
enum Child<'k> {
    Name(&'k str),
    Index(usize),
}

/// Why a walk ends early.
enum Stop {
    Fault(Fault),
    Refusal(Uninspected),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// One pass over a document.
struct Walk<'a, 'k, 't> {
    rules: &'a JsonRules,
    found: &'a mut Found<'k>,
    input: Scanner<'t>,
}

impl Walk<'_, '_, '_> {
    /// Reads one value, with the steps awaited below it and the rules fulfilled at it.
    fn value(&mut self, active: Bits, fulfilled: Bits, depth: usize) -> Result<(), Stop> {
        if active == 0 && fulfilled == 0 {
            return Ok(self.input.skip()?);
        }
        let is_record = fulfilled & RECORD != 0;
        let fulfilled = fulfilled & !RECORD;
        match self.input.begin()? {
            Kind::Object if is_record => {
                let before = self.found.taken();
                self.object(active, depth + 1)?;
                if self.found.taken() > before { Ok(()) } else { Err(Stop::Refusal(nameless())) }
            }
            Kind::Object => self.object(active, depth + 1),
            Kind::Array => self.array(active, depth + 1),
            Kind::Text if fulfilled != 0 => {
                let text = self.input.text()?;
                self.take(fulfilled, &text)
            }
            Kind::Number if fulfilled != 0 => {
                let number = self.input.number()?;
                // `-0` is a fraction to every reader but one.
                let is_whole = number.parse::<u64>().is_ok() || number.parse::<i64>().is_ok_and(|n| n != 0);
                if is_whole { self.take(fulfilled, number) } else { Err(Stop::Refusal(inexact())) }
            }
            kind => Ok(self.input.skip_rest(kind)?),
        }
    }

    fn object(&mut self, active: Bits, depth: usize) -> Result<(), Stop> {
        self.check_depth(depth)?;
        let mut is_first = true;
        while let Some(key) = self.input.key(is_first)? {
            is_first = false;
            let (below, fulfilled) = self.rules.descend(active, Child::Name(&key));
            self.value(below, fulfilled, depth)?;
        }
        Ok(())
    }

    fn array(&mut self, active: Bits, depth: usize) -> Result<(), Stop> {
        self.check_depth(depth)?;
        let mut index = 0;
        while self.input.element(index == 0)? {
            let (below, fulfilled) = self.rules.descend(active, Child::Index(index));
            index += 1;
            self.value(below, fulfilled, depth)?;
        }
        Ok(())
    }

    fn check_depth(&self, depth: usize) -> Result<(), Stop> {
        let too_deep = "JSON is nested too deep".to_owned();
        if depth > DEPTH_MAX { Err(Stop::Refusal(Uninspected::Broken(too_deep))) } else { Ok(()) }
    }

    fn take(&mut self, fulfilled: Bits, text: &str) -> Result<(), Stop> {
        let mut rest = fulfilled;
        while rest != 0 {
            let pick = &self.rules.picks[rest.trailing_zeros() as usize];
            rest &= rest - 1;
            self.found.take(pick, text).map_err(Stop::Refusal)?;
        }
        Ok(())
    }
}

/// A parsed tree in which no object has the same name twice: a tree keeps one of the two, and
/// the client may keep the other.
struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        TreeVisitor.deserialize(input).map(Tree)
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
    use crate::identifier::IdentifierKind;

    fn kinds() -> [IdentifierKind; 1] {
        [IdentifierKind { name: "id".into(), steps: vec![], shape: None }]
    }

    fn rules(paths: &[&str]) -> JsonRules {
        let rule = |path: &&str| JsonRule {
            path: Path::parse(path).unwrap(),
            pick: Pick { kind: 0, pattern: None },
        };
        JsonRules::new(paths.iter().map(rule).collect(), vec![]).unwrap()
    }

    fn read(paths: &[&str], text: &str) -> Result<Vec<String>, Uninspected> {
        let kinds = kinds();
        let mut found = Found::new(&kinds, 1000);
        rules(paths).read(text.as_bytes(), &mut found)?;
        Ok(found.into_identifiers().into_iter().map(|id| id.text.to_string()).collect())
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(read(&[path], text).unwrap(), expected);
    }

    #[test]
    fn finds_identifiers_wherever_the_path_leads() {
        check("$.items[*].id", r#"{"items":[{"id":"A"},{"id":"B","n":{"id":"no"}}]}"#, &["A", "B"]);
        check("$..id", r#"{"id":1,"x":[{"id":2,"y":{"id":3}}]}"#, &["1", "2", "3"]);
        check("$.a[1].b", r#"{"a":[{"b":"no"},{"b":"yes"}]}"#, &["yes"]);
        check("$[*]['b c']", r#"[{"b c":"yes"}]"#, &["yes"]);
        check("$[?@.kind=='p'].id", r#"[{"kind":"p","id":"yes"},{"kind":"q","id":"no"}]"#, &["yes"]);
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

    #[test]
    fn what_strict_parsing_refuses_is_broken() {
        for text in ["", "{", "[1,]", "{'id':1}", r#"{"id":1} x"#, "\u{feff}{}", r#"{"id":NaN}"#] {
            assert!(matches!(read(&["$.id"], text), Err(Uninspected::Broken(_))), "{text}");
        }
        assert!(matches!(read(&["$..id"], &"[".repeat(100_000)), Err(Uninspected::Broken(_))));
    }

    #[test]
    fn a_number_that_loses_digits_is_no_identifier() {
        assert!(read(&["$.id"], r#"{"id":1.5}"#).is_err());
        assert!(read(&["$.id"], r#"{"id":123456789012345678901234567890}"#).is_err());
        assert!(read(&["$.id"], r#"{"id":1,"price":1.5}"#).is_ok());
        assert!(read(&["$.id"], r#"{"id":-0}"#).is_err());
        check("$.id", r#"{"id":-7}"#, &["-7"]);
    }

    #[test]
    fn several_rules_share_one_pass() {
        let text = r#"{"a":{"id":"1"},"b":[{"key":"2"}]}"#;
        assert_eq!(read(&["$.a.id", "$.b[*].key", "$..key"], text).unwrap(), ["1", "2"]);
    }

    #[test]
    fn a_record_without_identifier_is_unreadable() {
        let rule = JsonRule { path: Path::parse("$..id").unwrap(), pick: Pick { kind: 0, pattern: None } };
        let records = ["$.data[*]", "$.data[*][*]"].map(|path| Path::parse(path).unwrap());
        let rules = JsonRules::new(vec![rule], records.into()).unwrap();
        let look = |text: &str| {
            let kinds = kinds();
            let mut found = Found::new(&kinds, 10);
            rules.read(text.as_bytes(), &mut found).map(|()| found.into_identifiers().len())
        };
        assert_eq!(look(r#"{"data":[{"id":1},{"in":{"id":1}}],"meta":{"n":2}}"#), Ok(1));
        assert_eq!(look(r#"{"data":{"any":[{"id":1}],"one":{"id":2},"none":null,"count":3}}"#), Ok(2));
        for text in [
            r#"{"data":[{"id":1},{"nom":"x"}]}"#,
            r#"{"data":{"any":[{"other_name":1,"nom":"x"}]}}"#,
            r#"{"data":[{"id":null}]}"#,
            r#"{"data":[{}]}"#,
        ] {
            assert_eq!(look(text), Err(nameless()), "{text}");
        }
        assert!(JsonRules::new(vec![], vec![Path::parse("$[?@.a].b").unwrap()]).is_err());
    }

    #[test]
    fn reads_one_document_a_line() {
        let kinds = kinds();
        let mut found = Found::new(&kinds, 10);
        let text = b"{\"id\":1}\r\n\n{\"id\":2}\n";
        rules(&["$.id"]).read_lines(text, &mut found).unwrap();
        assert_eq!(found.into_identifiers().len(), 2);
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
                "$..[0]", "$..a.b", "$.a..c", "$['a']['b']", "$..a[*].b",
            ]),
        ) {
            let mut expected: Vec<String> = JsonPathText(path).all(&value);
            let mut streamed = read(&[path], &value.to_string()).unwrap();
            expected.sort();
            expected.dedup();
            streamed.sort();
            prop_assert_eq!(streamed, expected);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let kinds = kinds();
            let mut found = Found::new(&kinds, 10);
            let _ = rules(&["$..id", "$.a[*]"]).read(&bytes, &mut found);
        }
    }

    struct JsonPathText<'t>(&'t str);

    impl JsonPathText<'_> {
        fn all(&self, value: &Value) -> Vec<String> {
            let path = serde_json_path::JsonPath::parse(self.0).unwrap();
            let texts = path.query(value).all().into_iter().filter_map(|node| match node {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
            texts.filter(|text| !text.trim().is_empty()).collect()
        }
    }
}
