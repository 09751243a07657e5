//! Members of the JSON objects of a token, each with the fault that names it.

use digue_types::Timestamp;
use serde_json::{Map, Value};

/// The most bytes of a text that identifies something. OpenID Connect Core 1.0, 2, allows a subject
/// 255; addresses and issuers are longer.
pub(crate) const TEXT_BYTES_MAX: usize = 1024;
/// Dates that fit into microseconds: 1970 to the year 5138.
const DATE_SECS: std::ops::Range<i64> = 0..100_000_000_000;

/// Why a token is no event. Nothing of the token itself, except the names of its members.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventFault {
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Of another type or beyond its bound, or a word that its specification does not have.
    #[error("`{0}` is not what its specification says")]
    Malformed(&'static str),
    /// A member that makes it another kind of token (SSF 1.0, 4.1.3).
    #[error("`{0}` is in no security event token")]
    Forbidden(&'static str),
    /// SSF 1.0, 4.2.1: only alternative names of one event may stand side by side.
    #[error("it has several events")]
    SeveralEvents,
}

/// A text that is not empty, of bounded length and without control characters.
pub(crate) fn checked(text: &str, name: &'static str) -> Result<String, EventFault> {
    let is_sound =
        !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control);
    is_sound
        .then(|| text.to_owned())
        .ok_or(EventFault::Malformed(name))
}

/// A text that must be there.
pub(crate) fn text(from: &Map<String, Value>, name: &'static str) -> Result<String, EventFault> {
    optional_text(from, name)?.ok_or(EventFault::Missing(name))
}

/// A text that may be missing; a value of another type is a fault and not a missing one.
pub(crate) fn optional_text(
    from: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, EventFault> {
    match from.get(name) {
        None => Ok(None),
        Some(Value::String(value)) => checked(value, name).map(Some),
        Some(_) => Err(EventFault::Malformed(name)),
    }
}

/// A word of a closed list.
pub(crate) fn word<W: Copy>(
    from: &Map<String, Value>,
    name: &'static str,
    known: &[(&str, W)],
) -> Result<W, EventFault> {
    optional_word(from, name, known)?.ok_or(EventFault::Missing(name))
}

pub(crate) fn optional_word<W: Copy>(
    from: &Map<String, Value>,
    name: &'static str,
    known: &[(&str, W)],
) -> Result<Option<W>, EventFault> {
    let Some(text) = optional_text(from, name)? else {
        return Ok(None);
    };
    let found = known.iter().find(|(word, _)| *word == text);
    found
        .map(|(_, value)| Some(*value))
        .ok_or(EventFault::Malformed(name))
}

/// The word of a value in its closed list.
pub(crate) fn written<W: Copy + PartialEq>(known: &[(&'static str, W)], value: W) -> &'static str {
    let found = known.iter().find(|(_, listed)| *listed == value);
    found
        .map(|(word, _)| *word)
        .expect("each value has its word")
}

/// Seconds since 1970 (RFC 7519, 2), which may have a fraction.
pub(crate) fn optional_time(
    from: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Timestamp>, EventFault> {
    let secs = match from.get(name) {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Some(_) => None,
    };
    let secs = secs.filter(|secs| DATE_SECS.contains(secs));
    secs.map(|secs| Some(Timestamp::from_secs(secs)))
        .ok_or(EventFault::Malformed(name))
}

/// The second that contains a fraction.
fn whole(secs: f64) -> Option<i64> {
    let fits = secs.is_finite() && secs >= 0.0 && secs < DATE_SECS.end as f64;
    fits.then_some(secs as i64)
}

/// An object, or the fault of a value of another type.
pub(crate) fn object<'v>(
    value: &'v Value,
    name: &'static str,
) -> Result<&'v Map<String, Value>, EventFault> {
    value.as_object().ok_or(EventFault::Malformed(name))
}
