//! The places of one route, each with its verdict: what the lines of a map are drafted from.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use crate::content::dispatches;
use crate::entity::{entity_words, is_generic, is_of_person, person_word};
use crate::html_place::HtmlPlace;
use crate::html_survey::HtmlSurvey;
use crate::json_survey::JsonSurvey;
use crate::judge::{Accepted, AddressVerdicts, PlaceVerdict, evidence_of, judge};
use crate::known::{KnownPersons, words_of};
use crate::place_signs::{PlaceSigns, json_signs, place_signs};
use crate::shape::Telling;
use crate::survey::{ParameterSurvey, RouteKey, RouteSurvey, before_in};
use crate::table_survey::{ColumnSurvey, TableSurvey};
use crate::tally::PlaceTally;
use crate::value::{ValueContext, is_paging_name};
use crate::xml_survey::{XmlSurvey, names_of};

/// Judges the places of one route.
#[derive(Clone, Copy)]
pub struct RouteJudge<'j> {
    known: &'j KnownPersons,
    addresses: &'j AddressVerdicts,
    key: &'j RouteKey,
}

/// A place of answers.
#[derive(Clone, Copy, Debug)]
pub struct JudgedPlace<'s, P> {
    pub place: &'s P,
    pub context: &'s ValueContext,
    pub verdict: PlaceVerdict,
}

/// A part of requests that names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRequest {
    /// The name of the segment or parameter, or the JSON path.
    pub at: String,
    /// What stands before the identifier in its value.
    pub context: ValueContext,
    pub accepted: Accepted,
}

/// A parameter of the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JudgedParameter<'s> {
    Person(JudgedRequest),
    Other {
        name: &'s str,
        /// Several values of letters: perhaps a search.
        has_words: bool,
    },
}

impl<'j> RouteJudge<'j> {
    pub const fn new(
        known: &'j KnownPersons,
        addresses: &'j AddressVerdicts,
        key: &'j RouteKey,
    ) -> Self {
        Self {
            known,
            addresses,
            key,
        }
    }

    /// True where a list of JSON is one of persons by its name, or by the address.
    pub fn calls_person(&self, place: &str) -> bool {
        json_signs(self.key, place, &|_| 0).says_person
    }

    /// The places of JSON documents, by path.
    pub fn json<'s>(&self, json: &'s JsonSurvey) -> Vec<JudgedPlace<'s, SmolStr>> {
        // To tell a person's `id` from a thing's.
        let members = members_of_objects(json);
        let of_persons = |parent: &str| {
            members
                .get(parent)
                .map_or(0, |names| members_of_persons(names.iter().copied()))
        };
        let judged = |((place, context), tally): (&'s (SmolStr, ValueContext), &PlaceTally)| {
            let verdict = self.verdict(context, tally, json_signs(self.key, place, &of_persons));
            JudgedPlace {
                place,
                context,
                verdict,
            }
        };
        let of_call = |((place, _), _): &(&(SmolStr, ValueContext), &PlaceTally)| {
            !self.key.content.is_number_of_call(place)
        };
        json.tallies.iter().filter(of_call).map(judged).collect()
    }

    /// The places of XML documents, by path.
    pub fn xml<'s>(&self, xml: &'s XmlSurvey) -> Vec<JudgedPlace<'s, SmolStr>> {
        let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in xml.places.keys() {
            if let Some((parent, name)) = path.rsplit_once('/') {
                members
                    .entry(parent)
                    .or_default()
                    .push(name.trim_start_matches('@'));
            }
        }
        let of_persons = |parent: &str| {
            members
                .get(parent)
                .map_or(0, |names| members_of_persons(names.iter().copied()))
        };
        let judged = |((place, context), tally): (&'s (SmolStr, ValueContext), &PlaceTally)| {
            let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
            let beside = of_persons(parent);
            let names: Vec<&str> = names_of(place).collect();
            let verdict = self.verdict(context, tally, place_signs(self.key, &names, beside));
            JudgedPlace {
                place,
                context,
                verdict,
            }
        };
        xml.tallies.iter().map(judged).collect()
    }

    /// The elements and attributes of pages.
    pub fn html<'s>(&self, html: &'s HtmlSurvey) -> Vec<JudgedPlace<'s, HtmlPlace>> {
        let judged = |((place, context), tally): (&'s (HtmlPlace, ValueContext), &PlaceTally)| {
            let word = context.person_word().or(place.person_word);
            let signs = PlaceSigns {
                says_person: word.is_some(),
                word,
                is_far: false,
                is_paging: context.is_paging(),
                is_cursor: false,
            };
            JudgedPlace {
                place,
                context,
                verdict: self.verdict(context, tally, signs),
            }
        };
        html.tallies.iter().map(judged).collect()
    }

    /// The columns of tables that have a header, but for those called by a number.
    pub fn columns<'s>(&self, table: &'s TableSurvey) -> Vec<(&'s ColumnSurvey, PlaceVerdict)> {
        let columns = table.columns.values();
        let of_persons = columns.filter(|column| is_of_person(&column.header));
        let has_person_columns = of_persons.count() >= 2;
        table
            .columns
            .values()
            .filter(|column| !column.header.starts_with('#'))
            .map(|column| (column, self.column(column, has_person_columns)))
            .collect()
    }

    fn column(&self, column: &ColumnSurvey, has_person_columns: bool) -> PlaceVerdict {
        let names = self.key.words().chain([column.header.as_str()]);
        let is_bare = is_generic(&words_of(&column.header));
        let word = person_word(&entity_words(names));
        let has_members = is_bare && has_person_columns;
        let signs = PlaceSigns {
            says_person: word.is_some() || has_members,
            word: word.filter(|_| !has_members),
            is_far: person_word(&entity_words([column.header.as_str()].into_iter())).is_none(),
            ..PlaceSigns::default()
        };
        self.judge(&column.tally, signs)
    }

    /// The columns of tables without a header, from 0.
    pub fn numbered(&self, table: &TableSurvey) -> Vec<(usize, PlaceVerdict)> {
        let judged = |(place, tally): (&usize, &PlaceTally)| {
            (*place, self.judge(tally, PlaceSigns::default()))
        };
        table.numbered.iter().map(judged).collect()
    }

    /// The segments of the path that name a person.
    pub fn path(&self, survey: &RouteSurvey) -> Vec<JudgedRequest> {
        let template = &self.key.template;
        let judged = |(place, at): (usize, String)| {
            let own = survey.segments.get(&place)?;
            let before = before_in(template, place);
            let contexts = [before.far(), before.near()];
            let together = contexts.iter().find_map(|context| {
                let PlaceVerdict::Accepted(accepted) = self.addresses.of_requests(context) else {
                    return None;
                };
                self.of_this_route(own, accepted)
            });
            // Other addresses after the same word may name persons by another kind.
            let accepted = together.or_else(|| self.told_here(&contexts[1], own))?;
            let accepted = accepted.with_others(has_others(own));
            let context = ValueContext::Whole;
            Some(JudgedRequest {
                at,
                context,
                accepted,
            })
        };
        template.variables().filter_map(judged).collect()
    }

    pub fn query<'s>(&self, survey: &'s RouteSurvey) -> Vec<JudgedParameter<'s>> {
        let parameters = survey.query.iter();
        parameters
            .map(|(name, parameter)| self.parameter(name, parameter, survey))
            .collect()
    }

    /// A place of requests where known persons stand whose identifiers tell, whatever all requests
    /// together say.
    fn told_here(&self, context: &ValueContext, tally: &PlaceTally) -> Option<Accepted> {
        let tells = |kind: u16| self.known.kind(kind).telling() > Telling::Short;
        let mut kinds = tally.kinds.iter();
        if !kinds.any(|(kind, own)| own.hits > 0 && tells(*kind)) {
            return None;
        }
        let word = context.person_word();
        let signs = PlaceSigns {
            says_person: word.is_some(),
            word,
            ..PlaceSigns::default()
        };
        match self.judge(tally, signs) {
            PlaceVerdict::Accepted(accepted) => Some(accepted),
            PlaceVerdict::Doubtful { .. } | PlaceVerdict::Nobody => None,
        }
    }

    /// The verdict on a parameter of this route. All routes that have it are judged together, and it
    /// may name another thing, or by another kind, here.
    fn own_parameter(&self, name: &str, tally: &PlaceTally, survey: &RouteSurvey) -> PlaceVerdict {
        let context = ValueContext::Query(name.into());
        let verdict = self.addresses.of_requests(&context);
        let accepted = match verdict {
            PlaceVerdict::Accepted(accepted) => Some(accepted),
            PlaceVerdict::Doubtful { .. } | PlaceVerdict::Nobody => None,
        };
        let has_hits = |kind: &u16| tally.kinds.get(kind).is_some_and(|own| own.hits > 0);
        let tells = |kind: &u16| self.known.kind(*kind).telling() > Telling::Short;
        let Some(accepted) = accepted.filter(|accepted| has_hits(&accepted.kind)) else {
            // Elsewhere it names another thing, or persons by another kind.
            if !tally.kinds.keys().any(|kind| has_hits(kind) && tells(kind)) {
                return match verdict {
                    PlaceVerdict::Accepted(_) => PlaceVerdict::Nobody,
                    PlaceVerdict::Doubtful { .. } | PlaceVerdict::Nobody => verdict,
                };
            }
            let word = context.person_word();
            let signs = PlaceSigns {
                says_person: word.is_some(),
                word,
                ..PlaceSigns::default()
            };
            return self.judge(tally, signs);
        };
        // `id` says nothing of what, and any number is some person's: what is answered says it.
        let is_any = self.known.kind(accepted.kind).telling() == Telling::Short
            && is_generic(&words_of(name));
        if is_any && survey.with_known() * 2 < survey.with_bodies() {
            let hits = accepted.evidence.hits;
            return PlaceVerdict::Doubtful {
                kind: accepted.kind,
                hits,
            };
        }
        verdict
    }

    fn parameter<'s>(
        &self,
        name: &'s String,
        parameter: &ParameterSurvey,
        survey: &RouteSurvey,
    ) -> JudgedParameter<'s> {
        let tally = &parameter.tally;
        // A cursor names the last person of the page before, and asks for none.
        let is_paging = is_paging_name(name);
        match self.own_parameter(name, tally, survey) {
            PlaceVerdict::Accepted(accepted) if tally.hits() > 0 && !is_paging => {
                JudgedParameter::Person(JudgedRequest {
                    at: name.clone(),
                    context: ValueContext::Whole,
                    accepted: accepted.with_others(has_others(tally)),
                })
            }
            PlaceVerdict::Accepted(_) | PlaceVerdict::Doubtful { .. } | PlaceVerdict::Nobody => {
                if let Some((context, accepted)) = self.inner(parameter) {
                    return JudgedParameter::Person(JudgedRequest {
                        at: name.clone(),
                        context,
                        accepted,
                    });
                }
                let has_words = parameter.words > 0
                    && parameter.values.len() >= 3
                    && !is_paging
                    && !dispatches(name);
                JudgedParameter::Other { name, has_words }
            }
        }
    }

    /// The identifier within a value, where all that is known of it follows one text.
    fn inner(&self, parameter: &ParameterSurvey) -> Option<(ValueContext, Accepted)> {
        let (context, tally) = parameter
            .inner
            .iter()
            .max_by_key(|(_, tally)| tally.hits())?;
        let all: usize = parameter.inner.values().map(PlaceTally::hits).sum();
        match self.judge(tally, PlaceSigns::default()) {
            PlaceVerdict::Accepted(accepted) if tally.hits() == all => {
                Some((context.clone(), accepted))
            }
            PlaceVerdict::Accepted(_) | PlaceVerdict::Doubtful { .. } | PlaceVerdict::Nobody => {
                None
            }
        }
    }

    /// The parameters of forms that name a person.
    pub fn form(&self, survey: &RouteSurvey) -> Vec<JudgedRequest> {
        let judged = |(name, field): (&String, &ParameterSurvey)| {
            let verdict = self.own_parameter(name, &field.tally, survey);
            let (context, accepted) = match verdict {
                PlaceVerdict::Accepted(accepted) if field.tally.hits() > 0 => (
                    ValueContext::Whole,
                    accepted.with_others(field.tally.others > 0),
                ),
                PlaceVerdict::Accepted(_)
                | PlaceVerdict::Doubtful { .. }
                | PlaceVerdict::Nobody => self.inner(field)?,
            };
            Some(JudgedRequest {
                at: name.clone(),
                context,
                accepted,
            })
        };
        survey.form.iter().filter_map(judged).collect()
    }

    /// The places of JSON requests that name a person, by path.
    pub fn json_request(&self, survey: &RouteSurvey) -> Vec<JudgedRequest> {
        let mut requests = Vec::new();
        for ((at, context), tally) in &survey.json_request {
            let signs = json_signs(self.key, at, &|_| 0);
            if self.key.content.is_number_of_call(at) {
                continue;
            }
            if matches!(context, ValueContext::Whole | ValueContext::After(_))
                && let PlaceVerdict::Accepted(accepted) = self.judge(tally, signs)
            {
                requests.push(JudgedRequest {
                    at: at.to_string(),
                    context: context.clone(),
                    accepted,
                });
            }
        }
        requests
    }

    /// The verdict on a place: addresses are judged together, all else by itself.
    fn verdict(
        &self,
        context: &ValueContext,
        tally: &PlaceTally,
        signs: PlaceSigns,
    ) -> PlaceVerdict {
        match context {
            ValueContext::Path(_) | ValueContext::Query(_) => match self.addresses.verdict(context)
            {
                PlaceVerdict::Accepted(accepted) => self
                    .of_this_route(tally, accepted)
                    .map_or(PlaceVerdict::Nobody, PlaceVerdict::Accepted),
                PlaceVerdict::Doubtful { .. } | PlaceVerdict::Nobody => PlaceVerdict::Nobody,
            },
            ValueContext::Whole | ValueContext::After(_) => self.judge(tally, signs),
        }
    }

    /// A verdict on all addresses with what was seen of them on this route; `None` where nothing
    /// was.
    fn of_this_route(&self, tally: &PlaceTally, accepted: Accepted) -> Option<Accepted> {
        let own = tally.kinds.get(&accepted.kind);
        let own = own.filter(|seen| seen.hits + seen.alike > 0)?;
        Some(Accepted {
            evidence: evidence_of(own, self.known.is_given()),
            ..accepted
        })
    }

    fn judge(&self, tally: &PlaceTally, signs: PlaceSigns) -> PlaceVerdict {
        judge(self.known, &self.addresses.words, tally, signs)
    }
}

/// True where values stand that are not all of one kind.
fn has_others(tally: &PlaceTally) -> bool {
    tally.others > 0 || tally.kinds.len() > 1
}

/// The names of the members of each object, by its path.
fn members_of_objects(json: &JsonSurvey) -> BTreeMap<&str, Vec<&str>> {
    let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in json.places.keys() {
        if let Some((parent, name)) = path.rsplit_once('.') {
            members.entry(parent).or_default().push(name);
        }
    }
    members
}

/// How many of `names` are members that persons have.
fn members_of_persons<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.filter(|name| is_of_person(name)).count()
}
