//! Signatures of records. A typed name is only a statement by its author; a signature is an act of
//! the account that the record names, about exactly one content.

use digue_types::{AccountId, Timestamp};
use jiff::civil::Date;

use crate::capacity::Capacity;
use crate::kinds::{RegisterKind, Signature, SigningDelegation};
use crate::register::{RegisterEntry, RegisterRecord as _, Registers, Revision};

/// A signature that was given: who gave it, when, in what capacity, and for what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenSignature {
    pub account: String,
    pub at: Timestamp,
    /// The role of the account at that time; `None` in those of before 0.2.
    pub capacity: Option<Capacity>,
    /// SHA-256 of what was signed; `None` in those of before 0.2.
    pub content: Option<String>,
    /// The account that the record names, where another one signed for it by a delegation.
    pub on_behalf: Option<String>,
    /// The hash of each field that was signed, one `field hash` a line; empty in those of before
    /// 0.3.
    pub fields: String,
}

/// Why a signature is neither confirmed nor contradicted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnprovenSignature {
    /// It was given before signatures held the hash of what is signed.
    ContentNotRecorded,
    /// The act of the record or of the signature is no longer readable in the journal.
    Older,
    /// The registers were not compared with the journal.
    NotCompared,
}

/// Whether a record is signed by the account that it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignatureState {
    /// The record names no one yet.
    Unnamed,
    /// The record names someone who has not signed.
    Typed,
    /// The named account signed exactly this content, and the journal confirms both.
    Signed(GivenSignature),
    Unproven(GivenSignature, UnprovenSignature),
    /// What is stored is not what was signed, or differs from the journal.
    Broken(GivenSignature),
}

impl SignatureState {
    /// True when nothing contradicts the signature. A record that was signed before signatures held
    /// a hash does not fall due again with a new version.
    pub const fn stands(&self) -> bool {
        match self {
            Self::Signed(_)
            | Self::Unproven(_, UnprovenSignature::ContentNotRecorded | UnprovenSignature::Older) => {
                true
            }
            Self::Unproven(_, UnprovenSignature::NotCompared)
            | Self::Unnamed
            | Self::Typed
            | Self::Broken(_) => false,
        }
    }
}

/// The signature of this revision; `None` for a kind that is not signed. A further revision has to
/// be signed again.
pub fn signed(registers: &Registers, revision: &Revision) -> Option<SignatureState> {
    let field = revision.kind.signatory()?;
    let named = revision.values.get(field).and_then(|texts| texts.first());
    // Beside Digue another revision took the place of the one that was signed.
    let is_replaced = registers
        .integrity()
        .is_some_and(|found| found.differing.contains(&revision.id));
    if named.is_none() && !is_replaced {
        return Some(SignatureState::Unnamed);
    }
    // The signature must name this revision, and its author must be the named account: a signature
    // of revision 1 does not cover what was changed in revision 2.
    let signatures = registers.read_those::<Signature>(|values| {
        values
            .get("record")
            .is_some_and(|record| record.first() == Some(&revision.id))
    });
    // A signature that cannot be read signs nothing.
    let mut given = signatures.entries;
    let own = given.iter().position(|one| {
        one.record.revision == Some(revision.number)
            && named.is_some_and(|named| {
                is_same(named, &one.by) || is_delegated(registers, revision.kind, named, one)
            })
    });
    let one = match own {
        Some(place) => Some(given.swap_remove(place)),
        None if is_replaced => given.pop(),
        None => None,
    };
    Some(match (one, named) {
        (Some(one), _) => state_of(registers, revision, one),
        (None, Some(_)) => SignatureState::Typed,
        (None, None) => SignatureState::Unnamed,
    })
}

fn state_of(
    registers: &Registers,
    revision: &Revision,
    signature: RegisterEntry<Signature>,
) -> SignatureState {
    let RegisterEntry {
        id, at, by, record, ..
    } = signature;
    let content = Some(record.content.0).filter(|hash| !hash.is_empty());
    let given = GivenSignature {
        account: by,
        at,
        capacity: record.capacity.0,
        content,
        on_behalf: Some(record.on_behalf.0).filter(|named| !named.is_empty()),
        fields: record.fields.0,
    };
    let is_other = given
        .content
        .as_ref()
        .is_some_and(|hash| *hash != revision.hash);
    let Some(integrity) = registers.integrity() else {
        return match is_other {
            true => SignatureState::Broken(given),
            false => SignatureState::Unproven(given, UnprovenSignature::NotCompared),
        };
    };
    let either =
        |ids: &std::collections::BTreeSet<String>| ids.contains(&revision.id) || ids.contains(&id);
    if is_other || either(&integrity.differing) {
        SignatureState::Broken(given)
    } else if given.content.is_none() {
        SignatureState::Unproven(given, UnprovenSignature::ContentNotRecorded)
    } else if either(&integrity.older) {
        SignatureState::Unproven(given, UnprovenSignature::Older)
    } else {
        SignatureState::Signed(given)
    }
}

/// True when the author of a signature signed for the named account, by a delegation of that day: as
/// it stood when the signature was given. What was changed since takes nothing from it.
fn is_delegated(
    registers: &Registers,
    kind: RegisterKind,
    named: &str,
    signature: &RegisterEntry<Signature>,
) -> bool {
    let record = &signature.record;
    let (Some(id), Some(on)) = (record.delegation.0.as_deref(), record.signed_on) else {
        return false;
    };
    let given_by = |revision: &Revision| {
        let signatures = registers.read_those::<Signature>(|values| {
            let record = values.get("record").and_then(|record| record.first());
            record == Some(&revision.id)
        });
        signatures.entries.iter().any(|one| {
            one.record.revision == Some(revision.number)
                && one.at <= signature.at
                && is_same(named, &one.by)
                && (one.record.content.0.is_empty() || one.record.content.0 == revision.hash)
        })
    };
    let is_unaltered = registers
        .integrity()
        .is_some_and(|found| !found.differing.contains(id));
    kind != RegisterKind::SigningDelegation
        && is_unaltered
        && is_same(named, &record.on_behalf.0)
        && registers
            .delegation_at(id, signature.at)
            .is_some_and(|revision| {
                is_held(revision, (named, &signature.by), on) && given_by(revision)
            })
}

/// True when a delegation lets the receiver sign for the giver on a day.
fn is_held(revision: &Revision, (giver, receiver): (&str, &str), on: Date) -> bool {
    SigningDelegation::read(&revision.values).is_ok_and(|one| {
        is_same(&one.giver.0, giver)
            && is_same(&one.receiver.0, receiver)
            && one.starts_on.is_some_and(|first| first <= on)
            && one.ends_on.is_some_and(|last| on <= last)
    })
}

/// The delegation by which an account signs for another one on a day: signed by the one who gives
/// it. A delegation itself is signed by nobody else, or one would lead to the next.
pub fn delegation(
    registers: &Registers,
    kind: RegisterKind,
    (giver, receiver): (&str, &str),
    on: Date,
) -> Option<String> {
    if kind == RegisterKind::SigningDelegation {
        return None;
    }
    let all = registers.of(RegisterKind::SigningDelegation).iter();
    let mut held = all.filter(|revision| is_held(revision, (giver, receiver), on));
    let signed = held.find(|revision| {
        signed(registers, revision)
            .as_ref()
            .is_some_and(SignatureState::stands)
    });
    signed.map(|revision| revision.id.clone())
}

/// True when the text names this account. Compared as account ids, so that case and spacing do not
/// matter; a text that is not an account id ("la direction") matches none.
pub fn is_same(named: &str, account: &str) -> bool {
    match (AccountId::parse(named.trim()), AccountId::parse(account)) {
        (Ok(named), Ok(account)) => named == account,
        _ => false,
    }
}
