//! Invariants of the object model as time moves forward: what is declared stays, what is computed
//! changes by itself.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod continuity;
mod governance;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use digue_isms::calendar;
use digue_isms::capacity::Capacity;
use digue_isms::check::{Check, CheckOutcome, CheckResult, DisabledCheck, Measurement};
use digue_isms::contradictions::{ContradictionKind, contradictions};
use digue_isms::field::FieldError;
use digue_isms::kinds::{Likelihood, Measure, RegisterKind, Risk, RiskGravity, RiskLevel, place};
use digue_isms::register::{RegisterIntegrity, RegisterRecord as _, UnreadableRecord};
use digue_isms::risk_scale::ScaleInForce;
use digue_isms::signatures::{GivenSignature, SignatureState, UnprovenSignature, signed};
use digue_isms::standing::{CheckStatement, MeasureState, MeasuredState, Measurements};
use digue_isms::statement::{Implementation, statement};
use digue_isms::{FieldFault, FieldShape, Registers, Revision, Values};
use digue_types::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const NOON: Timestamp = Timestamp::from_secs(1_763_812_800);

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn on(text: &str) -> Measurements {
    let days = day("2025-11-22").until(day(text)).unwrap().get_days();
    let shift = Duration::from_hours(24 * u64::from(days.unsigned_abs()));
    let at = if days < 0 {
        NOON.minus(shift)
    } else {
        NOON.plus(shift)
    };
    Measurements {
        at,
        today: day(text),
    }
}

fn revision(kind: RegisterKind, id: &str, number: u32, fields: &[(&str, &str)]) -> Revision {
    let values: Values = fields
        .iter()
        .map(|(field, value)| ((*field).to_owned(), vec![(*value).to_owned()]))
        .collect();
    let values = kind
        .checked(&values)
        .unwrap_or_else(|faults| panic!("{id}: {faults:?}"));
    Revision {
        kind,
        id: id.to_owned(),
        number,
        at: NOON,
        by: "rssi".to_owned(),
        is_over: false,
        hash: format!("{id} {number}"),
        values,
    }
}

fn measure(id: &str, more: &[(&str, &str)]) -> Revision {
    let usual = [
        ("title", "Clés d'accès"),
        ("priority", "p1"),
        ("declared", "to-do"),
    ];
    let fields: Vec<(&str, &str)> = usual
        .into_iter()
        .filter(|(known, _)| !more.iter().any(|(field, _)| field == known))
        .chain(more.iter().copied())
        .collect();
    revision(RegisterKind::Measure, id, 1, &fields)
}

fn result(check: Check, outcome: CheckOutcome, at: Timestamp) -> (Check, CheckResult) {
    let result = CheckResult {
        check,
        at,
        outcome,
        found: Measurement::of(10, Vec::new()),
        journal_size: 1,
        journal_root: "r".to_owned(),
        version: "v".to_owned(),
    };
    (check, result)
}

fn measured(results: impl IntoIterator<Item = (Check, CheckResult)>) -> MeasuredState {
    MeasuredState {
        results: results.into_iter().collect(),
        disabled: BTreeMap::new(),
    }
}

fn standing(registers: &Registers, measured: &MeasuredState, now: Measurements) -> MeasureState {
    registers.read::<Measure>().entries[0]
        .record
        .standing(measured, now)
}

#[test]
fn a_measure_turns_red_by_itself_and_its_penalty_grows() {
    let registers = Registers::new([measure(
        "ME-1",
        &[("due", "2025-12-01"), ("penalty", "5000")],
    )]);
    let one = &registers.read::<Measure>().entries[0].record;
    let nothing = MeasuredState::default();
    assert_eq!(
        one.standing(&nothing, on("2025-12-01")),
        MeasureState::Coming
    );
    assert_eq!(one.standing(&nothing, on("2025-12-02")), MeasureState::Late);
    assert_eq!(one.overdue_days(on("2026-03-01")), 90);
    assert_eq!(one.penalty_due(on("2026-03-01")), 450_000);
    let due = calendar::due(&registers, on("2026-03-01"));
    assert_eq!((due[0].days_late, due[0].euros), (90, 450_000));
}

#[test]
fn an_injunction_done_late_keeps_its_penalty() {
    let owed = |fields: &[(&'static str, &'static str)]| {
        let fields = [&[("due", "2025-12-01"), ("penalty", "5000")], fields].concat();
        let registers = Registers::new([measure("ME-1", &fields)]);
        registers.read::<Measure>().entries[0]
            .record
            .penalty_due(on("2026-03-01"))
    };
    assert_eq!(
        owed(&[("declared", "in-place"), ("declared-on", "2025-12-11")]),
        50_000,
        "ten days late"
    );
    assert_eq!(
        owed(&[("declared", "in-place"), ("declared-on", "2025-11-30")]),
        0,
        "done in time"
    );
    assert_eq!(
        owed(&[("declared", "in-place")]),
        450_000,
        "without the day it was done"
    );
    assert_eq!(
        owed(&[("declared", "dropped")]),
        450_000,
        "dropping a measure stops nothing"
    );
}

#[test]
fn in_place_is_green_only_as_long_as_a_fresh_check_says_so() {
    let registers = Registers::new([measure(
        "ME-1",
        &[("declared", "in-place"), ("checks", "passkeys, lockout")],
    )]);
    let now = on("2025-11-22");
    let pass = |at| {
        [
            result(Check::Passkeys, CheckOutcome::Pass, at),
            result(Check::Lockout, CheckOutcome::Pass, at),
        ]
    };
    assert_eq!(
        standing(&registers, &MeasuredState::default(), now),
        MeasureState::Unproven
    );
    assert_eq!(
        standing(&registers, &measured(pass(NOON)), now),
        MeasureState::Proven
    );
    // Three days later, without another run, it is no longer green.
    assert_eq!(
        standing(&registers, &measured(pass(NOON)), on("2025-11-25")),
        MeasureState::Unproven
    );
    let mut one_fails = pass(NOON);
    one_fails[1].1.outcome = CheckOutcome::Fail;
    assert_eq!(
        standing(&registers, &measured(one_fails), now),
        MeasureState::Contradicted
    );
    let mut one_did_not_run = pass(NOON);
    one_did_not_run[0].1.outcome = CheckOutcome::NotRun;
    assert_eq!(
        standing(&registers, &measured(one_did_not_run), now),
        MeasureState::Unproven
    );
}

#[test]
fn a_disabled_check_shows_on_every_line_that_it_fed_until_its_end() {
    let mut known = measured([result(
        Check::Passkeys,
        CheckOutcome::Pass,
        on("2025-11-23").at,
    )]);
    let disabled = DisabledCheck {
        by: "rssi".to_owned(),
        reason: "migration".to_owned(),
        until: on("2025-11-23").at,
    };
    known.disabled.insert(Check::Passkeys, disabled);
    let lines = statement(&Registers::default(), &known, on("2025-11-22"));
    let fed: Vec<&str> = lines
        .iter()
        .filter(|line| {
            line.checks
                .contains(&(Check::Passkeys, CheckStatement::Disabled))
        })
        .map(|line| line.control.id)
        .collect();
    assert_eq!(fed, ["iso-5.17", "iso-8.5"]);
    assert_eq!(
        known.says(Check::Passkeys, on("2025-11-24")),
        CheckStatement::Pass,
        "it ends by itself"
    );
}

#[test]
fn the_statement_has_ninety_three_lines_and_follows_the_checks() {
    let registers = Registers::new([
        measure(
            "ME-1",
            &[
                ("declared", "in-place"),
                ("requirements", "iso-8.17"),
                ("checks", "clock-drift"),
            ],
        ),
        revision(
            RegisterKind::Applicability,
            "AP-1",
            1,
            &[
                ("requirement", "iso-8.30"),
                ("applies", "no"),
                ("exclusion", "aucun développement externalisé"),
            ],
        ),
    ]);
    let now = on("2025-11-22");
    let of = |known: &MeasuredState, id: &str| {
        let lines = statement(&registers, known, now);
        assert_eq!(lines.len(), 93);
        lines
            .into_iter()
            .find(|line| line.control.id == id)
            .unwrap()
            .implementation
    };
    let passing = measured([result(Check::ClockDrift, CheckOutcome::Pass, NOON)]);
    let failing = measured([result(Check::ClockDrift, CheckOutcome::Fail, NOON)]);
    assert_eq!(of(&passing, "iso-8.17"), Implementation::Measured);
    assert_eq!(of(&failing, "iso-8.17"), Implementation::Failing);
    assert_eq!(
        of(&MeasuredState::default(), "iso-8.17"),
        Implementation::Declared
    );
    assert_eq!(of(&passing, "iso-8.30"), Implementation::NotApplicable);
    assert_eq!(of(&passing, "iso-7.1"), Implementation::Nothing);
    // A failing check outweighs any declaration, with or without a measure.
    let failing = measured([result(Check::Passkeys, CheckOutcome::Fail, NOON)]);
    assert_eq!(of(&failing, "iso-8.5"), Implementation::Failing);
}

fn risk(more: &[(&str, &str)]) -> Revision {
    let usual = [
        ("title", "Compte volé"),
        ("likelihood", "4"),
        ("gravity", "4"),
    ];
    let fields: Vec<(&str, &str)> = usual.into_iter().chain(more.iter().copied()).collect();
    revision(RegisterKind::Risk, "RI-1", 1, &fields)
}

fn acceptance() -> Revision {
    revision(
        RegisterKind::Acceptance,
        "AC-1",
        1,
        &[
            ("risk", "RI-1"),
            ("residual-likelihood", "2"),
            ("residual-gravity", "3"),
            ("justification", "coût hors de proportion"),
            ("approver", "RSSI"),
            ("accepted-on", "2025-11-22"),
            ("expires-on", "2026-11-22"),
        ],
    )
}

/// With the signature of the acceptance, wherever it is among them.
fn wrongs(revisions: Vec<Revision>, now: Measurements) -> Vec<ContradictionKind> {
    let signed = signature("AC-1", "1", "rssi");
    let registers = Registers::new(revisions.into_iter().chain([signed]));
    contradictions(&registers, &MeasuredState::default(), now)
        .into_iter()
        .map(|one| one.wrong)
        .collect()
}

#[test]
fn an_acceptance_goes_stale_with_time_and_when_its_risk_changes() {
    let accepted = [
        ("treatment", "accept"),
        ("residual-likelihood", "2"),
        ("residual-gravity", "3"),
        ("measures", "ME-1"),
    ];
    let done = || {
        measure(
            "ME-1",
            &[("declared", "in-place"), ("evidence", "contrat signé")],
        )
    };
    let before = vec![risk(&accepted), acceptance(), done()];
    assert_eq!(wrongs(before.clone(), on("2026-11-22")), []);
    assert_eq!(
        wrongs(before, on("2026-11-23")),
        [ContradictionKind::AcceptanceExpired]
    );
    let graver = [
        ("treatment", "accept"),
        ("residual-likelihood", "2"),
        ("residual-gravity", "4"),
        ("measures", "ME-1"),
    ];
    assert_eq!(
        wrongs(vec![risk(&graver), acceptance(), done()], on("2026-01-01")),
        [ContradictionKind::AcceptanceChanged]
    );
    assert_eq!(
        wrongs(vec![risk(&accepted), done()], on("2026-01-01")),
        [ContradictionKind::NotAccepted]
    );
}

/// The acceptance, naming an approver other than its author.
fn accepted_by(approver: &str) -> Revision {
    let mut acceptance = acceptance();
    acceptance
        .values
        .insert("approver".to_owned(), vec![approver.to_owned()]);
    acceptance
}

/// A signature of the revision that `revision` makes with this id and number.
fn signature(of: &str, number: &str, by: &str) -> Revision {
    signature_of(of, number, by, &format!("{of} {number}"))
}

fn signature_of(of: &str, number: &str, by: &str, hash: &str) -> Revision {
    let fields = [
        ("record", of),
        ("revision", number),
        ("signed-on", "2026-01-02"),
        ("capacity", "auditor"),
        ("content", hash),
    ];
    Revision {
        by: by.to_owned(),
        ..revision(RegisterKind::Signature, "SI-1", 1, &fields)
    }
}

/// What is said of an acceptance beside these records, compared with this result.
fn said(
    acceptance: Revision,
    others: Vec<Revision>,
    integrity: Option<RegisterIntegrity>,
) -> Option<SignatureState> {
    let registers = Registers::new(others.into_iter().chain([acceptance.clone()]));
    let registers = match integrity {
        Some(integrity) => registers.compared(integrity),
        None => registers,
    };
    signed(&registers, &acceptance)
}

fn intact() -> Option<RegisterIntegrity> {
    Some(RegisterIntegrity::default())
}

#[test]
fn a_name_that_is_typed_is_no_signature() {
    let of = |acceptance, others| said(acceptance, others, intact());
    assert_eq!(
        of(acceptance(), Vec::new()),
        Some(SignatureState::Typed),
        "an author who writes their own name has not signed"
    );
    for approver in ["la direction", "directrice", "Camille Martin", "@", "rssi2"] {
        assert_eq!(
            of(accepted_by(approver), Vec::new()),
            Some(SignatureState::Typed),
            "{approver}"
        );
    }
    let signed_by = |account: &str| vec![signature("AC-1", "1", account)];
    let Some(SignatureState::Signed(given)) =
        of(accepted_by("Directrice"), signed_by("directrice"))
    else {
        panic!("the named account signed")
    };
    assert_eq!(
        given,
        GivenSignature {
            account: "directrice".to_owned(),
            at: NOON,
            capacity: Some(Capacity::Auditor),
            content: Some("AC-1 1".to_owned()),
            on_behalf: None,
            fields: String::new(),
        }
    );
    let of_another = vec![signature("AC-2", "1", "directrice")];
    let further = Revision {
        number: 2,
        ..accepted_by("directrice")
    };
    for (acceptance, others, why) in [
        (accepted_by("directrice"), signed_by("rssi"), "by another"),
        (accepted_by("directrice"), of_another, "of another record"),
        (further, signed_by("directrice"), "of an earlier revision"),
    ] {
        assert_eq!(of(acceptance, others), Some(SignatureState::Typed), "{why}");
    }
    assert_eq!(signed(&Registers::new([]), &measure("ME-1", &[])), None);
}

#[test]
fn a_signature_is_confirmed_contradicted_or_neither() {
    let signed = || vec![signature("AC-1", "1", "directrice")];
    let without_hash = || {
        let mut old = signature("AC-1", "1", "directrice");
        old.values.remove("content");
        old.values.remove("capacity");
        vec![old]
    };
    let of = |others, integrity| said(accepted_by("directrice"), others, integrity).unwrap();
    let ids = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let differing = |names: &[&str]| {
        Some(RegisterIntegrity {
            differing: ids(names),
            ..RegisterIntegrity::default()
        })
    };
    let older = |names: &[&str]| {
        Some(RegisterIntegrity {
            older: ids(names),
            ..RegisterIntegrity::default()
        })
    };
    let other = vec![signature_of("AC-1", "1", "directrice", "what was shown")];
    for broken in [
        of(other.clone(), intact()),
        of(other, None),
        of(signed(), differing(&["AC-1"])),
        of(signed(), differing(&["SI-1"])),
        of(without_hash(), differing(&["AC-1"])),
    ] {
        assert!(matches!(broken, SignatureState::Broken(_)), "{broken:?}");
        assert!(!broken.stands());
    }
    for (state, expected, stands) in [
        (
            of(without_hash(), intact()),
            UnprovenSignature::ContentNotRecorded,
            true,
        ),
        (
            of(signed(), older(&["AC-1"])),
            UnprovenSignature::Older,
            true,
        ),
        (
            of(signed(), older(&["SI-1"])),
            UnprovenSignature::Older,
            true,
        ),
        (of(signed(), None), UnprovenSignature::NotCompared, false),
    ] {
        assert!(
            matches!(state, SignatureState::Unproven(_, why) if why == expected),
            "{state:?}"
        );
        assert_eq!(state.stands(), stands, "{state:?}");
    }
    let found = of(signed(), differing(&["AC-2"]));
    assert!(matches!(found, SignatureState::Signed(_)), "{found:?}");
    // A broken signature is a contradiction, and a record without one another.
    let registers = Registers::new(signed().into_iter().chain([accepted_by("directrice")]));
    let found = contradictions(
        &registers.compared(differing(&["AC-1"]).unwrap()),
        &MeasuredState::default(),
        on("2026-01-01"),
    );
    assert_eq!(
        found.iter().map(|one| one.wrong).collect::<Vec<_>>(),
        [ContradictionKind::SignatureBroken]
    );
}

#[test]
fn what_was_promised_and_not_done_comes_first() {
    let found = wrongs(
        vec![
            measure("ME-1", &[("origin", "dpia"), ("due", "2025-12-01")]),
            measure("ME-2", &[("declared", "in-place")]),
            measure("ME-3", &[("due", "2025-12-01"), ("origin", "risk")]),
            risk(&[("residual-likelihood", "1"), ("residual-gravity", "1")]),
        ],
        on("2026-01-01"),
    );
    assert_eq!(
        found,
        [
            ContradictionKind::PromisedNotDone,
            ContradictionKind::WithoutProof,
            ContradictionKind::LateWithoutOwner,
            ContradictionKind::LoweredWithoutMeasure,
            ContradictionKind::Untreated
        ]
    );
}

#[test]
fn the_last_revision_counts_and_an_ended_record_is_not_in_force() {
    let mut second = measure("ME-1", &[("declared", "in-place")]);
    second.number = 2;
    let both = || {
        vec![
            second.clone(),
            measure("ME-1", &[]),
            measure("ME-10", &[]),
            measure("ME-2", &[]),
        ]
    };
    let ids: Vec<String> = Registers::new(both())
        .read::<Measure>()
        .entries
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(ids, ["ME-1", "ME-2", "ME-10"]);
    assert_eq!(
        Registers::new(both()).read::<Measure>().entries[0].number,
        2
    );
    let mut last = second.clone();
    (last.number, last.is_over) = (3, true);
    let after = Registers::new(both().into_iter().chain([last]));
    assert_eq!(after.of(RegisterKind::Measure).len(), 2);
}

#[test]
fn every_fault_of_a_record_is_told_at_once() {
    let values: Values = [
        ("title", ""),
        ("likelihood", "5"),
        ("review-on", "demain"),
        ("signals", "horoscope"),
    ]
    .into_iter()
    .map(|(field, value)| (field.to_owned(), vec![value.to_owned()]))
    .collect();
    let faults = Risk::read(&values).unwrap_err();
    let told: Vec<(&str, &str)> = faults
        .iter()
        .map(|fault| (fault.field, fault.unfit.code()))
        .collect();
    assert_eq!(
        told,
        [
            ("title", "missing"),
            ("likelihood", "choice"),
            ("gravity", "missing"),
            ("signals", "unknown"),
            ("review-on", "day")
        ]
    );
}

#[test]
fn an_end_does_not_come_before_its_beginning() {
    let unfit = |kind: RegisterKind, fields: &[(&str, &str)]| {
        let values = fields
            .iter()
            .map(|(field, text)| ((*field).to_owned(), vec![(*text).to_owned()]))
            .collect();
        let faults = kind.checked(&values).map(drop).unwrap_err();
        faults
            .iter()
            .map(|fault| format!("{} {}", fault.field, fault.unfit.code()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let campaign = [
        ("title", "c"),
        ("modules", "passwords"),
        ("audience", "everybody"),
        ("starts-on", "2027-06-01"),
        ("due", "2027-01-01"),
    ];
    assert!(
        unfit(RegisterKind::Campaign, &campaign).ends_with("due backwards"),
        "{}",
        unfit(RegisterKind::Campaign, &campaign)
    );
    let audit = [
        ("title", "a"),
        ("scope", "tout"),
        ("planned-from", "2027-06-01"),
        ("planned-to", "2027-05-31"),
    ];
    // With the other faults of the record.
    assert_eq!(
        unfit(RegisterKind::Audit, &audit),
        "auditor missing, planned-to backwards"
    );
    let document = [
        ("title", "d"),
        ("about", "policy"),
        ("edition", "1"),
        ("approved-on", "2027-06-01"),
        ("review-on", "2026-06-01"),
    ];
    assert_eq!(
        unfit(RegisterKind::Document, &document),
        "review-on backwards"
    );
}

#[test]
fn the_scale_never_calls_the_gravest_low() {
    use digue_isms::kinds::{Likelihood, RiskGravity};
    assert_eq!(
        ScaleInForce::STANDARD.level(Likelihood::V1, RiskGravity::G4),
        RiskLevel::Moderate
    );
    assert_eq!(
        ScaleInForce::STANDARD.level(Likelihood::V4, RiskGravity::G4),
        RiskLevel::Critical
    );
    assert_eq!(
        ScaleInForce::STANDARD.level(Likelihood::V2, RiskGravity::G4),
        RiskLevel::High
    );
    assert_eq!(
        ScaleInForce::STANDARD.level(Likelihood::V3, RiskGravity::G1),
        RiskLevel::Low
    );
    for likelihood in Likelihood::ALL {
        for gravity in RiskGravity::ALL {
            for (worse_likelihood, worse_gravity) in
                [(Likelihood::V4, *gravity), (*likelihood, RiskGravity::G4)]
            {
                assert!(
                    ScaleInForce::STANDARD.level(worse_likelihood, worse_gravity)
                        >= ScaleInForce::STANDARD.level(*likelihood, *gravity)
                );
            }
        }
    }
}

/// A text that fits a field of this shape.
fn fitting(shape: FieldShape) -> BoxedStrategy<String> {
    let of = |texts: &[&str]| {
        prop::sample::select(
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>(),
        )
    };
    match shape {
        FieldShape::Line | FieldShape::Text => "[^\\p{C}]{0,40}".boxed(),
        FieldShape::Day => of(&["2026-02-28", "2027-01-01", " 2026-02-28 "]).boxed(),
        FieldShape::Number => of(&["7", "1 500", "0"]).boxed(),
        FieldShape::Amount => of(&["1 500,50 €", "12"]).boxed(),
        FieldShape::Duration => of(&["4 h", "2 jours", "1h30", "90min"]).boxed(),
        FieldShape::One(_, codes) => of(codes).boxed(),
        FieldShape::Many(_, codes) => prop::sample::subsequence(codes.to_vec(), 1..=codes.len())
            .prop_map(|codes| codes.join(", "))
            .boxed(),
        FieldShape::Link(kind) | FieldShape::Links(kind) => {
            Just(format!("{}-1", kind.prefix())).boxed()
        }
        FieldShape::Requirements => of(&["iso-5.15", "iso-5.15; iso-5.2"]).boxed(),
        FieldShape::Checks => of(&["passkeys", "passkeys, lockout"]).boxed(),
    }
}

/// A text for a field of which a rule asks more than its shape does.
fn asked(kind: RegisterKind, field: &str) -> Option<&'static str> {
    match (kind, field) {
        (RegisterKind::Objective, "target") | (RegisterKind::Measurement, "value") => Some("95,5"),
        (RegisterKind::Objective, "unit") => Some("%"),
        (RegisterKind::RiskScale, "moderate") => Some("4"),
        (RegisterKind::RiskScale, "high") => Some("8"),
        (RegisterKind::RiskScale, "critical") => Some(" 12 "),
        (RegisterKind::EvidenceItem, "link") => Some("https://exemple.fr/preuve"),
        _ => None,
    }
}

/// A record of which most fields fit, and some are anything.
fn typed() -> impl Strategy<Value = (RegisterKind, Values)> {
    let anything = || "[\\PC\n]{0,40}|iso-5\\.15|p1|2026-02-30|7|in-place";
    prop::sample::select(RegisterKind::ALL.to_vec()).prop_flat_map(move |kind| {
        let fields: Vec<_> = kind
            .fields()
            .iter()
            .map(|field| {
                let fitting = match asked(kind, field.code) {
                    Some(text) => Just(text.to_owned()).boxed(),
                    None => fitting(field.shape),
                };
                let text = prop_oneof![40 => fitting, 1 => anything().boxed()];
                text.prop_map(|text| (field.code.to_owned(), vec![text]))
            })
            .collect();
        fields.prop_map(move |fields| (kind, fields.into_iter().collect()))
    })
}

/// Any text typed into a form or a spreadsheet gives faults, or a record with one written form,
/// which reads.
#[test]
fn anything_typed_is_told_or_has_one_form() {
    let taken = RefCell::new(BTreeSet::new());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 3_000,
        ..ProptestConfig::default()
    });
    let followed = runner.run(&typed(), |(kind, values)| {
        if let Ok(once) = kind.checked(&values) {
            prop_assert_eq!(&kind.checked(&once).unwrap(), &once);
            prop_assert_eq!(kind.parse_faults(&once), []);
            taken.borrow_mut().insert(kind);
        }
        Ok(())
    });
    followed.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        taken.into_inner().len(),
        RegisterKind::ALL.len(),
        "a kind of which nothing was ever taken"
    );
}

/// A revision as the store holds it: of a later version, or damaged.
fn stored(kind: RegisterKind, id: &str, fields: &[(&str, &str)]) -> Revision {
    let values = fields
        .iter()
        .map(|(field, value)| ((*field).to_owned(), vec![(*value).to_owned()]))
        .collect();
    Revision {
        kind,
        id: id.to_owned(),
        number: 2,
        at: NOON,
        by: "rssi".to_owned(),
        is_over: false,
        hash: String::new(),
        values,
    }
}

#[test]
fn a_record_that_cannot_be_read_is_named_and_not_left_out() {
    let later = [
        ("title", "Bastion"),
        ("priority", "p5"),
        ("declared", "in-place"),
    ];
    let registers = Registers::new([
        measure("ME-1", &[]),
        stored(RegisterKind::Measure, "ME-2", &later),
    ]);
    let read = registers.read::<Measure>();
    assert_eq!((read.entries.len(), read.count()), (1, 2));
    let unreadable = &read.unreadable[0];
    assert_eq!(
        (unreadable.id.as_str(), unreadable.title.as_str()),
        ("ME-2", "Bastion")
    );
    let fault = FieldFault {
        field: "priority",
        unfit: FieldError::Choice,
    };
    assert_eq!(unreadable.faults, [fault]);
    assert_eq!(
        registers.read::<Risk>().unreadable,
        [],
        "of its own kind only"
    );
    // Nor is one whose stored text as a whole cannot be read.
    let damaged = UnreadableRecord {
        kind: RegisterKind::Risk,
        id: "RI-1".to_owned(),
        title: String::new(),
        faults: Vec::new(),
    };
    let registers = registers.with_unreadable([damaged]);
    assert_eq!(registers.read::<Risk>().count(), 1);
    let said = contradictions(&registers, &MeasuredState::default(), on("2025-11-22"));
    let said: Vec<_> = said
        .iter()
        .map(|one| (one.wrong, one.id.as_str()))
        .collect();
    let unreadable = ContradictionKind::Unreadable;
    assert_eq!(said[..2], [(unreadable, "ME-2"), (unreadable, "RI-1")]);
    assert!(
        !Registers::default()
            .with_unreadable(registers.unreadable().to_vec())
            .is_empty()
    );
}

#[test]
fn a_link_that_is_too_long_is_a_fault_and_not_an_empty_field() {
    let long = "R".repeat(400);
    let fields = [
        ("title", "Risque"),
        ("likelihood", "1"),
        ("gravity", "4"),
        ("source", long.as_str()),
    ];
    let faults = Risk::read(&stored(RegisterKind::Risk, "RI-1", &fields).values).unwrap_err();
    assert_eq!(
        faults,
        [FieldFault {
            field: "source",
            unfit: FieldError::Long
        }]
    );
}

#[test]
fn only_the_last_acceptance_of_a_risk_is_due_and_only_while_the_risk_is_in_force() {
    let risk = |id: &str| {
        revision(
            RegisterKind::Risk,
            id,
            1,
            &[("title", "Risque"), ("likelihood", "3"), ("gravity", "3")],
        )
    };
    let acceptance = |id: &str, risk: &str, until: &str| {
        let fields = [
            ("risk", risk),
            ("residual-likelihood", "2"),
            ("residual-gravity", "2"),
            ("justification", "coût disproportionné"),
            ("approver", "direction"),
            ("accepted-on", "2025-01-01"),
            ("expires-on", until),
        ];
        revision(RegisterKind::Acceptance, id, 1, &fields)
    };
    let registers = Registers::new([
        risk("RI-1"),
        risk("RI-2"),
        acceptance("AC-2", "RI-1", "2026-01-01"),
        acceptance("AC-10", "RI-1", "2027-01-01"),
        acceptance("AC-3", "RI-2", "2026-06-01"),
        acceptance("AC-4", "RI-9", "2026-07-01"),
    ]);
    let due: Vec<String> = calendar::due(&registers, on("2025-11-22"))
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(due, ["AC-3", "AC-10"]);
}

#[test]
fn a_risk_of_the_highest_gravity_is_never_low() {
    for likelihood in Likelihood::ALL {
        for gravity in RiskGravity::ALL {
            let level = ScaleInForce::STANDARD.level(*likelihood, *gravity);
            assert!(
                *gravity != RiskGravity::G4 || level > RiskLevel::Low,
                "{likelihood:?}"
            );
            let product = place(*likelihood) * place(*gravity);
            let expected = match product {
                12.. => RiskLevel::Critical,
                8.. => RiskLevel::High,
                4.. => RiskLevel::Moderate,
                _ => RiskLevel::Low,
            };
            assert_eq!(level, expected, "{product}");
        }
    }
}

#[test]
fn what_closes_a_finding_is_asked_by_the_codes_of_its_kind() {
    let fields = RegisterKind::Finding.fields();
    let choices = |code: &str| {
        let field = fields.iter().find(|field| field.code == code).unwrap();
        match field.shape {
            FieldShape::One(_, codes) => codes.to_vec(),
            _ => panic!("{code} is no choice"),
        }
    };
    assert!(
        ["major", "minor"]
            .iter()
            .all(|one| choices("about").contains(one))
    );
    assert!(choices("effect").contains(&"not-effective"));
    let closed = [
        ("title", "A"),
        ("about", "major"),
        ("source", "audit"),
        ("closed-on", "2020-01-01"),
        ("effect", "effective"),
    ];
    let values = closed.map(|(field, text)| (field.to_owned(), vec![text.to_owned()]));
    let faults = RegisterKind::Finding.checked(&values.into()).unwrap_err();
    let named: Vec<_> = faults.iter().map(|fault| fault.field).collect();
    assert_eq!(
        named,
        ["cause", "correction", "corrective-action", "evidence"]
    );
}

#[test]
fn an_audit_of_ones_own_work_is_named() {
    let audit = |auditor: &str, signer: &str| {
        let fields = [
            ("title", "Audit"),
            ("scope", "tout"),
            ("auditor", auditor),
            ("planned-from", "2026-01-01"),
            ("done-on", "2026-01-01"),
            ("criteria", "iso-5.18"),
            ("signed-by", signer),
        ];
        revision(RegisterKind::Audit, "AU-1", 1, &fields)
    };
    let own = |auditor, signer| {
        let examined = measure(
            "ME-1",
            &[("requirements", "iso-5.18"), ("owner", "Nora Belmont")],
        );
        let other = measure(
            "ME-2",
            &[("requirements", "iso-8.1"), ("owner", "Ariane Sauvet")],
        );
        let registers = Registers::new([examined, other, audit(auditor, signer)]);
        let found = contradictions(&registers, &MeasuredState::default(), on("2026-01-02"));
        found
            .iter()
            .any(|one| one.wrong == ContradictionKind::AuditedOwnWork)
    };
    // By its author (`measure` is written by rssi), by its owner, by either.
    for (auditor, signer) in [
        ("Cabinet", "rssi"),
        ("nora belmont", "audit"),
        ("RSSI", "audit"),
    ] {
        assert!(own(auditor, signer), "{auditor} {signer}");
    }
    assert!(!own("Ariane Sauvet", "audit"), "of another control");
    assert!(!own("Cabinet", "audit"));
}
