//! The arguments of `digue names`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use digue_locales::{Language, text};
use digue_map_commands::arguments::HarArguments;

use super::learn::{file, har_of, person_arguments};

/// What becomes of a portal's table of names.
pub(crate) struct NamesArguments {
    pub(crate) config: PathBuf,
    pub(crate) portal: String,
    /// The list; `None` takes the table away.
    pub(crate) persons: Option<HarArguments>,
}

pub(super) fn command(language: Language, config: Arg) -> Command {
    Command::new("names")
        .about(text(language, "command-names"))
        .arg(
            Arg::new("portal")
                .required(true)
                .help(text(language, "command-inspect-portal")),
        )
        .args(person_arguments(language))
        .arg(file(language, "names", "command-learn-names"))
        .arg(
            Arg::new("remove")
                .long("remove")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["persons", "names"])
                .help(text(language, "command-names-remove")),
        )
        .group(
            ArgGroup::new("what")
                .args(["persons", "names", "remove"])
                .multiple(true)
                .required(true),
        )
        .arg(config)
}

pub(super) fn arguments(matches: &ArgMatches) -> NamesArguments {
    NamesArguments {
        config: matches
            .get_one::<PathBuf>("config")
            .expect("it has a default")
            .clone(),
        portal: matches
            .get_one::<String>("portal")
            .expect("clap requires it")
            .clone(),
        persons: (!matches.get_flag("remove")).then(|| har_of(matches)),
    }
}
