//! The page from which a refused form came, shown again with what was typed and what was wrong.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use digue_pages::error::RefusedFormPage;
use digue_pages::refill::{ANCHOR, escaped, refilled};
use tower::ServiceExt as _;

use crate::account::sign_in::came_from;
use crate::proof::pairs_of;

/// The longest page that is read again.
const PAGE_BYTES_MAX: usize = 8 << 20;

/// Answers a refused form with its page. Where there is no such page, the error stays alone.
pub(crate) async fn refill(State(pages): State<Router>, request: Request, next: Next) -> Response {
    let again = page_before(&request);
    let action = request.uri().to_string();
    let response = next.run(request).await;
    let refused = response.extensions().get::<RefusedFormPage>().cloned();
    let (Some(again), Some(refused)) = (again, refused) else {
        return response;
    };
    if !may_be_mended(response.status()) {
        return response;
    }
    let fields = pairs_of(&String::from_utf8_lossy(&refused.form));
    let Some(page) = text_of(pages.oneshot(again).await.into_response()).await else {
        return response;
    };
    let Some(page) = refilled(&page, &action, &fields, &alert(&refused)) else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}

/// The request for the page from which a form was sent.
fn page_before(request: &Request) -> Option<Request> {
    let place = came_from(request.headers()).filter(|_| *request.method() == Method::POST)?;
    let mut again = Request::builder().method(Method::GET).uri(place);
    for name in [header::COOKIE, header::HOST, header::ACCEPT_LANGUAGE] {
        if let Some(value) = request.headers().get(&name) {
            again = again.header(name, value);
        }
    }
    let mut again = again.body(Body::empty()).ok()?;
    *again.extensions_mut() = request.extensions().clone();
    Some(again)
}

/// What another text or another moment may mend; not what the reader may not do at all.
const fn may_be_mended(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::CONFLICT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
    )
}

async fn text_of(answer: Response) -> Option<String> {
    if answer.status() != StatusCode::OK {
        return None;
    }
    let bytes: Bytes = to_bytes(answer.into_body(), PAGE_BYTES_MAX).await.ok()?;
    String::from_utf8(bytes.to_vec()).ok()
}

fn alert(refused: &RefusedFormPage) -> String {
    let details: String = refused
        .details
        .iter()
        .map(|detail| format!("<li>{}</li>", escaped(detail)))
        .collect();
    let list = match details.is_empty() {
        true => String::new(),
        false => format!("<ul class=\"faults\">{details}</ul>"),
    };
    format!(
        "<section class=\"alarm\" role=\"alert\"><p><strong>{}</strong> {} <a href=\"#{ANCHOR}\">{}</a></p>{list}</section>",
        escaped(&refused.title),
        escaped(&refused.text),
        escaped(&refused.way),
    )
}
