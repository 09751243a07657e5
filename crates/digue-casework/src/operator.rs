//! The operator's own details, and the laws that apply to it.

use std::collections::BTreeMap;

use digue_app::{App, Area};
use digue_response::clock::{ClockRule, RULES};
use digue_response::notification::Field;
use digue_store::ContactSource;
use jiff::tz::TimeZone;

use crate::security_contact::SecurityContact;

/// The operator's own details, and the laws that apply to it.
#[derive(Clone, Debug)]
pub struct OperatorRules {
    /// The time zone in which legal days begin and end.
    pub zone: TimeZone,
    /// The dated table of clocks.
    pub rules: Vec<ClockRule>,
    /// Name, number, address, contact: fields of the notification that do not change.
    pub controller: BTreeMap<Field, String>,
    /// The portal's source of contact details of persons.
    pub contacts: Option<ContactSource>,
    pub is_insured: bool,
    pub is_nis2: bool,
    /// Published on the host of the console, where it is configured.
    pub security: Option<SecurityContact>,
}

impl Default for OperatorRules {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            rules: RULES.to_vec(),
            controller: BTreeMap::new(),
            contacts: None,
            is_insured: false,
            is_nis2: false,
            security: None,
        }
    }
}

impl Area for OperatorRules {}

/// The controller's details, and which legal clocks apply.
pub fn rules(app: &App) -> &OperatorRules {
    app.area()
}
