//! Incidents: opening them, adding entries, decisions, and acts of the journal that enter their
//! log.
//!
//! An entry is claimed in the store and journalled by its hash; it is never changed. The state of
//! an incident is the fold of its entries (`digue-response`), computed on each read
//! (docs/decisions/0012).

mod look_back;
pub mod stored;

use digue_access::Role;
use digue_app::directory::organisation_of;
use digue_app::files::sha256;
use digue_app::secret::name;
use digue_app::{
    ActDetails, ActSubscriber, Actor, App, Area, CommittedAct, OperationError, attachments,
};
use digue_evidence::reading::{self, EvidenceForm};
use digue_evidence::stored_files::{self, JournalledFile};
use digue_mail::Mail;
use digue_types::visible::is_blank;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{PoisonError, RwLock};

use digue_response::clock::LegalClock;
use digue_response::incident::{EntryKind, EntryRefusal, IncidentState, Source};
use digue_response::sheet::Sheet;
use digue_response::{Incident, IncidentEntry, IncidentNote};
use digue_store::{EntryRecord, IncidentRecord};
use digue_types::{Act, Event, Subject, Timestamp};
use futures_util::future::BoxFuture;

use crate::entry_refusals::refused;
use crate::operator;
use crate::subject_names::{OrganisationNames, SubjectNames};

/// The incidents that follow a subject of acts, such as `account:a1`. Only open ones.
// A leaf lock. A copy of what the stored incidents say, so that each act costs a look-up and no
// query.
#[derive(Default)]
pub(crate) struct IncidentFollowing(RwLock<FollowedSubjects>);

#[derive(Default)]
struct FollowedSubjects {
    /// Incidents by subject.
    incidents: HashMap<Subject, Vec<String>>,
    /// The number of entries that each incident had when its state was last settled here.
    settled: HashMap<String, usize>,
}

impl FollowedSubjects {
    fn follow(&mut self, subject: &Subject, incident: &str) {
        let incidents = self.incidents.entry(subject.clone()).or_default();
        if !incidents.iter().any(|known| known == incident) {
            incidents.push(incident.to_owned());
        }
    }

    fn leave(&mut self, incident: &str) {
        for incidents in self.incidents.values_mut() {
            incidents.retain(|known| known != incident);
        }
        self.incidents.retain(|_, incidents| !incidents.is_empty());
    }
}

impl Area for IncidentFollowing {}

impl IncidentFollowing {
    fn of(&self, subject: &Subject) -> Vec<String> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.incidents.get(subject).cloned().unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .incidents
            .is_empty()
    }

    /// An incident that was opened, or is open at a start.
    fn follow(&self, subject: &Subject, incident: &str) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .follow(subject, incident);
    }

    /// The state of an incident with this many entries: the subject that it follows, `None` when it
    /// is closed. One who closes and one who reopens may come here in another order than their
    /// entries: the later state stays.
    fn settle(&self, incident: &str, entries: usize, subject: Option<&Subject>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known
            .settled
            .get(incident)
            .is_some_and(|later| *later > entries)
        {
            return;
        }
        known.settled.insert(incident.to_owned(), entries);
        known.leave(incident);
        if let Some(subject) = subject {
            known.follow(subject, incident);
        }
    }
}

/// One incident with its entries, its state and its clocks now.
#[derive(Clone, Debug)]
pub struct IncidentView {
    pub record: IncidentRecord,
    pub entries: Vec<IncidentEntry>,
    pub incident: Incident,
    pub clocks: Vec<LegalClock>,
    pub names: SubjectNames,
    pub now: Timestamp,
}

impl IncidentView {
    fn of(
        app: &App,
        record: IncidentRecord,
        (entries, incident): (Vec<IncidentEntry>, Incident),
        names: &OrganisationNames,
    ) -> Self {
        let rules = operator::rules(app);
        Self {
            names: names.of(&entries, &incident.about),
            clocks: incident.clocks(&rules.rules, &rules.zone),
            record,
            entries,
            incident,
            now: app.clock().now(),
        }
    }

    /// `INC-2026-003`.
    pub fn reference(&self) -> String {
        reference(&self.record)
    }

    /// True once a person established that it is an incident. Before that, and after a dismissal,
    /// partners are informed of nothing.
    pub fn is_established(&self) -> bool {
        match self.incident.state() {
            IncidentState::Confirmed | IncidentState::Contained | IncidentState::Resolved => true,
            IncidentState::Suspected => self.incident.acts.theft().is_some(),
            IncidentState::Dismissed => false,
        }
    }
}

/// The readable name of an incident.
fn reference(record: &IncidentRecord) -> String {
    let (year, ..) = record.opened_at.utc_date();
    format!("INC-{year}-{:03}", record.number)
}

/// The measure that a person named for a lesson of an incident.
#[derive(Clone, Copy, Debug)]
pub struct NamedMeasure<'a> {
    pub incident: &'a str,
    pub title: &'a str,
    /// The text of the lesson.
    pub lesson: &'a str,
    pub owner: &'a str,
    pub due: Option<Timestamp>,
}

/// Makes of a lesson what follows from it. Called once the lesson is in the log; what fails is the
/// requester's to see, the lesson stays.
pub trait LessonSubscriber: Send + Sync {
    fn learnt<'a>(
        &'a self,
        app: &'a App,
        actor: &'a Actor,
        measure: NamedMeasure<'a>,
    ) -> BoxFuture<'a, Result<(), OperationError>>;
}

/// Who makes something of lessons.
pub(crate) struct Lessons(pub(crate) Box<dyn LessonSubscriber>);

impl Area for Lessons {}

/// Opens an incident and returns its id. `about` is the subject of acts that it follows: an
/// account, an organisation, a portal, or nothing.
pub async fn open(
    app: &App,
    actor: &Actor,
    source: Source,
    title: &str,
    about: Subject,
) -> Result<String, OperationError> {
    actor.must_respond()?;
    let title = title.trim();
    if is_blank(title) || title.chars().count() > TITLE_CHARS_MAX {
        return Err(OperationError::Invalid("invalid-incident-title"));
    }
    let id = name("in")?;
    let now = app.clock().now();
    let note = IncidentNote::Opened {
        source,
        title: title.to_owned(),
        about: about.clone(),
    };
    let first = record_of(&id, 1, (now, now), actor, &note);
    let details = ActDetails {
        subject: Subject::Incident(id.to_string()),
        before: about.to_string(),
        // The journal holds no free text, which may name persons; the hash is the evidence.
        after: EntryHash::of(&first).to_string(),
        ..ActDetails::default()
    };
    let journal = app.write_down(actor, Act::IncidentOpened, details).await?;
    app.store().open_incident(&id, journal, &first).await?;
    if !about.is_nothing() {
        app.area::<IncidentFollowing>().follow(&about, &id);
    }
    let rules = operator::rules(app);
    let role = IncidentNote::RoleSet {
        role: digue_response::incident::IncidentRole::Controller,
        is_insured: rules.is_insured,
        is_nis2: rules.is_nis2,
    };
    add(app, &Actor::digue(), &id, None, role).await?;
    // An imported incident is over: no checklist of first steps.
    let sheets = if source == Source::Imported {
        &[]
    } else {
        first_sheets(&about)
    };
    for sheet in sheets {
        add(
            app,
            &Actor::digue(),
            &id,
            None,
            IncidentNote::SheetAdded { sheet: *sheet },
        )
        .await?;
    }
    for (at, note) in look_back::earlier(app, &about).await? {
        add(app, &Actor::digue(), &id, Some(at), note).await?;
    }
    Ok(id)
}

/// The longest title, in characters.
pub(crate) const TITLE_CHARS_MAX: usize = 200;

/// The checklists that every incident of this kind begins with.
fn first_sheets(about: &Subject) -> &'static [Sheet] {
    if about.is_account() {
        &[
            Sheet::Qualification,
            Sheet::Containment,
            Sheet::StolenAccount,
            Sheet::DataLeak,
        ]
    } else {
        &[Sheet::Qualification, Sheet::Containment, Sheet::DataLeak]
    }
}

/// A partner's report: a delegate or deputy reports an incident about their own organisation. The
/// operator's officers see it at once, and the processor's notification of GDPR art. 33(2) has its
/// date.
///
/// # Errors
/// `Denied` unless the actor is a delegate or deputy.
pub async fn report(
    app: &App,
    actor: &Actor,
    title: &str,
    text: &str,
) -> Result<String, OperationError> {
    let own = organisation_of(&app.gateway().rules(), actor);
    let own = own
        .filter(|_| actor.role.leads_agents())
        .ok_or(OperationError::Denied)?;
    if is_blank(text) {
        return Err(OperationError::Invalid("incident-refused-no-text"));
    }
    let opened = app.clock().now();
    let lately = all(app).await?.into_iter().filter(|(record, _, incident)| {
        incident.about == Subject::from(&own)
            && incident.source == Source::Partner
            && opened.since(record.opened_at) < REPORTS_WITHIN
    });
    if lately.count() >= REPORTS_MAX {
        return Err(OperationError::Busy);
    }
    let digue = Actor::digue();
    let id = open(app, &digue, Source::Partner, title, (&own).into()).await?;
    let note = IncidentNote::Said {
        kind: EntryKind::Fact,
        text: format!("{} – {}", actor.account, text.trim()),
        journal: None,
    };
    add(app, &digue, &id, None, note).await?;
    let mail = Mail::Reported { organisation: own };
    if let Err(error) = digue_mail::tell_roles(app, Role::can_respond, |_| mail.clone()).await {
        tracing::error!(%error, incident = id, "Mail about a partner's report failed; the console shows it");
    }
    Ok(id)
}

/// The most reports of one organisation in a period: more come from a stolen account, or belong in
/// the incident that is open.
const REPORTS_MAX: usize = 5;
const REPORTS_WITHIN: std::time::Duration = std::time::Duration::from_hours(24);

/// Incidents about the actor's own organisation and its accounts, for delegates and deputies.
pub async fn own(app: &App, actor: &Actor) -> Result<Vec<IncidentView>, OperationError> {
    let rules = app.gateway().rules();
    let own = organisation_of(&rules, actor);
    let own = own
        .filter(|_| actor.role.leads_agents())
        .ok_or(OperationError::Denied)?;
    let mut views = list(app, &Actor::digue()).await?;
    // Not the incidents about the actor's own account: its user may be the suspect.
    views.retain(|view| match view.incident.about.clone().canonical() {
        Subject::Organisation(organisation) => organisation == own,
        Subject::Account(account) => {
            let is_own = rules
                .directory
                .find(&account)
                .is_some_and(|record| record.organisation == own);
            is_own && account != actor.account
        }
        _ => false,
    });
    Ok(views)
}

/// Attaches a file to an incident. Its hash is in the log, so that it cannot be replaced later.
pub async fn keep_file(
    app: &App,
    actor: &Actor,
    id: &str,
    name: &str,
    bytes: &[u8],
) -> Result<(), OperationError> {
    actor.must_respond()?;
    fold(app, id).await?;
    let file = attachments::keep(
        app,
        actor,
        &Subject::Incident(id.to_owned()).to_string(),
        name,
        bytes,
    )
    .await?;
    let note = IncidentNote::Kept {
        name: file.name,
        hash: file.hash,
        size: file.size,
    };
    add(app, actor, id, None, note).await.map(drop)
}

/// A file of an incident: its name and its content.
///
/// # Errors
/// `FileAltered` when it is not the one that was attached.
pub async fn file(
    app: &App,
    actor: &Actor,
    id: &str,
    hash: &str,
) -> Result<(String, Vec<u8>), OperationError> {
    let fetch = async {
        let (_, incident) = fold(app, id).await?;
        if incident.files.iter().all(|(_, _, known, _)| known != hash) {
            return Err(OperationError::NotFound("file"));
        }
        let named = stored::files_of(app, id).await?;
        let file = named
            .into_iter()
            .find(|file| file.hash == hash)
            .ok_or(OperationError::NotFound("file"))?;
        let kept = JournalledFile::of_record(hash, file.kept_at, file.confirmation)?;
        let subject = Subject::Incident(id.to_owned()).to_string();
        let bytes = stored_files::read(app, &subject, &kept).await?;
        Ok((file.name, bytes))
    };
    reading::read(app, actor, EvidenceForm::File, fetch, |_| {
        Subject::File(hash.to_owned())
    })
    .await
}

/// Adds an entry and returns its number. `at` is when it happened; now if `None`.
pub async fn add(
    app: &App,
    actor: &Actor,
    id: &str,
    at: Option<Timestamp>,
    note: IncidentNote,
) -> Result<u32, OperationError> {
    actor.must_respond()?;
    let now = app.clock().now();
    let (entries, incident) = fold(app, id).await?;
    let rules = operator::rules(app);
    incident
        .accepts(&note, now, &rules.rules, &rules.zone)
        .and_then(|()| may_dismiss(actor, &incident, &note))
        .map_err(refused)?;
    if at.is_some_and(|at| at > now) {
        return Err(refused(EntryRefusal::Future));
    }
    if matches!(
        note,
        IncidentNote::StateSet {
            state: IncidentState::Resolved,
            ..
        }
    ) {
        // Checked here and not in `accepts`: the log has only campaigns that ended.
        let campaigns = app.store().campaigns().await?;
        if campaigns
            .iter()
            .any(|one| one.incident == id && is_under_way(&one.state))
        {
            return Err(refused(EntryRefusal::NoticesUnsent));
        }
    }
    let number = u32::try_from(entries.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let record = record_of(id, number, (at.unwrap_or(now), now), actor, &note);
    let details = ActDetails {
        subject: Subject::Incident(id.to_string()),
        after: EntryHash::of(&record).to_string(),
        ..ActDetails::default()
    };
    // The store numbers entries without gaps: of two concurrent writers one gets the number, and
    // only that one is journalled.
    let claim = app.store().add_incident_entry(&record);
    let release = app.store().release_incident_entry(&record);
    app.claim((actor, Act::IncidentNoted, details), claim, release)
        .await?;
    if let IncidentNote::Lesson {
        measure,
        owner,
        due,
        text,
    } = &note
        && !is_blank(measure)
    {
        let due = due.map(Timestamp::from_micros);
        let named = NamedMeasure {
            incident: id,
            title: measure,
            lesson: text,
            owner,
            due,
        };
        app.area::<Lessons>().0.learnt(app, actor, named).await?;
    }
    if let IncidentNote::StateSet { .. } = note {
        let (entries, incident) = fold(app, id).await?;
        let follows = !incident.is_closed() && !incident.about.is_nothing();
        let subject = follows.then_some(&incident.about);
        app.area::<IncidentFollowing>()
            .settle(id, entries.len(), subject);
    }
    Ok(number)
}

/// The rules that these entries would break, by their place: each is judged after the ones before
/// it that would be accepted.
pub async fn refusals(
    app: &App,
    actor: &Actor,
    id: &str,
    notes: &[IncidentNote],
) -> Result<Vec<(usize, EntryRefusal)>, OperationError> {
    actor.must_respond()?;
    let (mut entries, mut incident) = fold(app, id).await?;
    let (rules, now) = (operator::rules(app), app.clock().now());
    let mut refused = Vec::new();
    for (place, note) in notes.iter().enumerate() {
        let accepted = incident
            .accepts(note, now, &rules.rules, &rules.zone)
            .and_then(|()| may_dismiss(actor, &incident, note));
        if let Err(why) = accepted {
            refused.push((place, why));
            continue;
        }
        let number = u32::try_from(entries.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let (author, note) = (actor.account.to_string(), note.clone());
        entries.push(IncidentEntry {
            number,
            at: now,
            recorded_at: now,
            author,
            note,
        });
        incident = Incident::of(&entries).ok_or_else(|| unreadable(id))?;
    }
    Ok(refused)
}

/// Only the CISO decides that what was taken for a theft was work, and so only the CISO dismisses
/// the incident of a confirmed one.
fn may_dismiss(
    actor: &Actor,
    incident: &Incident,
    note: &IncidentNote,
) -> Result<(), EntryRefusal> {
    let dismisses = matches!(
        note,
        IncidentNote::StateSet {
            state: IncidentState::Dismissed,
            ..
        }
    );
    if dismisses && incident.acts.theft().is_some() && !actor.role.can_act() {
        return Err(EntryRefusal::TheftStands);
    }
    Ok(())
}

/// Adds several entries. All are checked before the first is added, so that an invalid one adds
/// none; a failure of the store in between leaves the earlier ones.
pub async fn add_all(
    app: &App,
    actor: &Actor,
    id: &str,
    notes: Vec<IncidentNote>,
) -> Result<(), OperationError> {
    if let Some((_, why)) = refusals(app, actor, id, &notes).await?.first() {
        return Err(refused(*why));
    }
    for note in notes {
        add(app, actor, id, None, note).await?;
    }
    Ok(())
}

/// Adds acts that became durable to the logs of the open incidents about their subjects.
pub struct IncidentLog;

impl ActSubscriber for IncidentLog {
    fn committed<'a>(&'a self, app: &'a App, act: CommittedAct<'a>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let CommittedAct {
                actor,
                act,
                details,
                entry,
            } = act;
            for id in concerned(app, &details.subject) {
                let note = IncidentNote::Seen {
                    act,
                    subject: details.subject.clone(),
                    before: details.before.clone(),
                    after: details.after.clone(),
                    reason: details.reason.clone(),
                    journal: entry,
                    by: actor.account.to_string(),
                };
                // Not an error of the act itself, which is durable in the journal.
                if let Err(error) = add(app, &Actor::digue(), &id, None, note).await {
                    tracing::error!(%error, incident = id, "Act missing in the incident log; the journal has it");
                }
            }
        })
    }
}

/// Open incidents about a subject; those about an organisation follow its accounts.
fn concerned(app: &App, subject: &Subject) -> Vec<String> {
    if app.area::<IncidentFollowing>().is_empty() {
        return Vec::new();
    }
    let mut incidents = app.area::<IncidentFollowing>().of(subject);
    // The published rules and not `App::rules`, which the operation may hold.
    if let Some(account) = subject.account()
        && let Some(record) = app.gateway().rules().directory.find(&account)
    {
        incidents.extend(
            app.area::<IncidentFollowing>()
                .of(&Subject::from(&record.organisation)),
        );
    }
    incidents
}

/// True while notices of a campaign in this state are still to be written or sent.
pub fn is_under_way(state: &str) -> bool {
    matches!(state, "preparing" | "ready" | "sending" | "paused")
}

/// Restores the subjects that open incidents follow, after a start.
pub async fn follow_open(app: &App) -> Result<(), OperationError> {
    for (record, _, incident) in all(app).await? {
        if !incident.is_closed() && !incident.about.is_nothing() {
            app.area::<IncidentFollowing>()
                .follow(&incident.about, &record.id);
        }
    }
    Ok(())
}

/// Every incident, the newest first.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<IncidentView>, OperationError> {
    actor.must_watch()?;
    let names = OrganisationNames::read(app).await?;
    let views = all(app)
        .await?
        .into_iter()
        .map(|(record, entries, incident)| {
            IncidentView::of(app, record, (entries, incident), &names)
        });
    Ok(views.collect())
}

pub async fn view(app: &App, actor: &Actor, id: &str) -> Result<IncidentView, OperationError> {
    actor.must_watch()?;
    let record = app
        .store()
        .incident(id)
        .await?
        .ok_or(OperationError::NotFound("incident"))?;
    let folded = fold(app, id).await?;
    let names = OrganisationNames::read(app).await?;
    Ok(IncidentView::of(app, record, folded, &names))
}

/// The open incident about a subject, if there is one.
pub async fn about(app: &App, subject: &Subject) -> Option<String> {
    app.area::<IncidentFollowing>()
        .of(subject)
        .into_iter()
        .next()
}

async fn all(
    app: &App,
) -> Result<Vec<(IncidentRecord, Vec<IncidentEntry>, Incident)>, OperationError> {
    let mut entries: HashMap<String, Vec<IncidentEntry>> = HashMap::new();
    for record in app.store().incident_entries("").await? {
        let incident = record.incident.clone();
        entries.entry(incident).or_default().push(entry_of(record)?);
    }
    let mut all = Vec::new();
    for record in app.store().incidents().await? {
        let entries = entries.remove(&record.id).unwrap_or_default();
        let incident = Incident::of(&entries).ok_or_else(|| unreadable(&record.id))?;
        all.push((record, entries, incident));
    }
    Ok(all)
}

pub(crate) async fn fold(
    app: &App,
    id: &str,
) -> Result<(Vec<IncidentEntry>, Incident), OperationError> {
    let records = app.store().incident_entries(id).await?;
    if records.is_empty() || id.is_empty() {
        return Err(OperationError::NotFound("incident"));
    }
    let entries = records
        .into_iter()
        .map(entry_of)
        .collect::<Result<Vec<_>, _>>()?;
    let incident = Incident::of(&entries).ok_or_else(|| unreadable(id))?;
    Ok((entries, incident))
}

fn unreadable(id: &str) -> OperationError {
    OperationError::Unavailable(format!("the entries of {id} cannot be read"))
}

fn entry_of(record: EntryRecord) -> Result<IncidentEntry, OperationError> {
    let note = serde_json::from_str(&record.note).map_err(|_| unreadable(&record.incident))?;
    let EntryRecord {
        number,
        at,
        recorded_at,
        author,
        ..
    } = record;
    Ok(IncidentEntry {
        number,
        at,
        recorded_at,
        author,
        note,
    })
}

fn record_of(
    incident: &str,
    number: u32,
    (at, recorded_at): (Timestamp, Timestamp),
    actor: &Actor,
    note: &IncidentNote,
) -> EntryRecord {
    EntryRecord {
        incident: incident.to_owned(),
        number,
        at,
        recorded_at,
        author: actor.account.to_string(),
        note: serde_json::to_string(note).expect("notes are plain data with string keys"),
    }
}

/// An entry as the journal holds it: `4 HASH at 2026-11-28T22:00:00Z`. The hour is included because
/// legal clocks run from it: an edited one must be noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct EntryHash {
    number: u32,
    /// SHA-256 of the note, hexadecimal.
    hash: String,
    /// `None` in the form of version 0.1.0.
    at: Option<Timestamp>,
}

impl EntryHash {
    fn of(entry: &EntryRecord) -> Self {
        Self {
            number: entry.number,
            hash: sha256(&entry.note),
            at: Some(entry.at),
        }
    }

    /// The current form, and the form of version 0.1.0.
    fn forms(entry: &EntryRecord) -> [Self; 2] {
        let form = Self::of(entry);
        [form.clone(), Self { at: None, ..form }]
    }

    /// `None` for a text of another form.
    fn parse(text: &str) -> Option<Self> {
        let (number, rest) = text.split_once(' ')?;
        let (hash, at) = match rest.split_once(" at ") {
            Some((hash, at)) => (hash, Some(Timestamp::parse_rfc3339(at)?)),
            None => (rest, None),
        };
        Some(Self {
            number: number.parse().ok()?,
            hash: hash.to_owned(),
            at,
        })
    }
}

impl fmt::Display for EntryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.hash)?;
        self.at.map_or(Ok(()), |at| write!(f, " at {at}"))
    }
}

/// The numbers of entries that differ from the hashes in the journal: they were changed in the
/// database by other means than Digue.
pub async fn check(app: &App, actor: &Actor, id: &str) -> Result<Vec<u32>, OperationError> {
    actor.must_watch()?;
    let records = app.store().incident_entries(id).await?;
    let record = app
        .store()
        .incident(id)
        .await?
        .ok_or(OperationError::NotFound("incident"))?;
    let from = record.journal.max(app.journal_minimum());
    let subject = Subject::Incident(id.to_owned());
    let known = app.gather(
        from,
        HashSet::new(),
        move |known: &mut HashSet<String>, event| {
            if let Event::Administration(act) = event
                && act.subject == subject
            {
                known.insert(act.after);
            }
        },
    );
    let known = known.await?;
    let is_known = |record: &EntryRecord| {
        EntryHash::forms(record)
            .iter()
            .any(|form| known.contains(&form.to_string()))
    };
    let differs = records.iter().filter(|record| !is_known(record));
    Ok(differs.map(|record| record.number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_that_was_reopened_is_followed_whoever_settles_last() {
        let following = IncidentFollowing::default();
        let account = Subject::Account("a1".parse().unwrap());
        following.follow(&account, "in-1");
        // Closed by entry 7, reopened by entry 8; the one who closed it comes last.
        following.settle("in-1", 8, Some(&account));
        following.settle("in-1", 7, None);
        assert_eq!(following.of(&account), ["in-1"]);
        following.settle("in-1", 9, None);
        assert!(following.is_empty());
    }
}
