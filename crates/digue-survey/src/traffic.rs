//! All readings of the traffic that a draft needs.
//!
//! Bodies are not kept, so that the traffic is read again whenever more is known of the persons:
//! their identifiers when none was given, how the portal writes them, other identifiers beside
//! them.

use std::collections::BTreeSet;

use digue_types::written::folded;
use smol_str::SmolStr;

use crate::alias::{AliasPlace, AliasTally, SeenAlias};
use crate::exchange::ExchangeSource;
use crate::infer::infer;
use crate::known::KnownPersons;
use crate::portal_survey::PortalSurvey;
use crate::survey::TrafficSurvey;
use crate::value::ValueContext;

/// The most other kinds of identifiers that are followed.
const ALIASES_MAX: usize = 3;

/// What was seen of the portal and of the persons.
pub struct SurveyedTraffic {
    pub portal: PortalSurvey,
    /// The persons with all that was met of them; inferred when none was given.
    pub known: KnownPersons,
    pub aliases: Vec<SeenAlias>,
    pub exchanges: usize,
}

/// Why there is nothing to learn from.
#[derive(Debug, thiserror::Error)]
pub enum SurveyFault<F> {
    /// The source stopped.
    #[error("the traffic could not be read")]
    Source(#[source] F),
    #[error("no exchange was recorded")]
    NoExchange,
    /// Neither known persons nor values that could be identifiers.
    #[error("no identifier is known, and none can be inferred")]
    NoIdentifier,
}

/// Surveys traffic until nothing new is met of the persons.
///
/// # Errors
/// [`SurveyFault`]
pub fn survey_traffic<S: ExchangeSource>(
    source: &mut S,
    given: KnownPersons,
) -> Result<SurveyedTraffic, SurveyFault<S::Fault>> {
    let mut known = given;
    if known.is_empty() {
        let inferred = infer(source, &known).map_err(SurveyFault::Source)?;
        known = inferred.ok_or(SurveyFault::NoIdentifier)?;
    }
    let mut aliases = Vec::new();
    let mut has_folded = false;
    loop {
        let mut survey = TrafficSurvey::new(&known);
        source
            .each(&mut |exchange| survey.observe(exchange))
            .map_err(SurveyFault::Source)?;
        if survey.exchanges == 0 {
            return Err(SurveyFault::NoExchange);
        }
        let exchanges = survey.exchanges;
        let spellings = if has_folded {
            Vec::new()
        } else {
            survey.spellings()
        };
        // Folding makes a shape anew: what only persons have is told of the last one.
        let sole = match spellings.is_empty() {
            true => survey.sole_shapes.sole(),
            false => Vec::new(),
        };
        let found = used_alias(&known, &survey, &aliases);
        let is_settled = spellings.is_empty() && sole.is_empty() && found.is_none();
        if is_settled {
            let portal = PortalSurvey::of(&known, survey);
            return Ok(SurveyedTraffic {
                portal,
                known,
                aliases,
                exchanges,
            });
        }
        drop(survey);
        has_folded = true;
        for (kind, spelling) in spellings {
            known.fold(kind, spelling);
        }
        for kind in sole {
            known.tell_alone(kind);
        }
        if let Some((place, values, persons)) = found {
            let kind = known.add_seen_kind(&kind_name(&place), &values);
            aliases.push(SeenAlias {
                place,
                kind,
                persons,
                pairs: known.pairs(&values),
            });
        }
    }
}

/// Another identifier that was met beside a known one, and is asked for where no known one is.
fn used_alias(
    known: &KnownPersons,
    survey: &TrafficSurvey<'_>,
    taken: &[SeenAlias],
) -> Option<(AliasPlace, Vec<String>, usize)> {
    if taken.len() >= ALIASES_MAX {
        return None;
    }
    let is_used = |place: &AliasPlace, tally: &AliasTally| {
        let own = match place {
            AliasPlace::Path(before) => survey.asked.get(&ValueContext::Path(before.clone())),
            AliasPlace::Member(_) => None,
        };
        let asked =
            |values: &BTreeSet<SmolStr>| tally.names_one_of(values.iter().map(SmolStr::as_str));
        // Numbers are every thing's: a member's number is used only where the address says so.
        own.is_some_and(asked) || tally.is_telling() && survey.asked.values().any(asked)
    };
    survey
        .aliases
        .believed()
        .into_iter()
        .filter(|(place, _)| !taken.iter().any(|alias| alias.place == **place))
        .filter(|(_, tally)| !tally.is_encoding(known))
        .find(|(place, tally)| !tally.is_known(known) && is_used(place, tally))
        .map(|(place, tally)| (place.clone(), tally.by_person(known), tally.persons()))
}

fn kind_name(place: &AliasPlace) -> String {
    match place {
        AliasPlace::Member(name) => folded(name),
        AliasPlace::Path(before) => {
            let last = before
                .split('/')
                .rfind(|part| !part.is_empty() && *part != "{}")
                .unwrap_or("id");
            format!("id_{}", folded(last))
        }
    }
}
