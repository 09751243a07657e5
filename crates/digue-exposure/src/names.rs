//! Dictionaries of accounts and of *contexts*, the facts that many exposures share, so that a row
//! holds a number for each.

use std::collections::{BTreeSet, HashMap};

use digue_types::{
    AccountId, Basis, Category, Exposure, Inspection, Means, OrganisationId, Outcome, PopulationId,
    PortalId, RefusalReason, RouteName,
};

/// The facts that exposures of one route to one organisation mostly have in common.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ExposureContext {
    pub(crate) organisation: OrganisationId,
    pub(crate) portal: PortalId,
    pub(crate) route: RouteName,
    pub(crate) population: PopulationId,
    pub(crate) categories: Vec<Category>,
    pub(crate) outcome: Outcome,
    pub(crate) inspection: Inspection,
    /// `None` where nobody was shown.
    pub(crate) right: Option<Right>,
    pub(crate) reasons: Vec<RefusalReason>,
}

/// On which basis persons were shown, and by which means they were found in the response.
pub(crate) type Right = (Basis, Means);

/// `caseload`, `caseload sweep`. Indexes of versions without means have the basis alone.
fn right_text((basis, means): Right) -> String {
    match means {
        Means::Described => basis.code().to_owned(),
        Means::Request | Means::Sweep | Means::Header => {
            format!("{} {}", basis.code(), means.code())
        }
    }
}

fn parse_right(text: &str) -> Option<Right> {
    let (basis, means) = text
        .split_once(' ')
        .unwrap_or((text, Means::Described.code()));
    Some((Basis::parse(basis)?, Means::parse(means)?))
}

impl ExposureContext {
    pub(crate) fn of(exposure: &Exposure, right: Option<Right>) -> Self {
        Self {
            organisation: exposure.organisation.clone(),
            portal: exposure.portal.clone(),
            route: exposure.route.clone(),
            population: exposure.population.clone(),
            categories: exposure.categories.clone(),
            outcome: exposure.outcome,
            inspection: exposure.inspection,
            right,
            reasons: exposure.reasons.clone(),
        }
    }

    /// True when the exposure has this context; compared without building one.
    pub(crate) fn is_of(&self, exposure: &Exposure, right: Option<Right>) -> bool {
        self.route == exposure.route
            && self.organisation == exposure.organisation
            && self.portal == exposure.portal
            && self.right == right
            && self.outcome == exposure.outcome
            && self.inspection == exposure.inspection
            && self.population == exposure.population
            && self.categories == exposure.categories
            && self.reasons == exposure.reasons
    }

    /// One line, separated by tabs, which no name contains.
    fn to_line(&self) -> String {
        let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(" ");
        [
            self.organisation.to_string(),
            self.portal.to_string(),
            self.route.to_string(),
            self.population.to_string(),
            list(&mut self.categories.iter().map(ToString::to_string)),
            self.outcome.code().to_owned(),
            self.inspection.code().to_owned(),
            self.right.map(right_text).unwrap_or_default(),
            list(&mut self.reasons.iter().map(ToString::to_string)),
        ]
        .join("\t")
    }

    fn from_line(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split('\t').collect();
        let [
            organisation,
            portal,
            route,
            population,
            categories,
            outcome,
            inspection,
            right,
            reasons,
        ] = cells[..]
        else {
            return None;
        };
        Some(Self {
            organisation: organisation.parse().ok()?,
            portal: portal.parse().ok()?,
            route: route.parse().ok()?,
            population: population.parse().ok()?,
            categories: categories
                .split_whitespace()
                .map(|word| word.parse().ok())
                .collect::<Option<_>>()?,
            outcome: Outcome::parse(outcome)?,
            inspection: Inspection::parse(inspection)?,
            right: if right.is_empty() {
                None
            } else {
                Some(parse_right(right)?)
            },
            reasons: reasons
                .split_whitespace()
                .map(|word| word.parse().ok())
                .collect::<Option<_>>()?,
        })
    }
}

/// Accounts and contexts by number, and the accounts of each organisation.
#[derive(Default)]
pub(crate) struct NameTable {
    accounts: Vec<AccountId>,
    account_numbers: HashMap<AccountId, u32>,
    contexts: Vec<ExposureContext>,
    context_numbers: HashMap<ExposureContext, u32>,
    /// The last context of each account: the next one is mostly the same. `u32::MAX` before the
    /// first.
    last_context: Vec<u32>,
    /// Every account that ever had an exposure for the organisation: an account may have moved.
    members: HashMap<OrganisationId, BTreeSet<u32>>,
}

impl NameTable {
    pub(crate) fn account(&mut self, account: &AccountId) -> u32 {
        if let Some(known) = self.account_numbers.get(account) {
            return *known;
        }
        let number = u32::try_from(self.accounts.len()).expect("fewer than 4 billion accounts");
        self.accounts.push(account.clone());
        self.last_context.push(u32::MAX);
        self.account_numbers.insert(account.clone(), number);
        number
    }

    pub(crate) fn context(
        &mut self,
        account: u32,
        exposure: &Exposure,
        right: Option<Right>,
    ) -> u32 {
        let last = self.last_context[account as usize];
        if self
            .contexts
            .get(last as usize)
            .is_some_and(|known| known.is_of(exposure, right))
        {
            return last;
        }
        let context = ExposureContext::of(exposure, right);
        let number = match self.context_numbers.get(&context) {
            Some(known) => *known,
            None => self.push_context(context),
        };
        // Only here: an exposure for another organisation has another context, and never returns
        // above.
        self.members
            .entry(exposure.organisation.clone())
            .or_default()
            .insert(account);
        self.last_context[account as usize] = number;
        number
    }

    fn push_context(&mut self, context: ExposureContext) -> u32 {
        let number = u32::try_from(self.contexts.len()).expect("fewer than 4 billion contexts");
        self.contexts.push(context.clone());
        self.context_numbers.insert(context, number);
        number
    }

    pub(crate) fn find_account(&self, account: &AccountId) -> Option<u32> {
        self.account_numbers.get(account).copied()
    }

    pub(crate) fn account_name(&self, number: u32) -> &AccountId {
        &self.accounts[number as usize]
    }

    pub(crate) fn accounts(&self) -> usize {
        self.accounts.len()
    }

    pub(crate) fn context_of(&self, number: u32) -> &ExposureContext {
        &self.contexts[number as usize]
    }

    pub(crate) fn contexts(&self) -> &[ExposureContext] {
        &self.contexts
    }

    pub(crate) fn members(&self, organisation: &OrganisationId) -> impl Iterator<Item = u32> + '_ {
        self.members
            .get(organisation)
            .into_iter()
            .flatten()
            .copied()
    }

    /// The whole table as text.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{}\t{}\n", self.accounts.len(), self.contexts.len());
        for account in &self.accounts {
            text.push_str(account.as_str());
            text.push('\n');
        }
        for context in &self.contexts {
            text.push_str(&context.to_line());
            text.push('\n');
        }
        for (organisation, members) in &self.members {
            text.push_str(organisation.as_str());
            for member in members {
                text.push_str(&format!("\t{member}"));
            }
            text.push('\n');
        }
        text
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut names = Self::default();
        let mut lines = text.lines();
        let (accounts, contexts) = lines.next()?.split_once('\t')?;
        let (accounts, contexts): (usize, usize) = (accounts.parse().ok()?, contexts.parse().ok()?);
        for _ in 0..accounts {
            names.account(&lines.next()?.parse().ok()?);
        }
        for _ in 0..contexts {
            names.push_context(ExposureContext::from_line(lines.next()?)?);
        }
        for line in lines {
            let mut cells = line.split('\t');
            let organisation = cells.next()?.parse().ok()?;
            let members: Option<BTreeSet<u32>> = cells.map(|cell| cell.parse().ok()).collect();
            let members =
                members.filter(|all| all.iter().all(|member| (*member as usize) < accounts))?;
            // An older version may have written several spellings of one organisation: they are
            // joined.
            names
                .members
                .entry(organisation)
                .or_default()
                .extend(members);
        }
        (names.accounts.len() == accounts && names.contexts.len() == contexts).then_some(names)
    }
}
