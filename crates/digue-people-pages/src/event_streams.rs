//! `/.digue/signals/{stream}`: an identity provider pushes a security event (RFC 8935). The secret
//! of its stream is the only authority here, and is checked before anything of the request is read.

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use digue_shared_signals::{PushAnswer, PushCaller, authenticate};

use digue_pages::state::Console;
use digue_pages::visitor::Visitor;

/// Below which only the secret of a stream counts.
const PLACE: &str = "/.digue/signals/";

/// Puts the transmitter into each of its requests, and answers all others.
pub async fn identify(
    State(console): State<Console>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(name) = request.uri().path().strip_prefix(PLACE) else {
        return next.run(request).await;
    };
    let name = name.to_owned();
    let is_portals = match request.extensions_mut().get_mut::<Visitor>() {
        Some(visitor) => {
            // A cookie that a browser adds, and a signed request, are not the transmitter.
            visitor.session = None;
            visitor.doubted = None;
            visitor.program = None;
            visitor.role = None;
            visitor.portal.is_some()
        }
        None => false,
    };
    if is_portals {
        return response(PushAnswer::missing());
    }
    match authenticate(&console.app, &name, request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(answer) => response(answer),
    }
}

/// Takes a token.
pub async fn push(
    State(console): State<Console>,
    Extension(caller): Extension<PushCaller>,
    headers: HeaderMap,
    // Complete and bounded already (`bodies`).
    body: Bytes,
) -> Response {
    response(digue_shared_signals::push(&console.app, &caller, &headers, &body).await)
}

fn response(answer: PushAnswer) -> Response {
    let mut built = Response::builder()
        .status(answer.status)
        .header(header::CACHE_CONTROL, "no-store");
    if answer.status == StatusCode::UNAUTHORIZED {
        built = built.header(header::WWW_AUTHENTICATE, "Bearer");
    }
    let body = match answer.body {
        Some(error) => {
            // RFC 8935, 2.3: the language of the description.
            built = built
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::CONTENT_LANGUAGE, "en");
            Body::from(error.to_string())
        }
        None => Body::empty(),
    };
    built.body(body).expect("statuses and headers are valid")
}
