//! The exact blast radius, for who watches: asked in the console, taken out as a signed list.

use digue_exposure::{Answer, Question};
use digue_journal::note::Note;

use crate::actor::Actor;
use crate::affected;
use crate::error::OperationError;
use crate::evidence::{self, Form, Reading};
use crate::house::House;

/// An answer with the checkpoint that it holds at.
#[derive(Clone, Debug)]
pub struct Scoped {
    pub question: Question,
    pub answer: Answer,
    /// The signed note of the checkpoint.
    pub note: String,
    /// Entries that it covers.
    pub size: u64,
}

/// Before anything was asked.
pub fn may_ask(actor: &Actor) -> Result<(), OperationError> {
    actor.must_watch()
}

/// Persons of an answer that one page computes with; a list of more is taken out as a file.
const PERSONS_MAX: usize = 2_000_000;

/// Who was shown by the exposures of `question`, under the last checkpoint.
///
/// # Errors
/// `Busy` when the answer is larger than the console computes: `digue scope` has no such limit.
pub async fn scope(
    house: &House,
    actor: &Actor,
    question: Question,
    form: Form,
) -> Result<Scoped, OperationError> {
    let named = |scoped: &Scoped| format!("scope:{} persons", scoped.answer.persons.len());
    evidence::read(house, actor, form, computed(house, question), named).await
}

/// `scope`, for whoever hands out no list.
pub(crate) async fn computed(house: &House, question: Question) -> Result<Scoped, OperationError> {
    let unavailable = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
    let published = house.journal.status().checkpoint_size;
    let (note, _) = house.journal.continuation(published).map_err(|error| unavailable(&error))?;
    let head = Note::parse(&note).map_err(|error| unavailable(&error))?;
    let size = head.text.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0);
    let question = Question { before_entry: Some(size), ..question };
    let (view, asked) = (house.view(), question.clone());
    // Long answers keep a thread of their own busy.
    let work = move || {
        let count = view.count(&asked)?;
        if count > PERSONS_MAX { Ok(None) } else { view.answer(&asked, &mut |_| {}).map(Some) }
    };
    let answer = tokio::task::spawn_blocking(work).await.map_err(|error| unavailable(&error))?;
    let answer = house.answered(answer)?.ok_or(OperationError::Busy)?;
    Ok(Scoped { question, answer, note, size })
}

/// The list of `scope` as a signed file: after a fresh proof, and with a word in the journal.
pub async fn signed_list(
    house: &House,
    actor: &Actor,
    question: Question,
) -> Result<Vec<u8>, OperationError> {
    let scoped = scope(house, actor, question, Form::File).await?;
    let head = affected::head(&scoped.question, &scoped.answer, &scoped.note, house.clock().now());
    let mut bytes = Vec::new();
    let sign = |text: &str| house.journal.sign(text);
    affected::write(&mut bytes, &head, &scoped.answer, &house.journal.origin(), &sign)
        .map_err(|error| OperationError::Unavailable(error.to_string()))?;
    Ok(bytes)
}

/// The receipt of one entry, which discloses it: after a fresh proof, and with a word in the journal.
pub async fn receipt(house: &House, actor: &Actor, entry: u64) -> Result<String, OperationError> {
    let fetch = async {
        if entry >= house.journal.status().checkpoint_size || entry < house.journal.minimum() {
            return Err(OperationError::NotFound("entry"));
        }
        let receipt = house.journal.receipt(entry, true);
        receipt.map(|receipt| receipt.to_text()).map_err(|e| OperationError::Unavailable(e.to_string()))
    };
    let reading = Reading { form: Form::File, entries: 1 };
    evidence::read(house, actor, reading, fetch, |_| format!("receipt:{entry}")).await
}

/// A file of the journal for tlog clients, where the operator publishes it.
pub fn published(house: &House, path: &str) -> Result<Vec<u8>, OperationError> {
    if !house.is_published() {
        return Err(OperationError::NotFound("file"));
    }
    let file = house.journal.published_file(path);
    let file = file.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    file.ok_or(OperationError::NotFound("file"))
}
