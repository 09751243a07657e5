//! The types that every crate uses: identifiers, time, persons, refusal reasons and journal events.
//!
//! Nothing here decides, stores or prints. A value that exists has been checked: an identifier fits
//! its alphabet and an account is in its canonical spelling, so the crates above do not check
//! again.

pub mod classes;
mod coded;
pub mod contact;
pub mod event;
pub mod gate_reason;
pub mod glob;
pub mod ids;
pub mod inspection;
pub mod list;
pub mod path;
pub mod path_template;
pub mod person;
pub mod reading;
pub mod reason;
pub mod scope;
pub mod subject;
pub mod time;
pub mod unmapped;
pub mod visible;
pub mod written;

pub use classes::{ShownClass, ShownClasses};
pub use contact::OperatorContact;
pub use event::{
    Act, Administration, Basis, Event, Exposure, Outcome, OutsideHandling, OutsideRecords,
    RepeatedExposure, RequestClient, ShownPersons,
};
pub use gate_reason::GateReason;
pub use ids::compatible;
pub use ids::{
    AccountId, ActionName, Category, ClassName, ExchangeId, FindingId, IdError, OrganisationId,
    PopulationId, PortalId, RouteName, SessionId,
};
pub use inspection::{Inspection, UninspectedCause};
pub use person::{PersonKey, PersonRef};
pub use reading::{Means, ReadFailure, UnreadCause, UnreadPlace};
pub use reason::RefusalReason;
pub use scope::{Gate, Scope};
pub use subject::Subject;
pub use time::{SlidingWindow, Timestamp};
pub use unmapped::{AddressMethod, UnmappedAddress};
