//! Atomic writing of small files, and hashes in hexadecimal.

use std::io::Write as _;
use std::path::Path;

use ring::digest::{SHA256, digest};

/// Writes a file atomically and durably: written beside, synced, renamed, and the folder synced.
pub fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().expect("kept files lie under the data folder");
    std::fs::create_dir_all(folder)?;
    let draft = path.with_extension("tmp");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    // Before the rename: otherwise a power cut may leave the new name with an empty file.
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    std::fs::File::open(folder)?.sync_all()
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in hexadecimal.
pub fn sha256(content: impl AsRef<[u8]>) -> String {
    hex(digest(&SHA256, content.as_ref()).as_ref())
}
