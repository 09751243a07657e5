//! Routes by the content of their requests: their conditions, and how one that changes something is
//! proposed.

use digue_survey::content::RouteContent;
use digue_survey::survey::RouteSurvey;
use smol_str::SmolStr;

use crate::draft_parameters::Group;
use crate::model::{LearntBlock, LearntCondition, LearntConditionPlace, LearntRoute};

/// With the loosest blocks that name the persons that were seen: once uncommented, one without
/// rules would show them and name nobody.
pub(crate) fn as_write(route: LearntRoute, blocks: Vec<Vec<LearntBlock>>) -> LearntRoute {
    LearntRoute {
        blocks: blocks.into_iter().filter_map(loosest).collect(),
        ..route
    }
}

/// The conditions of a map that tell this content from all other.
pub(crate) fn conditions_of(content: &RouteContent) -> Vec<LearntCondition> {
    let condition = |place, values: &[SmolStr]| LearntCondition {
        place,
        values: values.iter().map(ToString::to_string).collect(),
    };
    match content {
        RouteContent::Any => Vec::new(),
        RouteContent::Query(chosen) => chosen
            .iter()
            .map(|(name, value)| {
                condition(
                    LearntConditionPlace::Query(name.to_string()),
                    std::slice::from_ref(value),
                )
            })
            .collect(),
        RouteContent::Json { at, methods } => {
            vec![condition(
                LearntConditionPlace::Json(at.to_string()),
                methods,
            )]
        }
        RouteContent::OtherMethod(method) => vec![condition(
            LearntConditionPlace::TextJson("$._method".to_owned()),
            std::slice::from_ref(method),
        )],
        RouteContent::GraphQl(fields) => vec![condition(LearntConditionPlace::GraphQl, fields)],
    }
}

/// One survey of all methods that change nothing.
pub(crate) fn joined(safe: &Group<'_>) -> Option<RouteSurvey> {
    (!safe.is_empty()).then(|| {
        let mut survey = RouteSurvey::default();
        safe.iter()
            .for_each(|(_, own)| survey.absorb((*own).clone()));
        survey
    })
}

/// The last block with rules for persons; where none has any, the last.
fn loosest(mut candidates: Vec<LearntBlock>) -> Option<LearntBlock> {
    let last_with_persons = candidates
        .iter()
        .rposition(|block| !block.persons.is_empty());
    match last_with_persons {
        Some(place) => Some(candidates.swap_remove(place)),
        None => candidates.pop(),
    }
}
