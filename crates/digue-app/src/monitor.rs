//! The response monitor: detection examines every response before it leaves.
//!
//! A response that reveals a theft is withheld at once, and nothing more goes to that account while
//! the containment is journalled, stored and applied to sessions (`containment`). After a start the
//! engine's memory is rebuilt from the journal in the background; until then an engine without
//! memory examines.
//!
//! Portals in pilot or observe-only mode have an engine of their own: its findings are reported and
//! never acted upon, and carry no weight at portals whose rules are enforced.
//!
//! This file closes no gate and writes nothing: it gives verdicts and sends findings on.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_detection::playbook::PlaybookStep;
use digue_detection::sighting::number_of;
use digue_detection::{
    Action, Bars, DeclaredBatch, Engine, EngineOptions, Finding, Fuse, Playbook, RecentClosings,
    SeenPerson, Sighting, SightingKind, Weight, Work,
};
use digue_gateway::ports::{ResourceFetch, ResponseMonitor, Verdict};
use digue_types::{
    AccountId, Act, Administration, Basis, Event, Exposure, Gate, OrganisationId, Outcome,
    OutsideHandling, PersonKey, PopulationId, PortalId, RefusalReason, ShownPersons, Timestamp,
};

use crate::act_contents::{AccountPlace, JudgedFinding};
use crate::closings::{AccountClosing, AccountClosings};
use crate::found::{FindingReceiver, FoundFindings, MonitoredFinding};

/// The settings of detection.
#[derive(Clone, Debug)]
pub struct WatchRules {
    pub playbook: Playbook,
    pub bars: Bars,
    /// New persons in one response, or in lists within ten minutes, beyond what any work needs.
    pub listed_max: u32,
    /// Fictitious persons, by population.
    pub decoys: Vec<(PopulationId, String)>,
    /// Seconds added to UTC to find the working day.
    pub day_offset_secs: i32,
    /// Declared automatic work, with its hour.
    pub batches: Vec<DeclaredBatch>,
    /// The kind of work at each portal, where the operator declares it.
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

/// How far back the journal is read for habits after a start.
pub const MEMORY: Duration = Duration::from_hours(45 * 24);
/// The most refusals of one entry that are counted one by one.
const COUNTED_MAX: u64 = 1000;

/// The detection of a running Digue.
pub struct DetectionMonitor {
    rules: WatchRules,
    // Guards the engines and the accounts that are cut. Before the queue of findings and after all
    // others: the journal indexer takes it while it holds `JournalState`, so that nothing else may
    // be locked, awaited or written under it. Each response waits for it, for some microseconds
    // (docs/decisions/0011).
    state: Mutex<MonitorState>,
    found: Arc<FoundFindings>,
    /// The receiver of findings was handed over.
    is_received: AtomicBool,
}

struct MonitorState {
    engine: Engine,
    /// For portals in pilot or observe-only mode.
    trial: Engine,
    /// Accounts from which every response is withheld until their gate is closed.
    cut: HashSet<AccountId>,
    closings: AccountClosings,
    /// Accounts created, by who created them and the UTC day; only those of the last day.
    made: HashMap<(AccountId, i64), u32>,
    /// Events that arrive while the memory is being rebuilt; `None` otherwise.
    backlog: Option<PendingEvents>,
}

/// Exposures kept while the memory is being rebuilt; some hundred megabytes at most.
const EXPOSURES_KEPT_MAX: usize = 200_000;

/// The events that arrived while the memory was being rebuilt. At the bound further exposures are
/// left out, and detection knows as much less of the accounts; acts of administration are few and
/// always kept.
#[derive(Default)]
struct PendingEvents {
    events: Vec<PendingEvent>,
    left_out: u64,
}

impl PendingEvents {
    fn exposure(&mut self, pending: impl FnOnce() -> PendingEvent) {
        if self.events.len() < EXPOSURES_KEPT_MAX {
            self.events.push(pending());
        } else {
            self.left_out += 1;
        }
    }
}

/// An event that arrived while the memory was being rebuilt.
enum PendingEvent {
    Shown(Box<Exposure>),
    Observed(Box<Exposure>),
    Act(Administration),
}

impl DetectionMonitor {
    pub fn new(rules: WatchRules) -> Self {
        let state = MonitorState {
            engine: Self::engine(&rules),
            trial: Self::engine(&rules),
            cut: HashSet::new(),
            closings: AccountClosings::default(),
            made: HashMap::new(),
            backlog: None,
        };
        let is_received = AtomicBool::new(false);
        Self {
            rules,
            state: Mutex::new(state),
            found: Arc::default(),
            is_received,
        }
    }

    fn engine(rules: &WatchRules) -> Engine {
        let decoys = rules
            .decoys
            .iter()
            .map(|(population, person)| PersonKey::new(population, person).0);
        Engine::new(EngineOptions {
            bars: rules.bars,
            listed_max: rules.listed_max,
            day_offset_secs: rules.day_offset_secs,
            decoys: decoys.collect(),
            batches: rules.batches.clone(),
            work: rules
                .work
                .iter()
                .map(|(portal, work)| (portal.to_string(), *work))
                .collect(),
            ..EngineOptions::default()
        })
    }

    fn state(&self) -> MutexGuard<'_, MonitorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The receiver of findings; `None` after the first call.
    pub fn take_found(&self) -> Option<FindingReceiver> {
        let is_first = !self.is_received.swap(true, Ordering::SeqCst);
        is_first.then(|| FindingReceiver(self.found.clone()))
    }

    /// The fictitious persons of a population.
    pub fn decoys_of(&self, population: &PopulationId) -> HashSet<String> {
        let ours = self
            .rules
            .decoys
            .iter()
            .filter(|(known, _)| known == population);
        ours.map(|(_, person)| person.clone()).collect()
    }

    /// The number of fictitious persons in all populations, and the strictest automatic step.
    pub fn means(&self) -> (usize, Action) {
        (self.rules.decoys.len(), self.rules.playbook.automatic)
    }

    /// The declared automatic work of an account.
    pub fn batches_of(&self, account: &AccountId) -> Vec<DeclaredBatch> {
        let batches = self.rules.batches.iter();
        batches
            .filter(|batch| batch.account == account.as_str())
            .cloned()
            .collect()
    }

    /// The fuse: how many automatic closings are allowed before people decide.
    pub fn fuse(&self) -> Fuse {
        self.rules.playbook.fuse
    }

    /// Counts automatic closings of before a start towards the fuse: a restart must not reset it.
    pub fn recall_closings(&self, closings: impl Iterator<Item = AccountClosing>) {
        let mut state = self.state();
        closings.for_each(|closing| state.closings.note(closing));
    }

    /// The account's gate is closed now: the gateway refuses it without the monitor's help.
    pub fn held(&self, account: &AccountId) {
        self.state().cut.remove(account);
    }

    /// The number of accounts whose habits are known.
    pub fn accounts(&self) -> usize {
        let state = self.state();
        state.engine.accounts().max(state.trial.accounts())
    }

    /// An act of administration became durable.
    pub(crate) fn act(&self, act: &Administration) {
        let mut state = self.state();
        let MonitorState {
            engine,
            trial,
            made,
            backlog,
            ..
        } = &mut *state;
        tell([engine, trial], made, act);
        if let Some(backlog) = backlog {
            backlog.events.push(PendingEvent::Act(act.clone()));
        }
    }

    /// Keeps the events that arrive from now on for the memory that is about to be rebuilt. To be
    /// called before the end of the journal is read: an event is then in the journal's range or in
    /// the backlog.
    pub fn begin_remembering(&self) {
        self.state().backlog = Some(PendingEvents::default());
    }

    /// Rebuilds the memory. `read` yields the events that the journal held when `begin_remembering`
    /// was called; `is_open` says which accounts may work now, if only after a fresh proof;
    /// `is_observed` says at which portals rules are only tried now.
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
                // Findings from old entries are dropped: they were reported when the entries were
                // new.
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
        // Read without the lock: responses are examined meanwhile by the engine without memory.
        let done = read(&mut take);
        for account in engine.contained_accounts() {
            // The engine contains anew what it finds in old entries. An account whose gate is open
            // was never contained (the entries are older than detection), or was reopened by
            // people.
            if is_open(&account) {
                engine.reopened(now, &account);
            }
        }
        // Swapping the engines and replaying the backlog are one step: no response comes in
        // between.
        let mut state = self.state();
        let backlog = state.backlog.take().unwrap_or_default();
        (state.engine, state.trial, state.made) = (engine, trial, made);
        for event in backlog.events {
            match event {
                // It has left already, but with the whole memory it may reveal a theft that the
                // engine without memory could not see: then the next response is withheld.
                PendingEvent::Shown(exposure) => drop(self.weigh(&mut state, &exposure)),
                PendingEvent::Observed(exposure) => self.weigh_trial(&mut state, &exposure),
                PendingEvent::Act(act) => {
                    let MonitorState {
                        engine,
                        trial,
                        made,
                        ..
                    } = &mut *state;
                    tell([engine, trial], made, &act);
                }
            }
        }
        drop(state);
        if backlog.left_out > 0 {
            let left_out = backlog.left_out;
            tracing::error!(
                left_out,
                "Exposures during the rebuild were not kept; detection knows less"
            );
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
            backlog.exposure(|| PendingEvent::Shown(Box::new(exposure.clone())));
        }
        self.weigh(&mut state, exposure)
    }

    fn observe(&self, exposure: &Exposure) {
        let mut state = self.state();
        if let Some(backlog) = &mut state.backlog {
            backlog.exposure(|| PendingEvent::Observed(Box::new(exposure.clone())));
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
        debug_assert!(found.is_none(), "a fetched resource shows no persons");
    }
}

impl DetectionMonitor {
    /// True when this step leaves the account open under conditions (a fresh proof, the caseload
    /// only): it stays monitored. Only once: a repeated finding leaves the account contained.
    fn leaves_open(finding: &Finding, taken: Action) -> bool {
        let is_conditional = taken > Action::Observe && taken < Action::CloseAccount;
        finding.weight == Weight::Containment && is_conditional && !finding.is_repeated
    }

    /// The step for a finding as if nothing else had been closed.
    fn step_alone(&self, finding: &Finding) -> PlaybookStep {
        self.rules
            .playbook
            .step(finding, &RecentClosings::default())
    }

    /// Examines an exposure and sends on what is found.
    fn weigh(&self, state: &mut MonitorState, exposure: &Exposure) -> Verdict {
        let Some(finding) = observe(&mut state.engine, exposure) else {
            return Verdict::Pass;
        };
        // Checked by `look` as well; `remember` comes here directly, and one containment is enough.
        if state.cut.contains(&exposure.account) {
            return Verdict::Withhold;
        }
        let recent = state
            .closings
            .recent(&state.engine, &finding, &self.rules.playbook);
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
                accounts: if closes_all {
                    recent.open_in_organisation
                } else {
                    1
                },
            });
            state.cut.insert(exposure.account.clone());
        }
        if Self::leaves_open(&finding, step.taken) {
            // Withheld until the gate requires what the step demands, then monitored again.
            state.engine.left_open(&finding);
        }
        self.found.put(MonitoredFinding {
            finding,
            step,
            is_trial: false,
        });
        if is_cut {
            Verdict::Withhold
        } else {
            Verdict::Pass
        }
    }

    /// Findings where rules are only tried report the step that would have been taken.
    fn weigh_trial(&self, state: &mut MonitorState, exposure: &Exposure) {
        let Some(finding) = observe(&mut state.trial, exposure) else {
            return;
        };
        let intended = self.step_alone(&finding).intended;
        let step = PlaybookStep {
            taken: Action::Observe,
            intended,
            is_fused: false,
        };
        self.found.put(MonitoredFinding {
            finding,
            step,
            is_trial: true,
        });
    }
}

/// Gives one exposure to an engine.
fn observe(engine: &mut Engine, exposure: &Exposure) -> Option<Finding> {
    // Imported exposures describe another time. Later parts of a response without persons would
    // count as further requests.
    if exposure.source.is_some() || exposure.part > 1 && exposure.shown.is_empty() {
        return None;
    }
    let kind = match exposure.outcome {
        Outcome::Refused if exposure.reasons.contains(&RefusalReason::SessionMoved) => {
            SightingKind::Moved
        }
        Outcome::Refused if exposure.reasons.iter().any(is_about_persons) => SightingKind::Refused,
        Outcome::Refused if exposure.reasons.iter().any(is_about_addresses) => {
            SightingKind::Unmapped
        }
        Outcome::Refused => return None,
        _ if exposure.inspection.is_uninspected() => SightingKind::Uninspected(exposure.body_bytes),
        _ => SightingKind::Shown,
    };
    let mut persons: Vec<SeenPerson> = Vec::new();
    let keyer = digue_types::person::PersonKeyer::new(&exposure.population);
    for group in &exposure.shown {
        let is_explained = matches!(
            group.basis,
            Basis::Caseload
                | Basis::ExactSearch
                | Basis::FoundEarlier
                | Basis::BreakGlass
                | Basis::Agreed
        );
        persons.extend(group.persons.iter().map(|person| SeenPerson {
            key: keyer.key(person.as_str()).0,
            number: number_of(person.as_str()),
            is_explained,
        }));
    }
    // A person who looks at their own record does nobody's work.
    let is_own = |group: &ShownPersons| group.basis == Basis::OwnRecord;
    if !exposure.shown.is_empty() && exposure.shown.iter().all(is_own) {
        return None;
    }
    // All unknown callers have one name: what they do together is the work of no account, and is
    // judged as none. No work leads to a decoy.
    if exposure.account.is_unknown() && !persons.iter().any(|person| engine.is_decoy(person.key)) {
        return None;
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
    // One entry may stand for many refusals. Bounded, because the loop runs under the monitor's
    // lock.
    let times = exposure.requests().min(COUNTED_MAX);
    let refused = refused_part(exposure)
        .then(|| {
            engine.observe(&Sighting {
                kind: SightingKind::Refused,
                persons: &[],
                ..sighting.clone()
            })
        })
        .flatten();
    let found = (0..times).filter_map(|_| engine.observe(&sighting)).last();
    // Of two findings, the one that closes more.
    [refused, found]
        .into_iter()
        .flatten()
        .max_by_key(|finding| finding.weight)
}

/// True when records were taken out of what left. The persons in them were requested and refused,
/// and count as a refusal does: lists that are cut are no easier to enumerate than lists that are
/// refused. The parts of one response count once.
fn refused_part(exposure: &Exposure) -> bool {
    let outside = exposure.outside.as_ref().filter(|_| exposure.part == 1);
    outside.is_some_and(|outside| match outside.handling {
        OutsideHandling::Dropped | OutsideHandling::Masked => true,
        // Nothing was kept back, or the whole response, which counts as refused by itself.
        OutsideHandling::WouldDrop | OutsideHandling::WouldMask | OutsideHandling::Named => false,
    })
}

/// Refusals that say which persons an account tried to reach.
const fn is_about_persons(reason: &RefusalReason) -> bool {
    matches!(
        reason,
        RefusalReason::OutsideCaseload
            | RefusalReason::NotExact
            | RefusalReason::CaseloadOnly(_)
            | RefusalReason::Budget(..)
            | RefusalReason::ExactSearchBudget(_)
            | RefusalReason::BreakGlassBudget(_)
            | RefusalReason::PersonClass(_)
    )
}

/// Refusals that come from trying addresses or from requests faster than people make them. A portal
/// that was changed before its map causes them for all of its users: they raise alerts and close no
/// account.
const fn is_about_addresses(reason: &RefusalReason) -> bool {
    matches!(
        reason,
        RefusalReason::UnknownRoute
            | RefusalReason::TooManyRequests
            | RefusalReason::MalformedRequest
    )
}

/// Gives one act of administration to the engines.
fn tell(
    engines: [&mut Engine; 2],
    made: &mut HashMap<(AccountId, i64), u32>,
    act: &Administration,
) {
    let Some(account) = act.subject.account() else {
        return;
    };
    let account = account.as_str();
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
            Act::GateSet => match (Gate::parse(&act.before), Gate::parse(&act.after)) {
                (_, Some(Gate::Open)) => engine.reopened(act.at, account),
                (before, Some(Gate::Closed)) if before != Some(Gate::Closed) => {
                    engine.contained(act.at, account);
                }
                _ => {}
            },
            // Only a verdict of a person teaches (docs/decisions/0017); a gate that opens does not.
            // It comes by the journal, so that a rebuilt memory knows it, too.
            Act::FindingCleared => {
                let judged = JudgedFinding::parse(&act.before);
                engine.found_to_be_work(act.at, account, judged.weight, judged.at);
            }
            Act::AccountRecovered => engine.recovered(act.at, account),
            _ => {}
        }
        if let Some(row) = made_with {
            // Imports and Digue's own acts name no single account and never come here.
            let organisation = AccountPlace::organisation_in(&act.after);
            let organisation = organisation.as_ref().map_or("", OrganisationId::as_str);
            engine.made(act.at, account, organisation, "", row);
        }
    }
}

/// The portal of a finding, if its name is valid.
pub fn portal_of(finding: &Finding) -> Option<PortalId> {
    PortalId::parse(&finding.portal).ok()
}

/// A monitor whose findings go nowhere: for tests, and for commands that run without a gateway.
pub fn unattended() -> Arc<DetectionMonitor> {
    Arc::new(DetectionMonitor::new(WatchRules::default()))
}

#[cfg(test)]
mod tests {
    use digue_types::OutsideRecords;

    use super::*;

    #[test]
    fn unknown_callers_together_are_no_thief_and_a_decoy_that_one_opens_is_reported() {
        let population = PopulationId::parse("personnes").unwrap();
        let rules = WatchRules {
            decoys: vec![(population, "P6".to_owned())],
            ..WatchRules::default()
        };
        let monitor = DetectionMonitor::new(rules);
        let mut receiver = monitor.take_found().unwrap();
        let open = |number: u64, person: &str| {
            let event = digue_testkit::events::shown(number, AccountId::unknown().as_str(), person);
            let Event::Exposure(exposure) = event else {
                panic!("an exposure")
            };
            monitor.observe(&exposure);
        };
        for number in 0..5_000 {
            open(number, &format!("V{number}"));
        }
        assert_eq!(monitor.accounts(), 0);
        open(5_000, "P6");
        let found = receiver.take_waiting().expect("a decoy was opened");
        assert!(
            found.is_trial && found.step.taken == Action::Observe,
            "{found:?}"
        );
    }

    #[test]
    fn what_people_decide_reaches_the_memory_by_the_journal() {
        let act = |act, before: &str, after: &str| Administration {
            at: Timestamp::from_secs(1_763_812_800),
            actor: AccountId::parse("rssi").unwrap(),
            act,
            subject: AccountId::parse("a1").unwrap().into(),
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
        for (reopening, before, after) in [
            (Act::FindingCleared, "containment", "finding:fi-1"),
            (Act::GateSet, "closed", "open"),
        ] {
            tell(&mut engine, act(Act::GateSet, "open", "closed"));
            assert_eq!(engine.contained_accounts(), ["a1"]);
            tell(&mut engine, act(reopening, before, after));
            assert!(engine.contained_accounts().is_empty());
        }
    }

    /// How many lists a thief requests until the account is cut: each has persons of the account's
    /// caseload and others, a page every `pace` seconds, after three weeks of the holder's work.
    fn lists_until_cut(pace: u64, list: impl Fn(u64) -> Exposure) -> u64 {
        const DAY: u64 = 86_400;
        let monitor = DetectionMonitor::new(WatchRules::default());
        let work = (0..21).flat_map(|day| (0..30).map(move |visit| day * DAY + visit * 600));
        for (number, second) in work.enumerate() {
            let person = format!("P{}", number % 40);
            let event = digue_testkit::events::shown(second, "a1", &person);
            let Event::Exposure(exposure) = event else {
                panic!("an exposure")
            };
            assert_eq!(monitor.look(&exposure), Verdict::Pass, "{second}");
        }
        let is_cut =
            |number: &u64| monitor.look(&list(22 * DAY + number * pace)) == Verdict::Withhold;
        (0..20_000).find(is_cut).expect("a thief is found")
    }

    fn list(second: u64) -> Exposure {
        let own = format!("P{}", second % 40);
        match digue_testkit::events::shown(second, "a1", &own) {
            Event::Exposure(exposure) => *exposure,
            Event::Administration(_) => panic!("an exposure"),
        }
    }

    #[test]
    fn lists_that_are_cut_are_no_easier_to_enumerate_than_lists_that_are_refused() {
        let refused = |second| Exposure {
            outcome: Outcome::Refused,
            reasons: vec![RefusalReason::OutsideCaseload],
            shown: Vec::new(),
            ..list(second)
        };
        let cut_by = |handling| {
            move |second| Exposure {
                outside: Some(OutsideRecords {
                    handling,
                    count: 9,
                    cause: RefusalReason::OutsideCaseload,
                }),
                ..list(second)
            }
        };
        for pace in [2, 20, 120] {
            let by_refusal = lists_until_cut(pace, refused);
            for handling in [OutsideHandling::Dropped, OutsideHandling::Masked] {
                let by_cut = lists_until_cut(pace, cut_by(handling));
                assert!(
                    by_cut <= by_refusal,
                    "{pace}: {by_cut}, refused {by_refusal}"
                );
            }
        }
    }

    #[test]
    fn a_cut_list_is_one_refusal_however_many_entries_it_takes() {
        let is_refused = |handling, part| {
            refused_part(&Exposure {
                outside: Some(OutsideRecords {
                    handling,
                    count: 1,
                    cause: RefusalReason::OutsideCaseload,
                }),
                part,
                parts: 3,
                ..list(0)
            })
        };
        for (handling, counts) in [
            (OutsideHandling::Dropped, true),
            (OutsideHandling::Masked, true),
            (OutsideHandling::WouldDrop, false),
            (OutsideHandling::WouldMask, false),
            (OutsideHandling::Named, false),
        ] {
            assert_eq!(is_refused(handling, 1), counts);
            assert!(!is_refused(handling, 2) && !is_refused(handling, 3));
        }
        assert!(!refused_part(&list(0)));
    }
}
