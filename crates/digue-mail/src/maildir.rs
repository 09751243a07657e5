//! Maildir: a folder to which mail is delivered, one file each. Read files are moved from `new` to
//! `cur`.

use digue_app::{App, OperationError};

use std::path::{Path, PathBuf};

/// The files in `new`, at most `count`; one longer than `bytes_max` comes without its content.
pub async fn waiting(
    app: &App,
    folder: PathBuf,
    bytes_max: u64,
    count: usize,
) -> Result<Vec<(PathBuf, Option<Vec<u8>>)>, OperationError> {
    let read = app
        .blocking(move || read(&folder, bytes_max, count))
        .await?;
    read.map_err(|error| OperationError::Unavailable(error.to_string()))
}

fn read(
    folder: &Path,
    bytes_max: u64,
    count: usize,
) -> std::io::Result<Vec<(PathBuf, Option<Vec<u8>>)>> {
    let mut waiting = Vec::new();
    // A flooded folder is read in several rounds; each message may be large.
    for entry in std::fs::read_dir(folder.join("new"))?.take(count) {
        let entry = entry?;
        // No symbolic links: a delivery agent makes none, and one would lead out of the folder.
        if entry.file_type()?.is_file() {
            let is_short = entry.metadata()?.len() <= bytes_max;
            let bytes = if is_short {
                Some(std::fs::read(entry.path())?)
            } else {
                None
            };
            waiting.push((entry.path(), bytes));
        }
    }
    Ok(waiting)
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageReading {
    /// Digue read it and did what it asks for.
    Understood,
    /// Too large, or not understood: it stays unseen, for a person.
    LeftUnseen,
}

impl MessageReading {
    /// `LeftUnseen` where nothing was made of the message.
    pub fn of<T>(understood: Option<&T>) -> Self {
        if understood.is_some() {
            Self::Understood
        } else {
            Self::LeftUnseen
        }
    }

    /// The flags of its file name: `S` is "seen".
    const fn flags(self) -> &'static str {
        match self {
            Self::Understood => "S",
            Self::LeftUnseen => "",
        }
    }
}

/// Moves a file from `new` to `cur`; it is not read again.
pub async fn set_aside(
    app: &App,
    path: PathBuf,
    reading: MessageReading,
) -> Result<(), OperationError> {
    let set_aside = move || {
        let folder = path
            .parent()
            .and_then(Path::parent)
            .unwrap_or(&path)
            .join("cur");
        std::fs::create_dir_all(&folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Within one file system, so that it is atomic: a message is in exactly one of the folders.
        std::fs::rename(&path, folder.join(format!("{name}:2,{}", reading.flags())))
    };
    let moved: std::io::Result<()> = app.blocking(set_aside).await?;
    moved.map_err(|error| OperationError::Unavailable(error.to_string()))
}
