//! Alias tables: other identifiers of the same persons, one CSV for each portal.
//!
//! An identifier without a row counts as a person of its own, in nobody's caseload. A row therefore
//! always widens access: it counts two identifiers as one, or brings one into a caseload. New and
//! changed rows wait for a second person; a feed may add new persons and never merges.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use digue_app::alias_tables::AliasTable;
use digue_app::csv_file::{CsvColumn, CsvFile, PlacedFault};
use digue_app::kept_files::{FileDraft, FileDraftWriter, KeptFile, UnfinishedFile};
use digue_app::{ActDetails, Actor, App, LineFault, OperationError};
use digue_gateway::Portal;
use digue_types::{Act, PersonRef, PortalId, Subject};

use crate::caseloads::{self, LoadMode};
use crate::loads::{
    self, Allowance, GrowthCounter, LoadGrowth, LoadPreview, LoadTarget, WaitingLoad,
};

const KIND: usize = 0;
const IDENTIFIER: usize = 1;
const PERSON: usize = 2;

const COLUMNS: [CsvColumn; 3] = [
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
];

const FAULTS_MAX: usize = 1000;

/// Reads the rows of an alias file, with identifiers and persons in canonical form; otherwise its
/// faults.
fn read_rows(csv: &[u8], map: &Portal) -> Result<(AliasTable, Vec<String>), OperationError> {
    let line_fault = |fault: PlacedFault| fault.line_fault("alias");
    let file = CsvFile::open(csv, &COLUMNS, &[KIND, IDENTIFIER, PERSON])
        .map_err(|fault| OperationError::Faults(vec![line_fault(fault)]))?;
    let mut table = AliasTable::new();
    let mut faults = Vec::new();
    file.each(|read| {
        let fault = match read {
            Err(fault) => line_fault(fault),
            Ok(row) => {
                let cells = [KIND, IDENTIFIER, PERSON].map(|column| row.cell(column));
                let fault = |column: usize, code: &str| {
                    LineFault::new(row.line, &format!("alias-fault-{code}"))
                        .at(COLUMNS[column].name)
                };
                match read_row(map, cells) {
                    Err((column, code)) => fault(column, code),
                    Ok((key, person)) => match table.get(&key) {
                        Some(known) if *known != person => fault(IDENTIFIER, "two-persons"),
                        Some(_) | None => {
                            table.insert(key, person);
                            return true;
                        }
                    },
                }
            }
        };
        faults.push(fault);
        faults.len() < FAULTS_MAX
    });
    if faults.is_empty() {
        Ok((table, file.ignored))
    } else {
        Err(OperationError::Faults(faults))
    }
}

fn read_row(
    map: &Portal,
    [kind, identifier, person]: [&str; 3],
) -> Result<((String, String), PersonRef), (usize, &'static str)> {
    let known = map
        .kinds
        .iter()
        .find(|known| known.name == kind)
        .ok_or((KIND, "kind"))?;
    let identifier = known
        .canonical(identifier)
        .ok_or((IDENTIFIER, "identifier"))?;
    let person = map.kinds[map.primary]
        .canonical(person)
        .ok_or((PERSON, "person"))?;
    let person = PersonRef::parse(&person).map_err(|_| (PERSON, "person"))?;
    Ok(((kind.to_owned(), identifier.to_string()), person))
}

/// The result of loading aliases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedAliases {
    /// In force now.
    pub aliases: usize,
    /// The part that waits for a second person: the id of the request, and how much access it would
    /// add.
    pub waiting: Option<(String, LoadGrowth)>,
    /// Columns of the file that are not used.
    pub ignored: Vec<String>,
}

/// Loads a CSV as the alias table of a portal.
pub async fn load(
    app: &App,
    actor: &Actor,
    portal: &PortalId,
    csv: Vec<u8>,
    mode: LoadMode,
) -> Result<LoadedAliases, OperationError> {
    actor.must_load()?;
    let _one = loads::hold(app).await;
    let allowance = loads::allowance(app, actor, &LoadTarget::Aliases(portal.clone())).await?;
    load_judged(app, actor, portal, csv, mode, allowance).await
}

/// What a CSV would change that replaces the alias table of a portal. Nothing is loaded.
///
/// # Errors
/// `Faults` for a file that `load` would refuse.
pub async fn preview(
    app: &App,
    actor: &Actor,
    portal: &PortalId,
    csv: Vec<u8>,
) -> Result<LoadPreview, OperationError> {
    actor.must_load()?;
    let map = app
        .gateway()
        .hosts()
        .portal(portal)
        .ok_or(OperationError::NotFound("portal"))?
        .clone();
    let base = app.aliases().of(portal);
    let compared = tokio::task::spawn_blocking(move || {
        let (rows, _) = read_rows(&csv, &map)?;
        let is_new =
            |(key, person): &(&(String, String), &PersonRef)| base.get(*key) != Some(*person);
        let stays = |key: &&(String, String)| rows.contains_key(*key);
        let kept = base.keys().filter(stays).count();
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
        })
    });
    compared
        .await
        .map_err(|error| OperationError::Unavailable(error.to_string()))?
}

/// `load`, with `LoadLock` held by the caller and the allowance decided.
async fn load_judged(
    app: &App,
    actor: &Actor,
    portal: &PortalId,
    csv: Vec<u8>,
    mode: LoadMode,
    allowance: Allowance,
) -> Result<LoadedAliases, OperationError> {
    let target = LoadTarget::Aliases(portal.clone());
    let map = app
        .gateway()
        .hosts()
        .portal(portal)
        .ok_or(OperationError::NotFound("portal"))?
        .clone();
    let file = kept(app.data_folder(), portal);
    let base = app.aliases().of(portal);
    // Rows added to a damaged file would make what is left of it the whole table.
    if mode == LoadMode::Add && file.read(app).await?.is_err() {
        return Err(OperationError::Invalid("invalid-aliases-kept"));
    }
    let feed = match &allowance {
        Allowance::Feed(feed) => Some(feed.clone()),
        Allowance::All | Allowance::Nothing => None,
    };
    let draft = file.path.clone();
    let judged =
        tokio::task::spawn_blocking(move || judge(&map, &base, &csv, mode, &allowance, &draft));
    let judged = judged
        .await
        .map_err(|error| OperationError::Unavailable(error.to_string()))??;
    let version = loads::last_replaced(app, &target).await?;
    let replaced = if mode == LoadMode::Add {
        version
    } else {
        version + 1
    };
    let waiting = match judged.waiting {
        Some((draft, growth)) => {
            let load = WaitingLoad {
                target: target.clone(),
                base: replaced,
                digest: draft.digest.clone(),
                growth,
            };
            Some(caseloads::ask(app, actor, load, draft, &waiting_folder(app, portal)).await?)
        }
        None => None,
    };
    let count = judged.table.len();
    let waits = waiting.as_ref().map_or(String::new(), |(id, growth)| {
        format!(" {id} {}", growth.line())
    });
    let after = format!("aliases:{count} sha256:{}{waits}", judged.next.digest);
    let details = ActDetails {
        subject: Subject::Portal(portal.clone()),
        after,
        ..ActDetails::default()
    };
    // Charged first, as in `caseloads`: a failure afterwards loses allowance and never exceeds the
    // bound.
    if let Some(feed) = feed.filter(|_| judged.added > 0) {
        feed.charge(app, judged.added).await?;
    }
    app.write_down(actor, Act::AliasesLoaded, details).await?;
    file.put(app, judged.next).await?;
    loads::set_replaced(app, &target, replaced).await?;
    app.aliases().set(portal.clone(), judged.table);
    app.not_taken().clear(&target.name());
    Ok(LoadedAliases {
        aliases: count,
        waiting,
        ignored: judged.ignored,
    })
}

/// A file, compared with the table in force.
struct AliasComparison {
    table: AliasTable,
    next: FileDraft,
    waiting: Option<(FileDraft, LoadGrowth)>,
    /// What a feed added by itself.
    added: u64,
    ignored: Vec<String>,
}

fn judge(
    map: &Portal,
    base: &AliasTable,
    csv: &[u8],
    mode: LoadMode,
    allowance: &Allowance,
    draft: &Path,
) -> Result<AliasComparison, OperationError> {
    let (rows, ignored) = read_rows(csv, map)?;
    let loses = match mode {
        LoadMode::Replace { confirms_loss } => {
            let count = |table: &AliasTable| u64::try_from(table.len()).unwrap_or(u64::MAX);
            !confirms_loss && loads::loses_half(count(base), count(&rows))
        }
        LoadMode::Add => rows.is_empty(),
    };
    if loses {
        return Err(OperationError::Invalid("invalid-load-shrinks"));
    }
    let mut named: HashMap<(&str, &PersonRef), usize> = HashMap::new();
    let kept_rows = base
        .iter()
        .filter(|(key, _)| mode == LoadMode::Add || rows.contains_key(*key));
    let after = kept_rows
        .filter(|(key, _)| !rows.contains_key(*key))
        .chain(&rows);
    after.for_each(|((kind, _), person)| *named.entry((kind, person)).or_default() += 1);
    // A row merges when it moves an identifier to another person, or gives a person a second
    // identifier of one kind: budgets and caseloads would then count two persons as one. Counted
    // over the table as it would be, so that two new rows of one file merge, too.
    let merges = |key: &(String, String), person: &PersonRef| {
        base.contains_key(key)
            || named
                .get(&(key.0.as_str(), person))
                .is_some_and(|count| *count > 1)
    };
    let new: Vec<_> = rows
        .iter()
        .filter(|(key, person)| base.get(*key) != Some(*person))
        .collect();
    let alone = new
        .iter()
        .filter(|(key, person)| !merges(key, person))
        .count();
    let alone = u64::try_from(alone).unwrap_or(u64::MAX);
    let is_within = matches!(allowance, Allowance::Feed(feed) if alone <= feed.left);
    let waits: HashSet<&(String, String)> = match allowance {
        Allowance::All => HashSet::new(),
        Allowance::Nothing => new.iter().map(|(key, _)| *key).collect(),
        Allowance::Feed(_) => new
            .iter()
            .filter(|(key, person)| !is_within || merges(key, person))
            .map(|(key, _)| *key)
            .collect(),
    };
    let keyer = map.keyer();
    // An alias has no holder, so that the sizes of organisations do not matter.
    let sizes = HashMap::new();
    let mut counter = GrowthCounter::new(&sizes);
    let mut later = AliasTable::new();
    // A changed row that waits leaves its identifier without any: as a person of its own, it widens
    // nothing.
    let mut table = if mode == LoadMode::Add {
        base.clone()
    } else {
        AliasTable::new()
    };
    for (key, person) in &rows {
        if waits.contains(key) {
            counter.alias(keyer.key(person.as_str()), merges(key, person));
            later.insert(key.clone(), person.clone());
        } else {
            table.insert(key.clone(), person.clone());
        }
    }
    let growth = counter.finish();
    let next = write(&table, draft.with_extension("draft"))?;
    let later = write(&later, draft.with_extension("later"))?;
    let added = if is_within { alone } else { 0 };
    let waiting = (growth.rows > 0).then_some((later, growth));
    Ok(AliasComparison {
        table,
        next,
        waiting,
        added,
        ignored,
    })
}

/// Writes a table sorted by its keys, so that equal tables have equal digests.
fn write(table: &AliasTable, path: PathBuf) -> Result<FileDraft, OperationError> {
    let fault = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
    let draft = FileDraftWriter::create(path).map_err(|error| fault(&error))?;
    let mut writer = csv::Writer::from_writer(draft);
    let mut rows: Vec<_> = table.iter().collect();
    rows.sort_unstable();
    writer
        .write_record(COLUMNS.map(|column| column.name))
        .map_err(|error| fault(&error))?;
    for ((kind, identifier), person) in rows {
        writer
            .write_record([kind, identifier, person.as_str()])
            .map_err(|error| fault(&error))?;
    }
    let mut draft = writer.into_inner().map_err(|error| fault(&error))?;
    draft.flush().map_err(|error| fault(&error))?;
    draft.finish().map_err(|error| fault(&error))
}

/// Checks that the waiting rows are the ones that the request describes.
pub(crate) async fn must_be_current(app: &App, load: &WaitingLoad) -> Result<(), OperationError> {
    let LoadTarget::Aliases(portal) = &load.target else {
        return Err(OperationError::NotFound("portal"));
    };
    caseloads::waiting_rows(app, load, &waiting_folder(app, portal))
        .await
        .map(drop)
}

/// Loads the waiting rows, once a second person has approved them.
pub(crate) async fn load_granted(app: &App, load: &WaitingLoad) -> Result<(), OperationError> {
    let LoadTarget::Aliases(portal) = &load.target else {
        return Err(OperationError::NotFound("portal"));
    };
    let _one = loads::hold(app).await;
    let csv = caseloads::waiting_rows(app, load, &waiting_folder(app, portal)).await?;
    load_judged(
        app,
        &Actor::digue(),
        portal,
        csv,
        LoadMode::Add,
        Allowance::All,
    )
    .await
    .map(drop)
}

/// Loads the stored alias tables at a start and a reload. A file that was changed or cannot be read
/// leaves the table in force as it is; at a start every identifier is then a person of its own.
pub async fn load_kept(app: &App) -> Result<(), OperationError> {
    let _one = loads::hold(app).await;
    for portal in app.gateway().hosts().portals() {
        let file = kept(app.data_folder(), &portal.id);
        let csv = match file.read(app).await? {
            Ok(None) => continue,
            Ok(Some(csv)) => csv,
            Err(why) => {
                app.note_not_taken(&file.name, why).await?;
                continue;
            }
        };
        let map = portal.clone();
        let read = tokio::task::spawn_blocking(move || read_rows(&csv, &map));
        match read
            .await
            .map_err(|error| OperationError::Unavailable(error.to_string()))?
        {
            Ok((table, _)) => {
                app.aliases().set(portal.id.clone(), table);
                app.not_taken().clear(&file.name);
            }
            Err(error) => {
                tracing::error!(%error, file = %file.path.display(), "Kept alias file is invalid; skipped");
                app.note_not_taken(&file.name, UnfinishedFile::Unreadable)
                    .await?;
            }
        }
    }
    Ok(())
}

/// The alias table of a portal as its file has it, for commands that work without the store. Its
/// digest is therefore not verified.
pub fn kept_table(
    data_folder: &Path,
    portal: &Portal,
) -> Result<Option<AliasTable>, OperationError> {
    match std::fs::read(kept(data_folder, &portal.id).path) {
        Ok(csv) => read_rows(&csv, portal).map(|(table, _)| Some(table)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(OperationError::Unavailable(error.to_string())),
    }
}

fn kept(data_folder: &Path, portal: &PortalId) -> KeptFile {
    KeptFile {
        name: LoadTarget::Aliases(portal.clone()).name(),
        path: data_folder.join("aliases").join(format!("{portal}.csv")),
    }
}

fn waiting_folder(app: &App, portal: &PortalId) -> PathBuf {
    app.data_folder()
        .join("aliases")
        .join("waiting")
        .join(portal.as_str())
}
