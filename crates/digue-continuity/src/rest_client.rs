//! The HTTP below a REST repository: the client that Digue has for portals, waited for.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digue_backup::rest_store::{RestAnswer, RestRequest, RestTransport};
use digue_http::body;
use digue_http::client::HttpClient;
use http::{Request, header};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::waiting;

/// For the head of an answer, and as much again for its body. A pack has some tens of megabytes; a
/// slow line takes minutes for it.
const ANSWER_WITHIN: Duration = if cfg!(test) {
    Duration::from_millis(200)
} else {
    Duration::from_mins(10)
};
/// Several times the largest pack that restic or Digue writes.
const ANSWER_BYTES_MAX: usize = 512 << 20;

/// One repository on a server.
pub(crate) struct RestClient {
    url: String,
    /// The value of `Authorization`.
    authorization: Option<String>,
    client: HttpClient,
    runtime: Arc<Runtime>,
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
        let runtime = waiting::runtime()?;
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
        // The client's limit ends with the head; a body that trickles would hold a backup for ever.
        let body = body::collect(answer.into_body(), ANSWER_BYTES_MAX);
        let body = timeout(ANSWER_WITHIN, body).await??;
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

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc;

    use digue_backup::rest_store::RestMethod;

    use super::*;

    /// A server that sends a head and the first byte of a body, and then nothing more for as long as
    /// the sender lives.
    fn trickling() -> (String, mpsc::Sender<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (held, until) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            let (mut stream, _): (TcpStream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx";
            stream.write_all(answer).unwrap();
            let _ = until.recv();
        });
        (url, held)
    }

    #[test]
    fn a_body_that_does_not_end_holds_no_backup() {
        let (url, _held) = trickling();
        let client = HttpClient::new(rustls::RootCertStore::empty(), Duration::from_secs(5));
        let client = RestClient::new(url, None, client).unwrap();
        let request = RestRequest {
            method: RestMethod::Get,
            path: "config".to_owned(),
            range: None,
            wants_sizes: false,
            body: Vec::new().into(),
        };
        assert!(client.send(&request).is_err());
    }
}
