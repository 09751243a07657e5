//! Responses of one instant have no order: they are taken together, sorted.
//!
//! Records with coarse times (a second, a day) give the same findings however their lines of one
//! time are shuffled.

use digue_types::Timestamp;

use crate::engine::Engine;
use crate::fusion::Finding;
use crate::sighting::{Kind, SeenPerson, Sighting};

/// A sighting that owns what it names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Owned {
    pub at: Timestamp,
    pub account: String,
    pub portal: String,
    pub organisation: String,
    pub session: String,
    pub action: String,
    pub ip: String,
    pub agent: String,
    pub kind: Kind,
    pub persons: Vec<SeenPerson>,
}

impl Owned {
    pub fn as_sighting(&self) -> Sighting<'_> {
        Sighting {
            at: self.at,
            portal: &self.portal,
            organisation: &self.organisation,
            account: &self.account,
            session: &self.session,
            action: &self.action,
            ip: &self.ip,
            agent: &self.agent,
            kind: self.kind,
            persons: &self.persons,
        }
    }
}

/// Collects the sightings of one instant and hands them to the engine in one order.
#[derive(Default)]
pub struct Batches {
    waiting: Vec<Owned>,
}

impl Batches {
    /// Takes in one sighting; the findings of earlier instants come out. A time before the one at
    /// hand is taken for it.
    pub fn push(&mut self, engine: &mut Engine, mut sighting: Owned, found: &mut Vec<Finding>) {
        if let Some(last) = self.waiting.last() {
            if sighting.at > last.at {
                self.flush(engine, found);
            } else {
                sighting.at = last.at;
            }
        }
        self.waiting.push(sighting);
    }

    /// Hands over what waits.
    pub fn flush(&mut self, engine: &mut Engine, found: &mut Vec<Finding>) {
        if self.waiting.len() > 1 {
            for sighting in &mut self.waiting {
                sighting.persons.sort_unstable();
            }
            self.waiting.sort_unstable();
        }
        for sighting in self.waiting.drain(..) {
            found.extend(engine.observe(&sighting.as_sighting()));
        }
    }
}
