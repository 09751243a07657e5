//! Files and crates stay readable. Lengths of functions are shown by `benchmarks/shape`: a mirror,
//! no limit.

use std::collections::BTreeMap;

use crate::repository::{root, shipped};

const FILE_LINES_MAX: usize = 800;
/// Without blank lines and comments.
const CRATE_LINES_MAX: usize = 8_000;

/// Crates that are longer. This list only shrinks, and so do its numbers.
const LONG_CRATES: [(&str, usize); 0] = [];

#[test]
fn no_file_is_longer_than_an_hour_of_reading() {
    for (path, text) in shipped() {
        let lines = text.lines().count();
        assert!(
            lines <= FILE_LINES_MAX,
            "{} has {lines} lines",
            path.display()
        );
    }
}

#[test]
fn no_crate_has_too_many_lines() {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for (path, text) in shipped() {
        let place = path.strip_prefix(root().join("crates")).unwrap();
        let name = place.iter().next().unwrap().to_string_lossy().into_owned();
        *lines.entry(name).or_default() += text.lines().filter(|line| is_code(line)).count();
    }
    for (name, count) in lines {
        let long = LONG_CRATES
            .iter()
            .find(|(long, _)| *long == name)
            .map(|(_, most)| *most);
        let most = long.unwrap_or(CRATE_LINES_MAX);
        assert!(
            count <= most,
            "{name} has {count} lines of code, {most} at most"
        );
        if long.is_some() {
            assert!(
                count > CRATE_LINES_MAX,
                "{name} is short enough: take it off the list"
            );
            assert!(
                count + 600 > most,
                "{name} has {count} lines: lower its number in the list"
            );
        }
    }
}

/// Comments cost nobody a crate.
fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}
