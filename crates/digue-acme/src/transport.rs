//! The authority is asked by Digue's own HTTP client, with its authorities and limits.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use digue_http::body;
use digue_http::client::HttpClient;
use http::Request;
use instant_acme::{BodyWrapper, BytesResponse, Error};

/// Until the head of an answer: authorities write to several logs before they answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// Larger than any directory, problem or chain.
const ANSWER_BYTES_MAX: usize = 1 << 20;

pub(crate) struct AuthorityTransport(pub(crate) HttpClient);

type Answering = Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>>;

impl instant_acme::HttpClient for AuthorityTransport {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Answering {
        let client = self.0.clone();
        Box::pin(async move {
            let answer = client
                .send(request.map(body::boxed), ANSWER_TIME_MAX)
                .await
                .map_err(|error| Error::Other(Box::new(error)))?;
            Ok(answer
                .map(|content| body::limited(content, ANSWER_BYTES_MAX))
                .into())
        })
    }
}
