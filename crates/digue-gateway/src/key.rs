//! Programs that sign every request: `Authorization: DPoP` with a proof of possession (RFC 9449).
//!
//! The proof names the method and address that it is for, is valid for a minute and once, and is bound to
//! the secret that accompanies it: a copy of either is useless.
//!
//! A portal may need an `Authorization` of its own: the two then arrive as `Digue-Authorization` and
//! `Digue-DPoP`, and the usual headers are the portal's.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::Snapshot;
use digue_types::{SessionId, Timestamp};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::caller::{Caller, CallerKind, IdentityFailure, token_hash};
use crate::lock::lock;
use digue_http::possession;

/// How far the clock of a program may differ from ours.
const SKEW: Duration = Duration::from_secs(30);
/// 1970 to the year 5138.
const SECS: std::ops::Range<i64> = 0..100_000_000_000;
/// How long a proof is valid.
const PROOF_LASTS: Duration = Duration::from_secs(60);
/// Proofs of one key remembered at a time, some 150 a second for as long as they are valid; beyond that,
/// none of this key is accepted until some have expired. Keys are granted one by one, so there are few.
const PROOFS_MAX: usize = 20_000;

/// The target that a proof must name.
#[derive(Clone, Copy)]
pub struct ProofTarget<'t> {
    pub host: &'t str,
    pub method: &'t Method,
    /// The path, as it was sent.
    pub path: &'t str,
}

/// Proofs already used, by key: each is valid once, and no key uses up the room of another.
pub struct UsedProofs {
    /// Proofs from before this start are refused: which of them were used is not known.
    since: Timestamp,
    // A leaf.
    used: Mutex<HashMap<SessionId, HashMap<[u8; 32], Timestamp>>>,
}

impl UsedProofs {
    pub fn new(since: Timestamp) -> Self {
        Self { since, used: Mutex::default() }
    }

    /// True for a proof made since the start; a proof says only the second in which it was made.
    fn knows_since(&self, at: Timestamp) -> bool {
        at.secs() >= self.since.secs()
    }

    /// True the first time that a proof is seen.
    fn take(&self, key: &SessionId, proof: [u8; 32], now: Timestamp) -> bool {
        let mut keys = lock(&self.used);
        if !keys.contains_key(key) {
            // Drops keys that were revoked or are no longer used.
            keys.retain(|_, used| used.values().any(|until| now < *until));
        }
        let used = keys.entry(key.clone()).or_default();
        if used.len() >= PROOFS_MAX {
            used.retain(|_, until| now < *until);
        }
        // Both ends of the skew: a proof from a fast clock is valid for longer.
        let until = now.plus(PROOF_LASTS + SKEW + SKEW);
        used.len() < PROOFS_MAX && used.insert(proof, until).is_none_or(|before| now >= before)
    }
}

/// The account whose key signed this request; `None` when it presents no key.
pub fn by_key(
    rules: &Snapshot,
    used: &UsedProofs,
    target: ProofTarget<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Option<Result<Caller, IdentityFailure>> {
    let place = ProofPlace::of(headers)?;
    let mut values = headers.get_all(&place.authorization).iter();
    let secret = values.next().and_then(secret_of);
    let (Some(secret), None) = (secret, values.next()) else {
        return Some(Err(IdentityFailure::NotSignedIn));
    };
    Some(
        verify((rules, used), target, headers, (secret, &place.proof), now)
            .ok_or(IdentityFailure::NotSignedIn),
    )
}

/// The headers that carry a key and its proof.
struct ProofPlace {
    authorization: HeaderName,
    proof: HeaderName,
}

impl ProofPlace {
    /// `None` when a request presents no key.
    fn of(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key(OWN_AUTHORIZATION) {
            return Some(Self { authorization: OWN_AUTHORIZATION, proof: OWN_PROOF });
        }
        let shows_key = headers.get_all(AUTHORIZATION).iter().any(|value| secret_of(value).is_some());
        shows_key.then_some(Self { authorization: AUTHORIZATION, proof: PROOF })
    }
}

const OWN_AUTHORIZATION: HeaderName = HeaderName::from_static("digue-authorization");
const OWN_PROOF: HeaderName = HeaderName::from_static("digue-dpop");
const PROOF: HeaderName = HeaderName::from_static("dpop");

fn secret_of(value: &HeaderValue) -> Option<&str> {
    let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("dpop").then_some(secret.trim())
}

/// Removes a key and its proof from a request to a portal.
pub fn strip(headers: &mut HeaderMap) {
    if let Some(place) = ProofPlace::of(headers) {
        headers.remove(place.authorization);
        headers.remove(place.proof);
    }
}

fn verify(
    (rules, used): (&Snapshot, &UsedProofs),
    target: ProofTarget<'_>,
    headers: &HeaderMap,
    (secret, proof_name): (&str, &HeaderName),
    now: Timestamp,
) -> Option<Caller> {
    let key = rules.keys.find(&token_hash(secret), now)?;
    let record = rules.directory.find(&key.account)?;
    let mut proofs = headers.get_all(proof_name).iter();
    let proof = proofs.next()?.to_str().ok()?;
    if proofs.next().is_some() {
        return None;
    }
    let proved = possession::verify(proof, "dpop+jwt", None).ok()?;
    let text = |name: &str| proved.claims.get(name).and_then(Value::as_str);
    // Within the range of `Timestamp`: another number of seconds would overflow microseconds.
    let secs = proved.claims.get("iat").and_then(Value::as_i64).filter(|secs| SECS.contains(secs))?;
    let at = Timestamp::from_secs(secs);
    let is_in_time = at <= now.plus(SKEW) && now <= at.plus(PROOF_LASTS + SKEW) && used.knows_since(at);
    let secret_hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()));
    let is_for_this = proved.thumbprint == key.thumbprint
        && text("htm") == Some(target.method.as_str())
        && text("htu").is_some_and(|htu| is_address(htu, target))
        && text("ath") == Some(&secret_hash)
        && is_in_time;
    let id = text("jti").filter(|id| !id.is_empty())?;
    // Hashed, because the client chooses how long `jti` is.
    let name = digest(&SHA256, format!("{} {id}", proved.thumbprint).as_bytes());
    let name = name.as_ref().try_into().expect("SHA-256 gives 32 bytes");
    // Used up last: a proof for another target or time must not block the genuine one.
    if !is_for_this || !used.take(&key.id, name, now) {
        return None;
    }
    Some(Caller {
        account: key.account.clone(),
        organisation: record.organisation.clone(),
        session: key.id.clone(),
        // A program cannot prove its identity afresh: acts that require it are not for programs.
        proved_at: Timestamp::ZERO,
        kind: CallerKind::Key,
    })
}

/// The address of this request, without the query: web scheme, host, path.
fn is_address(htu: &str, target: ProofTarget<'_>) -> bool {
    let Ok(uri) = htu.parse::<http::Uri>() else { return false };
    let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
    // Without query and fragment, as RFC 9449, 4.3 has it.
    let is_host = uri.host().is_some_and(|host| host.eq_ignore_ascii_case(target.host));
    is_web && is_host && uri.path() == target.path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_that_shows_too_many_proofs_refuses_itself_and_no_other() {
        let proofs = UsedProofs::new(Timestamp::ZERO);
        let key = |name: &str| SessionId::parse(name).unwrap();
        let proof = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            bytes
        };
        let now = Timestamp::from_secs(1_763_000_000);
        let taken = (0..PROOFS_MAX + 500).filter(|n| proofs.take(&key("key-a"), proof(*n), now)).count();
        assert_eq!(taken, PROOFS_MAX);
        assert!(proofs.take(&key("key-b"), proof(1), now), "another key goes on");
        assert!(!proofs.take(&key("key-b"), proof(1), now), "and each proof is good once");
        let later = now.plus(PROOF_LASTS + SKEW + SKEW);
        assert!(proofs.take(&key("key-a"), proof(1), later), "what is over is forgotten");
    }
}
