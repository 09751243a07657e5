//! The calendar: everything that has a due date, over all registers, oldest first. It computes the
//! list and knows nothing of who is reminded of it.

use std::collections::HashMap;

use jiff::civil::Date;

use crate::kinds::{
    Acceptance, Acquired, Audit, BusinessActivity, Campaign, CommunicationLine, Competence,
    Declared, Document, EmergencyContact, EvidenceItem, Exception, Finding, Measure, Objective,
    Opportunity, PlannedChange, RegisterKind, ResourceNeed, Review, Risk,
};
use crate::privacy_kinds::{
    Contract, ContractDay, Dpia, JointArrangement, Processing, RetentionRule, ThirdParty,
};
use crate::register::{RegisterEntry, Registers, days_between};
use crate::standing::Measurements;

/// What has to be done with a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DueKind {
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
    /// A contract is renewed, or given notice of.
    RenewContract,
    /// A contract is over: the data come back or are erased (GDPR 28(3)(g)).
    EndData,
}

impl DueKind {
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
            Self::RenewContract => "renew-contract",
            Self::EndData => "end-data",
        }
    }
}

/// One entry of the calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueItem {
    pub on: Date,
    pub what: DueKind,
    pub kind: RegisterKind,
    pub id: String,
    pub title: String,
    pub owner: String,
    /// Days late; negative before the due date.
    pub days_late: i64,
    /// Penalty for the delay so far, in euros.
    pub euros: u64,
}

/// Months between two management reviews; ISO/IEC 27001, 9.3 asks for planned intervals and sets
/// none.
pub const REVIEW_MONTHS: i32 = 12;

/// Everything that has a due date and is not done, oldest first. When a record that cannot be read
/// is due is not known: `contradictions` names it.
pub fn due(registers: &Registers, now: Measurements) -> Vec<DueItem> {
    let mut list = DueList {
        now,
        due: Vec::new(),
    };
    for measure in registers.read::<Measure>().entries {
        list.measure(&measure);
    }
    for RegisterEntry { id, record, .. } in registers.read::<Risk>().entries {
        list.add(
            record.review_on,
            DueKind::Review,
            RegisterKind::Risk,
            &id,
            &record.title.0,
            &record.owner.0,
        );
    }
    list.acceptances(
        &registers.read::<Risk>().entries,
        &registers.read::<Acceptance>().entries,
    );
    for RegisterEntry { id, record, .. } in registers.read::<Exception>().entries {
        list.add(
            record.expires_on,
            DueKind::EndException,
            RegisterKind::Exception,
            &id,
            &record.title.0,
            &record.approver.0,
        );
    }
    for RegisterEntry { id, record, .. } in registers.read::<Audit>().entries {
        let on = record.planned_from.filter(|_| record.done_on.is_none());
        list.add(
            on,
            DueKind::Hold,
            RegisterKind::Audit,
            &id,
            &record.title.0,
            &record.auditor.0,
        );
    }
    for finding in registers.read::<Finding>().entries {
        list.finding(&finding);
    }
    for RegisterEntry { id, record, .. } in registers.read::<Document>().entries {
        list.add(
            record.review_on,
            DueKind::Review,
            RegisterKind::Document,
            &id,
            &record.title.0,
            &record.approved_by.0,
        );
    }
    for RegisterEntry { id, record, .. } in registers.read::<Campaign>().entries {
        list.add(
            record.due,
            DueKind::Finish,
            RegisterKind::Campaign,
            &id,
            &record.title.0,
            "",
        );
    }
    for RegisterEntry { id, record, .. } in registers.read::<Objective>().entries {
        list.add(
            record.due,
            DueKind::Reach,
            RegisterKind::Objective,
            &id,
            &record.title.0,
            &record.owner.0,
        );
    }
    for RegisterEntry { id, record, .. } in registers.read::<Processing>().entries {
        list.add(
            record.review_on,
            DueKind::Review,
            RegisterKind::Processing,
            &id,
            &record.title.0,
            "",
        );
    }
    for RegisterEntry { id, record, .. } in registers.read::<BusinessActivity>().entries {
        list.add(
            record.review_on,
            DueKind::Review,
            RegisterKind::BusinessActivity,
            &id,
            &record.title.0,
            &record.lead.0,
        );
    }
    for RegisterEntry { id, record, .. } in registers.read::<EmergencyContact>().entries {
        list.add(
            record.review_on,
            DueKind::Review,
            RegisterKind::EmergencyContact,
            &id,
            &record.title.0,
            "",
        );
    }
    list.privacy(registers);
    list.next_review(&registers.read::<Review>().entries);
    list.governance(registers);
    let mut due = list.due;
    due.sort_by(|a, b| (a.on, a.kind, &a.id).cmp(&(b.on, b.kind, &b.id)));
    due
}

struct DueList {
    now: Measurements,
    due: Vec<DueItem>,
}

impl DueList {
    fn add(
        &mut self,
        on: Option<Date>,
        what: DueKind,
        kind: RegisterKind,
        id: &str,
        title: &str,
        owner: &str,
    ) {
        let Some(on) = on else { return };
        self.due.push(DueItem {
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

    /// What clauses 6.1.1, 6.3, 7.1, 7.2 and 7.4 plan, and evidence that is to be renewed.
    fn governance(&mut self, registers: &Registers) {
        use RegisterKind as K;
        for RegisterEntry { id, record, .. } in registers.read::<Opportunity>().entries {
            let on = record.due.filter(|_| record.result.0.is_empty());
            let (title, owner) = (&record.title.0, &record.owner.0);
            self.add(on, DueKind::Do, K::Opportunity, &id, title, owner);
        }
        for RegisterEntry { id, record, .. } in registers.read::<PlannedChange>().entries {
            let on = record.due.filter(|_| record.done_on.is_none());
            let (title, owner) = (&record.title.0, &record.owner.0);
            self.add(on, DueKind::Do, K::PlannedChange, &id, title, owner);
        }
        for RegisterEntry { id, record, .. } in registers.read::<Competence>().entries {
            let is_open = record.acquired.0 != Some(Acquired::Acquired);
            let on = if is_open {
                record.due
            } else {
                record.review_on
            };
            let what = if is_open {
                DueKind::Do
            } else {
                DueKind::Review
            };
            let (title, owner) = (&record.title.0, &record.person.0);
            self.add(on, what, K::Competence, &id, title, owner);
        }
        for RegisterEntry { id, record, .. } in registers.read::<ResourceNeed>().entries {
            let (on, title, owner) = (record.review_on, &record.title.0, &record.owner.0);
            self.add(on, DueKind::Review, K::ResourceNeed, &id, title, owner);
        }
        for RegisterEntry { id, record, .. } in registers.read::<CommunicationLine>().entries {
            let (on, title, owner) = (record.next_on, &record.title.0, &record.owner.0);
            self.add(on, DueKind::Do, K::CommunicationLine, &id, title, owner);
        }
        for RegisterEntry { id, record, .. } in registers.read::<EvidenceItem>().entries {
            let (on, title, owner) = (record.valid_until, &record.title.0, &record.owner.0);
            self.add(
                on,
                DueKind::RenewEvidence,
                K::EvidenceItem,
                &id,
                title,
                owner,
            );
        }
    }

    fn measure(&mut self, RegisterEntry { id, record, .. }: &RegisterEntry<Measure>) {
        let (title, owner) = (&record.title.0, &record.owner.0);
        match record.declared.0 {
            Some(Declared::Dropped) => {}
            Some(Declared::InPlace) => {
                self.add(
                    record.evidence_until,
                    DueKind::RenewEvidence,
                    RegisterKind::Measure,
                    id,
                    title,
                    owner,
                );
            }
            _ => {
                self.add(
                    record.due,
                    DueKind::Do,
                    RegisterKind::Measure,
                    id,
                    title,
                    owner,
                );
                if let Some(last) = self.due.last_mut().filter(|last| last.id == *id) {
                    last.euros = record.penalty_due(self.now);
                }
            }
        }
    }

    /// The last acceptance of each risk in force. Acceptances are never changed: a renewal is a
    /// further record, and only the last one can be due.
    fn acceptances(
        &mut self,
        risks: &[RegisterEntry<Risk>],
        acceptances: &[RegisterEntry<Acceptance>],
    ) {
        // They come in the order of their identifiers: in the map the last one stays.
        let by_risk = acceptances
            .iter()
            .filter_map(|one| Some((one.record.risk.0.as_deref()?, one)));
        let last: HashMap<&str, &RegisterEntry<Acceptance>> = by_risk.collect();
        for risk in risks {
            if let Some(RegisterEntry { id, record, .. }) = last.get(risk.id.as_str()) {
                self.add(
                    record.expires_on,
                    DueKind::RenewAcceptance,
                    RegisterKind::Acceptance,
                    id,
                    &risk.record.title.0,
                    &record.approver.0,
                );
            }
        }
    }

    fn finding(&mut self, RegisterEntry { id, record, .. }: &RegisterEntry<Finding>) {
        let (title, owner) = (&record.title.0, &record.owner.0);
        if record.closed_on.is_none() {
            self.add(
                record.due,
                DueKind::Correct,
                RegisterKind::Finding,
                id,
                title,
                owner,
            );
        } else if record.effect.0.is_none() {
            self.add(
                record.effect_on,
                DueKind::VerifyEffect,
                RegisterKind::Finding,
                id,
                title,
                owner,
            );
        }
    }

    /// Contracts before their notice and after their end, and what is to be reviewed.
    fn privacy(&mut self, registers: &Registers) {
        for RegisterEntry { id, record, .. } in registers.read::<Contract>().entries {
            let (title, owner) = (&record.title.0, &record.owner.0);
            let (on, what) = match record.awaited(self.now.today) {
                Some(ContractDay::Renewal(on)) => (on, DueKind::RenewContract),
                Some(ContractDay::DataEnd(on)) => (on, DueKind::EndData),
                None => continue,
            };
            self.add(Some(on), what, RegisterKind::Contract, &id, title, owner);
        }
        let review = |list: &mut Self, on, kind, id: &str, title: &str, owner: &str| {
            list.add(on, DueKind::Review, kind, id, title, owner);
        };
        for RegisterEntry { id, record, .. } in registers.read::<ThirdParty>().entries {
            let (title, owner) = (&record.title.0, &record.owner.0);
            review(
                self,
                record.review_on,
                RegisterKind::ThirdParty,
                &id,
                title,
                owner,
            );
        }
        for RegisterEntry { id, record, .. } in registers.read::<JointArrangement>().entries {
            let title = &record.title.0;
            review(
                self,
                record.review_on,
                RegisterKind::JointArrangement,
                &id,
                title,
                "",
            );
        }
        for RegisterEntry { id, record, .. } in registers.read::<Dpia>().entries {
            let (title, owner) = (&record.title.0, &record.decided_by.0);
            review(
                self,
                record.review_on,
                RegisterKind::Dpia,
                &id,
                title,
                owner,
            );
        }
        for RegisterEntry { id, record, .. } in registers.read::<RetentionRule>().entries {
            let (title, owner) = (&record.title.0, &record.owner.0);
            review(
                self,
                record.review_on,
                RegisterKind::RetentionRule,
                &id,
                title,
                owner,
            );
        }
    }

    /// The next management review: the planned ones, or one year after the last.
    fn next_review(&mut self, reviews: &[RegisterEntry<Review>]) {
        let planned = reviews
            .iter()
            .filter(|review| review.record.signed_on.is_none());
        for RegisterEntry { id, record, .. } in planned {
            self.add(
                record.held_on,
                DueKind::Hold,
                RegisterKind::Review,
                id,
                &record.title.0,
                &record.chair.0,
            );
        }
        // Only when nothing is planned: otherwise the same review would be listed twice.
        let last = reviews
            .iter()
            .filter(|review| review.record.signed_on.is_some());
        if let Some(last) = last.max_by_key(|review| review.record.held_on)
            && reviews
                .iter()
                .all(|review| review.record.signed_on.is_some())
        {
            let months = jiff::Span::new().months(REVIEW_MONTHS);
            let next = last
                .record
                .held_on
                .and_then(|held| held.checked_add(months).ok());
            self.add(
                next,
                DueKind::Hold,
                RegisterKind::Review,
                &last.id,
                &last.record.title.0,
                &last.record.chair.0,
            );
        }
    }
}
