//! The information security management system (ISMS): its registers, the checks that the running
//! system answers, and what follows from both.
//!
//! No clock, no store, no language: the time and every record are arguments. A register is a kind
//! of record with typed fields. What people declare is stored; what can be computed never is.
//! *Declared* and *measured* stay in two columns: a machine does not sign for a person, and no
//! person overwrites a measurement.

#[macro_use]
mod record_macro;

mod answers;
pub mod assessment;
pub mod awareness;
pub mod calendar;
pub mod capacity;
pub mod check;
pub mod closing;
pub mod continuity;
pub mod contradictions;
pub mod evidence;
pub mod field;
pub mod framework;
pub mod independence;
mod kind_facts;
mod kind_lists;
mod kind_table;
pub mod kinds;
pub mod privacy_kinds;
pub mod privacy_lists;
mod record;
mod record_link;
pub mod register;
mod register_kind;
pub mod risk_scale;
pub mod sample;
mod seeds;
pub mod signatures;
pub mod standing;
pub mod start;
pub mod statement;
pub mod tolerated_time;

pub use check::{Check, CheckOutcome, CheckResult};
pub use field::{FieldDef, FieldFault, FieldShape, Values};
pub use record_link::{RecordLink, RecordLinks};
pub use register::{RegisterEntry, RegisterKind, RegisterRecord, Registers, Revision};
