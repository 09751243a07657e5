//! Proofs that a host is ours, while the authority looks for them.
//!
//! Each is taken back when its order ends, however it ends: what is shown to strangers is bounded by
//! the hosts of one order, and nothing of an old one is of use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

use crate::error::AcmeError;
use crate::method::ChallengeMethod;

/// The protocol by which an authority asks for a proof in a TLS handshake (RFC 8737, 6.2).
pub const TLS_ALPN: &[u8] = b"acme-tls/1";

/// The proofs of the order in progress. At most one for each host of the order.
#[derive(Debug, Default)]
pub struct PendingChallenges(Mutex<ProofsInForce>);

#[derive(Debug, Default)]
struct ProofsInForce {
    /// By token.
    files: HashMap<String, String>,
    /// By host, in small letters.
    certificates: HashMap<String, Arc<CertifiedKey>>,
}

impl PendingChallenges {
    /// The text at `/.well-known/acme-challenge/{token}`.
    pub fn file(&self, token: &str) -> Option<String> {
        self.in_force().files.get(token).cloned()
    }

    /// The certificate for a handshake with `TLS_ALPN` alone.
    pub(crate) fn certificate(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        let host = host.to_ascii_lowercase();
        self.in_force().certificates.get(&host).cloned()
    }

    /// Shows a proof until the returned value is dropped.
    pub(crate) fn show(
        self: &Arc<Self>,
        method: ChallengeMethod,
        host: &str,
        token: &str,
        key: &instant_acme::KeyAuthorization,
    ) -> Result<ShownProof, AcmeError> {
        let place = match method {
            ChallengeMethod::Http => {
                let text = key.as_str().to_owned();
                self.in_force().files.insert(token.to_owned(), text);
                token.to_owned()
            }
            ChallengeMethod::TlsAlpn => {
                let host = host.to_ascii_lowercase();
                let certificate = proof_certificate(&host, key.digest().as_ref())?;
                self.in_force()
                    .certificates
                    .insert(host.clone(), Arc::new(certificate));
                host
            }
        };
        Ok(ShownProof {
            challenges: self.clone(),
            method,
            place,
        })
    }

    // A leaf: held for one look-up or change.
    fn in_force(&self) -> MutexGuard<'_, ProofsInForce> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A proof that is shown as long as this lives.
#[must_use]
pub(crate) struct ShownProof {
    challenges: Arc<PendingChallenges>,
    method: ChallengeMethod,
    place: String,
}

impl Drop for ShownProof {
    fn drop(&mut self) {
        let mut in_force = self.challenges.in_force();
        match self.method {
            ChallengeMethod::Http => drop(in_force.files.remove(&self.place)),
            ChallengeMethod::TlsAlpn => drop(in_force.certificates.remove(&self.place)),
        }
    }
}

/// A certificate for `host` that carries the digest of the key authorisation, 32 bytes (RFC 8737, 3).
fn proof_certificate(host: &str, digest: &[u8]) -> Result<CertifiedKey, AcmeError> {
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params
        .custom_extensions
        .push(CustomExtension::new_acme_identifier(digest));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = rustls::crypto::ring::sign::any_supported_type(&key)
        .map_err(|error| AcmeError::Unusable(error.to_string()))?;
    // Not compared with its key, which is new: the reader that would do it refuses the critical
    // extension of the proof.
    Ok(CertifiedKey::new(vec![certificate.der().clone()], key))
}
