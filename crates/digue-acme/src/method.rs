//! The two ways of proof that Digue knows.

use std::fmt;

/// How the authority is shown that a host is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeMethod {
    /// A file at port 80 of the host.
    Http,
    /// A certificate in a handshake at port 443 of the host.
    TlsAlpn,
}

impl ChallengeMethod {
    pub(crate) const fn kind(self) -> instant_acme::ChallengeType {
        match self {
            Self::Http => instant_acme::ChallengeType::Http01,
            Self::TlsAlpn => instant_acme::ChallengeType::TlsAlpn01,
        }
    }
}

impl fmt::Display for ChallengeMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http-01",
            Self::TlsAlpn => "tls-alpn-01",
        })
    }
}
