//! What commands say: answers on standard output, errors on standard error, and how they end.

use std::io::Write as _;

use digue_evidence::journal_heads::HeadError;
use digue_journal::heads::HeadContradiction;
use digue_locales::{Language, Value, text_with};

/// Success.
pub const GOOD: u8 = 0;
/// The answer is no: a faulty configuration, a tampered journal.
pub const BAD: u8 = 1;
/// The question could not be answered.
pub const NOT_RUN: u8 = 2;

/// The output of commands: standard output for answers, standard error for errors.
pub struct Output {
    pub language: Language,
}

impl Output {
    pub fn say(&self, key: &str, values: &[(&str, Value)]) {
        self.line(&text_with(self.language, key, values));
    }

    pub fn complain(&self, key: &str, values: &[(&str, Value)]) {
        let line = text_with(self.language, key, values);
        // Without standard error nothing can be said; the exit code remains.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// The text of a key, to be part of another.
    pub fn text_of(&self, key: &str, values: &[(&str, Value)]) -> String {
        text_with(self.language, key, values)
    }

    pub fn complain_line(&self, line: &str) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    pub fn line(&self, line: &str) {
        // A closed pipe is the reader's choice, not an error.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Prints text as it is, without a final newline.
    pub fn text(&self, text: &str) {
        let _ = write!(std::io::stdout(), "{text}");
    }

    /// Prints `serve-failed` with the chain of causes.
    pub fn failed(&self, error: &anyhow::Error) -> u8 {
        if let Some(HeadError::Contradiction(found)) = error.downcast_ref::<HeadError>() {
            return self.contradicted(found);
        }
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        self.complain("serve-failed", &[("cause", Value::from(causes.join(": ")))]);
        NOT_RUN
    }

    /// The journal contradicts its remembered checkpoints: both are left unchanged.
    fn contradicted(&self, found: &HeadContradiction) -> u8 {
        let (key, size, head) = match found {
            HeadContradiction::Older { size, head } => ("journal-older", *size, head),
            HeadContradiction::Fork { head } => ("journal-fork", head.size, head),
        };
        let values = [
            ("place", Value::from(head.place.as_str())),
            ("size", Value::from(size)),
            ("expected", Value::from(head.size)),
        ];
        self.complain(key, &values);
        NOT_RUN
    }

    /// Prints the faults of a configuration.
    pub fn faults(&self, faults: &[digue_config::reader::ConfigFault]) {
        for fault in faults {
            let _ = writeln!(std::io::stderr(), "{}", fault.say(self.language));
        }
        self.complain("check-bad", &[("faults", Value::from(faults.len()))]);
    }

    /// Prints what is valid, but most likely a mistake.
    pub fn warnings(&self, warnings: &[digue_config::reader::ConfigFault]) {
        for warning in warnings {
            let text = Value::from(warning.say(self.language));
            self.complain("check-warning", &[("warning", text)]);
        }
    }

    /// Prints what could not be read in a response, and where.
    pub fn unread(&self, unread: &digue_types::ReadFailure) {
        let cause = text_with(
            self.language,
            &format!("unread-{}", unread.cause.code()),
            &[],
        );
        self.complain("inspect-unreadable", &[("detail", Value::from(cause))]);
        for (key, text) in [
            ("inspect-unreadable-rule", unread.rule.as_str()),
            ("inspect-unreadable-place", unread.place.as_str()),
            ("inspect-unreadable-shape", unread.shape.as_str()),
        ] {
            if !text.is_empty() {
                self.complain(key, &[("text", Value::from(text))]);
            }
        }
    }
}
