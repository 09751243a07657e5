//! Signatures of records: by the account that the record names, after a fresh proof of identity, for
//! exactly the content that was shown. No one signs for another.

use digue_access::{Reach, Role};
use digue_app::{Actor, App, OperationError};
use digue_governance::programme::dependent;
use digue_isms::capacity::Capacity;
use digue_isms::closing::missing_to_sign;
use digue_isms::field::{ShortText, Values};
use digue_isms::kinds::{Audit, RegisterKind, SigningRequest};
use digue_isms::register::{RegisterEntry, RegisterRecord as _, Registers};
use digue_isms::signatures::{SignatureState, delegation, is_same, signed};
use digue_isms_words::signature_words::field_hashes;
pub use digue_isms_words::signature_words::{changed_fields, hashes_in_words, in_words};
use digue_mail::Mail;
use digue_store::RevisionRecord;
use digue_types::{AccountId, Gate, Timestamp};
use jiff::civil::Date;

use super::compared::compared;
use super::{
    IsmsState, RevisionDraft, SaveError, add, free_number, may_save, may_write, must_read, now,
    parsed, values_of_filled, write, write_from,
};

/// Signs the current revision of a record; `seen` is the number of the revision that the signer
/// read.
///
/// # Errors
/// `Denied` unless the record names the actor; `Conflict` when it is signed already or has changed;
/// `Unconfirmed` when it differs from the journal: the signer did not read what was written.
pub async fn sign(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    id: &str,
    seen: u32,
) -> Result<(), OperationError> {
    must_read(actor)?;
    let field = kind.signatory().ok_or(OperationError::NotFound("record"))?;
    let found = compared(app).await?;
    let revision = found
        .registers
        .find(kind, id)
        .ok_or(OperationError::NotFound("record"))?;
    // A record that names no signatory can be signed by nobody.
    let named = revision
        .values
        .get(field)
        .and_then(|texts| texts.first())
        .ok_or(OperationError::Denied)?;
    let delegation = if is_same(named, actor.account.as_str()) {
        None
    } else {
        let today = now(app).today;
        let pair = (named.as_str(), actor.account.as_str());
        let held = delegation(&found.registers, kind, pair, today);
        Some((named.clone(), held.ok_or(OperationError::Denied)?))
    };
    actor.must_be_fresh(app)?;
    if let Some((named, _)) = &delegation {
        giver_must_be_active(app, named)?;
    }
    may_be_signed(&found.registers, (kind, id), &revision.values, actor)?;
    if revision.number != seen || signed(&found.registers, revision) != Some(SignatureState::Typed)
    {
        return Err(OperationError::Conflict);
    }
    let faults = found.comparison.differences.iter();
    let own: Vec<String> = faults
        .filter(|one| one.is_about(id))
        .map(|one| one.to_code())
        .collect();
    if !own.is_empty() {
        return Err(OperationError::Unconfirmed(own));
    }
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    // Compared: a delegation counts only where the journal confirms it.
    let registers = compared(app).await?.registers;
    // The same text as above and still unsigned, now under the lock, and the delegation too.
    let pair = named.as_str();
    let is_held = delegation.as_ref().is_none_or(|(_, id)| {
        let held = digue_isms::signatures::delegation(
            &registers,
            kind,
            (pair, actor.account.as_str()),
            now(app).today,
        );
        held.as_ref() == Some(id)
    });
    let is_as_seen = is_held
        && registers.find(kind, id).is_some_and(|current| {
            current.number == seen
                && current.hash == revision.hash
                && signed(&registers, current) == Some(SignatureState::Typed)
        });
    if !is_as_seen {
        return Err(OperationError::Conflict);
    }
    let signed = SignedContent {
        id,
        number: seen,
        hash: &revision.hash,
        values: &revision.values,
        delegation,
    };
    let draft = draft(app, actor, &registers, signed).await?;
    add(app, actor, draft).await
}

/// Checks that a record says what its signature would be about, and that this account may be the one
/// who gives it. The one rule for every way of signing.
///
/// # Errors
/// `Invalid` for a review without its inputs (9.3.2), and an audit of one's own work (9.2.2 b): of
/// the auditor, of the account that the audit names, and of the one that signs for it.
fn may_be_signed(
    registers: &Registers,
    (kind, id): (RegisterKind, &str),
    values: &Values,
    actor: &Actor,
) -> Result<(), OperationError> {
    if !missing_to_sign(kind, values).is_empty() {
        return Err(OperationError::Invalid("invalid-review-inputs"));
    }
    if kind != RegisterKind::Audit {
        return Ok(());
    }
    let own_work = OperationError::Invalid("invalid-audit-own-work");
    // What cannot be read is not known to be others' work.
    let Ok(record) = Audit::read(values) else {
        return Err(own_work);
    };
    let signer = ShortText(actor.account.to_string());
    let signers = [record.signed_by.clone(), signer];
    let is_own = signers.into_iter().any(|signed_by| {
        let record = Audit {
            signed_by,
            ..record.clone()
        };
        let audit = RegisterEntry {
            id: id.to_owned(),
            number: 1,
            at: Timestamp::ZERO,
            by: actor.account.to_string(),
            record,
        };
        !dependent(registers, &audit).is_empty()
    });
    if is_own { Err(own_work) } else { Ok(()) }
}

/// Nobody signs in the name of an account that is itself kept out.
fn giver_must_be_active(app: &App, named: &str) -> Result<(), OperationError> {
    let rules = app.gateway().rules();
    let account = AccountId::parse(named.trim()).map_err(|_| OperationError::Denied)?;
    let record = rules.directory.find(&account);
    let record = record.filter(|record| !record.is_suspended);
    let is_open = record.is_some_and(|_| {
        let gates = &rules.gates;
        gates.of(&Reach::Account(account.clone())) != Gate::Closed
    });
    digue_app::require(is_open)
}

/// Saves what a person wrote in a form, a new record or from the revision that they read. Where it
/// names its author as the one who signs, a fresh proof of identity signs it as well; without one
/// it is saved and not signed.
///
/// # Errors
/// As `save`; `Overtaken` when a later revision has other values by now.
pub async fn save_own(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    from: Option<(&str, u32)>,
    values: &Values,
) -> Result<String, SaveError> {
    may_save(actor, kind)?;
    let from = from.map(|(id, read)| (id, Some(read)));
    write_from(app, actor, (kind, from), values, WhoSigns::AuthorWithProof).await
}

/// Whether saving a record may sign it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WhoSigns {
    Nobody,
    /// The author, who read every value in a form, if their proof is fresh.
    AuthorWithProof,
}

/// True when saving this record signs it.
pub(super) fn signs(
    app: &App,
    actor: &Actor,
    registers: &Registers,
    draft: &RevisionDraft,
) -> bool {
    let RevisionDraft {
        kind, id, values, ..
    } = draft;
    let named = kind
        .signatory()
        .and_then(|field| values.get(field)?.first());
    named.is_some_and(|named| is_same(named, actor.account.as_str()))
        && actor.must_be_fresh(app).is_ok()
        && may_be_signed(registers, (*kind, id), values, actor).is_ok()
}

/// What is signed: a revision of a record.
pub(super) struct SignedContent<'r> {
    pub(super) id: &'r str,
    pub(super) number: u32,
    /// SHA-256 of the stored text.
    pub(super) hash: &'r str,
    pub(super) values: &'r Values,
    /// The account that the record names, and the delegation by which another one signs for it.
    pub(super) delegation: Option<(String, String)>,
}

/// The signature of a revision as a record: of its id, number and hash, and the hash of each field,
/// so that a later change can be named.
pub(super) async fn draft(
    app: &App,
    actor: &Actor,
    registers: &Registers,
    signed: SignedContent<'_>,
) -> Result<RevisionDraft, OperationError> {
    let kind = RegisterKind::Signature;
    let (on_behalf, delegation) = signed.delegation.unzip();
    let fields = [
        ("record", signed.id.to_owned()),
        ("revision", signed.number.to_string()),
        ("signed-on", now(app).today.to_string()),
        ("capacity", capacity(actor.role).code().to_owned()),
        ("content", signed.hash.to_owned()),
        ("on-behalf", on_behalf.unwrap_or_default()),
        ("delegation", delegation.unwrap_or_default()),
        ("fields", field_hashes(signed.values)),
    ];
    let place = free_number(app, registers, kind).await?;
    Ok(RevisionDraft {
        kind,
        id: format!("{}-{place}", kind.prefix()),
        number: 1,
        is_over: false,
        values: values_of_filled(fields),
    })
}

/// The account that a record names is asked to sign the revision that it has now, by a day; it is
/// told by mail where an address is known.
///
/// # Errors
/// `Invalid` when the record names no account that exists, or the day has passed; `Conflict` for a
/// record that is signed already.
pub async fn ask(
    app: &App,
    actor: &Actor,
    (kind, id): (RegisterKind, &str),
    due: Date,
    message: &str,
) -> Result<String, OperationError> {
    digue_app::require(may_write(actor.role, kind))?;
    let field = kind.signatory().ok_or(OperationError::NotFound("record"))?;
    if due < now(app).today {
        return Err(OperationError::Invalid("invalid-signing-day"));
    }
    let registers = compared(app).await?.registers;
    let revision = registers
        .find(kind, id)
        .ok_or(OperationError::NotFound("record"))?;
    let named = revision.values.get(field).and_then(|texts| texts.first());
    let account = named.and_then(|named| AccountId::parse(named.trim()).ok());
    let rules = app.gateway().rules();
    let is_active = |account: &AccountId| {
        let record = rules.directory.find(account);
        record.is_some_and(|record| !record.is_suspended)
    };
    let account = account
        .filter(is_active)
        .ok_or(OperationError::Invalid("invalid-signatory"))?;
    if signed(&registers, revision) != Some(SignatureState::Typed) {
        return Err(OperationError::Conflict);
    }
    let fields = [
        ("record", id.to_owned()),
        ("revision", revision.number.to_string()),
        ("signatory", account.to_string()),
        ("due", due.to_string()),
        ("message", message.trim().to_owned()),
    ];
    let values = values_of_filled(fields);
    let request = write(app, actor, RegisterKind::SigningRequest, None, &values).await?;
    let mail = Mail::SignatureAsked {
        account: account.clone(),
    };
    digue_mail::tell_holder(app, &account, &mail).await?;
    Ok(request)
}

/// A request for a signature that is still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    pub kind: RegisterKind,
    /// The record to be signed.
    pub id: String,
    pub title: String,
    pub asked_by: String,
    pub asked_at: Timestamp,
    pub signatory: String,
    pub due: Option<Date>,
    pub message: String,
}

/// The requests for the revisions that records have now, and that are not signed yet.
pub fn open_requests(registers: &Registers) -> Vec<OpenRequest> {
    let mut open: Vec<OpenRequest> = Vec::new();
    // The last request about a record counts: a reminder moves the day.
    for one in registers.read::<SigningRequest>().entries.into_iter().rev() {
        let id = one.record.record.0;
        let kinds = RegisterKind::ALL.iter();
        let mut kinds = kinds.filter(|kind| kind.signatory().is_some());
        let Some(revision) = kinds.find_map(|kind| registers.find(*kind, &id)) else {
            continue;
        };
        let is_current = one.record.revision == Some(revision.number);
        let is_open = signed(registers, revision) == Some(SignatureState::Typed);
        if !is_current || !is_open || open.iter().any(|known| known.id == id) {
            continue;
        }
        let title = revision.values.get("title").and_then(|texts| texts.first());
        open.push(OpenRequest {
            kind: revision.kind,
            title: title.cloned().unwrap_or_else(|| id.clone()),
            id,
            asked_by: one.by,
            asked_at: one.at,
            signatory: one.record.signatory.0,
            due: one.record.due,
            message: one.record.message.0,
        });
    }
    open.reverse();
    open
}

const fn capacity(role: Role) -> Capacity {
    match role {
        Role::Agent => Capacity::Agent,
        Role::Deputy => Capacity::Deputy,
        Role::Delegate => Capacity::Delegate,
        Role::PortalTeam => Capacity::PortalTeam,
        Role::Ciso => Capacity::Ciso,
        Role::Dpo => Capacity::Dpo,
        Role::Auditor => Capacity::Auditor,
        Role::Management => Capacity::Management,
    }
}

/// What a signature is about, for the act that gives it: `AC-1 1 HASH`. Empty for other records.
pub(super) fn signed_text(record: &RevisionRecord) -> String {
    if record.kind != RegisterKind::Signature.code() {
        return String::new();
    }
    let values = parsed(record).map(|(_, values)| values);
    let of = |field: &str| values.as_ref()?.get(field)?.first().cloned();
    match ["record", "revision", "content"].map(of) {
        [Some(record), Some(revision), Some(content)] => format!("{record} {revision} {content}"),
        _ => String::new(),
    }
}
