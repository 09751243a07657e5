//! Bodies and sockets that report to the connection's [`Activity`] how its client moves bytes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::activity::{Activity, Direction, Ending};
use crate::table::{ClientRequest, Slot};
use digue_http::body::{Body, BoxError};

/// A request in progress, from its head to the last byte of its response.
pub struct UnderWay {
    slot: Arc<Slot>,
    _request: Option<ClientRequest>,
}

impl UnderWay {
    pub fn begin(slot: Arc<Slot>, request: Option<ClientRequest>) -> Self {
        slot.activity.begin_request();
        Self {
            slot,
            _request: request,
        }
    }

    /// Resolves when the connection is to be closed.
    pub async fn ended(&self) -> Ending {
        self.slot.activity.ended().await
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.slot.activity.end_request(Instant::now());
    }
}

/// A value that a response keeps until its last byte is sent; an extension of the response.
#[derive(Clone)]
pub struct KeptUntilSent {
    _kept: Arc<dyn Send + Sync>,
}

impl KeptUntilSent {
    pub fn new(kept: impl Send + Sync + 'static) -> Self {
        Self {
            _kept: Arc::new(kept),
        }
    }
}

/// A body on its way from or to the client.
pub struct Paced {
    inner: Body,
    direction: Direction,
    activity: Arc<Activity>,
    transfer: u64,
    _kept: (Option<UnderWay>, Option<KeptUntilSent>),
}

impl Paced {
    /// The body of a request; an empty one is never waited for.
    pub fn from_client(inner: Body, activity: &Arc<Activity>) -> Body {
        if inner.is_end_stream() {
            return inner;
        }
        let paced = Self::new(inner, Direction::FromClient, activity.clone(), (None, None));
        Body::new(paced)
    }

    /// The body of a response, which keeps what its request holds.
    pub fn to_client(inner: Body, under_way: UnderWay, kept: Option<KeptUntilSent>) -> Self {
        let activity = under_way.slot.activity.clone();
        Self::new(
            inner,
            Direction::ToClient,
            activity,
            (Some(under_way), kept),
        )
    }

    fn new(
        inner: Body,
        direction: Direction,
        activity: Arc<Activity>,
        kept: (Option<UnderWay>, Option<KeptUntilSent>),
    ) -> Self {
        let transfer = activity.begin_transfer(direction);
        if direction == Direction::ToClient {
            // The server polls the body once the head could be written: until then it waits for a
            // client that does not take the head.
            activity.turn(transfer, 0, true, Instant::now());
        }
        Self {
            inner,
            direction,
            activity,
            transfer,
            _kept: kept,
        }
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let polled = Pin::new(&mut this.inner).poll_frame(context);
        let bytes = match &polled {
            Poll::Ready(Some(Ok(frame))) => frame.data_ref().map_or(0, Bytes::len),
            Poll::Ready(_) | Poll::Pending => 0,
        };
        // Pending means that the sender is to act: the client of a request's body, the portal of a
        // response's.
        let is_clients = polled.is_pending() == (this.direction == Direction::FromClient);
        this.activity
            .turn(this.transfer, bytes as u64, is_clients, Instant::now());
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        self.activity.end_transfer(self.transfer);
    }
}

/// A socket whose writes are observed: data that the client does not receive stays here.
pub struct PacedSocket<S> {
    inner: S,
    activity: Arc<Activity>,
    is_blocked: bool,
    /// Bytes written since the last report.
    written: u64,
}

impl<S> PacedSocket<S> {
    pub const fn new(inner: S, activity: Arc<Activity>) -> Self {
        Self {
            inner,
            activity,
            is_blocked: false,
            written: 0,
        }
    }

    /// Reports changes only: for a client that receives everything at once this costs nothing.
    fn report(&mut self, polled: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = polled {
            self.written += *bytes as u64;
        }
        if self.is_blocked == polled.is_pending() && !self.is_blocked {
            return;
        }
        self.is_blocked = polled.is_pending();
        let written = std::mem::take(&mut self.written);
        self.activity
            .socket(written, self.is_blocked, Instant::now());
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedSocket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.report(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.report(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
