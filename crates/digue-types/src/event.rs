//! The journal's two kinds of entry: an exposure, or an act of administration.
//!
//! References and categories only, never personal data itself. How entries become bytes is
//! `digue_journal::codec`'s business; numbers and codes here are stored and must never be reused.

use crate::classes::ShownClasses;
use crate::coded::coded;
use crate::ids::{
    AccountId, ActionName, Category, ExchangeId, OrganisationId, PopulationId, PortalId, RouteName,
    SessionId,
};
use crate::inspection::Inspection;
use crate::person::PersonRef;
use crate::reading::{Means, ReadFailure};
use crate::reason::RefusalReason;
use crate::subject::Subject;
use crate::time::Timestamp;
use crate::unmapped::UnmappedAddress;

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

/// One response: which persons it showed, to which account, and what was decided about it.
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
    /// The persons shown, grouped by basis and means; empty when the response was refused.
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
    /// Written reason given for break-glass, or for an agreement to open one record.
    pub justification: Option<String>,
    /// From 1: which of the `parts` entries of one response this is.
    pub part: u16,
    pub parts: u16,
    /// Source of an imported exposure: file and line.
    pub source: Option<String>,
    /// What could not be read, and where.
    pub unread: Option<ReadFailure>,
    /// Set when the entry stands for several refusals of one kind, the first of them at `at`.
    pub repeated: Option<RepeatedExposure>,
    /// The address, where no rule of the map describes it and the response was released.
    pub unmapped: Option<UnmappedAddress>,
    /// Known names in the response whose persons it does not identify, each once; 0 where no name
    /// is searched for.
    pub names_alone: u32,
    /// Records with persons whom the account may not see, where they did not end the visit by
    /// themselves or were named in its refusal.
    pub outside: Option<OutsideRecords>,
    /// The classes of the persons shown.
    pub classes: ShownClasses,
}

/// Records of a response with persons whom the account may not see, and what became of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutsideRecords {
    pub handling: OutsideHandling,
    /// How many records; how many persons, where they were `Named`.
    pub count: u32,
    /// Why they were not shown.
    pub cause: RefusalReason,
}

/// How many refusals one entry stands for, and the time of the last.
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

    /// True when the portal's response was sent to the account, in observe-only mode too.
    pub fn is_released(&self) -> bool {
        matches!(self.outcome, Outcome::Released | Outcome::WouldRefuse)
    }
}

/// Persons shown on the same basis and found by the same means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownPersons {
    pub basis: Basis,
    pub means: Means,
    pub persons: Vec<PersonRef>,
}

/// Address and browser of the request, as text; kept in the journal only, under its retention.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RequestClient {
    pub ip: String,
    pub user_agent: String,
}

coded!(
    /// What became of records with persons whom the account may not see.
    OutsideHandling {
        /// Taken out of the response before it left.
        Dropped = 1 "dropped",
        /// Left in the response, every value replaced.
        Masked = 2 "masked",
        /// Left as they were: rules are only tried here. Enforced mode would have taken them out.
        WouldDrop = 3 "would-drop",
        /// Left as they were: rules are only tried here. Enforced mode would have masked them.
        WouldMask = 4 "would-mask",
        /// The response was refused, and the refusal named the persons to an officer.
        Named = 5 "named",
    }
);

coded!(
    /// The right by which a person was shown.
    Basis {
        /// In the caseload of the account or of its organisation.
        Caseload = 1 "caseload",
        /// Found by identifiers that the account already held.
        ExactSearch = 2 "exact-search",
        /// Opened with a written reason, to be reviewed.
        BreakGlass = 3 "break-glass",
        /// The route needs no caseload.
        NotRequired = 4 "not-required",
        /// No right: shown because the portal is in observe-only mode.
        None = 5 "none",
        /// Declared by a portal that reports its own exposures.
        Declared = 6 "declared",
        /// Found by exact search a while ago, and opened since. Entries of earlier versions say
        /// `ExactSearch`.
        FoundEarlier = 7 "found-earlier",
        /// Who was shown them is not known, and so neither is their right.
        CallerUnknown = 8 "caller-unknown",
        /// Another person agreed that this account opens this one record, for a written reason.
        Agreed = 9 "agreed",
        /// Their own record, shown to themselves.
        OwnRecord = 10 "own-record",
    }
);

coded!(
    Outcome {
        Released = 1 "released",
        Refused = 2 "refused",
        /// Released in pilot or observe-only mode; enforced mode would have refused it.
        WouldRefuse = 3 "would-refuse",
    }
);

/// An act of administration, containment or configuration, journalled like an exposure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Administration {
    pub at: Timestamp,
    /// The account that acted, or `digue` itself.
    pub actor: AccountId,
    pub act: Act,
    /// What was acted upon.
    pub subject: Subject,
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
        /// Too many wrong passwords in a row from devices that the account has not used.
        SignInBlocked = 25 "sign-in-blocked",
        /// A session was bound to a device key.
        SessionBound = 26 "session-bound",
        /// Data left the console as a file.
        Exported = 27 "exported",
        /// A wider map waits for the approval of a second person; the narrower rules stay in force.
        RulesHeld = 28 "rules-held",
        RulesGranted = 29 "rules-granted",
        KeyIssued = 30 "key-issued",
        KeyRevoked = 31 "key-revoked",
        /// Period keys were destroyed at the end of their retention.
        Forgotten = 32 "forgotten",
        /// No quorum of witnesses has cosigned the journal for too long.
        WitnessesMissing = 33 "witnesses-missing",
        WitnessesBack = 34 "witnesses-back",
        /// Access logs of a portal were imported.
        Imported = 35 "imported",
        /// The exposure index was damaged and was rebuilt from the journal.
        IndexRebuilt = 36 "index-rebuilt",
        /// Detection raised an alert.
        WatchAlerted = 37 "watch-alerted",
        /// Detection took an account for stolen; with the step that it took.
        WatchContained = 38 "watch-contained",
        /// A person gave the verdict that a finding was work.
        FindingCleared = 39 "finding-cleared",
        /// A person gave the verdict that a finding was a theft.
        FindingConfirmed = 40 "finding-confirmed",
        IncidentOpened = 41 "incident-opened",
        IncidentNoted = 42 "incident-noted",
        CampaignPrepared = 43 "campaign-prepared",
        CampaignSet = 44 "campaign-set",
        /// A revision of an ISMS record was saved; with its hash.
        RecordSaved = 45 "record-saved",
        CheckRan = 46 "check-ran",
        CheckSwitched = 47 "check-switched",
        /// A version of the statement of applicability was signed and cannot change any more.
        StatementSigned = 48 "statement-signed",
        ReviewOpened = 49 "review-opened",
        ReviewDecided = 50 "review-decided",
        /// Look-alike domains were published on the public page.
        LookAlikesPublished = 51 "look-alikes-published",
        /// Codes for persons were printed; with their number.
        PersonCodesMade = 52 "person-codes-made",
        /// A person opened the page that lists the consultations of their record.
        PersonCame = 53 "person-came",
        /// A person asked a question, or contested a consultation by this account.
        PersonAsked = 54 "person-asked",
        PersonAnswered = 55 "person-answered",
        /// Consultations are hidden from persons for a while.
        SightsHidden = 56 "sights-hidden",
        SightsShown = 57 "sights-shown",
        /// An identity at an identity provider signs in to an account from now on.
        IdentityLinked = 58 "identity-linked",
        IdentityUnlinked = 59 "identity-unlinked",
        /// Evidence was read: entries of the journal, or which persons an account was shown.
        EvidenceRead = 70 "evidence-read",
        /// A second person confirmed who holds a new or recovered account.
        HolderConfirmed = 71 "holder-confirmed",
        /// The invitation of an account was sent, or handed over by a person who saw its link.
        InvitationHandedOver = 72 "invitation-handed-over",
        /// A stored file of caseloads, aliases or classes is missing, changed or unreadable, and not in
        /// force.
        FileNotTaken = 80 "file-not-taken",
        /// How many relations the programs of an account may load in a day was changed.
        FeedAllowed = 81 "feed-allowed",
        /// An older journal was restored, and its loss was accepted at the terminal.
        JournalAccepted = 82 "journal-accepted",
        /// An account was moved to another organisation; its sessions ended.
        AccountMoved = 83 "account-moved",
        /// The classes of the persons of a population were loaded.
        ClassesLoaded = 84 "classes-loaded",
        /// A person joined the caseload of an account until the next reading of its source: looked
        /// up on a miss, or created by the account.
        CaseloadAdded = 85 "caseload-added",
        /// A snapshot was stored in a backup repository.
        BackupMade = 90 "backup-made",
        BackupFailed = 91 "backup-failed",
        /// A share of a backup repository was read and compared with its hashes.
        BackupVerified = 92 "backup-verified",
        /// A deletion was tried in a backup repository, to prove that it is refused.
        DeletionTried = 93 "deletion-tried",
        /// A backup was restored for proof.
        RestoreDrilled = 94 "restore-drilled",
        /// The recovery key of a backup repository was drawn and split over sheets.
        RecoveryKeySplit = 95 "recovery-key-split",
        /// The report of another system's backups said something new.
        BackupReported = 96 "backup-reported",
        /// Responses of a pilot or observe-only portal left while their entries could not be
        /// written; with their number and the time of the last.
        ResponsesUnrecorded = 97 "responses-unrecorded",
        /// The name, function, telephone or address of an account holder was written; with their
        /// digest.
        HolderSaved = 98 "holder-saved",
        /// Someone on this machine began to read what passes at a portal in pilot mode, to learn
        /// its map.
        TrafficRead = 110 "traffic-read",
        /// An address that opens one thing without an account was issued; with the hash of its
        /// secret.
        AddressIssued = 140 "address-issued",
        AddressRevoked = 141 "address-revoked",
        /// A route that two persons had added to a map was taken out again.
        RouteWithdrawn = 111 "route-withdrawn",
        /// Snapshots of a backup repository that retention no longer keeps were proposed for
        /// deletion.
        BackupDeletionPlanned = 112 "backup-deletion-planned",
        /// Two persons agreed to the deletion of snapshots, which then waits.
        BackupDeletionAgreed = 113 "backup-deletion-agreed",
        BackupDeletionCancelled = 114 "backup-deletion-cancelled",
        BackupsDeleted = 115 "backups-deleted",
        /// Snapshots that freeze deletion were proposed to two persons.
        BackupAcceptanceProposed = 116 "backup-acceptance-proposed",
        /// Two persons said what snapshots that froze deletion hold.
        SnapshotsAccepted = 117 "snapshots-accepted",
    }
);

#[cfg(test)]
mod tests {
    use crate::inspection::{Inspection, UninspectedCause};
    use crate::reading::{Means, UnreadCause};
    use crate::scope::{Gate, Scope};
    use crate::unmapped::AddressMethod;

    use super::*;

    /// Codes and numbers are stored: each names one value, and is read back as it.
    macro_rules! each_code_names_one_value {
        ($($list:ident)+) => {$({
            let mut codes = std::collections::HashSet::new();
            let mut numbers = std::collections::HashSet::new();
            for &one in $list::ALL {
                assert_eq!($list::parse(one.code()), Some(one));
                assert_eq!($list::from_number(one.number()), Some(one));
                assert_eq!(serde_json::to_value(one).unwrap(), one.code());
                assert_eq!(serde_json::from_value::<$list>(one.code().into()).unwrap(), one);
                assert!(codes.insert(one.code()) && numbers.insert(one.number()), "{one:?}");
            }
            assert!(serde_json::from_value::<$list>("no-such-code".into()).is_err());
        })+};
    }

    #[test]
    fn each_code_and_number_names_one_value() {
        each_code_names_one_value!(AddressMethod Basis Outcome Inspection UninspectedCause Scope Gate Act Means UnreadCause);
    }
}
