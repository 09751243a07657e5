//! The certificate and the private key of a listener, read as an operator must mend them.
//!
//! Faults are what Digue does not start with; warnings are what its clients refuse, now or soon.
//! The same reading serves `digue check`, the start, a reload and `digue doctor`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use digue_config::reader::ConfigFault;
use digue_config::server::{CertificateOrigin, ListenerSettings, TlsFiles};
use digue_types::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

/// Larger than any chain; a file that never ends is not read to its end.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// A certificate that ends sooner is a warning: time for a renewal that needs people.
const RENEW_DAYS: i64 = 21;

/// What the files of one listener say.
#[derive(Clone, Debug, Default)]
pub struct CertificateReading {
    /// Digue does not start with these.
    pub faults: Vec<ConfigFault>,
    pub warnings: Vec<ConfigFault>,
    /// The names that the certificate is for; empty when it cannot be read.
    pub names: Vec<String>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// The first certificate, which is the server's own.
    pub(crate) leaf: Option<CertificateDer<'static>>,
}

/// The readings of all listeners with TLS.
pub fn of_listeners(listeners: &[ListenerSettings], now: Timestamp) -> Vec<CertificateReading> {
    listeners
        .iter()
        .filter_map(|listener| listener.tls.as_ref())
        .map(|files| read(files, now))
        .collect()
}

/// What no listener can be opened with.
pub fn faults(listeners: &[ListenerSettings], now: Timestamp) -> Vec<ConfigFault> {
    of_listeners(listeners, now)
        .into_iter()
        .flat_map(|reading| reading.faults)
        .collect()
}

/// Reads both files, and whether they belong together.
pub fn read(files: &TlsFiles, now: Timestamp) -> CertificateReading {
    match files.origin {
        CertificateOrigin::Operator => read_files(files, now),
        CertificateOrigin::Acme => read_ordered(files, now),
    }
}

/// What an authority certified. Digue starts without it, and orders another.
fn read_ordered(files: &TlsFiles, now: Timestamp) -> CertificateReading {
    if matches!(files.certificate.try_exists(), Ok(false)) {
        return CertificateReading {
            warnings: vec![fault(&files.certificate, "warning-certificate-ordered", "")],
            ..CertificateReading::default()
        };
    }
    let mut reading = read_files(files, now);
    if let (Some(starts_at), Some(ends_at)) = (reading.starts_at, reading.ends_at) {
        // Some lives are shorter than the time that people need: it is renewed with a third left.
        let is_late = ends_at.since(now) < ends_at.since(starts_at) / 4;
        reading
            .warnings
            .retain(|warning| is_late || warning.key != "warning-certificate-ends");
    }
    reading.warnings.append(&mut reading.faults);
    reading
}

fn read_files(files: &TlsFiles, now: Timestamp) -> CertificateReading {
    let mut reading = CertificateReading::default();
    let chain = read_chain(&files.certificate)
        .map_err(|fault| reading.faults.push(fault))
        .ok();
    let key = read_key(&files.key)
        .map_err(|fault| reading.faults.push(fault))
        .ok();
    let Some(chain) = chain else { return reading };
    let parsed = match parse_chain(&chain) {
        Ok(parsed) => parsed,
        Err(place) => {
            let place = place.to_string();
            reading.faults.push(fault(
                &files.certificate,
                "fault-certificate-damaged",
                &place,
            ));
            return reading;
        }
    };
    if let Some(key) = key {
        reading.faults.extend(mismatch(files, &parsed, &key));
    }
    let leaf = &parsed[0];
    reading.names = names_of(leaf);
    reading.starts_at = Some(Timestamp::from_secs(leaf.validity().not_before.timestamp()));
    reading.ends_at = Some(Timestamp::from_secs(leaf.validity().not_after.timestamp()));
    reading.warnings = warnings(&files.certificate, &parsed, now);
    reading.leaf = chain.first().cloned();
    reading
}

fn fault(file: &Path, key: &'static str, detail: &str) -> ConfigFault {
    ConfigFault {
        file: file.to_owned(),
        line: 0,
        key,
        name: String::new(),
        detail: detail.to_owned(),
    }
}

/// The bytes of a file that should be PEM.
fn read_pem(path: &Path) -> Result<Vec<u8>, ConfigFault> {
    let unreadable = |error: std::io::Error| fault(path, "fault-unreadable", &error.to_string());
    // A pipe or a device would be waited for.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(fault(path, "fault-certificate-no-file", ""));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    match foreign_form(&bytes) {
        Some(key) => Err(fault(path, key, "")),
        None => Ok(bytes),
    }
}

/// Forms that editors and authorities hand out, and that no PEM reader takes.
fn foreign_form(bytes: &[u8]) -> Option<&'static str> {
    // UTF-8, and both byte orders of UTF-16: what editors of Windows put first.
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    if bytes.iter().all(u8::is_ascii_whitespace) {
        Some("fault-certificate-empty")
    } else if bytes.len() as u64 > FILE_BYTES_MAX {
        Some("fault-certificate-large")
    } else if marks.iter().any(|mark| bytes.starts_with(mark)) {
        Some("fault-certificate-bom")
    // The tag of an ASN.1 SEQUENCE, with a long length: DER or PKCS #12.
    } else if bytes.starts_with(&[0x30, 0x82]) || bytes.starts_with(&[0x30, 0x81]) {
        Some("fault-certificate-der")
    } else {
        None
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigFault> {
    let bytes = read_pem(path)?;
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if chain.is_empty() => {
            Err(fault(path, "fault-certificate-none", &labels(&bytes)))
        }
        Ok(chain) => Ok(chain),
        Err(error) => Err(fault(path, "fault-certificate-pem", &error.to_string())),
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, ConfigFault> {
    let bytes = read_pem(path)?;
    // Before the reader: it says of an encrypted key only that there is none.
    if is_encrypted(&bytes) {
        return Err(fault(path, "fault-key-encrypted", ""));
    }
    match PrivateKeyDer::from_pem_slice(&bytes) {
        Ok(key) => Ok(key),
        Err(rustls::pki_types::pem::Error::NoItemsFound) => {
            Err(fault(path, "fault-key-none", &labels(&bytes)))
        }
        Err(error) => Err(fault(path, "fault-certificate-pem", &error.to_string())),
    }
}

/// PKCS #8 with a password, and the older form with a header (RFC 1421).
fn is_encrypted(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || text.contains("Proc-Type: 4,ENCRYPTED")
}

/// What a PEM file holds, by its labels; never its content.
fn labels(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let labels = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("-----BEGIN "));
    let labels = labels.filter_map(|label| label.strip_suffix("-----"));
    let known: Vec<&str> = labels.filter(|label| is_label(label)).take(5).collect();
    if known.is_empty() {
        "-".to_owned()
    } else {
        known.join(", ")
    }
}

/// RFC 7468, 2: printable, without hyphens at its ends. Longer than any known one it is no label.
fn is_label(label: &str) -> bool {
    label.len() <= 40
        && label
            .chars()
            .all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == ' ')
}

/// `Err` with the number, from 1, of the certificate that cannot be parsed.
fn parse_chain<'c>(
    chain: &'c [CertificateDer<'static>],
) -> Result<Vec<X509Certificate<'c>>, usize> {
    let parse =
        |(place, der): (usize, &'c CertificateDer<'static>)| match X509Certificate::from_der(der) {
            Ok(([], certificate)) => Ok(certificate),
            Ok(_) | Err(_) => Err(place + 1),
        };
    chain.iter().enumerate().map(parse).collect()
}

/// Whether the first certificate is that of the key, as TLS requires (RFC 8446, 4.4.2).
fn mismatch(
    files: &TlsFiles,
    chain: &[X509Certificate<'_>],
    key: &PrivateKeyDer<'_>,
) -> Option<ConfigFault> {
    let signing = match rustls::crypto::ring::sign::any_supported_type(key) {
        Ok(signing) => signing,
        Err(error) => return Some(fault(&files.key, "fault-key-unusable", &error.to_string())),
    };
    let public = signing.public_key()?;
    match chain
        .iter()
        .position(|one| one.tbs_certificate.subject_pki.raw == public.as_ref())
    {
        Some(0) => None,
        Some(place) => Some(fault(
            &files.certificate,
            "fault-certificate-order",
            &(place + 1).to_string(),
        )),
        None => {
            let certificate = files.certificate.display().to_string();
            Some(fault(&files.key, "fault-key-mismatch", &certificate))
        }
    }
}

fn warnings(file: &Path, chain: &[X509Certificate<'_>], now: Timestamp) -> Vec<ConfigFault> {
    let mut found = Vec::new();
    for certificate in chain {
        found.extend(age_warning(file, certificate, now));
    }
    let follows = |pair: &[X509Certificate<'_>]| {
        pair[0].tbs_certificate.issuer.as_raw() == pair[1].tbs_certificate.subject.as_raw()
    };
    if let Some(place) = chain.windows(2).position(|pair| !follows(pair)) {
        found.push(fault(
            file,
            "warning-certificate-chain",
            &(place + 2).to_string(),
        ));
    }
    found
}

fn age_warning(
    file: &Path,
    certificate: &X509Certificate<'_>,
    now: Timestamp,
) -> Option<ConfigFault> {
    let validity = certificate.validity();
    let (starts, ends) = (
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    );
    let date = |secs: i64| Timestamp::from_secs(secs).to_string();
    if now.secs() > ends {
        Some(fault(file, "warning-certificate-expired", &date(ends)))
    } else if now.secs() < starts {
        Some(fault(file, "warning-certificate-early", &date(starts)))
    } else if ends - now.secs() < RENEW_DAYS * 86_400 {
        Some(fault(file, "warning-certificate-ends", &date(ends)))
    } else {
        None
    }
}

/// The names of a certificate, lower case. The common name does not count: no client looks at it
/// any more.
fn names_of(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}

/// True when one of `names` is `host`; `*.example.org` is any host with one more label (RFC 9525,
/// 6.3).
pub fn covers(names: &[String], host: &str) -> bool {
    let parent = host.split_once('.').map(|(_, parent)| parent);
    names.iter().any(|name| {
        name == host
            || name
                .strip_prefix("*.")
                .is_some_and(|rest| Some(rest) == parent)
    })
}

#[cfg(test)]
mod tests;
