//! Which persons does this message show?
//!
//! Pure: bytes and compiled rules in, identifiers out. Memory is bounded by the limits the caller
//! gives, time is linear in the size, and no input makes it panic. It does not know accounts,
//! caseloads or HTTP beyond the two headers it is handed.
//!
//! *Nobody found* is not *nobody shown*: an inspection answers `Persons`, `ShowsNobody` with the reason why that is
//! known, or `Unreadable` with cause and place. Whether an unreadable response may leave is the portal map's choice,
//! not this crate's.

pub mod access_log;
pub mod csv_table;
pub mod decode;
mod error_page;
pub mod html;
pub mod identifier;
pub mod json;
pub mod jsonpath;
pub mod lines;
pub mod reading;
pub mod request;
pub mod response;
pub mod sweep;
pub mod table;
pub mod xlsx;
pub mod xml;

pub use identifier::{Collector, Identifier, IdentifierKind, Normalise, Pick};
pub use reading::{ResponseReading, ShownIdentifiers, Unreadable, WhyNobody};
pub use request::{RequestFields, RequestRule, RequestSource, read_request};
pub use response::{
    BlockRules, ErrorRules, InspectionLimits, Message, ResponseRules, RuleBlock, StatusPattern, inspect,
};
