//! Conditions of a route on the content of requests: one address that answers many methods.
//!
//! The client is hostile here, too: what the portal could read otherwise than Digue meets no
//! condition. A condition that cannot be read is therefore not one that does not hold: no other
//! route answers such a request in its place.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::graphql;
use crate::jsonpath::{JsonPathError, JsonPathSegment, RecordPath, Select};
use crate::request::{declares_utf8, loose, parameters};

/// What a request must say for a route to answer it.
#[derive(Clone, Debug)]
pub struct RequestCondition {
    source: ConditionSource,
    values: BTreeSet<String>,
    /// The methods of its route have no body that means anything (RFC 9110, 9.3.1).
    is_without_body: bool,
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
    /// The same in a body that is declared as `text/plain`, so that a browser sends it to another
    /// origin without asking first.
    TextJson(ConditionPath),
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
        Self {
            source,
            values,
            is_without_body: false,
        }
    }

    /// The condition of a route whose methods have no body: `GET` and `HEAD`.
    #[must_use]
    pub const fn without_body(mut self) -> Self {
        self.is_without_body = true;
        self
    }

    /// True when the body of a request decides: also for a parameter, which a portal may take from the
    /// body as well (`$_REQUEST` of PHP, `params` of Rails).
    pub const fn needs_body(&self) -> bool {
        match self.source {
            ConditionSource::Query(_) => !self.is_without_body,
            ConditionSource::Form(_)
            | ConditionSource::Json(_)
            | ConditionSource::TextJson(_)
            | ConditionSource::GraphQl => true,
        }
    }

    pub fn reading(&self, content: &RequestContent<'_>) -> ConditionReading {
        let given = match &self.source {
            ConditionSource::Query(name) if self.is_without_body => content.query_value(name),
            ConditionSource::Query(name) => match content.body_names(name) {
                BodyNames::Unseen => GivenValues::Unseen,
                BodyNames::Named => GivenValues::Unreadable,
                BodyNames::NotNamed => content.query_value(name),
            },
            ConditionSource::Form(name) => content.form_value(name),
            ConditionSource::Json(path) => json_values(content.json(), path),
            ConditionSource::TextJson(path) => json_values(content.text_json(), path),
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
            (ConditionSource::Json(one), ConditionSource::Json(other))
            | (ConditionSource::TextJson(one), ConditionSource::TextJson(other)) => {
                one.steps == other.steps
            }
            (ConditionSource::GraphQl, ConditionSource::GraphQl) => true,
            (
                ConditionSource::Query(_)
                | ConditionSource::Form(_)
                | ConditionSource::Json(_)
                | ConditionSource::TextJson(_)
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
    query_pairs: OnceCell<Option<SpelledPairs>>,
    form_pairs: OnceCell<Option<SpelledPairs>>,
    json: OnceCell<Option<SpelledJson>>,
    text_json: OnceCell<Option<SpelledJson>>,
    root_fields: OnceCell<Option<Vec<String>>>,
}

/// The most parameters, fields or members of a request that conditions look at: a request with more
/// could be read otherwise, and would cost each condition its time.
const NAMES_MAX: usize = 10_000;

/// Names as leniently as any framework reads them, and whether each has one spelling.
#[derive(Default)]
struct SpelledNames(HashMap<String, (String, bool)>);

impl SpelledNames {
    fn of<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut all = Self::default();
        for name in names {
            let known = all.0.entry(loose(name));
            let (first, is_only) = known.or_insert_with(|| (name.to_owned(), true));
            *is_only &= first == name;
        }
        all
    }

    /// True when a portal could take another name for this one.
    fn has_second_spelling(&self, name: &str) -> bool {
        let known = self.0.get(&loose(name));
        known.is_some_and(|(first, is_only)| !is_only || first != name)
    }

    fn names(&self, name: &str) -> bool {
        self.0.contains_key(&loose(name))
    }
}

/// The pairs of a query or form.
struct SpelledPairs {
    pairs: Vec<(String, String)>,
    names: SpelledNames,
}

impl SpelledPairs {
    fn of(text: &str) -> Option<Self> {
        if text.split('&').count() > NAMES_MAX {
            return None;
        }
        let pairs = parameters(text).ok()?;
        let names = SpelledNames::of(pairs.iter().map(|(name, _)| name.as_str()));
        Some(Self { pairs, names })
    }

    /// The value of a parameter that is given once, under one spelling.
    fn only_value(&self, name: &str) -> GivenValues {
        if self.names.has_second_spelling(name) {
            return GivenValues::Unreadable;
        }
        let mut values = self.pairs.iter().filter(|(own, _)| own == name);
        match (values.next(), values.next()) {
            (None, _) => GivenValues::Absent,
            (Some((_, value)), None) => GivenValues::Texts(vec![value.clone()]),
            (Some(_), Some(_)) => GivenValues::Unreadable,
        }
    }
}

/// Whether the body of a request has a field or member that could be taken for a parameter.
enum BodyNames {
    Unseen,
    NotNamed,
    /// It has, or it is in a form whose fields are not read here.
    Named,
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
        Self::with(query, body)
    }

    /// A request whose body is still to come, or does not pass through here.
    pub const fn of_head(query: &'r str) -> Self {
        Self::with(query, ContentBody::Unseen)
    }

    const fn with(query: &'r str, body: ContentBody<'r>) -> Self {
        Self {
            query,
            body,
            query_pairs: OnceCell::new(),
            form_pairs: OnceCell::new(),
            json: OnceCell::new(),
            text_json: OnceCell::new(),
            root_fields: OnceCell::new(),
        }
    }

    fn query_value(&self, name: &str) -> GivenValues {
        let pairs = self
            .query_pairs
            .get_or_init(|| SpelledPairs::of(self.query));
        value_in(pairs.as_ref(), name)
    }

    fn form_value(&self, name: &str) -> GivenValues {
        match self.form() {
            Ok(pairs) => value_in(pairs, name),
            Err(unseen) => unseen,
        }
    }

    fn form(&self) -> Result<Option<&SpelledPairs>, GivenValues> {
        let text = self.text_of(FORM)?;
        let read = || text.and_then(SpelledPairs::of);
        Ok(self.form_pairs.get_or_init(read).as_ref())
    }

    fn json(&self) -> Result<Option<&SpelledJson>, GivenValues> {
        let text = self.text_of(JSON)?;
        Ok(self.json.get_or_init(|| spelled_json(text?)).as_ref())
    }

    fn text_json(&self) -> Result<Option<&SpelledJson>, GivenValues> {
        let text = self.text_of(PLAIN)?;
        Ok(self.text_json.get_or_init(|| spelled_json(text?)).as_ref())
    }

    /// Whether the body could be taken for saying this parameter.
    fn body_names(&self, name: &str) -> BodyNames {
        let (content_type, bytes) = match self.body {
            ContentBody::Unseen => return BodyNames::Unseen,
            ContentBody::Seen {
                content_type,
                bytes,
            } => (content_type, bytes),
        };
        if bytes.is_empty() {
            return BodyNames::NotNamed;
        }
        let names = match essence(content_type) {
            own if own.eq_ignore_ascii_case(FORM) => {
                let form = self.form().ok().flatten();
                form.map(|form| form.names.names(name))
            }
            own if own.eq_ignore_ascii_case(JSON) => {
                let json = self.json().ok().flatten();
                json.map(|(_, names)| names.names(name))
            }
            _ => None,
        };
        match names {
            Some(false) => BodyNames::NotNamed,
            Some(true) | None => BodyNames::Named,
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
        let read = || {
            let query = parameters(self.query).ok()?;
            let texts = graphql::queries(content_type, bytes, &query)?;
            graphql::root_fields(&texts).filter(|fields| !fields.is_empty())
        };
        match self.root_fields.get_or_init(read) {
            Some(fields) => GivenValues::Texts(fields.clone()),
            None => GivenValues::Unreadable,
        }
    }

    /// The body as a text of this type; `None` for any other, which the portal may read as it
    /// likes.
    fn text_of(&self, wanted: &str) -> Result<Option<&'r str>, GivenValues> {
        let (content_type, bytes) = match self.body {
            ContentBody::Unseen => return Err(GivenValues::Unseen),
            ContentBody::Seen {
                content_type,
                bytes,
            } => (content_type, bytes),
        };
        let own = essence(content_type);
        let is_fit = own.eq_ignore_ascii_case(wanted) && declares_utf8(content_type);
        Ok(std::str::from_utf8(bytes).ok().filter(|_| is_fit))
    }
}

/// A JSON body and the names in it.
type SpelledJson = (StrictJson, SpelledNames);

fn spelled_json(text: &str) -> Option<SpelledJson> {
    let json: StrictJson = serde_json::from_str(text).ok()?;
    let mut names = Vec::new();
    json.names(&mut names);
    let spelled = SpelledNames::of(names.iter().copied().take(NAMES_MAX));
    (names.len() <= NAMES_MAX).then_some((json, spelled))
}

fn json_values(
    read: Result<Option<&SpelledJson>, GivenValues>,
    path: &ConditionPath,
) -> GivenValues {
    let (json, names) = match read {
        Ok(Some(read)) => read,
        Ok(None) => return GivenValues::Unreadable,
        Err(unseen) => return unseen,
    };
    // A second spelling anywhere: some portals take `Method` for `method`.
    if path.names().any(|name| names.has_second_spelling(name)) {
        return GivenValues::Unreadable;
    }
    let mut texts = Vec::new();
    match json.collect(&path.steps, &mut texts) {
        PlaceReading::Texts if !texts.is_empty() => GivenValues::Texts(texts),
        PlaceReading::Texts | PlaceReading::Absent => GivenValues::Absent,
        PlaceReading::Other => GivenValues::Unreadable,
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const PLAIN: &str = "text/plain";

/// A media type without its parameters.
fn essence(content_type: &str) -> &str {
    let own = content_type.split(';').next();
    own.map_or("", str::trim)
}

fn value_in(pairs: Option<&SpelledPairs>, name: &str) -> GivenValues {
    pairs.map_or(GivenValues::Unreadable, |pairs| pairs.only_value(name))
}

/// What stands at a place of a JSON body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlaceReading {
    Texts,
    /// The place is missing, at once or in one of a list.
    Absent,
    /// Something stands there that is no text: a list of one method is a method to some portals.
    Other,
}

/// A JSON value without a member that is given twice.
enum StrictJson {
    Text(String),
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
    Other,
}

impl StrictJson {
    /// Adds the texts at a place.
    fn collect(&self, steps: &[ConditionStep], texts: &mut Vec<String>) -> PlaceReading {
        match (steps, self) {
            ([], Self::Text(text)) => {
                texts.push(text.clone());
                PlaceReading::Texts
            }
            ([], _) => PlaceReading::Other,
            ([ConditionStep::Member(name), rest @ ..], Self::Object(members)) => {
                let own = members.iter().find(|(own, _)| own == name);
                own.map_or(PlaceReading::Absent, |(_, value)| {
                    value.collect(rest, texts)
                })
            }
            ([ConditionStep::EachItem, rest @ ..], Self::List(items)) => {
                let mut all = PlaceReading::Texts;
                for item in items {
                    match item.collect(rest, texts) {
                        PlaceReading::Texts => {}
                        PlaceReading::Other => return PlaceReading::Other,
                        PlaceReading::Absent => all = PlaceReading::Absent,
                    }
                }
                all
            }
            ([ConditionStep::Member(_) | ConditionStep::EachItem, ..], _) => PlaceReading::Absent,
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
