//! Passes the console's pages to the gateway, and visitors to the console.

use std::sync::Arc;

use axum::Router;
use digue_app::{App, console_role};
use digue_console::{PageFrame, Visitor};
use digue_gateway::ports::{BoxFuture, LocalArrival, LocalPages};
use digue_http::body::{Body, boxed};
use digue_locales::Language;
use digue_refusals::language_of;
use http::{Request, Response};
use tower::ServiceExt as _;

pub(crate) struct ConsolePages {
    pub(crate) router: Router,
    pub(crate) app: Arc<App>,
}

impl ConsolePages {
    fn visitor(&self, arrival: LocalArrival, language: Language) -> Visitor {
        let rules = self.app.gateway().rules();
        let session = arrival.session.as_ref();
        let known = session.and_then(|session| rules.directory.find(&session.account));
        // The role in force, as operations see it: a menu must not offer what they refuse.
        let role = session
            .zip(known)
            .map(|(session, record)| console_role(&self.app, &session.account, record.role));
        Visitor {
            host: arrival.host,
            is_secure: arrival.is_secure,
            portal: arrival.portal,
            session: arrival.session,
            role,
            doubted: arrival.doubted,
            program: arrival.program,
            origin: arrival.origin,
            language,
            frame: PageFrame::default(),
        }
    }
}

impl LocalPages for ConsolePages {
    fn respond(&self, mut request: Request<Body>) -> BoxFuture<Response<Body>> {
        let language = language_of(request.headers());
        if let Some(arrival) = request.extensions_mut().remove::<LocalArrival>() {
            let visitor = self.visitor(arrival, language);
            request.extensions_mut().insert(visitor);
        }
        let router = self.router.clone();
        Box::pin(async move {
            let response = router.oneshot(request.map(axum::body::Body::new)).await;
            match response {
                Ok(response) => response.map(boxed),
                Err(never) => match never {},
            }
        })
    }
}
