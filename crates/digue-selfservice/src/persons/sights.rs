//! The consultations of a person's record, as the person reads them: one row each, lists included.

use std::collections::HashMap;

use digue_access::Reach;
use digue_app::gates::parse_reason;
use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, OperationError, require};
use digue_casework::incidents;
use digue_compliance::isms::checks;
use digue_evidence::affected::question_of;
use digue_evidence::completeness::{CompleteSince, complete_since};
use digue_evidence::watch::read_exposures;
use digue_exposure::{ScopeQuestion, Sight};
use digue_identity::person_sessions::SignedInPerson;
use digue_response::claim::Happening;
use digue_response::{Incident, IncidentState};
use digue_store::{HiddenRecord, KnownPerson};
use digue_types::{AccountId, Act, Basis, Exposure, OrganisationId, PortalId, Subject, Timestamp};
use ring::hmac;

use super::request_kinds::{RequestKind, RequestOutcome};

/// Rows of a page.
pub const PAGE: usize = 50;
/// How long consultations may be hidden by one decision.
// Access may be restricted only as far as necessary (GDPR art. 23): half a year, then a new
// decision.
const HIDDEN_MAX: std::time::Duration = std::time::Duration::from_hours(24 * 180);
/// The fewest characters of a reason: others must understand it later.
const REASON_CHARS_MIN: usize = 20;

/// One consultation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsultationRow {
    pub entry: u64,
    pub at: Timestamp,
    pub portal: PortalId,
    pub organisation: String,
    /// A pseudonym of the reader, `K7Q3`, the same for the same account.
    pub alias: String,
    /// The reader's role, if the account still exists.
    pub role: Option<&'static str>,
    pub basis: Basis,
    /// Set when an incident puts the basis in doubt.
    pub doubt: Option<ConsultationDoubt>,
    pub categories: Vec<String>,
    /// `INC-2026-003`, when an incident is about it.
    pub incident: Option<String>,
    /// The reader's name, where the DPO decided to disclose it.
    pub name: Option<String>,
    /// The person's requests about this row, as (kind, outcome).
    pub requests: Vec<(String, String)>,
}

/// Why the account's right does not explain a consultation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsultationDoubt {
    /// An officer decided that the account was stolen, and this consultation is the thief's.
    Theft,
    /// An open incident examines it: the reason is not known yet.
    Inquiry,
}

impl ConsultationDoubt {
    const fn code(self) -> &'static str {
        match self {
            Self::Theft => "theft",
            Self::Inquiry => "inquiry",
        }
    }

    /// An outage or a letter to the wrong person leaves the rights of accounts as they are.
    fn of(incident: &Incident) -> Option<Self> {
        match incident.happening() {
            // Not `SuspectedAccount`: "stolen" is written on the person's page only after an
            // officer decided it.
            Happening::StolenAccount => Some(Self::Theft),
            Happening::SuspectedAccount | Happening::OutsideReader => Some(Self::Inquiry),
            Happening::Unspecified if incident.about.is_account() => Some(Self::Inquiry),
            Happening::Unspecified
            | Happening::Ransomware
            | Happening::Unavailable
            | Happening::Mistake => None,
        }
    }
}

impl ConsultationRow {
    /// The reason, as a code for the person's page.
    pub const fn why(&self) -> &'static str {
        match self.doubt {
            Some(doubt) => doubt.code(),
            None => self.basis.code(),
        }
    }

    /// True when there is such a request that the person did not take back.
    pub fn is_asked(&self, kind: &str) -> bool {
        self.requests
            .iter()
            .any(|(known, outcome)| known == kind && *outcome != RequestOutcome::Withdrawn.code())
    }
}

/// A page of rows, and how far the journal behind it reaches.
#[derive(Clone, Debug)]
pub struct ConsultationPage {
    pub rows: Vec<ConsultationRow>,
    pub total: usize,
    /// Since when the consultations of this population are complete.
    pub since: CompleteSince,
    /// When the journal was last verified successfully.
    pub verified_at: Option<Timestamp>,
}

/// The person's consultations, the newest first, without the first `after`.
pub async fn page(
    app: &App,
    person: &SignedInPerson,
    after: usize,
) -> Result<ConsultationPage, OperationError> {
    let sights = visible(app, person).await?;
    let total = sights.len();
    let shown: Vec<Sight> = sights.into_iter().skip(after).take(PAGE).collect();
    Ok(ConsultationPage {
        rows: rows(app, person.whose(), shown).await?,
        total,
        since: since(app, Some(&person.whose().population)).await?,
        verified_at: verified_at(app).await?,
    })
}

/// One consultation, if the person can see it.
pub async fn one(
    app: &App,
    person: &SignedInPerson,
    entry: u64,
) -> Result<ConsultationRow, OperationError> {
    let mut sights = visible(app, person).await?;
    sights.retain(|sight| sight.entry == entry);
    let found = rows(app, person.whose(), sights).await?;
    found
        .into_iter()
        .next()
        .ok_or(OperationError::NotFound("entry"))
}

/// All rows, for the download.
pub async fn all(
    app: &App,
    person: &SignedInPerson,
) -> Result<Vec<ConsultationRow>, OperationError> {
    let sights = visible(app, person).await?;
    rows(app, person.whose(), sights).await
}

/// Consultations of this person that are not hidden, the newest first.
pub(crate) async fn visible(
    app: &App,
    person: &SignedInPerson,
) -> Result<Vec<Sight>, OperationError> {
    let (view, reference) = (app.view(), person.reference()?);
    let mut sights = app.answered(app.blocking(move || view.of_person(&reference)).await?)?;
    sights.retain(|sight| is_of(person.whose(), sight));
    let now = app.clock().now();
    let hidden = app.store().hidden().await?;
    sights.retain(|sight| !hidden.iter().any(|one| hides(one, sight, now)));
    Ok(sights)
}

/// The same identifier in another population is another person. Compared with the population in the
/// entry and not in the maps, which a portal may have left.
fn is_of(whose: &KnownPerson, sight: &Sight) -> bool {
    sight.population.as_str() == whose.population
}

fn hides(hidden: &HiddenRecord, sight: &Sight, now: Timestamp) -> bool {
    // Judged at each reading: a decision that has expired needs no task to end it.
    let is_in_force = hidden.lifted_at == Timestamp::ZERO && now < hidden.until;
    let concerns = match &hidden.reach {
        Reach::Account(account) => *account == sight.account,
        Reach::Organisation(organisation) => *organisation == sight.organisation,
        // `hide` accepts no wider reach, and the store reads none.
        Reach::Portal(_) | Reach::Everything => false,
    };
    is_in_force && concerns && hidden.from <= sight.at && sight.at <= hidden.to
}

async fn rows(
    app: &App,
    whose: &KnownPerson,
    sights: Vec<Sight>,
) -> Result<Vec<ConsultationRow>, OperationError> {
    let names: HashMap<OrganisationId, String> = app
        .store()
        .organisations()
        .await?
        .into_iter()
        .map(|known| (known.id, known.name))
        .collect();
    let rules = app.gateway().rules();
    let requests = app.store().requests_of(whose).await?;
    let questions = questions(app).await?;
    let exposures = read_exposures(app, sights.iter().map(|sight| sight.entry).collect()).await?;
    let mut rows = Vec::with_capacity(sights.len());
    for sight in sights {
        // Requests about rights and letters have entry zero, which is never a consultation.
        let own_requests = requests
            .iter()
            .filter(|request| request.entry == sight.entry && request.entry > 0);
        let given = own_requests.clone().find(|one| {
            one.kind == RequestKind::Name.code() && one.outcome == RequestOutcome::Done.code()
        });
        // Without one its key was destroyed at the end of the retention.
        let exposure = exposures.get(&sight.entry).map(Box::as_ref);
        let incident = questions.iter().find(|one| one.asks(&sight, exposure));
        rows.push(ConsultationRow {
            entry: sight.entry,
            at: sight.at,
            organisation: names
                .get(&sight.organisation)
                .cloned()
                .unwrap_or_else(|| sight.organisation.to_string()),
            alias: alias(app, &sight.account, &sight.organisation),
            role: rules
                .directory
                .find(&sight.account)
                .map(|record| record.role.code()),
            basis: sight.basis,
            doubt: incident.and_then(|one| one.doubt),
            categories: shown(app, &sight, exposure),
            incident: incident.map(|one| one.reference.clone()),
            name: given.map(|one| one.answer.clone()),
            requests: own_requests
                .map(|one| (one.kind.clone(), one.outcome.clone()))
                .collect(),
            portal: sight.portal,
        });
    }
    Ok(rows)
}

/// The categories that were shown, from the entry; from the portal's map when its key is destroyed.
fn shown(app: &App, sight: &Sight, exposure: Option<&Exposure>) -> Vec<String> {
    if let Some(exposure) = exposure {
        return exposure
            .categories
            .iter()
            .map(ToString::to_string)
            .collect();
    }
    let hosts = app.gateway().hosts();
    let route = hosts.portal(&sight.portal).and_then(|portal| {
        let route = portal
            .routes
            .iter()
            .find(|route| route.name == sight.route)?;
        Some(route.categories.iter().map(ToString::to_string).collect())
    });
    route.unwrap_or_default()
}

/// What an incident is about: the scope question of its last affected set.
struct IncidentConcern {
    reference: String,
    question: ScopeQuestion,
    doubt: Option<ConsultationDoubt>,
}

impl IncidentConcern {
    /// True when the incident concerns this consultation. A question that names sessions concerns
    /// only them: the same account's honest work on that day must not appear as a theft. When the
    /// entry is unreadable its session is unknown, and no theft is claimed.
    fn asks(&self, sight: &Sight, exposure: Option<&Exposure>) -> bool {
        fn of<T: PartialEq>(allowed: &[T], one: &T) -> bool {
            allowed.is_empty() || allowed.contains(one)
        }
        let ScopeQuestion {
            accounts,
            organisations,
            portals,
            routes,
            sessions,
            from,
            to,
            ..
        } = &self.question;
        // A question without account, organisation or session would match every consultation.
        let is_bounded = !(accounts.is_empty() && organisations.is_empty() && sessions.is_empty());
        is_bounded
            && of(accounts, &sight.account)
            && of(organisations, &sight.organisation)
            && of(portals, &sight.portal)
            && of(routes, &sight.route)
            && (sessions.is_empty() || exposure.is_some_and(|one| sessions.contains(&one.session)))
            && from.is_none_or(|from| from <= sight.at)
            && to.is_none_or(|to| sight.at < to)
    }
}

async fn questions(app: &App) -> Result<Vec<IncidentConcern>, OperationError> {
    let views = incidents::list(app, &Actor::digue()).await?;
    let mut concerns = Vec::new();
    // Dismissed incidents concern no one.
    for view in views
        .into_iter()
        .filter(|view| view.incident.state() != IncidentState::Dismissed)
    {
        let with_question = view
            .incident
            .affected
            .iter()
            .rfind(|version| !version.question.is_empty());
        let Some(version) = with_question else {
            continue;
        };
        // An unreadable question is an error: skipping it would state that it concerns no one.
        let unread = || {
            OperationError::Unavailable("the question of an affected set cannot be read".to_owned())
        };
        let json = serde_json::from_str(&version.question).map_err(|_| unread())?;
        let question = question_of(&json).ok_or_else(unread)?;
        let doubt = ConsultationDoubt::of(&view.incident);
        concerns.push(IncidentConcern {
            reference: view.reference(),
            question,
            doubt,
        });
    }
    Ok(concerns)
}

/// Crockford's base 32: no I, L, O or U, which are misread.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The pseudonym of a reader: stable, and not reversible without the installation's key.
pub(crate) fn alias(app: &App, account: &AccountId, organisation: &OrganisationId) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.key());
    let tag = hmac::sign(
        &key,
        format!("person alias {organisation} {account}").as_bytes(),
    );
    // 20 bits: enough to tell the readers of one record apart, too few to identify an account among
    // thousands.
    tag.as_ref()
        .iter()
        .take(4)
        // 256 is a multiple of 32, so that each sign is as likely as any other.
        .map(|byte| char::from(SIGNS[usize::from(*byte) % 32]))
        .collect()
}

/// Since when the consultations of a population are complete; of all populations for `None`. A
/// portal that has no map any more may have had any population.
pub(super) async fn since(
    app: &App,
    population: Option<&str>,
) -> Result<CompleteSince, OperationError> {
    let hosts = app.gateway().hosts();
    let concerns = |portal: &PortalId| {
        let known = hosts
            .portal(portal)
            .map(|portal| portal.population.as_str());
        population.is_none_or(|population| known.is_none_or(|known| known == population))
    };
    complete_since(app, concerns).await
}

async fn verified_at(app: &App) -> Result<Option<Timestamp>, OperationError> {
    let measured = checks::measured(app).await?;
    let result = measured.results.get(&digue_isms::Check::JournalVerified);
    // Only a successful check dates the statement: the last one that failed proves nothing.
    Ok(result
        .filter(|result| result.outcome == digue_isms::CheckOutcome::Pass)
        .map(|result| result.at))
}

/// Hidden consultations, and how many persons they concern.
#[derive(Clone, Debug)]
pub struct HiddenConsultations {
    pub record: HiddenRecord,
    pub is_in_force: bool,
    /// Distinct persons from whom some of them are hidden.
    pub persons: usize,
}

/// Whether an actor may hide consultations: the DPO alone. To be called before any input is read.
pub fn must_hide(actor: &Actor) -> Result<(), OperationError> {
    require(actor.role == digue_access::Role::Dpo)
}

/// Hides consultations by an account or an organisation from persons until a date. Only the DPO
/// may, with a reason.
pub async fn hide(
    app: &App,
    actor: &Actor,
    reach: Reach,
    (from, to): (Timestamp, Timestamp),
    until: Timestamp,
    reason: &str,
) -> Result<(), OperationError> {
    must_hide(actor)?;
    actor.must_be_fresh(app)?;
    let reason = parse_reason(reason, REASON_CHARS_MIN)?;
    let now = app.clock().now();
    // A portal or everything would hide the journal from everyone; no inquiry needs that.
    let is_of_readers = matches!(reach, Reach::Account(_) | Reach::Organisation(_));
    if !is_of_readers || from >= to || until <= now || until > now.plus(HIDDEN_MAX) {
        return Err(OperationError::Invalid("invalid-hidden"));
    }
    let record = HiddenRecord {
        id: name("hd")?,
        reach: reach.clone(),
        from,
        to,
        reason: reason.clone(),
        set_by: actor.account.clone(),
        set_at: now,
        until,
        lifted_at: Timestamp::ZERO,
    };
    let details = ActDetails {
        subject: reach.subject(),
        before: format!("{from} {to}"),
        after: format!("{} until {until}", record.id),
        reason,
    };
    app.write_down(actor, Act::SightsHidden, details).await?;
    Ok(app.store().hide(&record).await?)
}

/// Shows them again before their end.
pub async fn lift(app: &App, actor: &Actor, id: &str) -> Result<(), OperationError> {
    // No fresh proof, unlike `hide`: showing again takes nothing from the person.
    require(actor.role == digue_access::Role::Dpo)?;
    let details = ActDetails {
        subject: Subject::Other(id.to_owned()),
        ..ActDetails::default()
    };
    let claim = app.store().lift(id, app.clock().now());
    app.claim(
        (actor, Act::SightsShown, details),
        claim,
        app.store().release_lift(id),
    )
    .await
    .map(drop)
}

/// All hidden consultations, past ones included, each with the number of persons that it concerns.
pub async fn hidden(app: &App, actor: &Actor) -> Result<Vec<HiddenConsultations>, OperationError> {
    actor.must_watch()?;
    let now = app.clock().now();
    let mut all = Vec::new();
    for record in app.store().hidden().await? {
        let mut question = ScopeQuestion {
            from: Some(record.from),
            to: Some(record.to),
            ..ScopeQuestion::default()
        };
        match &record.reach {
            Reach::Account(account) => question.accounts.push(account.clone()),
            Reach::Organisation(organisation) => question.organisations.push(organisation.clone()),
            Reach::Portal(_) | Reach::Everything => {
                // An empty question would count every person.
                let wide = format!("the hidden consultations {} are of no account", record.id);
                return Err(OperationError::Unavailable(wide));
            }
        }
        let view = app.view();
        let persons = app.answered(app.blocking(move || view.count(&question)).await?)?;
        let is_in_force = record.lifted_at == Timestamp::ZERO && now < record.until;
        all.push(HiddenConsultations {
            is_in_force,
            persons,
            record,
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use digue_types::Event;

    use super::*;

    #[test]
    fn a_question_about_a_stolen_session_leaves_the_agents_own_consultations_alone() {
        let mut index = digue_exposure::Index::new();
        let events: Vec<Event> = (0..2)
            .map(|entry| digue_testkit::events::shown(entry, "a1", "P1"))
            .collect();
        for (entry, event) in (0..).zip(&events) {
            index.add(&digue_journal::Committed {
                index: entry,
                event: event.clone(),
            });
        }
        let sights = index
            .view()
            .of_person(&digue_types::PersonRef::parse("P1").unwrap())
            .unwrap();
        let Event::Exposure(exposure) = &events[0] else {
            unreachable!("it is one")
        };
        let of = |sessions: Vec<digue_types::SessionId>| IncidentConcern {
            reference: "INC-2026-001".to_owned(),
            question: ScopeQuestion {
                accounts: vec!["a1".parse().unwrap()],
                sessions,
                ..ScopeQuestion::default()
            },
            doubt: Some(ConsultationDoubt::Theft),
        };
        assert!(of(vec![exposure.session.clone()]).asks(&sights[0], Some(exposure.as_ref())));
        assert!(!of(vec!["another".parse().unwrap()]).asks(&sights[0], Some(exposure.as_ref())));
        assert!(
            !of(vec![exposure.session.clone()]).asks(&sights[0], None),
            "not known is not stolen"
        );
        assert!(of(Vec::new()).asks(&sights[0], None));
    }

    #[test]
    fn a_person_of_another_population_sees_nothing_whatever_portals_there_are() {
        let mut index = digue_exposure::Index::new();
        for (entry, population) in ["personnes", "patients", "personnes"]
            .into_iter()
            .enumerate()
        {
            let mut event = digue_testkit::events::shown(entry as u64, "a1", "P1");
            if let Event::Exposure(exposure) = &mut event {
                exposure.population = population.parse().unwrap();
            }
            index.add(&digue_journal::Committed {
                index: entry as u64,
                event,
            });
        }
        let sights = index
            .view()
            .of_person(&digue_types::PersonRef::parse("P1").unwrap())
            .unwrap();
        let seen_by = |population: &str| -> Vec<u64> {
            let whose = KnownPerson {
                population: population.to_owned(),
                person: "P1".to_owned(),
            };
            sights
                .iter()
                .filter(|sight| is_of(&whose, sight))
                .map(|sight| sight.entry)
                .collect()
        };
        assert_eq!(seen_by("personnes"), [2, 0]);
        assert_eq!(seen_by("patients"), [1]);
        assert!(seen_by("clients").is_empty());
    }
}
