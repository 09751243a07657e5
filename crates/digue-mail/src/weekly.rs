//! What the weekly digest of the ISMS says: figures alone, so that the queue holds nothing else.
//!
//! It counts nothing: the figures come with the mail.

/// The figures of a weekly digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WeeklyFigures {
    pub late: usize,
    pub soon: usize,
    pub contradictions: usize,
    pub failing: usize,
    pub euros: u64,
}

impl WeeklyFigures {
    /// The five numbers, as the mail queue stores them.
    pub(super) fn to_text(self) -> String {
        format!(
            "{} {} {} {} {}",
            self.late, self.soon, self.contradictions, self.failing, self.euros
        )
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut next = || words.next()?.parse::<u64>().ok();
        let [late, soon, contradictions, failing, euros] =
            [next()?, next()?, next()?, next()?, next()?];
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Some(Self {
            late: count(late),
            soon: count(soon),
            contradictions: count(contradictions),
            failing: count(failing),
            euros,
        })
    }
}

/// What one account answers for, in a mail of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WorkFigures {
    pub late: usize,
    pub soon: usize,
    /// Late work of others of which the management is told.
    pub escalated: usize,
}

impl WorkFigures {
    /// The three numbers, as the mail queue stores them.
    pub(super) fn to_text(self) -> String {
        format!("{} {} {}", self.late, self.soon, self.escalated)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<usize>> = text.split(' ').map(|word| word.parse().ok()).collect();
        match numbers?[..] {
            [late, soon, escalated] => Some(Self {
                late,
                soon,
                escalated,
            }),
            _ => None,
        }
    }
}
