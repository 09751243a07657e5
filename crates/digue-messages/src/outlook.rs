//! Reads a message saved by Outlook (`.msg`, MS-OXMSG): properties in a compound file.
//!
//! Outlook does not preserve the bytes that were signed, so no signature can be verified and such a
//! message is never genuine. Its sender, headers and text are read; text in compressed RTF is not.

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use cfb::{CompoundFile, OpenOptions};

use crate::message::{BYTES_MAX, UnreadKind};

/// The first bytes of a compound file.
pub(crate) const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

const PROPERTIES: &str = "__properties_version1.0";
const ATTACHMENTS_MAX: usize = 50;
const DEPTH_MAX: usize = 4;

/// Property numbers (MS-OXPROPS).
const SUBJECT: &str = "0037";
const HEADERS: &str = "007D";
const REPRESENTED_ADDRESS: [&str; 2] = ["5D02", "0065"];
const REPRESENTED_NAME: &str = "0042";
const SENDER_ADDRESS: [&str; 2] = ["5D01", "0C1F"];
const SENDER_NAME: &str = "0C1A";
const BODY: &str = "1000";
const RTF: &str = "1009";
const HTML: &str = "1013";
const FILE_NAMES: [&str; 2] = ["3707", "3704"];
const FILE_DATA: &str = "3701";
const TYPE_TEXT: &str = "001F";
const TYPE_BYTES: &str = "001E";
const TYPE_BINARY: &str = "0102";
const TYPE_OBJECT: &str = "000D";

/// The content of an Outlook message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutlookMessage {
    /// The transport headers as text; empty for a message that was never sent.
    pub(crate) headers: String,
    pub(crate) from_name: String,
    pub(crate) from_address: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    /// Names and contents of files.
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) messages: Vec<OutlookMessage>,
    pub(crate) unread: Vec<UnreadKind>,
}

/// Reads a compound file; one without a message is a document of another program.
pub(crate) fn read(bytes: &[u8]) -> Result<OutlookMessage, UnreadKind> {
    let Ok(mut file) = OpenOptions::new().open_with(Cursor::new(bytes)) else {
        return Err(UnreadKind::Outlook);
    };
    if !file.is_stream(Path::new("/").join(PROPERTIES)) {
        return Err(UnreadKind::Document);
    }
    message(&mut file, Path::new("/"), 0).map_err(|_| UnreadKind::Outlook)
}

type Compound<'b> = CompoundFile<Cursor<&'b [u8]>>;

fn message(file: &mut Compound<'_>, at: &Path, depth: usize) -> std::io::Result<OutlookMessage> {
    let mut read = OutlookMessage {
        headers: text(file, at, HEADERS)?,
        subject: text(file, at, SUBJECT)?,
        text: text(file, at, BODY)?,
        html: html(file, at)?,
        // The represented sender first: it is whom the message claims to be from; the other one is
        // a delegate.
        from_name: first(file, at, &[REPRESENTED_NAME, SENDER_NAME])?,
        from_address: first(file, at, &[REPRESENTED_ADDRESS, SENDER_ADDRESS].concat())?,
        ..OutlookMessage::default()
    };
    // Within an organisation, Exchange gives a directory path (`/O=…/CN=…`) instead of an address.
    if !read.from_address.contains('@') {
        read.from_address.clear();
    }
    if read.text.is_empty() && read.html.is_empty() && file.is_stream(place(at, RTF, TYPE_BINARY)) {
        read.unread.push(UnreadKind::OutlookText);
    }
    let entries = file.read_storage(at)?;
    let attached: Vec<PathBuf> = entries
        .filter(|entry| entry.name().starts_with("__attach_version1.0_"))
        .map(|entry| entry.path().to_owned())
        .collect();
    if attached.len() > ATTACHMENTS_MAX {
        read.unread.push(UnreadKind::Excess);
    }
    for at in attached.into_iter().take(ATTACHMENTS_MAX) {
        attachment(file, &at, depth, &mut read)?;
    }
    Ok(read)
}

fn attachment(
    file: &mut Compound<'_>,
    at: &Path,
    depth: usize,
    into: &mut OutlookMessage,
) -> std::io::Result<()> {
    let object = place(at, FILE_DATA, TYPE_OBJECT);
    if file.is_storage(&object) {
        if depth >= DEPTH_MAX {
            into.unread.push(UnreadKind::Nesting);
        } else if file.is_stream(object.join(PROPERTIES)) {
            into.messages.push(message(file, &object, depth + 1)?);
        } else {
            into.unread.push(UnreadKind::Document);
        }
        return Ok(());
    }
    let name = first(file, at, &FILE_NAMES)?;
    into.files
        .push((name, stream(file, &place(at, FILE_DATA, TYPE_BINARY))?));
    Ok(())
}

fn place(at: &Path, property: &str, kind: &str) -> PathBuf {
    at.join(format!("__substg1.0_{property}{kind}"))
}

fn first(file: &mut Compound<'_>, at: &Path, properties: &[&str]) -> std::io::Result<String> {
    for property in properties {
        let text = text(file, at, property)?;
        if !text.trim().is_empty() {
            return Ok(text);
        }
    }
    Ok(String::new())
}

fn utf_16(bytes: &[u8]) -> std::io::Result<String> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match (text, odd) {
        (Ok(text), []) => Ok(text),
        _ => Err(std::io::ErrorKind::InvalidData.into()),
    }
}

/// A text property; empty when there is none. Invalid UTF-16 is an error: a damaged subject must
/// not count as an empty one.
fn text(file: &mut Compound<'_>, at: &Path, property: &str) -> std::io::Result<String> {
    let text = utf_16(&stream(file, &place(at, property, TYPE_TEXT))?)?;
    if text.is_empty() {
        return Ok(letters(&stream(file, &place(at, property, TYPE_BYTES))?));
    }
    Ok(text.trim_end_matches('\0').to_owned())
}

fn html(file: &mut Compound<'_>, at: &Path) -> std::io::Result<String> {
    let bytes = stream(file, &place(at, HTML, TYPE_BINARY))?;
    if bytes.is_empty() {
        text(file, at, HTML)
    } else {
        Ok(letters(&bytes))
    }
}

fn letters(bytes: &[u8]) -> String {
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // The code page is a property that is often wrong; Windows-1252 never fails, and keeps
        // links and ASCII as they are.
        Err(_) => encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned(),
    };
    text.trim_end_matches('\0').to_owned()
}

/// The bytes of a stream; empty when there is no such stream.
fn stream(file: &mut Compound<'_>, at: &Path) -> std::io::Result<Vec<u8>> {
    if !file.is_stream(at) {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::new();
    let limit = BYTES_MAX as u64;
    let stream = file.open_stream(at)?;
    // No stream is longer than the file that holds it: a larger size means a loop of sectors.
    if stream.len() > limit {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    stream.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    pub(crate) fn written(properties: &[(&str, &[u8])]) -> Vec<u8> {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream(Path::new("/").join(PROPERTIES))
            .unwrap()
            .write_all(&[0; 32])
            .unwrap();
        for (path, bytes) in properties {
            let path = Path::new("/").join(path);
            if let Some(above) = path.parent() {
                file.create_storage_all(above).unwrap();
            }
            file.create_stream(&path).unwrap().write_all(bytes).unwrap();
        }
        file.into_inner().into_inner()
    }

    pub(crate) fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn outlook(bytes: &[u8]) -> OutlookMessage {
        read(bytes).unwrap()
    }

    #[test]
    fn what_outlook_keeps_is_read() {
        let inner = "__attach_version1.0_#00000001/__substg1.0_3701000D";
        let bytes = written(&[
            ("__substg1.0_0037001F", &wide("Votre dossier")),
            ("__substg1.0_0C1A001F", &wide("Portail Emploi")),
            ("__substg1.0_0C1F001F", &wide("/O=EXCHANGELABS/CN=X")),
            ("__substg1.0_5D01001F", &wide("info@portai1.fr")),
            ("__substg1.0_1000001E", b"Confirmez votre identit\xe9"),
            (
                "__substg1.0_10130102",
                b"<a href='https://vol.example/'>ici</a>",
            ),
            (
                "__attach_version1.0_#00000000/__substg1.0_3707001F",
                &wide("facture.exe"),
            ),
            ("__attach_version1.0_#00000000/__substg1.0_37010102", b"MZ"),
            (&format!("{inner}/{PROPERTIES}"), &[0; 24]),
            (&format!("{inner}/__substg1.0_0037001F"), &wide("Dedans")),
        ]);
        let read = outlook(&bytes);
        assert_eq!(
            (read.subject.as_str(), read.from_name.as_str()),
            ("Votre dossier", "Portail Emploi")
        );
        assert_eq!(
            (read.from_address.as_str(), read.text.as_str()),
            ("info@portai1.fr", "Confirmez votre identité")
        );
        assert!(read.html.contains("vol.example"));
        assert_eq!(read.files, [("facture.exe".to_owned(), b"MZ".to_vec())]);
        assert_eq!(read.messages[0].subject, "Dedans");
        assert!(read.unread.is_empty());
    }

    #[test]
    fn what_is_no_message_or_broken_is_said_to_be_unread() {
        let only_rtf = written(&[("__substg1.0_10090102", b"LZFu")]);
        assert_eq!(outlook(&only_rtf).unread, [UnreadKind::OutlookText]);
        let mut other = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        other
            .create_stream("/WordDocument")
            .unwrap()
            .write_all(b"x")
            .unwrap();
        let other = other.into_inner().into_inner();
        assert!(matches!(read(&other), Err(UnreadKind::Document)));
        let half_a_letter = written(&[("__substg1.0_0037001F", b"a")]);
        for broken in [&half_a_letter[..], MAGIC, &[MAGIC, &[0; 700]].concat()] {
            assert!(matches!(read(broken), Err(UnreadKind::Outlook)));
        }
    }

    proptest! {
        #[test]
        fn any_damage_is_met_without_a_crash(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..30),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = written(&[
                ("__substg1.0_0037001F", &wide("Votre dossier")),
                ("__substg1.0_10130102", &[b'a'; 6000]),
                ("__attach_version1.0_#00000000/__substg1.0_37010102", b"MZ"),
            ]);
            for (at, byte) in changes {
                let at = at.index(bytes.len() - MAGIC.len()) + MAGIC.len();
                bytes[at] = byte;
            }
            let _ = read(&bytes);
            bytes.truncate(cut.index(bytes.len()) + 1);
            let _ = read(&bytes);
        }
    }
}
