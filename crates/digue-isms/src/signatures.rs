//! Signatures of records. A typed name is only a statement by its author; a signature is an act of
//! the account that the record names.

use digue_types::{AccountId, Timestamp};

use crate::kinds::Signature;
use crate::register::{Registers, Revision};

/// Whether a record is signed by the account that it names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignatureState {
    /// The record names no one yet.
    Unnamed,
    /// The record names someone who has not signed.
    Typed,
    By {
        account: String,
        at: Timestamp,
    },
}

impl SignatureState {
    pub const fn is_signed(&self) -> bool {
        matches!(self, Self::By { .. })
    }
}

/// The signature of this revision; `None` for a kind that is not signed. An author who names their
/// own account signs by writing. A further revision has to be signed again.
pub fn signed(registers: &Registers, revision: &Revision) -> Option<SignatureState> {
    let field = revision.kind.signatory()?;
    let Some(named) = revision.values.get(field).and_then(|texts| texts.first()) else {
        return Some(SignatureState::Unnamed);
    };
    if is_same(named, &revision.by) {
        return Some(SignatureState::By {
            account: revision.by.clone(),
            at: revision.at,
        });
    }
    // The signature must name this revision, and its author must be the named account: a signature
    // of revision 1 does not cover what was changed in revision 2.
    let signatures = registers.read_those::<Signature>(|values| {
        values
            .get("record")
            .is_some_and(|record| record.first() == Some(&revision.id))
    });
    // A signature that cannot be read signs nothing.
    let own = signatures
        .entries
        .into_iter()
        .find(|one| one.record.revision == Some(revision.number) && is_same(named, &one.by));
    Some(own.map_or(SignatureState::Typed, |one| SignatureState::By {
        account: one.by,
        at: one.at,
    }))
}

/// True when the text names this account. Compared as account ids, so that case and spacing do not
/// matter; a text that is not an account id ("la direction") matches none.
pub fn is_same(named: &str, account: &str) -> bool {
    match (AccountId::parse(named.trim()), AccountId::parse(account)) {
        (Ok(named), Ok(account)) => named == account,
        _ => false,
    }
}
