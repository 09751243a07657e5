//! Signatures of records: by the account that the record names, after a fresh proof of identity, for
//! exactly the content that was shown. No one signs for another.

use digue_access::Role;
use digue_app::{Actor, App, OperationError};
use digue_isms::capacity::Capacity;
use digue_isms::field::Values;
use digue_isms::kinds::RegisterKind;
use digue_isms::register::{Registers, Revision};
use digue_isms::signatures::{GivenSignature, SignatureState, UnprovenSignature, is_same, signed};
use digue_locales::{Language, Value, text, text_with};
use digue_store::RevisionRecord;
use digue_types::Timestamp;

use super::compared::compared;
use super::{
    IsmsState, RevisionDraft, SaveError, add, free_number, in_force, may_save, must_read, now,
    parsed, values_of, write_from,
};

/// The characters of a hash that papers and pages show: enough to tell contents apart by eye. The
/// whole hash is in the register of signatures.
const HASH_SHOWN: usize = 16;

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
    if !is_same(named, actor.account.as_str()) {
        return Err(OperationError::Denied);
    }
    actor.must_be_fresh(app)?;
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
    let registers = in_force(app).await?;
    // The same text as above and still unsigned, now under the lock.
    let is_as_seen = registers.find(kind, id).is_some_and(|current| {
        current.number == seen
            && current.hash == revision.hash
            && signed(&registers, current) == Some(SignatureState::Typed)
    });
    if !is_as_seen {
        return Err(OperationError::Conflict);
    }
    let draft = draft(app, actor, &registers, (id, seen, revision.hash.as_str())).await?;
    add(app, actor, draft).await
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
pub(super) fn signs(app: &App, actor: &Actor, kind: RegisterKind, values: &Values) -> bool {
    let named = kind
        .signatory()
        .and_then(|field| values.get(field)?.first());
    named.is_some_and(|named| is_same(named, actor.account.as_str()))
        && actor.must_be_fresh(app).is_ok()
}

/// The signature of a revision as a record: of its id, number and hash.
pub(super) async fn draft(
    app: &App,
    actor: &Actor,
    registers: &Registers,
    (id, number, hash): (&str, u32, &str),
) -> Result<RevisionDraft, OperationError> {
    let kind = RegisterKind::Signature;
    let fields = [
        ("record", id.to_owned()),
        ("revision", number.to_string()),
        ("signed-on", now(app).today.to_string()),
        ("capacity", capacity(actor.role).code().to_owned()),
        ("content", hash.to_owned()),
    ];
    let place = free_number(app, registers, kind).await?;
    Ok(RevisionDraft {
        kind,
        id: format!("{}-{place}", kind.prefix()),
        number: 1,
        is_over: false,
        values: values_of(fields),
    })
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

/// The state of a signature as a sentence; `None` for a record that names no one. `moment` writes a
/// time for the reader.
pub fn in_words(
    language: Language,
    revision: &Revision,
    state: &SignatureState,
    moment: impl Fn(Timestamp) -> String,
) -> Option<String> {
    let said = |key: &str, given: &GivenSignature| {
        let capacity = given.capacity.map_or_else(
            || text(language, "signature-capacity-unknown"),
            |role| text(language, &format!("role-{}", role.code())),
        );
        let hash = given
            .content
            .as_deref()
            .map_or("–", |hash| hash.get(..HASH_SHOWN).unwrap_or(hash));
        let values = [
            ("name", Value::from(given.account.as_str())),
            ("at", Value::from(moment(given.at))),
            ("capacity", Value::from(capacity)),
            ("hash", Value::from(hash)),
        ];
        Some(text_with(language, key, &values))
    };
    match state {
        SignatureState::Unnamed => None,
        SignatureState::Typed => {
            let named = revision
                .kind
                .signatory()
                .and_then(|field| revision.values.get(field)?.first());
            let name = named.map(String::as_str).unwrap_or_default();
            let values = [
                ("name", Value::from(name)),
                ("by", Value::from(revision.by.as_str())),
            ];
            let key = match is_same(name, &revision.by) {
                true => "signature-typed-own",
                false => "signature-typed",
            };
            Some(text_with(language, key, &values))
        }
        SignatureState::Signed(given) => said("signature-by", given),
        SignatureState::Unproven(given, UnprovenSignature::ContentNotRecorded) => {
            said("signature-content-unrecorded", given)
        }
        SignatureState::Unproven(given, UnprovenSignature::Older) => said("signature-older", given),
        SignatureState::Unproven(given, UnprovenSignature::NotCompared) => {
            said("signature-not-compared", given)
        }
        SignatureState::Broken(given) => said("signature-broken", given),
    }
}
