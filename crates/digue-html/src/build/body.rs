//! Tree construction in the body, and in SVG and MathML within it (HTML, 13.2.6.4.7 and 13.2.6.5).

use super::*;

impl TreeBuilder<'_> {
    pub(super) fn in_body(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(text) => {
                self.reconstruct_formatting();
                self.insert_text(text);
            }
            Item::Text(text) => {
                self.reconstruct_formatting();
                self.is_frameset_possible = false;
                self.insert_text(text);
            }
            Item::Start(token) => return self.start_in_body(token, item),
            Item::End(token) => return self.end_in_body(token, item),
            Item::Eof if !self.template_modes.is_empty() => return self.in_template(item),
            Item::Eof => {}
        }
        Flow::Done
    }

    fn start_in_body(&mut self, token: TagToken, item: Item) -> Flow {
        match token.tag {
            tag if tag::is_head_content(tag) => return self.in_head(item),
            tag if closes_paragraph(tag) => self.start_block(token),
            tag if tag::is_formatting(tag) => self.start_formatting(token),
            tag if tag::is_table_part(tag) => self.met.stray_table_part = true,
            tag::HEAD | tag::FRAME => {}
            tag::HTML | tag::BODY | tag::FRAMESET => self.start_again(token),
            tag::AREA | tag::BR | tag::EMBED | tag::IMG | tag::KEYGEN | tag::WBR => {
                self.reconstruct_formatting();
                self.insert_void(token);
                self.is_frameset_possible = false;
            }
            tag::IMAGE => {
                self.reconstruct_formatting();
                self.is_kept = true;
                self.insert_without_opening(tag::IMG, Namespace::Html, attributes_of(&token));
                self.is_frameset_possible = false;
            }
            tag::PARAM | tag::SOURCE | tag::TRACK => {
                self.insert_void(token);
            }
            tag::INPUT | tag::SELECT | tag::OPTION | tag::OPTGROUP | tag::BUTTON => {
                self.start_control(token)
            }
            tag::TEXTAREA | tag::XMP | tag::IFRAME | tag::NOEMBED => self.start_raw(token),
            tag::RB | tag::RTC | tag::RP | tag::RT => self.start_ruby(token),
            tag::MATH => self.start_foreign(token, Namespace::MathMl),
            tag::SVG => self.start_foreign(token, Namespace::Svg),
            tag::APPLET | tag::MARQUEE | tag::OBJECT => {
                self.reconstruct_formatting();
                self.insert(token);
                self.formatting.push(Formatting::Marker);
                self.is_frameset_possible = false;
            }
            tag::NOSCRIPT if self.manner.runs_scripts => self.insert_raw_of(token),
            tag => {
                self.met.noscript |= tag == tag::NOSCRIPT;
                self.reconstruct_formatting();
                self.insert(token);
            }
        }
        Flow::Done
    }

    /// Start tags of blocks and of others that close an open paragraph.
    fn start_block(&mut self, token: TagToken) {
        match token.tag {
            tag::FORM => {
                let is_in_template = self.has_open_template();
                if self.form != NONE && !is_in_template {
                    return;
                }
                self.close_paragraph();
                let form = self.insert(token);
                if !is_in_template {
                    self.form = form;
                }
            }
            tag::LI | tag::DD | tag::DT => {
                self.is_frameset_possible = false;
                self.close_item(token.tag);
                self.close_paragraph();
                self.insert(token);
            }
            tag::TABLE => {
                if !self.tree.has_quirks {
                    self.close_paragraph();
                }
                self.insert(token);
                self.is_frameset_possible = false;
                self.mode = Mode::InTable;
            }
            tag::HR => {
                self.close_paragraph();
                if self.has_in_scope(tag::SELECT) {
                    self.imply_ends(None);
                }
                self.insert_void(token);
                self.is_frameset_possible = false;
            }
            tag::PLAINTEXT => {
                self.close_paragraph();
                self.insert_raw_of(token);
            }
            tag => {
                self.close_paragraph();
                if tag::is_heading(tag) && tag::is_heading(self.current_tag()) {
                    self.pop();
                }
                if matches!(tag, tag::PRE | tag::LISTING) {
                    self.skips_line_end = true;
                    self.is_frameset_possible = false;
                }
                self.insert(token);
            }
        }
    }

    /// Closes the previous list item.
    fn close_item(&mut self, tag: Tag) {
        let closes = |open: Tag| match tag {
            tag::LI => open == tag::LI,
            _ => matches!(open, tag::DD | tag::DT),
        };
        let mut to_close = None;
        for id in self.open.iter().rev() {
            self.steps += 1;
            let open = self.html_tag(*id);
            if closes(open) {
                to_close = Some(open);
                break;
            }
            if tag::is_special(open) && !matches!(open, tag::ADDRESS | tag::DIV | tag::P) {
                break;
            }
        }
        if let Some(open) = to_close {
            self.imply_ends(Some(open));
            self.pop_through(|tag| tag == open);
        }
    }

    fn start_formatting(&mut self, token: TagToken) {
        if token.tag == tag::A {
            self.close_open_link();
        }
        self.reconstruct_formatting();
        if token.tag == tag::NOBR && self.has_in_scope(tag::NOBR) {
            self.adopt(tag::NOBR);
            self.reconstruct_formatting();
        }
        self.insert_formatting(token);
    }

    /// A second `<html>` or `<body>` adds attributes; `<frameset>` may still replace the body.
    fn start_again(&mut self, token: TagToken) {
        let body = self
            .open
            .get(1)
            .copied()
            .filter(|id| self.html_tag(*id) == tag::BODY);
        let adds_to = match token.tag {
            tag::HTML => self.open.first().copied(),
            tag::BODY => body,
            _ => None,
        };
        if let Some(id) = adds_to.filter(|_| !self.has_open_template()) {
            self.is_kept = true;
            self.is_frameset_possible &= token.tag == tag::HTML;
            if token.has_attributes() {
                self.tree
                    .more_attributes
                    .push((id, token.attributes as u32));
            }
        }
        if let (tag::FRAMESET, true, Some(body)) = (token.tag, self.is_frameset_possible, body) {
            self.tree.remove(body);
            self.open.truncate(1);
            self.insert(token);
            self.mode = Mode::InFrameset;
        }
    }

    fn start_control(&mut self, token: TagToken) {
        let is_in_select = token.tag != tag::BUTTON && self.has_in_scope(tag::SELECT);
        match token.tag {
            tag::BUTTON => {
                if self.has_in_scope(tag::BUTTON) {
                    self.imply_ends(None);
                    self.pop_through(|tag| tag == tag::BUTTON);
                }
                self.is_frameset_possible = false;
            }
            tag::INPUT => {
                if is_in_select {
                    self.pop_through(|tag| tag == tag::SELECT);
                }
                self.is_frameset_possible &= self.is_hidden_input(&token);
                self.reconstruct_formatting();
                self.insert_void(token);
                return;
            }
            tag::SELECT => {
                if is_in_select {
                    return self.pop_through(|tag| tag == tag::SELECT);
                }
                self.is_frameset_possible = false;
            }
            _ if is_in_select => {
                self.imply_ends(Some(tag::OPTGROUP).filter(|_| token.tag == tag::OPTION))
            }
            _ if self.current_tag() == tag::OPTION => self.pop(),
            _ => {}
        }
        self.reconstruct_formatting();
        self.insert(token);
    }

    fn start_raw(&mut self, token: TagToken) {
        if token.tag == tag::XMP {
            self.close_paragraph();
            self.reconstruct_formatting();
        }
        self.is_frameset_possible &= token.tag == tag::NOEMBED;
        self.insert_raw_of(token);
    }

    fn start_ruby(&mut self, token: TagToken) {
        if self.has_in_scope(tag::RUBY) {
            self.imply_ends(Some(tag::RTC).filter(|_| matches!(token.tag, tag::RP | tag::RT)));
        }
        self.insert(token);
    }

    fn end_in_body(&mut self, token: TagToken, item: Item) -> Flow {
        match token.tag {
            tag::TEMPLATE => return self.in_head(item),
            tag::BODY | tag::HTML => {
                if self.has_in_scope(tag::BODY) {
                    self.mode = Mode::AfterBody;
                    return if token.tag == tag::HTML {
                        Flow::Again
                    } else {
                        Flow::Done
                    };
                }
            }
            tag::FORM => self.end_form(),
            tag::P => {
                let is_scope_end =
                    |b: &Self, id| b.is_default_scope(id) || b.html_tag(id) == tag::BUTTON;
                if !self.is_in_scope(|tag| tag == tag::P, is_scope_end) {
                    self.insert_implied(tag::P);
                }
                self.close_paragraph();
            }
            tag::LI => self.end_item(tag::LI),
            tag::DD | tag::DT => self.end_item(token.tag),
            tag if tag::is_heading(tag) => {
                if self.is_in_scope(tag::is_heading, Self::is_default_scope) {
                    self.imply_ends(None);
                    self.pop_through(tag::is_heading);
                }
            }
            tag if tag::is_formatting(tag) => self.adopt(tag),
            tag::APPLET | tag::MARQUEE | tag::OBJECT => {
                if self.has_in_scope(token.tag) {
                    self.imply_ends(None);
                    self.pop_through(|tag| tag == token.tag);
                    self.clear_formatting();
                }
            }
            tag::BR => {
                self.reconstruct_formatting();
                self.insert_without_opening(tag::BR, Namespace::Html, NONE);
                self.is_frameset_possible = false;
            }
            tag if ends_block(tag) => {
                if self.has_in_scope(tag) {
                    self.imply_ends(None);
                    self.pop_through(|open| open == tag);
                }
            }
            tag => self.end_any(tag),
        }
        Flow::Done
    }

    fn end_item(&mut self, tag: Tag) {
        let ends_list = |b: &Self, id| {
            b.is_default_scope(id) || tag == tag::LI && matches!(b.html_tag(id), tag::OL | tag::UL)
        };
        if self.is_in_scope(|open| open == tag, ends_list) {
            self.imply_ends(Some(tag));
            self.pop_through(|open| open == tag);
        }
    }

    fn end_form(&mut self) {
        if self.has_open_template() {
            if self.has_in_scope(tag::FORM) {
                self.imply_ends(None);
                self.pop_through(|tag| tag == tag::FORM);
            }
            return;
        }
        let form = std::mem::replace(&mut self.form, NONE);
        let Some(place) = self.open.iter().rposition(|open| *open == form) else {
            return;
        };
        self.steps += self.open.len() - place;
        let is_hidden = self.open[place + 1..]
            .iter()
            .any(|id| self.is_default_scope(*id));
        if !is_hidden {
            self.imply_ends(None);
            self.remove_open(form);
        }
    }

    pub(super) fn end_any(&mut self, tag: Tag) {
        let mut place = self.open.len();
        while place > 0 {
            place -= 1;
            self.steps += 1;
            let open = self.html_tag(self.open[place]);
            if open == tag {
                self.imply_ends(Some(tag));
                self.open.truncate(place);
                return;
            }
            if tag::is_special(open) {
                return;
            }
        }
    }

    // SVG and MathML.

    /// True when the rules of foreign content apply to a token.
    pub(super) fn is_foreign(&self, item: &Item) -> bool {
        let current = self.current();
        let node = self.tree.node(current);
        if node.space == Namespace::Html || matches!(item, Item::Eof) {
            return false;
        }
        let is_text = matches!(item, Item::Blank(_) | Item::Text(_));
        let start = match item {
            Item::Start(token) => Some(token.tag),
            _ => None,
        };
        if self.is_integration_point(current) {
            let is_own = |tag| {
                matches!(tag, tag::MGLYPH | tag::MALIGNMARK) && node.space == Namespace::MathMl
            };
            return !(is_text || start.is_some_and(|tag| !is_own(tag)));
        }
        if node.space == Namespace::MathMl && node.tag == tag::ANNOTATION_XML {
            if start == Some(tag::SVG) {
                return false;
            }
            if is_text || start.is_some() {
                return !self.holds_html(current);
            }
        }
        true
    }

    fn holds_html(&self, annotation: u32) -> bool {
        self.tree.attributes(annotation).any(|(name, value)| {
            name.eq_ignore_ascii_case("encoding")
                && ["text/html", "application/xhtml+xml"]
                    .iter()
                    .any(|html| value.eq_ignore_ascii_case(html))
        })
    }

    pub(super) fn in_foreign(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(text) => self.insert_text(text),
            Item::Text(text) => {
                self.is_frameset_possible = false;
                self.insert_text(text);
            }
            Item::Start(token) => {
                let is_html_font = token.tag == tag::FONT
                    && ["color", "face", "size"]
                        .iter()
                        .any(|name| self.attribute(&token, name).is_some());
                if tag::breaks_out_of_foreign(token.tag) || is_html_font {
                    return self.leave_foreign(item);
                }
                let space = self.current_space();
                self.insert_foreign(token, space);
            }
            Item::End(token) if matches!(token.tag, tag::BR | tag::P) => {
                return self.leave_foreign(item);
            }
            Item::End(token) => return self.end_in_foreign(token, item),
            Item::Eof => {}
        }
        Flow::Done
    }

    fn leave_foreign(&mut self, item: Item) -> Flow {
        while self.current_space() != Namespace::Html && !self.is_integration_point(self.current())
        {
            self.pop();
        }
        self.step(self.mode, item)
    }

    fn end_in_foreign(&mut self, token: TagToken, item: Item) -> Flow {
        for place in (1..self.open.len()).rev() {
            self.steps += 1;
            let node = self.tree.node(self.open[place]);
            let is_first = place + 1 == self.open.len();
            if !is_first && node.space == Namespace::Html {
                return self.step(self.mode, item);
            }
            if node.tag == token.tag {
                self.open.truncate(place);
                return Flow::Done;
            }
        }
        Flow::Done
    }

    fn start_foreign(&mut self, token: TagToken, space: Namespace) {
        self.reconstruct_formatting();
        self.insert_foreign(token, space);
    }

    fn insert_foreign(&mut self, token: TagToken, space: Namespace) {
        self.is_kept = true;
        let id = self.insert_without_opening(token.tag, space, attributes_of(&token));
        if !token.is_self_closing {
            self.push(id);
        }
    }
}

/// True for start tags that close an open paragraph.
const fn closes_paragraph(tag: Tag) -> bool {
    ends_block(tag) && !matches!(tag, tag::BUTTON | tag::SELECT)
        || tag::is_heading(tag)
        || matches!(
            tag,
            tag::P
                | tag::FORM
                | tag::LI
                | tag::DD
                | tag::DT
                | tag::TABLE
                | tag::HR
                | tag::PLAINTEXT
        )
}

/// True for end tags of blocks: they close everything inside the block, when it is in scope.
const fn ends_block(tag: Tag) -> bool {
    matches!(
        tag,
        tag::ADDRESS
            | tag::ARTICLE
            | tag::ASIDE
            | tag::BLOCKQUOTE
            | tag::BUTTON
            | tag::CENTER
            | tag::DETAILS
            | tag::DIALOG
            | tag::DIR
            | tag::DIV
            | tag::DL
            | tag::FIELDSET
            | tag::FIGCAPTION
            | tag::FIGURE
            | tag::FOOTER
            | tag::HEADER
            | tag::HGROUP
            | tag::LISTING
            | tag::MAIN
            | tag::MENU
            | tag::NAV
            | tag::OL
            | tag::PRE
            | tag::SEARCH
            | tag::SECTION
            | tag::SELECT
            | tag::SUMMARY
            | tag::UL
    )
}
