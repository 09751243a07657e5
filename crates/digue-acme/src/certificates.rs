//! The certificate in use, and its orders: one at a time, each within a limit.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digue_http::client::HttpClient;
use digue_types::Timestamp;
use instant_acme::{
    Account, AuthorizationStatus, ChallengeStatus, ExternalAccountKey, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, RetryPolicy,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::challenges::{PendingChallenges, ShownProof, TLS_ALPN};
use crate::error::AcmeError;
use crate::folder::CertificateFolder;
use crate::method::ChallengeMethod;
use crate::renewal::{FailedOrders, KeptCertificate, RenewalReason, known_names, reason};
use crate::transport::AuthorityTransport;

/// An order with all its proofs: authorities look from several places, one after the other.
const ORDER_TIME_MAX: Duration = Duration::from_mins(5);
/// For one step of an order.
const STEP_TIME_MAX: Duration = Duration::from_mins(2);

/// What the operator says of the authority (`[acme]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeRules {
    /// The URL of the authority's directory (RFC 8555, 7.1.1).
    pub directory: String,
    /// The mail address to which the authority writes.
    pub contact: Option<String>,
    pub method: ChallengeMethod,
    /// For authorities that know their customers otherwise.
    pub external: Option<ExternalAccount>,
    /// The folder of the account's key and of the certificate.
    pub folder: PathBuf,
}

/// An account that the authority made elsewhere (RFC 8555, 7.3.4).
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    pub id: String,
    /// The MAC key, decoded.
    pub key: Vec<u8>,
}

impl ExternalAccount {
    /// `key` is base64url, as authorities hand it out. `None` when it is something else, or shorter
    /// than the hash that it signs with (RFC 7518, 3.2).
    pub fn of_text(id: &str, key: &str) -> Option<Self> {
        let key = key.trim().trim_end_matches('=');
        let key = URL_SAFE_NO_PAD.decode(key).ok()?;
        (key.len() >= 32).then(|| Self {
            id: id.to_owned(),
            key,
        })
    }
}

impl std::fmt::Debug for ExternalAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalAccount")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What became of a look at the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalOutcome {
    NotDue,
    /// Due, and waiting after an order that failed.
    Waiting,
    Renewed(RenewalReason),
}

/// The certificate of all listeners that have theirs from the authority.
pub struct AcmeCertificates {
    rules: AcmeRules,
    client: HttpClient,
    folder: CertificateFolder,
    challenges: Arc<PendingChallenges>,
    in_use: Arc<ArcSwapOption<CertifiedKey>>,
    // Held for a whole order, so that there is one at a time; nothing else waits for it.
    failed: Mutex<OrderFailures>,
}

/// Orders that failed: for all hosts, and for those of the kept certificate alone.
#[derive(Default)]
struct OrderFailures {
    all: FailedOrders,
    known: FailedOrders,
}

impl AcmeCertificates {
    /// Takes the kept certificate into use, if one can be used. One that cannot is said, and ordered
    /// anew; it is replaced once there is another.
    pub fn open(rules: AcmeRules, client: HttpClient) -> Self {
        let folder = CertificateFolder::new(&rules.folder);
        let in_use = Arc::new(ArcSwapOption::empty());
        let path = folder.certificate();
        match fs::read(&path) {
            Ok(pem) => match certified(&pem) {
                Ok(kept) => in_use.store(Some(Arc::new(kept))),
                Err(error) => {
                    let path = path.display();
                    tracing::error!(%error, %path, "The kept certificate cannot be used; ordering another");
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let path = path.display();
                tracing::error!(%error, %path, "The kept certificate cannot be read; ordering another");
            }
        }
        Self {
            rules,
            client,
            folder,
            challenges: Arc::default(),
            in_use,
            failed: Mutex::default(),
        }
    }

    /// Where the certificate and its key are kept: one PEM file.
    pub fn file(&self) -> PathBuf {
        self.folder.certificate()
    }

    pub fn challenges(&self) -> &Arc<PendingChallenges> {
        &self.challenges
    }

    /// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1, with whichever certificate is in use at each handshake.
    /// Without one, handshakes fail.
    pub fn server_config(&self) -> ServerConfig {
        let resolver = InUseOrProof {
            in_use: self.in_use.clone(),
            challenges: self.challenges.clone(),
        };
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        // The order is ours: a client that offers more than the proof's protocol is no authority.
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec(), TLS_ALPN.to_vec()];
        config
    }

    /// The operator has changed something: the next look does not wait.
    pub async fn forget_failures(&self) {
        *self.failed.lock().await = OrderFailures::default();
    }

    /// Orders a certificate for `names` when it is due. On an error the next order waits. Where an
    /// order for more names fails and the kept certificate ages, its own names are renewed alone; the
    /// failure of the others is logged.
    pub async fn renew_if_due(
        &self,
        kept: Option<&KeptCertificate>,
        names: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<RenewalOutcome, AcmeError> {
        // What cannot be served counts as none, whatever its dates say.
        let kept = kept.filter(|_| self.in_use.load().is_some());
        let Some(reason) = reason(kept, names, now) else {
            return Ok(RenewalOutcome::NotDue);
        };
        let mut failed = self.failed.lock().await;
        let refused = match failed.all.is_waiting(now) {
            true => None,
            false => match self.order_in_time(names).await {
                Ok(()) => {
                    *failed = OrderFailures::default();
                    return Ok(RenewalOutcome::Renewed(reason));
                }
                Err(error) => {
                    failed.all.add(now);
                    Some(error)
                }
            },
        };
        if let Some(known) = known_names(kept, names, now)
            && !failed.known.is_waiting(now)
        {
            if let Some(error) = &refused {
                tracing::error!(%error, "A host of those served cannot be certified; the others are renewed without it");
            }
            return match self.order_in_time(&known).await {
                Ok(()) => {
                    failed.known = FailedOrders::default();
                    Ok(RenewalOutcome::Renewed(RenewalReason::Ageing))
                }
                Err(error) => {
                    failed.known.add(now);
                    Err(error)
                }
            };
        }
        refused.map_or(Ok(RenewalOutcome::Waiting), Err)
    }

    async fn order_in_time(&self, names: &BTreeSet<String>) -> Result<(), AcmeError> {
        match timeout(ORDER_TIME_MAX, self.order(names)).await {
            Ok(ordered) => ordered,
            Err(_) => Err(AcmeError::TimedOut(ORDER_TIME_MAX.as_secs())),
        }
    }

    async fn order(&self, names: &BTreeSet<String>) -> Result<(), AcmeError> {
        if names.is_empty() {
            return Err(AcmeError::NoName);
        }
        let account = self.account().await?;
        let identifiers: Vec<Identifier> = names.iter().cloned().map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
        // Lives until the authority has looked.
        let shown = self.show_proofs(&mut order).await?;
        let step = RetryPolicy::new().timeout(STEP_TIME_MAX);
        let judged = order.poll_ready(&step).await;
        drop(shown);
        match judged {
            Ok(OrderStatus::Ready) => {}
            judged => return Err(why_unverified(&mut order, judged).await),
        }
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&step).await?;
        let pem = format!("{key}\n{chain}");
        // Before it is kept: what cannot be served must not replace what is.
        let usable = certified(pem.as_bytes())?;
        self.folder.keep_certificate(&pem)?;
        self.in_use.store(Some(Arc::new(usable)));
        Ok(())
    }

    /// The account with the authority; made and kept at the first order.
    async fn account(&self) -> Result<Account, AcmeError> {
        let transport = Box::new(AuthorityTransport(self.client.clone()));
        let builder = Account::builder_with_http(transport);
        if let Some(known) = self.folder.account(&self.rules.directory)? {
            return Ok(builder.from_credentials(known).await?);
        }
        let contact = self.rules.contact.as_ref();
        let contact: Vec<String> = contact
            .map(|to| format!("mailto:{to}"))
            .into_iter()
            .collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let wanted = NewAccount {
            contact: &contact,
            // `[acme] terms_agreed`, without which the configuration is refused.
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let external = self.rules.external.as_ref();
        let external = external.map(|known| ExternalAccountKey::new(known.id.clone(), &known.key));
        let (account, credentials) = builder
            .create(&wanted, self.rules.directory.clone(), external.as_ref())
            .await?;
        self.folder.keep_account(&credentials)?;
        Ok(account)
    }

    /// Shows the proof of each host that still needs one, and says so to the authority.
    async fn show_proofs(&self, order: &mut Order) -> Result<Vec<ShownProof>, AcmeError> {
        let mut shown = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status != AuthorizationStatus::Pending {
                // Valid: shown for an earlier order. All else ends the order, which says why.
                continue;
            }
            let name = authorization.identifier().to_string();
            let method = self.rules.method;
            let Some(mut challenge) = authorization.challenge(method.kind()) else {
                return Err(AcmeError::NotOffered { name, method });
            };
            let key = challenge.key_authorization();
            shown.push(
                self.challenges
                    .show(method, &name, &challenge.token, &key)?,
            );
            challenge.set_ready().await?;
        }
        Ok(shown)
    }
}

/// Which host was not verified, in the words of the authority; else what it says of the order.
async fn why_unverified(
    order: &mut Order,
    judged: Result<OrderStatus, instant_acme::Error>,
) -> AcmeError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_err() {
            break;
        }
        let failed = authorization
            .challenges
            .iter()
            .find(|challenge| challenge.status == ChallengeStatus::Invalid);
        if let Some(problem) = failed.and_then(|challenge| challenge.error.as_ref()) {
            return AcmeError::Unverified {
                name: authorization.identifier().to_string(),
                cause: problem.to_string(),
            };
        }
    }
    match judged {
        Err(error) => error.into(),
        Ok(status) => AcmeError::Ended(format!("{status:?}").to_lowercase()),
    }
}

/// Reads key and chain, and that they belong together.
fn certified(pem: &[u8]) -> Result<CertifiedKey, AcmeError> {
    let unusable = |error: &dyn std::fmt::Display| AcmeError::Unusable(error.to_string());
    let chain = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(&error))?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| unusable(&error))?;
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain, key, &provider).map_err(|error| unusable(&error))
}

#[derive(Debug)]
struct InUseOrProof {
    in_use: Arc<ArcSwapOption<CertifiedKey>>,
    challenges: Arc<PendingChallenges>,
}

impl ResolvesServerCert for InUseOrProof {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // An authority offers this protocol and no other (RFC 8737, 3).
        let asks_proof = hello.alpn().is_some_and(|mut offered| {
            offered.next() == Some(TLS_ALPN) && offered.next().is_none()
        });
        if asks_proof {
            return self.challenges.certificate(hello.server_name()?);
        }
        self.in_use.load_full()
    }
}
