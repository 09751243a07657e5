//! The certificate of an authority, for the listeners that serve it: ordered for the hosts that the
//! maps and the console have, and looked at every minute.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use digue_acme::renewal::{KeptCertificate, certifiable};
use digue_acme::{AcmeCertificates, PendingChallenges, RenewalOutcome};
use digue_app::{App, OperationError};
use digue_config::Config;
use digue_config::server::{CertificateOrigin, Settings, TlsFiles};
use digue_doctor::certificates::{self, CertificateReading};
use digue_gateway::Gateway;
use digue_gateway::ports::HostProofs;
use digue_http::client::HttpClient;
use rustls::ServerConfig;

use crate::tls::CertificateEnds;

/// One look costs the reading of one small file.
pub(crate) const LOOK_EVERY: Duration = Duration::from_mins(1);

/// The certificate, who serves it, and for which hosts.
pub(crate) struct OrderedCertificate {
    certificates: AcmeCertificates,
    hosts: ArcSwap<BTreeSet<String>>,
    listeners: Vec<SocketAddr>,
    ends: CertificateEnds,
}

impl OrderedCertificate {
    /// `None` without `[acme]`.
    pub(crate) fn of(
        settings: &Settings,
        hosts: BTreeSet<String>,
        client: HttpClient,
        ends: CertificateEnds,
    ) -> Option<Arc<Self>> {
        let rules = settings.acme.clone()?;
        let listeners = settings.listeners.iter();
        Some(Arc::new(Self {
            certificates: AcmeCertificates::open(rules, client),
            hosts: ArcSwap::from_pointee(hosts),
            listeners: listeners
                .filter(|listener| listener.has_acme())
                .map(|listener| listener.address)
                .collect(),
            ends,
        }))
    }

    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::new(self.certificates.server_config())
    }

    /// Lets the gateway answer an authority that looks for proofs over HTTP.
    pub(crate) fn show_proofs_at(&self, gateway: &Gateway) {
        let challenges = self.certificates.challenges().clone();
        gateway.show_proofs(Arc::new(ShownFiles(challenges)));
    }

    /// The hosts may be others now, and whatever kept an order from ending may be mended.
    pub(crate) async fn reload(self: &Arc<Self>, hosts: BTreeSet<String>, app: Arc<App>) {
        self.hosts.store(Arc::new(hosts));
        self.certificates.forget_failures().await;
        let ordered = self.clone();
        // Not awaited: an order takes minutes, and the rest of a reload must not wait for it.
        tokio::spawn(async move { ordered.look(&app).await });
    }

    /// Orders a certificate when one is due. A failure is logged here, with what is next.
    pub(crate) async fn look(&self, app: &App) -> Result<(), OperationError> {
        let now = app.clock().now();
        let (hosts, file) = (self.hosts.load_full(), self.certificates.file());
        let files = TlsFiles {
            certificate: file.clone(),
            key: file,
            origin: CertificateOrigin::Acme,
        };
        let kept = kept(&certificates::read(&files, now));
        match self
            .certificates
            .renew_if_due(kept.as_ref(), &hosts, now)
            .await
        {
            Ok(RenewalOutcome::NotDue | RenewalOutcome::Waiting) => {}
            Ok(RenewalOutcome::Renewed(reason)) => {
                tracing::info!(
                    ?reason,
                    hosts = hosts.len(),
                    "A certificate was ordered and is in use"
                );
                for address in &self.listeners {
                    self.ends.note(*address, &files, now);
                }
            }
            Err(error) => {
                let in_use = kept.is_some();
                tracing::error!(%error, in_use, "No new certificate was had; ordering again in an hour or more, or after a reload");
            }
        }
        Ok(())
    }
}

/// `None` when there is none, or none that can be read.
fn kept(reading: &CertificateReading) -> Option<KeptCertificate> {
    let names = reading.names.iter().map(|name| name.to_ascii_lowercase());
    Some(KeptCertificate {
        names: names.collect(),
        starts_at: reading.starts_at?,
        ends_at: reading.ends_at?,
    })
}

/// Every host that clients name and that an authority certifies.
pub(crate) fn hosts_of(config: &Config) -> BTreeSet<String> {
    let portals = config.portals().flat_map(|portal| portal.hosts.iter());
    let hosts = portals.chain([&config.settings.console_host]);
    certifiable(hosts.map(String::as_str))
}

struct ShownFiles(Arc<PendingChallenges>);

impl HostProofs for ShownFiles {
    fn proof(&self, token: &str) -> Option<String> {
        self.0.file(token)
    }
}
