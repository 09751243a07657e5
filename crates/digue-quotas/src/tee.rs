//! A body that passes unchanged while a bounded copy of it is kept.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::hold::Share;
use crate::lock::lock;
use digue_http::body::{Body, BoxError};

/// The copy of a body that has passed.
#[derive(Debug, Default)]
pub struct CopiedBody {
    pub bytes: Bytes,
    /// Bytes that passed, copied or not.
    pub passed: u64,
    pub extent: CopyExtent,
    /// Keeps the memory of the copy counted while it exists.
    pub share: Option<Share>,
}

/// How much of a body was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyExtent {
    #[default]
    Whole,
    /// The body is larger than the limit of the copy.
    TooLarge,
    /// Too many copies are kept at once.
    NoRoom,
    /// One of the two ends broke off.
    CutShort,
}

/// The copy of a body, readable during and after its passage. Its lock is taken before that of
/// `HeldBytes`, in which its share grows.
#[derive(Clone)]
pub struct BodyCopy(Arc<Mutex<CopyState>>);

struct CopyState {
    kept: BytesMut,
    passed: u64,
    extent: CopyExtent,
    limit: usize,
    share: Option<Share>,
}

impl BodyCopy {
    fn new(limit: usize, share: Share) -> Self {
        let share = Some(share);
        let state = CopyState {
            kept: BytesMut::new(),
            passed: 0,
            extent: CopyExtent::CutShort,
            limit,
            share,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    fn add(&self, piece: &Bytes) {
        let mut state = lock(&self.0);
        state.passed += piece.len() as u64;
        // `CutShort` until the end is seen: only then is the copy known to be whole.
        if state.extent != CopyExtent::CutShort {
            return;
        }
        if state.kept.len() + piece.len() > state.limit {
            state.give_up(CopyExtent::TooLarge);
        } else if state
            .share
            .as_mut()
            .is_some_and(|share| share.grow(piece.len()).is_ok())
        {
            state.kept.extend_from_slice(piece);
        } else {
            state.give_up(CopyExtent::NoRoom);
        }
    }

    /// The body is complete.
    fn end(&self) {
        let mut state = lock(&self.0);
        if state.extent == CopyExtent::CutShort {
            state.extent = CopyExtent::Whole;
        }
    }

    /// The copy so far; until the body ends it is `CutShort`.
    pub fn take(&self) -> CopiedBody {
        let mut state = lock(&self.0);
        CopiedBody {
            bytes: std::mem::take(&mut state.kept).freeze(),
            passed: state.passed,
            extent: state.extent,
            share: state.share.take(),
        }
    }
}

impl CopyState {
    fn give_up(&mut self, why: CopyExtent) {
        self.extent = why;
        self.kept = BytesMut::new();
        self.share = None;
    }
}

/// Called once, when the body has ended or was dropped.
type OnEnd = Box<dyn FnOnce() + Send>;

pub struct CopyingBody {
    inner: Body,
    copy: BodyCopy,
    on_end: Option<OnEnd>,
    /// An error of the body, returned only after the pieces before it could be sent.
    broken: Option<BoxError>,
    is_sent: bool,
}

/// `body`, with a copy of at most `limit` bytes.
pub fn tee(body: Body, limit: usize, share: Share) -> (CopyingBody, BodyCopy) {
    let copy = BodyCopy::new(limit, share);
    if body.is_end_stream() {
        copy.end();
    }
    // The head of the message may still have to be sent before a body that fails at once.
    let body = CopyingBody {
        inner: body,
        copy: copy.clone(),
        on_end: None,
        broken: None,
        is_sent: false,
    };
    (body, copy)
}

impl CopyingBody {
    pub fn on_end(mut self, on_end: impl FnOnce() + Send + 'static) -> Self {
        self.on_end = Some(Box::new(on_end));
        self
    }
}

impl HttpBody for CopyingBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Some(broken) = this.broken.take() {
            return Poll::Ready(Some(Err(broken)));
        }
        match Pin::new(&mut this.inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(piece) = frame.data_ref() {
                    this.copy.add(piece);
                }
                this.is_sent = false;
                Poll::Ready(Some(Ok(frame)))
            }
            // hyper drops what it has not written when a body fails; polled once more, it writes
            // first.
            Poll::Ready(Some(Err(broken))) if !this.is_sent => {
                this.broken = Some(broken);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Ready(None) => {
                this.copy.end();
                Poll::Ready(None)
            }
            Poll::Pending => {
                this.is_sent = true;
                Poll::Pending
            }
            broken => broken,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for CopyingBody {
    fn drop(&mut self) {
        // A server that knows the length does not poll for the end.
        if self.inner.is_end_stream() {
            self.copy.end();
        }
        if let Some(on_end) = self.on_end.take() {
            on_end();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use http_body_util::BodyExt as _;

    use super::*;
    use crate::hold::{HeldBytes, begin};
    use digue_http::body::boxed;

    /// A body of pieces, then its end or an error.
    struct Pieces(VecDeque<Result<Bytes, BoxError>>);

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            Poll::Ready(self.0.pop_front().map(|piece| piece.map(Frame::data)))
        }
    }

    fn pieces(count: usize, is_cut: bool) -> Body {
        let mut pieces: VecDeque<Result<Bytes, BoxError>> = (0..count)
            .map(|_| Ok(Bytes::from_static(b"abcd")))
            .collect();
        if is_cut {
            pieces.push_back(Err("cut".into()));
        }
        boxed(Pieces(pieces))
    }

    fn read(body: CopyingBody) -> Result<Bytes, BoxError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime
            .block_on(body.collect())
            .map(http_body_util::Collected::to_bytes)
    }

    #[track_caller]
    fn check(
        pieces: Body,
        limit: usize,
        room: usize,
        kept: &[u8],
        passed: u64,
        extent: CopyExtent,
    ) {
        let (teed, copy) = tee(pieces, limit, begin(&HeldBytes::new(room), []));
        let read = read(teed);
        let copied = copy.take();
        assert_eq!(
            (&*copied.bytes, copied.passed, copied.extent),
            (kept, passed, extent)
        );
        assert!(read.map_or(true, |bytes| bytes.len() as u64 == passed));
    }

    #[test]
    fn all_bytes_pass_and_as_many_as_may_be_are_kept() {
        check(pieces(2, false), 8, 8, b"abcdabcd", 8, CopyExtent::Whole);
        check(pieces(3, false), 8, 80, b"", 12, CopyExtent::TooLarge);
        check(pieces(3, false), 80, 8, b"", 12, CopyExtent::NoRoom);
        check(pieces(1, true), 80, 80, b"abcd", 4, CopyExtent::CutShort);
        check(pieces(0, false), 80, 80, b"", 0, CopyExtent::Whole);
    }

    #[test]
    fn a_body_that_fails_at_once_lets_the_head_be_sent_first() {
        let (mut teed, _) = tee(pieces(0, true), 80, begin(&HeldBytes::new(80), []));
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut teed).poll_frame(&mut context).is_pending());
        assert!(matches!(
            Pin::new(&mut teed).poll_frame(&mut context),
            Poll::Ready(Some(Err(_)))
        ));
    }

    #[test]
    fn a_body_that_nobody_reads_on_is_cut_short() {
        let (ended, ends) = std::sync::mpsc::channel();
        let (teed, copy) = tee(pieces(1, false), 80, begin(&HeldBytes::new(80), []));
        drop(teed.on_end(move || ended.send(()).unwrap()));
        assert_eq!(copy.take().extent, CopyExtent::CutShort);
        assert_eq!(ends.try_iter().count(), 1);
    }

    #[test]
    fn the_memory_of_a_copy_is_given_back() {
        let held = HeldBytes::new(8);
        for _ in 0..3 {
            let (teed, copy) = tee(pieces(2, false), 80, begin(&held, []));
            read(teed).unwrap();
            assert_eq!(copy.take().extent, CopyExtent::Whole);
        }
    }
}
