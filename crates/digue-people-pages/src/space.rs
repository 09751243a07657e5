//! The space of a partner organisation: its people and its caseload, its self-assessment, its
//! attestation.

use askama::Template;
use axum::Form;
use axum::extract::{Multipart, Query, State};
use axum::response::Redirect;
use digue_administration::accounts;
use digue_administration::holders::HolderBook;
use digue_casework::papers::PaperFormat;
use digue_casework::typed_form::maybe_local_time;
use digue_compliance::space::assessment::{self, AssessmentAnswer, SelfAssessment};
use digue_compliance::space::{self, OrganisationSpace, UnusualDay, attestation};
use digue_evidence::stored_records::StoredKind;
use digue_isms::Values;
use digue_isms::assessment::{Gap, PartnerAnswer, Posture, Question, Theme};
use digue_types::AccountId;
use jiff::civil::Date;
use serde::Deserialize;

use digue_pages::differences::words_beside;
use digue_pages::error::{PageAnswer, PageRedirect, PageResponse};
use digue_pages::form::account_named;
use digue_pages::form::uploaded;
use digue_pages::holder::HolderCard;
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, Media, file_name, kept, page};
use digue_pages::visitor::Visitor;

#[derive(Template)]
#[template(path = "space.html")]
struct OrganisationSpacePage {
    w: Localizer,
    space: OrganisationSpace,
    active: usize,
    with_passkey: usize,
    /// For delegates and deputies.
    own: Option<SelfAssessment>,
    successors: Vec<AccountId>,
    /// Whom to call at the operator.
    officers: Option<HolderCard>,
}

impl OrganisationSpacePage {
    /// The date of a count.
    fn day(unusual: &UnusualDay) -> Date {
        Self::day_of(unusual.day)
    }

    /// The date of a day counted from 1970.
    fn day_of(days: i64) -> Date {
        let epoch = Date::constant(1970, 1, 1);
        epoch
            .checked_add(jiff::Span::new().days(days))
            .unwrap_or(epoch)
    }
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let space = space::show(&console.app, &actor).await?;
    let own = match space.leads {
        true => Some(assessment::show(&console.app, &actor).await?),
        false => None,
    };
    let active = space.accounts.iter().filter(|one| !one.record.is_suspended);
    let successors = active
        .clone()
        .filter(|one| one.account != actor.account && one.passkeys > 0);
    let w = console.words(&visitor);
    let book = HolderBook::read(&console.app, &actor).await?;
    Ok(page(&OrganisationSpacePage {
        officers: HolderCard::of_people(&w, w.say("holder-officers"), &book.officers()),
        with_passkey: active.clone().filter(|one| one.passkeys > 0).count(),
        successors: successors.map(|one| one.account.clone()).collect(),
        active: active.count(),
        own,
        space,
        w,
    }))
}

#[derive(Deserialize)]
pub struct PersonForm {
    population: String,
    person: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    until: String,
    reason: String,
}

/// Requests one more person in the caseload.
pub async fn ask_person(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<PersonForm>,
) -> PageRedirect {
    let account = match form.account.trim() {
        "" => None,
        name => Some(account_named(name)?),
    };
    let until = maybe_local_time(&form.until, &console.zone)?;
    let person = (form.population.as_str(), form.person.as_str());
    let requested =
        space::ask_for_person(&console.app, &actor, person, account, until, &form.reason).await;
    requested?;
    Ok(Redirect::to("/approvals"))
}

#[derive(Deserialize)]
pub struct HandOverForm {
    account: String,
    reason: String,
}

pub async fn hand_over(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(form): Form<HandOverForm>,
) -> PageRedirect {
    let to = account_named(form.account.trim())?;
    space::ask_hand_over(&console.app, &actor, to, &form.reason).await?;
    Ok(Redirect::to("/approvals"))
}

/// The visitor leaves: their own account is closed.
pub async fn leave(State(console): State<Console>, SignedIn(actor): SignedIn) -> PageRedirect {
    accounts::leave(&console.app, &actor).await?;
    Ok(Redirect::to("/.digue/sign-in"))
}

#[derive(Deserialize)]
pub struct DoubtForm {
    id: String,
    why: String,
}

/// Reports an agent's unexpected use of break glass.
pub async fn doubt(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Form(form): Form<DoubtForm>,
) -> PageRedirect {
    let title = Localizer::new(&visitor).say("space-doubt-title");
    let doubted = space::doubt_break_glass(&console.app, &actor, &form.id, &title, &form.why).await;
    doubted?;
    Ok(Redirect::to("/own-incidents"))
}

/// One question on its page.
struct ShownAnswer {
    question: Question,
    answer: Option<PartnerAnswer>,
    /// The portal's own figure.
    fact: Option<String>,
    /// The last signed answer, if it differs.
    before: Option<PartnerAnswer>,
    gap: Option<Gap>,
}

impl ShownAnswer {
    fn is_chosen(&self, answer: &PartnerAnswer) -> bool {
        self.answer == Some(*answer)
    }
}

#[derive(Template)]
#[template(path = "space_assessment.html")]
struct AssessmentPage {
    w: Localizer,
    own: SelfAssessment,
    /// The present theme with its questions; none on the summary.
    theme: Option<Theme>,
    questions: Vec<ShownAnswer>,
    total: usize,
}

impl AssessmentPage {
    fn answered_of(&self, theme: &Theme) -> (usize, usize) {
        let of_theme: Vec<Question> = Question::of_theme(*theme).collect();
        let answered = of_theme
            .iter()
            .filter(|question| question.answer(&self.own.answers).is_some());
        (answered.count(), of_theme.len())
    }

    /// What nothing proves is not green.
    const fn tone_of(&self, gap: &Gap) -> ChipTone {
        match gap {
            Gap::Contradicted => ChipTone::Bad,
            Gap::Confirmed | Gap::Better => ChipTone::Good,
            Gap::Unrefuted => ChipTone::Plain,
        }
    }

    /// The theme to continue with.
    fn next(&self) -> Option<Theme> {
        Theme::ALL.iter().copied().find(|theme| {
            let (answered, all) = self.answered_of(theme);
            answered < all
        })
    }

    /// Everything is answered and differs from what was signed last.
    fn may_sign(&self) -> bool {
        let is_new = self
            .own
            .last
            .as_ref()
            .is_none_or(|(_, signed)| signed.answers() != self.own.answers);
        self.own.is_complete() && is_new
    }
}

#[derive(Deserialize)]
pub struct ShownTheme {
    #[serde(default)]
    theme: String,
}

/// The questions of `theme`, or all.
fn shown_answers(
    own: &SelfAssessment,
    theme: Option<Theme>,
    visitor: &Visitor,
) -> Vec<ShownAnswer> {
    let before = own
        .last
        .as_ref()
        .map(|(_, signed)| signed.answers())
        .unwrap_or_default();
    Question::ALL
        .iter()
        .filter(|question| theme.is_none_or(|theme| question.theme() == theme))
        .map(|question| shown_answer(own, *question, &before, visitor))
        .collect()
}

/// `before` are the answers that were signed last.
fn shown_answer(
    own: &SelfAssessment,
    question: Question,
    before: &Values,
    visitor: &Visitor,
) -> ShownAnswer {
    let answer = question.answer(&own.answers);
    let language = visitor.language;
    let fact = own.facts.get(&question);
    ShownAnswer {
        question,
        answer,
        gap: own.gap(question),
        fact: fact.map(|fact| assessment::fact_in_words(language, question, *fact)),
        before: question
            .answer(before)
            .filter(|before| Some(*before) != answer),
    }
}

pub async fn assess(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Query(shown): Query<ShownTheme>,
) -> PageAnswer {
    let own = assessment::show(&console.app, &actor).await?;
    let theme = Theme::parse(&shown.theme);
    Ok(page(&AssessmentPage {
        questions: shown_answers(&own, theme, &visitor),
        own,
        theme,
        total: Question::ALL.len(),
        w: console.words(&visitor),
    }))
}

/// Saves the answers of a theme and continues with the next one.
pub async fn answer(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageRedirect {
    let next = pairs
        .iter()
        .find(|(name, _)| name == "theme")
        .and_then(|(_, code)| Theme::parse(code));
    let given: Values = pairs
        .into_iter()
        .map(|(name, value)| (name, vec![value]))
        .collect();
    assessment::answer(&console.app, &actor, given).await?;
    Ok(Redirect::to(&place_after(next)))
}

/// The page of the theme that follows; all questions after the last one.
fn place_after(theme: Option<Theme>) -> String {
    let after = theme.and_then(|theme| Theme::ALL.iter().copied().find(|other| *other > theme));
    after.map_or_else(
        || "/space/assessment".to_owned(),
        |theme| format!("/space/assessment?theme={}", theme.code()),
    )
}

pub async fn sign(State(console): State<Console>, SignedIn(actor): SignedIn) -> PageRedirect {
    assessment::sign(&console.app, &actor).await?;
    Ok(Redirect::to("/space/assessment"))
}

pub async fn sheet(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageResponse {
    let bytes = assessment::file(&console.app, &actor, visitor.language).await?;
    Ok(kept(
        &format!("{}.xlsx", file_name(visitor.language, "assessment")),
        Media(PaperFormat::Xlsx.media()),
        bytes,
    ))
}

pub async fn take(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    form: Multipart,
) -> PageRedirect {
    let (_, bytes) = uploaded(form).await?;
    assessment::take(&console.app, &actor, &bytes).await?;
    Ok(Redirect::to("/space/assessment"))
}

/// The attestation, dated, for the organisation's own file.
pub async fn attest(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageResponse {
    let reader = console.words(&visitor).reader();
    let bytes = attestation::file(&console.app, &actor, &reader, PaperFormat::Pdf).await;
    Ok(kept(
        "attestation.pdf",
        Media(PaperFormat::Pdf.media()),
        bytes?,
    ))
}

#[derive(Template)]
#[template(path = "assessments.html")]
struct AssessmentsPage {
    w: Localizer,
    list: ShownTable,
    due: usize,
    contradicted: usize,
    total: usize,
}

fn table(w: &Localizer, answers: &[AssessmentAnswer]) -> ListTable {
    let name = |key: &str| w.coded("column", key);
    ListTable {
        caption: w.say("assessments-title"),
        place: "/assessments".to_owned(),
        file: "/assessments.csv".to_owned(),
        empty: w.say("assessments-none"),
        columns: vec![
            ListColumn::text("organisation", name("organisation")),
            ListColumn::choice("state", name("state")),
            ListColumn::text("signed", name("signed")),
            ListColumn::text("contradicted", name("contradicted")),
            ListColumn::text("to-do", name("to-do")),
        ],
        rows: answers.iter().map(|one| row(w, one)).collect(),
        act: None,
    }
}

fn row(w: &Localizer, one: &AssessmentAnswer) -> ListRow {
    let cells = [
        ListCell::link(
            format!("/organisations/{}", one.organisation),
            w.organisation(&one.organisation),
        )
        .filed_as(&one.organisation),
        posture_cell(w, one.posture),
        one.signed_on
            .map_or_else(ListCell::empty, |on| ListCell::day(w, on)),
        contradicted_cell(w, &one.contradicted),
        to_do_cell(w, &one.to_do),
    ];
    ListRow::new(&one.organisation, cells)
}

fn posture_cell(w: &Localizer, posture: Posture) -> ListCell {
    let tone = match posture {
        Posture::Current => ChipTone::Good,
        Posture::Grace => ChipTone::Watch,
        Posture::Due => ChipTone::Bad,
    };
    ListCell::chip(w.coded("posture", posture.code()), tone).filed_as(posture.code())
}

fn contradicted_cell(w: &Localizer, contradicted: &[Question]) -> ListCell {
    let chips = contradicted.iter().map(|question| CellPart::Chip {
        text: w.coded("question", question.code()),
        tone: ChipTone::Bad,
    });
    let cell: ListCell = chips.collect();
    cell.sorted(i64::try_from(contradicted.len()).unwrap_or(i64::MAX))
        .filed_as(codes(contradicted))
}

fn to_do_cell(w: &Localizer, to_do: &[Question]) -> ListCell {
    let words = to_do
        .iter()
        .map(|question| CellPart::Text(w.coded("question-do", question.code())));
    words.collect::<ListCell>().filed_as(codes(to_do))
}

fn codes(questions: &[Question]) -> String {
    let codes: Vec<_> = questions.iter().map(|one| one.code()).collect();
    codes.join(" ")
}

/// First what there is something to read of: contradicted answers, then what is late or was signed;
/// organisations that have not answered yet have nothing to show.
fn order(one: &AssessmentAnswer) -> (std::cmp::Reverse<usize>, bool, std::cmp::Reverse<Posture>) {
    let is_blank = one.posture != Posture::Due && one.signed_on.is_none() && one.to_do.is_empty();
    (
        std::cmp::Reverse(one.contradicted.len()),
        is_blank,
        std::cmp::Reverse(one.posture),
    )
}

/// The state of every partner, for the operator.
pub async fn standings(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageAnswer {
    let mut answers = assessment::everybody(&console.app, &actor).await?;
    answers.sort_by_key(order);
    let w = words_beside(&console, &visitor, &[StoredKind::Record], None).await?;
    Ok(page(&AssessmentsPage {
        due: answers
            .iter()
            .filter(|one| one.posture == Posture::Due)
            .count(),
        contradicted: answers
            .iter()
            .filter(|one| !one.contradicted.is_empty())
            .count(),
        total: answers.len(),
        list: table(&w, &answers).shown(&w, &query),
        w,
    }))
}

pub async fn standings_csv(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    query: TableQuery,
) -> PageResponse {
    let mut answers = assessment::everybody(&console.app, &actor).await?;
    answers.sort_by_key(order);
    let w = console.words(&visitor);
    Ok(table(&w, &answers).csv(&query, visitor.language, "assessments"))
}
