//! The tree of a page: elements and texts in one vector, linked by index. It knows no rule of HTML.

use memchr::memchr;

use crate::references::{ReferenceContext, decode_into};
use crate::tag::{self, Tag, TagNames};
use crate::tokens::TagAttributes;

/// The index of no node.
pub const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Namespace {
    Html,
    Svg,
    MathMl,
}

/// An element, or a text when its tag is `Tag::TEXT`.
#[derive(Clone, Debug)]
pub struct Node {
    pub tag: Tag,
    pub parent: u32,
    pub first: u32,
    pub last: u32,
    pub previous: u32,
    pub next: u32,
    /// Position of its attributes or its text in the page; `NONE` for an implied element.
    pub start: u32,
    /// End of its text.
    pub end: u32,
    pub space: Namespace,
    /// Character references in the text are not decoded.
    pub is_raw: bool,
}

pub struct HtmlTree<'t> {
    pub text: &'t str,
    pub names: TagNames,
    pub nodes: Vec<Node>,
    /// Attributes that a second tag added to an element: `<body>` twice.
    pub more_attributes: Vec<(u32, u32)>,
    /// Quirks mode (no document type, or an old one): classes and ids are compared without case.
    pub has_quirks: bool,
}

impl<'t> HtmlTree<'t> {
    /// Node 0 is the document.
    pub fn new(text: &'t str) -> Self {
        let mut tree = Self {
            text,
            names: TagNames::default(),
            nodes: Vec::new(),
            more_attributes: Vec::new(),
            has_quirks: true,
        };
        tree.create(Tag(0), Namespace::Html, NONE);
        tree
    }

    pub fn create(&mut self, tag: Tag, space: Namespace, start: u32) -> u32 {
        let id = self.nodes.len() as u32;
        self.nodes.push(Node {
            tag,
            parent: NONE,
            first: NONE,
            last: NONE,
            previous: NONE,
            next: NONE,
            start,
            end: NONE,
            space,
            is_raw: false,
        });
        id
    }

    pub fn node(&self, id: u32) -> &Node {
        &self.nodes[id as usize]
    }

    pub fn node_mut(&mut self, id: u32) -> &mut Node {
        &mut self.nodes[id as usize]
    }

    pub fn append(&mut self, parent: u32, child: u32) {
        let last = self.node(parent).last;
        {
            let child = self.node_mut(child);
            child.parent = parent;
            child.previous = last;
            child.next = NONE;
        }
        if last == NONE {
            self.node_mut(parent).first = child;
        } else {
            self.node_mut(last).next = child;
        }
        self.node_mut(parent).last = child;
    }

    pub fn insert_before(&mut self, sibling: u32, child: u32) {
        let (parent, previous) = (self.node(sibling).parent, self.node(sibling).previous);
        {
            let child = self.node_mut(child);
            child.parent = parent;
            child.previous = previous;
            child.next = sibling;
        }
        self.node_mut(sibling).previous = child;
        if previous == NONE {
            self.node_mut(parent).first = child;
        } else {
            self.node_mut(previous).next = child;
        }
    }

    pub fn remove(&mut self, id: u32) {
        let Node {
            parent,
            previous,
            next,
            ..
        } = *self.node(id);
        if parent == NONE {
            return;
        }
        match previous {
            NONE => self.node_mut(parent).first = next,
            _ => self.node_mut(previous).next = next,
        }
        match next {
            NONE => self.node_mut(parent).last = previous,
            _ => self.node_mut(next).previous = previous,
        }
        let node = self.node_mut(id);
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }

    /// Moves the children of one element to the end of another; returns how many there were.
    pub fn move_children(&mut self, from: u32, to: u32) -> usize {
        let mut count = 0;
        while self.node(from).first != NONE {
            let child = self.node(from).first;
            self.remove(child);
            self.append(to, child);
            count += 1;
        }
        count
    }

    /// The attributes of an element as written: names in any case, values not decoded.
    pub fn attributes(&self, id: u32) -> impl Iterator<Item = (&'t str, &'t str)> + use<'_, 't> {
        let text = self.text;
        let own = Some(self.node(id).start).filter(|start| *start != NONE);
        let may_have_more = matches!(self.node(id).tag, tag::HTML | tag::BODY);
        let more = if may_have_more {
            self.more_attributes.as_slice()
        } else {
            &[]
        };
        let more = more
            .iter()
            .filter(move |(node, _)| *node == id)
            .map(|(_, start)| *start);
        own.into_iter()
            .chain(more)
            .flat_map(move |start| TagAttributes::new(text, start as usize))
    }

    /// Appends a text with its character references decoded.
    pub fn write_text(&self, id: u32, to: &mut String) {
        let node = self.node(id);
        let raw = &self.text[node.start as usize..node.end as usize];
        let start = to.len();
        match node.is_raw {
            true => to.push_str(raw),
            false => decode_into(to, raw, ReferenceContext::Text),
        }
        if memchr(0, &to.as_bytes()[start..]).is_some() {
            // A browser shows nothing for U+0000, and an identifier must not be split by one.
            let shown = to[start..].replace('\0', "");
            to.truncate(start);
            to.push_str(&shown);
        }
    }
}
