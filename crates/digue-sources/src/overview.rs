//! The sources as pages and programs show them: how old what they feed is, and what waits.

use std::time::Duration;

use digue_app::{Actor, App, OperationError};
use digue_store::{HeldChange, SourceRecord};
use digue_types::{AccountId, Timestamp, lists};

use crate::{SourceRules, SourceTarget, rules};

lists! {
    /// How a source stands; the first that holds, in this order.
    SourceStanding "source-standing" {
        /// A change waits for a person.
        Held "held",
        /// What it feeds is older than the configuration allows.
        Late "late",
        /// The last reading failed, and what it feeds is not yet late.
        Failing "failing",
        /// It was never read whole.
        Unread "unread",
        Fresh "fresh",
    }
}

/// One source.
#[derive(Clone, Debug)]
pub struct SourceView {
    pub name: String,
    pub target: SourceTarget,
    pub account: AccountId,
    pub every: Duration,
    pub standing: SourceStanding,
    /// The last time that all of its rows were in force.
    pub good_at: Option<Timestamp>,
    pub rows: Option<u64>,
    pub fault: Option<(String, Option<u64>)>,
    pub held: Option<HeldChange>,
}

impl SourceView {
    /// True when a person must do something.
    pub fn needs_a_person(&self) -> bool {
        match self.standing {
            SourceStanding::Held | SourceStanding::Late => true,
            SourceStanding::Failing | SourceStanding::Unread | SourceStanding::Fresh => false,
        }
    }
}

/// Every source of the configuration.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<SourceView>, OperationError> {
    actor.must_see_coverage()?;
    let known = app.store().sources().await?;
    let now = app.clock().now();
    let view = |rules: &SourceRules| {
        let record = known.iter().find(|known| known.name == rules.name);
        view(rules, record, now)
    };
    Ok(rules(app).iter().map(view).collect())
}

fn view(rules: &SourceRules, record: Option<&SourceRecord>, now: Timestamp) -> SourceView {
    let good_at = record.and_then(|record| record.good_at);
    let fault = record.and_then(|record| record.fault.clone());
    let held = record.and_then(|record| record.held.clone());
    // Counted from the last good reading: a source that fails is no fresher for being asked.
    let is_late = good_at.is_some_and(|at| now.since(at) > rules.late_after);
    let standing = match (&held, good_at, &fault) {
        (Some(_), _, _) => SourceStanding::Held,
        _ if is_late => SourceStanding::Late,
        // Never read whole, and it cannot be: nothing will come by itself.
        (None, None, Some(_)) => SourceStanding::Late,
        (None, Some(_), Some(_)) => SourceStanding::Failing,
        (None, None, None) => SourceStanding::Unread,
        (None, Some(_), None) => SourceStanding::Fresh,
    };
    SourceView {
        name: rules.name.clone(),
        target: rules.target.clone(),
        account: rules.account.clone(),
        every: rules.every,
        standing,
        good_at,
        rows: record.and_then(|record| record.rows),
        fault,
        held,
    }
}
