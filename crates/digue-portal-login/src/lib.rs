//! Who is signed in at a portal, as the portal itself says: in a header of its responses, in its
//! answer to one request sent with what the visitor presents, or in its table of sessions.
//!
//! Requests and answers in, users out. Nothing here sends a request or knows an account.

pub mod answer;
pub mod credentials;
pub mod known;
pub mod name_mapping;
mod single_document;
pub mod value_path;

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::uri::PathAndQuery;

use crate::credentials::CredentialPlaces;
use crate::value_path::ValuePath;

/// How a portal says who its visitor is.
#[derive(Clone, Debug)]
pub struct PortalLogin {
    /// What a browser or a program presents to the portal.
    pub credentials: CredentialPlaces,
    pub source: LoginSource,
    /// How long an answer of the portal counts for the same credentials.
    pub keeps: Duration,
    /// Who has a passkey of Digue shows it before the portal's word counts for their account.
    pub asks_passkey: bool,
    /// Where the portal's own sign-in is.
    pub sign_in: Option<PathAndQuery>,
}

impl PortalLogin {
    /// The headers in which its responses name their user.
    pub fn named_in_responses(&self) -> impl Iterator<Item = &HeaderName> {
        let (account, organisation) = match &self.source {
            LoginSource::ResponseHeader {
                account,
                organisation,
            } => (Some(account), organisation.as_ref()),
            LoginSource::WhoAmI(_) | LoginSource::Sessions(_) => (None, None),
        };
        account.into_iter().chain(organisation)
    }
}

#[derive(Clone, Debug)]
pub enum LoginSource {
    /// Headers that the portal sets on each of its responses: known only once it has answered.
    ResponseHeader {
        account: HeaderName,
        organisation: Option<HeaderName>,
    },
    /// A request that the portal answers with the user of the credentials.
    WhoAmI(WhoAmI),
    /// Its table of sessions, by the one value that a request presents.
    Sessions(Arc<dyn SessionTable>),
}

/// A portal's own table of sessions.
pub trait SessionTable: Debug + Send + Sync {
    /// The user whose session this value of a cookie or header is.
    fn user_of(
        &self,
        value: String,
    ) -> Pin<Box<dyn Future<Output = Result<LoginAnswer, LoginFault>> + Send>>;
}

/// The request that a portal answers with its user, and where the names stand in the answer.
#[derive(Clone, Debug)]
pub struct WhoAmI {
    pub target: PathAndQuery,
    pub account: ValuePath,
    pub organisation: Option<ValuePath>,
}

/// A user as the portal writes them: not yet an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortalUser {
    pub account: String,
    /// `None` where the portal does not say one.
    pub organisation: Option<String>,
}

/// What a portal says of the credentials of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginAnswer {
    User(PortalUser),
    Nobody,
}

/// Why it is not known who the visitor is; nobody is not assumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginFault {
    #[error("the portal did not answer")]
    Unanswered,
    #[error("status {0}")]
    Status(u16),
    #[error("the answer is no JSON document")]
    NoJson,
    #[error("the answer has no {0}")]
    Missing(String),
    #[error("{0} is no text and no whole number")]
    NoText(String),
    #[error("the header `{0}` is sent twice or is no text")]
    Header(String),
    #[error("the credentials are sent twice, beside others, or are no text")]
    Credentials,
    #[error("too many questions of one address at once")]
    Busy,
    #[error("{0}")]
    Query(String),
}
