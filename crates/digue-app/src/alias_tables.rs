//! The other identifiers of persons in force, and what a reference of the journal means by them.
//!
//! How a table is loaded is the matter of administration (`aliases`).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use digue_exposure::{Affected, ScopeAnswer};
use digue_gateway::Hosts;
use digue_gateway::ports::Aliases;
use digue_identifiers::IdentifierKind;
use digue_types::{PersonRef, PopulationId, PortalId, Subject};

use crate::app::App;
use crate::areas::Area;
use crate::canonical;
use crate::error::OperationError;

/// From (kind, identifier) to the person.
pub type AliasTable = HashMap<(String, String), PersonRef>;

/// All tables in force. The gateway reads them for each identifier of another kind, so that a load
/// swaps them without a lock.
#[derive(Default)]
pub struct AliasTables(ArcSwap<HashMap<PortalId, Arc<AliasTable>>>);

// The gateway holds them, too.
impl Area for Arc<AliasTables> {}

impl App {
    /// The alias tables in force.
    pub fn aliases(&self) -> &AliasTables {
        self.area::<Arc<AliasTables>>()
    }
}

impl AliasTables {
    pub fn set(&self, portal: PortalId, table: AliasTable) {
        let table = Arc::new(table);
        // May run again when another load comes in between: the closure builds a table and does
        // nothing else.
        self.0.rcu(|tables| {
            let mut tables = HashMap::clone(tables);
            tables.insert(portal.clone(), table.clone());
            Arc::new(tables)
        });
    }

    /// The table of a portal; an empty one when none was loaded.
    pub fn of(&self, portal: &PortalId) -> Arc<AliasTable> {
        self.in_force(portal).unwrap_or_default()
    }

    /// The table of a portal; `None` when none was put in force since the start.
    pub fn in_force(&self, portal: &PortalId) -> Option<Arc<AliasTable>> {
        self.0.load().get(portal).cloned()
    }
}

impl Aliases for AliasTables {
    fn resolve(&self, portal: &PortalId, kind: &str, identifier: &str) -> Option<PersonRef> {
        let tables = self.0.load();
        // Allocates two short strings for the look-up; only identifiers of secondary kinds come
        // here.
        tables
            .get(portal)?
            .get(&(kind.to_owned(), identifier.to_owned()))
            .cloned()
    }
}

/// The maps and alias tables in force, for work on another thread.
pub struct AliasesInForce {
    hosts: Arc<Hosts>,
    tables: Arc<AliasTables>,
    /// True when the table of a portal that needs one cannot be read, and none is in force.
    is_unread: bool,
}

impl AliasesInForce {
    pub fn of(app: &App) -> Self {
        let hosts = app.gateway().hosts();
        let tables = app.area::<Arc<AliasTables>>().clone();
        let is_unread = hosts.portals().any(|portal| {
            let name = Subject::Aliases(portal.id.clone()).to_string();
            portal.kinds.len() > 1
                && tables.in_force(&portal.id).is_none()
                && app.not_taken().cause(&name).is_some()
        });
        Self {
            hosts,
            tables,
            is_unread,
        }
    }

    /// Every reference under which the journal may show a person, from typed text: the portal's own
    /// form, the person that an identifier of another kind stands for, and the identifiers that
    /// stand for that person.
    ///
    /// # Errors
    /// `Invalid` while a table cannot be read: without it, entries under the other identifiers are
    /// not found, and *nobody* would be said of a person who was seen.
    pub fn references(&self, typed: &str) -> Result<Vec<PersonRef>, OperationError> {
        if self.is_unread {
            return Err(OperationError::Invalid("invalid-aliases-unread"));
        }
        let typed = typed.trim();
        let mut texts = canonical::forms(&self.hosts, typed);
        for portal in self.hosts.portals() {
            let table = self.tables.of(&portal.id);
            for (_, kind) in portal
                .kinds
                .iter()
                .enumerate()
                .filter(|(place, _)| *place != portal.primary)
            {
                let Some(identifier) = kind.canonical(typed).map(String::from) else {
                    continue;
                };
                texts.push(format!("{}:{identifier}", kind.name));
                if let Some(person) = table.get(&(kind.name.clone(), identifier)) {
                    texts.push(person.to_string());
                }
            }
            let known = texts.clone();
            let others = table
                .iter()
                .filter(|(_, person)| known.iter().any(|text| text == person.as_str()));
            texts.extend(others.map(|((kind, identifier), _)| format!("{kind}:{identifier}")));
        }
        texts.sort_unstable();
        texts.dedup();
        let references = texts.iter().filter_map(|text| PersonRef::parse(text).ok());
        Ok(references.collect())
    }

    /// The person that a reference of the journal means today, and true when it is an identifier of
    /// another kind without an alias: how many persons such identifiers are is not known.
    pub fn person_of(&self, population: &PopulationId, reference: &PersonRef) -> (PersonRef, bool) {
        let Some((kind, identifier)) = reference.as_str().split_once(':') else {
            return (reference.clone(), false);
        };
        let mut is_unmerged = false;
        for portal in self.hosts.portals() {
            let is_secondary = |(place, known): (usize, &IdentifierKind)| {
                place != portal.primary && known.name == kind
            };
            if portal.population != *population
                || !portal.kinds.iter().enumerate().any(is_secondary)
            {
                continue;
            }
            if let Some(person) = self.tables.resolve(&portal.id, kind, identifier) {
                return (person, false);
            }
            is_unmerged = true;
        }
        (reference.clone(), is_unmerged)
    }

    /// Merges the persons of an answer that are one person by the aliases in force, also where the
    /// entries are older than the aliases. The number counts the identifiers that no alias leads to
    /// a person.
    pub fn merged(&self, answer: &ScopeAnswer) -> (ScopeAnswer, u64) {
        let mut known: BTreeMap<(PopulationId, PersonRef), Affected> = BTreeMap::new();
        let mut unmerged = 0;
        for one in &answer.persons {
            let (person, is_unmerged) = self.person_of(&one.population, &one.person);
            unmerged += u64::from(is_unmerged);
            let key = (one.population.clone(), person.clone());
            match known.get_mut(&key) {
                Some(same) => same.join(one),
                None => drop(known.insert(
                    key,
                    Affected {
                        person,
                        ..one.clone()
                    },
                )),
            }
        }
        let persons = known.into_values().collect();
        (
            ScopeAnswer {
                persons,
                exposures: answer.exposures,
                quality: answer.quality,
            },
            unmerged,
        )
    }
}
