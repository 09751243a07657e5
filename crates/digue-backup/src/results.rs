//! Results of commands, sealed: a file in the data folder counts only when its author could read
//! this installation's key of results.
//!
//! The seal covers the name, which is different for each result. It hides nothing, and does not
//! tell two authors apart who both read the key: that is the account that serves, and root.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::history::BackupEvent;

/// The file of the key, below the data folder. No backup holds it: a thief with a repository would
/// have the key of the machine that he stole from.
pub const RESULTS_KEY: &str = "keys/results.key";

const KEY_BYTES: usize = 32;

/// The key under which this installation's commands seal what they leave.
pub struct ResultsKey(hmac::Key);

/// Why a file is no result.
#[derive(Debug, thiserror::Error)]
pub enum ResultFault {
    #[error("no seal, or one of another key or file")]
    NotSealed,
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl ResultsKey {
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// Reads the key below the data folder; makes it where there is none.
    ///
    /// # Errors
    /// When it cannot be read or made, or is not of its length.
    pub fn read_or_make(data_folder: &Path) -> io::Result<Self> {
        let path = data_folder.join(RESULTS_KEY);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(data_folder, &path)?,
            Err(error) => {
                let named = format!("{}: {error}", path.display());
                return Err(io::Error::new(error.kind(), named));
            }
        };
        let wrong = || io::Error::new(io::ErrorKind::InvalidData, "results.key is not 32 bytes");
        let key: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| wrong())?;
        Ok(Self::new(&key))
    }

    /// An event as the file of this name (without its extension) holds it.
    pub fn seal(&self, name: &str, event: &BackupEvent) -> String {
        let text = event.to_text();
        let tag = hmac::sign(&self.0, &sealed(name, text.as_bytes()));
        let digits = tag.as_ref().iter().map(|byte| format!("{byte:02x}"));
        format!("{}\n{text}", digits.collect::<String>())
    }

    /// The event that the file of this name holds.
    ///
    /// # Errors
    /// `NotSealed` for one that `seal` did not make for this name; `Unreadable` for an event of a
    /// later version.
    pub fn open(&self, name: &str, bytes: &[u8]) -> Result<BackupEvent, ResultFault> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (tag, text) = bytes.split_at(end.ok_or(ResultFault::NotSealed)?);
        let text = &text[1..];
        let tag = digits(tag).ok_or(ResultFault::NotSealed)?;
        hmac::verify(&self.0, &sealed(name, text), &tag).map_err(|_| ResultFault::NotSealed)?;
        Ok(serde_json::from_slice(text)?)
    }
}

fn make(data_folder: &Path, path: &Path) -> io::Result<Vec<u8>> {
    // In no backup, as the key itself.
    let drafts = data_folder.join("backup");
    fs::create_dir_all(&drafts)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut key = vec![0; KEY_BYTES];
    let drawn = SystemRandom::new().fill(&mut key);
    drawn.map_err(|_| io::Error::other("the system's random generator failed"))?;
    let draft = drafts.join(format!("results.key.{}", std::process::id()));
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(&key)?;
    file.sync_all()?;
    // A link replaces no key that another process has just made, and shows no half of one: an empty
    // file after a full disk would refuse every later result.
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read(path),
        Err(error) => Err(error),
    }
}

fn sealed(name: &str, text: &[u8]) -> Vec<u8> {
    [b"result of a backup\n", name.as_bytes(), b"\n", text].concat()
}

fn digits(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> BackupEvent {
        BackupEvent::Verified {
            repository: "disque".to_owned(),
            part: 1,
            of: 30,
            faults: 0,
            id: None,
            additions: None,
        }
    }

    #[test]
    fn a_result_opens_under_its_key_and_name_and_unchanged() {
        let key = ResultsKey::new(&[7; KEY_BYTES]);
        let text = key.seal("17-0", &event());
        assert_eq!(key.open("17-0", text.as_bytes()).unwrap(), event());
        let other = ResultsKey::new(&[8; KEY_BYTES]);
        let changed = text.replace("\"faults\":0", "\"faults\":1");
        assert_ne!(changed, text);
        for (key, name, text) in [
            (&other, "17-0", text.as_str()),
            (&key, "17-1", text.as_str()),
            (&key, "17-0", changed.as_str()),
            (&key, "17-0", event().to_text().as_str()),
            (&key, "17-0", "é\nx"),
            (&key, "17-0", ""),
        ] {
            let opened = key.open(name, text.as_bytes());
            assert!(
                matches!(opened, Err(ResultFault::NotSealed)),
                "{name} {text}"
            );
        }
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let text = ResultsKey::read_or_make(folder.path())
            .unwrap()
            .seal("1", &event());
        let again = ResultsKey::read_or_make(folder.path()).unwrap();
        assert_eq!(again.open("1", text.as_bytes()).unwrap(), event());
        let path = folder.path().join(RESULTS_KEY);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(&path, b"short").unwrap();
        assert!(ResultsKey::read_or_make(folder.path()).is_err());
    }
}
