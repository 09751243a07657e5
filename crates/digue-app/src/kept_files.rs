//! Files that Digue keeps for its next start: caseloads and alias tables.
//!
//! The store has the digest of each, so that a file that was planted, changed or removed is not
//! used: it would widen access without the two persons that this needs. An unreadable file is never
//! taken for an empty one.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};

use digue_types::{Act, Subject};
use ring::digest::{Context, SHA256, digest};

use crate::actor::Actor;
use crate::acts::ActDetails;
use crate::app::App;
use crate::areas::Area;
use crate::error::OperationError;
use crate::files::hex;

/// Why a kept file is not in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnfinishedFile {
    /// It was loaded once and is no longer there.
    Missing,
    /// Its content is not the one that was loaded.
    Changed,
    /// It is there and cannot be read.
    Unreadable,
    /// It is there, and the store has lost the record of what was loaded.
    Unrecorded,
}

impl UnfinishedFile {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Unreadable => "unreadable",
            Self::Unrecorded => "unrecorded",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [
            Self::Missing,
            Self::Changed,
            Self::Unreadable,
            Self::Unrecorded,
        ]
        .into_iter()
        .find(|cause| cause.code() == code)
    }
}

/// The kept files that are not in force, by name: `caseload:personnes`, `aliases:portail`.
// A leaf lock: no other lock is taken while it is held.
#[derive(Default)]
pub struct UnfinishedFiles(RwLock<BTreeMap<String, UnfinishedFile>>);

impl UnfinishedFiles {
    /// Notes the cause; true when it was noted before.
    pub fn note(&self, name: &str, why: UnfinishedFile) -> bool {
        let mut files = self.0.write().unwrap_or_else(PoisonError::into_inner);
        files.insert(name.to_owned(), why) == Some(why)
    }

    /// Why a file is not in force; `None` for one that is, or that there never was.
    pub fn cause(&self, name: &str) -> Option<UnfinishedFile> {
        let files = self.0.read().unwrap_or_else(PoisonError::into_inner);
        files.get(name).copied()
    }

    pub fn clear(&self, name: &str) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(name);
    }

    pub(crate) fn all(&self) -> BTreeMap<String, UnfinishedFile> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Area for UnfinishedFiles {}

impl App {
    /// The kept files that are not in force.
    pub fn not_taken(&self) -> &UnfinishedFiles {
        self.area()
    }

    /// Says, in the log and once in the journal, that a kept file is not in force.
    pub async fn note_not_taken(
        &self,
        name: &str,
        why: UnfinishedFile,
    ) -> Result<(), OperationError> {
        tracing::error!(
            file = name,
            cause = why.code(),
            "Kept file is not in force; load it again"
        );
        if self.not_taken().note(name, why) {
            return Ok(());
        }
        let details = ActDetails {
            subject: Subject::parse(name),
            after: why.code().to_owned(),
            ..ActDetails::default()
        };
        self.write_down(&Actor::digue(), Act::FileNotTaken, details)
            .await
            .map(drop)
    }

    /// Kept files that are not in force, by what they are.
    pub fn files_not_taken(&self) -> BTreeMap<String, UnfinishedFile> {
        self.not_taken().all()
    }
}

/// One kept file.
pub struct KeptFile {
    /// Its name: `caseload:personnes`.
    pub name: String,
    pub path: PathBuf,
}

impl KeptFile {
    /// Its content; `None` when there never was one. A file of which the store knows nothing, and
    /// that replaced none, is accepted once, and its digest stored: a new installation begins with
    /// it. To be called at a start and a reload.
    pub async fn read_first(
        &self,
        app: &App,
    ) -> Result<Result<Option<Vec<u8>>, UnfinishedFile>, OperationError> {
        let read = self.read(app).await?;
        let was_loaded = app.store().last_replacement(&self.name).await?.is_some();
        if read != Err(UnfinishedFile::Unrecorded) || was_loaded {
            return Ok(read);
        }
        let path = self.path.clone();
        let bytes = app.blocking(move || std::fs::read(path)).await?;
        let bytes = bytes.map_err(|error| OperationError::Unavailable(error.to_string()))?;
        // From now on it is known: a file that is exchanged between two starts is refused at the
        // second.
        let digest = hex(digest(&SHA256, &bytes).as_ref());
        app.store().set_file_digest(&self.name, &digest).await?;
        Ok(Ok(Some(bytes)))
    }

    /// Its content; `None` when there never was one.
    pub async fn read(
        &self,
        app: &App,
    ) -> Result<Result<Option<Vec<u8>>, UnfinishedFile>, OperationError> {
        let known = app.store().file_digests(&self.name).await?;
        // Once loaded, a table is never new again, whatever else the store has lost.
        let was_loaded = app.store().last_replacement(&self.name).await?.is_some();
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || {
            std::fs::read(path).map(|bytes| (hex(digest(&SHA256, &bytes).as_ref()), bytes))
        });
        let read = read
            .await
            .map_err(|error| OperationError::Unavailable(error.to_string()))?;
        Ok(match (read, known) {
            (Ok((digest, bytes)), known) if known.contains(&digest) => Ok(Some(bytes)),
            (Ok(_), known) if known.is_empty() => Err(UnfinishedFile::Unrecorded),
            (Ok(_), _) => Err(UnfinishedFile::Changed),
            (Err(error), known) if error.kind() == io::ErrorKind::NotFound => {
                if known.is_empty() && !was_loaded {
                    Ok(None)
                } else {
                    Err(UnfinishedFile::Missing)
                }
            }
            (Err(error), _) => {
                tracing::error!(%error, file = %self.path.display(), "Reading a kept file failed; not used");
                Err(UnfinishedFile::Unreadable)
            }
        })
    }

    /// Puts `draft`, which is durable, in its place. Both digests are accepted during the
    /// replacement: at whichever moment a crash happens, the file that is there is a known one.
    pub async fn put(&self, app: &App, draft: FileDraft) -> Result<(), OperationError> {
        app.store()
            .add_file_digest(&self.name, &draft.digest)
            .await?;
        draft.rename(self.path.clone()).await?;
        Ok(app
            .store()
            .set_file_digest(&self.name, &draft.digest)
            .await?)
    }
}

/// A file that is complete and durable before it gets its name.
pub struct FileDraft {
    pub digest: String,
    path: PathBuf,
}

impl FileDraft {
    /// Renames it, durably.
    pub async fn rename(&self, path: PathBuf) -> Result<(), OperationError> {
        let from = self.path.clone();
        let renamed = tokio::task::spawn_blocking(move || -> io::Result<()> {
            let folder = path
                .parent()
                .expect("kept files lie in a folder under the data folder");
            std::fs::create_dir_all(folder)?;
            std::fs::rename(from, &path)?;
            // The folder too: without it a power failure may undo the rename.
            std::fs::File::open(folder)?.sync_all()
        });
        let renamed = renamed
            .await
            .map_err(|error| OperationError::Unavailable(error.to_string()))?;
        renamed.map_err(|error| OperationError::Unavailable(error.to_string()))
    }
}

/// Writes a draft and computes its digest on the way.
pub struct FileDraftWriter {
    file: io::BufWriter<std::fs::File>,
    path: PathBuf,
    digest: Context,
}

impl FileDraftWriter {
    pub fn create(path: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(
            path.parent()
                .expect("kept files lie in a folder under the data folder"),
        )?;
        let file = io::BufWriter::with_capacity(1 << 20, std::fs::File::create(&path)?);
        Ok(Self {
            file,
            path,
            digest: Context::new(&SHA256),
        })
    }

    pub fn finish(self) -> io::Result<FileDraft> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(FileDraft {
            digest: hex(self.digest.finish().as_ref()),
            path: self.path,
        })
    }
}

impl io::Write for FileDraftWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.digest.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
