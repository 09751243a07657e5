//! The listener for programs that watch Digue: alive, ready, figures. Apart from the portals'
//! listeners, so that it answers while they are full, and is reached by the operator's network
//! alone.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use digue_app::App;
use digue_metrics::{CONTENT_TYPE, MonitoredFigures, Readiness, openmetrics};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::tls::CertificateEnds;

/// The figures are taken at most this often: those who ask have not signed in, and must not make
/// work.
const FIGURES_EVERY: Duration = Duration::from_secs(1);

#[derive(Clone)]
struct Monitored {
    app: Arc<App>,
    ends: CertificateEnds,
    /// The last text, with its time. Held while a new one is made: others wait for that one.
    figures: Arc<Mutex<Option<(Instant, String)>>>,
}

/// Serves until the process stops.
pub(crate) async fn serve(
    app: Arc<App>,
    ends: CertificateEnds,
    listener: TcpListener,
    mut stopping: watch::Receiver<bool>,
) {
    let monitored = Monitored {
        app,
        ends,
        figures: Arc::default(),
    };
    let routes = Router::new()
        .route(
            "/healthz",
            get(async || plain(StatusCode::OK, "ok\n".to_owned())),
        )
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(monitored);
    let stopped = async move { drop(stopping.wait_for(|stops| *stops).await) };
    if let Err(error) = axum::serve(listener, routes)
        .with_graceful_shutdown(stopped)
        .await
    {
        tracing::error!(%error, "The listener for monitoring ended");
    }
}

async fn ready(State(monitored): State<Monitored>) -> Response {
    let readiness = Readiness::of(&monitored.app).await;
    let status = if readiness.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    plain(status, readiness.text())
}

async fn metrics(State(monitored): State<Monitored>) -> Response {
    let mut last = monitored.figures.lock().await;
    let text = match &*last {
        Some((at, text)) if at.elapsed() < FIGURES_EVERY => text.clone(),
        _ => {
            let (version, ends) = (env!("CARGO_PKG_VERSION"), monitored.ends.all());
            let text = openmetrics(&MonitoredFigures::of(&monitored.app, version, ends).await);
            *last = Some((Instant::now(), text.clone()));
            text
        }
    };
    (
        [
            (header::CONTENT_TYPE, CONTENT_TYPE),
            (header::CACHE_CONTROL, "no-store"),
        ],
        text,
    )
        .into_response()
}

fn plain(status: StatusCode, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}
