//! The two decisions: may this request go to the portal (`admit`), and may this response leave
//! (`weigh`, or `release` in one step).
//!
//! Knows neither HTTP nor the journal: the gateway brings facts and persons, and carries out what
//! is decided.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use digue_types::{
    AccountId, Basis, ClassName, Gate, OrganisationId, Outcome, PersonKey, PopulationId, PortalId,
    RefusalReason, Timestamp,
};

use crate::additions::CaseloadAdditions;
use crate::budget::{Budgets, Charge};
use crate::caseload::Caseloads;
use crate::classes::{ClassRule, ClassRules, PersonClasses, RecordAgreement};
use crate::directory::AccountDirectory;
use crate::gate::GateTable;
use crate::keys::ApiKeys;
use crate::policy::{Policies, PolicyFacts};

/// Whether the rules of a portal are enforced, or only tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EnforcementMode {
    #[default]
    Enforced,
    /// Journals what it would have refused, and refuses nothing: neither rules nor gates nor
    /// sessions.
    ObserveOnly,
    /// The first step, before anybody has an account of Digue: like `ObserveOnly`, and a caller of
    /// whom Digue knows nothing is unknown, which speaks against no request.
    Pilot,
}

impl EnforcementMode {
    /// The proof that a refusal requires; `None` in the modes that try rules, which therefore
    /// cannot refuse.
    pub const fn enforcement(self) -> Option<Enforcement> {
        match self {
            Self::Enforced => Some(Enforcement(())),
            Self::ObserveOnly | Self::Pilot => None,
        }
    }

    /// The word for it in a map.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::ObserveOnly => "observe-only",
            Self::Pilot => "pilot",
        }
    }
}

/// Proof that the rules of a portal are enforced. Its field is private: only `EnforcementMode`
/// makes one, so that no code path refuses a visit of a portal in pilot or observe-only mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Enforcement(());

/// What one route of a portal map requires and allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteAccess {
    pub needs_caseload: bool,
    /// A search with full identifiers may show one person outside the caseload.
    pub allows_exact_search: bool,
    /// How long a person found by exact search may be opened on this route; zero for not at all.
    pub keeps_found: Duration,
    pub allows_break_glass: bool,
    /// The greatest age of the last fresh proof of identity; `None` requires none.
    pub proof_age_max: Option<Duration>,
    /// Persons who sign in at the portal may be shown their own record here.
    pub shows_own: bool,
}

/// The rules in force, replaced as a whole: one decision never mixes two versions.
#[derive(Clone, Default)]
pub struct Snapshot {
    pub caseloads: HashMap<PopulationId, Arc<Caseloads>>,
    pub caseload_version: u64,
    /// Relations that came between two readings of a source.
    pub additions: HashMap<PopulationId, Arc<CaseloadAdditions>>,
    pub directory: Arc<AccountDirectory>,
    pub gates: Arc<GateTable>,
    pub policies: Arc<Policies>,
    /// Version of portal maps and policies together.
    pub policy_version: u64,
    pub break_glass: Arc<HashMap<(PortalId, AccountId), BreakGlass>>,
    pub keys: Arc<ApiKeys>,
    /// Accounts whose limits are reduced for a while.
    pub reductions: Arc<HashMap<AccountId, Reduction>>,
    /// The state of each organisation's self-assessment, for policies: `current`, `grace` or `due`.
    /// An organisation that is not listed is `due`.
    pub postures: Arc<HashMap<OrganisationId, &'static str>>,
    /// Accounts with a passkey of Digue: some portals' own sign-in is not enough for them.
    pub passkey_holders: Arc<HashSet<AccountId>>,
    /// The classes of persons. Those of a population that is not listed are not known.
    pub classes: HashMap<PopulationId, Arc<PersonClasses>>,
    /// The records that accounts may open because another person agreed.
    pub agreements: Arc<HashMap<(PopulationId, AccountId), Vec<RecordAgreement>>>,
}

/// Reduced limits until a date, after a recovery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reduction {
    pub percent: u8,
    pub until: Timestamp,
}

impl Snapshot {
    /// Percent of its usual limits that the account has at `now`.
    pub fn percent_of(&self, account: &AccountId, now: Timestamp) -> u8 {
        let reduction = self
            .reductions
            .get(account)
            .filter(|reduction| now < reduction.until);
        reduction.map_or(100, |reduction| reduction.percent)
    }
}

/// A break-glass access: its written reason and its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BreakGlass {
    pub justification: String,
    pub until: Timestamp,
}

/// The facts of one request.
#[derive(Clone, Debug)]
pub struct RequestFacts<'f> {
    pub now: Timestamp,
    pub portal: &'f PortalId,
    pub population: &'f PopulationId,
    pub route: &'f str,
    pub action: &'f str,
    pub access: &'f RouteAccess,
    pub classes: &'f ClassRules,
    pub mode: EnforcementMode,
    pub account: &'f AccountId,
    pub organisation: &'f OrganisationId,
    pub ip: &'f str,
    /// When the identity was last proved afresh.
    pub proved_at: Timestamp,
    /// Local hour and weekday (1 is Monday), for policies.
    pub local: (i64, i64),
    pub categories: &'f [digue_types::Category],
    /// The request searches by full identifiers of one person.
    pub is_exact_search: bool,
    /// The record of the caller, who is no account but a person with a record of their own.
    pub own: Option<PersonKey>,
    /// The response contains every value that the search gave. Not known at `admit`.
    pub is_found_as_asked: bool,
}

impl RequestFacts<'_> {
    /// Where rules are only tried, a caller may be unknown: neither caseload nor policy can be
    /// asked about one. Enforced mode admits no such caller, whatever its name.
    fn has_unknown_caller(&self) -> bool {
        self.mode.enforcement().is_none() && self.account.is_unknown()
    }
}

/// The decision about a response, and the basis under which each of its persons is journalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub outcome: Outcome,
    /// Why it is refused, or would be; empty exactly when the outcome is `Released`.
    pub reasons: Vec<RefusalReason>,
    /// The basis of each person, in the order in which they were given; empty when refused.
    pub bases: Vec<Basis>,
    pub justification: Option<String>,
}

/// Every reason against a request, whether or not the mode enforces it; empty when it may go to the
/// portal. `subjects` are the persons it names.
pub fn admit(
    snapshot: &Snapshot,
    budgets: &Budgets,
    facts: &RequestFacts<'_>,
    subjects: &[PersonKey],
) -> Vec<RefusalReason> {
    if let Some(reason) = gate_refusal(snapshot, facts) {
        return vec![reason];
    }
    if facts.has_unknown_caller() {
        return Vec::new();
    }
    if facts.own.is_some() && !facts.access.shows_own {
        return vec![RefusalReason::NotOwnRecord];
    }
    let mut reasons = Vec::new();
    let bases = bases(snapshot, budgets, facts, subjects, true);
    if bases.contains(&Basis::None) {
        reasons.push(outside_reason(snapshot, facts));
    }
    reasons.extend(
        class_reasons(snapshot, facts, subjects)
            .into_iter()
            .flatten()
            .min(),
    );
    // How many persons the response shows is not known yet: `release` evaluates the policies again
    // with the true numbers.
    reasons.extend(policy_refusal(snapshot, facts, subjects.len(), 0));
    reasons
}

/// May the response leave? `persons` are all distinct persons that it shows. Checks the budgets and
/// charges them within one borrow: every response that is released is counted, no other one is.
pub fn release(
    snapshot: &Snapshot,
    budgets: &mut Budgets,
    facts: &RequestFacts<'_>,
    persons: &[PersonKey],
) -> Decision {
    let (decision, charge) = weigh(snapshot, budgets, facts, persons, false);
    charge.apply();
    decision
}

/// For each person of a response, whether the account may not see them, and the reason: for a caller
/// that can take persons out of it. Whether what is left may leave, `weigh` decides.
pub fn outside(
    snapshot: &Snapshot,
    budgets: &Budgets,
    facts: &RequestFacts<'_>,
    persons: &[PersonKey],
) -> Option<PersonsOutside> {
    let bases = bases(snapshot, budgets, facts, persons, false);
    let by_class = class_reasons(snapshot, facts, persons);
    let is_outside =
        |(basis, class): (&Basis, &Option<RefusalReason>)| *basis == Basis::None || class.is_some();
    let is_outside: Vec<bool> = bases.iter().zip(&by_class).map(is_outside).collect();
    let reason = if bases.contains(&Basis::None) {
        refusal_of_outside(snapshot, facts)
    } else {
        by_class.into_iter().flatten().min()?
    };
    Some(PersonsOutside { is_outside, reason })
}

/// The persons of a response whom the account may not see: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonsOutside {
    /// For each person, in the order in which they were given.
    pub is_outside: Vec<bool>,
    pub reason: RefusalReason,
}

/// `release` in two steps, for a caller that has a last word of its own: the response counts only
/// once the charge is applied. `is_uninspected`: it could not be read, and may show others besides
/// `persons`.
pub fn weigh<'w>(
    snapshot: &Snapshot,
    budgets: &'w mut Budgets,
    facts: &RequestFacts<'w>,
    persons: &'w [PersonKey],
    is_uninspected: bool,
) -> (Decision, PendingCharge<'w>) {
    let enforcement = facts.mode.enforcement();
    let percent = snapshot.percent_of(facts.account, facts.now);
    // The gate again, although `admit` has asked it: it may have been closed while the portal
    // answered.
    let mut reasons = Vec::from_iter(gate_refusal(snapshot, facts));
    // Again like the gate: who it is may have been said by the answer alone. And what cannot be
    // read may be another person's record.
    if facts.own.is_some() && (!facts.access.shows_own || is_uninspected) {
        reasons.push(RefusalReason::NotOwnRecord);
    }
    // Where rules are only tried every reason is collected, so that a trial shows all that would be
    // refused.
    if is_uninspected && (enforcement.is_none() || reasons.is_empty()) {
        reasons.extend(budgets.check_uninspected(facts.now, facts.account, percent));
    }
    if let Some(enforcement) = enforcement
        && !reasons.is_empty()
    {
        return refused(enforcement, reasons);
    }
    let bases = bases(snapshot, budgets, facts, persons, false);
    let outside = bases.iter().filter(|basis| **basis == Basis::None).count();
    if outside > 0 {
        reasons.push(refusal_of_outside(snapshot, facts));
    }
    // One of them is enough: a response with ten thousand archived persons is refused for one
    // reason.
    reasons.extend(
        class_reasons(snapshot, facts, persons)
            .into_iter()
            .flatten()
            .min(),
    );
    if !facts.has_unknown_caller() {
        reasons.extend(policy_refusal(snapshot, facts, persons.len(), outside));
    }
    let counted = CountedPersons::by_basis(facts, persons, &bases, is_uninspected);
    reasons.extend(budgets.check(facts.now, &counted.charge(percent)));
    if let Some(enforcement) = enforcement
        && !reasons.is_empty()
    {
        return refused(enforcement, reasons);
    }
    let justification = (!counted.opened.is_empty())
        .then(|| live_break_glass(snapshot, facts).map(|glass| glass.justification.clone()))
        .flatten();
    let agreed = persons.iter().zip(&bases);
    let mut agreed = agreed.filter(|(_, basis)| **basis == Basis::Agreed);
    let justification = justification.or_else(|| {
        let agreement = agreed.find_map(|(person, _)| agreement(snapshot, facts, *person))?;
        Some(agreement.reason.clone())
    });
    let outcome = if reasons.is_empty() {
        Outcome::Released
    } else {
        Outcome::WouldRefuse
    };
    // Observe-only mode counts too: otherwise it could not tell what enforcement would have
    // refused.
    (
        Decision {
            outcome,
            reasons,
            bases,
            justification,
        },
        PendingCharge(Some((budgets, counted))),
    )
}

/// Who was shown a response, and when.
#[derive(Clone, Copy, Debug)]
pub struct CountedResponse<'w> {
    pub now: Timestamp,
    pub account: &'w AccountId,
    pub organisation: &'w OrganisationId,
}

/// A response that no rule can refuse any more, because a portal that reports by itself has shown
/// it: every limit that it exceeds, and what it counts.
pub fn weigh_shown<'w>(
    snapshot: &Snapshot,
    budgets: &'w mut Budgets,
    of: CountedResponse<'w>,
    persons: &'w [PersonKey],
) -> (Vec<RefusalReason>, PendingCharge<'w>) {
    let counted = CountedPersons::all(of, persons, false);
    let percent = snapshot.percent_of(of.account, of.now);
    (
        budgets.check(of.now, &counted.charge(percent)),
        PendingCharge(Some((budgets, counted))),
    )
}

/// A response about which the map says nothing, let through where rules are only tried: it counts
/// as uninspected, if it is.
pub fn weigh_undescribed<'w>(
    budgets: &'w mut Budgets,
    of: CountedResponse<'w>,
    is_uninspected: bool,
) -> PendingCharge<'w> {
    PendingCharge(Some((
        budgets,
        CountedPersons::all(of, &[], is_uninspected),
    )))
}

/// The persons of one response, to be counted.
struct CountedPersons<'w> {
    of: CountedResponse<'w>,
    persons: &'w [PersonKey],
    found_now: Vec<PersonKey>,
    opened: Vec<PersonKey>,
    is_uninspected: bool,
    shares_with_strangers: bool,
}

impl<'w> CountedPersons<'w> {
    fn by_basis(
        facts: &RequestFacts<'w>,
        persons: &'w [PersonKey],
        bases: &[Basis],
        is_uninspected: bool,
    ) -> Self {
        let of = CountedResponse {
            now: facts.now,
            account: facts.account,
            organisation: facts.organisation,
        };
        let of_basis = |wanted: Basis| -> Vec<PersonKey> {
            persons
                .iter()
                .zip(bases)
                .filter(|(_, b)| **b == wanted)
                .map(|(p, _)| *p)
                .collect()
        };
        if facts.own.is_some() {
            // Persons who look at themselves use up nobody's limit.
            return Self::all(of, &[], is_uninspected);
        }
        // Opening a person who was found earlier is not another search, and is not charged to the
        // budget of exact searches.
        let found_now = of_basis(Basis::ExactSearch);
        Self {
            of,
            persons,
            found_now,
            opened: of_basis(Basis::BreakGlass),
            is_uninspected,
            // Where rules are only tried, all callers may be unknown.
            shares_with_strangers: facts.mode.enforcement().is_some(),
        }
    }

    /// Persons shown by no exception.
    const fn all(of: CountedResponse<'w>, persons: &'w [PersonKey], is_uninspected: bool) -> Self {
        Self {
            of,
            persons,
            found_now: Vec::new(),
            opened: Vec::new(),
            is_uninspected,
            shares_with_strangers: false,
        }
    }

    fn charge(&self, percent: u8) -> Charge<'_> {
        Charge {
            account: self.of.account,
            organisation: self.of.organisation,
            persons: self.persons,
            by_exact_search: &self.found_now,
            by_break_glass: &self.opened,
            percent,
            shares_with_strangers: self.shares_with_strangers,
        }
    }
}

/// What a response costs the budgets. It keeps them borrowed, so that nothing is counted between
/// the check and the charge; dropped, it costs nothing. That of a refusal is empty.
#[must_use = "a response that leaves is counted"]
pub struct PendingCharge<'w>(Option<(&'w mut Budgets, CountedPersons<'w>)>);

impl PendingCharge<'_> {
    /// Counts the response: it leaves.
    pub fn apply(self) {
        let Some((budgets, counted)) = self.0 else {
            return;
        };
        if counted.is_uninspected {
            // By force: it was checked in `weigh`, and at observe-only portals it leaves whatever
            // the check said.
            budgets.charge_uninspected(counted.of.now, counted.of.account, 100, true);
        }
        budgets.charge(counted.of.now, &counted.charge(100));
    }
}

fn refused<'w>(_: Enforcement, reasons: Vec<RefusalReason>) -> (Decision, PendingCharge<'w>) {
    let decision = Decision {
        outcome: Outcome::Refused,
        reasons,
        bases: Vec::new(),
        justification: None,
    };
    (decision, PendingCharge(None))
}

/// The refusal of the strictest gate in front of this account, or of a proof of identity that is
/// too old.
pub fn gate_refusal(snapshot: &Snapshot, facts: &RequestFacts<'_>) -> Option<RefusalReason> {
    let (gate, scope) = snapshot
        .gates
        .effective(facts.portal, facts.organisation, facts.account);
    // Five minutes: a gate that requires a proof is passed with a proof given for it, not with the
    // one of the sign-in.
    let proof_age_max = match gate {
        Gate::Closed => return Some(RefusalReason::GateClosed(scope)),
        Gate::StepUp => Some(Duration::from_mins(5)),
        Gate::Open | Gate::CaseloadOnly => facts.access.proof_age_max,
    };
    proof_age_max
        .is_some_and(|limit| facts.now.since(facts.proved_at) > limit)
        .then_some(RefusalReason::StepUp(scope))
}

/// Why a response with a person outside the caseload is refused.
fn refusal_of_outside(snapshot: &Snapshot, facts: &RequestFacts<'_>) -> RefusalReason {
    if facts.own.is_none() && facts.is_exact_search && facts.access.allows_exact_search {
        RefusalReason::NotExact
    } else {
        outside_reason(snapshot, facts)
    }
}

fn outside_reason(snapshot: &Snapshot, facts: &RequestFacts<'_>) -> RefusalReason {
    if facts.own.is_some() {
        return RefusalReason::NotOwnRecord;
    }
    let (gate, scope) = snapshot
        .gates
        .effective(facts.portal, facts.organisation, facts.account);
    if gate == Gate::CaseloadOnly {
        RefusalReason::CaseloadOnly(scope)
    } else {
        RefusalReason::OutsideCaseload
    }
}

/// The basis on which each person may be shown; `Basis::None` where there is none. With
/// `is_request` the persons are those that the request names, and the response is not known yet.
fn bases(
    snapshot: &Snapshot,
    budgets: &Budgets,
    facts: &RequestFacts<'_>,
    persons: &[PersonKey],
    is_request: bool,
) -> Vec<Basis> {
    let (gate, _) = snapshot
        .gates
        .effective(facts.portal, facts.organisation, facts.account);
    // First: a route that needs no caseload is for accounts, not for every person.
    if let Some(own) = facts.own {
        let of = |person: &PersonKey| match *person == own && facts.access.shows_own {
            true => Basis::OwnRecord,
            false => Basis::None,
        };
        return persons.iter().map(of).collect();
    }
    let mut bases = bases_by_caseload(snapshot, budgets, facts, persons, (gate, is_request));
    for (basis, person) in bases.iter_mut().zip(persons) {
        // A record that needs an agreement is shown by it, also to an account whose caseload has
        // the person: the entry then has the reason. Once its class asks for none, the agreement
        // shows nothing.
        let is_held_back = *basis == Basis::None && gate == Gate::CaseloadOnly;
        if !is_held_back
            && agreement(snapshot, facts, *person).is_some()
            && class_rule(snapshot, facts, *person).0.restricts()
        {
            *basis = Basis::Agreed;
        }
    }
    bases
}

/// The basis without the agreements to open single records.
fn bases_by_caseload(
    snapshot: &Snapshot,
    budgets: &Budgets,
    facts: &RequestFacts<'_>,
    persons: &[PersonKey],
    (gate, is_request): (Gate, bool),
) -> Vec<Basis> {
    // `CaseloadOnly` also closes routes that need no caseload: a stolen account must not read
    // persons there that its caseload would refuse it.
    if !facts.access.needs_caseload && gate != Gate::CaseloadOnly {
        return vec![Basis::NotRequired; persons.len()];
    }
    if facts.has_unknown_caller() {
        return vec![Basis::CallerUnknown; persons.len()];
    }
    let empty = Caseloads::default();
    let caseloads = snapshot
        .caseloads
        .get(facts.population)
        .map_or(&empty, AsRef::as_ref);
    let holder = caseloads.holder(facts.account, facts.organisation);
    holder.expect(persons.len());
    let who = (facts.account, facts.organisation);
    let additions = snapshot.additions.get(facts.population);
    let is_added = |person: PersonKey| {
        additions.is_some_and(|additions| additions.has(who, person, facts.now))
    };
    let mut bases: Vec<Basis> = persons
        .iter()
        .map(|person| match holder.find(*person, facts.now) {
            Some(_) => Basis::Caseload,
            None if is_added(*person) => Basis::Caseload,
            None => Basis::None,
        })
        .collect();
    if gate == Gate::CaseloadOnly {
        return bases;
    }
    let outside: Vec<usize> = (0..bases.len())
        .filter(|&i| bases[i] == Basis::None)
        .collect();
    let since = facts.now.minus(facts.access.keeps_found);
    for &place in &outside {
        if facts.access.keeps_found > Duration::ZERO
            && !facts.account.is_unknown()
            && budgets.was_found_exactly(facts.account, persons[place], since)
        {
            bases[place] = Basis::FoundEarlier;
        }
    }
    // A search that shows another person than the one given, or a further one, was not exact. At
    // the request this cannot be known: `release` decides it.
    // Unknown callers have a name in common, and no searches of their own.
    let is_exact =
        facts.access.allows_exact_search && facts.is_exact_search && !facts.account.is_unknown();
    let is_one_as_asked = persons.len() == 1 && facts.is_found_as_asked;
    if is_exact && (is_request || is_one_as_asked) {
        for &place in &outside {
            bases[place] = Basis::ExactSearch;
        }
    }
    if facts.access.allows_break_glass && live_break_glass(snapshot, facts).is_some() {
        for &place in &outside {
            if bases[place] == Basis::None {
                bases[place] = Basis::BreakGlass;
            }
        }
    }
    bases
}

/// The strictest rule for a person by the classes of the person, and the class; without one, where
/// classes are not known.
fn class_rule<'s>(
    snapshot: &'s Snapshot,
    facts: &RequestFacts<'_>,
    person: PersonKey,
) -> (ClassRule, Option<&'s ClassName>) {
    // Nobody is kept from their own record because of what it is.
    if facts.classes.is_empty() || facts.own == Some(person) {
        return (ClassRule::Mark, None);
    }
    let Some(table) = snapshot.classes.get(facts.population) else {
        return (facts.classes.strictest(), None);
    };
    let of_person = table
        .of(person)
        .map(|class| (facts.classes.of(class), Some(class)));
    of_person
        .max_by_key(|(rule, _)| *rule)
        .unwrap_or((ClassRule::Mark, None))
}

/// For each person, why the record is not shown because of a class.
fn class_reasons(
    snapshot: &Snapshot,
    facts: &RequestFacts<'_>,
    persons: &[PersonKey],
) -> Vec<Option<RefusalReason>> {
    // Nobody can agree to what an unknown caller opens, and nothing speaks against one.
    if facts.classes.is_empty() || facts.has_unknown_caller() {
        return vec![None; persons.len()];
    }
    let reason = |person: &PersonKey| {
        let (rule, class) = class_rule(snapshot, facts, *person);
        let is_refused = match rule {
            ClassRule::Mark | ClassRule::Watch => false,
            ClassRule::Agreement { .. } => agreement(snapshot, facts, *person).is_none(),
            ClassRule::Refuse => true,
        };
        let said = || {
            class
                .cloned()
                .map_or(RefusalReason::ClassUnknown, RefusalReason::PersonClass)
        };
        is_refused.then(said)
    };
    persons.iter().map(reason).collect()
}

/// The agreement by which the account may open this record now.
fn agreement<'s>(
    snapshot: &'s Snapshot,
    facts: &RequestFacts<'_>,
    person: PersonKey,
) -> Option<&'s RecordAgreement> {
    // Almost always empty: no key is built for the look-up then.
    if snapshot.agreements.is_empty() {
        return None;
    }
    let key = (facts.population.clone(), facts.account.clone());
    let mut agreements = snapshot.agreements.get(&key)?.iter();
    agreements.find(|agreed| agreed.person == person && facts.now < agreed.until)
}

fn live_break_glass<'s>(
    snapshot: &'s Snapshot,
    facts: &RequestFacts<'_>,
) -> Option<&'s BreakGlass> {
    // Almost always empty: no key is built for the look-up then.
    if snapshot.break_glass.is_empty() {
        return None;
    }
    let key = (facts.portal.clone(), facts.account.clone());
    snapshot
        .break_glass
        .get(&key)
        .filter(|glass| facts.now < glass.until)
}

fn policy_refusal(
    snapshot: &Snapshot,
    facts: &RequestFacts<'_>,
    persons: usize,
    outside: usize,
) -> Option<RefusalReason> {
    // Unknown to the directory, and only vouched for by the portal's own sign-in: no role, so that
    // a policy which asks for one does not match.
    let role = snapshot
        .directory
        .find(facts.account)
        .map_or("", |record| record.role.code());
    snapshot.policies.refusal(&PolicyFacts {
        account: facts.account.as_str(),
        organisation: facts.organisation.as_str(),
        role,
        portal: facts.portal.as_str(),
        route: facts.route,
        action: facts.action,
        ip: facts.ip,
        hour: facts.local.0,
        weekday: facts.local.1,
        break_glass: live_break_glass(snapshot, facts).is_some(),
        exact_search: facts.is_exact_search,
        categories: facts.categories.iter().map(ToString::to_string).collect(),
        persons: i64::try_from(persons).unwrap_or(i64::MAX),
        outside_caseload: i64::try_from(outside).unwrap_or(i64::MAX),
        posture: snapshot
            .postures
            .get(facts.organisation)
            .copied()
            .unwrap_or("due"),
    })
}

#[cfg(test)]
mod tests;
