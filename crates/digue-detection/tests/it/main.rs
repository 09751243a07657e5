//! The engine as a whole: what it must find, what it must leave alone, and what never matters.

mod laws;
mod learning;
mod signals;
