//! `multipart/related`: several files in one response, as imaging servers send them (DICOMweb,
//! PS3.18). Each part is read as a response of its own, by the blocks for its type; a part that no
//! block reads makes the whole unreadable.
//!
//! Programs look for the boundary in different ways. What one of them could read as another part is
//! not guessed at.

use digue_identifiers::collector::{Collector, IdentifierSearch};
use digue_identifiers::identifier::{IdentifierKind, Pick};
use digue_identifiers::reading::{ResponseReading, Unreadable};
use digue_types::{ReadFailure, UnreadCause, UnreadPlace};

use super::{Message, ResponseRules, read_counted, union};
use crate::limits::InspectionLimits;
use crate::media_type::MediaType;

/// The most parts of one response.
const PARTS_MAX: usize = 10_000;
/// RFC 2046, 5.1.1.
const BOUNDARY_BYTES_MAX: usize = 70;

/// True for a response of several parts that no block of the map reads as a whole.
pub(crate) fn is_multipart(media: &MediaType) -> bool {
    media.essence == "multipart/related"
}

/// One part, with the header fields before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyPart<'b> {
    pub(crate) number: u64,
    pub(crate) head: &'b str,
    /// `None` where it is not said.
    pub(crate) content_type: Option<&'b str>,
    pub(crate) body: &'b [u8],
}

impl BodyPart<'_> {
    pub(crate) fn place(&self) -> UnreadPlace {
        UnreadPlace::numbered("part ", self.number)
    }
}

/// The parts of a body.
///
/// # Errors
/// The parts are not told apart for certain, or something stands beside them.
pub(crate) fn parts<'b>(
    boundary: Option<&str>,
    body: &'b [u8],
) -> Result<Vec<BodyPart<'b>>, Unreadable> {
    let boundary = boundary.filter(|text| !text.is_empty() && text.len() <= BOUNDARY_BYTES_MAX);
    let boundary = boundary.ok_or_else(|| unread(UnreadCause::Syntax, "boundary"))?;
    let delimiter = format!("--{boundary}");
    let mut rest = match body.strip_prefix(b"\r\n") {
        Some(rest) => rest,
        None => body,
    };
    rest = rest
        .strip_prefix(delimiter.as_bytes())
        .ok_or_else(|| unread(UnreadCause::UnreadPart, "before the first part"))?;
    let mut parts = Vec::new();
    loop {
        let number = parts.len() as u64 + 1;
        let place = || UnreadPlace::numbered("part ", number);
        if let Some(end) = rest.strip_prefix(b"--") {
            return match end {
                [] | b"\r\n" => Ok(parts),
                [..] => Err(unread(UnreadCause::UnreadPart, "behind the last part")),
            };
        }
        rest = rest
            .strip_prefix(b"\r\n")
            .ok_or_else(|| unread(UnreadCause::Ambiguous, place()))?;
        if parts.len() >= PARTS_MAX {
            return Err(Unreadable::too_large());
        }
        let end = end_of_part(rest, delimiter.as_bytes())
            .ok_or_else(|| unread(UnreadCause::Ambiguous, place()))?;
        let part = &rest[..end];
        rest = &rest[end + 2 + delimiter.len()..];
        parts.push(read_part(part, number).ok_or_else(|| unread(UnreadCause::Header, place()))?);
    }
}

/// Where the line end before the next delimiter stands. A delimiter anywhere else, such as behind a
/// line feed alone, is one for some programs.
fn end_of_part(rest: &[u8], delimiter: &[u8]) -> Option<usize> {
    let at = memchr::memmem::find(rest, delimiter)?;
    // A part without anything, not even a blank line, has no line end of its own.
    at.checked_sub(2)
        .filter(|end| rest.get(*end..at) == Some(b"\r\n"))
}

fn read_part(part: &[u8], number: u64) -> Option<BodyPart<'_>> {
    // No field at all: the blank line comes first.
    let (head, body) = match part.strip_prefix(b"\r\n") {
        Some(body) => (&[][..], body),
        None => {
            let end = memchr::memmem::find(part, b"\r\n\r\n")?;
            (&part[..end], &part[end + 4..])
        }
    };
    let head = str::from_utf8(head).ok()?;
    let mut content_type = None;
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        // A line that goes on, or ends otherwise, is another one for some programs.
        if line.starts_with([' ', '\t']) || line.contains(['\r', '\n']) {
            return None;
        }
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-type" if content_type.is_none() => content_type = Some(value),
            "content-type" => return None,
            "content-encoding" | "content-transfer-encoding"
                if !["binary", "8bit", "7bit", "identity"]
                    .iter()
                    .any(|known| value.eq_ignore_ascii_case(known)) =>
            {
                return None;
            }
            _ => {}
        }
    }
    Some(BodyPart {
        number,
        head,
        content_type,
        body,
    })
}

/// Reads every part of a decoded body.
pub(crate) fn read(
    rules: &ResponseRules,
    kinds: &[IdentifierKind],
    (media, status, bytes): (&MediaType, u16, &[u8]),
    limits: &InspectionLimits,
) -> Result<ResponseReading, Unreadable> {
    // The patterns of all blocks: nothing says which of them a field of a part belongs to.
    let sweep: Vec<Pick> = rules
        .blocks
        .iter()
        .flat_map(|block| &block.sweep)
        .cloned()
        .collect();
    let mut heads = IdentifierSearch {
        kinds,
        sweep: &sweep,
        identifiers_max: limits.identifiers_max,
    }
    .collector();
    let mut left = limits.decoded_bytes_max;
    let mut all = None;
    for part in parts(media.boundary.as_deref(), bytes)? {
        heads.sweep_name(part.head, || part.place())?;
        let message = Message {
            status,
            content_type: part.content_type,
            content_encoding: "",
            body: part.body,
        };
        if is_multipart(&MediaType::parse(part.content_type.unwrap_or_default())) {
            return Err(unread(UnreadCause::UnreadPart, part.place()));
        }
        let part_limits = InspectionLimits {
            // A part is no larger than the whole, whatever others have unpacked.
            decoded_bytes_max: left.max(part.body.len()),
            ..*limits
        };
        let read = read_counted(rules, kinds, &message, &part_limits, None);
        let (reading, unpacked) = read.map_err(|unreadable| within(&part, unreadable))?;
        left = left
            .checked_sub(unpacked)
            .ok_or_else(Unreadable::too_large)?;
        all = Some(match all {
            None => reading,
            Some(known) => union(known, reading),
        });
    }
    let all = all.ok_or_else(|| unread(UnreadCause::NoRecord, UnreadPlace::default()))?;
    with_heads(all, heads, limits)
}

/// The persons of all parts, and of the fields before them.
fn with_heads(
    all: ResponseReading,
    heads: Collector<'_>,
    limits: &InspectionLimits,
) -> Result<ResponseReading, Unreadable> {
    let all = match heads.count() {
        0 => all,
        _ => union(all, ResponseReading::Persons(heads.into_shown())),
    };
    match &all {
        ResponseReading::Persons(shown) if shown.found.len() > limits.identifiers_max => {
            Err(Unreadable::too_large())
        }
        ResponseReading::Persons(_)
        | ResponseReading::ShowsNobody(_)
        | ResponseReading::Unreadable(_) => Ok(all),
    }
}

fn within(part: &BodyPart<'_>, unreadable: Unreadable) -> Unreadable {
    let Unreadable { cause, detail } = unreadable;
    let place = match detail.place.as_str() {
        "" => part.place(),
        _ => part.place().and(": ").and_place(&detail.place),
    };
    let detail = ReadFailure { ..detail }.at(place);
    Unreadable { cause, detail }
}

fn unread(cause: UnreadCause, place: impl Into<UnreadPlace>) -> Unreadable {
    ReadFailure::new(cause).at(place).into()
}

#[cfg(test)]
mod tests;
