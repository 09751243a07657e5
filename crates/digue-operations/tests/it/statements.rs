//! What papers and pages say of incidents, against the log: a thousand random logs, both languages.

use std::collections::BTreeMap;
use std::time::Duration;

use digue_documents::{Block, Document};
use digue_locales::{Language, text};
use digue_operations::incidents::IncidentView;
use digue_operations::notices::{Style, measured, proposed_for};
use digue_operations::papers::{self, PAPERS, Reader};
use digue_response::affected::{Quality, Version};
use digue_response::claim::{ClaimKind, ClaimStanding};
use digue_response::clock::{Awareness, ClockKind, RULES};
use digue_response::incident::{NoticesEnded, Role, Source};
use digue_response::notification::{Field, Stage, Submission};
use digue_response::sheet::Sheet;
use digue_response::vocabulary::Exemption;
use digue_response::{Entry, Incident, Note, State};
use digue_store::IncidentRecord;
use digue_types::{Act, Timestamp};
use jiff::tz::TimeZone;

use crate::house::Home;

const INCIDENTS: u64 = 1_000;

/// Numbers that are the same for the same seed.
struct Draw(u64);

impl Draw {
    /// Splitmix.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 11
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()].clone()
    }
}

fn paris() -> TimeZone {
    TimeZone::get("Europe/Paris").unwrap()
}

const SUBJECTS: [&str; 5] = ["account:of-1.a1", "account:of-2.b1", "organisation:of-1", "portal:portail", ""];

fn seen(act: &str, subject: &str, after: &str) -> Note {
    Note::Seen {
        act: act.to_owned(),
        subject: subject.to_owned(),
        before: "evidence:3.2 persons:29".to_owned(),
        after: after.to_owned(),
        reason: "watch fi-Iu7: refusals 51/15; rhythm 1/0".to_owned(),
        journal: 7,
        by: "digue".to_owned(),
    }
}

fn version(draw: &mut Draw) -> Version {
    let persons = draw.below(3) * draw.below(200);
    let quality = draw.one(Quality::ALL);
    Version {
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
    }
}

fn note(draw: &mut Draw, about: &str, now: Timestamp) -> Note {
    let reason = || "les faits le montrent assez".to_owned();
    let at = now.minus(Duration::from_secs(draw.below(200_000))).micros();
    let subject = draw.one(&[about, about, "account:of-2.b1"]);
    match draw.below(25) {
        0 => Note::Aware { at, reason: reason(), of: draw.one(Awareness::ALL) },
        1 | 2 => Note::AuthorityDecided { notify: draw.below(3) > 0, reason: reason() },
        3 | 4 => {
            let exemption = draw.one(Exemption::ALL);
            let inform = draw.below(2) == 0;
            Note::PersonsDecided { inform, exemption: (!inform).then_some(exemption), reason: reason() }
        }
        5 => Note::Submitted(Submission {
            stage: draw.one(Stage::ALL),
            submitted_at: at,
            receipt: "CNIL-7".to_owned(),
            snapshot: BTreeMap::new(),
            unknown: draw.one(&[Vec::new(), vec![Field::Support]]),
        }),
        6 | 7 => Note::Met {
            clock: draw.one(ClockKind::ALL),
            at,
            to: "par lettre".to_owned(),
            receipt: "reçu 4".to_owned(),
            persons: draw.one(&[None, Some(12)]),
        },
        8 | 9 => seen("gate-set", subject, draw.one(&["closed", "open", "step-up", "caseload-only"])),
        10 => seen(draw.one(&["account-suspended", "account-resumed"]), subject, ""),
        11 => seen(draw.one(&["finding-confirmed", "finding-cleared"]), about, "finding:fi-Iu7"),
        12 => seen(draw.one(&["watch-alerted", "watch-contained", "session-cut"]), about, "sessions:0"),
        13 => Note::StateSet { state: draw.one(State::ALL), reason: reason() },
        14 => Note::SheetAdded { sheet: draw.one(Sheet::ALL) },
        15 => Note::FieldSet {
            field: Field::CauseOf,
            value: vec![draw.one(&["external-malicious", "internal-accidental", "unknown"]).to_owned()],
        },
        16 => Note::FieldSet {
            field: Field::Natures,
            value: vec![draw.one(&["confidentiality", "availability"]).to_owned()],
        },
        17 => Note::Affected(version(draw)),
        18 => Note::Occurred { from: at, to: draw.one(&[None, Some(now.micros())]) },
        19 => {
            let (is_insured, is_nis2) = (draw.below(2) == 0, draw.below(2) == 0);
            Note::RoleSet { role: draw.one(Role::ALL), is_insured, is_nis2 }
        }
        20 => Note::NoticesEnded(NoticesEnded { sent: draw.below(9), unsent: 1, ..NoticesEnded::default() }),
        21 | 22 | 23 => {
            let entry = u32::try_from(draw.below(40) + 1).unwrap();
            Note::Withdrawn { entry, reason: reason() }
        }
        _ => Note::DelayExplained { clock: draw.one(ClockKind::ALL), reason: reason() },
    }
}

/// A random incident: whatever its log would have taken, in any order.
fn incident(seed: u64) -> IncidentView {
    let mut draw = Draw(seed);
    let about = draw.one(&SUBJECTS).to_owned();
    let mut now = Timestamp::parse_rfc3339("2026-10-23T08:00:00Z").unwrap();
    let opened = Note::Opened {
        source: draw.one(Source::ALL),
        title: "Consultations inhabituelles de fiches".to_owned(),
        about: about.clone(),
    };
    let mut entries = Vec::new();
    push(&mut entries, now, opened);
    for _ in 0..draw.below(40) {
        now = now.plus(Duration::from_secs(draw.below(40_000)));
        let note = note(&mut draw, &about, now);
        let incident = Incident::of(&entries).unwrap();
        if incident.accepts(&note, now, &RULES, &paris()).is_ok() {
            push(&mut entries, now, note);
        }
    }
    let incident = Incident::of(&entries).unwrap();
    let clocks = incident.clocks(&RULES, &paris());
    let (id, opened_at) = ("in-1".to_owned(), entries[0].at);
    let record = IncidentRecord { id, number: 3, journal: 5, opened_at };
    IncidentView { record, entries, incident, clocks, now }
}

fn push(entries: &mut Vec<Entry>, at: Timestamp, note: Note) {
    let number = u32::try_from(entries.len()).unwrap() + 1;
    entries.push(Entry { number, at, recorded_at: at, author: "dpo".to_owned(), note });
}

/// Every word of a document.
fn words(document: &Document) -> String {
    let mut words = vec![document.title.clone()];
    for block in &document.blocks {
        match block {
            Block::Title(text) | Block::Heading(text) | Block::Paragraph(text) | Block::Quiet(text) => {
                words.push(text.clone());
            }
            Block::Point(_, text) => words.push(text.clone()),
            Block::Pair(asked, said) => words.push(format!("{asked} {said}")),
            Block::Table { header, rows } => {
                words.push(header.join(" "));
                words.extend(rows.iter().map(|row| row.join(" ")));
            }
            Block::Squares { .. } | Block::Break => {}
        }
    }
    words.join("\n")
}

/// What the log holds, read apart from the code under test.
struct Truth<'v>(&'v IncidentView);

impl Truth<'_> {
    fn any(&self, is_it: impl Fn(&Note) -> bool) -> bool {
        self.0.entries.iter().any(|entry| is_it(&entry.note) && !self.is_taken_back(entry.number))
    }

    fn is_taken_back(&self, number: u32) -> bool {
        let taken = |note: &Note| matches!(note, Note::Withdrawn { entry, .. } if *entry == number);
        self.0.entries.iter().any(|entry| taken(&entry.note))
    }

    fn has_met(&self, wanted: ClockKind) -> bool {
        self.any(|note| matches!(note, Note::Met { clock, .. } if *clock == wanted))
    }

    /// The last of acts that undo one another.
    fn last(&self, is_it: impl Fn(&Note) -> Option<bool>) -> bool {
        self.0.entries.iter().rev().find_map(|entry| is_it(&entry.note)).unwrap_or(false)
    }

    fn is_closed(&self) -> bool {
        let about = self.0.incident.about.as_str();
        let gate = self.last(|note| match note {
            Note::Seen { act, subject, after, .. } if act == "gate-set" && subject == about => {
                Some(after == "closed")
            }
            _ => None,
        });
        let is_suspended = self.last(|note| match note {
            Note::Seen { act, subject, .. } if subject == about => match act.as_str() {
                "account-suspended" => Some(true),
                "account-resumed" => Some(false),
                _ => None,
            },
            _ => None,
        });
        gate || is_suspended
    }

    fn is_theft(&self) -> bool {
        let is_confirmed = self.last(|note| match note {
            Note::Seen { act, .. } if act == "finding-confirmed" => Some(true),
            Note::Seen { act, .. } if act == "finding-cleared" => Some(false),
            _ => None,
        });
        let is_ransomware = self.any(|note| matches!(note, Note::SheetAdded { sheet: Sheet::Ransomware }));
        is_confirmed && !is_ransomware && self.0.incident.about.starts_with("account:")
    }

    fn holds(&self, kind: ClaimKind) -> bool {
        match kind {
            ClaimKind::Authority => self.any(|note| matches!(note, Note::Submitted(_))),
            ClaimKind::Persons => self.has_met(ClockKind::Persons),
            ClaimKind::Public => self.has_met(ClockKind::Public),
            ClaimKind::Access => self.is_closed(),
            ClaimKind::Complaint => self.has_met(ClockKind::Complaint),
            ClaimKind::Controller => self.has_met(ClockKind::Processor),
            ClaimKind::EarlyWarning => self.has_met(ClockKind::EarlyWarning),
            ClaimKind::Nis2 => self.has_met(ClockKind::Nis2),
            ClaimKind::FinalReport => self.has_met(ClockKind::FinalReport),
        }
    }
}

/// Ways to say that something was done, whoever writes the sentence: those of version 0.1.0 among them.
const DONE: [(ClaimKind, &[&str]); 4] = [
    (
        ClaimKind::Authority,
        &[
            "CNIL a été notifiée",
            "CNIL est notifiée",
            "CNIL est prévenue",
            "CNIL a été informée",
            "prévenu la CNIL",
            "authority was notified",
            "authority is notified",
            "authority was told",
            "told the CNIL",
            "told the data protection authority",
        ],
    ),
    (
        ClaimKind::Persons,
        &[
            "personnes concernées ont été informées",
            "personnes sont informées",
            "elles sont informées",
            "personne concernée reçoit",
            "avis a été adressé",
            "persons concerned were informed",
            "persons are told",
            "person concerned receives",
            "notice was addressed",
            "they are told",
        ],
    ),
    (
        ClaimKind::Access,
        &[
            "accès en cause a été fermé",
            "compte est fermé",
            "compte a été fermé",
            "avons fermé cet accès",
            "access in question was closed",
            "account is closed",
            "account was closed",
            "closed this access",
        ],
    ),
    (ClaimKind::Complaint, &["plainte a été déposée", "A complaint was filed"]),
];

const THEFT: [&str; 6] = [
    "un compte volé a servi",
    "avec un compte volé",
    "Quelqu'un a volé un compte",
    "a stolen account was used",
    "with a stolen account",
    "Someone stole an account",
];

/// What is for programs and for nobody else.
fn codes() -> Vec<String> {
    let acts = Act::ALL.iter().map(|act| act.code()).filter(|code| code.contains('-'));
    let clocks = ClockKind::ALL.iter().map(|clock| clock.code()).filter(|code| code.contains('-'));
    let others = [
        "account:",
        "organisation:",
        "portal:",
        "finding:",
        "sessions:",
        "evidence:",
        "uninspected:",
        "fi-Iu7",
        "step-up",
        "caseload-only",
        "lower-bound",
        "upper-bound",
        "identite",
        "external-malicious",
        "internal-accidental",
        "{ $",
        "claim-",
        "happening-",
        "Z)",
    ];
    acts.chain(clocks).chain(others).map(ToOwned::to_owned).collect()
}

/// `2026-11-28`, or the beginning of an instant of programs.
fn has_iso_date(text: &str) -> bool {
    text.as_bytes().windows(10).any(|signs| {
        signs.iter().enumerate().all(|(place, sign)| match place {
            4 | 7 => *sign == b'-',
            _ => sign.is_ascii_digit(),
        })
    })
}

fn check(said: &str, view: &IncidentView, codes: &[String], of: &str) {
    let truth = Truth(view);
    for (kind, phrases) in DONE {
        for phrase in phrases.iter().filter(|phrase| said.contains(**phrase)) {
            assert!(truth.holds(kind), "{of}: \u{ab}{phrase}\u{bb} without its act\n{said}");
        }
    }
    for kind in ClaimKind::ALL {
        for language in Language::ALL {
            let done = text(language, &format!("{}-done", kind.key()));
            let beginning =
                done.split("{ $at }").next().unwrap_or_default().split('\u{2068}').next().unwrap();
            let is_said = beginning.len() > 20 && said.contains(beginning);
            assert!(!is_said || truth.holds(*kind), "{of}: {beginning} without its act\n{said}");
        }
    }
    for phrase in THEFT.iter().filter(|phrase| said.contains(**phrase)) {
        assert!(truth.is_theft(), "{of}: \u{ab}{phrase}\u{bb} and nobody confirmed a theft\n{said}");
    }
    for code in codes {
        assert!(!said.contains(code.as_str()), "{of}: the code {code}\n{said}");
    }
    assert!(!has_iso_date(said), "{of}: a date in another form\n{said}");
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
            let reader = Reader { language, zone: paris() };
            for name in PAPERS {
                let document = papers::paper(&home.house, &view, &reader, name).unwrap();
                check(&words(&document), &view, &codes, &format!("{seed} {name}"));
            }
            let register = papers::register(&home.house, std::slice::from_ref(&view), &reader);
            check(&words(&register), &view, &codes, &format!("{seed} register"));
            check(&reader.claims(&view).join("\n"), &view, &codes, &format!("{seed} page"));
        }
        for style in Style::ALL {
            let (subject, blocks) = proposed_for(&home.house, &view, style);
            let said = format!("{subject}\n{}\n{}\n{}", blocks.happened, blocks.risks, blocks.steps);
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
            let (_, blocks) = proposed_for(&home.house, &view, style);
            let figure = measured(style, &blocks.happened);
            // A sentence with an hour in it is harder to measure than to read.
            assert!(figure.longest_sentence <= 20, "{}: {}", style.code(), blocks.happened);
        }
    }
}

#[test]
fn every_claim_has_its_forms_in_both_languages() {
    for language in Language::ALL {
        for kind in ClaimKind::ALL {
            for form in ["done", "due", "soon", "undone"] {
                let key = format!("{}-{form}", kind.key());
                let said = text(language, &key);
                assert!(!said.is_empty() && !said.contains(&key), "{key} in {}", language.code());
            }
        }
    }
}
