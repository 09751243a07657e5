//! Files of evidence: kept by their hash with the record that describes them, handed out only as they
//! were kept.

use digue_app::{Actor, App, OperationError, attachments};
use digue_isms::kinds::RegisterKind;

use super::signatures::WhoSigns;
use super::{SaveError, attachment_of, document_files, in_force, may_write, must_read, write_from};

/// What a browser may show of a file without running any of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SafeMedia {
    Png,
    Jpeg,
    Text,
}

impl SafeMedia {
    /// By its first bytes, whatever its name claims; `None` for everything else. SVG and HTML run
    /// scripts, and a PDF opens in a program of its own.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            return Some(Self::Jpeg);
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let is_plain = |sign: char| !sign.is_control() || matches!(sign, '\n' | '\r' | '\t');
        // A browser that is told `text/plain` shows markup as text.
        text.chars().all(is_plain).then_some(Self::Text)
    }

    pub const fn media(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// Attaches a file to a piece of evidence: a further revision names its hash, name and size.
pub async fn attach(
    app: &App,
    actor: &Actor,
    id: &str,
    name: &str,
    bytes: &[u8],
) -> Result<(), OperationError> {
    Ok(attach_from(app, actor, (id, None), name, bytes).await?)
}

/// `attach`, from the revision that was read where one is given.
///
/// # Errors
/// `Overtaken` when another revision is in force by now: the file is kept, and no record names it.
pub async fn attach_from(
    app: &App,
    actor: &Actor,
    (id, read): (&str, Option<u32>),
    name: &str,
    bytes: &[u8],
) -> Result<(), SaveError> {
    digue_app::require(may_write(actor.role, RegisterKind::EvidenceItem))?;
    let registers = in_force(app).await?;
    let known = registers
        .find(RegisterKind::EvidenceItem, id)
        .ok_or(OperationError::NotFound("record"))?;
    let mut values = known.values.clone();
    // The file before the record: a crash in between leaves a file that no record names, which does
    // no harm.
    let file = attachments::keep(app, actor, &attachment_of(id), name, bytes).await?;
    let fields = [
        ("file", file.hash),
        ("file-name", file.name),
        ("size", file.size.to_string()),
    ];
    for (field, text) in fields {
        values.insert(field.to_owned(), vec![text]);
    }
    let from = Some((id, read));
    let kind = RegisterKind::EvidenceItem;
    write_from(app, actor, (kind, from), &values, WhoSigns::Nobody).await?;
    Ok(())
}

/// The file of a piece of evidence: its name and its bytes, for readers of the ISMS.
///
/// # Errors
/// `FileAltered` when it is not the file that was kept; `NotFound` without one.
pub async fn file(app: &App, actor: &Actor, id: &str) -> Result<(String, Vec<u8>), OperationError> {
    must_read(actor)?;
    let kind = RegisterKind::EvidenceItem;
    let file = document_files::of_record(app, kind, id).await?;
    let bytes = digue_evidence::stored_files::read(app, &attachment_of(id), &file).await?;
    let registers = in_force(app).await?;
    let name = registers
        .find(kind, id)
        .and_then(|one| one.values.get("file-name")?.first().cloned());
    Ok((name.unwrap_or_else(|| id.to_owned()), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_nothing_is_shown_and_a_name_decides_nothing() {
        assert_eq!(SafeMedia::of(b"\x89PNG\r\n\x1a\n..."), Some(SafeMedia::Png));
        assert_eq!(
            SafeMedia::of(&[0xff, 0xd8, 0xff, 0xe0]),
            Some(SafeMedia::Jpeg)
        );
        assert_eq!(
            SafeMedia::of("Relevé du 3 mars\n".as_bytes()),
            Some(SafeMedia::Text)
        );
        assert_eq!(SafeMedia::of(b"%PDF-1.7\n\xe2\xe3"), None);
        assert_eq!(SafeMedia::of(b"PK\x03\x04"), None);
        assert_eq!(SafeMedia::of(b"GIF89a\x01\x00"), None);
        let script = SafeMedia::of(b"<script>alert(1)</script>");
        assert_eq!(
            script.map(SafeMedia::media),
            Some("text/plain; charset=utf-8")
        );
    }
}
