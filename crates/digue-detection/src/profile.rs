//! The bounded memory of one account, and the habits of its portal.
//!
//! Holds and updates; what it means is weighed in `judge`.

use std::collections::VecDeque;

use hashbrown::HashSet;

use crate::context::{Rates, Signs};
use crate::daily::{DayContext, Prediction, Rise};
use crate::dates::AccountDates;
use crate::fetching::FetchingDays;
use crate::fusion::{self, Weight};
use crate::order::NumberOrder;
use crate::paging::Paging;
use crate::places::ClientPlace;
use crate::places::Places;
use crate::recent::RecentEvents;
use crate::recent_set::RecentSet;
use crate::rhythm::Rhythm;
use crate::shape::{HOURS, KINDS, Mixture, OF_HOURS, OF_KINDS, bounded};
use crate::surge::SurgeShare;
use crate::tally::{
    ALL, AccountDay, COUNTS, DAILY, DayCount, LevelFigures, Levels, PeerLevels, Work, floor,
};
use crate::tuning::Tuning;

/// Persons that are remembered for an account; at most twice as many.
const KNOWN: usize = 2048;
/// Greatest number of today's record pages that are counted as distinct persons.
const TODAY_MAX: usize = 8192;
/// A person read longer ago is new again.
const KNOWN_DAYS: u16 = 90;
/// Working days whose strangeness adds up.
const STRANGE_DAYS: usize = 5;
/// Working days after which an account counts for the factor of the portal's day.
const SETTLED_DAYS: usize = 8;
/// Days over which new persons by lists are summed.
pub(crate) const LIST_DAYS: i32 = 7;
/// Days for which a verdict allows what was found to be work, while it teaches the levels.
const ALLOWED_DAYS: i32 = 14;
/// Days for which a reopening without a verdict counts.
const REOPENINGS_DAYS: i32 = 30;
/// Working days after which the account's own kinds of persons and hours are known.
const KNOWN_WORK_DAYS: usize = 8;

/// The counts of one finding, which a verdict may allow.
#[derive(Clone, Debug)]
struct CitedCounts {
    weight: Weight,
    second: u32,
    day: i32,
    counts: Vec<(DayCount, u32)>,
}

/// Findings of an account for which a verdict is still accepted.
const CITED_MAX: usize = 16;

/// The finding that a verdict is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FindingReference {
    pub(crate) weight: Weight,
    /// When it was found; `None` where the verdict does not say.
    pub(crate) second: Option<u32>,
}

#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) organisation: u32,
    pub(crate) portal: u32,
    pub(crate) first_day: i32,
    pub(crate) last_day: Option<i32>,
    known: RecentSet,
    today_sheets: HashSet<u32>,
    pub(crate) sheets: RecentEvents,
    pub(crate) lists: RecentEvents,
    pub(crate) today: AccountDay,
    pub(crate) levels: Levels,
    kinds: Mixture<KINDS>,
    hours: Mixture<HOURS>,
    /// Day and strangeness of the last working days.
    strange: VecDeque<(i32, f32)>,
    pub(crate) order: NumberOrder,
    pub(crate) paging: Paging,
    /// Days with resources, and whether today is one.
    pub(crate) fetching: FetchingDays,
    pub(crate) has_fetched: bool,
    pub(crate) rhythm: Rhythm,
    pub(crate) places: Places,
    pub(crate) dates: AccountDates,
    /// Second of the containment in force.
    pub(crate) contained: Option<u32>,
    /// Day of the last containment: it teaches nothing.
    tainted_day: Option<i32>,
    /// Days on which it was reopened without a verdict.
    reopenings: VecDeque<i32>,
    /// The counts of the last findings.
    cited: VecDeque<CitedCounts>,
    /// Count, value and last day of what verdicts allow.
    allowed: Vec<(DayCount, f32, i32)>,
    /// One bit for each [`DayCount`] that a verdict once found to be work: no bound applies to its
    /// habits.
    confirmed: u32,
    /// Day and evidence of the finding after which a step left it open.
    pub(crate) stepped: Option<(i32, f32)>,
    /// Day and evidence of the last alert.
    pub(crate) alerted: Option<(i32, f32)>,
    /// Its share of its organisation's evidence, and the day of it.
    pub(crate) share: f32,
    pub(crate) share_day: i32,
    /// Its part in the day of its portal and of its organisation.
    pub(crate) of_portal: SurgeShare,
    pub(crate) of_organisation: SurgeShare,
    /// The factor of the portal's day, as of its last response.
    pub(crate) factor: f32,
    pub(crate) last_place: ClientPlace,
    /// The strongest evidence of the day besides its volume, and its signs.
    pub(crate) context: DayContext,
    pub(crate) signs: Signs,
    /// Day and number of new persons by lists, for the last week.
    listed: VecDeque<(i32, u32)>,
    /// Usual levels and predictions for an ordinary day, computed when the day begins.
    usuals: [f32; COUNTS],
    predictions: [Prediction; DAILY.len()],
}

/// The habits of the accounts of a portal together.
#[derive(Clone, Debug, Default)]
pub(crate) struct PortalHabits {
    pub(crate) levels: PeerLevels,
    pub(crate) kinds: Mixture<KINDS>,
    pub(crate) hours: Mixture<HOURS>,
    pub(crate) fetching: FetchingDays,
    /// Resources of this portal pass the gateway.
    pub(crate) fetches: bool,
    pub(crate) rates: Rates,
    pub(crate) work: Work,
    /// First day with work at the portal; `i32::MAX` before it.
    pub(crate) first_day: i32,
    /// Active accounts of the last day with work, and of the one before.
    pub(crate) at_work: [u32; 2],
    pub(crate) at_work_day: i32,
}

impl PortalHabits {
    /// Records that an account begins a day of work.
    fn note_work(&mut self, day: i32) {
        self.first_day = self.first_day.min(day);
        if day > self.at_work_day {
            self.at_work = [0, self.at_work[0]];
            self.at_work_day = day;
        }
        self.at_work[0] += 1;
    }

    /// Days since the first work at the portal.
    pub(crate) fn days(&self, day: i32) -> u32 {
        u32::try_from(day.saturating_sub(self.first_day)).unwrap_or(0)
    }

    /// True while the portal is new (`fusion::is_early`).
    pub(crate) fn is_early(&self, day: i32) -> bool {
        let days = self.days(day);
        let at_work = self.at_work[0].max(self.at_work[1]);
        fusion::is_early(days, self.levels.accounts() as u32, at_work)
    }
}

impl Profile {
    pub(crate) fn new(organisation: u32, portal: u32, day: i32) -> Self {
        Self {
            organisation,
            portal,
            first_day: day,
            last_day: None,
            known: RecentSet::new(KNOWN),
            today_sheets: HashSet::new(),
            sheets: RecentEvents::default(),
            lists: RecentEvents::default(),
            today: AccountDay::of(day),
            levels: Levels::default(),
            kinds: Mixture::default(),
            hours: Mixture::default(),
            strange: VecDeque::new(),
            order: NumberOrder::default(),
            paging: Paging::default(),
            fetching: FetchingDays::default(),
            has_fetched: false,
            rhythm: Rhythm::default(),
            places: Places::default(),
            dates: AccountDates::default(),
            contained: None,
            tainted_day: None,
            reopenings: VecDeque::new(),
            cited: VecDeque::new(),
            allowed: Vec::new(),
            confirmed: 0,
            stepped: None,
            alerted: None,
            share: 0.0,
            share_day: day,
            of_portal: SurgeShare::default(),
            of_organisation: SurgeShare::default(),
            factor: 1.0,
            last_place: ClientPlace::default(),
            context: DayContext::default(),
            signs: Signs::default(),
            listed: VecDeque::new(),
            usuals: [1.0; COUNTS],
            predictions: [Prediction {
                mean: 1.0,
                dispersion: 1.0,
            }; DAILY.len()],
        }
    }

    /// Records that `key` was shown; true when it is new to the account, or was not read for long.
    pub(crate) fn meet(&mut self, key: u32, day: u16) -> bool {
        self.known
            .meet(key, day)
            .is_none_or(|before| day.saturating_sub(before) > KNOWN_DAYS)
    }

    /// Records an opened record page; true for the first time today.
    pub(crate) fn opens(&mut self, key: u32) -> bool {
        self.today_sheets.len() < TODAY_MAX && self.today_sheets.insert(key)
    }

    pub(crate) fn age(&self, day: i32) -> i32 {
        day - self.first_day
    }

    /// Working days before today.
    pub(crate) fn worked(&self) -> usize {
        self.levels
            .of(DayCount::Sheets)
            .days()
            .max(self.levels.of(DayCount::Listed).days())
    }

    /// The usual level of `count`, or what a verdict allows where that is more.
    pub(crate) fn usual(&self, count: DayCount, day: i32) -> f32 {
        self.usuals[count as usize].max(self.allowed(count, day).unwrap_or(0.0))
    }

    /// Computes the usual levels and predictions of a day, once, for all of its responses.
    pub(crate) fn expect(&mut self, tuning: &Tuning, common: &PortalHabits, day: i32) {
        let age = self.age(day);
        for count in ALL {
            let peers = common.levels.usual(count, common.work);
            self.usuals[count as usize] = self.levels.of(count).usual(peers, age).max(floor(count));
        }
        for (place, (count, _)) in DAILY.into_iter().enumerate() {
            let level = self.levels.of(count);
            self.predictions[place] =
                common
                    .levels
                    .prediction(tuning, place, level, age, common.work);
        }
    }

    /// The count that a verdict allows on `day`.
    pub(crate) fn allowed(&self, count: DayCount, day: i32) -> Option<f32> {
        let fits = |(of, _, until): &&(DayCount, f32, i32)| *of == count && day <= *until;
        self.allowed.iter().find(fits).map(|(_, value, _)| *value)
    }

    /// Whether a verdict once found such counts to be work.
    pub(crate) fn is_confirmed(&self, count: DayCount) -> bool {
        self.confirmed >> (count as u32) & 1 == 1
    }

    /// The rise of one of the `DAILY` counts over its prediction; `None` while it is not above the
    /// mean.
    pub(crate) fn rise(
        &self,
        tuning: &Tuning,
        place: usize,
        day: &AccountDay,
        context: DayContext,
    ) -> Option<Rise> {
        let honest = self.prediction(place);
        let seen = self.judged(DAILY[place].0, day, honest);
        // Up to the mean every bet loses, and what earlier days won was reported on those days.
        let is_more = seen as f32 > honest.mean;
        is_more.then(|| self.levels.daily[place].with(tuning, day.day, seen, honest, context))
    }

    /// The prediction of one of the `DAILY` counts for this day.
    pub(crate) fn prediction(&self, place: usize) -> Prediction {
        self.predictions[place].times(self.factor)
    }

    /// The count as it is judged: within what a verdict allows, no more than the prediction.
    fn judged(&self, count: DayCount, day: &AccountDay, honest: Prediction) -> u32 {
        let seen = day.count(count);
        match self.allowed(count, day.day) {
            Some(allowed) if seen as f32 <= allowed => seen.min(honest.mean as u32 + 1),
            Some(_) | None => seen,
        }
    }

    /// Adds new persons shown by lists.
    pub(crate) fn list(&mut self, day: i32, persons: u32) {
        match self.listed.back_mut() {
            Some((last, count)) if *last == day => *count += persons,
            Some(_) | None => self.listed.push_back((day, persons)),
        }
        while self
            .listed
            .front()
            .is_some_and(|(first, _)| day - first >= LIST_DAYS)
        {
            self.listed.pop_front();
        }
    }

    /// New persons by lists within the last `LIST_DAYS` days.
    pub(crate) fn listed_in_week(&self) -> u32 {
        self.listed.iter().map(|(_, count)| count).sum()
    }

    /// Mean of its working days; `None` until it has habits.
    pub(crate) fn settled_mean(&self) -> Option<f32> {
        let level = self.levels.of(DayCount::Sheets);
        level.mean().filter(|_| level.days() >= SETTLED_DAYS)
    }

    /// How unusual the last working days were, today included (-1 to 3, 0 without history); then,
    /// for today alone, by kinds of persons and by hours.
    pub(crate) fn strangeness(&self, common: &PortalHabits) -> (f32, f32, f32) {
        let (kinds, hours) = self.strangeness_of(&self.today, common);
        let last = self
            .strange
            .iter()
            .filter(|(day, _)| self.today.day - day < 14)
            .rev();
        let before: f32 = last
            .take(STRANGE_DAYS - 1)
            .map(|(_, strange)| *strange)
            .sum();
        ((before + kinds + hours).clamp(-1.0, 3.0), kinds, hours)
    }

    fn strangeness_of(&self, day: &AccountDay, common: &PortalHabits) -> (f32, f32) {
        if self.worked() < KNOWN_WORK_DAYS {
            return (0.0, 0.0);
        }
        let kinds = self
            .kinds
            .strangeness(&common.kinds, &bounded(&day.kinds), OF_KINDS);
        let hours = self
            .hours
            .strangeness(&common.hours, &day.hours(), OF_HOURS);
        (kinds.clamp(-1.0, 1.5), hours.clamp(-1.0, 1.5))
    }

    /// Begins `day`: the working day before it is closed and teaches what is usual.
    pub(crate) fn begin(&mut self, tuning: &Tuning, day: i32, common: &mut PortalHabits) {
        if day <= self.today.day {
            return;
        }
        let done = self.today;
        // A day with nothing but resources is no working day and teaches nothing.
        if self.last_day == Some(done.day) {
            self.close(tuning, &done, common);
        }
        common.note_work(day);
        self.expect(tuning, common, day);
        self.today = AccountDay::of(day);
        (self.context, self.signs, self.factor) = (DayContext::default(), Signs::default(), 1.0);
        self.has_fetched = false;
        self.today_sheets.clear();
        // Returns the memory of a day with thousands of pages: half a million profiles may be kept.
        self.today_sheets.shrink_to(64);
    }

    fn close(&mut self, tuning: &Tuning, done: &AccountDay, common: &mut PortalHabits) {
        let (kinds, hours) = self.strangeness_of(done, common);
        self.strange.push_back((done.day, kinds + hours));
        while self.strange.len() > STRANGE_DAYS {
            self.strange.pop_front();
        }
        if self.tainted_day == Some(done.day) {
            // It was contained on that day, which teaches nothing: the whole day is kept with the
            // finding, in case a verdict finds it to be work.
            for cited in self.cited.iter_mut().filter(|cited| cited.day == done.day) {
                for (count, seen) in &mut cited.counts {
                    *seen = (*seen).max(done.count(*count));
                }
            }
            return;
        }
        let context = DayContext {
            habits: (kinds + hours).clamp(-1.0, 2.0),
            ..self.context
        };
        let is_early = common.is_early(done.day);
        for (place, (count, _)) in DAILY.into_iter().enumerate() {
            if is_early {
                // Days of a new portal cannot be judged, so they do not add up either.
                self.levels.daily[place].forget();
                continue;
            }
            let honest = self.prediction(place);
            let seen = self.judged(count, done, honest);
            self.levels.daily[place].close(tuning, done.day, seen, honest, context);
        }
        // At a new portal the usual level is only assumed, and true work may be far more: days
        // teach up to three times as much.
        let teaching = if is_early { 3.0 } else { 1.0 };
        for count in ALL {
            let seen = done.count(count);
            if seen == 0 && !matches!(count, DayCount::New | DayCount::Sheets | DayCount::Reached) {
                // The level of a rare count is that of the days on which it occurs.
                continue;
            }
            let usual = self.usual(count, done.day);
            let is_allowed = self.allowed(count, done.day).is_some();
            let level = self.levels.of_mut(count);
            let before = LevelFigures::of(level);
            level.learn(
                tuning,
                done.day,
                // Without the factor of the day: a campaign must not raise what is usual after it.
                seen as f32 / self.factor,
                usual * teaching,
                is_allowed,
            );
            common
                .levels
                .replace(count, &before, &LevelFigures::of(level));
        }
        // Resources are not journalled: after a rebuild from the journal, days before the first
        // live one say nothing.
        if common.fetches && done.count(DayCount::Sheets) > 0 {
            self.fetching.learn(self.has_fetched);
            common.fetching.learn(self.has_fetched);
        }
        common.rates.learn(self.signs);
        self.kinds.learn(&done.kinds, 5.0);
        self.hours.learn(&done.hours(), 3.0);
        common.kinds.learn_from_peer(&done.kinds);
        common.hours.learn_from_peer(&done.hours());
    }

    /// Records a containment. Days that still wait to teach may be the thief's, and are dropped.
    pub(crate) fn contain(&mut self, second: u32, day: i32) {
        self.contained = Some(second);
        self.tainted_day = Some(day);
        for count in ALL {
            self.levels.of_mut(count).forget_waiting();
        }
    }

    /// Keeps the counts of a finding, for a verdict on it.
    pub(crate) fn cite(
        &mut self,
        weight: Weight,
        (second, day): (u32, i32),
        counts: impl Iterator<Item = DayCount>,
    ) {
        let counts = counts
            .map(|count| (count, self.today.count(count)))
            .collect();
        self.cited.push_back(CitedCounts {
            weight,
            second,
            day,
            counts,
        });
        if self.cited.len() > CITED_MAX {
            self.cited.pop_front();
        }
    }

    /// Records a reopening. It says that the account may be used again, not that what was read was
    /// work: its sums are cleared, and it is judged as before.
    pub(crate) fn reopen(&mut self, day: i32) {
        if self.contained.take().is_some() {
            self.reopenings.push_back(day);
            while self
                .reopenings
                .front()
                .is_some_and(|first| day - first > REOPENINGS_DAYS)
            {
                self.reopenings.pop_front();
            }
        }
        self.begin_anew();
        if self.tainted_day == Some(self.today.day) {
            self.today = AccountDay::of(self.today.day);
        }
    }

    /// The finding of the last containment.
    pub(crate) fn last_containment(&self) -> FindingReference {
        let last = self
            .cited
            .iter()
            .rev()
            .find(|cited| cited.weight == Weight::Containment);
        FindingReference {
            weight: Weight::Containment,
            second: last.map(|cited| cited.second),
        }
    }

    /// Reopenings of the last month without a verdict.
    pub(crate) fn reopenings(&self) -> usize {
        self.reopenings.len()
    }

    /// Records the verdict that what a finding cited was work: so much is allowed for a fortnight,
    /// and these days teach in full. Counts that it did not cite are not allowed.
    ///
    /// Where the verdict does not name its finding, the one of that weight that allows least is
    /// taken: a verdict on one finding must never allow what a theft read in another.
    pub(crate) fn confirm(&mut self, tuning: &Tuning, judged: FindingReference, day: i32) {
        let least = |cited: &CitedCounts| {
            cited
                .counts
                .iter()
                .map(|(_, seen)| u64::from(*seen))
                .sum::<u64>()
        };
        let is_meant = |cited: &CitedCounts| {
            cited.weight == judged.weight
                && judged.second.is_none_or(|second| second == cited.second)
        };
        let fits = self
            .cited
            .iter()
            .enumerate()
            .filter(|(_, cited)| is_meant(cited));
        let place = fits
            .min_by_key(|(_, cited)| least(cited))
            .map(|(place, _)| place);
        let cited = place.and_then(|place| self.cited.remove(place));
        for (count, seen) in cited.map_or(Vec::new(), |cited| cited.counts) {
            self.allowed
                .retain(|(of, _, until)| *of != count && day <= *until);
            self.allowed
                .push((count, seen as f32 * tuning.allowed_more, day + ALLOWED_DAYS));
            self.confirmed |= 1 << count as u32;
        }
        let is_of_containment = judged
            .second
            .is_none_or(|second| self.contained.is_none_or(|at| at == second));
        if self.contained.is_some() && (judged.weight == Weight::Alert || !is_of_containment) {
            // It is contained for another finding, which has no verdict.
            return;
        }
        self.reopenings.clear();
        (self.contained, self.tainted_day) = (None, None);
        self.begin_anew();
    }

    fn begin_anew(&mut self) {
        (self.alerted, self.stepped) = (None, None);
        self.strange.clear();
        for daily in &mut self.levels.daily {
            daily.forget();
        }
        (self.sheets, self.lists) = (RecentEvents::default(), RecentEvents::default());
        (self.order, self.paging) = (NumberOrder::default(), Paging::default());
        self.listed.clear();
    }
}
