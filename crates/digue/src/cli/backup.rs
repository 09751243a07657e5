//! The arguments of `backup`, `drill`, `restore` and `continuity`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use digue_backup::acceptance::AcceptedAs;
use digue_backup::restoring::RestoredOwners;
use digue_continuity::place::{BucketUrl, RepositoryPlace};
use digue_locales::{Language, text};

use super::Subcommand;

pub(crate) enum BackupTask {
    Make(BackupArguments),
    Drill(DrillArguments),
    Restore(Box<RestoreArguments>),
    /// The configuration, what is copied, and the folder into which it goes.
    Export(PathBuf, ExportedFiles, PathBuf),
}

/// What `digue continuity` copies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ExportedFiles {
    Plan,
    Status,
}

pub(crate) struct BackupArguments {
    pub(crate) config: PathBuf,
    pub(crate) repository: Option<String>,
    pub(crate) action: BackupAction,
}

pub(crate) enum BackupAction {
    /// Stores every source; `inits` makes repositories that are not there.
    Make {
        inits: bool,
    },
    /// Reads tonight's share of the packs.
    Verify,
    /// Says what lies in a repository and is none of our backups.
    Check,
    TryDeletion,
    PlanDeletion,
    /// Proposes to two persons what freezes deletion: all, or the snapshots that begin so.
    Accept {
        accepted_as: AcceptedAs,
        snapshots: Vec<String>,
    },
    /// With the name and secret file of an account that may delete.
    DeleteAgreed {
        credential: Option<(String, PathBuf)>,
    },
    SplitKey {
        needed: u8,
        sheets: u8,
    },
}

pub(crate) struct DrillArguments {
    pub(crate) config: PathBuf,
    pub(crate) repository: Option<String>,
    /// Reads all packs, not tonight's share.
    pub(crate) is_full: bool,
    pub(crate) checkpoint: Option<PathBuf>,
    /// Set for the process that runs without a network.
    pub(crate) is_isolated: bool,
}

pub(crate) struct RestoreArguments {
    pub(crate) place: RepositoryPlace,
    pub(crate) key: RestoreKey,
    pub(crate) source: String,
    pub(crate) snapshot: Option<String>,
    /// `None` lists the snapshots.
    pub(crate) into: Option<PathBuf>,
    pub(crate) owners: RestoredOwners,
    /// A checkpoint of the journal that was kept elsewhere.
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) authorities: Option<PathBuf>,
}

pub(crate) enum RestoreKey {
    PasswordFile(PathBuf),
    /// Files with the words of one sheet each.
    Sheets(Vec<PathBuf>),
}

pub(super) fn commands(language: Language) -> [Command; 4] {
    let say = |key: &str| text(language, key);
    let path = |name: &'static str, key: &str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help(say(key))
    };
    let flag = |name: &'static str, key: &str| {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(say(key))
    };
    let config = || path("config", "command-config").default_value("digue.toml");
    let repository = || {
        Arg::new("repository")
            .long("repository")
            .value_name("NAME")
            .help(say("command-backup-repository"))
    };
    [
        Command::new("backup")
            .about(say("command-backup"))
            .arg(config())
            .arg(repository())
            .arg(flag("init", "command-backup-init"))
            .arg(flag("verify", "command-backup-verify"))
            .arg(flag("check", "command-backup-check"))
            .arg(flag("try-deletion", "command-backup-try-deletion"))
            .arg(
                Arg::new("split-key")
                    .long("split-key")
                    .value_name("2/3")
                    .value_parser(parse_split)
                    .help(say("command-backup-split-key")),
            )
            .arg(flag("plan-deletion", "command-backup-plan-deletion"))
            .arg(flag("delete-agreed", "command-backup-delete-agreed"))
            .arg(
                Arg::new("accept")
                    .long("accept")
                    .value_name("sound|unsound")
                    .value_parser(parse_accepted_as)
                    .help(say("command-backup-accept")),
            )
            .arg(
                Arg::new("snapshot")
                    .long("snapshot")
                    .value_name("ID")
                    .requires("accept")
                    // An empty one begins the name of every snapshot.
                    .value_parser(clap::builder::NonEmptyStringValueParser::new())
                    .action(ArgAction::Append)
                    .help(say("command-backup-accept-snapshot")),
            )
            .arg(
                Arg::new("delete-user")
                    .long("delete-user")
                    .requires("delete-login-file")
                    .requires("delete-agreed")
                    .help(say("command-backup-delete-user")),
            )
            .arg(
                path("delete-login-file", "command-backup-delete-login-file")
                    .requires("delete-user"),
            )
            .group(ArgGroup::new("action").args([
                "init",
                "verify",
                "check",
                "try-deletion",
                "plan-deletion",
                "delete-agreed",
                "accept",
                "split-key",
            ])),
        Command::new("drill")
            .about(say("command-drill"))
            .arg(config())
            .arg(repository())
            .arg(flag("full", "command-drill-full"))
            .arg(
                Arg::new("isolated")
                    .long("isolated")
                    .action(ArgAction::SetTrue)
                    .hide(true),
            )
            .arg(path("checkpoint", "command-restore-checkpoint")),
        Command::new("restore")
            .about(say("command-restore"))
            .arg(
                Arg::new("from")
                    .long("from")
                    .value_name("FOLDER|URL")
                    .required_unless_present("from-bucket")
                    .help(say("command-restore-from")),
            )
            .arg(
                Arg::new("from-bucket")
                    .long("from-bucket")
                    .value_name("URL")
                    .value_parser(BucketUrl::parse)
                    .conflicts_with("from")
                    .requires("user")
                    .help(say("command-restore-from-bucket")),
            )
            .arg(
                Arg::new("region")
                    .long("region")
                    .default_value("us-east-1")
                    .help(say("command-restore-region")),
            )
            .arg(path("password-file", "command-restore-password-file"))
            .arg(path("sheet", "command-restore-sheet").action(ArgAction::Append))
            .group(
                ArgGroup::new("key")
                    .args(["password-file", "sheet"])
                    .required(true),
            )
            .arg(
                Arg::new("source")
                    .long("source")
                    .default_value("digue")
                    .help(say("command-restore-source")),
            )
            .arg(
                Arg::new("snapshot")
                    .long("snapshot")
                    .value_name("ID")
                    .help(say("command-restore-snapshot")),
            )
            .arg(path("into", "command-restore-into"))
            .arg(flag("owners", "command-restore-owners").requires("into"))
            .arg(path("checkpoint", "command-restore-checkpoint"))
            .arg(path("authorities", "command-restore-authorities"))
            .arg(
                Arg::new("user")
                    .long("user")
                    .requires("login-file")
                    .help(say("command-restore-user")),
            )
            .arg(path("login-file", "command-restore-login-file").requires("user")),
        Command::new("continuity")
            .about(say("command-continuity"))
            .arg(
                Arg::new("export")
                    .required(true)
                    .value_parser(["export", "status"])
                    .help(say("command-continuity-export")),
            )
            .arg(
                Arg::new("folder")
                    .required(true)
                    .value_parser(value_parser!(PathBuf))
                    .help(say("command-continuity-folder")),
            )
            .arg(config()),
    ]
}

fn parse_split(text: &str) -> Result<(u8, u8), String> {
    let numbers = text
        .split_once('/')
        .and_then(|(needed, sheets)| Some((needed.parse().ok()?, sheets.parse().ok()?)));
    numbers.ok_or_else(|| "2/3".to_owned())
}

fn parse_accepted_as(text: &str) -> Result<AcceptedAs, String> {
    let known = [AcceptedAs::Sound, AcceptedAs::Unsound];
    let found = known.into_iter().find(|one| one.code() == text);
    found.ok_or_else(|| "sound | unsound".to_owned())
}

/// The task of one of these commands; `None` for any other name.
pub(super) fn task(name: &str, matches: &ArgMatches) -> Option<Subcommand> {
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    let word = |name: &str| matches.get_one::<String>(name).cloned();
    let config = || path("config").expect("it has a default");
    let task = match name {
        "backup" => {
            let split = matches.get_one::<(u8, u8)>("split-key");
            let accepted_as = matches.get_one::<AcceptedAs>("accept");
            let action = match (split, accepted_as) {
                (Some((needed, sheets)), _) => BackupAction::SplitKey {
                    needed: *needed,
                    sheets: *sheets,
                },
                (None, Some(accepted_as)) => BackupAction::Accept {
                    accepted_as: *accepted_as,
                    snapshots: matches
                        .get_many::<String>("snapshot")
                        .map_or_else(Vec::new, |starts| starts.cloned().collect()),
                },
                (None, None) if matches.get_flag("verify") => BackupAction::Verify,
                (None, None) if matches.get_flag("check") => BackupAction::Check,
                (None, None) if matches.get_flag("try-deletion") => BackupAction::TryDeletion,
                (None, None) if matches.get_flag("plan-deletion") => BackupAction::PlanDeletion,
                (None, None) if matches.get_flag("delete-agreed") => BackupAction::DeleteAgreed {
                    credential: word("delete-user").zip(path("delete-login-file")),
                },
                (None, None) => BackupAction::Make {
                    inits: matches.get_flag("init"),
                },
            };
            BackupTask::Make(BackupArguments {
                config: config(),
                repository: word("repository"),
                action,
            })
        }
        "drill" => BackupTask::Drill(DrillArguments {
            config: config(),
            repository: word("repository"),
            is_full: matches.get_flag("full"),
            is_isolated: matches.get_flag("isolated"),
            checkpoint: path("checkpoint"),
        }),
        "restore" => {
            let bucket = matches.get_one::<BucketUrl>("from-bucket").cloned();
            let from = word("from").unwrap_or_default();
            let place = if let Some(bucket) = bucket {
                RepositoryPlace::Bucket(bucket.place(
                    word("region").expect("it has a default"),
                    word("user").expect("clap requires it"),
                    path("login-file").expect("clap requires it"),
                ))
            } else if from.contains("://") {
                let login = word("user").zip(path("login-file"));
                RepositoryPlace::Rest {
                    url: from.trim_end_matches('/').to_owned(),
                    login,
                }
            } else {
                RepositoryPlace::Folder(PathBuf::from(from))
            };
            let sheets = matches
                .get_many::<PathBuf>("sheet")
                .map(|files| files.cloned().collect());
            BackupTask::Restore(Box::new(RestoreArguments {
                place,
                key: match path("password-file") {
                    Some(file) => RestoreKey::PasswordFile(file),
                    None => RestoreKey::Sheets(sheets.expect("clap requires one of the two")),
                },
                source: word("source").expect("it has a default"),
                snapshot: word("snapshot"),
                into: path("into"),
                owners: if matches.get_flag("owners") {
                    RestoredOwners::OfSnapshot
                } else {
                    RestoredOwners::Restorer
                },
                checkpoint: path("checkpoint"),
                authorities: path("authorities"),
            }))
        }
        "continuity" => {
            let what = match word("export").as_deref() {
                Some("status") => ExportedFiles::Status,
                Some(_) | None => ExportedFiles::Plan,
            };
            BackupTask::Export(config(), what, path("folder").expect("clap requires it"))
        }
        _ => return None,
    };
    Some(Subcommand::Backup(task))
}
