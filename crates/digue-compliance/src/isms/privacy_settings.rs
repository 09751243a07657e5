//! Who answers for the register of processing, from the settings: the same details that a
//! notification and a letter have.

use digue_app::App;
use digue_casework::operator;
use digue_privacy::sheet::SheetSettings;
use digue_response::notification::Field;

/// The operator's details as a sheet prints them.
pub fn sheet_settings(app: &App) -> SheetSettings {
    let details = &operator::rules(app).controller;
    let lines = |fields: &[Field]| {
        let known = fields.iter().filter_map(|field| details.get(field));
        known.cloned().collect()
    };
    SheetSettings {
        operator: lines(&[
            Field::ControllerName,
            Field::ControllerNumber,
            Field::ControllerAddress,
        ]),
        // The contact of the notification is the officer, or answers for it (33(3)(b)).
        dpo: lines(&[Field::ContactName, Field::ContactMail, Field::ContactPhone]),
    }
}
