//! Relations between two readings of a source: what the source says when it is asked for one person,
//! and the person whom an account has just created at a portal. Each is journalled, ends with the
//! next reading or after a day, and takes from a bound.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use digue_access::additions::{ADDITIONS_MAX, Addition};
use digue_access::caseload::HolderName;
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_store::{AdditionOrigin, AdditionRecord};
use digue_types::{
    AccountId, Act, OrganisationId, PersonKey, PersonRef, PopulationId, Subject, Timestamp,
};

use crate::caseloads::CaseloadTable;
use crate::classes::ClassesTable;
use crate::kept_table;
use crate::loads::{self, Allowance, LoadTarget};

/// How long one holds where no reading of its source comes.
pub const LASTS: Duration = Duration::from_hours(24);
/// Persons whom one account may create in a day: a counter clerk registers some tens.
pub const CREATED_A_DAY: u64 = 50;

/// One relation to add.
#[derive(Clone, Debug)]
pub struct NewAddition {
    pub population: PopulationId,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub person: PersonRef,
    /// No later than `LASTS` from now.
    pub until: Option<Timestamp>,
}

impl NewAddition {
    fn key(&self) -> PersonKey {
        PersonKey::new(&self.population, self.person.as_str())
    }
}

/// Adds what a source says, under the account of the source: within what two persons allowed it to
/// add in a day, and nothing to itself.
///
/// # Errors
/// `SecondNeeded` beyond the bound; `Denied` where a source may add nothing.
pub async fn add_looked_up(
    app: &App,
    source: &AccountId,
    addition: &NewAddition,
) -> Result<(), OperationError> {
    let actor = Actor::of_program(app, source)?;
    actor.must_load()?;
    let target = LoadTarget::Caseload(addition.population.clone());
    // Loads of the same file take from the same bound.
    let _one = loads::hold(app).await;
    let Allowance::Feed(feed) = loads::allowance(app, &actor, &target).await? else {
        return Err(OperationError::Denied);
    };
    let holders = [
        HolderName::Account(addition.account.clone()),
        HolderName::Organisation(addition.organisation.clone()),
    ];
    if holders.iter().any(|holder| feed.is_own(holder)) {
        return Err(OperationError::Denied);
    }
    if feed.left == 0 {
        return Err(OperationError::SecondNeeded);
    }
    // Charged first, as in `kept_table`: a failure afterwards loses allowance and never exceeds the
    // bound.
    feed.charge(app, 1).await?;
    add(app, &actor, addition, AdditionOrigin::LookedUp).await
}

/// Adds a person whom the account has just created at a portal.
///
/// # Errors
/// `Conflict` for a person who is not new: in a caseload, of a class, a decoy, or shown before;
/// `Invalid` while a table that says so cannot be read; `Full` beyond the account's day.
pub async fn add_created(app: &App, addition: &NewAddition) -> Result<(), OperationError> {
    let now = app.clock().now();
    if !is_new(app, addition, now).await? {
        return Err(OperationError::Conflict);
    }
    let since = now.minus(LASTS);
    let origin = AdditionOrigin::Created;
    let created = app
        .store()
        .additions_of(&addition.account, origin, since)
        .await?;
    if created >= CREATED_A_DAY {
        return Err(OperationError::Full);
    }
    let actor = Actor::of_program(app, &addition.account)?;
    add(app, &actor, addition, origin).await
}

/// True when nothing in Digue knows the person: a portal whose answer names another one, by a fault
/// or because it was asked to, gives nobody a record that exists.
async fn is_new(app: &App, addition: &NewAddition, now: Timestamp) -> Result<bool, OperationError> {
    let key = addition.key();
    let population = &addition.population;
    // Of tables that cannot be read nobody is new: everybody in them would be.
    kept_table::must_be_known(app, &CaseloadTable(population.clone()))?;
    kept_table::must_be_known(app, &ClassesTable(population.clone()))?;
    let rules = app.gateway().rules();
    let decoys: HashSet<String> = app.monitor().decoys_of(population);
    let is_of_class = rules
        .classes
        .get(population)
        .is_some_and(|classes| classes.of(key).next().is_some());
    if is_of_class || decoys.contains(addition.person.as_str()) {
        return Ok(false);
    }
    let caseloads = rules.caseloads.get(population).cloned();
    let (view, person) = (app.view(), addition.person.clone());
    app.blocking(move || {
        let is_held = caseloads.is_some_and(|all| all.has_anywhere(key, now));
        !is_held && !view.has_person(&person)
    })
    .await
}

async fn add(
    app: &App,
    actor: &Actor,
    addition: &NewAddition,
    origin: AdditionOrigin,
) -> Result<(), OperationError> {
    // Taken before the journal is written: two at once are both kept.
    let mut rules = app.rules().await;
    let now = app.clock().now();
    let latest = now.plus(LASTS);
    let until = addition.until.map_or(latest, |until| until.min(latest));
    let added = Addition {
        organisation: addition.organisation.clone(),
        added_at: now,
        until,
    };
    let known = rules
        .additions
        .entry(addition.population.clone())
        .or_default();
    let has_room = Arc::make_mut(known).add(addition.account.clone(), addition.key(), added);
    if !has_room {
        tracing::error!(
            most = ADDITIONS_MAX,
            "Too many additions to caseloads; none is added"
        );
        return Err(OperationError::Full);
    }
    let details = ActDetails {
        subject: Subject::Account(addition.account.clone()),
        // Without the person, as for every addition to a caseload: the journal outlives it.
        after: format!(
            "{} {} persons:1 until:{until}",
            origin.code(),
            addition.population
        ),
        ..ActDetails::default()
    };
    // Journalled first, then stored, then in force.
    app.write_down(actor, Act::CaseloadAdded, details).await?;
    let record = AdditionRecord {
        population: addition.population.clone(),
        account: addition.account.clone(),
        organisation: addition.organisation.clone(),
        person: addition.person.to_string(),
        origin,
        added_at: now,
        until,
    };
    app.store().add_addition(&record, now.minus(LASTS)).await?;
    app.publish(&rules);
    Ok(())
}

/// Ends the additions of a population that a reading which began at `before` knows better.
pub async fn end(
    app: &App,
    population: &PopulationId,
    before: Timestamp,
) -> Result<(), OperationError> {
    let mut rules = app.rules().await;
    let Some(known) = rules
        .additions
        .get_mut(population)
        .filter(|known| !known.is_empty())
    else {
        return Ok(());
    };
    Arc::make_mut(known).end(before);
    let now = app.clock().now();
    app.store().end_additions(population, (before, now)).await?;
    app.publish(&rules);
    Ok(())
}

/// Puts the additions in force that were made before a start and have not ended.
pub async fn restore(app: &App) -> Result<(), OperationError> {
    let known = app.store().additions(app.clock().now()).await?;
    let mut rules = app.rules().await;
    for record in known {
        let key = PersonKey::new(&record.population, &record.person);
        let addition = Addition {
            organisation: record.organisation,
            added_at: record.added_at,
            until: record.until,
        };
        let of = rules.additions.entry(record.population).or_default();
        // There were no more when they were added.
        Arc::make_mut(of).add(record.account, key, addition);
    }
    app.publish(&rules);
    Ok(())
}
