//! Which addresses showed the shape of an identifier in any reading of the traffic.
//!
//! A running portal is another one at each reading: it could show persons in a script while the
//! routes are surveyed, and none while the map is tried, so that the script would pass unread from
//! then on.

use std::collections::BTreeSet;

use digue_identifiers::IdentifierKind;
use digue_inspect::media_type::MediaType;
use digue_survey::exchange::{Exchange, ExchangeSource, UrlParts};
use digue_survey::known::KnownPersons;

use crate::compile::{CompileFault, compile_exact_sweep, compile_kinds};
use crate::draft::kinds;
use crate::exact_sweep::ExactSweep;
use crate::trial::MapTrial;

/// The most addresses. Beyond them no resource passes unread.
const ADDRESSES_MAX: usize = 10_000;

/// Origin, method, path and media type of an answer.
type ShownAddress = (String, String, String, String);

/// Watches for the shapes of the operator's list; those that are inferred later are nobody's word.
pub(crate) struct ShapeWatch {
    kinds: Vec<IdentifierKind>,
    sweep: ExactSweep,
    given: KnownPersons,
    shown: BTreeSet<ShownAddress>,
    is_full: bool,
}

impl ShapeWatch {
    pub(crate) fn of(given: &KnownPersons) -> Result<Self, CompileFault> {
        let known = kinds(given);
        let all: Vec<usize> = (0..known.len()).collect();
        let shared: Vec<usize> = all
            .iter()
            .copied()
            .filter(|kind| known[*kind].is_shared)
            .collect();
        let (kinds, picks) = (compile_kinds(&known)?, compile_exact_sweep(&all, &known)?);
        // Of shared shapes the values count, which the survey goes on to own.
        let given = match shared.is_empty() {
            true => KnownPersons::default(),
            false => given.clone(),
        };
        Ok(Self {
            kinds,
            sweep: ExactSweep { picks, shared },
            given,
            shown: BTreeSet::new(),
            is_full: false,
        })
    }

    fn note(&mut self, exchange: &Exchange<'_>) {
        if self.is_full || !self.sweep.shows_person(&self.kinds, &self.given, exchange) {
            return;
        }
        let Some(url) = UrlParts::of(exchange.url) else {
            return;
        };
        let media = MediaType::parse(exchange.content_type.unwrap_or_default());
        let (origin, method) = (url.origin.to_owned(), exchange.method.to_owned());
        self.shown
            .insert((origin, method, url.path.to_owned(), media.essence));
        self.is_full = self.shown.len() >= ADDRESSES_MAX;
    }

    /// Tells the trial what it may not have seen itself.
    pub(crate) fn tell(&self, trial: &mut MapTrial<'_>) {
        for (origin, method, path, essence) in &self.shown {
            trial.note_shown(origin, method, path, essence);
        }
        if self.is_full {
            trial.hold_all_resources();
        }
    }
}

/// A source whose exchanges are watched at each reading.
pub(crate) struct ShapeWatchedSource<'s, S> {
    pub(crate) source: &'s mut S,
    pub(crate) watch: ShapeWatch,
}

impl<S: ExchangeSource> ExchangeSource for ShapeWatchedSource<'_, S> {
    type Fault = S::Fault;

    fn each(&mut self, take: &mut dyn FnMut(&Exchange<'_>)) -> Result<(), S::Fault> {
        let watch = &mut self.watch;
        self.source.each(&mut |exchange| {
            watch.note(exchange);
            take(exchange);
        })
    }
}
