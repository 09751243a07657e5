//! What of Digue's log lines may be handed on: time, level, place in the program, and the sentence
//! up to its first field.
//!
//! Sentences are literals of this program (`tidy` sees to it); fields hold causes, addresses and
//! file names. Lines in another form, such as the link of the first officer, are only counted.

use serde_json::{Value as Json, json};

/// The last lines that are looked at.
const LINES_MAX: usize = 2_000;
const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

pub(crate) fn extract(log: &str) -> Json {
    let lines: Vec<&str> = log.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES_MAX)..];
    let kept: Vec<String> = last
        .iter()
        .filter_map(|line| without_fields(line))
        .collect();
    json!({ "lines": kept, "left_out": lines.len() - kept.len() })
}

/// The line without its fields; `None` when it is not one of Digue's own.
fn without_fields(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (time, level, place) = (words.next()?, words.next()?, words.next()?);
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
              caused by dupont\n";
        assert_eq!(
            extract(log),
            json!({
                "lines": [
                    "2026-11-29T22:53:37.123456Z WARN digue_mail::queue: Mail cannot be sent; retrying",
                    "2026-11-29T22:53:39.1Z ERROR digue: A task failed; stopping goes on",
                ],
                "left_out": 3,
            })
        );
    }

    #[test]
    fn only_the_last_lines_are_read() {
        let log = "2026-11-29T22:53:39.1Z ERROR digue: Again\n".repeat(LINES_MAX + 7);
        assert_eq!(extract(&log)["left_out"], 7);
    }
}
