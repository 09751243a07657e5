//! A normal working day, decided and journalled by the real code at the times it would have had.

use std::time::Duration;

use digue_access::{RequestFacts, release};
use digue_gateway::{Gateway, Portal};
use digue_journal::journal::{AppendError, Journal};
use digue_types::{
    Basis, Event, ExchangeId, Exposure, Inspection, Means, Outcome, PersonRef, RequestClient,
    SessionId, ShownPersons, Timestamp,
};

use crate::draw::Draw;
use crate::population::{MadeUpAccount, Population};

/// The totals of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorldDay {
    pub entries: u64,
    /// Persons shown, counted each time.
    pub persons: u64,
}

/// Entries made durable together: no client waits for a single one of them here.
const BATCH: usize = 1000;

/// A planned consultation.
struct Consultation<'p> {
    at: Timestamp,
    account: &'p MadeUpAccount,
    route: &'static str,
    persons: Vec<usize>,
}

/// Plays the nine hours before `now`.
pub fn play(
    gateway: &Gateway,
    journal: &Journal,
    portal: &Portal,
    population: &Population,
    now: Timestamp,
    seed: u64,
) -> Result<WorldDay, AppendError> {
    let mut consultations = draw_day(population, now, seed);
    consultations.sort_by_key(|consultation| consultation.at);
    let mut day = WorldDay::default();
    let mut events = Vec::with_capacity(BATCH);
    for (number, consultation) in consultations.iter().enumerate() {
        let Some(exposure) = decide(gateway, portal, population, consultation, number) else {
            continue;
        };
        day.entries += 1;
        day.persons += exposure.persons().count() as u64;
        events.push(Event::Exposure(Box::new(exposure)));
        if events.len() == BATCH {
            journal.append_and_wait(std::mem::take(&mut events))?;
        }
    }
    journal.append_and_wait(events)?;
    Ok(day)
}

fn draw_day(population: &Population, now: Timestamp, seed: u64) -> Vec<Consultation<'_>> {
    let mut draw = Draw::new(seed);
    let mut consultations = Vec::new();
    for account in population
        .accounts
        .iter()
        .filter(|account| !account.caseload.is_empty())
    {
        // One account in eight is away.
        if draw.once_in(8) {
            continue;
        }
        let start = now.minus(Duration::from_secs(9 * 3600 - draw.below(3600) as u64));
        let mut at = start;
        let list = |at| Consultation {
            at,
            account,
            route: "accueil",
            persons: account.caseload.clone(),
        };
        consultations.push(list(at));
        for _ in 0..4 + draw.below(14) {
            at = at.plus(Duration::from_secs(60 + draw.below(3600) as u64));
            if at >= now {
                break;
            }
            if draw.once_in(9) {
                consultations.push(list(at));
                continue;
            }
            let person = *draw.pick(&account.caseload);
            consultations.push(Consultation {
                at,
                account,
                route: "fiche",
                persons: vec![person],
            });
        }
    }
    consultations
}

fn decide(
    gateway: &Gateway,
    portal: &Portal,
    population: &Population,
    consultation: &Consultation<'_>,
    number: usize,
) -> Option<Exposure> {
    let route = portal
        .routes
        .iter()
        .find(|route| route.name.as_str() == consultation.route)?;
    let persons: Vec<PersonRef> = consultation
        .persons
        .iter()
        .map(|&place| {
            PersonRef::parse(&population.persons[place].number).expect("a person reference")
        })
        .collect();
    let keys: Vec<_> = persons
        .iter()
        .map(|person| portal.person_key(person))
        .collect();
    let rules = gateway.rules();
    let account = consultation.account;
    let facts = RequestFacts {
        now: consultation.at,
        portal: &portal.id,
        population: &portal.population,
        route: route.name.as_str(),
        action: route.action.as_str(),
        access: &route.access,
        classes: &portal.classes,
        mode: portal.mode,
        account: &account.id,
        organisation: &account.organisation,
        ip: "127.0.0.1",
        proved_at: consultation.at,
        local: (10, 2),
        categories: &route.categories,
        is_exact_search: false,
        is_found_as_asked: false,
        own: None,
    };
    // Budgets are charged in the order of the day: the demonstration starts with limits that are
    // partly used.
    let decision = gateway.with_budgets(&portal.id, |budgets| {
        release(&rules, budgets, &facts, &keys)
    })?;
    let is_refused = decision.outcome == Outcome::Refused;
    let count = u32::try_from(persons.len()).unwrap_or(u32::MAX);
    Some(Exposure {
        at: consultation.at,
        exchange: ExchangeId::parse(&format!("day-{number:x}")).expect("an exchange id"),
        portal: portal.id.clone(),
        route: route.name.clone(),
        action: route.action.clone(),
        account: account.id.clone(),
        organisation: account.organisation.clone(),
        session: SessionId::parse(&format!("day-{}", account.id)).expect("a session id"),
        client: RequestClient {
            ip: "127.0.0.1".into(),
            user_agent: "replay".into(),
        },
        outcome: decision.outcome,
        reasons: decision.reasons,
        inspection: Inspection::Inspected,
        population: portal.population.clone(),
        shown: if is_refused {
            vec![]
        } else {
            vec![ShownPersons {
                basis: Basis::Caseload,
                means: Means::Described,
                persons,
            }]
        },
        persons_found: count,
        categories: route.categories.clone(),
        body_bytes: 2000,
        status: 200,
        policy_version: rules.policy_version,
        caseload_version: rules.caseload_version,
        justification: None,
        part: 1,
        parts: 1,
        source: None,
        repeated: None,
        unmapped: None,
        names_alone: 0,
        outside: None,
        classes: digue_types::ShownClasses::default(),
        unread: None,
    })
}
