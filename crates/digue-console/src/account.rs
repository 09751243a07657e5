//! One's own account: signing in, keys, settings.

pub(crate) mod cookies;
pub(crate) mod device;
pub(crate) mod own;
pub(crate) mod own_incidents;
pub(crate) mod person_requests;
pub(crate) mod person_space;
pub(crate) mod provider;
pub(crate) mod settings;
pub(crate) mod sign_in;

/// The page after the end, for a user who may end their provider's session too.
pub(crate) fn left_address(ticket: &str) -> String {
    format!("/.digue/left?ticket={ticket}")
}
