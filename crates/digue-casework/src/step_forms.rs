//! The forms of the six steps of an incident: what is asked on one sheet, with what the facts say,
//! and how a whole sheet is saved at once.
//!
//! A sheet is checked before anything of it is added. What cannot be added is told field by field,
//! and what was typed is shown again. Addresses and looks belong to the console.

mod inputs;
mod sheet_notes;

use digue_app::{Actor, App, OperationError};
use digue_response::IncidentNote;
use digue_response::clock::{Awareness, ClockKind};
use digue_response::declared::DeclaredFigure;
use digue_response::incident::{EntryRefusal, IncidentState};
use digue_response::notification::{
    Block, Field, FilledField, FormFieldShape, FormFieldSource, NotificationDraft,
};
use digue_response::progress::{IncidentGap, IncidentProgress, ProgressStep, step_of};
use digue_response::sheet::{Answer, MeasuredFacts, Sheet, SheetStep, StepEffect};
use digue_response::vocabulary::Exemption;
use digue_types::Timestamp;

use crate::incidents::{self, IncidentView};
use crate::paper_reader::PaperReader;
use crate::typed_form::TypedForm;
use crate::{breach, measured, notification};
use inputs::{explained_name, left_open_name, names_of};
use sheet_notes::SheetNotes;

pub use inputs::{ConfirmBox, FormInput, FormSection, InputKind, SheetFault, StepForm};

/// What became of a sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SheetOutcome {
    /// The number of entries that were added.
    Added(usize),
    /// No answer differs from what stands: nothing was added.
    Unchanged,
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
    let draft = notification::draft(app, view, reader.language);
    let source = SheetSource {
        view,
        facts,
        draft,
        reader,
    };
    Ok(StepForm(match step {
        ProgressStep::Qualify => {
            let period = breach::list_period(app, view).await?;
            let sheets = source.sheets_of(ProgressStep::Qualify);
            let (first, then): (Vec<Sheet>, Vec<Sheet>) =
                sheets.into_iter().partition(|sheet| sheet.comes_first());
            let mut sections = source.sections(&first);
            sections.push(source.times(period));
            sections.extend(source.sections(&then));
            sections.extend(source.state());
            sections
        }
        ProgressStep::Persons => source.sections(&source.sheets_of(ProgressStep::Persons)),
        ProgressStep::Decide => vec![source.authority(), source.persons()],
        ProgressStep::Authority => source.fields(),
        ProgressStep::Notices => Vec::new(),
        ProgressStep::Close => {
            let mut sections = source.sections(&source.sheets_of(ProgressStep::Close));
            let progress = measured::progress(app, actor, view, reader.language).await?;
            sections.push(source.closing(&progress));
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
    Ok(form(app, actor, view, step, reader)
        .await?
        .retyped(typed, faults, reader))
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
    let mut sheet = SheetNotes {
        typed,
        reader,
        notes: Vec::new(),
        faults: Vec::new(),
    };
    match step {
        ProgressStep::Qualify => {
            sheet.times(&view);
            sheet.steps(&view, ProgressStep::Qualify);
            sheet.state();
        }
        ProgressStep::Persons => sheet.steps(&view, ProgressStep::Persons),
        ProgressStep::Decide => sheet.decisions(&view),
        ProgressStep::Authority => {
            sheet.fields(&notification::draft(app, &view, reader.language));
            sheet.explained(&view);
        }
        ProgressStep::Notices => {}
        ProgressStep::Close => {
            sheet.steps(&view, ProgressStep::Close);
            // Before the state, which rests on them.
            sheet.left_open(&view);
            sheet.state();
        }
    }
    let SheetNotes {
        mut notes,
        mut faults,
        ..
    } = sheet;
    let shown = form(app, actor, &view, step, reader).await?;
    let unread = shown.unconfirmed(typed);
    notes.retain(|written| !unread.contains(&written.field));
    // Nothing but proposals that nobody confirmed: it is said, and nothing is signed.
    if notes.is_empty() && faults.is_empty() && !unread.is_empty() {
        let key = "sheet-confirm-first";
        let faults = unread.into_iter().take(1);
        let faults = faults.map(|field| SheetFault { field, key });
        return Ok(SheetOutcome::Refused(faults.collect()));
    }
    if notes.is_empty() && faults.is_empty() {
        if step != ProgressStep::Close {
            return Ok(SheetOutcome::Unchanged);
        }
        // What became of the incident is the one question of this step.
        let (field, key) = ("state".to_owned(), "sheet-state-first");
        return Ok(SheetOutcome::Refused(vec![SheetFault { field, key }]));
    }
    let all: Vec<IncidentNote> = notes.iter().map(|written| written.note.clone()).collect();
    for (place, why) in incidents::refusals(app, actor, id, &all).await? {
        let written = &notes[place];
        let is_reason = matches!(why, EntryRefusal::NoReason | EntryRefusal::NoText);
        let field = if is_reason {
            &written.reason
        } else {
            &written.field
        };
        let duty = left_open_name(ClockKind::Complaint);
        let field = if why == EntryRefusal::DutyOpen && typed.has(&duty) {
            &duty
        } else {
            field
        };
        faults.push(SheetFault {
            field: field.clone(),
            key: crate::entry_refusals::refusal_key(why),
        });
    }
    if !faults.is_empty() {
        return Ok(SheetOutcome::Refused(faults));
    }
    let count = all.len();
    incidents::add_all(app, actor, id, all).await?;
    Ok(SheetOutcome::Added(count))
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
            confirmed_by: None,
            proposed: None,
            is_precision: false,
            fault: None,
        }
    }

    fn section(&self, title: &str, fields: Vec<FormInput>) -> FormSection {
        FormSection {
            title: self.reader.say(title),
            notes: Vec::new(),
            fields,
            folded: None,
            boxes: Vec::new(),
        }
    }

    /// When one knew, and when it happened; proposed from the signed list and from the hour at
    /// which the theft was confirmed.
    fn times(&self, period: Option<(Timestamp, Timestamp)>) -> FormSection {
        let incident = &self.view.incident;
        let time =
            |at: Option<Timestamp>| at.map(|at| self.reader.form_time(at)).into_iter().collect();
        let theft = incident.acts.theft().map(|theft| theft.at());
        let mut aware = self.input("aware-at", "aware-at", InputKind::Moment);
        aware.is_missing = incident.aware_at().is_none();
        aware.values = time(incident.aware_at().or(theft));
        aware.notes = [
            ("moment-seen", incident.discovered_at()),
            ("moment-theft", theft),
        ]
        .into_iter()
        .filter_map(|(key, at)| {
            Some(
                self.reader
                    .pair(&self.reader.say(key), &self.reader.moment(at?)),
            )
        })
        .collect();
        let mut reason = self.input("aware-reason", "aware-reason", InputKind::Line);
        let stated = incident
            .awareness
            .iter()
            .rev()
            .find(|(of, _)| *of == Awareness::Data);
        reason.values = match (stated, theft) {
            (Some((_, stated)), _) => vec![stated.reason.clone()],
            (None, Some(_)) => vec![self.reader.say("aware-reason-theft")],
            (None, None) => Vec::new(),
        };
        let mut from = self.input("occurred-from", "occurred-from", InputKind::Moment);
        let mut to = self.input("occurred-to", "occurred-to", InputKind::Moment);
        let known = incident.occurred;
        from.values = time(known.map(|(from, _)| from).or(period.map(|(from, _)| from)));
        let end = match known {
            Some((_, to)) => to,
            // While access is open the last exposure of the list need not be the last one.
            None => period.map(|(_, to)| to).filter(|_| self.facts.is_shut),
        };
        to.values = end
            .map(|end| self.reader.form_end(end))
            .into_iter()
            .collect();
        if known.is_none() && period.is_some() {
            from.notes.push(self.reader.say("occurred-from-list"));
        }
        for one in incident.differences() {
            match one.figure {
                DeclaredFigure::Begin => from.notes.push(self.reader.difference(&one)),
                DeclaredFigure::End => to.notes.push(self.reader.difference(&one)),
                DeclaredFigure::Persons
                | DeclaredFigure::Records
                | DeclaredFigure::DataKinds
                | DeclaredFigure::Subject => {}
            }
        }
        // The hour of awareness starts the legal clocks: nobody signs it unread.
        let mut boxes = Vec::new();
        if incident.aware_at().is_none() && theft.is_some() {
            aware.propose("times".to_owned());
            boxes.push(self.confirm_box("times", "sheet-confirm-aware"));
        }
        if known.is_none() && period.is_some() {
            from.propose("times".to_owned());
            if boxes.is_empty() {
                boxes.push(self.confirm_box("times", "sheet-confirm-period"));
            }
        }
        let is_filled = incident.aware_at().is_some() && known.is_some();
        let fields = vec![aware, reason, from, to];
        // A difference beside an hour must be seen.
        let is_plain = boxes.is_empty() && fields.iter().skip(2).all(|one| one.notes.is_empty());
        FormSection {
            folded: (is_filled && is_plain).then_some("sheet-filled"),
            boxes,
            ..self.section("sheet-times", fields)
        }
    }

    fn confirm_box(&self, value: &str, label: &str) -> ConfirmBox {
        ConfirmBox {
            value: value.to_owned(),
            label: self.reader.say(label),
            is_ticked: false,
        }
    }

    /// The checklists of a step.
    fn sheets_of(&self, of: ProgressStep) -> Vec<Sheet> {
        let sheets = self.view.incident.sheets_in_order().into_iter();
        sheets.filter(|sheet| step_of(*sheet) == of).collect()
    }

    /// The sections of checklists: what each requires, then what it also asks, folded.
    fn sections(&self, sheets: &[Sheet]) -> Vec<FormSection> {
        let section = |sheet: Sheet, is_mandatory: bool| {
            let steps = sheet
                .steps()
                .iter()
                .filter(|step| step.is_mandatory == is_mandatory);
            let fields: Vec<FormInput> = steps.flat_map(|step| self.step(sheet, step)).collect();
            let proposed = fields
                .iter()
                .find_map(|field| field.confirmed_by.as_deref());
            let is_filled = proposed.is_none() && fields.iter().all(|field| !field.is_missing);
            let folded = match is_mandatory {
                false => Some("sheet-optional"),
                true => is_filled.then_some("sheet-filled"),
            };
            let boxes = proposed.map(|value| self.confirm_box(value, "sheet-confirm-facts"));
            (!fields.is_empty()).then(|| FormSection {
                folded,
                boxes: boxes.into_iter().collect(),
                ..self.section(sheet.key(), fields)
            })
        };
        sheets
            .iter()
            .flat_map(|sheet| {
                [true, false]
                    .map(|is| section(*sheet, is))
                    .into_iter()
                    .flatten()
            })
            .collect()
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
            let by = [
                ("by", self.reader.person(&stored.by)),
                ("at", self.reader.moment(stored.at)),
            ];
            notes.push(self.reader.sentence("sheets-answered", &by));
        }
        let is_missing = step.is_mandatory && stored.is_none();
        let anchor = Some(format!("q-{}-{}", sheet.code(), step.code));
        let text = || {
            stored
                .map(|stored| stored.text.clone())
                .filter(|text| !text.is_empty())
        };
        if step.does == StepEffect::Describes {
            let mut description = self.input(&text_name, &label, InputKind::Text);
            (
                description.values,
                description.notes,
                description.is_missing,
            ) = (text().into_iter().collect(), notes, is_missing);
            description.anchor = anchor;
            return vec![description];
        }
        let proposed = self
            .facts
            .proposes(sheet, step.code)
            // What a person answered is never replaced by a proposal.
            .filter(|_| stored.is_none());
        let mut answer = self.input(&answer_name, &label, InputKind::One);
        answer.choices = Answer::ALL
            .iter()
            .map(|one| (one.code().to_owned(), self.reader.say(one.key())))
            .collect();
        let chosen = stored.map(|stored| stored.answer).or(proposed);
        answer.values = chosen
            .map(|one| one.code().to_owned())
            .into_iter()
            .collect();
        (answer.notes, answer.is_missing, answer.anchor) = (notes, is_missing, anchor);
        if proposed.is_some() {
            // The two sections of a checklist are read apart, and confirmed apart.
            let which = if step.is_mandatory {
                "needed"
            } else {
                "optional"
            };
            answer.propose(format!("{}-{which}", sheet.code()));
        }
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
            IncidentState::Suspected => &[
                IncidentState::Contained,
                IncidentState::Confirmed,
                IncidentState::Dismissed,
            ],
            IncidentState::Confirmed => &[IncidentState::Contained, IncidentState::Dismissed],
            IncidentState::Contained | IncidentState::Resolved | IncidentState::Dismissed => {
                return None;
            }
        };
        let mut state = self.input("state", "state-what", InputKind::One);
        state.is_missing = true;
        state.choices = next
            .iter()
            .map(|one| {
                (
                    one.code().to_owned(),
                    self.reader.say(&format!("state-is-{}", one.code())),
                )
            })
            .collect();
        if !self.view.incident.about.is_nothing() {
            let key = if self.facts.is_shut {
                "state-access-shut"
            } else {
                "state-access-open"
            };
            state.notes.push(self.reader.say(key));
        }
        let reason = self.input("state-reason", "reason-ten", InputKind::Line);
        Some(self.section("sheet-state", vec![state, reason]))
    }

    fn yes_or_no(&self, name: &str, label: &str, [yes, no]: [&str; 2]) -> FormInput {
        let mut field = self.input(name, label, InputKind::One);
        field.choices = vec![
            ("yes".to_owned(), self.reader.say(yes)),
            ("no".to_owned(), self.reader.say(no)),
        ];
        field
    }

    fn authority(&self) -> FormSection {
        let decided = self.view.incident.authority.as_ref();
        let mut notify = self.yes_or_no(
            "notify",
            "decide-authority",
            ["decided-notify", "decided-not-notify"],
        );
        let mut reason = self.input("notify-reason", "reason-ten", InputKind::Text);
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
        let mut inform = self.yes_or_no(
            "inform",
            "decide-persons",
            ["decided-inform", "decided-not-inform"],
        );
        let mut exemption = self.input("exemption", "decide-exemption", InputKind::One);
        exemption.choices = Exemption::ALL
            .iter()
            .map(|one| (one.code().to_owned(), self.reader.say(one.key())))
            .collect();
        let mut reason = self.input("inform-reason", "reason-ten", InputKind::Text);
        inform.is_missing = decided.is_none();
        if let Some(decided) = decided {
            inform.values = vec![if decided.what.inform { "yes" } else { "no" }.to_owned()];
            exemption.values = decided
                .what
                .exemption
                .map(|one| one.code().to_owned())
                .into_iter()
                .collect();
            reason.values = vec![decided.reason.clone()];
            inform.notes.push(self.decided_by(&decided.by, decided.at));
        }
        let mut section = self.section("decide-persons", vec![inform, exemption, reason]);
        section.notes = vec![self.reader.say("decide-persons-law")];
        section
    }

    fn decided_by(&self, by: &str, at: Timestamp) -> String {
        self.reader.sentence(
            "decided-by",
            &[
                ("by", self.reader.person(by)),
                ("at", self.reader.moment(at)),
            ],
        )
    }

    /// The fields of the notification: those that are unknown first, then the others by the blocks
    /// of the form.
    fn fields(&self) -> Vec<FormSection> {
        let unknown = self
            .draft
            .0
            .iter()
            .filter(|(_, filled)| matches!(filled, FilledField::Unknown(_)));
        let mut unknown: Vec<FormInput> = unknown
            .map(|(field, filled)| self.field(*field, filled))
            .collect();
        let mut sections: Vec<FormSection> = self.differences().into_iter().collect();
        // What came up after a notification without gaps is for a complement: nothing is missing in
        // what was sent.
        let is_sent = self.view.incident.is_wholly_notified();
        for field in &mut unknown {
            field.is_missing &= !is_sent;
        }
        if !unknown.is_empty() {
            let title = if is_sent {
                "notification-since-sent"
            } else {
                "notification-to-answer"
            };
            sections.push(self.section(title, unknown));
        }
        for block in Block::ALL {
            let fields = self.draft.0.iter().filter(|(field, filled)| {
                field.block() == *block && !matches!(filled, FilledField::Unknown(_))
            });
            let fields: Vec<FormInput> = fields
                .map(|(field, filled)| self.field(*field, filled))
                .collect();
            if !fields.is_empty() {
                sections.push(FormSection {
                    folded: Some("sheet-filled"),
                    ..self.section(block.key(), fields)
                });
            }
        }
        sections
    }

    /// The figures that are declared below the measured ones: each is corrected in its field, or its
    /// reason is written here.
    fn differences(&self) -> Option<FormSection> {
        let differences = self.view.incident.differences().into_iter();
        let fields = differences.filter(|one| one.is_less).map(|one| {
            let name = explained_name(one.figure);
            let mut field = self.input(&name, one.figure.key(), InputKind::Text);
            let reason = one.explained.as_ref().map(|known| known.reason.clone());
            field.is_missing = reason.is_none();
            field.values = reason.into_iter().collect();
            field.notes = vec![
                self.reader
                    .both_figures(one.figure, &one.declared, &one.measured),
            ];
            field
        });
        let fields: Vec<FormInput> = fields.collect();
        (!fields.is_empty()).then(|| {
            let mut section = self.section("figure-differences", fields);
            section.notes = vec![self.reader.say("figure-differences-explain")];
            section
        })
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
            let words = field
                .choice_key(code)
                .map_or_else(|| (*code).to_owned(), |key| self.reader.say(&key));
            ((*code).to_owned(), words)
        };
        shown.choices = codes.iter().map(name).collect();
        match filled {
            FilledField::Value {
                value,
                from,
                computed,
            } => {
                shown.values = value.iter().map(|text| self.as_form(field, text)).collect();
                shown.notes.push(self.reader.say(match from {
                    FormFieldSource::Facts => "notification-computed",
                    FormFieldSource::Answer => "notification-answered",
                }));
                let difference = self.view.incident.difference_in(field);
                let measured = match (&difference, computed) {
                    (Some(difference), _) => Some(self.reader.difference(difference)),
                    (None, Some(computed)) => {
                        let value = self.reader.value(field, computed);
                        Some(self.reader.say1("notification-facts-say", "value", value))
                    }
                    (None, None) => None,
                };
                shown.notes.extend(measured);
            }
            FilledField::Unknown(who) => {
                shown.is_missing = true;
                let who = self.reader.say(who.key());
                shown
                    .notes
                    .push(self.reader.say1("notification-ask", "who", who));
            }
            FilledField::NotAsked => shown.notes.push(self.reader.say("notification-not-asked")),
        }
        shown
    }

    fn as_form(&self, field: Field, text: &str) -> String {
        match field.shape() {
            FormFieldShape::Moment => Timestamp::parse_rfc3339(text)
                .map_or_else(|| text.to_owned(), |at| self.reader.form_time(at)),
            _ => text.to_owned(),
        }
    }

    /// Closing, with the reason for each duty that may stay open. It is offered where nothing holds
    /// it up.
    fn closing(&self, progress: &IncidentProgress) -> FormSection {
        let incident = &self.view.incident;
        let mut state = self.input("state", "state-what", InputKind::One);
        let is_held_up = progress.gaps().any(|(_, gap)| gap.holds_up_closing());
        let next: &[IncidentState] = match incident.state() {
            IncidentState::Contained if is_held_up => &[IncidentState::Dismissed],
            IncidentState::Contained => &[IncidentState::Resolved, IncidentState::Dismissed],
            IncidentState::Suspected | IncidentState::Confirmed => &[IncidentState::Dismissed],
            IncidentState::Resolved => &[IncidentState::Contained],
            IncidentState::Dismissed => &[IncidentState::Suspected],
        };
        if is_held_up && !incident.is_closed() {
            state.notes.push(self.reader.say("closing-held-up"));
        }
        state.choices = next
            .iter()
            .map(|one| {
                let said = match (incident.is_closed(), one) {
                    // The same state after the end is a reopening, and says so.
                    (true, IncidentState::Contained) => self.reader.say("state-again-contained"),
                    (true, IncidentState::Suspected) => self.reader.say("state-again-suspected"),
                    (_, one) => self.reader.say(&format!("state-is-{}", one.code())),
                };
                (one.code().to_owned(), said)
            })
            .collect();
        let mut fields = vec![state];
        // A closed incident takes no reasons any more: it is reopened first.
        let left: &[ClockKind] = if incident.is_closed() {
            &[]
        } else {
            ClockKind::ALL
        };
        fields.extend(
            left.iter()
                .filter_map(|clock| self.left_open(*clock, progress)),
        );
        let reason = self.input("state-reason", "reason-ten", InputKind::Line);
        fields.push(reason);
        let key = if incident.is_closed() {
            "sheet-reopening"
        } else {
            "sheet-closing"
        };
        self.section(key, fields)
    }

    /// Why a duty stays open: asked where it may, and shown where it was said.
    fn left_open(&self, clock: ClockKind, progress: &IncidentProgress) -> Option<FormInput> {
        if !clock.may_be_left_open() {
            return None;
        }
        let known = self.view.incident.left_open.get(&clock);
        let is_open = progress
            .gaps()
            .any(|(_, gap)| gap == IncidentGap::Duty(clock));
        if known.is_none() && !is_open {
            return None;
        }
        let mut field = self.input(&left_open_name(clock), "column-reason", InputKind::Text);
        field.label = self
            .reader
            .say1("left-open", "duty", self.reader.say(clock.key()));
        field.is_missing = known.is_none();
        field.values = known
            .map(|known| known.reason.clone())
            .into_iter()
            .collect();
        Some(field)
    }
}
