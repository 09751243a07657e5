//! The response of a held route, as the client receives it: every byte after its entry.

use digue_types::Exposure;
use http::Response;
use http::header::{self, HeaderMap, HeaderValue};

use super::answer::{AnswerBody, ProxiedAnswer};
use super::record::ReleasedVisit;
use super::state::Visit;
use crate::guard::{GuardedBody, PIECE_BYTES};
use digue_http::body::{Body, boxed, full};

impl ReleasedVisit<ProxiedAnswer> {
    /// The portal's response; a large one stops when the account is cut.
    pub(super) fn respond(self) -> Response<Body> {
        let Self {
            visit,
            answer,
            entry,
            open_entry,
            is_personal,
            guard,
        } = self;
        let ProxiedAnswer {
            mut head,
            body,
            given,
        } = answer;
        // Only now: a token that was not handed out fetches nothing.
        // Unknown callers have a name in common: what one ordered another could fetch.
        if let Some(given) = given.filter(|_| !visit.caller.is_unknown()) {
            visit.shared.remembered.keep(
                (&visit.portal.id, &visit.caller.account),
                (given.token, given.persons),
                (visit.now, given.lasts),
            );
        }
        let is_stream = matches!(body, AnswerBody::Pieces(_));
        mark(&mut head.headers, entry, is_personal || is_stream);
        let body = match body {
            // There is no second piece to stop before.
            AnswerBody::Held(bytes) if bytes.len() <= PIECE_BYTES => full(bytes),
            AnswerBody::Held(bytes) => boxed(GuardedBody::held(guard, bytes)),
            AnswerBody::Stream { start, rest } => {
                let on_end = open_entry.map(|open_entry| visit.closing_entry(open_entry));
                boxed(GuardedBody::stream(guard, start, rest, on_end))
            }
            AnswerBody::Pieces(stream) => stream.respond(visit, guard),
        };
        Response::from_parts(head, body)
    }
}

impl Visit {
    /// Writes how many bytes of a stream have left.
    fn closing_entry(&self, mut exposure: Exposure) -> Box<dyn FnOnce(u64) + Send> {
        let shared = self.shared.clone();
        // Counted from here, not from the end of the stream: a stop waits for the second entry.
        let pending = shared.pending_entries.begin();
        Box::new(move |sent| {
            exposure.part = 2;
            exposure.body_bytes = sent;
            exposure.shown = Vec::new();
            let recorder = shared.recorder.clone();
            // The first entry says that an unknown number of bytes leaves: without the second it
            // stays so.
            let closing = async move {
                if let Err(unrecorded) = recorder.record(vec![exposure]).await {
                    tracing::error!(
                        cause = unrecorded.0,
                        "The size of a large response could not be journalled; its entry stays open"
                    );
                }
            };
            if !pending.spawn(closing) {
                tracing::error!(
                    "The size of a large response is not journalled: the process is stopping"
                );
            }
        })
    }
}

/// A response with persons must stay out of every cache: a copy there would be shown without an
/// entry.
fn mark(headers: &mut HeaderMap, index: Option<u64>, is_personal: bool) {
    if let Some(index) = index {
        headers.insert(digue_refusals::RECEIPT, HeaderValue::from(index));
    }
    if is_personal {
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        );
    }
}
