//! Alias tables: other identifiers of the same persons, one CSV for each portal.
//!
//! An identifier without a row counts as a person of its own, in nobody's caseload. A row therefore
//! always widens access: it counts two identifiers as one, or brings one into a caseload. New and
//! changed rows wait for a second person; a feed may add new persons and never merges.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use digue_app::alias_tables::AliasTable;
use digue_app::csv_file::{CsvColumn, CsvForm};
use digue_app::kept_files::FileDraft;
use digue_app::{App, OperationError};
use digue_gateway::{Hosts, Portal};
use digue_types::{Act, PersonRef, PortalId, Subject};

use crate::kept_table::{
    DraftRows, KeptTable, TableChange, TableComparison, TableJob, unavailable,
};
use crate::loads::{self, Allowance, GrowthCounter, LoadGrowth, LoadPreview, LoadTarget};

const KIND: usize = 0;
const IDENTIFIER: usize = 1;
const PERSON: usize = 2;

const FORM: CsvForm = CsvForm {
    prefix: "alias",
    columns: &[
        CsvColumn {
            name: "kind",
            aliases: &["kind", "type", "sorte"],
        },
        CsvColumn {
            name: "identifier",
            aliases: &["identifier", "identifiant"],
        },
        CsvColumn {
            name: "person",
            aliases: &["person", "personne"],
        },
    ],
    needed: &[KIND, IDENTIFIER, PERSON],
    one_of: &[],
};

/// Reads the rows of an alias file, with identifiers and persons in canonical form. Returns the
/// unused columns, too; otherwise the faults.
fn read_rows(csv: &[u8], map: &Portal) -> Result<(AliasTable, Vec<String>), OperationError> {
    let mut table = AliasTable::new();
    let ignored = FORM.each_row(csv, &mut |row| {
        let cells = [KIND, IDENTIFIER, PERSON].map(|column| row.cell(column));
        let read = read_row(map, cells);
        let (key, person) = read.map_err(|(column, key)| FORM.fault(row, column, key))?;
        match table.get(&key) {
            Some(known) if *known != person => {
                Err(FORM.fault(row, IDENTIFIER, "alias-fault-two-persons"))
            }
            Some(_) | None => {
                table.insert(key, person);
                Ok(())
            }
        }
    })?;
    Ok((table, ignored))
}

fn read_row(
    map: &Portal,
    [kind, identifier, person]: [&str; 3],
) -> Result<((String, String), PersonRef), (usize, &'static str)> {
    let known = map
        .kinds
        .iter()
        .find(|known| known.name == kind)
        .ok_or((KIND, "alias-fault-kind"))?;
    let identifier = known
        .canonical(identifier)
        .ok_or((IDENTIFIER, "alias-fault-identifier"))?;
    let person = map.kinds[map.primary]
        .canonical(person)
        .ok_or((PERSON, "alias-fault-person"))?;
    let person = PersonRef::parse(&person).map_err(|_| (PERSON, "alias-fault-person"))?;
    Ok(((kind.to_owned(), identifier.to_string()), person))
}

/// The alias table of one portal.
#[derive(Clone)]
pub(crate) struct AliasesTable(pub(crate) PortalId);

impl KeptTable for AliasesTable {
    type Rows = AliasTable;

    const FOLDER: &'static str = "aliases";
    const LOADED: Act = Act::AliasesLoaded;
    const DAMAGED: &'static str = "invalid-aliases-kept";
    const GRANTED: TableChange = TableChange::Add;

    fn all(hosts: &Hosts) -> Vec<Self> {
        let portals = hosts.portals();
        portals.map(|portal| Self(portal.id.clone())).collect()
    }

    fn target(&self) -> LoadTarget {
        LoadTarget::Aliases(self.0.clone())
    }

    fn file_name(&self) -> &str {
        self.0.as_str()
    }

    fn subject(&self) -> Subject {
        Subject::Portal(self.0.clone())
    }

    fn portal(&self, app: &App) -> Result<Arc<Portal>, OperationError> {
        let hosts = app.gateway().hosts();
        let portal = hosts.portal(&self.0).cloned();
        portal.ok_or(OperationError::NotFound("portal"))
    }

    /// Without a table every identifier is a person of its own.
    fn in_force(&self, app: &App) -> Option<Arc<AliasTable>> {
        app.aliases().in_force(&self.0)
    }

    async fn publish(
        &self,
        app: &App,
        rows: AliasTable,
        _: Option<u64>,
    ) -> Result<(), OperationError> {
        app.aliases().set(self.0.clone(), rows);
        Ok(())
    }

    fn read(csv: &[u8], portal: &Portal) -> Result<AliasTable, OperationError> {
        read_rows(csv, portal).map(|(table, _)| table)
    }

    fn compare(job: &TableJob<Self>) -> Result<TableComparison<AliasTable>, OperationError> {
        let (rows, ignored) = read_rows(&job.csv, &job.portal)?;
        must_not_lose(job, &rows)?;
        let named = Namings::of(job, &rows);
        let new: Vec<_> = rows
            .iter()
            .filter(|(key, person)| job.base.get(*key) != Some(*person))
            .collect();
        let alone = new
            .iter()
            .filter(|(key, person)| !named.merges(key, person));
        let alone = u64::try_from(alone.count()).unwrap_or(u64::MAX);
        let is_within = matches!(&job.allowance, Allowance::Feed(feed) if alone <= feed.left);
        let waits: HashSet<&(String, String)> = match &job.allowance {
            Allowance::All => HashSet::new(),
            Allowance::Nothing => new.iter().map(|(key, _)| *key).collect(),
            Allowance::Feed(_) => new
                .iter()
                .filter(|(key, person)| !is_within || named.merges(key, person))
                .map(|(key, _)| *key)
                .collect(),
        };
        let keyer = job.portal.keyer();
        // An alias has no holder, so that the sizes of organisations do not matter.
        let sizes = HashMap::new();
        let mut counter = GrowthCounter::new(&sizes);
        let mut later = AliasTable::new();
        // A changed row that waits leaves its identifier without any: as a person of its own, it
        // widens nothing.
        let mut table = match job.change {
            TableChange::Add => AliasTable::clone(&job.base),
            TableChange::Replace { .. } | TableChange::Remove => AliasTable::new(),
        };
        for (key, person) in &rows {
            if waits.contains(key) {
                counter.alias(keyer.key(person.as_str()), named.merges(key, person));
                later.insert(key.clone(), person.clone());
            } else {
                table.insert(key.clone(), person.clone());
            }
        }
        let growth = counter.finish();
        let later = write(&later, job.later(&FORM)?)?;
        Ok(TableComparison {
            next: write(&table, job.next(&FORM)?)?,
            rows: table,
            waiting: (growth.rows > 0).then_some((later, growth)),
            charged: if is_within { alone } else { 0 },
            ignored,
        })
    }

    fn preview(job: &TableJob<Self>) -> Result<LoadPreview, OperationError> {
        let (rows, _) = read_rows(&job.csv, &job.portal)?;
        let base = &job.base;
        let kept = base.keys().filter(|key| rows.contains_key(*key)).count();
        let is_new =
            |(key, person): &(&(String, String), &PersonRef)| base.get(*key) != Some(*person);
        let added = rows.iter().filter(is_new).count() as u64;
        Ok(LoadPreview {
            before: base.len() as u64,
            rows: rows.len() as u64,
            removed: (base.len() - kept) as u64,
            growth: LoadGrowth {
                rows: added,
                readings: added,
                ..LoadGrowth::default()
            },
            unknown: None,
        })
    }

    fn count(rows: &AliasTable) -> usize {
        rows.len()
    }

    fn entry(rows: &AliasTable, _: Option<u64>) -> (String, String) {
        (String::new(), format!("aliases:{}", rows.len()))
    }
}

/// Refuses a file that loses half of the rows or more (`loads::loses_half`).
fn must_not_lose(job: &TableJob<AliasesTable>, rows: &AliasTable) -> Result<(), OperationError> {
    let count = |table: &AliasTable| u64::try_from(table.len()).unwrap_or(u64::MAX);
    let loses = match job.change {
        TableChange::Replace { confirms_loss } => {
            !confirms_loss && loads::loses_half(count(&job.base), count(rows))
        }
        TableChange::Add | TableChange::Remove => rows.is_empty(),
    };
    if loses {
        return Err(OperationError::Invalid("invalid-load-shrinks"));
    }
    Ok(())
}

/// How many identifiers of each kind a person would have.
struct Namings<'j> {
    base: &'j AliasTable,
    counts: HashMap<(&'j str, &'j PersonRef), usize>,
}

impl<'j> Namings<'j> {
    /// Counted over the table as it would be, so that two new rows of one file merge, too.
    fn of(job: &'j TableJob<AliasesTable>, rows: &'j AliasTable) -> Self {
        let stays = |(key, _): &(&(String, String), &PersonRef)| {
            job.change == TableChange::Add && !rows.contains_key(*key)
        };
        let mut counts: HashMap<_, usize> = HashMap::new();
        for ((kind, _), person) in job.base.iter().filter(stays).chain(rows) {
            *counts.entry((kind.as_str(), person)).or_default() += 1;
        }
        Self {
            base: &job.base,
            counts,
        }
    }

    /// A row merges when it moves an identifier to another person, or gives a person a second
    /// identifier of one kind: budgets and caseloads would then count two persons as one.
    fn merges(&self, key: &(String, String), person: &PersonRef) -> bool {
        let count = self.counts.get(&(key.0.as_str(), person));
        self.base.contains_key(key) || count.is_some_and(|count| *count > 1)
    }
}

/// Writes a table sorted by its keys, so that equal tables have equal digests.
fn write(table: &AliasTable, mut out: DraftRows) -> Result<FileDraft, OperationError> {
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_unstable();
    for ((kind, identifier), person) in rows {
        out.push([kind, identifier, person.as_str()]);
    }
    out.finish_draft()
}

/// The alias table of a portal as its file has it, for commands that work without the store. Its
/// digest is therefore not verified.
pub fn kept_table(
    data_folder: &Path,
    portal: &Portal,
) -> Result<Option<AliasTable>, OperationError> {
    let name = format!("{}.csv", portal.id);
    match std::fs::read(data_folder.join(AliasesTable::FOLDER).join(name)) {
        Ok(csv) => AliasesTable::read(&csv, portal).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unavailable(error)),
    }
}
