//! 2. Whom a request names, and whether it may reach the portal.

use digue_access::{Enforcement, admit, decide};
use digue_identifiers::Unreadable;
use digue_inspect::condition::RequestContent;
use digue_inspect::read_request;
use digue_inspect::request::{RequestFields, RequestParts, RequestRule, parameters};
use digue_types::{PersonRef, RefusalReason, UnmappedAddress};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri, header};

use super::identify::IdentifiedVisit;
use super::mode::{Reporting, RequestMode as _, VisitMode};
use super::settle::settle;
use super::state::{ExactSearch, PathValues, RouteCandidates, RouteRef, Visit, VisitRule, Way};
use crate::headers::is_websocket;
use crate::path::Segments;
use crate::portal::{Route, RouteKind, SessionDemand};
use digue_inspect::graphql::{GraphQl, has_no_alias};
use digue_quotas::lock::lock;
use digue_refusals::Refusal;

/// A request, as far as the rules can read it.
pub(super) struct RequestView<'r> {
    pub(super) query: &'r str,
    pub(super) content_type: &'r str,
    pub(super) body: BodyView<'r>,
    /// It asks for a WebSocket.
    pub(super) is_upgrade: bool,
}

impl<'r> RequestView<'r> {
    /// A request that another proxy forwards.
    pub(super) fn without_body(uri: &'r Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        // `Upgrade` is hop-by-hop, so the other proxy need not pass it on: taken for granted.
        Self {
            query,
            content_type: "",
            body: BodyView::Unseen,
            is_upgrade: true,
        }
    }

    /// A request that passes through here, with the part of its body that rules need.
    pub(super) fn of(parts: &'r Parts, body: BodyView<'r>) -> Self {
        let mut types = parts.headers.get_all(header::CONTENT_TYPE).iter();
        let content_type = types.next().and_then(|value| value.to_str().ok());
        // Of two types the portal may take the other one.
        let body = match body {
            BodyView::Whole(bytes) if !bytes.is_empty() && types.next().is_some() => {
                BodyView::Unreadable
            }
            body => body,
        };
        Self {
            query: parts.uri.query().unwrap_or_default(),
            content_type: content_type.unwrap_or_default(),
            body,
            is_upgrade: parts.method == Method::GET && is_websocket(&parts.headers),
        }
    }
}

/// The body of a request, as far as the rules can read it.
pub(super) enum BodyView<'r> {
    /// All of it; empty when no rule needs it.
    Whole(&'r [u8]),
    TooLarge,
    /// It ended early, or is encoded: it could mean one thing here and another at the portal.
    Unreadable,
    /// It does not pass through here.
    Unseen,
}

/// A visit that the rules let go to the portal, or to which they objected in vain.
pub(super) struct AdmittedVisit<M> {
    visit: Box<Visit>,
    mode: M,
}

/// What an admitted request is for.
pub(super) enum Admission<M> {
    /// The map declares that it shows no one: nothing is decided about the response.
    Assets(AdmittedAssets<M>),
    /// The response is held, inspected and decided upon.
    Held(AdmittedVisit<M>, RouteRef),
    /// A WebSocket: decided upon before it is opened.
    Tunnel(AdmittedVisit<M>),
    /// No rule of the map applies, and nothing came of it.
    Unmapped(AdmittedVisit<M>),
}

/// A visit to a resource that the map declares to show no one.
pub(super) struct AdmittedAssets<M> {
    pub(super) visit: Box<Visit>,
    pub(super) mode: M,
    pub(super) is_public: bool,
}

impl<M> AdmittedVisit<M> {
    pub(super) fn visit(&self) -> &Visit {
        &self.visit
    }

    pub(super) fn into_parts(self) -> (Box<Visit>, M) {
        (self.visit, self.mode)
    }

    /// Notes the address of a request without a rule: what kind of request it was, and none of its
    /// values.
    pub(super) fn note_address(
        &mut self,
        (method, path): (&Method, Option<&Segments>),
        content_type: Option<&str>,
    ) {
        let Some(path) = path else { return };
        let (shared, portal) = (&self.visit.shared, &self.visit.portal);
        let template = shared
            .address_words
            .template(portal, &*shared.aliases, path);
        self.visit.unmapped = Some(UnmappedAddress::new(
            method.as_str(),
            &template,
            content_type,
        ));
    }
}

impl AdmittedVisit<Enforcement> {
    pub(super) const fn enforcement(&self) -> Enforcement {
        self.mode
    }

    /// Learns from the portal's response who sent the request, where it says so.
    pub(super) async fn settle(
        &mut self,
        status: StatusCode,
        response: &HeaderMap,
    ) -> Result<(), Refusal> {
        // What a refusal says of the request depends on it.
        self.visit.answered = Some(status);
        let was_unknown = self.visit.caller.is_unknown();
        settle(&mut self.visit, &mut self.mode, Some(response)).await?;
        // Counted once the account is known.
        if was_unknown && self.mode.asks_too_often(&self.visit) {
            let reasons = vec![RefusalReason::TooManyRequests];
            self.mode.object(&self.visit, reasons).await?;
        }
        Ok(())
    }

    pub(super) async fn refuse(&self, reasons: Vec<RefusalReason>) -> Refusal {
        self.visit.refuse(self.mode, reasons).await
    }
}

impl<M: VisitMode> IdentifiedVisit<M> {
    pub(super) async fn admit(self, request: &RequestView<'_>) -> Result<Admission<M>, M::Stop> {
        let (mut visit, mut mode, candidates) = self.into_parts();
        let (route, values) = match visit.choose_route(&candidates, request) {
            Ok(Some(chosen)) => chosen,
            Ok(None) => return Ok(Admission::Unmapped(AdmittedVisit { visit, mode })),
            Err(reason) => {
                mode.object(&visit, vec![reason]).await?;
                return Ok(Admission::Unmapped(AdmittedVisit { visit, mode }));
            }
        };
        let is_sound = !mode.has_objected();
        let objections = match route.kind {
            // An open tunnel cannot be inspected: it is for callers who are known.
            RouteKind::WebSocket
                if is_sound && visit.caller.is_unknown() && visit.may_be_anonymous() =>
            {
                vec![RefusalReason::NoSession]
            }
            RouteKind::Assets { is_public } => {
                if is_sound && !is_public {
                    visit.objections_to_assets(&route)
                } else {
                    Vec::new()
                }
            }
            RouteKind::Held | RouteKind::WebSocket => {
                let objections = visit.objections_to(&route, &values, request, is_sound);
                let is_miss = |reason: &RefusalReason| *reason == RefusalReason::OutsideCaseload;
                let subjects = visit.subjects.clone();
                if objections.iter().any(is_miss) && visit.look_up_outside(&route, &subjects).await
                {
                    visit.objections_to(&route, &values, request, is_sound)
                } else {
                    objections
                }
            }
        };
        if !objections.is_empty() {
            mode.object(&visit, objections).await?;
        }
        Ok(match route.kind {
            // A resource that enforced mode would have refused is journalled.
            RouteKind::Assets { is_public } if !mode.has_objected() => {
                Admission::Assets(AdmittedAssets {
                    visit,
                    mode,
                    is_public,
                })
            }
            RouteKind::WebSocket => Admission::Tunnel(AdmittedVisit { visit, mode }),
            RouteKind::Assets { .. } | RouteKind::Held => {
                Admission::Held(AdmittedVisit { visit, mode }, route)
            }
        })
    }
}

impl IdentifiedVisit<Reporting> {
    /// The portal has admitted it: gates and caseload can keep nothing back any more.
    pub(super) fn admitted_by_portal(self) -> AdmittedVisit<Reporting> {
        let (visit, mode, _) = self.into_parts();
        AdmittedVisit { visit, mode }
    }
}

/// The token of a request that fetches an earlier answer, given once.
fn token_of(route: &Route, values: &PathValues, request: &RequestView<'_>) -> Option<String> {
    let name = route.later.remembers.as_ref()?;
    let query = parameters(request.query).unwrap_or_default();
    let given: Vec<&String> = values
        .iter()
        .chain(&query)
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value)
        .collect();
    match given[..] {
        [one] => Some(one.clone()),
        _ => None,
    }
}

impl Visit {
    /// The route that answers: where several may, the body says which one.
    fn choose_route(
        &mut self,
        candidates: &RouteCandidates,
        request: &RequestView<'_>,
    ) -> Result<Option<(RouteRef, PathValues)>, RefusalReason> {
        let body = match request.body {
            BodyView::Whole(bytes) => Ok(bytes),
            BodyView::TooLarge => Err(RefusalReason::RequestTooLarge),
            BodyView::Unreadable => Err(RefusalReason::MalformedRequest),
            BodyView::Unseen => Err(RefusalReason::BodyUnseen),
        };
        let content = |bytes| RequestContent::of(request.query, request.content_type, bytes);
        if !candidates.are_chosen_by_body() {
            // Its conditions, if it has any, hold for the head of the request.
            return Ok(candidates.chosen(&RequestContent::of_head(request.query)));
        }
        let chosen = body.and_then(|bytes| {
            let chosen = candidates
                .chosen(&content(bytes))
                .ok_or(RefusalReason::UnknownRoute)?;
            let bytes_max = usize::try_from(chosen.0.request_bytes_max).unwrap_or(usize::MAX);
            match bytes.len() <= bytes_max {
                true => Ok(chosen),
                false => Err(RefusalReason::RequestTooLarge),
            }
        });
        self.rule = match &chosen {
            Ok((route, _)) => VisitRule::Mapped(route.clone()),
            Err(_) => VisitRule::Unmapped,
        };
        chosen.map(Some)
    }

    /// Resources that the map declares to show no one are not inspected, yet subject to the gates.
    fn objections_to_assets(&self, route: &Route) -> Vec<RefusalReason> {
        Vec::from_iter(decide::gate_refusal(
            &self.shared.rules.load(),
            &self.facts(route),
        ))
    }

    /// Notes whom the request names. What makes a request unreadable comes first; the rules are
    /// asked about a sound one, which nothing else speaks against.
    fn objections_to(
        &mut self,
        route: &Route,
        values: &PathValues,
        request: &RequestView<'_>,
        is_sound: bool,
    ) -> Vec<RefusalReason> {
        // Noted before the parameters are checked: an observed visit needs its persons even where
        // they are refused.
        let fields = self.request_fields(route, values, request);
        let noted = fields.and_then(|fields| {
            self.note(route, &fields)
                .map_err(|_| RefusalReason::MalformedRequest)
        });
        if let Err(reason) = self.check_parameters(route, request).and(noted) {
            return vec![reason];
        }
        if !is_sound {
            return Vec::new();
        }
        self.token = token_of(route, values, request);
        let is_anonymous = self.caller.is_unknown() && self.may_be_anonymous();
        if is_anonymous && self.session_demand() == SessionDemand::Required {
            return self.objections_to_anonymous(route);
        }
        let keys = self.keys(&self.subjects);
        let rules = self.shared.rules.load_full();
        let hosts = self.shared.hosts.load();
        // Released again before the portal is asked: `decide` checks anew, because others may use
        // up the rest meanwhile.
        let budgets = lock(hosts.budgets(&self.portal.id));
        let reasons = admit(&rules, &budgets, &self.facts(route), &keys);
        let subjects: Vec<&PersonRef> = self.subjects.iter().collect();
        let named = self.named_outside((&rules, &budgets), &subjects, &reasons);
        self.named = named;
        reasons
    }

    /// A visitor of whom nothing is known, or nothing yet, at a portal that names its users: what
    /// the answer shows is decided then. A change to a person would be done by then.
    fn objections_to_anonymous(&self, route: &Route) -> Vec<RefusalReason> {
        if self.may_change && !self.subjects.is_empty() {
            return vec![RefusalReason::NoSession];
        }
        // A portal that is closed answers nobody. A proof of identity is asked of those who are known.
        let closed = self
            .objections_to_assets(route)
            .into_iter()
            .filter(|reason| matches!(reason, RefusalReason::GateClosed(_)));
        closed.collect()
    }

    /// Unknown parameters and renamed fields could change what the response contains: only those of
    /// the map pass.
    fn check_parameters(
        &self,
        route: &Route,
        request: &RequestView<'_>,
    ) -> Result<(), RefusalReason> {
        let query = parameters(request.query).map_err(|_| RefusalReason::MalformedRequest)?;
        if route.query.stranger(&query).is_some() {
            return Err(RefusalReason::UnknownParameter);
        }
        // Admitted, it would be a tunnel with nobody at the client's side (`proxied`).
        if route.kind == RouteKind::WebSocket && !request.is_upgrade {
            return Err(RefusalReason::MalformedRequest);
        }
        let (content_type, body) = self.readable_body(route, request)?;
        match route.graphql {
            GraphQl::NoAliases if !has_no_alias(content_type, body, &query) => {
                Err(RefusalReason::RenamedFields)
            }
            GraphQl::NoAliases | GraphQl::Unread => Ok(()),
        }
    }

    /// The body that the rules read, with its type.
    fn readable_body<'r>(
        &self,
        route: &Route,
        request: &RequestView<'r>,
    ) -> Result<(&'r str, &'r [u8]), RefusalReason> {
        match request.body {
            BodyView::Whole(bytes) => Ok((request.content_type, bytes)),
            BodyView::TooLarge => Err(RefusalReason::RequestTooLarge),
            BodyView::Unreadable => Err(RefusalReason::MalformedRequest),
            // A safe method has no body to read; any other could name anyone in it.
            BodyView::Unseen if route.needs_request_body() && self.may_change => {
                Err(RefusalReason::BodyUnseen)
            }
            BodyView::Unseen => Ok(("", &[])),
        }
    }

    fn request_fields(
        &self,
        route: &Route,
        values: &PathValues,
        request: &RequestView<'_>,
    ) -> Result<RequestFields, RefusalReason> {
        let (content_type, body) = self.readable_body(route, request)?;
        let parts = RequestParts {
            path: values,
            query: request.query,
            content_type,
            body,
        };
        read_request(&route.request, &self.portal.kinds, &parts)
            .map_err(|_| RefusalReason::MalformedRequest)
    }

    /// Notes whom a request names, and whether it is an exact search: by one of the map's sets of
    /// values, each given once.
    fn note(&mut self, route: &Route, fields: &RequestFields) -> Result<(), Unreadable> {
        let values = |name: &String| fields.0.get(name).filter(|values| values.len() == 1);
        let mut sets = route.exact_sets.iter();
        let given = sets.find_map(|set| set.iter().map(values).collect::<Option<Vec<_>>>());
        self.search = ExactSearch {
            // The person found must be compared with the values searched: impossible where the
            // response is not seen.
            is_asked: given.is_some() && self.way != Way::ForwardAuth,
            values: given.into_iter().flatten().flatten().cloned().collect(),
            is_found_as_asked: false,
        };
        self.subjects = self.subjects_of(route, fields)?;
        Ok(())
    }

    fn subjects_of(
        &self,
        route: &Route,
        fields: &RequestFields,
    ) -> Result<Vec<PersonRef>, Unreadable> {
        // Where the response is not seen, every identifier of the request counts as a subject.
        let is_about = |rule: &&RequestRule| rule.is_subject || self.way == Way::ForwardAuth;
        let rules = route.request.iter().filter(is_about);
        let identifiers = rules.flat_map(|rule| fields.0.get(&rule.name).into_iter().flatten());
        self.persons(identifiers)
    }
}
