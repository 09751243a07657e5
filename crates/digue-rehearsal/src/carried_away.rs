//! What is out of the thief's reach: a disk, sheets of paper, the printed key of the journal, and the
//! checkpoint that a witness keeps.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use digue_backup::folder_store::FolderStore;
use digue_backup::recovery_key::{KeySheet, RecoveryKey};
use digue_backup::repository::{BackupRepository, RepositoryPassword};
use digue_continuity::restored::RestoredJournal;
use digue_terminal::DigueProgram;

use crate::CARRIED_AWAY;

/// Sheets that are printed, and those of them that two persons bring back.
const SHEETS: usize = 3;
const BROUGHT: [usize; 2] = [1, 3];

/// What a person carries away: none of it is on the machine any more.
pub(crate) struct CarriedAway {
    folder: tempfile::TempDir,
}

impl CarriedAway {
    /// The recovery key is printed; the sheets, the printed key of the journal and the disk leave the
    /// building.
    pub(crate) fn from_machine(program: &DigueProgram<'_>, root: &Path) -> Result<Self> {
        let split = ["backup", "--split-key", "2/3", "--repository", CARRIED_AWAY];
        let sheets = sheets_in(&program.must(&split)?)?;
        let safe = Self {
            folder: tempfile::tempdir()?,
        };
        for (number, sheet) in (1..).zip(&sheets) {
            fs::write(safe.sheet(number), sheet)?;
        }
        fs::copy(root.join("data/keys/master.key"), safe.printed_key())?;
        fs::rename(root.join(CARRIED_AWAY), safe.disk())?;
        Ok(safe)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn sheet(&self, number: usize) -> PathBuf {
        self.path(&format!("{number}.txt"))
    }

    pub(crate) fn brought_sheets(&self) -> [PathBuf; 2] {
        BROUGHT.map(|number| self.sheet(number))
    }

    pub(crate) fn disk(&self) -> PathBuf {
        self.path(CARRIED_AWAY)
    }

    /// The printed key of the journal.
    pub(crate) fn printed_key(&self) -> PathBuf {
        self.path("master.key")
    }

    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.path("checkpoint")
    }

    /// The witness has the last checkpoint that was ever signed.
    pub(crate) fn keep_checkpoint(&self, root: &Path) -> Result<()> {
        fs::copy(root.join("data/journal/checkpoint"), self.checkpoint())?;
        Ok(())
    }

    /// How many entries of the journal the disk holds.
    pub(crate) fn entries(&self) -> Result<u64> {
        let mut sheets = Vec::new();
        for path in self.brought_sheets() {
            sheets.push(KeySheet::parse(&fs::read_to_string(path)?)?);
        }
        let key = RecoveryKey::join(&sheets)?;
        let store = Arc::new(FolderStore::reader(&self.disk()));
        let repository = BackupRepository::open(store, &RepositoryPassword::from(&key), None)?;
        let snapshots = repository.snapshots()?;
        let own = snapshots.iter().rfind(|one| one.source == "digue");
        let own = own.context("the disk holds no backup of Digue")?;
        let looked_at = tempfile::tempdir()?;
        let folder = looked_at.path().join("digue");
        repository.restore(&own.id, &folder)?;
        Ok(RestoredJournal::verify(&folder, None)?.report.size)
    }
}

/// The sheets of a printed recovery key: the words of one are indented lines that follow each other;
/// the code below them says the same.
fn sheets_in(printed: &str) -> Result<Vec<String>> {
    let (mut sheets, mut was_words) = (Vec::<String>::new(), false);
    for line in printed.lines() {
        let is_words = line.starts_with("  ") && line.contains(char::is_alphabetic);
        match (is_words, was_words, sheets.last_mut()) {
            (true, true, Some(sheet)) => sheet.push_str(line),
            (true, ..) => sheets.push(line.to_owned()),
            (false, ..) => {}
        }
        was_words = is_words;
    }
    if sheets.len() != SHEETS {
        bail!("{} sheets were printed", sheets.len());
    }
    Ok(sheets)
}

/// How many entries a checkpoint covers: its second line (C2SP tlog-checkpoint).
pub(crate) fn size_of(note: &[u8]) -> Result<u64> {
    let text = String::from_utf8_lossy(note);
    let size = text.lines().nth(1).context("a checkpoint has a size")?;
    Ok(size.parse()?)
}
