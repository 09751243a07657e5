//! Loading the classes of persons: whole files, all or nothing.
//!
//! A row narrows: an archived record is shown to fewer people. A row that goes widens, and waits for
//! a second person or takes from the bound of a feed, as a new row of a caseload does.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use digue_access::PersonClasses;
use digue_access::classes::ClassesBuilder;
use digue_app::canonical::portal_of;
use digue_app::csv_file::{CsvColumn, CsvFile, PlacedFault};
use digue_app::kept_files::{FileDraft, FileDraftWriter, KeptFile, UnfinishedFile};
use digue_app::{ActDetails, Actor, App, LineFault, OperationError};
use digue_gateway::Portal;
use digue_types::{Act, ClassName, PopulationId, Subject};

use crate::caseloads;
use crate::loads::{self, Allowance, LoadGrowth, LoadPreview, LoadTarget, WaitingLoad};

const CLASS: usize = 0;
const PERSON: usize = 1;

const COLUMNS: [CsvColumn; 2] = [
    CsvColumn {
        name: "class",
        aliases: &["class", "classe"],
    },
    CsvColumn {
        name: "person",
        aliases: &["person", "personne"],
    },
];

/// The most classes of one population: each look-up of a person asks every one.
const CLASSES_MAX: usize = 32;

const FAULTS_MAX: usize = 1000;

/// The result of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedClasses {
    /// In force now.
    pub rows: usize,
    /// The rows that stay in force until a second person agrees that they go.
    pub waiting: Option<(String, LoadGrowth)>,
}

/// Loads a CSV as the classes of a population, in place of those in force.
pub async fn load(
    app: &App,
    actor: &Actor,
    population: &PopulationId,
    csv: Vec<u8>,
) -> Result<LoadedClasses, OperationError> {
    actor.must_load()?;
    let _one = loads::hold(app).await;
    let target = LoadTarget::Classes(population.clone());
    let allowance = loads::allowance(app, actor, &target).await?;
    let change = ClassChange::Replace(csv, allowance.clone());
    let prepared = ClassesJob::new(app, population, change)
        .await?
        .run(app)
        .await?;
    let replaced = loads::last_replaced(app, &target).await? + 1;
    let removed = prepared.removed;
    let waiting = match &prepared.waiting {
        Some(growth) => {
            let load = WaitingLoad {
                target: target.clone(),
                base: replaced,
                digest: prepared.later.digest.clone(),
                growth: growth.clone(),
            };
            let folder = waiting_folder(app, population);
            Some(caseloads::ask(app, actor, load, prepared.later, &folder).await?)
        }
        None => None,
    };
    // Charged first, as in `caseloads`: a failure afterwards loses allowance and never exceeds the
    // bound.
    if let Allowance::Feed(feed) = allowance
        && waiting.is_none()
        && removed > 0
    {
        feed.charge(app, removed).await?;
    }
    let waits = waiting.as_ref().map_or(String::new(), |(id, growth)| {
        format!(" {id} {}", growth.line())
    });
    let rows = prepared.classes.rows();
    put(
        app,
        actor,
        population,
        (prepared.classes, prepared.next),
        &waits,
    )
    .await?;
    loads::set_replaced(app, &target, replaced).await?;
    Ok(LoadedClasses { rows, waiting })
}

/// What a CSV would change that replaces the classes of a population. Nothing is loaded.
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
    let portal = portal_of(app, population)?;
    let base = in_force(app, population);
    let compare = move || {
        let next = read(&csv, &portal)?;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let added = count(next.rows_without(&base));
        Ok(LoadPreview {
            before: count(base.rows()),
            rows: count(next.rows()),
            removed: count(base.rows_without(&next)),
            growth: LoadGrowth {
                rows: added,
                ..LoadGrowth::default()
            },
        })
    };
    app.blocking(compare).await?
}

fn in_force(app: &App, population: &PopulationId) -> Arc<PersonClasses> {
    let rules = app.gateway().rules();
    // Where they are not known, every record is held back, and which rows a file would take out
    // cannot be counted: it is judged as a first load. After damage that frees whom it leaves out.
    rules.classes.get(population).cloned().unwrap_or_default()
}

/// Journal, file, then memory: a crash in between leaves the entry, and the next start reads the
/// file.
async fn put(
    app: &App,
    actor: &Actor,
    population: &PopulationId,
    (classes, next): (PersonClasses, FileDraft),
    waits: &str,
) -> Result<(), OperationError> {
    let sizes: Vec<String> = classes
        .sizes()
        .map(|(class, count)| format!("{class}:{count}"))
        .collect();
    let details = ActDetails {
        subject: Subject::Population(population.clone()),
        after: format!("{} sha256:{}{waits}", sizes.join(" "), next.digest)
            .trim_start()
            .to_owned(),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::ClassesLoaded, details).await?;
    kept(app, population).put(app, next).await?;
    publish(app, population, classes).await;
    Ok(())
}

async fn publish(app: &App, population: &PopulationId, classes: PersonClasses) {
    let mut rules = app.rules().await;
    rules.classes.insert(population.clone(), Arc::new(classes));
    app.publish(&rules);
    drop(rules);
    app.not_taken()
        .clear(&LoadTarget::Classes(population.clone()).name());
}

/// What a job does with the file in force.
enum ClassChange {
    /// Replaces it; rows that go need the allowance.
    Replace(Vec<u8>, Allowance),
    /// Takes out these rows.
    Remove(Vec<u8>),
}

/// The comparison of a file with the one in force, on a blocking thread: that of a nation takes
/// some ten seconds.
struct ClassesJob {
    portal: Arc<Portal>,
    change: ClassChange,
    kept: Vec<u8>,
    base: Arc<PersonClasses>,
    draft: PathBuf,
}

struct PreparedClasses {
    classes: PersonClasses,
    next: FileDraft,
    /// The rows that would go.
    later: FileDraft,
    waiting: Option<LoadGrowth>,
    removed: u64,
}

impl ClassesJob {
    async fn new(
        app: &App,
        population: &PopulationId,
        change: ClassChange,
    ) -> Result<Self, OperationError> {
        let file = kept(app, population);
        let kept = match (file.read(app).await?, &change) {
            (Ok(kept), _) => kept.unwrap_or_default(),
            // Nothing of the damaged file can be kept waiting for a second person (`in_force`).
            (Err(_), ClassChange::Replace(..)) => Vec::new(),
            (Err(why), ClassChange::Remove(_)) => {
                app.not_taken().note(&file.name, why);
                return Err(OperationError::Invalid("invalid-classes-kept"));
            }
        };
        Ok(Self {
            portal: portal_of(app, population)?,
            change,
            kept,
            base: in_force(app, population),
            draft: file.path,
        })
    }

    async fn run(self, app: &App) -> Result<PreparedClasses, OperationError> {
        app.blocking(move || self.prepare()).await?
    }

    fn prepare(self) -> Result<PreparedClasses, OperationError> {
        let (file, stays) = match &self.change {
            ClassChange::Replace(csv, allowance) => {
                let next = read(csv, &self.portal)?;
                let removed = u64::try_from(self.base.rows_without(&next)).unwrap_or(u64::MAX);
                let may_go = match allowance {
                    Allowance::All => true,
                    Allowance::Nothing => removed == 0,
                    // All or none: taking rows out up to the bound would leave a table that nobody
                    // wrote.
                    Allowance::Feed(feed) => removed <= feed.left,
                };
                return self.replace((csv, next), removed, may_go);
            }
            ClassChange::Remove(csv) => (&self.kept, read(csv, &self.portal)?),
        };
        let keyer = self.portal.keyer();
        let mut next = ClassesOutput::create(&self.portal, self.draft.with_extension("draft"))?;
        let later = ClassesOutput::create(&self.portal, self.draft.with_extension("later"))?;
        each_row(file, &self.portal, &mut |class, person| {
            if !stays.has(class, keyer.key(person)) {
                next.push(class, person);
            }
        })?;
        let (next, classes) = next.finish()?;
        Ok(PreparedClasses {
            classes,
            next,
            later: later.finish()?.0,
            waiting: None,
            removed: 0,
        })
    }

    fn replace(
        &self,
        (csv, table): (&[u8], PersonClasses),
        removed: u64,
        may_go: bool,
    ) -> Result<PreparedClasses, OperationError> {
        let keyer = self.portal.keyer();
        let mut next = ClassesOutput::create(&self.portal, self.draft.with_extension("draft"))?;
        let mut later = ClassesOutput::create(&self.portal, self.draft.with_extension("later"))?;
        each_row(csv, &self.portal, &mut |class, person| {
            next.push(class, person)
        })?;
        let mut growth = LoadGrowth::default();
        if !may_go {
            each_row(&self.kept, &self.portal, &mut |class, person| {
                if !table.has(class, keyer.key(person)) {
                    next.push(class, person);
                    later.push(class, person);
                    growth.rows += 1;
                    growth.readings += 1;
                }
            })?;
        }
        let (next, classes) = next.finish()?;
        let (later, left) = later.finish()?;
        growth.persons = left.rows() as u64;
        Ok(PreparedClasses {
            classes,
            next,
            later,
            waiting: (growth.rows > 0).then_some(growth),
            removed,
        })
    }
}

/// Reads the rows of a file; otherwise its faults.
fn read(csv: &[u8], portal: &Portal) -> Result<PersonClasses, OperationError> {
    let mut builder = ClassesBuilder::new(&portal.population);
    each_row(csv, portal, &mut |class, person| builder.add(class, person))?;
    if builder.classes() > CLASSES_MAX {
        return Err(OperationError::Faults(vec![LineFault::new(
            1,
            "class-fault-many",
        )]));
    }
    Ok(builder.finish())
}

/// Calls `take` with each class and canonical person of a file; one of no bytes has no row.
fn each_row(
    csv: &[u8],
    portal: &Portal,
    take: &mut dyn FnMut(&ClassName, &str),
) -> Result<(), OperationError> {
    if csv.is_empty() {
        return Ok(());
    }
    let line_fault = |fault: PlacedFault| fault.line_fault("class");
    let file = CsvFile::open(csv, &COLUMNS, &[CLASS, PERSON])
        .map_err(|fault| OperationError::Faults(vec![line_fault(fault)]))?;
    let primary = &portal.kinds[portal.primary];
    // Rows come grouped by class: the last one is not parsed again.
    let mut last: Option<ClassName> = None;
    let mut faults = Vec::new();
    file.each(|read| {
        let row = match read {
            Ok(row) => row,
            Err(fault) => {
                faults.push(line_fault(fault));
                return faults.len() < FAULTS_MAX;
            }
        };
        let cell = row.cell(CLASS);
        if last.as_ref().is_none_or(|last| last.as_str() != cell) {
            last = ClassName::parse(cell).ok();
        }
        let fault =
            |column: usize, key: &str| LineFault::new(row.line, key).at(COLUMNS[column].name);
        match (&last, primary.canonical(row.cell(PERSON))) {
            (Some(class), Some(person)) => take(class, &person),
            (None, _) => faults.push(fault(CLASS, "class-fault-class")),
            (_, None) => faults.push(fault(PERSON, "class-fault-person")),
        }
        faults.len() < FAULTS_MAX
    });
    if faults.is_empty() {
        Ok(())
    } else {
        Err(OperationError::Faults(faults))
    }
}

/// Writes rows to a file and to memory at once. The first disk error is kept for `finish`, because
/// the callback that pushes rows cannot fail.
struct ClassesOutput {
    rows: csv::Writer<FileDraftWriter>,
    builder: ClassesBuilder,
    fault: Option<csv::Error>,
}

impl ClassesOutput {
    fn create(portal: &Portal, path: PathBuf) -> Result<Self, OperationError> {
        let draft = FileDraftWriter::create(path).map_err(unavailable)?;
        let mut rows = csv::Writer::from_writer(draft);
        rows.write_record(COLUMNS.map(|column| column.name))
            .map_err(unavailable)?;
        Ok(Self {
            rows,
            builder: ClassesBuilder::new(&portal.population),
            fault: None,
        })
    }

    fn push(&mut self, class: &ClassName, person: &str) {
        self.builder.add(class, person);
        if let Err(error) = self.rows.write_record([class.as_str(), person]) {
            self.fault.get_or_insert(error);
        }
    }

    fn finish(self) -> Result<(FileDraft, PersonClasses), OperationError> {
        if let Some(fault) = self.fault {
            return Err(unavailable(fault));
        }
        let mut writer = self.rows.into_inner().map_err(unavailable)?;
        writer.flush().map_err(unavailable)?;
        Ok((writer.finish().map_err(unavailable)?, self.builder.finish()))
    }
}

/// Checks that the waiting rows are the ones that the request describes.
pub(crate) async fn must_be_current(app: &App, load: &WaitingLoad) -> Result<(), OperationError> {
    let LoadTarget::Classes(population) = &load.target else {
        return Err(OperationError::NotFound("population"));
    };
    let folder = waiting_folder(app, population);
    caseloads::waiting_rows(app, load, &folder).await.map(drop)
}

/// Takes the waiting rows out, once a second person has approved it.
pub(crate) async fn load_granted(app: &App, load: &WaitingLoad) -> Result<(), OperationError> {
    let LoadTarget::Classes(population) = &load.target else {
        return Err(OperationError::NotFound("population"));
    };
    let _one = loads::hold(app).await;
    let folder = waiting_folder(app, population);
    let csv = caseloads::waiting_rows(app, load, &folder).await?;
    let job = ClassesJob::new(app, population, ClassChange::Remove(csv)).await?;
    let prepared = job.run(app).await?;
    put(
        app,
        &Actor::digue(),
        population,
        (prepared.classes, prepared.next),
        "",
    )
    .await
}

/// Loads the stored classes at a start and a reload. A file that was changed or cannot be read
/// leaves those in force as they are; at a start they are then not known, and every record is held
/// back as one of the strictest class is.
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
        match app.blocking(move || read(&csv, &portal)).await? {
            Ok(classes) => publish(app, &population, classes).await,
            Err(error) => {
                tracing::error!(%error, file = %file.path.display(), "Kept classes are invalid; skipped");
                app.note_not_taken(&file.name, UnfinishedFile::Unreadable)
                    .await?;
            }
        }
    }
    Ok(())
}

fn kept(app: &App, population: &PopulationId) -> KeptFile {
    KeptFile {
        name: LoadTarget::Classes(population.clone()).name(),
        path: app
            .data_folder()
            .join("classes")
            .join(format!("{population}.csv")),
    }
}

fn waiting_folder(app: &App, population: &PopulationId) -> PathBuf {
    app.data_folder()
        .join("classes")
        .join("waiting")
        .join(population.as_str())
}

fn unavailable(error: impl ToString) -> OperationError {
    OperationError::Unavailable(error.to_string())
}
