//! The playbook: which step is taken for a finding, from informing people to closing the portal.
//!
//! Only the choice; the step is carried out by the caller.

use crate::fusion::{Finding, Weight};
use crate::signal::SignalKind;

/// The steps, each stricter than the one before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Action {
    /// Inform people.
    Observe,
    /// A quarter of the usual budgets, for a while.
    LowerBudget,
    /// Nothing outside the caseload.
    CaseloadOnly,
    /// A fresh proof with a passkey before the next person.
    StepUp,
    /// Close the account and cut its sessions.
    CloseAccount,
    CloseOrganisation,
    ClosePortal,
}

impl Action {
    pub const ALL: [Self; 7] = [
        Self::Observe,
        Self::LowerBudget,
        Self::CaseloadOnly,
        Self::StepUp,
        Self::CloseAccount,
        Self::CloseOrganisation,
        Self::ClosePortal,
    ];

    /// The stable name, used in playbooks, decisions and locale keys.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::LowerBudget => "lower-budget",
            Self::CaseloadOnly => "caseload-only",
            Self::StepUp => "step-up",
            Self::CloseAccount => "close-account",
            Self::CloseOrganisation => "close-organisation",
            Self::ClosePortal => "close-portal",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.code() == code)
    }
}

/// One line: the step for a finding of this weight whose leading signal is one of these.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaybookLine {
    pub weight: Weight,
    /// Empty: any.
    pub signals: Vec<SignalKind>,
    pub action: Action,
}

/// The steps for findings; the first line that matches decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Playbook {
    /// The strictest step that is taken without human approval.
    pub automatic: Action,
    pub lines: Vec<PlaybookLine>,
    /// Accounts of one organisation contained within a day at which the organisation is closed.
    pub organisation_after: u32,
    /// Organisations with contained accounts within a day at which the portal is.
    pub portal_after: u32,
    pub fuse: Fuse,
}

/// Limits how many accounts of one portal are closed automatically: when many are found at once, a
/// change of the portal is more likely than the theft of all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fuse {
    /// Percent of the portal's active accounts.
    pub share_percent: u32,
    /// So many may be closed even where that is more than the share.
    pub accounts: u32,
    pub hours: u32,
}

impl Default for Fuse {
    fn default() -> Self {
        Self {
            share_percent: 5,
            accounts: 5,
            hours: 24,
        }
    }
}

impl Fuse {
    /// How many of `at_work` active accounts may be closed within the fuse's hours.
    pub fn limit(self, at_work: u32) -> u32 {
        let share = u64::from(at_work) * u64::from(self.share_percent) / 100;
        self.accounts.max(u32::try_from(share).unwrap_or(u32::MAX))
    }
}

/// Recent closings around a finding, which is not counted itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecentClosings {
    /// Accounts of the organisation that were contained within a day.
    pub accounts: u32,
    /// Organisations of the portal with such accounts.
    pub organisations: u32,
    /// Accounts of the portal that were closed automatically within the fuse's hours.
    pub closed_at_portal: u32,
    /// Active accounts of the portal.
    pub at_work: u32,
    /// Active accounts that closing the organisation would close in addition.
    pub open_in_organisation: u32,
}

impl Default for Playbook {
    fn default() -> Self {
        // Volume alone may be work that changed: the holder passes with a fresh proof, a copied
        // cookie does not.
        let slow = vec![SignalKind::Slow, SignalKind::Volume];
        Self {
            automatic: Action::CloseOrganisation,
            lines: vec![
                PlaybookLine {
                    weight: Weight::Containment,
                    signals: slow,
                    action: Action::StepUp,
                },
                PlaybookLine {
                    weight: Weight::Containment,
                    signals: vec![],
                    action: Action::CloseAccount,
                },
                PlaybookLine {
                    weight: Weight::Alert,
                    signals: vec![],
                    action: Action::Observe,
                },
            ],
            organisation_after: 3,
            portal_after: 5,
            fuse: Fuse::default(),
        }
    }
}

/// The step that is taken, and the one that the lines call for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlaybookStep {
    pub taken: Action,
    pub intended: Action,
    /// The fuse made it milder: people must decide.
    pub is_fused: bool,
}

impl Playbook {
    /// The step for a finding, limited to what may be done automatically.
    pub fn step(&self, finding: &Finding, recent: &RecentClosings) -> PlaybookStep {
        let intended = self.intended(finding, recent);
        // Closing a portal stops everyone: that takes a person, whatever the settings say.
        let bounded = intended.min(self.automatic).min(Action::CloseOrganisation);
        let taken = self.within_fuse(bounded, recent);
        PlaybookStep {
            taken,
            intended,
            is_fused: taken < bounded,
        }
    }

    /// The strictest step, up to `action`, that closes no more accounts than the fuse allows.
    /// Step-up is always allowed: an honest holder proves their identity and continues, a copied
    /// cookie does not.
    fn within_fuse(&self, action: Action, recent: &RecentClosings) -> Action {
        let left = self
            .fuse
            .limit(recent.at_work)
            .saturating_sub(recent.closed_at_portal);
        let closes_one = action.min(Action::CloseAccount);
        if left == 0 {
            action.min(Action::StepUp)
        } else if action >= Action::CloseOrganisation && recent.open_in_organisation > left {
            closes_one
        } else {
            action
        }
    }

    fn intended(&self, finding: &Finding, recent: &RecentClosings) -> Action {
        let lead = finding.signals.first().map(|signal| signal.kind);
        let fits = |line: &&PlaybookLine| {
            let is_led =
                line.signals.is_empty() || lead.is_some_and(|lead| line.signals.contains(&lead));
            line.weight == finding.weight && is_led
        };
        let mut intended = self
            .lines
            .iter()
            .find(fits)
            .map_or(Action::Observe, |line| line.action);
        if finding.is_repeated {
            // A step that left the account open did not stop it.
            intended = intended.max(Action::CloseAccount);
        }
        if finding.organisation.is_empty() {
            // Accounts without an organisation are not one organisation.
            return intended.min(Action::CloseAccount);
        }
        if finding.weight == Weight::Containment
            && recent.accounts.saturating_add(1) >= self.organisation_after
        {
            intended = intended.max(Action::CloseOrganisation);
            if recent.organisations.saturating_add(1) >= self.portal_after {
                intended = Action::ClosePortal;
            }
        }
        intended
    }
}

#[cfg(test)]
mod tests {
    use digue_types::Timestamp;

    use super::*;
    use crate::fusion::Surroundings;
    use crate::signal::{Figures, Signal};

    fn finding(weight: Weight, kind: SignalKind) -> Finding {
        Finding {
            at: Timestamp::ZERO,
            account: Some("a".to_owned()),
            organisation: "o".to_owned(),
            portal: "p".to_owned(),
            weight,
            evidence: 4.2,
            signals: vec![Signal {
                kind,
                evidence: 4.0,
                figures: Figures::default(),
            }],
            persons: 10,
            is_repeated: false,
            around: Surroundings::default(),
        }
    }

    #[track_caller]
    fn check(
        weight: Weight,
        kind: SignalKind,
        closed: (u32, u32),
        taken: Action,
        intended: Action,
    ) {
        let recent = RecentClosings {
            accounts: closed.0,
            organisations: closed.1,
            ..Default::default()
        };
        let step = Playbook::default().step(&finding(weight, kind), &recent);
        assert_eq!(
            step,
            PlaybookStep {
                taken,
                intended,
                is_fused: false
            }
        );
    }

    /// The step for a theft by one account of many, after so many closings.
    fn fused(automatic: Action, recent: RecentClosings) -> (Action, bool) {
        let playbook = Playbook {
            automatic,
            ..Playbook::default()
        };
        let step = playbook.step(&finding(Weight::Containment, SignalKind::Pace), &recent);
        (step.taken, step.is_fused)
    }

    #[test]
    fn the_first_line_that_fits_decides() {
        use Action::*;
        check(Weight::Alert, SignalKind::Pace, (0, 0), Observe, Observe);
        check(
            Weight::Containment,
            SignalKind::Pace,
            (0, 0),
            CloseAccount,
            CloseAccount,
        );
        check(
            Weight::Containment,
            SignalKind::Slow,
            (0, 0),
            StepUp,
            StepUp,
        );
    }

    #[test]
    fn what_goes_on_after_a_step_up_is_closed() {
        let again = Finding {
            is_repeated: true,
            ..finding(Weight::Containment, SignalKind::Slow)
        };
        assert_eq!(
            Playbook::default()
                .step(&again, &RecentClosings::default())
                .taken,
            Action::CloseAccount
        );
    }

    #[test]
    fn several_accounts_call_for_more_than_is_automatic() {
        use Action::*;
        check(
            Weight::Containment,
            SignalKind::Pace,
            (2, 0),
            CloseOrganisation,
            CloseOrganisation,
        );
        check(
            Weight::Containment,
            SignalKind::Pace,
            (2, 4),
            CloseOrganisation,
            ClosePortal,
        );
        check(Weight::Alert, SignalKind::Pace, (9, 9), Observe, Observe);
    }

    #[test]
    fn no_more_accounts_are_closed_than_the_fuse_lets_through() {
        let after = |closed_at_portal, at_work| {
            let recent = RecentClosings {
                closed_at_portal,
                at_work,
                ..Default::default()
            };
            fused(Action::CloseOrganisation, recent)
        };
        for (closed, at_work, expected) in [
            (4, 3, (Action::CloseAccount, false)),
            (5, 3, (Action::StepUp, true)),
            (5, 119, (Action::StepUp, true)),
            (5, 120, (Action::CloseAccount, false)),
            (9, 200, (Action::CloseAccount, false)),
            (10, 200, (Action::StepUp, true)),
            (u32::MAX, u32::MAX, (Action::StepUp, true)),
        ] {
            assert_eq!(after(closed, at_work), expected, "{closed} of {at_work}");
        }
    }

    #[test]
    fn an_organisation_is_closed_only_when_all_of_it_fits_in_the_fuse() {
        let after = |open_in_organisation, closed_at_portal| {
            let recent = RecentClosings {
                accounts: 2,
                closed_at_portal,
                at_work: 200,
                open_in_organisation,
                ..Default::default()
            };
            fused(Action::CloseOrganisation, recent)
        };
        assert_eq!(after(8, 2), (Action::CloseOrganisation, false));
        assert_eq!(after(9, 2), (Action::CloseAccount, true));
        assert_eq!(after(1, 10), (Action::StepUp, true));
    }

    #[test]
    fn what_is_not_automatic_is_not_the_fuses_doing() {
        let recent = RecentClosings {
            closed_at_portal: 99,
            ..Default::default()
        };
        for automatic in [
            Action::Observe,
            Action::LowerBudget,
            Action::CaseloadOnly,
            Action::StepUp,
        ] {
            assert_eq!(fused(automatic, recent), (automatic, false));
        }
    }

    #[test]
    fn a_portal_is_never_closed_unasked() {
        let recent = RecentClosings {
            accounts: 9,
            organisations: 9,
            ..Default::default()
        };
        assert_eq!(
            fused(Action::ClosePortal, recent),
            (Action::CloseOrganisation, false)
        );
    }

    #[test]
    fn accounts_without_an_organisation_close_none() {
        let recent = RecentClosings {
            accounts: 9,
            organisations: 9,
            ..Default::default()
        };
        let alone = Finding {
            organisation: String::new(),
            ..finding(Weight::Containment, SignalKind::Pace)
        };
        let step = Playbook::default().step(&alone, &recent);
        assert_eq!(
            (step.taken, step.intended),
            (Action::CloseAccount, Action::CloseAccount)
        );
    }
}
