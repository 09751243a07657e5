//! Fields of records: the shape of each, parsed once at the edge; afterwards the type is the proof.
//!
//! Forms, spreadsheets and the store use the same text form: a list of strings for each field. This
//! module knows no record and no language.

use digue_types::visible::is_blank;
use std::collections::BTreeMap;

use digue_types::list::Listed;
use digue_types::written::{self, Unwritten};
use jiff::civil::Date;

use crate::register_kind::RegisterKind;

/// A record in text form: field code to texts. Empty fields are absent.
pub type Values = BTreeMap<String, Vec<String>>;

/// The shape of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldShape {
    /// One line of at most 300 characters.
    Line,
    /// At most 8,000 characters.
    Text,
    /// `2026-11-22`.
    Day,
    /// A whole number.
    Number,
    /// Euros, with or without cents.
    Amount,
    /// A duration with its unit: `4h`, `2d`.
    Duration,
    /// One of a closed list: the prefix of its locale keys, and its codes.
    One(&'static str, &'static [&'static str]),
    /// Several of a closed list.
    Many(&'static str, &'static [&'static str]),
    /// The identifier of one record of a kind.
    Link(RegisterKind),
    /// Identifiers of records of a kind.
    Links(RegisterKind),
    /// Requirements of frameworks: `iso-5.15`.
    Requirements,
    /// Codes of checks.
    Checks,
}

/// One field of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldDef {
    pub code: &'static str,
    pub shape: FieldShape,
    /// True when the field must be filled.
    pub is_needed: bool,
}

/// Why a value does not fit its field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FieldError {
    #[error("it is missing")]
    Missing,
    #[error("it is too long")]
    Long,
    #[error("it is not a day")]
    Day,
    #[error("it is not a whole number")]
    Number,
    #[error("it is not an amount of euros")]
    Amount,
    #[error("it is not a duration with its unit")]
    Duration,
    #[error("it can be read in two ways")]
    Ambiguous,
    #[error("the cell holds an error")]
    CellError,
    #[error("the file does not hold the formula's result")]
    Formula,
    #[error("another cell is shown over it")]
    Covered,
    #[error("the cell holds a percentage, or another unit or currency")]
    Unit,
    #[error("the cell holds a number whose format cannot be shown")]
    Unseen,
    #[error("the cell holds true or false")]
    Truth,
    #[error("another row of the file has the same")]
    Twice,
    #[error("the record is closed and cannot be changed")]
    Closed,
    #[error("it is not in the list")]
    Choice,
    #[error("there is no such record, requirement or check")]
    Unknown,
    #[error("the end comes before the beginning")]
    Backwards,
    #[error("a nonconformity is not closed without it")]
    ToClose,
    #[error("the correction had no effect: the finding is not closed")]
    NotEffective,
    #[error("the end is too far away")]
    Term,
    #[error("it is not a number")]
    Decimal,
    #[error("it is not signed without it")]
    ToSign,
    #[error("the levels of the scale do not follow each other")]
    Order,
    #[error("nobody delegates to themselves")]
    OwnDelegate,
    #[error("it is not the address of a page")]
    Address,
}

impl FieldError {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Long => "long",
            Self::Day => "day",
            Self::Number => "number",
            Self::Amount => "amount",
            Self::Duration => "duration",
            Self::Ambiguous => "ambiguous",
            Self::CellError => "cell-error",
            Self::Formula => "formula",
            Self::Covered => "covered",
            Self::Unit => "unit",
            Self::Unseen => "unseen",
            Self::Truth => "truth",
            Self::Twice => "twice",
            Self::Closed => "closed",
            Self::Choice => "choice",
            Self::Unknown => "unknown",
            Self::Backwards => "backwards",
            Self::ToClose => "to-close",
            Self::ToSign => "to-sign",
            Self::NotEffective => "not-effective",
            Self::Term => "term",
            Self::Decimal => "decimal",
            Self::Order => "order",
            Self::OwnDelegate => "own-delegate",
            Self::Address => "address",
        }
    }
}

/// A field whose value does not fit, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldFault {
    pub field: &'static str,
    pub unfit: FieldError,
}

pub const LINE_CHARS_MAX: usize = 300;
pub const TEXT_CHARS_MAX: usize = 8_000;
/// The most links in one field.
pub const LINKS_MAX: usize = 500;

/// A type of field value.
pub trait FieldValue: Sized + Default {
    const SHAPE: FieldShape;

    /// Parses the text form; no text at all gives the default.
    fn read(texts: &[String]) -> Result<Self, FieldError>;

    fn write(&self) -> Vec<String>;
}

/// The single text of a field, trimmed; `None` when a person sees nothing of it.
pub(crate) fn only(texts: &[String]) -> Option<&str> {
    texts
        .first()
        .map(|text| text.trim())
        .filter(|text| !is_blank(text))
}

pub(crate) fn owned(text: Option<impl ToString>) -> Vec<String> {
    text.map(|text| text.to_string()).into_iter().collect()
}

/// One line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ShortText(pub String);

impl FieldValue for ShortText {
    const SHAPE: FieldShape = FieldShape::Line;

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        let text = only(texts).unwrap_or_default();
        if text.chars().count() > LINE_CHARS_MAX || text.contains(['\n', '\r']) {
            return Err(FieldError::Long);
        }
        Ok(Self(text.to_owned()))
    }

    fn write(&self) -> Vec<String> {
        owned(Some(&self.0).filter(|text| !text.is_empty()))
    }
}

/// Several paragraphs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LongText(pub String);

impl FieldValue for LongText {
    const SHAPE: FieldShape = FieldShape::Text;

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        let text = only(texts).unwrap_or_default();
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(FieldError::Long);
        }
        Ok(Self(text.replace("\r\n", "\n")))
    }

    fn write(&self) -> Vec<String> {
        owned(Some(&self.0).filter(|text| !text.is_empty()))
    }
}

impl FieldValue for Option<Date> {
    const SHAPE: FieldShape = FieldShape::Day;

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        only(texts)
            .map(|text| text.parse().map_err(|_| FieldError::Day))
            .transpose()
    }

    fn write(&self) -> Vec<String> {
        owned(self.as_ref())
    }
}

impl FieldValue for Option<u32> {
    const SHAPE: FieldShape = FieldShape::Number;

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        // French spreadsheets group digits with spaces: `1 500`.
        let digits = only(texts).map(|text| text.split_whitespace().collect::<String>());
        digits
            .map(|text| text.parse().map_err(|_| FieldError::Number))
            .transpose()
    }

    fn write(&self) -> Vec<String> {
        owned(self.as_ref())
    }
}

/// Euros and cents, as `1500` or `1500.50`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amount {
    pub cents: Option<u64>,
}

impl FieldValue for Amount {
    const SHAPE: FieldShape = FieldShape::Amount;

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        let Some(text) = only(texts) else {
            return Ok(Self::default());
        };
        let number = written::number(text).map_err(|fault| match fault {
            Unwritten::Form => FieldError::Amount,
            Unwritten::Ambiguous => FieldError::Ambiguous,
        })?;
        let cents = number
            .hundredths()
            .and_then(|cents| u64::try_from(cents).ok())
            .ok_or(FieldError::Amount)?;
        Ok(Self { cents: Some(cents) })
    }

    fn write(&self) -> Vec<String> {
        let text = |cents: u64| match cents % 100 {
            0 => (cents / 100).to_string(),
            rest => format!("{}.{rest:02}", cents / 100),
        };
        self.cents.map(text).into_iter().collect()
    }
}

/// One of a list, or none yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct One<L>(pub Option<L>);

impl<L> Default for One<L> {
    fn default() -> Self {
        Self(None)
    }
}

impl<L: Listed> FieldValue for One<L> {
    const SHAPE: FieldShape = FieldShape::One(L::PREFIX, L::CODES);

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        only(texts)
            .map(|text| L::parse(text).ok_or(FieldError::Choice))
            .transpose()
            .map(Self)
    }

    fn write(&self) -> Vec<String> {
        owned(self.0.map(Listed::code))
    }
}

/// Several of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Many<L>(pub Vec<L>);

impl<L> Default for Many<L> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<L: Listed + PartialEq> FieldValue for Many<L> {
    const SHAPE: FieldShape = FieldShape::Many(L::PREFIX, L::CODES);

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        let mut chosen = Vec::new();
        for text in names(texts) {
            let one = L::parse(&text).ok_or(FieldError::Choice)?;
            if !chosen.contains(&one) {
                chosen.push(one);
            }
        }
        Ok(Self(chosen))
    }

    fn write(&self) -> Vec<String> {
        self.0.iter().map(|one| one.code().to_owned()).collect()
    }
}

/// Distinct names, also when several stand in one cell: `ME-1, ME-2`.
pub(crate) fn names(texts: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in texts
        .iter()
        .flat_map(|text| text.split([',', ';', '\n']))
        .map(str::trim)
    {
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Requirements of frameworks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Requirements(pub Vec<String>);

impl FieldValue for Requirements {
    const SHAPE: FieldShape = FieldShape::Requirements;

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        let names = names(texts);
        let is_known = names
            .iter()
            .all(|name| crate::framework::requirement(name).is_some());
        if is_known {
            Ok(Self(names))
        } else {
            Err(FieldError::Unknown)
        }
    }

    fn write(&self) -> Vec<String> {
        self.0.clone()
    }
}

/// Checks that measure a record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checks(pub Vec<crate::check::Check>);

impl FieldValue for Checks {
    const SHAPE: FieldShape = FieldShape::Checks;

    fn read(texts: &[String]) -> Result<Self, FieldError> {
        let checks = names(texts)
            .iter()
            .map(|name| crate::check::Check::parse(name))
            .collect();
        Option::<Vec<_>>::map(checks, Self).ok_or(FieldError::Unknown)
    }

    fn write(&self) -> Vec<String> {
        self.0.iter().map(|check| check.code().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_one_form() {
        let read =
            |text: &str| Amount::read(&[text.to_owned()]).map(|amount| amount.write().join(""));
        for (text, expected) in [
            ("1 500,50 €", "1500.50"),
            ("1500.50", "1500.50"),
            ("1500,00", "1500"),
            ("0", "0"),
            ("", ""),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(read("1,500"), Err(FieldError::Ambiguous));
        for text in ["-3", "1,5555", "beaucoup"] {
            assert_eq!(read(text), Err(FieldError::Amount), "{text}");
        }
    }
}
