//! Single-use codes that a person receives by letter, at the address that the portal knows.

use std::time::Duration;

use digue_documents::{Block, Document};
use digue_locales::{Value, text, text_with};
use digue_response::code::Code;
use digue_store::{KnownPerson, PersonCode, RequestRecord};
use digue_types::{Act, PopulationId, Timestamp};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::{journal_name, open};
use crate::actor::Actor;
use crate::caseloads;
use crate::error::{LineFault, OperationError};
use crate::files::hex;
use crate::house::{House, Words};
use crate::papers::{self, Form, Reader};
use crate::secret::{Secret, name};

/// A letter takes days, and people open it later.
const LASTS: Duration = Duration::from_hours(24 * 60);
/// Letters of one file.
const LETTERS_MAX: usize = 2000;
/// What a person asks for who has no code yet.
pub const LETTER: &str = "letter";
/// Letters that wait to be printed, at most: strangers ask for them.
const WAITING_MAX: u64 = 5000;

/// Codes are short: who has the database alone must not be able to try them all.
fn hash(house: &House, code: Code) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &house.sign_in.key);
    hex(hmac::sign(&key, format!("person code {}", code.bits()).as_bytes()).as_ref())
}

/// A letter for one person, with its code in the clear: it exists on paper only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub whose: KnownPerson,
    pub code: Code,
}

/// Makes codes for persons of a population, for their letters.
///
/// # Errors
/// `Faults` by line for identifiers that have not the portal's form; nothing is made then.
pub async fn make(
    house: &House,
    actor: &Actor,
    population: &str,
    persons: &str,
) -> Result<Vec<Letter>, OperationError> {
    actor.must_respond()?;
    actor.must_be_fresh(house)?;
    let population = PopulationId::parse(population).map_err(|_| OperationError::NotFound("population"))?;
    let (mut letters, mut faults) = (Vec::new(), Vec::new());
    for (place, line) in persons.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match caseloads::canonical(house, &population, line) {
            Ok(person) => {
                let whose = KnownPerson { population: population.to_string(), person };
                letters.push(Letter { whose, code: draw()? });
            }
            Err(_) => faults.push(LineFault::new(place + 1, "invalid-person")),
        }
    }
    if !faults.is_empty() {
        return Err(OperationError::Faults(faults));
    }
    if letters.is_empty() || letters.len() > LETTERS_MAX {
        return Err(OperationError::Invalid("invalid-letters"));
    }
    let words = Words {
        subject: format!("population:{population}"),
        after: format!("codes:{}", letters.len()),
        ..Words::default()
    };
    house.write_down(actor, Act::PersonCodesMade, words).await?;
    let now = house.clock.now();
    let codes: Vec<PersonCode> = letters
        .iter()
        .map(|letter| PersonCode {
            hash: hash(house, letter.code),
            whose: letter.whose.clone(),
            made_at: now,
            made_by: actor.account.clone(),
            expires_at: now.plus(LASTS),
        })
        .collect();
    house.store.add_person_codes(&codes).await?;
    answer_waiting(house, actor, &letters).await?;
    Ok(letters)
}

fn draw() -> Result<Code, OperationError> {
    let mut bytes = [0; 8];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| OperationError::Unavailable("no randomness".to_owned()))?;
    Ok(Code::of(bytes))
}

/// Forgets codes whose time is over: nobody is to learn later who was written to.
pub async fn forget_due(house: &House) -> Result<u64, OperationError> {
    Ok(house.store.forget_person_codes(house.clock.now()).await?)
}

/// Whoever waited for a letter is answered by it.
async fn answer_waiting(house: &House, actor: &Actor, letters: &[Letter]) -> Result<(), OperationError> {
    let now = house.clock.now();
    for letter in letters {
        for request in house.store.requests_of(&letter.whose).await? {
            if request.kind == LETTER && request.answered_at == Timestamp::ZERO {
                house.store.answer_request(&request.id, (&actor.account, now), "done", "").await?;
            }
        }
    }
    Ok(())
}

/// The letters as one PDF, a page each.
pub fn printed(house: &House, reader: &Reader, letters: &[Letter]) -> Result<Vec<u8>, OperationError> {
    let language = reader.language;
    let mut blocks = Vec::new();
    for letter in letters {
        if !blocks.is_empty() {
            blocks.push(Block::Break);
        }
        let code = [("code", Value::from(letter.code.to_string()))];
        let whose = [("person", Value::from(letter.whose.person.as_str()))];
        let address = house.console_url().trim_start_matches("https://").to_owned();
        blocks.extend([
            Block::Quiet(text_with(language, "person-letter-for", &whose)),
            Block::Title(text(language, "person-letter-title")),
            Block::Paragraph(text(language, "person-letter-why")),
            Block::Point(
                Some(1),
                text_with(language, "person-letter-open", &[("address", Value::from(address))]),
            ),
            Block::Point(Some(2), text_with(language, "person-letter-type", &code)),
            Block::Point(Some(3), text(language, "person-letter-read")),
            Block::Quiet(text(language, "person-letter-once")),
        ]);
    }
    let title = text(language, "person-letter-title");
    papers::printed(&Document { foot: title.clone(), title, language: language.code(), blocks }, Form::Pdf)
}

/// Takes a code as somebody typed it, once.
///
/// # Errors
/// `Invalid` for a wrong, used or old one, in the same words and time.
pub async fn enter(house: &House, typed: &str, ip: &str) -> Result<Secret, OperationError> {
    house.turnstile().pass(house.clock.now(), ip)?;
    let code = Code::parse(typed).unwrap_or(Code::of([0xff; 8]));
    let whose = house.store.take_person_code(&hash(house, code), house.clock.now()).await?;
    open(house, whose.ok_or(OperationError::Invalid("invalid-person-code"))?, "letter", None).await
}

/// Somebody asks for a letter. The answer is the same whoever it is, for nobody is to learn who is known.
pub async fn ask(house: &House, population: &str, typed: &str, ip: &str) -> Result<(), OperationError> {
    house.turnstile().pass(house.clock.now(), ip)?;
    let population = PopulationId::parse(population).map_err(|_| OperationError::NotFound("population"))?;
    let Ok(person) = caseloads::canonical(house, &population, typed) else { return Ok(()) };
    let whose = KnownPerson { population: population.to_string(), person };
    let waits = |request: &RequestRecord| request.kind == LETTER && request.answered_at == Timestamp::ZERO;
    let is_asked = house.store.requests_of(&whose).await?.iter().any(waits);
    if is_asked || house.store.open_requests(LETTER).await? >= WAITING_MAX {
        return Ok(());
    }
    let record = RequestRecord::opened(name("rq")?, whose, LETTER, house.clock.now());
    let words = Words { subject: journal_name(&record.whose), after: LETTER.to_owned(), ..Words::default() };
    house.write_down(&Actor::digue(), Act::PersonAsked, words).await?;
    Ok(house.store.add_request(&record).await?)
}
