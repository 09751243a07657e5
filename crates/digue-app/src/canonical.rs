//! The canonical form of a typed person identifier, as the maps of the portals define it.
//!
//! It does not know whether the person exists, or who may see them.

use std::sync::Arc;

use digue_gateway::{Hosts, Portal};
use digue_types::PopulationId;

use crate::app::App;
use crate::error::OperationError;

/// A portal whose persons are this population.
pub fn portal_of(app: &App, population: &PopulationId) -> Result<Arc<Portal>, OperationError> {
    let hosts = app.gateway().hosts();
    let found = hosts
        .portals()
        .find(|portal| portal.population == *population)
        .cloned();
    found.ok_or(OperationError::NotFound("population"))
}

/// The canonical form of a person of a population, from typed text.
pub fn person(app: &App, population: &PopulationId, typed: &str) -> Result<String, OperationError> {
    let portal = portal_of(app, population)?;
    let person = portal.kinds[portal.primary].canonical(typed.trim());
    person
        .map(String::from)
        .ok_or(OperationError::Invalid("invalid-person"))
}

/// The forms under which portals may write a person that a file names: the canonical form of each
/// population, and the text itself, for populations whose maps no longer exist.
pub fn forms(hosts: &Hosts, typed: &str) -> Vec<String> {
    let canonical = hosts
        .portals()
        .filter_map(|portal| portal.kinds[portal.primary].canonical(typed.trim()));
    let mut forms: Vec<String> = canonical
        .map(String::from)
        .chain([typed.trim().to_owned()])
        .collect();
    forms.sort_unstable();
    forms.dedup();
    forms
}
