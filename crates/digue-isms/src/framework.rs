//! Frameworks and their requirements: numbers, and the controls of ISO/IEC 27001 annex A to which
//! each maps.
//!
//! Titles are in the locales (`req-iso-5-15`). Links of Qualiopi are indirect: none of its
//! indicators audits information security.

use digue_types::lists;

lists! {
    /// A framework.
    Framework "framework" {
        /// ISO/IEC 27001:2022, annex A.
        Iso "iso",
        /// ANSSI, guide d'hygiène informatique, 2017.
        Anssi "anssi",
        /// CNIL, guide de la sécurité des données personnelles, 2024.
        Cnil "cnil",
        /// CNIL, security requirements for large databases, April 2025.
        Demand "demand",
        /// ReCyF 2.5, March 2026: a draft until the law that transposes NIS 2.
        Recyf "recyf",
        /// Référentiel national qualité, for training bodies.
        Qualiopi "qualiopi",
        /// ISO/IEC 27001:2022, clauses 4 to 10: what an audit examines beside the controls.
        Clauses "clause",
    }
}

/// How far a control meets a requirement that maps to it. Never *full*: the texts differ in scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strength {
    Partial,
    Indirect,
}

/// One requirement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// `iso-5.15`.
    pub id: &'static str,
    pub framework: Framework,
    /// Controls of annex A to which it maps.
    pub controls: &'static [&'static str],
}

impl Requirement {
    /// `5.15`.
    pub fn number(&self) -> &'static str {
        self.id
            .split_once('-')
            .map_or(self.id, |(_, number)| number)
    }

    /// The locale key of its title.
    pub fn key(&self) -> String {
        key(self.id)
    }

    pub const fn strength(&self) -> Strength {
        match self.framework {
            Qualiopi => Strength::Indirect,
            Iso | Anssi | Cnil | Demand | Recyf | Clauses => Strength::Partial,
        }
    }
}

/// The locale key of a requirement's title.
pub fn key(id: &str) -> String {
    format!("req-{}", id.replace('.', "-"))
}

/// Indicators of Qualiopi for which Digue has dated proof.
pub const QUALIOPI_PROVEN: [&str; 5] = [
    "qualiopi-17",
    "qualiopi-18",
    "qualiopi-27",
    "qualiopi-31",
    "qualiopi-32",
];

pub fn requirement(id: &str) -> Option<&'static Requirement> {
    REQUIREMENTS.iter().find(|requirement| requirement.id == id)
}

/// The requirements of a framework, in its order.
pub fn requirements(framework: Framework) -> impl Iterator<Item = &'static Requirement> {
    REQUIREMENTS
        .iter()
        .filter(move |requirement| requirement.framework == framework)
}

/// The controls of annex A.
pub fn controls() -> impl Iterator<Item = &'static Requirement> {
    requirements(Iso)
}

const fn of(
    framework: Framework,
    id: &'static str,
    controls: &'static [&'static str],
) -> Requirement {
    Requirement {
        id,
        framework,
        controls,
    }
}

impl Framework {
    /// False for the clauses: they are met by the management system itself and by no control.
    pub const fn is_met_by_controls(self) -> bool {
        !matches!(self, Clauses)
    }
}

use Framework::{Anssi, Clauses, Cnil, Demand, Iso, Qualiopi, Recyf};

#[rustfmt::skip]
const REQUIREMENTS: &[Requirement] = &[
    of(Iso, "iso-5.1", &[]),
    of(Iso, "iso-5.2", &[]),
    of(Iso, "iso-5.3", &[]),
    of(Iso, "iso-5.4", &[]),
    of(Iso, "iso-5.5", &[]),
    of(Iso, "iso-5.6", &[]),
    of(Iso, "iso-5.7", &[]),
    of(Iso, "iso-5.8", &[]),
    of(Iso, "iso-5.9", &[]),
    of(Iso, "iso-5.10", &[]),
    of(Iso, "iso-5.11", &[]),
    of(Iso, "iso-5.12", &[]),
    of(Iso, "iso-5.13", &[]),
    of(Iso, "iso-5.14", &[]),
    of(Iso, "iso-5.15", &[]),
    of(Iso, "iso-5.16", &[]),
    of(Iso, "iso-5.17", &[]),
    of(Iso, "iso-5.18", &[]),
    of(Iso, "iso-5.19", &[]),
    of(Iso, "iso-5.20", &[]),
    of(Iso, "iso-5.21", &[]),
    of(Iso, "iso-5.22", &[]),
    of(Iso, "iso-5.23", &[]),
    of(Iso, "iso-5.24", &[]),
    of(Iso, "iso-5.25", &[]),
    of(Iso, "iso-5.26", &[]),
    of(Iso, "iso-5.27", &[]),
    of(Iso, "iso-5.28", &[]),
    of(Iso, "iso-5.29", &[]),
    of(Iso, "iso-5.30", &[]),
    of(Iso, "iso-5.31", &[]),
    of(Iso, "iso-5.32", &[]),
    of(Iso, "iso-5.33", &[]),
    of(Iso, "iso-5.34", &[]),
    of(Iso, "iso-5.35", &[]),
    of(Iso, "iso-5.36", &[]),
    of(Iso, "iso-5.37", &[]),
    of(Iso, "iso-6.1", &[]),
    of(Iso, "iso-6.2", &[]),
    of(Iso, "iso-6.3", &[]),
    of(Iso, "iso-6.4", &[]),
    of(Iso, "iso-6.5", &[]),
    of(Iso, "iso-6.6", &[]),
    of(Iso, "iso-6.7", &[]),
    of(Iso, "iso-6.8", &[]),
    of(Iso, "iso-7.1", &[]),
    of(Iso, "iso-7.2", &[]),
    of(Iso, "iso-7.3", &[]),
    of(Iso, "iso-7.4", &[]),
    of(Iso, "iso-7.5", &[]),
    of(Iso, "iso-7.6", &[]),
    of(Iso, "iso-7.7", &[]),
    of(Iso, "iso-7.8", &[]),
    of(Iso, "iso-7.9", &[]),
    of(Iso, "iso-7.10", &[]),
    of(Iso, "iso-7.11", &[]),
    of(Iso, "iso-7.12", &[]),
    of(Iso, "iso-7.13", &[]),
    of(Iso, "iso-7.14", &[]),
    of(Iso, "iso-8.1", &[]),
    of(Iso, "iso-8.2", &[]),
    of(Iso, "iso-8.3", &[]),
    of(Iso, "iso-8.4", &[]),
    of(Iso, "iso-8.5", &[]),
    of(Iso, "iso-8.6", &[]),
    of(Iso, "iso-8.7", &[]),
    of(Iso, "iso-8.8", &[]),
    of(Iso, "iso-8.9", &[]),
    of(Iso, "iso-8.10", &[]),
    of(Iso, "iso-8.11", &[]),
    of(Iso, "iso-8.12", &[]),
    of(Iso, "iso-8.13", &[]),
    of(Iso, "iso-8.14", &[]),
    of(Iso, "iso-8.15", &[]),
    of(Iso, "iso-8.16", &[]),
    of(Iso, "iso-8.17", &[]),
    of(Iso, "iso-8.18", &[]),
    of(Iso, "iso-8.19", &[]),
    of(Iso, "iso-8.20", &[]),
    of(Iso, "iso-8.21", &[]),
    of(Iso, "iso-8.22", &[]),
    of(Iso, "iso-8.23", &[]),
    of(Iso, "iso-8.24", &[]),
    of(Iso, "iso-8.25", &[]),
    of(Iso, "iso-8.26", &[]),
    of(Iso, "iso-8.27", &[]),
    of(Iso, "iso-8.28", &[]),
    of(Iso, "iso-8.29", &[]),
    of(Iso, "iso-8.30", &[]),
    of(Iso, "iso-8.31", &[]),
    of(Iso, "iso-8.32", &[]),
    of(Iso, "iso-8.33", &[]),
    of(Iso, "iso-8.34", &[]),
    of(Anssi, "anssi-1", &["iso-6.3"]),
    of(Anssi, "anssi-2", &["iso-6.3"]),
    of(Anssi, "anssi-3", &["iso-5.19", "iso-5.20", "iso-5.21", "iso-5.22"]),
    of(Anssi, "anssi-4", &["iso-5.9", "iso-5.12"]),
    of(Anssi, "anssi-5", &["iso-8.2"]),
    of(Anssi, "anssi-6", &["iso-5.16", "iso-5.18", "iso-6.5"]),
    of(Anssi, "anssi-7", &["iso-8.20", "iso-8.1"]),
    of(Anssi, "anssi-8", &["iso-5.16", "iso-5.15"]),
    of(Anssi, "anssi-9", &["iso-5.18", "iso-8.3"]),
    of(Anssi, "anssi-10", &["iso-5.17"]),
    of(Anssi, "anssi-11", &["iso-5.17", "iso-8.24"]),
    of(Anssi, "anssi-12", &["iso-8.9", "iso-5.17"]),
    of(Anssi, "anssi-13", &["iso-8.5"]),
    of(Anssi, "anssi-14", &["iso-8.1", "iso-8.9"]),
    of(Anssi, "anssi-15", &["iso-7.10"]),
    of(Anssi, "anssi-16", &["iso-8.9"]),
    of(Anssi, "anssi-17", &["iso-8.20"]),
    of(Anssi, "anssi-18", &["iso-5.14", "iso-8.24"]),
    of(Anssi, "anssi-19", &["iso-8.22"]),
    of(Anssi, "anssi-20", &["iso-8.20"]),
    of(Anssi, "anssi-21", &["iso-8.21", "iso-8.24"]),
    of(Anssi, "anssi-22", &["iso-8.23", "iso-8.20"]),
    of(Anssi, "anssi-23", &["iso-8.22"]),
    of(Anssi, "anssi-24", &["iso-5.14"]),
    of(Anssi, "anssi-25", &["iso-8.20", "iso-5.19"]),
    of(Anssi, "anssi-26", &["iso-7.1", "iso-7.2", "iso-7.3"]),
    of(Anssi, "anssi-27", &["iso-8.2", "iso-8.22"]),
    of(Anssi, "anssi-28", &["iso-8.22"]),
    of(Anssi, "anssi-29", &["iso-8.2", "iso-8.18"]),
    of(Anssi, "anssi-30", &["iso-7.9", "iso-8.1"]),
    of(Anssi, "anssi-31", &["iso-8.24"]),
    of(Anssi, "anssi-32", &["iso-6.7", "iso-8.20"]),
    of(Anssi, "anssi-33", &["iso-8.1", "iso-6.7"]),
    of(Anssi, "anssi-34", &["iso-8.8", "iso-8.19"]),
    of(Anssi, "anssi-35", &["iso-8.8"]),
    of(Anssi, "anssi-36", &["iso-8.15"]),
    of(Anssi, "anssi-37", &["iso-8.13"]),
    of(Anssi, "anssi-38", &["iso-5.35", "iso-5.36"]),
    of(Anssi, "anssi-39", &["iso-5.2"]),
    of(Anssi, "anssi-40", &["iso-5.24", "iso-5.26"]),
    of(Anssi, "anssi-41", &["iso-5.7"]),
    of(Anssi, "anssi-42", &["iso-5.21"]),
    of(Cnil, "cnil-1", &["iso-5.1", "iso-5.36", "iso-5.34"]),
    of(Cnil, "cnil-2", &["iso-5.10", "iso-6.2"]),
    of(Cnil, "cnil-3", &["iso-6.3"]),
    of(Cnil, "cnil-4", &["iso-8.5", "iso-5.17"]),
    of(Cnil, "cnil-5", &["iso-5.15", "iso-5.18", "iso-8.3"]),
    of(Cnil, "cnil-6", &["iso-8.1", "iso-8.7"]),
    of(Cnil, "cnil-7", &["iso-8.1", "iso-7.9", "iso-6.7"]),
    of(Cnil, "cnil-8", &["iso-8.20", "iso-8.22"]),
    of(Cnil, "cnil-9", &["iso-8.9", "iso-8.20"]),
    of(Cnil, "cnil-10", &["iso-8.26", "iso-8.21"]),
    of(Cnil, "cnil-11", &["iso-8.25", "iso-8.28"]),
    of(Cnil, "cnil-12", &["iso-7.1", "iso-7.2"]),
    of(Cnil, "cnil-13", &["iso-5.14", "iso-8.24"]),
    of(Cnil, "cnil-14", &["iso-5.19", "iso-5.20"]),
    of(Cnil, "cnil-15", &["iso-7.13", "iso-7.14"]),
    of(Cnil, "cnil-16", &["iso-8.15", "iso-8.16"]),
    of(Cnil, "cnil-17", &["iso-8.13"]),
    of(Cnil, "cnil-18", &["iso-5.29", "iso-5.30"]),
    of(Cnil, "cnil-19", &["iso-5.24", "iso-5.25", "iso-5.26"]),
    of(Cnil, "cnil-20", &["iso-5.7"]),
    of(Cnil, "cnil-21", &["iso-8.24"]),
    of(Cnil, "cnil-22", &["iso-5.23"]),
    of(Cnil, "cnil-23", &["iso-8.26", "iso-8.28"]),
    of(Cnil, "cnil-24", &["iso-5.8"]),
    of(Cnil, "cnil-25", &["iso-8.26", "iso-8.3"]),
    of(Demand, "demand-1", &["iso-8.5", "iso-5.17"]),
    of(Demand, "demand-2", &["iso-8.12", "iso-8.15", "iso-8.16"]),
    of(Demand, "demand-3", &["iso-6.3", "iso-6.8"]),
    of(Demand, "demand-4", &["iso-5.19", "iso-5.20", "iso-5.22"]),
    of(Recyf, "recyf-1", &["iso-5.9", "iso-5.30"]),
    of(Recyf, "recyf-2", &["iso-5.1", "iso-5.2", "iso-5.4", "iso-5.5", "iso-5.31", "iso-5.36"]),
    of(Recyf, "recyf-3", &["iso-5.19", "iso-5.20", "iso-5.21", "iso-5.22"]),
    of(Recyf, "recyf-4", &["iso-5.10", "iso-5.11", "iso-5.16", "iso-5.17", "iso-5.18", "iso-6.2", "iso-6.3", "iso-6.5", "iso-6.6"]),
    of(Recyf, "recyf-5", &["iso-5.7", "iso-5.9", "iso-5.37", "iso-8.7", "iso-8.8", "iso-8.9", "iso-8.19"]),
    of(Recyf, "recyf-6", &["iso-5.15", "iso-7.1", "iso-7.2", "iso-7.3", "iso-7.4", "iso-7.6", "iso-7.7", "iso-7.8"]),
    of(Recyf, "recyf-7", &["iso-8.2", "iso-8.12", "iso-8.18", "iso-8.20", "iso-8.21", "iso-8.22", "iso-8.27"]),
    of(Recyf, "recyf-8", &["iso-5.17", "iso-6.7", "iso-7.9", "iso-8.1", "iso-8.5", "iso-8.24"]),
    of(Recyf, "recyf-9", &["iso-5.10", "iso-6.2", "iso-6.3", "iso-7.9", "iso-7.10", "iso-8.1", "iso-8.3", "iso-8.7", "iso-8.20", "iso-8.21", "iso-8.27"]),
    of(Recyf, "recyf-10", &["iso-5.15", "iso-5.16", "iso-5.17", "iso-5.18", "iso-8.3", "iso-8.5", "iso-8.18"]),
    of(Recyf, "recyf-11", &["iso-5.3", "iso-5.15", "iso-5.18", "iso-8.2", "iso-8.18"]),
    of(Recyf, "recyf-12", &["iso-5.20", "iso-5.24", "iso-5.25", "iso-5.26", "iso-5.27", "iso-5.28", "iso-6.8"]),
    of(Recyf, "recyf-13", &["iso-5.29", "iso-5.30", "iso-8.6", "iso-8.7", "iso-8.13"]),
    of(Recyf, "recyf-14", &["iso-5.20", "iso-5.24", "iso-5.26", "iso-5.30"]),
    of(Recyf, "recyf-15", &["iso-5.2", "iso-5.30", "iso-6.3"]),
    of(Recyf, "recyf-16", &["iso-5.2", "iso-5.31"]),
    of(Recyf, "recyf-17", &["iso-5.35", "iso-5.36", "iso-8.8", "iso-8.9"]),
    of(Recyf, "recyf-18", &["iso-8.9"]),
    of(Recyf, "recyf-19", &["iso-5.17", "iso-8.1", "iso-8.21", "iso-8.22", "iso-8.24", "iso-8.27"]),
    of(Recyf, "recyf-20", &["iso-5.19", "iso-5.28", "iso-8.15", "iso-8.16"]),
    of(Qualiopi, "qualiopi-1", &[]),
    of(Qualiopi, "qualiopi-2", &[]),
    of(Qualiopi, "qualiopi-3", &[]),
    of(Qualiopi, "qualiopi-4", &["iso-5.34"]),
    of(Qualiopi, "qualiopi-5", &[]),
    of(Qualiopi, "qualiopi-6", &[]),
    of(Qualiopi, "qualiopi-7", &[]),
    of(Qualiopi, "qualiopi-8", &["iso-5.34"]),
    of(Qualiopi, "qualiopi-9", &["iso-5.34"]),
    of(Qualiopi, "qualiopi-10", &["iso-5.33"]),
    of(Qualiopi, "qualiopi-11", &["iso-5.33"]),
    of(Qualiopi, "qualiopi-12", &["iso-5.33"]),
    of(Qualiopi, "qualiopi-13", &[]),
    of(Qualiopi, "qualiopi-14", &[]),
    of(Qualiopi, "qualiopi-15", &[]),
    of(Qualiopi, "qualiopi-16", &[]),
    of(Qualiopi, "qualiopi-17", &["iso-8.5", "iso-8.13"]),
    of(Qualiopi, "qualiopi-18", &["iso-5.2", "iso-5.18"]),
    of(Qualiopi, "qualiopi-19", &["iso-8.3"]),
    of(Qualiopi, "qualiopi-20", &[]),
    of(Qualiopi, "qualiopi-21", &["iso-6.3"]),
    of(Qualiopi, "qualiopi-22", &["iso-6.3"]),
    of(Qualiopi, "qualiopi-23", &["iso-5.31"]),
    of(Qualiopi, "qualiopi-24", &[]),
    of(Qualiopi, "qualiopi-25", &["iso-5.7"]),
    of(Qualiopi, "qualiopi-26", &["iso-5.34"]),
    of(Qualiopi, "qualiopi-27", &["iso-5.19", "iso-5.20"]),
    of(Qualiopi, "qualiopi-28", &[]),
    of(Qualiopi, "qualiopi-29", &[]),
    of(Qualiopi, "qualiopi-30", &[]),
    of(Qualiopi, "qualiopi-31", &["iso-5.24", "iso-5.26"]),
    of(Qualiopi, "qualiopi-32", &["iso-5.27"]),
    of(Clauses, "clause-4.1", &[]),
    of(Clauses, "clause-4.2", &[]),
    of(Clauses, "clause-4.3", &[]),
    of(Clauses, "clause-4.4", &[]),
    of(Clauses, "clause-5.1", &[]),
    of(Clauses, "clause-5.2", &[]),
    of(Clauses, "clause-5.3", &[]),
    of(Clauses, "clause-6.1.1", &[]),
    of(Clauses, "clause-6.1.2", &[]),
    of(Clauses, "clause-6.1.3", &[]),
    of(Clauses, "clause-6.2", &[]),
    of(Clauses, "clause-6.3", &[]),
    of(Clauses, "clause-7.1", &[]),
    of(Clauses, "clause-7.2", &[]),
    of(Clauses, "clause-7.3", &[]),
    of(Clauses, "clause-7.4", &[]),
    of(Clauses, "clause-7.5", &[]),
    of(Clauses, "clause-8.1", &[]),
    of(Clauses, "clause-8.2", &[]),
    of(Clauses, "clause-8.3", &[]),
    of(Clauses, "clause-9.1", &[]),
    of(Clauses, "clause-9.2", &[]),
    of(Clauses, "clause-9.3", &[]),
    of(Clauses, "clause-10.1", &[]),
    of(Clauses, "clause-10.2", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frameworks_have_their_requirements_and_map_to_controls_that_are_there() {
        let counts = [
            (Iso, 93),
            (Anssi, 42),
            (Cnil, 25),
            (Demand, 4),
            (Recyf, 20),
            (Qualiopi, 32),
        ];
        for (framework, count) in counts {
            assert_eq!(
                requirements(framework).count(),
                count,
                "{}",
                framework.code()
            );
        }
        for one in REQUIREMENTS {
            for control in one.controls {
                let known =
                    requirement(control).unwrap_or_else(|| panic!("{control} of {}", one.id));
                assert_eq!(known.framework, Iso);
            }
        }
        assert!(
            QUALIOPI_PROVEN
                .iter()
                .all(|id| requirement(id).is_some_and(|one| !one.controls.is_empty()))
        );
    }
}
