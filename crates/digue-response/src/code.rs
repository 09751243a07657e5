//! The code of a notice, which its recipient types to check that the message is genuine.
//!
//! Sixty random bits in twelve characters of an alphabet without look-alikes (Crockford's base 32),
//! in groups of four, and a check character (modulo 37) that detects a mistyped character at once:
//! `7K3M-9QXT-2BVN-R`. Sixty bits cannot be guessed at the rate at which the page for codes
//! answers.

use std::fmt;

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The same with Crockford's five more check symbols.
const CHECK: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
const BITS: u32 = 60;

/// A code of sixty bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Code(u64);

/// Why a text is not a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CodeError {
    #[error("a code has thirteen characters")]
    Length,
    #[error("a character that no code contains")]
    Sign,
    #[error("the check character does not match")]
    Check,
}

impl Code {
    /// A new code from eight random bytes, of which the first four bits are ignored. Its check
    /// character is in the same alphabet as the rest: a `$` is lost on the telephone, and a form
    /// refuses a `*`.
    pub const fn drawn(random: [u8; 8]) -> Self {
        let bits = u64::from_be_bytes(random) & ((1 << BITS) - 1);
        // Remainders 32 to 36 would give one of `*~$=U`: lower the number until its remainder
        // is 31. `bits` is at least as large as its remainder, so this cannot underflow.
        let beyond = (bits % 37).saturating_sub(31);
        Self(bits - beyond)
    }

    /// An existing code from its bits. Codes from before 0.2.0 may end in one of `*~$=U`.
    pub const fn of(bits: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bits) & ((1 << BITS) - 1))
    }

    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Parses a typed code: lower case, blanks and hyphens, O for 0, I and L for 1.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let signs: Vec<u8> = text
            .bytes()
            .filter(|sign| !sign.is_ascii_whitespace() && *sign != b'-')
            .map(|sign| match sign.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                sign => sign,
            })
            .collect();
        // Twelve digits of five bits fill exactly sixty, so the shift below cannot lose one.
        let (check, signs) = signs.split_last().ok_or(CodeError::Length)?;
        if signs.len() != 12 {
            return Err(CodeError::Length);
        }
        let mut bits = 0;
        for sign in signs {
            let value = ALPHABET
                .iter()
                .position(|known| known == sign)
                .ok_or(CodeError::Sign)?;
            bits = bits << 5 | value as u64;
        }
        let code = Self(bits);
        if code.check() == *check {
            Ok(code)
        } else {
            Err(CodeError::Check)
        }
    }

    fn check(self) -> u8 {
        CHECK[usize::try_from(self.0 % 37).expect("a remainder of 37 fits in usize")]
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in 0..12 {
            if place > 0 && place % 4 == 0 {
                f.write_str("-")?;
            }
            let value = self.0 >> (BITS - 5 * (place + 1)) & 31;
            write!(
                f,
                "{}",
                char::from(ALPHABET[usize::try_from(value).expect("below 32")])
            )?;
        }
        write!(f, "-{}", char::from(self.check()))
    }
}

/// A destination masked for anyone who holds a code, since the page for codes is public:
/// `m•••@g•••.fr`, `•••78`.
pub fn masked(destination: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    if let Some((name, host)) = destination.rsplit_once('@') {
        let (site, end) = host.rsplit_once('.').unwrap_or((host, ""));
        let dot = if end.is_empty() { "" } else { "." };
        return format!("{}•••@{}•••{dot}{end}", first(name), first(site));
    }
    let signs: Vec<char> = destination
        .chars()
        .filter(|sign| sign.is_alphanumeric())
        .collect();
    // Two signs at most, and none of a short number, which they would nearly complete.
    let shown = signs.len().saturating_sub(6).min(2);
    format!(
        "•••{}",
        signs[signs.len() - shown..].iter().collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_code_comes_back_however_it_is_typed(random in proptest::array::uniform8(0_u8..)) {
            let code = Code::of(random);
            let text = code.to_string();
            proptest::prop_assert_eq!(Code::parse(&text), Ok(code));
            let typed = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            proptest::prop_assert_eq!(Code::parse(&typed), Ok(code));
        }

        #[test]
        fn a_new_code_keeps_to_one_alphabet(random in proptest::array::uniform8(0_u8..)) {
            let code = Code::drawn(random);
            let text = code.to_string();
            let is_plain = text.bytes().all(|sign| sign == b'-' || ALPHABET.contains(&sign));
            proptest::prop_assert!(is_plain, "{}", text);
            proptest::prop_assert_eq!(Code::parse(&text), Ok(code));
            proptest::prop_assert_eq!(Code::of(code.bits().to_be_bytes()), code, "as it is read back");
        }

        #[test]
        fn one_wrong_sign_is_told(random in proptest::array::uniform8(0_u8..), place in 0_usize..12, by in 1_usize..32) {
            let text: Vec<u8> = Code::of(random).to_string().bytes().filter(|sign| *sign != b'-').collect();
            let mut wrong = text.clone();
            let value = ALPHABET.iter().position(|sign| *sign == text[place]).unwrap();
            wrong[place] = ALPHABET[(value + by) % 32];
            proptest::prop_assert!(Code::parse(std::str::from_utf8(&wrong).unwrap()).is_err());
        }

        #[test]
        fn hostile_text_is_no_code(text in "\\PC{0,40}") {
            let _ = (Code::parse(&text), masked(&text));
        }
    }

    #[test]
    fn it_looks_as_it_is_said() {
        assert_eq!(Code::of([0; 8]).to_string(), "0000-0000-0000-0");
        assert_eq!(Code::of([0xff; 8]).to_string(), "ZZZZ-ZZZZ-ZZZZ-9");
        assert_eq!(Code::parse("0000-0000-0000"), Err(CodeError::Length));
        assert_eq!(Code::parse("0000-0000-000U-0"), Err(CodeError::Sign));
    }

    #[test]
    fn a_destination_tells_a_stranger_nothing() {
        assert_eq!(masked("marie.durand@example.fr"), "m•••@e•••.fr");
        assert_eq!(masked("+33 6 12 34 56 78"), "•••78");
        assert_eq!(masked("12 rue"), "•••");
    }
}
