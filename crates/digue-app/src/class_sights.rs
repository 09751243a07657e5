//! Consultations of persons who have a class, of the last forty days: whom each class was shown,
//! and how many consultations had another person's agreement.
//!
//! Kept in memory as entries become durable, and read from the journal again after a start. Which
//! classes anybody watches is a matter of maps, and not known here.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use digue_types::{
    AccountId, Basis, ClassName, Exposure, OrganisationId, PersonRef, PopulationId, PortalId,
    RouteName, ShownClasses, Timestamp,
};

/// The days that are counted, today included. No longer than detection's memory, with which they
/// are read after a start.
const DAYS: i64 = 40;
/// Consultations of each class of which everything is kept, the newest.
const SIGHTS_MAX: usize = 5_000;

/// One person of a class, shown to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSight {
    /// Index of the journal entry.
    pub entry: u64,
    pub at: Timestamp,
    pub portal: PortalId,
    pub population: PopulationId,
    pub route: RouteName,
    pub account: AccountId,
    pub organisation: OrganisationId,
    pub person: PersonRef,
    pub basis: Basis,
}

/// The consultations of a class, a person counted once in each response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCount {
    pub shown: u64,
    /// Those to which another person had agreed.
    pub agreed: u64,
}

type ClassKey = (PopulationId, ClassName);

/// The consultations of classes in the last days.
#[derive(Clone, Debug, Default)]
pub struct ClassSights {
    sights: BTreeMap<ClassKey, VecDeque<ClassSight>>,
    days: BTreeMap<i64, BTreeMap<ClassKey, ClassCount>>,
    /// Entries of each day whose classes were not known.
    unknown: BTreeMap<i64, u64>,
    /// What the journal held before this start was read.
    is_complete: bool,
}

impl ClassSights {
    /// Notes a durable entry.
    pub fn note(&mut self, entry: u64, exposure: &Exposure) {
        let classes = match &exposure.classes {
            ShownClasses::Known(classes) if classes.is_empty() => return,
            ShownClasses::Known(classes) => classes,
            ShownClasses::Unknown => {
                *self.unknown.entry(exposure.at.utc_day()).or_default() += 1;
                return;
            }
        };
        // Imported exposures describe another time, and what is refused shows nobody.
        if exposure.source.is_some() || !exposure.is_released() {
            return;
        }
        // An entry has thousands of persons: each is looked for once for each of its classes.
        let groups = exposure.shown.iter();
        let bases: HashMap<&PersonRef, Basis> = groups
            .flat_map(|group| group.persons.iter().map(|person| (person, group.basis)))
            .collect();
        for class in classes {
            let key = (exposure.population.clone(), class.class.clone());
            let day = self.days.entry(exposure.at.utc_day()).or_default();
            let count = day.entry(key.clone()).or_default();
            let sights = self.sights.entry(key).or_default();
            for person in &class.persons {
                // In another part of the response, whose entry has it.
                let Some(basis) = bases.get(person).copied() else {
                    continue;
                };
                count.shown += 1;
                count.agreed += u64::from(basis == Basis::Agreed);
                sights.push_back(ClassSight {
                    entry,
                    at: exposure.at,
                    portal: exposure.portal.clone(),
                    population: exposure.population.clone(),
                    route: exposure.route.clone(),
                    account: exposure.account.clone(),
                    organisation: exposure.organisation.clone(),
                    person: person.clone(),
                    basis,
                });
            }
            let over = sights.len().saturating_sub(SIGHTS_MAX);
            sights.drain(..over);
        }
        self.forget(exposure.at.utc_day());
    }

    fn forget(&mut self, today: i64) {
        let first = today - DAYS + 1;
        self.days = self.days.split_off(&first);
        self.unknown = self.unknown.split_off(&first);
    }

    /// Puts what the journal held before this start in front of what was noted since.
    pub(crate) fn complete(&mut self, mut past: Self) {
        for (key, mut sights) in std::mem::take(&mut self.sights) {
            past.sights
                .entry(key.clone())
                .or_default()
                .append(&mut sights);
            let kept = past.sights.entry(key).or_default();
            let over = kept.len().saturating_sub(SIGHTS_MAX);
            kept.drain(..over);
        }
        for (day, counts) in std::mem::take(&mut self.days) {
            for (key, count) in counts {
                let known = past.days.entry(day).or_default().entry(key).or_default();
                known.shown += count.shown;
                known.agreed += count.agreed;
            }
        }
        for (day, count) in std::mem::take(&mut self.unknown) {
            *past.unknown.entry(day).or_default() += count;
        }
        past.is_complete = true;
        *self = past;
    }

    /// False while the journal of before this start is still being read: there may be more.
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The consultations of a class within the last `days`, at most forty.
    pub fn count(
        &self,
        (population, class): (&PopulationId, &ClassName),
        days: i64,
        now: Timestamp,
    ) -> ClassCount {
        let key = (population.clone(), class.clone());
        let mut sum = ClassCount::default();
        for count in self
            .days
            .range(now.utc_day() - days + 1..)
            .filter_map(|(_, day)| day.get(&key))
        {
            sum.shown += count.shown;
            sum.agreed += count.agreed;
        }
        sum
    }

    /// Entries within the last `days` whose classes were not known.
    pub fn unknown(&self, days: i64, now: Timestamp) -> u64 {
        self.unknown
            .range(now.utc_day() - days + 1..)
            .map(|(_, count)| count)
            .sum()
    }

    /// The consultations of a class since `from`, the newest first, and whether older ones are
    /// left out.
    pub fn of(
        &self,
        (population, class): (&PopulationId, &ClassName),
        from: Timestamp,
    ) -> (Vec<ClassSight>, bool) {
        let Some(sights) = self.sights.get(&(population.clone(), class.clone())) else {
            return (Vec::new(), false);
        };
        let kept: Vec<ClassSight> = sights
            .iter()
            .rev()
            .take_while(|sight| from <= sight.at)
            .cloned()
            .collect();
        let is_cut = sights.len() == SIGHTS_MAX && kept.len() == SIGHTS_MAX;
        (kept, is_cut)
    }
}

/// How far back the pages and checks about classes look.
pub const LOOKS_BACK: Duration = Duration::from_hours(24 * 30);

#[cfg(test)]
mod tests {
    use digue_types::{Event, Means, ShownClass, ShownPersons};

    use super::*;

    fn key() -> (PopulationId, ClassName) {
        (
            PopulationId::parse("demandeurs").unwrap(),
            ClassName::parse("archived").unwrap(),
        )
    }

    /// Persons of the class: the first agreed, the second not, a third without any class.
    fn exposure(day: i64) -> Exposure {
        let persons = ["P1", "P2", "P3"].map(|text| PersonRef::parse(text).unwrap());
        let shown = |basis, persons: &[PersonRef]| ShownPersons {
            basis,
            means: Means::Described,
            persons: persons.to_vec(),
        };
        Exposure {
            at: Timestamp::from_secs(day * 86_400),
            population: key().0,
            shown: vec![
                shown(Basis::Caseload, &persons[1..]),
                shown(Basis::Agreed, &persons[..1]),
            ],
            classes: ShownClasses::Known(vec![ShownClass {
                class: key().1,
                persons: persons[..2].to_vec(),
            }]),
            ..base()
        }
    }

    fn base() -> Exposure {
        match digue_testkit::events::shown(0, "a1", "P1") {
            Event::Exposure(exposure) => *exposure,
            Event::Administration(_) => panic!("an exposure"),
        }
    }

    #[test]
    fn a_restart_counts_as_none() {
        let (mut whole, mut past, mut after) = (
            ClassSights::default(),
            ClassSights::default(),
            ClassSights::default(),
        );
        for day in 0..60_i64 {
            let exposure = exposure(day);
            whole.note(day.unsigned_abs(), &exposure);
            if day < 50 { &mut past } else { &mut after }.note(day.unsigned_abs(), &exposure);
        }
        after.complete(past);
        let now = Timestamp::from_secs(59 * 86_400);
        let (population, class) = key();
        for days in [1_i64, 30, 40] {
            let expected = ClassCount {
                shown: 2 * days.unsigned_abs(),
                agreed: days.unsigned_abs(),
            };
            for sights in [&whole, &after] {
                assert_eq!(sights.count((&population, &class), days, now), expected);
            }
        }
        let since = now.minus(Duration::from_hours(24));
        let (listed, is_cut) = after.of((&population, &class), since);
        assert_eq!(listed, whole.of((&population, &class), since).0);
        assert_eq!((listed.len(), is_cut), (4, false));
        assert!(after.is_complete() && !whole.is_complete());
    }
}
