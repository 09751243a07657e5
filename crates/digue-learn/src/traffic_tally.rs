//! What passed at a portal, by day and route: counts, which rules found something, which parts
//! documents had.
//!
//! Responses that show nobody are in no journal, and a map that finds nobody any more looks like a
//! quiet day. Counts, names of the map, and words of documents and addresses are kept here, within
//! bounds; no text of a response.

use std::collections::{BTreeMap, BTreeSet};

use digue_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::features::features_of;

/// Days that are kept, the last one included.
const DAYS_MAX: usize = 8;
/// The most routes of a day, templates of a route and day, and parts of a route.
const ROUTES_MAX: usize = 2_000;
const TEMPLATES_MAX: usize = 300;
const PARTS_MAX: usize = 2_000;
/// Members of one object; more of them are keyed by values.
const SIBLINGS_MAX: usize = 60;
/// Responses of a route that are all looked at; afterwards one in sixteen.
const LOOKED_AT_FIRST: u64 = 50;
const LOOKED_AT_LATER: u64 = 16;
/// A part that first comes after so many looks at its route is new.
const SETTLED_AFTER: u64 = 20;

/// A response that was inspected.
#[derive(Clone, Copy, Debug)]
pub struct TalliedResponse<'r> {
    pub at: Timestamp,
    pub route: &'r str,
    /// The template of the path, on a route that answers for all others.
    pub template: Option<&'r str>,
    pub status: u16,
    pub content_type: Option<&'r str>,
    pub content_encoding: &'r str,
    pub body: &'r [u8],
    pub shown: TalliedPersons<'r>,
}

/// Whom a response shows.
#[derive(Clone, Copy, Debug)]
pub enum TalliedPersons<'r> {
    Unreadable,
    /// By the rules that found them; none of them when it is the request that names a person.
    Some {
        rules: &'r [smol_str::SmolStr],
    },
    None,
}

/// The tally of one portal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrafficTally {
    /// By day since 1970 (UTC), and route.
    days: BTreeMap<i64, BTreeMap<String, RouteTraffic>>,
    parts: BTreeMap<String, RouteParts>,
}

/// One route during one or several days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteTraffic {
    pub responses: u64,
    pub bytes: u64,
    pub unreadable: u64,
    /// Responses that show nobody, and their bytes.
    pub without_persons: u64,
    pub without_persons_bytes: u64,
    pub without_persons_largest: u64,
    /// Responses in which a rule found someone.
    pub rules: BTreeMap<String, u64>,
    /// Responses by template, on a route that answers for all others.
    pub templates: BTreeMap<String, u64>,
    /// Those of templates beyond the bound.
    pub other_templates: u64,
}

/// The parts that the documents of a route had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct RouteParts {
    /// Documents that passed.
    passed: u64,
    /// Those that were looked at, and could be.
    looked_at: u64,
    parts: BTreeMap<String, FirstLook>,
}

/// When a part was seen first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct FirstLook {
    /// Seconds since 1970.
    at: i64,
    /// Documents of the route that were looked at before.
    after: u64,
}

/// A part of a document that the route did not have before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPart {
    pub route: String,
    pub part: String,
    pub at: Timestamp,
    /// Documents of the route that were looked at before, and lacked it.
    pub after: u64,
}

const fn day_of(at: Timestamp) -> i64 {
    at.secs().div_euclid(86_400)
}

impl TrafficTally {
    /// Counts a response, and looks at its parts.
    pub fn add(&mut self, response: &TalliedResponse<'_>) {
        if self.count(response) {
            self.note_parts(response, parts_of(response));
        }
    }

    /// Counts a response; true when [`Self::note_parts`] wants its parts.
    pub fn count(&mut self, response: &TalliedResponse<'_>) -> bool {
        let day = day_of(response.at);
        let routes = self.days.entry(day).or_default();
        if routes.len() >= ROUTES_MAX && !routes.contains_key(response.route) {
            return false;
        }
        routes
            .entry(response.route.to_owned())
            .or_default()
            .count(response);
        while self.days.len() > DAYS_MAX {
            self.days.pop_first();
        }
        // What failed has another form, and says nothing of the route's documents.
        (200..300).contains(&response.status) && self.is_next(response)
    }

    fn is_next(&mut self, response: &TalliedResponse<'_>) -> bool {
        if self.parts.len() >= ROUTES_MAX && !self.parts.contains_key(response.route) {
            return false;
        }
        let known = self.parts.entry(response.route.to_owned()).or_default();
        let passed = known.passed;
        known.passed += 1;
        passed < LOOKED_AT_FIRST || passed.is_multiple_of(LOOKED_AT_LATER)
    }

    /// Notes the parts of a document; without any it was not looked at, and counts as none.
    pub fn note_parts(&mut self, response: &TalliedResponse<'_>, parts: Option<BTreeSet<String>>) {
        let (Some(parts), Some(known)) = (parts, self.parts.get_mut(response.route)) else {
            return;
        };
        let seen = known.looked_at;
        known.looked_at += 1;
        for part in parts {
            known.note(
                part,
                FirstLook {
                    at: response.at.secs(),
                    after: seen,
                },
            );
        }
    }

    /// The routes since a day, that of `since` included.
    pub fn routes_since(&self, since: Timestamp) -> BTreeMap<String, RouteTraffic> {
        let mut routes: BTreeMap<String, RouteTraffic> = BTreeMap::new();
        for (route, traffic) in self
            .days
            .range(day_of(since)..)
            .flat_map(|(_, routes)| routes)
        {
            routes.entry(route.clone()).or_default().absorb(traffic);
        }
        routes
    }

    /// The first day of which something is known.
    pub fn first_day(&self) -> Option<Timestamp> {
        self.days
            .keys()
            .next()
            .map(|day| Timestamp::from_secs(day * 86_400))
    }

    /// Parts that came up since, on routes that were known well enough.
    pub fn new_parts(&self, since: Timestamp) -> Vec<NewPart> {
        let routes = self.parts.iter();
        routes
            .flat_map(|(route, known)| known.new_since(route, since))
            .collect()
    }
}

/// The parts of a document: takes as long as reading it.
pub fn parts_of(response: &TalliedResponse<'_>) -> Option<BTreeSet<String>> {
    features_of(
        response.content_type,
        response.content_encoding,
        response.body,
    )
}

impl RouteParts {
    fn new_since(&self, route: &str, since: Timestamp) -> impl Iterator<Item = NewPart> {
        let is_new =
            move |first: &FirstLook| first.after >= SETTLED_AFTER && first.at >= since.secs();
        let new = self.parts.iter().filter(move |(_, first)| is_new(first));
        new.map(move |(part, first)| NewPart {
            route: route.to_owned(),
            part: part.clone(),
            at: Timestamp::from_secs(first.at),
            after: first.after,
        })
    }

    fn note(&mut self, part: String, first: FirstLook) {
        if self.parts.len() >= PARTS_MAX || self.parts.contains_key(&part) {
            return;
        }
        let Some((parent, _)) = part.rsplit_once('.') else {
            self.parts.insert(part, first);
            return;
        };
        let any = format!("{parent}.*");
        let is_child = |other: &String| {
            other.rsplit_once('.').is_some_and(|(of, _)| of == parent) && *other != any
        };
        // Members of so many names are values: none of them is kept.
        if self.parts.keys().filter(|other| is_child(other)).count() >= SIBLINGS_MAX {
            self.parts.retain(|other, _| !is_child(other));
            self.parts.entry(any).or_insert(first);
        } else if !self.parts.contains_key(&any) || part == any {
            self.parts.insert(part, first);
        }
    }
}

impl RouteTraffic {
    fn count(&mut self, response: &TalliedResponse<'_>) {
        let bytes = response.body.len() as u64;
        self.responses += 1;
        self.bytes += bytes;
        match response.shown {
            TalliedPersons::Unreadable => self.unreadable += 1,
            TalliedPersons::Some { rules } => {
                for rule in rules {
                    *self.rules.entry(rule.to_string()).or_default() += 1;
                }
            }
            TalliedPersons::None => self.count_without_persons(bytes),
        }
        if let Some(template) = response.template {
            self.count_template(template);
        }
    }

    fn count_without_persons(&mut self, bytes: u64) {
        self.without_persons += 1;
        self.without_persons_bytes += bytes;
        self.without_persons_largest = self.without_persons_largest.max(bytes);
    }

    fn count_template(&mut self, template: &str) {
        if self.templates.len() >= TEMPLATES_MAX && !self.templates.contains_key(template) {
            self.other_templates += 1;
        } else {
            *self.templates.entry(template.to_owned()).or_default() += 1;
        }
    }

    fn absorb(&mut self, other: &Self) {
        self.responses += other.responses;
        self.bytes += other.bytes;
        self.unreadable += other.unreadable;
        self.without_persons += other.without_persons;
        self.without_persons_bytes += other.without_persons_bytes;
        self.without_persons_largest = self
            .without_persons_largest
            .max(other.without_persons_largest);
        self.other_templates += other.other_templates;
        add_counts(&mut self.rules, &other.rules);
        add_counts(&mut self.templates, &other.templates);
    }
}

fn add_counts(own: &mut BTreeMap<String, u64>, other: &BTreeMap<String, u64>) {
    for (name, count) in other {
        *own.entry(name.clone()).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn response<'r>(secs: i64, body: &'r str, shown: TalliedPersons<'r>) -> TalliedResponse<'r> {
        TalliedResponse {
            at: Timestamp::from_secs(secs),
            route: "fiche",
            template: None,
            status: 200,
            content_type: Some("application/json"),
            content_encoding: "",
            body: body.as_bytes(),
            shown,
        }
    }

    #[test]
    fn a_route_that_shows_nobody_is_seen_with_its_bytes() {
        let mut tally = TrafficTally::default();
        let rules = ["$.id".into()];
        tally.add(&response(
            0,
            r#"{"id":1}"#,
            TalliedPersons::Some { rules: &rules },
        ));
        tally.add(&response(DAY, "{}", TalliedPersons::None));
        tally.add(&response(DAY, r#"{"x":"long"}"#, TalliedPersons::None));
        tally.add(&response(DAY, "{", TalliedPersons::Unreadable));
        let all = &tally.routes_since(Timestamp::from_secs(0))["fiche"];
        assert_eq!(
            (all.responses, all.unreadable, all.rules["$.id"]),
            (4, 1, 1)
        );
        let later = &tally.routes_since(Timestamp::from_secs(DAY + 5))["fiche"];
        assert_eq!(
            (later.without_persons, later.without_persons_bytes),
            (2, 14)
        );
        assert_eq!((later.without_persons_largest, later.rules.len()), (12, 0));
    }

    #[test]
    fn a_part_is_new_once_its_route_is_known() {
        let mut tally = TrafficTally::default();
        for at in 0..SETTLED_AFTER as i64 {
            tally.add(&response(at, r#"{"id":1}"#, TalliedPersons::None));
        }
        assert_eq!(tally.new_parts(Timestamp::from_secs(0)), []);
        tally.add(&response(
            100,
            r#"{"id":1,"tuteur":{"nir":2}}"#,
            TalliedPersons::None,
        ));
        let parts = tally.new_parts(Timestamp::from_secs(100));
        let names: Vec<&str> = parts.iter().map(|part| part.part.as_str()).collect();
        assert_eq!(
            (names, parts[0].after),
            (vec!["$.tuteur", "$.tuteur.nir"], SETTLED_AFTER)
        );
        assert_eq!(tally.new_parts(Timestamp::from_secs(101)), []);
    }

    #[test]
    fn days_and_templates_are_bounded() {
        let mut tally = TrafficTally::default();
        for day in 0..20 {
            tally.add(&response(day * DAY, "{}", TalliedPersons::None));
        }
        assert_eq!(tally.first_day(), Some(Timestamp::from_secs(12 * DAY)));
        for number in 0..=TEMPLATES_MAX {
            let template = format!("/a{number}");
            let one = TalliedResponse {
                template: Some(&template),
                ..response(20 * DAY, "{}", TalliedPersons::None)
            };
            tally.add(&one);
        }
        let last = &tally.routes_since(Timestamp::from_secs(20 * DAY))["fiche"];
        assert_eq!(
            (last.templates.len(), last.other_templates),
            (TEMPLATES_MAX, 1)
        );
    }

    #[test]
    fn members_that_are_values_are_not_kept() {
        let mut tally = TrafficTally::default();
        let name = |number: usize| {
            ["dupont", "petit", "roux"][number % 3].to_owned() + &"x".repeat(number / 3)
        };
        for number in 0..=SIBLINGS_MAX {
            let body = format!(
                r#"{{"par_nom":{{"{}":1,"{}":2}}}}"#,
                name(2 * number),
                name(2 * number + 1)
            );
            tally.add(&response(5, &body, TalliedPersons::None));
        }
        let text = serde_json::to_string(&tally).unwrap();
        assert!(
            text.contains("$.par_nom.*") && !text.contains("dupont"),
            "{text}"
        );
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let mut tally = TrafficTally::default();
        tally.add(&response(5, r#"{"id":1}"#, TalliedPersons::None));
        let text = serde_json::to_string(&tally).unwrap();
        assert_eq!(serde_json::from_str::<TrafficTally>(&text).unwrap(), tally);
    }
}
