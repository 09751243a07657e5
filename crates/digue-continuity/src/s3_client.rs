//! The HTTP below a repository in a bucket: signed requests by the client that Digue has for portals,
//! waited for.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_backup::s3_store::{S3Answer, S3Request, S3Transport};
use digue_http::body;
use digue_http::client::HttpClient;
use digue_types::Timestamp;
use http::Request;
use md5::{Digest as _, Md5};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::sigv4::{
    AccessKey, SignedParts, amz_date, authorization, content_hash, encode, query_text,
};
use crate::waiting;

/// For the head of an answer, and as much again for its body, as for other servers.
const ANSWER_WITHIN: Duration = Duration::from_mins(10);
/// Several times the largest pack that restic or Digue writes.
const ANSWER_BYTES_MAX: usize = 512 << 20;

/// Where a bucket is.
#[derive(Clone, Debug)]
pub struct BucketAddress {
    /// `https://s3.exemple.fr`, without a final `/`.
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    /// The bucket is the first part of the path, and not of the host's name.
    pub is_path_style: bool,
}

/// One bucket.
pub(crate) struct S3Client {
    /// Scheme and host of the bucket.
    origin: String,
    host: String,
    /// Before the object's name: `/bucket/`, or `/`.
    root: String,
    region: String,
    key: AccessKey,
    client: HttpClient,
    runtime: Arc<Runtime>,
}

impl S3Client {
    /// # Errors
    /// When the system gives no thread to wait with.
    pub(crate) fn new(
        address: &BucketAddress,
        key: AccessKey,
        client: HttpClient,
    ) -> io::Result<Self> {
        let (scheme, host) = address
            .endpoint
            .split_once("://")
            .expect("an endpoint is checked where it is configured");
        let (host, root) = if address.is_path_style {
            (host.to_owned(), format!("/{}/", address.bucket))
        } else {
            (format!("{}.{host}", address.bucket), "/".to_owned())
        };
        Ok(Self {
            origin: format!("{scheme}://{host}"),
            host,
            root,
            region: address.region.clone(),
            key,
            client,
            runtime: waiting::runtime()?,
        })
    }

    /// The whole request, signed at `now`.
    fn signed(&self, request: &S3Request, now: Timestamp) -> http::Result<Request<body::Body>> {
        let path = encode(&format!("{}{}", self.root, request.key), true);
        let query: Vec<(String, String)> = request
            .query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let (date, content) = (amz_date(now), content_hash(&request.body));
        let mut headers: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        headers.push(("host".to_owned(), self.host.clone()));
        headers.push(("x-amz-date".to_owned(), date.clone()));
        headers.push(("x-amz-content-sha256".to_owned(), content.clone()));
        if !request.body.is_empty() {
            // Stores want it beside every lock, and some know no other checksum.
            let sum = STANDARD.encode(Md5::digest(&request.body));
            headers.push(("content-md5".to_owned(), sum));
        }
        let parts = SignedParts {
            method: request.method.name(),
            path: &path,
            query: &query,
            headers: &headers,
            content: &content,
        };
        let authorization = authorization(&self.key, &self.region, &date, &parts);
        let target = match query_text(&query) {
            query if query.is_empty() => format!("{}{path}", self.origin),
            query => format!("{}{path}?{query}", self.origin),
        };
        let mut sent = Request::builder()
            .method(request.method.name())
            .uri(target)
            .header("authorization", authorization)
            .header("content-length", request.body.len());
        for (name, value) in headers {
            sent = sent.header(name, value);
        }
        sent.body(body::full(request.body.clone()))
    }

    async fn exchange(
        &self,
        request: &S3Request,
    ) -> Result<S3Answer, Box<dyn Error + Send + Sync>> {
        let sent = self.signed(request, self.now())?;
        let answer = self.client.send(sent, ANSWER_WITHIN).await?;
        let status = answer.status().as_u16();
        let headers = answer.headers().iter().filter_map(|(name, value)| {
            // A value that is no text is none of those that are read here.
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let headers = headers.collect();
        // The client's limit ends with the head; a body that trickles would hold a backup for ever.
        let body = body::collect(answer.into_body(), ANSWER_BYTES_MAX);
        let body = timeout(ANSWER_WITHIN, body).await??;
        Ok(S3Answer {
            status,
            headers,
            body,
        })
    }
}

impl S3Transport for S3Client {
    fn send(&self, request: &S3Request) -> Result<S3Answer, Box<dyn Error + Send + Sync>> {
        self.runtime.block_on(self.exchange(request))
    }

    fn now(&self) -> Timestamp {
        // A server takes a signature for a quarter of an hour: the time of the request, not that of
        // the backup, which may have begun hours before.
        Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
    }
}
