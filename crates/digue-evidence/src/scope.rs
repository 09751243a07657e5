//! Scope: exactly which persons some exposures showed, in the console and as a signed list.

use std::time::Duration;

use digue_app::alias_tables::AliasesInForce;
use digue_app::{Actor, App, OperationError};
use digue_exposure::{IndexError, IndexView, Quality, QuestionName, ScopeAnswer, ScopeQuestion};
use digue_journal::note::Note;
use digue_response::affected::{AffectedQuality, CountDoubt, QualityReason};
use digue_types::{PortalId, Subject};

use crate::affected;
use crate::checkpoints::{checkpoint_now, covering_now};
use crate::completeness::{CompleteSince, complete_since};
use crate::reading::{self, EvidenceForm, EvidenceRead};

/// An answer with the checkpoint that it holds at.
#[derive(Clone, Debug)]
pub struct ScopeResult {
    pub question: ScopeQuestion,
    /// The answer by the journal alone: it is signed, and others can recompute it.
    pub answer: ScopeAnswer,
    /// The same persons merged by the aliases in force: these are counted and shown.
    pub people: ScopeAnswer,
    /// Identifiers without an alias, which may be persons who are counted already.
    pub unmerged: u64,
    /// The signed note of the checkpoint.
    pub note: String,
    /// The number of entries that it covers.
    pub size: u64,
}

impl ScopeResult {
    /// The reasons why the count is not exact.
    pub fn doubts(&self) -> Vec<QualityReason> {
        let quality = self.people.quality;
        let doubts = [
            (CountDoubt::Uninspected, quality.uninspected),
            (CountDoubt::Unseen, quality.unseen),
            (CountDoubt::Presumed, quality.presumed),
            (CountDoubt::Swept, quality.swept),
            (CountDoubt::Unmerged, self.unmerged),
        ];
        let doubts = doubts.into_iter().filter(|(_, count)| *count > 0);
        doubts
            .map(|(doubt, count)| QualityReason { doubt, count })
            .collect()
    }

    /// The number of distinct persons, and whether it is exact, a bound or an estimate. A lower bound
    /// leaves out persons who may be counted twice or may not have been shown.
    pub fn counted(&self) -> (u64, AffectedQuality) {
        let sureness = AffectedQuality::of(&self.doubts());
        let all = self.people.persons.len() as u64;
        let certain = self
            .people
            .persons
            .iter()
            .filter(|person| person.is_certain)
            .count() as u64;
        match sureness {
            // Each unmerged identifier may be a person counted under another one: a lower bound
            // assumes that all are.
            AffectedQuality::LowerBound => (certain.saturating_sub(self.unmerged), sureness),
            AffectedQuality::Exact | AffectedQuality::UpperBound | AffectedQuality::Estimate => {
                (all, sureness)
            }
        }
    }
}

/// Checks that the actor may ask, before any input is read.
pub fn may_ask(actor: &Actor) -> Result<(), OperationError> {
    actor.must_watch()
}

/// The most persons of an answer in the console; `digue scope` computes larger ones.
const PERSONS_MAX: usize = 2_000_000;

/// The persons shown by the exposures of `question`, as of the last checkpoint.
///
/// # Errors
/// `Busy` when the answer is larger than the console computes: `digue scope` has no such limit.
pub async fn scope(
    app: &App,
    actor: &Actor,
    question: ScopeQuestion,
    form: EvidenceForm,
) -> Result<ScopeResult, OperationError> {
    let named = |scoped: &ScopeResult| Subject::Scope {
        persons: scoped.people.persons.len() as u64,
    };
    reading::read(app, actor, form, computed(app, question), named).await
}

/// `scope`, for callers that return no list of persons and therefore journal no reading.
pub async fn computed(app: &App, question: ScopeQuestion) -> Result<ScopeResult, OperationError> {
    if question.is_of_no_time() {
        return Err(OperationError::Invalid("invalid-period"));
    }
    if question.from.is_some_and(|from| from > app.clock().now()) {
        return Err(OperationError::Invalid("invalid-period-future"));
    }
    let unavailable = |error: &dyn ToString| OperationError::Unavailable(error.to_string());
    let published = covering_now(app).await?;
    let (note, _) = app
        .journal()
        .continuation(published)
        .map_err(|error| unavailable(&error))?;
    let head = Note::parse(&note).map_err(|error| unavailable(&error))?;
    // Without its size the question would be asked of no entry, and the answer would be nobody.
    let size = head.text.lines().nth(1).and_then(|size| size.parse().ok());
    let size = size.ok_or_else(|| unavailable(&"the checkpoint has no size"))?;
    // Of the note that is signed: a later checkpoint may have come since.
    let view = index_with(app, size).await?;
    // Bounded by the checkpoint, not by the last entry: only what is signed can be recomputed by
    // others.
    let question = ScopeQuestion {
        before_entry: Some(size),
        ..question
    };
    let asked_question = question.clone();
    must_be_known(app, &view, &question).await?;
    let aliases = AliasesInForce::of(app);
    // Long answers take seconds. Counted first: a list beyond the limit is never built.
    let work = move || {
        if view.count(&asked_question)? > PERSONS_MAX {
            return Ok(Err(OperationError::Busy));
        }
        let answer = view.answer(&asked_question, &mut |_| {})?;
        // Only for an empty answer: one question for each session is too much work where something
        // was found.
        if is_empty(&answer) && !unknown_sessions(&view, &asked_question)?.is_empty() {
            return Ok(Err(OperationError::Invalid("unknown-subject")));
        }
        let (people, unmerged) = aliases.merged(&answer);
        Ok(Ok((answer, people, unmerged)))
    };
    let (answer, people, unmerged) = app.answered(app.blocking(work).await?)??;
    if is_empty(&answer) {
        must_be_remembered(app, &question).await?;
    }
    Ok(ScopeResult {
        question,
        answer,
        people,
        unmerged,
        note,
        size,
    })
}

/// The index once it has these entries.
async fn index_with(app: &App, size: u64) -> Result<IndexView, OperationError> {
    for _ in 0..INDEX_TURNS_MAX {
        let view = app.view();
        if view.size() >= size {
            return Ok(view);
        }
        // The index follows within milliseconds; a rebuilt one takes longer, and says so.
        tokio::time::sleep(INDEX_TURN).await;
    }
    let what = "the index does not have the last entries yet";
    Err(OperationError::Unavailable(what.to_owned()))
}

/// How long an answer waits for the index: five seconds.
const INDEX_TURN: Duration = Duration::from_millis(20);
const INDEX_TURNS_MAX: u32 = 250;

/// Refuses a period that ended before the exposures of the journal begin: their entries are
/// destroyed, or were never written, and "nobody was shown" would be a statement about them.
async fn must_be_remembered(app: &App, question: &ScopeQuestion) -> Result<(), OperationError> {
    let Some(to) = question.to else {
        return Ok(());
    };
    let concerns =
        |portal: &PortalId| question.portals.is_empty() || question.portals.contains(portal);
    let is_before = match complete_since(app, concerns).await? {
        CompleteSince::Since(since) => to <= since,
        CompleteSince::Empty | CompleteSince::NothingLeft => true,
    };
    if is_before {
        Err(OperationError::Invalid("invalid-period-forgotten"))
    } else {
        Ok(())
    }
}

fn is_empty(answer: &ScopeAnswer) -> bool {
    answer.exposures == 0 && answer.quality == Quality::default()
}

/// Sessions of a question that are in no entry. Asked of the index alone, because there is no
/// directory of past sessions.
pub fn unknown_sessions(
    view: &IndexView,
    question: &ScopeQuestion,
) -> Result<Vec<String>, IndexError> {
    let mut unknown = Vec::new();
    for session in &question.sessions {
        let alone = ScopeQuestion {
            sessions: vec![session.clone()],
            ..ScopeQuestion::default()
        };
        if is_empty(&view.answer(&alone, &mut |_| {})?) {
            unknown.push(session.to_string());
        }
    }
    Ok(unknown)
}

/// Refuses a subject that neither the journal nor the directory knows: "nobody was shown" would be
/// a statement about a mistyped name.
async fn must_be_known(
    app: &App,
    view: &IndexView,
    question: &ScopeQuestion,
) -> Result<(), OperationError> {
    let organisations = app.store().organisations().await?;
    let rules = app.gateway().rules();
    let hosts = app.gateway().hosts();
    let unknown = view.unknown(question, &|subject| match subject {
        QuestionName::Account(account) => rules.directory.find(account).is_some(),
        QuestionName::Organisation(one) => {
            organisations.iter().any(|known| known.id == *one)
                || rules
                    .directory
                    .iter()
                    .any(|(_, record)| record.organisation == *one)
        }
        QuestionName::Portal(portal) => hosts.portal(portal).is_some(),
        QuestionName::Route(route) => hosts
            .portals()
            .any(|portal| portal.routes.iter().any(|known| known.name == *route)),
    });
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(OperationError::Invalid("unknown-subject"))
    }
}

/// The list of `scope` as a signed file. Needs a fresh proof, and is journalled.
pub async fn signed_list(
    app: &App,
    actor: &Actor,
    question: ScopeQuestion,
) -> Result<Vec<u8>, OperationError> {
    let scoped = scope(app, actor, question, EvidenceForm::File).await?;
    let head = affected::head(
        &scoped.question,
        &scoped.answer,
        &scoped.note,
        app.clock().now(),
    );
    let journal = app.journal().clone();
    let write = move || {
        let mut bytes = Vec::new();
        affected::write(
            &mut bytes,
            &head,
            &scoped.answer,
            &journal.origin(),
            &|text| journal.sign(text),
        )?;
        Ok::<_, std::io::Error>(bytes)
    };
    app.blocking(write)
        .await?
        .map_err(|error| OperationError::Unavailable(error.to_string()))
}

/// The receipt of one entry, which discloses its content. Needs a fresh proof, and is journalled.
pub async fn receipt(app: &App, actor: &Actor, entry: u64) -> Result<String, OperationError> {
    let fetch = async {
        let status = app.journal().status();
        if entry >= status.size || entry < app.journal().minimum() {
            return Err(OperationError::NotFound("entry"));
        }
        // An entry of a moment ago is proved by a checkpoint that is signed for it.
        if entry >= status.checkpoint_size && entry >= checkpoint_now(app).await? {
            return Err(OperationError::Invalid("not-yet-covered"));
        }
        let journal = app.journal().clone();
        let receipt = app.blocking(move || journal.receipt(entry, true)).await?;
        receipt
            .map(|receipt| receipt.to_text())
            .map_err(|e| OperationError::Unavailable(e.to_string()))
    };
    let reading = EvidenceRead {
        form: EvidenceForm::File,
        entries: 1,
    };
    reading::read(app, actor, reading, fetch, |_| Subject::Receipt(entry)).await
}

/// A file of the journal for tlog clients, if the operator publishes it.
pub async fn published(app: &App, path: &str) -> Result<Vec<u8>, OperationError> {
    if !app.is_published() {
        return Err(OperationError::NotFound("file"));
    }
    let (journal, path) = (app.journal().clone(), path.to_owned());
    let file = app.blocking(move || journal.published_file(&path)).await?;
    let file = file.map_err(|error| OperationError::Unavailable(error.to_string()))?;
    file.ok_or(OperationError::NotFound("file"))
}
