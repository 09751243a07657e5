//! What persons ask - "I do not recognise this", who that was, their rights - and the answer in time.

use digue_access::Role;
use digue_response::clock::rights_due;
use digue_store::RequestRecord;
use digue_types::{AccountId, Act, Timestamp, lists};

use super::{SignedInPerson, codes, journal_name, sights};
use crate::actor::Actor;
use crate::app::{ActDetails, App};
use crate::error::OperationError;
use crate::evidence::{self, EvidenceForm};
use crate::gates::parse_reason;
use crate::mail::{self, Mail};
use crate::secret::name;

lists! {
    /// What a person may ask.
    RequestKind "request" {
        /// A consultation that the person does not recognise.
        Contest "contest",
        /// Who that was (CJEU C-579/21).
        Name "name",
        Access "access",
        Rectification "rectification",
        Erasure "erasure",
        Restriction "restriction",
        Objection "objection",
        Portability "portability",
    }

    /// What became of it.
    RequestOutcome "outcome-request" {
        Done "done",
        /// The consultation was work.
        Explained "explained",
        /// It was not: an incident follows.
        Upheld "upheld",
        Refused "refused",
    }
}

const TEXT_CHARS_MAX: usize = 4_000;
const ANSWER_CHARS_MIN: usize = 10;
/// Requests of one person within a day.
const A_DAY: usize = 10;

/// A request with its clock.
#[derive(Clone, Debug)]
pub struct TrackedRequest {
    pub record: RequestRecord,
    pub due: Timestamp,
    pub is_overdue: bool,
    /// Contests of the same account that nobody answered: a signal.
    pub same_account: usize,
}

impl TrackedRequest {
    pub fn is_open(&self) -> bool {
        self.record.answered_at == Timestamp::ZERO
    }
}

fn tracked(app: &App, record: RequestRecord, all: &[RequestRecord]) -> TrackedRequest {
    let is_extended = record.extended_at > Timestamp::ZERO;
    let due = rights_due(record.opened_at, is_extended, &app.response().zone);
    let now = app.clock.now();
    let is_late = record.answered_at == Timestamp::ZERO && now > due;
    let same = all.iter().filter(|other| {
        other.kind == RequestKind::Contest.code()
            && !other.account.is_empty()
            && other.account == record.account
            && other.answered_at == Timestamp::ZERO
    });
    TrackedRequest { same_account: same.count(), is_overdue: is_late, due, record }
}

/// Asks something; `entry` names a consultation where it is about one.
pub async fn ask(
    app: &App,
    person: &SignedInPerson,
    kind: RequestKind,
    entry: Option<u64>,
    text: &str,
) -> Result<(), OperationError> {
    let text = text.trim();
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(OperationError::Invalid("invalid-request-long"));
    }
    let now = app.clock.now();
    let _one_at_a_time = app.person_sessions().asking.lock().await;
    let own = app.store.requests_of(person.whose()).await?;
    let lately = own.iter().filter(|one| now.since(one.opened_at).as_secs() < 86_400);
    if lately.count() >= A_DAY {
        return Err(OperationError::Busy);
    }
    let mut account = String::new();
    if matches!(kind, RequestKind::Contest | RequestKind::Name) {
        let entry = entry.ok_or(OperationError::NotFound("entry"))?;
        let seen = sights::visible(app, person).await?;
        let sight = seen.into_iter().find(|sight| sight.entry == entry);
        account = sight.ok_or(OperationError::NotFound("entry"))?.account.to_string();
        if own.iter().any(|one| one.entry == entry && one.kind == kind.code()) {
            return Err(OperationError::Conflict);
        }
    } else if text.is_empty() {
        return Err(OperationError::Invalid("invalid-request-empty"));
    }
    let record = RequestRecord {
        entry: entry.unwrap_or(0),
        account: account.clone(),
        text: text.to_owned(),
        ..RequestRecord::opened(name("rq")?, person.whose().clone(), kind.code(), now)
    };
    // Among the acts about the account: whoever looks at it sees that a person did not know it.
    let subject =
        if kind == RequestKind::Contest { format!("account:{account}") } else { journal_name(&record.whose) };
    let words =
        ActDetails { subject, after: format!("{} {}", kind.code(), record.id), ..ActDetails::default() };
    app.write_down(&Actor::digue(), Act::PersonAsked, words).await?;
    app.store.add_request(&record).await?;
    if kind == RequestKind::Contest
        && let Ok(account) = AccountId::parse(&account)
    {
        mail::tell_roles(app, Role::can_respond, |_| Mail::Contested { account: account.clone() }).await?;
    }
    Ok(())
}

/// What the person asked, the newest first.
pub async fn own(app: &App, person: &SignedInPerson) -> Result<Vec<TrackedRequest>, OperationError> {
    let mut records = app.store.requests_of(person.whose()).await?;
    records.retain(|record| record.kind != codes::LETTER);
    Ok(records.into_iter().map(|record| tracked(app, record, &[])).collect())
}

/// Every request, those that are open and due first. It names persons and the accounts that they do not
/// know, so it is read like other evidence.
pub async fn list(
    app: &App,
    actor: &Actor,
    form: EvidenceForm,
) -> Result<Vec<TrackedRequest>, OperationError> {
    let named = |all: &Vec<TrackedRequest>| format!("requests:{}", all.len());
    evidence::read(app, actor, form, all(app), named).await
}

async fn all(app: &App) -> Result<Vec<TrackedRequest>, OperationError> {
    let records = app.store.requests().await?;
    let mut all: Vec<TrackedRequest> =
        records.iter().map(|record| tracked(app, record.clone(), &records)).collect();
    all.sort_by_key(|one| (!one.is_open(), one.due, one.record.id.clone()));
    Ok(all)
}

/// Answers; what was said is not said otherwise later.
pub async fn answer(
    app: &App,
    actor: &Actor,
    id: &str,
    outcome: RequestOutcome,
    text: &str,
) -> Result<(), OperationError> {
    actor.must_respond()?;
    let text = parse_answer(text)?;
    let record = find(app, id).await?;
    // Whose name is given is the DPO's to decide, nobody else's.
    if record.kind == RequestKind::Name.code() && outcome == RequestOutcome::Done {
        crate::actor::allow(actor.role == Role::Dpo)?;
        actor.must_be_fresh(app)?;
    }
    let words = ActDetails {
        subject: journal_name(&record.whose),
        before: format!("{} {id}", record.kind),
        after: format!("{} account:{}", outcome.code(), record.account),
        ..ActDetails::default()
    };
    let by = (&actor.account, app.clock.now());
    let claim = app.store.answer_request(id, by, outcome.code(), &text);
    app.claim((actor, Act::PersonAnswered, words), claim, app.store.release_request(id)).await.map(drop)
}

fn parse_answer(text: &str) -> Result<String, OperationError> {
    let text = text.trim();
    let length = text.chars().count();
    if (ANSWER_CHARS_MIN..=TEXT_CHARS_MAX).contains(&length) {
        Ok(text.to_owned())
    } else {
        Err(OperationError::Invalid("invalid-answer"))
    }
}

/// Two months more, once, with the reason that the person reads (art. 12(3)).
pub async fn extend(app: &App, actor: &Actor, id: &str, why: &str) -> Result<(), OperationError> {
    actor.must_respond()?;
    let why = parse_reason(why, ANSWER_CHARS_MIN)?;
    let record = find(app, id).await?;
    let one = tracked(app, record, &[]);
    if one.is_overdue {
        return Err(OperationError::Invalid("invalid-extension-late"));
    }
    let words = ActDetails {
        subject: journal_name(&one.record.whose),
        before: format!("{} {id}", one.record.kind),
        after: "extended".to_owned(),
        reason: why.clone(),
    };
    let claim = app.store.extend_request(id, app.clock.now(), &why);
    app.claim((actor, Act::PersonAnswered, words), claim, app.store.release_extension(id)).await.map(drop)
}

async fn find(app: &App, id: &str) -> Result<RequestRecord, OperationError> {
    let found = app.store.request(id).await?;
    found.filter(|record| record.kind != codes::LETTER).ok_or(OperationError::NotFound("request"))
}
