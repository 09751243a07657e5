//! Whether requests should be sent to this process.

use std::fmt::Write as _;

use digue_app::App;

/// A condition of readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Entries can be written: without them nothing that shows a person leaves.
    Journal,
    /// The database answers.
    State,
    /// It is not about to stop.
    Serving,
    /// Questions about earlier exposures are answered.
    Index,
}

impl Condition {
    pub const ALL: [Self; 4] = [Self::Journal, Self::State, Self::Serving, Self::Index];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::State => "state",
            Self::Serving => "serving",
            Self::Index => "index",
        }
    }

    /// False for what makes pages incomplete, and stops no portal.
    pub const fn is_needed(self) -> bool {
        match self {
            Self::Journal | Self::State | Self::Serving => true,
            Self::Index => false,
        }
    }
}

/// Every condition, with what is wrong about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness(Vec<(Condition, Option<&'static str>)>);

impl Readiness {
    pub async fn of(app: &App) -> Self {
        let journal = app
            .journal_status()
            .failure
            .is_some()
            .then_some("entries cannot be written");
        let state = app.store().set_aside().await.err().map(|error| {
            tracing::warn!(%error, "The database does not answer; not ready");
            "the database does not answer"
        });
        let serving = app.is_closing().then_some("stopping");
        let index = app
            .is_rebuilding()
            .then_some("being rebuilt from the journal");
        Self(vec![
            (Condition::Journal, journal),
            (Condition::State, state),
            (Condition::Serving, serving),
            (Condition::Index, index),
        ])
    }

    /// True when requests should be sent to this process.
    pub fn is_ready(&self) -> bool {
        self.0
            .iter()
            .all(|(condition, fault)| fault.is_none() || !condition.is_needed())
    }

    /// One line for each condition. What exactly failed is in the log: those who ask here have not
    /// signed in.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (condition, fault) in &self.0 {
            let code = condition.code();
            let written = match (fault, condition.is_needed()) {
                (None, _) => writeln!(text, "ok {code}"),
                (Some(fault), true) => writeln!(text, "failed {code}: {fault}"),
                (Some(fault), false) => writeln!(text, "degraded {code}: {fault}"),
            };
            written.expect("a string takes everything");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_that_is_rebuilt_stops_no_portal_and_a_journal_does() {
        let with = |fault: Condition| {
            Readiness(
                Condition::ALL
                    .map(|one| (one, (one == fault).then_some("broken")))
                    .into_iter()
                    .collect(),
            )
        };
        assert!(with(Condition::Index).is_ready());
        assert!(
            with(Condition::Index)
                .text()
                .contains("degraded index: broken\n")
        );
        for needed in [Condition::Journal, Condition::State, Condition::Serving] {
            assert!(!with(needed).is_ready(), "{needed:?}");
            assert!(
                with(needed)
                    .text()
                    .contains(&format!("failed {}: broken\n", needed.code()))
            );
        }
    }
}
