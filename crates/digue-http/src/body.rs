//! One body type for everything that passes: boxed, so that pages, proxied streams and held
//! responses are the same to the server.

use bytes::Bytes;
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
