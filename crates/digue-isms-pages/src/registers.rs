//! Registers: each kind as a list, each record as a form with its history; import and export as
//! spreadsheets.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use digue_app::{Actor, App, OperationError};
use digue_casework::typed_form::TypedForm;
use digue_compliance::isms::awareness;
use digue_compliance::isms::evidence::SafeMedia;
use digue_compliance::isms::record_words::RecordWords;
use digue_compliance::isms::signatures::save_own;
use digue_compliance::isms::{self, RecordHistory, SaveError, sheets};
use digue_evidence::stored_records::{RecordDifference, StoredKind};
use digue_governance::scale_map::{HeatMap, heat_map};
use digue_isms::check::{Check, NotRun};
use digue_isms::field::{FieldDef, FieldFault, FieldShape, Values};
use digue_isms::kinds::{EvidenceItem, Measure, Objective, RegisterKind, Risk, RiskLevel};
use digue_isms::register::{RegisterRecord as _, Registers, Revision};
use digue_isms::risk_scale::{RatedAt, ScaleInForce};
use digue_isms::signatures::{self, SignatureState};
use digue_isms::standing::MeasureState;
use digue_privacy_acts::papers::PrivacyPaper;
use serde::Deserialize;

use crate::home::{IsmsOverview, isms_overview};
use crate::privacy::{ShownObserved, observed_of};
use crate::record_fields::{FormField, form_fields};
use digue_pages::differences::words_with;
use digue_pages::done::{DoneAct, done};
use digue_pages::error::{PageAnswer, PageError, PageResponse};
use digue_pages::signed_in::SignedIn;
use digue_pages::state::Console;
use digue_pages::table::{
    ChipTone, ListCell, ListColumn, ListRow, ListTable, ShownTable, TableQuery,
};
use digue_pages::view::{Localizer, page};
use digue_pages::visitor::Visitor;

pub(crate) fn kind_of(code: &str) -> Result<RegisterKind, PageError> {
    RegisterKind::parse(code)
        .ok_or(OperationError::NotFound("register"))
        .map_err(PageError::from)
}

/// A kind in the list of registers.
struct RegisterTab {
    code: &'static str,
    count: usize,
}

#[derive(Template)]
#[template(path = "isms_registers.html")]
struct RegistersPage {
    w: Localizer,
    registers: Vec<RegisterTab>,
    tab: &'static str,
}

pub async fn registers(State(console): State<Console>, visitor: Visitor) -> PageAnswer {
    let (_, overview) = isms_overview(&console, &visitor).await?;
    let tab = |kind: &RegisterKind| RegisterTab {
        code: kind.code(),
        count: overview.registers.of(*kind).len(),
    };
    let w = words_with(&console, &visitor, &overview.comparison.differences);
    Ok(page(&RegistersPage {
        registers: RegisterKind::ALL.iter().map(tab).collect(),
        tab: "registers",
        w,
    }))
}

#[derive(Template)]
#[template(path = "isms_register.html")]
struct RegisterTablePage {
    w: Localizer,
    kind: &'static str,
    list: ShownTable,
    /// Of the register of risks.
    maps: Vec<HeatMap>,
    /// False where the standard scale applies.
    has_own_scale: bool,
    total: usize,
    may_add: bool,
    tab: &'static str,
}

/// Columns of a list besides id and title.
fn columns(kind: RegisterKind) -> Vec<&'static FieldDef> {
    let wanted: &[&str] = match kind {
        RegisterKind::Measure => &["priority", "owner", "due", "declared"],
        RegisterKind::Risk => &["likelihood", "gravity", "treatment", "owner"],
        RegisterKind::Role => &["holder", "deputy"],
        RegisterKind::Applicability => &["applies", "exclusion"],
        RegisterKind::Audit => &["planned-from", "done-on", "conclusion"],
        RegisterKind::Finding => &["about", "source", "due", "closed-on"],
        RegisterKind::Contract => &["third-party", "about", "ends-on", "owner"],
        RegisterKind::Dpia => &["need", "decision", "decided-on", "review-on"],
        RegisterKind::Software => &["vendor", "version", "place", "seen-on"],
        _ => &[],
    };
    let fields = kind.fields();
    if wanted.is_empty() {
        return fields
            .iter()
            .filter(|field| field.code != "title")
            .take(4)
            .collect();
    }
    wanted
        .iter()
        .filter_map(|code| fields.iter().find(|field| field.code == *code))
        .collect()
}

pub async fn list(
    State(console): State<Console>,
    visitor: Visitor,
    Path(code): Path<String>,
    query: TableQuery,
) -> PageAnswer {
    let kind = kind_of(&code)?;
    let (_, overview) = isms_overview(&console, &visitor).await?;
    let w = words_with(&console, &visitor, &overview.comparison.differences);
    let all = overview.registers.of(kind);
    Ok(page(&RegisterTablePage {
        kind: kind.code(),
        list: table(&w, &visitor, kind, all, &overview).shown(&w, &query),
        maps: match kind {
            RegisterKind::Risk => maps(&overview),
            _ => Vec::new(),
        },
        has_own_scale: scale_of(&overview).is_own,
        total: all.len(),
        may_add: visitor.role.is_some_and(|role| isms::may_write(role, kind)),
        tab: "registers",
        w,
    }))
}

/// The file of a register is its spreadsheet, which can be imported again.
fn table(
    w: &Localizer,
    visitor: &Visitor,
    kind: RegisterKind,
    all: &[Revision],
    overview: &IsmsOverview,
) -> ListTable {
    let fields = columns(kind);
    let has_standing = matches!(
        kind,
        RegisterKind::Measure | RegisterKind::Risk | RegisterKind::EvidenceItem
    );
    let mut columns = vec![
        ListColumn::text("record", w.say("column-record")),
        ListColumn::text("title", w.say("column-title")),
    ];
    columns.extend(has_standing.then(|| ListColumn::choice("standing", w.say("smsi-standing"))));
    columns.extend(fields.iter().map(|field| column(visitor, kind, field)));
    let words = overview.words(w);
    let row = |revision: &Revision| {
        let mut cells = vec![
            ListCell::text(&revision.id),
            title_cell(words, kind, revision),
        ];
        cells.extend(has_standing.then(|| standing_cell(w, kind, revision, overview)));
        cells.extend(fields.iter().map(|field| cell(w, words, field, revision)));
        ListRow::new(&revision.id, cells)
    };
    ListTable {
        caption: w.coded("kind", kind.code()),
        place: format!("/smsi/registers/{}", kind.code()),
        file: String::new(),
        empty: w.say("smsi-none"),
        rows: all.iter().map(row).collect(),
        columns,
        act: None,
    }
}

/// A field with few values is one to filter by.
fn column(visitor: &Visitor, kind: RegisterKind, field: &FieldDef) -> ListColumn {
    let name = sheets::field_name(visitor.language, kind, field.code);
    if matches!(field.shape, FieldShape::One(..)) {
        ListColumn::choice(field.code, name)
    } else {
        ListColumn::text(field.code, name)
    }
}

fn title_cell(recorded: RecordWords<'_>, kind: RegisterKind, revision: &Revision) -> ListCell {
    let place = format!("/smsi/registers/{}/{}", kind.code(), revision.id);
    // Texts of all fields are found, also those without a column.
    let words: Vec<&str> = revision
        .values
        .values()
        .flatten()
        .map(String::as_str)
        .collect();
    let title = recorded.title(kind, &revision.values);
    ListCell::link(place, title).filed_as(words.join(" "))
}

fn standing_cell(
    w: &Localizer,
    kind: RegisterKind,
    revision: &Revision,
    overview: &IsmsOverview,
) -> ListCell {
    match stands(w, kind, revision, overview) {
        Some((word, tone)) => ListCell::chip(word, tone),
        None => ListCell::empty(),
    }
}

fn cell(w: &Localizer, words: RecordWords<'_>, field: &FieldDef, revision: &Revision) -> ListCell {
    let texts = revision
        .values
        .get(field.code)
        .map_or(&[][..], Vec::as_slice);
    let day = texts
        .first()
        .filter(|_| matches!(field.shape, FieldShape::Day))
        .and_then(|text| text.parse().ok());
    day.map_or_else(
        || {
            let filed = sheets::in_words(w.reader().language, field, texts);
            ListCell::text(words.values(field, texts)).filed_as(filed)
        },
        |day| ListCell::day(w, day),
    )
}

/// The computed state of a record and its tone.
fn stands(
    w: &Localizer,
    kind: RegisterKind,
    revision: &Revision,
    overview: &IsmsOverview,
) -> Option<(String, ChipTone)> {
    match kind {
        RegisterKind::Measure => measure_stands(w, revision, overview),
        RegisterKind::Risk => risk_stands(w, revision, overview),
        RegisterKind::EvidenceItem => evidence_stands(w, revision, overview),
        _ => None,
    }
}

/// A record that cannot be read is not one without a state.
fn unreadable(w: &Localizer) -> (String, ChipTone) {
    (w.say("record-unreadable"), ChipTone::Bad)
}

fn measure_stands(
    w: &Localizer,
    revision: &Revision,
    overview: &IsmsOverview,
) -> Option<(String, ChipTone)> {
    let Ok(measure) = Measure::read(&revision.values) else {
        return Some(unreadable(w));
    };
    let stands = measure.standing(&overview.measured, overview.now);
    let stands = overview.evidence().with_evidence(&revision.id, stands);
    let style = match stands {
        MeasureState::Contradicted | MeasureState::Late => ChipTone::Bad,
        one if one.is_good() => ChipTone::Good,
        _ => ChipTone::Plain,
    };
    Some((w.coded("standing", stands.code()), style))
}

/// Whether a piece of evidence is there, and still valid.
fn evidence_stands(
    w: &Localizer,
    revision: &Revision,
    overview: &IsmsOverview,
) -> Option<(String, ChipTone)> {
    let Ok(item) = EvidenceItem::read(&revision.values) else {
        return Some(unreadable(w));
    };
    Some(if item.is_empty() {
        (w.say("evidence-empty"), ChipTone::Watch)
    } else if item.is_expired(overview.now.today) {
        (w.say("evidence-expired"), ChipTone::Watch)
    } else {
        (w.say("evidence-valid"), ChipTone::Good)
    })
}

fn risk_stands(
    w: &Localizer,
    revision: &Revision,
    overview: &IsmsOverview,
) -> Option<(String, ChipTone)> {
    let Ok(risk) = Risk::read(&revision.values) else {
        return Some(unreadable(w));
    };
    let level = risk.level(&scale_of(overview))?;
    let style = if level >= RiskLevel::High {
        ChipTone::Bad
    } else {
        ChipTone::Plain
    };
    Some((w.coded("risk-level", level.code()), style))
}

/// The heat maps of the risks: before their measures, now, and once these are in place.
fn maps(overview: &IsmsOverview) -> Vec<HeatMap> {
    let risks = overview.registers.read::<Risk>().entries;
    let scale = scale_of(overview);
    let maps = RatedAt::ALL.map(|at| heat_map(&risks, &scale, at));
    maps.into()
}

pub(crate) fn scale_of(overview: &IsmsOverview) -> ScaleInForce {
    ScaleInForce::of(&overview.registers, overview.now.today)
}

#[derive(Template)]
#[template(path = "isms_record.html")]
struct RecordPage {
    w: Localizer,
    kind: &'static str,
    /// Empty for a new record.
    id: String,
    title: String,
    fields: Vec<FormField>,
    state_label: Option<(String, ChipTone)>,
    /// The checks of a measure, each with its result.
    checks: Vec<(&'static str, String, &'static str)>,
    /// Checks that could prove a measure without any.
    provable: Option<Vec<(&'static str, String)>>,
    history: Vec<Revision>,
    /// The numbers of revisions that cannot be read.
    unreadable: Vec<u32>,
    observed: Option<ShownObserved>,
    /// It has a paper of its own.
    has_paper: bool,
    /// What is wrong, each with the field it is about: (code, name, why).
    faults: Vec<(&'static str, String, String)>,
    is_overtaken: bool,
    /// The last revision, which the form is made from.
    revision: u32,
    may_write: bool,
    is_frozen: bool,
    has_file: bool,
    signature: Option<Signature>,
    /// What of the file can be shown in the browser.
    has_preview: bool,
    tab: &'static str,
}

/// The state of the signature of a record that names its signatory.
struct Signature {
    text: String,
    is_signed: bool,
    /// The revision that the reader may sign, as its signatory or for them.
    may_sign: Option<u32>,
    /// The named account may be asked to sign.
    may_ask: bool,
    /// The open request, in words.
    asked: Option<String>,
}

fn signature(
    w: &Localizer,
    overview: &IsmsOverview,
    revision: &Revision,
    actor: &Actor,
) -> Option<Signature> {
    let (registers, account) = (&overview.registers, &actor.account);
    let state = signatures::signed(registers, revision)?;
    let language = w.reader().language;
    let text = isms::signatures::in_words(language, revision, &state, |at| w.moment(at))?;
    let named = revision
        .values
        .get(revision.kind.signatory()?)
        .and_then(|texts| texts.first());
    let is_open = state == SignatureState::Typed;
    let is_own = |name: &String| {
        let pair = (name.as_str(), account.as_str());
        let today = overview.now.today;
        signatures::is_same(name, account.as_str())
            || signatures::delegation(registers, revision.kind, pair, today).is_some()
    };
    let may_sign = is_open && named.is_some_and(is_own);
    let requests = isms::signatures::open_requests(registers);
    let asked = requests.iter().find(|one| one.id == revision.id);
    let asked = asked.map(|one| {
        let due = one.due.map_or_else(|| "–".to_owned(), |due| w.day(due));
        let values = [
            ("by", w.person(&one.asked_by).into()),
            ("name", w.person(&one.signatory).into()),
            ("at", w.moment(one.asked_at).into()),
            ("due", due.into()),
            ("message", one.message.as_str().into()),
        ];
        w.with("signature-asked", values)
    });
    Some(Signature {
        text,
        is_signed: state.stands(),
        may_sign: may_sign.then_some(revision.number),
        may_ask: is_open && !may_sign && isms::may_write(actor.role, revision.kind),
        asked,
    })
}

/// What is wrong with the stored record, its signatures and the file that it names.
async fn faults_of(
    console: &Console,
    actor: &Actor,
    (kind, id): (RegisterKind, &str),
    values: &Values,
    overview: &IsmsOverview,
) -> Result<Vec<RecordDifference>, OperationError> {
    let registers = &overview.registers;
    let signs_this = |one: &&Revision| {
        let record = one.values.get("record").and_then(|texts| texts.first());
        record.is_some_and(|record| record == id)
    };
    let signatures = registers.of(RegisterKind::Signature).iter();
    let signatures: Vec<&str> = signatures
        .filter(signs_this)
        .map(|one| one.id.as_str())
        .collect();
    let is_shown = |one: &&RecordDifference| {
        one.is_about(id) || signatures.iter().any(|signature| one.is_about(signature))
    };
    let differing = overview.comparison.differences.iter().filter(is_shown);
    let mut faulty: Vec<RecordDifference> = differing.cloned().collect();
    if kind == RegisterKind::Document
        && values.contains_key("file")
        && let Some(fault) = awareness::file_fault(&console.app, actor, id).await?
    {
        faulty.push(RecordDifference {
            kind: StoredKind::File,
            name: id.to_owned(),
            fault,
        });
    }
    Ok(faulty)
}

#[derive(Deserialize)]
pub struct Prefilled {
    /// The requirements of a new decision, with commas between them.
    #[serde(default)]
    requirement: String,
    /// The risk of a new acceptance.
    #[serde(default)]
    risk: String,
}

impl Prefilled {
    /// Those that the kind has a field for.
    fn values(self, kind: RegisterKind) -> Values {
        let mut values = Values::new();
        for (field, value) in [("requirement", self.requirement), ("risk", self.risk)] {
            if kind.fields().iter().any(|known| known.code == field) && !value.is_empty() {
                let texts = value.split(',').map(ToOwned::to_owned).collect();
                values.insert(field.to_owned(), texts);
            }
        }
        values
    }
}

pub async fn new(
    State(console): State<Console>,
    visitor: Visitor,
    Path(code): Path<String>,
    Query(prefilled): Query<Prefilled>,
) -> PageAnswer {
    let kind = kind_of(&code)?;
    let (_, overview) = isms_overview(&console, &visitor).await?;
    let mut values = prefilled.values(kind);
    if kind == RegisterKind::Acceptance {
        add_residual_level(&mut values, &overview.registers);
    }
    let record = ("", &values);
    let why = NotSaved::AsStored;
    shown(&console, &visitor, kind, record, &why, &overview).await
}

/// The current residual level is accepted.
fn add_residual_level(values: &mut Values, registers: &Registers) {
    let risk = values.get("risk").and_then(|texts| texts.first());
    let Some(risk) = risk.and_then(|id| registers.find(RegisterKind::Risk, id)) else {
        return;
    };
    for field in ["residual-likelihood", "residual-gravity"] {
        if let Some(level) = risk.values.get(field) {
            values.insert(field.to_owned(), level.clone());
        }
    }
}

pub async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path((code, id)): Path<(String, String)>,
) -> PageAnswer {
    let kind = kind_of(&code)?;
    let (_, overview) = isms_overview(&console, &visitor).await?;
    let known = overview
        .registers
        .find(kind, &id)
        .map(|revision| revision.values.clone());
    // Ended records can still be read.
    let values = known.unwrap_or_default();
    let record = (id.as_str(), &values);
    let why = NotSaved::AsStored;
    shown(&console, &visitor, kind, record, &why, &overview).await
}

/// Why a form is shown: as the record is stored, or with what was typed.
enum NotSaved {
    AsStored,
    Faults(Vec<FieldFault>),
    /// Another person saved the record meanwhile.
    Overtaken,
}

impl NotSaved {
    fn faults(&self) -> &[FieldFault] {
        match self {
            Self::Faults(faults) => faults,
            Self::AsStored | Self::Overtaken => &[],
        }
    }
}

/// The checks that a record names.
fn checks_of(kind: RegisterKind, values: &Values) -> Vec<Check> {
    match kind {
        RegisterKind::Measure => Measure::read(values)
            .map(|measure| measure.checks.0)
            .unwrap_or_default(),
        RegisterKind::Risk => Risk::read(values)
            .map(|risk| risk.signals.0)
            .unwrap_or_default(),
        RegisterKind::Objective => Objective::read(values)
            .map(|one| one.check.0)
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

async fn shown(
    console: &Console,
    visitor: &Visitor,
    kind: RegisterKind,
    (id, values): (&str, &Values),
    why: &NotSaved,
    overview: &IsmsOverview,
) -> PageAnswer {
    let app = &console.app;
    let actor = visitor.actor(app)?;
    let faulty = faults_of(console, &actor, (kind, id), values, overview).await?;
    let w = words_with(console, visitor, &faulty);
    let RecordHistory {
        revisions: mut history,
        unreadable,
    } = match id {
        "" => RecordHistory::default(),
        id => isms::history(app, &actor, kind, id).await?,
    };
    history.reverse();
    let last = history.first();
    let is_over = last.is_some_and(|last| last.is_over);
    let values = if values.is_empty() && is_over {
        last.map(|last| &last.values).unwrap_or(values)
    } else {
        values
    };
    let checks = checks_of(kind, values).into_iter().map(|check| {
        let says = overview.measured.says(check, overview.now).code();
        (check.code(), w.say(&check.key()), says)
    });
    let observed = observed_of(console, &actor, &w, (kind, values)).await?;
    // Records that are written once, or signed, are read only.
    let is_sealed = !id.is_empty() && last.is_some_and(|last| kind.is_closed(&last.values));
    let stands = last.and_then(|last| stands(&w, kind, last, overview));
    // Of the revision whose values are shown, and not of one that was written beside Digue.
    let signed = overview.registers.find(kind, id);
    let signature = signed
        .or(last.filter(|last| !last.is_over))
        .and_then(|signed| signature(&w, overview, signed, &actor));
    let provable = match Measure::read(values) {
        Ok(measure) if kind == RegisterKind::Measure && !id.is_empty() => {
            could_prove(&w, &measure, overview)
        }
        _ => None,
    };
    let has_preview = match kind {
        RegisterKind::EvidenceItem if values.contains_key("file") => {
            has_preview(app, &actor, id).await?
        }
        _ => false,
    };
    let fields = form_fields(visitor, kind, values, why.faults(), &overview.registers);
    let faults = faults(&fields);
    Ok(page(&RecordPage {
        provable,
        kind: kind.code(),
        title: overview.words(&w).title(kind, values),
        fields,
        state_label: stands,
        checks: checks.collect(),
        observed,
        has_paper: signed.is_some() && PrivacyPaper::KINDS.contains(&kind),
        faults,
        is_overtaken: matches!(why, NotSaved::Overtaken),
        revision: last.map_or(0, |last| last.number),
        may_write: visitor.role.is_some_and(|role| isms::may_write(role, kind))
            && !is_over
            && !is_sealed,
        is_frozen: is_sealed,
        has_file: values.contains_key("file"),
        has_preview,
        signature,
        history,
        unreadable,
        id: id.to_owned(),
        tab: "registers",
        w,
    }))
}

/// True when the file of a piece of evidence can be shown in the browser. One that is not the file
/// that was kept is named by the faults of the record.
async fn has_preview(app: &App, actor: &Actor, id: &str) -> Result<bool, OperationError> {
    match isms::evidence::file(app, actor, id).await {
        Ok((_, bytes)) => Ok(SafeMedia::of(&bytes).is_some()),
        Err(OperationError::FileAltered(_) | OperationError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The faults in the order of the form.
fn faults(fields: &[FormField]) -> Vec<(&'static str, String, String)> {
    let fault = |field: &FormField| Some((field.code, field.name.clone(), field.fault.clone()?));
    fields.iter().filter_map(fault).collect()
}

/// Checks that could prove a measure without any; `None` where one of its own does, or could.
fn could_prove(
    w: &Localizer,
    measure: &Measure,
    overview: &IsmsOverview,
) -> Option<Vec<(&'static str, String)>> {
    let has_source = |check: &Check| {
        let last = overview.measured.results.get(check);
        last.is_none_or(|last| last.found.not_run != Some(NotRun::NoSource))
    };
    if measure.checks.0.iter().any(has_source) {
        return None;
    }
    let speaks = |check: &&Check| {
        check
            .requirements()
            .iter()
            .any(|id| measure.requirements.0.iter().any(|own| own == id))
    };
    let others = Check::ALL
        .iter()
        .filter(speaks)
        .filter(|check| has_source(check));
    Some(
        others
            .map(|check| (check.code(), w.say(&check.key())))
            .collect(),
    )
}

/// A record from its form.
fn values_of(kind: RegisterKind, form: &TypedForm) -> Values {
    let mut values = Values::new();
    for field in kind.fields() {
        let texts = match field.shape {
            FieldShape::Many(..)
            | FieldShape::Links(_)
            | FieldShape::Requirements
            | FieldShape::Checks => form.all(field.code),
            _ => vec![form.owned(field.code)],
        };
        values.insert(field.code.to_owned(), texts);
    }
    values
}

pub async fn add(
    State(console): State<Console>,
    visitor: Visitor,
    Path(code): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResponse {
    let kind = kind_of(&code)?;
    let values = values_of(kind, &TypedForm::new(pairs));
    let actor = visitor.actor(&console.app)?;
    let saved = save_own(&console.app, &actor, kind, None, &values).await;
    answer(&console, &visitor, kind, ("", &values), saved).await
}

pub async fn save(
    State(console): State<Console>,
    visitor: Visitor,
    Path((code, id)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResponse {
    let kind = kind_of(&code)?;
    let form = TypedForm::new(pairs);
    let values = values_of(kind, &form);
    let actor = visitor.actor(&console.app)?;
    // A form without its revision was not made by this page: it overwrites nothing.
    let read = form.text("revision").parse().unwrap_or(0);
    let from = Some((id.as_str(), read));
    let saved = save_own(&console.app, &actor, kind, from, &values).await;
    answer(&console, &visitor, kind, (&id, &values), saved).await
}

/// Where a saved record is, or its form with what was typed and why it was not saved.
async fn answer(
    console: &Console,
    visitor: &Visitor,
    kind: RegisterKind,
    (id, values): (&str, &Values),
    saved: Result<String, SaveError>,
) -> PageResponse {
    let (status, why) = match saved {
        Ok(id) => {
            let place = format!("/smsi/registers/{}/{id}", kind.code());
            return Ok(done(&place, DoneAct::RecordSaved, id));
        }
        Err(SaveError::Faults(faults)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, NotSaved::Faults(faults))
        }
        Err(SaveError::Overtaken) => (StatusCode::CONFLICT, NotSaved::Overtaken),
        Err(SaveError::Operation(error)) => return Err(PageError::from(error)),
    };
    let (_, overview) = isms_overview(console, visitor).await?;
    let page = shown(console, visitor, kind, (id, values), &why, &overview).await?;
    Ok((status, page).into_response())
}

pub async fn end(
    State(console): State<Console>,
    SignedIn(actor): SignedIn,
    Path((code, id)): Path<(String, String)>,
) -> PageResponse {
    let kind = kind_of(&code)?;
    isms::end(&console.app, &actor, kind, &id).await?;
    let place = format!("/smsi/registers/{}", kind.code());
    Ok(done(&place, DoneAct::RecordEnded, id))
}
