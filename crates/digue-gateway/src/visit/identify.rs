//! 1. Who sends a request, and which rule of the map applies.
//!
//! Sessions, keys, tokens and headers are told apart in `identity`; from here on they are one
//! caller.

use std::sync::Arc;

use digue_types::{PersonRef, RefusalReason, Scope, Timestamp};

use super::mode::{Reporting, RequestMode};
use super::state::{PortalRequest, RouteCandidates, RouteRef, Visit, VisitLogin, VisitRule, Way};
use crate::caller::{Caller, CallerKind, IdentityFailure, directory_organisation};
use crate::gateway::SharedGateway;
use crate::identity;
use crate::portal::{Portal, Route, RouteKind, SessionDemand};
use crate::portal_login::LoginQuestion;
use crate::reported::ReportedVisit;
use digue_connections::paced::KeptUntilSent;

/// A visit of a known caller, under a known rule.
pub(super) struct IdentifiedVisit<M> {
    visit: Box<Visit>,
    mode: M,
    candidates: RouteCandidates,
}

impl<M> IdentifiedVisit<M> {
    pub(super) fn visit(&self) -> &Visit {
        &self.visit
    }

    pub(super) fn parts_mut(&mut self) -> (&mut Visit, &mut M) {
        (&mut self.visit, &mut self.mode)
    }

    /// The routes of which the body of the request chooses one.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &RouteRef> {
        self.candidates.all()
    }

    pub(super) fn into_parts(self) -> (Box<Visit>, M, RouteCandidates) {
        (self.visit, self.mode, self.candidates)
    }
}

impl<M: RequestMode> IdentifiedVisit<M> {
    /// The caller, where the portal is to be told who it is.
    pub(super) fn caller_to_tell(&self) -> Option<&Caller> {
        (self.mode.is_recognised() && self.mode.needs_account())
            .then(|| self.visit.known_caller())
            .flatten()
    }
}

/// Identifies the caller of a request, and objects where there is none, or no route.
///
/// The second value counts the request among those of its account while it lives.
pub(super) async fn identify<M: RequestMode>(
    shared: &Arc<SharedGateway>,
    mut mode: M,
    request: &PortalRequest<'_>,
    candidates: RouteCandidates,
) -> Result<(IdentifiedVisit<M>, Option<KeptUntilSent>), M::Stop> {
    let now = shared.clock.now();
    let is_malformed = request.is_malformed();
    let question = LoginQuestion::of(
        request.portal,
        (request.host, request.way == Way::ForwardAuth),
        request.uri,
        request.headers,
        request.connection,
    );
    let is_named = |name: &str| candidates.all().all(|route| route.query.names(name));
    let found = match &question {
        // The portal may take the session of the address for the visitor's.
        Some(question) if mode.asks_first() && question.is_contradicted(is_named) => {
            Err(IdentityFailure::Unclear)
        }
        Some(question) if mode.asks_first() => question.before_the_portal(shared, now).await,
        Some(_) => Err(IdentityFailure::NotYetNamed),
        None => identity::identify(shared, &request.identity(), request.headers, now),
    };
    let is_open = question.is_some() || candidates.first().is_some_and(|route| is_open(route));
    let (caller, doubt) = match found {
        Ok(caller) => (caller, None),
        // Their answer is inspected like any other, and may show nobody.
        Err(failure) if failure.is_nobody() && is_open => (mode.anonymous(now), None),
        Err(failure) => {
            let doubt = reason_of(&failure);
            let reason = if is_malformed {
                RefusalReason::MalformedRequest
            } else {
                doubt.clone()
            };
            let is_objected = object_to(&mode, &failure);
            let caller = match failure {
                // Known, and perhaps a thief: journalled.
                IdentityFailure::Doubted(caller) | IdentityFailure::PasskeyMissing(caller) => {
                    *caller
                }
                failure => mode.stranger(failure.named(), reason, now)?,
            };
            (caller, is_objected.then_some(doubt))
        }
    };
    let rule = match candidates.first() {
        Some(route) => VisitRule::Mapped(route.clone()),
        None => VisitRule::Unmapped,
    };
    let mut visit = Box::new(Visit::of_request(shared, request, rule, caller, now));
    if visit.caller.is_unknown() && visit.may_be_anonymous() {
        visit.brought = visit.identifiers_of_target(request.uri);
    }
    let question = question.map(Arc::new);
    visit.sign_in = question.clone();
    visit.login = question.map(|question| VisitLogin {
        is_settled: mode.asks_first() && !question.is_asked_of_response(),
        question,
    });
    if is_malformed {
        mode.object(&visit, vec![RefusalReason::MalformedRequest])
            .await?;
    }
    // A public resource needs no caller. Elsewhere a doubted one is journalled, because it may be a
    // theft.
    if let Some(doubt) = doubt
        && visit.kind() != Some(RouteKind::Assets { is_public: true })
    {
        mode.object(&visit, vec![doubt]).await?;
    }
    let turn = mode.take_turn(&visit)?;
    // After the account is known: an unmapped request is evidence about it, and is counted and
    // journalled.
    if visit.route().is_none() && !is_malformed {
        mode.object(&visit, vec![RefusalReason::UnknownRoute])
            .await?;
    }
    // Assets are not counted: they leave no entry.
    let is_counted = !matches!(visit.kind(), Some(RouteKind::Assets { .. }));
    if is_counted && mode.asks_too_often(&visit) {
        mode.object(&visit, vec![RefusalReason::TooManyRequests])
            .await?;
    }
    Ok((
        IdentifiedVisit {
            visit,
            mode,
            candidates,
        },
        turn,
    ))
}

/// A route for those who are not signed in, too.
fn is_open(route: &Route) -> bool {
    route.session == SessionDemand::NotRequired
}

/// True where a failure speaks against a visit: a stranger's does not as long as nobody has an
/// account of Digue.
pub(super) fn object_to(mode: &impl RequestMode, failure: &IdentityFailure) -> bool {
    mode.needs_account() || !failure.is_of_a_stranger()
}

pub(super) fn reason_of(failure: &IdentityFailure) -> RefusalReason {
    match failure {
        IdentityFailure::Unclear => RefusalReason::LoginUnclear,
        IdentityFailure::PasskeyMissing(_) => RefusalReason::StepUp(Scope::Account),
        IdentityFailure::NotAdmitted
        | IdentityFailure::Unplaced(_)
        | IdentityFailure::ShutOut(_) => RefusalReason::UnknownAccount,
        IdentityFailure::NotSignedIn | IdentityFailure::NotYetNamed | IdentityFailure::Cut(_) => {
            RefusalReason::NoSession
        }
        IdentityFailure::Doubted(_) => RefusalReason::SessionMoved,
    }
}

/// Identifies the caller of a visit that a portal reports, with the persons shown: the portal
/// vouches for the account, and the directory says to which organisation it belongs.
pub(super) fn identify_reported(
    shared: &Arc<SharedGateway>,
    portal: &Arc<Portal>,
    reported: ReportedVisit,
) -> (IdentifiedVisit<Reporting>, Vec<PersonRef>) {
    let ReportedVisit {
        at,
        account,
        organisation,
        session,
        route,
        action,
        categories,
        client,
        persons,
    } = reported;
    let organisation =
        directory_organisation(&shared.rules.load(), &account).unwrap_or(organisation);
    let caller = Caller {
        account,
        organisation,
        session,
        // A report says who a user is, never when they proved it.
        proved_at: Timestamp::ZERO,
        kind: CallerKind::Header,
        own: None,
    };
    let rule = VisitRule::Declared {
        route,
        action,
        categories,
    };
    let visit = Box::new(Visit::of_report(shared, portal, rule, (caller, client), at));
    (
        IdentifiedVisit {
            visit,
            mode: Reporting::default(),
            candidates: RouteCandidates::default(),
        },
        persons,
    )
}
