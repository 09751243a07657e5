//! Repositories on real folders, on a server of our own on loopback, and beside Debian's restic.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod faults;
mod folder;
mod ransomware;
mod rest;
mod rest_double;
mod restic;
mod s3;
mod s3_double;
mod thief;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use digue_backup::folder_store::FolderStore;
use digue_backup::repository::{BackupRepository, BackupSource, RepositoryPassword};
use tempfile::TempDir;

const PASSWORD: &str = "un mot de passe de tous les jours";

/// A temporary folder with a source and a place for a repository.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(bench.source().join("dossiers/2026")).unwrap();
        for number in 0..40 {
            bench.write(
                &format!("dossiers/2026/dossier{number}.txt"),
                &document(number),
            );
        }
        bench.write("Été à Sète.txt", "accents");
        bench.write("vide", "");
        // Larger than a piece, so that it is cut.
        fs::write(bench.source().join("grand.bin"), noise(7, 6 << 20)).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source(&self) -> PathBuf {
        self.path("source")
    }

    fn repository(&self) -> PathBuf {
        self.path("depot")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.source().join(name), text).unwrap();
    }

    fn init(&self) -> BackupRepository {
        let store = Arc::new(FolderStore::writer(&self.repository()).unwrap());
        BackupRepository::init(store, &password()).unwrap()
    }

    fn open(&self) -> BackupRepository {
        let store = Arc::new(FolderStore::reader(&self.repository()));
        BackupRepository::open(store, &password(), None).unwrap()
    }

    fn what(&self) -> BackupSource {
        BackupSource {
            name: "dossiers".to_owned(),
            folder: self.source(),
            excludes: Vec::new(),
        }
    }
}

fn password() -> RepositoryPassword {
    RepositoryPassword::new(PASSWORD)
}

fn document(number: u64) -> String {
    format!(
        "Dossier {number}. Une décision a été prise le {} mars.\n",
        number % 31
    )
    .repeat(200)
}

/// xorshift64*: bytes that are the same in every run and do not compress.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// Every file below `root` with its content.
fn tree(root: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(
                    path.strip_prefix(root).unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                );
            }
        }
    }
    found
}
