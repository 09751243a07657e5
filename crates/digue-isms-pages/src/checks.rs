//! Checks with their history, the statement of applicability, and frameworks.

use askama::Template;
use axum::Form;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use digue_access::Role;
use digue_app::{Actor, OperationError};
use digue_backup_acts::backups;
use digue_casework::incidents;
use digue_casework::papers::PaperFormat;
use digue_casework::typed_form::local_time;
use digue_compliance::isms::checks::ComparedResult;
use digue_compliance::isms::statement::FrozenVersion;
use digue_compliance::isms::{checks, clauses, exchange, sheets, statement};
use digue_evidence::stored_records::StoredKind;
use digue_governance::owner_approval::ApprovedRisk;
use digue_isms::check::{Check, CheckOutcome, CheckResult, DeadlineName, NotRun, PassRule};
use digue_isms::framework::{self, Framework, QUALIOPI_PROVEN, Requirement};
use digue_isms::standing::CheckStatement;
use digue_isms::statement::StatementLine;
use digue_types::Timestamp;
use serde::Deserialize;

use crate::home::{IsmsOverview, isms_overview};
use crate::remedies::{FailingElement, IncidentIds, Remedy, place_of_failing, remedy};
use digue_pages::differences::{kept_in_words, words_beside};
use digue_pages::error::{PageAnswer, PageError, PageRedirect, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, Media, file_name, kept, page};
use digue_pages::visitor::Visitor;

/// A check with its last result.
struct ShownCheck {
    check: Check,
    name: String,
    says: CheckStatement,
    last: Option<CheckResult>,
}

fn shown(w: &Localizer, overview: &IsmsOverview, check: Check) -> ShownCheck {
    ShownCheck {
        check,
        name: w.say(&check.key()),
        says: overview.measured.says(check, overview.now),
        last: overview.measured.results.get(&check).cloned(),
    }
}

fn all_shown(w: &Localizer, overview: &IsmsOverview) -> Vec<ShownCheck> {
    Check::ALL
        .iter()
        .map(|check| shown(w, overview, *check))
        .collect()
}

/// The number of checks by result: failed, unknown, disabled, passed.
fn counts_of(checks: &[ShownCheck]) -> [(&'static str, usize); 4] {
    let count = |says: CheckStatement| checks.iter().filter(|one| one.says == says).count();
    let says = [
        CheckStatement::Fail,
        CheckStatement::Unknown,
        CheckStatement::Disabled,
        CheckStatement::Pass,
    ];
    says.map(|says| (says.code(), count(says)))
}

#[derive(Template)]
#[template(path = "isms_checks.html")]
struct ChecksPage {
    w: Localizer,
    list: ShownTable,
    /// The number of checks by result: failed, unknown, disabled, passed.
    counts: [(&'static str, usize); 4],
    may_write: bool,
    tab: &'static str,
}

fn table(w: &Localizer, checks: &[ShownCheck]) -> ListTable {
    ListTable {
        caption: w.say("smsi-checks"),
        place: "/smsi/checks".to_owned(),
        file: "/smsi/checks.csv".to_owned(),
        empty: String::new(),
        columns: vec![
            ListColumn::file("check", w.say("column-record")),
            ListColumn::text("title", w.say("column-title")),
            ListColumn::choice("state", w.say("column-state")),
            ListColumn::number("population", w.say("checks-population")),
            ListColumn::number("failing", w.say("checks-failing")),
            ListColumn::number("setting", w.say("checks-value")),
            ListColumn::text("last", w.say("checks-last")),
            ListColumn::text("remedy", w.say("checks-remedy")),
            ListColumn::file("range", w.say("checks-range")),
        ],
        rows: checks.iter().map(|one| row(w, one)).collect(),
        act: None,
    }
}

fn row(w: &Localizer, one: &ShownCheck) -> ListRow {
    let code = one.check.code();
    let [population, failing, setting, at, range] = last_cells(w, one.last.as_ref());
    let cells = [
        // The name of the row; the file has the code.
        ListCell::text(&one.name).filed_as(code),
        ListCell::link(format!("/smsi/checks/{code}"), &one.name),
        ListCell::chip(w.coded("says", one.says.code()), tone_of(one.says)),
        population,
        failing,
        setting,
        at,
        remedy_cell(w, one),
        range,
    ];
    ListRow::new(code, cells)
}

/// It fails, or failed when it ran last: that the result grew old mends nothing.
fn is_failing(one: &ShownCheck) -> bool {
    let failed = |last: &CheckResult| last.outcome == CheckOutcome::Fail;
    match one.says {
        CheckStatement::Fail => true,
        CheckStatement::Unknown => one.last.as_ref().is_some_and(failed),
        CheckStatement::Pass | CheckStatement::Disabled => false,
    }
}

/// What to do about a check that fails; empty for the others.
fn remedy_cell(w: &Localizer, one: &ShownCheck) -> ListCell {
    if !is_failing(one) {
        return ListCell::empty();
    }
    let Remedy { says, place, page } = remedy(w, one.check);
    ListCell::link(place.to_owned(), page)
        .and_quiet(&says)
        .filed_as(says)
}

const fn tone_of(says: CheckStatement) -> ChipTone {
    match says {
        CheckStatement::Fail => ChipTone::Bad,
        CheckStatement::Unknown => ChipTone::Watch,
        CheckStatement::Disabled => ChipTone::Plain,
        CheckStatement::Pass => ChipTone::Good,
    }
}

/// What the last run counted, when it was, and of how many entries.
fn last_cells(w: &Localizer, last: Option<&CheckResult>) -> [ListCell; 5] {
    let Some(last) = last else {
        return [(); 5].map(|()| ListCell::empty());
    };
    let [population, failing, setting] = counted(w, last);
    let at = ListCell::moment(w, last.at);
    let range = ListCell::text(last.journal_size);
    [population, failing, setting, at, range]
}

/// The setting that a result found. What other rules count beside their population is none.
fn setting(last: &CheckResult) -> Option<u64> {
    match last.check.rule() {
        PassRule::AtMost(_) => last.found.value,
        PassRule::NoneFails | PassRule::SharePermille(_) => None,
    }
}

/// What a check counts beside its population, as a sentence.
fn beside(w: &Localizer, last: &CheckResult) -> Option<String> {
    const SENTENCES: [(Check, &str); 2] = [
        (Check::IncidentDeadlines, "checks-left-open"),
        (Check::ClassAgreements, "checks-restricted"),
    ];
    let (_, key) = SENTENCES.iter().find(|(check, _)| *check == last.check)?;
    let count = last.found.value.filter(|count| *count > 0)?;
    Some(w.counted(key, count))
}

/// How many copies of how many a thief with this machine could not erase now.
fn copies(w: &Localizer, far_of_all: Option<(usize, usize)>) -> Option<String> {
    let (far, all) = far_of_all?;
    let values = [("far", far.into()), ("all", all.into())];
    Some(w.with("backups-out-of-reach", values))
}

/// Population, failures and setting of a result. A check that did not run counted nothing, and a
/// setting has nothing that could fail: ten allowed attempts are not ten failures.
fn counted(w: &Localizer, last: &CheckResult) -> [ListCell; 3] {
    let (population, failing) = (last.found.population, last.found.failing_count());
    match (setting(last), &last.found.not_run) {
        (Some(value), _) => [
            ListCell::empty().filed_as(population),
            ListCell::empty().filed_as(failing),
            ListCell::number(w, value),
        ],
        (None, Some(_)) => [
            ListCell::empty().filed_as(population),
            ListCell::empty().filed_as(failing),
            ListCell::empty(),
        ],
        (None, None) => [
            ListCell::number(w, population),
            ListCell::number(w, failing),
            ListCell::empty(),
        ],
    }
}

/// What the list of checks is made of.
const CHECKS: &[StoredKind] = &[StoredKind::Check, StoredKind::Switch];

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageAnswer {
    let (_, overview) = isms_overview(&console, &visitor).await?;
    let w = words_beside(&console, &visitor, CHECKS, None).await?;
    let mut checks = all_shown(&w, &overview);
    checks.sort_by_key(|one| one.says);
    let may_write = visitor.role.is_some_and(Role::can_govern);
    let list = table(&w, &checks).shown(&w, &query);
    Ok(page(&ChecksPage {
        counts: counts_of(&checks),
        list,
        may_write,
        tab: "checks",
        w,
    }))
}

pub async fn list_csv(
    State(console): State<Console>,
    visitor: Visitor,
    query: TableQuery,
) -> PageResponse {
    let (_, overview) = isms_overview(&console, &visitor).await?;
    let w = words_beside(&console, &visitor, CHECKS, None).await?;
    let checks = all_shown(&w, &overview);
    Ok(table(&w, &checks).csv_beside(&query, &w, "checks"))
}

pub async fn run(State(console): State<Console>, SignedIn(actor): SignedIn) -> PageRedirect {
    checks::run_all(&console.app, &actor).await?;
    Ok(Redirect::to("/smsi/checks"))
}

#[derive(Template)]
#[template(path = "isms_check.html")]
struct CheckResultPage {
    w: Localizer,
    shown: ShownCheck,
    /// Its question and its population.
    explained: String,
    rule: String,
    /// Framework, number and title of the requirements that it covers.
    requirements: Vec<(&'static str, &'static str, String)>,
    switched: Option<String>,
    /// Why it did not run.
    cause: Option<String>,
    /// The setting that it found.
    setting: Option<u64>,
    /// What it counts beside its population, in words.
    beside: Option<String>,
    /// What to do about it; `None` while it does not fail.
    remedy: Option<Remedy>,
    /// The first of what fails.
    names: Vec<FailingElement>,
    /// The others.
    more_names: Vec<FailingElement>,
    /// That more fail than a result names; empty where all are named.
    cut: String,
    additions: Vec<ShownAdditions>,
    history: Vec<ComparedResult>,
    may_write: bool,
    tab: &'static str,
}

/// What was added to one repository.
struct ShownAdditions {
    title: String,
    /// As (file, cause).
    named: Vec<(String, String)>,
    /// How many more there are, in words; empty for none.
    more: String,
}

async fn additions(console: &Console, w: &Localizer) -> Result<Vec<ShownAdditions>, PageError> {
    let found = backups::additions(&console.app).await?;
    let shown = found.into_iter().map(|(repository, at, list)| {
        let values = [
            ("repository", repository.into()),
            ("at", w.moment(at).into()),
        ];
        let named = list.named.into_iter();
        ShownAdditions {
            title: w.with("backups-additions", values),
            named: named
                .map(|one| (one.file, w.coded("addition", one.cause.code())))
                .collect(),
            more: match list.more {
                0 => String::new(),
                more => w.with1("backup-additions-more", "count", more),
            },
        }
    });
    Ok(shown.collect())
}

fn rule_in_words(w: &Localizer, check: Check) -> String {
    match check.rule() {
        PassRule::NoneFails => w.say("checks-rule-none"),
        PassRule::SharePermille(share) => w.with1("checks-rule-share", "share", share),
        PassRule::AtMost(most) => w.with1("checks-rule-most", "most", most),
    }
}

fn requirements_of(w: &Localizer, check: Check) -> Vec<(&'static str, &'static str, String)> {
    let requirements = check.requirements().iter().filter_map(|id| {
        let one = framework::requirement(id)?;
        Some((one.framework.code(), one.number(), w.say(&one.key())))
    });
    requirements.collect()
}

/// Who disabled the check, until when and why; `None` where it is in force.
fn switched(w: &Localizer, overview: &IsmsOverview, check: Check) -> Option<String> {
    let disabled = overview.measured.disabled.get(&check)?;
    let values = [
        ("by", w.person(&disabled.by).into()),
        ("until", w.moment(disabled.until).into()),
        ("reason", disabled.reason.as_str().into()),
    ];
    (overview.now.at < disabled.until).then(|| w.with("checks-switched", values))
}

fn cause_of(w: &Localizer, shown: &ShownCheck) -> Option<String> {
    let why = shown.last.as_ref()?.found.not_run?;
    // The source is Digue's own configuration, and the reader can write it.
    let is_to_configure = shown.check == Check::Backups && why == NotRun::NoSource;
    Some(if is_to_configure {
        w.say("not-run-no-backup")
    } else {
        w.coded("not-run", why.code())
    })
}

/// The identifiers of incidents; empty for a check that is about none.
async fn incident_ids(
    console: &Console,
    actor: &Actor,
    check: Check,
) -> Result<IncidentIds, OperationError> {
    let is_about_incidents = matches!(
        check,
        Check::IncidentDeadlines | Check::IncidentEvidence | Check::IncidentLessons
    );
    if !is_about_incidents {
        return Ok(IncidentIds::new());
    }
    let views = incidents::list(&console.app, actor).await?.into_iter();
    Ok(views
        .map(|view| (view.reference(), view.record.id))
        .collect())
}

/// What fails, as people know it, with its pages.
fn failing_elements(
    w: &Localizer,
    incidents: &IncidentIds,
    shown: &ShownCheck,
) -> Vec<FailingElement> {
    let found = shown.last.iter().flat_map(|last| &last.found.failing);
    let element = |id: &String| {
        let (name, below) = failing_name(w, shown.check, id);
        let place = place_of_failing(w, incidents, shown.check, id);
        FailingElement { name, below, place }
    };
    found.map(element).collect()
}

/// The name of one of what fails, and its identifier where the name is another one.
fn failing_name(w: &Localizer, check: Check, id: &str) -> (String, String) {
    let deadline = DeadlineName::parse(id).filter(|_| check == Check::IncidentDeadlines);
    if let Some(deadline) = deadline {
        let duty = w.coded("clock", &deadline.duty);
        return (format!("{} – {duty}", deadline.incident), String::new());
    }
    if check == Check::Backups && id == backups::OUT_OF_REACH {
        return (w.say("backups-none-out-of-reach"), String::new());
    }
    let name = if w.is_named(id) {
        w.person(id)
    } else {
        w.organisation(id)
    };
    if name == *id {
        (kept_in_words(w, id), String::new())
    } else {
        (name, id.to_owned())
    }
}

/// The most failing names that are not folded.
const NAMES_SHOWN: usize = 25;

fn check_of(code: &str) -> Result<Check, PageError> {
    Check::parse(code)
        .ok_or(OperationError::NotFound("check"))
        .map_err(PageError::from)
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(code): Path<String>,
) -> PageAnswer {
    let check = check_of(&code)?;
    let (actor, overview) = isms_overview(&console, &visitor).await?;
    let history = checks::history(&console.app, &actor, check).await?;
    // The earlier results, which this page lists, as well.
    let kinds = [CHECKS, &[StoredKind::CheckHistory]].concat();
    let w = words_beside(&console, &visitor, &kinds, Some(check.code())).await?;
    let far_of_all = if check == Check::Backups {
        backups::copies_out_of_reach(&console.app).await?
    } else {
        None
    };
    let additions = if check == Check::Backups {
        additions(&console, &w).await?
    } else {
        Vec::new()
    };
    let shown = shown(&w, &overview, check);
    let incidents = incident_ids(&console, &actor, check).await?;
    let mut names = failing_elements(&w, &incidents, &shown);
    let more_names = names.split_off(names.len().min(NAMES_SHOWN));
    // Fewer names than failures are no cut where one element fails several times.
    let is_cut = shown.last.as_ref().is_some_and(|last| {
        let named = last.found.failing.len();
        named >= checks::NAMES_MAX && last.found.failing_count() > named as u64
    });
    Ok(page(&CheckResultPage {
        cut: match is_cut {
            true => w.counted("checks-names-cut", checks::NAMES_MAX),
            false => String::new(),
        },
        cause: cause_of(&w, &shown),
        setting: shown.last.as_ref().and_then(setting),
        beside: shown
            .last
            .as_ref()
            .and_then(|last| beside(&w, last))
            .or_else(|| copies(&w, far_of_all)),
        remedy: is_failing(&shown).then(|| remedy(&w, check)),
        names,
        more_names,
        additions,
        requirements: requirements_of(&w, check),
        explained: w.say(&format!("{}-explain", check.key())),
        shown,
        rule: rule_in_words(&w, check),
        switched: switched(&w, &overview, check),
        history,
        may_write: visitor.role.is_some_and(Role::can_govern),
        tab: "checks",
        w,
    }))
}

#[derive(Deserialize)]
pub struct SwitchForm {
    until: String,
    reason: String,
}

pub async fn switch(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path(code): Path<String>,
    Form(form): Form<SwitchForm>,
) -> PageRedirect {
    let check = check_of(&code)?;
    let until: Timestamp = local_time(&form.until, &console.zone)?;
    checks::switch(&console.app, &actor, check, until, &form.reason).await?;
    Ok(Redirect::to(&format!("/smsi/checks/{code}")))
}

/// A line of the statement, in words.
struct ShownLine {
    line: StatementLine,
    title: String,
    inclusion: String,
    exclusion: String,
    /// The record that decided it, if there is one.
    decided: Option<String>,
    is_bad: bool,
    is_good: bool,
}

#[derive(Template)]
#[template(path = "isms_statement.html")]
struct StatementPage {
    w: Localizer,
    lines: Vec<ShownLine>,
    counts: Vec<(&'static str, usize)>,
    versions: Vec<FrozenVersion>,
    /// The numbers of controls without a reason, and the form for all of them.
    unreasoned: Vec<&'static str>,
    decide_all: String,
    /// Every risk with the approval of its owner.
    approvals: Vec<ApprovedRisk>,
    may_write: bool,
    tab: &'static str,
}

impl StatementPage {
    /// The most measures that a control names; the register has all.
    const MEASURES_SHOWN: usize = 12;
}

/// What the statement and the frameworks are made of.
const SOURCES: &[StoredKind] = &[StoredKind::Record, StoredKind::Check, StoredKind::Switch];

/// How many lines there are of each implementation, the worst first; those without any are left
/// out.
fn implementations(lines: &[StatementLine]) -> Vec<(&'static str, usize)> {
    use digue_isms::statement::Implementation as I;
    let all = [
        I::Failing,
        I::Nothing,
        I::Planned,
        I::Partly,
        I::Declared,
        I::Measured,
        I::NotApplicable,
    ];
    let count = |wanted: I| {
        lines
            .iter()
            .filter(|line| line.implementation == wanted)
            .count()
    };
    let counted = all.iter().map(|one| (one.code(), count(*one)));
    counted.filter(|(_, count)| *count > 0).collect()
}

fn in_words(w: &Localizer, line: StatementLine) -> ShownLine {
    use digue_isms::statement::Implementation as I;
    let inclusion: Vec<String> = line
        .inclusion
        .iter()
        .map(|reason| w.say(reason.key()))
        .collect();
    let decided = line.decided.as_ref();
    ShownLine {
        title: w.say(&line.control.key()),
        inclusion: inclusion.join(", "),
        exclusion: decided
            .map(|decided| decided.record.exclusion.0.clone())
            .unwrap_or_default(),
        decided: decided.map(|decided| decided.id.clone()),
        is_bad: line.implementation == I::Failing,
        is_good: line.implementation == I::Measured,
        line,
    }
}

pub async fn statement_page(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
) -> PageAnswer {
    let (lines, _) = statement::now_standing(&console.app, &actor).await?;
    let versions = statement::versions(&console.app, &actor).await?;
    // Those that the printed statement names at its head, and the frozen versions.
    let kinds = [SOURCES, &[StoredKind::Statement]].concat();
    let w = words_beside(&console, &visitor, &kinds, None).await?;
    let unreasoned = statement::without_reason(&lines);
    let ids: Vec<&str> = unreasoned.iter().map(|control| control.id).collect();
    Ok(page(&StatementPage {
        decide_all: format!(
            "/smsi/registers/applicability/new?requirement={}",
            ids.join(",")
        ),
        unreasoned: unreasoned.iter().map(|control| control.number()).collect(),
        counts: implementations(&lines),
        versions: versions.into_iter().rev().collect(),
        lines: lines.into_iter().map(|line| in_words(&w, line)).collect(),
        approvals: clauses::owner_approvals(&console.app, &actor).await?,
        may_write: visitor.role.is_some_and(Role::can_govern),
        tab: "statement",
        w,
    }))
}

pub async fn freeze(State(console): State<Console>, SignedIn(actor): SignedIn) -> PageRedirect {
    statement::freeze(&console.app, &actor).await?;
    Ok(Redirect::to("/smsi/statement"))
}

/// A frozen version, or the current statement as a file: `statement.xlsx`.
pub async fn statement_file(
    State(console): State<Console>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> PageResponse {
    let app = &console.app;
    let actor = visitor.actor(app)?;
    if let Some(form) = name.strip_prefix("statement.").and_then(PaperFormat::parse) {
        let (lines, _) = statement::now_standing(app, &actor).await?;
        let reader = console.words(&visitor).reader();
        let bytes = sheets::statement_file(app, &lines, &reader, form).await?;
        let ending = name.strip_prefix("statement.").unwrap_or_default();
        let name = format!("{}.{ending}", file_name(visitor.language, "statement"));
        return Ok(kept(&name, Media(form.media()), bytes));
    }
    let (name, bytes) = statement::version(app, &actor, &name).await?;
    Ok(kept(&name, Media("text/plain; charset=utf-8"), bytes))
}

/// A requirement and the controls that meet it.
struct ShownRequirement {
    number: &'static str,
    title: String,
    through: Vec<ShownControl>,
    is_proven: bool,
}

fn shown_requirement(
    w: &Localizer,
    lines: &[StatementLine],
    one: &Requirement,
) -> ShownRequirement {
    let through = statement::through(lines, one);
    ShownRequirement {
        number: one.number(),
        title: w.say(&one.key()),
        through: through.into_iter().map(|line| means(w, line)).collect(),
        is_proven: QUALIOPI_PROVEN.contains(&one.id),
    }
}

/// A control that meets a requirement.
#[derive(Clone)]
struct ShownControl {
    /// Where its line of the statement is.
    id: &'static str,
    number: &'static str,
    implementation: String,
    tone: ChipTone,
}

fn means(w: &Localizer, line: StatementLine) -> ShownControl {
    let shown = in_words(w, line);
    let tone = if shown.is_bad {
        ChipTone::Bad
    } else if shown.is_good {
        ChipTone::Good
    } else {
        ChipTone::Plain
    };
    ShownControl {
        id: shown.line.control.id,
        number: shown.line.control.number(),
        implementation: w.coded("implementation", shown.line.implementation.code()),
        tone,
    }
}

#[derive(Template)]
#[template(path = "isms_framework.html")]
struct FrameworkPage {
    w: Localizer,
    framework: &'static str,
    frameworks: Vec<&'static str>,
    requirements: Vec<ShownRequirement>,
    is_indirect: bool,
    tab: &'static str,
}

pub async fn frameworks(
    State(console): State<Console>,
    visitor: Visitor,
    SignedIn(actor): SignedIn,
    Path(name): Path<String>,
) -> PageResponse {
    let (code, ending) = name
        .split_once('.')
        .map_or((name.as_str(), None), |(code, end)| (code, Some(end)));
    let framework = Framework::parse(code)
        .filter(|framework| framework.is_met_by_controls())
        .ok_or(OperationError::NotFound("framework"))?;
    let (lines, _) = statement::now_standing(&console.app, &actor).await?;
    let w = console.words(&visitor);
    if let Some(ending) = ending {
        let form = PaperFormat::parse(ending).ok_or(OperationError::NotFound("form"))?;
        let bytes =
            sheets::framework_file(&console.app, framework, &lines, &w.reader(), form).await;
        return Ok(kept(&name, Media(form.media()), bytes?));
    }
    let w = words_beside(&console, &visitor, SOURCES, None).await?;
    let requirements = framework::requirements(framework);
    Ok(page(&FrameworkPage {
        framework: framework.code(),
        requirements: requirements
            .map(|one| shown_requirement(&w, &lines, one))
            .collect(),
        frameworks: Framework::ALL
            .iter()
            .filter(|one| **one != Framework::Iso && one.is_met_by_controls())
            .map(|one| one.code())
            .collect(),
        is_indirect: framework == Framework::Qualiopi,
        tab: "frameworks",
        w,
    })
    .into_response())
}

/// The formats of other programs: `oscal.json`, `ocsf.json`, `ciso-assistant.yaml`, `mss.xlsx`.
pub async fn exported(
    State(console): State<Console>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> PageResponse {
    let app = &console.app;
    let actor = visitor.actor(app)?;
    let language = visitor.language;
    Ok(match name.as_str() {
        "oscal.json" => Json(exchange::oscal(app, &actor, language).await?).into_response(),
        "ocsf.json" => Json(exchange::ocsf(app, &actor, language).await?).into_response(),
        "ciso-assistant.yaml" => {
            let yaml = exchange::ciso_assistant(app, &actor, language).await?;
            kept(&name, Media("application/yaml"), yaml.into_bytes())
        }
        other => {
            let number = mss_number(other).ok_or(OperationError::NotFound("file"))?;
            let bytes = exchange::mon_service_securise(app, &actor, number).await?;
            kept(&name, Media(PaperFormat::Xlsx.media()), bytes)
        }
    })
}

/// The number of a file for MonServiceSécurisé: `mss.xlsx`, `mss-2.xlsx`.
fn mss_number(name: &str) -> Option<usize> {
    match name.strip_prefix("mss")?.strip_suffix(".xlsx")? {
        "" => Some(1),
        number => number.strip_prefix('-')?.parse().ok(),
    }
}
