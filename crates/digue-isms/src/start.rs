//! The first hour: ten plain questions, and the management system that follows from the answers.
//!
//! Texts are in the locales (`seed-risk-stolen-account`, `seed-measure-passkeys`): records are
//! written in the language of the user who answers, and can be changed like any other.

use crate::check::Check;
use crate::kinds::CheckFigure::{self, Failing, ShareFailing, ShareRight, Value};
use crate::kinds::TargetSide::{self, AtLeast, AtMost};
use crate::kinds::{Likelihood, RiskGravity};
use crate::seeds::{MEASURES, RISKS};

pub use crate::answers::{Answers, Bond, Data, Hosting, Owner, People, Who};
pub use crate::seeds::{SeedMeasure, SeedRisk, reason};

/// An objective of the first hour: what its check measures, against a number.
#[derive(Clone, Copy, Debug)]
pub struct SeedObjective {
    pub code: &'static str,
    pub side: TargetSide,
    pub target: &'static str,
    /// The key of its unit.
    pub unit: &'static str,
    pub check: Check,
    pub figure: CheckFigure,
}

const fn objective(
    code: &'static str,
    (side, target, unit): (TargetSide, &'static str, &'static str),
    check: Check,
    figure: CheckFigure,
) -> SeedObjective {
    SeedObjective {
        code,
        side,
        target,
        unit,
        check,
        figure,
    }
}

#[rustfmt::skip]
pub const OBJECTIVES: [SeedObjective; 9] = [
    objective("passkeys", (AtLeast, "100", "seed-unit-percent"), Check::Passkeys, ShareRight),
    objective("awareness", (AtLeast, "90", "seed-unit-percent"), Check::Awareness, ShareRight),
    objective("reviews", (AtLeast, "100", "seed-unit-percent"), Check::RightsReviews, ShareRight),
    objective("late", (AtMost, "0", "seed-unit-measures"), Check::MeasuresLate, Failing),
    objective("containment", (AtMost, "60", "seed-unit-seconds"), Check::Containment, Value),
    objective("decided", (AtMost, "0", "seed-unit-findings"), Check::FindingsDecided, Failing),
    objective("false-alarms", (AtMost, "10", "seed-unit-account-days"), Check::FalseAlarms, Value),
    objective("uninspected", (AtMost, "1", "seed-unit-percent"), Check::Uninspected, ShareFailing),
    objective("documents", (AtLeast, "100", "seed-unit-percent"), Check::DocumentsCurrent, ShareRight),
];

/// The measures that fit the answers, the most urgent first.
pub fn measures(answers: &Answers) -> Vec<&'static SeedMeasure> {
    let mut fitting: Vec<&SeedMeasure> = MEASURES
        .iter()
        .filter(|measure| measure.fits(answers))
        .collect();
    fitting.sort_by_key(|measure| (measure.priority, measure.days));
    fitting
}

/// The twelve risks, with likelihood and gravity adapted to the answers.
pub fn risks(answers: &Answers) -> Vec<SeedRisk> {
    let graver = answers.has_sensitive() || answers.people == People::Most;
    let adapted = RISKS.iter().map(|risk| {
        let mut risk = *risk;
        if graver && risk.gravity == RiskGravity::G3 {
            risk.gravity = RiskGravity::G4;
        }
        // Without a portal of its own, the organisation cannot lose everyone's records at once:
        // mass reading is for the portal's operator to stop.
        if !answers.has_portal && risk.likelihood == Likelihood::V4 {
            risk.likelihood = Likelihood::V3;
        }
        // With fewer than ten people, every role depends on one person.
        if answers.is_small() && risk.code == "key-person" {
            risk.likelihood = Likelihood::V4;
        }
        risk
    });
    adapted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Priority;

    fn answers(who: Who, has_portal: bool, people: People) -> Answers {
        Answers {
            name: "Essai".to_owned(),
            who,
            has_portal,
            has_partners: has_portal,
            people,
            data: vec![Data::Identity, Data::Nir],
            head: "Camille".to_owned(),
            ciso: String::new(),
            dpo: "Dominique".to_owned(),
            hosting: Hosting::Both,
            bonds: vec![Bond::Qualiopi],
        }
    }

    #[test]
    fn an_operator_begins_with_all_and_five_people_with_what_is_theirs() {
        let operator = measures(&answers(Who::Operator, true, People::Many));
        let small = measures(&answers(Who::Training, false, People::Few));
        assert!((45..=60).contains(&operator.len()), "{}", operator.len());
        assert!((30..=48).contains(&small.len()), "{}", small.len());
        assert_eq!(risks(&answers(Who::Training, false, People::Few)).len(), 12);
        // The most urgent measures come first, and each has an owner.
        assert!(
            small[..3]
                .iter()
                .all(|measure| measure.priority == Priority::P1)
        );
        assert_eq!(
            answers(Who::Training, false, People::Few).owner(Owner::Ciso),
            "Camille"
        );
    }

    #[test]
    fn each_of_the_93_controls_has_a_reason_of_its_own() {
        use crate::kinds::Inclusion;
        let reasons = crate::framework::controls().map(|control| reason(control.id));
        let reasons: Vec<Inclusion> = reasons.collect();
        assert_eq!(reasons.len(), 93);
        for wanted in Inclusion::ALL {
            assert!(reasons.contains(wanted), "{wanted:?}");
        }
        assert_eq!(reason("iso-8.15"), Inclusion::Legal);
        assert_eq!(reason("iso-5.23"), Inclusion::Contract);
    }

    #[test]
    fn seeds_name_measures_and_requirements_that_are_there() {
        for risk in RISKS {
            for code in risk.measures {
                assert!(
                    MEASURES.iter().any(|measure| measure.code == *code),
                    "{code} of {}",
                    risk.code
                );
            }
        }
        for measure in MEASURES {
            for id in measure.requirements {
                assert!(
                    crate::framework::requirement(id).is_some(),
                    "{id} of {}",
                    measure.code
                );
            }
        }
    }
}
