//! Repositories as the operator names them: a folder, a server or a bucket, with its password and its
//! identity.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use digue_backup::canary::{DeletionProof, try_to_delete};
use digue_backup::folder_store::FolderStore;
use digue_backup::progress::ProgressSink;
use digue_backup::repository::{BackupRepository, RepositoryPassword, RepositoryStore};
use digue_backup::rest_store::RestStore;
use digue_backup::s3_canary::try_to_unlock;
use digue_backup::s3_store::{LockRenewal, S3Store};
use digue_backup::schedule::PackSlice;
use digue_backup::{BackupError, RepositoryId};
use digue_http::client::HttpClient;

use crate::ContinuityError;
use crate::rest_client::RestClient;
use crate::s3_client::{BucketAddress, S3Client};
use crate::sigv4::AccessKey;

/// One repository.
#[derive(Clone, Debug)]
pub struct RepositorySettings {
    pub name: String,
    pub place: RepositoryPlace,
    pub password_file: PathBuf,
    /// The identifier that it must have; another disk, or a replaced repository, is refused.
    pub id: Option<RepositoryId>,
}

/// Where a repository is.
#[derive(Clone, Debug)]
pub enum RepositoryPlace {
    Folder(PathBuf),
    Rest {
        /// Without a final `/`.
        url: String,
        /// Name and the file with the password that the server asks for.
        login: Option<(String, PathBuf)>,
    },
    Bucket(BucketPlace),
}

/// A folder of a bucket.
#[derive(Clone, Debug)]
pub struct BucketPlace {
    pub address: BucketAddress,
    /// Without `/` at its ends; empty for the whole bucket.
    pub prefix: String,
    pub access_key: String,
    /// The file with the secret of the access key.
    pub secret_file: PathBuf,
    /// How long each file is locked; renewed while it is needed.
    pub lock: Option<Duration>,
}

/// `https://s3.exemple.fr/compartiment/dossier`.
#[derive(Clone, Debug)]
pub struct BucketUrl {
    endpoint: String,
    bucket: String,
    prefix: String,
}

impl BucketUrl {
    /// # Errors
    /// An example, when `text` names no bucket.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = || {
            let (scheme, rest) = text.split_once("://")?;
            let (host, path) = rest.split_once('/')?;
            let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
            let is_whole = matches!(scheme, "https" | "http") && ![host, bucket].contains(&"");
            is_whole.then(|| Self {
                endpoint: format!("{scheme}://{host}"),
                bucket: bucket.to_owned(),
                prefix: prefix.trim_end_matches('/').to_owned(),
            })
        };
        parts().ok_or_else(|| "https://s3.exemple.fr/sauvegarde/digue".to_owned())
    }

    /// A folder of the bucket to read from.
    pub fn place(self, region: String, access_key: String, secret_file: PathBuf) -> BucketPlace {
        BucketPlace {
            address: BucketAddress {
                endpoint: self.endpoint,
                region,
                bucket: self.bucket,
                is_path_style: true,
            },
            prefix: self.prefix,
            access_key,
            secret_file,
            // Nothing is written.
            lock: None,
        }
    }
}

type Opened<T> = Result<T, ContinuityError>;

/// The everyday password, from its file.
///
/// # Errors
/// When the file cannot be read.
pub fn password_in(path: &Path) -> Opened<RepositoryPassword> {
    fs::read_to_string(path)
        .map(|text| RepositoryPassword::new(&text))
        .map_err(ContinuityError::file(path))
}

impl RepositoryPlace {
    /// False for a disk that is not plugged in, and for a folder without a repository. A server is
    /// not asked.
    pub fn is_there(&self) -> bool {
        match self {
            Self::Folder(folder) => folder.join("config").exists(),
            Self::Rest { .. } | Self::Bucket(_) => true,
        }
    }

    pub const fn is_folder(&self) -> bool {
        match self {
            Self::Folder(_) => true,
            Self::Rest { .. } | Self::Bucket(_) => false,
        }
    }

    /// True when nothing can be deleted before its lock ends.
    pub const fn locks_files(&self) -> bool {
        match self {
            Self::Bucket(place) => place.lock.is_some(),
            Self::Folder(_) | Self::Rest { .. } => false,
        }
    }

    /// Its files, for reading. `name` is shown in errors.
    ///
    /// # Errors
    /// When the password of the server cannot be read.
    pub fn reader(&self, name: &str, client: &HttpClient) -> Opened<RepositoryStore> {
        Ok(match self {
            Self::Folder(folder) => Arc::new(FolderStore::reader(folder)),
            Self::Rest { url, login } => Arc::new(rest(name, url.clone(), login.as_ref(), client)?),
            Self::Bucket(place) => Arc::new(bucket(name, place, client)?),
        })
    }

    /// Its files, for writing. Only where a repository may be made is a folder made: the mount
    /// point of a disk that is not plugged in is an empty folder of this machine's own.
    fn writer(&self, name: &str, client: &HttpClient, inits: bool) -> Opened<RepositoryStore> {
        match self {
            Self::Folder(folder) if !inits && !self.is_there() => {
                Err(BackupError::NoRepository(folder.display().to_string()).into())
            }
            Self::Folder(folder) => Ok(Arc::new(FolderStore::writer(folder)?)),
            Self::Rest { .. } | Self::Bucket(_) => self.reader(name, client),
        }
    }
}

/// The store of a repository on a server.
fn rest(
    name: &str,
    url: String,
    login: Option<&(String, PathBuf)>,
    client: &HttpClient,
) -> Opened<RestStore> {
    let password = login
        .map(|(_, file)| fs::read_to_string(file).map_err(ContinuityError::file(file)))
        .transpose()?;
    let login = login
        .zip(password.as_deref())
        .map(|((user, _), password)| (user.as_str(), password.trim_end()));
    let client = RestClient::new(url, login, client.clone()).map_err(ContinuityError::Thread)?;
    Ok(RestStore::new(name, Arc::new(client)))
}

/// The store of a repository in a bucket.
fn bucket(name: &str, place: &BucketPlace, client: &HttpClient) -> Opened<S3Store> {
    let file = &place.secret_file;
    let secret = fs::read_to_string(file).map_err(ContinuityError::file(file))?;
    let key = AccessKey {
        id: place.access_key.clone(),
        secret: secret.trim_end().to_owned(),
    };
    let client =
        S3Client::new(&place.address, key, client.clone()).map_err(ContinuityError::Thread)?;
    Ok(S3Store::new(
        name,
        &place.prefix,
        Arc::new(client),
        place.lock,
    ))
}

impl RepositorySettings {
    /// Opens it for reading, if it is the expected one.
    ///
    /// # Errors
    /// `NoRepository`, `OtherRepository`, `WrongKey`; what the store says.
    pub fn open(
        &self,
        client: &HttpClient,
        progress: Option<Arc<dyn ProgressSink>>,
    ) -> Opened<BackupRepository> {
        let store = self.place.reader(&self.name, client)?;
        self.expected(BackupRepository::open(
            store,
            &password_in(&self.password_file)?,
            progress,
        )?)
    }

    /// Opens it for writing, if it is the expected one.
    ///
    /// # Errors
    /// As for `open`; `Busy` while another process writes.
    pub fn open_to_write(
        &self,
        client: &HttpClient,
        progress: Option<Arc<dyn ProgressSink>>,
    ) -> Opened<BackupRepository> {
        let store = self.place.writer(&self.name, client, false)?;
        self.expected(BackupRepository::open(
            store,
            &password_in(&self.password_file)?,
            progress,
        )?)
    }

    /// Makes it where there is none, and opens it for writing; true when it was made.
    ///
    /// # Errors
    /// As for `open_to_write`.
    pub fn open_or_init(
        &self,
        client: &HttpClient,
        progress: Option<Arc<dyn ProgressSink>>,
    ) -> Opened<(BackupRepository, bool)> {
        let password = password_in(&self.password_file)?;
        let store = self.place.writer(&self.name, client, true)?;
        let (repository, is_new) = match BackupRepository::open(store.clone(), &password, progress)
        {
            Err(BackupError::NoRepository(_)) => (BackupRepository::init(store, &password)?, true),
            opened => (opened?, false),
        };
        Ok((self.expected(repository)?, is_new))
    }

    fn expected(&self, repository: BackupRepository) -> Opened<BackupRepository> {
        if let Some(expected) = &self.id {
            repository.must_be(expected)?;
        }
        Ok(repository)
    }

    /// The same repository with the name and secret file of another account; itself for a folder,
    /// and without another account.
    pub fn with_credential(&self, credential: Option<&(String, PathBuf)>) -> Self {
        let mut changed = self.clone();
        if let Some((user, file)) = credential {
            match &mut changed.place {
                RepositoryPlace::Folder(_) => {}
                RepositoryPlace::Rest { login, .. } => *login = Some((user.clone(), file.clone())),
                RepositoryPlace::Bucket(place) => {
                    place.access_key.clone_from(user);
                    place.secret_file.clone_from(file);
                }
            }
        }
        changed
    }

    /// Tries to delete, and says what came of it. A sibling on the server, `URL-canari`, holds what
    /// is there to be deleted.
    ///
    /// # Errors
    /// When the password of the server cannot be read.
    pub fn try_deletion(&self, client: &HttpClient) -> Opened<DeletionProof> {
        match &self.place {
            RepositoryPlace::Folder(_) => Ok(DeletionProof::NotImmutable),
            RepositoryPlace::Rest { url, login } => {
                let real = rest(&self.name, url.clone(), login.as_ref(), client)?;
                let sibling = rest(&self.name, format!("{url}-canari"), login.as_ref(), client)?;
                Ok(try_to_delete(&real, &sibling))
            }
            RepositoryPlace::Bucket(place) => {
                Ok(try_to_unlock(&bucket(&self.name, place, client)?))
            }
        }
    }

    /// Renews the locks of this share of a bucket's files; `None` where nothing is locked by us.
    ///
    /// # Errors
    /// What the store says. A lock that cannot be renewed is in the result.
    pub fn renew_locks(
        &self,
        client: &HttpClient,
        repository: &BackupRepository,
        share: PackSlice,
    ) -> Opened<Option<LockRenewal>> {
        match &self.place {
            RepositoryPlace::Bucket(place) if place.lock.is_some() => {
                let packs = repository.packs_in_use()?;
                let store = bucket(&self.name, place, client)?;
                Ok(Some(store.renew_locks(share, &packs)?))
            }
            RepositoryPlace::Folder(_)
            | RepositoryPlace::Rest { .. }
            | RepositoryPlace::Bucket(_) => Ok(None),
        }
    }
}
