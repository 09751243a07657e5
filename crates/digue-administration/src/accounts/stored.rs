//! Stored accounts and gates, compared with the journal.

use std::collections::BTreeSet;

use digue_access::AccountRecord;
use digue_app::act_contents::AccountPlace;
use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, StoredComparison, StoredKind, with_word,
};
use digue_store::GateRecord;
use digue_types::{AccountId, Gate, Subject};

pub const COMPARISONS: &[StoredComparison] = &[
    StoredComparison { kind: StoredKind::Account, compare: |app, to| Box::pin(accounts(app, to)) },
    StoredComparison { kind: StoredKind::Gate, compare: |app, to| Box::pin(gates(app, to)) },
];

async fn accounts(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().accounts().await?;
    with_word(app, |word| {
        for (account, record) in &stored {
            to.note(StoredKind::Account, account.as_str(), account_is(word, account, record));
        }
        let known: BTreeSet<&AccountId> = stored.iter().map(|(account, _)| account).collect();
        for account in word.journalled.accounts().filter(|account| !known.contains(account)) {
            to.miss(StoredKind::Account, account.as_str());
        }
    });
    Ok(())
}

fn account_is(
    word: &JournalStatement<'_>,
    account: &AccountId,
    record: &AccountRecord,
) -> RecordConfirmation {
    // The record has no date of creation.
    let Some(said) = word.journalled.account(account) else { return word.without_act() };
    let is_same = said == AccountPlace::of(record).to_string()
        && word.journalled.is_suspended(account) == record.is_suspended;
    if is_same { RecordConfirmation::Same } else { RecordConfirmation::Differs }
}

async fn gates(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().gates().await?;
    with_word(app, |word| {
        let mut known = BTreeSet::new();
        for gate in &stored {
            let subject = gate.reach.subject();
            to.note(StoredKind::Gate, subject.to_string(), gate_is(word, &subject, gate));
            known.insert(subject);
        }
        for (subject, said) in word.journalled.gates() {
            // An open gate has no row.
            if said.after != Gate::Open.code() && !known.contains(subject) {
                to.miss(StoredKind::Gate, subject.to_string());
            }
        }
    });
    Ok(())
}

fn gate_is(word: &JournalStatement<'_>, subject: &Subject, gate: &GateRecord) -> RecordConfirmation {
    let is_same = word.journalled.gate(subject).is_some_and(|said| {
        said.after == gate.gate.code() && said.reason == gate.reason.to_string() && said.by == gate.set_by
    });
    word.unless_older(gate.set_at, is_same)
}
