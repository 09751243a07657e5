//! Rules that nobody checks are prose. These are checked.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod code_keys;
mod docs;
mod edges;
mod facts;
mod locales;
mod matches;
mod modules;
mod names;
mod plurals;
mod repository;
mod sizes;
mod tokens;
