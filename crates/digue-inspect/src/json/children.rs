//! What a map's rules say of the children of an object or an array. Computed once for each
//! container, so that a child costs no more than the names or indices that the map writes.

use super::{Bits, JsonRules, RemainingPath, Select};

/// What the rules say of one node: the steps awaited below it, and the targets that it reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReachedNode {
    pub(super) below: Bits,
    pub(super) targets: Bits,
}

impl ReachedNode {
    fn add(&mut self, after: RemainingPath) {
        match after {
            RemainingPath::Step(step) => self.below |= 1 << step,
            RemainingPath::Target(target) => self.targets |= 1 << target,
        }
    }
}

/// What the rules say of the children of one container.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChildRules {
    /// Holds for each child.
    pub(super) every: ReachedNode,
    /// Steps that choose a child by its name or its index.
    chosen: Bits,
    /// One bit for each length of those names; the highest stands for all lengths from its own on.
    name_lengths: u64,
}

fn length_place(length: usize) -> usize {
    length.min(63)
}

/// The numbers of the bits that are set, ascending.
pub(super) fn set_bits(mut bits: Bits) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (bits != 0).then(|| {
            let bit = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            bit
        })
    })
}

impl JsonRules {
    /// What the steps `active` at a container say of its children.
    pub(super) fn children_of(&self, active: Bits, is_object: bool) -> ChildRules {
        let mut children = ChildRules::default();
        for bit in set_bits(active) {
            let step = &self.steps[bit];
            if step.is_descendant {
                children.every.below |= 1 << bit;
            }
            match (&step.select, is_object) {
                (Select::Any, _) | (Select::Item, false) => children.every.add(self.after[bit]),
                (Select::Name(name), true) => {
                    children.chosen |= 1 << bit;
                    children.name_lengths |= 1 << length_place(name.len());
                }
                (Select::Index(_), false) => children.chosen |= 1 << bit,
                (Select::Item, true) | (Select::Name(_), false) | (Select::Index(_), true) => {}
            }
        }
        children
    }

    /// What the map says of the member `key` of an object.
    #[inline]
    pub(super) fn member(&self, children: &ChildRules, key: &str) -> ReachedNode {
        let mut reached = children.every;
        for bit in set_bits(children.chosen) {
            if matches!(&self.steps[bit].select, Select::Name(name) if name == key) {
                reached.add(self.after[bit]);
            }
        }
        reached
    }

    /// True when a step chooses the member of this name.
    #[inline]
    pub(super) fn awaits(&self, children: &ChildRules, key: &[u8]) -> bool {
        let is_chosen = |bit: usize| matches!(&self.steps[bit].select, Select::Name(name) if name.as_bytes() == key);
        // Most names have another length than the awaited ones.
        children.name_lengths >> length_place(key.len()) & 1 == 1
            && set_bits(children.chosen).any(is_chosen)
    }

    /// What the map says of the element `index` of an array.
    #[inline]
    pub(super) fn element(&self, children: &ChildRules, index: usize) -> ReachedNode {
        let mut reached = children.every;
        for bit in set_bits(children.chosen) {
            if matches!(&self.steps[bit].select, Select::Index(wanted) if *wanted == index) {
                reached.add(self.after[bit]);
            }
        }
        reached
    }
}
