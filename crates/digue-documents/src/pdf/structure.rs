//! The structure tree of a tagged PDF: headings, paragraphs, lists and tables in reading order, for
//! screen readers (ISO 14289-1). It knows nothing of layout.

use std::num::NonZeroU16;

use krilla::destination::XyzDestination;
use krilla::geom::{Point, Rect};
use krilla::outline::{Outline, OutlineNode};
use krilla::tagging::{
    BBox, Identifier, ListNumbering, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};

/// The content drawn for one element, perhaps on several pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MarkedContent(usize);

impl MarkedContent {
    /// Records that `one` was drawn for this element.
    pub(super) fn take(self, one: Identifier, drawn: &mut [Vec<Identifier>]) {
        drawn[self.0].push(one);
    }
}

/// An element with its content, or with child elements.
pub(super) struct StructureElement {
    tag: TagKind,
    holds: ElementContent,
}

enum ElementContent {
    Content(MarkedContent),
    Elements(Vec<StructureElement>),
}

/// A heading, for the outline.
struct OutlineEntry {
    level: u16,
    text: String,
    page: usize,
    y: f32,
}

/// The elements of a document.
#[derive(Default)]
pub(super) struct Structure {
    elements: Vec<StructureElement>,
    leaves: usize,
    entries: Vec<OutlineEntry>,
}

impl StructureElement {
    pub(super) fn paragraph(leaf: MarkedContent) -> Self {
        Self {
            tag: Tag::P.into(),
            holds: ElementContent::Content(leaf),
        }
    }

    pub(super) fn header_of_row(leaf: MarkedContent) -> Self {
        Self {
            tag: Tag::TH(TableHeaderScope::Row).into(),
            holds: ElementContent::Content(leaf),
        }
    }

    pub(super) fn header_of_column(leaf: MarkedContent) -> Self {
        Self {
            tag: Tag::TH(TableHeaderScope::Column).into(),
            holds: ElementContent::Content(leaf),
        }
    }

    pub(super) fn cell(leaf: MarkedContent) -> Self {
        Self {
            tag: Tag::TD.into(),
            holds: ElementContent::Content(leaf),
        }
    }

    pub(super) fn row(cells: Vec<Self>) -> Self {
        Self {
            tag: Tag::TR.into(),
            holds: ElementContent::Elements(cells),
        }
    }

    pub(super) fn table(header: Option<Self>, rows: Vec<Self>) -> Self {
        let head = header.map(|row| Self {
            tag: Tag::THead.into(),
            holds: ElementContent::Elements(vec![row]),
        });
        let body = Self {
            tag: Tag::TBody.into(),
            holds: ElementContent::Elements(rows),
        };
        Self {
            tag: Tag::Table.into(),
            holds: ElementContent::Elements(head.into_iter().chain([body]).collect()),
        }
    }

    pub(super) fn list(is_numbered: bool, points: Vec<Self>) -> Self {
        let numbering = if is_numbered {
            ListNumbering::Decimal
        } else {
            ListNumbering::Disc
        };
        Self {
            tag: Tag::L(numbering).into(),
            holds: ElementContent::Elements(points),
        }
    }

    pub(super) fn point(mark: MarkedContent, text: MarkedContent) -> Self {
        let mark = Self {
            tag: Tag::Lbl.into(),
            holds: ElementContent::Content(mark),
        };
        let text = Self {
            tag: Tag::LBody.into(),
            holds: ElementContent::Content(text),
        };
        Self {
            tag: Tag::LI.into(),
            holds: ElementContent::Elements(vec![mark, text]),
        }
    }

    pub(super) fn figure(
        says: &str,
        page: usize,
        place: Option<Rect>,
        leaf: MarkedContent,
    ) -> Self {
        let place = place.map(|rect| BBox::new(page, rect));
        let tag = Tag::Figure(Some(says.to_owned())).with_bbox(place);
        Self {
            tag: tag.into(),
            holds: ElementContent::Content(leaf),
        }
    }

    /// The tag group; `None` for an element of which nothing was drawn. Empty cells are kept, as
    /// each row must have as many cells as the table has columns.
    fn into_group(self, drawn: &mut [Vec<Identifier>]) -> Option<TagGroup> {
        let children: Vec<Node> = match self.holds {
            ElementContent::Content(MarkedContent(leaf)) => std::mem::take(&mut drawn[leaf])
                .into_iter()
                .map(Node::from)
                .collect(),
            ElementContent::Elements(elements) => elements
                .into_iter()
                .filter_map(|one| one.into_group(drawn))
                .map(Node::from)
                .collect(),
        };
        let is_cell = matches!(self.tag, TagKind::TH(_) | TagKind::TD(_));
        (is_cell || !children.is_empty()).then(|| TagGroup::with_children(self.tag, children))
    }
}

impl Structure {
    pub(super) fn leaf(&mut self) -> MarkedContent {
        self.leaves += 1;
        MarkedContent(self.leaves - 1)
    }

    pub(super) fn leaves(&self) -> usize {
        self.leaves
    }

    pub(super) fn push(&mut self, element: StructureElement) {
        self.elements.push(element);
    }

    /// Adds a heading. The first one is always level 1, whatever is `wanted`: PDF/UA-1 does not
    /// allow a document to start at level 2 (ISO 14289-1, 7.4.2).
    pub(super) fn heading(
        &mut self,
        wanted: u16,
        text: &str,
        page: usize,
        y: f32,
        leaf: MarkedContent,
    ) {
        if text.is_empty() {
            return;
        }
        let level = if self.entries.is_empty() { 1 } else { wanted };
        let number = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        let tag = Tag::Hn(number, Some(text.to_owned())).into();
        self.elements.push(StructureElement {
            tag,
            holds: ElementContent::Content(leaf),
        });
        self.entries.push(OutlineEntry {
            level,
            text: text.to_owned(),
            page,
            y,
        });
    }

    /// The first heading, as the title of a file that has none.
    pub(super) fn first_heading(&self) -> Option<&str> {
        self.entries.first().map(|entry| entry.text.as_str())
    }

    /// The outline; without headings, one entry for the first page under `title`.
    pub(super) fn outline(&self, title: &str) -> Outline {
        let mut nodes: Vec<OutlineNode> = Vec::new();
        for OutlineEntry {
            level,
            text,
            page,
            y,
        } in &self.entries
        {
            let to = XyzDestination::new(*page, Point::from_xy(0.0, *y));
            let node = OutlineNode::new(text.clone(), to).with_open(true);
            match nodes.last_mut() {
                Some(above) if *level > 1 => above.push_child(node),
                _ => nodes.push(node),
            }
        }
        if nodes.is_empty() {
            let to = XyzDestination::new(0, Point::from_xy(0.0, 0.0));
            nodes.push(OutlineNode::new(title.to_owned(), to));
        }
        let mut outline = Outline::new();
        nodes.into_iter().for_each(|node| outline.push_child(node));
        outline
    }

    /// The tag tree. `drawn` holds the content identifiers of each leaf.
    pub(super) fn tree(self, mut drawn: Vec<Vec<Identifier>>, language: &str) -> TagTree {
        // An empty language is no BCP 47 tag, and must not be written as one.
        let language = Some(language.to_owned()).filter(|language| !language.is_empty());
        let mut tree = TagTree::new().with_lang(language);
        let groups = self
            .elements
            .into_iter()
            .filter_map(|one| one.into_group(&mut drawn));
        groups.for_each(|group| tree.push(group));
        tree
    }
}
