//! Lists that accompany recorded exposures: organisation and creation of accounts, and caseloads.
//! The format of their files is not known here.

use std::collections::HashMap;

use digue_detection::engine::key_of;
use digue_types::Timestamp;

/// Facts about accounts beyond their exposures: organisation, and time of creation.
#[derive(Debug, Default)]
pub struct AccountList(HashMap<String, (String, Option<Timestamp>)>);

impl AccountList {
    /// Adds an account; the last row for it counts.
    pub fn add(&mut self, account: &str, organisation: &str, created: Option<Timestamp>) {
        self.0
            .insert(account.to_owned(), (organisation.to_owned(), created));
    }

    /// Empty when the list does not have it.
    pub(super) fn organisation(&self, account: &str) -> &str {
        self.0
            .get(account)
            .map_or("", |(organisation, _)| organisation)
    }

    /// Account, organisation and time of each account whose creation is known, sorted by account.
    pub(super) fn created(&self) -> Vec<(&str, &str, Timestamp)> {
        let created = self.0.iter().filter_map(|(account, (organisation, at))| {
            at.map(|at| (account.as_str(), organisation.as_str(), at))
        });
        let mut created: Vec<_> = created.collect();
        created.sort_unstable();
        created
    }
}

/// The persons in each caseload, by account or organisation, and when.
#[derive(Debug, Default)]
pub struct CaseloadList(HashMap<(String, u64), (Option<Timestamp>, Option<Timestamp>)>);

impl CaseloadList {
    /// Adds a person to the caseload of `holder`; the last row for both counts.
    pub fn add(
        &mut self,
        holder: &str,
        person: &str,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) {
        self.0
            .insert((holder.to_owned(), key_of(person)), (from, until));
    }

    pub(super) fn holds(&self, holder: &str, person: u64, at: Timestamp) -> bool {
        self.0
            .get(&(holder.to_owned(), person))
            .is_some_and(|(from, until)| {
                from.is_none_or(|from| at >= from) && until.is_none_or(|until| at < until)
            })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
