//! Budgets: the most distinct persons that may be shown to an account, to an organisation and by a
//! portal within a window.
//!
//! Knows nothing of caseloads and gates: `decide::release` asks `check` before a response leaves
//! and calls `charge` within the same borrow, so no other response can use what was just found
//! free. Nothing is stored: counts are rebuilt from the journal (docs/decisions/0004).

use std::collections::VecDeque;
use std::hash::Hash;

use digue_types::{
    AccountId, Exposure, OrganisationId, PersonKey, RefusalReason, Scope, SlidingWindow, Timestamp,
};
use digue_types::{Basis, person::PersonKeyer};
use hashbrown::HashMap;

use crate::ledger::Ledger;

/// The most distinct persons in each window, indexed by [`SlidingWindow::index`]; `None` is no
/// limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetLimits(pub [Option<u32>; 4]);

impl BudgetLimits {
    pub fn of(self, window: SlidingWindow) -> Option<u32> {
        self.0[window.index()]
    }

    /// The same windows with `percent` of the persons, at least one, so that rounding locks no
    /// account out.
    #[must_use]
    pub fn reduced(self, percent: u8) -> Self {
        let part = |limit: u32| u64::from(limit) * u64::from(percent) / 100;
        Self(
            self.0
                .map(|limit| limit.map(|limit| u32::try_from(part(limit)).unwrap_or(limit).max(1))),
        )
    }

    fn longest(self) -> Option<SlidingWindow> {
        SlidingWindow::ALL
            .into_iter()
            .rev()
            .find(|window| self.of(*window).is_some())
    }
}

/// How many of a hundred persons of the portal's budget may be shown to callers of whom nothing is
/// known: they leave the other half to those who are.
const STRANGERS_PERCENT: u8 = 50;

/// All limits of one portal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitsTable {
    pub account: BudgetLimits,
    pub organisation: BudgetLimits,
    pub portal: BudgetLimits,
    /// Persons found by exact search, per account.
    pub exact_search: BudgetLimits,
    /// Persons opened with break-glass, per account.
    pub break_glass: BudgetLimits,
    /// Responses released without inspection, per account.
    pub uninspected: BudgetLimits,
}

/// The limit that would be exceeded.
type Broken = RefusalReason;

/// Distinct persons counted so far on one portal.
///
/// A ledger is made at the first question about its account or organisation.
#[derive(Debug)]
pub struct Budgets {
    limits: LimitsTable,
    accounts: HashMap<AccountId, Ledger>,
    organisations: HashMap<OrganisationId, Ledger>,
    portal: Ledger,
    /// Persons shown to callers of whom nothing is known; they count for the portal, too.
    strangers: Ledger,
    exact_search: HashMap<AccountId, Ledger>,
    break_glass: HashMap<AccountId, Ledger>,
    /// Counts responses, not persons.
    uninspected: HashMap<AccountId, Ledger>,
    /// Ledgers with pending charges, each once, oldest first. The portal's ledger is not listed:
    /// `settle` always visits it last.
    unsettled: VecDeque<Unsettled>,
}

#[derive(Debug)]
enum Unsettled {
    Account(AccountId),
    Organisation(OrganisationId),
}

/// One response to be counted: the account, its organisation and the distinct persons shown.
#[derive(Clone, Copy)]
pub struct Charge<'c> {
    pub account: &'c AccountId,
    pub organisation: &'c OrganisationId,
    /// All distinct persons of the response; the two lists below are parts of it.
    pub persons: &'c [PersonKey],
    pub by_exact_search: &'c [PersonKey],
    pub by_break_glass: &'c [PersonKey],
    /// Percent of its usual limits that the account has now: 100, less after a recovery.
    pub percent: u8,
    /// Callers of whom nothing is known have a share of the portal's budget, and no more: where the
    /// others are known.
    pub shares_with_strangers: bool,
}

impl Budgets {
    pub fn new(limits: LimitsTable) -> Self {
        // Without a limit nothing is ever charged to it; the shortest window then keeps it empty.
        let longest = limits.portal.longest().unwrap_or(SlidingWindow::Minute);
        let portal = Ledger::of_many(longest);
        let strangers = Ledger::of_many(longest);
        Self {
            limits,
            accounts: HashMap::new(),
            organisations: HashMap::new(),
            portal,
            strangers,
            exact_search: HashMap::new(),
            break_glass: HashMap::new(),
            uninspected: HashMap::new(),
            unsettled: VecDeque::new(),
        }
    }

    pub fn limits(&self) -> &LimitsTable {
        &self.limits
    }

    /// Replaces the limits; every person counted stays counted. When a longest window changes, the
    /// ledgers are rebuilt from `history`, which yields all exposures of the journal in order.
    pub fn adopt(&mut self, limits: LimitsTable, history: impl FnOnce(&mut dyn FnMut(&Exposure))) {
        let horizons = |table: &LimitsTable| {
            [
                table.account,
                table.organisation,
                table.portal,
                table.exact_search,
                table.break_glass,
                table.uninspected,
            ]
            .map(BudgetLimits::longest)
        };
        // A ledger keeps persons only as long as its longest window: while that stays the same,
        // only the limits change and the counts remain valid.
        if horizons(&self.limits) == horizons(&limits) {
            self.limits = limits;
            return;
        }
        let before = std::mem::replace(self, Self::new(limits));
        history(&mut |exposure| self.restore(exposure));
        // Responses that were decided and are not in the journal yet are in the old ledgers only.
        let limits = self.limits.clone();
        absorb_all(&mut self.accounts, &before.accounts, limits.account);
        absorb_all(
            &mut self.organisations,
            &before.organisations,
            limits.organisation,
        );
        absorb_all(
            &mut self.exact_search,
            &before.exact_search,
            remembered(limits.exact_search),
        );
        absorb_all(
            &mut self.break_glass,
            &before.break_glass,
            limits.break_glass,
        );
        absorb_all(
            &mut self.uninspected,
            &before.uninspected,
            limits.uninspected,
        );
        self.portal.absorb(&before.portal);
        self.strangers.absorb(&before.strangers);
    }

    /// Every limit that showing these persons now would break; nothing is charged.
    pub fn check(&mut self, now: Timestamp, charge: &Charge<'_>) -> Vec<Broken> {
        let Charge {
            account,
            organisation,
            persons,
            percent,
            ..
        } = *charge;
        let mut broken = Vec::new();
        let mut look = |ledger: &mut Ledger,
                        limits: BudgetLimits,
                        persons: &[PersonKey],
                        reason: &dyn Fn(SlidingWindow) -> RefusalReason| {
            if persons.is_empty() {
                return;
            }
            // Far from every limit it does not matter which persons are new. The upper bound costs
            // no look-up and includes pending charges; 300 look-ups in cold memory took 36 us
            // (docs/decisions/0006).
            let added_at_most = u32::try_from(persons.len()).unwrap_or(u32::MAX);
            let is_far = |counts: [u32; 4]| {
                let fits = |w: SlidingWindow, limit: u32| {
                    counts[w.index()].saturating_add(added_at_most) <= limit
                };
                SlidingWindow::ALL
                    .into_iter()
                    .all(|w| limits.of(w).is_none_or(|limit| fits(w, limit)))
            };
            if is_far(ledger.counts_at_most()) {
                return;
            }
            let counts = ledger.counts(now);
            if is_far(counts) {
                return;
            }
            let new = ledger.new_persons(now, persons);
            for window in SlidingWindow::ALL {
                let Some(limit) = limits.of(window) else {
                    continue;
                };
                let added = new[window.index()];
                // A response without a new person is never refused, even above a limit that was
                // lowered.
                if added > 0 && counts[window.index()].saturating_add(added) > limit {
                    // Every window, not only the first: a trial lists all that enforced mode would
                    // have objected to.
                    broken.push(reason(window));
                }
            }
        };
        let limits = &self.limits;
        // All unknown callers have one name: together they are no account, and no organisation.
        if !account.is_unknown() {
            let ledger = ledger_of(&mut self.accounts, account, limits.account);
            // Only the account's own limits are reduced after a recovery: its colleagues have no
            // part in it.
            let own = limits.account.reduced(percent);
            look(ledger, own, persons, &|w| {
                RefusalReason::Budget(Scope::Account, w)
            });
        }
        if !organisation.is_unknown() {
            let ledger = ledger_of(&mut self.organisations, organisation, limits.organisation);
            look(ledger, limits.organisation, persons, &|w| {
                RefusalReason::Budget(Scope::Organisation, w)
            });
        }
        let of_portal = |w| RefusalReason::Budget(Scope::Portal, w);
        look(&mut self.portal, limits.portal, persons, &of_portal);
        if account.is_unknown() && charge.shares_with_strangers {
            let share = limits.portal.reduced(STRANGERS_PERCENT);
            look(&mut self.strangers, share, persons, &of_portal);
        }
        if !charge.by_exact_search.is_empty() {
            let ledger = ledger_of(
                &mut self.exact_search,
                account,
                remembered(limits.exact_search),
            );
            let limits = limits.exact_search.reduced(percent);
            look(
                ledger,
                limits,
                charge.by_exact_search,
                &RefusalReason::ExactSearchBudget,
            );
        }
        if !charge.by_break_glass.is_empty() {
            let ledger = ledger_of(&mut self.break_glass, account, limits.break_glass);
            let limits = limits.break_glass.reduced(percent);
            look(
                ledger,
                limits,
                charge.by_break_glass,
                &RefusalReason::BreakGlassBudget,
            );
        }
        // The portal's budget and the strangers' share of it have one name.
        let mut distinct = Vec::with_capacity(broken.len());
        for reason in broken {
            if !distinct.contains(&reason) {
                distinct.push(reason);
            }
        }
        distinct
    }

    /// Counts these persons as shown, whatever the limits. Account, organisation and portal charges
    /// are queued; `settle` sorts them in later.
    pub fn charge(&mut self, now: Timestamp, charge: &Charge<'_>) {
        let Charge {
            account,
            organisation,
            persons,
            ..
        } = *charge;
        let limits = &self.limits;
        if persons.is_empty() {
            return;
        }
        if limits.account.longest().is_some() && !account.is_unknown() {
            let ledger = ledger_of(&mut self.accounts, account, limits.account);
            // Listed with the first pending charge only: `settle` expects each ledger once.
            if !ledger.has_pending() {
                self.unsettled
                    .push_back(Unsettled::Account(account.clone()));
            }
            ledger.charge(now, persons);
        }
        if limits.organisation.longest().is_some() && !organisation.is_unknown() {
            let ledger = ledger_of(&mut self.organisations, organisation, limits.organisation);
            if !ledger.has_pending() {
                // As for the account: with the first pending charge only.
                self.unsettled
                    .push_back(Unsettled::Organisation(organisation.clone()));
            }
            ledger.charge(now, persons);
        }
        if limits.portal.longest().is_some() {
            self.portal.charge(now, persons);
            if account.is_unknown() {
                self.strangers.charge(now, persons);
            }
        }
        // These charges are few. Sorting them in at once keeps their ledgers out of `unsettled`.
        if !charge.by_exact_search.is_empty() {
            // Remembered even without a limit: a person who was found may be opened for a while
            // (`RouteAccess::keeps_found`).
            let ledger = ledger_of(
                &mut self.exact_search,
                account,
                remembered(limits.exact_search),
            );
            ledger.charge(now, charge.by_exact_search);
            ledger.settle(usize::MAX);
        }
        if !charge.by_break_glass.is_empty() && limits.break_glass.longest().is_some() {
            let ledger = ledger_of(&mut self.break_glass, account, limits.break_glass);
            ledger.charge(now, charge.by_break_glass);
            ledger.settle(usize::MAX);
        }
    }

    /// Sorts in about `at_most` of the charges that `charge` queued; true while more are pending.
    /// The caller runs it every few milliseconds, never between a request and its response.
    pub fn settle(&mut self, at_most: usize) -> bool {
        let mut left = at_most;
        while let Some(next) = self.unsettled.pop_front() {
            let ledger = match &next {
                Unsettled::Account(account) => self.accounts.get_mut(account),
                Unsettled::Organisation(organisation) => self.organisations.get_mut(organisation),
            };
            let Some(ledger) = ledger else { continue };
            let waiting = ledger.pending();
            ledger.settle(left);
            // Back to the front: the oldest charges must not wait behind accounts that keep
            // reading.
            if waiting > left {
                self.unsettled.push_front(next);
                return true;
            }
            left -= waiting;
        }
        let waiting = self.strangers.pending();
        self.strangers.settle(left);
        self.portal.settle(left.saturating_sub(waiting)) > 0 || waiting > left
    }

    /// Every limit that one more response that could not be inspected would break; nothing is
    /// charged.
    pub fn check_uninspected(
        &mut self,
        now: Timestamp,
        account: &AccountId,
        percent: u8,
    ) -> Vec<Broken> {
        if account.is_unknown() {
            return Vec::new();
        }
        let limits = self.limits.uninspected.reduced(percent);
        let counts = ledger_of(&mut self.uninspected, account, limits).counts(now);
        SlidingWindow::ALL
            .into_iter()
            // `>=`, because the response that is asked about is one more.
            .filter(|&w| limits.of(w).is_some_and(|limit| counts[w.index()] >= limit))
            .map(RefusalReason::UninspectedBudget)
            .collect()
    }

    /// Checks and charges one response that could not be inspected; with `force` it is charged even
    /// above its limit.
    pub fn charge_uninspected(
        &mut self,
        now: Timestamp,
        account: &AccountId,
        percent: u8,
        force: bool,
    ) -> Vec<Broken> {
        let broken = self.check_uninspected(now, account, percent);
        if (broken.is_empty() || force) && !account.is_unknown() {
            let ledger = ledger_of(&mut self.uninspected, account, self.limits.uninspected);
            ledger.charge_another(now);
        }
        broken
    }

    /// True when an exact search by this account found `person` at or after `since`.
    pub fn was_found_exactly(
        &self,
        account: &AccountId,
        person: PersonKey,
        since: Timestamp,
    ) -> bool {
        let ledger = self.exact_search.get(account);
        ledger
            .and_then(|ledger| ledger.last_seen(person))
            .is_some_and(|at| at >= since)
    }

    /// Charges an entry of the journal again after a restart; entries come in order. Only exposures
    /// that were charged when they happened count: those that were released, in observe-only mode
    /// too, and no lines of access logs, which are imported long after.
    pub fn restore(&mut self, exposure: &Exposure) {
        // Imported lines have a `source`: they are of another time, and were never weighed against
        // a budget.
        if !exposure.is_released() || exposure.source.is_some() {
            return;
        }
        // The second entry of a large response only gives its size.
        if exposure.inspection.is_uninspected() && exposure.part == 1 {
            self.charge_uninspected(exposure.at, &exposure.account, 100, true);
        }
        let keyer = PersonKeyer::new(&exposure.population);
        let keys = |wanted: Option<Basis>| -> Vec<PersonKey> {
            let groups = exposure
                .shown
                .iter()
                .filter(|g| wanted.is_none_or(|basis| g.basis == basis));
            groups
                .flat_map(|g| &g.persons)
                .map(|p| keyer.key(p.as_str()))
                .collect()
        };
        self.charge(
            exposure.at,
            &Charge {
                account: &exposure.account,
                organisation: &exposure.organisation,
                persons: &keys(None),
                by_exact_search: &keys(Some(Basis::ExactSearch)),
                by_break_glass: &keys(Some(Basis::BreakGlass)),
                percent: 100,
                shares_with_strangers: false,
            },
        );
    }

    /// The accounts nearest one of their limits, at most `count`, each with the window in which it
    /// is nearest; the highest share first.
    pub fn nearest(&mut self, now: Timestamp, count: usize) -> Vec<Usage> {
        let limits = self.limits.account;
        let mut usages = Vec::new();
        for (account, ledger) in &mut self.accounts {
            let counts = ledger.counts(now);
            let windows = SlidingWindow::ALL.into_iter().filter_map(|window| {
                let limit = limits.of(window)?;
                Some(Usage {
                    account: account.clone(),
                    window,
                    shown: counts[window.index()],
                    limit,
                })
            });
            usages.extend(windows.max_by(|a, b| a.share().total_cmp(&b.share())));
        }
        usages.retain(|usage| usage.shown > 0);
        usages.sort_by(|a, b| {
            b.share()
                .total_cmp(&a.share())
                .then(a.account.cmp(&b.account))
        });
        usages.truncate(count);
        usages
    }

    /// Distinct persons shown to an organisation in each window.
    pub fn shown_to_organisation(
        &mut self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> [u32; 4] {
        self.organisations
            .get_mut(organisation)
            .map_or([0; 4], |ledger| ledger.counts(now))
    }

    /// Distinct persons shown to `account` in each window.
    pub fn shown_to(&mut self, account: &AccountId, now: Timestamp) -> [u32; 4] {
        self.accounts
            .get_mut(account)
            .map_or([0; 4], |ledger| ledger.counts(now))
    }
}

/// An account's use of the budget that it is nearest to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub account: AccountId,
    pub window: SlidingWindow,
    pub shown: u32,
    pub limit: u32,
}

impl Usage {
    /// 0 to 1; more than 1 where the limit was lowered or rules are only tried.
    pub fn share(&self) -> f64 {
        f64::from(self.shown) / f64::from(self.limit.max(1))
    }
}

fn absorb_all<K: Hash + Eq + Clone>(
    ledgers: &mut HashMap<K, Ledger>,
    before: &HashMap<K, Ledger>,
    limits: BudgetLimits,
) {
    for (key, ledger) in before {
        ledger_of(ledgers, key, limits).absorb(ledger);
    }
}

/// The same limits, with the longest window: as far back as the journal is read at a start. A
/// shorter memory would forget persons found earlier at moments that depend on what else was asked.
fn remembered(limits: BudgetLimits) -> BudgetLimits {
    let mut windows = limits.0;
    windows[SlidingWindow::Month.index()].get_or_insert(u32::MAX);
    BudgetLimits(windows)
}

fn ledger_of<'m, K: Hash + Eq + Clone>(
    ledgers: &'m mut HashMap<K, Ledger>,
    key: &K,
    limits: BudgetLimits,
) -> &'m mut Ledger {
    ledgers
        .entry_ref(key)
        .or_insert_with(|| Ledger::new(limits.longest().unwrap_or(SlidingWindow::Minute)))
}
