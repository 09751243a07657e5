//! One module for each command; each reports its outcome in the user's language.

mod admin;
mod backup;
mod check;
mod decoys;
mod demo;
mod doctor;
mod evidence;
mod generated;
mod init;
mod loading;
mod map_report;
mod names;
mod serve;

use std::process::ExitCode;

use digue_map_commands::{inspect, learn};
use digue_replay_commands::{replay, watch};
use digue_terminal::Output;

use crate::cli::{CommandLine, Subcommand};

pub(crate) fn run(command_line: CommandLine) -> ExitCode {
    let out = Output {
        language: command_line.language,
    };
    let code = match command_line.command {
        Subcommand::Init { folder } => digue_init::commented::write(&out, &folder),
        Subcommand::InitSmall(options) => init::run(&out, options),
        Subcommand::Check { config, probe } => check::run(&out, &config, probe.as_ref()),
        Subcommand::Doctor(arguments) => doctor::run(&out, &arguments),
        Subcommand::Completions { shell } => generated::completions(&out, shell),
        Subcommand::Man { folder } => generated::man(&out, &folder),
        Subcommand::Inspect {
            config,
            portal,
            what,
        } => inspect::run(&out, &config, &portal, &what),
        Subcommand::Learn(arguments) => learn::run(&out, &arguments),
        Subcommand::Names(arguments) => names::run(&out, &arguments),
        Subcommand::MapReport(arguments) => map_report::run(&out, &arguments),
        Subcommand::Serve { config } => serve::run(&out, &config),
        Subcommand::Link {
            config,
            account,
            host,
        } => admin::link(&out, &config, &account, &host),
        Subcommand::Account {
            config,
            account,
            organisation,
            role,
            moves,
        } => admin::account(&out, &config, &account, &organisation, &role, moves),
        Subcommand::Confirm {
            config,
            account,
            code,
            how,
        } => admin::confirm(&out, &config, &account, &code, &how),
        Subcommand::PrintedKey { config } => admin::printed_key(&out, &config),
        Subcommand::Demo {
            address,
            folder,
            attack,
        } => demo::run(&out, address, folder, attack),
        Subcommand::Replay(arguments) => replay::run(&out, &arguments),
        Subcommand::Decoys(arguments) => decoys::run(&out, &arguments),
        Subcommand::Watch(arguments) => watch::run(&out, &arguments),
        Subcommand::Backup(task) => backup::run(&out, task),
        Subcommand::Evidence(task) => evidence::run(&out, task),
    };
    ExitCode::from(code)
}

/// The runtime of commands that serve.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}

/// Resolves at SIGTERM or SIGINT.
pub(crate) async fn stop_asked() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            // Without a handler SIGTERM ends the process by itself, and SIGINT is still waited for.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
