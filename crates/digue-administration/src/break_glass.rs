//! Break glass: access outside the caseload with a written reason, for minutes, to few persons, and
//! reviewed afterwards. The limits themselves belong to the portal's map and to `digue-access`.

use std::sync::Arc;
use std::time::Duration;

use digue_access::Session;
use digue_access::decide::BreakGlass;
use digue_app::gates::parse_reason;
use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_store::BreakGlassRecord;
use digue_types::{AccountId, Act, PortalId, SlidingWindow, Subject, Timestamp};

/// The fewest characters of a justification: a short sentence.
pub(crate) const JUSTIFICATION_CHARS_MIN: usize = 20;
/// How long the reason may take to write.
pub(crate) const WRITING_LASTS: Duration = Duration::from_mins(10);

/// One use of break glass, waiting for review or reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlassUse {
    pub id: String,
    pub portal: PortalId,
    pub account: AccountId,
    pub justification: String,
    pub opened_at: Timestamp,
    pub until: Timestamp,
    /// By whom, and when.
    pub reviewed: Option<(AccountId, Timestamp)>,
}

impl From<BreakGlassRecord> for BreakGlassUse {
    fn from(record: BreakGlassRecord) -> Self {
        let BreakGlassRecord {
            id,
            portal,
            account,
            justification,
            opened_at,
            until,
            reviewed,
        } = record;
        Self {
            id,
            portal,
            account,
            justification,
            opened_at,
            until,
            reviewed,
        }
    }
}

/// What an opening allows on a portal, as its map has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlassLimits {
    pub lasts: Duration,
    /// Persons in each window that has a limit, the shortest first.
    pub persons: Vec<(SlidingWindow, u32)>,
}

/// The limits that an account is told before it opens break glass. A reduction after a recovery or
/// a containment counts.
pub fn limits(
    app: &App,
    account: &AccountId,
    portal: &PortalId,
) -> Result<BreakGlassLimits, OperationError> {
    let hosts = app.gateway().hosts();
    let map = hosts
        .portal(portal)
        .ok_or(OperationError::NotFound("portal"))?;
    let rules = app.gateway().rules();
    let percent = rules.percent_of(account, app.clock().now());
    let allowed = map.limits.break_glass.reduced(percent);
    let persons = SlidingWindow::ALL
        .into_iter()
        .filter_map(|window| Some((window, allowed.of(window)?)));
    Ok(BreakGlassLimits {
        lasts: map.break_glass.lasts,
        persons: persons.collect(),
    })
}

/// Opens break glass for the account of this session on this portal.
pub async fn open(
    app: &App,
    session: &Session,
    portal: &PortalId,
    justification: &str,
) -> Result<BreakGlassUse, OperationError> {
    let actor = Actor::of_session(app, session)?;
    // The proof was fresh when the form was opened; writing the reason may take some minutes.
    let age = app.clock().now().since(session.proved_at);
    if age > app.proof_lasts() + WRITING_LASTS {
        return Err(OperationError::ProofNeeded);
    }
    let justification = parse_reason(justification, JUSTIFICATION_CHARS_MIN)?;
    let hosts = app.gateway().hosts();
    let map = hosts
        .portal(portal)
        .ok_or(OperationError::NotFound("portal"))?;
    // Where the map allows it on no route an opening would have no effect, and must not stand in
    // the journal.
    if !map
        .routes
        .iter()
        .any(|route| route.access.allows_break_glass)
    {
        return Err(OperationError::Denied);
    }
    let now = app.clock().now();
    let record = BreakGlassRecord {
        id: name("bg")?,
        portal: portal.clone(),
        account: session.account.clone(),
        justification: justification.clone(),
        opened_at: now,
        until: now.plus(map.break_glass.lasts),
        reviewed: None,
    };
    let details = ActDetails {
        subject: Subject::Portal(portal.clone()),
        after: format!("{} until:{}", record.id, record.until),
        reason: justification.clone(),
        ..ActDetails::default()
    };
    // It widens access: journalled first, then in force. Taken before the journal is written: a
    // gate that closes meanwhile must not be overtaken by this opening.
    let mut rules = app.rules().await;
    app.write_down(&actor, Act::BreakGlassOpened, details)
        .await?;
    app.store().add_break_glass(&record).await?;
    let open = Arc::make_mut(&mut rules.break_glass);
    open.retain(|_, glass| now < glass.until);
    let glass = BreakGlass {
        justification,
        until: record.until,
    };
    open.insert((portal.clone(), session.account.clone()), glass);
    app.publish(&rules);
    Ok(record.into())
}

/// All uses of break glass, the newest first.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<BreakGlassUse>, OperationError> {
    actor.must_watch()?;
    Ok(app
        .store()
        .break_glass()
        .await?
        .into_iter()
        .map(BreakGlassUse::from)
        .collect())
}

/// Marks a use as reviewed; not by the person who opened it.
pub async fn review(app: &App, actor: &Actor, id: &str) -> Result<(), OperationError> {
    actor.must_review()?;
    let known = app.store().break_glass().await?;
    let record = known
        .iter()
        .find(|r| r.id == id)
        .ok_or(OperationError::NotFound("break-glass"))?;
    if record.account == actor.account {
        return Err(OperationError::Denied);
    }
    let details = ActDetails {
        subject: Subject::Other(id.to_owned()),
        ..ActDetails::default()
    };
    let claim = app
        .store()
        .review_break_glass(id, &actor.account, app.clock().now());
    let release = app.store().release_break_glass(id);
    app.claim((actor, Act::BreakGlassReviewed, details), claim, release)
        .await
        .map(drop)
}
