//! The clocks of the law: a dated table of rules, and what follows from an hour of awareness.
//!
//! Nothing is stored but the facts: when a clock started and when its duty was met. Deadlines,
//! remaining time and overdue flags are computed for the hour at which one asks. Elapsed hours are
//! counted in UTC, so that a night of daylight saving changes nothing.

use std::time::Duration;

use digue_types::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use digue_types::lists;

lists! {
    /// What a clock is about.
    ClockKind "clock" {
        /// Controller to authority, GDPR art. 33(1).
        Authority "authority",
        /// Processor to controller, GDPR art. 33(2).
        Processor "processor",
        /// What the first notification left open, GDPR art. 33(4).
        Complement "complement",
        /// To the persons, GDPR art. 34.
        Persons "persons",
        /// To the public, in place of the persons, GDPR art. 34(3)(c).
        Public "public",
        /// Complaint, so that an insurer may pay: code des assurances, L. 12-10-1.
        Complaint "complaint",
        /// NIS 2 art. 23(4)(a).
        EarlyWarning "early-warning",
        /// NIS 2 art. 23(4)(b).
        Nis2 "nis2",
        /// NIS 2 art. 23(4)(d).
        FinalReport "final-report",
    }

    /// What one was aware of: each duty has its own hour.
    #[derive(Default)]
    Awareness "awareness" {
        /// That personal data were touched: GDPR.
        #[default]
        Data "data",
        /// Of the attack: insurer and complaint, L. 12-10-1.
        Attack "attack",
        /// That the incident is significant: NIS 2.
        Significant "significant",
    }
}

/// How long a duty may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalTerm {
    /// So many elapsed hours.
    Hours(u32),
    /// So many months, at the same hour.
    Months(u32),
    /// Without undue delay: there is no hour, only the time that went by.
    WithoutDelay,
}

/// From which fact a clock runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Starts {
    /// One was aware of it.
    Aware(#[serde(skip)] Awareness),
    /// The authority was told (NIS 2: the notification).
    Notified,
    /// A first notification went out with fields that were not known yet.
    Incomplete,
}

/// One rule, in force from a day on and until another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct ClockRule {
    pub kind: ClockKind,
    pub term: LegalTerm,
    pub starts: Starts,
    /// Article and text, as one cites it.
    pub basis: &'static str,
    /// First day in force.
    #[serde(skip)]
    pub from: Date,
    /// First day no longer in force.
    #[serde(skip)]
    pub until: Option<Date>,
    /// Applies only where the operator says so (NIS 2, insurance).
    pub is_optional: bool,
}

/// The table. A new law is a new line; the old one stays, for breaches of its time.
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
        // The CNIL asks for it within 72 hours of the first one, if possible.
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

/// The rule of a kind that is in force on a day.
pub fn rule_of<'r>(rules: &'r [ClockRule], kind: ClockKind, day: Date) -> Option<&'r ClockRule> {
    rules
        .iter()
        .find(|rule| rule.kind == kind && rule.from <= day && rule.until.is_none_or(|until| day < until))
}

/// The civil day of an instant, where the controller is.
pub fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    zoned(at, zone).date()
}

fn zoned(at: Timestamp, zone: &TimeZone) -> jiff::Zoned {
    let instant = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(zone.clone())
}

fn stamp(time: &jiff::Zoned) -> Timestamp {
    Timestamp::from_micros(time.timestamp().as_microsecond())
}

impl ClockRule {
    /// When the duty is due, from the start of its clock; `None` without an hour of its own.
    pub fn due(&self, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self.term {
            LegalTerm::Hours(hours) => Some(start.plus(Duration::from_hours(u64::from(hours)))),
            LegalTerm::Months(months) => {
                let end = zoned(start, zone).checked_add(i64::from(months).months()).ok()?;
                Some(stamp(&end))
            }
            LegalTerm::WithoutDelay => None,
        }
    }
}

/// When a request of a person is to be answered (GDPR art. 12(3)): one month, three when it was made
/// longer. As Regulation 1182/71 counts months: the day of the request is not counted, the period ends
/// with the last hour of the day with the same number, and goes on to the next working day when that is
/// none (art. 3(2)(c) and 3(4)).
pub fn rights_due(opened: Timestamp, is_extended: bool, zone: &TimeZone) -> Timestamp {
    let last = last_day(zoned(opened, zone).date(), if is_extended { 3 } else { 1 });
    let end = last.at(23, 59, 59, 0).to_zoned(zone.clone());
    end.map_or(Timestamp::ZERO, |end| Timestamp::from_micros(end.timestamp().as_microsecond()))
}

/// The last day of a period in months: the day with the same number, or the next working day.
fn last_day(from: Date, months: u32) -> Date {
    let mut last = from.checked_add(i64::from(months).months()).unwrap_or(from);
    while !is_working_day(last) {
        last = last.tomorrow().unwrap_or(last);
    }
    last
}

/// The end of a period in months as the same regulation counts it: the midnight that ends its last day.
/// For information: the deadline that is kept is the earlier one.
fn month_tolerance(start: Timestamp, months: u32, zone: &TimeZone) -> Option<Timestamp> {
    let midnight = last_day(zoned(start, zone).date(), months).tomorrow().ok()?;
    midnight.to_zoned(zone.clone()).ok().map(|midnight| stamp(&midnight))
}

/// The end of a period in hours as Regulation 1182/71 art. 3(1) counts it: the hour of the event is
/// not counted. For information: the house's deadline is the strict one.
pub fn hour_tolerance(start: Timestamp, hours: u32, zone: &TimeZone) -> Timestamp {
    let local = zoned(start, zone);
    let floor =
        local.with().minute(0).second(0).subsec_nanosecond(0).build().unwrap_or_else(|_| local.clone());
    stamp(&floor).plus(Duration::from_hours(1 + u64::from(hours)))
}

/// The same with art. 3(5), were it to apply to hours: the period holds at least two working days,
/// begun days counted; otherwise it ends with the second of them. An argument, never a target.
pub fn two_working_days(start: Timestamp, hours: u32, zone: &TimeZone) -> Timestamp {
    let end = hour_tolerance(start, hours, zone);
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

/// Neither a Saturday, nor a Sunday, nor a public holiday of France (code du travail, L. 3133-1).
pub fn is_working_day(day: Date) -> bool {
    let is_weekend = day.weekday().to_monday_one_offset() >= 6;
    !is_weekend && !is_holiday(day)
}

fn is_holiday(day: Date) -> bool {
    const FIXED: [(i8, i8); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
    if FIXED.contains(&(day.month(), day.day())) {
        return true;
    }
    let easter = easter(day.year());
    // Easter Monday, Ascension, Whit Monday.
    [1, 39, 50]
        .into_iter()
        .any(|days: i64| easter.checked_add(days.days()).is_ok_and(|holiday| holiday == day))
}

/// Easter Sunday of a Gregorian year (Meeus, Jones, Butcher).
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
    date(year, i8::try_from(month).expect("3 or 4"), i8::try_from(day).expect("1 to 31"))
}

/// A clock as it stands at one hour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LegalClock {
    pub rule: ClockRule,
    pub started_at: Timestamp,
    /// `None`: without undue delay.
    pub due_at: Option<Timestamp>,
    /// When the duty was met.
    pub met_at: Option<Timestamp>,
    /// For information: Regulation 1182/71, art. 3(1) for hours, art. 3(2)(c) and 3(4) for months; and
    /// art. 3(5) where it says something else.
    pub tolerance: Option<Timestamp>,
    pub two_working_days: Option<Timestamp>,
}

impl LegalClock {
    pub fn start(rule: ClockRule, started_at: Timestamp, met_at: Option<Timestamp>, zone: &TimeZone) -> Self {
        let hours = match rule.term {
            LegalTerm::Hours(hours) => Some(hours),
            LegalTerm::Months(_) | LegalTerm::WithoutDelay => None,
        };
        // The variants are argued about for the authority's 72 hours alone.
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
        }
    }

    /// Time left; zero when it is over, `None` when there is no hour or the duty is met.
    pub fn remaining(&self, now: Timestamp) -> Option<Duration> {
        let due = self.due_at.filter(|_| self.met_at.is_none())?;
        Some(due.since(now))
    }

    /// By how much it is late, or was when it was met; `None` when it is not.
    pub fn overdue(&self, now: Timestamp) -> Option<Duration> {
        let at = self.met_at.unwrap_or(now);
        self.due_at.filter(|due| at > *due).map(|due| at.since(due))
    }

    /// Since the start, until it was met or until now.
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
        stamp(&civil.checked_add(more.hours()).unwrap().to_zoned(paris()).unwrap())
    }

    fn rule(kind: ClockKind) -> ClockRule {
        *rule_of(&RULES, kind, date(2026, 11, 28)).unwrap()
    }

    /// The dossier's vectors: awareness, strict end, 1182/71, and 3(5) where it differs.
    const VECTORS: [(&str, &str, &str, Option<&str>); 8] = [
        ("2020-12-22 12:17", "2020-12-25 12:17", "2020-12-25 13:00", None),
        ("2024-02-29 09:00", "2024-03-03 09:00", "2024-03-03 10:00", None),
        ("2025-03-23 23:40", "2025-03-26 23:40", "2025-03-27 00:00", None),
        ("2025-07-12 14:20", "2025-07-15 14:20", "2025-07-15 15:00", Some("2025-07-16 24:00")),
        ("2026-03-28 10:15", "2026-03-31 11:15", "2026-03-31 12:00", None),
        ("2026-05-07 18:05", "2026-05-10 18:05", "2026-05-10 19:00", Some("2026-05-11 24:00")),
        ("2026-10-24 10:15", "2026-10-27 09:15", "2026-10-27 10:00", None),
        ("2026-12-24 16:50", "2026-12-27 16:50", "2026-12-27 17:00", Some("2026-12-28 24:00")),
    ];

    #[test]
    fn the_eight_vectors_of_the_dossier_hold() {
        for (aware, strict, tolerance, two) in VECTORS {
            let rule = *rule_of(&RULES, ClockKind::Authority, day_of(local(aware), &paris())).unwrap();
            let clock = LegalClock::start(rule, local(aware), None, &paris());
            assert_eq!(clock.due_at, Some(local(strict)), "{aware}: strict");
            assert_eq!(clock.tolerance, Some(local(tolerance)), "{aware}: 1182/71");
            assert_eq!(clock.two_working_days, two.map(local), "{aware}: 3(5)");
        }
    }

    /// Of the audit: hour of the fact, strict end, 3(5).
    #[test]
    fn the_vectors_of_the_audit_hold() {
        for (aware, strict, two) in [
            ("2026-02-27 18:30", "2026-03-02 18:30", None),
            ("2026-03-28 20:00", "2026-03-31 21:00", None),
            ("2026-10-24 20:00", "2026-10-27 19:00", None),
            ("2026-10-25 02:30", "2026-10-28 01:30", None),
            ("2026-05-13 23:59", "2026-05-16 23:59", Some("2026-05-18 24:00")),
            ("2025-12-31 22:10", "2026-01-03 22:10", None),
            ("2025-07-11 08:00", "2025-07-14 08:00", Some("2025-07-15 24:00")),
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
        let clock =
            LegalClock::start(rule(ClockKind::FinalReport), local("2026-01-31 09:30"), None, &paris());
        assert_eq!(clock.due_at, Some(local("2026-02-28 09:30")));
        assert_eq!(clock.tolerance, Some(local("2026-03-02 24:00")), "3(2)(c) and 3(4)");
    }

    #[test]
    fn the_nights_of_daylight_saving_have_no_more_and_no_fewer_hours_than_they_have() {
        // Awareness within the hour that comes twice, and just before the one that never comes.
        let first = stamp(&date(2026, 10, 25).at(2, 30, 0, 0).to_zoned(paris()).unwrap());
        for start in [first, first.plus(Duration::from_hours(1)), local("2026-03-29 01:59")] {
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
        let later = ClockRule { term: LegalTerm::Hours(96), from: date(2028, 1, 1), ..RULES[0] };
        let table = [ClockRule { until: Some(date(2028, 1, 1)), ..RULES[0] }, later];
        let hours = |day| rule_of(&table, ClockKind::Authority, day).map(|rule| rule.term);
        assert_eq!(hours(date(2027, 12, 31)), Some(LegalTerm::Hours(72)));
        assert_eq!(hours(date(2028, 1, 1)), Some(LegalTerm::Hours(96)));
        assert_eq!(hours(date(2018, 5, 24)), None);
        assert_eq!(rule_of(&RULES, ClockKind::Complaint, date(2023, 4, 23)), None);
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
        assert_eq!((clock.remaining(after(80)), clock.overdue(after(72))), (Some(Duration::ZERO), None));
        assert_eq!(clock.overdue(after(80)), Some(Duration::from_hours(8)));
        let met = LegalClock { met_at: Some(after(71)), ..clock };
        assert_eq!((met.remaining(after(80)), met.overdue(after(80))), (None, None));
        assert_eq!(met.elapsed(after(90)), Duration::from_hours(71));
        let persons = LegalClock::start(RULES[2], start, None, &paris());
        assert_eq!((persons.due_at, persons.overdue(after(900))), (None, None));
        let month =
            LegalClock::start(rule(ClockKind::FinalReport), local("2026-01-31 10:00"), None, &paris());
        assert_eq!(month.due_at, Some(local("2026-02-28 10:00")));
    }
}
