//! The forms of the six steps of an incident: what is asked on one sheet, with what the facts say, and how a
//! whole sheet is saved at once.
//!
//! A sheet is checked before anything of it is added. What cannot be added is told field by field, and what was
//! typed is shown again. Addresses and looks belong to the console.

use digue_app::{Actor, App, OperationError};
use digue_response::IncidentNote;
use digue_response::clock::Awareness;
use digue_response::incident::{EntryRefusal, IncidentState, PersonsNotified};
use digue_response::notification::{
    Block, Field, FilledField, FormFieldShape, FormFieldSource, NotificationDraft,
};
use digue_response::progress::{ProgressStep, step_of};
use digue_response::sheet::{Answer, MeasuredFacts, Sheet, SheetAction, SheetStep, StepEffect};
use digue_response::vocabulary::Exemption;
use digue_types::Timestamp;
use digue_types::visible::is_blank;

use crate::breach;
use crate::incident_forms::{field_value, is_unchanged};
use crate::incidents::{self, IncidentView};
use crate::measured;
use crate::paper_reader::PaperReader;
use crate::typed_form::TypedForm;

/// The control of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputKind {
    Line,
    Text,
    Number,
    /// A local time.
    Moment,
    One,
    Many,
}

impl InputKind {
    /// For templates.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Text => "text",
            Self::Number => "number",
            Self::Moment => "moment",
            Self::One => "one",
            Self::Many => "many",
        }
    }
}

/// A field of a sheet.
#[derive(Clone, Debug)]
pub struct FormInput {
    pub name: String,
    pub label: String,
    pub kind: InputKind,
    /// What it shows: what was typed, else what is stored, else what the facts propose.
    pub values: Vec<String>,
    /// As (code, words); for `One` and `Many`.
    pub choices: Vec<(String, String)>,
    /// What the facts say about it, and who said what is stored.
    pub notes: Vec<String>,
    /// It has to be filled, and nothing is stored yet.
    pub is_missing: bool,
    /// The act that it asks about, done on another page.
    pub action: Option<SheetAction>,
    /// Address and name of that page, known to whoever has pages.
    pub link: Option<(String, String)>,
    /// A name of its own, by which a checklist's step is found whatever its field is.
    pub anchor: Option<String>,
    /// It adds words to the answer before it.
    pub is_precision: bool,
    /// Why it was refused.
    pub fault: Option<String>,
}

impl FormInput {
    /// The only value, as the form sends it.
    pub fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    pub fn is_chosen(&self, code: &str) -> bool {
        self.values.iter().any(|value| value == code)
    }
}

/// Fields under one heading.
#[derive(Clone, Debug)]
pub struct FormSection {
    pub title: String,
    pub notes: Vec<String>,
    pub fields: Vec<FormInput>,
    /// For what is filled already or optional, which is shown folded: the locale key that counts its fields.
    pub folded: Option<&'static str>,
}

impl FormSection {
    /// What it asks: an answer and its precision are one.
    pub fn asked(&self) -> usize {
        self.fields.iter().filter(|field| !field.is_precision).count()
    }
}

/// The sheet of a step.
#[derive(Clone, Debug, Default)]
pub struct StepForm(pub Vec<FormSection>);

impl StepForm {
    pub fn sections(&self) -> &[FormSection] {
        &self.0
    }

    /// The faults with the name and the label of their field, in the order of the sheet.
    pub fn faults(&self) -> Vec<(String, String, String)> {
        let fields = self.0.iter().flat_map(|section| &section.fields);
        let faults =
            fields.filter_map(|field| Some((field.name.clone(), field.label.clone(), field.fault.clone()?)));
        faults.collect()
    }

    fn find(&mut self, name: &str) -> Option<&mut FormInput> {
        self.0.iter_mut().flat_map(|section| &mut section.fields).find(|field| field.name == name)
    }

    /// Shows what was typed, and the faults beside their fields.
    fn retyped(mut self, typed: &TypedForm, faults: &[SheetFault], reader: &PaperReader) -> Self {
        for section in &mut self.0 {
            for field in section.fields.iter_mut().filter(|field| typed.has(&field.name)) {
                field.values = typed.all(&field.name);
                if faults.iter().any(|fault| fault.field == field.name) {
                    section.folded = None;
                }
            }
        }
        for fault in faults {
            if let Some(field) = self.find(&fault.field) {
                field.fault = Some(reader.say(fault.key));
            }
        }
        self
    }
}

/// Why a field of a sheet cannot be saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SheetFault {
    pub field: String,
    /// The locale key of the reason.
    pub key: &'static str,
}

/// What became of a sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SheetOutcome {
    /// The number of entries that were added.
    Added(usize),
    /// Nothing was added.
    Refused(Vec<SheetFault>),
}

/// What a sheet is made from.
struct SheetSource<'s> {
    view: &'s IncidentView,
    facts: MeasuredFacts,
    draft: NotificationDraft,
    reader: &'s PaperReader,
}

/// The sheet of a step, as it stands.
pub async fn form(
    app: &App,
    actor: &Actor,
    view: &IncidentView,
    step: ProgressStep,
    reader: &PaperReader,
) -> Result<StepForm, OperationError> {
    let facts = measured::facts(app, actor, view).await?;
    let draft = breach::draft(app, view, reader.language);
    let source = SheetSource { view, facts, draft, reader };
    Ok(StepForm(match step {
        ProgressStep::Qualify => {
            let period = breach::list_period(app, view).await?;
            let mut sections = vec![source.times(period)];
            sections.extend(source.sheets(ProgressStep::Qualify));
            sections.extend(source.state());
            sections
        }
        ProgressStep::Persons => source.sheets(ProgressStep::Persons),
        ProgressStep::Decide => vec![source.authority(), source.persons()],
        ProgressStep::Authority => source.fields(),
        ProgressStep::Notices => Vec::new(),
        ProgressStep::Close => {
            let mut sections = source.sheets(ProgressStep::Close);
            sections.push(source.closing());
            sections
        }
    }))
}

/// The sheet as it was typed, with its faults.
pub async fn refused_form(
    app: &App,
    actor: &Actor,
    view: &IncidentView,
    step: ProgressStep,
    reader: &PaperReader,
    (typed, faults): (&TypedForm, &[SheetFault]),
) -> Result<StepForm, OperationError> {
    Ok(form(app, actor, view, step, reader).await?.retyped(typed, faults, reader))
}

/// Saves a whole sheet: everything of it, or nothing.
pub async fn save(
    app: &App,
    actor: &Actor,
    id: &str,
    step: ProgressStep,
    typed: &TypedForm,
    reader: &PaperReader,
) -> Result<SheetOutcome, OperationError> {
    actor.must_respond()?;
    let view = incidents::view(app, actor, id).await?;
    let mut sheet = SheetNotes { typed, reader, notes: Vec::new(), faults: Vec::new() };
    match step {
        ProgressStep::Qualify => {
            sheet.times(&view);
            sheet.steps(&view, ProgressStep::Qualify);
            sheet.state();
        }
        ProgressStep::Persons => sheet.steps(&view, ProgressStep::Persons),
        ProgressStep::Decide => sheet.decisions(&view),
        ProgressStep::Authority => sheet.fields(&breach::draft(app, &view, reader.language)),
        ProgressStep::Notices => {}
        ProgressStep::Close => {
            sheet.steps(&view, ProgressStep::Close);
            sheet.state();
        }
    }
    let SheetNotes { notes, mut faults, .. } = sheet;
    let all: Vec<IncidentNote> = notes.iter().map(|written| written.note.clone()).collect();
    for (place, why) in incidents::refusals(app, actor, id, &all).await? {
        let written = &notes[place];
        let is_reason = matches!(why, EntryRefusal::NoReason | EntryRefusal::NoText);
        let field = if is_reason { &written.reason } else { &written.field };
        faults.push(SheetFault { field: field.clone(), key: incidents::refusal_key(why) });
    }
    if !faults.is_empty() {
        return Ok(SheetOutcome::Refused(faults));
    }
    let count = all.len();
    incidents::add_all(app, actor, id, all).await?;
    Ok(SheetOutcome::Added(count))
}

/// The names of the two fields of a step: its answer and its text.
fn names_of(sheet: Sheet, step: &str) -> [String; 2] {
    ["answer", "text"].map(|kind| format!("{kind}-{}-{step}", sheet.code()))
}

impl SheetSource<'_> {
    fn input(&self, name: &str, label: &str, kind: InputKind) -> FormInput {
        FormInput {
            name: name.to_owned(),
            label: self.reader.say(label),
            kind,
            values: Vec::new(),
            choices: Vec::new(),
            notes: Vec::new(),
            is_missing: false,
            action: None,
            link: None,
            anchor: None,
            is_precision: false,
            fault: None,
        }
    }

    fn section(&self, title: &str, fields: Vec<FormInput>) -> FormSection {
        FormSection { title: self.reader.say(title), notes: Vec::new(), fields, folded: None }
    }

    /// When one knew, and when it happened; proposed from the signed list and from the hour at which the theft
    /// was confirmed.
    fn times(&self, period: Option<(Timestamp, Timestamp)>) -> FormSection {
        let incident = &self.view.incident;
        let time = |at: Option<Timestamp>| at.map(|at| self.reader.form_time(at)).into_iter().collect();
        let theft = incident.acts.theft().map(|theft| theft.at());
        let mut aware = self.input("aware-at", "aware-at", InputKind::Moment);
        aware.is_missing = incident.aware_at().is_none();
        aware.values = time(incident.aware_at().or(theft));
        aware.notes = [("moment-seen", incident.discovered_at()), ("moment-theft", theft)]
            .into_iter()
            .filter_map(|(key, at)| Some(self.reader.pair(&self.reader.say(key), &self.reader.moment(at?))))
            .collect();
        let mut reason = self.input("aware-reason", "aware-reason", InputKind::Line);
        let stated = incident.awareness.iter().rev().find(|(of, _)| *of == Awareness::Data);
        reason.values = match (stated, theft) {
            (Some((_, stated)), _) => vec![stated.reason.clone()],
            (None, Some(_)) => vec![self.reader.say("aware-reason-theft")],
            (None, None) => Vec::new(),
        };
        let mut from = self.input("occurred-from", "occurred-from", InputKind::Moment);
        let mut to = self.input("occurred-to", "occurred-to", InputKind::Moment);
        let known = incident.occurred;
        from.values = time(known.map(|(from, _)| from).or(period.map(|(from, _)| from)));
        to.values = time(match known {
            Some((_, to)) => to,
            None => period.map(|(_, to)| to).filter(|_| self.facts.is_shut),
        });
        if known.is_none() && period.is_some() {
            from.notes.push(self.reader.say("occurred-from-list"));
        }
        self.section("sheet-times", vec![aware, reason, from, to])
    }

    /// The checklists of a step: what each requires, then what it also asks, folded.
    fn sheets(&self, of: ProgressStep) -> Vec<FormSection> {
        let sheets = self.view.incident.sheets.iter().filter(|sheet| step_of(**sheet) == of);
        let section = |sheet: Sheet, is_mandatory: bool| {
            let steps = sheet.steps().iter().filter(|step| step.is_mandatory == is_mandatory);
            let fields: Vec<FormInput> = steps.flat_map(|step| self.step(sheet, step)).collect();
            let folded = (!is_mandatory).then_some("sheet-optional");
            (!fields.is_empty()).then(|| FormSection { folded, ..self.section(sheet.key(), fields) })
        };
        sheets.flat_map(|sheet| [true, false].map(|is| section(*sheet, is)).into_iter().flatten()).collect()
    }

    fn step(&self, sheet: Sheet, step: &SheetStep) -> Vec<FormInput> {
        let [answer_name, text_name] = names_of(sheet, step.code);
        let label = format!("{}-{}", sheet.key(), step.code);
        let stored = self.view.incident.steps.get(&(sheet, step.code.to_owned()));
        let mut notes = Vec::new();
        if let StepEffect::Reads(fact) = step.does {
            notes.push(self.reader.fact(fact, &self.facts));
        }
        if let Some(stored) = stored {
            let by = [("by", stored.by.clone()), ("at", self.reader.moment(stored.at))];
            notes.push(self.reader.sentence("sheets-answered", &by));
        }
        let is_missing = step.is_mandatory && stored.is_none();
        let anchor = Some(format!("q-{}-{}", sheet.code(), step.code));
        let text = || stored.map(|stored| stored.text.clone()).filter(|text| !text.is_empty());
        if step.does == StepEffect::Describes {
            let mut description = self.input(&text_name, &label, InputKind::Text);
            (description.values, description.notes, description.is_missing) =
                (text().into_iter().collect(), notes, is_missing);
            description.anchor = anchor;
            return vec![description];
        }
        let proposed = self.facts.proposes(sheet, step.code).filter(|_| stored.is_none());
        if proposed.is_some() {
            notes.push(self.reader.say("sheets-proposed"));
        }
        let mut answer = self.input(&answer_name, &label, InputKind::One);
        answer.choices =
            Answer::ALL.iter().map(|one| (one.code().to_owned(), self.reader.say(one.key()))).collect();
        let chosen = stored.map(|stored| stored.answer).or(proposed);
        answer.values = chosen.map(|one| one.code().to_owned()).into_iter().collect();
        (answer.notes, answer.is_missing, answer.anchor) = (notes, is_missing, anchor);
        answer.action = match step.does {
            StepEffect::Runs(action) => Some(action),
            StepEffect::Asks | StepEffect::Describes | StepEffect::Reads(_) => None,
        };
        let mut detail = self.input(&text_name, "sheets-precision", InputKind::Line);
        detail.values = text().into_iter().collect();
        detail.is_precision = true;
        vec![answer, detail]
    }

    /// What it is: asked until it is contained.
    fn state(&self) -> Option<FormSection> {
        let next: &[IncidentState] = match self.view.incident.state() {
            IncidentState::Suspected => {
                &[IncidentState::Contained, IncidentState::Confirmed, IncidentState::Dismissed]
            }
            IncidentState::Confirmed => &[IncidentState::Contained, IncidentState::Dismissed],
            IncidentState::Contained | IncidentState::Resolved | IncidentState::Dismissed => return None,
        };
        let mut state = self.input("state", "state-what", InputKind::One);
        state.is_missing = true;
        state.choices = next
            .iter()
            .map(|one| (one.code().to_owned(), self.reader.say(&format!("state-is-{}", one.code()))))
            .collect();
        if !self.view.incident.about.is_nothing() {
            let key = if self.facts.is_shut { "state-access-shut" } else { "state-access-open" };
            state.notes.push(self.reader.say(key));
        }
        let reason = self.input("state-reason", "column-reason", InputKind::Line);
        Some(self.section("sheet-state", vec![state, reason]))
    }

    fn yes_or_no(&self, name: &str, label: &str, [yes, no]: [&str; 2]) -> FormInput {
        let mut field = self.input(name, label, InputKind::One);
        field.choices =
            vec![("yes".to_owned(), self.reader.say(yes)), ("no".to_owned(), self.reader.say(no))];
        field
    }

    fn authority(&self) -> FormSection {
        let decided = self.view.incident.authority.as_ref();
        let mut notify =
            self.yes_or_no("notify", "decide-authority", ["decided-notify", "decided-not-notify"]);
        let mut reason = self.input("notify-reason", "column-reason", InputKind::Text);
        notify.is_missing = decided.is_none();
        if let Some(decided) = decided {
            notify.values = vec![if decided.what { "yes" } else { "no" }.to_owned()];
            reason.values = vec![decided.reason.clone()];
            notify.notes.push(self.decided_by(&decided.by, decided.at));
        }
        let mut section = self.section("decide-authority", vec![notify, reason]);
        section.notes = vec![self.reader.say("decide-authority-law")];
        section
    }

    fn persons(&self) -> FormSection {
        let decided = self.view.incident.persons.as_ref();
        let mut inform = self.yes_or_no("inform", "decide-persons", ["decided-inform", "decided-not-inform"]);
        let mut exemption = self.input("exemption", "decide-exemption", InputKind::One);
        exemption.choices =
            Exemption::ALL.iter().map(|one| (one.code().to_owned(), self.reader.say(one.key()))).collect();
        let mut reason = self.input("inform-reason", "column-reason", InputKind::Text);
        inform.is_missing = decided.is_none();
        if let Some(decided) = decided {
            inform.values = vec![if decided.what.inform { "yes" } else { "no" }.to_owned()];
            exemption.values = decided.what.exemption.map(|one| one.code().to_owned()).into_iter().collect();
            reason.values = vec![decided.reason.clone()];
            inform.notes.push(self.decided_by(&decided.by, decided.at));
        }
        let mut section = self.section("decide-persons", vec![inform, exemption, reason]);
        section.notes = vec![self.reader.say("decide-persons-law")];
        section
    }

    fn decided_by(&self, by: &str, at: Timestamp) -> String {
        self.reader.sentence("decided-by", &[("by", by.to_owned()), ("at", self.reader.moment(at))])
    }

    /// The fields of the notification: those that are unknown first, then the others by the blocks of the form.
    fn fields(&self) -> Vec<FormSection> {
        let unknown = self.draft.0.iter().filter(|(_, filled)| matches!(filled, FilledField::Unknown(_)));
        let unknown: Vec<FormInput> = unknown.map(|(field, filled)| self.field(*field, filled)).collect();
        let mut sections = Vec::new();
        if !unknown.is_empty() {
            sections.push(self.section("notification-to-answer", unknown));
        }
        for block in Block::ALL {
            let fields = self.draft.0.iter().filter(|(field, filled)| {
                field.block() == *block && !matches!(filled, FilledField::Unknown(_))
            });
            let fields: Vec<FormInput> = fields.map(|(field, filled)| self.field(*field, filled)).collect();
            if !fields.is_empty() {
                sections
                    .push(FormSection { folded: Some("sheet-filled"), ..self.section(block.key(), fields) });
            }
        }
        sections
    }

    fn field(&self, field: Field, filled: &FilledField) -> FormInput {
        let (kind, codes): (InputKind, &[&str]) = match field.shape() {
            FormFieldShape::Line => (InputKind::Line, &[]),
            FormFieldShape::Text => (InputKind::Text, &[]),
            FormFieldShape::Number => (InputKind::Number, &[]),
            FormFieldShape::Moment => (InputKind::Moment, &[]),
            FormFieldShape::One(codes) => (InputKind::One, codes),
            FormFieldShape::Many(codes) => (InputKind::Many, codes),
        };
        let mut shown = self.input(field.code(), field.key(), kind);
        let name = |code: &&str| {
            let words =
                field.choice_key(code).map_or_else(|| (*code).to_owned(), |key| self.reader.say(&key));
            ((*code).to_owned(), words)
        };
        shown.choices = codes.iter().map(name).collect();
        match filled {
            FilledField::Value { value, from, computed } => {
                shown.values = value.iter().map(|text| self.as_form(field, text)).collect();
                shown.notes.push(self.reader.say(match from {
                    FormFieldSource::Facts => "notification-computed",
                    FormFieldSource::Answer => "notification-answered",
                }));
                let computed = computed.as_ref().map(|computed| self.reader.value(field, computed));
                shown
                    .notes
                    .extend(computed.map(|value| self.reader.say1("notification-facts-say", "value", value)));
            }
            FilledField::Unknown(who) => {
                shown.is_missing = true;
                let who = self.reader.say(who.key());
                shown.notes.push(self.reader.say1("notification-ask", "who", who));
            }
            FilledField::NotAsked => shown.notes.push(self.reader.say("notification-not-asked")),
        }
        shown
    }

    fn as_form(&self, field: Field, text: &str) -> String {
        match field.shape() {
            FormFieldShape::Moment => {
                Timestamp::parse_rfc3339(text).map_or_else(|| text.to_owned(), |at| self.reader.form_time(at))
            }
            _ => text.to_owned(),
        }
    }

    fn closing(&self) -> FormSection {
        let mut state = self.input("state", "state-what", InputKind::One);
        let next: &[IncidentState] = match self.view.incident.state() {
            IncidentState::Contained => &[IncidentState::Resolved, IncidentState::Dismissed],
            IncidentState::Suspected | IncidentState::Confirmed => &[IncidentState::Dismissed],
            IncidentState::Resolved => &[IncidentState::Contained],
            IncidentState::Dismissed => &[IncidentState::Suspected],
        };
        state.choices = next
            .iter()
            .map(|one| (one.code().to_owned(), self.reader.say(&format!("state-is-{}", one.code()))))
            .collect();
        let reason = self.input("state-reason", "column-reason", InputKind::Line);
        self.section("sheet-closing", vec![state, reason])
    }
}

/// An entry to be added, with the fields that it comes from.
struct TypedNote {
    field: String,
    /// The field of its reason or text.
    reason: String,
    note: IncidentNote,
}

/// The entries that a sheet makes, and what cannot be read.
struct SheetNotes<'s> {
    typed: &'s TypedForm,
    reader: &'s PaperReader,
    notes: Vec<TypedNote>,
    faults: Vec<SheetFault>,
}

impl SheetNotes<'_> {
    fn push(&mut self, field: &str, reason: &str, note: IncidentNote) {
        self.notes.push(TypedNote { field: field.to_owned(), reason: reason.to_owned(), note });
    }

    /// The value, or its fault under the name of its field.
    fn read<T>(&mut self, field: &str, value: Result<T, OperationError>) -> Option<T> {
        let key = match value {
            Ok(value) => return Some(value),
            Err(OperationError::Invalid(key)) => key,
            Err(_) => "incident-refused-value",
        };
        self.faults.push(SheetFault { field: field.to_owned(), key });
        None
    }

    fn moment(&mut self, field: &str) -> Option<Timestamp> {
        let value = self.typed.moment(field, &self.reader.zone);
        self.read(field, value).flatten()
    }

    fn times(&mut self, view: &IncidentView) {
        let incident = &view.incident;
        let is_same = |known: Option<Timestamp>, at: Timestamp| {
            known.is_some_and(|known| self.reader.form_time(known) == self.reader.form_time(at))
        };
        if let Some(at) = self.moment("aware-at").filter(|at| !is_same(incident.aware_at(), *at)) {
            let reason = self.typed.owned("aware-reason");
            let note = IncidentNote::Aware { at: at.micros(), reason, of: Awareness::Data };
            self.push("aware-at", "aware-reason", note);
        }
        let (from, to) = (self.moment("occurred-from"), self.moment("occurred-to"));
        let Some(from) = from else {
            if to.is_some() {
                self.faults.push(SheetFault { field: "occurred-from".to_owned(), key: "invalid-since" });
            }
            return;
        };
        let is_known = incident.occurred.is_some_and(|(known, end)| {
            is_same(Some(known), from)
                && end.is_some() == to.is_some()
                && to.is_none_or(|to| is_same(end, to))
        });
        if !is_known {
            let (from, to) = (from.micros(), to.map(Timestamp::micros));
            self.push("occurred-from", "occurred-from", IncidentNote::Occurred { from, to });
        }
    }

    fn steps(&mut self, view: &IncidentView, of: ProgressStep) {
        for sheet in view.incident.sheets.iter().filter(|sheet| step_of(**sheet) == of) {
            for step in sheet.steps() {
                self.step(view, *sheet, step);
            }
        }
    }

    fn step(&mut self, view: &IncidentView, sheet: Sheet, step: &SheetStep) {
        let [answer_name, text_name] = names_of(sheet, step.code);
        let text = self.typed.owned(&text_name);
        let answer = if step.does == StepEffect::Describes {
            (!is_blank(&text)).then_some(Answer::Done)
        } else {
            let chosen = self.typed.maybe_choice(&answer_name, Answer::parse);
            self.read(&answer_name, chosen).flatten()
        };
        let Some(answer) = answer else {
            if !is_blank(&text) {
                // A text without an answer would be lost silently.
                self.faults.push(SheetFault { field: answer_name, key: "sheets-answer-missing" });
            }
            return;
        };
        let stored = view.incident.steps.get(&(sheet, step.code.to_owned()));
        if stored.is_some_and(|stored| stored.answer == answer && stored.text == text) {
            return;
        }
        let note = IncidentNote::Step { sheet, step: step.code.to_owned(), answer, text };
        self.push(&answer_name, &text_name, note);
    }

    fn state(&mut self) {
        let chosen = self.typed.maybe_choice("state", IncidentState::parse);
        match self.read("state", chosen).flatten() {
            Some(state) => {
                let reason = self.typed.owned("state-reason");
                self.push("state", "state-reason", IncidentNote::StateSet { state, reason });
            }
            None if !is_blank(self.typed.text("state-reason")) => {
                self.faults.push(SheetFault { field: "state".to_owned(), key: "sheets-answer-missing" });
            }
            None => {}
        }
    }

    /// What is decided already, with the same reason, is not decided again.
    fn decisions(&mut self, view: &IncidentView) {
        let (authority, persons) = (&view.incident.authority, &view.incident.persons);
        if self.is_typed("notify", "notify-reason") {
            let notify = self.typed.yes_or_no("notify");
            if let Some(notify) = self.read("notify", notify) {
                let reason = self.typed.owned("notify-reason");
                let same = authority.as_ref().is_some_and(|one| (one.what, &one.reason) == (notify, &reason));
                if !same {
                    self.push("notify", "notify-reason", IncidentNote::AuthorityDecided { notify, reason });
                }
            }
        }
        if self.is_typed("inform", "inform-reason") {
            let inform = self.typed.yes_or_no("inform");
            let exemption = self.typed.maybe_choice("exemption", Exemption::parse);
            let (inform, exemption) = (self.read("inform", inform), self.read("exemption", exemption));
            if let (Some(inform), Some(exemption)) = (inform, exemption) {
                let (reason, what) =
                    (self.typed.owned("inform-reason"), PersonsNotified { inform, exemption });
                let same = persons.as_ref().is_some_and(|one| (one.what, &one.reason) == (what, &reason));
                if !same {
                    let note = IncidentNote::PersonsDecided { inform, exemption, reason };
                    self.push("exemption", "inform-reason", note);
                }
            }
        }
    }

    /// True when one of the fields has a value: what was not touched is not decided.
    fn is_typed(&self, field: &str, reason: &str) -> bool {
        !self.typed.text(field).is_empty() || !is_blank(self.typed.text(reason))
    }

    fn fields(&mut self, draft: &NotificationDraft) {
        let draft = draft.snapshot();
        for field in Field::ALL.iter().filter(|field| self.typed.has(field.code())) {
            let value = field_value(*field, self.typed, &self.reader.zone);
            let Some(value) = self.read(field.code(), value) else { continue };
            // A value equal to the computed one is not an answer.
            let computed = draft.get(field).map_or(&[][..], Vec::as_slice);
            if !is_unchanged(*field, computed, &value) {
                self.push(field.code(), field.code(), IncidentNote::FieldSet { field: *field, value });
            }
        }
    }
}
