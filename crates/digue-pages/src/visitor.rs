//! The visitor of a page and their connection; attached to each request by the server.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use digue_access::session::SessionDoubt;
use digue_access::{RequestOrigin, Role, Session};
use digue_app::{Actor, App, OperationError};
use digue_locales::Language;
use digue_types::{AccountId, PortalId};

use crate::frame::PageFrame;

#[derive(Clone, Debug)]
pub struct Visitor {
    pub host: String,
    pub is_secure: bool,
    /// The portal of this host; `None` on the console's own.
    pub portal: Option<PortalId>,
    pub session: Option<Session>,
    /// The role of the session's account, for the menu only; operations decide what is allowed.
    pub role: Option<Role>,
    /// A session whose cookie came from another network or device: it can only prove its identity
    /// again.
    pub doubted: Option<(Session, SessionDoubt)>,
    /// The account of a program that signed its request.
    pub program: Option<AccountId>,
    pub origin: RequestOrigin,
    pub language: Language,
    /// What stands around the page; the console fills it in.
    pub frame: PageFrame,
}

impl Visitor {
    /// Pages of the console stand on its own host, and on no portal's.
    pub fn must_be_on_console(&self) -> Result<(), OperationError> {
        if self.portal.is_none() {
            Ok(())
        } else {
            Err(OperationError::NotFound("page"))
        }
    }

    /// The session of a visitor on the console's own host.
    pub fn console_session(&self) -> Result<&Session, OperationError> {
        self.must_be_on_console()?;
        self.session.as_ref().ok_or(OperationError::Denied)
    }

    /// The address of the visitor, as text: the key of rate limits.
    pub fn ip(&self) -> String {
        self.origin.ip.to_string()
    }

    pub fn actor(&self, app: &App) -> Result<Actor, OperationError> {
        let is_stranger = self.session.is_none() && self.program.is_none();
        // The console's pages need a console session: a portal's session opens none of them.
        if self.portal.is_some() && !is_stranger {
            return Err(OperationError::NotFound("page"));
        }
        // The session first: a signed request from a signed-in browser counts as the person's.
        match (&self.session, &self.program) {
            (Some(session), _) => Actor::of_session(app, session),
            (None, Some(account)) => Actor::of_program(app, account),
            (None, None) => Err(OperationError::Denied),
        }
    }
}

impl Visitor {
    /// A visitor without session and address: refused everywhere.
    pub fn nobody() -> Self {
        Self {
            host: String::new(),
            is_secure: false,
            portal: None,
            session: None,
            role: None,
            doubted: None,
            program: None,
            origin: RequestOrigin::default(),
            language: Language::French,
            frame: PageFrame::default(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or_else(Self::nobody))
    }
}
