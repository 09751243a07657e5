//! Request bodies: their sender is known before a byte is read.
//!
//! A handler gets a complete body, and only through this file: a route that is not in the table
//! below accepts bodies of signed-in users only. What visitors without a session may send is small
//! and listed; large bodies are written to disk as they arrive and processed one after the other.
//! All memory for waiting bodies has quotas, so that no sender starves the others.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use digue_access::Role;
use digue_access::shares::{Eighths, network_of};
use digue_app::attachments::FILE_BYTES_MAX;
use digue_app::{App, OperationError};
use digue_provisioning::DirectoryCaller;
use digue_scim::ScimError;

use crate::body_storage::{BodyError, BodySender, Senders, hold, spool};
use crate::directory;
use crate::error::ApiError;
use crate::error::{PageError, too_large};
use crate::state::Console;
use crate::visitor::Visitor;

/// A form, or the message of a program.
const USUAL_BYTES_MAX: usize = 2 << 20;
/// The most that a visitor without a session may send.
const SMALL_BYTES_MAX: usize = 64 << 10;
/// A submitted message with its attachments, and the form around it.
const MESSAGE_BYTES_MAX: usize = (2 << 20) + SMALL_BYTES_MAX;
/// Registers, assessments, templates.
const SHEET_BYTES_MAX: usize = 16 << 20;
/// Contacts of some million persons.
const CONTACTS_BYTES_MAX: usize = 1 << 29;
/// Caseload files: ten million lines of some fifty bytes.
const CASELOAD_BYTES_MAX: usize = 1 << 30;

/// Who may send a body, and how large it is.
#[derive(Clone, Copy)]
enum BodyRule {
    /// Anyone.
    Public(usize),
    /// A signed-in account, or its program.
    Member(usize),
    /// An account whose role satisfies this condition.
    Role(fn(Role) -> bool, usize),
    /// The operator's directory.
    Directory(usize),
}

/// Routes that are not listed accept bodies of members, of the usual size. All paths below
/// `/.digue/` are for signing in: public and small.
const RULES: &[(&str, BodyRule)] = &[
    ("/check", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/messages", BodyRule::Public(MESSAGE_BYTES_MAX)),
    // Persons authenticate by a code or a cookie of their own.
    ("/person/door", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/letter", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/leave", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/ask", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/withdraw", BodyRule::Public(SMALL_BYTES_MAX)),
    ("/person/news", BodyRule::Public(SMALL_BYTES_MAX)),
    (
        "/incidents/{incident}/notices",
        BodyRule::Role(Role::can_respond, CONTACTS_BYTES_MAX),
    ),
    (
        "/incidents/{incident}/files",
        BodyRule::Member(FILE_BYTES_MAX + SMALL_BYTES_MAX),
    ),
    ("/register/import", BodyRule::Member(SHEET_BYTES_MAX)),
    ("/smsi/software", BodyRule::Member(SHEET_BYTES_MAX)),
    ("/smsi/exchange/pia", BodyRule::Member(SHEET_BYTES_MAX)),
    ("/smsi/exchange/template", BodyRule::Member(SHEET_BYTES_MAX)),
    (
        "/smsi/registers/{kind}/import",
        BodyRule::Member(SHEET_BYTES_MAX),
    ),
    (
        "/smsi/documents/{record}",
        BodyRule::Member(SHEET_BYTES_MAX),
    ),
    ("/smsi/evidence/{record}", BodyRule::Member(SHEET_BYTES_MAX)),
    (
        "/api/v1/evidence/{record}/file",
        BodyRule::Role(Role::can_govern, FILE_BYTES_MAX),
    ),
    (
        "/api/v1/caseloads/{population}",
        BodyRule::Role(Role::can_load, CASELOAD_BYTES_MAX),
    ),
    (
        "/api/v1/aliases/{portal}",
        BodyRule::Role(Role::can_load, CASELOAD_BYTES_MAX),
    ),
];

fn rule_of(path: &str) -> BodyRule {
    if path.starts_with("/.digue/") {
        return BodyRule::Public(SMALL_BYTES_MAX);
    }
    if path.starts_with(directory::PLACE) {
        return BodyRule::Directory(directory::BODY_BYTES_MAX);
    }
    let known = RULES
        .iter()
        .find(|(known, _)| *known == path)
        .map(|(_, rule)| *rule);
    known.unwrap_or(BodyRule::Member(USUAL_BYTES_MAX))
}

/// Reads the body of a request whose sender may send it; every other is answered unread.
pub(crate) async fn admit(
    State(console): State<Console>,
    mut request: Request,
    next: Next,
) -> Response {
    let body = std::mem::take(request.body_mut());
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    // GET and HEAD are passed on without their body, which was taken above: no handler reads one.
    let has_body = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let (Some(path), true) = (path, has_body) else {
        return next.run(request).await;
    };
    // A request without a visitor is a stranger's: only public routes take its body.
    let visitor = request
        .extensions()
        .get::<Visitor>()
        .cloned()
        .unwrap_or_else(Visitor::nobody);
    let rule = rule_of(&path);
    let caller = request.extensions().get::<DirectoryCaller>();
    let (limit, senders) = match permitted(&console.app, (&visitor, caller), rule) {
        Ok(permitted) => permitted,
        Err(error) => return refused(&path, error),
    };
    // A few larger ones would fill the memory that all waiting bodies share: these wait on disk.
    let taken = match limit > MESSAGE_BYTES_MAX {
        false => hold(&console.bodies, body, request.headers(), limit, senders).await,
        true => {
            spool(
                &console.bodies,
                console.app.data_folder(),
                body,
                request.headers(),
                limit,
                senders,
            )
            .await
        }
    };
    match taken {
        // Bound to a name, so that the quota is held until the handler has answered.
        Ok((body, _kept)) => {
            *request.body_mut() = body;
            next.run(request).await
        }
        Err(why) => not_taken(&visitor, &path, why),
    }
}

/// How much this visitor may send here, and on whose account.
fn permitted(
    app: &App,
    (visitor, directory): (&Visitor, Option<&DirectoryCaller>),
    rule: BodyRule,
) -> Result<(usize, Senders), OperationError> {
    if let BodyRule::Directory(limit) = rule {
        let caller = directory.ok_or(OperationError::Denied)?;
        let sender = BodySender::Account(caller.0.actor.account.clone());
        return Ok((limit, vec![(sender, Eighths(8))]));
    }
    let actor = match (rule, visitor.actor(app)) {
        // Tried as an account first: a signed-in user has a larger quota than strangers, also on
        // public routes.
        (BodyRule::Public(limit), Err(_)) => return Ok((limit, strangers(visitor))),
        (_, actor) => actor?,
    };
    let limit = match rule {
        BodyRule::Public(limit) | BodyRule::Member(limit) => limit,
        BodyRule::Role(may, limit) if may(actor.role) => limit,
        BodyRule::Role(..) | BodyRule::Directory(_) => return Err(OperationError::Denied),
    };
    Ok((
        limit,
        vec![(BodySender::Account(actor.account), Eighths(8))],
    ))
}

/// All senders without a session share half of it, and each address has a sixteenth of what is
/// free.
fn strangers(visitor: &Visitor) -> Senders {
    let ip = visitor.ip();
    // A host has a whole IPv6 network; counted by address, it would have as many quotas as it
    // likes.
    let address = ip
        .parse()
        .map_or(ip, |address| network_of(address).to_string());
    vec![
        (BodySender::Address(address), Eighths(1)),
        (BodySender::Strangers, Eighths(8)),
    ]
}

fn refused(path: &str, error: OperationError) -> Response {
    if path.starts_with(directory::PLACE) {
        let status = if matches!(error, OperationError::Denied) {
            401
        } else {
            429
        };
        return directory::refused(&ScimError::new(status, None, "the body was not taken"));
    }
    match path.starts_with("/api/") {
        true => ApiError::from(error).into_response(),
        false => PageError::from(error).into_response(),
    }
}

fn not_taken(visitor: &Visitor, path: &str, why: BodyError) -> Response {
    match why {
        BodyError::TooLarge if path.starts_with(directory::PLACE) => {
            directory::refused(&ScimError::new(413, None, "the body is too large"))
        }
        BodyError::TooLarge => too_large(visitor, path.starts_with("/api/")),
        BodyError::Busy => refused(path, OperationError::Busy),
        BodyError::Cut => StatusCode::BAD_REQUEST.into_response(),
        BodyError::Unwritable(error) => {
            refused(path, OperationError::Unavailable(error.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTER: &str = include_str!("router.rs");

    #[test]
    fn the_table_names_routes_that_are_there() {
        for (path, _) in RULES {
            assert!(ROUTER.contains(&format!("\"{path}\"")), "{path}");
        }
    }

    #[test]
    fn what_is_not_in_the_table_is_for_members() {
        for path in [
            "/gates",
            "/api/v1/approvals",
            "/a/new/{route}",
            "/space/persons",
        ] {
            assert!(
                matches!(rule_of(path), BodyRule::Member(USUAL_BYTES_MAX)),
                "{path}"
            );
        }
        assert!(matches!(
            rule_of("/scim/v2/Users"),
            BodyRule::Directory(directory::BODY_BYTES_MAX)
        ));
        assert!(matches!(
            rule_of("/.digue/enter"),
            BodyRule::Public(SMALL_BYTES_MAX)
        ));
    }

    #[test]
    fn strangers_send_little_and_large_bodies_need_a_role() {
        for (path, rule) in RULES {
            match rule {
                BodyRule::Public(limit) => assert!(*limit <= MESSAGE_BYTES_MAX, "{path}"),
                BodyRule::Member(limit) | BodyRule::Directory(limit) => {
                    assert!(*limit <= SHEET_BYTES_MAX, "{path}")
                }
                BodyRule::Role(may, _) => {
                    assert!(!may(Role::Agent) && !may(Role::Delegate), "{path}")
                }
            }
        }
    }
}
