//! Certificates from an authority that speaks ACME (RFC 8555): ordered for the hosts that are
//! served, proved over HTTP (RFC 8555, 8.3) or TLS (RFC 8737), kept in one file, renewed in time.
//!
//! Knows neither listeners nor portals: the caller says which names, when it is, and what the kept
//! certificate says.

mod certificates;
mod challenges;
mod error;
mod folder;
mod method;
pub mod renewal;
mod transport;

pub use certificates::{AcmeCertificates, AcmeRules, ExternalAccount, RenewalOutcome};
pub use challenges::{PendingChallenges, TLS_ALPN};
pub use error::AcmeError;
pub use folder::kept_certificate;
pub use method::ChallengeMethod;
