//! Stored findings and their verdicts, compared with the journal.

use std::collections::{BTreeSet, HashMap};

use digue_app::act_contents::FindingFigures;
use digue_app::signals::{StoredSignals, reason_of, signals_of, subject_of};
use digue_app::{App, OperationError};
use digue_evidence::stored_records::{
    JournalStatement, RecordComparison, StoredComparison, StoredKind, with_word,
};
use digue_store::FindingRecord;
use digue_types::{Act, FindingId, Subject, Timestamp};

use super::{StoredSurroundings, around_of};

pub const COMPARISONS: &[StoredComparison] =
    &[StoredComparison { kind: StoredKind::Finding, compare: |app, to| Box::pin(findings(app, to)) }];

/// The most findings that are compared: more than any real operation has.
const FINDINGS_MAX: u32 = 100_000;

async fn findings(app: &App, to: &mut RecordComparison) -> Result<(), OperationError> {
    let stored = app.store().findings(FINDINGS_MAX).await?;
    with_word(app, |word| {
        for finding in &stored {
            let signals = signals_of(finding);
            let is_same = is_found(word, finding, &signals) && is_judged(word, finding);
            to.note(StoredKind::Finding, finding.id.as_str(), word.unless_older(finding.at, is_same));
            if signals.known().is_none() || around_of(finding) == StoredSurroundings::Unreadable {
                to.cannot_read(StoredKind::Finding, finding.id.as_str());
            }
        }
        let known: BTreeSet<&FindingId> = stored.iter().map(|finding| &finding.id).collect();
        for finding in word.journalled.verdicts().filter(|finding| !known.contains(finding)) {
            to.miss(StoredKind::Finding, finding.as_str());
        }
        for subject in taken_away(word, &stored) {
            to.miss(StoredKind::Finding, subject.to_string());
        }
    });
    Ok(())
}

/// Subjects about which detection acted more often than there are findings: findings were deleted. The act
/// does not hold the id of its finding, so that an undecided one can only be counted by its subject; those
/// with a verdict are known by their id.
fn taken_away<'j>(word: &JournalStatement<'j>, stored: &[FindingRecord]) -> Vec<&'j Subject> {
    let oldest = stored.iter().map(|finding| finding.at).min().unwrap_or(Timestamp::ZERO);
    // When the list is cut, older acts have no finding here and must not count as missing ones.
    let is_cut = stored.len() >= FINDINGS_MAX as usize;
    let known: BTreeSet<&FindingId> = stored.iter().map(|finding| &finding.id).collect();
    let mut kept: HashMap<Subject, usize> = HashMap::new();
    for finding in stored {
        *kept.entry(subject_of(finding)).or_default() += 1;
    }
    for (finding, said) in word.journalled.all_verdicts() {
        // Counted although the finding is gone: `verdicts` above reports it already under its id.
        if !known.contains(finding) {
            *kept.entry(said.about.clone()).or_default() += 1;
        }
    }
    let acted = word.journalled.all_findings().filter(|(subject, all)| {
        let readable = all.iter().filter(|said| !is_cut || said.at >= oldest).count();
        readable > kept.get(subject).copied().unwrap_or(0)
    });
    acted.map(|(subject, _)| subject).collect()
}

fn is_found(word: &JournalStatement<'_>, finding: &FindingRecord, signals: &StoredSignals) -> bool {
    let reason = signals.known().map(reason_of);
    // Signals that this version cannot read are named as such, and not as different.
    let has_reason = |said: &str| reason.as_ref().is_none_or(|reason| said == reason);
    let has_figures = |before: &str| {
        FindingFigures::parse(before).is_some_and(|figures| figures.persons == finding.persons)
    };
    word.journalled
        .findings(&subject_of(finding))
        .iter()
        .any(|said| said.after == finding.action && has_reason(&said.reason) && has_figures(&said.before))
}

fn is_judged(word: &JournalStatement<'_>, finding: &FindingRecord) -> bool {
    match (&finding.verdict, word.journalled.verdict(&finding.id)) {
        (None, None) => true,
        (Some(verdict), Some(said)) => {
            let act = if verdict.is_theft { Act::FindingConfirmed } else { Act::FindingCleared };
            said.act == act && said.by == verdict.by && said.reason == verdict.reason
        }
        _ => false,
    }
}
