//! The watch at the door: every response goes by the engine before it leaves.
//!
//! What reveals a theft is withheld at once, and nothing more goes to that account while the
//! containment is written down, stored and felt by sessions (`containment`). The engine's memory is
//! made again from the journal after a start, beside the door: until it is caught up a fresh one
//! watches.
//!
//! Portals that are only observed have an engine of their own: what is found there is told and never acted upon,
//! and weighs nothing at the portals whose rules are enforced.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_detection::playbook::PlaybookStep;
use digue_detection::sighting::number_of;
use digue_detection::{
    Action, Bars, DeclaredBatch, Engine, EngineOptions, Finding, Fuse, Playbook, RecentClosings, SeenPerson,
    Sighting, SightingKind, Weight, Work,
};
use digue_gateway::ports::{ResourceFetch, ResponseMonitor, Verdict};
use digue_store::FindingRecord;
use digue_types::{
    AccountId, Act, Administration, Basis, Event, Exposure, Outcome, PersonKey, PopulationId, PortalId,
    RefusalReason, Timestamp,
};
use tokio::sync::mpsc;

use crate::closings::{AccountClosing, AccountClosings};

/// How the watch is set.
#[derive(Clone, Debug)]
pub struct WatchRules {
    pub playbook: Playbook,
    pub bars: Bars,
    /// New persons by one response or by lists in ten minutes that no work needs.
    pub listed_max: u32,
    /// Persons who do not exist, by population.
    pub decoys: Vec<(PopulationId, String)>,
    /// Added to UTC: when people work.
    pub day_offset_secs: i32,
    /// Work that comes by itself at a stated hour.
    pub batches: Vec<DeclaredBatch>,
    /// What is worked at each portal, where the operator says so.
    pub work: Vec<(PortalId, Work)>,
}

impl Default for WatchRules {
    fn default() -> Self {
        Self {
            playbook: Playbook::default(),
            bars: Bars::default(),
            listed_max: EngineOptions::default().listed_max,
            decoys: Vec::new(),
            day_offset_secs: 0,
            batches: Vec::new(),
            work: Vec::new(),
        }
    }
}

/// A finding and the step that is taken about it.
#[derive(Clone, Debug)]
pub struct MonitoredFinding {
    pub finding: Finding,
    pub step: PlaybookStep,
    /// Of a portal that is only observed: people are told, and nothing is done.
    pub is_trial: bool,
}

/// How far back habits are read after a start.
pub const MEMORY: Duration = Duration::from_hours(45 * 24);
/// Refusals of one entry that are counted one by one.
const COUNTED_MAX: u64 = 1000;

/// The watch of a running Digue.
pub struct DetectionMonitor {
    rules: WatchRules,
    state: Mutex<MonitorState>,
    found: mpsc::UnboundedSender<MonitoredFinding>,
    receiver: Mutex<Option<mpsc::UnboundedReceiver<MonitoredFinding>>>,
}

struct MonitorState {
    engine: Engine,
    /// For portals that are only observed.
    trial: Engine,
    /// Accounts from which everything is withheld until their gate is shut.
    cut: HashSet<AccountId>,
    closings: AccountClosings,
    made: HashMap<(AccountId, i64), u32>,
    /// What came while the memory is made again.
    backlog: Option<Vec<PendingEvent>>,
}

/// What came while the memory is made again.
enum PendingEvent {
    Shown(Box<Exposure>),
    Observed(Box<Exposure>),
    Act(Administration),
}

impl DetectionMonitor {
    pub fn new(rules: WatchRules) -> Self {
        let (found, receiver) = mpsc::unbounded_channel();
        let state = MonitorState {
            engine: Self::engine(&rules),
            trial: Self::engine(&rules),
            cut: HashSet::new(),
            closings: AccountClosings::default(),
            made: HashMap::new(),
            backlog: None,
        };
        Self { rules, state: Mutex::new(state), found, receiver: Mutex::new(Some(receiver)) }
    }

    fn engine(rules: &WatchRules) -> Engine {
        let decoys = rules.decoys.iter().map(|(population, person)| PersonKey::new(population, person).0);
        Engine::new(EngineOptions {
            bars: rules.bars,
            listed_max: rules.listed_max,
            day_offset_secs: rules.day_offset_secs,
            decoys: decoys.collect(),
            batches: rules.batches.clone(),
            work: rules.work.iter().map(|(portal, work)| (portal.to_string(), *work)).collect(),
            ..EngineOptions::default()
        })
    }

    fn state(&self) -> MutexGuard<'_, MonitorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is found from now on; to be taken once.
    pub fn take_found(&self) -> Option<mpsc::UnboundedReceiver<MonitoredFinding>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Persons of a population who do not exist.
    pub(crate) fn decoys_of(&self, population: &PopulationId) -> HashSet<String> {
        let ours = self.rules.decoys.iter().filter(|(known, _)| known == population);
        ours.map(|(_, person)| person.clone()).collect()
    }

    /// Persons who do not exist, of every population, and the strictest step taken by itself.
    pub(crate) fn means(&self) -> (usize, Action) {
        (self.rules.decoys.len(), self.rules.playbook.automatic)
    }

    /// What was declared to come by itself, of an account.
    pub(crate) fn batches_of(&self, account: &AccountId) -> Vec<DeclaredBatch> {
        let batches = self.rules.batches.iter();
        batches.filter(|batch| batch.account == account.as_str()).cloned().collect()
    }

    /// Beyond how many closings people are asked.
    pub(crate) fn fuse(&self) -> Fuse {
        self.rules.playbook.fuse
    }

    /// What was closed unasked before a start counts after it, too.
    pub(crate) fn recall_closings(&self, closings: impl Iterator<Item = AccountClosing>) {
        let mut state = self.state();
        closings.for_each(|closing| state.closings.note(closing));
    }

    /// The account's gate is shut: the door holds it by itself.
    pub(crate) fn held(&self, account: &AccountId) {
        self.state().cut.remove(account);
    }

    /// Accounts whose habits are known.
    pub fn accounts(&self) -> usize {
        let state = self.state();
        state.engine.accounts().max(state.trial.accounts())
    }

    /// An act of administration became durable.
    pub(crate) fn act(&self, act: &Administration) {
        let mut state = self.state();
        let MonitorState { engine, trial, made, backlog, .. } = &mut *state;
        tell([engine, trial], made, act);
        if let Some(backlog) = backlog {
            backlog.push(PendingEvent::Act(act.clone()));
        }
    }

    /// From now on what comes is kept for the memory that is being made again.
    pub fn begin_remembering(&self) {
        self.state().backlog = Some(Vec::new());
    }

    /// Makes the memory again: `read` hands over the events of the journal that were there when
    /// `begin_remembering` was called; `is_open` tells who may work on, if only after a fresh proof, `is_observed` which portals are only
    /// observed now.
    pub fn remember<E>(
        &self,
        read: &dyn Fn(&mut dyn FnMut(Event)) -> Result<(), E>,
        is_open: &dyn Fn(&str) -> bool,
        is_observed: &dyn Fn(&PortalId) -> bool,
        now: Timestamp,
    ) -> Result<(), E> {
        let (mut engine, mut trial) = (Self::engine(&self.rules), Self::engine(&self.rules));
        let mut made = HashMap::new();
        let mut take = |event: Event| match event {
            Event::Exposure(exposure) if is_observed(&exposure.portal) => {
                observe(&mut trial, &exposure);
            }
            Event::Exposure(exposure) => {
                let found = observe(&mut engine, &exposure);
                if let Some(finding) = found
                    && Self::leaves_open(&finding, self.step_alone(&finding).taken)
                {
                    engine.left_open(&finding);
                }
            }
            Event::Administration(act) => tell([&mut engine, &mut trial], &mut made, &act),
        };
        let done = read(&mut take);
        for account in engine.contained_accounts() {
            // What was found before there was a watch, or opened since, is not held against anybody.
            if is_open(&account) {
                engine.reopened(now, &account);
            }
        }
        let mut state = self.state();
        let backlog = state.backlog.take().unwrap_or_default();
        (state.engine, state.trial, state.made) = (engine, trial, made);
        for event in backlog {
            match event {
                // With all that is remembered it may reveal what it did not when it passed.
                PendingEvent::Shown(exposure) => drop(self.weigh(&mut state, &exposure)),
                PendingEvent::Observed(exposure) => self.weigh_trial(&mut state, &exposure),
                PendingEvent::Act(act) => {
                    let MonitorState { engine, trial, made, .. } = &mut *state;
                    tell([engine, trial], made, &act);
                }
            }
        }
        done
    }
}

impl ResponseMonitor for DetectionMonitor {
    fn look(&self, exposure: &Exposure) -> Verdict {
        let mut state = self.state();
        if state.cut.contains(&exposure.account) {
            return Verdict::Withhold;
        }
        if let Some(backlog) = &mut state.backlog {
            backlog.push(PendingEvent::Shown(Box::new(exposure.clone())));
        }
        self.weigh(&mut state, exposure)
    }

    fn observe(&self, exposure: &Exposure) {
        let mut state = self.state();
        if let Some(backlog) = &mut state.backlog {
            backlog.push(PendingEvent::Observed(Box::new(exposure.clone())));
        }
        self.weigh_trial(&mut state, exposure);
    }

    fn fetched(&self, fetch: &ResourceFetch<'_>) {
        let mut state = self.state();
        let MonitorState { engine, trial, .. } = &mut *state;
        let engine = if fetch.is_observed { trial } else { engine };
        let found = engine.observe(&Sighting {
            at: fetch.at,
            portal: fetch.portal.as_str(),
            organisation: fetch.organisation.as_str(),
            account: fetch.account.as_str(),
            session: "",
            action: "",
            ip: "",
            agent: "",
            kind: SightingKind::Resource,
            persons: &[],
        });
        debug_assert!(found.is_none(), "a style sheet reveals nothing");
    }
}

impl DetectionMonitor {
    /// True when this step leaves the account open under conditions: it is watched on, once. A trial
    /// that only tells says it once.
    fn leaves_open(finding: &Finding, taken: Action) -> bool {
        let is_conditional = taken > Action::Observe && taken < Action::CloseAccount;
        finding.weight == Weight::Containment && is_conditional && !finding.is_repeated
    }

    /// The step about a finding as if nothing else had been closed.
    fn step_alone(&self, finding: &Finding) -> PlaybookStep {
        self.rules.playbook.step(finding, &RecentClosings::default())
    }

    /// Has the engine look at an exposure, and sends on what it finds.
    fn weigh(&self, state: &mut MonitorState, exposure: &Exposure) -> Verdict {
        let Some(finding) = observe(&mut state.engine, exposure) else {
            return Verdict::Pass;
        };
        if state.cut.contains(&exposure.account) {
            return Verdict::Withhold;
        }
        let recent = state.closings.recent(&state.engine, &finding, &self.rules.playbook);
        let step = self.rules.playbook.step(&finding, &recent);
        let is_cut = finding.weight == Weight::Containment && step.taken > Action::LowerBudget;
        if is_cut && finding.account.is_some() {
            let closes_all = step.taken >= Action::CloseOrganisation;
            state.closings.note(AccountClosing {
                at: exposure.at,
                account: exposure.account.to_string(),
                organisation: finding.organisation.clone(),
                portal: finding.portal.clone(),
                taken: step.taken,
                accounts: if closes_all { recent.open_in_organisation } else { 1 },
            });
            state.cut.insert(exposure.account.clone());
        }
        if Self::leaves_open(&finding, step.taken) {
            // Withheld until the gate asks for what the step wants; then watched on.
            state.engine.left_open(&finding);
        }
        // The receiver lives as long as the house; without one, in tests, findings are dropped.
        let _ = self.found.send(MonitoredFinding { finding, step, is_trial: false });
        if is_cut { Verdict::Withhold } else { Verdict::Pass }
    }

    /// What is found at a portal that is only observed: people are told what would have been done.
    fn weigh_trial(&self, state: &mut MonitorState, exposure: &Exposure) {
        let Some(finding) = observe(&mut state.trial, exposure) else { return };
        let intended = self.step_alone(&finding).intended;
        let step = PlaybookStep { taken: Action::Observe, intended, is_fused: false };
        let _ = self.found.send(MonitoredFinding { finding, step, is_trial: true });
    }
}

/// One exposure for the engine; what was imported tells of another time and is left out.
fn observe(engine: &mut Engine, exposure: &Exposure) -> Option<Finding> {
    if exposure.source.is_some() || exposure.part > 1 && exposure.shown.is_empty() {
        return None;
    }
    let kind = match exposure.outcome {
        Outcome::Refused if exposure.reasons.contains(&RefusalReason::SessionMoved) => SightingKind::Moved,
        Outcome::Refused if exposure.reasons.iter().any(is_about_persons) => SightingKind::Refused,
        Outcome::Refused if exposure.reasons.iter().any(is_about_addresses) => SightingKind::Unmapped,
        Outcome::Refused => return None,
        _ if exposure.inspection.is_uninspected() => SightingKind::Uninspected(exposure.body_bytes),
        _ => SightingKind::Shown,
    };
    let mut persons: Vec<SeenPerson> = Vec::new();
    let keyer = digue_types::person::PersonKeyer::new(&exposure.population);
    for group in &exposure.shown {
        let is_explained = matches!(group.basis, Basis::Caseload | Basis::ExactSearch | Basis::BreakGlass);
        persons.extend(group.persons.iter().map(|person| SeenPerson {
            key: keyer.key(person.as_str()).0,
            number: number_of(person.as_str()),
            is_explained,
        }));
    }
    let sighting = Sighting {
        at: exposure.at,
        portal: exposure.portal.as_str(),
        organisation: exposure.organisation.as_str(),
        account: exposure.account.as_str(),
        session: exposure.session.as_str(),
        action: exposure.action.as_str(),
        ip: &exposure.client.ip,
        agent: &exposure.client.user_agent,
        kind,
        persons: &persons,
    };
    // An entry may stand for many refusals; beyond so many the count says nothing more.
    let times = exposure.requests().min(COUNTED_MAX);
    (0..times).filter_map(|_| engine.observe(&sighting)).last()
}

/// Refusals that say whom somebody asked for.
const fn is_about_persons(reason: &RefusalReason) -> bool {
    matches!(
        reason,
        RefusalReason::OutsideCaseload
            | RefusalReason::NotExact
            | RefusalReason::CaseloadOnly(_)
            | RefusalReason::Budget(..)
            | RefusalReason::ExactSearchBudget(_)
            | RefusalReason::BreakGlassBudget(_)
    )
}

/// Refusals that somebody meets who tries addresses, or asks faster than people do. A portal that changed before
/// its map did makes all of its readers meet them: they are told of, and close nobody.
const fn is_about_addresses(reason: &RefusalReason) -> bool {
    matches!(
        reason,
        RefusalReason::UnknownRoute | RefusalReason::TooManyRequests | RefusalReason::MalformedRequest
    )
}

/// One act for the engines.
fn tell(engines: [&mut Engine; 2], made: &mut HashMap<(AccountId, i64), u32>, act: &Administration) {
    let Some(account) = act.subject.strip_prefix("account:") else { return };
    let is_new = act.act == Act::AccountSaved && act.before.is_empty();
    let made_with = is_new.then(|| {
        let day = act.at.utc_day();
        made.retain(|(_, then), _| *then == day);
        let row = made.entry((act.actor.clone(), day)).or_default();
        *row += 1;
        *row
    });
    for engine in engines {
        match act.act {
            Act::GateSet if act.after == "open" => engine.reopened(act.at, account),
            Act::GateSet if act.after == "closed" && act.before != "closed" => {
                engine.contained(act.at, account);
            }
            // What a person found to be work teaches, after a restart, too; an opening does not.
            Act::FindingCleared => {
                let (weight, found_at) = judged_finding(&act.before);
                engine.found_to_be_work(act.at, account, weight, found_at);
            }
            Act::AccountRecovered => engine.recovered(act.at, account),
            _ => {}
        }
        if let Some(row) = made_with {
            // The officers' own batches are no burst: `Digue` and imports name no single account.
            let organisation = act.after.split(' ').next().unwrap_or_default();
            engine.made(act.at, account, organisation, "", row);
        }
    }
}

/// Weight and instant of the finding that a verdict is about, as its entry has them.
pub(crate) fn finding_before(record: &FindingRecord) -> String {
    format!("{} {}", record.weight, record.at)
}

/// Entries of before have the weight alone; without a weight it is an alert, which allows the least.
fn judged_finding(before: &str) -> (Weight, Option<Timestamp>) {
    let (weight, at) = before.split_once(' ').unwrap_or((before, ""));
    (Weight::parse(weight).unwrap_or(Weight::Alert), Timestamp::parse_rfc3339(at))
}

/// The portal of a finding, where it is one of ours.
pub(crate) fn portal_of(finding: &Finding) -> Option<PortalId> {
    PortalId::parse(&finding.portal).ok()
}

/// A watch that nobody waits for: tests, and houses without a door.
pub fn unattended() -> Arc<DetectionMonitor> {
    Arc::new(DetectionMonitor::new(WatchRules::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_decide_reaches_the_memory_by_the_journal() {
        let act = |act, before: &str, after: &str| Administration {
            at: Timestamp::from_secs(1_763_812_800),
            actor: AccountId::parse("rssi").unwrap(),
            act,
            subject: "account:a1".to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            reason: String::new(),
        };
        let mut engine = DetectionMonitor::engine(&WatchRules::default());
        let mut made = HashMap::new();
        let mut other = DetectionMonitor::engine(&WatchRules::default());
        let mut tell = |engine: &mut Engine, one| tell([engine, &mut other], &mut made, &one);
        tell(&mut engine, act(Act::AccountSaved, "", "of-1 agent"));
        assert_eq!(engine.accounts(), 1);
        for (reopening, before, after) in
            [(Act::FindingCleared, "containment", "finding:fi-1"), (Act::GateSet, "closed", "open")]
        {
            tell(&mut engine, act(Act::GateSet, "open", "closed"));
            assert_eq!(engine.contained_accounts(), ["a1"]);
            tell(&mut engine, act(reopening, before, after));
            assert!(engine.contained_accounts().is_empty());
        }
    }
}
