//! Requests of persons, for the operator; letters with codes; hidden consultations.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use digue_access::{Reach, Role};
use digue_administration::holders::HolderBook;
use digue_app::{Actor, OperationError};
use digue_casework::papers::PaperFormat;
use digue_casework::typed_form::{local_end, local_time};
use digue_evidence::reading::EvidenceForm;
use digue_evidence::stored_records::StoredKind;
use digue_selfservice::persons::letters::{LetterAbout, letter};
use digue_selfservice::persons::received::{self, ReceivedRequest};
use digue_selfservice::persons::requests::{
    self, RequestChannel, RequestKind, RequestOutcome, RequestProof, RequestRefusal, TrackedRequest,
};
use digue_selfservice::persons::sights::{self, HiddenConsultations};
use digue_selfservice::persons::{self, codes};
use digue_types::{PopulationId, Scope, Timestamp};
use serde::Deserialize;

use digue_pages::choices::NameChoices;
use digue_pages::differences::words_beside;
use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, Media, file_name, kept, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage {
    w: Localizer,
    list: ShownTable,
    open: usize,
    overdue: usize,
    contests: usize,
    letters: Vec<TrackedRequest>,
    populations: Vec<PopulationId>,
    may_answer: bool,
    hidden: Vec<HiddenConsultations>,
    may_hide: bool,
    /// Accounts and organisations for the form.
    names: NameChoices,
    /// What an officer may enter, and how it came.
    kinds: Vec<&'static str>,
    channels: Vec<&'static str>,
    proofs: Vec<&'static str>,
}

fn table(w: &Localizer, rows: &[TrackedRequest]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("requests-title"),
        place: "/requests".to_owned(),
        file: "/requests.csv".to_owned(),
        empty: w.say("requests-none"),
        columns: vec![
            ListColumn::file("reference", name("reference")),
            ListColumn::choice("request", name("request")),
            ListColumn::text("person", name("person")),
            ListColumn::text("account", name("account")),
            ListColumn::choice("channel", name("channel")),
            ListColumn::text("opened", name("opened")),
            ListColumn::text("due", name("due")),
            ListColumn::choice("decided", name("decided")),
        ],
        rows: rows.iter().map(|one| row(w, one)).collect(),
        act: None,
    }
}

fn row(w: &Localizer, one: &TrackedRequest) -> ListRow {
    let record = &one.record;
    let place = format!("/requests/{}", record.id);
    let cells = [
        ListCell::code(&record.id),
        ListCell::link(place, w.coded("request", &record.kind)).filed_as(&record.kind),
        person_cell(one),
        account_cell(w, one),
        channel_cell(w, one),
        ListCell::date(w, received_at(one)),
        due_cell(w, one),
        decided_cell(w, one),
    ];
    ListRow::new(&record.id, cells).marked(one.is_overdue)
}

/// When it came: the day from which its legal time runs.
fn received_at(one: &TrackedRequest) -> Timestamp {
    let entered = one.record.entered.as_ref();
    entered.map_or(one.record.opened_at, |entered| entered.received_at)
}

fn channel_cell(w: &Localizer, one: &TrackedRequest) -> ListCell {
    let code = one
        .record
        .entered
        .as_ref()
        .map_or("online", |entered| &entered.channel);
    ListCell::text(w.coded("request-channel", code)).filed_as(code)
}

fn person_cell(one: &TrackedRequest) -> ListCell {
    if received::is_without_record(&one.record)
        && let Some(entered) = &one.record.entered
    {
        // The first line is the name.
        return ListCell::text(entered.requester.lines().next().unwrap_or_default());
    }
    let whose = &one.record.whose;
    ListCell::text(&whose.person)
        .and_quiet(&whose.population)
        .filed_as(format!("{}:{}", whose.population, whose.person))
}

/// The account that a contest is about, and how many others are about the same one.
fn account_cell(w: &Localizer, one: &TrackedRequest) -> ListCell {
    let same = || CellPart::Chip {
        text: w.counted("requests-same", one.same_account),
        tone: ChipTone::Bad,
    };
    match one.record.account.as_str() {
        "" => ListCell::empty(),
        account => ListCell::account_link(w, account).and_if(one.same_account > 1, same),
    }
}

fn due_cell(w: &Localizer, one: &TrackedRequest) -> ListCell {
    ListCell::date(w, one.due).and_if(one.is_overdue, || CellPart::Chip {
        text: w.say("requests-late"),
        tone: ChipTone::Bad,
    })
}

fn decided_cell(w: &Localizer, one: &TrackedRequest) -> ListCell {
    let outcome = &one.record.outcome;
    let cell = if one.is_open() {
        ListCell::chip(w.say("request-waits"), ChipTone::Watch)
    } else {
        ListCell::chip(w.coded("outcome-request", outcome), ChipTone::Plain)
    };
    cell.filed_as(outcome)
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let all = requests::list(&console.app, &actor, EvidenceForm::Shown).await?;
    let hidden = sights::hidden(&console.app, &actor).await?;
    let (letters, rows): (Vec<TrackedRequest>, Vec<TrackedRequest>) = all
        .into_iter()
        .partition(|one| one.record.kind == codes::LETTER);
    let open = rows.iter().filter(|one| one.is_open());
    let w = words_beside(&console, &visitor, &[StoredKind::Request], None).await?;
    Ok(page(&RequestsPage {
        overdue: rows.iter().filter(|one| one.is_overdue).count(),
        contests: open
            .clone()
            .filter(|one| one.record.kind == RequestKind::Contest.code())
            .count(),
        open: open.count(),
        letters: letters
            .into_iter()
            .filter(TrackedRequest::is_open)
            .collect(),
        populations: persons::populations(&console.app),
        may_answer: actor.role.can_respond(),
        may_hide: actor.role == Role::Dpo,
        names: NameChoices::of(&w, &HolderBook::read(&console.app, &actor).await?),
        hidden,
        kinds: codes_of(
            RequestKind::ALL
                .iter()
                .filter(|kind| !kind.is_of_consultation()),
            |kind| kind.code(),
        ),
        channels: codes_of(RequestChannel::ALL, |channel| channel.code()),
        proofs: codes_of(RequestProof::ALL, |proof| proof.code()),
        list: table(&w, &rows).shown(&w, &query),
        w,
    }))
}

fn codes_of<'l, L: 'l>(
    list: impl IntoIterator<Item = &'l L>,
    code: fn(&L) -> &'static str,
) -> Vec<&'static str> {
    list.into_iter().map(code).collect()
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let rows = requests::list(&console.app, &actor, EvidenceForm::File).await?;
    let w = words_beside(&console, &visitor, &[StoredKind::Request], None).await?;
    Ok(table(&w, &rows).csv_beside(&query, &w, "requests"))
}

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    w: Localizer,
    one: TrackedRequest,
    outcomes: Vec<&'static str>,
    may_answer: bool,
    may_write: bool,
    is_without_record: bool,
    refusals: Vec<&'static str>,
    proofs: Vec<&'static str>,
    /// What the letter would say now.
    letter: &'static str,
}

/// The outcomes that a request can have.
fn outcomes_of(one: &TrackedRequest) -> Vec<&'static str> {
    let is_contest = one.record.kind == RequestKind::Contest.code();
    let fits = |outcome: &&RequestOutcome| match outcome {
        RequestOutcome::Explained | RequestOutcome::Upheld => is_contest,
        RequestOutcome::Done => !is_contest,
        RequestOutcome::Refused => true,
        // Only the person takes a request back.
        RequestOutcome::Withdrawn => false,
    };
    let outcomes = RequestOutcome::ALL.iter().filter(fits);
    outcomes.map(|outcome| outcome.code()).collect()
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
) -> PageAnswer {
    let all = requests::list(&console.app, &actor, EvidenceForm::Shown).await?;
    let found = all
        .into_iter()
        .find(|one| one.record.id == id && one.record.kind != codes::LETTER);
    let one = found.ok_or(OperationError::NotFound("request"))?;
    let w = words_beside(&console, &visitor, &[StoredKind::Request], Some(&id)).await?;
    Ok(page(&RequestPage {
        outcomes: outcomes_of(&one),
        may_answer: actor.role.can_respond() && one.is_open(),
        may_write: actor.role.can_respond(),
        is_without_record: received::is_without_record(&one.record),
        refusals: codes_of(RequestRefusal::ALL, |reason| reason.code()),
        proofs: codes_of(RequestProof::ALL, |proof| proof.code()),
        letter: LetterAbout::of(&one.record).code(),
        one,
        w,
    }))
}

#[derive(Deserialize)]
pub struct AnswerForm {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    extend: String,
    #[serde(default)]
    refusal: String,
    #[serde(default)]
    proof: String,
    #[serde(default)]
    text: String,
}

pub async fn answer(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(id): Path<String>,
    Form(form): Form<AnswerForm>,
) -> PageRedirect {
    let invalid = OperationError::Invalid("invalid-answer");
    let done = if let Some(proof) = RequestProof::parse(&form.proof) {
        received::note_proof(&console.app, &actor, &id, proof).await
    } else if form.extend.is_empty() {
        let refusal = match form.refusal.as_str() {
            "" => None,
            code => Some(RequestRefusal::parse(code).ok_or(invalid)?),
        };
        match RequestOutcome::parse(&form.outcome) {
            Some(outcome) => {
                let decided = (outcome, refusal);
                requests::decide(&console.app, &actor, &id, decided, &form.text).await
            }
            None => Err(OperationError::Invalid("invalid-answer")),
        }
    } else {
        requests::extend(&console.app, &actor, &id, &form.text).await
    };
    done?;
    Ok(Redirect::to(&format!("/requests/{id}")))
}

#[derive(Deserialize)]
pub struct ReceivedForm {
    kind: String,
    channel: String,
    received_on: String,
    population: String,
    #[serde(default)]
    person: String,
    requester: String,
    text: String,
    #[serde(default)]
    proof: String,
}

impl ReceivedForm {
    fn request(self) -> Result<ReceivedRequest, OperationError> {
        let invalid = || OperationError::Invalid("invalid-received-kind");
        let day = self.received_on.parse();
        let proof = match self.proof.as_str() {
            "" => None,
            code => Some(RequestProof::parse(code).ok_or_else(invalid)?),
        };
        Ok(ReceivedRequest {
            kind: RequestKind::parse(&self.kind).ok_or_else(invalid)?,
            channel: RequestChannel::parse(&self.channel).ok_or_else(invalid)?,
            received_on: day.map_err(|_| OperationError::Invalid("invalid-received-day"))?,
            population: self.population,
            person: self.person,
            requester: self.requester,
            text: self.text,
            proof,
        })
    }
}

/// Enters a request that came by post, at a counter or by mail.
pub async fn enter(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<ReceivedForm>,
) -> PageRedirect {
    let id = received::enter(&console.app, &actor, &form.request()?).await?;
    Ok(Redirect::to(&format!("/requests/{id}")))
}

/// The letter of a request: `letter.pdf`, `letter.docx`.
pub async fn letter_file(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path((id, name)): Path<(String, String)>,
) -> PageResponse {
    let reader = console.words(&visitor).reader();
    let ending = name.strip_prefix("letter.").unwrap_or_default();
    let form = PaperFormat::parse(ending).ok_or(OperationError::NotFound("form"))?;
    let bytes = letter(&console.app, &actor, &reader, &id, form).await?;
    let name = format!("{}.{ending}", file_name(visitor.language, "letters"));
    Ok(kept(&name, Media(form.media()), bytes))
}

#[derive(Deserialize)]
pub struct LettersForm {
    population: String,
    persons: String,
}

/// Letters with codes, to be printed and sent.
pub async fn letters(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Form(form): Form<LettersForm>,
) -> PageResponse {
    let made = codes::make(&console.app, &actor, &form.population, &form.persons).await;
    let made = made?;
    let reader = console.words(&visitor).reader();
    let bytes = codes::printed(&console.app, &reader, &made).await?;
    Ok(kept(
        &format!("{}.pdf", file_name(visitor.language, "letters")),
        Media(PaperFormat::Pdf.media()),
        bytes,
    ))
}

#[derive(Deserialize)]
pub struct HideForm {
    #[serde(default)]
    lift: String,
    /// `account` or `organisation`.
    #[serde(default)]
    scope: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
}

/// Whose consultations are hidden: those of an account, found by its name, or of an organisation.
async fn reach_of(
    console: &Console,
    actor: &Actor,
    form: &HideForm,
) -> Result<Reach, OperationError> {
    let reach = match Scope::parse(&form.scope) {
        Some(Scope::Account) => {
            let book = HolderBook::read(&console.app, actor).await?;
            Some(Reach::Account(book.named(&form.name)?))
        }
        Some(Scope::Organisation) => Reach::parse(&form.scope, form.name.trim()),
        Some(Scope::Portal | Scope::Everything) | None => None,
    };
    reach.ok_or(OperationError::Invalid("invalid-hidden"))
}

pub async fn hide(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<HideForm>,
) -> PageRedirect {
    if !form.lift.is_empty() {
        sights::lift(&console.app, &actor, &form.lift).await?;
        return Ok(Redirect::to("/requests"));
    }
    sights::must_hide(&actor)?;
    let at = |text: &str| local_time(text, &console.zone);
    let times = (at(&form.from)?, local_end(&form.to, &console.zone)?);
    let until = at(&form.until)?;
    let reach = reach_of(&console, &actor, &form).await?;
    let hidden = sights::hide(&console.app, &actor, reach, times, until, &form.reason).await;
    hidden?;
    Ok(Redirect::to("/requests"))
}
