//! Identifiers, their canonical form, and what a rule takes from a text.
//!
//! A portal may name one person by a public number, an internal key, an e-mail address or a NIR
//! written with spaces. Each kind has normalisation steps and a shape that the result must have.
//! Which persons the identifiers belong to is not known here.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use digue_types::visible::visible;
use smol_str::SmolStr;

use crate::pattern::SearchPattern;
use crate::printed::{PrintedForm, ShapeMarker};
use crate::shape::IdentifierShape;

/// One step towards the canonical form, applied in the order of the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Normalise {
    Trim,
    Upper,
    Lower,
    /// Removes all white space, including no-break spaces, and the separators `.`, `-`, `_`, `/`.
    Compact,
    /// Keeps ASCII digits only.
    Digits,
    /// Removes leading zeros; `000` becomes `0`.
    TrimZeros,
    /// A French NIR of 13 or 15 characters: compacted, upper case, without its two-digit key.
    Nir,
    /// Of a global identifier of GraphQL servers, `Type:id` in base 64 with this type, what stands
    /// after the colon; any other text stays as it is. Without the type `Dossier:42` would be the
    /// person 42.
    Relay(GlobalType),
}

/// The name of a type in global identifiers: a letter, then letters, digits and `_`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GlobalType {
    bytes: [u8; Self::BYTES_MAX],
    len: u8,
}

impl GlobalType {
    pub const BYTES_MAX: usize = 40;

    /// `None` for a name that no type has, or that is longer.
    pub fn parse(name: &str) -> Option<Self> {
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let mut bytes = [0; Self::BYTES_MAX];
        bytes
            .get_mut(..name.len())
            .filter(|_| is_name)?
            .copy_from_slice(name.as_bytes());
        let len = u8::try_from(name.len()).ok()?;
        Some(Self { bytes, len })
    }

    pub fn as_str(&self) -> &str {
        let bytes = &self.bytes[..usize::from(self.len)];
        std::str::from_utf8(bytes).expect("the name of a type is ASCII")
    }

    /// A pattern for the global identifiers of this type and of no other: the signs of base 64 that
    /// only the name and the colon decide, then any.
    pub fn pattern(&self) -> String {
        let named = format!("{}:", self.as_str());
        let mut written = BASE64.encode(&named);
        // Of the bits of whole bytes, six make a sign; the last one depends on the identifier.
        written.truncate(named.len() * 8 / 6);
        format!("{written}[0-9A-Za-z+/]+={{0,2}}")
    }
}

impl Normalise {
    /// Those without a type of their own.
    pub const ALL: [(&'static str, Self); 7] = [
        ("trim", Self::Trim),
        ("upper", Self::Upper),
        ("lower", Self::Lower),
        ("compact", Self::Compact),
        ("digits", Self::Digits),
        ("trim-zeros", Self::TrimZeros),
        ("nir", Self::Nir),
    ];

    /// How maps write it.
    pub fn code(self) -> String {
        if let Self::Relay(of) = self {
            return format!("{RELAY}{}", of.as_str());
        }
        let known = Self::ALL.iter().find(|(_, step)| *step == self);
        known.map_or_else(String::new, |(name, _)| (*name).to_owned())
    }

    pub fn parse(code: &str) -> Option<Self> {
        if let Some(of) = code.strip_prefix(RELAY) {
            return GlobalType::parse(of).map(Self::Relay);
        }
        Self::ALL
            .iter()
            .find(|(name, _)| *name == code)
            .map(|(_, step)| *step)
    }

    fn apply(self, text: Cow<'_, str>) -> Cow<'_, str> {
        let kept = |keep: fn(char) -> bool, text: Cow<'_, str>| {
            if text.chars().all(keep) {
                text.into_owned()
            } else {
                text.chars().filter(|&c| keep(c)).collect()
            }
        };
        match self {
            Self::Trim => Cow::Owned(text.trim().to_owned()),
            Self::Upper => Cow::Owned(text.to_uppercase()),
            Self::Lower => Cow::Owned(text.to_lowercase()),
            Self::Compact => Cow::Owned(kept(
                |c| !c.is_whitespace() && !".-_/\u{202f}".contains(c),
                text,
            )),
            Self::Digits => Cow::Owned(kept(|c| c.is_ascii_digit(), text)),
            Self::TrimZeros => {
                let trimmed = text.trim_start_matches('0');
                let all_zeros = trimmed.is_empty() && !text.is_empty();
                Cow::Owned(if all_zeros {
                    "0".to_owned()
                } else {
                    trimmed.to_owned()
                })
            }
            Self::Nir => {
                let compact = Self::Upper.apply(Self::Compact.apply(text)).into_owned();
                // `is_ascii` first makes the cut at 13 a character boundary.
                let is_long = compact.len() == 15 && compact.is_ascii();
                Cow::Owned(if is_long {
                    compact[..13].to_owned()
                } else {
                    compact
                })
            }
            Self::Relay(of) => match relay_id(&text) {
                Some((its, own)) if its == of => Cow::Owned(own),
                Some(_) | None => text,
            },
        }
    }
}

/// Before the type, where maps write the step.
const RELAY: &str = "relay:";

/// The longest global identifier that is decoded: beyond it there is no identifier of a person.
const RELAY_BYTES_MAX: usize = 1024;

/// The type and the identifier in a global one: of `VXNhZ2VyOjQy`, which is `Usager:42` in base 64,
/// `Usager` and `42`.
pub fn relay_id(text: &str) -> Option<(GlobalType, String)> {
    // A type of one letter and an identifier of one sign are three bytes.
    if !(4..=RELAY_BYTES_MAX).contains(&text.len()) || !text.len().is_multiple_of(4) {
        return None;
    }
    let bytes = BASE64.decode(text).ok()?;
    let decoded = String::from_utf8(bytes).ok()?;
    let (type_name, own) = decoded.split_once(':')?;
    let of = GlobalType::parse(type_name)?;
    let is_shown = !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_graphic());
    is_shown.then(|| (of, own.to_owned()))
}

/// A kind of identifier by which the portal names persons.
#[derive(Clone, Debug)]
pub struct IdentifierKind {
    pub name: String,
    pub steps: Vec<Normalise>,
    /// The canonical form must match this; a value that does not makes the response unreadable.
    pub shape: Option<IdentifierShape>,
}

impl IdentifierKind {
    /// The canonical form; `None` when the text does not have the shape of this kind.
    ///
    /// Surrounding white space and invisible characters are never part of an identifier: a person
    /// does not see them, and portals write them by accident.
    pub fn canonical(&self, text: &str) -> Option<SmolStr> {
        // Most identifiers are written as they are: nothing invisible, and nothing to trim.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let visible = if is_plain {
            Cow::Borrowed(text)
        } else {
            visible(text)
        };
        let trimmed = if is_plain { text } else { visible.trim() };
        let normal = self
            .steps
            .iter()
            .fold(Cow::Borrowed(trimmed), |text, step| step.apply(text));
        let fits = self
            .shape
            .as_ref()
            .is_none_or(|shape| shape.is_match(&normal));
        // The bound of a reference in the journal: a longer identifier could not be written down,
        // so it must not pass for a readable one.
        (fits && normal.len() <= digue_types::person::PERSON_REF_BYTES_MAX && !normal.is_empty())
            .then(|| SmolStr::new(&normal))
    }

    /// True when the shape rejects words found in every table: a text of that shape is then an
    /// identifier.
    pub fn has_telling_shape(&self) -> bool {
        const WORDS: [&str; 8] = [
            "nom",
            "NOM",
            "Total",
            "id",
            "Identifiant",
            "Marie",
            "2026",
            "12",
        ];
        self.shape.is_some() && WORDS.iter().all(|word| self.canonical(word).is_none())
    }

    /// How identifiers of this kind are recognised in any text; `None` where their shape does not
    /// tell them from ordinary ones.
    pub(crate) fn marker(&self) -> Option<&ShapeMarker> {
        let is_identifier = |text: &str| self.canonical(text).is_some();
        self.shape
            .as_ref()?
            .marker(self.printed_form(), is_identifier)
    }

    /// True when its steps make one identifier of both letter cases.
    pub fn folds_case(&self) -> bool {
        self.printed_form().folds_case
    }

    /// Which ways of printing an identifier its steps undo.
    pub(crate) fn printed_form(&self) -> PrintedForm {
        let has = |wanted: &[Normalise]| self.steps.iter().any(|step| wanted.contains(step));
        PrintedForm {
            folds_case: has(&[Normalise::Upper, Normalise::Lower, Normalise::Nir]),
            has_separators: has(&[Normalise::Compact, Normalise::Digits, Normalise::Nir]),
            has_leading_zeros: has(&[Normalise::TrimZeros]),
            has_key: has(&[Normalise::Nir]),
        }
    }

    /// True when a word of `text` has the shape of this kind, or when the kind has no shape.
    pub fn occurs_in(&self, text: &str) -> bool {
        let word_end = |c: char| !(c.is_alphanumeric() || "@.-_/+".contains(c));
        self.shape.is_none()
            || self.canonical(text).is_some()
            || text
                .split(word_end)
                .any(|word| !word.is_empty() && self.canonical(word).is_some())
    }
}

/// An identifier found in a message, in canonical form.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Identifier {
    /// Index in the list of kinds of the portal map.
    pub kind: usize,
    pub text: SmolStr,
}

/// What a rule takes from a text: all of it, or the parts that a pattern finds.
#[derive(Clone, Debug)]
pub struct Pick {
    pub kind: usize,
    /// The first group is the identifier, or the whole match without a group. Text that does not
    /// match is not an identifier, such as a link to another page.
    pub pattern: Option<SearchPattern>,
    /// The rule as written in the map, to name the one that failed.
    pub rule: SmolStr,
}

impl Pick {
    /// The whole text is the identifier.
    pub fn whole(kind: usize, rule: &str) -> Self {
        Self {
            kind,
            pattern: None,
            rule: rule.into(),
        }
    }

    pub fn by_pattern(kind: usize, pattern: SearchPattern, rule: &str) -> Self {
        Self {
            kind,
            pattern: Some(pattern),
            rule: rule.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_that_ordinary_texts_have_marks_nobody() {
        let marks = |steps: &[Normalise], text: &str| {
            let kind = IdentifierKind {
                name: "test".into(),
                steps: steps.to_vec(),
                shape: Some(IdentifierShape::new(&format!("^(?:{text})$")).unwrap()),
            };
            kind.marker()
                .map(|marker| matches!(marker, ShapeMarker::Runs(_)))
        };
        for text in [
            "[0-9]{7}[A-Z]",
            "P[0-9]{4}",
            "[0-9]{7}[A-Z]|K[0-9]{5}",
            "DOS-[0-9]{4}-[0-9]{5}",
        ] {
            assert_eq!(marks(&[], text), Some(true), "{text}");
            assert_eq!(
                marks(&[Normalise::Upper, Normalise::Compact], text),
                Some(true),
                "{text}"
            );
        }
        assert_eq!(marks(&[], "(?:AB|CDE)[0-9]{6}"), Some(false));
        for text in [
            "[0-9A-Z]{1,20}",
            "[A-Z][0-9]{1,8}",
            "P[0-9]+",
            "[0-9]{7}",
            "[12][0-9]{4}[0-9AB]{2}[0-9]{6}",
            ".+@.+",
            "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            r"[a-z]+\.[a-z]+\.[0-9]{1,4}",
            "[A-Za-z0-9-]{1,40}",
            "[0-9a-f]{24}",
            "[0-9A-HJKMNP-TV-Z]{26}",
            "[A-Za-z0-9_-]{21}",
            "c[a-z0-9]{24}",
        ] {
            assert_eq!(marks(&[], text), None, "{text}");
        }
    }

    #[track_caller]
    fn check(steps: &[Normalise], shape: &str, text: &str, expected: Option<&str>) {
        let shape = Some(IdentifierShape::new(shape).unwrap());
        let kind = IdentifierKind {
            name: "test".into(),
            steps: steps.to_vec(),
            shape,
        };
        assert_eq!(kind.canonical(text).as_deref(), expected);
    }

    #[test]
    fn a_global_identifier_of_another_type_is_nobodys_number() {
        let step = Normalise::parse("relay:Usager").expect("a step");
        assert_eq!(step.code(), "relay:Usager");
        let own = |text: &str| step.apply(Cow::Borrowed(text)).into_owned();
        assert_eq!(own("VXNhZ2VyOjQy"), "42");
        // `Dossier:42` is another record, and stays what it is.
        assert_eq!(own("RG9zc2llcjo0Mg=="), "RG9zc2llcjo0Mg==");
        let Normalise::Relay(of) = step else {
            panic!("a step with a type")
        };
        let pattern = regex::Regex::new(&format!("^(?:{})$", of.pattern())).unwrap();
        assert!(pattern.is_match("VXNhZ2VyOjQy") && pattern.is_match("VXNhZ2VyOjE="));
        assert!(!pattern.is_match("RG9zc2llcjo0Mg==") && !pattern.is_match("historique"));
        for wrong in ["relay", "relay:", "relay:2x", "relay:a b"] {
            assert_eq!(Normalise::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_nir_is_one_whether_written_with_spaces_or_with_its_key() {
        let shape = "^[12][0-9]{4}[0-9AB]{2}[0-9]{6}$";
        check(
            &[Normalise::Nir],
            shape,
            "1 85 05 78 006 084 91",
            Some("1850578006084"),
        );
        check(
            &[Normalise::Nir],
            shape,
            "1\u{202f}85\u{a0}05 78 006 084",
            Some("1850578006084"),
        );
        check(
            &[Normalise::Nir],
            shape,
            "2850 52A 006 084 13",
            Some("285052A006084"),
        );
        check(&[Normalise::Nir], shape, "not a number", None);
    }

    #[test]
    fn steps_apply_in_order() {
        check(
            &[Normalise::Trim, Normalise::Lower],
            "^.+@.+$",
            " Marie@Exemple.FR ",
            Some("marie@exemple.fr"),
        );
        check(
            &[Normalise::Digits, Normalise::TrimZeros],
            "^[0-9]+$",
            "n° 000120",
            Some("120"),
        );
        check(&[Normalise::TrimZeros], "^[0-9]+$", "000", Some("0"));
    }
}
