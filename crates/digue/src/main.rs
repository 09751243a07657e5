//! The executable: reads the command line, runs one command, prints its outcome.
//!
//! `main` prints and exits; everything else returns.

mod cli;
mod commands;
mod descriptors;
mod keys;
mod maps;
mod monitoring;
mod name_files;
mod pages;
mod parts;
mod periodic;
mod serve;
mod service_manager;
mod tls;
mod traffic;
mod traffic_listener;

use std::process::ExitCode;

/// For many short-lived buffers of many sizes the system's allocator kept twice the memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        // Output that scripts read is on standard output, alone.
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("DIGUE_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,digue=info")),
        )
        .init();
    commands::run(cli::parse())
}
