//! JSONPath (RFC 9535), in two implementations.
//!
//! Paths of names, wildcards, indices and descendants compile to a small automaton that runs while
//! the document is parsed, so that no tree is built. Any other path (filters, slices, negative
//! indices) is left to `serde_json_path` over a parsed tree. A property test checks that both give
//! the same answers.

use serde_json_path::JsonPath;

/// The text is not a path of RFC 9535.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a JSONPath: {0}")]
pub struct JsonPathError(pub String);

/// A compiled path.
#[derive(Clone, Debug)]
pub struct RecordPath {
    text: String,
    pub(crate) steps: Option<Vec<JsonPathSegment>>,
    pub(crate) whole: JsonPath,
    /// `$.by_id.*~`: the names of the members that the path reaches, not their values.
    pub(crate) is_of_names: bool,
}

/// One segment of a streamable path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPathSegment {
    pub(crate) is_descendant: bool,
    pub(crate) select: Select,
}

impl JsonPathSegment {
    /// True when this step reaches every node that `other` reaches.
    fn covers(&self, other: &Self) -> bool {
        let selects = match (&self.select, &other.select) {
            (Select::Any, _) | (Select::Item, Select::Index(_)) => true,
            (own, other) => own == other,
        };
        selects && (self.is_descendant || !other.is_descendant)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Select {
    Name(String),
    Index(usize),
    /// `[:]`: items of a list, not members of an object.
    Item,
    Any,
}

impl RecordPath {
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        // No part of RFC 9535: a common addition to it, here behind a last wildcard alone.
        let named = text.strip_suffix('~');
        let values = named.unwrap_or(text);
        let whole = JsonPath::parse(values).map_err(|error| JsonPathError(error.to_string()))?;
        let steps = parse_steps(values);
        let reaches_members = |steps: &Vec<JsonPathSegment>| {
            let last = steps.last();
            last.is_some_and(|step| step.select == Select::Any && !step.is_descendant)
        };
        if named.is_some() && !steps.as_ref().is_some_and(reaches_members) {
            return Err(JsonPathError(text.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            steps,
            whole,
            is_of_names: named.is_some(),
        })
    }

    /// The path as written in the map.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The members that the path names, wherever in it: also those of a filter.
    pub(crate) fn names(&self) -> Vec<String> {
        // Function names and values compared with are among them: that refuses a little more, and
        // a name that is missed would be a bypass.
        let mut names = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(start) = rest.find(['\'', '"']) {
            names.extend(bare_names(&rest[..start]));
            let (quote, inner) = rest[start..].split_at(1);
            let end = end_of_quoted(inner, quote);
            names.push(unescaped(&inner[..end], quote));
            rest = inner.get(end + 1..).unwrap_or_default();
        }
        names.extend(bare_names(rest));
        names
    }

    /// `$.rows` for `$.rows[*]`; any other path unchanged.
    pub(crate) fn without_last_wildcard(&self) -> Self {
        let mut path = self.clone();
        if let Some(steps) = &mut path.steps
            && steps.last().is_some_and(|step| {
                matches!(step.select, Select::Any | Select::Item) && !step.is_descendant
            })
        {
            steps.pop();
        }
        path
    }

    /// The distance in steps from a record at `record` down to the end of this path, when the path
    /// goes through it; 1 for a path that searches anywhere below, as only a direct member is then
    /// the record's own.
    pub(crate) fn distance_below(&self, record: &Self) -> Option<usize> {
        let (own, record) = (self.steps.as_ref()?, record.steps.as_ref()?);
        if let Some(last) = own.iter().rposition(|step| step.is_descendant) {
            let is_above = own[..last]
                .iter()
                .zip(record)
                .all(|(own, record)| own.covers(record));
            return (is_above && last <= record.len()).then_some(own.len() - last);
        }
        let below = own.len().checked_sub(record.len())?;
        own.iter()
            .zip(record)
            .all(|(own, record)| own.covers(record))
            .then_some(below)
    }

    /// True when the step below a record at `record` is an index of a list.
    pub(crate) fn is_in_list_below(&self, record: &Self) -> bool {
        let (Some(own), Some(record)) = (&self.steps, &record.steps) else {
            return false;
        };
        own.get(record.len()).is_some_and(|step| {
            matches!(step.select, Select::Index(_) | Select::Item) && !step.is_descendant
        })
    }

    /// True when the path is matched while parsing, without a tree.
    pub fn is_streamable(&self) -> bool {
        self.steps.is_some()
    }
}

fn bare_names(text: &str) -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
    text.split(move |c: char| !is_part(c))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Where the quote that closes a text is: the first one that no backslash escapes.
fn end_of_quoted(inner: &str, quote: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in inner.char_indices() {
        if !is_escaped && quote.starts_with(c) {
            return at;
        }
        is_escaped = !is_escaped && c == '\\';
    }
    inner.len()
}

/// A quoted name without its escapes: those of JSON, and `\'` between single quotes (RFC 9535,
/// section 2.3.1.1).
fn unescaped(inner: &str, quote: &str) -> String {
    let json = if quote == "'" {
        inner.replace("\\'", "'").replace('"', "\\\"")
    } else {
        inner.to_owned()
    };
    serde_json::from_str(&format!("\"{json}\"")).unwrap_or(json)
}

/// The steps of a path that needs no tree; `None` for any other. `text` must be a valid path.
fn parse_steps(text: &str) -> Option<Vec<JsonPathSegment>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let is_descendant = rest.starts_with("..");
        let after_dots = rest.trim_start_matches('.');
        let (select, after) = if let Some(inner) = after_dots.strip_prefix('[') {
            parse_bracket(inner)?
        } else {
            let end = after_dots.find(['.', '[']).unwrap_or(after_dots.len());
            let (name, after) = after_dots.split_at(end);
            let plain = |c: char| c.is_alphanumeric() || c == '_' || !c.is_ascii();
            match name {
                "*" => (Select::Any, after),
                _ if !name.is_empty() && name.chars().all(plain) => {
                    (Select::Name(name.to_owned()), after)
                }
                _ => return None,
            }
        };
        steps.push(JsonPathSegment {
            is_descendant,
            select,
        });
        rest = after;
    }
    Some(steps)
}

fn parse_bracket(inner: &str) -> Option<(Select, &str)> {
    if let Some(rest) = inner.strip_prefix('*') {
        return Some((Select::Any, rest.strip_prefix(']')?));
    }
    if let Some(quote) = inner.chars().next().filter(|c| "'\"".contains(*c)) {
        let (name, rest) = inner[1..].split_once(quote)?;
        // A name with an escape is left to `serde_json_path`.
        let rest = rest.strip_prefix(']')?;
        return (!name.contains('\\')).then(|| (Select::Name(name.to_owned()), rest));
    }
    if let Some(rest) = inner.strip_prefix(":]") {
        return Some((Select::Item, rest));
    }
    let (number, rest) = inner.split_once(']')?;
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    is_number
        .then(|| number.parse().ok())
        .flatten()
        .map(|index| (Select::Index(index), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_paths_need_no_tree() {
        for text in [
            "$.items[*].id",
            "$[:].id",
            "$..id",
            "$['a b'][0]",
            "$.données.*",
            "$..*",
            "$",
        ] {
            assert!(RecordPath::parse(text).unwrap().is_streamable(), "{text}");
        }
        for text in [
            "$[?@.kind=='person'].id",
            "$[-1]",
            "$[0:3].id",
            "$['a','b']",
        ] {
            assert!(!RecordPath::parse(text).unwrap().is_streamable(), "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "", "items", "$.", "$[", "$..", "$[?]", "$~", "$.a~", "$..*~", "$[:]~",
        ] {
            assert!(RecordPath::parse(text).is_err(), "{text}");
        }
    }
}
