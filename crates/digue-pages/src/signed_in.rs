//! The account that opens a page, as an extractor.

use digue_app::Actor;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::error::PageError;
use crate::state::Console;
use crate::visitor::Visitor;

/// The account that opens a page; without one the response is the page that explains it.
pub struct SignedIn(pub Actor);

impl FromRequestParts<Console> for SignedIn {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, PageError> {
        let visitor = parts
            .extensions
            .get::<Visitor>()
            .cloned()
            .unwrap_or_else(Visitor::nobody);
        Ok(Self(visitor.actor(&console.app)?))
    }
}
