//! The heat map: how many risks stand at each place of the scale, before their measures, now, and
//! once the measures are in place.

use digue_isms::kinds::{Likelihood, Risk, RiskGravity, RiskLevel};
use digue_isms::register::RegisterEntry;
use digue_isms::risk_scale::{RatedAt, ScaleInForce};

/// One place of the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MapCell {
    pub risks: usize,
    pub level: RiskLevel,
}

/// The map of one time: rows by gravity, the gravest first; in each the likelihoods from the lowest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeatMap {
    pub at: RatedAt,
    pub rows: Vec<(RiskGravity, Vec<MapCell>)>,
    /// Risks that are not rated at this time: they are on no place of the map.
    pub unrated: usize,
}

pub fn heat_map(risks: &[RegisterEntry<Risk>], scale: &ScaleInForce, at: RatedAt) -> HeatMap {
    let ratings = risks.iter().map(|risk| risk.record.rating(at));
    let ratings: Vec<Option<(Likelihood, RiskGravity)>> = ratings.collect();
    let cell = |likelihood: Likelihood, gravity: RiskGravity| {
        let here = ratings
            .iter()
            .filter(|rating| **rating == Some((likelihood, gravity)));
        MapCell {
            risks: here.count(),
            level: scale.level(likelihood, gravity),
        }
    };
    let row = |gravity: &RiskGravity| {
        let cells = Likelihood::ALL.iter().map(|one| cell(*one, *gravity));
        (*gravity, cells.collect())
    };
    HeatMap {
        at,
        rows: RiskGravity::ALL.iter().rev().map(row).collect(),
        unrated: ratings.iter().filter(|rating| rating.is_none()).count(),
    }
}
