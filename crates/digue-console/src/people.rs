//! Accounts, organisations, what needs a second person, and the spaces of organisations and persons.

pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod approvals;
pub(crate) mod desk;
pub(crate) mod keys;
pub(crate) mod organisations;
pub(crate) mod person_space;
pub(crate) mod requests;
pub(crate) mod space;
