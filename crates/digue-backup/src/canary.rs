//! Proof that a repository cannot be emptied from here: by trying, and failing.
//!
//! A server that calls itself append-only is believed only after it refused to delete. A deletion
//! of a file that does not exist is asked in the real repository: it harms nothing, and a server
//! that protects refuses before it looks. Then a file that is really there is deleted in a sibling
//! repository made for that, and overwritten, which some servers allow where they refuse to delete.

use ring::digest::{SHA256, digest};
use rustic_core::{BytesList, FileType, Id, WriteBackend as _};
use serde::{Deserialize, Serialize};

use crate::error::StoreFault;
use crate::rest_store::RestStore;

/// What a canary found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeletionProof {
    /// Every deletion was refused, and the canary reads as it was written.
    Refused,
    /// Something could be deleted: the kinds of files, as restic names their folders, or with
    /// `-overwritten` where something else could be written in their place; in a bucket, what lifted
    /// a lock, or the files that have none.
    Deletable(Vec<String>),
    /// A folder or disk is as deletable as any other file of this machine.
    NotImmutable,
    /// The server could not be asked, or the canary could not be written: nothing is proved.
    NotRun(String),
}

impl DeletionProof {
    /// True when a thief with this machine's credentials could not have deleted it.
    pub const fn is_proved(&self) -> bool {
        match self {
            Self::Refused => true,
            Self::Deletable(_) | Self::NotImmutable | Self::NotRun(_) => false,
        }
    }
}

/// The kinds of files that a repository needs to be read.
const KINDS: [FileType; 4] = [
    FileType::Pack,
    FileType::Index,
    FileType::Snapshot,
    FileType::Key,
];

/// Tries to delete, in `real` what does not exist and in `sibling` what does.
///
/// `sibling` has the same server and the same credential; its canaries stay there.
pub fn try_to_delete(real: &RestStore, sibling: &RestStore) -> DeletionProof {
    match tried(real, sibling) {
        Ok(deletable) if deletable.is_empty() => DeletionProof::Refused,
        Ok(deletable) => DeletionProof::Deletable(deletable),
        Err(cause) => DeletionProof::NotRun(cause),
    }
}

fn tried(real: &RestStore, sibling: &RestStore) -> Result<Vec<String>, String> {
    let mut deletable = Vec::new();
    let said = |fault: StoreFault| fault.to_string();
    for kind in KINDS {
        // 404 tells that the server looked before it refused: it would have deleted.
        // Never the configuration of the real repository: it has one name only, and is there to be
        // lost.
        if !is_refusal(real.delete(kind, &Id::random()).map_err(said)?) {
            deletable.push(kind.dirname().to_owned());
        }
    }
    sibling.create().map_err(|error| error.display_log())?;
    let content = digest(&SHA256, Id::random().to_hex().as_str().as_bytes());
    let id = identifier(digest(&SHA256, content.as_ref()).as_ref());
    for kind in KINDS {
        let bytes = BytesList::from(content.as_ref().to_vec());
        sibling
            .write_bytes(kind, &id, false, bytes)
            .map_err(|error| error.display_log())?;
        let status = sibling.delete(kind, &id).map_err(said)?;
        // A server may lie: what counts is whether the canary is still there. One that cannot be
        // read now is not gone: then nothing is proved.
        let read = sibling.read_again(kind, &id).map_err(said)?;
        if read.status >= 500 {
            return Err(StoreFault::Refused(read.status).to_string());
        }
        let is_there = read.status == 200 && read.body == content.as_ref();
        let name = kind.dirname().to_owned();
        if !is_refusal(status) || !is_there {
            if !deletable.contains(&name) {
                deletable.push(name);
            }
            continue;
        }
        if is_overwritten(sibling, kind, &id)? {
            deletable.push(overwritten(kind));
        }
    }
    if is_overwritten(sibling, FileType::Config, &Id::default())? {
        deletable.push(overwritten(FileType::Config));
    }
    // Without its configuration nothing of a repository is read, and it has no hash of its own.
    if !is_refusal(
        sibling
            .delete(FileType::Config, &Id::default())
            .map_err(said)?,
    ) {
        deletable.push(FileType::Config.dirname().to_owned());
    }
    Ok(deletable)
}

fn overwritten(kind: FileType) -> String {
    format!("{}-overwritten", kind.dirname())
}

/// Writes something else in the place of a file: a server that refuses to delete and takes that
/// keeps nothing. One that checks hashes refuses it as damaged; what counts is what is there then.
fn is_overwritten(sibling: &RestStore, kind: FileType, id: &Id) -> Result<bool, String> {
    let said = |fault: StoreFault| fault.to_string();
    let other = || Id::random().to_hex().as_str().as_bytes().to_vec();
    // The configuration has one name only: it is there from an earlier trial, or is written now.
    if kind == FileType::Config {
        sibling.overwrite(kind, id, other()).map_err(said)?;
    }
    let before = sibling.read_again(kind, id).map_err(said)?;
    if before.status != 200 {
        return Err(StoreFault::Refused(before.status).to_string());
    }
    sibling.overwrite(kind, id, other()).map_err(said)?;
    let after = sibling.read_again(kind, id).map_err(said)?;
    if after.status >= 500 {
        return Err(StoreFault::Refused(after.status).to_string());
    }
    Ok(after.status != 200 || after.body != before.body)
}

/// 405 is what a server without deletion answers.
const fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403 | 405)
}

fn identifier(bytes: &[u8]) -> Id {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.parse().expect("a digest has 32 bytes")
}
