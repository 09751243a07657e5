//! The path of a request, parsed once and in one way only.
//!
//! A path that two programs could parse differently is refused: dot segments, empty segments,
//! encoded separators, control characters, malformed percent signs, path parameters. The portal
//! receives the same bytes, so it cannot select another route than Digue did.

use std::cmp::Ordering;

use percent_encoding::percent_decode_str;

use crate::glob::NameGlob;

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("the path does not begin with a slash")]
    NotAbsolute,
    #[error("a percent sign is not followed by two hexadecimal digits")]
    Percent,
    #[error("a decoded segment is not UTF-8")]
    NotUtf8,
    #[error("a segment is empty, `.` or `..`")]
    DotOrEmpty,
    #[error("a segment holds a separator, a control character or a parameter")]
    Separator,
    #[error("the path is too long")]
    TooLong,
}

/// Longest path in bytes; servers commonly stop at 8 KiB.
const PATH_BYTES_MAX: usize = 8 * 1024;

/// Decoded segments; a path that ends with a slash has an empty last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments(Vec<String>);

impl Segments {
    /// Parses the raw path of a request target.
    pub fn parse(raw: &str) -> Result<Self, PathError> {
        if raw.len() > PATH_BYTES_MAX {
            return Err(PathError::TooLong);
        }
        let rest = raw.strip_prefix('/').ok_or(PathError::NotAbsolute)?;
        let parts: Vec<&str> = rest.split('/').collect();
        let last = parts.len() - 1;
        let mut segments = Vec::with_capacity(parts.len());
        for (place, part) in parts.iter().enumerate() {
            let segment = decode(part)?;
            // Only the last segment may be empty: `/` and `/dossiers/`.
            let is_bad =
                matches!(segment.as_str(), "." | "..") || (segment.is_empty() && place != last);
            if is_bad {
                return Err(PathError::DotOrEmpty);
            }
            // Servlet containers take `;` for the start of a parameter and route on what precedes
            // it.
            if segment
                .chars()
                .any(|c| c.is_control() || "/\\;".contains(c))
            {
                return Err(PathError::Separator);
            }
            segments.push(segment);
        }
        Ok(Self(segments))
    }

    /// The decoded segments; the last one is empty for a path that ends with a slash.
    pub fn texts(&self) -> &[String] {
        &self.0
    }

    pub fn is_reserved(&self) -> bool {
        self.0
            .first()
            .is_some_and(|first| first.eq_ignore_ascii_case(".digue"))
    }
}

fn decode(part: &str) -> Result<String, PathError> {
    let bytes = part.as_bytes();
    for (place, _) in bytes.iter().enumerate().filter(|(_, b)| **b == b'%') {
        let digits = bytes.get(place + 1..place + 3).ok_or(PathError::Percent)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(PathError::Percent);
        }
    }
    let decoded = percent_decode_str(part)
        .decode_utf8()
        .map_err(|_| PathError::NotUtf8)?;
    // `%2531`: a portal that decodes twice would see another path.
    if part.contains("%25") {
        return Err(PathError::Percent);
    }
    Ok(decoded.into_owned())
}

/// The path of a route: literal segments, `{name}` for one segment, `*` within one for any text of
/// it, `**` at the end for any rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<PatternPart>,
    /// Paths that it does not match.
    except: Vec<Self>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum PatternPart {
    Literal(String),
    /// A segment with a fixed beginning and end around its name: `{numero}.json`.
    Named {
        before: String,
        name: String,
        after: String,
    },
    /// A segment of which only pieces are fixed: `export-*.csv`.
    Glob(NameGlob),
    Rest,
}

impl PatternPart {
    /// Ascending from what matches one segment only to what matches any.
    fn looseness(&self) -> (u8, std::cmp::Reverse<usize>) {
        match self {
            Self::Literal(_) => (0, std::cmp::Reverse(0)),
            Self::Named { before, after, .. } => (1, std::cmp::Reverse(before.len() + after.len())),
            Self::Glob(glob) => (1, std::cmp::Reverse(glob.fixed_bytes())),
            Self::Rest => (2, std::cmp::Reverse(0)),
        }
    }
}

/// Why a route path is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("a route path begins with a slash")]
    NotAbsolute,
    #[error("`**` may only be the last segment")]
    RestNotLast,
    #[error("a segment may hold one name in braces")]
    Braces,
    #[error("a segment is one that Digue refuses in requests")]
    Segment,
    #[error("`/.digue` is reserved for Digue")]
    Reserved,
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let rest = text.strip_prefix('/').ok_or(PatternError::NotAbsolute)?;
        let pieces: Vec<&str> = rest.split('/').collect();
        let last = pieces.len() - 1;
        let mut parts = Vec::new();
        for (place, piece) in pieces.iter().enumerate() {
            parts.push(match *piece {
                "**" if place == last => PatternPart::Rest,
                "**" => return Err(PatternError::RestNotLast),
                "" if place != last => return Err(PatternError::Segment),
                _ => parse_part(piece)?,
            });
        }
        if parts.first() == Some(&PatternPart::Literal(".digue".to_owned())) {
            return Err(PatternError::Reserved);
        }
        let except = Vec::new();
        Ok(Self { parts, except })
    }

    /// The same without the paths that one of these patterns matches.
    #[must_use]
    pub fn except(mut self, except: Vec<Self>) -> Self {
        self.except = except;
        self
    }

    /// True when some path may match both patterns; never false when there is one.
    pub fn overlaps(&self, other: &Self) -> bool {
        let mut both = self.parts.iter().zip(&other.parts);
        let is_rest =
            |pattern: &Self, place: usize| pattern.parts.get(place) == Some(&PatternPart::Rest);
        let length = self.parts.len().min(other.parts.len());
        let differs = both.any(|(a, b)| match (a, b) {
            (PatternPart::Rest, _) | (_, PatternPart::Rest) => false,
            (PatternPart::Literal(a), PatternPart::Literal(b)) => a != b,
            (PatternPart::Named { before, after, .. }, PatternPart::Literal(literal))
            | (PatternPart::Literal(literal), PatternPart::Named { before, after, .. }) => {
                !literal.starts_with(before.as_str()) || !literal.ends_with(after.as_str())
            }
            (PatternPart::Glob(glob), PatternPart::Literal(literal))
            | (PatternPart::Literal(literal), PatternPart::Glob(glob)) => !glob.fits(literal),
            // Never wrongly false: whether two pairs of fixed beginnings and ends exclude each
            // other is not worked out.
            (
                PatternPart::Named { .. } | PatternPart::Glob(_),
                PatternPart::Named { .. } | PatternPart::Glob(_),
            ) => false,
        });
        let ends_alike = self.parts.len() == other.parts.len()
            || (0..=length).any(|place| is_rest(self, place) || is_rest(other, place));
        !differs && ends_alike
    }

    /// The values of the names, when the path matches this route.
    pub fn matches(&self, path: &Segments) -> Option<Vec<(String, String)>> {
        let is_excepted = self
            .except
            .iter()
            .any(|other| other.matches(path).is_some());
        if is_excepted {
            return None;
        }
        let mut values = Vec::new();
        let mut segments = path.0.iter();
        for part in &self.parts {
            match part {
                PatternPart::Rest => return Some(values),
                PatternPart::Literal(literal) => {
                    if segments.next()? != literal {
                        return None;
                    }
                }
                PatternPart::Glob(glob) => {
                    // As for a name: the end of a path with a slash is no segment.
                    if !segments
                        .next()
                        .is_some_and(|text| !text.is_empty() && glob.fits(text))
                    {
                        return None;
                    }
                }
                PatternPart::Named {
                    before,
                    name,
                    after,
                } => {
                    let value = segments.next()?.strip_prefix(before.as_str())?;
                    let value = value
                        .strip_suffix(after.as_str())
                        .filter(|value| !value.is_empty())?;
                    values.push((name.clone(), value.to_owned()));
                }
            }
        }
        segments.next().is_none().then_some(values)
    }

    /// Orders the more specific of two patterns first: literals before names, a name with a fixed
    /// beginning or end before one without, a rest last.
    pub fn by_specificity(&self, other: &Self) -> Ordering {
        let parts = self.parts.iter().map(PatternPart::looseness);
        parts.cmp(other.parts.iter().map(PatternPart::looseness))
    }

    /// True when both match the same paths, whatever their names are called.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let is_same = |(one, other): (&PatternPart, &PatternPart)| match (one, other) {
            (
                PatternPart::Named { before, after, .. },
                PatternPart::Named {
                    before: b,
                    after: a,
                    ..
                },
            ) => (before, after) == (b, a),
            _ => one == other,
        };
        self.parts.len() == other.parts.len()
            && self.except == other.except
            && self.parts.iter().zip(&other.parts).all(is_same)
    }

    /// True when it ends in `**`.
    pub fn has_rest(&self) -> bool {
        self.parts.last() == Some(&PatternPart::Rest)
    }

    /// A segment that is literal and was most likely not meant so: `:id`, `a?b=1`.
    pub fn odd_literal(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| match part {
            PatternPart::Literal(text)
                if text.starts_with(':') || text.contains(['?', '#', '<', '$']) =>
            {
                Some(text.as_str())
            }
            _ => None,
        })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            PatternPart::Named { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }
}

fn parse_part(piece: &str) -> Result<PatternPart, PatternError> {
    let Some((before, rest)) = piece.split_once('{') else {
        if piece.contains('}') {
            return Err(PatternError::Braces);
        }
        if piece.contains("**") {
            return Err(PatternError::RestNotLast);
        }
        if piece.contains('*') {
            return match Segments::parse(&format!("/{piece}")) {
                Ok(segments) => Ok(PatternPart::Glob(NameGlob::new(&segments.0[0]))),
                Err(_) => Err(PatternError::Segment),
            };
        }
        return match Segments::parse(&format!("/{piece}")) {
            Ok(segments) => Ok(PatternPart::Literal(segments.0[0].clone())),
            Err(_) => Err(PatternError::Segment),
        };
    };
    let (name, after) = rest.split_once('}').ok_or(PatternError::Braces)?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    // Where a name ends and a star begins, two readings differ.
    if !is_name || after.contains(['{', '}', '*']) || before.contains('*') {
        return Err(PatternError::Braces);
    }
    Ok(PatternPart::Named {
        before: before.to_owned(),
        name: name.to_owned(),
        after: after.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, path: &str, expected: Option<&[(&str, &str)]>) {
        let values = Pattern::parse(pattern)
            .unwrap()
            .matches(&Segments::parse(path).unwrap());
        let expected = expected.map(|pairs| {
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        });
        assert_eq!(values, expected);
    }

    #[test]
    fn a_route_takes_its_own_paths_only() {
        check("/fiche/{id}", "/fiche/12", Some(&[("id", "12")]));
        check("/fiche/{id}", "/fiche/a%20b", Some(&[("id", "a b")]));
        check("/fiche/{id}", "/fiche", None);
        check("/fiche/{id}", "/fiche/", None);
        check("/fiche/{id}", "/fiche/12/x", None);
        check("/fiche/{id}.json", "/fiche/12.json", Some(&[("id", "12")]));
        check("/fiche/{id}.json", "/fiche/12.xml", None);
        check("/", "/", Some(&[]));
        check("/static/**", "/static/a/b.css", Some(&[]));
        check("/static/**", "/statics", None);
        check("/Fiche", "/fiche", None);
    }

    #[test]
    fn a_path_that_can_be_read_two_ways_is_refused() {
        for path in [
            "fiche",
            "//fiche",
            "/a//b",
            "/a/../b",
            "/a/%2e%2e/b",
            "/./a",
            "/a%2fb",
            "/a%5Cb",
            "/a\\b",
            "/a;x=1",
            "/a%00",
            "/a%0d%0a",
            "/a%",
            "/a%zz",
            "/a%252fb",
            "/a%ff",
        ] {
            assert!(Segments::parse(path).is_err(), "{path}");
        }
        assert!(Segments::parse(&format!("/{}", "a".repeat(9000))).is_err());
    }

    #[test]
    fn a_route_cannot_take_what_is_digues_own() {
        assert_eq!(Pattern::parse("/.digue/x"), Err(PatternError::Reserved));
        assert!(Segments::parse("/.digue/x").unwrap().is_reserved());
        assert!(Segments::parse("/%2eDIGUE/x").unwrap().is_reserved());
    }

    #[test]
    fn the_most_specific_pattern_comes_first() {
        let order = [
            "/a/b",
            "/a/{x}.json",
            "/a/x{x}",
            "/a/{x}",
            "/a/**",
            "/{x}/b",
            "/**",
        ];
        let mut patterns: Vec<Pattern> = order
            .iter()
            .rev()
            .map(|text| Pattern::parse(text).unwrap())
            .collect();
        patterns.sort_by(Pattern::by_specificity);
        let expected: Vec<Pattern> = order
            .iter()
            .map(|text| Pattern::parse(text).unwrap())
            .collect();
        assert_eq!(patterns, expected);
        assert!(
            Pattern::parse("/a/{x}")
                .unwrap()
                .is_same_as(&Pattern::parse("/a/{y}").unwrap())
        );
        assert_eq!(
            Pattern::parse("/fiche/:id").unwrap().odd_literal(),
            Some(":id")
        );
    }

    #[test]
    fn a_star_is_any_text_of_one_segment() {
        check("/export-*.csv", "/export-2026.csv", Some(&[]));
        check("/export-*.csv", "/export-2026.csv/x", None);
        check("/export-*.csv", "/export-a/b.csv", None);
        check("/export-*.csv", "/Export-2026.csv", None);
        check("/a/*", "/a/b", Some(&[]));
        check("/a/*", "/a/", None);
        check("/a/*/c", "/a/b/c", Some(&[]));
        let glob = |text: &str| Pattern::parse(text).unwrap();
        assert!(glob("/export-*.csv").overlaps(&glob("/export-1.csv")));
        assert!(!glob("/export-*.csv").overlaps(&glob("/export-1.xml")));
        assert!(glob("/export-*.csv").overlaps(&glob("/{name}")));
        let order = glob("/export-*.csv").by_specificity(&glob("/{name}"));
        assert_eq!(order, Ordering::Less);
    }

    #[test]
    fn a_path_that_is_excepted_belongs_to_another_route() {
        let all = Pattern::parse("/static/**").unwrap();
        let some = all.clone().except(vec![
            Pattern::parse("/static/photos/**").unwrap(),
            Pattern::parse("/static/*.pdf").unwrap(),
        ]);
        for (path, fits) in [
            ("/static/a.css", true),
            ("/static/photographie", true),
            ("/static/photos", false),
            ("/static/photos/1.jpg", false),
            ("/static/x.pdf", false),
        ] {
            let path = Segments::parse(path).unwrap();
            assert_eq!(some.matches(&path).is_some(), fits, "{path:?}");
        }
        assert!(!some.is_same_as(&all));
    }

    #[test]
    fn a_pattern_that_says_two_things_is_refused() {
        for pattern in [
            "fiche", "/a/**/b", "/{a}{b}", "/{a", "/a}", "/a//b", "/{}", "/../x", "/{a}*", "/*{a}",
            "/a**", "/**a",
        ] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
