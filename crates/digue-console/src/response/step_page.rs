//! What every page of a step of an incident is made from: the incident, its head and the sheet, as
//! it stands or as it was typed.

use digue_app::Actor;
use digue_casework::incidents::{self, IncidentView};
use digue_casework::step_forms::{self, SheetFault, StepForm};
use digue_casework::typed_form::TypedForm;
use digue_evidence::stored_records::StoredKind;
use digue_response::notification::Field;
use digue_response::progress::ProgressStep;
use digue_response::sheet::SheetAction;
use digue_types::Subject;

use crate::differences::words_beside;
use crate::error::PageError;
use crate::response::incident_head::{IncidentHead, SavedNotice};
use crate::state::Console;
use crate::view::Localizer;
use crate::visitor::Visitor;

/// A sheet that could not be saved: what was typed, and its faults.
pub(crate) type RefusedSheet = (TypedForm, Vec<SheetFault>);

/// Who asks for the page of a step, and what they have just done.
pub(crate) struct StepRequest<'a> {
    pub(crate) console: &'a Console,
    pub(crate) visitor: &'a Visitor,
    pub(crate) actor: &'a Actor,
    pub(crate) id: &'a str,
    pub(crate) step: ProgressStep,
    pub(crate) saved: SavedNotice,
    pub(crate) refused: Option<RefusedSheet>,
}

/// What every page of a step is made from.
pub(crate) struct StepPage {
    pub(crate) w: Localizer,
    pub(crate) view: IncidentView,
    pub(crate) head: IncidentHead,
    pub(crate) form: StepForm,
    /// As (field, label, fault).
    pub(crate) faults: Vec<(String, String, String)>,
}

impl StepRequest<'_> {
    pub(crate) async fn read(&self) -> Result<StepPage, PageError> {
        let (app, actor) = (&self.console.app, self.actor);
        let view = incidents::view(app, actor, self.id).await?;
        let w = words_beside(
            self.console,
            self.visitor,
            &[StoredKind::Incident],
            Some(self.id),
        )
        .await?;
        let reader = w.reader();
        let form = match &self.refused {
            None => step_forms::form(app, actor, &view, self.step, &reader).await?,
            Some((typed, faults)) => {
                step_forms::refused_form(app, actor, &view, self.step, &reader, (typed, faults))
                    .await?
            }
        };
        let form = with_links(&w, &view, form);
        let here = (Some(self.step), &self.saved);
        let head = IncidentHead::new(self.console, actor, &w, &view, here).await?;
        Ok(StepPage {
            faults: form.faults(),
            w,
            view,
            head,
            form,
        })
    }
}

/// The number of unknown fields of the notification.
pub(crate) fn unknown_fields(form: &StepForm) -> usize {
    let fields = form.0.iter().flat_map(|section| &section.fields);
    fields
        .filter(|field| field.is_missing && Field::parse(&field.name).is_some())
        .count()
}

/// The same sheet, with the pages on which its acts are done.
fn with_links(w: &Localizer, view: &IncidentView, mut form: StepForm) -> StepForm {
    for field in form.0.iter_mut().flat_map(|section| &mut section.fields) {
        field.link = field.action.map(|action| action_of(w, view, action));
    }
    form
}

/// The page on which an action is done, and can be undone.
fn action_of(w: &Localizer, view: &IncidentView, action: SheetAction) -> (String, String) {
    let id = &view.record.id;
    let target = match (action, view.incident.about.clone().canonical()) {
        (SheetAction::CloseAccount | SheetAction::Reopen, Subject::Account(account)) => {
            format!("/accounts/{account}")
        }
        (SheetAction::CloseAccount, _) => "/accounts".to_owned(),
        (
            SheetAction::CloseOrganisation | SheetAction::Reopen,
            Subject::Organisation(organisation),
        ) => {
            format!("/organisations/{organisation}")
        }
        (SheetAction::CloseOrganisation | SheetAction::Reopen, _) => "/organisations".to_owned(),
        (SheetAction::ComputeAffected | SheetAction::Preserve, _) => {
            format!("/incidents/{id}/affected")
        }
    };
    let code = match action {
        SheetAction::CloseAccount => "close-account",
        SheetAction::CloseOrganisation => "close-organisation",
        SheetAction::ComputeAffected => "compute-affected",
        SheetAction::Preserve => "preserve",
        SheetAction::Reopen => "reopen",
    };
    (target, w.coded("sheet-action", code))
}
