//! Loading caseloads: whole files, all or nothing. Rows that widen no access are in force at once;
//! the rest waits for a second person, from every sender and by every way (docs/decisions/0008).
//!
//! Loads are serialised by `LoadLock`. Files are read, compared and written without the lock of the
//! rules, so that a gate that closes does not wait for them.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use digue_access::caseload::{
    CaseloadBuilder, CaseloadCells, CaseloadFault, CaseloadFaultKind, CaseloadRow,
    CaseloadRowReader, Caseloads, HolderName, RelationCoverage,
};
use digue_app::canonical::portal_of;
use digue_app::csv_file::{CsvColumn, CsvFile, PlacedFault};
use digue_app::kept_files::{FileDraft, FileDraftWriter, KeptFile};
use digue_app::{ActDetails, Actor, App, LineFault, OperationError};
use digue_gateway::Portal;
use digue_types::person::PersonKeyer;
use digue_types::{AccountId, Act, OrganisationId, PopulationId, Subject, Timestamp};

use crate::approvals::{self, AgreedRelation};
use crate::loads::{
    self, Allowance, GrowthCounter, LoadGrowth, LoadPreview, LoadTarget, WaitingLoad,
};

/// The result of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadOutcome {
    /// In force now.
    pub relations: usize,
    pub version: u64,
    /// The part that waits for a second person: the id of the request, and how much access it would
    /// add.
    pub waiting: Option<(String, LoadGrowth)>,
    /// Columns of the file that are not used.
    pub ignored: Vec<String>,
}

/// What a load does with the relations in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadMode {
    /// `confirms_loss`: the sender accepts that half of the rows, fewer or none remain.
    Replace {
        confirms_loss: bool,
    },
    Add,
}

/// Loads a CSV into the caseloads of a population.
pub async fn load(
    app: &App,
    actor: &Actor,
    population: &PopulationId,
    csv: Vec<u8>,
    mode: LoadMode,
) -> Result<LoadOutcome, OperationError> {
    actor.must_load()?;
    let _one = loads::hold(app).await;
    let allowance = loads::allowance(app, actor, &LoadTarget::Caseload(population.clone())).await?;
    load_judged(app, actor, population, csv, mode, allowance).await
}

/// What a CSV would change that replaces the caseloads of a population. Nothing is loaded.
///
/// # Errors
/// `Faults` for a file that `load` would refuse.
pub async fn preview(
    app: &App,
    actor: &Actor,
    population: &PopulationId,
    csv: Vec<u8>,
) -> Result<LoadPreview, OperationError> {
    actor.must_load()?;
    let mode = LoadMode::Replace {
        confirms_loss: true,
    };
    let job = CaseloadJob::new(app, population, csv, mode, Allowance::Nothing).await?;
    tokio::task::spawn_blocking(move || job.preview())
        .await
        .map_err(unavailable)?
}

/// `load`, with `LoadLock` held by the caller and the allowance decided.
async fn load_judged(
    app: &App,
    actor: &Actor,
    population: &PopulationId,
    csv: Vec<u8>,
    mode: LoadMode,
    allowance: Allowance,
) -> Result<LoadOutcome, OperationError> {
    let target = LoadTarget::Caseload(population.clone());
    let job = CaseloadJob::new(app, population, csv, mode, allowance).await?;
    let feed = job.feed();
    let prepared = job.run().await?;
    let rules = app.gateway().rules();
    // Only a load changes the version, and `LoadLock` is held: it is still the last one below.
    let (before, version) = (rules.caseload_version, rules.caseload_version + 1);
    drop(rules);
    let replaced = match mode {
        LoadMode::Replace { .. } => version,
        LoadMode::Add => loads::last_replaced(app, &target).await?,
    };
    let waiting = match prepared.waiting {
        Some((draft, growth)) => {
            let load =
                // The version that was replaced last: additions in between do not make the waiting
                // part out of date.
                WaitingLoad { target: target.clone(), base: replaced, digest: draft.digest.clone(), growth };
            Some(ask(app, actor, load, draft, &waiting_file(app, population)).await?)
        }
        None => None,
    };
    let relations = prepared.caseloads.relations();
    let after = format!(
        "version:{version} relations:{relations} sha256:{}",
        prepared.next.digest
    );
    let waits = waiting.as_ref().map_or(String::new(), |(id, growth)| {
        format!(" {id} {}", growth.line())
    });
    let details = ActDetails {
        subject: Subject::Population(population.clone()),
        before: format!("version:{before}"),
        after: after + &waits,
        ..ActDetails::default()
    };
    // The feed is charged first: if a later step fails, allowance is lost. The other order could
    // let a feed add more than its bound.
    if let Some(feed) = feed.filter(|_| prepared.added.readings > 0) {
        feed.charge(app, prepared.added.readings).await?;
    }
    // Journal, file, version, then memory: a crash in between leaves the wider state journalled,
    // and the next start reads the file.
    app.write_down(actor, Act::CaseloadLoaded, details).await?;
    kept(app, population).put(app, prepared.next).await?;
    app.store().set_caseload_version(version).await?;
    if matches!(mode, LoadMode::Replace { .. }) {
        loads::set_replaced(app, &target, version).await?;
    }
    publish(app, population, prepared.caseloads, version).await;
    Ok(LoadOutcome {
        relations,
        version,
        waiting,
        ignored: prepared.ignored,
    })
}

/// Stores the waiting rows beside the files in force, and requests approval.
pub(crate) async fn ask(
    app: &App,
    actor: &Actor,
    load: WaitingLoad,
    draft: FileDraft,
    folder: &Path,
) -> Result<(String, LoadGrowth), OperationError> {
    // A program cannot give a fresh proof of identity. Its rows may still wait: nothing is in force
    // until a person approves.
    if !actor.is_program() {
        actor.must_be_fresh(app)?;
    }
    // Under the name of its digest: the request names exactly these rows, and another load cannot
    // overwrite them.
    draft
        .rename(folder.join(format!("{}.csv", load.digest)))
        .await?;
    let growth = load.growth.clone();
    let id = approvals::ask_for_load(app, actor, load).await?;
    Ok((id, growth))
}

/// Puts caseloads in force. Only this step holds the lock of the rules.
async fn publish(app: &App, population: &PopulationId, caseloads: Caseloads, version: u64) {
    let mut rules = app.rules().await;
    // `load_kept` passes version 0: a file that is read back is no new version.
    rules
        .caseloads
        .insert(population.clone(), Arc::new(caseloads));
    rules.caseload_version = rules.caseload_version.max(version);
    app.publish(&rules);
    drop(rules);
    app.not_taken()
        .clear(&LoadTarget::Caseload(population.clone()).name());
}

/// Adds an approved relation to the caseload in force.
pub(crate) async fn add_one(
    app: &App,
    addition: &AgreedRelation,
    reason: &str,
) -> Result<(), OperationError> {
    let mut rows = RowWriter::new(Vec::new()).map_err(unavailable)?;
    rows.write(&row_of(addition, reason)).map_err(unavailable)?;
    let csv = rows.finish().map_err(unavailable)?;
    let _one = loads::hold(app).await;
    add_all(app, &addition.population, csv).await
}

fn holder_of(addition: &AgreedRelation) -> HolderName {
    match &addition.account {
        Some(account) => HolderName::Account(account.clone()),
        None => HolderName::Organisation(addition.organisation.clone()),
    }
}

fn row_of(addition: &AgreedRelation, reason: &str) -> CaseloadRow {
    let term = digue_access::caseload::RelationTerm {
        reason: reason.to_owned(),
        from: None,
        until: addition.until,
    };
    CaseloadRow {
        holder: holder_of(addition),
        person: addition.person.clone(),
        term,
    }
}

/// Adds rows that were approved. To be called while loads are held.
async fn add_all(app: &App, population: &PopulationId, csv: Vec<u8>) -> Result<(), OperationError> {
    let (digue, mode) = (Actor::digue(), LoadMode::Add);
    load_judged(app, &digue, population, csv, mode, Allowance::All)
        .await
        .map(drop)
}

/// Loads the waiting rows, once a second person has approved them.
pub(crate) async fn load_granted(app: &App, load: &WaitingLoad) -> Result<(), OperationError> {
    let LoadTarget::Caseload(population) = &load.target else {
        return Err(OperationError::NotFound("population"));
    };
    let _one = loads::hold(app).await;
    let csv = waiting_rows(app, load, &waiting_file(app, population)).await?;
    // Added even where the load replaced the file: its other rows are in force since then.
    add_all(app, population, csv).await
}

/// The waiting rows, if they are the ones that the request describes and the file in force was not
/// replaced since. Otherwise an old approval could bring back relations that a later file removed.
pub(crate) async fn waiting_rows(
    app: &App,
    load: &WaitingLoad,
    folder: &Path,
) -> Result<Vec<u8>, OperationError> {
    if loads::last_replaced(app, &load.target).await? != load.base {
        return Err(OperationError::Invalid("invalid-load-replaced"));
    }
    let path = folder.join(format!("{}.csv", load.digest));
    let read = tokio::task::spawn_blocking(move || std::fs::read(path));
    let csv = read.await.map_err(unavailable)?.map_err(unavailable)?;
    let digest = digue_app::files::hex(ring::digest::digest(&ring::digest::SHA256, &csv).as_ref());
    // Compared when they are read back: the file lies on disk for up to a day, and the approver saw
    // only its digest.
    if digest == load.digest {
        Ok(csv)
    } else {
        Err(OperationError::Invalid("invalid-load-changed"))
    }
}

/// True when the load would give a relation to the account that approves it, or to its
/// organisation.
pub(crate) async fn gives_to(
    app: &App,
    load: &WaitingLoad,
    account: &AccountId,
) -> Result<bool, OperationError> {
    let LoadTarget::Caseload(population) = &load.target else {
        return Ok(false);
    };
    let csv = waiting_rows(app, load, &waiting_file(app, population)).await?;
    let portal = portal_of(app, population)?;
    let rules = app.gateway().rules();
    let organisation = rules
        .directory
        .find(account)
        .map(|record| record.organisation.clone());
    let mut is_given = false;
    // Decoys were looked for when the load was made.
    each_row(&csv, &portal, &HashSet::new(), &mut |row| {
        is_given |= match &row.holder {
            HolderName::Account(holder) => holder == account,
            HolderName::Organisation(holder) => Some(holder) == organisation.as_ref(),
        };
    })?;
    Ok(is_given)
}

const ACCOUNT: usize = 0;
const ORGANISATION: usize = 1;
const PERSON: usize = 2;
const REASON: usize = 3;
const FROM: usize = 4;
const UNTIL: usize = 5;

const COLUMNS: [CsvColumn; 6] = [
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
];

/// The most faults that are listed; reading stops there.
const FAULTS_MAX: usize = 1000;

/// Calls `take` with each relation of a file. Returns the unused columns, or the faults.
fn each_row(
    csv: &[u8],
    portal: &Portal,
    decoys: &HashSet<String>,
    take: &mut dyn FnMut(&CaseloadRow),
) -> Result<Vec<String>, OperationError> {
    let line_fault = |fault: PlacedFault| fault.line_fault("caseload");
    let file = CsvFile::open(csv, &COLUMNS, &[PERSON])
        .map_err(|fault| OperationError::Faults(vec![line_fault(fault)]))?;
    if !file.has(ACCOUNT) && !file.has(ORGANISATION) {
        return Err(OperationError::Faults(vec![LineFault::new(
            1,
            "caseload-fault-header",
        )]));
    }
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
    let mut faults = Vec::new();
    file.each(|read| {
        let fault = match read {
            Err(fault) => line_fault(fault),
            Ok(row) => {
                let cells = CaseloadCells {
                    account: row.cell(ACCOUNT),
                    organisation: row.cell(ORGANISATION),
                    person: row.cell(PERSON),
                    reason: row.cell(REASON),
                    from: row.cell(FROM),
                    until: row.cell(UNTIL),
                };
                match rows.read(cells, &canonical) {
                    Ok(row) => {
                        take(&row);
                        return true;
                    }
                    Err(kind) => LineFault::from(CaseloadFault {
                        line: u64::try_from(row.line).unwrap_or(u64::MAX),
                        kind,
                    }),
                }
            }
        };
        faults.push(fault);
        if faults.len() == FAULTS_MAX {
            faults.push(LineFault::new(
                faults[FAULTS_MAX - 1].line,
                "caseload-fault-too-many",
            ));
        }
        faults.len() < FAULTS_MAX
    });
    if faults.is_empty() {
        Ok(file.ignored)
    } else {
        Err(OperationError::Faults(faults))
    }
}

/// Writes relations in Digue's own form: UTF-8, commas, canonical persons, full timestamps.
struct RowWriter<W: std::io::Write>(csv::Writer<W>);

impl<W: std::io::Write> RowWriter<W> {
    fn new(out: W) -> csv::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS.map(|column| column.name))?;
        Ok(Self(writer))
    }

    fn write(&mut self, row: &CaseloadRow) -> csv::Result<()> {
        let (account, organisation) = match &row.holder {
            HolderName::Account(account) => (account.as_str(), ""),
            HolderName::Organisation(organisation) => ("", organisation.as_str()),
        };
        let moment = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let (from, until) = (moment(row.term.from), moment(row.term.until));
        self.0.write_record([
            account,
            organisation,
            &row.person,
            &row.term.reason,
            &from,
            &until,
        ])
    }

    fn finish(mut self) -> Result<W, String> {
        self.0.flush().map_err(|error| error.to_string())?;
        self.0.into_inner().map_err(|error| error.to_string())
    }
}

/// The reading and comparison of a file, on a blocking thread: a national file takes seconds.
struct CaseloadJob {
    portal: Arc<Portal>,
    decoys: HashSet<String>,
    csv: Vec<u8>,
    mode: LoadMode,
    allowance: Allowance,
    /// The file in force; empty when none was ever loaded.
    kept: Vec<u8>,
    base: Arc<Caseloads>,
    sizes: std::collections::HashMap<OrganisationId, u64>,
    now: Timestamp,
    draft: PathBuf,
}

/// The result of the comparison.
struct PreparedLoad {
    caseloads: Caseloads,
    next: FileDraft,
    waiting: Option<(FileDraft, LoadGrowth)>,
    /// The growth that a feed adds without approval.
    added: LoadGrowth,
    ignored: Vec<String>,
}

impl CaseloadJob {
    async fn new(
        app: &App,
        population: &PopulationId,
        csv: Vec<u8>,
        mode: LoadMode,
        allowance: Allowance,
    ) -> Result<Self, OperationError> {
        let file = kept(app, population);
        let kept = match file.read(app).await? {
            Ok(kept) => kept.unwrap_or_default(),
            // The damaged file is about to be replaced: nothing of it is needed.
            Err(_) if matches!(mode, LoadMode::Replace { .. }) => Vec::new(),
            Err(why) => {
                app.not_taken().note(&file.name, why);
                return Err(OperationError::Invalid("invalid-caseload-kept"));
            }
        };
        let rules = app.gateway().rules();
        Ok(Self {
            portal: portal_of(app, population)?,
            decoys: app.monitor().decoys_of(population),
            csv,
            mode,
            allowance,
            kept,
            base: rules.caseloads.get(population).cloned().unwrap_or_default(),
            sizes: loads::sizes(&rules),
            now: app.clock().now(),
            draft: file.path,
        })
    }

    fn feed(&self) -> Option<loads::LoadFeed> {
        match &self.allowance {
            Allowance::Feed(feed) => Some(feed.clone()),
            Allowance::All | Allowance::Nothing => None,
        }
    }

    async fn run(self) -> Result<PreparedLoad, OperationError> {
        tokio::task::spawn_blocking(move || self.prepare())
            .await
            .map_err(unavailable)?
    }

    fn prepare(self) -> Result<PreparedLoad, OperationError> {
        let keyer = self.portal.keyer();
        // A pass of its own: whether a feed stays within its bound is known only after the last
        // row.
        let (ignored, total, added) = self.count(&keyer)?;
        self.must_not_lose(total)?;
        // A feed beyond its bound adds nothing at all: taking rows up to the bound would leave a
        // caseload that nobody wrote.
        let is_within = match &self.allowance {
            Allowance::All => true,
            Allowance::Nothing => false,
            Allowance::Feed(feed) => added.readings <= feed.left,
        };
        let may = |row: &CaseloadRow| match &self.allowance {
            Allowance::All => true,
            Allowance::Nothing => false,
            Allowance::Feed(feed) => is_within && !feed.is_own(&row.holder),
        };
        let mut next =
            CaseloadOutput::create(&self.portal.population, self.draft.with_extension("draft"))?;
        let mut later =
            CaseloadOutput::create(&self.portal.population, self.draft.with_extension("later"))?;
        let mut counter = GrowthCounter::new(&self.sizes);
        // Decoys are not checked in the file in force: one may have been planted since it was
        // loaded.
        if self.mode == LoadMode::Add && !self.kept.is_empty() {
            each_row(&self.kept, &self.portal, &HashSet::new(), &mut |row| {
                next.push(row)
            })?;
        }
        each_row(&self.csv, &self.portal, &self.decoys, &mut |row| match self
            .base
            .held(row, &keyer, self.now)
        {
            RelationCoverage::Whole if self.mode == LoadMode::Add => {}
            RelationCoverage::Whole => next.push(row),
            RelationCoverage::Part(_) if may(row) => next.push(row),
            // The whole row waits, and the parts of its period that are in force already stay. With
            // `Add` they are in the kept file, which was copied above.
            RelationCoverage::Part(terms) => {
                counter.relation(
                    &row.holder,
                    keyer.key(&row.person),
                    row.term.until.is_some(),
                );
                later.push(row);
                let terms = terms.into_iter().filter(|_| self.mode != LoadMode::Add);
                terms.for_each(|term| {
                    next.push(&CaseloadRow {
                        term,
                        ..row.clone()
                    })
                });
            }
        })?;
        let growth = counter.finish();
        let (next, caseloads) = next.finish()?;
        let (later, _) = later.finish()?;
        let waiting = (growth.rows > 0).then_some((later, growth));
        let added = if is_within {
            added
        } else {
            LoadGrowth::default()
        };
        Ok(PreparedLoad {
            caseloads,
            next,
            waiting,
            added,
            ignored,
        })
    }

    fn preview(self) -> Result<LoadPreview, OperationError> {
        let keyer = self.portal.keyer();
        let mut counter = GrowthCounter::new(&self.sizes);
        // Built anew, so that a relation that the file has twice stays one.
        let mut stays = CaseloadBuilder::new(&self.portal.population);
        let mut rows = 0;
        each_row(&self.csv, &self.portal, &self.decoys, &mut |row| {
            rows += 1;
            let ends = row.term.until.is_some();
            match self.base.held(row, &keyer, self.now) {
                RelationCoverage::Whole => stays.add(row),
                RelationCoverage::Part(_) => {
                    counter.relation(&row.holder, keyer.key(&row.person), ends);
                }
            }
        })?;
        // Without those that have ended: a file that leaves them out loses nothing.
        let count = |caseloads: &Caseloads| caseloads.lasting(self.now) as u64;
        let before = count(&self.base);
        Ok(LoadPreview {
            before,
            rows,
            removed: before.saturating_sub(count(&stays.finish())),
            growth: counter.finish(),
        })
    }

    /// The unused columns, the number of rows, and the growth, without rows about the sender
    /// itself.
    fn count(&self, keyer: &PersonKeyer) -> Result<(Vec<String>, u64, LoadGrowth), OperationError> {
        let mut total = 0;
        let mut counter = GrowthCounter::new(&self.sizes);
        let ignored = each_row(&self.csv, &self.portal, &self.decoys, &mut |row| {
            total += 1;
            if self.grows_by(row, keyer) {
                let ends = row.term.until.is_some();
                counter.relation(&row.holder, keyer.key(&row.person), ends);
            }
        })?;
        Ok((ignored, total, counter.finish()))
    }

    /// The row gives more than is in force, to another than the feed's own holder.
    fn grows_by(&self, row: &CaseloadRow, keyer: &PersonKeyer) -> bool {
        let is_own = matches!(&self.allowance, Allowance::Feed(feed) if feed.is_own(&row.holder));
        !is_own
            && matches!(
                self.base.held(row, keyer, self.now),
                RelationCoverage::Part(_)
            )
    }

    /// Refuses a file that loses half of the relations or more (`loads::loses_half`).
    fn must_not_lose(&self, total: u64) -> Result<(), OperationError> {
        let before = u64::try_from(self.base.relations()).unwrap_or(u64::MAX);
        match self.mode {
            LoadMode::Replace {
                confirms_loss: false,
            } if loads::loses_half(before, total) => {
                Err(OperationError::Invalid("invalid-load-shrinks"))
            }
            LoadMode::Add if total == 0 => Err(OperationError::Invalid("invalid-load-empty")),
            LoadMode::Replace { .. } | LoadMode::Add => Ok(()),
        }
    }
}

/// Writes rows to a file and to memory at once. The first disk error is kept for `finish`, because
/// the callback that pushes rows cannot fail.
struct CaseloadOutput {
    rows: RowWriter<FileDraftWriter>,
    builder: CaseloadBuilder,
    fault: Option<csv::Error>,
}

impl CaseloadOutput {
    fn create(population: &PopulationId, path: PathBuf) -> Result<Self, OperationError> {
        let rows = RowWriter::new(FileDraftWriter::create(path).map_err(unavailable)?)
            .map_err(unavailable)?;
        Ok(Self {
            rows,
            builder: CaseloadBuilder::new(population),
            fault: None,
        })
    }

    fn push(&mut self, row: &CaseloadRow) {
        self.builder.add(row);
        if let Err(error) = self.rows.write(row) {
            self.fault.get_or_insert(error);
        }
    }

    fn finish(self) -> Result<(FileDraft, Caseloads), OperationError> {
        if let Some(fault) = self.fault {
            return Err(unavailable(fault));
        }
        let mut writer = self.rows.finish().map_err(OperationError::Unavailable)?;
        writer.flush().map_err(unavailable)?;
        Ok((writer.finish().map_err(unavailable)?, self.builder.finish()))
    }
}

/// Loads the stored files at a start and a reload. A file that was changed or cannot be read leaves
/// the caseload in force as it is; at a start that is an empty one, and nothing is widened.
pub async fn load_kept(app: &App) -> Result<(), OperationError> {
    let _one = loads::hold(app).await;
    let hosts = app.gateway().hosts();
    let populations: std::collections::BTreeSet<PopulationId> = hosts
        .portals()
        .map(|portal| portal.population.clone())
        .collect();
    for population in populations {
        let file = kept(app, &population);
        let csv = match file.read(app).await? {
            Ok(None) => continue,
            Ok(Some(csv)) => csv,
            Err(why) => {
                app.note_not_taken(&file.name, why).await?;
                continue;
            }
        };
        let portal = portal_of(app, &population)?;
        let parsed = tokio::task::spawn_blocking(move || {
            let mut builder = CaseloadBuilder::new(&portal.population);
            // No check for decoys: one planted since must not disable the caseload, and a reading
            // of it is evidence all the same.
            each_row(&csv, &portal, &HashSet::new(), &mut |row| builder.add(row))
                .map(|_| builder.finish())
        });
        match parsed.await.map_err(unavailable)? {
            Ok(caseloads) => publish(app, &population, caseloads, 0).await,
            Err(error) => {
                tracing::error!(%error, file = %file.path.display(), "Kept caseloads are invalid; skipped");
                app.note_not_taken(
                    &file.name,
                    digue_app::kept_files::UnfinishedFile::Unreadable,
                )
                .await?;
            }
        }
    }
    Ok(())
}

fn kept(app: &App, population: &PopulationId) -> KeptFile {
    KeptFile {
        name: LoadTarget::Caseload(population.clone()).name(),
        path: app
            .data_folder()
            .join("caseloads")
            .join(format!("{population}.csv")),
    }
}

fn waiting_file(app: &App, population: &PopulationId) -> PathBuf {
    app.data_folder()
        .join("caseloads")
        .join("waiting")
        .join(population.as_str())
}

fn unavailable(error: impl ToString) -> OperationError {
    OperationError::Unavailable(error.to_string())
}
