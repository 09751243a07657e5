//! The revision of a record as an entity tag (RFC 9110, 8.8.3): what a program writes must be based
//! on what is there.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use digue_locales::text;
use digue_pages::visitor::Visitor;
use serde_json::json;

/// `"3"`.
pub(crate) fn tag_of(number: u32) -> String {
    format!("\"{number}\"")
}

/// What `If-Match` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RevisionTag {
    Absent,
    /// A revision, by its number.
    Number(u32),
    /// A list, `*`, a weak tag or another text: no revision that was read.
    Other,
}

/// Why nothing is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TagFault {
    /// RFC 6585, 3: the sender would overwrite what it has not read.
    Absent,
    /// Another revision is in force.
    Overtaken,
}

impl RevisionTag {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut all = headers.get_all(header::IF_MATCH).iter();
        match (all.next(), all.next()) {
            (None, _) => Self::Absent,
            (Some(one), None) => {
                let number = one.to_str().ok().and_then(|text| {
                    let digits = text.trim().strip_prefix('"')?.strip_suffix('"')?;
                    digits.parse().ok()
                });
                number.map_or(Self::Other, Self::Number)
            }
            (Some(_), Some(_)) => Self::Other,
        }
    }

    /// The number of the revision in force, if it is the one that was read.
    pub(crate) fn must_be(self, number: u32) -> Result<u32, TagFault> {
        match self {
            Self::Absent => Err(TagFault::Absent),
            Self::Number(read) if read == number => Ok(read),
            Self::Number(_) | Self::Other => Err(TagFault::Overtaken),
        }
    }
}

impl TagFault {
    const fn status(self) -> StatusCode {
        match self {
            Self::Absent => StatusCode::PRECONDITION_REQUIRED,
            Self::Overtaken => StatusCode::PRECONDITION_FAILED,
        }
    }

    /// Its problem document (RFC 9457).
    pub(crate) fn problem(self, visitor: &Visitor) -> Response {
        let (title, detail) = match self {
            Self::Absent => ("error-revision-absent", "error-revision-absent-detail"),
            Self::Overtaken => ("error-revision-other", "error-revision-other-detail"),
        };
        let problem = json!({
            "type": "about:blank",
            "title": text(visitor.language, title),
            "status": self.status().as_u16(),
            "detail": text(visitor.language, detail),
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status(), kind, problem.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(texts: &[&str]) -> RevisionTag {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(header::IF_MATCH, text.parse().unwrap());
        }
        RevisionTag::of(&headers)
    }

    #[test]
    fn only_the_revision_that_was_read_matches() {
        assert_eq!(tag(&[]).must_be(3), Err(TagFault::Absent));
        assert_eq!(tag(&["\"3\""]).must_be(3), Ok(3));
        for other in ["\"2\"", "W/\"3\"", "*", "3", "\"3\", \"4\"", "\"\""] {
            assert_eq!(
                tag(&[other]).must_be(3),
                Err(TagFault::Overtaken),
                "{other}"
            );
        }
        assert_eq!(
            tag(&["\"3\"", "\"3\""]).must_be(3),
            Err(TagFault::Overtaken)
        );
    }
}
