//! Signing in with an identity provider of somebody else: ProConnect, an organisation's own, and for
//! persons one like FranceConnect.
//!
//! A valid identity is never a right. It opens the one account that it was linked to with an invitation, or
//! nothing; accounts, roles and caseloads stay this house's. What the provider proved is looked at in its
//! answer and never taken from what was asked: a weak factor is completed here (`accounts::step_up`), and a
//! proof older than a session may be idle is asked for again, so that the provider's twelve hours are not
//! ours.

mod accounts;
mod ending;
mod peer;
mod persons;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use digue_access::RequestOrigin;
use digue_access::session::TokenHash;
use digue_store::ContactSource;
use digue_types::{AccountId, OrganisationId, PopulationId, SessionId, Timestamp};
use ring::hmac;

pub use accounts::{
    LinkedIdentity, OwnIdentity, SingleFactorSignIn, begin_linking, confirm_link, invite_holder,
    invited_holder, is_invited, own, step_up_by_code, step_up_by_passkey, still_weak, unlink,
};
pub use ending::{end, ended_by_provider, farewell, farewell_of_person, leaving};

use crate::app::App;
use crate::ceremonies::Ceremonies;
use crate::error::OperationError;
use crate::files::hex;
use crate::secret::Secret;
use ending::ProviderSignOut;
use peer::{AuthorizationAnswer, ProviderError, ProviderPeer, VerifiedIdentity};

/// A provider, as the configuration has it.
#[derive(Clone)]
pub struct ProviderRules {
    /// In addresses and in the journal.
    pub id: String,
    /// On buttons.
    pub label: String,
    pub issuer: String,
    pub client: String,
    /// Others that a token for us may be for, too.
    pub other_audiences: Vec<String>,
    pub secret: String,
    pub serves: ProviderAudience,
    /// Beside `openid`.
    pub scopes: Vec<String>,
    pub user_info: UserInfo,
    /// Claims of the ID token that are asked for by name: ProConnect tells `amr` to nobody else.
    pub asked_claims: Vec<String>,
    /// Levels of assurance that are asked for, and one of which must come back; empty takes any.
    pub acr: Vec<String>,
    pub factors: FactorRules,
}

/// Whose identity it is.
#[derive(Clone)]
pub enum ProviderAudience {
    Accounts,
    Persons(PersonRules),
}

/// Which person of which population an identity is.
#[derive(Clone)]
pub struct PersonRules {
    pub population: PopulationId,
    pub by: PersonBy,
}

/// How the portal's own identifier is found.
#[derive(Clone)]
pub enum PersonBy {
    /// The provider says it in this claim.
    Claim(String),
    /// The portal's source answers `person` for the values of these claims, in their order.
    Source { source: ContactSource, claims: Vec<String> },
}

/// What is asked of the user info endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserInfo {
    None,
    Signed,
    /// Whoever stands between can say anything.
    DangerUnsigned,
}

/// Which words of a provider mean which factor. A word that ends in `*` or begins with it stands for all
/// that begin or end so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorRules {
    /// Two factors.
    pub strong_amr: Vec<String>,
    pub strong_acr: Vec<String>,
    /// A key that no page can be given: a passkey, a card.
    pub bound_amr: Vec<String>,
}

impl Default for FactorRules {
    fn default() -> Self {
        let all = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        Self { strong_amr: all(&["mfa", "pop"]), strong_acr: all(&["*-mfa"]), bound_amr: all(&["pop"]) }
    }
}

/// How well a provider proved who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Factor {
    One,
    Two,
    Bound,
}

impl FactorRules {
    fn of(&self, vouched: &VerifiedIdentity) -> Factor {
        let is_any = |known: &[String], said: &str| known.iter().any(|pattern| fits(pattern, said));
        let has = |known: &[String]| vouched.amr.iter().any(|said| is_any(known, said));
        if has(&self.bound_amr) {
            Factor::Bound
        } else if has(&self.strong_amr)
            || vouched.acr.as_ref().is_some_and(|acr| is_any(&self.strong_acr, acr))
        {
            Factor::Two
        } else {
            Factor::One
        }
    }
}

fn fits(pattern: &str, said: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), _) => !end.is_empty() && said.ends_with(end),
        (_, Some(start)) => !start.is_empty() && said.starts_with(start),
        _ => pattern == said,
    }
}

/// All providers, and who is on the way to one of them.
pub(crate) struct Providers {
    peers: Vec<ProviderPeer>,
    asked: Ceremonies<PendingSignIn>,
    halves: Ceremonies<HalfSignIn>,
    goodbyes: Ceremonies<ProviderSignOut>,
    /// Logout tokens that came, for a while: one is good once.
    logouts: Mutex<HashMap<String, Timestamp>>,
}

impl Providers {
    pub(crate) fn new(rules: Vec<ProviderRules>) -> Self {
        Self {
            peers: rules.into_iter().map(ProviderPeer::new).collect(),
            asked: Ceremonies::default(),
            halves: Ceremonies::default(),
            goodbyes: Ceremonies::default(),
            logouts: Mutex::default(),
        }
    }

    fn find(&self, id: &str) -> Result<&ProviderPeer, OperationError> {
        self.peers.iter().find(|peer| peer.rules.id == id).ok_or(OperationError::NotFound("provider"))
    }

    /// True the first time, within a while.
    fn is_new_logout(&self, name: String, now: Timestamp) -> bool {
        let mut known = self.logouts.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, at| now.since(*at) < ending::LOGOUT_KNOWN);
        known.len() < ending::LOGOUTS_MAX && known.insert(name, now).is_none()
    }
}

/// A provider, for the pages where one chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderChoice {
    pub id: String,
    pub label: String,
}

/// Providers of accounts, in the order of the configuration.
pub fn for_accounts(app: &App) -> Vec<ProviderChoice> {
    choices(app, false)
}

/// Providers of persons.
pub fn for_persons(app: &App) -> Vec<ProviderChoice> {
    choices(app, true)
}

fn choices(app: &App, are_persons: bool) -> Vec<ProviderChoice> {
    let peers = app.providers().peers.iter();
    let fitting =
        peers.filter(|peer| matches!(peer.rules.serves, ProviderAudience::Persons(_)) == are_persons);
    fitting
        .map(|peer| ProviderChoice { id: peer.rules.id.clone(), label: peer.rules.label.clone() })
        .collect()
}

/// All providers, with their issuers, for the page of settings.
pub(crate) fn known(app: &App) -> Vec<(String, String)> {
    let peers = app.providers().peers.iter();
    peers.map(|peer| (peer.rules.label.clone(), peer.rules.issuer.clone())).collect()
}

/// The provider as people know it.
fn label(app: &App, id: &str) -> String {
    app.providers().find(id).map_or_else(|_| id.to_owned(), |peer| peer.rules.label.clone())
}

/// Why somebody goes to a provider.
#[derive(Clone, Debug)]
pub enum SignInPurpose {
    /// To open a session, then on to `next`. `is_fresh`: a session is there and its proof too old.
    SignIn { next: String, is_fresh: bool },
    /// To prove afresh who holds this session.
    Prove { session: SessionId, next: String },
    /// To link an identity to the account of this invitation.
    /// Without it only an invitation that opens the account, too; with it the holder's own session.
    Link { invitation: String, session: Option<SessionId> },
    /// To see one's own record.
    Person,
}

/// Somebody on the way to a provider.
struct PendingSignIn {
    provider: String,
    browser: TokenHash,
    nonce: String,
    verifier: Option<String>,
    purpose: SignInPurpose,
    /// The provider was told to prove afresh who this is.
    is_forced: bool,
}

/// Somebody whom a provider vouched for, and who has something left to do here.
struct HalfSignIn {
    provider: String,
    browser: TokenHash,
    vouched: VerifiedIdentity,
    then: AfterSignIn,
}

enum AfterSignIn {
    StepUp { account: AccountId, next: String },
    Link { invitation: String, session: Option<SessionId> },
}

/// Where the browser goes now, and what it is to hold meanwhile.
pub struct StartedSignIn {
    pub address: String,
    pub browser: String,
}

/// Sends somebody to a provider. `browser` is what their browser holds already.
///
/// # Errors
/// `NotFound` for no such provider, or an invitation that is over; `Unavailable` when it cannot be asked.
pub async fn begin(
    app: &App,
    provider: &str,
    browser: Option<&str>,
    purpose: SignInPurpose,
) -> Result<StartedSignIn, OperationError> {
    let peer = app.providers().find(provider)?;
    let are_persons = matches!(peer.rules.serves, ProviderAudience::Persons(_));
    if are_persons != matches!(purpose, SignInPurpose::Person) {
        return Err(OperationError::NotFound("provider"));
    }
    if let SignInPurpose::Link { invitation, session } = &purpose {
        accounts::invited(app, invitation, session.as_ref()).await?;
    }
    // A person's machine may be anybody's; a proof is a proof only when it is made now.
    let is_forced = are_persons
        || matches!(purpose, SignInPurpose::Prove { .. } | SignInPurpose::SignIn { is_fresh: true, .. });
    send(app, peer, browser, purpose, is_forced).await
}

async fn send(
    app: &App,
    peer: &ProviderPeer,
    browser: Option<&str>,
    purpose: SignInPurpose,
    is_forced: bool,
) -> Result<StartedSignIn, OperationError> {
    let client = app.client().ok_or_else(|| OperationError::Unavailable("no way out".to_owned()))?;
    let now = app.clock.now();
    // What a browser holds is good for every tab of it.
    let browser = match browser.filter(|held| held.len() == 43) {
        Some(held) => held.to_owned(),
        None => Secret::draw()?.reveal().to_owned(),
    };
    let (nonce, back) = (Secret::draw()?, back(app, &peer.rules.id));
    let state = Secret::draw()?;
    let question = peer.question(client, now, &back, state.reveal(), nonce.reveal(), is_forced).await;
    let question = question.map_err(|trouble| told(peer, trouble))?;
    let asked = PendingSignIn {
        provider: peer.rules.id.clone(),
        browser: digue_gateway::identity::token_hash(&browser),
        nonce: question.nonce,
        verifier: question.verifier,
        purpose,
        is_forced,
    };
    app.providers().asked.keep(now, state.reveal(), asked);
    Ok(StartedSignIn { address: question.address, browser })
}

/// Where the provider sends people back to.
fn back(app: &App, provider: &str) -> String {
    format!("{}/.digue/provider/{provider}/back", app.console_url())
}

/// What came back with somebody's browser.
pub struct ProviderReply<'r> {
    pub code: &'r str,
    pub state: &'r str,
    pub issuer: Option<&'r str>,
    /// The provider's word for why not.
    pub error: Option<&'r str>,
}

/// What became of it.
pub enum SignInOutcome {
    Account(LinkedIdentity),
    Proved {
        next: String,
    },
    Weak(SingleFactorSignIn),
    ToLink {
        ticket: String,
        account: AccountId,
        organisation: OrganisationId,
        called: String,
    },
    Person {
        secret: Secret,
    },
    /// Its proof is too old: it is asked for a new one.
    Again(StartedSignIn),
}

/// Somebody is back from a provider.
///
/// # Errors
/// `Invalid` for an answer that proves nothing, is not for this browser, or opens no account: one word for
/// accounts that are suspended and identities that are unknown.
pub async fn finish(
    app: &App,
    provider: &str,
    browser: Option<&str>,
    reply: ProviderReply<'_>,
    origin: &RequestOrigin,
) -> Result<SignInOutcome, OperationError> {
    let now = app.clock.now();
    let asked = app.providers().asked.end(now, reply.state);
    let asked = asked.map_err(|_| OperationError::Invalid("invalid-provider-state"))?;
    let held = browser.map(digue_gateway::identity::token_hash);
    // Another browser's answer would sign its holder in as somebody else; another provider's is not this one's.
    if asked.provider != provider || held != Some(asked.browser) {
        return Err(OperationError::Invalid("invalid-provider-state"));
    }
    let peer = app.providers().find(provider)?;
    if let Some(error) = reply.error {
        let known: String = error.chars().filter(|sign| sign.is_ascii_lowercase() || *sign == '_').collect();
        tracing::info!(provider, error = known, "An identity provider said no");
        return Err(OperationError::Invalid("invalid-provider-refused"));
    }
    let client = app.client().ok_or_else(|| OperationError::Unavailable("no way out".to_owned()))?;
    let answer = AuthorizationAnswer {
        code: reply.code,
        issuer: reply.issuer,
        nonce: &asked.nonce,
        verifier: asked.verifier.as_deref(),
    };
    let vouched = peer.vouch(client, now, &back(app, provider), answer).await;
    let vouched = vouched.map_err(|trouble| told(peer, trouble))?;
    let half = |then| HalfSignIn {
        provider: provider.to_owned(),
        browser: asked.browser,
        vouched: vouched.clone(),
        then,
    };
    match (asked.purpose, &peer.rules.serves) {
        (SignInPurpose::Person, ProviderAudience::Persons(rules)) => {
            persons::open(app, peer, rules, vouched).await.map(|secret| SignInOutcome::Person { secret })
        }
        (SignInPurpose::Link { invitation, session }, ProviderAudience::Accounts) => {
            accounts::ask_link(app, half(AfterSignIn::Link { invitation, session })).await
        }
        (SignInPurpose::SignIn { next, is_fresh }, ProviderAudience::Accounts) => {
            let purpose = SignInPurpose::SignIn { next: next.clone(), is_fresh };
            match accounts::judge(app, peer, &vouched, is_fresh, asked.is_forced).await? {
                accounts::IdentityStrength::Stale => {
                    send(app, peer, browser, purpose, true).await.map(SignInOutcome::Again)
                }
                accounts::IdentityStrength::Weak(account) => {
                    accounts::ask_more(app, half(AfterSignIn::StepUp { account, next })).await
                }
                accounts::IdentityStrength::Good(account, proved_at) => {
                    let by = accounts::ProviderSignIn { peer, vouched: &vouched, with: "" };
                    let (secret, session) = accounts::open(app, by, &account, proved_at, origin).await?;
                    Ok(SignInOutcome::Account(LinkedIdentity { secret, session, next }))
                }
            }
        }
        (SignInPurpose::Prove { session, next }, ProviderAudience::Accounts) => {
            accounts::prove(app, peer, &vouched, &session).await?;
            Ok(SignInOutcome::Proved { next })
        }
        _ => Err(OperationError::NotFound("provider")),
    }
}

/// What people are told of a provider's trouble, and what operators read of it.
fn told(peer: &ProviderPeer, trouble: ProviderError) -> OperationError {
    let provider = &peer.rules.id;
    tracing::warn!(provider, %trouble, "An identity could not be proved by its provider");
    match trouble {
        ProviderError::Away(why) => OperationError::Unavailable(why),
        ProviderError::Unbelieved(_) | ProviderError::Token { .. } | ProviderError::NoToken(_) => {
            OperationError::Invalid("invalid-provider-answer")
        }
    }
}

/// A provider's name for something, kept so that it is recognised and tells nobody anything.
fn keyed(app: &App, peer: &ProviderPeer, kind: &str, name: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &app.sign_in.key);
    let text = format!("provider {kind}\n{}\n{}\n{name}", peer.rules.id, peer.rules.issuer);
    hex(hmac::sign(&key, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn the_factor_is_read_from_the_answer() {
        let check = |amr: &[&str], acr: Option<&str>, expected: Factor| {
            let vouched = VerifiedIdentity {
                subject: "s".into(),
                sid: None,
                auth_time: None,
                amr: amr.iter().map(ToString::to_string).collect(),
                acr: acr.map(str::to_owned),
                claims: Map::new(),
                id_token: String::new(),
            };
            assert_eq!(FactorRules::default().of(&vouched), expected, "{amr:?} {acr:?}");
        };
        check(&[], None, Factor::One);
        check(&["pwd"], Some("eidas1"), Factor::One);
        check(&["mail"], Some("eidas0"), Factor::One);
        // A code alone is one factor: the provider says `mfa` when there were two.
        check(&["totp"], None, Factor::One);
        check(&["pwd", "totp", "mfa"], None, Factor::Two);
        check(&["pwd"], Some("eidas1-mfa"), Factor::Two);
        check(&["pop"], Some("eidas1"), Factor::Bound);
        check(&["mfa", "pop"], None, Factor::Bound);
        check(&["MFA", "xmfa"], Some("mfa-"), Factor::One);
    }

    #[test]
    fn a_star_alone_fits_nothing() {
        assert!(!fits("*", "anything"));
        assert!(fits("*-mfa", "eidas0-mfa"));
        assert!(fits("urn:*", "urn:x"));
        assert!(!fits("mfa", "mfa2"));
    }
}
