//! Notices to persons (GDPR art. 34): campaigns, their sending, and the state of each notice.
//!
//! A notice has no link and asks for nothing, so that it cannot be mistaken for phishing: its
//! recipient types a code at an address that they know and compares the answer. Destinations come
//! from the portal's source for one campaign and are deleted with it.

mod contacts;
pub mod desk;
pub mod genuine;
mod post;
mod prepare;
mod returns;
pub mod stored;
mod text;
mod totals;

use std::collections::BTreeMap;
use std::fmt;

use digue_app::files::sha256;
use digue_app::names::VisibleNames;
use digue_app::{ActDetails, Actor, App, Areas, OperationError};
use digue_casework::notice_style::Style;
use digue_response::IncidentNote;
use digue_response::clock::ClockKind;
use digue_response::code::Code;
use digue_response::incident::NoticesEnded;
use digue_store::{CampaignRecord, NoticeRecord};
use digue_types::{Act, Subject, Timestamp};

use desk::DeskRules;
pub use post::{letters, others};
use prepare::PreparationTurn;
pub use prepare::{CampaignRequest, RATE, UNMATCHED, prepare, prepare_due};
pub use returns::read_due;
use text::NoticePart;
pub use text::{Blocks, ShownData, measured, proposed, proposed_for, written};

use digue_casework::incidents;
use digue_casework::operator;
use digue_casework::paper_reader::PaperReader;

/// Adds what the notices and the message desk keep between calls.
#[must_use]
pub fn areas(before: Areas, desk: DeskRules) -> Areas {
    before.with(desk).with(PreparationTurn::default())
}

/// One campaign with its counts.
#[derive(Clone, Debug)]
pub struct CampaignView {
    pub record: CampaignRecord,
    pub counts: BTreeMap<String, u64>,
    /// By channel: `mail`, `letter`, `sms`, `none`.
    pub channels: BTreeMap<String, u64>,
    /// Notices written so far.
    pub total: u64,
    /// The first lines of the contacts that could not be used, with their faults.
    pub faults: Vec<(usize, String)>,
    /// Notices checked from more network places than one person uses.
    pub alarms: u64,
    /// A mail server is configured.
    pub can_mail: bool,
}

impl CampaignView {
    /// True while it can still be sent, paused or ended.
    pub fn is_open(&self) -> bool {
        incidents::is_under_way(&self.record.state)
    }

    /// True while its notices are being written.
    pub fn is_preparing(&self) -> bool {
        self.record.state == "preparing"
    }

    /// Persons without any contact: another channel is needed.
    pub fn unreached(&self) -> u64 {
        self.channels.get("none").copied().unwrap_or(0)
    }

    /// Messages that were returned as undeliverable.
    pub fn returned(&self) -> u64 {
        self.counts.get("returned").copied().unwrap_or(0)
    }

    /// Notices that were neither sent nor exported.
    pub fn kept_back(&self) -> u64 {
        kept_back(&self.counts)
    }

    /// Messages handed to the mail server.
    pub fn sent(&self) -> u64 {
        self.counts.get("sent").copied().unwrap_or(0)
    }

    /// Messages to be sent.
    pub fn mails(&self) -> u64 {
        self.channels.get("mail").copied().unwrap_or(0)
    }

    /// True when it has messages to send and no mail server is configured.
    pub fn lacks_mail_server(&self) -> bool {
        !self.can_mail && self.is_open() && self.mails() > self.sent()
    }
}

/// The number of persons of a campaign, as the journal holds it.
struct CampaignSize(u64);

impl fmt::Display for CampaignSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "persons:{}", self.0)
    }
}

/// A campaign as the journal holds it: incident, version, and the hash of the letter.
fn journalled_form(campaign: &CampaignRecord) -> String {
    let text = [
        campaign.language.as_str(),
        &campaign.subject,
        &campaign.blocks,
    ]
    .join("\n");
    format!(
        "incident:{} version:{} text:{}",
        campaign.incident,
        campaign.version,
        sha256(&text)
    )
}

/// The current form, and the form of version 0.1.0, which did not include the letter.
fn journalled_forms(campaign: &CampaignRecord) -> [String; 2] {
    [
        journalled_form(campaign),
        format!(
            "incident:{} version:{}",
            campaign.incident, campaign.version
        ),
    ]
}

/// The campaigns of an incident; all campaigns for an empty id.
pub async fn campaigns(
    app: &App,
    actor: &Actor,
    incident: &str,
) -> Result<Vec<CampaignView>, OperationError> {
    actor.must_watch()?;
    let mut views = Vec::new();
    for record in app.store().campaigns().await? {
        if incident.is_empty() || record.incident == incident {
            let counts = app.store().notice_counts(&record.id).await?;
            let total = counts.values().sum();
            let channels = app.store().notice_channels(&record.id).await?;
            let alarms = app.store().replayed_notices(&record.id).await?;
            let faults = kept("faults", &record.faults)?;
            let can_mail = digue_mail::is_configured(app);
            views.push(CampaignView {
                record,
                counts,
                channels,
                total,
                faults,
                alarms,
                can_mail,
            });
        }
    }
    Ok(views)
}

/// Starts, pauses or ends a campaign. Its end deletes every destination; with `gives_up` the
/// notices that were neither sent nor exported are abandoned knowingly.
///
/// # Errors
/// `Invalid` for an end that would abandon notices without `gives_up`, and for a start with
/// messages to send and no mail server; `Conflict` for a state that cannot follow.
pub async fn set_state(
    app: &App,
    actor: &Actor,
    id: &str,
    state: &str,
    gives_up: bool,
) -> Result<(), OperationError> {
    actor.must_respond()?;
    let campaign = app
        .store()
        .campaign(id)
        .await?
        .ok_or(OperationError::NotFound("campaign"))?;
    let follows = matches!(
        (campaign.state.as_str(), state),
        ("ready" | "paused", "sending")
            | ("sending", "paused")
            | ("preparing" | "ready" | "sending" | "paused", "ended")
    );
    if !follows {
        return Err(OperationError::Conflict);
    }
    if state == "sending" {
        // Only for the start: pausing and ending narrow what happens, and must be possible at once.
        actor.must_be_fresh(app)?;
        must_be_as_prepared(app, &campaign).await?;
        // A campaign that cannot send must not appear as sending.
        let channels = app.store().notice_channels(id).await?;
        if !digue_mail::is_configured(app) && channels.get("mail").is_some_and(|count| *count > 0) {
            return Err(OperationError::Invalid("notices-no-mail-server"));
        }
    }
    // An end deletes the destinations: a notice kept back can never be sent after it.
    if state == "ended" && !gives_up && kept_back(&app.store().notice_counts(id).await?) > 0 {
        return Err(OperationError::Invalid("notices-kept-back"));
    }
    let details = ActDetails {
        subject: Subject::Campaign(id.to_string()),
        before: campaign.state.clone(),
        after: state.to_owned(),
        ..ActDetails::default()
    };
    let now = app.clock().now();
    let ended_at = if state == "ended" {
        now
    } else {
        Timestamp::ZERO
    };
    // Moved only from the state that was read: of two officers who start and end it, one gets a
    // conflict.
    let claim = app
        .store()
        .move_campaign(id, (&campaign.state, state), ended_at);
    let release = async {
        app.store()
            .move_campaign(id, (state, &campaign.state), Timestamp::ZERO)
            .await
            .map(drop)
    };
    app.claim((actor, Act::CampaignSet, details), claim, release)
        .await?;
    if state == "ended" {
        app.store().forget_destinations(id).await?;
        prepare::forget_contacts(app, id).await?;
        // No notice can have left, so the incident log has nothing to learn of it.
        if campaign.state == "preparing" {
            return Ok(());
        }
        tell_the_log(app, actor, &campaign).await?;
    }
    Ok(())
}

fn kept_back(counts: &BTreeMap<String, u64>) -> u64 {
    counts
        .iter()
        .filter(|(state, _)| is_kept_back(state))
        .map(|(_, count)| count)
        .sum()
}

/// Refuses a campaign whose letter was changed in the database by other means than Digue.
async fn must_be_as_prepared(app: &App, campaign: &CampaignRecord) -> Result<(), OperationError> {
    if stored::is_as_prepared(app, campaign).await {
        return Ok(());
    }
    Err(OperationError::Invalid("notices-differ"))
}

/// Adds the outcome of the notices to the incident log. The duty of art. 34 is recorded as met only
/// when every notice was sent or exported.
async fn tell_the_log(
    app: &App,
    actor: &Actor,
    campaign: &CampaignRecord,
) -> Result<(), OperationError> {
    let counts = app.store().notice_counts(&campaign.id).await?;
    let of = |state: &str| counts.get(state).copied().unwrap_or(0);
    // A listed letter that was never exported was handed to no one: only `exported` counts.
    let (sent, listed, unreached) = (of("sent"), of("exported"), of("unreached"));
    let all: u64 = counts.values().sum();
    let persons = totals::notified(app, &campaign.incident).await?;
    let ended = NoticesEnded {
        campaign: campaign.id.clone(),
        sent,
        listed,
        unsent: all - sent - listed - unreached,
        unreached,
        persons: Some(persons),
    };
    let met = IncidentNote::Met {
        clock: ClockKind::Persons,
        at: app.clock().now().micros(),
        to: campaign.subject.clone(),
        receipt: campaign.id.clone(),
        persons: Some(persons.sent),
    };
    // A campaign that reached the rest of an earlier one meets the duty, which neither does alone. An
    // empty campaign has informed no one: the duty remains.
    let is_whole = persons.is_whole();
    incidents::add(
        app,
        actor,
        &campaign.incident,
        None,
        IncidentNote::NoticesEnded(ended),
    )
    .await?;
    if is_whole {
        incidents::add(app, actor, &campaign.incident, None, met).await?;
    }
    Ok(())
}

/// True when no one can hold this notice: it was neither sent nor exported.
pub(crate) fn is_kept_back(state: &str) -> bool {
    matches!(state, "waiting" | "listed")
}

/// Notices that were sent by mail, or exported for another party to hand over.
pub(crate) fn gone(counts: &BTreeMap<String, u64>) -> u64 {
    ["sent", "exported"]
        .iter()
        .filter_map(|state| counts.get(*state))
        .sum()
}

/// Deletes, after a start, what campaigns left behind when Digue was stopped in their midst:
/// destinations after the end, and files of contacts that no campaign will read.
///
/// Then marks the notices that were being sent as uncertain. They are never sent again
/// automatically: two messages about one breach look like phishing (docs/decisions/0012).
pub async fn after_a_start(app: &App) -> Result<u64, OperationError> {
    app.store().forget_ended_destinations().await?;
    prepare::forget_left_contacts(app).await?;
    Ok(app.store().doubt_notices().await?)
}

/// Sends one second's share of each running campaign, at most `most` notices each; returns how many
/// were sent. To be called every second.
pub async fn send_due(app: &App, most: u32) -> Result<u32, OperationError> {
    let Some(mailer) = digue_mail::mailer(app) else {
        return Ok(0);
    };
    let mut sent = 0;
    for campaign in app.store().campaigns().await? {
        if campaign.state != "sending" {
            continue;
        }
        // Checked at every round and not at the start alone: the letter could be changed while it
        // is being sent.
        if let Err(error) = must_be_as_prepared(app, &campaign).await {
            tracing::error!(%error, campaign = campaign.id, "Campaign differs from the journal; not sent");
            continue;
        }
        let (style, blocks) = (style_of(&campaign)?, blocks_of(&campaign)?);
        // The rate is per minute; rounded up, so that a rate below 60 sends at all.
        let share = campaign.rate.div_ceil(60).min(most);
        for _ in 0..share {
            let now = app.clock().now();
            // Marked as being sent before the mail server sees it: after a crash here it is
            // uncertain.
            let Some(notice) = app.store().take_notice(&campaign.id, now).await? else {
                break;
            };
            let message = text_of(app, style, &blocks, &campaign, &notice);
            let code = Code::of(notice.code.to_be_bytes()).to_string();
            let names = (campaign.id.as_str(), code.as_str());
            let done = match message {
                Ok(message) => {
                    mailer
                        .send_notice(&notice.destination, &campaign.subject, &message, names)
                        .await
                }
                Err(error) => Err(error.to_string()),
            };
            let (state, detail) = match done {
                Ok(()) => ("sent", String::new()),
                // Servers repeat the address in their refusals, and the detail outlives the
                // campaign's addresses.
                Err(error) => ("failed", error.replace(&notice.destination, "(recipient)")),
            };
            app.store()
                .set_notice(
                    &campaign.id,
                    notice.number,
                    state,
                    &detail,
                    app.clock().now(),
                )
                .await?;
            sent += u32::from(state == "sent");
        }
    }
    Ok(sent)
}

/// The text of a notice, composed again from its stored facts: it has the stored hash.
pub(crate) fn text_of(
    app: &App,
    style: Style,
    blocks: &Blocks,
    campaign: &CampaignRecord,
    notice: &NoticeRecord,
) -> Result<String, OperationError> {
    let (seen, code, date) = facts_of(app, style, campaign, notice)?;
    Ok(written(style, blocks, &seen, code, &notice.masked, &date))
}

/// The same as blocks, for a letter.
pub(crate) fn parts_of(
    app: &App,
    style: Style,
    blocks: &Blocks,
    campaign: &CampaignRecord,
    notice: &NoticeRecord,
) -> Result<Vec<NoticePart>, OperationError> {
    let (seen, code, date) = facts_of(app, style, campaign, notice)?;
    let compared = (notice.masked.as_str(), date.as_str());
    Ok(text::parts(style, blocks, &seen, code, compared))
}

/// What a notice says of its person: what was shown, the code, and the date to compare.
fn facts_of(
    app: &App,
    style: Style,
    campaign: &CampaignRecord,
    notice: &NoticeRecord,
) -> Result<(ShownData, Code, String), OperationError> {
    let reader = PaperReader {
        language: style.language(),
        zone: operator::rules(app).zone.clone(),
        names: VisibleNames::default(),
    };
    let seen: ShownData = kept("facts of a notice", &notice.seen)?;
    let code = Code::of(notice.code.to_be_bytes());
    Ok((seen, code, reader.date(campaign.made_at)))
}

pub(crate) fn style_of(campaign: &CampaignRecord) -> Result<Style, OperationError> {
    let unknown =
        || OperationError::Unavailable(format!("the style of campaign {} is unknown", campaign.id));
    Style::parse(&campaign.language).ok_or_else(unknown)
}

pub(crate) fn blocks_of(campaign: &CampaignRecord) -> Result<Blocks, OperationError> {
    kept("blocks of a campaign", &campaign.blocks)
}

/// Reads stored JSON. An unreadable value is an error and never a default: a notice must not be
/// sent with less than was written.
fn kept<T: serde::de::DeserializeOwned>(what: &str, json: &str) -> Result<T, OperationError> {
    serde_json::from_str(json)
        .map_err(|error| OperationError::Unavailable(format!("{what}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_campaign_and_cannot_be_read_is_a_fault_and_not_an_empty_text() {
        let mut campaign = CampaignRecord {
            id: "ca-1".to_owned(),
            incident: "in-1".to_owned(),
            version: 1,
            made_at: Timestamp::ZERO,
            made_by: "dpo".parse().unwrap(),
            state: "ready".to_owned(),
            language: "fr".to_owned(),
            subject: "Vos données".to_owned(),
            blocks: r#"{"happened":"a","risks":"b","steps":"c","contact":"d","address":"e"}"#
                .to_owned(),
            rate: 1,
            ended_at: Timestamp::ZERO,
            after: 0,
            source: "csv".to_owned(),
            persons: 1,
            faults: "[]".to_owned(),
        };
        assert!(style_of(&campaign).is_ok() && blocks_of(&campaign).is_ok());
        for broken in ["", "{}", "{\"happened\":\"a\"", "null"] {
            campaign.blocks = broken.to_owned();
            assert!(
                matches!(blocks_of(&campaign), Err(OperationError::Unavailable(_))),
                "{broken}"
            );
            assert!(kept::<ShownData>("facts", broken).is_err(), "{broken}");
        }
        campaign.language = "klingon".to_owned();
        assert!(matches!(
            style_of(&campaign),
            Err(OperationError::Unavailable(_))
        ));
    }

    #[test]
    fn a_campaign_has_told_somebody_when_something_left() {
        let counts = |states: &[(&str, u64)]| {
            states
                .iter()
                .map(|(state, count)| ((*state).to_owned(), *count))
                .collect()
        };
        assert_eq!(
            gone(&counts(&[("waiting", 10), ("failed", 2), ("unreached", 1)])),
            0
        );
        assert_eq!(
            gone(&counts(&[
                ("waiting", 10),
                ("sent", 2),
                ("listed", 4),
                ("exported", 3)
            ])),
            5
        );
    }
}
