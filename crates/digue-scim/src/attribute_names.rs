//! Names of attributes as clients write them: `urn:...:User:name.givenName` (RFC 7643, 2.1).

/// The longest path and filter, in bytes.
pub(crate) const PATH_BYTES_MAX: usize = 2048;

/// The schema that a client named before an attribute, and the attribute. The version of a schema
/// has a dot, so that the last colon parts the two and not the first dot.
pub(crate) fn split_urn(name: &str) -> (Option<&str>, &str) {
    match name.rsplit_once(':') {
        Some((urn, name)) => (Some(urn), name),
        None => (None, name),
    }
}

/// `ATTRNAME` of RFC 7643, 2.1, and `$ref`.
pub(crate) fn is_name(text: &str) -> bool {
    let plain = text.strip_prefix('$').unwrap_or(text);
    plain.starts_with(|c: char| c.is_ascii_alphabetic())
        && plain
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
