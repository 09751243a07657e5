//! Formatting elements that cross the borders of others, as in `<b><p></b>` (HTML, 13.2.4.3 and
//! 13.2.6.4.7). Each loop adds to `steps`: this is where a hostile page would cost quadratic time.

use super::*;

impl TreeBuilder<'_> {
    pub(super) fn clear_formatting(&mut self) {
        while let Some(entry) = self.formatting.pop() {
            if matches!(entry, Formatting::Marker) {
                return;
            }
        }
    }

    /// The entries since the last marker, newest first, with their places.
    fn formatting_since_marker(&self) -> impl Iterator<Item = (usize, u32, Tag)> + '_ {
        self.formatting
            .iter()
            .enumerate()
            .rev()
            .map_while(|(place, entry)| match *entry {
                Formatting::Marker => None,
                Formatting::Element { node, tag, .. } => Some((place, node, tag)),
            })
    }

    fn formatting_place(&self, wanted: u32) -> Option<usize> {
        self.formatting
            .iter()
            .position(|entry| matches!(entry, Formatting::Element { node, .. } if *node == wanted))
    }

    fn is_marker_or_open(&mut self, place: usize) -> bool {
        let Formatting::Element { node, .. } = self.formatting[place] else {
            return true;
        };
        let found = self.open.iter().rposition(|open| *open == node);
        // Counted by what was searched, not by one: thousands of open elements make each look-up
        // long.
        self.steps += self.open.len() - found.unwrap_or(0);
        found.is_some()
    }

    /// Reopens formatting elements that a block has closed.
    pub(super) fn reconstruct_formatting(&mut self) {
        let Some(last) = self.formatting.len().checked_sub(1) else {
            return;
        };
        let mut from = last + 1;
        while from > 0 && !self.is_marker_or_open(from - 1) {
            from -= 1;
        }
        for place in from..=last {
            if self.fault.is_some() {
                return;
            }
            let Formatting::Element {
                tag, start, end, ..
            } = self.formatting[place]
            else {
                continue;
            };
            let node = self.insert_without_opening(tag, Namespace::Html, start);
            self.push(node);
            self.formatting[place] = Formatting::Element {
                node,
                tag,
                start,
                end,
            };
        }
    }

    pub(super) fn insert_formatting(&mut self, token: TagToken) {
        let written = |start: usize, end: usize| self.tokens.text.get(start..end);
        let mut same = self
            .formatting
            .iter()
            .enumerate()
            .rev()
            .map_while(|(place, entry)| match *entry {
                Formatting::Marker => None,
                Formatting::Element {
                    tag, start, end, ..
                } => Some((place, tag, start, end)),
            });
        // The "Noah's Ark clause": of four equal entries, the oldest is dropped. Attributes are
        // compared as written, not as sets; the difference changes no text.
        let has_none = !token.has_attributes();
        let third = same
            .by_ref()
            .filter(|(_, tag, start, end)| {
                *tag == token.tag
                    && match *start {
                        NONE => has_none,
                        start => {
                            written(start as usize, *end as usize)
                                == written(token.attributes, token.end)
                        }
                    }
            })
            .nth(2)
            .map(|(place, ..)| place);
        self.steps += self.formatting.len();
        if let Some(third) = third {
            self.formatting.remove(third);
        }
        let node = self.insert(token);
        let (start, end) = (attributes_of(&token), token.end as u32);
        self.formatting.push(Formatting::Element {
            node,
            tag: token.tag,
            start,
            end,
        });
    }

    /// Closes an open `<a>` before another one.
    pub(super) fn close_open_link(&mut self) {
        // `
        let Some((_, node, _)) = self
            .formatting_since_marker()
            .find(|(_, _, tag)| *tag == tag::A)
        else {
            return;
        };
        self.adopt(tag::A);
        if let Some(place) = self.formatting_place(node) {
            self.formatting.remove(place);
        }
        self.remove_open(node);
    }

    /// The "adoption agency algorithm": the end tag of a formatting element with open content.
    pub(super) fn adopt(&mut self, subject: Tag) {
        if self.current_tag() == subject && self.formatting_place(self.current()).is_none() {
            return self.pop();
        }
        // Eight rounds, as the standard says.
        for _ in 0..8 {
            self.steps += self.open.len() + self.formatting.len();
            let entry = self
                .formatting_since_marker()
                .find(|(_, _, tag)| *tag == subject);
            let Some((place, element, _)) = entry else {
                return self.end_any(subject);
            };
            let Some(open_place) = self.open.iter().rposition(|open| *open == element) else {
                self.formatting.remove(place);
                return;
            };
            let is_hidden = self.open[open_place + 1..]
                .iter()
                .any(|id| self.is_default_scope(*id));
            if is_hidden {
                return;
            }
            let block = (open_place..self.open.len())
                .find(|at| tag::is_special(self.html_tag(self.open[*at])));
            let Some(block_place) = block else {
                self.open.truncate(open_place);
                self.formatting.remove(place);
                return;
            };
            self.adopt_block(element, open_place, block_place);
        }
    }

    /// One round: moves the content of `block` into a copy of the formatting element inside it.
    fn adopt_block(&mut self, element: u32, open_place: usize, block_place: usize) {
        let block = self.open[block_place];
        let ancestor = self.open[open_place - 1];
        let (last, bookmark) = self.copy_between(element, block, block_place);
        self.tree.remove(last);
        let place = self.place(Some(ancestor));
        self.put(&place, last);

        let old = self
            .formatting_place(element)
            .expect("the caller found the element in this list");
        let Formatting::Element {
            tag, start, end, ..
        } = self.formatting[old]
        else {
            return;
        };
        let copy = self.tree.create(tag, Namespace::Html, start);
        self.steps += self.tree.move_children(block, copy);
        self.tree.append(block, copy);
        let entry = Formatting::Element {
            node: copy,
            tag,
            start,
            end,
        };
        match bookmark.and_then(|node| self.formatting_place(node)) {
            None => self.formatting[old] = entry,
            Some(after) => {
                self.formatting.insert(after + 1, entry);
                let old = self
                    .formatting_place(element)
                    .expect("an insertion removes no entry");
                self.formatting.remove(old);
            }
        }
        self.remove_open(element);
        // open|`
        let block_place = self
            .open
            .iter()
            .position(|open| *open == block)
            .expect("the block stays open");
        self.open.insert(block_place + 1, copy);
    }

    /// Copies the formatting elements between the one that ends and the block, nested in each
    /// other. Returns the outermost copy, or the block, and the element after which the new list
    /// entry goes.
    fn copy_between(&mut self, element: u32, block: u32, block_place: usize) -> (u32, Option<u32>) {
        let (mut last, mut bookmark) = (block, None);
        let mut at = block_place;
        let mut rounds = 0;
        loop {
            // Three copies at most, as the standard says; further elements are dropped.
            rounds += 1;
            at -= 1;
            let node = self.open[at];
            if node == element {
                return (last, bookmark);
            }
            let place = self.formatting_place(node);
            if let (Some(place), true) = (place, rounds > 3) {
                self.formatting.remove(place);
            }
            let (Some(place), true) = (place, rounds <= 3) else {
                self.open.remove(at);
                continue;
            };
            let Formatting::Element {
                tag, start, end, ..
            } = self.formatting[place]
            else {
                continue;
            };
            let copy = self.tree.create(tag, Namespace::Html, start);
            self.open[at] = copy;
            self.formatting[place] = Formatting::Element {
                node: copy,
                tag,
                start,
                end,
            };
            if last == block {
                bookmark = Some(copy);
            }
            self.tree.remove(last);
            self.tree.append(copy, last);
            last = copy;
        }
    }
}
