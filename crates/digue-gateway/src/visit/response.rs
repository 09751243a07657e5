//! The round trip to the portal, the response held whole, and whom it shows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use digue_access::Enforcement;
use digue_inspect::{Identifier, Uninspected};
use digue_types::PersonRef;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};

use super::Visit;
use crate::body::Body;
use crate::headers;
use crate::hold::{Held, HoldError, hold};
use crate::refusal::Refusal;

/// Above this size inspection leaves the connection's worker, so that others are not kept waiting.
const LONG_INSPECTION_BYTES: usize = 256 << 10;

impl Visit<Enforcement> {
    /// 4. The round trip, and the response held whole.
    pub(super) async fn forward(
        self,
        mut outgoing: Request<()>,
        body: Body,
        asked: Parts,
    ) -> Result<Response<Body>, Refusal> {
        headers::ask_for_readable(outgoing.headers_mut());
        let request = outgoing.map(|()| body);
        let response = self.shared.upstream.send(request, &self.portal.timeouts).await?;
        let (mut head, body) = response.into_parts();
        headers::strip_response(&mut head.headers);
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Refusal::unavailable(
                StatusCode::BAD_GATEWAY,
                "unavailable-title",
                "unavailable-portal",
            ));
        }
        if asked.method == http::Method::HEAD {
            return self.release(head, Bytes::new(), None, Ok(Vec::new())).await;
        }
        let limit = self.route().held_bytes_max;
        match hold(body, limit, self.portal.timeouts.idle, &self.shared.room).await {
            Ok(Held::Whole { bytes, share }) => {
                let found = self.inspect(&head.headers, &bytes);
                self.release(head, bytes, Some(share), found).await
            }
            Ok(Held::TooLarge { start, rest }) => self.release_too_large(head, start, rest).await,
            Err(HoldError::Full) => Err(Refusal::unavailable(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable-title",
                "unavailable-busy",
            )),
            Err(error) => {
                tracing::warn!(portal.id = %self.portal.id, error = %error, "A response did not arrive whole");
                Err(Refusal::unavailable(StatusCode::BAD_GATEWAY, "unavailable-title", "unavailable-portal"))
            }
        }
    }
}

impl<M> Visit<M> {
    /// 5. Whom does it show? A panic in a parser is a response that could not be read.
    pub(super) fn inspect(&self, headers: &HeaderMap, bytes: &Bytes) -> Result<Vec<PersonRef>, Uninspected> {
        let text = |name| headers.get(name).map(HeaderValue::to_str);
        let route = self.route();
        let look = || -> Result<Vec<Identifier>, Uninspected> {
            let unreadable = |_| Uninspected::Broken("a header is not text".to_owned());
            if headers.get_all(header::CONTENT_TYPE).iter().count() > 1 {
                return Err(Uninspected::Broken("two content types".to_owned()));
            }
            let content_type = text(header::CONTENT_TYPE).transpose().map_err(unreadable)?;
            let mut codings = Vec::new();
            for value in headers.get_all(header::CONTENT_ENCODING) {
                codings.push(value.to_str().map_err(unreadable)?);
            }
            digue_inspect::inspect(
                &route.response,
                &self.portal.kinds,
                content_type,
                &codings.join(","),
                bytes,
                &route.inspect_limits,
            )
        };
        let caught = || catch_unwind(AssertUnwindSafe(look));
        let result =
            if bytes.len() > LONG_INSPECTION_BYTES { tokio::task::block_in_place(caught) } else { caught() };
        let identifiers =
            result.unwrap_or_else(|_| Err(Uninspected::Broken("the inspection failed".to_owned())))?;
        Ok(self.persons(identifiers.iter()))
    }
}

pub(super) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
