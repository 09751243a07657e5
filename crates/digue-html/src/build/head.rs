//! Tree construction before and after the body (HTML, 13.2.6.4).

use super::*;

impl TreeBuilder<'_> {
    pub(super) fn doctype(&mut self, start: usize, end: usize) {
        if self.mode != Mode::Initial {
            return;
        }
        self.tree.has_quirks = has_quirks(&self.tokens.text[start..end]);
        self.mode = Mode::BeforeHtml;
    }

    pub(super) fn initial(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(_) => Flow::Done,
            _ => self.again(Mode::BeforeHtml),
        }
    }

    pub(super) fn before_html(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(_) => Flow::Done,
            Item::Start(token) if token.tag == tag::HTML => {
                self.is_kept = true;
                self.create_root(attributes_of(&token));
                self.mode = Mode::BeforeHead;
                Flow::Done
            }
            Item::End(token) if token.tag != tag::HEAD && !ends_head(token.tag) => Flow::Done,
            _ => {
                self.create_root(NONE);
                self.again(Mode::BeforeHead)
            }
        }
    }

    pub(super) fn before_head(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(_) => Flow::Done,
            Item::Start(token) if token.tag == tag::HTML => self.in_body(item),
            Item::Start(token) if token.tag == tag::HEAD => {
                self.head = self.insert(token);
                self.mode = Mode::InHead;
                Flow::Done
            }
            Item::End(token) if token.tag != tag::HEAD && !ends_head(token.tag) => Flow::Done,
            _ => {
                self.head = self.insert_implied(tag::HEAD);
                self.again(Mode::InHead)
            }
        }
    }

    pub(super) fn in_head(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(text) => self.insert_text(text),
            Item::Start(token) => return self.start_in_head(token, item),
            Item::End(token) => match token.tag {
                tag::HEAD => {
                    self.pop();
                    self.mode = Mode::AfterHead;
                }
                tag::TEMPLATE => self.end_template(),
                tag if ends_head(tag) => return self.leave_head(),
                _ => {}
            },
            Item::Text(_) | Item::Eof => return self.leave_head(),
        }
        Flow::Done
    }

    fn leave_head(&mut self) -> Flow {
        self.pop();
        self.again(Mode::AfterHead)
    }

    fn start_in_head(&mut self, token: TagToken, item: Item) -> Flow {
        match token.tag {
            tag::HTML => return self.in_body(item),
            tag::BASE | tag::BASEFONT | tag::BGSOUND | tag::LINK | tag::META => {
                self.insert_void(token);
            }
            // A browser with scripts shows no `noscript`; one without them does. Both readings of
            // the page are inspected.
            tag::NOSCRIPT if !self.manner.runs_scripts => {
                self.met.noscript = true;
                self.insert(token);
                self.mode = Mode::InHeadNoscript;
            }
            tag::TITLE | tag::NOFRAMES | tag::STYLE | tag::SCRIPT | tag::NOSCRIPT => {
                self.insert_raw_of(token)
            }
            tag::TEMPLATE => self.start_template(token),
            tag::HEAD => {}
            _ => return self.leave_head(),
        }
        Flow::Done
    }

    pub(super) fn insert_raw_of(&mut self, token: TagToken) {
        if let Some(raw) = raw_text(token.tag, self.manner) {
            self.insert_raw(token, raw);
        }
    }

    fn start_template(&mut self, token: TagToken) {
        self.insert(token);
        self.formatting.push(Formatting::Marker);
        self.is_frameset_possible = false;
        self.mode = Mode::InTemplate;
        self.template_modes.push(Mode::InTemplate);
    }

    fn end_template(&mut self) {
        if !self.has_open_template() {
            return;
        }
        while tag::is_thoroughly_implied_end(self.current_tag()) {
            self.pop();
        }
        self.close_template();
    }

    pub(super) fn close_template(&mut self) {
        self.pop_through(|tag| tag == tag::TEMPLATE);
        self.clear_formatting();
        self.template_modes.pop();
        self.reset_mode();
    }

    pub(super) fn in_head_noscript(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(_) => return self.in_head(item),
            Item::Start(token) => match token.tag {
                tag::HTML => return self.in_body(item),
                tag::BASEFONT
                | tag::BGSOUND
                | tag::LINK
                | tag::META
                | tag::NOFRAMES
                | tag::STYLE => {
                    return self.in_head(item);
                }
                tag::HEAD | tag::NOSCRIPT => return Flow::Done,
                _ => {}
            },
            Item::End(token) if token.tag == tag::NOSCRIPT => {
                self.pop();
                self.mode = Mode::InHead;
                return Flow::Done;
            }
            Item::End(token) if token.tag != tag::BR => return Flow::Done,
            Item::End(_) | Item::Text(_) | Item::Eof => {}
        }
        self.pop();
        self.again(Mode::InHead)
    }

    pub(super) fn after_head(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(text) => {
                self.insert_text(text);
                return Flow::Done;
            }
            Item::Start(token) => match token.tag {
                tag::HTML => return self.in_body(item),
                tag::BODY => {
                    self.insert(token);
                    self.is_frameset_possible = false;
                    self.mode = Mode::InBody;
                    return Flow::Done;
                }
                tag::FRAMESET => {
                    self.insert(token);
                    self.mode = Mode::InFrameset;
                    return Flow::Done;
                }
                tag if tag::is_head_content(tag) => {
                    let head = self.head;
                    self.push(head);
                    let flow = self.in_head(item);
                    self.remove_open(head);
                    return flow;
                }
                tag::HEAD => return Flow::Done,
                _ => {}
            },
            Item::End(token) => match token.tag {
                tag::TEMPLATE => return self.in_head(item),
                tag::BODY | tag::HTML | tag::BR => {}
                _ => return Flow::Done,
            },
            Item::Text(_) | Item::Eof => {}
        }
        self.insert_implied(tag::BODY);
        self.again(Mode::InBody)
    }

    pub(super) fn after_body(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(_) => self.in_body(item),
            Item::Start(token) if token.tag == tag::HTML => self.in_body(item),
            Item::End(token) if token.tag == tag::HTML && self.mode == Mode::AfterBody => {
                self.mode = Mode::AfterAfterBody;
                Flow::Done
            }
            Item::Eof => Flow::Done,
            _ => self.again(Mode::InBody),
        }
    }

    pub(super) fn in_frameset(&mut self, item: Item) -> Flow {
        match item {
            Item::Start(token) => match token.tag {
                tag::HTML => return self.in_body(item),
                tag::FRAMESET => {
                    self.insert(token);
                }
                tag::FRAME => {
                    self.insert_void(token);
                }
                tag::NOFRAMES => return self.in_head(item),
                _ => {}
            },
            Item::End(token) if token.tag == tag::FRAMESET && self.open.len() > 1 => {
                self.pop();
                if self.current_tag() != tag::FRAMESET {
                    self.mode = Mode::AfterFrameset;
                }
            }
            Item::Blank(text) => self.insert_text(text),
            Item::End(_) | Item::Text(_) | Item::Eof => {}
        }
        Flow::Done
    }

    pub(super) fn after_frameset(&mut self, item: Item) -> Flow {
        match item {
            Item::Start(token) if token.tag == tag::HTML => return self.in_body(item),
            Item::Start(token) if token.tag == tag::NOFRAMES => return self.in_head(item),
            Item::End(token) if token.tag == tag::HTML => self.mode = Mode::AfterAfterFrameset,
            Item::Blank(text) if self.mode == Mode::AfterFrameset => self.insert_text(text),
            Item::Blank(_) => return self.in_body(item),
            Item::Start(_) | Item::End(_) | Item::Text(_) | Item::Eof => {}
        }
        Flow::Done
    }
}

const fn ends_head(tag: Tag) -> bool {
    matches!(tag, tag::BODY | tag::HTML | tag::BR)
}

/// True when a document type selects quirks mode. The standard lists old public identifiers; we
/// list only the modern ones and take any other for old.
fn has_quirks(doctype: &str) -> bool {
    let doctype = doctype.trim().to_ascii_lowercase();
    let mut words = doctype.split_ascii_whitespace();
    if words.next() != Some("html") {
        return true;
    }
    let Some(public) = doctype.split_once("public").map(|(_, public)| public) else {
        return doctype.contains("http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd");
    };
    let public = public.trim_start().trim_start_matches(['"', '\'']);
    let is_strict = ["-//w3c//dtd xhtml 1.", "-//w3c//dtd html 4.01//"]
        .iter()
        .any(|id| public.starts_with(id));
    let is_loose = [
        "-//w3c//dtd html 4.01 transitional//",
        "-//w3c//dtd html 4.01 frameset//",
    ]
    .iter()
    .any(|id| public.starts_with(id));
    !(is_strict || is_loose && doctype.contains(".dtd"))
}

/// True for a page that declares XHTML: some clients read it as XML.
pub(super) fn looks_like_xml(text: &str) -> bool {
    let start = first_characters(text, 1024);
    start.trim_start().starts_with("<?xml") || start.contains("http://www.w3.org/1999/xhtml")
}

fn first_characters(text: &str, count: usize) -> &str {
    let bytes = text.as_bytes();
    let end = match bytes.get(..count).map(<[u8]>::is_ascii) {
        Some(true) => count,
        Some(false) => text
            .char_indices()
            .nth(count)
            .map_or(text.len(), |(at, _)| at),
        None => text.len(),
    };
    &text[..end]
}
