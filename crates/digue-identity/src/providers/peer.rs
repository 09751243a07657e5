//! The protocol with one provider: OpenID Connect Core 1.0 with the authorization code flow,
//! discovery, signed user info, back-channel logout tokens. It knows nothing of accounts and
//! persons.
//!
//! `openidconnect` does discovery, the authorization request and the exchange of the code. Tokens
//! are verified here with the provider's keys, because the library parses all claims before it
//! verifies any: one irrelevant claim of an unusual type (`updated_at` as text,
//! `email_verified: "true"`) would fail every sign-in. Only the claims that decide are read.
//! Symmetric algorithms and `none` are not accepted.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use digue_http::client::HttpClient;
use digue_http::jwt::{
    KeySet, NumericDate, TokenFault, access_token_hash, numeric_date, token_type,
};
use digue_types::Timestamp;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::url::Url;
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AuthType, AuthenticationContextClass,
    AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, ProviderMetadata, RedirectUrl,
    Scope, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::provider_client::{ProviderClient, TokenClient, fetch};
use super::{ProviderRules, UserInfo};

/// How long discovery documents are used; an unknown signing key causes an earlier request.
const KNOWN_LASTS: Duration = Duration::from_hours(1);
/// How long they are used while the provider does not answer.
const STALE_LASTS: Duration = Duration::from_hours(24);
/// How long a provider that did not answer is not asked again.
const LEFT_ALONE: Duration = Duration::from_secs(10);
/// The shortest time between two requests caused by unknown keys: tokens with invented key ids must
/// not make Digue flood the provider.
const ASKED_AGAIN_AFTER: Duration = Duration::from_mins(1);
/// The difference between clocks that is tolerated.
const SKEW_SECS: i64 = 60;
/// The greatest age of an ID token or a logout token.
const TOKEN_AGE_MAX_SECS: i64 = 600;

/// OpenID Connect Core 1.0, 2: a subject has at most 255 ASCII characters.
const SUBJECT_BYTES_MAX: usize = 255;
/// Why a provider proved nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    /// It cannot be reached now.
    #[error("the provider cannot be reached: {0}")]
    Away(String),
    /// A part of its answer fails verification.
    #[error("the provider's answer fails verification: {0}")]
    Unbelieved(&'static str),
    #[error("the provider's {what} fails verification: {fault}")]
    Token {
        what: &'static str,
        fault: TokenFault,
    },
    /// It refuses the code, or its answer cannot be read.
    #[error("the provider returned no token: {0}")]
    NoToken(String),
}

impl ProviderError {
    /// True when newer keys of the provider might verify the token.
    const fn is_about_keys(&self) -> bool {
        matches!(self, Self::Token { fault, .. } if fault.is_about_keys())
    }
}

/// Provider metadata beyond the core.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct MoreClaims {
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
}

impl AdditionalProviderMetadata for MoreClaims {}

type Metadata = ProviderMetadata<
    MoreClaims,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Placeholder for the claims of the ID token, which the library never sees (`TokenClient`).
#[derive(Clone, Debug, Deserialize, Serialize)]
struct IgnoredIdToken {}

impl AdditionalClaims for IgnoredIdToken {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        IgnoredIdToken,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Relying = Client<
    IgnoredIdToken,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The discovery document and keys of a provider, with the time at which they were fetched.
pub(super) struct ProviderDocuments {
    at: Timestamp,
    metadata: Metadata,
    keys: KeySet,
}

/// One provider, for the life of the process.
pub(super) struct ProviderPeer {
    pub(super) rules: ProviderRules,
    // Held while the documents are fetched: one request at a time, and the others use its answer.
    // Nothing else is locked meanwhile; the time-outs of `fetch` bound it.
    kept: Mutex<CachedDocuments>,
}

/// The documents of a provider, and when fetching them last failed.
#[derive(Default)]
struct CachedDocuments {
    known: Option<Arc<ProviderDocuments>>,
    failed_at: Option<Timestamp>,
}

/// An authorization request, for the browser.
pub(super) struct AuthorizationQuestion {
    pub(super) address: String,
    pub(super) nonce: String,
    pub(super) verifier: Option<String>,
}

/// A verified identity.
#[derive(Clone)]
pub(super) struct VerifiedIdentity {
    /// When it was verified here: a logout at the provider after that ends what is made of it.
    pub(super) at: Timestamp,
    pub(super) subject: String,
    pub(super) sid: Option<String>,
    /// When the provider authenticated the user, which may be hours ago; `None` when it does not
    /// say.
    pub(super) auth_time: Option<Timestamp>,
    pub(super) amr: Vec<String>,
    pub(super) acr: Option<String>,
    /// Claims of the user info; empty when it is not used.
    pub(super) claims: Map<String, Value>,
    pub(super) id_token: String,
}

/// What a logout token ends: all sessions of a subject, or one session.
pub(super) struct LogoutTarget {
    pub(super) subject: Option<String>,
    pub(super) sid: Option<String>,
    pub(super) jti: String,
}

impl ProviderPeer {
    pub(super) fn new(rules: ProviderRules) -> Self {
        Self {
            rules,
            kept: Mutex::default(),
        }
    }

    /// The documents of the provider, fetched if needed. `older` is the date of documents that were
    /// not enough, because a token has an unknown key.
    async fn known(
        &self,
        client: &HttpClient,
        now: Timestamp,
        older: Option<Timestamp>,
    ) -> Result<Arc<ProviderDocuments>, ProviderError> {
        let mut kept = self.kept.lock().await;
        let lasts = if older.is_some() {
            ASKED_AGAIN_AFTER
        } else {
            KNOWN_LASTS
        };
        if let Some(known) = kept
            .known
            .as_ref()
            .filter(|known| now.since(known.at) < lasts)
        {
            return Ok(known.clone());
        }
        let stale = kept
            .known
            .clone()
            .filter(|known| now.since(known.at) < STALE_LASTS);
        // Anyone may start a sign-in: a provider that does not answer is not asked for each of
        // them.
        if kept.failed_at.is_some_and(|at| now.since(at) < LEFT_ALONE) {
            return stale
                .ok_or_else(|| ProviderError::Away("it did not answer a moment ago".to_owned()));
        }
        match self.discover(client, now).await {
            Ok(known) => {
                let known = Arc::new(known);
                *kept = CachedDocuments {
                    known: Some(known.clone()),
                    failed_at: None,
                };
                Ok(known)
            }
            Err(trouble) => {
                // The stale documents are kept: a short failure must not prevent sign-ins whose
                // keys have not changed.
                kept.failed_at = Some(now);
                tracing::warn!(provider = self.rules.id, %trouble, "Discovery failed; next try after 10 s");
                stale.ok_or(trouble)
            }
        }
    }

    /// Fetches the discovery document and the keys (OpenID Connect Discovery 1.0).
    pub(super) async fn discover(
        &self,
        client: &HttpClient,
        now: Timestamp,
    ) -> Result<ProviderDocuments, ProviderError> {
        let issuer = IssuerUrl::new(self.rules.issuer.clone()).map_err(|error| away(&error))?;
        let ask = ProviderClient(client.clone());
        let metadata = Metadata::discover_async(issuer, &ask)
            .await
            .map_err(|error| away(&error))?;
        let endpoints = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(|url| url.url()),
            metadata.userinfo_endpoint().map(|url| url.url()),
            metadata.additional_metadata().end_session_endpoint.as_ref(),
        ];
        // The client secret and access tokens go to these addresses.
        if endpoints
            .into_iter()
            .flatten()
            .any(|url| url.scheme() != "https")
        {
            return Err(ProviderError::Away(
                "one of its addresses is not https".to_owned(),
            ));
        }
        let keys = serde_json::to_string(metadata.jwks()).map_err(|error| away(&error))?;
        let keys = KeySet::parse(&keys).map_err(|error| away(&error))?;
        Ok(ProviderDocuments {
            at: now,
            metadata,
            keys,
        })
    }

    fn relying(&self, known: &ProviderDocuments, back: &str) -> Result<Relying, ProviderError> {
        let secret = ClientSecret::new(self.rules.secret.clone());
        let id = ClientId::new(self.rules.client.clone());
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        // ProConnect requires the secret in the body; the default of the standard is basic
        // authentication.
        let takes_body =
            methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretPost));
        let way = if takes_body {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        let back = RedirectUrl::new(back.to_owned()).map_err(|error| away(&error))?;
        Ok(
            Relying::from_provider_metadata(known.metadata.clone(), id, Some(secret))
                .set_redirect_uri(back)
                .set_auth_type(way),
        )
    }

    /// The authorization request for the browser. `state` comes back with the answer; `is_forced`
    /// requests a new authentication.
    pub(super) async fn question(
        &self,
        client: &HttpClient,
        now: Timestamp,
        back: &str,
        state: &str,
        nonce: &str,
        is_forced: bool,
    ) -> Result<AuthorizationQuestion, ProviderError> {
        let known = self.known(client, now, None).await?;
        let relying = self.relying(&known, back)?;
        let (state, own_nonce) = (
            CsrfToken::new(state.to_owned()),
            Nonce::new(nonce.to_owned()),
        );
        let mut request = relying.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || state,
            move || own_nonce,
        );
        request = request.add_scopes(self.rules.scopes.iter().cloned().map(Scope::new));
        for acr in &self.rules.acr {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        // Not `max_age`, which ProConnect reportedly ignores (docs/decisions/0015).
        if is_forced {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        if !self.rules.asked_claims.is_empty() {
            let essential = |name: &String| (name.clone(), serde_json::json!({"essential": true}));
            let claims: Map<String, Value> =
                self.rules.asked_claims.iter().map(essential).collect();
            request = request.add_extra_param(
                "claims",
                serde_json::json!({"id_token": claims}).to_string(),
            );
        }
        // PKCE only where the provider announces it: ProConnect refuses unknown parameters.
        let more = known.metadata.additional_metadata();
        let mut verifier = None;
        if more
            .code_challenge_methods_supported
            .iter()
            .any(|method| method == "S256")
        {
            let (challenge, secret) = PkceCodeChallenge::new_random_sha256();
            request = request.set_pkce_challenge(challenge);
            verifier = Some(secret.into_secret());
        }
        let (address, _, nonce) = request.url();
        Ok(AuthorizationQuestion {
            address: address.to_string(),
            nonce: nonce.secret().clone(),
            verifier,
        })
    }

    /// Exchanges the code and verifies everything that comes with it.
    pub(super) async fn vouch(
        &self,
        client: &HttpClient,
        now: Timestamp,
        back: &str,
        answer: AuthorizationAnswer<'_>,
    ) -> Result<VerifiedIdentity, ProviderError> {
        let known = self.known(client, now, None).await?;
        self.check_answer_issuer(&known, answer.issuer)?;
        let tokens = self.exchange(client, &known, back, &answer).await?;
        let mut vouched = self.believe(&known, &tokens, answer.nonce, now);
        let mut known = known;
        // The provider may have rotated its keys, also under the same key id: they are fetched once
        // more.
        if vouched.as_ref().is_err_and(ProviderError::is_about_keys) {
            known = self.known(client, now, Some(known.at)).await?;
            vouched = self.believe(&known, &tokens, answer.nonce, now);
        }
        let mut vouched = vouched?;
        vouched.claims = self
            .user_info(client, &known, &tokens.access, &vouched.subject)
            .await?;
        Ok(vouched)
    }

    /// RFC 9207: the answer must come from the provider that was asked.
    fn check_answer_issuer(
        &self,
        known: &ProviderDocuments,
        issuer: Option<&str>,
    ) -> Result<(), ProviderError> {
        let metadata = known.metadata.additional_metadata();
        let says_issuer = metadata.authorization_response_iss_parameter_supported;
        if issuer.is_some_and(|issuer| issuer != self.rules.issuer)
            || (says_issuer && issuer.is_none())
        {
            return Err(ProviderError::Unbelieved("issuer of the answer"));
        }
        Ok(())
    }

    /// The tokens for a code, not verified yet.
    async fn exchange(
        &self,
        client: &HttpClient,
        known: &ProviderDocuments,
        back: &str,
        answer: &AuthorizationAnswer<'_>,
    ) -> Result<ReceivedTokens, ProviderError> {
        let relying = self.relying(known, back)?;
        let ask = TokenClient {
            client: client.clone(),
            id_token: std::sync::Mutex::default(),
        };
        let mut exchange = relying
            .exchange_code(AuthorizationCode::new(answer.code.to_owned()))
            .map_err(|error| away(&error))?;
        if let Some(verifier) = answer.verifier {
            exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        }
        let tokens = exchange
            .request_async(&ask)
            .await
            .map_err(|error| no_token(&error))?;
        let id_token = ask
            .id_token
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let id_token = id_token.ok_or_else(|| ProviderError::NoToken("no ID token".to_owned()))?;
        Ok(ReceivedTokens {
            access: tokens.access_token().secret().clone(),
            id_token,
        })
    }

    /// Verifies the ID token (OpenID Connect Core 1.0, 3.1.3.7); the user info is fetched only
    /// after it.
    fn believe(
        &self,
        known: &ProviderDocuments,
        tokens: &ReceivedTokens,
        nonce: &str,
        now: Timestamp,
    ) -> Result<VerifiedIdentity, ProviderError> {
        let wrong = |fault| ProviderError::Token {
            what: "ID token",
            fault,
        };
        let claims = self.signed(known, &tokens.id_token).map_err(wrong)?;
        check_dates(&claims, now).map_err(wrong)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        // Ties the token to this browser's request: one that was obtained elsewhere carries another
        // nonce.
        if text("nonce") != Some(nonce) {
            return Err(ProviderError::Unbelieved("nonce"));
        }
        // Optional in the code flow (OpenID Connect Core 1.0, 3.1.3.6); where it is present it must
        // match.
        if let Some(expected) = claims.get("at_hash") {
            let found = access_token_hash(&tokens.id_token, &tokens.access);
            if found.is_none() || found.as_deref() != expected.as_str() {
                return Err(ProviderError::Unbelieved("access token"));
            }
        }
        let subject = text("sub").unwrap_or_default().to_owned();
        if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX {
            return Err(ProviderError::Unbelieved("subject"));
        }
        let acr = text("acr").map(ToOwned::to_owned);
        // `acr_values` is a voluntary request (Core 1.0, 3.1.2.1) that a provider may ignore: the
        // answer decides.
        if !self.rules.acr.is_empty()
            && !acr.as_ref().is_some_and(|acr| self.rules.acr.contains(acr))
        {
            return Err(ProviderError::Unbelieved("level of assurance"));
        }
        Ok(VerifiedIdentity {
            at: now,
            sid: text("sid").map(ToOwned::to_owned),
            // An unreadable date counts as none: the identity then counts as one factor
            // (`accounts::judge`).
            auth_time: numeric_date(&claims, "auth_time").known(),
            amr: methods(claims.get("amr")),
            acr,
            claims: Map::new(),
            id_token: tokens.id_token.clone(),
            subject,
        })
    }

    /// The claims of the user info. They must be about this subject, and signed unless the operator
    /// configured otherwise.
    async fn user_info(
        &self,
        client: &HttpClient,
        known: &ProviderDocuments,
        access: &str,
        subject: &str,
    ) -> Result<Map<String, Value>, ProviderError> {
        if self.rules.user_info == UserInfo::None {
            return Ok(Map::new());
        }
        let url = known
            .metadata
            .userinfo_endpoint()
            .ok_or(ProviderError::Unbelieved("no user info"))?;
        let request = http::Request::get(url.as_str())
            .header("authorization", format!("Bearer {access}"))
            .header("accept", "application/jwt, application/json;q=0.5")
            .body(Vec::new())
            .map_err(|error| away(&error))?;
        let answer = fetch(client, request).await.map_err(|error| away(&error))?;
        if answer.status() != http::StatusCode::OK {
            return Err(ProviderError::Unbelieved("user info was refused"));
        }
        let kind = answer
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok());
        let is_signed = kind.is_some_and(|kind| kind.starts_with("application/jwt"));
        let claims = if is_signed {
            let text = String::from_utf8(answer.into_body())
                .map_err(|_| ProviderError::Unbelieved("user info"))?;
            self.signed(known, text.trim())
                .map_err(|fault| ProviderError::Token {
                    what: "user info",
                    fault,
                })?
        } else if self.rules.user_info == UserInfo::DangerUnsigned {
            serde_json::from_slice(answer.body())
                .map_err(|_| ProviderError::Unbelieved("user info"))?
        } else {
            return Err(ProviderError::Unbelieved("user info is not signed"));
        };
        // OpenID Connect Core 1.0, 5.3.2: user info about another subject is a substituted token.
        if claims.get("sub").and_then(Value::as_str) == Some(subject) {
            Ok(claims)
        } else {
            Err(ProviderError::Unbelieved(
                "user info is about somebody else",
            ))
        }
    }

    fn is_other_audience(&self, value: &Value) -> bool {
        let mut others = self.rules.other_audiences.iter();
        value
            .as_str()
            .is_some_and(|name| others.any(|other| other == name))
    }

    /// The claims of a token that this provider signed for this client. Every further audience must
    /// be named in the configuration, because each of them could present the token here as its own.
    fn signed(
        &self,
        known: &ProviderDocuments,
        token: &str,
    ) -> Result<Map<String, Value>, TokenFault> {
        let claims = known
            .keys
            .claims(token, &self.rules.issuer, &self.rules.client)?;
        let is_us = |value: &Value| value == self.rules.client.as_str();
        let is_trusted = |value: &Value| is_us(value) || self.is_other_audience(value);
        let party = claims.get("azp").filter(|party| !party.is_null());
        let is_ours = match claims.get("aud") {
            // With several audiences `azp` must be present (OpenID Connect Core 1.0, 3.1.3.7, step
            // 4).
            Some(Value::Array(all)) if all.len() > 1 => {
                all.iter().all(is_trusted) && party.is_some()
            }
            _ => true,
        };
        if is_ours && party.is_none_or(is_us) {
            Ok(claims)
        } else {
            Err(TokenFault::Audience)
        }
    }

    /// Verifies a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6).
    pub(super) async fn ended(
        &self,
        client: &HttpClient,
        now: Timestamp,
        token: &str,
    ) -> Result<LogoutTarget, ProviderError> {
        // Another kind of token, signed by the same keys, must not pass for a logout token.
        if token_type(token).is_some_and(|typ| typ != "logout+jwt" && typ != "jwt") {
            return Err(ProviderError::Unbelieved("type of the logout token"));
        }
        let known = self.known(client, now, None).await?;
        let claims = match self.signed(&known, token) {
            Err(fault) if fault.is_about_keys() => {
                let known = self.known(client, now, Some(known.at)).await?;
                self.signed(&known, token)
            }
            other => other,
        };
        let claims = claims.map_err(|fault| ProviderError::Token {
            what: "logout token",
            fault,
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        check_dates(&claims, now).map_err(|fault| ProviderError::Token {
            what: "logout token",
            fault,
        })?;
        let says_logout = claims
            .get("events")
            .and_then(|events| events.get("http://schemas.openid.net/event/backchannel-logout"))
            .is_some_and(Value::is_object);
        // A logout token must have no nonce: an ID token, which has one, could otherwise be
        // presented here.
        if !says_logout || claims.contains_key("nonce") {
            return Err(ProviderError::Unbelieved("logout token"));
        }
        let ended = LogoutTarget {
            subject: text("sub"),
            sid: text("sid"),
            jti: text("jti").ok_or(ProviderError::Unbelieved("logout token without a name"))?,
        };
        if ended.subject.is_none() && ended.sid.is_none() {
            return Err(ProviderError::Unbelieved("logout token about nobody"));
        }
        Ok(ended)
    }

    /// The address at which a user ends the provider's own session (RP-Initiated Logout 1.0).
    pub(super) async fn end_address(
        &self,
        client: &HttpClient,
        now: Timestamp,
        id_token: &str,
        back: &str,
        state: &str,
    ) -> Result<Option<String>, ProviderError> {
        let known = self.known(client, now, None).await?;
        let Some(mut url) = known
            .metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()
        else {
            return Ok(None);
        };
        url.query_pairs_mut()
            .append_pair("id_token_hint", id_token)
            .append_pair("post_logout_redirect_uri", back)
            .append_pair("state", state);
        Ok(Some(url.to_string()))
    }
}

/// The answer to an authorization request, with the values that were sent with the request.
pub(super) struct AuthorizationAnswer<'a> {
    pub(super) code: &'a str,
    pub(super) issuer: Option<&'a str>,
    pub(super) nonce: &'a str,
    pub(super) verifier: Option<&'a str>,
}

fn away(error: &dyn std::fmt::Display) -> ProviderError {
    ProviderError::Away(error.to_string())
}

/// The tokens for a code, not verified yet.
struct ReceivedTokens {
    access: String,
    id_token: String,
}

/// Checks that a token is neither expired nor old. Logout tokens of older providers have no `exp`;
/// their age bounds them.
fn check_dates(claims: &Map<String, Value>, now: Timestamp) -> Result<(), TokenFault> {
    let is_over = match numeric_date(claims, "exp") {
        NumericDate::Known(until) => until <= now,
        NumericDate::Absent if claims.contains_key("events") => false,
        NumericDate::Absent | NumericDate::Unreadable => return Err(TokenFault::Date("exp")),
    };
    let issued = numeric_date(claims, "iat")
        .known()
        .ok_or(TokenFault::Date("iat"))?;
    let age = now.secs() - issued.secs();
    if age < -SKEW_SECS {
        return Err(TokenFault::Early);
    }
    if is_over || age > TOKEN_AGE_MAX_SECS {
        Err(TokenFault::Over)
    } else {
        Ok(())
    }
}

/// The authentication methods of `amr`; some providers write a string instead of a list.
fn methods(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(one)) => one.split_whitespace().map(ToOwned::to_owned).collect(),
        Some(Value::Array(all)) => all
            .iter()
            .filter_map(Value::as_str)
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

/// Why a code brought no token, without the text of the answer, which may name people.
fn no_token<E: std::error::Error>(
    error: &openidconnect::RequestTokenError<E, StandardErrorResponse<CoreErrorResponseType>>,
) -> ProviderError {
    use openidconnect::RequestTokenError as Error;
    match error {
        Error::Request(error) => away(error),
        // The code is of a closed list or invented by the provider: only letters, and few, reach
        // the log.
        Error::ServerResponse(answer) => {
            let word = answer.error().to_string();
            let signs = word.chars();
            let letters = signs.filter(|sign| sign.is_ascii_lowercase() || *sign == '_');
            ProviderError::NoToken(letters.take(40).collect())
        }
        Error::Parse(error, _) => {
            ProviderError::NoToken(format!("its answer cannot be read at `{}`", error.path()))
        }
        Error::Other(_) => {
            ProviderError::NoToken("its answer is not one of the protocol".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        let Value::Object(claims) = value else {
            panic!("an object")
        };
        claims
    }

    #[test]
    fn a_token_is_for_now_however_its_dates_are_written() {
        let now = Timestamp::from_secs(1_000_000);
        let check = |value: Value| check_dates(&claims(value), now);
        assert_eq!(check(json!({"exp": 1_000_060, "iat": 999_990})), Ok(()));
        assert_eq!(check(json!({"exp": 1_000_060.5, "iat": "999990"})), Ok(()));
        assert_eq!(
            check(json!({"exp": 1_000_000, "iat": 999_990})),
            Err(TokenFault::Over)
        );
        assert_eq!(
            check(json!({"exp": 1_000_060, "iat": 990_000})),
            Err(TokenFault::Over)
        );
        assert_eq!(
            check(json!({"exp": 1_000_060, "iat": 1_000_600})),
            Err(TokenFault::Early)
        );
        assert_eq!(
            check(json!({"exp": "soon", "iat": 999_990})),
            Err(TokenFault::Date("exp"))
        );
        assert_eq!(check(json!({"iat": 999_990})), Err(TokenFault::Date("exp")));
        assert_eq!(
            check(json!({"exp": 1_000_060})),
            Err(TokenFault::Date("iat"))
        );
        assert_eq!(check(json!({"events": {}, "iat": 999_990})), Ok(()));
    }

    #[test]
    fn methods_are_read_as_a_list_or_a_text() {
        assert_eq!(methods(Some(&json!(["pwd", "otp"]))), ["pwd", "otp"]);
        assert_eq!(methods(Some(&json!("pwd"))), ["pwd"]);
        assert_eq!(methods(Some(&json!([1, "mfa"]))), ["mfa"]);
        assert!(methods(Some(&json!(7))).is_empty() && methods(None).is_empty());
    }
}
