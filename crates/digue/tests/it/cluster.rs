//! Two gateways and one journal, on PostgreSQL servers of this run's own: the primary dies under load
//! and its standby is promoted; the serving gateway dies and the other one takes over.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use digue_testkit::Client;

use crate::instance::{Instance, Plan, binary, digue, free_address, obliging, shown_to};
use crate::shared_servers::Servers;

/// Persons that an account may see in a day.
const BUDGET: usize = 4000;
const READERS: usize = 6;
/// Responses before a server dies, and after it at least.
const RESPONSES: usize = 60;

/// One address that leads to the primary, as HAProxy has it.
struct Relay {
    address: SocketAddr,
    primary: Arc<AtomicU16>,
}

impl Relay {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self {
            address: listener.local_addr().unwrap(),
            primary: Arc::new(AtomicU16::new(port)),
        };
        let primary = relay.primary.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let port = primary.load(Ordering::Acquire);
                // Nothing listens there: the client sees its connection end.
                if let Ok(server) = TcpStream::connect(("127.0.0.1", port)) {
                    join(&client, &server);
                    join(&server, &client);
                }
            }
        });
        relay
    }
}

/// Copies what comes from one to the other until either ends.
fn join(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
        let _ = from.shutdown(std::net::Shutdown::Both);
    });
}

/// A further gateway, in a folder of its own with the keys of the first.
struct Standby {
    folder: tempfile::TempDir,
    address: SocketAddr,
    child: Option<Child>,
}

impl Standby {
    /// Started while the first one serves; returns once it says that it waits.
    fn beside(first: &Instance) -> Self {
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        let from = first.folder.path();
        let settings = std::fs::read_to_string(from.join("digue.toml")).unwrap();
        let own = format!("address = \"{address}\"");
        let settings = settings.replace(&format!("address = \"{}\"", first.address), &own);
        std::fs::write(folder.path().join("digue.toml"), settings).unwrap();
        for place in ["portals", "data/keys"] {
            copy_folder(&from.join(place), &folder.path().join(place));
        }
        let mut standby = Self {
            folder,
            address,
            child: None,
        };
        let mut lines = standby.spawn();
        let waits = lines.any(|line| line.unwrap().contains("shares its journal"));
        assert!(waits, "it neither waits nor serves");
        std::thread::spawn(move || lines.for_each(drop));
        standby
    }

    fn spawn(&mut self) -> std::io::Lines<BufReader<std::process::ChildStdout>> {
        let mut child = Command::new(binary())
            .args(["serve", "--config", "digue.toml"])
            .current_dir(self.folder.path())
            .env("LANG", "en")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.child = Some(child);
        lines
    }

    fn is_listening(&self) -> bool {
        TcpStream::connect(self.address).is_ok()
    }

    /// Waits until it listens; for how long.
    fn serves(&self) -> Duration {
        let since = Instant::now();
        while !self.is_listening() {
            std::thread::park_timeout(Duration::from_millis(20));
        }
        since.elapsed()
    }

    /// SIGTERM, and waits for the end.
    fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let pid = child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(told.success() && child.wait().unwrap().success());
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        std::fs::copy(item.path(), to.join(item.file_name())).unwrap();
    }
}

/// What clients received, and the longest time in which nobody received anything.
#[derive(Default)]
struct Received {
    persons: BTreeSet<String>,
    last: Option<Instant>,
    longest: Duration,
}

impl Received {
    fn note(&mut self, id: String) {
        self.persons.insert(id);
        if let Some(last) = self.last.replace(Instant::now()) {
            self.longest = self.longest.max(last.elapsed());
        }
    }
}

/// Accounts that read without a pause until `is_over`.
fn readers(
    client: &Client,
    round: &str,
    received: &Arc<Mutex<Received>>,
    is_over: &Arc<AtomicBool>,
) -> Vec<std::thread::JoinHandle<()>> {
    let reader = |reader: usize| {
        let (client, received, is_over) = (client.clone(), received.clone(), is_over.clone());
        let round = round.to_owned();
        std::thread::spawn(move || {
            for number in 0.. {
                if is_over.load(Ordering::Acquire) {
                    break;
                }
                let id = format!("P{round}-{reader}-{number}");
                let answer = client.try_send("GET", &format!("/fiche/{id}"), &[], b"");
                // Even a body that was cut short was received.
                if answer.is_ok_and(|answer| answer.text().contains(&id)) {
                    received.lock().unwrap().note(id);
                } else {
                    // Refused for as long as nothing can be written.
                    std::thread::park_timeout(Duration::from_millis(20));
                }
            }
        })
    };
    (0..READERS).map(reader).collect()
}

fn wait_for(received: &Mutex<Received>, count: usize) {
    while received.lock().unwrap().persons.len() < count {
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// An instance whose journal was moved into the database.
fn shared(servers: &Servers, relay: &Relay) -> (Instance, [Client; 2]) {
    servers.database("digue");
    let urls = [servers.url(0, "digue"), servers.url(1, "digue")];
    let state = format!("postgres://digue@{}/digue", relay.address);
    let plan = Plan::usual()
        .replace("\"24h\" = 100000", &format!("\"24h\" = {BUDGET}"))
        .replace(
            "path = \"/fiche/{id}\"",
            "path = \"/fiche/{id}\"\ncaseload = \"not-required\"",
        )
        .replace(
            "path = \"/liste\"",
            "path = \"/liste\"\ncaseload = \"not-required\"",
        )
        .settings(&format!(
            "[store]\nurl = \"{state}\"\n[journal]\nstorage = \"local\"\n\
             databases = [\"{}\", \"{}\"]\n",
            urls[0], urls[1]
        ));
    let mut instance = Instance::open(&plan, obliging);
    let clients = [instance.sign_in("a1"), instance.sign_in("a2")];
    assert_eq!(clients[0].get("/fiche/Pbefore").status, 200);
    assert!(instance.stop());
    must(&digue(instance.folder.path(), &["journal", "share"]));
    let file = instance.folder.path().join("digue.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings.replace("\"local\"", "\"postgresql\"")).unwrap();
    (instance, clients)
}

fn must(done: &std::process::Output) {
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{errors}");
}

/// The persons that a copy of the journal, verified as a whole, says were shown to `account`.
fn journalled(folder: &Path, account: &str) -> BTreeSet<String> {
    must(&digue(folder, &["journal", "verify"]));
    let shown = digue(folder, &["journal", "show", "--count", "1000000"]);
    must(&shown);
    let text = String::from_utf8(shown.stdout).unwrap();
    let entries: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    shown_to(&entries, account).into_iter().collect()
}

fn none_missing(received: &BTreeSet<String>, folder: &Path) {
    let journalled = journalled(folder, "a1");
    let missing: Vec<&String> = received.difference(&journalled).collect();
    assert!(
        missing.is_empty(),
        "received and not journalled: {missing:?}"
    );
}

#[test]
fn nothing_received_is_missing_when_the_primary_dies_and_when_the_gateway_does() {
    let servers = Servers::start();
    let relay = Relay::to(servers.port(0));
    let (mut first, [a1, a2]) = shared(&servers, &relay);
    first.start();
    let status = digue(first.folder.path(), &["cluster", "status"]);
    must(&status);
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("lease serving"), "{status}");
    let doctor = digue(first.folder.path(), &["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let is_shared = |check: &&serde_json::Value| check["check"] == "shared-journal";
    let check = checks.iter().find(is_shared).unwrap();
    assert_eq!(check["state"], "good", "{check}");
    let mut second = Standby::beside(&first);
    let received: Arc<Mutex<Received>> = Arc::default();

    // The primary dies under load. What was there before is in the shared journal, too.
    received
        .lock()
        .unwrap()
        .persons
        .insert("Pbefore".to_owned());
    let is_over = Arc::new(AtomicBool::new(false));
    let load = readers(&a1, "primary", &received, &is_over);
    wait_for(&received, RESPONSES);
    servers.kill(0);
    servers.promote(1);
    relay.primary.store(servers.port(1), Ordering::Release);
    // Without a standby nothing is acknowledged.
    servers.follow(0, 1);
    let so_far = received.lock().unwrap().persons.len();
    wait_for(&received, so_far + RESPONSES);
    is_over.store(true, Ordering::Release);
    load.into_iter().for_each(|reader| reader.join().unwrap());
    let longest = received.lock().unwrap().longest;
    println!("primary killed: longest time without a response {longest:?}");
    assert!(!second.is_listening(), "one serves at a time");

    // a2 reaches its budget, and the gateway dies before anything of that is signed.
    for hundred in 0..BUDGET / 100 {
        let ids: Vec<String> = (0..100).map(|id| format!("Q{hundred}-{id}")).collect();
        let listed = a2.get(&format!("/liste?ids={}", ids.join(",")));
        assert_eq!(listed.status, 200, "{}", listed.text());
    }
    first.kill();
    let taken_over = second.serves();
    println!("gateway killed: the other one serves after {taken_over:?}");
    let at_second = |client: &Client| Client {
        address: second.address,
        ..client.clone()
    };
    // The session works there, and what was counted is counted.
    let a2 = at_second(&a2);
    assert_eq!(a2.get("/fiche/Q0-0").status, 200);
    assert_eq!(a2.get("/fiche/Qone-too-many").status, 429);
    let a1 = at_second(&a1);
    let is_over = Arc::new(AtomicBool::new(false));
    let load = readers(&a1, "second", &received, &is_over);
    let so_far = received.lock().unwrap().persons.len();
    wait_for(&received, so_far + RESPONSES);
    is_over.store(true, Ordering::Release);
    load.into_iter().for_each(|reader| reader.join().unwrap());

    // Back to the first, in good order: nothing is waited for but its start.
    let waits = std::thread::spawn(move || {
        first.start();
        first
    });
    let since = Instant::now();
    second.stop();
    let mut first = waits.join().unwrap();
    println!("handed over in good order: {:?}", since.elapsed());
    let last = Client {
        address: first.address,
        ..a1.clone()
    };
    assert_eq!(last.get("/fiche/Plast").status, 200);
    received.lock().unwrap().persons.insert("Plast".to_owned());
    assert!(first.stop());
    let received = &received.lock().unwrap().persons;
    none_missing(received, first.folder.path());
    // From outside, into a folder that has never seen it.
    let copy: PathBuf = first.folder.path().join("data/fetched");
    let copied = copy.display().to_string();
    must(&digue(
        first.folder.path(),
        &["journal", "fetch", "--folder", &copied],
    ));
    let heads = ["data/journal", "data/fetched"].map(|folder| {
        std::fs::read_to_string(first.folder.path().join(folder).join("checkpoint")).unwrap()
    });
    assert_eq!(heads[0], heads[1]);
    // And home again, to the journal of one machine.
    must(&digue(first.folder.path(), &["journal", "fetch", "--move"]));
    let file = first.folder.path().join("digue.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings.replace("\"postgresql\"", "\"local\"")).unwrap();
    first.start();
    assert_eq!(last.get("/fiche/Phome").status, 200);
    assert!(first.stop());
    none_missing(received, first.folder.path());
}

#[test]
fn a_server_that_does_not_replicate_is_refused_unless_the_operator_accepts_it() {
    let servers = Servers::start();
    let relay = Relay::to(servers.port(0));
    let (mut instance, [a1, _]) = shared(&servers, &relay);
    servers.empty_standbys(0);
    servers.wait_until(
        0,
        "SELECT current_setting('synchronous_standby_names') = ''",
    );
    let refused = digue(instance.folder.path(), &["serve"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("does not replicate synchronously"), "{said}");
    let file = instance.folder.path().join("digue.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let accepts = "storage = \"postgresql\"\ndanger_asynchronous = true";
    std::fs::write(&file, settings.replace("storage = \"postgresql\"", accepts)).unwrap();
    instance.start();
    assert_eq!(a1.get("/fiche/P1").status, 200);
    let officer = instance.officer();
    let home = officer.send("GET", "/", &[("accept-language", "en")], b"");
    let home = home.text();
    assert!(home.contains("does not replicate synchronously"), "{home}");
    assert!(instance.stop());
    // Another key than the other gateways have is refused, too.
    std::fs::write(
        instance.folder.path().join("data/keys/secrets.key"),
        [7; 32],
    )
    .unwrap();
    let refused = digue(instance.folder.path(), &["serve"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("secrets.key"), "{said}");
}
