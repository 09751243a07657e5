//! A route that was added to a map from the console, as it is stored.

use digue_types::{AccountId, Timestamp};
use serde_json::{Value as Json, json};

/// A route that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedRoute {
    pub lines: String,
    pub by: AccountId,
    pub at: Timestamp,
}

impl AddedRoute {
    /// The stored form; the names of its members cannot change.
    pub(crate) fn text(&self) -> String {
        json!({"lines": self.lines, "by": self.by, "at": self.at.micros()}).to_string()
    }

    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        Some(Self {
            lines: json["lines"].as_str()?.to_owned(),
            by: AccountId::parse(json["by"].as_str()?).ok()?,
            at: Timestamp::from_micros(json["at"].as_i64()?),
        })
    }
}
