//! Attached files, such as the authority's receipt or a signed document. Stored by hash with their
//! subject; Digue never opens them.
//!
//! They are read in `digue_evidence::stored_files`, which compares each with the journal: an act
//! holds its hash, or that of the record that names it.

use digue_store::FileRecord;

use crate::actor::Actor;
use crate::app::App;
use crate::error::OperationError;
use crate::files::sha256;

/// The largest file.
pub const FILE_BYTES_MAX: usize = 10 << 20;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// Keeps a file about a subject.
///
/// # Errors
/// `Invalid` for an empty or oversized one; `Conflict` when the subject has the same file already.
pub async fn keep(
    app: &App,
    actor: &Actor,
    subject: &str,
    name: &str,
    bytes: &[u8],
) -> Result<FileRecord, OperationError> {
    if bytes.is_empty() || bytes.len() > FILE_BYTES_MAX {
        return Err(OperationError::Invalid("invalid-upload"));
    }
    let file = FileRecord {
        subject: subject.to_owned(),
        hash: sha256(bytes),
        name: file_name(name),
        size: bytes.len() as u64,
        kept_at: app.clock().now(),
        kept_by: actor.account.clone(),
    };
    if app.store().add_file(&file, bytes).await? {
        Ok(file)
    } else {
        Err(OperationError::Conflict)
    }
}

/// A plain file name: no folder, and no character that a header or a shell would interpret.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |sign: char| {
        if sign.is_alphanumeric() || "-_. ".contains(sign) {
            sign
        } else {
            '_'
        }
    };
    let name: String = last.chars().take(NAME_CHARS_MAX).map(plain).collect();
    let name = name.trim_matches([' ', '.']).to_owned();
    if name.is_empty() {
        "file".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_a_name() {
        for (given, kept) in [
            ("accusé de réception.pdf", "accusé de réception.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\récépissé\".pdf", "récépissé_.pdf"),
            ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x"),
            ("..", "file"),
            ("", "file"),
        ] {
            assert_eq!(file_name(given), kept, "{given:?}");
        }
    }
}
