//! Whose work is due: what one account answers for, what is so late that the management is told, and
//! how far a legal deadline has run.

use digue_isms::calendar::DueItem;
use digue_isms::signatures::is_same;
use digue_types::Timestamp;

/// Days ahead that work is announced.
pub const AHEAD_DAYS: i64 = 14;
/// Days after which late work is told to the management.
pub const ESCALATED_DAYS: i64 = 30;
/// How much of a legal deadline has passed when an alert is sent, in percent.
pub const ALERTS_PERCENT: [u8; 3] = [50, 80, 95];

/// The work of one account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DueWork {
    pub late: usize,
    pub soon: usize,
    /// Late work of others, for the management alone.
    pub escalated: usize,
}

impl DueWork {
    pub const fn is_nothing(self) -> bool {
        self.late == 0 && self.soon == 0 && self.escalated == 0
    }
}

/// What an account answers for among everything that is due. An owner that is written as a name
/// belongs to no account: the officers' digest counts it.
pub fn of_account(due: &[DueItem], account: &str, is_management: bool) -> DueWork {
    let mut work = DueWork::default();
    for item in due {
        let is_own = is_same(&item.owner, account);
        match item.days_late {
            late if late > 0 && is_own => work.late += 1,
            late if late > ESCALATED_DAYS && is_management => work.escalated += 1,
            early if (-AHEAD_DAYS..=0).contains(&early) && is_own => work.soon += 1,
            _ => {}
        }
    }
    work
}

/// The alerts about a deadline that are due by now, the earliest first. Once it has passed all of
/// them are; a deadline that ends when it starts has none in between.
pub fn alerts(started_at: Timestamp, due_at: Timestamp, now: Timestamp) -> Vec<u8> {
    let whole = i128::from(due_at.micros()) - i128::from(started_at.micros());
    let run = i128::from(now.micros()) - i128::from(started_at.micros());
    let is_past = |percent: &u8| run * 100 >= whole * i128::from(*percent);
    ALERTS_PERCENT.into_iter().filter(is_past).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use digue_isms::calendar::DueKind;
    use digue_isms::kinds::RegisterKind;

    fn due(owner: &str, days_late: i64) -> DueItem {
        DueItem {
            on: "2026-11-30".parse().unwrap(),
            what: DueKind::Do,
            kind: RegisterKind::Measure,
            id: "ME-1".to_owned(),
            title: String::new(),
            owner: owner.to_owned(),
            days_late,
            euros: 0,
        }
    }

    #[test]
    fn each_account_hears_of_its_own_work_and_the_management_of_what_is_long_late() {
        let all = [
            due("Marie", 3),
            due("marie", -14),
            due("marie", -15),
            due("paul", 31),
            due("paul", 30),
            due("Paul Durand", 90),
        ];
        let of = |account, is_management| of_account(&all, account, is_management);
        let work = |late, soon, escalated| DueWork {
            late,
            soon,
            escalated,
        };
        assert_eq!(of("marie", false), work(1, 1, 0));
        assert_eq!(of("paul", false), work(2, 0, 0));
        assert_eq!(of("directrice", true), work(0, 0, 2));
        assert!(of("autre", false).is_nothing());
    }

    #[test]
    fn a_deadline_alerts_at_half_at_four_fifths_and_shortly_before_its_end() {
        let hours = |hours: u64| Timestamp::ZERO.plus(std::time::Duration::from_hours(hours));
        let at = |hour| alerts(Timestamp::ZERO, hours(100), hours(hour));
        for (hour, expected) in [
            (49, &[][..]),
            (50, &[50]),
            (79, &[50]),
            (80, &[50, 80]),
            (94, &[50, 80]),
            (95, &[50, 80, 95]),
            (200, &[50, 80, 95]),
        ] {
            assert_eq!(at(hour), expected, "{hour}");
        }
    }
}
