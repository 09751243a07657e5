//! HTTP to a provider, in the forms that the library expects.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use digue_http::body;
use digue_http::client::HttpClient;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde_json::Value;

/// The largest answer that is read; real ones have some kilobytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
const ANSWER_LASTS: Duration = Duration::from_secs(10);

/// The HTTP client for the token endpoint. The library sees only the members that it needs: the ID
/// token is kept for `believe`, and members of a non-standard type (`expires_in: "3599"`) cannot
/// fail the exchange.
pub(super) struct TokenClient {
    pub(super) client: HttpClient,
    // A leaf lock of one exchange: the library takes the client by reference.
    pub(super) id_token: Mutex<Option<String>>,
}

impl<'c> AsyncHttpClient<'c> for TokenClient {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = fetch(&self.client, request).await?;
            if !answer.status().is_success() {
                return Ok(answer);
            }
            let (parts, body) = answer.into_parts();
            // Not an object: the library refuses it with its own error.
            let Ok(Value::Object(mut members)) = serde_json::from_slice(&body) else {
                return Ok(http::Response::from_parts(parts, body));
            };
            if let Some(Value::String(token)) = members.remove("id_token") {
                *self.id_token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
            }
            members.retain(|name, _| matches!(name.as_str(), "access_token" | "token_type"));
            let body = serde_json::to_vec(&members).expect("values parsed from JSON serialise");
            Ok(http::Response::from_parts(parts, body))
        })
    }
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct FetchError(String);

/// The HTTP client for discovery, in the form that the library expects.
pub(super) struct ProviderClient(pub(super) HttpClient);

impl<'c> AsyncHttpClient<'c> for ProviderClient {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(fetch(&self.0, request))
    }
}

/// One request over HTTPS. Redirects are not followed: they could send the client secret elsewhere.
pub(super) async fn fetch(
    client: &HttpClient,
    request: HttpRequest,
) -> Result<HttpResponse, FetchError> {
    if request.uri().scheme_str() != Some("https") {
        return Err(FetchError("an address that is not https".to_owned()));
    }
    let answer = client.send(request.map(body::full), ANSWER_LASTS).await;
    let answer = answer.map_err(|error| FetchError(error.to_string()))?;
    let (parts, rest) = answer.into_parts();
    // The timeout of the response ends with its headers; a body that trickles needs its own.
    let bytes = tokio::time::timeout(ANSWER_LASTS, body::collect(rest, ANSWER_BYTES_MAX)).await;
    let bytes = bytes.map_err(|_| FetchError("its answer does not end".to_owned()))?;
    let bytes = bytes.map_err(|_| FetchError("its answer is too long".to_owned()))?;
    Ok(http::Response::from_parts(parts, bytes.to_vec()))
}
