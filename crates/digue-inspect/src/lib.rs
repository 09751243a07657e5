//! Which persons does this message show?
//!
//! Pure: bytes and compiled rules in, identifiers out. Memory is bounded by the limits the caller
//! gives, time is linear in the size, and no input makes it panic. It does not know accounts,
//! caseloads or HTTP beyond the two headers it is handed.
//!
//! What cannot be read exactly is said to be so (`Uninspected`), never guessed: whether such a
//! response may leave is the portal map's choice, not this crate's.

pub mod access_log;
pub mod csv_table;
pub mod decode;
pub mod html;
pub mod identifier;
pub mod json;
pub mod jsonpath;
pub mod request;
pub mod response;
pub mod text;
pub mod xlsx;
pub mod xml;

pub use identifier::{Found, Identifier, IdentifierKind, Normalise, Pick};
pub use request::{RequestFields, RequestRule, RequestSource, read_request};
pub use response::{Block, Limits, ResponseRules, Rules, Uninspected, inspect};
