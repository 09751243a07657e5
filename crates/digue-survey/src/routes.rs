//! Joins routes that differ in one word only, when many words stand there and their answers are
//! alike.

use std::collections::BTreeMap;

use digue_types::path_template::TemplatePart;

use crate::body_format::BodyFormat;
use crate::content::RouteContent;
use crate::survey::{RouteKey, RouteSurvey, is_safe};

/// The fewest words at one place that are taken for values, when nothing known is among them.
const WORDS_MIN: usize = 8;

/// The fewest known identifiers among the words that make a place a value.
const KNOWN_MIN: usize = 2;

/// How alike the answers of two words must be.
const LIKENESS_MIN: f64 = 0.8;

/// Words that are never values: actions and versions.
const CONSTANTS: [&str; 22] = [
    "new",
    "edit",
    "search",
    "export",
    "import",
    "api",
    "moi",
    "me",
    "list",
    "create",
    "delete",
    "login",
    "logout",
    "static",
    "assets",
    "admin",
    "nouveau",
    "modifier",
    "recherche",
    "liste",
    "accueil",
    "home",
];

/// Routes after joining.
pub(crate) fn join(routes: BTreeMap<RouteKey, RouteSurvey>) -> BTreeMap<RouteKey, RouteSurvey> {
    let mut routes = join_choices(routes);
    let longest = routes
        .keys()
        .map(|key| key.template.0.len())
        .max()
        .unwrap_or(0);
    // From the end of paths: a place in the middle is judged once what follows it has one form.
    for place in (1..longest).rev() {
        routes = join_at(routes, place);
    }
    routes
}

/// How alike the answers to two choices are at most for one address to have several routes.
const CHOICES_LIKENESS_MAX: f64 = 0.5;

/// Readings of one address that differ in a parameter alone, such as `action`, are one route unless
/// their answers have hardly anything in common: a choice that nobody made while the traffic was
/// recorded meets the one route, and none of several.
fn join_choices(routes: BTreeMap<RouteKey, RouteSurvey>) -> BTreeMap<RouteKey, RouteSurvey> {
    let mut groups: BTreeMap<RouteKey, Vec<(RouteKey, RouteSurvey)>> = BTreeMap::new();
    let mut joined = BTreeMap::new();
    for (key, survey) in routes {
        let is_choice = matches!(key.content, RouteContent::Any | RouteContent::Query(_));
        if is_safe(&key.method) && is_choice {
            let common = RouteKey {
                content: RouteContent::Any,
                ..key.clone()
            };
            groups.entry(common).or_default().push((key, survey));
        } else {
            joined.insert(key, survey);
        }
    }
    for (common, group) in groups {
        // What was never answered with a body is no choice that could be described.
        let is_apart = are_apart(&group);
        for (key, survey) in group {
            if is_apart && !survey.bodies.is_empty() {
                joined.entry(key).or_default().absorb(survey);
            } else {
                joined.entry(common.clone()).or_default().absorb(survey);
            }
        }
    }
    joined
}

/// True where two choices have answers of one format that differ, or where one shows persons and the
/// other never does: the number of a person and the number of an offer have one address then.
fn are_apart(group: &[(RouteKey, RouteSurvey)]) -> bool {
    let differ = |one: &RouteSurvey, other: &RouteSurvey| {
        if let (Some(own), Some(others)) = (shown_persons(one), shown_persons(other))
            && own != others
        {
            return true;
        }
        let common = one
            .bodies
            .iter()
            .filter_map(|(key, body)| Some((body, other.bodies.get(key)?)));
        let mut likeness = common.map(|(body, other)| body.likeness(other));
        likeness.any(|likeness| likeness <= CHOICES_LIKENESS_MAX)
    };
    let mut pairs = group.iter().enumerate().flat_map(|(place, (_, one))| {
        group[place + 1..]
            .iter()
            .map(move |(_, other)| (one, other))
    });
    pairs.any(|(one, other)| differ(one, other))
}

/// Whether the answers of a choice show persons: most of them, or none of several.
fn shown_persons(survey: &RouteSurvey) -> Option<bool> {
    let (with_known, responses) = (survey.with_known(), survey.with_bodies());
    match (with_known, responses) {
        (0, 2..) => Some(false),
        (with_known, responses) if with_known * 2 > responses => Some(true),
        _ => None,
    }
}

fn join_at(
    routes: BTreeMap<RouteKey, RouteSurvey>,
    place: usize,
) -> BTreeMap<RouteKey, RouteSurvey> {
    let mut groups: BTreeMap<RouteKey, Vec<(RouteKey, RouteSurvey)>> = BTreeMap::new();
    let mut joined = BTreeMap::new();
    for (key, survey) in routes {
        match key.template.0.get(place) {
            Some(TemplatePart::Literal(word)) if is_possible_value(word) => {
                let template = key.template.with_variable(place);
                groups
                    .entry(RouteKey {
                        template,
                        ..key.clone()
                    })
                    .or_default()
                    .push((key, survey));
            }
            _ => {
                joined.insert(key, survey);
            }
        }
    }
    for (common, group) in groups {
        // What was only refused says nothing of its place: `/fiche/zzzz` is not found because
        // there is none.
        let (failed, answered): (Vec<_>, Vec<_>) = group
            .into_iter()
            .partition(|(_, survey)| has_only_failed(survey));
        let is_one = is_one_route(&answered, place);
        let has_common = joined.contains_key(&common);
        let (same, others) = match is_one {
            true => values_and_words(answered, place),
            false => (Vec::new(), answered),
        };
        joined.extend(others);
        if is_one || has_common {
            let own: &mut RouteSurvey = joined.entry(common).or_default();
            let all = same.into_iter().chain(failed);
            all.for_each(|(_, survey)| own.absorb(survey));
        } else {
            joined.extend(failed);
        }
    }
    joined
}

/// Of the words at one place that are one route: those that are values, and those that are words of
/// the portal all the same (`/eleves/facettes` beside `/eleves/mdupont12`).
fn values_and_words(
    group: Vec<(RouteKey, RouteSurvey)>,
    place: usize,
) -> (Vec<(RouteKey, RouteSurvey)>, Vec<(RouteKey, RouteSurvey)>) {
    let is_known = |survey: &RouteSurvey| survey.known_literals.contains(&place);
    let known: Vec<RouteSurvey> = group
        .iter()
        .filter(|(_, survey)| is_known(survey))
        .map(|(_, survey)| survey.clone())
        .collect();
    // Without a known one, the words are values because all are alike.
    let is_value = |survey: &RouteSurvey| {
        known.is_empty() || is_known(survey) || known.iter().any(|one| are_alike(one, survey))
    };
    group.into_iter().partition(|(_, survey)| is_value(survey))
}

/// True for a word that the portal knows nothing of: all that was asked under it was not found.
fn has_only_failed(survey: &RouteSurvey) -> bool {
    survey.bodies.is_empty()
        && !survey.statuses.is_empty()
        && survey
            .statuses
            .keys()
            .all(|status| matches!(status, 404 | 410))
}

fn is_possible_value(word: &str) -> bool {
    let is_version =
        word.len() <= 3 && word.starts_with('v') && word[1..].bytes().all(|b| b.is_ascii_digit());
    !word.is_empty() && !is_version && !CONSTANTS.contains(&word.to_ascii_lowercase().as_str())
}

fn is_one_route(group: &[(RouteKey, RouteSurvey)], place: usize) -> bool {
    let known = group
        .iter()
        .filter(|(_, survey)| survey.known_literals.contains(&place))
        .count();
    // Resources keep their names: nothing of them is a value, and `/static/**` stands for all.
    if group.len() < 2 || !group.iter().all(|(_, survey)| has_answers(survey)) {
        return false;
    }
    if known >= KNOWN_MIN && known * 2 >= group.len() {
        return true;
    }
    if group.len() < WORDS_MIN {
        return false;
    }
    let (_, first) = &group[0];
    group[1..]
        .iter()
        .all(|(_, survey)| are_alike(first, survey))
}

fn has_answers(survey: &RouteSurvey) -> bool {
    let mut formats = survey.bodies.keys().map(|(_, format)| format);
    formats.any(|format| !matches!(format, BodyFormat::Asset | BodyFormat::Opaque))
}

fn are_alike(one: &RouteSurvey, other: &RouteSurvey) -> bool {
    let mut both = one
        .bodies
        .iter()
        .filter_map(|(key, body)| Some((body, other.bodies.get(key)?)))
        .peekable();
    both.peek().is_some() && both.all(|(body, other)| body.likeness(other) >= LIKENESS_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::HeldExchange;
    use crate::known::{ColumnChoice, KnownPersons, PersonsTable};
    use crate::survey::TrafficSurvey;

    fn joined(paths: &[&str], body: fn(usize) -> String) -> Vec<String> {
        let rows = [["marie"], ["jean"], ["aoife"]]
            .map(|row| row.map(str::to_owned).to_vec())
            .to_vec();
        let table = PersonsTable {
            header: vec!["id".into()],
            rows,
        };
        let known = KnownPersons::from_table(&table, &ColumnChoice::default())
            .unwrap()
            .0;
        let mut survey = TrafficSurvey::new(&known);
        for (place, path) in paths.iter().enumerate() {
            let held = HeldExchange::get(
                &format!("https://p.fr{path}"),
                "application/json",
                body(place),
            );
            survey.observe(&held.as_exchange());
        }
        join(survey.routes)
            .keys()
            .map(|key| key.template.text())
            .collect()
    }

    fn alike(n: usize) -> String {
        format!("{{\"a\":{n},\"b\":\"x\"}}")
    }

    #[test]
    fn two_words_stay_two_routes() {
        assert_eq!(
            joined(&["/users/list", "/users/export"], alike),
            ["/users/export", "/users/list"]
        );
    }

    #[test]
    fn many_words_with_answers_of_one_shape_are_values() {
        let towns = [
            "/t/pau", "/t/lyon", "/t/brest", "/t/albi", "/t/nice", "/t/metz", "/t/sete", "/t/dax",
        ];
        assert_eq!(joined(&towns, alike), ["/t/{x}"]);
        let unlike = |n: usize| format!("{{\"{}\":1}}", "abcdefgh".chars().nth(n).unwrap_or('z'));
        assert_eq!(joined(&towns, unlike).len(), 8);
        assert_eq!(joined(&towns[..7], alike).len(), 7);
    }

    #[test]
    fn known_names_among_the_words_make_them_values() {
        assert_eq!(joined(&["/u/marie", "/u/jean"], alike), ["/u/{x}"]);
        assert_eq!(
            joined(&["/u/marie", "/u/new", "/u/jean"], alike),
            ["/u/new", "/u/{x}"]
        );
        assert_eq!(
            joined(&["/u/marie/notes", "/u/jean/notes"], alike),
            ["/u/{x}/notes"]
        );
        assert_eq!(
            joined(&["/u/marie", "/u/about"], alike),
            ["/u/about", "/u/marie"]
        );
    }
}
