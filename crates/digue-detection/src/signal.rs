//! What a detector says: which kind, how strongly, and the figures of its sentence.
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
    /// Persons without caseload, exact search, break-glass or referral.
    Unexplained "unexplained-persons",
    /// Record sheets opened one after the other, faster than people do.
    Pace "pace",
    /// Record sheets within one minute, however they arrive.
    Burst "burst",
    /// Persons never shown before, by lists and exports within ten minutes.
    Lists "lists",
    /// One response that shows more new persons than any list of work does.
    Export "export",
    /// More persons in the day than the account, its peers and its history know.
    Volume "volume",
    /// A little more each day, for days.
    Slow "slow-reading",
    /// Persons that nobody of this work would come to.
    Shape "shape",
    /// At hours at which the account does not work.
    Hours "hours",
    /// Identifiers in order, or one after the other.
    Order "ordered-identifiers",
    /// Pages of one list, one after the other.
    Pages "pages",
    /// Lists walked to their last page.
    ListsEnded "lists-to-the-end",
    /// Many different searches.
    Searches "searches",
    /// Answers that show nobody, one after the other.
    Empty "empty-answers",
    /// Gaps between sheets as regular as a clock.
    Rhythm "rhythm",
    /// Sheets without the style sheets, scripts and images that a browser fetches with them.
    NoResources "no-resources",
    /// A program by its own name.
    Program "program",
    /// A session whose cookie comes from elsewhere.
    Moved "session-moved",
    /// One session from two places by turns.
    TwoPlaces "two-places",
    /// A device that the account was never seen with.
    NewDevice "new-device",
    /// A session that is older than the device it now comes from.
    OlderCookie "cookie-older-than-device",
    /// Silent for long, and back.
    Dormant "dormant",
    /// Made a few days ago.
    NewAccount "new-account",
    /// Recovered a few days ago.
    Recovered "recovered",
    /// One leader makes accounts in a row.
    AccountsMade "accounts-made",
    /// A person who does not exist.
    Decoy "decoy",
    /// Several accounts of one organisation together.
    Collusion "collusion",
    /// From a network or device of an account that was cut off.
    SharedPlace "shared-place",
    /// Accounts of many organisations from one network.
    CrowdedNetwork "crowded-network",
    /// Asked for persons outside the caseload, and refused.
    Refusals "refusals",
    /// Asks for addresses that the portal's map does not know, as a program that tries them does.
    Unmapped "unmapped",
    /// Responses that nobody could look into.
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
    /// What was seen: persons, answers, accounts.
    pub seen: u32,
    /// What is usual: nineteen days in twenty stay below.
    pub usual: u32,
    /// Within so many minutes; 0 where time says nothing.
    pub minutes: u32,
}

impl Figures {
    pub fn new(seen: u32, usual: f32, minutes: u32) -> Self {
        // Saturating: levels are small.
        Self { seen, usual: usual.max(0.0).ceil() as u32, minutes }
    }
}

/// One detector's word.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
pub struct Signal {
    pub kind: SignalKind,
    /// Decimal logarithm of the odds against honest work: 4 is ten thousand to one.
    pub evidence: f32,
    pub figures: Figures,
}
