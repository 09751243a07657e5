//! What a record must hold before it may say that something is closed or accepted. Asked when a
//! record is saved, by a form, an import or a program; what was stored before stays readable, and
//! `contradictions` names it.

use digue_types::written::{self, Unwritten};
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
const CLIMATE: &str = "climate";

/// What a nonconformity needs to be closed (ISO/IEC 27001, 10.2).
const CLOSING: [&str; 4] = ["cause", "correction", "corrective-action", "evidence"];

/// The inputs of a management review (ISO/IEC 27001, 9.3.2 a to g), in its order, and what comes out
/// of it (9.3.3).
const REVIEW: [&str; 8] = [
    "actions",
    "issues",
    "parties",
    "performance",
    "feedback",
    "risks",
    "improvement",
    "decisions",
];

/// The years of a programme of audits, at most: the cycle of a certificate (ISO/IEC 17021-1, 9.1.3).
const PROGRAMME_YEARS_MAX: i16 = 3;

/// The faults of a record that says more than it holds.
pub(crate) fn faults(kind: RegisterKind, values: &Values) -> Vec<FieldFault> {
    let rules = RULES.iter().filter(|(of, _)| *of == kind);
    rules.flat_map(|(_, rule)| rule(values)).collect()
}

type ClosingRule = fn(&Values) -> Vec<FieldFault>;

/// The rules of the kinds that have one.
const RULES: [(RegisterKind, ClosingRule); 11] = [
    (RegisterKind::Finding, of_finding),
    (RegisterKind::Acceptance, |values| {
        not_beyond(values, ("accepted-on", "expires-on"), ACCEPTANCE_YEARS_MAX)
    }),
    (RegisterKind::AuditProgramme, |values| {
        not_beyond(values, ("starts-on", "ends-on"), PROGRAMME_YEARS_MAX)
    }),
    (RegisterKind::Objective, of_objective),
    (RegisterKind::Measurement, |values| {
        of_number(values, "value").into_iter().collect()
    }),
    (RegisterKind::Context, of_context),
    (RegisterKind::Review, of_review),
    (RegisterKind::RiskScale, of_scale),
    (RegisterKind::SigningDelegation, of_delegation),
    (RegisterKind::Dpia, of_dpia),
    (RegisterKind::EvidenceItem, of_link),
];

/// A review that says that it is signed holds what it was held about.
fn of_review(values: &Values) -> Vec<FieldFault> {
    if text(values, "signed-on").is_none() {
        return Vec::new();
    }
    let missing = missing_to_sign(RegisterKind::Review, values).into_iter();
    missing
        .map(|field| fault(field, FieldError::ToSign))
        .collect()
}

const fn fault(field: &'static str, unfit: FieldError) -> FieldFault {
    FieldFault { field, unfit }
}

/// The fields without which a record is not signed: a review says what it was held about.
pub fn missing_to_sign(kind: RegisterKind, values: &Values) -> Vec<&'static str> {
    let needed: &[&'static str] = if kind == RegisterKind::Review {
        &REVIEW
    } else {
        &[]
    };
    let is_missing = |field: &&&str| text(values, field).is_none();
    needed.iter().filter(is_missing).copied().collect()
}

/// A target is a number with a unit, to be reached from one side (6.2 b): "a lot" is none.
fn of_objective(values: &Values) -> Vec<FieldFault> {
    let missing = ["side", "unit"].into_iter();
    let missing = missing.filter(|field| text(values, field).is_none());
    let missing = missing.map(|field| fault(field, FieldError::Missing));
    of_number(values, "target")
        .into_iter()
        .chain(missing)
        .collect()
}

/// A blank field is reported where it is read.
fn of_number(values: &Values, field: &'static str) -> Option<FieldFault> {
    let unfit = match written::number(text(values, field)?) {
        Ok(number) if number.hundredths().is_some() => return None,
        Ok(_) | Err(Unwritten::Form) => FieldError::Decimal,
        Err(Unwritten::Ambiguous) => FieldError::Ambiguous,
    };
    Some(fault(field, unfit))
}

/// Whether climate change matters is determined, not only mentioned (4.1, amendment 1 of 2024).
fn of_context(values: &Values) -> Vec<FieldFault> {
    let is_climate = text(values, "about") == Some(CLIMATE);
    let is_open = is_climate && text(values, "relevant").is_none();
    is_open
        .then(|| fault("relevant", FieldError::Missing))
        .into_iter()
        .collect()
}

/// The levels follow each other, and the gravest risk is never low: its product is 4 at least.
fn of_scale(values: &Values) -> Vec<FieldFault> {
    let number = |field: &str| text(values, field)?.parse::<u32>().ok();
    let [Some(moderate), Some(high), Some(critical)] = ["moderate", "high", "critical"].map(number)
    else {
        return Vec::new();
    };
    let faults = [
        ("moderate", !(1..=4).contains(&moderate)),
        ("high", high <= moderate),
        ("critical", critical <= high || critical > 16),
    ];
    let found = faults.into_iter().filter(|(_, is_wrong)| *is_wrong);
    found
        .map(|(field, _)| fault(field, FieldError::Order))
        .collect()
}

/// Nobody stands in for themselves.
fn of_delegation(values: &Values) -> Vec<FieldFault> {
    let [giver, receiver] = ["giver", "receiver"].map(|field| text(values, field));
    let is_same = giver
        .is_some_and(|giver| receiver.is_some_and(|receiver| giver.eq_ignore_ascii_case(receiver)));
    is_same
        .then(|| fault("receiver", FieldError::OwnDelegate))
        .into_iter()
        .collect()
}

/// A link leads to a page, and runs nothing in the reader's browser.
fn of_link(values: &Values) -> Vec<FieldFault> {
    let is_page = |link: &str| link.starts_with("https://") || link.starts_with("http://");
    let is_other = text(values, "link").is_some_and(|link| !is_page(link) || link.contains(' '));
    is_other
        .then(|| fault("link", FieldError::Address))
        .into_iter()
        .collect()
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

/// The fault of a period that ends more than `years` after it began.
fn not_beyond(
    values: &Values,
    (from, to): (&'static str, &'static str),
    years: i16,
) -> Vec<FieldFault> {
    // A text that is not a day is reported where it is read.
    let day = |field: &str| text(values, field)?.parse::<Date>().ok();
    let (Some(first), Some(end)) = (day(from), day(to)) else {
        return Vec::new();
    };
    let is_too_long = end > first.saturating_add(years.years());
    is_too_long
        .then(|| fault(to, FieldError::Term))
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

    #[test]
    fn a_target_is_a_number_with_its_unit_and_its_side() {
        let objective = |target| [("target", target), ("unit", "%"), ("side", "at-least")];
        for target in ["95", "99,5", "0", "1 500"] {
            assert_eq!(
                found(RegisterKind::Objective, &objective(target)),
                [],
                "{target}"
            );
        }
        for target in ["beaucoup", "100 %", "60 s", "1 / 10 000"] {
            let expected = [("target", FieldError::Decimal)];
            let found = found(RegisterKind::Objective, &objective(target));
            assert_eq!(found, expected, "{target}");
        }
        let alone = [("target", "95")];
        assert_eq!(found(RegisterKind::Objective, &alone).len(), 2);
        let value = [("value", "beaucoup")];
        let expected = [("value", FieldError::Decimal)];
        assert_eq!(found(RegisterKind::Measurement, &value), expected);
    }

    #[test]
    fn a_review_is_not_signed_without_one_of_its_inputs() {
        let whole: Vec<(&str, &str)> = REVIEW.map(|field| (field, "Rien à signaler.")).into();
        let signed = |fields: &[(&'static str, &'static str)]| {
            [fields, &[("signed-on", "2026-11-30")]].concat()
        };
        assert_eq!(found(RegisterKind::Review, &signed(&whole)), []);
        for left_out in REVIEW {
            let rest = whole.iter().filter(|(field, _)| *field != left_out);
            let rest: Vec<_> = rest.copied().collect();
            let expected = [(left_out, FieldError::ToSign)];
            assert_eq!(found(RegisterKind::Review, &signed(&rest)), expected);
            assert_eq!(
                found(RegisterKind::Review, &rest),
                [],
                "while it is prepared"
            );
            assert_eq!(
                missing_to_sign(RegisterKind::Review, &values(&rest)),
                [left_out]
            );
        }
    }

    #[test]
    fn a_scale_has_its_levels_in_order_and_never_calls_the_gravest_low() {
        let scale = |moderate, high, critical| {
            [
                ("moderate", moderate),
                ("high", high),
                ("critical", critical),
            ]
        };
        assert_eq!(found(RegisterKind::RiskScale, &scale("4", "8", "12")), []);
        for (moderate, high, critical, wrong) in [
            ("5", "8", "12", "moderate"),
            ("0", "8", "12", "moderate"),
            ("4", "4", "12", "high"),
            ("4", "8", "8", "critical"),
            ("4", "8", "17", "critical"),
        ] {
            let found = found(RegisterKind::RiskScale, &scale(moderate, high, critical));
            assert_eq!(found, [(wrong, FieldError::Order)]);
        }
    }

    #[test]
    fn climate_is_decided_delegates_are_others_and_links_are_pages() {
        let climate = [("about", "climate")];
        let expected = [("relevant", FieldError::Missing)];
        assert_eq!(found(RegisterKind::Context, &climate), expected);
        assert_eq!(found(RegisterKind::Context, &[("about", "internal")]), []);
        let own = [("giver", "Directrice"), ("receiver", "directrice")];
        let expected = [("receiver", FieldError::OwnDelegate)];
        assert_eq!(found(RegisterKind::SigningDelegation, &own), expected);
        let four = [("starts-on", "2026-01-01"), ("ends-on", "2029-01-02")];
        let expected = [("ends-on", FieldError::Term)];
        assert_eq!(found(RegisterKind::AuditProgramme, &four), expected);
        for link in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//x",
            "https://a b",
        ] {
            let expected = [("link", FieldError::Address)];
            assert_eq!(
                found(RegisterKind::EvidenceItem, &[("link", link)]),
                expected
            );
        }
        let page = [("link", "https://ged.exemple.fr/12")];
        assert_eq!(found(RegisterKind::EvidenceItem, &page), []);
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
