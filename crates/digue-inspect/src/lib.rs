//! Which persons does this message show?
//!
//! Bytes and compiled rules in, identifiers out; no I/O and no clock. Memory is bounded by the
//! limits that the caller gives, time is linear in the size, and no input makes it panic. It knows
//! no accounts, no caseloads, and of HTTP only the status and the two headers that it is given.
//!
//! *Nobody found* is not *nobody shown*: an inspection answers `Persons`, `ShowsNobody` with the
//! reason why that is known, or `Unreadable` with cause and place (docs/decisions/0016). Whether an
//! unreadable response may leave, the portal map decides.

pub mod condition;
pub mod dicom;
pub mod document_element;
mod error_page;
pub mod graphql;
pub mod html;
pub mod json;
pub mod jsonpath;
pub mod limits;
pub mod media_type;
pub mod names;
pub mod pdf;
pub mod request;
pub mod request_text;
pub mod resource;
pub mod resource_form;
pub mod response;
pub mod rewrite;
pub mod xml;

pub use condition::{ConditionPath, ConditionSource, RequestCondition, RequestContent};
pub use limits::InspectionLimits;
pub use names::names_shown;
pub use request::{RequestFields, RequestRule, RequestSource, read_request};
pub use response::{
    BlockRules, ErrorRules, Message, OutsideChoice, ResponseRules, RuleBlock, StatusPattern,
    inspect,
};
pub use response::{events, zip};
pub use rewrite::{RewriteRefusal, RewrittenBody, rewrite};

#[cfg(test)]
mod hidden;
