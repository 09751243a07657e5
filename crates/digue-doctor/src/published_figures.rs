//! The figures of a running Digue, without the names that the operator gave to its portals.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// Labels whose values are words of this program.
const CODED: [&str; 4] = ["outcome", "source", "statement", "version"];
/// Labels whose values are the operator's: a number stands for each.
const NAMED: [&str; 2] = ["portal", "listener"];

/// The samples of an answer of `/metrics`, and how many of its lines were left out.
pub(crate) fn without_names(answer: &str) -> Json {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let (mut numbers, mut samples, mut left_out) = (BTreeMap::new(), Vec::new(), 0);
    for line in body.lines().filter(|line| !line.starts_with('#')) {
        match sample(line, &mut numbers) {
            Some(line) => samples.push(line),
            None => left_out += 1,
        }
    }
    if samples.is_empty() {
        return json!({ "unknown": "another program answers" });
    }
    json!({ "samples": samples, "left_out": left_out })
}

/// One sample; `None` when it is not one of Digue's.
fn sample(line: &str, numbers: &mut BTreeMap<String, usize>) -> Option<String> {
    let (series, value) = line.rsplit_once(' ')?;
    value.parse::<f64>().ok()?;
    let (name, labels) = match series.split_once('{') {
        None => (series, ""),
        Some((name, rest)) => (name, rest.strip_suffix("\"}")?),
    };
    let is_ours = name.starts_with("digue_") || name.starts_with("process_");
    if !is_ours
        || !name
            .chars()
            .all(|sign| sign.is_ascii_lowercase() || sign == '_')
    {
        return None;
    }
    if labels.is_empty() {
        return Some(format!("{name} {value}"));
    }
    let labels = labels.split("\",").map(|label| {
        let (key, text) = label.split_once("=\"")?;
        if CODED.contains(&key) && text.chars().all(is_of_code) {
            return Some(format!("{key}=\"{text}\""));
        }
        if !NAMED.contains(&key) {
            return None;
        }
        let next = numbers.len() + 1;
        let number = numbers.entry(label.to_owned()).or_insert(next);
        Some(format!("{key}=\"{number}\""))
    });
    let labels = labels.collect::<Option<Vec<String>>>()?.join(",");
    Some(format!("{name}{{{labels}}} {value}"))
}

fn is_of_code(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "-.".contains(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_is_a_number_and_what_is_not_ours_is_counted() {
        let answer = "HTTP/1.0 200 OK\r\n\r\n# HELP digue_sessions Open sessions of Dupont\n\
            digue_sessions 3\n\
            digue_responses_total{portal=\"dupont\",outcome=\"refused\"} 2\n\
            digue_responses_total{portal=\"durand\",outcome=\"refused\"} 0\n\
            digue_uninspected_bytes_total{portal=\"dupont\"} 0\n\
            digue_certificate_end_timestamp_seconds{listener=\"192.0.2.7:443\"} 1796000000\n\
            digue_tasks{source=\"checks\"} 1\n\
            digue_tasks{account=\"dupont\"} 1\n\
            dupont 1\n\
            digue_sessions dupont\n\
            # EOF\n";
        assert_eq!(
            without_names(answer),
            json!({
                "samples": [
                    "digue_sessions 3",
                    "digue_responses_total{portal=\"1\",outcome=\"refused\"} 2",
                    "digue_responses_total{portal=\"2\",outcome=\"refused\"} 0",
                    "digue_uninspected_bytes_total{portal=\"1\"} 0",
                    "digue_certificate_end_timestamp_seconds{listener=\"3\"} 1796000000",
                    "digue_tasks{source=\"checks\"} 1",
                ],
                "left_out": 3,
            })
        );
    }

    #[test]
    fn an_answer_of_another_program_is_unknown() {
        for answer in [
            "",
            "HTTP/1.0 200 OK\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\n<html>Dupont</html>\n",
        ] {
            assert_eq!(
                without_names(answer),
                json!({ "unknown": "another program answers" })
            );
        }
    }
}
