//! Specific Character Set (0008,0005): from the bytes of a value to its text.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// How the texts of a data set, or of an item that says otherwise, are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CharacterSet {
    /// None, or ASCII: programs read what is not ASCII as UTF-8 or as ISO 8859-1.
    Undeclared,
    One(&'static Encoding),
    /// One byte a character, half of it Katakana.
    Katakana,
    /// Switched by escape sequences of ISO 2022, as in Japanese mail.
    Japanese,
    /// Values of ASCII alone can be read all the same.
    Unsupported,
}

/// ISO 2022, in which the meaning of the bytes that follow changes.
const ESCAPE: u8 = 0x1b;

impl CharacterSet {
    /// By the values of (0008,0005).
    pub(crate) fn named(values: &str) -> Self {
        let values: Vec<&str> = values.split('\\').map(str::trim).collect();
        let is_japanese = |name: &&str| matches!(*name, "ISO 2022 IR 87" | "ISO 2022 IR 13");
        match values[..] {
            [one] => Self::single(one),
            [..] if values.iter().skip(1).any(is_japanese) => Self::Japanese,
            // Without escape sequences in a value, the first is the one in which it is written.
            [first, ..] => Self::single(first),
            [] => Self::Undeclared,
        }
    }

    fn single(name: &str) -> Self {
        let number = name
            .strip_prefix("ISO_IR ")
            .or_else(|| name.strip_prefix("ISO 2022 IR "));
        match (name, number) {
            ("", _) | (_, Some("6")) => Self::Undeclared,
            (_, Some("13")) => Self::Katakana,
            (_, Some("100")) => Self::One(encoding_rs::WINDOWS_1252),
            (_, Some("101")) => Self::One(encoding_rs::ISO_8859_2),
            (_, Some("109")) => Self::One(encoding_rs::ISO_8859_3),
            (_, Some("110")) => Self::One(encoding_rs::ISO_8859_4),
            (_, Some("126")) => Self::One(encoding_rs::ISO_8859_7),
            (_, Some("127")) => Self::One(encoding_rs::ISO_8859_6),
            (_, Some("138")) => Self::One(encoding_rs::ISO_8859_8),
            (_, Some("144")) => Self::One(encoding_rs::ISO_8859_5),
            (_, Some("148")) => Self::One(encoding_rs::WINDOWS_1254),
            (_, Some("166")) => Self::One(encoding_rs::WINDOWS_874),
            (_, Some("192")) => Self::One(encoding_rs::UTF_8),
            (_, Some("203")) => Self::One(encoding_rs::ISO_8859_15),
            ("GB18030", _) => Self::One(encoding_rs::GB18030),
            ("GBK", _) => Self::One(encoding_rs::GBK),
            _ => Self::Unsupported,
        }
    }

    /// The readings of a value; `None` where it cannot be decoded.
    pub(crate) fn decode<'b>(self, bytes: &'b [u8]) -> Option<Vec<Cow<'b, str>>> {
        let has_escape = bytes.contains(&ESCAPE);
        if !has_escape && let (true, Ok(text)) = (bytes.is_ascii(), str::from_utf8(bytes)) {
            return Some(vec![Cow::Borrowed(text)]);
        }
        let by = |encoding: &'static Encoding| {
            encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(|text| vec![text])
        };
        match self {
            Self::Japanese => by(encoding_rs::ISO_2022_JP),
            _ if has_escape => None,
            Self::Undeclared => {
                let mut readings = vec![Cow::Owned(latin_1(bytes))];
                readings.extend(str::from_utf8(bytes).map(Cow::Borrowed));
                Some(readings)
            }
            Self::One(encoding) => by(encoding),
            Self::Katakana => {
                let is_single = |byte: &u8| byte.is_ascii() || (0xa1..=0xdf).contains(byte);
                let is_all = bytes.iter().all(is_single);
                is_all.then(|| by(encoding_rs::SHIFT_JIS)).flatten()
            }
            Self::Unsupported => None,
        }
    }
}

/// Each byte as the character of ISO 8859-1.
pub(crate) fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(set: &str, bytes: &[u8], expected: Option<&[&str]>) {
        let read = CharacterSet::named(set).decode(bytes);
        let read: Option<Vec<&str>> = read
            .as_ref()
            .map(|all| all.iter().map(Cow::as_ref).collect());
        assert_eq!(read.as_deref(), expected, "{set}");
    }

    #[test]
    fn texts_are_read_in_the_set_that_the_file_names() {
        check("ISO_IR 100", b"H\xe9l\xe8ne", Some(&["Hélène"]));
        check("ISO_IR 192", "Hélène".as_bytes(), Some(&["Hélène"]));
        check("ISO_IR 192", b"H\xe9l", None);
        check("ISO_IR 144", b"\xbb\xee\xda", Some(&["Люк"]));
        check("ISO_IR 13", b"\xd4\xcf\xc0\xde", Some(&["ﾔﾏﾀﾞ"]));
        check("ISO_IR 13", b"\x83\x41", None);
        let japanese = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B";
        check(
            "\\ISO 2022 IR 87",
            japanese,
            Some(&["Yamada^Tarou=山田^太郎"]),
        );
        check("GB18030", b"Wang^\xcd\xf5", Some(&["Wang^王"]));
    }

    #[test]
    fn without_a_set_both_usual_readings_count() {
        check("", "é".as_bytes(), Some(&["Ã©", "é"]));
        check("ISO_IR 6", b"\xe9", Some(&["é"]));
    }

    #[test]
    fn ascii_is_read_in_every_set_and_nothing_else_in_unknown_ones() {
        check("ISO_IR 999", b"P0001", Some(&["P0001"]));
        check("ISO_IR 999", b"P\xe9", None);
        check("ISO_IR 100", b"\x1b$B;3", None);
    }
}
