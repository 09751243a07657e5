//! The rules over whole registers: each record with all that the law asks, then with one thing less.

#![allow(clippy::unwrap_used, reason = "a test ends at its first fault")]

use digue_isms::calendar::DueKind;
use digue_isms::contradictions::{ContradictionKind, contradictions};
use digue_isms::kinds::RegisterKind;
use digue_isms::privacy_kinds::{Processing, SubProcessor};
use digue_isms::register::RegisterRecord as _;
use digue_isms::standing::{MeasuredState, Measurements};
use digue_isms::{Registers, Revision, Values, calendar};
use digue_privacy::chain::chain;
use digue_privacy::contract::ContractClause;
use digue_privacy::gaps::{PortalSeen, PrivacyFacts, PrivacyGapKind, gaps};
use digue_privacy::sheet::{self, SheetAnswer, SheetItem, SheetSettings, SheetSide};
use digue_response::vocabulary::DataKind;
use digue_types::Timestamp;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 30);
const NOW: Timestamp = Timestamp::from_secs(1_796_040_000);

type Fields<'f> = Vec<(&'f str, &'f str)>;

fn revision(kind: RegisterKind, id: &str, fields: &[(&str, &str)]) -> Revision {
    let values: Values = fields
        .iter()
        .map(|(field, text)| ((*field).to_owned(), vec![(*text).to_owned()]))
        .collect();
    let values = kind
        .checked(&values)
        .unwrap_or_else(|faults| panic!("{id}: {faults:?}"));
    Revision {
        kind,
        id: id.to_owned(),
        number: 1,
        at: NOW,
        by: "dpo".to_owned(),
        is_over: false,
        hash: String::new(),
        values,
    }
}

fn settings() -> SheetSettings {
    SheetSettings {
        operator: vec![
            "Mission locale du Val".to_owned(),
            "1 rue de la Paix".to_owned(),
        ],
        dpo: vec!["dpo@val.example".to_owned()],
    }
}

fn facts() -> PrivacyFacts {
    PrivacyFacts {
        settings: settings(),
        ..PrivacyFacts::default()
    }
}

fn controller() -> Fields<'static> {
    vec![
        ("title", "Accompagnement"),
        ("role", "controller"),
        ("representative", "Sans objet"),
        ("purposes", "Accompagner vers l'emploi"),
        ("basis", "public-task"),
        ("persons", "Jeunes de 16 à 25 ans"),
        ("data", "État civil, parcours"),
        ("recipients", "Conseillers"),
        ("safeguards", "none"),
        ("retention", "Deux ans après la sortie"),
        ("security", "Comptes nominatifs, journal"),
        ("dpia", "AIPD de 2025"),
        ("review-on", "2027-06-30"),
    ]
}

fn without<'f>(fields: &Fields<'f>, left_out: &str) -> Fields<'f> {
    let kept = fields.iter().filter(|(field, _)| *field != left_out);
    kept.copied().collect()
}

fn missing_items(fields: &Fields<'_>, settings: &SheetSettings) -> Vec<SheetItem> {
    let one = revision(RegisterKind::Processing, "TR-1", fields);
    let record = Processing::read(&one.values).unwrap();
    sheet::missing(&record, &Registers::new([one]), settings)
}

#[test]
fn each_item_of_30_1_is_missing_by_its_name_when_its_field_is_blank() {
    let whole = controller();
    assert_eq!(missing_items(&whole, &settings()), []);
    for (field, item) in [
        ("persons", SheetItem::PersonCategories),
        ("data", SheetItem::DataCategories),
        ("recipients", SheetItem::Recipients),
        ("retention", SheetItem::Erasure),
        ("security", SheetItem::Security),
    ] {
        let mut rest = without(&whole, field);
        assert_eq!(missing_items(&rest, &settings()), [item], "{field}");
        // A filler says nothing either.
        rest.push((field, "à compléter"));
        assert_eq!(missing_items(&rest, &settings()), [item], "{field}");
    }
    // Neither a country nor "none": both items are unknown.
    let rest = without(&whole, "safeguards");
    let expected = [SheetItem::Transfers, SheetItem::Safeguards];
    assert_eq!(missing_items(&rest, &settings()), expected);
    // A country without its ground.
    let mut to_us = rest;
    to_us.push(("transfers", "Messagerie, États-Unis"));
    assert_eq!(missing_items(&to_us, &settings()), [SheetItem::Safeguards]);
    to_us.push(("safeguards", "standard-clauses"));
    assert_eq!(missing_items(&to_us, &settings()), []);
}

#[test]
fn who_answers_comes_from_the_record_the_settings_or_the_role_and_is_else_missing() {
    let none = SheetSettings::default();
    let expected = [SheetItem::Controller, SheetItem::Dpo];
    assert_eq!(missing_items(&controller(), &none), expected);
    let mut own = controller();
    own.push(("controller", "Commune du Val"));
    own.push(("dpo", "Mme Martin"));
    assert_eq!(missing_items(&own, &none), []);
    let sheet_of = |more: Vec<Revision>| {
        let one = revision(RegisterKind::Processing, "TR-1", &controller());
        let record = Processing::read(&one.values).unwrap();
        let all = Registers::new(more.into_iter().chain([one]));
        sheet::missing(&record, &all, &none)
    };
    let role = [("role", "dpo"), ("holder", "C. Martin")];
    let role = revision(RegisterKind::Role, "RO-1", &role);
    assert_eq!(sheet_of(vec![role]), [SheetItem::Controller]);
}

#[test]
fn a_processor_has_the_sheet_of_30_2_and_a_joint_controller_its_arrangement() {
    let processor = vec![
        ("title", "Hébergement"),
        ("role", "processor"),
        ("purposes", "Héberger les dossiers"),
        ("safeguards", "none"),
        ("security", "Chiffrement"),
    ];
    let expected = [SheetItem::OnBehalfOf];
    assert_eq!(missing_items(&processor, &settings()), expected);
    let one = revision(RegisterKind::Processing, "TR-1", &processor);
    let record = Processing::read(&one.values).unwrap();
    let lines = sheet::sheet(&record, &Registers::new([one]), &settings());
    let articles: Vec<&str> = lines.iter().map(|line| line.article).collect();
    assert_eq!(SheetSide::of(&record), SheetSide::Processor);
    assert!(articles.iter().all(|article| article.starts_with("30(2)")));
    let at = |item| &lines.iter().find(|line| line.item == item).unwrap().answer;
    assert_eq!(*at(SheetItem::Safeguards), SheetAnswer::NotApplicable);
    assert_eq!(*at(SheetItem::Representative), SheetAnswer::NoneDeclared);
    let mut joint = without(&controller(), "role");
    joint.push(("role", "joint"));
    assert_eq!(
        missing_items(&joint, &settings()),
        [SheetItem::JointControllers]
    );
}

fn contract() -> Fields<'static> {
    let mut fields = vec![
        ("title", "Hébergement 2026"),
        ("third-party", "TI-1"),
        ("about", "processor"),
        ("subject", "Hébergement du portail"),
        ("signed-on", "2026-01-05"),
        ("starts-on", "2026-01-10"),
        ("ends-on", "2027-01-09"),
        ("notice-days", "60"),
        ("owner", "dsi"),
        ("sub-authorisation", "specific"),
        ("at-end", "return"),
    ];
    fields.extend(
        ContractClause::ALL
            .iter()
            .map(|one| (one.code(), "article 7")),
    );
    fields
}

fn found(revisions: Vec<Revision>) -> Vec<(String, PrivacyGapKind)> {
    let found = gaps(&Registers::new(revisions), &facts(), TODAY);
    found.into_iter().map(|one| (one.id, one.what)).collect()
}

fn party() -> Revision {
    let fields = [
        ("title", "Hébergeur"),
        ("roles", "processor"),
        ("criticality", "vital"),
        ("assessed-on", "2026-02-01"),
        ("review-on", "2027-02-01"),
    ];
    revision(RegisterKind::ThirdParty, "TI-1", &fields)
}

#[test]
fn each_clause_of_28_3_is_checked_by_itself() {
    let of = |fields: &Fields<'_>| {
        found(vec![
            party(),
            revision(RegisterKind::Contract, "CN-1", fields),
        ])
    };
    assert_eq!(of(&contract()), []);
    for clause in ContractClause::ALL {
        let rest = without(&contract(), clause.code());
        let expected = [("CN-1".to_owned(), PrivacyGapKind::Clause(*clause))];
        assert_eq!(of(&rest), expected, "{}", clause.article());
    }
    // Without data no clause is asked; and the processor then has no contract that holds.
    let mut other = without(&contract(), "about");
    other.push(("about", "without-data"));
    let expected = [("TI-1".to_owned(), PrivacyGapKind::PartyWithoutContract)];
    assert_eq!(of(&without(&other, "audits")), expected);
}

#[test]
fn a_contract_falls_due_before_its_notice_and_after_its_end_until_the_data_are_gone() {
    let due = |fields: &Fields<'_>, today: Date| {
        let one = revision(RegisterKind::Contract, "CN-1", fields);
        let now = Measurements { at: NOW, today };
        let due = calendar::due(&Registers::new([one]), now);
        due.into_iter()
            .map(|one| (one.what, one.on))
            .collect::<Vec<_>>()
    };
    let renewal = (DueKind::RenewContract, date(2026, 11, 10));
    assert_eq!(due(&contract(), TODAY), [renewal]);
    let over = date(2027, 2, 1);
    let data = (DueKind::EndData, date(2027, 1, 9));
    assert_eq!(due(&contract(), over), [data]);
    let mut ended = contract();
    ended.push(("data-ended-on", "2027-01-20"));
    assert_eq!(due(&ended, over), []);
}

fn below(id: &str, more: &[(&str, &str)]) -> Revision {
    let mut fields = vec![
        ("title", id),
        ("contract", "CN-1"),
        ("same-duties", "annexe 3"),
        ("safeguard", "none"),
    ];
    fields.extend(more);
    revision(RegisterKind::SubProcessor, id, &fields)
}

#[test]
fn a_processor_of_a_processor_is_authorised_as_the_contract_says() {
    let told = |rule: &'static str, more: &[(&str, &str)]| {
        let mut fields = without(&contract(), "sub-authorisation");
        fields.push(("sub-authorisation", rule));
        let contract = revision(RegisterKind::Contract, "CN-1", &fields);
        let found = found(vec![party(), contract, below("SU-1", more)]);
        found
            .into_iter()
            .map(|(_, what)| what.code())
            .collect::<Vec<_>>()
    };
    let authorised = [("authorised-on", "2026-03-01")];
    let announced = [("announced-on", "2026-03-01")];
    assert_eq!(told("specific", &[]), ["chain-not-authorised"]);
    assert_eq!(told("specific", &announced), ["chain-not-authorised"]);
    assert_eq!(told("specific", &authorised), [""; 0]);
    assert_eq!(told("general", &[]), ["chain-not-announced"]);
    assert_eq!(told("general", &announced), [""; 0]);
    assert_eq!(told("forbidden", &authorised), ["chain-forbidden"]);
    let refused = [
        ("authorised-on", "2026-03-01"),
        ("refused-on", "2026-04-01"),
    ];
    assert_eq!(told("specific", &refused), ["chain-refused"]);
}

#[test]
fn a_chain_leaves_nobody_out_and_ends_also_in_a_circle() {
    let all = Registers::new([
        below("SU-1", &[]),
        below("SU-2", &[("below", "SU-1")]),
        below("SU-3", &[("below", "SU-2")]),
        below("SU-4", &[("below", "SU-5")]),
        below("SU-5", &[("below", "SU-4")]),
    ]);
    let entries = all.read::<SubProcessor>().entries;
    let links = chain("CN-1", &entries);
    let told: Vec<(&str, usize)> = links
        .iter()
        .map(|link| (link.entry.id.as_str(), link.depth))
        .collect();
    let expected = [
        ("SU-1", 1),
        ("SU-2", 2),
        ("SU-3", 3),
        ("SU-4", 1),
        ("SU-5", 2),
    ];
    assert_eq!(told, expected);
    let circles = gaps(&all, &facts(), TODAY).into_iter();
    let circles = circles.filter(|one| one.what.code() == "chain-circle");
    let circles: Vec<String> = circles.map(|one| one.id).collect();
    assert_eq!(circles, ["SU-4", "SU-5"]);
}

#[test]
fn an_arrangement_of_joint_controllers_says_who_answers_what() {
    let topics = [
        "informs",
        "rights",
        "contact-point",
        "security",
        "breaches",
        "essence",
        "published",
    ];
    let mut whole = vec![
        ("title", "Portail"),
        ("parties", "Commune, agence"),
        ("signed-on", "2026-01-01"),
    ];
    whole.extend(topics.iter().map(|topic| (*topic, "L'agence.")));
    let of = |fields: &Fields<'_>| {
        found(vec![revision(
            RegisterKind::JointArrangement,
            "RC-1",
            fields,
        )])
    };
    assert_eq!(of(&whole), []);
    for topic in topics {
        let [(_, what)] = &of(&without(&whole, topic))[..] else {
            panic!("{topic}");
        };
        let PrivacyGapKind::Topic(missing) = what else {
            panic!("{topic}: {what:?}");
        };
        assert_eq!(missing.code(), topic);
    }
}

#[test]
fn a_measure_on_which_an_assessment_rests_is_promised_and_told_when_it_is_late() {
    let measure = [
        ("title", "Double authentification"),
        ("priority", "p1"),
        ("declared", "to-do"),
        ("owner", "rssi"),
        ("origin", "good-practice"),
        ("due", "2026-10-01"),
    ];
    let dpia = |decided: &'static str| {
        let mut fields = vec![
            ("title", "Portail"),
            ("need", "needed"),
            ("measures", "ME-1"),
            ("description", "Un portail."),
            ("necessity", "Rien de moins."),
            ("rights", "Information."),
            ("risk-words", "Vol d'un compte."),
            ("views", "Entendus."),
            ("high-residual", "no"),
            ("dpo-opinion", "favourable"),
            ("dpo-words", "Favorable."),
            ("dpo-name", "C. Martin"),
            ("dpo-on", "2026-01-01"),
            ("decision", "proceed"),
            ("decided-on", "2026-01-02"),
        ];
        fields.push(("decided-by", decided));
        revision(RegisterKind::Dpia, "AI-1", &fields)
    };
    let told = |decided| {
        let measure = revision(RegisterKind::Measure, "ME-1", &measure);
        let all = Registers::new([measure, dpia(decided)]);
        let now = Measurements {
            at: NOW,
            today: TODAY,
        };
        let found = contradictions(&all, &MeasuredState::default(), now);
        found
            .iter()
            .any(|one| one.wrong == ContradictionKind::PromisedNotDone)
    };
    assert!(told("direction"));
    assert!(!told(""), "nobody decided on it: nothing is promised yet");
}

#[test]
fn a_term_that_was_not_counted_is_a_gap() {
    let rule = [("title", "Dossiers clos"), ("months", "24")];
    let rule = || revision(RegisterKind::RetentionRule, "DU-1", &rule);
    let reading = |id: &str, day: &str, beyond: &str| {
        let fields = [
            ("rule", "DU-1"),
            ("read-on", day),
            ("records", "1000"),
            ("beyond", beyond),
            ("undated", "0"),
            ("quality", "exact"),
            ("source", "base"),
        ];
        revision(RegisterKind::RetentionReading, id, &fields)
    };
    let told = |readings: Vec<Revision>| {
        let found = found(readings.into_iter().chain([rule()]).collect());
        found
            .into_iter()
            .map(|(_, what)| what.code())
            .collect::<Vec<_>>()
    };
    assert_eq!(told(vec![]), ["retention-not-measured"]);
    let late = reading("MD-1", "2026-11-20", "3");
    assert_eq!(told(vec![late.clone()]), ["retention-beyond"]);
    // The last day counts, whatever the order of the identifiers.
    let earlier = reading("MD-2", "2026-11-01", "0");
    assert_eq!(told(vec![late.clone(), earlier]), ["retention-beyond"]);
    // A correction of the same day does, too.
    assert_eq!(
        told(vec![late, reading("MD-3", "2026-11-20", "0")]),
        [""; 0]
    );
    // A count of a day to come hides none.
    let late = reading("MD-1", "2026-11-20", "3");
    let to_come = reading("MD-2", "2036-11-20", "0");
    assert_eq!(told(vec![late, to_come]), ["retention-beyond"]);
    assert_eq!(
        told(vec![reading("MD-1", "2026-01-20", "0")]),
        ["retention-stale"]
    );
}

#[test]
fn what_the_gateway_recorded_stands_beside_what_the_sheet_declares() {
    let told = |seen: Option<PortalSeen>| {
        let mut fields = controller();
        fields.push(("portal", "dossiers"));
        fields.push(("categories", "civil-status"));
        let all = Registers::new([revision(RegisterKind::Processing, "TR-1", &fields)]);
        let portals = seen.map(|seen| ("dossiers".to_owned(), seen)).into_iter();
        let facts = PrivacyFacts {
            portals: portals.collect(),
            ..facts()
        };
        let found = gaps(&all, &facts, TODAY).into_iter();
        found.map(|one| one.what).collect::<Vec<_>>()
    };
    let seen = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned());
        Some(PortalSeen::Categories(names.collect()))
    };
    let undeclared = [PrivacyGapKind::Undeclared(DataKind::Health)];
    assert_eq!(told(seen(&["identite", "sante", "parcours"])), undeclared);
    assert_eq!(told(seen(&[])), []);
    let unknown = [PrivacyGapKind::PortalUnknown];
    assert_eq!(told(Some(PortalSeen::NotConfigured)), unknown);
}
