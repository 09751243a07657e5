//! Filters: `userName eq "a" and not (emails[type eq "work"].value co "@b")` (RFC 7644, 3.4.2.2).
//!
//! Names are resolved against the schema while the text is read, so that a comparison that makes no
//! sense is an error and never an empty answer. Depth, length and the number of comparisons are
//! bounded; a list of conditions is flat, so that only parentheses are depth.

mod parser;

use digue_types::Timestamp;
use serde_json::{Map, Value};

pub use parser::FilterParser;

use crate::error::ScimError;
use crate::schema::{Attribute, AttributeKind, FoundAttribute, Schema, value_of};
use crate::value::{boolean, folded, is_nothing};

/// The most parentheses, brackets and `not` within each other.
pub const DEPTH_MAX: usize = 8;
/// The most comparisons of one filter: each is made for each resource.
pub const TESTS_MAX: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FilterOperator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Present,
}

impl FilterOperator {
    pub const ALL: [Self; 10] = [
        Self::Equal,
        Self::NotEqual,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Present,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Contains => "co",
            Self::StartsWith => "sw",
            Self::EndsWith => "ew",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
            Self::Present => "pr",
        }
    }
}

/// The value that a filter compares with. A text is kept as it was written, and as it is compared.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    Text {
        written: String,
        folded: String,
    },
    Time(Timestamp),
    Boolean(bool),
    /// `null`: has no value.
    Nothing,
}

/// What a comparison is about.
#[derive(Clone, PartialEq, Debug)]
pub enum FilterTarget {
    /// An attribute of the resource, or a part of it.
    Resource {
        found: FoundAttribute,
        sub: Option<&'static Attribute>,
    },
    /// A part of one value, within brackets.
    Item(&'static Attribute),
    /// Not in the schema: it has no value.
    Unknown,
}

#[derive(Clone, PartialEq, Debug)]
pub struct FilterTest {
    pub target: FilterTarget,
    pub operator: FilterOperator,
    pub literal: Literal,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Test(FilterTest),
    /// One value of an attribute meets all of it.
    Items(FoundAttribute, Box<Filter>),
}

/// What a filter looks at: a resource, or one value of an attribute.
#[derive(Clone, Copy)]
enum FilterSubject<'r> {
    Resource(&'r Map<String, Value>),
    Item(&'r Value),
}

impl Filter {
    /// # Errors
    /// `invalidFilter`, with what is wrong.
    pub fn parse(schema: &'static Schema, text: &str) -> Result<Self, ScimError> {
        FilterParser::of_resource(schema, text)
    }

    pub fn matches(&self, resource: &Map<String, Value>) -> bool {
        self.holds(FilterSubject::Resource(resource))
    }

    /// Whether one value of an attribute is meant.
    pub fn matches_item(&self, item: &Value) -> bool {
        self.holds(FilterSubject::Item(item))
    }

    fn holds(&self, subject: FilterSubject<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(subject)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(subject)),
            Self::Not(part) => !part.holds(subject),
            Self::Test(test) => test.holds(subject),
            Self::Items(found, filter) => match subject {
                FilterSubject::Resource(resource) => {
                    let value = value_of(resource, found);
                    each(value).any(|item| filter.holds(FilterSubject::Item(item)))
                }
                FilterSubject::Item(_) => false,
            },
        }
    }

    /// The text that this filter demands of an attribute as the whole of it or one of its
    /// conditions, in the form of comparison: such a filter can be answered without looking at
    /// every resource.
    pub fn demanded(&self, name: &str) -> Option<&str> {
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.demanded(name)),
            Self::Test(FilterTest {
                target: FilterTarget::Resource { found, sub: None },
                operator: FilterOperator::Equal,
                literal: Literal::Text { folded, .. },
            }) if found.attribute.name == name => Some(folded),
            Self::Test(_) | Self::Any(_) | Self::Not(_) | Self::Items(..) => None,
        }
    }

    /// The parts of a new value that this filter describes: `type eq "work"` is a value with that
    /// type. `None` for a filter that no one value follows from.
    pub fn described_item(&self) -> Option<Map<String, Value>> {
        match self {
            Self::Test(FilterTest {
                target: FilterTarget::Item(sub),
                operator: FilterOperator::Equal,
                literal,
            }) => {
                let value = match literal {
                    Literal::Text { written, .. } => Value::from(written.as_str()),
                    Literal::Boolean(value) => (*value).into(),
                    Literal::Time(_) | Literal::Nothing => return None,
                };
                Some([(sub.name.to_owned(), value)].into_iter().collect())
            }
            Self::All(parts) => {
                let mut item = Map::new();
                for part in parts {
                    item.extend(part.described_item()?);
                }
                Some(item)
            }
            Self::Test(_) | Self::Any(_) | Self::Not(_) | Self::Items(..) => None,
        }
    }
}

/// The values of an attribute: of a list, or the one.
fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let values = match value {
        None => &[][..],
        Some(Value::Array(values)) => &values[..],
        Some(one) => std::slice::from_ref(one),
    };
    values.iter()
}

impl FilterTest {
    fn holds(&self, subject: FilterSubject<'_>) -> bool {
        match (&self.target, subject) {
            (FilterTarget::Resource { found, sub }, FilterSubject::Resource(resource)) => {
                let values = each(value_of(resource, found));
                match sub {
                    None => self.any(found.attribute, values),
                    Some(sub) => self.any(sub, values.flat_map(|value| each(value.get(sub.name)))),
                }
            }
            (FilterTarget::Item(sub), FilterSubject::Item(item)) => {
                self.any(sub, each(item.get(sub.name)))
            }
            (FilterTarget::Unknown, _)
            | (FilterTarget::Resource { .. }, FilterSubject::Item(_))
            | (FilterTarget::Item(_), FilterSubject::Resource(_)) => self.any_of_nothing(),
        }
    }

    fn any<'v>(&self, attribute: &Attribute, values: impl Iterator<Item = &'v Value>) -> bool {
        let mut values = values.filter(|value| !is_nothing(value)).peekable();
        match (self.operator, &self.literal) {
            (FilterOperator::Present, _) | (FilterOperator::NotEqual, Literal::Nothing) => {
                values.peek().is_some()
            }
            (FilterOperator::Equal, Literal::Nothing) => values.peek().is_none(),
            // The opposite of `eq`, for several values and for none: if one that differs were
            // enough, `emails eq "a"` and `emails ne "a"` would both hold of one user.
            (FilterOperator::NotEqual, literal) => {
                !values.any(|value| is(value, attribute, FilterOperator::Equal, literal))
            }
            (operator, literal) => values.any(|value| is(value, attribute, operator, literal)),
        }
    }

    fn any_of_nothing(&self) -> bool {
        match (self.operator, &self.literal) {
            (FilterOperator::NotEqual, literal) => *literal != Literal::Nothing,
            (operator, literal) => {
                operator == FilterOperator::Equal && *literal == Literal::Nothing
            }
        }
    }
}

fn is(value: &Value, attribute: &Attribute, operator: FilterOperator, literal: &Literal) -> bool {
    match literal {
        Literal::Text { folded: wanted, .. } => value.as_str().is_some_and(|text| {
            let text = folded(text, attribute.comparison);
            compare_texts(&text, operator, wanted)
        }),
        Literal::Time(wanted) => value
            .as_str()
            .and_then(Timestamp::parse_rfc3339)
            .is_some_and(|time| order(time.cmp(wanted), operator)),
        Literal::Boolean(wanted) => {
            operator == FilterOperator::Equal && boolean(value) == Some(*wanted)
        }
        Literal::Nothing => false,
    }
}

fn compare_texts(text: &str, operator: FilterOperator, wanted: &str) -> bool {
    match operator {
        FilterOperator::Contains => text.contains(wanted),
        FilterOperator::StartsWith => text.starts_with(wanted),
        FilterOperator::EndsWith => text.ends_with(wanted),
        FilterOperator::Equal
        | FilterOperator::NotEqual
        | FilterOperator::Greater
        | FilterOperator::GreaterOrEqual
        | FilterOperator::Less
        | FilterOperator::LessOrEqual
        | FilterOperator::Present => order(text.cmp(wanted), operator),
    }
}

fn order(found: std::cmp::Ordering, operator: FilterOperator) -> bool {
    match operator {
        FilterOperator::Equal => found.is_eq(),
        FilterOperator::NotEqual => found.is_ne(),
        FilterOperator::Greater => found.is_gt(),
        FilterOperator::GreaterOrEqual => found.is_ge(),
        FilterOperator::Less => found.is_lt(),
        FilterOperator::LessOrEqual => found.is_le(),
        FilterOperator::Contains
        | FilterOperator::StartsWith
        | FilterOperator::EndsWith
        | FilterOperator::Present => false,
    }
}

/// Whether an operator makes sense for an attribute of this kind.
const fn fits(kind: AttributeKind, operator: FilterOperator) -> bool {
    match (kind, operator) {
        (_, FilterOperator::Present) => true,
        (AttributeKind::Boolean, FilterOperator::Equal | FilterOperator::NotEqual) => true,
        (AttributeKind::Boolean | AttributeKind::Complex, _) => false,
        (
            AttributeKind::DateTime,
            FilterOperator::Contains | FilterOperator::StartsWith | FilterOperator::EndsWith,
        ) => false,
        (AttributeKind::Text | AttributeKind::Reference | AttributeKind::DateTime, _) => true,
    }
}

#[cfg(test)]
mod tests;
