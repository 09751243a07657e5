//! The table of clauses from nothing to whole, and back: each record that goes or changes is named.

#![allow(clippy::unwrap_used, reason = "a test ends at its first fault")]

use std::collections::BTreeMap;

use digue_governance::clauses::{ClauseFacts, ClauseGap, ClauseLine, ClauseState, clauses};
use digue_governance::owner_approval::{OwnerApproval, approvals};
use digue_governance::programme::{AuditCover, Dependence, programme};
use digue_governance::review::{facts, last_review};
use digue_governance::scale_map::heat_map;
use digue_isms::Registers;
use digue_isms::check::{Check, CheckOutcome, CheckResult, Measurement};
use digue_isms::framework::{Framework, requirements};
use digue_isms::kinds::{RegisterKind as K, Risk, RoleKey};
use digue_isms::register::{RegisterIntegrity, Revision};
use digue_isms::risk_scale::{RatedAt, ScaleInForce};
use digue_isms::standing::{MeasuredState, Measurements};
use digue_types::Timestamp;

const NOW: Timestamp = Timestamp::from_secs(1_796_040_000);

fn now() -> Measurements {
    Measurements {
        at: NOW,
        today: "2026-11-30".parse().unwrap(),
    }
}

fn record(kind: K, id: &str, fields: &[(&str, &str)]) -> Revision {
    let values = fields
        .iter()
        .map(|(field, text)| ((*field).to_owned(), vec![(*text).to_owned()]));
    let values = kind.checked(&values.collect());
    Revision {
        kind,
        id: id.to_owned(),
        number: 1,
        at: NOW,
        by: "rssi".to_owned(),
        is_over: false,
        hash: format!("{id} 1"),
        values: values.unwrap_or_else(|faults| panic!("{id}: {faults:?}")),
    }
}

/// The signature of the first revision of a record, by an account.
fn signed_by(id: &str, account: &str) -> Revision {
    let fields = [
        ("record", id),
        ("revision", "1"),
        ("signed-on", "2026-11-01"),
        ("content", &format!("{id} 1")),
    ];
    let mut signature = record(K::Signature, &format!("SI-{id}"), &fields);
    account.clone_into(&mut signature.by);
    signature
}

fn every(framework: Framework) -> String {
    let ids: Vec<&str> = requirements(framework).map(|one| one.id).collect();
    ids.join(",")
}

/// A management system of which nothing is missing.
#[rustfmt::skip]
fn whole() -> Vec<Revision> {
    let criteria = format!("{},{}", every(Framework::Clauses), every(Framework::Iso));
    let iso = every(Framework::Iso);
    let review = ["actions", "issues", "parties", "performance", "feedback", "risks", "improvement", "decisions"];
    let mut review: Vec<(&str, &str)> = review.map(|field| (field, "Vu.")).into();
    review.extend([("title", "Revue"), ("held-on", "2026-11-01"), ("chair", "directrice"), ("signed-by", "directrice")]);
    let rated = [
        ("title", "Vol"), ("owner", "directrice"), ("likelihood", "3"), ("gravity", "3"), ("treatment", "mitigate"),
        ("residual-likelihood", "1"), ("residual-gravity", "3"), ("measures", "ME-1"), ("review-on", "2027-06-01"),
    ];
    vec![
        record(K::Context, "CX-1", &[("title", "Périmètre"), ("about", "scope")]),
        record(K::Context, "CX-2", &[("title", "Rançongiciels"), ("about", "external")]),
        record(K::Context, "CX-3", &[("title", "Personnes"), ("about", "party")]),
        record(K::Context, "CX-4", &[("title", "Climat"), ("about", "climate"), ("relevant", "no")]),
        record(K::Role, "RO-1", &[("role", "ciso"), ("holder", "rssi"), ("deputy", "adjoint")]),
        record(K::RiskScale, "EC-1", &[
            ("title", "Échelle"), ("moderate", "4"), ("high", "8"), ("critical", "12"), ("accepted", "moderate"),
            ("starts-on", "2026-01-01"), ("approved-by", "directrice"),
        ]),
        record(K::Risk, "RI-1", &rated),
        record(K::Acceptance, "AC-1", &[
            ("risk", "RI-1"), ("residual-likelihood", "1"), ("residual-gravity", "3"), ("justification", "Coût"),
            ("approver", "directrice"), ("accepted-on", "2026-11-01"), ("expires-on", "2027-11-01"),
        ]),
        record(K::Opportunity, "OP-1", &[("title", "Confiance"), ("action", "Publier")]),
        record(K::Measure, "ME-1", &[
            ("title", "Clés"), ("priority", "p1"), ("declared", "in-place"), ("origin", "law"), ("owner", "rssi"),
        ]),
        record(K::Applicability, "AP-1", &[("requirement", &iso), ("applies", "yes"), ("inclusion", "risk")]),
        record(K::Objective, "OB-1", &[
            ("title", "Clés"), ("indicator", "Part"), ("side", "at-least"), ("target", "95"), ("unit", "%"),
        ]),
        record(K::PlannedChange, "CH-1", &[
            ("title", "Portail"), ("purpose", "Remplacer"), ("effects", "Coupure"), ("owner", "rssi"), ("due", "2027-01-01"),
        ]),
        record(K::ResourceNeed, "RS-1", &[("title", "Temps"), ("about", "time"), ("needed", "Un jour"), ("enough", "yes")]),
        record(K::Competence, "CP-1", &[("title", "27001"), ("person", "rssi"), ("acquired", "acquired")]),
        record(K::Campaign, "CA-1", &[
            ("title", "Tous"), ("modules", "phishing"), ("audience", "everybody"), ("starts-on", "2026-01-01"), ("due", "2026-12-31"),
        ]),
        record(K::CommunicationLine, "CM-1", &[
            ("title", "Incident"), ("side", "internal"), ("recipients", "tous"), ("occasion", "aussitôt"), ("means", "téléphone"), ("owner", "rssi"),
        ]),
        record(K::Document, "DO-1", &[
            ("title", "PSSI"), ("about", "policy"), ("topic", "information-security"), ("edition", "1"), ("text", "Nous protégeons."),
            ("approved-by", "directrice"), ("approved-on", "2026-11-01"),
        ]),
        record(K::AuditProgramme, "PA-1", &[
            ("title", "Trois ans"), ("starts-on", "2026-01-01"), ("ends-on", "2028-12-31"), ("approved-by", "directrice"),
        ]),
        record(K::Audit, "AU-1", &[
            ("title", "Tout"), ("scope", "Tout le SMSI"), ("criteria", &criteria), ("programme", "PA-1"), ("auditor", "auditrice"),
            ("planned-from", "2027-03-01"),
        ]),
        record(K::Finding, "CO-1", &[("title", "Écart"), ("about", "minor"), ("source", "audit")]),
        record(K::Review, "RD-1", &review),
        signed_by("EC-1", "directrice"),
        signed_by("AC-1", "directrice"),
        signed_by("DO-1", "directrice"),
        signed_by("PA-1", "directrice"),
        signed_by("RD-1", "directrice"),
    ]
}

fn measured() -> MeasuredState {
    let result = CheckResult {
        check: Check::Passkeys,
        at: NOW,
        outcome: CheckOutcome::Pass,
        found: Measurement::of(10, Vec::new()),
        journal_size: 1,
        journal_root: String::new(),
        version: String::new(),
    };
    MeasuredState {
        results: [(Check::Passkeys, result)].into(),
        disabled: BTreeMap::new(),
    }
}

const WHOLE: ClauseFacts = ClauseFacts {
    management_accounts: 1,
    frozen_statements: 1,
};

fn compared(records: Vec<Revision>) -> Registers {
    Registers::new(records).compared(RegisterIntegrity::default())
}

fn table(records: Vec<Revision>, facts: ClauseFacts) -> Vec<ClauseLine> {
    clauses(&compared(records), &measured(), now(), facts)
}

/// The clauses that are not present, each with its gaps.
fn open(lines: &[ClauseLine]) -> Vec<(&'static str, Vec<(ClauseGap, String)>)> {
    let open = lines
        .iter()
        .filter(|line| line.state != ClauseState::Present);
    open.map(|line| {
        let gaps = line.gaps.iter().map(|one| (one.gap, one.ids.join(" ")));
        (line.clause.number(), gaps.collect())
    })
    .collect()
}

#[test]
fn with_nothing_every_clause_is_missing_and_with_all_of_it_none() {
    let empty = clauses(
        &compared(Vec::new()),
        &MeasuredState::default(),
        now(),
        ClauseFacts::default(),
    );
    assert_eq!(empty.len(), 25);
    let missing = empty
        .iter()
        .filter(|line| line.state == ClauseState::Missing);
    assert_eq!(missing.count(), 25);
    assert!(
        empty.iter().all(|line| !line.gaps.is_empty()),
        "each says what it lacks"
    );
    assert_eq!(open(&table(whole(), WHOLE)), []);
}

/// The table without the records of these ids.
fn without(ids: &[&str]) -> Vec<(&'static str, Vec<(ClauseGap, String)>)> {
    let kept = whole()
        .into_iter()
        .filter(|one| !ids.contains(&one.id.as_str()));
    open(&table(kept.collect(), WHOLE))
}

#[test]
fn each_record_that_goes_is_missed_by_its_clause() {
    use ClauseGap as G;
    for (id, clause, gap, ids) in [
        ("CX-1", "4.3", G::NoScope, ""),
        ("CX-2", "4.1", G::NoIssue, ""),
        ("CX-3", "4.2", G::NoParty, ""),
        ("CX-4", "4.1", G::NoClimate, ""),
        ("RO-1", "5.3", G::NoRecord, ""),
        ("DO-1", "5.2", G::NoPolicy, ""),
        ("SI-DO-1", "5.2", G::PolicyNotSigned, "DO-1"),
        ("OP-1", "6.1.1", G::NoRecord, ""),
        ("EC-1", "6.1.2", G::NoScale, ""),
        ("SI-EC-1", "6.1.2", G::ScaleNotSigned, "EC-1"),
        ("AC-1", "6.1.3", G::OwnerNotApproved, "RI-1"),
        ("SI-AC-1", "6.1.3", G::OwnerNotApproved, "RI-1"),
        ("OB-1", "6.2", G::NoRecord, ""),
        ("CH-1", "6.3", G::NoRecord, ""),
        ("RS-1", "7.1", G::NoRecord, ""),
        ("CP-1", "7.2", G::NoRecord, ""),
        ("CA-1", "7.3", G::NoRecord, ""),
        ("CM-1", "7.4", G::NoRecord, ""),
        ("SI-DO-1", "7.5", G::DocumentNotApproved, "DO-1"),
        ("PA-1", "9.2", G::NoProgramme, ""),
        ("SI-PA-1", "9.2", G::ProgrammeNotSigned, "PA-1"),
        ("RD-1", "9.3", G::ReviewNotSigned, ""),
        ("SI-RD-1", "9.3", G::ReviewNotSigned, ""),
        ("CO-1", "10.2", G::NoRecord, ""),
    ] {
        let open = without(&[id]);
        let line = open.iter().find(|(number, _)| *number == clause);
        let (_, gaps) = line.unwrap_or_else(|| panic!("{id} of {clause}: {open:?}"));
        assert!(
            gaps.contains(&(gap, ids.to_owned())),
            "{id} of {clause}: {gaps:?}"
        );
    }
    let unreasoned = without(&["AP-1"]);
    let (_, gaps) = unreasoned
        .iter()
        .find(|(number, _)| *number == "6.1.3")
        .unwrap();
    let (gap, controls) = &gaps[0];
    assert_eq!(*gap, ClauseGap::ControlWithoutReason);
    assert_eq!(controls.split(' ').count(), 93);
}

#[test]
fn what_only_the_running_system_knows_is_asked_too() {
    let facts = ClauseFacts::default();
    let open = open(&table(whole(), facts));
    let named: Vec<&str> = open.iter().map(|(clause, _)| *clause).collect();
    assert_eq!(named, ["5.1", "6.1.3"]);
    assert_eq!(open[0].1, [(ClauseGap::NoManagement, String::new())]);
    assert_eq!(open[1].1, [(ClauseGap::NotFrozen, String::new())]);
}

#[test]
fn a_record_that_cannot_be_read_leaves_its_clause_incomplete() {
    let mut records = whole();
    let damaged = records.iter_mut().find(|one| one.id == "OB-1").unwrap();
    damaged.values.remove("title");
    let open = open(&table(records, WHOLE));
    assert!(
        open.contains(&("9.1", vec![(ClauseGap::Unreadable, "OB-1".to_owned())])),
        "{open:?}"
    );
}

#[test]
fn the_owner_approves_by_an_acceptance_that_holds_and_that_they_signed() {
    let of = |change: &dyn Fn(&mut Vec<Revision>)| {
        let mut records = whole();
        change(&mut records);
        approvals(&compared(records), now())[0].approval
    };
    let set = |records: &mut Vec<Revision>, id: &str, field: &str, text: &str| {
        let one = records.iter_mut().find(|one| one.id == id).unwrap();
        one.values.insert(field.to_owned(), vec![text.to_owned()]);
    };
    assert_eq!(of(&|_| {}), OwnerApproval::Approved);
    assert_eq!(
        of(&|all| set(all, "RI-1", "owner", "rssi")),
        OwnerApproval::ByAnother
    );
    assert_eq!(
        of(&|all| set(all, "RI-1", "residual-gravity", "4")),
        OwnerApproval::NotAsked
    );
    assert_eq!(
        of(&|all| set(all, "AC-1", "expires-on", "2026-11-29")),
        OwnerApproval::NotAsked
    );
    assert_eq!(
        of(&|all| all.retain(|one| one.id != "SI-AC-1")),
        OwnerApproval::NotSigned
    );
    let unowned = of(&|all| {
        let risk = all.iter_mut().find(|one| one.id == "RI-1").unwrap();
        risk.values.remove("owner");
    });
    assert_eq!(unowned, OwnerApproval::NoOwner);
}

#[test]
fn a_programme_covers_what_its_audits_name_and_nobody_audits_their_own_work() {
    let mut records = whole();
    let view = programme(&compared(records.clone()), "PA-1");
    assert_eq!(view.lines.len(), 25 + 93);
    assert_eq!(view.count(AuditCover::Planned), 118);
    assert_eq!(view.dependent, []);
    let audit = records.iter_mut().find(|one| one.id == "AU-1").unwrap();
    audit.values.insert(
        "criteria".to_owned(),
        vec!["clause-9.2".to_owned(), "iso-5.1".to_owned()],
    );
    audit
        .values
        .insert("done-on".to_owned(), vec!["2026-10-01".to_owned()]);
    audit
        .values
        .insert("auditor".to_owned(), vec!["RSSI".to_owned()]);
    let view = programme(&compared(records), "PA-1");
    assert_eq!(
        (view.count(AuditCover::Done), view.count(AuditCover::Never)),
        (2, 116)
    );
    let dependences: Vec<&Dependence> = view.dependent.iter().map(|one| &one.dependence).collect();
    assert_eq!(dependences, [&Dependence::Role(RoleKey::Ciso)]);
    assert_eq!(programme(&compared(whole()), "PA-9").audits, []);
}

#[test]
fn a_review_hears_what_happened_since_the_last_signed_one() {
    let mut records = whole();
    let review = records.iter_mut().find(|one| one.id == "RD-1").unwrap();
    review
        .values
        .insert("signed-on".to_owned(), vec!["2026-11-01".to_owned()]);
    review.values.insert(
        "measures".to_owned(),
        vec!["ME-1".to_owned(), "ME-2".to_owned()],
    );
    review.at = Timestamp::from_secs(1_790_000_000);
    let later = Timestamp::from_secs(1_795_000_000);
    for one in records.iter_mut().filter(|one| one.id != "RI-1") {
        if one.kind == K::Risk || one.kind == K::Context || one.kind == K::Document {
            one.at = Timestamp::from_secs(1_780_000_000);
        }
    }
    let changed = records.iter_mut().find(|one| one.id == "CX-4").unwrap();
    changed.at = later;
    let registers = compared(records);
    assert_eq!(
        last_review(&registers, "RD-1"),
        None,
        "a review does not follow itself"
    );
    let last = last_review(&registers, "RD-2").unwrap();
    let facts = facts(&registers, Some(&last));
    assert_eq!(facts.decided_done, ["ME-1"]);
    assert_eq!(facts.decided_open, ["ME-2"]);
    assert_eq!(facts.issues, ["CX-4"]);
    assert_eq!((facts.parties.len(), facts.documents.len()), (0, 0));
    assert_eq!(facts.risks, ["RI-1"]);
    assert_eq!(facts.opened, ["CO-1"]);
    assert_eq!(facts.accepted, ["AC-1"]);
    assert_eq!(facts.opportunities, ["OP-1"]);
}

#[test]
fn the_heat_map_counts_each_risk_once_before_now_and_after() {
    let registers = compared(whole());
    let risks = registers.read::<Risk>().entries;
    let of = |at| {
        let map = heat_map(&risks, &ScaleInForce::STANDARD, at);
        let cells = map.rows.iter().flat_map(|(_, cells)| cells);
        (cells.map(|cell| cell.risks).sum::<usize>(), map.unrated)
    };
    assert_eq!(of(RatedAt::Before), (0, 1));
    assert_eq!(of(RatedAt::Now), (1, 0));
    assert_eq!(of(RatedAt::After), (1, 0));
    let map = heat_map(&risks, &ScaleInForce::STANDARD, RatedAt::Now);
    let (gravity, cells) = &map.rows[1];
    assert_eq!(
        (gravity.code(), cells[2].risks, cells[2].level.code()),
        ("3", 1, "high")
    );
}
