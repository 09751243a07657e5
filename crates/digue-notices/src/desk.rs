//! The message desk: anyone submits a message and receives a verdict on it.
//!
//! Nothing in a message is fetched, opened or kept. Only the verdict is stored, the signs that it
//! rests on, and the look-alike domains.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, Area, OperationError};
use digue_locales::{Language, Value, text, text_with};
use digue_mail::Mail;
use digue_mail::maildir::{self, MessageReading};
use digue_messages::message::{BYTES_MAX, ReadMessage, SubmittedMessage};
use digue_messages::read;
use digue_messages::verdict::CodeSeen;
use digue_messages::{
    DnsRecords, MessageVerdict, OfficialSenders, Opinion, Sign, SubmissionWay, UnreadPart, judge,
    proof,
};
use digue_response::code::Code;
use digue_store::ReportRecord;
use digue_types::{AccountId, Act, Subject, Timestamp};

use digue_casework::rate_limiter;

use crate::genuine;

/// How long reports are kept.
const KEPT_FOR: Duration = Duration::from_hours(24 * 365);
/// The most reports that are listed, of account holders and as many of others.
pub const LISTED: u32 = 500;
/// Submissions without an account that repeat verdict and signs within this time are stored once.
const SAME_WITHIN: Duration = Duration::from_hours(24);
/// Messages of the inbox that are read in one call.
const READ_AT_ONCE: usize = 50;

/// What the desk compares messages with.
#[derive(Clone, Default)]
pub struct DeskRules {
    /// Domains that official messages come from and link to.
    pub domains: Vec<String>,
    /// The names of their senders.
    pub names: Vec<String>,
    /// The DNS records of these domains (DKIM, SPF, DMARC), from the configuration: the desk asks
    /// no network.
    pub records: Arc<DnsRecords>,
    /// The Maildir that forwarded messages are delivered to.
    pub inbox: Option<PathBuf>,
}

impl Area for DeskRules {}

/// The answer to a submitted message.
#[derive(Clone, Debug)]
pub struct MessageReport {
    pub opinion: Opinion,
    /// The sender that it claims and its subject, so that the reader recognises the message.
    pub from: String,
    pub subject: String,
    /// A text for a report to other services.
    pub report: String,
}

/// Judges a submitted message; `actor` is `None` without an account.
///
/// # Errors
/// `Invalid` for an empty or too large message; `Busy` when one address submits too often.
pub async fn examine(
    app: &App,
    language: Language,
    actor: Option<&Actor>,
    bytes: &[u8],
    ip: &str,
) -> Result<MessageReport, OperationError> {
    // Before the message is parsed: parsing is the expensive part.
    rate_limiter::pass(app, ip)?;
    // Attachments and archives in it are unpacked within bounds, which still takes its time.
    let message = bytes.to_vec();
    let submission = app.blocking(move || read(&message)).await?;
    let submission = submission.map_err(|_| OperationError::Invalid("invalid-message"))?;
    let opinion = opinion(app, &submission, SubmissionWay::Shown).await?;
    let reporter = actor
        .map(|actor| actor.account.to_string())
        .unwrap_or_default();
    // Without an account only a share is stored; the verdict is returned in any case.
    if actor.is_some() || rate_limiter::keeps_report(app, ip) {
        keep(app, &reporter, &opinion).await?;
    }
    let about = opinion
        .about
        .and_then(|place| submission.messages.get(place));
    let read = about.cloned().unwrap_or_default();
    Ok(MessageReport {
        from: match (read.from_name.as_str(), read.from_address.as_str()) {
            ("", address) => address.to_owned(),
            (name, "") => name.to_owned(),
            (name, address) => format!("{name} <{address}>"),
        },
        report: report(language, &read, &submission, &opinion),
        subject: read.subject,
        opinion,
    })
}

async fn opinion(
    app: &App,
    submission: &SubmittedMessage,
    how: SubmissionWay,
) -> Result<Opinion, OperationError> {
    let rules = app.area::<DeskRules>();
    let official = genuine::official(app).await?;
    let mut domains = rules.domains.clone();
    let own = digue_mail::mailer(app).and_then(|mailer| {
        mailer
            .sender()
            .rsplit_once('@')
            .map(|(_, own)| own.to_owned())
    });
    domains.extend(own.filter(|own| !rules.domains.contains(own)));
    let known = OfficialSenders {
        domains,
        names: rules.names.clone(),
        subjects: official.into_iter().map(|one| one.subject).collect(),
    };
    let proofs = proof::prove_all(submission, &rules.records).await;
    let mut code = None;
    // In the forwarded messages too: the code may be in the outer or the inner one.
    for read in &submission.messages {
        code = code.or(code_seen(app, read).await?);
    }
    Ok(judge(submission, &proofs, &known, code, how))
}

/// A notice code in the text: genuine, copied from another message, or unknown.
async fn code_seen(app: &App, read: &ReadMessage) -> Result<Option<CodeSeen>, OperationError> {
    let words = read
        .text
        .split(|sign: char| sign.is_whitespace() || ",;()[]".contains(sign));
    let mut codes = words
        // Four groups, as on paper; without this every word of a long message would be tried as a
        // code.
        .filter(|word| word.matches('-').count() == 3)
        .filter_map(|word| Code::parse(word.trim_matches(['.', ':', '«', '»'])).ok());
    let Some(code) = codes.next() else {
        return Ok(None);
    };
    let Some(notice) = app.store().notice_by_code(code.bits()).await? else {
        return Ok(Some(CodeSeen::Unknown));
    };
    let campaign = app.store().campaign(&notice.campaign).await?;
    // A genuine code under another subject was copied into a forged message.
    let is_its = campaign.is_some_and(|campaign| {
        // The end only: mail programs put `Re:` and `Fwd:` before it.
        !read.is_mail
            || read
                .subject
                .trim()
                .to_lowercase()
                .ends_with(&campaign.subject.trim().to_lowercase())
    });
    Ok(Some(if is_its {
        CodeSeen::Genuine
    } else {
        CodeSeen::Copied
    }))
}

async fn keep(app: &App, reporter: &str, opinion: &Opinion) -> Result<(), OperationError> {
    let codes: Vec<&str> = opinion.signs.iter().map(|(sign, _)| sign.code()).collect();
    let record = ReportRecord {
        id: name("mr")?,
        at: app.clock().now(),
        reporter: reporter.to_owned(),
        verdict: opinion.verdict.code().to_owned(),
        signs: codes.join(" "),
        look_alikes: opinion.look_alikes.join(" "),
        published_at: Timestamp::ZERO,
    };
    // Only without an account: a flood of equal reports must not fill the list, while an officer
    // wants to know how many holders received one.
    if reporter.is_empty()
        && app
            .store()
            .knows_report(&record, record.at.minus(SAME_WITHIN))
            .await?
    {
        return Ok(());
    }
    Ok(app.store().add_report(&record).await?)
}

/// A text to paste into a report to Signal Spam, 33700 or 17Cyber.
fn report(
    language: Language,
    read: &ReadMessage,
    submission: &SubmittedMessage,
    opinion: &Opinion,
) -> String {
    let from = if read.from_address.is_empty() {
        &read.from_name
    } else {
        &read.from_address
    };
    let links = submission.messages.iter().flat_map(|read| &read.links);
    let mut hosts: Vec<&str> = links.map(|link| link.host.as_str()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let signs = signs_in_words(language, opinion);
    let values = [
        ("from", Value::from(from.as_str())),
        ("subject", Value::from(read.subject.as_str())),
        ("hosts", Value::from(hosts.join(", "))),
        ("signs", Value::from(signs.join(" ; "))),
    ];
    text_with(language, "desk-report", &values)
}

/// The signs that were found and the parts that were not read, one sentence each.
pub fn signs_in_words(language: Language, opinion: &Opinion) -> Vec<String> {
    let unread = opinion
        .unread
        .iter()
        .map(|unread| unread_in_words(language, unread));
    // The sign "unread" is replaced by the sentences about the unread parts.
    let signs = opinion
        .signs
        .iter()
        .filter(|(sign, _)| *sign != Sign::Unread);
    signs
        .map(|(sign, about)| sign_in_words(language, *sign, about))
        .chain(unread)
        .collect()
}

fn sign_in_words(language: Language, sign: Sign, about: &str) -> String {
    text_with(
        language,
        sign.key(),
        &[("about", Value::from(about.to_owned()))],
    )
}

fn unread_in_words(language: Language, unread: &UnreadPart) -> String {
    let what = text(language, unread.kind.key());
    let about = if unread.name.is_empty() {
        what
    } else {
        format!("{what} ({})", unread.name)
    };
    sign_in_words(language, Sign::Unread, &about)
}

/// A message that was submitted, as officers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmittedReport {
    pub id: String,
    pub at: Timestamp,
    /// The account that submitted it; `None` for someone not signed in.
    pub reporter: Option<String>,
    /// `None` for a verdict that only a later version knows.
    pub verdict: Option<MessageVerdict>,
    /// The signs that led to the verdict; without those that only a later version knows.
    pub signs: Vec<Sign>,
    /// Domains that imitate an official one.
    pub look_alikes: Vec<String>,
    /// When an officer published these domains.
    pub published_at: Option<Timestamp>,
}

impl From<ReportRecord> for SubmittedReport {
    fn from(record: ReportRecord) -> Self {
        let ReportRecord {
            id,
            at,
            reporter,
            verdict,
            signs,
            look_alikes,
            published_at,
        } = record;
        Self {
            id,
            at,
            reporter: Some(reporter).filter(|reporter| !reporter.is_empty()),
            verdict: MessageVerdict::parse(&verdict),
            signs: signs.split_whitespace().filter_map(Sign::parse).collect(),
            look_alikes: look_alikes
                .split_whitespace()
                .map(ToOwned::to_owned)
                .collect(),
            published_at: (published_at > Timestamp::ZERO).then_some(published_at),
        }
    }
}

/// The reports of submitted messages, for officers.
pub async fn reports(app: &App, actor: &Actor) -> Result<Vec<SubmittedReport>, OperationError> {
    actor.must_watch()?;
    Ok(app
        .store()
        .reports(LISTED)
        .await?
        .into_iter()
        .map(SubmittedReport::from)
        .collect())
}

/// Puts the look-alike domains of a report on the public page.
pub async fn publish(app: &App, actor: &Actor, id: &str) -> Result<(), OperationError> {
    actor.must_respond()?;
    let report = app
        .store()
        .report(id)
        .await?
        .ok_or(OperationError::NotFound("report"))?;
    // Published once: a second time would move the domain to the head of the public list, as if it
    // were new.
    if report.look_alikes.is_empty() || report.published_at > Timestamp::ZERO {
        return Err(OperationError::Conflict);
    }
    let details = ActDetails {
        subject: Subject::Report(id.to_string()),
        after: report.look_alikes,
        ..ActDetails::default()
    };
    let claim = app.store().publish_report(id, app.clock().now());
    let release = app.store().release_report(id);
    app.claim((actor, Act::LookAlikesPublished, details), claim, release)
        .await
        .map(drop)
}

/// The published look-alike domains, each once, the newest first.
pub async fn look_alikes(app: &App) -> Result<Vec<(String, Timestamp)>, OperationError> {
    let mut published: Vec<(String, Timestamp)> = Vec::new();
    for report in app.store().published_reports(LISTED).await? {
        for domain in report.look_alikes.split(' ') {
            if published.iter().all(|(known, _)| known != domain) {
                published.push((domain.to_owned(), report.published_at));
            }
        }
    }
    Ok(published)
}

/// Deletes reports that are older than a year; returns how many.
pub async fn forget_due(app: &App) -> Result<u64, OperationError> {
    Ok(app
        .store()
        .forget_reports(app.clock().now().minus(KEPT_FOR))
        .await?)
}

/// Reads the messages that were forwarded to the desk's address, and answers senders with an
/// account. No others, because with a forged sender the desk would write to strangers. A message
/// that is too large, or that cannot be parsed, is left unseen, for a person.
pub async fn read_due(app: &App) -> Result<u64, OperationError> {
    let Some(folder) = app.area::<DeskRules>().inbox.clone() else {
        return Ok(0);
    };
    let waiting = maildir::waiting(app, folder, BYTES_MAX as u64, READ_AT_ONCE).await?;
    let mut read_count = 0;
    for (path, bytes) in waiting {
        // Too large messages have no bytes here.
        let read_both = move || {
            let bytes = bytes?;
            Some((read(&bytes).ok()?, read::sender(&bytes).unwrap_or_default()))
        };
        let message = app.blocking(read_both).await?;
        let reading = MessageReading::of(message.as_ref());
        if let Some((shown, reporter)) = message {
            let opinion = opinion(app, &shown, SubmissionWay::Forwarded).await?;
            // The sender may be forged: the answer then reaches the holder of the address, who
            // learns of it.
            let account = account_of(app, &reporter).await?;
            keep(
                app,
                account.as_ref().map_or("", AccountId::as_str),
                &opinion,
            )
            .await?;
            if let Some(account) = account.filter(|_| digue_mail::is_configured(app)) {
                let unread = opinion.unread.iter().map(|unread| unread.kind).collect();
                let answer = Mail::DeskAnswer {
                    account,
                    verdict: opinion.verdict,
                    unread,
                };
                digue_mail::queue(app, &reporter, &answer).await?;
            }
            read_count += 1;
        }
        // Moved last: after a crash the message is read again, and at worst answered twice.
        maildir::set_aside(app, path, reading).await?;
    }
    Ok(read_count)
}

async fn account_of(app: &App, address: &str) -> Result<Option<AccountId>, OperationError> {
    if address.is_empty() {
        return Ok(None);
    }
    let contacts = app.store().contacts().await?;
    Ok(contacts
        .into_iter()
        // Mail addresses are compared without case, as every mail server in use does.
        .find(|(_, email)| email.eq_ignore_ascii_case(address))
        .map(|(account, _)| account))
}
