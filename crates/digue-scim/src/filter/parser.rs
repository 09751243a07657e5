//! Reads the text of a filter, in one pass and within its bounds.

use digue_types::Timestamp;
use serde_json::Value;

use super::{
    DEPTH_MAX, Filter, FilterOperator, FilterTarget, FilterTest, Literal, TESTS_MAX, fits,
};
use crate::attribute_names::{PATH_BYTES_MAX, is_name, split_urn};
use crate::error::{ScimError, ScimType};
use crate::schema::{Attribute, AttributeKind, FoundAttribute, Schema};
use crate::value::{boolean, folded};

/// Where names are looked up.
#[derive(Clone, Copy)]
enum Names {
    Resource(&'static Schema),
    /// The parts of one value of an attribute, within brackets.
    Item(&'static Attribute),
}

/// A filter being read.
pub struct FilterParser<'t> {
    rest: &'t str,
    depth: usize,
    tests: usize,
}

fn wrong(why: impl Into<String>) -> ScimError {
    ScimError::wrong(ScimType::InvalidFilter, why)
}

impl<'t> FilterParser<'t> {
    fn new(text: &'t str) -> Result<Self, ScimError> {
        if text.len() > PATH_BYTES_MAX {
            return Err(wrong(format!(
                "the filter is longer than {PATH_BYTES_MAX} bytes"
            )));
        }
        Ok(Self {
            rest: text,
            depth: 0,
            tests: 0,
        })
    }

    /// The filter of a query.
    pub(super) fn of_resource(schema: &'static Schema, text: &'t str) -> Result<Filter, ScimError> {
        let mut parser = Self::new(text)?;
        let filter = parser.any(Names::Resource(schema))?;
        parser.skip_blanks();
        if parser.rest.is_empty() {
            Ok(filter)
        } else {
            Err(wrong("the filter goes on where it should end"))
        }
    }

    /// The filter of a path, behind its bracket; returns what stands after the closing one.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub(crate) fn of_items(
        attribute: &'static Attribute,
        text: &'t str,
    ) -> Result<(Filter, &'t str), ScimError> {
        let mut parser = Self::new(text)?;
        let filter = parser.any(Names::Item(attribute))?;
        parser.expect(']')?;
        Ok((filter, parser.rest))
    }

    fn any(&mut self, names: Names) -> Result<Filter, ScimError> {
        let mut parts = vec![self.all(names)?];
        while self.word("or") {
            parts.push(self.all(names)?);
        }
        Ok(one_or(parts, Filter::Any))
    }

    fn all(&mut self, names: Names) -> Result<Filter, ScimError> {
        let mut parts = vec![self.part(names)?];
        while self.word("and") {
            parts.push(self.part(names)?);
        }
        Ok(one_or(parts, Filter::All))
    }

    fn part(&mut self, names: Names) -> Result<Filter, ScimError> {
        self.skip_blanks();
        if self.rest.starts_with('(') {
            return self.group(names);
        }
        let before = self.rest;
        if self.word("not") {
            self.skip_blanks();
            if self.rest.starts_with('(') {
                return Ok(Filter::Not(Box::new(self.group(names)?)));
            }
            // An attribute may begin with it.
            self.rest = before;
        }
        self.test(names)
    }

    fn group(&mut self, names: Names) -> Result<Filter, ScimError> {
        self.deeper()?;
        self.expect('(')?;
        let filter = self.any(names)?;
        self.expect(')')?;
        self.depth -= 1;
        Ok(filter)
    }

    fn deeper(&mut self) -> Result<(), ScimError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(wrong(format!("the filter is deeper than {DEPTH_MAX}")));
        }
        Ok(())
    }

    fn test(&mut self, names: Names) -> Result<Filter, ScimError> {
        self.tests += 1;
        if self.tests > TESTS_MAX {
            return Err(wrong(format!(
                "the filter has more than {TESTS_MAX} comparisons"
            )));
        }
        let name = self.name();
        if self.rest.starts_with('[') {
            return self.items(names, name);
        }
        let (target, kind) = resolve(names, name)?;
        self.skip_blanks();
        let word = self.name();
        let operator = FilterOperator::ALL
            .into_iter()
            .find(|operator| operator.code().eq_ignore_ascii_case(word))
            .ok_or_else(|| wrong("an operator is missing or unknown"))?;
        let literal = match operator {
            FilterOperator::Present => Literal::Nothing,
            _ => self.literal(&target, kind)?,
        };
        let Some((attribute, target)) = main_part(target, kind, operator) else {
            return Err(wrong(format!("{name} cannot be compared as a whole")));
        };
        let is_sound = attribute.is_none_or(|kind| fits(kind, operator))
            && (literal != Literal::Nothing
                || matches!(
                    operator,
                    FilterOperator::Present | FilterOperator::Equal | FilterOperator::NotEqual
                ));
        if !is_sound {
            return Err(wrong(format!("{name} cannot be compared with {word}")));
        }
        Ok(Filter::Test(FilterTest {
            target,
            operator,
            literal,
        }))
    }

    fn items(&mut self, names: Names, name: &str) -> Result<Filter, ScimError> {
        let Names::Resource(schema) = names else {
            return Err(wrong("brackets within brackets"));
        };
        let (urn, plain) = split_urn(name);
        let found = schema.find(urn, plain);
        let found =
            found.filter(|found| found.attribute.is_many && !found.attribute.subs.is_empty());
        let found = found.ok_or_else(|| wrong(format!("{name} has no values to choose from")))?;
        self.deeper()?;
        self.expect('[')?;
        let filter = self.any(Names::Item(found.attribute))?;
        self.expect(']')?;
        self.depth -= 1;
        Ok(Filter::Items(found, Box::new(filter)))
    }

    fn skip_blanks(&mut self) {
        // The grammar knows spaces only (RFC 7644, 3.4.2.2): a tab is an error.
        self.rest = self.rest.trim_start_matches(' ');
    }

    /// The next run of signs that names have.
    fn name(&mut self) -> &'t str {
        let is_sign =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | ':' | '.');
        let end = self.rest.find(|c| !is_sign(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    /// Takes a word if it is the next one.
    fn word(&mut self, word: &str) -> bool {
        let before = self.rest;
        self.skip_blanks();
        if self.name().eq_ignore_ascii_case(word) {
            return true;
        }
        self.rest = before;
        false
    }

    fn expect(&mut self, sign: char) -> Result<(), ScimError> {
        self.skip_blanks();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(wrong(format!("{sign} is missing"))),
        }
    }

    fn literal(
        &mut self,
        target: &FilterTarget,
        kind: Option<&'static Attribute>,
    ) -> Result<Literal, ScimError> {
        self.skip_blanks();
        let value = self.json_value()?;
        let attribute = match target {
            FilterTarget::Unknown => None,
            FilterTarget::Resource { .. } | FilterTarget::Item(_) => {
                kind.map(|attribute| match attribute.kind {
                    AttributeKind::Complex => attribute.main_sub().unwrap_or(attribute),
                    _ => attribute,
                })
            }
        };
        let mismatch = || wrong("the value is of another type than the attribute");
        let text = |text: &str| Literal::Text {
            written: text.to_owned(),
            folded: attribute.map_or_else(
                || text.to_owned(),
                |attribute| folded(text, attribute.comparison),
            ),
        };
        match (attribute.map(|attribute| attribute.kind), &value) {
            (_, Value::Null) => Ok(Literal::Nothing),
            (Some(AttributeKind::Boolean), value) => {
                boolean(value).map(Literal::Boolean).ok_or_else(mismatch)
            }
            (Some(AttributeKind::DateTime), Value::String(time)) => Timestamp::parse_rfc3339(time)
                .map(Literal::Time)
                .ok_or_else(mismatch),
            (None, Value::Bool(value)) => Ok(Literal::Boolean(*value)),
            (None, Value::Number(number)) => Ok(text(&number.to_string())),
            (_, Value::String(value)) => Ok(text(value)),
            (Some(_) | None, _) => Err(mismatch()),
        }
    }

    /// A JSON text, a number, `true`, `false` or `null`.
    fn json_value(&mut self) -> Result<Value, ScimError> {
        let end = match self.rest.strip_prefix('"') {
            Some(text) => closing_quote(text).ok_or_else(|| wrong("a quote is not closed"))? + 2,
            None => {
                let is_end = |c: char| matches!(c, ' ' | ')' | ']');
                self.rest.find(is_end).unwrap_or(self.rest.len())
            }
        };
        let (word, rest) = self.rest.split_at(end);
        let value = serde_json::from_str(word).or_else(|_| {
            // `True` of some directories, without quotes.
            boolean(&Value::from(word)).map(Value::from).ok_or(())
        });
        let value: Value = value.map_err(|()| wrong("a value is missing or is no JSON"))?;
        if matches!(value, Value::Array(_) | Value::Object(_)) {
            return Err(wrong("a value is one text, number or Boolean"));
        }
        self.rest = rest;
        Ok(value)
    }
}

/// The place of the quote that ends a JSON text, whose opening one is gone.
fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })
}

fn one_or(mut parts: Vec<Filter>, several: impl Fn(Vec<Filter>) -> Filter) -> Filter {
    match (parts.pop(), parts.is_empty()) {
        (Some(one), true) => one,
        (last, _) => {
            parts.extend(last);
            several(parts)
        }
    }
}

/// What a name means, and the attribute that its values are of.
fn resolve(
    names: Names,
    name: &str,
) -> Result<(FilterTarget, Option<&'static Attribute>), ScimError> {
    let (urn, plain) = split_urn(name);
    let (plain, sub) = match plain.split_once('.') {
        None => (plain, None),
        Some((plain, sub)) => (plain, Some(sub)),
    };
    if !is_name(plain) || sub.is_some_and(|sub| !is_name(sub)) {
        return Err(wrong("an attribute is missing"));
    }
    let unknown = (FilterTarget::Unknown, None);
    Ok(match names {
        Names::Item(attribute) => match (sub, attribute.sub(plain)) {
            (None, Some(part)) => (FilterTarget::Item(part), Some(part)),
            (Some(_), _) | (None, None) => unknown,
        },
        Names::Resource(schema) => match (schema.find(urn, plain), sub) {
            (None, _) => unknown,
            (Some(found), None) => (
                FilterTarget::Resource { found, sub: None },
                Some(found.attribute),
            ),
            (Some(found), Some(sub)) => match found.attribute.sub(sub) {
                None => unknown,
                Some(part) => (
                    FilterTarget::Resource {
                        found,
                        sub: Some(part),
                    },
                    Some(part),
                ),
            },
        },
    })
}

/// `emails eq "a"` is about the addresses themselves. Returns the kind that is compared; `None`
/// where the whole cannot be.
fn main_part(
    target: FilterTarget,
    attribute: Option<&'static Attribute>,
    operator: FilterOperator,
) -> Option<(Option<AttributeKind>, FilterTarget)> {
    let is_whole = attribute.is_some_and(|attribute| attribute.kind == AttributeKind::Complex)
        && operator != FilterOperator::Present;
    if !is_whole {
        return Some((attribute.map(|attribute| attribute.kind), target));
    }
    let main = attribute?.main_sub()?;
    match target {
        FilterTarget::Resource {
            found: found @ FoundAttribute { .. },
            sub: None,
        } => Some((
            Some(main.kind),
            FilterTarget::Resource {
                found,
                sub: Some(main),
            },
        )),
        FilterTarget::Resource { .. } | FilterTarget::Item(_) | FilterTarget::Unknown => None,
    }
}
