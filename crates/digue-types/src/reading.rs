//! How a response was read: by which means each person was found, and what could not be read.
//!
//! Holds no value of the portal, since failures are journalled and logged: a place is made of
//! positions, a shape replaces the letters and digits of a value.

use std::fmt;

use crate::coded::coded;

coded!(
    /// How a person was found in a response.
    Means {
        /// Where the portal map describes them, or as the portal reported them. The number is 0
        /// because entries of earlier versions hold no means.
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
        /// Nothing that the map describes is there, and the map does not say that this means
        /// nobody.
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
        /// A known name, and no identifier of that person.
        NameAlone = 21 "name-without-identifier",
    }
);

/// A part of a response that could not be read, and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadFailure {
    pub cause: UnreadCause,
    /// The rule of the map, as written there; empty when no single rule is concerned.
    pub rule: String,
    /// Path, cell or line.
    pub place: UnreadPlace,
    /// [`shape_of`] the value; empty when there is none.
    pub shape: String,
}

/// Greatest length of a shape, place or rule, in characters.
pub const UNREAD_CHARS_MAX: usize = 80;

impl ReadFailure {
    pub fn new(cause: UnreadCause) -> Self {
        Self {
            cause,
            rule: String::new(),
            place: UnreadPlace::default(),
            shape: String::new(),
        }
    }

    #[must_use]
    pub fn by_rule(mut self, rule: &str) -> Self {
        self.rule = bounded(rule);
        self
    }

    #[must_use]
    pub fn at(mut self, place: impl Into<UnreadPlace>) -> Self {
        self.place = UnreadPlace(bounded(place.into().as_str()));
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
        for (name, text) in [
            ("rule", &*self.rule),
            ("at", self.place.as_str()),
            ("shape", &*self.shape),
        ] {
            if !text.is_empty() {
                write!(f, ", {name} {text}")?;
            }
        }
        Ok(())
    }
}

/// Where something is in a message: positions, fixed words, and words that the portal map itself
/// writes.
///
/// Names inside a message (members, elements, sheets, files, media types) are chosen by the portal,
/// or by a person who uploads, and may be personal data. No function here takes one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UnreadPlace(String);

impl UnreadPlace {
    /// A fixed word and a position: `line 3`.
    pub fn numbered(word: &'static str, number: u64) -> Self {
        Self::from(word).and_number(number)
    }

    /// A place as an entry of the journal holds it.
    pub fn recorded(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub fn and(mut self, word: &'static str) -> Self {
        self.0.push_str(word);
        self
    }

    #[must_use]
    pub fn and_number(mut self, number: u64) -> Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// A cell by column from 0 and row from 1, as spreadsheets name it: `B7`.
    #[must_use]
    pub fn and_cell(mut self, column: usize, row: u32) -> Self {
        self.0.push_str(&column_letters(column));
        self.and_number(row.into())
    }

    /// A word as the portal map writes it: the name of a rule, or of a member that a path of the
    /// map names.
    #[must_use]
    pub fn and_map_word(mut self, word: &str) -> Self {
        self.0.push_str(word);
        self
    }

    #[must_use]
    pub fn and_place(mut self, place: &Self) -> Self {
        self.0.push_str(&place.0);
        self
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for UnreadPlace {
    fn from(word: &'static str) -> Self {
        Self(word.to_owned())
    }
}

impl fmt::Display for UnreadPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name that spreadsheets give a column, counted from 0: `A`, `B`, … `AA`.
pub fn column_letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

fn bounded(text: &str) -> String {
    // Without control characters, which would break the lines of a log.
    text.chars()
        .filter(|c| !c.is_control())
        .take(UNREAD_CHARS_MAX)
        .collect()
}

/// The shape of a value: letters become `A` or `a`, digits `9`, white space a space, other
/// characters `?`; a run of one kind is cut after twelve. ASCII punctuation stays: it tells a date
/// from a number and identifies nobody.
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
    fn a_cell_is_named_as_in_a_spreadsheet() {
        for (column, row, name) in [
            (0, 1, "A1"),
            (25, 7, "Z7"),
            (26, 7, "AA7"),
            (701, 2, "ZZ2"),
            (702, 2, "AAA2"),
        ] {
            let place = UnreadPlace::numbered("sheet ", 2)
                .and(" ")
                .and_cell(column, row);
            assert_eq!(place.as_str(), format!("sheet 2 {name}"));
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_printable() {
        let place = UnreadPlace::default().and_map_word(&"x\n".repeat(1000));
        let unread = ReadFailure::new(UnreadCause::ValueShape)
            .at(place)
            .by_rule("$.id");
        assert_eq!(unread.place.as_str().len(), UNREAD_CHARS_MAX);
        assert!(!unread.to_string().contains('\n'));
    }
}
