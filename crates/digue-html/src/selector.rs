//! CSS selectors, restricted to those that can be matched in one pass from the top of a page to its
//! end.
//!
//! Types, `*`, `#id`, `.class`, `[attribute]` with its operators and the flag `i`, `:not(...)` of
//! one simple selector, `:first-child`, `:first-of-type`, `:nth-child(an+b)`, `:nth-of-type(an+b)`;
//! descendants, children (`>`), the next sibling (`+`) and later siblings (`~`); lists with commas.
//! Names of types and attributes have no letter case, as in HTML.

use std::str::FromStr;

use crate::tag::Tag;

/// The most compounds in one selector of a list; the matcher has one bit for each.
const COMPOUNDS_MAX: usize = 32;

/// A selector or a comma-separated list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    text: String,
    pub chains: Vec<CompoundChain>,
}

impl Selector {
    /// The selector as written in the map.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Compounds from the outermost to the one that selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompoundChain {
    pub links: Vec<CompoundLink>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompoundLink {
    pub compound: Compound,
    /// How the next compound relates to this one.
    pub then: Combinator,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combinator {
    Descendant,
    Child,
    Next,
    Later,
    /// The last compound: its element is selected.
    End,
}

/// The conditions on one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compound {
    pub name: Option<String>,
    /// The name as a number, when it has at most eight bytes.
    pub tag: Option<Tag>,
    pub tests: Vec<Test>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    Id(String),
    Class(String),
    Attribute {
        name: String,
        value: Option<ValueTest>,
        ignores_case: bool,
    },
    NthChild(Nth),
    NthOfType(Nth),
    Not(Box<Compound>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueTest {
    operator: Operator,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Word,
    Language,
    Start,
    End,
    Part,
}

/// `an+b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nth {
    step: i64,
    offset: i64,
}

impl Nth {
    const FIRST: Self = Self { step: 0, offset: 1 };

    const fn fits(self, place: u32) -> bool {
        let beyond = place as i64 - self.offset;
        // `n` counts from zero: an element before the offset does not fit a positive step.
        if self.step == 0 {
            beyond == 0
        } else {
            beyond % self.step == 0 && beyond / self.step >= 0
        }
    }
}

/// The selector is not CSS, or not in the supported subset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a usable CSS selector: {0}")]
pub struct SelectorError(pub String);

fn fault<T>(text: impl Into<String>) -> Result<T, SelectorError> {
    Err(SelectorError(text.into()))
}

/// The properties of an element that selectors test.
pub trait SelectableElement {
    fn tag(&self) -> Tag;
    fn name(&self) -> String;
    /// Decoded value of an attribute; of duplicates, the first.
    fn attribute(&self, name: &str) -> Option<&str>;
    /// Position among its siblings, from 1.
    fn place(&self) -> u32;
    fn place_of_type(&self) -> u32;
    fn has_quirks(&self) -> bool;
}

impl Compound {
    pub fn fits(&self, element: &impl SelectableElement) -> bool {
        let fits_name = match (&self.tag, &self.name) {
            (Some(tag), _) => *tag == element.tag(),
            // Long names are numbered for each page, so a compiled selector compares their text.
            (None, Some(name)) => !element.tag().is_short() && *name == element.name(),
            (None, None) => true,
        };
        fits_name && self.tests.iter().all(|test| test.fits(element))
    }

    pub fn needs_place_of_type(&self) -> bool {
        self.tests.iter().any(|test| match test {
            Test::NthOfType(_) => true,
            Test::Not(compound) => compound.needs_place_of_type(),
            Test::Id(_) | Test::Class(_) | Test::Attribute { .. } | Test::NthChild(_) => false,
        })
    }
}

impl Test {
    fn fits(&self, element: &impl SelectableElement) -> bool {
        let same = |left: &str, right: &str| {
            if element.has_quirks() {
                left.eq_ignore_ascii_case(right)
            } else {
                left == right
            }
        };
        match self {
            Self::Id(id) => element.attribute("id").is_some_and(|value| same(value, id)),
            Self::Class(class) => element
                .attribute("class")
                .is_some_and(|value| value.split_ascii_whitespace().any(|word| same(word, class))),
            Self::Attribute {
                name,
                value,
                ignores_case,
            } => element.attribute(name).is_some_and(|actual| {
                value.as_ref().is_none_or(|wanted| match ignores_case {
                    true => wanted.fits(&actual.to_ascii_lowercase()),
                    false => wanted.fits(actual),
                })
            }),
            Self::NthChild(nth) => nth.fits(element.place()),
            Self::NthOfType(nth) => nth.fits(element.place_of_type()),
            Self::Not(compound) => !compound.fits(element),
        }
    }
}

impl ValueTest {
    fn fits(&self, actual: &str) -> bool {
        let value = self.value.as_str();
        match self.operator {
            Operator::Equal => actual == value,
            Operator::Word => actual.split_ascii_whitespace().any(|word| word == value),
            Operator::Language => actual
                .strip_prefix(value)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
            // An empty value matches nothing (Selectors Level 4, 6.2).
            Operator::Start => !value.is_empty() && actual.starts_with(value),
            Operator::End => !value.is_empty() && actual.ends_with(value),
            Operator::Part => !value.is_empty() && actual.contains(value),
        }
    }
}

/// HTML attributes whose values are case-insensitive.
const CASELESS: [&str; 14] = [
    "align", "dir", "disabled", "hreflang", "lang", "language", "media", "method", "rel", "scope",
    "shape", "target", "type", "valign",
];

/// Parses a selector or a comma-separated list of them.
pub fn parse_selector(text: &str) -> Result<Selector, SelectorError> {
    text.parse()
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let mut input = SelectorInput { rest: text };
        let mut chains = Vec::new();
        loop {
            chains.push(input.chain()?);
            if input.rest.is_empty() {
                return Ok(Self {
                    text: text.to_owned(),
                    chains,
                });
            }
            input.expect(',')?;
        }
    }
}

struct SelectorInput<'t> {
    rest: &'t str,
}

impl SelectorInput<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn accept(&mut self, wanted: char) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: char) -> Result<(), SelectorError> {
        if self.accept(wanted) {
            Ok(())
        } else {
            fault(format!("`{wanted}` expected before `{}`", self.rest))
        }
    }

    /// Skips white space; true when there was some.
    fn skip_spaces(&mut self) -> bool {
        let rest = self.rest.trim_ascii_start();
        let has_skipped = rest.len() < self.rest.len();
        self.rest = rest;
        has_skipped
    }

    fn chain(&mut self) -> Result<CompoundChain, SelectorError> {
        let mut links = Vec::new();
        self.skip_spaces();
        loop {
            let compound = self.compound(true)?;
            let has_space = self.skip_spaces();
            let then = match self.peek() {
                None | Some(',') => Combinator::End,
                Some('>') => Combinator::Child,
                Some('+') => Combinator::Next,
                Some('~') => Combinator::Later,
                Some(_) if has_space => Combinator::Descendant,
                Some(_) => return fault(format!("unexpected `{}`", self.rest)),
            };
            links.push(CompoundLink { compound, then });
            if links.len() > COMPOUNDS_MAX {
                return fault(format!("more than {COMPOUNDS_MAX} steps"));
            }
            match then {
                Combinator::End => return Ok(CompoundChain { links }),
                Combinator::Descendant => {}
                Combinator::Child | Combinator::Next | Combinator::Later => {
                    self.rest = &self.rest[1..];
                    self.skip_spaces();
                }
            }
        }
    }

    fn compound(&mut self, may_negate: bool) -> Result<Compound, SelectorError> {
        let before = self.rest.len();
        let mut compound = Compound::default();
        if !self.accept('*') && self.peek().is_some_and(starts_name) {
            let name = self.name()?.to_ascii_lowercase();
            if self.peek() == Some('|') {
                return fault("namespaces are not understood");
            }
            // Only short names have a number that is the same on every page.
            compound.tag = (name.len() <= 8).then(|| crate::tag::TagNames::default().tag(&name));
            compound.name = Some(name);
        }
        while let Some(test) = self.test(may_negate)? {
            compound.tests.push(test);
        }
        if self.rest.len() == before {
            return fault(format!("a selector is expected at `{}`", self.rest));
        }
        Ok(compound)
    }

    fn test(&mut self, may_negate: bool) -> Result<Option<Test>, SelectorError> {
        Ok(Some(match self.peek() {
            Some('#') => {
                self.rest = &self.rest[1..];
                Test::Id(self.name()?)
            }
            Some('.') => {
                self.rest = &self.rest[1..];
                Test::Class(self.name()?)
            }
            Some('[') => self.attribute()?,
            Some(':') => self.pseudo_class(may_negate)?,
            _ => return Ok(None),
        }))
    }

    fn pseudo_class(&mut self, may_negate: bool) -> Result<Test, SelectorError> {
        self.expect(':')?;
        if self.peek() == Some(':') {
            return fault("pseudo-elements are not understood");
        }
        let name = self.name()?.to_ascii_lowercase();
        match name.as_str() {
            "first-child" => return Ok(Test::NthChild(Nth::FIRST)),
            "first-of-type" => return Ok(Test::NthOfType(Nth::FIRST)),
            "nth-child" | "nth-of-type" | "not" => {}
            // `:last-child`, `:has` and the like need elements that come later.
            _ => {
                return fault(format!(
                    "`:{name}` cannot be followed from the top of a page to its end"
                ));
            }
        }
        self.expect('(')?;
        self.skip_spaces();
        let test = match name.as_str() {
            "nth-child" => Test::NthChild(self.nth()?),
            "nth-of-type" => Test::NthOfType(self.nth()?),
            _ if may_negate => Test::Not(Box::new(self.negated()?)),
            _ => return fault("`:not` within `:not`"),
        };
        self.skip_spaces();
        self.expect(')')?;
        Ok(test)
    }

    fn negated(&mut self) -> Result<Compound, SelectorError> {
        let compound = self.compound(false)?;
        let parts = compound.tests.len() + usize::from(compound.name.is_some());
        if parts == 1 {
            Ok(compound)
        } else {
            fault("`:not(...)` takes one simple selector")
        }
    }

    fn nth(&mut self) -> Result<Nth, SelectorError> {
        let end = self.rest.find(')').unwrap_or(self.rest.len());
        let written: String = self.rest[..end]
            .chars()
            .filter(|c| !c.is_ascii_whitespace())
            .collect();
        let written = written.to_ascii_lowercase();
        self.rest = &self.rest[end..];
        let number = |text: &str| {
            // Read as 32 bits and computed in 64, so that no difference below overflows.
            text.parse::<i32>()
                .map(i64::from)
                .map_err(|_| SelectorError(format!("`{written}` is not an+b")))
        };
        match written.as_str() {
            "odd" => return Ok(Nth { step: 2, offset: 1 }),
            "even" => return Ok(Nth { step: 2, offset: 0 }),
            _ => {}
        }
        let Some((step, offset)) = written.split_once('n') else {
            return Ok(Nth {
                step: 0,
                offset: number(&written)?,
            });
        };
        let step = match step {
            "" | "+" => 1,
            "-" => -1,
            step => number(step)?,
        };
        Ok(Nth {
            step,
            offset: if offset.is_empty() {
                0
            } else {
                number(offset)?
            },
        })
    }

    fn attribute(&mut self) -> Result<Test, SelectorError> {
        self.expect('[')?;
        self.skip_spaces();
        let name = self.name()?.to_ascii_lowercase();
        self.skip_spaces();
        if self.accept(']') {
            return Ok(Test::Attribute {
                name,
                value: None,
                ignores_case: false,
            });
        }
        let operators = [
            ("=", Operator::Equal),
            ("~=", Operator::Word),
            ("|=", Operator::Language),
            ("^=", Operator::Start),
            ("$=", Operator::End),
            ("*=", Operator::Part),
        ];
        let Some((sign, operator)) = operators
            .into_iter()
            .find(|(sign, _)| self.rest.starts_with(sign))
        else {
            return fault(format!("an operator is expected at `{}`", self.rest));
        };
        self.rest = &self.rest[sign.len()..];
        self.skip_spaces();
        let mut value = match self.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote)?,
            _ => self.name()?,
        };
        self.skip_spaces();
        let mut ignores_case = CASELESS.contains(&name.as_str());
        // Selectors Level 4, 6.3: `i` and `s` decide about letter case, whatever HTML says of the
        // attribute.
        if let Some(flag @ ('i' | 'I' | 's' | 'S')) = self.peek() {
            ignores_case = flag.eq_ignore_ascii_case(&'i');
            self.rest = &self.rest[1..];
            self.skip_spaces();
        }
        self.expect(']')?;
        if ignores_case {
            value = value.to_ascii_lowercase();
        }
        Ok(Test::Attribute {
            name,
            value: Some(ValueTest { operator, value }),
            ignores_case,
        })
    }

    fn string(&mut self, quote: char) -> Result<String, SelectorError> {
        self.expect(quote)?;
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return fault("a string without its end"),
                Some('\\') => text.push(self.escape()?),
                Some(c) => {
                    self.rest = &self.rest[c.len_utf8()..];
                    if c == quote {
                        return Ok(text);
                    }
                    text.push(c);
                }
            }
        }
    }

    fn name(&mut self) -> Result<String, SelectorError> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if c == '\\' {
                text.push(self.escape()?);
            } else if starts_name(c) || c.is_ascii_digit() {
                text.push(c);
                self.rest = &self.rest[c.len_utf8()..];
            } else {
                break;
            }
        }
        if text.is_empty() {
            fault(format!("a name is expected at `{}`", self.rest))
        } else {
            Ok(text)
        }
    }

    fn escape(&mut self) -> Result<char, SelectorError> {
        self.expect('\\')?;
        // CSS Syntax Level 3, 4.3.7: at most six digits; one white space after them belongs to the
        // escape.
        let digits = self
            .rest
            .bytes()
            .take(6)
            .take_while(u8::is_ascii_hexdigit)
            .count();
        if digits == 0 {
            let Some(c) = self.peek() else {
                return fault("nothing after `\\`");
            };
            self.rest = &self.rest[c.len_utf8()..];
            return Ok(c);
        }
        let code = u32::from_str_radix(&self.rest[..digits], 16)
            .ok()
            .and_then(char::from_u32);
        self.rest = &self.rest[digits..];
        if self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
            self.rest = &self.rest[1..];
        }
        code.ok_or_else(|| SelectorError("an escape that is no character".into()))
    }
}

const fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '-' | '\\') || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_selectors_that_maps_use() {
        for text in [
            "tr",
            "*",
            "td.id",
            "#liste > tbody > tr:not(.total)",
            "tr[data-id]",
            "a[href^='/fiche/' i]",
            "dt + dd",
            "h2 ~ p",
            "tr:nth-child(2n+1) td:nth-of-type(3)",
            "li:first-child, option",
            "input[type=hidden]",
            "[lang|=fr]",
            ".a.b#c",
            "td:nth-child( even )",
            "x-record",
            "tr:not([data-id=''])",
            ".\\31 0",
            "é",
        ] {
            assert!(
                parse_selector(text).is_ok(),
                "{text}: {:?}",
                parse_selector(text)
            );
        }
    }

    #[test]
    fn refuses_what_it_does_not_follow_and_says_what() {
        for (text, word) in [
            ("tr:has(td)", ":has"),
            ("li:last-child", ":last-child"),
            ("p::before", "pseudo-elements"),
            ("???", "???"),
            ("", "expected"),
            ("tr,", "expected"),
            ("tr >", "expected"),
            ("> tr", "expected"),
            ("svg|a", "namespaces"),
            ("[a", "operator"),
            ("[a=']", "end"),
            (":not(a.b)", "simple"),
            (":not(:not(a))", ":not"),
            (":nth-child(x)", "an+b"),
            ("td.", "name"),
            ("a)b", "unexpected"),
        ] {
            let error = parse_selector(text).unwrap_err();
            assert!(error.0.contains(word), "{text}: {error}");
        }
        let long = vec!["a"; COMPOUNDS_MAX + 1].join(" ");
        assert!(parse_selector(&long).is_err());
    }
}
