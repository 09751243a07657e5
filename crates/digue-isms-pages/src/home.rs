//! The ISMS: home pages, the start, the calendar, and contradictions.

use askama::Template;
use axum::extract::{Form, Query, State};
use digue_access::Role;
use digue_app::{Actor, App, OperationError};
use digue_casework::incidents;
use digue_casework::typed_form::TypedForm;
use digue_compliance::isms::compared::ComparedRegisters;
use digue_compliance::isms::record_words::RecordWords;
use digue_compliance::isms::{self, contradicted, start};
use digue_evidence::stored_records::RecordComparison;
use digue_governance::calendar_file::{CalendarEvent, calendar_file};
use digue_isms::calendar::{self, DueItem};
use digue_isms::check::Check;
use digue_isms::contradictions::RegisterContradiction;
use digue_isms::evidence::EvidenceIndex;
use digue_isms::kinds::{Measure, RegisterKind, Review, Risk, RiskLevel, Stakeholder};
use digue_isms::privacy_kinds::Processing;
use digue_isms::register::{Registers, days_between};
use digue_isms::risk_scale::ScaleInForce;
use digue_isms::signatures::is_same;
use digue_isms::standing::{CheckStatement, MeasuredState, Measurements};
use digue_isms::start::{Answers, Bond, Data, Hosting, People, Who};
use digue_isms::statement::{Implementation, statement};
use serde::Deserialize;

use digue_pages::differences::words_with;
use digue_pages::done::{DoneAct, done};
use digue_pages::error::{PageAnswer, PageError, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    CellPart, ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, Media, kept, page};
use digue_pages::visitor::Visitor;
use digue_secret_addresses::{self as secret_addresses, AddressPurpose};
use digue_types::Subject;

/// A figure of a home page: the number, the key of its label, and its link.
pub struct Figure {
    number: String,
    key: &'static str,
    place: &'static str,
    is_late: bool,
}

/// One due item, in words.
pub struct ShownDue {
    due: DueItem,
    when: String,
    what: String,
}

#[derive(Template)]
#[template(path = "isms.html")]
struct IsmsHomePage {
    w: Localizer,
    is_empty: bool,
    may_write: bool,
    figures: Vec<Figure>,
    three: Vec<(String, String)>,
    /// What was made and that nobody has revised yet: (address, words).
    made: Vec<(String, String)>,
    late: Vec<ShownDue>,
    /// The views: the code of each, and whether it is the present one.
    views: Vec<(&'static str, bool)>,
    tab: &'static str,
}

/// Everything that the pages of the ISMS are made of.
pub struct IsmsOverview {
    pub registers: std::sync::Arc<Registers>,
    /// How the stored records compare with the journal.
    pub comparison: RecordComparison,
    pub measured: MeasuredState,
    pub now: Measurements,
    evidence: std::sync::OnceLock<EvidenceIndex>,
}

impl IsmsOverview {
    /// The evidence of today.
    pub fn evidence(&self) -> &EvidenceIndex {
        self.evidence
            .get_or_init(|| EvidenceIndex::of(&self.registers, self.now.today))
    }

    /// Its records in the reader's words.
    pub fn words(&self, w: &Localizer) -> RecordWords<'_> {
        RecordWords {
            language: w.reader().language,
            registers: &self.registers,
        }
    }
}

pub async fn isms_overview(
    console: &Console,
    visitor: &Visitor,
) -> Result<(Actor, IsmsOverview), PageError> {
    let app = &console.app;
    let actor = visitor.actor(app)?;
    let ComparedRegisters {
        registers,
        comparison,
    } = isms::compared::registers(app, &actor).await?;
    let measured = isms::measured(app, &actor).await?;
    Ok((
        actor,
        IsmsOverview {
            registers,
            comparison,
            measured,
            now: isms::now(app),
            evidence: std::sync::OnceLock::new(),
        },
    ))
}

/// Every contradiction, those of incidents too.
pub async fn all_wrong(
    console: &Console,
    actor: &Actor,
    overview: &IsmsOverview,
) -> Result<Vec<RegisterContradiction>, OperationError> {
    let IsmsOverview {
        registers,
        measured,
        now,
        comparison: _,
        evidence: _,
    } = overview;
    contradicted::all(&console.app, actor, registers, (measured, *now)).await
}

pub fn shown_due(w: &Localizer, due: DueItem) -> ShownDue {
    let when = match due.days_late {
        late if late > 0 => w.with1("smsi-days-late", "days", late),
        early => w.with1("smsi-in-days", "days", -early),
    };
    ShownDue {
        what: w.coded("due", due.what.code()),
        when,
        due,
    }
}

#[derive(Deserialize)]
pub struct ShownQuestion {
    #[serde(default)]
    view: String,
}

/// The most late items on a home page; the calendar has all.
const LATE_SHOWN: usize = 12;

pub async fn home(
    State(console): State<Console>,
    visitor: Visitor,
    Query(choice): Query<ShownQuestion>,
) -> PageAnswer {
    let (actor, overview) = isms_overview(&console, &visitor).await?;
    let w = words_with(&console, &visitor, &overview.comparison.differences);
    let view = view_of(&visitor, &choice);
    let wrong = all_wrong(&console, &actor, &overview).await?.len();
    let figures = match view {
        "dpo" => of_dpo(&console, &actor, &w, (&overview, wrong)).await?,
        "top-management" => of_management(&w, &overview),
        "auditor" => of_auditor(&w, &overview, wrong),
        _ => of_ciso(&w, &overview, wrong),
    };
    let may_write = visitor.role.is_some_and(Role::can_govern);
    Ok(page(&IsmsHomePage {
        is_empty: overview.registers.is_empty(),
        may_write,
        figures,
        three: start::three_things(&overview.registers),
        made: if may_write {
            unrevised(&w, &overview.registers)
        } else {
            Vec::new()
        },
        late: late(&w, &overview),
        views: VIEWS.map(|one| (one, one == view)).to_vec(),
        tab: "home",
        w,
    }))
}

/// What the ten questions, or an import, have made, while nothing of it was revised: a reader who
/// sees figures only takes the first ones for faults of their own.
fn unrevised(w: &Localizer, registers: &Registers) -> Vec<(String, String)> {
    let kinds = || {
        RegisterKind::ALL
            .iter()
            .filter(|kind| !kind.is_written_by_digue())
    };
    let is_revised = |kind: &RegisterKind| registers.of(*kind).iter().any(|one| one.number > 1);
    if kinds().any(is_revised) {
        return Vec::new();
    }
    let count = |kind: RegisterKind| registers.of(kind).len();
    let (measures, risks) = (count(RegisterKind::Measure), count(RegisterKind::Risk));
    let all: usize = kinds().map(|kind| count(*kind)).sum();
    let made = [
        ("/smsi/registers/measure", "smsi-begun-measures", measures),
        ("/smsi/registers/risk", "smsi-begun-risks", risks),
        (
            "/smsi/registers",
            "smsi-begun-others",
            all - measures - risks,
        ),
    ];
    let shown = made
        .into_iter()
        .filter(|(_, _, count)| *count > 0)
        .map(|(place, key, count)| (place.to_owned(), w.counted(key, count)));
    shown.collect()
}

const VIEWS: [&str; 4] = ["rssi", "dpo", "top-management", "auditor"];

/// The chosen view, or that of the reader's role.
fn view_of(visitor: &Visitor, choice: &ShownQuestion) -> &'static str {
    let usual = match visitor.role {
        Some(Role::Dpo) => "dpo",
        Some(Role::Auditor) => "auditor",
        Some(Role::Management) => "top-management",
        _ => "rssi",
    };
    let chosen = VIEWS.into_iter().find(|view| *view == choice.view);
    chosen.unwrap_or(usual)
}

fn late(w: &Localizer, overview: &IsmsOverview) -> Vec<ShownDue> {
    let due = calendar::due(&overview.registers, overview.now);
    let late = due.into_iter().filter(|one| one.days_late > 0);
    late.take(LATE_SHOWN).map(|due| shown_due(w, due)).collect()
}

fn figure(
    w: &Localizer,
    number: u64,
    key: &'static str,
    place: &'static str,
    is_late: bool,
) -> Figure {
    Figure {
        number: w.number(number),
        key,
        place,
        is_late: is_late && number > 0,
    }
}

pub(crate) fn late_and_euros(overview: &IsmsOverview) -> (u64, u64) {
    let measures = overview.registers.read::<Measure>().entries;
    let late = measures
        .iter()
        .filter(|measure| measure.record.overdue_days(overview.now) > 0)
        .count();
    (
        late as u64,
        measures
            .iter()
            .map(|measure| measure.record.penalty_due(overview.now))
            .sum(),
    )
}

/// A measured number; a dash where nothing was measured, because zero would be false.
fn measured(w: &Localizer, number: Option<u64>, key: &'static str, place: &'static str) -> Figure {
    match number {
        Some(number) => figure(w, number, key, place, true),
        None => Figure {
            number: "–".to_owned(),
            key,
            place,
            is_late: false,
        },
    }
}

fn failing(w: &Localizer, overview: &IsmsOverview) -> Figure {
    let says =
        |check: &&Check| overview.measured.says(**check, overview.now) == CheckStatement::Fail;
    let failing = Check::ALL.iter().filter(says).count() as u64;
    let known = (!overview.measured.results.is_empty()).then_some(failing);
    measured(w, known, "smsi-failing", "/smsi/checks")
}

fn of_ciso(w: &Localizer, overview: &IsmsOverview, wrong: usize) -> Vec<Figure> {
    let [late, euros] = late_figures(w, overview);
    vec![
        late,
        euros,
        wrong_figure(w, wrong),
        failing(w, overview),
        without_passkey(w, overview),
    ]
}

/// Late measures, and what they cost.
fn late_figures(w: &Localizer, overview: &IsmsOverview) -> [Figure; 2] {
    let (late, euros) = late_and_euros(overview);
    [
        figure(w, late, "smsi-late", "/smsi/calendar", true),
        figure(w, euros, "smsi-euros", "/smsi/calendar", true),
    ]
}

fn wrong_figure(w: &Localizer, wrong: usize) -> Figure {
    let place = "/smsi/contradictions";
    figure(w, wrong as u64, "smsi-wrong", place, true)
}

fn without_passkey(w: &Localizer, overview: &IsmsOverview) -> Figure {
    let passkeys = overview.measured.results.get(&Check::Passkeys);
    let failing = passkeys.map(|result| result.found.failing_count());
    let place = "/smsi/checks/passkeys";
    measured(w, failing, "smsi-without-passkey", place)
}

async fn of_dpo(
    console: &Console,
    actor: &Actor,
    w: &Localizer,
    (overview, wrong): (&IsmsOverview, usize),
) -> Result<Vec<Figure>, OperationError> {
    let views = incidents::list(&console.app, actor).await?;
    let clocks = views
        .iter()
        .filter(|view| !view.incident.is_closed())
        .flat_map(|view| &view.clocks);
    let running = clocks.filter(|clock| clock.met_at.is_none()).count() as u64;
    let [late, euros] = late_figures(w, overview);
    Ok(vec![
        figure(w, running, "smsi-clocks", "/incidents", true),
        sheets_due(w, overview),
        late,
        euros,
        wrong_figure(w, wrong),
    ])
}

/// Records of processing whose review is due.
fn sheets_due(w: &Localizer, overview: &IsmsOverview) -> Figure {
    let sheets = overview.registers.read::<Processing>().entries;
    let is_due = |on: Option<jiff::civil::Date>| on.is_none_or(|on| on < overview.now.today);
    let due = sheets.iter().filter(|sheet| is_due(sheet.record.review_on));
    let place = "/smsi/registers/processing";
    figure(w, due.count() as u64, "smsi-reviews-due", place, true)
}

fn of_management(w: &Localizer, overview: &IsmsOverview) -> Vec<Figure> {
    let [late, euros] = late_figures(w, overview);
    let high = high_risks(overview) as u64;
    let high = figure(w, high, "smsi-high", "/smsi/registers/risk", true);
    let mut figures = vec![high, late, euros];
    figures.extend(next_review(overview));
    figures
}

fn high_risks(overview: &IsmsOverview) -> usize {
    let risks = overview.registers.read::<Risk>().entries;
    let scale = ScaleInForce::of(&overview.registers, overview.now.today);
    risks
        .iter()
        .filter(|risk| risk.record.level(&scale) >= Some(RiskLevel::High))
        .count()
}

/// The days until the next review of the management.
fn next_review(overview: &IsmsOverview) -> Option<Figure> {
    let reviews = overview.registers.read::<Review>().entries;
    let open = reviews
        .iter()
        .filter(|review| review.record.signed_on.is_none());
    let next = open.filter_map(|review| review.record.held_on).min();
    let days = days_between(overview.now.today, next?);
    Some(Figure {
        number: days.to_string(),
        key: "smsi-next-review",
        place: "/smsi/registers/review",
        is_late: days < 0,
    })
}

fn of_auditor(w: &Localizer, overview: &IsmsOverview, wrong: usize) -> Vec<Figure> {
    let lines = statement(&overview.registers, &overview.measured, overview.now);
    let of = |wanted: Implementation| {
        lines
            .iter()
            .filter(|line| line.implementation == wanted)
            .count() as u64
    };
    let place = "/smsi/statement";
    let measured = of(Implementation::Measured);
    let not_met = of(Implementation::Failing);
    let [late, _] = late_figures(w, overview);
    vec![
        figure(w, measured, "smsi-measured-controls", place, false),
        figure(w, not_met, "implementation-failing", place, true),
        wrong_figure(w, wrong),
        failing(w, overview),
        late,
    ]
}

#[derive(Template)]
#[template(path = "isms_start.html")]
struct StartPage {
    w: Localizer,
    /// The questions were answered: by whom does not matter any more.
    is_begun: bool,
    who: Vec<&'static str>,
    people: Vec<&'static str>,
    data: Vec<&'static str>,
    hosting: Vec<&'static str>,
    bonds: Vec<&'static str>,
}

pub async fn ask_start(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let is_begun = !start::is_empty(&console.app, &actor).await?;
    Ok(page(&StartPage {
        w: console.words(&visitor),
        is_begun,
        who: Who::ALL.iter().map(|one| one.code()).collect(),
        people: People::ALL.iter().map(|one| one.code()).collect(),
        data: Data::ALL.iter().map(|one| one.code()).collect(),
        hosting: Hosting::ALL.iter().map(|one| one.code()).collect(),
        bonds: Bond::ALL.iter().map(|one| one.code()).collect(),
    }))
}

pub async fn begin(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResponse {
    actor.must_govern()?;
    let answers = answers(&TypedForm::new(pairs))?;
    start::begin(&console.app, &actor, &answers, visitor.language).await?;
    Ok(done("/smsi", DoneAct::RegistersBegun, ""))
}

fn answers(form: &TypedForm) -> Result<Answers, OperationError> {
    Ok(Answers {
        name: form.owned("name"),
        who: form.choice("who", Who::parse)?,
        has_portal: form.yes_or_no("portal")?,
        has_partners: form.yes_or_no("partners")?,
        people: form.choice("people", People::parse)?,
        data: form.choices("data", Data::parse)?,
        head: form.owned("head"),
        ciso: form.owned("ciso"),
        dpo: form.owned("dpo"),
        hosting: form.choice("hosting", Hosting::parse)?,
        bonds: form.choices("bonds", Bond::parse)?,
    })
}

#[derive(Template)]
#[template(path = "isms_calendar.html")]
pub(crate) struct CalendarPage {
    w: Localizer,
    list: ShownTable,
    /// No register has a record: the ten questions come first.
    is_empty: bool,
    may_write: bool,
    /// The reader's own address for a calendar program.
    address: ShownAddress,
    tab: &'static str,
}

/// What a secret address of the calendar opens.
pub(crate) const CALENDAR: AddressPurpose = AddressPurpose::Calendar;

/// How the page of the calendar speaks of the reader's own address.
pub struct ShownAddress {
    /// A sentence about the one that counts: when it was made, and when it ends.
    pub counting: Option<String>,
    /// The address itself, shown once.
    pub issued: Option<String>,
}

/// The reader's own address, as far as it is known.
fn shown_address(app: &App, w: &Localizer, actor: &Actor) -> ShownAddress {
    let subject = Subject::Account(actor.account.clone());
    let known = secret_addresses::of_subject(app, CALENDAR, &subject);
    ShownAddress {
        counting: known.map(|known| {
            let since = ("since", w.moment(known.issued_at).into());
            let until = ("until", w.moment(known.ends_at).into());
            w.with("calendar-address-counts", [since, until])
        }),
        issued: None,
    }
}

fn calendar_table(w: &Localizer, overview: &IsmsOverview, due: Vec<DueItem>) -> ListTable {
    ListTable {
        caption: w.say("smsi-calendar"),
        place: "/smsi/calendar".to_owned(),
        file: "/smsi/calendar.csv".to_owned(),
        empty: w.say("smsi-none"),
        columns: vec![
            ListColumn::text("on", w.say("smsi-column-on")),
            ListColumn::choice("what", w.say("smsi-column-what")),
            ListColumn::file("record", w.say("column-record")),
            ListColumn::text("title", w.say("column-title")),
            ListColumn::choice("owner", w.say("smsi-column-owner")),
        ],
        rows: due
            .into_iter()
            .map(|due| calendar_row(w, overview, due))
            .collect(),
        act: None,
    }
}

fn calendar_row(w: &Localizer, overview: &IsmsOverview, due: DueItem) -> ListRow {
    let ShownDue { due, when, what } = shown_due(w, due);
    let title = overview.words(w).title_of(due.kind, &due.id);
    let is_late = due.days_late > 0;
    let tone = if is_late {
        ChipTone::Bad
    } else {
        ChipTone::Plain
    };
    let place = format!("/smsi/registers/{}/{}", due.kind.code(), due.id);
    let cells = [
        ListCell::day(w, due.on)
            .and_chip(when, tone)
            .and_if(due.euros > 0, || euros_due(w, due.euros)),
        ListCell::text(what).and_quiet(w.coded("kind", due.kind.code())),
        ListCell::text(&due.id),
        ListCell::link(place, title.as_ref().unwrap_or(&due.title)),
        ListCell::text(w.person(&due.owner)).filed_as(&due.owner),
    ];
    ListRow::new(&due.id, cells)
}

pub(crate) fn euros_due(w: &Localizer, euros: u64) -> CellPart {
    CellPart::Chip {
        text: w.with1("smsi-euros-due", "euros", w.number(euros)),
        tone: ChipTone::Bad,
    }
}

pub async fn calendar(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageAnswer {
    Ok(page(
        &calendar_page(&console, &visitor, &query, None).await?,
    ))
}

/// The page of what is due; with the reader's address when it was just issued.
pub(crate) async fn calendar_page(
    console: &Console,
    visitor: &Visitor,
    query: &TableQuery,
    issued: Option<ShownAddress>,
) -> Result<CalendarPage, PageError> {
    let (actor, overview) = isms_overview(console, visitor).await?;
    let w = words_with(console, visitor, &overview.comparison.differences);
    let list = calendar_table(
        &w,
        &overview,
        calendar::due(&overview.registers, overview.now),
    )
    .shown(&w, query);
    let address = issued.unwrap_or_else(|| shown_address(&console.app, &w, &actor));
    Ok(CalendarPage {
        is_empty: overview.registers.is_empty(),
        may_write: visitor.role.is_some_and(Role::can_govern),
        list,
        address,
        tab: "calendar",
        w,
    })
}

pub async fn calendar_csv(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageResponse {
    let (_, overview) = isms_overview(&console, &visitor).await?;
    let w = words_with(&console, &visitor, &overview.comparison.differences);
    let due = calendar::due(&overview.registers, overview.now);
    Ok(calendar_table(&w, &overview, due).csv_beside(&query, &w, "calendar"))
}

/// What is due as a file for calendar programs; with `mine` only what the reader answers for.
pub async fn calendar_ics(
    State(console): State<Console>,
    visitor: Visitor,
    Query(choice): Query<CalendarChoice>,
) -> PageResponse {
    let (actor, overview) = isms_overview(&console, &visitor).await?;
    let w = console.words(&visitor);
    let is_wanted =
        |due: &DueItem| choice.mine.is_none() || is_same(&due.owner, actor.account.as_str());
    let due = calendar::due(&overview.registers, overview.now).into_iter();
    let root = console.app.console_url().trim_end_matches('/').to_owned();
    let wanted = due.filter(is_wanted);
    let events: Vec<CalendarEvent> = wanted.map(|due| event_of(&w, &root, due)).collect();
    let name = w.say("smsi-calendar");
    let host = console.app.console_host();
    let file = calendar_file(&events, host, &name, overview.now.at);
    let media = Media("text/calendar; charset=utf-8");
    Ok(kept("smsi.ics", media, file.into_bytes()))
}

/// A due day as an event: what is due, the title of its record, and where it is.
pub(crate) fn event_of(w: &Localizer, root: &str, due: DueItem) -> CalendarEvent {
    CalendarEvent {
        id: format!("{}-{}", due.id, due.what.code()),
        on: due.on,
        summary: format!("{} – {}", w.coded("due", due.what.code()), due.title),
        link: format!("{root}/smsi/registers/{}/{}", due.kind.code(), due.id),
    }
}

#[derive(Deserialize)]
pub struct CalendarChoice {
    mine: Option<u8>,
}

/// A workshop, and the registers that it fills.
struct Workshop {
    key: &'static str,
    registers: Vec<(&'static str, usize)>,
}

#[derive(Template)]
#[template(path = "isms_ebios.html")]
struct EbiosPage {
    w: Localizer,
    workshops: Vec<Workshop>,
    /// As (title, threat level), the most threatening first.
    stakeholders: Vec<(String, String, String)>,
    tab: &'static str,
}

/// The workshops of EBIOS Risk Manager, with the registers that each fills.
const WORKSHOPS: [(&str, &[RegisterKind]); 5] = [
    (
        "ebios-1",
        &[
            RegisterKind::Context,
            RegisterKind::Asset,
            RegisterKind::FearedEvent,
        ],
    ),
    ("ebios-2", &[RegisterKind::RiskSource]),
    ("ebios-3", &[RegisterKind::Stakeholder, RegisterKind::Risk]),
    ("ebios-4", &[RegisterKind::Risk]),
    (
        "ebios-5",
        &[RegisterKind::Measure, RegisterKind::Acceptance],
    ),
];

fn workshop(overview: &IsmsOverview, key: &'static str, kinds: &[RegisterKind]) -> Workshop {
    let counted = |kind: &RegisterKind| (kind.code(), overview.registers.of(*kind).len());
    Workshop {
        key,
        registers: kinds.iter().map(counted).collect(),
    }
}

/// As (record, title, level of threat), the most dangerous first.
fn stakeholders(w: &Localizer, overview: &IsmsOverview) -> Vec<(String, String, String)> {
    let entries = overview.registers.read::<Stakeholder>().entries;
    let threats = entries.into_iter().filter_map(|entry| {
        let percent = entry.record.threat_percent()?;
        Some((percent, entry.id, entry.record.title.0))
    });
    let mut threats: Vec<(u32, String, String)> = threats.collect();
    threats.sort_by(|a, b| b.cmp(a));
    let shown = threats
        .into_iter()
        .map(|(percent, id, title)| (id, title, w.decimal(f64::from(percent) / 100.0)));
    shown.collect()
}

pub async fn ebios(State(console): State<Console>, visitor: Visitor) -> PageAnswer {
    let (_, overview) = isms_overview(&console, &visitor).await?;
    let w = words_with(&console, &visitor, &overview.comparison.differences);
    let workshops = WORKSHOPS.map(|(key, kinds)| workshop(&overview, key, kinds));
    Ok(page(&EbiosPage {
        workshops: workshops.into(),
        stakeholders: stakeholders(&w, &overview),
        tab: "registers",
        w,
    }))
}
