//! What stands above every page of an incident: its six steps, the clocks that run, what is missing
//! and who can answer it, and the one thing to do next.

use digue_access::Role;
use digue_administration::holders::HolderBook;
use digue_app::{Actor, OperationError};
use digue_casework::incidents::IncidentView;
use digue_casework::measured;
use digue_response::clock::LegalClock;
use digue_response::deadline::DeadlineStanding;
use digue_response::incident::IncidentState;
use digue_response::notification::Informant;
use digue_response::progress::{
    IncidentGap, IncidentProgress, NextAct, ProgressStep, StepStanding,
};
use digue_types::{Subject, Timestamp};
use serde::Deserialize;

use digue_pages::holder::CallableHolder;

use crate::state::Console;
use crate::view::Localizer;

/// A legal clock as the page shows it.
pub(crate) struct ShownClock {
    pub(crate) code: &'static str,
    pub(crate) clock: LegalClock,
    /// The time left, or the time since the start where there is no deadline, in words.
    pub(crate) left: String,
    pub(crate) is_late: bool,
    pub(crate) is_met: bool,
}

/// The clocks of an incident, the nearest first.
pub(crate) fn shown_clocks(w: &Localizer, view: &IncidentView) -> Vec<ShownClock> {
    let mut clocks: Vec<ShownClock> = view
        .clocks
        .iter()
        .map(|clock| {
            let is_met = clock.met_at.is_some();
            let standing = view.incident.deadline(clock, view.now);
            let left = if standing == Some(DeadlineStanding::LeftOpen) {
                w.say("clock-left-open")
            } else {
                time_of(w, clock, view.now)
            };
            ShownClock {
                code: clock.rule.kind.code(),
                clock: *clock,
                left,
                is_late: standing == Some(DeadlineStanding::Exceeded),
                is_met,
            }
        })
        .collect();
    clocks.sort_by_key(|shown| {
        (
            shown.is_met,
            shown.clock.due_at.is_none(),
            shown.clock.due_at,
        )
    });
    clocks
}

/// The time left of a clock or how late it is; of one without a deadline, how long it has run.
fn time_of(w: &Localizer, clock: &LegalClock, now: Timestamp) -> String {
    match (clock.due(), clock.overdue(now)) {
        (Some(due), _) if clock.met_at.is_none() => w.time_to(due, now),
        // It was met late: at a stated hour, counted from a stated or presumed one.
        (_, Some(late)) => w.with1("clock-late", "time", w.duration(late)),
        (_, None) => w.with1("clock-elapsed", "time", w.duration(clock.elapsed(now))),
    }
}

/// What was just saved, in the address of the page that it leads to.
#[derive(Deserialize, Default)]
pub(crate) struct SavedNotice {
    #[serde(default)]
    saved: String,
    /// Findings that were decided with the one that was confirmed.
    #[serde(default)]
    also: u32,
}

/// The acts that a page can confirm: each has its sentence.
const SAVED: [&str; 10] = [
    "theft",
    "qualify",
    "persons",
    "decide",
    "authority",
    "notices",
    "close",
    "entry",
    "list",
    "unchanged",
];

impl SavedNotice {
    /// True on the way from one step to the next.
    pub(crate) fn is_any(&self) -> bool {
        !self.saved.is_empty()
    }

    fn text(&self, w: &Localizer) -> Option<String> {
        let known = SAVED.iter().find(|known| **known == self.saved)?;
        let text = w.coded("saved", known);
        let also = (self.also > 0).then(|| w.counted("saved-also", self.also));
        Some([text].into_iter().chain(also).collect::<Vec<_>>().join(" "))
    }
}

pub(crate) struct ShownStep {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) target: String,
    /// Its standing in words, and the class of its mark.
    pub(crate) standing: String,
    pub(crate) class: &'static str,
    pub(crate) is_here: bool,
}

/// The head of the pages of an incident.
pub(crate) struct IncidentHead {
    pub(crate) id: String,
    pub(crate) reference: String,
    pub(crate) title: String,
    /// Who holds the account that it is about, and who answers for their organisation: on the first
    /// sheet, which has them called, and on the log.
    pub(crate) callable: Vec<CallableHolder>,
    pub(crate) state: String,
    pub(crate) role: String,
    pub(crate) steps: Vec<ShownStep>,
    /// The clocks of duties that are not met, the nearest first.
    pub(crate) clocks: Vec<ShownClock>,
    /// Why no clock is shown: nobody stated the hour of awareness.
    pub(crate) lacks_awareness: Option<String>,
    /// What is missing, each with the place where it is filled.
    pub(crate) missing: Vec<(String, String)>,
    /// Who is waited for, and for how much.
    pub(crate) waits: Vec<String>,
    /// The next thing to do, and its place.
    pub(crate) next: Option<(String, String)>,
    /// What is left of a closed incident, in words.
    pub(crate) over: String,
    /// What has to be done before it is closed, and what nobody knew: both with their places.
    pub(crate) holding: Vec<(String, String)>,
    pub(crate) unsure: Vec<(String, String)>,
    pub(crate) saved: Option<String>,
    pub(crate) is_log: bool,
    pub(crate) may_write: bool,
}

/// That nobody stated the hour of awareness.
fn lacks_awareness(w: &Localizer, view: &IncidentView) -> Option<String> {
    if view.incident.aware_at().is_some() {
        return None;
    }
    let presumed = view.clocks.iter().filter(|clock| clock.is_presumed);
    Some(match presumed.filter_map(|clock| clock.due_at).min() {
        Some(due) => w.with1("incident-awareness-presumed", "due", w.moment(due)),
        None => w.say("incident-no-awareness"),
    })
}

impl IncidentHead {
    /// The nearest clock, and every one that is late: never folded.
    pub(crate) fn pressing(&self) -> Vec<&ShownClock> {
        let clocks = self.clocks.iter().enumerate();
        clocks
            .filter(|(place, shown)| *place == 0 || shown.is_late)
            .map(|(_, shown)| shown)
            .collect()
    }

    /// The other clocks.
    pub(crate) fn later(&self) -> Vec<&ShownClock> {
        self.clocks
            .iter()
            .skip(1)
            .filter(|shown| !shown.is_late)
            .collect()
    }

    pub(crate) async fn new(
        console: &Console,
        actor: &Actor,
        w: &Localizer,
        view: &IncidentView,
        (step, saved): (Option<ProgressStep>, &SavedNotice),
    ) -> Result<Self, OperationError> {
        let progress = measured::progress(&console.app, actor, view, w.reader().language).await?;
        let id = view.record.id.clone();
        let book = HolderBook::read(&console.app, actor).await?;
        let clocks = shown_clocks(w, view)
            .into_iter()
            .filter(|shown| !shown.is_met)
            .collect::<Vec<_>>();
        let is_open = !view.incident.is_closed();
        Ok(Self {
            reference: view.reference(),
            title: view.incident.title.clone(),
            callable: if matches!(step, None | Some(ProgressStep::Qualify))
                && let Subject::Account(account) = view.incident.about.clone().canonical()
            {
                CallableHolder::of_account(w, &book, &account)
            } else {
                Vec::new()
            },
            state: w.coded("incident-state", view.incident.told_state().code()),
            role: w.say(view.incident.role.key()),
            steps: steps(w, &id, &progress, step),
            lacks_awareness: lacks_awareness(w, view).filter(|_| is_open),
            clocks: if is_open { clocks } else { Vec::new() },
            missing: placed(w, &id, &progress, |_| true),
            holding: placed(w, &id, &progress, |gap| gap.holds_up_closing()),
            unsure: placed(w, &id, &progress, |gap| !gap.is_required()),
            over: over(w, view, &progress),
            waits: waits((console, &book), w, &progress),
            next: next(w, &id, progress.next),
            saved: saved.text(w),
            is_log: step.is_none(),
            may_write: actor.role.can_respond(),
            id,
        })
    }
}

/// The address of a step.
pub(crate) fn address(id: &str, step: ProgressStep) -> String {
    let page = match step {
        ProgressStep::Qualify => "sheets",
        ProgressStep::Persons => "affected",
        ProgressStep::Decide => "decisions",
        ProgressStep::Authority => "notification",
        ProgressStep::Notices => "notices",
        ProgressStep::Close => "closing",
    };
    format!("/incidents/{id}/{page}")
}

/// Where the next thing is done.
pub(crate) fn next_address(id: &str, next: NextAct) -> String {
    match next {
        NextAct::Fill(step, _) => address(id, step),
        NextAct::Close => address(id, ProgressStep::Close),
        NextAct::Over => format!("/incidents/{id}"),
    }
}

fn steps(
    w: &Localizer,
    id: &str,
    progress: &IncidentProgress,
    here: Option<ProgressStep>,
) -> Vec<ShownStep> {
    let step = |(number, (step, standing)): (usize, &(ProgressStep, StepStanding))| {
        let (standing, class) = match standing {
            StepStanding::Done => (w.say("step-done"), "good"),
            StepStanding::Open(gaps) if gaps.iter().all(|gap| !gap.is_required()) => {
                (w.counted("step-unsure", gaps.len()), "quiet")
            }
            StepStanding::Open(gaps) => (w.counted("step-open", gaps.len()), "open"),
            StepStanding::Waits(_) => (w.say("step-waits"), "quiet"),
            StepStanding::Ready => (w.say("step-ready"), "open"),
            StepStanding::NotNeeded(_) => (w.say("step-not-needed"), "quiet"),
        };
        ShownStep {
            number,
            name: w.say(step.key()),
            target: address(id, *step),
            standing,
            class,
            is_here: here == Some(*step),
        }
    };
    (1..).zip(&progress.steps).map(step).collect()
}

/// The gaps that `is_shown` selects, in words and with their places.
fn placed(
    w: &Localizer,
    id: &str,
    progress: &IncidentProgress,
    is_shown: impl Fn(IncidentGap) -> bool,
) -> Vec<(String, String)> {
    let gaps = progress.gaps().filter(|(_, gap)| is_shown(*gap));
    gaps.map(|(step, gap)| (gap_text(w, gap), place(id, step, gap)))
        .collect()
}

/// What is said of an incident that is closed. An older version closed incidents over duties that
/// were not met: it is not said of them that nothing is left.
fn over(w: &Localizer, view: &IncidentView, progress: &IncidentProgress) -> String {
    let count = |is_required: bool| {
        progress
            .gaps()
            .filter(|(_, gap)| gap.is_required() == is_required)
            .count()
    };
    let (open, unsure) = (count(true), count(false));
    // Only of duties that run: of what was no attack, no complaint was due.
    let left = view
        .clocks
        .iter()
        .filter(|clock| view.incident.deadline(clock, view.now) == Some(DeadlineStanding::LeftOpen))
        .map(|clock| w.say(clock.rule.kind.key()));
    let left: Vec<String> = left.collect();
    if view.incident.state() == IncidentState::Dismissed {
        return w.say("line-over-dismissed");
    }
    if open > 0 {
        return w.counted("line-over-open", open);
    }
    let left = (!left.is_empty()).then(|| w.with1("line-over-left", "duties", left.join(", ")));
    let unsure = (unsure > 0).then(|| w.counted("line-over-unsure", unsure));
    let end = [w.say("line-over")].into_iter().chain(left).chain(unsure);
    end.collect::<Vec<_>>().join(" ")
}

/// A gap in words.
fn gap_text(w: &Localizer, gap: IncidentGap) -> String {
    match gap {
        IncidentGap::Verdict { findings } => w.counted("gap-verdict", findings),
        IncidentGap::Awareness => w.say("gap-awareness"),
        IncidentGap::Step(sheet, step) => w.say(&format!("{}-{step}", sheet.key())),
        IncidentGap::Unsure(sheet, step) => w.with1(
            "gap-unsure",
            "question",
            w.say(&format!("{}-{step}", sheet.key())),
        ),
        IncidentGap::Confirmation => w.say("gap-confirmation"),
        IncidentGap::Containment => w.say("gap-containment"),
        IncidentGap::AffectedSet => w.say("gap-affected-set"),
        IncidentGap::NobodyAffected => w.say("gap-nobody-affected"),
        IncidentGap::AuthorityDecision => w.say("gap-authority-decision"),
        IncidentGap::PersonsDecision => w.say("gap-persons-decision"),
        IncidentGap::Field(field, _) => w.say(field.key()),
        IncidentGap::DelayReasons(clock) => {
            w.with1("gap-delay-reasons", "duty", w.say(clock.key()))
        }
        IncidentGap::Difference(figure) => w.with1("gap-difference", "figure", w.say(figure.key())),
        IncidentGap::Submission => w.say("gap-submission"),
        IncidentGap::Complement => w.say("gap-complement"),
        IncidentGap::Duty(clock) => w.say(clock.key()),
        IncidentGap::Notices => w.say("gap-notices"),
        IncidentGap::Campaign(state) => w.with1("gap-campaign", "state", w.say(state.key())),
        IncidentGap::OthersUninformed => w.say("gap-others-uninformed"),
        IncidentGap::PublicNotice => w.say("gap-public-notice"),
    }
}

/// The place of the field that fills a gap.
fn place(id: &str, step: ProgressStep, gap: IncidentGap) -> String {
    let anchor = match gap {
        IncidentGap::Verdict { .. } => return "/watch".to_owned(),
        IncidentGap::Awareness => "f-aware-at".to_owned(),
        IncidentGap::Step(sheet, step) | IncidentGap::Unsure(sheet, step) => {
            format!("q-{}-{step}", sheet.code())
        }
        IncidentGap::Confirmation | IncidentGap::Containment => "f-state".to_owned(),
        IncidentGap::AffectedSet | IncidentGap::NobodyAffected => "compute".to_owned(),
        IncidentGap::AuthorityDecision => "f-notify".to_owned(),
        IncidentGap::PersonsDecision => "f-inform".to_owned(),
        IncidentGap::Field(field, _) => format!("f-{}", field.code()),
        IncidentGap::Difference(figure) => format!("f-explained-{}", figure.code()),
        IncidentGap::DelayReasons(_) => "delay-clock".to_owned(),
        IncidentGap::Submission | IncidentGap::Complement => "submitted-at".to_owned(),
        IncidentGap::Duty(_) | IncidentGap::OthersUninformed | IncidentGap::PublicNotice => {
            "met-clock".to_owned()
        }
        IncidentGap::Notices => "prepare".to_owned(),
        IncidentGap::Campaign(_) => "campaigns".to_owned(),
    };
    format!("{}#{anchor}", address(id, step))
}

/// Who is waited for: the role, its accounts, and how many things.
fn waits(
    (console, book): (&Console, &HolderBook),
    w: &Localizer,
    progress: &IncidentProgress,
) -> Vec<String> {
    let waits = Informant::ALL.iter().filter_map(|who| {
        let count = progress
            .gaps()
            .filter(|(_, gap)| gap.is_required() && gap.who() == *who)
            .count();
        let accounts = role_of(*who)
            .map(|role| accounts((console, book), role))
            .unwrap_or_default();
        let named = if accounts.is_empty() {
            w.say(who.key())
        } else {
            w.with(
                "line-who",
                [
                    ("who", w.say(who.key()).into()),
                    ("accounts", accounts.join(", ").into()),
                ],
            )
        };
        let values = [
            ("who", named.into()),
            ("count", count.into()),
            ("shown", w.number(count).into()),
        ];
        (count > 0).then(|| w.with("line-waits", values))
    });
    waits.collect()
}

const fn role_of(who: Informant) -> Option<Role> {
    match who {
        Informant::Dpo => Some(Role::Dpo),
        Informant::Ciso => Some(Role::Ciso),
        Informant::Portal => Some(Role::PortalTeam),
        Informant::Management | Informant::Partner => None,
    }
}

/// The holders of a role's accounts that are not suspended, with their telephones: at night those
/// who wait call them.
fn accounts((console, book): (&Console, &HolderBook), role: Role) -> Vec<String> {
    let rules = console.app.gateway().rules();
    let active = rules
        .directory
        .iter()
        .filter(|(_, record)| record.role == role && !record.is_suspended);
    let mut accounts: Vec<String> = active
        .map(|(account, _)| match book.of(account) {
            Some(holder) if holder.telephone().is_empty() => holder.name().to_owned(),
            Some(holder) => format!("{}, {}", holder.name(), holder.telephone()),
            None => account.to_string(),
        })
        .collect();
    accounts.sort();
    accounts
}

fn next(w: &Localizer, id: &str, next: NextAct) -> Option<(String, String)> {
    match next {
        NextAct::Fill(step, gap) => {
            let values = [
                ("step", w.say(step.key()).into()),
                ("what", gap_text(w, gap).into()),
            ];
            Some((w.with("line-next", values), place(id, step, gap)))
        }
        NextAct::Close => Some((w.say("line-next-close"), address(id, ProgressStep::Close))),
        NextAct::Over => None,
    }
}
