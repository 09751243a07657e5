//! Answers questions about the index as it was at one moment, from three sources: the segments on
//! disk, the chunks that wait to be written, and the chunk that is being filled.
//!
//! Whether the asker may know the answer is not decided here.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLockReadGuard};

use digue_types::{
    AccountId, Basis, OrganisationId, PersonRef, PopulationId, PortalId, RouteName, Timestamp,
};

use crate::block::{ExposureBlock, ExposureOrigin, ExposureRow, NOBODY};
use crate::names::NameTable;
use crate::person_counter::PersonCounter;
use crate::persons::{Dense, Persons};
use crate::pulse::CountedExposure;
use crate::quality_judge::{QualityJudge, is_certain};
use crate::scope::{Affected, QuestionName, ScopeAnswer, ScopeQuestion};
use crate::segment::{HOUR, IndexError};
use crate::segment_store::{SegmentLayout, SharedIndex};
use crate::sets::PersonSet;

/// One person shown to one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    pub entry: u64,
    /// In whole seconds.
    pub at: Timestamp,
    pub portal: PortalId,
    /// The population whose identifiers the portal showed then.
    pub population: PopulationId,
    pub route: RouteName,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub basis: Basis,
}

/// The index at one moment. Entries added later change neither its segments nor its chunks.
pub struct IndexView {
    shared: Arc<SharedIndex>,
    layout: SegmentLayout,
    size: u64,
}

/// A question, translated to the numbers of the index.
struct IndexFilter {
    /// Ascending; `None` is every account.
    accounts: Option<Vec<u32>>,
    /// By context number; `None` is all.
    contexts: Option<Vec<bool>>,
    sessions: HashSet<Box<str>>,
    networks: Vec<ipnet::IpNet>,
    times: Range<u32>,
    before_entry: u64,
}

impl IndexFilter {
    fn account(account: u32, times: Range<u32>) -> Self {
        Self {
            accounts: Some(vec![account]),
            contexts: None,
            sessions: HashSet::new(),
            networks: Vec::new(),
            times,
            before_entry: u64::MAX,
        }
    }

    fn asks_origins(&self) -> bool {
        !self.sessions.is_empty() || !self.networks.is_empty()
    }

    fn takes_origin(&self, origin: &ExposureOrigin) -> bool {
        let has_session = self.sessions.is_empty() || self.sessions.contains(&origin.session);
        let is_within = |ip: IpAddr| self.networks.iter().any(|network| network.contains(&ip));
        has_session && (self.networks.is_empty() || origin.ip.parse().is_ok_and(is_within))
    }

    fn takes(&self, row: &ExposureRow) -> bool {
        self.times.contains(&row.at)
            && row.entry < self.before_entry
            && self
                .contexts
                .as_ref()
                .is_none_or(|taken| taken[row.context as usize])
    }

    /// True when accounts and times alone select the rows.
    fn is_plain(&self) -> bool {
        self.contexts.is_none() && !self.asks_origins() && self.before_entry == u64::MAX
    }
}

impl IndexView {
    pub(crate) fn new(shared: Arc<SharedIndex>, layout: SegmentLayout, size: u64) -> Self {
        Self {
            shared,
            layout,
            size,
        }
    }

    /// Entries of the journal that the view covers.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Rows on disk, number of segments, and bytes of their directories in memory.
    pub fn extent(&self) -> (u64, usize, usize) {
        let segments = &self.layout.segments;
        let rows = segments
            .iter()
            .map(|segment| u64::from(segment.rows()))
            .sum();
        (
            rows,
            segments.len(),
            segments
                .iter()
                .map(|segment| segment.resident_bytes())
                .sum(),
        )
    }

    fn names(&self) -> RwLockReadGuard<'_, NameTable> {
        self.shared
            .names
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn persons(&self) -> RwLockReadGuard<'_, Persons> {
        self.shared
            .persons
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn filter(&self, question: &ScopeQuestion) -> IndexFilter {
        let names = self.names();
        let seconds = |at: Timestamp| u32::try_from(at.secs().max(0)).unwrap_or(u32::MAX);
        let asks_contexts = !(question.organisations.is_empty()
            && question.portals.is_empty()
            && question.routes.is_empty());
        let contexts = asks_contexts.then(|| {
            let takes = |list_is_empty: bool, is_in: bool| list_is_empty || is_in;
            let contexts = names.contexts().iter().map(|context| {
                takes(
                    question.organisations.is_empty(),
                    question.organisations.contains(&context.organisation),
                ) && takes(
                    question.portals.is_empty(),
                    question.portals.contains(&context.portal),
                ) && takes(
                    question.routes.is_empty(),
                    question.routes.contains(&context.route),
                )
            });
            contexts.collect()
        });
        let mut accounts: Option<Vec<u32>> = (!question.accounts.is_empty()).then(|| {
            question
                .accounts
                .iter()
                .filter_map(|account| names.find_account(account))
                .collect()
        });
        // Saves reading the accounts of all other organisations; the contexts still decide, since
        // an account may have worked for two.
        if accounts.is_none() && !question.organisations.is_empty() {
            accounts = Some(
                question
                    .organisations
                    .iter()
                    .flat_map(|one| names.members(one))
                    .collect(),
            );
        }
        if let Some(accounts) = &mut accounts {
            accounts.sort_unstable();
            accounts.dedup();
        }
        IndexFilter {
            accounts,
            contexts,
            sessions: question
                .sessions
                .iter()
                .map(|session| session.as_str().into())
                .collect(),
            networks: question.networks.clone(),
            times: question.from.map_or(0, seconds)..question.to.map_or(u32::MAX, seconds),
            // A bound beyond the view selects everything: without it the question stays plain.
            before_entry: question
                .before_entry
                .filter(|entry| *entry < self.size)
                .unwrap_or(u64::MAX),
        }
    }

    /// Calls `take` with every row that the filter selects. Within a segment the rows of an account
    /// come one after the other.
    fn each(
        &self,
        filter: &IndexFilter,
        take: &mut dyn FnMut(&ExposureRow),
    ) -> Result<(), IndexError> {
        let mut buffer = Vec::new();
        for segment in &self.layout.segments {
            if !segment.overlaps(filter.times.start, filter.times.end)
                || segment.entries().start >= filter.before_entry
            {
                continue;
            }
            let accounts = filter.accounts.as_deref().unwrap_or(segment.accounts());
            for account in accounts {
                segment.visit(*account, filter.times.clone(), &mut buffer, &mut |block| {
                    take_block(block, filter, take)
                })?;
            }
        }
        for chunk in &self.layout.chunks {
            let taken: Vec<bool> = if filter.asks_origins() {
                chunk
                    .origins
                    .iter()
                    .map(|origin| filter.takes_origin(origin))
                    .collect()
            } else {
                Vec::new()
            };
            for row in &chunk.rows {
                let is_asked = filter
                    .accounts
                    .as_ref()
                    .is_none_or(|all| all.binary_search(&row.account).is_ok());
                if is_asked && filter.takes(row) && (taken.is_empty() || taken[row.origin as usize])
                {
                    take(row);
                }
            }
        }
        Ok(())
    }

    /// The names of a question that occur in no entry and that `is_known` does not know either.
    pub fn unknown(
        &self,
        question: &ScopeQuestion,
        is_known: &dyn Fn(QuestionName<'_>) -> bool,
    ) -> Vec<String> {
        let names = self.names();
        let contexts = names.contexts();
        let accounts = question.accounts.iter().map(|one| {
            (
                QuestionName::Account(one),
                one.to_string(),
                names.find_account(one).is_some(),
            )
        });
        let organisations = question.organisations.iter().map(|one| {
            let is_seen = contexts.iter().any(|context| context.organisation == *one);
            (QuestionName::Organisation(one), one.to_string(), is_seen)
        });
        let portals = question.portals.iter().map(|one| {
            let is_seen = contexts.iter().any(|context| context.portal == *one);
            (QuestionName::Portal(one), one.to_string(), is_seen)
        });
        let routes = question.routes.iter().map(|one| {
            let is_seen = contexts.iter().any(|context| context.route == *one);
            (QuestionName::Route(one), one.to_string(), is_seen)
        });
        let all = accounts.chain(organisations).chain(portals).chain(routes);
        let unknown = all.filter(|(subject, _, is_seen)| !is_seen && !is_known(*subject));
        unknown.map(|(_, name, _)| name).collect()
    }

    /// True when an entry shows this person.
    pub fn has_person(&self, person: &PersonRef) -> bool {
        !self.persons().find(person).is_empty()
    }

    /// The number of distinct persons shown by the question's exposures.
    pub fn count(&self, question: &ScopeQuestion) -> Result<usize, IndexError> {
        let filter = self.filter(question);
        if filter.is_plain() && filter.accounts.is_none() {
            return Ok(self.of_everybody(&filter)?.len());
        }
        // The dictionary may have grown since the view was taken, which only makes the set larger
        // than needed.
        let mut gathered = PersonCounter::new(self.persons().len());
        if !filter.is_plain() {
            self.each(&filter, &mut |row| gathered.add(row.person))?;
            return Ok(gathered.len());
        }
        self.gather_plain(&filter, &mut gathered)?;
        Ok(gathered.len())
    }

    /// Gathers the persons of a plain filter: of blocks that lie wholly within the times only the
    /// persons are read.
    fn gather_plain(
        &self,
        filter: &IndexFilter,
        gathered: &mut PersonCounter,
    ) -> Result<(), IndexError> {
        let mut buffer = Vec::new();
        let accounts = filter.accounts.as_deref().unwrap_or_default();
        for segment in self
            .layout
            .segments
            .iter()
            .filter(|s| s.overlaps(filter.times.start, filter.times.end))
        {
            for account in accounts {
                let add = &mut |persons: &[[u8; 4]]| gathered.add_all(persons);
                segment.visit_persons(*account, filter.times.clone(), &mut buffer, add)?;
            }
        }
        let chunks = Self {
            shared: self.shared.clone(),
            layout: self.layout.without_segments(),
            size: self.size,
        };
        chunks.each(filter, &mut |row| gathered.add(row.person))
    }

    /// The persons shown to any account: whole hours from their stored sets, the rest row by row.
    fn of_everybody(&self, filter: &IndexFilter) -> Result<PersonSet, IndexError> {
        let mut set = PersonSet::new(self.persons().len());
        let times = &filter.times;
        let first_hour = times.start.next_multiple_of(HOUR);
        let last_hour = times.end / HOUR * HOUR;
        let has_whole_hours = first_hour < last_hour;
        let mut sets = Vec::new();
        if has_whole_hours {
            for segment in self
                .layout
                .segments
                .iter()
                .filter(|s| s.overlaps(first_hour, last_hour))
            {
                segment.hours(first_hour, last_hour, &mut sets)?;
            }
        }
        let read = set.add_all(sets.iter().map(Vec::as_slice).collect());
        read.ok_or_else(|| IndexError::Damaged("a set of an hour".to_owned()))?;
        let edges = if has_whole_hours {
            vec![times.start..first_hour, last_hour..times.end]
        } else {
            vec![times.clone()]
        };
        for edge in edges.into_iter().filter(|edge| !edge.is_empty()) {
            let filter = IndexFilter {
                accounts: None,
                ..IndexFilter::account(0, edge)
            };
            self.each(&filter, &mut |row| set.insert_person(row.person))?;
        }
        if has_whole_hours {
            let chunks = self.layout.chunks.iter().flat_map(|chunk| &chunk.rows);
            let within = first_hour..last_hour;
            chunks
                .filter(|row| within.contains(&row.at))
                .for_each(|row| set.insert_person(row.person));
        }
        Ok(set)
    }

    /// The persons with the entries that prove it. `progress` receives the number of rows found so
    /// far.
    pub fn answer(
        &self,
        question: &ScopeQuestion,
        progress: &mut dyn FnMut(u64),
    ) -> Result<ScopeAnswer, IndexError> {
        let filter = self.filter(question);
        let mut rows: Vec<ExposureRow> = Vec::new();
        self.each(&filter, &mut |row| {
            rows.push(*row);
            if rows.len().is_multiple_of(1 << 16) {
                progress(rows.len() as u64);
            }
        })?;
        // After the files are read: the indexer waits for `names` with each new name, and the
        // committer for it.
        let mut judge = QualityJudge::default();
        {
            let names = self.names();
            rows.iter()
                .for_each(|row| judge.take(names.context_of(row.context), row));
        }
        rows.retain(|row| row.person != NOBODY);
        rows.sort_unstable_by_key(|row| (row.person, row.entry));
        let (names, persons) = (self.names(), self.persons());
        let mut list: Vec<Affected> = rows
            .chunk_by(|a, b| a.person == b.person)
            .map(|rows| {
                let (population, person) = persons.name(rows[0].person);
                let times = rows.iter().map(|row| row.at);
                let contexts: BTreeSet<u32> = rows.iter().map(|row| row.context).collect();
                let mut entries: Vec<u64> = rows.iter().map(|row| row.entry).collect();
                entries.dedup();
                Affected {
                    is_certain: contexts
                        .iter()
                        .any(|context| is_certain(names.context_of(*context))),
                    population: population.clone(),
                    person,
                    first: seconds(times.clone().min().unwrap_or(0)),
                    last: seconds(times.max().unwrap_or(0)),
                    times: rows.len() as u64,
                    categories: contexts
                        .into_iter()
                        .flat_map(|context| names.context_of(context).categories.iter().cloned())
                        .collect(),
                    entries,
                }
            })
            .collect();
        list.sort_unstable_by(|a, b| (&a.population, &a.person).cmp(&(&b.population, &b.person)));
        Ok(ScopeAnswer {
            persons: list,
            exposures: rows.len() as u64,
            quality: judge.quality(),
        })
    }

    /// Every exposure of `person`, in any population, newest first.
    pub fn of_person(&self, person: &PersonRef) -> Result<Vec<Sight>, IndexError> {
        let mut sights = Vec::new();
        let numbers = self.persons().find(person);
        // Files are read without a lock on the dictionaries: the indexer waits for that lock with
        // every new name.
        let mut rows = Vec::new();
        for number in numbers {
            self.rows_of_person(number, &mut rows)?;
        }
        let names = self.names();
        for row in rows {
            let context = names.context_of(row.context);
            sights.push(Sight {
                entry: row.entry,
                at: seconds(row.at),
                portal: context.portal.clone(),
                population: context.population.clone(),
                route: context.route.clone(),
                account: names.account_name(row.account).clone(),
                organisation: context.organisation.clone(),
                basis: context.right.map_or(Basis::None, |(basis, _)| basis),
            });
        }
        sights.sort_by_key(|sight| std::cmp::Reverse(sight.entry));
        Ok(sights)
    }

    fn rows_of_person(&self, number: Dense, rows: &mut Vec<ExposureRow>) -> Result<(), IndexError> {
        for segment in &self.layout.segments {
            rows.extend(segment.of_person(number)?);
        }
        let chunks = self.layout.chunks.iter().flat_map(|chunk| &chunk.rows);
        rows.extend(chunks.filter(|row| row.person == number));
        Ok(())
    }

    /// The last `count` exposures of `account`, newest first.
    pub fn of_account(
        &self,
        account: &AccountId,
        count: usize,
    ) -> Result<Vec<CountedExposure>, IndexError> {
        let Some(number) = self.names().find_account(account) else {
            return Ok(Vec::new());
        };
        self.exposures(&IndexFilter::account(number, 0..u32::MAX), count)
    }

    /// The last `count` exposures of `account` from `from` to `to`, both included, newest first.
    pub fn exposures_between(
        &self,
        account: &AccountId,
        from: Timestamp,
        to: Timestamp,
        count: usize,
    ) -> Result<Vec<CountedExposure>, IndexError> {
        let Some(number) = self.names().find_account(account) else {
            return Ok(Vec::new());
        };
        self.exposures(&IndexFilter::account(number, both(from, to)), count)
    }

    fn exposures(
        &self,
        filter: &IndexFilter,
        count: usize,
    ) -> Result<Vec<CountedExposure>, IndexError> {
        // By entry, newest last. Rows of one entry may come apart, and only the newest entries are
        // kept: memory is bounded by `count`.
        let mut newest: BTreeMap<u64, (ExposureRow, u32)> = BTreeMap::new();
        self.each(filter, &mut |row| {
            let is_new = newest.len() < count
                || newest
                    .first_key_value()
                    .is_some_and(|(least, _)| row.entry > *least);
            if is_new || newest.contains_key(&row.entry) {
                let known = newest.entry(row.entry).or_insert((*row, 0));
                known.1 += u32::from(row.person != NOBODY);
                if newest.len() > count {
                    newest.pop_first();
                }
            }
        })?;
        let names = self.names();
        let seen = newest.into_values().rev().map(|(row, shown)| {
            let context = names.context_of(row.context);
            CountedExposure {
                entry: row.entry,
                at: seconds(row.at),
                portal: context.portal.clone(),
                route: context.route.clone(),
                account: names.account_name(row.account).clone(),
                organisation: context.organisation.clone(),
                outcome: context.outcome,
                inspection: context.inspection,
                reasons: context.reasons.clone(),
                shown,
                found: row.found.max(shown),
            }
        });
        Ok(seen.collect())
    }

    /// Distinct persons shown to `account` from `from` to `to`, both included, with how often and
    /// when last; the most recent first.
    pub fn persons_between(
        &self,
        account: &AccountId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(PersonRef, u32, Timestamp)>, IndexError> {
        let Some(number) = self.names().find_account(account) else {
            return Ok(Vec::new());
        };
        let mut shown: BTreeMap<Dense, (u32, u32)> = BTreeMap::new();
        self.each(&IndexFilter::account(number, both(from, to)), &mut |row| {
            if row.person != NOBODY {
                let known = shown.entry(row.person).or_default();
                *known = (known.0 + 1, known.1.max(row.at));
            }
        })?;
        let persons = self.persons();
        let mut list: Vec<_> = shown
            .into_iter()
            .map(|(person, (times, at))| (persons.name(person).1, times, seconds(at)))
            .collect();
        list.sort_by_key(|(_, _, at)| std::cmp::Reverse(*at));
        Ok(list)
    }

    /// Distinct persons ever shown to `account`, with how often and when last; the most recent
    /// first.
    pub fn persons_of(
        &self,
        account: &AccountId,
    ) -> Result<Vec<(PersonRef, u32, Timestamp)>, IndexError> {
        self.persons_between(account, Timestamp::ZERO, Timestamp::from_micros(i64::MAX))
    }

    /// The organisations to whose accounts `portal` showed persons from `from` to `to`, both
    /// included: as they were then, whatever became of the accounts.
    pub fn recipients(
        &self,
        portal: &PortalId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BTreeSet<OrganisationId>, IndexError> {
        let seen = self.contexts_of(portal, from, to)?;
        let names = self.names();
        let organisation = |context| names.context_of(context).organisation.clone();
        Ok(seen.into_iter().map(organisation).collect())
    }

    /// The categories of data with which `portal` showed persons from `from` to `to`, both included:
    /// as the map named them then.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn shown_categories(
        &self,
        portal: &PortalId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BTreeSet<String>, IndexError> {
        let seen = self.contexts_of(portal, from, to)?;
        let names = self.names();
        let categories = |context| {
            let categories = names.context_of(context).categories.iter();
            categories.map(ToString::to_string).collect::<Vec<_>>()
        };
        Ok(seen.into_iter().flat_map(categories).collect())
    }

    /// The contexts in which `portal` showed persons.
    fn contexts_of(
        &self,
        portal: &PortalId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BTreeSet<u32>, IndexError> {
        let contexts = self
            .names()
            .contexts()
            .iter()
            .map(|context| context.portal == *portal)
            .collect();
        let filter = IndexFilter {
            accounts: None,
            contexts: Some(contexts),
            ..IndexFilter::account(0, both(from, to))
        };
        let mut seen = BTreeSet::new();
        self.each(&filter, &mut |row| {
            if row.person != NOBODY {
                seen.insert(row.context);
            }
        })?;
        Ok(seen)
    }

    /// The number of distinct persons shown to `account` in each period; `period_of` gives the
    /// number of a period.
    pub fn persons_by(
        &self,
        account: &AccountId,
        period_of: &dyn Fn(Timestamp) -> i64,
    ) -> Result<BTreeMap<i64, usize>, IndexError> {
        let Some(number) = self.names().find_account(account) else {
            return Ok(BTreeMap::new());
        };
        let mut pairs: Vec<(i64, Dense)> = Vec::new();
        self.each(&IndexFilter::account(number, 0..u32::MAX), &mut |row| {
            if row.person != NOBODY {
                pairs.push((period_of(seconds(row.at)), row.person));
            }
        })?;
        pairs.sort_unstable();
        pairs.dedup();
        let periods = pairs.chunk_by(|a, b| a.0 == b.0);
        Ok(periods.map(|period| (period[0].0, period.len())).collect())
    }

    /// The number of distinct persons shown to any account since `length` before `now`.
    pub fn distinct_since(
        &self,
        now: Timestamp,
        length: std::time::Duration,
    ) -> Result<usize, IndexError> {
        let from = Some(now.minus(length));
        self.count(&ScopeQuestion {
            from,
            ..ScopeQuestion::default()
        })
    }

    /// An entry at or before the first one with a row at or after `from`: where to begin reading
    /// the journal.
    pub fn entry_since(&self, from: Timestamp) -> u64 {
        let times = both(from, Timestamp::from_micros(i64::MAX));
        let segments = self
            .layout
            .segments
            .iter()
            .filter(|segment| segment.overlaps(times.start, times.end));
        let chunks = self.layout.chunks.iter();
        let chunks = chunks.filter(|chunk| chunk.rows.iter().any(|row| times.contains(&row.at)));
        let starts = segments
            .map(|one| one.entries().start)
            .chain(chunks.map(|one| one.entries.start));
        starts.min().unwrap_or(self.size)
    }

    /// Number of accounts with at least one entry.
    pub fn accounts(&self) -> usize {
        self.names().accounts()
    }
}

fn seconds(at: u32) -> Timestamp {
    Timestamp::from_secs(i64::from(at))
}

/// The range with both ends included, in whole seconds.
fn both(from: Timestamp, to: Timestamp) -> Range<u32> {
    let second = |at: Timestamp| u32::try_from(at.secs().max(0)).unwrap_or(u32::MAX);
    second(from)..second(to).saturating_add(1)
}

fn take_block(
    block: &ExposureBlock<'_>,
    filter: &IndexFilter,
    take: &mut dyn FnMut(&ExposureRow),
) -> Result<(), IndexError> {
    let origins = if filter.asks_origins() {
        let origins = block
            .origins()
            .ok_or_else(|| IndexError::Damaged("origins of a block".to_owned()))?;
        let taken: Vec<bool> = origins
            .iter()
            .map(|origin| filter.takes_origin(origin))
            .collect();
        if !taken.contains(&true) {
            return Ok(());
        }
        taken
    } else {
        Vec::new()
    };
    for place in 0..block.len() {
        if !filter.times.contains(&block.at(place)) {
            continue;
        }
        let row = block.row(place);
        let is_taken =
            origins.is_empty() || origins.get(row.origin as usize).copied().unwrap_or(false);
        if is_taken && filter.takes(&row) {
            take(&row);
        }
    }
    Ok(())
}
