//! How a response was read: by which means each person was found, and what could not be read.
//!
//! Holds no value of the portal, since failures are journalled and logged: a place names a part of the
//! message, a shape replaces the letters and digits of a value.

use std::fmt;

use crate::event::coded;

coded!(
    /// How a person was found in a response.
    Means {
        /// Where the portal map describes them, or as the portal reported them. The number is 0 because
        /// entries of earlier versions hold no means.
        Described = 0 "described",
        /// Named by the request.
        Request = 1 "request",
        /// By a pattern, outside everything that the map describes.
        Sweep = 2 "sweep",
        /// By a pattern in a header.
        Header = 3 "header",
    }
);

coded!(
    /// Why a response, or a part of it, could not be read.
    UnreadCause {
        /// A value does not have the shape of an identifier.
        ValueShape = 1 "value-shape",
        /// A list, an object, `true` or an error cell stands where an identifier is expected.
        NotIdentifier = 2 "not-identifier",
        /// A record without an identifier of its own.
        NamelessRecord = 3 "nameless-record",
        /// Nothing that the map describes is there, and the map does not say that this means nobody.
        NoRecord = 4 "no-record",
        /// Text outside everything that the map describes.
        Undescribed = 5 "undescribed",
        /// Not valid as JSON, XML, CSV, HTML or a workbook.
        Syntax = 6 "syntax",
        CharacterSet = 7 "character-set",
        /// A content coding that is unknown, or a body that does not decompress.
        Coding = 8 "coding",
        /// A column is absent, or present twice.
        Column = 9 "column",
        ShortRow = 10 "short-row",
        /// A formula whose result is not stored in the file.
        Formula = 11 "formula",
        /// A date, a Boolean or an error in a cell of identifiers.
        CellType = 12 "cell-type",
        /// Two ways to interpret the same table give different persons.
        Ambiguous = 13 "ambiguous",
        TooDeep = 14 "too-deep",
        /// A part of the file that no reader handles.
        UnreadPart = 15 "unread-part",
        /// A number that lost digits to floating point.
        InexactNumber = 16 "inexact-number",
        /// A header that cannot be read, or is present twice.
        Header = 17 "header",
        /// More bytes, cells or identifiers than the limit.
        TooLarge = 18 "too-large",
        /// No rule for this media type.
        MediaType = 19 "media-type",
        /// The reader itself failed.
        Failed = 20 "failed",
    }
);

/// A part of a response that could not be read, and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadFailure {
    pub cause: UnreadCause,
    /// The rule of the map, as written there; empty when no single rule is concerned.
    pub rule: String,
    /// Path, cell or line.
    pub place: String,
    /// [`shape_of`] the value; empty when there is none.
    pub shape: String,
}

/// Greatest length of a shape, place or rule, in characters.
pub const UNREAD_CHARS_MAX: usize = 80;

impl ReadFailure {
    pub fn new(cause: UnreadCause) -> Self {
        Self { cause, rule: String::new(), place: String::new(), shape: String::new() }
    }

    #[must_use]
    pub fn by_rule(mut self, rule: &str) -> Self {
        self.rule = bounded(rule);
        self
    }

    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = bounded(&place.to_string());
        self
    }

    /// Keeps the shape of `value`, not the value.
    #[must_use]
    pub fn shaped_as(mut self, value: &str) -> Self {
        self.shape = shape_of(value);
        self
    }
}

impl fmt::Display for ReadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause.code())?;
        for (name, text) in [("rule", &self.rule), ("at", &self.place), ("shape", &self.shape)] {
            if !text.is_empty() {
                write!(f, ", {name} {text}")?;
            }
        }
        Ok(())
    }
}

fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(UNREAD_CHARS_MAX).collect()
}

/// The shape of a value: letters become `A` or `a`, digits `9`, white space a space, other characters `?`; a
/// run of one kind is cut after twelve. ASCII punctuation stays: it tells a date from a number and identifies
/// nobody.
pub fn shape_of(value: &str) -> String {
    let mut shape = String::new();
    let (mut last, mut run) = ('\0', 0);
    for c in value.chars().take(UNREAD_CHARS_MAX) {
        let kind = match c {
            _ if c.is_whitespace() => ' ',
            _ if c.is_numeric() => '9',
            _ if c.is_uppercase() => 'A',
            _ if c.is_alphabetic() => 'a',
            _ if c.is_ascii_punctuation() => c,
            _ => '?',
        };
        run = if kind == last { run + 1 } else { 1 };
        last = kind;
        if run <= 12 {
            shape.push(kind);
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_says_nothing_of_the_value() {
        assert_eq!(shape_of("Dupont-Léa 1985"), "Aaaaaa-Aaa 9999");
        assert_eq!(shape_of("marie@exemple.fr"), "aaaaa@aaaaaaa.aa");
        assert_eq!(shape_of(&"9".repeat(1000)), "9".repeat(12));
        assert_eq!(shape_of("a\nb\u{ad}"), "a a?");
    }

    #[test]
    fn what_is_kept_is_bounded_and_printable() {
        let unread = ReadFailure::new(UnreadCause::ValueShape).at("x\n".repeat(1000)).by_rule("$.id");
        assert_eq!(unread.place.len(), UNREAD_CHARS_MAX);
        assert!(!unread.to_string().contains('\n'));
    }
}
