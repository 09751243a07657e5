//! The arguments of `digue learn` and of `digue inspect --har`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use digue_locales::{Language, text};
use digue_map_commands::arguments::{HarArguments, LearnArguments, PilotArguments};

pub(super) fn file(language: Language, name: &'static str, key: &str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(text(language, key))
}

/// The arguments about the list of persons.
pub(super) fn person_arguments(language: Language) -> [Arg; 3] {
    let column = |name: &'static str, key: &str| {
        Arg::new(name)
            .long(name)
            .value_name("COLUMN")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .help(text(language, key))
    };
    [
        file(language, "persons", "command-learn-persons"),
        column("id", "command-learn-id"),
        column("name", "command-learn-name"),
    ]
}

/// The arguments about traffic and persons, for both commands.
pub(super) fn har_arguments(language: Language, har_key: &str) -> [Arg; 5] {
    let [persons, id, name] = person_arguments(language);
    let names = file(language, "names", "command-learn-names");
    [
        file(language, "har", har_key).num_args(1..),
        persons,
        id,
        name,
        names,
    ]
}

fn number(language: Language, name: &'static str, usual: &'static str, key: &str) -> Arg {
    let bounds = value_parser!(u64).range(1..=1_000_000);
    Arg::new(name)
        .long(name)
        .default_value(usual)
        .value_parser(bounds)
        .help(text(language, key))
}

pub(super) fn command(language: Language, config: Arg) -> Command {
    let [har, persons, id, name, names] = har_arguments(language, "command-learn-har");
    Command::new("learn")
        .about(text(language, "command-learn"))
        .args([har, persons, id, name, names])
        .arg(
            Arg::new("pilot")
                .long("pilot")
                .value_name("PORTAL")
                .conflicts_with_all(["har", "portal", "upstream"])
                .help(text(language, "command-learn-pilot")),
        )
        .group(
            ArgGroup::new("traffic")
                .args(["har", "pilot"])
                .required(true),
        )
        .arg(number(
            language,
            "exchanges",
            "1000",
            "command-learn-exchanges",
        ))
        .arg(number(language, "minutes", "60", "command-learn-minutes"))
        .arg(config)
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

/// None for a command without recordings.
fn files_of(matches: &ArgMatches) -> Vec<PathBuf> {
    let files = matches.try_get_many::<PathBuf>("har").ok().flatten();
    files.map(|all| all.cloned().collect()).unwrap_or_default()
}

pub(super) fn har_of(matches: &ArgMatches) -> HarArguments {
    let texts = |name: &str| {
        matches
            .get_many::<String>(name)
            .map(|all| all.cloned().collect())
            .unwrap_or_default()
    };
    HarArguments {
        files: files_of(matches),
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
        pilot: pilot(matches),
    }
}

fn pilot(matches: &ArgMatches) -> Option<PilotArguments> {
    let portal: &String = matches.get_one("pilot")?;
    let config: &PathBuf = matches.get_one("config").expect("it has a default");
    let count = |name: &str| *matches.get_one::<u64>(name).expect("it has a default");
    Some(PilotArguments {
        config: config.clone(),
        portal: portal.clone(),
        exchanges: usize::try_from(count("exchanges")).unwrap_or(usize::MAX),
        minutes: count("minutes"),
    })
}
