//! Gaps between record pages as regular as a clock: no person reads like that.

/// Number of gaps that are compared.
const GAPS: usize = 24;

/// The last gaps of one account, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rhythm {
    gaps: [u32; GAPS],
    count: usize,
    last_ms: Option<i64>,
}

impl Rhythm {
    /// Records a record page at this time, in milliseconds.
    pub(crate) fn meet(&mut self, at_ms: i64) {
        if let Some(last) = self.last_ms {
            let gap = at_ms - last;
            // A pause of ten minutes ends the rhythm.
            if gap > 600_000 {
                self.count = 0;
            // Two pages in one millisecond, or a clock that stepped back, say nothing about a
            // rhythm.
            } else if gap > 0 {
                self.gaps[self.count % GAPS] = u32::try_from(gap).unwrap_or(u32::MAX);
                self.count += 1;
            }
        }
        self.last_ms = Some(at_ms.max(self.last_ms.unwrap_or(at_ms)));
    }

    /// Evidence, and the mean gap in milliseconds; `None` while there is no rhythm.
    pub(crate) fn regularity(&self) -> Option<(f32, f32)> {
        let count = self.count.min(GAPS);
        if count < 12 {
            return None;
        }
        let gaps = &self.gaps[..count];
        let mean = gaps.iter().map(|gap| *gap as f32).sum::<f32>() / count as f32;
        let variance = gaps
            .iter()
            .map(|gap| (*gap as f32 - mean).powi(2))
            .sum::<f32>()
            / count as f32;
        let variation = variance.sqrt() / mean;
        // The gaps of people vary by more than half of their mean, those of a program by its
        // jitter.
        let evidence = count as f32 * 0.2 * (0.4 / variation.max(0.04)).log10();
        // A program that fetches its work at night is as regular, and slow: that is bounded.
        let most = if mean < 5_000.0 { 3.0 } else { 0.8 };
        (variation < 0.25).then_some((evidence.clamp(0.0, most), mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(gaps: impl IntoIterator<Item = i64>) -> Option<(f32, f32)> {
        let mut rhythm = Rhythm::default();
        let mut at = 1_000_000;
        rhythm.meet(at);
        for gap in gaps {
            at += gap;
            rhythm.meet(at);
        }
        rhythm.regularity()
    }

    #[test]
    fn a_clock_with_some_jitter_is_heard() {
        let (evidence, mean) = after((0..30).map(|n| 1000 + (n * 37) % 100)).unwrap();
        assert!(
            evidence > 2.0 && (950.0..1100.0).contains(&mean),
            "{evidence} {mean}"
        );
    }

    #[test]
    fn people_are_not() {
        assert_eq!(
            after((0..40_i64).map(|n| 2000 + (n * n * 7919) % 60_000)),
            None
        );
        assert_eq!(after([0; 40]), None, "records without hours");
        assert_eq!(after([1000; 5]), None, "five sheets are no rhythm");
    }
}
