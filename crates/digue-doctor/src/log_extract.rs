//! What of Digue's log lines may be handed on: time, level, place in the program, and the sentence
//! up to its first field.
//!
//! Sentences are literals of this program (`tidy` sees to it); fields hold causes, addresses and
//! file names. Lines in another form, such as the link of the first officer, are only counted.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read as _};

use serde_json::{Value as Json, json};

/// The last lines that are looked at.
const LINES_MAX: usize = 2_000;
const LINE_BYTES_MAX: u64 = 64 << 10;
const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// The last lines of a log, and how many there were before them.
#[derive(Clone, Debug, Default)]
pub struct LogTail {
    lines: VecDeque<String>,
    before: usize,
}

impl LogTail {
    /// Reads a log of any length, and keeps its end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(mut log: impl BufRead) -> io::Result<Self> {
        let mut tail = Self::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            // A line without an end is cut: its beginning says what it is of.
            let taken = log
                .by_ref()
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut line)?;
            if taken == 0 {
                return Ok(tail);
            }
            tail.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    }

    fn push(&mut self, line: String) {
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
            self.before += 1;
        }
        self.lines.push_back(line);
    }
}

pub(crate) fn extract(log: &LogTail) -> Json {
    let lines = log.lines.iter();
    let kept: Vec<String> = lines.filter_map(|line| without_fields(line)).collect();
    let left_out = log.before + log.lines.len() - kept.len();
    json!({ "lines": kept, "left_out": left_out })
}

/// The line without its fields; `None` when it is not one of Digue's own.
fn without_fields(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (time, level, mut place) = (words.next()?, words.next()?, words.next()?);
    // The span of a source stands before the place, with the name of the source.
    if place.starts_with("source{") {
        place = words.next()?;
    }
    let is_time = time.len() >= 20
        && time.ends_with('Z')
        && time
            .chars()
            .all(|sign| sign.is_ascii_digit() || "-:.TZ".contains(sign));
    let path = place.strip_suffix(':')?;
    let is_ours = path == "digue" || path.starts_with("digue_") || path.starts_with("digue::");
    let is_path = path
        .chars()
        .all(|sign| sign.is_ascii_alphanumeric() || "_:".contains(sign));
    if !(is_time && LEVELS.contains(&level) && is_ours && is_path) {
        return None;
    }
    let sentence: Vec<&str> = words.take_while(|word| !word.contains('=')).collect();
    Some(format!("{time} {level} {place} {}", sentence.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_lines_in_another_form_stay_with_the_operator() {
        let log = "2026-11-29T22:53:37.123456Z  WARN digue_mail::queue: Mail cannot be sent; \
            retrying error=no route to smtp.dupont.fr account=jeanne\n\
            Jeanne Dupont: http://digue.test/.digue/enter?link=SECRET\n\
            2026-11-29T22:53:38Z  INFO hyper::proto: Jeanne\n\
            2026-11-29T22:53:39.1Z ERROR digue: A task failed; stopping goes on\n\
              caused by dupont\n\
            2026-11-29T22:53:40Z  WARN source{name=\"rh-dupont\"}: digue_sources::reading: Reading a \
            source failed error=dupont\n";
        assert_eq!(
            extract(&LogTail::read(log.as_bytes()).unwrap()),
            json!({
                "lines": [
                    "2026-11-29T22:53:37.123456Z WARN digue_mail::queue: Mail cannot be sent; retrying",
                    "2026-11-29T22:53:39.1Z ERROR digue: A task failed; stopping goes on",
                    "2026-11-29T22:53:40Z WARN digue_sources::reading: Reading a source failed",
                ],
                "left_out": 3,
            })
        );
    }

    #[test]
    fn only_the_last_lines_are_read() {
        let line = "2026-11-29T22:53:39.1Z ERROR digue: Again\n";
        let log = line.repeat(LINES_MAX + 6) + "2026-11-29T22:53:40Z ERROR digue: Last\n";
        let extract = extract(&LogTail::read(log.as_bytes()).unwrap());
        assert_eq!(extract["left_out"], 7);
        let last = extract["lines"].as_array().unwrap().last().unwrap();
        assert_eq!(last, "2026-11-29T22:53:40Z ERROR digue: Last");
    }
}
