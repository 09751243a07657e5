//! Notification preferences of a person: mail at the first consultation by a new organisation, and
//! a monthly digest. A mail says that there is something to read, and never what: mail is read by
//! others, too.

use std::collections::HashSet;
use std::time::Duration;

use digue_app::secret::SecretSeal;
use digue_app::{App, OperationError};
use digue_exposure::Sight;
use digue_identity::person_sessions::SignedInPerson;
use digue_locales::Language;
use digue_mail::{Mail, parse_address};
use digue_store::PreferenceRecord;
use digue_types::{OrganisationId, Timestamp};

use super::sights;

const MONTH: Duration = Duration::from_hours(24 * 30);
const SEAL: &[u8] = b"digue person address";

/// The notification preferences of a person.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NewsPreference {
    pub email: String,
    pub first_visits: bool,
    pub monthly: bool,
    /// The address that is kept cannot be read, so that no mail leaves: `email` is empty.
    pub is_unreadable: bool,
}

fn about(person: &SignedInPerson) -> String {
    format!("{} {}", person.whose().population, person.whose().person)
}

fn seal(app: &App) -> Result<SecretSeal, OperationError> {
    SecretSeal::new(app.key(), SEAL)
}

pub async fn preference(
    app: &App,
    person: &SignedInPerson,
) -> Result<NewsPreference, OperationError> {
    let Some(record) = app.store().request_of(person.whose()).await? else {
        return Ok(NewsPreference::default());
    };
    // The seal is tied to the person: a row that was moved to another person in the database does
    // not open.
    let email = seal(app)?
        .open(&about(person), &record.sealed_email)
        .and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(NewsPreference {
        is_unreadable: email.is_none(),
        email: email.unwrap_or_default(),
        first_visits: record.first_visits,
        monthly: record.monthly,
    })
}

/// Stores the preferences; without any the record and its address are deleted.
pub async fn save(
    app: &App,
    person: &SignedInPerson,
    language: Language,
    preference: &NewsPreference,
) -> Result<(), OperationError> {
    if !preference.first_visits && !preference.monthly {
        return Ok(app.store().remove_preference(person.whose()).await?);
    }
    // Without a mail server the preference would be a promise that is not kept.
    if !digue_mail::is_configured(app) {
        return Err(OperationError::Invalid("person-news-no-mail"));
    }
    let email = parse_address(&preference.email).ok_or(OperationError::Invalid("invalid-email"))?;
    let last = sights::visible(app, person)
        .await?
        .first()
        .map_or(0, |sight| sight.entry);
    let record = PreferenceRecord {
        whose: person.whose().clone(),
        sealed_email: seal(app)?.seal(&about(person), email.as_bytes())?,
        language: language.code().to_owned(),
        first_visits: preference.first_visits,
        monthly: preference.monthly,
        // Consultations that are visible now are not news.
        told_entry: last,
        digest_at: app.clock().now(),
    };
    Ok(app.store().save_preference(&record).await?)
}

/// Queues the mails that are due; returns how many.
pub async fn tell_due(app: &App) -> Result<u64, OperationError> {
    if !digue_mail::is_configured(app) {
        return Ok(0);
    }
    let (now, mut notified) = (app.clock().now(), 0);
    for record in app.store().preferences().await? {
        let person = SignedInPerson::vouched_for(record.whose.clone());
        let seen = sights::visible(app, &person).await?;
        let (is_new, is_due) = news(&record, &seen, now);
        if !is_new && !is_due {
            continue;
        }
        let last = seen.first().map_or(record.told_entry, |sight| {
            sight.entry.max(record.told_entry)
        });
        let digest_at = if is_due { now } else { record.digest_at };
        let visits = seen
            .iter()
            .filter(|sight| sight.at > record.digest_at)
            .count() as u64;
        // Read again: the person may have changed or ended their preferences since the round began.
        let Some(record) = app.store().request_of(&record.whose).await? else {
            continue;
        };
        let email = seal(app)?.open(&about(&person), &record.sealed_email);
        let Some(email) = email.and_then(|bytes| String::from_utf8(bytes).ok()) else {
            // Not marked as notified: the mail follows once the right key is back.
            tracing::error!(
                "Unsealing a person's address failed, perhaps by another key; retrying at the next run"
            );
            continue;
        };
        // Marked before it is queued: a crash in between loses one mail and repeats none.
        // False when there was nothing to mark: the person has just ended their preferences.
        if !app
            .store()
            .note_told(&record.whose, last, digest_at)
            .await?
        {
            continue;
        }
        digue_mail::queue(
            app,
            &email,
            &Mail::PersonNews {
                is_first: is_new,
                visits,
            },
        )
        .await?;
        notified += 1;
    }
    Ok(notified)
}

/// True for the first when an organisation consulted the record that never had before; for the
/// second when the monthly digest is due.
fn news(preference: &PreferenceRecord, seen: &[Sight], now: Timestamp) -> (bool, bool) {
    let before = seen
        .iter()
        .filter(|sight| sight.entry <= preference.told_entry);
    let known: HashSet<&OrganisationId> = before.map(|sight| &sight.organisation).collect();
    let mut after = seen
        .iter()
        .filter(|sight| sight.entry > preference.told_entry);
    // Compared with all earlier consultations and not with those since the last mail: an
    // organisation that returns is not new.
    let is_new = preference.first_visits && after.any(|sight| !known.contains(&sight.organisation));
    (
        is_new,
        preference.monthly && now.since(preference.digest_at) >= MONTH,
    )
}

#[cfg(test)]
mod tests {
    use digue_store::KnownPerson;
    use digue_types::{AccountId, Basis, PortalId, RouteName};

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn sight(entry: u64, organisation: &str) -> Sight {
        Sight {
            entry,
            at: Timestamp::from_secs(1_763_812_800),
            portal: PortalId::parse("portail").unwrap(),
            population: digue_types::PopulationId::parse("personnes").unwrap(),
            route: RouteName::parse("fiche").unwrap(),
            account: AccountId::parse("a1").unwrap(),
            organisation: OrganisationId::parse(organisation).unwrap(),
            basis: Basis::Caseload,
        }
    }

    #[test]
    fn a_new_organisation_is_news_and_a_known_one_is_not() {
        let start = Timestamp::from_secs(1_763_812_800);
        let preference = |told_entry, first_visits, monthly| PreferenceRecord {
            whose: KnownPerson {
                population: "personnes".to_owned(),
                person: "P1".to_owned(),
            },
            sealed_email: String::new(),
            language: "fr".to_owned(),
            first_visits,
            monthly,
            told_entry,
            digest_at: start,
        };
        let seen = [sight(9, "of-2"), sight(7, "of-1"), sight(3, "of-1")];
        for (preference, now, expected) in [
            (preference(7, true, false), start, (true, false)),
            (preference(3, true, false), start, (true, false)),
            (preference(9, true, false), start, (false, false)),
            (
                preference(7, false, true),
                start.plus(DAY * 29),
                (false, false),
            ),
            (
                preference(7, false, true),
                start.plus(DAY * 30),
                (false, true),
            ),
            (
                preference(0, true, true),
                start.plus(DAY * 31),
                (true, true),
            ),
        ] {
            assert_eq!(news(&preference, &seen, now), expected, "{preference:?}");
        }
        assert_eq!(
            news(&preference(3, true, false), &seen[1..], start),
            (false, false),
            "known since before"
        );
    }
}
