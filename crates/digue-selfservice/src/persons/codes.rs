//! Single-use codes that a person receives by letter, at the postal address that the portal has.

use std::time::Duration;

use digue_app::files::hex;
use digue_app::quotas::{QuotaLimits, Quotas};
use digue_app::secret::{Secret, name};
use digue_app::{ActDetails, Actor, App, Area, LineFault, OperationError, canonical};
use digue_casework::letterhead::{self, LetterTo};
use digue_casework::notice_style::Style;
use digue_casework::paper_reader::PaperReader;
use digue_casework::papers::{self, PaperFormat};
use digue_casework::rate_limiter;
use digue_documents::{Document, DocumentBlock, PostalAddress};
use digue_identity::person_sessions::{journal_name, open};
use digue_locales::{Value, text, text_with};
use digue_response::code::Code;
use digue_store::{KnownPerson, PersonCode, RequestRecord};
use digue_types::{Act, PopulationId, Subject, Timestamp};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::request_lock;

/// How long a code is valid: a letter takes days, and people open it later.
const LASTS: Duration = Duration::from_hours(24 * 60);
/// The most letters of one file.
const LETTERS_MAX: usize = 2000;
/// The kind of a request for a letter.
pub const LETTER: &str = "letter";
/// The most requests that may wait to be printed: anyone can make them.
const WAITING_MAX: u64 = 5000;
/// Beyond this the queue accepts only addresses that requested none today. Without the reserve one
/// sender could fill the queue for everyone.
const WAITING_SHARED: u64 = WAITING_MAX / 5 * 4;
/// Requests from one address within a day: a household makes a few, a town hall some for its
/// visitors.
const LETTERS: QuotaLimits = QuotaLimits {
    period: Duration::from_hours(24),
    per_address: 50,
    per_network: 500,
    total: 2500,
    least: 5,
};

/// Requests for letters without a session, by network address.
pub(crate) struct LetterQuotas(Quotas);

impl Area for LetterQuotas {}

impl Default for LetterQuotas {
    fn default() -> Self {
        Self(Quotas::new(LETTERS))
    }
}

/// A keyed hash, because codes are short: from a copy of the database alone they could be found by
/// trying.
fn hash(app: &App, code: Code) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.key());
    hex(hmac::sign(&key, format!("person code {}", code.bits()).as_bytes()).as_ref())
}

/// A letter for one person. Its code in plain text exists on paper only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeLetter {
    pub whose: KnownPerson,
    pub code: Code,
}

/// Makes codes for persons of a population. `persons` has one identifier a line.
///
/// # Errors
/// `Faults` by line for identifiers that do not have the portal's form; no code is made then.
pub async fn make(
    app: &App,
    actor: &Actor,
    population: &str,
    persons: &str,
) -> Result<Vec<CodeLetter>, OperationError> {
    actor.must_respond()?;
    actor.must_be_fresh(app)?;
    let population =
        PopulationId::parse(population).map_err(|_| OperationError::NotFound("population"))?;
    let (mut letters, mut faults) = (Vec::new(), Vec::new());
    for (place, line) in persons
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        match canonical::person(app, &population, line) {
            Ok(person) => {
                let whose = KnownPerson {
                    population: population.to_string(),
                    person,
                };
                letters.push(CodeLetter {
                    whose,
                    code: draw()?,
                });
            }
            Err(_) => faults.push(LineFault::new(place + 1, "invalid-person")),
        }
    }
    // All or none: a file that is corrected and sent again must not write to the first half twice.
    if !faults.is_empty() {
        return Err(OperationError::Faults(faults));
    }
    if letters.is_empty() || letters.len() > LETTERS_MAX {
        return Err(OperationError::Invalid("invalid-letters"));
    }
    let details = ActDetails {
        subject: Subject::Population(population.clone()),
        after: format!("codes:{}", letters.len()),
        ..ActDetails::default()
    };
    // Journalled first: a code opens a record, and none may exist that no officer is answerable
    // for.
    app.write_down(actor, Act::PersonCodesMade, details).await?;
    let now = app.clock().now();
    let codes: Vec<PersonCode> = letters
        .iter()
        .map(|letter| PersonCode {
            hash: hash(app, letter.code),
            whose: letter.whose.clone(),
            made_at: now,
            made_by: actor.account.clone(),
            expires_at: now.plus(LASTS),
        })
        .collect();
    app.store().add_person_codes(&codes).await?;
    // Last: after a crash in between the request stays open, and a second letter can be sent.
    answer_waiting(app, actor, &letters).await?;
    Ok(letters)
}

fn draw() -> Result<Code, OperationError> {
    let mut bytes = [0; 8];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| OperationError::Unavailable("no randomness".to_owned()))?;
    Ok(Code::drawn(bytes))
}

/// Deletes expired codes: who was written to must not be known longer than needed.
pub async fn forget_due(app: &App) -> Result<u64, OperationError> {
    Ok(app.store().forget_person_codes(app.clock().now()).await?)
}

/// Closes the requests for a letter that these letters answer.
async fn answer_waiting(
    app: &App,
    actor: &Actor,
    letters: &[CodeLetter],
) -> Result<(), OperationError> {
    let now = app.clock().now();
    for letter in letters {
        for request in app.store().requests_of(&letter.whose).await? {
            if request.kind == LETTER && request.answered_at == Timestamp::ZERO {
                app.store()
                    .answer_request(&request.id, (&actor.account, now), "done", ("", ""))
                    .await?;
            }
        }
    }
    Ok(())
}

/// The letters as one PDF, one page each.
pub async fn printed(
    app: &App,
    reader: &PaperReader,
    letters: &[CodeLetter],
) -> Result<Vec<u8>, OperationError> {
    let language = reader.language;
    let mut blocks = Vec::new();
    for letter in letters {
        let code = [("code", Value::from(letter.code.to_string()))];
        let whose = [("person", Value::from(letter.whose.person.as_str()))];
        // Without the scheme: the address is typed from paper.
        let address = app.console_url().trim_start_matches("https://").to_owned();
        // Who makes the letters knows the address; Digue does not.
        let to = LetterTo {
            recipient: PostalAddress::default(),
            handling: text_with(language, "person-letter-for", &whose),
            reference: String::new(),
            subject: text(language, "person-letter-title"),
        };
        let head = letterhead::head(app, Style::Plain(language), to);
        blocks.extend([
            DocumentBlock::Letter(Box::new(head)),
            DocumentBlock::Paragraph(text(language, "person-letter-why")),
            DocumentBlock::Point(
                Some(1),
                text_with(
                    language,
                    "person-letter-open",
                    &[("address", Value::from(address))],
                ),
            ),
            DocumentBlock::Point(Some(2), text_with(language, "person-letter-type", &code)),
            DocumentBlock::Point(Some(3), text(language, "person-letter-read")),
            DocumentBlock::Quiet(text(language, "person-letter-once")),
        ]);
        blocks.extend(letterhead::signature(app, Style::Plain(language)));
    }
    let title = text(language, "person-letter-title");
    let document = Document {
        foot: title.clone(),
        title,
        has_own_titles: true,
        language: language.code(),
        blocks,
        made_at: Some(app.clock().now().to_string()),
        ..Document::default()
    };
    papers::printed(app, document, PaperFormat::Pdf).await
}

/// Opens a session with a typed code, which is used up.
///
/// # Errors
/// `Invalid` for a wrong, used or expired code, with the same text and in the same time.
pub async fn enter(app: &App, typed: &str, ip: &str) -> Result<Secret, OperationError> {
    rate_limiter::pass(app, ip)?;
    // A text that is no code takes the same path with one that is never drawn: the time reveals
    // nothing about the form.
    let code = Code::parse(typed).unwrap_or(Code::of([0xff; 8]));
    let whose = app
        .store()
        .take_person_code(&hash(app, code), app.clock().now())
        .await?;
    open(
        app,
        whose.ok_or(OperationError::Invalid("invalid-person-code"))?,
        "letter",
        None,
    )
    .await
}

/// Requests a letter for a person. The answer does not depend on whether the person exists: it must
/// not reveal who is in a portal.
///
/// # Errors
/// `Busy` when this address has used its share, `Full` when no more requests can wait. Without an
/// error the request waits: none is dropped silently.
pub async fn ask(app: &App, population: &str, typed: &str, ip: &str) -> Result<(), OperationError> {
    let now = app.clock().now();
    rate_limiter::pass(app, ip)?;
    let population =
        PopulationId::parse(population).map_err(|_| OperationError::NotFound("population"))?;
    let person = canonical::person(app, &population, typed)?;
    let whose = KnownPerson {
        population: population.to_string(),
        person,
    };
    let waits =
        |request: &RequestRecord| request.kind == LETTER && request.answered_at == Timestamp::ZERO;
    // Two concurrent requests for the same letter become one.
    let _one_at_a_time = request_lock::hold(app).await;
    // Answered as if it had been accepted: a second letter would be no help, and an error would
    // reveal the first request.
    if app.store().requests_of(&whose).await?.iter().any(waits) {
        return Ok(());
    }
    let letters = &app.area::<LetterQuotas>().0;
    let waiting = app.store().open_requests(LETTER).await?;
    // Before the quota of the address is charged: a full queue must not use up the requests of
    // those whom it refuses.
    may_wait(waiting, letters.is_new(now, ip))?;
    letters.pass(now, ip)?;
    let record = RequestRecord::opened(name("rq")?, whose, LETTER, now);
    let details = ActDetails {
        subject: journal_name(&record.whose),
        after: LETTER.to_owned(),
        ..ActDetails::default()
    };
    app.write_down(&Actor::digue(), Act::PersonAsked, details)
        .await?;
    Ok(app.store().add_request(&record).await?)
}

/// Checks that one more request may wait; `is_new` for an address that made none today.
fn may_wait(waiting: u64, is_new: bool) -> Result<(), OperationError> {
    let most = if is_new { WAITING_MAX } else { WAITING_SHARED };
    if waiting < most {
        Ok(())
    } else {
        Err(OperationError::Full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5,020 requests dropped those of persons who were told that they had asked.
    #[test]
    fn whoever_asks_for_thousands_of_letters_leaves_room_for_everybody_else() {
        for networks in [1, 5, 50, 151, 400_u32] {
            let (letters, now) = (Quotas::new(LETTERS), Timestamp::from_secs(86_400));
            let mut waiting = 0;
            for request in 0..20_000_u32 {
                let network = request % networks;
                let ip = format!("10.{}.{}.{}", network >> 8, network & 0xff, request % 250);
                if may_wait(waiting, letters.is_new(now, &ip))
                    .and_then(|()| letters.pass(now, &ip))
                    .is_ok()
                {
                    waiting += 1;
                }
            }
            assert!(waiting < WAITING_MAX, "{networks}: {waiting}");
            let honest = may_wait(waiting, letters.is_new(now, "192.0.2.1"));
            assert!(
                honest.and_then(|()| letters.pass(now, "192.0.2.1")).is_ok(),
                "{networks}: {waiting}"
            );
        }
        // Full is said.
        assert!(matches!(
            may_wait(WAITING_MAX, true),
            Err(OperationError::Full)
        ));
        assert!(matches!(
            may_wait(WAITING_SHARED, false),
            Err(OperationError::Full)
        ));
    }
}
