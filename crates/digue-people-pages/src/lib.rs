//! Pages of accounts, organisations and what needs a second person: access beyond a caseload too;
//! and the space of an organisation. No rules, like every page.

pub mod account;
mod account_lists;
pub mod accounts;
pub mod approvals;
pub mod break_glass;
pub mod classes;
pub mod desk;
pub mod event_streams;
pub mod holders;
pub mod keys;
pub mod organisations;
pub mod printed_key;
pub mod record_access;
pub mod requests;
pub mod signals;
pub mod sources;
pub mod space;
