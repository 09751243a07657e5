//! What happens at the portals now, and who saw whom.

pub(crate) mod findings;
pub(crate) mod gates;
pub(crate) mod journal;
pub(crate) mod live;
pub(crate) mod overview;
pub(crate) mod person;
pub(crate) mod portal_routes;
pub(crate) mod portals;
pub(crate) mod scope;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod tasks;
