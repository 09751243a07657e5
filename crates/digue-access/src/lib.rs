//! May this account see these persons now?
//!
//! Pure: the caller brings the snapshot of rules, the facts of the request and the time. Nothing
//! here opens a socket, touches a file or asks for the time, so every rule has a one-line test and
//! a year of work replays in seconds.
//!
//! Start with `decide`: `admit` judges the request, `weigh` judges the response. The other modules
//! hold what these two consult.

pub mod additions;
pub mod budget;
pub mod caseload;
pub mod classes;
pub mod decide;
pub mod directory;
pub mod gate;
pub mod keys;
pub mod ledger;
pub mod policy;
pub mod session;
pub mod shares;
mod sorted_keys;
pub mod turns;

pub use budget::{BudgetLimits, Budgets, LimitsTable};
pub use caseload::{CaseloadExtent, CaseloadFault, Caseloads};
pub use classes::{ClassRule, ClassRules, PersonClasses};
pub use decide::{
    Decision, Enforcement, EnforcementMode, RequestFacts, RouteAccess, Snapshot, admit, release,
};
pub use directory::{AccountDirectory, AccountRecord, Membership, Role};
pub use gate::{GateTable, Reach};
pub use keys::{ApiKey, ApiKeys, KeyProof};
pub use policy::{Policies, PolicyFault};
pub use session::{OpenSession, RequestOrigin, Session, SessionLimits, Sessions};
