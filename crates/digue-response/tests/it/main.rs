//! Incidents from their first entry to their last, and what must not happen in between.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod incidents;
mod progress;
