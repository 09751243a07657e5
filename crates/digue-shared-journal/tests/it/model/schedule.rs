//! Threads that take turns in an order drawn from a seed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Numbers drawn from a seed (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True in `count` of a thousand draws.
    pub(crate) fn permille(&mut self, count: u64) -> bool {
        self.below(1000) < count
    }
}

/// Whose turn it is.
#[derive(Default)]
struct Turns {
    waiting: Vec<usize>,
    running: usize,
    granted: Option<usize>,
}

/// Lets one thread run at a time.
#[derive(Default)]
pub(crate) struct Schedule {
    turns: Mutex<Turns>,
    changed: Condvar,
}

impl Schedule {
    pub(crate) fn new(actors: usize) -> Arc<Self> {
        let schedule = Self::default();
        schedule.lock().running = actors;
        Arc::new(schedule)
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap()
    }

    /// Waits until it is this actor's turn.
    pub(crate) fn wait(&self, actor: usize) {
        let mut turns = self.lock();
        turns.running -= 1;
        turns.waiting.push(actor);
        turns.waiting.sort_unstable();
        self.changed.notify_all();
        while turns.granted != Some(actor) {
            turns = self.changed.wait(turns).unwrap();
        }
        turns.granted = None;
        turns.waiting.retain(|known| *known != actor);
        turns.running += 1;
    }

    /// This actor takes no more turns.
    pub(crate) fn end(&self) {
        self.lock().running -= 1;
        self.changed.notify_all();
    }

    /// Gives turns until all actors have ended.
    pub(crate) fn run(&self, chance: &mut Chance) {
        loop {
            let mut turns = self.lock();
            while turns.running > 0 || turns.granted.is_some() {
                turns = self.changed.wait(turns).unwrap();
            }
            if turns.waiting.is_empty() {
                return;
            }
            let place = chance.below(turns.waiting.len() as u64) as usize;
            turns.granted = Some(turns.waiting[place]);
            drop(turns);
            self.changed.notify_all();
        }
    }
}
