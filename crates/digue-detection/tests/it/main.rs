//! The engine as a whole: what it must find, what it must not report, and what must make no
//! difference.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod laws;
mod learning;
mod signals;
