//! Addresses in the operator's files: public URLs, witnesses, databases.
//!
//! A faulty one is answered with an example of a valid one.

/// A public URL without a path: the URL itself, and its host.
pub(crate) fn parse_public_url(text: &str) -> Result<(String, String), String> {
    let example = || "https://portail.exemple.fr".to_owned();
    let uri: http::Uri = text.parse().map_err(|_| example())?;
    let host = host_of_origin(&uri).ok_or_else(example)?;
    Ok((text.trim_end_matches('/').to_owned(), host))
}

/// The host, of a URL that has nothing but its scheme and authority.
fn host_of_origin(uri: &http::Uri) -> Option<String> {
    let is_origin = is_web(uri) && uri.path() == "/" && uri.query().is_none();
    let host = uri.host().filter(|_| is_origin)?;
    Some(host.to_ascii_lowercase())
}

fn is_web(uri: &http::Uri) -> bool {
    matches!(uri.scheme_str(), Some("http" | "https"))
}

/// The prefix under which a witness accepts checkpoints.
pub(crate) fn parse_witness_url(text: &str) -> Result<String, String> {
    let example = || "https://temoin.exemple.fr".to_owned();
    let uri: http::Uri = text.parse().map_err(|_| example())?;
    if is_web(&uri) && uri.query().is_none() {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(example())
    }
}

/// The directory of a certificate authority: over HTTPS, or anyone between could be certified.
pub(crate) fn parse_directory_url(text: &str) -> Result<String, String> {
    let example = || "https://acme-v02.api.letsencrypt.org/directory".to_owned();
    let uri: http::Uri = text.parse().map_err(|_| example())?;
    let is_secure = uri.scheme_str() == Some("https") && uri.host().is_some();
    is_secure.then(|| text.to_owned()).ok_or_else(example)
}

/// A name of up to 32 small letters, digits and hyphens.
pub(crate) fn parse_plain_name(text: &str) -> Result<String, &'static str> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=32).contains(&text.len()) && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("a-z, 0-9, -")
    }
}

/// The URL of a database that is read: one of the store's, MySQL or MariaDB.
pub(crate) fn parse_read_url(text: &str) -> Result<String, String> {
    if text.starts_with("mysql://") || text.starts_with("mariadb://") {
        return Ok(text.to_owned());
    }
    parse_store_url(text).map_err(|known| format!("{known} | mysql://..."))
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
