//! The self-assessment of a partner organisation: answered in steps beside the portal's own
//! figures, signed, and then readable by the operator.
//!
//! Until it is signed it belongs to the organisation: it is stored apart and in no register.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use digue_access::session::ClientIp;
use digue_access::{AccountRecord, Role};
use digue_app::{Actor, App, Area, LineFault, OperationError};
use digue_casework::papers;
use digue_documents::{WrittenCell, WrittenSheet};
use digue_evidence::stored_records::RecordConfirmation;
use digue_isms::assessment::{self, Gap, PartnerAnswer, PortalFact, Posture, Question};
use digue_isms::field::Values;
use digue_isms::kinds::{Assessment, RegisterKind};
use digue_locales::{Language, Value, text, text_with};
use digue_mail::Mail;
use digue_types::written::folded;
use digue_types::{AccountId, OrganisationId, Timestamp};
use digue_uploads::{CellUse, NameFit, TableWanted, UploadedTable, is_named, taken};
use jiff::civil::Date;

use super::{PartnerRules, led};

use crate::isms::uses::last_uses;
use crate::isms::{awareness, compared, day_of, in_force, now, write};

/// The largest spreadsheet; a real one has some twenty lines.
const SHEET_BYTES_MAX: usize = 1 << 20;
const ROWS_MAX: usize = 500;
const COMMENT_CHARS_MAX: usize = 2_000;
const COMMENT: &str = "comment";

/// The answers so far, and the portal's own figures.
#[derive(Clone, Debug)]
pub struct SelfAssessment {
    pub organisation: OrganisationId,
    pub answers: Values,
    pub facts: BTreeMap<Question, PortalFact>,
    pub to_do: Vec<Question>,
    pub posture: Posture,
    /// The last signed one, with its record id.
    pub last: Option<(String, Assessment)>,
    /// The journal's answer about it; `None` without one.
    pub confirmation: Option<RecordConfirmation>,
    /// The day on which the posture changes.
    pub ends: Option<Date>,
}

impl SelfAssessment {
    /// True when the last signed one differs from the journal.
    pub fn is_altered(&self) -> bool {
        self.confirmation
            .is_some_and(|found| !found.is_uncontradicted())
    }

    pub fn gap(&self, question: Question) -> Option<Gap> {
        assessment::gap(
            question,
            question.answer(&self.answers),
            self.facts.get(&question).copied(),
        )
    }

    /// The number of answered questions.
    pub fn answered(&self) -> usize {
        Question::ALL.len() - assessment::open_questions(&self.answers).count()
    }

    pub fn is_complete(&self) -> bool {
        assessment::open_questions(&self.answers).next().is_none()
    }

    pub fn comment(&self) -> &str {
        self.answers
            .get(COMMENT)
            .and_then(|texts| texts.first())
            .map_or("", String::as_str)
    }
}

/// The draft of an organisation's answers, if it began one.
///
/// # Errors
/// `Unavailable` for a draft that cannot be read: the next answer would replace it by itself alone.
async fn draft(app: &App, organisation: &OrganisationId) -> Result<Option<Values>, OperationError> {
    let unreadable =
        |_| OperationError::Unavailable(format!("the draft of {organisation} cannot be read"));
    let draft = app.store().assessment_draft(organisation).await?;
    draft
        .map(|text| serde_json::from_str(&text).map_err(unreadable))
        .transpose()
}

/// The assessment of the actor's organisation, for delegates and deputies.
pub async fn show(app: &App, actor: &Actor) -> Result<SelfAssessment, OperationError> {
    let organisation = led(app, actor)?;
    let answers = draft(app, &organisation).await?;
    let registers = in_force(app).await?;
    let last = assessment::last(&registers, organisation.as_str());
    // The signed answers are shown until a new draft exists.
    let answers = answers
        .or_else(|| last.as_ref().map(|(_, signed)| signed.answers()))
        .unwrap_or_default();
    let facts = PortalFacts::read(app, Some(&organisation))
        .await?
        .facts(&organisation);
    let signed_on = last.as_ref().and_then(|(_, signed)| signed.signed_on);
    let confirmation = match &last {
        Some((id, _)) => {
            let found = compared::settled_record(app, RegisterKind::Assessment, id).await?;
            Some(found.1)
        }
        None => None,
    };
    Ok(SelfAssessment {
        confirmation,
        to_do: assessment::to_do(&answers, |question| facts.get(&question).copied()),
        posture: posture(app, signed_on, &organisation).await?,
        ends: signed_on.map(assessment::ends),
        organisation,
        answers,
        facts,
        last,
    })
}

/// Saves some answers of the draft; the others stay.
pub async fn answer(app: &App, actor: &Actor, given: Values) -> Result<(), OperationError> {
    let organisation = led(app, actor)?;
    let _one_at_a_time = app.area::<AssessmentAnswers>().drafting.lock().await;
    let mut answers = draft(app, &organisation).await?.unwrap_or_default();
    let comment = given
        .get(COMMENT)
        .and_then(|texts| texts.first())
        .map(|text| text.trim().to_owned());
    answers.extend(assessment::answers_of(given));
    if let Some(comment) = comment {
        if comment.chars().count() > COMMENT_CHARS_MAX {
            return Err(OperationError::Invalid("invalid-comment-long"));
        }
        answers.insert(COMMENT.to_owned(), vec![comment]);
    }
    let json = serde_json::to_string(&answers).expect("strings always serialise");
    Ok(app
        .store()
        .set_assessment_draft(&organisation, Some(&json))
        .await?)
}

/// Signs the draft: from then on the operator can read it, and no one can change it.
///
/// # Errors
/// `Invalid` while a question is open: "I do not know" is an answer, and no answer is not.
pub async fn sign(app: &App, actor: &Actor) -> Result<(), OperationError> {
    let organisation = led(app, actor)?;
    actor.must_be_fresh(app)?;
    let _one_at_a_time = app.area::<AssessmentAnswers>().drafting.lock().await;
    let answers = draft(app, &organisation).await?.unwrap_or_default();
    if assessment::open_questions(&answers).next().is_some() {
        return Err(OperationError::Invalid("invalid-assessment-open"));
    }
    let mut values = answers;
    for (field, value) in [
        ("organisation", organisation.to_string()),
        ("signed-by", actor.account.to_string()),
        ("signed-on", now(app).today.to_string()),
    ] {
        values.insert(field.to_owned(), vec![value]);
    }
    write(app, actor, RegisterKind::Assessment, None, &values).await?;
    app.store()
        .set_assessment_draft(&organisation, None)
        .await?;
    refresh_one(app, organisation).await
}

/// The portal's own figures about all organisations, or about one, read once.
struct PortalFacts {
    now: Timestamp,
    active: HashMap<OrganisationId, Vec<(AccountId, Role)>>,
    passkeys: HashMap<AccountId, usize>,
    passwords: HashSet<AccountId>,
    /// Completed awareness modules that are still valid, by (account, module).
    learned: HashMap<(String, &'static str), Date>,
    /// Organisations with an e-mail address.
    reached: HashSet<OrganisationId>,
    /// The addresses of the live sessions of each account.
    places: HashMap<AccountId, HashSet<ClientIp>>,
    /// When each account that was ever used was used last.
    last_use: HashMap<AccountId, Timestamp>,
}

impl PortalFacts {
    async fn read(app: &App, only: Option<&OrganisationId>) -> Result<Self, OperationError> {
        let rules = app.gateway().rules();
        let mut active: HashMap<OrganisationId, Vec<(AccountId, Role)>> = HashMap::new();
        let is_asked = |record: &AccountRecord| {
            !record.is_suspended && only.is_none_or(|only| record.organisation == *only)
        };
        for (account, record) in rules
            .directory
            .iter()
            .filter(|(_, record)| is_asked(record))
        {
            active
                .entry(record.organisation.clone())
                .or_default()
                .push((account.clone(), record.role));
        }
        let organisations = app.store().organisations().await?.into_iter();
        let mut places: HashMap<AccountId, HashSet<ClientIp>> = HashMap::new();
        for session in app.gateway().sessions(|_| true) {
            places
                .entry(session.account.clone())
                .or_default()
                .insert(session.origin.ip);
        }
        let accounts = active
            .values()
            .flatten()
            .map(|(account, _)| account.clone())
            .collect();
        Ok(Self {
            now: app.clock().now(),
            last_use: last_uses(app, accounts).await?,
            active,
            passkeys: app.store().passkey_counts().await?,
            passwords: app.store().password_holders().await?,
            learned: awareness::done(&*in_force(app).await?, now(app).today),
            reached: organisations
                .filter(|known| !known.email.is_empty())
                .map(|known| known.id)
                .collect(),
            places,
        })
    }

    /// The figures for an organisation, by question.
    fn facts(&self, organisation: &OrganisationId) -> BTreeMap<Question, PortalFact> {
        let active = self.active.get(organisation).map_or(&[][..], Vec::as_slice);
        let is_unused = |account: &AccountId| {
            self.last_use
                .get(account)
                .is_some_and(|last| self.now.since(*last) > crate::isms::ask::UNUSED_AFTER)
        };
        let population = active.len() as u64;
        let count = |fails: &dyn Fn(&AccountId) -> bool| PortalFact {
            population,
            failing: active.iter().filter(|(account, _)| fails(account)).count() as u64,
        };
        let whether = |holds: bool| PortalFact {
            population: 1,
            failing: u64::from(!holds),
        };
        let leaders = active
            .iter()
            .filter(|(_, role)| role.leads_agents())
            .count();
        let missed = |account: &AccountId| {
            let learned = |code| self.learned.contains_key(&(account.to_string(), code));
            digue_isms::awareness::Module::ALL
                .iter()
                .any(|module| !learned(module.code()))
        };
        BTreeMap::from([
            (
                Question::Passkeys,
                count(&|account| self.passkeys.get(account).is_none_or(|held| *held == 0)),
            ),
            (
                Question::Passwords,
                count(&|account| self.passwords.contains(account)),
            ),
            (
                Question::OwnAccounts,
                count(&|account| self.places.get(account).is_some_and(|at| at.len() > 1)),
            ),
            (Question::Leavers, count(&is_unused)),
            (Question::Deputy, whether(leaders >= 2)),
            (
                Question::Contacts,
                whether(self.reached.contains(organisation)),
            ),
            (Question::Trained, count(&missed)),
        ])
    }
}

/// The state of an organisation's assessment, for the operator.
#[derive(Clone, Debug)]
pub struct AssessmentAnswer {
    pub organisation: OrganisationId,
    pub posture: Posture,
    pub signed_on: Option<Date>,
    /// Answers that the portal contradicts.
    pub contradicted: Vec<Question>,
    pub to_do: Vec<Question>,
}

/// The state of every partner, computed each hour: with thousands of organisations a page must not
/// wait for it.
#[derive(Default)]
pub(crate) struct AssessmentAnswers {
    // A leaf lock; the map is replaced or copied, so that readers hold it only to clone the `Arc`.
    known: RwLock<KnownAnswers>,
    // Serialises changes of drafts, which are read, changed and stored. Before `isms.writing`,
    // which a signature takes.
    drafting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct KnownAnswers {
    all: Arc<BTreeMap<OrganisationId, AssessmentAnswer>>,
    /// Counts what began to be read and what was put.
    turn: u64,
    /// When the organisations that signed since the last complete computation were put.
    put: HashMap<OrganisationId, u64>,
    /// When the last complete computation began.
    computed: u64,
}

/// When a computation of all organisations began.
#[derive(Clone, Copy)]
struct ComputationStart(u64);

impl Area for AssessmentAnswers {}

impl AssessmentAnswers {
    fn all(&self) -> Arc<BTreeMap<OrganisationId, AssessmentAnswer>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .all
            .clone()
    }

    fn begin(&self) -> ComputationStart {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.turn += 1;
        ComputationStart(known.turn)
    }

    /// Puts one organisation that has just signed.
    fn put(&self, one: AssessmentAnswer) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.turn += 1;
        let turn = known.turn;
        known.put.insert(one.organisation.clone(), turn);
        Arc::make_mut(&mut known.all).insert(one.organisation.clone(), one);
    }

    /// Puts all organisations as a computation found them, but for those that signed since it
    /// began; returns what is known then. Nothing changes when a later computation was faster.
    fn replace(
        &self,
        begun: ComputationStart,
        mut all: BTreeMap<OrganisationId, AssessmentAnswer>,
    ) -> Arc<BTreeMap<OrganisationId, AssessmentAnswer>> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.computed < begun.0 {
            known.put.retain(|_, put| *put > begun.0);
            let newer = known
                .put
                .keys()
                .filter_map(|signed| known.all.get(signed))
                .cloned();
            all.extend(newer.map(|one| (one.organisation.clone(), one)));
            (known.all, known.computed) = (Arc::new(all), begun.0);
        }
        known.all.clone()
    }
}

/// The state of every partner organisation by its signed assessment, up to an hour old.
pub async fn everybody(app: &App, actor: &Actor) -> Result<Vec<AssessmentAnswer>, OperationError> {
    actor.must_watch()?;
    let answers = app.area::<AssessmentAnswers>();
    if answers.all().is_empty() {
        refresh(app).await?;
    }
    Ok(answers.all().values().cloned().collect())
}

/// The state of one organisation; `last` is its last signed assessment.
fn summary_of(
    last: Option<&(String, Assessment)>,
    posture: Posture,
    seen: &PortalFacts,
    organisation: OrganisationId,
) -> AssessmentAnswer {
    let (mut contradicted, mut to_do) = (Vec::new(), Vec::new());
    if let Some((_, signed)) = last {
        let (facts, answers) = (seen.facts(&organisation), signed.answers());
        let fact = |question: Question| facts.get(&question).copied();
        let gap = |question: &Question| {
            assessment::gap(*question, question.answer(&answers), fact(*question))
        };
        contradicted = Question::ALL.to_vec();
        contradicted.retain(|question| gap(question) == Some(Gap::Contradicted));
        to_do = assessment::to_do(&answers, fact);
    }
    AssessmentAnswer {
        posture,
        signed_on: last.and_then(|(_, signed)| signed.signed_on),
        organisation,
        contradicted,
        to_do,
    }
}

/// Organisations with agents, delegates or deputies.
fn partners(app: &App) -> Vec<OrganisationId> {
    let rules = app.gateway().rules();
    let theirs = rules
        .directory
        .iter()
        .filter(|(_, record)| record.role == Role::Agent || record.role.leads_agents());
    let mut partners: Vec<OrganisationId> = theirs
        .map(|(_, record)| record.organisation.clone())
        .collect();
    partners.sort();
    partners.dedup();
    partners
}

async fn posture(
    app: &App,
    signed: Option<Date>,
    organisation: &OrganisationId,
) -> Result<Posture, OperationError> {
    let since = match signed {
        Some(on) => on,
        None => known_since(app, std::slice::from_ref(organisation)).await?[organisation],
    };
    Ok(assessment::posture(
        signed,
        since,
        app.area::<PartnerRules>().assessment_grace_days,
        now(app).today,
    ))
}

/// The days on which these organisations were first seen, from which their time to answer runs. One
/// read and one write for all, because a start waits for it.
async fn known_since(
    app: &App,
    organisations: &[OrganisationId],
) -> Result<HashMap<OrganisationId, Date>, OperationError> {
    let known = match organisations {
        [one] => app
            .store()
            .partner_known(one)
            .await?
            .map(|at| (one.clone(), at))
            .into_iter()
            .collect(),
        _ => app.store().partners_known().await?,
    };
    let (at, mut new, mut days) = (app.clock().now(), Vec::new(), HashMap::new());
    for organisation in organisations {
        let seen_at = known.get(organisation).copied().unwrap_or_else(|| {
            new.push((organisation.clone(), at));
            at
        });
        days.insert(organisation.clone(), day_of(app, seen_at));
    }
    app.store().add_partners_known(&new).await?;
    Ok(days)
}

/// Computes the state of every organisation, and publishes the postures to the gateway for
/// policies.
pub async fn refresh(app: &App) -> Result<(), OperationError> {
    let answers = app.area::<AssessmentAnswers>();
    let begun = answers.begin();
    let (registers, organisations) = (in_force(app).await?, partners(app));
    let seen = PortalFacts::read(app, None).await?;
    let last = assessment::last_of_each(&registers);
    let since = known_since(app, &organisations).await?;
    let (grace_days, today) = (
        app.area::<PartnerRules>().assessment_grace_days,
        now(app).today,
    );
    let mut standings = BTreeMap::new();
    for organisation in organisations {
        let last = last.get(organisation.as_str());
        let signed = last.and_then(|(_, signed)| signed.signed_on);
        let posture = assessment::posture(signed, since[&organisation], grace_days, today);
        let one = summary_of(last, posture, &seen, organisation.clone());
        standings.insert(organisation, one);
    }
    // Under the lock of the rules, as in `refresh_one`: answers and postures change together.
    let mut rules = app.rules().await;
    let known = answers.replace(begun, standings);
    let postures: HashMap<OrganisationId, &'static str> = known
        .values()
        .map(|one| (one.organisation.clone(), one.posture.code()))
        .collect();
    if *rules.postures != postures {
        rules.postures = Arc::new(postures);
        app.publish(&rules);
    }
    Ok(())
}

/// The same for one organisation that has just signed.
async fn refresh_one(app: &App, organisation: OrganisationId) -> Result<(), OperationError> {
    let registers = in_force(app).await?;
    let seen = PortalFacts::read(app, Some(&organisation)).await?;
    let last = assessment::last(&registers, organisation.as_str());
    let signed = last.as_ref().and_then(|(_, signed)| signed.signed_on);
    let posture = posture(app, signed, &organisation).await?;
    let one = summary_of(last.as_ref(), posture, &seen, organisation.clone());
    let code = one.posture.code();
    let mut rules = app.rules().await;
    app.area::<AssessmentAnswers>().put(one);
    Arc::make_mut(&mut rules.postures).insert(organisation, code);
    app.publish(&rules);
    Ok(())
}

/// Mails the delegates and deputies of organisations whose assessment has expired or will soon,
/// once a month.
pub async fn remind_due(app: &App) -> Result<u64, OperationError> {
    const EVERY: std::time::Duration = std::time::Duration::from_hours(24 * 30);
    refresh(app).await?;
    if !digue_mail::is_configured(app) {
        return Ok(0);
    }
    let registers = in_force(app).await?;
    let (today, at, mut reminded) = (now(app).today, app.clock().now(), 0);
    let contacts = app.store().contacts().await?;
    let last = assessment::last_of_each(&registers);
    let reminded_at = app.store().partners_reminded().await?;
    for organisation in partners(app) {
        let signed = last
            .get(organisation.as_str())
            .and_then(|(_, one)| one.signed_on);
        let left = signed.map(|on| digue_isms::register::days_between(today, assessment::ends(on)));
        if left.is_some_and(|left| left > assessment::RENEWAL_DAYS) {
            continue;
        }
        if reminded_at
            .get(&organisation)
            .is_some_and(|last| at.since(*last) < EVERY)
        {
            continue;
        }
        // Noted before the mails: after a failure among them none is sent twice.
        app.store().set_partner_reminded(&organisation, at).await?;
        let rules = app.gateway().rules();
        let leaders = rules.directory.iter().filter(|(_, record)| {
            record.organisation == organisation
                && record.role.leads_agents()
                && !record.is_suspended
        });
        for (account, _) in leaders {
            if let Some(email) = contacts.get(account) {
                digue_mail::queue(
                    app,
                    email,
                    &Mail::AssessmentDue {
                        account: account.clone(),
                    },
                )
                .await?;
                reminded += 1;
            }
        }
    }
    Ok(reminded)
}

/// A fact in words.
pub fn fact_in_words(language: Language, question: Question, fact: PortalFact) -> String {
    let values = [
        ("failing", Value::from(fact.failing)),
        ("population", Value::from(fact.population)),
        (
            "good",
            Value::from(fact.population - fact.failing.min(fact.population)),
        ),
    ];
    text_with(language, &format!("fact-{}", question.code()), &values)
}

/// The questions as a spreadsheet with the present answers, for those who prefer to fill one in.
pub async fn file(app: &App, actor: &Actor, language: Language) -> Result<Vec<u8>, OperationError> {
    let sheet = show(app, actor).await?;
    let answer_text = |answer: &PartnerAnswer| text(language, answer.key());
    let rows = Question::ALL.iter().map(|question| {
        let fact = sheet.facts.get(question);
        let row = [
            question.code().to_owned(),
            text(language, question.theme().key()),
            text(language, question.key()),
            question
                .answer(&sheet.answers)
                .as_ref()
                .map(answer_text)
                .unwrap_or_default(),
            fact.map(|fact| fact_in_words(language, *question, *fact))
                .unwrap_or_default(),
        ];
        row.map(WrittenCell::from).to_vec()
    });
    let choices: Vec<String> = PartnerAnswer::ALL.iter().map(answer_text).collect();
    let columns = ["code", "theme", "question", "answer", "fact"];
    let mut header: Vec<String> = columns
        .iter()
        .map(|column| text(language, &format!("column-{column}")))
        .collect();
    header.push(format!(
        "{} {}",
        text(language, "column-choices"),
        choices.join(" / ")
    ));
    let sheet = WrittenSheet {
        name: text(language, "assessment-sheet"),
        language: language.code(),
        header,
        rows: rows.collect(),
        ..WrittenSheet::default()
    };
    papers::written(app, vec![sheet]).await
}

/// Reads the spreadsheet back: by the code of each line, an answer in French, in English or as a
/// code.
///
/// # Errors
/// `Faults` by line; a file with faults changes nothing.
pub async fn take(app: &App, actor: &Actor, bytes: &[u8]) -> Result<usize, OperationError> {
    led(app, actor)?;
    let invalid = || OperationError::Invalid("invalid-upload");
    if bytes.len() > SHEET_BYTES_MAX {
        return Err(invalid());
    }
    let file = bytes.to_vec();
    let table = app.blocking(move || questions_in(&file)).await??;
    let mut given = Values::new();
    let mut faults = Vec::new();
    for row in &table.rows {
        let cell =
            |column: SheetColumn| taken(table.cell(row, column), CellUse::Text).map_err(drop);
        let line = usize::try_from(row.number).unwrap_or(usize::MAX);
        let fault = |column, key| LineFault::new(line, key).at(&table.place(column, row.number));
        let (code, answer) = match (cell(SheetColumn::Code), cell(SheetColumn::Answer)) {
            (Ok(code), Ok(answer)) => (code.trim(), answer.trim()),
            (Err(()), _) => {
                faults.push(fault(SheetColumn::Code, "table-fault-cell"));
                continue;
            }
            (_, Err(())) => {
                faults.push(fault(SheetColumn::Answer, "table-fault-cell"));
                continue;
            }
        };
        if code.is_empty() || answer.is_empty() {
            continue;
        }
        let Some(question) = Question::parse(code) else {
            faults.push(fault(SheetColumn::Code, "assessment-fault-question"));
            continue;
        };
        match answer_from_text(answer) {
            Some(chosen) => {
                drop(given.insert(question.code().to_owned(), vec![chosen.code().to_owned()]))
            }
            None => faults.push(fault(SheetColumn::Answer, "assessment-fault-answer")),
        }
    }
    if !faults.is_empty() {
        return Err(OperationError::Faults(faults));
    }
    let taken = given.len();
    answer(app, actor, given).await?;
    Ok(taken)
}

/// The columns that are read of a filled sheet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SheetColumn {
    Code,
    Answer,
}

fn questions_in(bytes: &[u8]) -> Result<UploadedTable<SheetColumn>, OperationError> {
    let named = |key: &str, name: &str| {
        Language::ALL
            .iter()
            .any(|language| folded(&text(*language, key)) == name)
    };
    let column_of = |name: &str| match name {
        name if named("column-code", name) => Some((SheetColumn::Code, NameFit::Own)),
        name if named("column-answer", name) => Some((SheetColumn::Answer, NameFit::Own)),
        "code" => Some((SheetColumn::Code, NameFit::Code)),
        "answer" => Some((SheetColumn::Answer, NameFit::Code)),
        _ => None,
    };
    let wanted = TableWanted {
        sheet_names: &Language::ALL.map(|language| text(language, "assessment-sheet")),
        column_of: &column_of,
        is_needed: &|column| column == SheetColumn::Answer,
        needed_name: &text(Language::default(), "column-answer"),
        rows_max: ROWS_MAX,
        invalid: "invalid-upload",
    };
    UploadedTable::find(bytes, &wanted)
}

fn answer_from_text(typed: &str) -> Option<PartnerAnswer> {
    let mut all = PartnerAnswer::ALL.iter().copied();
    all.find(|answer| is_named(typed, answer.code(), answer.key()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(organisation: &str, signed_on: Option<Date>) -> AssessmentAnswer {
        AssessmentAnswer {
            organisation: OrganisationId::parse(organisation).unwrap(),
            posture: Posture::Due,
            signed_on,
            contradicted: Vec::new(),
            to_do: Vec::new(),
        }
    }

    fn computed(signed_on: Option<Date>) -> BTreeMap<OrganisationId, AssessmentAnswer> {
        [answer("of-1", signed_on), answer("of-2", None)]
            .into_iter()
            .map(|one| (one.organisation.clone(), one))
            .collect()
    }

    #[test]
    fn a_computation_that_began_before_a_signature_does_not_take_it_back() {
        let answers = AssessmentAnswers::default();
        let (of_1, today) = (
            OrganisationId::parse("of-1").unwrap(),
            jiff::civil::date(2026, 6, 1),
        );
        let begun = answers.begin();
        answers.put(answer("of-1", Some(today)));
        let known = answers.replace(begun, computed(None));
        assert_eq!((known[&of_1].signed_on, known.len()), (Some(today), 2));
        // One that began later has seen it, and one that began earlier and ends later changes
        // nothing.
        let (older, newer) = (answers.begin(), answers.begin());
        let tomorrow = jiff::civil::date(2026, 6, 2);
        assert_eq!(
            answers.replace(newer, computed(Some(tomorrow)))[&of_1].signed_on,
            Some(tomorrow)
        );
        assert_eq!(
            answers.replace(older, computed(None))[&of_1].signed_on,
            Some(tomorrow)
        );
    }
}
