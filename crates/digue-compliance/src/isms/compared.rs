//! The registers compared with the journal. Whatever says that a record is signed is made from
//! these: registers that were not compared say of no record that it is.

use std::sync::Arc;

use digue_app::{Actor, App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, SETTLES_WITHIN, StoredKind,
    compare_now, with_journal_statement,
};
use digue_isms::kinds::RegisterKind;
use digue_isms::register::{RegisterIntegrity, Registers, Revision};
use digue_types::Subject;

use super::act_contents::RevisionHash;
use super::{in_force, must_read};

/// The current records, and how the stored ones compare with the journal.
#[derive(Clone, Debug)]
pub struct ComparedRegisters {
    pub registers: Arc<Registers>,
    pub comparison: RecordComparison,
}

/// The current records of all registers, compared.
pub async fn registers(app: &App, actor: &Actor) -> Result<ComparedRegisters, OperationError> {
    must_read(actor)?;
    compared(app).await
}

pub(crate) async fn compared(app: &App) -> Result<ComparedRegisters, OperationError> {
    // Read before the comparison, which waits for acts that are under way: a record that was just
    // saved must not look changed.
    let registers = in_force(app).await?;
    let comparison = compare_now(app, &[StoredKind::Record]).await?;
    let mut integrity = RegisterIntegrity {
        differing: comparison
            .differences
            .iter()
            .map(|one| one.name.clone())
            .collect(),
        ..RegisterIntegrity::default()
    };
    // What is shown as well as what is stored: the records in memory may be those of before or
    // after a change beside Digue.
    with_journal_statement(app, |statement| {
        for revision in shown_with_signatures(&registers) {
            let ids = match confirmation_of(statement, revision) {
                RecordConfirmation::Same => continue,
                RecordConfirmation::Older => &mut integrity.older,
                RecordConfirmation::Differs => &mut integrity.differing,
            };
            ids.insert(revision.id.clone());
        }
    });
    Ok(ComparedRegisters {
        registers: Arc::new(registers.compared(integrity)),
        comparison,
    })
}

/// The records that are signed, and their signatures.
fn shown_with_signatures(registers: &Registers) -> impl Iterator<Item = &Revision> {
    RegisterKind::ALL
        .iter()
        .filter(|kind| kind.signatory().is_some() || **kind == RegisterKind::Signature)
        .flat_map(move |kind| registers.of(*kind))
}

/// The journal's answer about a record in memory.
pub(super) fn confirmation_of(
    statement: &JournalStatement<'_>,
    revision: &Revision,
) -> RecordConfirmation {
    let Revision {
        kind,
        id,
        number,
        at,
        by,
        is_over,
        hash,
        ..
    } = revision;
    let after = RevisionHash {
        kind: kind.code().to_owned(),
        number: *number,
        hash: hash.clone(),
        is_over: *is_over,
    };
    let subject = Subject::Record(id.clone());
    let is_same = statement.journalled.holds(&subject, &after.to_string(), by);
    statement.unless_older(*at, is_same)
}

/// The current revision of a record, and the journal's answer about it: confirmed, and the last one.
/// Read again where the journal contradicts: a record that is being saved has its act first.
pub(crate) async fn settled_record(
    app: &App,
    kind: RegisterKind,
    id: &str,
) -> Result<(Revision, RecordConfirmation), OperationError> {
    let first = last_record(app, kind, id).await?;
    if first.1.is_uncontradicted() {
        return Ok(first);
    }
    tokio::time::sleep(SETTLES_WITHIN).await;
    last_record(app, kind, id).await
}

async fn last_record(
    app: &App,
    kind: RegisterKind,
    id: &str,
) -> Result<(Revision, RecordConfirmation), OperationError> {
    let registers = in_force(app).await?;
    let revision = registers
        .find(kind, id)
        .ok_or(OperationError::NotFound("record"))?;
    let subject = Subject::Record(id.to_owned());
    let confirmation = with_journal_statement(app, |statement| {
        // A last revision that is taken away brings an earlier one back, which has its act.
        let texts = statement.journalled.texts_on(&subject);
        let mut numbers = texts.filter_map(RevisionHash::parse).map(|one| one.number);
        if numbers.any(|number| number > revision.number) {
            RecordConfirmation::Differs
        } else {
            confirmation_of(statement, revision)
        }
    });
    Ok((revision.clone(), confirmation))
}
