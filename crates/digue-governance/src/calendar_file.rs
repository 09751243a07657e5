//! What is due as a calendar file (iCalendar, RFC 5545), which any calendar program takes. Events are
//! whole days; the same record keeps the same identifier, so that a file taken again moves its event.

use digue_types::Timestamp;
use jiff::civil::Date;

/// One event of a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarEvent {
    /// Unique and stable: `ME-12-do`.
    pub id: String,
    pub on: Date,
    pub summary: String,
    /// The address of the record.
    pub link: String,
}

/// A line is at most 75 octets long, without its end (3.1).
const LINE_OCTETS: usize = 75;

/// The file; `host` makes the identifiers of events unique among installations.
pub fn calendar_file(events: &[CalendarEvent], host: &str, name: &str, now: Timestamp) -> String {
    let mut file = CalendarText::default();
    file.line("BEGIN:VCALENDAR");
    file.line("VERSION:2.0");
    file.line("PRODID:-//Digue//SMSI//FR");
    file.line("METHOD:PUBLISH");
    file.line(&format!("X-WR-CALNAME:{}", escaped(name)));
    // `2026-11-30T09:00:00Z` is `20261130T090000Z` here (3.3.5).
    let moment = now.to_string();
    let whole = moment.split('.').next().unwrap_or(&moment);
    let signs: String = whole.chars().filter(char::is_ascii_alphanumeric).collect();
    let stamp = format!("{}Z", signs.trim_end_matches('Z'));
    for event in events {
        let day = event.on.to_string().replace('-', "");
        file.line("BEGIN:VEVENT");
        file.line(&format!("UID:{}@{host}", event.id));
        file.line(&format!("DTSTAMP:{stamp}"));
        file.line(&format!("DTSTART;VALUE=DATE:{day}"));
        file.line(&format!("SUMMARY:{}", escaped(&event.summary)));
        file.line(&format!("URL:{}", event.link));
        file.line("END:VEVENT");
    }
    file.line("END:VCALENDAR");
    file.0
}

#[derive(Default)]
struct CalendarText(String);

impl CalendarText {
    /// Adds a line, folded: its continuation begins with a space.
    fn line(&mut self, line: &str) {
        let mut octets = 0;
        for sign in line.chars() {
            if octets + sign.len_utf8() > LINE_OCTETS {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(sign);
            octets += sign.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

/// A text value (3.3.11).
fn escaped(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\\' | ';' | ',' => escaped.extend(['\\', sign]),
            '\n' => escaped.push_str("\\n"),
            sign if sign.is_control() => {}
            sign => escaped.push(sign),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(summary: &str) -> String {
        let event = CalendarEvent {
            id: "ME-12-do".to_owned(),
            on: "2026-12-01".parse().unwrap(),
            summary: summary.to_owned(),
            link: "https://digue.exemple.fr/smsi/registers/measure/ME-12".to_owned(),
        };
        let now = Timestamp::parse_rfc3339("2026-11-30T09:00:00Z").unwrap();
        calendar_file(&[event], "digue.exemple.fr", "SMSI", now)
    }

    #[test]
    fn an_event_is_a_day_with_a_stable_name() {
        let file = file("Clés d'accès");
        for line in [
            "UID:ME-12-do@digue.exemple.fr\r\n",
            "DTSTAMP:20261130T090000Z\r\n",
            "DTSTART;VALUE=DATE:20261201\r\n",
            "SUMMARY:Clés d'accès\r\n",
        ] {
            assert!(file.contains(line), "{line}: {file}");
        }
        assert!(
            file.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"),
            "{file}"
        );
        assert!(file.ends_with("END:VEVENT\r\nEND:VCALENDAR\r\n"), "{file}");
    }

    #[test]
    fn no_title_ends_its_line_and_no_line_is_too_long() {
        let hostile = format!("a;b,c\\d\r\nEND:VEVENT\u{7} {}", "é".repeat(200));
        let file = file(&hostile);
        assert_eq!(file.matches("\r\nEND:VEVENT\r\n").count(), 1, "{file}");
        assert!(
            file.contains("SUMMARY:a\\;b\\,c\\\\d\\nEND:VEVENT "),
            "{file}"
        );
        for line in file.split("\r\n") {
            assert!(line.len() <= LINE_OCTETS, "{line}");
        }
        let unfolded = file.replace("\r\n ", "");
        assert!(unfolded.contains(&"é".repeat(200)), "{file}");
    }
}
