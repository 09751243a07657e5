//! In every state an incident has exactly one next thing to do, nothing is done that is not known,
//! and what is offered is what `Incident::accepts` takes.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_response::affected::{AffectedQuality, AffectedVersion};
use digue_response::claim::ClaimKind;
use digue_response::clock::{Awareness, ClockKind, RULES};
use digue_response::declared::DeclaredFigure;
use digue_response::incident::{EntryRefusal, IncidentRole, NoticesEnded, Source};
use digue_response::notification::{Field, Informant, SentNotification, Stage};
use digue_response::progress::{
    IncidentGap, IncidentProgress, NextAct, NotNeeded, ProgressFacts, ProgressStep,
    RunningCampaign, StepStanding,
};
use digue_response::sheet::{Answer, Sheet};
use digue_response::vocabulary::Exemption;
use digue_response::{Incident, IncidentEntry, IncidentNote, IncidentState};
use digue_types::{Subject, Timestamp};
use jiff::tz::TimeZone;

/// Saturday 22 November 2025, 03:47 in Paris.
fn night() -> Timestamp {
    Timestamp::parse_rfc3339("2025-11-22T02:47:00Z").unwrap()
}

fn because() -> String {
    "parce que les faits le montrent".to_owned()
}

/// An incident, the time, and what the log does not hold.
#[derive(Clone)]
struct Played {
    entries: Vec<IncidentEntry>,
    now: Timestamp,
    facts: ProgressFacts,
}

impl Played {
    fn open(facts: ProgressFacts) -> Self {
        let mut played = Self {
            entries: Vec::new(),
            now: night(),
            facts,
        };
        let about = Subject::Account("a1".parse().unwrap());
        played.push(IncidentNote::Opened {
            source: Source::Containment,
            title: "Vol".to_owned(),
            about,
        });
        played
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

    fn progress(&self) -> IncidentProgress {
        let incident = self.incident();
        incident.progress(
            &self.facts,
            &incident.clocks(&RULES, &TimeZone::UTC),
            self.now,
        )
    }

    #[track_caller]
    fn takes(&mut self, note: IncidentNote) {
        let accepted = self
            .incident()
            .accepts(&note, self.now, &RULES, &TimeZone::UTC);
        assert_eq!(accepted, Ok(()), "{note:?} after {:?}", self.entries);
        self.push(note);
    }

    fn may_close(&self) -> bool {
        let close = IncidentNote::StateSet {
            state: IncidentState::Resolved,
            reason: because(),
        };
        self.facts.campaigns.is_empty()
            && self
                .incident()
                .accepts(&close, self.now, &RULES, &TimeZone::UTC)
                .is_ok()
    }
}

fn version(number: u32, persons: u64) -> AffectedVersion {
    AffectedVersion {
        number,
        question: "{}".to_owned(),
        checkpoint: String::new(),
        hash: "00".to_owned(),
        quality: AffectedQuality::Exact,
        reason: String::new(),
        reasons: Vec::new(),
        persons,
        records: persons,
        by_category: BTreeMap::new(),
        by_population: BTreeMap::new(),
        others: Vec::new(),
        period: None,
        left_out: None,
    }
}

fn sent(stage: Stage, at: Timestamp, unknown: Vec<Field>) -> IncidentNote {
    let (receipt, snapshot) = ("CNIL-1".to_owned(), BTreeMap::new());
    IncidentNote::Submitted(SentNotification {
        stage,
        submitted_at: at.micros(),
        receipt,
        snapshot,
        unknown,
    })
}

fn met(clock: ClockKind, at: Timestamp) -> IncidentNote {
    let (to, receipt) = ("courrier".to_owned(), String::new());
    IncidentNote::Met {
        clock,
        at: at.micros(),
        to,
        receipt,
        persons: None,
    }
}

fn answered(sheet: Sheet, step: &str, answer: Answer) -> IncidentNote {
    IncidentNote::Step {
        sheet,
        step: step.to_owned(),
        answer,
        text: String::new(),
    }
}

fn state(state: IncidentState) -> IncidentNote {
    IncidentNote::StateSet {
        state,
        reason: because(),
    }
}

/// Every state that the choices below lead to.
fn every_state(check: &mut dyn FnMut(&Played)) {
    let unknown = vec![
        (Field::CauseOf, Informant::Dpo),
        (Field::Support, Informant::Portal),
    ];
    for (unknown, campaigns, findings) in [
        (vec![], vec![], 0),
        (unknown.clone(), vec![], 0),
        (vec![], vec![RunningCampaign::Preparing], 0),
        (unknown, vec![RunningCampaign::Ready], 2),
    ] {
        let facts = ProgressFacts {
            unknown,
            campaigns,
            findings,
        };
        spread(&Played::open(facts), &CHOICES, check);
    }
}

type Choice = fn(&Played) -> Vec<Vec<IncidentNote>>;

/// What may have happened, one after the other; each as several possibilities.
const CHOICES: [Choice; 9] = [
    // The role, with the duties that it brings.
    |_| {
        [
            (IncidentRole::Controller, false, false),
            (IncidentRole::Controller, true, false),
            (IncidentRole::Joint, true, true),
            (IncidentRole::Processor, false, false),
        ]
        .map(|(role, is_insured, is_nis2)| {
            vec![IncidentNote::RoleSet {
                role,
                is_insured,
                is_nis2,
            }]
        })
        .to_vec()
    },
    |played| {
        let aware = IncidentNote::Aware {
            at: played.now.micros(),
            reason: because(),
            of: Awareness::Data,
        };
        let attack = IncidentNote::Aware {
            at: played.now.micros(),
            reason: because(),
            of: Awareness::Attack,
        };
        vec![vec![], vec![aware, attack]]
    },
    // A checklist that nobody answered, and one that ended in doubt.
    |_| {
        let sheet = Sheet::DataLeak;
        let all = |answer: Answer| {
            let steps = sheet
                .steps()
                .iter()
                .map(move |step| answered(sheet, step.code, answer));
            std::iter::once(IncidentNote::SheetAdded { sheet })
                .chain(steps)
                .collect::<Vec<_>>()
        };
        vec![
            vec![],
            vec![IncidentNote::SheetAdded { sheet }],
            all(Answer::Unknown),
        ]
    },
    |_| {
        let confirmed = state(IncidentState::Confirmed);
        let contained = state(IncidentState::Contained);
        let dismissed = state(IncidentState::Dismissed);
        vec![
            vec![],
            vec![confirmed.clone()],
            vec![confirmed, contained],
            vec![dismissed],
        ]
    },
    |_| {
        let set = |persons| vec![IncidentNote::Affected(version(1, persons))];
        vec![vec![], set(0), set(29)]
    },
    |_| {
        let decided = |notify| {
            vec![IncidentNote::AuthorityDecided {
                notify,
                reason: because(),
            }]
        };
        vec![vec![], decided(true), decided(false)]
    },
    |_| {
        let decided = |inform, exemption| {
            vec![IncidentNote::PersonsDecided {
                inform,
                exemption,
                reason: because(),
            }]
        };
        let (mitigated, public) = (Exemption::Mitigated, Exemption::Disproportionate);
        vec![
            vec![],
            decided(true, None),
            decided(false, Some(mitigated)),
            decided(false, Some(public)),
        ]
    },
    |played| {
        let initial = |unknown| sent(Stage::Initial, played.now, unknown);
        let complete = sent(Stage::Complementary, played.now, vec![]);
        vec![
            vec![],
            vec![initial(vec![Field::Support])],
            vec![initial(vec![Field::Support]), complete],
        ]
    },
    |played| {
        let ended = |sent, unsent| {
            IncidentNote::NoticesEnded(NoticesEnded {
                sent,
                unsent,
                ..NoticesEnded::default()
            })
        };
        let told = met(ClockKind::Persons, played.now);
        vec![vec![], vec![ended(20, 9)], vec![ended(20, 9), told]]
    },
];

/// Takes each possibility that the rules accept, and goes on with the other choices.
fn spread(played: &Played, choices: &[Choice], check: &mut dyn FnMut(&Played)) {
    let Some((first, rest)) = choices.split_first() else {
        return check(played);
    };
    for notes in first(played) {
        let mut here = played.clone();
        let is_taken = notes.into_iter().all(|note| {
            let accepted = here
                .incident()
                .accepts(&note, here.now, &RULES, &TimeZone::UTC)
                .is_ok();
            if accepted {
                here.push(note);
            }
            accepted
        });
        if is_taken {
            spread(&here, rest, check);
        }
    }
}

/// What a person enters to fill a gap; what Digue or another person does otherwise is done to the
/// facts.
fn fill(played: &mut Played, gap: IncidentGap) {
    let now = played.now;
    match gap {
        IncidentGap::Verdict { .. } => played.facts.findings = 0,
        IncidentGap::Awareness => {
            played.takes(IncidentNote::Aware {
                at: now.micros(),
                reason: because(),
                of: Awareness::Data,
            });
        }
        IncidentGap::Step(sheet, step) | IncidentGap::Unsure(sheet, step) => {
            played.takes(answered(sheet, step, Answer::No));
        }
        IncidentGap::Confirmation => played.takes(state(IncidentState::Confirmed)),
        IncidentGap::Containment => played.takes(state(IncidentState::Contained)),
        IncidentGap::AffectedSet | IncidentGap::NobodyAffected => {
            let number = played.incident().next_version();
            played.takes(IncidentNote::Affected(version(number, 29)));
        }
        IncidentGap::AuthorityDecision => {
            played.takes(IncidentNote::AuthorityDecided {
                notify: true,
                reason: because(),
            });
        }
        IncidentGap::PersonsDecision => played.takes(IncidentNote::PersonsDecided {
            inform: true,
            exemption: None,
            reason: because(),
        }),
        // No field is set above that a list measures.
        IncidentGap::Difference(figure) => unreachable!("{figure:?}"),
        IncidentGap::Field(field, _) => played.facts.unknown.retain(|(known, _)| *known != field),
        IncidentGap::DelayReasons(clock) => {
            played.takes(IncidentNote::DelayExplained {
                clock,
                reason: because(),
            });
        }
        IncidentGap::Submission => played.takes(sent(Stage::Initial, now, vec![])),
        IncidentGap::Complement => played.takes(sent(Stage::Complementary, now, vec![])),
        IncidentGap::Duty(clock) => played.takes(met(clock, now)),
        IncidentGap::Campaign(_) => played.facts.campaigns.clear(),
        IncidentGap::Notices | IncidentGap::OthersUninformed => {
            played.takes(met(ClockKind::Persons, now))
        }
        IncidentGap::PublicNotice => played.takes(met(ClockKind::Public, now)),
    }
}

/// What is said to be done is in the log.
fn check_what_is_done(played: &Played, progress: &IncidentProgress) {
    let incident = played.incident();
    let is_unsure = incident
        .steps
        .values()
        .any(|said| said.answer == Answer::Unknown);
    for (step, standing) in &progress.steps {
        if let StepStanding::Open(gaps) = standing {
            assert!(!gaps.is_empty(), "{step:?}");
        }
        if *standing != StepStanding::Done {
            continue;
        }
        match step {
            ProgressStep::Qualify => {
                assert!(incident.aware_at().is_some(), "{:?}", played.entries);
                assert!(matches!(
                    incident.state(),
                    IncidentState::Contained | IncidentState::Resolved
                ));
            }
            ProgressStep::Persons => assert!(incident.affected().is_some() && !is_unsure),
            ProgressStep::Decide => {
                assert!(incident.authority.is_some() && incident.persons.is_some())
            }
            ProgressStep::Authority => {
                let done = [
                    ClaimKind::Authority,
                    ClaimKind::Controller,
                    ClaimKind::Complaint,
                ];
                assert!(done.iter().any(|kind| incident.acts.fact(*kind).is_some()));
            }
            ProgressStep::Notices => {
                let done = [ClaimKind::Persons, ClaimKind::Public];
                assert!(done.iter().any(|kind| incident.acts.fact(*kind).is_some()));
                assert!(
                    played.facts.campaigns.is_empty(),
                    "a campaign has not ended"
                );
            }
            ProgressStep::Close => assert_eq!(incident.state(), IncidentState::Resolved),
        }
    }
}

#[test]
fn every_state_has_exactly_one_next_thing_to_do_and_nothing_is_done_that_is_not_known() {
    let mut count = 0;
    every_state(&mut |played| {
        count += 1;
        let progress = played.progress();
        let steps: Vec<ProgressStep> = progress.steps.iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, ProgressStep::ALL);
        check_what_is_done(played, &progress);
        let closed = played.incident().is_closed();
        assert_eq!(
            progress.next == NextAct::Over,
            closed,
            "{:?}",
            played.entries
        );
        match progress.next {
            NextAct::Fill(step, gap) => {
                assert!(gap.is_required());
                assert!(
                    progress.gaps().any(|known| known == (step, gap)),
                    "the next thing is a missing one"
                );
                // Only over a duty that may stay open with a reason.
                let is_held_up = progress.gaps().any(|(_, gap)| gap.holds_up_closing());
                let close = progress.standing(ProgressStep::Close);
                assert!(!is_held_up || *close != StepStanding::Ready);
            }
            NextAct::Close => {
                assert!(progress.gaps().all(|(_, gap)| !gap.is_required()));
                assert_eq!(*progress.standing(ProgressStep::Close), StepStanding::Ready);
            }
            NextAct::Over => {}
        }
    });
    assert!(count > 10_000, "{count}");
}

#[test]
fn closing_is_offered_only_where_the_rules_accept_it() {
    let mut offered = 0;
    every_state(&mut |played| {
        if played.progress().next == NextAct::Close {
            offered += 1;
            assert!(played.may_close(), "{:?}", played.entries);
        }
    });
    assert!(offered > 50, "{offered}");
}

/// What the page offers is what the rules accept: closing reads "to do" only where nothing holds it
/// up but a complaint, which needs its reason.
#[test]
fn a_step_that_reads_to_do_can_be_done_and_one_that_reads_later_cannot() {
    let (mut ready, mut over_a_duty) = (0, 0);
    every_state(&mut |played| {
        let progress = played.progress();
        if *progress.standing(ProgressStep::Close) != StepStanding::Ready {
            return;
        }
        ready += 1;
        let mut played = played.clone();
        let duty = IncidentGap::Duty(ClockKind::Complaint);
        if progress.gaps().any(|(_, gap)| gap == duty) {
            over_a_duty += 1;
            assert!(!played.may_close(), "a duty was passed over in silence");
            played.takes(IncidentNote::LeftOpen {
                clock: ClockKind::Complaint,
                reason: because(),
            });
        }
        assert!(played.may_close() || played.incident().state() != IncidentState::Contained);
        assert_eq!(played.progress().next, NextAct::Close);
    });
    assert!(ready > 50 && over_a_duty > 0, "{ready} {over_a_duty}");
}

/// An incident was closed while the complaint was due, and its page then said that nothing was left.
#[test]
fn after_closing_nothing_is_asked_of_anyone_any_more() {
    let mut count = 0;
    every_state(&mut |played| {
        let mut played = played.clone();
        if played.progress().next == NextAct::Close {
            played.takes(state(IncidentState::Resolved));
            count += 1;
            let progress = played.progress();
            assert_eq!(progress.next, NextAct::Over);
            assert!(progress.gaps().all(|(_, gap)| !gap.is_required()));
        }
    });
    assert!(count > 50, "{count}");
}

/// Whoever does the next thing, again and again, closes the incident: no state leads in a circle,
/// and the rules accept each thing that is asked for.
#[test]
fn doing_the_next_thing_again_and_again_closes_every_incident() {
    let mut count = 0_usize;
    every_state(&mut |played| {
        // Each choice is among those that are played: 13 divides no number of possibilities.
        count += 1;
        let late = if count.is_multiple_of(2) { 80 } else { 0 };
        for hours in [late].into_iter().filter(|_| count.is_multiple_of(13)) {
            let mut played = played.clone();
            played.now = played.now.plus(Duration::from_hours(hours));
            let mut asked = Vec::new();
            loop {
                match played.progress().next {
                    NextAct::Fill(_, gap) => {
                        assert!(
                            !asked.contains(&gap),
                            "{gap:?} was asked for twice: {asked:?}"
                        );
                        asked.push(gap);
                        fill(&mut played, gap);
                    }
                    NextAct::Close => played.takes(state(IncidentState::Resolved)),
                    NextAct::Over => break,
                }
            }
        }
    });
}

#[test]
fn what_is_not_known_stays_visible_and_holds_nobody_up() {
    let mut played = Played::open(ProgressFacts::default());
    let sheet = Sheet::DataLeak;
    played.takes(IncidentNote::SheetAdded { sheet });
    for step in sheet.steps() {
        played.takes(answered(sheet, step.code, Answer::Unknown));
    }
    while let NextAct::Fill(_, gap) = played.progress().next {
        fill(&mut played, gap);
    }
    let progress = played.progress();
    assert_eq!(progress.next, NextAct::Close);
    let unsure = progress
        .gaps()
        .filter(|(_, gap)| matches!(gap, IncidentGap::Unsure(Sheet::DataLeak, _)));
    assert_eq!(unsure.count(), sheet.steps().len());
}

#[test]
fn persons_are_informed_before_the_last_fields_of_the_authority_are_known() {
    let facts = ProgressFacts {
        unknown: vec![(Field::Support, Informant::Portal)],
        ..ProgressFacts::default()
    };
    let mut played = Played::open(facts);
    for gap in [
        IncidentGap::Awareness,
        IncidentGap::Confirmation,
        IncidentGap::Containment,
        IncidentGap::AffectedSet,
    ] {
        fill(&mut played, gap);
    }
    for gap in [IncidentGap::AuthorityDecision, IncidentGap::PersonsDecision] {
        fill(&mut played, gap);
    }
    let field = IncidentGap::Field(Field::Support, Informant::Portal);
    assert_eq!(
        played.progress().next,
        NextAct::Fill(ProgressStep::Authority, field)
    );
    played.takes(sent(Stage::Initial, night(), vec![Field::Support]));
    assert_eq!(
        played.progress().next,
        NextAct::Fill(ProgressStep::Notices, IncidentGap::Notices)
    );
    fill(&mut played, IncidentGap::Notices);
    assert_eq!(
        played.progress().next,
        NextAct::Fill(ProgressStep::Authority, field)
    );
}

#[test]
fn a_processor_only_notifies_its_controller() {
    let mut played = Played::open(ProgressFacts::default());
    let (role, is_insured, is_nis2) = (IncidentRole::Processor, false, false);
    played.takes(IncidentNote::RoleSet {
        role,
        is_insured,
        is_nis2,
    });
    let progress = played.progress();
    for step in [
        ProgressStep::Persons,
        ProgressStep::Decide,
        ProgressStep::Notices,
    ] {
        assert_eq!(
            *progress.standing(step),
            StepStanding::NotNeeded(NotNeeded::Processor),
            "{step:?}"
        );
    }
    let duty = IncidentGap::Duty(ClockKind::Processor);
    assert_eq!(
        *progress.standing(ProgressStep::Authority),
        StepStanding::Open(vec![duty])
    );
}

#[test]
fn an_incident_declared_below_its_list_is_not_closed_before_it_is_explained() {
    let mut played = Played::open(ProgressFacts::default());
    while let NextAct::Fill(_, gap) = played.progress().next {
        fill(&mut played, gap);
    }
    assert!(played.may_close());
    let (field, value) = (Field::PersonCount, vec!["3".to_owned()]);
    played.takes(IncidentNote::FieldSet { field, value });
    let figure = DeclaredFigure::Persons;
    let gap = IncidentGap::Difference(figure);
    assert_eq!(
        played.progress().next,
        NextAct::Fill(ProgressStep::Authority, gap)
    );
    assert!(gap.holds_up_closing() && !played.may_close());
    let explained = |measured: &str| IncidentNote::DifferenceExplained {
        figure,
        declared: vec!["3".to_owned()],
        measured: vec![measured.to_owned()],
        reason: because(),
    };
    let accepts = |note: &IncidentNote| {
        let incident = played.incident();
        incident.accepts(note, played.now, &RULES, &TimeZone::UTC)
    };
    assert_eq!(
        accepts(&explained("28")),
        Err(EntryRefusal::NoSuchDifference)
    );
    played.takes(explained("29"));
    assert!(played.may_close());
    assert_eq!(played.progress().next, NextAct::Close);
}

/// Machines are isolated before anybody writes down hours.
#[test]
fn a_ransomware_is_isolated_before_anything_else_is_asked() {
    let mut played = Played::open(ProgressFacts::default());
    for sheet in [Sheet::Qualification, Sheet::Ransomware] {
        played.takes(IncidentNote::SheetAdded { sheet });
    }
    let isolated = IncidentGap::Step(Sheet::Ransomware, "isolated");
    let next = NextAct::Fill(ProgressStep::Qualify, isolated);
    assert_eq!(played.progress().next, next);
    played.takes(answered(Sheet::Ransomware, "isolated", Answer::Done));
    let next = played.progress().next;
    let of_ransomware = matches!(
        next,
        NextAct::Fill(
            ProgressStep::Qualify,
            IncidentGap::Step(Sheet::Ransomware, _)
        )
    );
    assert!(of_ransomware, "{next:?}");
}
