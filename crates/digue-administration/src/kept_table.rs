//! A kept table: a whole file of rows that sources and uploads load, all or nothing. Rows that widen
//! no access are in force at once; the rest waits for a second person, from every sender and by
//! every way (docs/decisions/0008).
//!
//! Loads are serialised by `LoadLock`. Files are read, compared and written without the lock of the
//! rules, so that a gate that closes does not wait for them. What the rows mean, and which of them
//! widen, each table states itself (`KeptTable`).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use digue_app::csv_file::CsvForm;
use digue_app::kept_files::{FileDraft, FileDraftWriter, KeptFile, UnfinishedFile};
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_gateway::{Hosts, Portal};
use digue_types::{AccountId, Act, OrganisationId, PopulationId, Subject, Timestamp};

use crate::approvals;
use crate::loads::{
    self, Allowance, LoadGrowth, LoadMode, LoadOutcome, LoadPreview, LoadTarget, WaitingLoad,
};

/// What one kind of table states of itself.
pub(crate) trait KeptTable: Clone + Send + Sync + 'static {
    /// The rows as they are looked up.
    type Rows: Default + Send + Sync + 'static;

    /// The folder of its files, below the data folder.
    const FOLDER: &'static str;
    const LOADED: Act;
    /// Why a damaged file can only be replaced.
    const DAMAGED: &'static str;
    /// What becomes of the waiting rows once a second person has approved them.
    const GRANTED: TableChange;

    /// The tables of the portals.
    fn all(hosts: &Hosts) -> Vec<Self>;
    fn target(&self) -> LoadTarget;
    /// The name of its file.
    fn file_name(&self) -> &str;
    /// The subject of its entries.
    fn subject(&self) -> Subject;
    /// A portal whose map says how its persons are written.
    fn portal(&self, app: &App) -> Result<Arc<Portal>, OperationError>;

    /// The rows in force; `None` when none were put in force since the start.
    fn in_force(&self, app: &App) -> Option<Arc<Self::Rows>>;
    /// Puts rows in force. Only this step holds the lock of the rules.
    ///
    /// `version` is that of a load; `None` for a file that is read back, which is no new version.
    async fn publish(
        &self,
        app: &App,
        rows: Self::Rows,
        version: Option<u64>,
    ) -> Result<(), OperationError>;
    /// The version of the next load, where loads have one for programs to compare.
    fn next_version(&self, _: &App) -> Option<u64> {
        None
    }

    /// Reads the rows of a kept file.
    fn read(csv: &[u8], portal: &Portal) -> Result<Self::Rows, OperationError>;
    /// Reads and compares a file, and writes the next one.
    fn compare(job: &TableJob<Self>) -> Result<TableComparison<Self::Rows>, OperationError>;
    /// All rows of a file, as rows that wait, where what was in force is not known.
    fn whole(job: &TableJob<Self>) -> Result<Option<(FileDraft, LoadGrowth)>, OperationError> {
        Ok(Self::compare(job)?.waiting)
    }
    /// What a file that replaces the rows in force would change.
    fn preview(job: &TableJob<Self>) -> Result<LoadPreview, OperationError>;

    fn count(rows: &Self::Rows) -> usize;
    /// What the entry of a load says of the state before it, and of the rows.
    fn entry(rows: &Self::Rows, version: Option<u64>) -> (String, String);

    /// True when the waiting rows would give something to the account that approves them, or to its
    /// organisation.
    fn gives_to(
        &self,
        _: &App,
        _: &Portal,
        _csv: &[u8],
        _account: &AccountId,
    ) -> Result<bool, OperationError> {
        Ok(false)
    }
}

/// What is known of the rows in force. Where they cannot be read, which rows a load gives and takes
/// is not known either: it is not a first load, and nobody makes it alone.
pub(crate) enum InForce<R> {
    Known { rows: Arc<R>, csv: Vec<u8> },
    NeverLoaded,
    Unreadable(UnfinishedFile),
}

/// What is done with the rows in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableChange {
    /// `confirms_loss`: half of the rows, fewer or none may remain.
    Replace {
        confirms_loss: bool,
    },
    Add,
    /// The rows of the file go.
    Remove,
}

impl From<LoadMode> for TableChange {
    fn from(mode: LoadMode) -> Self {
        match mode {
            LoadMode::Replace { confirms_loss } => Self::Replace { confirms_loss },
            LoadMode::Add => Self::Add,
        }
    }
}

/// The reading and comparison of a file, on a blocking thread: that of a nation takes seconds.
pub(crate) struct TableJob<T: KeptTable> {
    pub(crate) portal: Arc<Portal>,
    pub(crate) decoys: HashSet<String>,
    pub(crate) csv: Vec<u8>,
    pub(crate) change: TableChange,
    pub(crate) allowance: Allowance,
    /// The file in force; empty when there is none.
    pub(crate) kept: Vec<u8>,
    pub(crate) base: Arc<T::Rows>,
    /// Why the rows in force cannot be read; `kept` and `base` are empty then.
    unknown: Option<UnfinishedFile>,
    /// The number of accounts of each organisation.
    pub(crate) sizes: HashMap<OrganisationId, u64>,
    pub(crate) now: Timestamp,
    draft: PathBuf,
}

/// The result of a comparison.
pub(crate) struct TableComparison<R> {
    pub(crate) rows: R,
    pub(crate) next: FileDraft,
    /// The rows that wait for a second person, and how much access they would add.
    pub(crate) waiting: Option<(FileDraft, LoadGrowth)>,
    /// What a feed widens by itself.
    pub(crate) charged: u64,
    /// Columns of the file that are not used.
    pub(crate) ignored: Vec<String>,
}

impl<T: KeptTable> TableJob<T> {
    async fn new(
        app: &App,
        table: &T,
        csv: Vec<u8>,
        change: TableChange,
        allowance: Allowance,
    ) -> Result<Self, OperationError> {
        let portal = table.portal(app)?;
        let (base, kept, unknown) = match in_force(app, table, &portal).await? {
            InForce::Known { rows, csv } => (rows, csv, None),
            InForce::NeverLoaded => Default::default(),
            InForce::Unreadable(cause) => (Arc::default(), Vec::new(), Some(cause)),
        };
        // Added to what is left of a damaged file, rows would make that the whole table.
        if unknown.is_some() && !matches!(change, TableChange::Replace { .. }) {
            return Err(OperationError::Invalid(T::DAMAGED));
        }
        Ok(Self {
            decoys: app.monitor().decoys_of(&portal.population),
            portal,
            csv,
            change,
            allowance,
            kept,
            base,
            unknown,
            sizes: loads::sizes(&app.gateway().rules()),
            now: app.clock().now(),
            draft: kept_file(app, table).path,
        })
    }

    /// The writer of the next file.
    pub(crate) fn next(&self, form: &CsvForm) -> Result<DraftRows, OperationError> {
        self.rows(form, "draft")
    }

    /// The writer of the rows that wait.
    pub(crate) fn later(&self, form: &CsvForm) -> Result<DraftRows, OperationError> {
        self.rows(form, "later")
    }

    fn rows(&self, form: &CsvForm, extension: &str) -> Result<DraftRows, OperationError> {
        let path = self.draft.with_extension(extension);
        RowsWriter::new(FileDraftWriter::create(path).map_err(unavailable)?, form)
    }
}

/// Loads a CSV into a table.
pub(crate) async fn load<T: KeptTable>(
    app: &App,
    actor: &Actor,
    table: &T,
    csv: Vec<u8>,
    mode: LoadMode,
) -> Result<LoadOutcome, OperationError> {
    actor.must_load()?;
    let _one = loads::hold(app).await;
    let allowance = loads::allowance(app, actor, &table.target()).await?;
    let job = TableJob::new(app, table, csv, mode.into(), allowance).await?;
    match job.unknown {
        Some(cause) => wait_whole(app, actor, table, (job, cause)).await,
        None => carry_out(app, actor, table, job).await,
    }
}

/// Lets a whole load wait for a second person: what it takes away is not known, and neither an
/// allowance nor a brake is a measure of it.
async fn wait_whole<T: KeptTable>(
    app: &App,
    actor: &Actor,
    table: &T,
    (job, cause): (TableJob<T>, UnfinishedFile),
) -> Result<LoadOutcome, OperationError> {
    let job = TableJob {
        allowance: Allowance::Nothing,
        ..job
    };
    let whole = app.blocking(move || T::whole(&job)).await??;
    let (draft, growth) = whole.ok_or(OperationError::Invalid("invalid-load-empty"))?;
    let load = WaitingLoad {
        target: table.target(),
        base: loads::last_replaced(app, &table.target()).await?,
        digest: draft.digest.clone(),
        growth,
        unknown: Some(cause),
    };
    let waiting = ask(app, actor, load, (draft, table)).await?;
    Ok(LoadOutcome {
        rows: table.in_force(app).map_or(0, |rows| T::count(&rows)),
        version: table.next_version(app).map(|next| next - 1),
        waiting: Some(waiting),
        unknown: Some(cause),
        ignored: Vec::new(),
    })
}

/// What a CSV would change that replaces a table. Nothing is loaded.
pub(crate) async fn preview<T: KeptTable>(
    app: &App,
    actor: &Actor,
    table: &T,
    csv: Vec<u8>,
) -> Result<LoadPreview, OperationError> {
    actor.must_load()?;
    let change = TableChange::Replace {
        confirms_loss: true,
    };
    let job = TableJob::new(app, table, csv, change, Allowance::Nothing).await?;
    let unknown = job.unknown;
    let preview = app.blocking(move || T::preview(&job)).await??;
    Ok(LoadPreview { unknown, ..preview })
}

/// Makes a change to which two persons agreed. To be called with `LoadLock` held.
pub(crate) async fn load_agreed<T: KeptTable>(
    app: &App,
    table: &T,
    (csv, change): (Vec<u8>, TableChange),
) -> Result<(), OperationError> {
    let job = TableJob::new(app, table, csv, change, Allowance::All).await?;
    carry_out(app, &Actor::digue(), table, job).await.map(drop)
}

/// Loads what may be in force at once, and lets the rest wait.
async fn carry_out<T: KeptTable>(
    app: &App,
    actor: &Actor,
    table: &T,
    job: TableJob<T>,
) -> Result<LoadOutcome, OperationError> {
    let target = table.target();
    let feed = match &job.allowance {
        Allowance::Feed(feed) => Some(feed.clone()),
        Allowance::All | Allowance::Nothing => None,
    };
    let is_replaced = matches!(job.change, TableChange::Replace { .. });
    let compared = app.blocking(move || T::compare(&job)).await??;
    // Only a load changes the version, and `LoadLock` is held: it is still the next one below.
    let version = table.next_version(app);
    // Additions in between do not make a waiting part out of date.
    let replaced = loads::last_replaced(app, &target).await? + u64::from(is_replaced);
    let waiting = match compared.waiting {
        Some((draft, growth)) => {
            let load = WaitingLoad {
                target: target.clone(),
                base: replaced,
                digest: draft.digest.clone(),
                growth,
                unknown: None,
            };
            Some(ask(app, actor, load, (draft, table)).await?)
        }
        None => None,
    };
    let (before, after) = T::entry(&compared.rows, version);
    let waits = waiting.as_ref().map_or(String::new(), |(id, growth)| {
        format!(" {id} {}", growth.line())
    });
    let details = ActDetails {
        subject: table.subject(),
        before,
        after: format!("{after} sha256:{}{waits}", compared.next.digest)
            .trim_start()
            .to_owned(),
        ..ActDetails::default()
    };
    // The feed is charged first: if a later step fails, allowance is lost. The other order could
    // let a feed add more than its bound.
    if let Some(feed) = feed.filter(|_| compared.charged > 0) {
        feed.charge(app, compared.charged).await?;
    }
    // Journal, file, version, then memory: a crash in between leaves the wider state journalled,
    // and the next start reads the file.
    app.write_down(actor, T::LOADED, details).await?;
    kept_file(app, table).put(app, compared.next).await?;
    if is_replaced {
        loads::set_replaced(app, &target, replaced).await?;
    }
    let rows = T::count(&compared.rows);
    table.publish(app, compared.rows, version).await?;
    app.not_taken().clear(&target.name());
    Ok(LoadOutcome {
        rows,
        version,
        waiting,
        unknown: None,
        ignored: compared.ignored,
    })
}

/// Stores the waiting rows beside the files in force, and requests approval.
async fn ask<T: KeptTable>(
    app: &App,
    actor: &Actor,
    load: WaitingLoad,
    (draft, table): (FileDraft, &T),
) -> Result<(String, LoadGrowth), OperationError> {
    // A program cannot give a fresh proof of identity. Its rows may still wait: nothing is in force
    // until a person approves.
    if !actor.is_program() {
        actor.must_be_fresh(app)?;
    }
    // Under the name of its digest: the request names exactly these rows, and another load cannot
    // overwrite them.
    draft.rename(waiting_file(app, table, &load.digest)).await?;
    let growth = load.growth.clone();
    let id = approvals::ask_for_load(app, actor, load).await?;
    Ok((id, growth))
}

/// Checks that the waiting rows are the ones that the request describes, and that they give nothing
/// to the account that approves them.
pub(crate) async fn must_be_current<T: KeptTable>(
    app: &App,
    table: &T,
    (load, account): (&WaitingLoad, &AccountId),
) -> Result<(), OperationError> {
    let csv = waiting_rows(app, table, load).await?;
    let portal = table.portal(app)?;
    if table.gives_to(app, &portal, &csv, account)? {
        return Err(OperationError::SecondNeeded);
    }
    Ok(())
}

/// Loads the waiting rows, once a second person has approved them. Where the load replaced the file,
/// its other rows are in force since then.
pub(crate) async fn load_granted<T: KeptTable>(
    app: &App,
    table: &T,
    load: &WaitingLoad,
) -> Result<(), OperationError> {
    let _one = loads::hold(app).await;
    let csv = waiting_rows(app, table, load).await?;
    let change = match load.unknown {
        None => T::GRANTED,
        Some(_) => TableChange::Replace {
            confirms_loss: true,
        },
    };
    load_agreed(app, table, (csv, change)).await
}

/// The waiting rows, if they are the ones that the request describes and the file in force was not
/// replaced since. Otherwise an old approval could bring back what a later file removed.
async fn waiting_rows<T: KeptTable>(
    app: &App,
    table: &T,
    load: &WaitingLoad,
) -> Result<Vec<u8>, OperationError> {
    if loads::last_replaced(app, &load.target).await? != load.base {
        return Err(OperationError::Invalid("invalid-load-replaced"));
    }
    let portal = table.portal(app)?;
    let is_unknown = match in_force(app, table, &portal).await? {
        InForce::Unreadable(_) => true,
        InForce::Known { .. } | InForce::NeverLoaded => false,
    };
    // The file was put back, or damaged, since: what the load takes away is another thing than the
    // one that was asked for.
    if is_unknown != load.unknown.is_some() {
        return Err(OperationError::Invalid(if is_unknown {
            T::DAMAGED
        } else {
            "invalid-load-replaced"
        }));
    }
    let path = waiting_file(app, table, &load.digest);
    let csv = app
        .blocking(move || std::fs::read(path))
        .await?
        .map_err(unavailable)?;
    let digest = digue_app::files::hex(ring::digest::digest(&ring::digest::SHA256, &csv).as_ref());
    // Compared when they are read back: the file lies on disk for up to a day, and the approver saw
    // only its digest.
    if digest == load.digest {
        Ok(csv)
    } else {
        Err(OperationError::Invalid("invalid-load-changed"))
    }
}

/// Puts the stored files in force, at a start and a reload. A file that was changed or cannot be
/// read leaves the rows in force as they are; at a start there are none then.
pub(crate) async fn load_kept<T: KeptTable>(app: &App) -> Result<(), OperationError> {
    let _one = loads::hold(app).await;
    for table in T::all(&app.gateway().hosts()) {
        let file = kept_file(app, &table);
        let csv = match file.read_first(app).await? {
            Ok(None) => continue,
            Ok(Some(csv)) => csv,
            Err(why) => {
                app.note_not_taken(&file.name, why).await?;
                continue;
            }
        };
        let portal = table.portal(app)?;
        match app.blocking(move || T::read(&csv, &portal)).await? {
            Ok(rows) => {
                table.publish(app, rows, None).await?;
                app.not_taken().clear(&file.name);
            }
            Err(error) => {
                tracing::error!(%error, file = %file.path.display(), "Kept file is invalid; skipped");
                app.note_not_taken(&file.name, UnfinishedFile::Unreadable)
                    .await?;
            }
        }
    }
    Ok(())
}

/// The populations of the portals.
pub(crate) fn populations(hosts: &Hosts) -> impl Iterator<Item = PopulationId> {
    let all: BTreeSet<PopulationId> = hosts
        .portals()
        .map(|portal| portal.population.clone())
        .collect();
    all.into_iter()
}

/// What is known of the rows in force.
async fn in_force<T: KeptTable>(
    app: &App,
    table: &T,
    portal: &Arc<Portal>,
) -> Result<InForce<T::Rows>, OperationError> {
    let file = kept_file(app, table);
    let unreadable = async |cause| {
        app.note_not_taken(&file.name, cause).await?;
        Ok(InForce::Unreadable(cause))
    };
    let csv = match file.read(app).await? {
        Ok(Some(csv)) => csv,
        Ok(None) if table.in_force(app).is_none() => return Ok(InForce::NeverLoaded),
        Ok(None) => return unreadable(UnfinishedFile::Missing).await,
        Err(cause) => return unreadable(cause).await,
    };
    if app.not_taken().cause(&file.name).is_none()
        && let Some(rows) = table.in_force(app)
    {
        return Ok(InForce::Known { rows, csv });
    }
    // Put back since it was found damaged.
    let portal = portal.clone();
    let read = app.blocking(move || T::read(&csv, &portal).map(|rows| (rows, csv)));
    match read.await? {
        Ok((rows, csv)) => Ok(InForce::Known {
            rows: Arc::new(rows),
            csv,
        }),
        // As it was loaded, and the map reads identifiers in another way since.
        Err(_) => unreadable(UnfinishedFile::Unreadable).await,
    }
}

/// Refuses while the rows in force cannot be read.
pub(crate) fn must_be_known<T: KeptTable>(app: &App, table: &T) -> Result<(), OperationError> {
    let is_damaged = app.not_taken().cause(&table.target().name()).is_some();
    // At a reload the last good rows stay in force.
    if is_damaged && table.in_force(app).is_none() {
        return Err(OperationError::Invalid(T::DAMAGED));
    }
    Ok(())
}

fn kept_file<T: KeptTable>(app: &App, table: &T) -> KeptFile {
    let name = format!("{}.csv", table.file_name());
    KeptFile {
        name: table.target().name(),
        path: app.data_folder().join(T::FOLDER).join(name),
    }
}

fn waiting_file<T: KeptTable>(app: &App, table: &T, digest: &str) -> PathBuf {
    let folder = app.data_folder().join(T::FOLDER).join("waiting");
    folder.join(table.file_name()).join(format!("{digest}.csv"))
}

/// Writes rows in Digue's own form: UTF-8, commas. The first fault is kept for `finish`, because the
/// callback that pushes rows cannot fail.
pub(crate) struct RowsWriter<W: Write> {
    rows: csv::Writer<W>,
    fault: Option<csv::Error>,
}

pub(crate) type DraftRows = RowsWriter<FileDraftWriter>;

impl<W: Write> RowsWriter<W> {
    pub(crate) fn new(out: W, form: &CsvForm) -> Result<Self, OperationError> {
        let mut rows = csv::Writer::from_writer(out);
        rows.write_record(form.columns.iter().map(|column| column.name))
            .map_err(unavailable)?;
        Ok(Self { rows, fault: None })
    }

    pub(crate) fn push<const N: usize>(&mut self, cells: [&str; N]) {
        if let Err(error) = self.rows.write_record(cells) {
            self.fault.get_or_insert(error);
        }
    }

    pub(crate) fn finish(mut self) -> Result<W, OperationError> {
        if let Some(fault) = self.fault {
            return Err(unavailable(fault));
        }
        self.rows.flush().map_err(unavailable)?;
        self.rows.into_inner().map_err(unavailable)
    }
}

impl DraftRows {
    pub(crate) fn finish_draft(self) -> Result<FileDraft, OperationError> {
        let mut writer = self.finish()?;
        writer.flush().map_err(unavailable)?;
        writer.finish().map_err(unavailable)
    }
}

pub(crate) fn unavailable(error: impl ToString) -> OperationError {
    OperationError::Unavailable(error.to_string())
}
