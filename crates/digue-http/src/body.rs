//! One body type for everything that passes: boxed, so that pages, proxied streams and held
//! responses are the same to the server.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

pub fn empty() -> Body {
    full(Bytes::new())
}

/// Any body of bytes, boxed.
pub fn boxed<B>(body: B) -> Body
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// A body of which the beginning was read already.
pub struct StartedBody {
    pub start: Bytes,
    pub rest: Body,
}

impl http_body::Body for StartedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.start.is_empty() {
            return Pin::new(&mut self.rest).poll_frame(context);
        }
        let start = std::mem::take(&mut self.start);
        Poll::Ready(Some(Ok(Frame::data(start))))
    }
}

/// `body`, which fails once more than `bytes_max` have arrived.
pub fn limited(body: Body, bytes_max: usize) -> Body {
    boxed(Limited::new(body, bytes_max))
}

/// True for the error of a body with more than the most bytes; any other was cut off.
pub fn is_too_long(error: &BoxError) -> bool {
    error.is::<LengthLimitError>()
}

/// The whole of `body`, at most `bytes_max`.
pub async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, BoxError> {
    Ok(limited(body, bytes_max).collect().await?.to_bytes())
}
