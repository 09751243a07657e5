//! Requests of persons (a consultation that they do not recognise, the name of a reader, their
//! rights under the GDPR) and the answers within the legal time.

use digue_access::Role;
use digue_app::gates::parse_reason;
use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, OperationError};
use digue_casework::operator;
use digue_evidence::reading::{self, EvidenceForm};
use digue_evidence::stored_records::{RecordConfirmation, SETTLES_WITHIN};
use digue_identity::person_sessions::{SignedInPerson, journal_name};
use digue_mail::Mail;
use digue_response::clock::rights_due;
use digue_store::RequestRecord;
use digue_types::visible::{is_blank, visible_chars};
use digue_types::{AccountId, Act, Subject, Timestamp};

pub use super::request_kinds::{
    ContestReason, RequestChannel, RequestKind, RequestOutcome, RequestProof, RequestRefusal,
};
use super::{codes, request_lock, sights, stored};

pub(super) const TEXT_CHARS_MAX: usize = 4_000;
const ANSWER_CHARS_MIN: usize = 10;
/// The most requests of one person within 24 hours.
// Enough for anyone who exercises their rights; more would be a flood that hides the others from
// the officers.
const A_DAY: usize = 10;

/// A request with its legal deadline.
#[derive(Clone, Debug)]
pub struct TrackedRequest {
    pub record: RequestRecord,
    pub due: Timestamp,
    pub is_overdue: bool,
    /// Open contests about the same account: several are a sign of abuse.
    pub same_account: usize,
    /// What the journal says of the request and its answer.
    pub confirmation: RecordConfirmation,
}

impl TrackedRequest {
    pub fn is_open(&self) -> bool {
        self.record.answered_at == Timestamp::ZERO
    }
}

fn tracked(app: &App, record: RequestRecord, all: &[RequestRecord]) -> TrackedRequest {
    let is_extended = record.extended_at > Timestamp::ZERO;
    // The law counts from the day on which it came, and not from the day on which it was entered.
    let from = record
        .entered
        .as_ref()
        .map_or(record.opened_at, |one| one.received_at);
    let due = rights_due(from, is_extended, &operator::rules(app).zone);
    let now = app.clock().now();
    let is_late = record.answered_at == Timestamp::ZERO && now > due;
    let same = all.iter().filter(|other| {
        other.kind == RequestKind::Contest.code()
            && !other.account.is_empty()
            && other.account == record.account
            && other.answered_at == Timestamp::ZERO
    });
    TrackedRequest {
        same_account: same.count(),
        is_overdue: is_late,
        due,
        confirmation: stored::confirmation_of(app, &record),
        record,
    }
}

/// What a person asks.
#[derive(Clone, Debug)]
pub struct PersonRequest {
    pub kind: RequestKind,
    /// The consultation that it is about.
    pub entry: Option<u64>,
    /// What the person does not recognise; a contest has it.
    pub reason: Option<ContestReason>,
    pub text: String,
}

impl PersonRequest {
    /// The person's own words, where they are needed.
    fn words(&self) -> Result<String, OperationError> {
        let own = self.text.trim();
        if own.chars().count() > TEXT_CHARS_MAX {
            return Err(OperationError::Invalid("invalid-request-long"));
        }
        let is_contest = self.kind == RequestKind::Contest;
        if is_contest && self.reason.is_none() {
            return Err(OperationError::Invalid("invalid-contest-reason"));
        }
        // Rights, and a reason that no choice names.
        let needs_words = !self.kind.is_of_consultation()
            || (is_contest && self.reason == Some(ContestReason::Other));
        if needs_words && is_blank(own) {
            return Err(OperationError::Invalid("invalid-request-empty"));
        }
        Ok(own.to_owned())
    }

    /// The code of what is not recognised; empty where nothing is contested.
    fn reason_code(&self) -> String {
        let reason = self.reason.filter(|_| self.kind == RequestKind::Contest);
        reason.map_or_else(String::new, |reason| reason.code().to_owned())
    }
}

/// Makes a request.
pub async fn ask(
    app: &App,
    person: &SignedInPerson,
    request: &PersonRequest,
) -> Result<(), OperationError> {
    let text = request.words()?;
    let PersonRequest { kind, entry, .. } = *request;
    let now = app.clock().now();
    let _one_at_a_time = request_lock::hold(app).await;
    let own = app.store().requests_of(person.whose()).await?;
    let lately = own
        .iter()
        .filter(|one| now.since(one.opened_at).as_secs() < 86_400);
    if lately.count() >= A_DAY {
        return Err(OperationError::Busy);
    }
    let mut account = String::new();
    if kind.is_of_consultation() {
        let entry = entry.ok_or(OperationError::NotFound("entry"))?;
        // Only an entry that the person can see: its number alone must not reveal that it exists or
        // whom it is about.
        let seen = sights::visible(app, person).await?;
        let sight = seen.into_iter().find(|sight| sight.entry == entry);
        account = sight
            .ok_or(OperationError::NotFound("entry"))?
            .account
            .to_string();
        if own
            .iter()
            .any(|one| one.entry == entry && one.kind == kind.code() && !is_withdrawn(one))
        {
            // One request of a kind for each consultation: an answer is final, and a second one
            // could contradict it.
            return Err(OperationError::Conflict);
        }
    }
    let record = RequestRecord {
        entry: entry.unwrap_or(0),
        account: account.clone(),
        reason: request.reason_code(),
        text,
        ..RequestRecord::opened(name("rq")?, person.whose().clone(), kind.code(), now)
    };
    let details = ActDetails {
        subject: stored::subject_of(&record),
        after: stored::asked_text(&record),
        ..ActDetails::default()
    };
    app.write_down(&Actor::digue(), Act::PersonAsked, details)
        .await?;
    app.store().add_request(&record).await?;
    if kind == RequestKind::Contest
        && let Ok(account) = AccountId::parse(&account)
    {
        // Only contests are mailed at once: they may be the first sign of a theft. Other requests
        // have a month.
        digue_mail::tell_roles(app, Role::can_respond, |_| Mail::Contested {
            account: account.clone(),
        })
        .await?;
    }
    Ok(())
}

/// Takes an own request back, as long as nobody answered it. It stays in the list: that a
/// consultation was contested is part of what happened.
pub async fn withdraw(app: &App, person: &SignedInPerson, id: &str) -> Result<(), OperationError> {
    let _one_at_a_time = request_lock::hold(app).await;
    // Their own ones only: an identifier alone must not reveal that a request exists.
    let own = app.store().requests_of(person.whose()).await?;
    let record = own
        .into_iter()
        .find(|one| one.id == id && one.kind != codes::LETTER)
        .ok_or(OperationError::NotFound("request"))?;
    let outcome = RequestOutcome::Withdrawn.code();
    let details = ActDetails {
        subject: stored::subject_of(&record),
        before: stored::named(&record),
        after: outcome.to_owned(),
        ..ActDetails::default()
    };
    let actor = Actor::digue();
    let by = (&actor.account, app.clock().now());
    app.claim(
        (&actor, Act::PersonAsked, details),
        app.store().answer_request(id, by, outcome, ("", "")),
        app.store().release_request(id),
    )
    .await
    .map(drop)
}

/// True when the person took it back.
pub(crate) fn is_withdrawn(record: &RequestRecord) -> bool {
    record.outcome == RequestOutcome::Withdrawn.code()
}

/// The person's own requests, the newest first.
pub async fn own(
    app: &App,
    person: &SignedInPerson,
) -> Result<Vec<TrackedRequest>, OperationError> {
    let mut records = app.store().requests_of(person.whose()).await?;
    records.retain(|record| record.kind != codes::LETTER);
    let track = |records: Vec<RequestRecord>| -> Vec<TrackedRequest> {
        let one = |record| tracked(app, record, &[]);
        records.into_iter().map(one).collect()
    };
    let own = track(records);
    if own.iter().all(|one| one.confirmation.is_uncontradicted()) {
        return Ok(own);
    }
    // A request that was just answered or taken back waits for its act.
    tokio::time::sleep(SETTLES_WITHIN).await;
    let mut records = app.store().requests_of(person.whose()).await?;
    records.retain(|record| record.kind != codes::LETTER);
    Ok(track(records))
}

/// Every request, open ones by their deadline first. It connects persons with accounts and is
/// therefore read like other evidence.
pub async fn list(
    app: &App,
    actor: &Actor,
    form: EvidenceForm,
) -> Result<Vec<TrackedRequest>, OperationError> {
    let named = |all: &Vec<TrackedRequest>| Subject::Requests(all.len() as u64);
    reading::read(app, actor, form, all(app), named).await
}

/// An open request without the person and the account, which only a reader of evidence gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRequest {
    pub id: String,
    /// `None` for a kind that only a later version knows.
    pub kind: Option<RequestKind>,
    pub opened_at: Timestamp,
    pub due: Timestamp,
}

/// What persons wait for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingRequests {
    /// By deadline.
    pub open: Vec<WaitingRequest>,
    /// Persons who asked for a letter with a code, and since when the first of them waits.
    pub letters: usize,
    pub letters_since: Option<Timestamp>,
}

/// Open requests with their deadlines. It connects nobody with anybody, and leaves no entry.
pub async fn waiting(app: &App, actor: &Actor) -> Result<WaitingRequests, OperationError> {
    actor.must_watch()?;
    let open = all(app).await?.into_iter().filter(TrackedRequest::is_open);
    let (letters, open): (Vec<TrackedRequest>, Vec<TrackedRequest>) =
        open.partition(|one| one.record.kind == codes::LETTER);
    let waiting = |one: TrackedRequest| WaitingRequest {
        kind: RequestKind::parse(&one.record.kind),
        opened_at: one.record.opened_at,
        due: one.due,
        id: one.record.id,
    };
    Ok(WaitingRequests {
        letters: letters.len(),
        letters_since: letters.iter().map(|one| one.record.opened_at).min(),
        open: open.into_iter().map(waiting).collect(),
    })
}

async fn all(app: &App) -> Result<Vec<TrackedRequest>, OperationError> {
    let records = app.store().requests().await?;
    let mut all: Vec<TrackedRequest> = records
        .iter()
        .map(|record| tracked(app, record.clone(), &records))
        .collect();
    all.sort_by_key(|one| (!one.is_open(), one.due, one.record.id.clone()));
    Ok(all)
}

/// Answers a request; an answer is final.
pub async fn answer(
    app: &App,
    actor: &Actor,
    id: &str,
    outcome: RequestOutcome,
    text: &str,
) -> Result<(), OperationError> {
    decide(app, actor, id, (outcome, None), text).await
}

/// The same, with the reason of a refusal (GDPR art. 12(4)).
///
/// # Errors
/// `Invalid` for an entered request that is granted before its identity is established, or refused
/// without a reason; for a reason beside another outcome.
pub async fn decide(
    app: &App,
    actor: &Actor,
    id: &str,
    (outcome, refusal): (RequestOutcome, Option<RequestRefusal>),
    text: &str,
) -> Result<(), OperationError> {
    actor.must_respond()?;
    // Only the person takes a request back.
    if outcome == RequestOutcome::Withdrawn {
        return Err(OperationError::Invalid("invalid-answer"));
    }
    let text = parse_answer(text)?;
    let record = find(app, id).await?;
    let is_refused = outcome == RequestOutcome::Refused;
    if refusal.is_some() && !is_refused {
        return Err(OperationError::Invalid("invalid-answer"));
    }
    // A contest is explained or upheld, every other request done: the other words would leave a
    // request without what its answer needs.
    let is_contest = record.kind == RequestKind::Contest.code();
    let fits = match outcome {
        RequestOutcome::Explained | RequestOutcome::Upheld => is_contest,
        RequestOutcome::Done => !is_contest,
        RequestOutcome::Refused | RequestOutcome::Withdrawn => true,
    };
    if !fits {
        return Err(OperationError::Invalid("invalid-answer"));
    }
    if let Some(entered) = &record.entered {
        if is_refused && refusal.is_none() {
            return Err(OperationError::Invalid("invalid-refusal"));
        }
        let proof = RequestProof::parse(&entered.proof);
        // Data that leave to an impostor are a breach.
        if !is_refused && !proof.is_some_and(RequestProof::is_enough) {
            return Err(OperationError::Invalid("invalid-identity"));
        }
    }
    let refusal = refusal.map_or("", RequestRefusal::code);
    // Only the DPO decides to disclose a reader's name.
    if record.kind == RequestKind::Name.code() && outcome == RequestOutcome::Done {
        digue_app::require(actor.role == Role::Dpo)?;
        actor.must_be_fresh(app)?;
    }
    let details = ActDetails {
        subject: journal_name(&record.whose),
        before: stored::named(&record),
        after: stored::answered_text((outcome.code(), refusal), &record.account, &text),
        ..ActDetails::default()
    };
    let by = (&actor.account, app.clock().now());
    let claim = app
        .store()
        .answer_request(id, by, outcome.code(), (&text, refusal));
    app.claim(
        (actor, Act::PersonAnswered, details),
        claim,
        app.store().release_request(id),
    )
    .await
    .map(drop)
}

fn parse_answer(text: &str) -> Result<String, OperationError> {
    let text = text.trim();
    let length = visible_chars(text);
    if (ANSWER_CHARS_MIN..=TEXT_CHARS_MAX).contains(&length) {
        Ok(text.to_owned())
    } else {
        Err(OperationError::Invalid("invalid-answer"))
    }
}

/// Extends the deadline by two months, once, with a reason that the person reads (GDPR art. 12(3)).
pub async fn extend(app: &App, actor: &Actor, id: &str, why: &str) -> Result<(), OperationError> {
    actor.must_respond()?;
    let why = parse_reason(why, ANSWER_CHARS_MIN)?;
    let record = find(app, id).await?;
    let one = tracked(app, record, &[]);
    // GDPR art. 12(3): the person is told of the extension within the first month.
    if one.is_overdue {
        return Err(OperationError::Invalid("invalid-extension-late"));
    }
    let details = ActDetails {
        subject: journal_name(&one.record.whose),
        before: stored::named(&one.record),
        after: stored::EXTENDED.to_owned(),
        reason: why.clone(),
    };
    let claim = app.store().extend_request(id, app.clock().now(), &why);
    app.claim(
        (actor, Act::PersonAnswered, details),
        claim,
        app.store().release_extension(id),
    )
    .await
    .map(drop)
}

pub(super) async fn find(app: &App, id: &str) -> Result<RequestRecord, OperationError> {
    let found = app.store().request(id).await?;
    found
        .filter(|record| record.kind != codes::LETTER)
        .ok_or(OperationError::NotFound("request"))
}
