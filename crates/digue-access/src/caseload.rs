//! Caseloads: which persons an account, or its whole organisation, may see, why, and until when.
//!
//! Built for ten million relations: sorted arrays of 128-bit person keys. A file is loaded whole or
//! not at all. Whether a caseload is needed for a route is decided in `decide`.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::Arc;

use digue_types::person::PersonKeyer;
use digue_types::written::{self, DayOrder};
use digue_types::{AccountId, OrganisationId, PersonKey, PopulationId, Timestamp};

mod list;

use list::{ListedRelation, RelationList};

/// Faults listed for one file; a file with more is wrong as a whole.
const FAULTS_MAX: usize = 1000;

/// The reason and dates of a relation. `None` is an open end.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct RelationTerm {
    pub reason: String,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

impl RelationTerm {
    fn holds(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// All caseloads of one population.
#[derive(Clone, Debug, Default)]
pub struct Caseloads {
    /// Distinct terms: the rows of one extraction share a few, so a relation holds a number
    /// instead.
    terms: Arc<Vec<RelationTerm>>,
    accounts: HashMap<AccountId, Arc<RelationList>>,
    organisations: HashMap<OrganisationId, Arc<RelationList>>,
}

impl Caseloads {
    /// The term under which `person` is in the caseload of the account or of its organisation.
    pub fn find(
        &self,
        account: &AccountId,
        organisation: &OrganisationId,
        person: PersonKey,
        now: Timestamp,
    ) -> Option<&RelationTerm> {
        self.holder(account, organisation).find(person, now)
    }

    /// The caseload of one account together with its organisation's, to look up many persons.
    pub fn holder(
        &self,
        account: &AccountId,
        organisation: &OrganisationId,
    ) -> AccountCaseload<'_> {
        let own = self.accounts.get(account).map(AsRef::as_ref);
        let shared = self.organisations.get(organisation).map(AsRef::as_ref);
        AccountCaseload {
            terms: &self.terms,
            lists: [own, shared],
        }
    }

    /// True when an account's caseload has the person at `now`.
    pub fn has_anywhere(&self, person: PersonKey, now: Timestamp) -> bool {
        let lists = self.accounts.values().chain(self.organisations.values());
        lists.into_iter().any(|list| {
            let one = AccountCaseload {
                terms: &self.terms,
                lists: [Some(list.as_ref()), None],
            };
            one.find(person, now).is_some()
        })
    }

    /// True when the account or its organisation has a caseload at all.
    pub fn has_caseload(&self, account: &AccountId, organisation: &OrganisationId) -> bool {
        self.accounts.contains_key(account) || self.organisations.contains_key(organisation)
    }

    /// Relations of each account, those of its organisation not counted.
    pub fn sizes(&self) -> impl Iterator<Item = (&AccountId, usize)> {
        self.accounts
            .iter()
            .map(|(account, list)| (account, list.len()))
    }

    /// Relations of an organisation and of these accounts that hold at `now`, and when they end.
    pub fn extent(
        &self,
        organisation: &OrganisationId,
        accounts: &[AccountId],
        now: Timestamp,
    ) -> CaseloadExtent {
        let shared = self.organisations.get(organisation).into_iter();
        let own = accounts
            .iter()
            .filter_map(|account| self.accounts.get(account));
        let mut extent = CaseloadExtent::default();
        for term in shared.chain(own).flat_map(|list| list.terms()) {
            let term = &self.terms[term as usize];
            if term.holds(now) {
                extent.relations += 1;
                if let Some(until) = term.until {
                    *extent.ends.entry(until).or_default() += 1;
                }
            }
        }
        extent
    }

    /// Relations that have not ended at `now`.
    pub fn lasting(&self, now: Timestamp) -> usize {
        let lists = self.accounts.values().chain(self.organisations.values());
        let terms = lists.flat_map(|list| list.terms());
        terms
            .filter(|term| {
                let until = self.terms[*term as usize].until;
                until.is_none_or(|until| now < until)
            })
            .count()
    }

    pub fn relations(&self) -> usize {
        let own: usize = self.accounts.values().map(|list| list.len()).sum();
        let shared: usize = self.organisations.values().map(|list| list.len()).sum();
        own + shared
    }
}

/// Size of a caseload, in relations between a holder and a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseloadExtent {
    pub relations: usize,
    /// Relations that end at each moment; those without an end are not in it.
    pub ends: BTreeMap<Timestamp, usize>,
}

/// The relations of one account: its own list, then its organisation's.
#[derive(Clone, Copy)]
pub struct AccountCaseload<'c> {
    terms: &'c [RelationTerm],
    lists: [Option<&'c RelationList>; 2],
}

impl<'c> AccountCaseload<'c> {
    /// Announces so many calls of `find`: lists of which they will touch most are read into the
    /// cache first.
    pub fn expect(&self, persons: usize) {
        for list in self.lists.iter().flatten() {
            // Without it the compiler may drop a read whose result is unused.
            std::hint::black_box(list.read_ahead(persons));
        }
    }

    pub fn find(&self, person: PersonKey, now: Timestamp) -> Option<&'c RelationTerm> {
        self.lists.iter().flatten().find_map(|list| {
            let terms = list
                .terms_of(person)
                .map(|number| &self.terms[number as usize]);
            terms.into_iter().find(|term| term.holds(now))
        })
    }
}

/// One line of a caseload file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseloadFault {
    /// From 1, the header included.
    pub line: u64,
    pub kind: CaseloadFaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseloadFaultKind {
    /// The header must name `person` and `account` or `organisation`.
    Header,
    Row,
    /// Exactly one of account and organisation must be given.
    Holder,
    Person,
    /// A decoy: in a caseload, reading it would be no evidence any more.
    Decoy,
    /// `from` is not a date.
    FromDate,
    /// `until` is not a date.
    UntilDate,
    /// The end is not after the beginning.
    Period,
    /// More than `FAULTS_MAX` faults: the file was not read further.
    TooMany,
}

impl CaseloadFaultKind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Row => "row",
            Self::Holder => "holder",
            Self::Person => "person",
            Self::Decoy => "decoy",
            Self::FromDate | Self::UntilDate => "date",
            Self::Period => "period",
            Self::TooMany => "too-many",
        }
    }
}

impl CaseloadFaultKind {
    /// The column at fault; `None` for the whole row or file.
    pub const fn column(self) -> Option<&'static str> {
        match self {
            Self::Header | Self::Row | Self::TooMany => None,
            Self::Holder => Some("account"),
            Self::Person | Self::Decoy => Some("person"),
            Self::FromDate => Some("from"),
            Self::UntilDate | Self::Period => Some("until"),
        }
    }
}

/// Turns a cell of the `person` column into the canonical reference, or into the fault of the row.
pub type Canonical<'c> = &'c dyn Fn(&str) -> Result<String, CaseloadFaultKind>;

/// The account or organisation that a relation is given to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HolderName {
    Account(AccountId),
    Organisation(OrganisationId),
}

/// One relation, as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseloadRow {
    pub holder: HolderName,
    /// Canonical reference.
    pub person: String,
    pub term: RelationTerm,
}

/// The cells of a row, as text.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseloadCells<'r> {
    pub account: &'r str,
    pub organisation: &'r str,
    pub person: &'r str,
    pub reason: &'r str,
    pub from: &'r str,
    pub until: &'r str,
}

/// Turns cells into relations. Rows usually come grouped by holder, so the last holder is kept and
/// not parsed again.
#[derive(Default)]
pub struct CaseloadRowReader {
    last: Option<HolderName>,
}

impl CaseloadRowReader {
    pub fn read(
        &mut self,
        cells: CaseloadCells<'_>,
        canonical: Canonical<'_>,
    ) -> Result<CaseloadRow, CaseloadFaultKind> {
        let person = canonical(cells.person.trim())?;
        let term = RelationTerm {
            reason: cells.reason.trim().to_owned(),
            from: parse_moment(cells.from).ok_or(CaseloadFaultKind::FromDate)?,
            until: parse_moment(cells.until).ok_or(CaseloadFaultKind::UntilDate)?,
        };
        if let (Some(from), Some(until)) = (term.from, term.until)
            && until <= from
        {
            return Err(CaseloadFaultKind::Period);
        }
        Ok(CaseloadRow {
            holder: self.holder(cells.account.trim(), cells.organisation.trim())?,
            person,
            term,
        })
    }

    fn holder(
        &mut self,
        account: &str,
        organisation: &str,
    ) -> Result<HolderName, CaseloadFaultKind> {
        let is_last = match &self.last {
            Some(HolderName::Account(last)) => organisation.is_empty() && last.as_str() == account,
            Some(HolderName::Organisation(last)) => {
                account.is_empty() && last.as_str() == organisation
            }
            None => false,
        };
        // Compared as text, before parsing: ten million rows name some thousands of holders, each
        // in one run.
        if let Some(last) = self.last.as_ref().filter(|_| is_last) {
            return Ok(last.clone());
        }
        let wrong = |_| CaseloadFaultKind::Holder;
        let holder = match (account.is_empty(), organisation.is_empty()) {
            (false, true) => HolderName::Account(AccountId::parse(account).map_err(wrong)?),
            (true, false) => {
                HolderName::Organisation(OrganisationId::parse(organisation).map_err(wrong)?)
            }
            _ => return Err(CaseloadFaultKind::Holder),
        };
        self.last = Some(holder.clone());
        Ok(holder)
    }
}

/// Reads a CSV of caseloads: `person`, `account` or `organisation` or both, and optionally
/// `reason`, `from`, `until` (dates or RFC 3339 instants; a date means midnight UTC, `until` is
/// exclusive).
///
/// # Errors
/// The faults of the file, at most `FAULTS_MAX` and one that says that there are more. With a
/// single fault nothing is loaded: half a caseload would refuse honest work.
pub fn read_csv(
    input: impl Read,
    population: &PopulationId,
    canonical: Canonical<'_>,
) -> Result<Caseloads, Vec<CaseloadFault>> {
    // Rows of another length are faults: with cells shifted by one, a person would go to another
    // holder.
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(input);
    let columns = match reader.headers().map(CaseloadColumns::locate) {
        Ok(Some(columns)) => columns,
        _ => {
            return Err(vec![CaseloadFault {
                line: 1,
                kind: CaseloadFaultKind::Header,
            }]);
        }
    };
    let mut builder = CaseloadBuilder::new(population);
    let mut rows = CaseloadRowReader::default();
    let mut faults = Vec::new();
    let mut cells = csv::StringRecord::new();
    loop {
        // Before the read: a record that cannot be read has no position of its own.
        let line = reader.position().line();
        let kind = match reader.read_record(&mut cells) {
            Ok(false) => break,
            Ok(true) => rows
                .read(columns.cells(&cells), canonical)
                .map(|row| builder.add(&row))
                .err(),
            Err(_) => Some(CaseloadFaultKind::Row),
        };
        let Some(kind) = kind else { continue };
        let line = cells.position().map_or(line, csv::Position::line);
        if faults.len() == FAULTS_MAX {
            faults.push(CaseloadFault {
                line,
                kind: CaseloadFaultKind::TooMany,
            });
            break;
        }
        faults.push(CaseloadFault { line, kind });
    }
    if faults.is_empty() {
        Ok(builder.finish())
    } else {
        Err(faults)
    }
}

struct CaseloadColumns {
    account: Option<usize>,
    organisation: Option<usize>,
    person: usize,
    reason: Option<usize>,
    from: Option<usize>,
    until: Option<usize>,
}

impl CaseloadColumns {
    fn locate(header: &csv::StringRecord) -> Option<Self> {
        // Spreadsheets put a byte-order mark before the first name.
        let place = |name: &str| {
            header
                .iter()
                .position(|cell| cell.trim_start_matches('\u{feff}').trim() == name)
        };
        let columns = Self {
            account: place("account"),
            organisation: place("organisation"),
            person: place("person")?,
            reason: place("reason"),
            from: place("from"),
            until: place("until"),
        };
        (columns.account.is_some() || columns.organisation.is_some()).then_some(columns)
    }

    fn cells<'r>(&self, row: &'r csv::StringRecord) -> CaseloadCells<'r> {
        // A column that is absent from the header is blank in every row.
        let cell = |place: Option<usize>| place.and_then(|place| row.get(place)).unwrap_or("");
        CaseloadCells {
            account: cell(self.account),
            organisation: cell(self.organisation),
            person: cell(Some(self.person)),
            reason: cell(self.reason),
            from: cell(self.from),
            until: cell(self.until),
        }
    }
}

/// Collects relations, then sorts them once in `finish`.
pub struct CaseloadBuilder {
    keyer: PersonKeyer,
    terms: Vec<RelationTerm>,
    term_ids: HashMap<RelationTerm, u32>,
    /// The last row's term: rows of one extraction share it.
    last_term: Option<u32>,
    lists: HashMap<HolderName, Vec<ListedRelation>>,
    /// Rows usually come grouped by holder: the list being filled is kept out of `lists`, which
    /// saves a look-up for each row.
    last: Option<(HolderName, Vec<ListedRelation>)>,
}

impl CaseloadBuilder {
    pub fn new(population: &PopulationId) -> Self {
        Self {
            keyer: PersonKeyer::new(population),
            terms: Vec::new(),
            term_ids: HashMap::new(),
            last_term: None,
            lists: HashMap::new(),
            last: None,
        }
    }

    pub fn add(&mut self, row: &CaseloadRow) {
        let relation = ListedRelation {
            person: self.keyer.key(&row.person),
            term: self.term(&row.term),
        };
        match &mut self.last {
            Some((last, list)) if *last == row.holder => list.push(relation),
            _ => {
                self.put_back();
                let mut list = self.lists.remove(&row.holder).unwrap_or_default();
                list.push(relation);
                self.last = Some((row.holder.clone(), list));
            }
        }
    }

    fn put_back(&mut self) {
        if let Some((holder, list)) = self.last.take() {
            self.lists.insert(holder, list);
        }
    }

    fn term(&mut self, term: &RelationTerm) -> u32 {
        if let Some(last) = self
            .last_term
            .filter(|last| self.terms[*last as usize] == *term)
        {
            return last;
        }
        let next =
            u32::try_from(self.terms.len()).expect("files have fewer rows than 32 bits count");
        let id = *self.term_ids.entry(term.clone()).or_insert(next);
        if id == next {
            self.terms.push(term.clone());
        }
        self.last_term = Some(id);
        id
    }

    pub fn finish(mut self) -> Caseloads {
        self.put_back();
        let mut caseloads = Caseloads {
            terms: Arc::new(self.terms),
            ..Caseloads::default()
        };
        for (holder, list) in self.lists {
            // Sorted once per list, here: sorting at each insertion would make loading quadratic.
            let list = Arc::new(RelationList::new(list));
            match holder {
                HolderName::Account(account) => drop(caseloads.accounts.insert(account, list)),
                HolderName::Organisation(organisation) => {
                    drop(caseloads.organisations.insert(organisation, list));
                }
            }
        }
        caseloads
    }
}

/// How much of a new relation is already in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelationCoverage {
    /// From now on it shows nothing that is not already in force.
    Whole,
    /// It would show more; these parts of its time are already in force.
    Part(Vec<RelationTerm>),
}

impl Caseloads {
    /// Whether `row` would show more from `now` on than these caseloads already do; `keyer` is that
    /// of their population.
    ///
    /// A relation of an account is compared with those of this account alone: the account may leave
    /// its organisation, and the organisation may lose the person.
    pub fn held(&self, row: &CaseloadRow, keyer: &PersonKeyer, now: Timestamp) -> RelationCoverage {
        let list = match &row.holder {
            HolderName::Account(account) => self.accounts.get(account),
            HolderName::Organisation(organisation) => self.organisations.get(organisation),
        };
        let known = list
            .into_iter()
            .flat_map(|list| list.terms_of(keyer.key(&row.person)));
        let mut known: Vec<&RelationTerm> = known.map(|term| &self.terms[term as usize]).collect();
        known.sort_by_key(|term| begin(term));
        let (from, until) = (begin(&row.term).max(now), end(&row.term));
        // Terms by their beginning: one that begins later than what is covered leaves a gap, and no
        // later one can close it.
        let mut covered = from;
        for term in &known {
            if begin(term) <= covered {
                covered = covered.max(end(term));
            }
        }
        if covered >= until {
            return RelationCoverage::Whole;
        }
        let common = known.into_iter().filter_map(|term| common(&row.term, term));
        RelationCoverage::Part(common.collect())
    }
}

fn begin(term: &RelationTerm) -> Timestamp {
    term.from.unwrap_or(Timestamp::from_micros(i64::MIN))
}

fn end(term: &RelationTerm) -> Timestamp {
    term.until.unwrap_or(Timestamp::from_micros(i64::MAX))
}

/// The intersection of two terms, with the reason of the first; `None` when it is empty.
fn common(one: &RelationTerm, other: &RelationTerm) -> Option<RelationTerm> {
    let from = if begin(one) >= begin(other) {
        one.from
    } else {
        other.from
    };
    let until = if end(one) <= end(other) {
        one.until
    } else {
        other.until
    };
    let term = RelationTerm {
        reason: one.reason.clone(),
        from,
        until,
    };
    (begin(&term) < end(&term)).then_some(term)
}

/// A date or an instant, as extractions and French spreadsheets write them: `2026-12-31`,
/// `31/12/2026`, `31/12/26`, with a time of day after a space or a `T`; without a zone it is UTC.
/// `Some(None)` is a blank cell, `None` an unreadable one: a date that cannot be read must not
/// become an open end.
pub fn parse_moment(cell: &str) -> Option<Option<Timestamp>> {
    let cell = cell.trim();
    if cell.is_empty() {
        return Some(None);
    }
    let (date, time) = cell
        .split_once(['T', 't', ' '])
        .unwrap_or((cell, "00:00:00"));
    // Day first, always: guessing the order from the column could read one file in two ways. A date
    // with the month first is a fault, and one fault refuses the file.
    let date = written::day(date, DayOrder::DayFirst).ok()?;
    let time = match time.trim() {
        time if time.len() == 5 => format!("{time}:00Z"),
        time if time.contains(['Z', 'z', '+', '-']) => time.to_owned(),
        time => format!("{time}Z"),
    };
    Timestamp::parse_rfc3339(&format!("{date}T{time}")).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_secs(1_763_812_800);

    fn population() -> PopulationId {
        PopulationId::parse("demandeurs").unwrap()
    }

    fn load(text: &str) -> Result<Caseloads, Vec<CaseloadFault>> {
        read_csv(text.as_bytes(), &population(), &|text| {
            if text.is_empty() {
                Err(CaseloadFaultKind::Person)
            } else {
                Ok(text.to_owned())
            }
        })
    }

    fn sees(caseloads: &Caseloads, account: &str, organisation: &str, person: &str) -> bool {
        let account = AccountId::parse(account).unwrap();
        let organisation = OrganisationId::parse(organisation).unwrap();
        let key = PersonKey::new(&population(), person);
        caseloads.find(&account, &organisation, key, NOON).is_some()
    }

    #[test]
    fn an_account_sees_its_own_persons_and_its_organisations() {
        let text =
            "account,organisation,person,reason\na1,,P1,suivi\n,o1,P2,accueil\na2,,P3,suivi\n";
        let caseloads = load(text).unwrap();
        assert!(sees(&caseloads, "a1", "o1", "P1"));
        assert!(sees(&caseloads, "a1", "o1", "P2"));
        assert!(!sees(&caseloads, "a1", "o1", "P3"));
        assert!(!sees(&caseloads, "a1", "o2", "P2"));
        assert_eq!(caseloads.relations(), 3);
    }

    #[test]
    fn a_relation_holds_between_its_dates_only() {
        let text = "account,person,from,until\n\
            a1,past,2020-01-01,2021-01-01\n\
            a1,now,2025-11-22,2025-11-23\n\
            a1,future,2030-01-01T00:00:00Z,\n\
            a1,twice,2020-01-01,2021-01-01\n\
            a1,twice,2025-01-01,\n";
        let caseloads = load(text).unwrap();
        let seen = ["past", "now", "future", "twice"].map(|p| sees(&caseloads, "a1", "o", p));
        assert_eq!(seen, [false, true, false, true]);
    }

    #[test]
    fn a_file_with_faults_lists_them_all_and_loads_nothing() {
        let text = "account,organisation,person,from,until\n\
            a1,,P1,,\n\
            ,,P1,,\n\
            a1,o1,P1,,\n\
            a1,,,,\n\
            a1,,P1,yesterday,\n\
            a1,,P1,2025-01-02,2025-01-01\n\
            a1,P1\n\
            a b,,P1,,\n";
        let faults = load(text).unwrap_err();
        let found: Vec<(u64, &str)> = faults.iter().map(|f| (f.line, f.kind.code())).collect();
        let expected = [
            (3, "holder"),
            (4, "holder"),
            (5, "person"),
            (6, "date"),
            (7, "period"),
            (8, "row"),
            (9, "holder"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn dates_are_read_as_spreadsheets_write_them() {
        let read = |text: &str| parse_moment(text).map(|at| at.map(|at| at.to_string()));
        for (text, expected) in [
            ("2026-12-31", "2026-12-31T00:00:00Z"),
            ("31/12/2026", "2026-12-31T00:00:00Z"),
            ("31/12/26", "2026-12-31T00:00:00Z"),
            ("1/2/2026", "2026-02-01T00:00:00Z"),
            ("31.12.2026", "2026-12-31T00:00:00Z"),
            ("2026-12-31 00:00:00", "2026-12-31T00:00:00Z"),
            ("31/12/2026 08:30", "2026-12-31T08:30:00Z"),
            ("2026-12-31T08:30:00+02:00", "2026-12-31T06:30:00Z"),
            ("2026-12-31T08:30:00Z", "2026-12-31T08:30:00Z"),
        ] {
            assert_eq!(read(text), Some(Some(expected.to_owned())), "{text}");
        }
        assert_eq!(read("  "), Some(None));
        for wrong in [
            "12/31/2026",
            "2026-02-30",
            "demain",
            "31/12",
            "2026-12-31 25:00",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_relation_is_wider_by_the_time_that_does_not_hold_yet() {
        let known = load(
            "account,organisation,person,reason,from,until\n\
             a1,,P1,suivi,,2026-01-01\na1,,P1,suite,2026-01-01,2026-06-01\n,o1,P2,suivi,,\n",
        )
        .unwrap();
        let keyer = PersonKeyer::new(&population());
        let held = |text: &str| {
            let cells: Vec<&str> = text.split(',').collect();
            let cells = CaseloadCells {
                account: cells[0],
                organisation: cells[1],
                person: cells[2],
                from: cells[3],
                until: cells[4],
                reason: "",
            };
            let row = CaseloadRowReader::default()
                .read(cells, &|text| Ok(text.to_owned()))
                .unwrap();
            match known.held(&row, &keyer, NOON) {
                RelationCoverage::Whole => "whole".to_owned(),
                RelationCoverage::Part(terms) => {
                    let dates = |term: &RelationTerm| {
                        let day = |at: Option<Timestamp>| {
                            at.map_or("-".to_owned(), |at| at.to_string()[..10].into())
                        };
                        format!("{}..{}", day(term.from), day(term.until))
                    };
                    terms.iter().map(dates).collect::<Vec<_>>().join(" ")
                }
            }
        };
        for (row, expected) in [
            ("a1,,P1,,2026-06-01", "whole"),
            ("a1,,P1,2026-02-01,2026-03-01", "whole"),
            ("a1,,P1,,2026-06-02", "-..2026-01-01 2026-01-01..2026-06-01"),
            ("a1,,P1,2026-05-01,", "2026-05-01..2026-06-01"),
            // A relation that has ended shows nobody.
            ("a1,,P9,,2025-01-01", "whole"),
            ("a1,,P9,,", ""),
            ("a2,,P1,,2025-12-01", ""),
            (",o1,P2,,", "whole"),
            (",o2,P2,,", ""),
            // The organisation's relations are not the account's own.
            ("a1,,P2,,", ""),
        ] {
            assert_eq!(held(row), expected, "{row}");
        }
    }

    #[test]
    fn a_file_without_its_columns_is_refused_at_line_one() {
        assert_eq!(
            load("a,b\n1,2\n").unwrap_err()[0].kind,
            CaseloadFaultKind::Header
        );
        assert_eq!(load("").unwrap_err()[0].kind, CaseloadFaultKind::Header);
    }

    proptest::proptest! {
        /// Compared moment by moment: a relation is `Whole` exactly when it shows nobody more.
        #[test]
        fn what_is_held_already_is_exactly_what_shows_nobody_more(
            known in proptest::collection::vec((proptest::option::of(0i64..12), proptest::option::of(0i64..12)), 0..4),
            wanted in (proptest::option::of(0i64..12), proptest::option::of(0i64..12)),
            now in 0i64..12,
        ) {
            let at = Timestamp::from_secs;
            let term = |(from, until): (Option<i64>, Option<i64>)| RelationTerm {
                reason: String::new(),
                from: from.map(at),
                until: until.map(at),
            };
            let row = |term: RelationTerm| CaseloadRow {
                holder: HolderName::Account(AccountId::parse("a1").unwrap()),
                person: "P1".to_owned(),
                term,
            };
            let mut builder = CaseloadBuilder::new(&population());
            known.iter().for_each(|one| builder.add(&row(term(*one))));
            let caseloads = builder.finish();
            let wanted = row(term(wanted));
            let held = |moment: i64| known.iter().any(|one| term(*one).holds(at(moment)));
            let shows_more = (now..20).any(|moment| wanted.term.holds(at(moment)) && !held(moment));
            match caseloads.held(&wanted, &PersonKeyer::new(&population()), at(now)) {
                RelationCoverage::Whole => proptest::prop_assert!(!shows_more),
                RelationCoverage::Part(terms) => {
                    proptest::prop_assert!(shows_more);
                    for moment in -2..20 {
                        let is_kept = terms.iter().any(|term| term.holds(at(moment)));
                        proptest::prop_assert_eq!(is_kept, held(moment) && wanted.term.holds(at(moment)));
                    }
                }
            }
        }
    }
}
