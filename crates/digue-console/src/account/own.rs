//! The user's own account: passkeys and sessions.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::{Form, Json};
use digue_access::Session;
use digue_administration::holders::HolderBook;
use digue_app::OperationError;
use digue_identity::invitations;
use digue_identity::keys::{self, WaitingKey};
use digue_identity::passkey::{self, OwnPasskey};
use digue_identity::password::{self, FactorSetup};
use digue_identity::providers::{self, OwnIdentity, ProviderChoice};
use digue_identity::sign_in::{self, EarlierSignIn};
use digue_types::{SessionId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::device::device_in_words;
use crate::done::{DoneAct, done};
use crate::error::{ApiError, PageRedirect, PageResponse};
use crate::error::{PageAnswer, PageError};
use crate::holder::HolderCard;
use crate::state::Console;
use crate::view::{Localizer, ceremony_policy, page};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "own.html")]
struct OwnAccountPage {
    w: Localizer,
    session: Session,
    passkeys: Vec<OwnPasskey>,
    sessions: Vec<Session>,
    connections: Vec<EarlierSignIn>,
    /// The identity was proved within the last minutes: passkeys may be changed.
    is_fresh: bool,
    /// A password with a one-time code may be set.
    may_have_password: bool,
    /// Recovery codes left, when there is a password.
    codes_left: Option<usize>,
    identities: Vec<OwnIdentity>,
    /// The code that the holder tells the confirmer.
    code: Option<String>,
    /// Approved API keys of this account, to be fetched.
    waiting: Vec<WaitingKey>,
    /// An invitation to link an identity is open.
    is_invited: bool,
    /// The reader's own name and telephone, as others see them.
    holder: Option<HolderCard>,
    /// Nobody has written them.
    is_nameless: bool,
    /// The account has no credential: the passkey comes before anything else.
    is_first: bool,
    /// Until when the first passkey may be made with this sign-in; `None` when that is over.
    first_until: Option<Timestamp>,
    /// Whom to ask for another link.
    officers: Option<HolderCard>,
}

impl OwnAccountPage {
    fn device(&self, session: &Session) -> String {
        device_in_words(&self.w, &session.origin.agent)
    }
}

pub(crate) async fn show(State(console): State<Console>, visitor: Visitor) -> PageResponse {
    let session = visitor.console_session()?;
    let app = &console.app;
    let actor = visitor.actor(app)?;
    let w = console.words(&visitor);
    let book = HolderBook::read(app, &actor).await?;
    let passkeys = passkey::own(app, session).await?;
    let identities = providers::own(app, session).await?;
    let codes_left = password::own(app, session).await?;
    let is_first = passkeys.is_empty() && identities.is_empty() && codes_left.is_none();
    let now = app.clock().now();
    let page = page(&OwnAccountPage {
        holder: HolderCard::of_account(&w, &book, &session.account, true),
        is_nameless: book
            .of(&session.account)
            .is_none_or(|known| known.written.is_none()),
        officers: HolderCard::of_people(&w, w.say("holder-officers"), &book.officers())
            .filter(|_| is_first),
        first_until: passkey::first_until(app, session)
            .await?
            .filter(|until| now < *until),
        is_first,
        w,
        passkeys,
        sessions: sign_in::own_sessions(app, session)?,
        connections: sign_in::last_connections(app, session).await?,
        is_fresh: now.since(session.proved_at) <= app.proof_lasts(),
        may_have_password: password::is_allowed(app)
            && visitor.role.is_some_and(|r| !r.needs_passkey()),
        identities,
        codes_left,
        code: invitations::own_code(app, session).await?,
        waiting: keys::waiting(app, session).await?,
        is_invited: providers::is_invited(app, session).await?,
        session: session.clone(),
    });
    Ok((
        [(header::CONTENT_SECURITY_POLICY, ceremony_policy(""))],
        page,
    )
        .into_response())
}

pub(crate) async fn begin_adding(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Json<Value>, ApiError> {
    let session = visitor.console_session()?;
    let begun = passkey::begin_adding(&console.app, session).await?;
    Ok(Json(
        json!({"ceremony": begun.ceremony, "options": begun.options}),
    ))
}

#[derive(Deserialize)]
pub(crate) struct NewKeyForm {
    ceremony: String,
    name: String,
    answer: Value,
}

pub(crate) async fn finish_adding(
    State(console): State<Console>,
    visitor: Visitor,
    Json(made): Json<NewKeyForm>,
) -> Result<Json<Value>, ApiError> {
    let (app, session) = (&console.app, visitor.console_session()?);
    let is_first = passkey::first_until(app, session).await?.is_some();
    passkey::finish_adding(app, session, &made.ceremony, &made.name, made.answer).await?;
    // A holder who is not confirmed yet finds the code to say on their own page.
    let has_code = invitations::own_code(app, session).await?.is_some();
    Ok(Json(
        json!({"next": if is_first && !has_code { "/" } else { "/self" }}),
    ))
}

#[derive(Deserialize)]
pub(crate) struct PasskeyNameForm {
    id: String,
}

pub(crate) async fn remove(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<PasskeyNameForm>,
) -> PageResponse {
    let session = visitor.console_session()?;
    passkey::remove(&console.app, session, &form.id).await?;
    Ok(done("/self", DoneAct::PasskeyRemoved, ""))
}

/// An API key for the holder of its account; shown once.
#[derive(Template)]
#[template(path = "key.html")]
struct KeyPage {
    w: Localizer,
    account: String,
    secret: String,
}

/// Fetches an approved key of the own account.
pub(crate) async fn fetch_key(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<PasskeyNameForm>,
) -> PageAnswer {
    let session = visitor.console_session()?;
    let key = keys::fetch(&console.app, session, &form.id).await?;
    let (account, secret) = (key.account.to_string(), key.secret);
    Ok(page(&KeyPage {
        w: Localizer::new(&visitor),
        account,
        secret,
    }))
}

#[derive(Template)]
#[template(path = "own_identity.html")]
struct IdentityPage {
    w: Localizer,
    account: String,
    link: String,
    providers: Vec<ProviderChoice>,
}

#[derive(Deserialize)]
pub(crate) struct InvitationQuery {
    #[serde(default)]
    link: String,
}

/// The page on which the holder of an active account chooses a provider to link.
pub(crate) async fn choose_provider(
    State(console): State<Console>,
    visitor: Visitor,
    Query(invited): Query<InvitationQuery>,
) -> PageResponse {
    // The link survives the sign-in only in the query; whatever is not base64url is dropped,
    // because it goes into an address.
    let Ok(session) = visitor.console_session() else {
        let link: String = invited
            .link
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
            .collect();
        let back = format!("/.digue/sign-in?next=%2Fself%2Fidentities%3Flink%3D{link}");
        return Ok(Redirect::to(&back).into_response());
    };
    let link = match invited.link.as_str() {
        "" => providers::begin_linking(&console.app, session).await?,
        _ => invited.link,
    };
    providers::invited_holder(&console.app, session, &link).await?;
    let account = session.account.to_string();
    let providers = providers::for_accounts(&console.app);
    let w = Localizer::new(&visitor);
    Ok(page(&IdentityPage {
        w,
        account,
        link,
        providers,
    })
    .into_response())
}

/// Unlinks an identity from the own account.
pub(crate) async fn unlink(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<PasskeyNameForm>,
) -> PageRedirect {
    let session = visitor.console_session()?;
    providers::unlink(&console.app, session, &form.id).await?;
    Ok(Redirect::to("/self"))
}

/// Ends one of the own sessions; all others for an empty id.
pub(crate) async fn cut(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<PasskeyNameForm>,
) -> PageRedirect {
    let session = visitor.console_session()?;
    let which = match form.id.as_str() {
        "" => None,
        id => Some(SessionId::parse(id).map_err(|_| OperationError::NotFound("session"))?),
    };
    sign_in::cut_own(&console.app, session, which.as_ref()).await?;
    Ok(Redirect::to("/self"))
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    w: Localizer,
    account: String,
    setting: FactorSetup,
    /// The locale key of the last fault.
    fault: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "codes.html")]
struct CodesPage {
    w: Localizer,
    codes: Vec<String>,
}

pub(crate) async fn show_password(State(console): State<Console>, visitor: Visitor) -> PageAnswer {
    password_page(&console, &visitor, None)
}

fn password_page(console: &Console, visitor: &Visitor, fault: Option<&'static str>) -> PageAnswer {
    let session = visitor.console_session()?;
    let setting = password::begin(&console.app, session)?;
    let account = session.account.to_string();
    Ok(page(&PasswordPage {
        w: Localizer::new(visitor),
        account,
        setting,
        fault,
    }))
}

#[derive(Deserialize)]
pub(crate) struct NewPasswordForm {
    password: String,
    sealed: String,
    code: String,
}

/// Sets the password. A correctable fault shows the page again, with a new secret.
pub(crate) async fn set_password(
    State(console): State<Console>,
    visitor: Visitor,
    Form(form): Form<NewPasswordForm>,
) -> PageResponse {
    let session = visitor.console_session()?;
    match password::set(
        &console.app,
        session,
        &form.password,
        &form.sealed,
        &form.code,
    )
    .await
    {
        Ok(codes) => Ok(page(&CodesPage {
            w: Localizer::new(&visitor),
            codes,
        })
        .into_response()),
        Err(OperationError::Invalid(fault)) => {
            let again = password_page(&console, &visitor, Some(fault))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(error) => Err(PageError::from(error)),
    }
}

pub(crate) async fn remove_password(
    State(console): State<Console>,
    visitor: Visitor,
) -> PageRedirect {
    let session = visitor.console_session()?;
    password::remove(&console.app, session).await?;
    Ok(Redirect::to("/self"))
}
