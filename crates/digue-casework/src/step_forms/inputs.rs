//! The fields of a sheet: what each shows, and why it was refused.

use std::collections::BTreeSet;

use digue_response::clock::ClockKind;
use digue_response::declared::DeclaredFigure;
use digue_response::sheet::{Sheet, SheetAction};

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
    /// Address and name of that page, known to the crates that have pages.
    pub link: Option<(String, String)>,
    /// A name of its own, by which a checklist's step is found whatever its field is.
    pub anchor: Option<String>,
    /// Its value is a proposal of the facts: it is nobody's answer until this box is ticked.
    pub confirmed_by: Option<String>,
    /// The proposal as the page showed it. It travels with the form: facts change between a look and
    /// a save, and what was only looked at must not pass for a person's own words then.
    pub proposed: Option<String>,
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

    /// The name under which the form sends the proposal that it showed.
    pub fn proposed_name(&self) -> String {
        format!("proposed-{}", self.name)
    }

    /// The name under which it sends the box that makes this proposal an answer.
    pub fn box_name(&self) -> String {
        format!("box-{}", self.name)
    }

    pub(super) fn propose(&mut self, confirmed_by: String) {
        self.proposed = Some(self.value().to_owned());
        self.confirmed_by = Some(confirmed_by);
    }

    /// True when it was sent as it was proposed, without the box that makes it an answer.
    pub(super) fn is_unconfirmed(&self, typed: &TypedForm) -> bool {
        let (proposed, confirmed_by) = if typed.has(&self.proposed_name()) {
            (
                typed.text(&self.proposed_name()).to_owned(),
                typed.text(&self.box_name()).to_owned(),
            )
        } else {
            match (&self.proposed, &self.confirmed_by) {
                (Some(proposed), Some(confirmed_by)) => (proposed.clone(), confirmed_by.clone()),
                _ => return false,
            }
        };
        typed.text(&self.name) == proposed && !typed.all(CONFIRM).contains(&confirmed_by)
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
    /// For what is filled already or optional, which is shown folded: the locale key that counts
    /// its fields.
    pub folded: Option<&'static str>,
    /// The boxes by which a person makes proposals their own answers.
    pub boxes: Vec<ConfirmBox>,
}

/// A box under a section. What Digue measured is proposed, and signed by nobody who did not read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfirmBox {
    /// The value under the name `CONFIRM`.
    pub value: String,
    pub label: String,
    pub is_ticked: bool,
}

/// The name of all boxes.
pub(super) const CONFIRM: &str = "confirm";

impl FormSection {
    /// What it asks: an answer and its precision are one.
    pub fn asked(&self) -> usize {
        self.fields
            .iter()
            .filter(|field| !field.is_precision)
            .count()
    }
}

/// The sheet of a step.
#[derive(Clone, Debug, Default)]
pub struct StepForm(pub Vec<FormSection>);

impl StepForm {
    pub fn sections(&self) -> &[FormSection] {
        &self.0
    }

    fn fields(&self) -> impl Iterator<Item = &FormInput> {
        self.0.iter().flat_map(|section| &section.fields)
    }

    /// The faults with the name and the label of their field, in the order of the sheet.
    pub fn faults(&self) -> Vec<(String, String, String)> {
        let faults = self.fields().filter_map(|field| {
            Some((
                field.name.clone(),
                field.label.clone(),
                field.fault.clone()?,
            ))
        });
        faults.collect()
    }

    /// Fields that were sent as they were proposed, and are nobody's answer.
    pub(super) fn unconfirmed(&self, typed: &TypedForm) -> BTreeSet<String> {
        let unread = self.fields().filter(|field| field.is_unconfirmed(typed));
        unread.map(|field| field.name.clone()).collect()
    }

    fn find(&mut self, name: &str) -> Option<&mut FormInput> {
        self.0
            .iter_mut()
            .flat_map(|section| &mut section.fields)
            .find(|field| field.name == name)
    }

    /// Shows what was typed, and the faults beside their fields.
    pub(super) fn retyped(
        mut self,
        typed: &TypedForm,
        faults: &[SheetFault],
        reader: &PaperReader,
    ) -> Self {
        for section in &mut self.0 {
            for field in section
                .fields
                .iter_mut()
                .filter(|field| typed.has(&field.name))
            {
                field.values = typed.all(&field.name);
                if typed.has(&field.proposed_name()) {
                    field.proposed = Some(typed.text(&field.proposed_name()).to_owned());
                }
                if faults.iter().any(|fault| fault.field == field.name) {
                    // Folded, the fault would not be seen.
                    section.folded = None;
                }
            }
        }
        for one in self.0.iter_mut().flat_map(|section| &mut section.boxes) {
            one.is_ticked = typed.all(CONFIRM).contains(&one.value);
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

/// The name of the field with the reason for which a duty stays open.
pub(super) fn left_open_name(clock: ClockKind) -> String {
    format!("left-open-{}", clock.code())
}

/// The name of the field with the reason for which a figure is declared otherwise than measured.
pub(super) fn explained_name(figure: DeclaredFigure) -> String {
    format!("explained-{}", figure.code())
}

/// The names of the two fields of a step: its answer and its text.
pub(super) fn names_of(sheet: Sheet, step: &str) -> [String; 2] {
    ["answer", "text"].map(|kind| format!("{kind}-{}-{step}", sheet.code()))
}
