//! A PostgreSQL server of this run's own: Debian's package, loopback, a free port, a folder that
//! goes away with it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) struct Server {
    pub(crate) url: String,
    bin: PathBuf,
    folder: tempfile::TempDir,
}

/// Starts a server; the test fails when the package is not installed.
pub(crate) fn start() -> Server {
    let bin = newest_bin();
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let data = folder.path().join("data");
    give_to_postgres(folder.path());
    run(
        &bin,
        "initdb",
        &[
            "-D",
            path(&data),
            "-U",
            "digue",
            "--auth=trust",
            "-E",
            "UTF8",
            "--no-sync",
        ],
    );
    let options = format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''");
    let log = folder.path().join("log");
    run(
        &bin,
        "pg_ctl",
        &[
            "-D",
            path(&data),
            "-o",
            &options,
            "-l",
            path(&log),
            "-w",
            "start",
        ],
    );
    Server {
        url: format!("postgres://digue@127.0.0.1:{port}/postgres"),
        bin,
        folder,
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        run(
            &self.bin,
            "pg_ctl",
            &["-D", path(&data), "-m", "immediate", "-w", "stop"],
        );
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn newest_bin() -> PathBuf {
    let root = Path::new("/usr/lib/postgresql");
    let versions = std::fs::read_dir(root).expect("Debian's package postgresql is installed");
    let mut versions: Vec<PathBuf> = versions.map(|v| v.unwrap().path().join("bin")).collect();
    versions.retain(|bin| bin.join("initdb").exists());
    versions.sort();
    versions.pop().expect("a PostgreSQL server is installed")
}

/// PostgreSQL refuses to run as root: the package's own user does it then.
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

fn run(bin: &Path, program: &str, arguments: &[&str]) {
    let program = bin.join(program);
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
