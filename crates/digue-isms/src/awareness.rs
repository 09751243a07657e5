//! Awareness training: short modules of one page and closed questions, and the answers that
//! complete one.
//!
//! Texts are in the locales: `module-passwords-text`, `module-passwords-q1`,
//! `module-passwords-q1-a`.

use digue_types::lists;

lists! {
    /// A module.
    Module "module" {
        Passwords "passwords",
        Phishing "phishing",
        Calls "calls",
        Reporting "reporting",
    }
}

/// Raised when the content of a module changes, so that those who completed an earlier edition are
/// asked again.
pub const EDITION: u32 = 1;
/// Number of questions in a module.
pub const QUESTIONS: usize = 3;
pub const ANSWERS: [&str; 3] = ["a", "b", "c"];
/// Validity of an attestation, in months.
pub const MONTHS: i32 = 12;

impl Module {
    /// The correct answers, in the order of the questions.
    pub const fn right(self) -> [&'static str; QUESTIONS] {
        match self {
            Self::Passwords => ["b", "c", "a"],
            Self::Phishing => ["c", "a", "b"],
            Self::Calls => ["a", "c", "b"],
            Self::Reporting => ["b", "a", "c"],
        }
    }

    /// Counts the correct answers.
    pub fn right_of(self, answers: &[String]) -> u32 {
        let right = self
            .right()
            .into_iter()
            .zip(answers)
            .filter(|(right, answer)| right == answer);
        u32::try_from(right.count()).unwrap_or(0)
    }
}
