//! Bars as SVG, computed on the server, and the ranges of time to choose from. Each chart has its
//! table beside it.

use askama::Template;
use serde::Deserialize;

use crate::view::Localizer;

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

/// In the address of a page with a chart: `?days=90`, or `?hours=6`.
#[derive(Deserialize, Default)]
pub struct RangeQuery {
    #[serde(default)]
    days: String,
    #[serde(default)]
    hours: String,
}

/// How far back a chart reaches, and how much time one bar is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChartRange {
    /// As (days, days of a bar).
    Days(i64, i64),
    /// As (hours, minutes of a bar).
    Hours(i64, i64),
}

impl ChartRange {
    /// No chart has more bars than a screen can show apart: a year is shown by weeks.
    pub const BY_DAY: [Self; 4] = [
        Self::Days(7, 1),
        Self::Days(30, 1),
        Self::Days(91, 1),
        Self::Days(364, 7),
    ];
    pub const BY_HOUR: [Self; 4] = [
        Self::Hours(1, 1),
        Self::Hours(6, 5),
        Self::Hours(24, 20),
        Self::Hours(48, 40),
    ];

    /// The days that the address asks for; thirty for anything else.
    pub fn days(query: &RangeQuery) -> Self {
        Self::some_days(query).unwrap_or(Self::BY_DAY[1])
    }

    /// The days that the address asks for; `None` when it asks for none of those there are.
    pub fn some_days(query: &RangeQuery) -> Option<Self> {
        Self::asked(&Self::BY_DAY, &query.days)
    }

    /// The hours that the address asks for; one for anything else.
    pub fn hours(query: &RangeQuery) -> Self {
        Self::asked(&Self::BY_HOUR, &query.hours).unwrap_or(Self::BY_HOUR[0])
    }

    fn asked(known: &[Self], text: &str) -> Option<Self> {
        let length: i64 = text.parse().ok()?;
        known.iter().copied().find(|range| range.length() == length)
    }

    /// In its own unit.
    pub const fn length(self) -> i64 {
        match self {
            Self::Days(length, _) | Self::Hours(length, _) => length,
        }
    }

    /// The time of one bar: days, or minutes.
    pub const fn step(self) -> i64 {
        match self {
            Self::Days(_, step) | Self::Hours(_, step) => step,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Days(..) => "days",
            Self::Hours(..) => "hours",
        }
    }
}

/// The ranges of a chart as links; pages put them in with `{{ ranges|safe }}`.
#[derive(Template)]
#[template(path = "range.html")]
pub struct RangeLinks {
    w: Localizer,
    /// As (address, words, is the one shown).
    choices: Vec<(String, String, bool)>,
}

impl RangeLinks {
    /// `place` is the address of the page with what else it asks for, and ends with `?` or `&`.
    pub fn new(w: &Localizer, place: &str, known: &[ChartRange], shown: ChartRange) -> Self {
        let choice = |range: &ChartRange| {
            let words = w.counted(
                match range {
                    ChartRange::Days(..) => "range-days",
                    ChartRange::Hours(..) => "range-hours",
                },
                range.length().unsigned_abs(),
            );
            (
                format!("{place}{}={}", range.name(), range.length()),
                words,
                *range == shown,
            )
        };
        Self {
            w: w.clone(),
            choices: known.iter().map(choice).collect(),
        }
    }

    /// The same with all there is as the first choice, which is shown where no range is.
    pub fn or_all(
        w: &Localizer,
        place: &str,
        known: &[ChartRange],
        shown: Option<ChartRange>,
    ) -> Self {
        let mut links = Self::new(w, place, known, shown.unwrap_or(ChartRange::Days(0, 1)));
        let all = place.trim_end_matches(['?', '&']).to_owned();
        links
            .choices
            .insert(0, (all, w.say("range-all"), shown.is_none()));
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_no_chart_has_is_the_usual_one() {
        let asked = |days: &str| {
            ChartRange::days(&RangeQuery {
                days: days.to_owned(),
                ..RangeQuery::default()
            })
        };
        assert_eq!(asked("364"), ChartRange::Days(364, 7));
        for other in ["", "0", "-7", "9999999999999999999999", "7 "] {
            assert_eq!(asked(other), ChartRange::Days(30, 1), "{other}");
        }
        for range in ChartRange::BY_DAY.into_iter().chain(ChartRange::BY_HOUR) {
            let all = if range.name() == "days" {
                range.length()
            } else {
                range.length() * 60
            };
            assert_eq!(all % range.step(), 0, "a bar is cut: {range:?}");
            assert!(all / range.step() <= 100, "{range:?}");
        }
    }

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
