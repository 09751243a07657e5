//! Files and functions stay readable: limits for what is new, a list that may only shrink.

use crate::repository::{root, shipped};

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;

/// Functions above the limit when the rule was made.
const LONG_FUNCTIONS: [&str; 3] = [
    // One table of commands, read from top to bottom.
    "digue/src/cli.rs",
    // Every part in starting order: cutting it would hide the order.
    "digue/src/serve.rs",
    "digue-gateway/src/forward_auth.rs",
];

#[test]
fn no_file_is_longer_than_an_hour_of_reading() {
    for (path, text) in shipped() {
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", path.display());
    }
}

#[test]
fn functions_are_one_idea() {
    for (path, text) in shipped() {
        let place = path.strip_prefix(root().join("crates")).unwrap().to_string_lossy().into_owned();
        if LONG_FUNCTIONS.contains(&place.as_str()) {
            continue;
        }
        let mut start: Option<(usize, String)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let is_function = line
                .trim_start()
                .split('(')
                .next()
                .is_some_and(|head| head.split_whitespace().any(|word| word == "fn"))
                && indent <= 4;
            if is_function {
                start = Some((number, line.trim().to_owned()));
            }
            if let Some((first, name)) = &start
                && line.trim_end()
                    == format!(
                        "{}}}",
                        " ".repeat(text.lines().nth(*first).map_or(0, |l| l.len() - l.trim_start().len()))
                    )
            {
                let length = number - first + 1;
                assert!(length <= FUNCTION_LINES_MAX, "{place}:{}: {name} has {length} lines", first + 1);
                start = None;
            }
        }
    }
}
