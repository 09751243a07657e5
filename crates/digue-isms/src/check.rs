//! Checks: small questions asked of the running system, each with a population, a rule, a freshness
//! limit and the requirements that it covers.
//!
//! A check that did not run is not a pass. A result names the size and root of the journal from
//! which it was computed, so that an auditor can recompute it. Nothing here asks the question:
//! measurements are arguments.

use std::fmt;
use std::time::Duration;

use digue_types::Timestamp;

macro_rules! checks {
    ($($name:ident $code:literal $rule:expr, $days:literal, [$($requirement:literal)*];)+) => {
        /// A check.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Check { $($name,)+ }

        impl Check {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)+ _ => None }
            }

            pub const fn rule(self) -> PassRule {
                use PassRule::{AtMost, NoneFails, SharePermille};
                match self { $(Self::$name => $rule,)+ }
            }

            /// The greatest age at which a result still counts.
            pub const fn fresh_for(self) -> Duration {
                match self { $(Self::$name => Duration::from_hours(24 * $days),)+ }
            }

            /// Requirements that it covers: `iso-8.5`, `anssi-13`.
            pub const fn requirements(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($requirement),*],)+ }
            }
        }
    };
}

/// The rule by which a measurement passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PassRule {
    /// No member of the population fails.
    NoneFails,
    /// At most this many thousandths of the population fail.
    SharePermille(u64),
    /// The value is at most this.
    AtMost(u64),
}

checks! {
    // Checks run twice a day and a result counts for two days, so that a stopped scheduler does not
    // leave a line green. `containment` measures a rare event, the last serious finding: hence 400
    // days.

    // Sign-in
    Passkeys "passkeys" NoneFails, 2, ["iso-8.5" "iso-5.17" "anssi-13" "cnil-4" "demand-1" "recyf-8"];
    OfficersPasskeys "officers-passkeys" NoneFails, 2, ["iso-8.2" "iso-8.5" "anssi-5" "recyf-11"];
    Lockout "lockout" AtMost(10), 2, ["iso-8.5" "iso-5.17" "anssi-10" "cnil-4"];
    SessionLength "session-length" AtMost(720), 2, ["iso-8.5" "iso-6.7" "cnil-4"];
    SessionsOld "sessions-old" NoneFails, 2, ["iso-8.5"];
    KeysOld "keys-old" NoneFails, 2, ["iso-5.17" "cnil-25"];
    // Access rights
    Dormant "dormant" NoneFails, 2, ["iso-5.18" "iso-6.5" "iso-5.16" "anssi-6" "cnil-5" "recyf-10"];
    NeverUsed "never-used" NoneFails, 2, ["iso-5.16" "iso-5.18" "cnil-5" "recyf-10"];
    QuarantineOld "quarantine-old" NoneFails, 2, ["iso-5.16"];
    BeyondPeers "beyond-peers" NoneFails, 2, ["iso-8.3" "iso-5.15" "cnil-5" "demand-2"];
    WideCaseloads "wide-caseloads" NoneFails, 2, ["iso-8.3" "iso-5.15" "anssi-9" "cnil-5"];
    RightsReviews "rights-reviews" NoneFails, 2, ["iso-5.18" "anssi-9" "cnil-5" "recyf-10"];
    Leaders "leaders" NoneFails, 2, ["iso-5.2" "iso-5.19" "cnil-14" "demand-4" "recyf-3"];
    Deputies "deputies" NoneFails, 2, ["iso-5.2" "recyf-3"];
    PartnerContacts "partner-contacts" NoneFails, 2, ["iso-5.19" "iso-5.20" "iso-5.22" "cnil-14" "demand-4"];
    TwoPersons "two-persons" NoneFails, 2, ["iso-5.3" "iso-8.32" "iso-8.18"];
    ClassAgreements "class-agreements" NoneFails, 2, ["iso-8.3" "iso-5.34" "cnil-5"];
    BreakGlass "break-glass" NoneFails, 2, ["iso-8.18" "iso-5.18"];
    // Exposure
    PortalsEnforced "portals-enforced" NoneFails, 2, ["iso-8.3" "iso-8.12" "iso-8.26" "demand-2"];
    Budgets "budgets" NoneFails, 2, ["iso-8.12" "iso-8.6" "demand-2"];
    Coverage "coverage" NoneFails, 2, ["iso-8.12" "iso-8.15" "iso-5.9" "demand-2"];
    Uninspected "uninspected" SharePermille(10), 2, ["iso-8.12" "iso-8.11" "demand-2"];
    ExportsGranted "exports-granted" NoneFails, 2, ["iso-5.14" "iso-8.12"];
    Encrypted "encrypted" NoneFails, 2, ["iso-8.24" "iso-8.20" "iso-8.21" "anssi-21" "cnil-21"];
    MailSigned "mail-signed" NoneFails, 2, ["iso-5.14" "anssi-24"];
    // Journal and retention
    JournalVerified "journal-verified" NoneFails, 2, ["iso-5.33" "iso-8.15" "iso-5.28" "cnil-16" "anssi-36" "demand-2"];
    RecordsIntact "records-intact" NoneFails, 2, ["iso-5.33" "iso-8.15" "iso-5.28" "cnil-16" "anssi-36"];
    JournalWitnessed "journal-witnessed" NoneFails, 2, ["iso-5.33" "iso-8.15" "cnil-16"];
    Retention "retention" NoneFails, 2, ["iso-8.10" "iso-5.33" "iso-5.34" "cnil-16"];
    ClockDrift "clock-drift" AtMost(5), 2, ["iso-8.17"];
    Configuration "configuration" NoneFails, 2, ["iso-8.9" "iso-8.32"];
    // Detection
    Decoys "decoys" NoneFails, 2, ["iso-8.16" "iso-5.7"];
    WatchActs "watch-acts" NoneFails, 2, ["iso-8.16" "iso-8.12" "demand-2"];
    AlertsLeave "alerts-leave" NoneFails, 2, ["iso-8.16" "iso-6.8" "recyf-20"];
    FalseAlarms "false-alarms" AtMost(10), 2, ["iso-8.16"];
    FindingsDecided "findings-decided" NoneFails, 2, ["iso-5.25" "cnil-19" "anssi-40"];
    // Incidents
    Containment "containment" AtMost(60), 400, ["iso-5.26" "iso-5.24" "anssi-40" "recyf-12"];
    IncidentDeadlines "incident-deadlines" NoneFails, 2, ["iso-5.26" "iso-5.31" "iso-5.5" "cnil-19"];
    IncidentEvidence "incident-evidence" NoneFails, 2, ["iso-5.28" "cnil-19"];
    IncidentLessons "incident-lessons" NoneFails, 2, ["iso-5.27" "recyf-12"];
    // People
    Awareness "awareness" SharePermille(100), 2, ["iso-6.3" "anssi-2" "cnil-3" "demand-3" "recyf-4"];
    Roles "roles" NoneFails, 2, ["iso-5.2" "iso-5.4" "anssi-39" "recyf-2"];
    // The management system itself
    MeasuresLate "measures-late" NoneFails, 2, ["iso-5.36" "cnil-1" "recyf-2"];
    RisksReviewed "risks-reviewed" NoneFails, 2, ["iso-5.7" "anssi-41" "cnil-20" "recyf-16"];
    AuditsDone "audits-done" NoneFails, 2, ["iso-5.35" "iso-5.36" "anssi-38" "recyf-17"];
    DocumentsCurrent "documents-current" NoneFails, 2, ["iso-5.1" "iso-5.37"];
    ProcessingCurrent "processing-current" NoneFails, 2, ["iso-5.34" "iso-5.31"];
    RetentionPeriods "retention-periods" NoneFails, 2, ["iso-8.10" "iso-5.34" "iso-5.33"];
    AssetsOwned "assets-owned" NoneFails, 2, ["iso-5.9" "anssi-4" "recyf-1"];
    Backups "backups" NoneFails, 2, ["iso-8.13" "anssi-37" "cnil-17" "recyf-13"];
    RestoreDrills "restore-drills" NoneFails, 2, ["iso-8.13" "iso-5.30" "cnil-17" "cnil-18" "recyf-15"];
    Software "software" NoneFails, 2, ["iso-8.8" "anssi-34" "recyf-5"];
}

impl Check {
    /// The locale key of its name; the key with `-explain` describes the question and its
    /// population.
    pub fn key(self) -> String {
        format!("check-{}", self.code())
    }

    /// The outcome of a measurement.
    pub fn judge(self, found: &Measurement) -> CheckOutcome {
        match &found.not_run {
            Some(NotRun::Failed) => return CheckOutcome::Error,
            Some(NotRun::NoSource | NotRun::Gone | NotRun::Unreadable | NotRun::Altered) => {
                return CheckOutcome::NotRun;
            }
            None => {}
        }
        let passes = match self.rule() {
            PassRule::NoneFails => found.failing.is_empty(),
            // Multiplied, not divided: no rounding at the limit.
            PassRule::SharePermille(most) => {
                found.failing_count() * 1000 <= most * found.population
            }
            PassRule::AtMost(most) => match found.value {
                Some(value) => value <= most,
                // Nothing was measured: neither passed nor failed.
                None => return CheckOutcome::NotRun,
            },
        };
        // An empty population passes every rule, and proves nothing.
        match (found.population, passes) {
            (0, _) => CheckOutcome::NotRun,
            (_, true) => CheckOutcome::Pass,
            (_, false) => CheckOutcome::Fail,
        }
    }
}

/// The answer of the running system to a check.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Measurement {
    pub population: u64,
    /// Names of the failing members, in their order. Events have no names: `failing_events` counts
    /// them.
    pub failing: Vec<String>,
    pub failing_events: u64,
    /// The measured value, for `PassRule::AtMost`; with the other rules, what is counted beside the
    /// population: persons of restricted classes, deadlines left open with a reason.
    pub value: Option<u64>,
    /// Why there is no measurement.
    pub not_run: Option<NotRun>,
}

/// A failing member of `Check::IncidentDeadlines`: `INC-2026-003/complaint`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadlineName {
    /// The readable name of the incident.
    pub incident: String,
    /// The code of the clock.
    pub duty: String,
}

impl DeadlineName {
    /// `None` for a text of another form, as results of earlier versions have it.
    pub fn parse(text: &str) -> Option<Self> {
        let (incident, duty) = text.split_once('/')?;
        Some(Self {
            incident: incident.to_owned(),
            duty: duty.to_owned(),
        })
    }
}

impl fmt::Display for DeadlineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.incident, self.duty)
    }
}

/// Why a check did not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotRun {
    /// No connected system knows the answer.
    NoSource,
    /// The data that it needs are past their retention.
    Gone,
    /// The query failed; the log says why.
    Failed,
    /// Its result is stored and cannot be read.
    Unreadable,
    /// Its stored result is not the one that it had, by the journal: nothing is known.
    Altered,
}

impl NotRun {
    /// Stable: stored, hashed in `CheckResult::canonical`, and part of a locale key.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSource => "no-source",
            Self::Gone => "gone",
            Self::Failed => "error",
            Self::Unreadable => "unreadable",
            Self::Altered => "altered",
        }
    }

    /// The inverse of `code`; `None` for an unknown code.
    pub fn parse(code: &str) -> Option<Self> {
        [
            Self::NoSource,
            Self::Gone,
            Self::Failed,
            Self::Unreadable,
            Self::Altered,
        ]
        .into_iter()
        .find(|one| one.code() == code)
    }
}

impl Measurement {
    pub fn failing_count(&self) -> u64 {
        self.failing_events.max(self.failing.len() as u64)
    }

    /// A measurement of a population and its failing members.
    pub fn of(population: u64, failing: Vec<String>) -> Self {
        Self {
            population,
            failing,
            ..Self::default()
        }
    }

    /// A measurement of one thing, which passes or not.
    pub fn whether(name: &str, is_so: bool) -> Self {
        Self::of(
            1,
            if is_so {
                Vec::new()
            } else {
                vec![name.to_owned()]
            },
        )
    }

    pub fn value(value: u64) -> Self {
        Self {
            population: 1,
            value: Some(value),
            ..Self::default()
        }
    }

    /// No measurement, and why.
    pub fn unknown(why: NotRun) -> Self {
        Self {
            not_run: Some(why),
            ..Self::default()
        }
    }
}

/// The outcome of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckOutcome {
    Pass,
    Fail,
    Error,
    NotRun,
}

impl CheckOutcome {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::NotRun => "not-run",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [Self::Pass, Self::Fail, Self::Error, Self::NotRun]
            .into_iter()
            .find(|one| one.code() == code)
    }
}

/// A result with everything that is needed to recompute it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckResult {
    pub check: Check,
    pub at: Timestamp,
    pub outcome: CheckOutcome,
    pub found: Measurement,
    /// Number of entries in the journal at that time, and the root hash over them.
    pub journal_size: u64,
    pub journal_root: String,
    /// Version of the program that ran the check.
    pub version: String,
}

impl CheckResult {
    /// The text that is hashed with SHA-256: one line a fact, in this order. Never change it: the
    /// hashes of earlier results are in the journal (`check-ran`). A new form needs a new first
    /// line.
    pub fn canonical(&self) -> String {
        let Measurement {
            population,
            failing,
            value,
            not_run,
            ..
        } = &self.found;
        format!(
            "digue-check-1\n{} {}\n{}\npopulation {population}\nfailing {} {}\nvalue {}\nnot-run {}\njournal {} {}\nversion {}\n",
            self.check.code(),
            self.at,
            self.outcome.code(),
            self.found.failing_count(),
            failing.join(" "),
            value.map(|value| value.to_string()).unwrap_or_default(),
            not_run.map(NotRun::code).unwrap_or_default(),
            self.journal_size,
            self.journal_root,
            self.version,
        )
    }

    /// True while the result is not older than the freshness limit of its check.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.at) <= self.check.fresh_for()
    }
}

/// A check that an officer switched off: until when and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DisabledCheck {
    pub by: String,
    pub reason: String,
    pub until: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_is_not_a_pass() {
        for check in Check::ALL {
            assert_eq!(
                check.judge(&Measurement::default()),
                CheckOutcome::NotRun,
                "{}",
                check.code()
            );
            for why in [
                NotRun::NoSource,
                NotRun::Gone,
                NotRun::Failed,
                NotRun::Unreadable,
                NotRun::Altered,
            ] {
                let expected = if why == NotRun::Failed {
                    CheckOutcome::Error
                } else {
                    CheckOutcome::NotRun
                };
                assert_eq!(
                    check.judge(&Measurement::unknown(why)),
                    expected,
                    "{}",
                    check.code()
                );
                assert_eq!(NotRun::parse(why.code()), Some(why));
            }
        }
    }

    #[test]
    fn rules_are_as_they_say() {
        let some = |failing: usize| Measurement::of(100, vec!["a1".to_owned(); failing]);
        assert_eq!(Check::Passkeys.judge(&some(0)), CheckOutcome::Pass);
        assert_eq!(Check::Passkeys.judge(&some(1)), CheckOutcome::Fail);
        assert_eq!(Check::Awareness.judge(&some(10)), CheckOutcome::Pass);
        assert_eq!(Check::Awareness.judge(&some(11)), CheckOutcome::Fail);
        assert_eq!(
            Check::Lockout.judge(&Measurement::value(10)),
            CheckOutcome::Pass
        );
        assert_eq!(
            Check::Lockout.judge(&Measurement::value(50)),
            CheckOutcome::Fail
        );
        let events = Measurement {
            population: 1000,
            failing_events: 11,
            ..Measurement::default()
        };
        assert_eq!(Check::Uninspected.judge(&events), CheckOutcome::Fail);
    }

    #[test]
    fn at_least_thirty_controls_have_a_live_check() {
        let mut controls: Vec<&str> = Check::ALL
            .iter()
            .flat_map(|check| check.requirements())
            .filter(|requirement| requirement.starts_with("iso-"))
            .copied()
            .collect();
        controls.sort_unstable();
        controls.dedup();
        assert!(
            controls.len() >= 30,
            "{} controls: {controls:?}",
            controls.len()
        );
        for check in Check::ALL {
            assert_eq!(Check::parse(check.code()), Some(*check));
            for requirement in check.requirements() {
                assert!(
                    crate::framework::requirement(requirement).is_some(),
                    "{requirement}"
                );
            }
        }
    }
}
