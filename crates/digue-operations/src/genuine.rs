//! Is this message genuine? What anybody may ask, without an account.
//!
//! The answer is facts to compare and nothing personal; unknown codes are answered in the same time
//! and words; nobody is remembered but as one of a few coarse places.

use std::time::Duration;

use digue_locales::{Language, text};
use digue_response::code::Code;
use digue_types::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::error::OperationError;
use crate::files::sha256;
use crate::notices::{self, blocks_of};
use crate::papers::PaperReader;
use crate::quotas::{QuotaLimits, Quotas};

/// What anybody may ask within a minute: more than people make, and divided fairly among all who ask.
const CHECKS: QuotaLimits =
    QuotaLimits { period: Duration::from_mins(1), per_address: 20, per_network: 100, total: 3000, least: 2 };

/// Counts what is asked without an account, so that nobody tries codes out and nobody starves the others.
pub(crate) struct RateLimiter {
    checks: Quotas,
    reports: Quotas,
}

/// Messages shown by strangers that are kept within a day.
const REPORTS: QuotaLimits = QuotaLimits {
    period: Duration::from_hours(24),
    per_address: 50,
    per_network: 200,
    total: 5000,
    least: 2,
};

impl Default for RateLimiter {
    fn default() -> Self {
        Self { checks: Quotas::new(CHECKS), reports: Quotas::new(REPORTS) }
    }
}

impl RateLimiter {
    pub(crate) fn pass(&self, now: Timestamp, ip: &str) -> Result<(), OperationError> {
        self.checks.pass(now, ip)
    }

    /// True while what this place shows is kept.
    pub(crate) fn keeps_report(&self, now: Timestamp, ip: &str) -> bool {
        self.reports.pass(now, ip).is_ok()
    }
}

/// What the public page says of a code that is ours: facts to compare, nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genuine {
    pub channel: String,
    pub masked: String,
    pub subject: String,
    pub date: String,
    pub first_words: String,
    /// Checked from so many places that it was perhaps copied.
    pub is_replayed: bool,
}

/// Places from which one person checks a notice; more of them are a copy.
const PLACES: usize = 4;

/// Checks a code as somebody typed it. An unknown code and no code are answered alike: `None`.
pub async fn check(
    app: &App,
    language: Language,
    typed: &str,
    ip: &str,
) -> Result<Option<Genuine>, OperationError> {
    app.rate_limiter().pass(app.clock.now(), ip)?;
    // A slip of the finger is looked up like any other: the answer takes the same time.
    let code = Code::parse(typed).unwrap_or(Code::of([0xff; 8]));
    let found = app.store.notice_by_code(code.bits()).await?;
    // The code of a letter that nobody printed is on no letter.
    let Some(notice) = found.filter(|notice| !notices::is_kept_back(&notice.state)) else { return Ok(None) };
    let campaign = app.store.campaign(&notice.campaign).await?.ok_or(OperationError::NotFound("campaign"))?;
    let mut places: Vec<&str> = notice.places.split(' ').filter(|place| !place.is_empty()).collect();
    let place = coarse(ip, &campaign.id);
    if !places.contains(&place.as_str()) && places.len() <= PLACES {
        places.push(&place);
    }
    let is_replayed = places.len() > PLACES;
    app.store.note_check(notice.code, &places.join(" ")).await?;
    let blocks = blocks_of(&campaign)?;
    let reader = PaperReader { language, zone: app.response().zone.clone() };
    let first_words: Vec<&str> = blocks.happened.split_whitespace().take(8).collect();
    Ok(Some(Genuine {
        channel: text(language, &format!("channel-{}", notice.channel)),
        masked: notice.masked,
        subject: campaign.subject,
        // The one that the message itself names, to be compared; it may have left on a later day.
        date: reader.date(campaign.made_at),
        first_words: format!("{}…", first_words.join(" ")),
        is_replayed,
    }))
}

/// A network, coarse and hashed with the campaign: enough to count places, too little to find one.
fn coarse(ip: &str, campaign: &str) -> String {
    let network: String = if ip.contains(':') {
        ip.split(':').take(2).collect::<Vec<_>>().join(":")
    } else {
        ip.split('.').take(2).collect::<Vec<_>>().join(".")
    };
    sha256(&format!("{campaign} {network}"))[..8].to_owned()
}

/// One official message, for everybody to see.
#[derive(Clone, Debug, Serialize)]
pub struct Official {
    pub campaign: String,
    pub subject: String,
    pub since: Timestamp,
    pub ended: Option<Timestamp>,
    pub sender: Option<String>,
    pub first_block: String,
    pub language: String,
}

/// The messages that the house has sent, and sends: for the public page and its mirror.
pub async fn official(app: &App) -> Result<Vec<Official>, OperationError> {
    let campaigns = app.store.campaigns().await?;
    let mut shown = Vec::new();
    for campaign in campaigns {
        let is_shown = match campaign.state.as_str() {
            "sending" | "paused" => true,
            // One that was ended before anything left is no message of ours.
            "ended" => {
                let counts = app.store.notice_counts(&campaign.id).await?;
                notices::gone(&counts) > 0
                    || counts.contains_key("uncertain")
                    || counts.contains_key("returned")
            }
            _ => false,
        };
        if is_shown {
            shown.push(campaign);
        }
    }
    let official = shown.into_iter().map(|campaign| {
        Ok(Official {
            first_block: blocks_of(&campaign)?.happened,
            campaign: campaign.id,
            subject: campaign.subject,
            since: campaign.made_at,
            ended: (campaign.ended_at > Timestamp::ZERO).then_some(campaign.ended_at),
            sender: app.mailer().map(|mailer| mailer.sender()),
            language: campaign.language,
        })
    });
    official.collect()
}

/// The list of official messages as one signed text: newspapers and call centres mirror it, and
/// anybody verifies it with the journal's public key.
pub async fn official_signed(app: &App) -> Result<String, OperationError> {
    let official = official(app).await?;
    let json =
        serde_json::to_string(&official).map_err(|error| OperationError::Unavailable(error.to_string()))?;
    Ok(app.journal.sign(&format!("digue-messages-1\n{}\n{json}\n", app.journal.origin())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_coarse() {
        assert_eq!(coarse("192.0.2.7", "ca"), coarse("192.0.99.1", "ca"));
        assert_ne!(coarse("192.0.2.7", "ca"), coarse("198.51.2.7", "ca"));
        assert_ne!(coarse("192.0.2.7", "ca"), coarse("192.0.2.7", "cb"));
    }
}
