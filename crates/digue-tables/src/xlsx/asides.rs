//! Texts in a workbook outside its cells: comments, text boxes, names, properties, caches.
//!
//! No rule reaches them. They are swept, and an identifier in them that no cell showed makes the
//! file unreadable.

use super::markup::{MarkupAttributes, MarkupEvent, walk};
use crate::archive::unread_part;
use digue_identifiers::collector::Collector;
use digue_identifiers::identifier::Identifier;
use digue_identifiers::reading::Unreadable;
use digue_identifiers::swept_texts::SweptTexts;
use digue_types::UnreadPlace;
use digue_types::visible::is_blank;

/// The most identifiers that are remembered until every cell is read.
const LIKE_MAX: usize = 100_000;

/// The most texts in a cache of another table, enough for its headers; more are its rows.
const CACHED_TEXTS_MAX: usize = 20;

/// Fewest digits of an identifier outside cells: shorter numbers are years, pages and positions.
const NUMBER_DIGITS_MIN: usize = 5;

/// Attributes that programs show.
const SHOWN: [&str; 34] = [
    "name",
    "descr",
    "title",
    "display",
    "displayName",
    "tooltip",
    "location",
    "prompt",
    "promptTitle",
    "error",
    "errorTitle",
    "text",
    "comment",
    "user",
    "author",
    "userName",
    "caption",
    "alt",
    "href",
    "string",
    "codeName",
    "headerRowCaption",
    "dataCaption",
    "grandTotalCaption",
    "rowHeaderCaption",
    "colHeaderCaption",
    "totalsRowLabel",
    "uniqueName",
    "command",
    "connection",
    "description",
    "src",
    "lang",
    "alias",
];

/// Elements with formulas: only the texts inside them are examined.
const FORMULAS: [&str; 9] = [
    "f",
    "formula",
    "formula1",
    "formula2",
    "definedName",
    "calculatedColumnFormula",
    "totalsRowFormula",
    "oldFormula",
    "FmlaMacro",
];

/// Elements with positions, sizes, versions and dates.
const MEASURES: [&str; 17] = [
    "col",
    "row",
    "colOff",
    "rowOff",
    "Anchor",
    "Row",
    "Column",
    "sqref",
    "ref",
    "created",
    "modified",
    "lastPrinted",
    "AppVersion",
    "TotalTime",
    "revision",
    "i4",
    "ptCount",
];

#[derive(Default)]
pub(super) struct Asides {
    swept: SweptTexts,
    like: Vec<(Identifier, UnreadPlace)>,
    words: Vec<Identifier>,
}

impl Asides {
    /// Examines one text of the part or sheet `place`.
    pub(super) fn add(
        &mut self,
        text: &str,
        place: &UnreadPlace,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        if is_blank(text) {
            return Ok(());
        }
        self.swept.add(text, found, || place.clone())?;
        found.identifiers_like(text, &mut self.words);
        for identifier in self.words.drain(..) {
            // Those already shown by a cell need no memory; the others may still be shown by a
            // later one.
            if !is_small_number(&identifier.text) && !found.has_found(&identifier) {
                self.like.push((identifier, place.clone()));
            }
        }
        if self.like.len() > LIKE_MAX {
            Err(Unreadable::too_large())
        } else {
            Ok(())
        }
    }

    /// Examines the literal texts in a formula.
    pub(super) fn add_formula(
        &mut self,
        formula: &str,
        place: &UnreadPlace,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        // A doubled quote in a literal splits it in two, and both halves are still examined.
        for literal in formula.split('"').skip(1).step_by(2) {
            self.add(literal, place, found)?;
        }
        Ok(())
    }

    /// Examines the attributes of an element.
    pub(super) fn add_attributes(
        &mut self,
        attributes: &MarkupAttributes<'_>,
        is_shown: impl Fn(&str) -> bool,
        place: &UnreadPlace,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        for (_, value) in attributes.iter().filter(|(name, _)| is_shown(name)) {
            self.add(value, place, found)?;
        }
        Ok(())
    }

    /// Examines a text inside an element of this name.
    pub(super) fn add_text(
        &mut self,
        element: &str,
        text: &str,
        place: &UnreadPlace,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        if FORMULAS.contains(&element) {
            self.add_formula(text, place, found)
        } else if MEASURES.contains(&element) && is_measure(text) {
            Ok(())
        } else if element.ends_with("Header") || element.ends_with("Footer") {
            self.add_page_margin(text, place, found)
        } else {
            self.add(text, place, found)
        }
    }

    /// Examines a page header or footer without its codes: `&C` centres, `&"Arial,Bold"` sets the
    /// font.
    fn add_page_margin(
        &mut self,
        text: &str,
        place: &UnreadPlace,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        for piece in text.split('&') {
            self.add(after_code(piece), place, found)?;
            // Also as written: text before the first code has none to remove.
            self.add(piece, place, found)?;
        }
        Ok(())
    }

    /// Examines a whole part, given its name and its place: its texts, and the attributes that
    /// programs show.
    pub(super) fn read(
        &mut self,
        (part, place): (&str, &UnreadPlace),
        bytes: &[u8],
        role: AttributeRole,
        found: &mut Collector<'_>,
    ) -> Result<(), Unreadable> {
        let mut open: Vec<String> = Vec::new();
        let mut text = String::new();
        let mut cached = 0;
        let lower = part.to_lowercase();
        // Anyone who has the file can read the whole table behind a pivot from its cache, shown or
        // not.
        let is_cache = lower.contains("pivotcache") || lower.contains("externallink");
        walk(place, bytes, &mut |mark| {
            match mark {
                MarkupEvent::Open(name, attributes) => {
                    self.add_text(
                        open.last().map_or("", String::as_str),
                        &std::mem::take(&mut text),
                        place,
                        found,
                    )?;
                    let holds_values = is_cache && matches!(name, "s" | "n" | "d" | "cell" | "v");
                    cached += usize::from(holds_values);
                    let is_filter = matches!(name, "filter" | "customFilter" | "inputCells");
                    let is_shown = |attribute: &str| {
                        SHOWN.contains(&attribute)
                            || role == AttributeRole::Unknown
                            || (holds_values && attribute == "v")
                            || (is_filter && attribute == "val")
                    };
                    self.add_attributes(attributes, is_shown, place, found)?;
                    open.push(name.to_owned());
                }
                MarkupEvent::Close(_) => {
                    let element = open.pop().unwrap_or_default();
                    self.add_text(&element, &std::mem::take(&mut text), place, found)?;
                }
                MarkupEvent::Text(more) => text.push_str(more),
                MarkupEvent::Comment(comment) => self.add(comment, place, found)?,
            }
            if cached > CACHED_TEXTS_MAX {
                Err(unread_part(place.clone()))
            } else {
                Ok(())
            }
        })
    }

    /// Concludes once every cell is read: no identifier may be left that no cell showed. Not
    /// earlier, as a comment can precede the cell that shows the same person.
    pub(super) fn conclude(mut self, found: &mut Collector<'_>) -> Result<(), Unreadable> {
        self.swept.finish(found, || UnreadPlace::from("workbook"))?;
        match self
            .like
            .iter()
            .find(|(identifier, _)| !found.has_found(identifier))
        {
            Some((_, place)) => Err(unread_part(place.clone())),
            None => Ok(()),
        }
    }
}

/// Which attributes of a part are examined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AttributeRole {
    /// In a part of OOXML, those that programs show.
    Known,
    /// In any other part, all of them.
    Unknown,
}

/// True for digits and punctuation, or a date and time.
fn is_measure(text: &str) -> bool {
    let text = text.trim();
    let is_moment =
        text.len() <= 32 && text.get(4..5) == Some("-") && text.get(10..11) == Some("T");
    let is_plain = |c: char| c.is_ascii_digit() || " .,;:-$\n\r".contains(c);
    let is_of_moment = |c: char| is_moment && matches!(c, 'T' | 'Z' | '+');
    text.chars().all(|c| is_plain(c) || is_of_moment(c))
}

fn is_small_number(text: &str) -> bool {
    text.len() < NUMBER_DIGITS_MIN && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text of a page margin after the code that it begins with: a font, or one letter.
fn after_code(piece: &str) -> &str {
    let mut rest = piece.chars();
    match rest.next() {
        Some('"') => piece[1..].split_once('"').map_or("", |(_, shown)| shown),
        Some(c) if c.is_ascii_uppercase() => rest.as_str(),
        _ => piece,
    }
}

/// True for attributes of a worksheet, outside its cells, that programs show.
pub(super) fn is_shown_in_sheet(element: &str, attribute: &str) -> bool {
    let is_filter = matches!(element, "filter" | "customFilter" | "inputCells");
    SHOWN.contains(&attribute) || (is_filter && attribute == "val")
}
