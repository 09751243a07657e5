//! Events from identity providers (OpenID Shared Signals Framework 1.0, CAEP 1.0, RISC 1.0): what a
//! provider ends, ends here within a second (`[[signals.receive]]`).
//!
//! Sessions end at once. Accounts close at once within a brake, since a stolen key of a provider and
//! a broken rule of it look alike; beyond it their sessions end and the closing waits for a person.
//! Nothing opens by itself. An event about a subject that leads to no account is kept as such, and
//! shown. The tokens are read by `digue-security-events`.

mod effects;
mod keys;
pub mod overview;
mod poll;
mod push;
mod release;
mod state;
mod subjects;
mod take;
mod verify;

use std::path::PathBuf;
use std::time::Duration;

use digue_app::{App, Area, Areas, OperationError};
use digue_types::lists;
use http::Uri;

pub use keys::{answers, is_secure};
pub use poll::poll_due;
pub use push::{PushAnswer, PushCaller, authenticate, push};
pub use release::{WaitingDecision, decide};
pub use state::forget_due;

use crate::keys::IssuerKeys;
use crate::poll::PollMemory;
use crate::push::PushRequests;
use crate::state::SignalTurn;

/// `[signals]`.
#[derive(Clone, Debug, Default)]
pub struct SignalRules {
    pub receive: Vec<ReceiveRules>,
    pub brake: ClosingBrake,
}

/// How many accounts all streams together may close without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingBrake {
    pub closes_at_most: u64,
    pub within: Duration,
}

impl Default for ClosingBrake {
    fn default() -> Self {
        Self {
            closes_at_most: 10,
            within: Duration::from_hours(1),
        }
    }
}

/// One `[[signals.receive]]`.
#[derive(Clone, Debug)]
pub struct ReceiveRules {
    /// Its name in addresses and in the journal.
    pub name: String,
    /// `iss` of its tokens.
    pub issuer: String,
    /// `aud` of its tokens.
    pub audience: String,
    /// Further audiences that a token may also name.
    pub other_audiences: Vec<String>,
    pub keys: KeySource,
    /// Issuers whose subjects it may name (`iss_sub`).
    pub subject_issuers: Vec<String>,
    /// What else identifies an account.
    pub identified_by: Vec<SubjectName>,
    pub way: ReceiveWay,
}

/// Where the keys of a transmitter are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Its configuration at the well-known address says it (SSF 1.0, 7).
    Discovered,
    Address(Uri),
}

/// How tokens arrive.
#[derive(Clone, Debug)]
pub enum ReceiveWay {
    /// RFC 8935: hashes of the secrets with which the transmitter proves who it is.
    Push { secrets: Vec<[u8; 32]> },
    /// RFC 8936: the address, and the file of the token that opens it.
    Poll {
        address: Uri,
        token: PathBuf,
        every: Duration,
    },
}

/// What may identify an account beside a linked identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectName {
    /// `opaque`: the identifier by which the directory knows the account (`externalId` of SCIM).
    ExternalId,
    /// `email`: the address at which the account gets its mail.
    Email,
    /// `opaque` and `account`: the name of the account.
    Account,
}

impl SubjectName {
    pub const ALL: [Self; 3] = [Self::ExternalId, Self::Email, Self::Account];

    /// The words of the configuration.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "external-id" => Some(Self::ExternalId),
            "email" => Some(Self::Email),
            "account" => Some(Self::Account),
            _ => None,
        }
    }
}

lists! {
    /// Events that Digue knows, by the names of their specifications.
    SignalEvent "signal-event" {
        SessionRevoked "session-revoked",
        TokenClaimsChange "token-claims-change",
        CredentialChange "credential-change",
        AssuranceLevelChange "assurance-level-change",
        DeviceComplianceChange "device-compliance-change",
        AccountDisabled "account-disabled",
        AccountEnabled "account-enabled",
        AccountPurged "account-purged",
        CredentialCompromise "credential-compromise",
        Verification "verification",
        StreamUpdated "stream-updated",
    }

    /// What followed from an event, the lightest first.
    SignalOutcome "signal-outcome" {
        /// About the stream itself.
        Stream "stream",
        /// An event that Digue does not know.
        NotHandled "not-handled",
        /// Nobody here is this subject.
        UnknownSubject "unknown-subject",
        /// Known, and nothing was to be done.
        Unchanged "unchanged",
        /// A closing that waited is no longer wanted.
        Withdrawn "withdrawn",
        /// A reopening waits for a person.
        Requested "requested",
        /// The sessions ended.
        Cut "cut",
        /// The sessions ended, and the closing waits for a person.
        Held "held",
        /// The account was closed.
        Closed "closed",
    }

    /// Why a token was refused.
    SignalRefusal "signal-refusal" {
        Unreadable "unreadable",
        /// `typ` is not `secevent+jwt`.
        Kind "kind",
        Key "key",
        Issuer "issuer",
        Audience "audience",
        /// Dated in the future.
        Early "early",
        /// Older than its replays are remembered.
        Old "old",
        /// A verification with a state that nobody asked for.
        State "state",
        /// A claim is missing or not what its specification says.
        Claim "claim",
    }
}

/// What the receiver is built with.
pub struct SharedSignals {
    pub(crate) rules: SignalRules,
    /// In the order of the rules.
    pub(crate) keys: Vec<IssuerKeys>,
    pub(crate) polls: Vec<PollMemory>,
    pub(crate) turn: SignalTurn,
    pub(crate) requests: PushRequests,
}

impl Area for SharedSignals {}

/// Adds what the receiver keeps between calls.
#[must_use]
pub fn areas(before: Areas, rules: SignalRules) -> Areas {
    let each = || rules.receive.iter();
    before.with(SharedSignals {
        keys: each().map(|_| IssuerKeys::default()).collect(),
        polls: each().map(|_| PollMemory::default()).collect(),
        turn: SignalTurn::default(),
        requests: PushRequests::default(),
        rules,
    })
}

/// A stream of the configuration, with what is kept for it.
#[derive(Clone, Copy)]
pub(crate) struct EventStream<'a> {
    pub(crate) rules: &'a ReceiveRules,
    pub(crate) keys: &'a IssuerKeys,
    pub(crate) memory: &'a PollMemory,
}

pub(crate) fn streams(app: &App) -> impl Iterator<Item = EventStream<'_>> {
    let area = app.area::<SharedSignals>();
    let kept = area.keys.iter().zip(&area.polls);
    area.rules
        .receive
        .iter()
        .zip(kept)
        .map(|(rules, (keys, memory))| EventStream {
            rules,
            keys,
            memory,
        })
}

pub(crate) fn stream<'a>(app: &'a App, name: &str) -> Result<EventStream<'a>, OperationError> {
    let found = streams(app).find(|stream| stream.rules.name == name);
    found.ok_or(OperationError::NotFound("stream"))
}
