//! Media types, as `Content-Type` gives them.

use digue_types::UnreadPlace;

/// The types that portals usually send and browsers usually post.
const USUAL: [&str; 28] = [
    "application/dicom",
    "application/javascript",
    "application/json",
    "application/msword",
    "application/octet-stream",
    "application/pdf",
    "application/rtf",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/x-ndjson",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/zip",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "image/webp",
    "multipart/form-data",
    "multipart/related",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
];

/// The registered trees (IANA, media types).
const TREES: [&str; 10] = [
    "application/",
    "audio/",
    "example/",
    "font/",
    "image/",
    "message/",
    "model/",
    "multipart/",
    "text/",
    "video/",
];

/// A parsed `Content-Type` header.
pub struct MediaType {
    /// In lower case, without parameters.
    pub essence: String,
    pub charset: Option<String>,
    /// What stands between the parts of a `multipart` type.
    pub boundary: Option<String>,
}

impl MediaType {
    pub fn parse(header: &str) -> Self {
        let mut parts = parameters(header).into_iter();
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut media = Self {
            essence,
            charset: None,
            boundary: None,
        };
        for part in parts {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches(['"', '\'']);
            let place = match name.trim().to_ascii_lowercase().as_str() {
                "charset" => &mut media.charset,
                "boundary" => &mut media.boundary,
                _ => continue,
            };
            if place.is_none() && !value.is_empty() {
                *place = Some(value.to_owned());
            }
        }
        media
    }

    /// True for one of `patterns`, which are essences or `*+suffix`.
    pub fn fits_one(&self, patterns: &[String]) -> bool {
        patterns.iter().any(|pattern| self.fits(pattern))
    }

    pub fn fits(&self, pattern: &str) -> bool {
        match pattern.strip_prefix("*+") {
            Some(suffix) => self
                .essence
                .rsplit_once('+')
                .is_some_and(|(_, s)| s == suffix),
            None => self.essence == pattern,
        }
    }

    /// The type as a place in a message: one of the usual ones, else its tree, since what stands
    /// after it can be any word.
    pub(crate) fn place(&self) -> UnreadPlace {
        let usual = USUAL.iter().find(|known| **known == self.essence);
        let tree = || TREES.iter().find(|tree| self.essence.starts_with(**tree));
        match (usual, tree()) {
            (Some(known), _) => UnreadPlace::from(*known),
            (None, Some(tree)) => UnreadPlace::from(*tree).and("*"),
            (None, None) => UnreadPlace::from("content-type"),
        }
    }
}

/// The type and its parameters; a semicolon within quotes ends none.
fn parameters(header: &str) -> Vec<&str> {
    let mut is_quoted = false;
    header
        .split(|c: char| {
            is_quoted ^= c == '"';
            c == ';' && !is_quoted
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_anyone_could_make_up_is_in_no_place() {
        for (header, place) in [
            ("application/PDF", "application/pdf"),
            ("image/png; name=marie-durand.png", "image/png"),
            ("application/marie-durand", "application/*"),
            ("text/x-durand+json; charset=utf-8", "text/*"),
            ("marie/durand", "content-type"),
            ("", "content-type"),
        ] {
            assert_eq!(MediaType::parse(header).place().as_str(), place, "{header}");
        }
    }
}
