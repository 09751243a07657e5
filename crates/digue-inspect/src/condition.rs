//! Conditions of a route on the content of requests: one address that answers many methods.
//!
//! The client is hostile here, too: what the portal could read otherwise than Digue meets no
//! condition. A condition that cannot be read is therefore not one that does not hold: no other
//! route answers such a request in its place.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::graphql;
use crate::jsonpath::{JsonPathError, JsonPathSegment, RecordPath, Select};
use crate::request::{declares_utf8, has_second_spelling, parameters};

/// What a request must say for a route to answer it.
#[derive(Clone, Debug)]
pub struct RequestCondition {
    source: ConditionSource,
    values: BTreeSet<String>,
}

/// Where a request says it.
#[derive(Clone, Debug)]
pub enum ConditionSource {
    /// A parameter of the query, given once.
    Query(String),
    /// A field of a form, given once.
    Form(String),
    /// A text of a JSON body; with `[:]` each of a list.
    Json(ConditionPath),
    /// The fields that GraphQL operations ask for at their root: `query personnes`.
    GraphQl,
}

/// A place in JSON requests: names, and lists whole.
#[derive(Clone, Debug)]
pub struct ConditionPath {
    steps: Vec<ConditionStep>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ConditionStep {
    Member(String),
    EachItem,
}

impl ConditionPath {
    /// # Errors
    /// The path is none, or has other parts than names and `[:]`.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        let path = RecordPath::parse(text)?;
        let unfit = || JsonPathError("$.method | $[:].method".to_owned());
        let steps = path.steps.as_ref().ok_or_else(unfit)?;
        let steps: Option<Vec<ConditionStep>> = steps.iter().map(step_of).collect();
        let steps = steps.filter(|steps| !steps.is_empty()).ok_or_else(unfit)?;
        Ok(Self { steps })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            ConditionStep::Member(name) => Some(name.as_str()),
            ConditionStep::EachItem => None,
        })
    }
}

fn step_of(segment: &JsonPathSegment) -> Option<ConditionStep> {
    match &segment.select {
        _ if segment.is_descendant => None,
        Select::Name(name) => Some(ConditionStep::Member(name.clone())),
        Select::Item => Some(ConditionStep::EachItem),
        Select::Index(_) | Select::Any => None,
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionReading {
    Holds,
    HoldsNot,
    /// The portal could read the request otherwise.
    Unreadable,
    /// The body has not been seen.
    Unseen,
}

impl RequestCondition {
    pub const fn new(source: ConditionSource, values: BTreeSet<String>) -> Self {
        Self { source, values }
    }

    /// True when the body of a request decides.
    pub const fn needs_body(&self) -> bool {
        match self.source {
            ConditionSource::Query(_) => false,
            ConditionSource::Form(_) | ConditionSource::Json(_) | ConditionSource::GraphQl => true,
        }
    }

    pub fn reading(&self, content: &RequestContent<'_>) -> ConditionReading {
        let given = match &self.source {
            ConditionSource::Query(name) => content.query_value(name),
            ConditionSource::Form(name) => content.form_value(name),
            ConditionSource::Json(path) => content.json_values(path),
            ConditionSource::GraphQl => content.root_fields(),
        };
        match given {
            GivenValues::Unseen => ConditionReading::Unseen,
            GivenValues::Unreadable => ConditionReading::Unreadable,
            GivenValues::Absent => ConditionReading::HoldsNot,
            GivenValues::Texts(texts) => {
                match texts.iter().all(|text| self.values.contains(text)) {
                    true => ConditionReading::Holds,
                    false => ConditionReading::HoldsNot,
                }
            }
        }
    }

    /// True when both look at the same part of a request.
    pub fn is_at_same_place(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (ConditionSource::Query(one), ConditionSource::Query(other))
            | (ConditionSource::Form(one), ConditionSource::Form(other)) => one == other,
            (ConditionSource::Json(one), ConditionSource::Json(other)) => one.steps == other.steps,
            (ConditionSource::GraphQl, ConditionSource::GraphQl) => true,
            (
                ConditionSource::Query(_)
                | ConditionSource::Form(_)
                | ConditionSource::Json(_)
                | ConditionSource::GraphQl,
                _,
            ) => false,
        }
    }
}

/// Orders the conditions of two routes of one path: first those that fewer requests meet.
pub fn by_conditions(one: &[RequestCondition], other: &[RequestCondition]) -> std::cmp::Ordering {
    let values = |all: &[RequestCondition]| all.iter().map(|own| own.values.len()).sum::<usize>();
    let by_number = other.len().cmp(&one.len());
    by_number.then(values(one).cmp(&values(other)))
}

/// True when every request that meets all of `one` meets all of `other`.
pub fn implies(one: &[RequestCondition], other: &[RequestCondition]) -> bool {
    let is_met = |wanted: &RequestCondition| {
        let mut same = one.iter().filter(|own| own.is_at_same_place(wanted));
        same.any(|own| own.values.is_subset(&wanted.values))
    };
    other.iter().all(is_met)
}

/// True when no request meets both.
pub fn excludes(one: &[RequestCondition], other: &[RequestCondition]) -> bool {
    let is_other = |own: &RequestCondition| {
        let mut same = other.iter().filter(|wanted| own.is_at_same_place(wanted));
        same.any(|wanted| own.values.is_disjoint(&wanted.values))
    };
    one.iter().any(is_other)
}

/// Which of `routes`, in the order in which they are tried, may answer a request: by their place
/// and conditions. One when the content decides, several while the body has not been seen, none
/// when no condition holds, or when the portal could read the request otherwise.
pub fn answering<'c, K>(
    routes: impl IntoIterator<Item = (K, &'c [RequestCondition])>,
    content: &RequestContent<'_>,
) -> Vec<K> {
    let mut answering = Vec::new();
    for (route, conditions) in routes {
        match all_of(conditions, content) {
            ConditionReading::Holds => {
                answering.push(route);
                return answering;
            }
            ConditionReading::HoldsNot => {}
            ConditionReading::Unseen => answering.push(route),
            ConditionReading::Unreadable => return Vec::new(),
        }
    }
    answering
}

/// One that does not hold decides before one that is unseen; one that cannot be read before all.
fn all_of(conditions: &[RequestCondition], content: &RequestContent<'_>) -> ConditionReading {
    let mut all = ConditionReading::Holds;
    for condition in conditions {
        match (condition.reading(content), all) {
            (ConditionReading::Unreadable, _) => return ConditionReading::Unreadable,
            (ConditionReading::HoldsNot, _) => all = ConditionReading::HoldsNot,
            (ConditionReading::Unseen, ConditionReading::Holds) => all = ConditionReading::Unseen,
            (ConditionReading::Unseen | ConditionReading::Holds, _) => {}
        }
    }
    all
}

/// What conditions look at, read once for all of them.
pub struct RequestContent<'r> {
    query: &'r str,
    body: ContentBody<'r>,
    json: OnceCell<Option<StrictJson>>,
}

enum ContentBody<'r> {
    Unseen,
    Seen {
        content_type: &'r str,
        bytes: &'r [u8],
    },
}

/// What stands at the place of a condition.
enum GivenValues {
    Unseen,
    Unreadable,
    Absent,
    /// One or more.
    Texts(Vec<String>),
}

impl<'r> RequestContent<'r> {
    pub const fn of(query: &'r str, content_type: &'r str, bytes: &'r [u8]) -> Self {
        let body = ContentBody::Seen {
            content_type,
            bytes,
        };
        Self {
            query,
            body,
            json: OnceCell::new(),
        }
    }

    /// A request whose body is still to come, or does not pass through here.
    pub const fn of_head(query: &'r str) -> Self {
        Self {
            query,
            body: ContentBody::Unseen,
            json: OnceCell::new(),
        }
    }

    fn query_value(&self, name: &str) -> GivenValues {
        only_value(self.query, name)
    }

    fn form_value(&self, name: &str) -> GivenValues {
        match self.text_of("application/x-www-form-urlencoded") {
            Ok(Some(text)) => only_value(text, name),
            Ok(None) => GivenValues::Unreadable,
            Err(unseen) => unseen,
        }
    }

    fn json_values(&self, path: &ConditionPath) -> GivenValues {
        let text = match self.text_of("application/json") {
            Ok(Some(text)) => text,
            Ok(None) => return GivenValues::Unreadable,
            Err(unseen) => return unseen,
        };
        let read = || serde_json::from_str::<StrictJson>(text).ok();
        let Some(json) = self.json.get_or_init(read) else {
            return GivenValues::Unreadable;
        };
        // A second spelling anywhere: some portals take `Method` for `method`.
        let mut names = Vec::new();
        json.names(&mut names);
        if path.names().any(|name| has_second_spelling(name, &names)) {
            return GivenValues::Unreadable;
        }
        let mut texts = Vec::new();
        match json.collect(&path.steps, &mut texts) && !texts.is_empty() {
            true => GivenValues::Texts(texts),
            false => GivenValues::Absent,
        }
    }

    fn root_fields(&self) -> GivenValues {
        let (content_type, bytes) = match self.body {
            ContentBody::Unseen => return GivenValues::Unseen,
            ContentBody::Seen {
                content_type,
                bytes,
            } => (content_type, bytes),
        };
        let Ok(query) = parameters(self.query) else {
            return GivenValues::Unreadable;
        };
        let fields = graphql::queries(content_type, bytes, &query)
            .and_then(|texts| graphql::root_fields(&texts));
        match fields {
            Some(fields) if !fields.is_empty() => GivenValues::Texts(fields),
            Some(_) | None => GivenValues::Unreadable,
        }
    }

    /// The body as a text of this type; `None` for any other, which the portal may read as it
    /// likes.
    fn text_of(&self, essence: &str) -> Result<Option<&'r str>, GivenValues> {
        let (content_type, bytes) = match self.body {
            ContentBody::Unseen => return Err(GivenValues::Unseen),
            ContentBody::Seen {
                content_type,
                bytes,
            } => (content_type, bytes),
        };
        let own = content_type.split(';').next().unwrap_or_default().trim();
        let is_fit = own.eq_ignore_ascii_case(essence) && declares_utf8(content_type);
        Ok(std::str::from_utf8(bytes).ok().filter(|_| is_fit))
    }
}

/// The value of a parameter that is given once, under one spelling.
fn only_value(pairs: &str, name: &str) -> GivenValues {
    let Ok(given) = parameters(pairs) else {
        return GivenValues::Unreadable;
    };
    let names: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
    if has_second_spelling(name, &names) {
        return GivenValues::Unreadable;
    }
    let mut values = given.iter().filter(|(own, _)| own == name);
    match (values.next(), values.next()) {
        (None, _) => GivenValues::Absent,
        (Some((_, value)), None) => GivenValues::Texts(vec![value.clone()]),
        (Some(_), Some(_)) => GivenValues::Unreadable,
    }
}

/// A JSON value without a member that is given twice.
enum StrictJson {
    Text(String),
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
    Other,
}

impl StrictJson {
    /// Adds the texts at a place; false when one of them is missing, or something else.
    fn collect(&self, steps: &[ConditionStep], texts: &mut Vec<String>) -> bool {
        match (steps, self) {
            ([], Self::Text(text)) => {
                texts.push(text.clone());
                true
            }
            ([ConditionStep::Member(name), rest @ ..], Self::Object(members)) => {
                let own = members.iter().find(|(own, _)| own == name);
                own.is_some_and(|(_, value)| value.collect(rest, texts))
            }
            ([ConditionStep::EachItem, rest @ ..], Self::List(items)) => {
                items.iter().all(|item| item.collect(rest, texts))
            }
            ([] | [ConditionStep::Member(_) | ConditionStep::EachItem, ..], _) => false,
        }
    }

    fn names<'s>(&'s self, names: &mut Vec<&'s str>) {
        match self {
            Self::Object(members) => {
                for (name, value) in members {
                    names.push(name);
                    value.names(names);
                }
            }
            Self::List(items) => items.iter().for_each(|item| item.names(names)),
            Self::Text(_) | Self::Other => {}
        }
    }
}

impl<'de> Deserialize<'de> for StrictJson {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(StrictJsonVisitor)
    }
}

struct StrictJsonVisitor;

impl<'de> Visitor<'de> for StrictJsonVisitor {
    type Value = StrictJson;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value whose members are given once")
    }

    fn visit_bool<E>(self, _: bool) -> Result<StrictJson, E> {
        Ok(StrictJson::Other)
    }

    fn visit_unit<E>(self) -> Result<StrictJson, E> {
        Ok(StrictJson::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<StrictJson, E> {
        Ok(StrictJson::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<StrictJson, E> {
        Ok(StrictJson::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<StrictJson, E> {
        Ok(StrictJson::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<StrictJson, E> {
        Ok(StrictJson::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<StrictJson, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = all.next_element()? {
            items.push(item);
        }
        Ok(StrictJson::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<StrictJson, A::Error> {
        let mut members: Vec<(String, StrictJson)> = Vec::new();
        let mut names = BTreeSet::new();
        while let Some((name, value)) = all.next_entry::<String, StrictJson>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a member is given twice"));
            }
            members.push((name, value));
        }
        Ok(StrictJson::Object(members))
    }
}

#[cfg(test)]
mod tests;
