//! How much access a file of caseloads, aliases or classes would add; which part of it waits for a
//! second person, and how much a feed may add without approval.
//!
//! A feed is a program for whose account two persons allowed a bounded growth a day. It never adds
//! to its own account, to another account of the same holder, nor to its organisation.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use digue_access::Snapshot;
use digue_access::caseload::HolderName;
use digue_app::kept_files::UnfinishedFile;
use digue_app::{Actor, App, Area, OperationError};
use digue_types::{AccountId, OrganisationId, PersonKey, PopulationId, PortalId, Subject};
use tokio::sync::{Mutex, MutexGuard};

/// Serialises loads of caseloads and alias tables: two that started from the same state would lose
/// one.
// The first of the async locks. Apart from `App::rules`, so that reading a large file delays no
// gate.
#[derive(Default)]
pub(crate) struct LoadLock(Mutex<()>);

impl Area for LoadLock {}

/// Takes the lock of loads.
pub(crate) async fn hold(app: &App) -> MutexGuard<'_, ()> {
    app.area::<LoadLock>().0.lock().await
}

/// True when a file of `after` rows that replaces `before` would lose half of them or more, or
/// leave none: a failed extraction looks like that. Its sender may confirm the loss
/// (`LoadMode::Replace`).
pub(crate) const fn loses_half(before: u64, after: u64) -> bool {
    // Rounded down: of three rows, two must remain.
    after <= before / 2
}

/// The file that a load replaces or extends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadTarget {
    Caseload(PopulationId),
    Aliases(PortalId),
    Classes(PopulationId),
}

impl LoadTarget {
    /// The subject of its requests.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Caseload(population) => Subject::Caseload(population.clone()),
            Self::Aliases(portal) => Subject::Aliases(portal.clone()),
            Self::Classes(population) => Subject::Classes(population.clone()),
        }
    }

    /// Its name in the store and in requests: the text of its subject.
    pub fn name(&self) -> String {
        self.subject().to_string()
    }

    pub fn parse(name: &str) -> Option<Self> {
        match Subject::parse(name) {
            Subject::Caseload(population) => Some(Self::Caseload(population)),
            Subject::Aliases(portal) => Some(Self::Aliases(portal)),
            Subject::Classes(population) => Some(Self::Classes(population)),
            _ => None,
        }
    }
}

/// What a load does with the rows in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadMode {
    /// `confirms_loss`: the sender accepts that half of the rows, fewer or none remain.
    Replace {
        confirms_loss: bool,
    },
    Add,
}

/// The result of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadOutcome {
    /// Rows in force now.
    pub rows: usize,
    /// That of the caseloads, which programs compare.
    pub version: Option<u64>,
    /// The part that waits for a second person: the id of the request, and how much access it would
    /// add.
    pub waiting: Option<(String, LoadGrowth)>,
    /// Why the rows that were in force cannot be read: the whole load waits, and nothing changed.
    pub unknown: Option<UnfinishedFile>,
    /// Columns of the file that are not used.
    pub ignored: Vec<String>,
}

/// How much access a load adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadGrowth {
    /// Rows of the file; for classes, rows that would go.
    pub rows: u64,
    pub persons: u64,
    pub accounts: u64,
    pub organisations: u64,
    /// Pairs of an account and a person that it may newly read. A row for an organisation counts
    /// for each of its accounts.
    pub readings: u64,
    /// Rows without an end date.
    pub endless: u64,
    /// Identifiers that are merged with another one, or moved to another person.
    pub merges: u64,
}

/// What a file that replaces the one in force would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadPreview {
    /// Rows in force.
    pub before: u64,
    /// Rows of the file.
    pub rows: u64,
    /// Rows in force that the file does not have.
    pub removed: u64,
    /// What the file would add.
    pub growth: LoadGrowth,
    /// Why the rows in force cannot be read: what would go is then not known, and the file waits
    /// whole for a second person.
    pub unknown: Option<UnfinishedFile>,
}

impl LoadPreview {
    /// The rows that would give access, and those that would take it: a new row of a caseload or an
    /// alias table gives it, and one of the classes of persons takes it.
    pub fn wider_and_narrower(&self, target: &LoadTarget) -> (u64, u64) {
        match target {
            LoadTarget::Caseload(_) | LoadTarget::Aliases(_) => (self.growth.rows, self.removed),
            LoadTarget::Classes(_) => (self.removed, self.growth.rows),
        }
    }
}

const NAMES: [&str; 7] = [
    "rows",
    "persons",
    "accounts",
    "organisations",
    "readings",
    "endless",
    "merges",
];

impl LoadGrowth {
    /// In the order of their names.
    const fn numbers(&self) -> [u64; NAMES.len()] {
        [
            self.rows,
            self.persons,
            self.accounts,
            self.organisations,
            self.readings,
            self.endless,
            self.merges,
        ]
    }

    /// As one line of text: `rows:3 persons:2 ...`.
    pub(crate) fn line(&self) -> String {
        let words: Vec<String> = NAMES
            .iter()
            .zip(self.numbers())
            .map(|(name, number)| format!("{name}:{number}"))
            .collect();
        words.join(" ")
    }

    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mut numbers = [0; NAMES.len()];
        for (name, number) in NAMES.iter().zip(&mut numbers) {
            *number = words
                .next()?
                .strip_prefix(name)?
                .strip_prefix(':')?
                .parse()
                .ok()?;
        }
        let [
            rows,
            persons,
            accounts,
            organisations,
            readings,
            endless,
            merges,
        ] = numbers;
        Some(Self {
            rows,
            persons,
            accounts,
            organisations,
            readings,
            endless,
            merges,
        })
    }
}

/// Counts growth row by row.
pub(crate) struct GrowthCounter<'c> {
    growth: LoadGrowth,
    persons: HashSet<PersonKey>,
    holders: BTreeSet<HolderName>,
    /// The number of accounts of each organisation.
    sizes: &'c HashMap<OrganisationId, u64>,
}

impl<'c> GrowthCounter<'c> {
    pub(crate) fn new(sizes: &'c HashMap<OrganisationId, u64>) -> Self {
        Self {
            growth: LoadGrowth::default(),
            persons: HashSet::new(),
            holders: BTreeSet::new(),
            sizes,
        }
    }

    pub(crate) fn relation(&mut self, holder: &HolderName, person: PersonKey, ends: bool) {
        self.growth.rows += 1;
        self.growth.endless += u64::from(!ends);
        self.growth.readings += match holder {
            HolderName::Account(_) => 1,
            HolderName::Organisation(organisation) => {
                // An organisation without accounts counts as one: its first account would have the
                // relation.
                self.sizes.get(organisation).copied().unwrap_or(1).max(1)
            }
        };
        self.persons.insert(person);
        if !self.holders.contains(holder) {
            self.holders.insert(holder.clone());
        }
    }

    pub(crate) fn alias(&mut self, person: PersonKey, merges: bool) {
        self.growth.rows += 1;
        self.growth.readings += 1;
        self.growth.merges += u64::from(merges);
        self.persons.insert(person);
    }

    pub(crate) fn finish(self) -> LoadGrowth {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let accounts = self
            .holders
            .iter()
            .filter(|holder| matches!(holder, HolderName::Account(_)))
            .count();
        LoadGrowth {
            persons: count(self.persons.len()),
            accounts: count(accounts),
            organisations: count(self.holders.len() - accounts),
            ..self.growth
        }
    }
}

/// The number of accounts of each organisation.
pub(crate) fn sizes(rules: &Snapshot) -> HashMap<OrganisationId, u64> {
    let mut sizes = HashMap::new();
    for (_, record) in rules.directory.iter() {
        *sizes.entry(record.organisation.clone()).or_default() += 1;
    }
    sizes
}

/// How much a load may add without a second person.
#[derive(Clone, Debug)]
pub(crate) enum Allowance {
    /// Two persons agreed, or it is loaded at Digue's terminal.
    All,
    Nothing,
    Feed(LoadFeed),
}

/// How much a feed may add now.
#[derive(Clone, Debug)]
pub(crate) struct LoadFeed {
    /// Readings left of the last 24 hours.
    pub(crate) left: u64,
    /// Holders whose rows always wait.
    own_accounts: HashSet<AccountId>,
    own_organisation: Option<OrganisationId>,
    account: AccountId,
    target: LoadTarget,
}

const DAY: Duration = Duration::from_hours(24);

impl LoadFeed {
    /// True when a row would give something to the sender itself.
    pub(crate) fn is_own(&self, holder: &HolderName) -> bool {
        match holder {
            HolderName::Account(account) => self.own_accounts.contains(account),
            HolderName::Organisation(organisation) => {
                Some(organisation) == self.own_organisation.as_ref()
            }
        }
    }

    /// Stores what it added: the bound holds for a day and not for a load.
    pub(crate) async fn charge(&self, app: &App, readings: u64) -> Result<(), OperationError> {
        let (now, target) = (app.clock().now(), self.target.name());
        let load = (now, readings);
        Ok(app
            .store()
            .add_feed_load(&self.account, &target, load, now.minus(DAY))
            .await?)
    }
}

/// Lets the programs of an account add up to `per_day` readings in 24 hours.
pub(crate) async fn allow_feed(
    app: &App,
    account: &AccountId,
    target: &LoadTarget,
    per_day: u32,
) -> Result<(), OperationError> {
    Ok(app
        .store()
        .set_feed(account, &target.name(), per_day)
        .await?)
}

/// How much `actor` may load into `target` without approval. A stored bound that cannot be read is
/// an error: it is neither unlimited nor zero.
pub(crate) async fn allowance(
    app: &App,
    actor: &Actor,
    target: &LoadTarget,
) -> Result<Allowance, OperationError> {
    if actor.is_digue() {
        return Ok(Allowance::All);
    }
    // A person has no allowance: an officer at the console can also wait for a second person.
    if !actor.is_program() {
        return Ok(Allowance::Nothing);
    }
    let Some(bound) = app.store().feed(&actor.account, &target.name()).await? else {
        return Ok(Allowance::Nothing);
    };
    // A sliding day, not a calendar day: at midnight a feed could otherwise add twice its bound
    // within an hour.
    let since = app.clock().now().minus(DAY);
    let used = app
        .store()
        .feed_loads(&actor.account, &target.name(), since)
        .await?;
    let spent: u64 = used.iter().map(|(_, count)| count).sum();
    Ok(Allowance::Feed(LoadFeed {
        left: u64::from(bound).saturating_sub(spent),
        own_accounts: accounts_of_holder(app, &actor.account).await?,
        own_organisation: app
            .gateway()
            .rules()
            .directory
            .find(&actor.account)
            .map(|r| r.organisation.clone()),
        account: actor.account.clone(),
        target: target.clone(),
    }))
}

/// The account, and those with the same e-mail address: they have the same holder.
async fn accounts_of_holder(
    app: &App,
    account: &AccountId,
) -> Result<HashSet<AccountId>, OperationError> {
    let contacts = app.store().contacts().await?;
    // Two accounts without an address need not have the same holder.
    let address = contacts.get(account).filter(|address| !address.is_empty());
    let is_same = |known: &str| address.is_some_and(|address| known.eq_ignore_ascii_case(address));
    let others = contacts
        .iter()
        .filter(|(_, known)| is_same(known))
        .map(|(account, _)| account.clone());
    Ok(others.chain([account.clone()]).collect())
}

/// The part of a load that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingLoad {
    pub target: LoadTarget,
    /// The version of the file that it adds to: once that is replaced, the load is out of date.
    pub base: u64,
    /// SHA-256 of its rows, which are stored beside the files in force.
    pub digest: String,
    pub growth: LoadGrowth,
    /// Why the rows that were in force cannot be read: these are then the whole file, which takes
    /// their place.
    pub unknown: Option<UnfinishedFile>,
}

/// Ends the words of a load that replaces what cannot be read.
const UNKNOWN: &str = " unknown:";

impl WaitingLoad {
    pub(crate) fn detail(&self) -> String {
        let unknown = self
            .unknown
            .map_or(String::new(), |cause| format!("{UNKNOWN}{}", cause.code()));
        let growth = self.growth.line();
        format!("{} {} {growth}{unknown}", self.base, self.digest)
    }

    pub(crate) fn parse(target: LoadTarget, detail: &str) -> Option<Self> {
        let (detail, unknown) = match detail.split_once(UNKNOWN) {
            Some((detail, code)) => (detail, Some(UnfinishedFile::parse(code)?)),
            None => (detail, None),
        };
        let mut parts = detail.splitn(3, ' ');
        let base = parts.next()?.parse().ok()?;
        let digest = parts.next()?.to_owned();
        Some(Self {
            target,
            base,
            digest,
            growth: LoadGrowth::parse(parts.next()?)?,
            unknown,
        })
    }
}

/// The version of the last load that replaced the whole file; 0 when none did.
pub(crate) async fn last_replaced(app: &App, target: &LoadTarget) -> Result<u64, OperationError> {
    Ok(app
        .store()
        .last_replacement(&target.name())
        .await?
        .unwrap_or(0))
}

pub(crate) async fn set_replaced(
    app: &App,
    target: &LoadTarget,
    version: u64,
) -> Result<(), OperationError> {
    Ok(app
        .store()
        .set_last_replacement(&target.name(), version)
        .await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_must_keep_more_than_half() {
        for (before, after) in [
            (0, 0),
            (1, 0),
            (2, 1),
            (3, 1),
            (4, 2),
            (5, 2),
            (1000, 500),
            (u64::MAX, 0),
        ] {
            assert!(loses_half(before, after), "{after} of {before}");
        }
        for (before, after) in [
            (0, 1),
            (1, 1),
            (2, 2),
            (3, 2),
            (4, 3),
            (5, 3),
            (1000, 501),
            (1, u64::MAX),
        ] {
            assert!(!loses_half(before, after), "{after} of {before}");
        }
    }

    #[test]
    fn what_waits_is_kept_as_it_was_counted() {
        let growth = LoadGrowth {
            rows: 3,
            persons: 2,
            accounts: 1,
            organisations: 0,
            readings: 3,
            endless: 1,
            merges: 0,
        };
        let target = LoadTarget::parse("caseload:personnes").unwrap();
        let load = WaitingLoad {
            target: target.clone(),
            base: 7,
            digest: "ab".into(),
            growth,
            unknown: None,
        };
        for unknown in [None, Some(UnfinishedFile::Changed)] {
            let load = WaitingLoad {
                unknown,
                ..load.clone()
            };
            let read = WaitingLoad::parse(target.clone(), &load.detail());
            assert_eq!(read, Some(load));
        }
        let damaged = load.detail() + " unknown:perhaps";
        assert_eq!(WaitingLoad::parse(target, &damaged), None);
        assert_eq!(
            LoadTarget::parse("aliases:portail").unwrap().name(),
            "aliases:portail"
        );
        assert_eq!(
            LoadTarget::parse("classes:personnes").unwrap().name(),
            "classes:personnes"
        );
        assert_eq!(LoadTarget::parse("caseload"), None);
    }
}
