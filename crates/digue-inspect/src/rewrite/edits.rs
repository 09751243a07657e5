//! Cuts and replacements in a text, by places. What stays, stays byte for byte.

use std::ops::Range;

/// One place, and what stands there afterwards.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) place: Range<usize>,
    pub(super) with: String,
}

impl Edit {
    pub(super) const fn cut(place: Range<usize>) -> Self {
        Self {
            place,
            with: String::new(),
        }
    }
}

/// Edits never overlap: records do not.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.place.start);
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        left.push_str(&text[at..edit.place.start]);
        left.push_str(&edit.with);
        at = edit.place.end;
    }
    left.push_str(&text[at..]);
    left
}

/// What to cut so that the children that are not removed stay, with commas between them and nowhere
/// else.
pub(super) fn cuts(
    children: &[Range<usize>],
    is_removed: &[bool],
) -> impl Iterator<Item = Range<usize>> {
    let first_kept = is_removed.iter().position(|removed| !removed);
    let all = children.iter().zip(is_removed).enumerate();
    all.filter(|(_, (_, removed))| **removed)
        .map(move |(number, (child, _))| {
            if first_kept.is_some_and(|first| first < number) {
                // With the comma before it.
                children[number - 1].end..child.end
            } else {
                // With the comma after it, if there is one.
                let next = children.get(number + 1);
                child.start..next.map_or(child.end, |next| next.start)
            }
        })
}
