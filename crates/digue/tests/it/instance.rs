//! A running Digue for one test: its folder, its portal, its people.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use digue_testkit::{Answer, Client, Heard, Portal, Reply};

pub(crate) const PORTAL_HOST: &str = "portail.test";
/// A browser keeps secure cookies of this name without TLS.
pub(crate) const CONSOLE_HOST: &str = "digue.localhost";

/// The installation that a test wants.
pub(crate) struct Plan {
    pub(crate) map: String,
    pub(crate) settings: String,
    pub(crate) caseload: String,
    pub(crate) policies: Vec<(String, String)>,
}

impl Plan {
    /// A map of one JSON list, one record sheet and one export, budgets wide open.
    pub(crate) fn usual() -> Self {
        Self {
            map: include_str!("../data/portail.toml").to_owned(),
            settings: String::new(),
            caseload: "account,person\n".to_owned(),
            policies: Vec::new(),
        }
    }

    pub(crate) fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.map.contains(from), "the map does not hold {from:?}");
        self.map = self.map.replace(from, to);
        self
    }

    pub(crate) fn add(mut self, text: &str) -> Self {
        self.map.push_str(text);
        self
    }

    pub(crate) fn caseload(mut self, account: &str, persons: &[&str]) -> Self {
        for person in persons {
            self.caseload.push_str(&format!("{account},{person}\n"));
        }
        self
    }

    pub(crate) fn settings(mut self, text: &str) -> Self {
        self.settings.push_str(text);
        self
    }

    pub(crate) fn policy(mut self, name: &str, text: &str) -> Self {
        self.policies.push((name.to_owned(), text.to_owned()));
        self
    }
}

/// A running Digue; ends with the test.
pub(crate) struct Instance {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) portal: Portal,
    pub(crate) address: SocketAddr,
    child: Option<Child>,
    /// One-time links, by account and host, made before the first start.
    links: HashMap<(String, String), String>,
}

/// Below the ports that systems hand out: an instance that restarts finds its own port free again.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::SeqCst);
        let start = u16::try_from(std::process::id() % 60).unwrap() * 150;
        let address = SocketAddr::from(([127, 0, 0, 1], 20_000 + start + step));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

pub(crate) fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_digue")
}

pub(crate) fn digue(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(binary())
        .args(arguments)
        .current_dir(folder)
        .env("LANG", "en")
        .output()
        .unwrap()
}

impl Instance {
    /// Writes the configuration, registers the accounts `rssi`, `a1`, `a2` (organisation `of-1`)
    /// and `b1` (`of-2`), loads the caseload, serves.
    pub(crate) fn open(
        plan: &Plan,
        answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::open_with(plan, answer, &[])
    }

    /// `open`, with further files beside the configuration.
    pub(crate) fn open_with(
        plan: &Plan,
        answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
        files: &[(&str, &str)],
    ) -> Self {
        Self::open_at(free_address(), plan, answer, files)
    }

    /// `open_with`, at a known address.
    pub(crate) fn open_at(
        address: SocketAddr,
        plan: &Plan,
        answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
        files: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let portal = Portal::start(answer);
        write_configuration(folder.path(), plan, &portal, address);
        for (account, organisation, role) in [
            ("rssi", "operateur", "rssi"),
            ("a1", "of-1", "agent"),
            ("a2", "of-1", "agent"),
            ("b1", "of-2", "agent"),
        ] {
            let arguments = [
                "account",
                account,
                "--organisation",
                organisation,
                "--role",
                role,
            ];
            let done = digue(folder.path(), &arguments);
            assert!(
                done.status.success(),
                "{}",
                String::from_utf8_lossy(&done.stderr)
            );
        }
        std::fs::create_dir_all(folder.path().join("data/caseloads")).unwrap();
        std::fs::write(
            folder.path().join("data/caseloads/personnes.csv"),
            &plan.caseload,
        )
        .unwrap();
        let mut instance = Self {
            folder,
            portal,
            address,
            child: None,
            links: HashMap::new(),
        };
        for (account, host) in [
            ("rssi", CONSOLE_HOST),
            ("a1", PORTAL_HOST),
            ("a2", PORTAL_HOST),
            ("b1", PORTAL_HOST),
        ] {
            instance.make_link(account, host);
        }
        instance.start();
        instance
    }

    /// Serves the configuration of a folder, in front of `portal`.
    pub(crate) fn in_folder(
        folder: tempfile::TempDir,
        portal: Portal,
        address: SocketAddr,
    ) -> Self {
        let mut instance = Self {
            folder,
            portal,
            address,
            child: None,
            links: HashMap::new(),
        };
        instance.make_link("rssi", CONSOLE_HOST);
        instance.start();
        instance
    }

    pub(crate) fn start(&mut self) {
        let mut child = Command::new(binary())
            .args(["serve", "--config", "digue.toml"])
            .current_dir(self.folder.path())
            .env("LANG", "en")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains("Digue is running")));
        assert!(ready, "digue serve did not start");
        // The pipe is always read, so that the server never waits for it.
        std::thread::spawn(move || lines.for_each(drop));
        self.child = Some(child);
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("running");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn stop(&mut self) -> bool {
        let mut child = self.child.take().expect("running");
        signal(&child, "TERM");
        child.wait().unwrap().success()
    }

    pub(crate) fn reload(&self) {
        signal(self.child.as_ref().expect("running"), "HUP");
    }

    /// A client that has not signed in.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(self.address, PORTAL_HOST)
    }

    /// Signs in on the portal, as its users do; the links were made before the start.
    pub(crate) fn sign_in(&mut self, account: &str) -> Client {
        self.sign_in_at(account, PORTAL_HOST)
    }

    pub(crate) fn officer(&mut self) -> Client {
        self.sign_in_at("rssi", CONSOLE_HOST)
    }

    fn make_link(&mut self, account: &str, host: &str) {
        let done = digue(self.folder.path(), &["link", account, "--host", host]);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let link = String::from_utf8(done.stdout).unwrap();
        let token = link.trim().rsplit_once('=').unwrap().1.to_owned();
        self.links
            .insert((account.to_owned(), host.to_owned()), token);
    }

    /// The secret of a one-time link.
    pub(crate) fn link(&mut self, account: &str, host: &str) -> String {
        let name = (account.to_owned(), host.to_owned());
        if !self.links.contains_key(&name) {
            assert!(self.stop());
            self.make_link(account, host);
            self.start();
        }
        self.links.remove(&name).unwrap()
    }

    fn sign_in_at(&mut self, account: &str, host: &str) -> Client {
        let token = self.link(account, host);
        let client = Client::new(self.address, host);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = client.send(
            "POST",
            "/.digue/enter",
            &form,
            format!("link={token}").as_bytes(),
        );
        assert_eq!(answer.status, 303, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap();
        let secret = cookie
            .strip_prefix("__Host-digue=")
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        client.with_cookie(secret)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("data/journal")
    }

    /// All exposures, as `digue journal show` prints them, once all are under a checkpoint.
    pub(crate) fn exposures(&self) -> Vec<serde_json::Value> {
        let shown = digue(
            self.folder.path(),
            &["journal", "show", "--count", "1000000"],
        );
        assert!(
            shown.status.success(),
            "{}",
            String::from_utf8_lossy(&shown.stderr)
        );
        let text = String::from_utf8(shown.stdout).unwrap();
        let entries = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        entries
            .filter(|entry| entry["kind"] == "exposure")
            .collect()
    }

    /// Stops the instance, and reads the acts of administration in its journal.
    pub(crate) fn acts(&mut self) -> Vec<serde_json::Value> {
        if self.child.is_some() {
            assert!(self.stop());
        }
        let shown = digue(
            self.folder.path(),
            &["journal", "show", "--count", "1000000"],
        );
        let text = String::from_utf8(shown.stdout).unwrap();
        let entries = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        entries.filter(|entry| entry["act"].is_string()).collect()
    }

    /// Stops the instance so that everything is published, and reads the journal.
    pub(crate) fn history(&mut self) -> Vec<serde_json::Value> {
        if self.child.is_some() {
            assert!(self.stop());
        }
        let verified = digue(self.folder.path(), &["journal", "verify"]);
        assert!(
            verified.status.success(),
            "{}",
            String::from_utf8_lossy(&verified.stdout)
        );
        self.exposures()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status()
            .unwrap()
            .success()
    );
}

fn write_configuration(folder: &Path, plan: &Plan, portal: &Portal, address: SocketAddr) {
    let policies = if plan.policies.is_empty() {
        ""
    } else {
        "policies = \"policies\"\n"
    };
    let settings = format!(
        "[digue]\nname = \"digue.test\"\n{policies}[console]\nurl = \"http://{CONSOLE_HOST}:{port}\"\n\
         [[listeners]]\naddress = \"{address}\"\n{}{}",
        plan.settings,
        // Scenarios about the gateway read fast, so detection only observes; those about detection
        // change this.
        if plan.settings.contains("[watch]") {
            ""
        } else {
            "\n[watch]\nautomatic = \"observe\"\n"
        },
        port = address.port(),
    );
    std::fs::write(folder.join("digue.toml"), settings).unwrap();
    for (name, text) in &plan.policies {
        std::fs::create_dir_all(folder.join("policies")).unwrap();
        std::fs::write(folder.join("policies").join(name), text).unwrap();
    }
    std::fs::create_dir_all(folder.join("portals")).unwrap();
    let map = plan
        .map
        .replace("{upstream}", &portal.url())
        .replace("{url}", &format!("http://{PORTAL_HOST}:{}", address.port()));
    std::fs::write(folder.join("portals/portail.toml"), map).unwrap();
}

/// A portal that shows in JSON whom the query asks for: `/liste?ids=P1,P2`, `/fiche/P1`.
pub(crate) fn obliging(heard: &Heard) -> Reply {
    let (path, query) = heard.target.split_once('?').unwrap_or((&heard.target, ""));
    if let Some(id) = path.strip_prefix("/fiche/") {
        return Reply::new(
            "application/json",
            format!(r#"{{"id":"{id}","nom":"Nom de {id}"}}"#),
        );
    }
    let ids = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("ids="))
        .unwrap_or_default();
    let items: Vec<String> = ids
        .split(',')
        .filter(|id| !id.is_empty())
        .map(|id| format!(r#"{{"id":"{id}"}}"#))
        .collect();
    Reply::new(
        "application/json",
        format!(r#"{{"items":[{}]}}"#, items.join(",")),
    )
}

/// Persons that a journal says were shown to `account`.
pub(crate) fn shown_to(history: &[serde_json::Value], account: &str) -> Vec<String> {
    let mut persons: Vec<String> = history
        .iter()
        .filter(|entry| entry["account"] == account && entry["outcome"] != "refused")
        .flat_map(|entry| entry["persons"].as_array().cloned().unwrap_or_default())
        .map(|person| person["person"].as_str().unwrap().to_owned())
        .collect();
    persons.sort();
    persons.dedup();
    persons
}

/// The reasons of a refusal.
pub(crate) fn reasons(answer: &Answer) -> Vec<String> {
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let list = problem["reasons"].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|reason| reason.as_str().unwrap().to_owned())
        .collect()
}

impl Instance {
    /// A session of `account` on the console's host.
    pub(crate) fn console_session(&mut self, account: &str) -> Client {
        self.sign_in_at(account, CONSOLE_HOST)
    }
}
