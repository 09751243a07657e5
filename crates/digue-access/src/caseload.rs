//! Caseloads: which persons an account, or its whole organisation, may see, why, and until when.
//!
//! Ten million relations are sorted arrays of 128-bit person keys. A file loads whole or not at all.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::Arc;

use digue_types::person::PersonKeyer;
use digue_types::{AccountId, OrganisationId, PersonKey, PopulationId, Timestamp};

mod list;

use list::{List, Relation};

/// Faults reported for one file; a file with more is wrong as a whole.
const FAULTS_MAX: usize = 1000;

/// Why and when a relation holds.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Term {
    pub reason: String,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub until: Option<Timestamp>,
}

impl Term {
    fn holds(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// All caseloads of one population.
#[derive(Clone, Debug, Default)]
pub struct Caseloads {
    terms: Arc<Vec<Term>>,
    accounts: HashMap<AccountId, Arc<List>>,
    organisations: HashMap<OrganisationId, Arc<List>>,
}

impl Caseloads {
    /// The term under which `person` is in the caseload of the account or of its organisation.
    pub fn find(
        &self,
        account: &AccountId,
        organisation: &OrganisationId,
        person: PersonKey,
        now: Timestamp,
    ) -> Option<&Term> {
        self.holder(account, organisation).find(person, now)
    }

    /// The caseload of one account, its organisation's included, looked up once for many persons.
    pub fn holder(&self, account: &AccountId, organisation: &OrganisationId) -> Holder<'_> {
        let own = self.accounts.get(account).map(AsRef::as_ref);
        let shared = self.organisations.get(organisation).map(AsRef::as_ref);
        Holder { terms: &self.terms, lists: [own, shared] }
    }

    /// How many persons are in the caseload of each account.
    pub fn sizes(&self) -> impl Iterator<Item = (&AccountId, usize)> {
        self.accounts.iter().map(|(account, list)| (account, list.len()))
    }

    /// What an organisation and these accounts of its were given: how much of it holds now, and how
    /// much of that ends when.
    pub fn extent(&self, organisation: &OrganisationId, accounts: &[AccountId], now: Timestamp) -> Extent {
        let shared = self.organisations.get(organisation).into_iter();
        let own = accounts.iter().filter_map(|account| self.accounts.get(account));
        let mut extent = Extent::default();
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

    pub fn relations(&self) -> usize {
        let own: usize = self.accounts.values().map(|list| list.len()).sum();
        let shared: usize = self.organisations.values().map(|list| list.len()).sum();
        own + shared
    }
}

/// How much somebody was given, in relations of a person and a holder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    pub relations: usize,
    /// How many end at each moment.
    pub ends: BTreeMap<Timestamp, usize>,
}

/// What one account may see.
#[derive(Clone, Copy)]
pub struct Holder<'c> {
    terms: &'c [Term],
    lists: [Option<&'c List>; 2],
}

impl<'c> Holder<'c> {
    /// Makes `find` quicker for this many persons.
    pub fn expect(&self, persons: usize) {
        for list in self.lists.iter().flatten() {
            std::hint::black_box(list.read_ahead(persons));
        }
    }

    pub fn find(&self, person: PersonKey, now: Timestamp) -> Option<&'c Term> {
        self.lists.iter().flatten().find_map(|list| {
            let terms = list.terms_of(person).map(|number| &self.terms[number as usize]);
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
    /// A person who does not exist, planted so that reading them is evidence.
    Decoy,
    Date,
    /// The end is not after the beginning.
    Period,
    /// More faults than are worth listing.
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
            Self::Date => "date",
            Self::Period => "period",
            Self::TooMany => "too-many",
        }
    }
}

/// Turns the text of a person column into the canonical reference, or says why it cannot stand there.
pub type Canonical<'c> = &'c dyn Fn(&str) -> Result<String, CaseloadFaultKind>;

/// Reads a CSV of caseloads: columns `account`, `organisation`, `person`, and when given `reason`,
/// `from`, `until` (dates or RFC 3339 instants; a date means midnight UTC, `until` exclusive).
///
/// All of it, or the complete list of its faults.
pub fn read_csv(
    input: impl Read,
    population: &PopulationId,
    canonical: Canonical<'_>,
) -> Result<Caseloads, Vec<CaseloadFault>> {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(input);
    let columns = match reader.headers().map(Columns::locate) {
        Ok(Some(columns)) => columns,
        _ => {
            return Err(vec![CaseloadFault { line: 1, kind: CaseloadFaultKind::Header }]);
        }
    };
    let mut builder = Builder::new(population);
    let mut faults = Vec::new();
    let mut row = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        let kind = match reader.read_byte_record(&mut row) {
            Ok(false) => break,
            Ok(true) => builder.add(&columns, &row, canonical).err(),
            Err(_) => Some(CaseloadFaultKind::Row),
        };
        let Some(kind) = kind else { continue };
        let line = row.position().map_or(line, csv::Position::line);
        if faults.len() == FAULTS_MAX {
            faults.push(CaseloadFault { line, kind: CaseloadFaultKind::TooMany });
            break;
        }
        faults.push(CaseloadFault { line, kind });
    }
    if faults.is_empty() { Ok(builder.finish()) } else { Err(faults) }
}

struct Columns {
    account: Option<usize>,
    organisation: Option<usize>,
    person: usize,
    reason: Option<usize>,
    from: Option<usize>,
    until: Option<usize>,
}

impl Columns {
    fn locate(header: &csv::StringRecord) -> Option<Self> {
        let place =
            |name: &str| header.iter().position(|cell| cell.trim_start_matches('\u{feff}').trim() == name);
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
}

struct Builder {
    keyer: PersonKeyer,
    terms: Vec<Term>,
    term_ids: HashMap<[Box<[u8]>; 3], u32>,
    /// The last row's term: rows of one extraction share it.
    last_term: Option<([Box<[u8]>; 3], u32)>,
    accounts: HashMap<AccountId, Vec<Relation>>,
    organisations: HashMap<OrganisationId, Vec<Relation>>,
    last_account: Option<(AccountId, Vec<Relation>)>,
}

impl Builder {
    fn new(population: &PopulationId) -> Self {
        Self {
            keyer: PersonKeyer::new(population),
            terms: Vec::new(),
            term_ids: HashMap::new(),
            last_term: None,
            accounts: HashMap::new(),
            organisations: HashMap::new(),
            last_account: None,
        }
    }

    fn add(
        &mut self,
        columns: &Columns,
        row: &csv::ByteRecord,
        canonical: Canonical<'_>,
    ) -> Result<(), CaseloadFaultKind> {
        let cell = |place: Option<usize>| {
            place.and_then(|place| row.get(place)).map(<[u8]>::trim_ascii).unwrap_or_default()
        };
        let person = std::str::from_utf8(cell(Some(columns.person)))
            .map_err(|_| CaseloadFaultKind::Person)
            .and_then(canonical)?;
        let term = self.term([cell(columns.reason), cell(columns.from), cell(columns.until)])?;
        let relation = Relation { person: self.keyer.key(&person), term };
        let holder = |text| std::str::from_utf8(text).map_err(|_| CaseloadFaultKind::Holder);
        let (account, organisation) = (holder(cell(columns.account))?, holder(cell(columns.organisation))?);
        match (account.is_empty(), organisation.is_empty()) {
            (false, true) => self.push_account(account, relation),
            (true, false) => {
                let organisation =
                    OrganisationId::parse(organisation).map_err(|_| CaseloadFaultKind::Holder)?;
                self.organisations.entry(organisation).or_default().push(relation);
                Ok(())
            }
            _ => Err(CaseloadFaultKind::Holder),
        }
    }

    /// Rows come grouped by account in practice: the last list stays at hand.
    fn push_account(&mut self, account: &str, relation: Relation) -> Result<(), CaseloadFaultKind> {
        if let Some((last, list)) = &mut self.last_account
            && last.as_str() == account
        {
            list.push(relation);
            return Ok(());
        }
        let account = AccountId::parse(account).map_err(|_| CaseloadFaultKind::Holder)?;
        self.put_back();
        let mut list = self.accounts.remove(&account).unwrap_or_default();
        list.push(relation);
        self.last_account = Some((account, list));
        Ok(())
    }

    fn put_back(&mut self) {
        if let Some((account, list)) = self.last_account.take() {
            self.accounts.insert(account, list);
        }
    }

    fn term(&mut self, cells: [&[u8]; 3]) -> Result<u32, CaseloadFaultKind> {
        if let Some((last, id)) = &self.last_term
            && last.iter().zip(cells).all(|(a, b)| a.as_ref() == b)
        {
            return Ok(*id);
        }
        let key = cells.map(Box::from);
        let id = match self.term_ids.get(&key) {
            Some(id) => *id,
            None => {
                let term = Term {
                    reason: String::from_utf8_lossy(cells[0]).into_owned(),
                    from: parse_moment(cells[1])?,
                    until: parse_moment(cells[2])?,
                };
                if let (Some(from), Some(until)) = (term.from, term.until)
                    && until <= from
                {
                    return Err(CaseloadFaultKind::Period);
                }
                let id = u32::try_from(self.terms.len()).map_err(|_| CaseloadFaultKind::TooMany)?;
                self.terms.push(term);
                self.term_ids.insert(key.clone(), id);
                id
            }
        };
        self.last_term = Some((key, id));
        Ok(id)
    }

    fn finish(mut self) -> Caseloads {
        self.put_back();
        let sorted = |list: Vec<Relation>| Arc::new(List::new(list));
        Caseloads {
            terms: Arc::new(self.terms),
            accounts: self.accounts.into_iter().map(|(id, list)| (id, sorted(list))).collect(),
            organisations: self.organisations.into_iter().map(|(id, list)| (id, sorted(list))).collect(),
        }
    }
}

fn parse_moment(cell: &[u8]) -> Result<Option<Timestamp>, CaseloadFaultKind> {
    if cell.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(cell).map_err(|_| CaseloadFaultKind::Date)?;
    let instant = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse_rfc3339(&instant).map(Some).ok_or(CaseloadFaultKind::Date)
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
            if text.is_empty() { Err(CaseloadFaultKind::Person) } else { Ok(text.to_owned()) }
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
        let text = "account,organisation,person,reason\na1,,P1,suivi\n,o1,P2,accueil\na2,,P3,suivi\n";
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
    fn a_file_without_its_columns_is_refused_at_line_one() {
        assert_eq!(load("a,b\n1,2\n").unwrap_err()[0].kind, CaseloadFaultKind::Header);
        assert_eq!(load("").unwrap_err()[0].kind, CaseloadFaultKind::Header);
    }
}
