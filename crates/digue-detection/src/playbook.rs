//! What is done about a finding: from a word to the operator to closing the portal.

use crate::fusion::{Finding, Weight};
use crate::signal::SignalKind;

/// The steps, each stricter than the one before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Action {
    /// Tell people.
    Observe,
    /// A quarter of the usual budgets, for a while.
    LowerBudget,
    /// The caseload alone.
    CaseloadOnly,
    /// A fresh passkey before the next person.
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

/// One line: for a finding of this weight that one of these signals leads, this step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    pub weight: Weight,
    /// Empty: any.
    pub signals: Vec<SignalKind>,
    pub action: Action,
}

/// What to do, from the first line that fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Playbook {
    /// The strictest step that is taken without being asked.
    pub automatic: Action,
    pub lines: Vec<Line>,
    /// Accounts of one organisation cut off within a day before the organisation is.
    pub organisation_after: u32,
    /// Organisations closed within a day before the portal is.
    pub portal_after: u32,
}

impl Default for Playbook {
    fn default() -> Self {
        let slow = vec![SignalKind::Slow, SignalKind::Volume];
        Self {
            automatic: Action::CloseOrganisation,
            lines: vec![
                Line { weight: Weight::Containment, signals: slow, action: Action::StepUp },
                Line { weight: Weight::Containment, signals: vec![], action: Action::CloseAccount },
                Line { weight: Weight::Alert, signals: vec![], action: Action::Observe },
            ],
            organisation_after: 3,
            portal_after: 5,
        }
    }
}

/// What to do about a finding, and what the playbook would have wished.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    pub taken: Action,
    pub wished: Action,
}

impl Playbook {
    /// `closed_accounts` of the organisation and `closed_organisations` of the portal are those of
    /// the last day, this finding not counted.
    pub fn step(&self, finding: &Finding, closed_accounts: u32, closed_organisations: u32) -> Step {
        let lead = finding.signals.first().map(|signal| signal.kind);
        let fits = |line: &&Line| {
            let is_led = line.signals.is_empty() || lead.is_some_and(|lead| line.signals.contains(&lead));
            line.weight == finding.weight && is_led
        };
        let mut wished = self.lines.iter().find(fits).map_or(Action::Observe, |line| line.action);
        if finding.is_repeated {
            // A step that left it open did not stop it.
            wished = wished.max(Action::CloseAccount);
        }
        if finding.weight == Weight::Containment && closed_accounts + 1 >= self.organisation_after {
            wished = wished.max(Action::CloseOrganisation);
            if closed_organisations + 1 >= self.portal_after {
                wished = Action::ClosePortal;
            }
        }
        Step { taken: wished.min(self.automatic), wished }
    }
}

#[cfg(test)]
mod tests {
    use digue_types::Timestamp;

    use super::*;
    use crate::fusion::Around;
    use crate::signal::{Figures, Signal};

    fn finding(weight: Weight, kind: SignalKind) -> Finding {
        Finding {
            at: Timestamp::ZERO,
            account: Some("a".to_owned()),
            organisation: "o".to_owned(),
            portal: "p".to_owned(),
            weight,
            evidence: 4.2,
            signals: vec![Signal { kind, evidence: 4.0, figures: Figures::default() }],
            persons: 10,
            is_repeated: false,
            around: Around::default(),
        }
    }

    #[track_caller]
    fn check(weight: Weight, kind: SignalKind, closed: (u32, u32), taken: Action, wished: Action) {
        let step = Playbook::default().step(&finding(weight, kind), closed.0, closed.1);
        assert_eq!(step, Step { taken, wished });
    }

    #[test]
    fn the_first_line_that_fits_decides() {
        use Action::*;
        check(Weight::Alert, SignalKind::Pace, (0, 0), Observe, Observe);
        check(Weight::Containment, SignalKind::Pace, (0, 0), CloseAccount, CloseAccount);
        check(Weight::Containment, SignalKind::Slow, (0, 0), StepUp, StepUp);
    }

    #[test]
    fn what_goes_on_after_a_step_up_is_closed() {
        let again = Finding { is_repeated: true, ..finding(Weight::Containment, SignalKind::Slow) };
        assert_eq!(Playbook::default().step(&again, 0, 0).taken, Action::CloseAccount);
    }

    #[test]
    fn several_accounts_wish_for_more_than_is_automatic() {
        use Action::*;
        check(Weight::Containment, SignalKind::Pace, (2, 0), CloseOrganisation, CloseOrganisation);
        check(Weight::Containment, SignalKind::Pace, (2, 4), CloseOrganisation, ClosePortal);
        check(Weight::Alert, SignalKind::Pace, (9, 9), Observe, Observe);
    }
}
