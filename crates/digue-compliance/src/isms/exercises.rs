//! Exercises of crisis at a table: the sheet with the scenario and its clock, and the measures that
//! follow from what was learnt.

use std::collections::HashSet;

use digue_app::{Actor, App, OperationError};
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{PaperFormat, printed_from};
use digue_documents::{Document, DocumentBlock, html};
use digue_evidence::paper_warning::PaperSources;
use digue_isms::continuity::ContinuityPlan;
use digue_isms::kinds::{ContinuityExercise, ExerciseScenario, Measure, RegisterKind};
use digue_isms::register::{RegisterEntry, Registers};
use digue_locales::{Value, text, text_with};

use super::plan_words::PlanWords;
use super::{
    IsmsState, RevisionDraft, SaveError, add_all, continuity, free_number, in_force, must_read,
    values_of,
};

/// What happens at the table, at which minute: the beginning and a turn for the worse of the scenario,
/// and what is asked in every one.
fn course(scenario: ExerciseScenario) -> [(u32, &'static str); 9] {
    let (start, turn) = match scenario {
        ExerciseScenario::Ransomware => ("exercise-ransomware-start", "exercise-ransomware-turn"),
        ExerciseScenario::PortalLeak => ("exercise-portal-leak-start", "exercise-portal-leak-turn"),
        ExerciseScenario::SiteLost => ("exercise-site-lost-start", "exercise-site-lost-turn"),
        ExerciseScenario::SupplierLost => (
            "exercise-supplier-lost-start",
            "exercise-supplier-lost-turn",
        ),
        ExerciseScenario::NetworkLost => {
            ("exercise-network-lost-start", "exercise-network-lost-turn")
        }
        ExerciseScenario::PeopleAbsent => (
            "exercise-people-absent-start",
            "exercise-people-absent-turn",
        ),
    };
    [
        (0, start),
        (10, "exercise-call"),
        (20, turn),
        (30, "exercise-press"),
        (45, "exercise-partners"),
        (60, "exercise-order"),
        (75, "exercise-authorities"),
        (90, "exercise-reopen"),
        (105, "exercise-lessons"),
    ]
}

/// The sheet of an exercise as a file: `html`, `pdf` or `docx`.
///
/// # Errors
/// For readers who may not watch; `NotFound` for another scenario or ending.
pub async fn sheet(
    app: &App,
    actor: &Actor,
    reader: &PaperReader,
    (scenario, ending): (&str, &str),
) -> Result<Vec<u8>, OperationError> {
    must_read(actor)?;
    let unknown = || OperationError::NotFound("file");
    let scenario = ExerciseScenario::parse(scenario).ok_or_else(unknown)?;
    let (registers, plan) = continuity::computed(app).await?;
    let words = PlanWords {
        reader,
        registers: &registers,
    };
    let document = document(&words, &plan, scenario);
    match PaperFormat::parse(ending) {
        None if ending == "html" => Ok(html(&document).into_bytes()),
        Some(form @ (PaperFormat::Pdf | PaperFormat::Docx)) => {
            printed_from(app, &document, form, PaperSources::ISMS).await
        }
        Some(PaperFormat::Xlsx) | None => Err(unknown()),
    }
}

fn document(words: &PlanWords<'_>, plan: &ContinuityPlan, scenario: ExerciseScenario) -> Document {
    let language = words.reader.language;
    let say = |key: &str| text(language, key);
    let name = say(scenario.key());
    let title = text_with(
        language,
        "exercise-title",
        &[("scenario", Value::from(name))],
    );
    let row = |(minute, key): (u32, &str)| {
        let at = [("minute", Value::from(u64::from(minute)))];
        // The hour and what was decided are written by hand.
        vec![
            text_with(language, "exercise-minute", &at),
            say(key),
            String::new(),
            String::new(),
        ]
    };
    let header = [
        "exercise-column-minute",
        "exercise-column-event",
        "exercise-column-hour",
        "exercise-column-decision",
    ];
    let mut blocks = vec![
        DocumentBlock::Quiet(say("exercise-explain")),
        DocumentBlock::Table {
            header: header.map(say).to_vec(),
            rows: course(scenario).map(row).to_vec(),
        },
        DocumentBlock::Title(say("exercise-compare")),
    ];
    if plan.is_empty() {
        blocks.push(DocumentBlock::Paragraph(say("continuity-gap-not-begun")));
    } else {
        let activities = plan.steps.iter().flat_map(|step| {
            let within = words.within(step);
            step.activities.iter().map(move |activity| {
                let title = activity.entry.record.title.0.clone();
                vec![title, within.clone(), String::new()]
            })
        });
        blocks.push(DocumentBlock::Table {
            header: vec![
                say("continuity-column-activity"),
                say("continuity-column-within"),
                say("exercise-column-reached"),
            ],
            rows: activities.collect(),
        });
    }
    blocks.push(DocumentBlock::Paragraph(say("exercise-report")));
    Document {
        foot: title.clone(),
        title,
        language: language.code(),
        blocks,
        ..Document::default()
    }
}

/// An exercise whose lessons no measure follows yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenLessons {
    pub id: String,
    pub title: String,
    pub lessons: usize,
}

/// The exercises that taught something and changed nothing.
pub fn without_measures(registers: &Registers) -> Vec<OpenLessons> {
    let exercises = registers.read::<ContinuityExercise>().entries;
    let measures = registers.read::<Measure>().entries;
    // A signed exercise cannot name its measures any more: they name it.
    let followed: HashSet<&str> = measures
        .iter()
        .map(|measure| measure.record.origin_reference.0.as_str())
        .collect();
    let open = exercises.into_iter().filter_map(|exercise| {
        let lessons = lessons_of(&exercise).count();
        let is_followed =
            !exercise.record.measures.0.is_empty() || followed.contains(exercise.id.as_str());
        let is_open = lessons > 0 && !is_followed;
        is_open.then(|| OpenLessons {
            title: exercise.record.title.0.clone(),
            id: exercise.id.clone(),
            lessons,
        })
    });
    open.collect()
}

/// One lesson a line.
fn lessons_of(exercise: &RegisterEntry<ContinuityExercise>) -> impl Iterator<Item = &str> {
    let lines = exercise.record.lessons.0.lines();
    lines
        .map(|line| line.trim_start_matches(['-', '•', '*', ' ']).trim())
        .filter(|line| !line.is_empty())
}

/// The most measures that one exercise makes.
const MEASURES_MAX: usize = 50;
const TITLE_CHARS_MAX: usize = 300;

/// Writes a measure for each lesson of an exercise, and names them in it unless it is signed; how
/// many. One write: all of them or none.
///
/// # Errors
/// `NotFound` for an exercise without open lessons; `Invalid` for one with more lessons than are made
/// measures at once; for accounts that may not govern.
pub async fn take_measures(app: &App, actor: &Actor, id: &str) -> Result<usize, OperationError> {
    actor.must_govern()?;
    // Of two who ask at once, the second finds the lessons followed.
    let _one_at_a_time = app.area::<IsmsState>().writing.lock().await;
    let known = in_force(app).await?;
    let unknown = || OperationError::NotFound("exercise");
    if !without_measures(&known).iter().any(|open| open.id == id) {
        return Err(unknown());
    }
    let exercises = known.read::<ContinuityExercise>().entries;
    let exercise = exercises
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(unknown)?;
    let lessons: Vec<&str> = lessons_of(exercise).collect();
    if lessons.len() > MEASURES_MAX {
        return Err(OperationError::Invalid("invalid-lessons"));
    }
    let kind = RegisterKind::Measure;
    let first = free_number(app, &known, kind).await?;
    let mut drafts = Vec::new();
    for (number, lesson) in (first..).zip(&lessons) {
        let fields = [
            ("title", lesson.chars().take(TITLE_CHARS_MAX).collect()),
            ("description", (*lesson).to_owned()),
            ("priority", "p2".to_owned()),
            ("declared", "to-do".to_owned()),
            ("origin", "good-practice".to_owned()),
            ("origin-reference", id.to_owned()),
        ];
        let values = kind
            .checked(&values_of(fields))
            .map_err(SaveError::Faults)?;
        drafts.push(RevisionDraft {
            kind,
            id: format!("{}-{number}", kind.prefix()),
            number: 1,
            is_over: false,
            values,
        });
    }
    let count = drafts.len();
    let kind = RegisterKind::ContinuityExercise;
    let own = known.find(kind, id).ok_or_else(unknown)?;
    if !kind.is_closed(&own.values) {
        let mut values = own.values.clone();
        let measures = drafts.iter().map(|draft| draft.id.clone()).collect();
        values.insert("measures".to_owned(), measures);
        drafts.push(RevisionDraft {
            kind,
            id: id.to_owned(),
            number: own.number + 1,
            is_over: false,
            values,
        });
    }
    add_all(app, actor, drafts).await?;
    Ok(count)
}
