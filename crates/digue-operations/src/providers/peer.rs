//! The protocol with one provider: OpenID Connect Core 1.0 by the authorization code, discovery, signed
//! user info, back-channel logout tokens. It knows nothing of accounts and persons.
//!
//! `openidconnect` finds the provider out, asks, exchanges the code and verifies the ID token. Signed user
//! info and logout tokens are verified here with the provider's keys: the library takes RS256 alone for the
//! first and does not know the second. Nothing symmetric is accepted, and `none` is no signature.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use digue_gateway::body;
use digue_gateway::jwt::{KeySet, TokenFault, token_type};
use digue_gateway::portal::Timeouts;
use digue_gateway::upstream::UpstreamClient;
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
    AccessTokenHash, AdditionalClaims, AdditionalProviderMetadata, AsyncHttpClient, AuthType,
    AuthenticationContextClass, AuthorizationCode, ClaimsVerificationError, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, ProviderMetadata, RedirectUrl, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::{ProviderRules, UserInfo};

/// An answer of a provider is some kilobytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;
const ANSWER_LASTS: Duration = Duration::from_secs(10);
/// How long what was found out is believed; keys that are new are asked for at once.
const KNOWN_LASTS: Duration = Duration::from_hours(1);
/// How long it is used when the provider does not answer.
const STALE_LASTS: Duration = Duration::from_hours(24);
/// How long one that did not answer is not asked.
const LEFT_ALONE: Duration = Duration::from_secs(10);
/// Between two questions for keys that nobody knows.
const ASKED_AGAIN_AFTER: Duration = Duration::from_mins(1);
/// Clocks differ.
const SKEW_SECS: i64 = 60;
/// An ID token or a logout token is for now.
const TOKEN_AGE_MAX_SECS: i64 = 600;

/// OpenID Connect Core 1.0, 2: a subject has 255 signs at most.
const SUBJECT_BYTES_MAX: usize = 255;
/// Which check failed when the keys may have changed since they were asked for.
const NO_KEY: &str = "no key of the set";

/// Why a provider's word is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// It cannot be asked now.
    #[error("the provider cannot be asked: {0}")]
    Away(String),
    /// What it said does not prove anything.
    #[error("the provider's word is not believed: {0}")]
    Unbelieved(&'static str),
}

/// What a provider says of itself beyond the core.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct More {
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
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

/// The provider's name for its own session, of the ID token.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Extra {
    sid: Option<String>,
}

impl AdditionalClaims for Extra {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Extra,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Relying = Client<
    Extra,
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

/// What was found out about a provider.
struct Known {
    at: Timestamp,
    metadata: Metadata,
    keys: KeySet,
}

/// One provider, as long as the house runs.
pub(super) struct Peer {
    pub(super) rules: ProviderRules,
    kept: Mutex<Kept>,
}

/// What was found out, and when it was last asked in vain.
#[derive(Default)]
struct Kept {
    known: Option<Arc<Known>>,
    failed_at: Option<Timestamp>,
}

/// A question to somebody's browser.
pub(super) struct Question {
    pub(super) address: String,
    pub(super) nonce: String,
    pub(super) verifier: Option<String>,
}

/// What the provider vouches for.
#[derive(Clone)]
pub(super) struct Vouched {
    pub(super) subject: String,
    pub(super) sid: Option<String>,
    /// When it proved who this is; it need not be now.
    pub(super) auth_time: Option<Timestamp>,
    pub(super) amr: Vec<String>,
    pub(super) acr: Option<String>,
    /// Of the user info; empty when none is asked for.
    pub(super) claims: Map<String, Value>,
    pub(super) id_token: String,
}

/// What a logout token ends: somebody's sessions, or one.
pub(super) struct Ended {
    pub(super) subject: Option<String>,
    pub(super) sid: Option<String>,
    pub(super) jti: String,
}

impl Peer {
    pub(super) fn new(rules: ProviderRules) -> Self {
        Self { rules, kept: Mutex::default() }
    }

    /// What is known of the provider; `older` is known already and not enough.
    async fn known(
        &self,
        client: &UpstreamClient,
        now: Timestamp,
        older: Option<Timestamp>,
    ) -> Result<Arc<Known>, Trouble> {
        let mut kept = self.kept.lock().await;
        let lasts = if older.is_some() { ASKED_AGAIN_AFTER } else { KNOWN_LASTS };
        if let Some(known) = kept.known.as_ref().filter(|known| now.since(known.at) < lasts) {
            return Ok(known.clone());
        }
        let stale = kept.known.clone().filter(|known| now.since(known.at) < STALE_LASTS);
        // Strangers may ask: a provider that does not answer is not asked for each of them.
        if kept.failed_at.is_some_and(|at| now.since(at) < LEFT_ALONE) {
            return stale.ok_or_else(|| Trouble::Away("it did not answer a moment ago".to_owned()));
        }
        match self.discover(client, now).await {
            Ok(known) => {
                let known = Arc::new(known);
                *kept = Kept { known: Some(known.clone()), failed_at: None };
                Ok(known)
            }
            Err(trouble) => {
                kept.failed_at = Some(now);
                tracing::warn!(provider = self.rules.id, %trouble, "What a provider says of itself is not read");
                stale.ok_or(trouble)
            }
        }
    }

    /// What the provider says of itself, and its keys.
    async fn discover(&self, client: &UpstreamClient, now: Timestamp) -> Result<Known, Trouble> {
        let issuer = IssuerUrl::new(self.rules.issuer.clone()).map_err(|error| away(&error))?;
        let ask = Web(client.clone());
        let metadata = Metadata::discover_async(issuer, &ask).await.map_err(|error| away(&error))?;
        let endpoints = [
            Some(metadata.authorization_endpoint().url()),
            metadata.token_endpoint().map(|url| url.url()),
            metadata.userinfo_endpoint().map(|url| url.url()),
            metadata.additional_metadata().end_session_endpoint.as_ref(),
        ];
        if endpoints.into_iter().flatten().any(|url| url.scheme() != "https") {
            return Err(Trouble::Away("one of its addresses is not https".to_owned()));
        }
        let keys = serde_json::to_string(metadata.jwks()).map_err(|error| away(&error))?;
        let keys = KeySet::parse(&keys).map_err(|error| away(&error))?;
        Ok(Known { at: now, metadata, keys })
    }

    fn relying(&self, known: &Known, back: &str) -> Result<Relying, Trouble> {
        let secret = ClientSecret::new(self.rules.secret.clone());
        let id = ClientId::new(self.rules.client.clone());
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        // In the body, as ProConnect wants it; the standard's usual way where that is the only one.
        let takes_body =
            methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretPost));
        let way = if takes_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let back = RedirectUrl::new(back.to_owned()).map_err(|error| away(&error))?;
        Ok(Relying::from_provider_metadata(known.metadata.clone(), id, Some(secret))
            .set_redirect_uri(back)
            .set_auth_type(way))
    }

    /// The address that somebody's browser goes to. `state` comes back with the answer; `is_forced` asks
    /// the provider to prove afresh who this is.
    pub(super) async fn question(
        &self,
        client: &UpstreamClient,
        now: Timestamp,
        back: &str,
        state: &str,
        nonce: &str,
        is_forced: bool,
    ) -> Result<Question, Trouble> {
        let known = self.known(client, now, None).await?;
        let relying = self.relying(&known, back)?;
        let (state, own_nonce) = (CsrfToken::new(state.to_owned()), Nonce::new(nonce.to_owned()));
        let mut asked = relying.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || state,
            move || own_nonce,
        );
        asked = asked.add_scopes(self.rules.scopes.iter().cloned().map(Scope::new));
        for acr in &self.rules.acr {
            asked = asked.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        if is_forced {
            asked = asked.add_prompt(CoreAuthPrompt::Login);
        }
        if !self.rules.asked_claims.is_empty() {
            let essential = |name: &String| (name.clone(), serde_json::json!({"essential": true}));
            let claims: Map<String, Value> = self.rules.asked_claims.iter().map(essential).collect();
            asked = asked.add_extra_param("claims", serde_json::json!({"id_token": claims}).to_string());
        }
        // ProConnect refuses parameters that it does not know: only where the provider says that it does.
        let more = known.metadata.additional_metadata();
        let mut verifier = None;
        if more.code_challenge_methods_supported.iter().any(|method| method == "S256") {
            let (challenge, secret) = PkceCodeChallenge::new_random_sha256();
            asked = asked.set_pkce_challenge(challenge);
            verifier = Some(secret.into_secret());
        }
        let (address, _, nonce) = asked.url();
        Ok(Question { address: address.to_string(), nonce: nonce.secret().clone(), verifier })
    }

    /// Exchanges the code, and verifies all that comes with it.
    pub(super) async fn vouch(
        &self,
        client: &UpstreamClient,
        now: Timestamp,
        back: &str,
        answer: Answer<'_>,
    ) -> Result<Vouched, Trouble> {
        let known = self.known(client, now, None).await?;
        let says_issuer = known.metadata.additional_metadata().authorization_response_iss_parameter_supported;
        // RFC 9207: another provider's answer is not this one's.
        if answer.issuer.is_some_and(|said| said != self.rules.issuer)
            || (says_issuer && answer.issuer.is_none())
        {
            return Err(Trouble::Unbelieved("issuer of the answer"));
        }
        let tokens = self.exchange(client, &known, back, &answer).await?;
        let mut vouched = self.believe(&self.relying(&known, back)?, &tokens, answer.nonce, now);
        let mut known = known;
        // New keys are asked for once; what they do not verify is not believed.
        if matches!(vouched, Err(Trouble::Unbelieved(NO_KEY))) {
            known = self.known(client, now, Some(known.at)).await?;
            vouched = self.believe(&self.relying(&known, back)?, &tokens, answer.nonce, now);
        }
        let mut vouched = vouched?;
        let access = tokens.access_token().secret();
        vouched.claims = self.user_info(client, &known, access, &vouched.subject).await?;
        Ok(vouched)
    }

    /// The tokens for a code, none of them believed yet.
    async fn exchange(
        &self,
        client: &UpstreamClient,
        known: &Known,
        back: &str,
        answer: &Answer<'_>,
    ) -> Result<Tokens, Trouble> {
        let relying = self.relying(known, back)?;
        let ask = Web(client.clone());
        let mut exchange = relying
            .exchange_code(AuthorizationCode::new(answer.code.to_owned()))
            .map_err(|error| away(&error))?;
        if let Some(verifier) = answer.verifier {
            exchange = exchange.set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
        }
        exchange.request_async(&ask).await.map_err(|error| match error {
            openidconnect::RequestTokenError::Request(error) => away(&error),
            _ => Trouble::Unbelieved("code"),
        })
    }

    /// What the ID token vouches for, verified; the user info is asked for after it.
    fn believe(
        &self,
        relying: &Relying,
        tokens: &Tokens,
        nonce: &str,
        now: Timestamp,
    ) -> Result<Vouched, Trouble> {
        let id_token = tokens.id_token().ok_or(Trouble::Unbelieved("no ID token"))?;
        let verifier = verifier(relying, now);
        let nonce = Nonce::new(nonce.to_owned());
        let claims = id_token.claims(&verifier, &nonce).map_err(|error| unbelieved(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let (alg, key) = (id_token.signing_alg(), id_token.signing_key(&verifier));
            let (Ok(alg), Ok(key)) = (alg, key) else { return Err(Trouble::Unbelieved("signature")) };
            let found = AccessTokenHash::from_token(tokens.access_token(), alg, key);
            if found.ok().as_ref() != Some(expected) {
                return Err(Trouble::Unbelieved("access token"));
            }
        }
        if claims.authorized_party().is_some_and(|party| **party != self.rules.client) {
            return Err(Trouble::Unbelieved("authorized party"));
        }
        let subject = claims.subject().as_str().to_owned();
        if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX {
            return Err(Trouble::Unbelieved("subject"));
        }
        let acr = claims.auth_context_ref().map(|acr| acr.as_str().to_owned());
        if !self.rules.acr.is_empty() && !acr.as_ref().is_some_and(|acr| self.rules.acr.contains(acr)) {
            return Err(Trouble::Unbelieved("level of assurance"));
        }
        let methods = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
        Ok(Vouched {
            sid: claims.additional_claims().sid.clone(),
            auth_time: claims.auth_time().map(|at| Timestamp::from_secs(at.timestamp())),
            amr: methods.iter().map(|one| one.as_str().to_owned()).collect(),
            acr,
            claims: Map::new(),
            id_token: id_token.to_string(),
            subject,
        })
    }

    /// What the provider says of the person, about this subject and signed unless the operator wrote that
    /// it need not be.
    async fn user_info(
        &self,
        client: &UpstreamClient,
        known: &Known,
        access: &str,
        subject: &str,
    ) -> Result<Map<String, Value>, Trouble> {
        if self.rules.user_info == UserInfo::None {
            return Ok(Map::new());
        }
        let url = known.metadata.userinfo_endpoint().ok_or(Trouble::Unbelieved("no user info"))?;
        let request = http::Request::get(url.as_str())
            .header("authorization", format!("Bearer {access}"))
            .header("accept", "application/jwt, application/json;q=0.5")
            .body(Vec::new())
            .map_err(|error| away(&error))?;
        let answer = fetch(client, request).await.map_err(|error| away(&error))?;
        if answer.status() != http::StatusCode::OK {
            return Err(Trouble::Unbelieved("user info was refused"));
        }
        let kind = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        let is_signed = kind.is_some_and(|kind| kind.starts_with("application/jwt"));
        let claims = if is_signed {
            let text = String::from_utf8(answer.into_body()).map_err(|_| Trouble::Unbelieved("user info"))?;
            self.signed(known, text.trim()).map_err(|_| Trouble::Unbelieved("signature of user info"))?
        } else if self.rules.user_info == UserInfo::DangerUnsigned {
            serde_json::from_slice(answer.body()).map_err(|_| Trouble::Unbelieved("user info"))?
        } else {
            return Err(Trouble::Unbelieved("user info is not signed"));
        };
        if claims.get("sub").and_then(Value::as_str) == Some(subject) {
            Ok(claims)
        } else {
            Err(Trouble::Unbelieved("user info is about somebody else"))
        }
    }

    /// The claims of a token that this provider signed for this client and nobody else.
    fn signed(&self, known: &Known, token: &str) -> Result<Map<String, Value>, TokenFault> {
        let claims = known.keys.claims(token, &self.rules.issuer, &self.rules.client)?;
        // A token for several is one that the others can show as theirs.
        let is_ours = match claims.get("aud") {
            Some(Value::Array(all)) => all.iter().all(|one| one == self.rules.client.as_str()),
            _ => true,
        };
        if is_ours { Ok(claims) } else { Err(TokenFault::Wrong) }
    }

    /// What a logout token ends (OpenID Connect Back-Channel Logout 1.0, 2.6).
    pub(super) async fn ended(
        &self,
        client: &UpstreamClient,
        now: Timestamp,
        token: &str,
    ) -> Result<Ended, Trouble> {
        // A token of another kind, signed by the same keys, is not one of this kind.
        if token_type(token).is_some_and(|typ| typ != "logout+jwt" && typ != "jwt") {
            return Err(Trouble::Unbelieved("type of the logout token"));
        }
        let known = self.known(client, now, None).await?;
        let claims = match self.signed(&known, token) {
            Err(TokenFault::NoKey) => {
                let known = self.known(client, now, Some(known.at)).await?;
                self.signed(&known, token)
            }
            other => other,
        };
        let claims = claims.map_err(|_| Trouble::Unbelieved("logout token"))?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
        let issued = seconds("iat").ok_or(Trouble::Unbelieved("logout token without a date"))?;
        let is_now = (-SKEW_SECS..=TOKEN_AGE_MAX_SECS).contains(&(now.secs() - issued))
            && seconds("exp").is_none_or(|until| now.secs() < until);
        let says_logout = claims
            .get("events")
            .and_then(|events| events.get("http://schemas.openid.net/event/backchannel-logout"))
            .is_some_and(Value::is_object);
        // A nonce would make an ID token of it, shown as something else.
        if !is_now || !says_logout || claims.contains_key("nonce") {
            return Err(Trouble::Unbelieved("logout token"));
        }
        let ended = Ended {
            subject: text("sub"),
            sid: text("sid"),
            jti: text("jti").ok_or(Trouble::Unbelieved("logout token without a name"))?,
        };
        if ended.subject.is_none() && ended.sid.is_none() {
            return Err(Trouble::Unbelieved("logout token about nobody"));
        }
        Ok(ended)
    }

    /// The address where somebody ends the provider's own session (RP-Initiated Logout 1.0).
    pub(super) async fn end_address(
        &self,
        client: &UpstreamClient,
        now: Timestamp,
        id_token: &str,
        back: &str,
        state: &str,
    ) -> Result<Option<String>, Trouble> {
        let known = self.known(client, now, None).await?;
        let Some(mut url) = known.metadata.additional_metadata().end_session_endpoint.clone() else {
            return Ok(None);
        };
        url.query_pairs_mut()
            .append_pair("id_token_hint", id_token)
            .append_pair("post_logout_redirect_uri", back)
            .append_pair("state", state);
        Ok(Some(url.to_string()))
    }
}

/// What came back with somebody's browser, and what was asked before.
pub(super) struct Answer<'a> {
    pub(super) code: &'a str,
    pub(super) issuer: Option<&'a str>,
    pub(super) nonce: &'a str,
    pub(super) verifier: Option<&'a str>,
}

fn away(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::Away(error.to_string())
}

type Verifier<'a> = openidconnect::IdTokenVerifier<'a, CoreJsonWebKey>;

/// Nothing symmetric: who knows the client's secret must not be able to make identities.
fn verifier(relying: &Relying, now: Timestamp) -> Verifier<'_> {
    let at = DateTime::from_timestamp(now.secs(), 0).unwrap_or_default();
    relying
        .id_token_verifier()
        .set_allowed_algs([
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
            CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            CoreJwsSigningAlgorithm::EcdsaP384Sha384,
            CoreJwsSigningAlgorithm::EdDsa,
        ])
        .set_time_fn(move || at)
        .set_issue_time_verifier_fn(move |issued| {
            let age = now.secs() - issued.timestamp();
            if (-SKEW_SECS..=TOKEN_AGE_MAX_SECS).contains(&age) { Ok(()) } else { Err("its date".to_owned()) }
        })
}

/// Which check failed, without the words of the token: they name people.
fn unbelieved(error: &ClaimsVerificationError) -> Trouble {
    Trouble::Unbelieved(match error {
        ClaimsVerificationError::Expired(_) => "ID token is over",
        ClaimsVerificationError::InvalidAudience(_) => "audience",
        ClaimsVerificationError::InvalidIssuer(_) => "issuer",
        ClaimsVerificationError::InvalidNonce(_) => "nonce",
        ClaimsVerificationError::InvalidSubject(_) => "subject",
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => NO_KEY,
        ClaimsVerificationError::SignatureVerification(_) => "signature",
        _ => "ID token",
    })
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unfetched(String);

/// The way out, as the library asks for it.
struct Web(UpstreamClient);

impl<'c> AsyncHttpClient<'c> for Web {
    type Error = Unfetched;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unfetched>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(fetch(&self.0, request))
    }
}

/// One question over HTTPS; what is elsewhere is not followed.
async fn fetch(client: &UpstreamClient, request: HttpRequest) -> Result<HttpResponse, Unfetched> {
    if request.uri().scheme_str() != Some("https") {
        return Err(Unfetched("an address that is not https".to_owned()));
    }
    let timeouts = Timeouts { response: ANSWER_LASTS, ..Timeouts::default() };
    let answer = client.send(request.map(body::full), &timeouts).await;
    let answer = answer.map_err(|_| Unfetched("it cannot be reached".to_owned()))?;
    let (parts, rest) = answer.into_parts();
    let bytes = tokio::time::timeout(ANSWER_LASTS, body::collect(rest, ANSWER_BYTES_MAX)).await;
    let bytes = bytes.map_err(|_| Unfetched("its answer does not end".to_owned()))?;
    let bytes = bytes.map_err(|_| Unfetched("its answer is too long".to_owned()))?;
    Ok(http::Response::from_parts(parts, bytes.to_vec()))
}
