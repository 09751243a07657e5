//! A resource under an address that the map declares to show nobody, as its type and its bytes are:
//! what is no style sheet, script, picture, font, sound or film is searched before it leaves.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use digue_identifiers::{Pick, ResponseReading, Unreadable};
use digue_inspect::resource_form::{HEAD_BYTES, ResourceForm, resource_form};
use digue_inspect::{InspectionLimits, Message, RuleBlock};
use digue_types::UninspectedCause;
use http::header::{self, HeaderMap};
use http::{Response, StatusCode};

use digue_http::body::{Body, StartedBody, boxed, empty, full};
use digue_quotas::hold::{self, BodyHolder, HeldBody, HeldBytes, HoldError, Share, counted};
use digue_quotas::inspection_queue::{
    InspectionBusy, InspectionQueue, SHORT_BYTES, TurnHolder, is_plain,
};
use digue_refusals::Refusal;

/// A response for a resource, and what it is checked with.
pub struct Resource<'r> {
    pub held: &'r Arc<HeldBytes>,
    pub inspections: &'r Arc<InspectionQueue>,
    /// The longest silence between two pieces of its body.
    pub idle: Duration,
    /// The most bytes of one that is searched.
    pub held_bytes_max: usize,
    pub limits: InspectionLimits,
    /// Whom it shows, by the kinds and patterns of the portal's map.
    pub search: ResourceSearch,
    /// Whose turn an inspection is.
    pub turn: TurnHolder,
    /// Whose quota of held bytes is used.
    pub holders: Vec<BodyHolder>,
}

/// Whom a resource shows; apart from the connection, hence shared.
pub type ResourceSearch = Arc<
    dyn Fn(&Message<'_>, &InspectionLimits) -> Result<ResponseReading, Unreadable> + Send + Sync,
>;

/// Why a resource does not leave.
pub enum ResourceFault {
    /// It shows a person, or nobody can tell whether it does.
    Unfit(UninspectedCause),
    Unavailable(Refusal),
}

impl Resource<'_> {
    /// The response, once it is known to be what the map says.
    pub async fn check(&self, response: Response<Body>) -> Result<Response<Body>, ResourceFault> {
        let (mut head, body) = response.into_parts();
        let content_type = content_type(&head.headers)?;
        let is_coded = head.headers.contains_key(header::CONTENT_ENCODING);
        let is_part = head.status == StatusCode::PARTIAL_CONTENT;
        // The first bytes say nothing where they are coded, or come from the middle of a file.
        if is_coded || is_part {
            if resource_form(content_type.as_deref(), None) == ResourceForm::Program {
                return Ok(Response::from_parts(head, body));
            }
            if is_part {
                return Err(ResourceFault::Unfit(UninspectedCause::UnknownType));
            }
        }
        let (start, rest) = match self.hold(body, HEAD_BYTES).await? {
            HeldBody::Whole { bytes, share } => (counted(bytes, share), None),
            HeldBody::TooLarge { start, rest } => (start, Some(rest)),
        };
        let known = (!is_coded).then(|| &start[..start.len().min(HEAD_BYTES)]);
        let form = resource_form(content_type.as_deref(), known);
        let body = match rest {
            Some(rest) => boxed(StartedBody { start, rest }),
            None if start.is_empty() => return Ok(Response::from_parts(head, empty())),
            None => full(start),
        };
        if form == ResourceForm::Program {
            return Ok(Response::from_parts(head, body));
        }
        // A program that asks for parts of it would get none of them.
        head.headers.remove(header::ACCEPT_RANGES);
        match self.hold(body, self.held_bytes_max).await? {
            HeldBody::Whole { bytes, share } => {
                let share = self
                    .search(&head.headers, content_type, &bytes, share)
                    .await?;
                Ok(Response::from_parts(head, full(counted(bytes, share))))
            }
            HeldBody::TooLarge { .. } => Err(ResourceFault::Unfit(UninspectedCause::TooLarge)),
        }
    }

    async fn hold(&self, body: Body, bytes_max: usize) -> Result<HeldBody, ResourceFault> {
        let share = hold::begin(self.held, self.holders.iter().cloned());
        let held = hold::hold(body, bytes_max, self.idle, share).await;
        held.map_err(|error| {
            ResourceFault::Unavailable(match error {
                HoldError::Full(_) => Refusal::busy(),
                HoldError::Cut(_) | HoldError::Silent => Refusal::unavailable(
                    StatusCode::BAD_GATEWAY,
                    "unavailable-title",
                    "unavailable-portal",
                ),
            })
        })
    }

    /// Searches the texts of a resource for identifiers; fails where there is one.
    async fn search(
        &self,
        headers: &HeaderMap,
        content_type: Option<String>,
        bytes: &Bytes,
        mut share: Share,
    ) -> Result<Share, ResourceFault> {
        let limits = self.limits;
        let coding = coding(headers);
        let unpacked = match is_plain(headers, bytes) {
            true => bytes.len(),
            false => limits.decoded_bytes_max,
        };
        let look = {
            let (search, bytes) = (self.search.clone(), bytes.clone());
            move || {
                let held = share.amount();
                if share.grow(unpacked).is_err() {
                    return (Err(ResourceFault::Unavailable(Refusal::busy())), share);
                }
                let message = Message {
                    status: 200,
                    content_type: content_type.as_deref(),
                    content_encoding: &coding,
                    body: &bytes,
                };
                // A panic in a reader makes the resource unreadable.
                let found = catch_unwind(AssertUnwindSafe(|| search(&message, &limits)));
                share.shrink_to(held);
                let checked = match found {
                    Ok(Ok(ResponseReading::ShowsNobody(_))) => Ok(()),
                    // The map says that it shows nobody: it does not describe it.
                    Ok(Ok(ResponseReading::Persons(_))) => {
                        Err(ResourceFault::Unfit(UninspectedCause::Undescribed))
                    }
                    Ok(Ok(ResponseReading::Unreadable(why)) | Err(why)) => {
                        Err(ResourceFault::Unfit(why.cause))
                    }
                    Err(_) => Err(ResourceFault::Unfit(UninspectedCause::Broken)),
                };
                (checked, share)
            }
        };
        let (checked, share) = match is_plain(headers, bytes) && bytes.len() <= SHORT_BYTES {
            true => look(),
            false => {
                let done = self.inspections.run(&self.turn, bytes.len(), look).await;
                done.map_err(|InspectionBusy| ResourceFault::Unavailable(Refusal::busy()))?
            }
        };
        checked.map(|()| share)
    }
}

/// All patterns of a map's blocks, each once.
pub fn sweep_of<'r>(blocks: impl Iterator<Item = &'r RuleBlock>) -> Vec<Pick> {
    let mut sweep: Vec<Pick> = Vec::new();
    for pick in blocks.flat_map(|block| &block.sweep) {
        let is_same = |known: &Pick| known.kind == pick.kind && text_of(known) == text_of(pick);
        if !sweep.iter().any(is_same) {
            sweep.push(pick.clone());
        }
    }
    sweep
}

fn text_of(pick: &Pick) -> Option<&str> {
    pick.pattern.as_ref().map(|pattern| pattern.as_str())
}

/// The one type of a response; of several, clients differ in which they use.
fn content_type(headers: &HeaderMap) -> Result<Option<String>, ResourceFault> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let first = types.next().map(|value| value.to_str());
    match (first, types.next()) {
        (None, _) => Ok(None),
        (Some(Ok(one)), None) => Ok(Some(one.to_owned())),
        (Some(_), _) => Err(ResourceFault::Unfit(UninspectedCause::UnknownType)),
    }
}

/// The codings of a body; one that is no text is none that is known.
fn coding(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let names: Vec<&str> = values
        .map(|value| value.to_str().unwrap_or("unknown"))
        .collect();
    names.join(",")
}
