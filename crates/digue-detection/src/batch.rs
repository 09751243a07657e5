//! Responses of one instant have no order: they are collected, sorted and observed together.
//!
//! Records with coarse times (a second, a day) therefore give the same findings in whatever order
//! their lines of one time come.

use digue_types::Timestamp;

use crate::engine::Engine;
use crate::fusion::Finding;
use crate::sighting::{SeenPerson, Sighting, SightingKind};

/// A [`Sighting`] that owns its names and persons.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[must_use]
pub struct OwnedSighting {
    pub at: Timestamp,
    pub account: String,
    pub portal: String,
    pub organisation: String,
    pub session: String,
    pub action: String,
    pub ip: String,
    pub agent: String,
    pub kind: SightingKind,
    pub persons: Vec<SeenPerson>,
}

impl OwnedSighting {
    /// An empty sighting at time 0, to be filled in.
    pub const fn blank() -> Self {
        Self {
            at: Timestamp::from_micros(0),
            account: String::new(),
            portal: String::new(),
            organisation: String::new(),
            session: String::new(),
            action: String::new(),
            ip: String::new(),
            agent: String::new(),
            kind: SightingKind::Shown,
            persons: Vec::new(),
        }
    }

    /// Empties it and keeps the allocations, except those for a long list of persons.
    fn clear(&mut self) {
        let texts = [
            &mut self.account,
            &mut self.portal,
            &mut self.organisation,
            &mut self.session,
            &mut self.action,
            &mut self.ip,
            &mut self.agent,
        ];
        texts.into_iter().for_each(String::clear);
        self.persons.clear();
        self.persons.shrink_to(PERSONS_KEPT);
        self.kind = SightingKind::Shown;
    }

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

/// Collects the sightings of one instant and passes them to the engine in sorted order.
#[derive(Default)]
pub struct Batches {
    waiting: Vec<OwnedSighting>,
    /// Sightings to be filled in again: a record of a million lines then needs few allocations.
    spare: Vec<OwnedSighting>,
}

/// Sightings that are kept for reuse, and persons for which each keeps capacity.
const SPARE_MAX: usize = 1024;
const PERSONS_KEPT: usize = 256;

impl Batches {
    /// An empty sighting, to be filled in and pushed.
    pub fn blank(&mut self) -> OwnedSighting {
        self.spare.pop().unwrap_or(OwnedSighting::blank())
    }

    /// Adds one sighting; when its time is later than that of the waiting ones, these are observed
    /// first and their findings appended to `found`. An earlier time is replaced by the waiting
    /// one.
    pub fn push(
        &mut self,
        engine: &mut Engine,
        mut sighting: OwnedSighting,
        found: &mut Vec<Finding>,
    ) {
        if let Some(last) = self.waiting.last() {
            if sighting.at > last.at {
                self.flush(engine, found);
            } else {
                sighting.at = last.at;
            }
        }
        self.waiting.push(sighting);
    }

    /// Observes the waiting sightings.
    pub fn flush(&mut self, engine: &mut Engine, found: &mut Vec<Finding>) {
        if self.waiting.len() > 1 {
            for sighting in &mut self.waiting {
                // Persons too: which of them a window counts may depend on their order within the
                // response.
                sighting.persons.sort_unstable();
            }
            self.waiting.sort_unstable();
        }
        for mut sighting in self.waiting.drain(..) {
            found.extend(engine.observe(&sighting.as_sighting()));
            if self.spare.len() < SPARE_MAX {
                sighting.clear();
                self.spare.push(sighting);
            }
        }
    }
}
