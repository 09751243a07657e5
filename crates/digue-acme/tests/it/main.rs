//! Orders at an authority that nobody here wrote.

#![allow(clippy::unwrap_used, reason = "a test ends at its first fault")]

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use digue_acme::{AcmeCertificates, AcmeError, AcmeRules, ChallengeMethod, RenewalOutcome};
use digue_http::client::HttpClient;
use digue_testkit::pebble::{Pebble, ProofPorts};
use digue_types::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// The authority's own certificate, and a client that trusts it.
fn trusted(folder: &Path) -> HttpClient {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let issuer_key = KeyPair::generate().unwrap();
    let mut issuer = CertificateParams::new(vec![]).unwrap();
    issuer.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = issuer.self_signed(&issuer_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let own = own
        .signed_by(&key, &Issuer::new(issuer, issuer_key))
        .unwrap();
    fs::write(folder.join("pebble.pem"), own.pem()).unwrap();
    fs::write(folder.join("pebble-key.pem"), key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).unwrap();
    HttpClient::new(roots, Duration::from_secs(5))
}

/// A port at which nothing answers while the returned listener lives: it accepts nothing.
fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn a_host_that_the_authority_cannot_verify_is_named_and_ordered_later() {
    let folder = tempfile::tempdir().unwrap();
    let client = trusted(folder.path());
    let (listener, port) = silent();
    drop(listener);
    let ports = ProofPorts {
        http: port,
        tls: port,
    };
    let pebble = Pebble::start(folder.path(), ports);
    let hosts = BTreeSet::from(["portail.exemple.fr".to_owned()]);
    for method in [ChallengeMethod::Http, ChallengeMethod::TlsAlpn] {
        let kept = folder.path().join(method.to_string());
        let certificates = AcmeCertificates::open(
            AcmeRules {
                directory: pebble.directory.clone(),
                contact: Some("rssi@exemple.fr".to_owned()),
                method,
                external: None,
                folder: kept.clone(),
            },
            client.clone(),
        );
        let error = certificates.renew_if_due(None, &hosts, NOW).await;
        let Err(AcmeError::Unverified { name, cause }) = error else {
            panic!("{error:?}")
        };
        assert_eq!(name, "portail.exemple.fr", "{cause}");
        assert!(!certificates.file().exists());
        // The key of the account is worth what every certificate is worth.
        let mode = fs::metadata(kept.join("account.json"))
            .unwrap()
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);

        let soon = NOW.plus(Duration::from_mins(59));
        let outcome = certificates.renew_if_due(None, &hosts, soon).await.unwrap();
        assert_eq!(outcome, RenewalOutcome::Waiting);
        certificates.forget_failures().await;
        let again = certificates.renew_if_due(None, &hosts, soon).await;
        assert!(
            matches!(again, Err(AcmeError::Unverified { .. })),
            "{again:?}"
        );
    }
}

#[tokio::test]
async fn an_authority_that_is_not_there_and_a_damaged_account_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let client = trusted(folder.path());
    let (listener, port) = silent();
    drop(listener);
    let rules = AcmeRules {
        directory: format!("https://127.0.0.1:{port}/dir"),
        contact: None,
        method: ChallengeMethod::TlsAlpn,
        external: None,
        folder: folder.path().to_owned(),
    };
    let hosts = BTreeSet::from(["portail.exemple.fr".to_owned()]);
    let certificates = AcmeCertificates::open(rules.clone(), client.clone());
    let error = certificates.renew_if_due(None, &hosts, NOW).await;
    assert!(matches!(error, Err(AcmeError::Authority(_))), "{error:?}");
    certificates.forget_failures().await;
    let error = certificates.renew_if_due(None, &BTreeSet::new(), NOW).await;
    assert!(matches!(error, Err(AcmeError::NoName)), "{error:?}");

    let account = folder.path().join("account.json");
    fs::write(&account, "{\"directory\": 1").unwrap();
    let certificates = AcmeCertificates::open(rules, client);
    let error = certificates.renew_if_due(None, &hosts, NOW).await;
    assert!(matches!(error, Err(AcmeError::Account { .. })), "{error:?}");
    let kept = fs::read_to_string(&account).unwrap();
    assert_eq!(
        kept, "{\"directory\": 1",
        "a damaged account is not replaced"
    );
}
