//! Reflex sheets: short lists of steps for the first hours, in pairs of finding out and holding.
//!
//! A step reads a fact, asks for an answer - *I do not know* is one - or names something that can be
//! undone and is done with one button. The form follows CERT-FR's sheets; the words are in the
//! locales, under `sheet-` and the codes of sheet and step.

use digue_types::lists;

lists! {
    /// The sheets.
    Sheet "sheet" {
        Qualification "qualification",
        Containment "containment",
        DataLeak "data-leak",
        StolenAccount "stolen-account",
        Ransomware "ransomware",
        Restart "restart",
    }

    /// What one can say of a step.
    Answer "answer" {
        Done "done",
        Yes "yes",
        No "no",
        /// Kept, shown until somebody knows.
        Unknown "unknown",
        NotApplicable "not-applicable",
    }
}

/// What a step does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// Asks, and records the answer.
    Asks,
    /// Shows what Digue knows.
    Reads(Fact),
    /// Leads to what can be done, and undone, at once.
    Runs(Action),
}

/// Facts that Digue reads by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// Accounts, sessions and last exposure of whom it is about.
    Accounts,
    /// Persons shown so far.
    Affected,
    /// Categories of data shown.
    Categories,
    /// Signals of the watch about it.
    Findings,
    /// Gates that are not open.
    Gates,
    /// The journal verifies, and who witnessed it.
    Journal,
    /// The other accounts of the organisation.
    Organisation,
    /// Responses that nobody could look into.
    Uninspected,
}

/// Things that are done with one button and undone by another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    CloseAccount,
    CloseOrganisation,
    ComputeAffected,
    Preserve,
    Reopen,
}

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    pub code: &'static str,
    pub is_mandatory: bool,
    pub does: Does,
}

const fn must(code: &'static str, does: Does) -> Step {
    Step { code, is_mandatory: true, does }
}

const fn may(code: &'static str, does: Does) -> Step {
    Step { code, is_mandatory: false, does }
}

impl Fact {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Affected => "affected",
            Self::Categories => "categories",
            Self::Findings => "findings",
            Self::Gates => "gates",
            Self::Journal => "journal",
            Self::Organisation => "organisation",
            Self::Uninspected => "uninspected",
        }
    }
}

const QUALIFICATION: &[Step] = &[
    must("log", Does::Asks),
    must("what", Does::Asks),
    must("who-is-concerned", Does::Reads(Fact::Accounts)),
    must("signals", Does::Reads(Fact::Findings)),
    must("personal-data", Does::Reads(Fact::Categories)),
    must("still-going-on", Does::Asks),
    may("other-portals", Does::Reads(Fact::Gates)),
    may("false-alarm", Does::Asks),
];

const CONTAINMENT: &[Step] = &[
    must("close-account", Does::Runs(Action::CloseAccount)),
    must("sessions-cut", Does::Reads(Fact::Accounts)),
    may("close-organisation", Does::Runs(Action::CloseOrganisation)),
    must("evidence-kept", Does::Runs(Action::Preserve)),
    must("journal-verified", Does::Reads(Fact::Journal)),
    may("partner-called", Does::Asks),
];

const DATA_LEAK: &[Step] = &[
    must("affected", Does::Runs(Action::ComputeAffected)),
    must("categories", Does::Reads(Fact::Categories)),
    must("uninspected", Does::Reads(Fact::Uninspected)),
    must("relatives", Does::Asks),
    must("published", Does::Asks),
    may("sold", Does::Asks),
    may("withdrawn", Does::Asks),
];

const STOLEN_ACCOUNT: &[Step] = &[
    must("holder-called", Does::Asks),
    must("workstation", Does::Asks),
    must("second-factor", Does::Asks),
    must("colleagues", Does::Reads(Fact::Organisation)),
    may("other-passwords", Does::Asks),
    may("created-accounts", Does::Reads(Fact::Organisation)),
];

const RANSOMWARE: &[Step] = &[
    must("isolated", Does::Asks),
    must("backups", Does::Asks),
    must("exfiltration", Does::Asks),
    must("services-stopped", Does::Asks),
    must("journal-elsewhere", Does::Reads(Fact::Journal)),
    may("ransom-note", Does::Asks),
    may("helped", Does::Asks),
];

const RESTART: &[Step] = &[
    must("cause-known", Does::Asks),
    must("accounts-sound", Does::Reads(Fact::Accounts)),
    must("passkeys", Does::Asks),
    must("order", Does::Runs(Action::Reopen)),
    must("watched", Does::Reads(Fact::Findings)),
    may("partners-told", Does::Asks),
    may("lessons", Does::Asks),
];

impl Sheet {
    pub const fn steps(self) -> &'static [Step] {
        match self {
            Self::Qualification => QUALIFICATION,
            Self::Containment => CONTAINMENT,
            Self::DataLeak => DATA_LEAK,
            Self::StolenAccount => STOLEN_ACCOUNT,
            Self::Ransomware => RANSOMWARE,
            Self::Restart => RESTART,
        }
    }

    pub fn step(self, code: &str) -> Option<&'static Step> {
        self.steps().iter().find(|step| step.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_has_mandatory_steps_and_no_step_twice() {
        for sheet in Sheet::ALL {
            let steps = sheet.steps();
            assert!(steps.iter().any(|step| step.is_mandatory), "{sheet:?}");
            for step in steps {
                assert_eq!(steps.iter().filter(|other| other.code == step.code).count(), 1, "{}", step.code);
            }
        }
    }
}
