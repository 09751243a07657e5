//! Notices to persons (art. 34): what each says, who has been sent one, and how anybody checks it.
//!
//! A notice is written in blocks; the one about *your data* is made from that person's own
//! categories and dates. It has no link and asks for nothing: it has a code, which its recipient
//! types at an address that they know, and compares what the page says. Destinations come from the
//! portal's source for one campaign and are forgotten with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use digue_documents::{Block, Document};
use digue_locales::{Language, Value, text, text_with};
use digue_response::Note;
use digue_response::affected::Person;
use digue_response::clock::ClockKind;
use digue_response::code::{Code, masked};
use digue_response::readability::{self, Readability};
use digue_response::vocabulary::DataKind;
use digue_store::{CampaignRecord, NoticeRecord};
use digue_types::{Act, Timestamp};
use qrcodegen::{QrCode, QrCodeEcc};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::actor::Actor;
use crate::breach;
use crate::error::{LineFault, OperationError};
use crate::files::sha256;
use crate::house::{House, Words};
use crate::incidents;
use crate::mail::parse_address;
use crate::papers::Reader;
use crate::secret::name;

/// The blocks that somebody writes; the others are made for each person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    pub happened: String,
    pub risks: String,
    /// Do now: one a line, the first one first.
    pub steps: String,
    pub contact: String,
    /// The address that people type themselves to check a code.
    pub address: String,
}

/// How it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    Plain(Language),
    /// Easy to read (FALC).
    Easy(Language),
}

impl Style {
    pub const ALL: [Self; 3] =
        [Self::Plain(Language::French), Self::Easy(Language::French), Self::Plain(Language::English)];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Plain(Language::French) => "fr",
            Self::Easy(Language::French) => "fr-easy",
            Self::Plain(Language::English) => "en",
            Self::Easy(Language::English) => "en-easy",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        let easy = code.strip_suffix("-easy");
        let language = Language::parse(easy.unwrap_or(code))?;
        Some(if easy.is_some() { Self::Easy(language) } else { Self::Plain(language) })
    }

    pub const fn language(self) -> Language {
        match self {
            Self::Plain(language) | Self::Easy(language) => language,
        }
    }

    /// The least that a text of this style should reach.
    pub const fn wanted(self) -> f64 {
        match self {
            Self::Plain(_) => readability::PLAIN,
            Self::Easy(_) => readability::EASY,
        }
    }

    fn key(self, name: &str) -> String {
        match self {
            Self::Plain(_) => format!("notice-{name}"),
            Self::Easy(_) => format!("notice-easy-{name}"),
        }
    }

    fn word(self, name: &str) -> String {
        text(self.language(), &self.key(name))
    }

    fn with(self, name: &str, values: &[(&str, Value)]) -> String {
        text_with(self.language(), &self.key(name), values)
    }
}

/// What one person's record showed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub categories: Vec<String>,
    pub first: String,
    pub last: String,
    pub times: u64,
}

/// The template as it is proposed: the facts of the incident, and the usual advice.
pub async fn proposed(
    house: &House,
    actor: &Actor,
    id: &str,
    style: Style,
) -> Result<(String, Blocks), OperationError> {
    let view = incidents::view(house, actor, id).await?;
    let zone = house.response().zone.clone();
    let reader = Reader { language: style.language(), zone };
    let controller = breach::controller(house, style.language());
    let (from, to) = match view.incident.occurred {
        Some((from, to)) => (reader.date(from), to.map_or_else(|| reader.date(from), |to| reader.date(to))),
        None => (reader.date(view.incident.opened_at), reader.date(view.incident.opened_at)),
    };
    let values = [
        ("body", Value::from(controller.name.clone())),
        ("from", Value::from(from)),
        ("to", Value::from(to)),
    ];
    let contact = [
        ("mail", Value::from(controller.mail)),
        ("phone", Value::from(controller.phone)),
        ("name", Value::from(controller.contact)),
    ];
    let blocks = Blocks {
        happened: style.with("happened", &values),
        risks: style.word("risks"),
        steps: style.word("steps"),
        contact: style.with("contact", &contact),
        address: format!("{}/check", house.console_host()),
    };
    Ok((style.with("subject", &values), blocks))
}

/// The text of one notice, block by block.
pub fn written(style: Style, blocks: &Blocks, seen: &Seen, code: Code, masked: &str, date: &str) -> String {
    let kinds: Vec<String> =
        kinds(&seen.categories).into_iter().map(|kind| text(style.language(), kind.key())).collect();
    let values = [
        ("kinds", Value::from(kinds.join(", "))),
        ("first", Value::from(seen.first.clone())),
        ("last", Value::from(seen.last.clone())),
        ("times", Value::from(seen.times)),
        ("same", Value::from(usize::from(seen.first == seen.last))),
    ];
    let check = [
        ("address", Value::from(blocks.address.clone())),
        ("code", Value::from(code.to_string())),
        ("masked", Value::from(masked.to_owned())),
        ("date", Value::from(date.to_owned())),
    ];
    let steps: Vec<String> = (1..)
        .zip(blocks.steps.lines().filter(|line| !line.trim().is_empty()))
        .map(|(n, line)| format!("{n}. {line}"))
        .collect();
    let parts = [
        ("title-happened", blocks.happened.clone()),
        ("title-data", style.with("data", &values)),
        ("title-risks", blocks.risks.clone()),
        ("title-steps", steps.join("\n")),
        ("title-check", style.with("check", &check)),
        ("title-contact", blocks.contact.clone()),
    ];
    let parts = parts.map(|(title, body)| format!("{}\n{}", style.word(title), body.trim()));
    parts.join("\n\n") + "\n"
}

/// The CNIL's words for what a map calls in its own.
fn kinds(categories: &[String]) -> Vec<DataKind> {
    let mut kinds: Vec<DataKind> = categories
        .iter()
        .map(|category| DataKind::of_category(category).unwrap_or(DataKind::Other))
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// How easily a notice is read.
pub fn measured(style: Style, text: &str) -> Readability {
    readability::measure(text, style.language() == Language::French)
}

/// How somebody can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Contact {
    channel: &'static str,
    destination: String,
}

/// What became of a source of contacts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Prepared {
    pub campaign: String,
    pub mails: u64,
    pub letters: u64,
    pub texts: u64,
    /// Persons whom nothing reaches: another channel is needed.
    pub unreached: u64,
    /// Lines that could not be used, the first ones.
    pub faults: Vec<LineFault>,
}

/// Faults that are listed.
const FAULTS_MAX: usize = 200;
/// Notices written at a time.
const BATCH: usize = 2000;
/// Messages a minute, at most and usually.
pub const RATE_MAX: u32 = 60_000;
pub const RATE: u32 = 600;

/// Reads contacts: CSV with a header `person` and any of `email`, `phone`, `name`, `address`.
///
/// A bad or doubled line is a fault of its own; what is right is used. E-mail comes first, then a
/// letter, then a text message that says only where to look.
fn read_contacts(csv: &[u8]) -> Result<(HashMap<String, Contact>, Vec<LineFault>), OperationError> {
    let separator =
        if csv.iter().take_while(|byte| **byte != b'\n').any(|byte| *byte == b';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(csv);
    let header = reader.headers().map_err(|_| OperationError::Invalid("invalid-contacts"))?.clone();
    let place =
        |name: &str| header.iter().position(|cell| cell.trim_start_matches('\u{feff}').trim() == name);
    let person = place("person").ok_or(OperationError::Invalid("invalid-contacts"))?;
    let [email, phone, name, address] = ["email", "phone", "name", "address"].map(place);
    let mut contacts: HashMap<String, Contact> = HashMap::new();
    let mut faults = Vec::new();
    let mut fault = |line: usize, key: &str| {
        if faults.len() < FAULTS_MAX {
            faults.push(LineFault::new(line, key));
        }
    };
    for (line, record) in (2..).zip(reader.records()) {
        let Ok(record) = record else {
            fault(line, "contact-fault-row");
            continue;
        };
        let cell = |place: Option<usize>| place.and_then(|place| record.get(place)).map_or("", str::trim);
        let who = cell(Some(person));
        if who.is_empty() {
            fault(line, "contact-fault-person");
            continue;
        }
        let (mail, lines) = (cell(email), cell(address));
        let digits = cell(phone).chars().filter(char::is_ascii_digit).count();
        let parsed = parse_address(mail);
        if !mail.is_empty() && parsed.is_none() {
            fault(line, "contact-fault-email");
        }
        let contact = match parsed {
            Some(mail) => Some(Contact { channel: "mail", destination: mail }),
            None if !lines.is_empty() => {
                Some(Contact { channel: "letter", destination: format!("{}\n{lines}", cell(name)) })
            }
            None if (9..=15).contains(&digits) => {
                Some(Contact { channel: "sms", destination: cell(phone).to_owned() })
            }
            None => None,
        };
        match contact {
            Some(contact) if !contacts.contains_key(who) => {
                contacts.insert(who.to_owned(), contact);
            }
            Some(_) => fault(line, "contact-fault-twice"),
            None if mail.is_empty() => fault(line, "contact-fault-nothing"),
            None => {}
        }
    }
    Ok((contacts, faults))
}

/// A campaign as it is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub version: u32,
    /// Tells only whom this earlier version did not hold: a complement.
    pub after: Option<u32>,
    pub style: Style,
    pub subject: String,
    pub blocks: Blocks,
    pub rate: u32,
    pub contacts: Vec<u8>,
}

/// Prepares one notice for each person of a version of the affected set; nothing is sent yet.
///
/// # Errors
/// `Denied` without the decision to inform; `Invalid` for blocks that are empty.
pub async fn prepare(
    house: &House,
    actor: &Actor,
    incident: &str,
    asked: Asked,
) -> Result<Prepared, OperationError> {
    actor.must_respond()?;
    actor.must_be_fresh(house)?;
    let view = incidents::view(house, actor, incident).await?;
    let is_decided = view.incident.persons.as_ref().is_some_and(|decided| decided.what.inform);
    if !is_decided {
        return Err(OperationError::Invalid("incident-refused-undecided"));
    }
    must_be_whole(&asked)?;
    let blocks = &asked.blocks;
    let (mut contacts, faults) = read_contacts(&asked.contacts)?;
    let persons = told_persons(house, actor, incident, &asked)?;
    let now = house.clock.now();
    let campaign = CampaignRecord {
        id: name("ca")?,
        incident: incident.to_owned(),
        version: asked.version,
        made_at: now,
        made_by: actor.account.clone(),
        state: "preparing".to_owned(),
        language: asked.style.code().to_owned(),
        subject: asked.subject.trim().to_owned(),
        blocks: serde_json::to_string(blocks).expect("texts are plain data"),
        rate: asked.rate.clamp(1, RATE_MAX),
        ended_at: Timestamp::ZERO,
    };
    let words = Words {
        subject: format!("campaign:{}", campaign.id),
        before: format!("incident:{incident} version:{}", asked.version),
        after: format!("persons:{}", persons.len()),
        ..Words::default()
    };
    house.write_down(actor, Act::CampaignPrepared, words).await?;
    house.store.add_campaign(&campaign).await?;
    let mut prepared = Prepared { campaign: campaign.id.clone(), faults, ..Prepared::default() };
    let reader = Reader { language: asked.style.language(), zone: house.response().zone.clone() };
    let date = reader.date(now);
    let random = SystemRandom::new();
    let mut batch = Vec::with_capacity(BATCH);
    for (number, (population, person, seen)) in (1_u32..).zip(persons) {
        let contact = contacts.remove(&person);
        let notice =
            one(&campaign, asked.style, blocks, number, (population, person, seen), contact, &date, &random)?;
        match notice.channel.as_str() {
            "mail" => prepared.mails += 1,
            "letter" => prepared.letters += 1,
            "sms" => prepared.texts += 1,
            _ => prepared.unreached += 1,
        }
        batch.push(notice);
        if batch.len() == BATCH {
            house.store.add_notices(&batch).await?;
            batch.clear();
        }
    }
    house.store.add_notices(&batch).await?;
    house.store.set_campaign(&campaign.id, "ready", Timestamp::ZERO).await?;
    Ok(prepared)
}

/// Every block has its text, and none waits to be completed.
fn must_be_whole(asked: &Asked) -> Result<(), OperationError> {
    let Blocks { happened, risks, steps, contact, address } = &asked.blocks;
    let all = [&asked.subject, happened, risks, steps, contact, address];
    if all.iter().any(|text| text.trim().is_empty()) || asked.subject.contains(['\n', '\r']) {
        return Err(OperationError::Invalid("incident-refused-no-text"));
    }
    let missing = Language::ALL.map(|language| text(language, "paper-missing"));
    let is_whole = all.iter().all(|text| missing.iter().all(|missing| !text.contains(missing)));
    if is_whole { Ok(()) } else { Err(OperationError::Invalid("notices-incomplete")) }
}

type Told = (String, String, Seen);

/// Whom a campaign tells: the persons of its version, or only those who are new in it.
fn told_persons(
    house: &House,
    actor: &Actor,
    incident: &str,
    asked: &Asked,
) -> Result<Vec<Told>, OperationError> {
    let zone = house.response().zone.clone();
    let reader = Reader { language: asked.style.language(), zone };
    let new: Option<HashSet<Person>> = match asked.after {
        Some(earlier) => {
            Some(breach::complement(house, actor, incident, earlier, asked.version)?.into_iter().collect())
        }
        None => None,
    };
    let bytes = breach::signed_list(house, actor, incident, asked.version)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut told = Vec::new();
    for line in text.lines() {
        let Ok(line) = serde_json::from_str::<Json>(line) else { continue };
        let (Some(population), Some(person)) = (line["population"].as_str(), line["person"].as_str()) else {
            continue;
        };
        let who = Person { population: population.to_owned(), person: person.to_owned() };
        if new.as_ref().is_some_and(|new| !new.contains(&who)) {
            continue;
        }
        let date = |name: &str| {
            let at = line[name].as_str().and_then(Timestamp::parse_rfc3339);
            at.map(|at| reader.date(at)).unwrap_or_default()
        };
        let categories = line["categories"].as_array().into_iter().flatten();
        let seen = Seen {
            categories: categories.filter_map(|one| one.as_str().map(ToOwned::to_owned)).collect(),
            first: date("first"),
            last: date("last"),
            times: line["times"].as_u64().unwrap_or(0),
        };
        told.push((population.to_owned(), person.to_owned(), seen));
    }
    if told.is_empty() { Err(OperationError::Invalid("incident-refused-nobody-affected")) } else { Ok(told) }
}

#[expect(clippy::too_many_arguments, reason = "one row, from everything that makes it")]
fn one(
    campaign: &CampaignRecord,
    style: Style,
    blocks: &Blocks,
    number: u32,
    (population, person, seen): Told,
    contact: Option<Contact>,
    date: &str,
    random: &SystemRandom,
) -> Result<NoticeRecord, OperationError> {
    let mut bytes = [0; 8];
    random.fill(&mut bytes).map_err(|_| OperationError::Unavailable("no randomness".to_owned()))?;
    let code = Code::of(bytes);
    let (channel, destination) = match contact {
        Some(contact) => (contact.channel, contact.destination),
        None => ("none", String::new()),
    };
    let masked = match channel {
        "letter" => destination.lines().next().map(masked_name).unwrap_or_default(),
        "none" => String::new(),
        _ => masked(&destination),
    };
    let said = written(style, blocks, &seen, code, &masked, date);
    Ok(NoticeRecord {
        campaign: campaign.id.clone(),
        number,
        code: code.bits(),
        population,
        person,
        seen: serde_json::to_string(&seen).expect("texts are plain data"),
        channel: channel.to_owned(),
        destination,
        masked,
        hash: sha256(&said),
        state: if channel == "mail" { "waiting" } else { "listed" }.to_owned(),
        at: campaign.made_at,
        detail: String::new(),
        checks: 0,
        places: String::new(),
    })
}

/// The first letters of a name on an envelope.
fn masked_name(name: &str) -> String {
    let firsts = name.split_whitespace().filter_map(|word| word.chars().next());
    firsts.map(|first| format!("{first}•••")).collect::<Vec<_>>().join(" ")
}

/// One campaign with its counts.
#[derive(Clone, Debug)]
pub struct CampaignView {
    pub record: CampaignRecord,
    pub counts: BTreeMap<String, u64>,
    pub total: u64,
    /// Notices that were checked from more places than one person is in.
    pub alarms: u64,
}

impl CampaignView {
    /// May still be sent, paused, ended.
    pub fn is_open(&self) -> bool {
        matches!(self.record.state.as_str(), "ready" | "sending" | "paused")
    }

    /// Notices that left, one way or another.
    pub fn done(&self) -> u64 {
        ["sent", "listed"].iter().filter_map(|state| self.counts.get(*state)).sum()
    }
}

/// Campaigns of an incident; of all of them for an empty name.
pub async fn campaigns(
    house: &House,
    actor: &Actor,
    incident: &str,
) -> Result<Vec<CampaignView>, OperationError> {
    actor.must_watch()?;
    let mut views = Vec::new();
    for record in house.store.campaigns().await? {
        if incident.is_empty() || record.incident == incident {
            let counts = house.store.notice_counts(&record.id).await?;
            let total = counts.values().sum();
            let alarms = house.store.replayed_notices(&record.id).await?;
            views.push(CampaignView { record, counts, total, alarms });
        }
    }
    Ok(views)
}

/// Starts, pauses or ends a campaign. Its end forgets every destination.
pub async fn set_state(house: &House, actor: &Actor, id: &str, state: &str) -> Result<(), OperationError> {
    actor.must_respond()?;
    let campaign = house.store.campaign(id).await?.ok_or(OperationError::NotFound("campaign"))?;
    let follows = matches!(
        (campaign.state.as_str(), state),
        ("ready" | "paused", "sending") | ("sending", "paused") | ("ready" | "sending" | "paused", "ended")
    );
    if !follows {
        return Err(OperationError::Conflict);
    }
    if state == "sending" {
        actor.must_be_fresh(house)?;
    }
    let words = Words {
        subject: format!("campaign:{id}"),
        before: campaign.state.clone(),
        after: state.to_owned(),
        ..Words::default()
    };
    house.write_down(actor, Act::CampaignSet, words).await?;
    let now = house.clock.now();
    if state == "ended" {
        house.store.set_campaign(id, state, now).await?;
        house.store.forget_destinations(id).await?;
        let counts = house.store.notice_counts(id).await?;
        let sent = counts.get("sent").copied().unwrap_or(0) + counts.get("listed").copied().unwrap_or(0);
        let told = Note::Met {
            clock: ClockKind::Persons,
            at: now.micros(),
            to: format!("{} ({sent})", campaign.subject),
            receipt: id.to_owned(),
        };
        incidents::add(house, actor, &campaign.incident, None, told).await?;
        return Ok(());
    }
    Ok(house.store.set_campaign(id, state, Timestamp::ZERO).await?)
}

/// After a start: what was being sent is not sent again by itself, and what was being prepared is
/// not whole: it is prepared anew.
pub async fn after_a_start(house: &House) -> Result<u64, OperationError> {
    for campaign in house.store.campaigns().await? {
        if campaign.state == "preparing" {
            house.store.set_campaign(&campaign.id, "abandoned", house.clock.now()).await?;
            house.store.forget_destinations(&campaign.id).await?;
        }
    }
    Ok(house.store.doubt_notices().await?)
}

/// Sends what the rates of running campaigns allow until `until`; how many left.
pub async fn send_due(house: &House, most: u32) -> Result<u32, OperationError> {
    let Some(mailer) = house.mailer() else { return Ok(0) };
    let mut sent = 0;
    for campaign in house.store.campaigns().await? {
        if campaign.state != "sending" {
            continue;
        }
        let (style, blocks) = (style_of(&campaign), blocks_of(&campaign)?);
        // A second's share of the rate.
        let share = campaign.rate.div_ceil(60).min(most);
        for _ in 0..share {
            let now = house.clock.now();
            let Some(notice) = house.store.take_notice(&campaign.id, now).await? else { break };
            let said = text_of(house, style, &blocks, &campaign, &notice);
            let id = format!("{}.{}", campaign.id, Code::of(notice.code.to_be_bytes()));
            let done = mailer.send_notice(&notice.destination, &campaign.subject, &said, &id).await;
            let (state, detail) = match done {
                Ok(()) => ("sent", String::new()),
                Err(error) => ("failed", error.replace(&notice.destination, "(recipient)")),
            };
            house.store.set_notice(&campaign.id, notice.number, state, &detail, house.clock.now()).await?;
            sent += u32::from(state == "sent");
        }
    }
    Ok(sent)
}

/// The text of a notice, made again: it has the hash that was kept.
pub fn text_of(
    house: &House,
    style: Style,
    blocks: &Blocks,
    campaign: &CampaignRecord,
    notice: &NoticeRecord,
) -> String {
    let reader = Reader { language: style.language(), zone: house.response().zone.clone() };
    let seen: Seen = serde_json::from_str(&notice.seen).unwrap_or(Seen {
        categories: Vec::new(),
        first: String::new(),
        last: String::new(),
        times: 0,
    });
    let code = Code::of(notice.code.to_be_bytes());
    written(style, blocks, &seen, code, &notice.masked, &reader.date(campaign.made_at))
}

/// Letters of a campaign, one after the other, so many from a number on; and the last number.
pub async fn letters(
    house: &House,
    actor: &Actor,
    id: &str,
    after: u32,
) -> Result<(Document, u32), OperationError> {
    actor.must_respond()?;
    actor.must_be_fresh(house)?;
    let campaign = house.store.campaign(id).await?.ok_or(OperationError::NotFound("campaign"))?;
    let (style, blocks) = (style_of(&campaign), blocks_of(&campaign)?);
    let notices = house.store.notices(id, "listed", after, LETTERS).await?;
    let mut pages = Vec::new();
    let last = notices.last().map_or(after, |notice| notice.number);
    for notice in notices.iter().filter(|notice| notice.channel == "letter") {
        if !pages.is_empty() {
            pages.push(Block::Break);
        }
        pages.push(Block::Quiet(notice.destination.clone()));
        pages.push(Block::Title(campaign.subject.clone()));
        let said = text_of(house, style, &blocks, &campaign, notice);
        for part in said.trim().split("\n\n") {
            let (title, body) = part.split_once('\n').unwrap_or((part, ""));
            pages.push(Block::Heading(title.to_owned()));
            pages.push(Block::Paragraph(body.to_owned()));
        }
        pages.push(Block::Squares(squares(&house.journal.sign(&payload(&campaign, notice)))));
    }
    if pages.is_empty() {
        return Err(OperationError::NotFound("letters"));
    }
    house.write_down(actor, Act::Exported, exported(id, "letters")).await?;
    let language = style.language().code();
    Ok((Document { title: String::new(), language, foot: campaign.subject, blocks: pages }, last))
}

/// Letters of one file.
const LETTERS: u32 = 1000;

fn exported(campaign: &str, what: &str) -> Words {
    Words { subject: format!("campaign:{campaign}"), after: what.to_owned(), ..Words::default() }
}

/// What the picture on a letter says: verified with the journal's public key, without our server.
fn payload(campaign: &CampaignRecord, notice: &NoticeRecord) -> String {
    let code = Code::of(notice.code.to_be_bytes());
    let hash = &notice.hash[..32.min(notice.hash.len())];
    format!("digue-notice-1\n{} {code} {} {hash}\n", campaign.id, notice.channel)
}

/// A text as a QR code.
fn squares(text: &str) -> Vec<Vec<bool>> {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Low) else { return Vec::new() };
    let side = code.size();
    (0..side).map(|y| (0..side).map(|x| code.get_module(x, y)).collect()).collect()
}

/// Whom a mail house, a text message or a telephone reaches: rows of a CSV.
pub async fn others(house: &House, actor: &Actor, id: &str) -> Result<Vec<[String; 6]>, OperationError> {
    actor.must_respond()?;
    actor.must_be_fresh(house)?;
    let campaign = house.store.campaign(id).await?.ok_or(OperationError::NotFound("campaign"))?;
    let (style, blocks) = (style_of(&campaign), blocks_of(&campaign)?);
    let body = breach::controller(house, style.language()).name;
    house.write_down(actor, Act::Exported, exported(id, "others")).await?;
    let mut rows = Vec::new();
    for state in ["listed", "failed", "uncertain"] {
        let mut after = 0;
        loop {
            let notices = house.store.notices(id, state, after, 5000).await?;
            let Some(last) = notices.last() else { break };
            after = last.number;
            rows.extend(notices.into_iter().map(|notice| {
                let code = Code::of(notice.code.to_be_bytes());
                let values = [
                    ("body", Value::from(body.clone())),
                    ("address", Value::from(blocks.address.clone())),
                    ("code", Value::from(code.to_string())),
                ];
                let words = text_with(style.language(), "notice-sms", &values);
                [notice.person, notice.channel, notice.destination, state.to_owned(), code.to_string(), words]
            }));
        }
    }
    Ok(rows)
}

pub(crate) fn style_of(campaign: &CampaignRecord) -> Style {
    Style::parse(&campaign.language).unwrap_or(Style::Plain(Language::French))
}

pub(crate) fn blocks_of(campaign: &CampaignRecord) -> Result<Blocks, OperationError> {
    serde_json::from_str(&campaign.blocks).map_err(|error| OperationError::Unavailable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_that_are_right_are_used_and_the_rest_is_told() {
        let csv = "person;email;phone;name;address\n\
                   P1;marie@example.fr;;;\nP2;pas une adresse;;;\nP3;;06 12 34 56 78;;\n\
                   P4;;;Jean Valjean;1 rue de la Digue 59000 Lille\nP1;autre@example.fr;;;\n;x@example.fr;;;\nP5;;;;\n";
        let (contacts, faults) = read_contacts(csv.as_bytes()).unwrap();
        let of = |person: &str| contacts.get(person).map(|contact| contact.channel);
        assert_eq!((of("P1"), of("P3"), of("P4")), (Some("mail"), Some("sms"), Some("letter")));
        assert_eq!((of("P2"), of("P5")), (None, None));
        let told: Vec<(usize, &str)> = faults.iter().map(|fault| (fault.line, fault.key.as_str())).collect();
        let expected = [
            (3, "contact-fault-email"),
            (6, "contact-fault-twice"),
            (7, "contact-fault-person"),
            (8, "contact-fault-nothing"),
        ];
        assert_eq!(told, expected);
        assert!(read_contacts(b"nom;prenom\n").is_err());
    }

    #[test]
    fn every_style_says_whose_data_and_how_to_check_in_plain_words() {
        let seen = Seen {
            categories: vec!["identite".to_owned(), "nir".to_owned()],
            first: "12/07/2025".to_owned(),
            last: "13/07/2025".to_owned(),
            times: 3,
        };
        for style in Style::ALL {
            let values = [
                ("body", Value::from("France Formation")),
                ("from", Value::from("12/07/2025")),
                ("to", Value::from("13/07/2025")),
            ];
            let contact = [
                ("mail", Value::from("dpo@exemple.fr")),
                ("phone", Value::from("01 23 45 67 89")),
                ("name", Value::from("le DPO")),
            ];
            let blocks = Blocks {
                happened: style.with("happened", &values),
                risks: style.word("risks"),
                steps: style.word("steps"),
                contact: style.with("contact", &contact),
                address: "digue.exemple.fr/check".to_owned(),
            };
            let code = Code::of([7; 8]);
            let said = written(style, &blocks, &seen, code, "m•••@e•••.fr", "15/07/2025");
            for wanted in [&code.to_string(), "12/07/2025", "digue.exemple.fr/check", "m•••@e•••.fr", "1. "]
            {
                assert!(said.contains(wanted), "{wanted} in {said}");
            }
            assert!(!said.contains("http") && !said.contains('['), "no link, no missing word: {said}");
            let figure = measured(style, &said);
            assert!(figure.score >= style.wanted(), "{}: {figure:?}\n{said}", style.code());
        }
    }
}
