//! Who sends a request: a session, a key, a token or a header, whichever the portal's map names.

use digue_access::session::{Bearer, SessionDoubt, SessionLookup};
use digue_access::{RequestOrigin, Session, Snapshot};
use digue_identifiers::Identifier;
use digue_types::{PersonRef, SessionId, Timestamp};
use http::HeaderMap;
use http::header::HeaderName;

pub use crate::caller::{Caller, CallerKind, IdentityFailure, token_hash};
use crate::caller::{not_taken, organisation_of};
use crate::gateway::SharedGateway;
use crate::headers::{device_cookie, session_cookie};
use crate::key::{ProofTarget, by_key};
use crate::portal::{Identity, Portal};
use crate::shown::persons_of;
pub use crate::token::{TokenVerifier, VerifierOptions};
use digue_connections::facts::ConnectionFacts;
pub use digue_headers::assertion::{AssertedFacts, Asserter};
use digue_portal_login::name_mapping::NameFault;
use digue_quotas::lock::lock;

/// The target of a request, and where it comes from.
#[derive(Clone, Copy)]
pub struct IdentityRequest<'a> {
    pub portal: &'a Portal,
    pub target: ProofTarget<'a>,
    pub connection: &'a ConnectionFacts,
}

/// Recognises the caller of a request to a portal.
pub(crate) fn identify(
    shared: &SharedGateway,
    request: &IdentityRequest<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Caller, IdentityFailure> {
    let snapshot = shared.rules.load();
    let portal = request.portal;
    let caller = match &portal.identity {
        Identity::Session => {
            match by_key(&snapshot, &shared.used_proofs, request.target, headers, now) {
                // A failed proof does not fall back to a cookie that came along: the request
                // presents a key and is judged by it alone.
                Some(caller) => caller?,
                None => by_session(
                    shared,
                    request.target.host,
                    &request.connection.origin,
                    headers,
                    now,
                )?,
            }
        }
        Identity::Jwt(verifier) => {
            verifier.identify((&portal.id, &portal.mapping), &snapshot, headers, now)?
        }
        Identity::Header {
            account,
            organisation,
            from,
        } => {
            // By the address of the peer, not of the client: the header is the proxy's own word.
            if !from
                .iter()
                .any(|network| network.contains(&request.connection.peer))
            {
                return Err(IdentityFailure::NotSignedIn);
            }
            by_header(portal, &snapshot, (account, organisation.as_ref()), headers)?
        }
        // Asked in `portal_login`, which waits for the portal.
        Identity::Portal(_) => return Err(IdentityFailure::NotYetNamed),
    };
    accepted(shared, &snapshot, portal, caller, now)
}

/// The caller whom a session, a key or another system names, as Digue admits them: of their current
/// organisation, and neither suspended nor cut.
pub(crate) fn accepted(
    shared: &SharedGateway,
    snapshot: &Snapshot,
    portal: &Portal,
    mut caller: Caller,
    now: Timestamp,
) -> Result<Caller, IdentityFailure> {
    // The name of callers that are not known, for whom no caseload and no budget counts: no account
    // has it.
    if caller.account.is_unknown() {
        return Err(IdentityFailure::NotAdmitted);
    }
    match snapshot.directory.find(&caller.account) {
        Some(record) if record.is_suspended => {
            return Err(IdentityFailure::ShutOut(Box::new(caller)));
        }
        // The current organisation: a session may be older than a move to another one.
        Some(record) => caller.organisation = record.organisation.clone(),
        // A session may outlive its account; it is refused here.
        None if !caller.kind.is_vouched_for() => {
            return Err(IdentityFailure::ShutOut(Box::new(caller)));
        }
        None => caller.own = own_record(shared, portal, &caller)?,
    }
    // Before the organisation is asked for: a pilot takes an account without one for a stranger,
    // and a cut account is none.
    if shared.is_cut(&caller, now) {
        return Err(IdentityFailure::Cut(Box::new(caller)));
    }
    if caller.own.is_none() && caller.organisation.is_unknown() {
        return Err(IdentityFailure::Unplaced(Box::new(caller)));
    }
    Ok(caller)
}

/// The record of a caller whose name the map takes for a person's.
fn own_record(
    shared: &SharedGateway,
    portal: &Portal,
    caller: &Caller,
) -> Result<Option<PersonRef>, IdentityFailure> {
    let Some(rule) = &portal.own_record else {
        return Ok(None);
    };
    let Ok(text) = rule.names.apply(caller.account.as_str()) else {
        // An account of an organisation.
        return Ok(None);
    };
    let kind = &portal.kinds[rule.kind];
    // Accounts are in lower case, identifiers need not be: one of the two must be one.
    let forms = [kind.canonical(text), kind.canonical(&text.to_uppercase())];
    let identifier = match forms {
        [Some(one), None] | [None, Some(one)] => one,
        [Some(one), Some(other)] if one == other => one,
        // A name that is nobody's identifier, or may be that of two, is no person's.
        [Some(_), Some(_)] | [None, None] => return Err(IdentityFailure::NotAdmitted),
    };
    let identifier = Identifier {
        kind: rule.kind,
        text: identifier,
    };
    let persons = persons_of(portal, &*shared.aliases, std::iter::once(&identifier))
        .map_err(|_| IdentityFailure::NotAdmitted)?;
    Ok(persons.into_iter().next())
}

/// The session that a request presents.
pub enum SessionCaller {
    Good(Session),
    Doubted(Session, SessionDoubt),
    Nobody,
}

/// The session of a request's cookies, marked as used now when it is good.
pub fn session_of(
    shared: &SharedGateway,
    host: &str,
    origin: &RequestOrigin,
    headers: &HeaderMap,
    now: Timestamp,
) -> SessionCaller {
    with_session(shared, host, origin, headers, now, |found| match found {
        SessionLookup::Good(session) => SessionCaller::Good(session.clone()),
        SessionLookup::Doubted(session, doubt) => SessionCaller::Doubted(session.clone(), doubt),
        SessionLookup::Nothing => SessionCaller::Nobody,
    })
}

fn with_session<T>(
    shared: &SharedGateway,
    host: &str,
    origin: &RequestOrigin,
    headers: &HeaderMap,
    now: Timestamp,
    look: impl FnOnce(SessionLookup<'_>) -> T,
) -> T {
    let Some(secret) = session_cookie(headers) else {
        return look(SessionLookup::Nothing);
    };
    let device = device_cookie(headers).map(token_hash);
    let bearer = Bearer {
        origin,
        device: device.as_ref(),
    };
    // One lock for look-up and use: a cut cannot fall between the two.
    let mut sessions = lock(&shared.sessions);
    look(sessions.touch(&token_hash(secret), host, bearer, now))
}

fn by_session(
    shared: &SharedGateway,
    host: &str,
    origin: &RequestOrigin,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Caller, IdentityFailure> {
    let caller = |session: &Session| Caller {
        account: session.account.clone(),
        organisation: session.organisation.clone(),
        session: session.id.clone(),
        proved_at: session.proved_at,
        kind: CallerKind::Session,
        own: None,
    };
    with_session(shared, host, origin, headers, now, |found| match found {
        SessionLookup::Good(session) => Ok(caller(session)),
        SessionLookup::Doubted(session, _) => {
            Err(IdentityFailure::Doubted(Box::new(caller(session))))
        }
        SessionLookup::Nothing => Err(IdentityFailure::NotSignedIn),
    })
}

fn by_header(
    portal: &Portal,
    snapshot: &Snapshot,
    (account, organisation): (&HeaderName, Option<&HeaderName>),
    headers: &HeaderMap,
) -> Result<Caller, IdentityFailure> {
    let header_value = |name: &HeaderName| match single_text(headers, name) {
        Ok(text) => Ok(text.filter(|text| !text.trim().is_empty())),
        Err(fault) => Err(not_taken(&portal.id, "header", &fault)),
    };
    let account = header_value(account)?.ok_or(IdentityFailure::NotSignedIn)?;
    let account = portal
        .mapping
        .account(account)
        .map_err(|fault| not_taken(&portal.id, "account", &fault))?;
    let claimed = organisation.map(header_value).transpose()?.flatten();
    let claimed = claimed.map(|text| portal.mapping.organisation(text));
    let organisation = organisation_of(&portal.id, snapshot, &account, claimed)?;
    let session = SessionId::parse("proxy").expect("the fixed name `proxy` is a session id");
    // A header says who a user is, never when they proved it.
    let proved_at = Timestamp::ZERO;
    Ok(Caller {
        account,
        organisation,
        session,
        proved_at,
        kind: CallerKind::Header,
        own: None,
    })
}

/// A header that is sent once, as text; names of people are written in UTF-8.
fn single_text<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h str>, NameFault> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(NameFault::Several);
    }
    std::str::from_utf8(value.as_bytes())
        .map(Some)
        .map_err(|_| NameFault::NoText)
}
