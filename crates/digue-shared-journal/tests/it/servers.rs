//! Two PostgreSQL servers of this run's own, the second a synchronous standby of the first:
//! Debian's package, loopback, free ports, a folder that goes away with them.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

pub(crate) struct Servers {
    bin: PathBuf,
    folder: tempfile::TempDir,
    ports: [u16; 2],
}

impl Servers {
    /// Starts both. Every commit of the first waits for the second.
    pub(crate) fn start() -> Self {
        let servers = Self {
            bin: newest_bin(),
            folder: tempfile::tempdir().unwrap(),
            ports: [free_port(), free_port()],
        };
        give_to_postgres(servers.folder.path());
        let data = servers.data(0);
        servers.run(
            "initdb",
            &[
                "-D",
                &data,
                "-U",
                "digue",
                "--auth=trust",
                "-E",
                "UTF8",
                "--no-sync",
            ],
        );
        servers.start_one(0);
        servers.follow(1, 0);
        servers
    }

    pub(crate) fn port(&self, server: usize) -> u16 {
        self.ports[server]
    }

    /// The URL of a server, for a database that must exist.
    pub(crate) fn url(&self, server: usize, database: &str) -> String {
        format!(
            "postgres://digue@127.0.0.1:{}/{database}",
            self.port(server)
        )
    }

    /// Makes server `server` anew as a standby of `primary`, and starts it.
    pub(crate) fn follow(&self, server: usize, primary: usize) {
        let data = self.data(server);
        self.run_program("rm", &["-rf", &data]);
        let source = format!(
            "host=127.0.0.1 port={} user=digue application_name=server{server}",
            self.ports[primary]
        );
        let arguments = [
            "-D",
            &data,
            "-d",
            &source,
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "--no-sync",
        ];
        self.run("pg_basebackup", &arguments);
        self.start_one(server);
    }

    pub(crate) fn start_one(&self, server: usize) {
        let other = 1 - server;
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
             -c shared_buffers=16MB -c max_connections=60 -c autovacuum=off",
            self.ports[server]
        );
        self.replicate_to(server, &format!("server{other}"));
        let log = self.folder.path().join(format!("log{server}"));
        let data = self.data(server);
        self.run(
            "pg_ctl",
            &["-D", &data, "-o", &options, "-l", path(&log), "-w", "start"],
        );
    }

    /// Adds a line to the server's configuration; the last one holds.
    fn replicate_to(&self, server: usize, standby: &str) {
        let place = Path::new(&self.data(server)).join("postgresql.conf");
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(place)
            .unwrap();
        writeln!(file, "synchronous_standby_names = '{standby}'").unwrap();
    }

    /// What an operator does who wants writes back at any price.
    pub(crate) fn empty_standbys(&self, server: usize) {
        self.replicate_to(server, "");
        self.sql(server, "postgres", "SELECT pg_reload_conf()");
    }

    /// Stops a server as a power cut does.
    pub(crate) fn kill(&self, server: usize) {
        let Some(main) = self.signal(server, "-KILL") else {
            return;
        };
        while Path::new("/proc").join(&main).exists() && !is_zombie(&main) {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Lets a server hang: its connections stay, and nothing is answered.
    pub(crate) fn freeze(&self, server: usize) {
        self.signal(server, "-STOP").unwrap();
    }

    pub(crate) fn thaw(&self, server: usize) {
        self.signal(server, "-CONT").unwrap();
    }

    /// Sends a signal to every process of a server; its main process, or `None` when it does not
    /// run.
    fn signal(&self, server: usize, signal: &str) -> Option<String> {
        let place = Path::new(&self.data(server)).join("postmaster.pid");
        let text = std::fs::read_to_string(place).ok()?;
        let main = text.lines().next().unwrap().to_owned();
        let children = Command::new("ps")
            .args(["-o", "pid=", "--ppid", &main])
            .output()
            .unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        let mut pids: Vec<&str> = vec![&main];
        pids.extend(children.split_whitespace());
        // Some may have ended by themselves meanwhile.
        Command::new("kill")
            .arg(signal)
            .args(&pids)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        Some(main)
    }

    pub(crate) fn promote(&self, server: usize) {
        let data = self.data(server);
        self.run("pg_ctl", &["-D", &data, "-w", "promote"]);
    }

    /// Runs SQL on a server and returns what it prints.
    pub(crate) fn sql(&self, server: usize, database: &str, text: &str) -> String {
        let output = Command::new(self.bin.join("psql"))
            .args([
                "-XAtq",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                text,
                &self.url(server, database),
            ])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Makes a database on the primary and returns its URL.
    pub(crate) fn database(&self, name: &str) -> String {
        self.sql(0, "postgres", &format!("CREATE DATABASE {name}"));
        self.url(0, name)
    }

    /// Waits until a question to a server is answered with `t`.
    pub(crate) fn wait_until(&self, server: usize, question: &str) {
        while self.sql(server, "postgres", question) != "t" {
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    fn data(&self, server: usize) -> String {
        path(&self.folder.path().join(format!("data{server}"))).to_owned()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.bin.join(program);
        self.run_program(path(&program), arguments);
    }

    /// PostgreSQL refuses to run as root: the package's own user does it then.
    fn run_program(&self, program: &str, arguments: &[&str]) {
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args([
                    "--reuid=postgres",
                    "--regid=postgres",
                    "--clear-groups",
                    "--",
                ])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        let status = command
            .args(arguments)
            .current_dir("/")
            .env("LC_ALL", "C.UTF-8")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{command:?}");
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in [0, 1] {
            self.kill(server);
        }
    }
}

fn is_zombie(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| rest.starts_with(" Z"))
    })
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn newest_bin() -> PathBuf {
    let root = Path::new("/usr/lib/postgresql");
    let versions = std::fs::read_dir(root).expect("Debian's package postgresql is installed");
    let mut versions: Vec<PathBuf> = versions.map(|v| v.unwrap().path().join("bin")).collect();
    versions.retain(|bin| bin.join("initdb").exists());
    versions.sort();
    versions.pop().expect("a PostgreSQL server is installed")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

fn give_to_postgres(folder: &Path) {
    if is_root() {
        let status = Command::new("chown")
            .args(["postgres", path(folder)])
            .status()
            .unwrap();
        assert!(status.success());
    }
}
