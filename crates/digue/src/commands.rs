//! One module for each command; each reports its outcome in the user's language.

mod admin;
mod backup;
mod check;
mod decoys;
mod demo;
mod doctor;
mod evidence;
mod init;
mod input;
mod inspect;
mod learn;
mod map_report;
mod names;
mod replay;
mod replay_record;
mod serve;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use digue_evidence::journal_heads::HeadError;
use digue_journal::heads::HeadContradiction;
use digue_locales::{Language, Value, text_with};

use crate::cli::{CommandLine, Subcommand};

/// Success.
pub(crate) const GOOD: u8 = 0;
/// The answer is no: a faulty configuration, a tampered journal.
pub(crate) const BAD: u8 = 1;
/// The question could not be answered.
pub(crate) const NOT_RUN: u8 = 2;

pub(crate) fn run(command_line: CommandLine) -> ExitCode {
    let out = Output {
        language: command_line.language,
    };
    let code = match command_line.command {
        Subcommand::Init { folder } => init::run(&out, &folder),
        Subcommand::Check { config, probe } => check::run(&out, &config, probe.as_ref()),
        Subcommand::Doctor { config, json } => doctor::run(&out, &config, json),
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

/// The output of commands: standard output for answers, standard error for errors.
pub(crate) struct Output {
    pub(crate) language: Language,
}

impl Output {
    pub(crate) fn say(&self, key: &str, values: &[(&str, Value)]) {
        self.line(&text_with(self.language, key, values));
    }

    pub(crate) fn complain(&self, key: &str, values: &[(&str, Value)]) {
        let line = text_with(self.language, key, values);
        // Without standard error nothing can be said; the exit code remains.
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    /// The text of a key, to be part of another.
    pub(crate) fn text_of(&self, key: &str, values: &[(&str, Value)]) -> String {
        text_with(self.language, key, values)
    }

    pub(crate) fn complain_line(&self, line: &str) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    pub(crate) fn line(&self, line: &str) {
        // A closed pipe is the reader's choice, not an error.
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// Prints text as it is, without a final newline.
    pub(crate) fn text(&self, text: &str) {
        let _ = write!(std::io::stdout(), "{text}");
    }

    /// Prints `serve-failed` with the chain of causes.
    pub(crate) fn failed(&self, error: &anyhow::Error) -> u8 {
        if let Some(HeadError::Contradiction(found)) = error.downcast_ref::<HeadError>() {
            return self.contradicted(found);
        }
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        self.complain("serve-failed", &[("cause", Value::from(causes.join(": ")))]);
        NOT_RUN
    }

    /// The journal contradicts its remembered checkpoints: both are left unchanged.
    fn contradicted(&self, found: &HeadContradiction) -> u8 {
        let (key, size, head) = match found {
            HeadContradiction::Older { size, head } => ("journal-older", *size, head),
            HeadContradiction::Fork { head } => ("journal-fork", head.size, head),
        };
        let values = [
            ("place", Value::from(head.place.as_str())),
            ("size", Value::from(size)),
            ("expected", Value::from(head.size)),
        ];
        self.complain(key, &values);
        NOT_RUN
    }

    /// Prints the faults of a configuration.
    pub(crate) fn faults(&self, faults: &[digue_config::reader::ConfigFault]) {
        for fault in faults {
            let _ = writeln!(std::io::stderr(), "{}", fault.say(self.language));
        }
        self.complain("check-bad", &[("faults", Value::from(faults.len()))]);
    }

    /// Prints what is valid, but most likely a mistake.
    pub(crate) fn warnings(&self, warnings: &[digue_config::reader::ConfigFault]) {
        for warning in warnings {
            let text = Value::from(warning.say(self.language));
            self.complain("check-warning", &[("warning", text)]);
        }
    }

    /// Prints what could not be read in a response, and where.
    pub(crate) fn unread(&self, unread: &digue_types::ReadFailure) {
        let cause = text_with(
            self.language,
            &format!("unread-{}", unread.cause.code()),
            &[],
        );
        self.complain("inspect-unreadable", &[("detail", Value::from(cause))]);
        for (key, text) in [
            ("inspect-unreadable-rule", unread.rule.as_str()),
            ("inspect-unreadable-place", unread.place.as_str()),
            ("inspect-unreadable-shape", unread.shape.as_str()),
        ] {
            if !text.is_empty() {
                self.complain(key, &[("text", Value::from(text))]);
            }
        }
    }
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
