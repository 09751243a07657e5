//! May this account see these persons now?
//!
//! Pure: the caller brings the snapshot of rules, the facts of the request and the time. Nothing
//! here opens a socket, reads a file or looks at a clock, so every rule has a one-line test and a
//! year of work replays in seconds.

pub mod budget;
pub mod caseload;
pub mod decide;
pub mod directory;
pub mod gate;
pub mod keys;
pub mod ledger;
pub mod policy;
pub mod session;
pub mod shares;
pub mod turns;

pub use budget::{BudgetLimits, Budgets, LimitsTable};
pub use caseload::{CaseloadExtent, CaseloadFault, Caseloads};
pub use decide::{
    Decision, Enforcement, EnforcementMode, RequestFacts, RouteAccess, Snapshot, admit, release,
};
pub use directory::{AccountDirectory, AccountRecord, Role};
pub use gate::{GateTable, Reach};
pub use keys::{ApiKey, ApiKeys};
pub use policy::{Policies, PolicyFault};
pub use session::{OpenSession, RequestOrigin, Session, SessionLimits, Sessions};
