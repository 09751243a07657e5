//! What happened about the subject of an incident before it was opened: findings, verdicts and
//! gates, each with the journal entry that proves it.

use std::collections::HashSet;
use std::time::Duration;

use digue_app::act_contents::FindingFigures;
use digue_app::signals::{reason_of, signals_of, subject_of};
use digue_app::{App, OperationError};
use digue_detection::Weight;
use digue_evidence::stored_records::SAME_MOMENT;
use digue_response::IncidentNote;
use digue_store::FindingQuery;
use digue_types::{Act, Administration, Subject, Timestamp};

use crate::finding_queries::{READ_MAX, findings_about};

/// How far before its opening an incident looks for acts about its subject.
const LOOK_BACK: Duration = Duration::from_hours(24 * 30);

/// The findings, verdicts and gates about a subject in the last thirty days, the oldest first, each
/// with the time at which it happened.
pub(super) async fn earlier(
    app: &App,
    about: &Subject,
) -> Result<Vec<(Timestamp, IncidentNote)>, OperationError> {
    if about.is_nothing() {
        return Ok(Vec::new());
    }
    let since = app.clock().now().minus(LOOK_BACK);
    let findings = match findings_about(about) {
        Some(about) => {
            let asked = FindingQuery {
                about: Some(about),
                since: Some(since),
                ..FindingQuery::default()
            };
            app.store().findings_of(&asked, READ_MAX).await?
        }
        None => Vec::new(),
    };
    let mut earlier: Vec<(Timestamp, ProvedBy, IncidentNote)> = findings
        .iter()
        .map(|finding| {
            // Where the journal has the act, it says which of the two it was (`with_entry`): at an
            // observe-only portal nobody is contained.
            let is_containment = Weight::parse(&finding.weight) == Some(Weight::Containment);
            let note = IncidentNote::Seen {
                act: if is_containment {
                    Act::WatchContained
                } else {
                    Act::WatchAlerted
                },
                subject: about.clone(),
                before: FindingFigures::of(finding).to_string(),
                after: finding.action.clone(),
                // In the form of the journal, of which the log makes sentences.
                reason: reason_of(signals_of(finding).readable()),
                journal: 0,
                by: String::new(),
            };
            (
                finding.at,
                ProvedBy {
                    subject: subject_of(finding),
                    after: finding.action.clone(),
                },
                note,
            )
        })
        .collect();
    earlier.extend(findings.iter().filter_map(|finding| {
        let verdict = finding.verdict.as_ref()?;
        let act = if verdict.is_theft {
            Act::FindingConfirmed
        } else {
            Act::FindingCleared
        };
        // The finding that is judged, as the act itself has it: a verdict about another one does
        // not replace this one.
        let after = Subject::from(&finding.id).to_string();
        let note = IncidentNote::Seen {
            act,
            subject: about.clone(),
            before: String::new(),
            after: after.clone(),
            reason: verdict.reason.clone(),
            journal: 0,
            by: verdict.by.to_string(),
        };
        Some((
            verdict.at,
            ProvedBy {
                subject: subject_of(finding),
                after,
            },
            note,
        ))
    }));
    for gate in app.store().gates().await? {
        if gate.reach.subject() == *about {
            let note = IncidentNote::Seen {
                act: Act::GateSet,
                subject: about.clone(),
                before: String::new(),
                after: gate.gate.code().to_owned(),
                reason: gate.reason.to_string(),
                journal: 0,
                by: gate.set_by.to_string(),
            };
            let proof = ProvedBy {
                subject: about.clone(),
                after: gate.gate.code().to_owned(),
            };
            earlier.push((gate.set_at, proof, note));
        }
    }
    earlier.sort_by_key(|(at, ..)| *at);
    let acts = acts_since(app, since, &earlier);
    Ok(earlier
        .into_iter()
        .map(|(at, proof, note)| (at, with_entry(&acts, at, &proof, note)))
        .collect())
}

/// The act of the journal that proves a row of the store.
struct ProvedBy {
    subject: Subject,
    after: String,
}

/// The acts of the journal about the subjects of these rows, the newest first, copied in one go:
/// commits wait for the index while it is read.
fn acts_since(
    app: &App,
    since: Timestamp,
    rows: &[(Timestamp, ProvedBy, IncidentNote)],
) -> Vec<(u64, Administration)> {
    let subjects: HashSet<&Subject> = rows.iter().map(|(_, proof, _)| &proof.subject).collect();
    let oldest = rows.first().map_or(since, |(at, ..)| *at);
    let state = app.journal_state();
    // The index yields the newest acts first: the search ends at those that are older than every
    // row.
    let acts = state
        .index
        .acts(usize::MAX)
        .take_while(|(_, known)| oldest.since(known.at) <= SAME_MOMENT);
    acts.filter(|(_, known)| subjects.contains(&known.subject))
        .cloned()
        .collect()
}

/// Adds the number of the journal entry that proves a note, where the index has read that far. A
/// gate is taken from the journal and not from its row, which may have been edited. An act of the
/// same moment about another account proves nothing.
fn with_entry(
    acts: &[(u64, Administration)],
    at: Timestamp,
    proof: &ProvedBy,
    note: IncidentNote,
) -> IncidentNote {
    let IncidentNote::Seen {
        act,
        subject,
        before,
        after,
        reason,
        by,
        ..
    } = note
    else {
        return note;
    };
    let found = acts.iter().find(|(_, known)| {
        // Not compared for gates: a row that was edited in the store would find no act.
        let is_same = known.act == Act::GateSet || known.after == proof.after;
        is_same
            && known.subject == proof.subject
            && is_same_act(known.act, act)
            && at.since(known.at) <= SAME_MOMENT
            && known.at.since(at) <= SAME_MOMENT
    });
    match found {
        Some((journal, known)) if known.act == Act::GateSet => IncidentNote::Seen {
            act,
            subject,
            before: known.before.clone(),
            after: known.after.clone(),
            reason: known.reason.clone(),
            journal: *journal,
            by: known.actor.to_string(),
        },
        found => {
            let (journal, act) = found.map_or((0, act), |(journal, known)| (*journal, known.act));
            IncidentNote::Seen {
                act,
                subject,
                before,
                after,
                reason,
                journal,
                by,
            }
        }
    }
}

/// A stored finding does not say whether it contained anybody: its entry does.
fn is_same_act(journalled: Act, assumed: Act) -> bool {
    let is_watch = |act| matches!(act, Act::WatchAlerted | Act::WatchContained);
    journalled == assumed || is_watch(journalled) && is_watch(assumed)
}
