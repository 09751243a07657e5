//! `[[listeners]]`: where clients connect, and the certificates that they are shown.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::reader::ConfigSection;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerSettings {
    pub address: SocketAddr,
    pub tls: Option<TlsFiles>,
}

impl ListenerSettings {
    /// True when an authority certifies its hosts (`acme = true`).
    pub fn has_acme(&self) -> bool {
        let origin = self.tls.as_ref().map(|files| files.origin);
        origin == Some(CertificateOrigin::Acme)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub origin: CertificateOrigin,
}

/// Who puts a certificate where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateOrigin {
    /// A person, or a program of theirs: Digue does not start without it.
    Operator,
    /// Digue itself, from an authority: there may be none yet.
    Acme,
}

pub(crate) fn read_listener(
    section: &ConfigSection<'_>,
    acme: Option<&TlsFiles>,
) -> Option<ListenerSettings> {
    let address = section.need("address", str::parse::<SocketAddr>);
    let tls = read_tls(section);
    if section.boolean("acme") == Some(true) {
        if tls.is_some() {
            section.fault("acme", "fault-acme-files", "");
        }
        return Some(ListenerSettings {
            address: address?,
            tls: Some(acme?.clone()),
        });
    }
    if let Some(files) = &tls {
        for (key, path) in [("certificate", &files.certificate), ("key", &files.key)] {
            if let Err(error) = std::fs::metadata(path) {
                section.fault(key, "fault-value", error);
            }
        }
    }
    Some(ListenerSettings {
        address: address?,
        tls,
    })
}

fn read_tls(section: &ConfigSection<'_>) -> Option<TlsFiles> {
    match (section.path("certificate"), section.path("key")) {
        (Some(certificate), Some(key)) => Some(TlsFiles {
            certificate,
            key,
            origin: CertificateOrigin::Operator,
        }),
        (None, None) => None,
        // Half a pair is a fault and not a listener without TLS.
        (Some(_), None) => section.refuse("key", "fault-missing", ""),
        (None, Some(_)) => section.refuse("certificate", "fault-missing", ""),
    }
}
