//! What speaks today against an account whose access is to be kept: a review keeps the facts of its
//! opening, and a theft may have been found since.
//!
//! It decides nothing. What cannot be read is an error: an account is not above doubt because
//! nothing is known.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use digue_access::{Reach, Snapshot};
use digue_app::{App, OperationError};
use digue_store::{FindingQuery, FindingRecord};
use digue_types::{AccountId, Gate, OrganisationId, Timestamp, lists};

lists! {
    /// Why the access of an account is not kept along with the others.
    AccessDoubt "review-doubt" {
        /// A theft of the account, or of its organisation's accounts, was confirmed within a year.
        Theft "theft",
        /// A finding about it waits for a decision.
        OpenFinding "finding",
        /// A gate holds it back now: closed, or open in part.
        HeldBack "held-back",
        /// It was reopened or recovered lately: its limits are reduced.
        ReopenedLately "reopened",
        /// More findings than are read wait or were thefts: it may be meant by one of the others.
        TooMany "too-many",
    }
}

/// A theft that was confirmed before the review of the year before says nothing any more.
const THEFTS_FOR: Duration = Duration::from_hours(24 * 365);
/// The most findings that are read. With more of them undecided, nobody is above doubt.
const FINDINGS_MAX: u32 = 10_000;

/// What is doubted about accounts now.
pub struct AccountDoubts<'a> {
    app: &'a App,
    found: FoundSubjects,
    now: Timestamp,
}

impl<'a> AccountDoubts<'a> {
    /// Reads what findings say.
    ///
    /// # Errors
    /// When findings cannot be read.
    pub async fn read(app: &'a App) -> Result<Self, OperationError> {
        let now = app.clock().now();
        let found = FoundSubjects::read(app, now).await?;
        Ok(Self { app, found, now })
    }

    /// The doubts about one account of an organisation; empty without any.
    pub fn about(
        &self,
        account: &AccountId,
        organisation: &OrganisationId,
    ) -> BTreeSet<AccessDoubt> {
        let mut doubts = self.found.about(account, organisation);
        let rules = self.app.gateway().rules();
        doubts.extend(in_force(&rules, account, organisation, self.now));
        doubts
    }
}

/// What the gateway's rules say of an account now.
fn in_force(
    rules: &Snapshot,
    account: &AccountId,
    organisation: &OrganisationId,
    now: Timestamp,
) -> impl Iterator<Item = AccessDoubt> {
    let reaches = [
        Reach::Account(account.clone()),
        Reach::Organisation(organisation.clone()),
    ];
    let is_held = reaches
        .iter()
        .any(|reach| rules.gates.of(reach) != Gate::Open);
    let is_reduced = rules.percent_of(account, now) < 100;
    let held = is_held.then_some(AccessDoubt::HeldBack);
    let reopened = (is_reduced && !is_held).then_some(AccessDoubt::ReopenedLately);
    held.into_iter().chain(reopened)
}

/// What findings say, by what they are about.
#[derive(Default)]
struct FoundSubjects {
    accounts: BTreeMap<AccountId, BTreeSet<AccessDoubt>>,
    /// Of findings about an organisation as a whole: each of its accounts may be meant.
    organisations: BTreeMap<OrganisationId, BTreeSet<AccessDoubt>>,
    /// There may be more than were read.
    are_more: bool,
}

impl FoundSubjects {
    async fn read(app: &App, now: Timestamp) -> Result<Self, OperationError> {
        let undecided = FindingQuery {
            is_undecided: true,
            ..FindingQuery::default()
        };
        let stolen = FindingQuery {
            since: Some(now.minus(THEFTS_FOR)),
            is_theft: true,
            ..FindingQuery::default()
        };
        let mut found = Self::default();
        for query in [undecided, stolen] {
            let findings = app.store().findings_of(&query, FINDINGS_MAX).await?;
            // In a mass theft the pages are needed most: nobody is above doubt, and nothing fails.
            found.are_more |= findings.len() as u64 >= u64::from(FINDINGS_MAX);
            findings.iter().for_each(|finding| found.add(finding));
        }
        Ok(found)
    }

    fn add(&mut self, finding: &FindingRecord) {
        let doubt = match &finding.verdict {
            None => AccessDoubt::OpenFinding,
            Some(verdict) if verdict.is_theft => AccessDoubt::Theft,
            Some(_) => return,
        };
        let doubts = match &finding.account {
            Some(account) => self.accounts.entry(account.clone()).or_default(),
            None => {
                let organisation = finding.organisation.clone();
                self.organisations.entry(organisation).or_default()
            }
        };
        doubts.insert(doubt);
    }

    fn about(&self, account: &AccountId, organisation: &OrganisationId) -> BTreeSet<AccessDoubt> {
        let own = self.accounts.get(account).into_iter().flatten();
        let of_all = self.organisations.get(organisation).into_iter().flatten();
        let more = self.are_more.then_some(AccessDoubt::TooMany);
        own.chain(of_all).copied().chain(more).collect()
    }
}
