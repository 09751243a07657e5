//! Who sends a request to a portal that signs its users in itself: the portal is asked before it
//! gets the request, or says it in its response.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use digue_portal_login::answer::{ANSWER_BYTES_MAX, named_by_response};
use digue_portal_login::credentials::SignIn;
use digue_portal_login::known::SignInNews;
use digue_portal_login::{LoginAnswer, LoginFault, LoginSource, PortalLogin, PortalUser, WhoAmI};
use digue_types::{AccountId, SessionId, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};

use crate::caller::{Caller, CallerKind, IdentityFailure, not_taken, organisation_of};
use crate::gateway::SharedGateway;
use crate::headers;
use crate::identity::{SessionCaller, accepted, session_of};
use crate::outgoing::outgoing;
use crate::portal::{Identity, Portal};
use digue_connections::facts::ConnectionFacts;
use digue_http::body::empty;
use digue_inspect::request::parameters;
use digue_quotas::hold::{self, BodyHolder, HeldBody};
use digue_quotas::lock::lock;

/// The question who sends a request, with all that is needed to ask it once the request is gone.
pub(crate) struct LoginQuestion {
    portal: Arc<Portal>,
    login: Arc<PortalLogin>,
    /// `None` where the request presents nothing.
    sign_in: Option<SignIn>,
    /// Of the portal, as the request names it.
    host: String,
    /// Another proxy asks: the request itself went to Digue's own host.
    is_forwarded: bool,
    uri: Uri,
    headers: HeaderMap,
    connection: ConnectionFacts,
    /// Cookies that the portal set in its answer to the question. A leaf.
    renewed: Mutex<Vec<HeaderValue>>,
}

impl LoginQuestion {
    /// `None` where the portal does not say who its users are.
    pub(crate) fn of(
        portal: &Arc<Portal>,
        (host, is_forwarded): (&str, bool),
        uri: &Uri,
        headers: &HeaderMap,
        connection: &ConnectionFacts,
    ) -> Option<Self> {
        let Identity::Portal(login) = &portal.identity else {
            return None;
        };
        Some(Self {
            sign_in: login
                .credentials
                .sign_in(&portal.id, headers, headers::is_own_cookie),
            login: login.clone(),
            portal: portal.clone(),
            host: host.to_owned(),
            is_forwarded,
            uri: uri.clone(),
            headers: headers.clone(),
            connection: connection.clone(),
            renewed: Mutex::default(),
        })
    }

    /// True when the address of the request brings another sign-in beside the one that is asked
    /// about; `is_named`: the parameters that the map names.
    pub(crate) fn is_contradicted(&self, is_named: impl Fn(&str) -> bool) -> bool {
        let query = self.uri.query().unwrap_or_default();
        let is_other = |name: &str| self.login.credentials.is_session_parameter(name);
        self.sign_in.is_some()
            && !self.is_asked_of_response()
            && parameters(query)
                .unwrap_or_default()
                .iter()
                .any(|(name, _)| is_other(name) && !is_named(name))
    }

    /// The caller, as far as they are known before the portal gets the request.
    ///
    /// # Errors
    /// `NotYetNamed` where only the response can say it.
    pub(crate) async fn before_the_portal(
        &self,
        shared: &SharedGateway,
        now: Timestamp,
    ) -> Result<Caller, IdentityFailure> {
        match (&self.login.source, self.known(shared, now)) {
            (_, Some(user)) => self.caller(shared, user, now),
            (LoginSource::ResponseHeader { .. }, None) => Err(IdentityFailure::NotYetNamed),
            (LoginSource::WhoAmI(_) | LoginSource::Sessions(_), None) => {
                self.answer(shared, None, now).await
            }
        }
    }

    /// True where the response has the last word, whatever was known before.
    pub(crate) fn is_asked_of_response(&self) -> bool {
        matches!(self.login.source, LoginSource::ResponseHeader { .. })
    }

    /// The caller; `response` is what the portal answered to the request itself.
    pub(crate) async fn answer(
        &self,
        shared: &SharedGateway,
        response: Option<&HeaderMap>,
        now: Timestamp,
    ) -> Result<Caller, IdentityFailure> {
        match self.ask(shared, response, now).await {
            Ok(LoginAnswer::User(user)) => self.caller(shared, user, now),
            Ok(LoginAnswer::Nobody) => Err(IdentityFailure::NotSignedIn),
            Err(fault) => {
                tracing::warn!(
                    portal.id = %self.portal.id,
                    cause = %fault,
                    "The portal did not say who is signed in; see `[identity]` in its map"
                );
                Err(IdentityFailure::Unclear)
            }
        }
    }

    /// True when a response gives the client other credentials.
    pub(crate) fn is_changed_by(&self, response: &HeaderMap) -> bool {
        self.login.credentials.are_changed_by(response)
    }

    /// Forgets whose the credentials are: they may be another user's from now on.
    pub(crate) fn forget(&self, shared: &SharedGateway) {
        if let Some(sign_in) = &self.sign_in {
            shared.known_logins.forget(sign_in);
        }
    }

    /// Adds the cookies of the answer to those of the response for which the question was asked: a
    /// portal that renews a session with each answer would otherwise end it. Before them, because
    /// the response is newer.
    pub(crate) fn add_renewed(&self, headers: &mut HeaderMap) {
        let renewed = std::mem::take(&mut *lock(&self.renewed));
        if renewed.is_empty() {
            return;
        }
        let own = headers.get_all(header::SET_COOKIE).iter().cloned();
        let all: Vec<HeaderValue> = renewed.into_iter().chain(own).collect();
        headers.remove(header::SET_COOKIE);
        for cookie in all {
            headers.append(header::SET_COOKIE, cookie);
        }
    }

    /// Resolves when the sign-in of an open response is no longer that of `account`, as far as the
    /// portal can be asked.
    pub(crate) async fn changed(&self, shared: &SharedGateway, account: &AccountId) {
        let Some(sign_in) = &self.sign_in else {
            return std::future::pending().await;
        };
        let mut news = shared.known_logins.watch(sign_in);
        loop {
            let is_asked_again = !self.is_asked_of_response();
            let wait = match (is_asked_again, &*news.borrow_and_update()) {
                (_, SignInNews::Ended) => return,
                (_, SignInNews::Named(user)) if !self.names(user, account) => return,
                (true, SignInNews::Doubted) => Duration::ZERO,
                (true, SignInNews::Unchanged | SignInNews::Named(_)) => self.login.keeps,
                // Its next response says whose it is.
                (false, SignInNews::Doubted) => self.portal.timeouts.response,
                (false, SignInNews::Unchanged | SignInNews::Named(_)) => Duration::MAX,
            };
            if tokio::time::timeout(wait, news.changed()).await.is_ok() {
                continue;
            }
            if !is_asked_again {
                return;
            }
            let now = shared.clock.now();
            match self.before_the_portal(shared, now).await {
                Ok(caller) if caller.account == *account => {}
                Ok(_) | Err(_) => return,
            }
            // The answer to this question is no news.
            news.mark_unchanged();
        }
    }

    fn names(&self, user: &PortalUser, account: &AccountId) -> bool {
        let named = self.portal.mapping.account(&user.account);
        named.is_ok_and(|named| named == *account)
    }

    fn known(&self, shared: &SharedGateway, now: Timestamp) -> Option<PortalUser> {
        shared.known_logins.user(self.sign_in.as_ref()?, now)
    }

    async fn ask(
        &self,
        shared: &SharedGateway,
        response: Option<&HeaderMap>,
        now: Timestamp,
    ) -> Result<LoginAnswer, LoginFault> {
        match &self.login.source {
            LoginSource::ResponseHeader {
                account,
                organisation,
            } => self.named_in(shared, response, (account, organisation.as_ref()), now),
            LoginSource::WhoAmI(who) => {
                self.ask_once(shared, now, self.ask_portal(shared, who, now))
                    .await
            }
            LoginSource::Sessions(sessions) => {
                let asking = async {
                    match self.login.credentials.single(&self.headers)? {
                        Some(value) => sessions.user_of(value.to_owned()).await,
                        None => Ok(LoginAnswer::Nobody),
                    }
                };
                self.ask_once(shared, now, asking).await
            }
        }
    }

    /// Asks, unless the answer is known or another request is just asking for it.
    async fn ask_once(
        &self,
        shared: &SharedGateway,
        now: Timestamp,
        asking: impl Future<Output = Result<LoginAnswer, LoginFault>> + Send,
    ) -> Result<LoginAnswer, LoginFault> {
        // Who presents nothing is nobody: the portal could not know them either.
        let Some(sign_in) = &self.sign_in else {
            return Ok(LoginAnswer::Nobody);
        };
        let until = now.plus(self.login.keeps);
        let address = self.connection.origin.ip.to_string();
        let known = &shared.known_logins;
        known.ask_once(*sign_in, &address, until, asking).await
    }

    /// Whom the response names; without one, whom the last one named.
    fn named_in(
        &self,
        shared: &SharedGateway,
        response: Option<&HeaderMap>,
        (account, organisation): (&HeaderName, Option<&HeaderName>),
        now: Timestamp,
    ) -> Result<LoginAnswer, LoginFault> {
        let Some(headers) = response else {
            let known = self.known(shared, now);
            return Ok(known.map_or(LoginAnswer::Nobody, LoginAnswer::User));
        };
        let answer = named_by_response(headers, account, organisation);
        if let Some(sign_in) = self.sign_in {
            match &answer {
                // The user of other credentials than those that were presented.
                Ok(LoginAnswer::User(user)) if self.login.credentials.are_changed_by(headers) => {
                    shared.known_logins.replace(&sign_in, user.clone());
                }
                Ok(LoginAnswer::User(user)) => {
                    let until = now.plus(self.login.keeps);
                    shared.known_logins.keep_named(sign_in, user.clone(), until);
                }
                Ok(LoginAnswer::Nobody) | Err(_) => shared.known_logins.end(&sign_in),
            }
        }
        answer
    }

    async fn ask_portal(
        &self,
        shared: &SharedGateway,
        who: &WhoAmI,
        now: Timestamp,
    ) -> Result<LoginAnswer, LoginFault> {
        let timeouts = self.portal.timeouts;
        let request = self.who_am_i_request(shared, who, now);
        let sent = shared
            .upstream
            .send(request.map(|()| empty()), timeouts.response)
            .await;
        let (head, body) = sent.map_err(|_| LoginFault::Unanswered)?.into_parts();
        let cookies = head.headers.get_all(header::SET_COOKIE).iter().cloned();
        *lock(&self.renewed) = cookies.collect();
        let share = hold::begin(&shared.held, [BodyHolder::Portal(self.portal.id.clone())]);
        let bytes = match hold::hold(body, ANSWER_BYTES_MAX, timeouts.idle, share).await {
            Ok(HeldBody::Whole { bytes, .. }) => bytes,
            Ok(HeldBody::TooLarge { .. }) => return Err(LoginFault::NoJson),
            Err(_) => return Err(LoginFault::Unanswered),
        };
        who.read(head.status, &bytes)
    }

    fn caller(
        &self,
        shared: &SharedGateway,
        user: PortalUser,
        now: Timestamp,
    ) -> Result<Caller, IdentityFailure> {
        let snapshot = shared.rules.load();
        let portal = &self.portal;
        let account = portal
            .mapping
            .account(&user.account)
            .map_err(|fault| not_taken(&portal.id, "account", &fault))?;
        let claimed = user.organisation.as_deref();
        let claimed = claimed.map(|text| portal.mapping.organisation(text));
        let organisation = organisation_of(&portal.id, &snapshot, &account, claimed)?;
        let label = self
            .sign_in
            .map_or_else(String::new, |sign_in| sign_in.label());
        let session = SessionId::parse(&format!("{label}-portal"))
            .expect("hexadecimal digits before a word are a session id");
        // A portal says who is signed in, never when they proved it to whom.
        let proved_at = Timestamp::ZERO;
        let caller = Caller {
            account,
            organisation,
            session,
            proved_at,
            kind: CallerKind::PortalLogin,
            own: None,
        };
        let caller = accepted(shared, &snapshot, portal, caller, now)?;
        let must_have_one =
            self.login.asks_passkey && snapshot.passkey_holders.contains(&caller.account);
        self.with_session(shared, caller, must_have_one, now)
    }

    /// The session of Digue that the same account has at this portal, with its proof of identity; a
    /// thief with the portal's password alone has none.
    fn with_session(
        &self,
        shared: &SharedGateway,
        named: Caller,
        must_have_one: bool,
        now: Timestamp,
    ) -> Result<Caller, IdentityFailure> {
        let origin = &self.connection.origin;
        match session_of(shared, &self.host, origin, &self.headers, now) {
            SessionCaller::Good(session) if session.account == named.account => Ok(Caller {
                session: session.id,
                proved_at: session.proved_at,
                kind: CallerKind::Session,
                ..named
            }),
            SessionCaller::Doubted(session, _) if session.account == named.account => {
                Err(IdentityFailure::Doubted(Box::new(named)))
            }
            // Another account's session proves nothing about this one.
            SessionCaller::Good(_) | SessionCaller::Doubted(..) | SessionCaller::Nobody
                if must_have_one =>
            {
                Err(IdentityFailure::PasskeyMissing(Box::new(named)))
            }
            SessionCaller::Good(_) | SessionCaller::Doubted(..) | SessionCaller::Nobody => {
                Ok(named)
            }
        }
    }

    /// What the visitor presents, and no more of their request than any request to this portal has.
    fn who_am_i_request(
        &self,
        shared: &SharedGateway,
        who: &WhoAmI,
        now: Timestamp,
    ) -> Request<()> {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = Method::GET;
        let mut uri = self.uri.clone().into_parts();
        uri.path_and_query = Some(who.target.clone());
        parts.uri = Uri::from_parts(uri)
            .expect("the parts of an address that was parsed, with another target");
        parts.headers = presented(&self.headers);
        if self.is_forwarded
            && let Ok(host) = HeaderValue::from_str(&self.host)
        {
            parts.headers.insert(header::HOST, host);
        }
        outgoing(shared, &self.portal, None, &parts, &self.connection, now)
    }
}

/// The headers that a portal needs to know a visitor; those of the request itself, such as its type
/// and its conditions, would ask another question.
fn presented(headers: &HeaderMap) -> HeaderMap {
    let is_of_this_request = |name: &HeaderName| {
        let name = name.as_str();
        name.starts_with("content-")
            || name.starts_with("if-")
            || matches!(
                name,
                "range" | "accept" | "accept-encoding" | "expect" | "upgrade"
            )
    };
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !is_of_this_request(name) {
            kept.append(name, value.clone());
        }
    }
    kept.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    kept
}
