//! The order of the restart: what others need comes first, and of those that are free the one with
//! the least time. Activities that need each other stay together: no order among them is made up.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use crate::tolerated_time::ToleratedTime;

/// An activity as the order sees it.
pub(super) struct ActivityNode<'r> {
    pub(super) id: &'r str,
    pub(super) outage: ToleratedTime,
    /// Identifiers; those of no node are not ordered.
    pub(super) needs: &'r [String],
}

/// Activities at one place of the order, by their identifiers in the order of the nodes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RestartGroup {
    pub(super) members: Vec<String>,
    pub(super) is_cycle: bool,
    pub(super) needed_within: ToleratedTime,
}

pub(super) fn restart_order(nodes: &[ActivityNode<'_>]) -> Vec<RestartGroup> {
    let places: HashMap<&str, usize> = nodes.iter().map(|node| node.id).zip(0..).collect();
    let needs: Vec<Vec<usize>> = nodes
        .iter()
        .map(|node| {
            let known = node.needs.iter().filter_map(|id| places.get(id.as_str()));
            known.copied().collect()
        })
        .collect();
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (place, needed) in needs.iter().enumerate() {
        for one in needed {
            waiting[*one].push(place);
        }
    }
    let group_of = groups(&needs, &waiting);
    ordered(nodes, &needs, &group_of)
}

/// The strongly connected components (Kosaraju's algorithm), without recursion: a register may hold
/// a chain of thousands.
fn groups(needs: &[Vec<usize>], waiting: &[Vec<usize>]) -> Vec<usize> {
    let mut finished = Vec::new();
    let mut seen = vec![false; needs.len()];
    for start in 0..needs.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut path = vec![(start, 0)];
        while let Some((place, next)) = path.pop() {
            match needs[place].get(next) {
                Some(&needed) => {
                    path.push((place, next + 1));
                    if !seen[needed] {
                        seen[needed] = true;
                        path.push((needed, 0));
                    }
                }
                None => finished.push(place),
            }
        }
    }
    let mut group = vec![usize::MAX; needs.len()];
    let mut count = 0;
    for start in finished.into_iter().rev() {
        if group[start] != usize::MAX {
            continue;
        }
        let mut open = vec![start];
        while let Some(place) = open.pop() {
            if group[place] == usize::MAX {
                group[place] = count;
                open.extend(&waiting[place]);
            }
        }
        count += 1;
    }
    group
}

fn ordered(
    nodes: &[ActivityNode<'_>],
    needs: &[Vec<usize>],
    group_of: &[usize],
) -> Vec<RestartGroup> {
    let count = group_of.iter().max().map_or(0, |last| last + 1);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut needed: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    let mut loops = vec![false; count];
    for (place, group) in group_of.iter().copied().enumerate() {
        members[group].push(place);
        for one in &needs[place] {
            if group_of[*one] == group {
                loops[group] = true;
            } else {
                needed[group].insert(group_of[*one]);
            }
        }
    }
    let deadline = deadlines(nodes, &members, &needed);
    let mut wait_for: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (group, needed) in needed.iter().enumerate() {
        for one in needed {
            wait_for[*one].push(group);
        }
    }
    // What has no tolerance at all comes last among those that are free.
    let rank = |group: usize| {
        let minutes = deadline[group].0;
        Reverse((minutes.is_none(), minutes, members[group][0], group))
    };
    let mut missing: Vec<usize> = needed.iter().map(BTreeSet::len).collect();
    let mut free: BinaryHeap<_> = (0..count)
        .filter(|group| missing[*group] == 0)
        .map(rank)
        .collect();
    let mut order = Vec::new();
    while let Some(Reverse((.., group))) = free.pop() {
        for waiting in &wait_for[group] {
            missing[*waiting] -= 1;
            if missing[*waiting] == 0 {
                free.push(rank(*waiting));
            }
        }
        let ids = members[group].iter().map(|place| nodes[*place].id);
        order.push(RestartGroup {
            members: ids.map(ToOwned::to_owned).collect(),
            is_cycle: loops[group],
            needed_within: deadline[group],
        });
    }
    order
}

/// By group: the shortest tolerance of its members and of everything that waits for them.
fn deadlines(
    nodes: &[ActivityNode<'_>],
    members: &[Vec<usize>],
    needed: &[BTreeSet<usize>],
) -> Vec<ToleratedTime> {
    let shortest = |members: &Vec<usize>| {
        let times = members.iter().filter_map(|place| nodes[*place].outage.0);
        ToleratedTime(times.min())
    };
    let mut deadline: Vec<ToleratedTime> = members.iter().map(shortest).collect();
    // Kosaraju's algorithm numbers what needs another before that other: once through is enough.
    for (group, needed) in needed.iter().enumerate() {
        let Some(own) = deadline[group].0 else {
            continue;
        };
        for one in needed {
            let known = &mut deadline[*one].0;
            *known = Some(known.map_or(own, |known| known.min(own)));
        }
    }
    deadline
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    type Case<'c> = (&'c str, u32, &'c [&'c str]);

    fn order_of(cases: &[Case<'_>]) -> Vec<RestartGroup> {
        let needs: Vec<Vec<String>> = cases
            .iter()
            .map(|(_, _, needs)| needs.iter().map(|id| (*id).to_owned()).collect())
            .collect();
        let nodes: Vec<ActivityNode<'_>> = cases
            .iter()
            .zip(&needs)
            .map(|((id, minutes, _), needs)| ActivityNode {
                id,
                outage: ToleratedTime(Some(*minutes)),
                needs,
            })
            .collect();
        restart_order(&nodes)
    }

    fn names(groups: &[RestartGroup]) -> Vec<String> {
        groups.iter().map(|group| group.members.join("+")).collect()
    }

    #[test]
    fn what_others_need_comes_first_and_inherits_their_haste() {
        let order = order_of(&[
            ("paie", 240, &["annuaire"]),
            ("archives", 600, &[]),
            ("annuaire", 4_000, &["reseau"]),
            ("reseau", 9_000, &[]),
        ]);
        assert_eq!(names(&order), ["reseau", "annuaire", "paie", "archives"]);
        assert_eq!(order[0].needed_within, ToleratedTime(Some(240)));
        assert!(order.iter().all(|group| !group.is_cycle));
    }

    #[test]
    fn activities_that_need_each_other_stay_together_and_are_told() {
        let order = order_of(&[
            ("a", 60, &["b"]),
            ("b", 600, &["c"]),
            ("c", 600, &["b", "d"]),
            ("d", 9_000, &[]),
            ("e", 10, &["e"]),
        ]);
        assert_eq!(names(&order), ["e", "d", "b+c", "a"]);
        let cycles: Vec<bool> = order.iter().map(|group| group.is_cycle).collect();
        assert_eq!(cycles, [true, false, true, false]);
    }

    #[test]
    fn a_chain_of_thousands_does_not_end_the_process() {
        let ids: Vec<String> = (0..5_000).map(|number| format!("AV-{number}")).collect();
        let needs: Vec<Vec<String>> = (0..5_000)
            .map(|number| ids.get(number + 1).cloned().into_iter().collect())
            .collect();
        let nodes: Vec<ActivityNode<'_>> = ids
            .iter()
            .zip(&needs)
            .map(|(id, needs)| ActivityNode {
                id,
                outage: ToleratedTime(Some(60)),
                needs,
            })
            .collect();
        let order = restart_order(&nodes);
        assert_eq!(order.len(), 5_000);
        assert_eq!(order[0].members, ["AV-4999"]);
    }

    proptest! {
        /// Every activity stands once, after all that it needs, except for those of its own cycle;
        /// and members of a cycle do need each other.
        #[test]
        fn the_order_holds_every_need(edges in prop::collection::vec((0usize..12, 0usize..12), 0..30)) {
            let ids: Vec<String> = (0..12).map(|number| format!("AV-{number}")).collect();
            let needs: Vec<Vec<String>> = (0..12)
                .map(|own| {
                    let of = edges.iter().filter(|(from, _)| *from == own);
                    of.map(|(_, to)| ids[*to].clone()).collect()
                })
                .collect();
            let nodes: Vec<ActivityNode<'_>> = ids.iter().zip(&needs).map(|(id, needs)| ActivityNode {
                id, outage: ToleratedTime(Some(60)), needs,
            }).collect();
            let order = restart_order(&nodes);
            let mut done: HashSet<String> = HashSet::new();
            for group in &order {
                let with: HashSet<String> = done.iter().chain(&group.members).cloned().collect();
                for id in &group.members {
                    let place = ids.iter().position(|known| known == id).unwrap();
                    prop_assert!(needs[place].iter().all(|needed| with.contains(needed)));
                }
                let needs_own = group.members.iter().all(|id| {
                    let place = ids.iter().position(|known| known == id).unwrap();
                    needs[place].iter().any(|needed| group.members.contains(needed))
                });
                prop_assert_eq!(group.is_cycle, needs_own);
                prop_assert!(group.is_cycle || group.members.len() == 1);
                done.extend(group.members.iter().cloned());
            }
            prop_assert_eq!(order.iter().map(|group| group.members.len()).sum::<usize>(), 12);
        }
    }
}
