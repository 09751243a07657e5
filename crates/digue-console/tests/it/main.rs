//! The console's router, driven in process over a small world: no network, no browser.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first fault, and may say what it measured"
)]

mod auditor;
mod calendar_address;
mod checks;
mod forms;
mod home;
mod html;
mod isms;
mod journey;
mod lists;
mod operator;
mod pages;
mod papers;
mod pdf_ua;
mod people;
#[path = "../../../digue/tests/it/python.rs"]
#[expect(dead_code, reason = "the tests of the binary use the rest")]
mod python;
mod registers_api;
mod retyped;
mod routes;
mod snapshots;
mod vocabulary;
mod world;
