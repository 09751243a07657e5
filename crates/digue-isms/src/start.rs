//! The first hour: ten plain questions, and the management system that follows from the answers.
//!
//! Texts are in the locales (`seed-risk-stolen-account`, `seed-measure-passkeys`): records are
//! written in the language of the user who answers, and can be changed like any other.

use crate::check::Check;
use crate::kinds::{Likelihood, RiskGravity};
use crate::seeds::{MEASURES, RISKS};

pub use crate::answers::{Answers, Bond, Data, Hosting, Owner, People, Who};
pub use crate::seeds::{SeedMeasure, SeedRisk};

/// The objectives of the first hour: code, target and the check that measures it.
pub const OBJECTIVES: [(&str, &str, Check); 9] = [
    ("passkeys", "100 %", Check::Passkeys),
    ("awareness", "90 %", Check::Awareness),
    ("reviews", "100 %", Check::RightsReviews),
    ("late", "0", Check::MeasuresLate),
    ("containment", "60 s", Check::Containment),
    ("decided", "24 h", Check::FindingsDecided),
    ("false-alarms", "1 / 10 000", Check::FalseAlarms),
    ("uninspected", "1 %", Check::Uninspected),
    ("documents", "100 %", Check::DocumentsCurrent),
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
