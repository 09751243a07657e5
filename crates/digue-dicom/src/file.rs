//! Files: a preamble, the file meta information that says how the data set is written, and the data
//! set (PS3.10, 7).

use std::io::Read as _;

use dicom_core::Tag;
use digue_identifiers::reading::Unreadable;
use digue_types::UnreadCause;
use flate2::bufread::DeflateDecoder;

use crate::dataset::{Bytes, DatasetReader, Encoding};
use crate::path::ElementPlace;
use crate::{DicomContent, DicomLimits, DicomVisitor, unreadable};

const PREAMBLE_BYTES: usize = 128;
const MEDIA_CLASS: Tag = Tag(0x0002, 0x0002);
const TRANSFER_SYNTAX: Tag = Tag(0x0002, 0x0010);
const META_LENGTH: Tag = Tag(0x0002, 0x0000);
/// Media Storage Directory Storage.
const DIRECTORY_CLASS: &[u8] = b"1.2.840.10008.1.3.10";

const EXPLICIT: Encoding = Encoding {
    is_explicit: true,
    is_big_endian: false,
};

/// How a data set is written and packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TransferSyntax {
    encoding: Encoding,
    is_deflated: bool,
}

impl TransferSyntax {
    /// `None` for one that is not read.
    fn of(uid: &[u8]) -> Option<Self> {
        let text = str::from_utf8(trimmed(uid)).ok()?;
        let own = text.strip_prefix("1.2.840.10008.1.2")?;
        let (encoding, is_deflated) = match own {
            "" => (
                Encoding {
                    is_explicit: false,
                    is_big_endian: false,
                },
                false,
            ),
            ".1" => (EXPLICIT, false),
            ".2" => (
                Encoding {
                    is_explicit: true,
                    is_big_endian: true,
                },
                false,
            ),
            // Deflated; pictures that lie elsewhere, likewise.
            ".1.99" | ".4.95" | ".4.205" => (EXPLICIT, true),
            // Run lengths, and frames that are deflated one by one: the pixels alone are packed.
            ".5" | ".1.98" | ".8.1" => (EXPLICIT, false),
            // JPEG, JPEG 2000, MPEG...
            _ if own.strip_prefix(".4.").is_some_and(is_number) => (EXPLICIT, false),
            _ => return None,
        };
        Some(Self {
            encoding,
            is_deflated,
        })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn trimmed(uid: &[u8]) -> &[u8] {
    let end = uid.iter().rposition(|byte| !matches!(byte, 0 | b' '));
    end.map_or(&[], |end| &uid[..=end])
}

pub(crate) fn read(
    bytes: &[u8],
    limits: &DicomLimits,
    visitor: &mut dyn DicomVisitor,
) -> Result<usize, Unreadable> {
    let broken = |place: &'static str| unreadable(UnreadCause::Syntax, place);
    let mut rest = Bytes(bytes);
    let preamble = rest.take(PREAMBLE_BYTES).ok_or_else(|| broken("file"))?;
    if rest.take(4) != Some(b"DICM") {
        return Err(broken("file"));
    }
    let meta = read_meta(&mut rest)?;
    let class = trimmed(meta.value_of(MEDIA_CLASS));
    let content = match class == DIRECTORY_CLASS {
        true => DicomContent::Directory,
        false => DicomContent::Object,
    };
    visitor.begin(content);
    // A file that is something else, too, says so here: TIFF, or a program. Such a program would
    // show other parts of it.
    let is_text = |byte: &u8| matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    let is_other = [
        &b"MZ"[..],
        b"II*\0",
        b"II+\0",
        b"MM\0*",
        b"MM\0+",
        b"%PDF",
        b"PK",
    ];
    if !preamble.iter().all(is_text) || is_other.iter().any(|start| preamble.starts_with(start)) {
        return Err(unreadable(UnreadCause::UnreadPart, "preamble"));
    }
    // It has no tag; this one stands for it.
    visitor.bytes(&ElementPlace::outermost(META_LENGTH), preamble)?;
    let mut reader = DatasetReader::new(visitor);
    for (tag, form, value) in &meta.elements {
        reader.meta(*tag, *form, value)?;
    }
    let syntax = TransferSyntax::of(meta.value_of(TRANSFER_SYNTAX));
    let Some(syntax) = syntax else {
        return Err(unreadable(UnreadCause::UnreadPart, "transfer syntax"));
    };
    if !syntax.is_deflated {
        check_implicit(rest, syntax.encoding)?;
        reader.read(rest, syntax.encoding, class)?;
        return Ok(0);
    }
    let unpacked = inflate(rest.0, limits.unpacked_bytes_max)?;
    reader.read(Bytes(&unpacked), syntax.encoding, class)?;
    Ok(unpacked.len())
}

/// File meta information: always explicit, and little endian.
struct FileMeta<'b> {
    elements: Vec<(Tag, crate::value::ValueForm, &'b [u8])>,
}

impl<'b> FileMeta<'b> {
    fn value_of(&self, tag: Tag) -> &'b [u8] {
        let mut elements = self.elements.iter();
        elements
            .find(|(known, ..)| *known == tag)
            .map_or(&[], |(_, _, value)| value)
    }
}

fn read_meta<'b>(rest: &mut Bytes<'b>) -> Result<FileMeta<'b>, Unreadable> {
    let broken = || unreadable(UnreadCause::Syntax, "file meta information");
    let mut elements: Vec<(Tag, _, _)> = Vec::new();
    let mut length_end = None;
    while rest.0.get(..2) == Some(&[2, 0]) {
        let tag = rest.tag(EXPLICIT).ok_or_else(broken)?;
        if elements.last().is_some_and(|(last, ..)| *last >= tag) {
            return Err(broken());
        }
        let (form, length) = rest.header(tag, EXPLICIT).ok_or_else(broken)?;
        let value = rest.take(length as usize).ok_or_else(broken)?;
        if tag == META_LENGTH {
            let length: [u8; 4] = value.try_into().map_err(|_| broken())?;
            let length = u32::from_le_bytes(length) as usize;
            length_end = Some(rest.0.len().checked_sub(length).ok_or_else(broken)?);
        }
        elements.push((tag, form, value));
    }
    // Programs go by the length, or by the tags.
    if length_end.is_some_and(|end| end != rest.0.len()) {
        return Err(unreadable(UnreadCause::Ambiguous, "file meta information"));
    }
    Ok(FileMeta { elements })
}

/// Programs repair a file that says to be implicit and is not: they look at the first element.
fn check_implicit(mut bytes: Bytes<'_>, encoding: Encoding) -> Result<(), Unreadable> {
    if encoding.is_explicit || bytes.tag(encoding).is_none() {
        return Ok(());
    }
    let mut explicit = Bytes(bytes.0);
    let looks_explicit = bytes.0.get(..2).is_some_and(|vr| {
        vr.iter().all(u8::is_ascii_uppercase) && explicit.header(Tag(8, 0), EXPLICIT).is_some()
    });
    match looks_explicit {
        true => Err(unreadable(UnreadCause::Ambiguous, "transfer syntax")),
        false => Ok(()),
    }
}

fn inflate(packed: &[u8], limit: usize) -> Result<Vec<u8>, Unreadable> {
    let mut rest = packed;
    let mut bytes = Vec::new();
    DeflateDecoder::new(&mut rest)
        .take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| unreadable(UnreadCause::Syntax, "deflated data set"))?;
    if bytes.len() > limit {
        return Err(Unreadable::too_large());
    }
    // One byte makes the number even.
    match rest {
        [] | [0] => Ok(bytes),
        [..] => Err(unreadable(UnreadCause::UnreadPart, "deflated data set")),
    }
}
