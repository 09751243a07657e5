//! What is declared of an incident beside what is measured of it, on every paper and in the
//! management system; and the check of its deadlines.

use digue_app::names::VisibleNames;
use std::time::Duration;

use digue_access::Role;
use digue_app::{Actor, OperationError};
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{self, PAPERS};
use digue_casework::{breach, incidents, register_paper};
use digue_compliance::isms::{self, checks, contradicted};
use digue_documents::{Document, DocumentBlock};
use digue_exposure::ScopeQuestion;
use digue_isms::check::{Check, CheckOutcome, NotRun};
use digue_isms::contradictions::{ContradictionKind, ContradictionSource};
use digue_locales::Language;
use digue_response::IncidentNote;
use digue_response::clock::{Awareness, ClockKind};
use digue_response::declared::DeclaredFigure;
use digue_response::incident::{IncidentState, Source};
use digue_response::notification::Field;
use digue_types::Subject;

use crate::app::{Home, Plan};
use crate::approvals::somebody;

const BECAUSE: &str = "parce que les faits le montrent";

/// Every text of a document, one a line.
fn texts(document: &Document) -> String {
    let texts = document.blocks.iter().flat_map(|block| match block {
        DocumentBlock::Title(text)
        | DocumentBlock::Heading(text)
        | DocumentBlock::Paragraph(text)
        | DocumentBlock::Quiet(text)
        | DocumentBlock::Point(_, text) => vec![text.clone()],
        DocumentBlock::Pair(asked, said) => vec![format!("{asked} | {said}")],
        DocumentBlock::Table { rows, .. } => rows.iter().flatten().cloned().collect(),
        _ => Vec::new(),
    });
    texts.collect::<Vec<_>>().join("\n")
}

async fn wrong_incidents(home: &Home, actor: &Actor) -> Vec<(ContradictionKind, String)> {
    let registers = isms::registers(&home.app, actor).await.unwrap();
    let measured = isms::measured(&home.app, actor).await.unwrap();
    let now = isms::now(&home.app);
    let found = contradicted::all(&home.app, actor, &registers, (&measured, now)).await;
    let found = found.unwrap().into_iter();
    found
        .filter(|one| one.source == ContradictionSource::Incident)
        .map(|one| (one.wrong, one.id))
        .collect()
}

#[tokio::test]
async fn a_breach_declared_below_its_list_says_so_everywhere_until_it_is_explained() {
    let home = Home::open().await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    home.show("a1", &["P1", "P2", "P3"]).await;
    let about = Subject::parse("account:a1");
    let id = incidents::open(&home.app, &dpo, Source::Person, "Session ouverte", about)
        .await
        .unwrap();
    let add = async |note| incidents::add(&home.app, &dpo, &id, None, note).await;
    let question = ScopeQuestion {
        accounts: vec!["a1".parse().unwrap()],
        ..ScopeQuestion::default()
    };
    let version = breach::compute_affected(&home.app, &dpo, &id, question)
        .await
        .unwrap();
    assert!(version.period.is_some() && version.records > 1);
    assert_eq!(wrong_incidents(&home, &dpo).await, []);
    for (field, value) in [(Field::PersonCount, "2"), (Field::RecordCount, "1")] {
        let value = vec![value.to_owned()];
        add(IncidentNote::FieldSet { field, value }).await.unwrap();
    }
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    let figures = [DeclaredFigure::Persons, DeclaredFigure::Records];
    assert_eq!(view.incident.open_figures(), figures);
    assert_eq!(
        wrong_incidents(&home, &dpo).await,
        [(ContradictionKind::DeclaredLess, id.clone())]
    );
    let (zone, language) = (jiff::tz::TimeZone::UTC, Language::French);
    let names = VisibleNames::default();
    let reader = PaperReader {
        language,
        zone,
        names,
    };
    let persons = "déclaré : 2 ; mesuré : 3";
    let papers_say = async |view: &incidents::IncidentView| {
        for name in PAPERS {
            let paper = papers::paper(&home.app, view, &reader, name).await.unwrap();
            let text = texts(&paper.unwrap());
            // The complaint prints what was measured, and nothing that was declared.
            let is_declared = name != "complaint";
            assert_eq!(text.contains(persons), is_declared, "{name}: {text}");
        }
        let views = std::slice::from_ref(view);
        let register = texts(&register_paper::register(&home.app, views, &reader));
        let records = format!("déclaré : 1 ; mesuré : {}", version.records);
        for both in [persons, &records] {
            assert!(register.matches(both).count() >= 1, "{both}: {register}");
        }
    };
    papers_say(&view).await;
    let reason = || BECAUSE.to_owned();
    for note in [
        IncidentNote::Aware {
            at: home.now().micros(),
            reason: reason(),
            of: Awareness::Data,
        },
        IncidentNote::StateSet {
            state: IncidentState::Contained,
            reason: reason(),
        },
    ] {
        add(note).await.unwrap();
    }
    let close = || IncidentNote::StateSet {
        state: IncidentState::Resolved,
        reason: reason(),
    };
    let refused = add(close()).await;
    assert!(
        matches!(
            refused,
            Err(OperationError::Invalid("incident-refused-declared-less"))
        ),
        "{refused:?}"
    );
    for one in view.incident.differences() {
        add(IncidentNote::DifferenceExplained {
            figure: one.figure,
            declared: one.declared,
            measured: one.measured,
            reason: reason(),
        })
        .await
        .unwrap();
    }
    let view = incidents::view(&home.app, &dpo, &id).await.unwrap();
    assert_eq!(view.incident.open_figures(), []);
    assert_eq!(wrong_incidents(&home, &dpo).await, []);
    papers_say(&view).await;
    let refused = add(close()).await;
    assert!(
        matches!(
            refused,
            Err(OperationError::Invalid("incident-refused-undecided"))
        ),
        "the next thing is asked for: {refused:?}"
    );
}

#[tokio::test]
async fn the_check_of_the_deadlines_counts_every_duty_and_those_left_open_apart() {
    let home = Home::with(Plan {
        on_disk: true,
        ..Plan::default()
    })
    .await;
    let dpo = somebody(&home, "dpo", "op", Role::Dpo).await;
    let open = async |title: &str| {
        let nothing = Subject::Nothing;
        incidents::open(&home.app, &dpo, Source::Person, title, nothing)
            .await
            .unwrap()
    };
    let (mail, theft) = (open("Courriel").await, open("Intrusion").await);
    let add = async |id: &str, note| {
        incidents::add(&home.app, &dpo, id, None, note)
            .await
            .unwrap();
    };
    let reason = || BECAUSE.to_owned();
    let aware = |of| IncidentNote::Aware {
        at: home.now().micros(),
        reason: reason(),
        of,
    };
    add(&mail, aware(Awareness::Data)).await;
    add(
        &mail,
        IncidentNote::AuthorityDecided {
            notify: false,
            reason: reason(),
        },
    )
    .await;
    add(&theft, aware(Awareness::Attack)).await;
    let run = async || {
        checks::run_one(&home.app, Check::IncidentDeadlines)
            .await
            .unwrap()
    };
    let first = run().await;
    assert_eq!(first.outcome, CheckOutcome::Pass, "{first:?}");
    assert_eq!(
        first.found.population, 1,
        "a complaint, for the attack only"
    );
    home.clock.pass(Duration::from_hours(73));
    let late = run().await;
    assert_eq!(late.outcome, CheckOutcome::Fail);
    assert_eq!(late.found.failing.len(), 1, "{late:?}");
    assert!(
        late.found.failing[0].ends_with("-002/complaint"),
        "{late:?}"
    );
    add(
        &theft,
        IncidentNote::LeftOpen {
            clock: ClockKind::Complaint,
            reason: reason(),
        },
    )
    .await;
    add(&theft, aware(Awareness::Data)).await;
    let left = run().await;
    assert_eq!(left.outcome, CheckOutcome::Pass, "{left:?}");
    assert_eq!((left.found.population, left.found.value), (1, Some(1)));
    // What cannot be read is neither kept nor exceeded.
    let damaged = "UPDATE incident_entries SET note = '{}' WHERE number = 2";
    assert!(home.change_beside(damaged) > 0);
    let unread = run().await;
    assert_eq!(unread.outcome, CheckOutcome::Error);
    assert_eq!(unread.found.not_run, Some(NotRun::Failed));
    assert_eq!(
        wrong_incidents(&home, &dpo).await,
        [(ContradictionKind::Unreadable, String::new())]
    );
}
