//! The tokens of a content stream, one operator at a time: a stream of small operators takes no more
//! memory than its bytes.

use digue_identifiers::reading::Unreadable;
use digue_types::UnreadCause;

use crate::unreadable;

/// The most operands of an operator: those of drawing have six, a table of characters some hundreds.
const OPERANDS_MAX: usize = 16_384;
const DEPTH_MAX: usize = 32;

/// An operand.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Number(f64),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Operand>),
    /// The texts of a dictionary; nothing else of it is needed.
    Dictionary(Vec<Vec<u8>>),
    /// `true`, `false`, `null`.
    Word,
}

impl Operand {
    pub(crate) const fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(_) | Self::Text(_) | Self::Array(_) | Self::Dictionary(_) | Self::Word => {
                None
            }
        }
    }
}

/// An operator and its operands.
#[derive(Debug)]
pub(crate) struct ContentOperator<'c> {
    pub(crate) name: &'c [u8],
    pub(crate) operands: Vec<Operand>,
}

/// Reads a content stream.
pub(crate) struct ContentReader<'c> {
    bytes: &'c [u8],
    at: usize,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

fn broken() -> Unreadable {
    unreadable(UnreadCause::Syntax, "page content")
}

impl<'c> ContentReader<'c> {
    pub(crate) const fn new(bytes: &'c [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != 10 && byte != 13) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// The next operator; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<ContentOperator<'c>>, Unreadable> {
        let mut operands = Vec::new();
        loop {
            self.skip_space();
            let Some(byte) = self.peek() else {
                // Operands without an operator show nothing.
                return Ok(None);
            };
            if operands.len() > OPERANDS_MAX {
                return Err(broken());
            }
            if is_delimiter(byte) || byte.is_ascii_digit() || b"+-.".contains(&byte) {
                operands.push(self.operand(0)?);
                continue;
            }
            let word = self.word();
            match word {
                b"true" | b"false" | b"null" => operands.push(Operand::Word),
                b"BI" => {
                    self.skip_picture()?;
                    return Ok(Some(ContentOperator {
                        name: b"BI",
                        operands,
                    }));
                }
                name => return Ok(Some(ContentOperator { name, operands })),
            }
        }
    }

    fn word(&mut self) -> &'c [u8] {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| !is_space(byte) && !is_delimiter(byte))
        {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    fn operand(&mut self, depth: usize) -> Result<Operand, Unreadable> {
        if depth > DEPTH_MAX {
            return Err(unreadable(UnreadCause::TooDeep, "page content"));
        }
        let rest = &self.bytes[self.at..];
        match rest.first() {
            Some(b'/') => {
                self.at += 1;
                Ok(Operand::Name(unescaped(self.word())))
            }
            Some(b'(') => self.literal().map(Operand::Text),
            Some(b'<') if rest.get(1) == Some(&b'<') => {
                self.at += 2;
                self.dictionary(depth)
            }
            Some(b'<') => self.hexadecimal().map(Operand::Text),
            Some(b'[') => {
                self.at += 1;
                let items = self.until(b']', depth)?;
                Ok(Operand::Array(items))
            }
            Some(byte) if byte.is_ascii_digit() || b"+-.".contains(byte) => {
                Ok(Operand::Number(number(self.word())))
            }
            _ => Err(broken()),
        }
    }

    fn until(&mut self, end: u8, depth: usize) -> Result<Vec<Operand>, Unreadable> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return Err(broken()),
                Some(byte) if byte == end => {
                    self.at += 1;
                    return Ok(items);
                }
                Some(byte)
                    if is_delimiter(byte) || byte.is_ascii_digit() || b"+-.".contains(&byte) =>
                {
                    items.push(self.operand(depth + 1)?);
                }
                Some(_) => {
                    self.word();
                    items.push(Operand::Word);
                }
            }
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Operand, Unreadable> {
        let items = self.until(b'>', depth)?;
        if self.peek() != Some(b'>') {
            return Err(broken());
        }
        self.at += 1;
        let mut texts = Vec::new();
        collect_texts(items, &mut texts);
        Ok(Operand::Dictionary(texts))
    }

    fn literal(&mut self) -> Result<Vec<u8>, Unreadable> {
        self.at += 1;
        let mut text = Vec::new();
        let mut depth = 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(text);
                    }
                }
                b'\\' => {
                    self.escape(&mut text);
                    continue;
                }
                // Every end of a line within a string is one line feed (ISO 32000-1, 7.3.4.2).
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    text.push(b'\n');
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        Err(broken())
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit @ b'0'..=b'7') => {
                            value = value * 8 + u32::from(digit - b'0');
                            self.at += 1;
                        }
                        _ => break,
                    }
                }
                // High-order overflow is ignored (ISO 32000-1, 7.3.4.2).
                text.push((value & 0xff) as u8);
            }
            other => text.push(other),
        }
    }

    fn hexadecimal(&mut self) -> Result<Vec<u8>, Unreadable> {
        self.at += 1;
        let mut digits = Vec::new();
        loop {
            let byte = self.peek().ok_or_else(broken)?;
            self.at += 1;
            match char::from(byte).to_digit(16) {
                Some(digit) => digits.push(digit as u8),
                None if byte == b'>' => break,
                None if is_space(byte) => {}
                None => return Err(broken()),
            }
        }
        if digits.len() % 2 == 1 {
            digits.push(0);
        }
        let (pairs, _) = digits.as_chunks::<2>();
        Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
    }

    /// Skips a picture within the content: its data end with `EI` between white space, followed by
    /// what can be content again.
    fn skip_picture(&mut self) -> Result<(), Unreadable> {
        let rest = &self.bytes[self.at..];
        let start = memchr::memmem::find_iter(rest, b"ID")
            .find(|at| {
                let before = at.checked_sub(1).and_then(|at| rest.get(at));
                before.is_none_or(|byte| is_space(*byte) || is_delimiter(*byte))
                    && rest.get(at + 2).is_some_and(|byte| is_space(*byte))
            })
            .ok_or_else(broken)?;
        let data = start + 3;
        let body = rest.get(data..).ok_or_else(broken)?;
        let end = memchr::memmem::find_iter(body, b"EI")
            .find(|at| {
                let is_begun = at
                    .checked_sub(1)
                    .is_none_or(|before| is_space(body[before]));
                let after = &body[at + 2..];
                is_begun
                    && after.first().is_none_or(|byte| is_space(*byte))
                    && after.iter().take(10).all(|byte| is_plain(*byte))
            })
            .ok_or_else(broken)?;
        self.at += data + end + 2;
        Ok(())
    }
}

/// A byte that content outside of pictures and strings consists of.
const fn is_plain(byte: u8) -> bool {
    is_space(byte) || byte.is_ascii_graphic()
}

fn collect_texts(items: Vec<Operand>, texts: &mut Vec<Vec<u8>>) {
    for item in items {
        match item {
            Operand::Text(text) => texts.push(text),
            Operand::Array(items) => collect_texts(items, texts),
            Operand::Dictionary(inner) => texts.extend(inner),
            Operand::Number(_) | Operand::Name(_) | Operand::Word => {}
        }
    }
}

/// A number as renderers read it: `--5`, `1.2.3` and `.` have a value, too.
fn number(word: &[u8]) -> f64 {
    let text = String::from_utf8_lossy(word);
    if let Ok(number) = text.parse::<f64>()
        && number.is_finite()
    {
        return number;
    }
    0.0
}

/// A name without its `#20`.
pub(crate) fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(name.len());
    let mut at = 0;
    while at < name.len() {
        let digit = |at: usize| {
            let byte = name.get(at)?;
            char::from(*byte).to_digit(16)
        };
        match (name[at], digit(at + 1), digit(at + 2)) {
            (b'#', Some(high), Some(low)) => {
                text.push((high << 4 | low) as u8);
                at += 3;
            }
            (byte, ..) => {
                text.push(byte);
                at += 1;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<(String, Vec<Operand>)> {
        let mut reader = ContentReader::new(bytes);
        let mut found = Vec::new();
        while let Some(operator) = reader.next().unwrap() {
            let name = String::from_utf8_lossy(operator.name).into_owned();
            found.push((name, operator.operands));
        }
        found
    }

    #[test]
    fn operators_have_their_operands() {
        let found = all(b"/F1 12 Tf % a comment\n[(A\\051\\(b\\\nc) -20 <41 4>]TJ BT(x)'");
        let text = |text: &[u8]| Operand::Text(text.to_vec());
        assert_eq!(
            found,
            [
                (
                    "Tf".into(),
                    vec![Operand::Name(b"F1".to_vec()), Operand::Number(12.0)]
                ),
                (
                    "TJ".into(),
                    vec![Operand::Array(vec![
                        text(b"A)(bc"),
                        Operand::Number(-20.0),
                        text(b"A@")
                    ])]
                ),
                ("BT".into(), vec![]),
                ("'".into(), vec![text(b"x")]),
            ]
        );
    }

    #[test]
    fn a_picture_in_the_content_ends_where_content_begins_again() {
        let found = all(b"BI /W 1 /H 1 ID \x01 EI\x02 EI \xff\x00 EI Q (x) Tj");
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["BI", "Q", "Tj"]);
    }

    #[test]
    fn what_does_not_end_is_broken() {
        for bytes in [
            &b"(a"[..],
            b"[1 2",
            b"<41",
            b"<< /A (b)",
            b"BI /W 1 ID x",
            b")",
            b"<4x>",
        ] {
            assert!(ContentReader::new(bytes).next().is_err(), "{bytes:?}");
        }
        let deep = b"[".repeat(10_000);
        assert!(ContentReader::new(&deep).next().is_err());
    }
}
