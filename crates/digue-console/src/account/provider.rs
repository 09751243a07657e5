//! Sign-in at external identity providers: there and back, the remaining steps here, and logout on
//! both sides.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use digue_app::OperationError;
use digue_identity::providers::{
    self, LinkedIdentity, ProviderReply, SignInOutcome, SignInPurpose, SingleFactorSignIn,
    StartedSignIn,
};
use digue_types::{AccountId, OrganisationId};
use serde::Deserialize;

use crate::account::cookies::{PROVIDER_COOKIE, provider_cookie, with_cookie};
use crate::account::person_space;
use crate::account::sign_in::{SignInReturn, opened};
use crate::error::{PageError, PageRedirect, PageResponse};
use crate::state::Console;
use crate::view::{Localizer, ceremony_policy, page};
use crate::visitor::Visitor;

/// What a browser holds while its holder is at a provider. It comes back from another site.
#[derive(Deserialize)]
pub(crate) struct ProviderStart {
    /// The invitation whose account is to be linked.
    #[serde(default)]
    link: String,
    /// Not empty: a fresh proof for the existing session.
    #[serde(default)]
    proof: String,
    /// Not empty: the space of a person.
    #[serde(default)]
    person: String,
    #[serde(flatten)]
    way: SignInReturn,
}

/// Redirects to a provider.
pub(crate) async fn begin(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(provider): Path<String>,
    Query(towards): Query<ProviderStart>,
) -> PageResponse {
    visitor.must_be_on_console()?;
    let purpose = if !towards.link.is_empty() {
        SignInPurpose::Link {
            invitation: towards.link,
            session: visitor.session.as_ref().map(|own| own.id.clone()),
        }
    } else if !towards.proof.is_empty() {
        let session = visitor.console_session()?.id.clone();
        let next = if towards.way.has_next() {
            towards.way.local_next()
        } else {
            "/self"
        };
        SignInPurpose::Prove {
            session,
            next: next.to_owned(),
        }
    } else if !towards.person.is_empty() {
        SignInPurpose::Person
    } else {
        SignInPurpose::SignIn {
            next: towards.way.welcome(),
            is_fresh: towards.way.is_fresh(),
        }
    };
    let begun = providers::begin(&console.app, &provider, provider_cookie(&headers), purpose).await;
    Ok(sent(begun?))
}

fn sent(begun: StartedSignIn) -> Response {
    let cookie =
        // `Lax` and not `Strict`: the redirect back is a navigation from the provider's site, and
        // would come without the cookie.
        format!("{PROVIDER_COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600", begun.browser);
    with_cookie(Redirect::to(&begun.address).into_response(), &cookie)
}

#[derive(Deserialize)]
pub(crate) struct ProviderCallback {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    iss: Option<String>,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "step_up.html")]
struct StepUpPage {
    w: Localizer,
    weak: SingleFactorSignIn,
    is_wrong: bool,
}

#[derive(Template)]
#[template(path = "link_identity.html")]
struct LinkPage {
    w: Localizer,
    ticket: String,
    account: AccountId,
    organisation: OrganisationId,
    called: String,
}

/// The redirect back from a provider.
pub(crate) async fn back(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(provider): Path<String>,
    Query(back): Query<ProviderCallback>,
) -> PageResponse {
    visitor.must_be_on_console()?;
    let reply = ProviderReply {
        code: &back.code,
        state: &back.state,
        issuer: back.iss.as_deref(),
        error: back.error.as_deref(),
    };
    let came = providers::finish(
        &console.app,
        &provider,
        provider_cookie(&headers),
        reply,
        &visitor.origin,
    )
    .await;
    let w = Localizer::new(&visitor);
    Ok(match came? {
        SignInOutcome::Account(linked) => entered(&console, &visitor, linked).await?,
        SignInOutcome::Proved { next } => Redirect::to(&next).into_response(),
        SignInOutcome::Weak(weak) => step_up(w, weak, false),
        SignInOutcome::ToLink {
            ticket,
            account,
            organisation,
            called,
        } => page(&LinkPage {
            w,
            ticket,
            account,
            organisation,
            called,
        })
        .into_response(),
        SignInOutcome::Person { secret } => person_space::entered(&secret),
        SignInOutcome::Again(begun) => sent(begun),
    })
}

fn step_up(w: Localizer, weak: SingleFactorSignIn, is_wrong: bool) -> Response {
    let status = if is_wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = page(&StepUpPage { w, weak, is_wrong });
    (
        status,
        [(header::CONTENT_SECURITY_POLICY, ceremony_policy(""))],
        page,
    )
        .into_response()
}

#[derive(Deserialize)]
pub(crate) struct LinkTicket {
    ticket: String,
    #[serde(default)]
    code: String,
}

/// Links the identity to the account that the page named.
pub(crate) async fn link(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<LinkTicket>,
) -> PageResponse {
    visitor.must_be_on_console()?;
    let linked = providers::confirm_link(
        &console.app,
        &form.ticket,
        provider_cookie(&headers),
        &visitor.origin,
    )
    .await;
    entered(&console, &visitor, linked?).await
}

/// Sets the cookie of a session that was opened here, and redirects.
async fn entered(console: &Console, visitor: &Visitor, linked: LinkedIdentity) -> PageResponse {
    let next = Redirect::to(&linked.next).into_response();
    opened(console, visitor, next, &linked.secret, &linked.session)
        .await
        .map_err(PageError::from)
}

/// Completes a weak factor with a one-time code.
pub(crate) async fn by_code(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<LinkTicket>,
) -> PageResponse {
    visitor.must_be_on_console()?;
    let (app, held) = (&console.app, provider_cookie(&headers));
    let done =
        providers::step_up_by_code(app, &form.ticket, held, &form.code, &visitor.origin).await;
    match done {
        // A wrong code alone: the ticket was put back, and the page is shown again.
        Err(OperationError::Invalid("invalid-password")) => {
            let weak = providers::still_weak(app, &form.ticket, held).await?;
            Ok(step_up(Localizer::new(&visitor), weak, true))
        }
        other => entered(&console, &visitor, other?).await,
    }
}

#[derive(Deserialize)]
pub(crate) struct LogoutToken {
    #[serde(default)]
    logout_token: String,
}

/// Back-channel logout: a provider ended a session (OpenID Connect Back-Channel Logout 1.0).
pub(crate) async fn logout(
    State(console): State<Console>,
    visitor: Visitor,
    Path(provider): Path<String>,
    Form(form): Form<LogoutToken>,
) -> Response {
    let ended = match visitor.must_be_on_console() {
        Ok(()) => providers::ended_by_provider(&console.app, &provider, &form.logout_token).await,
        Err(error) => Err(error),
    };
    let status = match ended {
        Ok(()) => StatusCode::OK,
        Err(OperationError::NotFound(_)) => StatusCode::NOT_FOUND,
        // 503, so that the provider may try again; every other error is final.
        Err(OperationError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::BAD_REQUEST,
    };
    (status, [(header::CACHE_CONTROL, "no-store")]).into_response()
}

#[derive(Template)]
#[template(path = "left.html")]
struct SignedOutPage {
    w: Localizer,
    ticket: String,
    provider: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct SignedOutQuery {
    #[serde(default)]
    ticket: String,
}

/// The page after a sign-out that offers to sign out of the provider as well.
pub(crate) async fn left(
    State(console): State<Console>,
    visitor: Visitor,
    Query(left): Query<SignedOutQuery>,
) -> Html<String> {
    let provider = providers::leaving(&console.app, &left.ticket);
    page(&SignedOutPage {
        w: Localizer::new(&visitor),
        ticket: left.ticket,
        provider,
    })
}

/// Redirects to the provider's logout.
pub(crate) async fn end(
    State(console): State<Console>,
    Query(left): Query<SignedOutQuery>,
) -> PageRedirect {
    let address = providers::end(&console.app, &left.ticket)?;
    Ok(Redirect::to(&address))
}
