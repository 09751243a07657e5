//! Files of the data folder that the next gateway needs: the tables in force, names, held rows, lists
//! of affected persons. The state remembers their digests, so that one that is behind is not taken.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use digue_shared_journal::{FILE_BYTES_MAX, SharedFiles, SharedJournalError, SharingOutcome};

/// Folders whose files are carried from gateway to gateway. Indexes, certificates, traffic for reports
/// and plans are made again by each.
const FOLDERS: [&str; 6] = [
    "caseloads",
    "aliases",
    "classes",
    "names",
    "sources",
    "incidents",
];

/// Tells one version of a file from the next.
type FileStamp = (SystemTime, u64);

/// Carries the files of one gateway's data folder to the others.
pub struct FileCarrier {
    shared: SharedFiles,
    data_folder: PathBuf,
    known: BTreeMap<String, FileStamp>,
}

impl FileCarrier {
    pub fn new(shared: SharedFiles, data_folder: &Path) -> Self {
        Self {
            shared,
            data_folder: data_folder.to_owned(),
            known: BTreeMap::new(),
        }
    }

    /// Brings the folder to what the gateway before had; to be called before the state is read.
    pub fn fetch(&mut self) -> Result<(), SharedJournalError> {
        for path in self.shared.fetch(&self.data_folder, &FOLDERS)? {
            tracing::info!(path, "Took over a file of the gateway that served before");
        }
        Ok(())
    }

    /// Stores the files that changed since the last call. One that fails is tried again.
    pub fn share_changed(&mut self) -> io::Result<()> {
        for folder in FOLDERS {
            for (path, stamp) in files_in(&self.data_folder, folder)? {
                if self.known.get(&path) == Some(&stamp) {
                    continue;
                }
                match self.shared.share(&self.data_folder, &path)? {
                    SharingOutcome::Shared => {}
                    SharingOutcome::Deposed => return Ok(()),
                    SharingOutcome::NotAcknowledged(cause) => {
                        tracing::warn!(path, cause, "A file was not shared; retrying");
                        return Ok(());
                    }
                    SharingOutcome::TooLong => tracing::warn!(
                        path,
                        limit = FILE_BYTES_MAX,
                        "A file is too long to be shared: keep its folder on storage that all gateways see"
                    ),
                }
                self.known.insert(path, stamp);
            }
        }
        Ok(())
    }
}

/// The files under a folder of the data folder, with `/` between the parts of their paths.
fn files_in(data_folder: &Path, folder: &str) -> io::Result<Vec<(String, FileStamp)>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        let items = match fs::read_dir(data_folder.join(&folder)) {
            Ok(items) => items,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for item in items {
            let item = item?;
            let Ok(name) = item.file_name().into_string() else {
                continue;
            };
            let path = format!("{folder}/{name}");
            let about = match item.metadata() {
                Ok(about) => about,
                // A draft that was renamed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if about.is_dir() {
                waiting.push(path);
            } else if !is_draft(&name) {
                found.push((path, (about.modified()?, about.len())));
            }
        }
    }
    Ok(found)
}

/// A file that is being written beside the one that it will replace.
fn is_draft(name: &str) -> bool {
    [".tmp", ".partial", ".fetched"]
        .iter()
        .any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends at its first fault")]

    use super::*;

    #[test]
    fn files_are_found_in_their_folders_and_drafts_are_not() {
        let data = tempfile::tempdir().unwrap();
        assert!(files_in(data.path(), "caseloads").unwrap().is_empty());
        let waiting = data.path().join("caseloads/waiting/nir");
        fs::create_dir_all(&waiting).unwrap();
        fs::write(waiting.join("ab.csv"), "1").unwrap();
        fs::write(data.path().join("caseloads/nir.csv"), "22").unwrap();
        fs::write(data.path().join("caseloads/nir.tmp"), "333").unwrap();
        let mut found: Vec<(String, u64)> = files_in(data.path(), "caseloads")
            .unwrap()
            .into_iter()
            .map(|(path, (_, length))| (path, length))
            .collect();
        found.sort();
        let expected = [
            ("caseloads/nir.csv", 2),
            ("caseloads/waiting/nir/ab.csv", 1),
        ];
        assert_eq!(
            found,
            expected.map(|(path, length)| (path.to_owned(), length))
        );
    }
}
