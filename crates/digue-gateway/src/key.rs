//! Programs that sign every request: `Authorization: DPoP` with a proof of possession (RFC 9449).
//!
//! The proof names the method and address that it is for, is valid for a minute and once, and is
//! bound to the secret that accompanies it: a copy of either is useless.
//!
//! Which proofs were used before a start is not known. A proof is then accepted when it names the
//! nonce of this start (RFC 9449, 9), or when it is dated after all that could be used before;
//! others get 401 with the nonce, and the program signs once more.
//!
//! A portal may need an `Authorization` of its own: the two then arrive as `Digue-Authorization`
//! and `Digue-DPoP`, and the usual headers are the portal's.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_access::{KeyProof, Snapshot};
use digue_types::{SessionId, Timestamp};
use http::header::{AUTHORIZATION, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Method};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;

use crate::caller::{Caller, CallerKind, IdentityFailure, token_hash};
use digue_http::possession;
use digue_quotas::lock::lock;

/// How far the clock of a program may differ from ours.
const SKEW: Duration = Duration::from_secs(30);
/// 1970 to the year 5138.
const SECS: std::ops::Range<i64> = 0..100_000_000_000;
/// How long a proof is valid.
const PROOF_LASTS: Duration = Duration::from_secs(60);
/// Proofs of one key remembered at a time, some 150 a second for as long as they are valid; beyond
/// that, none of this key is accepted until some have expired. Keys are granted one by one, so
/// there are few.
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
    /// The start of Digue.
    since: Timestamp,
    /// Drawn at the start, so that a proof which names it was made since.
    nonce: String,
    // A leaf.
    used: Mutex<HashMap<SessionId, HashMap<[u8; 32], Timestamp>>>,
}

impl UsedProofs {
    pub fn new(since: Timestamp) -> Self {
        let mut drawn = [0; 16];
        SystemRandom::new()
            .fill(&mut drawn)
            .expect("the system gives random bytes");
        Self {
            since,
            nonce: URL_SAFE_NO_PAD.encode(drawn),
            used: Mutex::default(),
        }
    }

    /// True for a proof that was certainly not used before the start: one with this nonce, or dated
    /// so late that it was too early before. A proof is accepted up to `SKEW` before its date, and
    /// says only the second.
    fn is_unused_before(&self, at: Timestamp, nonce: Option<&str>) -> bool {
        nonce == Some(&self.nonce) || at.secs() > self.since.plus(SKEW).secs()
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
    // With two of them nothing says which one the proof is bound to.
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
        // Before the usual headers: beside ours they are the portal's, even where they hold a DPoP
        // token.
        if headers.contains_key(OWN_AUTHORIZATION) {
            return Some(Self {
                authorization: OWN_AUTHORIZATION,
                proof: OWN_PROOF,
            });
        }
        let shows_key = headers
            .get_all(AUTHORIZATION)
            .iter()
            .any(|value| secret_of(value).is_some());
        shows_key.then_some(Self {
            authorization: AUTHORIZATION,
            proof: PROOF,
        })
    }
}

const OWN_AUTHORIZATION: HeaderName = HeaderName::from_static("digue-authorization");
const OWN_PROOF: HeaderName = HeaderName::from_static("digue-dpop");
const PROOF: HeaderName = HeaderName::from_static("dpop");
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const PROOF_TYPE: &str = "dpop+jwt";

fn secret_of(value: &HeaderValue) -> Option<&str> {
    let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("dpop").then_some(secret.trim())
}

/// A key that a request presents, kept for the challenge in Digue's own answer. The answers of
/// portals have challenges of their own.
pub struct PresentedKey {
    proof: Option<HeaderValue>,
}

impl PresentedKey {
    /// `None` when a request presents no key.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let place = ProofPlace::of(headers)?;
        Some(Self {
            proof: headers.get(place.proof).cloned(),
        })
    }

    /// Adds the nonce to the answer to a request whose caller was not recognised, and asks for it
    /// where the proof does not name it (RFC 9449, 9).
    pub fn challenge(&self, used: &UsedProofs, answer: &mut HeaderMap) {
        let nonce = HeaderValue::from_str(&used.nonce).expect("base64url is ASCII");
        answer.insert(NONCE, nonce);
        if !self.names(&used.nonce) {
            answer.append(
                WWW_AUTHENTICATE,
                HeaderValue::from_static(r#"DPoP error="use_dpop_nonce""#),
            );
        }
    }

    fn names(&self, nonce: &str) -> bool {
        let proof = self.proof.as_ref().and_then(|proof| proof.to_str().ok());
        let proved = proof.and_then(|proof| possession::verify(proof, PROOF_TYPE, None).ok());
        proved
            .is_some_and(|proved| proved.claims.get("nonce").and_then(Value::as_str) == Some(nonce))
    }
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
    // A directory's key opens the addresses of SCIM alone, which do not come this way.
    let KeyProof::Signed(thumbprint) = &key.proof else {
        return None;
    };
    let record = rules.directory.find(&key.account)?;
    let mut proofs = headers.get_all(proof_name).iter();
    let proof = proofs.next()?.to_str().ok()?;
    if proofs.next().is_some() {
        return None;
    }
    let proved = possession::verify(proof, PROOF_TYPE, None).ok()?;
    let text = |name: &str| proved.claims.get(name).and_then(Value::as_str);
    // Within the range of `Timestamp`: another number of seconds would overflow microseconds.
    let secs = proved
        .claims
        .get("iat")
        .and_then(Value::as_i64)
        .filter(|secs| SECS.contains(secs))?;
    let at = Timestamp::from_secs(secs);
    let is_in_time = at <= now.plus(SKEW) && now <= at.plus(PROOF_LASTS + SKEW);
    let secret_hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()));
    let is_for_this = proved.thumbprint == *thumbprint
        && text("htm") == Some(target.method.as_str())
        && text("htu").is_some_and(|htu| is_address(htu, target))
        && text("ath") == Some(&secret_hash)
        && is_in_time
        && used.is_unused_before(at, text("nonce"));
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
        own: None,
    })
}

/// The address of this request, without the query: web scheme, host, path.
fn is_address(htu: &str, target: ProofTarget<'_>) -> bool {
    let Ok(uri) = htu.parse::<http::Uri>() else {
        return false;
    };
    let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
    // Without query and fragment, as RFC 9449, 4.3 has it.
    let is_host = uri
        .host()
        .is_some_and(|host| host.eq_ignore_ascii_case(target.host));
    is_web && is_host && uri.path() == target.path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proof_that_could_be_used_before_the_start_counts_as_unused() {
        let start = Timestamp::from_micros(1_763_000_000_900_000);
        let proofs = UsedProofs::new(start);
        let dated =
            |secs: i64| proofs.is_unused_before(Timestamp::from_secs(1_763_000_000 + secs), None);
        // From a clock that is ahead by the tolerated 30 s, used in the last moment before the
        // start.
        assert!(!dated(0) && !dated(1) && !dated(30));
        assert!(dated(31));
        assert!(proofs.is_unused_before(start, Some(&proofs.nonce)));
        let other = UsedProofs::new(start);
        assert!(
            !proofs.is_unused_before(start, Some(&other.nonce)),
            "of another start"
        );
    }

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
        let taken = (0..PROOFS_MAX + 500)
            .filter(|n| proofs.take(&key("key-a"), proof(*n), now))
            .count();
        assert_eq!(taken, PROOFS_MAX);
        assert!(
            proofs.take(&key("key-b"), proof(1), now),
            "another key goes on"
        );
        assert!(
            !proofs.take(&key("key-b"), proof(1), now),
            "and each proof is good once"
        );
        let later = now.plus(PROOF_LASTS + SKEW + SKEW);
        assert!(
            proofs.take(&key("key-a"), proof(1), later),
            "what is over is forgotten"
        );
    }
}
