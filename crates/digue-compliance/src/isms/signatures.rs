//! Signatures of records: by the account that the record names, after a fresh proof of identity. No
//! one signs for another.

use digue_app::{Actor, App, OperationError};
use digue_isms::kinds::RegisterKind;
use digue_isms::signatures::{SignatureState, is_same, signed};

use super::{in_force, must_read, now, values_of, write};

/// Signs the current revision of a record; `seen` is the number of the revision that the signer
/// read.
///
/// # Errors
/// `Denied` unless the record names the actor; `Conflict` when it is signed already or has changed.
pub async fn sign(
    app: &App,
    actor: &Actor,
    kind: RegisterKind,
    id: &str,
    seen: u32,
) -> Result<(), OperationError> {
    must_read(actor)?;
    let field = kind.signatory().ok_or(OperationError::NotFound("record"))?;
    let registers = in_force(app).await?;
    let revision = registers
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
    if revision.number != seen || signed(&registers, revision) != Some(SignatureState::Typed) {
        return Err(OperationError::Conflict);
    }
    let fields = [
        ("record", id.to_owned()),
        ("revision", seen.to_string()),
        ("signed-on", now(app).today.to_string()),
    ];
    write(
        app,
        actor,
        RegisterKind::Signature,
        None,
        &values_of(fields),
    )
    .await?;
    Ok(())
}
