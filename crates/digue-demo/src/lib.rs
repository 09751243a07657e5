//! The operator of the demonstration: a year of its management system, the people of its partners,
//! a mailbox that catches what it sends, and a first page for each role.
//!
//! A Digue that protects a portal uses nothing of this. Every record is made by the act that a
//! person would carry out, at the hour of a clock that runs through the year: the journal, the
//! registers and the incidents agree because nothing is written behind them.

pub mod attack;
pub mod configuration;
pub mod mailbox;
mod people;
pub mod script;
pub mod tour;
pub mod visitor;
pub mod year;

pub use crate::people::at_work;
pub use crate::year::{DemoError, YearStage, play};
