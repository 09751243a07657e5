//! Read-only views: what happens now, and who saw whom. Whatever connects persons with accounts is
//! read through `evidence`.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

use digue_access::budget::Usage;
use digue_access::{EnforcementMode, Reach, Session};
use digue_app::alias_tables::AliasesInForce;
use digue_app::directory::organisation_of;
use digue_app::{Actor, App, OperationError, require};
use digue_exposure::{CountedExposure, Coverage, IndexError, Lookup, Minute, OutsideRow, Sight};
use digue_journal::keyring::OpenedKeyring;
use digue_journal::{Journal, OpenError};
use digue_types::{
    AccountId, Administration, Event, Exposure, Gate, OrganisationId, PersonRef, PortalId,
    SlidingWindow, Subject, Timestamp,
};

use crate::reading::{self, EvidenceForm, EvidenceRead};
use crate::witnesses::{self, WitnessView};

/// The overview page.
#[derive(Clone, Debug)]
pub struct Overview {
    pub now: Timestamp,
    /// The last hour by minutes, the oldest first.
    pub minutes: Vec<(Timestamp, Minute)>,
    /// Distinct persons shown within 24 hours.
    pub persons_day: usize,
    pub nearest: Vec<(PortalId, Usage)>,
    pub coverage: Vec<PortalCoverage>,
    /// Responses that left where rules are only tried without an entry, since the start.
    pub unrecorded: u64,
    pub recent: Vec<CountedExposure>,
    pub acts: Vec<(u64, Administration)>,
    pub journal: JournalView,
    /// Kept files of caseloads and aliases that are not in force, as (name, cause).
    pub not_taken: Vec<(String, &'static str)>,
    pub sessions: usize,
}

#[derive(Clone, Debug)]
pub struct PortalCoverage {
    pub portal: PortalId,
    pub mode: EnforcementMode,
    pub counts: Coverage,
}

impl PortalCoverage {
    /// True where rules are only tried.
    pub fn observes_only(&self) -> bool {
        self.mode.enforcement().is_none()
    }
}

#[derive(Clone, Debug)]
pub struct JournalView {
    pub size: u64,
    pub checkpoint_size: u64,
    pub checkpoint_at: Option<Timestamp>,
    pub failure: Option<String>,
    /// The state of its witnesses.
    pub witnesses: WitnessView,
    /// True while the index is being rebuilt from it.
    pub is_rebuilding: bool,
}

/// Minutes in the chart.
const MINUTES: i64 = 60;

pub async fn overview(app: &App, actor: &Actor) -> Result<Overview, OperationError> {
    actor.must_watch()?;
    let now = app.clock().now();
    let view = app.view();
    let persons_day = app
        .blocking(move || view.distinct_since(now, Duration::from_hours(24)))
        .await?;
    let persons_day = app.answered(persons_day)?;
    let gateway = app.gateway();
    let hosts = gateway.hosts();
    let mut portals: Vec<_> = hosts.portals().cloned().collect();
    portals.sort_by(|a, b| a.id.cmp(&b.id));
    let mut nearest: Vec<(PortalId, Usage)> = Vec::new();
    for portal in &portals {
        let usages = gateway.with_budgets(&portal.id, |budgets| budgets.nearest(now, 10));
        nearest.extend(
            usages
                .unwrap_or_default()
                .into_iter()
                .map(|usage| (portal.id.clone(), usage)),
        );
    }
    nearest.sort_by(|a, b| b.1.share().total_cmp(&a.1.share()));
    nearest.truncate(10);
    let status = app.journal_status();
    // Read before the state of the journal is locked: commits wait for that lock.
    let sessions = gateway.session_count();
    let coverage = coverage_of(app);
    let state = app.journal_state();
    Ok(Overview {
        now,
        minutes: state.index.minutes(now, MINUTES),
        persons_day,
        nearest,
        coverage,
        unrecorded: app.gateway().unrecorded(),
        recent: state.index.recent(12).cloned().collect(),
        acts: state.index.acts(8).cloned().collect(),
        journal: JournalView {
            size: status.size,
            checkpoint_size: status.checkpoint_size,
            checkpoint_at: state.checkpoint.as_ref().map(|(_, at)| *at),
            failure: status.failure,
            witnesses: witnesses::view(app),
            is_rebuilding: app.is_rebuilding(),
        },
        not_taken: app
            .files_not_taken()
            .into_iter()
            .map(|(name, why)| (name, why.code()))
            .collect(),
        sessions,
    })
}

/// The last minutes of all portals, the oldest first.
pub fn minutes(
    app: &App,
    actor: &Actor,
    count: i64,
) -> Result<Vec<(Timestamp, Minute)>, OperationError> {
    actor.must_watch()?;
    Ok(app.journal_state().index.minutes(app.clock().now(), count))
}

fn coverage_of(app: &App) -> Vec<PortalCoverage> {
    let hosts = app.gateway().hosts();
    let state = app.journal_state();
    let mut coverage: Vec<PortalCoverage> = hosts
        .portals()
        .map(|portal| PortalCoverage {
            portal: portal.id.clone(),
            mode: portal.mode,
            counts: state.index.coverage(&portal.id),
        })
        .collect();
    coverage.sort_by(|a, b| a.portal.cmp(&b.portal));
    coverage
}

/// A portal: how far its responses are inspected, and what its map allows.
#[derive(Clone, Debug)]
pub struct PortalView {
    pub coverage: PortalCoverage,
    pub hosts: Vec<String>,
    pub population: String,
    pub routes: usize,
    /// The number of relations of its caseload in force.
    pub relations: usize,
    /// The limits, as (what is counted, window, persons).
    pub limits: Vec<(&'static str, SlidingWindow, u32)>,
    pub gate: Gate,
    /// What to add to the map: addresses that no rule describes, the most requested first. Learnt
    /// in pilot and observe-only mode.
    pub outside: Vec<OutsideRow>,
    /// Requests for further addresses outside the map, which are not told apart.
    pub outside_others: u64,
}

pub fn portals(app: &App, actor: &Actor) -> Result<Vec<PortalView>, OperationError> {
    actor.must_see_coverage()?;
    let (rules, hosts) = (app.gateway().rules(), app.gateway().hosts());
    let views = coverage_of(app).into_iter().filter_map(|coverage| {
        let portal = hosts.portal(&coverage.portal)?;
        let tables = [
            ("account", portal.limits.account),
            ("organisation", portal.limits.organisation),
            ("portal", portal.limits.portal),
            ("exact-search", portal.limits.exact_search),
            ("break-glass", portal.limits.break_glass),
            ("uninspected", portal.limits.uninspected),
        ];
        let limits = tables.into_iter().flat_map(|(name, limits)| {
            SlidingWindow::ALL
                .into_iter()
                .filter_map(move |w| limits.of(w).map(|limit| (name, w, limit)))
        });
        let (mut outside, outside_others) = app.journal_state().index.outside(&portal.id);
        // Entries name what no rule described then; a rule may have been added since.
        outside.retain(|row| !portal.describes(&row.address));
        Some(PortalView {
            outside,
            outside_others,
            hosts: portal.hosts.clone(),
            population: portal.population.to_string(),
            routes: portal.routes.len(),
            relations: rules
                .caseloads
                .get(&portal.population)
                .map_or(0, |known| known.relations()),
            limits: limits.collect(),
            gate: rules.gates.of(&Reach::Portal(portal.id.clone())),
            coverage,
        })
    });
    Ok(views.collect())
}

/// Live sessions, the last used first: all of them for officers, those of their own organisation
/// for delegates and deputies.
pub fn sessions(app: &App, actor: &Actor) -> Result<Vec<Session>, OperationError> {
    require(actor.role.oversees())?;
    let own = organisation_of(&app.gateway().rules(), actor);
    let sees_all = actor.role.can_watch();
    let mut sessions = app
        .gateway()
        .sessions(|session| sees_all || Some(&session.organisation) == own.as_ref());
    // They come out of a hash map: of those used at the same time the order would change with each
    // look.
    sessions.sort_by(|one, other| {
        other
            .seen_at
            .cmp(&one.seen_at)
            .then_with(|| one.account.cmp(&other.account))
            .then_with(|| one.host.cmp(&other.host))
    });
    Ok(sessions)
}

/// Raw entries of the journal from `first` on, from which an auditor can recompute everything.
///
/// # Errors
/// `SecondNeeded` beyond the daily allowance, until an export was approved.
pub async fn entries(
    app: &App,
    actor: &Actor,
    first: u64,
    count: u64,
    form: EvidenceForm,
) -> Result<Vec<(u64, Event)>, OperationError> {
    let fetch = read_entries(app, first, count);
    let reading = EvidenceRead {
        form,
        entries: count,
    };
    reading::read(app, actor, reading, fetch, |_| Subject::Entries {
        first,
        count,
    })
    .await
}

/// The readable entries among `count` from `first` on: those whose period key was destroyed are
/// left out.
pub async fn read_entries(
    app: &App,
    first: u64,
    count: u64,
) -> Result<Vec<(u64, Event)>, OperationError> {
    // Not beyond the checkpoint: what is not signed yet could not be recomputed by the auditor.
    let end = app
        .journal()
        .status()
        .checkpoint_size
        .min(first.saturating_add(count));
    if first >= end {
        return Ok(Vec::new());
    }
    let journal = app.journal().clone();
    let read = app.blocking(move || readable(&journal, first..end)).await?;
    read.map_err(|error| OperationError::Unavailable(error.to_string()))
}

/// The entries of a range that can be read.
pub(crate) fn readable(
    journal: &Journal,
    entries: Range<u64>,
) -> Result<Vec<(u64, Event)>, OpenError> {
    let events = journal
        .entries(entries)?
        .into_iter()
        .filter_map(|(index, opened)| match opened {
            OpenedKeyring::Event(event) => Some((index, event)),
            OpenedKeyring::Forgotten(_) => None,
        });
    Ok(events.collect())
}

/// The exposures of these entries, by entry; those that are not readable any more are left out.
pub async fn read_exposures(
    app: &App,
    entries: Vec<u64>,
) -> Result<HashMap<u64, Box<Exposure>>, OperationError> {
    let (journal, minimum, end) = (
        app.journal().clone(),
        app.journal_minimum(),
        app.journal().status().checkpoint_size,
    );
    let read = move || {
        let mut exposures = HashMap::new();
        for entry in entries
            .into_iter()
            // Entries below the minimum are deleted, those beyond the checkpoint not yet signed.
            .filter(|entry| (minimum..end).contains(entry))
        {
            let event = readable(&journal, entry..entry + 1)?.pop();
            if let Some((entry, Event::Exposure(exposure))) = event {
                exposures.insert(entry, exposure);
            }
        }
        Ok::<_, OpenError>(exposures)
    };
    app.blocking(read)
        .await?
        .map_err(|error| OperationError::Unavailable(error.to_string()))
}

/// One account and what it was shown.
#[derive(Clone, Debug)]
pub struct AccountView {
    pub account: AccountId,
    pub organisation: Option<String>,
    /// Distinct persons in each window, on each portal, with the limit.
    pub budgets: Vec<(PortalId, Vec<(SlidingWindow, u32, Option<u32>)>)>,
    pub exposures: Vec<CountedExposure>,
    /// As (person, number of times, last time).
    pub persons: Vec<(PersonRef, u32, Timestamp)>,
    pub sessions: usize,
}

/// The most exposures of an account that are listed, the latest ones.
const EXPOSURES_MAX: usize = 100_000;

/// What an account was shown. `named` is the part of it that the journal entry of this reading
/// names.
pub async fn account(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    (form, named): (EvidenceForm, fn(AccountId) -> Subject),
) -> Result<AccountView, OperationError> {
    let fetch = account_view(app, account);
    reading::read(app, actor, form, fetch, |_| named(account.clone())).await
}

async fn account_view(app: &App, account: &AccountId) -> Result<AccountView, OperationError> {
    let now = app.clock().now();
    let gateway = app.gateway();
    let record = gateway.rules().directory.find(account).cloned();
    let (view, whose) = (app.view(), account.clone());
    let look = move || {
        Ok((
            view.of_account(&whose, EXPOSURES_MAX)?,
            view.persons_of(&whose)?,
        ))
    };
    let (exposures, persons) = app.answered(app.blocking(look).await?)?;
    // An account that was deleted still has exposures; only one that neither knows is a mistyped
    // name.
    if record.is_none() && exposures.is_empty() {
        return Err(OperationError::NotFound("account"));
    }
    let hosts = gateway.hosts();
    let mut budgets = Vec::new();
    for portal in hosts.portals() {
        let shown = gateway
            .with_budgets(&portal.id, |b| b.shown_to(account, now))
            .unwrap_or_default();
        let windows = SlidingWindow::ALL
            .into_iter()
            .map(|window| {
                (
                    window,
                    shown[window.index()],
                    portal.limits.account.of(window),
                )
            })
            .filter(|(_, _, limit)| limit.is_some());
        budgets.push((portal.id.clone(), windows.collect()));
    }
    Ok(AccountView {
        account: account.clone(),
        organisation: record.map(|record| record.organisation.to_string()),
        budgets,
        persons,
        exposures,
        sessions: gateway.sessions_of(account).len(),
    })
}

/// The timeline of an account: distinct persons by period, as `period_of` numbers them, and the
/// acts about it.
#[derive(Clone, Debug)]
pub struct Timeline {
    pub periods: BTreeMap<i64, usize>,
    pub acts: Vec<(u64, Administration)>,
}

/// The most acts on a page.
const ACTS: usize = 50;

pub async fn timeline(
    app: &App,
    actor: &Actor,
    account: &AccountId,
    period_of: impl Fn(Timestamp) -> i64 + Send + 'static,
) -> Result<Timeline, OperationError> {
    actor.must_watch()?;
    let (view, whose) = (app.view(), account.clone());
    let periods = app
        .blocking(move || view.persons_by(&whose, &period_of))
        .await?;
    let periods = app.answered(periods)?;
    let state = app.journal_state();
    Ok(Timeline {
        periods,
        acts: state
            .index
            .acts_about(account, ACTS)
            .into_iter()
            .cloned()
            .collect(),
    })
}

/// The subject that a text in the search field names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedAccount {
    Account(AccountId),
    Organisation(OrganisationId),
    Person(PersonRef),
}

/// The account of this name, else the organisation, else the person.
pub fn find(app: &App, actor: &Actor, text: &str) -> Result<NamedAccount, OperationError> {
    actor.must_watch()?;
    if let Ok(account) = AccountId::parse(text) {
        let is_known = app.gateway().rules().directory.find(&account).is_some()
            || app.journal_state().index.knows(&account);
        if is_known {
            return Ok(NamedAccount::Account(account));
        }
    }
    if let Ok(organisation) = OrganisationId::parse(text)
        && app
            .gateway()
            .rules()
            .directory
            .iter()
            .any(|(_, record)| record.organisation == organisation)
    {
        return Ok(NamedAccount::Organisation(organisation));
    }
    PersonRef::parse(text)
        .map(NamedAccount::Person)
        .map_err(|_| OperationError::NotFound("person"))
}

/// True when the journal has a person of this identifier, or of one that stands for the same.
///
/// # Errors
/// `Denied` for those who may not read the journal; `Unavailable` when the index cannot answer.
pub async fn knows_person(
    app: &App,
    actor: &Actor,
    person: &PersonRef,
) -> Result<bool, OperationError> {
    actor.must_watch()?;
    let (view, aliases, typed) = (app.view(), AliasesInForce::of(app), person.clone());
    let look = move || -> Result<bool, OperationError> {
        let references = aliases.references(typed.as_str())?;
        Ok(references.iter().any(|one| view.has_person(one)))
    };
    app.blocking(look).await?
}

/// Everyone who was shown this person, newest first.
pub async fn person(
    app: &App,
    actor: &Actor,
    person: &PersonRef,
    form: EvidenceForm,
) -> Result<Lookup<Vec<Sight>>, OperationError> {
    let (view, aliases, typed) = (app.view(), AliasesInForce::of(app), person.clone());
    let look = move || -> Result<Result<_, IndexError>, OperationError> {
        let references = aliases.references(typed.as_str())?;
        let of_all = references.iter().map(|one| view.of_person(one));
        let mut sights = match of_all.collect::<Result<Vec<_>, _>>() {
            Ok(sights) => sights.concat(),
            Err(error) => return Ok(Err(error)),
        };
        sights.sort_by_key(|sight| std::cmp::Reverse(sight.entry));
        // One entry may name the person under two of the references.
        sights.dedup_by_key(|sight| sight.entry);
        // Without any entry it is not known whether the person exists: that is not "nobody saw
        // them".
        let is_known = references
            .iter()
            .any(|reference| view.has_person(reference));
        Ok(Ok(if is_known {
            Lookup::Known(sights)
        } else {
            Lookup::UnknownSubject(vec![typed.to_string()])
        }))
    };
    let fetch = async { app.answered(app.blocking(look).await??) };
    reading::read(app, actor, form, fetch, |_| {
        Subject::Sights(person.to_string())
    })
    .await
}
