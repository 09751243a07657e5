//! The arguments of `digue doctor`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use digue_locales::{Language, text};

/// What is examined, and what is written of it.
pub(crate) struct DoctorArguments {
    pub(crate) config: PathBuf,
    pub(crate) json: bool,
    /// Where the support bundle is written; nothing without it.
    pub(crate) bundle: Option<PathBuf>,
    /// Lines of Digue's log, for the bundle.
    pub(crate) log: Option<PathBuf>,
}

pub(super) fn command(language: Language, config: Arg) -> Command {
    let file = |name: &'static str, key: &str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help(text(language, key))
    };
    Command::new("doctor")
        .about(text(language, "command-doctor"))
        .arg(config)
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help(text(language, "command-doctor-json")),
        )
        .arg(file("bundle", "command-doctor-bundle"))
        .arg(file("log", "command-doctor-log").requires("bundle"))
}

pub(super) fn arguments(matches: &ArgMatches) -> DoctorArguments {
    DoctorArguments {
        config: matches
            .get_one::<PathBuf>("config")
            .expect("it has a default")
            .clone(),
        json: matches.get_flag("json"),
        bundle: matches.get_one("bundle").cloned(),
        log: matches.get_one("log").cloned(),
    }
}
