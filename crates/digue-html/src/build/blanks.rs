//! White space at the beginning of a text.

use crate::references::{ReferenceContext, reference};
use crate::tokens::is_space;

/// The leading white space and U+0000, in bytes.
pub(super) fn blank_bytes(raw: &str) -> usize {
    raw.bytes()
        .take_while(|byte| is_space(*byte) || *byte == 0)
        .count()
}

/// Length of the leading white space in bytes, including character references for white space and
/// U+0000.
pub(super) fn leading_blank(raw: &str) -> usize {
    let mut at = 0;
    loop {
        at += blank_bytes(&raw[at..]);
        if !raw[at..].starts_with("&#") {
            return at;
        }
        let mut text = String::new();
        let length = reference(&raw[at..], ReferenceContext::Text, &mut text);
        if length == 0 || blank_bytes(&text) < text.len() {
            return at;
        }
        at += length;
    }
}
