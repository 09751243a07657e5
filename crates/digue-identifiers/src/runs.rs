//! Sequences of runs of ASCII characters, such as seven digits and a letter: matched by tables, some
//! ten times cheaper than by a regular expression, whose search begins with its pools and caches.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Runs of characters, one after the other, in which taking as much as there is from each is the
/// only way to match.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    runs: Vec<CharacterRun>,
    fixed: Option<FixedRuns>,
}

/// `min` to `max` characters of one ASCII class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CharacterRun {
    /// The bytes of its characters.
    class: Box<[bool; 256]>,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

impl CharacterRun {
    /// One of the bytes of `class`, so many times.
    pub(crate) fn new(class: impl Fn(u8) -> bool, min: usize, max: usize) -> Self {
        Self {
            class: Box::new(std::array::from_fn(|byte| class(byte as u8))),
            min,
            max,
        }
    }

    pub(crate) fn has(&self, byte: u8) -> bool {
        self.class[usize::from(byte)]
    }

    /// The same run, in which letter case does not count.
    pub(crate) fn folded(&self) -> Self {
        let has = |byte: u8| {
            self.has(byte)
                || self.has(byte.to_ascii_uppercase())
                || self.has(byte.to_ascii_lowercase())
        };
        Self::new(has, self.min, self.max)
    }

    /// True for no characters, and for those of words only or of no words only.
    fn is_alike(&self) -> bool {
        let has = |wanted: bool| {
            (0..=u8::MAX).any(|byte| self.class[usize::from(byte)] && is_word_byte(byte) == wanted)
        };
        !(has(true) && has(false))
    }

    fn meets(&self, other: &Self) -> bool {
        self.class
            .iter()
            .zip(&*other.class)
            .any(|(own, other)| *own && *other)
    }
}

/// Runs of known lengths, by place.
#[derive(Clone, Debug)]
struct FixedRuns {
    /// For each byte, one bit for each place at which it may stand.
    places: Box<[u64; 256]>,
    bytes: usize,
}

/// The most runs that are matched without an expression.
const RUNS_MAX: usize = 32;

impl Runs {
    /// `None` for parts that are no such runs.
    pub(crate) fn of(parts: &[&Hir]) -> Option<Self> {
        let mut runs = Vec::new();
        for part in parts {
            add_run(part, &mut runs)?;
        }
        (runs.len() <= RUNS_MAX && never_gives_back(&runs)).then(|| Self {
            fixed: FixedRuns::of(&runs),
            runs,
        })
    }

    /// The number of bytes that they take from the start; `None` where they do not match.
    #[inline]
    pub(crate) fn taken(&self, bytes: &[u8]) -> Option<usize> {
        match &self.fixed {
            Some(fixed) => fixed.taken(bytes),
            None => self.taken_by_each(bytes),
        }
    }

    /// Takes from each run as much as there is: nothing is ever given back.
    fn taken_by_each(&self, bytes: &[u8]) -> Option<usize> {
        let mut rest = bytes;
        for run in &self.runs {
            let count = rest
                .iter()
                .take(run.max)
                .take_while(|byte| run.class[usize::from(**byte)])
                .count();
            if count < run.min {
                return None;
            }
            rest = &rest[count..];
        }
        Some(bytes.len() - rest.len())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CharacterRun> {
        self.runs.iter()
    }

    /// The most bytes that they take.
    pub(crate) fn bytes_max(&self) -> usize {
        self.runs
            .iter()
            .fold(0, |sum, run| sum.saturating_add(run.max))
    }

    /// True when they need give nothing back for a word's edge behind them either.
    ///
    /// What the last run could leave belongs to a word as its other characters do, so that no edge
    /// lies between them; and no run can be left out, before which there might be an edge.
    pub(crate) fn fit_before_edge(&self) -> bool {
        self.runs.iter().all(|run| run.min > 0)
            && (self.runs.last()).is_some_and(|run| run.min == run.max || run.is_alike())
    }
}

impl FixedRuns {
    /// `None` for runs of varying lengths, and of more bytes than there are bits.
    fn of(runs: &[CharacterRun]) -> Option<Self> {
        let are_fixed = runs.iter().all(|run| run.min == run.max);
        let bytes = runs
            .iter()
            .fold(0usize, |sum, run| sum.saturating_add(run.max));
        if !are_fixed || bytes > 64 {
            return None;
        }
        let mut places = Box::new([0; 256]);
        let by_place = runs
            .iter()
            .flat_map(|run| std::iter::repeat_n(run, run.max));
        for (place, run) in by_place.enumerate() {
            for (byte, bits) in places.iter_mut().enumerate() {
                *bits |= u64::from(run.class[byte]) << place;
            }
        }
        Some(Self { places, bytes })
    }

    #[inline]
    fn taken(&self, bytes: &[u8]) -> Option<usize> {
        let own = bytes.get(..self.bytes)?;
        let fits = |(place, byte): (usize, &u8)| self.places[usize::from(*byte)] >> place & 1 == 1;
        own.iter().enumerate().all(fits).then_some(self.bytes)
    }
}

/// True for the ASCII characters that regular expressions count as those of words.
pub(crate) const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The parts of nested sequences and groups, in order.
pub(crate) fn flatten<'h>(shape: &'h Hir, parts: &mut Vec<&'h Hir>) {
    match shape.kind() {
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        HirKind::Capture(group) => flatten(&group.sub, parts),
        HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Alternation(_) => parts.push(shape),
    }
}

fn add_run(part: &Hir, runs: &mut Vec<CharacterRun>) -> Option<()> {
    match part.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => {
            for byte in &literal.0 {
                runs.push(
                    byte.is_ascii()
                        .then(|| CharacterRun::new(|of| of == *byte, 1, 1))?,
                );
            }
        }
        HirKind::Class(class) => runs.push(run_of(class, 1, 1)?),
        HirKind::Repetition(repeated) if repeated.greedy => {
            let HirKind::Class(class) = repeated.sub.kind() else {
                return None;
            };
            let (min, max) = (
                repeated.min as usize,
                repeated.max.map_or(usize::MAX, |max| max as usize),
            );
            runs.push(run_of(class, min, max)?);
        }
        HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => return None,
    }
    Some(())
}

/// A run of a class; `None` when it has characters beyond ASCII.
fn run_of(class: &Class, min: usize, max: usize) -> Option<CharacterRun> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
    };
    let is_ascii = ranges.iter().all(|(_, end)| *end <= 0x7f);
    let has = |byte: u8| {
        ranges
            .iter()
            .any(|(start, end)| (*start..=*end).contains(&byte.into()))
    };
    is_ascii.then(|| CharacterRun::new(has, min, max))
}

/// True when taking as much as there is from each run is the only way to match: what a run of
/// varying length could leave never begins what follows it.
fn never_gives_back(runs: &[CharacterRun]) -> bool {
    runs.iter()
        .enumerate()
        .filter(|(_, run)| run.min < run.max)
        .all(|(place, run)| {
            for next in &runs[place + 1..] {
                if run.meets(next) {
                    return false;
                }
                if next.min > 0 {
                    return true;
                }
            }
            true
        })
}
