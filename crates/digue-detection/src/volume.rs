//! Evidence of a count within minutes, hours or the day, against its usual level.
//!
//! The greatest count of each day in a window has a usual level of its own, like the day's total;
//! four times that level is about four thousand to one.

use crate::signal::{Figures, Signal, SignalKind};

/// Evidence of `count` where nineteen days in twenty stay below `usual`: one step of an e-detector
/// whose slope is the level, for counts whose mean is a third of it.
pub(crate) fn evidence(count: u32, usual: f32) -> f32 {
    1.216 * (count as f32 / usual.max(0.5) - 1.0)
}

/// The largest count with at most this evidence; the inverse of [`evidence`].
pub(crate) fn count_of(evidence: f32, usual: f32) -> u32 {
    ((evidence / 1.216 + 1.0) * usual.max(0.5)).floor().max(0.0) as u32
}

/// The signal of a count above its usual level; `None` below it.
pub(crate) fn above(kind: SignalKind, count: u32, usual: f32, minutes: u32) -> Option<Signal> {
    let evidence = evidence(count, usual);
    (evidence > 0.0).then(|| Signal {
        kind,
        evidence,
        figures: Figures::new(count, usual, minutes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_times_the_usual_level_is_ten_thousand_to_one() {
        let signal = above(SignalKind::Pace, 43, 10.0, 1).unwrap();
        assert!(signal.evidence > 4.0);
        assert_eq!(
            signal.figures,
            Figures {
                seen: 43,
                usual: 10,
                minutes: 1
            }
        );
    }

    #[test]
    fn what_is_usual_is_silent() {
        assert!(above(SignalKind::Pace, 10, 10.0, 1).is_none());
        assert!(above(SignalKind::Pace, 0, 0.0, 1).is_none());
    }
}
