//! Bars as SVG, computed on the server. Each chart has its table beside it.

/// One bar, in the chart's own units.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub x: f64,
    pub y: f64,
    pub height: f64,
}

/// Bars of `values` in a box of `width` by `height`, the highest filling it.
pub fn bars(values: &[u64], width: f64, height: f64) -> Vec<Bar> {
    let top = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = width / values.len().max(1) as f64;
    values
        .iter()
        .enumerate()
        .map(|(place, &value)| {
            // A value above zero must stay visible.
            let share = value as f64 / top;
            let bar = if value == 0 {
                0.0
            } else {
                (share * height).max(2.0)
            };
            Bar {
                x: place as f64 * step,
                y: height - bar,
                height: bar,
            }
        })
        .collect()
}

/// The width of a mark, in the chart's own units.
pub const MARK_WIDTH: f64 = 4.0;

/// The position of a time between `first` and `last`.
pub fn mark(at: i64, first: i64, last: i64, width: f64) -> f64 {
    let span = (last - first).max(1) as f64;
    (at - first) as f64 / span * (width - MARK_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_lie_whole_within_the_width() {
        assert_eq!(mark(100, 100, 200, 104.0), 0.0);
        assert_eq!(mark(200, 100, 200, 104.0), 100.0);
        assert_eq!(mark(100, 100, 100, 104.0), 0.0);
    }

    #[test]
    fn the_highest_bar_fills_the_box_and_small_ones_show() {
        let bars = bars(&[0, 1, 1000], 300.0, 100.0);
        assert_eq!(bars[0].height, 0.0);
        assert_eq!(bars[1].height, 2.0);
        assert_eq!((bars[2].x, bars[2].y, bars[2].height), (200.0, 0.0, 100.0));
    }
}
