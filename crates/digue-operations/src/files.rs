//! Files that are there whole or not at all, and the hash by which people compare them.

use std::io::Write as _;
use std::path::Path;

use ring::digest::{SHA256, digest};

/// Written beside, synced, renamed.
pub(crate) fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().expect("the file lies in a folder");
    std::fs::create_dir_all(folder)?;
    let draft = path.with_extension("tmp");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    std::fs::File::open(folder)?.sync_all()
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(text: &str) -> String {
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}
