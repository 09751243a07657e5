//! Stored accounts and gates, compared with the journal.

use std::collections::BTreeSet;

use digue_access::AccountRecord;
use digue_app::act_contents::AccountPlace;
use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, RecordConfirmation, StoredComparison, StoredKind,
    with_journal_statement,
};
use digue_store::GateRecord;
use digue_types::{AccountId, Gate, Subject};

use crate::holders::digest;

pub const COMPARISONS: &[StoredComparison] = &[
    StoredComparison {
        kind: StoredKind::Account,
        compare: |app, to| Box::pin(accounts(app, to)),
    },
    StoredComparison {
        kind: StoredKind::Holder,
        compare: |app, to| Box::pin(holders(app, to)),
    },
    StoredComparison {
        kind: StoredKind::Gate,
        compare: |app, to| Box::pin(gates(app, to)),
    },
];

async fn accounts(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().accounts().await?;
    with_journal_statement(app, |statement| {
        for (account, record) in &stored {
            let confirmation = account_is(statement, account, record);
            to.note(StoredKind::Account, account.as_str(), confirmation);
        }
        miss_accounts(statement, &stored, to);
    });
    Ok(())
}

/// Accounts that only the journal has.
fn miss_accounts(
    statement: &JournalStatement<'_>,
    stored: &[(AccountId, AccountRecord)],
    to: &mut RecordComparison,
) {
    let known: BTreeSet<&AccountId> = stored.iter().map(|(account, _)| account).collect();
    for account in statement.journalled.accounts() {
        if !known.contains(account) {
            to.miss(StoredKind::Account, account.as_str());
        }
    }
}

fn account_is(
    statement: &JournalStatement<'_>,
    account: &AccountId,
    record: &AccountRecord,
) -> RecordConfirmation {
    // The record has no date of creation.
    let Some(recorded) = statement.journalled.account(account) else {
        return statement.without_act();
    };
    RecordConfirmation::of(
        recorded == AccountPlace::of(record).to_string()
            && statement.journalled.is_suspended(account) == record.is_suspended,
    )
}

async fn holders(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().holders().await?;
    let contacts = app.store().contacts().await?;
    with_journal_statement(app, |statement| {
        for (account, record) in &stored {
            let email = contacts.get(account).map_or("", String::as_str);
            let digest = digest(app, account, record, email);
            let is_same = statement.journalled.holder(account) == Some(digest.as_str());
            let confirmation = statement.unless_older(record.written_at, is_same);
            to.note(StoredKind::Holder, account.as_str(), confirmation);
        }
        miss_holders(statement, |account| stored.contains_key(account), to);
    });
    Ok(())
}

/// Holders that only the journal has.
fn miss_holders(
    statement: &JournalStatement<'_>,
    is_stored: impl Fn(&AccountId) -> bool,
    to: &mut RecordComparison,
) {
    for account in statement.journalled.holders() {
        if !is_stored(account) {
            to.miss(StoredKind::Holder, account.as_str());
        }
    }
}

async fn gates(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().gates().await?;
    with_journal_statement(app, |statement| {
        let mut known = BTreeSet::new();
        for gate in &stored {
            let subject = gate.reach.subject();
            let confirmation = gate_is(statement, &subject, gate);
            to.note(StoredKind::Gate, subject.to_string(), confirmation);
            known.insert(subject);
        }
        miss_gates(statement, &known, to);
    });
    Ok(())
}

/// Gates that are shut in the journal alone.
fn miss_gates(
    statement: &JournalStatement<'_>,
    known: &BTreeSet<Subject>,
    to: &mut RecordComparison,
) {
    for (subject, act) in statement.journalled.gates() {
        // An open gate has no row.
        if act.after != Gate::Open.code() && !known.contains(subject) {
            to.miss(StoredKind::Gate, subject.to_string());
        }
    }
}

fn gate_is(
    statement: &JournalStatement<'_>,
    subject: &Subject,
    gate: &GateRecord,
) -> RecordConfirmation {
    let is_same = statement.journalled.gate(subject).is_some_and(|act| {
        act.after == gate.gate.code()
            && act.reason == gate.reason.to_string()
            && act.by == gate.set_by
    });
    statement.unless_older(gate.set_at, is_same)
}
