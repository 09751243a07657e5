//! A look-up on a miss: before a person outside the caseload is refused, the source is asked for
//! this one person and this one account. A failure is a miss, and a miss is a refusal as before.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use digue_access::caseload::parse_moment;
use digue_administration::additions::{self, NewAddition};
use digue_app::{App, OperationError};
use digue_gateway::ports::{BoxFuture, CaseloadMiss, CaseloadPort, CreatedPerson};
use digue_store::ContactSource;
use digue_types::{AccountId, PersonRef, PopulationId, Timestamp};
use tokio::sync::Semaphore;

use crate::{SourceRules, SourceTarget, rules};
use digue_administration::loads::LoadTarget;

/// A visitor waits for it.
const ANSWER_LASTS: Duration = Duration::from_secs(2);
/// How long a person of whom the source knows nothing is not asked for again.
const MISS_LASTS: Duration = Duration::from_secs(60);
/// Misses that are remembered.
const MISSES_MAX: usize = 20_000;
/// Questions at once: a portal's own database must not be flooded.
const AT_ONCE: usize = 4;
/// Questions in a minute: of one account, and of all.
const ACCOUNT_A_MINUTE: usize = 30;
const ALL_A_MINUTE: usize = 600;
const MINUTE: Duration = Duration::from_secs(60);

const COLUMNS: [&str; 4] = ["account", "organisation", "person", "until"];

/// The questions that were asked of the sources, and those that wait.
pub struct LookUps {
    at_once: Semaphore,
    // A leaf lock.
    asked: Mutex<AskedQuestions>,
}

impl Default for LookUps {
    fn default() -> Self {
        Self {
            at_once: Semaphore::new(AT_ONCE),
            asked: Mutex::default(),
        }
    }
}

/// Asks the sources of `[[sources]]` that have a `lookup`, for the gateway.
#[derive(Clone)]
pub struct SourceLookUp {
    app: Arc<App>,
    look_ups: Arc<LookUps>,
}

impl SourceLookUp {
    pub fn new(app: Arc<App>) -> Self {
        Self {
            app,
            look_ups: Arc::default(),
        }
    }
}

type Question = (PopulationId, AccountId, PersonRef);

/// What was asked in the last minute, and what is known to be of no use.
#[derive(Default)]
struct AskedQuestions {
    misses: HashMap<Question, Timestamp>,
    all: VecDeque<(Timestamp, AccountId)>,
}

impl AskedQuestions {
    /// True when the source may be asked; the question then counts.
    fn take(&mut self, question: &Question, now: Timestamp) -> bool {
        if self
            .misses
            .get(question)
            .is_some_and(|at| now.since(*at) < MISS_LASTS)
        {
            return false;
        }
        let is_old = |at: &Timestamp| now.since(*at) >= MINUTE;
        while self.all.front().is_some_and(|(at, _)| is_old(at)) {
            self.all.pop_front();
        }
        let own = self
            .all
            .iter()
            .filter(|(_, account)| *account == question.1)
            .count();
        let may_ask = self.all.len() < ALL_A_MINUTE && own < ACCOUNT_A_MINUTE;
        if may_ask {
            self.all.push_back((now, question.1.clone()));
        }
        may_ask
    }

    fn miss(&mut self, question: Question, now: Timestamp) {
        if self.misses.len() >= MISSES_MAX {
            self.misses.retain(|_, at| now.since(*at) < MISS_LASTS);
        }
        // Full of recent ones: the limits in a minute bound what is asked again.
        if self.misses.len() < MISSES_MAX {
            self.misses.insert(question, now);
        }
    }
}

impl LookUps {
    fn asked(&self) -> MutexGuard<'_, AskedQuestions> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks about each person of a miss.
    ///
    /// # Errors
    /// When the rules, the store or the journal fail; a source that fails is a miss.
    pub async fn look_up(&self, app: &App, miss: &CaseloadMiss) -> Result<(), OperationError> {
        let Some((source, query)) = source_of(app, &miss.population) else {
            return Ok(());
        };
        let began = tokio::time::Instant::now();
        for person in &miss.persons {
            let question = (
                miss.population.clone(),
                miss.account.clone(),
                person.clone(),
            );
            let now = app.clock().now();
            if !self.asked().take(&question, now) {
                continue;
            }
            // The time is over: what is left is refused.
            let Some(left) = ANSWER_LASTS.checked_sub(began.elapsed()) else {
                return Ok(());
            };
            let answer = tokio::time::timeout(left, self.ask(app, query, miss, person)).await;
            let answer = answer.unwrap_or_else(|_| Err("it did not answer in time".into()));
            match answer {
                Ok(Some(until)) => {
                    let addition = NewAddition {
                        population: miss.population.clone(),
                        account: miss.account.clone(),
                        organisation: miss.organisation.clone(),
                        person: person.clone(),
                        until,
                    };
                    self.add(app, source, &addition, question).await?;
                }
                Ok(None) => self.asked().miss(question, now),
                // Not remembered as a miss of this person: the limits in a minute bound how often
                // a database that fails is asked.
                Err(error) => {
                    tracing::warn!(%error, source = source.name, "Looking up a person failed; refused as outside the caseload");
                }
            }
        }
        Ok(())
    }

    async fn add(
        &self,
        app: &App,
        source: &SourceRules,
        addition: &NewAddition,
        question: Question,
    ) -> Result<(), OperationError> {
        match additions::add_looked_up(app, &source.account, addition).await {
            Ok(()) => Ok(()),
            Err(OperationError::Denied | OperationError::SecondNeeded | OperationError::Full) => {
                tracing::warn!(
                    source = source.name,
                    "A look-up may add nothing more today; two persons set the bound"
                );
                let now = app.clock().now();
                self.asked().miss(question, now);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the source gives this person to this account or its organisation now, and until
    /// when.
    async fn ask(
        &self,
        app: &App,
        query: &ContactSource,
        miss: &CaseloadMiss,
        person: &PersonRef,
    ) -> Result<Option<Option<Timestamp>>, Box<dyn std::error::Error + Send + Sync>> {
        let _one = self.at_once.acquire().await?;
        let values = [
            person.as_str(),
            miss.account.as_str(),
            miss.organisation.as_str(),
        ];
        let rows = query.look_up(&COLUMNS, &values).await?;
        let now = app.clock().now();
        let ends = rows.iter().filter_map(|row| match &row[..] {
            [account, organisation, shown, until] => {
                let holder = (account.as_str(), organisation.as_str());
                is_pair(holder, miss).then_some(())?;
                is_same(app, &miss.population, shown, person).then_some(())?;
                end_of(until, now)
            }
            _ => None,
        });
        // Of several rows the one that ends last: `None` is no end.
        Ok(ends.max_by_key(|until| (until.is_none(), *until)))
    }
}

fn is_same(app: &App, population: &PopulationId, shown: &str, person: &PersonRef) -> bool {
    digue_app::canonical::person(app, population, shown).is_ok_and(|shown| shown == person.as_str())
}

/// True when a row names the account, or its organisation and no other account.
fn is_pair((account, organisation): (&str, &str), miss: &CaseloadMiss) -> bool {
    let is_account = AccountId::parse(account).is_ok_and(|account| account == miss.account);
    let is_organisation = digue_types::OrganisationId::parse(organisation)
        .is_ok_and(|organisation| organisation == miss.organisation);
    if account.is_empty() {
        is_organisation
    } else {
        is_account
    }
}

/// The end of a relation that holds at `now`; `None` for one that has ended, or whose end cannot be
/// read.
fn end_of(until: &str, now: Timestamp) -> Option<Option<Timestamp>> {
    let until = parse_moment(until)?;
    until.is_none_or(|until| now < until).then_some(until)
}

fn source_of<'a>(
    app: &'a App,
    population: &PopulationId,
) -> Option<(&'a SourceRules, &'a ContactSource)> {
    let target = SourceTarget::Table(LoadTarget::Caseload(population.clone()));
    let source = rules(app).iter().find(|rules| rules.target == target)?;
    Some((source, source.look_up.as_ref()?))
}

impl CaseloadPort for SourceLookUp {
    fn look_up(&self, miss: CaseloadMiss) -> BoxFuture<()> {
        let this = self.clone();
        Box::pin(async move {
            if let Err(error) = this.look_ups.look_up(&this.app, &miss).await {
                tracing::error!(%error, "Looking up a person failed; refused as outside the caseload");
            }
        })
    }

    fn created(&self, created: CreatedPerson) -> BoxFuture<()> {
        let app = self.app.clone();
        Box::pin(async move {
            let addition = NewAddition {
                population: created.population,
                account: created.account,
                organisation: created.organisation,
                person: created.person,
                until: None,
            };
            if let Err(error) = additions::add_created(&app, &addition).await {
                tracing::warn!(%error, portal.id = %created.portal, "A created person does not join the caseload");
            }
        })
    }
}
