//! From a clean folder to a Digue that can start: restored, verified, its loss counted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use digue_backup::loss::{self, JournalPoint, LastKnown, LostEntries};
use digue_continuity::restored::{RestoredJournal, data_of};
use digue_terminal::DigueProgram;

use crate::carried_away::{CarriedAway, size_of};
use crate::ransomware::DECLARED_FOLDER;

/// Everything comes back into the program's folder, from the disk and two sheets.
pub(crate) fn restore(program: &DigueProgram<'_>, safe: &CarriedAway) -> Result<()> {
    let disk = safe.disk().display().to_string();
    let [one, other] = safe
        .brought_sheets()
        .map(|sheet| sheet.display().to_string());
    let key = [
        "restore", "--from", &disk, "--sheet", &one, "--sheet", &other,
    ];
    let checkpoint = safe.checkpoint().display().to_string();
    let own = ["--into", "digue", "--checkpoint", &checkpoint];
    program.must(&[&key[..], &own].concat())?;
    let folder = ["--source", DECLARED_FOLDER, "--into", DECLARED_FOLDER];
    program.must(&[&key[..], &folder].concat())?;
    Ok(())
}

/// The restored journal against what the witness kept: how many entries are lost, exactly, because
/// the witness has the last checkpoint that was ever signed.
pub(crate) fn verified_loss(restored: &Path, safe: &CarriedAway, backed_up: u64) -> Result<u64> {
    let kept = safe.checkpoint();
    let journal = RestoredJournal::verify(restored, Some(&kept))?;
    if !journal.report.is_intact() {
        bail!("the restored journal contradicts itself");
    }
    // What persons were counted from.
    if journal.report.size != backed_up {
        bail!("another backup came back than the last one on the disk");
    }
    let known = size_of(&fs::read(&kept)?)?;
    let at = data_of(restored)?;
    let point = |entries| JournalPoint { entries, at };
    let lost = loss::between(point(backed_up), LastKnown::Complete(point(known)))?;
    match lost.entries {
        LostEntries::Exactly(count) => Ok(count),
        LostEntries::AtLeast(_) | LostEntries::Unknown => bail!("the loss is not known exactly"),
    }
}

/// The folder to start Digue in: its configuration with the data and the printed key.
pub(crate) fn lay_out_home(restored: &Path, safe: &CarriedAway) -> Result<PathBuf> {
    let home = restored.join("configuration");
    fs::rename(restored.join("data"), home.join("data"))?;
    fs::copy(safe.printed_key(), home.join("data/keys/master.key"))?;
    // Passwords of repositories are in no backup; the configuration names the file.
    fs::write(home.join("backup.pass"), "")?;
    Ok(home)
}
