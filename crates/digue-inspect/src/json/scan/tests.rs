use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;
use reference::ReferenceScanner;

/// What a scanner says of a text, token by token.
#[derive(Debug, PartialEq)]
enum Token {
    Kind(ValueKind),
    Key(String),
    Text(String),
    Number(String),
    Skipped,
    End,
}

/// The tokens of a text up to its end or its first fault. `choices` has one bit for each value:
/// whether it is read or skipped.
macro_rules! tokens {
    ($scanner:ident, $text:expr, $choices:expr) => {{
        fn value(
            input: &mut $scanner<'_>,
            choices: &mut u64,
            depth: usize,
            tokens: &mut Vec<Token>,
        ) -> Result<(), ScanFault> {
            let is_read = *choices & 1 == 1;
            *choices = choices.rotate_right(1);
            if !is_read || depth == DEPTH_MAX {
                input.skip()?;
                tokens.push(Token::Skipped);
                return Ok(());
            }
            let kind = input.begin()?;
            tokens.push(Token::Kind(kind));
            let mut is_first = true;
            match kind {
                ValueKind::Text => tokens.push(Token::Text(input.text()?.into_owned())),
                ValueKind::Number => tokens.push(Token::Number(input.number()?.to_owned())),
                ValueKind::Null | ValueKind::Word => {}
                ValueKind::Object => {
                    while let Some(key) = input.key(is_first)? {
                        tokens.push(Token::Key(key.into_owned()));
                        value(input, choices, depth + 1, tokens)?;
                        is_first = false;
                    }
                    tokens.push(Token::End);
                }
                ValueKind::Array => {
                    while input.element(is_first)? {
                        value(input, choices, depth + 1, tokens)?;
                        is_first = false;
                    }
                    tokens.push(Token::End);
                }
            }
            Ok(())
        }
        let (mut input, mut choices, mut tokens) = ($scanner::new($text), $choices, Vec::new());
        let outcome = value(&mut input, &mut choices, 0, &mut tokens).and_then(|()| input.end());
        (tokens, outcome)
    }};
}

fn check_as_before(text: &str, choices: u64) {
    assert_eq!(
        tokens!(Scanner, text, choices),
        tokens!(ReferenceScanner, text, choices),
        "{text:?}"
    );
}

/// True when the whole text parses while being skipped.
fn passes(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.skip().and_then(|()| scanner.end()).is_ok()
}

#[test]
fn deep_documents_are_refused() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(passes(&nested(DEPTH_MAX)));
    assert!(!passes(&nested(DEPTH_MAX + 1)));
}

proptest! {
    #[test]
    fn accepts_what_the_reference_accepts(text in r#"[\[\]{}:,"\\utfrnulesa0-9.eE+\- \n\x01é]{0,24}"#) {
        prop_assert_eq!(passes(&text), serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn accepts_nearly_documents_as_the_reference_does(
        value in r#"(\[|\{"a":|"|-|[01]|\.|e|\}|\]|,|"b":|true|null|\\u00e9| ){0,10}"#,
    ) {
        prop_assert_eq!(passes(&value), serde_json::from_str::<IgnoredAny>(&value).is_ok(), "{}", value);
    }

    /// Tokens, and the place of the fault, are those of the scanner that read byte by byte.
    #[test]
    fn any_bytes_are_read_as_before(bytes in proptest::collection::vec(any::<u8>(), 0..200), choices in any::<u64>()) {
        check_as_before(&String::from_utf8_lossy(&bytes), choices);
    }

    #[test]
    fn nearly_documents_are_read_as_before(
        parts in proptest::collection::vec(proptest::sample::select(PARTS.as_slice()), 0..40),
        choices in any::<u64>(),
    ) {
        check_as_before(&parts.concat(), choices);
    }

    #[test]
    fn broken_documents_are_read_as_before(
        cut in any::<proptest::sample::Index>(),
        place in any::<proptest::sample::Index>(),
        byte in 0u8..0x80,
        choices in any::<u64>(),
    ) {
        let mut bytes = DOCUMENT.as_bytes().to_vec();
        let place = place.index(bytes.len());
        if bytes[place].is_ascii() {
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(2 * bytes.len()));
        check_as_before(&String::from_utf8_lossy(&bytes), choices);
    }
}

proptest! {
    /// What is skipped at once are members that would be read one by one, none of them awaited.
    #[test]
    fn plain_members_are_those_that_are_read_one_by_one(
        members in proptest::collection::vec(any_member(), 0..12),
        end in proptest::sample::select(vec!["}", " }", "", ",", ",}", "]", ",\"", "\"x\":1}"]),
    ) {
        let text = format!("{{\"a\":1{}{end}", members.concat());
        let (mut input, mut slow) = (Scanner::new(&text), ReferenceScanner::new(&text));
        prop_assert_eq!(input.begin(), slow.begin());
        prop_assert_eq!(input.key(true), slow.key(true));
        prop_assert_eq!(input.skip(), slow.skip());
        loop {
            for _ in 0..input.skip_plain_members(|name| name == b"nom") {
                let name = slow.key(false).unwrap().unwrap();
                prop_assert_ne!(name, "nom");
                prop_assert_eq!(slow.begin(), Ok(ValueKind::Text));
                prop_assert_eq!(slow.skip_text(), Ok(false));
            }
            let key = input.key(false);
            prop_assert_eq!(&key, &slow.key(false), "{}", text);
            let Ok(Some(_)) = key else {
                break;
            };
            let skipped = input.skip();
            prop_assert_eq!(&skipped, &slow.skip(), "{}", text);
            if skipped.is_err() {
                break;
            }
        }
    }
}

fn any_member() -> impl Strategy<Value = String> {
    let space =
        || proptest::sample::select(vec!["", " ", "  ", "\n      ", "\n                  \t"]);
    let text = || {
        prop_oneof![
            "[ -!#-\\[\\]-~é]{0,20}",
            "[a-z]{50,150}",
            Just("nom".to_owned()),
            Just(r"a\nb".to_owned()),
            Just(r#"a\"b"#.to_owned()),
            Just("\u{1f}".to_owned()),
        ]
    };
    let value = prop_oneof![
        4 => text().prop_map(|text| format!("\"{text}\"")),
        1 => proptest::sample::select(vec!["1", "null", "{}", "[\"x\"]", "{\"nom\":\"x\",\"y\":\"z\"}", "\"x"])
            .prop_map(str::to_owned),
    ];
    (space(), space(), text(), space(), space(), value).prop_map(
        |(before, after, name, name_end, colon, value)| {
            format!("{before},{after}\"{name}\"{name_end}:{colon}{value}")
        },
    )
}

/// What documents are made of, in pieces that seldom fit together.
const PARTS: [&str; 32] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"a\":",
    "\"prénom et nom de plus de seize lettres\"",
    "\\",
    "\\u00e9",
    "\\u00g9",
    "\\n",
    "\\/",
    "\\\"",
    "\\ud83d\\ude00",
    "\\ud83d",
    ", \"nom\": \"Dupont\"",
    ",\"note\" : \"une note de plus de soixante-quatre caractères, qui finit dans un autre bloc\"",
    " ",
    "\n\t                      ",
    "-",
    "0",
    "12.50e+3",
    "true",
    "null",
    "NaN",
    "-Infinity",
    "\u{0}",
    "\u{1f}",
    "\u{7f}",
    "é",
];

const DOCUMENT: &str = r#"{ "page" : 1, "personnes": [ {"id": "1000000A", "nom": "Dupont \"dit\" Dupond",
    "prénom": "Émilie\u00e9", "notes": ["une note de plus de seize caractères", {}, [], [[1, -0.5e3, NaN]]],
    "actif": true, "fin": null}, {"id": 7} ], "total": 2 }"#;

mod reference {
    //! The scanner as it was before it read sixteen bytes at a time, byte by byte, against which
    //! the faster one is tested.

    use std::borrow::Cow;

    use super::{DEPTH_MAX, ScanFault, ValueKind};

    pub(super) struct ReferenceScanner<'t> {
        text: &'t str,
        bytes: &'t [u8],
        at: usize,
    }

    impl<'t> ReferenceScanner<'t> {
        pub(super) fn new(text: &'t str) -> Self {
            Self {
                text,
                bytes: text.as_bytes(),
                at: 0,
            }
        }

        fn fault<T>(&self) -> Result<T, ScanFault> {
            Err(ScanFault(self.at))
        }

        /// The next byte that is not white space, not yet consumed; 0 at the end, which begins no
        /// token.
        fn peek(&mut self) -> u8 {
            while let Some(&byte) = self.bytes.get(self.at) {
                if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                    return byte;
                }
                self.at += 1;
            }
            0
        }

        /// The kind of the next value; consumes its bracket, brace or word.
        pub(super) fn begin(&mut self) -> Result<ValueKind, ScanFault> {
            match self.peek() {
                b'"' => Ok(ValueKind::Text),
                b'{' => {
                    self.at += 1;
                    Ok(ValueKind::Object)
                }
                b'[' => {
                    self.at += 1;
                    Ok(ValueKind::Array)
                }
                b'-' if self.bytes.get(self.at + 1) == Some(&b'I') => self.word("-Infinity"),
                b'-' | b'0'..=b'9' => Ok(ValueKind::Number),
                b't' => self.word("true"),
                b'f' => self.word("false"),
                b'n' => self.word("null").map(|_| ValueKind::Null),
                b'N' => self.word("NaN"),
                b'I' => self.word("Infinity"),
                _ => self.fault(),
            }
        }

        fn word(&mut self, word: &str) -> Result<ValueKind, ScanFault> {
            if !self.bytes[self.at..].starts_with(word.as_bytes()) {
                return self.fault();
            }
            self.at += word.len();
            Ok(ValueKind::Word)
        }

        /// The next key of an object, with its colon; `None` at the end of the object.
        pub(super) fn key(&mut self, is_first: bool) -> Result<Option<Cow<'t, str>>, ScanFault> {
            match self.peek() {
                b'}' => {
                    self.at += 1;
                    return Ok(None);
                }
                b',' if !is_first => {
                    self.at += 1;
                    self.peek();
                }
                b'"' if is_first => {}
                _ => return self.fault(),
            }
            let key = self.text()?;
            self.colon()?;
            Ok(Some(key))
        }

        fn colon(&mut self) -> Result<(), ScanFault> {
            if self.peek() != b':' {
                return self.fault();
            }
            self.at += 1;
            Ok(())
        }

        /// True when another element of the array follows.
        pub(super) fn element(&mut self, is_first: bool) -> Result<bool, ScanFault> {
            match self.peek() {
                b']' => {
                    self.at += 1;
                    Ok(false)
                }
                b',' if !is_first => {
                    self.at += 1;
                    Ok(true)
                }
                _ if is_first => Ok(true),
                _ => self.fault(),
            }
        }

        /// A string without its quotes, escapes decoded.
        pub(super) fn text(&mut self) -> Result<Cow<'t, str>, ScanFault> {
            let start = self.at;
            let has_escapes = self.skip_text()?;
            if !has_escapes {
                return Ok(Cow::Borrowed(&self.text[start + 1..self.at - 1]));
            }
            serde_json::from_str(&self.text[start..self.at])
                .map(Cow::Owned)
                .map_err(|_| ScanFault(start))
        }

        /// Skips a string; true when it has escapes.
        pub(super) fn skip_text(&mut self) -> Result<bool, ScanFault> {
            if self.bytes.get(self.at) != Some(&b'"') {
                return self.fault();
            }
            self.at += 1;
            let mut has_escapes = false;
            loop {
                self.at += plain_bytes(&self.bytes[self.at..]);
                match self.bytes.get(self.at) {
                    Some(b'"') => {
                        self.at += 1;
                        return Ok(has_escapes);
                    }
                    Some(b'\\') => {
                        has_escapes = true;
                        self.skip_escape()?;
                    }
                    _ => return self.fault(),
                }
            }
        }

        fn skip_escape(&mut self) -> Result<(), ScanFault> {
            match self.bytes.get(self.at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
                Some(b'u') => {
                    let digits = self.bytes.get(self.at + 2..self.at + 6);
                    if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                        return self.fault();
                    }
                    self.at += 6;
                }
                _ => return self.fault(),
            }
            Ok(())
        }

        /// A number as written: converting it would lose digits.
        pub(super) fn number(&mut self) -> Result<&'t str, ScanFault> {
            let start = self.at;
            self.at += usize::from(self.bytes[self.at] == b'-');
            match self.bytes.get(self.at) {
                Some(b'0') => self.at += 1,
                Some(b'1'..=b'9') => self.digits()?,
                _ => return self.fault(),
            }
            if self.bytes.get(self.at) == Some(&b'.') {
                self.at += 1;
                self.digits()?;
            }
            if let Some(b'e' | b'E') = self.bytes.get(self.at) {
                self.at += 1;
                self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
                self.digits()?;
            }
            Ok(&self.text[start..self.at])
        }

        fn digits(&mut self) -> Result<(), ScanFault> {
            let count = self.bytes[self.at..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if count == 0 {
                return self.fault();
            }
            self.at += count;
            Ok(())
        }

        /// Skips a whole value.
        pub(super) fn skip(&mut self) -> Result<(), ScanFault> {
            let kind = self.begin()?;
            self.skip_rest(kind)
        }

        /// `skip`, after `begin`.
        pub(super) fn skip_rest(&mut self, kind: ValueKind) -> Result<(), ScanFault> {
            match kind {
                ValueKind::Text => self.skip_text().map(|_| ()),
                ValueKind::Number => self.number().map(|_| ()),
                ValueKind::Word | ValueKind::Null => Ok(()),
                ValueKind::Object | ValueKind::Array => {
                    self.skip_container(kind == ValueKind::Object)
                }
            }
        }

        fn skip_container(&mut self, is_object: bool) -> Result<(), ScanFault> {
            // A stack in one word: one bit for each open container, the innermost lowest, set for
            // objects.
            let mut open = u128::from(is_object);
            let mut depth = 1;
            let mut is_first = true;
            while depth > 0 {
                let is_object = open & 1 == 1;
                let goes_on = if is_object {
                    self.skip_key(is_first)?
                } else {
                    self.element(is_first)?
                };
                if !goes_on {
                    open >>= 1;
                    depth -= 1;
                    is_first = false;
                    continue;
                }
                let kind = self.begin()?;
                is_first = matches!(kind, ValueKind::Object | ValueKind::Array);
                if !is_first {
                    self.skip_rest(kind)?;
                    continue;
                }
                if depth == DEPTH_MAX {
                    return self.fault();
                }
                open = open << 1 | u128::from(kind == ValueKind::Object);
                depth += 1;
            }
            Ok(())
        }

        fn skip_key(&mut self, is_first: bool) -> Result<bool, ScanFault> {
            match self.peek() {
                b'}' => {
                    self.at += 1;
                    return Ok(false);
                }
                b',' if !is_first => {
                    self.at += 1;
                    self.peek();
                }
                b'"' if is_first => {}
                _ => return self.fault(),
            }
            self.skip_text()?;
            self.colon()?;
            Ok(true)
        }

        /// Checks that only white space follows.
        pub(super) fn end(&mut self) -> Result<(), ScanFault> {
            self.peek();
            if self.at == self.bytes.len() {
                Ok(())
            } else {
                self.fault()
            }
        }
    }

    /// Number of bytes from the start that are neither quote, backslash nor control character.
    fn plain_bytes(bytes: &[u8]) -> usize {
        bytes
            .iter()
            .take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20))
            .count()
    }
}
