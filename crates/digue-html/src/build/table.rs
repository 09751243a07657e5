//! Tree construction in tables: their parts, implied elements, and content that is moved before the
//! table.

use super::*;

impl TreeBuilder<'_> {
    pub(super) fn in_table(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(text) | Item::Text(text) => {
                let is_foster = self.is_beside_words(text);
                if is_foster || !tag::is_foster_target(self.current_tag()) {
                    return self.foster(item);
                }
                self.insert_text(text);
                Flow::Done
            }
            Item::Start(token) => self.start_in_table(token, item),
            Item::End(token) => match token.tag {
                tag::TABLE => {
                    if self.has_in_table_scope(tag::TABLE) {
                        self.pop_through(|tag| tag == tag::TABLE);
                        self.reset_mode();
                    }
                    Flow::Done
                }
                tag::BODY | tag::HTML => Flow::Done,
                tag if tag::is_table_part(tag) => Flow::Done,
                tag::TEMPLATE => self.in_head(item),
                _ => self.foster(item),
            },
            Item::Eof => self.in_body(item),
        }
    }

    /// To a table, characters with nothing but `</>` between them, which is no token, are one run:
    /// white space in it goes where its words go (HTML, 13.2.6.4.10).
    fn is_beside_words(&mut self, text: TextRun) -> bool {
        // Each run is looked at once, however many pieces it has.
        if self.table_run.end < text.end {
            self.table_run = self.run_from(text);
        }
        self.table_run.has_words
    }

    fn run_from(&self, text: TextRun) -> TableRun {
        let mut run = TableRun {
            end: text.end,
            has_words: false,
        };
        let mut start = text.start;
        loop {
            let piece = &self.tokens.text[start..run.end];
            run.has_words |= leading_blank(piece) < piece.len();
            start = self.tokens.after_dropped(run.end);
            run.end = self.tokens.markup_from(start);
            if start == run.end {
                return run;
            }
        }
    }

    /// Foster parenting: content that does not belong in a table is inserted before it.
    fn foster(&mut self, item: Item) -> Flow {
        self.is_fostering = true;
        let flow = self.in_body(item);
        self.is_fostering = false;
        flow
    }

    fn start_in_table(&mut self, token: TagToken, item: Item) -> Flow {
        match token.tag {
            tag::CAPTION => {
                self.pop_to(tag::is_table_scope);
                self.formatting.push(Formatting::Marker);
                self.insert(token);
                self.mode = Mode::InCaption;
            }
            tag::COLGROUP => {
                self.pop_to(tag::is_table_scope);
                self.insert(token);
                self.mode = Mode::InColumnGroup;
            }
            tag::COL => {
                self.pop_to(tag::is_table_scope);
                self.insert_implied(tag::COLGROUP);
                return self.again(Mode::InColumnGroup);
            }
            tag::TBODY | tag::TFOOT | tag::THEAD => {
                self.pop_to(tag::is_table_scope);
                self.insert(token);
                self.mode = Mode::InTableBody;
            }
            tag::TD | tag::TH | tag::TR => {
                self.pop_to(tag::is_table_scope);
                self.insert_implied(tag::TBODY);
                return self.again(Mode::InTableBody);
            }
            // A table directly inside a table closes the outer one: nesting needs a cell.
            tag::TABLE => {
                if self.has_in_table_scope(tag::TABLE) {
                    self.pop_through(|tag| tag == tag::TABLE);
                    self.reset_mode();
                    return Flow::Again;
                }
            }
            tag::STYLE | tag::SCRIPT | tag::TEMPLATE => return self.in_head(item),
            tag::INPUT if self.is_hidden_input(&token) => {
                self.insert_void(token);
            }
            tag::FORM => {
                if self.form == NONE && !self.has_open_template() {
                    self.form = self.insert_void(token);
                }
            }
            _ => return self.foster(item),
        }
        Flow::Done
    }

    pub(super) fn is_hidden_input(&self, token: &TagToken) -> bool {
        self.attribute(token, "type")
            .is_some_and(|value| value.eq_ignore_ascii_case("hidden"))
    }

    pub(super) fn in_caption(&mut self, item: Item) -> Flow {
        let (is_start, tag) = match item {
            Item::Start(token) => (true, token.tag),
            Item::End(token) => (false, token.tag),
            _ => return self.in_body(item),
        };
        let ends = match is_start {
            true => tag::is_table_part(tag),
            false => matches!(tag, tag::TABLE | tag::CAPTION),
        };
        if !ends {
            let is_ignored =
                !is_start && (tag::is_table_part(tag) || matches!(tag, tag::BODY | tag::HTML));
            return if is_ignored {
                Flow::Done
            } else {
                self.in_body(item)
            };
        }
        if !self.has_in_table_scope(tag::CAPTION) {
            return Flow::Done;
        }
        self.imply_ends(None);
        self.pop_through(|tag| tag == tag::CAPTION);
        self.clear_formatting();
        self.mode = Mode::InTable;
        if !is_start && tag == tag::CAPTION {
            Flow::Done
        } else {
            Flow::Again
        }
    }

    pub(super) fn in_column_group(&mut self, item: Item) -> Flow {
        match item {
            Item::Blank(text) => {
                self.insert_text(text);
                return Flow::Done;
            }
            Item::Start(token) => match token.tag {
                tag::HTML => return self.in_body(item),
                tag::COL => {
                    self.insert_void(token);
                    return Flow::Done;
                }
                tag::TEMPLATE => return self.in_head(item),
                _ => {}
            },
            Item::End(token) => match token.tag {
                tag::COLGROUP => {
                    if self.current_tag() == tag::COLGROUP {
                        self.pop();
                        self.mode = Mode::InTable;
                    }
                    return Flow::Done;
                }
                tag::COL => return Flow::Done,
                tag::TEMPLATE => return self.in_head(item),
                _ => {}
            },
            Item::Eof => return self.in_body(item),
            Item::Text(_) => {}
        }
        if self.current_tag() != tag::COLGROUP {
            return Flow::Done;
        }
        self.pop();
        self.again(Mode::InTable)
    }

    pub(super) fn in_table_body(&mut self, item: Item) -> Flow {
        match item {
            Item::Start(token) => match token.tag {
                tag::TR => {
                    self.pop_to(tag::is_table_body_context);
                    self.insert(token);
                    self.mode = Mode::InRow;
                    Flow::Done
                }
                tag::TH | tag::TD => {
                    self.pop_to(tag::is_table_body_context);
                    self.insert_implied(tag::TR);
                    self.again(Mode::InRow)
                }
                tag if tag::is_table_part(tag) => self.leave_table_body(),
                _ => self.in_table(item),
            },
            Item::End(token) => match token.tag {
                tag::TBODY | tag::TFOOT | tag::THEAD => {
                    if self.has_in_table_scope(token.tag) {
                        self.pop_to(tag::is_table_body_context);
                        self.pop();
                        self.mode = Mode::InTable;
                    }
                    Flow::Done
                }
                tag::TABLE => self.leave_table_body(),
                tag::BODY | tag::HTML => Flow::Done,
                tag if tag::is_table_part(tag) => Flow::Done,
                _ => self.in_table(item),
            },
            Item::Blank(_) | Item::Text(_) | Item::Eof => self.in_table(item),
        }
    }

    fn leave_table_body(&mut self) -> Flow {
        let is_within = self.is_in_scope(
            |tag| matches!(tag, tag::TBODY | tag::THEAD | tag::TFOOT),
            |builder, id| tag::is_table_scope(builder.html_tag(id)),
        );
        if !is_within {
            return Flow::Done;
        }
        self.pop_to(tag::is_table_body_context);
        self.pop();
        self.again(Mode::InTable)
    }

    pub(super) fn in_row(&mut self, item: Item) -> Flow {
        match item {
            Item::Start(token) => match token.tag {
                tag::TH | tag::TD => {
                    self.pop_to(tag::is_table_row_context);
                    self.insert(token);
                    self.mode = Mode::InCell;
                    self.formatting.push(Formatting::Marker);
                    Flow::Done
                }
                tag if tag::is_table_part(tag) => self.leave_row(),
                _ => self.in_table(item),
            },
            Item::End(token) => match token.tag {
                tag::TR => {
                    self.leave_row();
                    Flow::Done
                }
                tag::TABLE => self.leave_row(),
                tag::TBODY | tag::TFOOT | tag::THEAD => {
                    if self.has_in_table_scope(token.tag) {
                        self.leave_row()
                    } else {
                        Flow::Done
                    }
                }
                tag::BODY | tag::HTML => Flow::Done,
                tag if tag::is_table_part(tag) => Flow::Done,
                _ => self.in_table(item),
            },
            Item::Blank(_) | Item::Text(_) | Item::Eof => self.in_table(item),
        }
    }

    fn leave_row(&mut self) -> Flow {
        if !self.has_in_table_scope(tag::TR) {
            return Flow::Done;
        }
        self.pop_to(tag::is_table_row_context);
        self.pop();
        self.again(Mode::InTableBody)
    }

    pub(super) fn in_cell(&mut self, item: Item) -> Flow {
        match item {
            Item::Start(token) if tag::is_table_part(token.tag) => {
                let is_cell = |tag: Tag| matches!(tag, tag::TD | tag::TH);
                if !self.is_in_scope(is_cell, |builder, id| {
                    tag::is_table_scope(builder.html_tag(id))
                }) {
                    return Flow::Done;
                }
                self.close_cell();
                Flow::Again
            }
            Item::End(token) => match token.tag {
                tag::TD | tag::TH => {
                    if self.has_in_table_scope(token.tag) {
                        self.imply_ends(None);
                        self.pop_through(|tag| tag == token.tag);
                        self.clear_formatting();
                        self.mode = Mode::InRow;
                    }
                    Flow::Done
                }
                tag::BODY | tag::CAPTION | tag::COL | tag::COLGROUP | tag::HTML => Flow::Done,
                tag::TABLE | tag::TBODY | tag::TFOOT | tag::THEAD | tag::TR => {
                    if !self.has_in_table_scope(token.tag) {
                        return Flow::Done;
                    }
                    self.close_cell();
                    Flow::Again
                }
                _ => self.in_body(item),
            },
            _ => self.in_body(item),
        }
    }

    fn close_cell(&mut self) {
        self.imply_ends(None);
        self.pop_through(|tag| matches!(tag, tag::TD | tag::TH));
        self.clear_formatting();
        self.mode = Mode::InRow;
    }

    pub(super) fn in_template(&mut self, item: Item) -> Flow {
        let mode = match item {
            Item::Blank(_) | Item::Text(_) => return self.in_body(item),
            Item::Start(token) => match token.tag {
                tag if tag::is_head_content(tag) => return self.in_head(item),
                tag::CAPTION | tag::COLGROUP | tag::TBODY | tag::TFOOT | tag::THEAD => {
                    Mode::InTable
                }
                tag::COL => Mode::InColumnGroup,
                tag::TR => Mode::InTableBody,
                tag::TD | tag::TH => Mode::InRow,
                _ => Mode::InBody,
            },
            Item::End(token) if token.tag == tag::TEMPLATE => return self.in_head(item),
            Item::End(_) => return Flow::Done,
            Item::Eof => {
                if !self.has_open_template() {
                    return Flow::Done;
                }
                self.close_template();
                return Flow::Again;
            }
        };
        self.template_modes.pop();
        self.template_modes.push(mode);
        self.again(mode)
    }
}
