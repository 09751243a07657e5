//! The whole of learning: survey, draft, trial.
//!
//! Once the survey has settled, the traffic is read again to try the draft, since bodies are not
//! kept.

use digue_survey::alias::SeenAlias;
use digue_survey::exchange::ExchangeSource;
use digue_survey::known::KnownPersons;
use digue_survey::traffic::{SurveyFault, SurveyedTraffic, survey_traffic};

use crate::compile::CompileFault;
use crate::draft::draft;
use crate::finding::LearntFinding;
use crate::model::{LearntMap, LineReason};
use crate::shape_watch::{ShapeWatch, ShapeWatchedSource};
use crate::trial::MapTrial;

/// What was learnt.
#[derive(Clone, Debug)]
pub struct Learnt {
    pub map: LearntMap,
    pub findings: Vec<LearntFinding>,
    pub aliases: Vec<SeenAlias>,
    /// The persons with all that was met of them, to compare the map with.
    pub known: KnownPersons,
    pub exchanges: usize,
}

/// Why nothing was learnt.
#[derive(Debug, thiserror::Error)]
pub enum LearnFault<F> {
    #[error("the traffic could not be surveyed")]
    Survey(#[source] SurveyFault<F>),
    #[error("the learnt map does not compile")]
    Compile(#[source] CompileFault),
}

/// Learns a map. Without known persons, identifiers are inferred from the traffic, and nothing is
/// sure.
///
/// A source may hand over other exchanges at each reading, as a running portal does: the map holds
/// every resource that showed a person in any of them.
///
/// # Errors
/// [`LearnFault`]
pub fn learn<S: ExchangeSource>(
    source: &mut S,
    given: KnownPersons,
) -> Result<Learnt, LearnFault<S::Fault>> {
    let watch = ShapeWatch::of(&given).map_err(LearnFault::Compile)?;
    let mut watched = ShapeWatchedSource { source, watch };
    let surveyed = survey_traffic(&mut watched, given).map_err(LearnFault::Survey)?;
    let SurveyedTraffic {
        portal,
        known,
        aliases,
        exchanges,
    } = surveyed;
    let mut findings = findings_of_persons(&known, &aliases);
    let mut trial = MapTrial::new(draft(&known, portal), &known).map_err(LearnFault::Compile)?;
    watched
        .each(&mut |exchange| trial.observe(exchange))
        .map_err(|fault| LearnFault::Survey(SurveyFault::Source(fault)))?;
    watched.watch.tell(&mut trial);
    let (map, of_map) = trial.conclude();
    findings.extend(of_map);
    findings.extend(other_kinds(&map));
    Ok(Learnt {
        map,
        findings,
        aliases,
        known,
        exchanges,
    })
}

/// What a person has to look at before the map: identifiers that the operator did not give.
fn findings_of_persons(known: &KnownPersons, aliases: &[SeenAlias]) -> Vec<LearntFinding> {
    let first = known.kinds().first().filter(|_| !known.is_given());
    let inferred = first.map(|kind| LearntFinding::IdentifiersInferred {
        kind: kind.name.clone(),
        values: kind.count(),
    });
    let needed = aliases.iter().map(alias_table_needed);
    inferred.into_iter().chain(needed).collect()
}

/// The kinds after the first by which a rule of the map names persons.
fn other_kinds(map: &LearntMap) -> Vec<LearntFinding> {
    let is_used = |place: usize| {
        let blocks = map.routes.iter().flat_map(|route| &route.blocks);
        let mut rules = blocks.flat_map(|block| &block.persons);
        let mut requests = map.routes.iter().flat_map(|route| &route.request);
        rules.any(|rule| rule.kind == place) || requests.any(|rule| rule.kind == place)
    };
    let Some(primary) = map.kinds.first() else {
        return Vec::new();
    };
    let others = map.kinds.iter().enumerate().skip(1);
    let used = others.filter(|(place, kind)| {
        !matches!(kind.reason, LineReason::KindBeside { .. }) && is_used(*place)
    });
    used.map(|(_, kind)| LearntFinding::KindsOfOnePerson {
        kind: kind.name.clone(),
        primary: primary.name.clone(),
    })
    .collect()
}

fn alias_table_needed(alias: &SeenAlias) -> LearntFinding {
    LearntFinding::AliasTableNeeded {
        kind: alias.kind.clone(),
        place: alias.place.clone(),
        persons: alias.persons,
    }
}
