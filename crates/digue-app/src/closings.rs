//! The recent automatic containments: several in one organisation widen the next step, many in one
//! portal blow its fuse and end automatic closing.
//!
//! Only automatic steps count. What people close or reopen changes nothing here.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use digue_detection::{Action, Engine, Finding, Playbook, RecentClosings};
use digue_types::Timestamp;

/// Containments of one day count towards a wider step.
const WIDENS_FOR: Duration = Duration::from_hours(24);

/// The containment of one account, or of its whole organisation.
#[derive(Clone, Debug)]
pub struct AccountClosing {
    pub at: Timestamp,
    pub account: String,
    pub organisation: String,
    pub portal: String,
    pub taken: Action,
    /// The number of accounts that it closed, those of the organisation included.
    pub accounts: u32,
}

/// One for each account, within the longer of the two periods.
#[derive(Default)]
pub(crate) struct AccountClosings(VecDeque<AccountClosing>);

impl AccountClosings {
    /// An account counts once, by its strictest step: after a rebuild of the memory it is found
    /// again.
    pub(crate) fn note(&mut self, closing: AccountClosing) {
        let is_milder = |known: &AccountClosing| {
            known.account == closing.account && known.taken > closing.taken
        };
        if !self.0.iter().any(is_milder) {
            self.0.retain(|known| known.account != closing.account);
            self.0.push_back(closing);
        }
    }

    /// What was closed where `finding` is, and how many work there.
    pub(crate) fn recent(
        &mut self,
        engine: &Engine,
        finding: &Finding,
        playbook: &Playbook,
    ) -> RecentClosings {
        let fuse_hours = Duration::from_hours(u64::from(playbook.fuse.hours));
        let kept_since = finding.at.minus(fuse_hours.max(WIDENS_FOR));
        self.0.retain(|closing| closing.at >= kept_since);
        let (widens_since, fuse_since) =
            (finding.at.minus(WIDENS_FOR), finding.at.minus(fuse_hours));
        let of_day = || self.0.iter().filter(|closing| closing.at >= widens_since);
        let of_portal = |closing: &&AccountClosing| closing.portal == finding.portal;
        let of_organisation =
            |closing: &&AccountClosing| closing.organisation == finding.organisation;
        let accounts = of_day().filter(of_organisation).count();
        let organisations: HashSet<&str> = of_day()
            .filter(of_portal)
            .map(|closing| closing.organisation.as_str())
            .collect();
        let fused = || {
            let closes = |closing: &&AccountClosing| {
                closing.taken >= Action::CloseAccount && closing.at >= fuse_since
            };
            self.0.iter().filter(closes).filter(of_portal)
        };
        let at_work = engine.at_work(finding.at, &finding.portal, &finding.organisation);
        let closed_here = count(fused().filter(of_organisation).count());
        RecentClosings {
            accounts: count(accounts),
            organisations: count(organisations.len()),
            closed_at_portal: fused()
                .fold(0_u32, |sum, closing| sum.saturating_add(closing.accounts)),
            at_work: at_work.accounts,
            open_in_organisation: at_work.of_organisation.saturating_sub(closed_here).max(1),
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use digue_detection::{EngineOptions, Fuse, Surroundings, Weight};

    use super::*;

    fn at(hours: u64) -> Timestamp {
        Timestamp::from_secs(1_763_812_800).plus(Duration::from_hours(hours))
    }

    fn closing(hours: u64, account: &str, taken: Action) -> AccountClosing {
        let (organisation, portal) = ("of-1".to_owned(), "kairos".to_owned());
        AccountClosing {
            at: at(hours),
            account: account.to_owned(),
            organisation,
            portal,
            taken,
            accounts: 1,
        }
    }

    fn finding(hours: u64, organisation: &str, portal: &str) -> Finding {
        Finding {
            at: at(hours),
            account: Some("a9".to_owned()),
            organisation: organisation.to_owned(),
            portal: portal.to_owned(),
            weight: Weight::Containment,
            evidence: 4.2,
            signals: Vec::new(),
            persons: 10,
            is_repeated: false,
            around: Surroundings::default(),
        }
    }

    #[test]
    fn closings_count_within_their_hours_where_they_were_and_each_account_once() {
        let mut closings = AccountClosings::default();
        for (hours, account, taken) in [
            (0, "a1", Action::CloseAccount),
            (1, "a2", Action::StepUp),
            (2, "a3", Action::CloseAccount),
            (2, "a3", Action::CloseAccount),
        ] {
            closings.note(closing(hours, account, taken));
        }
        let engine = Engine::new(EngineOptions::default());
        let fuse = Fuse {
            hours: 48,
            ..Fuse::default()
        };
        let playbook = Playbook {
            fuse,
            ..Playbook::default()
        };
        let mut recent = |hours, organisation, portal| {
            let recent = closings.recent(&engine, &finding(hours, organisation, portal), &playbook);
            (
                recent.accounts,
                recent.organisations,
                recent.closed_at_portal,
            )
        };
        assert_eq!(recent(3, "of-1", "kairos"), (3, 1, 2));
        assert_eq!(recent(3, "of-2", "kairos"), (0, 1, 2));
        assert_eq!(recent(3, "of-2", "other"), (0, 0, 0));
        // A day later what widens is over, what the fuse counts is not.
        assert_eq!(recent(27, "of-1", "kairos"), (0, 0, 2));
        assert_eq!(recent(51, "of-1", "kairos"), (0, 0, 0));
    }
}
