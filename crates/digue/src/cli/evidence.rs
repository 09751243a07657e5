//! The arguments of evidence commands: journal, receipts, scope, witnesses, imports.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use digue_locales::{Language, text};

use super::Subcommand;

/// A journal and the keys for reading it.
#[derive(Clone)]
pub(crate) struct JournalPlace {
    pub(crate) folder: PathBuf,
    /// Given on the command line; the default one may not exist.
    pub(crate) is_named: bool,
    pub(crate) key: Option<String>,
    /// The file with the master key, which opens the entries.
    pub(crate) master: Option<PathBuf>,
}

/// The witnesses that must have cosigned.
pub(crate) struct WitnessKeys {
    pub(crate) keys: Vec<String>,
    pub(crate) quorum: Option<u64>,
}

/// A scope question, as typed.
pub(crate) struct ScopeArguments {
    pub(crate) accounts: Vec<String>,
    pub(crate) organisations: Vec<String>,
    pub(crate) portals: Vec<String>,
    pub(crate) routes: Vec<String>,
    pub(crate) sessions: Vec<String>,
    pub(crate) networks: Vec<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

/// The form of the output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerFormat {
    /// Sentences.
    Words,
    Json,
    Ocsf,
    Csv,
    Parquet,
    /// The list, with its proof and signature.
    Signed,
}

pub(crate) enum EvidenceTask {
    Verify {
        journal: JournalPlace,
        from: Option<PathBuf>,
        witnesses: WitnessKeys,
    },
    Show {
        journal: JournalPlace,
        first: u64,
        count: u64,
    },
    Tail {
        journal: JournalPlace,
        count: u64,
        follows: bool,
    },
    Prove {
        journal: JournalPlace,
        entry: u64,
        discloses: bool,
    },
    Receipt {
        file: PathBuf,
        key: Option<String>,
        witnesses: WitnessKeys,
    },
    Export {
        journal: JournalPlace,
        form: AnswerFormat,
        out: Option<PathBuf>,
        from: Option<String>,
        to: Option<String>,
    },
    Accept {
        config: PathBuf,
    },
    Forget {
        config: PathBuf,
        before: String,
        portal: Option<String>,
    },
    /// The journal of this machine into the database.
    Share {
        config: PathBuf,
    },
    /// The journal of the database into a folder.
    Fetch {
        config: PathBuf,
        folder: Option<PathBuf>,
        moves: bool,
    },
    ClusterStatus {
        config: PathBuf,
    },
    Scope {
        journal: JournalPlace,
        arguments: ScopeArguments,
        form: AnswerFormat,
        out: Option<PathBuf>,
        counts: bool,
    },
    ScopeCheck {
        journal: JournalPlace,
        file: PathBuf,
        from_journal: bool,
    },
    ScopeCompare {
        journal: JournalPlace,
        first: PathBuf,
        second: PathBuf,
        form: AnswerFormat,
        out: Option<PathBuf>,
    },
    Seen {
        journal: JournalPlace,
        person: String,
        form: AnswerFormat,
        out: Option<PathBuf>,
    },
    Witness {
        folder: PathBuf,
        name: String,
        address: SocketAddr,
        journals: Vec<String>,
    },
    Import {
        config: PathBuf,
        import: ImportArguments,
    },
}

/// The arguments of `digue import`.
pub(crate) struct ImportArguments {
    pub(crate) map: PathBuf,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) rejects: Option<PathBuf>,
    /// True when nothing is to be journalled.
    pub(crate) is_trial: bool,
}

struct OutputLanguage(Language);

impl OutputLanguage {
    fn say(&self, key: &str) -> String {
        text(self.0, key)
    }

    fn option(&self, name: &'static str, value: &'static str, key: &str) -> Arg {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .help(self.say(key))
    }

    fn several(&self, name: &'static str, value: &'static str, key: &str) -> Arg {
        self.option(name, value, key).action(ArgAction::Append)
    }

    fn path(&self, name: &'static str, value: &'static str, key: &str) -> Arg {
        self.option(name, value, key)
            .value_parser(value_parser!(PathBuf))
    }

    fn flag(&self, name: &'static str, key: &str) -> Arg {
        Arg::new(name)
            .long(name)
            .action(ArgAction::SetTrue)
            .help(self.say(key))
    }

    fn file(&self, name: &'static str, key: &str) -> Arg {
        Arg::new(name)
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help(self.say(key))
    }

    fn number(&self, name: &'static str, usual: &'static str, key: &str) -> Arg {
        self.option(name, "N", key)
            .default_value(usual)
            .value_parser(value_parser!(u64))
    }

    fn config(&self) -> Arg {
        self.path("config", "FILE", "command-config")
            .default_value("digue.toml")
    }

    /// Adds the arguments for the journal's folder, its public key and the master key.
    fn place(&self, command: Command) -> Command {
        command
            .arg(
                self.path("folder", "FOLDER", "command-journal-folder")
                    .long("journal")
                    .default_value("data/journal"),
            )
            .arg(self.option("key", "KEY", "command-journal-key"))
            .arg(self.path("master", "FILE", "command-journal-master"))
    }

    fn witnesses(&self, command: Command) -> Command {
        command
            .arg(self.several("witness", "KEY", "command-journal-witness"))
            .arg(
                self.option("quorum", "N", "command-journal-quorum")
                    .value_parser(value_parser!(u64)),
            )
    }

    fn forms(&self, command: Command, names: &[&'static str]) -> Command {
        let flags = names.iter().map(|name| {
            let key = format!("command-form-{name}");
            Arg::new(*name)
                .long(*name)
                .action(ArgAction::SetTrue)
                .help(self.say(&key))
        });
        command
            .args(flags)
            .group(ArgGroup::new("form").args(names.to_vec()))
            .arg(self.path("out", "FILE", "command-out"))
    }

    fn span(&self, command: Command) -> Command {
        command
            .arg(self.option("from", "TIME", "command-from"))
            .arg(self.option("to", "TIME", "command-to"))
    }
}

pub(super) fn commands(language: Language) -> [Command; 6] {
    let s = OutputLanguage(language);
    [
        journal(&s),
        scope(&s),
        seen(&s),
        witness(&s),
        import(&s),
        cluster(&s),
    ]
}

fn cluster(s: &OutputLanguage) -> Command {
    let status = Command::new("status").about(s.say("command-cluster-status"));
    Command::new("cluster")
        .about(s.say("command-cluster"))
        .subcommand_required(true)
        .subcommand(status.arg(s.config()))
}

fn journal(s: &OutputLanguage) -> Command {
    let command = |name: &'static str| {
        let about = s.say(&format!("command-journal-{name}"));
        Command::new(name).about(about)
    };
    let verify = s.witnesses(s.place(command("verify")));
    Command::new("journal")
        .about(s.say("command-journal"))
        .subcommand_required(true)
        .subcommand(verify.arg(s.path("from", "CHECKPOINT", "command-journal-verify-from")))
        .subcommand(
            s.place(command("show"))
                .arg(s.number("first", "0", "command-journal-show-first"))
                .arg(s.number("count", "20", "command-journal-show-count")),
        )
        .subcommand(
            s.place(command("tail"))
                .arg(s.number("count", "20", "command-journal-show-count"))
                .arg(s.flag("follow", "command-journal-tail-follow")),
        )
        .subcommand(
            s.place(command("prove"))
                .arg(
                    Arg::new("entry")
                        .required(true)
                        .value_parser(value_parser!(u64))
                        .help(s.say("command-journal-prove-entry")),
                )
                .arg(s.flag("disclose", "command-journal-prove-disclose")),
        )
        .subcommand(
            s.witnesses(command("receipt"))
                .arg(s.file("file", "command-journal-receipt-file"))
                .arg(s.option("key", "KEY", "command-journal-key")),
        )
        .subcommand(s.forms(
            s.span(s.place(command("export"))),
            &["json", "ocsf", "csv", "parquet"],
        ))
        .subcommand(command("accept").arg(s.config()))
        .subcommand(command("share").arg(s.config()))
        .subcommand(
            command("fetch")
                .arg(s.config())
                .arg(s.path("folder", "FOLDER", "command-journal-fetch-folder"))
                .arg(s.flag("move", "command-journal-fetch-move")),
        )
        .subcommand(
            command("forget")
                .arg(s.config())
                .arg(
                    s.option("before", "DATE", "command-journal-forget-before")
                        .required(true),
                )
                .arg(s.option("portal", "NAME", "command-journal-forget-portal")),
        )
}

fn scope(s: &OutputLanguage) -> Command {
    let command = Command::new("scope")
        .about(s.say("command-scope"))
        .args_conflicts_with_subcommands(true)
        .arg(s.several("account", "NAME", "command-scope-account"))
        .arg(s.several("organisation", "NAME", "command-scope-organisation"))
        .arg(s.several("portal", "NAME", "command-scope-portal"))
        .arg(s.several("route", "NAME", "command-scope-route"))
        .arg(s.several("session", "NAME", "command-scope-session"))
        .arg(s.several("ip", "CIDR", "command-scope-ip"))
        .arg(s.flag("count", "command-scope-count"));
    let command = s.forms(
        s.span(s.place(command)),
        &["json", "csv", "parquet", "signed"],
    );
    command
        .subcommand(
            s.place(Command::new("check").about(s.say("command-scope-check")))
                .arg(s.file("file", "command-scope-file"))
                .arg(s.flag("from-journal", "command-scope-from-journal")),
        )
        .subcommand(
            s.forms(
                s.place(Command::new("compare").about(s.say("command-scope-compare")))
                    .arg(s.file("first", "command-scope-file"))
                    .arg(s.file("second", "command-scope-file")),
                &["json", "csv"],
            ),
        )
}

fn seen(s: &OutputLanguage) -> Command {
    let command = s.place(Command::new("seen").about(s.say("command-seen")));
    let person = s
        .option("person", "PERSON", "command-seen-person")
        .required(true);
    s.forms(command.arg(person), &["json", "csv", "parquet"])
}

fn witness(s: &OutputLanguage) -> Command {
    Command::new("witness")
        .about(s.say("command-witness"))
        .arg(
            s.path("folder", "FOLDER", "command-witness-folder")
                .default_value("witness"),
        )
        .arg(
            s.option("name", "NAME", "command-witness-name")
                .required(true),
        )
        .arg(
            s.option("address", "ADDRESS", "command-witness-address")
                .default_value("127.0.0.1:7380")
                .value_parser(value_parser!(SocketAddr)),
        )
        .arg(
            s.several("log", "KEY", "command-witness-log")
                .required(true),
        )
}

fn import(s: &OutputLanguage) -> Command {
    Command::new("import")
        .about(s.say("command-import"))
        .arg(s.config())
        .arg(s.path("map", "FILE", "command-import-map").required(true))
        .arg(s.path("rejects", "FILE", "command-import-rejects"))
        .arg(s.flag("trial", "command-import-trial"))
        .arg(s.file("files", "command-import-files").num_args(1..))
}

/// The task of one of `commands`.
pub(super) fn task(name: &str, matches: &ArgMatches) -> Subcommand {
    Subcommand::Evidence(match name {
        "journal" => {
            let (name, matches) = matches.subcommand().expect("clap requires a subcommand");
            journal_task(name, matches)
        }
        "scope" => scope_task(matches),
        "seen" => EvidenceTask::Seen {
            journal: place(matches),
            person: text_of(matches, "person").expect("clap requires it"),
            form: form(matches),
            out: path(matches, "out"),
        },
        "witness" => EvidenceTask::Witness {
            folder: path(matches, "folder").expect("it has a default"),
            name: text_of(matches, "name").expect("clap requires it"),
            address: *matches.get_one("address").expect("it has a default"),
            journals: texts_of(matches, "log"),
        },
        "cluster" => {
            let (_, matches) = matches.subcommand().expect("clap requires a subcommand");
            EvidenceTask::ClusterStatus {
                config: path(matches, "config").expect("it has a default"),
            }
        }
        _ => EvidenceTask::Import {
            config: path(matches, "config").expect("it has a default"),
            import: import_arguments(matches),
        },
    })
}

fn import_arguments(matches: &ArgMatches) -> ImportArguments {
    let files = matches.get_many("files").into_iter().flatten();
    ImportArguments {
        map: path(matches, "map").expect("clap requires it"),
        files: files.cloned().collect(),
        rejects: path(matches, "rejects"),
        is_trial: matches.get_flag("trial"),
    }
}

fn journal_task(name: &str, matches: &ArgMatches) -> EvidenceTask {
    let number = |name: &str| *matches.get_one::<u64>(name).expect("it has a default");
    match name {
        "verify" => EvidenceTask::Verify {
            journal: place(matches),
            from: path(matches, "from"),
            witnesses: witness_keys(matches),
        },
        "show" => EvidenceTask::Show {
            journal: place(matches),
            first: number("first"),
            count: number("count"),
        },
        "tail" => EvidenceTask::Tail {
            journal: place(matches),
            count: number("count"),
            follows: matches.get_flag("follow"),
        },
        "prove" => EvidenceTask::Prove {
            journal: place(matches),
            entry: number("entry"),
            discloses: matches.get_flag("disclose"),
        },
        "receipt" => EvidenceTask::Receipt {
            file: path(matches, "file").expect("clap requires it"),
            key: text_of(matches, "key"),
            witnesses: witness_keys(matches),
        },
        "export" => EvidenceTask::Export {
            journal: place(matches),
            form: form(matches),
            out: path(matches, "out"),
            from: text_of(matches, "from"),
            to: text_of(matches, "to"),
        },
        "accept" => EvidenceTask::Accept {
            config: path(matches, "config").expect("it has a default"),
        },
        "share" => EvidenceTask::Share {
            config: path(matches, "config").expect("it has a default"),
        },
        "fetch" => EvidenceTask::Fetch {
            config: path(matches, "config").expect("it has a default"),
            folder: path(matches, "folder"),
            moves: matches.get_flag("move"),
        },
        _ => EvidenceTask::Forget {
            config: path(matches, "config").expect("it has a default"),
            before: text_of(matches, "before").expect("clap requires it"),
            portal: text_of(matches, "portal"),
        },
    }
}

fn scope_task(matches: &ArgMatches) -> EvidenceTask {
    let file = |matches: &ArgMatches, name| path(matches, name).expect("clap requires it");
    match matches.subcommand() {
        Some(("check", matches)) => EvidenceTask::ScopeCheck {
            journal: place(matches),
            file: file(matches, "file"),
            from_journal: matches.get_flag("from-journal"),
        },
        Some((_, matches)) => EvidenceTask::ScopeCompare {
            journal: place(matches),
            first: file(matches, "first"),
            second: file(matches, "second"),
            form: form(matches),
            out: path(matches, "out"),
        },
        None => EvidenceTask::Scope {
            journal: place(matches),
            arguments: scope_arguments(matches),
            form: form(matches),
            out: path(matches, "out"),
            counts: matches.get_flag("count"),
        },
    }
}

fn scope_arguments(matches: &ArgMatches) -> ScopeArguments {
    ScopeArguments {
        accounts: texts_of(matches, "account"),
        organisations: texts_of(matches, "organisation"),
        portals: texts_of(matches, "portal"),
        routes: texts_of(matches, "route"),
        sessions: texts_of(matches, "session"),
        networks: texts_of(matches, "ip"),
        from: text_of(matches, "from"),
        to: text_of(matches, "to"),
    }
}

fn place(matches: &ArgMatches) -> JournalPlace {
    JournalPlace {
        folder: path(matches, "folder").expect("it has a default"),
        is_named: matches.value_source("folder") == Some(ValueSource::CommandLine),
        key: text_of(matches, "key"),
        master: path(matches, "master"),
    }
}

fn witness_keys(matches: &ArgMatches) -> WitnessKeys {
    WitnessKeys {
        keys: texts_of(matches, "witness"),
        quorum: matches.get_one("quorum").copied(),
    }
}

fn form(matches: &ArgMatches) -> AnswerFormat {
    let chosen = matches.get_one::<clap::Id>("form").map(clap::Id::as_str);
    match chosen {
        Some("json") => AnswerFormat::Json,
        Some("ocsf") => AnswerFormat::Ocsf,
        Some("csv") => AnswerFormat::Csv,
        Some("parquet") => AnswerFormat::Parquet,
        Some("signed") => AnswerFormat::Signed,
        _ => AnswerFormat::Words,
    }
}

fn path(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one::<PathBuf>(name).cloned()
}

fn text_of(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn texts_of(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches
        .get_many::<String>(name)
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}
