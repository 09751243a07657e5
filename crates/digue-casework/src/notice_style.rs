//! The styles in which a notice to a person is written.

use digue_locales::{Language, Value, text, text_with};
use digue_response::readability;

/// The style of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    Plain(Language),
    /// Easy to read (FALC).
    Easy(Language),
}

impl Style {
    pub const ALL: [Self; 3] = [
        Self::Plain(Language::French),
        Self::Easy(Language::French),
        Self::Plain(Language::English),
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Plain(Language::French) => "fr",
            Self::Easy(Language::French) => "fr-easy",
            Self::Plain(Language::English) => "en",
            Self::Easy(Language::English) => "en-easy",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        let easy = code.strip_suffix("-easy");
        let language = Language::parse(easy.unwrap_or(code))?;
        Some(if easy.is_some() {
            Self::Easy(language)
        } else {
            Self::Plain(language)
        })
    }

    pub const fn language(self) -> Language {
        match self {
            Self::Plain(language) | Self::Easy(language) => language,
        }
    }

    /// The readability that a text of this style should reach.
    pub const fn wanted(self) -> f64 {
        match self {
            Self::Plain(_) => readability::PLAIN,
            Self::Easy(_) => readability::EASY,
        }
    }

    fn key(self, name: &str) -> String {
        match self {
            Self::Plain(_) => format!("notice-{name}"),
            Self::Easy(_) => format!("notice-easy-{name}"),
        }
    }

    /// The text of a notice with this name, in this style.
    pub fn word(self, name: &str) -> String {
        text(self.language(), &self.key(name))
    }

    /// The same with values.
    pub fn with(self, name: &str, values: &[(&str, Value)]) -> String {
        text_with(self.language(), &self.key(name), values)
    }
}
