//! What the watch reads of one response: numbers and names, never data.

use digue_types::Timestamp;

/// What a response was, as far as the watch cares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SightingKind {
    /// It showed the persons that come with it; perhaps nobody.
    Shown,
    /// A style sheet, script or image, which shows nobody.
    Resource,
    /// It left without having been looked into: so many bytes.
    Uninspected(u64),
    /// It was refused for what the account asked.
    Refused,
    /// It was refused without a word about a person: an address that the map does not know, or too many requests.
    Unmapped,
    /// It was refused because the cookie came from elsewhere than its session.
    Moved,
}

/// One person of a response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SeenPerson {
    /// Stands for the person; the same for the same person everywhere.
    pub key: u64,
    /// The digits of the identifier, where it has any: neighbours are told by it.
    pub number: Option<u64>,
    /// In the caseload, found by full identifiers, opened with a reason.
    pub is_explained: bool,
}

/// One response to one account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Sighting<'s> {
    pub at: Timestamp,
    pub portal: &'s str,
    pub organisation: &'s str,
    pub account: &'s str,
    /// Empty when nobody said.
    pub session: &'s str,
    pub action: &'s str,
    /// Where it was asked from; empty when nobody said.
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
    digits.try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}
