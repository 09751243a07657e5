//! Holding a response: its whole body in memory, within bounds, before anything is decided.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::body::{Body, BoxError};

/// Bytes held by all responses together.
#[derive(Debug)]
pub struct Room {
    used: AtomicUsize,
    limit: usize,
}

impl Room {
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }

    /// A share of nothing, to grow.
    pub(crate) fn share(self: &Arc<Self>) -> Share {
        Share { room: self.clone(), bytes: 0 }
    }

    fn take(self: &Arc<Self>, bytes: usize) -> bool {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > self.limit {
            self.used.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        true
    }
}

/// A share of the room, given back when dropped.
#[derive(Debug)]
pub struct Share {
    room: Arc<Room>,
    bytes: usize,
}

impl Share {
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let taken = self.room.take(bytes);
        if taken {
            self.bytes += bytes;
        }
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What became of a body that was to be held.
pub enum Held {
    Whole {
        bytes: Bytes,
        share: Share,
    },
    /// Larger than the route's limit: what was read so far, and the rest unread.
    TooLarge {
        start: Bytes,
        rest: Body,
    },
}

/// Why a body could not be held.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    #[error("the portal stopped in the middle of its response")]
    Cut(#[source] BoxError),
    #[error("the portal was silent for too long")]
    Silent,
    #[error("too many responses are held at once")]
    Full,
}

/// Reads `body` whole, at most `limit` bytes; `idle` is the longest silence between two pieces.
pub async fn hold(mut body: Body, limit: usize, idle: Duration, room: &Arc<Room>) -> Result<Held, HoldError> {
    let mut share = room.share();
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    loop {
        let frame = match timeout(idle, body.frame()).await {
            Err(_) => return Err(HoldError::Silent),
            Ok(None) => break,
            Ok(Some(Err(error))) => return Err(HoldError::Cut(error)),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers are dropped: nothing that Digue lets pass is announced in them.
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        if !share.grow(piece.len()) {
            return Err(HoldError::Full);
        }
        let is_too_large = first.len() + joined.len() + piece.len() > limit;
        if joined.is_empty() && first.is_empty() {
            first = piece;
        } else {
            if joined.is_empty() {
                joined.extend_from_slice(&first);
                first = Bytes::new();
            }
            joined.extend_from_slice(&piece);
        }
        if is_too_large {
            return Ok(Held::TooLarge { start: whole(first, joined), rest: body });
        }
    }
    Ok(Held::Whole { bytes: whole(first, joined), share })
}

/// A body that came in one piece is not copied.
fn whole(first: Bytes, joined: BytesMut) -> Bytes {
    if joined.is_empty() { first } else { joined.freeze() }
}
