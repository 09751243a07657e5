//! The socket from which `digue learn --pilot` reads what passes at a portal.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use digue_access::EnforcementMode;
use digue_app::App;
use digue_types::{Act, PortalId, Subject};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::live_traffic::{ReaderAnswer, WaitingFrames, socket_path};
use crate::traffic::Traffic;

/// The longest first line, and how long it may take.
const LINE_BYTES_MAX: usize = 200;
const LINE_TIME_MAX: Duration = Duration::from_secs(10);

/// Opens the socket, in a folder that nobody else can enter.
fn bind(data_folder: &Path) -> io::Result<UnixListener> {
    let path = socket_path(data_folder);
    if let Some(folder) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        // Of an earlier version or a restored copy: its rights may be others.
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    // Left by a process that was killed; the journal's lock keeps a second one from running.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// The socket of `digue learn --pilot`, where a portal is in pilot mode at the start.
pub fn open(app: &App, data_folder: &Path) -> Option<UnixListener> {
    let hosts = app.gateway().hosts();
    // No socket without need: programs that copy the data folder stumble over one.
    if hosts
        .portals()
        .all(|portal| portal.mode != EnforcementMode::Pilot)
    {
        return None;
    }
    bind(data_folder)
        .inspect_err(|error| {
            tracing::warn!(%error, "The socket for learning cannot be opened; `digue learn --pilot` has no traffic");
        })
        .ok()
}

/// Serves readers until the stop.
pub async fn serve(
    listener: UnixListener,
    app: Arc<App>,
    traffic: Arc<Traffic>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "The socket for learning failed; learning from a pilot needs a restart");
                    return;
                }
            },
            _ = stopping.changed() => return,
        };
        let (app, traffic, mut ending) = (app.clone(), traffic.clone(), stopping.clone());
        tokio::spawn(async move {
            tokio::select! {
                served = serve_one(stream, &app, &traffic) => {
                    if let Err(error) = served {
                        tracing::info!(%error, "Learning from a pilot has ended");
                    }
                }
                _ = ending.changed() => {}
            }
        });
    }
}

async fn serve_one(mut stream: UnixStream, app: &App, traffic: &Traffic) -> io::Result<()> {
    let line = tokio::time::timeout(LINE_TIME_MAX, first_line(&mut stream)).await??;
    let (answer, frames) = begin(app, traffic, &line);
    let Some((portal, mut frames)) = frames else {
        return stream.write_all(answer.line().as_bytes()).await;
    };
    // Before the first byte: that an operator reads what passes is in the journal, or it does not
    // happen.
    app.note(Act::TrafficRead, Subject::Portal(portal))
        .await
        .map_err(io::Error::other)?;
    stream.write_all(answer.line().as_bytes()).await?;
    hand_over(stream, &mut frames).await
}

/// Until there is no more, or the reader has gone.
async fn hand_over(stream: UnixStream, frames: &mut WaitingFrames) -> io::Result<()> {
    let (mut from, mut to) = stream.into_split();
    let mut byte = [0];
    loop {
        tokio::select! {
            frame = frames.next() => match frame {
                Some(frame) => to.write_all(&frame).await?,
                None => return Ok(()),
            },
            // A reader sends nothing more; it has gone when its side is closed.
            _ = from.read(&mut byte) => return Ok(()),
        }
    }
}

fn begin(
    app: &App,
    traffic: &Traffic,
    line: &str,
) -> (ReaderAnswer, Option<(PortalId, WaitingFrames)>) {
    let hosts = app.gateway().hosts();
    let portal = PortalId::parse(line)
        .ok()
        .and_then(|id| hosts.portal(&id).cloned());
    let Some(portal) = portal else {
        return (ReaderAnswer::NoPortal, None);
    };
    match portal.mode {
        EnforcementMode::Pilot => {}
        EnforcementMode::ObserveOnly | EnforcementMode::Enforced => {
            return (ReaderAnswer::NotPilot, None);
        }
    }
    match traffic.readers.begin(&portal.id) {
        Some(frames) => (ReaderAnswer::Begun, Some((portal.id.clone(), frames))),
        None => (ReaderAnswer::Busy, None),
    }
}

async fn first_line(stream: &mut UnixStream) -> io::Result<String> {
    let mut line = Vec::new();
    while line.len() < LINE_BYTES_MAX {
        match stream.read_u8().await? {
            b'\n' => return String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into()),
            byte => line.push(byte),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}
