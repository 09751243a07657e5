//! `digue init`: a commented configuration to start from, or with `--small` the first hour of an
//! organisation without a portal.
//!
//! One command starts a page on this machine alone; the page leads through the rest: what is backed
//! up, the disk (seen when it is plugged in), a provider, the first backup, the sheets of the recovery
//! key, a drill, and from there to the console for the management system and the self-assessment.
//! The same command on a folder that is set up opens it again.

mod answers;
pub mod commented;
mod disks;
mod first_hour;
mod html;
mod pages;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use digue_app::secret::Secret;
use digue_locales::Value;
use digue_terminal::{Output, StartPurpose, StartedServer};
use tokio::sync::mpsc;

pub use disks::DiskPlaces;
use first_hour::{FirstHour, HourStage};
use pages::SmallPages;

/// What the command line says.
#[derive(Clone, Debug)]
pub struct SmallOptions {
    /// Where configuration and data lie.
    pub home: PathBuf,
    pub disks: DiskPlaces,
}

/// The console's usual port; another one when it is taken.
const CONSOLE_PORT: u16 = 8080;

/// Leads through the first hour, and serves until `stop` ends.
///
/// # Errors
/// When no page can be opened, or a folder that is set up does not start.
pub async fn lead<S: StartedServer>(
    out: &Output,
    options: SmallOptions,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let home = std::path::absolute(&options.home)?;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let secret = Secret::draw()?;
    let (begin, mut begun) = mpsc::channel(1);
    let hour = Arc::new(FirstHour::new(home.clone(), free_port()?));
    let mut running: Option<S> = None;
    if hour.is_set_up() {
        let started = S::start_on(out, &home, StartPurpose::Serving).await?;
        hour.came_up(started.app().clone());
        running = Some(started);
    }
    let pages = SmallPages {
        hour: hour.clone(),
        disks: options.disks,
        language: out.language,
        address,
        secret: secret.reveal().to_owned(),
        begin,
    };
    let router = pages::router(pages);
    let served = tokio::spawn(async move { axum::serve(listener, router).await });
    let url = format!("http://{address}/{}/", secret.reveal());
    out.say("small-open", &[("url", Value::from(url))]);
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(()) = begun.recv() => {
                // After a failure everything begins again: another disk, another provider.
                if let Some(earlier) = running.take() {
                    hour.goes_down();
                    earlier.stop().await?;
                }
                match first_hour::work(out, &hour).await {
                    Ok(started) => running = Some(started),
                    Err(error) => {
                        tracing::warn!(%error, "The first hour stopped; the page shows why and waits");
                        hour.set(HourStage::Failed(format!("{error:#}")));
                    }
                }
            }
        }
    }
    served.abort();
    match running {
        Some(started) => started.stop().await,
        None => Ok(()),
    }
}

/// The usual port of the console, or one that is free.
fn free_port() -> Result<u16> {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, CONSOLE_PORT));
    let listener = TcpListener::bind(usual)
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .context("no port is free on this machine")?;
    Ok(listener.local_addr()?.port())
}
