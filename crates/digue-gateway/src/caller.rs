//! The account behind a request, and why there may be none. How it is recognised is not known here.

use digue_access::Snapshot;
use digue_access::session::TokenHash;
use digue_types::{AccountId, OrganisationId, PersonRef, PortalId, SessionId, Timestamp};
use ring::digest::{SHA256, digest};

use digue_headers::assertion::AssertedFacts;
use digue_portal_login::name_mapping::NameFault;

/// The account behind a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub session: SessionId,
    pub proved_at: Timestamp,
    pub kind: CallerKind,
    /// Their own record, where the caller is a person and no account.
    pub own: Option<PersonRef>,
}

/// How a caller is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// A session of Digue, which can be cut.
    Session,
    /// An API key of a program, which can be revoked.
    Key,
    /// A header set by a proxy.
    Header,
    /// The portal itself says who is signed in.
    PortalLogin,
    /// A token of the portal's own sign-in; zero when the token does not say when that was.
    Token { signed_in_at: Timestamp },
}

impl CallerKind {
    /// Another system vouches for the identity, which need not have an account here.
    pub const fn is_vouched_for(self) -> bool {
        matches!(self, Self::Header | Self::PortalLogin | Self::Token { .. })
    }
}

impl Caller {
    /// A caller of whom nothing is known.
    pub fn unknown(now: Timestamp) -> Self {
        Self {
            account: AccountId::unknown(),
            organisation: OrganisationId::unknown(),
            session: SessionId::parse("unknown").expect("`unknown` is a session id"),
            proved_at: now,
            kind: CallerKind::Header,
            own: None,
        }
    }

    pub fn is_unknown(&self) -> bool {
        self.account.is_unknown()
    }

    /// What a portal is told of the caller.
    pub(crate) fn facts_for(&self, portal: &PortalId) -> AssertedFacts {
        AssertedFacts {
            portal: portal.clone(),
            account: self.account.clone(),
            organisation: self.organisation.clone(),
            session: self.session.clone(),
        }
    }
}

/// Why no caller is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityFailure {
    /// No session, token or header, or one that has ended or was cut.
    NotSignedIn,
    /// Only the portal's response will say who it is.
    NotYetNamed,
    /// The portal, which says who its users are, did not answer that: they may be anybody.
    Unclear,
    /// The portal has signed in an account that must show its passkey of Digue.
    PasskeyMissing(Box<Caller>),
    /// A name that Digue does not accept.
    NotAdmitted,
    /// Another system vouches for the account, and nothing says of which organisation it is.
    Unplaced(Box<Caller>),
    /// Digue knows the account, which is suspended or no longer exists.
    ShutOut(Box<Caller>),
    /// Another system vouches for the account, which was cut since.
    Cut(Box<Caller>),
    /// The cookie of a live session, from elsewhere or without its device key.
    Doubted(Box<Caller>),
}

impl IdentityFailure {
    /// Nobody is signed in, as far as anybody says.
    pub(crate) const fn is_nobody(&self) -> bool {
        matches!(self, Self::NotSignedIn | Self::NotYetNamed)
    }

    /// The account that Digue does not admit, where one is named.
    pub(crate) fn named(self) -> Option<Caller> {
        match self {
            Self::Doubted(caller)
            | Self::Unplaced(caller)
            | Self::ShutOut(caller)
            | Self::PasskeyMissing(caller)
            | Self::Cut(caller) => Some(*caller),
            Self::NotSignedIn | Self::NotYetNamed | Self::Unclear | Self::NotAdmitted => None,
        }
    }

    /// True where Digue knows nothing of the caller, good or bad: anybody with an account of the
    /// portal's own is one as long as nobody has an account of Digue.
    pub(crate) const fn is_of_a_stranger(&self) -> bool {
        matches!(
            self,
            Self::NotSignedIn | Self::NotYetNamed | Self::NotAdmitted | Self::Unplaced(_)
        )
    }
}

/// SHA-256 of a cookie's secret; sessions are stored under it.
pub fn token_hash(secret: &str) -> TokenHash {
    digest(&SHA256, secret.as_bytes())
        .as_ref()
        .try_into()
        .expect("SHA-256 gives 32 bytes")
}

/// The organisation of an account that the directory knows.
pub(crate) fn directory_organisation(
    rules: &Snapshot,
    account: &AccountId,
) -> Option<OrganisationId> {
    rules
        .directory
        .find(account)
        .map(|record| record.organisation.clone())
}

/// The directory decides; a token or header only for accounts that it does not know. Unknown where
/// neither says anything.
pub(crate) fn organisation_of(
    portal: &PortalId,
    snapshot: &Snapshot,
    account: &AccountId,
    claimed: Option<Result<OrganisationId, NameFault>>,
) -> Result<OrganisationId, IdentityFailure> {
    if let Some(known) = directory_organisation(snapshot, account) {
        return Ok(known);
    }
    let Some(claimed) = claimed else {
        return Ok(OrganisationId::unknown());
    };
    claimed.map_err(|fault| not_taken(portal, "organisation", &fault))
}

/// Logs that a vouched-for identity is not accepted; the name itself stays out of the log.
pub(crate) fn not_taken(
    portal: &PortalId,
    what: &str,
    fault: &dyn std::fmt::Display,
) -> IdentityFailure {
    tracing::warn!(
        portal.id = %portal,
        what,
        cause = %fault,
        "Identity from the portal's sign-in refused; check `[identity.mapping]` in the map"
    );
    IdentityFailure::NotAdmitted
}
