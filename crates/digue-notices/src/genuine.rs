//! The public check whether a notice is genuine; no account is needed.
//!
//! The answer consists of facts to compare and nothing personal. Unknown codes get the same answer
//! in the same time. Of the people who check, only a few coarse network places are kept.

use digue_app::files::sha256;
use digue_app::names::VisibleNames;
use digue_app::{App, OperationError};
use digue_locales::{Language, text};
use digue_response::code::Code;
use digue_types::Timestamp;
use serde::Serialize;

use crate::blocks_of;
use crate::text::Blocks;
use digue_casework::paper_reader::PaperReader;
use digue_casework::{operator, rate_limiter};

/// The answer about a genuine code: facts to compare with the message, nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genuine {
    pub channel: String,
    pub masked: String,
    pub subject: String,
    pub date: String,
    pub first_words: String,
    /// The message as it was sent, but for what is of one person alone.
    pub quoted: Vec<String>,
    /// Checked from so many places that the notice may have been copied.
    pub is_replayed: bool,
}

/// The most network places from which one person checks a notice; more suggest a copy.
const PLACES: usize = 4;

/// Checks a typed code. `None` for an unknown code and for text that is no code.
pub async fn check(
    app: &App,
    language: Language,
    typed: &str,
    ip: &str,
) -> Result<Option<Genuine>, OperationError> {
    rate_limiter::pass(app, ip)?;
    // Invalid text is looked up, too: otherwise the time would reveal whether the check digit is
    // right.
    let code = Code::parse(typed).unwrap_or(Code::of([0xff; 8]));
    let found = app.store().notice_by_code(code.bits()).await?;
    // A notice that neither left nor stands in a file cannot be in anyone's hands.
    let Some(notice) = found.filter(|notice| !crate::is_kept_back(&notice.state)) else {
        return Ok(None);
    };
    let campaign = app
        .store()
        .campaign(&notice.campaign)
        .await?
        .ok_or(OperationError::NotFound("campaign"))?;
    let mut places: Vec<&str> = notice
        .places
        .split(' ')
        .filter(|place| !place.is_empty())
        .collect();
    let place = coarse(ip, &campaign.id);
    // One more than the limit is enough to know that it was exceeded: no further place is stored.
    if !places.contains(&place.as_str()) && places.len() <= PLACES {
        places.push(&place);
    }
    let is_replayed = places.len() > PLACES;
    app.store()
        .note_check(notice.code, &places.join(" "))
        .await?;
    let blocks = blocks_of(&campaign)?;
    let reader = PaperReader {
        language,
        zone: operator::rules(app).zone.clone(),
        names: VisibleNames::default(),
    };
    let first_words: Vec<&str> = blocks.happened.split_whitespace().take(8).collect();
    Ok(Some(Genuine {
        channel: text(language, &format!("channel-{}", notice.channel)),
        masked: notice.masked,
        subject: campaign.subject,
        // The date that the message itself names, for comparison; it may have been sent on a later
        // day.
        date: reader.date(campaign.made_at),
        first_words: format!("{}…", first_words.join(" ")),
        quoted: quoted(&blocks),
        is_replayed,
    }))
}

/// The paragraphs of a message that everybody got alike, the first one first.
fn quoted(blocks: &Blocks) -> Vec<String> {
    let steps = blocks.steps.lines().map(|step| format!("– {step}"));
    let others = [blocks.risks.clone()].into_iter().chain(steps);
    let all = others.chain([blocks.contact.clone()]);
    let others = all.filter(|paragraph| !paragraph.trim().is_empty());
    [blocks.happened.clone()]
        .into_iter()
        .chain(others)
        .collect()
}

fn first_two(text: &str, separator: &str) -> String {
    let parts: Vec<&str> = text.split(separator).take(2).collect();
    parts.join(separator)
}

/// The network (/16, or the first two groups of IPv6) hashed with the campaign: enough to count
/// places, too coarse to identify one.
fn coarse(ip: &str, campaign: &str) -> String {
    let network = if ip.contains(':') {
        first_two(ip, ":")
    } else {
        first_two(ip, ".")
    };
    // 32 bits, hashed with the campaign: the same network cannot be followed from one campaign to
    // another.
    sha256(format!("{campaign} {network}"))[..8].to_owned()
}

/// One official message, for the public list.
#[derive(Clone, Debug, Serialize)]
pub struct Official {
    pub campaign: String,
    pub subject: String,
    pub since: Timestamp,
    pub ended: Option<Timestamp>,
    pub sender: Option<String>,
    pub first_block: String,
    pub language: String,
    /// Its other paragraphs; the signed list of mirrors has the first block alone.
    #[serde(skip)]
    pub others: Vec<String>,
}

/// The messages that the operator has sent or is sending, for the public page and its mirrors.
pub async fn official(app: &App) -> Result<Vec<Official>, OperationError> {
    let campaigns = app.store().campaigns().await?;
    let mut shown = Vec::new();
    for campaign in campaigns {
        let is_shown = match campaign.state.as_str() {
            "sending" | "paused" => true,
            // A campaign that ended before anything was sent produced no message.
            "ended" => {
                let counts = app.store().notice_counts(&campaign.id).await?;
                crate::gone(&counts) > 0
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
        let blocks = blocks_of(&campaign)?;
        Ok(Official {
            others: quoted(&blocks).split_off(1),
            first_block: blocks.happened,
            campaign: campaign.id,
            subject: campaign.subject,
            since: campaign.made_at,
            ended: (campaign.ended_at > Timestamp::ZERO).then_some(campaign.ended_at),
            sender: digue_mail::mailer(app).map(|mailer| mailer.sender()),
            language: campaign.language,
        })
    });
    official.collect()
}

/// The list of official messages as one signed text. Newspapers and call centres can mirror it; the
/// journal's public key verifies it.
pub async fn official_signed(app: &App) -> Result<String, OperationError> {
    let official = official(app).await?;
    let json = serde_json::to_string(&official)
        .map_err(|error| OperationError::Unavailable(error.to_string()))?;
    Ok(app.journal().sign(&format!(
        "digue-messages-1\n{}\n{json}\n",
        app.journal().origin()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_quoted_as_it_was_sent() {
        let blocks = Blocks {
            happened: "Votre fiche a été vue.".to_owned(),
            risks: String::new(),
            steps: "Changez votre mot de passe.\nNe répondez pas.".to_owned(),
            contact: "dpo@exemple.fr".to_owned(),
            address: "exemple.fr/check".to_owned(),
        };
        let expected = [
            "Votre fiche a été vue.",
            "– Changez votre mot de passe.",
            "– Ne répondez pas.",
            "dpo@exemple.fr",
        ];
        assert_eq!(quoted(&blocks), expected);
    }

    #[test]
    fn a_place_is_coarse() {
        assert_eq!(coarse("192.0.2.7", "ca"), coarse("192.0.99.1", "ca"));
        assert_ne!(coarse("192.0.2.7", "ca"), coarse("198.51.2.7", "ca"));
        assert_ne!(coarse("192.0.2.7", "ca"), coarse("192.0.2.7", "cb"));
    }
}
