//! Files of evidence: taken in, handed out, and shown where nothing of them runs.

use axum::extract::{Multipart, Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect};
use digue_app::OperationError;
use digue_compliance::isms::evidence::{self, SafeMedia};
use digue_pages::error::{PageRedirect, PageResponse};
use digue_pages::form::uploaded;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::view::{Media, kept};

pub async fn attach(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    form: Multipart,
) -> PageRedirect {
    let (name, bytes) = uploaded(form).await?;
    evidence::attach(&console.app, &actor, &id, &name, &bytes).await?;
    Ok(Redirect::to(&format!("/smsi/registers/evidence/{id}")))
}

pub async fn file(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageResponse {
    let (name, bytes) = evidence::file(&console.app, &actor, &id).await?;
    // Without its real type: whatever was uploaded, the browser must save it and not show it.
    Ok(kept(&name, Media("application/octet-stream"), bytes))
}

/// The file shown in the browser: images and plain text alone, by their bytes.
pub async fn preview(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageResponse {
    let (_, bytes) = evidence::file(&console.app, &actor, &id).await?;
    let media = SafeMedia::of(&bytes).ok_or(OperationError::NotFound("preview"))?;
    let headers = [
        (header::CONTENT_TYPE, media.media()),
        (header::CONTENT_DISPOSITION, "inline"),
        // Beside the policy of every page: nothing in it may load or run.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, bytes).into_response())
}
