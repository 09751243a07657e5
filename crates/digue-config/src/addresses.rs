//! Addresses in the operator's files: public URLs, witnesses, databases.
//!
//! A faulty one is answered with an example of a valid one.

/// A public URL without a path: the URL itself, and its host.
pub(crate) fn parse_public_url(text: &str) -> Result<(String, String), String> {
    let example = || "https://portail.exemple.fr".to_owned();
    let uri: http::Uri = text.parse().map_err(|_| example())?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let host = uri
        .host()
        .filter(|_| is_web && uri.path() == "/" && uri.query().is_none());
    let host = host.ok_or_else(example)?.to_ascii_lowercase();
    Ok((text.trim_end_matches('/').to_owned(), host))
}

/// The prefix under which a witness accepts checkpoints.
pub(crate) fn parse_witness_url(text: &str) -> Result<String, String> {
    let uri: http::Uri = text
        .parse()
        .map_err(|_| "https://temoin.exemple.fr".to_owned())?;
    let is_web = matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none();
    if is_web {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("https://temoin.exemple.fr".to_owned())
    }
}

/// The URL of a database: a file of SQLite, or PostgreSQL.
pub(crate) fn parse_store_url(text: &str) -> Result<String, String> {
    let is_known = text.starts_with("sqlite:")
        || text.starts_with("postgres://")
        || text.starts_with("postgresql://");
    if is_known {
        Ok(text.to_owned())
    } else {
        Err("sqlite:PATH | postgres://...".to_owned())
    }
}
