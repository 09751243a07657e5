//! The management system of information security: what is written in its registers, what the running
//! system measures, and what follows from both.
//!
//! Pure: no clock, no store. A register is a kind of record with typed fields; what people declare is
//! stored, what can be computed never is. *Declared* and *measured* stand side by side: a machine does
//! not sign for anybody, and nobody writes over a measurement.

pub mod assessment;
pub mod awareness;
pub mod calendar;
pub mod check;
pub mod contradictions;
pub mod field;
pub mod framework;
pub mod kinds;
pub mod register;
pub mod sample;
mod seeds;
pub mod signatures;
pub mod standing;
pub mod start;
pub mod statement;

pub use check::{Check, CheckOutcome, CheckResult};
pub use field::{FieldDef, FieldFault, FieldShape, Values};
pub use register::{RegisterEntry, RegisterKind, RegisterRecord, Registers, Revision};
