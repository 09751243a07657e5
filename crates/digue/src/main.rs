//! The executable: reads the command line, runs one command, prints its outcome.
//!
//! `main` prints and exits; everything else returns.

mod acme;
mod backup_jobs;
mod cli;
mod commands;
mod keys;
mod maps;
mod monitoring;
mod pages;
mod parts;
mod periodic;
mod serve;
mod started;
mod tls;

use std::process::ExitCode;

use digue_config::log::LogSettings;

/// For many short-lived buffers of many sizes the system's allocator kept twice the memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    digue_telemetry::lines::start(&LogSettings::USUAL.filter());
    commands::run(cli::parse())
}
