//! What the address of a list asks for, and the addresses of its other views.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use digue_app::OperationError;

use crate::view::query_part;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SortOrder {
    Ascending,
    Descending,
}

/// Which rows a reader sees, in which order: `?q=arras&role=agent&sort=-persons&page=2`.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct TableQuery {
    pub(super) text: String,
    pub(super) sort: Option<(String, SortOrder)>,
    /// Counted from 1; 0 when the address names none.
    pub(super) page: usize,
    /// Rows that were chosen one by one.
    pub(super) chosen: Vec<String>,
    /// `all`, `usual`, or empty.
    choose: String,
    /// Values of columns, and what the page itself keeps in its address.
    values: Vec<(String, String)>,
}

impl TableQuery {
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        let mut query = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "q" => value.trim().clone_into(&mut query.text),
                "sort" if !value.is_empty() => {
                    query.sort = Some(match value.strip_prefix('-') {
                        Some(code) => (code.to_owned(), SortOrder::Descending),
                        None => (value, SortOrder::Ascending),
                    });
                }
                // A page that is no number is the first one.
                "page" => query.page = value.parse().unwrap_or(1),
                "row" => query.chosen.push(value),
                "choose" => query.choose = value,
                _ if value.is_empty() => {}
                _ => query.values.push((name, value)),
            }
        }
        query
    }

    /// The value of a column or of the page's own question.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn order_of(&self, code: &str) -> Option<SortOrder> {
        self.sort
            .as_ref()
            .filter(|(known, _)| known == code)
            .map(|(_, order)| *order)
    }

    pub(super) fn chooses(&self, row: &str, is_usual: bool) -> bool {
        match self.choose.as_str() {
            "all" => true,
            "usual" => is_usual,
            _ => self.chosen.iter().any(|chosen| chosen == row),
        }
    }

    /// The address of this view with some things changed; an empty value leaves its name out. A
    /// choice of rows is not carried on: it was made among rows that the reader saw.
    pub(super) fn address(&self, place: &str, changes: &[(&str, &str)]) -> String {
        let sort = self.sort.as_ref().map(|(code, order)| match order {
            SortOrder::Ascending => code.clone(),
            SortOrder::Descending => format!("-{code}"),
        });
        let page = if self.page > 1 {
            self.page.to_string()
        } else {
            Default::default()
        };
        let mut pairs = self.values.clone();
        pairs.push(("q".to_owned(), self.text.clone()));
        pairs.push(("sort".to_owned(), sort.unwrap_or_default()));
        pairs.push(("page".to_owned(), page));
        for (name, value) in changes {
            pairs.retain(|(known, _)| known != name);
            pairs.push(((*name).to_owned(), (*value).to_owned()));
        }
        joined(place, &pairs)
    }

    pub(super) fn without_filter(&self, place: &str, columns: &[&str]) -> String {
        let own = self
            .values
            .iter()
            .filter(|(name, _)| !columns.contains(&name.as_str()))
            .cloned();
        joined(place, &own.collect::<Vec<_>>())
    }

    /// What a filter's form sends besides its own fields.
    pub(super) fn kept(&self, columns: &[&str]) -> Vec<(String, String)> {
        let own = self
            .values
            .iter()
            .filter(|(name, _)| !columns.contains(&name.as_str()))
            .cloned();
        let sort = self.sort.iter().map(|(code, order)| {
            let sign = if *order == SortOrder::Descending {
                "-"
            } else {
                ""
            };
            ("sort".to_owned(), format!("{sign}{code}"))
        });
        own.chain(sort).collect()
    }
}

fn joined(place: &str, pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = pairs
        .map(|(name, value)| format!("{}={}", query_part(name), query_part(value)))
        .collect();
    if query.is_empty() {
        place.to_owned()
    } else {
        format!("{place}?{}", query.join("&"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TableQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // What is no query asks for the list as it is.
        let pairs =
            axum::extract::Query::try_from_uri(&parts.uri).map(|axum::extract::Query(pairs)| pairs);
        Ok(Self::of(pairs.unwrap_or_default()))
    }
}

/// A form on chosen rows: its own fields, and `row` for each chosen one.
pub struct ChosenRows(Vec<(String, String)>);

impl ChosenRows {
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The one row that `field` names, or all chosen ones.
    ///
    /// # Errors
    /// `Invalid` when there is none: a button without a choice does nothing, and says so.
    pub fn targets(&self, field: &str) -> Result<Vec<&str>, OperationError> {
        let rows = self
            .0
            .iter()
            .filter(|(name, _)| name == "row")
            .map(|(_, value)| value.as_str());
        let targets: Vec<&str> = self.value(field).into_iter().chain(rows).collect();
        if targets.is_empty() {
            Err(OperationError::Invalid("invalid-rows-none"))
        } else {
            Ok(targets)
        }
    }

    /// A field that is there and not empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    pub fn reason(&self) -> &str {
        self.value("reason").unwrap_or_default()
    }
}
