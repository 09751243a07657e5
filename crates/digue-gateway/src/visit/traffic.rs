//! What the observer of traffic is told: responses that were inspected, and what passed at a portal
//! in pilot mode.

use bytes::Bytes;
use digue_identifiers::Unreadable;
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName};
use http::request::Parts;
use http::uri::PathAndQuery;

use super::state::{RouteRef, Visit};
use crate::inspection::BodyReading;
use crate::ports::{InspectedResponse, PassedExchange};
use digue_quotas::tee::{CopiedBody, CopyExtent};

impl Visit {
    pub(super) fn tell_inspected(
        &self,
        route: &RouteRef,
        (status, headers, body): (StatusCode, &HeaderMap, &Bytes),
        found: &Result<BodyReading, Unreadable>,
    ) {
        let Some(observer) = self.shared.traffic.get() else {
            return;
        };
        observer.inspected(&InspectedResponse {
            at: self.now,
            portal: &self.portal.id,
            route: &route.name,
            template: self.template.as_deref(),
            status: status.as_u16(),
            content_type: text(headers, &header::CONTENT_TYPE),
            content_encoding: &codings(headers),
            body,
            shown: found.as_ref().ok().map(|reading| &reading.shown),
            has_subject: !self.subjects.is_empty(),
        });
    }

    /// Only of a portal whose bodies it wants.
    pub(super) fn tell_passed(
        &self,
        (request, request_body): (&Parts, &CopiedBody),
        (status, headers): (StatusCode, &HeaderMap),
        body: &CopiedBody,
    ) {
        let Some(observer) = self.shared.traffic.get() else {
            return;
        };
        if self.shared.observed_bytes_max(&self.portal) == 0 {
            return;
        }
        observer.passed(&PassedExchange {
            portal: &self.portal.id,
            method: request.method.as_str(),
            target: request
                .uri
                .path_and_query()
                .map_or("/", PathAndQuery::as_str),
            request_type: text(&request.headers, &header::CONTENT_TYPE).unwrap_or_default(),
            request_body: &request_body.bytes,
            status: status.as_u16(),
            location: text(headers, &header::LOCATION),
            content_type: text(headers, &header::CONTENT_TYPE),
            content_encoding: &codings(headers),
            body: (body.extent == CopyExtent::Whole).then_some(&*body.bytes),
        });
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn codings(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",")
}
