//! The tables of caseloads: which account or organisation reads whose records, and until when.
//!
//! A row widens, and so does a longer period of one that is in force.

use std::collections::HashSet;
use std::sync::Arc;

use digue_access::caseload::{
    CaseloadBuilder, CaseloadCells, CaseloadFault, CaseloadFaultKind, CaseloadRow,
    CaseloadRowReader, Caseloads, HolderName, RelationCoverage, RelationTerm,
};
use digue_app::canonical::portal_of;
use digue_app::csv_file::{CsvColumn, CsvForm};
use digue_app::{App, LineFault, OperationError};
use digue_gateway::{Hosts, Portal};
use digue_types::person::PersonKeyer;
use digue_types::{AccountId, Act, PopulationId, Subject, Timestamp};

use crate::approvals::AgreedRelation;
use crate::kept_table::{
    self, KeptTable, RowsWriter, TableChange, TableComparison, TableJob, populations,
};
use crate::loads::{self, Allowance, GrowthCounter, LoadFeed, LoadPreview, LoadTarget};

const ACCOUNT: usize = 0;
const ORGANISATION: usize = 1;
const PERSON: usize = 2;
const REASON: usize = 3;
const FROM: usize = 4;
const UNTIL: usize = 5;

const FORM: CsvForm = CsvForm {
    prefix: "caseload",
    columns: &[
        CsvColumn {
            name: "account",
            aliases: &["account", "compte"],
        },
        CsvColumn {
            name: "organisation",
            aliases: &["organisation", "organization", "organisme"],
        },
        CsvColumn {
            name: "person",
            aliases: &["person", "personne"],
        },
        CsvColumn {
            name: "reason",
            aliases: &["reason", "motif"],
        },
        CsvColumn {
            name: "from",
            aliases: &["from", "du", "début", "debut"],
        },
        CsvColumn {
            name: "until",
            aliases: &["until", "au", "fin"],
        },
    ],
    needed: &[PERSON],
    one_of: &[ACCOUNT, ORGANISATION],
};

/// Adds an approved relation to the caseload in force.
pub(crate) async fn add_one(
    app: &App,
    addition: &AgreedRelation,
    reason: &str,
) -> Result<(), OperationError> {
    let mut rows = RowsWriter::new(Vec::new(), &FORM)?;
    write(&mut rows, &row_of(addition, reason));
    let change = (rows.finish()?, TableChange::Add);
    let table = CaseloadTable(addition.population.clone());
    let _one = loads::hold(app).await;
    kept_table::load_agreed(app, &table, change).await
}

fn row_of(addition: &AgreedRelation, reason: &str) -> CaseloadRow {
    let holder = match &addition.account {
        Some(account) => HolderName::Account(account.clone()),
        None => HolderName::Organisation(addition.organisation.clone()),
    };
    let term = RelationTerm {
        reason: reason.to_owned(),
        from: None,
        until: addition.until,
    };
    CaseloadRow {
        holder,
        person: addition.person.clone(),
        term,
    }
}

/// The caseloads of one population.
#[derive(Clone)]
pub(crate) struct CaseloadTable(pub(crate) PopulationId);

impl KeptTable for CaseloadTable {
    type Rows = Caseloads;

    const FOLDER: &'static str = "caseloads";
    const LOADED: Act = Act::CaseloadLoaded;
    const DAMAGED: &'static str = "invalid-caseload-kept";
    const GRANTED: TableChange = TableChange::Add;

    fn all(hosts: &Hosts) -> Vec<Self> {
        populations(hosts).map(Self).collect()
    }

    fn target(&self) -> LoadTarget {
        LoadTarget::Caseload(self.0.clone())
    }

    fn file_name(&self) -> &str {
        self.0.as_str()
    }

    fn subject(&self) -> Subject {
        Subject::Population(self.0.clone())
    }

    fn portal(&self, app: &App) -> Result<Arc<Portal>, OperationError> {
        portal_of(app, &self.0)
    }

    fn in_force(&self, app: &App) -> Option<Arc<Caseloads>> {
        app.gateway().rules().caseloads.get(&self.0).cloned()
    }

    async fn publish(
        &self,
        app: &App,
        rows: Caseloads,
        version: Option<u64>,
    ) -> Result<(), OperationError> {
        if let Some(version) = version {
            app.store().set_caseload_version(version).await?;
        }
        let mut rules = app.rules().await;
        rules.caseloads.insert(self.0.clone(), Arc::new(rows));
        rules.caseload_version = version.map_or(rules.caseload_version, |new| {
            rules.caseload_version.max(new)
        });
        app.publish(&rules);
        Ok(())
    }

    fn next_version(&self, app: &App) -> Option<u64> {
        Some(app.gateway().rules().caseload_version + 1)
    }

    fn read(csv: &[u8], portal: &Portal) -> Result<Caseloads, OperationError> {
        let mut builder = CaseloadBuilder::new(&portal.population);
        // No check for decoys: one planted since must not disable the caseload, and a reading of it
        // is evidence all the same.
        each_row(csv, portal, &HashSet::new(), &mut |row| builder.add(row))?;
        Ok(builder.finish())
    }

    fn compare(job: &TableJob<Self>) -> Result<TableComparison<Caseloads>, OperationError> {
        let keyer = job.portal.keyer();
        // A pass of its own: whether a feed stays within its bound is known only after the last
        // row.
        let (ignored, total, readings) = count_growth(job, &keyer)?;
        must_not_lose(job, total)?;
        // A feed beyond its bound adds nothing at all: taking rows up to the bound would leave a
        // caseload that nobody wrote.
        let is_within = match &job.allowance {
            Allowance::All => true,
            Allowance::Nothing => false,
            Allowance::Feed(feed) => readings <= feed.left,
        };
        let is_own = |row: &CaseloadRow| feed(job).is_some_and(|feed| feed.is_own(&row.holder));
        let mut builder = CaseloadBuilder::new(&job.portal.population);
        let (mut next, mut later) = (job.next(&FORM)?, job.later(&FORM)?);
        let mut stay = |row: &CaseloadRow| {
            builder.add(row);
            write(&mut next, row);
        };
        let mut counter = GrowthCounter::new(&job.sizes);
        let adds = job.change == TableChange::Add;
        if adds && !job.kept.is_empty() {
            each_row(&job.kept, &job.portal, &HashSet::new(), &mut stay)?;
        }
        each_row(&job.csv, &job.portal, &job.decoys, &mut |row| {
            match job.base.held(row, &keyer, job.now) {
                RelationCoverage::Whole if adds => {}
                RelationCoverage::Whole => stay(row),
                RelationCoverage::Part(_) if is_within && !is_own(row) => stay(row),
                // The whole row waits, and the parts of its period that are in force already stay.
                // With `Add` they are in the kept file, which was copied above.
                RelationCoverage::Part(terms) => {
                    count(&mut counter, row, &keyer);
                    write(&mut later, row);
                    for term in terms.into_iter().filter(|_| !adds) {
                        let row = row.clone();
                        stay(&CaseloadRow { term, ..row });
                    }
                }
            }
        })?;
        let growth = counter.finish();
        let later = later.finish_draft()?;
        Ok(TableComparison {
            rows: builder.finish(),
            next: next.finish_draft()?,
            waiting: (growth.rows > 0).then_some((later, growth)),
            charged: if is_within { readings } else { 0 },
            ignored,
        })
    }

    fn preview(job: &TableJob<Self>) -> Result<LoadPreview, OperationError> {
        let keyer = job.portal.keyer();
        let mut counter = GrowthCounter::new(&job.sizes);
        // Built anew, so that a relation that the file has twice stays one.
        let mut stays = CaseloadBuilder::new(&job.portal.population);
        let mut rows = 0;
        each_row(&job.csv, &job.portal, &job.decoys, &mut |row| {
            rows += 1;
            match job.base.held(row, &keyer, job.now) {
                RelationCoverage::Whole => stays.add(row),
                RelationCoverage::Part(_) => count(&mut counter, row, &keyer),
            }
        })?;
        // Without those that have ended: a file that leaves them out loses nothing.
        let lasting = |caseloads: &Caseloads| caseloads.lasting(job.now) as u64;
        let before = lasting(&job.base);
        Ok(LoadPreview {
            before,
            rows,
            removed: before.saturating_sub(lasting(&stays.finish())),
            growth: counter.finish(),
            unknown: None,
        })
    }

    fn count(rows: &Caseloads) -> usize {
        rows.relations()
    }

    fn entry(rows: &Caseloads, version: Option<u64>) -> (String, String) {
        let version = version.unwrap_or_default();
        (
            format!("version:{}", version.saturating_sub(1)),
            format!("version:{version} relations:{}", rows.relations()),
        )
    }

    fn gives_to(
        &self,
        app: &App,
        portal: &Portal,
        csv: &[u8],
        account: &AccountId,
    ) -> Result<bool, OperationError> {
        let rules = app.gateway().rules();
        let organisation = rules
            .directory
            .find(account)
            .map(|record| record.organisation.clone());
        let mut is_given = false;
        // Decoys were looked for when the load was made.
        each_row(csv, portal, &HashSet::new(), &mut |row| {
            is_given |= match &row.holder {
                HolderName::Account(holder) => holder == account,
                HolderName::Organisation(holder) => Some(holder) == organisation.as_ref(),
            };
        })?;
        Ok(is_given)
    }
}

fn feed(job: &TableJob<CaseloadTable>) -> Option<&LoadFeed> {
    match &job.allowance {
        Allowance::Feed(feed) => Some(feed),
        Allowance::All | Allowance::Nothing => None,
    }
}

fn count(counter: &mut GrowthCounter<'_>, row: &CaseloadRow, keyer: &PersonKeyer) {
    let ends = row.term.until.is_some();
    counter.relation(&row.holder, keyer.key(&row.person), ends);
}

/// The unused columns, the number of rows, and the readings that they give beyond what is in force,
/// to others than the feed's own holder.
fn count_growth(
    job: &TableJob<CaseloadTable>,
    keyer: &PersonKeyer,
) -> Result<(Vec<String>, u64, u64), OperationError> {
    let mut total = 0;
    let mut counter = GrowthCounter::new(&job.sizes);
    let ignored = each_row(&job.csv, &job.portal, &job.decoys, &mut |row| {
        total += 1;
        let is_own = feed(job).is_some_and(|feed| feed.is_own(&row.holder));
        let coverage = job.base.held(row, keyer, job.now);
        if !is_own && matches!(coverage, RelationCoverage::Part(_)) {
            count(&mut counter, row, keyer);
        }
    })?;
    Ok((ignored, total, counter.finish().readings))
}

/// Refuses a file that loses half of the relations or more (`loads::loses_half`).
fn must_not_lose(job: &TableJob<CaseloadTable>, total: u64) -> Result<(), OperationError> {
    let before = u64::try_from(job.base.relations()).unwrap_or(u64::MAX);
    match job.change {
        TableChange::Replace {
            confirms_loss: false,
        } if loads::loses_half(before, total) => {
            Err(OperationError::Invalid("invalid-load-shrinks"))
        }
        TableChange::Add if total == 0 => Err(OperationError::Invalid("invalid-load-empty")),
        TableChange::Replace { .. } | TableChange::Add | TableChange::Remove => Ok(()),
    }
}

/// Calls `take` with each relation of a file. Returns the unused columns, or the faults.
fn each_row(
    csv: &[u8],
    portal: &Portal,
    decoys: &HashSet<String>,
    take: &mut dyn FnMut(&CaseloadRow),
) -> Result<Vec<String>, OperationError> {
    let primary = &portal.kinds[portal.primary];
    let canonical = |text: &str| {
        let person = primary
            .canonical(text)
            .map(String::from)
            .ok_or(CaseloadFaultKind::Person)?;
        if decoys.contains(&person) {
            Err(CaseloadFaultKind::Decoy)
        } else {
            Ok(person)
        }
    };
    let mut rows = CaseloadRowReader::default();
    FORM.each_row(csv, &mut |row| {
        let cells = CaseloadCells {
            account: row.cell(ACCOUNT),
            organisation: row.cell(ORGANISATION),
            person: row.cell(PERSON),
            reason: row.cell(REASON),
            from: row.cell(FROM),
            until: row.cell(UNTIL),
        };
        let read = rows.read(cells, &canonical).map_err(|kind| {
            LineFault::from(CaseloadFault {
                line: u64::try_from(row.line).unwrap_or(u64::MAX),
                kind,
            })
        })?;
        take(&read);
        Ok(())
    })
}

/// Writes a relation with its canonical person and full timestamps.
fn write<W: std::io::Write>(out: &mut RowsWriter<W>, row: &CaseloadRow) {
    let (account, organisation) = match &row.holder {
        HolderName::Account(account) => (account.as_str(), ""),
        HolderName::Organisation(organisation) => ("", organisation.as_str()),
    };
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let (from, until) = (moment(row.term.from), moment(row.term.until));
    let term = &row.term;
    out.push([
        account,
        organisation,
        &row.person,
        &term.reason,
        &from,
        &until,
    ]);
}
