//! What is due, and when: one list over all registers, the oldest first.

use jiff::civil::Date;

use crate::kinds::{
    Acceptance, Audit, Campaign, Declared, Document, Exception, Finding, Kind, Measure, Objective,
    Processing, Review, Risk,
};
use crate::register::{Entry, Registers, days_between};
use crate::standing::Now;

/// What is due of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    Do,
    RenewEvidence,
    Review,
    RenewAcceptance,
    EndException,
    Hold,
    Correct,
    VerifyEffect,
    Finish,
    Reach,
}

impl What {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Do => "do",
            Self::RenewEvidence => "renew-evidence",
            Self::Review => "review",
            Self::RenewAcceptance => "renew-acceptance",
            Self::EndException => "end-exception",
            Self::Hold => "hold",
            Self::Correct => "correct",
            Self::VerifyEffect => "verify-effect",
            Self::Finish => "finish",
            Self::Reach => "reach",
        }
    }
}

/// One thing that is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    pub on: Date,
    pub what: What,
    pub kind: Kind,
    pub id: String,
    pub title: String,
    pub owner: String,
    /// Days late; negative before the day.
    pub days_late: i64,
    /// What its lateness costs so far, in euros.
    pub euros: u64,
}

/// Months between two management reviews.
pub const REVIEW_MONTHS: i32 = 12;

/// Everything that has a day and is not done, the oldest first.
pub fn due(registers: &Registers, now: Now) -> Vec<Due> {
    let mut list = List { now, due: Vec::new() };
    for measure in registers.read::<Measure>() {
        list.measure(&measure);
    }
    for Entry { id, record, .. } in registers.read::<Risk>() {
        list.add(record.review_on, What::Review, Kind::Risk, &id, &record.title.0, &record.owner.0);
    }
    let risks = registers.read::<Risk>();
    for Entry { id, record, .. } in registers.read::<Acceptance>() {
        let risk = risks.iter().find(|risk| Some(&risk.id) == record.risk.0.as_ref());
        // A later acceptance of the same risk takes over.
        let is_last = registers
            .read::<Acceptance>()
            .iter()
            .rfind(|one| one.record.risk == record.risk)
            .is_none_or(|last| last.id == id);
        if let Some(risk) = risk.filter(|_| is_last) {
            let title = &risk.record.title.0;
            list.add(
                record.expires_on,
                What::RenewAcceptance,
                Kind::Acceptance,
                &id,
                title,
                &record.approver.0,
            );
        }
    }
    for Entry { id, record, .. } in registers.read::<Exception>() {
        list.add(
            record.expires_on,
            What::EndException,
            Kind::Exception,
            &id,
            &record.title.0,
            &record.approver.0,
        );
    }
    for Entry { id, record, .. } in registers.read::<Audit>() {
        let on = record.planned_from.filter(|_| record.done_on.is_none());
        list.add(on, What::Hold, Kind::Audit, &id, &record.title.0, &record.auditor.0);
    }
    for finding in registers.read::<Finding>() {
        list.finding(&finding);
    }
    for Entry { id, record, .. } in registers.read::<Document>() {
        list.add(record.review_on, What::Review, Kind::Document, &id, &record.title.0, &record.approved_by.0);
    }
    for Entry { id, record, .. } in registers.read::<Campaign>() {
        list.add(record.due, What::Finish, Kind::Campaign, &id, &record.title.0, "");
    }
    for Entry { id, record, .. } in registers.read::<Objective>() {
        list.add(record.due, What::Reach, Kind::Objective, &id, &record.title.0, &record.owner.0);
    }
    for Entry { id, record, .. } in registers.read::<Processing>() {
        list.add(record.review_on, What::Review, Kind::Processing, &id, &record.title.0, "");
    }
    list.next_review(&registers.read::<Review>());
    let mut due = list.due;
    due.sort_by(|a, b| (a.on, a.kind, &a.id).cmp(&(b.on, b.kind, &b.id)));
    due
}

struct List {
    now: Now,
    due: Vec<Due>,
}

impl List {
    fn add(&mut self, on: Option<Date>, what: What, kind: Kind, id: &str, title: &str, owner: &str) {
        let Some(on) = on else { return };
        self.due.push(Due {
            on,
            what,
            kind,
            id: id.to_owned(),
            title: title.to_owned(),
            owner: owner.to_owned(),
            days_late: days_between(on, self.now.today),
            euros: 0,
        });
    }

    fn measure(&mut self, Entry { id, record, .. }: &Entry<Measure>) {
        let (title, owner) = (&record.title.0, &record.owner.0);
        match record.declared.0 {
            Some(Declared::Dropped) => {}
            Some(Declared::InPlace) => {
                self.add(record.evidence_until, What::RenewEvidence, Kind::Measure, id, title, owner);
            }
            _ => {
                self.add(record.due, What::Do, Kind::Measure, id, title, owner);
                if let Some(last) = self.due.last_mut().filter(|last| last.id == *id) {
                    last.euros = record.penalty_due(self.now);
                }
            }
        }
    }

    fn finding(&mut self, Entry { id, record, .. }: &Entry<Finding>) {
        let (title, owner) = (&record.title.0, &record.owner.0);
        if record.closed_on.is_none() {
            self.add(record.due, What::Correct, Kind::Finding, id, title, owner);
        } else if record.effect.0.is_none() {
            self.add(record.effect_on, What::VerifyEffect, Kind::Finding, id, title, owner);
        }
    }

    /// The next management review: planned, or a year after the last one.
    fn next_review(&mut self, reviews: &[Entry<Review>]) {
        let planned = reviews.iter().filter(|review| review.record.signed_on.is_none());
        for Entry { id, record, .. } in planned {
            self.add(record.held_on, What::Hold, Kind::Review, id, &record.title.0, &record.chair.0);
        }
        let last = reviews.iter().filter(|review| review.record.signed_on.is_some());
        if let Some(last) = last.max_by_key(|review| review.record.held_on)
            && reviews.iter().all(|review| review.record.signed_on.is_some())
        {
            let months = jiff::Span::new().months(REVIEW_MONTHS);
            let next = last.record.held_on.and_then(|held| held.checked_add(months).ok());
            self.add(next, What::Hold, Kind::Review, &last.id, &last.record.title.0, &last.record.chair.0);
        }
    }
}
