//! The body of a response on its way to a client, stopped when its account is cut.
//!
//! Before each piece the guard checks whether rules or sessions changed; only then does it check
//! again whether this account may still read. A cut closes the connection in the middle of the
//! response: the status has already been sent.

use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use digue_types::{Gate, PortalId};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::watch;

use crate::caller::{Caller, CallerKind};
use crate::gateway::SharedGateway;
use crate::portal_login::LoginQuestion;
use digue_http::body::{Body, BoxError};

/// The pieces in which a held response leaves, so that it can be stopped between two of them.
pub(crate) const PIECE_BYTES: usize = 64 * 1024;

/// Guards one account on one portal.
#[derive(Clone)]
pub struct CutGuard {
    shared: Arc<SharedGateway>,
    portal: PortalId,
    caller: Caller,
    /// Of a portal that signs its users in: its sign-in may end, or become another user's.
    sign_in: Option<Arc<LoginQuestion>>,
}

impl CutGuard {
    pub fn new(shared: Arc<SharedGateway>, portal: PortalId, caller: Caller) -> Self {
        Self {
            shared,
            portal,
            caller,
            sign_in: None,
        }
    }

    /// Also guards the sign-in by which the portal knows the caller.
    pub(crate) fn watching(self, sign_in: Option<Arc<LoginQuestion>>) -> Self {
        let sign_in = sign_in.filter(|_| !self.caller.is_unknown());
        Self { sign_in, ..self }
    }

    /// True when this account may no longer receive anything.
    pub fn is_cut(&self) -> bool {
        let rules = self.shared.rules.load();
        let caller = &self.caller;
        let (gate, _) = rules
            .gates
            .effective(&self.portal, &caller.organisation, &caller.account);
        if gate == Gate::Closed {
            return true;
        }
        let is_suspended = rules
            .directory
            .find(&caller.account)
            .is_some_and(|r| r.is_suspended);
        if is_suspended {
            return true;
        }
        let now = self.shared.clock.now();
        match caller.kind {
            CallerKind::Header | CallerKind::PortalLogin | CallerKind::Token { .. } => {
                return self.shared.is_cut(caller, now);
            }
            CallerKind::Key => return !rules.keys.is_live(&caller.session, now),
            CallerKind::Session => {}
        }
        let sessions = self
            .shared
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        !sessions.is_live(&caller.session, now)
    }

    /// Resolves when the account is cut, or the sign-in is no longer its own.
    pub async fn cut(&self) {
        let changed = async {
            match &self.sign_in {
                Some(question) => question.changed(&self.shared, &self.caller.account).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.account_cut() => {}
            () = changed => {}
        }
    }

    async fn account_cut(&self) {
        // Subscribed before the first check: a cut in between then wakes the loop at once.
        let mut changes = self.shared.changes.subscribe();
        loop {
            if self.is_cut() {
                return;
            }
            // The timeout catches sessions that expire, which notifies nobody.
            let _ = tokio::time::timeout(Duration::from_millis(500), changes.changed()).await;
        }
    }
}

/// A guarded body.
pub struct GuardedBody {
    inner: GuardedSource,
    guard: CutGuard,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    changes: watch::Receiver<u64>,
    /// Called with the number of bytes sent, once the body is finished or dropped.
    on_end: Option<Box<dyn FnOnce(u64) + Send>>,
    sent: u64,
}

enum GuardedSource {
    Held { bytes: Bytes },
    Stream { start: Bytes, rest: Body },
}

impl GuardedBody {
    /// A held response, sent in pieces.
    pub fn held(guard: CutGuard, bytes: Bytes) -> Self {
        Self::new(guard, GuardedSource::Held { bytes }, None)
    }

    /// The part of a stream that was already read, and the rest of it.
    pub fn stream(
        guard: CutGuard,
        start: Bytes,
        rest: Body,
        on_end: Option<Box<dyn FnOnce(u64) + Send>>,
    ) -> Self {
        Self::new(guard, GuardedSource::Stream { start, rest }, on_end)
    }

    fn new(
        guard: CutGuard,
        inner: GuardedSource,
        on_end: Option<Box<dyn FnOnce(u64) + Send>>,
    ) -> Self {
        let changes = guard.shared.changes.subscribe();
        let watching = guard.clone();
        Self {
            inner,
            guard,
            cut: Box::pin(async move { watching.cut().await }),
            changes,
            on_end,
            sent: 0,
        }
    }
}

/// The account was cut while its response was being sent.
#[derive(Debug, thiserror::Error)]
#[error("the account was cut")]
pub struct CutWhileReading;

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        // The cheap check first; polling `cut` also wakes a stream that waits for its portal.
        // An error means that the gateway is gone: then it is better to look than to send on.
        let changed = this.changes.has_changed().unwrap_or(true);
        if changed {
            // Before the check, so that a change during it is not missed: the next piece looks
            // again.
            this.changes.mark_unchanged();
        }
        if (changed && this.guard.is_cut()) || this.cut.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(Box::new(CutWhileReading))));
        }
        let piece = match &mut this.inner {
            GuardedSource::Held { bytes } => {
                if bytes.is_empty() {
                    return Poll::Ready(None);
                }
                bytes.split_to(bytes.len().min(PIECE_BYTES))
            }
            GuardedSource::Stream { start, rest } => {
                if start.is_empty() {
                    match Pin::new(rest).poll_frame(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                            Ok(piece) => piece,
                            // Trailers are dropped: nothing inspects them.
                            Err(_) => Bytes::new(),
                        },
                        Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                        Poll::Ready(None) => return Poll::Ready(None),
                    }
                } else {
                    std::mem::take(start)
                }
            }
        };
        this.sent += piece.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.inner, GuardedSource::Held { bytes } if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            GuardedSource::Held { bytes } => SizeHint::with_exact(bytes.len() as u64),
            GuardedSource::Stream { start, rest } => {
                let hint = rest.size_hint();
                let start = start.len() as u64;
                match hint.exact() {
                    Some(rest) => SizeHint::with_exact(start + rest),
                    None => SizeHint::default(),
                }
            }
        }
    }
}

impl Drop for GuardedBody {
    fn drop(&mut self) {
        if let Some(on_end) = self.on_end.take() {
            on_end(self.sent);
        }
    }
}
