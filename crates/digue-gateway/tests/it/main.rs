//! Whichever way a visit comes, it is the same visit; and a restart changes nothing about it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod calls;
mod classes;
mod disguised;
mod faults;
mod later;
mod memory_monitor;
mod misses;
mod names;
mod open_sign_in;
mod outside;
mod passthrough;
mod pilot;
mod portal_login;
mod raw;
mod restart;
mod streams;
mod ways;
mod world;
