//! Matches all selectors of a map in one walk over the tree.
//!
//! Each compound of each selector is one bit. An element carries the bits that its children and
//! descendants may match, its parent those that its next siblings may. Matching each selector by
//! itself would walk the page once for each.

use crate::selector::{Combinator, Compound, CompoundChain, SelectableElement, Selector};

type Bits = u128;

/// Compounds in one bank.
const BANK_BITS: usize = Bits::BITS as usize;

/// The purpose of a selector, as a number given by its owner.
pub type Target = usize;

pub struct Matcher<'r> {
    banks: Vec<SelectorBank<'r>>,
    pub needs_place_of_type: bool,
}

#[derive(Default)]
struct SelectorBank<'r> {
    steps: Vec<MatchStep<'r>>,
    /// The first compound of each selector.
    starts: Bits,
}

struct MatchStep<'r> {
    compound: &'r Compound,
    then: Combinator,
    target: Target,
}

/// Compounds that the children of an element may match.
#[derive(Clone, Copy, Default)]
pub struct AwaitedMatches {
    descendants: Bits,
    children: Bits,
    next: Bits,
    later: Bits,
}

impl<'r> Matcher<'r> {
    pub fn new(selectors: impl Iterator<Item = (Target, &'r Selector)>) -> Self {
        let mut matcher = Self {
            banks: vec![SelectorBank::default()],
            needs_place_of_type: false,
        };
        for (target, selector) in selectors {
            for chain in &selector.chains {
                matcher.add(target, chain);
            }
        }
        matcher
    }

    fn add(&mut self, target: Target, chain: &'r CompoundChain) {
        // A chain stays within one bank: its next bit is a shift away. `COMPOUNDS_MAX` keeps it
        // shorter than a bank.
        if self
            .banks
            .last()
            .is_none_or(|bank| bank.steps.len() + chain.links.len() > BANK_BITS)
        {
            self.banks.push(SelectorBank::default());
        }
        let Some(bank) = self.banks.last_mut() else {
            return;
        };
        bank.starts |= 1 << bank.steps.len();
        for link in &chain.links {
            self.needs_place_of_type |= link.compound.needs_place_of_type();
            bank.steps.push(MatchStep {
                compound: &link.compound,
                then: link.then,
                target,
            });
        }
    }

    /// Number of states of one element: one for each bank.
    pub fn width(&self) -> usize {
        self.banks.len()
    }

    /// Matches one element. `parent` holds what its parent's children may match, `below` receives
    /// what its own children may match, and `chosen` the targets of the selectors that select it.
    pub fn enter(
        &self,
        element: &impl SelectableElement,
        parent: &mut [AwaitedMatches],
        below: &mut [AwaitedMatches],
        chosen: &mut Vec<Target>,
    ) {
        for ((bank, parent), below) in self.banks.iter().zip(parent).zip(below) {
            bank.enter(element, parent, below, chosen);
        }
    }
}

impl SelectorBank<'_> {
    fn enter(
        &self,
        element: &impl SelectableElement,
        parent: &mut AwaitedMatches,
        below: &mut AwaitedMatches,
        chosen: &mut Vec<Target>,
    ) {
        *below = AwaitedMatches {
            descendants: parent.descendants,
            ..AwaitedMatches::default()
        };
        let mut candidates =
            self.starts | parent.descendants | parent.children | parent.next | parent.later;
        // `a + b` concerns only the very next sibling, which is this element.
        parent.next = 0;
        while candidates != 0 {
            let bit = candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            let step = &self.steps[bit];
            if !step.compound.fits(element) {
                continue;
            }
            // The next compound of a selector is the next bit.
            let after = (1 as Bits).checked_shl(bit as u32 + 1).unwrap_or(0);
            match step.then {
                Combinator::Descendant => below.descendants |= after,
                Combinator::Child => below.children |= after,
                Combinator::Next => parent.next |= after,
                Combinator::Later => parent.later |= after,
                Combinator::End => {
                    if !chosen.contains(&step.target) {
                        chosen.push(step.target);
                    }
                }
            }
        }
    }
}
