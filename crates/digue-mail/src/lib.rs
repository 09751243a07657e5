//! Mail: invitations, information about recoveries and findings, digests; and the sending of
//! notices.
//!
//! The queue is in the store and survives a restart or an unreachable mail server. A text is
//! composed when it is sent, so that the database holds no link. It contains nothing personal but
//! the address, and no code that gives access by itself: an invitation opens an account that can
//! see no person yet.

mod probe;
mod weekly;

pub mod maildir;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use digue_access::Role;
use digue_app::secret::name;
use digue_app::{Actor, App, Area, Areas, OperationError};
use digue_locales::{Language, Value, text, text_with};
use digue_messages::{MessageVerdict, UnreadKind};
use digue_store::MailRecord;
use digue_types::{AccountId, OrganisationId, PortalId, Timestamp};
use futures_util::future::BoxFuture;
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::message::MessageBuilder;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm,
    DkimSigningKey,
};
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

pub use self::probe::{RelayFault, answers};
pub use self::weekly::{WeeklyFigures, WorkFigures};

/// The outgoing mail server.
#[derive(Clone)]
pub struct MailSettings {
    pub host: String,
    pub port: u16,
    pub protection: Protection,
    pub user: Option<String>,
    pub password: Option<String>,
    pub from: String,
    /// Signs outgoing mail (RFC 6376); `None` leaves it to the mail server.
    pub dkim: Option<Dkim>,
    /// The address for reports of undeliverable notices.
    pub returns: Option<BounceSettings>,
}

/// Where bounces of notices arrive.
#[derive(Clone)]
pub struct BounceSettings {
    /// `retours@exemple.fr`; the envelope sender of each notice adds its code after a `+`.
    pub address: String,
    /// The Maildir that it is delivered to.
    pub folder: PathBuf,
}

/// A DKIM key.
#[derive(Clone)]
pub struct Dkim {
    pub domain: String,
    pub selector: String,
    /// Ed25519 seed in base 64, or an RSA key in PKCS#1 PEM.
    pub key: String,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    Tls,
    StartTls,
    /// Unencrypted; only for a server on this machine.
    DangerNone,
}

/// The mail server, and who makes the links of invitations.
struct MailState {
    mailer: Option<Mailer>,
    links: Box<dyn InvitationLinks>,
}

impl Area for MailState {}

/// Adds what mail keeps between calls; without settings nothing is sent.
///
/// # Errors
/// `Unavailable` for settings that no mail server can be reached with.
pub fn areas(
    before: Areas,
    settings: Option<&MailSettings>,
    links: Box<dyn InvitationLinks>,
) -> Result<Areas, OperationError> {
    Ok(before.with(MailState {
        mailer: settings.map(Mailer::new).transpose()?,
        links,
    }))
}

/// Makes the link that an invitation carries. Mail knows neither accounts nor sign-in.
pub trait InvitationLinks: Send + Sync {
    /// False for an invitation that a later one replaced, or whose holder is confirmed.
    fn is_current(&self, app: &App, account: &AccountId, at: Timestamp) -> bool;

    /// A new link and how long it is valid; `Err` when the invitation is over.
    fn make<'a>(
        &'a self,
        app: &'a App,
        account: &'a AccountId,
        at: Timestamp,
    ) -> BoxFuture<'a, Result<(String, Duration), OperationError>>;
}

/// The mail server, where one is configured.
pub fn mailer(app: &App) -> Option<&Mailer> {
    app.area::<MailState>().mailer.as_ref()
}

/// True when Digue can send mail.
pub fn is_configured(app: &App) -> bool {
    mailer(app).is_some()
}

/// The connection to the mail server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    dkim: Option<DkimConfig>,
    returns: Option<BounceSettings>,
    is_sending: AtomicBool,
}

/// How long one attempt may take.
const ATTEMPT_LASTS: Duration = Duration::from_secs(20);
/// How long a mail is tried; later it would be of no use.
const MAIL_LASTS: Duration = Duration::from_hours(48);
/// The first wait after a failure; it doubles up to an hour.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

impl Mailer {
    pub(crate) fn new(settings: &MailSettings) -> Result<Self, OperationError> {
        let fault = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
        let relay = match settings.protection {
            Protection::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(&settings.host),
            Protection::StartTls => {
                AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&settings.host)
            }
            Protection::DangerNone => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(
                &settings.host,
            )),
        };
        let mut builder = relay
            .map_err(|error| fault(&error))?
            .port(settings.port)
            .timeout(Some(ATTEMPT_LASTS));
        if let (Some(user), Some(password)) = (&settings.user, &settings.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
        }
        let from = parse_address(&settings.from).and_then(|address| address.parse().ok());
        let from = from.ok_or_else(|| fault(&"the sender's address is invalid"))?;
        let from = Mailbox::new(Some("Digue".to_owned()), from);
        let dkim = settings
            .dkim
            .as_ref()
            .map(dkim_of)
            .transpose()
            .map_err(|error| fault(&error))?;
        let returns = settings.returns.clone();
        Ok(Self {
            transport: builder.build(),
            from,
            dkim,
            returns,
            is_sending: AtomicBool::new(false),
        })
    }

    /// The address that mail comes from.
    pub fn sender(&self) -> String {
        self.from.email.to_string()
    }

    /// True when Digue signs outgoing mail itself.
    pub const fn is_signed(&self) -> bool {
        self.dkim.is_some()
    }

    /// The Maildir of bounces.
    pub fn returns_folder(&self) -> Option<&Path> {
        self.returns
            .as_ref()
            .map(|returns| returns.folder.as_path())
    }

    /// Hands one notice to the mail server. Its `Message-ID` is made of campaign and code, the same
    /// at each try: SMTP cannot guarantee more than that (docs/decisions/0012).
    pub async fn send_notice(
        &self,
        recipient: &str,
        subject: &str,
        body: &str,
        (campaign, code): (&str, &str),
    ) -> Result<(), String> {
        let mut message = self.notice(recipient, subject, body, campaign, code)?;
        if let Some(dkim) = &self.dkim {
            message.sign(dkim);
        }
        self.transport
            .send(message)
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }

    fn notice(
        &self,
        recipient: &str,
        subject: &str,
        body: &str,
        campaign: &str,
        code: &str,
    ) -> Result<Message, String> {
        let address: Address = recipient
            .parse()
            .map_err(|_| "the address does not read".to_owned())?;
        let back = self
            .returns
            .as_ref()
            .and_then(|returns| returns.address.split_once('@'));
        let back = back.map(|(local, domain)| format!("{local}+{}@{domain}", code.to_lowercase()));
        let back = back.map(|back| back.parse::<Address>()).transpose();
        let back = back
            .map_err(|error| error.to_string())?
            .unwrap_or_else(|| self.from.email.clone());
        let envelope =
            Envelope::new(Some(back), vec![address.clone()]).map_err(|error| error.to_string())?;
        let from = Mailbox::new(None, self.from.email.clone());
        let headed = headed(from, address, subject, &format!("{campaign}.{code}"));
        headed
            .envelope(envelope)
            .body(body.to_owned())
            .map_err(|error| error.to_string())
    }
}

/// The headers of every mail. The `Message-ID` is under the sender's own domain, the same at each
/// try, and made of random characters only (RFC 5322, 3.6.4); without `MIME-Version` the character
/// set is undefined (RFC 2045, 4); `Auto-Submitted` keeps auto-responders from answering (RFC 3834,
/// 5).
fn headed(from: Mailbox, to: Address, subject: &str, id: &str) -> MessageBuilder {
    let id = format!("<{id}@{}>", from.email.domain());
    let by_machine = HeaderName::new_from_ascii_str("Auto-Submitted");
    Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject)
        .message_id(Some(id))
        // RFC 3834: automatic replies (absence notes) must not answer it.
        .raw_header(HeaderValue::new(by_machine, "auto-generated".to_owned()))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
}

fn dkim_of(dkim: &Dkim) -> Result<DkimConfig, String> {
    let kind = if dkim.key.contains("BEGIN") {
        DkimSigningAlgorithm::Rsa
    } else {
        DkimSigningAlgorithm::Ed25519
    };
    let key = DkimSigningKey::new(dkim.key.trim(), kind).map_err(|error| error.to_string())?;
    // Relaxed, because mail servers on the way fold headers anew.
    let form = DkimCanonicalization {
        header: DkimCanonicalizationType::Relaxed,
        body: DkimCanonicalizationType::Relaxed,
    };
    // Every header that a reader sees is signed; those that servers add or fold on the way are not.
    let headers = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];
    let headers = headers.map(HeaderName::new_from_ascii_str);
    Ok(DkimConfig::new(
        dkim.selector.clone(),
        dkim.domain.clone(),
        key,
        headers.to_vec(),
        form,
    ))
}

/// The kinds of mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mail {
    /// An invitation to create a passkey. `at` is when the invitation was made: an earlier one is
    /// void.
    Invitation { account: AccountId, at: Timestamp },
    /// This account was returned to its holder.
    Recovered { account: AccountId },
    /// A credential was added or removed.
    FactorsChanged { account: AccountId },
    /// Failed attempts blocked the password of this account.
    SignInBlocked { account: AccountId },
    /// Detection has a finding about this account.
    Finding { account: AccountId },
    /// Detection has a finding about this organisation as a whole.
    OrganisationFinding { organisation: OrganisationId },
    /// A partner organisation reported a suspicion.
    Reported { organisation: OrganisationId },
    /// The fuse of this portal stopped automatic closing.
    ClosingsHeld { portal: PortalId },
    /// Two persons agreed to delete backups of this repository, and anyone may still stop it.
    BackupDeletion { repository: String },
    /// The weekly digest of the ISMS, for one of its officers.
    Digest {
        account: AccountId,
        week: WeeklyFigures,
    },
    /// A record names this account, and waits for its signature.
    SignatureAsked { account: AccountId },
    /// What this account answers for: due soon, late, and late of others for so long that the
    /// management is told.
    WorkDue {
        account: AccountId,
        work: WorkFigures,
    },
    /// A legal deadline of an incident draws near.
    DeadlineNear { incident: String, percent: u8 },
    /// The self-assessment of this account's organisation has expired, or will soon.
    AssessmentDue { account: AccountId },
    /// The verdict on a message that this account forwarded.
    DeskAnswer {
        account: AccountId,
        verdict: MessageVerdict,
        unread: Vec<UnreadKind>,
    },
    /// A person does not recognise a consultation by this account.
    Contested { account: AccountId },
    /// For a person who asked for it: a new organisation consulted their record, or the month is
    /// over.
    PersonNews { is_first: bool, visits: u64 },
}

impl Mail {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "invitation",
            Self::Recovered { .. } => "recovered",
            Self::FactorsChanged { .. } => "factors-changed",
            Self::SignInBlocked { .. } => "sign-in-blocked",
            Self::Finding { .. } => "finding",
            Self::OrganisationFinding { .. } => "organisation-finding",
            Self::Reported { .. } => "reported",
            Self::ClosingsHeld { .. } => "closings-held",
            Self::BackupDeletion { .. } => "backup-deletion",
            Self::Digest { .. } => "digest",
            Self::SignatureAsked { .. } => "signature-asked",
            Self::WorkDue { .. } => "work-due",
            Self::DeadlineNear { .. } => "deadline-near",
            Self::AssessmentDue { .. } => "assessment-due",
            Self::DeskAnswer { .. } => "desk-answer",
            Self::Contested { .. } => "contested",
            Self::PersonNews { .. } => "person-news",
        }
    }

    fn account(&self) -> AccountId {
        match self {
            // About no account.
            Self::PersonNews { .. }
            | Self::OrganisationFinding { .. }
            | Self::Reported { .. }
            | Self::ClosingsHeld { .. }
            | Self::DeadlineNear { .. }
            | Self::BackupDeletion { .. } => Actor::digue().account,
            Self::Invitation { account, .. }
            | Self::Recovered { account }
            | Self::FactorsChanged { account }
            | Self::SignInBlocked { account }
            | Self::Finding { account }
            | Self::AssessmentDue { account }
            | Self::SignatureAsked { account }
            | Self::WorkDue { account, .. }
            | Self::DeskAnswer { account, .. }
            | Self::Contested { account }
            | Self::Digest { account, .. } => account.clone(),
        }
    }

    /// What the queue stores beside the kind: figures and codes, nothing personal.
    fn detail(&self) -> String {
        match self {
            Self::Invitation { at, .. } => at.micros().to_string(),
            Self::Digest { week, .. } => week.to_text(),
            Self::OrganisationFinding { organisation } | Self::Reported { organisation } => {
                organisation.to_string()
            }
            Self::WorkDue { work, .. } => work.to_text(),
            Self::DeadlineNear { incident, percent } => format!("{incident} {percent}"),
            Self::ClosingsHeld { portal } => portal.to_string(),
            Self::BackupDeletion { repository } => repository.clone(),
            Self::DeskAnswer {
                verdict, unread, ..
            } => {
                let unread = unread.iter().map(|kind| kind.code());
                let codes: Vec<&str> = core::iter::once(verdict.code()).chain(unread).collect();
                codes.join(" ")
            }
            Self::PersonNews { is_first, visits } => {
                format!("{} {visits}", if *is_first { "first" } else { "monthly" })
            }
            _ => String::new(),
        }
    }

    fn of(record: &MailRecord) -> Option<Self> {
        let account = record.account.clone();
        match record.kind.as_str() {
            "invitation" => Some(Self::Invitation {
                account,
                at: Timestamp::from_micros(record.detail.parse().ok()?),
            }),
            "recovered" => Some(Self::Recovered { account }),
            "factors-changed" => Some(Self::FactorsChanged { account }),
            "sign-in-blocked" => Some(Self::SignInBlocked { account }),
            "finding" => Some(Self::Finding { account }),
            "organisation-finding" => Some(Self::OrganisationFinding {
                organisation: OrganisationId::parse(&record.detail).ok()?,
            }),
            "reported" => Some(Self::Reported {
                organisation: OrganisationId::parse(&record.detail).ok()?,
            }),
            "closings-held" => Some(Self::ClosingsHeld {
                portal: PortalId::parse(&record.detail).ok()?,
            }),
            "backup-deletion" => Some(Self::BackupDeletion {
                repository: record.detail.clone(),
            }),
            "assessment-due" => Some(Self::AssessmentDue { account }),
            "signature-asked" => Some(Self::SignatureAsked { account }),
            "work-due" => Some(Self::WorkDue {
                account,
                work: WorkFigures::parse(&record.detail)?,
            }),
            "deadline-near" => {
                let (incident, percent) = record.detail.rsplit_once(' ')?;
                Some(Self::DeadlineNear {
                    incident: incident.to_owned(),
                    percent: percent.parse().ok()?,
                })
            }
            "contested" => Some(Self::Contested { account }),
            "person-news" => {
                let (first, visits) = record.detail.split_once(' ')?;
                Some(Self::PersonNews {
                    is_first: first == "first",
                    visits: visits.parse().ok()?,
                })
            }
            "desk-answer" => {
                let mut codes = record.detail.split(' ');
                let verdict = codes.next().and_then(MessageVerdict::parse)?;
                let unread: Option<Vec<UnreadKind>> = codes.map(UnreadKind::parse).collect();
                Some(Self::DeskAnswer {
                    account,
                    verdict,
                    unread: unread?,
                })
            }
            "digest" => Some(Self::Digest {
                account,
                week: WeeklyFigures::parse(&record.detail)?,
            }),
            // A kind that another version queued: dropped with a line in the log instead of sent
            // without its text.
            _ => None,
        }
    }
}

/// An e-mail address in normal form; `None` when the text is not one.
pub fn parse_address(text: &str) -> Option<String> {
    text.trim()
        .parse::<Address>()
        .ok()
        .map(|address| address.to_string())
}

/// Adds a mail to the queue.
pub async fn queue(app: &App, recipient: &str, mail: &Mail) -> Result<(), OperationError> {
    let now = app.clock().now();
    let record = MailRecord {
        id: name("ml")?,
        recipient: recipient.to_owned(),
        kind: mail.kind().to_owned(),
        account: mail.account(),
        detail: mail.detail(),
        tries: 0,
        next_at: now,
        expires_at: now.plus(MAIL_LASTS),
    };
    Ok(app.store().add_mail(&record).await?)
}

/// Mails the holder of an account, if an address is known and a mail server configured.
pub async fn tell_holder(
    app: &App,
    account: &AccountId,
    mail: &Mail,
) -> Result<(), OperationError> {
    // Nothing is queued without a server: mails would pile up and leave, days old, when one is
    // configured.
    if !is_configured(app) {
        return Ok(());
    }
    match app.store().contacts().await?.get(account) {
        Some(address) => queue(app, address, mail).await,
        None => Ok(()),
    }
}

/// Mails every active account whose role matches, if an address is known and a mail server
/// configured.
pub async fn tell_roles(
    app: &App,
    is_notified: impl Fn(Role) -> bool,
    mail: impl Fn(AccountId) -> Mail,
) -> Result<(), OperationError> {
    if !is_configured(app) {
        return Ok(());
    }
    let rules = app.gateway().rules();
    for (account, email) in app.store().contacts().await? {
        let record = rules
            .directory
            .find(&account)
            .filter(|record| !record.is_suspended);
        if record.is_some_and(|record| is_notified(record.role)) {
            queue(app, &email, &mail(account)).await?;
        }
    }
    Ok(())
}

/// Sends the mails that are due; returns how many. To be called often; a call during another one
/// does nothing.
pub async fn send_due(app: &App) -> Result<usize, OperationError> {
    let Some(mailer) = mailer(app) else {
        return Ok(0);
    };
    // Two calls at once would send each mail twice. The second does not wait: it would find nothing
    // to do.
    let Some(_turn) = SendingTurn::take(&mailer.is_sending) else {
        return Ok(0);
    };
    send_all(app, mailer).await
}

/// The one that sends. Given back when dropped: a call that panicked or was cancelled does not end
/// all mail.
struct SendingTurn<'m>(&'m AtomicBool);

impl<'m> SendingTurn<'m> {
    fn take(is_sending: &'m AtomicBool) -> Option<Self> {
        // Made only when it is taken: a turn that is dropped unused would give the other one's
        // back.
        (!is_sending.swap(true, Ordering::SeqCst)).then(|| Self(is_sending))
    }
}

impl Drop for SendingTurn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

async fn send_all(app: &App, mailer: &Mailer) -> Result<usize, OperationError> {
    let now = app.clock().now();
    let mut sent = 0;
    for record in app.store().mails().await? {
        // The store returns them by `next_at`.
        if record.next_at > now {
            break;
        }
        let mail = Mail::of(&record).filter(|mail| now < record.expires_at && is_wanted(app, mail));
        let Some(mail) = mail else {
            tracing::warn!(
                mail = record.id,
                kind = record.kind,
                "Mail expired or void; dropped"
            );
            app.store().remove_mail(&record.id).await?;
            continue;
        };
        match send(app, mailer, &record, &mail).await {
            Ok(()) => {
                // Removed after the sending: a crash in between sends the mail twice, the other
                // order would lose it.
                app.store().remove_mail(&record.id).await?;
                sent += 1;
            }
            Err(error) => {
                // Servers repeat the address in their refusals, and the log must not contain it.
                let error = error.replace(&record.recipient, "(recipient)");
                tracing::warn!(
                    mail = record.id,
                    kind = record.kind,
                    error,
                    "Mail not sent; retrying later"
                );
                // Bounded before the shift: 2^8 times 30 seconds is beyond the longest wait
                // already.
                let wait = FIRST_WAIT
                    .saturating_mul(1 << record.tries.min(8))
                    .min(LONGEST_WAIT);
                app.store().delay_mail(&record.id, now.plus(wait)).await?;
            }
        }
    }
    Ok(sent)
}

/// False for an invitation that a later one replaced, or whose holder is confirmed.
fn is_wanted(app: &App, mail: &Mail) -> bool {
    match mail {
        Mail::Invitation { account, at } => {
            app.area::<MailState>().links.is_current(app, account, *at)
        }
        _ => true,
    }
}

/// The link of a mail, and for how many hours it is valid; none is said of the console's own.
async fn link_of(app: &App, mail: &Mail) -> Result<(String, u64), String> {
    Ok(match mail {
        Mail::Invitation { account, at } => {
            let made = app.area::<MailState>().links.make(app, account, *at).await;
            let (link, lasts) = made.map_err(|error| error.to_string())?;
            (link, lasts.as_secs() / 3600)
        }
        _ => (app.console_url().to_owned(), 0),
    })
}

async fn send(app: &App, mailer: &Mailer, record: &MailRecord, mail: &Mail) -> Result<(), String> {
    // Before the link is made: each try would otherwise leave a valid link that nobody received.
    let is_there = mailer
        .transport
        .test_connection()
        .await
        .map_err(|error| error.to_string())?;
    if !is_there {
        return Err("the mail server does not answer".to_owned());
    }
    let (link, hours) = link_of(app, mail).await?;
    let message = message(mailer, record, mail, &link, hours).map_err(|error| error.to_string())?;
    mailer
        .transport
        .send(message)
        .await
        .map(drop)
        .map_err(|error| error.to_string())
}

/// The text in French with the English one below: the reader's language is not known.
fn message(
    mailer: &Mailer,
    record: &MailRecord,
    mail: &Mail,
    link: &str,
    hours: u64,
) -> Result<Message, lettre::error::Error> {
    let mut values = vec![
        ("account", Value::from(record.account.as_str())),
        ("link", Value::from(link)),
        ("hours", Value::from(hours)),
    ];
    if let Mail::Digest { week, .. } = mail {
        values.extend([
            ("late", Value::from(week.late)),
            ("soon", Value::from(week.soon)),
            ("contradictions", Value::from(week.contradictions)),
            ("failing", Value::from(week.failing)),
            ("euros", Value::from(week.euros)),
        ]);
    }
    if let Mail::OrganisationFinding { organisation } | Mail::Reported { organisation } = mail {
        values.push(("organisation", Value::from(organisation.as_str())));
    }
    if let Mail::WorkDue { work, .. } = mail {
        values.extend([
            ("late", Value::from(work.late)),
            ("soon", Value::from(work.soon)),
            ("escalated", Value::from(work.escalated)),
        ]);
    }
    if let Mail::DeadlineNear { incident, percent } = mail {
        values.push(("incident", Value::from(incident.as_str())));
        values.push(("percent", Value::from(*percent)));
    }
    if let Mail::ClosingsHeld { portal } = mail {
        values.push(("portal", Value::from(portal.as_str())));
    }
    if let Mail::BackupDeletion { repository } = mail {
        values.push(("repository", Value::from(repository.as_str())));
    }
    if let Mail::PersonNews { is_first, visits } = mail {
        values.push(("visits", Value::from(*visits)));
        values.push(("first", Value::from(u64::from(*is_first))));
    }
    let body = |language| {
        let mut values = values.clone();
        if let Mail::DeskAnswer {
            verdict, unread, ..
        } = mail
        {
            values.push(("verdict", Value::from(text(language, verdict.key()))));
            let unread: Vec<String> = unread
                .iter()
                .map(|kind| text(language, kind.key()))
                .collect();
            values.push(("unread-count", Value::from(unread.len() as u64)));
            values.push(("unread", Value::from(unread.join(", "))));
        }
        text_with(language, &format!("mail-{}-body", record.kind), &values)
    };
    let address: Address = record
        .recipient
        .parse()
        .map_err(|_| lettre::error::Error::MissingTo)?;
    let subject = text(Language::French, &format!("mail-{}-subject", record.kind));
    headed(mailer.from.clone(), address, &subject, &record.id).body(format!(
        "{}\n\n--\n\n{}\n",
        body(Language::French),
        body(Language::English)
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn mailer(returns: Option<BounceSettings>) -> Mailer {
        let settings = MailSettings {
            host: "127.0.0.1".to_owned(),
            port: 25,
            protection: Protection::DangerNone,
            user: None,
            password: None,
            from: "digue@exemple.fr".to_owned(),
            dkim: None,
            returns,
        };
        Mailer::new(&settings).unwrap()
    }

    /// One of each kind; a new one does not compile before it is here.
    fn every() -> Vec<Mail> {
        let account: AccountId = "marie".parse().unwrap();
        let at = Timestamp::from_micros(1);
        let mails = vec![
            Mail::Invitation {
                account: account.clone(),
                at,
            },
            Mail::Recovered {
                account: account.clone(),
            },
            Mail::FactorsChanged {
                account: account.clone(),
            },
            Mail::SignInBlocked {
                account: account.clone(),
            },
            Mail::Finding {
                account: account.clone(),
            },
            Mail::Digest {
                account: account.clone(),
                week: WeeklyFigures::default(),
            },
            Mail::AssessmentDue {
                account: account.clone(),
            },
            Mail::DeskAnswer {
                account: account.clone(),
                verdict: MessageVerdict::Unknown,
                unread: vec![UnreadKind::Winmail],
            },
            Mail::SignatureAsked {
                account: account.clone(),
            },
            Mail::WorkDue {
                account: account.clone(),
                work: WorkFigures::default(),
            },
            Mail::DeadlineNear {
                incident: "INC-2026-003".to_owned(),
                percent: 80,
            },
            Mail::Contested { account },
            Mail::PersonNews {
                is_first: true,
                visits: 3,
            },
            Mail::OrganisationFinding {
                organisation: "of-1".parse().unwrap(),
            },
            Mail::Reported {
                organisation: "of-1".parse().unwrap(),
            },
            Mail::ClosingsHeld {
                portal: "kairos".parse().unwrap(),
            },
            Mail::BackupDeletion {
                repository: "disque".to_owned(),
            },
        ];
        let kinds = mails.iter().map(|mail| match mail {
            Mail::Invitation { .. } => 0,
            Mail::Recovered { .. } => 1,
            Mail::FactorsChanged { .. } => 2,
            Mail::SignInBlocked { .. } => 3,
            Mail::Finding { .. } => 4,
            Mail::Digest { .. } => 5,
            Mail::AssessmentDue { .. } => 6,
            Mail::DeskAnswer { .. } => 7,
            Mail::Contested { .. } => 8,
            Mail::PersonNews { .. } => 9,
            Mail::ClosingsHeld { .. } => 10,
            Mail::BackupDeletion { .. } => 11,
            Mail::OrganisationFinding { .. } => 12,
            Mail::Reported { .. } => 13,
            Mail::SignatureAsked { .. } => 14,
            Mail::WorkDue { .. } => 15,
            Mail::DeadlineNear { .. } => 16,
        });
        assert_eq!(kinds.collect::<HashSet<_>>().len(), 17);
        mails
    }

    fn record(mail: &Mail) -> MailRecord {
        MailRecord {
            id: name("ml").unwrap(),
            recipient: "lea.morvan@armor.example".to_owned(),
            kind: mail.kind().to_owned(),
            account: mail.account(),
            detail: mail.detail(),
            tries: 0,
            next_at: Timestamp::ZERO,
            expires_at: Timestamp::ZERO,
        }
    }

    /// The value of a header that is there once.
    fn once(message: &Message, name: &str) -> String {
        let text = String::from_utf8(message.formatted()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap().to_owned();
        let values: Vec<&str> = head
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("{name}: ")))
            .collect();
        assert_eq!(values.len(), 1, "{name} in {head}");
        values[0].to_owned()
    }

    fn is_well_formed(message: &Message) -> String {
        for name in [
            "From",
            "To",
            "Date",
            "Subject",
            "Content-Type",
            "Content-Transfer-Encoding",
        ] {
            once(message, name);
        }
        assert_eq!(once(message, "MIME-Version"), "1.0");
        assert_eq!(once(message, "Auto-Submitted"), "auto-generated");
        let id = once(message, "Message-ID");
        let inner = id
            .strip_prefix('<')
            .and_then(|id| id.strip_suffix('>'))
            .unwrap();
        let (local, domain) = inner.split_once('@').unwrap();
        assert_eq!(domain, "exemple.fr");
        assert!(
            local.len() >= 15
                && local
                    .chars()
                    .all(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(sign))
        );
        assert!(
            !local.contains("lea") && !local.contains("marie"),
            "{local}"
        );
        id
    }

    #[test]
    fn every_mail_has_a_name_of_its_own_under_the_senders_domain_and_the_version_of_mime() {
        let mailer = mailer(None);
        let mut names = HashSet::new();
        for mail in every() {
            let record = record(&mail);
            let made = message(&mailer, &record, &mail, "https://console.example/x", 72).unwrap();
            let name = is_well_formed(&made);
            let again = message(&mailer, &record, &mail, "https://console.example/y", 72).unwrap();
            assert_eq!(
                once(&again, "Message-ID"),
                name,
                "another try is the same mail"
            );
            assert!(names.insert(name));
        }
    }

    #[test]
    fn every_notice_has_them_too() {
        let folder = PathBuf::from("retours");
        for returns in [
            None,
            Some(BounceSettings {
                address: "retours@exemple.fr".to_owned(),
                folder,
            }),
        ] {
            let mailer = mailer(returns);
            let made = mailer.notice(
                "lea@armor.example",
                "Vos données",
                "Bonjour é",
                "ca-x1",
                "7K3M-9QXT-2BVN-R",
            );
            assert_eq!(
                is_well_formed(&made.unwrap()),
                "<ca-x1.7K3M-9QXT-2BVN-R@exemple.fr>"
            );
        }
    }

    #[test]
    fn a_call_that_panicked_gives_the_turn_back_and_one_that_came_second_does_not() {
        let is_sending = AtomicBool::new(false);
        let first = SendingTurn::take(&is_sending).unwrap();
        assert!(SendingTurn::take(&is_sending).is_none());
        assert!(
            SendingTurn::take(&is_sending).is_none(),
            "the second call took nothing away"
        );
        drop(first);
        let panicked = std::panic::catch_unwind(|| {
            let _turn = SendingTurn::take(&is_sending).unwrap();
            panic!("a test");
        });
        assert!(panicked.is_err());
        assert!(SendingTurn::take(&is_sending).is_some());
    }

    #[test]
    fn what_waits_in_the_queue_is_what_was_queued() {
        for mail in every() {
            assert_eq!(Mail::of(&record(&mail)), Some(mail));
        }
    }
}
