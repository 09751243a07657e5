//! Sources: the operator's own data, read again and again, so that caseloads and alias tables are
//! as fresh as the systems that they come from, and terms of retention are counted (`[[sources]]`).
//!
//! A source is read whole, compared with what is in force, and loaded through the same door as any
//! file: as a feed, within the bound that two persons allowed its account. A source that fails
//! changes nothing; one that loses or gains too much waits for a person.

mod accounts;
pub mod brake;
pub mod look_up;
pub mod origin;
pub mod overview;
pub mod reading;
pub mod retention;
pub mod session_table;

use std::time::Duration;

use digue_administration::loads::LoadTarget;
use digue_app::{App, Area, Areas};
use digue_http::client::HttpClient;
use digue_store::ContactSource;
use digue_types::AccountId;

use crate::brake::Brake;
use crate::origin::SourceOrigin;
use crate::reading::SourceTurn;

/// One `[[sources]]`.
#[derive(Clone, Debug)]
pub struct SourceRules {
    pub name: String,
    pub target: SourceTarget,
    pub origin: SourceOrigin,
    /// The question about one person and one account, asked before a refusal.
    pub look_up: Option<ContactSource>,
    /// The account whose programs may add to the target, up to their bound a day.
    pub account: AccountId,
    pub every: Duration,
    /// From this age on, what it feeds is out of date.
    pub late_after: Duration,
    pub brake: Brake,
}

/// What a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceTarget {
    /// The rows of a kept table, which it replaces whole.
    Table(LoadTarget),
    /// Who works here.
    Accounts,
    /// How old the records of a portal are.
    Retention,
}

impl SourceTarget {
    /// As programs and faults name it.
    pub fn name(&self) -> String {
        match self {
            Self::Table(target) => target.name(),
            Self::Accounts => "accounts".to_owned(),
            Self::Retention => "retention".to_owned(),
        }
    }
}

impl From<LoadTarget> for SourceTarget {
    fn from(target: LoadTarget) -> Self {
        Self::Table(target)
    }
}

/// What the sources are built with.
pub struct Sources {
    pub(crate) rules: Vec<SourceRules>,
    /// Only addresses need it.
    pub(crate) client: Option<HttpClient>,
    pub(crate) turn: SourceTurn,
}

impl Area for Sources {}

/// Adds what the sources keep between calls.
#[must_use]
pub fn areas(before: Areas, rules: Vec<SourceRules>, client: Option<HttpClient>) -> Areas {
    before.with(Sources {
        rules,
        client,
        turn: SourceTurn::default(),
    })
}

pub(crate) fn rules(app: &App) -> &[SourceRules] {
    &app.area::<Sources>().rules
}
