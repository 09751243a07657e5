//! Simulated populations, a sample portal modelled on Kairos, working days and attacks, played
//! through the real code.
//!
//! A Digue that protects a portal uses nothing of this. Everything is drawn from a seed: the same
//! seed gives the same persons, the same day, the same theft.

pub mod attack;
pub mod benchmark;
pub mod day;
pub mod draw;
pub mod population;
pub mod portal;
pub mod record;
pub mod recorded;
pub mod theft;
pub mod world;

pub use population::Population;
