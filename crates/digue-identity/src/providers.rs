//! Sign-in with external identity providers: ProConnect, an organisation's own, and for persons one
//! like FranceConnect.
//!
//! A valid identity is never a right. It opens the one account that it was linked to by an
//! invitation, or nothing (docs/decisions/0015); accounts, roles and caseloads are Digue's own. The
//! strength and age of a proof are read from the provider's answer and never assumed from the
//! request: a weak factor is completed here (`accounts::ask_more`), and a proof older than the idle
//! time of a session is requested again, so that a provider's session of twelve hours does not
//! become one of Digue.

mod accounts;
mod ending;
mod peer;
mod persons;
mod probe;
mod provider_client;
mod signalled;

use digue_access::RequestOrigin;
use digue_access::session::TokenHash;
use digue_app::files::hex;
use digue_app::secret::Secret;
use digue_app::sessions::ProofStart;
use digue_app::{App, Area, OperationError};
use digue_store::ContactSource;
use digue_types::{AccountId, OrganisationId, PopulationId, SessionId};
use ring::hmac;

pub use accounts::{
    LinkedIdentity, OwnIdentity, SingleFactorSignIn, begin_linking, confirm_link, invite_holder,
    invited_holder, is_invited, own, step_up_by_code, step_up_by_passkey, still_weak, unlink,
};
pub use ending::{
    ProviderLogout, end, end_all, ended_by_provider, farewell, farewell_of_person, leaving,
};

pub use probe::answers;
pub use signalled::{NameAtProvider, accounts_of, end_begun};

use ending::ProviderSignOut;
use peer::{AuthorizationAnswer, ProviderError, ProviderPeer, VerifiedIdentity};

use crate::ceremonies::Ceremonies;

/// A provider, from the configuration.
#[derive(Clone)]
pub struct ProviderRules {
    /// Its name in URLs and in the journal.
    pub id: String,
    /// Its name on buttons.
    pub label: String,
    pub issuer: String,
    pub client: String,
    /// Other audiences that a token for this client may also name.
    pub other_audiences: Vec<String>,
    pub secret: String,
    pub serves: ProviderAudience,
    /// Scopes beside `openid`.
    pub scopes: Vec<String>,
    pub user_info: UserInfo,
    /// Claims of the ID token that are requested by name: ProConnect returns `amr` only on request.
    pub asked_claims: Vec<String>,
    /// Levels of assurance that are requested, and one of which must be returned; empty accepts
    /// any.
    pub acr: Vec<String>,
    pub factors: FactorRules,
}

/// Whom a provider identifies: account holders, or the persons in a portal's records.
#[derive(Clone)]
pub enum ProviderAudience {
    Accounts,
    Persons(PersonRules),
}

/// How an identity leads to a person of a population.
#[derive(Clone)]
pub struct PersonRules {
    pub population: PopulationId,
    pub by: PersonBy,
}

/// How the portal's own identifier is found.
#[derive(Clone)]
pub enum PersonBy {
    /// It is the value of this claim.
    Claim(String),
    /// The portal's source returns `person` for the values of these claims, in their order.
    Source {
        source: ContactSource,
        claims: Vec<String>,
    },
}

/// Whether the user info endpoint is used, and whether its answer must be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserInfo {
    None,
    Signed,
    /// An unsigned answer is accepted: anyone who breaks the TLS connection can forge it.
    DangerUnsigned,
}

/// Which `amr` and `acr` values of a provider mean which factor. A `*` at the end or the beginning
/// of a pattern matches any rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactorRules {
    /// Two factors.
    pub strong_amr: Vec<String>,
    pub strong_acr: Vec<String>,
    /// Phishing-resistant keys: a passkey, a smart card.
    pub bound_amr: Vec<String>,
}

impl Default for FactorRules {
    fn default() -> Self {
        let all = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        Self {
            strong_amr: all(&["mfa", "pop"]),
            strong_acr: all(&["*-mfa"]),
            bound_amr: all(&["pop"]),
        }
    }
}

/// How strongly a provider proved an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Factor {
    One,
    Two,
    Bound,
}

impl FactorRules {
    fn of(&self, vouched: &VerifiedIdentity) -> Factor {
        let is_any =
            |known: &[String], value: &str| known.iter().any(|pattern| fits(pattern, value));
        let has = |known: &[String]| vouched.amr.iter().any(|value| is_any(known, value));
        if has(&self.bound_amr) {
            Factor::Bound
        } else if has(&self.strong_amr)
            || vouched
                .acr
                .as_ref()
                .is_some_and(|acr| is_any(&self.strong_acr, acr))
        {
            Factor::Two
        } else {
            Factor::One
        }
    }
}

fn fits(pattern: &str, value: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        // A lone `*` matches nothing: it would make every proof a strong one.
        (Some(end), _) => !end.is_empty() && value.ends_with(end),
        (_, Some(start)) => !start.is_empty() && value.starts_with(start),
        _ => pattern == value,
    }
}

/// All providers, and the sign-ins that are under way. Each lock is taken alone and released at
/// once.
pub(crate) struct Providers {
    peers: Vec<ProviderPeer>,
    pending: Ceremonies<PendingSignIn>,
    halves: Ceremonies<HalfSignIn>,
    goodbyes: Ceremonies<ProviderSignOut>,
}

impl Area for Providers {}

fn providers(app: &App) -> &Providers {
    app.area()
}

impl Providers {
    pub(crate) fn new(rules: Vec<ProviderRules>) -> Self {
        Self {
            peers: rules.into_iter().map(ProviderPeer::new).collect(),
            pending: Ceremonies::default(),
            halves: Ceremonies::default(),
            goodbyes: Ceremonies::default(),
        }
    }

    fn find(&self, id: &str) -> Result<&ProviderPeer, OperationError> {
        self.peers
            .iter()
            .find(|peer| peer.rules.id == id)
            .ok_or(OperationError::NotFound("provider"))
    }
}

/// A provider, for the page of choices.
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
    let peers = providers(app).peers.iter();
    let fitting = peers
        .filter(|peer| matches!(peer.rules.serves, ProviderAudience::Persons(_)) == are_persons);
    fitting
        .map(|peer| ProviderChoice {
            id: peer.rules.id.clone(),
            label: peer.rules.label.clone(),
        })
        .collect()
}

/// All providers, with their issuers, for the page of settings.
pub fn known(app: &App) -> Vec<(String, String)> {
    let peers = providers(app).peers.iter();
    peers
        .map(|peer| (peer.rules.label.clone(), peer.rules.issuer.clone()))
        .collect()
}

/// The label of a provider; its id when it is no longer configured.
fn label(app: &App, id: &str) -> String {
    providers(app)
        .find(id)
        .map_or_else(|_| id.to_owned(), |peer| peer.rules.label.clone())
}

/// Why a browser is sent to a provider.
#[derive(Clone, Debug)]
pub enum SignInPurpose {
    /// To open a session, then continue to `next`. `is_fresh`: a session exists and its proof is
    /// too old.
    SignIn { next: String, is_fresh: bool },
    /// To give a fresh proof of identity for this session.
    Prove { session: SessionId, next: String },
    /// To link an identity to the account of this invitation. `session` is the holder's own
    /// session; it is required where the invitation opens no account by itself.
    Link {
        invitation: String,
        session: Option<SessionId>,
    },
    /// To see who consulted the person's own record.
    Person,
}

/// A sign-in under way at a provider.
struct PendingSignIn {
    provider: String,
    browser: TokenHash,
    nonce: String,
    verifier: Option<String>,
    purpose: SignInPurpose,
    /// The provider was asked for a new authentication (`prompt=login`).
    is_forced: bool,
}

/// An identity that a provider proved, with a step left to do here.
struct HalfSignIn {
    begun: ProofStart,
    provider: String,
    browser: TokenHash,
    vouched: VerifiedIdentity,
    then: AfterSignIn,
}

enum AfterSignIn {
    StepUp {
        account: AccountId,
        next: String,
    },
    Link {
        invitation: String,
        session: Option<SessionId>,
    },
}

/// Where the browser goes now, and the secret that it holds meanwhile in a cookie.
pub struct StartedSignIn {
    pub address: String,
    pub browser: String,
}

/// Starts a sign-in at a provider. `browser` is the secret that the browser holds already, if any.
///
/// # Errors
/// `NotFound` for an unknown provider or an invitation that is over; `Unavailable` when the
/// provider cannot be reached.
pub async fn begin(
    app: &App,
    provider: &str,
    browser: Option<&str>,
    purpose: SignInPurpose,
) -> Result<StartedSignIn, OperationError> {
    let peer = providers(app).find(provider)?;
    let are_persons = matches!(peer.rules.serves, ProviderAudience::Persons(_));
    if are_persons != matches!(purpose, SignInPurpose::Person) {
        return Err(OperationError::NotFound("provider"));
    }
    if let SignInPurpose::Link {
        invitation,
        session,
    } = &purpose
    {
        accounts::invited(app, invitation, session.as_ref()).await?;
    }
    // Persons use shared machines, where the provider may still have the session of another person.
    // And a fresh proof must be made now.
    let is_forced = are_persons
        || matches!(
            purpose,
            SignInPurpose::Prove { .. } | SignInPurpose::SignIn { is_fresh: true, .. }
        );
    send(app, peer, browser, purpose, is_forced).await
}

async fn send(
    app: &App,
    peer: &ProviderPeer,
    browser: Option<&str>,
    purpose: SignInPurpose,
    is_forced: bool,
) -> Result<StartedSignIn, OperationError> {
    let client = app
        .client()
        .ok_or_else(|| OperationError::Unavailable("no HTTP client".to_owned()))?;
    let now = app.clock().now();
    // The secret is kept where it exists, so that sign-ins in several tabs do not end each other.
    // The cookie comes from outside: a value too short to be a secret is replaced.
    let browser = match browser.filter(|held| held.len() == 43) {
        Some(held) => held.to_owned(),
        None => Secret::draw()?.reveal().to_owned(),
    };
    let (nonce, back) = (Secret::draw()?, back(app, &peer.rules.id));
    let state = Secret::draw()?;
    let question = peer
        .question(
            client,
            now,
            &back,
            state.reveal(),
            nonce.reveal(),
            is_forced,
        )
        .await;
    let question = question.map_err(|trouble| operation_error(peer, trouble))?;
    let pending = PendingSignIn {
        provider: peer.rules.id.clone(),
        browser: digue_gateway::identity::token_hash(&browser),
        nonce: question.nonce,
        verifier: question.verifier,
        purpose,
        is_forced,
    };
    // Only once the provider could be asked: one that does not answer must not fill the ceremonies.
    providers(app).pending.keep(now, state.reveal(), pending);
    Ok(StartedSignIn {
        address: question.address,
        browser,
    })
}

/// The redirect URI of a provider.
fn back(app: &App, provider: &str) -> String {
    format!("{}/.digue/provider/{provider}/back", app.console_url())
}

/// The parameters of the redirect back from a provider.
pub struct ProviderReply<'r> {
    pub code: &'r str,
    pub state: &'r str,
    pub issuer: Option<&'r str>,
    /// The provider's error code (RFC 6749, 4.1.2.1).
    pub error: Option<&'r str>,
}

/// The result of a sign-in at a provider.
#[expect(
    clippy::large_enum_variant,
    reason = "made once in a sign-in and taken apart at once"
)]
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
    /// The proof is too old: the provider is asked for a new one.
    Again(StartedSignIn),
}

/// Finishes a sign-in after the redirect back from a provider.
///
/// # Errors
/// `Invalid` for an answer that proves nothing, is not for this browser, or opens no account.
/// Suspended accounts and unknown identities get the same answer.
pub async fn finish(
    app: &App,
    provider: &str,
    browser: Option<&str>,
    reply: ProviderReply<'_>,
    origin: &RequestOrigin,
) -> Result<SignInOutcome, OperationError> {
    let now = app.clock().now();
    let pending = providers(app).pending.end(now, reply.state);
    let pending = pending.map_err(|_| OperationError::Invalid("invalid-provider-state"))?;
    let held = browser.map(digue_gateway::identity::token_hash);
    // An attacker could otherwise send a victim the redirect of the attacker's own sign-in (login
    // CSRF). The provider is compared, too: one provider's answer must not be used for another
    // (mix-up).
    if pending.provider != provider || held != Some(pending.browser) {
        return Err(OperationError::Invalid("invalid-provider-state"));
    }
    let peer = providers(app).find(provider)?;
    // Only after the state was checked: anyone could otherwise write such lines into the log.
    if let Some(error) = reply.error {
        let known: String = error
            .chars()
            .filter(|sign| sign.is_ascii_lowercase() || *sign == '_')
            .collect();
        tracing::info!(
            provider,
            error = known,
            "Identity provider returned an error; sign-in refused"
        );
        return Err(OperationError::Invalid("invalid-provider-refused"));
    }
    let client = app
        .client()
        .ok_or_else(|| OperationError::Unavailable("no HTTP client".to_owned()))?;
    let answer = AuthorizationAnswer {
        code: reply.code,
        issuer: reply.issuer,
        nonce: &pending.nonce,
        verifier: pending.verifier.as_deref(),
    };
    let begun = app.begin_proof();
    let vouched = peer.vouch(client, now, &back(app, provider), answer).await;
    let vouched = vouched.map_err(|trouble| operation_error(peer, trouble))?;
    let half = |then| HalfSignIn {
        begun,
        provider: provider.to_owned(),
        browser: pending.browser,
        vouched: vouched.clone(),
        then,
    };
    match (pending.purpose, &peer.rules.serves) {
        (SignInPurpose::Person, ProviderAudience::Persons(rules)) => {
            persons::open(app, peer, rules, vouched)
                .await
                .map(|secret| SignInOutcome::Person { secret })
        }
        (
            SignInPurpose::Link {
                invitation,
                session,
            },
            ProviderAudience::Accounts,
        ) => {
            accounts::ask_link(
                app,
                half(AfterSignIn::Link {
                    invitation,
                    session,
                }),
            )
            .await
        }
        (SignInPurpose::SignIn { next, is_fresh }, ProviderAudience::Accounts) => {
            let purpose = SignInPurpose::SignIn {
                next: next.clone(),
                is_fresh,
            };
            match accounts::judge(app, peer, &vouched, is_fresh, pending.is_forced).await? {
                accounts::IdentityStrength::Stale => send(app, peer, browser, purpose, true)
                    .await
                    .map(SignInOutcome::Again),
                accounts::IdentityStrength::Weak(account) => {
                    accounts::ask_more(app, half(AfterSignIn::StepUp { account, next })).await
                }
                accounts::IdentityStrength::Good(account, proved_at) => {
                    let by = accounts::ProviderSignIn {
                        begun,
                        peer,
                        vouched: &vouched,
                        with: "",
                    };
                    let (secret, session) =
                        accounts::open(app, by, &account, proved_at, origin).await?;
                    Ok(SignInOutcome::Account(LinkedIdentity {
                        secret,
                        session,
                        next,
                    }))
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

/// Logs a provider error with its details, and returns the error that users see, without them.
fn operation_error(peer: &ProviderPeer, trouble: ProviderError) -> OperationError {
    let provider = &peer.rules.id;
    tracing::warn!(provider, %trouble, "Identity provider failed to prove an identity; sign-in refused");
    match trouble {
        ProviderError::Away(why) => OperationError::Unavailable(why),
        ProviderError::Unbelieved(_) | ProviderError::Token { .. } | ProviderError::NoToken(_) => {
            OperationError::Invalid("invalid-provider-answer")
        }
    }
}

/// A keyed hash of a provider's identifier: it can be recognised and reveals nothing. The issuer is
/// part of it: a provider that is reconfigured to another issuer recognises no earlier identity.
fn keyed(app: &App, peer: &ProviderPeer, kind: &str, name: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.key());
    let text = format!(
        "provider {kind}\n{}\n{}\n{name}",
        peer.rules.id, peer.rules.issuer
    );
    hex(hmac::sign(&key, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use digue_types::Timestamp;
    use serde_json::Map;

    use super::*;

    #[test]
    fn the_factor_is_read_from_the_answer() {
        let check = |amr: &[&str], acr: Option<&str>, expected: Factor| {
            let vouched = VerifiedIdentity {
                at: Timestamp::ZERO,
                subject: "s".into(),
                sid: None,
                auth_time: None,
                amr: amr.iter().map(ToString::to_string).collect(),
                acr: acr.map(str::to_owned),
                claims: Map::new(),
                id_token: String::new(),
            };
            assert_eq!(
                FactorRules::default().of(&vouched),
                expected,
                "{amr:?} {acr:?}"
            );
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
