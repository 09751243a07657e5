//! The alert sender: sends findings to other systems by signed webhook, with retries, and by
//! syslog, both in OCSF.
//!
//! Findings wait in the store while a receiver is away, also over restarts. Each channel has its
//! own progress and its own pauses: one that fails neither delays the other nor makes it repeat
//! what it has. On a channel findings are sent in order, one by one, never faster than the receiver
//! answers. A finding is marked after it was sent: a receiver may therefore get it twice after a
//! crash, and can recognise it by its id.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use digue_app::files::hex;
use digue_app::{App, Area, OperationError};
use digue_evidence::ocsf;
use digue_http::body;
use digue_http::client::HttpClient;
use digue_store::{AlertChannel, FindingRecord};
use digue_types::Timestamp;
use ring::hmac;

/// The systems that findings are sent to.
#[derive(Clone, Default)]
pub struct AlertRules {
    pub webhook: Option<Webhook>,
    /// RFC 5424 over UDP.
    pub syslog: Option<SocketAddr>,
}

/// A receiver of findings as JSON by POST.
#[derive(Clone)]
pub struct Webhook {
    pub url: String,
    /// The secret, shared with the receiver, that signs each body.
    pub secret: String,
}

/// Sends findings to other systems.
pub(crate) struct AlertSender {
    rules: AlertRules,
    webhook: ChannelPause,
    syslog: ChannelPause,
}

/// The pause of a channel after a failure.
// (no attempt before, next delay). A leaf lock, never held while a finding is sent.
struct ChannelPause(Mutex<(Timestamp, Duration)>);

impl Default for ChannelPause {
    fn default() -> Self {
        Self(Mutex::new((Timestamp::ZERO, FIRST_WAIT)))
    }
}

impl ChannelPause {
    fn lasts(&self, now: Timestamp) -> bool {
        now < self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn begin(&self, now: Timestamp) {
        let mut pause = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *pause = (now.plus(pause.1), (pause.1 * 2).min(LONGEST_WAIT));
    }

    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Timestamp::ZERO, FIRST_WAIT);
    }
}

const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// Findings sent on a channel by one call; the rest waits for the next one.
const FINDINGS_AT_ONCE: u32 = 200;
/// The most bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 16 << 10;
/// Until the head of an answer, and from there to its end.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

impl Area for AlertSender {}

/// True when findings are sent to another system.
pub fn has_listener(app: &App) -> bool {
    let rules = &app.area::<AlertSender>().rules;
    rules.webhook.is_some() || rules.syslog.is_some()
}

impl AlertSender {
    pub(crate) fn new(rules: AlertRules) -> Self {
        Self {
            rules,
            webhook: ChannelPause::default(),
            syslog: ChannelPause::default(),
        }
    }

    const fn pause(&self, channel: AlertChannel) -> &ChannelPause {
        match channel {
            AlertChannel::Webhook => &self.webhook,
            AlertChannel::Syslog => &self.syslog,
        }
    }
}

/// Sends the waiting findings on every channel; returns how many were sent. To be called often.
pub async fn tell_due(app: &App) -> Result<usize, OperationError> {
    let all = AlertChannel::ALL.map(|channel| tell_on(app, channel));
    let mut sent_count = 0;
    // All of them first: an error of one channel is returned after the others have sent.
    for sent in futures_util::future::join_all(all).await {
        sent_count += sent?;
    }
    Ok(sent_count)
}

async fn tell_on(app: &App, channel: AlertChannel) -> Result<usize, OperationError> {
    let sender = app.area::<AlertSender>();
    let (pause, now) = (sender.pause(channel), app.clock().now());
    if pause.lasts(now) {
        return Ok(0);
    }
    let Some(receiver) = receiver(app, sender, channel) else {
        app.store().skip_findings(channel, now).await?;
        return Ok(0);
    };
    let mut sent_count = 0;
    for record in app
        .store()
        .untold_findings(channel, FINDINGS_AT_ONCE)
        .await?
    {
        if let Err(error) = receiver.tell(app, &record, now).await {
            let (finding, channel) = (record.id.as_str(), channel.code());
            tracing::warn!(
                finding,
                channel,
                error,
                "Sending a finding failed; retrying later"
            );
            pause.begin(now);
            // The later ones wait, too: receivers get findings in order.
            return Ok(sent_count);
        }
        // Marked one by one: after a crash only the finding in flight is sent again.
        app.store()
            .tell_finding(record.id.as_str(), channel, now)
            .await?;
        sent_count += 1;
    }
    pause.end();
    Ok(sent_count)
}

/// Where the findings of a channel go.
enum AlertReceiver<'s> {
    Webhook(&'s HttpClient, &'s Webhook),
    Syslog(SocketAddr),
}

/// The receiver of a channel; `None` where none is configured.
fn receiver<'s>(
    app: &'s App,
    sender: &'s AlertSender,
    channel: AlertChannel,
) -> Option<AlertReceiver<'s>> {
    match channel {
        AlertChannel::Webhook => Some(AlertReceiver::Webhook(
            app.client()?,
            sender.rules.webhook.as_ref()?,
        )),
        AlertChannel::Syslog => sender.rules.syslog.map(AlertReceiver::Syslog),
    }
}

impl AlertReceiver<'_> {
    async fn tell(&self, app: &App, record: &FindingRecord, now: Timestamp) -> Result<(), String> {
        let event = ocsf::finding_event(app.console_url(), record).to_string();
        match self {
            Self::Webhook(client, webhook) => post(client, webhook, &event, now).await,
            Self::Syslog(address) => send(*address, &event, record)
                .await
                .map_err(|error| error.to_string()),
        }
    }
}

/// The signature header `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`. The time is signed, so
/// that a receiver can refuse an old body that is sent again.
pub fn signature(secret: &str, now: Timestamp, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let at = now.secs();
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex(tag.as_ref()))
}

async fn post(
    client: &HttpClient,
    webhook: &Webhook,
    event: &str,
    now: Timestamp,
) -> Result<(), String> {
    let request = http::Request::post(&webhook.url)
        .header("content-type", "application/json")
        .header("digue-signature", signature(&webhook.secret, now, event))
        .body(body::full(event.to_owned()))
        .map_err(|error| error.to_string())?;
    let answer = client
        .send(request, ANSWER_TIME_MAX)
        .await
        .map_err(|error| error.to_string())?;
    let status = answer.status();
    // Read to its end, so that the connection can be reused.
    let _ = tokio::time::timeout(
        ANSWER_TIME_MAX,
        body::collect(answer.into_body(), ANSWER_BYTES_MAX),
    )
    .await;
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("status {}", status.as_u16()))
    }
}

async fn send(address: SocketAddr, event: &str, record: &FindingRecord) -> std::io::Result<()> {
    // Facility 10 (security), severity 1 (alert) or 4 (warning).
    let severity = if record.weight == "containment" { 1 } else { 4 };
    let line = format!(
        "<{}>1 {} - digue - {} - {event}",
        10 * 8 + severity,
        record.at,
        record.id
    );
    let local = if address.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = tokio::net::UdpSocket::bind(local).await?;
    socket.send_to(line.as_bytes(), address).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_the_time_and_the_body() {
        // By another implementation: python3 -c 'import hmac; print(hmac.new(b"secret",
        // b"1763812800.{}", "sha256").hexdigest())'
        let now = Timestamp::from_secs(1_763_812_800);
        let signed = signature("secret", now, "{}");
        assert_eq!(
            signed,
            "t=1763812800,v1=307cec87fe0e6a8e5008321f05837650856a6c331c88b2ab8e49a8fc493211b6"
        );
        assert_ne!(signed, signature("secret", now, "{ }"));
        assert_ne!(signed, signature("other", now, "{}"));
    }
}
