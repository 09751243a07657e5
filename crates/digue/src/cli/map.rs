//! The arguments of `digue map`.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use digue_locales::{Language, text};

/// A report on the map of a running portal.
pub(crate) struct MapReportArguments {
    pub(crate) config: PathBuf,
    pub(crate) portal: String,
    /// As typed; a day ago without it.
    pub(crate) since: Option<String>,
}

pub(super) fn command(language: Language, config: Arg) -> Command {
    let report = Command::new("report")
        .about(text(language, "command-map-report"))
        .arg(
            Arg::new("portal")
                .required(true)
                .help(text(language, "command-inspect-portal")),
        )
        .arg(
            Arg::new("since")
                .long("since")
                .value_name("TIME")
                .help(text(language, "command-map-report-since")),
        )
        .arg(config);
    Command::new("map")
        .about(text(language, "command-map"))
        .subcommand_required(true)
        .subcommand(report)
}

pub(super) fn arguments(matches: &ArgMatches) -> MapReportArguments {
    let (_, matches) = matches.subcommand().expect("clap requires a subcommand");
    MapReportArguments {
        config: matches
            .get_one::<PathBuf>("config")
            .expect("it has a default")
            .clone(),
        portal: matches
            .get_one::<String>("portal")
            .expect("clap requires it")
            .clone(),
        since: matches.get_one("since").cloned(),
    }
}
