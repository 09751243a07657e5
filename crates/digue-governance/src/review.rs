//! What happened since the last management review (ISO/IEC 27001, 9.3.2): the facts that its inputs
//! are written from. Texts belong to the pages.

use digue_isms::kinds::{
    Acceptance, Audit, Context, ContextKind, Declared, Finding, Measure, Opportunity, RegisterKind,
    Review,
};
use digue_isms::register::{RegisterEntry, Registers};
use digue_types::Timestamp;
use jiff::civil::Date;

/// The last review that was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastReview {
    pub id: String,
    pub held_on: Date,
    /// When its signed revision was written.
    pub at: Timestamp,
    pub measures: Vec<String>,
}

/// The review that was signed last before another one; `None` for the first.
pub fn last_review(registers: &Registers, except: &str) -> Option<LastReview> {
    let signed = registers.read::<Review>().entries.into_iter();
    let signed = signed.filter(|one| one.id != except && one.record.signed_on.is_some());
    let held = signed.filter_map(|one| Some((one.record.held_on?, one)));
    let (held_on, one) = held.max_by_key(|(held_on, _)| *held_on)?;
    Some(LastReview {
        id: one.id,
        held_on,
        at: one.at,
        measures: one.record.measures.0,
    })
}

/// The facts of a period of the management system, as identifiers of records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReviewHistory {
    /// Measures that the last review decided: in place, and still open (9.3.2 a).
    pub decided_done: Vec<String>,
    pub decided_open: Vec<String>,
    /// Issues and parties of the context that were written or changed (9.3.2 b, c).
    pub issues: Vec<String>,
    pub parties: Vec<String>,
    /// Findings that were opened and closed, and audits that were done (9.3.2 d).
    pub opened: Vec<String>,
    pub closed: Vec<String>,
    pub audited: Vec<String>,
    /// Risks that were written, rated or treated anew, and accepted ones (9.3.2 f).
    pub risks: Vec<String>,
    pub accepted: Vec<String>,
    /// Opportunities that are open (9.3.2 g).
    pub opportunities: Vec<String>,
    /// Documents of which an edition was written.
    pub documents: Vec<String>,
}

/// What happened since the last review; since the beginning without one.
pub fn facts(registers: &Registers, last: Option<&LastReview>) -> ReviewHistory {
    let since = last.map_or(Timestamp::ZERO, |last| last.at);
    let since_day = last.map_or(Date::MIN, |last| last.held_on);
    let changed = |kind: RegisterKind| {
        let later = registers.of(kind).iter().filter(|one| one.at > since);
        later.map(|one| one.id.clone()).collect::<Vec<_>>()
    };
    let mut facts = ReviewHistory {
        risks: changed(RegisterKind::Risk),
        documents: changed(RegisterKind::Document),
        ..ReviewHistory::default()
    };
    for id in last.map_or(&[][..], |last| &last.measures) {
        let measure = registers.find(RegisterKind::Measure, id);
        let state = measure.and_then(|one| one.values.get("declared")?.first().cloned());
        let is_done = state.as_deref() == Some(Declared::InPlace.code());
        let list = if is_done {
            &mut facts.decided_done
        } else {
            &mut facts.decided_open
        };
        list.push(id.clone());
    }
    for RegisterEntry { id, at, record, .. } in registers.read::<Context>().entries {
        if at <= since {
            continue;
        }
        match record.about.0 {
            Some(ContextKind::Party) => facts.parties.push(id),
            Some(
                ContextKind::Scope
                | ContextKind::Internal
                | ContextKind::External
                | ContextKind::Climate,
            )
            | None => facts.issues.push(id),
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<Finding>().entries {
        match record.closed_on {
            Some(on) if on >= since_day => facts.closed.push(id),
            Some(_) => {}
            None => facts.opened.push(id),
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<Audit>().entries {
        if record.done_on.is_some_and(|on| on >= since_day) {
            facts.audited.push(id);
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<Acceptance>().entries {
        if record.accepted_on.is_some_and(|on| on >= since_day) {
            facts.accepted.push(id);
        }
    }
    for RegisterEntry { id, record, .. } in registers.read::<Opportunity>().entries {
        if record.result.0.is_empty() {
            facts.opportunities.push(id);
        }
    }
    facts
}

/// The measures and risks of the registers, for the figures of a review.
pub fn measures_done(registers: &Registers) -> (usize, usize) {
    let measures = registers.read::<Measure>().entries;
    let is_done = |one: &&RegisterEntry<Measure>| one.record.declared.0 == Some(Declared::InPlace);
    (measures.iter().filter(is_done).count(), measures.len())
}
