//! Identifiers, checked once, where they enter Digue.
//!
//! Each kind of identifier is a type of its own, so that an account can never be passed for an
//! organisation. They are shared text (`Arc<str>`): cloning one increments a counter. Whether
//! something of that name exists is not known here.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use icu_normalizer::ComposingNormalizerBorrowed;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("it is empty")]
    Empty,
    #[error("it has {bytes} bytes, at most {limit} are allowed")]
    TooLong { bytes: usize, limit: usize },
    #[error("the character {0:?} is not allowed")]
    Character(char),
}

/// The longest identifier, in bytes of UTF-8.
pub const ID_BYTES_MAX: usize = 96;

/// Signs allowed besides letters and digits. `@`, `+` and `:` occur in the e-mail addresses and
/// prefixed subjects that portals use.
const NAME_SIGNS: &str = "-_.@+:";
/// `'` for people called O'Neil, `|` for logins that begin with the kind of the name: `auth0|5f7c`.
const IDENTITY_SIGNS: &str = "-_.@+:'|";

fn parse_name(text: &str, signs: &str) -> Result<Arc<str>, IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdError::TooLong {
            bytes: text.len(),
            limit: ID_BYTES_MAX,
        });
    }
    let allowed = |c: char| c.is_alphanumeric() || signs.contains(c);
    match text.chars().find(|&c| !allowed(c)) {
        Some(c) => Err(IdError::Character(c)),
        None => Ok(Arc::from(text)),
    }
}

/// The canonical spelling of an account or organisation: trimmed, in NFKC, letter case folded, with
/// one kind of apostrophe and one of hyphen.
///
/// Logins, spreadsheets and people spell one name in several ways; each spelling would be an
/// account with a budget and a gate of its own.
fn canonical(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let is_plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut spelled = fold(text);
    // Folding can produce characters that compose again, and composing some that fold again. Two
    // rounds are enough for all known texts; the limit bounds the cost of one that nobody has
    // thought of.
    for _ in 0..FOLDS_MAX {
        let next = fold(&spelled);
        if next == spelled {
            break;
        }
        spelled = next;
    }
    Cow::Owned(spelled)
}

/// A text in NFKC (Unicode Standard Annex 15), with the digits of other scripts as ASCII digits:
/// full-width and mathematical letters, which a reader takes for plain ones, become plain.
pub fn compatible(text: &str) -> Cow<'_, str> {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let composed = NFKC.normalize(text);
    if !composed.chars().any(|c| plain_digit(c).is_some()) {
        return composed;
    }
    Cow::Owned(
        composed
            .chars()
            .map(|c| plain_digit(c).unwrap_or(c))
            .collect(),
    )
}

/// The ASCII digit of a decimal digit of another script.
fn plain_digit(c: char) -> Option<char> {
    // Where the ten digits of scripts that NFKC leaves alone begin (Unicode 15, general category
    // Nd).
    const ZEROS: [u32; 22] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
        0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0xa8d0,
    ];
    // Nearly every text is ASCII, and this is asked of each of its signs.
    if c.is_ascii() {
        return None;
    }
    let code = u32::from(c);
    let zero = ZEROS
        .into_iter()
        .find(|zero| (*zero..zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

const FOLDS_MAX: usize = 8;

fn fold(text: &str) -> String {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    let composed = NFKC.normalize(text);
    // Through capitals: `σ` and `ς`, `ß` and `ss`, `i` and `ı` have the same ones. Lowercasing
    // alone keeps them apart.
    let lower = composed
        .chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase);
    let plain: String = lower
        .map(|sign| match sign {
            // As word processors and telephones type them.
            '\u{2019}' | '\u{2bc}' => '\'',
            '\u{2010}' => '-',
            other => other,
        })
        .collect();
    // `İ` becomes an `i` with a dot above it.
    NFKC.normalize(plain.replace("i\u{307}", "i").trim())
        .into_owned()
}

/// Refused before folding: no text of this length folds to a name, and normalising it would cost
/// time.
const SPELLING_BYTES_MAX: usize = 4 * ID_BYTES_MAX;

fn parse_identity(text: &str) -> Result<Arc<str>, IdError> {
    if text.len() > SPELLING_BYTES_MAX {
        return Err(IdError::TooLong {
            bytes: text.len(),
            limit: ID_BYTES_MAX,
        });
    }
    parse_name(&canonical(text), IDENTITY_SIGNS)
}

fn parse_exact(text: &str) -> Result<Arc<str>, IdError> {
    parse_name(text, NAME_SIGNS)
}

/// Without `:`, which separates the parts of a refusal reason.
fn parse_class(text: &str) -> Result<Arc<str>, IdError> {
    parse_name(text, "-_.")
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $parse:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Letters, digits and a few signs, 1 to 96 bytes.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                $parse(text).map(Self)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }
    };
}

name!(/// One login: an agent, a delegate, a program. Canonical: all spellings of a name are one value.
    AccountId, parse_identity);
name!(/// A partner body, or the operator's own, to which accounts belong. Canonical, as an account is.
    OrganisationId, parse_identity);
name!(/// One protected portal, as named by its map.
    PortalId, parse_exact);
name!(/// The persons among whom one identifier means one human being; portals may share a population.
    PopulationId, parse_exact);
name!(/// A rule of a portal map.
    RouteName, parse_exact);
name!(/// What a route does with persons: `search`, `list`, `open`, `export`...
    ActionName, parse_exact);
name!(/// A category of personal data shown, in the operator's own vocabulary.
    Category, parse_exact);
name!(/// A class of persons: `archived`, `protected`, `deceased`, or a name of the operator's own.
    ClassName, parse_class);
name!(/// The public name of a session; never the secret in its cookie.
    SessionId, parse_exact);
name!(/// One finding of detection.
    FindingId, parse_exact);
name!(/// One request and its response.
    ExchangeId, parse_exact);

/// The name under which entries have an account or an organisation that is not known.
const UNKNOWN: &str = "unknown";

impl AccountId {
    /// The account of entries whose caller is not known: no account, and not nobody. No login may
    /// have this name, so that nothing decided for unknown callers ever holds for an account.
    pub fn unknown() -> Self {
        Self::parse(UNKNOWN).expect("`unknown` is an account id")
    }

    pub fn is_unknown(&self) -> bool {
        self.as_str() == UNKNOWN
    }
}

impl OrganisationId {
    /// The organisation of entries whose account's is not known.
    pub fn unknown() -> Self {
        Self::parse(UNKNOWN).expect("`unknown` is an organisation id")
    }

    pub fn is_unknown(&self) -> bool {
        self.as_str() == UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), IdError>) {
        assert_eq!(AccountId::parse(text).map(|_| ()), expected);
    }

    #[test]
    fn accepts_what_portals_use() {
        check("of-0412.agent3", Ok(()));
        check("marie.dupont@exemple.fr", Ok(()));
        check("élise", Ok(()));
    }

    #[test]
    fn every_spelling_of_a_name_is_one() {
        for (one, spellings) in [
            (
                "a1",
                &["A1", "ａ1", "Ａ１", " a1\u{a0}", "\u{24d0}1", "a\u{b9}"][..],
            ),
            (
                "élise",
                &["ÉLISE", "e\u{301}lise", "E\u{301}LISE", "Élise\n"],
            ),
            ("o'neil", &["O'Neil", "O\u{2019}Neil", "o\u{ff07}neil"]),
            (
                "jean-luc",
                &["Jean\u{2010}Luc", "JEAN\u{2011}LUC", "jean\u{ff0d}luc"],
            ),
            ("strasse", &["Straße", "STRASSE", "STRA\u{1e9e}E"]),
            ("οδοσ", &["ΟΔΟΣ", "οδος"]),
            ("istanbul", &["İstanbul", "ISTANBUL", "ıstanbul"]),
            ("file", &["ﬁle"]),
            ("d'aubigné@x.fr", &["D'AUBIGNÉ@X.FR"]),
            ("auth0|5f7c", &["auth0|5F7C"]),
        ] {
            for spelling in spellings {
                assert_eq!(
                    AccountId::parse(spelling),
                    AccountId::parse(one),
                    "{spelling:?}"
                );
                assert_eq!(
                    OrganisationId::parse(spelling).unwrap().as_str(),
                    one,
                    "{spelling:?}"
                );
            }
        }
        assert_ne!(AccountId::parse("elise"), AccountId::parse("élise"));
        // A letter of another script is another letter.
        assert_ne!(AccountId::parse("\u{430}1"), AccountId::parse("a1"));
        assert_ne!(PortalId::parse("Portail"), PortalId::parse("portail"));
    }

    #[test]
    fn signs_that_nobody_sees_are_no_part_of_a_name() {
        for text in [
            "a\u{ad}1",
            "a\u{200b}1",
            "\u{feff}a1",
            "a1\u{202e}",
            "a\u{fe0f}1",
            "a1\u{0}",
            "DOMAINE\\a1",
        ] {
            assert!(
                matches!(AccountId::parse(text), Err(IdError::Character(_))),
                "{text:?}"
            );
        }
        assert_eq!(AccountId::parse(" \t"), Err(IdError::Empty));
        // A character that normalisation expands to eighteen bytes, many times.
        assert!(matches!(
            AccountId::parse(&"\u{fdfa}".repeat(6)),
            Err(IdError::Character(' ') | IdError::TooLong { .. })
        ));
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own(text in "\\PC{0,24}") {
            let once = canonical(&text).into_owned();
            prop_assert!(canonical(&once) == once, "{:?}", once);
        }

        #[test]
        fn one_name_in_any_case_form_and_composition_is_one_name(text in "[\\p{L}\\p{M}\\p{N}'@._-]{1,12}") {
            use icu_normalizer::DecomposingNormalizerBorrowed as Decomposing;
            let one = AccountId::parse(&text);
            for spelling in [
                text.to_uppercase(),
                text.to_lowercase(),
                format!(" {text}\t"),
                Decomposing::new_nfd().normalize(&text).into_owned(),
                Decomposing::new_nfkd().normalize(&text).into_owned(),
                ComposingNormalizerBorrowed::new_nfc().normalize(&text).into_owned(),
            ] {
                let other = AccountId::parse(&spelling);
                prop_assert_eq!(one.is_ok(), other.is_ok(), "{:?} {:?} {:?}", text, one, other);
                prop_assert!(one.is_err() || one == other, "{:?} {:?}", one, other);
            }
            if let Ok(id) = &one {
                prop_assert_eq!(&AccountId::parse(id.as_str()).unwrap(), id);
            }
        }
    }

    #[test]
    fn every_letter_has_a_canonical_form_that_stays() {
        for sign in ('\0'..=char::MAX).filter(|sign| sign.is_alphanumeric()) {
            let once = canonical(sign.encode_utf8(&mut [0; 4])).into_owned();
            assert_eq!(canonical(&once), once, "{sign:?}");
        }
    }

    #[test]
    fn refuses_what_could_be_read_as_something_else() {
        check("", Err(IdError::Empty));
        check("a b", Err(IdError::Character(' ')));
        check("a\r\nSet-Cookie:x", Err(IdError::Character('\r')));
        check("../x", Err(IdError::Character('/')));
        check(
            &"x".repeat(97),
            Err(IdError::TooLong {
                bytes: 97,
                limit: 96,
            }),
        );
    }
}
