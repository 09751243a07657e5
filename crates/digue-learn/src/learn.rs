//! The whole of learning: survey, draft, trial.
//!
//! The traffic is read several times, since bodies are not kept: once to see where known values stand, again when
//! other identifiers of the same persons were met on the way, once to try the draft.

use digue_types::written::folded;

use crate::alias::{AliasPlace, AliasTally, LearntAlias};
use crate::compile::CompileFault;
use crate::draft::draft;
use crate::exchange::ExchangeSource;
use crate::finding::LearntFinding;
use crate::infer::infer;
use crate::known::KnownPersons;
use crate::model::LearntMap;
use crate::survey::TrafficSurvey;
use crate::trial::MapTrial;
use crate::value::ValueContext;

/// The most other kinds of identifiers that are followed.
const ALIASES_MAX: usize = 3;

/// What was learnt.
#[derive(Clone, Debug)]
pub struct Learnt {
    pub map: LearntMap,
    pub findings: Vec<LearntFinding>,
    pub aliases: Vec<LearntAlias>,
    /// The persons with all that was met of them, to compare the map with.
    pub known: KnownPersons,
    pub exchanges: usize,
}

/// Why nothing was learnt.
#[derive(Debug, thiserror::Error)]
pub enum LearnFault<F> {
    /// The source stopped.
    #[error("the traffic could not be read")]
    Source(#[source] F),
    #[error("no exchange was recorded")]
    NoExchange,
    /// Neither known persons nor values that could be identifiers.
    #[error("no identifier is known, and none can be inferred")]
    NoIdentifier,
    #[error("the learnt map does not compile")]
    Compile(#[source] CompileFault),
}

/// Learns a map. Without known persons, identifiers are inferred from the traffic, and nothing is sure.
///
/// # Errors
/// [`LearnFault`]
pub fn learn<S: ExchangeSource>(source: &mut S, given: KnownPersons) -> Result<Learnt, LearnFault<S::Fault>> {
    let mut findings = Vec::new();
    let mut known = given;
    if known.is_empty() {
        let (inferred, found) = infer(source, &known).map_err(LearnFault::Source)?;
        known = inferred.ok_or(LearnFault::NoIdentifier)?;
        findings.extend(found);
    }
    let mut aliases = Vec::new();
    let mut has_folded = false;
    let (drafted, exchanges) = loop {
        let mut survey = TrafficSurvey::new(&known);
        source.each(&mut |exchange| survey.observe(exchange)).map_err(LearnFault::Source)?;
        if survey.exchanges == 0 {
            return Err(LearnFault::NoExchange);
        }
        let exchanges = survey.exchanges;
        let spellings = if has_folded { Vec::new() } else { survey.spellings() };
        let found = used_alias(&known, &survey, &aliases);
        let is_settled = spellings.is_empty() && found.is_none();
        if is_settled {
            break (draft(&known, survey), exchanges);
        }
        drop(survey);
        has_folded = true;
        for (kind, spelling) in spellings {
            known.kinds[usize::from(kind)].fold(spelling);
        }
        if let Some((place, values, persons)) = found {
            let name = known.add_seen_kind(&kind_name(&place), &values);
            findings.push(LearntFinding::AliasTableNeeded {
                kind: name.clone(),
                place: place.clone(),
                persons,
            });
            aliases.push(LearntAlias { place, kind: name, persons, pairs: known.pairs(&values) });
        }
    };
    let mut trial = MapTrial::new(drafted).map_err(LearnFault::Compile)?;
    source.each(&mut |exchange| trial.observe(exchange)).map_err(LearnFault::Source)?;
    let (map, of_map) = trial.conclude();
    findings.extend(of_map);
    Ok(Learnt { map, findings, aliases, known, exchanges })
}

/// Another identifier that was met beside a known one, and is asked for where no known one is.
fn used_alias(
    known: &KnownPersons,
    survey: &TrafficSurvey<'_>,
    taken: &[LearntAlias],
) -> Option<(AliasPlace, Vec<String>, usize)> {
    if taken.len() >= ALIASES_MAX {
        return None;
    }
    let is_used = |place: &AliasPlace, tally: &AliasTally| {
        let own = match place {
            AliasPlace::Path(before) => survey.asked.get(&ValueContext::Path(before.clone())),
            AliasPlace::Member(_) => None,
        };
        let asked = |values: &std::collections::BTreeSet<smol_str::SmolStr>| {
            tally.names_one_of(values.iter().map(smol_str::SmolStr::as_str))
        };
        // Numbers are every thing's: a member's number is used only where the address says so.
        own.is_some_and(asked) || tally.is_telling() && survey.asked.values().any(asked)
    };
    survey
        .aliases
        .believed()
        .into_iter()
        .filter(|(place, _)| !taken.iter().any(|alias| alias.place == **place))
        .find(|(place, tally)| !tally.is_known(known) && is_used(place, tally))
        .map(|(place, tally)| (place.clone(), tally.by_person(known), tally.persons()))
}

fn kind_name(place: &AliasPlace) -> String {
    match place {
        AliasPlace::Member(name) => folded(name),
        AliasPlace::Path(before) => {
            let last = before.split('/').rfind(|part| !part.is_empty() && *part != "{}").unwrap_or("id");
            format!("id_{}", folded(last))
        }
    }
}
