use std::fs;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::*;

/// An authority below another one, and a certificate of it for `portail.test`, valid from 2026 to
/// 2030.
struct Issued {
    folder: TempDir,
    leaf: String,
    middle: String,
    key: KeyPair,
}

const NOW: Timestamp = Timestamp::from_secs(1_795_000_000);

fn issued() -> Issued {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params
    };
    let root = Issuer::new(authority("root"), KeyPair::generate().unwrap());
    let middle_key = KeyPair::generate().unwrap();
    let middle = authority("middle")
        .signed_by(&middle_key, &root)
        .unwrap()
        .pem();
    let middle_issuer = Issuer::new(authority("middle"), middle_key);
    let mut params =
        CertificateParams::new(vec!["portail.test".into(), "*.apps.test".into()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2030, 1, 1);
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &middle_issuer).unwrap().pem();
    Issued {
        folder: tempfile::tempdir().unwrap(),
        leaf,
        middle,
        key,
    }
}

impl Issued {
    fn read(&self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> CertificateReading {
        self.read_at(certificate, key, NOW)
    }

    fn read_at(
        &self,
        certificate: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
        now: Timestamp,
    ) -> CertificateReading {
        let at = |name: &str| self.folder.path().join(name);
        fs::write(at("chain.pem"), certificate).unwrap();
        fs::write(at("key.pem"), key).unwrap();
        read(
            &TlsFiles {
                certificate: at("chain.pem"),
                key: at("key.pem"),
                origin: CertificateOrigin::Operator,
            },
            now,
        )
    }

    fn chain(&self) -> String {
        format!("{}{}", self.leaf, self.middle)
    }
}

fn keys(faults: &[ConfigFault]) -> Vec<&'static str> {
    faults.iter().map(|fault| fault.key).collect()
}

#[test]
fn a_chain_and_its_key_are_without_fault_and_say_their_names_and_end() {
    let issued = issued();
    let reading = issued.read(issued.chain(), issued.key.serialize_pem());
    assert_eq!(
        (keys(&reading.faults), keys(&reading.warnings)),
        (vec![], vec![])
    );
    assert_eq!(reading.names, ["portail.test", "*.apps.test"]);
    assert_eq!(reading.ends_at, Timestamp::parse_date("2030-01-01"));
}

#[test]
fn a_byte_order_mark_is_named_in_either_file_and_encoding() {
    let issued = issued();
    let key = issued.key.serialize_pem();
    let marked = |text: &str| [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    let wide = |text: &str| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    for (certificate, key) in [
        (marked(&issued.chain()), key.clone().into_bytes()),
        (issued.chain().into_bytes(), marked(&key)),
        (wide(&issued.chain()), key.into_bytes()),
    ] {
        assert_eq!(
            keys(&issued.read(certificate, key).faults),
            ["fault-certificate-bom"]
        );
    }
}

#[test]
fn der_instead_of_pem_is_named_in_either_file() {
    let issued = issued();
    let (_, leaf) = x509_parser::pem::parse_x509_pem(issued.leaf.as_bytes()).unwrap();
    let key = issued.key.serialize_pem();
    assert_eq!(
        keys(&issued.read(&leaf.contents, &key).faults),
        ["fault-certificate-der"]
    );
    assert_eq!(
        keys(
            &issued
                .read(issued.chain(), issued.key.serialize_der())
                .faults
        ),
        ["fault-certificate-der"]
    );
}

#[test]
fn an_encrypted_key_is_named_in_both_of_its_forms() {
    let issued = issued();
    let modern =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    for key in [modern, old] {
        assert_eq!(
            keys(&issued.read(issued.chain(), key).faults),
            ["fault-key-encrypted"]
        );
    }
}

#[test]
fn a_key_of_another_certificate_and_a_chain_in_the_wrong_order_are_told_apart() {
    let issued = issued();
    let key = issued.key.serialize_pem();
    let other = KeyPair::generate().unwrap().serialize_pem();
    assert_eq!(
        keys(&issued.read(issued.chain(), other).faults),
        ["fault-key-mismatch"]
    );
    let upside_down = issued.read(format!("{}{}", issued.middle, issued.leaf), &key);
    assert_eq!(keys(&upside_down.faults), ["fault-certificate-order"]);
    assert_eq!(upside_down.faults[0].detail, "2");
    // The first one is right, and clients must find the others by themselves.
    let doubled = issued.read(
        format!("{}{}{}", issued.leaf, issued.leaf, issued.middle),
        &key,
    );
    assert_eq!(
        (keys(&doubled.faults), keys(&doubled.warnings)),
        (vec![], vec!["warning-certificate-chain"])
    );
}

#[test]
fn files_that_were_swapped_are_empty_or_hold_something_else_are_named_without_their_content() {
    let issued = issued();
    let key = issued.key.serialize_pem();
    let swapped = issued.read(&key, issued.chain());
    assert_eq!(
        keys(&swapped.faults),
        ["fault-certificate-none", "fault-key-none"]
    );
    assert_eq!(swapped.faults[0].detail, "PRIVATE KEY");
    assert_eq!(swapped.faults[1].detail, "CERTIFICATE, CERTIFICATE");
    assert_eq!(
        keys(&issued.read(" \n", &key).faults),
        ["fault-certificate-empty"]
    );
    assert_eq!(
        keys(&issued.read("my secret", &key).faults),
        ["fault-certificate-none"]
    );
    let request = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(
        keys(&issued.read(request, &key).faults),
        ["fault-certificate-damaged"]
    );
    let torn = &issued.leaf[..issued.leaf.len() / 2];
    assert_eq!(
        keys(&issued.read(torn, &key).faults),
        ["fault-certificate-pem"]
    );
    let large = vec![b'\n'; FILE_BYTES_MAX as usize]
        .iter()
        .copied()
        .chain(*b"more")
        .collect::<Vec<u8>>();
    assert_eq!(
        keys(&issued.read(large, &key).faults),
        ["fault-certificate-large"]
    );
    let nothing = TlsFiles {
        certificate: issued.folder.path().to_owned(),
        key: "/nowhere".into(),
        origin: CertificateOrigin::Operator,
    };
    assert_eq!(
        keys(&read(&nothing, NOW).faults),
        ["fault-certificate-no-file", "fault-unreadable"]
    );
}

#[test]
fn a_certificate_is_over_ends_soon_or_is_not_valid_yet() {
    let issued = issued();
    let at = |date: &str| {
        let now = Timestamp::parse_date(date).unwrap();
        let reading = issued.read_at(&issued.leaf, issued.key.serialize_pem(), now);
        assert_eq!(keys(&reading.faults), Vec::<&str>::new());
        keys(&reading.warnings)
    };
    assert_eq!(at("2025-12-31"), ["warning-certificate-early"]);
    assert_eq!(at("2029-12-10"), Vec::<&str>::new());
    assert_eq!(at("2029-12-12"), ["warning-certificate-ends"]);
    assert_eq!(at("2030-01-02"), ["warning-certificate-expired"]);
}

#[test]
fn a_name_with_a_star_covers_one_label_more() {
    let names = ["portail.test".to_owned(), "*.apps.test".to_owned()];
    for (host, is_covered) in [
        ("portail.test", true),
        ("a.apps.test", true),
        ("a.b.apps.test", false),
        ("apps.test", false),
        ("test", false),
        ("portail.test.evil", false),
    ] {
        assert_eq!(covers(&names, host), is_covered, "{host}");
    }
}

#[test]
fn what_an_authority_certified_is_never_a_fault_and_is_late_only_when_its_renewal_is() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("certificate.pem");
    let files = TlsFiles {
        certificate: kept.clone(),
        key: kept.clone(),
        origin: CertificateOrigin::Acme,
    };
    assert_eq!(
        keys(&read(&files, NOW).warnings),
        ["warning-certificate-ordered"]
    );
    fs::write(&kept, "damaged").unwrap();
    let reading = read(&files, NOW);
    assert!(reading.faults.is_empty() && reading.ends_at.is_none());
    assert_eq!(reading.warnings.len(), 2, "{:?}", keys(&reading.warnings));
}
