//! Rows to values and back: values from the database are checked like any other input.

use digue_access::decide::Reduction;
use digue_access::session::{ClientIp, Device, TokenHash};
use digue_access::{AccountRecord, ApiKey, Reach, RequestOrigin, Role, Session};
use digue_types::{
    AccountId, FindingId, Gate, GateReason, IdError, OrganisationId, PortalId, SessionId, Subject, Timestamp,
};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::approvals::{ApprovalDecision, ApprovalRecord, CLAIMED};
use crate::campaigns::{CampaignRecord, NoticeRecord};
use crate::files::FileRecord;
use crate::findings::{FindingRecord, FindingVerdict};
use crate::identities::{IdentityRecord, ProviderSession};
use crate::incidents::{EntryRecord, IncidentRecord};
use crate::invitations::{GrantedKeyRecord, UnconfirmedRecord};
use crate::isms::{CheckRecord, ReviewLine, ReviewRecord, RevisionRecord, SwitchRecord};
use crate::keys::ApiKeyRecord;
use crate::mails::MailRecord;
use crate::passkeys::PasskeyRecord;
use crate::passwords::{Attempts, PasswordRecord};
use crate::people::{OrganisationRecord, RecoveryRecord};
use crate::persons::{HiddenRecord, KnownPerson, PreferenceRecord, RequestRecord};
use crate::reports::ReportRecord;
use crate::sessions::ConnectionRecord;
use crate::{StoreError, Stored};

/// A gate, with who set it and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRecord {
    pub reach: Reach,
    pub gate: Gate,
    pub reason: GateReason,
    pub set_by: AccountId,
    pub set_at: Timestamp,
}

/// A one-time link, valid for one account on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConnection {
    pub account: AccountId,
    pub host: String,
    pub expires_at: Timestamp,
    /// SHA-256 (hex) of the secret that the browser using it must hold; empty for a link that anyone who
    /// holds it may use.
    pub state: String,
    /// When the identity was proved; zero when using the link is the proof.
    pub proved_at: Timestamp,
}

/// A break glass, waiting for review or reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlassRecord {
    pub id: String,
    pub portal: PortalId,
    pub account: AccountId,
    pub justification: String,
    pub opened_at: Timestamp,
    pub until: Timestamp,
    pub reviewed: Option<(AccountId, Timestamp)>,
}

fn number(row: &AnyRow, column: &str) -> Stored<u32> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
}

fn whole(row: &AnyRow, column: &str) -> Stored<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
}

fn text(row: &AnyRow, column: &str) -> Stored<String> {
    Ok(row.try_get::<String, _>(column)?)
}

fn time(row: &AnyRow, column: &str) -> Stored<Timestamp> {
    Ok(Timestamp::from_micros(row.try_get::<i64, _>(column)?))
}

fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt(column.to_owned())
}

fn name<T>(row: &AnyRow, column: &str, parse: impl Fn(&str) -> Result<T, IdError>) -> Stored<T> {
    parse(&text(row, column)?).map_err(|_| corrupt(column))
}

pub(crate) fn account(row: &AnyRow) -> Stored<(AccountId, AccountRecord)> {
    let record = AccountRecord {
        organisation: name(row, "organisation", OrganisationId::parse)?,
        role: Role::parse(&text(row, "role")?).ok_or_else(|| corrupt("role"))?,
        is_suspended: row.try_get::<i64, _>("suspended")? != 0,
    };
    Ok((name(row, "id", AccountId::parse)?, record))
}

pub(crate) fn gate(row: &AnyRow) -> Stored<GateRecord> {
    let reach = Reach::parse(&text(row, "scope")?, &text(row, "name")?);
    Ok(GateRecord {
        reach: reach.ok_or_else(|| corrupt("scope"))?,
        gate: Gate::parse(&text(row, "gate")?).ok_or_else(|| corrupt("gate"))?,
        reason: GateReason::parse(&text(row, "reason")?),
        set_by: name(row, "set_by", AccountId::parse)?,
        set_at: time(row, "set_at")?,
    })
}

pub(crate) fn link(row: &AnyRow) -> Stored<StoreConnection> {
    Ok(StoreConnection {
        account: name(row, "account", AccountId::parse)?,
        host: text(row, "host")?,
        expires_at: time(row, "expires_at")?,
        state: text(row, "state")?,
        proved_at: time(row, "proved_at")?,
    })
}

pub(crate) fn session(row: &AnyRow) -> Stored<(TokenHash, Session)> {
    let session = Session {
        id: name(row, "id", SessionId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        host: text(row, "host")?,
        opened_at: time(row, "opened_at")?,
        seen_at: time(row, "seen_at")?,
        proved_at: time(row, "proved_at")?,
        origin: RequestOrigin {
            ip: ClientIp::read(&text(row, "ip")?),
            agent: text(row, "agent")?,
            tls: text(row, "tls")?,
        },
        other_ip: ClientIp::read(&text(row, "other_ip")?),
        device: device(row)?,
    };
    Ok((unhex(&text(row, "token")?).ok_or_else(|| corrupt("token"))?, session))
}

fn device(row: &AnyRow) -> Stored<Option<Device>> {
    let key = text(row, "device_key")?;
    if key.is_empty() {
        return Ok(None);
    }
    let cookie = unhex(&text(row, "device_cookie")?).ok_or_else(|| corrupt("device_cookie"))?;
    // The previous cookie is valid for ten seconds only (decision 7), so it is not stored.
    Ok(Some(Device { key, cookie, until: time(row, "device_until")?, before: None }))
}

pub(crate) fn connection(row: &AnyRow) -> Stored<ConnectionRecord> {
    Ok(ConnectionRecord {
        session: name(row, "session", SessionId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        at: time(row, "at")?,
        host: text(row, "host")?,
        ip: text(row, "ip")?,
        agent: text(row, "agent")?,
        means: text(row, "means")?,
    })
}

pub(crate) fn organisation(row: &AnyRow) -> Stored<OrganisationRecord> {
    Ok(OrganisationRecord {
        id: name(row, "id", OrganisationId::parse)?,
        name: text(row, "name")?,
        email: text(row, "email")?,
    })
}

pub(crate) fn contact(row: &AnyRow) -> Stored<(AccountId, String)> {
    Ok((name(row, "account", AccountId::parse)?, text(row, "email")?))
}

pub(crate) fn reduction(row: &AnyRow) -> Stored<(AccountId, Reduction)> {
    let percent = u8::try_from(row.try_get::<i64, _>("percent")?).map_err(|_| corrupt("percent"))?;
    Ok((name(row, "account", AccountId::parse)?, Reduction { percent, until: time(row, "until_at")? }))
}

pub(crate) fn recovery(row: &AnyRow) -> Stored<RecoveryRecord> {
    Ok(RecoveryRecord {
        id: text(row, "id")?,
        account: name(row, "account", AccountId::parse)?,
        since: time(row, "since_at")?,
        reason: text(row, "reason")?,
        asked_by: name(row, "asked_by", AccountId::parse)?,
        granted_by: name(row, "granted_by", AccountId::parse)?,
        granted_at: time(row, "granted_at")?,
    })
}

pub(crate) fn password(row: &AnyRow) -> Stored<PasswordRecord> {
    Ok(PasswordRecord {
        account: name(row, "account", AccountId::parse)?,
        hash: text(row, "hash")?,
        totp: text(row, "totp")?,
        totp_step: u64::try_from(row.try_get::<i64, _>("totp_step")?).map_err(|_| corrupt("totp_step"))?,
        changed_at: time(row, "changed_at")?,
    })
}

pub(crate) fn holder(row: &AnyRow) -> Stored<AccountId> {
    name(row, "account", AccountId::parse)
}

pub(crate) fn attempts(row: &AnyRow) -> Stored<Attempts> {
    let failures = u32::try_from(row.try_get::<i64, _>("failures")?).map_err(|_| corrupt("failures"))?;
    Ok(Attempts { failures, failed_at: time(row, "failed_at")? })
}

pub(crate) fn mail(row: &AnyRow) -> Stored<MailRecord> {
    Ok(MailRecord {
        id: text(row, "id")?,
        recipient: text(row, "recipient")?,
        kind: text(row, "kind")?,
        account: name(row, "account", AccountId::parse)?,
        detail: text(row, "detail")?,
        tries: u32::try_from(row.try_get::<i64, _>("tries")?).map_err(|_| corrupt("tries"))?,
        next_at: time(row, "next_at")?,
        expires_at: time(row, "expires_at")?,
    })
}

pub(crate) fn key(row: &AnyRow) -> Stored<ApiKeyRecord> {
    let key = ApiKey {
        id: name(row, "id", SessionId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        thumbprint: text(row, "thumbprint")?,
        expires_at: time(row, "expires_at")?,
    };
    let secret = unhex(&text(row, "secret")?).ok_or_else(|| corrupt("secret"))?;
    Ok(ApiKeyRecord { secret, key, name: text(row, "name")?, added_at: time(row, "added_at")? })
}

/// Both databases have signed integers only.
pub(crate) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn passkey(row: &AnyRow) -> Stored<PasskeyRecord> {
    Ok(PasskeyRecord {
        id: text(row, "id")?,
        account: name(row, "account", AccountId::parse)?,
        handle: text(row, "handle")?,
        name: text(row, "name")?,
        credential: text(row, "credential")?,
        counter: u32::try_from(row.try_get::<i64, _>("counter")?).map_err(|_| corrupt("counter"))?,
        is_backed_up: row.try_get::<i64, _>("backed_up")? != 0,
        added_at: time(row, "added_at")?,
        used_at: time(row, "used_at")?,
    })
}

pub(crate) fn approval(row: &AnyRow) -> Stored<ApprovalRecord> {
    let decided_at = time(row, "decided_at")?;
    let granted = row.try_get::<i64, _>("granted")?;
    // A claim is not a decision yet, see `Store::claim_approval`.
    let decided = if decided_at == Timestamp::ZERO || granted == CLAIMED {
        None
    } else {
        let by = name(row, "decided_by", AccountId::parse)?;
        let is_granted = match granted {
            0 => false,
            1 => true,
            // Never taken for a grant: a release that wrote it knows more than this one.
            _ => return Err(corrupt("granted")),
        };
        Some(ApprovalDecision { by, at: decided_at, is_granted })
    };
    Ok(ApprovalRecord {
        id: text(row, "id")?,
        kind: text(row, "kind")?,
        // Requests of version 0.1.0 may name an account in another spelling.
        subject: Subject::parse(&text(row, "subject")?).canonical(),
        detail: text(row, "detail")?,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        reason: text(row, "reason")?,
        asked_by: name(row, "asked_by", AccountId::parse)?,
        asked_at: time(row, "asked_at")?,
        expires_at: time(row, "expires_at")?,
        decided,
    })
}

pub(crate) fn unconfirmed(row: &AnyRow) -> Stored<UnconfirmedRecord> {
    Ok(UnconfirmedRecord {
        account: name(row, "account", AccountId::parse)?,
        asked_by: text(row, "asked_by")?,
        granted_by: text(row, "granted_by")?,
        email: text(row, "email")?,
        handed_by: text(row, "handed_by")?,
        invited_at: time(row, "invited_at")?,
        since: time(row, "since")?,
    })
}

pub(crate) fn granted_key(row: &AnyRow) -> Stored<GrantedKeyRecord> {
    Ok(GrantedKeyRecord {
        id: text(row, "id")?,
        account: name(row, "account", AccountId::parse)?,
        thumbprint: text(row, "thumbprint")?,
        name: text(row, "name")?,
        asked_by: name(row, "asked_by", AccountId::parse)?,
        granted_by: name(row, "granted_by", AccountId::parse)?,
        granted_at: time(row, "granted_at")?,
    })
}

pub(crate) fn finding(row: &AnyRow) -> Stored<FindingRecord> {
    let decided_at = time(row, "decided_at")?;
    let verdict = if decided_at == Timestamp::ZERO {
        None
    } else {
        Some(FindingVerdict {
            is_theft: match text(row, "verdict")?.as_str() {
                "theft" => true,
                "work" => false,
                _ => return Err(corrupt("verdict")),
            },
            by: name(row, "decided_by", AccountId::parse)?,
            at: decided_at,
            reason: text(row, "reason")?,
        })
    };
    let account = text(row, "account")?;
    let account = if account.is_empty() { None } else { Some(name(row, "account", AccountId::parse)?) };
    Ok(FindingRecord {
        id: name(row, "id", FindingId::parse)?,
        at: time(row, "at")?,
        account,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        portal: name(row, "portal", PortalId::parse)?,
        weight: text(row, "weight")?,
        evidence: row.try_get("evidence")?,
        signals: text(row, "signals")?,
        around: text(row, "around")?,
        persons: u32::try_from(row.try_get::<i64, _>("persons")?).map_err(|_| corrupt("persons"))?,
        action: text(row, "action")?,
        intended: text(row, "wished")?,
        is_fused: row.try_get::<i64, _>("fused")? != 0,
        verdict,
    })
}

pub(crate) fn identity(row: &AnyRow) -> Stored<IdentityRecord> {
    Ok(IdentityRecord {
        hash: row.try_get("hash")?,
        account: name(row, "account", AccountId::parse)?,
        provider: row.try_get("provider")?,
        linked_at: time(row, "linked_at")?,
        used_at: time(row, "used_at")?,
    })
}

pub(crate) fn provider_session(row: &AnyRow) -> Stored<ProviderSession> {
    Ok(ProviderSession {
        session: name(row, "session", SessionId::parse)?,
        provider: row.try_get("provider")?,
        identity: row.try_get("identity")?,
        sid: row.try_get("sid")?,
        sealed_token: row.try_get("sealed_token")?,
    })
}

pub(crate) fn account_of(row: &AnyRow) -> Stored<AccountId> {
    name(row, "account", AccountId::parse)
}

/// How many credentials of a kind an account has.
pub(crate) fn held_count(row: &AnyRow) -> Stored<(AccountId, usize)> {
    let held = row.try_get::<i64, _>("held")?;
    Ok((name(row, "account", AccountId::parse)?, usize::try_from(held).map_err(|_| corrupt("held"))?))
}

pub(crate) fn break_glass(row: &AnyRow) -> Stored<BreakGlassRecord> {
    let reviewed_at = time(row, "reviewed_at")?;
    let reviewed = if reviewed_at == Timestamp::ZERO {
        None
    } else {
        Some((name(row, "reviewed_by", AccountId::parse)?, reviewed_at))
    };
    Ok(BreakGlassRecord {
        id: text(row, "id")?,
        portal: name(row, "portal", PortalId::parse)?,
        account: name(row, "account", AccountId::parse)?,
        justification: text(row, "justification")?,
        opened_at: time(row, "opened_at")?,
        until: time(row, "until_at")?,
        reviewed,
    })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<TokenHash> {
    let mut bytes = [0; 32];
    // ASCII, or the pairs below could cut a character in two.
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

pub(crate) fn incident(row: &AnyRow) -> Stored<IncidentRecord> {
    Ok(IncidentRecord {
        id: text(row, "id")?,
        number: number(row, "number")?,
        opened_at: time(row, "opened_at")?,
        journal: u64::try_from(row.try_get::<i64, _>("journal")?).map_err(|_| corrupt("journal"))?,
    })
}

pub(crate) fn incident_entry(row: &AnyRow) -> Stored<EntryRecord> {
    Ok(EntryRecord {
        incident: text(row, "incident")?,
        number: number(row, "number")?,
        at: time(row, "at")?,
        recorded_at: time(row, "recorded_at")?,
        author: text(row, "author")?,
        note: text(row, "note")?,
    })
}

pub(crate) fn campaign(row: &AnyRow) -> Stored<CampaignRecord> {
    Ok(CampaignRecord {
        id: text(row, "id")?,
        incident: text(row, "incident")?,
        version: number(row, "version")?,
        made_at: time(row, "made_at")?,
        made_by: name(row, "made_by", AccountId::parse)?,
        state: text(row, "state")?,
        language: text(row, "language")?,
        subject: text(row, "subject")?,
        blocks: text(row, "blocks")?,
        rate: number(row, "rate")?,
        ended_at: time(row, "ended_at")?,
        after: number(row, "after_version")?,
        source: text(row, "source")?,
        persons: whole(row, "persons")?,
        faults: text(row, "faults")?,
    })
}

pub(crate) fn file(row: &AnyRow) -> Stored<FileRecord> {
    Ok(FileRecord {
        subject: text(row, "subject")?,
        hash: text(row, "hash")?,
        name: text(row, "name")?,
        size: whole(row, "size")?,
        kept_at: time(row, "kept_at")?,
        kept_by: name(row, "kept_by", AccountId::parse)?,
    })
}

pub(crate) fn notice(row: &AnyRow) -> Stored<NoticeRecord> {
    Ok(NoticeRecord {
        campaign: text(row, "campaign")?,
        number: number(row, "number")?,
        code: whole(row, "code")?,
        population: text(row, "population")?,
        person: text(row, "person")?,
        seen: text(row, "seen")?,
        channel: text(row, "channel")?,
        destination: text(row, "destination")?,
        masked: text(row, "masked")?,
        hash: text(row, "hash")?,
        state: text(row, "state")?,
        at: time(row, "at")?,
        detail: text(row, "detail")?,
        checks: whole(row, "checks")?,
        places: text(row, "places")?,
    })
}

pub(crate) fn revision(row: &AnyRow) -> Stored<RevisionRecord> {
    Ok(RevisionRecord {
        kind: text(row, "kind")?,
        id: text(row, "id")?,
        number: number(row, "number")?,
        at: time(row, "at")?,
        author: text(row, "author")?,
        is_over: number(row, "is_over")? != 0,
        content: text(row, "content")?,
    })
}

pub(crate) fn check(row: &AnyRow) -> Stored<CheckRecord> {
    Ok(CheckRecord {
        name: text(row, "name")?,
        at: time(row, "at")?,
        content: text(row, "content")?,
        hash: text(row, "hash")?,
    })
}

pub(crate) fn switch(row: &AnyRow) -> Stored<SwitchRecord> {
    Ok(SwitchRecord {
        name: text(row, "name")?,
        author: text(row, "author")?,
        reason: text(row, "reason")?,
        until: time(row, "until")?,
    })
}

pub(crate) fn review(row: &AnyRow) -> Stored<ReviewRecord> {
    Ok(ReviewRecord {
        id: text(row, "id")?,
        title: text(row, "title")?,
        opened_at: time(row, "opened_at")?,
        opened_by: name(row, "opened_by", AccountId::parse)?,
        due_at: time(row, "due_at")?,
        closed_at: time(row, "closed_at")?,
    })
}

pub(crate) fn review_line(row: &AnyRow) -> Stored<ReviewLine> {
    Ok(ReviewLine {
        review: text(row, "review")?,
        account: name(row, "account", AccountId::parse)?,
        organisation: name(row, "organisation", OrganisationId::parse)?,
        facts: text(row, "facts")?,
        decision: text(row, "decision")?,
        decided_by: text(row, "decided_by")?,
        decided_at: time(row, "decided_at")?,
        reason: text(row, "reason")?,
    })
}

pub(crate) fn report(row: &AnyRow) -> Stored<ReportRecord> {
    Ok(ReportRecord {
        id: text(row, "id")?,
        at: time(row, "at")?,
        reporter: text(row, "reporter")?,
        verdict: text(row, "verdict")?,
        signs: text(row, "signs")?,
        look_alikes: text(row, "look_alikes")?,
        published_at: time(row, "published_at")?,
    })
}

pub(crate) fn known_person(row: &AnyRow) -> Stored<KnownPerson> {
    Ok(KnownPerson { population: text(row, "population")?, person: text(row, "person")? })
}

fn entry(row: &AnyRow, column: &str) -> Stored<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| corrupt(column))
}

pub(crate) fn request(row: &AnyRow) -> Stored<RequestRecord> {
    Ok(RequestRecord {
        id: text(row, "id")?,
        whose: known_person(row)?,
        kind: text(row, "kind")?,
        entry: entry(row, "entry")?,
        account: text(row, "account")?,
        text: text(row, "text")?,
        opened_at: time(row, "opened_at")?,
        extended_at: time(row, "extended_at")?,
        extended_why: text(row, "extended_why")?,
        answered_at: time(row, "answered_at")?,
        answered_by: text(row, "answered_by")?,
        outcome: text(row, "outcome")?,
        answer: text(row, "answer")?,
    })
}

pub(crate) fn preference(row: &AnyRow) -> Stored<PreferenceRecord> {
    Ok(PreferenceRecord {
        whose: known_person(row)?,
        sealed_email: text(row, "sealed_email")?,
        language: text(row, "language")?,
        first_visits: row.try_get::<i64, _>("first_visits")? != 0,
        monthly: row.try_get::<i64, _>("monthly")? != 0,
        told_entry: entry(row, "told_entry")?,
        digest_at: time(row, "digest_at")?,
    })
}

/// An account or an organisation. Another reach is an error: hiding nothing instead would show what the DPO
/// has hidden.
fn hidden_reach(text: &str) -> Stored<Reach> {
    let reach = Reach::of(&Subject::parse(text).canonical());
    let is_known = |reach: &Reach| matches!(reach, Reach::Account(_) | Reach::Organisation(_));
    reach.filter(is_known).ok_or_else(|| corrupt("reach"))
}

pub(crate) fn hidden(row: &AnyRow) -> Stored<HiddenRecord> {
    Ok(HiddenRecord {
        id: text(row, "id")?,
        reach: hidden_reach(&text(row, "reach")?)?,
        from: time(row, "from_at")?,
        to: time(row, "to_at")?,
        reason: text(row, "reason")?,
        set_by: name(row, "set_by", AccountId::parse)?,
        set_at: time(row, "set_at")?,
        until: time(row, "until_at")?,
        lifted_at: time(row, "lifted_at")?,
    })
}
