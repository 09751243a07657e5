//! `/scim/v2/`: the operator's directory. Its key is the only authority: the layer takes the session
//! and the program of a request away before anything reads them.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use digue_provisioning::{DirectoryCaller, ScimAnswer, ScimRequest, authenticate, refusal};
use digue_scim::ScimError;

use crate::state::Console;
use crate::visitor::Visitor;

/// Below which only the key of a directory counts.
pub(crate) const PLACE: &str = "/scim/";

/// The largest body: a thousand members and their names.
pub(crate) const BODY_BYTES_MAX: usize = 1 << 20;

/// Puts the directory into each of its requests, and answers all others.
pub(crate) async fn identify(
    State(console): State<Console>,
    mut request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with(PLACE) {
        return next.run(request).await;
    }
    let is_portals = match request.extensions_mut().get_mut::<Visitor>() {
        Some(visitor) => {
            // A cookie that a browser adds, and a signed request, are not the directory.
            visitor.session = None;
            visitor.doubted = None;
            visitor.program = None;
            visitor.role = None;
            visitor.portal.is_some()
        }
        None => false,
    };
    if is_portals {
        return refused(&ScimError::not_found("there is nothing at this address"));
    }
    match authenticate(&console.app, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => refused(&error),
    }
}

/// Every address of SCIM: the service knows them itself.
pub(crate) async fn answer(State(console): State<Console>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(caller) = parts.extensions.get::<DirectoryCaller>() else {
        return refused(&ScimError::new(
            401,
            None,
            "the key of a directory is needed",
        ));
    };
    // Complete and bounded already (`bodies`).
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return refused(&ScimError::new(413, None, "the body is too large"));
    };
    let request = ScimRequest {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &parts.headers,
        body: &body,
    };
    response(digue_provisioning::answer(&console.app, caller, request).await)
}

/// A refusal in the form of the protocol.
pub(crate) fn refused(error: &ScimError) -> Response {
    response(refusal(error))
}

fn response(answer: ScimAnswer) -> Response {
    let body = answer
        .body
        .map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response
        .body(body)
        .expect("statuses, ETags and addresses are valid")
}
