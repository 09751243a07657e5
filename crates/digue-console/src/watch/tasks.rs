//! The start page: what awaits the reader, in words.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use digue_administration::holders::HolderBook;
use digue_administration::printed_key;
use digue_app::{Actor, OperationError};
use digue_detection::Action;
use digue_identity::passkey;
use digue_response::clock::DueTime;
use digue_tasks::{
    AwaitedAct, ContainedAccounts, FirstStep, FirstStepState, PersonsShown, RunningDuty, Situation,
    Task, TaskBoard,
};
use digue_types::{AccountId, Timestamp};
use serde::Deserialize;

use crate::error::{PageError, PageResponse};
use crate::holder::holder_in_line;
use crate::signed_in::SignedIn;
use crate::state::{AttackProgress, Console};
use crate::view::{Localizer, ceremony_policy, page};
use crate::visitor::Visitor;

/// The most tasks that stand open on the page; the others unfold.
const TASKS_SHOWN: usize = 8;
/// The most tasks that unfold.
const MORE_SHOWN: usize = 50;
/// The most clocks on the page; the list of incidents has all.
const CLOCKS_SHOWN: usize = 6;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    w: Localizer,
    /// The reader has no passkey, and is told to make one.
    needs_passkey: bool,
    /// The first hour, until it is done.
    steps: Vec<HomeStep>,
    steps_done: usize,
    /// What is left of the first hour, in one sentence.
    steps_left: String,
    /// The rule by which a sole officer gets a second one.
    rule: Option<String>,
    now: Timestamp,
    /// The class of its colour; the sentence says the same in words.
    tone: &'static str,
    sentence: String,
    /// What to do about it, as (address, words).
    way: Option<(String, String)>,
    clocks: Vec<HomeClock>,
    first: Vec<HomeTask>,
    more: Vec<HomeTask>,
    /// How many are not even folded: each has a page that lists it.
    not_listed: usize,
    others: Vec<HomeTask>,
    /// Names of what could not be read.
    unread: Vec<String>,
    watches: bool,
    can_act: bool,
    demo: bool,
    attack: Option<AttackProgress>,
    /// The page refreshes itself, because the reader chose so: a page that changes unasked is not
    /// accessible to everyone.
    is_live: bool,
}

impl HomePage {
    /// At an attack the steps of the first hour wait, folded, behind what is to do now.
    fn is_urgent(&self) -> bool {
        self.tone == "bad"
    }
}

/// One step of the first hour.
struct HomeStep {
    what: String,
    why: String,
    state: String,
    is_done: bool,
    place: String,
}

/// A duty of an incident, with the time that is left.
struct HomeClock {
    left: String,
    /// `late`, `soon` or empty.
    tone: &'static str,
    duty: String,
    until: String,
    incident: String,
    reference: String,
    title: String,
}

/// A task in words, with its one button.
struct HomeTask {
    what: String,
    details: Vec<String>,
    /// As (words, is overdue).
    due: Option<(String, bool)>,
    place: String,
    button: String,
}

#[derive(Deserialize)]
pub(crate) struct LiveChoice {
    #[serde(default)]
    live: Option<u8>,
}

pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(shown): Query<LiveChoice>,
) -> PageResponse {
    // Without a passkey the next sign-in needs another link: that comes first. Agents have little
    // else here.
    let needs_passkey = passkey::own(&console.app, visitor.console_session()?)
        .await?
        .is_empty();
    let role = actor.role;
    let is_agent = !role.reads_isms() && !role.leads_agents() && !role.sees_coverage();
    if needs_passkey && is_agent {
        return Ok(Redirect::to("/self").into_response());
    }
    let board = digue_tasks::board(&console.app, &actor).await;
    let w = console.words(&visitor);
    let is_live = shown.live == Some(1) && actor.role.can_watch();
    let book = HolderBook::read(&console.app, &actor).await?;
    let steps = first_hour(&console, &actor, &w).await?;
    let home = home(&console, (&actor, &book), w, board, is_live);
    let steps_done = steps.iter().filter(|step| step.is_done).count();
    let steps_left = left_in_words(&home.w, &steps);
    // Once everything is done there is nothing to tick off.
    let steps = if steps_done == steps.len() {
        Vec::new()
    } else {
        steps
    };
    let page = page(&HomePage {
        needs_passkey,
        steps_done,
        steps_left,
        steps,
        ..home
    });
    if is_live {
        return Ok((
            [(header::CONTENT_SECURITY_POLICY, ceremony_policy(""))],
            page,
        )
            .into_response());
    }
    Ok(page.into_response())
}

/// The steps of the first hour; none for those who are no officers.
async fn first_hour(
    console: &Console,
    actor: &Actor,
    w: &Localizer,
) -> Result<Vec<HomeStep>, PageError> {
    let steps = match digue_tasks::first_steps(&console.app, actor).await {
        Ok(steps) => steps,
        Err(OperationError::Denied) => return Ok(Vec::new()),
        Err(error) => return Err(PageError::from(error)),
    };
    let in_words = |(step, state): (FirstStep, FirstStepState)| HomeStep {
        what: w.coded("first-step", step.code()),
        why: w.coded("first-step-why", step.code()),
        state: match state {
            FirstStepState::Done => w.say("first-hour-done"),
            FirstStepState::Open => w.say("first-hour-open"),
            FirstStepState::Unknown => w.say("first-hour-unknown"),
        },
        is_done: state == FirstStepState::Done,
        place: match step {
            FirstStep::Passkeys => "/self".to_owned(),
            FirstStep::SecondOfficer => "/approvals".to_owned(),
            FirstStep::Contacts => format!("/accounts/{}/holder", actor.account),
            FirstStep::Mail => "/settings".to_owned(),
            FirstStep::Portal => "/portals".to_owned(),
            FirstStep::Backups => "/smsi/checks/restore-drills".to_owned(),
        },
    };
    Ok(steps.into_iter().map(in_words).collect())
}

/// `Il reste 2 étapes : avoir deux clés d'accès, sauvegarder Digue.`
fn left_in_words(w: &Localizer, steps: &[HomeStep]) -> String {
    let left = steps.iter().filter(|step| !step.is_done);
    let names: Vec<String> = left.map(|step| without_capital(&step.what)).collect();
    let values = [
        ("count", names.len().into()),
        ("steps", names.join(", ").into()),
    ];
    w.with("first-hour-left", values)
}

fn without_capital(text: &str) -> String {
    let mut signs = text.chars();
    let first = signs.next().into_iter().flat_map(char::to_lowercase);
    first.chain(signs).collect()
}

fn home(
    console: &Console,
    (actor, book): (&Actor, &HolderBook),
    w: Localizer,
    board: TaskBoard,
    is_live: bool,
) -> HomePage {
    let now = board.now;
    let task_in_words =
        |w: &Localizer, task: &Task, now: Timestamp| task_in_words((w, book), task, now);
    let mut mine: Vec<HomeTask> = board
        .mine
        .iter()
        .map(|task| task_in_words(&w, task, now))
        .collect();
    let mut more = mine.split_off(mine.len().min(TASKS_SHOWN));
    let not_listed = more.len().saturating_sub(MORE_SHOWN);
    more.truncate(MORE_SHOWN);
    let (tone, sentence, way) = situation_in_words(&w, &board);
    HomePage {
        tone,
        sentence,
        way,
        clocks: board
            .duties
            .iter()
            .take(CLOCKS_SHOWN)
            .map(|duty| clock_in_words(&w, duty, now))
            .collect(),
        first: mine,
        more,
        not_listed,
        others: board
            .others
            .iter()
            .take(TASKS_SHOWN)
            .map(|task| task_in_words(&w, task, now))
            .collect(),
        unread: board
            .unread
            .iter()
            .map(|source| w.say(source.key()))
            .collect(),
        watches: actor.role.can_watch(),
        can_act: actor.role.can_act(),
        demo: console.demo.is_some() && actor.role.can_watch(),
        attack: console.demo.as_ref().and_then(|demo| demo.progress()),
        is_live,
        needs_passkey: false,
        steps: Vec::new(),
        steps_done: 0,
        steps_left: String::new(),
        rule: printed_key::sole_officer(&console.app)
            .filter(|officer| *officer == actor.account)
            .map(|_| w.say("first-hour-rule")),
        now,
        w,
    }
}

type Way = Option<(String, String)>;

fn situation_in_words(w: &Localizer, board: &TaskBoard) -> (&'static str, String, Way) {
    let now = board.now;
    let way = |place: &str, key: &str| Some((place.to_owned(), w.say(key)));
    let open = |duty: &RunningDuty| {
        Some((
            format!("/incidents/{}", duty.incident),
            w.say("task-go-incident"),
        ))
    };
    match &board.situation {
        Situation::JournalFailing => (
            "bad",
            w.say("journal-failing"),
            way("/activity", "home-go-activity"),
        ),
        Situation::Contained(contained) => {
            let place = format!("/watch/{}", contained.finding);
            let key = if contained.is_mine {
                "task-go-judge"
            } else {
                "task-go-see"
            };
            (
                "bad",
                contained_in_words(w, contained, now),
                Some((place, w.say(key))),
            )
        }
        Situation::DutyOverdue(duty) => ("bad", duty_in_words(w, duty, now), open(duty)),
        Situation::Undecided { findings, oldest } => {
            let values = [
                ("count", (*findings).into()),
                ("shown", w.number(*findings).into()),
                ("at", w.moment_short(*oldest, now).into()),
            ];
            (
                "watch",
                w.with("home-undecided", values),
                way("/watch", "task-go-see"),
            )
        }
        Situation::TheftToQualify(duty) => (
            "bad",
            match duty.due {
                Some(due) => w.with(
                    "home-theft-to-qualify",
                    [
                        ("title", duty.title.clone().into()),
                        ("time", w.time_to(due, now).into()),
                    ],
                ),
                None => duty_in_words(w, duty, now),
            },
            Some((
                format!("/incidents/{}/sheets", duty.incident),
                w.say("home-go-qualify"),
            )),
        ),
        Situation::DutyRunning(duty) => ("watch", duty_in_words(w, duty, now), open(duty)),
        Situation::Overdue { tasks } => ("watch", w.counted("home-overdue", *tasks), None),
        Situation::Waiting { tasks } => ("plain", w.counted("home-waiting", *tasks), None),
        Situation::Calm => ("good", w.with1("home-calm", "at", w.minute(now)), None),
        Situation::Unknown => ("watch", w.say("home-unknown"), None),
    }
}

fn contained_in_words(w: &Localizer, contained: &ContainedAccounts, now: Timestamp) -> String {
    let persons = match contained.persons {
        PersonsShown::Known(persons) => w.counted("home-persons", persons),
        PersonsShown::Unknown => w.say("home-persons-unknown"),
    };
    let values = [
        ("count", contained.accounts.into()),
        ("shown", w.number(contained.accounts).into()),
        ("at", w.moment_short(contained.since, now).into()),
        ("persons", persons.into()),
    ];
    w.with("home-contained", values)
}

fn duty_in_words(w: &Localizer, duty: &RunningDuty, now: Timestamp) -> String {
    let (key, time) = match duty.due {
        Some(due) => ("home-duty-due", w.time_to(due, now)),
        None => ("home-duty-runs", w.duration(now.since(duty.started_at))),
    };
    let values = [
        ("duty", w.coded("clock", duty.kind.code()).into()),
        ("reference", duty.reference.clone().into()),
        ("time", time.into()),
    ];
    w.with(key, values)
}

/// A deadline nearer than this is coloured.
const SOON: std::time::Duration = std::time::Duration::from_hours(24);

fn clock_in_words(w: &Localizer, duty: &RunningDuty, now: Timestamp) -> HomeClock {
    let (left, tone) = match duty.due {
        Some(due) => (w.time_to(due, now), tone_of(due, now)),
        None => {
            let elapsed = w.duration(now.since(duty.started_at));
            (w.with1("clock-elapsed", "time", elapsed), "")
        }
    };
    let (key, at) = match duty.due {
        Some(DueTime::At(at)) => ("home-clock-until", at),
        Some(DueTime::AtLatest(at)) => ("home-clock-until-latest", at),
        None => ("home-clock-since", duty.started_at),
    };
    HomeClock {
        left,
        tone,
        duty: w.coded("clock", duty.kind.code()),
        until: w.with1(key, "at", w.moment_short(at, now)),
        incident: duty.incident.clone(),
        reference: duty.reference.clone(),
        title: duty.title.clone(),
    }
}

fn tone_of(due: DueTime, now: Timestamp) -> &'static str {
    if due.is_past(now) {
        "late"
    } else if due.at().since(now) < SOON {
        "soon"
    } else {
        ""
    }
}

fn task_in_words((w, book): (&Localizer, &HolderBook), task: &Task, now: Timestamp) -> HomeTask {
    let due = task.due.map(|due| (w.time_to(due, now), due.is_past(now)));
    let in_words = act_in_words((w, book), task, now);
    let button = if task.is_mine {
        in_words.button
    } else {
        "task-go-see"
    };
    HomeTask {
        what: in_words.what,
        details: in_words
            .details
            .into_iter()
            .filter(|detail| !detail.is_empty())
            .collect(),
        due,
        place: in_words.place,
        button: w.say(button),
    }
}

/// The first of those whose approval is awaited, with their telephone.
fn waits_for(w: &Localizer, book: &HolderBook, deciders: &[AccountId]) -> String {
    match deciders.iter().find_map(|account| book.of(account)) {
        Some(holder) => w.with1("task-waits-for", "who", holder_in_line(w, &holder)),
        None => w.say("approval-nobody"),
    }
}

struct ActInWords {
    what: String,
    details: Vec<String>,
    place: String,
    /// Locale key.
    button: &'static str,
}

fn act_in_words((w, book): (&Localizer, &HolderBook), task: &Task, now: Timestamp) -> ActInWords {
    let since = || w.with1("task-since", "at", w.moment_short(task.since, now));
    let words = |what, details: Vec<String>, place: String, button| ActInWords {
        what,
        details,
        place,
        button,
    };
    match &task.act {
        AwaitedAct::JudgeFinding {
            finding,
            account,
            organisation,
            persons,
            taken,
        } => {
            let what = match account {
                Some(account) => w.with1("task-judge", "account", book.name(account)),
                None => w.with1(
                    "task-judge-organisation",
                    "organisation",
                    w.organisation(organisation),
                ),
            };
            let taken = w.maybe_coded("action-taken", taken.map(Action::code));
            let details = vec![taken, w.counted("task-judge-persons", *persons), since()];
            words(what, details, format!("/watch/{finding}"), "task-go-judge")
        }
        AwaitedAct::LeadIncident {
            id,
            reference,
            title,
            state,
            duty,
        } => {
            let values = [
                ("reference", reference.clone().into()),
                ("title", title.clone().into()),
            ];
            let duty = duty
                .map(|duty| w.coded("clock", duty.code()))
                .unwrap_or_default();
            let details = vec![w.coded("incident-state", state.code()), duty];
            let place = if w.watches {
                format!("/incidents/{id}")
            } else {
                "/own-incidents".to_owned()
            };
            words(
                w.with("task-incident", values),
                details,
                place,
                "task-go-incident",
            )
        }
        AwaitedAct::AnswerRequest { id, kind } => {
            let kind = w.maybe_coded("request", kind.map(|kind| kind.code()));
            words(
                w.with1("task-request", "kind", kind),
                vec![since()],
                format!("/requests/{id}"),
                "task-go-answer",
            )
        }
        AwaitedAct::SendLetters(count) => words(
            w.counted("task-letters", *count),
            vec![since()],
            "/requests".to_owned(),
            "task-go-prepare",
        ),
        AwaitedAct::DecideApproval {
            kind,
            subject,
            asked_by,
            deciders,
            ..
        } => {
            let what = w.with1("task-approval", "kind", w.coded("approval-kind", kind));
            let asked_by = w.with1("task-asked-by", "account", book.name(asked_by));
            let waits = if task.is_mine {
                String::new()
            } else {
                waits_for(w, book, deciders)
            };
            let details = vec![w.reader().named(subject), asked_by, waits];
            words(what, details, "/approvals".to_owned(), "task-go-judge")
        }
        AwaitedAct::ReopenAccess { finding, reach } => {
            let whom = w.reach_name(reach);
            let place = format!("/watch/{finding}#reopen");
            let what = w.with1("task-reopen", "whom", whom);
            words(what, vec![since()], place, "task-go-reopen")
        }
        AwaitedAct::ReviewBreakGlass { account, .. } => {
            let what = w.with1("task-break-glass", "account", book.name(account));
            words(
                what,
                vec![since()],
                "/break-glass".to_owned(),
                "task-go-read",
            )
        }
        AwaitedAct::ConfirmHolder { account } => {
            let place = format!("/accounts?q={}", w.query(account));
            words(
                w.with1("task-holder", "account", book.name(account)),
                Vec::new(),
                place,
                "task-go-confirm",
            )
        }
        AwaitedAct::DecideReview { id, title, left } => {
            let details = vec![title.clone()];
            words(
                w.counted("task-review", *left),
                details,
                format!("/reviews/{id}"),
                "task-go-judge",
            )
        }
        AwaitedAct::RepairChecks(count) => words(
            w.counted("task-checks", *count),
            vec![since()],
            "/smsi/checks".to_owned(),
            "task-go-see",
        ),
        AwaitedAct::RunChecks(count) => words(
            w.counted("task-checks-old", *count),
            vec![since()],
            "/smsi/checks".to_owned(),
            "task-go-see",
        ),
        AwaitedAct::DecideSource { name } => words(
            w.with1("task-source-held", "name", name),
            vec![since()],
            "/sources".to_owned(),
            "task-go-see",
        ),
        AwaitedAct::RepairSource { name } => words(
            w.with1("task-source-late", "name", name),
            vec![since()],
            "/sources".to_owned(),
            "task-go-see",
        ),
        AwaitedAct::DecideDirectory { changes } => words(
            w.counted("task-directory-held", *changes),
            vec![since()],
            "/sources".to_owned(),
            "task-go-see",
        ),
        AwaitedAct::RepairDirectory => words(
            w.say("task-directory-late"),
            vec![since()],
            "/sources".to_owned(),
            "task-go-see",
        ),
        AwaitedAct::DecideSignals { changes } => words(
            w.counted("task-signals-held", *changes),
            vec![since()],
            "/signals".to_owned(),
            "task-go-see",
        ),
        AwaitedAct::OverdueRecord(due) => {
            let owner = match due.owner.as_str() {
                "" => String::new(),
                owner => w.with1("task-owner", "owner", owner),
            };
            let details = vec![
                w.coded("kind", due.kind.code()),
                w.coded("due", due.what.code()),
                owner,
            ];
            let place = format!("/smsi/registers/{}/{}", due.kind.code(), due.id);
            words(
                w.with1("task-record", "title", &due.title),
                details,
                place,
                "task-go-open",
            )
        }
        AwaitedAct::SignRecord(one) => {
            let details = vec![
                w.coded("kind", one.kind.code()),
                w.with1("task-asked-by", "account", w.person(&one.asked_by)),
                w.with1("task-owner", "owner", w.person(&one.signatory)),
            ];
            let place = format!("/smsi/registers/{}/{}", one.kind.code(), one.id);
            words(
                w.with1("task-sign", "title", &one.title),
                details,
                place,
                "task-go-sign",
            )
        }
        AwaitedAct::Assess => words(
            w.say("task-assess"),
            Vec::new(),
            "/space/assessment".to_owned(),
            "task-go-answer",
        ),
        AwaitedAct::LearnModule(code) => {
            let what = w.with1("task-module", "title", w.coded("module", code));
            words(
                what,
                Vec::new(),
                format!("/awareness/{code}"),
                "task-go-learn",
            )
        }
        AwaitedAct::ReadDocument { title, .. } => words(
            w.with1("task-document", "title", title),
            Vec::new(),
            "/awareness".to_owned(),
            "task-go-read",
        ),
    }
}
