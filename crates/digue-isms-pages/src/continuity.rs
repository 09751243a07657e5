//! The continuity plan: the order of the restart, its gaps, keys and contacts.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use digue_app::OperationError;
use digue_casework::papers::PaperFormat;
use digue_casework::typed_form::TypedForm;
use digue_compliance::isms::plan_words::PlanWords;
use digue_compliance::isms::restart::{self, RestartIncident};
use digue_compliance::isms::status_page;
use digue_compliance::isms::{continuity, exercises};
use digue_isms::continuity::{ContinuityGap, ContinuityPlan, GapPlace, RestartStep};
use digue_isms::kinds::{ExerciseScenario, RegisterKind};
use digue_isms::register::Registers;

use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Localizer, Media, file_name, kept, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "isms_continuity.html")]
struct ContinuityPage {
    w: Localizer,
    steps: Vec<ShownRestartStep>,
    gaps: Vec<ShownGap>,
    keys: Vec<ShownKey>,
    contacts: Vec<[String; 5]>,
    /// As (code, number of records).
    registers: Vec<(&'static str, usize)>,
    restarts: Vec<ShownRestart>,
    /// As (code, name).
    scenarios: Vec<(&'static str, String)>,
    /// As (identifier, what it says).
    lessons: Vec<(String, String)>,
    may_respond: bool,
    is_configured: bool,
    may_write: bool,
    tab: &'static str,
}

/// One place in the order of the restart.
struct ShownRestartStep {
    number: usize,
    activities: Vec<ShownActivity>,
    within: String,
    ready: String,
    is_cycle: bool,
}

struct ShownActivity {
    id: String,
    title: String,
    lead: String,
    needs: String,
}

/// One gap; the link is empty for a repository, which has no page.
struct ShownGap {
    link: String,
    about: String,
    says: String,
}

struct ShownKey {
    says: String,
    holders: Vec<(String, String)>,
}

/// An incident in which the plan is carried out.
struct ShownRestart {
    id: String,
    title: String,
    /// Empty before the plan was taken into it.
    progress: String,
}

/// The registers of which the plan is made, and the exercises that try it.
const REGISTERS: [RegisterKind; 5] = [
    RegisterKind::BusinessActivity,
    RegisterKind::Asset,
    RegisterKind::EmergencyContact,
    RegisterKind::KeyHolder,
    RegisterKind::ContinuityExercise,
];

fn shown_step(words: &PlanWords<'_>, (number, step): (usize, &RestartStep)) -> ShownRestartStep {
    let activities = step.activities.iter().map(|activity| ShownActivity {
        id: activity.entry.id.clone(),
        title: activity.entry.record.title.0.clone(),
        lead: words.lead(activity),
        needs: words.needs(activity),
    });
    ShownRestartStep {
        number,
        activities: activities.collect(),
        within: words.within(step),
        ready: words.ready(step.ready),
        is_cycle: step.is_cycle,
    }
}

fn shown_gap(words: &PlanWords<'_>, gap: &ContinuityGap) -> ShownGap {
    let link = match &gap.place {
        GapPlace::Record { kind, id, .. } => format!("/smsi/registers/{}/{id}", kind.code()),
        GapPlace::Repository(_) | GapPlace::Plan => String::new(),
    };
    ShownGap {
        link,
        about: words.place(gap),
        says: words.gap(gap),
    }
}

fn shown_keys(words: &PlanWords<'_>, plan: &ContinuityPlan) -> Vec<ShownKey> {
    let of = |key| ShownKey {
        says: words.key(key),
        holders: key
            .holders
            .iter()
            .map(|holder| (holder.id.clone(), holder.record.title.0.clone()))
            .collect(),
    };
    plan.keys.iter().map(of).collect()
}

fn counted(registers: &Registers) -> Vec<(&'static str, usize)> {
    REGISTERS
        .iter()
        .map(|kind| (kind.code(), registers.of(*kind).len()))
        .collect()
}

fn shown_restart(w: &Localizer, incident: RestartIncident) -> ShownRestart {
    let progress = if incident.tasks.is_empty() {
        String::new()
    } else {
        let counts = [
            ("done", incident.done().into()),
            ("all", incident.tasks.len().into()),
        ];
        w.with("continuity-progress", counts)
    };
    ShownRestart {
        id: incident.id,
        title: incident.title,
        progress,
    }
}

pub async fn plan(State(console): State<Console>, visitor: Visitor) -> PageAnswer {
    let actor = visitor.actor(&console.app)?;
    let (registers, plan) = continuity::plan(&console.app, &actor).await?;
    let restarts = restart::open(&console.app, &actor).await?;
    let w = console.words(&visitor);
    let reader = w.reader();
    let words = PlanWords {
        reader: &reader,
        registers: &registers,
    };
    Ok(page(&ContinuityPage {
        steps: (1..)
            .zip(&plan.steps)
            .map(|step| shown_step(&words, step))
            .collect(),
        gaps: plan.gaps.iter().map(|gap| shown_gap(&words, gap)).collect(),
        keys: shown_keys(&words, &plan),
        contacts: plan.contacts.iter().map(|one| words.contact(one)).collect(),
        registers: counted(&registers),
        restarts: restarts
            .into_iter()
            .map(|incident| shown_restart(&w, incident))
            .collect(),
        scenarios: ExerciseScenario::ALL
            .iter()
            .map(|one| (one.code(), w.say(one.key())))
            .collect(),
        lessons: exercises::without_measures(&registers)
            .into_iter()
            .map(|open| {
                let values = [("title", open.title.into()), ("count", open.lessons.into())];
                (open.id, w.with("exercise-open", values))
            })
            .collect(),
        may_respond: actor.role.can_respond(),
        is_configured: continuity::is_measured(&console.app),
        may_write: actor.role.can_govern(),
        tab: "continuity",
        w,
    }))
}

/// Takes the steps of the plan into an incident, or makes measures of the lessons of an exercise.
pub async fn take(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageRedirect {
    let form = TypedForm::new(pairs);
    let exercise = form.owned("exercise");
    if !exercise.is_empty() {
        exercises::take_measures(&console.app, &actor, &exercise).await?;
        return Ok(Redirect::to(&format!(
            "/smsi/registers/{}/{exercise}",
            RegisterKind::ContinuityExercise.code()
        )));
    }
    let incident = form.owned("incident");
    restart::take_into(&console.app, &actor, &incident).await?;
    Ok(Redirect::to(&format!("/incidents/{incident}")))
}

/// The plan as a file: `plan.pdf`, `plan.docx`, or `plan.html`, which is read without Digue; the state
/// of the services as `status.html` and `status.txt`, which is signed; the sheet of an exercise as
/// `exercise-ransomware.pdf`, and so on.
pub async fn file(
    State(console): State<Console>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> PageResponse {
    let app = &console.app;
    let actor = visitor.actor(app)?;
    let reader = console.words(&visitor).reader();
    if let Some(ending) = name.strip_prefix("status.") {
        let files = status_page::files(app, &actor, &reader).await?;
        let (media, bytes) = match ending {
            "html" => ("text/html; charset=utf-8", files.page),
            "txt" => ("text/plain; charset=utf-8", files.signed),
            _ => return Err(OperationError::NotFound("file").into()),
        };
        let name = format!("{}.{ending}", file_name(visitor.language, "status"));
        return Ok(kept(&name, Media(media), bytes));
    }
    if let Some((scenario, ending)) = name
        .strip_prefix("exercise-")
        .and_then(|rest| rest.split_once('.'))
    {
        let bytes = exercises::sheet(app, &actor, &reader, (scenario, ending)).await?;
        let media = match PaperFormat::parse(ending) {
            Some(form) => form.media(),
            None => "text/html; charset=utf-8",
        };
        return Ok(kept(&name, Media(media), bytes));
    }
    let ending = name
        .strip_prefix("plan.")
        .ok_or(OperationError::NotFound("file"))?;
    let (media, bytes) = match PaperFormat::parse(ending) {
        None if ending == "html" => {
            let bytes = continuity::page(app, &actor, &reader).await?;
            ("text/html; charset=utf-8", bytes)
        }
        Some(form @ (PaperFormat::Pdf | PaperFormat::Docx)) => {
            let bytes = continuity::paper(app, &actor, &reader, form).await?;
            (form.media(), bytes)
        }
        Some(PaperFormat::Xlsx) | None => return Err(OperationError::NotFound("file").into()),
    };
    let name = format!("{}.{ending}", file_name(visitor.language, "continuity"));
    Ok(kept(&name, Media(media), bytes))
}
