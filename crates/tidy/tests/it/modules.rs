//! Modules of a crate use each other in one direction.

use std::collections::{BTreeMap, BTreeSet};

use crate::tokens::module_graphs;

/// The largest set of modules that use each other, by crate. This list only shrinks, and so do its
/// numbers.
const CYCLES: [(&str, usize); 0] = [];

#[test]
fn modules_use_each_other_in_one_direction() {
    for (name, graph) in module_graphs() {
        let largest = largest_cycle(&graph);
        let known = CYCLES
            .iter()
            .find(|(listed, _)| *listed == name)
            .map_or(0, |(_, size)| *size);
        assert!(
            largest.len() <= known,
            "{name}: {} modules use each other: {largest:?}",
            largest.len()
        );
        assert!(
            largest.len() == known,
            "{name}: {} now; lower its number in the list",
            largest.len()
        );
    }
}

/// The largest set of more than one module in which each reaches all others.
fn largest_cycle(graph: &BTreeMap<String, Vec<String>>) -> BTreeSet<&str> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = graph
        .keys()
        .map(|module| (module.as_str(), reachable(graph, module)))
        .collect();
    let sets = graph.keys().map(|module| {
        let back = |other: &&str| {
            reached
                .get(other)
                .is_some_and(|from| from.contains(module.as_str()))
        };
        reached[module.as_str()]
            .iter()
            .copied()
            .filter(back)
            .collect::<BTreeSet<&str>>()
    });
    sets.filter(|set| set.len() > 1)
        .max_by_key(BTreeSet::len)
        .unwrap_or_default()
}

fn reachable<'g>(graph: &'g BTreeMap<String, Vec<String>>, from: &str) -> BTreeSet<&'g str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = graph[from].iter().map(String::as_str).collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(graph[module].iter().map(String::as_str));
        }
    }
    reached
}
