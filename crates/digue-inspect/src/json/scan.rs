//! A strict JSON scanner (RFC 8259), token by token (docs/decisions/0005: `serde_json` through a
//! visitor builds a value for every key and number, needed or not).
//!
//! Values that no rule waits for are checked and skipped, without recursion and without allocation,
//! strings sixteen bytes at a time. It accepts what `serde_json` accepts, and also `NaN`, `Infinity`
//! and `-Infinity`, which Python writes and its clients read; but no document nested deeper than
//! 128.

use std::borrow::Cow;

use super::escapes;
use super::plain::{plain_bytes, white_bytes};

/// A syntax error at this byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ScanFault(pub(super) usize);

/// The kind of a value, known from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Object,
    Array,
    Text,
    Number,
    /// Already consumed.
    Null,
    /// `true`, `false`, `NaN` and the like; already consumed.
    Word,
}

/// The deepest nesting of objects and arrays; `skip_container` has one bit for each level.
pub(super) const DEPTH_MAX: usize = 128;

#[derive(Clone)]
pub(super) struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Scanner<'t> {
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
    #[inline]
    fn peek(&mut self) -> u8 {
        match self.bytes.get(self.at) {
            Some(&byte) if byte > b' ' => byte,
            _ => self.peek_past_space(),
        }
    }

    fn peek_past_space(&mut self) -> u8 {
        self.at = self.past_space(self.at);
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// The place of the next byte from `at` on that is not white space.
    #[inline]
    fn past_space(&self, at: usize) -> usize {
        // Most programs write nothing or one space between two tokens.
        match self.bytes.get(at..) {
            Some([first, ..]) if *first > b' ' => at,
            Some([b' ', second, ..]) if *second > b' ' => at + 1,
            rest => at + white_bytes(rest.unwrap_or_default()),
        }
    }

    /// The place of the next byte that is not white space.
    pub(super) fn place(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// The text between two places.
    pub(super) fn between(&self, start: usize, end: usize) -> &'t str {
        &self.text[start..end]
    }

    /// The place after the last token.
    pub(super) const fn end_place(&self) -> usize {
        self.at
    }

    /// Skips members of an object as long as each has the usual form: a name without escapes that
    /// is not awaited, and a string without escapes. Gives their number, and stops before the comma
    /// of the next member of any other form.
    ///
    /// What it recognises, `key` and `skip` would consume all the same: most members of most
    /// records, at a price that decides how fast a document is read. Not inlined, so that its loop
    /// has the registers for itself.
    #[inline(never)]
    pub(super) fn skip_plain_members(&mut self, is_awaited: impl Fn(&[u8]) -> bool) -> usize {
        let mut rest = &self.bytes[self.at..];
        let mut count = 0;
        while let Some(after) = after_plain_member(rest, &is_awaited) {
            rest = after;
            count += 1;
        }
        self.at = self.bytes.len() - rest.len();
        count
    }

    /// The kind of the next value; consumes its bracket, brace or word.
    #[inline]
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
    #[inline]
    pub(super) fn key(&mut self, is_first: bool) -> Result<Option<Cow<'t, str>>, ScanFault> {
        if !self.begin_key(is_first)? {
            return Ok(None);
        }
        let key = self.text()?;
        self.colon()?;
        Ok(Some(key))
    }

    /// `key`, with the place at which it begins.
    pub(super) fn placed_key(
        &mut self,
        is_first: bool,
    ) -> Result<Option<(usize, Cow<'t, str>)>, ScanFault> {
        if !self.begin_key(is_first)? {
            return Ok(None);
        }
        let start = self.at;
        let key = self.text()?;
        self.colon()?;
        Ok(Some((start, key)))
    }

    /// Goes to the next key of an object; false at the end of the object, which is consumed.
    #[inline]
    fn begin_key(&mut self, is_first: bool) -> Result<bool, ScanFault> {
        match self.peek() {
            b',' if !is_first => {
                self.at += 1;
                self.peek();
                Ok(true)
            }
            b'"' if is_first => Ok(true),
            b'}' => {
                self.at += 1;
                Ok(false)
            }
            _ => self.fault(),
        }
    }

    #[inline]
    fn colon(&mut self) -> Result<(), ScanFault> {
        if self.peek() != b':' {
            return self.fault();
        }
        self.at += 1;
        Ok(())
    }

    /// True when another element of the array follows.
    #[inline]
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
    #[inline]
    pub(super) fn text(&mut self) -> Result<Cow<'t, str>, ScanFault> {
        let start = self.at;
        let has_escapes = self.skip_text()?;
        if !has_escapes {
            return Ok(Cow::Borrowed(&self.text[start + 1..self.at - 1]));
        }
        escapes::decoded(&self.text[start..self.at])
            .map(Cow::Owned)
            .ok_or(ScanFault(start))
    }

    /// Skips a string; true when it has escapes.
    #[inline]
    pub(super) fn skip_text(&mut self) -> Result<bool, ScanFault> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return self.fault();
        }
        self.at += 1;
        self.at += plain_bytes(&self.bytes[self.at..]);
        if self.bytes.get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(false);
        }
        self.skip_escaped().map(|()| true)
    }

    /// Skips the rest of a string from its first backslash on.
    fn skip_escaped(&mut self) -> Result<(), ScanFault> {
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.skip_escape()?,
                _ => return self.fault(),
            }
            self.at += plain_bytes(&self.bytes[self.at..]);
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
        self.skip_number()?;
        Ok(&self.text[start..self.at])
    }

    fn skip_number(&mut self) -> Result<(), ScanFault> {
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
        Ok(())
    }

    fn digits(&mut self) -> Result<(), ScanFault> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        match self.at > start {
            true => Ok(()),
            false => self.fault(),
        }
    }

    /// Skips a whole value.
    #[inline]
    pub(super) fn skip(&mut self) -> Result<(), ScanFault> {
        let kind = self.begin()?;
        self.skip_rest(kind)
    }

    /// `skip`, after `begin`.
    pub(super) fn skip_rest(&mut self, kind: ValueKind) -> Result<(), ScanFault> {
        match kind {
            ValueKind::Text => self.skip_text().map(|_| ()),
            ValueKind::Number => self.skip_number(),
            ValueKind::Word | ValueKind::Null => Ok(()),
            ValueKind::Object | ValueKind::Array => self.skip_container(kind == ValueKind::Object),
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

    #[inline]
    fn skip_key(&mut self, is_first: bool) -> Result<bool, ScanFault> {
        if !self.begin_key(is_first)? {
            return Ok(false);
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

/// What follows a member as `skip_plain_members` skips it; `None` when it has another form.
#[inline]
fn after_plain_member(rest: &[u8], is_awaited: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
    let (name, after_name) = plain_text(before_text(b',', rest)?)?;
    let (_, after_value) = plain_text(before_text(b':', after_name)?)?;
    (!is_awaited(name)).then_some(after_value)
}

/// `rest` from the string on that follows `sign`, with or without white space; `None` when another
/// sign does.
#[inline]
fn before_text(sign: u8, rest: &[u8]) -> Option<&[u8]> {
    match rest {
        // Most programs write nothing or one space between two tokens.
        [first, b'"', ..] if *first == sign => Some(&rest[1..]),
        [first, b' ', b'"', ..] if *first == sign => Some(&rest[2..]),
        _ => {
            let after = rest[white_bytes(rest)..].strip_prefix(&[sign])?;
            Some(&after[white_bytes(after)..])
        }
    }
}

/// A string without escapes, without its quotes, and what follows it.
#[inline]
fn plain_text(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = rest.strip_prefix(b"\"")?;
    let (text, end) = inside.split_at(plain_bytes(inside));
    Some((text, end.strip_prefix(b"\"")?))
}

#[cfg(test)]
mod tests;
