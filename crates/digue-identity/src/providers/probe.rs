//! Whether a provider answers with documents and keys that a sign-in could use. Nobody is signed
//! in.

use digue_http::client::HttpClient;
use digue_types::Timestamp;

use super::ProviderRules;
use super::peer::ProviderPeer;

/// Fetches the discovery document and the keys, as a sign-in does.
///
/// # Errors
/// What is wrong with the answer, for an operator; in English, as in the log.
pub async fn answers(
    rules: &ProviderRules,
    client: &HttpClient,
    now: Timestamp,
) -> Result<(), String> {
    let peer = ProviderPeer::new(rules.clone());
    peer.discover(client, now)
        .await
        .map(drop)
        .map_err(|error| error.to_string())
}
