//! Collusion: what several accounts of one organisation show together.
//!
//! Each account's evidence is a bet against honest work. If accounts worked independently of each
//! other their bets would multiply; they share campaigns and busy days, of which the day's factor
//! (`surge`) takes most away, so that only the root of each bet counts. Because only a few may be in
//! it, each stakes a small share of its organisation.

use crate::level::Level;
use crate::tuning::Tuning;
use crate::volume;

/// Accounts that make a company.
const ACCOUNTS_MIN: u32 = 3;
/// An account takes part from this evidence on.
const TAKES_PART: f32 = 1.0;
/// More than this no single account adds: it is contained by itself.
const EVIDENCE_MAX: f32 = 3.0;

/// One organisation's day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OrganisationDay {
    pub(crate) accounts: u32,
    day: i32,
    sum: f32,
    taking_part: u32,
}

impl OrganisationDay {
    /// An account's evidence of `day` changed from a share of `before` (0 when it had none today)
    /// to `evidence`; returns its share now.
    pub(crate) fn weigh(&mut self, tuning: &Tuning, day: i32, before: f32, evidence: f32) -> f32 {
        if day != self.day {
            (self.day, self.sum, self.taking_part) = (day, 0.0, 0);
        }
        let part = (3.0 / self.accounts.max(1) as f32).clamp(0.01, 0.3);
        let odds = 10_f32.powf(evidence.min(EVIDENCE_MAX) * tuning.dependence);
        let share = if evidence < TAKES_PART { 0.0 } else { (1.0 - part + part * odds).log10() };
        // What the others lost, on average: an honest account keeps about nothing of its part.
        let share = share.max(0.0);
        self.sum += share - before;
        match (before > 0.0, share > 0.0) {
            (false, true) => self.taking_part += 1,
            (true, false) => self.taking_part = self.taking_part.saturating_sub(1),
            _ => {}
        }
        share
    }

    /// Evidence of the company, and how many accounts take part; `None` below three.
    pub(crate) fn evidence(&self, day: i32) -> Option<(f32, u32)> {
        (day == self.day && self.taking_part >= ACCOUNTS_MIN).then(|| {
            let part = (3.0 / self.accounts.max(1) as f32).clamp(0.01, 0.3);
            let idle = self.accounts.saturating_sub(self.taking_part) as f32;
            // Half of the accounts work on a day.
            (self.sum + 0.5 * idle * (1.0 - part).log10(), self.taking_part)
        })
    }
}

/// Days after which an organisation's own level is trusted.
const SETTLED_DAYS: usize = 10;

/// Persons new to their reader and without explanation, of a whole organisation by day: what its
/// accounts share out among them shows here.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnknownPersons {
    day: i32,
    today: u32,
    level: Level,
}

impl UnknownPersons {
    pub(crate) fn add(&mut self, tuning: &Tuning, day: i32, persons: u32) {
        if day > self.day {
            let usual = self.level.own().unwrap_or(1.0);
            if self.today > 0 {
                self.level.learn(tuning, self.day, self.today as f32, usual.max(10.0), false);
            }
            (self.day, self.today) = (day, 0);
        }
        self.today = self.today.saturating_add(persons);
    }

    /// Evidence, persons of today, and what is usual on a day on which everybody does `factor` times as
    /// much; `None` while nothing is out of the usual.
    pub(crate) fn evidence(&self, factor: f32) -> Option<(f32, u32, f32)> {
        if self.level.days() < SETTLED_DAYS {
            return None;
        }
        let usual = self.level.own()?.max(10.0) * factor;
        let evidence = volume::evidence(self.today, usual) - 0.5;
        (evidence > 0.0).then_some((evidence, self.today, usual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_accounts_that_are_each_a_little_busy_are_a_company() {
        let mut organisation_day = OrganisationDay { accounts: 12, ..OrganisationDay::default() };
        for _ in 0..10 {
            organisation_day.weigh(&Tuning::default(), 5, 0.0, 1.5);
        }
        let (evidence, accounts) = organisation_day.evidence(5).unwrap();
        assert!(evidence > 2.5 && accounts == 10, "{evidence}");
    }

    #[test]
    fn two_busy_accounts_are_no_company_and_a_large_house_has_busy_days() {
        let mut small = OrganisationDay { accounts: 12, ..OrganisationDay::default() };
        small.weigh(&Tuning::default(), 5, 0.0, 2.0);
        small.weigh(&Tuning::default(), 5, 0.0, 2.0);
        assert_eq!(small.evidence(5), None);
        let mut large = OrganisationDay { accounts: 500, ..OrganisationDay::default() };
        for _ in 0..6 {
            large.weigh(&Tuning::default(), 5, 0.0, 1.5);
        }
        assert!(large.evidence(5).unwrap().0 < 1.0);
    }

    #[test]
    fn an_organisation_that_shares_a_theft_out_is_heard() {
        let mut unknown_persons = UnknownPersons::default();
        for day in 0..40 {
            unknown_persons.add(&Tuning::default(), day, 12 + (day as u32 * 7) % 9);
        }
        assert_eq!(unknown_persons.evidence(1.0), None);
        unknown_persons.add(&Tuning::default(), 40, 80);
        unknown_persons.add(&Tuning::default(), 40, 30);
        let (evidence, today, usual) = unknown_persons.evidence(1.0).unwrap();
        assert_eq!(unknown_persons.evidence(6.0), None, "where everybody does six times as much");
        assert!(evidence > 4.0 && today == 110 && usual < 25.0, "{evidence} {usual}");
    }

    #[test]
    fn a_new_day_begins_anew() {
        let mut organisation_day = OrganisationDay { accounts: 5, ..OrganisationDay::default() };
        for _ in 0..4 {
            organisation_day.weigh(&Tuning::default(), 5, 0.0, 2.0);
        }
        organisation_day.weigh(&Tuning::default(), 6, 0.0, 2.0);
        assert_eq!(organisation_day.evidence(6), None);
    }
}
