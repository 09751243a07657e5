//! Which of the places where known values were met are places of persons.
//!
//! A telling value speaks for itself. A short number needs a second sign: the person's name close
//! by, or a word that calls a person. Addresses are judged together, wherever links to them stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::body_survey::FormatSurvey;
use crate::entity::is_of_person;
use crate::evidence::RuleEvidence;
use crate::json_survey::JsonSurvey;
use crate::known::KnownPersons;
use crate::place_signs::{PersonWords, PlaceSigns};
use crate::shape::Telling;
use crate::survey::{RouteKey, RouteSurvey, before_in};
use crate::tally::{KindTally, PlaceTally};
use crate::value::ValueContext;

/// A place that is taken for one of identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub kind: u16,
    pub evidence: RuleEvidence,
    /// Other texts stand there too, so that a rule needs a pattern.
    pub has_others: bool,
}

impl Accepted {
    pub(crate) const fn with_others(self, has_others: bool) -> Self {
        Self { has_others, ..self }
    }
}

/// The outcome for one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceVerdict {
    Accepted(Accepted),
    /// Known values stand there, and nothing says that they are persons'.
    Doubtful {
        kind: u16,
        hits: usize,
    },
    Nobody,
}

/// Judges one place.
pub(crate) fn judge(
    known: &KnownPersons,
    words: &PersonWords,
    tally: &PlaceTally,
    signs: PlaceSigns,
) -> PlaceVerdict {
    let Some((kind, seen)) = most_seen(tally) else {
        return PlaceVerdict::Nobody;
    };
    // A cursor repeats who ends the page. Where the shape tells, the search in every text finds it
    // there, too.
    if signs.is_cursor {
        return PlaceVerdict::Nobody;
    }
    let others = others_than(seen, tally);
    // A column of visits in a table of pupils: each number is some pupil's, and never the one's whose
    // name stands in the row.
    let is_contradicted =
        signs.is_far && seen.contradicted * 2 >= seen.hits && !seen.is_confirmed();
    let signs = PlaceSigns {
        says_person: signs.says_person && words.allow(kind, signs.word) && !is_contradicted,
        ..signs
    };
    let shape = &known.kind(kind).shape;
    // A UUID tells itself from a word, and not from the UUID of an offer.
    let telling = match shape.telling {
        Telling::Alone if shape.is_shared() => Telling::Rare,
        telling => telling,
    };
    if is_accepted(telling, seen, others, signs) {
        return PlaceVerdict::Accepted(Accepted {
            kind,
            evidence: evidence_of(seen, known.is_given()),
            has_others: others > 0,
        });
    }
    if is_doubtful(known, kind, seen, others) {
        let hits = seen.hits;
        return PlaceVerdict::Doubtful { kind, hits };
    }
    PlaceVerdict::Nobody
}

fn most_seen(tally: &PlaceTally) -> Option<(u16, &KindTally)> {
    let kinds = tally.kinds.iter().map(|(kind, seen)| (*kind, seen));
    kinds.max_by_key(|(kind, seen)| (seen.hits, seen.alike, std::cmp::Reverse(*kind)))
}

/// The texts at the place that are not of the kind seen most.
fn others_than(seen: &KindTally, tally: &PlaceTally) -> usize {
    let kinds = tally.kinds.values();
    let of_kinds: usize = kinds.map(|seen| seen.hits + seen.alike).sum();
    tally.others + of_kinds - seen.hits - seen.alike
}

pub(crate) fn evidence_of(seen: &KindTally, is_given: bool) -> RuleEvidence {
    let persons = seen.persons.len();
    RuleEvidence {
        alone: seen.alone,
        ..RuleEvidence::new(seen.hits, seen.alike, persons, seen.confirmed, is_given)
    }
}

/// The fewest persons whose identifiers stand at a place that is worth a look, though nothing says
/// that they are theirs.
const DOUBT_PERSONS_MIN: usize = 3;

/// True for a place that a person should look at. The size of a page, a state, a right are numbers
/// that some persons have, too.
fn is_doubtful(known: &KnownPersons, kind: u16, seen: &KindTally, others: usize) -> bool {
    let is_dense = seen.hits * 2 >= seen.hits + seen.alike + others;
    let is_many = seen.persons.len() >= DOUBT_PERSONS_MIN.min(known.len());
    let is_short = known.kind(kind).telling() == Telling::Short;
    seen.hits > 0 && (!is_short || is_dense && is_many)
}

fn is_accepted(telling: Telling, seen: &KindTally, others: usize, signs: PlaceSigns) -> bool {
    let is_confirmed = seen.is_confirmed();
    match telling {
        Telling::Alone => seen.hits + seen.alike > 0,
        Telling::Rare => {
            seen.hits > 0
                && (is_confirmed || signs.says_person || seen.hits * 2 >= seen.hits + seen.alike)
        }
        Telling::Short => {
            let is_dense = seen.hits * 2 >= seen.hits + seen.alike + others;
            seen.hits > 0 && !signs.is_paging && (is_confirmed || (signs.says_person && is_dense))
        }
    }
}

/// The judgement of addresses, over all routes.
pub struct AddressVerdicts {
    verdicts: BTreeMap<ValueContext, PlaceVerdict>,
    /// Contexts of numbers that a word alone calls persons', and no name confirms.
    unsure: BTreeSet<ValueContext>,
    pub(crate) words: PersonWords,
}

impl AddressVerdicts {
    /// True for a parameter that names a person: it is no plain one.
    pub fn names_person(&self, parameter: &str) -> bool {
        let context = ValueContext::Query(parameter.into());
        matches!(self.verdict(&context), PlaceVerdict::Accepted(_))
    }

    pub(crate) fn of(known: &KnownPersons, routes: &BTreeMap<RouteKey, RouteSurvey>) -> Self {
        let mut pools: BTreeMap<ValueContext, PlaceTally> = BTreeMap::new();
        let mut says: BTreeMap<ValueContext, bool> = BTreeMap::new();
        let mut pool = |context: &ValueContext, tally: &PlaceTally| {
            if matches!(context, ValueContext::Path(_) | ValueContext::Query(_)) {
                pools
                    .entry(context.clone())
                    .or_default()
                    .absorb(tally.clone());
            }
        };
        let words = PersonWords::of(routes);
        for (key, route) in routes {
            for (place, tally) in &route.segments {
                let before = before_in(&key.template, *place);
                let (numbers, others) = tally.split(|kind| is_short(known, kind));
                pool(&before.far(), &numbers);
                pool(&before.near(), &others);
            }
            for (name, parameter) in route.query.iter().chain(&route.form) {
                pool(&ValueContext::Query(name.into()), &parameter.tally);
            }
            for body in route.bodies.values() {
                body.format.each_address(&mut pool);
            }
            // A page of one person whose address has a number: the number is the person's when the
            // page says so.
            if let Some((place, _)) = route.segments.last_key_value()
                && route.shows_members_of_persons()
            {
                let before = before_in(&key.template, *place);
                says.insert(before.near(), true);
                says.insert(before.far(), true);
            }
        }
        let (mut verdicts, mut unsure) = (BTreeMap::new(), BTreeSet::new());
        for (context, tally) in pools {
            let is_said = says.contains_key(&context);
            let word = context.person_word().filter(|_| !is_said);
            let is_paging = context.is_paging();
            let is_cursor = is_paging && matches!(context, ValueContext::Query(_));
            let signs = PlaceSigns {
                says_person: word.is_some() || is_said,
                word,
                is_far: false,
                is_paging,
                is_cursor,
            };
            let verdict = judge(known, &words, &tally, signs);
            if let PlaceVerdict::Accepted(Accepted { kind, .. }) = verdict
                && is_short(known, kind)
                && !words.allow(kind, word)
                && !tally.kinds.get(&kind).is_some_and(KindTally::is_confirmed)
            {
                unsure.insert(context.clone());
            }
            verdicts.insert(context, verdict);
        }
        Self {
            verdicts,
            unsure,
            words,
        }
    }

    /// The verdict on a place of requests: whom it names is checked before the portal is asked, so
    /// that a wrong one refuses an honest request.
    pub(crate) fn of_requests(&self, context: &ValueContext) -> PlaceVerdict {
        match self.verdict(context) {
            PlaceVerdict::Accepted(Accepted { kind, evidence, .. })
                if self.unsure.contains(context) =>
            {
                let hits = evidence.hits;
                PlaceVerdict::Doubtful { kind, hits }
            }
            verdict => verdict,
        }
    }

    pub(crate) fn verdict(&self, context: &ValueContext) -> PlaceVerdict {
        self.verdicts
            .get(context)
            .copied()
            .unwrap_or(PlaceVerdict::Nobody)
    }

    /// The places in doubt.
    pub fn doubtful(&self) -> impl Iterator<Item = (&ValueContext, u16, usize)> {
        self.verdicts
            .iter()
            .filter_map(|(context, verdict)| match verdict {
                PlaceVerdict::Doubtful { kind, hits } => Some((context, *kind, *hits)),
                PlaceVerdict::Accepted(_) | PlaceVerdict::Nobody => None,
            })
    }
}

fn is_short(known: &KnownPersons, kind: u16) -> bool {
    known.kind(kind).telling() == Telling::Short
}

fn has_members_of_persons(json: &JsonSurvey) -> bool {
    let paths = json.places.keys();
    let own = paths.filter_map(|path| path.strip_prefix("$."));
    let members = own.filter(|name| !name.contains(['.', '[']));
    members.filter(|name| is_of_person(name)).count() >= 2
}

impl RouteSurvey {
    /// True when a JSON answer that is one object has members that persons have.
    fn shows_members_of_persons(&self) -> bool {
        self.bodies.values().any(|body| match &body.format {
            FormatSurvey::Json(json) => has_members_of_persons(json),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{ColumnChoice, KnownValue, PersonsTable, Spelling};
    use crate::tally::HitSigns;
    use crate::value::{Spot, SpotSeen};

    fn known(values: &[&str]) -> KnownPersons {
        let rows = values
            .iter()
            .map(|value| vec![(*value).to_owned()])
            .collect();
        let table = PersonsTable {
            header: vec!["id".into()],
            rows,
        };
        KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0
    }

    /// A place with so many known texts, confirmed ones, of the same shape, and others.
    fn tally(
        known: &KnownPersons,
        hits: usize,
        confirmed: usize,
        alike: usize,
        others: usize,
    ) -> PlaceTally {
        let mut tally = PlaceTally::default();
        let mut add = |seen: SpotSeen, is_confirmed| {
            let signs = HitSigns {
                is_confirmed,
                ..HitSigns::default()
            };
            tally.add(
                &Spot {
                    context: ValueContext::Whole,
                    seen,
                },
                signs,
            );
        };
        let (value, _) = known
            .value(match known.kinds()[0].telling() {
                Telling::Short => "12",
                Telling::Rare => "2026002",
                Telling::Alone => "P0002",
            })
            .unwrap();
        (0..hits).for_each(|n| {
            let value = KnownValue {
                person: n as u32 % 3,
                ..value
            };
            add(
                SpotSeen::Known {
                    value,
                    spelling: Spelling::default(),
                },
                n < confirmed,
            );
        });
        (0..alike).for_each(|_| add(SpotSeen::Alike { kind: 0 }, false));
        (0..others).for_each(|_| add(SpotSeen::Other, false));
        tally
    }

    #[track_caller]
    fn check(known: &KnownPersons, counts: [usize; 4], says_person: bool, expected: &str) {
        let [hits, confirmed, alike, others] = counts;
        let signs = PlaceSigns {
            says_person,
            ..PlaceSigns::default()
        };
        let verdict = match judge(
            known,
            &PersonWords::default(),
            &tally(known, hits, confirmed, alike, others),
            signs,
        ) {
            PlaceVerdict::Accepted(_) => "accepted",
            PlaceVerdict::Doubtful { .. } => "doubtful",
            PlaceVerdict::Nobody => "nobody",
        };
        assert_eq!(verdict, expected, "{counts:?} {says_person}");
    }

    #[test]
    fn a_telling_shape_speaks_for_itself() {
        let known = known(&["P0001", "P0002", "P0003"]);
        check(&known, [1, 0, 0, 50], false, "accepted");
        check(&known, [0, 0, 3, 0], false, "accepted");
        check(&known, [0, 0, 0, 3], false, "nobody");
    }

    #[test]
    fn longer_numbers_need_to_be_known_at_their_place() {
        let known = known(&["2026001", "2026002", "2026003"]);
        check(&known, [5, 0, 5, 0], false, "accepted");
        check(&known, [1, 0, 9, 0], false, "doubtful");
        check(&known, [1, 1, 9, 0], false, "accepted");
        check(&known, [1, 0, 9, 0], true, "accepted");
        check(&known, [0, 0, 9, 0], true, "nobody");
    }

    #[test]
    fn short_numbers_need_a_second_sign() {
        let known = known(&["11", "12", "13"]);
        check(&known, [500, 0, 0, 0], false, "doubtful");
        check(&known, [5, 0, 0, 0], true, "accepted");
        check(&known, [5, 0, 9, 0], true, "nobody");
        check(&known, [5, 3, 0, 0], false, "accepted");
        check(&known, [5, 2, 0, 0], false, "doubtful");
        let paging = PlaceSigns {
            says_person: true,
            is_paging: true,
            ..PlaceSigns::default()
        };
        assert!(matches!(
            judge(
                &known,
                &PersonWords::default(),
                &tally(&known, 5, 5, 0, 0),
                paging
            ),
            PlaceVerdict::Doubtful { .. }
        ));
        let cursor = PlaceSigns {
            is_cursor: true,
            ..paging
        };
        assert_eq!(
            judge(
                &known,
                &PersonWords::default(),
                &tally(&known, 5, 5, 0, 0),
                cursor
            ),
            PlaceVerdict::Nobody
        );
        check(&known, [5, 0, 9, 0], false, "nobody");
    }
}
