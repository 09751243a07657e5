//! Checklists: short lists of steps for the first hours of an incident.
//!
//! A step shows a fact, asks for an answer (*I do not know* is one), or leads to an action that takes one
//! button and can be undone. The form follows CERT-FR's *fiches réflexes*; texts are in the locales, under
//! `sheet-` and the codes of checklist and step. Facts are read, and actions carried out, by the caller.

use digue_types::lists;

lists! {
    /// The checklists.
    Sheet "sheet" {
        Qualification "qualification",
        Containment "containment",
        DataLeak "data-leak",
        StolenAccount "stolen-account",
        Ransomware "ransomware",
        Restart "restart",
    }

    /// The answer to a step.
    Answer "answer" {
        Done "done",
        Yes "yes",
        No "no",
        /// An answer: it is recorded, and the step stays visible until it is known.
        Unknown "unknown",
        NotApplicable "not-applicable",
    }
}

/// The effect of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepEffect {
    /// Asks a question and records the answer.
    Asks,
    /// Shows a fact.
    Reads(SheetFact),
    /// Leads to an action that can be undone.
    Runs(SheetAction),
}

/// Facts that Digue reads itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SheetFact {
    /// Accounts, sessions and last exposure of the incident's subject.
    Accounts,
    /// Persons shown so far.
    Affected,
    /// Categories of data shown.
    Categories,
    /// Findings about the subject.
    Findings,
    /// Gates that are not open.
    Gates,
    /// Whether the journal verifies, and its witnesses.
    Journal,
    /// The other accounts of the organisation.
    Organisation,
    /// Responses released uninspected.
    Uninspected,
}

/// Actions that take one button and can be undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SheetAction {
    CloseAccount,
    CloseOrganisation,
    ComputeAffected,
    Preserve,
    Reopen,
}

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SheetStep {
    pub code: &'static str,
    pub is_mandatory: bool,
    pub does: StepEffect,
}

const fn must(code: &'static str, does: StepEffect) -> SheetStep {
    SheetStep { code, is_mandatory: true, does }
}

const fn may(code: &'static str, does: StepEffect) -> SheetStep {
    SheetStep { code, is_mandatory: false, does }
}

impl SheetFact {
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

const QUALIFICATION: &[SheetStep] = &[
    must("log", StepEffect::Asks),
    must("what", StepEffect::Asks),
    must("who-is-concerned", StepEffect::Reads(SheetFact::Accounts)),
    must("signals", StepEffect::Reads(SheetFact::Findings)),
    must("personal-data", StepEffect::Reads(SheetFact::Categories)),
    must("still-going-on", StepEffect::Asks),
    may("other-portals", StepEffect::Reads(SheetFact::Gates)),
    may("false-alarm", StepEffect::Asks),
];

const CONTAINMENT: &[SheetStep] = &[
    must("close-account", StepEffect::Runs(SheetAction::CloseAccount)),
    must("sessions-cut", StepEffect::Reads(SheetFact::Accounts)),
    may("close-organisation", StepEffect::Runs(SheetAction::CloseOrganisation)),
    must("evidence-kept", StepEffect::Runs(SheetAction::Preserve)),
    must("journal-verified", StepEffect::Reads(SheetFact::Journal)),
    may("partner-called", StepEffect::Asks),
];

const DATA_LEAK: &[SheetStep] = &[
    must("affected", StepEffect::Runs(SheetAction::ComputeAffected)),
    must("categories", StepEffect::Reads(SheetFact::Categories)),
    must("uninspected", StepEffect::Reads(SheetFact::Uninspected)),
    must("relatives", StepEffect::Asks),
    must("published", StepEffect::Asks),
    may("sold", StepEffect::Asks),
    may("withdrawn", StepEffect::Asks),
];

const STOLEN_ACCOUNT: &[SheetStep] = &[
    must("holder-called", StepEffect::Asks),
    must("workstation", StepEffect::Asks),
    must("second-factor", StepEffect::Asks),
    must("colleagues", StepEffect::Reads(SheetFact::Organisation)),
    may("other-passwords", StepEffect::Asks),
    may("created-accounts", StepEffect::Reads(SheetFact::Organisation)),
];

const RANSOMWARE: &[SheetStep] = &[
    must("isolated", StepEffect::Asks),
    must("backups", StepEffect::Asks),
    must("exfiltration", StepEffect::Asks),
    must("services-stopped", StepEffect::Asks),
    must("journal-elsewhere", StepEffect::Reads(SheetFact::Journal)),
    may("ransom-note", StepEffect::Asks),
    may("helped", StepEffect::Asks),
];

const RESTART: &[SheetStep] = &[
    must("cause-known", StepEffect::Asks),
    must("accounts-sound", StepEffect::Reads(SheetFact::Accounts)),
    must("passkeys", StepEffect::Asks),
    must("order", StepEffect::Runs(SheetAction::Reopen)),
    must("watched", StepEffect::Reads(SheetFact::Findings)),
    may("partners-told", StepEffect::Asks),
    may("lessons", StepEffect::Asks),
];

impl Sheet {
    pub const fn steps(self) -> &'static [SheetStep] {
        match self {
            Self::Qualification => QUALIFICATION,
            Self::Containment => CONTAINMENT,
            Self::DataLeak => DATA_LEAK,
            Self::StolenAccount => STOLEN_ACCOUNT,
            Self::Ransomware => RANSOMWARE,
            Self::Restart => RESTART,
        }
    }

    pub fn step(self, code: &str) -> Option<&'static SheetStep> {
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
