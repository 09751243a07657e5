//! What became of the persons of an incident, each counted once: one whose message came back and who
//! then had a letter has two notices, and is one person who was informed.

use std::collections::HashMap;

use digue_app::alias_tables::AliasesInForce;
use digue_app::{App, OperationError};
use digue_response::affected::AffectedPerson;
use digue_response::incident::NotifiedPersons;

use crate::prepare::merged;

/// The outcome of one notice for its person; the greatest of several is the person's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum NoticeOutcome {
    NoContact,
    DidNotLeave,
    /// A letter that was listed and never exported was handed to no one.
    Exported,
    Sent,
}

impl NoticeOutcome {
    fn of(state: &str) -> Self {
        match state {
            "sent" => Self::Sent,
            "exported" => Self::Exported,
            "unreached" => Self::NoContact,
            _ => Self::DidNotLeave,
        }
    }
}

/// The persons of every campaign of an incident that has ended, by the best that was done.
pub(crate) async fn notified(app: &App, incident: &str) -> Result<NotifiedPersons, OperationError> {
    let rows = app.store().notified_persons(incident).await?;
    let aliases = AliasesInForce::of(app);
    let best = app.blocking(move || best_of_each(rows, &aliases)).await?;
    let mut counted = NotifiedPersons::default();
    for outcome in best.into_values() {
        let number = match outcome {
            NoticeOutcome::Sent => &mut counted.sent,
            NoticeOutcome::Exported => &mut counted.listed,
            NoticeOutcome::DidNotLeave => &mut counted.unsent,
            NoticeOutcome::NoContact => &mut counted.unreached,
        };
        *number += 1;
    }
    Ok(counted)
}

fn best_of_each(
    rows: Vec<(String, String, String)>,
    aliases: &AliasesInForce,
) -> HashMap<AffectedPerson, NoticeOutcome> {
    let mut best = HashMap::new();
    for (population, person, state) in rows {
        let whom = merged(aliases, AffectedPerson { population, person });
        let outcome = NoticeOutcome::of(&state);
        best.entry(whom)
            .and_modify(|known: &mut NoticeOutcome| *known = outcome.max(*known))
            .or_insert(outcome);
    }
    best
}
