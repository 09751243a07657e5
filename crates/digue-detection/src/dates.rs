//! Signs of an account's status: back after a long silence, just made, just recovered, made
//! together with others.

use crate::signal::{Figures, Signal, SignalKind};

/// Silence after which a return is a sign.
const DORMANT_DAYS: i32 = 60;
/// How many days an account is new, a return is recent, and a recovery is recent.
const NEW_DAYS: i32 = 7;
const RETURN_DAYS: i32 = 3;
const RECOVERED_DAYS: i32 = 14;
/// Accounts made by one leader on one day from which on the number is a sign.
const MADE_IN_A_ROW: u32 = 3;

/// Dates of one account, in days since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AccountDates {
    pub(crate) made: Option<i32>,
    pub(crate) recovered: Option<i32>,
    /// The day of the last return, and the length of the silence before it in days.
    pub(crate) returned: Option<(i32, i32)>,
    /// Accounts made by the same leader on the same day, this one included.
    pub(crate) made_with: u32,
}

impl AccountDates {
    /// Records that the account works on `day`, for the first time since `last`.
    pub(crate) fn work(&mut self, last: Option<i32>, day: i32) {
        if let Some(silence) = last
            .map(|last| day - last)
            .filter(|silence| *silence >= DORMANT_DAYS)
        {
            self.returned = Some((day, silence));
        }
    }

    pub(crate) fn signals(&self, day: i32, out: &mut Vec<Signal>) {
        let mut say = |kind, evidence, seen: i32| {
            let figures = Figures {
                seen: seen.unsigned_abs(),
                ..Figures::default()
            };
            out.push(Signal {
                kind,
                evidence,
                figures,
            });
        };
        if let Some((back, silence)) = self.returned
            && day - back < RETURN_DAYS
        {
            say(SignalKind::Dormant, 0.5, silence);
        }
        if let Some(made) = self.made
            && (0..NEW_DAYS).contains(&(day - made))
        {
            if self.made_with >= MADE_IN_A_ROW {
                say(
                    SignalKind::AccountsMade,
                    1.5,
                    i32::try_from(self.made_with).unwrap_or(i32::MAX),
                );
            } else {
                say(SignalKind::NewAccount, 0.4, day - made);
            }
        }
        if let Some(recovered) = self.recovered
            && (0..RECOVERED_DAYS).contains(&(day - recovered))
        {
            say(SignalKind::Recovered, 0.5, day - recovered);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dates: AccountDates, day: i32, expected: &[SignalKind]) {
        let mut out = Vec::new();
        dates.signals(day, &mut out);
        assert_eq!(
            out.iter().map(|signal| signal.kind).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn a_return_after_two_months_is_told_for_three_days() {
        let mut dates = AccountDates::default();
        dates.work(Some(10), 75);
        check(dates, 75, &[SignalKind::Dormant]);
        check(dates, 78, &[]);
        let mut usual = AccountDates::default();
        usual.work(Some(10), 40);
        check(usual, 40, &[]);
    }

    #[test]
    fn an_account_is_new_for_a_week_and_told_apart_in_a_row() {
        let one = AccountDates {
            made: Some(10),
            made_with: 1,
            ..AccountDates::default()
        };
        check(one, 12, &[SignalKind::NewAccount]);
        check(one, 17, &[]);
        check(
            AccountDates {
                made_with: 3,
                ..one
            },
            12,
            &[SignalKind::AccountsMade],
        );
    }

    #[test]
    fn a_recovery_is_told_for_a_fortnight() {
        let dates = AccountDates {
            recovered: Some(10),
            ..AccountDates::default()
        };
        check(dates, 12, &[SignalKind::Recovered]);
        check(dates, 30, &[]);
    }
}
