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
}
