//! Element names as numbers, and the sets of elements that the standard defines.
//!
//! A name of up to eight bytes is packed into a number; longer names are numbered in order of
//! appearance. Comparing names is then one instruction, in loops that run for every tag.

use std::collections::HashMap;

/// The name of an element, in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag(pub u64);

/// 0xff is not a byte of UTF-8, so a number that begins with it is never a packed name.
const NUMBERED: u64 = 0xff << 56;

impl Tag {
    /// The tag of a text node.
    pub const TEXT: Self = Self(u64::MAX);

    const fn short(name: &str) -> Self {
        let bytes = name.as_bytes();
        let (mut packed, mut at) = (0, 0);
        while at < bytes.len() {
            packed = packed << 8 | bytes[at] as u64;
            at += 1;
        }
        Self(packed)
    }

    const fn numbered(number: u64) -> Self {
        Self(NUMBERED | number)
    }

    pub const fn is_short(self) -> bool {
        self.0 < NUMBERED
    }
}

macro_rules! tags {
    ($($name:ident = $text:literal,)*) => {
        $(pub const $name: Tag = Tag::short($text);)*

        /// The short names that the standard knows.
        const SHORT: &[(Tag, &str)] = &[$(($name, $text)),*];
    };
}

tags! {
    A = "a", ADDRESS = "address", APPLET = "applet", AREA = "area", ARTICLE = "article", ASIDE = "aside",
    B = "b", BASE = "base", BASEFONT = "basefont", BGSOUND = "bgsound", BIG = "big", BODY = "body", BR = "br",
    BUTTON = "button", CAPTION = "caption", CENTER = "center", CODE = "code", COL = "col", COLGROUP = "colgroup",
    DD = "dd", DESC = "desc", DETAILS = "details", DIALOG = "dialog", DIR = "dir", DIV = "div", DL = "dl", DT = "dt",
    EM = "em", EMBED = "embed", FIELDSET = "fieldset", FIGURE = "figure", FONT = "font", FOOTER = "footer",
    FORM = "form", FRAME = "frame", FRAMESET = "frameset", H1 = "h1", H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5",
    H6 = "h6", HEAD = "head", HEADER = "header", HGROUP = "hgroup", HR = "hr", HTML = "html", I = "i",
    IFRAME = "iframe", IMAGE = "image", IMG = "img", INPUT = "input", ISINDEX = "isindex", KEYGEN = "keygen",
    LI = "li", LINK = "link", LISTING = "listing", MAIN = "main", MARQUEE = "marquee", MATH = "math", MENU = "menu",
    META = "meta", MGLYPH = "mglyph", MI = "mi", MN = "mn", MO = "mo", MS = "ms", MTEXT = "mtext", NAV = "nav",
    NOBR = "nobr", NOEMBED = "noembed", NOFRAMES = "noframes", NOSCRIPT = "noscript", OBJECT = "object", OL = "ol",
    OPTGROUP = "optgroup", OPTION = "option", P = "p", PARAM = "param", PRE = "pre", RB = "rb", RP = "rp", RT = "rt",
    RTC = "rtc", RUBY = "ruby", S = "s", SCRIPT = "script", SEARCH = "search", SECTION = "section",
    SELECT = "select", SMALL = "small", SOURCE = "source", SPAN = "span", STRIKE = "strike", STRONG = "strong",
    STYLE = "style", SUB = "sub", SUMMARY = "summary", SUP = "sup", SVG = "svg", TABLE = "table", TBODY = "tbody",
    TD = "td", TEMPLATE = "template", TEXTAREA = "textarea", TFOOT = "tfoot", TH = "th", THEAD = "thead",
    TITLE = "title", TR = "tr", TRACK = "track", TT = "tt", U = "u", UL = "ul", VAR = "var", WBR = "wbr", XMP = "xmp",
}

/// Longer names with rules of their own in the standard, in the order of their numbers.
const LONG: [&str; 6] = [
    "annotation-xml",
    "blockquote",
    "figcaption",
    "foreignobject",
    "malignmark",
    "plaintext",
];

pub const ANNOTATION_XML: Tag = Tag::numbered(0);
pub const BLOCKQUOTE: Tag = Tag::numbered(1);
pub const FIGCAPTION: Tag = Tag::numbered(2);
pub const FOREIGN_OBJECT: Tag = Tag::numbered(3);
pub const MALIGNMARK: Tag = Tag::numbered(4);
pub const PLAINTEXT: Tag = Tag::numbered(5);

/// The longer names of one document.
#[derive(Debug, Default)]
pub struct TagNames {
    numbers: HashMap<Box<str>, u64>,
    names: Vec<Box<str>>,
}

impl TagNames {
    pub fn tag(&mut self, written: &str) -> Tag {
        if written.len() <= 8 {
            let packed = written.bytes().fold(0, |packed, byte| {
                packed << 8 | u64::from(byte.to_ascii_lowercase())
            });
            return Tag(packed);
        }
        let name = written.to_ascii_lowercase();
        // First, because these names are compared with constants and need the same number on every
        // page.
        if let Some(number) = LONG.iter().position(|long| **long == name) {
            return Tag::numbered(number as u64);
        }
        if let Some(number) = self.numbers.get(name.as_str()) {
            return Tag::numbered(*number);
        }
        let number = (LONG.len() + self.names.len()) as u64;
        self.names.push(name.clone().into());
        self.numbers.insert(name.into(), number);
        Tag::numbered(number)
    }

    /// The name in lower case.
    pub fn name(&self, tag: Tag) -> String {
        if tag.is_short() {
            let bytes: Vec<u8> = tag
                .0
                .to_be_bytes()
                .into_iter()
                .filter(|byte| *byte != 0)
                .collect();
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        let number = (tag.0 & !NUMBERED) as usize;
        match LONG.get(number) {
            Some(name) => (*name).to_owned(),
            None => self
                .names
                .get(number - LONG.len())
                .map(|name| name.to_string())
                .unwrap_or_default(),
        }
    }
}

/// The name of an element of the standard; `None` for a name that the page made up.
pub fn standard_name(tag: Tag) -> Option<&'static str> {
    if tag.is_short() {
        return SHORT
            .iter()
            .find(|(known, _)| *known == tag)
            .map(|(_, name)| *name);
    }
    LONG.get((tag.0 & !NUMBERED) as usize).copied()
}

pub const fn is_special(tag: Tag) -> bool {
    matches!(
        tag,
        ADDRESS
            | APPLET
            | AREA
            | ARTICLE
            | ASIDE
            | BASE
            | BASEFONT
            | BGSOUND
            | BLOCKQUOTE
            | BODY
            | BR
            | BUTTON
            | CAPTION
            | CENTER
            | COL
            | COLGROUP
            | DD
            | DETAILS
            | DIR
            | DIV
            | DL
            | DT
            | EMBED
            | FIELDSET
            | FIGCAPTION
            | FIGURE
            | FOOTER
            | FORM
            | FRAME
            | FRAMESET
            | H1
            | H2
            | H3
            | H4
            | H5
            | H6
            | HEAD
            | HEADER
            | HGROUP
            | HR
            | HTML
            | IFRAME
            | IMG
            | INPUT
            | ISINDEX
            | LI
            | LINK
            | LISTING
            | MAIN
            | MARQUEE
            | MENU
            | META
            | NAV
            | NOEMBED
            | NOFRAMES
            | NOSCRIPT
            | OBJECT
            | OL
            | P
            | PARAM
            | PLAINTEXT
            | PRE
            | SCRIPT
            | SECTION
            | SELECT
            | SOURCE
            | STYLE
            | SUMMARY
            | TABLE
            | TBODY
            | TD
            | TEMPLATE
            | TEXTAREA
            | TFOOT
            | TH
            | THEAD
            | TITLE
            | TR
            | TRACK
            | UL
            | WBR
            | XMP
    )
}

pub const fn is_heading(tag: Tag) -> bool {
    matches!(tag, H1 | H2 | H3 | H4 | H5 | H6)
}

/// Elements whose end tag may be implied.
pub const fn is_implied_end(tag: Tag) -> bool {
    matches!(
        tag,
        DD | DT | LI | OPTION | OPTGROUP | P | RB | RP | RT | RTC
    )
}

/// The same, at the end of a template.
pub const fn is_thoroughly_implied_end(tag: Tag) -> bool {
    is_implied_end(tag)
        || matches!(
            tag,
            CAPTION | COLGROUP | TBODY | TD | TFOOT | TH | THEAD | TR
        )
}

pub const fn is_default_scope(tag: Tag) -> bool {
    matches!(
        tag,
        APPLET | CAPTION | HTML | TABLE | TD | TH | MARQUEE | OBJECT | SELECT | TEMPLATE
    )
}

pub const fn is_table_scope(tag: Tag) -> bool {
    matches!(tag, HTML | TABLE | TEMPLATE)
}

pub const fn is_table_body_context(tag: Tag) -> bool {
    matches!(tag, TBODY | TFOOT | THEAD | TEMPLATE | HTML)
}

pub const fn is_table_row_context(tag: Tag) -> bool {
    matches!(tag, TR | TEMPLATE | HTML)
}

/// Elements whose misplaced content is moved before the table.
pub const fn is_foster_target(tag: Tag) -> bool {
    matches!(tag, TABLE | TBODY | TFOOT | THEAD | TR)
}

pub const fn is_head_content(tag: Tag) -> bool {
    matches!(
        tag,
        BASE | BASEFONT | BGSOUND | LINK | META | NOFRAMES | SCRIPT | STYLE | TEMPLATE | TITLE
    )
}

/// Parts of a table.
pub const fn is_table_part(tag: Tag) -> bool {
    matches!(
        tag,
        CAPTION | COL | COLGROUP | TBODY | TD | TFOOT | TH | THEAD | TR
    )
}

pub const fn is_formatting(tag: Tag) -> bool {
    matches!(
        tag,
        A | B | BIG | CODE | EM | FONT | I | NOBR | S | SMALL | STRIKE | STRONG | TT | U
    )
}

/// Elements without content.
pub const fn is_void(tag: Tag) -> bool {
    matches!(
        tag,
        AREA | BASE
            | BASEFONT
            | BGSOUND
            | BR
            | COL
            | EMBED
            | FRAME
            | HR
            | IMG
            | INPUT
            | KEYGEN
            | LINK
            | META
            | PARAM
            | SOURCE
            | TRACK
            | WBR
    )
}

/// HTML elements whose start tag ends foreign content.
pub const fn breaks_out_of_foreign(tag: Tag) -> bool {
    is_heading(tag)
        || matches!(
            tag,
            B | BIG
                | BLOCKQUOTE
                | BODY
                | BR
                | CENTER
                | CODE
                | DD
                | DIV
                | DL
                | DT
                | EM
                | EMBED
                | HEAD
                | HR
                | I
                | IMG
                | LI
                | LISTING
                | MENU
                | META
                | NOBR
                | OL
                | P
                | PRE
                | RUBY
                | S
                | SMALL
                | SPAN
                | STRONG
                | STRIKE
                | SUB
                | SUP
                | TABLE
                | TT
                | U
                | UL
                | VAR
        )
}

/// Elements within a line of text, which no white space separates from it. Unknown elements count
/// as inline.
pub const fn is_inline(tag: Tag) -> bool {
    let is_without_place = matches!(
        tag,
        WBR | BASE | BASEFONT | LINK | META | SCRIPT | STYLE | TEMPLATE
    );
    let is_block = is_special(tag) || matches!(tag, OPTION | OPTGROUP | RP | RT | DIALOG | SEARCH);
    !is_block || is_without_place
}
