//! Learning again, beside a map that a person has edited.

use digue_learn::compare::MapComparer;
use digue_learn::compile::compile;
use digue_learn::emit::{MapSettings, map_text};
use digue_learn::merge::{ChangeKind, DifferencePart, MergedMap, merge};
use digue_learn::model::{LearntMap, LearntRecords};
use digue_learn::{Learnt, LineReason, MapHeading, TriedMap, Wording, learn};
use digue_survey::HeldExchange;

use crate::made::{MadePortal, portal};

/// Facts as they are.
pub(crate) struct Plain;

impl Wording for Plain {
    fn reason(&self, reason: &LineReason) -> String {
        format!("{reason:?}\nwith a line end")
    }

    fn no_records(&self, reason: &LineReason) -> String {
        format!("{reason:?}")
    }

    fn heading(&self, heading: MapHeading) -> String {
        format!("{heading:?}")
    }
}

pub(crate) fn text_of(map: &LearntMap) -> String {
    let settings = MapSettings {
        name: "p".into(),
        upstream: "http://127.0.0.1:9000".into(),
        mode: "pilot".into(),
    };
    map_text(map, &settings, &Plain)
}

fn learnt(portal: &MadePortal) -> (Vec<HeldExchange>, Learnt) {
    let exchanges = portal.learnt_from();
    let learnt = learn(&mut exchanges.as_slice(), portal.known(1, true)).unwrap();
    (exchanges, learnt)
}

fn merged(
    text: &str,
    existing: &TriedMap,
    exchanges: &[HeldExchange],
    learnt: &Learnt,
) -> MergedMap {
    let compiled = compile(&learnt.map).unwrap();
    let mut comparer = MapComparer::new(&compiled, existing, &learnt.known, &learnt.map.origin);
    exchanges
        .iter()
        .for_each(|held| comparer.observe(&held.as_exchange()));
    merge(text, &learnt.map, &comparer.finish(), &Plain).unwrap()
}

#[test]
fn learning_again_from_the_same_traffic_changes_nothing() {
    for seed in 0..10 {
        let portal = portal(seed);
        let (exchanges, learnt) = learnt(&portal);
        let text = text_of(&learnt.map);
        let again = merged(&text, &compile(&learnt.map).unwrap(), &exchanges, &learnt);
        assert_eq!(again.differences, [], "{seed}");
        assert_eq!(again.text, text, "{seed}");
    }
}

#[test]
fn a_text_that_was_learnt_is_toml_with_a_reason_above_each_line() {
    let (_, learnt) = learnt(&portal(3));
    let text = text_of(&learnt.map);
    let document: toml_edit::DocumentMut = text.parse().unwrap();
    assert_eq!(
        document["portal"]["url"].as_str(),
        Some("https://portail.example")
    );
    let routes = document["routes"].as_array_of_tables().unwrap();
    assert_eq!(routes.len(), learnt.map.routes.len());
    for route in routes {
        let comment = route
            .decor()
            .prefix()
            .and_then(|prefix| prefix.as_str())
            .unwrap();
        assert!(comment.trim().starts_with("# "), "{comment}");
    }
    assert!(
        text.lines()
            .all(|line| !line.starts_with("with a line end"))
    );
    // What changes something is a comment, and nothing else.
    assert!(!learnt.map.writes.is_empty());
    assert!(text.contains("# methods = [\"PUT\"]"));
    assert!(
        !routes
            .iter()
            .any(|route| route["methods"].to_string().contains("PUT"))
    );
}

#[test]
fn the_operators_lines_and_comments_stay_and_what_they_lack_is_added() {
    let portal = portal(0);
    let (exchanges, learnt) = learnt(&portal);
    let mut fewer = learnt.map.clone();
    let removed = fewer
        .routes
        .iter()
        .position(|route| route.path.starts_with("/export"))
        .unwrap();
    let removed = fewer.routes.remove(removed);
    let edited = text_of(&fewer).replace("[portal]", "# the operator's own\n[portal]");
    let merged = merged(&edited, &compile(&fewer).unwrap(), &exchanges, &learnt);
    assert!(merged.text.contains("# the operator's own\n[portal]"));
    let added: Vec<_> = merged
        .differences
        .iter()
        .map(|difference| (difference.change, &difference.part))
        .collect();
    assert_eq!(
        added,
        [(
            ChangeKind::Added,
            &DifferencePart::Route {
                path: removed.path.clone()
            }
        )]
    );
    let kept: Vec<&str> = edited.lines().filter(|line| !line.is_empty()).collect();
    let all: Vec<&str> = merged.text.lines().collect();
    assert!(kept.iter().all(|line| all.contains(line)));
    assert!(
        merged
            .text
            .contains(&format!("path = \"{}\"", removed.path))
    );
}

#[test]
fn rules_that_find_fewer_persons_are_completed_and_wrong_ones_are_shown() {
    let portal = portal(4);
    let (exchanges, learnt) = learnt(&portal);
    let of = |map: &LearntMap, start: &str| {
        map.routes
            .iter()
            .position(|route| route.path.starts_with(start) && !route.blocks.is_empty())
            .unwrap()
    };
    let mut weaker = learnt.map.clone();
    let list = of(&weaker, "/api/commandes");
    let block = &mut weaker.routes[list].blocks[0];
    block.persons.clear();
    block.records = LearntRecords::Unnamed(LineReason::NobodyKnown { responses: 1 });
    block.sweep.clear();
    block.empty.clear();
    block.no_person.clear();
    let name = weaker.routes[list].name.clone();
    let completed = merged(
        &text_of(&weaker),
        &compile(&weaker).unwrap(),
        &exchanges,
        &learnt,
    );
    let own: Vec<_> = completed
        .differences
        .iter()
        .filter(|difference| difference.route == name)
        .collect();
    assert!(
        own.iter()
            .any(|d| d.change == ChangeKind::Widened
                && matches!(d.part, DifferencePart::Rule { .. }))
    );

    let mut wrong = learnt.map.clone();
    let list = of(&wrong, "/api/commandes");
    let name = wrong.routes[list].name.clone();
    wrong.routes[list].blocks[0].records = LearntRecords::At(vec!["$.orders[:]".into()]);
    wrong.routes[list].blocks[0].persons[0].at = vec!["$.orders[:].id".into()];
    let text = text_of(&wrong);
    let shown = merged(&text, &compile(&wrong).unwrap(), &exchanges, &learnt);
    let own: Vec<_> = shown
        .differences
        .iter()
        .filter(|difference| difference.route == name)
        .collect();
    assert!(
        own.iter().any(|d| d.change == ChangeKind::Contradicted),
        "{own:?}"
    );
    assert!(shown.text.contains("$.orders[:].id"));
}
