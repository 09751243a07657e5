//! The continuity plan as a file that is read without Digue: where the running Digue writes it, and
//! how it leaves the machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use std::time::UNIX_EPOCH;

use digue_types::Timestamp;

use crate::ContinuityError;

/// In the data folder, and the name that the folder has in a backup.
pub(crate) const FOLDER: &str = "continuity";
pub(crate) const IN_BACKUP: &str = "plan-de-continuite";
const FILE: &str = "plan-de-continuite.html";

/// The file in a data folder.
pub fn file_in(data: &Path) -> PathBuf {
    data.join(FOLDER).join(FILE)
}

/// The last plan that was written.
pub struct ExportedPlan {
    pub file: PathBuf,
    /// When Digue wrote it.
    pub written: Timestamp,
}

/// Copies the plan that was written last into a folder; `None` when none ever was.
///
/// # Errors
/// When it cannot be read or the copy cannot be written.
pub fn export(data: &Path, into: &Path) -> Result<Option<ExportedPlan>, ContinuityError> {
    let from = file_in(data);
    let bytes = match fs::read(&from) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ContinuityError::file(&from)(error)),
    };
    let written = written(&from).map_err(ContinuityError::file(&from))?;
    fs::create_dir_all(into).map_err(ContinuityError::file(into))?;
    let file = into.join(FILE);
    fs::write(&file, bytes).map_err(ContinuityError::file(&file))?;
    Ok(Some(ExportedPlan { file, written }))
}

fn written(path: &Path) -> io::Result<Timestamp> {
    let time = fs::metadata(path)?.modified()?;
    let since = time.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    Ok(Timestamp::ZERO.plus(since))
}
