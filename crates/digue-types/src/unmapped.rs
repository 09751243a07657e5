//! An address of a portal that its map does not describe, as it is remembered: a kind of request,
//! and none of its values.
//!
//! What is a value is decided where the request is (`path_template`); here it is a text that has
//! been bounded.

use crate::coded::coded;

/// An address without a rule: who adds it to the map needs this, and no value of the request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnmappedAddress {
    pub method: AddressMethod,
    /// As a map writes a path: `/fiche/{x}/notes`. ASCII without spaces.
    pub template: String,
    /// The media type of the answer, without parameters and in lower case; empty when there is none
    /// that can be read.
    pub media_type: String,
}

/// The longest template that is remembered, in bytes; what is longer ends with `/**`.
pub const TEMPLATE_BYTES_MAX: usize = 160;

/// The longest media type that is remembered, in bytes; RFC 6838 allows 127 for each half.
const MEDIA_TYPE_BYTES_MAX: usize = 80;

impl UnmappedAddress {
    /// `template` as `PathTemplate::text` writes it; `content_type` is the field of the answer.
    pub fn new(method: &str, template: &str, content_type: Option<&str>) -> Self {
        Self {
            method: AddressMethod::of(method),
            template: bounded_template(template),
            media_type: content_type.map(media_type_of).unwrap_or_default(),
        }
    }
}

fn bounded_template(template: &str) -> String {
    if template.len() <= TEMPLATE_BYTES_MAX {
        return template.to_owned();
    }
    // Whole segments only: half a segment would be another address.
    let ends = template.match_indices('/').map(|(place, _)| place);
    let end = ends
        .take_while(|place| *place <= TEMPLATE_BYTES_MAX - 3)
        .last()
        .unwrap_or(0);
    format!("{}/**", &template[..end])
}

/// `type/subtype` of a `Content-Type`; empty for anything else: a text of the portal is not
/// remembered.
fn media_type_of(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
    };
    let is_type = essence
        .split_once('/')
        .is_some_and(|(kind, of)| is_token(kind) && is_token(of));
    if is_type && essence.len() <= MEDIA_TYPE_BYTES_MAX {
        essence.to_ascii_lowercase()
    } else {
        String::new()
    }
}

coded!(
    /// The method of a request, as far as it says what the request is for.
    AddressMethod {
        Get = 1 "GET",
        Head = 2 "HEAD",
        Post = 3 "POST",
        Put = 4 "PUT",
        Patch = 5 "PATCH",
        Delete = 6 "DELETE",
        Options = 7 "OPTIONS",
        /// A method is free text of the client: others are not remembered by name.
        Other = 8 "other",
    }
);

impl AddressMethod {
    fn of(method: &str) -> Self {
        // Case counts in methods (RFC 9110, 9.1): `get` is another one.
        Self::parse(method).unwrap_or(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: (&str, &str, Option<&str>), expected: (AddressMethod, &str, &str)) {
        let (method, template, content_type) = address;
        let made = UnmappedAddress::new(method, template, content_type);
        assert_eq!((made.method, &*made.template, &*made.media_type), expected);
    }

    #[test]
    fn an_address_keeps_its_kind_and_no_free_text() {
        check(
            ("GET", "/a/{x}", Some("Text/HTML; charset=utf-8")),
            (AddressMethod::Get, "/a/{x}", "text/html"),
        );
        check(
            ("DUPONT", "/a", Some("Marie Dupont")),
            (AddressMethod::Other, "/a", ""),
        );
        check(("get", "/a", None), (AddressMethod::Other, "/a", ""));
        check(
            ("GET", "/a", Some(&format!("text/{}", "x".repeat(90)))),
            (AddressMethod::Get, "/a", ""),
        );
    }

    #[test]
    fn a_long_template_ends_between_two_segments() {
        let long = "/abcdefgh".repeat(30);
        let bounded = UnmappedAddress::new("GET", &long, None).template;
        assert!(bounded.len() <= TEMPLATE_BYTES_MAX, "{bounded}");
        assert!(bounded.ends_with("/abcdefgh/**"), "{bounded}");
        let one = UnmappedAddress::new("GET", &format!("/{}", "a".repeat(500)), None).template;
        assert_eq!(one, "/**");
    }
}
