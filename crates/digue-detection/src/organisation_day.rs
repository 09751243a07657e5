//! Collusion: the evidence of several accounts of one organisation together.
//!
//! Each account's evidence is a bet against honest work. If accounts worked independently, their
//! bets would multiply. They share campaigns and busy days, most of which the day's factor
//! (`surge`) removes; for the rest, only the root of each bet counts. Since only a few accounts may
//! be involved, each stakes a small part.

use crate::level::Level;
use crate::tuning::Tuning;
use crate::volume;

/// Accounts from which on there is collusion.
const ACCOUNTS_MIN: u32 = 3;
/// Evidence from which on an account takes part.
const TAKES_PART: f32 = 1.0;
/// The most that one account adds: with more it is contained by itself.
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
    /// Replaces an account's share of `day`, which was `before` (0 when it had none today), by that
    /// of `evidence`; returns the new share.
    pub(crate) fn weigh(&mut self, tuning: &Tuning, day: i32, before: f32, evidence: f32) -> f32 {
        if day != self.day {
            (self.day, self.sum, self.taking_part) = (day, 0.0, 0);
        }
        let part = (3.0 / self.accounts.max(1) as f32).clamp(0.01, 0.3);
        let odds = 10_f32.powf(evidence.min(EVIDENCE_MAX) * tuning.dependence);
        let share = if evidence < TAKES_PART {
            0.0
        } else {
            (1.0 - part + part * odds).log10()
        };
        // Losses of idle accounts are estimated in `evidence`, not added here one by one.
        let share = share.max(0.0);
        // Replaced, not added: an account is weighed again with each response of its day.
        self.sum += share - before;
        match (before > 0.0, share > 0.0) {
            (false, true) => self.taking_part += 1,
            (true, false) => self.taking_part = self.taking_part.saturating_sub(1),
            _ => {}
        }
        share
    }

    /// The evidence of all accounts together, and how many take part; `None` below three.
    pub(crate) fn evidence(&self, day: i32) -> Option<(f32, u32)> {
        (day == self.day && self.taking_part >= ACCOUNTS_MIN).then(|| {
            let part = (3.0 / self.accounts.max(1) as f32).clamp(0.01, 0.3);
            let idle = self.accounts.saturating_sub(self.taking_part) as f32;
            // Idle accounts lose their stake; about half of them work on a day.
            (
                self.sum + 0.5 * idle * (1.0 - part).log10(),
                self.taking_part,
            )
        })
    }
}

/// Days after which an organisation's own level is used.
const SETTLED_DAYS: usize = 10;

/// Persons new to the account and unexplained, of a whole organisation by day: shows a theft that
/// its accounts divide among them.
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
                self.level
                    .learn(tuning, self.day, self.today as f32, usual.max(10.0), false);
            }
            (self.day, self.today) = (day, 0);
        }
        self.today = self.today.saturating_add(persons);
    }

    /// Evidence, persons of today, and the usual level on a day on which all accounts do `factor`
    /// times as much; `None` while the count is not unusual.
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
        let mut organisation_day = OrganisationDay {
            accounts: 12,
            ..OrganisationDay::default()
        };
        for _ in 0..10 {
            organisation_day.weigh(&Tuning::default(), 5, 0.0, 1.5);
        }
        let (evidence, accounts) = organisation_day.evidence(5).unwrap();
        assert!(evidence > 2.5 && accounts == 10, "{evidence}");
    }

    #[test]
    fn two_busy_accounts_are_no_company_and_a_large_house_has_busy_days() {
        let mut small = OrganisationDay {
            accounts: 12,
            ..OrganisationDay::default()
        };
        small.weigh(&Tuning::default(), 5, 0.0, 2.0);
        small.weigh(&Tuning::default(), 5, 0.0, 2.0);
        assert_eq!(small.evidence(5), None);
        let mut large = OrganisationDay {
            accounts: 500,
            ..OrganisationDay::default()
        };
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
        assert_eq!(
            unknown_persons.evidence(6.0),
            None,
            "where everybody does six times as much"
        );
        assert!(
            evidence > 4.0 && today == 110 && usual < 25.0,
            "{evidence} {usual}"
        );
    }

    #[test]
    fn a_new_day_begins_anew() {
        let mut organisation_day = OrganisationDay {
            accounts: 5,
            ..OrganisationDay::default()
        };
        for _ in 0..4 {
            organisation_day.weigh(&Tuning::default(), 5, 0.0, 2.0);
        }
        organisation_day.weigh(&Tuning::default(), 6, 0.0, 2.0);
        assert_eq!(organisation_day.evidence(6), None);
    }
}
