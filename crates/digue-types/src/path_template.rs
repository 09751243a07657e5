//! Addresses that differ only in identifiers are one route: `/fiche/{x}`.
//!
//! A segment is variable when it is known, typed (a number, a UUID, a token), or when many values
//! stand at its place with answers of one shape. Words stay: a literal segment of the map is never
//! loosened by two examples.

use smol_str::SmolStr;

/// True for a segment that is typed as a value: digits, a date, a UUID, a long token, an address of
/// mail.
pub fn is_variable(segment: &str) -> bool {
    is_digits(segment)
        || has_form(segment, "dddd-dd")
        || has_form(segment, "dddd-dd-dd")
        || has_form(segment, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
        || segment.len() >= 16 && segment.bytes().all(|byte| byte.is_ascii_hexdigit())
        || is_ulid(segment)
        || is_mail_address(segment)
        || is_token(segment)
        || is_short_token(segment)
}

fn is_digits(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// `d` stands for a digit, `x` for a hexadecimal one, any other sign for itself.
fn has_form(segment: &str, form: &str) -> bool {
    let fits = |(byte, form): (u8, u8)| match form {
        b'd' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_hexdigit(),
        sign => byte == sign,
    };
    segment.len() == form.len() && segment.bytes().zip(form.bytes()).all(fits)
}

/// Crockford's base 32 in capitals, without I, L, O and U.
fn is_ulid(segment: &str) -> bool {
    let is_sign =
        |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase() && !b"ILOU".contains(&byte);
    segment.len() == 26 && segment.bytes().all(is_sign)
}

fn is_mail_address(segment: &str) -> bool {
    segment.split_once('@').is_some_and(|(user, domain)| {
        !user.is_empty() && !domain.is_empty() && !domain.contains('@')
    }) && !segment.contains(char::is_whitespace)
}

/// A long text of letters and digits in no order: a token, and no word or slug.
pub fn is_token(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = segment
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_=.~".contains(&byte));
    let letters = segment.bytes().filter(u8::is_ascii_alphabetic).count();
    let runs = segment
        .as_bytes()
        .windows(2)
        .filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit())
        .count();
    // Base 64 has few digits, and its letters change case where words do not.
    let changes = segment
        .as_bytes()
        .windows(2)
        .filter(|two| {
            two.iter().all(u8::is_ascii_alphanumeric) && sign_class(two[0]) != sign_class(two[1])
        })
        .count();
    let is_in_no_order =
        digits >= 3 && letters >= 3 && runs >= 5 || digits >= 1 && changes * 3 >= segment.len();
    is_plain && segment.len() >= 16 && is_in_no_order
}

/// The identifiers of a few libraries, which are shorter: letters and digits without any sign
/// between (`mg7jeawalav2sbe`).
fn is_short_token(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let runs = bytes
        .windows(2)
        .filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit())
        .count();
    let is_plain = bytes.iter().all(u8::is_ascii_alphanumeric);
    is_plain && bytes.len() >= 14 && digits >= 2 && runs >= 3
}

fn sign_class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'0',
        b'A'..=b'Z' => b'A',
        _ => b'a',
    }
}

/// `export-2026-11-29`, `Personnes (2) - 1795979511350`: the name of a file that was made for one
/// request.
fn is_dated(stem: &str) -> bool {
    let bytes = stem.as_bytes();
    let has_date = bytes
        .windows(10)
        .any(|part| std::str::from_utf8(part).is_ok_and(|part| has_form(part, "dddd-dd-dd")));
    let mut digits = 0;
    let has_time = bytes.iter().any(|byte| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        digits >= 10
    });
    has_date || has_time
}

/// True for a segment that looks like a word of the portal's own, and like no value of a request:
/// letters with hyphens between, `v2`, `oauth2`, an ending. What may be a person's (`jean.dupont`,
/// `A12`, `Jean Dupont`) is none.
pub fn is_word(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    let ending = ENDINGS
        .iter()
        .chain(&PROGRAMS)
        .find(|ending| lower.ends_with(**ending));
    let stem = &segment[..segment.len() - ending.map_or(0, |ending| ending.len())];
    let letters = stem.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let digits = stem.len() - letters.len();
    let is_plain = letters
        .chars()
        .all(|sign| sign.is_alphabetic() || "-_".contains(sign));
    let is_numbered = match digits {
        0 => true,
        1 => letters == "v" || letters.chars().count() >= 3,
        _ => letters == "v" && digits == 2,
    };
    is_plain && is_numbered && segment.len() <= WORD_BYTES_MAX
}

/// The longest word; what is longer is a title or a token.
const WORD_BYTES_MAX: usize = 40;

/// One segment of a template.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TemplatePart {
    Literal(SmolStr),
    /// With what follows the value in its segment: `.json`.
    Variable {
        after: SmolStr,
    },
}

/// The template of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathTemplate(pub Vec<TemplatePart>);

/// The endings of segments that say a format, and are no part of a value.
const ENDINGS: [&str; 20] = [
    ".json", ".xml", ".csv", ".xlsx", ".xls", ".pdf", ".html", ".htm", ".txt", ".zip", ".jpg",
    ".jpeg", ".png", ".gif", ".svg", ".webp", ".docx", ".odt", ".vcf", ".ics",
];

/// The endings of programs and resources.
const PROGRAMS: [&str; 12] = [
    ".php", ".asp", ".aspx", ".jsp", ".jsf", ".do", ".action", ".cgi", ".js", ".css", ".woff2",
    ".ico",
];

/// The length of an ending that is none of [`ENDINGS`]: a full stop and two to five small letters.
fn other_ending(segment: &str) -> usize {
    match segment.rsplit_once('.') {
        Some((stem, ending))
            if !stem.is_empty()
                && (2..=5).contains(&ending.len())
                && ending.bytes().all(|byte| byte.is_ascii_lowercase()) =>
        {
            ending.len() + 1
        }
        _ => 0,
    }
}

impl PathTemplate {
    /// The template of decoded segments; `is_known` says of a text whether it is a known
    /// identifier.
    pub fn of(segments: &[String], is_known: &dyn Fn(&str) -> bool) -> Self {
        let part = |segment: &String| {
            let ending = ENDINGS
                .iter()
                .find(|ending| segment.to_ascii_lowercase().ends_with(**ending));
            let length = ending.map_or_else(|| other_ending(segment), |ending| ending.len());
            let (stem, after) = segment.split_at(segment.len() - length);
            let is_file = length > 0 && is_dated(stem);
            if !stem.is_empty() && (is_known(stem) || is_variable(stem) || is_file) {
                return TemplatePart::Variable {
                    after: SmolStr::new(after),
                };
            }
            if is_known(segment) || is_variable(segment) {
                return TemplatePart::Variable {
                    after: SmolStr::default(),
                };
            }
            TemplatePart::Literal(SmolStr::new(segment))
        };
        Self(segments.iter().map(part).collect())
    }

    /// As the map writes it: `/fiche/{x}/notes/{y}.json`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut names = variable_names();
        for part in &self.0 {
            text.push('/');
            match part {
                TemplatePart::Literal(literal) => text.push_str(&encoded(literal)),
                TemplatePart::Variable { after } => {
                    text.push('{');
                    text.push_str(&names.next().unwrap_or_default());
                    text.push('}');
                    text.push_str(&encoded(after));
                }
            }
        }
        if text.is_empty() {
            "/".to_owned()
        } else {
            text
        }
    }

    /// The name and the place of each variable segment.
    pub fn variables(&self) -> impl Iterator<Item = (usize, String)> + use<'_> {
        let places = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, part)| matches!(part, TemplatePart::Variable { .. }));
        places.map(|(place, _)| place).zip(variable_names())
    }

    /// The template with a variable at `place`.
    pub fn with_variable(&self, place: usize) -> Self {
        let mut parts = self.0.clone();
        parts[place] = TemplatePart::Variable {
            after: SmolStr::default(),
        };
        Self(parts)
    }
}

/// `x`, `y`, `z`, `x4`, `x5`...
fn variable_names() -> impl Iterator<Item = String> {
    let first = ["x", "y", "z"].into_iter().map(str::to_owned);
    first.chain((4..).map(|number| format!("x{number}")))
}

/// A literal segment as a map writes it: signs that a path or a template gives a meaning are
/// encoded.
fn encoded(literal: &str) -> String {
    const SIGNS: percent_encoding::AsciiSet = percent_encoding::CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'`')
        .add(b'{')
        .add(b'}')
        .add(b'%');
    percent_encoding::utf8_percent_encode(literal, &SIGNS).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::path::{Pattern, Segments};

    fn template(path: &str) -> String {
        let segments: Vec<String> = path[1..].split('/').map(str::to_owned).collect();
        PathTemplate::of(&segments, &|text| text == "marie").text()
    }

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(template(path), expected);
    }

    #[test]
    fn values_are_variable_and_words_stay() {
        check("/fiche/12", "/fiche/{x}");
        check("/fiche/12/notes/2026-01-31", "/fiche/{x}/notes/{y}");
        check("/fiche/12.json", "/fiche/{x}.json");
        check("/u/marie/edit", "/u/{x}/edit");
        check("/u/jean/edit", "/u/jean/edit");
        check("/api/v1/users", "/api/v1/users");
        check("/a/0b7f9d6e-3f0e-7f6e-9d4c-0a1b2c3d4e5f", "/a/{x}");
        check("/a/01ARZ3NDEKTSV4RRFFQ69G5FAV/", "/a/{x}/");
        check("/tmp/JkmiuuCQ3FfIaMaKLKdD1795977639.csv", "/tmp/{x}.csv");
        check("/tmp/lsBMbsKZxNiX84TdUXBp1795977642.ldif", "/tmp/{x}.ldif");
        check("/dltemp/WEfIvkzMuUud66bg/1795990200000", "/dltemp/{x}/{y}");
        check("/f/Personnes (Vue) - 1795979511350.csv", "/f/{x}.csv");
        check("/f/export-2026-11-29.csv", "/f/{x}.csv");
        check(
            "/listeDesPersonnesInscrites2",
            "/listeDesPersonnesInscrites2",
        );
        check("/nc/mg7jeawalav2sbe/views", "/nc/{x}/views");
        check("/reset/Mjk-5x1-9c8b7a6d5e4f3a2b1c", "/reset/{x}");
        check(
            "/blog/how-to-write-a-long-title-2024",
            "/blog/how-to-write-a-long-title-2024",
        );
        check("/1/2/3/4", "/{x}/{y}/{z}/{x4}");
        check("/", "/");
    }

    #[test]
    fn a_word_of_the_portal_is_told_from_what_may_be_a_value() {
        for word in [
            "",
            "fiche",
            "mes-dossiers",
            "élèves",
            "API",
            "v2",
            "v12",
            "oauth2",
            "liste.json",
            "index.php",
        ] {
            assert!(is_word(word), "{word}");
        }
        let long = "un-titre-assez-long-pour-etre-celui-d-un-texte";
        for value in [
            "12",
            "A12",
            "ab1",
            "2A",
            "jean.dupont",
            "j@d.fr",
            "Jean Dupont",
            "x.json2",
            "1000040B.json",
            long,
        ] {
            assert!(!is_word(value), "{value}");
        }
    }

    #[test]
    fn a_literal_that_means_something_to_a_map_is_encoded() {
        check("/a{b}/c d", "/a%7Bb%7D/c%20d");
    }

    proptest! {
        /// Every path that a gateway accepts has a template that matches it.
        #[test]
        fn a_template_matches_its_own_path(path in "(/[a-zA-Z0-9 {}.@é_-]{1,20}){1,5}/?") {
            let raw: String = path.split('/').map(|part| {
                percent_encoding::utf8_percent_encode(part, percent_encoding::NON_ALPHANUMERIC).to_string()
            }).collect::<Vec<_>>().join("/");
            if let Ok(segments) = Segments::parse(&raw) {
                let decoded: Vec<String> = path[1..].split('/').map(str::to_owned).collect();
                let text = PathTemplate::of(&decoded, &|_| false).text();
                let pattern = Pattern::parse(&text);
                prop_assert!(pattern.is_ok(), "{} {}", path, text);
                prop_assert!(pattern.unwrap().matches(&segments).is_some(), "{} {}", path, text);
            }
        }
    }
}
