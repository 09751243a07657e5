//! Samples of internal audits: drawn from a population of the running system with the audit's seed, so
//! that somebody else draws the same.

use digue_isms::kinds::{Audit, Kind, Population};
use digue_isms::register::Record as _;
use digue_isms::sample::sample;

use super::{Unsaved, in_force, must_govern, save};
use crate::actor::Actor;
use crate::error::OperationError;
use crate::files::sha256;
use crate::house::House;
use crate::incidents;

/// Names drawn when an audit does not say how many.
const SIZE: u32 = 10;

/// Draws the sample of an audit and writes it into its record, under the population that it came from:
/// its size and the hash of its names.
pub async fn draw(house: &House, actor: &Actor, id: &str) -> Result<(), OperationError> {
    must_govern(actor)?;
    let registers = in_force(house).await?;
    let known = registers.find(Kind::Audit, id).ok_or(OperationError::NotFound("record"))?;
    let mut values = known.values.clone();
    let invalid = || OperationError::Invalid("invalid-record");
    let audit = Audit::read(&values).map_err(|_| invalid())?;
    let of = audit.population.0.ok_or_else(invalid)?;
    let (seed, size) = (audit.seed.unwrap_or(1), audit.size.unwrap_or(SIZE));
    let mut names = population(house, of).await?;
    names.sort();
    names.dedup();
    let drawn = sample(&names, u64::from(seed), usize::try_from(size).unwrap_or(usize::MAX));
    let text = format!(
        "{} {} seed:{seed} sha256:{}\n{}",
        of.code(),
        names.len(),
        sha256(&names.join("\n")),
        drawn.join("\n")
    );
    values.insert("sample".to_owned(), vec![text]);
    match save(house, actor, Kind::Audit, Some(id), &values).await {
        Ok(_) => Ok(()),
        Err(Unsaved::Operation(error)) => Err(error),
        Err(Unsaved::Faults(_)) => Err(invalid()),
    }
}

/// Every name of a population.
async fn population(house: &House, of: Population) -> Result<Vec<String>, OperationError> {
    let rules = house.gateway().rules();
    Ok(match of {
        Population::Accounts => rules.directory.iter().map(|(account, _)| account.to_string()).collect(),
        Population::Organisations => {
            rules.directory.iter().map(|(_, record)| record.organisation.to_string()).collect()
        }
        Population::Approvals => house.store.approvals().await?.into_iter().map(|one| one.id).collect(),
        Population::BreakGlass => house.store.break_glass().await?.into_iter().map(|one| one.id).collect(),
        Population::Incidents => {
            let views = incidents::list(house, &Actor::digue()).await?;
            views.iter().map(incidents::IncidentView::reference).collect()
        }
        Population::Measures => {
            in_force(house).await?.of(Kind::Measure).iter().map(|one| one.id.clone()).collect()
        }
    })
}
