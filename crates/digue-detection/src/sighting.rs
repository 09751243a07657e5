//! The facts of one response that detection uses: keys and names, never personal data.

use digue_types::Timestamp;

/// The kind of a response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SightingKind {
    /// It showed the persons listed with it, possibly none.
    Shown,
    /// A style sheet, script or image, which shows nobody.
    Resource,
    /// It was released without inspection; its number of bytes.
    Uninspected(u64),
    /// It was refused because of the persons that the account requested.
    Refused,
    /// It was refused for another reason: a route that the map does not know, or too many requests.
    Unmapped,
    /// It was refused because the session's cookie came from another place.
    Moved,
}

/// One person of a response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SeenPerson {
    /// Key of the person; equal for equal persons everywhere.
    pub key: u64,
    /// The digits of the identifier as a number, to recognise enumeration (`number_of`).
    pub number: Option<u64>,
    /// In the caseload, found by exact search, or opened with a reason.
    pub is_explained: bool,
}

/// One response to one account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Sighting<'s> {
    pub at: Timestamp,
    pub portal: &'s str,
    pub organisation: &'s str,
    pub account: &'s str,
    /// Empty when unknown.
    pub session: &'s str,
    pub action: &'s str,
    /// Address of the client; empty when unknown, as `agent` is.
    pub ip: &'s str,
    pub agent: &'s str,
    pub kind: SightingKind,
    /// Distinct.
    pub persons: &'s [SeenPerson],
}

/// The digits of an identifier as one number; `None` without digits or with too many.
///
/// ```
/// use digue_detection::sighting::number_of;
/// assert_eq!(number_of("1000003A"), Some(1_000_003));
/// assert_eq!(number_of("A2127"), Some(2127));
/// assert_eq!(number_of("XJ"), None);
/// ```
pub fn number_of(identifier: &str) -> Option<u64> {
    let mut digits = identifier.bytes().filter(u8::is_ascii_digit).peekable();
    digits.peek()?;
    digits.try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })
}
