//! Legal clocks: a dated table of rules, and the deadlines that follow from an hour of awareness.
//!
//! Only facts are stored: when a clock started and when its duty was met. Deadlines, remaining time
//! and delays are computed for the time of asking. Elapsed hours are counted in UTC, so that a
//! change to or from daylight saving time neither adds nor removes an hour.

use std::time::Duration;

use digue_types::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use digue_types::lists;

lists! {
    /// The duty that a clock measures.
    ClockKind "clock" {
        /// Controller to authority, GDPR art. 33(1).
        Authority "authority",
        /// Processor to controller, GDPR art. 33(2).
        Processor "processor",
        /// What the first notification left open, GDPR art. 33(4).
        Complement "complement",
        /// Controller to persons, GDPR art. 34.
        Persons "persons",
        /// Public communication in place of the persons, GDPR art. 34(3)(c).
        Public "public",
        /// Complaint, a condition for an insurer to pay: code des assurances, L. 12-10-1.
        Complaint "complaint",
        /// NIS 2 art. 23(4)(a).
        EarlyWarning "early-warning",
        /// NIS 2 art. 23(4)(b).
        Nis2 "nis2",
        /// NIS 2 art. 23(4)(d).
        FinalReport "final-report",
    }

    /// The fact of which one became aware: each duty runs from its own hour.
    #[derive(Default)]
    Awareness "awareness" {
        /// Personal data were affected: GDPR.
        #[default]
        Data "data",
        /// There was an attack: complaint, L. 12-10-1.
        Attack "attack",
        /// The incident is significant: NIS 2.
        Significant "significant",
    }
}

impl ClockKind {
    /// True for duties beside those to the authority and to the persons.
    pub const fn is_beside(self) -> bool {
        match self {
            Self::Complaint | Self::EarlyWarning | Self::Nis2 | Self::FinalReport => true,
            Self::Authority | Self::Processor | Self::Complement | Self::Persons | Self::Public => {
                false
            }
        }
    }

    /// True where the law leaves it to the operator: without a complaint an insurer does not pay,
    /// and nothing else follows (code des assurances, L. 12-10-1).
    pub const fn may_be_left_open(self) -> bool {
        match self {
            Self::Complaint => true,
            Self::Authority
            | Self::Processor
            | Self::Complement
            | Self::Persons
            | Self::Public
            | Self::EarlyWarning
            | Self::Nis2
            | Self::FinalReport => false,
        }
    }
}

/// The period allowed for a duty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalTerm {
    /// Elapsed hours.
    Hours(u32),
    /// Months, ending at the same hour.
    Months(u32),
    /// Without undue delay: there is no deadline, only elapsed time.
    WithoutDelay,
}

/// The fact from which a clock runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Starts {
    /// Awareness.
    Aware(#[serde(skip)] Awareness),
    /// The NIS 2 notification was sent.
    Notified,
    /// An initial notification was sent with fields still unknown.
    Incomplete,
}

/// One rule, in force from one day until another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ClockRule {
    pub kind: ClockKind,
    pub term: LegalTerm,
    pub starts: Starts,
    /// Article and text, as cited.
    pub basis: &'static str,
    /// First day in force.
    #[serde(skip)]
    pub from: Date,
    /// First day no longer in force.
    #[serde(skip)]
    pub until: Option<Date>,
    /// Applies only where the operator declares it (NIS 2, insurance).
    pub is_optional: bool,
}

/// The rules. A new law is a new line; the old line stays, for breaches of its time. Start days:
/// GDPR art. 99(2); law 2023-22 of 24 January 2023 (L. 12-10-1, three months later); NIS 2 art. 41.
pub const RULES: [ClockRule; 9] = [
    ClockRule {
        kind: ClockKind::Authority,
        term: LegalTerm::Hours(72),
        starts: Starts::Aware(Awareness::Data),
        basis: "RGPD art. 33(1)",
        from: date(2018, 5, 25),
        until: None,
        is_optional: false,
    },
    ClockRule {
        kind: ClockKind::Processor,
        term: LegalTerm::WithoutDelay,
        starts: Starts::Aware(Awareness::Data),
        basis: "RGPD art. 33(2)",
        from: date(2018, 5, 25),
        until: None,
        is_optional: false,
    },
    ClockRule {
        kind: ClockKind::Persons,
        term: LegalTerm::WithoutDelay,
        starts: Starts::Aware(Awareness::Data),
        basis: "RGPD art. 34(1)",
        from: date(2018, 5, 25),
        until: None,
        is_optional: false,
    },
    ClockRule {
        kind: ClockKind::Public,
        term: LegalTerm::WithoutDelay,
        starts: Starts::Aware(Awareness::Data),
        basis: "RGPD art. 34(3)(c)",
        from: date(2018, 5, 25),
        until: None,
        is_optional: false,
    },
    ClockRule {
        kind: ClockKind::Complement,
        // Article 33(4) sets no period; the CNIL recommends 72 hours after the initial
        // notification.
        term: LegalTerm::Hours(72),
        starts: Starts::Incomplete,
        basis: "RGPD art. 33(4)",
        from: date(2018, 5, 25),
        until: None,
        is_optional: false,
    },
    ClockRule {
        kind: ClockKind::Complaint,
        term: LegalTerm::Hours(72),
        starts: Starts::Aware(Awareness::Attack),
        basis: "Code des assurances, L. 12-10-1",
        from: date(2023, 4, 24),
        until: None,
        is_optional: true,
    },
    ClockRule {
        kind: ClockKind::EarlyWarning,
        term: LegalTerm::Hours(24),
        starts: Starts::Aware(Awareness::Significant),
        basis: "NIS 2 art. 23(4)(a)",
        from: date(2024, 10, 18),
        until: None,
        is_optional: true,
    },
    ClockRule {
        kind: ClockKind::Nis2,
        term: LegalTerm::Hours(72),
        starts: Starts::Aware(Awareness::Significant),
        basis: "NIS 2 art. 23(4)(b)",
        from: date(2024, 10, 18),
        until: None,
        is_optional: true,
    },
    ClockRule {
        kind: ClockKind::FinalReport,
        term: LegalTerm::Months(1),
        starts: Starts::Notified,
        basis: "NIS 2 art. 23(4)(d)",
        from: date(2024, 10, 18),
        until: None,
        is_optional: true,
    },
];

/// The rule for a duty that is in force on a day.
pub fn rule_of(rules: &[ClockRule], kind: ClockKind, day: Date) -> Option<&ClockRule> {
    rules.iter().find(|rule| {
        rule.kind == kind && rule.from <= day && rule.until.is_none_or(|until| day < until)
    })
}

/// The civil day of an instant in the controller's time zone.
pub fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    zoned(at, zone).date()
}

fn zoned(at: Timestamp, zone: &TimeZone) -> jiff::Zoned {
    let instant =
        jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(zone.clone())
}

fn stamp(time: &jiff::Zoned) -> Timestamp {
    Timestamp::from_micros(time.timestamp().as_microsecond())
}

impl ClockRule {
    /// The deadline, from the start of the clock; `None` for a duty without undue delay.
    pub fn due(&self, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self.term {
            LegalTerm::Hours(hours) => Some(start.plus(Duration::from_hours(u64::from(hours)))),
            LegalTerm::Months(months) => {
                let end = zoned(start, zone)
                    .checked_add(i64::from(months).months())
                    .ok()?;
                Some(stamp(&end))
            }
            // `None` and never a far date: "no deadline" must not look like "plenty of time".
            LegalTerm::WithoutDelay => None,
        }
    }
}

/// The deadline for answering a person's request (GDPR art. 12(3)): one month, three when extended.
/// Months are counted by Regulation 1182/71: the day of the request is not counted, the period ends
/// with the last hour of the same date of the last month, or of the next working day when that is
/// none (art. 3(2)(c) and 3(4)).
pub fn rights_due(opened: Timestamp, is_extended: bool, zone: &TimeZone) -> Timestamp {
    let last = last_day(zoned(opened, zone).date(), if is_extended { 3 } else { 1 });
    let end = last.at(23, 59, 59, 0).to_zoned(zone.clone());
    // Only a year beyond 9999 has no such hour; never a deadline in 1970.
    end.map_or(Timestamp::from_micros(i64::MAX), |end| {
        Timestamp::from_micros(end.timestamp().as_microsecond())
    })
}

/// The last day of a period in months: the same date, or the next working day.
fn last_day(from: Date, months: u32) -> Date {
    // A month without this date ends the period with its own last day (Regulation 1182/71, art.
    // 3(2)(c)).
    let mut last = from.checked_add(i64::from(months).months()).unwrap_or(from);
    while !is_working_day(last) {
        last = last.tomorrow().unwrap_or(last);
    }
    last
}

/// The end of a period in months by the same regulation: the midnight that ends its last day. For
/// information only: the earlier end is the deadline.
fn month_tolerance(start: Timestamp, months: u32, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = last_day(zoned(start, zone).date(), months)
        .tomorrow()
        .ok()?;
    midnight
        .to_zoned(zone.clone())
        .ok()
        .map(|midnight| stamp(&midnight))
}

/// The end of a period in hours by Regulation 1182/71 art. 3(1): the hour of the event is not
/// counted. For information only: the strict end is the deadline.
pub fn hour_tolerance(start: Timestamp, hours: u32, zone: &TimeZone) -> Timestamp {
    // The hour is the civil one: a zone's offset need not be a whole number of hours.
    let local = zoned(start, zone);
    let floor = local
        .with()
        .minute(0)
        .second(0)
        .subsec_nanosecond(0)
        .build()
        .unwrap_or_else(|_| local.clone());
    stamp(&floor).plus(Duration::from_hours(1 + u64::from(hours)))
}

/// The same with art. 3(5), if it applies to hours, which is disputed: the period includes at least
/// two working days, counting those only begun; otherwise it ends with the second of them. An
/// argument for a late notification, never a target.
pub fn two_working_days(start: Timestamp, hours: u32, zone: &TimeZone) -> Timestamp {
    let end = hour_tolerance(start, hours, zone);
    // The period begins with the first full hour, which may be on the next day.
    let first = day_of(hour_tolerance(start, 0, zone), zone);
    // An end at midnight belongs to the day before.
    let last = day_of(end.minus(Duration::from_micros(1)), zone);
    let mut working = 0;
    let mut day = first;
    loop {
        working += u32::from(is_working_day(day));
        if working >= 2 && day <= last {
            return end;
        }
        let Ok(next) = day.tomorrow() else { return end };
        if working >= 2 {
            let midnight = next.to_zoned(zone.clone()).map(|midnight| stamp(&midnight));
            return midnight.unwrap_or(end);
        }
        day = next;
    }
}

/// True unless the day is a Saturday, a Sunday or a French public holiday (code du travail, L.
/// 3133-1).
pub fn is_working_day(day: Date) -> bool {
    let is_weekend = day.weekday().to_monday_one_offset() >= 6;
    !is_weekend && !is_holiday(day)
}

fn is_holiday(day: Date) -> bool {
    const FIXED: [(i8, i8); 8] = [
        (1, 1),
        (5, 1),
        (5, 8),
        (7, 14),
        (8, 15),
        (11, 1),
        (11, 11),
        (12, 25),
    ];
    if FIXED.contains(&(day.month(), day.day())) {
        return true;
    }
    let easter = easter(day.year());
    // Easter Monday, Ascension, Whit Monday.
    [1, 39, 50].into_iter().any(|days: i64| {
        easter
            .checked_add(days.days())
            .is_ok_and(|holiday| holiday == day)
    })
}

/// Easter Sunday of a Gregorian year (Meeus/Jones/Butcher algorithm).
fn easter(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    date(
        year,
        i8::try_from(month).expect("3 or 4"),
        i8::try_from(day).expect("1 to 31"),
    )
}

/// A clock that runs or ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LegalClock {
    pub rule: ClockRule,
    pub started_at: Timestamp,
    /// `None` for a duty without undue delay.
    pub due_at: Option<Timestamp>,
    /// When the duty was met.
    pub met_at: Option<Timestamp>,
    /// For information: the end by Regulation 1182/71, art. 3(1) for hours, art. 3(2)(c) and 3(4)
    /// for months.
    pub tolerance: Option<Timestamp>,
    /// For information: the end by art. 3(5), where it differs from `tolerance`.
    pub two_working_days: Option<Timestamp>,
    /// Nobody has stated the hour of awareness: it is counted from the confirmation of the theft or
    /// of the incident, by which an officer was aware at the latest.
    pub is_presumed: bool,
}

/// When something is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DueTime {
    At(Timestamp),
    /// It counts from a presumed awareness: an earlier one would make it due earlier.
    AtLatest(Timestamp),
}

/// How far something is from being due. A presumed hour bounds it on one side only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeToDue {
    Left(Duration),
    LeftAtMost(Duration),
    Late(Duration),
    LateAtLeast(Duration),
}

impl DueTime {
    pub const fn at(self) -> Timestamp {
        match self {
            Self::At(at) | Self::AtLatest(at) => at,
        }
    }

    pub fn is_past(self, now: Timestamp) -> bool {
        self.at() < now
    }

    pub fn time_from(self, now: Timestamp) -> TimeToDue {
        match (self, self.is_past(now)) {
            (Self::At(at), true) => TimeToDue::Late(now.since(at)),
            (Self::At(at), false) => TimeToDue::Left(at.since(now)),
            (Self::AtLatest(at), true) => TimeToDue::LateAtLeast(now.since(at)),
            (Self::AtLatest(at), false) => TimeToDue::LeftAtMost(at.since(now)),
        }
    }
}

impl LegalClock {
    pub fn start(
        rule: ClockRule,
        started_at: Timestamp,
        met_at: Option<Timestamp>,
        zone: &TimeZone,
    ) -> Self {
        let hours = match rule.term {
            LegalTerm::Hours(hours) => Some(hours),
            LegalTerm::Months(_) | LegalTerm::WithoutDelay => None,
        };
        // Article 3(1) and 3(5) are argued only for the authority's 72 hours.
        let argued = hours.filter(|_| rule.kind == ClockKind::Authority);
        let tolerance = match rule.term {
            LegalTerm::Months(months) => month_tolerance(started_at, months, zone),
            LegalTerm::Hours(_) | LegalTerm::WithoutDelay => {
                argued.map(|hours| hour_tolerance(started_at, hours, zone))
            }
        };
        let two = argued.map(|hours| two_working_days(started_at, hours, zone));
        Self {
            rule,
            started_at,
            due_at: rule.due(started_at, zone),
            met_at,
            tolerance,
            two_working_days: two.filter(|two| Some(*two) != tolerance),
            is_presumed: false,
        }
    }

    /// When the duty is due; `None` without a deadline.
    pub fn due(&self) -> Option<DueTime> {
        let of = |at| match self.is_presumed {
            true => DueTime::AtLatest(at),
            false => DueTime::At(at),
        };
        self.due_at.map(of)
    }

    /// Time left; zero once the deadline has passed, `None` without a deadline or when the duty is
    /// met.
    pub fn remaining(&self, now: Timestamp) -> Option<Duration> {
        let due = self.due_at.filter(|_| self.met_at.is_none())?;
        Some(due.since(now))
    }

    /// The delay, until now or until the duty was met; `None` when it is in time or has no
    /// deadline.
    pub fn overdue(&self, now: Timestamp) -> Option<Duration> {
        let at = self.met_at.unwrap_or(now);
        self.due_at.filter(|due| at > *due).map(|due| at.since(due))
    }

    /// Time from the start until the duty was met, or until now.
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        self.met_at.unwrap_or(now).since(self.started_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris() -> TimeZone {
        TimeZone::get("Europe/Paris").unwrap()
    }

    fn local(text: &str) -> Timestamp {
        // `24:00` is the midnight that ends a day.
        let (text, more) = match text.strip_suffix("24:00") {
            Some(day) => (format!("{day}00:00"), 24),
            None => (text.to_owned(), 0),
        };
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        stamp(
            &civil
                .checked_add(more.hours())
                .unwrap()
                .to_zoned(paris())
                .unwrap(),
        )
    }

    fn rule(kind: ClockKind) -> ClockRule {
        *rule_of(&RULES, kind, date(2026, 11, 28)).unwrap()
    }

    /// Worked examples: awareness, strict end, end by 1182/71, and by art. 3(5) where it differs.
    const VECTORS: [(&str, &str, &str, Option<&str>); 8] = [
        (
            "2020-12-22 12:17",
            "2020-12-25 12:17",
            "2020-12-25 13:00",
            None,
        ),
        (
            "2024-02-29 09:00",
            "2024-03-03 09:00",
            "2024-03-03 10:00",
            None,
        ),
        (
            "2025-03-23 23:40",
            "2025-03-26 23:40",
            "2025-03-27 00:00",
            None,
        ),
        (
            "2025-07-12 14:20",
            "2025-07-15 14:20",
            "2025-07-15 15:00",
            Some("2025-07-16 24:00"),
        ),
        (
            "2026-03-28 10:15",
            "2026-03-31 11:15",
            "2026-03-31 12:00",
            None,
        ),
        (
            "2026-05-07 18:05",
            "2026-05-10 18:05",
            "2026-05-10 19:00",
            Some("2026-05-11 24:00"),
        ),
        (
            "2026-10-24 10:15",
            "2026-10-27 09:15",
            "2026-10-27 10:00",
            None,
        ),
        (
            "2026-12-24 16:50",
            "2026-12-27 16:50",
            "2026-12-27 17:00",
            Some("2026-12-28 24:00"),
        ),
    ];

    #[test]
    fn the_eight_vectors_of_the_dossier_hold() {
        for (aware, strict, tolerance, two) in VECTORS {
            let rule =
                *rule_of(&RULES, ClockKind::Authority, day_of(local(aware), &paris())).unwrap();
            let clock = LegalClock::start(rule, local(aware), None, &paris());
            assert_eq!(clock.due_at, Some(local(strict)), "{aware}: strict");
            assert_eq!(clock.tolerance, Some(local(tolerance)), "{aware}: 1182/71");
            assert_eq!(clock.two_working_days, two.map(local), "{aware}: 3(5)");
        }
    }

    /// Worked examples of an audit: awareness, strict end, end by art. 3(5).
    #[test]
    fn the_vectors_of_the_audit_hold() {
        for (aware, strict, two) in [
            ("2026-02-27 18:30", "2026-03-02 18:30", None),
            ("2026-03-28 20:00", "2026-03-31 21:00", None),
            ("2026-10-24 20:00", "2026-10-27 19:00", None),
            ("2026-10-25 02:30", "2026-10-28 01:30", None),
            (
                "2026-05-13 23:59",
                "2026-05-16 23:59",
                Some("2026-05-18 24:00"),
            ),
            ("2025-12-31 22:10", "2026-01-03 22:10", None),
            (
                "2025-07-11 08:00",
                "2025-07-14 08:00",
                Some("2025-07-15 24:00"),
            ),
        ] {
            let clock = LegalClock::start(rule(ClockKind::Authority), local(aware), None, &paris());
            assert_eq!(clock.due_at, Some(local(strict)), "{aware}");
            if let Some(two) = two {
                assert_eq!(clock.two_working_days, Some(local(two)), "{aware}");
            }
        }
    }

    #[test]
    fn a_final_report_keeps_the_earlier_end_and_says_the_later_one() {
        let clock = LegalClock::start(
            rule(ClockKind::FinalReport),
            local("2026-01-31 09:30"),
            None,
            &paris(),
        );
        assert_eq!(clock.due_at, Some(local("2026-02-28 09:30")));
        assert_eq!(
            clock.tolerance,
            Some(local("2026-03-02 24:00")),
            "3(2)(c) and 3(4)"
        );
    }

    #[test]
    fn the_nights_of_daylight_saving_have_no_more_and_no_fewer_hours_than_they_have() {
        // Awareness within the hour that occurs twice, and just before the one that is skipped.
        let first = stamp(
            &date(2026, 10, 25)
                .at(2, 30, 0, 0)
                .to_zoned(paris())
                .unwrap(),
        );
        for start in [
            first,
            first.plus(Duration::from_hours(1)),
            local("2026-03-29 01:59"),
        ] {
            let rule = *rule_of(&RULES, ClockKind::Authority, date(2026, 10, 25)).unwrap();
            let due = rule.due(start, &paris()).unwrap();
            assert_eq!(due.since(start), Duration::from_hours(72));
            assert!(hour_tolerance(start, 72, &paris()).since(due) <= Duration::from_hours(1));
        }
        assert_eq!(
            hour_tolerance(first, 0, &paris()),
            first.plus(Duration::from_mins(30)),
            "the second 2 o'clock is the next full hour"
        );
    }

    #[test]
    fn holidays_move_with_easter() {
        for (day, is_working) in [
            (date(2026, 4, 6), false),
            (date(2026, 5, 14), false),
            (date(2026, 5, 25), false),
            (date(2025, 4, 21), false),
            (date(2024, 5, 9), false),
            (date(2026, 4, 7), true),
            (date(2026, 7, 14), false),
            (date(2026, 11, 22), false),
            (date(2026, 11, 23), true),
        ] {
            assert_eq!(is_working_day(day), is_working, "{day}");
        }
    }

    #[test]
    fn a_rule_is_the_one_of_its_day() {
        let later = ClockRule {
            term: LegalTerm::Hours(96),
            from: date(2028, 1, 1),
            ..RULES[0]
        };
        let table = [
            ClockRule {
                until: Some(date(2028, 1, 1)),
                ..RULES[0]
            },
            later,
        ];
        let hours = |day| rule_of(&table, ClockKind::Authority, day).map(|rule| rule.term);
        assert_eq!(hours(date(2027, 12, 31)), Some(LegalTerm::Hours(72)));
        assert_eq!(hours(date(2028, 1, 1)), Some(LegalTerm::Hours(96)));
        assert_eq!(hours(date(2018, 5, 24)), None);
        assert_eq!(
            rule_of(&RULES, ClockKind::Complaint, date(2023, 4, 23)),
            None
        );
    }

    #[test]
    fn a_persons_request_is_due_a_month_later_on_a_working_day() {
        for (opened, is_extended, due) in [
            ("2026-01-05 10:00", false, "2026-02-05 23:59:59"),
            ("2026-01-31 10:00", false, "2026-03-02 23:59:59"),
            ("2026-10-01 00:00", false, "2026-11-02 23:59:59"),
            ("2026-11-25 23:30", false, "2026-12-28 23:59:59"),
            ("2026-01-05 10:00", true, "2026-04-07 23:59:59"),
        ] {
            let found = rights_due(local(opened), is_extended, &paris());
            let due: jiff::civil::DateTime = due.parse().unwrap();
            let due = due.to_zoned(paris()).unwrap().timestamp().as_microsecond();
            assert_eq!(found.micros(), due, "{opened} {is_extended}");
        }
    }

    #[test]
    fn remaining_and_overdue_are_computed_from_the_hour_at_which_one_asks() {
        let start = local("2025-07-12 14:20");
        let clock = LegalClock::start(RULES[0], start, None, &paris());
        let after = |hours| start.plus(Duration::from_hours(hours));
        assert_eq!(clock.remaining(after(70)), Some(Duration::from_hours(2)));
        assert_eq!(
            (clock.remaining(after(80)), clock.overdue(after(72))),
            (Some(Duration::ZERO), None)
        );
        assert_eq!(clock.overdue(after(80)), Some(Duration::from_hours(8)));
        let met = LegalClock {
            met_at: Some(after(71)),
            ..clock
        };
        assert_eq!(
            (met.remaining(after(80)), met.overdue(after(80))),
            (None, None)
        );
        assert_eq!(met.elapsed(after(90)), Duration::from_hours(71));
        let persons = LegalClock::start(RULES[2], start, None, &paris());
        assert_eq!((persons.due_at, persons.overdue(after(900))), (None, None));
        let month = LegalClock::start(
            rule(ClockKind::FinalReport),
            local("2026-01-31 10:00"),
            None,
            &paris(),
        );
        assert_eq!(month.due_at, Some(local("2026-02-28 10:00")));
    }
}
