//! Signals, the results of detectors: their kind, evidence, and the figures of their sentence.
//!
//! The sentences are in the locales, under `signal-` and the code of the kind.

use std::fmt;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $code:literal,)+) => {
        /// The kinds of signal.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum SignalKind { $($(#[$doc])* $variant,)+ }

        impl SignalKind {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, used in files, decisions and locale keys.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

kinds!(
    /// Persons without caseload, exact search or break-glass, where these explain most.
    Unexplained "unexplained-persons",
    /// Record pages opened one after the other, faster than people read.
    Pace "pace",
    /// Record pages within one minute, however they are spread.
    Burst "burst",
    /// Persons never shown before, by lists and exports within ten minutes.
    Lists "lists",
    /// One response that shows more new persons than any work needs.
    Export "export",
    /// More persons in the day than predicted from the account and its peers.
    Volume "volume",
    /// More than predicted over several days.
    Slow "slow-reading",
    /// New persons of other kinds than this account usually reads.
    Shape "shape",
    /// At hours at which the account does not work.
    Hours "hours",
    /// Identifiers that follow each other by a constant step.
    Order "ordered-identifiers",
    /// Pages of one list, one after the other.
    Pages "pages",
    /// Lists read to their last page.
    ListsEnded "lists-to-the-end",
    /// Many searches.
    Searches "searches",
    /// Responses that show nobody.
    Empty "empty-answers",
    /// Gaps between record pages as regular as a clock.
    Rhythm "rhythm",
    /// Record pages without the style sheets, scripts and images that a browser fetches with them.
    NoResources "no-resources",
    /// A client that identifies itself as a program.
    Program "program",
    /// A session whose cookie comes from another place.
    Moved "session-moved",
    /// One session used from two places alternately.
    TwoPlaces "two-places",
    /// A device that is new to the account.
    NewDevice "new-device",
    /// A session that began before its present device was first seen.
    OlderCookie "cookie-older-than-device",
    /// Back after a long silence.
    Dormant "dormant",
    /// Made a few days ago.
    NewAccount "new-account",
    /// Recovered a few days ago.
    Recovered "recovered",
    /// Several accounts made by one leader on one day.
    AccountsMade "accounts-made",
    /// A decoy was shown.
    Decoy "decoy",
    /// Several accounts of one organisation together.
    Collusion "collusion",
    /// A network or device of an account that was cut off.
    SharedPlace "shared-place",
    /// Accounts of many organisations on one network.
    CrowdedNetwork "crowded-network",
    /// Requests for persons outside the caseload, refused.
    Refusals "refusals",
    /// Requests for routes that the portal's map does not know, as by a program that tries
    /// addresses.
    Unmapped "unmapped",
    /// Responses that could not be inspected.
    Uninspected "uninspected",
);

impl fmt::Display for SignalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl serde::Serialize for SignalKind {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

/// The numbers of a sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Figures {
    /// The count: persons, responses, accounts.
    pub seen: u32,
    /// The usual level: nineteen days in twenty stay below.
    pub usual: u32,
    /// The period of the count, in minutes; 0 where it has none.
    pub minutes: u32,
}

impl Figures {
    pub fn new(seen: u32, usual: f32, minutes: u32) -> Self {
        // `as` saturates: no level can overflow or be negative.
        Self {
            seen,
            usual: usual.max(0.0).ceil() as u32,
            minutes,
        }
    }
}

/// The result of one detector.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
pub struct Signal {
    pub kind: SignalKind,
    /// Decimal logarithm of the odds against honest work: 4 is ten thousand to one.
    pub evidence: f32,
    pub figures: Figures,
}
