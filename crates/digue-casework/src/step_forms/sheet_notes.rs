//! From a sheet as it was typed to the entries that it makes, and what cannot be read.

use digue_app::OperationError;
use digue_response::IncidentNote;
use digue_response::clock::{Awareness, ClockKind};
use digue_response::incident::{IncidentState, PersonsNotified};
use digue_response::notification::{Field, NotificationDraft};
use digue_response::progress::{ProgressStep, step_of};
use digue_response::sheet::{Answer, Sheet, SheetStep, StepEffect};
use digue_response::vocabulary::Exemption;
use digue_types::Timestamp;
use digue_types::visible::is_blank;

use super::inputs::{SheetFault, explained_name, left_open_name, names_of};
use crate::incident_forms::{field_value, is_unchanged};
use crate::incidents::IncidentView;
use crate::paper_reader::PaperReader;
use crate::typed_form::TypedForm;

/// An entry to be added, with the fields that it comes from.
pub(super) struct TypedNote {
    pub(super) field: String,
    /// The field of its reason or text.
    pub(super) reason: String,
    pub(super) note: IncidentNote,
}

/// The entries that a sheet makes, and what cannot be read.
pub(super) struct SheetNotes<'s> {
    pub(super) typed: &'s TypedForm,
    pub(super) reader: &'s PaperReader,
    pub(super) notes: Vec<TypedNote>,
    pub(super) faults: Vec<SheetFault>,
}

impl SheetNotes<'_> {
    fn push(&mut self, field: &str, reason: &str, note: IncidentNote) {
        self.notes.push(TypedNote {
            field: field.to_owned(),
            reason: reason.to_owned(),
            note,
        });
    }

    /// The value, or its fault under the name of its field.
    fn read<T>(&mut self, field: &str, value: Result<T, OperationError>) -> Option<T> {
        let key = match value {
            Ok(value) => return Some(value),
            Err(OperationError::Invalid(key)) => key,
            Err(_) => "incident-refused-value",
        };
        self.faults.push(SheetFault {
            field: field.to_owned(),
            key,
        });
        None
    }

    fn moment(&mut self, field: &str) -> Option<Timestamp> {
        let value = self.typed.moment(field, &self.reader.zone);
        self.read(field, value).flatten()
    }

    /// An end to the whole minute; now, where that minute has not passed.
    fn end(&mut self, field: &str, now: Timestamp) -> Option<Timestamp> {
        let value = self.typed.end(field, &self.reader.zone);
        let end = self.read(field, value).flatten()?;
        let is_this_minute = self.reader.form_end(now) == self.reader.form_end(end);
        Some(if is_this_minute { end.min(now) } else { end })
    }

    pub(super) fn times(&mut self, view: &IncidentView) {
        let incident = &view.incident;
        let is_same = |known: Option<Timestamp>, at: Timestamp| {
            known.is_some_and(|known| self.reader.form_time(known) == self.reader.form_time(at))
        };
        let is_same_end = |known: Option<Timestamp>, at: Timestamp| {
            known.is_some_and(|known| self.reader.form_end(known) == self.reader.form_end(at))
        };
        if let Some(at) = self
            .moment("aware-at")
            .filter(|at| !is_same(incident.aware_at(), *at))
        {
            let reason = self.typed.owned("aware-reason");
            let note = IncidentNote::Aware {
                at: at.micros(),
                reason,
                of: Awareness::Data,
            };
            self.push("aware-at", "aware-reason", note);
        }
        let (from, to) = (
            self.moment("occurred-from"),
            self.end("occurred-to", view.now),
        );
        let Some(from) = from else {
            if to.is_some() {
                self.faults.push(SheetFault {
                    field: "occurred-from".to_owned(),
                    key: "invalid-since",
                });
            }
            return;
        };
        let is_known = incident.occurred.is_some_and(|(known, end)| {
            is_same(Some(known), from)
                && end.is_some() == to.is_some()
                && to.is_none_or(|to| is_same_end(end, to))
        });
        if !is_known {
            let (from, to) = (from.micros(), to.map(Timestamp::micros));
            self.push(
                "occurred-from",
                "occurred-from",
                IncidentNote::Occurred { from, to },
            );
        }
    }

    pub(super) fn steps(&mut self, view: &IncidentView, of: ProgressStep) {
        for sheet in view
            .incident
            .sheets
            .iter()
            .filter(|sheet| step_of(**sheet) == of)
        {
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
                self.faults.push(SheetFault {
                    field: answer_name,
                    key: "sheets-answer-missing",
                });
            }
            return;
        };
        let stored = view.incident.steps.get(&(sheet, step.code.to_owned()));
        if stored.is_some_and(|stored| stored.answer == answer && stored.text == text) {
            return;
        }
        let note = IncidentNote::Step {
            sheet,
            step: step.code.to_owned(),
            answer,
            text,
        };
        self.push(&answer_name, &text_name, note);
    }

    /// The reasons for which duties stay open; what was said already is not said again.
    pub(super) fn left_open(&mut self, view: &IncidentView) {
        for clock in ClockKind::ALL
            .iter()
            .filter(|clock| clock.may_be_left_open())
        {
            let name = left_open_name(*clock);
            let reason = self.typed.owned(&name);
            let is_known = view
                .incident
                .left_open
                .get(clock)
                .is_some_and(|known| known.reason == reason);
            if !is_blank(&reason) && !is_known {
                let clock = *clock;
                self.push(&name, &name, IncidentNote::LeftOpen { clock, reason });
            }
        }
    }

    /// The reasons for which figures are declared otherwise than measured; what was said already is
    /// not said again. A figure that is corrected on the same sheet needs none.
    pub(super) fn explained(&mut self, view: &IncidentView) {
        for one in view.incident.differences() {
            let name = explained_name(one.figure);
            let reason = self.typed.owned(&name);
            let known = one.explained.as_ref().map(|known| known.reason.as_str());
            let is_corrected = |written: &TypedNote| match &written.note {
                IncidentNote::FieldSet { field, .. } => one.figure.field() == Some(*field),
                _ => false,
            };
            if is_blank(&reason)
                || known == Some(reason.as_str())
                || self.notes.iter().any(is_corrected)
            {
                continue;
            }
            let note = IncidentNote::DifferenceExplained {
                figure: one.figure,
                declared: one.declared,
                measured: one.measured,
                reason,
            };
            self.push(&name, &name, note);
        }
    }

    pub(super) fn state(&mut self) {
        let chosen = self.typed.maybe_choice("state", IncidentState::parse);
        match self.read("state", chosen).flatten() {
            Some(state) => {
                let reason = self.typed.owned("state-reason");
                self.push(
                    "state",
                    "state-reason",
                    IncidentNote::StateSet { state, reason },
                );
            }
            None if !is_blank(self.typed.text("state-reason")) => {
                self.faults.push(SheetFault {
                    field: "state".to_owned(),
                    key: "sheets-answer-missing",
                });
            }
            None => {}
        }
    }

    /// What is decided already, with the same reason, is not decided again.
    pub(super) fn decisions(&mut self, view: &IncidentView) {
        let (authority, persons) = (&view.incident.authority, &view.incident.persons);
        if self.is_typed("notify", "notify-reason") {
            let notify = self.typed.yes_or_no("notify");
            if let Some(notify) = self.read("notify", notify) {
                let reason = self.typed.owned("notify-reason");
                let same = authority
                    .as_ref()
                    .is_some_and(|one| (one.what, &one.reason) == (notify, &reason));
                if !same {
                    self.push(
                        "notify",
                        "notify-reason",
                        IncidentNote::AuthorityDecided { notify, reason },
                    );
                }
            }
        }
        if self.is_typed("inform", "inform-reason") {
            let inform = self.typed.yes_or_no("inform");
            let exemption = self.typed.maybe_choice("exemption", Exemption::parse);
            let (inform, exemption) = (
                self.read("inform", inform),
                self.read("exemption", exemption),
            );
            if let (Some(inform), Some(exemption)) = (inform, exemption) {
                let (reason, what) = (
                    self.typed.owned("inform-reason"),
                    PersonsNotified { inform, exemption },
                );
                let same = persons
                    .as_ref()
                    .is_some_and(|one| (one.what, &one.reason) == (what, &reason));
                if !same {
                    let note = IncidentNote::PersonsDecided {
                        inform,
                        exemption,
                        reason,
                    };
                    self.push("exemption", "inform-reason", note);
                }
            }
        }
    }

    /// True when one of the fields has a value: what was not touched is not decided.
    fn is_typed(&self, field: &str, reason: &str) -> bool {
        !self.typed.text(field).is_empty() || !is_blank(self.typed.text(reason))
    }

    pub(super) fn fields(&mut self, draft: &NotificationDraft) {
        let draft = draft.snapshot();
        for field in Field::ALL
            .iter()
            .filter(|field| self.typed.has(field.code()))
        {
            let value = field_value(*field, self.typed, &self.reader.zone);
            let Some(value) = self.read(field.code(), value) else {
                continue;
            };
            // A value equal to the computed one is not an answer.
            let computed = draft.get(field).map_or(&[][..], Vec::as_slice);
            if !is_unchanged(*field, computed, &value) {
                self.push(
                    field.code(),
                    field.code(),
                    IncidentNote::FieldSet {
                        field: *field,
                        value,
                    },
                );
            }
        }
    }
}
