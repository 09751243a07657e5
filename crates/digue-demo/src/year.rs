//! Plays the script of the year: each step is an operation of its area, carried out as the account
//! that the script names, at the hour of a clock that stands still in between.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use digue_access::{Membership, Role};
use digue_administration::loads::{LoadMode, LoadTarget};
use digue_administration::tables;
use digue_app::clock::ManualClock;
use digue_app::{Actor, App, OperationError, directory};
use digue_casework::{breach, incidents, notification};
use digue_compliance::isms::reviews::{self, AccessDecision};
use digue_compliance::isms::{
    self, SaveError, audits, awareness, checks, signatures, start, statement,
};
use digue_compliance::space::assessment;
use digue_exposure::ScopeQuestion;
use digue_identity::person_sessions::SignedInPerson;
use digue_isms::assessment::Question;
use digue_isms::field::{FieldFault, Values};
use digue_isms::kinds::RegisterKind;
use digue_isms::start::{Answers, Bond, Data, Hosting, People, Who};
use digue_journal::Journal;
use digue_journal::journal::AppendError;
use digue_locales::{Language, text};
use digue_replay::{Population, day};
use digue_response::IncidentNote;
use digue_response::declared::DeclaredFigure;
use digue_selfservice::persons::requests::{
    self, ContestReason, PersonRequest, RequestKind, RequestOutcome,
};
use digue_selfservice::persons::sights;
use digue_store::KnownPerson;
use digue_types::{AccountId, OrganisationId, PopulationId, PortalId, Subject, Timestamp};
use jiff::civil::{Date, Time};
use serde_json::Value;

use crate::people;
use crate::script::{self, DemoStep, ScriptError, StepAct, YearCalendar, parse_clock};

/// The portal of the demonstration, and whose records it holds.
pub const PORTAL: &str = "kairos";
pub const POPULATION: &str = "demandeurs";

/// What the map of the portal decides for the classes of persons of the demonstration.
pub const CLASS_RULES: &str = r#"
[classes.protected]
rule = "watch"
"#;

/// One protected person in so many.
const PROTECTED_EVERY: usize = 1_000;

/// Between two steps of one day that name no hour.
const PAUSE: Duration = Duration::from_mins(7);

/// Why the year was not played to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Script(#[from] ScriptError),
    #[error("step {place} of the year ({what}) failed")]
    Step {
        place: usize,
        what: String,
        #[source]
        cause: Box<StepError>,
    },
}

/// Why one step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Operation(#[from] OperationError),
    #[error("fields do not fit: {0:?}")]
    Faults(Vec<FieldFault>),
    #[error("nothing is named {0:?}")]
    Name(String),
    #[error("{0:?} is no value of its field")]
    Value(String),
    #[error("the working day is not in the journal")]
    Day(#[from] AppendError),
    #[error("the note of an incident cannot be read")]
    Note(#[from] serde_json::Error),
}

impl From<SaveError> for StepError {
    fn from(unsaved: SaveError) -> Self {
        match unsaved {
            SaveError::Faults(faults) => Self::Faults(faults),
            SaveError::Overtaken => Self::Operation(OperationError::Conflict),
            SaveError::Operation(error) => Self::Operation(error),
        }
    }
}

/// What the year is played with.
pub struct YearStage<'a> {
    pub app: &'a Arc<App>,
    pub clock: &'a ManualClock,
    pub journal: &'a Arc<Journal>,
    pub population: &'a Arc<Population>,
    pub calendar: YearCalendar,
    pub language: Language,
}

/// Plays the whole year.
///
/// # Errors
/// The step that failed.
pub async fn play(stage: YearStage<'_>) -> Result<(), DemoError> {
    let steps = script::steps(stage.language, &stage.calendar)?;
    let mut player = YearPlayer {
        stage,
        names: HashMap::new(),
    };
    let mut day = None;
    for (place, step) in steps.iter().enumerate() {
        player.turn_clock(step, &mut day);
        player.play(step).await.map_err(|cause| DemoError::Step {
            place: place + 1,
            what: format!("{:?}", step.act).chars().take(160).collect(),
            cause: Box::new(cause),
        })?;
    }
    Ok(())
}

struct YearPlayer<'a> {
    stage: YearStage<'a>,
    /// Records and incidents by their names in the script.
    names: HashMap<String, (Option<RegisterKind>, String)>,
}

impl YearPlayer<'_> {
    fn app(&self) -> &Arc<App> {
        self.stage.app
    }

    /// Sets the clock for a step; it never goes back.
    fn turn_clock(&self, step: &DemoStep, last: &mut Option<i32>) {
        let calendar = &self.stage.calendar;
        let is_first = last.replace(step.day) != Some(step.day);
        let named = step.at.as_deref().and_then(parse_clock);
        let soon = self.app().clock().now().plus(PAUSE);
        let morning = Time::constant(9, 20, 0, 0);
        let at = match named {
            Some(clock) => calendar.instant(calendar.working_day(step.day), clock),
            None if is_first => calendar.instant(calendar.working_day(step.day), morning),
            None => soon,
        };
        self.stage.clock.set(at.max(soon));
    }

    fn actor(&self, name: Option<&str>) -> Result<Actor, StepError> {
        let Some(name) = name else {
            return Ok(Actor::digue());
        };
        let account = account_of(name)?;
        let rules = self.app().gateway().rules();
        let record = rules.directory.find(&account);
        let record = record.ok_or_else(|| StepError::Name(name.to_owned()))?;
        Ok(Actor {
            role: record.role,
            // They have just proved who they are, as each of these acts asks of them.
            proved_at: self.app().clock().now(),
            account,
        })
    }

    async fn play(&mut self, step: &DemoStep) -> Result<(), StepError> {
        let actor = self.actor(step.by.as_deref())?;
        let app = self.stage.app.clone();
        match &step.act {
            StepAct::Accounts { organisations } => {
                self.accounts(organisations.unwrap_or(usize::MAX)).await?;
            }
            StepAct::Begin {
                name,
                head,
                ciso,
                dpo,
            } => {
                let answers = answers([name, head, ciso, dpo]);
                start::begin(&app, &actor, &answers, self.stage.language).await?;
            }
            StepAct::Record { kind, name, fields } => {
                self.record(&actor, kind, name, fields).await?;
            }
            StepAct::Change { records, fields } => {
                for record in records {
                    self.change(&actor, record, fields).await?;
                }
            }
            StepAct::Sign { record } => self.sign(&actor, record).await?,
            StepAct::Sample { record } => {
                let (_, id) = self.find(record).await?;
                audits::draw(&app, &actor, &id).await?;
            }
            StepAct::Attach { record, file, text } => {
                let (_, id) = self.find(record).await?;
                awareness::attach(&app, &actor, &id, file, text.as_bytes()).await?;
            }
            StepAct::Learn { accounts } => self.learn(accounts).await?,
            StepAct::Checks => checks::run_all(&app, &actor).await?,
            StepAct::Freeze => {
                statement::freeze(&app, &actor).await?;
            }
            StepAct::WorkingDay {
                seed,
                share,
                surely,
            } => {
                self.working_day(step.day, (*seed, *share), surely).await?;
            }
            StepAct::Review {
                title,
                lasts,
                decided,
                suspended,
                reason,
            } => {
                let due = app.clock().now().plus(days(*lasts));
                let id = reviews::open(&app, &actor, title, due).await?;
                self.decide(&actor, &id, *decided, (suspended, reason))
                    .await?;
            }
            StepAct::Assessment {
                answers: given,
                comment,
            } => self.assess(&actor, given, comment).await?,
            StepAct::Incident {
                name,
                source,
                title,
                about,
            } => {
                let about = Subject::parse(about);
                let id = incidents::open(&app, &actor, *source, title, about).await?;
                self.names.insert(name.clone(), (None, id));
            }
            StepAct::Report { name, title, text } => {
                let id = incidents::report(&app, &actor, title, text).await?;
                self.names.insert(name.clone(), (None, id));
            }
            StepAct::Note {
                incident,
                at_time,
                note,
            } => {
                let note: IncidentNote = serde_json::from_value(note.clone())?;
                let at = at_time.map(Timestamp::from_micros);
                incidents::add(&app, &actor, self.incident(incident)?, at, note).await?;
            }
            StepAct::Sheet {
                incident,
                sheet,
                answers,
            } => {
                let notes = answers
                    .iter()
                    .map(|(step, answer, text)| IncidentNote::Step {
                        sheet: *sheet,
                        step: step.clone(),
                        answer: *answer,
                        text: text.clone(),
                    });
                incidents::add_all(&app, &actor, self.incident(incident)?, notes.collect()).await?;
            }
            StepAct::Fields { incident, fields } => {
                let notes = fields.iter().map(|(field, value)| IncidentNote::FieldSet {
                    field: *field,
                    value: value.clone(),
                });
                incidents::add_all(&app, &actor, self.incident(incident)?, notes.collect()).await?;
            }
            StepAct::Explain { incident, reasons } => {
                self.explain(&actor, incident, reasons).await?;
            }
            StepAct::Affected {
                incident,
                account,
                from,
                to,
            } => {
                let question = ScopeQuestion {
                    accounts: vec![account_of(account)?],
                    from: Some(Timestamp::from_micros(*from)),
                    to: Some(Timestamp::from_micros(*to)),
                    ..ScopeQuestion::default()
                };
                let id = self.incident(incident)?;
                let computed = breach::compute_affected(&app, &actor, id, question).await;
                computed.map_err(OperationError::from)?;
            }
            StepAct::Submit {
                incident,
                stage,
                receipt,
            } => {
                let (id, now) = (self.incident(incident)?, app.clock().now());
                notification::submit(&app, &actor, id, *stage, now, receipt).await?;
            }
            StepAct::Contest {
                name,
                account,
                place,
                text,
            } => self.contest(name, account, *place, text).await?,
            StepAct::AnswerContest { name, text } => {
                let person = self.names.get(name).map(|(_, person)| person.clone());
                let person = person.ok_or_else(|| StepError::Name(name.clone()))?;
                let own = requests::own(&app, &signed_in(&person)).await?;
                for request in own.iter().filter(|request| request.is_open()) {
                    let outcome = RequestOutcome::Explained;
                    requests::answer(&app, &actor, &request.record.id, outcome, text).await?;
                }
            }
        }
        // Mail that waits for a year would be too old to be sent.
        digue_mail::send_due(&app).await?;
        Ok(())
    }

    fn incident(&self, name: &str) -> Result<&str, StepError> {
        let known = self.names.get(name);
        known
            .map(|(_, id)| id.as_str())
            .ok_or_else(|| StepError::Name(name.to_owned()))
    }

    /// Gives the reason for every figure that is declared below the measured one.
    async fn explain(
        &self,
        actor: &Actor,
        incident: &str,
        reasons: &BTreeMap<DeclaredFigure, String>,
    ) -> Result<(), StepError> {
        let (app, id) = (self.app(), self.incident(incident)?);
        let view = incidents::view(app, actor, id).await?;
        for one in view.incident.differences() {
            if !one.is_open() {
                continue;
            }
            let reason = reasons.get(&one.figure);
            let reason = reason.ok_or_else(|| StepError::Value(one.figure.code().to_owned()))?;
            let note = IncidentNote::DifferenceExplained {
                figure: one.figure,
                declared: one.declared,
                measured: one.measured,
                reason: reason.clone(),
            };
            incidents::add(app, actor, id, None, note).await?;
        }
        Ok(())
    }

    /// Officers, and the accounts of the first organisations with their caseloads.
    async fn accounts(&self, organisations: usize) -> Result<(), StepError> {
        let (app, population) = (self.app(), self.stage.population);
        let digue = Actor::digue();
        let first: Vec<usize> = (0..population.organisations.min(organisations)).collect();
        let mut accounts: Vec<(AccountId, Membership)> = Vec::new();
        for (name, role) in people::OFFICERS.map(|officer| (officer.account, officer.role)) {
            accounts.push((
                account_of(name)?,
                membership(&organisation_of(people::OPERATOR)?, role),
            ));
        }
        let chosen = |organisation: &OrganisationId| {
            people::place_of(organisation).is_some_and(|place| place < first.len())
        };
        for account in population
            .accounts
            .iter()
            .filter(|one| chosen(&one.organisation))
        {
            let role = if account.is_delegate {
                Role::Delegate
            } else {
                Role::Agent
            };
            accounts.push((account.id.clone(), membership(&account.organisation, role)));
        }
        directory::save(app, &digue, accounts).await?;
        let rules = app.gateway().rules();
        let is_known = |account: &str| {
            AccountId::parse(account).is_ok_and(|account| rules.directory.find(&account).is_some())
        };
        let csv = population.caseload_csv();
        // The first line names the columns.
        let lines = csv
            .lines()
            .enumerate()
            .filter(|(place, line)| *place == 0 || line.split(',').next().is_some_and(is_known));
        let csv: Vec<&str> = lines.map(|(_, line)| line).collect();
        let mode = LoadMode::Replace {
            confirms_loss: false,
        };
        let population_id =
            PopulationId::parse(POPULATION).map_err(|_| StepError::Name(POPULATION.to_owned()))?;
        let target = LoadTarget::Caseload(population_id);
        tables::load(app, &digue, &target, csv.join("\n").into_bytes(), mode).await?;
        self.classes(mode).await?;
        people::write(app, population, &first, self.stage.language).await?;
        Ok(())
    }

    /// Persons whose records need more care. Nobody is of a class that is held back: the first page of
    /// the portal lists everybody of an account, and one of them would hold back the whole list.
    async fn classes(&self, mode: LoadMode) -> Result<(), StepError> {
        let (app, population) = (self.app(), self.stage.population);
        let mut csv = "class,person\n".to_owned();
        let protected = population.persons.iter().step_by(PROTECTED_EVERY);
        csv.extend(protected.map(|person| format!("protected,{}\n", person.number)));
        let population_id =
            PopulationId::parse(POPULATION).map_err(|_| StepError::Name(POPULATION.to_owned()))?;
        let target = LoadTarget::Classes(population_id);
        Ok(
            tables::load(app, &Actor::digue(), &target, csv.into_bytes(), mode)
                .await
                .map(drop)?,
        )
    }

    async fn record(
        &mut self,
        actor: &Actor,
        kind: &str,
        name: &str,
        fields: &BTreeMap<String, Value>,
    ) -> Result<(), StepError> {
        let kind = DemoStep::kind(kind).ok_or_else(|| StepError::Name(kind.to_owned()))?;
        let values = self.values(fields).await?;
        let id = signatures::save_own(self.app(), actor, kind, None, &values).await?;
        self.names.insert(name.to_owned(), (Some(kind), id));
        Ok(())
    }

    async fn change(
        &mut self,
        actor: &Actor,
        record: &str,
        fields: &BTreeMap<String, Value>,
    ) -> Result<(), StepError> {
        let (kind, id) = self.find(record).await?;
        // By this name also when its title changes now.
        self.names
            .insert(record.to_owned(), (Some(kind), id.clone()));
        let changed = self.values(fields).await?;
        let registers = isms::registers(self.app(), actor).await?;
        let known = registers.find(kind, &id);
        let known = known.ok_or_else(|| StepError::Name(record.to_owned()))?;
        let mut values = known.values.clone();
        for (field, texts) in changed {
            // An empty text takes the value away.
            if texts.iter().all(String::is_empty) {
                values.remove(&field);
            } else {
                values.insert(field, texts);
            }
        }
        let from = Some((id.as_str(), known.number));
        signatures::save_own(self.app(), actor, kind, from, &values).await?;
        Ok(())
    }

    async fn sign(&self, actor: &Actor, record: &str) -> Result<(), StepError> {
        let (kind, id) = self.find(record).await?;
        let registers = isms::registers(self.app(), actor).await?;
        let known = registers.find(kind, &id);
        let number = known
            .ok_or_else(|| StepError::Name(record.to_owned()))?
            .number;
        Ok(signatures::sign(self.app(), actor, kind, &id, number).await?)
    }

    /// The values of a record; `@name` is the identifier of another one.
    async fn values(&self, fields: &BTreeMap<String, Value>) -> Result<Values, StepError> {
        let mut values = Values::new();
        for (field, value) in fields {
            let text = match value {
                Value::String(text) if text.starts_with('@') => {
                    let mut ids = Vec::new();
                    for name in text.split(',') {
                        ids.push(self.find(name.trim().trim_start_matches('@')).await?.1);
                    }
                    ids.join(",")
                }
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(StepError::Value(field.clone()));
                }
            };
            values.insert(field.clone(), vec![text]);
        }
        Ok(values)
    }

    /// A record by its name in the script, by the key of the text that the first hour gave it, or
    /// by its title.
    async fn find(&self, name: &str) -> Result<(RegisterKind, String), StepError> {
        let unknown = || StepError::Name(name.to_owned());
        if let Some((kind, id)) = self.names.get(name) {
            return Ok((kind.ok_or_else(unknown)?, id.clone()));
        }
        let title = text(self.stage.language, name);
        let named = isms::named_records(self.app(), &Actor::digue(), self.stage.language).await?;
        let found = named
            .into_iter()
            .find(|record| record.title == title || record.title == name);
        found
            .map(|record| (record.kind, record.id))
            .ok_or_else(unknown)
    }

    async fn learn(&self, accounts: &[String]) -> Result<(), StepError> {
        use digue_isms::awareness::Module;
        for name in accounts {
            let actor = self.actor(Some(name))?;
            for module in Module::ALL {
                let right = module.right().map(ToOwned::to_owned);
                awareness::answer(self.app(), &actor, *module, &right).await?;
            }
            for task in awareness::documents(self.app(), &actor).await? {
                if task.read_on.is_none() {
                    awareness::read(self.app(), &actor, &task.id).await?;
                }
            }
        }
        Ok(())
    }

    async fn working_day(
        &self,
        day: i32,
        (seed, share): (u64, usize),
        surely: &[String],
    ) -> Result<(), StepError> {
        let app = self.app().clone();
        let mut population = people::at_work(&app, self.stage.population, day);
        let sure = taken(&mut population, surely)?;
        let share = share.max(1);
        let turn = usize::try_from(seed).unwrap_or_default() % share;
        let mut place = 0;
        population.accounts.retain(|_| {
            place += 1;
            place % share == turn
        });
        let portal = PortalId::parse(PORTAL).map_err(|_| StepError::Name(PORTAL.to_owned()))?;
        let hosts = app.gateway().hosts();
        let portal = hosts
            .portal(&portal)
            .cloned()
            .ok_or_else(|| StepError::Name(PORTAL.to_owned()))?;
        let (journal, now) = (self.stage.journal.clone(), app.clock().now());
        let played = tokio::task::spawn_blocking(move || {
            let play = |population: &Population, seed| {
                day::play(app.gateway(), &journal, &portal, population, now, seed)
            };
            play(&population, seed)?;
            for one in &sure {
                // On a drawn day one account in eight is away.
                for seed in seed..seed + DRAWS_MAX {
                    if play(one, seed)?.entries > 0 {
                        break;
                    }
                }
            }
            Ok::<(), AppendError>(())
        });
        let played = played
            .await
            .map_err(|error| OperationError::Unavailable(error.to_string()))?;
        played?;
        Ok(())
    }

    /// Decides about the first accounts of a review.
    async fn decide(
        &self,
        actor: &Actor,
        review: &str,
        decided: usize,
        (suspended, reason): (&[String], &str),
    ) -> Result<(), StepError> {
        let views = reviews::list(self.app(), actor).await?;
        let view = views.into_iter().find(|view| view.id == review);
        let view = view.ok_or_else(|| StepError::Name(review.to_owned()))?;
        // From the end, so that the first partners have something left to decide.
        // An account that something speaks against waits for a person.
        let clear = view.lines.iter().filter(|line| line.doubts.is_empty());
        for line in clear.rev().take(decided) {
            let is_own = line.account == actor.account;
            // Nobody decides about their own access: the other officer does.
            let by = match is_own {
                true => self.actor(Some(people::DPO))?,
                false => actor.clone(),
            };
            let is_suspended = suspended.iter().any(|name| name == line.account.as_str());
            let (decision, why) = match is_suspended {
                true => (AccessDecision::Suspend, reason),
                false => (AccessDecision::Keep, ""),
            };
            let account = std::slice::from_ref(&line.account);
            reviews::decide(self.app(), &by, review, account, (decision, why)).await?;
        }
        Ok(())
    }

    async fn assess(
        &self,
        actor: &Actor,
        given: &BTreeMap<String, String>,
        comment: &str,
    ) -> Result<(), StepError> {
        let mut values = Values::new();
        for question in Question::ALL {
            let answer = given.get(question.code()).map_or("yes", String::as_str);
            values.insert(question.code().to_owned(), vec![answer.to_owned()]);
        }
        values.insert("comment".to_owned(), vec![comment.to_owned()]);
        assessment::answer(self.app(), actor, values).await?;
        Ok(assessment::sign(self.app(), actor).await?)
    }

    async fn contest(
        &mut self,
        name: &str,
        account: &str,
        place: usize,
        words: &str,
    ) -> Result<(), StepError> {
        let unknown = || StepError::Name(account.to_owned());
        let held = self.stage.population.account(account).ok_or_else(unknown)?;
        let place = held.caseload.get(place).ok_or_else(unknown)?;
        let number = self.stage.population.persons[*place].number.clone();
        let person = signed_in(&number);
        let rows = sights::all(self.app(), &person).await?;
        let row = rows.first().ok_or_else(unknown)?;
        let request = PersonRequest {
            kind: RequestKind::Contest,
            entry: Some(row.entry),
            reason: Some(ContestReason::NotInContact),
            text: words.to_owned(),
        };
        requests::ask(self.app(), &person, &request).await?;
        self.names.insert(name.to_owned(), (None, number));
        Ok(())
    }
}

/// A person who came by the portal, which knows its users.
fn signed_in(number: &str) -> SignedInPerson {
    SignedInPerson::vouched_for(KnownPerson {
        population: POPULATION.to_owned(),
        person: number.to_owned(),
    })
}

/// Draws of one account's day until it is not away: all of them away is one chance in 8^16.
const DRAWS_MAX: u64 = 16;

/// Takes these accounts out of the population, each as a population of its own.
fn taken(population: &mut Population, names: &[String]) -> Result<Vec<Population>, StepError> {
    let take = |name: &String| {
        let accounts = &mut population.accounts;
        let place = accounts.iter().position(|one| one.id.as_str() == name);
        let place = place.ok_or_else(|| StepError::Name(name.clone()))?;
        Ok(Population {
            accounts: vec![accounts.remove(place)],
            persons: population.persons.clone(),
            organisations: population.organisations,
        })
    };
    names.iter().map(take).collect()
}

fn account_of(name: &str) -> Result<AccountId, StepError> {
    AccountId::parse(name).map_err(|_| StepError::Name(name.to_owned()))
}

fn organisation_of(name: &str) -> Result<OrganisationId, StepError> {
    OrganisationId::parse(name).map_err(|_| StepError::Name(name.to_owned()))
}

fn membership(organisation: &OrganisationId, role: Role) -> Membership {
    Membership {
        organisation: organisation.clone(),
        role,
    }
}

fn days(count: i32) -> Duration {
    Duration::from_hours(24 * u64::from(count.unsigned_abs()))
}

fn answers([name, head, ciso, dpo]: [&String; 4]) -> Answers {
    Answers {
        name: name.clone(),
        who: Who::Operator,
        has_portal: true,
        has_partners: true,
        people: People::Many,
        data: vec![Data::Identity, Data::Nir],
        head: head.clone(),
        ciso: ciso.clone(),
        dpo: dpo.clone(),
        hosting: Hosting::Both,
        bonds: vec![Bond::Qualiopi],
    }
}

/// The day on which a demonstration that starts at this instant ends its year.
pub fn today(at: Timestamp, zone: &jiff::tz::TimeZone) -> Date {
    let at = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).date()
}
