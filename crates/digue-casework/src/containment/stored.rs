//! Stored findings and their verdicts, compared with the journal.

use std::collections::{BTreeSet, HashMap};

use digue_app::act_contents::FindingFigures;
use digue_app::signals::{StoredSignals, reason_of, signals_of, subject_of};
use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, StoredComparison, StoredKind, with_journal_statement,
};
use digue_store::{FindingQuery, FindingRecord};
use digue_types::{Act, FindingId, Subject, Timestamp};

use crate::findings::{StoredSurroundings, around_of};

pub const COMPARISONS: &[StoredComparison] = &[StoredComparison {
    kind: StoredKind::Finding,
    compare: |app, to| Box::pin(findings(app, to)),
}];

/// The most findings that are compared: more than any real operation has.
const FINDINGS_MAX: u32 = 100_000;

async fn findings(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let asked = FindingQuery::default();
    // One more than the bound, and not a count beside it: a finding made between the two would look
    // like one too many.
    let stored = app.store().findings_of(&asked, FINDINGS_MAX + 1).await?;
    // Beyond the bound, missing rows would pass for deleted ones: better no comparison than a false
    // one.
    if stored.len() > FINDINGS_MAX as usize {
        return Err(OperationError::Unavailable(format!(
            "more than {FINDINGS_MAX} findings are stored"
        )));
    }
    with_journal_statement(app, |statement| {
        for finding in &stored {
            let signals = signals_of(finding);
            let is_same = is_found(statement, finding, &signals) && is_judged(statement, finding);
            to.note(
                StoredKind::Finding,
                finding.id.as_str(),
                statement.unless_older(finding.at, is_same),
            );
            if signals.known().is_none() || around_of(finding) == StoredSurroundings::Unreadable {
                to.cannot_read(StoredKind::Finding, finding.id.as_str());
            }
        }
        let known: BTreeSet<&FindingId> = stored.iter().map(|finding| &finding.id).collect();
        for finding in statement
            .journalled
            .verdicts()
            .filter(|finding| !known.contains(finding))
        {
            to.miss(StoredKind::Finding, finding.as_str());
        }
        for subject in taken_away(statement, &stored) {
            to.miss(StoredKind::Finding, subject.to_string());
        }
    });
    Ok(())
}

/// Subjects about which detection acted more often than there are findings: findings were deleted.
/// The act does not hold the id of its finding, so that an undecided one can only be counted by its
/// subject; those with a verdict are known by their id.
fn taken_away<'j>(statement: &JournalStatement<'j>, stored: &[FindingRecord]) -> Vec<&'j Subject> {
    let oldest = stored
        .iter()
        .map(|finding| finding.at)
        .min()
        .unwrap_or(Timestamp::ZERO);
    // When the list is cut, older acts have no finding here and must not count as missing ones.
    let is_cut = stored.len() >= FINDINGS_MAX as usize;
    let known: BTreeSet<&FindingId> = stored.iter().map(|finding| &finding.id).collect();
    let mut kept: HashMap<Subject, usize> = HashMap::new();
    for finding in stored {
        *kept.entry(subject_of(finding)).or_default() += 1;
    }
    for (finding, act) in statement.journalled.all_verdicts() {
        // Counted although the finding is gone: `verdicts` above reports it already under its id.
        if !known.contains(finding) {
            *kept.entry(act.about.clone()).or_default() += 1;
        }
    }
    let acted = statement
        .journalled
        .all_findings()
        .filter(|(subject, all)| {
            let readable = all.iter().filter(|act| !is_cut || act.at >= oldest).count();
            readable > kept.get(subject).copied().unwrap_or(0)
        });
    acted.map(|(subject, _)| subject).collect()
}

fn is_found(
    statement: &JournalStatement<'_>,
    finding: &FindingRecord,
    signals: &StoredSignals,
) -> bool {
    let reason = signals.known().map(reason_of);
    // Signals that this version cannot read are named as such, and not as different.
    let has_reason = |text: &str| reason.as_ref().is_none_or(|reason| text == reason);
    let has_figures = |before: &str| {
        FindingFigures::parse(before).is_some_and(|figures| figures.persons == finding.persons)
    };
    statement
        .journalled
        .findings(&subject_of(finding))
        .iter()
        .any(|act| {
            act.after == finding.action && has_reason(&act.reason) && has_figures(&act.before)
        })
}

fn is_judged(statement: &JournalStatement<'_>, finding: &FindingRecord) -> bool {
    match (&finding.verdict, statement.journalled.verdict(&finding.id)) {
        (None, None) => true,
        (Some(verdict), Some(recorded)) => {
            let act = if verdict.is_theft {
                Act::FindingConfirmed
            } else {
                Act::FindingCleared
            };
            recorded.act == act && recorded.by == verdict.by && recorded.reason == verdict.reason
        }
        _ => false,
    }
}
