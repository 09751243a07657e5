//! Made-up populations, a sample portal in the spirit of Kairos, working days and attacks, played
//! through the real code.
//!
//! Nothing here is used by a Digue that protects something. Everything is drawn from a seed: the
//! same seed gives the same persons, the same day, the same theft.

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
