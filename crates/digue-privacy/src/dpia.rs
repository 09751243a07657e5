//! When an impact assessment is needed (35), and when the authority answers a prior consultation
//! (36(2)).

use digue_isms::kinds::YesNo;
use digue_isms::privacy_kinds::Dpia;
use digue_isms::privacy_lists::{DpiaCriterion, DpiaDecision, DpiaNeed};
use digue_response::clock::is_working_day;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// From so many of the nine criteria an assessment is as a rule needed (WP 248 rev. 01, III.B).
pub const CRITERIA_NEEDED: usize = 2;
/// The weeks in which the authority answers, and by which it may extend them (36(2)).
pub const ANSWER_WEEKS: i64 = 8;
pub const EXTENSION_WEEKS: i64 = 6;

/// What the nine criteria say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CriteriaNeed {
    /// Two or more.
    Needed,
    /// One: it may be needed all the same.
    MayBe,
    /// None.
    NotByCriteria,
}

impl CriteriaNeed {
    pub fn of(criteria: &[DpiaCriterion]) -> Self {
        match criteria.len() {
            0 => Self::NotByCriteria,
            count if count >= CRITERIA_NEEDED => Self::Needed,
            _ => Self::MayBe,
        }
    }

    /// Its locale key follows `criteria-need-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::MayBe => "may-be",
            Self::NotByCriteria => "not-by-criteria",
        }
    }
}

/// True where the criteria say that it is needed and the record that it is not.
pub fn contradicts_criteria(dpia: &Dpia) -> bool {
    CriteriaNeed::of(&dpia.criteria.0) == CriteriaNeed::Needed
        && dpia.need.0 == Some(DpiaNeed::NotNeeded)
}

/// True where the residual risk is high and the decision is to go on, without the authority.
pub fn skips_consultation(dpia: &Dpia) -> bool {
    let proceeds = matches!(
        dpia.decision.0,
        Some(DpiaDecision::Proceed | DpiaDecision::ProceedWithMeasures)
    );
    proceeds && dpia.high_residual.0 == Some(YesNo::Yes) && dpia.consulted_on.is_none()
}

/// Where a prior consultation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PriorConsultation {
    /// The residual risk is high, or to consult is decided, and nobody was asked.
    ToAsk,
    /// The residual risk is not stated: whether the authority is to be asked is not known.
    Undetermined,
    NotNeeded,
    /// The authority has until this day.
    Waiting {
        until: Date,
        is_extended: bool,
    },
    /// The authority waits for information: its term does not run.
    Paused {
        since: Date,
    },
    /// The day of the answer passed without one. Silence is no authorisation.
    Silent {
        since: Date,
    },
    Answered {
        on: Date,
    },
}

impl PriorConsultation {
    pub fn of(dpia: &Dpia, today: Date) -> Self {
        let Some(asked) = dpia.consulted_on else {
            if dpia.decision.0 == Some(DpiaDecision::Consult) {
                return Self::ToAsk;
            }
            return match (dpia.high_residual.0, dpia.need.0) {
                (Some(YesNo::Yes), _) => Self::ToAsk,
                (Some(YesNo::No), _) | (None, Some(DpiaNeed::NotNeeded)) => Self::NotNeeded,
                (None, _) => Self::Undetermined,
            };
        };
        if let Some(on) = dpia.advice_on {
            return Self::Answered { on };
        }
        let paused = match (dpia.paused_on, dpia.resumed_on) {
            (Some(since), None) => return Self::Paused { since },
            (Some(from), Some(to)) => from.until(to).map_or(0, |span| i64::from(span.get_days())),
            (None, _) => 0,
        };
        let is_extended = dpia.consultation_extended_on.is_some();
        let until = answer_due(asked, is_extended, paused);
        if today > until {
            Self::Silent { since: until }
        } else {
            Self::Waiting { until, is_extended }
        }
    }

    /// Its locale key follows `consultation-`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ToAsk => "to-ask",
            Self::Undetermined => "undetermined",
            Self::NotNeeded => "not-needed",
            Self::Waiting { .. } => "waiting",
            Self::Paused { .. } => "paused",
            Self::Silent { .. } => "silent",
            Self::Answered { .. } => "answered",
        }
    }

    /// The day that it names, if any.
    pub const fn day(self) -> Option<Date> {
        match self {
            Self::Waiting { until: day, .. }
            | Self::Paused { since: day }
            | Self::Silent { since: day }
            | Self::Answered { on: day } => Some(day),
            Self::ToAsk | Self::Undetermined | Self::NotNeeded => None,
        }
    }
}

/// The last day of the authority's term: eight weeks after the day of receipt, fourteen when
/// extended, and the days in which it waited for information; the next working day where that is
/// none (Regulation 1182/71, art. 3(2)(c) and 3(4)).
pub fn answer_due(received: Date, is_extended: bool, paused_days: i64) -> Date {
    let weeks = if is_extended {
        ANSWER_WEEKS + EXTENSION_WEEKS
    } else {
        ANSWER_WEEKS
    };
    let mut last = received.saturating_add((weeks * 7 + paused_days.max(0)).days());
    while !is_working_day(last) {
        let Ok(next) = last.tomorrow() else { break };
        last = next;
    }
    last
}

#[cfg(test)]
mod tests {
    use digue_isms::field::One;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn two_of_the_nine_criteria_need_an_assessment() {
        let all = DpiaCriterion::ALL;
        assert_eq!(all.len(), 9);
        assert_eq!(CriteriaNeed::of(&[]), CriteriaNeed::NotByCriteria);
        assert_eq!(CriteriaNeed::of(&all[..1]), CriteriaNeed::MayBe);
        assert_eq!(CriteriaNeed::of(&all[..2]), CriteriaNeed::Needed);
        let mut dpia = Dpia::default();
        dpia.criteria.0 = all[3..5].to_vec();
        dpia.need = One(Some(DpiaNeed::NotNeeded));
        assert!(contradicts_criteria(&dpia));
        dpia.need = One(Some(DpiaNeed::Exempt));
        assert!(
            !contradicts_criteria(&dpia),
            "the authority's own list counts"
        );
    }

    #[test]
    fn the_authority_answers_within_eight_weeks_or_fourteen() {
        // 8 weeks after a Thursday is 1 January: a holiday, then a Friday.
        assert_eq!(answer_due(date(2026, 11, 6), false, 0), date(2027, 1, 4));
        assert_eq!(answer_due(date(2026, 11, 30), false, 0), date(2027, 1, 25));
        assert_eq!(answer_due(date(2026, 11, 30), true, 0), date(2027, 3, 8));
        assert_eq!(answer_due(date(2026, 11, 30), false, 10), date(2027, 2, 4));
    }

    #[test]
    fn the_term_stands_still_while_information_is_awaited_and_silence_is_no_answer() {
        let mut dpia = Dpia::default();
        let today = date(2027, 1, 20);
        // A risk that nobody stated is not a low one.
        assert_eq!(
            PriorConsultation::of(&dpia, today),
            PriorConsultation::Undetermined
        );
        dpia.high_residual = One(Some(YesNo::No));
        assert_eq!(
            PriorConsultation::of(&dpia, today),
            PriorConsultation::NotNeeded
        );
        dpia.high_residual = One(Some(YesNo::Yes));
        assert_eq!(
            PriorConsultation::of(&dpia, today),
            PriorConsultation::ToAsk
        );
        dpia.decision = One(Some(DpiaDecision::Proceed));
        assert!(skips_consultation(&dpia));
        dpia.consulted_on = Some(date(2026, 11, 30));
        assert!(!skips_consultation(&dpia));
        let until = date(2027, 1, 25);
        let waiting = PriorConsultation::Waiting {
            until,
            is_extended: false,
        };
        assert_eq!(PriorConsultation::of(&dpia, today), waiting);
        let since = until;
        let late = PriorConsultation::of(&dpia, date(2027, 1, 26));
        assert_eq!(late, PriorConsultation::Silent { since });
        dpia.paused_on = Some(date(2026, 12, 10));
        let since = date(2026, 12, 10);
        assert_eq!(
            PriorConsultation::of(&dpia, today),
            PriorConsultation::Paused { since }
        );
        dpia.resumed_on = Some(date(2026, 12, 20));
        assert_eq!(
            PriorConsultation::of(&dpia, date(2027, 1, 26)).day(),
            Some(date(2027, 2, 4))
        );
        dpia.advice_on = Some(date(2027, 1, 30));
        assert_eq!(PriorConsultation::of(&dpia, today).code(), "answered");
    }
}
