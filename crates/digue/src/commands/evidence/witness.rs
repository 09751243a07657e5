//! `digue witness`: cosigns checkpoints that continue those of other operators' journals (C2SP
//! tlog-witness).

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use digue_journal::disk::Disk;
use digue_journal::witness::{WitnessAnswer, WitnessState};
use digue_locales::Value;
use digue_types::Timestamp;

use super::Done;
use super::place::key_named;
use crate::commands::runtime;
use crate::keys;
use digue_terminal::{GOOD, Output};

/// Enough for a checkpoint with 63 hashes and some signatures.
const BODY_BYTES_MAX: usize = 16 << 10;

pub(super) fn run(
    out: &Output,
    folder: &Path,
    name: &str,
    address: SocketAddr,
    journals: &[String],
) -> Done {
    let disk = Disk::new(folder);
    let _held = disk
        .lock()?
        .ok_or_else(|| anyhow!("another witness holds {}", folder.display()))?;
    let journals = journals
        .iter()
        .map(|text| key_named(text))
        .collect::<Result<Vec<_>>>()?;
    let cosigner = keys::witness_key(folder, name)?;
    out.say(
        "witness-key",
        &[("key", Value::from(cosigner.key().to_text()))],
    );
    let witness = Arc::new(WitnessState::new(disk, cosigner, journals));
    runtime()?.block_on(serve(out, witness, address))?;
    Ok(GOOD)
}

async fn serve(out: &Output, witness: Arc<WitnessState>, address: SocketAddr) -> Result<()> {
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(witness);
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| address.to_string())?;
    out.say(
        "witness-ready",
        &[("address", Value::from(listener.local_addr()?.to_string()))],
    );
    axum::serve(listener, router)
        .with_graceful_shutdown(crate::commands::stop_asked())
        .await?;
    Ok(())
}

async fn add_checkpoint(State(witness): State<Arc<WitnessState>>, body: String) -> Response {
    let now = Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
    let answer = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body, now)).await;
    let answer = match answer {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::error!(%error, "The witness could not store the checkpoint; it is not cosigned");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    response(answer)
}

fn response(answer: WitnessAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match answer {
        WitnessAnswer::Cosigned(line) => (status, line).into_response(),
        WitnessAnswer::Conflict(size) => size_known(status, size),
        WitnessAnswer::Fork(size) => {
            tracing::error!(
                size,
                "A journal shows two histories; the second one is kept in refused/"
            );
            size_known(status, size)
        }
        WitnessAnswer::Inconsistent => {
            tracing::error!("A journal does not continue the known one; it is kept in refused/");
            status.into_response()
        }
        WitnessAnswer::Malformed | WitnessAnswer::NotSigned | WitnessAnswer::UnknownJournal => {
            status.into_response()
        }
    }
}

fn size_known(status: StatusCode, size: u64) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "text/x.tlog.size")],
        format!("{size}\n"),
    )
        .into_response()
}
