//! Who signed what. A name that somebody typed is a statement of that somebody; a signature is an act of the
//! account that is named.

use digue_types::{AccountId, Timestamp};

use crate::kinds::Signature;
use crate::register::{Registers, Revision};

/// How a record stands that names who signs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignatureState {
    /// It names nobody yet.
    Unnamed,
    /// It names somebody, who signed nothing.
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

/// Who signed this revision; `None` for a kind that nobody signs. Whoever writes a record that names the own
/// account signs by writing it. A further revision has to be signed again.
pub fn signed(registers: &Registers, revision: &Revision) -> Option<SignatureState> {
    let field = revision.kind.signatory()?;
    let Some(named) = revision.values.get(field).and_then(|texts| texts.first()) else {
        return Some(SignatureState::Unnamed);
    };
    if is_same(named, &revision.by) {
        return Some(SignatureState::By { account: revision.by.clone(), at: revision.at });
    }
    let signatures = registers.read_those::<Signature>(|values| {
        values.get("record").is_some_and(|record| record.first() == Some(&revision.id))
    });
    let own = signatures
        .into_iter()
        .find(|one| one.record.revision == Some(revision.number) && is_same(named, &one.by));
    Some(own.map_or(SignatureState::Typed, |one| SignatureState::By { account: one.by, at: one.at }))
}

/// True when a name in a record is that of an account.
pub fn is_same(named: &str, account: &str) -> bool {
    match (AccountId::parse(named.trim()), AccountId::parse(account)) {
        (Ok(named), Ok(account)) => named == account,
        _ => false,
    }
}
