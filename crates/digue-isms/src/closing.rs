//! What a record must hold before it may say that something is closed or accepted. Asked when a
//! record is saved, by a form, an import or a program; what was stored before stays readable, and
//! `contradictions` names it.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::field::{FieldError, FieldFault, Values};
use crate::register_kind::RegisterKind;

/// The longest acceptance of a risk, in years: the longest validity of a homologation decision
/// (décret 2010-112, RGS). A decision without an end is none.
const ACCEPTANCE_YEARS_MAX: i16 = 3;

/// The codes of findings that are nonconformities, and of a correction without effect, as they are
/// stored: the kinds are built on this module.
const NONCONFORMITIES: [&str; 2] = ["major", "minor"];
const WITHOUT_EFFECT: &str = "not-effective";

/// What a nonconformity needs to be closed (ISO/IEC 27001, 10.2).
const CLOSING: [&str; 4] = ["cause", "correction", "corrective-action", "evidence"];

/// The faults of a record that says more than it holds.
pub(crate) fn faults(kind: RegisterKind, values: &Values) -> Vec<FieldFault> {
    if kind == RegisterKind::Finding {
        of_finding(values)
    } else if kind == RegisterKind::Acceptance {
        of_acceptance(values)
    } else if kind == RegisterKind::Dpia {
        of_dpia(values)
    } else {
        Vec::new()
    }
}

/// The fields that a closed nonconformity lacks; empty for any other finding.
pub(crate) fn missing_to_close(values: &Values) -> Vec<&'static str> {
    let is_nonconformity =
        text(values, "about").is_some_and(|about| NONCONFORMITIES.contains(&about));
    if !is_nonconformity || text(values, "closed-on").is_none() {
        return Vec::new();
    }
    let is_missing = |field: &&str| text(values, field).is_none();
    let mut missing: Vec<&'static str> = CLOSING.into_iter().filter(is_missing).collect();
    // Verified already, or on a day that is set: whether a correction holds shows later.
    if is_missing(&"effect") && is_missing(&"effect-on") {
        missing.push("effect-on");
    }
    missing
}

fn of_finding(values: &Values) -> Vec<FieldFault> {
    let fault = |field, unfit| FieldFault { field, unfit };
    let missing = missing_to_close(values).into_iter();
    let mut faults: Vec<FieldFault> = missing
        .map(|field| fault(field, FieldError::ToClose))
        .collect();
    let is_closed = text(values, "closed-on").is_some();
    if is_closed && text(values, "effect") == Some(WITHOUT_EFFECT) {
        faults.push(fault("closed-on", FieldError::NotEffective));
    }
    faults
}

fn of_acceptance(values: &Values) -> Vec<FieldFault> {
    // A text that is not a day is reported where it is read.
    let day = |field: &str| text(values, field)?.parse::<Date>().ok();
    let (Some(from), Some(to)) = (day("accepted-on"), day("expires-on")) else {
        return Vec::new();
    };
    let last = from.saturating_add(ACCEPTANCE_YEARS_MAX.years());
    let is_too_long = to > last;
    let field = "expires-on";
    let unfit = FieldError::Term;
    is_too_long
        .then_some(FieldFault { field, unfit })
        .into_iter()
        .collect()
}

/// Needs of which an assessment is made; the others are a reasoned refusal to make one.
const ASSESSED: [&str; 2] = ["needed", "listed"];

/// What a signed decision rests on, whatever it is: GDPR 35(2) asks for the officer's opinion.
const DECIDED: [&str; 6] = [
    "dpo-opinion",
    "dpo-words",
    "dpo-name",
    "dpo-on",
    "decision",
    "decided-on",
];

/// What an assessment holds (35(7)), beside its risks, its measures and the persons' views.
const ASSESSMENT: [&str; 4] = ["description", "necessity", "rights", "high-residual"];

/// Either of two fields: what is not there has its reason (35(9)), or is said in words.
const EITHER: [(&str, &str); 2] = [("views", "views-reason"), ("risks", "risk-words")];

/// The faults of an impact assessment that names who decides it.
fn of_dpia(values: &Values) -> Vec<FieldFault> {
    if text(values, "decided-by").is_none() {
        return Vec::new();
    }
    let is_missing = |field: &&str| text(values, field).is_none();
    let mut missing: Vec<&'static str> = DECIDED.into_iter().filter(is_missing).collect();
    let is_assessed = text(values, "need").is_some_and(|need| ASSESSED.contains(&need));
    if is_assessed {
        missing.extend(ASSESSMENT.into_iter().filter(is_missing));
        let neither =
            |(one, other): &(&'static str, &'static str)| is_missing(one) && is_missing(other);
        missing.extend(EITHER.into_iter().filter(neither).map(|(one, _)| one));
    } else if is_missing(&"need-reason") {
        missing.push("need-reason");
    }
    // A high residual risk goes to the authority before the processing starts (36(1)).
    let proceeds = text(values, "decision").is_some_and(|one| one.starts_with("proceed"));
    let is_high = text(values, "high-residual") == Some("yes");
    if proceeds && is_high && is_missing(&"consulted-on") {
        missing.push("consulted-on");
    }
    let to_sign = missing.into_iter().map(|field| FieldFault {
        field,
        unfit: FieldError::ToSign,
    });
    let mut faults: Vec<FieldFault> = to_sign.collect();
    // An opinion after the decision advised nobody. A text that is no day is reported where it is read.
    let day = |field: &str| text(values, field)?.parse::<Date>().ok();
    if let (Some(opinion), Some(decision)) = (day("dpo-on"), day("decided-on"))
        && decision < opinion
    {
        let (field, unfit) = ("decided-on", FieldError::Backwards);
        faults.push(FieldFault { field, unfit });
    }
    faults
}

/// The first text of a field; `None` where it is blank.
fn text<'v>(values: &'v Values, field: &str) -> Option<&'v str> {
    let text = values.get(field)?.first()?.trim();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(fields: &[(&str, &str)]) -> Values {
        let one = |(field, text): &(&str, &str)| ((*field).to_owned(), vec![(*text).to_owned()]);
        fields.iter().map(one).collect()
    }

    fn found(kind: RegisterKind, fields: &[(&str, &str)]) -> Vec<(&'static str, FieldError)> {
        let faults = faults(kind, &values(fields)).into_iter();
        faults.map(|one| (one.field, one.unfit)).collect()
    }

    const WHOLE: [(&str, &str); 7] = [
        ("about", "major"),
        ("cause", "Personne ne relisait."),
        ("correction", "Corrigé."),
        ("corrective-action", "Relu chaque mois."),
        ("evidence", "Compte rendu du 3 mars."),
        ("closed-on", "2026-03-03"),
        ("effect-on", "2026-06-03"),
    ];

    #[test]
    fn a_nonconformity_closes_with_everything_that_10_2_asks() {
        assert_eq!(found(RegisterKind::Finding, &WHOLE), []);
        for left_out in [
            "cause",
            "correction",
            "corrective-action",
            "evidence",
            "effect-on",
        ] {
            let rest = WHOLE.into_iter().filter(|(field, _)| *field != left_out);
            let rest: Vec<_> = rest.collect();
            let expected = [(left_out, FieldError::ToClose)];
            assert_eq!(found(RegisterKind::Finding, &rest), expected, "{left_out}");
            // While it is open, nothing is missing.
            let open: Vec<_> = rest
                .into_iter()
                .filter(|one| one.0 != "closed-on")
                .collect();
            assert_eq!(found(RegisterKind::Finding, &open), [], "{left_out}");
        }
        let blank = [
            ("about", "minor"),
            ("closed-on", "2026-03-03"),
            ("cause", "  "),
        ];
        assert_eq!(found(RegisterKind::Finding, &blank).len(), 5);
        let practice = [("about", "good-practice"), ("closed-on", "2026-03-03")];
        assert_eq!(found(RegisterKind::Finding, &practice), []);
        let mut failed = WHOLE.to_vec();
        failed.push(("effect", "not-effective"));
        let expected = [("closed-on", FieldError::NotEffective)];
        assert_eq!(found(RegisterKind::Finding, &failed), expected);
    }

    #[test]
    fn a_risk_is_accepted_for_three_years_at_most() {
        let until = |day| [("accepted-on", "2026-11-29"), ("expires-on", day)];
        assert_eq!(found(RegisterKind::Acceptance, &until("2029-11-29")), []);
        for day in ["2029-11-30", "2126-11-29"] {
            let expected = [("expires-on", FieldError::Term)];
            assert_eq!(
                found(RegisterKind::Acceptance, &until(day)),
                expected,
                "{day}"
            );
        }
    }

    const DECIDED_DPIA: [(&str, &str); 14] = [
        ("need", "needed"),
        ("description", "Un portail de dossiers."),
        ("necessity", "Rien de moins ne suffit."),
        ("rights", "Information, accès, effacement."),
        ("risk-words", "Vol d'un compte."),
        ("views", "Les représentants ont été entendus."),
        ("high-residual", "no"),
        ("dpo-opinion", "favourable"),
        ("dpo-words", "Avis favorable."),
        ("dpo-name", "C. Martin"),
        ("dpo-on", "2026-11-02"),
        ("decision", "proceed"),
        ("decided-on", "2026-11-03"),
        ("decided-by", "direction"),
    ];

    #[test]
    fn no_assessment_is_signed_without_the_officers_opinion_and_what_the_law_asks() {
        assert_eq!(found(RegisterKind::Dpia, &DECIDED_DPIA), []);
        for left_out in DECIDED_DPIA {
            let rest: Vec<_> = DECIDED_DPIA
                .into_iter()
                .filter(|one| *one != left_out)
                .collect();
            let asked = found(RegisterKind::Dpia, &rest);
            match left_out.0 {
                // Nobody signs: nothing is asked yet.
                "decided-by" => assert_eq!(asked, []),
                // What is not said to be needed is refused with a reason.
                "need" => assert_eq!(asked, [("need-reason", FieldError::ToSign)]),
                "risk-words" => assert_eq!(asked, [("risks", FieldError::ToSign)]),
                field => assert_eq!(asked, [(field, FieldError::ToSign)], "{field}"),
            }
        }
    }

    #[test]
    fn a_high_residual_risk_is_consulted_on_and_the_opinion_comes_first() {
        let with = |changed: &[(&'static str, &'static str)]| {
            let kept = DECIDED_DPIA.into_iter();
            let kept = kept.filter(|(field, _)| changed.iter().all(|(other, _)| other != field));
            let all: Vec<_> = kept.chain(changed.iter().copied()).collect();
            found(RegisterKind::Dpia, &all)
        };
        let high = ("high-residual", "yes");
        assert_eq!(with(&[high]), [("consulted-on", FieldError::ToSign)]);
        assert_eq!(with(&[high, ("consulted-on", "2026-11-02")]), []);
        assert_eq!(with(&[high, ("decision", "stop")]), []);
        let late = ("dpo-on", "2026-11-04");
        assert_eq!(with(&[late]), [("decided-on", FieldError::Backwards)]);
        // A refusal to make one needs its reason and the opinion, and no assessment.
        let refused = [("need", "not-needed"), ("description", ""), ("views", "")];
        assert_eq!(with(&refused), [("need-reason", FieldError::ToSign)]);
    }
}
