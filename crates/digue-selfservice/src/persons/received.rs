//! Requests that came by post, at a counter or by mail: entered by an officer, with the day on which
//! they came, the proof of identity, and the letter that answers them (GDPR art. 12 and 15 to 22).

use digue_app::secret::name;
use digue_app::{ActDetails, Actor, App, OperationError, canonical};
use digue_casework::operator;
use digue_identity::person_sessions::journal_name;
use digue_store::{EnteredRequest, KnownPerson, RequestRecord};
use digue_types::visible::is_blank;
use digue_types::{Act, PopulationId, Timestamp};
use jiff::civil::Date;

use super::request_kinds::{RequestChannel, RequestKind, RequestProof};
use super::requests::{TEXT_CHARS_MAX, find};
use super::stored;

const REQUESTER_CHARS_MAX: usize = 600;

/// A request as an officer enters it.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub kind: RequestKind,
    pub channel: RequestChannel,
    /// The day on which it came: the legal time runs from its beginning.
    pub received_on: Date,
    pub population: String,
    /// The portal's identifier; blank where no record of the person is known.
    pub person: String,
    /// Name and postal address, a line each.
    pub requester: String,
    pub text: String,
    /// Blank where the identity is not proved yet.
    pub proof: Option<RequestProof>,
}

/// Enters a request and returns its id.
///
/// # Errors
/// `Invalid` for a kind that only a signed-in person can ask, a day that has not come, or a text or
/// requester that is missing or too long; for an identifier that is not of the portal's form.
pub async fn enter(
    app: &App,
    actor: &Actor,
    request: &ReceivedRequest,
) -> Result<String, OperationError> {
    actor.must_respond()?;
    // A consultation is contested by its entry, which only its own page shows.
    if request.kind.is_of_consultation() {
        return Err(OperationError::Invalid("invalid-received-kind"));
    }
    let (requester, text) = (request.requester.trim(), request.text.trim());
    if is_blank(requester) || requester.chars().count() > REQUESTER_CHARS_MAX {
        return Err(OperationError::Invalid("invalid-received-requester"));
    }
    if is_blank(text) {
        return Err(OperationError::Invalid("invalid-request-empty"));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(OperationError::Invalid("invalid-request-long"));
    }
    let now = app.clock().now();
    let received_at = day_begins(app, request.received_on)?;
    if received_at > now {
        return Err(OperationError::Invalid("invalid-received-day"));
    }
    let id = name("rq")?;
    let record = RequestRecord {
        text: text.to_owned(),
        entered: Some(EnteredRequest {
            channel: request.channel.code().to_owned(),
            received_at,
            requester: requester.replace("\r\n", "\n"),
            entered_by: actor.account.to_string(),
            proof: String::new(),
            proof_at: Timestamp::ZERO,
        }),
        ..RequestRecord::opened(
            id.clone(),
            whose(app, request, &id)?,
            request.kind.code(),
            now,
        )
    };
    let details = ActDetails {
        subject: stored::subject_of(&record),
        after: stored::asked_text(&record),
        ..ActDetails::default()
    };
    app.write_down(actor, Act::PersonAsked, details).await?;
    app.store().add_request(&record).await?;
    // With an act of its own, like every later one: a proof that only the store has is no proof.
    if let Some(proof) = request.proof {
        note_proof(app, actor, &id, proof).await?;
    }
    Ok(id)
}

/// The person that it is about. Without an identifier the request stands for itself: that nothing is
/// kept of a person is an answer, too.
fn whose(app: &App, request: &ReceivedRequest, id: &str) -> Result<KnownPerson, OperationError> {
    let population = PopulationId::parse(&request.population)
        .map_err(|_| OperationError::NotFound("population"))?;
    let person = if is_blank(&request.person) {
        id.to_owned()
    } else {
        canonical::person(app, &population, &request.person)?
    };
    Ok(KnownPerson {
        population: population.to_string(),
        person,
    })
}

/// True where the portal's identifier of the person is not known.
pub fn is_without_record(record: &RequestRecord) -> bool {
    record.entered.is_some() && record.whose.person == record.id
}

fn day_begins(app: &App, day: Date) -> Result<Timestamp, OperationError> {
    let begins = day.to_zoned(operator::rules(app).zone.clone());
    let begins = begins.map_err(|_| OperationError::Invalid("invalid-received-day"))?;
    Ok(Timestamp::from_micros(begins.timestamp().as_microsecond()))
}

/// Notes how the identity of the requester was proved, or that a proof was asked (12(6)). The legal
/// time goes on: it is the earlier end that is kept to.
///
/// # Errors
/// `Conflict` for one that is answered, or that a signed-in person made.
pub async fn note_proof(
    app: &App,
    actor: &Actor,
    id: &str,
    proof: RequestProof,
) -> Result<(), OperationError> {
    actor.must_respond()?;
    let record = find(app, id).await?;
    let before = record.entered.as_ref().ok_or(OperationError::Conflict)?;
    let details = ActDetails {
        subject: journal_name(&record.whose),
        before: stored::named(&record),
        after: stored::proof_text(proof.code()),
        ..ActDetails::default()
    };
    let store = app.store();
    app.claim(
        (actor, Act::PersonAnswered, details),
        store.note_request_proof(id, proof.code(), app.clock().now()),
        async {
            let restored = store.note_request_proof(id, &before.proof, before.proof_at);
            restored.await.map(drop)
        },
    )
    .await
    .map(drop)
}
