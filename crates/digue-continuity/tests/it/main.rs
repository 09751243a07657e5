//! Repositories on servers that nobody here wrote: what they store, what Debian's restic reads there,
//! and what a thief with our credentials can remove.

#![allow(clippy::unwrap_used, reason = "a test ends at its first fault")]

mod append_only;
mod bucket;
#[path = "../../../digue/tests/it/python.rs"]
#[expect(dead_code, reason = "the tests of the binary use the rest")]
mod python;

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use digue_backup::repository::BackupSource;
use digue_http::body;
use digue_http::client::HttpClient;
use http::Request;
use tempfile::TempDir;

const PASSWORD: &str = "un mot de passe de tous les jours";
const START_WITHIN: Duration = Duration::from_secs(60);

/// A temporary folder with a source, and the files that hold secrets.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(bench.path("source/dossiers")).unwrap();
        for number in 0..20 {
            let text = format!("Dossier {number} : une décision a été prise.\n").repeat(300);
            fs::write(bench.path(&format!("source/dossiers/{number}.txt")), text).unwrap();
        }
        fs::write(bench.path("password"), PASSWORD).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn what(&self) -> BackupSource {
        BackupSource {
            name: "dossiers".to_owned(),
            folder: self.path("source"),
            excludes: Vec::new(),
        }
    }
}

/// Every file below `root` with its content.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(root).unwrap().to_owned();
                found.insert(below, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn client() -> HttpClient {
    // A second installation in this process is none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    HttpClient::new(rustls::RootCertStore::empty(), Duration::from_secs(5))
}

/// Sends one request; its status.
fn send(method: &str, url: &str, headers: &[(&str, &str)], content: &str) -> u16 {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-length", content.len());
    let request = request.body(body::full(content.to_owned())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let answer = runtime.block_on(client().send(request, Duration::from_secs(30)));
    answer.unwrap().status().as_u16()
}

/// A server that ends with the test.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// `start` gets a port that is free.
    fn start(start: impl FnOnce(u16) -> Command) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut command = start(port);
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("./test installs the servers of the tests");
        let mut server = Self { process, port };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            let ended = server.process.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended with {ended:?}");
            assert!(begun.elapsed() < START_WITHIN, "the server does not listen");
            std::thread::yield_now();
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
