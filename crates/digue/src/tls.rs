//! Certificates from files, for listeners and for HTTPS portals.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use digue_config::server::TlsFiles;
use digue_doctor::certificates;
use digue_types::Timestamp;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{RootCertStore, ServerConfig};

/// Makes `ring` the cryptography of every TLS connection.
pub(crate) fn install() {
    // A second call fails because the provider is set already, as in tests; that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1.
pub(crate) fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .with_context(|| files.certificate.display().to_string())?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .with_context(|| files.key.display().to_string())?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// When the certificates that are served end, by the address of their listener.
#[derive(Clone, Default)]
pub(crate) struct CertificateEnds(Arc<Mutex<BTreeMap<SocketAddr, Timestamp>>>);

impl CertificateEnds {
    /// Notes the certificate that `address` serves from now on.
    pub(crate) fn note(&self, address: SocketAddr, files: &TlsFiles, now: Timestamp) {
        let ends_at = certificates::read(files, now).ends_at;
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match ends_at {
            Some(ends_at) => drop(ends.insert(address, ends_at)),
            // Rather no figure than that of the one before.
            None => drop(ends.remove(&address)),
        }
    }

    pub(crate) fn all(&self) -> Vec<(SocketAddr, Timestamp)> {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.iter()
            .map(|(address, ends_at)| (*address, *ends_at))
            .collect()
    }
}

const SYSTEM_AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The certificate authorities for portals: the system's, and the operator's own.
pub(crate) fn authorities(own: Option<&Path>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // A machine may have no authorities: portals on the local network often use the operator's own
    // alone.
    let is_there = Path::new(SYSTEM_AUTHORITIES)
        .try_exists()
        .with_context(|| SYSTEM_AUTHORITIES.to_owned())?;
    if is_there {
        add_system_authorities(&mut roots).with_context(|| SYSTEM_AUTHORITIES.to_owned())?;
    }
    if let Some(path) = own {
        for certificate in
            CertificateDer::pem_file_iter(path).with_context(|| path.display().to_string())?
        {
            // Every certificate of the operator's own file must be good, unlike those of the
            // system's: each is there on purpose.
            roots.add(certificate?)?;
        }
    }
    Ok(roots)
}

fn add_system_authorities(roots: &mut RootCertStore) -> Result<(), pem::Error> {
    let (mut good, mut bad) = (Vec::new(), 0);
    for certificate in CertificateDer::pem_file_iter(SYSTEM_AUTHORITIES)? {
        match certificate {
            Ok(certificate) => good.push(certificate),
            // A file that cannot be read fails at each step: the iterator would never end.
            Err(error @ pem::Error::Io(_)) => return Err(error),
            Err(_) => bad += 1,
        }
    }
    let (_, unusable) = roots.add_parsable_certificates(good);
    let count = unusable + bad;
    if count > 0 {
        tracing::warn!(
            count,
            "Certificates of the system's authorities cannot be used; going on without them"
        );
    }
    Ok(())
}
