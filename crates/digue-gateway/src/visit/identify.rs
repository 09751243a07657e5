//! 1. Who sends a request, and which rule of the map applies.
//!
//! Sessions, keys, tokens and headers are told apart in `identity`; from here on they are one
//! caller.

use std::sync::Arc;

use digue_types::{PersonRef, RefusalReason, Timestamp};

use super::mode::{Reporting, RequestMode};
use super::state::{PathValues, PortalRequest, RouteRef, Visit, VisitRule};
use crate::caller::{Caller, CallerKind, IdentityFailure, directory_organisation};
use crate::gateway::SharedGateway;
use crate::identity;
use crate::portal::{Portal, RouteKind};
use crate::reported::ReportedVisit;
use digue_connections::paced::KeptUntilSent;

/// A visit of a known caller, under a known rule.
pub(super) struct IdentifiedVisit<M> {
    visit: Box<Visit>,
    mode: M,
    values: PathValues,
}

impl<M> IdentifiedVisit<M> {
    pub(super) fn visit(&self) -> &Visit {
        &self.visit
    }

    pub(super) fn into_parts(self) -> (Box<Visit>, M, PathValues) {
        (self.visit, self.mode, self.values)
    }
}

impl<M: RequestMode> IdentifiedVisit<M> {
    /// The caller, where the portal is to be told who it is.
    pub(super) fn caller_to_tell(&self) -> Option<&Caller> {
        (self.mode.is_recognised() && self.mode.needs_account()).then_some(&self.visit.caller)
    }
}

/// Identifies the caller of a request, and objects where there is none, or no route.
///
/// The second value counts the request among those of its account while it lives.
pub(super) async fn identify<M: RequestMode>(
    shared: &Arc<SharedGateway>,
    mut mode: M,
    request: &PortalRequest<'_>,
    route: Option<(RouteRef, PathValues)>,
) -> Result<(IdentifiedVisit<M>, Option<KeptUntilSent>), M::Stop> {
    let now = shared.clock.now();
    let is_malformed = request.is_malformed();
    let (caller, doubt) =
        match identity::identify(shared, &request.identity(), request.headers, now) {
            Ok(caller) => (caller, None),
            Err(failure) => {
                let doubt = reason_of(&failure);
                let reason = if is_malformed {
                    RefusalReason::MalformedRequest
                } else {
                    doubt.clone()
                };
                let is_objected = mode.needs_account() || !failure.is_of_a_stranger();
                let caller = match failure {
                    IdentityFailure::Doubted(caller) => *caller,
                    IdentityFailure::NotSignedIn | IdentityFailure::NotAdmitted => {
                        mode.stranger(None, reason, now)?
                    }
                    IdentityFailure::Unplaced(caller)
                    | IdentityFailure::ShutOut(caller)
                    | IdentityFailure::Cut(caller) => mode.stranger(Some(*caller), reason, now)?,
                };
                (caller, is_objected.then_some(doubt))
            }
        };
    let (rule, values) = match route {
        Some((route, values)) => (VisitRule::Mapped(route), values),
        None => (VisitRule::Unmapped, PathValues::new()),
    };
    let visit = Box::new(Visit::of_request(shared, request, rule, caller, now));
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
            values,
        },
        turn,
    ))
}

fn reason_of(failure: &IdentityFailure) -> RefusalReason {
    match failure {
        IdentityFailure::NotAdmitted
        | IdentityFailure::Unplaced(_)
        | IdentityFailure::ShutOut(_) => RefusalReason::UnknownAccount,
        IdentityFailure::NotSignedIn | IdentityFailure::Cut(_) => RefusalReason::NoSession,
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
            values: PathValues::new(),
        },
        persons,
    )
}
