//! Requests that read, although their method says that they change something: searches, exports,
//! remote calls.
//!
//! Nothing in a recording proves that a request changes nothing. What is taken for a sign is what
//! the portal calls the request, together with what it answered; a word that means a change, an
//! upload or a redirect speaks against all signs. A portal that calls a deletion `search` is
//! believed, as is one that deletes on `GET`.

use crate::body_format::BodyFormat;
use crate::body_survey::BodySurvey;
use crate::content::{RouteContent, dispatches, literals, says_what_is_done};
use crate::known::KnownPersons;
use crate::request_words::{changes, last_component, reads};
use crate::shape::Telling;
use crate::survey::{RouteKey, RouteSurvey};

/// The fewest persons of a list.
const LIST_MIN: usize = 2;

/// How alike a page and the answer to its form are.
const LIKENESS_MIN: f64 = 0.8;

/// What speaks for a request that only reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadingSign {
    /// GraphQL operations of the kind `query`, which change nothing by their definition.
    GraphQlQuery,
    /// The request itself names `GET` as its method.
    MethodNamed,
    /// The method called is a word for reading.
    MethodName,
    /// The address ends in a word for reading.
    Address,
    /// The answer is a file.
    File,
    /// A form of a page whose answer is the list of that page.
    SamePage,
    /// The same request had the same answer again, after others.
    Repeated { times: usize },
}

/// What a request does, as far as traffic tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestNature {
    /// It reads, and its answers showed records.
    Reads(ReadingSign),
    /// A sign says that it reads, and nothing confirms it.
    MayRead(ReadingSign),
    /// Nothing says that it only reads.
    Unknown,
}

/// What requests of this route do. `page` is what the same address answers to `GET`.
pub fn request_nature(
    known: &KnownPersons,
    key: &RouteKey,
    survey: &RouteSurvey,
    page: Option<&RouteSurvey>,
) -> RequestNature {
    if key.method != "POST" || !may_only_read(key, survey) {
        return RequestNature::Unknown;
    }
    match nature_by_signs(known, key, survey, page) {
        // The route would answer other choices, too.
        RequestNature::Reads(sign) if survey.chooses_otherwise => RequestNature::MayRead(sign),
        nature => nature,
    }
}

fn nature_by_signs(
    known: &KnownPersons,
    key: &RouteKey,
    survey: &RouteSurvey,
    page: Option<&RouteSurvey>,
) -> RequestNature {
    let shows_records = survey.shows_records(known);
    let is_repeated = survey.repeated.times() > 0;
    if let Some(sign) = called_sign(key) {
        // The name of a method is the portal's own word for what it does, as `GET` is: a list that
        // happened to be empty is no reason to doubt it. An address is a word among others.
        let is_defined = match sign {
            ReadingSign::GraphQlQuery | ReadingSign::MethodNamed | ReadingSign::MethodName => true,
            ReadingSign::Address
            | ReadingSign::File
            | ReadingSign::SamePage
            | ReadingSign::Repeated { .. } => survey.redirects.are_of_a_search(),
        };
        return match shows_records || is_repeated || is_defined {
            true => RequestNature::Reads(sign),
            false => RequestNature::MayRead(sign),
        };
    }
    if shows_records && has_files_alone(survey) {
        return RequestNature::Reads(ReadingSign::File);
    }
    let shows_list = survey.most_persons() >= LIST_MIN;
    if shows_list && page.is_some_and(|page| is_same_list(survey, page)) {
        return RequestNature::Reads(ReadingSign::SamePage);
    }
    let times = survey.repeated.times();
    match (times > 0, shows_list) {
        (true, true) => RequestNature::Reads(ReadingSign::Repeated { times }),
        (true, false) => RequestNature::MayRead(ReadingSign::Repeated { times }),
        (false, _) => RequestNature::Unknown,
    }
}

/// True where nothing speaks against a reading.
fn may_only_read(key: &RouteKey, survey: &RouteSurvey) -> bool {
    let creates = |status: &u16| matches!(status, 201 | 202 | 204 | 205 | 304);
    let answers = survey.statuses.contains_key(&200);
    let searches = survey.redirects.are_of_a_search();
    let says = match &key.content {
        RouteContent::GraphQl(fields) => fields.iter().any(|field| !field.starts_with("query ")),
        RouteContent::OtherMethod(method) => !method.eq_ignore_ascii_case("get"),
        RouteContent::Any | RouteContent::Query(_) | RouteContent::Json { .. } => {
            let address = literals(&key.template).rev().take(2);
            let names = key.content.names().into_iter().map(last_component);
            address.chain(names).any(changes)
        }
    };
    !says
        && !survey.says_change
        && !survey.statuses.keys().any(creates)
        && (searches || answers && survey.redirects.is_empty())
}

/// What the request itself is called.
fn called_sign(key: &RouteKey) -> Option<ReadingSign> {
    let names = key.content.names();
    match &key.content {
        RouteContent::GraphQl(_) => return Some(ReadingSign::GraphQlQuery),
        RouteContent::OtherMethod(_) => return Some(ReadingSign::MethodNamed),
        RouteContent::Json { .. } if names.iter().all(|name| reads(name)) => {
            return Some(ReadingSign::MethodName);
        }
        // What is done reads: what it is done with says nothing.
        RouteContent::Query(chosen) => {
            let mut done = chosen.iter().filter(|(name, _)| says_what_is_done(name));
            let reads_all = match done.clone().next() {
                Some(_) => done.all(|(_, value)| reads(value)),
                None => names.iter().any(|name| reads(name)),
            };
            // Which page it is leaves what the page is called.
            let chooses_a_page = chosen.iter().all(|(name, _)| !dispatches(name));
            if reads_all || !chooses_a_page {
                return reads_all.then_some(ReadingSign::MethodName);
            }
        }
        // What is called says nothing, and an address of calls says nothing of any.
        RouteContent::Json { .. } => return None,
        RouteContent::Any => {}
    }
    let last = literals(&key.template).next_back()?;
    reads(last).then_some(ReadingSign::Address)
}

fn has_files_alone(survey: &RouteSurvey) -> bool {
    let is_file = |(_, format): &(String, BodyFormat)| {
        matches!(
            format,
            BodyFormat::Csv | BodyFormat::Xlsx | BodyFormat::Pdf | BodyFormat::Zip
        )
    };
    // A cell of a PDF that breaks an identifier makes another person of it.
    let is_whole = |body: &BodySurvey| body.alike_words * 20 <= body.known_words;
    !survey.bodies.is_empty()
        && survey.bodies.keys().all(is_file)
        && survey.bodies.values().all(is_whole)
}

fn is_same_list(survey: &RouteSurvey, page: &RouteSurvey) -> bool {
    let is_page = |(key, body): (&(String, BodyFormat), &BodySurvey)| {
        page.bodies
            .get(key)
            .is_some_and(|own| own.most_persons >= LIST_MIN && own.likeness(body) >= LIKENESS_MIN)
    };
    !survey.bodies.is_empty() && survey.bodies.iter().all(is_page)
}

impl RouteSurvey {
    /// True when known persons stand in these answers.
    pub fn shows_records(&self, known: &KnownPersons) -> bool {
        self.bodies.values().any(|body| body.shows_records(known))
    }

    fn most_persons(&self) -> usize {
        let persons = self.bodies.values().map(|body| body.most_persons);
        persons.max().unwrap_or(0)
    }
}

impl BodySurvey {
    /// True when known persons stand in these bodies. A short number that no name confirms is the
    /// number of a call, of a language or of a page as often as a person's.
    fn shows_records(&self, known: &KnownPersons) -> bool {
        let mut has_hits = self.with_known > 0 || self.with_name_only > 0;
        self.format.each_tally(&mut |tally| {
            let mut kinds = tally.kinds.iter();
            has_hits |= kinds.any(|(kind, seen)| match known.kind(*kind).telling() {
                Telling::Short => seen.confirmed > 0,
                Telling::Rare | Telling::Alone => seen.hits > 0,
            });
        });
        has_hits
    }
}
