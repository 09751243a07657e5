//! What papers and pages say of incidents, against the log: a thousand random logs, both languages.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_app::names::VisibleNames;
use digue_casework::incidents::IncidentView;
use digue_casework::notice_style::Style;
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{self, PAPERS};
use digue_casework::register_paper;
use digue_casework::subject_names::SubjectNames;
use digue_documents::{Document, DocumentBlock};
use digue_locales::{Language, has};
use digue_notices::{measured, proposed_for};
use digue_response::affected::{AffectedQuality, AffectedVersion};
use digue_response::claim::{ClaimKind, ClaimStanding};
use digue_response::clock::{Awareness, ClockKind, RULES};
use digue_response::incident::{IncidentRole, NoticesEnded, Source};
use digue_response::notification::{Field, SentNotification, Stage};
use digue_response::sheet::Sheet;
use digue_response::vocabulary::{Cause, Exemption};
use digue_response::{Incident, IncidentEntry, IncidentNote, IncidentState};
use digue_store::IncidentRecord;
use digue_types::{Act, Subject, Timestamp};
use jiff::tz::TimeZone;

use crate::app::Home;
use crate::claims_truth::{Draw, check, codes};

const INCIDENTS: u64 = 1_000;

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

const SUBJECTS: [&str; 5] = [
    "account:of-1.a1",
    "account:of-2.b1",
    "organisation:of-1",
    "portal:portail",
    "",
];

fn seen(act: Act, subject: &str, after: &str) -> IncidentNote {
    IncidentNote::Seen {
        act,
        subject: Subject::parse(subject),
        before: "evidence:3.2 persons:29".to_owned(),
        after: after.to_owned(),
        reason: "watch fi-Iu7: refusals 51/15; rhythm 1/0".to_owned(),
        journal: 7,
        by: "digue".to_owned(),
    }
}

fn version(draw: &mut Draw) -> AffectedVersion {
    let persons = draw.below(3) * draw.below(200);
    let quality = draw.one(AffectedQuality::ALL);
    AffectedVersion {
        number: 1,
        question: "{}".to_owned(),
        checkpoint: "12".to_owned(),
        hash: draw.one(&[String::new(), "00ff".to_owned()]),
        quality,
        reason: "uninspected:3 unseen:2".to_owned(),
        reasons: Vec::new(),
        persons,
        records: persons * 2,
        by_category: BTreeMap::from([("identite".to_owned(), persons)]),
        by_population: BTreeMap::new(),
        others: Vec::new(),
        period: None,
        left_out: None,
    }
}

fn note(draw: &mut Draw, about: &str, now: Timestamp) -> IncidentNote {
    let reason = || "les faits le montrent assez".to_owned();
    let at = now.minus(Duration::from_secs(draw.below(200_000))).micros();
    let subject = draw.one(&[about, about, "account:of-2.b1"]);
    match draw.below(25) {
        0 => IncidentNote::Aware {
            at,
            reason: reason(),
            of: draw.one(Awareness::ALL),
        },
        1 | 2 => IncidentNote::AuthorityDecided {
            notify: draw.below(3) > 0,
            reason: reason(),
        },
        3 | 4 => {
            let exemption = draw.one(Exemption::ALL);
            let inform = draw.below(2) == 0;
            IncidentNote::PersonsDecided {
                inform,
                exemption: (!inform).then_some(exemption),
                reason: reason(),
            }
        }
        5 => IncidentNote::Submitted(SentNotification {
            stage: draw.one(Stage::ALL),
            submitted_at: at,
            receipt: "CNIL-7".to_owned(),
            snapshot: BTreeMap::new(),
            unknown: draw.one(&[Vec::new(), vec![Field::Support]]),
        }),
        6 | 7 => IncidentNote::Met {
            clock: draw.one(ClockKind::ALL),
            at,
            to: "par lettre".to_owned(),
            receipt: "reçu 4".to_owned(),
            persons: draw.one(&[None, Some(12)]),
        },
        8 | 9 => seen(
            Act::GateSet,
            subject,
            draw.one(&["closed", "open", "step-up", "caseload-only"]),
        ),
        10 => seen(
            draw.one(&[Act::AccountSuspended, Act::AccountResumed]),
            subject,
            "",
        ),
        11 => seen(
            draw.one(&[Act::FindingConfirmed, Act::FindingCleared]),
            about,
            draw.one(&["finding:fi-Iu7", "finding:fi-Iu8"]),
        ),
        12 => seen(
            draw.one(&[Act::WatchAlerted, Act::WatchContained, Act::SessionCut]),
            about,
            "sessions:0",
        ),
        13 => IncidentNote::StateSet {
            state: draw.one(IncidentState::ALL),
            reason: reason(),
        },
        14 => IncidentNote::SheetAdded {
            sheet: draw.one(Sheet::ALL),
        },
        15 => IncidentNote::FieldSet {
            field: Field::CauseOf,
            value: vec![
                draw.one(&["external-malicious", "internal-accidental", "unknown"])
                    .to_owned(),
            ],
        },
        16 => IncidentNote::FieldSet {
            field: Field::Natures,
            value: vec![draw.one(&["confidentiality", "availability"]).to_owned()],
        },
        17 => IncidentNote::Affected(version(draw)),
        18 => IncidentNote::Occurred {
            from: at,
            to: draw.one(&[None, Some(now.micros())]),
        },
        19 => {
            let (is_insured, is_nis2) = (draw.below(2) == 0, draw.below(2) == 0);
            IncidentNote::RoleSet {
                role: draw.one(IncidentRole::ALL),
                is_insured,
                is_nis2,
            }
        }
        20 => IncidentNote::NoticesEnded(NoticesEnded {
            sent: draw.below(9),
            unsent: 1,
            ..NoticesEnded::default()
        }),
        21..=23 => {
            let entry = u32::try_from(draw.below(40) + 1).unwrap();
            IncidentNote::Withdrawn {
                entry,
                reason: reason(),
            }
        }
        _ => IncidentNote::DelayExplained {
            clock: draw.one(ClockKind::ALL),
            reason: reason(),
        },
    }
}

/// A random incident: whatever its log would have taken, in any order.
fn incident(seed: u64) -> IncidentView {
    let mut draw = Draw(seed);
    let about = draw.one(&SUBJECTS).to_owned();
    let mut now = Timestamp::parse_rfc3339("2026-10-23T08:00:00Z").unwrap();
    let opened = IncidentNote::Opened {
        source: draw.one(Source::ALL),
        title: "Consultations inhabituelles de fiches".to_owned(),
        about: Subject::parse(&about),
    };
    let mut entries = Vec::new();
    push(&mut entries, now, opened);
    for _ in 0..draw.below(40) {
        now = now.plus(Duration::from_secs(draw.below(40_000)));
        let mut note = note(&mut draw, &about, now);
        let incident = Incident::of(&entries).unwrap();
        if let IncidentNote::Affected(version) = &mut note {
            version.number = incident.next_version();
        }
        if incident.accepts(&note, now, &RULES, &paris()).is_ok() {
            push(&mut entries, now, note);
        }
    }
    let incident = Incident::of(&entries).unwrap();
    let clocks = incident.clocks(&RULES, &paris());
    let (id, opened_at) = ("in-1".to_owned(), entries[0].at);
    let record = IncidentRecord {
        id,
        number: 3,
        journal: 5,
        opened_at,
    };
    IncidentView {
        record,
        entries,
        incident,
        clocks,
        names: SubjectNames::default(),
        now,
    }
}

fn push(entries: &mut Vec<IncidentEntry>, at: Timestamp, note: IncidentNote) {
    let number = u32::try_from(entries.len()).unwrap() + 1;
    entries.push(IncidentEntry {
        number,
        at,
        recorded_at: at,
        author: "dpo".to_owned(),
        note,
    });
}

/// Every word of a document.
fn words(document: &Document) -> String {
    let mut words = vec![document.title.clone()];
    for block in &document.blocks {
        match block {
            DocumentBlock::Title(text)
            | DocumentBlock::Heading(text)
            | DocumentBlock::Paragraph(text)
            | DocumentBlock::Quiet(text) => {
                words.push(text.clone());
            }
            DocumentBlock::Point(_, text) => words.push(text.clone()),
            DocumentBlock::Pair(asked, said) => words.push(format!("{asked} {said}")),
            DocumentBlock::Table { header, rows } => {
                words.push(header.join(" "));
                words.extend(rows.iter().map(|row| row.join(" ")));
            }
            DocumentBlock::Letter(_)
            | DocumentBlock::Signature(_)
            | DocumentBlock::Squares { .. }
            | DocumentBlock::Break => {}
        }
    }
    words.join("\n")
}

#[tokio::test]
async fn no_statement_without_its_fact_in_a_thousand_random_incidents() {
    let home = Home::open().await;
    let codes = codes();
    let mut done = 0;
    for seed in 0..INCIDENTS {
        let view = incident(seed);
        done += view
            .incident
            .claims(&view.clocks, view.now)
            .iter()
            .filter(|claim| matches!(claim.standing(), ClaimStanding::Done(_)))
            .count();
        for language in Language::ALL {
            let reader = PaperReader {
                language,
                zone: paris(),
                names: VisibleNames::default(),
            };
            for name in PAPERS {
                let document = papers::paper(&home.app, &view, &reader, name)
                    .await
                    .unwrap()
                    .unwrap();
                check(&words(&document), &view, &codes, &format!("{seed} {name}"));
            }
            let register =
                register_paper::register(&home.app, std::slice::from_ref(&view), &reader);
            check(
                &words(&register),
                &view,
                &codes,
                &format!("{seed} register"),
            );
            check(
                &reader.claims(&view).join("\n"),
                &view,
                &codes,
                &format!("{seed} claims"),
            );
            let sourced = reader.claims_with_sources(&view).join("\n");
            check(
                &sourced,
                &view,
                &codes,
                &format!("{seed} claims with sources"),
            );
        }
        for style in Style::ALL {
            let (subject, blocks) = proposed_for(&home.app, &view, style);
            let said = format!(
                "{subject}\n{}\n{}\n{}",
                blocks.happened, blocks.risks, blocks.steps
            );
            check(&said, &view, &codes, &format!("{seed} {}", style.code()));
        }
    }
    assert!(done > 500, "the incidents have acts to speak of: {done}");
}

#[tokio::test]
async fn what_a_notice_says_of_what_happened_is_easily_read() {
    let home = Home::open().await;
    for seed in 0..100 {
        let view = incident(seed);
        for style in Style::ALL {
            let (_, blocks) = proposed_for(&home.app, &view, style);
            let figure = measured(style, &blocks.happened);
            // A sentence with an hour in it is harder to measure than to read.
            assert!(
                figure.longest_sentence <= 20,
                "{}: {}",
                style.code(),
                blocks.happened
            );
        }
    }
}

#[test]
fn every_claim_has_its_forms_in_both_languages() {
    for language in Language::ALL {
        for kind in ClaimKind::ALL {
            for form in ["done", "due", "soon", "undone"] {
                let key = format!("{}-{form}", kind.key());
                assert!(has(language, &key), "{key} in {}", language.code());
            }
        }
    }
}

/// Letters that were posted are deliveries: the claim said that Digue's own records contradict it.
#[test]
fn letters_handed_over_confirm_what_the_officer_states_and_unsent_notices_contradict_it() {
    let reader = PaperReader {
        language: Language::French,
        zone: paris(),
        names: VisibleNames::default(),
    };
    let said = |ended: NoticesEnded, is_stated_after: bool| {
        let mut view = incident(1);
        view.entries.truncate(1);
        let now = view.now;
        let ended = IncidentNote::NoticesEnded(ended);
        let stated = IncidentNote::Met {
            clock: ClockKind::Persons,
            at: now.micros(),
            to: "lettres postées".to_owned(),
            receipt: String::new(),
            persons: None,
        };
        let notes = if is_stated_after {
            [ended, stated]
        } else {
            [stated, ended]
        };
        for note in notes {
            push(&mut view.entries, now, note);
        }
        view.incident = Incident::of(&view.entries).unwrap();
        reader.claims_with_sources(&view).join("\n")
    };
    let letters = || NoticesEnded {
        listed: 29,
        ..NoticesEnded::default()
    };
    let unsent = || NoticesEnded {
        sent: 27,
        unsent: 2,
        ..NoticesEnded::default()
    };
    for is_after in [true, false] {
        let text = said(letters(), is_after);
        assert!(
            text.contains("remis autrement (lettre, message, appel)\u{a0}: 29")
                && !text.contains("montrent autre chose"),
            "{text}"
        );
    }
    let after = said(unsent(), true);
    assert!(
        after.contains("avis non envoyés\u{a0}: 2") && !after.contains("montrent autre chose"),
        "the statement is about the two: {after}"
    );
    assert!(said(unsent(), false).contains("montrent autre chose"));
}

/// The notices said "perhaps" of what the officers had answered.
#[test]
fn a_notice_doubts_only_what_nobody_answered() {
    let said = |cause: Option<Cause>| {
        let now = Timestamp::parse_rfc3339("2026-10-23T08:00:00Z").unwrap();
        let mut view = incident(1);
        view.entries.clear();
        let opened = IncidentNote::Opened {
            source: Source::Containment,
            title: "Consultations inhabituelles de fiches".to_owned(),
            about: Subject::parse("account:of-1.a1"),
        };
        push(&mut view.entries, now, opened);
        let alert = seen(Act::WatchContained, "account:of-1.a1", "close-account");
        push(&mut view.entries, now, alert);
        if let Some(cause) = cause {
            let field = Field::CauseOf;
            let value = vec![cause.code().to_owned()];
            push(
                &mut view.entries,
                now,
                IncidentNote::FieldSet { field, value },
            );
        }
        view.incident = Incident::of(&view.entries).unwrap();
        let texts = Style::ALL.iter().map(|style| {
            let reader = PaperReader {
                language: style.language(),
                zone: paris(),
                names: VisibleNames::default(),
            };
            reader.notice_happened(&view, *style)
        });
        texts.collect::<Vec<_>>()
    };
    let doubts = |text: &String| text.contains("peut-être") || text.contains("may have");
    for text in said(None) {
        assert!(doubts(&text), "nobody knows yet: {text}");
    }
    for text in said(Some(Cause::ExternalMalicious)) {
        assert!(!doubts(&text), "{text}");
    }
}
