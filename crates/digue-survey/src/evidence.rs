//! What speaks for a place of identifiers, and how sure it is.

/// What speaks for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleEvidence {
    /// Known identifiers.
    pub hits: usize,
    /// Texts of the same shape that are not known.
    pub alike: usize,
    /// Distinct persons.
    pub persons: usize,
    /// Hits with the person's name close by.
    pub confirmed: usize,
    /// Hits of persons whom no kind before this one shows in the same answer.
    pub alone: usize,
    pub confidence: RuleConfidence,
}

/// How sure a rule is. Without the operator's list nothing is ever sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleConfidence {
    ToReview,
    Probable,
    Sure,
}

impl RuleConfidence {
    pub const fn code(self) -> &'static str {
        match self {
            Self::ToReview => "to-review",
            Self::Probable => "probable",
            Self::Sure => "sure",
        }
    }
}

impl RuleEvidence {
    /// Judges counts by the lower end of Wilson's interval at 95 %.
    pub(crate) fn new(
        hits: usize,
        alike: usize,
        persons: usize,
        confirmed: usize,
        is_given: bool,
    ) -> Self {
        let bound = wilson(hits, hits + alike);
        let confidence = match () {
            () if !is_given => RuleConfidence::ToReview,
            () if bound >= 0.95 && persons >= 20 => RuleConfidence::Sure,
            () if bound >= 0.8 && persons >= 8 => RuleConfidence::Probable,
            () => RuleConfidence::ToReview,
        };
        Self {
            hits,
            alike,
            persons,
            confirmed,
            alone: 0,
            confidence,
        }
    }
}

/// The lower end of Wilson's 95 % interval for a share.
pub(crate) fn wilson(hits: usize, of: usize) -> f64 {
    if of == 0 {
        return 0.0;
    }
    const Z: f64 = 1.96;
    let (n, share) = (of as f64, hits as f64 / of as f64);
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    (middle - spread) / (1.0 + Z * Z / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_clean_hits_are_not_sure() {
        let confidence =
            |hits, alike, persons| RuleEvidence::new(hits, alike, persons, 0, true).confidence;
        assert_eq!(confidence(73, 0, 30), RuleConfidence::Sure);
        assert_eq!(confidence(72, 0, 30), RuleConfidence::Probable);
        assert_eq!(confidence(16, 0, 16), RuleConfidence::Probable);
        assert_eq!(confidence(15, 0, 15), RuleConfidence::ToReview);
        assert_eq!(confidence(500, 0, 3), RuleConfidence::ToReview);
        assert_eq!(confidence(500, 400, 300), RuleConfidence::ToReview);
        assert_eq!(
            RuleEvidence::new(500, 0, 500, 0, false).confidence,
            RuleConfidence::ToReview
        );
    }
}
