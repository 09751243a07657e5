//! The decision on every person and every budget; then the entry; then, and only then, the bytes.

use bytes::Bytes;
use digue_access::{Decision, Enforcement, decide, release};
use digue_inspect::Unreadable;
use digue_types::{Exposure, Inspection, Means, Outcome, PersonRef, RefusalReason};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};

use super::Visit;
use super::response::{InspectedPersons, declared_length};
use crate::body::{Body, boxed, full};
use crate::gateway::lock;
use crate::guard::GuardedBody;
use crate::headers;
use crate::portal::UninspectedChoice;
use crate::ports::Verdict;
use crate::refusal::Refusal;
use crate::response_headers::HeaderSweep;
use crate::shown::FoundPersons;

impl Visit<Enforcement> {
    /// 6. Decides on every person and every budget; then writes the entry; then, and only then, releases
    /// the bytes.
    pub(super) async fn release(
        mut self,
        mut head: http::response::Parts,
        bytes: Bytes,
        found: Result<InspectedPersons, Unreadable>,
    ) -> Result<Response<Body>, Refusal> {
        // Before the decision: persons shown by headers count like those in the body.
        let by_headers = match self.pass_headers(&mut head) {
            Ok(persons) => persons,
            Err(unreadable) => return Err(self.refuse_unreadable(unreadable, head.status).await),
        };
        let has_body = !bytes.is_empty();
        let (mut persons, inspection) = match found {
            Ok(found) => {
                self.search.is_found_as_asked = found.has_asked_values;
                (self.with_subjects(found.persons, head.status, has_body), Inspection::Inspected)
            }
            Err(unreadable) => {
                let cause = unreadable.cause;
                self.note_unreadable(unreadable);
                if self.route().uninspected.of(cause) == UninspectedChoice::Refuse {
                    let reason = RefusalReason::Uninspectable(cause);
                    return Err(self.refuse_answer(vec![reason], cause.into(), head.status).await);
                }
                (self.with_subjects(Vec::new(), head.status, has_body), cause.into())
            }
        };
        add_all(&mut persons, &by_headers, Means::Header);
        let mut decision = self.decide(&persons, inspection);
        let shows_persons = !persons.is_empty();
        let mut exposure = self.exposure(&decision, persons, inspection, bytes.len() as u64, head.status);
        // After the decision and before the entry: the entry must say that the response was withheld.
        self.look(&mut decision, &mut exposure);
        if decision.outcome == Outcome::Refused {
            return Err(self.withhold(decision, exposure, head.status).await);
        }
        let index = match self.must_record(&exposure) {
            true => Some(self.record_answer(vec![exposure], head.status).await?),
            false => None,
        };
        // What was decided before the disk answered may have been undone since. The entry stands: it says
        // more than was shown, and never less.
        if self.guard().is_cut() {
            let reasons = std::iter::once(RefusalReason::NoSession).chain(self.done_at_portal(head.status));
            return Err(self.refusal(reasons.collect(), index));
        }
        Ok(self.response(head, bytes, index, shows_persons || inspection.is_uninspected()))
    }

    async fn refuse_unreadable(&mut self, unreadable: Unreadable, status: StatusCode) -> Refusal {
        let cause = unreadable.cause;
        self.note_unreadable(unreadable);
        self.refuse_answer(vec![RefusalReason::Uninspectable(cause)], cause.into(), status).await
    }

    /// The monitor decides last: a response that reveals a theft does not leave.
    pub(super) fn look(&self, decision: &mut Decision, exposure: &mut Exposure) {
        // A refusal is passed to the monitor when it is journalled.
        if decision.outcome == Outcome::Refused || self.shared.monitor.look(exposure) == Verdict::Pass {
            return;
        }
        decision.outcome = Outcome::Refused;
        decision.reasons = vec![RefusalReason::Withheld];
        exposure.outcome = Outcome::Refused;
        exposure.reasons.clone_from(&decision.reasons);
        exposure.shown = Vec::new();
    }

    /// Too large to hold, and the map says release: first the entry, then the stream under guard, then a
    /// second entry with the number of bytes that left.
    pub(super) async fn release_too_large(
        mut self,
        mut head: http::response::Parts,
        start: Bytes,
        rest: Body,
    ) -> Result<Response<Body>, Refusal> {
        self.note_unreadable(Unreadable::too_large());
        let inspection = Inspection::TooLarge;
        if self.route().uninspected.too_large == UninspectedChoice::Refuse {
            let reason = RefusalReason::Uninspectable(digue_types::UninspectedCause::TooLarge);
            return Err(self.refuse_answer(vec![reason], inspection, head.status).await);
        }
        let by_headers = match self.pass_headers(&mut head) {
            Ok(persons) => persons,
            Err(unreadable) => return Err(self.refuse_unreadable(unreadable, head.status).await),
        };
        let mut persons = self.with_subjects(Vec::new(), head.status, true);
        add_all(&mut persons, &by_headers, Means::Header);
        let decision = self.decide(&persons, inspection);
        if decision.outcome == Outcome::Refused {
            return Err(self.refuse_answer(decision.reasons, inspection, head.status).await);
        }
        let declared = declared_length(&head.headers);
        let known = declared.unwrap_or(start.len() as u64);
        let mut decision = decision;
        let mut exposure = self.exposure(&decision, persons, inspection, known, head.status);
        self.look(&mut decision, &mut exposure);
        if decision.outcome == Outcome::Refused {
            return Err(self.withhold(decision, exposure, head.status).await);
        }
        // Two parts only where the size is unknown: a declared one is already in the first entry.
        if declared.is_none() {
            exposure.parts = 2;
        }
        let index = self.record_answer(vec![exposure.clone()], head.status).await?;
        if self.guard().is_cut() {
            let reasons = std::iter::once(RefusalReason::NoSession).chain(self.done_at_portal(head.status));
            return Err(self.refusal(reasons.collect(), Some(index)));
        }
        let on_end = declared.is_none().then(|| self.closing_entry(exposure));
        let guarded = GuardedBody::stream(self.guard(), start, rest, on_end);
        let mut response = Response::from_parts(head, boxed(guarded));
        mark(response.headers_mut(), Some(index), true);
        Ok(response)
    }

    pub(super) fn closing_entry(&self, mut exposure: Exposure) -> Box<dyn FnOnce(u64) + Send> {
        let shared = self.shared.clone();
        // Counted from here, not from the end of the stream: a stop waits for the second entry.
        let pending = shared.pending_entries.begin();
        Box::new(move |sent| {
            exposure.part = 2;
            exposure.body_bytes = sent;
            exposure.shown = Vec::new();
            let recorder = shared.recorder.clone();
            // The first entry says that an unknown number of bytes leaves: without the second it stays so.
            let closing = async move {
                if let Err(unrecorded) = recorder.record(vec![exposure]).await {
                    tracing::error!(
                        cause = unrecorded.0,
                        "The size of a large response could not be journalled; its entry stays open"
                    );
                }
            };
            if !pending.spawn(closing) {
                tracing::error!("The size of a large response is not journalled: the process is stopping");
            }
        })
    }

    pub(super) fn response(
        &self,
        mut head: http::response::Parts,
        bytes: Bytes,
        index: Option<u64>,
        is_personal: bool,
    ) -> Response<Body> {
        mark(&mut head.headers, index, is_personal);
        // At most one piece (`PIECE_BYTES`): there is no second one to stop before.
        let is_small = bytes.len() <= 64 * 1024;
        let body = if is_small { full(bytes) } else { boxed(GuardedBody::held(self.guard(), bytes)) };
        Response::from_parts(head, body)
    }
}

impl<M> Visit<M> {
    /// A response without persons is journalled only when something about it must be remembered.
    pub(super) fn must_record(&self, exposure: &Exposure) -> bool {
        exposure.persons_found > 0
            || exposure.outcome != Outcome::Released
            || exposure.inspection != Inspection::Inspected
    }

    /// The persons found, and those named by the request: a form that is shown again after an error shows
    /// them.
    pub(super) fn with_subjects(
        &self,
        mut found: FoundPersons,
        status: StatusCode,
        has_body: bool,
    ) -> FoundPersons {
        if !says_nothing_of_subjects(status, has_body) {
            add_all(&mut found, &self.subjects, Means::Request);
        }
        found
    }

    /// Keeps the headers that may pass; returns the persons they show.
    fn pass_headers(&self, head: &mut http::response::Parts) -> Result<Vec<PersonRef>, Unreadable> {
        // The reason phrase is the portal's text, too, and nothing inspects it.
        head.extensions.clear();
        let blocks = &self.route().response.blocks;
        let sweep = HeaderSweep {
            rules: &self.portal.response_headers,
            kinds: &self.portal.kinds,
            picks: blocks.iter().flat_map(|block| &block.sweep).collect(),
        };
        let shown = sweep.pass_held(&mut head.headers);
        self.persons(shown.iter())
    }

    pub(super) fn note_unreadable(&mut self, unreadable: Unreadable) {
        tracing::warn!(
            portal.id = %self.portal.id,
            route.name = %self.route().name,
            exchange.id = %self.exchange,
            cause = %unreadable,
            "A response could not be inspected"
        );
        self.unread = Some(unreadable.detail);
    }

    pub(super) fn decide(&self, persons: &FoundPersons, inspection: Inspection) -> Decision {
        let keys = self.keys(persons.iter().map(|(person, _)| person));
        let snapshot = self.shared.rules.load_full();
        let hosts = self.shared.hosts.load();
        // Held from the check to the charge: two responses at once must not both use what is left.
        let mut budgets = lock(hosts.budgets(&self.portal.id));
        let facts = self.facts();
        if inspection.is_uninspected() {
            let uninspected = decide::release_uninspected(&snapshot, &mut budgets, &facts);
            if uninspected.outcome == Outcome::Refused {
                return uninspected;
            }
            let mut decision = release(&snapshot, &mut budgets, &facts, &keys);
            if decision.outcome != Outcome::Refused && uninspected.outcome == Outcome::WouldRefuse {
                decision.outcome = Outcome::WouldRefuse;
                decision.reasons.extend(uninspected.reasons);
            }
            return decision;
        }
        release(&snapshot, &mut budgets, &facts, &keys)
    }
}

/// Statuses by which a portal shows none of the persons it was asked for: not allowed, not found, wrong
/// method, too many requests; and redirects without a body.
fn says_nothing_of_subjects(status: StatusCode, has_body: bool) -> bool {
    matches!(status.as_u16(), 401 | 403 | 404 | 405 | 410 | 429)
        || status.is_redirection() && status != StatusCode::NOT_MODIFIED && !has_body
}

fn add_all(persons: &mut FoundPersons, more: &[PersonRef], means: Means) {
    for person in more {
        if !persons.iter().any(|(known, _)| known == person) {
            persons.push((person.clone(), means));
        }
    }
}

/// A response with persons must stay out of every cache: a copy there would be shown without an entry.
fn mark(headers: &mut HeaderMap, index: Option<u64>, is_personal: bool) {
    if let Some(index) = index {
        headers.insert(headers::RECEIPT, HeaderValue::from(index));
    }
    if is_personal {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
}
