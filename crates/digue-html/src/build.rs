//! Builds the tree of a page as the standard has browsers build it (HTML, section 13.2.6): implied
//! end tags, table bodies without a tag, content misplaced in tables, formatting across paragraphs.
//! The states and their names are those of the standard; comments here only say where we differ.
//!
//! The work for one tag is bounded by the depth, which is bounded; the number of nodes is bounded
//! by the bytes.

use crate::tag::{self, Tag};
use crate::tokens::{HtmlToken, RawText, TagToken, Tokens, is_space, raw_text_of};
use crate::tree::{HtmlTree, NONE, Namespace};
use blanks::{blank_bytes, leading_blank};
use head::looks_like_xml;

mod blanks;
mod body;
mod formatting;
mod head;
mod table;

/// The most open elements; browsers stop at the same depth.
const DEPTH_MAX: usize = 512;

/// Nodes that any page may have; a larger page may have more by its bytes.
const NODES_MIN: usize = 4096;

/// Fewest bytes of a page for each node, on average: `<td>1`.
const BYTES_OF_NODE: usize = 4;

/// The most steps over open elements for each byte of the page. Honest pages need less than one;
/// without a limit, a page of unclosed formatting tags costs quadratic time.
const STEPS_OF_BYTE: usize = 64;

/// A way in which some client reads a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ParseManner {
    /// Scripts run, so the content of `noscript` is text.
    pub runs_scripts: bool,
    /// The page is XML, so `<script/>` is a complete element.
    pub is_xml: bool,
    /// A script inserts the response into a table of another page.
    pub is_fragment: bool,
}

/// Features of the page that another manner reads differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AttributeLookup {
    pub noscript: bool,
    pub stray_table_part: bool,
    /// In a page that declares XHTML, markup that HTML reads differently.
    pub xml: bool,
}

/// A page as read in one manner.
pub struct BuiltPage<'t> {
    pub tree: HtmlTree<'t>,
    pub met: AttributeLookup,
    /// What is in no element: comments, document types, tags and texts that browsers drop. Filled
    /// only when the page is swept.
    pub asides: String,
    /// Steps over open elements, and nodes moved: the work beyond one pass over the bytes.
    pub steps: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Initial,
    BeforeHtml,
    BeforeHead,
    InHead,
    InHeadNoscript,
    AfterHead,
    InBody,
    InTable,
    InCaption,
    InColumnGroup,
    InTableBody,
    InRow,
    InCell,
    InTemplate,
    AfterBody,
    InFrameset,
    AfterFrameset,
    AfterAfterBody,
    AfterAfterFrameset,
}

/// What remains to be done for a token.
#[derive(PartialEq)]
enum Flow {
    Done,
    /// The mode changed: process the same token again.
    Again,
}

/// A token without comments; a text is known to be blank or not.
#[derive(Clone, Copy)]
enum Item {
    Blank(TextRun),
    Text(TextRun),
    Start(TagToken),
    End(TagToken),
    Eof,
}

#[derive(Clone, Copy)]
struct TextRun {
    start: usize,
    end: usize,
    is_raw: bool,
}

#[derive(Clone, Copy)]
enum Formatting {
    Marker,
    Element {
        node: u32,
        tag: Tag,
        start: u32,
        end: u32,
    },
}

/// Where a node is inserted.
enum InsertionPlace {
    LastChildOf(u32),
    /// Before the table, or, when the table has no parent, as last child of the element below it on
    /// the stack.
    BeforeTable {
        table: u32,
        otherwise: u32,
    },
}

/// Characters in a table that are one run to it.
#[derive(Default)]
struct TableRun {
    /// Place in the page, in bytes.
    end: usize,
    has_words: bool,
}

struct TreeBuilder<'t> {
    tokens: Tokens<'t>,
    tree: HtmlTree<'t>,
    manner: ParseManner,
    met: AttributeLookup,
    looks_like_xml: bool,
    mode: Mode,
    open: Vec<u32>,
    formatting: Vec<Formatting>,
    template_modes: Vec<Mode>,
    head: u32,
    form: u32,
    is_frameset_possible: bool,
    is_fostering: bool,
    table_run: TableRun,
    /// Whether the current token went into the tree; otherwise it is swept as an aside.
    is_kept: bool,
    /// A line end directly after `<pre>` is dropped.
    skips_line_end: bool,
    sweeps: bool,
    asides: String,
    nodes_max: usize,
    steps: usize,
    fault: Option<TreeFault>,
}

/// Why there is no tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TreeFault {
    #[error("elements are nested too deeply")]
    TooDeep,
    #[error("the page costs more than its bytes justify")]
    TooLarge,
}

/// Builds the tree of a page. With `sweeps`, what is in no element is kept beside it.
///
/// # Errors
/// `TooDeep`, and `TooLarge` for a page whose tree would cost more than its bytes justify.
pub fn build(text: &str, manner: ParseManner, sweeps: bool) -> Result<BuiltPage<'_>, TreeFault> {
    if u32::try_from(text.len()).is_err() {
        return Err(TreeFault::TooLarge);
    }
    let mut builder = TreeBuilder::new(text, manner, sweeps);
    builder.run()?;
    Ok(BuiltPage {
        tree: builder.tree,
        met: builder.met,
        asides: builder.asides,
        steps: builder.steps,
    })
}

impl<'t> TreeBuilder<'t> {
    fn new(text: &'t str, manner: ParseManner, sweeps: bool) -> Self {
        let mut builder = Self {
            tokens: Tokens::new(text),
            tree: HtmlTree::new(text),
            manner,
            met: AttributeLookup::default(),
            looks_like_xml: looks_like_xml(text),
            mode: Mode::Initial,
            open: Vec::new(),
            formatting: Vec::new(),
            template_modes: Vec::new(),
            head: NONE,
            form: NONE,
            is_frameset_possible: true,
            is_fostering: false,
            table_run: TableRun::default(),
            is_kept: false,
            skips_line_end: false,
            sweeps,
            asides: String::new(),
            nodes_max: NODES_MIN + text.len() / BYTES_OF_NODE,
            steps: 0,
            fault: None,
        };
        if manner.is_fragment {
            builder.create_root(NONE);
            builder.template_modes.push(Mode::InTemplate);
            builder.mode = Mode::InTemplate;
        }
        builder
    }

    fn run(&mut self) -> Result<(), TreeFault> {
        let steps_max = self
            .tokens
            .text
            .len()
            .saturating_mul(STEPS_OF_BYTE)
            .saturating_add(1 << 20);
        loop {
            let reads_cdata = self.manner.is_xml || self.current_space() != Namespace::Html;
            let token = self.tokens.next(&mut self.tree.names, reads_cdata);
            self.token(token);
            // Checked after each token: one token adds a bounded number of nodes and steps.
            if self.tree.nodes.len() > self.nodes_max || self.steps > steps_max {
                return Err(TreeFault::TooLarge);
            }
            if let Some(fault) = self.fault.take() {
                return Err(fault);
            }
            if matches!(token, HtmlToken::Eof) {
                // A browser drops a tag that is cut off, but its text is in the response: sweep it.
                if let Some(start) = self.tokens.cut_at {
                    self.aside(start, self.tokens.text.len());
                }
                return Ok(());
            }
        }
    }

    fn token(&mut self, token: HtmlToken) {
        self.is_kept = false;
        let skips_line_end = std::mem::take(&mut self.skips_line_end);
        let (start, end) = match token {
            HtmlToken::Text {
                mut start,
                end,
                is_raw,
            } => {
                if skips_line_end {
                    start = self.after_line_end(start, end);
                    // Nothing is left, not even a white space that would open formatting elements
                    // again.
                    if start == end {
                        return;
                    }
                }
                self.text(TextRun { start, end, is_raw });
                (start, end)
            }
            HtmlToken::Start(tag) => {
                let is_xml_only = tag.is_self_closing
                    && !tag::is_void(tag.tag)
                    && self.current_space() == Namespace::Html;
                self.met.xml |= self.looks_like_xml && is_xml_only;
                self.item(Item::Start(tag));
                if self.manner.is_xml && tag.is_self_closing {
                    self.close_at_once(&tag);
                }
                (tag.start, tag.end)
            }
            HtmlToken::End(tag) => {
                self.item(Item::End(tag));
                // An end tag shows nothing, but a hostile one can carry text in attributes or in a
                // long name.
                if !tag.has_attributes() && tag.tag.is_short() {
                    return;
                }
                (tag.start, tag.end)
            }
            HtmlToken::Comment { start, end } => {
                self.met.xml |=
                    self.looks_like_xml && self.tokens.text[start..end].starts_with("[CDATA[");
                (start, end)
            }
            HtmlToken::Doctype { start, end } => {
                self.doctype(start, end);
                (start, end)
            }
            HtmlToken::Eof => return self.item(Item::Eof),
        };
        if !self.is_kept {
            self.aside(start, end);
        }
    }

    fn after_line_end(&self, start: usize, end: usize) -> usize {
        let text = &self.tokens.text[start..end];
        let rest = text
            .strip_prefix("\r\n")
            .or_else(|| text.strip_prefix(['\n', '\r']))
            .unwrap_or(text);
        end - rest.len()
    }

    fn aside(&mut self, start: usize, end: usize) {
        if self.sweeps {
            self.asides.push_str(&self.tokens.text[start..end]);
            self.asides.push(SEPARATOR);
        }
    }

    /// Splits a text where a mode treats leading white space differently from what follows.
    fn text(&mut self, text: TextRun) {
        let drops_words = match self.mode {
            Mode::InFrameset | Mode::AfterFrameset | Mode::AfterAfterFrameset => true,
            Mode::InColumnGroup => self.current_tag() != tag::COLGROUP,
            _ => false,
        };
        if drops_words {
            return self.blanks_of(text);
        }
        let raw = &self.tokens.text[text.start..text.end];
        let blank = if text.is_raw {
            blank_bytes(raw)
        } else {
            leading_blank(raw)
        };
        let splits = matches!(
            self.mode,
            Mode::Initial
                | Mode::BeforeHtml
                | Mode::BeforeHead
                | Mode::InHead
                | Mode::InHeadNoscript
                | Mode::AfterHead
                | Mode::InColumnGroup
                | Mode::AfterBody
                | Mode::AfterAfterBody
        );
        if blank == raw.len() {
            return self.item(Item::Blank(text));
        }
        if splits && blank > 0 {
            self.item(Item::Blank(TextRun {
                end: text.start + blank,
                ..text
            }));
            return self.item(Item::Text(TextRun {
                start: text.start + blank,
                ..text
            }));
        }
        self.item(Item::Text(text));
    }

    /// Where words are dropped, the white space between them stays in the tree.
    fn blanks_of(&mut self, text: TextRun) {
        let whole: &'t str = &self.tokens.text[text.start..text.end];
        let mut at = 0;
        while at < whole.len() {
            // A space may be written as a character reference.
            let blank = if text.is_raw {
                blank_bytes(&whole[at..])
            } else {
                leading_blank(&whole[at..])
            };
            if blank > 0 {
                let start = text.start + at;
                self.item(Item::Blank(TextRun {
                    start,
                    end: start + blank,
                    ..text
                }));
            }
            at += blank;
            // At least one byte of a word, which may begin with another reference: without it, no
            // progress.
            let is_word = |(place, byte): &(usize, u8)| {
                !is_space(*byte) && *byte != 0 && (*place == 0 || *byte != b'&')
            };
            at += whole[at..].bytes().enumerate().take_while(is_word).count();
        }
        // The words are in no element, so that the sweep has to see them.
        self.is_kept = false;
    }

    fn item(&mut self, item: Item) {
        loop {
            let flow = if self.is_foreign(&item) {
                self.in_foreign(item)
            } else {
                self.step(self.mode, item)
            };
            if flow == Flow::Done || self.fault.is_some() {
                return;
            }
        }
    }

    fn step(&mut self, mode: Mode, item: Item) -> Flow {
        match mode {
            Mode::Initial => self.initial(item),
            Mode::BeforeHtml => self.before_html(item),
            Mode::BeforeHead => self.before_head(item),
            Mode::InHead => self.in_head(item),
            Mode::InHeadNoscript => self.in_head_noscript(item),
            Mode::AfterHead => self.after_head(item),
            Mode::InBody => self.in_body(item),
            Mode::InTable => self.in_table(item),
            Mode::InCaption => self.in_caption(item),
            Mode::InColumnGroup => self.in_column_group(item),
            Mode::InTableBody => self.in_table_body(item),
            Mode::InRow => self.in_row(item),
            Mode::InCell => self.in_cell(item),
            Mode::InTemplate => self.in_template(item),
            Mode::AfterBody | Mode::AfterAfterBody => self.after_body(item),
            Mode::InFrameset => self.in_frameset(item),
            Mode::AfterFrameset | Mode::AfterAfterFrameset => self.after_frameset(item),
        }
    }

    fn again(&mut self, mode: Mode) -> Flow {
        self.mode = mode;
        Flow::Again
    }

    // The stack of open elements.

    fn current(&self) -> u32 {
        self.open.last().copied().unwrap_or(0)
    }

    /// The tag of the current HTML element; `Tag(0)` for one of SVG or MathML.
    fn current_tag(&self) -> Tag {
        self.html_tag(self.current())
    }

    fn current_space(&self) -> Namespace {
        self.tree.node(self.current()).space
    }

    fn html_tag(&self, id: u32) -> Tag {
        let node = self.tree.node(id);
        if node.space == Namespace::Html {
            node.tag
        } else {
            Tag(0)
        }
    }

    fn is_default_scope(&self, id: u32) -> bool {
        tag::is_default_scope(self.html_tag(id)) || self.is_integration_point(id)
    }

    /// True for elements of SVG and MathML whose content is HTML.
    fn is_integration_point(&self, id: u32) -> bool {
        let node = self.tree.node(id);
        match node.space {
            Namespace::Html => false,
            Namespace::MathMl => {
                matches!(node.tag, tag::MI | tag::MO | tag::MN | tag::MS | tag::MTEXT)
            }
            Namespace::Svg => matches!(node.tag, tag::FOREIGN_OBJECT | tag::DESC | tag::TITLE),
        }
    }

    fn is_in_scope(
        &mut self,
        is_wanted: impl Fn(Tag) -> bool,
        ends: impl Fn(&Self, u32) -> bool,
    ) -> bool {
        for (steps, id) in self.open.iter().rev().enumerate() {
            let is_found = is_wanted(self.html_tag(*id));
            if is_found || ends(self, *id) {
                self.steps += steps;
                return is_found;
            }
        }
        self.steps += self.open.len();
        false
    }

    fn has_in_scope(&mut self, wanted: Tag) -> bool {
        self.is_in_scope(|tag| tag == wanted, Self::is_default_scope)
    }

    fn has_in_table_scope(&mut self, wanted: Tag) -> bool {
        self.is_in_scope(
            |tag| tag == wanted,
            |builder, id| tag::is_table_scope(builder.html_tag(id)),
        )
    }

    fn has_open_template(&self) -> bool {
        !self.template_modes.is_empty()
            && self
                .open
                .iter()
                .any(|id| self.html_tag(*id) == tag::TEMPLATE)
    }

    fn push(&mut self, id: u32) {
        // A fault and not a silent stop as in browsers: what they then show differs.
        if self.open.len() == DEPTH_MAX {
            self.fault = Some(TreeFault::TooDeep);
        }
        self.open.push(id);
    }

    fn pop(&mut self) {
        self.open.pop();
    }

    /// Closes elements up to the first that `stays`.
    fn pop_to(&mut self, stays: impl Fn(Tag) -> bool) {
        while self.open.len() > 1 && !stays(self.current_tag()) {
            self.pop();
        }
    }

    /// Closes elements up to and including the first that `is_last`.
    fn pop_through(&mut self, is_last: impl Fn(Tag) -> bool) {
        while self.open.len() > 1 {
            let tag = self.current_tag();
            self.pop();
            if is_last(tag) {
                return;
            }
        }
    }

    fn remove_open(&mut self, id: u32) {
        if let Some(place) = self.open.iter().rposition(|open| *open == id) {
            self.steps += self.open.len() - place;
            self.open.remove(place);
        }
    }

    fn imply_ends(&mut self, except: Option<Tag>) {
        while tag::is_implied_end(self.current_tag()) && Some(self.current_tag()) != except {
            self.pop();
        }
    }

    fn close_paragraph(&mut self) {
        if self.is_in_scope(
            |tag| tag == tag::P,
            |b, id| b.is_default_scope(id) || b.html_tag(id) == tag::BUTTON,
        ) {
            self.imply_ends(Some(tag::P));
            self.pop_through(|tag| tag == tag::P);
        }
    }

    // Insertion into the tree.

    fn place(&mut self, target: Option<u32>) -> InsertionPlace {
        let target = target.unwrap_or_else(|| self.current());
        if !(self.is_fostering && tag::is_foster_target(self.html_tag(target))) {
            return InsertionPlace::LastChildOf(target);
        }
        for at in (0..self.open.len()).rev() {
            self.steps += 1;
            let id = self.open[at];
            match self.html_tag(id) {
                tag::TEMPLATE => return InsertionPlace::LastChildOf(id),
                tag::TABLE if at > 0 => {
                    return InsertionPlace::BeforeTable {
                        table: id,
                        otherwise: self.open[at - 1],
                    };
                }
                _ => {}
            }
        }
        InsertionPlace::LastChildOf(self.open.first().copied().unwrap_or(0))
    }

    fn put(&mut self, place: &InsertionPlace, id: u32) {
        match *place {
            InsertionPlace::LastChildOf(parent) => self.tree.append(parent, id),
            InsertionPlace::BeforeTable { table, .. } if self.tree.node(table).parent != NONE => {
                self.tree.insert_before(table, id);
            }
            InsertionPlace::BeforeTable { otherwise, .. } => self.tree.append(otherwise, id),
        }
    }

    fn create_root(&mut self, start: u32) {
        let root = self.tree.create(tag::HTML, Namespace::Html, start);
        self.tree.append(0, root);
        self.open.push(root);
    }

    fn insert_without_opening(&mut self, tag: Tag, space: Namespace, start: u32) -> u32 {
        let place = self.place(None);
        let id = self.tree.create(tag, space, start);
        self.put(&place, id);
        id
    }

    /// Inserts the element of a start tag and leaves it open.
    fn insert(&mut self, token: TagToken) -> u32 {
        self.is_kept = true;
        let id = self.insert_without_opening(token.tag, Namespace::Html, attributes_of(&token));
        self.push(id);
        id
    }

    /// Inserts the element of a start tag that has no content.
    fn insert_void(&mut self, token: TagToken) -> u32 {
        self.is_kept = true;
        self.insert_without_opening(token.tag, Namespace::Html, attributes_of(&token))
    }

    /// Inserts an element without a tag of its own and leaves it open.
    fn insert_implied(&mut self, tag: Tag) -> u32 {
        let id = self.insert_without_opening(tag, Namespace::Html, NONE);
        self.push(id);
        id
    }

    /// Inserts an element whose content is only text, with that text.
    fn insert_raw(&mut self, token: TagToken, raw: RawText) {
        self.insert(token);
        // The caller closes it at once: in XML it has no content.
        if self.manner.is_xml && token.is_self_closing {
            return;
        }
        let name_end = token.attributes;
        let name = &self.tokens.text[token.start..name_end];
        let (mut start, end) = self.tokens.raw_text(name, raw);
        if token.tag == tag::TEXTAREA {
            start = self.after_line_end(start, end);
        }
        if end > start {
            self.insert_text(TextRun {
                start,
                end,
                is_raw: raw != RawText::WithReferences,
            });
        }
        if raw != RawText::ToTheEnd {
            // The end tag can only match this element, as its content is text: consume it here.
            self.skip_end_tag();
            self.pop();
        }
    }

    /// Closes an element that XML reads as empty: `<script/>`, `<td/>`.
    fn close_at_once(&mut self, token: &TagToken) {
        let id = self.current();
        let node = self.tree.node(id);
        if node.space != Namespace::Html
            || node.tag != token.tag
            || node.start != attributes_of(token)
        {
            return;
        }
        self.pop();
        if let Some(Formatting::Element { node, .. }) = self.formatting.last()
            && *node == id
        {
            self.formatting.pop();
        }
        match token.tag {
            tag::TD | tag::TH | tag::CAPTION | tag::APPLET | tag::MARQUEE | tag::OBJECT => {
                self.clear_formatting()
            }
            tag::TEMPLATE => {
                self.clear_formatting();
                self.template_modes.pop();
            }
            _ => {}
        }
        if token.tag == tag::HEAD {
            self.mode = Mode::AfterHead;
        } else if tag::is_table_part(token.tag)
            || matches!(token.tag, tag::TABLE | tag::TEMPLATE | tag::NOSCRIPT)
        {
            self.reset_mode();
        }
    }

    fn skip_end_tag(&mut self) {
        if self.tokens.at == self.tokens.text.len() {
            return;
        }
        let token = self.tokens.next(&mut self.tree.names, false);
        if let HtmlToken::End(tag) = token
            && tag.has_attributes()
        {
            self.aside(tag.start, tag.end);
        }
    }

    fn insert_text(&mut self, text: TextRun) {
        self.is_kept = true;
        let place = self.place(None);
        if matches!(place, InsertionPlace::LastChildOf(0)) {
            return;
        }
        let id = self
            .tree
            .create(Tag::TEXT, Namespace::Html, text.start as u32);
        let node = self.tree.node_mut(id);
        node.end = text.end as u32;
        node.is_raw = text.is_raw;
        self.put(&place, id);
    }

    fn attribute(&self, token: &TagToken, wanted: &str) -> Option<&'t str> {
        let attributes = super::tokens::TagAttributes::new(self.tokens.text, token.attributes);
        let mut named = attributes.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        named.next().map(|(_, value)| value)
    }

    /// Sets the mode that fits the open elements ("reset the insertion mode appropriately").
    fn reset_mode(&mut self) {
        self.mode = self.mode_of_open();
    }

    fn mode_of_open(&self) -> Mode {
        for (place, id) in self.open.iter().enumerate().rev() {
            let is_last = place == 0;
            match self.html_tag(*id) {
                tag::TD | tag::TH if !is_last => return Mode::InCell,
                tag::TR => return Mode::InRow,
                tag::TBODY | tag::THEAD | tag::TFOOT => return Mode::InTableBody,
                tag::CAPTION => return Mode::InCaption,
                tag::COLGROUP => return Mode::InColumnGroup,
                tag::TABLE => return Mode::InTable,
                tag::TEMPLATE => {
                    return self.template_modes.last().copied().unwrap_or(Mode::InBody);
                }
                tag::HEAD if !is_last => return Mode::InHead,
                tag::BODY => return Mode::InBody,
                tag::FRAMESET => return Mode::InFrameset,
                tag::HTML => return self.mode_of_root(),
                _ => {}
            }
        }
        Mode::InBody
    }

    fn mode_of_root(&self) -> Mode {
        match (self.manner.is_fragment, self.template_modes.last()) {
            (true, Some(mode)) => *mode,
            _ if self.head == NONE => Mode::BeforeHead,
            _ => Mode::AfterHead,
        }
    }
}

/// Separates values in a swept text. A control character, so that two values never join to one
/// identifier.
pub const SEPARATOR: char = '\u{1f}';

fn attributes_of(token: &TagToken) -> u32 {
    if token.has_attributes() {
        token.attributes as u32
    } else {
        NONE
    }
}

pub fn raw_text(tag: Tag, manner: ParseManner) -> Option<RawText> {
    raw_text_of(tag, manner.runs_scripts)
}
