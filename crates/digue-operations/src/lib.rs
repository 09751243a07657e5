//! Everything Digue can be asked to do: authorised, applied and journalled in one place.
//!
//! An operation is four beats: may they, is it valid, do it, write it down. Pages and commands
//! call these and decide nothing; what is not here cannot be done.

pub mod accounts;
pub mod actor;
pub mod aliases;
pub mod approvals;
pub mod break_glass;
pub mod caseloads;
pub mod clock;
pub mod error;
pub mod gates;
pub mod house;
pub mod passkey;
pub mod recorder;
pub mod secret;
pub mod sign_in;
pub mod watch;

pub use actor::Actor;
pub use error::OperationError;
pub use house::{House, HouseParts};
