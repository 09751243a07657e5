//! Preparing a campaign: one notice for each person of a version of the affected set. Requested by
//! a person, written in the background, resumed after a crash, and sent only when a person starts
//! it.

use digue_app::alias_tables::AliasesInForce;
use digue_app::files::{keep, sha256};
use digue_app::names::VisibleNames;
use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, Area, OperationError, canonical};
use digue_types::visible::is_blank;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use digue_locales::{Language, text};
use digue_response::affected::AffectedPerson;
use digue_response::code::{Code, masked};
use digue_store::{CampaignRecord, NoticeRecord};
use digue_types::{Act, PersonRef, Subject, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::contacts::{Contact, Contacts};
use super::text::{Blocks, ShownData, written};
use super::{blocks_of, style_of};

use digue_casework::notice_style::Style;
use digue_casework::operator;
use digue_casework::paper_reader::PaperReader;
use digue_casework::{breach, incidents};

/// Notices in one transaction.
const BATCH: usize = 2000;
/// Messages a minute: the maximum and the default.
const RATE_MAX: u32 = 60_000;
pub const RATE: u32 = 600;

/// The request for a campaign.
#[derive(Clone, Debug)]
pub struct CampaignRequest {
    pub version: u32,
    /// Only the persons whom this earlier version did not contain: a complement.
    pub after: Option<u32>,
    pub style: Style,
    pub subject: String,
    pub blocks: Blocks,
    pub rate: u32,
    /// A file of contacts; without one, the portal's own source is asked.
    pub contacts: Vec<u8>,
}

/// Requests a campaign and returns its id. `prepare_due` writes the notices.
///
/// # Errors
/// `Invalid` without the decision to inform, for an empty block, for contacts that are not a table.
pub async fn prepare(
    app: &App,
    actor: &Actor,
    incident: &str,
    request: CampaignRequest,
) -> Result<String, OperationError> {
    actor.must_respond()?;
    actor.must_be_fresh(app)?;
    let view = incidents::view(app, actor, incident).await?;
    let is_decided = view
        .incident
        .persons
        .as_ref()
        .is_some_and(|decided| decided.what.inform);
    if !is_decided {
        return Err(OperationError::Invalid("incident-refused-undecided"));
    }
    must_be_whole(&request)?;
    let source = if request.contacts.is_empty() {
        "query"
    } else {
        "csv"
    };
    if source == "query" && operator::rules(app).contacts.is_none() {
        return Err(OperationError::Invalid("invalid-contacts"));
    }
    if source == "csv" {
        let (csv, hosts) = (request.contacts.clone(), app.gateway().hosts());
        // Parsed here only for its faults: the person who sends the file should learn of them at
        // once.
        let read =
            move || Contacts::of_csv(&csv, &|person| canonical::forms(&hosts, person)).map(drop);
        app.blocking(read).await??;
    }
    let language = request.style.language();
    let persons =
        persons_to_notify(app, incident, request.version, request.after, language).await?;
    let campaign = CampaignRecord {
        id: name("ca")?,
        incident: incident.to_owned(),
        version: request.version,
        made_at: app.clock().now(),
        made_by: actor.account.clone(),
        state: "preparing".to_owned(),
        language: request.style.code().to_owned(),
        subject: request.subject.trim().to_owned(),
        blocks: serde_json::to_string(&request.blocks).expect("strings always serialise"),
        // A rate of zero would be a campaign that seems to run and informs nobody.
        rate: request.rate.clamp(1, RATE_MAX),
        ended_at: Timestamp::ZERO,
        after: request.after.unwrap_or(0),
        source: source.to_owned(),
        // Journalled with the act below: a changed number in the database is then a difference.
        persons: persons.len() as u64,
        faults: "[]".to_owned(),
    };
    let details = ActDetails {
        subject: Subject::Campaign(campaign.id.to_string()),
        before: super::journalled_form(&campaign),
        after: super::CampaignSize(campaign.persons).to_string(),
        ..ActDetails::default()
    };
    if source == "csv" {
        let (path, csv) = (contacts_path(app, &campaign.id), request.contacts);
        // The file before the campaign: `prepare_due` may take the campaign up as soon as it is
        // stored.
        let kept = app.blocking(move || keep(&path, &csv)).await?;
        kept.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    }
    // Before the campaign is stored: every campaign in the database must have its act, or it is not
    // sent.
    let written = app.write_down(actor, Act::CampaignPrepared, details).await;
    if let Err(error) = written {
        forget_contacts(app, &campaign.id).await?;
        return Err(error);
    }
    // A small campaign is written at once, so that its letters are there on the page that follows;
    // unless another one is being written, which may last for minutes.
    let turn = app.area::<PreparationTurn>().0.try_lock();
    if let Err(error) = app.store().add_campaign(&campaign).await {
        forget_contacts(app, &campaign.id).await?;
        return Err(error.into());
    }
    if turn.is_ok() && persons.len() <= BATCH {
        write_campaign(app, &campaign).await?;
    }
    Ok(campaign.id)
}

/// Whose turn it is to write notices: the request for a small campaign and the periodic task must
/// not write the same ones.
// Held while a campaign is written; no other async lock is taken under it.
#[derive(Default)]
pub(crate) struct PreparationTurn(Mutex<()>);

impl Area for PreparationTurn {}

/// The contacts of a campaign in preparation; the file is deleted when the campaign is ready.
fn contacts_path(app: &App, campaign: &str) -> PathBuf {
    contacts_folder(app).join(format!("contacts-{campaign}.csv"))
}

fn contacts_folder(app: &App) -> PathBuf {
    app.data_folder().join("incidents")
}

/// Deletes the files of contacts of every campaign that is not in preparation: Digue was stopped
/// before it could. To be called before any campaign is requested.
pub(super) async fn forget_left_contacts(app: &App) -> Result<(), OperationError> {
    let folder = contacts_folder(app);
    let left = app.blocking(move || contacts_in(&folder)).await?;
    let left = left.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    for id in left {
        let campaign = app.store().campaign(&id).await?;
        if campaign.is_none_or(|campaign| campaign.state != "preparing") {
            forget_contacts(app, &id).await?;
        }
    }
    Ok(())
}

/// The campaigns that have a file of contacts.
fn contacts_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let id = name
            .to_str()
            .and_then(|name| name.strip_prefix("contacts-"));
        found.extend(id.and_then(|id| id.strip_suffix(".csv")).map(str::to_owned));
    }
    Ok(found)
}

/// Writes the notices of campaigns in preparation, from where each stopped.
pub async fn prepare_due(app: &App) -> Result<(), OperationError> {
    let _turn = app.area::<PreparationTurn>().0.lock().await;
    for campaign in app.store().campaigns().await? {
        if campaign.state == "preparing" {
            write_campaign(app, &campaign).await?;
        }
    }
    Ok(())
}

/// Writes the notices of one campaign. To be called by the holder of the turn.
async fn write_campaign(app: &App, campaign: &CampaignRecord) -> Result<(), OperationError> {
    let state = match write_all(app, campaign).await {
        Ok(true) => "ready",
        // It was ended meanwhile.
        Ok(false) => return Ok(()),
        Err(error) => {
            tracing::error!(%error, campaign = campaign.id, "Preparing a campaign failed; given up");
            "failed"
        }
    };
    let moved = app
        .store()
        .move_campaign(&campaign.id, ("preparing", state), Timestamp::ZERO)
        .await?;
    if !moved {
        // It was ended while its last notices were written: they keep no destination either.
        app.store().forget_destinations(&campaign.id).await?;
    }
    forget_contacts(app, &campaign.id).await
}

/// Deletes the file of contacts, if there is one.
pub(super) async fn forget_contacts(app: &App, campaign: &str) -> Result<(), OperationError> {
    let path = contacts_path(app, campaign);
    if let Err(error) = app.blocking(move || std::fs::remove_file(path)).await?
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::error!(%error, campaign, "Deleting a file of contacts failed; delete it by hand");
    }
    Ok(())
}

/// The key of a sentence about all lines of a file: its number counts lines and names none.
pub const UNMATCHED: &str = "contacts-unmatched";

/// True when every person has a notice; false when the campaign is no longer in preparation.
async fn write_all(app: &App, campaign: &CampaignRecord) -> Result<bool, OperationError> {
    let (style, blocks) = (style_of(campaign)?, blocks_of(campaign)?);
    let hosts = app.gateway().hosts();
    let mut contacts = match (campaign.source.as_str(), &operator::rules(app).contacts) {
        ("query", Some(source)) => {
            Contacts::of_source(source, &|person| canonical::forms(&hosts, person)).await?
        }
        ("query", None) => return Err(OperationError::Invalid("invalid-contacts")),
        _ => {
            let path = contacts_path(app, &campaign.id);
            let read = move || {
                let csv = std::fs::read(path);
                let csv = csv.map_err(|error| OperationError::Unavailable(error.to_string()))?;
                Contacts::of_csv(&csv, &|person| canonical::forms(&hosts, person))
            };
            app.blocking(read).await??
        }
    };
    let after = (campaign.after > 0).then_some(campaign.after);
    let language = style.language();
    let persons =
        persons_to_notify(app, &campaign.incident, campaign.version, after, language).await?;
    let mut faults: Vec<(usize, &str)> = contacts
        .faults
        .iter()
        .map(|fault| (fault.line, fault.key.as_str()))
        .collect();
    // Of the portal's own database most rows are of others; a file of which none is of an affected
    // person has other identifiers, and nobody would be told.
    let unmatched = contacts.unmatched(persons.iter().map(|person| person.1.as_str()));
    if campaign.source != "query" && unmatched > 0 {
        faults.insert(0, (unmatched, UNMATCHED));
    }
    let faults = serde_json::to_string(&faults).expect("numbers and strings always serialise");
    app.store()
        // Before the notices: an officer who looks at a campaign in preparation can end it and mend the
        // file.
        .set_campaign_faults(&campaign.id, &faults)
        .await?;
    let reader = PaperReader {
        language,
        zone: operator::rules(app).zone.clone(),
        names: VisibleNames::default(),
    };
    let date = reader.date(campaign.made_at);
    let random = SystemRandom::new();
    // The signed list does not change and is read in its order: the last number says where to
    // resume.
    let done = app.store().last_notice(&campaign.id).await?;
    let mut batch = Vec::with_capacity(BATCH);
    for (number, to_notify) in (1_u32..).zip(persons) {
        // Taken also for notices that exist: each contact is used once, as in the first run.
        let contact = contacts.of(&to_notify.1);
        if number <= done {
            continue;
        }
        batch.push(one(
            campaign, style, &blocks, number, to_notify, contact, &date, &random,
        )?);
        if batch.len() == BATCH {
            app.store().add_notices(&batch).await?;
            batch.clear();
            let now = app.store().campaign(&campaign.id).await?;
            // Looked at after each batch, so that a campaign of millions can be ended while it is
            // written.
            if now.is_none_or(|now| now.state != "preparing") {
                return Ok(false);
            }
        }
    }
    app.store().add_notices(&batch).await?;
    Ok(true)
}

/// Checks that every block has a text and none still contains a placeholder.
fn must_be_whole(request: &CampaignRequest) -> Result<(), OperationError> {
    let Blocks {
        happened,
        risks,
        steps,
        contact,
        address,
    } = &request.blocks;
    let all = [&request.subject, happened, risks, steps, contact, address];
    if all.iter().any(|text| is_blank(text)) || request.subject.contains(['\n', '\r']) {
        return Err(OperationError::Invalid("incident-refused-no-text"));
    }
    let missing = Language::ALL.map(|language| text(language, "paper-missing"));
    let is_whole = all
        .iter()
        .all(|text| missing.iter().all(|missing| !text.contains(missing)));
    if is_whole {
        Ok(())
    } else {
        Err(OperationError::Invalid("notices-incomplete"))
    }
}

type PersonToNotify = (String, String, ShownData);

/// The combined exposures of one person.
#[derive(Default)]
struct JointExposures {
    categories: BTreeSet<String>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    times: u64,
    has_unknown: bool,
}

impl JointExposures {
    /// Adds a line; `None` when it lacks a value that the letter states.
    fn join(&mut self, line: &Json) -> Option<()> {
        let at = |name: &str| line[name].as_str().and_then(Timestamp::parse_rfc3339);
        let categories = line["categories"].as_array()?;
        self.has_unknown |= categories.is_empty();
        for category in categories {
            self.categories.insert(category.as_str()?.to_owned());
        }
        self.first = self.first.into_iter().chain([at("first")?]).min();
        self.last = self.last.into_iter().chain([at("last")?]).max();
        self.times += line["times"].as_u64()?;
        Some(())
    }

    fn shown_data(self, reader: &PaperReader) -> ShownData {
        let date = |at: Option<Timestamp>| at.map(|at| reader.date(at)).unwrap_or_default();
        ShownData {
            categories: self.categories.into_iter().collect(),
            first: date(self.first),
            last: date(self.last),
            times: self.times,
            has_unknown: self.has_unknown,
        }
    }
}

/// The person by the aliases in force now.
pub(crate) fn merged(aliases: &AliasesInForce, who: AffectedPerson) -> AffectedPerson {
    match (who.population.parse(), PersonRef::parse(&who.person)) {
        (Ok(population), Ok(reference)) => {
            let (person, _) = aliases.person_of(&population, &reference);
            AffectedPerson {
                person: person.to_string(),
                ..who
            }
        }
        _ => who,
    }
}

/// The persons whom a campaign informs: those of its version, or only those who are new in it.
async fn persons_to_notify(
    app: &App,
    incident: &str,
    version: u32,
    after: Option<u32>,
    language: Language,
) -> Result<Vec<PersonToNotify>, OperationError> {
    let zone = operator::rules(app).zone.clone();
    let reader = PaperReader {
        language,
        zone,
        names: VisibleNames::default(),
    };
    let new: Option<HashSet<AffectedPerson>> = match after {
        Some(earlier) => {
            let new = breach::complement(app, &Actor::digue(), incident, earlier, version).await?;
            Some(new.into_iter().collect())
        }
        None => None,
    };
    let (list, aliases) = (
        breach::list_bytes(app, incident, version).await?,
        AliasesInForce::of(app),
    );
    app.blocking(move || persons_of_list(&list, new.as_ref(), &aliases, &reader))
        .await?
}

/// The persons of a signed list, without those that are not `new`.
fn persons_of_list(
    list: &[u8],
    new: Option<&HashSet<AffectedPerson>>,
    aliases: &AliasesInForce,
    reader: &PaperReader,
) -> Result<Vec<PersonToNotify>, OperationError> {
    let text = String::from_utf8_lossy(list);
    // One notice for a person who was shown under several identifiers. In the order of the list,
    // because a resumed campaign counts by it.
    let mut places: HashMap<AffectedPerson, usize> = HashMap::new();
    let mut shown: Vec<(AffectedPerson, JointExposures)> = Vec::new();
    for line in text.lines() {
        // The head and the signature are not persons. An unreadable line that should be one is an
        // error: skipping it would leave a person uninformed.
        if !line.trim_start().starts_with('{') {
            continue;
        }
        let unread =
            || OperationError::Unavailable("a line of the signed list cannot be read".to_owned());
        let line: Json = serde_json::from_str(line).map_err(|_| unread())?;
        let (population, person) = match (line["population"].as_str(), line["person"].as_str()) {
            (Some(population), Some(person)) => (population, person),
            (None, None) => continue,
            _ => return Err(unread()),
        };
        let who = AffectedPerson {
            population: population.to_owned(),
            person: person.to_owned(),
        };
        if new.is_some_and(|new| !new.contains(&who)) {
            continue;
        }
        let whom = merged(aliases, who);
        match places.get(&whom) {
            Some(place) => shown[*place].1.join(&line).ok_or_else(unread)?,
            None => {
                places.insert(whom.clone(), shown.len());
                let mut seen = JointExposures::default();
                seen.join(&line).ok_or_else(unread)?;
                shown.push((whom, seen));
            }
        }
    }
    let persons: Vec<PersonToNotify> = shown
        .into_iter()
        .map(|(whom, seen)| (whom.population, whom.person, seen.shown_data(reader)))
        .collect();
    if persons.is_empty() {
        Err(OperationError::Invalid("incident-refused-nobody-affected"))
    } else {
        Ok(persons)
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one row, from everything that makes it"
)]
fn one(
    campaign: &CampaignRecord,
    style: Style,
    blocks: &Blocks,
    number: u32,
    (population, person, seen): PersonToNotify,
    contact: Option<Contact>,
    date: &str,
    random: &SystemRandom,
) -> Result<NoticeRecord, OperationError> {
    // Drawn for each notice, not derived from it: nobody may compute a code from a person or a
    // number.
    let mut bytes = [0; 8];
    random
        .fill(&mut bytes)
        .map_err(|_| OperationError::Unavailable("no randomness".to_owned()))?;
    let code = Code::drawn(bytes);
    let (channel, destination) = match contact {
        Some(contact) => (contact.channel, contact.destination),
        None => ("none", String::new()),
    };
    let masked = match channel {
        "letter" => destination
            .lines()
            .next()
            .map(masked_name)
            .unwrap_or_default(),
        "none" => String::new(),
        _ => masked(&destination),
    };
    let message = written(style, blocks, &seen, code, &masked, date);
    Ok(NoticeRecord {
        campaign: campaign.id.clone(),
        number,
        code: code.bits(),
        population,
        person,
        seen: serde_json::to_string(&seen).expect("strings and numbers always serialise"),
        channel: channel.to_owned(),
        destination,
        masked,
        // The text itself is not stored: it is composed again when it is sent, and this hash shows
        // that it is the same.
        hash: sha256(&message),
        state: match channel {
            "mail" => "waiting",
            "none" => "unreached",
            _ => "listed",
        }
        .to_owned(),
        at: campaign.made_at,
        detail: String::new(),
        checks: 0,
        places: String::new(),
    })
}

/// The initials of the name on an envelope, for the public check.
fn masked_name(name: &str) -> String {
    let firsts = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    firsts
        .map(|first| format!("{first}•••"))
        .collect::<Vec<_>>()
        .join(" ")
}
