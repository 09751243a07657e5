//! Shared strings: texts to which cells refer by number.
//!
//! They are in one buffer and never copied: a workbook of a few kilobytes can refer to one long
//! text a million times.

use std::cell::Cell;

use digue_types::UnreadPlace;
use digue_types::visible::is_blank;

use super::markup::{MarkupEvent, unescaped, walk};
use crate::archive::broken;
use digue_identifiers::collector::Collector;
use digue_identifiers::reading::Unreadable;
use digue_identifiers::swept_texts::SweptTexts;

#[derive(Default)]
pub(super) struct SharedStrings {
    buffer: String,
    strings: Vec<SharedString>,
}

struct SharedString {
    start: usize,
    end: usize,
    is_blank: bool,
    is_used: Cell<bool>,
}

/// The reader's position within an item.
#[derive(Default)]
struct StringPlace {
    in_item: bool,
    in_text: bool,
    /// Depth in phonetic text, which is shown above the value and is not part of it.
    phonetic: usize,
}

impl SharedStrings {
    /// Reads the part and sweeps each of its texts once.
    pub(super) fn read(
        part: &UnreadPlace,
        bytes: &[u8],
        found: &mut Collector<'_>,
    ) -> Result<Self, Unreadable> {
        let mut strings = Self::default();
        let mut swept = SweptTexts::default();
        let mut place = StringPlace::default();
        let (mut value, mut beside) = (String::new(), String::new());
        let at = || part.clone();
        walk(part, bytes, &mut |mark| {
            match mark {
                // Cells refer to items by position: a nested one would shift every text after it.
                MarkupEvent::Open("si", _) if place.in_item => return Err(broken(part.clone())),
                MarkupEvent::Open("si", _) => place.in_item = true,
                MarkupEvent::Open("rPh", _) => place.phonetic += 1,
                MarkupEvent::Open("t", _) => place.in_text = true,
                MarkupEvent::Close("t") => place.in_text = false,
                MarkupEvent::Close("rPh") => place.phonetic = place.phonetic.saturating_sub(1),
                MarkupEvent::Close("si") => {
                    place.in_item = false;
                    swept.add(&beside, found, at)?;
                    beside.clear();
                    strings.add(&unescaped(&value));
                    swept.add(strings.get(strings.strings.len() - 1), found, at)?;
                    value.clear();
                }
                MarkupEvent::Text(text)
                    if place.in_item && place.in_text && place.phonetic == 0 =>
                {
                    value.push_str(text)
                }
                MarkupEvent::Text(text) | MarkupEvent::Comment(text) if !is_blank(text) => {
                    beside.push_str(text);
                    beside.push('\u{1f}');
                }
                MarkupEvent::Open(..)
                | MarkupEvent::Close(_)
                | MarkupEvent::Text(_)
                | MarkupEvent::Comment(_) => {}
            }
            Ok(())
        })?;
        swept.add(&beside, found, at)?;
        swept.finish(found, at)?;
        Ok(strings)
    }

    fn add(&mut self, text: &str) {
        let start = self.buffer.len();
        self.buffer.push_str(text);
        let is_blank = is_blank(text);
        self.strings.push(SharedString {
            start,
            end: self.buffer.len(),
            is_blank,
            is_used: Cell::new(false),
        });
    }

    pub(super) fn get(&self, number: usize) -> &str {
        self.strings
            .get(number)
            .map_or("", |string| &self.buffer[string.start..string.end])
    }

    /// Whether the text is blank, or `None` when there is no such text. Marks it as used by a cell.
    pub(super) fn is_blank(&self, number: usize) -> Option<bool> {
        let string = self.strings.get(number)?;
        string.is_used.set(true);
        Some(string.is_blank)
    }

    /// Texts that no cell refers to.
    pub(super) fn unused(&self) -> impl Iterator<Item = &str> {
        let unused = self.strings.iter().filter(|string| !string.is_used.get());
        unused.map(|string| &self.buffer[string.start..string.end])
    }
}
