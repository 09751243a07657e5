//! Classes of persons as those who watch see them: how many persons each has, what every map
//! decides for it, and each consultation of a class that a map watches, by name.

use std::collections::BTreeMap;

use digue_access::ClassRule;
use digue_app::class_sights::{ClassCount, ClassSight, LOOKS_BACK};
use digue_app::{Actor, App, OperationError};
use digue_types::{ClassName, PopulationId, PortalId, Subject};

use crate::reading::{self, EvidenceForm};

/// The days that are counted.
pub const DAYS: i64 = 30;

/// One class of a population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassLine {
    pub population: PopulationId,
    pub class: ClassName,
    /// Persons of the class; `None` where the table is not in force.
    pub held: Option<usize>,
    /// What the map of each portal of the population decides.
    pub rules: Vec<(PortalId, ClassRule)>,
    /// Consultations of the last thirty days.
    pub count: ClassCount,
}

/// The classes of all populations.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClassesView {
    pub lines: Vec<ClassLine>,
    /// Entries of the last thirty days of which the classes were not known.
    pub unknown: u64,
    /// False while the journal of before the last start is being read: figures are then at least.
    pub is_complete: bool,
}

/// Consultations of watched classes in the last thirty days.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WatchedSights {
    /// The newest first.
    pub sights: Vec<(ClassName, ClassSight)>,
    /// There are older ones within the thirty days.
    pub is_cut: bool,
}

/// The classes, their rules and their numbers; no person.
pub fn overview(app: &App, actor: &Actor) -> Result<ClassesView, OperationError> {
    actor.must_watch()?;
    Ok(numbers(app))
}

/// The classes and their numbers; the caller decides who may know them.
pub fn numbers(app: &App) -> ClassesView {
    let now = app.clock().now();
    let state = app.journal_state();
    let lines = lines(app).into_iter().map(|line| ClassLine {
        count: state
            .class_sights
            .count((&line.population, &line.class), DAYS, now),
        ..line
    });
    ClassesView {
        lines: lines.collect(),
        unknown: state.class_sights.unknown(DAYS, now),
        is_complete: state.class_sights.is_complete(),
    }
}

/// The classes of the tables and of the maps, without their consultations.
fn lines(app: &App) -> Vec<ClassLine> {
    let rules = app.gateway().rules();
    let hosts = app.gateway().hosts();
    let mut known: BTreeMap<(PopulationId, ClassName), ClassLine> = BTreeMap::new();
    let mut line = |population: &PopulationId, class: &ClassName| {
        let held = rules.classes.get(population).map(|_| 0);
        let line = known.entry((population.clone(), class.clone()));
        line.or_insert_with(|| ClassLine {
            population: population.clone(),
            class: class.clone(),
            held,
            rules: Vec::new(),
            count: ClassCount::default(),
        });
    };
    for (population, table) in &rules.classes {
        table.sizes().for_each(|(class, _)| line(population, class));
    }
    for portal in hosts.portals() {
        portal
            .classes
            .0
            .keys()
            .for_each(|class| line(&portal.population, class));
    }
    for ((population, class), line) in &mut known {
        if let Some(table) = rules.classes.get(population) {
            line.held = table
                .sizes()
                .find(|(one, _)| *one == class)
                .map_or(Some(0), |(_, n)| Some(n));
        }
        let portals = hosts
            .portals()
            .filter(|portal| portal.population == *population);
        line.rules = portals
            .map(|portal| (portal.id.clone(), portal.classes.of(class)))
            .collect();
        line.rules.sort_by(|one, other| one.0.cmp(&other.0));
    }
    known.into_values().collect()
}

/// Each consultation of a person of a class that a map watches: who, whom, when and where.
///
/// # Errors
/// As every reading of evidence: `ProofNeeded` without a fresh proof of identity.
pub async fn watched(
    app: &App,
    actor: &Actor,
    form: EvidenceForm,
) -> Result<WatchedSights, OperationError> {
    reading::read(app, actor, form, async { Ok(watched_sights(app)) }, |_| {
        Subject::Other("classes".to_owned())
    })
    .await
}

fn watched_sights(app: &App) -> WatchedSights {
    let from = app.clock().now().minus(LOOKS_BACK);
    let is_watched =
        |line: &ClassLine| line.rules.iter().any(|(_, rule)| *rule == ClassRule::Watch);
    let watched: Vec<ClassLine> = lines(app).into_iter().filter(is_watched).collect();
    let state = app.journal_state();
    let mut found = WatchedSights::default();
    for ClassLine {
        population, class, ..
    } in &watched
    {
        let (sights, is_cut) = state.class_sights.of((population, class), from);
        found.is_cut |= is_cut;
        found
            .sights
            .extend(sights.into_iter().map(|sight| (class.clone(), sight)));
    }
    drop(state);
    found
        .sights
        .sort_by_key(|(_, sight)| std::cmp::Reverse(sight.entry));
    found
}
