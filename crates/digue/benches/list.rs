//! E5: from *contain* to the signed list of 340,000 affected persons, among a year of normal work.
//!
//! `cargo bench -p digue --bench list`: writes a year into a journal, starts the release binary on
//! loopback, closes the thief's account through the console, and takes the list. Stops by itself.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use digue_journal::disk::Disk;
use digue_journal::journal::NoObserver;
use digue_journal::keyring::{Keyring, MasterKey, PeriodLength};
use digue_journal::note::Signer;
use digue_journal::{Journal, Options};
use digue_testkit::{Client, Portal, Reply};
use digue_types::{AccountId, Category, Event, PersonRef, Timestamp};

const CONSOLE: &str = "digue.localhost";
const NAME: &str = "digue.bench";
const NORMAL: u64 = 2_000_000;
const ACCOUNTS: u64 = 60_000;
const PERSONS: u64 = 43_000_000;
const STOLEN: u64 = 340_000;
const UNIT: usize = 1000;
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn main() {
    let house = House::configure();
    let start = Instant::now();
    let entries = write_year(house.folder.path());
    println!("{entries} entries written in {:.0} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let child = house.serve();
    println!("started, index made from the journal, in {:.1} s", start.elapsed().as_secs_f64());
    let officer = house.officer();
    // A first, small question: connections and sessions are warm, as on any night at work.
    assert_eq!(officer.get("/scope?account=a1").status, 200);
    let start = Instant::now();
    let contained = "scope=account&name=thief&gate=closed&reason=compte+vol%C3%A9";
    let closed = officer.send("POST", "/gates", &[FORM], contained.as_bytes());
    assert_eq!(closed.status, 303, "{}", closed.text());
    let cut = start.elapsed();
    let list = officer.get("/scope.ndjson?account=thief");
    let listed = start.elapsed();
    assert_eq!(list.status, 200, "{}", list.text());
    let path = house.folder.path().join("thief.list");
    std::fs::write(&path, &list.body).expect("the list is kept");
    let lines = list.body.iter().filter(|byte| **byte == b'\n').count() - 2;
    assert_eq!(lines as u64, STOLEN);
    println!("| contained | signed list of {lines} persons, {} MiB |", list.body.len() >> 20);
    println!("|--:|--:|");
    println!("| {:.0} ms | {:.2} s |", cut.as_secs_f64() * 1e3, listed.as_secs_f64());
    drop(child);
    for arguments in
        [&["scope", "check", "thief.list"][..], &["scope", "check", "thief.list", "--from-journal"]]
    {
        let start = Instant::now();
        println!("{} ({:.1} s)", house.digue(arguments).trim(), start.elapsed().as_secs_f64());
    }
}

struct House {
    folder: tempfile::TempDir,
    address: SocketAddr,
    link: String,
    _portal: Portal,
}

/// A process that ends with its owner.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl House {
    fn configure() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let portal = Portal::start(|_| Reply::new("application/json", "{}"));
        let address = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
        let settings = format!(
            "[digue]\nname = \"{NAME}\"\n[watch]\nautomatic = \"observe\"\n[console]\nurl = \"http://{CONSOLE}:{}\"\n[[listeners]]\n\
             address = \"{address}\"\n[sessions]\nproof = \"1h\"\n",
            address.port()
        );
        std::fs::write(folder.path().join("digue.toml"), settings).expect("written");
        std::fs::create_dir_all(folder.path().join("portals")).expect("a folder");
        let map = format!(
            "[portal]\nname = \"portail\"\npopulation = \"personnes\"\nurl = \"http://portail.localhost:{}\"\n\
             upstream = \"{}\"\n[identifiers.id]\nshape = \"[A-Z0-9]{{1,20}}\"\n[[routes]]\nname = \"fiche\"\n\
             path = \"/fiche\"\naction = \"open\"\ncategories = [\"identite\"]\ncaseload = \"not-required\"\n\
             [[routes.response]]\nformat = \"json\"\npersons = [{{ at = \"$.id\" }}]\n",
            address.port(),
            portal.url()
        );
        std::fs::write(folder.path().join("portals/portail.toml"), map).expect("written");
        let mut house = Self { folder, address, link: String::new(), _portal: portal };
        house.digue(&["account", "rssi", "--organisation", "op", "--role", "rssi"]);
        house.digue(&["account", "thief", "--organisation", "of-1", "--role", "agent"]);
        let link = house.digue(&["link", "rssi", "--host", CONSOLE]);
        house.link = link.trim().split("link=").nth(1).expect("a link").to_owned();
        house
    }

    fn digue(&self, arguments: &[&str]) -> String {
        let done = Command::new(env!("CARGO_BIN_EXE_digue"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LANG", "en")
            .output()
            .expect("it runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn serve(&self) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_digue"))
            .args(["serve", "--language", "en"])
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains("holds the door")));
        let served = Served(child);
        assert!(ready, "it holds the door");
        std::thread::spawn(move || lines.for_each(drop));
        served
    }

    fn officer(&self) -> Client {
        let client = Client::new(self.address, CONSOLE);
        let entered = client.send("POST", "/.digue/enter", &[FORM], format!("link={}", self.link).as_bytes());
        let cookie = entered.header("set-cookie").expect("a session");
        let secret =
            cookie.strip_prefix("__Host-digue=").expect("ours").split(';').next().expect("its value");
        client.with_cookie(secret)
    }
}

struct Draw(u64);

impl Draw {
    /// splitmix64.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (u128::from(z ^ (z >> 31)) * u128::from(limit) >> 64) as u64
    }
}

/// A year of normal work that ends now, and in it the theft: 340,000 persons in 26 hours.
fn write_year(folder: &Path) -> u64 {
    let journal = open(folder);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let year = Duration::from_hours(24 * 360);
    let (start, theft) = (now - year, now - Duration::from_hours(40));
    let mut draw = Draw(20_250_712);
    let Event::Exposure(sample) = digue_testkit::events::shown(0, "a0", "P") else { unreachable!() };
    let event = |at: Duration, account: &str, person: u64| {
        let mut exposure = sample.clone();
        exposure.at = Timestamp::from_micros(i64::try_from(at.as_micros()).expect("a date"));
        exposure.account = AccountId::parse(account).expect("a name");
        exposure.shown[0].persons = vec![PersonRef::parse(&format!("{person:08}")).expect("a reference")];
        exposure.categories = vec![Category::parse("identite").expect("a name")];
        Event::Exposure(exposure)
    };
    let mut unit = Vec::with_capacity(UNIT);
    let mut count = 0;
    let mut take = |event: Event, unit: &mut Vec<Event>| {
        unit.push(event);
        count += 1;
        if unit.len() == UNIT {
            journal.append_and_wait(std::mem::take(unit)).expect("durable");
        }
    };
    for number in 0..NORMAL {
        let at = start + year.mul_f64(number as f64 / NORMAL as f64);
        let account = format!("a{}", draw.below(ACCOUNTS));
        take(event(at, &account, draw.below(PERSONS)), &mut unit);
    }
    for person in 0..STOLEN {
        let at = theft + Duration::from_hours(26).mul_f64(person as f64 / STOLEN as f64);
        // Spread over the population, each person once.
        take(event(at, "thief", person * 126), &mut unit);
    }
    journal.append_and_wait(unit).expect("durable");
    journal.close();
    count
}

fn open(folder: &Path) -> Journal {
    let keys = folder.join("data/keys");
    let read = |name: &str| -> [u8; 32] {
        std::fs::read(keys.join(name)).expect("a key").try_into().expect("32 bytes")
    };
    let disk = Disk::new(&folder.join("data/journal"));
    let draw = |bytes: &mut [u8]| {
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), bytes).expect("randomness");
    };
    let master = MasterKey::new(&read("master.key"));
    Journal::open(Options {
        keyring: Keyring::new(disk.clone(), master, PeriodLength::Month, Box::new(draw)),
        disk,
        signer: Signer::from_seed(NAME, &read("journal.key")).expect("a key"),
        queue_max: 64,
        checkpoint_every: Duration::from_millis(500),
        observer: Box::new(NoObserver),
    })
    .expect("it opens")
}
