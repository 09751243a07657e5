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

/// The state of the services, as a page and as a signed text.
const STATUS_FILES: [&str; 2] = ["etat-des-services.html", "etat-des-services.txt"];

/// The two files of the state of the services in a data folder.
pub fn status_files_in(data: &Path) -> [PathBuf; 2] {
    STATUS_FILES.map(|name| data.join(FOLDER).join(name))
}

/// Copies the state of the services that was written last into a folder, both files; `None` when
/// none ever was.
///
/// # Errors
/// When it cannot be read or the copies cannot be written.
pub fn export_status(data: &Path, into: &Path) -> Result<Option<ExportedPlan>, ContinuityError> {
    let mut exported = None;
    for (name, from) in STATUS_FILES.iter().zip(status_files_in(data)) {
        let Some(copied) = copied(&from, into, name)? else {
            return Ok(None);
        };
        // The page is what a person looks at.
        exported.get_or_insert(copied);
    }
    Ok(exported)
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
    copied(&file_in(data), into, FILE)
}

fn copied(from: &Path, into: &Path, name: &str) -> Result<Option<ExportedPlan>, ContinuityError> {
    let bytes = match fs::read(from) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ContinuityError::file(from)(error)),
    };
    let written = written(from).map_err(ContinuityError::file(from))?;
    fs::create_dir_all(into).map_err(ContinuityError::file(into))?;
    let file = into.join(name);
    fs::write(&file, bytes).map_err(ContinuityError::file(&file))?;
    Ok(Some(ExportedPlan { file, written }))
}

fn written(path: &Path) -> io::Result<Timestamp> {
    let time = fs::metadata(path)?.modified()?;
    let since = time.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    Ok(Timestamp::ZERO.plus(since))
}
