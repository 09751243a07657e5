//! Answers that are fetched later: a request names persons and is answered with a token, another
//! one fetches the file by it. The persons named or shown when the token was given are in the file.
//!
//! Only in memory, for one account, for a limited time: a token that is not known here says nothing
//! about whom its file shows, and the file is refused.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use digue_identifiers::collector::Collector;
use digue_identifiers::{IdentifierKind, Pick};
use digue_inspect::json::{JsonMap, JsonRule, JsonRules};
use digue_inspect::jsonpath::RecordPath;
use digue_types::{AccountId, PersonRef, PortalId, Timestamp};
use http::header::{self, HeaderMap};
use percent_encoding::percent_decode_str;

use digue_quotas::lock::lock;

/// The most tokens of one account at one portal; the oldest is forgotten.
const TOKENS_MAX: usize = 32;
/// The most persons of all tokens of one account at one portal.
const PERSONS_MAX: usize = 200_000;
/// The longest token; longer ones are documents.
const TOKEN_BYTES_MAX: usize = 512;
/// The most bytes of a response that gives a token, once decoded.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// How long a token is known, unless the map says otherwise.
pub const REMEMBERED_USUAL: Duration = Duration::from_hours(1);
/// The longest that a map may say.
pub const REMEMBERED_MAX: Duration = Duration::from_hours(24);

/// What a route has to do with answers that are fetched later.
#[derive(Clone, Debug, Default)]
pub struct LaterAnswers {
    /// Where its responses say the token.
    pub gives: Option<GivenToken>,
    /// The part of its requests that is the token: a name of the path, or a parameter.
    pub remembers: Option<String>,
}

/// Where a response says the token, and for how long it is known.
#[derive(Clone, Debug)]
pub struct GivenToken {
    place: TokenPlace,
    pub lasts: Duration,
}

#[derive(Clone, Debug)]
enum TokenPlace {
    Json(Box<JsonRules>),
    /// The last segment of `Location`.
    Location,
}

impl GivenToken {
    /// `location`, or a JSON path such as `$.job.id`.
    pub fn parse(text: &str, lasts: Duration) -> Result<Self, String> {
        let place = if text == "location" {
            TokenPlace::Location
        } else {
            let path = RecordPath::parse(text).map_err(|error| error.to_string())?;
            let map = JsonMap {
                rules: vec![JsonRule::new(path, Pick::whole(0, "gives_token"))],
                ..JsonMap::default()
            };
            let rules = JsonRules::new(map).map_err(|error| error.to_string())?;
            TokenPlace::Json(Box::new(rules))
        };
        Ok(Self { place, lasts })
    }

    /// The token of a response; `None` when it says none that can be read, or several: what is
    /// fetched by it is refused then.
    pub fn of(&self, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        match &self.place {
            TokenPlace::Location => {
                let location = headers.get(header::LOCATION)?.to_str().ok()?;
                let path = location.split(['?', '#']).next()?;
                let last = path.trim_end_matches('/').rsplit('/').next()?;
                let token = percent_decode_str(last).decode_utf8().ok()?;
                canonical(&token)
            }
            TokenPlace::Json(rules) => {
                let kinds = [IdentifierKind {
                    name: "token".to_owned(),
                    steps: vec![],
                    shape: None,
                }];
                let codings = headers.get_all(header::CONTENT_ENCODING).iter();
                let codings: Vec<&str> =
                    codings.filter_map(|coding| coding.to_str().ok()).collect();
                let body = digue_decode::decode(&codings.join(","), body, ANSWER_BYTES_MAX).ok()?;
                let mut found = Collector::new(&kinds, &[], 2);
                rules
                    .read(std::str::from_utf8(&body).ok()?, &mut found)
                    .ok()?;
                match found.into_identifiers().as_slice() {
                    [one] => canonical(&one.text),
                    _ => None,
                }
            }
        }
    }
}

fn canonical(token: &str) -> Option<String> {
    let token = token.trim();
    let is_token = !token.is_empty() && token.len() <= TOKEN_BYTES_MAX;
    is_token.then(|| token.to_owned())
}

/// The persons of one token.
struct RememberedAnswer {
    token: String,
    until: Timestamp,
    persons: Vec<PersonRef>,
}

/// The tokens of all accounts. Its lock is a leaf: held for one look-up or change.
#[derive(Default)]
pub struct RememberedAnswers(Mutex<HashMap<(PortalId, AccountId), VecDeque<RememberedAnswer>>>);

impl RememberedAnswers {
    pub fn keep(
        &self,
        (portal, account): (&PortalId, &AccountId),
        (token, persons): (String, Vec<PersonRef>),
        (now, lasts): (Timestamp, Duration),
    ) {
        let mut all = lock(&self.0);
        // What has expired goes whenever something comes: accounts that left hold no memory.
        for answers in all.values_mut() {
            answers.retain(|answer| answer.until > now);
        }
        all.retain(|_, answers| !answers.is_empty());
        let answers = all.entry((portal.clone(), account.clone())).or_default();
        // Given again, a token means what it means now, and also what it meant before: the file may
        // be of either.
        let mut persons = persons;
        if let Some(place) = answers.iter().position(|answer| answer.token == token)
            && let Some(before) = answers.remove(place)
        {
            persons.extend(before.persons);
            persons.sort();
            persons.dedup();
        }
        answers.push_back(RememberedAnswer {
            token,
            until: now.plus(lasts),
            persons,
        });
        let count = |answers: &VecDeque<RememberedAnswer>| {
            answers
                .iter()
                .map(|answer| answer.persons.len())
                .sum::<usize>()
        };
        while answers.len() > TOKENS_MAX || count(answers) > PERSONS_MAX {
            answers.pop_front();
        }
    }

    /// The persons of a token; `None` when it is not known, of another account, or too old.
    pub fn of(
        &self,
        portal: &PortalId,
        account: &AccountId,
        token: &str,
        now: Timestamp,
    ) -> Option<Vec<PersonRef>> {
        let token = canonical(token)?;
        let all = lock(&self.0);
        let answers = all.get(&(portal.clone(), account.clone()))?;
        let known = answers
            .iter()
            .find(|answer| answer.token == token && answer.until > now)?;
        Some(known.persons.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn persons(range: std::ops::Range<usize>) -> Vec<PersonRef> {
        range
            .map(|number| PersonRef::parse(&format!("P{number}")).unwrap())
            .collect()
    }

    #[test]
    fn a_token_is_known_to_its_account_for_its_time() {
        let (kept, now) = (RememberedAnswers::default(), Timestamp::from_secs(1_000));
        let portal = PortalId::parse("portail").unwrap();
        let account = |name: &str| AccountId::parse(name).unwrap();
        let hour = Duration::from_hours(1);
        let keep = |token: &str, range, now| {
            let given = (token.to_owned(), persons(range));
            kept.keep((&portal, &account("a1")), given, (now, hour));
        };
        keep("x", 0..2, now);
        let of = |name: &str, token: &str, now| kept.of(&portal, &account(name), token, now);
        assert_eq!(of("a1", " x ", now), Some(persons(0..2)));
        assert_eq!(of("a2", "x", now), None);
        assert_eq!(of("a1", "y", now), None);
        assert_eq!(of("a1", "x", now.plus(hour)), None);
        // Given again: both.
        keep("x", 1..3, now);
        assert_eq!(of("a1", "x", now), Some(persons(0..3)));
        for number in 0..TOKENS_MAX {
            keep(&format!("t{number}"), 0..1, now);
        }
        assert_eq!(of("a1", "x", now), None);
        keep("many", 0..PERSONS_MAX, now);
        assert_eq!(of("a1", "t31", now), None);
        assert!(of("a1", "many", now).is_some());
        keep("more", 0..PERSONS_MAX + 1, now);
        assert_eq!(of("a1", "more", now), None);
    }

    #[test]
    fn the_token_is_where_the_map_says() {
        let hour = Duration::from_hours(1);
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, "/exports/a%20b/?x=1".parse().unwrap());
        let of = |place: &str, body: &str| {
            let given = GivenToken::parse(place, hour).unwrap();
            given.of(&headers, body.as_bytes())
        };
        assert_eq!(of("location", "").as_deref(), Some("a b"));
        assert_eq!(
            of("$.job.id", r#"{"job":{"id":17}}"#).as_deref(),
            Some("17")
        );
        assert_eq!(of("$.jobs[*]", r#"{"jobs":["a","b"]}"#), None);
        for body in [
            "",
            "{}",
            "x",
            r#"{"job":{"id":""}}"#,
            r#"{"job":{"id":null}}"#,
        ] {
            assert_eq!(of("$.job.id", body), None, "{body}");
        }
        assert!(GivenToken::parse("$.[", hour).is_err());
    }
}
