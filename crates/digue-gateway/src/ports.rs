//! What the gateway needs from the rest of Digue, and nothing more.

use std::future::Future;
use std::pin::Pin;

use digue_access::session::SessionDoubt;
use digue_access::{RequestOrigin, Session};
use digue_identifiers::ShownIdentifiers;
use digue_types::{
    AccountId, Exposure, OrganisationId, PersonRef, PopulationId, PortalId, RouteName, Timestamp,
};
use http::{Request, Response, StatusCode};

use digue_http::body::Body;
use digue_refusals::Refusal;

pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Makes exposures durable. The gateway releases nothing before `Ok`.
pub trait Recorder: Send + Sync {
    /// Returns the index of the (first) entry, once it is durable.
    fn record(&self, exposures: Vec<Exposure>) -> BoxFuture<Result<u64, JournalWriteError>>;
}

/// The journal did not accept the entry: the response does not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot be written: {0}")]
pub struct JournalWriteError(pub String);

/// The response does not leave.
impl From<JournalWriteError> for Refusal {
    fn from(JournalWriteError(cause): JournalWriteError) -> Self {
        tracing::error!(
            cause,
            "The journal accepts no entries; responses are refused until it does"
        );
        Self::unavailable(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable-title",
            "unavailable-journal",
        )
    }
}

/// The clock: the gateway reads no other time.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
    /// Local hour (0 to 23) and weekday (1 is Monday) of `at`, for policies.
    fn local(&self, at: Timestamp) -> (i64, i64);
}

/// Examines every response before it leaves.
pub trait ResponseMonitor: Send + Sync {
    /// Examines each exposure that is about to be journalled, refusals included.
    fn look(&self, exposure: &Exposure) -> Verdict;

    /// Informed of each exposure of a portal in pilot or observe-only mode, after the response has
    /// left: no action may follow.
    fn observe(&self, exposure: &Exposure);

    /// Informed of each style sheet, script or image that goes to a recognised account.
    fn fetched(&self, fetch: &ResourceFetch<'_>);
}

/// The fetch of a resource that shows no one.
#[derive(Clone, Copy, Debug)]
pub struct ResourceFetch<'f> {
    pub at: Timestamp,
    pub portal: &'f PortalId,
    pub organisation: &'f OrganisationId,
    pub account: &'f AccountId,
    /// Fetched from a portal in pilot or observe-only mode.
    pub is_observed: bool,
}

/// The monitor's verdict on a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Pass,
    /// It reveals a theft: it does not leave.
    Withhold,
}

/// Told of responses as they pass, to learn how portals are and whether their maps still describe
/// them. It decides nothing, and must return at once.
pub trait TrafficObserver: Send + Sync {
    /// The most bytes of a body that it wants to look at, at a portal in pilot mode; 0 for none.
    fn body_bytes_max(&self, portal: &PortalId) -> usize;

    /// A response was inspected.
    fn inspected(&self, response: &InspectedResponse<'_>);

    /// A request and its response have passed, at a portal in pilot mode of which it wants bodies.
    fn passed(&self, exchange: &PassedExchange<'_>);
}

/// A response that was held or copied whole.
#[derive(Clone, Copy, Debug)]
pub struct InspectedResponse<'r> {
    pub at: Timestamp,
    pub portal: &'r PortalId,
    pub route: &'r RouteName,
    /// The template of the path, on a route that answers for all others (`**`).
    pub template: Option<&'r str>,
    pub status: u16,
    pub content_type: Option<&'r str>,
    /// The values of `Content-Encoding`, joined with commas.
    pub content_encoding: &'r str,
    pub body: &'r [u8],
    /// `None` where it could not be read.
    pub shown: Option<&'r ShownIdentifiers>,
    /// The request names a person.
    pub has_subject: bool,
}

/// What passed at a portal in pilot mode.
#[derive(Clone, Copy, Debug)]
pub struct PassedExchange<'e> {
    pub portal: &'e PortalId,
    pub method: &'e str,
    /// Path and query, as sent.
    pub target: &'e str,
    pub request_type: &'e str,
    /// Empty where it was not copied.
    pub request_body: &'e [u8],
    pub status: u16,
    /// The response's `Location`.
    pub location: Option<&'e str>,
    pub content_type: Option<&'e str>,
    pub content_encoding: &'e str,
    /// `None` where it was not copied whole.
    pub body: Option<&'e [u8]>,
}

/// A gateway without detection.
pub struct NoMonitor;

impl ResponseMonitor for NoMonitor {
    fn look(&self, _: &Exposure) -> Verdict {
        Verdict::Pass
    }

    fn observe(&self, _: &Exposure) {}

    fn fetched(&self, _: &ResourceFetch<'_>) {}
}

/// Adds to caseloads between two readings of a source. What it adds is in force when it returns.
pub trait CaseloadPort: Send + Sync {
    /// Asks the operator's own data about persons whom an account is about to be refused.
    fn look_up(&self, miss: CaseloadMiss) -> BoxFuture<()>;

    /// An account has created a person at a portal.
    fn created(&self, created: CreatedPerson) -> BoxFuture<()>;
}

/// Persons outside the caseload of an account.
#[derive(Clone, Debug)]
pub struct CaseloadMiss {
    pub population: PopulationId,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub persons: Vec<PersonRef>,
}

/// A person whom an account has created.
#[derive(Clone, Debug)]
pub struct CreatedPerson {
    pub portal: PortalId,
    pub population: PopulationId,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub person: PersonRef,
}

/// Proofs that a host is ours, for a certificate authority that looks for them over HTTP (RFC 8555,
/// 8.3).
pub trait HostProofs: Send + Sync {
    /// The text of the proof with this token; `None` when none is shown under it.
    fn proof(&self, token: &str) -> Option<String>;
}

/// Resolves an identifier of another kind to the person reference, by the portal's alias table.
pub trait Aliases: Send + Sync {
    fn resolve(&self, portal: &PortalId, kind: &str, identifier: &str) -> Option<PersonRef>;
}

/// Digue's own pages: the console's host, and `/.digue/` on every portal's.
pub trait LocalPages: Send + Sync {
    fn respond(&self, request: Request<Body>) -> BoxFuture<Response<Body>>;
}

/// Where a request for Digue's own pages arrived; an extension of the request.
#[derive(Clone, Debug)]
pub struct LocalArrival {
    pub host: String,
    pub is_secure: bool,
    /// The portal of this host; `None` on the console's.
    pub portal: Option<PortalId>,
    pub session: Option<Session>,
    /// A session whose cookie came from elsewhere, or without its device key: good for proving
    /// one's identity, and for nothing else.
    pub doubted: Option<(Session, SessionDoubt)>,
    /// The account of a program that signed the request with its key.
    pub program: Option<AccountId>,
    pub origin: RequestOrigin,
}
