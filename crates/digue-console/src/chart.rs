//! Bars as SVG, computed on the server. Each chart has its table beside it.

/// One bar, in the chart's own units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) height: f64,
}

/// Bars of `values` in a box of `width` by `height`, the highest filling it.
pub(crate) fn bars(values: &[u64], width: f64, height: f64) -> Vec<Bar> {
    let top = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = width / values.len().max(1) as f64;
    values
        .iter()
        .enumerate()
        .map(|(place, &value)| {
            // A value that is not zero is never invisible.
            let share = value as f64 / top;
            let bar = if value == 0 { 0.0 } else { (share * height).max(2.0) };
            Bar { x: place as f64 * step, y: height - bar, height: bar }
        })
        .collect()
}

/// A picture of points in rows: place from the left, and row from 0.
pub(crate) fn dots(points: &[(i64, usize)], width: f64, row_height: f64) -> Vec<(f64, f64)> {
    let (first, last) = (points.iter().map(|point| point.0).min(), points.iter().map(|point| point.0).max());
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
    let span = (last - first).max(1) as f64;
    points
        .iter()
        .map(|(at, row)| {
            // A margin, so that the first and the last are whole.
            let x = 6.0 + (at - first) as f64 / span * (width - 12.0);
            (x, (*row as f64 + 0.5) * row_height)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_lie_between_the_margins_in_their_rows() {
        assert_eq!(dots(&[(100, 0), (200, 1)], 112.0, 10.0), [(6.0, 5.0), (106.0, 15.0)]);
        assert_eq!(dots(&[(100, 0)], 112.0, 10.0), [(6.0, 5.0)]);
        assert_eq!(dots(&[], 112.0, 10.0), []);
    }

    #[test]
    fn the_highest_bar_fills_the_box_and_small_ones_show() {
        let bars = bars(&[0, 1, 1000], 300.0, 100.0);
        assert_eq!(bars[0].height, 0.0);
        assert_eq!(bars[1].height, 2.0);
        assert_eq!((bars[2].x, bars[2].y, bars[2].height), (200.0, 0.0, 100.0));
    }
}
