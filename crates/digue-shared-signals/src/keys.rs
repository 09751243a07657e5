//! The public keys of a transmitter, fetched where it publishes them.

use std::sync::Arc;
use std::time::Duration;

use digue_app::App;
use digue_http::body;
use digue_http::client::HttpClient;
use digue_http::jwt::KeySet;
use digue_types::Timestamp;
use http::{Request, StatusCode, Uri};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::{KeySource, ReceiveRules};

/// How long keys are used; a token with an unknown key causes an earlier request.
const KNOWN_LASTS: Duration = Duration::from_hours(1);
/// How long they are used while the transmitter does not answer.
const STALE_LASTS: Duration = Duration::from_hours(24);
/// How long a transmitter that did not answer is not asked again.
const LEFT_ALONE: Duration = Duration::from_secs(10);
/// The shortest time between two requests caused by unknown keys: tokens with invented key ids must
/// not make Digue flood the transmitter.
const ASKED_AGAIN_AFTER: Duration = Duration::from_mins(1);
/// The largest document that is read; real ones have some kilobytes.
const DOCUMENT_BYTES_MAX: usize = 1 << 20;
const ANSWER_LASTS: Duration = Duration::from_secs(10);

/// The keys cannot be had now.
#[derive(Debug, thiserror::Error)]
#[error("the keys of the transmitter cannot be had: {0}")]
pub(crate) struct KeysAway(String);

fn away(error: impl std::fmt::Display) -> KeysAway {
    KeysAway(error.to_string())
}

pub(crate) struct KnownKeys {
    pub(crate) at: Timestamp,
    pub(crate) keys: KeySet,
}

/// The keys of one transmitter, for the life of the process.
#[derive(Default)]
pub(crate) struct IssuerKeys {
    // Held while keys are fetched: one request at a time, and the others use its answer. Nothing
    // else is locked meanwhile; the time-outs of `fetch` bound it.
    kept: Mutex<CachedKeys>,
}

#[derive(Default)]
struct CachedKeys {
    known: Option<Arc<KnownKeys>>,
    failed_at: Option<Timestamp>,
}

impl IssuerKeys {
    /// The keys, fetched if needed. `older` is the date of keys that were not enough.
    pub(crate) async fn known(
        &self,
        app: &App,
        rules: &ReceiveRules,
        older: Option<Timestamp>,
    ) -> Result<Arc<KnownKeys>, KeysAway> {
        let now = app.clock().now();
        let mut kept = self.kept.lock().await;
        let lasts = match older {
            Some(_) => ASKED_AGAIN_AFTER,
            None => KNOWN_LASTS,
        };
        let known = kept.known.clone();
        if let Some(known) = known.as_ref().filter(|known| now.since(known.at) < lasts) {
            return Ok(known.clone());
        }
        let stale = known.filter(|known| now.since(known.at) < STALE_LASTS);
        if kept.failed_at.is_some_and(|at| now.since(at) < LEFT_ALONE) {
            return stale.ok_or_else(|| away("it did not answer a moment ago"));
        }
        let client = app.client().ok_or_else(|| away("no HTTP client"))?;
        match fetch_keys(client, rules).await {
            Ok(keys) => {
                let known = Arc::new(KnownKeys { at: now, keys });
                *kept = CachedKeys {
                    known: Some(known.clone()),
                    failed_at: None,
                };
                Ok(known)
            }
            Err(error) => {
                kept.failed_at = Some(now);
                let stream = &rules.name;
                tracing::warn!(stream, %error, "Fetching the keys of a transmitter failed; next try after 10 s");
                // A short failure must not stop events whose keys have not changed.
                stale.ok_or(error)
            }
        }
    }
}

/// Whether a transmitter gives keys with which its tokens could be verified. Nothing is asked of a
/// stream.
///
/// # Errors
/// What is wrong, for an operator; in English, as in the log.
pub async fn answers(rules: &ReceiveRules, client: &HttpClient) -> Result<(), String> {
    let keys = fetch_keys(client, rules).await;
    keys.map(drop).map_err(|error| error.to_string())
}

/// Fetches the keys of a transmitter once.
async fn fetch_keys(client: &HttpClient, rules: &ReceiveRules) -> Result<KeySet, KeysAway> {
    let address = match &rules.keys {
        KeySource::Address(address) => address.clone(),
        KeySource::Discovered => discover(client, &rules.issuer).await?,
    };
    let document = fetch(client, address).await?;
    let text = std::str::from_utf8(&document).map_err(away)?;
    KeySet::parse(text).map_err(away)
}

/// The address of the keys, as the configuration of the transmitter says it (SSF 1.0, 7.1 and 7.2).
async fn discover(client: &HttpClient, issuer: &str) -> Result<Uri, KeysAway> {
    let document = fetch(client, configuration_address(issuer)?).await?;
    let document: Value = serde_json::from_slice(&document).map_err(away)?;
    // SSF 1.0, 7.2.4: one that names another issuer may be used for nothing.
    if document["issuer"].as_str() != Some(issuer) {
        return Err(away("its configuration is of another issuer"));
    }
    let keys = document["jwks_uri"].as_str();
    let keys = keys.ok_or_else(|| away("its configuration names no keys"))?;
    keys.parse().map_err(away)
}

/// `/.well-known/ssf-configuration`, inserted before the path of the issuer (SSF 1.0, 7.2.1).
fn configuration_address(issuer: &str) -> Result<Uri, KeysAway> {
    let uri: Uri = issuer.parse().map_err(away)?;
    let (scheme, authority) = match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => (scheme, authority),
        _ => return Err(away("its issuer is no address")),
    };
    let path = uri.path().trim_end_matches('/');
    let address = format!("{scheme}://{authority}/.well-known/ssf-configuration{path}");
    address.parse().map_err(away)
}

/// HTTPS, except on this machine: a server in its place could sign events.
pub fn is_secure(uri: &Uri) -> bool {
    let is_here = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => is_here,
        _ => false,
    }
}

async fn fetch(client: &HttpClient, address: Uri) -> Result<Vec<u8>, KeysAway> {
    if !is_secure(&address) {
        return Err(away("an address that is not https"));
    }
    let request = Request::get(address)
        .header(http::header::ACCEPT, "application/json")
        .body(body::empty())
        .map_err(away)?;
    let answer = client.send(request, ANSWER_LASTS).await.map_err(away)?;
    if answer.status() != StatusCode::OK {
        return Err(away(format!("status {}", answer.status())));
    }
    // The timeout of the response ends with its headers; a body that trickles needs its own.
    let read = body::collect(answer.into_body(), DOCUMENT_BYTES_MAX);
    let read = tokio::time::timeout(ANSWER_LASTS, read).await;
    let read = read.map_err(|_| away("its answer does not end"))?;
    read.map(|bytes| bytes.to_vec())
        .map_err(|_| away("its answer is too long or was cut off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses of SSF 1.0, 7.2.1.
    #[test]
    fn the_configuration_is_before_the_path_of_the_issuer() {
        for (issuer, expected) in [
            (
                "https://tr.example.com",
                "https://tr.example.com/.well-known/ssf-configuration",
            ),
            (
                "https://tr.example.com/issuer1",
                "https://tr.example.com/.well-known/ssf-configuration/issuer1",
            ),
            (
                "https://tr.example.com:8443/realms/a/",
                "https://tr.example.com:8443/.well-known/ssf-configuration/realms/a",
            ),
        ] {
            assert_eq!(configuration_address(issuer).unwrap().to_string(), expected);
        }
        assert!(configuration_address("annuaire").is_err());
    }

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for (address, expected) in [
            ("https://idp.exemple.fr/keys", true),
            ("http://127.0.0.1:8080/keys", true),
            ("http://idp.exemple.fr/keys", false),
            ("ftp://127.0.0.1/keys", false),
            ("/keys", false),
        ] {
            assert_eq!(is_secure(&address.parse().unwrap()), expected, "{address}");
        }
    }
}
