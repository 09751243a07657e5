//! The folder of the account with the authority and of the certificate with its key.
//!
//! Key and chain stand in one file, which is replaced whole: a stop between two files would leave a
//! key that is not of the certificate, and a Digue that does not start.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use instant_acme::AccountCredentials;
use serde_json::Value;

use crate::error::AcmeError;

const ACCOUNT: &str = "account.json";
const CERTIFICATE: &str = "certificate.pem";
/// The member that names the authority of a kept account.
const AUTHORITY: &str = "directory";

/// The PEM file with key and chain, of the authority's folder.
pub fn kept_certificate(folder: &Path) -> PathBuf {
    folder.join(CERTIFICATE)
}

pub(crate) struct CertificateFolder(PathBuf);

impl CertificateFolder {
    pub(crate) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        kept_certificate(&self.0)
    }

    /// The account with the authority at `directory`, if there is one. That of another authority is
    /// left where it is until a new one is kept.
    pub(crate) fn account(&self, directory: &str) -> Result<Option<AccountCredentials>, AcmeError> {
        let path = self.0.join(ACCOUNT);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(AcmeError::File { path, source }),
        };
        let damaged = |error: serde_json::Error| AcmeError::Account {
            path: path.clone(),
            // The error of the parser, which names a place and no value.
            cause: error.to_string(),
        };
        let value: Value = serde_json::from_slice(&bytes).map_err(damaged)?;
        if value.get(AUTHORITY).and_then(Value::as_str) != Some(directory) {
            return Ok(None);
        }
        serde_json::from_value(value).map(Some).map_err(damaged)
    }

    pub(crate) fn keep_account(&self, account: &AccountCredentials) -> Result<(), AcmeError> {
        let path = self.0.join(ACCOUNT);
        let text = serde_json::to_vec(account).expect("credentials are strings");
        self.replace(&path, &text)
    }

    pub(crate) fn keep_certificate(&self, pem: &str) -> Result<(), AcmeError> {
        self.replace(&self.certificate(), pem.as_bytes())
    }

    /// Writes a file that only its user can read, whole or not at all.
    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), AcmeError> {
        let write = || {
            fs::create_dir_all(&self.0)?;
            let draft = path.with_extension("draft");
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&draft, path)?;
            // The name, too: after a power cut the authority would be asked again, and it counts.
            fs::File::open(&self.0)?.sync_all()
        };
        write().map_err(|source| AcmeError::File {
            path: path.to_owned(),
            source,
        })
    }
}
