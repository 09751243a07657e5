//! What the checks say: findings with their states, as sentences in one language and as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use digue_config::reader::ConfigFault;
use digue_locales::{Language, Value, text, text_with};
use digue_types::Timestamp;
use serde_json::{Value as Json, json};

/// One check, in the order in which they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthCheck {
    Configuration,
    Maps,
    Process,
    State,
    Journal,
    SharedJournal,
    Space,
    Index,
    Keys,
    Listeners,
    Certificates,
    Clock,
    Portals,
    Providers,
    Signals,
    Mail,
    Backups,
    Monitoring,
}

impl HealthCheck {
    pub const ALL: [Self; 18] = [
        Self::Configuration,
        Self::Maps,
        Self::Process,
        Self::State,
        Self::Journal,
        Self::SharedJournal,
        Self::Space,
        Self::Index,
        Self::Keys,
        Self::Listeners,
        Self::Certificates,
        Self::Clock,
        Self::Portals,
        Self::Providers,
        Self::Signals,
        Self::Mail,
        Self::Backups,
        Self::Monitoring,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Maps => "maps",
            Self::Process => "process",
            Self::State => "state",
            Self::Journal => "journal",
            Self::SharedJournal => "shared-journal",
            Self::Space => "space",
            Self::Index => "index",
            Self::Keys => "keys",
            Self::Listeners => "listeners",
            Self::Certificates => "certificates",
            Self::Clock => "clock",
            Self::Portals => "portals",
            Self::Providers => "providers",
            Self::Signals => "signals",
            Self::Mail => "mail",
            Self::Backups => "backups",
            Self::Monitoring => "monitoring",
        }
    }
}

/// What a check or a finding says, the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthState {
    Good,
    /// There is nothing of the kind: it is not configured, or Digue was never started.
    NotApplicable,
    /// It works today.
    Warning,
    /// It could not be looked at.
    Unknown,
    Bad,
}

impl HealthState {
    pub const ALL: [Self; 5] = [
        Self::Good,
        Self::NotApplicable,
        Self::Warning,
        Self::Unknown,
        Self::Bad,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NotApplicable => "not-applicable",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Bad => "bad",
        }
    }
}

/// A sentence, in whichever language it is asked for.
#[derive(Clone, Debug)]
pub enum HealthText {
    Message {
        key: String,
        values: Vec<(&'static str, Value)>,
    },
    /// With its file and line.
    Fault(ConfigFault),
}

impl HealthText {
    fn message(key: impl Into<String>, values: &[(&'static str, Value)]) -> Self {
        Self::Message {
            key: key.into(),
            values: values.to_vec(),
        }
    }

    pub fn say(&self, language: Language) -> String {
        match self {
            Self::Message { key, values } => text_with(language, key, values),
            Self::Fault(fault) => fault.say(language),
        }
    }

    /// The key of the sentence: for programs, the same in every language.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Message { key, .. } => key.strip_prefix("doctor-").unwrap_or(key),
            Self::Fault(fault) => fault.key,
        }
    }

    /// The line of a file of the operator.
    pub(crate) fn line(&self) -> Option<usize> {
        match self {
            Self::Message { .. } => None,
            Self::Fault(fault) => Some(fault.line),
        }
    }
}

/// One thing that is wrong or unknown, and what to do next.
#[derive(Clone, Debug)]
pub struct HealthFinding {
    pub state: HealthState,
    pub what: HealthText,
    pub next: HealthText,
}

/// What one check looked at, and what it found.
#[derive(Clone, Debug)]
pub struct HealthResult {
    pub check: HealthCheck,
    pub examined: Vec<HealthText>,
    pub findings: Vec<HealthFinding>,
    is_applicable: bool,
}

impl HealthResult {
    pub(crate) const fn new(check: HealthCheck) -> Self {
        Self {
            check,
            examined: Vec::new(),
            findings: Vec::new(),
            is_applicable: true,
        }
    }

    /// There is nothing of the kind here; `key` says why.
    pub(crate) fn not_applicable(mut self, key: &str) -> Self {
        self.is_applicable = false;
        self.looked_at(key, &[])
    }

    /// It ended without a result.
    pub(crate) fn stopped(check: HealthCheck) -> Self {
        Self::new(check).unknown("doctor-stopped", &[])
    }

    /// Nothing is known without the configuration.
    pub(crate) fn unread(check: HealthCheck) -> Self {
        Self::new(check).unknown("doctor-unread", &[])
    }

    pub(crate) fn late(check: HealthCheck, after: Duration) -> Self {
        Self::new(check).unknown("doctor-late", &[("seconds", Value::from(after.as_secs()))])
    }

    pub(crate) fn looked_at(mut self, key: &str, values: &[(&'static str, Value)]) -> Self {
        self.examined.push(HealthText::message(key, values));
        self
    }

    pub(crate) fn bad(self, key: &str, values: &[(&'static str, Value)]) -> Self {
        self.find(HealthState::Bad, key, values)
    }

    pub(crate) fn warning(self, key: &str, values: &[(&'static str, Value)]) -> Self {
        self.find(HealthState::Warning, key, values)
    }

    pub(crate) fn unknown(self, key: &str, values: &[(&'static str, Value)]) -> Self {
        self.find(HealthState::Unknown, key, values)
    }

    /// `key` says what was found; `{key}-next` what to do.
    pub(crate) fn find(
        mut self,
        state: HealthState,
        key: &str,
        values: &[(&'static str, Value)],
    ) -> Self {
        let next = HealthText::message(format!("{key}-next"), values);
        self.findings.push(HealthFinding {
            state,
            what: HealthText::message(key, values),
            next,
        });
        self
    }

    /// A fault of a file of the operator. `next` says what to do about faults of its kind.
    pub(crate) fn fault(mut self, state: HealthState, fault: &ConfigFault, next: &str) -> Self {
        let values = [
            ("file", Value::from(fault.file.display().to_string())),
            ("detail", Value::from(fault.detail.as_str())),
        ];
        let next = HealthText::message(next, &values);
        self.findings.push(HealthFinding {
            state,
            what: HealthText::Fault(fault.clone()),
            next,
        });
        self
    }

    /// The worst of the findings. A check that looked at nothing and found nothing is unknown.
    pub fn state(&self) -> HealthState {
        let worst = self.findings.iter().map(|finding| finding.state).max();
        worst.unwrap_or(match (self.is_applicable, self.examined.is_empty()) {
            (false, _) => HealthState::NotApplicable,
            (true, true) => HealthState::Unknown,
            (true, false) => HealthState::Good,
        })
    }
}

/// Every check of one installation at one time.
#[derive(Clone, Debug)]
pub struct HealthReport {
    pub at: Timestamp,
    pub results: Vec<HealthResult>,
}

impl HealthReport {
    /// The worst of the checks.
    pub fn state(&self) -> HealthState {
        self.results
            .iter()
            .map(HealthResult::state)
            .max()
            .unwrap_or(HealthState::Unknown)
    }

    /// How many checks are in this state.
    pub fn count(&self, state: HealthState) -> usize {
        self.results
            .iter()
            .filter(|result| result.state() == state)
            .count()
    }

    /// For people: a line for each check, and under it what is wrong and what to do.
    pub fn text(&self, language: Language) -> String {
        let mut out = String::new();
        for result in &self.results {
            write_result(&mut out, result, language).expect("a string takes everything");
        }
        let named = [
            ("good", HealthState::Good),
            ("warning", HealthState::Warning),
            ("unknown", HealthState::Unknown),
            ("bad", HealthState::Bad),
            ("absent", HealthState::NotApplicable),
        ];
        let counts = named.map(|(name, state)| (name, Value::from(self.count(state))));
        writeln!(out, "{}", text_with(language, "doctor-summary", &counts))
            .expect("a string takes everything");
        out
    }

    /// For programs: codes that stay, beside the sentences of one language.
    pub fn json(&self, language: Language) -> Json {
        let checks = self
            .results
            .iter()
            .map(|result| result_json(result, language));
        json!({
            "at": self.at.to_string(),
            "state": self.state().code(),
            "checks": checks.collect::<Vec<Json>>(),
        })
    }
}

fn write_result(out: &mut String, result: &HealthResult, language: Language) -> std::fmt::Result {
    let state = text(language, &format!("doctor-state-{}", result.state().code()));
    let name = text(language, &format!("doctor-check-{}", result.check.code()));
    let examined: Vec<String> = result
        .examined
        .iter()
        .map(|one| one.say(language))
        .collect();
    writeln!(out, "{state:<14} {name} ({})", examined.join("; "))?;
    for finding in &result.findings {
        let state = text(language, &format!("doctor-state-{}", finding.state.code()));
        writeln!(out, "    [{state}] {}", finding.what.say(language))?;
        writeln!(out, "      -> {}", finding.next.say(language))?;
    }
    Ok(())
}

fn result_json(result: &HealthResult, language: Language) -> Json {
    let findings = result.findings.iter().map(|finding| {
        json!({
            "state": finding.state.code(),
            "code": finding.what.code(),
            "what": finding.what.say(language),
            "next": finding.next.say(language),
        })
    });
    json!({
        "check": result.check.code(),
        "state": result.state().code(),
        "examined": result.examined.iter().map(|one| one.say(language)).collect::<Vec<String>>(),
        "findings": findings.collect::<Vec<Json>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_looked_at_is_unknown_and_never_good() {
        assert_eq!(
            HealthResult::new(HealthCheck::Mail).state(),
            HealthState::Unknown
        );
        assert_eq!(
            HealthResult::stopped(HealthCheck::Mail).state(),
            HealthState::Unknown
        );
        assert_eq!(
            HealthResult::unread(HealthCheck::Mail).state(),
            HealthState::Unknown
        );
        assert_eq!(
            HealthResult::new(HealthCheck::Mail)
                .not_applicable("doctor-late")
                .state(),
            HealthState::NotApplicable
        );
        assert_eq!(
            HealthReport {
                at: Timestamp::ZERO,
                results: Vec::new()
            }
            .state(),
            HealthState::Unknown
        );
    }

    #[test]
    fn the_worst_finding_decides_and_unknown_is_worse_than_a_warning() {
        let one = HealthResult::new(HealthCheck::Space).looked_at("doctor-late", &[]);
        assert_eq!(one.state(), HealthState::Good);
        let one = one.warning("doctor-late", &[]);
        assert_eq!(one.state(), HealthState::Warning);
        let one = one.unknown("doctor-late", &[]);
        assert_eq!(one.state(), HealthState::Unknown);
        assert_eq!(one.bad("doctor-late", &[]).state(), HealthState::Bad);
    }

    #[test]
    fn every_check_and_state_has_its_name_in_both_languages() {
        for language in Language::ALL {
            for check in HealthCheck::ALL {
                let key = format!("doctor-check-{}", check.code());
                assert!(digue_locales::has(language, &key), "{key}");
            }
            for state in HealthState::ALL {
                let key = format!("doctor-state-{}", state.code());
                assert!(digue_locales::has(language, &key), "{key}");
            }
        }
    }

    /// The sources of this crate, with their tests.
    fn sources() -> Vec<String> {
        #[expect(
            clippy::disallowed_methods,
            reason = "cargo says where the crate is, at run time"
        )]
        let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        let files = std::fs::read_dir(format!("{here}/src")).unwrap();
        let paths = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.is_file());
        paths
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    }

    #[test]
    fn every_finding_says_what_it_is_and_what_to_do_in_both_languages() {
        let mut count = 0;
        for text in sources() {
            // A call that is broken over lines counts, too.
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = text.replace("( \"", "(\"").replace("( state, ", "(state, ");
            for call in [
                ".bad(\"",
                ".warning(\"",
                ".unknown(\"",
                "find(state, \"",
                "fault(path, \"",
            ] {
                let keys = text
                    .split(call)
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next());
                for key in keys.filter(|key| key.contains('-')) {
                    count += 1;
                    for language in Language::ALL {
                        for key in [key.to_owned(), format!("{key}-next")] {
                            assert!(digue_locales::has(language, &key), "{key}");
                        }
                    }
                }
            }
        }
        assert!(count > 80, "{count}");
    }
}
