//! Short modules of awareness: a page to read, closed questions, and what is needed to have done one.
//!
//! Texts are in the locales: `module-passwords-text`, `module-passwords-q1`, `module-passwords-q1-a`.

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

/// Rises when a module says something else: who did the earlier one is asked again.
pub const EDITION: u32 = 1;
/// Questions of a module, three answers each.
pub const QUESTIONS: usize = 3;
pub const ANSWERS: [&str; 3] = ["a", "b", "c"];
/// Months after which a module is done again.
pub const MONTHS: i32 = 12;

impl Module {
    /// The right answers, in the order of the questions.
    pub const fn right(self) -> [&'static str; QUESTIONS] {
        match self {
            Self::Passwords => ["b", "c", "a"],
            Self::Phishing => ["c", "a", "b"],
            Self::Calls => ["a", "c", "b"],
            Self::Reporting => ["b", "a", "c"],
        }
    }

    /// How many of these answers are right.
    pub fn right_of(self, answers: &[String]) -> u32 {
        let right = self.right().into_iter().zip(answers).filter(|(right, answer)| right == answer);
        u32::try_from(right.count()).unwrap_or(0)
    }
}
