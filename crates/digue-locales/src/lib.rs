//! Every text that a person reads, in French and English.
//!
//! A crate of its own because the gateway's refusal page, the console and the command line all show
//! text, and none of them may depend on another. Texts are Fluent files under `locales/`, compiled
//! in; `tidy` checks that both languages have the same keys. It does not know who asks, nor why.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// A language in which Digue has every text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub enum Language {
    #[default]
    French,
    English,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::French, Self::English];

    /// BCP 47, as in `lang` attributes.
    pub const fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// The best language for an `Accept-Language` header (RFC 9110, 12.5.4) or a `LANG` variable;
    /// French when it names neither of ours.
    pub fn negotiate(wanted: &str) -> Self {
        let mut best = (0.0, Self::French);
        for item in wanted.split(',') {
            let mut parts = item.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            // `-` separates the region in a header (`fr-FR`), `_` in a variable (`fr_FR.UTF-8`).
            let language = Self::ALL
                .into_iter()
                .find(|l| tag.split(['-', '_']).next() == Some(l.code()));
            if let Some(language) = language
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// A value placed in a text.
#[derive(Clone, Debug)]
pub enum Value {
    Text(String),
    Number(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

macro_rules! from_integers {
    ($($integer:ty),+) => {
        $(impl From<$integer> for Value {
            fn from(number: $integer) -> Self {
                Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
            }
        })+
    };
}
from_integers!(u8, i64, u64, u32, usize, i32, u16);

type Bundle = FluentBundle<FluentResource>;

static FRENCH: LazyLock<Bundle> = LazyLock::new(|| bundle("fr", FRENCH_FILES));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", ENGLISH_FILES));

const FRENCH_FILES: &[&str] = &[
    include_str!("../locales/fr/common.ftl"),
    include_str!("../locales/fr/refusal.ftl"),
    include_str!("../locales/fr/console.ftl"),
    include_str!("../locales/fr/home.ftl"),
    include_str!("../locales/fr/command.ftl"),
    include_str!("../locales/fr/learn.ftl"),
    include_str!("../locales/fr/mail.ftl"),
    include_str!("../locales/fr/portal.ftl"),
    include_str!("../locales/fr/watch.ftl"),
    include_str!("../locales/fr/response.ftl"),
    include_str!("../locales/fr/incident.ftl"),
    include_str!("../locales/fr/claims.ftl"),
    include_str!("../locales/fr/isms.ftl"),
    include_str!("../locales/fr/remedies.ftl"),
    include_str!("../locales/fr/norms.ftl"),
    include_str!("../locales/fr/policies.ftl"),
    include_str!("../locales/fr/governance.ftl"),
    include_str!("../locales/fr/space.ftl"),
    include_str!("../locales/fr/sources.ftl"),
    include_str!("../locales/fr/signals.ftl"),
    include_str!("../locales/fr/backup.ftl"),
    include_str!("../locales/fr/small.ftl"),
    include_str!("../locales/fr/continuity.ftl"),
    include_str!("../locales/fr/doctor.ftl"),
    include_str!("../locales/fr/people.ftl"),
    include_str!("../locales/fr/demo.ftl"),
    include_str!("../locales/fr/help.ftl"),
    include_str!("../locales/fr/privacy.ftl"),
];
const ENGLISH_FILES: &[&str] = &[
    include_str!("../locales/en/common.ftl"),
    include_str!("../locales/en/refusal.ftl"),
    include_str!("../locales/en/console.ftl"),
    include_str!("../locales/en/home.ftl"),
    include_str!("../locales/en/command.ftl"),
    include_str!("../locales/en/learn.ftl"),
    include_str!("../locales/en/mail.ftl"),
    include_str!("../locales/en/portal.ftl"),
    include_str!("../locales/en/watch.ftl"),
    include_str!("../locales/en/response.ftl"),
    include_str!("../locales/en/incident.ftl"),
    include_str!("../locales/en/claims.ftl"),
    include_str!("../locales/en/isms.ftl"),
    include_str!("../locales/en/remedies.ftl"),
    include_str!("../locales/en/norms.ftl"),
    include_str!("../locales/en/policies.ftl"),
    include_str!("../locales/en/governance.ftl"),
    include_str!("../locales/en/space.ftl"),
    include_str!("../locales/en/sources.ftl"),
    include_str!("../locales/en/signals.ftl"),
    include_str!("../locales/en/backup.ftl"),
    include_str!("../locales/en/small.ftl"),
    include_str!("../locales/en/continuity.ftl"),
    include_str!("../locales/en/doctor.ftl"),
    include_str!("../locales/en/people.ftl"),
    include_str!("../locales/en/demo.ftl"),
    include_str!("../locales/en/help.ftl"),
    include_str!("../locales/en/privacy.ftl"),
];

fn bundle(code: &str, files: &[&str]) -> Bundle {
    let language = code
        .parse()
        .expect("`fr` and `en` are valid language identifiers");
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // Fluent's bidirectional isolation marks (U+2068, U+2069) would end up in exports and command
    // lines.
    bundle.set_use_isolating(false);
    bundle
        .add_function("NUMBER", |args, _| {
            args.first().cloned().unwrap_or(FluentValue::None)
        })
        .expect("`NUMBER` is the first function added to this bundle");
    bundle
        .add_function("PLURAL", plural_of(code))
        .expect("`PLURAL` is added once to this bundle");
    for file in files {
        let resource = match FluentResource::try_new((*file).to_owned()) {
            Ok(resource) => resource,
            Err((_, errors)) => panic!("locale {code}: {errors:?}"),
        };
        if let Err(errors) = bundle.add_resource(resource) {
            panic!("locale {code}: {errors:?}");
        }
    }
    bundle
}

/// `{ $count } { PLURAL($count, one: "compte", other: "comptes") }`: the words that agree with a
/// count on the same line. A selector of Fluent takes four lines, and does not know counts that
/// `number` has already written.
fn plural_of(
    code: &str,
) -> impl for<'a> Fn(&[FluentValue<'a>], &FluentArgs<'_>) -> FluentValue<'a> + Send + Sync + 'static
{
    // French has its singular for 0 too, English for 1 alone (CLDR).
    let singular_max = if code == "fr" { 0..2 } else { 1..2 };
    move |counts, words| {
        let count = match counts.first() {
            Some(FluentValue::Number(number)) => number.value.to_string(),
            Some(FluentValue::String(text)) => text.to_string(),
            _ => return FluentValue::Error,
        };
        let digits: String = count.chars().filter(char::is_ascii_digit).collect();
        // A text without digits, or of more than a count has, is not one.
        let is_singular = digits
            .parse()
            .is_ok_and(|count: u64| singular_max.contains(&count));
        let word = if is_singular { "one" } else { "other" };
        match words.get(word) {
            Some(FluentValue::String(word)) => FluentValue::from(word.to_string()),
            _ => FluentValue::Error,
        }
    }
}

/// The text of `key`.
pub fn text(language: Language, key: &str) -> String {
    text_with(language, key, &[])
}

/// The text of `key` with its values. A missing key is returned in brackets rather than panicking:
/// `tidy` reports it before a user can see it.
///
/// # Panics
/// In a build with debug assertions, where `values` lacks one that the text has: the paper or page
/// would show its name in braces.
pub fn text_with(language: Language, key: &str, values: &[(&str, Value)]) -> String {
    let bundle = match language {
        Language::French => &*FRENCH,
        Language::English => &*ENGLISH,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return format!("[{key}]");
    };
    let mut args = FluentArgs::new();
    for (name, value) in values {
        args.set(
            *name,
            match value {
                Value::Text(text) => FluentValue::from(text.clone()),
                Value::Number(number) => FluentValue::from(*number),
            },
        );
    }
    let mut errors = Vec::new();
    let text = bundle
        .format_pattern(pattern, Some(&args), &mut errors)
        .into_owned();
    debug_assert!(errors.is_empty(), "{key}: {errors:?}");
    text
}

/// True when `key` exists in `language`.
pub fn has(language: Language, key: &str) -> bool {
    match language {
        Language::French => FRENCH.has_message(key),
        Language::English => ENGLISH.has_message(key),
    }
}

/// A count with the language's thousands separator: `340 000` (with a no-break space) or `340,000`.
pub fn number(language: Language, number: u64) -> String {
    let digits = number.to_string();
    let separator = match language {
        Language::French => "\u{202f}",
        Language::English => ",",
    };
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_comes_first_and_english_on_request() {
        assert_eq!(Language::negotiate(""), Language::French);
        assert_eq!(Language::negotiate("de"), Language::French);
        assert_eq!(
            Language::negotiate("en-GB,en;q=0.9,fr;q=0.8"),
            Language::English
        );
        assert_eq!(
            Language::negotiate("fr-FR,fr;q=0.9,en;q=0.8"),
            Language::French
        );
        assert_eq!(Language::negotiate("en_US.UTF-8"), Language::English);
    }

    #[test]
    fn both_languages_load() {
        for language in Language::ALL {
            assert!(has(language, "product"), "{}", language.code());
        }
    }

    #[test]
    fn words_agree_with_a_count_however_it_is_written() {
        for (language, singular) in [
            (Language::French, ["0", "1"].as_slice()),
            (Language::English, &["1"]),
        ] {
            let function = plural_of(language.code());
            let mut words = FluentArgs::new();
            words.set("one", "compte");
            words.set("other", "comptes");
            let said = |count: FluentValue<'static>| match function(&[count], &words) {
                FluentValue::String(word) => word.into_owned(),
                other => format!("{other:?}"),
            };
            for count in ["0", "1", "2", "10", "1\u{202f}000", "1,000", "au plus"] {
                let expected = if singular.contains(&count) {
                    "compte"
                } else {
                    "comptes"
                };
                assert_eq!(
                    said(FluentValue::from(count.to_owned())),
                    expected,
                    "{count}"
                );
            }
            assert_eq!(said(FluentValue::from(1)), "compte");
            assert_eq!(said(FluentValue::from(21)), "comptes");
        }
    }

    #[test]
    fn numbers_are_grouped_as_the_language_does() {
        assert_eq!(number(Language::French, 340_000), "340\u{202f}000");
        assert_eq!(number(Language::English, 1_340_000), "1,340,000");
        assert_eq!(number(Language::English, 12), "12");
    }
}
