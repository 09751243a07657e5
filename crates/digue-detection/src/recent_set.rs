//! A bounded memory of numbers that forgets the older half when it is full.

use hashbrown::HashMap;

/// Numbers with the day on which they were last met, in two generations: when the young one is full
/// it becomes the old one, and the previous old one is dropped. Unlike with a least-recently-used
/// list, no order has to be kept for each number.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecentSet {
    young: HashMap<u32, u16>,
    old: HashMap<u32, u16>,
    generation_max: usize,
}

impl RecentSet {
    /// Remembers the last `generation_max` numbers, and at most twice as many.
    pub(crate) fn new(generation_max: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            generation_max,
        }
    }

    #[cfg(test)]
    pub(crate) fn day_of(&self, key: u32) -> Option<u16> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }

    /// Records that `key` was met on `day`; returns the day of the previous time.
    pub(crate) fn meet(&mut self, key: u32, day: u16) -> Option<u16> {
        if let Some(known) = self.young.get_mut(&key) {
            let before = *known;
            *known = day.max(before);
            return Some(before);
        }
        let before = self.old.get(&key).copied();
        if self.young.len() >= self.generation_max {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, day);
        before
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_keeps_the_recent_half() {
        let mut known = RecentSet::new(100);
        for key in 0..1000 {
            assert_eq!(known.meet(key, 7), None);
        }
        assert!(known.len() <= 200);
        assert_eq!(known.day_of(999), Some(7));
        assert_eq!(known.day_of(0), None);
        assert_eq!(known.meet(999, 9), Some(7));
        assert_eq!(known.meet(999, 8), Some(9), "days do not go back");
    }
}
