//! Evidence, scales and what follows from them.

use digue_isms::contradictions::{ContradictionKind, contradictions};
use digue_isms::evidence::EvidenceIndex;
use digue_isms::kinds::{Likelihood, RegisterKind, RiskGravity, RiskLevel};
use digue_isms::risk_scale::{RatedAt, ScaleInForce};
use digue_isms::signatures::{SignatureState, signed};
use digue_isms::standing::{MeasureState, MeasuredState};
use digue_isms::statement::{Implementation, statement};
use digue_isms::{Registers, Revision};

use crate::{accepted_by, day, intact, measure, on, revision, risk, signature_of};

fn in_place(id: &str) -> Revision {
    measure(id, &[("declared", "in-place"), ("requirements", "iso-7.1")])
}

fn evidence(id: &str, fields: &[(&str, &str)]) -> Revision {
    let own = [
        ("title", "Photographies du local"),
        ("link", "https://ged.exemple.fr/1"),
    ];
    revision(
        RegisterKind::EvidenceItem,
        id,
        1,
        &[&own[..], fields].concat(),
    )
}

fn implementation(registers: &Registers, today: &str, control: &str) -> Implementation {
    let lines = statement(registers, &MeasuredState::default(), on(today));
    let line = lines.iter().find(|line| line.control.id == control);
    line.unwrap().implementation
}

fn wrongs(registers: &Registers, today: &str) -> Vec<(ContradictionKind, String)> {
    let found = contradictions(registers, &MeasuredState::default(), on(today));
    found.into_iter().map(|one| (one.wrong, one.id)).collect()
}

#[test]
fn one_piece_of_evidence_serves_many_controls_and_turns_them_amber_when_it_expires() {
    let until = ("valid-until", "2026-01-31");
    let registers = Registers::new([
        in_place("ME-1"),
        evidence("PV-1", &[("requirements", "iso-7.1,iso-7.2"), until]),
    ]);
    let index = EvidenceIndex::of(&registers, day("2026-01-31"));
    assert_eq!(index.of_requirement("iso-7.2").valid, 1);
    assert_eq!(
        implementation(&registers, "2026-01-31", "iso-7.1"),
        Implementation::Declared
    );
    assert_eq!(
        implementation(&registers, "2026-02-01", "iso-7.1"),
        Implementation::Expired
    );
    let expired = (ContradictionKind::EvidenceExpired, "PV-1".to_owned());
    assert!(wrongs(&registers, "2026-02-01").contains(&expired));
    // Renewed: another piece that is valid stands behind the same control.
    let registers = Registers::new([
        in_place("ME-1"),
        evidence("PV-1", &[("requirements", "iso-7.1"), until]),
        evidence("PV-2", &[("requirements", "iso-7.1")]),
    ]);
    assert_eq!(
        implementation(&registers, "2026-02-01", "iso-7.1"),
        Implementation::Declared
    );
}

#[test]
fn a_measure_with_expired_evidence_is_unproven_and_so_is_its_control() {
    let of = |until: &str| {
        Registers::new([
            in_place("ME-1"),
            evidence("PV-1", &[("measures", "ME-1"), ("valid-until", until)]),
        ])
    };
    let today = "2026-02-01";
    let index = EvidenceIndex::of(&of("2026-01-31"), day(today));
    let state = index.with_evidence("ME-1", MeasureState::Proven);
    assert_eq!(state, MeasureState::Unproven);
    assert_eq!(
        index.with_evidence("ME-1", MeasureState::Late),
        MeasureState::Late
    );
    assert_eq!(
        implementation(&of("2026-01-31"), today, "iso-7.1"),
        Implementation::Expired
    );
    assert_eq!(
        implementation(&of("2026-03-01"), today, "iso-7.1"),
        Implementation::Declared
    );
}

#[test]
fn evidence_that_is_described_and_not_there_proves_nothing() {
    let empty = [("title", "À déposer"), ("requirements", "iso-7.1")];
    let registers = Registers::new([revision(RegisterKind::EvidenceItem, "PV-1", 1, &empty)]);
    let index = EvidenceIndex::of(&registers, day("2026-01-01"));
    assert_eq!(index.of_requirement("iso-7.1").valid, 0);
}

fn scale(id: &str, starts_on: &str, accepted: &str) -> Revision {
    let fields = [
        ("title", "Échelle"),
        ("moderate", "3"),
        ("high", "6"),
        ("critical", "9"),
        ("accepted", accepted),
        ("starts-on", starts_on),
    ];
    revision(RegisterKind::RiskScale, id, 1, &fields)
}

#[test]
fn an_own_scale_rates_from_its_day_on_and_what_is_above_it_is_accepted_by_name() {
    let rated = [
        ("likelihood", "3"),
        ("gravity", "3"),
        ("residual-likelihood", "2"),
        ("residual-gravity", "3"),
        ("treatment", "mitigate"),
    ];
    let registers = Registers::new([risk(&rated), scale("EC-1", "2026-01-01", "moderate")]);
    let before = ScaleInForce::of(&registers, day("2025-12-31"));
    assert_eq!(before, ScaleInForce::STANDARD);
    assert_eq!(
        before.level(Likelihood::V3, RiskGravity::G3),
        RiskLevel::High
    );
    let own = ScaleInForce::of(&registers, day("2026-01-01"));
    assert_eq!(
        own.level(Likelihood::V3, RiskGravity::G3),
        RiskLevel::Critical
    );
    assert_eq!(own.level(Likelihood::V2, RiskGravity::G3), RiskLevel::High);
    let read = registers.read::<digue_isms::kinds::Risk>().entries;
    assert_eq!(read[0].record.level_at(RatedAt::Before, &own), None);
    assert_eq!(read[0].record.residual(&own), Some(RiskLevel::High));
    let above = |registers: &Registers, today| {
        wrongs(registers, today)
            .iter()
            .any(|(what, _)| *what == ContradictionKind::AboveCriteria)
    };
    assert!(!above(&registers, "2025-12-31"));
    assert!(above(&registers, "2026-01-01"));
    // A later scale replaces it, and accepts more.
    let registers = Registers::new([
        risk(&rated),
        scale("EC-1", "2026-01-01", "moderate"),
        scale("EC-2", "2026-02-01", "high"),
    ]);
    assert!(above(&registers, "2026-01-31"));
    assert!(!above(&registers, "2026-02-01"));
}

#[test]
fn what_was_written_before_numbers_were_asked_stays_and_is_named() {
    use std::collections::BTreeMap;
    let fields = [
        ("title", "Clés"),
        ("indicator", "Part"),
        ("target", "100 %"),
    ];
    let values: BTreeMap<_, _> = fields
        .map(|(field, text)| (field.to_owned(), vec![text.to_owned()]))
        .into();
    assert!(RegisterKind::Objective.checked(&values).is_err());
    let mut old = measure("ME-1", &[]);
    (old.kind, old.id, old.values) = (RegisterKind::Objective, "OB-1".to_owned(), values);
    let registers = Registers::new([old]);
    assert!(registers.unreadable().is_empty());
    let named = (ContradictionKind::TargetNotNumber, "OB-1".to_owned());
    assert!(wrongs(&registers, "2026-01-01").contains(&named));
}

fn delegation(fields: &[(&str, &str)]) -> Revision {
    let own = [
        ("title", "Congés d'été"),
        ("giver", "directrice"),
        ("receiver", "adjoint"),
    ];
    let fields = [&own[..], fields].concat();
    revision(RegisterKind::SigningDelegation, "DL-1", 1, &fields)
}

/// The acceptance AC-1 names the directrice; the account `by` signed it on a day, for her.
fn signed_for(by: &str, on: &str, more: Vec<Revision>) -> SignatureState {
    let mut signature = signature_of("AC-1", "1", by, "AC-1 1");
    let for_another = [
        ("on-behalf", "directrice"),
        ("delegation", "DL-1"),
        ("signed-on", on),
    ];
    for (field, text) in for_another {
        signature
            .values
            .insert(field.to_owned(), vec![text.to_owned()]);
    }
    signature.id = "SI-9".to_owned();
    let accepted = accepted_by("directrice");
    let registers = Registers::new([vec![accepted, signature], more].concat());
    let registers = registers.compared(intact().unwrap());
    let revision = registers.find(RegisterKind::Acceptance, "AC-1").unwrap();
    signed(&registers, revision).unwrap()
}

#[test]
fn a_delegate_signs_within_the_days_that_the_delegation_names_and_only_if_it_is_signed() {
    let days = [("starts-on", "2026-07-01"), ("ends-on", "2026-07-31")];
    let given = || {
        vec![
            delegation(&days),
            signature_of("DL-1", "1", "directrice", "DL-1 1"),
        ]
    };
    let state = signed_for("adjoint", "2026-07-31", given());
    let SignatureState::Signed(one) = state else {
        panic!("{state:?}")
    };
    assert_eq!(one.on_behalf.as_deref(), Some("directrice"));
    assert_eq!(one.account, "adjoint");
    for (by, on, more) in [
        ("adjoint", "2026-08-01", given()),
        ("adjoint", "2026-06-30", given()),
        ("autre", "2026-07-15", given()),
        ("adjoint", "2026-07-15", vec![delegation(&days)]),
        (
            "adjoint",
            "2026-07-15",
            vec![
                delegation(&days),
                signature_of("DL-1", "1", "adjoint", "DL-1 1"),
            ],
        ),
        ("adjoint", "2026-07-15", Vec::new()),
    ] {
        let state = signed_for(by, on, more);
        assert_eq!(state, SignatureState::Typed, "{by} {on}");
    }
}

#[test]
fn a_delegation_is_signed_by_whom_it_takes_from_and_by_no_delegate() {
    let days = [("starts-on", "2026-07-01"), ("ends-on", "2026-07-31")];
    let mut by_delegate = signature_of("DL-1", "1", "adjoint", "DL-1 1");
    for (field, text) in [("on-behalf", "directrice"), ("delegation", "DL-1")] {
        by_delegate
            .values
            .insert(field.to_owned(), vec![text.to_owned()]);
    }
    let registers = Registers::new([delegation(&days), by_delegate]).compared(intact().unwrap());
    let revision = registers
        .find(RegisterKind::SigningDelegation, "DL-1")
        .unwrap();
    assert_eq!(signed(&registers, revision), Some(SignatureState::Typed));
}
