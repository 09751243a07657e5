//! Known identifiers in one text: the whole of it, a segment or a parameter of an address, or after
//! a fixed text.
//!
//! The context becomes the pattern of the rule that finds the next one.

use std::fmt::Write as _;

use digue_types::path_template::is_variable;
use smol_str::{SmolStr, format_smolstr};

use crate::entity::{entity_words, is_action, person_word};
use crate::known::{KnownPersons, KnownValue, Spelling};
use crate::shape::Telling;

/// The longest text that is examined word by word for identifiers after a fixed text.
const AFTER_BYTES_MAX: usize = 200;

/// The longest fixed text before an identifier.
const BEFORE_CHARS_MAX: usize = 24;

/// Where in a text an identifier is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ValueContext {
    /// The text is nothing else.
    Whole,
    /// A segment of an address, after these segments: `fiche`, or `x/{}` after a variable one.
    Path(SmolStr),
    /// A parameter of an address.
    Query(SmolStr),
    /// After a fixed text: `row-`.
    After(SmolStr),
}

impl ValueContext {
    /// The pattern whose only group is the identifier; `None` where the text is nothing else.
    pub fn pattern(&self, shape: &str) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Path(before) => {
                let before = path_pattern(before);
                Some(format!(r#"{before}({shape})(?:[/?#.;,&"'<>\s\\]|$)"#))
            }
            Self::Query(name) => Some(format!(
                r#"[?&;]{}=({shape})(?:[&;#"'<>\s\\]|$)"#,
                regex::escape(name)
            )),
            Self::After(text) => Some(format!(
                "{}({shape})(?:[^0-9A-Za-z_-]|$)",
                regex::escape(text)
            )),
        }
    }

    /// True for parameters that number pages and other things of any list.
    pub fn is_paging(&self) -> bool {
        match self {
            Self::Query(name) => is_paging_name(name),
            Self::Path(before) => before
                .rsplit('/')
                .find(|segment| !segment.is_empty())
                .is_some_and(is_paging_name),
            Self::Whole | Self::After(_) => false,
        }
    }

    /// True when the context itself calls a person: `/eleves/{x}`, `?patient_id=`.
    pub(crate) fn calls_person(&self) -> bool {
        self.person_word().is_some()
    }

    /// The word by which it does.
    pub(crate) fn person_word(&self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Path(before) => {
                // A word before another value calls that one.
                let own = before.rsplit("{}").next().unwrap_or_default();
                let parts = own.split('/').filter(|part| !part.is_empty());
                let mut parts: Vec<&str> = parts.collect();
                // What is done with a thing names none: `usager/edit/12` is an `usager`.
                while parts.len() > 1 && parts.last().is_some_and(|last| is_action(last)) {
                    parts.pop();
                }
                person_word(&entity_words(parts.into_iter()))
            }
            Self::Query(name) | Self::After(name) => {
                person_word(&entity_words(std::iter::once(name.as_str())))
            }
        }
    }
}

/// What stands before a segment of an address.
#[derive(Clone, Debug, Default)]
pub(crate) struct SegmentsBefore {
    /// Literal segments; `None` for variable ones.
    parts: Vec<Option<SmolStr>>,
}

impl SegmentsBefore {
    pub(crate) fn push_literal(&mut self, segment: &str) {
        self.parts.push(Some(SmolStr::new(segment)));
    }

    pub(crate) fn push_variable(&mut self) {
        self.parts.push(None);
    }

    /// The context of a value that is told from most others by itself: the last literal segment.
    pub(crate) fn near(&self) -> ValueContext {
        let literal = self.parts.iter().rev().flatten().next();
        let is_last = self.parts.last().is_some_and(Option::is_some);
        ValueContext::Path(match (literal, is_last) {
            (Some(literal), true) => literal.clone(),
            (Some(literal), false) => format_smolstr!("{literal}/{{}}"),
            (None, _) if self.parts.is_empty() => SmolStr::default(),
            (None, _) => SmolStr::new_static("{}"),
        })
    }

    /// The context of a number that any thing may have: from the last literal segment but one.
    pub(crate) fn far(&self) -> ValueContext {
        let literals = self.parts.iter().enumerate().rev();
        let mut literals = literals.filter(|(_, part)| part.is_some());
        let start = literals.nth(1).map_or(0, |(place, _)| place);
        let parts = self.parts[start..].iter();
        let parts: Vec<&str> = parts.map(|part| part.as_deref().unwrap_or("{}")).collect();
        ValueContext::Path(SmolStr::from(parts.join("/")))
    }

    fn of(&self, known: &KnownPersons, seen: &SpotSeen) -> ValueContext {
        let kind = match seen {
            SpotSeen::Known { value, .. } => value.kind,
            SpotSeen::Alike { kind } => *kind,
            SpotSeen::Variable(_) | SpotSeen::Other => return self.near(),
        };
        match known.kind(kind).telling() {
            Telling::Short => self.far(),
            Telling::Rare | Telling::Alone => self.near(),
        }
    }
}

/// True for a value whose name, after those around it, numbers pages and other things of any list:
/// `limit`, `page.numero`.
pub(crate) fn is_paging_place(names: &[&str]) -> bool {
    let is_of_pages = |name: &&str| matches!(*name, "page" | "pagination" | "paging" | "pager");
    let around = names.iter().rev().nth(1);
    names.last().is_some_and(|name| is_paging_name(name)) || around.is_some_and(is_of_pages)
}

/// True for letters and digits as numbers of files and members have them: `P00042`. A word of a
/// program may be written so, too.
pub(crate) fn is_code(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    (5..=64).contains(&text.len()) && text.bytes().all(is_plain) && digits >= 2 && letters >= 1
}

/// The segments before the value, `{}` for any one.
fn path_pattern(before: &str) -> String {
    let mut pattern = String::from("(?:^|/)");
    for segment in before.split('/').filter(|segment| !segment.is_empty()) {
        match segment {
            "{}" => pattern.push_str("[^/?#]+/"),
            _ => write!(pattern, "{}/", regex::escape(segment))
                .expect("writing to a `String` cannot fail"),
        }
    }
    pattern
}

/// True for names of parameters that number pages, rows, days and versions.
pub(crate) fn is_paging_name(name: &str) -> bool {
    const NAMES: [&str; 40] = [
        "page", "p", "limit", "size", "offset", "start", "count", "per", "year", "month", "day",
        "week", "tab", "step", "sort", "order", "version", "v", "lang", "next", "prev", "previous",
        "pagesize", "perpage", "cursor", "annee", "mois", "jour", "semaine", "taille", "nb",
        "nombre", "length", "draw", "first", "max", "min", "rows", "ts", "t",
    ];
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    NAMES.contains(&plain.to_ascii_lowercase().as_str())
}

/// An identifier, or what has the shape of one, in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) context: ValueContext,
    pub(crate) seen: SpotSeen,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SpotSeen {
    Known {
        value: KnownValue,
        spelling: Spelling,
    },
    /// It has the shape of this kind and is not in the list.
    Alike { kind: u16 },
    /// A typed value of an address, of no known kind.
    Variable(SmolStr),
    /// Another text, where one that fits was possible.
    Other,
}

impl SpotSeen {
    /// True for what is known, or has the shape of what is.
    pub(crate) const fn is_of_kind(&self) -> bool {
        matches!(self, Self::Known { .. } | Self::Alike { .. })
    }
}

/// What kind of text is examined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// A value of JSON, a cell, an attribute: perhaps an address.
    Value,
    /// An attribute that is always an address.
    Address,
}

/// Finds what is known in one text. The whole text is always reported, unless it is blank.
pub(crate) fn spots(known: &KnownPersons, text: &str, kind: TextKind, take: &mut dyn FnMut(Spot)) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if kind == TextKind::Value {
        let seen = see(known, text);
        let is_known = matches!(seen, SpotSeen::Known { .. });
        take(Spot {
            context: ValueContext::Whole,
            seen,
        });
        if is_known || !is_address(text) {
            if !is_known && text.len() <= AFTER_BYTES_MAX {
                after_fixed_text(known, text, take);
            }
            return;
        }
    }
    in_address(known, text, take);
}

fn see(known: &KnownPersons, text: &str) -> SpotSeen {
    match known.value(text) {
        Some((value, spelling)) => SpotSeen::Known { value, spelling },
        None => known
            .fitting(text)
            .map_or(SpotSeen::Other, |kind| SpotSeen::Alike { kind }),
    }
}

fn is_address(text: &str) -> bool {
    (text.contains('/') || text.starts_with('?')) && !text.contains(char::is_whitespace)
}

/// Segments and parameters of an address.
fn in_address(known: &KnownPersons, text: &str, take: &mut dyn FnMut(Spot)) {
    let text = text.split('#').next().unwrap_or(text);
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let path = path.find("://").map_or(path, |at| {
        let rest = &path[at + 3..];
        rest.find('/').map_or("", |slash| &rest[slash..])
    });
    let mut before = SegmentsBefore::default();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
        // `jean.dupont.12` identifies as it stands; of `P0001.json` the stem does.
        let is_whole = matches!(see(known, &decoded), SpotSeen::Known { .. });
        let stem = match decoded.split_once('.') {
            // An address of mail has full stops of its own.
            Some((stem, _)) if !is_whole && !decoded.contains('@') => stem,
            _ => &*decoded,
        };
        let seen = match see(known, stem) {
            SpotSeen::Other if is_variable(stem) || is_code(stem) => {
                SpotSeen::Variable(SmolStr::new(stem))
            }
            seen => seen,
        };
        let is_literal = !is_variable(stem) && !matches!(seen, SpotSeen::Known { .. });
        if seen != SpotSeen::Other {
            take(Spot {
                context: before.of(known, &seen),
                seen,
            });
        }
        match is_literal {
            true => before.push_literal(&decoded),
            false => before.push_variable(),
        }
    }
    // Older applications separate parameters by `;`, as HTML 4.01 advised (B.2.2).
    for pair in query.split(['&', ';']) {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let decoded = percent_encoding::percent_decode_str(value)
            .decode_utf8_lossy()
            .replace('+', " ");
        let seen = match see(known, &decoded) {
            SpotSeen::Other if is_variable(&decoded) || is_code(&decoded) => {
                SpotSeen::Variable(SmolStr::new(&decoded))
            }
            seen => seen,
        };
        if seen != SpotSeen::Other {
            take(Spot {
                context: ValueContext::Query(SmolStr::new(name)),
                seen,
            });
        }
    }
}

/// `row-P0001`, `eleve:2026001`, `uid=jean.dupont.12,ou=x`: a known value after a text without
/// digits or spaces.
fn after_fixed_text(known: &KnownPersons, text: &str, take: &mut dyn FnMut(Spot)) {
    // An identifier may have signs of its own.
    let is_word = |c: char| c.is_alphanumeric() || "._-@".contains(c);
    let mut has_taken = false;
    let mut count = |spot| {
        has_taken = true;
        take(spot);
    };
    after_text(known, text, is_word, &mut count);
    if !has_taken {
        after_text(known, text, char::is_alphanumeric, take);
    }
}

fn after_text(
    known: &KnownPersons,
    text: &str,
    is_part: impl Fn(char) -> bool,
    take: &mut dyn FnMut(Spot),
) {
    let mut at = 0;
    for part in text.split(|c: char| !is_part(c)) {
        let start = at;
        at += part.len()
            + text[at + part.len()..]
                .chars()
                .next()
                .map_or(0, char::len_utf8);
        if start == 0 || part.is_empty() {
            continue;
        }
        let Some((value, spelling)) = known.value(part) else {
            continue;
        };
        // A short number is nobody's by itself (decision 22), and `page-12` is any list's.
        if known.kind(value.kind).telling() == Telling::Short {
            continue;
        }
        let before = &text[..start];
        let before = before.rsplit(char::is_whitespace).next().unwrap_or(before);
        // A sign alone stands before any word: `"`.
        let says_something = known.kind(value.kind).telling() == Telling::Alone
            || before.chars().any(char::is_alphabetic);
        let is_fixed = says_something
            && !before.is_empty()
            && before.chars().count() <= BEFORE_CHARS_MAX
            && !before.chars().any(|c| c.is_numeric());
        if is_fixed {
            let context = ValueContext::After(SmolStr::new(before));
            take(Spot {
                context,
                seen: SpotSeen::Known { value, spelling },
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{ColumnChoice, PersonsTable};

    fn known(values: &[&str]) -> KnownPersons {
        let rows = values
            .iter()
            .map(|value| vec![(*value).to_owned()])
            .collect();
        let table = PersonsTable {
            header: vec!["id".into()],
            rows,
        };
        KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0
    }

    fn found(known: &KnownPersons, text: &str, kind: TextKind) -> Vec<(ValueContext, u32)> {
        let mut found = Vec::new();
        spots(known, text, kind, &mut |spot| {
            if let SpotSeen::Known { value, .. } = spot.seen {
                found.push((spot.context, value.person));
            }
        });
        found
    }

    #[test]
    fn a_known_value_is_found_in_each_of_its_contexts() {
        let known = known(&["P0001", "P0002", "P0003"]);
        let value = |text: &str| found(&known, text, TextKind::Value);
        assert_eq!(value(" P0002 "), [(ValueContext::Whole, 1)]);
        assert_eq!(
            value("/fiche/P0002?from=P0003"),
            [
                (ValueContext::Path("fiche".into()), 1),
                (ValueContext::Query("from".into()), 2),
            ]
        );
        assert_eq!(
            value("https://p.fr/a/P0001/b/P0002.json#x"),
            [
                (ValueContext::Path("a".into()), 0),
                (ValueContext::Path("b".into()), 1),
            ]
        );
        assert_eq!(
            value("row-P0003"),
            [(ValueContext::After("row-".into()), 2)]
        );
        assert_eq!(value("voir P0003"), []);
        assert_eq!(
            found(&known, "12/P0001", TextKind::Address),
            [(ValueContext::Path("{}".into()), 0)]
        );
        assert_eq!(
            found(&known, "/x/7/8/P0001", TextKind::Address),
            [(ValueContext::Path("x/{}".into()), 0)]
        );
    }

    #[test]
    fn short_numbers_are_not_found_inside_other_texts() {
        let known = known(&["1", "2", "12"]);
        assert_eq!(found(&known, "row-12", TextKind::Value), []);
        assert_eq!(
            found(&known, "12", TextKind::Value),
            [(ValueContext::Whole, 2)]
        );
    }

    #[test]
    fn the_pattern_of_a_context_takes_the_value_alone() {
        let taken = |context: ValueContext, text: &str| {
            let pattern = context
                .pattern("P[0-9]{4}")
                .map(|pattern| crate::shape::compiled(&pattern))?;
            Some(pattern.captures(text)?[1].to_owned())
        };
        let path = || ValueContext::Path("fiche".into());
        for text in [
            "/fiche/P0001",
            "fiche/P0001?x",
            "https://p.fr/fiche/P0001/notes",
            "/fiche/P0001.json",
        ] {
            assert_eq!(taken(path(), text).as_deref(), Some("P0001"), "{text}");
        }
        assert_eq!(taken(path(), "/mafiche/P0001"), None);
        assert_eq!(taken(path(), "/fiche/P00012"), None);
        let second = ValueContext::Path("x/{}".into());
        assert_eq!(taken(second, "/x/7/P0001").as_deref(), Some("P0001"));
        assert_eq!(
            taken(ValueContext::Query("id".into()), "/a?x=1&id=P0001").as_deref(),
            Some("P0001")
        );
        assert_eq!(
            taken(ValueContext::Query("id".into()), "/a?uid=P0001"),
            None
        );
        assert_eq!(
            taken(ValueContext::After("row-".into()), "row-P0001").as_deref(),
            Some("P0001")
        );
        assert_eq!(ValueContext::Whole.pattern("x"), None);
    }
}
