//! The arguments of `digue learn` and of `digue inspect --har`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use digue_locales::{Language, text};

/// Recorded traffic, and the persons who are known.
pub(crate) struct HarArguments {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) persons: Option<PathBuf>,
    pub(crate) identifiers: Vec<String>,
    pub(crate) names: Vec<String>,
    pub(crate) names_file: Option<PathBuf>,
}

/// The arguments of `digue learn`.
pub(crate) struct LearnArguments {
    pub(crate) har: HarArguments,
    pub(crate) map: Option<PathBuf>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) aliases: Option<PathBuf>,
    pub(crate) portal: String,
    pub(crate) upstream: String,
}

pub(super) fn file(language: Language, name: &'static str, key: &str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(text(language, key))
}

/// The arguments about traffic and persons, for both commands.
pub(super) fn har_arguments(language: Language, har_key: &str) -> [Arg; 5] {
    let column = |name: &'static str, key: &str| {
        Arg::new(name)
            .long(name)
            .value_name("COLUMN")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .help(text(language, key))
    };
    [
        file(language, "har", har_key).num_args(1..),
        file(language, "persons", "command-learn-persons"),
        column("id", "command-learn-id"),
        column("name", "command-learn-name"),
        file(language, "names", "command-learn-names"),
    ]
}

pub(super) fn command(language: Language) -> Command {
    let [har, persons, id, name, names] = har_arguments(language, "command-learn-har");
    Command::new("learn")
        .about(text(language, "command-learn"))
        .args([har.required(true), persons, id, name, names])
        .arg(file(language, "map", "command-learn-map"))
        .arg(file(language, "out", "command-learn-out"))
        .arg(file(language, "aliases", "command-learn-aliases"))
        .arg(
            Arg::new("portal")
                .long("portal")
                .default_value("portail")
                .help(text(language, "command-learn-portal")),
        )
        .arg(
            Arg::new("upstream")
                .long("upstream")
                .default_value("http://127.0.0.1:9000")
                .help(text(language, "command-learn-upstream")),
        )
}

pub(super) fn har_of(matches: &ArgMatches) -> HarArguments {
    let texts = |name: &str| {
        matches
            .get_many::<String>(name)
            .map(|all| all.cloned().collect())
            .unwrap_or_default()
    };
    HarArguments {
        files: matches
            .get_many::<PathBuf>("har")
            .map(|all| all.cloned().collect())
            .unwrap_or_default(),
        persons: matches.get_one("persons").cloned(),
        identifiers: texts("id"),
        names: texts("name"),
        names_file: matches.get_one("names").cloned(),
    }
}

pub(super) fn arguments(matches: &ArgMatches) -> LearnArguments {
    let word = |name: &str| {
        matches
            .get_one::<String>(name)
            .expect("it has a default")
            .clone()
    };
    LearnArguments {
        har: har_of(matches),
        map: matches.get_one("map").cloned(),
        out: matches.get_one("out").cloned(),
        aliases: matches.get_one("aliases").cloned(),
        portal: word("portal"),
        upstream: word("upstream"),
    }
}
