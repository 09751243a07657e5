//! Tokenizer: tags, texts and comments of a page in order, as positions in its text (HTML, 13.2.5).
//!
//! Nothing is copied. Each byte is visited a bounded number of times, whatever precedes it.

use memchr::{memchr, memchr2};

use crate::tag::{self, Tag, TagNames};

#[derive(Clone, Copy, Debug)]
pub enum HtmlToken {
    /// `is_raw`: character references are not decoded.
    Text {
        start: usize,
        end: usize,
        is_raw: bool,
    },
    Start(TagToken),
    End(TagToken),
    /// Comments, and markup that a browser treats as one.
    Comment {
        start: usize,
        end: usize,
    },
    Doctype {
        start: usize,
        end: usize,
    },
    Eof,
}

#[derive(Clone, Copy, Debug)]
pub struct TagToken {
    pub tag: Tag,
    /// Start of its name.
    pub start: usize,
    /// Start of its attributes.
    pub attributes: usize,
    pub end: usize,
    pub is_self_closing: bool,
}

impl TagToken {
    pub const fn has_attributes(&self) -> bool {
        self.end > self.attributes + 1
    }
}

/// The kind of an element whose content is only text: how it ends, and whether it has character
/// references.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RawText {
    /// `title`, `textarea`.
    WithReferences,
    Without,
    Script,
    /// `plaintext` never ends.
    ToTheEnd,
}

pub struct Tokens<'t> {
    pub text: &'t str,
    pub at: usize,
    /// Start of a tag that is cut off at the end of the page; a browser shows nothing of it, the
    /// sweep sees it.
    pub cut_at: Option<usize>,
}

impl<'t> Tokens<'t> {
    pub const fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            cut_at: None,
        }
    }

    /// `reads_cdata`: within SVG and MathML, and in XML, `<![CDATA[` is text.
    pub fn next(&mut self, names: &mut TagNames, reads_cdata: bool) -> HtmlToken {
        loop {
            let start = self.at;
            let end = self.markup_from(start);
            if end > start {
                self.at = end;
                return HtmlToken::Text {
                    start,
                    end,
                    is_raw: false,
                };
            }
            if start == self.text.len() {
                return HtmlToken::Eof;
            }
            if let Some(token) = self.markup(start, names, reads_cdata) {
                return token;
            }
        }
    }

    /// The next `<` that begins markup, or the end.
    pub fn markup_from(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(found) = memchr(b'<', &self.text.as_bytes()[at..]) {
            at += found;
            let is_markup = match bytes.get(at + 1) {
                Some(b'!' | b'?') => true,
                // `</` at the very end of a page is text (HTML, 13.2.5.7).
                Some(b'/') => at + 2 < bytes.len(),
                Some(byte) => byte.is_ascii_alphabetic(),
                None => false,
            };
            if is_markup {
                return at;
            }
            at += 1;
        }
        bytes.len()
    }

    /// Behind every `</>` that begins at `from`.
    pub fn after_dropped(&self, from: usize) -> usize {
        let rest = &self.text[from..];
        from + rest.len() - rest.trim_start_matches("</>").len()
    }

    /// The markup at `start`; `None` for `</>`, which is dropped.
    fn markup(
        &mut self,
        start: usize,
        names: &mut TagNames,
        reads_cdata: bool,
    ) -> Option<HtmlToken> {
        let rest = &self.text[start..];
        match (rest.as_bytes()[1], rest.as_bytes().get(2)) {
            (b'/', Some(b'>')) => {
                self.at = start + 3;
                None
            }
            (b'/', Some(byte)) if byte.is_ascii_alphabetic() => {
                Some(self.tag(start + 2, names, HtmlToken::End))
            }
            (b'!', _) => Some(self.declaration(start, reads_cdata)),
            (b'/' | b'?', _) => {
                Some(self.until_angle(start + 2, |start, end| HtmlToken::Comment { start, end }))
            }
            _ => Some(self.tag(start + 1, names, HtmlToken::Start)),
        }
    }

    fn declaration(&mut self, start: usize, reads_cdata: bool) -> HtmlToken {
        let rest = &self.text[start..];
        if rest.starts_with("<!--") {
            return self.comment(start + 4);
        }
        if reads_cdata && rest.starts_with("<![CDATA[") {
            let start = start + "<![CDATA[".len();
            let end = self.text[start..]
                .find("]]>")
                .map_or(self.text.len(), |end| start + end);
            self.at = (end + 3).min(self.text.len());
            return HtmlToken::Text {
                start,
                end,
                is_raw: true,
            };
        }
        let is_doctype = rest
            .as_bytes()
            .get(2..9)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"doctype"));
        if is_doctype {
            return self.until_angle(start + 9, |start, end| HtmlToken::Doctype { start, end });
        }
        self.until_angle(start + 2, |start, end| HtmlToken::Comment { start, end })
    }

    fn until_angle(&mut self, start: usize, token: fn(usize, usize) -> HtmlToken) -> HtmlToken {
        let start = start.min(self.text.len());
        let end =
            memchr(b'>', &self.text.as_bytes()[start..]).map_or(self.text.len(), |end| start + end);
        self.at = (end + 1).min(self.text.len());
        token(start, end)
    }

    /// A comment ends with `-->` or `--!>`; `<!-->` and `<!--->` are complete.
    fn comment(&mut self, start: usize) -> HtmlToken {
        let rest = &self.text[start..];
        for whole in [">", "->"] {
            if rest.starts_with(whole) {
                self.at = start + whole.len();
                return HtmlToken::Comment { start, end: start };
            }
        }
        let mut at = start;
        while let Some(dashes) = self.text[at..].find("--") {
            at += dashes;
            let after = &self.text[at + 2..];
            for end in [">", "!>"] {
                if after.starts_with(end) {
                    self.at = at + 2 + end.len();
                    return HtmlToken::Comment { start, end: at };
                }
            }
            // One byte only: in `--->` the comment ends with the last two of the dashes.
            at += 1;
        }
        self.at = self.text.len();
        HtmlToken::Comment {
            start,
            end: self.text.len(),
        }
    }

    fn tag(
        &mut self,
        start: usize,
        names: &mut TagNames,
        token: fn(TagToken) -> HtmlToken,
    ) -> HtmlToken {
        let bytes = self.text.as_bytes();
        let length = bytes[start..]
            .iter()
            .take_while(|byte| !ends_name(**byte))
            .count();
        let attributes = start + length;
        // Most tags have no attributes, end tags above all.
        if bytes.get(attributes) == Some(&b'>') {
            self.at = attributes + 1;
            let tag = names.tag(&self.text[start..attributes]);
            return token(TagToken {
                tag,
                start,
                attributes,
                end: self.at,
                is_self_closing: false,
            });
        }
        // Only walked to find the end of the tag, as `>` may stand in a quoted value; values are
        // read on demand.
        let mut rest = TagAttributes::new(self.text, attributes);
        while rest.next().is_some() {}
        if !rest.is_closed {
            self.cut_at = Some(start);
            self.at = self.text.len();
            return HtmlToken::Eof;
        }
        self.at = rest.at;
        let tag = names.tag(&self.text[start..attributes]);
        token(TagToken {
            tag,
            start,
            attributes,
            end: rest.at,
            is_self_closing: rest.is_self_closing,
        })
    }

    /// The content of an element that holds only text, up to its end tag, which is the next token.
    pub fn raw_text(&mut self, tag_name: &str, raw: RawText) -> (usize, usize) {
        let start = self.at;
        let end = match raw {
            RawText::ToTheEnd => self.text.len(),
            RawText::Script => self.script_end(start),
            RawText::WithReferences | RawText::Without => self.end_tag_from(start, tag_name),
        };
        self.at = end;
        (start, end)
    }

    fn end_tag_from(&self, from: usize, name: &str) -> usize {
        let mut at = from;
        while let Some(found) = self.text[at..].find("</") {
            at += found;
            if names_tag(&self.text.as_bytes()[at + 2..], name) {
                return at;
            }
            at += 2;
        }
        self.text.len()
    }

    /// The end of a script. An end tag inside `<!-- <script>` does not count (HTML, 13.2.5.20 to
    /// 31).
    fn script_end(&self, from: usize) -> usize {
        #[derive(PartialEq)]
        enum TokenizerState {
            Plain,
            Escaped,
            DoubleEscaped,
        }
        let mut state = TokenizerState::Plain;
        let mut at = from;
        while let Some(found) = memchr2(b'<', b'-', &self.text.as_bytes()[at..]) {
            at += found;
            let rest = &self.text.as_bytes()[at..];
            if rest.starts_with(b"-->") {
                state = TokenizerState::Plain;
                at += 3;
            } else if rest.starts_with(b"<!--") && state == TokenizerState::Plain {
                state = TokenizerState::Escaped;
                // Not past the dashes: in `<!-->` they end what they begin (HTML, script data
                // escaped start).
                at += 2;
            } else if rest.starts_with(b"</") && names_tag(&rest[2..], "script") {
                if state != TokenizerState::DoubleEscaped {
                    return at;
                }
                state = TokenizerState::Escaped;
                at += 2;
            } else if state == TokenizerState::Escaped
                && rest.starts_with(b"<")
                && names_tag(&rest[1..], "script")
            {
                state = TokenizerState::DoubleEscaped;
                at += 1;
            } else {
                at += 1;
            }
        }
        self.text.len()
    }
}

fn names_tag(bytes: &[u8], name: &str) -> bool {
    bytes
        .get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        && bytes.get(name.len()).is_some_and(|byte| ends_name(*byte))
}

pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

const fn ends_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>')
}

/// The attributes of a tag as written: name and undecoded value.
pub struct TagAttributes<'t> {
    text: &'t str,
    pub at: usize,
    /// The `>` of the tag was reached.
    pub is_closed: bool,
    pub is_self_closing: bool,
}

impl<'t> TagAttributes<'t> {
    pub const fn new(text: &'t str, at: usize) -> Self {
        Self {
            text,
            at,
            is_closed: false,
            is_self_closing: false,
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.byte().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn take_until(&mut self, ends: impl Fn(u8) -> bool) -> &'t str {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest
            .iter()
            .position(|byte| ends(*byte))
            .unwrap_or(rest.len());
        let start = self.at;
        self.at += length;
        &self.text[start..self.at]
    }

    /// The value after `=`; `None` when the text ends inside it.
    fn value(&mut self) -> Option<&'t str> {
        self.at += 1;
        self.skip_spaces();
        match self.byte()? {
            quote @ (b'"' | b'\'') => {
                let start = self.at + 1;
                let length = memchr(quote, &self.text.as_bytes()[start..])?;
                self.at = start + length + 1;
                Some(&self.text[start..start + length])
            }
            // In `a=>` the sign ends the tag, although a value is expected (HTML, before attribute
            // value).
            b'>' => Some(""),
            _ => Some(self.take_until(|byte| is_space(byte) || byte == b'>')),
        }
    }
}

impl<'t> Iterator for TagAttributes<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_closed {
            return None;
        }
        loop {
            self.skip_spaces();
            match self.byte()? {
                b'/' => {
                    self.at += 1;
                    self.is_self_closing = self.byte() == Some(b'>');
                }
                b'>' => {
                    self.at += 1;
                    self.is_closed = true;
                    return None;
                }
                _ => break,
            }
        }
        let start = self.at;
        // A name may begin with `=` but not contain one.
        self.at += 1;
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.take_until(|byte| ends_name(byte) || byte == b'=');
        let name = &self.text[start..self.at];
        self.skip_spaces();
        if self.byte() != Some(b'=') {
            return Some((name, ""));
        }
        match self.value() {
            Some(value) => Some((name, value)),
            None => {
                self.at = self.text.len();
                None
            }
        }
    }
}

/// The kind of content of an HTML element, when it is only text.
pub const fn raw_text_of(tag: Tag, runs_scripts: bool) -> Option<RawText> {
    match tag {
        tag::TITLE | tag::TEXTAREA => Some(RawText::WithReferences),
        tag::STYLE | tag::XMP | tag::IFRAME | tag::NOEMBED | tag::NOFRAMES => {
            Some(RawText::Without)
        }
        tag::NOSCRIPT if runs_scripts => Some(RawText::Without),
        tag::SCRIPT => Some(RawText::Script),
        tag::PLAINTEXT => Some(RawText::ToTheEnd),
        _ => None,
    }
}
