//! The command line, in the user's language.

pub(crate) mod backup;
pub(crate) mod doctor;
pub(crate) mod evidence;
pub(crate) mod learn;
pub(crate) mod map;
pub(crate) mod names;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use digue_demo::attack::DemoAttackKind;
use digue_init::{DiskPlaces, SmallOptions};
use digue_locales::{Language, text};
use digue_map_commands::arguments::{InspectedTraffic, LearnArguments, SavedResponse};
use digue_replay_commands::arguments::{RecordArguments, ReplayArguments, WatchArguments};

use backup::BackupTask;
use doctor::DoctorArguments;
use evidence::EvidenceTask;
use map::MapReportArguments;
use names::NamesArguments;

/// A parsed command line.
pub(crate) struct CommandLine {
    pub(crate) language: Language,
    pub(crate) command: Subcommand,
}

pub(crate) enum Subcommand {
    Init {
        folder: PathBuf,
    },
    InitSmall(SmallOptions),
    Check {
        config: PathBuf,
        probe: Option<RouteProbe>,
    },
    Doctor(DoctorArguments),
    Completions {
        shell: Shell,
    },
    Man {
        folder: PathBuf,
    },
    Inspect {
        config: PathBuf,
        portal: String,
        what: InspectedTraffic,
    },
    Learn(LearnArguments),
    Names(NamesArguments),
    MapReport(MapReportArguments),
    Serve {
        config: PathBuf,
    },
    Link {
        config: PathBuf,
        account: String,
        host: String,
    },
    Account {
        config: PathBuf,
        account: String,
        organisation: String,
        role: String,
        moves: bool,
    },
    PrintedKey {
        config: PathBuf,
    },
    Confirm {
        config: PathBuf,
        account: String,
        code: String,
        how: String,
    },
    Demo {
        address: SocketAddr,
        folder: Option<PathBuf>,
        attack: Option<DemoAttackKind>,
    },
    Replay(ReplayArguments),
    Watch(WatchArguments),
    Decoys(DecoysArguments),
    Backup(BackupTask),
    Evidence(EvidenceTask),
}

/// A request whose route is wanted: method and URL.
pub(crate) struct RouteProbe {
    pub(crate) method: String,
    pub(crate) url: String,
}

/// The arguments of `digue decoys`.
pub(crate) struct DecoysArguments {
    pub(crate) config: PathBuf,
    pub(crate) portal: String,
    pub(crate) like: String,
    pub(crate) count: usize,
}

/// Parses the arguments; prints help or an error and exits when they name no task.
pub(crate) fn parse() -> CommandLine {
    let language = language();
    let matches = command(language).get_matches();
    CommandLine {
        language,
        command: task(&matches),
    }
}

/// `--language` anywhere, else that of the environment.
// Before clap runs: its own help and errors are printed in this language.
fn language() -> Language {
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--language" {
            return arguments
                .next()
                .and_then(|code| Language::parse(&code))
                .unwrap_or_default();
        }
        if let Some(code) = argument.strip_prefix("--language=") {
            return Language::parse(code).unwrap_or_default();
        }
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    Language::negotiate(&locale.unwrap_or_default())
}

/// The whole command line.
pub(crate) fn command(language: Language) -> Command {
    let say = |key: &str| text(language, key);
    let config = || {
        Arg::new("config")
            .long("config")
            .value_name("FILE")
            .default_value("digue.toml")
            .value_parser(value_parser!(PathBuf))
            .help(say("command-config"))
    };
    Command::new("digue")
        .about(say("command-about"))
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(
            Arg::new("language")
                .long("language")
                .value_name("fr|en")
                .global(true)
                .value_parser(["fr", "en"])
                .help(say("command-language")),
        )
        .subcommand(
            Command::new("demo")
                .about(say("command-demo"))
                .arg(
                    Arg::new("attack")
                        .long("attack")
                        .value_name("NAME")
                        .value_parser(DemoAttackKind::NAMES)
                        .help(say("command-demo-attack")),
                )
                .arg(
                    Arg::new("port")
                        .long("port")
                        .default_value("8080")
                        .value_parser(value_parser!(u16))
                        .help(say("command-demo-port")),
                )
                .arg(
                    Arg::new("folder")
                        .long("folder")
                        .value_parser(value_parser!(PathBuf))
                        .help(say("command-demo-folder")),
                ),
        )
        .subcommand(
            Command::new("init")
                .about(say("command-init"))
                .arg(
                    Arg::new("folder")
                        .default_value(".")
                        .value_parser(value_parser!(PathBuf))
                        .help(say("command-init-folder")),
                )
                .arg(
                    Arg::new("small")
                        .long("small")
                        .action(ArgAction::SetTrue)
                        .help(say("command-init-small")),
                )
                .arg(
                    Arg::new("disks")
                        .long("disks")
                        .requires("small")
                        .value_parser(value_parser!(PathBuf))
                        .help(say("command-init-disks")),
                ),
        )
        .subcommand(
            Command::new("check")
                .about(say("command-check"))
                .arg(config())
                .arg(
                    Arg::new("route")
                        .long("route")
                        .num_args(2)
                        .value_names(["METHOD", "URL"])
                        .help(say("command-check-route")),
                ),
        )
        .subcommand(doctor::command(language, config()))
        .subcommand(inspect_command(language).arg(config()))
        .subcommand(learn::command(language, config()))
        .subcommand(names::command(language, config()))
        .subcommand(map::command(language, config()))
        .subcommand(
            Command::new("serve")
                .about(say("command-serve"))
                .arg(config()),
        )
        .subcommand(
            Command::new("account")
                .about(say("command-account"))
                .arg(config())
                .arg(
                    Arg::new("account")
                        .required(true)
                        .help(say("command-link-account")),
                )
                .arg(
                    Arg::new("organisation")
                        .long("organisation")
                        .required(true)
                        .help(say("command-account-organisation")),
                )
                .arg(
                    Arg::new("role")
                        .long("role")
                        .default_value("agent")
                        .help(say("command-account-role")),
                )
                .arg(
                    Arg::new("move")
                        .long("move")
                        .action(ArgAction::SetTrue)
                        .help(say("command-account-move")),
                ),
        )
        .subcommand(
            Command::new("link")
                .about(say("command-link"))
                .arg(config())
                .arg(
                    Arg::new("account")
                        .required(true)
                        .help(say("command-link-account")),
                )
                .arg(
                    Arg::new("host")
                        .long("host")
                        .required(true)
                        .help(say("command-link-host")),
                ),
        )
        .subcommand(
            Command::new("confirm")
                .about(say("command-confirm"))
                .arg(config())
                .arg(
                    Arg::new("account")
                        .required(true)
                        .help(say("command-link-account")),
                )
                .arg(
                    Arg::new("code")
                        .long("code")
                        .required(true)
                        .help(say("command-confirm-code")),
                )
                .arg(
                    Arg::new("how")
                        .long("how")
                        .required(true)
                        .help(say("command-confirm-how")),
                ),
        )
        .subcommand(
            Command::new("completions")
                .about(say("command-completions"))
                .arg(
                    Arg::new("shell")
                        .required(true)
                        .value_parser(value_parser!(Shell))
                        .help(say("command-completions-shell")),
                ),
        )
        .subcommand(
            Command::new("man").about(say("command-man")).arg(
                Arg::new("folder")
                    .required(true)
                    .value_parser(value_parser!(PathBuf))
                    .help(say("command-man-folder")),
            ),
        )
        .subcommand(
            Command::new("printed-key")
                .about(say("command-printed-key"))
                .arg(config()),
        )
        .subcommand(replay_command(language))
        .subcommand(watch_command(language))
        .subcommand(decoys_command(language).arg(config()))
        .subcommands(backup::commands(language))
        .subcommands(evidence::commands(language))
}

fn replay_command(language: Language) -> Command {
    let say = |key: &str| text(language, key);
    let flag = |name: &'static str, key: &str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(say(key))
    };
    let number = |name: &'static str, default: &'static str, key: &str| {
        Arg::new(name)
            .long(name)
            .default_value(default)
            .value_parser(value_parser!(u64))
            .help(say(key))
    };
    Command::new("replay")
        .about(say("command-replay"))
        .arg(Arg::new("class").help(say("command-replay-class")))
        .arg(flag("list", "command-replay-list"))
        .arg(flag("all", "command-replay-all"))
        .arg(number("seed", "1", "command-replay-seed"))
        .arg(number("seeds", "1", "command-replay-seeds"))
        .arg(
            Arg::new("caseload")
                .long("caseload")
                .value_parser(["with", "without"])
                .help(say("command-replay-caseload")),
        )
        .arg(flag("ablation", "command-replay-ablation"))
        .arg(flag("json", "command-replay-json"))
        .arg(
            Arg::new("record")
                .long("record")
                .value_name("FILE")
                .num_args(1..)
                .value_parser(value_parser!(PathBuf))
                .help(say("command-replay-record")),
        )
        .arg(
            Arg::new("course")
                .long("course")
                .value_parser(["as-recorded", "surge", "growth"])
                .default_value("as-recorded")
                .help(say("command-replay-course")),
        )
        .arg(flag("one-office", "command-replay-one-office"))
        .arg(flag("no-organisations", "command-replay-no-organisations"))
        .arg(flag("verdicts", "command-replay-verdicts"))
        .arg(flag("tuning-half", "command-replay-tuning-half"))
        .arg(number("victims", "20", "command-replay-victims"))
        .arg(flag("sensitivity", "command-replay-sensitivity"))
        .group(
            clap::ArgGroup::new("what")
                .args(["class", "list", "all", "record"])
                .required(true),
        )
}

fn watch_command(language: Language) -> Command {
    let file = |name: &'static str, key: &str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help(text(language, key))
    };
    Command::new("watch")
        .about(text(language, "command-watch"))
        .arg(file("exposures", "command-watch-exposures").required(true))
        .arg(file("accounts", "command-watch-accounts"))
        .arg(file("caseload", "command-watch-caseload"))
        .arg(file("decisions", "command-watch-decisions"))
}

fn decoys_command(language: Language) -> Command {
    let say = |key: &str| text(language, key);
    let needed =
        |name: &'static str, key: &str| Arg::new(name).long(name).required(true).help(say(key));
    Command::new("decoys")
        .about(say("command-decoys"))
        .arg(needed("portal", "command-inspect-portal"))
        .arg(needed("like", "command-decoys-like"))
        .arg(
            Arg::new("count")
                .long("count")
                .default_value("20")
                .value_parser(value_parser!(usize))
                .help(say("command-decoys-count")),
        )
}

fn inspect_command(language: Language) -> Command {
    let say = |key: &str| text(language, key);
    let needed = |name: &'static str, key: &str| Arg::new(name).help(say(key));
    let option = |name: &'static str, value: &'static str, key: &str| {
        Arg::new(name).long(name).value_name(value).help(say(key))
    };
    let route = needed("route", "command-inspect-route").required_unless_present("har");
    let body = needed("body", "command-inspect-body").required_unless_present("har");
    Command::new("inspect")
        .about(say("command-inspect"))
        .arg(needed("portal", "command-inspect-portal").required(true))
        .arg(route.conflicts_with("har"))
        .arg(body.value_parser(value_parser!(PathBuf)))
        .args(learn::har_arguments(language, "command-inspect-har"))
        .arg(learn::file(language, "each", "command-inspect-each").requires("har"))
        .arg(option("type", "TYPE", "command-inspect-type"))
        .arg(
            option(
                "encoding",
                "gzip|br|zstd|deflate",
                "command-inspect-encoding",
            )
            .default_value(""),
        )
        .arg(
            option("status", "CODE", "command-inspect-status")
                .default_value("200")
                .value_parser(value_parser!(u16)),
        )
}

fn saved_response(matches: &ArgMatches) -> SavedResponse {
    let text = |name: &str| {
        matches
            .get_one::<String>(name)
            .expect("clap requires it")
            .clone()
    };
    SavedResponse {
        route: text("route"),
        status: *matches.get_one::<u16>("status").expect("it has a default"),
        media_type: matches.get_one::<String>("type").cloned(),
        coding: text("encoding"),
        body: matches
            .get_one::<PathBuf>("body")
            .expect("clap requires it")
            .clone(),
    }
}

fn route_probe(matches: &ArgMatches) -> Option<RouteProbe> {
    let mut parts = matches.get_many::<String>("route")?.cloned();
    Some(RouteProbe {
        method: parts.next()?,
        url: parts.next()?,
    })
}

fn task(matches: &ArgMatches) -> Subcommand {
    let (name, matches) = matches.subcommand().expect("clap requires a subcommand");
    let path = |name: &str| {
        matches
            .get_one::<PathBuf>(name)
            .expect("it has a default")
            .clone()
    };
    let text = |name: &str| {
        matches
            .get_one::<String>(name)
            .expect("clap requires it")
            .clone()
    };
    match name {
        "init" if matches.get_flag("small") => {
            let disks = matches.get_one::<PathBuf>("disks").cloned();
            Subcommand::InitSmall(SmallOptions {
                home: path("folder"),
                disks: disks.map_or(DiskPlaces::Usual, DiskPlaces::Below),
            })
        }
        "init" => Subcommand::Init {
            folder: path("folder"),
        },
        "check" => Subcommand::Check {
            config: path("config"),
            probe: route_probe(matches),
        },
        "doctor" => Subcommand::Doctor(doctor::arguments(matches)),
        "completions" => Subcommand::Completions {
            shell: *matches.get_one("shell").expect("clap requires it"),
        },
        "man" => Subcommand::Man {
            folder: path("folder"),
        },
        "inspect" => {
            let what = match matches.contains_id("har") {
                true => InspectedTraffic::Har {
                    har: learn::har_of(matches),
                    each: matches.get_one("each").cloned(),
                },
                false => InspectedTraffic::Response(saved_response(matches)),
            };
            Subcommand::Inspect {
                config: path("config"),
                portal: text("portal"),
                what,
            }
        }
        "learn" => Subcommand::Learn(learn::arguments(matches)),
        "map" => Subcommand::MapReport(map::arguments(matches)),
        "names" => Subcommand::Names(names::arguments(matches)),
        "serve" => Subcommand::Serve {
            config: path("config"),
        },
        "link" => Subcommand::Link {
            config: path("config"),
            account: text("account"),
            host: text("host"),
        },
        "account" => Subcommand::Account {
            config: path("config"),
            account: text("account"),
            organisation: text("organisation"),
            role: text("role"),
            moves: matches.get_flag("move"),
        },
        "confirm" => Subcommand::Confirm {
            config: path("config"),
            account: text("account"),
            code: text("code"),
            how: text("how"),
        },
        "printed-key" => Subcommand::PrintedKey {
            config: path("config"),
        },
        "demo" => {
            let port = *matches.get_one::<u16>("port").expect("it has a default");
            Subcommand::Demo {
                address: SocketAddr::from(([127, 0, 0, 1], port)),
                folder: matches.get_one::<PathBuf>("folder").cloned(),
                attack: matches
                    .get_one::<String>("attack")
                    .and_then(|name| DemoAttackKind::parse(name)),
            }
        }
        "replay" => Subcommand::Replay(ReplayArguments {
            class: matches.get_one("class").cloned(),
            lists: matches.get_flag("list"),
            seed: *matches.get_one("seed").expect("it has a default"),
            seeds: *matches.get_one("seeds").expect("it has a default"),
            caseload: matches
                .get_one::<String>("caseload")
                .map(|with| with == "with"),
            ablation: matches.get_flag("ablation"),
            json: matches.get_flag("json"),
            record: RecordArguments {
                files: matches
                    .get_many("record")
                    .map(|files| files.cloned().collect())
                    .unwrap_or_default(),
                course: text("course"),
                has_one_office: matches.get_flag("one-office"),
                has_no_organisations: matches.get_flag("no-organisations"),
                has_verdicts: matches.get_flag("verdicts"),
                is_tuning_half: matches.get_flag("tuning-half"),
                victims: *matches.get_one("victims").expect("it has a default"),
                sensitivity: matches.get_flag("sensitivity"),
            },
        }),
        "decoys" => Subcommand::Decoys(DecoysArguments {
            config: path("config"),
            portal: text("portal"),
            like: text("like"),
            count: *matches.get_one("count").expect("it has a default"),
        }),
        "watch" => Subcommand::Watch(WatchArguments {
            exposures: path("exposures"),
            accounts: matches.get_one("accounts").cloned(),
            caseload: matches.get_one("caseload").cloned(),
            decisions: matches.get_one("decisions").cloned(),
        }),
        name => backup::task(name, matches).unwrap_or_else(|| evidence::task(name, matches)),
    }
}
