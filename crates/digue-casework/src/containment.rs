//! What follows a finding: gates, sessions, the journal, mail to officers.
//!
//! Which step is taken is decided by the playbook (`digue-detection`), not here.

pub mod stored;

use std::time::Duration;

use digue_access::{Reach, Role};
use digue_app::act_contents::FindingFigures;
use digue_app::closings::AccountClosing;
use digue_app::found::MonitoredFinding;
use digue_app::gates::{self, ActAuthority, REASON_CHARS_MAX};
use digue_app::monitor::portal_of;
use digue_app::secret::name;
use digue_app::signals::{reason_of, subject_of};
use digue_app::{ActDetails, Actor, App, OperationError, identity_cuts};
use digue_detection::playbook::PlaybookStep;
use digue_detection::{Action, Finding, Signal, Weight};
use digue_identity::recovery;
use digue_mail::Mail;
use digue_store::{FindingQuery, FindingRecord, FindingsAbout};
use digue_types::{AccountId, Act, FindingId, Gate, GateReason, OrganisationId, PortalId};

use crate::finding_queries::READ_MAX;
use crate::findings;

/// Mails about findings within an hour; the console shows the rest.
const MAILS_AN_HOUR: u64 = 6;

/// Carries out the step of a finding. The monitor withholds the account's responses already. A
/// failure of one part does not stop the others: the first error is returned at the end.
pub async fn respond(app: &App, found: MonitoredFinding) -> Result<(), OperationError> {
    let MonitoredFinding {
        finding,
        step,
        is_trial,
    } = found;
    let id = finding_id(app);
    let whom = FoundSubject::of(&finding);
    // The gate first: the journal can wait for a slow disk, containment cannot. Nor does it depend
    // on what only the record needs: a name that cannot be read leaves its own gate open, and no
    // other.
    let acted = if step.taken > Action::Observe && whom.account.is_some() {
        act_on(app, &whom, &id, step.taken, &reason_of(&finding.signals)).await
    } else {
        Ok(())
    };
    let noted = match whom.named() {
        Ok(names) => note(app, (&finding, names), (id, step), is_trial).await,
        Err(error) => Err(error),
    };
    acted.and(noted)
}

/// An identifier for a finding. Without randomness the moment names it: no gate stays open for want
/// of a name, and guessing one is of no use.
fn finding_id(app: &App) -> FindingId {
    let text = name("fi").unwrap_or_else(|error| {
        tracing::error!(%error, "No randomness; the finding is named by its moment");
        format!("fi-{}", app.clock().now().micros())
    });
    FindingId::parse(&text).expect("a prefix and base64url or digits are an identifier")
}

/// Whom a finding is about. Each name is read by itself.
struct FoundSubject {
    /// `None`: about the organisation as a whole.
    account: Option<Result<AccountId, UnreadableName>>,
    organisation: Result<OrganisationId, UnreadableName>,
    portal: Result<PortalId, UnreadableName>,
}

/// The part of a finding whose name is no identifier.
#[derive(Clone, Copy, Debug)]
struct UnreadableName(&'static str);

impl From<UnreadableName> for OperationError {
    fn from(UnreadableName(part): UnreadableName) -> Self {
        Self::NotFound(part)
    }
}

/// All names of a finding.
struct FoundNames {
    account: Option<AccountId>,
    organisation: OrganisationId,
    portal: PortalId,
}

impl FoundSubject {
    fn of(finding: &Finding) -> Self {
        let account = finding.account.as_deref().map(AccountId::parse);
        let organisation = OrganisationId::parse(&finding.organisation);
        Self {
            account: account.map(|account| account.map_err(|_| UnreadableName("account"))),
            organisation: organisation.map_err(|_| UnreadableName("organisation")),
            portal: portal_of(finding).ok_or(UnreadableName("portal")),
        }
    }

    fn named(self) -> Result<FoundNames, OperationError> {
        let Self {
            account,
            organisation,
            portal,
        } = self;
        Ok(FoundNames {
            account: account.transpose()?,
            organisation: organisation?,
            portal: portal?,
        })
    }

    /// The gates that a step closes, from the narrowest reach to the widest: if a later one fails,
    /// the account itself is closed.
    fn gates(&self, action: Action) -> Vec<(Result<Reach, UnreadableName>, Gate)> {
        let gate = match action {
            Action::Observe | Action::LowerBudget => None,
            Action::CaseloadOnly => Some(Gate::CaseloadOnly),
            Action::StepUp => Some(Gate::StepUp),
            Action::CloseAccount | Action::CloseOrganisation | Action::ClosePortal => {
                Some(Gate::Closed)
            }
        };
        let account = self
            .account
            .clone()
            .map(|account| account.map(Reach::Account));
        let mut shut: Vec<_> = account.into_iter().zip(gate).collect();
        if action >= Action::CloseOrganisation {
            shut.push((
                self.organisation.clone().map(Reach::Organisation),
                Gate::Closed,
            ));
        }
        if action == Action::ClosePortal {
            shut.push((self.portal.clone().map(Reach::Portal), Gate::Closed));
        }
        shut
    }
}

/// Journals and stores a finding, and tells people of it.
async fn note(
    app: &App,
    (finding, names): (&Finding, FoundNames),
    (id, step): (FindingId, PlaybookStep),
    is_trial: bool,
) -> Result<(), OperationError> {
    let FoundNames {
        account,
        organisation,
        portal,
    } = names;
    let record = FindingRecord {
        id: id.clone(),
        at: finding.at,
        account,
        organisation,
        portal,
        weight: finding.weight.code().to_owned(),
        // Thousandths as an integer, so that every database returns exactly what was stored.
        evidence: (f64::from(finding.evidence) * 1000.0) as i64,
        signals: to_json(&finding.signals),
        around: around_json(finding),
        persons: finding.persons,
        action: step.taken.code().to_owned(),
        intended: step.intended.code().to_owned(),
        is_fused: step.is_fused,
        verdict: None,
    };
    let act = match finding.weight {
        // At an observe-only portal nobody is contained, and the journal must not claim it.
        Weight::Containment if !is_trial => Act::WatchContained,
        Weight::Containment | Weight::Alert => Act::WatchAlerted,
    };
    let details = ActDetails {
        subject: subject_of(&record),
        before: FindingFigures {
            evidence: finding.evidence.into(),
            persons: finding.persons,
        }
        .to_string(),
        after: step.taken.code().to_owned(),
        reason: reason_of(&finding.signals),
    };
    let written = app
        .write_down(&Actor::digue(), act, details)
        .await
        .map(drop);
    let begins = fuse_begins(app, &record).await;
    let stored = app
        .store()
        .add_finding(&record)
        .await
        .map_err(OperationError::from);
    if let Err(error) = tell_people(app, &record, begins).await {
        tracing::error!(%error, finding = %id, "Mail about a finding failed; the console shows it");
    }
    written.and(stored)
}

/// Closes the gates that the step names, cuts sessions, and lowers the limits that apply once the
/// account is open again.
async fn act_on(
    app: &App,
    whom: &FoundSubject,
    finding: &FindingId,
    action: Action,
    why: &str,
) -> Result<(), OperationError> {
    let digue = Actor::digue();
    let reason = GateReason::monitor(finding.clone(), why, REASON_CHARS_MAX);
    let mut failed = Ok(());
    for (reach, gate) in whom.gates(action) {
        // Remembered and not returned: the other gates are closed and the sessions cut even when
        // one failed.
        let reach = match reach {
            Ok(reach) => reach,
            Err(unreadable) => {
                failed = Err(unreadable.into());
                continue;
            }
        };
        // A gate that a person closed further must not be opened to the degree of the playbook.
        let is_stricter = gate > app.gateway().rules().gates.of(&reach);
        if is_stricter
            && let Err(error) =
                gates::apply(app, &digue, reach, gate, reason.clone(), ActAuthority::One).await
        {
            failed = Err(error);
        }
    }
    let Some(Ok(account)) = &whom.account else {
        return failed;
    };
    if action >= Action::CloseAccount
        && let Err(error) = identity_cuts::cut_account(app, account).await
    {
        // The sessions are over; their mark or their removal from the store failed.
        failed = Err(error);
    }
    // Only after the gate is in force may the monitor stop withholding. A gate is in force even
    // when its entry or its row failed (`gates::apply` publishes first), and that failure is
    // returned.
    app.monitor().held(account);
    let reduction = recovery::reduction(app.clock().now());
    recovery::reduce(app, account, reduction).await?;
    failed
}

fn to_json(signals: &[Signal]) -> String {
    serde_json::to_string(signals).expect("texts and numbers always serialise")
}

/// The surroundings as JSON; empty for a finding about an organisation, which has no account's day.
fn around_json(finding: &Finding) -> String {
    match finding.account {
        Some(_) => {
            serde_json::to_string(&finding.around).expect("numbers and booleans always serialise")
        }
        None => String::new(),
    }
}

/// True for the first finding of a portal that the fuse held back. Also true when the store cannot
/// be read: one mail too many is better than officers who do not know that closing has stopped.
async fn fuse_begins(app: &App, record: &FindingRecord) -> bool {
    if !record.is_fused {
        return false;
    }
    let held = FindingQuery {
        about: Some(FindingsAbout::Portal(record.portal.clone())),
        since: Some(findings::fuse_since(app)),
        is_fused: true,
        ..FindingQuery::default()
    };
    // Two: the finding itself may be one of them.
    let known = app.store().findings_of(&held, 2).await;
    !known.is_ok_and(|known| known.iter().any(|other| other.id != record.id))
}

/// Restores the count of automatic closings after a start, so that a restart does not reset the
/// fuse.
pub async fn recall_closings(app: &App) -> Result<(), OperationError> {
    // Closings alone: a flood of alerts must not push them out of what is read.
    let lately = FindingQuery {
        since: Some(findings::fuse_since(app)),
        has_closed: true,
        ..FindingQuery::default()
    };
    let rules = app.gateway().rules();
    let findings = app.store().findings_of(&lately, READ_MAX).await?;
    let closings = findings.iter().filter_map(|record| {
        // Counted by what was done and not by what was intended: an observed finding closed
        // nothing.
        let taken = Action::parse(&record.action).filter(|taken| *taken >= Action::CloseAccount)?;
        let of_organisation = rules
            .directory
            .iter()
            .filter(|(_, known)| known.organisation == record.organisation)
            .count();
        let closes_all = taken >= Action::CloseOrganisation;
        Some(AccountClosing {
            at: record.at,
            account: record.account.as_ref()?.to_string(),
            organisation: record.organisation.to_string(),
            portal: record.portal.to_string(),
            taken,
            accounts: if closes_all {
                u32::try_from(of_organisation).unwrap_or(u32::MAX)
            } else {
                1
            },
        })
    });
    app.monitor().recall_closings(closings);
    Ok(())
}

/// Mails the officers who decide: once for a finding, within an hourly limit; when the fuse blows,
/// in any case.
async fn tell_people(
    app: &App,
    record: &FindingRecord,
    fuse_begins: bool,
) -> Result<(), OperationError> {
    if !digue_mail::is_configured(app) {
        return Ok(());
    }
    if fuse_begins {
        let portal = record.portal.clone();
        return digue_mail::tell_roles(app, Role::can_respond, |_| Mail::ClosingsHeld {
            portal: portal.clone(),
        })
        .await;
    }
    let hour = app.clock().now().minus(Duration::from_hours(1));
    let lately = FindingQuery {
        since: Some(hour),
        ..FindingQuery::default()
    };
    // Counted from the store, not in memory: a restart must not renew the allowance.
    if app.store().count_findings(&lately).await?.findings > MAILS_AN_HOUR {
        tracing::warn!(finding = %record.id, "Too many findings for mail; the console shows them");
        return Ok(());
    }
    let mail = match record.account.clone() {
        Some(account) => Mail::Finding { account },
        None => Mail::OrganisationFinding {
            organisation: record.organisation.clone(),
        },
    };
    // The DPO as well: either officer may confirm a theft, and one of them is awake.
    digue_mail::tell_roles(app, Role::can_respond, |_| mail.clone()).await
}
