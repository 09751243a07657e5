//! The tables of known names: one file for each portal in the data folder, made by `digue names`,
//! read again when it changes.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use digue_gateway::Gateway;
use digue_gateway::portal::NamesChoice;
use digue_identifiers::{NameKey, PersonNameTable};
use digue_types::PortalId;

/// Where the table of a portal is.
pub fn path(data_folder: &Path, portal: &PortalId) -> PathBuf {
    data_folder.join("names").join(format!("{portal}.names"))
}

/// Stores a table in place of the one before.
pub fn store(path: &Path, table: &PersonNameTable) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let partial = path.with_extension("partial");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&partial)?;
    file.write_all(&table.to_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)
}

/// Tells one version of a file from the next.
type FileVersion = (SystemTime, u64);

/// The tables in force, and the versions of their files.
#[derive(Debug)]
pub struct NameFiles {
    data_folder: PathBuf,
    key: NameKey,
    read: HashMap<PortalId, FileVersion>,
}

impl NameFiles {
    pub fn new(data_folder: &Path, key: NameKey) -> Self {
        Self {
            data_folder: data_folder.to_owned(),
            key,
            read: HashMap::new(),
        }
    }

    /// Reads all tables.
    ///
    /// # Errors
    /// One cannot be read: without it the map's choice about names would mean nothing.
    pub fn read_all(&mut self, gateway: &Gateway) -> Result<()> {
        for portal in gateway.hosts().portals() {
            self.read_again(gateway, &portal.id)?;
            let chooses = portal
                .routes
                .iter()
                .any(|route| route.uninspected.names != NamesChoice::Observe);
            if chooses && !self.read.contains_key(&portal.id) {
                let hint = "make it with `digue names`";
                tracing::warn!(portal.id = %portal.id, hint, "The map refuses or releases names, and there is no table of names");
            }
        }
        Ok(())
    }

    /// Reads the tables whose files have changed; one that cannot be read leaves the one before in
    /// force.
    pub fn read_changed(&mut self, gateway: &Gateway) {
        for portal in gateway.hosts().portals() {
            if let Err(error) = self.read_again(gateway, &portal.id) {
                let error = format!("{error:#}");
                tracing::error!(portal.id = %portal.id, error, "The table of names cannot be read; the one before stays in force");
            }
        }
    }

    fn read_again(&mut self, gateway: &Gateway, portal: &PortalId) -> Result<()> {
        let path = path(&self.data_folder, portal);
        let version = match fs::metadata(&path) {
            Ok(facts) => (facts.modified()?, facts.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.read.remove(portal).is_some() {
                    gateway.set_names(portal, None);
                    tracing::warn!(portal.id = %portal, "The table of names is gone; names are no longer searched for");
                }
                return Ok(());
            }
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        if self.read.get(portal) == Some(&version) {
            return Ok(());
        }
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        let table = PersonNameTable::from_bytes(self.key.clone(), &bytes)
            .with_context(|| format!("{}; make it again with `digue names`", path.display()))?;
        tracing::info!(portal.id = %portal, persons = table.persons(), "Names are searched for in responses");
        gateway.set_names(portal, Some(Arc::new(table)));
        self.read.insert(portal.clone(), version);
        Ok(())
    }
}
