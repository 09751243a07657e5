//! Checklists: short lists of steps for the first hours of an incident.
//!
//! A step shows a fact, asks for an answer (*I do not know* is one), or leads to an action that
//! takes one button and can be undone. The form follows CERT-FR's *fiches réflexes*; texts are in
//! the locales, under `sheet-` and the codes of checklist and step. Facts are read, and actions
//! carried out, by the caller.

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
    /// Asks for a sentence: "done" alone would say nothing.
    Describes,
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
    SheetStep {
        code,
        is_mandatory: true,
        does,
    }
}

const fn may(code: &'static str, does: StepEffect) -> SheetStep {
    SheetStep {
        code,
        is_mandatory: false,
        does,
    }
}

impl SheetFact {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Affected => "affected",
            Self::Categories => "categories",
            Self::Findings => "findings",
            Self::Journal => "journal",
            Self::Organisation => "organisation",
            Self::Uninspected => "uninspected",
        }
    }
}

const QUALIFICATION: &[SheetStep] = &[
    must("log", StepEffect::Asks),
    must("what", StepEffect::Describes),
    must("who-is-concerned", StepEffect::Reads(SheetFact::Accounts)),
    must("signals", StepEffect::Reads(SheetFact::Findings)),
    must("personal-data", StepEffect::Reads(SheetFact::Categories)),
    must("still-going-on", StepEffect::Asks),
    may("other-portals", StepEffect::Asks),
    may("false-alarm", StepEffect::Asks),
];

const CONTAINMENT: &[SheetStep] = &[
    must("close-account", StepEffect::Runs(SheetAction::CloseAccount)),
    must("sessions-cut", StepEffect::Reads(SheetFact::Accounts)),
    may(
        "close-organisation",
        StepEffect::Runs(SheetAction::CloseOrganisation),
    ),
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
    may(
        "created-accounts",
        StepEffect::Reads(SheetFact::Organisation),
    ),
];

const RANSOMWARE: &[SheetStep] = &[
    must("isolated", StepEffect::Asks),
    must("backups", StepEffect::Asks),
    must("exfiltration", StepEffect::Asks),
    must("services-stopped", StepEffect::Describes),
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

    /// True for a checklist that comes before everything else that is asked: machines are isolated
    /// first, and hours are written down afterwards.
    pub const fn comes_first(self) -> bool {
        match self {
            Self::Ransomware => true,
            Self::Qualification
            | Self::Containment
            | Self::DataLeak
            | Self::StolenAccount
            | Self::Restart => false,
        }
    }

    pub fn step(self, code: &str) -> Option<&'static SheetStep> {
        self.steps().iter().find(|step| step.code == code)
    }
}

/// What the running system shows for the steps of checklists, read at one time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MeasuredFacts {
    /// The accounts that the incident is about; `None` when it names none: that nobody is concerned
    /// is another statement.
    pub concerned: Option<ConcernedAccounts>,
    /// The access that the incident is about is closed now.
    pub is_shut: bool,
    /// Findings about them; `None` when the incident names nothing that findings are about.
    pub findings: Option<CountedFindings>,
    /// Entries of the journal.
    pub journal: u64,
    /// Accounts of the organisation; `None` when the incident names none.
    pub colleagues: Option<usize>,
    /// `None` when no set of affected persons was computed.
    pub affected: Option<MeasuredPersons>,
}

/// Accounts, and their open sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConcernedAccounts {
    pub accounts: usize,
    pub sessions: usize,
}

/// Findings, and those of them without a verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CountedFindings {
    pub all: usize,
    pub waiting: usize,
}

/// The affected set, as far as steps ask about it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MeasuredPersons {
    pub persons: u64,
    /// A signed list is stored.
    pub has_list: bool,
    /// Categories of data, in the words of the portal map.
    pub categories: Vec<String>,
    /// Responses released uninspected.
    pub uninspected: u64,
}

impl MeasuredFacts {
    /// The answer that the facts give to a step; `None` where only a person can know. A proposal:
    /// it is an answer once a person saves it.
    pub fn proposes(&self, sheet: Sheet, step: &str) -> Option<Answer> {
        let done = |is: bool| is.then_some(Answer::Done);
        let has_no_session = self.concerned.is_some_and(|known| known.sessions == 0);
        let list = self.affected.as_ref().filter(|affected| affected.has_list);
        match (sheet, step) {
            // The log is open: this incident is its first entry.
            (Sheet::Qualification, "log") => Some(Answer::Done),
            (Sheet::Qualification, "who-is-concerned") => {
                done(self.concerned.is_some_and(|known| known.accounts > 0))
            }
            (Sheet::Qualification, "signals") => {
                done(self.findings.is_some_and(|found| found.all > 0))
            }
            (Sheet::Qualification, "personal-data") => {
                list.filter(|list| list.persons > 0).map(|_| Answer::Yes)
            }
            (Sheet::Qualification, "still-going-on") => {
                // Never a yes: that access is open does not show that anyone uses it.
                (self.is_shut && has_no_session).then_some(Answer::No)
            }
            (Sheet::Containment, "close-account") => done(self.is_shut),
            (Sheet::Containment, "sessions-cut") => done(self.is_shut && has_no_session),
            (Sheet::Containment, "evidence-kept") | (Sheet::DataLeak, "affected") => {
                done(list.is_some())
            }
            (Sheet::DataLeak, "categories") => {
                done(list.is_some_and(|list| !list.categories.is_empty()))
            }
            (Sheet::DataLeak, "uninspected") => list.map(|list| {
                if list.uninspected > 0 {
                    Answer::Yes
                } else {
                    Answer::No
                }
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_answer_only_what_they_show() {
        let nothing = MeasuredFacts::default();
        for sheet in Sheet::ALL {
            for step in sheet.steps() {
                let is_log = (*sheet, step.code) == (Sheet::Qualification, "log");
                assert_eq!(
                    nothing.proposes(*sheet, step.code).is_some(),
                    is_log,
                    "{}",
                    step.code
                );
            }
        }
        let open = MeasuredFacts {
            concerned: Some(ConcernedAccounts {
                accounts: 1,
                sessions: 1,
            }),
            is_shut: true,
            ..nothing.clone()
        };
        assert_eq!(
            open.proposes(Sheet::Containment, "close-account"),
            Some(Answer::Done)
        );
        assert_eq!(
            open.proposes(Sheet::Containment, "sessions-cut"),
            None,
            "a session is open"
        );
        // No account is named: that none has a session is not known.
        let unnamed = MeasuredFacts {
            is_shut: true,
            ..nothing.clone()
        };
        assert_eq!(unnamed.proposes(Sheet::Containment, "sessions-cut"), None);
        let stated = MeasuredPersons {
            persons: 3,
            has_list: false,
            ..MeasuredPersons::default()
        };
        let stated = MeasuredFacts {
            affected: Some(stated),
            ..nothing.clone()
        };
        assert_eq!(
            stated.proposes(Sheet::DataLeak, "affected"),
            None,
            "a stated number is no list"
        );
        let list = MeasuredPersons {
            persons: 3,
            has_list: true,
            ..MeasuredPersons::default()
        };
        let list = MeasuredFacts {
            affected: Some(list),
            ..nothing
        };
        assert_eq!(
            list.proposes(Sheet::DataLeak, "uninspected"),
            Some(Answer::No)
        );
        assert_eq!(
            list.proposes(Sheet::DataLeak, "relatives"),
            None,
            "only a person can know"
        );
    }

    #[test]
    fn every_sheet_has_mandatory_steps_and_no_step_twice() {
        for sheet in Sheet::ALL {
            let steps = sheet.steps();
            assert!(steps.iter().any(|step| step.is_mandatory), "{sheet:?}");
            for step in steps {
                assert_eq!(
                    steps.iter().filter(|other| other.code == step.code).count(),
                    1,
                    "{}",
                    step.code
                );
            }
        }
    }
}
