//! The fold of an incident, its invariants and its clocks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use digue_response::affected::{AffectedQuality, AffectedVersion};
use digue_response::claim::{ClaimKind, ClaimStanding};
use digue_response::clock::{Awareness, ClockKind, RULES};
use digue_response::deadline::DeadlineStanding;
use digue_response::incident::{EntryKind, EntryRefusal, IncidentRole, NoticesEnded, Source};
use digue_response::notification::{Field, SentNotification, Stage};
use digue_response::sheet::{Answer, Sheet};
use digue_response::vocabulary::Exemption;
use digue_response::{Incident, IncidentEntry, IncidentNote, IncidentState};
use digue_types::{Act, Subject, Timestamp};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const HOUR: u64 = 3600;

/// Saturday 12 July 2025, 14:20 in Paris.
fn noon() -> Timestamp {
    Timestamp::parse_rfc3339("2025-07-12T12:20:00Z").unwrap()
}

fn after(hours: u64) -> Timestamp {
    noon().plus(Duration::from_secs(hours * HOUR))
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

fn because() -> String {
    "parce que les faits le montrent".to_owned()
}

fn version(persons: u64) -> AffectedVersion {
    AffectedVersion {
        number: 1,
        question: "{}".to_owned(),
        checkpoint: String::new(),
        hash: "00".to_owned(),
        quality: AffectedQuality::Exact,
        reason: String::new(),
        reasons: Vec::new(),
        persons,
        records: 40,
        by_category: BTreeMap::from([("identite".to_owned(), persons)]),
        by_population: BTreeMap::new(),
        others: Vec::new(),
        period: None,
        left_out: None,
    }
}

/// An incident and the current time.
struct Case {
    entries: Vec<IncidentEntry>,
    now: Timestamp,
}

impl Case {
    fn open() -> Self {
        let mut case = Self {
            entries: Vec::new(),
            now: noon(),
        };
        let (title, about) = (
            "Compte a1 lu en série".to_owned(),
            Subject::parse("account:a1"),
        );
        case.push(IncidentNote::Opened {
            source: Source::Containment,
            title,
            about,
        });
        case
    }

    fn push(&mut self, note: IncidentNote) {
        let number = u32::try_from(self.entries.len()).unwrap() + 1;
        let author = "dpo".to_owned();
        self.entries.push(IncidentEntry {
            number,
            at: self.now,
            recorded_at: self.now,
            author,
            note,
        });
    }

    fn incident(&self) -> Incident {
        Incident::of(&self.entries).unwrap()
    }

    #[track_caller]
    fn takes(&mut self, note: IncidentNote) {
        assert_eq!(
            self.incident().accepts(&note, self.now, &RULES, &paris()),
            Ok(()),
            "{note:?}"
        );
        self.push(note);
    }

    #[track_caller]
    fn refuses(&self, note: &IncidentNote, why: EntryRefusal) {
        assert_eq!(
            self.incident().accepts(note, self.now, &RULES, &paris()),
            Err(why),
            "{note:?}"
        );
    }

    fn state(state: IncidentState) -> IncidentNote {
        IncidentNote::StateSet {
            state,
            reason: because(),
        }
    }

    fn aware(at: Timestamp) -> IncidentNote {
        IncidentNote::Aware {
            at: at.micros(),
            reason: because(),
            of: Awareness::Data,
        }
    }

    fn submitted(at: Timestamp) -> IncidentNote {
        IncidentNote::Submitted(SentNotification {
            stage: Stage::Initial,
            submitted_at: at.micros(),
            receipt: "CNIL-1".to_owned(),
            snapshot: BTreeMap::from([(Field::PersonCount, vec!["36".to_owned()])]),
            unknown: Vec::new(),
        })
    }

    fn partly_submitted(at: Timestamp) -> IncidentNote {
        let IncidentNote::Submitted(sent) = Self::submitted(at) else {
            unreachable!("it is one")
        };
        IncidentNote::Submitted(SentNotification {
            unknown: vec![Field::Support],
            ..sent
        })
    }

    fn told(at: Timestamp) -> IncidentNote {
        IncidentNote::Met {
            clock: ClockKind::Persons,
            at: at.micros(),
            to: "courriel".to_owned(),
            receipt: String::new(),
            persons: None,
        }
    }
}

#[test]
fn closing_needs_both_decisions_and_what_they_ask_for() {
    let mut case = Case::open();
    case.takes(Case::state(IncidentState::Confirmed));
    case.takes(Case::state(IncidentState::Contained));
    case.takes(Case::aware(noon()));
    let close = Case::state(IncidentState::Resolved);
    case.refuses(&close, EntryRefusal::Undecided);
    case.takes(IncidentNote::AuthorityDecided {
        notify: true,
        reason: because(),
    });
    case.refuses(&close, EntryRefusal::Undecided);
    case.takes(IncidentNote::PersonsDecided {
        inform: true,
        exemption: None,
        reason: because(),
    });
    case.refuses(&close, EntryRefusal::NotNotified);
    case.takes(Case::partly_submitted(noon()));
    case.refuses(&close, EntryRefusal::NotificationOpen);
    case.takes(Case::submitted(noon()));
    case.refuses(&close, EntryRefusal::NobodyAffected);
    case.takes(IncidentNote::Affected(version(36)));
    case.refuses(&close, EntryRefusal::PersonsNotInformed);
    case.takes(Case::told(noon()));
    case.takes(IncidentNote::NoticesEnded(NoticesEnded {
        sent: 34,
        unsent: 2,
        ..NoticesEnded::default()
    }));
    case.refuses(&close, EntryRefusal::NoticesUnsent);
    case.takes(Case::told(noon()));
    case.takes(IncidentNote::SheetAdded {
        sheet: Sheet::Restart,
    });
    case.refuses(&close, EntryRefusal::StepsOpen);
    for step in Sheet::Restart.steps() {
        let (step, text) = (step.code.to_owned(), String::new());
        case.takes(IncidentNote::Step {
            sheet: Sheet::Restart,
            step,
            answer: Answer::Unknown,
            text,
        });
    }
    case.takes(close);
    assert!(case.incident().is_closed());
    case.refuses(
        &IncidentNote::AuthorityDecided {
            notify: false,
            reason: because(),
        },
        EntryRefusal::Closed,
    );
    case.takes(IncidentNote::Corrected {
        entry: 2,
        text: "confirmé à 14 h 10".to_owned(),
    });
    case.takes(Case::state(IncidentState::Contained));
    assert!(!case.incident().is_closed(), "reopened with a reason");
}

/// Entered by mistake: the authority was not notified, and its clock runs.
#[test]
fn an_act_that_is_taken_back_is_claimed_no_more() {
    let mut case = Case::open();
    case.takes(IncidentNote::Aware {
        at: noon().micros(),
        reason: because(),
        of: Awareness::Data,
    });
    case.takes(IncidentNote::AuthorityDecided {
        notify: true,
        reason: because(),
    });
    case.takes(Case::told(noon()));
    let act = u32::try_from(case.entries.len()).unwrap();
    let is_told = |case: &Case| {
        let incident = case.incident();
        let clocks = incident.clocks(&RULES, &paris());
        let clock = clocks
            .iter()
            .find(|clock| clock.rule.kind == ClockKind::Persons);
        (
            incident.acts.fact(ClaimKind::Persons).is_some(),
            clock.and_then(|clock| clock.met_at).is_some(),
        )
    };
    assert_eq!(is_told(&case), (true, true));
    let take_back = |entry| IncidentNote::Withdrawn {
        entry,
        reason: because(),
    };
    for other in [1, 2, act + 1, 99] {
        case.refuses(&take_back(other), EntryRefusal::NoSuchEntry);
    }
    case.refuses(
        &IncidentNote::Withdrawn {
            entry: act,
            reason: String::new(),
        },
        EntryRefusal::NoReason,
    );
    case.takes(take_back(act));
    assert_eq!(is_told(&case), (false, false));
    assert_eq!(case.incident().withdrawn[&act], act + 1);
    case.refuses(&take_back(act), EntryRefusal::NoSuchEntry);
    case.takes(Case::told(noon()));
    assert_eq!(
        is_told(&case),
        (true, true),
        "what was done then is another act"
    );
    // What Digue counted of its own notices is not a statement by a person and cannot be withdrawn.
    let counted = IncidentNote::Met {
        clock: ClockKind::Persons,
        at: noon().micros(),
        to: "Vos données".to_owned(),
        receipt: "ca-1".to_owned(),
        persons: Some(12),
    };
    for measured in [
        IncidentNote::NoticesEnded(NoticesEnded {
            unsent: 2,
            ..NoticesEnded::default()
        }),
        counted,
    ] {
        case.takes(measured);
        let entry = u32::try_from(case.entries.len()).unwrap();
        case.refuses(&take_back(entry), EntryRefusal::NoSuchEntry);
    }
}

#[test]
fn a_decision_not_to_tell_names_its_exemption() {
    let mut case = Case::open();
    let decide = |inform, exemption| IncidentNote::PersonsDecided {
        inform,
        exemption,
        reason: because(),
    };
    case.refuses(&decide(false, None), EntryRefusal::ExemptionNeeded);
    case.refuses(
        &decide(true, Some(Exemption::Protected)),
        EntryRefusal::ExemptionNeeded,
    );
    let short = IncidentNote::PersonsDecided {
        inform: true,
        exemption: None,
        reason: "oui".to_owned(),
    };
    case.refuses(&short, EntryRefusal::NoReason);
    case.takes(decide(false, Some(Exemption::Mitigated)));
    let clocks = case.incident();
    assert!(
        clocks.clocks(&RULES, &paris()).is_empty(),
        "nobody was aware yet"
    );
}

#[test]
fn awareness_is_corrected_and_never_moved_silently() {
    let mut case = Case::open();
    case.now = after(5);
    case.refuses(&Case::aware(after(6)), EntryRefusal::Future);
    case.takes(Case::aware(after(4)));
    case.takes(Case::aware(after(2)));
    let incident = case.incident();
    assert_eq!(incident.aware_at(), Some(after(2)));
    let hours: Vec<Timestamp> = incident
        .awareness
        .iter()
        .map(|(_, aware)| aware.what)
        .collect();
    assert_eq!(
        hours,
        [after(4), after(2)],
        "both hours and both reasons stay"
    );
    let clocks = incident.clocks(&RULES, &paris());
    let authority = clocks
        .iter()
        .find(|clock| clock.rule.kind == ClockKind::Authority)
        .unwrap();
    assert_eq!(authority.due_at, Some(after(74)));
}

#[test]
fn after_the_hour_reasons_come_first() {
    let mut case = Case::open();
    case.takes(Case::aware(noon()));
    case.now = after(73);
    case.refuses(&Case::submitted(after(73)), EntryRefusal::DelayUnexplained);
    case.takes(IncidentNote::DelayExplained {
        clock: ClockKind::Authority,
        reason: because(),
    });
    case.takes(Case::submitted(after(73)));
    let clocks = case.incident().clocks(&RULES, &paris());
    assert_eq!(clocks[0].overdue(after(900)), Some(Duration::from_hours(1)));
}

#[test]
fn a_processor_tells_its_controller_and_has_no_authority_to_tell() {
    let mut case = Case::open();
    let (is_insured, is_nis2) = (true, false);
    case.takes(IncidentNote::RoleSet {
        role: IncidentRole::Processor,
        is_insured,
        is_nis2,
    });
    case.takes(Case::aware(noon()));
    case.takes(IncidentNote::Aware {
        at: noon().micros(),
        reason: because(),
        of: Awareness::Attack,
    });
    let kinds: Vec<ClockKind> = case
        .incident()
        .clocks(&RULES, &paris())
        .iter()
        .map(|clock| clock.rule.kind)
        .collect();
    assert_eq!(kinds, [ClockKind::Processor, ClockKind::Complaint]);
    case.takes(Case::state(IncidentState::Contained));
    case.refuses(
        &Case::state(IncidentState::Resolved),
        EntryRefusal::ControllerNotInformed,
    );
    let (to, receipt) = ("AKTO".to_owned(), String::new());
    let persons = None;
    case.takes(IncidentNote::Met {
        clock: ClockKind::Processor,
        at: noon().micros(),
        to,
        receipt,
        persons,
    });
    // The complaint is due too: it is filed, or left with a written reason.
    let close = Case::state(IncidentState::Resolved);
    case.refuses(&close, EntryRefusal::DutyOpen);
    let left = |clock, reason: &str| IncidentNote::LeftOpen {
        clock,
        reason: reason.to_owned(),
    };
    case.refuses(&left(ClockKind::Complaint, "non"), EntryRefusal::NoReason);
    case.takes(left(ClockKind::Complaint, "l'assureur n'est pas saisi"));
    case.takes(close);
    let claim = case.incident().claim(
        ClaimKind::Complaint,
        &case.incident().clocks(&RULES, &paris()),
        case.now,
    );
    assert_eq!(
        claim.standing(),
        ClaimStanding::NotDone,
        "nobody promises it any more"
    );
}

#[test]
fn no_reason_leaves_open_what_the_law_asks_for() {
    let mut case = Case::open();
    for clock in ClockKind::ALL {
        let reason = because();
        let left = IncidentNote::LeftOpen {
            clock: *clock,
            reason,
        };
        if *clock == ClockKind::Complaint {
            case.takes(left);
        } else {
            case.refuses(&left, EntryRefusal::DutyOpen);
        }
    }
    let (role, is_insured, is_nis2) = (IncidentRole::Controller, false, true);
    case.takes(IncidentNote::RoleSet {
        role,
        is_insured,
        is_nis2,
    });
    case.takes(Case::aware(noon()));
    case.takes(Case::state(IncidentState::Contained));
    case.takes(IncidentNote::AuthorityDecided {
        notify: false,
        reason: because(),
    });
    case.takes(IncidentNote::PersonsDecided {
        inform: false,
        exemption: Some(Exemption::Mitigated),
        reason: because(),
    });
    let close = Case::state(IncidentState::Resolved);
    case.refuses(&close, EntryRefusal::DutyOpen);
    // It was not significant: the role is corrected, and the duties end with it.
    case.takes(IncidentNote::RoleSet {
        role,
        is_insured,
        is_nis2: false,
    });
    case.takes(close);
}

#[test]
fn a_closed_incident_takes_no_new_version_of_its_persons() {
    let mut case = Case::open();
    case.takes(Case::state(IncidentState::Dismissed));
    case.refuses(&IncidentNote::Affected(version(36)), EntryRefusal::Closed);
    case.takes(Case::state(IncidentState::Suspected));
    case.takes(IncidentNote::Affected(version(36)));
}

/// The page showed the hour at which an officer wrote that it was contained.
#[test]
fn an_incident_is_contained_when_access_ended_and_not_when_it_was_written_down() {
    let mut case = Case::open();
    let contained = |case: &Case| {
        let moments = case.incident().moments();
        let (_, at) = moments
            .into_iter()
            .find(|(name, _)| *name == "contained")
            .unwrap();
        at
    };
    let shut = case.now;
    case.push(IncidentNote::Seen {
        act: Act::GateSet,
        subject: Subject::parse("account:a1"),
        before: "open".to_owned(),
        after: "closed".to_owned(),
        reason: String::new(),
        journal: 7,
        by: "digue".to_owned(),
    });
    assert_eq!(contained(&case), None, "nobody has judged it yet");
    case.now = case.now.plus(Duration::from_hours(9));
    case.takes(Case::state(IncidentState::Contained));
    assert_eq!(contained(&case), Some(shut));
}

#[test]
fn states_follow_one_another() {
    let mut case = Case::open();
    case.refuses(
        &Case::state(IncidentState::Resolved),
        EntryRefusal::NoSuchStep,
    );
    case.takes(Case::state(IncidentState::Dismissed));
    case.refuses(
        &Case::state(IncidentState::Confirmed),
        EntryRefusal::NoSuchStep,
    );
    case.takes(Case::state(IncidentState::Suspected));
    case.takes(Case::state(IncidentState::Contained));
    assert_eq!(
        case.incident().reached(IncidentState::Dismissed),
        Some(noon())
    );
    let again = IncidentNote::Opened {
        source: Source::Person,
        title: "x".to_owned(),
        about: Subject::Nothing,
    };
    case.refuses(&again, EntryRefusal::OpenedTwice);
}

#[test]
fn corrections_name_what_they_correct_and_erase_nothing() {
    let mut case = Case::open();
    let said = |text: &str| IncidentNote::Said {
        kind: EntryKind::Interpretation,
        text: text.to_owned(),
        journal: None,
    };
    case.takes(said("un infostealer, sans doute"));
    case.refuses(
        &IncidentNote::Corrected {
            entry: 9,
            text: "x".to_owned(),
        },
        EntryRefusal::NoSuchEntry,
    );
    case.takes(IncidentNote::Corrected {
        entry: 2,
        text: "un mot de passe réutilisé".to_owned(),
    });
    assert_eq!(case.entries.len(), 3);
    assert_eq!(case.incident().corrections[&2], [3]);
    case.refuses(&said("  "), EntryRefusal::NoText);
}

#[test]
fn two_versions_of_the_affected_set_have_no_number_in_common() {
    let mut case = Case::open();
    let numbered = |number| {
        IncidentNote::Affected(AffectedVersion {
            number,
            ..version(36)
        })
    };
    case.refuses(&numbered(2), EntryRefusal::Value);
    case.takes(numbered(1));
    case.refuses(&numbered(1), EntryRefusal::Value);
    case.takes(numbered(2));
    assert_eq!(case.incident().next_version(), 3);
}

#[test]
fn an_entry_survives_being_written_and_read_again() {
    let mut case = Case::open();
    case.takes(IncidentNote::Affected(version(36)));
    case.takes(Case::aware(noon()));
    case.takes(Case::submitted(noon()));
    case.takes(IncidentNote::FieldSet {
        field: Field::CauseOf,
        value: vec!["external-malicious".to_owned()],
    });
    for entry in &case.entries {
        let json = serde_json::to_string(&entry.note).unwrap();
        assert_eq!(
            serde_json::from_str::<IncidentNote>(&json).unwrap(),
            entry.note,
            "{json}"
        );
    }
}

#[test]
fn the_moments_are_computed_from_the_entries() {
    let mut case = Case::open();
    case.takes(IncidentNote::Occurred {
        from: noon().minus(Duration::from_hours(3)).micros(),
        to: None,
    });
    case.takes(Case::state(IncidentState::Contained));
    case.now = after(2);
    case.takes(Case::aware(after(1)));
    case.takes(Case::submitted(after(2)));
    let moments: Vec<(&str, bool)> = case
        .incident()
        .moments()
        .iter()
        .map(|(name, at)| (*name, at.is_some()))
        .collect();
    // Nothing was detected before the opening, and the hour of opening is not a discovery.
    let known = [true, false, true, true, true, false];
    let names = ["occurred", "seen", "aware", "contained", "notified", "told"];
    assert_eq!(moments, names.into_iter().zip(known).collect::<Vec<_>>());
}

/// An entry of any kind that leads to the end of an incident, or away from it.
fn any_note() -> impl Strategy<Value = IncidentNote> {
    let role = |role| IncidentNote::RoleSet {
        role,
        is_insured: false,
        is_nis2: false,
    };
    let exemption = prop_oneof![
        Just(None),
        Just(Some(Exemption::Protected)),
        Just(Some(Exemption::Mitigated)),
        Just(Some(Exemption::Disproportionate)),
    ];
    let met = |clock| IncidentNote::Met {
        clock,
        at: noon().micros(),
        to: "site et presse".to_owned(),
        receipt: String::new(),
        persons: None,
    };
    prop_oneof![
        1 => Just(Case::state(IncidentState::Confirmed)),
        3 => Just(Case::state(IncidentState::Contained)),
        4 => Just(Case::state(IncidentState::Resolved)),
        1 => Just(Case::state(IncidentState::Dismissed)),
        1 => Just(Case::state(IncidentState::Suspected)),
        2 => any::<bool>()
            .prop_map(|notify| IncidentNote::AuthorityDecided { notify, reason: because() }),
        2 => exemption.prop_map(|exemption| IncidentNote::PersonsDecided {
            inform: exemption.is_none(),
            exemption,
            reason: because(),
        }),
        2 => Just(Case::submitted(noon())),
        1 => Just(Case::partly_submitted(noon())),
        2 => Just(Case::told(noon())),
        1 => Just(met(ClockKind::Public)),
        1 => Just(met(ClockKind::Processor)),
        2 => (0_u64..3).prop_map(|persons| IncidentNote::Affected(version(persons))),
        2 => Just(Case::aware(noon())),
        1 => Just(role(IncidentRole::Processor)),
        1 => Just(role(IncidentRole::Controller)),
        1 => (1_u32..20).prop_map(|entry| IncidentNote::Withdrawn { entry, reason: because() }),
        1 => (0_u64..2).prop_map(|unsent| {
            IncidentNote::NoticesEnded(NoticesEnded { sent: 34, unsent, ..NoticesEnded::default() })
        }),
    ]
}

/// How often each end was reached: a property says nothing about a case that never came.
#[derive(Default)]
struct Ends {
    notified: u32,
    not_notified: u32,
    told: u32,
    not_told: u32,
    of_processors: u32,
}

impl Ends {
    fn count(&mut self, incident: &Incident) {
        if incident.role == IncidentRole::Processor {
            self.of_processors += 1;
            return;
        }
        let is_yes = |decided: Option<bool>| decided.is_some_and(|yes| yes);
        let notify = is_yes(incident.authority.as_ref().map(|decided| decided.what));
        let inform = is_yes(incident.persons.as_ref().map(|decided| decided.what.inform));
        *if notify {
            &mut self.notified
        } else {
            &mut self.not_notified
        } += 1;
        *if inform {
            &mut self.told
        } else {
            &mut self.not_told
        } += 1;
    }
}

/// Any accepted entry folds, and an incident that is closed has what its decisions and its role ask
/// for.
#[test]
fn no_path_closes_a_breach_without_both_decisions() {
    let ends = RefCell::new(Ends::default());
    let mut runner = TestRunner::new(Config {
        cases: 2_000,
        ..Config::default()
    });
    let paths = proptest::collection::vec(any_note(), 0..60);
    let followed = runner.run(&paths, |notes| {
        let mut case = Case::open();
        for note in notes {
            let was_closed = case.incident().is_closed();
            if case
                .incident()
                .accepts(&note, case.now, &RULES, &paris())
                .is_ok()
            {
                case.push(note);
            }
            let incident = case.incident();
            if was_closed || incident.state() != IncidentState::Resolved {
                continue;
            }
            ends.borrow_mut().count(&incident);
            if incident.role == IncidentRole::Processor {
                prop_assert!(incident.met_at(ClockKind::Processor).is_some());
                continue;
            }
            let (authority, persons) = (incident.authority.as_ref(), incident.persons.as_ref());
            prop_assert!(authority.is_some() && persons.is_some());
            prop_assert!(
                authority.is_none_or(|decided| !decided.what) || incident.notified_at().is_some()
            );
            match persons.map(|decided| (decided.what.inform, decided.what.exemption)) {
                Some((true, _)) => prop_assert!(incident.met_at(ClockKind::Persons).is_some()),
                Some((false, Some(Exemption::Disproportionate))) => {
                    prop_assert!(incident.met_at(ClockKind::Public).is_some());
                }
                Some((false, exemption)) => prop_assert!(exemption.is_some()),
                None => {}
            }
        }
        Ok(())
    });
    followed.unwrap_or_else(|error| panic!("{error}"));
    let Ends {
        notified,
        not_notified,
        told,
        not_told,
        of_processors,
    } = ends.into_inner();
    for (end, count) in [
        ("notified", notified),
        ("not notified", not_notified),
        ("told", told),
        ("not told", not_told),
        ("of processors", of_processors),
    ] {
        assert!(count > 0, "no path ended {end}");
    }
}

fn due(incident: &Incident, kind: ClockKind) -> Option<Timestamp> {
    let clocks = incident.clocks(&RULES, &paris());
    clocks
        .iter()
        .find(|clock| clock.rule.kind == kind)
        .and_then(|clock| clock.due_at)
}

#[test]
fn each_duty_runs_from_its_own_awareness() {
    // Attack known on 22 November at 9:00, data on the 23rd at 15:00, Paris.
    let at = |text: &str| Timestamp::parse_rfc3339(text).unwrap();
    let mut case = Case::open();
    case.now = at("2026-11-23T14:00:00Z");
    case.takes(IncidentNote::RoleSet {
        role: IncidentRole::Controller,
        is_insured: true,
        is_nis2: true,
    });
    let aware = |text: &str, of| IncidentNote::Aware {
        at: at(text).micros(),
        reason: because(),
        of,
    };
    case.takes(aware("2026-11-22T08:00:00Z", Awareness::Attack));
    assert_eq!(
        due(&case.incident(), ClockKind::Authority),
        None,
        "nobody knows of data yet"
    );
    case.takes(aware("2026-11-23T14:00:00Z", Awareness::Data));
    assert_eq!(
        due(&case.incident(), ClockKind::Complaint),
        Some(at("2026-11-25T08:00:00Z"))
    );
    assert_eq!(
        due(&case.incident(), ClockKind::Authority),
        Some(at("2026-11-26T14:00:00Z"))
    );
    assert_eq!(
        due(&case.incident(), ClockKind::EarlyWarning),
        Some(at("2026-11-24T14:00:00Z"))
    );
}

/// The clock of a confirmed theft was nowhere until an officer typed an hour: on a Saturday night
/// nothing said that it ran.
#[test]
fn what_is_confirmed_runs_before_anybody_states_the_hour() {
    let mut case = Case::open();
    assert_eq!(due(&case.incident(), ClockKind::Authority), None);
    case.now = after(1);
    case.takes(IncidentNote::StateSet {
        state: IncidentState::Confirmed,
        reason: because(),
    });
    let presumed = case.incident().clocks(&RULES, &paris());
    let authority = presumed
        .iter()
        .find(|clock| clock.rule.kind == ClockKind::Authority);
    let authority = authority.expect("it runs");
    assert!(authority.is_presumed);
    assert_eq!(authority.due_at, Some(after(73)));
    let late = case.incident().has_exceeded(&presumed, after(74));
    assert!(late, "a deadline that nobody stated passes all the same");
    // The stated hour replaces it, and one that is contained at once is confirmed as well.
    let mut contained = Case::open();
    contained.now = after(2);
    contained.takes(IncidentNote::StateSet {
        state: IncidentState::Contained,
        reason: because(),
    });
    assert_eq!(
        due(&contained.incident(), ClockKind::Authority),
        Some(after(74))
    );
    case.takes(Case::aware(noon()));
    let stated = case.incident().clocks(&RULES, &paris());
    assert!(stated.iter().all(|clock| !clock.is_presumed));
    assert_eq!(due(&case.incident(), ClockKind::Authority), Some(after(72)));
}

#[test]
fn what_a_first_notification_leaves_open_has_its_own_clock() {
    let mut case = Case::open();
    case.takes(Case::aware(noon()));
    case.now = after(10);
    case.takes(Case::partly_submitted(after(10)));
    assert_eq!(
        due(&case.incident(), ClockKind::Complement),
        Some(after(82))
    );
    let IncidentNote::Submitted(sent) = Case::submitted(after(10)) else {
        unreachable!("it is one")
    };
    case.takes(IncidentNote::Submitted(SentNotification {
        stage: Stage::Complementary,
        ..sent
    }));
    assert_eq!(
        case.incident().met_at(ClockKind::Complement),
        Some(after(10))
    );
}

#[test]
fn nobody_tells_of_what_they_do_not_know_yet() {
    let mut case = Case::open();
    case.now = after(5);
    case.refuses(&Case::submitted(after(1)), EntryRefusal::BeforeAwareness);
    case.takes(Case::aware(after(2)));
    case.refuses(&Case::submitted(after(1)), EntryRefusal::BeforeAwareness);
    case.refuses(&Case::told(after(1)), EntryRefusal::BeforeAwareness);
    case.takes(Case::submitted(after(3)));
    case.refuses(&Case::aware(after(4)), EntryRefusal::BeforeAwareness);
}

#[test]
fn a_public_communication_that_was_decided_is_done_before_the_end() {
    let mut case = Case::open();
    case.takes(Case::aware(noon()));
    case.takes(Case::state(IncidentState::Contained));
    case.takes(IncidentNote::AuthorityDecided {
        notify: false,
        reason: because(),
    });
    let exemption = Some(Exemption::Disproportionate);
    case.takes(IncidentNote::PersonsDecided {
        inform: false,
        exemption,
        reason: because(),
    });
    case.refuses(
        &Case::state(IncidentState::Resolved),
        EntryRefusal::PublicNotInformed,
    );
    let (to, receipt) = ("site et presse".to_owned(), String::new());
    case.takes(IncidentNote::Met {
        clock: ClockKind::Public,
        at: noon().micros(),
        to,
        receipt,
        persons: None,
    });
    case.takes(Case::state(IncidentState::Resolved));
}

#[test]
fn a_finding_that_is_cleared_takes_back_no_theft_that_another_confirmed() {
    let mut case = Case::open();
    let verdict = |act, finding: &str| IncidentNote::Seen {
        act,
        subject: Subject::parse("account:a1"),
        before: String::new(),
        after: finding.to_owned(),
        reason: because(),
        journal: 7,
        by: "account:rssi".to_owned(),
    };
    case.push(verdict(Act::FindingConfirmed, "finding:fi-1"));
    case.push(verdict(Act::FindingConfirmed, "finding:fi-2"));
    case.push(verdict(Act::FindingCleared, "finding:fi-3"));
    case.push(verdict(Act::FindingCleared, "finding:fi-2"));
    let confirmed = case.incident().acts.theft().unwrap();
    assert_eq!(confirmed.entry(), 2);
    case.push(verdict(Act::FindingCleared, "finding:fi-1"));
    assert_eq!(case.incident().acts.theft(), None);
}

/// A mail to the wrong person was "149 days late" with a complaint.
#[test]
fn a_complaint_is_due_only_after_an_attack() {
    let insured = || {
        let mut case = Case::open();
        case.takes(IncidentNote::RoleSet {
            role: IncidentRole::Controller,
            is_insured: true,
            is_nis2: false,
        });
        case.takes(Case::aware(noon()));
        case
    };
    let answered = |field, code: &str| {
        let mut case = insured();
        let value = vec![code.to_owned()];
        case.takes(IncidentNote::FieldSet { field, value });
        due(&case.incident(), ClockKind::Complaint)
    };
    assert_eq!(due(&insured().incident(), ClockKind::Complaint), None);
    for (field, code, is_attack) in [
        (Field::CauseOf, "internal-accidental", false),
        (Field::CauseOf, "unknown", false),
        (Field::Origins, "equipment-lost", false),
        (Field::Origins, "wrong-recipient", false),
        (Field::CauseOf, "external-malicious", true),
        (Field::CauseOf, "internal-malicious", true),
        (Field::Origins, "hacking", true),
    ] {
        let expected = is_attack.then(|| after(72));
        assert_eq!(answered(field, code), expected, "{field:?} {code}");
    }
    let mut encrypted = insured();
    encrypted.takes(IncidentNote::SheetAdded {
        sheet: Sheet::Ransomware,
    });
    assert_eq!(
        due(&encrypted.incident(), ClockKind::Complaint),
        Some(after(72))
    );
}

#[test]
fn a_deadline_left_open_with_a_reason_is_neither_kept_nor_exceeded() {
    let mut case = Case::open();
    case.takes(IncidentNote::RoleSet {
        role: IncidentRole::Controller,
        is_insured: true,
        is_nis2: true,
    });
    case.takes(Case::aware(noon()));
    case.takes(IncidentNote::Aware {
        at: noon().micros(),
        reason: because(),
        of: Awareness::Attack,
    });
    let standing = |case: &Case, kind, now| {
        let incident = case.incident();
        let clocks = incident.clocks(&RULES, &paris());
        let clock = clocks.iter().find(|clock| clock.rule.kind == kind).unwrap();
        incident.deadline(clock, now)
    };
    let (kept, running, exceeded) = (
        Some(DeadlineStanding::Kept),
        Some(DeadlineStanding::Running),
        Some(DeadlineStanding::Exceeded),
    );
    for kind in [ClockKind::Authority, ClockKind::Complaint, ClockKind::Nis2] {
        assert_eq!(standing(&case, kind, after(72)), running, "{kind:?}");
        assert_eq!(standing(&case, kind, after(73)), exceeded, "{kind:?}");
    }
    assert_eq!(
        standing(&case, ClockKind::EarlyWarning, after(25)),
        exceeded
    );
    assert_eq!(standing(&case, ClockKind::Persons, after(900)), None);
    case.takes(IncidentNote::LeftOpen {
        clock: ClockKind::Complaint,
        reason: because(),
    });
    case.now = after(80);
    case.takes(Case::submitted(after(70)));
    assert_eq!(standing(&case, ClockKind::Authority, after(900)), kept);
    assert_eq!(
        standing(&case, ClockKind::Complaint, after(900)),
        Some(DeadlineStanding::LeftOpen)
    );
    let incident = case.incident();
    let clocks = incident.clocks(&RULES, &paris());
    assert!(!incident.has_exceeded(&clocks, after(20)));
    assert!(
        incident.has_exceeded(&clocks, after(80)),
        "NIS 2 is not left"
    );
    case.takes(Case::state(IncidentState::Dismissed));
    assert_eq!(standing(&case, ClockKind::Nis2, after(900)), None);
}
