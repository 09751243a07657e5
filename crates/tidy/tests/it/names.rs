//! Names say what a thing is for; these say nothing.

use crate::repository::shipped;

const FORBIDDEN_FILES: [&str; 6] = ["utils", "helpers", "common", "misc", "manager", "mod"];
const FORBIDDEN_CALLS: [(&str, &str); 5] = [
    ("todo!(", "a page that looks done must be"),
    ("unimplemented!(", "a page that looks done must be"),
    ("dbg!(", "left over"),
    (".unwrap()", "say the fact that makes it true with `expect`, or handle it"),
    ("println!(", "commands speak through `Out`"),
];

#[test]
fn no_file_has_a_name_that_says_nothing() {
    for (path, _) in shipped() {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!FORBIDDEN_FILES.contains(&stem.as_str()), "{}", path.display());
    }
}

#[test]
fn no_shipped_line_does_what_the_house_forbids() {
    for (path, text) in shipped() {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (call, why) in FORBIDDEN_CALLS {
                assert!(!code.contains(call), "{}:{}: {call} ({why})", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn every_shipped_file_opens_with_what_it_is_for() {
    for (path, text) in shipped() {
        assert!(text.starts_with("//!"), "{} has no header", path.display());
    }
}
