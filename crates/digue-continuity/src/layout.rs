//! Digue itself and the output of commands, laid out as folders that do not change while they are
//! read.
//!
//! The layout is kept between backups: a file that did not change keeps its date, and is not read
//! again.
//!
//! Order: the state first, then the other files, then the journal. What state and files remember of
//! the journal's head is then never newer than the journal beside them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use digue_backup::BackupError;
use digue_backup::results::RESULTS_KEY;
use digue_journal::checkpoint::Checkpoint;
use digue_journal::note::Verifier;
use digue_store::Store;
use digue_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ContinuityError;
use crate::plan_folder;
use crate::postgres_state::{self, DUMP};

/// Where the parts of an installation are.
#[derive(Clone, Debug)]
pub struct Installation {
    pub data: PathBuf,
    pub store_url: String,
    /// Never copied.
    pub master_key: PathBuf,
    /// `digue.toml`.
    pub configuration: PathBuf,
    pub portals: PathBuf,
    pub policies: Option<PathBuf>,
}

/// What a backup of Digue says of itself.
#[derive(Serialize, Deserialize)]
pub struct BackupManifest {
    /// RFC 3339: what was written from then on may be missing.
    pub begun_at: String,
    /// Entries of the journal.
    pub entries: u64,
}

/// The manifest's file name.
pub const MANIFEST: &str = "sauvegarde.json";

/// In the data folder, and not to be stored: what is rebuilt, what is copied otherwise, and the
/// layout.
const LEFT_OUT: [&str; 4] = ["index", "backup", "journal", plan_folder::FOLDER];
const WRITE_AHEAD: &str = "wal";

type Laid<T> = Result<T, ContinuityError>;

/// Lays Digue out in `into`.
///
/// # Errors
/// `Postgres` when a state there cannot be dumped; a file or the journal that cannot be read.
pub fn own(from: &Installation, into: &Path, begun: Timestamp) -> Laid<()> {
    let data = into.join("data");
    fs::create_dir_all(&data).map_err(ContinuityError::file(&data))?;
    copy_state(&from.store_url, &data)?;
    let real = fs::canonicalize(&from.data).map_err(ContinuityError::file(&from.data))?;
    let master = match fs::canonicalize(&from.master_key) {
        Ok(path) => Some(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(ContinuityError::file(&from.master_key)(error)),
    };
    let is_left_out = |path: &Path| {
        let first = path
            .components()
            .next()
            .map(|part| part.as_os_str().to_string_lossy().into_owned());
        // The key that opens the journal's entries stays where the operator keeps it: on paper or
        // elsewhere.
        let is_key_here = path == Path::new(RESULTS_KEY);
        let is_master =
            path == Path::new("keys/master.key") || master.as_ref() == Some(&real.join(path));
        let is_state = path.to_string_lossy().starts_with("state.db");
        first.is_some_and(|first| LEFT_OUT.contains(&first.as_str()))
            || is_state
            || is_master
            || is_key_here
    };
    mirror(
        &from.data,
        &data,
        &is_left_out,
        &["state.db", DUMP, "journal"],
    )?;
    copy_configuration(from, &into.join("configuration"))?;
    // At the top, where a person finds it who has nothing but this backup.
    let plan = from.data.join(plan_folder::FOLDER);
    if plan.exists() {
        let into = into.join(plan_folder::IN_BACKUP);
        mirror(&plan, &into, &|_| false, &[])?;
    }
    let entries = copy_journal(&from.data, &data.join("journal"))?;
    let manifest = BackupManifest {
        begun_at: begun.to_string(),
        entries,
    };
    let text = serde_json::to_vec(&manifest).expect("a date and a number become JSON");
    write(&into.join(MANIFEST), &text)
}

/// The state as of one moment; what an earlier backup laid out of the other kind goes.
fn copy_state(url: &str, data: &Path) -> Laid<()> {
    let (file, dump) = (data.join("state.db"), data.join(DUMP));
    if postgres_state::is_postgres(url) {
        remove_if_there(&file)?;
        return postgres_state::dump(url, &dump);
    }
    if !url.starts_with("sqlite:") {
        return Err(ContinuityError::StateElsewhere);
    }
    remove_if_there(&dump)?;
    let draft = file.with_extension("draft");
    remove_if_there(&draft)?;
    ContinuityError::runtime_for(&file)?.block_on(Store::copy_to(url, &draft))?;
    fs::rename(&draft, &file).map_err(ContinuityError::file(&file))
}

fn remove_if_there(path: &Path) -> Laid<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ContinuityError::file(path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Laid<()> {
    fs::write(path, bytes).map_err(ContinuityError::file(path))
}

fn copy_configuration(from: &Installation, into: &Path) -> Laid<()> {
    fs::create_dir_all(into).map_err(ContinuityError::file(into))?;
    let name = from
        .configuration
        .file_name()
        .unwrap_or_else(|| "digue.toml".as_ref());
    copy_changed(&from.configuration, &into.join(name))?;
    mirror(&from.portals, &into.join("portals"), &|_| false, &[])?;
    match &from.policies {
        Some(policies) => mirror(policies, &into.join("policies"), &|_| false, &[]),
        None => Ok(()),
    }
}

/// Copies the journal up to the checkpoint that it had before the first file was copied; its
/// entries.
fn copy_journal(data: &Path, into: &Path) -> Laid<u64> {
    let journal = data.join("journal");
    let read = |path: &Path| fs::read_to_string(path).map_err(ContinuityError::file(path));
    let key = Verifier::parse(&read(&data.join("keys/journal.pub"))?)?;
    let note = read(&journal.join("checkpoint"))?;
    let head = Checkpoint::open(&note, &key)?;
    // Tiles are whole before a checkpoint names them. A partial one may be replaced by a fuller one
    // while this reads: it holds the same hashes and more.
    let is_left_out =
        |path: &Path| path.starts_with(WRITE_AHEAD) || path == Path::new("checkpoint");
    mirror(&journal, into, &is_left_out, &["checkpoint"])?;
    write(&into.join("checkpoint"), note.as_bytes())?;
    Ok(head.size)
}

/// Makes `to` hold the files of `from`, `keeps` excepted. A file that vanishes while this reads was
/// replaced.
fn mirror(from: &Path, to: &Path, is_left_out: &dyn Fn(&Path) -> bool, keeps: &[&str]) -> Laid<()> {
    fs::create_dir_all(to).map_err(ContinuityError::file(to))?;
    let mut wanted = BTreeSet::new();
    for path in files_below(from)? {
        if is_left_out(&path) {
            continue;
        }
        let target = to.join(&path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(ContinuityError::file(folder))?;
        }
        match copy_changed(&from.join(&path), &target) {
            Ok(()) => drop(wanted.insert(path)),
            Err(ContinuityError::File { source, .. })
                // The running Digue replaces files by renaming: the new one is in the next backup.
                if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    for path in files_below(to)? {
        let is_kept = keeps.iter().any(|kept| path.starts_with(kept));
        if !is_kept && !wanted.contains(&path) {
            remove_if_there(&to.join(path))?;
        }
    }
    Ok(())
}

/// Copies when size or content differ, so that what did not change keeps its date. A copy that was
/// torn by a kill differs, and is made anew.
fn copy_changed(from: &Path, to: &Path) -> Laid<()> {
    let bytes = fs::read(from).map_err(ContinuityError::file(from))?;
    let is_same = fs::metadata(to).is_ok_and(|known| known.len() == bytes.len() as u64)
        && fs::read(to).is_ok_and(|known| known == bytes);
    if is_same { Ok(()) } else { write(to, &bytes) }
}

/// Files below a folder, relative to it. Links are not followed.
fn files_below(root: &Path) -> Laid<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for (path, kind) in entries_of(&folder).map_err(ContinuityError::file(&folder))? {
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let below = path.strip_prefix(root).expect("it was found below");
                found.push(below.to_owned());
            }
        }
    }
    Ok(found)
}

fn entries_of(folder: &Path) -> io::Result<Vec<(PathBuf, fs::FileType)>> {
    let entries = fs::read_dir(folder)?;
    entries
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
        .collect()
}

/// Runs a command and keeps its output in the folder `into`, only when it succeeded: half a dump is
/// no dump.
///
/// # Errors
/// `CommandNotStarted`, `CommandFailed`; `File` when there is no room for the output.
pub fn command_output(name: &str, program: &[String], into: &Path) -> Result<(), BackupError> {
    let file = |source| BackupError::File {
        path: into.to_owned(),
        source,
    };
    fs::create_dir_all(into).map_err(file)?;
    let draft = into.with_extension("draft");
    let output = fs::File::create(&draft).map_err(file)?;
    let not_started = |source| BackupError::CommandNotStarted {
        name: name.to_owned(),
        source,
    };
    let nothing = || file(io::ErrorKind::InvalidInput.into());
    let (program, arguments) = program.split_first().ok_or_else(nothing)?;
    let ended = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::inherit())
        .status()
        .map_err(not_started)?;
    if !ended.success() {
        fs::remove_file(&draft).map_err(file)?;
        return Err(BackupError::CommandFailed {
            name: name.to_owned(),
            status: ended.to_string(),
        });
    }
    // A dump of nothing that ends well is a command that was misspelt, or a database that is gone.
    if fs::metadata(&draft).map_err(file)?.len() == 0 {
        fs::remove_file(&draft).map_err(file)?;
        return Err(BackupError::CommandFailed {
            name: name.to_owned(),
            status: "no output".to_owned(),
        });
    }
    fs::rename(&draft, into.join(name)).map_err(file)
}
