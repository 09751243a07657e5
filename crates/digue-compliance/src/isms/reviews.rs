//! Reviews of access: every account with its facts, decided by those who answer for it or by an
//! officer, and applied by the gateway at once.

use std::collections::{BTreeSet, HashMap};

use digue_access::{Role, Snapshot};
use digue_administration::account_doubts::{AccessDoubt, AccountDoubts};
use digue_administration::accounts;
use digue_app::directory::{answers_for, organisation_of};
use digue_app::gates::{REASON_CHARS_MIN, parse_reason};
use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, Area, OperationError, require};
use digue_exposure::ScopeQuestion;
use digue_isms::check::Check;
use digue_store::{ReviewLine, ReviewRecord};
use digue_types::visible::is_blank;
use digue_types::{AccountId, Act, OrganisationId, Subject, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::act_contents::OpenedReview;
use super::checks;

/// The facts about an account when its review began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewFacts {
    pub role: String,
    /// The last use, in microseconds since 1970; `None` when it was never used.
    pub last_use: Option<i64>,
    pub passkeys: usize,
    /// Distinct persons shown in thirty days.
    pub persons: usize,
    pub is_beyond_peers: bool,
    pub is_suspended: bool,
}

impl ReviewFacts {
    /// The last use.
    pub fn used_at(&self) -> Option<Timestamp> {
        self.last_use.map(Timestamp::from_micros)
    }
}

/// What becomes of the access of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessDecision {
    Keep,
    Suspend,
}

impl AccessDecision {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Suspend => "suspend",
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        [Self::Keep, Self::Suspend]
            .into_iter()
            .find(|decision| decision.code() == code)
    }
}

/// A decision about one account, with its author; the reason is empty where none was required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedAccess {
    /// `None` for a decision that only a later version knows.
    pub what: Option<AccessDecision>,
    pub by: String,
    pub reason: String,
}

/// One account in a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedAccount {
    pub account: AccountId,
    pub organisation: OrganisationId,
    /// `None` when the stored facts cannot be read: an account is not unused because nothing is
    /// known of it.
    pub facts: Option<ReviewFacts>,
    pub decided: Option<DecidedAccess>,
    /// What speaks against it today, whatever its facts were; empty once it is decided.
    pub doubts: BTreeSet<AccessDoubt>,
}

/// The facts of a line; `None` when what is stored cannot be read.
pub(crate) fn facts_of(line: &ReviewLine) -> Option<ReviewFacts> {
    let read = serde_json::from_str(&line.facts).inspect_err(|error| {
        tracing::error!(%error, review = line.review, "Stored facts of a review cannot be read");
    });
    read.ok()
}

impl From<ReviewLine> for ReviewedAccount {
    fn from(line: ReviewLine) -> Self {
        let facts = facts_of(&line);
        let decided = (!line.decision.is_empty()).then(|| DecidedAccess {
            what: AccessDecision::parse(&line.decision),
            by: line.decided_by,
            reason: line.reason,
        });
        Self {
            account: line.account,
            organisation: line.organisation,
            facts,
            decided,
            doubts: BTreeSet::new(),
        }
    }
}

/// The accounts of a review. Of an open one, with what speaks today against those that are not
/// decided yet: a theft may have been found since it was opened.
fn reviewed(lines: Vec<ReviewLine>, open: Option<&AccountDoubts<'_>>) -> Vec<ReviewedAccount> {
    let with_doubts = |line: ReviewLine| {
        let line = ReviewedAccount::from(line);
        let doubts = match open.filter(|_| line.decided.is_none()) {
            Some(doubts) => doubts.about(&line.account, &line.organisation),
            None => BTreeSet::new(),
        };
        ReviewedAccount { doubts, ..line }
    };
    lines.into_iter().map(with_doubts).collect()
}

/// A review with its accounts, and how many are decided.
#[derive(Clone, Debug)]
pub struct ReviewView {
    pub id: String,
    pub title: String,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    /// All accounts are decided.
    pub is_closed: bool,
    pub lines: Vec<ReviewedAccount>,
    pub decided: usize,
    /// Closed, or past its due date.
    pub is_over: bool,
}

/// Serialises new reviews.
// Before `App::rules`; no other async lock is taken under it.
#[derive(Default)]
pub(crate) struct ReviewLock(Mutex<()>);

impl Area for ReviewLock {}

/// Opens a review of every account; only one may be open.
pub async fn open(
    app: &App,
    actor: &Actor,
    title: &str,
    due_at: Timestamp,
) -> Result<String, OperationError> {
    actor.must_govern()?;
    let title = title.trim();
    if is_blank(title) || title.chars().count() > 200 || due_at <= app.clock().now() {
        return Err(OperationError::Invalid("invalid-review"));
    }
    // Looking for an open one and opening this one are one step: two would decide the same accounts
    // twice.
    let _one_at_a_time = app.area::<ReviewLock>().0.lock().await;
    if app
        .store()
        .reviews()
        .await?
        .iter()
        .any(|review| review.closed_at == Timestamp::ZERO)
    {
        return Err(OperationError::Conflict);
    }
    let now = app.clock().now();
    let id = name("rv")?;
    let record = ReviewRecord {
        id: id.clone(),
        title: title.to_owned(),
        opened_at: now,
        opened_by: actor.account.clone(),
        due_at,
        closed_at: Timestamp::ZERO,
    };
    let lines = lines(app, &id).await?;
    let details = ActDetails {
        subject: Subject::Review(id.to_string()),
        after: OpenedReview {
            accounts: lines.len(),
            due_at,
        }
        .to_string(),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::ReviewOpened, details).await?;
    if !app.store().open_review(&record, &lines).await? {
        return Err(OperationError::Conflict);
    }
    Ok(id)
}

async fn lines(app: &App, review: &str) -> Result<Vec<ReviewLine>, OperationError> {
    let passkeys = app.store().passkey_counts().await?;
    let beyond = checks::run_one(app, Check::BeyondPeers).await?;
    let (view, rules) = (app.view(), app.gateway().rules());
    let from = Some(
        app.clock()
            .now()
            .minus(std::time::Duration::from_hours(24 * 30)),
    );
    let directory = rules.directory.clone();
    let look = move || {
        let mut uses = HashMap::new();
        for (account, _) in directory.iter() {
            let question = ScopeQuestion {
                accounts: vec![account.clone()],
                from,
                ..Default::default()
            };
            if let Some(last) = view.of_account(account, 1)?.first() {
                uses.insert(account.clone(), (last.at, view.count(&question)?));
            }
        }
        Ok(uses)
    };
    let uses: HashMap<AccountId, (Timestamp, usize)> = app.answered(app.blocking(look).await?)?;
    let mut lines = Vec::new();
    for (account, record) in rules.directory.iter() {
        let seen = uses.get(account);
        let facts = ReviewFacts {
            role: record.role.code().to_owned(),
            last_use: seen.map(|(last, _)| last.micros()),
            passkeys: passkeys.get(account).copied().unwrap_or(0),
            persons: seen.map_or(0, |(_, persons)| *persons),
            is_beyond_peers: beyond
                .found
                .failing
                .iter()
                .any(|name| name == account.as_str()),
            is_suspended: record.is_suspended,
        };
        lines.push(ReviewLine {
            review: review.to_owned(),
            account: account.clone(),
            organisation: record.organisation.clone(),
            facts: serde_json::to_string(&facts).expect("strings and numbers always serialise"),
            decision: String::new(),
            decided_by: String::new(),
            decided_at: Timestamp::ZERO,
            reason: String::new(),
        });
    }
    Ok(lines)
}

/// The reviews that the actor may read, the newest first: all lines for officers, those of their
/// own organisation for delegates and deputies.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<ReviewView>, OperationError> {
    require(actor.role.oversees())?;
    let own = organisation_of(&app.gateway().rules(), actor);
    let now = app.clock().now();
    let mut views = Vec::new();
    for record in app.store().reviews().await? {
        let mut lines = app.store().review_lines(&record.id).await?;
        if !actor.role.can_watch() {
            lines.retain(|line| Some(&line.organisation) == own.as_ref());
        }
        let ReviewRecord {
            id,
            title,
            opened_at,
            due_at,
            closed_at,
            ..
        } = record;
        let is_closed = closed_at > Timestamp::ZERO;
        let doubts = match is_closed {
            true => None,
            false => Some(AccountDoubts::read(app).await?),
        };
        let lines = reviewed(lines, doubts.as_ref());
        let decided = lines.iter().filter(|line| line.decided.is_some()).count();
        let is_over = is_closed || now >= due_at;
        views.push(ReviewView {
            id,
            title,
            opened_at,
            due_at,
            is_closed,
            lines,
            decided,
            is_over,
        });
    }
    Ok(views)
}

/// An open review and how many of its accounts the actor may still decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingReview {
    pub id: String,
    pub title: String,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    pub left: usize,
}

/// The open reviews with undecided accounts that the actor may read. Facts are not read: a review
/// of ten thousand accounts is counted for every page.
pub async fn waiting(app: &App, actor: &Actor) -> Result<Vec<WaitingReview>, OperationError> {
    require(actor.role.oversees())?;
    let own = organisation_of(&app.gateway().rules(), actor);
    let sees_all = actor.role.can_watch();
    let mut waiting = Vec::new();
    for record in app.store().reviews().await? {
        if record.closed_at > Timestamp::ZERO {
            continue;
        }
        let lines = app.store().review_lines(&record.id).await?;
        // Nobody reviews their own access.
        let is_left =
            |line: &&ReviewLine| line.decision.is_empty() && line.account != actor.account;
        let is_seen = |line: &&ReviewLine| sees_all || Some(&line.organisation) == own.as_ref();
        let left = lines.iter().filter(is_left).filter(is_seen).count();
        let ReviewRecord {
            id,
            title,
            opened_at,
            due_at,
            ..
        } = record;
        waiting.push(WaitingReview {
            id,
            title,
            opened_at,
            due_at,
            left,
        });
    }
    waiting.retain(|review| review.left > 0);
    Ok(waiting)
}

/// Decides about accounts in the same way: each keeps its access, or is suspended at once.
///
/// # Errors
/// Of the first account that cannot be decided; those before it are.
pub async fn decide(
    app: &App,
    actor: &Actor,
    review: &str,
    accounts: &[AccountId],
    (decision, reason): (AccessDecision, &str),
) -> Result<(), OperationError> {
    let reason = match (decision, reason.trim()) {
        (AccessDecision::Keep, "") => String::new(),
        (_, reason) => parse_reason(reason, REASON_CHARS_MIN)?,
    };
    let view = list(app, actor)
        .await?
        .into_iter()
        .find(|view| view.id == review);
    let view = view.ok_or(OperationError::NotFound("review"))?;
    // Read once: a review has thousands of accounts, and most are kept together.
    let stored = app.store().review_lines(review).await?;
    for account in accounts {
        let line = stored.iter().find(|line| line.account == *account);
        let line = line.ok_or(OperationError::NotFound("account"))?;
        decide_one(app, actor, &view, line, (decision, &reason)).await?;
    }
    let lines = app.store().review_lines(review).await?;
    if lines.iter().all(|line| !line.decision.is_empty()) {
        app.store().close_review(review, app.clock().now()).await?;
    }
    Ok(())
}

async fn decide_one(
    app: &App,
    actor: &Actor,
    view: &ReviewView,
    stored: &ReviewLine,
    (decision, reason): (AccessDecision, &str),
) -> Result<(), OperationError> {
    let account = &stored.account;
    let line = view.lines.iter().find(|line| line.account == *account);
    let line = line.ok_or(OperationError::NotFound("account"))?;
    let rules = app.gateway().rules();
    require(may_decide_about(&rules, actor, account))?;
    if view.is_closed || line.decided.is_some() {
        return Err(OperationError::Conflict);
    }
    // Who vouches for an account that may be stolen says why.
    if decision == AccessDecision::Keep && !line.doubts.is_empty() && reason.is_empty() {
        return Err(OperationError::Invalid("invalid-review-doubts"));
    }
    let suspended = rules
        .directory
        .find(account)
        .is_none_or(|record| record.is_suspended);
    if decision == AccessDecision::Suspend && !suspended {
        // Suspended before the decision is recorded: a crash in between leaves less access, not
        // more. `Conflict` means that it was suspended meanwhile.
        match accounts::set_suspended(app, actor, account, true, reason).await {
            Ok(()) | Err(OperationError::Conflict) => {}
            Err(error) => return Err(error),
        }
    }
    let details = ActDetails {
        subject: Subject::Account(account.clone()),
        before: Subject::Review(view.id.clone()).to_string(),
        after: decision.code().to_owned(),
        reason: reason.to_owned(),
    };
    let decided = ReviewLine {
        decision: decision.code().to_owned(),
        decided_by: actor.account.to_string(),
        decided_at: app.clock().now(),
        reason: reason.to_owned(),
        ..stored.clone()
    };
    let claim = app.store().decide_review_line(&decided);
    let release = app.store().release_review_line(&decided);
    app.claim((actor, Act::ReviewDecided, details), claim, release)
        .await?;
    Ok(())
}

/// True when the actor may decide about this account, which is not suspended meanwhile.
pub fn may_keep(app: &App, actor: &Actor, account: &AccountId) -> bool {
    let rules = app.gateway().rules();
    let is_there = rules
        .directory
        .find(account)
        .is_some_and(|record| !record.is_suspended);
    is_there && may_decide_about(&rules, actor, account)
}

fn may_decide_about(rules: &Snapshot, actor: &Actor, account: &AccountId) -> bool {
    // Officers review each other's access; no one their own.
    let is_officer = actor.role.can_govern();
    (is_officer || answers_for(rules, actor, account)) && actor.account != *account
}

/// True when the actor may decide some lines of a review.
pub fn may_decide(actor: &Actor) -> bool {
    actor.role.can_act() || actor.role.leads_agents() || actor.role == Role::Dpo
}
