//! What the journal remembers: one exposure or one act of administration.
//!
//! References and categories only, never the data itself.

use crate::ids::{
    AccountId, ActionName, Category, ExchangeId, OrganisationId, PopulationId, PortalId, RouteName, SessionId,
};
use crate::person::PersonRef;
use crate::reading::{Means, ReadFailure};
use crate::reason::RefusalReason;
use crate::time::Timestamp;

/// One entry of the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    Exposure(Box<Exposure>),
    Administration(Administration),
}

impl Event {
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Exposure(exposure) => exposure.at,
            Self::Administration(act) => act.at,
        }
    }
}

/// What happened to one response: whom it showed, to whom, and what was decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exposure {
    pub at: Timestamp,
    pub exchange: ExchangeId,
    pub portal: PortalId,
    pub route: RouteName,
    pub action: ActionName,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub session: SessionId,
    pub client: RequestClient,
    pub outcome: Outcome,
    pub reasons: Vec<RefusalReason>,
    pub inspection: Inspection,
    pub population: PopulationId,
    /// Who was shown, by what right; empty when the response was refused.
    pub shown: Vec<ShownPersons>,
    /// Distinct persons found in the response, also when it was refused.
    pub persons_found: u32,
    pub categories: Vec<Category>,
    /// Bytes of the body as the portal sent it, before decoding.
    pub body_bytes: u64,
    /// The portal's status code; 0 when the request did not reach it.
    pub status: u16,
    /// Version of the rules (portal map, policies) in force.
    pub policy_version: u64,
    /// Version of the caseloads in force.
    pub caseload_version: u64,
    /// Written reason given for break-glass.
    pub justification: Option<String>,
    /// 1-based place in the chain of entries that tell one response.
    pub part: u16,
    pub parts: u16,
    /// Where an imported exposure comes from: file and line.
    pub source: Option<String>,
    /// What could not be read, and where.
    pub unread: Option<ReadFailure>,
    /// Set when the entry stands for several refusals of one kind, from `at` on.
    pub repeated: Option<RepeatedExposure>,
}

/// How many refusals one entry stands for, and when the last of them was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RepeatedExposure {
    pub count: u64,
    pub until: Timestamp,
}

impl Exposure {
    pub fn persons(&self) -> impl Iterator<Item = &PersonRef> {
        self.shown.iter().flat_map(|group| &group.persons)
    }

    /// Requests that this entry stands for.
    pub fn requests(&self) -> u64 {
        self.repeated.map_or(1, |repeated| repeated.count)
    }

    /// True when bytes of the portal left for the account.
    pub fn is_released(&self) -> bool {
        matches!(self.outcome, Outcome::Released | Outcome::WouldRefuse)
    }
}

/// Persons shown by the same right, found by the same means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownPersons {
    pub basis: Basis,
    pub means: Means,
    pub persons: Vec<PersonRef>,
}

/// Where the request came from; kept in the journal only, under its retention.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RequestClient {
    pub ip: String,
    pub user_agent: String,
}

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name, used in files, in the journal's text form and in locale keys.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The stable number in the journal's bytes.
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)+ }
            }

            pub fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.code())
            }
        }
    };
}

pub(crate) use coded;

coded!(
    /// By what right a person was shown.
    Basis {
        /// In the caseload of the account or of its organisation.
        Caseload = 1 "caseload",
        /// Found by identifiers that the account already held.
        ExactSearch = 2 "exact-search",
        /// Opened with a written reason, to be reviewed.
        BreakGlass = 3 "break-glass",
        /// The route's map asks for no caseload.
        NotRequired = 4 "not-required",
        /// No right: shown because the portal is in observe-only mode.
        None = 5 "none",
        /// Said by a portal that reports by itself.
        Declared = 6 "declared",
    }
);

coded!(
    Outcome {
        Released = 1 "released",
        Refused = 2 "refused",
        /// Released in observe-only mode; enforced mode would have refused it.
        WouldRefuse = 3 "would-refuse",
    }
);

coded!(
    /// How far Digue looked into a response.
    Inspection {
        Inspected = 1 "inspected",
        /// The request was refused before it reached the portal.
        NotReached = 2 "not-reached",
        TooLarge = 3 "too-large",
        UnknownType = 4 "unknown-type",
        Broken = 5 "broken",
        /// An upgraded connection, a stream that the map lets through uninspected.
        Stream = 6 "stream",
        /// Reported by the portal itself.
        Reported = 7 "reported",
        /// Forward-auth: Digue saw the request and never the response.
        RequestOnly = 8 "request-only",
        /// From an access log: the response was not seen.
        Imported = 9 "imported",
        /// Passed by a portal that is only observed, where no rule of the map says how to look.
        NotLooked = 11 "not-looked",
        /// Passed by a portal that is only observed: a range, a copy found unchanged, a body cut short.
        Partial = 12 "partial",
        /// Texts lay outside of everything that the map describes.
        Undescribed = 10 "undescribed",
    }
);

impl Inspection {
    /// True when bytes were released that Digue did not look into.
    pub const fn is_uninspected(self) -> bool {
        matches!(
            self,
            Self::TooLarge
                | Self::UnknownType
                | Self::Broken
                | Self::Stream
                | Self::NotLooked
                | Self::Partial
                | Self::Undescribed
        )
    }
}

coded!(
    /// Why a response could not be inspected.
    UninspectedCause {
        TooLarge = 1 "too-large",
        UnknownType = 2 "unknown-type",
        Broken = 3 "broken",
        Undescribed = 4 "undescribed",
    }
);

impl From<UninspectedCause> for Inspection {
    fn from(cause: UninspectedCause) -> Self {
        match cause {
            UninspectedCause::TooLarge => Self::TooLarge,
            UninspectedCause::UnknownType => Self::UnknownType,
            UninspectedCause::Broken => Self::Broken,
            UninspectedCause::Undescribed => Self::Undescribed,
        }
    }
}

coded!(
    /// How wide a gate or a budget reaches.
    Scope {
        Account = 1 "account",
        Organisation = 2 "organisation",
        Portal = 3 "portal",
        Everything = 4 "everything",
    }
);

coded!(
    /// The position of a gate, from open to shut.
    Gate {
        Open = 1 "open",
        /// Exact search and break-glass are shut; the caseload stays readable.
        CaseloadOnly = 2 "caseload-only",
        /// A fresh proof of identity is needed before the next person.
        StepUp = 3 "step-up",
        Closed = 4 "closed",
    }
);

/// An act of administration, containment or configuration, journalled like an exposure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Administration {
    pub at: Timestamp,
    /// Who acted: an account, or `digue` itself.
    pub actor: AccountId,
    pub act: Act,
    /// What was acted upon, as text: `account:of-12.agent3`, `portal:kairos`.
    pub subject: String,
    pub before: String,
    pub after: String,
    pub reason: String,
}

coded!(
    Act {
        Started = 1 "started",
        Configured = 2 "configured",
        CaseloadLoaded = 3 "caseload-loaded",
        GateSet = 4 "gate-set",
        LinkIssued = 5 "link-issued",
        SessionOpened = 6 "session-opened",
        SessionCut = 7 "session-cut",
        BreakGlassOpened = 8 "break-glass-opened",
        BreakGlassReviewed = 9 "break-glass-reviewed",
        AccountSaved = 10 "account-saved",
        AliasesLoaded = 11 "aliases-loaded",
        Stopped = 12 "stopped",
        PasskeyAdded = 13 "passkey-added",
        PasskeyRemoved = 14 "passkey-removed",
        SessionProved = 15 "session-proved",
        AccountSuspended = 16 "account-suspended",
        AccountResumed = 17 "account-resumed",
        ApprovalAsked = 18 "approval-asked",
        ApprovalGranted = 19 "approval-granted",
        ApprovalRefused = 20 "approval-refused",
        AccountRecovered = 21 "account-recovered",
        OrganisationSaved = 22 "organisation-saved",
        PasswordSet = 23 "password-set",
        PasswordRemoved = 24 "password-removed",
        /// Too many wrong answers in a row from devices that the account does not know.
        SignInBlocked = 25 "sign-in-blocked",
        /// To the key of a device.
        SessionBound = 26 "session-bound",
        /// Data left the console as a file.
        Exported = 27 "exported",
        /// A wider map waits for a second person; the narrower rules stay in force.
        RulesHeld = 28 "rules-held",
        RulesGranted = 29 "rules-granted",
        KeyIssued = 30 "key-issued",
        KeyRevoked = 31 "key-revoked",
        /// Period keys were destroyed at the end of their retention.
        Forgotten = 32 "forgotten",
        /// For too long no quorum of witnesses has seen the journal.
        WitnessesMissing = 33 "witnesses-missing",
        WitnessesBack = 34 "witnesses-back",
        /// Access logs of a portal were taken in.
        Imported = 35 "imported",
        /// The exposure index was damaged, and made again from the journal.
        IndexRebuilt = 36 "index-rebuilt",
        /// The watch told people of something unusual.
        WatchAlerted = 37 "watch-alerted",
        /// The watch took it for a theft, with what it did about it.
        WatchContained = 38 "watch-contained",
        /// A person found that it was work.
        FindingCleared = 39 "finding-cleared",
        /// A person found that it was a theft.
        FindingConfirmed = 40 "finding-confirmed",
        IncidentOpened = 41 "incident-opened",
        IncidentNoted = 42 "incident-noted",
        CampaignPrepared = 43 "campaign-prepared",
        CampaignSet = 44 "campaign-set",
        /// A revision of a record of the management system; its hash.
        RecordSaved = 45 "record-saved",
        CheckRan = 46 "check-ran",
        CheckSwitched = 47 "check-switched",
        /// A version of the statement of applicability was frozen.
        StatementSigned = 48 "statement-signed",
        ReviewOpened = 49 "review-opened",
        ReviewDecided = 50 "review-decided",
        /// Domains that look official were put on the public page.
        LookAlikesPublished = 51 "look-alikes-published",
        /// Codes for persons were printed: how many.
        PersonCodesMade = 52 "person-codes-made",
        /// A person came to see who looked.
        PersonCame = 53 "person-came",
        /// A person asked something, or does not recognise a consultation of this account.
        PersonAsked = 54 "person-asked",
        PersonAnswered = 55 "person-answered",
        /// Consultations are hidden from persons for a while, or not any more.
        SightsHidden = 56 "sights-hidden",
        SightsShown = 57 "sights-shown",
        /// An identity at a provider of others opens an account from now on, or no more.
        IdentityLinked = 58 "identity-linked",
        IdentityUnlinked = 59 "identity-unlinked",
        /// Evidence was shown: entries of the journal, or who was shown whom.
        EvidenceRead = 70 "evidence-read",
        /// Somebody confirmed who holds a new or recovered account.
        HolderConfirmed = 71 "holder-confirmed",
        /// The invitation of an account was sent, or handed over by somebody who saw its link.
        InvitationHandedOver = 72 "invitation-handed-over",
        /// A kept file of caseloads or aliases is missing, changed or unreadable: it is not in force.
        FileNotTaken = 80 "file-not-taken",
        /// The programs of an account may load so much a day.
        FeedAllowed = 81 "feed-allowed",
        /// An older journal was put back, and the loss was accepted at the terminal.
        JournalAccepted = 82 "journal-accepted",
        /// An account works for another organisation from now on; its sessions ended.
        AccountMoved = 83 "account-moved",
    }
);
