//! What the gateway tells of its traffic: tallied for `digue map report`, stored beside the state
//! every minute.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use digue_gateway::ports::{InspectedResponse, PassedExchange, TrafficObserver};
use digue_learn::traffic_tally::{TalliedPersons, TalliedResponse, TrafficTally, parts_of};
use digue_types::PortalId;

use crate::live_traffic::{BODY_BYTES_MAX, TrafficReaders};

/// The tallies of all portals.
#[derive(Debug)]
pub struct Traffic {
    folder: PathBuf,
    /// Its lock is a leaf, held for one response, or while one tally is copied.
    tallies: Mutex<BTreeMap<PortalId, TrafficTally>>,
    pub readers: TrafficReaders,
}

/// Where the tally of a portal is.
fn path(data_folder: &Path, portal: &PortalId) -> PathBuf {
    data_folder.join("traffic").join(format!("{portal}.json"))
}

fn tallied<'r>(response: &'r InspectedResponse<'_>) -> TalliedResponse<'r> {
    TalliedResponse {
        at: response.at,
        route: response.route.as_str(),
        template: response.template,
        status: response.status,
        content_type: response.content_type,
        content_encoding: response.content_encoding,
        body: response.body,
        shown: tallied_persons(response),
    }
}

fn tallied_persons<'r>(response: &'r InspectedResponse<'_>) -> TalliedPersons<'r> {
    match response.shown {
        None => TalliedPersons::Unreadable,
        Some(shown) if shown.found.is_empty() && !response.has_subject => TalliedPersons::None,
        Some(shown) => TalliedPersons::Some {
            rules: &shown.rules,
        },
    }
}

/// The stored tally of a portal; `None` where none was stored yet.
pub fn stored(data_folder: &Path, portal: &PortalId) -> Result<Option<TrafficTally>> {
    let path = path(data_folder, portal);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .with_context(|| path.display().to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

impl Traffic {
    /// Goes on with the tallies that were stored. One that cannot be read begins anew: it is no
    /// evidence.
    pub fn open(data_folder: &Path, portals: impl Iterator<Item = PortalId>) -> Self {
        let mut tallies = BTreeMap::new();
        for portal in portals {
            match stored(data_folder, &portal) {
                Ok(tally) => drop(tally.map(|tally| tallies.insert(portal, tally))),
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(portal.id = %portal, error, "The tally of traffic cannot be read; a new one begins");
                }
            }
        }
        Self {
            folder: data_folder.to_owned(),
            tallies: Mutex::new(tallies),
            readers: TrafficReaders::default(),
        }
    }

    fn tallies(&self) -> MutexGuard<'_, BTreeMap<PortalId, TrafficTally>> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores every tally.
    pub fn store(&self) -> io::Result<()> {
        let portals: Vec<PortalId> = self.tallies().keys().cloned().collect();
        for portal in portals {
            // Copied under the lock, written without it.
            let Some(tally) = self.tallies().get(&portal).cloned() else {
                continue;
            };
            let path = path(&self.folder, &portal);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let partial = path.with_extension("partial");
            fs::write(&partial, serde_json::to_vec(&tally)?)?;
            fs::rename(&partial, &path)?;
        }
        Ok(())
    }
}

impl TrafficObserver for Traffic {
    fn body_bytes_max(&self, portal: &PortalId) -> usize {
        if self.readers.is_read(portal) {
            BODY_BYTES_MAX
        } else {
            0
        }
    }

    fn inspected(&self, response: &InspectedResponse<'_>) {
        let tallied = tallied(response);
        let is_wanted = {
            let mut tallies = self.tallies();
            match tallies.get_mut(response.portal) {
                Some(tally) => tally.count(&tallied),
                None => tallies
                    .entry(response.portal.clone())
                    .or_default()
                    .count(&tallied),
            }
        };
        if !is_wanted {
            return;
        }
        // Read without the lock: a page takes milliseconds, and all portals wait for it.
        let parts = parts_of(&tallied);
        if let Some(tally) = self.tallies().get_mut(response.portal) {
            tally.note_parts(&tallied, parts);
        }
    }

    fn passed(&self, exchange: &PassedExchange<'_>) {
        self.readers.hand_over(exchange);
    }
}
