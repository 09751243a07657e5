//! The same requests again: whether their answers stayed the same.

use std::collections::BTreeMap;

/// The most distinct requests of a route that are followed.
const REQUESTS_MAX: usize = 500;

/// The answers to each request, as hashes.
#[derive(Clone, Debug, Default)]
pub(crate) struct RepeatedRequests {
    /// By request: the last answer, and the place of the exchange.
    answers: BTreeMap<u64, (u64, usize)>,
    same: usize,
    other: usize,
}

impl RepeatedRequests {
    pub(crate) fn add(&mut self, request: u64, answer: u64, place: usize) {
        if self.answers.len() >= REQUESTS_MAX && !self.answers.contains_key(&request) {
            return;
        }
        match self.answers.insert(request, (answer, place)) {
            Some((before, _)) if before != answer => self.other += 1,
            // One after the other, nothing could have changed between them.
            Some((_, last)) if last + 1 < place => self.same += 1,
            Some(_) | None => {}
        }
    }

    pub(crate) fn absorb(&mut self, other: Self) {
        self.same += other.same;
        self.other += other.other;
    }

    /// How often an answer came again, when none came otherwise.
    pub(crate) const fn times(&self) -> usize {
        if self.other == 0 { self.same } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_came_otherwise_once_is_no_sign() {
        let mut repeated = RepeatedRequests::default();
        repeated.add(1, 10, 0);
        repeated.add(1, 10, 1);
        assert_eq!(repeated.times(), 0);
        repeated.add(1, 10, 5);
        assert_eq!(repeated.times(), 1);
        repeated.add(1, 11, 9);
        assert_eq!(repeated.times(), 0);
    }
}
