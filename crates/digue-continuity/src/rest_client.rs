//! The HTTP below a REST repository: the client that Digue has for portals, waited for.

use std::error::Error;
use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_backup::rest_store::{RestAnswer, RestRequest, RestTransport};
use digue_http::body;
use digue_http::client::HttpClient;
use http::{Request, header};
use tokio::runtime::{Builder, Runtime};

/// A pack has some tens of megabytes; a slow line takes minutes for it.
const ANSWER_WITHIN: Duration = Duration::from_mins(10);
/// Several times the largest pack that restic or Digue writes.
const ANSWER_BYTES_MAX: usize = 512 << 20;

/// One repository on a server.
pub(crate) struct RestClient {
    url: String,
    /// The value of `Authorization`.
    authorization: Option<String>,
    client: HttpClient,
    runtime: Runtime,
}

impl RestClient {
    /// `url` is the repository's, without a final `/`; `login` are the name and password that the
    /// server asks for.
    ///
    /// # Errors
    /// When the system gives no thread to wait with.
    pub(crate) fn new(
        url: String,
        login: Option<(&str, &str)>,
        client: HttpClient,
    ) -> io::Result<Self> {
        let authorization = login.map(|(user, password)| {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        });
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            url,
            authorization,
            client,
            runtime,
        })
    }

    async fn exchange(
        &self,
        request: &RestRequest,
    ) -> Result<RestAnswer, Box<dyn Error + Send + Sync>> {
        let mut sent = Request::builder()
            .method(request.method.name())
            .uri(format!("{}/{}", self.url, request.path))
            .header(header::CONTENT_LENGTH, request.body.len());
        if let Some(authorization) = &self.authorization {
            sent = sent.header(header::AUTHORIZATION, authorization);
        }
        if let Some((first, last)) = request.range {
            sent = sent.header(header::RANGE, format!("bytes={first}-{last}"));
        }
        if request.wants_sizes {
            sent = sent.header(header::ACCEPT, "application/vnd.x.restic.rest.v2");
        }
        let answer = self
            .client
            .send(sent.body(body::full(request.body.clone()))?, ANSWER_WITHIN)
            .await?;
        let status = answer.status().as_u16();
        let length = answer.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let body = body::collect(answer.into_body(), ANSWER_BYTES_MAX).await?;
        Ok(RestAnswer {
            status,
            length,
            body,
        })
    }
}

impl RestTransport for RestClient {
    fn send(&self, request: &RestRequest) -> Result<RestAnswer, Box<dyn Error + Send + Sync>> {
        self.runtime.block_on(self.exchange(request))
    }
}
