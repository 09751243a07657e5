//! Password and one-time code: the fallback for agents who cannot have a passkey.
//!
//! The operator can disable it. It follows the CNIL (deliberations 2022-100 and 2025-019): entropy,
//! a growing delay, a block after ten failures in a row, no code by e-mail, a password hash with a
//! key that is kept outside the database. Failures are counted separately for each device that the
//! account knows, and for all other devices together: an attacker who tries from everywhere blocks
//! only unknown devices, and neither the holder's usual one nor any passkey. Every wrong input gets
//! the same answer after the same work.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use digue_access::{RequestOrigin, Session};
use digue_app::secret::{Secret, SecretSeal};
use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_mail::Mail;
use digue_store::{Attempts, PasswordRecord};
use digue_types::{AccountId, Act, Subject, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::Semaphore;
use totp_rs::Totp;

use crate::factor_notice::tell_factors_changed;
use crate::password_strength::{BYTES_MAX, Guessable, must_be_hard_to_guess, must_be_well_formed};
use crate::sign_in::SessionProof;
use crate::{credential_lock, sign_in};

/// Failures in a row after which the password is blocked (CNIL: at most 10).
pub const FAILURES_MAX: u32 = 10;
/// Failures without a delay: anyone mistypes.
const FAILURES_FREE: u32 = 3;
const CODES: usize = 10;
/// How long the secret on the page may be confirmed.
const SETTING_LASTS: Duration = Duration::from_mins(15);
/// OWASP's smallest recommendation for Argon2id: 19 MiB, two passes.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Sign-ins from unknown devices that may wait for a hash; further ones get `Busy`.
const STRANGERS_WAITING_MAX: usize = 16;

/// The operator's rules for passwords.
#[derive(Clone, Debug, Default)]
pub struct PasswordRules {
    /// A file of SHA-1 hashes of breached passwords in hexadecimal, sorted, one a line (the format
    /// of Have I Been Pwned).
    pub breached: Option<PathBuf>,
}

/// The state of password sign-in.
struct Passwords {
    rules: Arc<PasswordRules>,
    /// Mixed into every hash: a copy of the database alone allows no guessing.
    pepper: Arc<[u8]>,
    seal: SecretSeal,
    // One hash at a time for unknown devices and one for known ones. The gateway runs in this
    // process: password hashing never takes more of the machine than two cores and 38 MiB, and a
    // flood from unknown devices does not delay known ones.
    strangers: Arc<Semaphore>,
    known: Arc<Semaphore>,
    strangers_waiting: AtomicUsize,
    /// The hash to compare with when there is no account: the answer takes the same time.
    decoy: String,
}

impl Passwords {
    fn new(rules: PasswordRules, key: &[u8; 32]) -> Result<Self, OperationError> {
        // With a label of its own: the same key also seals other secrets, and none of them may
        // serve as the pepper.
        let derived = |label: &[u8]| {
            let mut bytes = key.to_vec();
            bytes.extend(label);
            ring::digest::digest(&ring::digest::SHA256, &bytes)
        };
        let pepper: Arc<[u8]> = derived(b"digue password pepper").as_ref().into();
        let decoy = hash(&pepper, Secret::draw()?.reveal())?;
        Ok(Self {
            rules: Arc::new(rules),
            pepper,
            seal: SecretSeal::new(key, b"digue second factor")?,
            strangers: Arc::new(Semaphore::new(1)),
            known: Arc::new(Semaphore::new(1)),
            strangers_waiting: AtomicUsize::new(0),
            decoy,
        })
    }

    /// A place in the queue of unknown devices; `Busy` when it is full.
    fn place(&self) -> Result<AttemptPlace<'_>, OperationError> {
        // The guard before the count: it gives the place back also when this one is refused.
        let place = AttemptPlace(&self.strangers_waiting);
        // Counted first, compared after: two requests that first read the number could both take
        // the last place.
        if place.0.fetch_add(1, Ordering::SeqCst) >= STRANGERS_WAITING_MAX {
            return Err(OperationError::Busy);
        }
        Ok(place)
    }

    /// Runs slow work on a password off the async workers, in turn. The turn belongs to the work: a
    /// client that goes away does not make room for another hash while its own goes on.
    async fn in_turn<T: Send + 'static>(
        lane: &Arc<Semaphore>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, OperationError> {
        let turn = lane
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| OperationError::Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| broken(&error.to_string()))
    }

    fn seal(&self, account: &AccountId, plain: &[u8]) -> Result<String, OperationError> {
        self.seal.seal(account.as_str(), plain)
    }

    fn open(&self, account: &AccountId, text: &str) -> Option<Vec<u8>> {
        self.seal.open(account.as_str(), text)
    }
}

/// Passwords and one-time codes, where the operator allows them.
pub(crate) struct PasswordArea(Option<Passwords>);

impl Area for PasswordArea {}

impl PasswordArea {
    /// `rules` is `None` where agents may not sign in with a password and a one-time code.
    pub(crate) fn new(
        rules: Option<PasswordRules>,
        key: &[u8; 32],
    ) -> Result<Self, OperationError> {
        Ok(Self(
            rules.map(|rules| Passwords::new(rules, key)).transpose()?,
        ))
    }
}

/// True when agents may sign in with a password and a one-time code.
pub fn is_allowed(app: &App) -> bool {
    app.area::<PasswordArea>().0.is_some()
}

fn passwords(app: &App) -> Result<&Passwords, OperationError> {
    app.area::<PasswordArea>()
        .0
        .as_ref()
        .ok_or(OperationError::NotFound("password"))
}

fn broken(what: &str) -> OperationError {
    OperationError::Unavailable(what.to_owned())
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], OperationError> {
    let mut bytes = [0; BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| broken("no randomness"))?;
    Ok(bytes)
}

fn argon(pepper: &[u8]) -> Result<Argon2<'_>, OperationError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| broken(&error.to_string()))?;
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|error| broken(&error.to_string()))
}

fn hash(pepper: &[u8], password: &str) -> Result<String, OperationError> {
    let salt = random::<16>()?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| broken(&error.to_string()))?;
    let hashed = argon(pepper)?.hash_password(password.as_bytes(), &salt);
    Ok(hashed
        .map_err(|error| broken(&error.to_string()))?
        .to_string())
}

fn is_right(pepper: &[u8], shown: &ShownPassword, known: &str) -> bool {
    let (Ok(argon), Ok(known)) = (argon(pepper), PasswordHash::new(known)) else {
        return false;
    };
    // Hashed also when it is too long: every wrong input takes the same work.
    let is_same = argon.verify_password(&shown.hashed, &known).is_ok();
    is_same && !shown.is_too_long
}

fn totp(secret: &[u8], account: &AccountId) -> Result<Totp, OperationError> {
    // In the `otpauth` URL a colon separates the issuer from the account.
    let named = account.as_str().replace(':', ".");
    let builder = totp_rs::Builder::new()
        .with_secret(secret.to_vec())
        .with_account_name(named);
    builder
        .with_issuer(Some("Digue"))
        .build()
        .map_err(|error| broken(&error.to_string()))
}

/// The content of the page on which a second factor is set up.
#[derive(Clone, Debug)]
pub struct FactorSetup {
    /// The sealed secret, which the form sends back: nothing is stored until it is confirmed.
    pub sealed: String,
    /// The secret in base 32, for typing.
    pub secret: String,
    /// The modules of the QR code, row by row; `true` is dark.
    pub code: Vec<Vec<bool>>,
}

/// Begins to set a password on the session's own account.
pub fn begin(app: &App, session: &Session) -> Result<FactorSetup, OperationError> {
    let actor = may_set(app, session)?;
    let passwords = passwords(app)?;
    let mut secret = [0; 20];
    SystemRandom::new()
        .fill(&mut secret)
        .map_err(|_| broken("no randomness"))?;
    let totp = totp(&secret, &actor.account)?;
    let url = totp.to_url().map_err(|error| broken(&error.to_string()))?;
    let code = qrcodegen::QrCode::encode_text(&url, qrcodegen::QrCodeEcc::Medium)
        .map_err(|_| broken("no code could be drawn"))?;
    let until = app.clock().now().plus(SETTING_LASTS);
    let kept = [&until.micros().to_be_bytes()[..], &secret[..]].concat();
    Ok(FactorSetup {
        sealed: passwords.seal(&actor.account, &kept)?,
        secret: totp_rs::Secret::from(secret.to_vec()).to_base32(),
        code: (0..code.size())
            .map(|y| (0..code.size()).map(|x| code.get_module(x, y)).collect())
            .collect(),
    })
}

fn may_set(app: &App, session: &Session) -> Result<Actor, OperationError> {
    let actor = Actor::of_session(app, session)?;
    passwords(app)?;
    // The role of the directory, not the actor's: an unconfirmed officer acts as an agent, but must
    // not obtain a password that would remain after the confirmation.
    let rules = app.gateway().rules();
    if rules
        .directory
        .find(&actor.account)
        .is_none_or(|record| record.role.needs_passkey())
    {
        return Err(OperationError::Invalid("invalid-password-role"));
    }
    actor.must_be_fresh(app)?;
    Ok(actor)
}

/// Sets a password and its second factor together; returns the recovery codes, shown once.
pub async fn set(
    app: &App,
    session: &Session,
    password: &str,
    sealed: &str,
    code: &str,
) -> Result<Vec<String>, OperationError> {
    let actor = may_set(app, session)?;
    let passwords = passwords(app)?;
    let now = app.clock().now();
    let kept = passwords
        .open(&actor.account, sealed)
        .ok_or(OperationError::Invalid("invalid-ceremony"))?;
    // The end of validity is sealed with the secret: nothing is kept for a form that may never come
    // back.
    let (until, secret) = kept
        .split_at_checked(8)
        .ok_or(OperationError::Invalid("invalid-ceremony"))?;
    let until = i64::from_be_bytes(until.try_into().expect("split at eight bytes"));
    if now >= Timestamp::from_micros(until) {
        return Err(OperationError::Invalid("invalid-ceremony"));
    }
    must_be_well_formed(password).map_err(OperationError::Invalid)?;
    let step = check_code(&totp(secret, &actor.account)?, code, now);
    let step = step.ok_or(OperationError::Invalid("invalid-totp"))?;
    // Hashed before the credential lock is taken: other changes of credentials must not wait for
    // it.
    let (pepper, rules) = (passwords.pepper.clone(), passwords.rules.clone());
    let about = Guessable::of(session, password);
    // Guessing the text, which an attacker may choose, reading the list and hashing all take their
    // time.
    let checked = move || {
        must_be_hard_to_guess(rules.breached.as_deref(), &about)
            .map_err(OperationError::Invalid)?;
        hash(&pepper, &about.password)
    };
    let hashed = Passwords::in_turn(&passwords.known, checked).await??;
    let codes = (0..CODES)
        .map(|_| recovery_code())
        .collect::<Result<Vec<String>, _>>()?;
    let hashes: Vec<_> = codes.iter().map(|code| code_hash(code)).collect();
    let _turn = credential_lock::hold_for(app, session).await?;
    let details = ActDetails {
        subject: Subject::Account(actor.account.clone()),
        after: format!("totp recovery-codes:{CODES}"),
        ..ActDetails::default()
    };
    app.write_down(&actor, Act::PasswordSet, details).await?;
    let record = PasswordRecord {
        account: actor.account,
        hash: hashed,
        totp: passwords.seal(&session.account, secret)?,
        totp_step: step,
        changed_at: now,
    };
    app.store().save_password(&record, &hashes).await?;
    tell_factors_changed(app, &session.account).await?;
    Ok(codes)
}

/// The number of recovery codes left; `None` when the account has no password.
pub async fn own(app: &App, session: &Session) -> Result<Option<usize>, OperationError> {
    if app.store().password_of(&session.account).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(
        app.store().recovery_codes_left(&session.account).await?,
    ))
}

/// Removes the account's own password. A passkey must remain.
pub async fn remove(app: &App, session: &Session) -> Result<(), OperationError> {
    let actor = Actor::of_session(app, session)?;
    actor.must_be_fresh(app)?;
    if app.store().password_of(&actor.account).await?.is_none() {
        return Err(OperationError::NotFound("password"));
    }
    if app.store().passkeys_of(&actor.account).await?.is_empty() {
        return Err(OperationError::Invalid("invalid-passkey-last"));
    }
    let details = ActDetails {
        subject: Subject::Account(actor.account.clone()),
        ..ActDetails::default()
    };
    app.write_down(&actor, Act::PasswordRemoved, details)
        .await?;
    app.store().remove_password(&actor.account).await?;
    tell_factors_changed(app, &actor.account).await
}

/// The credentials of a sign-in.
#[derive(Clone, Copy)]
pub struct ShownCredentials<'s> {
    pub account: &'s str,
    pub password: &'s str,
    /// Six digits, or a recovery code.
    pub code: &'s str,
    /// The secret of a device that the account may know.
    pub device: Option<&'s str>,
}

/// A session and, for a device that was not known before, its new secret.
pub struct OpenedPassword {
    pub secret: Secret,
    pub session: Session,
    pub device: Option<Secret>,
}

/// An attempt, counted before it is known whether it is right: parallel attempts all count.
struct CountedAttempt {
    /// The account, or `nobody` when there is none.
    account: AccountId,
    /// The hash of the device's secret when the account knows it; empty for all other devices
    /// together.
    lane: String,
    may_try: bool,
    failures_before: u32,
}

/// Attempts that are counted between two looks before one gives up: more at once are no person's.
const COUNTING_TRIES: usize = 8;

impl CountedAttempt {
    async fn begin(
        app: &App,
        account: AccountId,
        device: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, OperationError> {
        let named = device.map(sign_in::state_hash).unwrap_or_default();
        for _ in 0..COUNTING_TRIES {
            let of_device = app.store().attempts(&account, &named).await?;
            // A device counts only if the account knows it. An invented secret would otherwise give
            // an attacker a fresh counter each time.
            let (lane, so_far) = match of_device {
                Some(attempts) => (named.clone(), Some(attempts)),
                None => (String::new(), app.store().attempts(&account, "").await?),
            };
            if so_far.is_some_and(|attempts| !may_try(attempts, now)) {
                return Self::refused(app, account, lane).await;
            }
            // Only if no other attempt was counted since: a hundred at once would all have seen the
            // same count.
            if app
                .store()
                .count_attempt_after(&account, &lane, so_far, now)
                .await?
            {
                let failures_before = so_far.map_or(0, |attempts| attempts.failures);
                return Ok(Self {
                    account,
                    lane,
                    may_try: true,
                    failures_before,
                });
            }
        }
        Self::refused(app, account, String::new()).await
    }

    /// Counted for `nobody`: the same query, so that the time is the same.
    async fn refused(app: &App, account: AccountId, lane: String) -> Result<Self, OperationError> {
        app.store()
            .count_attempt(&nobody(), "", app.clock().now())
            .await?;
        Ok(Self {
            account,
            lane,
            may_try: false,
            failures_before: 0,
        })
    }

    async fn failed(&self, app: &App) -> Result<OperationError, OperationError> {
        // Exactly at the limit: one entry and one mail for a block, however many attempts follow.
        if self.may_try && self.failures_before + 1 == FAILURES_MAX {
            let details = ActDetails {
                subject: Subject::Account(self.account.clone()),
                ..ActDetails::default()
            };
            app.write_down(&Actor::digue(), Act::SignInBlocked, details)
                .await?;
            let mail = Mail::SignInBlocked {
                account: self.account.clone(),
            };
            digue_mail::tell_holder(app, &self.account, &mail).await?;
        }
        Ok(OperationError::Invalid("invalid-password"))
    }
}

/// The account that stands for unknown ones, so that they cost the same work.
fn nobody() -> AccountId {
    AccountId::parse("::nobody").expect("`::nobody` is a valid account id")
}

/// Signs in to the console. Every wrong input gets the same answer after the same work.
pub async fn sign_in(
    app: &App,
    shown: ShownCredentials<'_>,
    origin: &RequestOrigin,
) -> Result<OpenedPassword, OperationError> {
    let passwords = passwords(app)?;
    let (now, begun) = (app.clock().now(), app.begin_proof());
    // Without a device secret the place is taken before anything is read: a flood costs no query.
    let mut place = match shown.device {
        None => Some(passwords.place()?),
        Some(_) => None,
    };
    let claimed = AccountId::parse(shown.account.trim()).unwrap_or_else(|_| nobody());
    let record = app.store().password_of(&claimed).await?;
    let account = record
        .as_ref()
        .map_or_else(nobody, |record| record.account.clone());
    let trial = CountedAttempt::begin(app, account, shown.device, now).await?;
    // The device secret was invented or is of another account: the attempt queues with unknown
    // devices.
    if trial.lane.is_empty() && place.is_none() {
        place = Some(passwords.place()?);
    }
    let record = record.filter(|_| trial.may_try);
    // Also for a blocked account: an answer without a hash would come sooner and reveal the block.
    let known_hash = record
        .as_ref()
        .map_or(&passwords.decoy, |record| &record.hash);
    let is_password = compare(passwords, place.is_none(), shown.password, known_hash).await?;
    // The queue is for the hash alone; what follows costs only queries.
    drop(place);
    let Some(record) = record.filter(|_| is_password) else {
        return Err(trial.failed(app).await?);
    };
    // After the password alone: checking a code uses it up, and a stranger could otherwise use up
    // the holder's.
    if !uses_second_factor(app, passwords, &record, shown.code, now).await? {
        return Err(trial.failed(app).await?);
    }
    // Only when both factors are right: a reset after the password would leave the six digits
    // without a limit.
    app.store()
        .forget_attempts(&record.account, &trial.lane)
        .await?;
    let proof = SessionProof {
        begun,
        proved_at: now,
        by: "password",
    };
    let opened =
        sign_in::open_session(app, &record.account, app.console_host(), origin, proof).await;
    let (secret, session) = opened.map_err(|error| match error {
        // A distinct answer would reveal that a suspended account exists.
        OperationError::Denied => OperationError::Invalid("invalid-password"),
        other => other,
    })?;
    let device = if trial.lane.is_empty() {
        let made = Secret::draw()?;
        // A counter at zero under this hash is what makes the device known to the account
        // (`CountedAttempt::begin`).
        app.store()
            .forget_attempts(&record.account, &sign_in::state_hash(made.reveal()))
            .await?;
        Some(made)
    } else {
        None
    };
    Ok(OpenedPassword {
        secret,
        session,
        device,
    })
}

/// Gives a fresh proof of identity for a session, with password and code.
pub async fn prove(
    app: &App,
    session: &Session,
    password: &str,
    code: &str,
    device: Option<&str>,
) -> Result<(), OperationError> {
    let passwords = passwords(app)?;
    let actor = Actor::of_session(app, session)?;
    let now = app.clock().now();
    let record = app.store().password_of(&actor.account).await?;
    let record = record.ok_or(OperationError::NotFound("password"))?;
    let trial = CountedAttempt::begin(app, actor.account.clone(), device, now).await?;
    let is_password = compare(passwords, true, password, &record.hash).await?;
    // The password was compared even when no attempt is allowed: the time must not reveal the
    // block.
    if !trial.may_try
        || !is_password
        || !uses_second_factor(app, passwords, &record, code, now).await?
    {
        return Err(trial.failed(app).await?);
    }
    app.store()
        .forget_attempts(&record.account, &trial.lane)
        .await?;
    sign_in::note_proof(app, &actor, session, now).await
}

/// Checks the second factor alone, for an account whose first factor a provider proved.
pub(crate) async fn check_second(
    app: &App,
    account: &AccountId,
    code: &str,
) -> Result<(), OperationError> {
    let passwords = passwords(app)?;
    let now = app.clock().now();
    let record = app.store().password_of(account).await?;
    let record = record.ok_or(OperationError::NotFound("password"))?;
    let trial = CountedAttempt::begin(app, account.clone(), None, now).await?;
    if !trial.may_try || !uses_second_factor(app, passwords, &record, code, now).await? {
        return Err(trial.failed(app).await?);
    }
    Ok(app.store().forget_attempts(account, &trial.lane).await?)
}

/// True when another attempt is allowed: after the third failure one second later, then twice as
/// long each time; after the tenth not at all.
fn may_try(attempts: Attempts, now: Timestamp) -> bool {
    if attempts.failures < FAILURES_FREE {
        return true;
    }
    // Bounded although the count stops at ten: the shift is computed before that check, and must
    // not overflow.
    let wait = Duration::from_secs(1 << (attempts.failures - FAILURES_FREE).min(10));
    attempts.failures < FAILURES_MAX && now.since(attempts.failed_at) >= wait
}

/// A place in the queue of unknown devices, given back when dropped.
struct AttemptPlace<'p>(&'p AtomicUsize);

impl Drop for AttemptPlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn compare(
    passwords: &Passwords,
    is_known: bool,
    password: &str,
    known_hash: &str,
) -> Result<bool, OperationError> {
    let lane = if is_known {
        &passwords.known
    } else {
        &passwords.strangers
    };
    let (pepper, known_hash) = (passwords.pepper.clone(), known_hash.to_owned());
    let shown = ShownPassword::of(password);
    Passwords::in_turn(lane, move || is_right(&pepper, &shown, &known_hash)).await
}

/// A password as someone typed it, ready to be compared.
struct ShownPassword {
    /// Its first bytes, `BYTES_MAX` at most: no longer password can have been set, and hashing a
    /// long text would let its sender choose how long that takes. Bytes and not characters: the end
    /// may divide one.
    hashed: Vec<u8>,
    /// It is longer than any password that can have been set, so that it is wrong even when its
    /// beginning is right.
    is_too_long: bool,
}

impl ShownPassword {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let hashed = bytes[..bytes.len().min(BYTES_MAX)].to_vec();
        Self {
            hashed,
            is_too_long: bytes.len() > BYTES_MAX,
        }
    }
}

async fn uses_second_factor(
    app: &App,
    passwords: &Passwords,
    record: &PasswordRecord,
    code: &str,
    now: Timestamp,
) -> Result<bool, OperationError> {
    let code: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    // A one-time code has six digits, a recovery code 24 characters.
    if code.len() > 8 {
        return Ok(app
            .store()
            .use_recovery_code(&record.account, &code_hash(&code))
            .await?);
    }
    uses_one_time_code(app, passwords, record, &code, now).await
}

async fn uses_one_time_code(
    app: &App,
    passwords: &Passwords,
    record: &PasswordRecord,
    code: &str,
    now: Timestamp,
) -> Result<bool, OperationError> {
    let secret = passwords
        .open(&record.account, &record.totp)
        .ok_or_else(|| broken("a sealed secret"))?;
    match check_code(&totp(&secret, &record.account)?, code, now) {
        // Each period once (RFC 6238, 5.2): a code that was overheard cannot be replayed.
        Some(step) => Ok(app.store().use_totp(&record.account, step).await?),
        None => Ok(false),
    }
}

/// The period (RFC 6238) whose code this is: the current one or one next to it.
fn check_code(totp: &Totp, code: &str, now: Timestamp) -> Option<u64> {
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    totp.check(&code, u64::try_from(now.secs()).ok()?)
}

/// A recovery code: 120 random bits in six groups. Too many to guess, so that a plain digest is
/// stored.
fn recovery_code() -> Result<String, OperationError> {
    // Neither 0 and O nor 1 and I: codes are read from paper.
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let bytes = random::<24>()?;
    // 32 divides 256, so that the remainder favours no letter.
    let letters: Vec<char> = bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect();
    let groups: Vec<String> = letters.chunks(4).map(String::from_iter).collect();
    Ok(groups.join("-"))
}

fn code_hash(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    digue_gateway::identity::token_hash(&plain.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_of_a_cancelled_request_keeps_its_turn_until_it_ends() {
        let lane = Arc::new(Semaphore::new(1));
        let together = Arc::new(std::sync::Barrier::new(2));
        let running = together.clone();
        let mut request = Box::pin(Passwords::in_turn(&lane, move || {
            running.wait();
        }));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(request.as_mut().poll(&mut context).is_pending());
        drop(request);
        assert_eq!(
            lane.available_permits(),
            0,
            "the work goes on, and nothing else begins"
        );
        tokio::task::spawn_blocking(move || together.wait())
            .await
            .unwrap();
        assert_eq!(Passwords::in_turn(&lane, || 7).await.unwrap(), 7);
    }

    #[test]
    fn at_most_256_bytes_are_hashed_wherever_a_character_ends() {
        // Byte 256 falls into the middle of the last character of the first two.
        for text in [
            format!("a{}", "é".repeat(5_000)),
            format!("ab{}", "€".repeat(5_000)),
            "x".repeat(10_000),
        ] {
            let shown = ShownPassword::of(&text);
            assert_eq!(
                (shown.hashed.as_slice(), shown.is_too_long),
                (&text.as_bytes()[..BYTES_MAX], true)
            );
        }
        let longest = format!("{}x", "é€".repeat(51));
        assert_eq!(longest.len(), BYTES_MAX);
        let shown = ShownPassword::of(&longest);
        assert_eq!(
            (shown.hashed.as_slice(), shown.is_too_long),
            (longest.as_bytes(), false)
        );
    }

    #[test]
    fn a_password_that_only_begins_as_the_right_one_is_wrong() {
        let pepper = [7; 32];
        let right = "x".repeat(BYTES_MAX);
        let known = hash(&pepper, &right).unwrap();
        let compare = |text: &str| is_right(&pepper, &ShownPassword::of(text), &known);
        assert!(compare(&right));
        assert!(!compare(&format!("{right}x")));
        assert!(!compare(&right[1..]));
    }

    #[test]
    fn waiting_grows_and_ends_at_ten() {
        let at = Timestamp::from_secs(1000);
        let check = |failures, seconds: i64, may: bool| {
            let attempts = Attempts {
                failures,
                failed_at: at,
            };
            assert_eq!(
                may_try(attempts, Timestamp::from_secs(1000 + seconds)),
                may,
                "{failures} {seconds}"
            );
        };
        check(2, 0, true);
        check(3, 0, false);
        check(3, 1, true);
        check(9, 63, false);
        check(9, 64, true);
        check(10, 1_000_000, false);
    }
}
