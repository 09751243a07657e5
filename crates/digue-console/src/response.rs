//! Incidents, the decisions of the law, notices, and the register of data breaches.

pub(crate) mod breach;
pub(crate) mod incident_acts;
pub(crate) mod incident_head;
pub(crate) mod incident_notes;
pub(crate) mod incident_steps;
pub(crate) mod incidents;
pub(crate) mod notices;
pub(crate) mod register_import;
pub(crate) mod step_page;
